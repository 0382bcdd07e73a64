//! Reviews of locations, how a walk over them goes, and what a quota of 0 means.

use super::*;
use crate::fetch::Location;
use crate::source::Cursor;
use crate::source::site::Told;
use crate::source::testing::{answered, lines, refused, reply, samples, saved, source, visit};

fn tried(locations: &[&str]) -> Box<dyn Source> {
    let locations = locations.iter().map(|&location| location.to_owned()).collect();
    let told = [
        ("account", Told::Text("accounts/1".into())),
        ("locations", Told::Texts(locations)),
        ("client_id", Told::Text("me".into())),
        ("client_secret", Told::Secret("s3cr3t".into())),
        ("refresh_token", Told::Secret("r3fr3sh".into())),
    ];
    source(Kind::GoogleBusiness, &told, &["Acme"])
}

fn asked(request: &Request) -> String {
    let Location::Web(url) = &request.location else { panic!("{request:?}") };
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}

fn review(id: &str, created: &str, updated: &str) -> String {
    format!(
        r#"{{"name":"accounts/1/locations/55/reviews/{id}","reviewId":"{id}","starRating":"ONE",
           "createTime":"{created}","updateTime":"{updated}"}}"#
    )
}

fn body(reviews: &[String], token: &str) -> String {
    format!(r#"{{"reviews":[{}],"nextPageToken":"{token}"}}"#, reviews.join(","))
}

#[test]
fn reviews_are_read_with_all_that_google_tells() {
    let source = tried(&["55"]);
    let request = source.open(&visit(""));
    assert_eq!(
        asked(&request),
        "/v4/accounts/1/locations/55/reviews?pageSize=50&orderBy=updateTime+desc"
    );
    let Some(Grant::OAuth { url, client: None, form }) = &request.access.grant else { panic!() };
    assert_eq!(url.as_str(), TOKENS);
    let form: Vec<(&str, &str)> =
        form.iter().map(|(name, value)| (*name, value.expose())).collect();
    assert_eq!(
        form,
        [
            ("grant_type", "refresh_token"),
            ("client_id", "me"),
            ("client_secret", "s3cr3t"),
            ("refresh_token", "r3fr3sh")
        ]
    );
    let body = reply("googlebusiness/reviews.json");
    let page = answered(source.as_ref(), &request, &body, &visit(""));
    assert_eq!(
        lines(&page),
        "55/r1 | text=Hyvää kahvia | name=Pat | published=2026-11-20T08:00:00+00:00 | \
         edited=2026-11-21T08:00:00.123+00:00 | thread=55 | replies=1 | rating=4\n\
         55/r2 | published=2026-11-20T07:00:00+00:00 | thread=55 | replies=0 | rating=1\n\
         55/r3 | text=Hm | published=2026-11-20T06:00:00+00:00 | thread=55 | replies=0\n\
         left out 3"
    );
    for post in &page.posts {
        assert_eq!((post.concerns, post.has_own_url), (Concerns::Brand, false));
        assert_eq!(post.site, "business.google.com");
    }
}

#[test]
fn of_a_comment_and_its_translation_what_was_written_is_kept() {
    for (comment, kept) in [
        ("(Translated by Google) Good\n\n(Original)\nHyvä", "\nHyvä"),
        ("Hyvä\n\n(Translated by Google)\nGood", "Hyvä\n\n"),
        ("(Translated by Google) Good", " Good"),
        ("The (Original) Acme", "The (Original) Acme"),
        ("Hyvä", "Hyvä"),
    ] {
        assert_eq!(original(comment), kept);
    }
}

#[test]
fn each_location_is_walked_to_what_is_known() {
    let source = tried(&["locations/66", "55", "55"]);
    let first = source.open(&visit(""));
    assert_eq!((first.about.as_str(), source.also(&visit("")).len()), ("55", 1));
    let recent = "2026-11-22T08:00:00Z";
    let page = body(&[review("a", recent, recent)], "t2");
    let page = answered(source.as_ref(), &first, &page, &visit(""));
    assert!(asked(&page.next[0]).ends_with("&pageToken=t2"));
    let Cursor(cut_off) = page.cursor.unwrap();
    assert_eq!(source.also(&visit(&cut_off)), page.next, "taken up at the second page");
    // What is older than the first look is not told.
    let old = body(&[review("b", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z")], "t3");
    let page = answered(source.as_ref(), &page.next[0], &old, &visit(&cut_off));
    assert!(page.posts.is_empty() && page.next.is_empty());
    let Cursor(done) = page.cursor.unwrap();
    assert_eq!(done, r#"{"last":"55","lists":{"55":{"since":"1795334400"}}}"#);
    // The other location has a walk of its own, and the next turn.
    let other = source.open(&visit(&done));
    assert_eq!((other.about.as_str(), source.also(&visit(&done)).remove(0)), ("66", first.clone()));
    let page = answered(source.as_ref(), &other, "{}", &visit(&done));
    let both = r#"{"last":"66","lists":{"55":{"since":"1795334400"},"66":{}}}"#;
    assert_eq!(page.cursor, Some(Cursor(both.into())));
    // An old review that was changed is news.
    let changed = body(&[review("b", "2020-01-01T00:00:00Z", "2026-11-22T09:00:00Z")], "");
    assert_eq!(answered(source.as_ref(), &first, &changed, &visit(&done)).posts.len(), 1);
}

#[test]
fn a_page_that_leads_nowhere_is_the_end() {
    let source = tried(&["55"]);
    let cursor = r#"{"lists":{"55":{"newest":"1795334400","next":"t2"}}}"#;
    let request = source.open(&visit(cursor));
    let recent = "2026-11-22T08:00:00Z";
    for end in [body(&[review("a", recent, recent)], "t2"), body(&[], "t3"), "{}".to_owned()] {
        let page = answered(source.as_ref(), &request, &end, &visit(cursor));
        assert!(page.next.is_empty(), "{end}");
        let done = r#"{"last":"55","lists":{"55":{"since":"1795334400"}}}"#;
        assert_eq!(page.cursor, Some(Cursor(done.into())), "{end}");
    }
}

#[test]
fn a_refusal_says_what_to_do() {
    let source = tried(&["55"]);
    let first = source.open(&visit(""));
    let said = |code: u16, status: &str, details: &str| {
        let body = format!(
            r#"{{"error":{{"code":{code},"message":"It says","status":"{status}",
               "details":[{details}]}}}}"#
        );
        refused(source.as_ref(), &first, (code, &body), &visit(""))
    };
    let is_stop = |verdict: Verdict, words: &str| {
        let Verdict::Stop(why) = verdict else { panic!("{verdict:?}") };
        assert!(why.contains("It says") && why.contains(words), "{why}");
    };
    let none = r#"{"reason":"RATE_LIMIT_EXCEEDED","metadata":{"quota_limit_value":"0"}}"#;
    is_stop(said(429, "RESOURCE_EXHAUSTED", none), "apply for it");
    is_stop(said(403, "PERMISSION_DENIED", none), "apply for it");
    is_stop(said(403, "PERMISSION_DENIED", r#"{"reason":"SERVICE_DISABLED"}"#), "switch on");
    is_stop(said(403, "PERMISSION_DENIED", ""), "manage this location in account 1");
    is_stop(said(404, "NOT_FOUND", ""), "location 55");
    is_stop(said(401, "UNAUTHENTICATED", ""), "new `refresh_token`");
    is_stop(said(400, "INVALID_ARGUMENT", ""), "It says");
    let Verdict::Wait(until, _) = said(429, "RESOURCE_EXHAUSTED", "") else { panic!() };
    assert_eq!(until - visit("").now, Duration::hours(1));
    assert_eq!(said(503, "UNAVAILABLE", ""), Verdict::AsItSays);
    // Of several locations, one may be amiss.
    let source = tried(&["55", "66"]);
    let verdict = refused(source.as_ref(), &first, (403, "{}"), &visit(""));
    let Verdict::Instead(page) = verdict else { panic!("{verdict:?}") };
    assert!(page.trouble.as_ref().unwrap().starts_with("location 55: Google says: "), "{page:?}");
    // A page token that ran out begins the walk anew.
    let cursor = r#"{"lists":{"55":{"since":"5","next":"old"}}}"#;
    let verdict =
        refused(source.as_ref(), &source.open(&visit(cursor)), (400, "{}"), &visit(cursor));
    let Verdict::Instead(page) = verdict else { panic!("{verdict:?}") };
    assert_eq!(page.next, vec![source.open(&visit("")).about("55 anew")]);
    let begun = r#"{"last":"55","lists":{"55":{"since":"5"}}}"#;
    assert_eq!(page.cursor, Some(Cursor(begun.into())));
    // But once a poll.
    let recent = "2026-11-22T08:00:00Z";
    let body = body(&[review("a", recent, recent)], "t2");
    let read = answered(source.as_ref(), &page.next[0], &body, &visit(begun));
    let Cursor(at) = read.cursor.unwrap();
    let verdict = refused(source.as_ref(), &read.next[0], (400, "{}"), &visit(&at));
    let Verdict::Instead(end) = verdict else { panic!("{verdict:?}") };
    assert!(end.next.is_empty() && end.trouble.unwrap().starts_with("location 55: "));
    assert_eq!(end.cursor, Some(Cursor(begun.into())));
}

#[test]
fn of_more_locations_than_a_poll_comes_to_none_waits_for_ever() {
    let many: Vec<String> = (100..160).map(|number| number.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let source = tried(&many);
    let mut at = String::new();
    let (mut read, mut troubles) = (std::collections::BTreeSet::new(), 0);
    for _ in 0..2 {
        let begun = visit(&at);
        let all = std::iter::once(source.open(&begun)).chain(source.also(&begun));
        for request in all.take(50).collect::<Vec<_>>() {
            let page = if request.about.ends_with('7') {
                let verdict = refused(source.as_ref(), &request, (403, "{}"), &visit(&at));
                let Verdict::Instead(page) = verdict else { panic!("{verdict:?}") };
                *page
            } else {
                let page = answered(source.as_ref(), &request, "{}", &visit(&at));
                troubles += usize::from(page.trouble.is_some());
                page
            };
            Cursor(at) = page.cursor.unwrap();
            read.insert(request.about);
        }
    }
    assert_eq!((read.len(), troubles > 0), (60, true));
}

#[test]
fn recorded_replies_are_read() {
    for (name, body) in samples("google_business", ".json") {
        let read = saved(source(Kind::GoogleBusiness, &[], &[]).as_ref(), &body);
        match name.as_str() {
            "reviews_list.json" => assert_eq!(
                lines(&read.unwrap()),
                "55/r1 | text=Great | name=Pat | published=2026-10-09T12:44:32+00:00 | thread=55 | \
                 replies=1 | rating=5\n\
                 55/r2 | published=2026-10-01T00:00:00+00:00 | edited=2026-10-02T00:00:00+00:00 | \
                 thread=55 | replies=0 | rating=3"
            ),
            "error_429.json" => {
                assert!(read.unwrap_err().starts_with("Google says: Quota exceeded for quota"));
                let body = String::from_utf8(body).unwrap();
                let source = tried(&["55"]);
                let first = source.open(&visit(""));
                let verdict = refused(source.as_ref(), &first, (429, &body), &visit(""));
                assert!(matches!(verdict, Verdict::Stop(_)), "{verdict:?}");
            }
            _ => panic!("{name} is new: say what is expected of it"),
        }
    }
}

#[test]
fn keys_that_will_not_do_are_named_and_tokens_come_from_whom_is_asked() {
    let build = |key: &str, told: Told| {
        let given = Given { url: None, told: std::iter::once((key.to_owned(), told)).collect() };
        let base = Url::parse("https://site.example").unwrap();
        let name = crate::post::SourceName("x".into());
        let watch = Watch { name, base, given: &given, keywords: vec![], languages: vec![] };
        build(watch).err().map(|wrong| wrong.key)
    };
    assert_eq!(build("account", Told::Text("../x".into())), Some("account"));
    assert_eq!(build("account", Told::Text("accounts/12".into())), None);
    assert_eq!(build("locations", Told::Texts(vec!["Acme Helsinki".into()])), Some("locations"));
    assert_eq!(build("locations", Told::Texts(vec![])), Some("locations"));
    let told = [
        ("client_id", Told::Text("me".into())),
        ("client_secret", Told::Secret("s".into())),
        ("refresh_token", Told::Secret("r".into())),
    ];
    let told = told.map(|(key, told)| (key.to_owned(), told)).into_iter().collect();
    let given = Given { url: None, told };
    let access = access(&given, &Url::parse("http://127.0.0.1:7000/proxy").unwrap());
    let Some(Grant::OAuth { url, .. }) = access.grant else { panic!() };
    assert_eq!(url.as_str(), "http://127.0.0.1:7000/proxy/token");
}
