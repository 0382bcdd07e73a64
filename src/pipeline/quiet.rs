//! Customers who have gone quiet: somebody who complained, and of whom nothing was heard for long.
//! Each silence is told once by each alert, in the digest of the time in which it became one; nothing is
//! remembered for that but when the alert last spoke.

use super::Rules;
use crate::alert::{Alert, AlertState};
use crate::digest::QuietLine;
use crate::mention::filter::TicketFacts;
use crate::mention::{Mention, TicketId};
use crate::store::{Listed, Store, StoreError, Window};
use crate::ticket::people::People;
use crate::ticket::{Ticket, customer};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// How exact times are kept: what is later by this is later.
const MOMENT: TimeDelta = TimeDelta::microseconds(1);

/// What is known of a customer: the last ticket, and when anything was last heard.
struct Known {
    ticket: Ticket,
    heard: DateTime<Utc>,
}

/// Returns the customers who have gone quiet since `alert` last spoke, longest first.
pub(super) fn gone_quiet(
    alert: &Alert,
    state: &AlertState,
    rules: &Rules,
    store: &dyn Store,
    now: DateTime<Utc>,
) -> Result<Vec<QuietLine>, StoreError> {
    let (Some(after), Some(from)) = (rules.quiet_after, state.last.max(state.began)) else {
        return Ok(Vec::new());
    };
    // Who was last heard of between these has gone quiet between then and now.
    let (oldest, newest) = (from - after, now - after);
    let people = People::of(&store.links()?);
    let mut known = customers(&people, oldest, newest, store)?;
    known.retain(|_, known| known.heard <= newest && known.heard > oldest);
    // Whoever wrote something since that became no ticket was heard as well.
    let since = Window { since: Some(newest + MOMENT), until: None };
    if !known.is_empty() {
        store.mentions(since, &mut |mention| {
            if let Some(key) = customer::key(&mention) {
                known.remove(people.one(&key));
            }
            !known.is_empty()
        })?;
    }
    let mut quiet = Vec::new();
    for Known { ticket, heard } in known.into_values() {
        let facts = ticket.facts();
        let Some(mention) = store.mention(&facts.mention)? else { continue };
        if is_wanted(alert, &mention, &ticket, now) {
            quiet.push(QuietLine {
                customer: facts.customer_name.clone(),
                ticket: facts.id,
                headline: mention.headline(),
                status: facts.status.to_string(),
                since: heard,
            });
        }
    }
    quiet.sort_by_key(|line| (line.since, line.ticket));
    Ok(quiet)
}

/// Returns the customers who have a ticket and were heard behind `oldest` and up to `newest`, by one name
/// however many handles they have, with when they were heard last, as far as it was not later in what became
/// no ticket.
fn customers(
    people: &People,
    oldest: DateTime<Utc>,
    newest: DateTime<Utc>,
    store: &dyn Store,
) -> Result<BTreeMap<String, Known>, StoreError> {
    let mut heard: BTreeMap<String, DateTime<Utc>> = BTreeMap::new();
    let mut tickets: BTreeSet<TicketId> = BTreeSet::new();
    let window = Window { since: Some(oldest), until: Some(newest + MOMENT) };
    store.mentions(window, &mut |mention| {
        tickets.extend(mention.ticket);
        if let Some(key) = customer::key(&mention) {
            let last = heard.entry(people.one(&key).to_owned()).or_insert(mention.time());
            *last = mention.time().max(*last);
        }
        true
    })?;
    tickets.extend(store.listed(Listed::Heard { since: oldest, until: newest + MOMENT })?);
    let mut keys: BTreeSet<String> = heard.keys().cloned().collect();
    for id in tickets {
        let customer = store.ticket(id)?.and_then(|ticket| ticket.facts().customer.clone());
        keys.extend(customer.map(|key| people.one(&key).to_owned()));
    }
    let mut known = BTreeMap::new();
    for key in keys {
        if let Some(mut customer) = known_of(&key, people, store)? {
            customer.heard = heard.get(&key).copied().max(Some(customer.heard)).unwrap_or_default();
            known.insert(key, customer);
        }
    }
    Ok(known)
}

/// Returns the last ticket of a customer, and when the customer was last heard in any of them.
fn known_of(key: &str, people: &People, store: &dyn Store) -> Result<Option<Known>, StoreError> {
    let mut known: Option<Known> = None;
    for id in store.tickets_of(key)? {
        let Some(ticket) = store.ticket(id)? else { continue };
        let facts = ticket.facts();
        let is_theirs = facts.customer.as_deref().is_some_and(|own| people.one(own) == key);
        let of_ticket = facts.heard().filter(|_| is_theirs);
        let Some(mut heard) = of_ticket else { continue };
        for id in std::iter::once(&facts.mention).chain(&facts.also) {
            heard = heard.max(store.mention(id)?.map_or(heard, |mention| mention.time()));
        }
        let heard = known.map_or(heard, |known| known.heard.max(heard));
        // They come by number, so that the last is the latest.
        known = Some(Known { ticket, heard });
    }
    Ok(known)
}

fn is_wanted(alert: &Alert, mention: &Mention, ticket: &Ticket, now: DateTime<Utc>) -> bool {
    let facts = ticket.facts();
    let status = facts.status.to_string();
    alert.wants(mention, Some(&TicketFacts { status: &status, priority: facts.priority }), now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{Content, Frequency};
    use crate::mention::Mark;
    use crate::mention::filter::Filter;
    use crate::pipeline::sample::{at, mention};
    use crate::pipeline::tell;
    use crate::query::Query;
    use crate::store::Commit;
    use crate::store::sled::SledStore;
    use crate::text::Language;
    use crate::ticket::Action;
    use crate::ticket::people::Link;

    fn alert() -> Alert {
        Alert {
            name: "care".into(),
            to: vec!["care@acme.example".into()],
            frequency: Frequency::Periodic("@daily".parse().unwrap()),
            filter: Filter::new(Query::All),
            language: Language::FINNISH,
            empty: false,
            content: Content::Mentions,
            spikes: false,
        }
    }

    fn rules() -> Rules {
        let zone = chrono_tz::Tz::UTC;
        Rules::new(Vec::new(), vec![alert()], zone).missing(Some(TimeDelta::days(90)))
    }

    /// A store in which Maija complained at hour 0 and was answered, and an alert that is told all.
    fn store(folder: &tempfile::TempDir) -> SledStore {
        let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
        store.apply(&tell::introduce(&rules(), &store, at(-1)).unwrap()).unwrap();
        let mut complaint = mention(0, "maija", "Acme lost my parcel");
        complaint.ticket = Some(TicketId(1));
        let ticket = Ticket::open(TicketId(1), &complaint, at(0), at(0));
        let ticket = ticket.apply(Action::Reply("sorry".into()), "desk", at(50)).unwrap();
        let resolve = Action::Resolve { cause: "lost".into(), lesson: None, follow_up_days: 10 };
        let ticket = ticket.apply(resolve, "desk", at(60)).unwrap();
        let ticket = ticket.apply(Action::Close, "desk", at(70)).unwrap();
        let (mentions, tickets) = (vec![complaint], vec![ticket]);
        store.apply(&Commit { mentions, tickets, ..Commit::default() }).unwrap();
        speak(&store, 24);
        store
    }

    /// Lets the alert speak at this hour, and returns what it says.
    fn speak(store: &SledStore, hour: i64) -> Option<String> {
        let commit = tell::speak(&alert(), &rules(), store, at(hour), &[], false).unwrap();
        store.apply(&commit).unwrap();
        commit.notices.first().map(|notice| format!("{}\n{}", notice.subject, notice.text))
    }

    #[test]
    fn a_customer_who_was_not_heard_of_for_ninety_days_is_named_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        let days: Vec<i64> = (2..120).filter(|day| speak(&store, day * 24).is_some()).collect();
        assert_eq!(days, [90]);
        assert_eq!(speak(&store, 24 * 400), None, "and never again for the same silence");
    }

    #[test]
    fn the_digest_says_who_and_what_it_was_about() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        insta::assert_snapshot!(speak(&store, 24 * 100).unwrap().replace("-- \n", "--␠\n"));
    }

    #[test]
    fn whoever_is_heard_again_is_silent_anew_from_then() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        assert!(speak(&store, 24 * 95).is_some());
        // No ticket comes of it, and it is heard all the same.
        let mut praise = mention(24 * 100, "maija", "Acme is fine");
        praise.mark = Some(Mark::Positive);
        store.apply(&Commit { mentions: vec![praise], ..Commit::default() }).unwrap();
        speak(&store, 24 * 101);
        assert_eq!(speak(&store, 24 * 189), None);
        let again = speak(&store, 24 * 191).unwrap();
        assert!(
            again.contains("1 asiakas hiljennyt") && again.contains("vahti ticket 1"),
            "{again}"
        );
        assert_eq!(speak(&store, 24 * 192), None);
    }

    #[test]
    fn somebody_who_speaks_elsewhere_under_a_linked_handle_is_not_silent() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        let mut praise = mention(24 * 80, "maijam", "Acme is fine");
        praise.mark = Some(Mark::Positive);
        let handles = ["feed @maija", "feed @maijam"].map(str::to_owned);
        let [one, other] = handles;
        let link = Link { id: 0, one, other, by: "desk".into(), at: at(1), parted: None };
        let mentions = vec![praise];
        store.apply(&Commit { mentions, links: vec![link], ..Commit::default() }).unwrap();
        speak(&store, 24 * 81);
        assert_eq!(speak(&store, 24 * 95), None);
        assert!(speak(&store, 24 * 171).unwrap().contains("vahti ticket 1"));
    }

    #[test]
    fn what_was_no_complaint_leaves_no_silence_and_the_setting_may_be_none() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        let silent = |rules: &Rules| {
            let state = store.alert("care").unwrap().unwrap();
            gone_quiet(&alert(), &state, rules, &store, at(24 * 100)).unwrap().len()
        };
        assert_eq!(silent(&rules()), 1);
        assert_eq!(silent(&rules().missing(None)), 0);
        let ticket = store.ticket(TicketId(1)).unwrap().unwrap();
        let ticket = ticket.apply(Action::Withdraw, "desk", at(80)).unwrap();
        store.apply(&Commit { tickets: vec![ticket], ..Commit::default() }).unwrap();
        assert_eq!(silent(&rules()), 0);
    }
}
