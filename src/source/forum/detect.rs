//! Which software made a page, and why a page that gives nothing does so.

use crate::source::Unreadable;
use crate::source::forum::page::Options;
use crate::source::forum::preset::{self, Field, Preset};
use crate::source::forum::selector::Sign;
use crate::text;
use scraper::{ElementRef, Html};
use url::Url;

/// A page of which people can read less than this is filled by scripts, if it has any.
const LEAST_TEXT: usize = 400;

/// A page of which people can read less than this has no posts to speak of.
const SHORT: usize = 1_500;

/// What pages say that want to see whether a person is there.
const CHECKS: [&str; 16] = [
    "<title>just a moment...",
    "verify you are human",
    "verifying you are human",
    "checking your browser",
    "checking if the site connection is secure",
    "making sure you're not a bot",
    "making sure you&#39;re not a bot",
    "cf-browser-verification",
    "challenge-platform/h/",
    "ddos protection by",
    "attention required! | cloudflare",
    "please complete the security check",
    "px-captcha",
    "/_incapsula_resource",
    "access to this page has been denied",
    "are you a robot?",
];

/// What pages say that give nothing to those who are not logged in.
const WALLS: [&str; 22] = [
    "you must be logged in",
    "you must be logged-in",
    "you must log in",
    "you need to log in",
    "you need to login",
    "you need to be logged in",
    "you are not logged in or you do not have permission",
    "please log in to",
    "please login to",
    "log in to view",
    "login to view",
    "login required",
    "the board requires you to be registered and logged in",
    "requires you to be registered",
    "sinun täytyy kirjautua",
    "kirjaudu sisään nähdäksesi",
    "giriş yapmalısınız",
    "giriş yapmanız gerek",
    "üye olmalısınız",
    "du musst angemeldet sein",
    "du måste vara inloggad",
    "vous devez être connecté",
];

/// Refuses what is no page at all.
pub(super) fn is_page(source: &str) -> Result<(), Unreadable> {
    let front = source.trim_start_matches('\u{feff}').trim_start();
    let (front, _) = front.split_at(front.floor_char_boundary(4_096));
    let lower = front.to_ascii_lowercase();
    let refuse = |reason: &str| Err(Unreadable(reason.into()));
    if front.is_empty() {
        return refuse("the reply is empty");
    }
    if front.starts_with('{') || front.starts_with('[') {
        return refuse("the reply is JSON, not a page");
    }
    let is_feed = ["<rss", "<feed", "<rdf:rdf"].iter().any(|tag| lower.contains(tag));
    if is_feed && !lower.contains("<html") {
        return refuse("the reply is a feed, not a page: give its address as `feed.url`");
    }
    let has_tag = lower.match_indices('<').any(|(at, _)| {
        lower
            .get(at + 1..)
            .is_some_and(|behind| behind.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!'))
    });
    if lower.starts_with("%pdf") || !has_tag {
        return refuse("the reply is no HTML page");
    }
    Ok(())
}

/// Returns the presets that a page may be read with, the likeliest first.
///
/// # Errors
///
/// Fails where the engine that the user named is none.
pub(super) fn candidates(
    html: &Html,
    lower: &str,
    options: &Options<'_>,
) -> Result<Vec<&'static Preset>, Unreadable> {
    let holds = |preset: &&&'static Preset| any(&preset.detect, html, lower);
    let Some(word) = options.engine else {
        let all: Vec<&'static Preset> = preset::all().iter().collect();
        return Ok(all.iter().filter(holds).copied().collect());
    };
    let mut named = preset::named(word);
    if named.is_empty() {
        let known = preset::words().join(", ");
        return Err(Unreadable(format!("there is no engine `{word}`; vahti knows {known}")));
    }
    let seen: Vec<&str> = named.iter().filter(holds).map(|preset| preset.word).collect();
    named.sort_by_key(|preset| !seen.contains(&preset.word));
    Ok(named)
}

fn any(signs: &[Sign], html: &Html, lower: &str) -> bool {
    signs.iter().any(|sign| sign.holds(html, lower))
}

/// Says that posts were found and no text in any of them.
pub(super) fn no_texts(preset: &Preset) -> Unreadable {
    Unreadable(format!(
        "posts of {} were found, but no text in any of them: the structure of the page changed, or \
         its skin wants another `post.body` in [source.forum.selectors]",
        preset.name
    ))
}

/// Says that a page of a known software was read in another way.
pub(super) fn structure_changed(preset: &Preset) -> String {
    format!(
        "the page looks like {}, but its selectors find neither posts nor topics; it was read in another way",
        preset.name
    )
}

/// Tells whether a page gives nothing on purpose, so that nothing on it should be taken for a post.
pub(super) fn is_refused(html: &Html, lower: &str, preset: Option<&Preset>) -> bool {
    is_check(lower, html) || is_wall(html, lower, preset) || is_shell(html, lower, preset)
}

fn is_check(lower: &str, html: &Html) -> bool {
    let says_so = CHECKS.iter().any(|words| lower.contains(words));
    says_so && readable(html) < 3_000
}

fn is_wall(html: &Html, lower: &str, preset: Option<&Preset>) -> bool {
    let says_so = WALLS.iter().any(|words| lower.contains(words));
    let asks = |preset: &Preset| any(&preset.login, html, lower);
    let asks = preset.is_some_and(asks) || asks(preset::any());
    let is_short = readable(html) < SHORT;
    (says_so && (asks || is_short)) || (asks && is_short && !is_shell(html, lower, preset))
}

fn is_shell(html: &Html, lower: &str, preset: Option<&Preset>) -> bool {
    let signs = |preset: &Preset| any(&preset.script, html, lower);
    preset.is_some_and(signs)
        || (lower.contains("<script") && (signs(preset::any()) || readable(html) < LEAST_TEXT))
}

/// Returns how many characters people can read on a page, roughly.
fn readable(html: &Html) -> usize {
    let mut characters = 0;
    for element in html.tree.nodes().filter_map(ElementRef::wrap) {
        if matches!(element.value().name(), "script" | "style" | "title" | "noscript" | "head") {
            continue;
        }
        let texts = element.children().filter_map(|child| child.value().as_text());
        characters += texts.map(|text| text.trim().chars().count()).sum::<usize>();
    }
    characters
}

/// Says why a page gives nothing.
pub(super) fn reason(
    html: &Html,
    lower: &str,
    url: &Url,
    preset: Option<&Preset>,
    options: &Options<'_>,
) -> Unreadable {
    let host = text::visible(url.host_str().unwrap_or("the site"));
    Unreadable(if is_check(lower, html) {
        format!(
            "{host} wants to see that a person is there before it shows the page; ask the site for a feed or an API, vahti does not get past such checks"
        )
    } else if is_wall(html, lower, preset) {
        format!(
            "{host} asks to log in before it shows the page; only what everybody can read is read"
        )
    } else if is_shell(html, lower, preset) {
        shell(preset)
    } else {
        nothing(preset, options)
    })
}

fn shell(preset: Option<&Preset>) -> String {
    let instead = preset.and_then(|preset| preset.instead.as_deref());
    match (preset, instead) {
        (Some(preset), Some(instead)) => format!(
            "the page holds no posts, only scripts that would fetch them ({}); use {instead}",
            preset.name
        ),
        (_, _) => "the page holds no text, only scripts that would fetch it, and vahti runs none; look for a feed or an API of the site".into(),
    }
}

fn nothing(preset: Option<&Preset>, options: &Options<'_>) -> String {
    let written = |preset: &Preset, field| {
        let steps = preset.selectors.get(field);
        steps.first().map(|step| format!("`{}`", step.written))
    };
    let sought = |preset: &Preset| {
        let posts = written(preset, Field::PostContainer).map(|css| format!("post by {css}"));
        let topics = written(preset, Field::TopicRow).map(|css| format!("topic by {css}"));
        [posts, topics].into_iter().flatten().collect::<Vec<_>>().join(" and no ")
    };
    match preset {
        Some(preset) => format!(
            "the page looks like {}, but no {} was found: its structure changed, or give [source.forum.selectors]",
            preset.name,
            sought(preset)
        ),
        None if !options.selectors.is_empty() => {
            let own = preset::any().with(options.selectors);
            format!("no {} was found: correct [source.forum.selectors]", sought(&own))
        }
        None => "the page is of no forum software that vahti knows, and nothing on it repeats like posts; give [source.forum.selectors]".into(),
    }
}
