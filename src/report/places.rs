//! Places where customers speak and that no source covers: the hosts of links in mentions, and the
//! networks that mentions name.

use crate::mention::Mention;
use crate::source::Kind;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use url::Url;

/// How many places are told, and how many are counted at all.
const MOST_TOLD: usize = 20;
const MOST_COUNTED: usize = 20_000;
/// How much of a text is looked through, in words, and how many of its links count.
const MOST_WORDS: usize = 20_000;
const MOST_LINKS: usize = 50;
/// How long an ending may be that a language puts behind the name of a network: `Redditissä`.
const LONGEST_ENDING: usize = 6;

/// Networks by the name that people call them, the host they are on, and the kind of source that
/// covers them, where there is one.
const NETWORKS: [(&str, &str, Option<Kind>); 22] = [
    ("reddit", "reddit.com", Some(Kind::Reddit)),
    ("facebook", "facebook.com", Some(Kind::Facebook)),
    ("instagram", "instagram.com", Some(Kind::Instagram)),
    ("twitter", "x.com", Some(Kind::X)),
    ("youtube", "youtube.com", Some(Kind::YouTube)),
    ("trustpilot", "trustpilot.com", Some(Kind::Trustpilot)),
    ("mastodon", "mastodon", Some(Kind::Mastodon)),
    ("bluesky", "bsky.app", Some(Kind::Bluesky)),
    ("telegram", "t.me", Some(Kind::Telegram)),
    ("tiktok", "tiktok.com", None),
    ("linkedin", "linkedin.com", None),
    ("discord", "discord.com", None),
    ("whatsapp", "whatsapp.com", None),
    ("snapchat", "snapchat.com", None),
    ("tripadvisor", "tripadvisor.com", None),
    ("jodel", "jodel.com", None),
    ("suomi24", "suomi24.fi", None),
    ("ylilauta", "ylilauta.org", None),
    ("murobbs", "bbs.io-tech.fi", None),
    ("ekşi", "eksisozluk.com", None),
    ("şikayetvar", "sikayetvar.com", None),
    ("donanımhaber", "donanimhaber.com", None),
];

/// Other names of the same hosts.
const SAME: [(&str, &str); 9] = [
    ("twitter.com", "x.com"),
    ("youtu.be", "youtube.com"),
    ("redd.it", "reddit.com"),
    ("old.reddit.com", "reddit.com"),
    ("fb.com", "facebook.com"),
    ("fb.watch", "facebook.com"),
    ("telegram.me", "t.me"),
    ("discord.gg", "discord.com"),
    ("vm.tiktok.com", "tiktok.com"),
];

/// Hosts that only lead on to others.
const SHORTENERS: [&str; 6] = ["t.co", "bit.ly", "tinyurl.com", "goo.gl", "lnkd.in", "ow.ly"];

/// A place where customers speak unheard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub place: String,
    /// How many mentions link to it or name it.
    pub mentions: u64,
    pub last: DateTime<Utc>,
}

/// What was counted so far.
#[derive(Default)]
pub(super) struct Places {
    heard: BTreeSet<String>,
    kinds: Vec<Kind>,
    found: BTreeMap<String, (u64, DateTime<Utc>)>,
}

impl Places {
    pub(super) fn hears(&mut self, kind: Kind, host: Option<&str>) {
        self.kinds.push(kind);
        self.heard.extend(host.map(|host| plain(host).to_owned()));
    }

    pub(super) fn mention(&mut self, mention: &Mention) {
        let own = mention.post.url.as_deref().and_then(host);
        let text = &mention.post.text;
        let mut places: BTreeSet<String> = BTreeSet::new();
        for word in text.split_whitespace().take(MOST_WORDS) {
            if let Some(host) = link(word) {
                if places.len() < MOST_LINKS {
                    places.insert(host);
                }
            } else if let Some(host) = network(word) {
                places.insert(host.to_owned());
            }
        }
        for place in places.into_iter().filter(|place| Some(place) != own.as_ref()) {
            let is_room = self.found.len() < MOST_COUNTED || self.found.contains_key(&place);
            if is_room {
                let (count, last) = self.found.entry(place).or_insert((0, mention.time()));
                *count += 1;
                *last = mention.time().max(*last);
            }
        }
        // What stands there was heard, by whatever source.
        self.heard.extend(own);
    }

    pub(super) fn finish(self) -> Vec<Place> {
        let Self { heard, kinds, found } = self;
        let is_heard = |place: &str| {
            let by_kind = NETWORKS.iter().any(|(_, host, kind)| {
                *host == place && kind.is_some_and(|kind| kinds.contains(&kind))
            });
            let by_host = heard.iter().any(|host| is_under(place, host) || is_under(host, place));
            by_kind || by_host || SHORTENERS.contains(&place)
        };
        let mut places: Vec<Place> = found
            .into_iter()
            .filter(|(place, _)| !is_heard(place))
            .map(|(place, (mentions, last))| Place { place, mentions, last })
            .collect();
        places.sort_by_key(|place| (Reverse(place.mentions), Reverse(place.last)));
        places.truncate(MOST_TOLD);
        places
    }
}

/// Tells whether `host` is `domain` or lies under it.
fn is_under(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Returns the host of an address, by the name under which all its faces are one.
pub(super) fn host(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https");
    let host = url.domain().filter(|host| is_web && host.contains('.'))?.to_lowercase();
    let host = plain(&host);
    let same = SAME.iter().find(|(other, _)| *other == host);
    Some(same.map_or(host, |(_, one)| one).to_owned())
}

fn plain(host: &str) -> &str {
    let faces = ["www.", "m.", "mobile.", "amp."];
    let rest = faces.iter().filter_map(|face| host.strip_prefix(face)).find(|it| it.contains('.'));
    rest.unwrap_or(host)
}

/// Returns the host that a word links to, if it is a link.
fn link(word: &str) -> Option<String> {
    let start = word.find("https://").or_else(|| word.find("http://"));
    let tidy = |address: &str| {
        address.trim_end_matches([')', ']', '>', '.', ',', '"', '\'', '”', '’']).to_owned()
    };
    if start.is_none() && word.starts_with("www.") {
        return host(&format!("https://{}", tidy(word)));
    }
    let (_, address) = word.split_at_checked(start?)?;
    host(&tidy(address))
}

/// Returns the host of the network that a word names, with whatever ending.
fn network(word: &str) -> Option<&'static str> {
    let word: String =
        word.chars().skip_while(|c| !c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let named = |(name, host, _): &(&str, &'static str, Option<Kind>)| {
        let rest = word.strip_prefix(name)?;
        let ending = rest.trim_end_matches(|c: char| !c.is_alphanumeric());
        let fits = ending.chars().count() <= LONGEST_ENDING && !ending.contains(['.', '/', '@']);
        fits.then_some(*host)
    };
    NETWORKS.iter().find_map(named)
}
