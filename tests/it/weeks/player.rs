//! Plays a week of the desk from its file, and writes down what people see.

use crate::support::{Answer, Entry, Site, World, entry, faketime, feed, skipped};
use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Europe::Helsinki;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/weeks/");
const FEEDS: [&str; 2] = ["lehti", "gazette"];

/// The desk, and what was seen of it.
pub(super) struct Desk {
    world: World,
    site: Site,
    clock: PathBuf,
    now: DateTime<Utc>,
    feeds: BTreeMap<String, Vec<Entry>>,
    /// Files of mail that were seen.
    read: Vec<PathBuf>,
    /// To whom and what, one for each mail.
    pub(super) mails: Vec<(String, String)>,
    seen: String,
    /// What was otherwise than it must be, all of it: one mistake brings others.
    pub(super) wrong: Vec<String>,
}

impl Desk {
    /// Opens the desk, unless this machine cannot give a program another clock.
    pub(super) fn open(test: &str) -> Option<Self> {
        let Some(clock) = faketime() else {
            skipped(test, "no libfaketime: install the Debian package faketime");
            return None;
        };
        let site = Site::start();
        let mut config = std::fs::read_to_string(format!("{FOLDER}desk.toml")).unwrap();
        for name in FEEDS {
            let path = format!("/{name}.xml");
            site.serve(&path, Answer::feed(feed(&[])));
            write!(config, "\n[[source]]\nname = \"{name}\"\nfeed.url = \"{}\"\n", site.url(&path))
                .unwrap();
        }
        Some(Self {
            world: World::new(&config),
            site,
            clock,
            now: DateTime::default(),
            feeds: BTreeMap::new(),
            read: Vec::new(),
            mails: Vec::new(),
            seen: String::new(),
            wrong: Vec::new(),
        })
    }

    /// Plays one week and returns what was seen.
    pub(super) fn play(&mut self, week: usize) -> String {
        let script = std::fs::read_to_string(format!("{FOLDER}week-{week}.txt")).unwrap();
        let mut day = NaiveDate::default();
        for (number, line) in script.lines().enumerate() {
            let at = format!("week-{week}.txt:{}: {line}", number + 1);
            if let Some(date) = line.strip_prefix("== ") {
                day = date.parse().unwrap_or_else(|error| panic!("{at}: {error}"));
                write!(self.seen, "\n======== {}\n", day.format("%A %-d %B %Y")).unwrap();
            } else if let Some(wanted) = line.trim().strip_prefix("want ") {
                self.want(wanted, &at);
            } else if !line.trim().is_empty() && !line.starts_with('#') {
                let (time, step) = line.split_once(' ').unwrap();
                let time =
                    NaiveTime::parse_from_str(time, "%H:%M").unwrap_or_else(|_| panic!("{at}"));
                self.now = Helsinki.from_local_datetime(&day.and_time(time)).unwrap().to_utc();
                self.world.is_now(&self.clock, self.now);
                self.step(time, step.trim(), &at);
            }
        }
        std::mem::take(&mut self.seen)
    }

    fn step(&mut self, time: NaiveTime, step: &str, at: &str) {
        let (verb, rest) = step.split_once(' ').unwrap_or((step, ""));
        match verb {
            "run" => drop(self.run("run --once", at)),
            "says" => self.says(rest, at),
            "article" => self.article(rest, at),
            "down" => self.site.serve(&format!("/{rest}.xml"), Answer::status(503)),
            "up" => self.serve(rest),
            "do" => drop(self.run(rest, at)),
            "refused" => {
                let words = self.words(rest);
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let ran = self.world.vahti_with(&words, "");
                assert_eq!(ran.code, Some(1), "{at}: {}", ran.out);
                write!(
                    self.seen,
                    "\n-- {} vahti {rest}\n{}",
                    time.format("%H:%M"),
                    self.masked(&ran.err)
                )
                .unwrap();
            }
            "see" => {
                let out = self.run(rest, at);
                let out = self.masked(&out);
                write!(self.seen, "\n-- {} vahti {rest}\n{out}", time.format("%H:%M")).unwrap();
            }
            _ => panic!("{at}"),
        }
        self.look(time);
    }

    fn run(&mut self, command: &str, at: &str) -> String {
        let words = self.words(command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ran = self.world.vahti_with(&words, "");
        if ran.code != Some(0) {
            self.wrong.push(format!("{at}: {}", ran.err));
        }
        ran.out
    }

    /// Splits a command as a shell does that knows double quotes alone; `{ID}` is the mention of that post.
    fn words(&self, command: &str) -> Vec<String> {
        let mut words = Vec::new();
        for (nth, part) in command.split('"').enumerate() {
            if nth % 2 == 1 {
                words.push(part.to_owned());
                continue;
            }
            for word in part.split_whitespace() {
                let named = word.strip_prefix('{').and_then(|word| word.strip_suffix('}'));
                words.push(named.map_or_else(|| word.to_owned(), |id| self.mention(id)));
            }
        }
        words
    }

    fn mention(&self, post: &str) -> String {
        let all = self.json("mentions --limit 0 --copies");
        let end = format!("/{post}");
        let known = |one: &&Value| one["url"].as_str().is_some_and(|url| url.ends_with(&end));
        let one = all.as_array().unwrap().iter().find(known);
        one.unwrap_or_else(|| panic!("{post}: {all:#}"))["id"].as_str().unwrap().to_owned()
    }

    /// Returns what a question is answered as JSON.
    pub(super) fn json(&self, question: &str) -> Value {
        self.world.vahti(&format!("{question} --format json")).json()
    }

    fn says(&mut self, rest: &str, at: &str) {
        let (head, text) = rest.split_once(" | ").unwrap_or_else(|| panic!("{at}"));
        let words: Vec<&str> = head.split(' ').collect();
        let (who, id) = (words[0], words[1]);
        let post = json!({
            "id": id, "url": format!("https://palsta.example/{id}"), "text": text,
            "author": {"handle": who.to_lowercase(), "name": who.replace('_', " ")},
            "published": self.now.to_rfc3339(),
            "parent": words.get(2).map(|parent| parent.trim_start_matches('>')),
        });
        let ran = self.world.vahti_with(&["poll", "palsta", "--stdin"], &format!("{post}\n"));
        assert_eq!(ran.code, Some(0), "{at}: {}", ran.err);
        // What the daemon would do at once.
        self.run("run --once", at);
    }

    fn article(&mut self, rest: &str, at: &str) {
        let parts: Vec<&str> = rest.split(" | ").collect();
        let [head, title, text] = parts[..] else { panic!("{at}") };
        let (name, id) = head.split_once(' ').unwrap();
        let entry = entry(id, title)
            .link(&format!("https://{name}.example/{id}"))
            .text(text)
            .dated(&self.now.to_rfc2822());
        self.feeds.entry(name.to_owned()).or_default().insert(0, entry);
        self.serve(name);
    }

    fn serve(&self, name: &str) {
        let entries = self.feeds.get(name).cloned().unwrap_or_default();
        self.site.serve(&format!("/{name}.xml"), Answer::feed(feed(&entries)));
    }

    /// Writes down the mails that came since the last look.
    fn look(&mut self, time: NaiveTime) {
        let folder = std::fs::read_dir(self.world.path("outbox")).into_iter().flatten();
        let mut paths: Vec<PathBuf> = folder.map(|file| file.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|kind| kind == "eml"));
        paths.retain(|path| !self.read.contains(path));
        let mut mails: Vec<(String, String)> = paths.iter().map(|path| self.mail(path)).collect();
        self.read.append(&mut paths);
        mails.sort();
        for (to, text) in mails {
            write!(self.seen, "\n-- {} mail to {to}\n{text}\n", time.format("%H:%M")).unwrap();
            self.mails.push((to, text));
        }
    }

    fn mail(&self, path: &std::path::Path) -> (String, String) {
        let bytes = std::fs::read(path).unwrap();
        let mail = mail_parser::MessageParser::default().parse(&bytes).unwrap();
        let to = mail.to().and_then(|to| to.first()?.address()).unwrap().to_owned();
        let text = mail.body_text(0).unwrap().replace("\r\n", "\n");
        (
            to,
            self.masked(&format!("Subject: {}\n\n{}", mail.subject().unwrap(), text.trim())) + "\n",
        )
    }

    /// Takes out what is another in each run: ids, the port of the site, who runs the tests.
    fn masked(&self, text: &str) -> String {
        let mut text =
            text.replace(self.site.url("").trim_start_matches("http://"), "papers.example");
        for post in self.json("mentions --limit 0 --copies").as_array().unwrap() {
            let name = post["url"].as_str().and_then(|url| url.rsplit('/').next()).unwrap_or("?");
            text = text.replace(post["id"].as_str().unwrap(), &format!("<{name}>"));
        }
        let user = vahti::text::account::user_name(rustix::process::getuid().as_raw());
        text.replace(&format!(" {user} "), " USER ").replace(&format!("\n{user} "), "\nUSER ")
    }

    /// Returns in which digests each mention stood, of one alert.
    pub(super) fn told(&self) -> BTreeMap<(String, String), Vec<String>> {
        let mut told: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for (to, text) in &self.mails {
            let marks = text.lines().filter(|line| line.ends_with(" mark noise"));
            for line in marks {
                let id = line.split("vahti mention ").nth(1).unwrap().to_owned();
                let alert = text.lines().last().unwrap().to_owned();
                let subject = text.lines().next().unwrap().to_owned();
                told.entry((format!("{to} {alert}"), id)).or_default().push(subject);
            }
        }
        told
    }

    /// Sees that a ticket stands as a person reckoned that it must.
    fn want(&mut self, wanted: &str, at: &str) {
        let mut words = wanted.split_whitespace();
        let mut word = || words.next();
        let ticket = self.json(&format!("ticket {}", word().unwrap()));
        let mut left = Vec::new();
        for field in ["assignee", "status", "priority"] {
            left.push((
                word().unwrap().to_owned(),
                ticket[field].as_str().unwrap_or("-").to_owned(),
            ));
        }
        while let Some(field) = word() {
            let value = word().unwrap().to_owned();
            let is = match field {
                "log" => ticket["log"].as_array().unwrap().len().to_string(),
                "incident" => ticket["incident"].to_string(),
                "late" => ticket["overdue"].to_string(),
                _ => {
                    let field = if field == "asked" { "follow_up" } else { field };
                    let time: DateTime<Utc> =
                        ticket[field].as_str().unwrap_or("1970-01-01T00:00:00Z").parse().unwrap();
                    time.with_timezone(&Helsinki).format("%Y-%m-%dT%H:%M").to_string()
                }
            };
            left.push((value, is));
        }
        let differ = left.into_iter().filter(|(wanted, is)| wanted != is);
        self.wrong.extend(differ.map(|(wanted, is)| format!("{at}: {wanted} is {is}")));
    }
}
