//! Starting, reloading, stopping.

use super::{COMPLAINT, HEAD, json, source, state, titles};
use crate::support::{Answer, Site, World, entry, feed, until};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::time::{Duration, Instant};

/// Returns a configuration with one source that has nothing to say.
fn idle() -> String {
    format!("{HEAD}[[source]]\nname = \"list\"\nopml.url = \"http://127.0.0.1:9/\"\n")
}

#[test]
fn a_reload_takes_a_new_source() {
    let site = Site::start();
    site.serve("/old.xml", Answer::feed(feed(&[entry("1", "Acme is old")])));
    site.serve("/new.xml", Answer::feed(feed(&[entry("2", "Acme is new")])));
    let old = source(&site, "/old.xml", "schedule = \"1s\"");
    let world = World::new(&format!("{HEAD}{old}"));
    let daemon = world.daemon();
    until("the old source is polled", || site.seen("/old.xml").len() > 1);
    assert_eq!(site.seen("/new.xml").len(), 0);

    world.configure(&format!("{HEAD}{old}{}", source(&site, "/new.xml", "schedule = \"1s\"")));
    daemon.signal("HUP");
    until("the new source is stored", || titles(&world).contains(&"Acme is new".to_owned()));
    let before = site.seen("/old.xml").len();
    until("the old source goes on", || site.seen("/old.xml").len() > before + 1);

    // And one that is taken out is asked no more.
    world.configure(&format!("{HEAD}{}", source(&site, "/new.xml", "schedule = \"1s\"")));
    daemon.signal("HUP");
    until("it is gone", || state(&world, "old").is_null());
    let (old, new) = (site.seen("/old.xml").len(), site.seen("/new.xml").len());
    until("the other goes on", || site.seen("/new.xml").len() > new + 2);
    assert_eq!(site.seen("/old.xml").len(), old);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_faulty_new_configuration_is_told_and_the_old_one_stays() {
    let site = Site::start();
    site.serve("/news.xml", Answer::feed(feed(&[entry("1", "Acme")])));
    let good = format!("{HEAD}{}", source(&site, "/news.xml", "schedule = \"1s\""));
    let world = World::new(&good);
    let daemon = world.daemon();
    until("it polls", || !site.seen("/news.xml").is_empty());

    world.configure(&good.replace("keywords", "keywrods"));
    daemon.signal("HUP");
    until("the fault is told", || daemon.log().contains("keywrods"));
    until("what stays is told", || daemon.log().contains("the old one stays"));
    assert!(daemon.log().contains("`keywords`"), "{}", daemon.log());
    let before = site.seen("/news.xml").len();
    until("it goes on polling", || site.seen("/news.xml").len() > before + 1);
    // People are still answered, by the daemon that knows better than the file.
    assert_eq!(json(&world, "mentions")[0]["title"], "Acme");

    world.configure(
        &good.replace(
            "name = \"Acme\"\nkeywords = [\"Acme\"",
            "name = \"Acme\"\nkeywords = [\"Zeta\"",
        ),
    );
    site.serve("/news.xml", Answer::feed(feed(&[entry("2", "Zeta is here")])));
    daemon.signal("HUP");
    until("the mended one counts", || titles(&world).contains(&"Zeta is here".to_owned()));
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_poll_under_way_is_finished_and_stored_before_the_end() {
    let site = Site::start();
    let slow = Answer::feed(feed(&[entry("1", COMPLAINT)])).after(Duration::from_secs(2));
    site.serve("/slow.xml", slow);
    let alert =
        "[[alert]]\nname = \"care\"\nto = [\"care@acme.example\"]\nfrequency = \"as-it-happens\"\n";
    let world =
        World::new(&format!("{HEAD}{}{alert}", source(&site, "/slow.xml", "schedule = \"2s\"")));
    let daemon = world.daemon();
    until("the poll begins", || !site.seen("/slow.xml").is_empty());
    assert_eq!(daemon.stop(), Some(0));
    assert!(!world.path("state/vahti.sock").exists());
    assert_eq!(titles(&world), [COMPLAINT]);
    assert_eq!(json(&world, "tickets")[0]["id"], 1);
    // What was to be told is told after the next start, once.
    json(&world, "run --once");
    json(&world, "run --once");
    assert_eq!(world.mails("txt").len(), 1);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let site = Site::start();
    let slow = Answer::feed(feed(&[entry("1", "Acme")])).after(Duration::from_secs(25));
    site.serve("/slow.xml", slow);
    let world = World::new(&format!("{HEAD}{}", source(&site, "/slow.xml", "schedule = \"2s\"")));
    let mut daemon = world.daemon();
    until("the poll begins", || !site.seen("/slow.xml").is_empty());
    let begun = Instant::now();
    daemon.signal("TERM");
    until("it knows", || daemon.log().contains("Stopping"));
    daemon.signal("TERM");
    assert_eq!(daemon.ended(), Some(1));
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    // Nothing is broken by it.
    assert_eq!(world.vahti("fsck").ok(), "All is well.\n");
}

#[test]
fn an_interrupt_ends_it_as_well() {
    let world = World::new(&idle());
    let mut daemon = world.daemon();
    daemon.signal("INT");
    assert_eq!(daemon.ended(), Some(0));
}

#[test]
fn a_faulty_configuration_is_refused_and_nothing_touched() {
    let world = World::new("[[brand]]\nname = \"Acme\"\nkeyword = [\"Acme\"]\n");
    let mut daemon = world.daemon_unheard();
    assert_eq!(daemon.ended(), Some(78));
    assert!(daemon.log().contains("`keywords`"), "{}", daemon.log());
    assert!(!world.path("state").exists());
    assert!(!world.path("outbox").exists());
}

#[test]
fn the_socket_is_for_its_group_and_goes_with_the_daemon() {
    let world = World::new(&idle());
    let socket = world.path("state/vahti.sock");
    let first = world.daemon();
    let about = std::fs::metadata(&socket).unwrap();
    assert!(about.file_type().is_socket());
    assert_eq!(about.permissions().mode() & 0o777, 0o660);
    let folder = std::fs::metadata(world.path("state")).unwrap().permissions().mode();
    assert_eq!(folder & 0o007, 0, "{folder:o}");

    let mut second = world.daemon_unheard();
    assert_eq!(second.ended(), Some(1), "a live socket is not taken over");
    assert_ne!(second.log(), "");
    let once = world.vahti("run --once");
    assert_eq!(once.code, Some(1));
    assert!(once.err.contains("vahti poll"), "{}", once.err);
    assert!(json(&world, "status")["running_since"].is_string(), "the first still answers");

    first.kill();
    assert!(socket.exists(), "a crash leaves it behind");
    assert!(json(&world, "status")["running_since"].is_null(), "which is no daemon");
    let third = world.daemon();
    assert!(json(&world, "status")["running_since"].is_string());
    assert_eq!(third.stop(), Some(0));
    assert!(!socket.exists());
}

#[test]
fn what_was_found_survives_a_crash_once() {
    let site = Site::start();
    site.serve("/news.xml", Answer::feed(feed(&[entry("1", COMPLAINT)])));
    let world = World::new(&format!("{HEAD}{}", source(&site, "/news.xml", "schedule = \"1s\"")));
    let daemon = world.daemon();
    until("it is stored", || !titles(&world).is_empty());
    daemon.kill();
    let before = site.seen("/news.xml").len();
    let daemon = world.daemon();
    until("it is polled again", || site.seen("/news.xml").len() > before + 1);
    assert_eq!(titles(&world), [COMPLAINT]);
    assert_eq!(json(&world, "tickets").as_array().unwrap().len(), 1);
    assert_eq!(world.vahti("fsck").ok(), "All is well.\n");
    assert_eq!(daemon.stop(), Some(0));
}
