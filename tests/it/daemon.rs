//! Promises of the daemon and of what it does with what it finds, kept by the real program.

mod alerts;
mod deaf;
mod finding;
mod forums;
mod health;
mod hubs;
mod kept;
mod lists;
mod pace;
mod polling;
mod signals;
mod socket;
mod spikes;

use crate::support::{Answer, Entry, Site, World, feed};
use serde_json::Value;

/// What every configuration here begins with: loopback is allowed, mail goes into a folder.
const HEAD: &str = r#"
timezone = "UTC"
[http]
allow_private_addresses = ["127.0.0.1/32"]
[mail]
from = "Vahti <vahti@acme.example>"
outbox_dir = "outbox"
[[brand]]
name = "Acme"
keywords = ["Acme"]
own = ["acme.example", "@acme"]
[[brand]]
name = "Bolt"
keywords = ["Bolt"]
"#;

const COMPLAINT: &str = "Acme is terrible, the worst service ever, my order never arrived";

/// Returns a table for a source that polls `path` of `site`; `more` are further keys.
fn source(site: &Site, path: &str, more: &str) -> String {
    let name = path.trim_matches('/').trim_end_matches(".xml");
    format!("[[source]]\nname = \"{name}\"\nfeed.url = \"{}\"\n{more}\n", site.url(path))
}

/// Returns a site that serves these entries at `/news.xml`, and a folder that watches them.
fn watching(entries: &[Entry], more: &str) -> (Site, World) {
    let site = Site::start();
    site.serve("/news.xml", Answer::feed(feed(entries)));
    let world = World::new(&format!("{HEAD}{}{more}", source(&site, "/news.xml", "")));
    (site, world)
}

#[track_caller]
fn json(world: &World, command: &str) -> Value {
    world.vahti(&format!("{command} --format json")).json()
}

/// Returns how `status` shows the source called `name`.
#[track_caller]
fn state(world: &World, name: &str) -> Value {
    let status = json(world, "status");
    let mut sources = status["sources"].as_array().unwrap().iter();
    sources.find(|source| source["name"] == name).cloned().unwrap_or(Value::Null)
}

/// Returns the titles of all mentions, newest first.
#[track_caller]
fn titles(world: &World) -> Vec<String> {
    let found = json(world, "mentions --limit 0 --copies");
    let titles = found.as_array().unwrap().iter();
    titles.map(|one| one["title"].as_str().unwrap_or_default().to_owned()).collect()
}
