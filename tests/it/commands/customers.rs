//! `customer`: who somebody is on several sites, and that it holds wherever a customer counts.

use super::shapes::check;
use super::{CONFIG, EMPTY_WIRE};
use crate::support::{World, entry, feed};
use serde_json::Value;

const FIRST: &str = "Acme is terrible: my kettle arrived broken and smells of burnt plastic";
const SECOND: &str = "Awful invoices by Acme, charged three times since Easter, disgraceful";
const THIRD: &str = "Hopeless waiting on the phone, Acme ignores everybody all afternoon, angry";

/// A world in which Liisa complains on two sites (tickets 1 and 2), and somebody else (ticket 3).
fn world() -> World {
    let world = World::new(CONFIG);
    let entries = [
        entry("1", FIRST).by("Liisa Virtanen").dated("Mon, 02 Nov 2026 10:00:00 GMT"),
        entry("2", SECOND)
            .by("kettle_liisa")
            .link("https://www.forum.example/t/2")
            .dated("Mon, 09 Nov 2026 10:00:00 GMT"),
        entry("3", THIRD).by("Matti").dated("Mon, 16 Nov 2026 10:00:00 GMT"),
    ];
    world.write("news.xml", &feed(&entries));
    world.write("wire.json", EMPTY_WIRE);
    assert_eq!(world.vahti("run --once --format json").json()["tickets"], 3);
    world
}

/// Runs `check` where no daemon runs, and in another folder where one does.
fn both_ways(check: impl Fn(&World)) {
    check(&world());
    let world = world();
    let daemon = world.daemon();
    check(&world);
    assert_eq!(daemon.stop(), Some(0));
}

/// Returns the ticket of somebody's complaint: which number it has is not said.
#[track_caller]
fn ticket(world: &World, key: &str) -> Value {
    let all = world.vahti("tickets --status all --limit 0 --format json").json();
    let mut found = all.as_array().unwrap().iter().filter(|one| one["customer_key"] == key);
    found.next_back().unwrap_or_else(|| panic!("no ticket of {key}: {all}")).clone()
}

const LIISA: &str = "news.example \"liisa virtanen\"";
const KETTLE: &str = "forum.example \"kettle_liisa\"";

#[test]
fn handles_are_one_customer_while_somebody_says_so() {
    both_ways(|world| {
        let (one, other) = (ticket(world, LIISA), ticket(world, KETTLE));
        let [first, last] = [&one, &other].map(|ticket| ticket["id"].as_u64().unwrap());
        let shown = world.vahti(&format!("ticket {first}")).ok();
        assert!(shown.contains(&format!("Known as   {LIISA}")), "{shown}");
        let (earlier, later) = (first.min(last), first.max(last));
        let history =
            || world.vahti(&format!("ticket {later} --format json")).json()["history"].clone();
        assert_eq!(history(), Value::Array(Vec::new()));
        let customers =
            || world.vahti("report --since 2026-10-01 --format json").json()["customers"].clone();
        assert_eq!([&customers()["known"], &customers()["returning"]], [3, 0]);

        // As it was copied, and by the number of a ticket.
        let said = world.vahti_with(&["customer", LIISA, "link", &last.to_string()], "").ok();
        for part in [
            "Customer   ",
            LIISA,
            KETTLE,
            "1 ticket, 1 mention",
            "Mentions   2",
            "Links:",
            "said by ",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert_eq!(history()[0]["id"], earlier);
        assert_eq!([&customers()["known"], &customers()["returning"]], [2, 1]);
        let linked = world.vahti("customer kettle_liisa --format json").json();
        check(
            &linked,
            "name handles handles.customer handles.site handles.who handles.name handles.tickets
             handles.mentions handles.last_heard mentions last_heard ratings mean_rating
             tickets tickets.id tickets.status tickets.opened tickets.cause tickets.rating
             links links.one links.other links.by links.at links.parted_by links.parted_at",
        );
        assert_eq!(linked["tickets"].as_array().unwrap().len(), 2);
        assert_eq!(linked["handles"][0]["who"], "\"kettle_liisa\"");

        let parted = world.vahti(&format!("customer {first} unlink {last} --format json")).json();
        assert_eq!(parted["handles"].as_array().unwrap().len(), 1);
        assert!(parted["links"][0]["parted_by"].is_string(), "{parted}");
        assert_eq!(history(), Value::Array(Vec::new()));
        assert_eq!(world.vahti("fsck").ok(), "All is well.\n");
    });
}

#[test]
fn whoever_complained_under_another_handle_complains_again() {
    let world = world();
    let id = |key| ticket(&world, key)["id"].as_u64().unwrap();
    world.vahti(&format!("customer {} link {}", id(LIISA), id(KETTLE))).ok();
    let again = [
        entry("8", "Rude courier of Acme threw the parcel over our fence, unbelievable, bad")
            .by("kettle_liisa")
            .link("https://forum.example/t/8"),
        entry("9", "Worst website: Acme logs me out whenever I type a password, useless junk")
            .by("Pekka"),
    ];
    world.write("news.xml", &feed(&again));
    assert_eq!(world.vahti("run --once --format json").json()["tickets"], 2);
    let all = world.vahti("mentions --format json").json();
    let why = |words: &str| {
        let mut found = all.as_array().unwrap().iter();
        let id =
            found.find(|one| one["title"].as_str().unwrap().contains(words)).unwrap()["id"].clone();
        let id = id.as_str().unwrap();
        world.vahti(&format!("mention {id} --format json")).json()["why"].to_string()
    };
    let known = why("Rude courier");
    assert!(known.contains("the author's third complaint in 90 days"), "{known}");
    let new = why("Worst website");
    assert!(!new.contains("complaint in 90 days"), "{new}");
}

#[test]
fn who_is_not_known_or_not_clear_is_said_with_what_to_do() {
    both_ways(|world| {
        for (command, what, next) in [
            ("customer pekka", "there is no customer `pekka`", "`vahti ticket ID` shows how"),
            ("customer 99", "there is no ticket 99", "`vahti tickets --status all`"),
            ("customer 1 link 1", "both are '", "name two handles"),
            ("customer 1 unlink 2", "are two customers", "nothing is to be parted"),
        ] {
            let ran = world.vahti(command);
            assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{command}");
            let mut lines = ran.err.lines();
            assert!(lines.next().unwrap().contains(what), "{command}: {}", ran.err);
            assert!(lines.next().unwrap().contains(next), "{command}: {}", ran.err);
        }
        assert_eq!(world.vahti("customer").code, Some(2));
        assert_eq!(world.vahti("customer 1 marry 2").code, Some(2));
    });
}
