//! Feeds read from end to end: a document in, posts out.

use super::*;
use crate::schedule::Hints;
use crate::source::Cursor;
use chrono::DateTime;
use std::time::Duration;

pub(super) fn feed(location: &str) -> Feed {
    Feed {
        name: SourceName("news".into()),
        location: Location::Web(location.parse().unwrap()),
        allow_private: None,
    }
}

pub(super) fn visit() -> Visit {
    Visit { cursor: Cursor::default(), now: DateTime::UNIX_EPOCH }
}

pub(super) fn read(body: &str) -> Result<Page, Unreadable> {
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

pub(super) fn rss(items: &str) -> String {
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
fn an_entry_without_anything_is_still_an_entry() {
    check(
        &rss(
            "<item/><item><pubDate>Tue, 05 Mar 2024 12:05:00 GMT</pubDate></item><item><title>x</title></item>",
        ),
        &["- -! - | ", "- -! - | ", "- -! x | "],
    );
}

#[test]
fn a_made_up_id_is_no_id() {
    let body = rss("<item><title>x</title><link>https://a.example/1</link></item>");
    check(&body, &["- https://a.example/1 x | "]);
    assert_eq!(read(&body), read(&body));
}

#[test]
fn an_id_that_several_entries_bear_does_not_join_them() {
    let page = read(&rss(
        "<item><guid>1</guid><title>x</title></item><item><guid>1</guid><title>y</title></item>
         <item><guid>2</guid><title>z</title></item>",
    ))
    .unwrap();
    let identities: Vec<_> =
        page.posts.iter().map(|p| (p.site.as_str(), p.id.as_deref())).collect();
    let [first, second, third] = *identities else { panic!("{identities:?}") };
    assert_eq!((first.1, second.1), (Some("1"), Some("1")));
    assert_ne!(first, second);
    assert_eq!(third, ("https://a.example/feed.xml", Some("2")));
    let long = "x".repeat(513);
    check(&rss(&format!("<item><guid>{long}</guid><title>x</title></item>")), &["- -! x | "]);
}

#[test]
fn the_same_entry_twice_is_the_same_post_twice() {
    let item = "<item><guid>1</guid><link>https://a.example/1</link><title>x</title></item>";
    check(&rss(&format!("{item}{item}")), &["1 https://a.example/1 x | "; 2]);
    let page = read(&rss(&format!("{item}{item}"))).unwrap();
    assert_eq!(page.posts.first(), page.posts.get(1));
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
fn a_broken_entry_costs_no_other() {
    check(
        &rss(
            "<item><guid>1</guid></item><item><guid>2</gid><title>x</title></item><item><guid>3</guid></item>",
        ),
        &["1 -! - | ", "2 -! x | ", "3 -! - | "],
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
    let page =
        "<feed xmlns='http://www.w3.org/2005/Atom'><id>tag:google.com,2005:reader/user/1/state</id>
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
fn of_too_many_entries_the_first_are_read() {
    let page = read(&rss(&"<item><guid>1</guid></item>".repeat(20_003))).unwrap();
    assert_eq!((page.posts.len(), page.skipped), (20_000, 3));
}

#[test]
fn a_feed_without_entries_is_a_feed() {
    check(&rss(""), &[]);
    check("<feed xmlns='http://www.w3.org/2005/Atom'/>", &[]);
}

#[test]
fn old_and_odd_formats_are_read() {
    for body in [
        "<rss version='0.91'><channel><item><title>x</title><link>https://a.example/1</link></item></channel></rss>",
        "<RSS><CHANNEL><ITEM><TITLE>x</TITLE><LINK>https://a.example/1</LINK></ITEM></CHANNEL></RSS>",
        "<r:rss xmlns:r='http://b.example/'><r:item><r:title>x</r:title><r:link>https://a.example/1</r:link></r:item></r:rss>",
        "<rss><channel></channel><item><title>x</title><link href='https://a.example/1'/></item></rss>",
        "<feed xmlns='http://purl.org/atom/ns#'><entry><title mode='base64'>eA==</title><link href='/1'/></entry></feed>",
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='/b/'><entry><title>x</title><link href='../1'/></entry></feed>",
        "<channel href='https://a.example/'><item href='https://a.example/1'><title>x</title></item></channel>",
        "<rss><item><title>x<link>https://a.example/1</link></item>",
        "<rss><item><title>x</titel><link>https://a.example/1<item/>",
        "<br/><b>Warning</b>: no<rss><item><media:title>no</media:title><title>x</title><link>https://a.example/1</link></item>",
        "<html><body><feed xmlns='http://www.w3.org/2005/Atom'><entry><title>x</title><link href='/1'/></entry></feed>",
    ] {
        let page = read(body).unwrap();
        let post = page.posts.first().unwrap_or_else(|| panic!("{body}"));
        let found = (post.title.as_deref(), post.url.as_deref());
        assert_eq!(found, (Some("x"), Some("https://a.example/1")), "{body}");
    }
    check(
        "<rdf:RDF xmlns='http://purl.org/rss/1.0/'><channel rdf:about='c'><items/></channel>
         <item rdf:about='https://a.example/1'><title>x</title></item></rdf:RDF>",
        &["https://a.example/1 https://a.example/1 x | "],
    );
}

#[test]
fn the_fuller_text_counts_wherever_it_stands() {
    let [full, short] = [
        "<content:encoded>&lt;p&gt;full&lt;/p&gt;</content:encoded>",
        "<description>short</description>",
    ];
    check(&rss(&format!("<item>{full}{short}</item>")), &["- -! - | full"]);
    check(&rss(&format!("<item>{short}{full}</item>")), &["- -! - | full"]);
    check(
        &rss("<item><description>a &amp;lt;b&amp;gt; &amp;amp; c&lt;br&gt;d</description></item>"),
        &["- -! - | a <b> & c\nd"],
    );
    check(
        &rss("<item><description><p>a<b>c</p></description><guid>1</guid></item>"),
        &["1 -! - | ac"],
    );
    check(
        &rss(
            "<item><description><![CDATA[a</description></item><item><description><![CDATA[b]]></description></item>",
        ),
        &["- -! - | a</description>", "- -! - | b"],
    );
}

#[test]
fn a_news_item_has_its_outlet_as_author() {
    let item = "<title>Acme grows - The Post</title><link>https://news.google.com/rss/articles/CB?oc=5</link>
        <guid isPermaLink='false'>CB</guid><description>&lt;a href='x'&gt;Acme grows&lt;/a&gt; The Post</description>
        <source url='https://post.example'>The Post</source>";
    check(
        &rss(&format!("<item>{item}</item>")),
        &["CB https://news.google.com/rss/articles/CB?oc=5 Acme grows | "],
    );
    let item = "<title>Acme grows</title><link>http://www.bing.com/news/apiclick.aspx?url=https%3a%2f%2fb.example%2f1&amp;c=1</link>
        <description>It does.</description><News:Source>The Post</News:Source>";
    let bing = rss(&format!("<item>{item}</item>"));
    check(&bing, &["https://b.example/1 https://b.example/1 Acme grows | It does."]);
    assert_eq!(read(&bing).unwrap().posts[0].author.name.as_deref(), Some("The Post"));
}

#[test]
fn of_reddit_posts_and_comments_are_kept() {
    let entry = |id, text: &str| {
        format!("<entry><id>{id}</id><title>x</title><link href='https://www.reddit.com/r/a/{id}/'/>
                 <author><name>/u/maija</name></author><content type='html'>{text}</content></entry>")
    };
    let tail = "&lt;!-- SC_OFF --&gt;&lt;p&gt;Words&lt;/p&gt;&lt;!-- SC_ON --&gt; submitted by &lt;a&gt; /u/maija &lt;/a&gt; &lt;span&gt;[link]&lt;/span&gt;";
    let page = format!(
        "<feed xmlns='http://www.w3.org/2005/Atom'>{}{}</feed>",
        entry("t5_a", ""),
        entry("t3_b", tail)
    );
    check(&page, &["t3_b https://www.reddit.com/r/a/t3_b/ x | Words"]);
    assert_eq!(read(&page).unwrap().posts[0].author.handle.as_deref(), Some("maija"));
    let reddit = feed("https://www.reddit.com/r/a/new.rss");
    let reply = Reply::of(reddit.location.clone(), page.into());
    let hints = reddit.read(&reply, &visit()).unwrap().hints;
    assert_eq!(hints.interval, Some(Duration::from_mins(10)));
}

#[test]
fn a_feed_says_how_often_to_come() {
    let page = read(
        "<rss xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel><ttl>30</ttl>
         <sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>
         <skipHours><hour>1</hour><hour>24</hour></skipHours><skipDays><day>Sunday</day></skipDays>
         <item><ttl>9999</ttl></item></channel></rss>",
    );
    let interval = Some(Duration::from_hours(6));
    assert_eq!(page.unwrap().hints, Hints { interval, skip_hours: 0b11, skip_days: 1 << 6 });
}

#[test]
fn a_hub_is_named_by_the_feed_or_by_the_reply() {
    let links =
        "<atom:link rel='hub' href='https://hub.example/'/><atom:link rel='self' href='/feed'/>";
    let named = |hub: &str, topic: &str| {
        Some(Hub { hub: hub.parse().unwrap(), topic: topic.parse().unwrap() })
    };
    assert_eq!(
        read(&rss(links)).unwrap().hub,
        named("https://hub.example/", "https://a.example/feed")
    );
    assert_eq!(read(&rss("")).unwrap().hub, None);
    assert_eq!(read(&rss("<atom:link rel='hub' href='javascript:x'/>")).unwrap().hub, None);
    let location = Location::Web("https://a.example/feed.xml".parse().unwrap());
    let link = vec![
        "<https://b.example/>; rel=\"hub\", <https://a.example/topic>; rel=self".to_owned(),
        "</other>; title=\"a\"".to_owned(),
    ];
    let reply = Reply { link, ..Reply::of(location, rss(links).into()) };
    let page = feed("https://a.example/feed.xml").read(&reply, &visit()).unwrap();
    assert_eq!(page.hub, named("https://b.example/", "https://a.example/topic"));
}

#[test]
fn a_page_in_the_way_is_told_from_others() {
    refuse(
        "<html><form action='https://consent.google.com/save'>",
        "the reply is a page that asks for consent, not a feed",
    );
    refuse(
        "<html><p>our systems have detected unusual traffic",
        "the reply is a page that suspects a robot, not a feed; ask less often",
    );
    refuse("<html><input type=\"password\">", "the reply is a page to log in at, not a feed");
    let alert = feed("https://www.google.com/alerts");
    let reply = Reply::of(alert.location.clone(), "<html><p>x".into());
    let error = alert.read(&reply, &visit()).unwrap_err().to_string();
    assert!(error.contains("RSS icon"), "{error}");
}

#[test]
fn the_request_asks_for_feeds() {
    let request = feed("https://a.example/f").open(&visit());
    assert!(request.accept.starts_with("application/atom+xml"));
    assert_eq!(request.location, Location::Web("https://a.example/f".parse().unwrap()));
}
