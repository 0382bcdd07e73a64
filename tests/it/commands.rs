//! The command line of the contract, command by command, by the real program: of the store itself
//! where no daemon runs, and through the daemon where one does.

mod answers;
mod customers;
mod judging;
mod lists;
mod marks;
mod outbox;
mod reports;
mod routes;
mod setup;
mod shapes;
mod texts;
mod ticket;
mod usage;

use crate::support::{World, entry, feed};
use serde_json::Value;

/// A brand, one feed from a file, and an alert that mails into a folder.
const CONFIG: &str = r#"
timezone = "UTC"
[mail]
from = "Vahti <vahti@acme.example>"
outbox_dir = "outbox"
[[brand]]
name = "Acme"
keywords = ["Acme"]
own = ["acme.example"]
[[source]]
name = "news"
feed.url = "news.xml"
schedule = "@weekly"
[[source]]
name = "wire"
feed.url = "wire.json"
schedule = "@weekly"
[[alert]]
name = "care"
to = ["care@acme.example"]
frequency = "as-it-happens"
[[alert]]
name = "yearly"
to = ["chief@acme.example", "deputy@acme.example"]
frequency = "0 8 1 1 *"
"#;

const EMPTY_WIRE: &str =
    r#"{"version":"https://jsonfeed.org/version/1.1","title":"Wire","items":[]}"#;
const COMPLAINT: &str = "Acme is terrible, the worst service ever, my order never arrived";
const PRAISE: &str = "Acme is wonderful, I love it so much, thank you";
const FINNISH: &str = "Acme on surkea, tilaus ei saapunut ja asiakaspalvelu on kelvoton";

/// A folder with the configuration and feeds that hold nothing.
fn empty() -> World {
    let world = World::new(CONFIG);
    world.write("news.xml", &feed(&[]));
    world.write("wire.json", EMPTY_WIRE);
    world
}

/// A folder in which one run found: a complaint by Liisa, praise that looks like a formula, a
/// complaint in Finnish, a post of the brand itself, and a title that would move a terminal's cursor.
fn seeded() -> World {
    let world = World::new(CONFIG);
    let entries = [
        entry("1", COMPLAINT).by("Liisa").dated("Mon, 02 Nov 2026 10:00:00 GMT"),
        entry("2", PRAISE).text("=HYPERLINK(\"http://evil.example\")"),
        entry("3", FINNISH).by("Matti").dated("Tue, 03 Nov 2026 10:00:00 GMT"),
        entry("4", "Acme opens a shop")
            .text("We are happy, everything is great")
            .link("https://acme.example/blog/4"),
        entry("5", "The weather is fine"),
    ];
    world.write("news.xml", &feed(&entries));
    world.write(
        "wire.json",
        r#"{"version":"https://jsonfeed.org/version/1.1","title":"Wire","items":[
        {"id":"a","url":"https://wire.example/a","title":"Acme \u001b[31mred\u001b[0m \u009b2J news",
         "content_text":"Acme \u001b]0;owned\u0007 is great, I love it, brilliant work"}]}"#,
    );
    let summary = world.vahti("run --once --format json").json();
    assert_eq!(summary["mentions"], 5, "{summary}");
    assert_eq!(summary["tickets"], 2, "{summary}");
    world
}

/// Runs `check` where no daemon runs, and in another folder where one does.
fn both_ways(check: impl Fn(&World)) {
    check(&seeded());
    let world = seeded();
    let daemon = world.daemon();
    check(&world);
    assert_eq!(daemon.stop(), Some(0));
}

/// Returns the one mention whose title or text holds `words`.
#[track_caller]
fn mention(world: &World, words: &str) -> Value {
    let all = world.vahti("mentions --limit 0 --format json").json();
    let mut found = all.as_array().unwrap().iter().filter(|one| one.to_string().contains(words));
    let one = found.next().unwrap_or_else(|| panic!("no mention holds {words}: {all}")).clone();
    assert!(found.next().is_none(), "several hold {words}: {all}");
    one
}

/// Returns how many things a JSON list holds.
#[track_caller]
fn count(list: &Value) -> usize {
    list.as_array().unwrap_or_else(|| panic!("no list: {list}")).len()
}
