//! Pages of no known software: items that repeat, with text in each and, where they are posts, a date
//! and a name.
//!
//! Elements with the same name and classes are one kind. The kind that is taken is the one whose
//! elements hold the most text, few of it in links, and mostly a date or an author; of kinds within
//! each other the inner one. The text of an item is the kind of element in it that holds most of its
//! text and neither its date nor its author. What stands before the items and is as long as a post is
//! what they answer.

use crate::post::Post;
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
/// Words in the names of classes that tell of one item, not of all.
const PASSING: [&str; 10] =
    ["even", "odd", "first", "last", "alt", "depth", "level", "author", "user", "status"];
/// Items of fewer characters in the middle are a menu.
const LEAST_TEXT: usize = 25;
/// What stands before the items and has so many characters is what they answer.
const LEAST_LEAD: usize = 150;
/// How many kinds of elements are looked at closely.
const MOST_KINDS: usize = 60;
/// How many items of a kind are looked at closely.
const MOST_SAMPLES: usize = 60;
/// A larger page is not guessed at: each kind costs a walk over it.
const MOST_ELEMENTS: usize = 60_000;

/// Reads a page of no known software by whatever tells the most.
pub(super) fn best(page: &Page<'_>) -> Option<Sheet> {
    let said = [semantic::json(page), semantic::microdata(page)];
    let said = said.into_iter().flatten().max_by_key(words);
    let guessed = read(page);
    match (said, guessed) {
        // One post for search engines on a page with many is only its beginning.
        (Some(said), Some(mut guessed)) if words(&said) * 2 < words(&guessed) => {
            let is_new = |post: &&Post| {
                let start: String = squeezed(&post.text).chars().take(40).collect();
                !guessed.posts.iter().any(|other| squeezed(&other.text).contains(&start))
            };
            let mut posts: Vec<Post> = said.posts.iter().filter(is_new).cloned().collect();
            posts.append(&mut guessed.posts);
            Some(Sheet { posts, ..guessed })
        }
        (said, guessed) => said.or(guessed),
    }
}

/// How much text there is in the posts of a sheet.
fn words(sheet: &Sheet) -> usize {
    sheet.posts.iter().map(|post| post.text.len()).sum()
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The text in an element, in characters.
#[derive(Default, Clone, Copy)]
struct Text {
    all: usize,
    linked: usize,
}

impl Text {
    fn plain(self) -> usize {
        self.all.saturating_sub(self.linked)
    }
}

type Texts = HashMap<NodeId, Text>;

/// Reads a page by the kind of element that repeats.
fn read(page: &Page<'_>) -> Option<Sheet> {
    if page.whole.elements().count() > MOST_ELEMENTS {
        return None;
    }
    let texts = measure(page);
    let kinds = kinds(page, &texts);
    let mut judged: Vec<Candidate<'_>> =
        kinds.iter().filter_map(|(kind, elements)| judge(kind, elements, &texts)).collect();
    let most = judged.iter().map(|candidate| candidate.score).max()?;
    // Of those that are nearly as good, the innermost: the smallest.
    judged.retain(|candidate| candidate.score >= most / 5 * 4 && most > 0);
    let chosen = judged.into_iter().min_by_key(|candidate| candidate.size)?;
    let container = css(chosen.kind);
    let mut own = Selectors::default();
    own.set("post.container", &[&container]).ok()?;
    if let Some(body) = chosen.body(&texts) {
        own.set("post.body", &[css(&body)]).ok()?;
    }
    let preset = preset::any().with(&own);
    let mut ledger = Ledger::new(&preset.selectors);
    let title = page.title(&mut ledger);
    let found = Found { page, preset: &preset, title: title.as_deref(), is_guess: true };
    let (mut posts, _) = found.posts(&mut ledger);
    let lead = lead(page, &chosen.ids, &texts);
    if let Some(lead) = lead.and_then(|lead| found.lead(lead, &chosen.ids)) {
        posts.insert(0, lead);
    }
    posts.retain(|post| post.text.chars().count() > 1);
    let mut sheet = semantic::finish(page, posts, ENGINE, &mut ledger)?;
    sheet.warnings.push(format!(
        "the page is of no forum software that vahti knows; what repeats is read, by `{container}`"
    ));
    Some(sheet)
}

/// Returns the kinds of elements that repeat, those with the most text first.
fn kinds<'a>(page: &Page<'a>, texts: &Texts) -> Vec<(String, Vec<ElementRef<'a>>)> {
    let mut kinds: HashMap<String, Vec<ElementRef<'a>>> = HashMap::new();
    for element in page.whole.elements() {
        if !NOT_ITEMS.contains(&element.value().name())
            && let Some(kind) = kind(&element)
        {
            kinds.entry(kind).or_default().push(element);
        }
    }
    let mut kinds: Vec<_> = kinds.into_iter().filter(|(_, elements)| elements.len() >= 2).collect();
    let total = |elements: &[ElementRef<'_>]| -> usize {
        elements.iter().map(|e| texts.get(&e.id()).map_or(0, |text| text.plain())).sum()
    };
    kinds.sort_by_cached_key(|(kind, elements)| (std::cmp::Reverse(total(elements)), kind.clone()));
    kinds.truncate(MOST_KINDS);
    kinds
}

/// A kind of element that may be the posts.
struct Candidate<'a> {
    kind: &'a str,
    items: Vec<Item<'a>>,
    /// All elements of the kind.
    ids: HashSet<NodeId>,
    /// What stands for the date or the author in each item.
    marks: Vec<HashSet<NodeId>>,
    score: usize,
    /// How much text the items have.
    size: usize,
}

/// Says how much a kind of element looks like the posts; `None` where it cannot be them.
fn judge<'a>(kind: &'a str, elements: &[ElementRef<'a>], texts: &Texts) -> Option<Candidate<'a>> {
    let ids: HashSet<NodeId> = elements.iter().map(|element| element.id()).collect();
    let step = elements.len().div_ceil(MOST_SAMPLES);
    let items: Vec<Item<'a>> =
        elements.iter().step_by(step).map(|element| Item::of(*element, &ids)).collect();
    let any = &preset::any().selectors;
    let (mut dated, mut named, mut crowded, mut sum) = (0, 0, 0, Text::default());
    let (mut marks, mut lengths) = (Vec::new(), Vec::new());
    for item in &items {
        let text = own_text(item, &ids, texts);
        sum.all += text.all.min(8_000);
        sum.linked += text.linked.min(8_000);
        lengths.push(text.all);
        let found =
            |field| item.value(any.get(field), &["datetime", "content"]).map(|(_, e, _)| e.id());
        let (date, author) = (found(Field::PostDate), found(Field::PostAuthor));
        dated += usize::from(date.is_some());
        named += usize::from(author.is_some());
        // Several dates are several posts.
        let times = item.elements().filter(|element| element.value().name() == "time").count();
        crowded += usize::from(times > 3);
        marks.push([date, author].into_iter().flatten().collect());
    }
    lengths.sort_unstable();
    let middle = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
    if middle < LEAST_TEXT || crowded * 2 > items.len() || sum.plain() * 2 < sum.all {
        return None;
    }
    let percent = |count: usize, of: usize| count * 100 / of.max(1);
    let many = if elements.len() >= 3 { 2 } else { 1 };
    let signs = 10 + percent(dated, items.len()) + percent(named, items.len()) * 6 / 10;
    let written = sum.all * elements.len() / items.len().max(1);
    let score = (written * 100).isqrt() * percent(sum.plain(), sum.all) * many * signs;
    Some(Candidate { kind, items, ids, marks, score, size: sum.all })
}

/// Returns the text of an item without that of the items within it.
fn own_text(item: &Item<'_>, ids: &HashSet<NodeId>, texts: &Texts) -> Text {
    let mut own = texts.get(&item.element.id()).copied().unwrap_or_default();
    for node in item.element.descendants().skip(1).filter(|node| ids.contains(&node.id())) {
        let around = node.ancestors().find(|above| ids.contains(&above.id()));
        if around.is_some_and(|around| around.id() == item.element.id()) {
            let inner = texts.get(&node.id()).copied().unwrap_or_default();
            own.all = own.all.saturating_sub(inner.all);
            own.linked = own.linked.saturating_sub(inner.linked);
        }
    }
    own
}

/// How much text a kind of element has in the items, in how many of them it is, and how often.
#[derive(Default)]
struct Seen {
    text: usize,
    items: usize,
    times: usize,
}

impl Candidate<'_> {
    /// Returns the kind of element that holds the text of the items.
    fn body(&self, texts: &Texts) -> Option<String> {
        let mut kinds: HashMap<String, Seen> = HashMap::new();
        for (item, marks) in self.items.iter().zip(&self.marks) {
            let mut met = HashSet::new();
            for element in item.elements().skip(1) {
                let is_plain = element.attr("class").is_none()
                    && matches!(
                        element.value().name(),
                        "p" | "a" | "span" | "li" | "b" | "i" | "br"
                    );
                let Some(kind) = kind(&element).filter(|_| !is_plain) else { continue };
                // What holds another item, or the date, is more than a text.
                let holds_more = element
                    .descendants()
                    .any(|node| self.ids.contains(&node.id()) || marks.contains(&node.id()));
                let seen = kinds.entry(kind.clone()).or_default();
                seen.text += texts.get(&element.id()).map_or(0, |text| text.all);
                seen.items += usize::from(met.insert(kind));
                seen.times += if holds_more { 1_000 } else { 1 };
            }
        }
        let enough = self.items.len() * 6 / 10;
        let fits = |seen: &Seen| seen.items > enough && seen.times * 10 <= seen.items * 12;
        let fitting = kinds.into_iter().filter(|(_, seen)| fits(seen));
        let (kind, seen) = fitting.max_by_key(|(kind, seen)| (seen.text, kind.clone()))?;
        (seen.text * 10 > self.size * 3).then_some(kind)
    }
}

/// Returns the element before the items that holds the most paragraphs.
fn lead<'a>(page: &Page<'a>, items: &HashSet<NodeId>, texts: &Texts) -> Option<ElementRef<'a>> {
    let before = page.whole.elements().take_while(|element| !items.contains(&element.id()));
    let paragraphs = |element: &ElementRef<'a>| -> usize {
        let inner = element.children().filter_map(ElementRef::wrap);
        let inner = inner.filter(|child| child.value().name() == "p");
        let inner: usize = inner.map(|p| texts.get(&p.id()).map_or(0, |text| text.plain())).sum();
        let own = element.children().filter_map(|child| child.value().as_text());
        let is_block = matches!(element.value().name(), "div" | "article" | "section" | "td");
        let own: usize = own.map(|text| text.trim().chars().count()).sum();
        inner + if is_block { own } else { 0 }
    };
    let is_place = |element: &ElementRef<'a>| {
        !matches!(element.value().name(), "p" | "script" | "style" | "noscript" | "title")
    };
    let (length, element) = before
        .filter(is_place)
        .map(|element| (paragraphs(&element), element))
        .max_by_key(|(l, _)| *l)?;
    (length >= LEAST_LEAD).then_some(element)
}

/// Returns the name of an element with those of its classes that say of what kind it is. `None`
/// where it has neither class nor another sign.
fn kind(element: &ElementRef<'_>) -> Option<String> {
    let is_kind = |class: &&str| {
        class.len() < 60
            && class.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '-' | '_'))
            && !class.starts_with('-')
            && !PASSING.iter().any(|word| class.contains(word))
    };
    let mut classes: Vec<&str> = element.value().classes().filter(is_kind).collect();
    classes.sort_unstable();
    classes.truncate(4);
    let name = element.value().name();
    let is_bare =
        element.attr("class").is_none() && matches!(name, "article" | "li" | "section" | "tr");
    (is_bare || !classes.is_empty())
        .then(|| format!("{name} {}", classes.join(" ")).trim().to_owned())
}

fn css(kind: &str) -> String {
    kind.split(' ').collect::<Vec<_>>().join(".")
}

/// Counts the text in every element.
fn measure(page: &Page<'_>) -> Texts {
    let mut texts = Texts::new();
    let mut open: Vec<Text> = Vec::new();
    for edge in page.whole.element.traverse() {
        match edge {
            Edge::Open(node) if node.value().is_element() => open.push(Text::default()),
            Edge::Open(node) => {
                if let (Some(text), Some(sum)) = (node.value().as_text(), open.last_mut()) {
                    let words = text.split_whitespace();
                    sum.all += words.map(|word| word.chars().count() + 1).sum::<usize>();
                }
            }
            Edge::Close(node) => {
                let Some(element) = node.value().as_element() else { continue };
                let Some(mut text) = open.pop() else { continue };
                match element.name() {
                    "script" | "style" | "select" | "template" | "noscript" => {
                        text = Text::default();
                    }
                    "a" => text.linked = text.all,
                    _ => {}
                }
                texts.insert(node.id(), text);
                if let Some(sum) = open.last_mut() {
                    sum.all += text.all;
                    sum.linked += text.linked;
                }
            }
        }
    }
    texts
}
