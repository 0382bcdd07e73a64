//! What forums answer, how far they are walked back, and what refusals mean.

use super::*;
use crate::fetch::Location;
use crate::post::SourceName;
use crate::source::forum::Forum;
use crate::source::forum::preset::Selectors;
use crate::source::site::{Given, Told};
use crate::source::testing::{
    answered, line, lines, refused, reply, samples, saved, source, visit,
};
use std::collections::BTreeMap;

fn all() -> Box<dyn Source> {
    source(Kind::Discourse, &[], &["Acme"])
}

fn searching(keywords: &[&str]) -> Box<dyn Source> {
    source(Kind::Discourse, &[("posts", Told::Flag(false))], keywords)
}

fn secret(text: &str) -> Told {
    Told::Secret(text.into())
}

fn url(request: &Request) -> &Url {
    let Location::Web(url) = &request.location else { panic!("{request:?}") };
    url
}

fn asked(request: &Request, name: &str) -> Option<String> {
    url(request).query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into())
}

/// Posts with these ids, made today.
fn posts(ids: &[u64]) -> String {
    let post = |id: &u64| {
        serde_json::json!({"id": id, "topic_id": 1, "post_number": id, "post_type": 1,
            "cooked": "<p>Acme</p>", "username": "ada", "created_at": "2026-11-22T10:00:00Z"})
    };
    serde_json::json!({"latest_posts": ids.iter().map(post).collect::<Vec<_>>()}).to_string()
}

#[test]
fn posts_are_read_with_all_that_the_forum_tells() {
    let source = all();
    let first = source.open(&visit(""));
    let page = answered(source.as_ref(), &first, &reply("discourse/posts.json"), &visit(""));
    assert_eq!(
        lines(&page),
        "120 | title=Acme: uutiset & muuta | text=Acme & me / agree | \
         url=https://site.example/t/acme-uutiset/9/3 | name=Maija M | handle=maija | \
         at=https://site.example/u/maija | published=2026-11-22T11:00:00+00:00 | \
         edited=2026-11-22T11:30:00+00:00 | parent=119 | thread=9 | likes=4 | replies=1 | views=12\n\
         119 | title=Acme: uutiset & muuta | text=First | \
         url=https://site.example/t/acme-uutiset/9/2 | name=bob | handle=bob | \
         at=https://site.example/u/bob | published=2026-11-22T10:00:00+00:00 | thread=9 | likes=0\n\
         117 is gone\n\
         left out 1"
    );
    assert!(page.posts.iter().all(|post| post.site == "site.example"));
    assert_eq!(asked(&page.next[0], "before").as_deref(), Some("115"));
}

#[test]
fn a_post_has_the_address_that_the_kind_forum_gives_it() {
    let body = reply("discourse/posts.json");
    let place = "https://site.example/talk/posts.json";
    let forum = Forum {
        name: SourceName("forum".into()),
        location: Location::File("saved".into()),
        address: Some(place.parse().unwrap()),
        allow_private: None,
        engine: None,
        selectors: Selectors::default(),
        zone: chrono_tz::UTC,
    };
    let theirs = saved(&forum, body.as_bytes()).unwrap();
    let base: Url = "https://site.example/talk".parse().unwrap();
    let ours = Place::new(&base, true);
    let value = serde_json::from_str(&body).unwrap();
    let Some(Document::Posts(read)) = ours.read(&value) else { panic!() };
    let ours: Vec<Post> = read.posts().into_iter().filter(|post| !post.is_gone).collect();
    let urls = |posts: &[Post]| posts.iter().map(|post| post.url.clone()).collect::<Vec<_>>();
    assert_eq!(urls(&ours), urls(&theirs.posts));
    assert_eq!(ours.len(), 2);
    assert_eq!(ours[0].site, "site.example/talk");
    assert_eq!(ours[0].text, theirs.posts[0].text);
}

#[test]
fn recorded_replies_are_read() {
    let source = all();
    let page = |posts, first| Ok((posts, first));
    let lists = Err("this lists topics and no posts");
    let none = Err("the answer holds no posts of a Discourse forum");
    for (name, body) in samples("discourse", ".json") {
        let expected: Result<(usize, &str), &str> = match name.as_str() {
            "post.json" => page(1, "11 | text=The first paragraph of this pinned topic"),
            "posts_before.json" => {
                page(3, "14 | title=This is an uncategorized title | text=hi there.")
            }
            "posts_latest.json" => {
                page(4, "15 | title=This is an uncategorized title | text=holla")
            }
            "real_post.json" => page(1, "2500 | text=Hi, im new with ManageIQ"),
            "real_posts.json" => page(4, "4383 | title=IBM PowerVM support? | text=Hi,"),
            "real_search.json" => page(1, "9619992 | title=遮天 第132集"),
            "real_topic_1149.json" => page(2, "18952 | title=[Support] uBlock Origin | text="),
            "topic.json" => page(4, "83 | title=THIS SITE IS A SANDBOX"),
            "topic_posts.json" => page(1, "123456 | text=Some text."),
            "search_overloaded_200.json" => {
                Err("the forum says: Site is currently under extreme load")
            }
            "error_403_not_logged_in.json" => Err("the forum says: You need to be logged in"),
            "error_429_rate_limit.json" => Err("the forum says: You’ve performed this action"),
            "error_429_search.json" => Err("the forum says: You’re performing this action too"),
            "category_latest_topics.json"
            | "latest.json"
            | "new.json"
            | "private_messages.json"
            | "real_latest.json"
            | "real_latest_last_posted_null.json"
            | "real_latest_pinned.json" => lists,
            "categories.json"
            | "notifications.json"
            | "openapi.extract.json"
            | "replies.json"
            | "search_query_legacy.json"
            | "user.json" => none,
            _ => panic!("{name} is new: say what is to be read in it"),
        };
        match (saved(source.as_ref(), &body), expected) {
            (Ok(page), Ok((posts, first))) => {
                assert_eq!((page.posts.len(), page.skipped), (posts, 0), "{name}");
                assert!(lines(&page).starts_with(first), "{name}: {}", lines(&page));
                for post in &page.posts {
                    let is_whole = post.published.is_some()
                        && post.thread.is_some()
                        && post.author.handle.is_some()
                        && post.url.is_some()
                        // One is a picture.
                        && (!post.text.is_empty() || post.id.as_deref() == Some("86"));
                    assert!(is_whole, "{name}: {}", line(post));
                }
            }
            (Err(said), Err(start)) => assert!(said.starts_with(start), "{name}: {said}"),
            (read, expected) => panic!("{name}: {read:?}, not {expected:?}"),
        }
    }
}

#[test]
fn a_walk_goes_back_by_id_until_what_was_read_before() {
    let source = all();
    let step = |request: &Request, ids: &[u64], cursor: &str| {
        let page = answered(source.as_ref(), request, &posts(ids), &visit(cursor));
        (page.next, page.cursor.unwrap().0)
    };
    let first = source.open(&visit(""));
    assert_eq!((url(&first).path(), url(&first).query()), ("/posts.json", None));
    let (next, cursor) = step(&first, &[900, 890, 850], "");
    assert_eq!(asked(&next[0], "before").as_deref(), Some("849"));
    // A poll that ends here is taken up there, whatever was written since.
    assert_eq!(source.open(&visit(&cursor)), next[0]);
    // Between them are posts that are not public: a window of ids may be empty.
    let (next, cursor) = step(&next[0], &[], &cursor);
    assert_eq!(asked(&next[0], "before").as_deref(), Some("799"));
    let (next, cursor) = step(&next[0], &[1], &cursor);
    assert_eq!((next, cursor.as_str()), (Vec::new(), r#"{"posts":{"since":"900"}}"#));
    let (next, cursor) = step(&first, &[960, 950, 901], &cursor);
    assert!(next.is_empty(), "nothing is between 901 and 900");
    assert_eq!(cursor, r#"{"posts":{"since":"960"}}"#);
    let (next, _) = step(&first, &[], &cursor);
    assert!(next.is_empty(), "nobody knows where to begin");
}

#[test]
fn a_first_walk_and_one_after_a_long_time_end_somewhere() {
    let source = all();
    let first = source.open(&visit(""));
    let old = posts(&[900]).replace("2026-11-22", "2026-11-14");
    let page = answered(source.as_ref(), &first, &old, &visit(""));
    assert!(page.next.is_empty() && page.trouble.is_none(), "older than a week");
    let page = answered(source.as_ref(), &first, &posts(&[9000, 6900]), &visit(""));
    assert!(page.next.is_empty() && page.trouble.is_none(), "{:?}", page.next);
    let known = r#"{"posts":{"since":"10"}}"#;
    let page = answered(source.as_ref(), &first, &posts(&[90_000, 30_000]), &visit(known));
    assert!(page.next.is_empty() && page.trouble.unwrap().contains("50000"));
    // What a forum gives that heeds no `before` is its last page.
    let request = source.open(&visit(r#"{"posts":{"since":"10","newest":"90","next":"60"}}"#));
    let page = answered(source.as_ref(), &request, &posts(&[90, 80]), &visit(known));
    assert!(page.next.is_empty());
}

#[test]
fn a_search_brings_the_topics_of_its_hits() {
    let source = searching(&["Acme", "@acme_fi"]);
    let now = visit("");
    let first = source.open(&now);
    assert_eq!(url(&first).path(), "/search.json");
    assert_eq!(asked(&first, "q").as_deref(), Some("Acme order:latest after:2026-11-14"));
    assert_eq!(
        asked(&source.also(&now)[0], "q").as_deref(),
        Some("acme_fi order:latest after:2026-11-14")
    );
    let page = answered(source.as_ref(), &first, &reply("discourse/search.json"), &now);
    assert_eq!((page.posts.len(), page.skipped), (0, 1), "what is old or cut is not taken");
    let paths: Vec<&str> = page.next.iter().map(|request| url(request).path()).collect();
    assert_eq!(paths, ["/t/31/4.json", "/t/28/1.json"], "its oldest hit ends the search");
    let Cursor(cursor) = page.cursor.unwrap();
    let also = source.also(&visit(&cursor));
    assert_eq!(also[1..], page.next, "a poll that ends here asks for them next time");
    let topic =
        answered(source.as_ref(), &page.next[0], &reply("discourse/topic.json"), &visit(&cursor));
    assert_eq!(
        lines(&topic),
        "204 | title=Which one? | text=Acme too | url=https://site.example/t/which-one/31/3 | \
         name=bob | handle=bob | at=https://site.example/u/bob | \
         published=2026-11-21T10:00:00+00:00 | parent=190 | thread=31\n\
         205 | title=Which one? | text=A long text, and at its end: what of Acme? | \
         url=https://site.example/t/which-one/31/4 | name=ada | handle=ada | \
         at=https://site.example/u/ada | published=2026-11-22T11:00:00+00:00 | parent=204 | thread=31"
    );
    let Cursor(cursor) = topic.cursor.unwrap();
    let again = answered(source.as_ref(), &first, &reply("discourse/search.json"), &visit(&cursor));
    assert!(again.next.is_empty(), "what was read, and what waits, is not asked for twice");
    let Verdict::Instead(page) = refused(
        source.as_ref(),
        &source.also(&visit(&cursor))[1],
        (404, r#"{"errors":["gone"]}"#),
        &visit(&cursor),
    ) else {
        panic!()
    };
    let Cursor(cursor) = page.cursor.unwrap();
    assert_eq!(source.also(&visit(&cursor)).len(), 1, "{cursor}");
}

#[test]
fn a_search_has_ten_pages() {
    let source = searching(&["Acme"]);
    let hit = |id: usize, page: usize| {
        serde_json::json!({"id": id, "topic_id": id, "post_number": 1, "username": "a", "blurb": "Acme",
            "created_at": format!("2026-11-22T{:02}:00:00Z", 23 - page)})
    };
    let mut request = source.open(&visit(""));
    let mut cursor = String::from(r#"{"searches":{"Acme":{"since":"1795000000000"}}}"#);
    let (mut asked_for, mut brought) = (Vec::new(), 0);
    for number in 1..=12 {
        asked_for.push(asked(&request, "page").unwrap());
        let hits: Vec<_> = (0..20).map(|nth| hit(number * 100 + nth, number)).collect();
        let body = serde_json::json!({"posts": hits, "topics": [],
            "grouped_search_result": {"more_full_page_results": true}});
        let page = answered(source.as_ref(), &request, &body.to_string(), &visit(&cursor));
        brought += page.posts.len();
        cursor = page.cursor.unwrap().0;
        assert!(cursor.len() < 6000, "{}", cursor.len());
        let next = page.next.into_iter().find(|next| url(next).path() == "/search.json");
        let Some(next) = next else {
            assert!(page.trouble.unwrap().contains("has more"), "{number}");
            break;
        };
        request = next;
    }
    assert_eq!(asked_for, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
    assert_eq!(brought, 100, "a hundred topics wait, of the others the blurb is all");
}

#[test]
fn a_forum_that_is_overloaded_is_left_alone() {
    let source = searching(&["Acme"]);
    let body =
        r#"{"posts":[],"grouped_search_result":{"error":"Site is under load","post_ids":[]}}"#;
    let page = answered(source.as_ref(), &source.open(&visit("")), body, &visit(""));
    assert_eq!(page.wait, Some(visit("").now + REST));
    assert_eq!(page.trouble.as_deref(), Some("the forum does not search: Site is under load"));
    assert_eq!(page.cursor, None, "nothing was read");
    let nothing = r#"{"grouped_search_result":null}"#;
    let page = answered(source.as_ref(), &source.open(&visit("")), nothing, &visit(""));
    assert!(page.wait.is_none() && page.next.is_empty() && page.cursor.is_some());
}

#[test]
fn what_is_too_short_to_be_searched_for_is_told_once() {
    let source = searching(&["OP", "Acme", "@ab", "遮天"]);
    let now = visit("");
    let empty = r#"{"grouped_search_result":null}"#;
    let page = answered(source.as_ref(), &source.open(&now), empty, &now);
    let told = page.trouble.unwrap();
    assert!(told.contains("`OP`, `@ab`") && !told.contains("Acme"), "{told}");
    let later = visit(&page.cursor.unwrap().0);
    assert_eq!(answered(source.as_ref(), &source.open(&later), empty, &later).trouble, None);
    assert_eq!(source.also(&now).len(), 1, "words of few signs are searched for");
    // Where nothing can be searched for, all is read.
    assert_eq!(url(&searching(&["OP"]).open(&now)).path(), "/posts.json");
    assert_eq!(url(&searching(&["OP OR Acme"]).open(&now)).path(), "/search.json");
}

#[test]
fn a_forum_in_a_folder_is_asked_there() {
    let given = Given { url: None, told: BTreeMap::new() };
    let base = "https://acme.example/forum".parse().unwrap();
    let watch = Watch {
        name: SourceName("tried".into()),
        base,
        given: &given,
        keywords: Vec::new(),
        languages: Vec::new(),
    };
    let source = build(watch).unwrap();
    assert_eq!(url(&source.open(&visit(""))).path(), "/forum/posts.json");
    // Of a saved reply nobody said where it is from.
    let page = saved(source.as_ref(), reply("discourse/posts.json").as_bytes()).unwrap();
    assert_eq!((page.posts[0].url.as_deref(), page.posts[0].has_own_url), (None, false));
}

#[test]
fn keys_are_shown_in_headers() {
    let key = [("api_key", secret("s3cr3t")), ("api_username", Told::Text("bot".into()))];
    let request = source(Kind::Discourse, &key, &["Acme"]).open(&visit(""));
    let shown: Vec<(&str, &str)> = request
        .access
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.expose()))
        .collect();
    assert_eq!(shown, [("Api-Key", "s3cr3t"), ("Api-Username", "bot")]);
    assert_eq!((request.pause, &request.cost), (std::time::Duration::ZERO, &None));
    let request =
        source(Kind::Discourse, &[("user_api_key", secret("s3cr3t"))], &["Acme"]).open(&visit(""));
    assert_eq!(request.access.headers[0].0, "User-Api-Key");
    assert_eq!(request.pause, USER_PAUSE);
    assert_eq!(request.cost.as_ref().map(|cost| cost.budget.most), Some(2880));
    assert!(!format!("{request:?}").contains("s3cr3t"));
}

#[test]
fn a_hostile_cursor_or_reply_breaks_nothing() {
    let (reading, search) = (all(), searching(&["Acme"]));
    for cursor in [
        "{",
        r#"{"posts":{"since":"-1","next":"99999999999999999999999"}}"#,
        r#"{"posts":{"since":"18446744073709551615","newest":"x","next":"0"}}"#,
        r#"{"searches":{"Acme":{"since":"9223372036854775807"}},"pending":["../../x","1/2?","3/4"],"seen":["x"]}"#,
        r#"{"searches":{"Acme":{"since":"-9223372036854775808"}},"pending":{}}"#,
    ] {
        let visit = visit(cursor);
        assert_eq!(url(&reading.open(&visit)).path(), "/posts.json");
        assert_eq!(url(&search.open(&visit)).path(), "/search.json");
        assert!(search.also(&visit).iter().all(|request| url(request).path() == "/t/3/4.json"));
        answered(reading.as_ref(), &reading.open(&visit), &posts(&[u64::MAX, 0]), &visit);
        answered(search.as_ref(), &search.open(&visit), &reply("discourse/search.json"), &visit);
    }
    for body in
        ["", "[]", "null", "{\"latest_posts\":3}", "{\"post_stream\":{}}", "<html>log in</html>"]
    {
        assert!(saved(reading.as_ref(), body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn refusals_say_what_to_do() {
    let check = |source: &dyn Source, refusal: (u16, &str), expected: &str| {
        let now = visit("");
        let told = match refused(source, &source.open(&now), refusal, &now) {
            Verdict::AsItSays => "as it says".to_owned(),
            Verdict::Instead(page) => format!("goes on: {}", page.trouble.unwrap()),
            Verdict::Wait(until, why) => format!("{}: {why}", (until - now.now).num_seconds()),
            Verdict::Stop(why) => format!("stops: {why}"),
            Verdict::Skip => "skips".to_owned(),
        };
        assert!(told.starts_with(expected), "{refusal:?}: {told}");
    };
    let key = [("api_key", secret("x")), ("api_username", Told::Text("bot".into()))];
    let with = source(Kind::Discourse, &key, &["Acme"]);
    let (without, search) = (all(), searching(&["Acme"]));
    let guest =
        r#"{"errors":["You need to be logged in to do that."],"error_type":"not_logged_in"}"#;
    let access = r#"{"errors":["You are not permitted to view the requested resource."],"error_type":"invalid_access"}"#;
    check(
        without.as_ref(),
        (403, guest),
        "stops: the forum is closed to guests (You need to be logged in to do that.): give `api_key`",
    );
    check(with.as_ref(), (403, guest), "stops: the forum does not know the key");
    check(with.as_ref(), (403, access), "stops: the forum refuses the key (You are not permitted");
    check(
        without.as_ref(),
        (403, "<html>Just a moment...</html>"),
        "stops: what stands before the forum wants to see a person",
    );
    check(
        without.as_ref(),
        (404, r#"{"errors":["x"],"error_type":"not_found"}"#),
        "stops: there is no Discourse forum",
    );
    check(
        without.as_ref(),
        (429, r#"{"errors":["Too many"],"error_type":"rate_limit","extras":{"wait_seconds":17}}"#),
        "17: Too many",
    );
    check(search.as_ref(), (429, r#"{"failed":"FAILED","message":"slow down"}"#), "60: slow down");
    check(
        without.as_ref(),
        (429, "Slow down, too many requests from this IP"),
        "60: the forum was asked too often",
    );
    check(
        search.as_ref(),
        (400, r#"{"errors":["term is too short"],"error_type":"invalid_parameters"}"#),
        "goes on: the forum does not search for `Acme`: term is too short",
    );
    check(without.as_ref(), (503, "maintenance"), "as it says");
}

#[test]
fn a_topic_that_breaks_the_forum_stands_before_no_other() {
    let source = searching(&["Acme"]);
    let now = visit(r#"{"pending":["1/1","2/2"]}"#);
    let Verdict::Instead(page) = refused(source.as_ref(), &source.also(&now)[0], (500, ""), &now)
    else {
        panic!()
    };
    assert_eq!(page.cursor.unwrap().0, r#"{"pending":["2/2","1/1"]}"#);
    assert!(page.trouble.unwrap().contains("1/1"));
}

#[test]
fn what_was_told_is_checked() {
    let check = |told: &[(&str, Told)], key: &str| {
        let told: BTreeMap<String, Told> =
            told.iter().map(|(key, told)| ((*key).to_owned(), told.clone())).collect();
        let given = Given { url: None, told };
        let base = "https://site.example".parse().unwrap();
        let (name, keywords, languages) = (SourceName("x".into()), Vec::new(), Vec::new());
        let watch = Watch { name, base, given: &given, keywords, languages };
        assert_eq!(build(watch).err().map(|wrong| wrong.key), Some(key));
    };
    check(&[("api_key", secret("x"))], "api_key");
    check(&[("api_username", Told::Text("x".into()))], "api_username");
    check(&[("api_key", secret("x")), ("user_api_key", secret("x"))], "user_api_key");
}

#[test]
fn what_is_hidden_may_be_shown_again_and_what_is_years_old_is_no_news() {
    let source = all();
    let body = posts(&[3, 2, 1]).replacen("\"id\":3", "\"hidden\":true,\"id\":3", 1).replacen(
        "2026-11-22T10:00:00Z",
        "2026-11-22T10:00:01Z",
        1,
    );
    let body = body.replacen("2026-11-22T10:00:00Z", "2016-11-22T10:00:00Z", 1);
    let page = answered(source.as_ref(), &source.open(&visit("")), &body, &visit(""));
    let ids: Vec<&str> = page.posts.iter().filter_map(|post| post.id.as_deref()).collect();
    assert_eq!(ids, ["1"], "{}", lines(&page));
    assert_eq!(saved(source.as_ref(), body.as_bytes()).unwrap().posts.len(), 2);
}
