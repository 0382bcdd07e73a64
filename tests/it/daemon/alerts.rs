//! Who is told what, and when.

use super::{COMPLAINT, HEAD, json, source, titles, watching};
use crate::support::{Answer, Site, World, entry, feed, until};
use std::time::{Duration, Instant};

fn alert(name: &str, more: &str) -> String {
    format!("[[alert]]\nname = \"{name}\"\nto = [\"{name}@acme.example\"]\n{more}\n")
}

#[test]
fn a_filter_chooses_what_an_alert_tells() {
    let alerts = alert("cross", "frequency = \"as-it-happens\"\nfilter = \"sentiment:negative\"")
        + &alert("bolt", "frequency = \"as-it-happens\"\nfilter = \"brand:Bolt\"")
        + &alert("none", "frequency = \"as-it-happens\"\nfilter = \"brand:Acme lang:fi\"");
    let praise = "Bolt is wonderful, I love it so much, thank you";
    let (_site, world) = watching(&[entry("1", COMPLAINT), entry("2", praise)], &alerts);
    assert_eq!(json(&world, "run --once")["notices"]["sent"], 2);
    let mails = world.mails("eml");
    let to = |name: &str| {
        mails.iter().find(|mail| mail.contains(&format!("To: {name}@acme.example"))).unwrap()
    };
    assert_eq!(mails.len(), 2);
    assert!(to("cross").contains("worst service") && !to("cross").contains("wonderful"));
    assert!(to("bolt").contains("wonderful") && !to("bolt").contains("worst service"));
}

/// Waits until three of the times of an alert that speaks every second have passed.
fn let_times_pass() {
    let begun = Instant::now();
    until("three seconds have passed", || begun.elapsed() > Duration::from_secs(3));
}

#[test]
fn an_alert_that_was_due_several_times_speaks_once() {
    let every_second = "frequency = \"* * * * * *\"\nempty = true";
    let alerts = alert("quiet", "frequency = \"* * * * * *\"")
        + &alert("loud", every_second)
        + &alert("later", "frequency = \"0 0 1 1 *\"\nempty = true");
    let (site, world) = watching(&[entry("1", "Rain")], &alerts);
    json(&world, "run --once");
    let loud = |what: &str| {
        let mails = world.mails("eml");
        mails.iter().filter(|mail| mail.contains("To: loud@") && mail.contains(what)).count()
    };
    let before = loud("");
    let_times_pass();
    json(&world, "run --once");
    assert_eq!(loud(""), before + 1, "once for the whole time, and also of nothing");
    assert_eq!(world.mails("eml").len(), loud(""), "the others had nothing to say");

    let_times_pass();
    site.serve("/news.xml", Answer::feed(feed(&[entry("2", COMPLAINT)])));
    json(&world, "run --once");
    assert_eq!(loud("worst service"), 1);
    assert_eq!(loud(""), before + 2);
    assert_eq!(world.mails("eml").len(), loud("") + 1, "quiet has something to say now");
}

#[test]
fn a_periodic_alert_that_was_due_speaks_at_the_start_of_the_daemon_and_once() {
    let site = Site::start();
    site.serve("/news.xml", Answer::feed(feed(&[entry("1", COMPLAINT)])));
    let config = |frequency: &str| {
        let news = source(&site, "/news.xml", "schedule = \"@weekly\"");
        format!("{HEAD}{news}{}", alert("care", &format!("frequency = \"{frequency}\"")))
    };
    let world = World::new(&config("0 0 1 1 *"));
    json(&world, "run --once");
    assert_eq!(world.mails("txt").len(), 0);
    world.configure(&config("* * * * * *"));
    let daemon = world.daemon();
    until("it speaks", || world.mails("txt").len() == 1);
    assert!(world.mails("txt")[0].contains("worst service"));

    site.serve("/news.xml", Answer::feed(feed(&[entry("2", "Acme has a second story")])));
    world.vahti("poll news").ok();
    until("it speaks again", || world.mails("txt").len() >= 2);
    let second = world.mails("txt").iter().filter(|mail| mail.contains("second story")).count();
    let first = world.mails("txt").iter().filter(|mail| mail.contains("worst service")).count();
    assert_eq!([first, second], [1, 1]);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn an_alert_that_speaks_at_once_does_so_while_the_daemon_runs() {
    let site = Site::start();
    site.serve("/news.xml", Answer::feed(feed(&[])));
    let news = source(&site, "/news.xml", "schedule = \"1s\"");
    let alerts = alert("care", "frequency = \"as-it-happens\"");
    let world = World::new(&format!("{HEAD}{news}{alerts}"));
    let daemon = world.daemon();
    site.serve("/news.xml", Answer::feed(feed(&[entry("1", COMPLAINT)])));
    until("it is told", || world.mails("txt").len() == 1);
    let before = site.seen("/news.xml").len();
    until("it is polled again", || site.seen("/news.xml").len() > before + 1);
    assert_eq!(world.mails("txt").len(), 1);
    assert_eq!(titles(&world), [COMPLAINT]);
    assert_eq!(world.mails("html").len(), 1);
    assert_eq!(world.mails("eml").len(), 1);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_new_alert_is_not_told_what_is_old() {
    let (site, world) = watching(&[entry("1", COMPLAINT)], "");
    json(&world, "run --once");
    let news = source(&site, "/news.xml", "");
    world.configure(&format!("{HEAD}{news}{}", alert("new", "frequency = \"as-it-happens\"")));
    assert_eq!(json(&world, "run --once")["notices"]["sent"], 0);
    site.serve("/news.xml", Answer::feed(feed(&[entry("2", "Acme has a second story")])));
    assert_eq!(json(&world, "run --once")["notices"]["sent"], 1);
    let mail = world.mails("txt").concat();
    assert!(mail.contains("second story") && !mail.contains("worst service"), "{mail}");
}
