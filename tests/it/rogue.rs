//! A mail server that misbehaves at every point of a conversation: what the ledger says afterwards, what arrived,
//! how often, and under which `Message-ID`.

mod operator;

use crate::support::rogue::{Deed, Manner, PLACES, Rogue};
use crate::support::{Answer, Site, World, faketime, rss, skipped, until};
use Deed::{Drop, Hang, Say};
use serde_json::Value;

/// A site with one complaint.
fn site() -> Site {
    let site = Site::start();
    let complaint = "Acme is terrible, the worst service ever, my order never arrived in Jyväskylä";
    site.serve("/news.xml", Answer::feed(rss(&[("1", complaint)])));
    site
}

/// A world that mails each of `to` by this server; `more` is added to its configuration.
fn world(site: &Site, rogue: &Rogue, to: &[&str], more: &str) -> World {
    World::new(&format!(
        r#"
[http]
allow_private_addresses = ["127.0.0.1/32"]
[mail]
from = "Vahti <vahti@acme.example>"
{}
[[brand]]
name = "Acme"
keywords = ["Acme"]
[[source]]
name = "news"
feed.url = "{}"
schedule = "1s"
[[alert]]
name = "care"
to = {to:?}
frequency = "as-it-happens"
{more}"#,
        rogue.settings(),
        site.url("/news.xml")
    ))
}

const CARE: [&str; 1] = ["care@acme.example"];

/// Runs once and returns how many notices were sent, are queued, and are dead.
#[track_caller]
fn run_once(world: &World) -> [u64; 3] {
    let summary = world.vahti("run --once --format json").json();
    ["sent", "queued", "dead"].map(|name| summary["notices"][name].as_u64().unwrap())
}

#[track_caller]
fn outbox(world: &World) -> Vec<Value> {
    serde_json::from_value(world.vahti("outbox --format json").json()).unwrap()
}

fn at(place: &'static str, deed: Deed) -> Manner {
    Manner { at: Some((place, deed)), ..Manner::default() }
}

/// Sends a notice to a server with these manners, then to the same with good ones. Returns what the
/// ledger said in between, and how often the one message was kept.
#[track_caller]
fn mended(manner: Manner) -> (Value, usize) {
    let site = site();
    let rogue = Rogue::start(manner);
    let world = world(&site, &rogue, &CARE, "");
    assert_eq!(run_once(&world), [0, 1, 0]);
    let notices = outbox(&world);
    let [notice] = notices.as_slice() else { panic!("{notices:?}") };
    assert_eq!((&notice["state"], &notice["attempts"]), (&"queued".into(), &1.into()));
    rogue.behave(Manner::default());
    assert_eq!(run_once(&world), [1, 0, 0], "{notices:?}");
    assert_eq!(run_once(&world), [0, 0, 0]);
    let counts: Vec<usize> = rogue.counts().into_values().collect();
    let [count] = counts.as_slice() else { panic!("not one Message-ID: {:?}", rogue.counts()) };
    (notice.clone(), *count)
}

#[test]
fn a_four_at_any_verb_waits_and_arrives_once() {
    for place in ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "dot"] {
        let (notice, count) = mended(at(place, Say("451 4.3.0 later please")));
        let answer = notice["last_answer"].as_str().unwrap();
        assert!(answer.contains("451 4.3.0 later please"), "{place}: {answer}");
        assert_eq!(count, 1, "{place}");
    }
}

#[test]
fn a_five_for_a_message_is_dead_at_once_and_never_tried_again() {
    for place in ["MAIL", "RCPT", "DATA", "dot"] {
        let site = site();
        let rogue = Rogue::start(at(place, Say("550 5.7.1 never")));
        let world = world(&site, &rogue, &CARE, "");
        assert_eq!(run_once(&world), [0, 0, 1], "{place}");
        let dead = outbox(&world).remove(0);
        assert_eq!((&dead["state"], &dead["attempts"]), (&"dead".into(), &1.into()));
        assert!(dead["last_answer"].as_str().unwrap().contains("550 5.7.1 never"), "{dead}");
        rogue.behave(Manner::default());
        assert_eq!(run_once(&world), [0, 0, 1], "{place}");
        assert_eq!(rogue.kept().len(), 0, "{place}");
        world.vahti(&format!("outbox retry {}", dead["id"])).ok();
        assert_eq!(rogue.kept().len(), 1, "{place}: a person says when");
    }
}

#[test]
fn a_five_before_any_message_speaks_of_the_server_and_waits() {
    for place in ["greeting", "EHLO"] {
        let (notice, count) = mended(at(place, Say("554 5.3.2 closed for today")));
        assert!(notice["last_answer"].as_str().unwrap().contains("554"), "{notice}");
        assert_eq!(count, 1, "{place}");
    }
}

#[test]
fn a_line_cut_anywhere_repeats_only_what_may_have_been_taken() {
    for place in PLACES {
        let (notice, count) = mended(at(place, Drop));
        let answer = notice["last_answer"].as_str().unwrap();
        assert!(answer.contains("127.0.0.1"), "{place}: {answer}");
        // Kept, and the answer lost: the one case where a message comes twice, under one Message-ID.
        assert_eq!(count, if place == "kept" { 2 } else { 1 }, "{place}");
    }
}

#[test]
fn a_server_that_falls_silent_at_any_verb_is_given_up() {
    let Some(library) = faketime() else {
        return skipped("a_server_that_falls_silent_at_any_verb_is_given_up", "no faketime");
    };
    std::thread::scope(|scope| {
        for place in PLACES {
            let library = &library;
            scope.spawn(move || falls_silent(place, library));
        }
    });
}

fn falls_silent(place: &'static str, library: &std::path::Path) {
    let site = site();
    let rogue = Rogue::start(at("greeting", Drop));
    let mut world = world(&site, &rogue, &CARE, "");
    assert_eq!(run_once(&world), [0, 1, 0]);
    let id = outbox(&world)[0]["id"].clone();
    rogue.behave(at(place, Hang));
    // Minutes of patience, ten of them for a whole message.
    world.hastens(library, 200);
    let tried = world.vahti(&format!("outbox retry {id}"));
    world.hastens(library, 1);
    assert!(tried.out.contains("no answer within"), "{place}: {tried:?}");
    let notices = outbox(&world);
    assert_eq!((&notices[0]["state"], &notices[0]["attempts"]), (&"queued".into(), &2.into()));
    rogue.behave(Manner::default());
    assert_eq!(run_once(&world), [1, 0, 0], "{place}");
    let counts: Vec<usize> = rogue.counts().into_values().collect();
    assert_eq!(counts, [if place == "kept" { 2 } else { 1 }], "{place}");
}

#[test]
fn a_daemon_goes_on_while_a_server_is_silent_and_delivers_once_when_it_speaks() {
    let site = site();
    let rogue = Rogue::start(at("MAIL", Hang));
    let world = world(&site, &rogue, &CARE, "");
    let daemon = world.daemon();
    until("a line hangs", || rogue.hung() == 1);
    let polls = site.seen("/news.xml").len();
    until("polling goes on", || site.seen("/news.xml").len() >= polls + 2);
    assert_eq!(outbox(&world)[0]["state"], "queued");
    rogue.behave(Manner::default());
    until("the attempt has failed", || daemon.log().contains("Could not send"));
    world.vahti("outbox retry 1").ok();
    until("it has arrived", || rogue.kept().len() == 1 && outbox(&world).is_empty());
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(rogue.kept().len(), 1);
}

#[test]
fn a_slow_server_gets_the_message_all_the_same() {
    let site = site();
    let rogue = Rogue::start(Manner { slow: true, ..Manner::default() });
    let world = world(&site, &rogue, &CARE, "");
    assert_eq!(run_once(&world), [1, 0, 0]);
    assert_eq!(rogue.kept().len(), 1);
}

const FIVE: [&str; 5] =
    ["a@acme.example", "b@acme.example", "c@acme.example", "d@acme.example", "e@acme.example"];

#[test]
fn a_server_that_keeps_restarting_gets_each_message_once() {
    let site = site();
    let rogue = Rogue::start(Manner { tires_after: 1, ..Manner::default() });
    let world = world(&site, &rogue, &FIVE, "");
    assert_eq!(run_once(&world), [5, 0, 0], "{:?}", outbox(&world));
    assert!(rogue.counts().values().all(|count| *count == 1), "{:?}", rogue.counts());
    assert_eq!((rogue.counts().len(), rogue.sessions()), (5, 5));
}

#[test]
fn bad_recipients_never_hold_the_others() {
    let site = site();
    let later = Say("450 4.2.0 greylisted");
    let to = vec![
        ("a@acme.example", later),
        ("b@acme.example", later),
        ("c@acme.example", later),
        ("d@acme.example", Say("550 5.1.1 no such user")),
    ];
    let rogue = Rogue::start(Manner { to, ..Manner::default() });
    let world = world(&site, &rogue, &FIVE, "");
    let daemon = world.daemon();
    // A server that fails three times is left alone for half a minute; this one does not fail.
    until("the others were tried", || {
        let notices = outbox(&world);
        notices.len() == 4 && notices.iter().all(|notice| notice["attempts"] != 0)
    });
    assert_eq!(rogue.kept().len(), 1);
    assert_eq!(rogue.kept()[0].to, "e@acme.example");
    let states: Vec<String> = outbox(&world)
        .iter()
        .map(|notice| format!("{} {}", notice["to"], notice["state"]).replace('"', ""))
        .collect();
    let queued = |who: &str| format!("{who}@acme.example queued");
    let expected = [queued("a"), queued("b"), queued("c"), "d@acme.example dead".into()];
    let mut sorted = states.clone();
    sorted.sort();
    assert_eq!(sorted, expected);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn one_silent_recipient_does_not_hold_the_others() {
    let site = site();
    let to = vec![("a@acme.example", Hang)];
    let rogue = Rogue::start(Manner { to, ..Manner::default() });
    let world = world(&site, &rogue, &FIVE, "");
    let daemon = world.daemon();
    until("the others have theirs", || rogue.kept().len() == 4);
    until("a waits for its answer", || rogue.hung() == 1);
    rogue.behave(Manner::default());
    until("the attempt has failed", || daemon.log().contains("Could not send"));
    world.vahti("outbox retry 1").ok();
    until("all have theirs", || outbox(&world).is_empty());
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(rogue.counts().into_values().collect::<Vec<_>>(), [1; 5]);
}

/// Sends to thirty at once by a server that grants one line and does this to one more: all arrive by that
/// line, one after the other, and none has failed.
fn goes_by_one_line(to_one_more: Deed) {
    let site = site();
    let manner =
        Manner { most_lines: 1, to_one_more: Some(to_one_more), thinks: 20, ..Manner::default() };
    let rogue = Rogue::start(manner);
    let thirty: Vec<String> = (0..30).map(|nth| format!("care{nth}@acme.example")).collect();
    let thirty: Vec<&str> = thirty.iter().map(String::as_str).collect();
    let world = world(&site, &rogue, &thirty, "");
    let daemon = world.daemon();
    until("all have theirs", || rogue.kept().len() == 30);
    until("the ledger knows", || outbox(&world).is_empty());
    let log = daemon.log();
    assert!(!log.contains("Could not send"), "{to_one_more:?}: {log}");
    let answered: Vec<_> = rogue.kept().iter().filter_map(|kept| kept.answered).collect();
    let took = *answered.last().unwrap() - *answered.first().unwrap();
    assert!(took.as_secs() < 15, "{to_one_more:?}: {took:?}");
    assert!(rogue.counts().values().all(|count| *count == 1), "{:?}", rogue.counts());
    // One refusal is enough to learn it: the line that serves, and one or two more in all.
    assert!(rogue.sessions() <= 3, "{to_one_more:?}: {} lines were tried", rogue.sessions());
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_server_of_one_line_that_refuses_more_gets_all_by_it() {
    goes_by_one_line(Say("421 4.7.0 too many connections"));
}

#[test]
fn a_server_of_one_line_that_cuts_more_gets_all_by_it() {
    goes_by_one_line(Drop);
}

#[test]
fn a_server_of_one_line_that_never_greets_more_gets_all_by_it() {
    goes_by_one_line(Hang);
}

#[test]
fn a_server_of_one_line_that_is_slow_to_see_a_line_closed_gets_all() {
    let site = site();
    let rogue = Rogue::start(Manner { most_lines: 1, tires_after: 1, ..Manner::default() });
    let world = world(&site, &rogue, &FIVE, "");
    let daemon = world.daemon();
    until("all have theirs", || rogue.kept().len() == 5 && outbox(&world).is_empty());
    assert!(!daemon.log().contains("Could not send"), "{}", daemon.log());
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(rogue.counts().into_values().collect::<Vec<_>>(), [1; 5]);
}

#[test]
fn a_single_run_has_three_under_way_at_once() {
    let site = site();
    let rogue = Rogue::start(Manner { thinks: 500, ..Manner::default() });
    let nine: Vec<String> = (0..9).map(|nth| format!("care{nth}@acme.example")).collect();
    let nine: Vec<&str> = nine.iter().map(String::as_str).collect();
    let world = world(&site, &rogue, &nine, "");
    assert_eq!(run_once(&world), [9, 0, 0], "{:?}", outbox(&world));
    assert_eq!(rogue.sessions(), 3);
    assert_eq!(rogue.counts().into_values().collect::<Vec<_>>(), [1; 9]);
}

#[test]
fn a_server_that_is_down_is_not_stormed_and_has_failed_at_once() {
    let site = site();
    let rogue = Rogue::start(at("greeting", Drop));
    let world = world(&site, &rogue, &FIVE, "");
    let daemon = world.daemon();
    until("three have failed", || daemon.log().matches("Could not send").count() >= 3);
    assert!(rogue.sessions() <= 2, "{} lines were tried", rogue.sessions());
    rogue.behave(Manner::default());
    until("all have theirs", || {
        let waiting = outbox(&world);
        for notice in &waiting {
            drop(world.vahti(&format!("outbox retry {}", notice["id"])));
        }
        waiting.is_empty()
    });
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(rogue.counts().into_values().collect::<Vec<_>>(), [1; 5]);
}

#[test]
fn without_8bitmime_only_seven_bits_are_sent() {
    let site = site();
    let rogue = Rogue::start(Manner::default());
    let world = world(&site, &rogue, &CARE, "");
    assert_eq!(run_once(&world), [1, 0, 0]);
    let kept = &rogue.kept()[0];
    assert_eq!(kept.options, "", "nothing is asked for that was not offered");
    assert!(kept.raw.is_ascii(), "{}", String::from_utf8_lossy(&kept.raw));
    assert!(kept.raw.split(|byte| *byte == b'\n').all(|line| line.len() <= 999));
}

#[test]
fn without_smtputf8_an_address_in_other_letters_is_dead_and_holds_nobody() {
    let site = site();
    let rogue = Rogue::start(Manner::default());
    let to = ["jäätelö@acme.example", "care@acme.example", "info@jäätelö.example"];
    let world = world(&site, &rogue, &to, "");
    assert_eq!(run_once(&world), [2, 0, 1]);
    let mut arrived: Vec<String> = rogue.kept().into_iter().map(|kept| kept.to).collect();
    arrived.sort();
    assert_eq!(arrived, ["care@acme.example", "info@xn--jtel-loaa3k.example"]);
    let dead = outbox(&world).remove(0);
    assert!(dead["last_answer"].as_str().unwrap().contains("beyond ASCII"), "{dead}");

    // A server that can takes it.
    let offers = "250-8BITMIME\r\n250-SMTPUTF8\r\n";
    rogue.behave(Manner { offers, ..Manner::default() });
    world.vahti(&format!("outbox retry {}", dead["id"])).ok();
    let last = rogue.kept().pop().unwrap();
    assert_eq!(last.to, "jäätelö@acme.example");
    assert!(last.options.contains("SMTPUTF8") && last.options.contains("BODY=8BITMIME"));
}
