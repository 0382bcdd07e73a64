//! A page that came instead of a feed: what sort of page, and where the feed is if it tells.

use crate::source::Unreadable;
use crate::source::feed::google;
use crate::text::html;
use url::Url;

/// What gives away a page that stands in the way of the feed: words in it, in lower case, and what
/// to say of it.
const BARRIERS: [(&[&str], &str); 4] = [
    (
        &["consent.google.", "consent.youtube.", "before you continue to google"],
        "the reply is a page that asks for consent, not a feed",
    ),
    (
        &[
            "unusual traffic",
            "/sorry/index",
            "g-recaptcha",
            "cf-challenge",
            "challenge-platform",
            "blocked by network security",
            "are you a robot",
            "captcha-delivery",
        ],
        "the reply is a page that suspects a robot, not a feed; ask less often",
    ),
    (
        &["accounts.google.com/", "type=\"password\"", "type='password'", "type=password"],
        "the reply is a page to log in at, not a feed",
    ),
    (
        &["enable javascript and cookies", "checking your browser", "just a moment..."],
        "the reply is a page that checks browsers, not a feed",
    ),
];

/// Says that a page came instead of a feed, and where the feed is if the page tells.
pub(super) fn unreadable(text: &str, base: Option<&Url>) -> Unreadable {
    if let Some(address) = feed_address(text, base) {
        let address = crate::text::visible(&address);
        return Unreadable(format!(
            "the reply is an HTML page, not a feed; it names a feed at {address}"
        ));
    }
    let lower = text.to_ascii_lowercase();
    let barrier = BARRIERS.iter().find(|(signs, _)| signs.iter().any(|sign| lower.contains(sign)));
    let said = match barrier {
        Some((_, said)) => said,
        None if base
            .is_some_and(|base| google::is_google(base) && base.path().starts_with("/alerts")) =>
        {
            "the reply is an HTML page, not a feed; the address of an alert's feed is behind its RSS icon at google.com/alerts"
        }
        None => "the reply is an HTML page, not a feed",
    };
    Unreadable(said.into())
}

/// Returns the feed that somebody put into a page, with namespace or version and all, if one did.
pub(super) fn wrapped(text: &str) -> Option<&str> {
    let roots = ["<feed xmlns", "<rss version", "<rdf:RDF xmlns"].into_iter();
    let at = roots.filter_map(|root| text.find(root)).min()?;
    text.split_at_checked(at).map(|(_, feed)| feed)
}

/// Returns the address of the first feed that the page names.
fn feed_address(text: &str, base: Option<&Url>) -> Option<String> {
    let wanted = |name: &str, attributes: &[(String, String)]| {
        attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned())
    };
    let bases = html::attributes(text, "base");
    let stated = bases.iter().find_map(|attributes| wanted("href", attributes));
    let links = html::attributes(text, "link");
    let address = links.iter().find_map(|attributes| {
        let rel = wanted("rel", attributes)?.to_ascii_lowercase();
        let kind = wanted("type", attributes)?.to_ascii_lowercase();
        let is_feed = ["rss", "atom", "feed+json"].iter().any(|word| kind.contains(word));
        let is_wanted = is_feed && rel.split_whitespace().any(|word| word == "alternate");
        is_wanted.then(|| wanted("href", attributes)).flatten()
    })?;
    let base = match (base, &stated) {
        (Some(base), Some(stated)) => base.join(stated).ok(),
        (Some(base), None) => Some(base.clone()),
        (None, Some(stated)) => Url::parse(stated).ok(),
        (None, None) => None,
    };
    Some(base.and_then(|base| base.join(&address).ok()).map_or(address, String::from))
}
