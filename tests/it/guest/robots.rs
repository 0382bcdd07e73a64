//! What a site asks of robots is heeded where pages are read, point 24.

use super::{HEAD, fault, polled, source, state};
use crate::support::{Answer, Site, World, entry, feed, until};
use std::time::Duration;

/// Pages of a board in the form of phpBB.
fn page(content: &str) -> Answer {
    let html = format!(
        "<!doctype html><body id='phpbb'><h2 class='topic-title'>A topic</h2>{content}</body>"
    );
    Answer::feed(html).header("Content-Type", "text/html; charset=utf-8")
}

/// A site with a board of three topics, whose posts name a brand each.
fn board(robots: Answer) -> Site {
    let site = Site::start();
    site.serve("/robots.txt", robots);
    let mut rows = String::new();
    for topic in 1..=3 {
        let row = format!(
            "<li class='row'><a class='topictitle' href='/t/{topic}'>A topic</a><dd class='posts'>1</dd>
             <dd class='lastpost'><a title='last' href='/t/{topic}#p{topic}'>x</a></dd></li>"
        );
        rows.push_str(&row);
        let post = format!(
            "<div class='post' id='p{topic}'><div class='postprofile'><a class='username'>maija</a></div>
             <div class='postbody'><p class='author'><time datetime='2026-11-20T10:00:00Z'></time></p>
             <div class='content'>Acme and {topic}</div></div></div>"
        );
        site.serve(&format!("/t/{topic}"), page(&post));
    }
    site.serve("/board", page(&format!("<ul class='topics'>{rows}</ul>")));
    site
}

fn robots(text: &str) -> Answer {
    Answer::feed(text).header("Content-Type", "text/plain")
}

/// Returns a folder that watches the board, and besides what `more` says.
fn watching(site: &Site, more: &str) -> World {
    let forum = format!("[[source]]\nname = \"board\"\nforum.url = \"{}\"\n", site.url("/board"));
    World::new(&format!("{HEAD}{forum}{more}"))
}

/// Returns how often each of these was asked for.
fn asked(site: &Site, paths: [&str; 5]) -> [usize; 5] {
    paths.map(|path| site.seen(path).len())
}

const PATHS: [&str; 5] = ["/robots.txt", "/board", "/t/1", "/t/2", "/t/3"];

#[test]
fn p24_a_page_that_robots_may_not_read_is_never_asked_for() {
    let site = board(robots("User-agent: *\nDisallow: /t/2\n"));
    let world = watching(&site, "");
    let summary = polled(&world);
    assert_eq!([&summary["polled"], &summary["mentions"]], [1, 2], "{summary}");
    assert_eq!(asked(&site, PATHS), [1, 1, 1, 0, 1]);

    // Not even the board; and those that mean others mean nothing to us.
    let site = board(robots("User-agent: vahti\nDisallow: /\nUser-agent: *\nAllow: /\n"));
    let told = fault(&polled(&watching(&site, "")));
    assert!(told.contains("robots.txt"), "{told}");
    assert_eq!(asked(&site, PATHS), [1, 0, 0, 0, 0]);
    let site = board(robots("User-agent: other\nDisallow: /\n"));
    assert_eq!(polled(&watching(&site, ""))["mentions"], 3);
}

#[test]
fn p24_a_feed_that_the_user_named_is_read_whatever_robots_may() {
    let site = board(robots("User-agent: *\nDisallow: /\n"));
    site.serve("/feed.xml", Answer::feed(feed(&[entry("1", "Acme")])));
    let world = World::new(&format!("{HEAD}{}", source(&site.url("/feed.xml"), "feed", "")));
    assert_eq!(polled(&world)["mentions"], 1);
    assert_eq!(site.seen("/robots.txt").len(), 0);
}

#[test]
fn p24_while_robots_txt_cannot_be_had_nothing_is_read() {
    for (status, is_read) in [(500, false), (503, false), (429, false), (404, true), (403, true)] {
        let site = board(Answer::status(status));
        let world = watching(&site, "");
        let summary = polled(&world);
        assert_eq!(summary["mentions"], if is_read { 3 } else { 0 }, "{status}");
        assert_eq!(site.seen("/board").len(), usize::from(is_read), "{status}");
        if !is_read {
            let told = fault(&summary);
            assert!(told.contains("robots.txt") && told.contains(&status.to_string()), "{told}");
        }
    }
}

#[test]
fn p24_robots_txt_is_asked_for_once_for_many_polls() {
    for answer in [robots("User-agent: *\nDisallow: /t/2\n"), Answer::status(500)] {
        let site = board(answer);
        site.serve("/tick.xml", Answer::feed(feed(&[])));
        let tick = source(&site.url("/tick.xml"), "tick", "schedule = \"1s\"");
        let world = watching(&site, &format!("schedule = \"1s\"\n{tick}"));
        let daemon = world.daemon();
        until("there was time for some polls", || site.seen("/tick.xml").len() >= 5);
        until("it was polled", || state(&world, "board")["last_poll"].is_string());
        assert_eq!(site.seen("/robots.txt").len(), 1);
        assert_eq!(daemon.stop(), Some(0));
    }
}

#[test]
fn p24_a_crawl_delay_is_kept_between_all_requests() {
    let site = board(robots("User-agent: *\nCrawl-delay: 0.7\n"));
    let summary = polled(&watching(&site, ""));
    assert_eq!(summary["mentions"], 3, "{summary}");
    let mut times: Vec<_> =
        PATHS.iter().flat_map(|path| site.seen(path)).map(|seen| seen.at).collect();
    times.sort_unstable();
    assert!(times.len() >= 5);
    for pair in times.windows(2) {
        assert!(pair[1] - pair[0] >= Duration::from_millis(690), "{times:?}");
    }
}
