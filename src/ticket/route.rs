//! Who takes a ticket as it opens: the routes in order, absences by date, and a fallback.

use crate::mention::Mention;
use crate::mention::filter::{Filter, TicketFacts};
use crate::ticket::{Facts, Status};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

/// How one of several is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum By {
    /// One after the other.
    #[default]
    Turn,
    /// Whoever has the fewest tickets that are not settled; of equals, the first in the list.
    Load,
}

/// One route: which tickets, and whose they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    pub when: Filter,
    /// At least one.
    pub assign: Vec<String>,
    pub by: By,
}

/// Somebody is away, from one day to another, both included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    pub who: String,
    pub from: NaiveDate,
    pub until: NaiveDate,
    /// Who takes what would have been theirs.
    pub instead: Option<String>,
}

/// Who works at a desk.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Staff {
    /// In order; the first that fits counts.
    pub routes: Vec<Route>,
    pub absences: Vec<Absence>,
    /// Who takes what fits no route, or a route all of whose people are away.
    pub fallback: Option<String>,
}

/// What is known of the work that people have already.
pub trait Work {
    /// Why it could not be told.
    type Error;

    /// Returns which of these was given a ticket last, by vahti itself.
    fn last_of(&self, people: &[&str]) -> Result<Option<String>, Self::Error>;

    /// Returns how many tickets somebody has that are not settled.
    fn load(&self, who: &str) -> Result<usize, Self::Error>;
}

impl Staff {
    /// Returns whose a ticket is that opens now for `mention`, by the calendar of `zone`; `None` where
    /// it is nobody's.
    pub fn assignee<W: Work>(
        &self,
        facts: &Facts,
        mention: &Mention,
        work: &W,
        now: DateTime<Utc>,
        zone: Tz,
    ) -> Result<Option<String>, W::Error> {
        if self.routes.is_empty() {
            return Ok(None);
        }
        let day = now.with_timezone(&zone).date_naive();
        let status = facts.status.to_string();
        let asked = TicketFacts { status: &status, priority: facts.priority };
        let route = self.routes.iter().find(|route| route.when.passes(mention, Some(&asked), now));
        let found = route.map(|route| self.choose(route, work, day)).transpose()?.flatten();
        let fallback = || {
            let fallback = self.fallback.as_deref()?;
            // Better somebody who is away than nobody.
            Some(self.there(fallback, day).unwrap_or(fallback))
        };
        // Where there is no fallback either, whose it would be finds it when they are back.
        let first = || route.and_then(|route| route.assign.first()).map(String::as_str);
        Ok(found.or_else(fallback).or_else(first).map(str::to_owned))
    }

    /// Returns whose turn it is, or who has the least to do, of those who are there or are stood in for.
    fn choose<'s, W: Work>(
        &'s self,
        route: &'s Route,
        work: &W,
        day: NaiveDate,
    ) -> Result<Option<&'s str>, W::Error> {
        let seats: Vec<(&str, Option<&str>)> =
            route.assign.iter().map(|who| (who.as_str(), self.there(who, day))).collect();
        let there: Vec<&str> = seats.iter().filter_map(|(_, there)| *there).collect();
        if there.len() < 2 {
            return Ok(there.first().copied());
        }
        match route.by {
            By::Turn => {
                let people: Vec<&str> =
                    seats.iter().map(|(who, _)| *who).chain(there.iter().copied()).collect();
                let last = work.last_of(&people)?;
                let sits = |who: &str| last.as_deref().is_some_and(|last| is_same(who, last));
                let own = seats.iter().position(|(who, _)| sits(who));
                let seat =
                    own.or_else(|| seats.iter().rposition(|(_, there)| there.is_some_and(sits)));
                let next = seat.map_or(0, |seat| seat + 1);
                Ok(seats.iter().cycle().skip(next).take(seats.len()).find_map(|(_, who)| *who))
            }
            By::Load => {
                let mut least: Option<(usize, &str)> = None;
                for who in there {
                    let load = work.load(who)?;
                    if least.is_none_or(|(known, _)| load < known) {
                        least = Some((load, who));
                    }
                }
                Ok(least.map(|(_, who)| who))
            }
        }
    }

    /// Returns who does the work of `who` on this day: they themselves, or whoever stands in for them.
    fn there<'s>(&'s self, who: &'s str, day: NaiveDate) -> Option<&'s str> {
        let mut who = who;
        // Those who stand in for each other would go round for ever.
        for _ in 0..=self.absences.len() {
            let is_away = |absence: &&Absence| {
                is_same(&absence.who, who) && (absence.from..=absence.until).contains(&day)
            };
            match self.absences.iter().find(is_away) {
                None => return Some(who),
                Some(absence) => who = absence.instead.as_deref()?,
            }
        }
        None
    }
}

/// Tells whether two names mean one person: case makes no difference in an address.
pub fn is_same(one: &str, other: &str) -> bool {
    person(one) == person(other)
}

/// Returns a name as it is the same for all ways to write it.
pub fn person(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Tells whether a ticket is work that its assignee still has.
pub fn is_work(facts: &Facts) -> bool {
    matches!(facts.status, Status::New | Status::Open | Status::Answered)
}

/// Returns whom vahti itself gave a ticket when it opened, if anybody.
pub fn given(facts: &Facts) -> Option<&str> {
    let line = facts.log.iter().find(|line| line.action == "assign")?;
    (line.by == "vahti").then_some(line.text.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::parse_filter;
    use crate::ticket::sample::{at, complaint, ticket};
    use std::cell::RefCell;
    use std::collections::HashMap;

    /// Who was given what, in order, and how much each has.
    #[derive(Default)]
    struct Given {
        order: RefCell<Vec<String>>,
        load: HashMap<&'static str, usize>,
    }

    impl Work for Given {
        type Error = std::convert::Infallible;

        fn last_of(&self, people: &[&str]) -> Result<Option<String>, Self::Error> {
            let order = self.order.borrow();
            let is_one = |who: &&String| people.iter().any(|known| is_same(known, who));
            Ok(order.iter().rev().find(is_one).cloned())
        }

        fn load(&self, who: &str) -> Result<usize, Self::Error> {
            Ok(self.load.get(who).copied().unwrap_or_default())
        }
    }

    fn route(when: &str, assign: &[&str], by: By) -> Route {
        let when = Filter::new(parse_filter(when).unwrap());
        Route { when, assign: assign.iter().map(ToString::to_string).collect(), by }
    }

    /// Somebody is away on the day of the tests.
    fn away(who: &str, instead: Option<&str>) -> Absence {
        let today = at(0).date_naive();
        let instead = instead.map(str::to_owned);
        Absence { who: who.into(), from: today, until: today, instead }
    }

    fn staff(routes: Vec<Route>) -> Staff {
        Staff { routes, ..Staff::default() }
    }

    #[track_caller]
    fn gives(staff: &Staff, work: &Given, count: usize, expected: &str) {
        let mention = complaint("Acme lies");
        let ticket = ticket(&mention);
        for _ in 0..count {
            let who = staff.assignee(ticket.facts(), &mention, work, at(1), Tz::UTC).unwrap();
            work.order.borrow_mut().push(who.unwrap_or_else(|| "nobody".into()));
        }
        assert_eq!(work.order.borrow().join(" "), expected);
    }

    #[test]
    fn the_first_route_that_fits_takes_it() {
        let routes = vec![
            route("lang:fi", &["maija"], By::Turn),
            route("priority:>=high kind:feed", &["ayse"], By::Turn),
            route("", &["ops"], By::Turn),
        ];
        gives(&staff(routes), &Given::default(), 1, "ayse");
        gives(&staff(Vec::new()), &Given::default(), 1, "nobody");
        let none = vec![route("lang:fi", &["maija"], By::Turn)];
        gives(&staff(none.clone()), &Given::default(), 1, "nobody");
        let caught = Staff { fallback: Some("ops".into()), ..staff(none) };
        gives(&caught, &Given::default(), 1, "ops");
        let only = Staff { fallback: Some("ops".into()), ..Staff::default() };
        gives(&only, &Given::default(), 1, "nobody");
    }

    #[test]
    fn they_take_turns() {
        let turn = staff(vec![route("", &["a", "b", "c"], By::Turn)]);
        gives(&turn, &Given::default(), 5, "a b c a b");
        let work = Given::default();
        work.order.borrow_mut().extend(["C".to_owned(), "x".to_owned()]);
        gives(&turn, &work, 2, "C x a b");
    }

    #[test]
    fn whoever_has_the_least_takes_it() {
        let load = staff(vec![route("", &["a", "b", "c"], By::Load)]);
        let given = |load: &[(&'static str, usize)]| Given {
            load: load.iter().copied().collect(),
            ..Given::default()
        };
        gives(&load, &given(&[("a", 3), ("b", 1), ("c", 2)]), 1, "b");
        gives(&load, &given(&[("a", 1), ("b", 1), ("c", 1)]), 1, "a");
        let away = Staff { absences: vec![away("b", None)], ..load };
        gives(&away, &given(&[("a", 3), ("b", 1), ("c", 2)]), 1, "c");
    }

    #[test]
    fn who_is_away_is_passed_over_or_stood_in_for() {
        let turn = |absences| Staff {
            absences,
            fallback: Some("ops".into()),
            ..staff(vec![route("", &["a", "b", "c"], By::Turn)])
        };
        let none = Given::default;
        gives(&turn(vec![away("A", None)]), &none(), 4, "b c b c");
        gives(&turn(vec![away("a", Some("d"))]), &none(), 4, "d b c d");
        gives(&turn(vec![away("a", Some("b"))]), &none(), 4, "b c b c");
        gives(&turn(vec![away("a", Some("d")), away("d", Some("e"))]), &none(), 2, "e b");
        gives(&turn(vec![away("a", Some("b")), away("b", Some("a"))]), &none(), 2, "c c");
        gives(&turn(["a", "b", "c"].map(|who| away(who, None)).to_vec()), &none(), 1, "ops");
        let all = ["a", "b", "c", "ops"].map(|who| away(who, None)).to_vec();
        gives(&turn(all.clone()), &none(), 1, "ops");
        gives(&Staff { fallback: None, ..turn(all) }, &none(), 1, "a");
    }

    #[test]
    fn an_absence_ends_with_its_last_day_in_the_zone_of_the_desk() {
        let away = Staff {
            absences: vec![away("a", None)],
            ..staff(vec![route("", &["a", "b"], By::Load)])
        };
        let mention = complaint("Acme lies");
        let ticket = ticket(&mention);
        for (hours, zone, who) in [
            (-9, Tz::UTC, "a"),
            (-8, Tz::UTC, "b"),
            (15, Tz::UTC, "b"),
            (15, Tz::Europe__Helsinki, "a"),
            (16, Tz::UTC, "a"),
        ] {
            let work = Given::default();
            let found = away.assignee(ticket.facts(), &mention, &work, at(hours), zone).unwrap();
            assert_eq!(found.as_deref(), Some(who), "{hours} {zone}");
        }
    }
}
