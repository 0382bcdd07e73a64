//! The words of all that is mailed to a team, in each language: one file a language, which a speaker can
//! correct without knowing Rust. The letters to the operator are in English. What a file lacks or has too much of is found by the tests.

use super::{Blind, Counts};
use crate::enrich::{Complainer, Flag, Label, Priority};
use crate::text::Language;
use chrono::{DateTime, Datelike, Timelike, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use std::sync::LazyLock;

/// Every word and pattern of one language; the names are those of the files. Each kind of mail has its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    /// The code of the language they are in.
    code: String,
    months: [String; 12],
    date: String,
    near: String,
    two_digit_hour: bool,
    thousands: String,
    pub(super) quotes: [String; 2],
    pub(super) period: String,
    pub(super) times: String,
    pub(super) since: String,
    pub(super) nothing: String,
    pub(super) nothing_in_short: String,
    pub(super) today: String,
    pub(super) blind: String,
    pub(super) blind_means: String,
    /// An event of which not all is new.
    pub(super) rising: String,
    pub(super) overdue: String,
    pub(super) overdue_since: String,
    pub(super) due: String,
    pub(super) ticket: String,
    pub(super) assigned: String,
    pub(super) unassigned: String,
    next: String,
    pub(super) why: String,
    pub(super) sure: String,
    pub(super) marked: String,
    pub(super) review: String,
    pub(super) own: String,
    pub(super) not_about: String,
    pub(super) open: String,
    pub(super) footer: String,
    pub(super) count: Counted,
    pub(super) heading: Labels,
    pub(super) label: Labels,
    priority: Priorities,
    status: Statuses,
    complainer: Complainers,
    flag: Flags,
    step: Steps,
    pub(super) asked: Asked,
    pub(super) quiet: Quiet,
    pub(super) note: Notes,
    spot: Spots,
    pub(super) chart: Charts,
    pub(super) spike: super::spike::Texts,
    pub(super) yours: super::assigned::Texts,
    pub(super) lessons: super::lessons::Texts,
}

/// What is said of a message itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Notes {
    pub(super) gathered: String,
    pub(super) minutes: Forms,
    pub(super) hours: Forms,
    pub(super) urgent: String,
}

/// What is wrong with a source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spots {
    failing: String,
    gone: String,
    refused: String,
    spent: String,
    partly: String,
    silent: String,
    late: String,
}

/// What stands in and beside a chart.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Charts {
    pub(super) before: String,
    none: String,
    pub(super) hours: String,
    pub(super) day: String,
    pub(super) week: String,
    pub(super) outline: String,
    pub(super) now: String,
    pub(super) axis_hour: String,
    pub(super) axis_day: String,
}

/// What is to be done next with a ticket.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Steps {
    check: String,
    new: String,
    open: String,
    answered: String,
}

/// What is said of customers who are to be asked whether all is well.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    pub(super) heading: String,
    pub(super) means: String,
    pub(super) since: String,
    pub(super) today: String,
    pub(super) short: Forms,
}

/// What is said of customers who have gone quiet.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Quiet {
    pub(super) heading: String,
    pub(super) means: String,
    pub(super) unknown: String,
    pub(super) last: String,
    pub(super) short: Forms,
}

/// A noun for one, and for any other number.
pub(super) type Forms = [String; 2];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counted {
    pub(super) mentions: Forms,
    pub(super) negative: Forms,
    pub(super) neutral: Forms,
    pub(super) positive: Forms,
    pub(super) tickets: Forms,
    pub(super) sources: Forms,
    pub(super) followers: Forms,
    pub(super) copies: Forms,
    pub(super) incident: Forms,
    pub(super) fresh: Forms,
    pub(super) more: Forms,
    pub(super) praise: Forms,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Labels {
    negative: String,
    neutral: String,
    positive: String,
}

impl Labels {
    pub(super) fn of(&self, label: Label) -> &str {
        match label {
            Label::Negative => &self.negative,
            Label::Neutral => &self.neutral,
            Label::Positive => &self.positive,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Priorities {
    low: String,
    normal: String,
    high: String,
    urgent: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statuses {
    new: String,
    open: String,
    answered: String,
    resolved: String,
    closed: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Complainers {
    meek: String,
    aggressive: String,
    demanding: String,
    benefit_hunter: String,
    chronic: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Flags {
    legal_threat: String,
    public_pressure: String,
    safety: String,
    churn: String,
}

impl Words {
    /// Tells whether sentences that come in English alone fit in.
    pub(super) fn is_english(&self) -> bool {
        self.code == "en"
    }

    /// Returns the words of a language; English where we have none of it.
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::FINNISH => &FINNISH,
            Language::TURKISH => &TURKISH,
            Language::SWEDISH => &SWEDISH,
            _ => &ENGLISH,
        }
    }

    pub(super) fn code(&self) -> &str {
        &self.code
    }

    pub(super) fn priority(&self, priority: Priority) -> &str {
        match priority {
            Priority::Low => &self.priority.low,
            Priority::Normal => &self.priority.normal,
            Priority::High => &self.priority.high,
            Priority::Urgent => &self.priority.urgent,
        }
    }

    /// Returns the word for a ticket's status; a status we do not know stays as it is.
    pub(super) fn status<'a>(&'a self, status: &'a str) -> &'a str {
        match status {
            "new" => &self.status.new,
            "open" => &self.status.open,
            "answered" => &self.status.answered,
            "resolved" => &self.status.resolved,
            "closed" => &self.status.closed,
            other => other,
        }
    }

    /// Returns what is to be done next with a ticket of this status; empty where nothing is.
    pub(super) fn next(&self, status: &str, review: bool) -> String {
        let step = match status {
            "new" | "open" if review => &self.step.check,
            "new" => &self.step.new,
            "open" => &self.step.open,
            "answered" => &self.step.answered,
            _ => return String::new(),
        };
        fill(&self.next, &[("step", step)])
    }

    pub(super) fn complainer(&self, complainer: Complainer) -> &str {
        match complainer {
            Complainer::Meek => &self.complainer.meek,
            Complainer::Aggressive => &self.complainer.aggressive,
            Complainer::Demanding => &self.complainer.demanding,
            Complainer::BenefitHunter => &self.complainer.benefit_hunter,
            Complainer::Chronic => &self.complainer.chronic,
        }
    }

    pub(super) fn flag(&self, flag: Flag) -> &str {
        match flag {
            Flag::LegalThreat => &self.flag.legal_threat,
            Flag::PublicPressure => &self.flag.public_pressure,
            Flag::Safety => &self.flag.safety,
            Flag::Churn => &self.flag.churn,
        }
    }

    /// Returns what is wrong with a source.
    pub(super) fn blind(&self, blind: Blind) -> &str {
        match blind {
            Blind::Failing => &self.spot.failing,
            Blind::Gone => &self.spot.gone,
            Blind::Refused => &self.spot.refused,
            Blind::Spent => &self.spot.spent,
            Blind::Partly => &self.spot.partly,
            Blind::Silent => &self.spot.silent,
            Blind::Late => &self.spot.late,
        }
    }

    /// Returns how many mentions there are, and of which kinds.
    pub(super) fn counts(&self, counts: Counts) -> String {
        if counts.all() == 0 {
            return self.chart.none.clone();
        }
        let kinds = [
            (counts.negative, &self.count.negative),
            (counts.neutral, &self.count.neutral),
            (counts.positive, &self.count.positive),
        ];
        let mut parts = vec![self.count(counts.all(), &self.count.mentions)];
        let kinds = kinds.into_iter().filter(|(number, _)| *number > 0);
        parts.extend(kinds.map(|(number, forms)| self.count(number, forms)));
        parts.join(", ")
    }

    /// Returns the name of a month, counted from 0.
    pub(super) fn month(&self, month: u32) -> &str {
        usize::try_from(month)
            .ok()
            .and_then(|month| self.months.get(month))
            .map_or("", String::as_str)
    }

    /// Returns a moment as people of the language write it, on the clock of `zone`.
    pub(super) fn date(&self, at: DateTime<Utc>, zone: Tz) -> String {
        self.written(&self.date, at, zone)
    }

    /// The same without the year where that is the one of `now`.
    pub(super) fn near(&self, at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> String {
        let [year, this] = [at, now].map(|at| at.with_timezone(&zone).year());
        self.written(if year == this { &self.near } else { &self.date }, at, zone)
    }

    fn written(&self, pattern: &str, at: DateTime<Utc>, zone: Tz) -> String {
        let local = at.with_timezone(&zone);
        fill(
            pattern,
            &[
                ("day", &local.day().to_string()),
                ("month", self.month(local.month0())),
                ("number", &local.month().to_string()),
                ("year", &local.year().to_string()),
                ("hour", &self.hour(local.hour())),
                ("minute", &format!("{:02}", local.minute())),
            ],
        )
    }

    /// Returns an hour with as many digits as are usual.
    pub(super) fn hour(&self, hour: u32) -> String {
        if self.two_digit_hour { format!("{hour:02}") } else { hour.to_string() }
    }

    /// Returns a number with its noun.
    pub(super) fn count(&self, number: u64, forms: &Forms) -> String {
        let [one, many] = forms;
        fill(if number == 1 { one } else { many }, &[("n", &self.number(number))])
    }

    /// Returns a number with its thousands set apart.
    pub(super) fn number(&self, number: u64) -> String {
        let digits = number.to_string();
        let mut written = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                written.push_str(&self.thousands);
            }
            written.push(digit);
        }
        written
    }
}

/// Returns `pattern` with each `{name}` replaced. What is filled in is not looked into again, so
/// braces in a post change nothing.
pub(super) fn fill(pattern: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            filled.push_str(value);
        }
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

static ENGLISH: LazyLock<Words> = LazyLock::new(|| read(include_str!("texts/en.toml")));
static FINNISH: LazyLock<Words> = LazyLock::new(|| read(include_str!("texts/fi.toml")));
static TURKISH: LazyLock<Words> = LazyLock::new(|| read(include_str!("texts/tr.toml")));
static SWEDISH: LazyLock<Words> = LazyLock::new(|| read(include_str!("texts/sv.toml")));

fn read(file: &str) -> Words {
    toml::from_str(file).expect("the files are compiled in, and the tests read each")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const FILES: [&str; 4] = [
        include_str!("texts/en.toml"),
        include_str!("texts/fi.toml"),
        include_str!("texts/tr.toml"),
        include_str!("texts/sv.toml"),
    ];

    /// Lists what each text has to be filled in: `count.more.0 {n}`.
    fn blanks(at: &str, value: &toml::Value, found: &mut BTreeSet<String>) {
        match value {
            toml::Value::Table(table) => {
                for (key, value) in table {
                    blanks(&format!("{at}.{key}"), value, found);
                }
            }
            toml::Value::Array(values) => {
                for (key, value) in values.iter().enumerate() {
                    blanks(&format!("{at}.{key}"), value, found);
                }
            }
            toml::Value::String(text) if ![".date", ".near", ".chart.axis_day"].contains(&at) => {
                assert!(!text.is_empty(), "{at} is empty");
                for name in text.split('{').skip(1) {
                    found.insert(format!("{at} {{{}", name.split('}').next().unwrap()));
                }
            }
            _ => {}
        }
    }

    #[test]
    fn every_language_fills_in_the_same_things() {
        let lists = FILES.map(|file| {
            let mut found = BTreeSet::new();
            blanks("", &toml::from_str(file).unwrap(), &mut found);
            found
        });
        for list in &lists {
            assert_eq!(list, &lists[0]);
        }
    }

    #[test]
    fn every_language_can_be_read_and_an_unknown_one_is_english() {
        let words = |code: &str| &Words::of(code.parse().unwrap()).label.negative;
        assert_eq!(
            ["en", "fi", "tr", "sv", "de"].map(words),
            ["negative", "kielteinen", "olumsuz", "negativt", "negative"]
        );
    }

    #[test]
    fn a_date_is_written_as_in_the_language() {
        let at = DateTime::from_timestamp(1_795_248_185, 0).unwrap();
        let date = |language| Words::of(language).date(at, Tz::Europe__Helsinki);
        assert_eq!(date(Language::ENGLISH), "21 November 2026, 10:03");
        assert_eq!(date(Language::FINNISH), "21.11.2026 klo 10.03");
        assert_eq!(date(Language::TURKISH), "21 Kasım 2026 10:03");
        assert_eq!(date(Language::SWEDISH), "21 november 2026 kl. 10.03");
        let near = |language| {
            let words = Words::of(language);
            let [this, other] =
                [0, 86_400 * 60].map(|later| at + chrono::TimeDelta::seconds(later));
            assert_eq!(words.near(at, other, Tz::Europe__Helsinki), date(language));
            words.near(at, this, Tz::Europe__Helsinki).replace('\u{a0}', "_")
        };
        assert_eq!(near(Language::ENGLISH), "21_November,_10:03");
        assert_eq!(near(Language::FINNISH), "21.11._klo_10.03");
        assert_eq!(near(Language::TURKISH), "21_Kasım_10:03");
        assert_eq!(near(Language::SWEDISH), "21_november_kl._10.03");
    }

    #[test]
    fn numbers_and_nouns_agree() {
        let count = |language, number| {
            let words = Words::of(language);
            words.count(number, &words.count.mentions)
        };
        assert_eq!(count(Language::ENGLISH, 1), "1 mention");
        assert_eq!(count(Language::ENGLISH, 1234), "1,234 mentions");
        assert_eq!(count(Language::FINNISH, 0), "0 mainintaa");
        assert_eq!(count(Language::FINNISH, 1_234_567), "1\u{a0}234\u{a0}567 mainintaa");
        assert_eq!(count(Language::TURKISH, 3), "3 paylaşım");
        assert_eq!(count(Language::SWEDISH, 2), "2 omnämnanden");
    }

    #[test]
    fn what_is_filled_in_is_not_looked_into() {
        assert_eq!(fill("{a} {b}{c", &[("a", "{b}"), ("b", "x")]), "{b} x{c");
    }
}
