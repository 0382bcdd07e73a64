//! Alerts told beside mail: each channel is a stand-in that answers as its own documents say, hooks and
//! `sendmail` are scripts that are really started.

mod chats;
mod hooks;
mod orders;
mod sendmail;

use crate::support::standin::{Asked, StandIn};
use crate::support::{Answer, Site, World, entry, feed};
use serde_json::Value;

const BAD: &str = "Acme is terrible, the worst service ever, my order never arrived";

/// A feed with one complaint, and a folder that watches it. The alert `team` is told as it happens to
/// `rooms`, and `tail` stands behind it.
fn watching(rooms: &str, tail: &str) -> (Site, World) {
    let site = Site::start();
    site.serve("/news.xml", Answer::feed(feed(&[entry("1", BAD)])));
    let head = "timezone = \"UTC\"\n[http]\nallow_private_addresses = [\"127.0.0.1/32\"]\n\
                timeout = \"2s\"\n[[brand]]\nname = \"Acme\"\nkeywords = [\"Acme\"]\n";
    let source = format!("[[source]]\nname = \"news\"\nfeed.url = \"{}\"\n", site.url("/news.xml"));
    let alert =
        format!("[[alert]]\nname = \"team\"\nto = [{rooms}]\nfrequency = \"as-it-happens\"\n");
    let world = World::new(&format!("{head}{source}{alert}{tail}\n"));
    (site, world)
}

/// A channel of this name.
fn channel(name: &str, kind: &str) -> String {
    format!("[[channel]]\nname = \"{name}\"\n{kind}\n")
}

/// A folder whose alert is told to one channel.
fn told_by(kind: &str) -> (Site, World) {
    watching("\"room\"", &channel("room", kind))
}

fn outbox(world: &World) -> Value {
    world.vahti("outbox --format json").json()
}

fn body(asked: &Asked) -> Value {
    serde_json::from_str(&asked.body).unwrap()
}

/// Expects that all is told, and told once.
#[track_caller]
fn is_told_once(site: &StandIn, world: &World) -> Asked {
    assert_eq!(outbox(world), Value::Array(Vec::new()));
    world.vahti("run --once").ok();
    let seen = site.seen();
    assert_eq!(seen.len(), 1, "{seen:?}");
    seen[0].clone()
}
