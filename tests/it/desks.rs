//! Other desks: each ticket is there exactly once, whatever breaks on the way, and what becomes of it
//! there is told here. Each desk is a stand-in that answers as its own documents say.

mod chatwoot;
mod freshdesk;
mod lacking;
mod liveagent;
mod webhook;
mod zammad;
mod zendesk;

use crate::support::standin::{Asked, StandIn, json};
use crate::support::{Answer, Site, World, entry, feed};
use serde_json::Value;
use std::sync::{Arc, Mutex};

const BAD: &str = "Acme is terrible, the worst service ever, my order never arrived";

/// Tickets that a stand-in has, as they were sent.
type Shelf = Arc<Mutex<Vec<Value>>>;

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trouble {
    /// The connection breaks, and nothing is done.
    Cut,
    /// All is done, and the connection breaks before the answer.
    Lost,
    /// All is done, and something breaks behind it.
    Failed,
    /// All is done, and the answer cannot be read.
    Garbage,
    /// It was asked too often.
    TooMany,
    /// The token is refused.
    Unauthorized,
}

const TROUBLES: [Trouble; 6] = [
    Trouble::Cut,
    Trouble::Lost,
    Trouble::Failed,
    Trouble::Garbage,
    Trouble::TooMany,
    Trouble::Unauthorized,
];

/// How a desk is played: it answers a request, with what it has.
type Play = fn(&Asked, &mut Vec<Value>) -> Answer;

/// Starts a desk at which the request with a number, counted from 1, has this trouble.
fn desk(play: Play, trouble: Option<(usize, Trouble)>) -> (StandIn, Shelf) {
    let shelf = Shelf::default();
    let (kept, count) = (Arc::clone(&shelf), Mutex::new(0_usize));
    let site = StandIn::start(move |asked| {
        let number = {
            let mut count = count.lock().unwrap();
            *count += 1;
            *count
        };
        let mut shelf = kept.lock().unwrap();
        match trouble.filter(|(at, _)| *at == number).map(|(_, trouble)| trouble) {
            Some(Trouble::TooMany) => Answer::status(429).header("Retry-After", "1"),
            Some(Trouble::Unauthorized) => json(401, "{\"error\":\"Authentication required\"}"),
            Some(Trouble::Failed) => {
                play(asked, &mut shelf);
                json(500, "{\"error\":\"oops\"}")
            }
            Some(Trouble::Garbage) => {
                play(asked, &mut shelf);
                json(200, "<html>")
            }
            _ => play(asked, &mut shelf),
        }
    });
    match trouble {
        Some((at, Trouble::Cut)) => site.cut_at(at),
        Some((at, Trouble::Lost)) => site.lose_at(at),
        _ => {}
    }
    (site, shelf)
}

/// A feed with one complaint, and a folder that watches it with this channel.
fn watching(channel: &str) -> (Site, World) {
    let site = Site::start();
    let entries = [entry("1", BAD), entry("2", "Acme opens a shop")];
    site.serve("/news.xml", Answer::feed(feed(&entries)));
    let head = "timezone = \"UTC\"\n[http]\nallow_private_addresses = [\"127.0.0.1/32\"]\n\
                timeout = \"2s\"\n[[brand]]\nname = \"Acme\"\nkeywords = [\"Acme\"]\n";
    let source = format!("[[source]]\nname = \"news\"\nfeed.url = \"{}\"\n", site.url("/news.xml"));
    let world = World::new(&format!("{head}{source}[[channel]]\nname = \"desk\"\n{channel}\n"));
    (site, world)
}

fn outbox(world: &World) -> Value {
    world.vahti("outbox --format json").json()
}

fn run(world: &World) {
    world.vahti("run --once").ok();
}

/// Runs until nothing waits.
fn settle(world: &World) {
    for _ in 0..6 {
        if outbox(world).as_array().unwrap().is_empty() {
            return;
        }
        run(world);
    }
    panic!("still there: {}", outbox(world));
}

fn ticket(world: &World) -> Value {
    world.vahti("ticket 1 --format json").json()
}

/// Breaks every request in every way, and expects that the ticket is there once in the end, and that it is
/// known here where. `config` is a channel at this address; `is_whole` says whether nothing is lacking.
fn exactly_once(play: Play, config: fn(&str) -> String, is_whole: fn(&[Value]) -> bool) {
    let at = |trouble| {
        let (site, shelf) = desk(play, trouble);
        let (_feed, world) = watching(&config(site.url()));
        run(&world);
        settle(&world);
        let shelf = shelf.lock().unwrap().clone();
        assert!(is_whole(&shelf), "{trouble:?}: {shelf:?}\n{:?}", site.seen());
        let elsewhere = ticket(&world)["elsewhere"].clone();
        assert_eq!(elsewhere.as_array().unwrap().len(), 1, "{trouble:?}: {elsewhere}");
        assert!(elsewhere[0]["opened"].is_string(), "{trouble:?}: {elsewhere}");
        let log = ticket(&world)["log"].to_string();
        assert_eq!(log.matches(" desk").count(), 1, "{trouble:?}: {log}");
        world.vahti("fsck").ok();
        site.seen().len()
    };
    let asked = at(None);
    for trouble in TROUBLES {
        for number in 1..=asked {
            at(Some((number, trouble)));
        }
    }
}
