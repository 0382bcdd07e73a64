//! The fields of the language, and which values each takes.

use super::lex::can_be_found;
use super::moment::Moment;
use std::fmt;

/// What a mention is asked for by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldName {
    Brand,
    Source,
    Kind,
    Language,
    Sentiment,
    Score,
    Author,
    Site,
    Priority,
    Type,
    Flag,
    Matter,
    Story,
    Ticket,
    Own,
    Muted,
    Review,
    Praise,
    Since,
    Until,
    Title,
}

impl FieldName {
    pub const ALL: [Self; 21] = [
        Self::Brand,
        Self::Source,
        Self::Kind,
        Self::Language,
        Self::Sentiment,
        Self::Score,
        Self::Author,
        Self::Site,
        Self::Priority,
        Self::Type,
        Self::Flag,
        Self::Matter,
        Self::Story,
        Self::Ticket,
        Self::Own,
        Self::Muted,
        Self::Review,
        Self::Praise,
        Self::Since,
        Self::Until,
        Self::Title,
    ];

    /// The word before the colon.
    pub fn word(self) -> &'static str {
        match self {
            Self::Brand => "brand",
            Self::Source => "source",
            Self::Kind => "kind",
            Self::Language => "lang",
            Self::Sentiment => "sentiment",
            Self::Score => "score",
            Self::Author => "author",
            Self::Site => "site",
            Self::Priority => "priority",
            Self::Type => "type",
            Self::Flag => "flag",
            Self::Matter => "matter",
            Self::Story => "story",
            Self::Ticket => "ticket",
            Self::Own => "own",
            Self::Muted => "muted",
            Self::Review => "review",
            Self::Praise => "praise",
            Self::Since => "since",
            Self::Until => "until",
            Self::Title => "title",
        }
    }

    /// Tells whether a post that nobody judged yet can be asked for it.
    pub fn is_for_keywords(self) -> bool {
        matches!(self, Self::Author | Self::Site | Self::Title)
    }

    /// Tells whether its values have an order.
    fn is_ordered(self) -> bool {
        matches!(self, Self::Score | Self::Priority)
    }

    /// The values it takes, where they are a closed list.
    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Kind => &KINDS,
            Self::Sentiment => &["negative", "neutral", "positive"],
            Self::Priority => &["low", "normal", "high", "urgent"],
            Self::Type => &["meek", "aggressive", "demanding", "benefit_hunter", "chronic"],
            Self::Flag => &["legal_threat", "public_pressure", "safety", "churn"],
            Self::Matter => &MATTERS,
            Self::Ticket => &["none", "any", "new", "open", "answered", "resolved", "closed"],
            Self::Praise => &["todo", "thanked", "none"],
            Self::Own | Self::Muted | Self::Review => &["true", "false"],
            Self::Brand
            | Self::Source
            | Self::Language
            | Self::Score
            | Self::Author
            | Self::Site
            | Self::Story
            | Self::Since
            | Self::Until
            | Self::Title => &[],
        }
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What complaints are about.
const MATTERS: [&str; 8] =
    ["delivery", "quality", "billing", "service", "availability", "price", "privacy", "other"];

/// The kinds of sources there are.
const KINDS: [&str; 22] = [
    "feed",
    "opml",
    "forum",
    "json",
    "x",
    "facebook",
    "instagram",
    "mastodon",
    "bluesky",
    "reddit",
    "hackernews",
    "youtube",
    "lemmy",
    "stackexchange",
    "discourse",
    "appstore",
    "googleplay",
    "trustpilot",
    "googlebusiness",
    "telegram",
    "intake",
    "peertube",
];

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    Is,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// The sign before the value, longest first where one begins another.
    pub(super) const SIGNS: [(&'static str, Self); 4] = [
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("<", Self::Less),
        (">", Self::Greater),
    ];

    /// The sign as written; nothing for equality.
    pub(super) fn sign(self) -> &'static str {
        Self::SIGNS.iter().find(|(_, comparison)| *comparison == self).map_or("", |(sign, _)| sign)
    }

    /// Tells whether `left` stands so to `right`.
    pub fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Is => left == right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

/// One field, compared with a value that is known to suit it.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldTest {
    pub field: FieldName,
    pub comparison: Comparison,
    /// In lower case where the field has its own words; else as written.
    pub value: String,
}

impl FieldTest {
    /// Checks a value, or says what it may be.
    pub fn new(field: FieldName, comparison: Comparison, value: &str) -> Result<Self, String> {
        if comparison != Comparison::Is && !field.is_ordered() {
            return Err(format!(
                "`{field}:` has no order; only score: and priority: take {}",
                comparison.sign()
            ));
        }
        if value.trim().is_empty() {
            return Err(format!("a value is missing after `{field}:`"));
        }
        let value = match field.words() {
            [] => checked(field, value)?,
            words => word(field, words, value)?,
        };
        Ok(Self { field, comparison, value })
    }
}

/// Finds the value among the field's own words.
fn word(field: FieldName, words: &[&str], value: &str) -> Result<String, String> {
    let lower = value.to_lowercase();
    if words.contains(&&*lower) {
        return Ok(lower);
    }
    let near = words
        .iter()
        .map(|word| (strsim::damerau_levenshtein(&lower, word), word))
        .filter(|(distance, word)| *distance <= word.len().max(3) / 3)
        .min_by_key(|(distance, _)| *distance);
    let guess = near.map(|(_, word)| format!("; did you mean `{word}`?")).unwrap_or_default();
    Err(format!("`{field}:` knows no `{}`; expected {}{guess}", shown(value), words.join(", ")))
}

/// Checks a value of a field that has no closed list.
fn checked(field: FieldName, value: &str) -> Result<String, String> {
    match field {
        FieldName::Score => {
            let number = value.parse::<f32>().ok().filter(|score| (-1.0..=1.0).contains(score));
            let fault =
                || format!("`{}` is no score; expected a number from -1 to 1", shown(value));
            number.map(|_| value.to_owned()).ok_or_else(fault)
        }
        FieldName::Language => {
            let lower = value.to_ascii_lowercase();
            let is_code = lower.len() == 2 && lower.bytes().all(|byte| byte.is_ascii_lowercase());
            let fault = || {
                format!(
                    "`{}` is no language; expected two letters such as fi, tr, en",
                    shown(value)
                )
            };
            is_code.then_some(lower).ok_or_else(fault)
        }
        FieldName::Since | FieldName::Until => Moment::parse(value).map(|_| value.to_owned()),
        FieldName::Site => {
            let is_domain =
                value.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
            let fault =
                || format!("`{}` is no domain; expected one such as forum.example", shown(value));
            let is_domain = is_domain && value.chars().any(char::is_alphanumeric);
            is_domain.then(|| value.to_lowercase()).ok_or_else(fault)
        }
        FieldName::Title if !value.chars().any(can_be_found) => {
            Err(format!("there is nothing to look for in `{}`", shown(value)))
        }
        FieldName::Brand
        | FieldName::Source
        | FieldName::Author
        | FieldName::Story
        | FieldName::Title
        | FieldName::Kind
        | FieldName::Sentiment
        | FieldName::Priority
        | FieldName::Type
        | FieldName::Flag
        | FieldName::Matter
        | FieldName::Ticket
        | FieldName::Own
        | FieldName::Muted
        | FieldName::Review
        | FieldName::Praise => Ok(value.to_owned()),
    }
}

/// The beginning of what was written: enough to recognise it.
fn shown(value: &str) -> String {
    value.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_its_own_word() {
        let words: std::collections::HashSet<_> =
            FieldName::ALL.iter().map(|field| field.word()).collect();
        assert_eq!(words.len(), FieldName::ALL.len());
    }

    #[test]
    fn comparisons_hold_as_their_signs_say() {
        let held = |comparison: Comparison| [1, 2, 3].map(|left| comparison.holds(&left, &2));
        assert_eq!(held(Comparison::Is), [false, true, false]);
        assert_eq!(held(Comparison::Less), [true, false, false]);
        assert_eq!(held(Comparison::LessOrEqual), [true, true, false]);
        assert_eq!(held(Comparison::Greater), [false, false, true]);
        assert_eq!(held(Comparison::GreaterOrEqual), [false, true, true]);
    }
}
