//! `[desk]`, `[[route]]` and `[[absence]]`: who answers, and by when.

use super::alerts;
use super::problem::{Problem, Spot, did_you_mean};
use super::reader::Table;
use super::value::Value;
use crate::delivery::email::check_address;
use crate::enrich::Priority;
use crate::mention::filter::Filter;
use crate::pipeline::hand::Desk;
use crate::query::Query;
use crate::schedule::holidays::{self, Days};
use crate::schedule::hours::Hours;
use crate::source::Kind;
use crate::text::Language;
use crate::ticket::clock::{Clocks, Targets};
use crate::ticket::route::{Absence, By, Route, Staff, is_same};
use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;

/// The longest time that anybody may wait for anything.
const LONGEST: TimeDelta = TimeDelta::days(365);

const PRIORITIES: [(&str, Priority); 4] = [
    ("urgent", Priority::Urgent),
    ("high", Priority::High),
    ("normal", Priority::Normal),
    ("low", Priority::Low),
];

/// The desk as read, and what can only be checked when all files are.
#[derive(Default)]
pub(super) struct Draft {
    staff: Staff,
    clocks: Clocks,
    language: Option<Language>,
    closed: Vec<Days>,
    /// What the routes ask.
    pub(super) filters: Vec<(Query, Spot)>,
    /// Everybody who may be given a ticket.
    people: Vec<(String, Spot)>,
    /// Everybody who is away.
    away: Vec<(String, Spot)>,
    /// The first route, and whether one of them takes everything.
    first: Option<Spot>,
    takes_all: bool,
}

impl Draft {
    /// Reads `[desk]`.
    pub(super) fn read(&mut self, table: Table<'_>) {
        if let Some(value) = table.take("hours") {
            self.clocks.hours = hours(&value);
        }
        for item in table.take("holidays").iter().flat_map(Value::list) {
            self.closed.extend(country(&item).into_iter().flatten());
        }
        for item in table.take("closed").iter().flat_map(Value::list) {
            self.closed.extend(closed(&item));
        }
        if let Some(value) = table.take("urgent") {
            let waits = value.choice(&[("always", false), ("hours", true)]);
            self.clocks.urgent_waits = waits.unwrap_or_default();
        }
        if let Some(table) = table.take("answer").and_then(|value| value.table()) {
            targets(table, &mut self.clocks.answer, time);
        }
        if let Some(table) = table.take("resolve").and_then(|value| value.table()) {
            targets(table, &mut self.clocks.resolve, days);
        }
        if let Some(value) = table.take("fallback") {
            self.staff.fallback = self.person(&value);
        }
        if let Some(value) = table.take("language") {
            self.language = alerts::language(&value);
        }
        table.finish();
    }

    /// Reads one `[[route]]`.
    pub(super) fn read_route(&mut self, table: Table<'_>) {
        self.first.get_or_insert_with(|| table.spot());
        let when = table.take("when");
        let query = match &when {
            Some(value) => alerts::filter(value),
            None => Some(Query::All),
        };
        self.takes_all |= query == Some(Query::All);
        let assign = table.need("assign", "assign = \"maija@acme.example\"");
        let mut people: Vec<String> = Vec::new();
        for item in assign.iter().flat_map(several) {
            let Some(who) = self.person(&item) else { continue };
            if people.iter().any(|known| is_same(known, &who)) {
                item.fault(format!("`{who}` stands in this list already"), None);
            }
            people.push(who);
        }
        if let Some(value) = assign.filter(|value| value.is_list() && value.list().is_empty()) {
            let hint = "write [\"maija@acme.example\"]";
            value.fault("a route gives tickets to somebody", Some(hint.into()));
        }
        let by = table.take("by");
        if let Some(value) = by.as_ref().filter(|_| people.len() == 1) {
            value.warn("`by` chooses among several, and here is one", None);
        }
        let by = by.map_or(Some(By::Turn), |value| {
            value.choice(&[("turn", By::Turn), ("load", By::Load)])
        });
        table.finish();
        if let (Some(query), Some(value)) = (&query, &when) {
            self.filters.push((query.clone(), value.spot()));
        }
        if let (Some(query), Some(by)) = (query, by) {
            self.staff.routes.push(Route { when: Filter::new(query), assign: people, by });
        }
    }

    /// Reads one `[[absence]]`.
    pub(super) fn read_absence(&mut self, table: Table<'_>) {
        let value = table.need("who", "who = \"maija@acme.example\"");
        let who = value.as_ref().and_then(|value| name(value));
        self.away.extend(who.clone().zip(value.map(|value| value.spot())));
        let from_value = table.need("from", "from = \"2026-12-01\"");
        let until_value = table.need("until", "until = \"2026-12-14\"");
        let from = from_value.as_ref().and_then(day);
        let until = until_value.as_ref().and_then(day);
        if let (Some(value), Some(from), Some(until)) = (&until_value, from, until)
            && until < from
        {
            value.fault("this is before `from`; it is the last day of the absence", None);
        }
        let instead = table.take("instead").and_then(|value| self.person(&value));
        table.finish();
        if let (Some(who), Some(from), Some(until)) = (who, from, until) {
            self.staff.absences.push(Absence { who, from, until, instead });
        }
    }

    /// Returns what looks wrong across tables.
    pub(super) fn doubts(&self, has_mail: bool) -> Vec<Problem> {
        let mut doubts = Vec::new();
        if let Some(spot) = &self.first
            && !self.takes_all
            && self.staff.fallback.is_none()
        {
            let hint = "write [desk] with fallback = \"care@acme.example\", or a last route without `when`";
            let message = "a ticket that fits no route is nobody's";
            doubts.push(spot.problem(message.to_owned(), Some(hint.into())));
        }
        for (who, spot) in &self.away {
            if !self.people.iter().any(|(known, _)| is_same(known, who)) {
                let known = self.people.iter().map(|(known, _)| known.as_str());
                let hint = did_you_mean(who, known);
                doubts.push(spot.problem(format!("no route gives a ticket to `{who}`"), hint));
            }
        }
        let address = self.people.iter().find(|(who, _)| who.contains('@'));
        if let Some((who, spot)) = address.filter(|_| !has_mail) {
            let message =
                format!("`{who}` is not told: there is no [mail] that says how mail leaves");
            doubts.push(spot.problem(message, None));
        }
        doubts
    }

    /// Returns the days on which it is closed.
    pub(super) fn closed(&self) -> &[Days] {
        &self.closed
    }

    /// Tells whether this is one of those who may be given a ticket.
    pub(super) fn gives_to(&self, name: &str) -> bool {
        self.people.iter().any(|(who, _)| who == name)
    }

    /// Returns the desk, whose clock is that of `zone`. Who is named like one of these channels is told by it.
    pub(super) fn finished(self, zone: Tz, has_mail: bool, channels: Vec<String>) -> Desk {
        let workdays = Hours::workdays().in_zone(zone).closed_on(self.closed.clone());
        let hours = self.clocks.hours.map(|hours| hours.in_zone(zone).closed_on(self.closed));
        Desk {
            staff: self.staff,
            clocks: Clocks { hours, workdays: Some(workdays), ..self.clocks },
            language: self.language.unwrap_or(Language::ENGLISH),
            has_mail,
            channels,
        }
    }

    /// Reads the name of somebody who may be given a ticket.
    fn person(&mut self, value: &Value<'_>) -> Option<String> {
        let who = name(value)?;
        self.people.push((who.clone(), value.spot()));
        Some(who)
    }
}

/// Returns the values of a list, or the one that stands here without brackets.
fn several<'r>(value: &Value<'r>) -> Vec<Value<'r>> {
    if value.is_list() { value.list() } else { vec![value.clone()] }
}

/// Reads a name, or a mail address.
fn name(value: &Value<'_>) -> Option<String> {
    let who = value.words()?.trim();
    if who.contains('@')
        && let Err(fault) = check_address(who)
    {
        value.fault(fault, None);
        return None;
    }
    if who.chars().any(char::is_control) || who.chars().count() > 200 {
        value.fault("a name has at most 200 characters, and no control characters", None);
        return None;
    }
    Some(who.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn hours(value: &Value<'_>) -> Option<Hours> {
    let read = Hours::read(value.words()?, Tz::UTC);
    read.map_err(|bad| value.fault_inside(bad.at, &bad.message)).ok()
}

fn country(value: &Value<'_>) -> Option<Vec<Days>> {
    let code = value.words()?;
    let days = holidays::of(code);
    if days.is_none() {
        let known: Vec<&str> = holidays::countries().collect();
        let message = format!("the holidays of `{code}` are not known here");
        let hint = format!("known are {}; other days go into `closed`", known.join(", "));
        value.fault(message, Some(hint));
    }
    days.map(<[Days]>::to_vec)
}

fn closed(value: &Value<'_>) -> Option<Days> {
    let text = date_text(value)?;
    let days = holidays::dated(text);
    if days.is_none() {
        let hint = "write \"2026-12-24\", or \"2026-12-27..2027-01-01\"";
        value.fault(format!("`{text}` is no day"), Some(hint.into()));
    }
    days
}

fn day(value: &Value<'_>) -> Option<NaiveDate> {
    let text = date_text(value)?;
    let day = holidays::day(text);
    if day.is_none() {
        value.fault(format!("`{text}` is no day"), Some("write \"2026-12-24\"".into()));
    }
    day
}

fn date_text<'r>(value: &Value<'r>) -> Option<&'r str> {
    if value.is_time() {
        let hint = "write it in quotes: \"2026-12-24\"";
        value.fault("expected a string, found a date", Some(hint.into()));
        return None;
    }
    value.words()
}

/// Reads times by kind of place and by priority over those that hold already.
fn targets(
    table: Table<'_>,
    targets: &mut Targets,
    read: impl Fn(&Value<'_>) -> Option<TimeDelta>,
) {
    if let Some(time) = table.take("other").and_then(|value| read(&value)) {
        targets.other = time;
    }
    for (word, priority) in PRIORITIES {
        if let Some(time) = table.take(word).and_then(|value| read(&value)) {
            targets.priorities.insert(priority, time);
        }
    }
    for kind in Kind::ALL {
        if let Some(time) = table.take(kind.word()).and_then(|value| read(&value)) {
            targets.kinds.insert(kind, time);
        }
    }
    table.finish();
}

fn time(value: &Value<'_>) -> Option<TimeDelta> {
    let time = TimeDelta::from_std(value.duration()?).ok();
    let time = time.filter(|time| *time <= LONGEST && time.num_seconds() >= 1);
    if time.is_none() {
        value.fault("this takes from 1s to 365d", Some("write \"24h\"".into()));
    }
    time
}

fn days(value: &Value<'_>) -> Option<TimeDelta> {
    let time = TimeDelta::from_std(value.duration()?).ok();
    let days = time.filter(|time| *time == TimeDelta::days(time.num_days()));
    let days = days.filter(|days| (1..=365).contains(&days.num_days()));
    if days.is_none() {
        value.fault("a resolution takes 1 to 365 whole days", Some("write \"3d\"".into()));
    }
    days
}
