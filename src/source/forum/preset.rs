//! The table of every forum software that vahti knows, and how a user's own keys are laid over one.

use crate::source::forum::selector::{Sign, Step};
use crate::text;
use chrono_tz::Tz;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

/// The tables, as they are written.
const WRITTEN: &str = include_str!("presets.toml");
/// The table that stands in where a page is of no known software.
const ANY: &str = "any";

/// What is looked for on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Title,
    Next,
    PostContainer,
    PostHead,
    PostId,
    PostPermalink,
    PostAuthor,
    PostAuthorUrl,
    PostDate,
    PostBody,
    PostExclude,
    PostParent,
    PostTitle,
    TopicRow,
    TopicLink,
    TopicAuthor,
    TopicDate,
    TopicReplies,
    TopicLast,
    TopicLastLink,
}

impl Field {
    /// All of them, as a table orders them.
    pub const ALL: [Self; 20] = [
        Self::Title,
        Self::Next,
        Self::PostContainer,
        Self::PostHead,
        Self::PostId,
        Self::PostPermalink,
        Self::PostAuthor,
        Self::PostAuthorUrl,
        Self::PostDate,
        Self::PostBody,
        Self::PostExclude,
        Self::PostParent,
        Self::PostTitle,
        Self::TopicRow,
        Self::TopicLink,
        Self::TopicAuthor,
        Self::TopicDate,
        Self::TopicReplies,
        Self::TopicLast,
        Self::TopicLastLink,
    ];

    /// The key that it has in a table.
    pub fn key(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Next => "next",
            Self::PostContainer => "post.container",
            Self::PostHead => "post.head",
            Self::PostId => "post.id",
            Self::PostPermalink => "post.permalink",
            Self::PostAuthor => "post.author",
            Self::PostAuthorUrl => "post.author_url",
            Self::PostDate => "post.date",
            Self::PostBody => "post.body",
            Self::PostExclude => "post.exclude",
            Self::PostParent => "post.parent",
            Self::PostTitle => "post.title",
            Self::TopicRow => "topic.row",
            Self::TopicLink => "topic.link",
            Self::TopicAuthor => "topic.author",
            Self::TopicDate => "topic.date",
            Self::TopicReplies => "topic.replies",
            Self::TopicLast => "topic.last",
            Self::TopicLastLink => "topic.last_link",
        }
    }

    /// Returns the field that has a key.
    pub fn named(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.key() == key)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// Selectors by what they look for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selectors(BTreeMap<Field, Vec<Step>>);

/// Why a user's selectors cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("there is no selector key `{key}`{}", .near.map_or(String::new(), |near| format!("; did you mean `{near}`?")))]
    Key { key: String, near: Option<&'static str> },
    #[error("`{written}` {reason}")]
    Selector { written: String, reason: String },
}

impl Selectors {
    /// Returns the selectors of one field, in the order in which they are tried.
    pub fn get(&self, field: Field) -> &[Step] {
        self.0.get(&field).map_or(&[], Vec::as_slice)
    }

    /// Tells whether there are none at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets the selectors of the field that has `key`, as a user or a preset writes them. An empty
    /// list looks for nothing.
    ///
    /// # Errors
    ///
    /// Fails on a key that there is not, and on a selector that is none; the text says why.
    pub fn set(&mut self, key: &str, written: &[impl AsRef<str>]) -> Result<(), Fault> {
        let field = Field::named(key).ok_or_else(|| {
            let near = text::nearest(key, Field::ALL.map(Field::key));
            Fault::Key { key: key.to_owned(), near }
        })?;
        let read = |written: &str| {
            Step::parse(written)
                .map_err(|reason| Fault::Selector { written: written.to_owned(), reason })
        };
        let steps = written.iter().map(|one| read(one.as_ref())).collect::<Result<_, _>>()?;
        self.0.insert(field, steps);
        Ok(())
    }

    /// Returns these selectors with those of `over` in place of the same fields.
    fn overlaid(&self, over: &Self) -> Self {
        let mut both = self.clone();
        both.0.extend(over.0.iter().map(|(field, steps)| (*field, steps.clone())));
        both
    }
}

/// Where the numbers of posts are unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// On the whole site.
    Site,
    /// In a topic: they are positions.
    Topic,
    /// On the whole site, but what the first selector of `post.id` finds is the number of the topic.
    First,
}

/// How the pages of one software are read.
#[derive(Debug, Clone)]
pub struct Preset {
    /// The word for it in a configuration: `xenforo2`.
    pub word: &'static str,
    /// What it is called: `XenForo 2`.
    pub name: String,
    pub numbers: Numbers,
    /// The zone of its dates that do not tell theirs, where all sites have the same.
    pub zone: Option<Tz>,
    /// What to read where only scripts fill its pages.
    pub instead: Option<String>,
    pub selectors: Selectors,
    pub(super) detect: Vec<Sign>,
    pub(super) login: Vec<Sign>,
    pub(super) script: Vec<Sign>,
}

impl Preset {
    /// The word without the version, by which all versions are meant.
    fn family(&self) -> &'static str {
        self.word.trim_end_matches(|c: char| c.is_ascii_digit())
    }

    /// Returns the preset with a user's selectors in place of its own.
    pub(super) fn with(&self, own: &Selectors) -> Self {
        Self { selectors: self.selectors.overlaid(own), ..self.clone() }
    }
}

/// What the tables hold, read once.
struct Presets {
    known: Vec<Preset>,
    any: Preset,
}

static PRESETS: LazyLock<Presets> = LazyLock::new(|| match read(WRITTEN) {
    Ok(presets) => presets,
    // Cannot be: a test reads the tables. Nothing is known then, and nothing breaks.
    Err(_) => Presets { known: Vec::new(), any: empty(ANY) },
});

/// Other names of software, as its users write them.
const OTHER_NAMES: [(&str, &str); 9] = [
    ("invision", "ips"),
    ("ipboard", "ipb3"),
    ("ip.board", "ipb3"),
    ("punbb", "fluxbb"),
    ("simplemachines", "smf"),
    ("burningboard", "woltlab"),
    ("xf", "xenforo"),
    ("vb", "vbulletin"),
    ("stack exchange", "stackexchange"),
];

/// Returns all presets, in the order in which their signs are tried.
pub fn all() -> &'static [Preset] {
    &PRESETS.known
}

/// Returns the presets that `word` means: one, or all versions of a software. Empty where there is
/// none.
pub fn named(word: &str) -> Vec<&'static Preset> {
    let word = word.to_ascii_lowercase();
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == word);
    let word = other.map_or(word.as_str(), |(_, word)| word);
    all().iter().filter(|preset| preset.word == word || preset.family() == word).collect()
}

/// Returns the words by which a configuration may name a software.
pub fn words() -> Vec<&'static str> {
    let mut words: Vec<&str> = Vec::new();
    for word in all().iter().flat_map(|preset| [preset.family(), preset.word]) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

/// Returns the table that stands in where a page is of no known software.
pub(super) fn any() -> &'static Preset {
    &PRESETS.any
}

fn empty(word: &'static str) -> Preset {
    Preset {
        word,
        name: word.to_owned(),
        numbers: Numbers::Site,
        zone: None,
        instead: None,
        selectors: Selectors::default(),
        detect: Vec::new(),
        login: Vec::new(),
        script: Vec::new(),
    }
}

/// Reads the tables; the order of the file is kept.
fn read(written: &'static str) -> Result<Presets, String> {
    let tables: toml::Table = written.parse().map_err(|error| format!("{error}"))?;
    let words = written.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'));
    let (mut known, mut any) = (Vec::new(), empty(ANY));
    for word in words {
        let table = tables.get(word).and_then(toml::Value::as_table);
        let preset = preset(word, table.ok_or_else(|| format!("{word} is no table"))?)
            .map_err(|reason| format!("{word}: {reason}"))?;
        if word == ANY { any = preset } else { known.push(preset) }
    }
    Ok(Presets { known, any })
}

fn preset(word: &'static str, table: &toml::Table) -> Result<Preset, String> {
    let mut preset = empty(word);
    for (key, value) in table {
        let text = || value.as_str().map(str::to_owned).ok_or_else(|| format!("{key} is no text"));
        match key.as_str() {
            "name" => preset.name = text()?,
            "zone" => preset.zone = Some(text()?.parse().map_err(|_| "zone")?),
            "instead" => preset.instead = Some(text()?),
            "numbers" => {
                preset.numbers = match text()?.as_str() {
                    "site" => Numbers::Site,
                    "topic" => Numbers::Topic,
                    "first" => Numbers::First,
                    other => return Err(format!("numbers: {other}")),
                }
            }
            "detect" => preset.detect = signs(value)?,
            "login" => preset.login = signs(value)?,
            "script" => preset.script = signs(value)?,
            "post" | "topic" => {
                for (inner, value) in value.as_table().ok_or("no table")? {
                    set(&mut preset, &format!("{key}.{inner}"), value)?;
                }
            }
            _ => set(&mut preset, key, value)?,
        }
    }
    Ok(preset)
}

fn set(preset: &mut Preset, key: &str, value: &toml::Value) -> Result<(), String> {
    preset.selectors.set(key, &list(value)?).map_err(|fault| format!("{key}: {fault}"))
}

fn signs(value: &toml::Value) -> Result<Vec<Sign>, String> {
    list(value)?
        .iter()
        .map(|sign| Sign::parse(sign).map_err(|reason| format!("`{sign}` {reason}")))
        .collect()
}

/// A text or a list of texts.
fn list(value: &toml::Value) -> Result<Vec<String>, String> {
    let text = |value: &toml::Value| value.as_str().map(str::to_owned).ok_or("no text".to_owned());
    match value.as_array() {
        Some(values) => values.iter().map(text).collect(),
        None => text(value).map(|text| vec![text]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_selector_of_every_preset_compiles() {
        let presets = read(WRITTEN).map(|presets| presets.known.len());
        assert_eq!(presets, Ok(WRITTEN.lines().filter(|line| line.starts_with('[')).count() - 1));
        assert!(all().len() >= 20, "{:?}", words());
    }

    #[test]
    fn every_preset_can_be_found_and_says_where_posts_and_topics_are() {
        for preset in all() {
            assert!(!preset.detect.is_empty(), "{}", preset.word);
            for field in [
                Field::Title,
                Field::Next,
                Field::PostContainer,
                Field::PostAuthor,
                Field::PostDate,
                Field::PostBody,
                Field::TopicRow,
                Field::TopicLink,
            ] {
                assert!(!preset.selectors.get(field).is_empty(), "{} {field}", preset.word);
            }
            assert_eq!(named(preset.word).first().map(|found| found.word), Some(preset.word));
        }
        assert_eq!(named("xenforo").len(), 2);
        assert_eq!(named("vbulletin").len(), 3);
        assert!(named("").is_empty() && named("xenforo3").is_empty());
    }

    #[test]
    fn a_users_key_replaces_the_one_of_the_preset() {
        let mut own = Selectors::default();
        own.set("post.body", &[".text"]).unwrap();
        own.set("post.exclude", &[] as &[&str]).unwrap();
        let preset = named("phpbb").remove(0);
        let both = preset.with(&own).selectors;
        let written = |field| both.get(field).iter().map(|s| s.written.clone()).collect::<Vec<_>>();
        assert_eq!(written(Field::PostBody), [".text"]);
        assert!(written(Field::PostExclude).is_empty());
        assert_eq!(both.get(Field::PostId), preset.selectors.get(Field::PostId));
    }

    #[test]
    fn a_faulty_selector_of_a_user_is_an_error_with_its_reason() {
        let mut own = Selectors::default();
        let refused = |fault: Result<(), Fault>| fault.unwrap_err().to_string();
        assert_eq!(
            refused(own.set("post.autor", &["a"])),
            "there is no selector key `post.autor`; did you mean `post.author`?"
        );
        assert_eq!(refused(own.set("colour", &["a"])), "there is no selector key `colour`");
        let reason = refused(own.set("post.id", &["a[", "b"]));
        assert_eq!(reason, "`a[` is no CSS selector");
        assert!(own.is_empty());
    }
}
