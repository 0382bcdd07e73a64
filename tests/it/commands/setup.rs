//! `init`, `check`, `import`, `fsck`, `poll`: setting vahti up and looking after it.

use super::{EMPTY_WIRE, both_ways, count, empty, seeded};
use crate::support::{World, entry, feed, read};

#[test]
fn init_writes_what_check_accepts_and_never_overwrites() {
    let world = World::new("#bare");
    let said = world.vahti("init made").ok();
    assert_eq!(said.trim(), "made/vahti.toml");
    let text = read(&world.path("made/vahti.toml"));
    let checked = world.vahti("check --config made/vahti.toml");
    assert!(checked.out.contains("1 brand, 1 source, 1 alert"), "{checked:?}");
    assert_eq!(checked.code, Some(0));

    world.write("made/vahti.toml", "mine");
    let again = world.vahti("init made");
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("made/vahti.toml is there already"), "{}", again.err);
    assert_eq!(read(&world.path("made/vahti.toml")), "mine");
    assert_ne!(text, "mine");
}

#[test]
fn check_names_every_fault_on_standard_error() {
    let world = World::new(
        "[[brand]]\nname = \"Acme\"\nkeyword = [\"Acme\"]\n[[source]]\nname = \"news\"\n\
         feed.url = \"news.xml\"\nbrands = [\"Acmee\"]\nschedule = \"often\"\n",
    );
    let ran = world.vahti("check");
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{}", ran.err);
    // `state_dir` is the first line of the file.
    for part in ["vahti.toml:4:", "`keywords`", "vahti.toml:8:", "`Acme`", "vahti.toml:9:", "often"]
    {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    assert!(!world.path("state").exists(), "nothing is touched");
    for command in ["mentions", "poll", "run --once"] {
        let ran = world.vahti(command);
        let code = if command.starts_with("run") { 78 } else { 1 };
        assert_eq!(ran.code, Some(code), "{command}");
        assert!(ran.err.contains("vahti.toml:4:"), "{command}: {}", ran.err);
        assert!(!world.path("state").exists(), "nothing is touched");
    }
}

#[test]
fn check_with_probe_says_what_every_source_would_bring() {
    let world = empty();
    world.write("wire.json", "no feed");
    world.write("news.xml", &feed(&[entry("1", "Acme opens"), entry("2", "Rain")]));
    let ran = world.vahti("check --probe --format json");
    assert_eq!(ran.code, Some(1), "a source that cannot be read is a failure");
    let rows: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(count(&rows), 2);
    assert_eq!(rows[0]["source"], "news");
    assert_eq!([&rows[0]["posts"], &rows[0]["mentions"]], [2, 1]);
    assert!(rows[1]["error"].as_str().unwrap().contains("feed"), "{rows}");
    assert!(ran.err.contains("1 of 2 sources"), "{}", ran.err);
    assert!(!world.path("state").exists() && !world.path("outbox").exists());

    world.write("wire.json", EMPTY_WIRE);
    let table = world.vahti("check --probe").ok();
    assert!(table.contains("news"), "{table}");
    assert_eq!(world.vahti("check --probe --format ndjson").ok().lines().count(), 2);
    assert_eq!(world.vahti("check --probe --format csv").ok().matches("\r\n").count(), 3);
}

#[test]
fn import_prints_tables_that_check_accepts() {
    let world = World::new("#bare");
    world.write(
        "feeds.opml",
        r#"<opml version="2.0"><body>
        <outline text="Blog &quot;one&quot;" xmlUrl="https://one.example/feed"/>
        <outline text="Group"><outline text="Two" xmlUrl="https://two.example/feed"/>
        <outline text="Two" xmlUrl="https://three.example/feed"/></outline></body></opml>"#,
    );
    let tables = world.vahti("import feeds.opml").ok();
    assert_eq!(tables.matches("[[source]]").count(), 3, "{tables}");
    world.write("vahti.toml", &format!("[[brand]]\nname = \"A\"\nkeywords = [\"a\"]\n{tables}"));
    let checked = world.vahti("check").ok();
    assert!(checked.contains("3 sources"), "{checked}");

    world.write("broken.opml", "<html>no list</html>");
    for file in ["broken.opml", "missing.opml"] {
        let ran = world.vahti(&format!("import {file}"));
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{file}");
        assert!(ran.err.contains(file), "{}", ran.err);
    }
}

#[test]
fn fsck_finds_all_well() {
    both_ways(|world| {
        assert_eq!(world.vahti("fsck").ok(), "All is well.\n");
        assert_eq!(world.vahti("fsck --format json").ok().trim(), "[]");
        assert_eq!(world.vahti("fsck --format ndjson").ok(), "");
        assert_eq!(world.vahti("fsck --format csv").ok(), "fault\r\n");
    });
}

#[test]
fn poll_asks_the_sources_that_are_named() {
    both_ways(|world| {
        world.write("news.xml", &feed(&[entry("8", "Acme again"), entry("1", super::COMPLAINT)]));
        let summary = world.vahti("poll news --format json").json();
        assert_eq!([&summary["sources"], &summary["posts"]], [1, 2]);
        assert_eq!(summary["mentions"], 1);
        assert_eq!(summary["by_source"][0]["source"], "news");
        // Whoever was told that it is stored finds it.
        super::mention(world, "Acme again");
        let unknown = world.vahti("poll nwes");
        assert_eq!(unknown.code, Some(1));
        assert!(unknown.err.contains("did you mean `news`?"), "{}", unknown.err);
        assert_eq!(world.vahti("poll --format json").json()["sources"], 2);
        assert!(world.vahti("poll").ok().contains("Polled 2 sources."));

        world.write("wire.json", "no feed");
        let failed = world.vahti("poll");
        assert_eq!(failed.code, Some(1));
        assert!(failed.out.contains("Could not poll wire"), "{}", failed.out);
    });
    let world = seeded();
    assert_eq!(world.vahti("poll --stdin news").code, Some(1));
}

#[test]
fn the_name_of_a_list_means_all_its_feeds() {
    let list = |world: &World| {
        world.write("a.xml", &feed(&[entry("a", "Acme is in A")]));
        world.write("b.xml", &feed(&[entry("b", "Acme is in B")]));
        let outline =
            "<outline text=\"A\" xmlUrl=\"a.xml\"/><outline text=\"B\" xmlUrl=\"b.xml\"/>";
        world.write("l.opml", &format!("<opml version=\"2.0\"><body>{outline}</body></opml>"));
        world.configure(
            "[[brand]]\nname = \"Acme\"\nkeywords = [\"Acme\"]\n[[source]]\nname = \"list\"\n\
             opml.url = \"l.opml\"\nschedule = \"@weekly\"\n",
        );
    };
    for has_daemon in [false, true] {
        let world = World::new("#bare");
        list(&world);
        world.vahti("poll list/B").ok();
        let found = world.vahti("mentions --format json").json();
        assert_eq!(found[0]["source"], "list/B");
        assert_eq!(count(&found), 1);
        let _daemon = has_daemon.then(|| world.daemon());
        assert_eq!(world.vahti("poll list --format json").json()["sources"], 2);
        assert_eq!(count(&world.vahti("mentions --source list --format json").json()), 2);
        assert_eq!(count(&world.vahti("mentions --source list/A --format json").json()), 1);
    }
}
