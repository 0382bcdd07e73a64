//! `vahti probe`: what a source would bring, storing nothing.

use super::{Context, Failure, desk, print};
use crate::config::{Place, SourceConfig};
use crate::daemon::clock;
use crate::fetch::{Allowed, Fetched, Fetcher, Location, Reply, Request, Settings};
use crate::post::{Author, Post, SourceName};
use crate::source::feed::Feed;
use crate::source::{Cursor, Kind, Source, Visit, opml};
use serde::Serialize;
use std::collections::VecDeque;
use std::io::Read;
use std::path::Path;

/// The largest saved reply that is read.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Pages that a probe follows.
const MOST_PAGES: usize = 10;

#[derive(clap::Args)]
pub(super) struct Args {
    /// A source of the configuration, or a kind: feed, opml
    #[arg(value_name = "SOURCE|KIND")]
    what: String,
    /// With a kind: an address, a file with one saved reply, or `-` for standard input
    location: Option<String>,
    /// A setting of the source, such as url= or `content_type`= of a saved reply
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// What a probe brought.
pub(super) struct Probed {
    pub(super) posts: Vec<Post>,
    pub(super) skipped: usize,
}

/// A post as machines see it.
#[derive(Serialize)]
struct PostView<'a> {
    id: Option<&'a str>,
    url: Option<&'a str>,
    title: Option<&'a str>,
    text: Option<&'a str>,
    author: Option<&'a Author>,
    published: Option<chrono::DateTime<chrono::Utc>>,
    language: Option<crate::text::Language>,
    parent: Option<&'a str>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let probed = match &args.location {
        None => vec![by_name(&args.what, context)?],
        Some(location) => by_kind(&args.what, location, &args.set, context)?,
    };
    let mut lines = String::new();
    for Probed { posts, skipped } in &probed {
        for post in posts {
            lines.push_str(&print::line(&view(post))?);
        }
        if *skipped > 0 {
            context.say(&format!("left out {}", crate::text::count(*skipped, "malformed entry")));
        }
    }
    print::write(&lines)
}

/// Probes a source of the configuration; every feed of a list by its own name.
pub(super) async fn configured(
    source: &SourceConfig,
    fetcher: &Fetcher,
) -> Vec<(String, Result<Probed, String>)> {
    match &source.place {
        Place::Feed(location) => {
            let feed = Feed {
                name: source.name.clone(),
                location: location.clone(),
                allow_private: source.allow_private.clone(),
            };
            vec![(source.name.to_string(), visit(&feed, fetcher).await)]
        }
        Place::Opml(location) => {
            vec![(
                source.name.to_string(),
                list(location, source.allow_private.clone(), fetcher).await,
            )]
        }
    }
}

fn by_name(name: &str, context: &Context) -> Result<Probed, Failure> {
    let config = context.config()?;
    let known = config.sources.iter().map(|source| source.name.0.as_str());
    let Some(source) = config.sources.iter().find(|source| source.name.0 == name) else {
        let failure = Failure::new(format!("there is no source `{name}`"));
        return Err(match crate::text::nearest(name, known) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint("`vahti probe feed ADDRESS` probes one that is not configured"),
        });
    };
    let fetcher =
        Fetcher::new(config.http.clone()).map_err(|error| Failure::new(error.to_string()))?;
    let mut probed = desk::block_on(configured(source, &fetcher))?;
    match probed.pop() {
        Some((_, probed)) => probed.map_err(Failure::new),
        None => Err(Failure::new(format!("`{name}` has nothing to probe"))),
    }
}

fn by_kind(
    kind: &str,
    location: &str,
    set: &[String],
    context: &Context,
) -> Result<Vec<Probed>, Failure> {
    if Kind::comes_later(kind) {
        return Err(Failure::new(format!(
            "sources of kind `{kind}` are not in this version of vahti"
        )));
    }
    if kind != "feed" && kind != "opml" {
        let failure = Failure::usage(format!("`{kind}` is no kind of source"));
        return Err(failure.hint("kinds of this version: feed, opml"));
    }
    let settings = Set::read(set)?;
    let is_web = location.starts_with("http://") || location.starts_with("https://");
    if is_web {
        let fetcher = fetcher(context)?;
        let place = Location::parse(location, Path::new(".")).map_err(Failure::new)?;
        let name = SourceName(location.to_owned());
        let allow_private = settings.allow_private;
        let probed = desk::block_on(async {
            if kind == "opml" {
                list(&place, allow_private, &fetcher).await
            } else {
                visit(&Feed { name, location: place, allow_private }, &fetcher).await
            }
        })?;
        return Ok(vec![probed.map_err(Failure::new)?]);
    }
    let body = read(location)?;
    if kind == "opml" {
        let outlines =
            opml::read(&body).map_err(|error| Failure::new(format!("{location}: {error}")))?;
        return Ok(vec![Probed { posts: outlined(outlines), skipped: 0 }]);
    }
    let place = match &settings.url {
        Some(url) => Location::parse(url, Path::new(".")).map_err(Failure::new)?,
        None => Location::File(location.into()),
    };
    let feed = Feed {
        name: SourceName(location.to_owned()),
        location: place.clone(),
        allow_private: None,
    };
    let reply = Reply { content_type: settings.content_type, ..Reply::of(place, body) };
    let page = feed
        .read(&reply, &beginning())
        .map_err(|error| Failure::new(format!("{location}: {error}")))?;
    Ok(vec![Probed { posts: page.posts, skipped: page.skipped }])
}

/// What `--set` said.
#[derive(Default)]
struct Set {
    url: Option<String>,
    content_type: Option<String>,
    allow_private: Option<Allowed>,
}

impl Set {
    fn read(pairs: &[String]) -> Result<Self, Failure> {
        let mut set = Self::default();
        for pair in pairs {
            let Some((key, value)) = pair.split_once('=') else {
                return Err(Failure::usage(format!(
                    "`--set {pair}` has no `=`; write --set key=value"
                )));
            };
            match key.trim() {
                "url" => set.url = Some(value.to_owned()),
                "content_type" => set.content_type = Some(value.to_owned()),
                "allow_private_addresses" => {
                    set.allow_private =
                        Some(if value == "true" { Allowed::All } else { Allowed::Nobody });
                }
                other => {
                    return Err(Failure::usage(format!("`{other}` is no setting of this kind"))
                        .hint("settings: url, content_type, allow_private_addresses"));
                }
            }
        }
        Ok(set)
    }
}

/// Fetches as the configuration says, where there is one.
fn fetcher(context: &Context) -> Result<Fetcher, Failure> {
    let settings = if context.config.is_some() || context.path().is_ok() {
        context.config()?.http
    } else {
        Settings::default()
    };
    Fetcher::new(settings).map_err(|error| Failure::new(error.to_string()))
}

fn read(location: &str) -> Result<Vec<u8>, Failure> {
    let cannot = |error: std::io::Error| Failure::new(format!("cannot read {location}: {error}"));
    let mut body = Vec::new();
    if location == "-" {
        std::io::stdin().take(MOST_BYTES).read_to_end(&mut body).map_err(cannot)?;
    } else {
        let file = std::fs::File::open(location).map_err(cannot)?;
        file.take(MOST_BYTES).read_to_end(&mut body).map_err(cannot)?;
    }
    Ok(body)
}

/// A poll of what was never polled before.
fn beginning() -> Visit {
    Visit { cursor: Cursor::default(), now: clock::now() }
}

async fn visit(source: &dyn Source, fetcher: &Fetcher) -> Result<Probed, String> {
    let mut probed = Probed { posts: Vec::new(), skipped: 0 };
    let mut visit = beginning();
    let mut queue = VecDeque::from([source.open(&visit)]);
    for nth in 0..MOST_PAGES {
        let Some(request) = queue.pop_front() else { break };
        let read = fetch(&request, fetcher).await;
        let read =
            read.and_then(|reply| source.read(&reply, &visit).map_err(|bad| bad.to_string()));
        let page = match read {
            Ok(page) => page,
            Err(error) if nth == 0 => return Err(error),
            Err(_) => continue,
        };
        probed.posts.extend(page.posts);
        probed.skipped += page.skipped;
        visit.cursor = page.cursor.unwrap_or(visit.cursor);
        queue.extend(page.next);
    }
    Ok(probed)
}

async fn fetch(request: &Request, fetcher: &Fetcher) -> Result<Reply, String> {
    match fetcher.fetch(request, None).await.map_err(|error| error.to_string())? {
        Fetched::Fresh { reply, .. } => Ok(reply),
        Fetched::Unchanged { .. } => Err("the server said `unchanged` without being asked".into()),
    }
}

/// A list of feeds brings no posts: its feeds are shown in their place.
async fn list(
    location: &Location,
    allow_private: Option<Allowed>,
    fetcher: &Fetcher,
) -> Result<Probed, String> {
    let request = Request {
        allow_private,
        ..Request::for_what_was_named(location.clone(), "text/x-opml, */*;q=0.1")
    };
    let reply = fetch(&request, fetcher).await?;
    let outlines = opml::read(&reply.body).map_err(|error| error.to_string())?;
    Ok(Probed { posts: outlined(outlines), skipped: 0 })
}

fn outlined(outlines: Vec<opml::Outline>) -> Vec<Post> {
    outlines
        .into_iter()
        .map(|outline| Post {
            id: Some(outline.url.clone()),
            url: Some(outline.url),
            title: Some(outline.title),
            ..Post::default()
        })
        .collect()
}

fn view(post: &Post) -> PostView<'_> {
    PostView {
        id: post.id.as_deref(),
        url: post.url.as_deref(),
        title: post.title.as_deref(),
        text: Some(post.text.as_str()).filter(|text| !text.is_empty()),
        author: Some(&post.author).filter(|author| !author.is_unknown()),
        published: post.published,
        language: post.language,
        parent: post.parent.as_deref(),
    }
}
