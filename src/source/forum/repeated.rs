//! Pages of no known software: items that repeat, with text in each and, where they are posts, a date
//! and a name.
//!
//! Elements with the same name and classes are one kind. The kind that is taken is the one whose
//! elements hold the most text, few of it in links, and mostly a date or an author; of kinds within
//! each other the inner one. The text of an item is the kind of element in it that holds most of its
//! text and neither its date nor its author.

use crate::source::forum::page::{Ledger, Page, Sheet};
use crate::source::forum::posts::Found;
use crate::source::forum::preset::{self, Field, Selectors};
use crate::source::forum::semantic;
use crate::source::forum::text::Item;
use ego_tree::NodeId;
use ego_tree::iter::Edge;
use scraper::ElementRef;
use std::collections::{HashMap, HashSet};

/// How it is said that the structure was guessed.
const ENGINE: &str = "a guess: items that repeat";
/// Elements that hold things that repeat but are nobody's words.
const NOT_ITEMS: [&str; 22] = [
    "html", "head", "body", "script", "style", "option", "a", "span", "b", "i", "em", "strong",
    "p", "br", "img", "svg", "path", "input", "button", "tbody", "nav", "footer",
];
/// Items of fewer characters in the middle are a menu.
const LEAST_TEXT: usize = 25;
/// How many kinds of elements are looked at closely.
const MOST_KINDS: usize = 60;
/// How many items of a kind are looked at closely.
const MOST_SAMPLES: usize = 60;

/// Reads a page of no known software by whatever tells the most.
pub(super) fn best(page: &Page<'_>) -> Option<Sheet> {
    let said = [semantic::json(page), semantic::microdata(page)];
    let said = said.into_iter().flatten().max_by_key(words);
    let guessed = read(page);
    match (said, guessed) {
        // One post for search engines on a page with many is only its beginning.
        (Some(said), Some(guessed)) if words(&said) * 2 < words(&guessed) => {
            let begins = |post: &crate::post::Post| {
                let start: String =
                    post.text.chars().filter(|c| c.is_alphanumeric()).take(40).collect();
                let holds = |other: &crate::post::Post| {
                    other
                        .text
                        .chars()
                        .filter(|c| c.is_alphanumeric())
                        .collect::<String>()
                        .contains(&start)
                };
                !guessed.posts.iter().any(holds)
            };
            let mut posts: Vec<_> =
                said.posts.iter().filter(|post| begins(post)).cloned().collect();
            posts.extend(guessed.posts.iter().cloned());
            Some(Sheet { posts, ..guessed })
        }
        (said, guessed) => said.or(guessed),
    }
}

/// How much text there is in the posts of a sheet.
fn words(sheet: &Sheet) -> usize {
    sheet.posts.iter().map(|post| post.text.len()).sum()
}

/// The texts in an element, in characters.
#[derive(Default, Clone, Copy)]
struct Text {
    all: usize,
    linked: usize,
}

/// Reads a page by the kind of element that repeats.
fn read(page: &Page<'_>) -> Option<Sheet> {
    let texts = measure(page);
    let mut kinds: HashMap<String, Vec<ElementRef<'_>>> = HashMap::new();
    for element in page.whole.elements() {
        if !NOT_ITEMS.contains(&element.value().name())
            && let Some(kind) = kind(&element)
        {
            kinds.entry(kind).or_default().push(element);
        }
    }
    let mut kinds: Vec<(String, Vec<ElementRef<'_>>)> =
        kinds.into_iter().filter(|(_, elements)| elements.len() >= 2).collect();
    let total = |elements: &[ElementRef<'_>]| -> usize {
        elements.iter().map(|e| texts.get(&e.id()).map_or(0, |text| text.all - text.linked)).sum()
    };
    kinds.sort_by_cached_key(|(kind, elements)| (std::cmp::Reverse(total(elements)), kind.clone()));
    kinds.truncate(MOST_KINDS);
    let any = preset::any();
    let judged = kinds.iter().filter_map(|(kind, elements)| judge(kind, elements, &texts));
    let mut judged: Vec<Candidate<'_>> = judged.collect();
    let most = judged.iter().map(|candidate| candidate.score).fold(0.0, f64::max);
    // Of those that are nearly as good, the innermost: the smallest.
    judged.retain(|candidate| candidate.score >= most * 0.8 && most > 0.0);
    let chosen = judged.into_iter().min_by_key(|candidate| candidate.size)?;
    let container = css(chosen.kind);
    let mut own = Selectors::default();
    own.set("post.container", &[&container]).ok()?;
    if let Some(body) = chosen.body(&texts) {
        own.set("post.body", &[css(&body)]).ok()?;
    }
    let preset = any.with(&own);
    let mut ledger = Ledger::new(&preset.selectors);
    let title = page.title(&mut ledger);
    let found = Found { page, preset: &preset, title: title.as_deref(), is_guess: true };
    let (mut posts, _) = found.posts(&mut ledger);
    posts.retain(|post| post.text.chars().count() > 1);
    let mut sheet = semantic::finish(page, posts, ENGINE)?;
    let mut used = ledger.used();
    used.append(&mut sheet.used);
    sheet.used = used;
    sheet.warnings.push(format!(
        "the page is of no forum software that vahti knows; what repeats is read, by `{container}`"
    ));
    Some(sheet)
}

/// A kind of element that may be the posts.
struct Candidate<'a> {
    kind: &'a str,
    items: Vec<Item<'a>>,
    /// What stands for the date or the author in each.
    marks: Vec<HashSet<NodeId>>,
    score: f64,
    /// How much text an item has.
    size: usize,
}

fn judge<'a>(
    kind: &'a str,
    elements: &[ElementRef<'a>],
    texts: &HashMap<NodeId, Text>,
) -> Option<Candidate<'a>> {
    let ids: HashSet<NodeId> = elements.iter().map(|element| element.id()).collect();
    let step = elements.len().div_ceil(MOST_SAMPLES);
    let items: Vec<Item<'a>> =
        elements.iter().step_by(step).map(|element| Item::of(*element, &ids)).collect();
    let own = |item: &Item<'_>| {
        // Without the items within it.
        let all = texts.get(&item.element.id()).copied().unwrap_or_default();
        let inner = item.element.descendants().skip(1).filter(|node| ids.contains(&node.id()));
        inner.fold(all, |left, node| {
            let nested = node.ancestors().find(|above| ids.contains(&above.id()));
            if nested.is_none_or(|above| above.id() != item.element.id()) {
                return left;
            }
            let inner = texts.get(&node.id()).copied().unwrap_or_default();
            Text { all: left.all - inner.all, linked: left.linked - inner.linked }
        })
    };
    let any = &preset::any().selectors;
    let (mut dated, mut named, mut marks, mut lengths, mut crowded) =
        (0, 0, Vec::new(), Vec::new(), 0);
    let (mut all, mut linked) = (0, 0);
    for item in &items {
        let text = own(item);
        all += text.all.min(8_000);
        linked += text.linked.min(8_000);
        lengths.push(text.all);
        let found =
            |field| item.value(any.get(field), &["datetime", "content"]).map(|(_, e, _)| e.id());
        let (date, author) = (found(Field::PostDate), found(Field::PostAuthor));
        dated += usize::from(date.is_some());
        named += usize::from(author.is_some());
        let times = item.elements().filter(|e| e.value().name() == "time").count();
        crowded += usize::from(times > 3);
        marks.push([date, author].into_iter().flatten().collect());
    }
    lengths.sort_unstable();
    let middle = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
    if middle < LEAST_TEXT || crowded * 2 > items.len() {
        return None;
    }
    let share = |count: usize| count as f64 / items.len().max(1) as f64;
    let plain = 1.0 - linked as f64 / all.max(1) as f64;
    if plain < 0.5 {
        return None;
    }
    let written = all as f64 * elements.len() as f64 / items.len() as f64;
    let many = if elements.len() >= 3 { 1.0 } else { 0.5 };
    let score = written.sqrt() * plain * many * (0.1 + share(dated) + 0.6 * share(named));
    Some(Candidate { kind, items, marks, score, size: all })
}

impl Candidate<'_> {
    /// Returns the kind of element that holds the text of the items.
    fn body(&self, texts: &HashMap<NodeId, Text>) -> Option<String> {
        let mut kinds: HashMap<String, (usize, usize, usize)> = HashMap::new();
        for (item, marks) in self.items.iter().zip(&self.marks) {
            let mut seen = HashSet::new();
            for element in item.elements().skip(1) {
                if matches!(element.value().name(), "p" | "a" | "span" | "li" | "b" | "i" | "br")
                    && element.attr("class").is_none()
                {
                    continue;
                }
                let Some(kind) = kind(&element) else { continue };
                let holds_mark = element.descendants().any(|node| marks.contains(&node.id()));
                let text = texts.get(&element.id()).map_or(0, |text| text.all);
                let entry = kinds.entry(kind.clone()).or_default();
                entry.0 += text;
                entry.1 += usize::from(seen.insert(kind));
                entry.2 += 1 + if holds_mark { 1_000 } else { 0 };
            }
        }
        let enough = self.items.len() * 6 / 10;
        let fits = |(_, (_, items, times)): &(String, (usize, usize, usize))| {
            *items > enough && *times * 10 <= items * 12
        };
        let fitting = kinds.into_iter().filter(fits);
        let (kind, (text, ..)) = fitting.max_by_key(|(kind, (text, ..))| (*text, kind.clone()))?;
        (text * 10 > self.size * 3).then_some(kind)
    }
}

/// Returns the name of an element with those of its classes that say of what kind it is. `None`
/// where it has neither class nor another sign.
fn kind(element: &ElementRef<'_>) -> Option<String> {
    let is_kind = |class: &&str| {
        !class.is_empty()
            && class.len() < 60
            && class.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
            && !class.contains(|c: char| c.is_ascii_digit())
            && ![
                "even", "odd", "first", "last", "alt", "depth", "level", "author", "user", "status",
            ]
            .iter()
            .any(|word| class.contains(word))
    };
    let mut classes: Vec<&str> = element.value().classes().filter(is_kind).collect();
    classes.sort_unstable();
    classes.truncate(4);
    if classes.is_empty() && element.attr("class").is_some() {
        return None;
    }
    let name = element.value().name();
    if classes.is_empty() && !matches!(name, "article" | "li" | "section" | "tr") {
        return None;
    }
    Some(format!("{name} {}", classes.join(" ")).trim().to_owned())
}

fn css(kind: &str) -> String {
    kind.split(' ').collect::<Vec<_>>().join(".")
}

/// Counts the texts in every element.
fn measure(page: &Page<'_>) -> HashMap<NodeId, Text> {
    let mut texts: HashMap<NodeId, Text> = HashMap::new();
    let mut open: Vec<(NodeId, Text, bool)> = Vec::new();
    for edge in page.whole.element.traverse() {
        match edge {
            Edge::Open(node) => {
                if let Some(text) = node.value().as_text() {
                    let count: usize =
                        text.split_whitespace().map(|word| word.chars().count() + 1).sum();
                    if let Some((_, sum, _)) = open.last_mut() {
                        sum.all += count;
                    }
                } else if let Some(element) = node.value().as_element() {
                    open.push((node.id(), Text::default(), element.name() == "a"));
                }
            }
            Edge::Close(node) if node.value().is_element() => {
                let Some((id, mut text, is_link)) = open.pop() else { continue };
                if is_link {
                    text.linked = text.all;
                }
                let name = node.value().as_element().map_or("", |element| element.name());
                if matches!(name, "script" | "style" | "select" | "template" | "noscript") {
                    text = Text::default();
                }
                texts.insert(id, text);
                if let Some((_, sum, _)) = open.last_mut() {
                    sum.all += text.all;
                    sum.linked += text.linked;
                }
            }
            Edge::Close(_) => {}
        }
    }
    texts
}
