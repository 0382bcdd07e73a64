//! What an alert says that tells lessons: the causes, lessons and thanks since it last spoke, of the
//! mentions that it wants.

use super::Rules;
use super::tell::Said;
use crate::alert::{Alert, AlertState};
use crate::delivery::Enclosed;
use crate::digest::lessons::{self, CauseLine, Lessons, ThanksLine};
use crate::mention::Mention;
use crate::mention::filter::TicketFacts;
use crate::report::{Gathering, Report, Span};
use crate::store::{Listed, Sequence, Store, StoreError};
use crate::ticket::Ticket;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;

/// What is told of where it has never spoken and nobody knows since when it is there.
const FIRST: TimeDelta = TimeDelta::days(7);

/// Returns what `alert` would say now.
pub(super) fn say(
    alert: &Alert,
    state: &AlertState,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Said, StoreError> {
    let from = state.last.max(state.began).filter(|from| *from < now).unwrap_or(now - FIRST);
    let report = report(alert, (state, from), rules, store, now)?;
    let letter = letter(alert, &report);
    Ok(Said {
        subject: lessons::subject(&letter),
        text: lessons::text(&letter),
        html: lessons::html(&letter),
        enclosed: Enclosed {
            thread: Some(format!("alert {}", alert.name)),
            unsubscribe: rules.keeper.clone(),
            brief: Some(lessons::brief(&letter)),
            ..Enclosed::default()
        },
        mentions: letter.thanks.len(),
        tickets: letter.causes.len(),
    })
}

fn report(
    alert: &Alert,
    (state, since): (&AlertState, DateTime<Utc>),
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Report, StoreError> {
    let span = Span { brand: None, since, until: now, zone: alert.pace.zone };
    let touched = span.before();
    let mut gathering = Gathering::new(span, &rules.desk.clocks, now);
    // Praise is news by when it was found: a poll may bring it long after it was written.
    let is_new = state.last.or(state.began).is_none();
    for mention in store.mentions_after(Sequence(state.told_up_to))? {
        let is_late = is_new && mention.seen < since;
        if !is_late && is_wanted(alert, &mention, ticket_of(&mention, store)?.as_ref(), now) {
            gathering.thanks(&mention);
        }
    }
    // With which nothing was done since then taught nothing. By number: the first names a cause.
    let touched = store.listed(Listed::Touched { since: touched })?;
    for id in touched.into_iter().collect::<BTreeSet<_>>() {
        let Some(ticket) = store.ticket(id)? else { continue };
        let mention = store.mention(&ticket.facts().mention)?;
        // What was learned stays true of a mention that is no more.
        let is_meant =
            mention.as_ref().is_none_or(|mention| is_wanted(alert, mention, Some(&ticket), now));
        if is_meant {
            gathering.ticket(&ticket, mention.as_ref());
        }
    }
    Ok(gathering.finish())
}

fn ticket_of(mention: &Mention, store: &dyn Store) -> Result<Option<Ticket>, StoreError> {
    mention.ticket.map_or(Ok(None), |id| store.ticket(id))
}

fn is_wanted(
    alert: &Alert,
    mention: &Mention,
    ticket: Option<&Ticket>,
    now: DateTime<Utc>,
) -> bool {
    let status = ticket.map(|ticket| ticket.facts().status.to_string());
    let facts = ticket
        .zip(status.as_deref())
        .map(|(ticket, status)| TicketFacts { status, priority: ticket.facts().priority });
    alert.wants(mention, facts.as_ref(), now)
}

fn letter(alert: &Alert, report: &Report) -> Lessons {
    let lessons_of = |cause: &str| {
        let of_it =
            |lesson: &&crate::report::Lesson| lesson.cause.to_lowercase() == cause.to_lowercase();
        // What was learned of an event stands at each of its tickets, and is told once.
        let mut lessons: Vec<String> = Vec::new();
        for lesson in report.lessons.iter().filter(of_it) {
            if !lessons.contains(&lesson.lesson) {
                lessons.push(lesson.lesson.clone());
            }
        }
        lessons
    };
    let causes = report.causes.iter().filter(|cause| cause.count > 0).map(|cause| CauseLine {
        cause: cause.cause.clone(),
        count: cause.count,
        before: cause.before,
        lessons: lessons_of(&cause.cause),
    });
    let thanks = report.thanks.iter().map(|story| ThanksLine {
        brand: story.brand.clone(),
        said: story.headline.clone(),
        url: story.url.clone(),
    });
    Lessons {
        alert: alert.name.clone(),
        language: alert.language,
        zone: alert.pace.zone,
        from: report.since,
        to: report.until,
        resolved: report.tickets.resolved,
        causes: causes.collect(),
        ratings: report.satisfaction.ratings,
        mean: report.satisfaction.mean,
        thanks: thanks.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{Content, Frequency, HowMany, Pace};
    use crate::mention::filter::Filter;
    use crate::mention::{Mark, TicketId};
    use crate::pipeline::sample::{at, mention};
    use crate::pipeline::tell;
    use crate::query::parse_filter;
    use crate::store::Commit;
    use crate::store::sled::SledStore;
    use crate::text::Language;
    use crate::ticket::Action;

    fn alert(filter: &str, empty: bool) -> Alert {
        Alert {
            name: "everyone".into(),
            to: vec!["maija@acme.example".into(), "matti@acme.example".into()],
            frequency: Frequency::Periodic("@weekly".parse().unwrap()),
            filter: Filter::new(parse_filter(filter).unwrap()),
            language: Language::FINNISH,
            empty,
            content: Content::Lessons,
            spikes: false,
            how_many: HowMany::All,
            pace: Pace::default(),
        }
    }

    /// Lets the alert speak at this hour, and returns what everybody is told.
    fn speak(store: &SledStore, alert: &Alert, hour: i64) -> Vec<String> {
        let rules = Rules::new(Vec::new(), vec![alert.clone()], chrono_tz::Tz::UTC);
        store.apply(&tell::introduce(&rules, store, at(0)).unwrap()).unwrap();
        let commit = tell::speak(alert, &rules, store, at(hour), &[], false).unwrap();
        store.apply(&commit).unwrap();
        let said =
            |notice: &crate::delivery::Notice| format!("{}\n{}", notice.subject, notice.text);
        commit.notices.iter().map(said).collect()
    }

    /// Resolves a complaint of hour 10 at hour 20, and stores a customer's thanks of hour 12.
    fn learn(store: &SledStore) {
        let mut complaint = mention(10, "maija", "Acme lost my parcel");
        complaint.ticket = Some(TicketId(1));
        let mut thanks = mention(12, "matti", "Kiitos Acme!");
        thanks.mark = Some(Mark::Positive);
        let lesson = Some("Scan twice.".to_owned());
        let resolve = Action::Resolve { cause: "lost".into(), lesson, follow_up_days: 10 };
        let ticket = Ticket::open(TicketId(1), &complaint, at(10), at(10));
        let tickets = vec![ticket.apply(resolve, "desk", at(20)).unwrap()];
        let mentions = vec![complaint, thanks];
        store.apply(&Commit { mentions, tickets, ..Commit::default() }).unwrap();
    }

    #[test]
    fn everybody_hears_once_what_was_learned_and_nothing_where_nothing_was() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
        let alert = alert("", false);
        assert!(speak(&store, &alert, 5).is_empty());
        learn(&store);
        let told = speak(&store, &alert, 30);
        assert_eq!(told.len(), 2);
        assert_eq!(told[0], told[1]);
        for words in ["Mitä opimme: lost\n", "Scan twice.", "”Kiitos Acme!”"] {
            assert!(told[0].contains(words), "{words}: {}", told[0]);
        }
        assert!(speak(&store, &alert, 200).is_empty(), "it was told");
    }

    #[test]
    fn praise_that_is_found_late_is_told_all_the_same_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
        let alert = alert("", false);
        learn(&store);
        assert!(speak(&store, &alert, 30).iter().all(|told| told.contains("Scan twice.")));
        // It was written before the alert spoke last, and its source was polled after that.
        let mut late = mention(25, "liisa", "Acme auttoi minua, kiitos");
        (late.seen, late.mark) = (at(40), Some(Mark::Positive));
        store.apply(&Commit { mentions: vec![late], ..Commit::default() }).unwrap();
        let told = speak(&store, &alert, 200);
        assert_eq!(told.len(), 2);
        assert!(told[0].contains("”Acme auttoi minua, kiitos”"), "{}", told[0]);
        assert!(!told[0].contains("Scan twice."), "{}", told[0]);
        assert!(speak(&store, &alert, 400).is_empty(), "it was told");
    }

    #[test]
    fn nothing_is_said_where_that_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
        let told = speak(&store, &alert("", true), 5);
        assert!(told[0].starts_with("Mitä opimme: ei uutta\n"), "{}", told[0]);
    }

    #[test]
    fn only_what_the_filter_lets_through_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
        learn(&store);
        assert!(speak(&store, &alert("brand:Bell", false), 30).is_empty());
    }
}
