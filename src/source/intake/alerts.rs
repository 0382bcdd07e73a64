//! The mails of alert services, item by item.
//!
//! Google Alerts marks its items as schema.org articles and leads to each by a redirect; its part in
//! plain text has the same, an item a block with the address below. Talkwalker lists links that lead
//! straight to the pages; what stands around a link belongs to it as far as no other item stands there.

use crate::post::{Author, Post};
use crate::source::feed::google;
use crate::source::forum::{text, tidy};
use crate::text::{date, html};
use chrono::{DateTime, Utc};
use ego_tree::NodeId;
use scraper::{ElementRef, Html, Selector};
use std::collections::{HashMap, HashSet};
use url::Url;

/// Items of one mail. Services send some ten.
const MOST_ITEMS: usize = 500;

/// A longer line is no name of an outlet.
const MOST_OUTLET_CHARS: usize = 60;

/// Elements above which nothing belongs to a single item.
const ROOMS: [&str; 5] = ["table", "tbody", "body", "html", "ul"];

/// Reads the items of a Google Alert.
pub(super) fn of_google(html: Option<&str>, plain: Option<&str>) -> Vec<Post> {
    let page = html.map(tidy::parse);
    let mut posts = page.as_ref().map(articles).unwrap_or_default();
    if posts.is_empty() {
        posts = page.as_ref().map(|page| links(page, google::target)).unwrap_or_default();
    }
    if posts.is_empty() {
        posts = blocks(plain.unwrap_or_default());
    }
    posts.iter_mut().for_each(google::tidy);
    alone(posts)
}

/// Reads the items of a Talkwalker alert.
pub(super) fn of_talkwalker(html: Option<&str>) -> Vec<Post> {
    let is_own = |host: &str| host == "talkwalker.com" || host.ends_with(".talkwalker.com");
    let target = |url: &Url| {
        let leads_away = url.host_str().is_some_and(|host| !is_own(host)) && !is_to_share(url);
        leads_away.then(|| url.clone())
    };
    alone(html.map(|html| links(&tidy::parse(html), target)).unwrap_or_default())
}

/// Tells whether an address is one to tell others of a page.
fn is_to_share(url: &Url) -> bool {
    const SHARERS: [(&str, &str); 6] = [
        ("facebook.com", "/sharer"),
        ("facebook.com", "/share"),
        ("twitter.com", "/intent"),
        ("x.com", "/intent"),
        ("linkedin.com", "/share"),
        ("linkedin.com", "/company/talkwalker"),
    ];
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    SHARERS.iter().any(|(known, path)| host == *known && url.path().starts_with(path))
}

/// Keeps the first of several items with one address.
fn alone(mut posts: Vec<Post>) -> Vec<Post> {
    let mut seen = HashSet::new();
    posts.retain(|post| seen.insert(post.url.clone()));
    posts.truncate(MOST_ITEMS);
    posts
}

fn item(url: &Url, title: &str, outlet: Option<String>, excerpt: String) -> Option<Post> {
    let title = html::clean(title);
    (!title.is_empty()).then(|| Post {
        url: Some(url.to_string()),
        has_own_url: true,
        title: Some(title),
        text: excerpt,
        author: Author { name: outlet.filter(|name| !name.is_empty()), ..Author::default() },
        ..Post::default()
    })
}

/// Finds by a selector of ours; one that is faulty finds nothing, and its test fails.
fn find<'p>(within: ElementRef<'p>, selector: &str) -> Vec<ElementRef<'p>> {
    let Ok(selector) = Selector::parse(selector) else { return Vec::new() };
    within.select(&selector).collect()
}

/// Returns where a link leads.
fn href(link: ElementRef<'_>) -> Option<Url> {
    let url = Url::parse(link.value().attr("href")?.trim()).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// Reads what is marked as an article.
fn articles(page: &Html) -> Vec<Post> {
    let line = |found: Vec<ElementRef<'_>>| found.first().map(text::line).unwrap_or_default();
    let read = |article: ElementRef<'_>| {
        let links = find(article, "a[href]").into_iter();
        let target = links.filter_map(href).find_map(|url| google::target(&url))?;
        let outlet = line(find(article, "[itemprop='publisher'] [itemprop='name']"));
        let names = find(article, "a[href] [itemprop='name'], a[href][itemprop='name']");
        let title = match line(names) {
            title if title.is_empty() => line(find(article, "a[itemprop='url']")),
            title => title,
        };
        let excerpt = line(find(article, "[itemprop='description']"));
        item(&target, &title, Some(html::clean(&outlet)), html::clean(&excerpt))
    };
    let found = find(page.root_element(), "[itemscope][itemtype*='schema.org/Article']");
    found.into_iter().take(MOST_ITEMS).filter_map(read).collect()
}

/// Reads the links that lead to an item, each with what stands around it alone.
fn links(page: &Html, target: impl Fn(&Url) -> Option<Url>) -> Vec<Post> {
    let mut items: Vec<(Url, ElementRef<'_>, String)> = Vec::new();
    let mut places: HashMap<Url, usize> = HashMap::new();
    for link in find(page.root_element(), "a[href]") {
        let (title, Some(url)) = (text::line(&link), href(link).and_then(|url| target(&url)))
        else {
            continue;
        };
        let place = *places.entry(url.clone()).or_insert(items.len());
        match items.get_mut(place) {
            // A picture, a heading and `read more` may lead to the same page.
            Some((_, first, known)) if title.chars().count() > known.chars().count() => {
                (*first, *known) = (link, title);
            }
            Some(_) => {}
            None if place < MOST_ITEMS => items.push((url, link, title)),
            None => break,
        }
    }
    items.retain(|(.., title)| !title.is_empty());
    // Who holds which item; `None` where there are several.
    let mut holds: HashMap<NodeId, Option<usize>> = HashMap::new();
    for (nth, (_, link, _)) in items.iter().enumerate() {
        for above in link.ancestors() {
            let held = holds.entry(above.id()).or_insert(Some(nth));
            if *held != Some(nth) {
                *held = None;
            }
        }
    }
    let read = |(url, link, title): &(Url, ElementRef<'_>, String)| {
        let Card { outlet, published, excerpt } = card(&around(*link, &holds));
        Some(Post { published, ..item(url, title, outlet, excerpt)? })
    };
    items.iter().filter_map(read).collect()
}

/// Returns the lines that belong to the item of `link` alone, without what is linked.
fn around(link: ElementRef<'_>, holds: &HashMap<NodeId, Option<usize>>) -> Vec<String> {
    let above = link.ancestors().filter_map(ElementRef::wrap);
    let card = above
        .take_while(|above| {
            holds.get(&above.id()).is_some_and(Option::is_some)
                && !ROOMS.contains(&above.value().name())
        })
        .last()
        .unwrap_or(link);
    let lines = words(card);
    if !lines.is_empty() {
        return lines;
    }
    // The text may stand in the rows below.
    let below = card.next_siblings().filter_map(ElementRef::wrap);
    let below = below.take_while(|row| find(*row, "a[href]").is_empty()).take(2);
    below.flat_map(words).collect()
}

/// Returns the lines of an element, without what is linked.
fn words(element: ElementRef<'_>) -> Vec<String> {
    let linked: HashSet<NodeId> =
        find(element, "a[href]").iter().chain([&element]).map(|link| link.id()).collect();
    let is_link = |id| linked.contains(&id) && id != element.id();
    let text = match element.value().name() {
        "a" => String::new(),
        _ => html::clean(&text::without(element, is_link)),
    };
    let signs = |c: char| c.is_whitespace() || "|·•-–—".contains(c);
    let lines = text.lines().map(|line| line.trim_matches(signs).to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

/// What stands around a link.
#[derive(Default)]
struct Card {
    outlet: Option<String>,
    published: Option<DateTime<Utc>>,
    excerpt: String,
}

/// Tells the outlet from the excerpt: the longest line is what was written, a short one whose it is,
/// often with a date.
fn card(lines: &[String]) -> Card {
    let length = |line: &&String| line.chars().count();
    let longest = lines.iter().max_by_key(length).filter(|line| {
        lines.len() > 1 || length(line) > MOST_OUTLET_CHARS || line.split(' ').count() > 5
    });
    let mut short = lines.iter().filter(|line| Some(*line) != longest);
    let short = short.find(|line| length(line) <= MOST_OUTLET_CHARS);
    let parts = short.into_iter().flat_map(|line| line.split(['|', '·', '•'])).map(str::trim);
    let (dates, names): (Vec<_>, Vec<_>) = parts.partition(|part| date::parse(part).is_some());
    Card {
        outlet: names.first().map(ToString::to_string),
        published: dates.first().and_then(|text| date::parse(text)),
        excerpt: longest.cloned().unwrap_or_default(),
    }
}

/// Reads the part in plain text: title, outlet and excerpt, a line each or more, then the address.
fn blocks(plain: &str) -> Vec<Post> {
    let mut posts = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    for line in plain.lines().map(str::trim) {
        let address = line.strip_prefix('<').and_then(|line| line.strip_suffix('>'));
        if let Some(address) = address {
            let target = Url::parse(address).ok().and_then(|url| google::target(&url));
            if let (Some(url), [title, rest @ ..]) = (target, lines.as_slice()) {
                let (outlet, excerpt) = match rest {
                    [outlet, excerpt @ ..] if !excerpt.is_empty() => {
                        (Some(html::clean(outlet)), excerpt.join(" "))
                    }
                    rest => (None, rest.join(" ")),
                };
                posts.extend(item(&url, title, outlet, html::clean(&excerpt)));
            }
            lines.clear();
        } else if line.starts_with("===") || line.starts_with("- - -") {
            lines.clear();
        } else if !line.is_empty() {
            lines.push(line);
        }
    }
    posts
}
