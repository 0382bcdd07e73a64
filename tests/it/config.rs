//! Every sample configuration loads, and the quickstart does what the README says.

use crate::support::World;
use std::path::{Path, PathBuf};

fn samples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|known| known == "toml")).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn every_sample_loads() {
    let samples = samples();
    assert!(samples.len() >= 3, "{samples:?}");
    let world = World::new("#bare");
    for sample in samples {
        let output = world
            .command(&["check", "--config", sample.to_str().unwrap()])
            .env("SMTP_PASSWORD", "secret")
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{}: {said}", sample.display());
    }
}

#[test]
fn a_secret_that_is_missing_is_a_fault() {
    let world = World::new("#bare");
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/small.toml");
    let ran = world.vahti(&format!("check --config {}", small.display()));
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("SMTP_PASSWORD"), "{}", ran.err);
}

/// Returns a folder with a fresh copy of `config/`, without what an earlier run left there.
fn quickstart() -> World {
    let world = World::new("#bare");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config"), &world.path("config"));
    drop(std::fs::remove_dir_all(world.path("config/quickstart")));
    world
}

#[test]
fn the_quickstart_tells_a_newcomer_what_it_did() {
    let world = quickstart();
    let first = world.vahti("run --once --config config/quickstart.toml").ok();
    for part in [
        "Polled 3 sources.",
        "google-alerts",
        "news",
        "forum",
        " found, ",
        " opened.",
        "The digest is in ",
        "Tickets that were opened, most urgent first, and why:",
        "negative mention of Acme",
        "vahti ticket ID",
    ] {
        assert!(first.contains(part), "{part}: {first}");
    }
    assert!(!first.contains("Could not"), "{first}");
    let files: Vec<_> = std::fs::read_dir(world.path("config/quickstart/outbox"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 3, "{files:?}");
    for file in &files {
        let stem = file.with_extension("");
        assert!(first.contains(stem.to_str().unwrap()), "{}: {first}", stem.display());
    }

    let second = world.vahti("run --once --config config/quickstart.toml").ok();
    assert!(second.contains("Polled 3 sources."), "{second}");
    assert!(second.contains("0 new mentions found, 0 new tickets opened."), "{second}");
    assert!(!second.contains("The digest is in"), "{second}");
    let after = std::fs::read_dir(world.path("config/quickstart/outbox")).unwrap().count();
    assert_eq!(after, 3);
}

#[test]
fn the_quickstart_finds_all_three_languages_and_nothing_twice() {
    let world = quickstart();
    let run = "run --once --config config/quickstart.toml --format json";
    let first = world.vahti(run).json();
    assert_eq!(first["polled"], 3);
    assert_eq!(first["skipped"], 0);
    assert_eq!(first["notices"]["sent"], 1);
    assert!(first["mentions"].as_u64() >= Some(5), "{first}");
    assert!(first["tickets"].as_u64() >= Some(3), "{first}");
    let second = world.vahti(run).json();
    for nothing in ["mentions", "tickets", "skipped"] {
        assert_eq!(second[nothing], 0, "{nothing}: {second}");
    }
    assert_eq!(second["notices"]["sent"], 0);

    let mentions = world
        .vahti("mentions --config config/quickstart.toml --limit 0 --copies --format json")
        .json();
    let mentions = mentions.as_array().unwrap();
    assert_eq!(mentions.len() as u64, first["mentions"].as_u64().unwrap());
    for language in ["fi", "tr", "en"] {
        let of_it = mentions.iter().filter(|mention| mention["language"] == language);
        assert!(
            of_it.filter(|mention| mention["sentiment"]["label"] == "negative").count() > 0,
            "no complaint in {language}"
        );
    }
    // Google Alerts entries are unwrapped and freed of markup.
    for mention in mentions {
        let text = mention.to_string();
        assert!(!text.contains("google.com/url"), "{text}");
        assert!(!text.contains("<b>"), "{text}");
    }
}
