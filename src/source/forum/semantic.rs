//! What pages say of themselves for search engines: posts as JSON-LD or as microdata.

use crate::post::Post;
use crate::source::forum::dates;
use crate::source::forum::page::{Ledger, Page, Sheet};
use crate::source::forum::pages;
use crate::source::forum::posts::{self, Found, author};
use crate::source::forum::preset::{self, Field, Selectors};
use crate::text::{self, html, json};
use serde_json::{Map, Value};
use std::collections::HashSet;
use url::Url;

/// The kinds of things that somebody wrote, by their names at schema.org.
const KINDS: [&str; 9] = [
    "DiscussionForumPosting",
    "Comment",
    "UserComments",
    "Question",
    "Answer",
    "Review",
    "UserReview",
    "SocialMediaPosting",
    "QAPage",
];
/// Where one of them holds others.
const REPLIES: [&str; 6] =
    ["comment", "comments", "acceptedAnswer", "suggestedAnswer", "review", "mainEntity"];
/// A longer id is no id but a text that went astray.
const MOST_ID_CHARS: usize = 512;

/// Reads what the page says in JSON-LD.
pub(super) fn json(page: &Page<'_>) -> Option<Sheet> {
    let mut posts = Vec::new();
    let scripts = page.whole.elements().filter(|element| {
        let kind = element.attr("type").unwrap_or_default().to_ascii_lowercase();
        element.value().name() == "script" && kind.contains("ld+json")
    });
    for script in scripts {
        let text: String = script.text().collect();
        if let Ok(value) = json::parse(text.trim(), json::MOST_API_BYTES) {
            gather(page, &value, None, &mut posts);
        }
    }
    let mut seen = HashSet::new();
    posts.retain(|post: &Post| seen.insert((post.id.clone(), post.url.clone(), post.text.clone())));
    let mut ledger = Ledger::new(&preset::any().selectors);
    finish(page, posts, "what the page says of itself (JSON-LD)", &mut ledger)
}

/// Walks through a document for things that somebody wrote. It cannot be deep: its parser sees to
/// that.
fn gather(page: &Page<'_>, value: &Value, parent: Option<&str>, posts: &mut Vec<Post>) {
    if posts.len() >= posts::MOST_POSTS {
        return;
    }
    match value {
        Value::Array(values) => values.iter().for_each(|v| gather(page, v, parent, posts)),
        Value::Object(object) => {
            let found = is_written(object).then(|| post(page, object, parent)).flatten();
            let id = found.as_ref().and_then(|post| post.id.clone());
            posts.extend(found);
            let parent = id.as_deref().or(parent);
            for (key, value) in object {
                if key == "@graph" || REPLIES.contains(&key.as_str()) {
                    gather(page, value, parent, posts);
                }
            }
        }
        _ => {}
    }
}

fn is_written(object: &Map<String, Value>) -> bool {
    let is_kind = |value: &Value| {
        let name = value.as_str().unwrap_or_default();
        KINDS.contains(&name.rsplit('/').next().unwrap_or_default())
    };
    match object.get("@type") {
        Some(Value::Array(types)) => types.iter().any(is_kind),
        Some(one) => is_kind(one),
        None => false,
    }
}

fn post(page: &Page<'_>, object: &Map<String, Value>, parent: Option<&str>) -> Option<Post> {
    let word = |key: &str| match object.get(key) {
        Some(Value::String(text)) => Some(text.trim().to_owned()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let text = ["text", "articleBody", "reviewBody"].iter().find_map(|key| word(key));
    // Some write HTML there, some HTML that was escaped.
    let text = html::plain(&text.filter(|text| !text.is_empty())?);
    let url = word("url").or_else(|| word("@id")).and_then(|url| page.address(&url));
    let id = id(&word, url.as_ref());
    let reading = page.reading(&[], preset::any(), Field::PostDate);
    let date = ["datePublished", "dateCreated"].iter().find_map(|key| word(key));
    let title = word("headline").or_else(|| word("name")).map(|title| html::plain(&title));
    let own = url
        .as_ref()
        .is_some_and(|url| id.as_deref().is_some_and(|id| pages::names(url, page.url, id)));
    Some(Post {
        site: page.host(),
        has_own_url: own,
        url: Some(url.map_or_else(|| page.address_of_topic(), String::from)),
        title: title.filter(|title| !title.is_empty()),
        has_own_title: false,
        author: writer(page, object.get("author").or_else(|| object.get("creator"))),
        published: date.and_then(|date| dates::read(&reading, &date)),
        language: page.language,
        parent: parent.map(str::to_owned).filter(|parent| Some(parent) != id.as_ref()),
        text,
        id,
        ..Post::default()
    })
}

/// Returns the number of a post: its identifier, else what its address ends in.
fn id(word: &dyn Fn(&str) -> Option<String>, url: Option<&Url>) -> Option<String> {
    let written = word("identifier").or_else(|| word("@id")).filter(|id| !id.starts_with("http"));
    let id = written.or_else(|| {
        let url = url?;
        let place = url
            .fragment()
            .or_else(|| url.query())
            .or_else(|| url.path_segments().into_iter().flatten().rfind(|part| !part.is_empty()))?;
        let digits = place.trim_end_matches(|c: char| !c.is_ascii_digit());
        let start = digits.rfind(|c: char| !c.is_ascii_digit());
        let digits = start
            .and_then(|at| digits.get(at..))
            .map_or(digits, |from| from.trim_start_matches(|c: char| !c.is_ascii_digit()));
        (!digits.is_empty()).then(|| digits.to_owned())
    });
    id.map(|id| text::cut(&html::clean(&id), MOST_ID_CHARS)).filter(|id| !id.is_empty())
}

fn writer(page: &Page<'_>, value: Option<&Value>) -> crate::post::Author {
    let value = match value {
        Some(Value::Array(values)) => values.first(),
        value => value,
    };
    let name = value.and_then(|value| value.as_str().or_else(|| value.get("name")?.as_str()));
    let url = value.and_then(|value| value.get("url")?.as_str());
    author(&html::plain(name.unwrap_or_default()), url.and_then(|url| page.address(url)))
}

/// Reads what the page says in microdata.
pub(super) fn microdata(page: &Page<'_>) -> Option<Sheet> {
    let mut own = Selectors::default();
    let kinds = KINDS.iter().filter(|kind| **kind != "QAPage");
    let container: Vec<String> = kinds.map(|kind| format!("[itemtype$='/{kind}']")).collect();
    let container = container.join(", ");
    own.set("post.container", &[container]).ok()?;
    let preset = preset::any().with(&own);
    let mut ledger = Ledger::new(&preset.selectors);
    let title = page.title(&mut ledger);
    let found = Found { page, preset: &preset, title: title.as_deref(), is_guess: true };
    let (posts, _) = found.posts(&mut ledger);
    finish(page, posts, "what the page says of itself (microdata)", &mut ledger)
}

/// Makes a sheet of posts; `None` where there is none.
pub(super) fn finish(
    page: &Page<'_>,
    mut posts: Vec<Post>,
    engine: &'static str,
    ledger: &mut Ledger<'_>,
) -> Option<Sheet> {
    if posts.is_empty() {
        return None;
    }
    if posts.iter().any(|post| post.title.is_none()) {
        let title = page.title(ledger);
        for post in &mut posts {
            post.title = post.title.take().or_else(|| title.clone());
        }
    }
    let title = posts.first().and_then(|post| post.title.clone());
    let next = pages::next(page, ledger);
    let last = next.as_ref().map(|next| pages::last(page, next));
    let used = ledger.used();
    Some(Sheet { engine, title, posts, next, last, used, ..Sheet::default() })
}
