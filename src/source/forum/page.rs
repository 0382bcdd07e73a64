//! One page of a forum, read: its posts, its topics, and where it goes on.

use crate::post::Post;
use crate::source::Unreadable;
use crate::source::forum::detect;
use crate::source::forum::pages;
use crate::source::forum::posts::{self, Found};
pub use crate::source::forum::preset::Selectors;
use crate::source::forum::preset::{self, Field, Preset};
use crate::source::forum::text::{Item, line};
use crate::source::forum::{repeated, semantic, tidy, topics};
use crate::text::Language;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use scraper::{ElementRef, Html};
use std::collections::{BTreeMap, HashSet};
use url::Url;

/// What a page was read by where no software is known and the user gave selectors.
const OWN: &str = "own selectors";

/// What is known before a page is read.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// The word of a preset (`xenforo2`) or of all its versions (`xenforo`); `None` to find out.
    pub engine: Option<&'a str>,
    /// The user's own selectors, which stand in for those of the preset.
    pub selectors: &'a Selectors,
    pub now: DateTime<Utc>,
    /// The zone of dates that do not tell theirs, where the page does not tell it either.
    pub zone: Tz,
}

/// What one page held.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sheet {
    /// What the page was read as: the name of a software, `own selectors`, or how it was guessed.
    pub engine: &'static str,
    pub title: Option<String>,
    pub posts: Vec<Post>,
    pub topics: Vec<Topic>,
    /// The page that follows.
    pub next: Option<Url>,
    /// The last page, where the links tell.
    pub last: Option<Url>,
    /// What each selector found.
    pub used: Vec<Used>,
    pub warnings: Vec<String>,
}

/// One row of a list of topics.
#[derive(Debug, Clone, PartialEq)]
pub struct Topic {
    pub url: Url,
    pub title: String,
    pub author: Option<String>,
    pub replies: Option<u64>,
    /// When its last post was written.
    pub last: Option<DateTime<Utc>>,
    /// Changes when the topic does, and stays the same while it does not. Empty where the row shows
    /// nothing by which a change could be seen.
    pub mark: String,
}

/// How often a selector found what it looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    pub field: Field,
    /// As it is written; the first of several where none found anything.
    pub selector: String,
    /// In how many posts or rows.
    pub found: usize,
}

/// Reads a page that was at `url`.
///
/// # Errors
///
/// Fails where the page holds neither posts nor topics; the text says why, and what to do.
pub fn read(source: &str, url: &Url, options: &Options<'_>) -> Result<Sheet, Unreadable> {
    detect::is_page(source)?;
    let html = tidy::parse(source);
    let lower = source.to_ascii_lowercase();
    let page = Page::of(&html, url, options);
    let candidates = detect::candidates(&html, &lower, options)?;
    let mut nothing = None;
    for preset in &candidates {
        let preset = preset.with(options.selectors);
        let sheet = page.read(&preset, name(&preset));
        if sheet.posts.len() > 1 && sheet.posts.iter().all(|post| post.text.is_empty()) {
            return Err(detect::no_texts(&preset));
        }
        if !sheet.posts.is_empty() || !sheet.topics.is_empty() {
            return Ok(sheet);
        }
        nothing.get_or_insert((preset, sheet));
    }
    let fallback = || {
        let own = !options.selectors.get(Field::PostContainer).is_empty()
            || !options.selectors.get(Field::TopicRow).is_empty();
        if own && candidates.is_empty() {
            let preset = preset::any().with(options.selectors);
            let sheet = page.read(&preset, OWN);
            return (!sheet.posts.is_empty() || !sheet.topics.is_empty()).then_some(sheet);
        }
        if own {
            return None;
        }
        if detect::is_refused(&html, &lower, nothing.as_ref().map(|(preset, _)| preset)) {
            return semantic::json(&page);
        }
        repeated::best(&page)
    };
    match fallback() {
        Some(mut sheet) => {
            if let Some((preset, _)) = &nothing {
                sheet.warnings.insert(0, detect::structure_changed(preset));
            }
            Ok(sheet)
        }
        None => Err(detect::reason(&html, &lower, url, nothing.as_ref().map(|(p, _)| p), options)),
    }
}

fn name(preset: &Preset) -> &'static str {
    preset::named(preset.word).first().map_or(OWN, |known| known.name.as_str())
}

/// A page while it is read.
pub(super) struct Page<'a> {
    pub html: &'a Html,
    pub url: &'a Url,
    pub options: &'a Options<'a>,
    /// What its links are relative to.
    pub base: Url,
    pub language: Option<Language>,
    /// All its elements, as if it were one post.
    pub whole: Item<'a>,
}

impl<'a> Page<'a> {
    fn of(html: &'a Html, url: &'a Url, options: &'a Options<'a>) -> Self {
        let whole = Item::of(html.root_element(), &HashSet::new());
        let base = whole.elements().find(|element| element.value().name() == "base");
        let base = base.and_then(|base| url.join(base.attr("href")?).ok());
        let language = html.root_element().attr("lang").or(html.root_element().attr("xml:lang"));
        Self {
            html,
            url,
            options,
            base: base.filter(Url::has_host).unwrap_or_else(|| url.clone()),
            language: language.and_then(|claim| claim.parse().ok()),
            whole,
        }
    }

    /// Returns an address on the page made absolute, without a visit's number.
    pub(super) fn address(&self, written: &str) -> Option<Url> {
        let written = written.trim();
        if written.is_empty() || written == "#" {
            return None;
        }
        let url = self.base.join(written).ok()?;
        // A link within the page is relative to the page, whatever its base is.
        let url = if written.starts_with('#') { self.url.join(written).ok()? } else { url };
        matches!(url.scheme(), "http" | "https").then(|| pages::without_session(url))
    }

    /// Returns the host, with its port where it has one of its own.
    pub(super) fn host(&self) -> String {
        match (self.url.host_str(), self.url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        }
    }

    /// Returns the address of the page without what varies between visits.
    pub(super) fn address_of_topic(&self) -> String {
        let mut url = pages::without_session(self.url.clone());
        url.set_fragment(None);
        url.into()
    }

    /// Returns the title of the page: of what stands in `steps`, else what its window shows.
    pub(super) fn title(&self, ledger: &mut Ledger<'_>) -> Option<String> {
        let found = ledger.value(&self.whole, Field::Title, &["content"]);
        let found = found.map(|(element, text)| match element.value().name() {
            "meta" => text,
            _ => posts::heading(element),
        });
        let window = || {
            let title = self.whole.elements().find(|element| element.value().name() == "title");
            title.map(|title| line(&title))
        };
        found.filter(|title| !title.is_empty()).or_else(window).filter(|title| !title.is_empty())
    }

    /// Reads the page as a preset says.
    pub(super) fn read(&self, preset: &Preset, engine: &'static str) -> Sheet {
        let mut ledger = Ledger::new(&preset.selectors);
        let title = self.title(&mut ledger);
        let found = Found { page: self, preset, title: title.as_deref(), is_guess: engine == OWN };
        let (posts, cut) = found.posts(&mut ledger);
        // Below a topic many boards list others that are like it.
        let own = !self.options.selectors.get(Field::TopicRow).is_empty();
        let topics = if posts.is_empty() || own {
            topics::read(self, preset, &mut ledger)
        } else {
            Vec::new()
        };
        let next = pages::next(self, &mut ledger);
        let last = next.as_ref().map(|next| pages::last(self, next));
        let mut warnings = ledger.warnings(posts.len(), topics.len());
        if cut {
            warnings.push(format!("the page has more than {} posts", posts::MOST_POSTS));
        }
        Sheet { engine, title, posts, topics, next, last, used: ledger.used(), warnings }
    }
}

/// Notes which selectors found something.
pub(super) struct Ledger<'a> {
    pub selectors: &'a Selectors,
    found: BTreeMap<Field, BTreeMap<usize, usize>>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(selectors: &'a Selectors) -> Self {
        Self { selectors, found: BTreeMap::new() }
    }

    /// Notes that the selector with this number found something `times` times.
    pub(super) fn note(&mut self, field: Field, number: usize, times: usize) {
        *self.found.entry(field).or_default().entry(number).or_default() += times;
    }

    /// Looks a field up in an item, and notes what found it.
    pub(super) fn value<'b>(
        &mut self,
        item: &Item<'b>,
        field: Field,
        usual: &[&str],
    ) -> Option<(ElementRef<'b>, String)> {
        self.detailed(item, field, usual).map(|(_, element, value)| (element, value))
    }

    /// As above, with the number of the selector.
    pub(super) fn detailed<'b>(
        &mut self,
        item: &Item<'b>,
        field: Field,
        usual: &[&str],
    ) -> Option<(usize, ElementRef<'b>, String)> {
        let found = item.value(self.selectors.get(field), usual)?;
        self.note(field, found.0, 1);
        Some(found)
    }

    fn total(&self, field: Field) -> usize {
        self.found.get(&field).map_or(0, |steps| steps.values().sum())
    }

    /// Returns what was used, and what was sought in vain.
    pub(super) fn used(&self) -> Vec<Used> {
        let written = |field: Field, number: usize| {
            self.selectors.get(field).get(number).map(|step| step.written.clone())
        };
        let mut used = Vec::new();
        for field in Field::ALL {
            let found = self.found.get(&field).into_iter().flatten();
            let before = used.len();
            used.extend(found.filter_map(|(number, found)| {
                let selector = written(field, *number)?;
                Some(Used { field, selector, found: *found })
            }));
            if used.len() == before && self.is_missed(field) {
                let selector = written(field, 0);
                used.extend(selector.map(|selector| Used { field, selector, found: 0 }));
            }
        }
        used
    }

    /// Tells whether a field should have been found.
    fn is_missed(&self, field: Field) -> bool {
        let container = match field {
            Field::PostId
            | Field::PostPermalink
            | Field::PostAuthor
            | Field::PostDate
            | Field::PostBody => Field::PostContainer,
            Field::TopicLink | Field::TopicReplies | Field::TopicLast => Field::TopicRow,
            _ => return false,
        };
        self.total(container) > 0 && self.total(field) == 0
    }

    fn warnings(&self, posts: usize, topics: usize) -> Vec<String> {
        let mut warnings = Vec::new();
        for (field, what) in
            [(Field::PostAuthor, "author"), (Field::PostDate, "date"), (Field::PostBody, "text")]
        {
            if posts > 0 && self.total(field) == 0 && !self.selectors.get(field).is_empty() {
                warnings.push(
                    format!("`{field}` finds nothing: no post has a {what}")
                        .replace("a author", "an author"),
                );
            }
        }
        if topics > 0
            && self.total(Field::TopicReplies)
                + self.total(Field::TopicLast)
                + self.total(Field::TopicLastLink)
                == 0
        {
            warnings.push("neither `topic.replies` nor `topic.last` finds anything: a change of a topic is not seen in the list".into());
        }
        warnings
    }
}

#[cfg(test)]
mod tests;
