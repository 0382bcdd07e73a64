//! What a bot hears, and how the server is told what to forget.

use super::*;
use crate::fetch::Location;
use crate::source::site::Told;
use crate::source::testing::{answered, lines, refused, reply, samples, saved, source, visit};

const TOKEN: &str = "4711:AAH-test_token";

fn tried(chats: &[&str]) -> Box<dyn Source> {
    let chats = chats.iter().map(|&chat| chat.to_owned()).collect();
    let told = [("token", Told::Secret(TOKEN.into())), ("chats", Told::Texts(chats))];
    source(Kind::Telegram, &told, &["Acme"])
}

fn asked(request: &Request) -> Url {
    let Location::Web(url) = &request.location else { panic!("{request:?}") };
    url.clone()
}

fn read(chats: &[&str], updates: &str) -> Page {
    let source = tried(chats);
    let body = format!("{{\"ok\":true,\"result\":[{updates}]}}");
    answered(source.as_ref(), &source.open(&visit("")), &body, &visit(""))
}

#[test]
fn what_stands_in_groups_and_channels_is_read_with_its_address() {
    let source = tried(&[]);
    let body = reply("telegram/updates.json");
    let page = answered(source.as_ref(), &source.open(&visit("")), &body, &visit(""));
    assert_eq!(
        lines(&page),
        "-1001234/7 | text=😀 Acme (https://acme.example/) is down | url=https://t.me/c/1234/7 | \
         name=Ada L | handle=ada | at=https://t.me/ada | published=1970-01-01T00:01:00+00:00 | \
         parent=-1001234/6 | thread=-1001234/5\n\
         -1009/8 | text=Acme opens | url=https://t.me/acme_news/8 | name=News | handle=acme_news | \
         at=https://t.me/acme_news | published=1970-01-01T00:01:10+00:00 | thread=-1009\n\
         -1009/8 | text=Acme opened | url=https://t.me/acme_news/8 | name=News | handle=acme_news | \
         at=https://t.me/acme_news | published=1970-01-01T00:01:10+00:00 | \
         edited=1970-01-01T00:01:20+00:00 | thread=-1009\n\
         -55/9 | text=hm | name=Bob | published=1970-01-01T00:01:30+00:00 | thread=-55"
    );
    let sites: Vec<&str> = page.posts.iter().map(|post| post.site.as_str()).collect();
    // Messages of a group have other numbers for another bot.
    assert_eq!(sites, ["t.me", "t.me", "t.me", "t.me/4711"]);
    assert!(page.posts.iter().all(|post| post.concerns == Concerns::Named && !post.is_private));
    assert_eq!(
        page.posts.iter().map(|post| post.has_own_url).collect::<Vec<_>>(),
        [true, true, true, false]
    );
}

#[test]
fn a_message_to_the_bot_is_private_and_commands_are_none() {
    let update = |number: i64, text: &str| {
        format!(
            r#"{{"update_id":{number},"message":{{"message_id":{number},"chat":{{"id":8,"type":"private",
               "first_name":"Santi"}},"from":{{"id":8,"first_name":"Santi"}},"date":60,"text":"{text}"}}}}"#
        )
    };
    let texts = ["/start", "/start ad_7", "/help", "Where is my order?", "/help me please"];
    let updates: Vec<String> = (1..).zip(texts).map(|(nth, text)| update(nth, text)).collect();
    let page = read(&["@somewhere"], &updates.join(","));
    let read: Vec<&str> = page.posts.iter().map(|post| post.text.as_str()).collect();
    assert_eq!(read, ["Where is my order?", "/help me please"]);
    for post in &page.posts {
        assert!(post.is_private && post.concerns == Concerns::Desk && post.url.is_none());
        assert_eq!((post.thread.as_deref(), post.site.as_str()), (Some("8"), "t.me/4711"));
    }
}

#[test]
fn only_named_chats_count_and_what_says_nothing_is_no_fault() {
    let update = |chat: &str, rest: &str| {
        format!(r#"{{"update_id":1,"message":{{"message_id":1,"chat":{chat},"date":60,{rest}}}}}"#)
    };
    let open = r#"{"id":-1001,"type":"supergroup","username":"Acme_Users"}"#;
    let closed = r#"{"id":-1002,"type":"supergroup"}"#;
    let text = r#""text":"x""#;
    let all = [
        update(open, text),
        update(closed, text),
        update(r#"{"id":-1003,"type":"supergroup","username":"spam"}"#, text),
        update(open, r#""new_chat_members":[]"#),
        r#"{"update_id":5,"my_chat_member":{}}"#.to_owned(),
        r#"{"update_id":6,"message":{"message_id":1}}"#.to_owned(),
        r#"{"message":{}}"#.to_owned(),
        "7".to_owned(),
    ]
    .join(",");
    let page = read(&["@acme_users", "-1002"], &all);
    let ids: Vec<&str> = page.posts.iter().filter_map(|post| post.id.as_deref()).collect();
    assert_eq!(ids, ["-1001/1", "-1002/1"]);
    assert_eq!(page.skipped, 3, "a message without a chat, and two that are no updates");
}

#[test]
fn the_server_forgets_only_what_is_stored() {
    let source = tried(&[]);
    let first = source.open(&visit(""));
    assert_eq!(asked(&first).path(), "/bot%7Btoken%7D/getUpdates");
    assert!(!asked(&first).as_str().contains("offset"), "{first:?}");
    assert!(!format!("{first:?}").contains("AAH"), "{first:?}");
    assert_eq!(first.access.token, Some(TOKEN.into()));
    let update = |number: i64| format!("{{\"update_id\":{number}}}");
    let full = (1..=100).map(update).collect::<Vec<_>>().join(",");
    let page = read(&[], &full);
    assert!(page.again && page.next.is_empty(), "the rest is asked for when this is stored");
    let Cursor(cursor) = page.cursor.unwrap();
    assert_eq!(cursor, r#"{"bot":"4711","offset":101}"#);
    let second = source.open(&visit(&cursor));
    assert!(asked(&second).query().unwrap().ends_with("&offset=101"));
    // A server that does not forget is not asked in a circle.
    let body = format!("{{\"ok\":true,\"result\":[{full}]}}");
    assert!(!answered(source.as_ref(), &second, &body, &visit(&cursor)).again);
    // Numbers may begin anew, and below.
    let page = answered(
        source.as_ref(),
        &second,
        r#"{"ok":true,"result":[{"update_id":3}]}"#,
        &visit(&cursor),
    );
    assert_eq!(page.cursor, Some(Cursor(r#"{"bot":"4711","offset":4}"#.into())));
    let page = answered(source.as_ref(), &second, r#"{"ok":true,"result":[]}"#, &visit(&cursor));
    assert_eq!((page.cursor, page.again), (None, false));
    for odd in [r#"{"bot":"1","offset":101}"#, "{", r#"{"bot":"4711","offset":-5}"#] {
        assert!(!asked(&source.open(&visit(odd))).as_str().contains("offset"), "{odd}");
    }
    let most = format!("{{\"ok\":true,\"result\":[{}]}}", update(i64::MAX));
    answered(source.as_ref(), &second, &most, &visit(&cursor));
    assert!(source.never_looks_again());
}

#[test]
fn a_refusal_says_what_to_do() {
    let source = tried(&[]);
    let request = source.open(&visit(""));
    let said = |status: u16, description: &str, more: &str| {
        let body =
            format!(r#"{{"ok":false,"error_code":{status},"description":"{description}"{more}}}"#);
        refused(source.as_ref(), &request, (status, &body), &visit(""))
    };
    let is_stop = |verdict: Verdict, words: &str| {
        let Verdict::Stop(why) = verdict else { panic!("{verdict:?}") };
        assert!(why.contains(words), "{why}");
    };
    is_stop(said(401, "Unauthorized", ""), "(Unauthorized): ask @BotFather");
    is_stop(said(404, "Not Found", ""), "ask @BotFather");
    is_stop(
        said(409, "Conflict: can't use getUpdates while webhook is active", ""),
        "deleteWebhook",
    );
    let now = visit("").now;
    let waits = |verdict: Verdict, seconds: i64| {
        let Verdict::Wait(until, _) = verdict else { panic!("{verdict:?}") };
        assert_eq!((until - now).num_seconds(), seconds);
    };
    waits(said(409, "Conflict: terminated by other getUpdates request", ""), 600);
    waits(said(429, "Too Many Requests", r#","parameters":{"retry_after":5}"#), 5);
    waits(said(429, "Too Many Requests", r#","parameters":{"retry_after":1000000}"#), 86_400);
    assert_eq!(said(429, "Too Many Requests", ""), Verdict::AsItSays);
    assert_eq!(said(502, "Bad Gateway", ""), Verdict::AsItSays);
}

#[test]
fn recorded_replies_are_read() {
    for (name, body) in samples("telegram", ".json") {
        let read = saved(tried(&[]).as_ref(), &body);
        let posts = |read: &Result<Page, String>| {
            let page = read.as_ref().unwrap();
            assert_eq!(page.skipped, 0, "{name}");
            page.posts.len()
        };
        match name.as_str() {
            "getUpdates.json" => {
                assert_eq!(posts(&read), 3);
                let line = "-1/31 | text=Testing, testing | name=Santi | handle=sdd | \
                            at=https://t.me/sdd | published=2016-06-30T12:22:05+00:00 | thread=-1";
                assert_eq!(lines(&read.unwrap()).lines().next(), Some(line));
            }
            "getUpdates_next.json" => {
                assert_eq!(posts(&read), 3);
                let page = read.unwrap();
                assert!(page.posts[0].is_private && !page.posts[1].is_private);
                assert_eq!(page.posts[1].id, page.posts[2].id);
                assert_eq!(page.posts[2].text, "Holaaa");
            }
            "getUpdates_empty.json" => assert_eq!(posts(&read), 0),
            "error_401.json" => assert_eq!(read.unwrap_err(), "Telegram says: Unauthorized"),
            "error_409.json" => assert!(read.unwrap_err().contains("webhook is active")),
            "error_429.json" => assert!(read.unwrap_err().contains("retry after 5")),
            _ => panic!("{name} is new: say what is expected of it"),
        }
    }
}

#[test]
fn one_update_is_read_by_itself_and_nonsense_is_refused() {
    let one = r#"{"update_id":1,"message":{"message_id":7,"chat":{"id":-1,"type":"group"},
        "date":60,"text":"Acme"}}"#;
    let without = source(Kind::Telegram, &[], &[]);
    assert_eq!(saved(without.as_ref(), one.as_bytes()).unwrap().posts.len(), 1);
    for odd in ["", "[]", "{}", r#"{"ok":true}"#, r#"{"ok":true,"result":{"id":1}}"#, "null", "1"] {
        assert!(saved(without.as_ref(), odd.as_bytes()).is_err(), "{odd}");
    }
}

#[test]
fn links_at_odd_places_do_no_harm() {
    let links = r#"{"type":"text_link","offset":1,"length":1,"url":"https://a.example"},
        {"type":"text_link","offset":99,"length":18446744073709551615,"url":"https://b.example"},
        {"type":"text_link","offset":-1,"length":1,"url":"https://c.example"},
        {"type":"text_link","offset":0,"length":2,"url":"https://d.example"},{"type":"bold"},3"#;
    let page = read(
        &[],
        &format!(
            r#"{{"update_id":1,"message":{{"message_id":7,"chat":{{"id":-1,"type":"group"}},"date":60,
               "text":"😀😀","entities":[{links}]}}}}"#
        ),
    );
    let text = "😀 (https://a.example) (https://d.example)😀 (https://b.example)";
    assert_eq!(page.posts[0].text, text);
}

#[test]
fn keys_that_will_not_do_are_named() {
    let build = |key: &str, told: Told| {
        let given = super::super::site::Given {
            url: None,
            told: std::iter::once((key.to_owned(), told)).collect(),
        };
        let base = Url::parse("https://site.example").unwrap();
        let name = crate::post::SourceName("x".into());
        let watch = Watch { name, base, given: &given, keywords: vec![], languages: vec![] };
        build(watch).err().map(|wrong| (wrong.key, wrong.why))
    };
    for token in ["abc", "12:", ":abc", "12:a/b", "12:a b", "1x:abc"] {
        let wrong = build("token", Told::Secret(token.into()));
        assert_eq!(wrong, Some(("token", "this is no token of a bot".into())), "{token}");
    }
    // Where secrets are left out, they are empty.
    assert_eq!(build("token", Told::Secret("".into())), None);
    assert_eq!(build("token", Told::Secret(TOKEN.into())), None);
    let chats = |chat: &str| build("chats", Told::Texts(vec![chat.into()]));
    assert_eq!(chats("Acme users"), Some(("chats", "`Acme users` is no chat".into())));
    assert_eq!(chats("https://t.me/acme"), None);
}
