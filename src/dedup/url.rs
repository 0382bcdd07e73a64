//! Canonical addresses: the same page has the same one, however somebody shared it.
//!
//! What is taken off is listed here. The rule for every doubt: two pages made one lose a mention for
//! good, one page left two only shows twice. So only names that nobody gives to content are dropped,
//! and generic ones (`ref`, `source`, `s`, `from`) stay.

use crate::source::feed::google;
use url::Url;

/// How often an address may be unwrapped and cleaned before it stands still. More is no accident.
const MOST_PASSES: usize = 16;

/// Labels in front of a host that only choose how the page looks.
const HOST_LABELS: &[&str] = &["www.", "m.", "mobile.", "amp."];

/// Beginnings of parameters that say where a reader came from.
const TRACKING_PREFIXES: &[&str] = &["utm_", "mtm_", "hsa_", "at_custom", "guce_", "__hs"];

/// Parameters that say where a reader came from, a line for each sort of sender.
const TRACKING: &[&str] = &[
    // Advertising networks.
    "gclid gclsrc dclid gbraid wbraid gad_source gad_campaignid srsltid msclkid yclid ysclid _openstat",
    "rb_clickid wickedid irclickid s_kwcid tblci epik rdt_cid spm",
    // Social sites.
    "fbclid fb_action_ids fb_action_types fb_ref fb_source mibextid __tn__ igsh igshid twclid ttclid",
    "li_fat_id __twitter_impression ref_src ref_url trkcampaign soc_src soc_trk",
    // Mailing tools.
    "mc_cid mc_eid mkt_tok _hsenc _hsmi vero_id vero_conv oly_enc_id oly_anon_id ck_subscriber_id _ke",
    "nb_klid sc_cid elqtrackid elqtrack",
    // Web statistics.
    "_ga _gl ga_source ga_medium ga_term ga_content ga_campaign ga_place pk_campaign pk_kwd pk_source",
    "pk_medium pk_content pk_cid piwik_campaign piwik_kwd xtor s_cid wt_mc wt_zmc wt.mc_id wt.nav cmpid",
    "at_medium at_campaign ns_mchannel ns_source ns_campaign ns_linkname ns_fee",
    // Publishers.
    "ncid guccounter smid mbid",
];

/// Parameters that hold a visit, whatever their value.
const SESSIONS: &[&str] = &[
    "phpsessid",
    "jsessionid",
    "aspsessionid",
    "asp.net_sessionid",
    "oscsid",
    "zenid",
    "cfid",
    "cftoken",
];
/// Parameters that hold a visit when their value is 32 hexadecimal digits.
const HEX_SESSIONS: &[&str] = &["sid", "s", "session", "sessionid"];

/// What comes before the number in a fragment that names a post.
const POST_WORDS: &[&str] = &[
    "post",
    "p",
    "pid",
    "post_message",
    "comment",
    "comments",
    "c",
    "cid",
    "msg",
    "message",
    "m",
    "entry",
    "reply",
    "r",
    "answer",
    "review",
    "issuecomment",
    "discussion_r",
    "discussioncomment",
    "note",
    "id",
    "t1",
];

/// Returns the form by which an address is known: two addresses of one page give the same. `None`
/// for what is no address on the web, and for one wrapped so often that somebody plays with us.
///
/// The result is a fixed point: given again, it comes back unchanged.
pub fn canonical(address: &str) -> Option<String> {
    let mut known = once(address)?;
    for _ in 0..MOST_PASSES {
        let next = once(&known)?;
        if next == known {
            return Some(known);
        }
        known = next;
    }
    None
}

fn once(address: &str) -> Option<String> {
    let url = Url::parse(address.trim()).ok()?;
    let url = unwrapped(&url).unwrap_or(url);
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = host(url.host_str()?);
    let port = url.port().filter(|port| *port != 443).map(|port| format!(":{port}"));
    let path = path(url.path());
    let query = url.query().map(query).filter(|query| !query.is_empty());
    let fragment = url.fragment().map(encoding).filter(|fragment| names_post(fragment));
    let mut known = format!("https://{host}{}{path}", port.unwrap_or_default());
    for (mark, part) in [('?', query), ('#', fragment)] {
        if let Some(part) = part {
            known.push(mark);
            known.push_str(&part);
        }
    }
    Some(known)
}

/// Returns the page behind a redirect or a copy for fast loading.
fn unwrapped(url: &Url) -> Option<Url> {
    if let Some(target) = google::target(url) {
        return Some(target);
    }
    let host = url.host_str()?;
    let copy = if host == "cdn.ampproject.org" || host.ends_with(".cdn.ampproject.org") {
        url.path().strip_prefix("/c/").or_else(|| url.path().strip_prefix("/v/"))?
    } else if google::is_google(url) {
        url.path().strip_prefix("/amp/")?
    } else {
        return None;
    };
    let (scheme, rest) = copy.strip_prefix("s/").map_or(("http", copy), |rest| ("https", rest));
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let page = Url::parse(&format!("{scheme}://{rest}{query}")).ok()?;
    page.host_str().is_some_and(|host| host.contains('.')).then_some(page)
}

fn host(host: &str) -> String {
    let mut host = host.trim_end_matches('.');
    // What is left must still be a host: `www.fi` is one itself.
    while let Some(shorter) = HOST_LABELS
        .iter()
        .find_map(|label| host.strip_prefix(label))
        .filter(|shorter| shorter.contains('.') && !shorter.starts_with('.'))
    {
        host = shorter;
    }
    // Sites with a label a language put it before the mobile one: `fi.m.wikipedia.org`.
    match host.split_once(".m.") {
        Some((language, site)) if !language.contains('.') && site.contains('.') => {
            format!("{language}.{site}")
        }
        _ => host.to_owned(),
    }
}

fn path(path: &str) -> String {
    let mut path = encoding(&without_sessions(path));
    loop {
        let shorter = path.trim_end_matches('/');
        let shorter = match shorter.strip_suffix("/amp") {
            // `/amp` alone may well be a page about amplifiers.
            Some(page) if !page.trim_matches('/').is_empty() => page,
            Some(_) | None => shorter,
        };
        if shorter.len() == path.len() {
            break;
        }
        path.truncate(shorter.len());
    }
    if let Some(page) = path.strip_suffix(".amp.html") {
        path = format!("{page}.html");
    }
    // The other place where sites put it; `/amp` alone is a page of its own here too.
    if let Some(page) = path.strip_prefix("/amp/").filter(|page| !page.is_empty()) {
        path = format!("/{page}");
    }
    if path.is_empty() { "/".into() } else { path }
}

/// Drops `;jsessionid=…` from the segments of a path.
fn without_sessions(path: &str) -> String {
    let segment = |segment: &str| {
        let kept: Vec<&str> = segment
            .split(';')
            .filter(|part| !is_session(part.split('=').next().unwrap_or(part), ""))
            .collect();
        kept.join(";")
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

fn query(query: &str) -> String {
    let pairs = query.split('&').map(|pair| {
        // Somebody copied the address out of a page's source.
        let mut pair = pair;
        while let Some(rest) = pair.strip_prefix("amp;") {
            pair = rest;
        }
        encoding(pair)
    });
    let mut kept: Vec<String> = pairs.filter(|pair| is_content(pair)).collect();
    kept.sort_by(|a, b| name_of(a).cmp(name_of(b)));
    kept.join("&")
}

fn name_of(pair: &str) -> &str {
    pair.split('=').next().unwrap_or(pair)
}

/// Tells whether a parameter may say which page is meant.
fn is_content(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let name = name.to_ascii_lowercase();
    let is_amp = match name.as_str() {
        "amp" => matches!(value, "" | "1" | "true"),
        "outputtype" => value.eq_ignore_ascii_case("amp"),
        _ => false,
    };
    let is_tracking = TRACKING.iter().any(|line| line.split(' ').any(|known| known == name))
        || TRACKING_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    !(pair.is_empty() || is_amp || is_tracking || is_session(&name, value))
}

fn is_session(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_hex = value.len() == 32 && value.bytes().all(|b| b.is_ascii_hexdigit());
    SESSIONS.contains(&name.as_str())
        || name.starts_with("aspsessionid")
        || (is_hex && HEX_SESSIONS.contains(&name.as_str()))
}

/// Tells whether a fragment names a post on the page, or is the page itself (`#!`, `#/`).
fn names_post(fragment: &str) -> bool {
    if let Some(route) = fragment.strip_prefix('!').or_else(|| fragment.strip_prefix('/')) {
        return !route.is_empty();
    }
    let digits = fragment.trim_start_matches(|c: char| !c.is_ascii_digit());
    let (word, _) = fragment.split_at(fragment.len() - digits.len());
    let word = word.trim_end_matches(['-', '_', '=', ':']).to_ascii_lowercase();
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_number && (word.is_empty() || POST_WORDS.contains(&word.as_str()))
}

/// Decodes what needs no encoding, and writes the rest in capitals.
fn encoding(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('%') {
        written.push_str(before);
        let code = behind.split_at_checked(2);
        let byte = code.and_then(|(code, _)| {
            let is_code = code.bytes().all(|b| b.is_ascii_hexdigit());
            is_code.then(|| u8::from_str_radix(code, 16).ok()).flatten()
        });
        match (byte, code) {
            (Some(byte), Some((_, behind))) if is_unreserved(byte) => {
                written.push(char::from(byte));
                rest = behind;
            }
            (Some(_), Some((code, behind))) => {
                written.push('%');
                written.push_str(&code.to_ascii_uppercase());
                rest = behind;
            }
            (None, _) | (_, None) => {
                written.push('%');
                rest = behind;
            }
        }
    }
    written.push_str(rest);
    written
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    const ADDRESSES: &[(&str, &str)] = &[
        ("HTTP://Example.COM/Path", "https://example.com/Path"),
        ("https://example.com", "https://example.com/"),
        ("http://example.com:80/a", "https://example.com/a"),
        ("https://example.com:443/a", "https://example.com/a"),
        ("https://example.com:8443/a", "https://example.com:8443/a"),
        ("https://user:secret@example.com/a", "https://example.com/a"),
        ("https://example.com./a", "https://example.com/a"),
        ("https://münchen.example/ä", "https://xn--mnchen-3ya.example/%C3%A4"),
        ("  https://example.com/a\n", "https://example.com/a"),
        ("https://www.example.com/a", "https://example.com/a"),
        ("https://www.m.example.com/a", "https://example.com/a"),
        ("https://mobile.example.com/a", "https://example.com/a"),
        ("https://amp.example.com/a", "https://example.com/a"),
        ("https://www.fi/a", "https://www.fi/a"),
        ("https://m.example/a", "https://m.example/a"),
        ("https://example.com/a/", "https://example.com/a"),
        ("https://example.com/a//", "https://example.com/a"),
        ("https://example.com//a//b", "https://example.com//a//b"),
        ("https://example.com/a/./b/../c", "https://example.com/a/c"),
        ("https://example.com/news/1/amp", "https://example.com/news/1"),
        ("https://example.com/news/1/amp/", "https://example.com/news/1"),
        ("https://example.com/amp", "https://example.com/amp"),
        ("https://m.example.com/amp/news/1", "https://example.com/news/1"),
        ("https://fi.m.example.org/a", "https://fi.example.org/a"),
        ("https://example.com/news.amp.html", "https://example.com/news.html"),
        ("https://example.com/a?amp=1", "https://example.com/a"),
        ("https://example.com/a?amp", "https://example.com/a"),
        ("https://example.com/a?amp=20", "https://example.com/a?amp=20"),
        ("https://example.com/a?outputType=amp", "https://example.com/a"),
        ("https://www.google.com/amp/s/www.example.com/a/amp/", "https://example.com/a"),
        ("https://www.google.fi/amp/example.com/a?x=1", "https://example.com/a?x=1"),
        (
            "https://www-example-com.cdn.ampproject.org/c/s/www.example.com/a",
            "https://example.com/a",
        ),
        ("https://cdn.ampproject.org/v/s/example.com/a?usqp=1", "https://example.com/a?usqp=1"),
        (
            "https://www.google.com/url?sa=t&url=https://www.example.com/a%3Fid%3D1&ct=ga",
            "https://example.com/a?id=1",
        ),
        ("https://example.com/a?utm_source=x&id=1&utm_medium=y", "https://example.com/a?id=1"),
        ("https://example.com/a?UTM_Source=x&fbclid=y&GCLID=z", "https://example.com/a"),
        (
            "https://example.com/a?mc_cid=1&mc_eid=2&igshid=3&_ga=4&ref_src=5&cmpid=6&spm=7",
            "https://example.com/a",
        ),
        (
            "https://example.com/a?at_medium=x&at_custom1=y&yclid=1&msclkid=2&dclid=3",
            "https://example.com/a",
        ),
        ("https://example.com/a?id=1&amp;utm_source=x&amp;b=2", "https://example.com/a?b=2&id=1"),
        ("https://example.com/a?PHPSESSID=abc&id=1", "https://example.com/a?id=1"),
        ("https://example.com/a;jsessionid=ABC.node1?id=1", "https://example.com/a?id=1"),
        (
            "https://example.com/viewtopic.php?sid=0123456789abcdef0123456789ABCDEF&t=5",
            "https://example.com/viewtopic.php?t=5",
        ),
        ("https://example.com/a?b=2&a=1", "https://example.com/a?a=1&b=2"),
        ("https://example.com/a?x=2&x=1", "https://example.com/a?x=2&x=1"),
        ("https://example.com/a?", "https://example.com/a"),
        ("https://example.com/a?&&", "https://example.com/a"),
        ("https://example.com/%7euser/%41%2f%c3%a4", "https://example.com/~user/A%2F%C3%A4"),
        ("https://example.com/%zz%4", "https://example.com/%zz%4"),
        ("https://example.com/a#top", "https://example.com/a"),
        ("https://example.com/a#:~:text=words", "https://example.com/a"),
        ("https://example.com/a#comments", "https://example.com/a"),
        ("https://example.com/a#post-123", "https://example.com/a#post-123"),
        ("https://example.com/a#p123", "https://example.com/a#p123"),
        ("https://example.com/a#comment-5", "https://example.com/a#comment-5"),
        ("https://example.com/a#c12", "https://example.com/a#c12"),
        ("https://example.com/a#msg123", "https://example.com/a#msg123"),
        ("https://example.com/a#entry123", "https://example.com/a#entry123"),
        ("https://example.com/a#issuecomment-99", "https://example.com/a#issuecomment-99"),
        ("https://example.com/a#123", "https://example.com/a#123"),
        ("https://example.com/a#!topic/x", "https://example.com/a#!topic/x"),
        ("https://example.com/#/post/1", "https://example.com/#/post/1"),
        ("https://example.com/a#chapter2", "https://example.com/a"),
    ];

    #[test]
    fn one_page_has_one_address() {
        for (address, expected) in ADDRESSES {
            assert_eq!(canonical(address).as_deref(), Some(*expected), "{address}");
        }
    }

    #[test]
    fn two_pages_stay_two() {
        for (one, other) in [
            ("https://example.com/?id=1", "https://example.com/?id=2"),
            ("https://example.com/?p=1", "https://example.com/?p=2"),
            (
                "https://example.com/showthread.php?t=1&page=1",
                "https://example.com/showthread.php?t=1&page=2",
            ),
            ("https://example.com/A", "https://example.com/a"),
            ("https://example.com/a?ID=1", "https://example.com/a?id=1"),
            ("https://example.com/a?ref=1", "https://example.com/a?ref=2"),
            ("https://example.com/a?source=1", "https://example.com/a?source=2"),
            ("https://example.com/a?s=1", "https://example.com/a?s=2"),
            ("https://example.com/a?sid=1", "https://example.com/a?sid=2"),
            ("https://example.com/a#post-1", "https://example.com/a#post-2"),
            ("https://example.com/a#1", "https://example.com/a"),
            ("https://example.com/a?x=1&x=2", "https://example.com/a?x=2&x=1"),
            ("https://example.com/a%2Fb", "https://example.com/a/b"),
            ("https://example.com/a?b=c%26d", "https://example.com/a?b=c&d"),
            ("https://example.com//a", "https://example.com/a"),
            ("https://example.com:8080/a", "https://example.com/a"),
            ("https://a.example.com/", "https://example.com/"),
            ("https://example.com/amp", "https://example.com/"),
            ("https://www.google.com/search?q=a", "https://www.google.com/search?q=b"),
        ] {
            assert_ne!(canonical(one), canonical(other));
        }
    }

    #[test]
    fn only_the_web_has_addresses() {
        for address in [
            "",
            "a",
            "/a/b",
            "mailto:a@example.com",
            "javascript:alert(1)",
            "ftp://example.com/",
            "https://",
            "http:///",
            "file:///etc/passwd",
            "//example.com/a",
            "https://a b/",
        ] {
            assert_eq!(canonical(address), None, "{address}");
        }
        let mut wrapped = "https://example.com/".to_owned();
        for _ in 0..50 {
            wrapped = format!("https://www.google.com/url?url={wrapped}");
        }
        assert_eq!(canonical(&wrapped), None);
    }

    #[test]
    fn hostile_addresses_take_no_long_time() {
        let started = Instant::now();
        for part in ["/amp", "&amp;", "%41", ";jsessionid=", "www.", "a=b&", "/", "%"] {
            let address =
                format!("https://example.com/x{}?{}", part.repeat(20_000), part.repeat(20_000));
            canonical(&address);
            canonical(&format!("https://{}", part.repeat(20_000)));
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    }

    proptest! {
        #[test]
        fn a_canonical_address_is_always_a_fixed_point(
            address in "(https?://)?(www\\.|m\\.|amp\\.|google\\.com/(amp/s|url\\?url=)/?){0,4}[a-zä.]{1,8}(:80|:443)?\
                (/|/amp|%2[EeFf]|%41|;jsessionid=1|\\.amp\\.html|[A-Za-zé#?&=;. ]){0,12}(\\?(amp;|&|utm_a=1|=|[a-z%]){0,8})?(#.{0,6})?"
        ) {
            if let Some(known) = canonical(&address) {
                prop_assert_eq!(canonical(&known), Some(known.clone()));
            }
        }

        #[test]
        fn any_text_is_always_read_or_refused(text in "\\PC{0,60}") {
            canonical(&text);
            canonical(&format!("https://{text}"));
        }
    }
}
