//! A forum, followed by the real program.

use super::{HEAD, json, state};
use crate::support::{Answer, Site, World, until};
use serde_json::Value;

/// Returns a page in the markup of phpBB.
fn page(body: &str) -> Answer {
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>Board</title></head><body id=\"phpbb\">{body}</body></html>"
    );
    Answer::feed(html)
}

/// Returns a list of topics, each with how many replies it has.
fn board(topics: &[(u32, u32)]) -> Answer {
    let row = |(id, replies): &(u32, u32)| {
        format!(
            "<li class=\"row\"><dl><dt><a class=\"topictitle\" href=\"/viewtopic.php?t={id}\">Topic {id}</a></dt>
             <dd class=\"posts\">{replies}</dd></dl></li>"
        )
    };
    let rows = topics.iter().map(row).collect::<Vec<_>>().concat();
    page(&format!("<ul class=\"topiclist topics\">{rows}</ul>"))
}

/// Returns a topic with these posts, by number and text.
fn topic(id: u32, posts: &[(u32, &str)], next: &str) -> Answer {
    let post = |(number, text): &(u32, &str)| {
        format!(
            "<div class=\"post\" id=\"p{number}\"><div class=\"postprofile\"><a class=\"username\">Ann</a></div>
             <div class=\"postbody\"><p class=\"author\"><a href=\"/viewtopic.php?p={number}#p{number}\">#</a>
             <time datetime=\"2026-11-20T10:00:00+00:00\">x</time></p>
             <div class=\"content\">{text}</div></div></div>"
        )
    };
    let posts = posts.iter().map(post).collect::<Vec<_>>().concat();
    page(&format!("<h2 class=\"topic-title\">Topic {id}</h2>{posts}{next}"))
}

fn forum(site: &Site, more: &str) -> World {
    let url = site.url("/viewforum.php?f=1");
    World::new(&format!("{HEAD}[[source]]\nname = \"board\"\nforum.url = \"{url}\"\n{more}\n"))
}

fn ids(world: &World) -> Vec<String> {
    let found = json(world, "mentions --limit 0");
    let mut urls: Vec<String> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["url"].as_str().unwrap().rsplit_once("#p").unwrap().1.to_owned())
        .collect();
    urls.sort();
    urls
}

#[test]
fn topics_are_followed_when_they_change_and_each_post_is_found_once() {
    let site = Site::start();
    site.serve("/viewforum.php?f=1", board(&[(1, 0), (2, 2)]));
    site.serve("/viewtopic.php?t=1", topic(1, &[(10, "Acme is late again")], ""));
    let next = "<div class=\"pagination\"><ul><li class=\"arrow next\"><a rel=\"next\" href=\"/viewtopic.php?t=2&amp;start=1\">Next</a></li></ul></div>";
    site.serve("/viewtopic.php?t=2", topic(2, &[(20, "Anything goes")], next));
    let quote =
        "<blockquote><div><cite>Ann wrote</cite>Acme is late again</div></blockquote>Same here";
    site.serve(
        "/viewtopic.php?t=2&start=1",
        topic(2, &[(21, quote), (22, "My Acme bill is wrong")], ""),
    );
    let world = forum(&site, "");
    json(&world, "run --once");
    assert_eq!(ids(&world), ["10", "22"], "page two is read, a quote is nobody's word");
    let mention = &json(&world, "mentions bill")[0];
    assert_eq!(
        [&mention["kind"], &mention["author"]["name"], &mention["published"], &mention["title"]],
        ["forum", "Ann", "2026-11-20T10:00:00Z", "Topic 2"].map(Value::from).each_ref()
    );

    let before = site.seen("/viewtopic.php?t=1").len();
    let lists = site.seen("/viewforum.php?f=1").len();
    json(&world, "run --once");
    assert_eq!(site.seen("/viewtopic.php?t=1").len(), before, "nothing changed there");
    assert_eq!(site.seen("/viewforum.php?f=1").len(), lists + 1);

    site.serve("/viewforum.php?f=1", board(&[(1, 1), (2, 2)]));
    site.serve(
        "/viewtopic.php?t=1",
        topic(1, &[(10, "Acme is late again (edited)"), (11, "Acme answered me at last")], ""),
    );
    json(&world, "run --once");
    assert_eq!(ids(&world), ["10", "11", "22"], "an edit is no new post");

    // The page is built anew one day, and nothing of it is found any more.
    site.serve("/viewforum.php?f=1", page("<main><p>Welcome to the new look</p></main>"));
    json(&world, "run --once");
    let board = state(&world, "board");
    assert_eq!(board["state"], "failing", "{board}");
}

#[test]
fn a_forum_that_keeps_robots_out_is_not_read() {
    let site = Site::start();
    site.serve("/robots.txt", Answer::feed("User-agent: *\nDisallow: /viewtopic.php\n"));
    site.serve("/viewforum.php?f=1", board(&[(1, 0)]));
    site.serve("/viewtopic.php?t=1", topic(1, &[(10, "Acme")], ""));
    let world = forum(&site, "schedule = \"1s\"");
    let daemon = world.daemon();
    until("the list is read twice", || site.seen("/viewforum.php?f=1").len() >= 2);
    assert!(site.seen("/viewtopic.php?t=1").is_empty());
    assert_eq!(site.seen("/robots.txt").len(), 1, "its rules are remembered");
    let board = state(&world, "board");
    assert!(board["last_error"].as_str().unwrap().contains("robots.txt"), "{board}");
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn own_selectors_read_any_page_that_repeats() {
    let site = Site::start();
    let reviews =
        "<main><section><em>Mia</em><p>Acme charged me twice</p><i data-n=\"7\"></i></section>
        <section><em>Jo</em><p>All well</p><i data-n=\"8\"></i></section></main>";
    site.serve("/viewforum.php?f=1", page(reviews));
    let selectors = "[source.forum.selectors.post]\ncontainer = \"main section\"\nid = \"i @data-n\"\nauthor = \"em\"\nbody = \"p\"\n";
    let world = forum(&site, selectors);
    json(&world, "run --once");
    let found = json(&world, "mentions");
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(
        (&found[0]["author"]["name"], &found[0]["text"]),
        (&"Mia".into(), &"Acme charged me twice".into())
    );
    let probed = world.vahti("probe board");
    assert!(probed.err.contains("`main section` found 2"), "{}", probed.err);
    assert_eq!(probed.out.lines().count(), 2);

    let selectors = selectors.replace("\"em\"", "\"em.gone\"");
    let world = forum(&site, &selectors);
    let checked = world.vahti("check --probe --format json");
    assert!(checked.out.contains("`post.author` finds nothing"), "{checked:?}");
    let world = forum(&site, &selectors.replace("main section", "main ]"));
    let checked = world.vahti("check");
    assert_eq!(checked.code, Some(1));
    assert!(checked.err.contains("selectors.post.container"), "{checked:?}");
}

#[test]
fn a_forum_of_which_only_the_list_can_be_read_is_failing() {
    let site = Site::start();
    site.serve("/viewforum.php?f=1", board(&[(1, 0), (2, 0)]));
    for topic in ["/viewtopic.php?t=1", "/viewtopic.php?t=2"] {
        site.serve(topic, page("<form><input name=user><input type=password></form> Log in"));
    }
    let world = forum(&site, "");
    let summary = json(&world, "run --once");
    assert_eq!(summary["failed"][0]["source"], "board", "{summary}");
    let failing = state(&world, "board");
    assert_eq!((&failing["state"], &failing["failures"]), (&"failing".into(), &1.into()));

    // Posts without any text are no posts that were read: they are read once they have it.
    let bare = |number: u32| topic(1, &[(number, ""), (number + 1, "")], "");
    site.serve("/viewtopic.php?t=1", bare(10));
    site.serve("/viewtopic.php?t=2", bare(20));
    assert_eq!(json(&world, "run --once")["failed"][0]["source"], "board");
    site.serve("/viewtopic.php?t=1", topic(1, &[(10, "Acme is late"), (11, "Oh")], ""));
    site.serve("/viewtopic.php?t=2", topic(2, &[(20, "Acme is dear"), (21, "Oh")], ""));
    json(&world, "run --once");
    assert_eq!(ids(&world), ["10", "20"]);
    assert_eq!(state(&world, "board")["state"], "ok");
}
