//! RSS, Atom and JSON Feed.
//!
//! The parser is strict and the world is not, so a document goes through `decode` and `repair`
//! before the parser sees it, and the parser may panic.

use crate::fetch::{Allowed, Location, Reply, Request};
use crate::post::SourceName;
use crate::source::feed::entry::{Document, NO_ID};
use crate::source::feed::repair::Xml;
use crate::source::{Page, Source, Unreadable, Visit};
use crate::text::html;
use feed_rs::model;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use url::Url;

#[cfg(test)]
mod corpus;
pub mod date;
pub mod decode;
mod entry;
pub mod google;
mod json;
pub mod references;
mod repair;

/// What a feed may be; some servers give a page to those who do not ask.
const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, \
    application/rdf+xml;q=0.9, application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1";

/// A feed that is polled.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    pub name: SourceName,
    pub location: Location,
    /// Which private addresses it may be at; `None` where the general setting holds.
    pub allow_private: Option<Allowed>,
}

impl Source for Feed {
    fn open(&self, _visit: &Visit) -> Request {
        Request {
            allow_private: self.allow_private.clone(),
            ..Request::for_what_was_named(self.location.clone(), ACCEPT)
        }
    }

    fn read(&self, reply: &Reply, _visit: &Visit) -> Result<Page, Unreadable> {
        let base = match &reply.location {
            Location::Web(url) => Some(url),
            Location::File(_) => None,
        };
        let parsed = parse(reply, base)?;
        let document = Document {
            site: self.site(),
            base,
            feed: &parsed.feed,
            no_permalinks: &parsed.no_permalinks,
            is_alerts: google::is_alerts(&self.location, &parsed.feed.id),
        };
        let posts: Vec<_> =
            parsed.feed.entries.iter().filter_map(|entry| document.post(entry)).collect();
        let skipped = parsed.skipped + parsed.feed.entries.len() - posts.len();
        Ok(Page { posts: document.settle(posts), skipped, ..Page::default() })
    }
}

impl Feed {
    /// Within what the feed's own ids are unique.
    fn site(&self) -> String {
        match &self.location {
            Location::Web(url) => {
                let mut url = url.clone();
                url.set_fragment(None);
                url.into()
            }
            Location::File(path) => path.display().to_string(),
        }
    }
}

/// A feed as the parser gave it.
struct Parsed {
    feed: model::Feed,
    /// Entries that the parser never saw, or refused.
    skipped: usize,
    no_permalinks: HashSet<String>,
}

fn parse(reply: &Reply, base: Option<&Url>) -> Result<Parsed, Unreadable> {
    let host = base.and_then(Url::host_str);
    let text = decode::decode(&reply.body, reply.content_type.as_deref(), host);
    if text.trim().is_empty() {
        return Err(Unreadable("the reply is empty".into()));
    }
    if text.trim_start_matches('\u{feff}').trim_start().starts_with('{') {
        let refused = || Unreadable("the reply is JSON, but no JSON Feed".into());
        let (text, skipped) =
            json::mend(text.trim_start_matches('\u{feff}')).ok_or_else(refused)?;
        let feed = parse_text(&text, base).map_err(|error| unreadable(&error))?;
        return Ok(Parsed { feed, skipped, no_permalinks: HashSet::new() });
    }
    match repair::mend(&text) {
        repair::Document::Feed(xml) => {
            let no_permalinks = repair::no_permalinks(&xml);
            let (feed, skipped) = parse_xml(&xml, base)?;
            Ok(Parsed { feed, skipped, no_permalinks })
        }
        repair::Document::Html => Err(page(&text, base)),
        repair::Document::Unknown => {
            Err(Unreadable("the reply is no feed: it holds neither RSS, Atom nor JSON Feed".into()))
        }
    }
}

/// Reads the feed as a whole or, where it is refused, entry by entry.
fn parse_xml(xml: &Xml, base: Option<&Url>) -> Result<(model::Feed, usize), Unreadable> {
    let refused = match parse_text(&xml.text(), base) {
        Ok(feed) => return Ok((feed, 0)),
        Err(refused) => refused,
    };
    let pieces = repair::take_apart(xml);
    let mut whole = parse_piece(&pieces.head, base).ok();
    let mut entries = Vec::new();
    let mut skipped = pieces.unfinished;
    for piece in &pieces.entries {
        match parse_piece(&pieces.document(piece), base) {
            Ok(feed) => {
                entries.extend(feed.entries.iter().cloned());
                whole.get_or_insert(feed);
            }
            Err(_) => skipped += 1,
        }
    }
    let mut whole = whole.filter(|_| !entries.is_empty()).ok_or_else(|| unreadable(&refused))?;
    whole.entries = entries;
    Ok((whole, skipped))
}

/// Reads a piece of a broken feed, if need be without what is said of its media.
fn parse_piece(text: &str, base: Option<&Url>) -> Result<model::Feed, String> {
    parse_text(text, base).or_else(|_| parse_text(&repair::without_media(text), base))
}

fn parse_text(text: &str, base: Option<&Url>) -> Result<model::Feed, String> {
    let parser = feed_rs::parser::Builder::new()
        .base_uri(base)
        .sanitize_content(false)
        .timestamp_parser(date::parse)
        // Left to itself it makes up another random id at every poll.
        .id_generator(|_, _, _| NO_ID.to_owned())
        .build();
    match catch_unwind(AssertUnwindSafe(|| parser.parse(text.as_bytes()))) {
        Ok(Ok(feed)) => Ok(feed),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the parser failed".into()),
    }
}

fn unreadable(error: &str) -> Unreadable {
    Unreadable(format!("the feed cannot be read: {error}"))
}

/// Says that a page came instead of a feed, and where the feed is if the page tells.
fn page(text: &str, base: Option<&Url>) -> Unreadable {
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
    });
    let address = address.map(|address| {
        let base = match (base, &stated) {
            (Some(base), Some(stated)) => base.join(stated).ok(),
            (Some(base), None) => Some(base.clone()),
            (None, Some(stated)) => Url::parse(stated).ok(),
            (None, None) => None,
        };
        base.and_then(|base| base.join(&address).ok()).map_or(address, String::from)
    });
    Unreadable(match address {
        Some(address) => {
            let address = crate::text::visible(&address);
            format!("the reply is an HTML page, not a feed; it names a feed at {address}")
        }
        None => "the reply is an HTML page, not a feed".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Cursor;
    use chrono::DateTime;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    fn feed(location: &str) -> Feed {
        Feed {
            name: SourceName("news".into()),
            location: Location::Web(location.parse().unwrap()),
            allow_private: None,
        }
    }

    fn visit() -> Visit {
        Visit { cursor: Cursor::default(), now: DateTime::UNIX_EPOCH }
    }

    fn read(body: &str) -> Result<Page, Unreadable> {
        let feed = feed("https://a.example/feed.xml#part");
        let location = Location::Web("https://a.example/moved/feed.xml".parse().unwrap());
        let content_type = Some("text/xml".into());
        let reply = Reply { content_type, ..Reply::of(location, body.into()) };
        feed.read(&reply, &visit())
    }

    /// Reads a document and lists what came out of it, one line a post.
    #[track_caller]
    fn check(body: &str, expected: &[&str]) {
        let page = read(body).unwrap();
        let known = |known: &Option<String>| known.clone().unwrap_or_else(|| "-".into());
        let mut seen: Vec<String> = page
            .posts
            .iter()
            .map(|p| {
                format!(
                    "{} {}{} {} | {}",
                    known(&p.id),
                    known(&p.url),
                    if p.has_own_url { "" } else { "!" },
                    known(&p.title),
                    p.text
                )
            })
            .collect();
        if page.skipped > 0 {
            seen.push(format!("skipped {}", page.skipped));
        }
        assert_eq!(seen, expected);
    }

    fn rss(items: &str) -> String {
        format!(
            "<rss version='2.0'><channel><title>t</title><link>https://a.example/</link>{items}</channel></rss>"
        )
    }

    #[test]
    fn an_entry_becomes_a_post() {
        let page = read(
            "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='fi-FI'><author><name>Feed</name></author>
             <entry><id>7</id><title type='html'>Br&amp;auml;ndi &lt;b&gt;x&lt;/b&gt;</title>
             <link rel='edit' href='/no'/><link href='../1?a=b'/><updated>2024-03-05T12:05:00Z</updated>
             <summary>short</summary><content type='html'>&lt;p&gt;one&lt;p&gt;two</content>
             <author><name>Maija &amp;amp; co</name><uri>/maija</uri></author></entry>
             <entry><id>tag:a,1:1</id></entry></feed>",
        )
        .unwrap();
        let [post, second] = &*page.posts else { panic!("{page:?}") };
        assert_eq!(post.id.as_deref(), Some("7"));
        assert_eq!(post.site, "https://a.example/feed.xml");
        assert_eq!(post.url.as_deref(), Some("https://a.example/1?a=b"));
        assert_eq!(post.title.as_deref(), Some("Brändi x"));
        assert_eq!(post.text, "one\n\ntwo");
        assert_eq!(post.author.name.as_deref(), Some("Maija & co"));
        assert_eq!(post.author.url.as_deref(), Some("https://a.example/maija"));
        assert_eq!(post.published.unwrap().to_rfc3339(), "2024-03-05T12:05:00+00:00");
        assert_eq!(post.language, Some(crate::text::Language::FINNISH));
        assert_eq!((second.site.as_str(), second.author.name.as_deref()), ("", Some("Feed")));
        assert!(post.has_own_url && !second.has_own_url);
    }

    #[test]
    fn an_entry_without_anything_is_skipped_and_counted() {
        check(
            &rss(
                "<item/><item><pubDate>Tue, 05 Mar 2024 12:05:00 GMT</pubDate></item><item><title>x</title></item>",
            ),
            &["- - x | ".replace("- -", "- -!").as_str(), "skipped 2"],
        );
    }

    #[test]
    fn a_made_up_id_is_no_id() {
        let body = rss("<item><title>x</title><link>https://a.example/1</link></item>");
        check(&body, &["- https://a.example/1 x | "]);
        assert_eq!(read(&body), read(&body));
    }

    #[test]
    fn an_id_that_several_entries_bear_is_no_id() {
        check(
            &rss("<item><guid>1</guid><title>x</title></item><item><guid>1</guid><title>y</title></item>
                  <item><guid>2</guid><title>z</title></item>"),
            &["- -! x | ", "- -! y | ", "2 -! z | "],
        );
        let long = "x".repeat(513);
        check(&rss(&format!("<item><guid>{long}</guid><title>x</title></item>")), &["- -! x | "]);
    }

    #[test]
    fn the_same_entry_twice_is_kept_once() {
        let item = "<item><guid>1</guid><title>x</title><description>y</description></item>";
        check(&rss(&format!("{item}{item}")), &["1 -! x | y"]);
    }

    #[test]
    fn an_address_that_is_shared_is_not_their_own() {
        check(
            &rss("<item><guid>1</guid><link>https://a.example/t#x</link></item>
                  <item><guid>2</guid><link>https://a.example/t#y</link></item>
                  <item><guid>3</guid><link>https://a.example</link></item>
                  <item><guid>4</guid><link>https://a.example/4</link></item>"),
            &[
                "1 https://a.example/t#x! - | ",
                "2 https://a.example/t#y! - | ",
                "3 https://a.example/! - | ",
                "4 https://a.example/4 - | ",
            ],
        );
    }

    #[test]
    fn a_guid_is_an_address_unless_it_says_otherwise() {
        check(
            &rss("<item><guid>https://a.example/1</guid></item>
                  <item><guid isPermaLink='false'>https://a.example/2</guid></item>"),
            &["https://a.example/1 https://a.example/1 - | ", "https://a.example/2 -! - | "],
        );
    }

    #[test]
    fn only_addresses_on_the_web_are_kept() {
        check(
            &rss("<item><guid>1</guid><link>javascript:alert(1)</link></item>
                  <item><guid>2</guid><link>file:///etc/passwd</link></item>"),
            &["1 -! - | ", "2 -! - | "],
        );
    }

    #[test]
    fn a_broken_entry_costs_that_entry() {
        check(
            &rss(
                "<item><guid>1</guid></item><item><guid>2</gid></item><item><guid>3</guid></item>",
            ),
            &["1 -! - | ", "3 -! - | ", "skipped 1"],
        );
        let whole = rss("<item><guid>1</guid></item><item><guid>2</guid><description><![CDATA[x");
        check(whole.strip_suffix("</channel></rss>").unwrap(), &["1 -! - | ", "skipped 1"]);
        check(
            r#"{"version":"https://jsonfeed.org/version/1","items":[{"id":1,"title":"x"},7]}"#,
            &["1 -! x | ", "skipped 1"],
        );
    }

    #[test]
    fn an_empty_description_of_a_video_costs_nothing() {
        check(
            "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:media='http://search.yahoo.com/mrss/'>
             <entry><id>1</id><title>x</title><media:group><media:description/></media:group></entry>
             <entry><id>2</id><media:group><media:content url='https://a.example/v'/><media:description>y</media:description></media:group></entry></feed>",
            &["1 -! x | ", "2 -! - | y"],
        );
    }

    #[test]
    fn a_google_alert_is_unwrapped_and_tidied() {
        let page = "<feed xmlns='http://www.w3.org/2005/Atom'><id>tag:google.com,2005:reader/user/1/state</id>
            <entry><id>tag:google.com,2013:googlealerts/feed:1</id>
            <title type='html'>Automotive &lt;b&gt;Acme&lt;/b&gt; ...</title>
            <link href='https://www.google.com/url?rct=j&amp;url=https://b.example/x&amp;ct=ga'/>
            <content type='html'>size &lt;b&gt;Acme&lt;/b&gt;&amp;nbsp;...</content>
            <author><name></name></author></entry></feed>";
        check(
            page,
            &[
                "tag:google.com,2013:googlealerts/feed:1 https://b.example/x Automotive Acme | size Acme",
            ],
        );
        assert!(read(page).unwrap().posts[0].author.is_unknown());
        check(
            &page.replace("https://b.example/x", "javascript:x"),
            &["tag:google.com,2013:googlealerts/feed:1 -! Automotive Acme | size Acme"],
        );
    }

    #[track_caller]
    fn refuse(body: &str, expected: &str) {
        assert_eq!(read(body), Err(Unreadable(expected.into())));
    }

    #[test]
    fn what_is_no_feed_is_refused_with_a_reason() {
        refuse(" \n", "the reply is empty");
        refuse("{\"a\":1}", "the reply is JSON, but no JSON Feed");
        refuse("hello", "the reply is no feed: it holds neither RSS, Atom nor JSON Feed");
        refuse("<!doctype html><p>x", "the reply is an HTML page, not a feed");
        refuse(
            "<html><base href='/blog/'><link rel='Alternate home' type='application/rss+xml' href='rss'>",
            "the reply is an HTML page, not a feed; it names a feed at https://a.example/blog/rss",
        );
    }

    #[test]
    fn a_feed_without_entries_is_a_feed() {
        check(&rss(""), &[]);
        check("<feed xmlns='http://www.w3.org/2005/Atom'/>", &[]);
    }

    #[test]
    fn hostile_feeds_take_no_long_time() {
        let bomb =
            "<!DOCTYPE rss [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><rss><item><title>&b;";
        let started = Instant::now();
        for part in [
            "<item>",
            "<item/>",
            "<a>",
            "<title>x",
            "<a b='c' ",
            "x xmlns:a='b'",
            "&b;",
            "<item><guid>",
        ] {
            for end in ["", "</channel></rss>"] {
                let _page = read(&format!("<rss><channel>{}{end}", part.repeat(20_000)));
                let _page = read(&format!("{bomb}{}{end}", part.repeat(20_000)));
            }
        }
        assert!(started.elapsed() < Duration::from_secs(50), "{:?}", started.elapsed());
    }

    proptest! {
        #[test]
        fn a_cut_feed_always_gives_a_beginning_of_the_whole(items in 0_usize..5, kept in 0.0..1.0_f64) {
            let item = |i| format!("<item><guid>{i}</guid><title>ä &amp; {i}</title></item>");
            let whole = rss(&(0..items).map(item).collect::<String>());
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss,
                reason = "a share of a short text")]
            let end = whole.floor_char_boundary((whole.len() as f64 * kept) as usize);
            let ids = |page: Page| page.posts.into_iter().map(|post| post.id).collect::<Vec<_>>();
            let all = ids(read(&whole).unwrap());
            prop_assert_eq!(all.len(), items);
            let (cut, _) = whole.split_at(end);
            let complete = cut.matches("</item>").count();
            if let Ok(page) = read(cut) {
                prop_assert_eq!(&ids(page)[..], &all[..complete]);
            } else {
                prop_assert_eq!(complete, 0);
            }
        }

        #[test]
        fn any_bytes_are_always_read_or_refused(
            text in "(<|>|/|rss|channel|item|entry|feed|title|guid|link|\\{|\"items\":\\[|=|'|\"| |&|\\PC){0,40}"
        ) {
            let page = read(&text);
            prop_assert_eq!(read(&text), page);
        }
    }

    #[test]
    fn the_request_asks_for_feeds() {
        let request = feed("https://a.example/f").open(&visit());
        assert!(request.accept.starts_with("application/atom+xml"));
        assert_eq!(request.location, Location::Web("https://a.example/f".parse().unwrap()));
    }
}
