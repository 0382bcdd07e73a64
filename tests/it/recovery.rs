//! Crashes: whatever the moment, nothing is lost, nothing is stored twice, nobody is told twice; and
//! a store that is beyond help is set aside, never thrown away.

use crate::support::smtp::Post;
use crate::support::{Answer, Site, World, rss, until};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

const COMPLAINT: &str = "Acme is terrible, the worst service ever, my order never arrived";

/// A configuration that polls the feed at `url` every second; `mail` says how mail leaves.
pub(crate) fn config(url: &str, mail: &str) -> String {
    format!(
        r#"
[http]
allow_private_addresses = ["127.0.0.1/32"]
[mail]
from = "Vahti <vahti@acme.example>"
{mail}
[[brand]]
name = "Acme"
keywords = ["Acme"]
[[source]]
name = "news"
feed.url = "{url}"
schedule = "1s"
[[alert]]
name = "care"
to = ["care@acme.example"]
frequency = "as-it-happens"
"#
    )
}

const INTO_A_FOLDER: &str = "outbox_dir = \"outbox\"";

/// A world that polls `/news.xml` of a site.
fn world(site: &Site, mail: &str) -> World {
    World::new(&config(&site.url("/news.xml"), mail))
}

#[track_caller]
pub(crate) fn list(world: &World, command: &str) -> Vec<Value> {
    serde_json::from_value(world.vahti(&format!("{command} --format json")).json()).unwrap()
}

#[track_caller]
pub(crate) fn is_sound(world: &World) {
    let checked = world.vahti("fsck");
    assert_eq!((checked.code, checked.out.as_str()), (Some(0), "All is well.\n"), "{checked:?}");
}

#[test]
fn a_crash_between_storing_and_sending_neither_loses_nor_doubles() {
    let Some(mut post) =
        Post::find("a_crash_between_storing_and_sending_neither_loses_nor_doubles")
    else {
        return;
    };
    let site = Site::start();
    site.serve("/news.xml", Answer::feed(rss(&[("1", COMPLAINT)])));
    let mail = format!("smtp.url = \"{}\"\nsmtp.tls = \"none\"", post.url("smtp"));
    let world = world(&site, &mail);
    let daemon = world.daemon();
    until("a notice is queued", || list(&world, "outbox").len() == 1);
    daemon.kill();

    post.up(&[]);
    let polls = site.seen("/news.xml").len();
    let daemon = world.daemon();
    until("the notice is delivered", || {
        let queued = list(&world, "outbox");
        for notice in &queued {
            drop(world.vahti(&format!("outbox retry {}", notice["id"])));
        }
        queued.is_empty()
    });
    until("the site was polled again", || site.seen("/news.xml").len() >= polls + 2);
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(post.count(), 1);
    assert_eq!(list(&world, "mentions").len(), 1);
    assert_eq!(list(&world, "tickets").len(), 1);
    is_sound(&world);
}

/// A feed that grows by three entries at every request. Its `ETag` is the number of entries; who
/// sends it back says that it has them, and is shown only what is new, with the last one it knows.
/// So an entry that was marked as read and not stored never turns up again.
#[derive(Clone)]
pub(crate) struct Growing(Arc<(Mutex<Grown>, Condvar)>);

#[derive(Default)]
pub(crate) struct Grown {
    pub(crate) entries: usize,
    pub(crate) polls: usize,
    pub(crate) is_frozen: bool,
    /// Whether who polled last did not have what the poll before it brought.
    is_behind: bool,
    /// Polls to which the answer was that nothing is new.
    pub(crate) unchanged: usize,
}

impl Growing {
    /// Starts it and returns it with its address.
    pub(crate) fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/feed.xml", listener.local_addr().unwrap());
        let growing = Self(Arc::default());
        let shared = growing.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that was killed does not hear the answer.
                drop(shared.answer(stream));
            }
        });
        (growing, url)
    }

    pub(crate) fn see<T>(&self, look: impl FnOnce(&mut Grown) -> T) -> T {
        let (grown, changed) = &*self.0;
        let seen = look(&mut grown.lock().unwrap());
        changed.notify_all();
        seen
    }

    /// Waits until there were more than so many polls, and not a moment longer.
    pub(crate) fn wait_for_more(&self, polls: usize) {
        let (grown, changed) = &*self.0;
        let patience = Duration::from_secs(30);
        let waited = changed
            .wait_timeout_while(grown.lock().unwrap(), patience, |grown| grown.polls <= polls)
            .unwrap();
        assert!(!waited.1.timed_out(), "the site is not polled");
    }

    fn answer(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut known = 0;
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        while let Some(line) = lines.next().transpose()?.filter(|line| !line.is_empty()) {
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("if-none-match")
            {
                known = value.trim().trim_matches('"').parse().unwrap();
            }
        }
        let entries = self.see(|grown| {
            grown.polls += 1;
            grown.is_behind = known < grown.entries;
            grown.entries += if grown.is_frozen { 0 } else { 3 };
            grown.unchanged += usize::from(known == grown.entries);
            grown.entries
        });
        let mut stream = stream;
        if known == entries {
            return stream.write_all(b"HTTP/1.1 304 X\r\nConnection: close\r\n\r\n");
        }
        let new: Vec<_> =
            (known.saturating_sub(1)..entries).rev().map(|nth| (id(nth), title(nth))).collect();
        let shown: Vec<(&str, &str)> = new.iter().map(|(id, title)| (&**id, &**title)).collect();
        let body = rss(&shown);
        write!(
            stream,
            "HTTP/1.1 200 X\r\nETag: \"{entries}\"\r\nContent-Type: application/rss+xml\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    }
}

pub(crate) fn id(nth: usize) -> String {
    format!("e{nth:05}")
}

/// Returns a word that no other number has: complaints that share their words are one event.
fn word(nth: usize) -> String {
    let letter =
        |digit: char| ['b', 'd', 'f', 'g', 'k', 'l', 'm', 'n', 'p', 'r'][digit as usize - 48];
    nth.to_string().chars().flat_map(|digit| [letter(digit), 'a']).collect()
}

/// Every other entry is a complaint.
pub(crate) fn title(nth: usize) -> String {
    if nth.is_multiple_of(2) {
        format!("Acme is terrible, the worst service ever: {}", word(nth))
    } else {
        format!("Acme opens its office number {nth} in Turku on Monday")
    }
}

/// Returns pseudo-random numbers below `most`, the same in every run.
fn chances(most: u64) -> impl Iterator<Item = u64> {
    let mut state = 20_261_122_u64;
    std::iter::repeat_with(move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % most
    })
}

#[expect(clippy::disallowed_methods, reason = "the moment of a crash is a time")]
pub(crate) fn moment(wait: Duration) {
    std::thread::sleep(wait);
}

#[test]
fn fifty_crashes_at_any_moment_lose_and_double_nothing() {
    let (site, url) = Growing::start();
    let world = World::new(&config(&url, INTO_A_FOLDER));
    let mut usual = Duration::from_millis(40);
    let mut early = 0;
    for (nth, chance) in chances(1000).take(50).enumerate() {
        let polls = site.see(|grown| grown.polls);
        let daemon = world.daemon_unheard();
        if nth % 5 == 0 {
            // Anywhere: while the store opens, before, during and after a poll.
            moment(Duration::from_millis(chance * 3 / 4));
        } else {
            // While what a poll brought is read, stored and told. How long that takes depends on
            // the machine, so the moments close in on the one from which on it is stored.
            site.wait_for_more(polls);
            if nth % 5 > 1 {
                let is_behind = site.see(|grown| grown.is_behind);
                usual = if is_behind { usual * 5 / 4 } else { usual * 4 / 5 };
            }
            early += usize::from(site.see(|grown| grown.is_behind));
            moment(usual * u32::try_from(700 + chance * 3 / 5).unwrap() / 1000);
        }
        assert!(!daemon.log().contains("damaged"), "{}", daemon.log());
        daemon.kill();
    }

    assert!((4..36).contains(&early), "{early} of 40 crashes came before anything was stored");

    site.see(|grown| (grown.is_frozen, grown.unchanged) = (true, 0));
    let daemon = world.daemon();
    until("vahti has everything", || site.see(|grown| grown.unchanged) > 0);
    until("everything is told", || list(&world, "outbox").is_empty());
    assert_eq!(daemon.stop(), Some(0));

    is_sound(&world);
    let entries = site.see(|grown| grown.entries);
    assert!(entries >= 100, "only {entries} entries were served");
    let expected: BTreeMap<String, usize> = (0..entries).map(|nth| (title(nth), 1)).collect();
    let mentions = list(&world, "mentions --limit 0");
    let titles = mentions.iter().map(|mention| mention["title"].as_str().unwrap().to_owned());
    assert_eq!(counted(titles), expected, "each entry is one mention");

    let complaints: BTreeSet<&str> = mentions
        .iter()
        .filter(|mention| mention["sentiment"]["label"] == "negative")
        .map(|mention| mention["id"].as_str().unwrap())
        .collect();
    assert_eq!(complaints.len(), entries.div_ceil(2), "the judge takes other texts for complaints");
    let tickets = list(&world, "tickets --status all --limit 0");
    let ticketed: BTreeSet<&str> =
        tickets.iter().map(|ticket| ticket["mention"].as_str().unwrap()).collect();
    assert_eq!((tickets.len(), ticketed), (complaints.len(), complaints), "each one is one ticket");

    let told = world.mails("txt").into_iter().flat_map(|text| told(&text));
    let links = (0..entries).map(|nth| (format!("https://news.example/{}", id(nth)), 1));
    assert_eq!(counted(told), links.collect(), "each entry is told once");
    assert_eq!(world.mails("part").len(), 0);
}

/// Returns the addresses that stand in a digest.
pub(crate) fn told(text: &str) -> Vec<String> {
    let addresses = text.split_whitespace().filter(|word| word.starts_with("https://"));
    addresses.map(str::to_owned).collect()
}

pub(crate) fn counted(words: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

/// Returns a world whose store holds 300 mentions, and its site.
fn filled() -> (World, Site) {
    let site = Site::start();
    let entries: Vec<(String, String)> = (0..300).map(|nth| (id(nth), title(nth))).collect();
    let shown: Vec<(&str, &str)> = entries.iter().map(|(id, title)| (&**id, &**title)).collect();
    site.serve("/news.xml", Answer::feed(rss(&shown)));
    let world = world(&site, INTO_A_FOLDER);
    assert_eq!(world.vahti("run --once --format json").json()["mentions"], 300);
    (world, site)
}

/// Returns the names of what is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Asserts that `vahti run --once` sets the damaged store of a [`filled`] world aside, and begins a new one.
#[track_caller]
fn is_set_aside(world: &World) {
    for question in ["mentions", "status", "tickets", "fsck"] {
        let asked = world.vahti(question);
        assert_eq!(asked.code, Some(1), "{question}: {asked:?}");
        let first = asked.err.lines().next().unwrap();
        assert!(
            first.starts_with("vahti: the store in ") && first.contains("damaged"),
            "{asked:?}"
        );
        assert!(asked.err.contains("`vahti run` sets a damaged store aside"), "{asked:?}");
        assert_eq!(names(&world.path("state")), ["store"], "{question} is no order");
    }

    let ran = world.vahti("run --once --format json");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let summary: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(summary["mentions"], 300, "{summary}");
    let names = names(&world.path("state"));
    let [_, aside] = names.as_slice() else { panic!("{names:?}") };
    assert!(aside.starts_with("store.damaged-"), "{aside}");
    let aside = world.path("state").join(aside);
    assert!(ran.err.contains(aside.to_str().unwrap()), "{}", ran.err);
    assert!(aside.join("db").exists());
    let status = world.vahti("status --format json").json();
    assert_eq!(status["store"]["set_aside"][0], aside.to_str().unwrap());
    assert!(world.vahti("status").ok().contains(aside.to_str().unwrap()));
    is_sound(world);
}

/// Overwrites 64 KiB with noise from `start` on, and as much again behind it until somebody reads it.
///
/// The store writes its pages anew elsewhere as it grows. What lies where they were is read by nobody, and
/// damage to it is none: everything must still be there.
fn is_set_aside_for_noise(start: impl FnOnce(usize) -> usize) {
    const MUCH: usize = 64 * 1024;
    let (world, _site) = filled();
    let db = world.path("state/store/db");
    let len = std::fs::read(&db).unwrap().len();
    for start in (start(len)..len).step_by(MUCH) {
        let mut bytes = std::fs::read(&db).unwrap();
        for (byte, noise) in bytes.iter_mut().skip(start).take(MUCH).zip(chances(256)) {
            *byte = u8::try_from(noise).unwrap();
        }
        std::fs::write(&db, &bytes).unwrap();
        let fsck = world.vahti("fsck");
        if fsck.code != Some(0) {
            return is_set_aside(&world);
        }
        let all = world.vahti("mentions --limit 0 --format json").json();
        assert_eq!(all.as_array().unwrap().len(), 300, "{fsck:?}");
    }
    panic!("{len} bytes, and nobody reads any of them");
}

#[test]
fn a_store_with_noise_in_its_middle_is_set_aside() {
    is_set_aside_for_noise(|len| len / 2);
}

#[test]
fn a_store_with_noise_at_its_start_is_set_aside() {
    is_set_aside_for_noise(|_| 20_000);
}

#[test]
fn a_store_that_was_cut_short_is_set_aside() {
    let (world, _site) = filled();
    let db = world.path("state/store/db");
    let bytes = std::fs::read(&db).unwrap();
    std::fs::write(&db, &bytes[..bytes.len() / 2]).unwrap();
    is_set_aside(&world);
}

#[test]
fn damage_that_shows_only_when_it_is_read_is_set_aside_by_the_next_run() {
    let site = Site::start();
    let world = world(&site, INTO_A_FOLDER);
    // Stores that were closed in good order are not read again when they are opened.
    for round in 0..8 {
        let entries: Vec<(String, String)> =
            (round * 60..round * 60 + 60).map(|nth| (id(nth), title(nth))).collect();
        let shown: Vec<(&str, &str)> =
            entries.iter().map(|(id, title)| (&**id, &**title)).collect();
        site.serve("/news.xml", Answer::feed(rss(&shown)));
        world.vahti("run --once -q").ok();
    }
    let db = world.path("state/store/db");
    let mut bytes = std::fs::read(&db).unwrap();
    let most = bytes.len() - 64 * 1024;
    for (byte, noise) in bytes.iter_mut().skip(64 * 1024).take(most).zip(chances(256)) {
        *byte = u8::try_from(noise).unwrap();
    }
    std::fs::write(&db, &bytes).unwrap();
    for _ in 0..2 {
        let asked = world.vahti("mentions --limit 0");
        assert_eq!(asked.code, Some(1), "{asked:?}");
        assert!(asked.err.starts_with("vahti: the store in "), "{}", asked.err);
        assert!(asked.err.contains("damaged"), "{}", asked.err);
        assert_eq!(names(&world.path("state")), ["store"]);
    }
    let ran = world.vahti("run --once --format json");
    assert!(ran.err.contains("store.damaged-"), "{}", ran.err);
    assert_eq!(ran.json()["mentions"], 60, "what the source still shows is found anew");
    assert_eq!(names(&world.path("state")).len(), 2);
    is_sound(&world);
}

#[test]
fn a_second_daemon_is_refused_and_the_first_runs_on() {
    let site = Site::start();
    site.serve("/news.xml", Answer::feed(rss(&[("1", COMPLAINT)])));
    let world = world(&site, INTO_A_FOLDER);
    let daemon = world.daemon();
    for command in ["run", "run --once"] {
        let second = world.vahti(command);
        assert_eq!(second.code, Some(1), "{command}: {second:?}");
        assert!(second.err.contains("daemon is running"), "{command}: {}", second.err);
    }
    until("the first has told what it found", || world.mails("eml").len() == 1);
    assert_eq!(world.vahti("status --format json").json()["store"]["mentions"], 1);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_question_makes_no_store() {
    let site = Site::start();
    let world = world(&site, INTO_A_FOLDER);
    for question in ["mentions", "tickets", "status", "outbox", "fsck", "ticket 1", "mention m1"] {
        let asked = world.vahti(question);
        assert_eq!(asked.code, Some(1), "{question}: {asked:?}");
        assert!(asked.err.contains("there is no store in"), "{question}: {}", asked.err);
        assert!(!world.path("state").exists(), "{question} made a folder");
    }
}

#[test]
fn what_a_server_gave_to_ask_with_survives_a_restart() {
    let site = Site::start();
    let feed = Answer::feed(rss(&[("1", COMPLAINT)]));
    site.serve(
        "/news.xml",
        feed.header("ETag", "\"v1\"").header("Last-Modified", "Sat, 21 Nov 2026 08:00:00 GMT"),
    );
    let world = world(&site, INTO_A_FOLDER);
    let daemon = world.daemon();
    until("a mail is written", || world.mails("eml").len() == 1);
    daemon.kill();
    let polls = site.seen("/news.xml").len();
    let daemon = world.daemon();
    until("the site was polled again", || site.seen("/news.xml").len() > polls);
    assert_eq!(daemon.stop(), Some(0));
    let summary = world.vahti("run --once --format json").json();
    assert_eq!((&summary["unchanged"], &summary["mentions"]), (&1.into(), &0.into()));
    let seen = site.seen("/news.xml");
    assert_eq!(seen[0].headers.get("if-none-match"), None);
    for again in &seen[polls..] {
        assert_eq!(again.headers.get("if-none-match").map(String::as_str), Some("\"v1\""));
        assert_eq!(
            again.headers.get("if-modified-since").map(String::as_str),
            Some("Sat, 21 Nov 2026 08:00:00 GMT")
        );
    }
    // The time of the next poll is remembered as well: a restart is no reason to ask again at once.
    assert_eq!(world.mails("eml").len(), 1);
    assert_eq!(list(&world, "mentions").len(), 1);
}
