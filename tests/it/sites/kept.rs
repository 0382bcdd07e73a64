//! That secrets stay where they belong: in no output, in no log with everything in it, in nothing that is
//! stored.

use crate::support::World;
use std::path::{Path, PathBuf};

/// Runs what shows anything of a source, and looks for `secrets` in all of it and in what is stored.
#[track_caller]
pub(super) fn keeps(world: &World, secrets: &[&str]) {
    let shown = [
        "-vv run --once",
        "-vv poll",
        "-vv check",
        "-vv check --probe",
        "status",
        "status --format json",
        "mentions --limit 0 --copies --format json",
        "tickets --status all --limit 0 --format json",
    ];
    for command in shown {
        let ran = world.vahti(command);
        for secret in secrets {
            assert!(!ran.out.contains(secret), "`{command}` shows {secret}: {}", ran.out);
            assert!(!ran.err.contains(secret), "`{command}` logs {secret}: {}", ran.err);
        }
    }
    let mut files = Vec::new();
    below(&world.path("state"), &mut files);
    assert!(!files.is_empty(), "something is stored");
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        for secret in secrets {
            let is_there = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!is_there, "{} holds {secret}", file.display());
        }
    }
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(&path, files);
        } else if path.is_file() {
            files.push(path);
        }
    }
}

/// Expects that the sample configuration of a kind is fine where its secrets are there.
#[track_caller]
pub(super) fn sample_is_fine(kind: &str, secrets: &[(&str, &str)], files: &[(&str, &str)]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/sources");
    let sample = std::fs::read_to_string(folder.join(format!("{kind}.toml"))).unwrap();
    let world = World::new(&sample);
    for (name, text) in files {
        world.write(name, text);
    }
    let ran = world.command(&["check"]).envs(secrets.iter().copied()).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success() && err.is_empty(), "{out}{err}");
    assert!(out.contains("is fine") && out.contains(" needs "), "{out}");
}
