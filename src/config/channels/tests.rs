//! Each kind of a channel has a sample that can be used as it is.

use super::*;
use crate::config::load;
use std::path::Path;

const LEAST: &str = r#"
brand = [{ name = "Acme", keywords = ["Acme"] }]
source = [{ name = "news", feed.url = "https://news.example/feed.xml" }]
"#;

#[test]
fn every_kind_has_a_sample() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/channels");
    let mut found: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(&samples).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let text = std::fs::read_to_string(samples.join(&name)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("vahti.toml"), format!("{LEAST}{text}")).unwrap();
        let around = Surroundings {
            variables: [("HOME".to_owned(), "/home/maija".to_owned())].into(),
            folder: folder.path().to_owned(),
            without_secrets: true,
            ..Surroundings::default()
        };
        let loaded = load(Path::new("vahti.toml"), &around).unwrap();
        assert_eq!(loaded.warnings, [], "{name}");
        let (config, kind) = (loaded.config, name.trim_end_matches(".toml"));
        assert_eq!(config.rooms.len(), usize::from(ROOMS.contains(&kind)), "{name}");
        assert_eq!(config.channels.len(), usize::from(!is_room_only(kind)), "{name}");
        assert!(config.channels.iter().all(|channel| channel.tickets.is_some()), "{name}");
        // What is told alerts alone is named by one.
        let names: Vec<String> = config.rooms.iter().map(|room| room.name.clone()).collect();
        let is_named = config.alerts.iter().any(|alert| alert.to == names);
        assert!(is_named || !is_room_only(kind), "{name}");
        found.push(name.trim_end_matches(".toml").to_owned());
    }
    found.sort();
    let mut kinds: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
    kinds.sort_unstable();
    assert_eq!(found, kinds);
}

/// Reads a channel that an alert names, and returns it.
fn room(text: &str) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let alert = "[[alert]]\nname = \"team\"\nto = [\"team\"]\n[[channel]]\nname = \"team\"\n";
    std::fs::write(folder.path().join("vahti.toml"), format!("{LEAST}{alert}{text}")).unwrap();
    let around = Surroundings {
        variables: [("HOME".to_owned(), "/home/maija".to_owned())].into(),
        folder: folder.path().to_owned(),
        ..Surroundings::default()
    };
    load(Path::new("vahti.toml"), &around).unwrap().config.rooms[0].place.clone()
}

#[test]
fn what_a_room_is_told_by_is_never_shown() {
    for (text, secrets) in [
        ("slack.url = \"https://hooks.slack.com/services/T0/B0/s3cret\"", vec!["s3cret"]),
        ("teams.url = \"https://x.logic.azure.com/w?sig=s3cret\"", vec!["s3cret"]),
        ("discord.url = \"https://discord.com/api/webhooks/1/s3cret\"", vec!["s3cret"]),
        (
            "ntfy.url = \"https://ntfy.sh\"\nntfy.topic = \"t0pic\"\nntfy.token = \"tk_s3cret\"",
            vec!["t0pic", "s3cret"],
        ),
        (
            "matrix.url = \"https://m.example\"\nmatrix.token = \"s3cret\"\nmatrix.room = \"!r:m.example\"",
            vec!["s3cret"],
        ),
    ] {
        let place = room(text);
        let shown = format!("{place:?}");
        assert!(secrets.iter().all(|secret| !shown.contains(secret)), "{shown}");
        assert!(place.url().is_some());
    }
    let exec = room("exec.command = [\"hooks/on-alert\", \"-v\"]");
    assert!(exec.url().is_none() && format!("{exec:?}").contains("hooks/on-alert"), "{exec:?}");
}
