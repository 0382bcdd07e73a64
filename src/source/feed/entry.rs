//! One entry of a feed made a post, and what only the whole document can tell of its entries.

use crate::post::{Author, Post};
use crate::source::feed::reddit::Thing;
use crate::source::feed::{bing, google, news, reddit};
use crate::text::{self, Language, html};
use feed_rs::model::{Content, Entry, Feed, Link, Person, Text};
use std::collections::{HashMap, HashSet};
use url::Url;

/// A longer id is no id but a text that went astray.
const MOST_ID_CHARS: usize = 512;
const MOST_TITLE_CHARS: usize = 1_000;
const MOST_NAME_CHARS: usize = 200;

/// Elements by which text that should be plain gives itself away as HTML.
const MARKUP: [&str; 36] = [
    "a",
    "abbr",
    "b",
    "big",
    "blockquote",
    "br",
    "cite",
    "code",
    "del",
    "div",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "hr",
    "i",
    "img",
    "ins",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tt",
    "u",
    "ul",
];

/// What the entries of one document have in common.
pub(super) struct Document<'a> {
    /// The address of the feed, which makes plain ids unique.
    pub site: String,
    /// Where the document came from, to which its links are relative.
    pub base: Option<&'a Url>,
    /// The feed without its entries.
    pub feed: &'a Feed,
    /// Whether the feed is a Google Alert.
    pub is_alerts: bool,
}

impl Document<'_> {
    /// Returns the post that an entry holds; `None` where the entry is nothing that somebody wrote.
    pub(super) fn post(&self, entry: &Entry) -> Option<Post> {
        let id = id(entry);
        let written = self.url(entry);
        let thing =
            written.as_ref().zip(id.as_deref()).and_then(|(url, id)| reddit::thing(id, url));
        if thing == Some(Thing::Other) {
            return None;
        }
        let (is_bing, url) = match written {
            Some(url) if google::is_redirect(&url) => (false, google::target(&url)),
            Some(url) => match bing::target(&url) {
                Some(target) => (true, Some(target)),
                None => (false, Some(url)),
            },
            None => (false, None),
        };
        let is_news = url.as_ref().is_some_and(news::is_article);
        let title =
            entry.title.as_ref().map(plain).map(|title| text::cut(&title, MOST_TITLE_CHARS));
        let mut post = Post {
            site: if id.as_deref().is_some_and(is_uri) { String::new() } else { self.site.clone() },
            id,
            has_own_url: url.is_some(),
            has_own_title: false,
            url: url.map(String::from),
            title: title.filter(|title| !title.is_empty()),
            text: body(entry),
            author: self.author(entry),
            published: entry.published.or(entry.updated),
            language: self.language(entry),
            parent: parent(entry),
            ..Post::default()
        };
        if self.is_alerts {
            google::tidy(&mut post);
        } else if is_bing {
            bing::tidy(&mut post, self.outlet(entry));
        } else if is_news {
            news::tidy(&mut post, self.outlet(entry));
        } else if thing.is_some() {
            reddit::tidy(&mut post);
        }
        Some(post)
    }

    /// Returns the permalink.
    fn url(&self, entry: &Entry) -> Option<Url> {
        let is_own = |link: &&Link| link.rel.as_deref().is_none_or(|rel| rel == "alternate");
        entry.links.iter().filter(is_own).find_map(|link| self.address(&link.href))
    }

    /// Returns an address on the web, made absolute.
    fn address(&self, written: &str) -> Option<Url> {
        let url = match Url::parse(written.trim()) {
            Err(url::ParseError::RelativeUrlWithoutBase) => {
                let site = self.site_link();
                let base = self.base.or(site.as_ref())?;
                base.join(written.trim()).ok()?
            }
            url => url.ok()?,
        };
        (matches!(url.scheme(), "http" | "https") && !written.trim().is_empty()).then_some(url)
    }

    /// Returns the page that the feed belongs to.
    fn site_link(&self) -> Option<Url> {
        let is_page = |link: &&Link| link.rel.as_deref().is_none_or(|rel| rel == "alternate");
        let pages = self.feed.links.iter().filter(is_page);
        pages.filter_map(|link| Url::parse(&link.href).ok()).find(Url::has_host)
    }

    /// Returns where an aggregator found the entry.
    fn outlet(&self, entry: &Entry) -> Option<Author> {
        let outlets = entry.contributors.iter().map(|person| self.person(person));
        outlets.into_iter().find(|outlet| !outlet.is_unknown())
    }

    fn author(&self, entry: &Entry) -> Author {
        // An entry without an author has the feed's, where the format says so.
        let all = entry.authors.iter().chain(&self.feed.authors);
        let known = all.map(|person| self.person(person)).find(|author| !author.is_unknown());
        known.unwrap_or_default()
    }

    fn person(&self, person: &Person) -> Author {
        let name = person.name.as_deref().or(person.email.as_deref()).unwrap_or_default();
        let name = html::plain(name);
        let name = text::cut(bare_name(&name), MOST_NAME_CHARS);
        let url = person.uri.as_deref().and_then(|uri| self.address(uri)).map(String::from);
        // Feeds of social sites name people by their handles.
        let handle = name.strip_prefix('@').filter(|rest| !rest.is_empty() && !rest.contains(' '));
        let handle = handle.map(str::to_owned);
        Author { name: (!name.is_empty()).then_some(name), handle, url, ..Author::default() }
    }

    fn language(&self, entry: &Entry) -> Option<Language> {
        let claims = [entry.language.as_ref(), self.feed.language.as_ref()];
        claims.into_iter().flatten().find_map(|claim| claim.parse().ok())
    }

    /// Returns the posts with what only their neighbours tell: which ids name several entries, and
    /// which addresses and titles belong to one alone. An entry that is there twice counts once.
    pub(super) fn settle(&self, mut posts: Vec<Post>) -> Vec<Post> {
        part_shared_ids(&mut posts);
        let mut seen = HashSet::new();
        let mut bearers: HashMap<String, usize> = HashMap::new();
        let mut titles: HashMap<(String, String), usize> = HashMap::new();
        for post in posts.iter().filter(|p| seen.insert((&p.id, &p.url, &p.title, &p.text))) {
            if let Some(url) = &post.url {
                *bearers.entry(page(url).to_owned()).or_default() += 1;
            }
            *titles.entry(titled(post)).or_default() += 1;
        }
        let site = self.site_link().map(String::from);
        let site = site.as_deref().map(|site| page(site).trim_end_matches('/'));
        for post in &mut posts {
            post.has_own_title = post.title.is_some() && titles.get(&titled(post)) == Some(&1);
            post.has_own_url = post.url.as_deref().map(page).is_some_and(|url| {
                bearers.get(url) == Some(&1) && site != Some(url.trim_end_matches('/'))
            });
        }
        posts
    }
}

/// RSS writes a person as an address of mail with the name in brackets behind it, or as one of both.
fn bare_name(name: &str) -> &str {
    let (before, behind) = name.split_once('(').unwrap_or((name, ""));
    let is_mail = before.trim().is_empty() || before.contains('@');
    let inner = behind.strip_suffix(')').map(str::trim).filter(|inner| !inner.is_empty());
    inner.filter(|_| is_mail).unwrap_or(name)
}

/// Returns the id of what an entry answers.
fn parent(entry: &Entry) -> Option<String> {
    let reply = entry.links.iter().find(|link| link.rel.as_deref() == Some("in-reply-to"))?;
    let id = html::clean(&reply.href);
    (!id.is_empty() && id.chars().count() <= MOST_ID_CHARS).then_some(id)
}

/// Returns what tells a post by its title: the address and the title.
fn titled(post: &Post) -> (String, String) {
    let [url, title] = [&post.url, &post.title].map(|part| part.clone().unwrap_or_default());
    (url, title)
}

fn id(entry: &Entry) -> Option<String> {
    let id = html::clean(entry.id.trim());
    let is_id = !id.is_empty() && id.chars().count() <= MOST_ID_CHARS;
    is_id.then_some(id)
}

/// An id that entries with other links or titles bear, too, is a constant that the software writes:
/// it is unique only together with these.
fn part_shared_ids(posts: &mut [Post]) {
    let mut bearers = HashMap::new();
    let mut shared = HashSet::new();
    for post in &*posts {
        if let Some(id) = &post.id
            && *bearers.entry(id).or_insert((&post.url, &post.title)) != (&post.url, &post.title)
        {
            shared.insert(id.clone());
        }
    }
    for post in posts {
        if post.id.as_ref().is_some_and(|id| shared.contains(id)) {
            let (url, title) = titled(post);
            post.site = format!("{} {url} {title}", post.site);
        }
    }
}

/// Returns an address without its fragment.
fn page(url: &str) -> &str {
    url.split('#').next().unwrap_or(url)
}

/// Tells whether an id is a URI, and so unique everywhere.
fn is_uri(id: &str) -> bool {
    ["http://", "https://", "tag:", "urn:"].iter().any(|scheme| {
        id.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

/// Returns the text of an entry: its content, else its summary.
fn body(entry: &Entry) -> String {
    let content = entry.content.as_ref().map(content).filter(|text| !text.is_empty());
    content.or_else(|| entry.summary.as_ref().map(plain)).unwrap_or_default()
}

fn content(content: &Content) -> String {
    words(content.body.as_deref().unwrap_or_default(), content.content_type.as_ref())
}

fn plain(text: &Text) -> String {
    words(&text.content, text.content_type.as_ref())
}

/// Feeds call nearly everything plain text, so what is in it decides.
fn words(text: &str, media_type: &str) -> String {
    // What is no tag although it begins like one is text.
    let is_html = (media_type != "text/plain" && text.contains(['>', '&'])) || is_markup(text);
    if is_html { html::plain(text) } else { html::clean(text) }
}

/// Tells whether a text holds a tag or a character reference of HTML.
fn is_markup(text: &str) -> bool {
    let is_tag = |behind: &str| {
        let name: String = behind
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .take(12)
            .collect();
        let is_end =
            behind.trim_start_matches('/').strip_prefix(name.as_str()).is_some_and(|behind| {
                behind.starts_with(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))
            });
        is_end && MARKUP.contains(&name.to_ascii_lowercase().as_str())
    };
    let is_reference = |behind: &str| {
        let name: String = behind.chars().take_while(|c| *c != ';').take(12).collect();
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#') && name.len() > 1;
        is_name && behind.strip_prefix(name.as_str()).is_some_and(|behind| behind.starts_with(';'))
    };
    let (tags, _) = text.rsplit_once('>').unwrap_or_default();
    // Without the last bracket a tag that it ends would not be seen to end.
    format!("{tags}>").split('<').skip(1).any(is_tag) || text.split('&').skip(1).any(is_reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_told_from_text() {
        for text in [
            "a <b>c</b>",
            "a<br>b",
            "<P CLASS='x'>",
            "Br&auml;ndi",
            "&#228;",
            "x </a>",
            "<img src=a/>",
        ] {
            assert!(is_markup(text), "{text}");
        }
        for text in
            ["a < b", "a <b and so on", "R&D; x", "how <script> works", "", "<3 > 2", "AT&T"]
        {
            assert!(!is_markup(text), "{text}");
        }
    }

    #[test]
    fn uris_are_unique_everywhere() {
        assert!(["http://a/1", "HTTPS://a", "tag:a,2005:1", "urn:x:1"].into_iter().all(is_uri));
        assert!(!["1", "ä", "httpx", "post-7", "javascript:x"].into_iter().any(is_uri));
    }
}
