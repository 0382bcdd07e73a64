//! What it costs to keep a desk going that has been there for long.

use crate::dice::Dice;
use crate::texts::mention;
use crate::{Result, at, clock, number, whole};
use chrono::{DateTime, TimeDelta, Utc};
use std::path::PathBuf;
use vahti::alert::{Alert, Content, Frequency, HowMany, Pace};
use vahti::ask::{self, Question, ReportAsked, Setting, TicketsAsked};
use vahti::mention::filter::Filter;
use vahti::mention::{Mention, TicketId};
use vahti::pipeline::{Rules, hand, tell};
use vahti::query::Query;
use vahti::store::sled::SledStore;
use vahti::store::{Commit, Store};
use vahti::text::Language;
use vahti::ticket::route::{By, Route, Staff};
use vahti::ticket::{Action, Rating, Ticket};

/// How many of the last tickets are not closed; half of these were resolved.
const OPEN: usize = 200;
const A_DAY: i64 = 10;
const ROUNDS: usize = 5;
const PEOPLE: [&str; 4] = ["maija", "ayse", "ben", "eve"];

/// Measures the same in a desk of each size.
pub(crate) fn measure(sizes: &[usize]) -> Result<()> {
    let mut columns = Vec::new();
    for size in sizes {
        columns.push(desk(*size)?);
    }
    let heads: Vec<String> = sizes.iter().map(|size| format!("{size:>12}")).collect();
    println!("\n{:34} {} tickets, ms", "", heads.join(" "));
    for (nth, (what, _)) in columns.first().into_iter().flatten().enumerate() {
        let row = columns.iter().filter_map(|column| column.get(nth));
        let row: Vec<String> = row.map(|(_, time)| format!("{time:12.3}")).collect();
        println!("{what:34} {}", row.join(" "));
    }
    Ok(())
}

fn desk(count: usize) -> Result<Vec<(&'static str, f64)>> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let store = SledStore::open_or_create(&folder.path().join("store"))?;
    let now: DateTime<Utc> = "2026-01-05T06:00:00Z".parse()?;
    let (letter, lessons) = (alert(Content::Mentions)?, alert(Content::Lessons)?);
    let (load, turn) = (rules(By::Load), rules(By::Turn));
    fill(&store, count, now)?;
    for alert in [&letter, &lessons] {
        // It spoke yesterday.
        let yesterday = now - TimeDelta::days(1);
        store.apply(&tell::speak(alert, &load, &store, yesterday, &[], true)?)?;
    }
    let opening = Ticket::open(store.next_ticket()?, &complaint(count, now), now, now);
    let give = |rules: &Rules| {
        let mentions = vec![complaint(count, now)];
        let mut commit = Commit { mentions, tickets: vec![opening.clone()], ..Commit::default() };
        hand::hand_out(&mut commit, "vahti", rules, &store, now).map(drop)
    };
    let setting = Setting {
        rules: &load,
        sources: &[],
        follow_up_days: 10,
        store_path: PathBuf::new(),
        config_path: PathBuf::new(),
        running_since: None,
    };
    let ask = |question: &Question| ask::answer(question, &setting, &store, now).map(drop);
    let say = |alert: &Alert| tell::say(alert, &load, &store, now, &[]).map(drop);
    Ok(vec![
        ("a walk over all tickets", median(|| store.tickets().map(drop))?),
        ("late tickets, every three minutes", median(|| hand::aged(&load, &store, now).map(drop))?),
        ("a new ticket, by load", median(|| give(&load))?),
        ("a new ticket, by turn", median(|| give(&turn))?),
        ("the list of tickets", median(|| ask(&Question::Tickets(TicketsAsked::default())))?),
        ("a digest, with who is gone quiet", median(|| say(&letter))?),
        ("a letter of lessons", median(|| say(&lessons))?),
        ("a report on a month", median(|| ask(&Question::Report(ReportAsked::default())))?),
    ])
}

fn alert(content: Content) -> Result<Alert> {
    let name = if content == Content::Lessons { "lessons" } else { "care" };
    Ok(Alert {
        name: name.into(),
        to: vec!["care@acme.example".into()],
        frequency: Frequency::Periodic("@daily".parse()?),
        filter: Filter::new(Query::All),
        language: Language::ENGLISH,
        empty: false,
        content,
        spikes: false,
        how_many: HowMany::All,
        pace: Pace::default(),
    })
}

fn rules(by: By) -> Rules {
    let assign = PEOPLE.map(str::to_owned).to_vec();
    let routes = vec![Route { when: Filter::new(Query::All), assign, by }];
    let staff = Staff { routes, ..Staff::default() };
    Rules::new(Vec::new(), Vec::new(), chrono_tz::Tz::UTC)
        .staffed(hand::Desk { staff, ..hand::Desk::default() })
        .missing(Some(TimeDelta::days(90)))
}

/// Somebody complains; every fifth does so again and again.
fn complaint(nth: usize, at: DateTime<Utc>) -> Mention {
    let mut mention = mention(&format!("ticket {nth}"), "Acme lost my parcel".into(), at);
    let who = if nth.is_multiple_of(5) { nth / 50 } else { nth };
    mention.post.author.handle = Some(format!("customer{who}"));
    mention.ticket = Some(TicketId(number(nth) + 1));
    mention
}

fn fill(store: &dyn Store, count: usize, now: DateTime<Utc>) -> Result<()> {
    let mut commit = Commit::default();
    for nth in 0..count {
        let left = count - nth;
        let opened = now - TimeDelta::seconds(whole(number(left)) * 86_400 / A_DAY);
        let mention = complaint(nth, opened);
        let id = TicketId(number(nth) + 1);
        let mut ticket = Ticket::open(id, &mention, opened, opened);
        let who = PEOPLE.get(nth % PEOPLE.len()).copied().unwrap_or_default();
        let mut moves = vec![Action::Assign(who.into())];
        if left <= OPEN / 2 {
            moves.extend(left.is_multiple_of(2).then(|| Action::Reply("We are sorry.".into())));
        } else {
            let cause = Dice::new(number(nth)).pick(&["delivery", "billing", "service"]);
            moves.push(Action::Reply("We are sorry, and look into it today.".into()));
            let lesson = None;
            moves.push(Action::Resolve { cause: cause.into(), lesson, follow_up_days: 10 });
            moves.extend((left > OPEN).then(|| Rating::try_from(4).map(Action::Rate)).transpose()?);
        }
        for (action, hour) in moves.into_iter().zip(1..) {
            let at = opened + TimeDelta::minutes(hour * 20);
            ticket = ticket.apply(action, "vahti", at).map_err(|refused| refused.to_string())?;
        }
        commit.mentions.push(mention);
        commit.tickets.push(ticket);
        if commit.tickets.len() == 2_000 {
            store.apply(&std::mem::take(&mut commit))?;
        }
    }
    store.apply(&commit)?;
    store.sync()?;
    Ok(())
}

/// Returns the milliseconds that the median round takes.
fn median<E: std::fmt::Display>(
    mut work: impl FnMut() -> std::result::Result<(), E>,
) -> Result<f64> {
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..=ROUNDS {
        let mut ended = Ok(());
        rounds.push(clock::time(|| ended = work()));
        ended.map_err(|error| error.to_string())?;
    }
    Ok(at(&mut rounds, 50))
}
