//! Answers of APIs that the configuration alone tells of, as they are read.

use super::super::testing::{answered, lines, refused, saved, visit};
use super::*;
use crate::post::SourceName;
use crate::query::parse_keyword;
use crate::source::Cursor;
use crate::source::site::{Given, Told};
use std::path::Path;

const URL: &str = "https://api.example/v1/posts?q={keyword}&after={cursor}";

/// Makes a source of this address that was told this.
fn made(url: &str, told: &[(&str, &str)], keywords: &[&str]) -> Result<Box<dyn Source>, Wrong> {
    let value = |key: &str, value: &str| match key {
        "pages" => Told::Number(value.parse().unwrap()),
        "html" | "about_brand" => Told::Flag(value == "true"),
        "headers" => Told::Secrets(vec![(value.to_owned(), "s3cr3t".into())]),
        _ => Told::Text(value.to_owned()),
    };
    let given = Given {
        url: Some(Location::parse(url, Path::new("/etc")).unwrap()),
        told: told.iter().map(|(key, told)| ((*key).to_owned(), value(key, told))).collect(),
    };
    build(Watch {
        name: SourceName("tried".into()),
        base: "https://api.example".parse().unwrap(),
        given: &given,
        keywords: keywords.iter().map(|keyword| parse_keyword(keyword).unwrap()).collect(),
        languages: Vec::new(),
    })
}

fn usual() -> Vec<(&'static str, &'static str)> {
    vec![
        ("list", "$.items[*]"),
        ("id", "$.id"),
        ("link", "$.url"),
        ("title", "$.title"),
        ("text", "$.body[*].text"),
        ("author", "$.by.name"),
        ("handle", "$.by.login"),
        ("time", "$.at"),
        ("parent", "$.re"),
        ("rating", "$.stars"),
        ("next", "$.meta.next"),
        ("headers", "X-Key"),
    ]
}

fn api() -> Box<dyn Source> {
    made(URL, &usual(), &["Acme", "\"Acme Pay\""]).unwrap()
}

fn address(request: &Request) -> String {
    match &request.location {
        Location::Web(url) => url.to_string(),
        Location::File(path) => path.display().to_string(),
    }
}

fn at(cursor: Option<Cursor>) -> Visit {
    Visit { cursor: cursor.unwrap_or_default(), ..visit("") }
}

const ITEM: &str = r#"{"id":7,"url":"/p/7","title":"On\nAcme","body":[{"text":"It &amp; broke"},{"text":"Twice"}],
    "by":{"name":"Ada","login":"@ada"},"at":1795248000,"re":6,"stars":"4.6"}"#;

#[test]
fn every_part_of_a_post_is_found_where_it_is_said_to_be() {
    let source = api();
    let request = source.open(&visit(""));
    let page =
        answered(&*source, &request, &format!("{{\"items\":[{ITEM},{{\"id\":8}},5]}}"), &visit(""));
    assert_eq!(
        lines(&page),
        "7 | title=On Acme | text=It &amp; broke /  / Twice | url=https://api.example/p/7 | name=Ada | \
         handle=ada | published=2026-11-21T08:00:00+00:00 | parent=6 | rating=5\nleft out 2"
    );
    let post = &page.posts[0];
    assert_eq!(post.site, "https://api.example/v1/posts");
    assert!(post.has_own_url);
    assert_eq!(post.concerns, Concerns::Named);
}

#[test]
fn html_is_read_as_html_and_times_in_their_zone() {
    let told = [
        ("title", "$.t"),
        ("text", "$.x"),
        ("html", "true"),
        ("time", "$.at"),
        ("timezone", "Europe/Helsinki"),
        ("about_brand", "true"),
        ("id", "$.id"),
    ];
    let source = made("https://api.example/x", &told, &[]).unwrap();
    let body = r#"[{"id":"https://a.example/1","t":"A &amp; B","x":"<p>one<p>two","at":"21.11.2026 10:00"},{"t":"x","at":1795248000123.5}]"#;
    let page = answered(&*source, &source.open(&visit("")), body, &visit(""));
    assert_eq!(
        lines(&page),
        "https://a.example/1 | title=A & B | text=one /  / two | published=2026-11-21T08:00:00+00:00\n\
         ? | title=x | published=2026-11-21T08:00:00.124+00:00"
    );
    assert_eq!((page.posts[0].site.as_str(), page.posts[0].concerns), ("", Concerns::Brand));
}

#[test]
fn an_address_that_several_items_have_is_none_of_theirs() {
    let source = made("https://api.example/x", &[("title", "$.t"), ("link", "$.u")], &[]).unwrap();
    let body = r#"[{"t":"a","u":"/p"},{"t":"b","u":"/p"},{"t":"c","u":"/q"},{"t":"d","u":"javascript:x"}]"#;
    let page = answered(&*source, &source.open(&visit("")), body, &visit(""));
    let own: Vec<bool> = page.posts.iter().map(|post| post.has_own_url).collect();
    assert_eq!(own, [false, false, true, false]);
    assert_eq!(page.posts[3].url, None);
}

#[test]
fn each_keyword_is_a_list_of_its_own_unless_the_api_knows_or() {
    let source = api();
    let asked: Vec<String> = std::iter::once(source.open(&visit("")))
        .chain(source.also(&visit("")))
        .map(|request| address(&request))
        .collect();
    assert_eq!(
        asked,
        [
            "https://api.example/v1/posts?q=Acme&after=",
            "https://api.example/v1/posts?q=%22Acme%20Pay%22&after=",
        ]
    );
    let told = [usual().as_slice(), &[("or", "OR"), ("cursor_start", "1")]].concat();
    let source = made(URL, &told, &["Acme", "\"Acme Pay\""]).unwrap();
    assert_eq!(
        address(&source.open(&visit(""))),
        "https://api.example/v1/posts?q=Acme%20OR%20%22Acme%20Pay%22&after=1"
    );
    assert!(source.also(&visit("")).is_empty());
    let request = source.open(&visit(""));
    assert_eq!(request.access.headers[0].1.expose(), "s3cr3t");
    assert!(!format!("{request:?}").contains("s3cr3t"));
}

fn page(times: &[i64], next: &str) -> String {
    let items: Vec<String> = times
        .iter()
        .map(|at| format!("{{\"id\":{at},\"title\":\"Acme\",\"at\":{}}}", 1_795_000_000 + at))
        .collect();
    format!("{{\"items\":[{}],\"meta\":{{\"next\":{next}}}}}", items.join(","))
}

#[test]
fn pages_are_followed_until_one_holds_nothing_new() {
    let source = made(URL, &usual(), &["Acme"]).unwrap();
    let first = source.open(&visit(""));
    let one = answered(&*source, &first, &page(&[30, 20], "\"c/2\""), &visit(""));
    assert_eq!(address(&one.next[0]), "https://api.example/v1/posts?q=Acme&after=c%2F2");
    let two = answered(&*source, &one.next[0], &page(&[10], "null"), &at(one.cursor));
    assert!(two.next.is_empty());
    // The next poll: one new, and behind it what is known.
    let again = answered(&*source, &first, &page(&[40, 30], "\"c2\""), &at(two.cursor.clone()));
    assert_eq!(again.next.len(), 1);
    let end = answered(&*source, &again.next[0], &page(&[20, 10], "\"c3\""), &at(again.cursor));
    assert!(end.next.is_empty(), "nothing on it is newer than the last walk");
    // Nothing new at all: one page will do.
    let quiet = answered(&*source, &first, &page(&[40, 30], "\"c2\""), &at(end.cursor));
    assert!(quiet.next.is_empty());
}

#[test]
fn a_walk_that_was_cut_off_begins_anew_and_claims_nothing() {
    let source = made(URL, &usual(), &["Acme"]).unwrap();
    let first = source.open(&visit(""));
    let one = answered(&*source, &first, &page(&[30, 20], "\"c2\""), &visit(""));
    let again = answered(&*source, &first, &page(&[30, 20], "\"c2\""), &at(one.cursor));
    assert_eq!(again.next.len(), 1, "the second page was never read");
}

#[test]
fn a_list_never_leads_on_for_ever() {
    let source = made(URL, &usual(), &["Acme"]).unwrap();
    let mut request = source.open(&visit(""));
    let mut visit = visit("");
    for nth in 1..=5 {
        let body = page(&[nth], &format!("{nth}"));
        let mut read = answered(&*source, &request, &body, &visit);
        visit.cursor = read.cursor.take().unwrap();
        assert_eq!(read.next.len(), usize::from(nth < 5), "page {nth}");
        request = read.next.pop().unwrap_or(request);
    }
    let first = source.open(&at(None));
    let same = answered(&*source, &first, &page(&[1], "\"\""), &at(None));
    assert!(same.next.is_empty(), "an empty cursor is the end");
    let empty = answered(&*source, &first, &page(&[], "\"c2\""), &at(None));
    assert!(empty.next.is_empty(), "an empty page is the end");
    let start = [usual().as_slice(), &[("cursor_start", "c2")]].concat();
    let source = made(URL, &start, &["Acme"]).unwrap();
    let same = answered(&*source, &source.open(&at(None)), &page(&[1], "\"c2\""), &at(None));
    assert!(same.next.is_empty(), "the same page is the end");
}

#[test]
fn another_host_is_not_asked() {
    let source = api();
    let body = page(&[1], "\"https://evil.example/?after=c2\"");
    let read = answered(&*source, &source.open(&visit("")), &body, &visit(""));
    assert!(read.next.is_empty());
    assert!(read.trouble.unwrap().contains("evil.example"));
    assert_eq!(read.posts.len(), 1);
}

#[test]
fn many_keywords_have_fewer_pages_each() {
    let many: Vec<String> = (0..24).map(|number| format!("acme{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let source = made(URL, &usual(), &many).unwrap();
    let one = answered(&*source, &source.open(&visit("")), &page(&[9], "\"a\""), &visit(""));
    let two = answered(&*source, &one.next[0], &page(&[8], "\"b\""), &at(one.cursor));
    assert!(two.next.is_empty(), "48 requests in all");
    let said = one.trouble.unwrap();
    assert!(said.starts_with("with 24 keywords, each a list of its own, 2 pages"), "{said}");
    assert_eq!(two.trouble, None, "it is said once");
    // Where there are more than a poll comes to, each poll begins elsewhere.
    let first = address(&source.open(&visit("")));
    let mut later = visit("");
    later.now += chrono::Duration::minutes(1);
    assert_ne!(address(&source.open(&later)), first);
    let all =
        std::iter::once(source.open(&later)).chain(source.also(&later)).map(|one| address(&one));
    assert_eq!(all.collect::<std::collections::BTreeSet<_>>().len(), 24);
}

#[test]
fn news_beyond_the_last_page_are_said_and_looked_for_again() {
    let with = |pages: &'static str| {
        let told = [usual().as_slice(), &[("pages", pages)]].concat();
        made(URL, &told, &["Acme"]).unwrap()
    };
    let read = |source: &dyn Source, pages: &[&str], cursor: Option<Cursor>| {
        let (mut request, mut cursor) = (source.open(&visit("")), cursor);
        for (nth, body) in pages.iter().enumerate() {
            let page = answered(source, &request, body, &at(cursor));
            cursor = page.cursor;
            match page.next.first() {
                Some(next) => request = next.clone(),
                None => return (nth + 1, page.trouble, cursor),
            }
        }
        panic!("it goes on")
    };
    let two = with("2");
    // A first poll is no matter: there is always more.
    let (_, trouble, done) = read(&*two, &[&page(&[30], "2"), &page(&[20], "3")], None);
    assert_eq!(trouble, None);
    let news = [page(&[90], "2"), page(&[80], "3"), page(&[70], "4"), page(&[30], "5")];
    let news: Vec<&str> = news.iter().map(String::as_str).collect();
    let (pages, trouble, cut) = read(&*two, &news, done);
    assert_eq!(pages, 2);
    assert!(trouble.unwrap().starts_with("more than 2 pages were new: raise `pages`"));
    let (pages, trouble, done) = read(&*with("5"), &news, cut);
    assert_eq!((pages, trouble), (4, None), "what was not read is looked for again");
    assert_eq!(read(&*two, &news, done).0, 1, "and then no more");
}

#[test]
fn what_will_not_do_is_a_fault_of_its_key() {
    let wrong = |url: &str, told: &[(&str, &str)]| {
        let wrong = made(url, told, &[]).map(|_| ()).unwrap_err();
        format!("{}: {}", wrong.key, wrong.why)
    };
    let faulty = wrong("https://a.example/", &[("title", "$.ä[")]);
    assert_eq!(faulty, "title: this is no JSONPath: `[`, from character 4 on, is not understood");
    let faulty = wrong("https://a.example/", &[("list", "items[*]")]);
    assert!(faulty.starts_with("list: this is no JSONPath: `items[*]`, from character 1 on"));
    assert!(wrong("https://a.example/", &[("pages", "2")]).starts_with("pages: nothing says"));
    assert!(wrong("https://a.example/", &[("headers", "A B")]).starts_with("headers: `A B`"));
    assert!(wrong("https://a.example/", &[("timezone", "Mars")]).starts_with("timezone: "));
    assert!(wrong("https://a.example/{page}", &[]).starts_with("url: `{page}`"));
}

#[test]
fn a_saved_reply_is_read_by_itself() {
    let source = made("posts.json", &usual(), &[]).unwrap();
    assert_eq!(address(&source.open(&visit(""))), "/etc/posts.json");
    let page =
        saved(&*source, format!("{{\"items\":[{ITEM}],\"meta\":{{\"next\":\"x\"}}}}").as_bytes())
            .unwrap();
    assert_eq!((page.posts.len(), page.next.len(), page.cursor), (1, 0, None));
    let bare = super::super::testing::source(Kind::Json, &[], &[]);
    assert_eq!(
        lines(&saved(&*bare, br#"[{"title":"a","text":"b"}]"#).unwrap()),
        "? | title=a | text=b"
    );
}

#[test]
fn an_answer_without_a_list_says_what_it_says_instead() {
    let source = api();
    let told = saved(&*source, br#"{"error":{"message":"no \u001bsuch index"}}"#).unwrap_err();
    assert!(told.ends_with("it says: no ␛such index"), "{told}");
    assert!(saved(&*source, b"<html>").unwrap_err().contains("no proper JSON"));
    assert_eq!(saved(&*source, b"{\"items\":[]}").unwrap().posts.len(), 0);
    assert!(saved(&*source, b"{\"items\":null}").is_err());
}

#[test]
fn refusals_are_read_for_what_they_mean() {
    let source = api();
    let first = source.open(&visit(""));
    let Verdict::Stop(why) =
        refused(&*source, &first, (401, r#"{"message":"bad key"}"#), &visit(""))
    else {
        panic!()
    };
    assert!(why.contains("401: bad key") && why.contains("`headers`"), "{why}");
    assert_eq!(refused(&*source, &first, (500, ""), &visit("")), Verdict::AsItSays);
    assert_eq!(refused(&*source, &first, (404, ""), &visit("")), Verdict::AsItSays);
    let one = answered(&*source, &first, &page(&[30], "\"2\""), &visit(""));
    let Verdict::Instead(end) = refused(&*source, &one.next[0], (404, ""), &at(one.cursor)) else {
        panic!("a list that is counted off ends so")
    };
    let quiet = answered(&*source, &first, &page(&[30], "\"2\""), &at(end.cursor));
    assert!(quiet.next.is_empty());
}

#[test]
fn no_cursor_and_no_reply_breaks_it() {
    let source = api();
    for cursor in
        ["", "{", "[]", r#"{"Acme":{"since":"x","newest":"99999999999999999999","next":7}}"#]
    {
        let first = source.open(&visit(cursor));
        for body in [
            "{\"items\":{\"a\":1}}",
            "{\"items\":[[],null,{}]}",
            "{\"items\":[{\"title\":[\"a\",{}]}]}",
        ] {
            let page = answered(&*source, &first, body, &visit(cursor));
            assert!(page.next.is_empty());
        }
    }
}
