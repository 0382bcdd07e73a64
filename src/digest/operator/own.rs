//! What the operator is told of vahti itself: a canary that did not come through, a store that is not sound.

use super::Letter;
use super::view::{GroupView, SectionView, span};
use crate::digest::excerpt::line;
use crate::digest::words::Words;
use crate::text::{Language, count};
use chrono::{DateTime, Utc};

/// A canary that did not come through as it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanaryCase {
    pub released: DateTime<Utc>,
    /// How far it came, or what was wrong on its way.
    pub what: String,
    /// When one came through last.
    pub came: Option<DateTime<Utc>>,
    /// Whether it was told before.
    pub is_lasting: bool,
}

/// What a check of the store found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultsCase {
    pub at: DateTime<Utc>,
    /// The first ones.
    pub faults: Vec<String>,
    /// How many there are.
    pub all: usize,
}

/// Returns what the subject says of it.
pub(super) fn parts(letter: &Letter) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(case) = &letter.faults {
        parts.push(format!("the store has {}", count(case.all, "fault")));
    }
    if let Some(case) = &letter.canary {
        let still = if case.is_lasting { "still " } else { "" };
        parts.push(format!("{still}no canary came through as it should"));
    }
    if letter.canary_back.is_some() {
        parts.push("the canary comes through again".to_owned());
    }
    if letter.is_sound {
        parts.push("the store is sound again".to_owned());
    }
    match letter.unsubscribed.as_slice() {
        [] => {}
        [(alert, to)] => {
            parts.push(format!("{} unsubscribed from {}", line(to, 60), line(alert, 60)));
        }
        several => parts.push(format!("{} unsubscribed", count(several.len(), "recipient"))),
    }
    parts
}

/// Returns the sections about it.
pub(super) fn sections(letter: &Letter) -> Vec<SectionView> {
    let date = |at| Words::of(Language::ENGLISH).date(at, letter.zone);
    let mut sections = Vec::new();
    let mut push = |heading: &str, is_good, groups, advice: &str| {
        let (heading, advice) = (heading.to_owned(), advice.to_owned());
        sections.push(SectionView { heading, is_good, groups, advice });
    };
    if let Some(FaultsCase { at, faults, all }) = &letter.faults {
        let mut groups: Vec<GroupView> =
            faults.iter().map(|fault| group(line(fault, 200), String::new())).collect();
        let more = all.saturating_sub(faults.len());
        if more > 0 {
            groups.push(group(format!("and {more} more"), String::new()));
        }
        push(
            &format!("The store has {}", count(*all, "fault")),
            false,
            groups,
            &format!(
                "Found on {} by the check that vahti makes each day. `vahti fsck` shows all. What is \
                 stored may be damaged in part: look into why, such as a failing disk, and keep a copy \
                 of the folder before anything else.",
                date(*at)
            ),
        );
    }
    if let Some(CanaryCase { released, what, came, .. }) = &letter.canary {
        let out = format!("Let out on {}", date(*released));
        let when = match came {
            None => out,
            Some(came) => {
                let span = span(*came, letter.now).map(|span| format!(" ({span})"));
                let span = span.unwrap_or_default();
                format!("{out}; one came through last on {}{span}", date(*came))
            }
        };
        push(
            "A canary did not come through as it should",
            false,
            vec![group(line(what, 400), when)],
            "vahti gives itself a mention now and then and waits for it at the mail server. What holds \
             it up holds up what people say as well. `vahti status`, `vahti outbox` and the log tell more.",
        );
    }
    if let Some(came) = letter.canary_back {
        let when = format!("On {}", date(came));
        push("The canary comes through again", true, vec![group(String::new(), when)], "");
    }
    if letter.is_sound {
        let what = "The last check found nothing wrong any more.".to_owned();
        push("The store is sound again", true, vec![group(what, String::new())], "");
    }
    sections.extend(unsubscribed(letter));
    sections
}

/// Says who wants to be told no more.
fn unsubscribed(letter: &Letter) -> Option<SectionView> {
    let who = |(alert, to): &(String, String)| {
        group(format!("{} from {}", line(to, 100), line(alert, 60)), String::new())
    };
    (!letter.unsubscribed.is_empty()).then(|| SectionView {
        heading: "Unsubscribed".into(),
        is_good: true,
        groups: letter.unsubscribed.iter().map(who).collect(),
        advice: "By the link in a mail. `vahti alert NAME subscribe ADDRESS` tells somebody again."
            .into(),
    })
}

fn group(what: String, when: String) -> GroupView {
    GroupView { names: String::new(), what, when, advice: String::new() }
}
