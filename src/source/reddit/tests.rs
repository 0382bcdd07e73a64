//! Lists of Reddit by its API and as Atom, how a walk over them goes, and what refusals mean.

use super::*;
use crate::fetch::Grant;
use crate::source::Cursor;
use crate::source::site::{Given, Told};
use crate::source::testing::{
    answered, line, lines, refused, reply, samples, saved, source, visit,
};
use std::collections::BTreeMap;

fn secret(text: &str) -> Told {
    Told::Secret(text.into())
}

fn keyed(more: &[(&str, Told)]) -> Box<dyn Source> {
    let key = [("client_id", secret("id")), ("client_secret", secret("s3cr3t"))];
    source(Kind::Reddit, &[key.as_slice(), more].concat(), &["Acme", "\"Acme Pay\""])
}

fn open_to_all(more: &[(&str, Told)]) -> Box<dyn Source> {
    source(Kind::Reddit, more, &["Acme", "@acme_fi"])
}

fn subs(names: &[&str]) -> (&'static str, Told) {
    ("subreddits", Told::Texts(names.iter().map(|name| (*name).to_owned()).collect()))
}

fn url(request: &Request) -> &Url {
    let Location::Web(url) = &request.location else { panic!("{request:?}") };
    url
}

fn asked(request: &Request, name: &str) -> Option<String> {
    url(request).query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into())
}

/// A listing of posts made at these times, and what leads on.
fn listing(times: &[i64], after: Option<&str>) -> String {
    let child = |at: &i64| {
        serde_json::json!({"kind": "t3", "data": {"name": format!("t3_{at}"), "title": "Acme",
            "created_utc": at}})
    };
    let children: Vec<_> = times.iter().map(child).collect();
    serde_json::json!({"kind": "Listing", "data": {"children": children, "after": after}})
        .to_string()
}

/// The time of a visit.
fn noon() -> i64 {
    visit("").now.timestamp()
}

#[test]
fn posts_are_read_with_all_that_the_api_tells() {
    let source = keyed(&[]);
    let first = source.open(&visit(""));
    let page = answered(source.as_ref(), &first, &reply("reddit/links.json"), &visit(""));
    assert_eq!(
        lines(&page),
        "t3_a1 | title=Acme & kumppanit | text=Onko kukaan kokeillut? | \
         url=https://www.reddit.com/r/suomi/comments/a1/acme_kumppanit/ | name=maija | \
         handle=maija | at=https://www.reddit.com/user/maija | \
         published=2026-11-22T09:33:20+00:00 | edited=2026-11-22T09:50:00+00:00 | thread=t3_a1 | \
         likes=5 | replies=2\n\
         t3_a2 | title=A picture | published=2026-11-22T09:16:40+00:00 | thread=t3_a2 | replies=0\n\
         t3_a3 | title=Acme in the news | text=https://news.example/acme?a=b | \
         url=https://www.reddit.com/comments/a3/ | name=bob | handle=bob | \
         at=https://www.reddit.com/user/bob | published=2026-11-22T09:00:00+00:00 | thread=t3_a3\n\
         t3_b1 is gone\n\
         left out 1"
    );
    assert!(page.posts.iter().all(|post| post.site == "reddit.com"));
}

#[test]
fn comments_are_read_with_all_that_the_api_tells() {
    let page = saved(keyed(&[]).as_ref(), reply("reddit/comments.json").as_bytes()).unwrap();
    assert_eq!(
        lines(&page),
        "t1_c1 | title=Acme? | text=Acme > others | \
         url=https://www.reddit.com/r/suomi/comments/a1/acme/c1/ | name=ada | handle=ada | \
         at=https://www.reddit.com/user/ada | published=2026-11-22T09:35:00+00:00 | parent=t1_c0 | \
         thread=t3_a1 | likes=-2\n\
         t1_c2 | text=old | url=https://www.reddit.com/comments/a1/_/c2/ | name=ada | handle=ada | \
         at=https://www.reddit.com/user/ada | published=2026-11-22T09:33:20+00:00 | parent=t3_a1 | \
         thread=t3_a1\n\
         t1_c3 | text=Hello u/AcmeSupport | \
         url=https://www.reddit.com/r/suomi/comments/a9/title/c3/ | name=bob | handle=bob | \
         at=https://www.reddit.com/user/bob | published=2026-11-22T09:31:40+00:00 | parent=t3_a9 | \
         thread=t3_a9\n\
         t1_c4 is gone"
    );
    assert_eq!(page.cursor, None);
}

#[test]
fn atom_is_read_as_the_api_would_tell_it() {
    let source = open_to_all(&[subs(&["acme"])]);
    let comments = source.also(&visit("")).pop().unwrap();
    let page = answered(source.as_ref(), &comments, &reply("reddit/new.rss"), &visit(""));
    assert_eq!(
        lines(&page),
        "t1_c1 | title=Which one? | text=Acme works. | \
         url=https://www.reddit.com/r/acme/comments/a1/which/c1/ | name=maija | handle=maija | \
         at=https://www.reddit.com/user/maija | published=2026-11-22T10:00:00+00:00 | thread=t3_a1\n\
         t3_a1 | title=Which one? | text=Tell me. | \
         url=https://www.reddit.com/r/acme/comments/a1/which/ | name=bob | handle=bob | \
         at=https://www.reddit.com/user/bob | published=2026-11-22T09:00:00+00:00 | thread=t3_a1\n\
         t1_c0 is gone"
    );
    let newest = "2026-11-22T10:00:00Z".parse::<DateTime<Utc>>().unwrap().timestamp();
    assert_eq!(page.cursor, Some(Cursor(format!(r#"{{"comments":{{"since":"{newest}"}}}}"#))));
    assert!(page.next.is_empty() && page.trouble.is_none());
}

#[test]
fn recorded_replies_are_read() {
    let source = keyed(&[]);
    let page = |posts, first| Ok((posts, first));
    let bad = |said| Err(said);
    for (name, body) in
        [samples("reddit", ".json"), samples("reddit", ".xml"), samples("reddit", ".html")].concat()
    {
        let expected: Result<(usize, &str), &str> = match name.as_str() {
            "comment_deleted.json" => page(1, "t1_d7ltvl0 is gone"),
            "front_new.json" => page(5, "t3_48f0th | title=Pokémon could never exist"),
            "inbox_mentions.json" => page(6, "t1_ekftbox | title=Just a normal girl"),
            "search_listing.json" => page(6, "t3_3gpbiu | title="),
            "subreddit_comments.json" => page(6, "t1_d4y8bdp | title=[Serious] To anyone"),
            "search.rss.xml" => page(2, "t3_1w4dj6h | title=Linux kernel nears"),
            "subreddit_new.rss.xml" => page(3, "t3_1utbros | title=How can i limit"),
            "error_401.json" => bad("Reddit says: Unauthorized"),
            "error_403.json" => bad("Reddit says: Forbidden"),
            "error_404.json" => bad("Reddit says: Not Found"),
            "error_429.json" => bad("Reddit says: Too Many Requests"),
            "error_500.json" => bad("Reddit says: Internal Server Error"),
            "oauth_invalid_grant_200.json" => bad("Reddit says: invalid_grant"),
            "oauth_token.json" => bad("the answer holds neither posts nor comments"),
            "error_400_html.html" => bad(""),
            _ => panic!("{name} is new: say what is to be read in it"),
        };
        match (saved(source.as_ref(), &body), expected) {
            (Ok(page), Ok((posts, first))) => {
                assert_eq!((page.posts.len(), page.skipped), (posts, 0), "{name}");
                assert!(lines(&page).starts_with(first), "{name}: {}", lines(&page));
                for post in page.posts.iter().filter(|post| !post.is_gone) {
                    let is_whole = post.published.is_some()
                        && post.thread.is_some()
                        && post.author.handle.is_some()
                        && post.url.is_some();
                    assert!(is_whole, "{name}: {}", line(post));
                }
            }
            (Err(said), Err(start)) => assert!(said.starts_with(start), "{name}: {said}"),
            (read, expected) => panic!("{name}: {read:?}, not {expected:?}"),
        }
    }
}

#[test]
fn without_a_key_atom_is_asked_for_slowly_and_for_little() {
    let source = open_to_all(&[subs(&["acme", "/r/Suomi/", "ACME"])]);
    let visit = visit("");
    let all: Vec<Request> =
        std::iter::once(source.open(&visit)).chain(source.also(&visit)).collect();
    let paths: Vec<&str> = all.iter().map(|request| url(request).path()).collect();
    assert_eq!(paths, ["/search.rss", "/r/acme+Suomi/new.rss", "/r/acme+Suomi/comments.rss"]);
    assert_eq!(asked(&all[0], "q").as_deref(), Some("Acme OR acme_fi"));
    assert_eq!(asked(&all[0], "t").as_deref(), Some("week"));
    for request in &all {
        assert_eq!(url(request).host_str(), Some("www.reddit.com"));
        assert!(request.is_api && request.pause == PAUSE && request.access.is_open());
        assert!(request.accept.starts_with("application/atom+xml"));
    }
    assert!(source.recheck(&["t3_a1".into()], &visit).is_empty());
    assert_eq!(source.most_rechecked(), 0);
}

#[test]
fn with_a_key_the_api_is_asked() {
    let account = [("username", Told::Text("AcmeSupport".into())), ("password", secret("pw"))];
    let more = [&[subs(&["acme"])], account.as_slice()].concat();
    let (source, visit) = (keyed(&more), visit(""));
    let all: Vec<Request> =
        std::iter::once(source.open(&visit)).chain(source.also(&visit)).collect();
    let paths: Vec<&str> = all.iter().map(|request| url(request).path()).collect();
    assert_eq!(paths, ["/search", "/r/acme/new", "/r/acme/comments", "/message/mentions"]);
    assert_eq!(asked(&all[0], "q").as_deref(), Some("Acme OR \"Acme Pay\""));
    for (name, value) in [("sort", "new"), ("type", "link"), ("raw_json", "1"), ("limit", "100")] {
        assert_eq!(asked(&all[0], name).as_deref(), Some(value));
    }
    for request in &all {
        assert_eq!(url(request).host_str(), Some("oauth.reddit.com"));
        assert!(!format!("{request:?}").contains("s3cr3t"));
        let Some(Grant::OAuth { url, client, form }) = &request.access.grant else { panic!() };
        assert_eq!(url.as_str(), "https://www.reddit.com/api/v1/access_token");
        assert_eq!(client.as_ref().unwrap().0, "id");
        let names: Vec<&str> = form.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["grant_type", "username", "password"]);
    }
}

#[test]
fn who_writes_an_accounts_name_speaks_to_the_brand() {
    let account = [("username", Told::Text("AcmeSupport".into())), ("password", secret("pw"))];
    let source = keyed(&account);
    let concerns = |request: &Request| {
        let body = reply("reddit/comments.json");
        answered(source.as_ref(), request, &body, &visit("")).posts.swap_remove(0).concerns
    };
    assert_eq!(concerns(&source.open(&visit(""))), Concerns::Named);
    assert_eq!(concerns(&source.also(&visit(""))[0]), Concerns::Desk);
}

#[test]
fn what_became_of_posts_is_asked_a_hundred_at_once() {
    let source = keyed(&[]);
    let mut ids: Vec<String> = (0..150).map(|number| format!("t1_{number}")).collect();
    ids.push("x&id=t1_evil".into());
    let requests = source.recheck(&ids, &visit(""));
    assert_eq!(requests.len(), 2);
    assert_eq!(asked(&requests[1], "id").unwrap().split(',').count(), 50);
    let body = r#"{"kind":"Listing","data":{"children":[{"kind":"t1","data":{"name":"t1_1",
        "author":"[deleted]","body":"[removed]"}}],"after":null}}"#;
    let page = answered(source.as_ref(), &requests[0], body, &visit(""));
    assert_eq!(lines(&page), "t1_1 is gone");
    assert_eq!(page.cursor, None, "it moves no walk");
}

#[test]
fn a_walk_goes_on_until_what_was_read_before() {
    let source = keyed(&[subs(&["acme"]), ("everywhere", Told::Flag(false))]);
    let list = |request: &Request, body: &str, cursor: &str| {
        let page = answered(source.as_ref(), request, body, &visit(cursor));
        (page.cursor.unwrap().0, page.next, page.trouble)
    };
    let first = source.open(&visit(""));
    let (cursor, next, _) = list(&first, &listing(&[noon(), noon() - 90], Some("t3_x")), "");
    assert_eq!(asked(&next[0], "after").as_deref(), Some("t3_x"));
    // A poll that ends here begins anew, and still knows nothing as read.
    assert_eq!(source.open(&visit(&cursor)), first);
    let (cursor, next, _) = list(&next[0], &listing(&[noon() - 100], None), &cursor);
    assert!(next.is_empty());
    assert_eq!(cursor, format!(r#"{{"new":{{"since":"{}"}}}}"#, noon()));
    // Later only what is newer is asked for, whatever leads on.
    let (after, next, _) =
        list(&first, &listing(&[noon() + 60, noon() - 500], Some("t3_y")), &cursor);
    assert!(next.is_empty(), "{next:?}");
    assert_eq!(after, cursor, "what claims to be of tomorrow hides nothing of today");
    // A page that leads to itself leads nowhere.
    let (_, next, _) = list(&first, &listing(&[noon() + 60], Some("t3_y")), &cursor);
    let (_, next, _) = list(&next[0], &listing(&[noon() + 50], Some("t3_y")), &cursor);
    assert!(next.is_empty());
}

#[test]
fn a_page_behind_a_deleted_post_ends_no_walk() {
    let source = keyed(&[]);
    let first = source.open(&visit(""));
    let page = answered(source.as_ref(), &first, &listing(&[noon()], Some("t3_x")), &visit(""));
    let (next, Cursor(cursor)) = (page.next[0].clone(), page.cursor.unwrap());
    let page = answered(source.as_ref(), &next, &listing(&[], None), &visit(&cursor));
    let Cursor(cursor) = page.cursor.unwrap();
    assert!(!cursor.contains("since"), "{cursor}");
    // The second time it is believed: there is nothing more.
    let page =
        answered(source.as_ref(), &first, &listing(&[noon()], Some("t3_x")), &visit(&cursor));
    let Cursor(cursor) = page.cursor.unwrap();
    let page = answered(source.as_ref(), &next, &listing(&[], None), &visit(&cursor));
    let Cursor(cursor) = page.cursor.unwrap();
    assert!(cursor.contains(&format!("\"since\":\"{}\"", noon())), "{cursor}");
}

#[test]
fn posts_that_may_be_missing_are_told() {
    let entries: Vec<String> = (0..25)
        .map(|number| {
            format!(
                "<entry><id>t3_{number}</id><title>x</title><updated>2026-11-22T10:00:00Z</updated>\
                 <link href=\"https://www.reddit.com/r/a/comments/{number}/x/\"/></entry>"
            )
        })
        .collect();
    let body = format!("<feed xmlns=\"http://www.w3.org/2005/Atom\">{}</feed>", entries.concat());
    let source = open_to_all(&[]);
    let first = source.open(&visit(""));
    let trouble = |cursor: &str| answered(source.as_ref(), &first, &body, &visit(cursor)).trouble;
    assert_eq!(trouble(""), None);
    let since = |at: &str| {
        let at: DateTime<Utc> = at.parse().unwrap();
        format!(r#"{{"search Acme OR acme_fi":{{"since":"{}"}}}}"#, at.timestamp())
    };
    assert_eq!(trouble(&since("2026-11-22T10:00:00Z")), None);
    let told = trouble(&since("2026-11-22T09:59:00Z")).unwrap();
    assert!(told.contains("some may be missing"), "{told}");
}

#[test]
fn a_longer_pause_widens_the_search() {
    let now = visit("").now;
    let ago = |days: i64| span((now - Duration::days(days)).timestamp(), now);
    assert_eq!([ago(1), ago(7), ago(8), ago(40)], ["week", "week", "month", "year"]);
}

#[test]
fn a_hostile_cursor_or_reply_breaks_nothing() {
    let source = keyed(&[]);
    let first = source.open(&visit(""));
    for cursor in [
        "{",
        "[]",
        r#"{"search Acme OR \"Acme Pay\"":{"since":"-9223372036854775808"}}"#,
        r#"{"search Acme OR \"Acme Pay\"":{"since":"9223372036854775807","next":"x"}}"#,
    ] {
        let visit = visit(cursor);
        assert_eq!(url(&source.open(&visit)).path(), "/search");
        let body = listing(&[noon(), i64::MAX, -1], Some("../../x"));
        let page = answered(source.as_ref(), &first, &body, &visit);
        assert!(page.next.is_empty(), "no post is called that");
    }
    for body in ["", "[]", "[[]]", "null", "{\"data\":3}", "<html>no</html>"] {
        assert!(saved(source.as_ref(), body.as_bytes()).is_err(), "{body}");
    }
    let told = source.read(
        &Reply { about: "|new".into(), ..Reply::of(first.location, b"<html>".to_vec()) },
        &visit(""),
    );
    assert!(told.unwrap_err().to_string().contains("a page for people"));
}

#[test]
fn a_community_that_there_is_not_is_told() {
    let source = keyed(&[subs(&["nowhere"])]);
    let url = Url::parse("https://oauth.reddit.com/subreddits/search?q=nowhere").unwrap();
    let reply = Reply { about: "|new".into(), ..Reply::of(Location::Web(url), b"{}".to_vec()) };
    let page = source.read(&reply, &visit("")).unwrap();
    assert_eq!(page.trouble.as_deref(), Some("Reddit knows no community of r/nowhere"));
    assert_eq!(page.cursor, None);
}

/// Says what `source` makes of a refusal of its nth request, and compares how that begins.
#[track_caller]
fn check_refusal(source: &dyn Source, nth: usize, refusal: (u16, &str), expected: &str) {
    let now = visit("");
    let all: Vec<Request> = std::iter::once(source.open(&now)).chain(source.also(&now)).collect();
    let told = match refused(source, &all[nth], refusal, &now) {
        Verdict::AsItSays => "as it says".to_owned(),
        Verdict::Instead(page) => format!("goes on: {}", page.trouble.unwrap()),
        Verdict::Wait(until, why) => format!("{}: {why}", (until - now.now).num_minutes()),
        Verdict::Stop(why) => format!("stops: {why}"),
        Verdict::Skip => "skips".to_owned(),
    };
    assert!(told.starts_with(expected), "{refusal:?}: {told}");
}

#[test]
fn refusals_say_what_to_do_about_a_key() {
    let account = [("username", Told::Text("A".into())), ("password", secret("pw"))];
    let source = keyed(&[&[subs(&["acme"])], account.as_slice()].concat());
    let check = |nth, refusal, expected| check_refusal(source.as_ref(), nth, refusal, expected);
    let forbidden = r#"{"message":"Forbidden","error":403,"reason":"private"}"#;
    let unauthorized = r#"{"message":"Unauthorized","error":401}"#;
    let banned = r#"{"reason":"banned","message":"Not Found","error":404}"#;
    let long =
        r#"{"fields":["q"],"explanation":"too long","message":"Bad Request","reason":"TOO_LONG"}"#;
    check(0, (401, unauthorized), "stops: Reddit refuses the token");
    check(0, (403, forbidden), "stops: Reddit refuses this key");
    check(1, (403, forbidden), "goes on: Reddit shows nothing of r/acme: private");
    check(3, (403, forbidden), "goes on: Reddit does not show mentions");
    check(2, (404, banned), "goes on: Reddit shows nothing of r/acme: banned");
    check(2, (404, "<html>"), "goes on: Reddit shows nothing of r/acme: there is none");
    check(0, (404, ""), "as it says");
    check(0, (400, "<html><body><h1>400 Bad request"), "as it says");
    check(0, (400, long), "goes on: Reddit does not take this: too long");
    check(0, (429, r#"{"message":"Too Many Requests","error":429}"#), "1: ");
    check(0, (500, r#"{"message":"Internal Server Error","error":500}"#), "as it says");
}

#[test]
fn refusals_say_what_to_do_without_a_key() {
    let source = open_to_all(&[subs(&["acme"])]);
    let check = |nth, refusal, expected| check_refusal(source.as_ref(), nth, refusal, expected);
    let blocked = "<html>blocked by network security";
    check(0, (403, blocked), "stops: Reddit does not answer without a key");
    check(1, (403, "<html>"), "goes on: Reddit shows nothing of r/acme: private or closed");
    check(0, (429, ""), "10: Reddit was asked too often");
    check(0, (500, "<html>"), "as it says");
}

#[test]
fn what_was_told_is_checked() {
    let check = |told: &[(&str, Told)], key: &str| {
        let told: BTreeMap<String, Told> =
            told.iter().map(|(key, told)| ((*key).to_owned(), told.clone())).collect();
        let given = Given { url: None, told };
        let watch = Watch {
            name: SourceName("tried".into()),
            base: Url::parse(PLACE).unwrap(),
            given: &given,
            keywords: Vec::new(),
            languages: Vec::new(),
        };
        assert_eq!(build(watch).err().map(|wrong| wrong.key), Some(key));
    };
    let text = |text: &str| Told::Text(text.into());
    check(&[("client_id", secret("x"))], "client_id");
    check(&[("client_secret", secret("x"))], "client_secret");
    check(&[("username", text("x")), ("password", secret("x"))], "username");
    let key = [("client_id", secret("x")), ("client_secret", secret("x"))];
    check(&[key.as_slice(), &[("username", text("x"))]].concat(), "username");
    check(&[subs(&["a b"])], "subreddits");
    check(&[subs(&["a/../b"])], "subreddits");
    let many: Vec<String> = (0..26).map(|number| format!("sub{number}")).collect();
    check(&[("subreddits", Told::Texts(many))], "subreddits");
    check(&[("everywhere", Told::Flag(false))], "everywhere");
}

#[test]
fn a_first_poll_leaves_out_what_is_years_old() {
    let source = keyed(&[]);
    let body = listing(&[noon() - 60, noon() - 86_400 * 900], None);
    let page = answered(source.as_ref(), &source.open(&visit("")), &body, &visit(""));
    assert_eq!(page.posts.len(), 1, "{}", lines(&page));
    assert_eq!(saved(source.as_ref(), body.as_bytes()).unwrap().posts.len(), 2);
    let source = open_to_all(&[]);
    let atom = r#"<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>t3_old</id><title>Acme</title>
        <link href="https://www.reddit.com/r/a/comments/old/x/"/>
        <published>2016-11-22T10:00:00+00:00</published></entry></feed>"#;
    let page = answered(source.as_ref(), &source.open(&visit("")), atom, &visit(""));
    assert_eq!(page.posts, []);
    assert_eq!(saved(source.as_ref(), atom.as_bytes()).unwrap().posts.len(), 1);
}

#[test]
fn what_a_filter_holds_is_not_gone() {
    for (by, is_gone) in [("automod_filtered", false), ("reddit", false), ("moderator", true)] {
        let body = format!(
            r#"{{"kind":"t3","data":{{"name":"t3_a","title":"Acme","removed_by_category":"{by}"}}}}"#
        );
        let page = saved(keyed(&[]).as_ref(), body.as_bytes()).unwrap();
        assert_eq!(page.posts[0].is_gone, is_gone, "{by}");
    }
}

#[test]
fn lists_that_did_not_come_to_their_end_are_read_first_and_few_at_once() {
    let key = [("client_id", secret("id")), ("client_secret", secret("s3cr3t"))];
    let keywords: Vec<String> =
        (0..12).map(|n| format!("\"{}\"", "acme ".repeat(80 + n))).collect();
    let keywords: Vec<&str> = keywords.iter().map(String::as_str).collect();
    let source = source(Kind::Reddit, &key, &keywords);
    let lists = |cursor: &str| -> Vec<String> {
        let first = source.open(&visit(cursor));
        let all = std::iter::once(first).chain(source.also(&visit(cursor)));
        all.map(|request| named(&request.about).1.to_owned()).collect()
    };
    let all = lists("");
    assert_eq!(all.len(), 12);
    let mut walks = Walks::default();
    for list in &all[5..] {
        walks.set(list, Walk { next: Some(UNDER_WAY.into()), ..Walk::default() });
    }
    assert_eq!(lists(&walks.cursor().0), all[5..9]);
    for list in &all[5..9] {
        walks.set(list, Walk { since: Some("1".into()), ..Walk::default() });
    }
    assert_eq!(lists(&walks.cursor().0), [&all[9..12], &all[..1]].concat());
}

#[test]
fn without_a_word_to_search_for_the_whole_site_is_not_read() {
    let source = source(Kind::Reddit, &[], &["site:acme.example"]);
    let request = source.open(&visit(""));
    let page = answered(source.as_ref(), &request, "<feed/>", &visit(""));
    assert_eq!((page.posts.len(), page.cursor), (0, None));
    assert!(page.trouble.unwrap().contains("no keyword names a word"));
}
