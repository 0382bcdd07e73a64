//! How a Page is read: its wall, comments, messages and ratings; what a refusal leads to; recorded
//! replies.

use super::*;
use crate::fetch::Location;
use crate::source::Cursor;
use crate::source::site::Told;
use crate::source::testing::{
    answered, line, lines, refused, reply, samples, saved, source, visit,
};
use serde_json::json;

mod recheck;
mod refusal;

const NOON: i64 = 1_795_348_800;

fn tried() -> Box<dyn Source> {
    let told = [
        ("page", Told::Text("10".into())),
        ("token", Told::Secret("s3cr3t".into())),
        ("ratings", Told::Flag(true)),
    ];
    source(Kind::Facebook, &told, &["Acme"])
}

/// So many seconds before noon, as the API writes it.
fn ago(seconds: i64) -> String {
    let at = chrono::DateTime::from_timestamp(NOON - seconds, 0).unwrap();
    at.format("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

fn path(request: &Request) -> String {
    let Location::Web(url) = &request.location else { panic!() };
    url.path().trim_start_matches("/v26.0/").to_owned()
}

fn asked(request: &Request, name: &str) -> Option<String> {
    let Location::Web(url) = &request.location else { panic!() };
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

fn post(id: &str, by: &str, created: i64, updated: i64, comments: u64) -> Value {
    json!({"id": id, "message": format!("post {id}"), "from": {"id": by, "name": by},
           "created_time": ago(created), "updated_time": ago(updated),
           "comments": {"summary": {"total_count": comments}}})
}

fn comment(id: &str, by: &str, created: i64) -> Value {
    json!({"id": id, "message": format!("comment {id}"), "from": {"id": by, "name": by},
           "created_time": ago(created)})
}

fn list(items: &[Value], after: Option<&str>) -> String {
    let mut list = json!({"data": items});
    if let Some(after) = after {
        let next = format!("https://graph.facebook.com/x?access_token=s3cr3t&after={after}");
        list["paging"] = json!({"cursors": {"after": after}, "next": next});
    }
    list.to_string()
}

fn ids(page: &Page) -> Vec<&str> {
    page.posts.iter().map(|post| post.id.as_deref().unwrap()).collect()
}

fn cursor(page: &Page) -> String {
    let Cursor(cursor) = page.cursor.clone().unwrap();
    assert!(!cursor.contains("s3cr3t"), "{cursor}");
    cursor
}

#[test]
fn noon_is_noon() {
    assert_eq!(visit("").now.timestamp(), NOON);
}

#[test]
fn a_poll_asks_for_all_that_happens_on_a_page() {
    let source = tried();
    let first = source.open(&visit(""));
    assert_eq!(path(&first), "10/feed");
    assert_eq!(first.access.headers[0].1.expose(), "Bearer s3cr3t");
    let paths: Vec<String> = source.also(&visit("")).iter().map(path).collect();
    assert_eq!(paths, ["10/tagged", "10/conversations", "10/ratings", "10/feed"]);
    let told = [("page", Told::Text("10".into())), ("messages", Told::Flag(false))];
    let quiet = super::super::testing::source(Kind::Facebook, &told, &[]);
    let paths: Vec<String> = quiet.also(&visit("")).iter().map(path).collect();
    assert_eq!(paths, ["10/tagged", "10/feed"]);
}

#[test]
fn the_wall_brings_what_others_wrote_and_leads_to_comments() {
    let source = tried();
    let day = 86_400;
    let body = list(
        &[
            post("10_1", "77", 600, 600, 0),
            post("10_2", "10", 900, 300, 2),
            post("10_3", "10", 30 * day, 20 * day, 5),
            post("10_4", "77", 30 * day, 60, 5),
            json!({"id": 7}),
        ],
        None,
    );
    let page = answered(source.as_ref(), &source.open(&visit("")), &body, &visit(""));
    // The Page's own are none, and what is a month old was there before.
    assert_eq!((ids(&page), page.skipped), (vec!["10_1"], 1));
    let looks: Vec<String> = page.next.iter().map(path).collect();
    assert_eq!(looks, ["10_2/comments", "10_4/comments"]);
    assert_eq!(asked(&page.next[0], "filter").unwrap(), "stream");
    assert_eq!(asked(&page.next[0], "order").unwrap(), "reverse_chronological");
    // A poll that ends here is taken up with what is left to do.
    let cut = visit(&cursor(&page));
    assert_eq!(source.also(&cut)[4..], page.next[..]);
    // The next one asks for what was touched since.
    let body = list(&[post("10_2", "10", 900, 301, 3), post("10_5", "10", 900, 60, 3)], None);
    let memory = Memory { looks: Vec::new(), ..Memory::of(&cut) };
    let Cursor(done) = memory.cursor();
    let page = answered(source.as_ref(), &source.open(&cut), &body, &visit(&done));
    assert_eq!(page.next.iter().map(path).collect::<Vec<_>>(), ["10_5/comments"]);
}

#[test]
fn a_long_wall_is_read_to_where_it_was_read_before() {
    let source = tried();
    let first = source.open(&visit(""));
    let body = list(&[post("10_9", "77", 60, 60, 0)], Some("b"));
    let page = answered(source.as_ref(), &first, &body, &visit(""));
    assert_eq!(asked(&page.next[0], "after").unwrap(), "b");
    let cut = cursor(&page);
    assert_eq!(source.open(&visit(&cut)).location, page.next[0].location);
    // The position is forgotten by the server: from the beginning, once.
    let gone = (400, r#"{"error":{"message":"bad cursor","code":100}}"#);
    let Verdict::Instead(again) = refused(source.as_ref(), &page.next[0], gone, &visit(&cut))
    else {
        panic!()
    };
    assert_eq!(asked(&again.next[0], "after"), None);
    let restarted = visit(&cursor(&again));
    assert!(matches!(
        refused(source.as_ref(), &again.next[0], gone, &restarted),
        Verdict::Stop(why) if why.contains("`page`")
    ));
    let body = list(&[post("10_8", "77", 8 * 86_400, 8 * 86_400, 0)], Some("c"));
    let page = answered(source.as_ref(), &page.next[0], &body, &visit(&cut));
    assert!(page.next.is_empty() && page.posts.is_empty());
    // Empty pages lead on, but not for ever.
    let mut at = (source.open(&visit("")), String::new());
    for nth in 0..10 {
        let page =
            answered(source.as_ref(), &at.0, &list(&[], Some(&nth.to_string())), &visit(&at.1));
        let Some(next) = page.next.first() else {
            assert_eq!(nth, 2);
            return;
        };
        at = (next.clone(), cursor(&page));
    }
    panic!("empty pages are followed for ever");
}

#[test]
fn comments_are_read_until_the_known_ones_page_by_page() {
    let source = tried();
    let mut memory = Memory::of(&visit(""));
    memory.add(Look { id: "10_2".into(), since: NOON - 5000, ..Look::default() });
    let Cursor(begun) = memory.cursor();
    let look = source.also(&visit(&begun)).pop().unwrap();
    let body = list(&[comment("2_5", "77", 60), comment("2_4", "10", 70)], Some("b"));
    let page = answered(source.as_ref(), &look, &body, &visit(&begun));
    assert_eq!(ids(&page), ["2_5"], "the Page's own answer is none");
    assert_eq!(page.posts[0].thread.as_deref(), Some("10_2"));
    let next = page.next[0].clone();
    assert_eq!(asked(&next, "after").unwrap(), "b");
    let cut = visit(&cursor(&page));
    assert_eq!(source.also(&cut).pop().unwrap(), next);
    let mut nameless = comment("2_3", "", 80);
    nameless.as_object_mut().unwrap().remove("from");
    let body = list(&[nameless, comment("2_1", "77", 9000)], Some("c"));
    let page = answered(source.as_ref(), &next, &body, &cut);
    assert_eq!(ids(&page), ["2_3", "2_1"]);
    assert!(page.next.is_empty() && page.posts[0].author.is_unknown());
    assert!(Memory::of(&visit(&cursor(&page))).looks.is_empty());
    // Touched while it was being read: it is read once more behind that.
    let mut memory = Memory::of(&cut);
    memory.add(Look { id: "10_2".into(), since: NOON - 100, ..Look::default() });
    let Cursor(touched) = memory.cursor();
    let again = answered(source.as_ref(), &next, &list(&[], None), &visit(&touched));
    assert_eq!(asked(&again.next[0], "after"), None);
    let look = &Memory::of(&visit(&cursor(&again))).looks[0];
    assert_eq!((look.since, look.again), (NOON - 60 - OVERLAP, None));
    // Asked for twice in one poll.
    let done = visit(&cursor(&page));
    assert_eq!(answered(source.as_ref(), &next, &body, &done), Page::default());
}

#[test]
fn older_posts_are_looked_through_in_rounds() {
    let source = tried();
    let round = source.also(&visit("")).pop().unwrap();
    assert_eq!(round.about, "round 4");
    let old = |id: &str, updated: i64| post(id, "10", 400 * 86_400, updated, 1);
    let body = list(&[old("10_1", 30), old("10_2", 300 * 86_400)], Some("b"));
    let page = answered(source.as_ref(), &round, &body, &visit(""));
    assert!(page.posts.is_empty());
    assert_eq!(page.next.iter().map(path).collect::<Vec<_>>(), ["10_1/comments", "10/feed"]);
    assert_eq!(page.next[1].about, "round 3");
    // After so many pages the rest waits for the next poll.
    let last = page.next[1].clone().about("round 1");
    let cut = cursor(&page);
    let page = answered(source.as_ref(), &last, &list(&[old("10_3", 90)], Some("c")), &visit(&cut));
    assert_eq!(page.next.iter().map(path).collect::<Vec<_>>(), ["10_3/comments"]);
    let rest = source.also(&visit(&cursor(&page)));
    assert_eq!(asked(&rest[3], "after").unwrap(), "c");
    // With too much to look into, nothing more is noted, and the page comes again.
    let many: Vec<Value> = (0..101).map(|nth| old(&format!("10_{nth}"), 30)).collect();
    let page = answered(source.as_ref(), &round, &list(&many, Some("b")), &visit(""));
    assert_eq!((page.next.len(), page.cursor), (0, None));
    assert!(page.trouble.is_some());
}

#[test]
fn conversations_bring_their_messages() {
    let source = tried();
    let inbox = source.also(&visit("")).remove(1);
    assert_eq!(asked(&inbox, "platform").unwrap(), "messenger");
    let message = |id: &str, by: &str, at: i64| json!({"id": id, "message": id, "from": {"id": by}, "created_time": ago(at)});
    let thread = |id: &str, at: i64, messages: &[Value], after: Option<&str>| {
        let inner: Value = serde_json::from_str(&list(messages, after)).unwrap();
        json!({"id": id, "link": "/10/inbox/9/", "updated_time": ago(at), "messages": inner})
    };
    let threads = [
        thread("t_1", 60, &[message("m_3", "77", 60), message("m_2", "10", 70)], Some("m")),
        thread("t_2", 90, &[message("m_1", "88", 90)], None),
    ];
    let page = answered(source.as_ref(), &inbox, &list(&threads, Some("b")), &visit(""));
    assert_eq!(ids(&page), ["m_3", "m_1"]);
    assert!(page.posts.iter().all(|post| post.is_private));
    assert_eq!(
        page.next.iter().map(path).collect::<Vec<_>>(),
        ["t_1/messages", "10/conversations"]
    );
    let cut = cursor(&page);
    // Older messages of it, until those that the API hides.
    let body = list(&[message("m_0", "77", 600)], Some("n"));
    let older = answered(source.as_ref(), &page.next[0], &body, &visit(&cut));
    let url = older.posts[0].url.as_deref();
    assert_eq!((ids(&older), url), (vec!["m_0"], Some("https://www.facebook.com/10/inbox/9/")));
    let hidden = (400, r#"{"error":{"message":"?","code":100,"error_subcode":33}}"#);
    let later = visit(&cursor(&older));
    let Verdict::Instead(end) = refused(source.as_ref(), &older.next[0], hidden, &later) else {
        panic!()
    };
    assert!(end.trouble.is_none() && Memory::of(&visit(&cursor(&end))).looks.is_empty());
    // The list ends with one that did not move.
    let still = [thread("t_3", 30 * 86_400, &[message("m_9", "77", 30 * 86_400)], None)];
    let next = page.next[1].clone();
    let page = answered(source.as_ref(), &next, &list(&still, Some("c")), &visit(&cut));
    assert!(page.next.is_empty() && page.posts.is_empty());
    let walk = Memory::of(&visit(&cursor(&page))).list(INBOX);
    assert_eq!(walk.since, NOON - 60);
    // Where messages are no longer wanted, none is asked for.
    let told = [("page", Told::Text("10".into())), ("messages", Told::Flag(false))];
    let quiet = super::super::testing::source(Kind::Facebook, &told, &[]);
    assert_eq!(quiet.also(&visit(&cut)).len(), 2);
}

#[test]
fn a_hostile_cursor_asks_for_nothing_odd() {
    let source = tried();
    let look = |id: &str| json!({"id": id, "since": 0, "next": "access_token=x&after=1"});
    let odd = json!({"looks": [look("1_2"), look("../me")], "begun": "x"}).to_string();
    assert_eq!(source.also(&visit(&odd)).len(), 4, "it does not read");
    let odd = json!({"looks": [look("1_2"), look("../me")]}).to_string();
    for request in source.also(&visit(&odd)) {
        assert_eq!(asked(&request, "access_token"), None);
        assert!(!path(&request).contains("me/"), "{request:?}");
    }
    for body in ["[]", "{}", r#"{"data":7}"#, r#"{"data":[[],7,null,{"id":{}}],"paging":7}"#] {
        for request in std::iter::once(source.open(&visit(""))).chain(source.also(&visit(""))) {
            let mut reply = Reply::of(request.location.clone(), body.into());
            reply.about.clone_from(&request.about);
            if let Ok(page) = source.read(&reply, &visit("")) {
                assert!(page.posts.is_empty() && page.next.is_empty(), "{body}");
            }
        }
    }
}

#[test]
fn a_webhook_that_was_saved_is_read() {
    let body = json!({"object": "page", "entry": [
        {"id": "10", "changes": [
            {"field": "feed", "value": {"item": "comment", "verb": "add", "from": {"id": "77", "name": "Ada"},
             "post_id": "10_2", "comment_id": "2_5", "parent_id": "2_4", "created_time": NOON,
             "message": "Still broken"}},
            {"field": "feed", "value": {"item": "photo", "verb": "edit", "post_id": "10_3",
             "from": {"id": "77"}, "created_time": NOON}},
            {"field": "feed", "value": {"item": "comment", "verb": "remove", "post_id": "10_2",
             "comment_id": "2_3", "from": {"id": "77"}}},
            {"field": "feed", "value": {"item": "reaction", "verb": "add", "post_id": "10_2"}},
            {"field": "feed", "value": {"item": "post", "verb": "add", "post_id": "10_9",
             "from": {"id": "10"}}}]},
        {"id": "10", "messaging": [
            {"sender": {"id": "77"}, "timestamp": NOON * 1000,
             "message": {"mid": "m_1", "text": "Hello?"}},
            {"sender": {"id": "10"}, "message": {"mid": "m_2", "is_echo": true}}]}]});
    let page = saved(tried().as_ref(), body.to_string().as_bytes()).unwrap();
    assert_eq!(
        lines(&page),
        "2_5 | text=Still broken | name=Ada | published=2026-11-22T12:00:00+00:00 | parent=2_4 | \
         thread=10_2\n10_3 | text=[photo] | edited=2026-11-22T12:00:00+00:00 | thread=10_3\n\
         2_3 is gone\nm_1 | text=Hello? | published=2026-11-22T12:00:00+00:00"
    );
    assert!(page.posts[3].is_private);
}

/// How many posts a recorded reply holds, and how the first begins; or what is said of it.
type Recorded = Result<(usize, &'static str), &'static str>;

#[test]
fn recorded_replies_are_read() {
    let expected: &[(&str, Recorded)] = &[
        ("comment.json", Ok((1, "10158371815748553_10158371930463553 | text=This is really nice"))),
        ("comment_full.json", Ok((1, "2954961744718970_2966313500250461 | text=My Nice Car"))),
        ("comments_p1.json", Ok((10, "10158407654328553_10158407835073553 | text=Boa noite"))),
        ("comments_p2.json", Ok((5, "10158407654328553_10158412899928553 | text=how can i"))),
        ("conversation.json", Ok((0, ""))),
        ("conversations_by_ids.json", Ok((0, ""))),
        ("debug_token.json", Err("this tells of a token")),
        ("error_10_permission.json", Err("(error 10)")),
        ("error_190_expired.json", Err("(error 190/463)")),
        ("error_2_transient.json", Err("(error 2)")),
        ("error_4_app_limit.json", Err("(error 4)")),
        ("error_80001_page_limit.json", Err("(error 80001)")),
        ("error_envelope.json", Err("(error 100)")),
        ("error_generic.json", Err("(error 100)")),
        ("me_accounts_p1.json", Err("this lists Pages with their tokens")),
        ("message.json", Ok((1, "m_ToF35NI1OImBjyUIgplSaBMylUFmkYY4bHogy9C1otLISU6SGhcc"))),
        ("messages_by_ids.json", Ok((2, "m_ToF35NI1OImBjyUIgplSaBMylUFmkYY4bHogy9C1otLISU6"))),
        ("page.json", Err("this tells of an account")),
        ("page_feed_fields_p1.json", Ok((5, "4_10113477241177441 | text=Happy July 4th!"))),
        ("page_feed_fields_p2.json", Ok((5, "4_10113477241177441 | text=Happy July 4th!"))),
        ("page_feed_p1.json", Ok((5, "19292868552_10158349356748553 | text=Singaporean"))),
        ("page_feed_p2.json", Ok((5, "19292868552_10158331020098553 | text=We’ve seen"))),
        ("post.json", Ok((1, "175154750010052_424924701699721 | text=我测试一下 MyLife"))),
        ("post_full.json", Ok((1, "565225540184937_4018908568149933 | text=A Russian"))),
        ("posts_by_ids.json", Ok((18, "19292868552_10158345715593553 | text=Messenger API"))),
        // The Page itself commented.
        ("webhook_feed_comment.json", Ok((0, ""))),
        ("webhook_message.json", Ok((1, "m_AbCdEf | text=Where is my order? | published=2025"))),
    ];
    let nameless = source(Kind::Facebook, &[], &[]);
    for (name, body) in samples("facebook", ".json") {
        let (_, expected) =
            expected.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{name}"));
        match (saved(nameless.as_ref(), &body), expected) {
            (Ok(page), Ok((posts, first))) => {
                let told = page.posts.first().map(line).unwrap_or_default();
                assert_eq!(
                    (page.posts.len(), page.skipped),
                    (*posts, 0),
                    "{name}: {}",
                    lines(&page)
                );
                assert!(told.starts_with(first), "{name}: {told}");
            }
            (Err(said), Err(expected)) => assert!(said.contains(expected), "{name}: {said}"),
            (read, _) => panic!("{name}: {read:?}"),
        }
    }
}

#[test]
fn replies_in_the_shapes_of_today_are_read_by_themselves() {
    let read = |name: &str| saved(tried().as_ref(), reply(name).as_bytes()).unwrap();
    let page = read("facebook/feed.json");
    assert_eq!(
        (ids(&page), page.posts[1].text.as_str()),
        (vec!["10_21", "10_20"], "Bob shared a photo.")
    );
    let page = read("facebook/comments.json");
    assert_eq!((ids(&page), page.posts[1].text.as_str()), (vec!["21_32", "21_31"], "[sticker]"));
    let page = read("facebook/conversations.json");
    assert_eq!((ids(&page), page.posts[1].text.as_str()), (vec!["m_2", "m_1"], "[photo]"));
    let page = read("facebook/ratings.json");
    assert_eq!(page.posts.iter().map(|post| post.rating).collect::<Vec<_>>(), [Some(1), Some(5)]);
    assert_eq!(ids(&read("facebook/webhook.json")), ["21_33", "m_3"]);
}
