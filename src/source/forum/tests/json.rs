//! What APIs answer, read from recorded and handmade replies.

use super::*;
use crate::post::Post;
use crate::testing::collection;
use serde_json::json;
use std::io::Read;

/// Reads a saved reply that was at `address`.
fn saved(body: &[u8], address: &str) -> Result<Page, Unreadable> {
    let location = Location::File("/saved".into());
    let forum = Forum {
        location: location.clone(),
        address: Some(address.parse().unwrap()),
        ..forum("https://unused.example")
    };
    let visit = Visit { cursor: Cursor::default(), now: noon() };
    forum.read(&Reply::of(location, body.to_vec()), &visit)
}

fn line(post: &Post) -> String {
    let known = |known: &Option<String>| known.clone().unwrap_or_else(|| "-".into());
    let date = post.published.map(|date| date.format("%Y-%m-%d %H:%M").to_string());
    format!(
        "{} {} <{} {} {} {} | {} | {}",
        post.site,
        known(&post.id),
        known(&post.parent),
        known(&post.author.name),
        known(&date),
        known(&post.url),
        known(&post.title),
        post.text
    )
}

/// Reads a saved reply and compares its posts, one line each, by how these begin.
#[track_caller]
fn check(body: &[u8], address: &str, expected: &[&str]) {
    let page = saved(body, address).unwrap();
    let lines: Vec<String> = page.posts.iter().map(line).collect();
    let begins =
        |(line, expected): (&String, &&str)| line.replace('\n', "/").starts_with(*expected);
    assert!(
        lines.len() == expected.len() && lines.iter().zip(expected).all(begins),
        "{lines:#?}\nexpected {expected:#?}"
    );
}

#[track_caller]
fn check_json(body: &serde_json::Value, address: &str, expected: &[&str]) {
    check(body.to_string().as_bytes(), address, expected);
}

fn sample(name: &str) -> Option<Vec<u8>> {
    let path = collection(name)?.join("api/samples/discourse").join(name);
    Some(std::fs::read(path).unwrap())
}

#[test]
fn a_topic_of_discourse_is_read() {
    let Some(body) = sample("real_posts.json") else { return };
    check(
        &body,
        "https://talk.example/t/ibm-powervm-support/1448.json",
        &[
            "talk.example/1448 1 <- kincl 2016-05-23 17:03 https://talk.example/t/ibm-powervm-support/1448/1 | IBM PowerVM support? | Hi,//I was wondering if there were any plans to add support for IBM PowerVM",
            "talk.example/1448 2 <- iheim 2016-05-24 10:18 https://talk.example/t/ibm-powervm-support/1448/2 | IBM PowerVM support? | have you tried",
            "talk.example/1448 3 <- jprause 2016-05-24 16:49 https://talk.example/t/ibm-powervm-support/1448/3 | IBM PowerVM support? | @blomquisg can you review",
            "talk.example/1448 4 <2 han 2016-05-25 02:52 https://talk.example/t/ibm-powervm-support/1448/4 | IBM PowerVM support? | yes,Ovirt",
        ],
    );
}

#[test]
fn the_newest_posts_of_discourse_are_read() {
    let Some(body) = sample("posts_latest.json") else { return };
    check(
        &body,
        "https://a.example/forum/posts.json",
        &[
            "a.example/11 2 <- johndoe 2020-01-25 02:10 https://a.example/forum/t/this-is-an-uncategorized-title/11/2 | This is an uncategorized title | ",
            "a.example/11 1 <- johndoe 2020-01-25 00:58 ",
            "a.example/7 1 <- system 2020-01-24 23:26 https://a.example/forum/t/welcome-to-discourse/7/1 | Welcome to Discourse | ",
            "a.example/2 1 <- system ",
        ],
    );
}

#[test]
fn a_list_of_discourse_is_read() {
    let Some(body) = sample("real_latest_last_posted_null.json") else { return };
    check(
        &body,
        "https://a.example/latest.json",
        &[
            "a.example/t/pageshots/1148 - <- - 2017-08-14 19:42 https://a.example/t/pageshots/1148 | PAGESHOTS | ",
            "a.example/t/specify-per-item-service-catalogue-approval-type/1149 - <- - 2016-05-25 00:06 ",
        ],
    );
}

#[test]
fn what_discourse_answers_instead_of_posts_is_said() {
    for (name, expected) in [
        ("error_403_not_logged_in.json", "the forum answers: You need to be logged in to do that."),
        (
            "error_429_search.json",
            "the forum answers: You’re performing this action too often, please slow down.",
        ),
        (
            "user.json",
            "the reply is JSON, but neither topics nor posts of Discourse, NodeBB or Flarum",
        ),
    ] {
        let Some(body) = sample(name) else { return };
        assert_eq!(saved(&body, "https://a.example/latest.json"), Err(Unreadable(expected.into())));
    }
}

#[test]
fn quotes_and_notes_are_no_posts() {
    let post = |number: u32, kind: u32, cooked: &str| {
        json!({"id": number, "topic_id": 7, "topic_slug": "x", "post_number": number,
               "post_type": kind, "cooked": cooked, "username": "maija"})
    };
    let quote = "<aside class=\"quote no-group\"><div><aside class='quote'>a</aside>Acme</div></aside><p>Mine</p><aside class=\"onebox\">b</aside>";
    let body = json!({"id": 7, "slug": "x", "title": "A < B", "post_stream": {"stream": [1, 2, 3, 4], "posts": [
        post(1, 1, quote),
        post(2, 3, "<p>closed</p>"),
        post(3, 4, "<p>whisper</p>"),
        {"id": 4, "topic_id": 7, "post_number": 4},
        {"id": 5, "topic_id": 7, "post_number": 5, "cooked": "x", "deleted_at": "2026-01-01T00:00:00Z"},
        "post",
    ]}});
    let page = saved(body.to_string().as_bytes(), "https://a.example/t/x/7.json").unwrap();
    assert_eq!(
        page.posts.iter().map(line).collect::<Vec<_>>(),
        ["a.example/7 1 <- maija - https://a.example/t/x/7/1 | A < B | Mine\n\nb"]
    );
    assert_eq!(page.skipped, 2);
}

#[test]
fn a_topic_of_nodebb_is_read() {
    let body = json!({"tid": 5, "slug": "5/t", "title": "A &amp; B", "titleRaw": "A & B",
        "pagination": {"currentPage": 1, "pageCount": 1}, "posts": [
        {"pid": 11, "content": "<p>One</p>", "timestampISO": "2026-01-02T03:04:05.678Z",
         "user": {"username": "maija", "userslug": "maija"}},
        {"pid": 12, "toPid": "11", "content": "<blockquote>One <blockquote>x</blockquote></blockquote>Two", "user": {}},
        {"pid": 13, "content": "gone", "deleted": 1},
        {"pid": "https://b.example/n/1", "toPid": 0, "content": "Three", "user": {"username": "x@b.example"}},
        {"content": "nobody knows"},
    ]});
    check_json(
        &body,
        "https://a.example/forum/api/topic/5/t",
        &[
            "a.example 11 <- maija 2026-01-02 03:04 https://a.example/forum/post/11 | A & B | One",
            "a.example 12 <11 - - https://a.example/forum/post/12 | A & B | Two",
            "a.example https://b.example/n/1 <- x@b.example - https://a.example/forum/post/https:%2F%2Fb.example%2Fn%2F1 | A & B | Three",
        ],
    );
}

#[test]
fn the_data_in_a_page_of_nodebb_is_what_its_api_answers() {
    let Some(folder) = collection("nodebb") else { return };
    let page = unpacked(&folder.join("forums/nodebb/wcxb-dev-0549.html.gz"));
    let (_, data) = page.split_once("id=\"ajaxify-data\" type=\"application/json\">").unwrap();
    let (data, _) = data.split_once("</script").unwrap();
    let address = "https://community.nodebb.org/api/topic/18427/rc1-of-nodebb-v4";
    let by_api = saved(data.as_bytes(), address).unwrap().posts;
    assert_same(&by_api, &page, "https://community.nodebb.org/topic/18427/rc1-of-nodebb-v4");
    assert_eq!(by_api.len(), 12);
}

/// A post that was seen by the page must be known when it comes from the API.
#[track_caller]
fn assert_same(by_api: &[Post], page: &str, address: &str) {
    let by_page = saved(page.as_bytes(), address).unwrap().posts;
    let seen = |posts: &[Post]| {
        let parts = |p: &Post| (p.site.clone(), p.id.clone(), p.author.name.clone(), p.published);
        posts.iter().map(parts).collect::<Vec<_>>()
    };
    assert_eq!(seen(by_api), seen(&by_page));
}

fn unpacked(path: &std::path::Path) -> String {
    let mut page = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap())
        .read_to_string(&mut page)
        .unwrap();
    page
}

#[test]
fn a_post_of_discourse_is_known_by_the_page_as_by_the_api() {
    let Some(folder) = collection("discourse") else { return };
    let page = unpacked(&folder.join("forums/discourse/wcxb-dev-0503.html.gz"));
    let address = "https://a.example/t/2024-4-4-is-stuck/724779";
    let posts = saved(page.as_bytes(), address).unwrap().posts;
    assert_eq!((posts[3].site.as_str(), posts[3].id.as_deref()), ("a.example/724779", Some("4")));
}

#[test]
fn the_data_in_a_page_of_flarum_has_the_posts() {
    let Some(folder) = collection("flarum") else { return };
    let page = unpacked(&folder.join("forums/flarum/wcxb-dev-0557.html.gz"));
    let address =
        "https://discuss.flarum.org/d/2068-types-of-threads-flarum-as-a-discussion-engine";
    let posts = saved(page.as_bytes(), address).unwrap().posts;
    // Twenty of this page, and two of the next one that answer some of them.
    assert_eq!(posts.len(), 22);
    let (first, second) = (line(&posts[0]), line(&posts[1]));
    assert!(first.starts_with("discuss.flarum.org 17593 <- antonjw 2016-02-13 00:32 https://discuss.flarum.org/d/2068-types-of-threads-flarum-as-a-discussion-engine/1 | 'Types of Threads' - Flarum as a 'Discussion Engine'? | I just joined"), "{first}");
    assert!(second.starts_with("discuss.flarum.org 17601 <17593 "), "{second}");
}

#[test]
fn the_posts_of_flarum_are_read() {
    let post = |id: &str, number: u32, html: &str| {
        json!({"type": "posts", "id": id,
            "attributes": {"number": number, "contentType": "comment", "createdAt": "2026-01-02T03:04:05+02:00", "contentHtml": html},
            "relationships": {"user": {"data": {"type": "users", "id": "1"}}, "discussion": {"data": {"type": "discussions", "id": "5"}}}})
    };
    let answer = "<p><a href='x' class=\"PostMention\" data-id=\"8\">maija</a> Two</p>";
    let body = json!({"links": {"next": "https://a.example/f/api/posts?page%5Boffset%5D=50"},
        "data": [post("8", 1, "<p>One <blockquote>x</blockquote></p>"), post("9", 2, answer),
                 {"type": "posts", "id": "10", "attributes": {"contentType": "discussionRenamed", "content": ["a", "b"]}},
                 {"type": "posts", "id": "11", "attributes": {"contentType": "comment"}}],
        "included": [
            {"type": "users", "id": "1", "attributes": {"username": "maija", "displayName": "Maija M"}},
            {"type": "discussions", "id": "5", "attributes": {"title": "T", "slug": "5-t"}}]});
    check_json(
        &body,
        "https://a.example/f/api/posts",
        &[
            "a.example 8 <- Maija M 2026-01-02 01:04 https://a.example/f/d/5-t/1 | T | One",
            "a.example 9 <8 Maija M 2026-01-02 01:04 https://a.example/f/d/5-t/2 | T | maija Two",
        ],
    );
}

#[test]
fn a_list_of_flarum_is_read() {
    let row = |id: &str, hidden: bool| {
        json!({"type": "discussions", "id": id, "attributes": {"title": "T", "slug": format!("{id}-t"), "isHidden": hidden,
               "commentCount": 2, "lastPostedAt": "2026-01-02T03:04:05Z"}})
    };
    check_json(
        &json!({"data": [row("5", false), row("6", true)]}),
        "https://a.example/api/discussions",
        &["a.example/d/5-t - <- - 2026-01-02 03:04 https://a.example/d/5-t | T | "],
    );
}

#[test]
fn the_feed_of_xenforo_lists_topics() {
    let item = "<item><title>A &amp; <![CDATA[B]]></title><pubDate>Fri, 02 Jan 2026 03:04:05 +0000</pubDate>
        <link>https://a.example/threads/a-b.7/</link><guid>7</guid><dc:creator>maija</dc:creator><slash:comments>3</slash:comments></item>";
    let feed = format!(
        "<?xml version='1.0'?><rss><channel><title>x</title><link>https://a.example/</link>{item}<item></item></channel></rss>"
    );
    check(
        feed.as_bytes(),
        "https://a.example/forums/-/index.rss",
        &[
            "a.example/threads/a-b.7 - <- maija 2026-01-02 03:04 https://a.example/threads/a-b.7/ | A & B | ",
        ],
    );
}

#[test]
fn a_saved_list_gives_its_topics() {
    let rows = fake::row("t/1", 1, "#p1") + &fake::row("t/2", 1, "#p2");
    check(
        fake::list(&rows).as_bytes(),
        "https://a.example/f/board",
        &["a.example/f/t/1 - <- - - https://a.example/f/t/1 | A topic | ", "a.example/f/t/2 - <- "],
    );
}

#[test]
fn other_json_is_refused_and_nothing_panics() {
    for text in [
        "{}",
        "[]",
        "{\"topic_list\":7}",
        "{\"post_stream\":{\"posts\":[{}]}}",
        "{\"data\":[{\"type\":\"posts\"}]}",
        "{",
    ] {
        assert!(saved(text.as_bytes(), "https://a.example/api/x").is_err(), "{text}");
    }
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(saved(deep.as_bytes(), "https://a.example/x").is_err());
}

#[test]
fn json_that_would_take_too_much_memory_is_refused() {
    let values = format!("{{\"topic_list\":{{\"topics\":[{}0]}}}}", "0,".repeat(200_000));
    let objects = format!("[{}0]", "{\"\":0},".repeat(60_000));
    for (body, why) in [(values, "200000 values"), (objects.clone(), "50000 objects")] {
        let Err(Unreadable(said)) = saved(body.as_bytes(), "https://a.example/latest.json") else {
            panic!("{why}")
        };
        assert!(said.contains(why), "{said}");
    }
    // In a page it is as if it were not there.
    let post = fake::post(1, 10);
    for (before, behind) in [
        ("<script type='application/ld+json'>", "</script>"),
        ("<script id=\"flarum-json-payload\" type='application/json'>", "</script>"),
        ("<script id=\"flarum-json-payload\" type='application/json'>{\"apiUrl\":", "}</script>"),
    ] {
        let page = fake::page_with(&format!("{post}{before}{objects}{behind}"));
        let page = saved(page.as_bytes(), "https://a.example/d/7").unwrap();
        assert_eq!(page.posts.len(), 1, "{before}");
    }
}
