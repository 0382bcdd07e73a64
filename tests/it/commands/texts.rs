//! `explain` and `probe`: what is read, and nothing stored.

use super::empty;
use crate::support::{Answer, Site, World, entry, feed};
use serde_json::Value;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn explain_reads_a_text_in_every_form() {
    let world = empty();
    let text = "Ääh! Acme is terrible, never again";
    let json = world.vahti_with(&["explain", text, "--format", "json"], "").json();
    assert_eq!(json["matches"][0]["in"], "text");
    // Characters are counted, not bytes.
    assert_eq!([&json["matches"][0]["start"], &json["matches"][0]["end"]], [5, 9]);
    assert_eq!(json["sentiment"]["label"], "negative");
    let line = world.vahti_with(&["explain", text, "--format", "ndjson"], "").ok();
    assert_eq!(lines(&line), [json]);
    let words = world.vahti_with(&["explain", text], "").ok();
    assert!(words.contains("Sentiment  negative"), "{words}");
    let csv = world.vahti_with(&["explain", text, "--format", "csv"], "").ok();
    assert!(csv.starts_with("language,sentiment.label"), "{csv}");
    let nothing = world.vahti_with(&["explain", "It rains", "--format", "json"], "").json();
    assert_eq!(nothing["matches"], Value::Array(Vec::new()));
    assert!(!world.path("state").exists());
}

#[test]
fn explain_needs_no_configuration_where_keywords_are_given() {
    let world = World::new("#bare\nthis is no configuration");
    let read = |extra: &[&str], text: &str| {
        let mut arguments = vec!["explain", "--format", "json", "--keyword", "Acme"];
        arguments.extend_from_slice(extra);
        arguments.push(text);
        world.vahti_with(&arguments, "").json()
    };
    assert_eq!(read(&[], "Acme road runner")["matches"][0]["keyword"], "Acme");
    let excluded = read(&["--exclude", "\"acme road runner\""], "Acme road runner, Acme");
    assert_eq!(excluded["matches"].as_array().unwrap().len(), 1);
    assert_eq!(excluded["matches"][0]["start"], 18);
    let two = read(&["--keyword", "Bolt"], "a Bolt and Acme");
    assert_eq!(two["matches"].as_array().unwrap().len(), 2);
    let faulty = world.vahti_with(&["explain", "--keyword", "(acme", "text"], "");
    assert_eq!(faulty.code, Some(2));
    assert!(faulty.err.contains('^'), "{}", faulty.err);
    assert_eq!(world.vahti("explain text").code, Some(1), "else it needs one");
}

#[test]
fn explain_answers_line_for_line_in_order() {
    let world = empty();
    let input = concat!(
        "{\"text\":\"Acme is wonderful, thank you\"}\n",
        "\n",
        "{\"text\":\"x\",\"title\":\"Acme\",\"language\":\"fi\",\"author\":\"Liisa\",",
        "\"url\":\"https://a.example/\",\"more\":1}\n",
        "no json\n",
        "{\"title\":\"no text\"}\n",
        "{\"text\":\"Acme is terrible\",\"author\":{\"name\":\"M\",\"followers\":3}}"
    );
    let ran = world.vahti_with(&["explain"], input);
    assert_eq!(ran.code, Some(1), "some lines could not be read");
    assert!(ran.err.contains("2 lines"), "{}", ran.err);
    let read = lines(&ran.out);
    assert_eq!(read.len(), 5, "a line for a line: {}", ran.out);
    assert_eq!(read[0]["sentiment"]["label"], "positive");
    assert_eq!(read[1]["language"], "fi", "a language that is given is taken as fact");
    assert_eq!(read[1]["matches"][0]["in"], "title");
    assert!(read[2]["error"].as_str().unwrap().contains("line 4"), "{}", read[2]);
    assert!(read[3]["error"].as_str().unwrap().contains("line 5"), "{}", read[3]);
    assert_eq!(read[4]["sentiment"]["label"], "negative");

    let good =
        world.vahti_with(&["explain", "--keyword", "a", "--format", "json"], "{\"text\":\"a\"}");
    assert_eq!(lines(&good.ok()).len(), 1);
    assert_eq!(world.vahti_with(&["explain"], "").ok(), "");
}

#[test]
fn a_long_stream_is_explained_while_nobody_waits_for_its_end() {
    let world = World::new("#bare");
    let input = "{\"text\":\"some text of acme\"}\n".repeat(500);
    let out = world.vahti_with(&["explain", "--keyword", "acme"], &input).ok();
    assert_eq!(out.lines().count(), 500);
}

#[test]
fn probe_brings_the_posts_of_a_source_a_file_or_an_input() {
    let world = empty();
    let document = feed(&[
        entry("1", "One").by("Liisa").dated("Mon, 02 Nov 2026 10:00:00 GMT"),
        entry("2", "Two").link("/two"),
    ]);
    world.write("news.xml", &document);
    let by_name = lines(&world.vahti("probe news").ok());
    assert_eq!(by_name.len(), 2);
    assert_eq!(by_name[0]["id"], "1");
    assert_eq!(by_name[0]["author"]["name"], "Liisa");
    assert_eq!(by_name[0]["published"], "2026-11-02T10:00:00Z");
    assert_eq!(by_name[1]["author"], Value::Null);

    let settings = "--set url=https://site.example/feed --set content_type=application/rss+xml";
    let by_file = lines(&world.vahti(&format!("probe feed news.xml {settings}")).ok());
    assert_eq!(by_file.len(), 2);
    assert_eq!(by_file[0], by_name[0]);
    assert_eq!(by_file[1]["url"], "https://site.example/two", "`--set url=` is its address");
    let by_input = world.vahti_with(&["probe", "feed", "-"], &document).ok();
    assert_eq!(lines(&by_input).len(), 2);
    assert!(!world.path("state").exists());
}

#[test]
fn probe_asks_an_address_and_heeds_what_is_allowed() {
    let site = Site::start();
    site.serve("/news.xml", Answer::feed(feed(&[entry("1", "One")])));
    let world = World::new("#bare");
    std::fs::remove_file(world.path("vahti.toml")).unwrap();
    let probe = |more: &str| {
        let url = site.url("/news.xml");
        let mut arguments = vec!["probe", "feed", &url];
        arguments.extend(more.split_whitespace());
        let output = world.command(&arguments).env_remove("VAHTI_CONFIG").output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    if std::path::Path::new("/etc/vahti/vahti.toml").exists() {
        return crate::support::skipped("probe_asks_an_address", "vahti is configured here");
    }
    let (code, out, err) = probe("");
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("allow_private_addresses"), "{err}");
    assert_eq!(site.seen("/news.xml").len(), 0);
    let (code, out, _) = probe("--set allow_private_addresses=true");
    assert_eq!((code, lines(&out).len()), (Some(0), 1));
}

#[test]
fn what_cannot_be_read_brings_no_lines() {
    let world = empty();
    world.write("bad.xml", "this is no feed");
    world.write("wire.json", "neither is this");
    for command in ["probe feed bad.xml", "probe feed missing.xml", "probe wire", "probe nwes"] {
        let ran = world.vahti(command);
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{command}");
        assert_ne!(ran.err, "", "{command}");
    }
    let ran = world.vahti_with(&["probe", "feed", "-"], "");
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(world.vahti("probe nwes").err.contains("did you mean `news`?"));
    let misspelt = world.vahti("probe mastodom https://social.example/");
    assert_eq!(misspelt.code, Some(2));
    assert!(misspelt.err.contains("did you mean `mastodon`?"), "{}", misspelt.err);
}
