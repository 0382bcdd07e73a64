//! Customers who have gone quiet: somebody who complained, and of whom nothing was heard for long.
//! Each silence is told once by each alert, in the digest of the time in which it became one; nothing is
//! remembered for that but when the alert last spoke.

use super::Rules;
use crate::alert::{Alert, AlertState};
use crate::digest::QuietLine;
use crate::mention::Mention;
use crate::mention::filter::TicketFacts;
use crate::store::{Store, StoreError, Window};
use crate::ticket::people::People;
use crate::ticket::{Ticket, customer};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

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
    let mut known = customers(&people, store)?;
    known.retain(|_, known| known.heard <= newest);
    if known.is_empty() {
        return Ok(Vec::new());
    }
    // Whoever wrote something that became no ticket was heard as well.
    store.mentions(Window { since: Some(oldest), until: None }, &mut |mention| {
        let key = customer::key(&mention);
        if let Some(known) = key.and_then(|key| known.get_mut(people.one(&key))) {
            known.heard = known.heard.max(mention.time());
        }
        true
    })?;
    let mut quiet = Vec::new();
    for Known { ticket, heard } in known.into_values() {
        if heard <= oldest || heard > newest {
            continue;
        }
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

/// Returns the customers who have a ticket, by one name however many handles they have, with what their tickets tell of when they were heard.
fn customers(people: &People, store: &dyn Store) -> Result<BTreeMap<String, Known>, StoreError> {
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    for ticket in store.tickets()? {
        let facts = ticket.facts();
        let Some(key) = facts.customer.clone().filter(|_| !facts.is_withdrawn()) else { continue };
        // A rating is an answer of the customer's; all else in the log is ours.
        let rated = facts.log.iter().filter(|line| line.action == "rate").map(|line| line.at).max();
        let mut heard = rated.max(Some(facts.opened.min(facts.clock_start)));
        for id in std::iter::once(&facts.mention).chain(&facts.also) {
            heard = heard.max(store.mention(id)?.map(|mention| mention.time()));
        }
        let heard = heard.unwrap_or(facts.opened);
        let key = people.one(&key).to_owned();
        match known.get_mut(&key) {
            Some(customer) => {
                customer.heard = customer.heard.max(heard);
                // They come by number, so that the last is the latest.
                customer.ticket = ticket;
            }
            None => {
                known.insert(key, Known { ticket, heard });
            }
        }
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
    use crate::mention::filter::Filter;
    use crate::mention::{Mark, TicketId};
    use crate::pipeline::sample::{at, mention};
    use crate::pipeline::tell;
    use crate::query::Query;
    use crate::store::Commit;
    use crate::store::sled::SledStore;
    use crate::text::Language;
    use crate::ticket::Action;
    use crate::ticket::people::Link;
    use chrono::TimeDelta;

    fn alert() -> Alert {
        Alert {
            name: "care".into(),
            to: vec!["care@acme.example".into()],
            frequency: Frequency::Periodic("@daily".parse().unwrap()),
            filter: Filter::new(Query::All),
            language: Language::FINNISH,
            empty: false,
            content: Content::Mentions,
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
