//! Nothing that is kept back is lost, and nothing is told twice.

use crate::alert::{Alert, AlertState, Content, Frequency, HowMany, Pace};
use crate::enrich::Priority;
use crate::mention::filter::Filter;
use crate::mention::{Mention, TicketId};
use crate::pipeline::sample::{at, mention};
use crate::pipeline::{Rules, tell};
use crate::query::Query;
use crate::schedule::hours::{Hours, quiet};
use crate::store::sled::SledStore;
use crate::store::{Commit, Store};
use crate::text::Language;
use crate::ticket::Ticket;
use chrono::{TimeDelta, Utc};

/// An alert that is told of everything, and its store.
struct World {
    _folder: tempfile::TempDir,
    store: SledStore,
    rules: Rules,
}

/// Quiet from ten at night to seven, UTC.
fn night() -> Pace {
    let hours = Hours::all_but(quiet("22:00-07:00").ok(), false);
    Pace { hours: Some(hours), ..Pace::default() }
}

fn cooling(minutes: i64) -> Pace {
    Pace { cooldown: TimeDelta::minutes(minutes), ..Pace::default() }
}

impl World {
    fn new(frequency: Frequency, pace: Pace) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
        let alert = Alert {
            name: "care".into(),
            to: vec!["care@acme.example".into()],
            frequency,
            filter: Filter::new(Query::All),
            language: Language::ENGLISH,
            empty: false,
            content: Content::Mentions,
            spikes: false,
            how_many: HowMany::All,
            pace,
        };
        let rules = Rules::new(Vec::new(), vec![alert], chrono_tz::Tz::UTC);
        store.apply(&tell::introduce(&rules, &store, at(0)).unwrap()).unwrap();
        Self { _folder: folder, store, rules }
    }

    /// Stores what a poll brought at this hour, and returns what is told with it.
    fn bring(&self, hour: i64, mentions: &[Mention], tickets: Vec<Ticket>) -> Vec<String> {
        self.bring_at(at(hour), mentions, tickets)
    }

    fn bring_at(
        &self,
        now: chrono::DateTime<Utc>,
        mentions: &[Mention],
        tickets: Vec<Ticket>,
    ) -> Vec<String> {
        let mut commit = Commit { mentions: mentions.to_vec(), tickets, ..Commit::default() };
        tell::at_once(&mut commit, mentions, &self.rules, &self.store, now).unwrap();
        self.store.apply(&commit).unwrap();
        commit.notices.into_iter().map(|notice| notice.text).collect()
    }

    /// Lets the alert speak, as the daemon does when it looks.
    fn speak_at(&self, now: chrono::DateTime<Utc>) -> Vec<String> {
        let alert = &self.rules.alerts[0];
        let commit = tell::speak(alert, &self.rules, &self.store, now, &[], false).unwrap();
        self.store.apply(&commit).unwrap();
        commit.notices.into_iter().map(|notice| notice.text).collect()
    }

    fn state(&self) -> AlertState {
        self.store.alert("care").unwrap().unwrap()
    }

    fn held(&self, hour: i64) -> usize {
        tell::speaks_next(&self.rules.alerts[0], &self.rules, &self.store, at(hour)).unwrap().1
    }

    fn is_pressing(&self, hour: i64) -> bool {
        tell::is_pressing(&self.rules.alerts[0], &self.rules, &self.store, at(hour)).unwrap()
    }
}

fn urgent(hour: i64, handle: &str, text: &str) -> Mention {
    let mut mention = mention(hour, handle, text);
    mention.insight.priority = Priority::Urgent;
    mention
}

/// The mention with an urgent ticket of this number.
fn ticketed(mut mention: Mention, id: u64, incident: Option<u64>) -> (Mention, Ticket) {
    mention.ticket = Some(TicketId(id));
    let ticket = Ticket::open(TicketId(id), &mention, mention.seen, mention.seen);
    let mut facts = ticket.facts().clone();
    facts.incident = incident.map(TicketId);
    (mention, Ticket::restore(facts))
}

/// Counts the texts that say this.
fn count(told: &[String], words: &str) -> usize {
    told.iter().filter(|text| text.contains(words)).count()
}

// Hour 0 is six in the morning: it is quiet from hour 16 to hour 25.

#[test]
fn what_comes_in_quiet_hours_is_told_in_one_message_when_they_end() {
    let world = World::new(Frequency::AsItHappens, night());
    assert_eq!(world.bring(10, &[mention(10, "a", "Acme by day")], Vec::new()).len(), 1);
    assert!(world.bring(17, &[mention(17, "b", "Acme is slow")], Vec::new()).is_empty());
    assert!(world.bring(20, &[mention(20, "c", "Acme is dear")], Vec::new()).is_empty());
    assert!(world.speak_at(at(24)).is_empty());
    assert_eq!((world.held(24), world.is_pressing(24)), (2, false));
    let told = world.speak_at(at(25));
    assert_eq!((told.len(), count(&told, "is slow"), count(&told, "is dear")), (1, 1, 1));
    assert_eq!(count(&told, "by day"), 0);
    assert_eq!(count(&told, "2 mentions in 8 hours, gathered into one message."), 1, "{told:?}");
    assert!(world.speak_at(at(26)).is_empty());
}

#[test]
fn what_is_urgent_breaks_through_alone_and_is_not_told_again() {
    let world = World::new(Frequency::AsItHappens, night());
    assert!(world.bring(17, &[mention(17, "b", "Acme is slow")], Vec::new()).is_empty());
    let both = [mention(18, "c", "Acme is dear"), urgent(18, "d", "Acme burns")];
    let told = world.bring(18, &both, Vec::new());
    assert_eq!((told.len(), count(&told, "burns"), count(&told, "dear")), (1, 1, 0));
    let waits = "Urgent, so it comes at once. Everything else waits until 6 January, 07:00.";
    assert_eq!(count(&[told[0].replace(['\n', '\u{a0}'], " ")], waits), 1, "{told:?}");
    assert_eq!((world.held(19), world.state().passed.len()), (2, 1));
    let told = world.speak_at(at(25));
    assert_eq!((count(&told, "slow"), count(&told, "dear"), count(&told, "burns")), (1, 1, 0));
    assert!(world.state().passed.is_empty(), "the watermark passed it");
}

#[test]
fn where_nothing_else_waits_nothing_is_remembered() {
    let world = World::new(Frequency::AsItHappens, night());
    assert_eq!(world.bring(18, &[urgent(18, "d", "Acme burns")], Vec::new()).len(), 1);
    let state = world.state();
    assert!(state.passed.is_empty() && !state.is_behind(1), "{state:?}");
    assert!(world.speak_at(at(25)).is_empty());
}

#[test]
fn what_becomes_a_case_in_quiet_hours_is_told_when_they_end() {
    let world = World::new(Frequency::AsItHappens, night());
    let known = mention(10, "a", "Acme lost my parcel");
    assert_eq!(world.bring(10, std::slice::from_ref(&known), Vec::new()).len(), 1);
    // Seen again and nothing about it is new.
    assert!(world.bring(17, std::slice::from_ref(&known), Vec::new()).is_empty());
    assert_eq!(world.held(18), 0);
    let (case, ticket) = ticketed(known, 1, None);
    assert!(world.bring(18, std::slice::from_ref(&case), vec![ticket]).is_empty());
    assert_eq!(world.held(19), 1);
    assert_eq!(count(&world.speak_at(at(25)), "lost my parcel"), 1);
    assert!(world.state().owed.is_empty());
    assert!(world.speak_at(at(26)).is_empty());
}

#[test]
fn what_rises_to_urgent_while_it_waits_is_told_when_that_is_seen() {
    let world = World::new(Frequency::AsItHappens, night());
    let (case, ticket) = ticketed(mention(17, "a", "Acme lost my parcel"), 1, None);
    assert!(
        world.bring(17, &[case, mention(17, "b", "Acme is slow")], vec![ticket.clone()]).is_empty()
    );
    let mut facts = ticket.facts().clone();
    facts.priority = Priority::Urgent;
    let commit = Commit { tickets: vec![Ticket::restore(facts)], ..Commit::default() };
    world.store.apply(&commit).unwrap();
    assert!(world.is_pressing(20));
    let told = world.speak_at(at(20));
    assert_eq!((count(&told, "lost my parcel"), count(&told, "is slow")), (1, 0));
    assert!(!world.is_pressing(20) && world.speak_at(at(21)).is_empty());
    let told = world.speak_at(at(25));
    assert_eq!((count(&told, "lost my parcel"), count(&told, "is slow")), (0, 1));
}

#[test]
fn a_burst_becomes_one_message_that_says_so() {
    let world = World::new(Frequency::AsItHappens, cooling(30));
    let now = |minutes| at(10) + TimeDelta::minutes(minutes);
    let came = |minutes, handle: &str| {
        let mut mention = mention(10, handle, &format!("Acme {handle}"));
        mention.seen = now(minutes);
        mention
    };
    assert_eq!(world.bring_at(now(0), &[came(0, "first")], Vec::new()).len(), 1);
    for minute in 5..20 {
        let one = came(minute, &format!("nr{minute}"));
        assert!(world.bring_at(now(minute), &[one], Vec::new()).is_empty());
    }
    assert!(world.speak_at(now(29)).is_empty());
    let told = world.speak_at(now(30));
    assert_eq!((told.len(), count(&told, "first")), (1, 0));
    assert_eq!(count(&told, "15 mentions in 25 minutes, gathered into one message."), 1);
    assert!(world.bring_at(now(31), &[came(31, "later")], Vec::new()).is_empty());
    assert_eq!(world.speak_at(now(60)).len(), 1);
    // A clock set back keeps nobody silent.
    assert_eq!(world.bring_at(now(-5), &[came(-5, "past")], Vec::new()).len(), 1);
}

#[test]
fn an_event_breaks_through_once_within_the_cooldown() {
    let world = World::new(Frequency::AsItHappens, cooling(30));
    let now = |minutes| at(10) + TimeDelta::minutes(minutes);
    let case = |id: u64, incident| {
        ticketed(urgent(10, &format!("nr{id}"), &format!("Acme burns {id}")), id, incident)
    };
    let told = |minutes, id, incident| {
        let (mention, ticket) = case(id, incident);
        world.bring_at(now(minutes), &[mention], vec![ticket]).len()
    };
    assert_eq!(told(0, 1, None), 1);
    assert_eq!(told(5, 2, Some(1)), 0, "the same event");
    assert_eq!(told(6, 3, Some(3)), 1, "another event");
    assert_eq!(told(7, 4, Some(3)), 0);
    let held = || {
        let alert = &world.rules.alerts[0];
        tell::speaks_next(alert, &world.rules, &world.store, now(8)).unwrap()
    };
    assert_eq!(held(), (Some(now(36)), 2));
    assert_eq!(world.speak_at(now(36)).len(), 1);
    assert_eq!(world.state().events.len(), 2);
}

#[test]
fn a_periodic_alert_keeps_its_digest_and_tells_what_is_urgent() {
    let world = World::new(Frequency::Periodic("0 23 * * *".parse().unwrap()), night());
    let both = [mention(12, "c", "Acme is dear"), urgent(12, "d", "Acme burns")];
    assert!(world.bring(12, &both, Vec::new()).is_empty());
    assert!(!world.is_pressing(16), "its time has not come");
    assert!(world.is_pressing(18));
    let told = world.speak_at(at(18));
    assert_eq!((count(&told, "burns"), count(&told, "dear")), (1, 0));
    assert_eq!((world.held(19), world.is_pressing(19)), (1, false));
    let told = world.speak_at(at(25));
    assert_eq!((count(&told, "burns"), count(&told, "dear")), (0, 1));
}

#[test]
fn more_than_can_be_remembered_is_told_and_nothing_twice() {
    let world = World::new(Frequency::AsItHappens, night());
    assert!(world.bring(17, &[mention(17, "b", "Acme is slow")], Vec::new()).is_empty());
    let many = |from: usize| {
        let one = |nr: usize| urgent(18, &format!("nr{nr}"), "Acme burns");
        (from..from + 600).map(one).collect::<Vec<_>>()
    };
    assert_eq!(world.bring(18, &many(0), Vec::new()).len(), 1);
    let told = world.bring(18, &many(600), Vec::new());
    assert_eq!((told.len(), count(&told, "601 mentions")), (1, 1), "the one that waited too");
    assert!(world.state().passed.is_empty() && world.speak_at(at(25)).is_empty());
}
