//! The little language in which presets and users say where something stands on a page. The head of
//! `presets.toml` explains it.

use crate::text::html;
use scraper::{ElementRef, Selector};
use std::fmt;

/// A longer selector is a text that went astray.
const MOST_BYTES: usize = 2_000;

/// One selector: which elements, which of their attributes, which part of its value.
#[derive(Clone)]
pub struct Step {
    /// As it was written, for people to read.
    pub written: String,
    css: Option<Selector>,
    attribute: Option<String>,
    capture: Option<Capture>,
}

impl Step {
    /// Reads a selector.
    ///
    /// # Errors
    ///
    /// The reason why it is none, as a part of a sentence.
    pub fn parse(written: &str) -> Result<Self, String> {
        if written.len() > MOST_BYTES {
            return Err("is too long".into());
        }
        let (front, pattern) = split(written, '|');
        let (css, attribute) = split(front, '@');
        let css = css.trim();
        let attribute = attribute.map(|name| name.trim().to_ascii_lowercase());
        if let Some(name) = &attribute
            && (name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == ','))
        {
            return Err(format!("has no attribute's name behind `@`, but `{name}`"));
        }
        if css.is_empty() && attribute.is_none() && pattern.is_none() {
            return Err("is empty".into());
        }
        Ok(Self {
            written: written.trim().to_owned(),
            css: if css.is_empty() { None } else { Some(compile(css)?) },
            attribute,
            capture: pattern.map(Capture::parse).transpose()?,
        })
    }

    /// Tells whether an element is one that this selector looks for. The container itself is only
    /// found by a selector without CSS.
    pub(super) fn finds(&self, element: &ElementRef<'_>) -> bool {
        self.css.as_ref().is_some_and(|css| css.matches(element))
    }

    /// Tells whether the container itself is meant.
    pub(super) fn is_own(&self) -> bool {
        self.css.is_none()
    }

    /// Tells whether an attribute is taken, which software wrote for software.
    pub(super) fn is_attribute(&self) -> bool {
        self.attribute.is_some()
    }

    /// Returns what is taken of an element. `usual` are the attributes that are taken where none is
    /// named; `text` gives the text where there is none of them.
    pub(super) fn value(
        &self,
        element: &ElementRef<'_>,
        usual: &[&str],
        text: impl Fn(&ElementRef<'_>) -> String,
    ) -> Option<String> {
        let value = match &self.attribute {
            Some(name) => html::clean(element.attr(name)?),
            None => match usual.iter().find_map(|name| element.attr(name)) {
                Some(value) => html::clean(value),
                None => text(element),
            },
        };
        let value = match &self.capture {
            Some(capture) => capture.find(&value)?.to_owned(),
            None => value,
        };
        (!value.is_empty()).then_some(value)
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Step({})", self.written)
    }
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

/// Splits at the last `mark` that stands neither in brackets nor in quotes.
fn split(written: &str, mark: char) -> (&str, Option<&str>) {
    let (mut depth, mut quote, mut at) = (0_usize, None, None);
    for (index, c) in written.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth = depth.saturating_sub(1),
            // The first bar counts: a pattern may hold more of them.
            (None, c) if c == mark && depth == 0 && (mark != '|' || at.is_none()) => {
                at = Some(index);
            }
            _ => {}
        }
    }
    match at.and_then(|at| written.split_at_checked(at)) {
        Some((front, behind)) => (front, behind.strip_prefix(mark)),
        None => (written, None),
    }
}

fn compile(css: &str) -> Result<Selector, String> {
    if css.contains("::") {
        return Err("has a pseudo-element, which is no element of a page".into());
    }
    // The library's own reasons are for those who write it.
    Selector::parse(css).map_err(|_| "is no CSS selector".to_owned())
}

/// A pattern of which one part is kept.
#[derive(Debug, Clone, PartialEq)]
struct Capture {
    starts: bool,
    before: String,
    kind: Kind,
    after: String,
    ends: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Digits,
    Word,
    Rest,
}

impl Capture {
    fn parse(written: &str) -> Result<Self, String> {
        let written = written.trim();
        let unclear = || {
            format!(
                "has the pattern `{written}`, which must hold one of {{digits}}, {{word}}, {{rest}}"
            )
        };
        let (before, behind) = written.split_once('{').ok_or_else(unclear)?;
        let (kind, after) = behind.split_once('}').ok_or_else(unclear)?;
        let kind = match kind {
            "digits" => Kind::Digits,
            "word" => Kind::Word,
            "rest" => Kind::Rest,
            _ => return Err(unclear()),
        };
        if after.contains('{') {
            return Err(unclear());
        }
        Ok(Self {
            starts: before.starts_with('^'),
            before: before.strip_prefix('^').unwrap_or(before).to_owned(),
            kind,
            after: after.strip_suffix('$').unwrap_or(after).to_owned(),
            ends: after.ends_with('$'),
        })
    }

    fn find<'a>(&self, value: &'a str) -> Option<&'a str> {
        if self.starts {
            return self.here(value.strip_prefix(self.before.as_str())?);
        }
        if self.before.is_empty() {
            // Where the run begins: not within another.
            let mut before = None;
            return value.char_indices().find_map(|(at, c)| {
                let begins = self.takes(c) && before.is_none_or(|before| !self.takes(before));
                before = Some(c);
                let (_, rest) = value.split_at_checked(at)?;
                if begins { self.here(rest) } else { None }
            });
        }
        value
            .match_indices(self.before.as_str())
            .find_map(|(at, found)| self.here(value.get(at + found.len()..)?))
    }

    /// Reads the kept part off the front.
    fn here<'a>(&self, rest: &'a str) -> Option<&'a str> {
        let end = rest.find(|c| !self.takes(c)).unwrap_or(rest.len());
        let (kept, behind) = match self.kind {
            Kind::Rest if !self.after.is_empty() => {
                rest.split_at_checked(rest.find(&self.after)?)?
            }
            Kind::Rest | Kind::Digits | Kind::Word => rest.split_at_checked(end)?,
        };
        let behind = behind.strip_prefix(self.after.as_str())?;
        (!kept.is_empty() && (!self.ends || behind.is_empty())).then_some(kept)
    }

    fn takes(&self, c: char) -> bool {
        match self.kind {
            Kind::Digits => c.is_ascii_digit(),
            Kind::Word => !c.is_whitespace() && !"/?&#=\"'".contains(c),
            Kind::Rest => true,
        }
    }
}

/// A sign by which a page is known: conditions that must all hold.
#[derive(Debug, Clone)]
pub(super) struct Sign(Vec<Condition>);

#[derive(Debug, Clone)]
enum Condition {
    There(Selector),
    Absent(Selector),
    /// In lower case.
    Text(String),
}

impl Sign {
    /// Reads a sign.
    ///
    /// # Errors
    ///
    /// The reason why it is none, as a part of a sentence.
    pub(super) fn parse(written: &str) -> Result<Self, String> {
        let part = |part: &str| {
            let part = part.trim();
            if let Some(text) = part.strip_prefix('"').and_then(|part| part.strip_suffix('"')) {
                return Ok(Condition::Text(text.replace("\\\"", "\"").to_ascii_lowercase()));
            }
            match part.strip_prefix('!') {
                Some(css) => compile(css.trim()).map(Condition::Absent),
                None => compile(part).map(Condition::There),
            }
        };
        written.split("&&").map(part).collect::<Result<_, String>>().map(Self)
    }

    /// Tells whether the sign holds on a page; `source` is the page's source in lower case.
    pub(super) fn holds(&self, page: &scraper::Html, source: &str) -> bool {
        self.0.iter().all(|condition| match condition {
            Condition::There(css) => page.select(css).next().is_some(),
            Condition::Absent(css) => page.select(css).next().is_none(),
            Condition::Text(text) => source.contains(text.as_str()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use scraper::Html;

    /// Takes the value of the first element found on a page.
    #[track_caller]
    fn check(html: &str, written: &str, expected: Option<&str>) {
        let page = Html::parse_document(html);
        let step = Step::parse(written).unwrap();
        let everything = Selector::parse("*").unwrap();
        let found = page.select(&everything).find(|element| step.finds(element));
        let found = found.and_then(|e| step.value(&e, &["href"], |e| e.text().collect()));
        assert_eq!(found.as_deref(), expected, "{written}");
    }

    #[test]
    fn a_selector_takes_text_addresses_attributes_and_parts() {
        let page = "<p id='post-71-x' data-a='u@b | c'>text <a href='/p?a=5&id=12'>link</a></p>";
        check(page, "p", Some("text link"));
        check(page, "p a", Some("/p?a=5&id=12"));
        check(page, "p @ID", Some("post-71-x"));
        check(page, "p@id|post-{digits}", Some("71"));
        check(page, "p @id | ^post-{digits}$", None);
        check(page, "p @id | ^post-{digits}-x$", Some("71"));
        check(page, "p @id | {digits}", Some("71"));
        check(page, "p @id | -{word}", Some("71-x"));
        check(page, "p @data-a | | {rest}", Some("c"));
        check(page, "a[href*='|'], a[href*='@'], a | id={digits}", Some("12"));
        check(page, "a | p?{rest}&", Some("a=5"));
        check(page, "p @title", None);
        check(page, "p:has(a) a:not([title]) @href | a={word}", Some("5"));
    }

    #[track_caller]
    fn refuse(written: &str, expected: &str) {
        let reason = Step::parse(written).unwrap_err();
        assert!(reason.contains(expected), "{written:?}: {reason}");
    }

    #[test]
    fn a_faulty_selector_is_refused_with_its_reason() {
        refuse("", "is empty");
        refuse("p[", "is no CSS selector");
        refuse("p::before", "pseudo-element");
        refuse("p @", "no attribute's name");
        refuse("p @a b", "no attribute's name");
        refuse("p | x", "must hold one of {digits}");
        refuse("p | {number}", "must hold one of {digits}");
        refuse("p | {digits}{digits}", "must hold one of {digits}");
        refuse(&"p ".repeat(5_000), "is too long");
    }

    #[test]
    fn a_sign_holds_where_all_its_parts_do() {
        let source = "<body class=a><P>Powered by \"X\"</p>";
        let page = Html::parse_document(source);
        let check = |sign: &str, expected: bool| {
            let sign = Sign::parse(sign).unwrap();
            assert_eq!(sign.holds(&page, &source.to_ascii_lowercase()), expected, "{sign:?}");
        };
        check("p", true);
        check("body.a && p", true);
        check("body.a && !p", false);
        check("!div && \"powered by\"", true);
        check("\"by \\\"x\\\"\"", true);
        check("p && \"another\"", false);
        assert!(Sign::parse("p && ").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_always_read_or_refused(
            written in "(p|a|\\[|\\]|@|\\||\\{digits\\}|\\{|\\}|'|\"|id|\\^|\\$| |,|:has\\(|\\)|\\PC){0,20}",
            value in "(post|-|[0-9]|x|ä| ){0,12}",
        ) {
            if let Ok(step) = Step::parse(&written)
                && let Some(capture) = &step.capture
                && let Some(kept) = capture.find(&value)
            {
                prop_assert!(value.contains(kept) && !kept.is_empty());
            }
        }
    }
}
