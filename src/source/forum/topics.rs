//! The rows of a list of topics.

use crate::source::forum::dates::{date, machine_date};
use crate::source::forum::page::{Ledger, Page, Topic};
use crate::source::forum::posts::{containers, heading};
use crate::source::forum::preset::{Field, Preset};
use crate::source::forum::text::Item;
use crate::text;
use crate::text::date::Reading;
use ego_tree::NodeId;
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// The most topics that one page gives.
const MOST_TOPICS: usize = 5_000;
const MOST_NAME_CHARS: usize = 200;

/// Returns the topics that a page lists, each once.
pub(super) fn read(page: &Page<'_>, preset: &Preset, ledger: &mut Ledger<'_>) -> Vec<Topic> {
    let rows = containers(page, ledger, Field::TopicRow, preset);
    let ids: HashSet<NodeId> = rows.iter().map(|element| element.id()).collect();
    let rows: Vec<Item<'_>> =
        rows.into_iter().take(MOST_TOPICS).map(|row| Item::of(row, &ids)).collect();
    let reading = page.reading(&rows, preset, Field::TopicLast);
    let mut seen = HashSet::new();
    let topics = rows.iter().filter_map(|row| topic(page, row, &reading, ledger));
    topics.filter(|topic| seen.insert(topic.url.clone())).collect()
}

fn topic(
    page: &Page<'_>,
    row: &Item<'_>,
    reading: &Reading,
    ledger: &mut Ledger<'_>,
) -> Option<Topic> {
    let (element, href) = ledger.value(row, Field::TopicLink, &["href", "content"])?;
    let mut url = page.address(&href)?;
    url.set_fragment(None);
    let title = Some(heading(element)).filter(|title| !title.is_empty());
    let title = title.or_else(|| element.attr("title").map(|title| text::cut(title, 1_000)))?;
    let author = ledger.value(row, Field::TopicAuthor, &[]).map(|(_, name)| name);
    let replies = ledger.value(row, Field::TopicReplies, &[]).and_then(|(_, text)| number(&text));
    let last_link = ledger.value(row, Field::TopicLastLink, &["href"]).map(|(_, href)| href);
    let last_link = last_link.and_then(|href| page.address(&href)).map(String::from);
    let machine = machine_date(row, ledger, Field::TopicLast);
    let last = date(reading, row, Field::TopicLast, ledger);
    let signs = [replies.map(|replies| replies.to_string()), last_link, machine];
    Some(Topic {
        url,
        title,
        author: author.map(|name| text::cut(&name, MOST_NAME_CHARS)).filter(|n| !n.is_empty()),
        replies,
        last,
        mark: mark(&signs),
    })
}

/// Returns a short name for what shows that a topic changed.
fn mark(signs: &[Option<String>]) -> String {
    if signs.iter().all(Option::is_none) {
        return String::new();
    }
    let mut hash = Sha256::new();
    for sign in signs {
        hash.update(sign.as_deref().unwrap_or_default());
        hash.update([0]);
    }
    let bytes = hash.finalize().into_iter().take(8);
    bytes.fold(String::new(), |mark, byte| mark + &format!("{byte:02x}"))
}

/// Reads the first number of a text: `1,234 replies`, `1.234`, `2.5K`.
fn number(text: &str) -> Option<u64> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let (_, text) = text.split_at_checked(start)?;
    let is_part = |c: char| {
        c.is_ascii_digit() || matches!(c, ',' | '.' | ' ' | '\u{a0}' | '\u{202f}' | '’' | '\'')
    };
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let (digits, behind) = text.split_at_checked(end)?;
    let digits = digits.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = behind.chars().next().unwrap_or(' ');
    let unit_ends = !behind.chars().nth(1).is_some_and(char::is_alphanumeric);
    let factor = match unit {
        'k' | 'K' | 'B' if unit_ends => 1_000,
        'm' | 'M' if unit_ends => 1_000_000,
        _ => 1,
    };
    let groups: Vec<&str> = digits.split(|c: char| !c.is_ascii_digit()).collect();
    let (first, others) = groups.split_first()?;
    if factor > 1 {
        let tenths: u64 =
            others.first().and_then(|part| part.chars().next()?.to_digit(10)).unwrap_or(0).into();
        return Some(first.parse::<u64>().ok()?.checked_mul(factor)? + tenths * factor / 10);
    }
    // Groups of three are one number; others are numbers of their own.
    let whole = others.iter().take_while(|group| group.len() == 3 && first.len() <= 3);
    let joined: String = std::iter::once(first).chain(whole).copied().collect();
    joined.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_however_they_are_written() {
        for (text, expected) in [
            ("12", Some(12)),
            ("Replies: 1,234", Some(1_234)),
            ("1.234 Antworten", Some(1_234)),
            ("1 234 567", Some(1_234_567)),
            ("2.5K", Some(2_500)),
            ("3k replies", Some(3_000)),
            ("1M", Some(1_000_000)),
            ("3 kun", Some(3)),
            ("7 Replies 120 Views", Some(7)),
            ("2012 12", Some(2_012)),
            ("none", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }

    #[test]
    fn a_mark_changes_with_each_sign() {
        let sign = |text: &str| Some(text.to_owned());
        let one = mark(&[sign("1"), None, sign("a")]);
        assert_eq!(one, mark(&[sign("1"), None, sign("a")]));
        assert_eq!(one.len(), 16);
        for other in
            [[sign("2"), None, sign("a")], [None, sign("1"), sign("a")], [sign("1"), None, None]]
        {
            assert_ne!(one, mark(&other));
        }
        assert_eq!(mark(&[None, None, None]), "");
    }
}
