//! What the tests of sources share: a source made of a few words, and what it reads, a line a post.

use super::site::{Given, Told, Watch};
use super::{Cursor, Kind, Page, Source, Verdict, Visit};
use crate::fetch::{Location, Reply, Request};
use crate::post::{Post, SourceName};
use crate::query::parse_keyword;
use crate::text::visible;
use std::path::PathBuf;
use url::Url;

/// Makes a source of this kind that was told this, and looks for these keywords.
pub(super) fn source(kind: Kind, told: &[(&str, Told)], keywords: &[&str]) -> Box<dyn Source> {
    let site = kind.site().unwrap();
    let host = if site.host.is_empty() { "https://site.example" } else { site.host };
    let given = Given {
        url: Some(Location::Web(Url::parse(host).unwrap())),
        told: told.iter().map(|(key, told)| ((*key).to_owned(), told.clone())).collect(),
    };
    let watch = Watch {
        name: SourceName("tried".into()),
        base: Url::parse(host).unwrap(),
        given: &given,
        keywords: keywords.iter().map(|keyword| parse_keyword(keyword).unwrap()).collect(),
        languages: Vec::new(),
    };
    (site.build)(watch).unwrap()
}

/// A poll at noon that begins at this cursor.
pub(super) fn visit(cursor: &str) -> Visit {
    Visit { cursor: Cursor(cursor.into()), now: "2026-11-22T12:00:00Z".parse().unwrap() }
}

/// What came of a request of `source`: the page that it reads in `body`.
pub(super) fn answered(source: &dyn Source, request: &Request, body: &str, visit: &Visit) -> Page {
    let mut reply = Reply::of(request.location.clone(), body.as_bytes().to_vec());
    reply.about.clone_from(&request.about);
    source.read(&reply, visit).unwrap()
}

/// What came of a request that was refused.
pub(super) fn refused(
    source: &dyn Source,
    request: &Request,
    (status, body): (u16, &str),
    visit: &Visit,
) -> Verdict {
    let mut reply = Reply::of(request.location.clone(), body.as_bytes().to_vec());
    reply.about.clone_from(&request.about);
    source.refused(request, &super::Refusal { status, reply: Some(&reply) }, visit)
}

/// Reads a reply that was saved by itself, as `vahti probe KIND FILE` does.
pub(super) fn saved(source: &dyn Source, body: &[u8]) -> Result<Page, String> {
    let reply = Reply::of(Location::File("saved".into()), body.to_vec());
    source.read(&reply, &visit("")).map_err(|bad| bad.to_string())
}

/// Returns a recorded reply of a site; `None` in a clone that has none beside it.
pub(super) fn sample(name: &str) -> Option<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/api/samples");
    folder.is_dir().then(|| std::fs::read(folder.join(name)).unwrap())
}

/// Returns all recorded replies below `folder` whose names end so, with their names.
pub(super) fn samples(folder: &str, ending: &str) -> Vec<(String, Vec<u8>)> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/api/samples").join(folder);
    let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
    let mut found: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    found.sort();
    found
}

/// Returns one of the project's own replies, in `tests/replies`.
pub(super) fn reply(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/replies").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Writes what a page holds: a line a post with every field that is known, and what is left out.
pub(super) fn lines(page: &Page) -> String {
    let mut lines: Vec<String> = page.posts.iter().map(line).collect();
    if page.skipped > 0 {
        lines.push(format!("left out {}", page.skipped));
    }
    lines.join("\n")
}

/// Writes one post.
pub(super) fn line(post: &Post) -> String {
    if post.is_gone {
        return format!("{} is gone", post.id.as_deref().unwrap_or("?"));
    }
    let mut parts = vec![post.id.clone().unwrap_or_else(|| "?".into())];
    let mut add = |name: &str, value: Option<String>| {
        parts.extend(value.map(|value| format!("{name}={}", visible(&value))));
    };
    add("title", post.title.clone());
    add("text", Some(post.text.replace('\n', " / ")).filter(|text| !text.is_empty()));
    add("url", post.url.clone());
    add("name", post.author.name.clone());
    add("handle", post.author.handle.clone());
    add("at", post.author.url.clone());
    add("followers", post.author.followers.map(|number| number.to_string()));
    add("published", post.published.map(|at| at.to_rfc3339()));
    add("edited", post.edited.map(|at| at.to_rfc3339()));
    add("language", post.language.map(|language| language.code().to_owned()));
    add("parent", post.parent.clone());
    add("thread", post.thread.clone());
    add("likes", post.engagement.likes.map(|number| number.to_string()));
    add("replies", post.engagement.replies.map(|number| number.to_string()));
    add("shares", post.engagement.shares.map(|number| number.to_string()));
    add("views", post.engagement.views.map(|number| number.to_string()));
    add("rating", post.rating.map(|stars| stars.to_string()));
    parts.join(" | ")
}
