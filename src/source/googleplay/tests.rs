//! Reviews of an app, how a walk over them goes, and what Google's refusals mean.

use super::*;
use crate::fetch::Location;
use crate::source::Cursor;
use crate::source::site::Told;
use crate::source::testing::{answered, lines, refused, reply, samples, saved, source, visit};

fn key_file(token_uri: &str) -> String {
    // A key made for tests: it opens nothing.
    let key = reply("googleplay/test-key.pem");
    serde_json::json!({"type": "service_account", "client_email": "vahti@acme.example",
        "private_key": key, "token_uri": token_uri})
    .to_string()
}

fn tried() -> Box<dyn Source> {
    let told = [
        ("package", Told::Text("com.acme.app".into())),
        ("service_account", Told::Secret(key_file(TOKENS).into())),
    ];
    source(Kind::GooglePlay, &told, &["Acme"])
}

fn asked(request: &Request) -> String {
    let Location::Web(url) = &request.location else { panic!("{request:?}") };
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}

fn review(id: &str, at: i64) -> String {
    format!(
        r#"{{"reviewId":"{id}","comments":[{{"userComment":{{"text":"x","starRating":1,
           "lastModified":{{"seconds":"{at}"}}}}}}]}}"#
    )
}

fn body(reviews: &[String], token: &str) -> String {
    let reviews = reviews.join(",");
    format!(r#"{{"reviews":[{reviews}],"tokenPagination":{{"nextPageToken":"{token}"}}}}"#)
}

#[test]
fn reviews_are_read_with_all_that_the_store_tells() {
    let source = tried();
    let request = source.open(&visit(""));
    assert_eq!(
        asked(&request),
        "/androidpublisher/v3/applications/com.acme.app/reviews?maxResults=100"
    );
    let Some(Grant::ServiceAccount { url, email, key, scope }) = &request.access.grant else {
        panic!("{request:?}")
    };
    assert_eq!((url.as_str(), email.as_str()), (TOKENS, "vahti@acme.example"));
    assert_eq!(*scope, "https://www.googleapis.com/auth/androidpublisher");
    assert!(key.expose().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    let body = reply("googleplay/reviews.json");
    let page = answered(source.as_ref(), &request, &body, &visit(""));
    let place = "https://play.google.com/store/apps/details?id=com.acme.app&reviewId";
    assert_eq!(
        lines(&page),
        format!(
            "gp:AO_1 | title=Great | text=It crashes &amp; burns. | url={place}=gp%3AAO_1 | \
             name=Ada | published=1970-01-01T00:01:00+00:00 | language=en | thread=com.acme.app | \
             likes=4 | replies=1 | rating=2\n\
             b1c2-uuid | text=Ei toimi | url={place}=b1c2-uuid | \
             published=1970-01-01T00:00:30+00:00 | language=fi | thread=com.acme.app | replies=0 | \
             rating=1\n\
             c | text=Se toimii | url={place}=c | thread=com.acme.app | replies=0\n\
             left out 4"
        )
    );
    assert!(page.posts.iter().all(|post| post.concerns == Concerns::Brand && post.has_own_url));
}

#[test]
fn a_walk_goes_on_to_what_is_known_and_the_next_ends_there() {
    let source = tried();
    let first = source.open(&visit(""));
    let page = body(&[review("a", 200_000), review("b", 190_000)], "t2");
    let page = answered(source.as_ref(), &first, &page, &visit(""));
    assert!(asked(&page.next[0]).ends_with("?maxResults=100&token=t2"));
    let Cursor(cut_off) = page.cursor.unwrap();
    assert_eq!(source.open(&visit(&cut_off)), page.next[0], "taken up at the second page");
    let last = body(&[review("c", 10)], "");
    let page = answered(source.as_ref(), &source.open(&visit(&cut_off)), &last, &visit(&cut_off));
    assert!(page.next.is_empty());
    let Cursor(done) = page.cursor.unwrap();
    assert_eq!(done, r#"{"com.acme.app":{"since":"200000"}}"#);
    assert_eq!(source.open(&visit(&done)), first);
    // Half a day before what was read is asked for once more, and no further.
    let near = body(&[review("d", 210_000), review("a", 160_000)], "t2");
    assert_eq!(answered(source.as_ref(), &first, &near, &visit(&done)).next.len(), 1);
    let far = body(&[review("d", 210_000), review("b", 150_000)], "t2");
    assert_eq!(answered(source.as_ref(), &first, &far, &visit(&done)).next.len(), 0);
}

#[test]
fn a_page_that_leads_nowhere_is_the_end() {
    let source = tried();
    let first = source.open(&visit(""));
    let page = answered(source.as_ref(), &first, &body(&[review("a", 200)], "t2"), &visit(""));
    let Cursor(cursor) = page.cursor.unwrap();
    for end in [body(&[review("a", 200)], "t2"), body(&[], "t3"), "{}".to_owned()] {
        let page = answered(source.as_ref(), &page.next[0], &end, &visit(&cursor));
        assert!(page.next.is_empty(), "{end}");
        let done = r#"{"com.acme.app":{"since":"200"}}"#;
        assert_eq!(page.cursor, Some(Cursor(done.into())), "{end}");
    }
    // A week without reviews forgets nothing.
    let done = r#"{"com.acme.app":{"since":"200"}}"#;
    let page = answered(source.as_ref(), &first, "{}", &visit(done));
    assert_eq!(page.cursor, Some(Cursor(done.into())));
}

#[test]
fn a_refusal_says_what_to_do() {
    let source = tried();
    let first = source.open(&visit(""));
    let said = |code: u16, reason: &str| {
        let body = format!(
            r#"{{"error":{{"code":{code},"message":"It says","errors":[{{"reason":"{reason}"}}]}}}}"#
        );
        refused(source.as_ref(), &first, (code, &body), &visit(""))
    };
    let is_stop = |verdict: Verdict, words: &str| {
        let Verdict::Stop(why) = verdict else { panic!("{verdict:?}") };
        assert!(why.contains("It says") && why.contains(words), "{why}");
    };
    is_stop(said(403, "permissionDenied"), "reply to reviews of com.acme.app");
    is_stop(said(401, "authError"), "invite the service account");
    is_stop(said(403, "accessNotConfigured"), "switch on the Google Play Android Developer API");
    is_stop(said(404, "applicationNotFound"), "look at `package`");
    is_stop(said(400, "badRequest"), "It says");
    for (code, reason) in
        [(429, "quotaExceeded"), (403, "rateLimitExceeded"), (403, "quotaExceeded")]
    {
        let Verdict::Wait(until, why) = said(code, reason) else { panic!("{reason}") };
        assert_eq!(
            (until - visit("").now, why.as_str()),
            (Duration::hours(1), "Google Play says: It says")
        );
    }
    assert_eq!(said(500, "backendError"), Verdict::AsItSays);
    assert!(matches!(
        refused(source.as_ref(), &first, (403, "<html>"), &visit("")),
        Verdict::Stop(_)
    ));
}

#[test]
fn a_page_token_that_ran_out_begins_the_walk_anew() {
    let source = tried();
    let cursor = r#"{"com.acme.app":{"since":"100","newest":"300","next":"old"}}"#;
    let behind = source.open(&visit(cursor));
    let Verdict::Instead(page) = refused(source.as_ref(), &behind, (400, "{}"), &visit(cursor))
    else {
        panic!()
    };
    let first = source.open(&visit(""));
    assert_eq!(page.next, vec![first.clone().about("anew")]);
    assert_eq!(page.cursor, Some(Cursor(r#"{"com.acme.app":{"since":"100"}}"#.into())));
    // But once a poll.
    let at = Visit { cursor: page.cursor.unwrap(), ..visit("") };
    let body = r#"{"reviews":[{"reviewId":"a","comments":[{"userComment":{"text":"Hm",
        "starRating":1,"lastModified":{"seconds":"1795348000"}}}]}],
        "tokenPagination":{"nextPageToken":"t2"}}"#;
    let read = answered(source.as_ref(), &page.next[0], body, &at);
    let at = Visit { cursor: read.cursor.unwrap(), ..visit("") };
    let Verdict::Instead(end) = refused(source.as_ref(), &read.next[0], (400, "{}"), &at) else {
        panic!()
    };
    assert!(end.next.is_empty() && end.trouble.is_some());
    assert_eq!(end.cursor, Some(Cursor(r#"{"com.acme.app":{"since":"100"}}"#.into())));
}

#[test]
fn recorded_replies_are_read() {
    for (name, body) in samples("googleplay", ".json") {
        let read = saved(source(Kind::GooglePlay, &[], &[]).as_ref(), &body);
        match name.as_str() {
            "review_2017.json" => assert_eq!(
                lines(&read.unwrap()),
                "gp:AOqpTOFpm0yFEXsL_xjTrGQo7Rd7LgXCxl2k59hsQO3EBEo-spCsCzc3ivYVVjr4Acg7-\
                 MjZzASyprnVCWRg1g | text=WHAT KIND OF ALARM TIMES OUT WHEN YOU DON'T TOUCH IT. A good \
                 alarm should endlessly go off until I turn it off. Terrible to have that as a default \
                 setting | name=Joe Bergmann | published=2017-02-07T15:55:36+00:00 | language=en | \
                 likes=0 | replies=1 | rating=3"
            ),
            "reviews_list.json" => assert_eq!(
                lines(&read.unwrap()),
                "gp:AOqpTOaaa111 | text=更新后一直闪退，打不开了 | name=张三 | \
                 published=2025-08-12T12:00:00+00:00 | language=zh | replies=1 | rating=1"
            ),
            "reviews_empty.json" => assert_eq!(lines(&read.unwrap()), ""),
            "error_403.json" => {
                let said = "Google Play says: The caller does not have permission";
                assert_eq!(read.unwrap_err(), said);
            }
            "discovery.extract.json" => {
                assert_eq!(read.unwrap_err(), "the answer holds no reviews");
            }
            _ => panic!("{name} is new: say what is expected of it"),
        }
    }
}

#[test]
fn keys_that_will_not_do_are_named_and_never_quoted() {
    let build = |package: &str, file: &str| {
        let told = [
            ("package".to_owned(), Told::Text(package.into())),
            ("service_account".to_owned(), Told::Secret(file.into())),
        ];
        let given = Given { url: None, told: told.into_iter().collect() };
        let base = Url::parse("http://127.0.0.1:7000").unwrap();
        let name = crate::post::SourceName("x".into());
        let watch = Watch { name, base, given: &given, keywords: vec![], languages: vec![] };
        build(watch).err().map(|wrong| (wrong.key, format!("{} {:?}", wrong.why, wrong.hint)))
    };
    let file = key_file(TOKENS);
    assert_eq!(build("com.acme.app", &file), None);
    assert_eq!(build("com.acme.app", ""), None, "secrets may be left out");
    assert_eq!(build("com.acme.app", &key_file("http://127.0.0.1:7000/token")), None);
    for package in ["acme", "com.acme/app", "com.acme app"] {
        assert_eq!(build(package, &file).unwrap().0, "package", "{package}");
    }
    for odd in [
        "s3cr3t".to_owned(),
        "{\"private_key\":\"s3cr3t\"}".to_owned(),
        key_file("http://127.0.0.1:7001/token"),
        key_file("s3cr3t"),
        file.replace("BEGIN PRIVATE", "BEGIN RSA PRIVATE"),
        file.replace("client_email", "email"),
    ] {
        let (key, why) = build("com.acme.app", &odd).unwrap();
        assert_eq!(key, "service_account");
        assert!(!why.contains("s3cr3t") && !why.contains("MII"), "{why}");
    }
}
