//! `vahti probe`: what a source would bring, storing nothing.

use super::{Context, Failure, desk, print};
use crate::config::{self, Config, Place, SourceConfig};
use crate::daemon::setup;
use crate::fetch::{self, Allowed, Fetcher, Location, Reply, Request};
use crate::post::{Author, Post, SourceName};
use crate::source::feed::Feed;
use crate::source::forum::Forum;
use crate::source::forum::api::Way;
use crate::source::forum::describe::Description;
use crate::source::{Kind, opml};
use crate::text::visible;
use chrono_tz::Tz;
use serde::Serialize;
use std::io::Read;
use std::path::Path;
use url::Url;

mod settings;
mod visit;

use settings::Settings;
pub(super) use visit::{Probed, ProbedSite, Probing};

/// The largest saved reply that is read.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

#[derive(clap::Args)]
pub(super) struct Args {
    /// A source of the configuration, or a kind: feed, forum, mastodon, …
    #[arg(value_name = "SOURCE|KIND")]
    what: String,
    /// With a kind: an address, a file with one saved reply, or `-` for standard input
    location: Option<String>,
    /// A setting of the source, such as url= or `content_type`= of a saved reply
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
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
    for Probed { posts, skipped, described, waits, trouble } in &probed {
        if *waits {
            context.say("it is not asked: it waits for posts that are brought to it");
        }
        for line in described.iter().flat_map(description) {
            context.say(&line);
        }
        for post in posts {
            lines.push_str(&print::line(&view(post))?);
        }
        if *skipped > 0 {
            let entries = crate::text::count(*skipped, "entry");
            context.say(&format!("left out {entries}: malformed, cut off, or more than are read"));
        }
        if let Some(trouble) = trouble {
            context.say(&format!("not all could be read: {trouble}"));
        }
    }
    print::write(&lines)
}

/// Says by what a page of a forum was read.
fn read_by(read: &Description) -> String {
    let by = match (read.way, read.engine) {
        (Way::Pages, engine) => engine.unwrap_or("unknown software").to_owned(),
        (way, _) => way.to_string(),
    };
    match &read.api {
        Some((way, url)) => {
            let url = visible(url.as_str());
            format!("{by} (from the next poll on {way} at {url}, if that answers)")
        }
        None => by,
    }
}

/// Says how a page of a forum was read.
fn description(read: &Description) -> Vec<String> {
    let mut lines = vec![format!(
        "{}: {}, {}",
        read_by(read),
        crate::text::count(read.posts, "post"),
        crate::text::count(read.topics, "topic")
    )];
    lines.extend(read.used.iter().map(|used| {
        format!("  {}: `{}` found {}", used.field, visible(&used.selector), used.found)
    }));
    if let Some(next) = &read.next {
        lines.push(format!("  next page: {}", visible(next.as_str())));
    }
    lines.extend(read.follow.iter().map(|url| format!("  follows {}", visible(url.as_str()))));
    lines.extend(read.warnings.iter().map(|warning| format!("  warning: {}", visible(warning))));
    lines
}

/// Probes a source of the configuration; every feed of a list by its own name.
pub(super) async fn configured(
    source: &SourceConfig,
    config: &Config,
    fetcher: &Fetcher,
) -> Vec<(String, Result<Probed, String>)> {
    let probing = match &source.place {
        Place::Opml(location) => {
            let listed = list(location, source.allow_private.clone(), fetcher).await;
            return vec![(source.name.to_string(), listed)];
        }
        Place::Feed(location) => Probing::Feed(Feed {
            name: source.name.clone(),
            location: location.clone(),
            allow_private: source.allow_private.clone(),
        }),
        Place::Forum(place) => Probing::Forum(Box::new(setup::forum(source, place, config.zone))),
        Place::Site(place) => match setup::site_source(source, place, &config.brands) {
            Ok(made) => Probing::Site(Box::new(ProbedSite {
                source: made,
                needs: place.kind.site().map_or("", |site| site.needs),
                allow_private: source.allow_private.clone(),
            })),
            Err(error) => return vec![(source.name.to_string(), Err(error))],
        },
    };
    vec![(source.name.to_string(), probing.visit(fetcher).await)]
}

fn by_name(name: &str, context: &Context) -> Result<Probed, Failure> {
    let config = context.config_to_ask()?;
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
    let mut probed = desk::block_on(configured(source, &config, &fetcher))?;
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
    if Kind::named(kind).is_none() {
        let failure = Failure::usage(format!("`{kind}` is no kind of source"));
        let known: Vec<&str> = Kind::ALL.into_iter().map(Kind::word).collect();
        return Err(match crate::text::nearest(kind, known.iter().copied()) {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint(format!("kinds of this version: {}", known.join(", "))),
        });
    }
    let settings = Settings::read(set, kind)?;
    let is_web = location.starts_with("http://") || location.starts_with("https://");
    if is_web {
        let fetcher = fetcher(context)?;
        let place = Location::parse(location, Path::new(".")).map_err(Failure::new)?;
        let probed = desk::block_on(async {
            if let Some(probing) = probing(kind, place.clone(), &settings, context)? {
                return probing.visit(&fetcher).await.map_err(Failure::new);
            }
            let listed = list(&place, settings.allow_private.clone(), &fetcher).await;
            listed.map_err(Failure::new)
        })?;
        return Ok(vec![probed?]);
    }
    let failed = |error: String| Failure::new(format!("{location}: {error}"));
    let body = read(location)?;
    let place = match &settings.url {
        Some(url) if !url.starts_with("http://") && !url.starts_with("https://") => {
            return Err(Failure::usage(format!("`{}` is no address", visible(url)))
                .hint("write --set url=https://…"));
        }
        Some(url) => Location::parse(url, Path::new(".")).map_err(Failure::new)?,
        None => Location::File(location.into()),
    };
    let Some(probing) = probing(kind, place.clone(), &settings, context)? else {
        let outlines = opml::read(&body).map_err(|error| failed(error.to_string()))?;
        return Ok(vec![Probed { posts: outlined(outlines), ..Probed::default() }]);
    };
    // A saved page is read by itself, whatever its address is.
    let probing = match probing {
        Probing::Forum(forum) => {
            let address = web(&place);
            let location = Location::File(location.into());
            Probing::Forum(Box::new(Forum { location, address, ..*forum }))
        }
        Probing::Feed(_) | Probing::Site(..) => probing,
    };
    let place =
        if matches!(probing, Probing::Forum(_)) { Location::File(location.into()) } else { place };
    let reply = Reply { content_type: settings.content_type, ..Reply::of(place, body) };
    Ok(vec![probing.read(&reply).map_err(failed)?])
}

fn web(location: &Location) -> Option<Url> {
    match location {
        Location::Web(url) => Some(url.clone()),
        Location::File(_) => None,
    }
}

/// Makes a source of what was said on the command line; a list of feeds is none.
fn probing(
    kind: &str,
    location: Location,
    settings: &Settings,
    context: &Context,
) -> Result<Option<Probing>, Failure> {
    let name = SourceName(location.to_string());
    let allow_private = settings.allow_private.clone();
    if let Some(site) = Kind::named(kind).and_then(Kind::site) {
        return settings.site(site, location, context).map(Some);
    }
    Ok(match kind {
        "feed" => Some(Probing::Feed(Feed { name, location, allow_private })),
        "forum" => Some(Probing::Forum(Box::new(Forum {
            name,
            location,
            address: None,
            allow_private,
            engine: settings.engine.clone(),
            selectors: settings.selectors.clone(),
            zone: settings.zone.unwrap_or_else(|| zone(context)),
        }))),
        _ => None,
    })
}

/// Returns the zone of the configuration, where there is one.
fn zone(context: &Context) -> Tz {
    let known = context.path().ok().map(|path| config::whereabouts(&path, &context.surroundings).1);
    known.or(context.surroundings.zone).unwrap_or(Tz::UTC)
}

/// Fetches as the configuration says, where there is one.
fn fetcher(context: &Context) -> Result<Fetcher, Failure> {
    let settings = if context.config.is_some() || context.path().is_ok() {
        context.config()?.http
    } else {
        fetch::Settings::default()
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
    let reply = visit::fetch(&request, fetcher).await?;
    let outlines = opml::read(&reply.body).map_err(|error| error.to_string())?;
    Ok(Probed { posts: outlined(outlines), ..Probed::default() })
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
