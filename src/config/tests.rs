//! The configuration as a whole: the folder of mistakes, the samples, and where everything defaults to.

mod keys;

use super::*;
use crate::query::parse_filter;
use keys::KEYS;
use std::fs;
use std::time::Duration;

/// Where nothing is set but what the samples and the mistakes need.
fn around(folder: &Path) -> Surroundings {
    let variables = [("HOME", "/home/maija"), ("SMTP_PASSWORD", "s3cret\n")];
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Surroundings {
        variables: variables.into_iter().map(own).collect(),
        folder: folder.to_owned(),
        ..Surroundings::default()
    }
}

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns one line a problem.
fn lines(problems: &[Problem], before: &str) -> String {
    let line = |problem: &Problem| [before, &problem.to_string(), "\n"].concat();
    problems.iter().map(line).collect()
}

/// What `vahti check` says of `file`, one line a problem.
fn said(folder: &Path, file: &str) -> String {
    let said = match load(Path::new(file), &around(folder)) {
        Ok(loaded) => lines(&loaded.warnings, "warning: "),
        Err(faults) => lines(&faults, ""),
    };
    said.replace(&format!("{}/", folder.display()), "")
}

#[test]
fn every_mistake_is_told_as_written_beside_it() {
    let folder = project().join("tests/mistakes");
    let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
    names.retain(|name| Path::new(name).extension().is_some_and(|end| end == "toml"));
    names.sort();
    assert!(names.len() >= 25, "only {} mistakes", names.len());
    let mut wrong = Vec::new();
    for name in names {
        let expected = fs::read_to_string(folder.join(name.replace(".toml", ".txt")));
        let said = said(&folder, &name);
        if expected.ok().as_ref() != Some(&said) {
            wrong.push(format!("== {name}\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "told otherwise than written:\n{}", wrong.join("\n"));
}

/// Loads `text` from a folder of its own, in which `others` lie as well.
fn loaded_with(text: &str, others: &[(&str, &str)]) -> Result<Loaded, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in others.iter().chain([&("vahti.toml", text)]) {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    load(Path::new("vahti.toml"), &around(folder.path())).map_err(|faults| lines(&faults, ""))
}

#[track_caller]
fn loaded(text: &str) -> Config {
    loaded_with(text, &[]).unwrap().config
}

const LEAST: &str = r#"
brand = [{ name = "Acme", keywords = ["Acme"] }]
source = [{ name = "news", feed.url = "https://news.example/feed.xml" }]
"#;

#[test]
fn the_samples_have_neither_fault_nor_warning() {
    for name in ["vahti.toml", "small.toml", "quickstart.toml"] {
        assert_eq!(said(&project().join("config"), name), "", "{name}");
    }
    let elsewhere = loaded_with(STARTER, &[]).unwrap();
    assert_eq!(elsewhere.warnings, []);
}

/// Each kind that asks an API has a sample, which shows all its keys and can be used as it is.
#[test]
fn every_kind_has_a_sample_that_shows_all_its_keys() {
    let folder = project().join("config/sources");
    let mut wanted: Vec<String> = Vec::new();
    for site in Kind::ALL.into_iter().filter_map(Kind::site) {
        let name = format!("{}.toml", site.kind);
        let text = fs::read_to_string(folder.join(&name)).unwrap_or_default();
        for key in site.keys {
            let is_shown = text.contains(&format!("{}.{}", site.kind, key.name))
                || text.lines().any(|line| {
                    let line = line.trim_start_matches(['#', ' ']);
                    line.starts_with(&format!("{} =", key.name))
                });
            assert!(is_shown, "{name} does not show `{}`", key.name);
        }
        let around = Surroundings { without_secrets: true, ..around(&folder) };
        let loaded = load(Path::new(&name), &around).map_err(|faults| lines(&faults, ""));
        assert!(loaded.is_ok(), "{name}: {}", loaded.unwrap_err());
        wanted.push(name);
    }
    for entry in fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(wanted.contains(&name), "{name} is the sample of no kind");
    }
}

#[test]
fn every_kind_can_be_asked_for() {
    for kind in Kind::ALL {
        assert!(parse_filter(&format!("kind:{kind}")).is_ok(), "{kind}");
        assert_eq!(Kind::named(kind.word()), Some(kind));
    }
}

/// Returns a line of the starter that shows a default, without its `#`.
fn shown(line: &str) -> Option<&str> {
    line.strip_prefix('#').filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
}

#[test]
fn the_defaults_that_the_starter_shows_are_the_defaults() {
    let starter = STARTER.lines();
    assert!(starter.clone().filter_map(shown).count() >= 12);
    let written: Vec<&str> = starter.map(|line| shown(line).unwrap_or(line)).collect();
    let folder = tempfile::tempdir().unwrap();
    let config = |text: &str| {
        fs::write(folder.path().join("vahti.toml"), text).unwrap();
        load(Path::new("vahti.toml"), &around(folder.path())).unwrap().config
    };
    assert_eq!(format!("{:?}", config(&written.join("\n"))), format!("{:?}", config(STARTER)));
}

#[test]
fn the_starter_shows_every_key() {
    for key in KEYS {
        let shown = STARTER.lines().any(|line| {
            let line = line.trim_start_matches(['#', ' ']);
            line.strip_prefix(key)
                .is_some_and(|rest| key.starts_with('[') || rest.starts_with(" ="))
        });
        assert!(shown, "{key}");
    }
}

#[test]
fn posts_are_kept_for_ninety_days_at_most_or_not_at_all() {
    let kept = |words: &str| {
        let loaded = loaded_with(&format!("keep_posts = \"{words}\"\n{LEAST}"), &[]);
        loaded.map(|loaded| loaded.config.keep_posts.num_hours())
    };
    assert_eq!(kept("0"), Ok(0));
    assert_eq!(kept("0d"), Ok(0));
    assert_eq!(kept("12h"), Ok(12));
    assert_eq!(kept("90d"), Ok(90 * 24));
    let fault = kept("91d").unwrap_err();
    assert!(fault.contains(":1:14: keep_posts: ") && fault.contains("90 days at most"), "{fault}");
}

#[test]
fn what_is_left_out_has_its_default() {
    let config = loaded(LEAST);
    assert_eq!(config.zone, Tz::UTC);
    assert_eq!(config.state_dir, Path::new("/home/maija/.local/state/vahti"));
    assert_eq!(config.control, Path::new("/home/maija/.local/state/vahti/vahti.sock"));
    assert_eq!(config.follow_up_days, 10);
    assert_eq!(config.keep_posts, TimeDelta::days(7));
    assert_eq!(config.quiet_after, Some(TimeDelta::days(90)));
    assert_eq!(loaded(&format!("desk.quiet_after = \"0d\"\n{LEAST}")).quiet_after, None);
    assert_eq!(config.http, fetch::Settings::default());
    assert!(config.mail.is_none() && config.alerts.is_empty());
    assert_eq!(config.operator, None);
    assert_eq!(config.judge, Judge::default());
}

#[test]
fn the_zone_of_the_machine_is_taken_where_none_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let read = |text: &str| {
        fs::write(folder.path().join("vahti.toml"), text).unwrap();
        let around = Surroundings { zone: Some(Tz::Asia__Tokyo), ..around(folder.path()) };
        load(Path::new("vahti.toml"), &around).unwrap().config.zone
    };
    assert_eq!(read(LEAST), Tz::Asia__Tokyo);
    assert_eq!(read(&format!("timezone = \"Europe/Istanbul\"\n{LEAST}")), Tz::Europe__Istanbul);
}

const FULL: &str = r#"
timezone = "Europe/Helsinki"
state_dir = "state"
control = "/run/x.sock"
http = { contact = "https://acme.example/bot", per_host = 2, pause = "3s", timeout = "9s" }
tickets.follow_up = "14d"
mail.from = "Vahti <alerts@acme.example>"
mail.outbox_dir = "outbox"

[[brand]]
name = "Acme"
keywords = ["Acme", "\"Acme Pay\""]
exclude = ["klein"]
own = ["acme.example", "@acme"]
languages = ["fi", "tr"]
tickets = "all"

[[source]]
name = "news"
feed.url = "https://news.example/feed.xml"
schedule = "15m"
brands = ["Acme"]
allow_private_addresses = ["127.0.0.1/32"]

[[alert]]
name = "care"
to = ["care@acme.example"]
frequency = "weekly"
at = "07:30"
filter = "sentiment:negative"
language = "fi"
empty = true
how_many = "best"
timezone = "Europe/Istanbul"
quiet_hours = "22:00-07:00"
business_days = true

[[alert]]
name = "now"
to = ["care@acme.example"]
frequency = "as-it-happens"
cooldown = "30m"

[desk]
holidays = ["fi"]

[operator]
to = ["ops@acme.example", "OPS@acme.example", "Maija <maija@acme.example>"]
"#;

#[test]
fn settings_that_are_written_arrive() {
    let config = loaded(FULL);
    assert_eq!(config.zone, Tz::Europe__Helsinki);
    assert!(config.state_dir.is_absolute() && config.state_dir.ends_with("state"));
    assert_eq!(config.control, Path::new("/run/x.sock"));
    assert_eq!(config.http.contact.as_deref(), Some("https://acme.example/bot"));
    assert_eq!((config.http.per_host, config.http.pause.as_secs()), (2, 3));
    assert_eq!(config.http.timeout.as_secs(), 9);
    assert_eq!(config.follow_up_days, 14);
    let mail = config.mail.unwrap();
    assert_eq!(mail.from, "Vahti <alerts@acme.example>");
    assert!(matches!(mail.by, MailBy::Folder(path) if path.ends_with("outbox")));
}

#[test]
fn tables_that_are_written_arrive() {
    let config = loaded(FULL);
    let brand = &config.brands[0];
    assert_eq!((brand.keywords.len(), brand.exclude.len(), brand.own.len()), (2, 1, 2));
    assert_eq!(brand.keywords[1].written, "\"Acme Pay\"");
    assert_eq!(brand.languages, ["fi", "tr"].map(|code| code.parse().unwrap()));
    assert_eq!(brand.tickets, Some(TicketPolicy::All));
    let source = &config.sources[0];
    assert_eq!(source.schedule, "15m".parse().ok());
    assert_eq!(source.brands, [BrandName("Acme".into())]);
    let own = source.allow_private.as_ref();
    assert!(matches!(own, Some(Allowed::Networks(networks)) if networks.len() == 1));
    let alert = &config.alerts[0];
    let at = chrono::NaiveTime::from_hms_opt(7, 30, 0).unwrap();
    let monday = Schedule::weekly_at(chrono::Weekday::Mon, at);
    assert_eq!(alert.frequency, crate::alert::Frequency::Periodic(monday));
    assert_eq!((alert.to.join(" "), alert.language.code()), ("care@acme.example".into(), "fi"));
    assert_ne!(*alert.filter.query(), Query::All);
    assert!(alert.empty);
    assert_eq!(alert.how_many, crate::alert::HowMany::Best(10));
    assert_eq!(alert.pace.zone, chrono_tz::Europe::Istanbul);
    let hours = alert.pace.hours.as_ref().unwrap();
    let at = |time: &str| time.parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    // Friday evening, before Monday 7 December; the day before is Finland's.
    assert_eq!(hours.open_from(at("2026-12-04T19:00:00Z")), at("2026-12-07T04:00:00Z"));
    assert_eq!(hours.open_from(at("2026-12-24T21:00:00Z")), at("2026-12-28T04:00:00Z"));
    let (zone, pace) = (chrono_tz::Europe::Helsinki, &config.alerts[1].pace);
    let cooldown = TimeDelta::minutes(30);
    assert_eq!(*pace, crate::alert::Pace { zone, hours: None, cooldown });
    let operator = config.operator.as_ref().unwrap();
    assert_eq!(operator.to, ["ops@acme.example", "Maija <maija@acme.example>"]);
}

#[test]
fn a_key_may_be_written_in_every_way_that_toml_knows() {
    let dotted = loaded(&format!("http.per_host = 3\nhttp.pause = \"2s\"\n{LEAST}"));
    let inline = loaded(&format!("http = {{ per_host = 3, pause = \"2s\" }}\n{LEAST}"));
    let table = loaded(&format!("{LEAST}\n[http]\nper_host = 3\npause = '2s'\n"));
    assert_eq!((dotted.http.per_host, &dotted.http), (3, &inline.http));
    assert_eq!(dotted.http, table.http);
}

#[test]
fn included_files_add_up_and_read_paths_from_where_they_stand() {
    let feed = "<rss><channel></channel></rss>";
    let saved = |name: &str| format!("[[source]]\nname = \"{name}\"\nfeed.url = \"saved.xml\"\n");
    let main = format!("include = [\"sources.d/*.toml\", \"sources.d/a.toml\"]\n{LEAST}");
    let config = loaded_with(
        &main,
        &[
            ("sources.d/b.toml", &saved("b")),
            (
                "sources.d/a.toml",
                &format!("include = [\"deep/*.toml\", \"../vahti.toml\"]\n{}", saved("a")),
            ),
            ("sources.d/deep/c.toml", &saved("c")),
            ("sources.d/saved.xml", feed),
            ("sources.d/deep/saved.xml", feed),
        ],
    )
    .unwrap()
    .config;
    let names: Vec<&str> = config.sources.iter().map(|source| source.name.0.as_str()).collect();
    assert_eq!(names, ["news", "a", "b", "c"]);
    let Place::Feed(Location::File(path)) = &config.sources[3].place else { panic!("no file") };
    assert!(path.ends_with("sources.d/deep/saved.xml"), "{path:?}");
}

const SMTP: &str = r#"
[mail]
from = "alerts@acme.example"
smtp.url = "smtp://localhost"
smtp.tls = "none"
smtp.username = "vahti"
"#;

#[track_caller]
fn check_secret(written: &str, others: &[(&str, &str)], expected: &str) {
    use secrecy::ExposeSecret;
    let text = format!("{LEAST}{SMTP}smtp.password = {written}\n");
    let config = loaded_with(&text, others).unwrap().config;
    let Some(Mail { by: MailBy::Smtp(smtp), .. }) = &config.mail else { panic!("no smtp") };
    assert_eq!(smtp.password.as_ref().unwrap().expose_secret(), expected);
    assert!(!format!("{config:?}").contains(expected));
}

#[test]
fn a_secret_comes_from_where_it_is_said_to_and_is_never_shown() {
    check_secret("{ env = \"SMTP_PASSWORD\" }", &[], "s3cret");
    check_secret("{ file = \"s/password\" }", &[("s/password", "h1dden\r\n")], "h1dden");
    check_secret("{ file = \"password\" }", &[("password", " h1dden\n\n")], " h1dden\n");
    check_secret("\"pl4in\"", &[], "pl4in");
}

#[test]
fn a_secret_that_systemd_gives_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vahti.toml");
    fs::write(folder.path().join("smtp-password"), "h1dden").unwrap();
    fs::write(&file, format!("{LEAST}{SMTP}smtp.password = {{ credential = \"smtp-password\" }}"))
        .unwrap();
    let mut around = around(folder.path());
    let given = folder.path().display().to_string();
    around.variables.insert("CREDENTIALS_DIRECTORY".into(), given);
    assert!(load(&file, &around).is_ok());
    fs::write(&file, format!("{LEAST}{SMTP}smtp.password = {{ credential = \"../x\" }}")).unwrap();
    assert!(load(&file, &around).unwrap_err()[0].message.contains("no path"));
}

#[test]
fn who_only_asks_needs_no_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "smtp.password = { credential = \"smtp-password\" }";
    fs::write(folder.path().join("vahti.toml"), format!("{LEAST}{SMTP}{secret}")).unwrap();
    let around = Surroundings { without_secrets: true, ..around(folder.path()) };
    assert!(load(Path::new("vahti.toml"), &around).is_ok());
}

#[test]
fn a_secret_that_others_can_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vahti.toml");
    fs::write(&file, format!("{LEAST}{SMTP}smtp.password = \"pl4in\"")).unwrap();
    for (mode, warned) in [(0o600, 0), (0o640, 1), (0o604, 1)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let warnings = load(&file, &around(folder.path())).unwrap().warnings;
        assert_eq!(warnings.len(), warned, "{mode:o}");
        assert!(!format!("{warnings:?}").contains("pl4in"));
    }
}

#[test]
fn a_file_that_cannot_be_read_is_one_fault() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("vahti.toml"), LEAST).unwrap();
    fs::write(folder.path().join("latin.toml"), b"a = 1\nname = \"\xe4\"").unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    let missing = "vahit.toml: cannot be read: there is no such file; did you mean `vahti.toml`?\n";
    assert_eq!(said(folder.path(), "vahit.toml"), missing);
    assert_eq!(said(folder.path(), "latin.toml"), "latin.toml:2:9: this is no text in UTF-8\n");
    assert_eq!(said(folder.path(), "folder"), "folder: cannot be read: it is a folder\n");
}

#[test]
fn columns_count_characters_and_not_bytes() {
    let faults =
        loaded_with(&format!("{LEAST}[mail]\n\"äö\" = 1\nfrom = \"ä@ö@\" # ö\n"), &[]).unwrap_err();
    let faults: Vec<&str> = faults.lines().collect();
    assert!(faults[0].starts_with("vahti.toml:4:1: mail: mail has no way out"), "{faults:?}");
    assert!(faults[1].starts_with("vahti.toml:5:1: mail.\"äö\": unknown key"), "{faults:?}");
    let keyword = "brand = [{ name = \"ääää\", keywords = [\"\\u00e4ä \\\"x\\\" (\"] }]";
    let faults = loaded_with(keyword, &[]).unwrap_err();
    assert!(faults.contains("vahti.toml:1:55: brand[0].keywords[0]"), "{faults}");
}

#[test]
fn a_socket_whose_path_is_too_long_is_warned_of() {
    let long = format!("state_dir = \"/srv/{}\"\n{LEAST}", "x".repeat(100));
    let warnings = loaded_with(&long, &[]).unwrap().warnings;
    assert!(warnings[0].message.contains("107 bytes"), "{warnings:?}");
    let named = format!("control = \"/srv/{}\"\n{LEAST}", "x".repeat(103));
    assert!(loaded_with(&named, &[]).unwrap_err().contains("control: the path of a socket"));
}

#[test]
fn ten_thousand_sources_are_read_in_no_time() {
    let source =
        |n: usize| format!("[[source]]\nname = \"s{n}\"\nfeed.url = \"https://h{n}.example/\"\n");
    let many: String = (0..10_000).map(source).collect();
    let started = std::time::Instant::now();
    let config = loaded(&format!("[[brand]]\nname = \"Acme\"\nkeywords = [\"Acme\"]\n{many}"));
    assert_eq!(config.sources.len(), 10_000);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

mod always {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn any_text_is_read_without_panic_and_every_fault_lies_in_it(
            text in "(\\[\\[?(brand|source|mail|alert|http)\\]\\]?\n|(name|keywords|feed|url|smtp|to|at|filter|ä)( = |\\.)?|\"[a-zä\\\\ \"(]{0,4}\"?|[\\[\\]{},='#1-3\n ]){0,25}",
        ) {
            if let Err(faults) = loaded_with(&text, &[]) {
                for line in faults.lines() {
                    let place: Vec<usize> = line.split(':').skip(1).take(2).map(|n| n.parse().unwrap()).collect();
                    let there = text.split('\n').nth(place[0] - 1).unwrap_or_default();
                    prop_assert!(place[1] <= there.chars().count() + 1, "{line}\n{text:?}");
                }
            }
        }
    }
}
