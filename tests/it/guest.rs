//! How a guest behaves that sites like to have: what is asked of them, how often, and what is left be.
//!
//! The checklist of reader behaviour, and the tests that hold each point. `guest` are those here, with
//! the real program and a site that keeps score; `fetch` are those of `src/fetch`, where loopback can be
//! treated as the public internet and bytes can be sent one by one.
//!
//! | point | what | held by |
//! | ---: | --- | --- |
//! | 1 | no validators first, then always | `guest::validators::p01_*` |
//! | 2 | sent back byte for byte | `guest::validators::p02_*`, `fetch::cache`, `fetch::tests::validators_go_back_*` |
//! | 3 | only `ETag`, only `Last-Modified`, none | `guest::validators::p03_*` |
//! | 4 | 200 replaces both | `guest::validators::p04_*` |
//! | 5 | 304 with a new validator | `guest::validators::p05_*`, `fetch::cache` |
//! | 6 | 304 ends failing, and is no mention | `guest::validators::p06_*` |
//! | 7 | the same body brings nothing new | `guest::validators::p07_*` |
//! | 8 | never below the interval, restarts and reload or not | `guest::times::p08_*` |
//! | 9 | no burst at the start | `guest::times::p09_*`, `fetch::host`, point 21 |
//! | 10 | `max-age`, `Expires`, `ttl`, `sy:*` | `guest::times::p10_*`, `guest::hints::p10_*`, `fetch::cache`, `schedule::hints` |
//! | 11 | `skipHours`, `skipDays` | `guest::hints::p11_*`, `schedule::hints` |
//! | 12 | 429 and 503 with `Retry-After` | `guest::times::p12_*`, `daemon::polling::a_server_that_asks_*`, `fetch::host`, `fetch::tests::{retry_after_*, a_public_host_*, what_an_earlier_run_*}` |
//! | 13 | 429 without it | `guest::times::p13_*` |
//! | 14 | 5xx | `guest::times::p14_*`, `daemon::poll::backing_off_*` |
//! | 15 | redirects | `guest::ways::p15_*`, `fetch::tests::{redirects_are_*, only_redirects_*}` |
//! | 16 | nothing of ours to another host | `guest::ways::p16_*`, `fetch::tests::{nothing_that_is_ours_*, validators_belong_*}`, `fetch::client` |
//! | 17 | 410, 404 | `guest::times::p17_*`, `daemon::polling::what_is_gone_*` |
//! | 18 | no cookie, referrer, query, fragment | `guest::ways::p18_*`, `fetch::tests::a_request_says_*` |
//! | 19 | `User-Agent` | `guest::ways::p19_*`, `fetch::tests::a_request_says_*` |
//! | 20 | codings, bombs, bodies that lie | `fetch::tests::coding`, `fetch::tests::limits`, `guest::ways::p20_*` |
//! | 21 | one at a time for a host, many hosts | `fetch::tests::requests_to_one_*`, `guest::ways::p21_*` |
//! | 22 | dead hosts harm nobody else | `guest::ways::p22_*`, `guest::secure` |
//! | 23 | a page instead of a feed | `guest::ways::p23_*`, `source::feed` |
//! | 24 | `robots.txt` | `guest::robots::p24_*`, `fetch::robots`, `fetch::manners`, `fetch::tests::robots` |
//! | 25 | validators dropped after 8 days | `guest::validators::p25_*` |
//! | 26 | a clock that jumps back | `guest::times::p26_*` |
//! | 27 | a failing feed is logged once | `guest::ways::p27_*` |

mod hints;
mod robots;
mod secure;
mod times;
mod validators;
mod ways;

use crate::support::{Site, World, patiently};
use chrono::{DateTime, Utc};
use serde_json::Value;
use vahti::post::SourceName;
use vahti::store::sled::SledStore;
use vahti::store::{Commit, SourceState, Store};

/// What every configuration here begins with: loopback is allowed, mail goes into a folder.
const HEAD: &str = r#"
timezone = "UTC"
[http]
contact = "https://acme.example/bot"
allow_private_addresses = ["127.0.0.1/32"]
[mail]
from = "Vahti <vahti@acme.example>"
outbox_dir = "outbox"
[[brand]]
name = "Acme"
keywords = ["Acme"]
"#;

/// Returns a folder that watches these paths of `site`, each under its name without slash and ending.
fn watching(site: &Site, paths: &[&str], more: &str) -> World {
    let sources: String =
        paths.iter().map(|path| source(&site.url(path), name(path), more)).collect();
    World::new(&format!("{HEAD}{sources}"))
}

fn source(url: &str, name: &str, more: &str) -> String {
    format!("[[source]]\nname = \"{name}\"\nfeed.url = \"{url}\"\n{more}\n")
}

fn name(path: &str) -> &str {
    path.trim_matches('/').trim_end_matches(".xml")
}

/// Polls every source once, in a run of its own.
#[track_caller]
fn polled(world: &World) -> Value {
    world.vahti("run --once --format json").json()
}

/// Returns how `status` shows the source called `name`.
#[track_caller]
fn state(world: &World, name: &str) -> Value {
    let status = world.vahti("status --format json").json();
    let mut sources = status["sources"].as_array().unwrap().iter();
    sources.find(|source| source["name"] == name).cloned().unwrap()
}

/// Returns a time that `status` shows of a source.
#[track_caller]
fn time(state: &Value, field: &str) -> DateTime<Utc> {
    let text = state[field].as_str().unwrap_or_else(|| panic!("no {field} in {state}"));
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// Returns why the only source that failed did.
#[track_caller]
fn fault(summary: &Value) -> String {
    assert_eq!(summary["failed"].as_array().unwrap().len(), 1, "{summary}");
    summary["failed"][0]["error"].as_str().unwrap().to_owned()
}

/// Changes what is remembered of a source, while nobody runs.
fn remember(world: &World, name: &str, change: impl FnOnce(&mut SourceState)) {
    let store = patiently(|| SledStore::open(&world.path("state/store"))).unwrap();
    let name = SourceName(name.into());
    let mut state = store.source(&name).unwrap();
    change(&mut state);
    let commit = Commit { source: Some((name, state)), ..Commit::default() };
    store.apply(&commit).unwrap();
}
