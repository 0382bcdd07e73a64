//! `mention ID mark` corrects the judge, and `judge --evaluate` says how often it is right.

use super::{both_ways, mention, seeded};
use crate::support::{Entry, World, entry, feed};
use serde_json::Value;

/// What the judge takes for no complaint, and the like of it.
const HUMS: &str = "The blue kettle from Acme hums in the key of D";
const LIKE: &str = "my Acme kettle hums too, in the key of E, and it is blue";
const ELSE: &str = "Acme publishes its quarterly results on Thursday";

/// Lets the feed hold these entries, and polls it.
fn bring(world: &World, entries: &[Entry]) {
    world.write("news.xml", &feed(entries));
    world.vahti("poll news").ok();
}

#[track_caller]
fn id(world: &World, words: &str) -> String {
    mention(world, words)["id"].as_str().unwrap().to_owned()
}

/// The judgement of a text that the feed brings now.
fn judged(world: &World, nth: &str, text: &str) -> Value {
    let link = format!("https://news.example/{nth}");
    bring(world, &[entry(nth, text)]);
    let all = world.vahti("mentions --copies --limit 0 --format json").json();
    let found = all.as_array().unwrap().iter().find(|one| one["url"] == link.as_str());
    found.unwrap_or_else(|| panic!("{all}")).clone()
}

fn score(mention: &Value) -> f64 {
    mention["sentiment"]["score"].as_f64().unwrap()
}

fn why(mention: &Value) -> String {
    mention["why"].to_string()
}

#[test]
fn a_mark_moves_what_is_like_it_and_undoing_it_moves_it_back() {
    both_ways(|world| {
        let [first, like, other] =
            [("a1", HUMS), ("b1", LIKE), ("c1", ELSE)].map(|(nth, text)| judged(world, nth, text));
        assert_ne!(first["sentiment"]["label"], "negative", "{first}");
        let marked = first["id"].as_str().unwrap();
        world.vahti(&format!("mention {marked} mark negative")).ok();

        let again = judged(world, "a2", HUMS);
        assert_eq!(again["sentiment"]["label"], "negative", "{again}");
        assert!(again["ticket"].is_u64(), "{again}");
        assert!(why(&again).contains("moved by marks: people marked the same words negative"));
        let moved = judged(world, "b2", LIKE);
        assert!(score(&moved) < score(&like), "{moved} {like}");
        assert!(why(&moved).contains("moved by marks: negative +"), "{moved}");
        let still = judged(world, "c2", ELSE);
        assert_eq!((&still["sentiment"], &still["why"]), (&other["sentiment"], &other["why"]));
        let explained = world.vahti_with(&["explain", LIKE, "--format", "json"], "").json();
        assert!(why(&explained).contains("moved by marks: "), "{explained}");

        world.vahti("judge marks undo 1").ok();
        let back = judged(world, "b3", LIKE);
        assert_eq!((&back["sentiment"], &back["why"]), (&like["sentiment"], &like["why"]));
        let back = judged(world, "a3", HUMS);
        assert_eq!(back["sentiment"], first["sentiment"]);
        assert_eq!(back["story"], first["id"], "the same words are one story, with one ticket");
    });
}

#[test]
fn a_file_of_labelled_texts_is_evaluated_before_and_after_marks() {
    both_ways(|world| {
        let file = format!(
            "text\tlabel\tlang\tbrand\n{HUMS}\tneg\ten\tAcme\n{ELSE}\tneu\ten\tAcme\n\
             Acme on surkea, tilaus ei saapunut\tnegative\tfi\tAcme\nrocket\tnoise\ten\tAcme\n"
        );
        world.write("labelled.tsv", &file);
        let path = world.path("labelled.tsv");
        let evaluate = |format: &str| {
            let arguments = ["judge", "--evaluate", path.to_str().unwrap(), "--format", format];
            world.vahti_with(&arguments, "")
        };
        let row = |scores: &Value, language: &str, judge: &str| {
            let all = scores.as_array().unwrap().iter();
            all.clone().find(|one| one["language"] == language && one["judge"] == judge).cloned()
        };
        let before = evaluate("json").json();
        assert_eq!(row(&before, "all", "marks"), None);
        let base = row(&before, "all", "base").unwrap();
        assert_eq!((&base["lines"], &base["recall"]), (&3.into(), &0.5.into()), "{base}");
        assert_eq!(base["confusion"]["neutral"]["neutral"], 1);
        assert_eq!(row(&before, "fi", "base").unwrap()["f1"], 1.0);

        bring(world, &[entry("a1", HUMS)]);
        world.vahti(&format!("mention {} mark negative", id(world, HUMS))).ok();
        let ran = evaluate("json");
        assert!(ran.err.contains("1 line labelled noise"), "{}", ran.err);
        let scores = ran.json();
        assert_eq!(row(&scores, "all", "base").unwrap(), base);
        let after = row(&scores, "all", "marks").unwrap();
        assert_eq!((&after["marks"], &after["precision"]), (&1.into(), &1.0.into()), "{after}");
        let table = evaluate("table").ok();
        assert!(table.contains("with 1 mark") && table.contains("is negative"), "{table}");
        assert!(evaluate("csv").ok().starts_with("language,judge,marks,lines,precision"));
    });
}

#[test]
fn the_marks_are_evaluated_each_as_if_it_had_not_been_made() {
    both_ways(|world| {
        let none = world.vahti("judge --evaluate").ok();
        assert!(none.contains("`vahti mention ID mark"), "{none}");
        assert_eq!(world.vahti("judge --evaluate --format json").json(), Value::Array(Vec::new()));
        bring(world, &[entry("a1", HUMS), entry("c1", ELSE)]);
        world.vahti(&format!("mention {} mark negative", id(world, HUMS))).ok();
        world.vahti(&format!("mention {} mark neutral", id(world, ELSE))).ok();
        world.vahti(&format!("mention {} mark noise", id(world, "wonderful"))).ok();
        let scores = world.vahti("judge --evaluate --format json").json();
        let all = scores.as_array().unwrap().iter();
        let all: Vec<&Value> = all.filter(|one| one["language"] == "all").collect();
        assert_eq!(
            (all[0]["judge"].as_str(), all[1]["judge"].as_str()),
            (Some("base"), Some("marks"))
        );
        for one in all {
            let found = (&one["lines"], &one["confusion"]["negative"]["negative"]);
            assert_eq!(found, (&2.into(), &0.into()), "no mark tells of itself: {one}");
        }
    });
}

#[test]
fn marks_are_written_as_labelled_texts() {
    let world = seeded();
    bring(&world, &[entry("a1", HUMS)]);
    world.vahti(&format!("mention {} mark negative", id(&world, HUMS))).ok();
    world.vahti(&format!("mention {} mark noise", id(&world, "wonderful"))).ok();
    let file = world.vahti("judge marks --tsv").ok();
    let lines: Vec<&str> = file.lines().collect();
    assert_eq!(lines[0], "label\tlanguage\tbrand\ttarget\trating\tat\ttitle\ttext");
    assert!(
        lines[1].starts_with("noise\t")
            && lines[1].ends_with(" =HYPERLINK(\"http://evil.example\")"),
        "{file}"
    );
    assert!(
        lines[2].starts_with("negative\ten\tAcme\tAcme\t\t20") && lines[2].contains(HUMS),
        "{file}"
    );
    world.write("marks.tsv", &file);
    let path = world.path("marks.tsv");
    let arguments = ["judge", "--evaluate", path.to_str().unwrap(), "--format", "json"];
    let ran = world.vahti_with(&arguments, "");
    assert!(ran.err.contains("known by heart"), "{}", ran.err);
    let scores = ran.json();
    let after = scores.as_array().unwrap().iter().find(|one| one["judge"] == "marks").unwrap();
    assert_eq!(after["recall"], 1.0, "what was marked is judged so: {after}");
    let marks = world.vahti("judge marks --format json").json();
    assert_eq!(marks[0]["text"], "=HYPERLINK(\"http://evil.example\")");
    assert_eq!((&marks[1]["title"], &marks[1]["language"]), (&HUMS.into(), &"en".into()));
}

#[test]
fn a_faulty_file_is_named_with_line_and_column() {
    let world = seeded();
    let check = |file: &[u8], expected: &[&str]| {
        std::fs::write(world.path("faulty.tsv"), file).unwrap();
        let path = world.path("faulty.tsv");
        let ran = world.vahti_with(&["judge", "--evaluate", path.to_str().unwrap()], "");
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
        for words in expected {
            assert!(ran.err.contains(words), "{}", ran.err);
        }
    };
    check(b"text\nAcme\n", &["faulty.tsv, line 1: there is no column `label`", "with tabs"]);
    check(
        b"label\ttext\nneg\tAcme\nangry\tAcme\n",
        &["line 3: column 1 (`label`): `angry` is no label", "negative, neutral, positive"],
    );
    check(b"label\ttext\nneg\t\xff\n", &["line 2: this is no UTF-8"]);
    let ran = world.vahti("judge --evaluate nosuch.tsv");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("cannot read nosuch.tsv"), "{}", ran.err);
}
