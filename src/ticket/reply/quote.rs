//! The customer's own words, short enough to be repeated to them.

use crate::enrich::{Complainer, Flag};
use crate::mention::Mention;
use crate::text;

/// How many characters are quoted.
const MOST: usize = 80;

/// How many characters of a post are looked at.
const MOST_READ: usize = 5_000;

/// Below this many characters a sentence says too little (`Hei!`, `WTF???`).
const LEAST: usize = 15;

/// Returns the sentence that best says what it is about: one that names the brand, and without the
/// words that told how somebody complains, for nobody wants an insult or a threat read back. `None`
/// where there is no such sentence.
pub(super) fn of(mention: &Mention) -> Option<String> {
    let complaint = mention.insight.complaint.as_ref();
    let cues: Vec<String> = complaint
        .map(|complaint| complaint.cues.iter().map(|cue| cue.to_lowercase()).collect())
        .unwrap_or_default();
    let is_heated = complaint.is_some_and(|complaint| {
        complaint.complainer == Some(Complainer::Aggressive)
            || complaint.flags.contains(&Flag::LegalThreat)
    });
    let read: String = mention.post.text.chars().take(MOST_READ).collect();
    let title = mention.post.title.as_deref().unwrap_or_default();
    sentences(&read)
        .chain(std::iter::once(title.trim()))
        .filter(|sentence| !sentence.is_empty())
        .map(|sentence| {
            let lower = sentence.to_lowercase();
            let has_cue = cues.iter().any(|cue| !cue.is_empty() && lower.contains(cue.as_str()));
            let is_long = sentence.chars().count() >= LEAST;
            let names = mention.hits.iter().any(|hit| sentence.contains(&hit.form));
            ((!has_cue, is_long, names), sentence)
        })
        .filter(|((is_calm, _, _), _)| *is_calm || !is_heated)
        // The first of the best: `max_by_key` would take the last.
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, sentence)| quoted(sentence))
}

fn quoted(sentence: &str) -> String {
    // Quotation marks of its own would end ours.
    let calm = text::visible(sentence).replace(['"', '“', '”', '„', '«', '»'], "'");
    let cut = text::cut(&calm, MOST - 1);
    // The reply goes on behind it.
    if cut.ends_with(char::is_alphanumeric) { format!("{cut}.") } else { cut }
}

/// Cuts a text where a sentence or a line ends. A full stop inside a number or a name ends nothing.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (sentence, behind) = rest.split_at(end_of_sentence(rest));
        rest = behind;
        Some(sentence.trim())
    })
}

/// Returns the index behind the first sentence, which is a character boundary.
fn end_of_sentence(text: &str) -> usize {
    let mut before = ' ';
    for (index, c) in text.char_indices() {
        let is_end = match before {
            '!' | '?' => c.is_whitespace(),
            // A date (`3. päivä`) goes on in lower case; so does a sentence that only paused.
            '.' | '…' if c.is_whitespace() => {
                let next = text.split_at(index).1.trim_start().chars().next();
                !next.is_some_and(char::is_lowercase)
            }
            _ => c == '\n',
        };
        if is_end {
            // The blank goes with the sentence, so that each piece is at least one character.
            return index + c.len_utf8();
        }
        before = c;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;
    use crate::ticket::sample::complaint_of;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, complainer: Option<Complainer>, cues: &[&str], expected: Option<&str>) {
        let mention = complaint_of(text, Language::ENGLISH, complainer, &[], cues);
        assert_eq!(of(&mention).as_deref(), expected);
    }

    #[test]
    fn the_sentence_that_names_the_brand_is_quoted() {
        check(
            "Hi all! It was a long day. The Acme box came empty. What now?",
            None,
            &[],
            Some("The Acme box came empty."),
        );
        check("It was a long day. What should I do?", None, &[], Some("It was a long day."));
        check("Acme. The box came empty", None, &[], Some("The box came empty."));
        check("", None, &[], None);
    }

    #[test]
    fn a_full_stop_inside_a_sentence_does_not_end_it() {
        check(
            "Acme on 3. day charged 1.140 euros, e.g. twice",
            None,
            &[],
            Some("Acme on 3. day charged 1.140 euros, e.g. twice."),
        );
        check("Acme charged me twice\nand more", None, &[], Some("Acme charged me twice."));
    }

    #[test]
    fn an_insult_is_never_read_back() {
        let heated = Some(Complainer::Aggressive);
        let text = "Acme you IDIOTS, answer me! My box came empty on Monday.";
        check(text, heated, &["you idiots"], Some("My box came empty on Monday."));
        check("Acme you idiots, answer me!", heated, &["you idiots"], None);
        check("what??? you idiots at Acme", heated, &["you idiots"], Some("what???"));
        let mut threat = complaint_of(
            "Acme, see you in court",
            Language::ENGLISH,
            None,
            &[Flag::LegalThreat],
            &["see you in court"],
        );
        assert_eq!(of(&threat), None);
        threat.post.title = Some("My box came empty".into());
        assert_eq!(of(&threat).as_deref(), Some("My box came empty."));
    }

    #[test]
    fn a_shy_hint_may_be_all_there_is() {
        check(
            "Maybe Acme forgot my box?",
            Some(Complainer::Meek),
            &["maybe"],
            Some("Maybe Acme forgot my box?"),
        );
    }

    #[test]
    fn quotation_marks_and_controls_do_not_break_out() {
        check(
            "Acme said \"wait\"\u{202e} and «left»",
            None,
            &[],
            Some("Acme said 'wait'\\u{202e} and 'left'"),
        );
    }

    proptest! {
        #[test]
        fn whatever_is_written_the_quote_is_one_short_line(text in "\\PC{0,300}|[a-zäİ.!? \n\t\"]{0,300}") {
            let mention = complaint_of(&text, Language::TURKISH, None, &[], &["i"]);
            let quote = of(&mention).unwrap_or_default();
            prop_assert!(quote.chars().count() <= MOST, "{quote}");
            prop_assert!(!quote.contains(['\n', '\t', '"']));
        }

        #[test]
        fn no_word_is_lost_between_sentences(text in "\\PC{0,200}|[a-zA-Z.!?… \n]{0,200}") {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let pieces: Vec<&str> = sentences(&text).collect();
            prop_assert_eq!(words(&pieces.join(" ")), words(&text));
        }
    }
}
