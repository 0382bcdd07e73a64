//! Exit codes, help, and what this version has not.

use super::{empty, seeded};
use crate::support::World;

#[test]
fn commands_of_later_versions_say_so() {
    let world = empty();
    for command in [
        "export",
        "backup file",
        "restore file",
        "forget --author x",
        "store move",
        "fsck --repair",
    ] {
        let ran = world.vahti(command);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{command}: {}", ran.err);
        let name = command.split(' ').next().unwrap();
        let said = ran.err.lines().next().unwrap();
        assert!(said.contains("not in this version") && said.contains(name), "{command}: {said}");
    }
    assert!(!world.path("state").exists());
}

#[test]
fn wrong_usage_exits_with_two() {
    let world = seeded();
    for command in [
        "",
        "mention",
        "mentions --sentiment odd",
        "mentions --limit many",
        "mentions --bogus",
        "mentions --bogus=1",
        "tickets --bogus",
        "mentions one two",
        "status --format html",
        "alert care subscribe",
        "alert care preview --format csv",
        "outbox retry",
        "outbox retry x",
        "judge",
        "judge --evaluate file.tsv marks",
        "judge marks --tsv --words",
        "judge marks --tsv undo 1",
        "judge marks undo",
        "judge marks undo x",
        "probe",
        "probe nokind news.xml",
        "probe feed news.xml --set colour=red",
        "probe feed news.xml --set url",
        "completions klingon",
        "run --log xml",
        "explain --exclude x text",
    ] {
        let ran = world.vahti(command);
        assert_eq!(ran.code, Some(2), "{command}: {} {}", ran.out, ran.err);
        assert_eq!(ran.out, "", "{command}");
        assert_ne!(ran.err, "", "{command}");
    }
    let near = world.vahti("mentoins");
    assert_eq!(near.code, Some(2));
    assert!(near.err.contains("`vahti mentions`"), "{}", near.err);
}

#[test]
fn what_makes_no_sense_fails_and_points_at_it() {
    let world = seeded();
    let daemon = world.daemon();
    let running = ask(&world);
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(ask(&world), running, "the same words with and without a daemon");
    assert!(running[0].contains('^'), "{}", running[0]);
    assert!(running[1].contains("yesterdayish"), "{}", running[1]);
    assert!(running[2].contains("answered"), "{}", running[2]);
}

/// Asks what is faulty, and returns what is said of it.
fn ask(world: &World) -> Vec<String> {
    let faulty: [&[&str]; 3] = [
        &["mentions", "acme ("],
        &["mentions", "--since", "yesterdayish"],
        &["tickets", "--status", "odd"],
    ];
    let said = faulty.iter().map(|arguments| {
        let ran = world.vahti_with(arguments, "");
        assert!(matches!(ran.code, Some(1 | 2)), "{arguments:?}");
        assert_eq!(ran.out, "", "{arguments:?}");
        ran.err
    });
    said.collect()
}

#[test]
fn help_completions_and_manual_name_every_command() {
    let world = empty();
    let help = world.vahti("--help").ok();
    let bash = world.vahti("completions bash").ok();
    let manual = world.vahti("man").ok();
    let commands = [
        "init",
        "check",
        "run",
        "poll",
        "status",
        "mentions",
        "mention",
        "tickets",
        "ticket",
        "alert",
        "outbox",
        "explain",
        "probe",
        "import",
        "judge",
        "fsck",
        "completions",
        "man",
    ];
    for command in commands {
        assert!(help.contains(&format!("\n  {command} ")), "help lacks {command}: {help}");
        assert!(bash.contains(command), "completions lack {command}");
        assert!(manual.contains(command), "the manual lacks {command}");
        world.vahti(&format!("{command} --help")).ok();
    }
    assert!(bash.contains("complete -F _vahti"), "{bash}");
    assert!(manual.starts_with(".ie") || manual.starts_with(".TH"), "{manual}");
    assert!(world.vahti("--version").ok().starts_with("vahti "));
    for shell in ["zsh", "fish"] {
        assert_ne!(world.vahti(&format!("completions {shell}")).ok(), "");
    }
}

#[test]
fn without_a_configuration_a_command_says_where_it_looked() {
    let world = empty();
    let ran = world.vahti("--config nowhere.toml mentions");
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("nowhere.toml"), "{}", ran.err);
    let output = world.command(&["mentions"]).env_remove("VAHTI_CONFIG").output().unwrap();
    // A machine with vahti installed has a configuration of its own.
    if !std::path::Path::new("/etc/vahti/vahti.toml").exists() {
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("vahti init"), "{said}");
    }
}
