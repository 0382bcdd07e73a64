//! Crashes while vahti polls and sends, over SMTP: each notice is taken exactly once, but where the crash came between
//! the server's having it and its answer; then it comes again, under the same `Message-ID`. Between the answer and the
//! ledger stands a receipt.
//!
//! `VAHTI_KILLS` says how many (50 where it does not; `tests/endurance` has more), `VAHTI_SEED` at which moments.

use crate::recovery::{Growing, config, counted, id, is_sound, list, moment, title, told};
use crate::support::World;
use crate::support::rogue::{Kept, Manner, Rogue};
use mail_parser::MessageParser;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How long an answer may be under way on this machine.
const UNDER_WAY: Duration = Duration::from_millis(5);

/// Returns a number from the environment.
fn told_by(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

/// Returns pseudo-random numbers below `most`.
fn chances(mut state: u64, most: u64) -> impl Iterator<Item = u64> {
    std::iter::repeat_with(move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % most
    })
}

/// Waits for what comes in the end, however busy the machine is, and looks every so often.
#[track_caller]
fn in_the_end(what: &str, every: Duration, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_mins(5), "waited in vain until {what}");
        moment(every);
    }
}

#[test]
fn crashes_while_polling_and_sending_lose_and_double_nothing() {
    let (kills, seed) = (told_by("VAHTI_KILLS", 50), told_by("VAHTI_SEED", 20_261_122));
    let (site, url) = Growing::start();
    let rogue = Rogue::start(Manner { thinks: 30, ..Manner::default() });
    let world = World::new(&config(&url, &rogue.settings()));
    let moments = chances(seed, 1000).take(usize::try_from(kills).unwrap());
    let mut ends = Vec::new();
    for (nth, chance) in moments.enumerate() {
        let polls = site.see(|grown| grown.polls);
        let mails = (rogue.sessions(), rogue.kept().len());
        let daemon = world.daemon_unheard();
        match nth % 4 {
            // Anywhere: while the store opens, before, during and after a poll.
            0 => moment(Duration::from_millis(chance * 6 / 5)),
            // While what a poll brought is read, judged, stored.
            1 => {
                site.wait_for_more(polls);
                moment(Duration::from_millis(chance / 5));
            }
            // While a message is handed over, kept, answered for, and noted in the ledger.
            _ => {
                in_the_end("there is mail", Duration::from_millis(1), || {
                    (rogue.sessions(), rogue.kept().len()) != mails
                });
                moment(Duration::from_micros(chance * 80));
            }
        }
        assert!(!daemon.log().contains("damaged"), "{}", daemon.log());
        ends.push(Instant::now());
        daemon.kill();
        rogue.next_life();
    }

    site.see(|grown| (grown.is_frozen, grown.unchanged) = (true, 0));
    let daemon = world.daemon();
    let pause = Duration::from_millis(50);
    in_the_end("vahti has everything", pause, || site.see(|grown| grown.unchanged) > 0);
    in_the_end("everything is told", pause, || list(&world, "outbox").is_empty());
    assert_eq!(daemon.stop(), Some(0));
    is_sound(&world);

    let entries = site.see(|grown| grown.entries);
    let expected: BTreeMap<String, usize> = (0..entries).map(|nth| (title(nth), 1)).collect();
    let mentions = list(&world, "mentions --limit 0");
    let titles = mentions.iter().map(|mention| mention["title"].as_str().unwrap().to_owned());
    assert_eq!(counted(titles), expected, "each entry is one mention");
    let kept = rogue.kept();
    let messages = is_told_once(&kept, entries);
    let figures = format!("seed {seed}: {kills} crashes, {entries} entries, {messages} messages");
    let most = kills.div_ceil(100);
    let late = repeats(&figures, &kept, &ends);
    assert!(u64::try_from(late).unwrap() <= most, "{late} of {kills}, where {most} may be");
}

/// Tells what came again, and returns how often the crash before it came between the answer and the ledger.
fn repeats(figures: &str, kept: &[Kept], ends: &[Instant]) -> usize {
    // Of what came again the earlier copies: was their answer given before the crash?
    let again: Vec<&Kept> = kept
        .iter()
        .enumerate()
        .filter(|(at, one)| kept[at + 1..].iter().any(|later| later.message_id == one.message_id))
        .map(|(_, one)| one)
        .collect();
    // How long before the crash the answer was given; a busy machine takes a moment to hand it on.
    let heard: Vec<Duration> = again
        .iter()
        .filter_map(|one| ends[one.life].checked_duration_since(one.answered?))
        .collect();
    let late = heard.iter().filter(|after| **after > UNDER_WAY).count();
    say(&format!(
        "{figures}, none missing; taken {} times more under the same Message-ID: {} \
         after a crash before the answer, {} while it was under way, {late} after one \
         between the answer and the ledger: {heard:?} after it",
        again.len(),
        again.len() - heard.len(),
        heard.len() - late,
    ));
    late
}

/// Asserts that each entry is told by one message, which came at most once in each life. Returns how
/// many messages there are.
#[track_caller]
fn is_told_once(kept: &[Kept], entries: usize) -> usize {
    let mut messages: BTreeMap<&str, Vec<&Kept>> = BTreeMap::new();
    for kept in kept {
        messages.entry(&kept.message_id).or_default().push(kept);
    }
    let mut links = Vec::new();
    for (message_id, copies) in &messages {
        let lives: BTreeSet<usize> = copies.iter().map(|kept| kept.life).collect();
        assert_eq!(lives.len(), copies.len(), "{message_id} came twice with no crash between");
        let first = copies.first().unwrap();
        assert!(copies.iter().all(|kept| kept.raw == first.raw), "{message_id} is not the same");
        let mail = MessageParser::default().parse(&first.raw).unwrap();
        links.extend(told(&mail.body_text(0).unwrap()));
    }
    let expected = (0..entries).map(|nth| (format!("https://news.example/{}", id(nth)), 1));
    assert_eq!(counted(links.into_iter()), expected.collect(), "each entry is told once");
    messages.len()
}

#[expect(clippy::print_stderr, reason = "the figures are for people to read")]
fn say(figures: &str) {
    eprintln!("{figures}");
}
