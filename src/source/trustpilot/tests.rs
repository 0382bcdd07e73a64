//! Reviews of a business unit, and how a walk over them goes.

use super::*;
use crate::fetch::Location;
use crate::source::site::Told;
use crate::source::testing::{answered, lines, refused, reply, samples, saved, source, visit};

const UNIT: &str = "46d6a890000064000500e0c3";

fn tried(key: &str, value: &str) -> Box<dyn Source> {
    let told = [("key", Told::Secret("s3cr3t".into())), (key, Told::Text(value.into()))];
    source(Kind::Trustpilot, &told, &["Acme"])
}

fn asked(request: &Request) -> String {
    let Location::Web(url) = &request.location else { panic!("{request:?}") };
    let path = url.path().to_owned();
    format!("{path}?{}", url.query().unwrap_or_default())
}

fn review(id: &str, at: &str) -> String {
    format!(
        r#"{{"id":"{id}","stars":1,"title":"T","text":"x","createdAt":"{at}","updatedAt":null}}"#
    )
}

fn body(reviews: &[String]) -> String {
    format!("{{\"reviews\":[{}]}}", reviews.join(","))
}

#[test]
fn reviews_are_read_with_all_that_the_site_tells() {
    let source = tried("business_unit", UNIT);
    let request = source.open(&visit(""));
    assert_eq!(
        asked(&request),
        format!("/v1/business-units/{UNIT}/reviews?perPage=100&page=1&orderBy=createdat.desc")
    );
    assert_eq!(request.access, Access::header("apikey", &"s3cr3t".into()));
    let body = reply("trustpilot/reviews.json");
    let page = answered(source.as_ref(), &request, &body, &visit(""));
    assert_eq!(
        lines(&page),
        "507f191e810c19729de860ea | title=Slow | text=Two weeks. / No answer. | \
         url=https://www.trustpilot.com/reviews/507f191e810c19729de860ea | name=John Doe | \
         at=https://www.trustpilot.com/users/507f191e810c19729de860eb | \
         published=2026-11-20T08:00:00+00:00 | edited=2026-11-21T08:00:00+00:00 | language=fi | \
         thread=46d6a890000064000500e0c3 | likes=3 | replies=0 | rating=2\n\
         507f191e810c19729de860ec | text=ok | \
         url=https://www.trustpilot.com/reviews/507f191e810c19729de860ec | \
         published=2026-11-19T08:00:00+00:00 | replies=1\n\
         507f191e810c19729de860ed is gone\n\
         left out 3"
    );
    assert!(page.posts.iter().take(2).all(|post| post.concerns == Concerns::Brand));
}

#[test]
fn the_unit_of_a_domain_is_asked_for_once() {
    let source = tried("domain", "Acme.example");
    let find = source.open(&visit(""));
    assert_eq!(asked(&find), "/v1/business-units/find?name=acme.example");
    let unit = format!(r#"{{"id":"{UNIT}","displayName":"Acme"}}"#);
    let page = answered(source.as_ref(), &find, &unit, &visit(""));
    assert!(asked(&page.next[0]).starts_with(&format!("/v1/business-units/{UNIT}/reviews?")));
    let Cursor(cursor) = page.cursor.unwrap();
    let known = source.open(&visit(&cursor));
    assert_eq!(asked(&known), asked(&page.next[0]));
    // It may have got another number since; one that was just found has not.
    let Verdict::Instead(page) = refused(source.as_ref(), &known, (404, "{}"), &visit(&cursor))
    else {
        panic!()
    };
    assert_eq!(page.next, vec![find.clone()]);
    let Cursor(forgotten) = page.cursor.clone().unwrap();
    assert_eq!(source.open(&visit(&forgotten)), find);
    let reviews = answered(source.as_ref(), &find, &unit, &visit(&forgotten)).next.remove(0);
    let verdict = refused(source.as_ref(), &reviews, (404, "{}"), &visit(&cursor));
    assert!(matches!(verdict, Verdict::Stop(_)), "{verdict:?}");
    for odd in [r#"{"id":"../../x"}"#, "{}"] {
        let reply = Reply { about: FIND.into(), ..Reply::of(find.location.clone(), odd.into()) };
        assert!(source.read(&reply, &visit("")).is_err(), "{odd}");
    }
    // Nor does a cursor lead anywhere else.
    let odd = r#"{"unit":"../../x","walk":{"next":"x/y"}}"#;
    assert_eq!(source.open(&visit(odd)), find);
}

#[test]
fn a_walk_goes_on_to_what_is_known_and_the_next_ends_there() {
    let source = tried("business_unit", UNIT);
    let first = source.open(&visit(""));
    let page = body(&[review("a", "2026-11-22T08:00:00Z"), review("b", "2026-11-10T08:00:00Z")]);
    let page = answered(source.as_ref(), &first, &page, &visit(""));
    assert!(asked(&page.next[0]).contains("&page=2&"));
    let Cursor(cut_off) = page.cursor.unwrap();
    assert_eq!(source.open(&visit(&cut_off)), page.next[0], "taken up at the second page");
    // What is older than the first look is no news; what of it was changed since is.
    let changed = review("d", "2020-01-01T08:00:00Z").replace("null", "\"2026-11-21T00:00:00Z\"");
    let page = body(&[review("c", "2026-10-01T08:00:00Z"), changed]);
    let page = answered(source.as_ref(), &source.open(&visit(&cut_off)), &page, &visit(&cut_off));
    assert_eq!(page.posts.iter().map(|post| post.id.as_deref()).collect::<Vec<_>>(), [Some("d")]);
    assert!(page.next.is_empty());
    let Cursor(done) = page.cursor.unwrap();
    let again = source.open(&visit(&done));
    assert_eq!(again, first);
    // A day before the newest that was read.
    let page = body(&[review("e", "2026-11-22T09:00:00Z"), review("a", "2026-11-20T07:00:00Z")]);
    let page = answered(source.as_ref(), &again, &page, &visit(&done));
    assert_eq!((page.posts.len(), page.next.len()), (2, 0));
}

#[test]
fn a_page_that_leads_nowhere_is_the_end() {
    let source = tried("business_unit", UNIT);
    let first = source.open(&visit(""));
    let same = body(&[review("a", "2026-11-22T08:00:00Z")]);
    let page = answered(source.as_ref(), &first, &same, &visit(""));
    let Cursor(cursor) = page.cursor.unwrap();
    for end in [same.as_str(), r#"{"reviews":[]}"#, r#"{"reviews":[1]}"#] {
        let page = answered(source.as_ref(), &page.next[0], end, &visit(&cursor));
        assert!(page.next.is_empty(), "{end}");
        let Cursor(done) = page.cursor.unwrap();
        assert!(done.contains(r#""walk":{"since":"1795334400"}"#), "{done}");
    }
}

#[test]
fn a_refusal_says_what_to_do() {
    let source = tried("domain", "acme.example");
    let find = source.open(&visit(""));
    let said =
        |status: u16, body: &str| refused(source.as_ref(), &find, (status, body), &visit(""));
    let fault = r#"{"fault":{"faultstring":"Invalid ApiKey","detail":{"errorcode":"oauth.v2"}}}"#;
    let Verdict::Stop(why) = said(401, fault) else { panic!() };
    assert!(why.contains("(Invalid ApiKey): take one"), "{why}");
    let Verdict::Stop(why) = said(404, "{}") else { panic!() };
    assert!(why.contains("no business at acme.example"), "{why}");
    let Verdict::Stop(why) = said(400, r#"{"message":"Bad name"}"#) else { panic!() };
    assert!(why.contains("Bad name"), "{why}");
    assert!(matches!(said(403, ""), Verdict::Stop(_)));
    let Verdict::Wait(until, _) = said(429, "") else { panic!() };
    assert_eq!(until - visit("").now, Duration::hours(1));
    assert_eq!(said(500, "<html>"), Verdict::AsItSays);
}

#[test]
fn recorded_replies_are_read() {
    for (name, body) in samples("trustpilot", ".json") {
        let read = saved(source(Kind::Trustpilot, &[], &[]).as_ref(), &body);
        match name.as_str() {
            "business_unit_reviews.json" => assert_eq!(
                lines(&read.unwrap()),
                "507f191e810c19729de860ea | title=My review | text=This shop is great. | \
                 url=https://www.trustpilot.com/reviews/507f191e810c19729de860ea | name=John Doe | \
                 at=https://www.trustpilot.com/users/507f191e810c19729de860ea | \
                 published=2013-09-07T13:37:00+00:00 | language=da | \
                 thread=507f191e810c19729de860ea | likes=3 | replies=1 | rating=5"
            ),
            "error_401.json" => assert_eq!(read.unwrap_err(), "Trustpilot says: Invalid ApiKey"),
            _ => panic!("{name} is new: say what is expected of it"),
        }
    }
}

#[test]
fn one_review_is_read_by_itself_and_nonsense_is_refused() {
    let source = source(Kind::Trustpilot, &[], &[]);
    let one = review("a", "2013-01-01T00:00:00Z");
    assert_eq!(saved(source.as_ref(), one.as_bytes()).unwrap().posts.len(), 1);
    for odd in ["", "[]", "{}", r#"{"reviews":{}}"#, "null", r#"{"fault":{"faultstring":"x"}}"#] {
        assert!(saved(source.as_ref(), odd.as_bytes()).is_err(), "{odd}");
    }
}

#[test]
fn keys_that_will_not_do_are_named() {
    let build = |told: &[(&str, Told)]| {
        let told = told.iter().map(|(key, told)| ((*key).to_owned(), told.clone())).collect();
        let given = Given { url: None, told };
        let base = Url::parse("https://site.example").unwrap();
        let name = crate::post::SourceName("x".into());
        let watch = Watch { name, base, given: &given, keywords: vec![], languages: vec![] };
        build(watch).err().map(|wrong| wrong.key)
    };
    let key = ("key", Told::Secret("x".into()));
    let text = |name: &'static str, text: &str| (name, Told::Text(text.into()));
    assert_eq!(build(std::slice::from_ref(&key)), Some(""), "whose reviews?");
    assert_eq!(build(&[key.clone(), text("domain", "acme.example")]), None);
    assert_eq!(build(&[key.clone(), text("domain", "https://acme.example/")]), Some("domain"));
    assert_eq!(build(&[key.clone(), text("domain", "acme")]), Some("domain"));
    assert_eq!(build(&[key.clone(), text("business_unit", UNIT)]), None);
    assert_eq!(build(&[key, text("business_unit", "acme.example")]), Some("business_unit"));
    assert_eq!(build(&[]), None, "a saved reply is read without");
}
