//! The words of what the operator is told, for text and HTML alike.

use super::advice::advice;
use super::{Case, Letter, Trouble, Waiting};
use crate::digest::excerpt::line;
use crate::digest::words::Words;
use crate::text::{Language, count};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// The longest name or host, in characters.
const LONGEST_NAME: usize = 60;
/// The longest sentence at the top, in characters.
const LONGEST_SUMMARY: usize = 400;
/// The longest error that is repeated, in characters.
const LONGEST_ERROR: usize = 300;
/// How many sources one group names, and how many groups there are; the others are counted.
const MOST_NAMES: usize = 20;
const MOST_GROUPS: usize = 60;

/// What is told, in words.
pub(super) struct View {
    pub(super) language: &'static str,
    pub(super) title: String,
    pub(super) summary: String,
    /// When it was written.
    pub(super) date: String,
    pub(super) sections: Vec<SectionView>,
    pub(super) footer: String,
}

/// What belongs under one heading.
pub(super) struct SectionView {
    pub(super) heading: String,
    /// Whether it is good news.
    pub(super) is_good: bool,
    pub(super) groups: Vec<GroupView>,
    /// What to do about all of it; may be empty.
    pub(super) advice: String,
}

/// Sources, or other things, of which the same is said. What is empty is left out: also the names,
/// where the heading has them.
pub(super) struct GroupView {
    pub(super) names: String,
    pub(super) what: String,
    pub(super) when: String,
    pub(super) advice: String,
}

impl View {
    pub(super) fn of(letter: &Letter) -> Self {
        let mut sections = super::own::sections(letter);
        sections.extend(rest(letter));
        for (cases, still) in [(&letter.begun, ""), (&letter.lasting, "still ")] {
            sections.extend(in_trouble(cases, still, letter));
        }
        sections.extend(silent_brands(letter));
        sections.extend(mended(letter));
        Self {
            language: "en",
            title: super::subject(letter),
            summary: line(&format!("vahti: {}.", super::summary(letter)), LONGEST_SUMMARY),
            date: Words::of(Language::ENGLISH).date(letter.now, letter.zone),
            sections: bounded(sections),
            footer:
                "This is for whoever runs vahti; [operator] in its configuration says who that \
                     is. `vahti status` shows how all sources fare."
                    .into(),
        }
    }
}

/// Leaves out what nobody would read to the end, and says so.
fn bounded(sections: Vec<SectionView>) -> Vec<SectionView> {
    let mut left = MOST_GROUPS;
    let mut kept = Vec::new();
    let mut dropped = 0;
    for mut section in sections {
        dropped += section.groups.len().saturating_sub(left);
        section.groups.truncate(left);
        left -= section.groups.len();
        if !section.groups.is_empty() {
            kept.push(section);
        }
    }
    if dropped > 0 {
        kept.push(SectionView {
            heading: "And more".into(),
            is_good: false,
            groups: Vec::new(),
            advice: format!(
                "{} like these are left out here; `vahti status` shows all.",
                count(dropped, "group")
            ),
        });
    }
    kept
}

/// Returns how many sources have which trouble: `3 sources still fail`.
pub(super) fn told(cases: &[&Case], still: &str) -> String {
    let is_one = cases.len() == 1;
    let words = match cases.first().map_or(Trouble::Failing, |case| case.trouble) {
        Trouble::Failing if is_one => format!("{still}fails"),
        Trouble::Failing => format!("{still}fail"),
        Trouble::Gone if is_one => format!("is {still}gone"),
        Trouble::Gone => format!("are {still}gone"),
        Trouble::Silent if is_one => format!("is {still}silent"),
        Trouble::Silent => format!("are {still}silent"),
    };
    format!("{} {words}", sources(cases.iter().copied()))
}

/// Names one source, and counts several.
pub(super) fn sources<'a>(mut cases: impl ExactSizeIterator<Item = &'a Case>) -> String {
    match (cases.len(), cases.next()) {
        (1, Some(case)) => line(&case.source.0, LONGEST_NAME),
        (several, _) => count(several, "source"),
    }
}

/// Returns one section for each host and trouble, the largest first.
fn in_trouble(cases: &[Case], still: &str, letter: &Letter) -> Vec<SectionView> {
    let mut by_host: BTreeMap<(Trouble, Option<&str>), Vec<&Case>> = BTreeMap::new();
    for case in cases {
        by_host.entry((case.trouble, case.host.as_deref())).or_default().push(case);
    }
    let mut hosts: Vec<_> = by_host.into_iter().collect();
    hosts.sort_by_key(|((trouble, host), cases)| {
        (*trouble, std::cmp::Reverse(cases.len()), host.map(str::to_owned))
    });
    hosts
        .into_iter()
        .map(|((_, host), cases)| {
            let place = host.map_or_else(
                || " on this machine".to_owned(),
                |host| format!(" at {}", line(host, LONGEST_NAME)),
            );
            let mut groups = groups(&cases, letter);
            if let ([_], [group]) = (cases.as_slice(), groups.as_mut_slice()) {
                group.names.clear();
            }
            SectionView {
                heading: format!("{}{place}", told(&cases, still)),
                is_good: false,
                groups,
                advice: String::new(),
            }
        })
        .collect()
}

/// Puts together the sources of one host that fail for the same reason.
fn groups(cases: &[&Case], letter: &Letter) -> Vec<GroupView> {
    let mut by_reason: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        by_reason.entry(reason(case)).or_default().push(case);
    }
    by_reason.into_iter().map(|(reason, cases)| group(reason, &cases, letter)).collect()
}

fn group(reason: &str, cases: &[&Case], letter: &Letter) -> GroupView {
    let trouble = cases.first().map_or(Trouble::Failing, |case| case.trouble);
    let error = match cases {
        [case] => case.error.as_deref().unwrap_or_default(),
        _ => reason,
    };
    let what = match trouble {
        Trouble::Silent => String::new(),
        Trouble::Failing | Trouble::Gone => line(error, LONGEST_ERROR),
    };
    let date = |at| Words::of(Language::ENGLISH).date(at, letter.zone);
    let mut when = Vec::new();
    if let Some(since) = cases.iter().filter_map(|case| case.since).min() {
        let what = if trouble == Trouble::Silent { "Nothing new since" } else { "Since" };
        let span = span(since, letter.now).map(|span| format!(" ({span})")).unwrap_or_default();
        when.push(format!("{what} {}{span}", date(since)));
    }
    let next = cases.iter().filter_map(|case| case.next).min();
    if let Some(next) = next.filter(|_| trouble == Trouble::Failing) {
        let [next, now] =
            [next.max(letter.now), letter.now].map(|at| at.with_timezone(&letter.zone));
        when.push(if next.date_naive() == now.date_naive() {
            format!("tried next at {}", next.format("%H:%M"))
        } else {
            format!("tried next on {}", date(next.to_utc()))
        });
    }
    GroupView {
        names: names(cases),
        what,
        when: when.join("; "),
        advice: advice(trouble, error).to_owned(),
    }
}

/// Returns what went wrong without the address at which it did.
fn reason(case: &Case) -> &str {
    if case.trouble == Trouble::Silent {
        return "";
    }
    let error = case.error.as_deref().unwrap_or_default();
    match error.split_once(' ') {
        Some((address, reason)) if address.contains("://") => reason,
        _ => error,
    }
}

fn names(cases: &[&Case]) -> String {
    let shown = cases.iter().take(MOST_NAMES).map(|case| line(&case.source.0, LONGEST_NAME));
    let shown = shown.collect::<Vec<_>>().join(", ");
    match cases.len().saturating_sub(MOST_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Returns the section of the brands of which nobody speaks any more, or somebody does again.
fn silent_brands(letter: &Letter) -> Vec<SectionView> {
    let date = |at| Words::of(Language::ENGLISH).date(at, letter.zone);
    let silent = letter.silent_brands.iter().map(|case| {
        let span = span(case.since, letter.now).map(|span| format!(" ({span})"));
        GroupView {
            names: line(&case.brand.0, LONGEST_NAME),
            what: String::new(),
            when: format!("Nothing new since {}{}", date(case.since), span.unwrap_or_default()),
            advice: String::new(),
        }
    });
    let heard = letter.heard_brands.iter().map(|brand| GroupView {
        names: line(&brand.0, LONGEST_NAME),
        what: "Somebody speaks of it again.".into(),
        when: String::new(),
        advice: String::new(),
    });
    let mut sections = Vec::new();
    if !letter.silent_brands.is_empty() {
        sections.push(SectionView {
            heading: "Brands of which nobody speaks any more".into(),
            is_good: false,
            groups: silent.collect(),
            advice: "People always spoke of it, and the sources answer. See whether its keywords still \
                     find what is said, with `vahti try`, and whether the places where it was named \
                     still show all, with `vahti probe`. If so, it is quiet, and nothing needs to be done."
                .into(),
        });
    }
    if !letter.heard_brands.is_empty() {
        sections.push(SectionView {
            heading: "Brands that are spoken of again".into(),
            is_good: true,
            groups: heard.collect(),
            advice: String::new(),
        });
    }
    sections
}

fn mended(letter: &Letter) -> Option<SectionView> {
    let mut by_trouble: BTreeMap<Trouble, Vec<&Case>> = BTreeMap::new();
    for case in &letter.mended {
        by_trouble.entry(case.trouble).or_default().push(case);
    }
    let groups = by_trouble.into_iter().map(|(trouble, cases)| {
        let several = cases.len() > 1;
        let what = match trouble {
            Trouble::Silent if several => "They bring something new again.",
            Trouble::Silent => "It brings something new again.",
            Trouble::Failing | Trouble::Gone if several => "They answer again.",
            Trouble::Failing | Trouble::Gone => "It answers again.",
        };
        GroupView {
            names: names(&cases),
            what: what.into(),
            when: String::new(),
            advice: String::new(),
        }
    });
    (!letter.mended.is_empty()).then(|| SectionView {
        heading: if letter.all_mended { "All mended" } else { "Mended" }.into(),
        is_good: true,
        groups: groups.collect(),
        advice: String::new(),
    })
}

/// Returns the sections that are not about sources.
fn rest(letter: &Letter) -> Vec<SectionView> {
    let mut sections = Vec::new();
    let mut push = |heading: String, groups: Vec<(String, String)>, advice: &str| {
        let group =
            |(names, what)| GroupView { names, what, when: String::new(), advice: String::new() };
        sections.push(SectionView {
            heading,
            is_good: false,
            groups: groups.into_iter().map(group).collect(),
            advice: advice.into(),
        });
    };
    if let Some(room) = letter.room {
        let left = format!("{} MiB are left where the store lies", room / 1024 / 1024);
        let advice =
            "Make room: on a full disk vahti stops, because it cannot store what it finds.";
        push("The disk is nearly full".into(), vec![(left, String::new())], advice);
    }
    if !letter.set_aside.is_empty() {
        let paths = letter.set_aside.iter().map(|path| (line(path, 200), String::new()));
        push(
            "A damaged store was set aside".into(),
            paths.collect(),
            "vahti found its store damaged and goes on with a new one. The old one is kept: what was \
             in it is only there. Look into why, such as a failing disk.",
        );
    }
    if let Some(Waiting { notices, since, answer }) = &letter.waiting {
        let since = Words::of(Language::ENGLISH).date(*since, letter.zone);
        push(
            format!("{} cannot be delivered for now", count(*notices, "notice")),
            vec![(format!("Since {since}"), line(answer, LONGEST_ERROR))],
            "They are tried for five days, and nothing is lost until then. `vahti outbox` shows them; look \
             at the server that does not take them.",
        );
    }
    if !letter.dead.is_empty() {
        let dead = letter.dead.iter().map(|notice| {
            let to = line(&notice.to, LONGEST_NAME);
            let name = format!("Notice {} to {to}", notice.number);
            let subject = line(&notice.subject, 120);
            (name, format!("\"{subject}\": {}", line(&notice.answer, LONGEST_ERROR)))
        });
        push(
            format!("{} could not be delivered", count(letter.dead.len(), "notice")),
            dead.collect(),
            "`vahti outbox` shows them; `vahti outbox retry` with the number tries one again, and \
             `vahti outbox drop` takes it out.",
        );
    }
    sections
}

/// Returns how long it is from one time to another, as one would say it; `None` where it is no time.
pub(super) fn span(from: DateTime<Utc>, to: DateTime<Utc>) -> Option<String> {
    let span = (to - from).max(TimeDelta::zero());
    let (number, unit) = match (span.num_minutes(), span.num_hours(), span.num_days()) {
        (0, _, _) => return None,
        (minutes @ 1..60, _, _) => (minutes, "minute"),
        (_, hours @ 0..48, _) => (hours, "hour"),
        (_, _, days) => (days, "day"),
    };
    Some(count(usize::try_from(number).unwrap_or_default(), unit))
}
