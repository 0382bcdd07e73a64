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
        assert_eq!(loaded.config.channels.len(), 1, "{name}");
        assert!(loaded.config.channels[0].tickets.is_some(), "{name}");
        found.push(name.trim_end_matches(".toml").to_owned());
    }
    found.sort();
    let mut kinds: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
    kinds.sort_unstable();
    assert_eq!(found, kinds);
}
