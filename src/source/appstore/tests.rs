//! The feed in all its shapes, how pages and countries are walked, and what refusals mean.

use super::*;
use crate::fetch::Location;
use crate::source::Cursor;
use crate::source::site::{Given, Told};
use crate::source::testing::{answered, lines, refused, reply, samples, saved, source, visit};

const EMPTY: &str =
    r#"{"feed":{"id":{"label":"https://itunes.apple.com/fi/rss/customerreviews/x"}}}"#;

fn tried(countries: &[&str]) -> Box<dyn Source> {
    let countries = Told::Texts(countries.iter().map(|country| (*country).to_owned()).collect());
    source(Kind::AppStore, &[("app", Told::Text("77".into())), ("countries", countries)], &["Acme"])
}

fn path(request: &Request) -> String {
    let Location::Web(url) = &request.location else { panic!("{request:?}") };
    url.path().to_owned()
}

/// The path of a page.
fn at_page(country: &str, number: u32) -> String {
    format!("/{country}/rss/customerreviews/page={number}/id=77/sortby=mostrecent/json")
}

/// A feed with one review, of so many days ago.
fn days_ago(days: i64) -> String {
    let at = (visit("").now - Duration::days(days)).to_rfc3339();
    format!(
        r#"{{"feed":{{"entry":{{"id":{{"label":"{days}"}},"content":{{"label":"Ok"}},
        "im:rating":{{"label":"4"}},"updated":{{"label":"{at}"}}}}}}}}"#
    )
}

#[test]
fn reviews_are_read_with_all_that_is_told() {
    let source = tried(&["fi"]);
    let first = source.open(&visit(""));
    assert_eq!(path(&first), at_page("fi", 1));
    let page = answered(source.as_ref(), &first, &reply("appstore/page.json"), &visit(""));
    assert_eq!(
        lines(&page),
        "9001 | title=Kaatuu | text=Ei toimi & kaatuu. / Hyvitys? | \
         url=https://apps.apple.com/fi/app/id77?see-all=reviews | name=Ada 1 | \
         at=https://itunes.apple.com/fi/reviews/id5 | published=2026-11-22T06:30:00+00:00 | \
         thread=77 | likes=-2 | rating=1\n\
         9000 | text=Jees | url=https://apps.apple.com/fi/app/id77?see-all=reviews | \
         published=2026-11-20T17:00:00+00:00 | thread=77\n\
         left out 1"
    );
    let concern = |post: &Post| post.concerns == Concerns::Brand && !post.has_own_url;
    assert!(page.posts.iter().all(concern), "they need not name the brand, and share a page");
    assert_eq!(path(&page.next[0]), at_page("fi", 2), "not where the links lead");
}

#[test]
fn recorded_replies_are_read() {
    let mut all = samples("appstore", ".json");
    all.extend(samples("appstore", ".xml"));
    for (name, body) in all {
        let page = saved(source(Kind::AppStore, &[], &[]).as_ref(), &body).unwrap();
        let (count, beginning) = match name.as_str() {
            "customerreviews_empty.xml" => (0, ""),
            "customerreviews_gb_2026.xml" => (
                2,
                "14341672833 | title=TES-YES! | text=An exceptionally well-written magazine for \
                 educational professionals. | \
                 url=https://apps.apple.com/gb/app/id6743850634?see-all=reviews | \
                 name=Jo Pro 1606 | at=https://itunes.apple.com/gb/reviews/id740 | \
                 published=2026-07-24T08:46:25+00:00 | thread=6743850634 | likes=4 | rating=5\n\
                 14196229875 | title=one annoying bug",
            ),
            "customerreviews_us_2025.xml" => (2, "12645174720 | title=Great idea but not well"),
            "customerreviews_single_entry.json" => (
                1,
                "1330930867 | title=Shop kick | text=I love this but it does not have a lot of \
                 stuff that in our area on it. | \
                 url=https://apps.apple.com/us/app/id383298204?see-all=reviews | \
                 name=Awesome he | at=https://itunes.apple.com/us/reviews/id171860631 | \
                 published=2026-09-30T17:00:00+00:00 | thread=383298204 | likes=0 | rating=5",
            ),
            // The other entry is the app.
            "customerreviews_us_2016.json" => (1, "1330930867 | title=Shop kick | text=I love"),
            new => panic!("{new} is read by no test"),
        };
        assert_eq!((page.posts.len(), page.skipped), (count, 0), "{name}");
        assert!(lines(&page).starts_with(beginning), "{name}: {}", lines(&page));
    }
}

#[test]
fn a_walk_ends_where_the_last_one_began_and_looks_again_at_what_comes_late() {
    let source = tried(&["fi"]);
    let source = source.as_ref();
    let page = answered(source, &source.open(&visit("")), &days_ago(1), &visit(""));
    let Cursor(cut_off) = page.cursor.unwrap();
    assert_eq!(
        path(&source.open(&visit(&cut_off))),
        at_page("fi", 2),
        "taken up where it broke off"
    );
    let page = answered(source, &page.next[0], &days_ago(31), &visit(&cut_off));
    assert!(page.next.is_empty(), "older than a first look");
    let Cursor(done) = page.cursor.unwrap();
    assert_eq!(path(&source.open(&visit(&done))), at_page("fi", 1));
    let page = answered(source, &source.open(&visit(&done)), &days_ago(2), &visit(&done));
    assert_eq!(page.next.len(), 1);
    let page = answered(source, &source.open(&visit(&done)), &days_ago(4), &visit(&done));
    assert!(page.next.is_empty());
    // A review that was changed comes again under its id.
    assert_eq!(page.posts[0].id.as_deref(), Some("4"));
}

#[test]
fn an_empty_feed_is_no_reason_to_forget() {
    let source = tried(&["fi"]);
    let source = source.as_ref();
    for known in ["", r#"{"last":"fi","lists":{"fi":{"since":"1795000000"}}}"#] {
        for body in [EMPTY, "<feed xmlns='http://www.w3.org/2005/Atom'></feed>"] {
            let page = answered(source, &source.open(&visit(known)), body, &visit(known));
            let walk = Turns::of(&page.cursor.unwrap()).walk("fi");
            assert_eq!(walk, Turns::of(&Cursor(known.into())).walk("fi"));
        }
    }
    // In the midst of a walk it begins anew, from where it began.
    let midst = r#"{"lists":{"fi":{"since":"1795000000","newest":"1795300000","next":"3"}}}"#;
    let page = answered(source, &source.open(&visit(midst)), EMPTY, &visit(midst));
    let expected = Walk { since: Some("1795000000".into()), ..Walk::default() };
    assert_eq!((page.next.len(), Turns::of(&page.cursor.unwrap()).walk("fi")), (0, expected));
}

#[test]
fn pages_end_at_ten_or_where_the_feed_says() {
    let source = tried(&["fi"]);
    let source = source.as_ref();
    let at = |next: u32| format!(r#"{{"lists":{{"fi":{{"newest":"1","next":"{next}"}}}}}}"#);
    let step = |number: u32, body: &str| {
        let cursor = at(number);
        answered(source, &source.open(&visit(&cursor)), body, &visit(&cursor)).next.len()
    };
    assert_eq!((step(9, &days_ago(1)), step(10, &days_ago(1)), step(11, &days_ago(1))), (1, 0, 1));
    let last_is_three = reply("appstore/page.json");
    assert_eq!((step(2, &last_is_three), step(3, &last_is_three)), (1, 0));
    // Without times, all pages are read once, and then only the first.
    let timeless = days_ago(1).replace("updated", "updatedlongago");
    let page = answered(source, &source.open(&visit("")), &timeless, &visit(""));
    assert_eq!(page.next.len(), 1);
    let cursor = at(10);
    let page = answered(source, &source.open(&visit(&cursor)), &timeless, &visit(&cursor));
    let Cursor(done) = page.cursor.unwrap();
    let page = answered(source, &source.open(&visit(&done)), &timeless, &visit(&done));
    assert!(page.next.is_empty());
}

#[test]
fn each_country_is_a_list_of_its_own_and_they_take_turns() {
    let source = tried(&["fi", "GB", "fi", "se"]);
    let source = source.as_ref();
    let paths: Vec<String> = source.also(&visit("")).iter().map(path).collect();
    assert_eq!(paths, [at_page("gb", 1), at_page("se", 1)]);
    let page = answered(source, &source.open(&visit("")), &days_ago(1), &visit(""));
    let Cursor(cursor) = page.cursor.unwrap();
    let paths: Vec<String> = std::iter::once(source.open(&visit(&cursor)))
        .chain(source.also(&visit(&cursor)))
        .map(|r| path(&r))
        .collect();
    assert_eq!(paths, [at_page("gb", 1), at_page("se", 1), at_page("fi", 2)]);
}

#[test]
fn refusals_say_which_country_and_what_to_do() {
    let (one, several) = (tried(&["fi"]), tried(&["fi", "xx"]));
    let say = |source: &dyn Source, status: u16| {
        refused(source, &source.open(&visit("")), (status, "<html>"), &visit(""))
    };
    for (status, wanted) in [(400, "no App Store of the country `fi`"), (404, "has no app 77")] {
        let Verdict::Stop(why) = say(one.as_ref(), status) else { panic!("nothing else to ask") };
        assert!(why.contains(wanted), "{why}");
        let Verdict::Instead(page) = say(several.as_ref(), status) else { panic!("the other one") };
        assert!(page.trouble.unwrap().contains(wanted));
    }
    let until = visit("").now + PAUSE;
    assert!(matches!(say(one.as_ref(), 403), Verdict::Wait(at, _) if at == until));
    assert_eq!(say(one.as_ref(), 503), Verdict::AsItSays);
    // A page that is not there is the end of a walk, and nothing is amiss.
    let midst = r#"{"lists":{"fi":{"since":"5","newest":"9","next":"3"}}}"#;
    let verdict = refused(one.as_ref(), &one.open(&visit(midst)), (400, ""), &visit(midst));
    let Verdict::Instead(page) = verdict else { panic!("{verdict:?}") };
    assert_eq!(page.trouble, None);
    assert_eq!(Turns::of(&page.cursor.unwrap()).walk("fi").since.as_deref(), Some("5"));
}

#[test]
fn what_is_no_feed_is_said() {
    let source = tried(&["fi"]);
    for (body, wanted) in [
        ("<!DOCTYPE html><html><body>Busy</body></html>", "a page for people"),
        ("<rss><channel/></rss>", "a page for people"),
        ("<", "no feed of reviews"),
        (r#"{"errorMessage":"Invalid store"}"#, "Apple says: Invalid store"),
        ("{}", "no feed of reviews"),
        (r#"{"feed":3}"#, "no feed of reviews"),
        ("", "no proper JSON"),
    ] {
        let error = saved(source.as_ref(), body.as_bytes()).unwrap_err();
        assert!(error.contains(wanted), "{body}: {error}");
    }
    // What stands before a fault counts, and what broke off is counted.
    let broken = "<feed><entry><id>1</id><im:rating>4</im:rating><title>A &amp; b&#33;</title></entry><entry><id>2";
    let page = saved(source.as_ref(), broken.as_bytes()).unwrap();
    assert_eq!(lines(&page), "1 | title=A & b! | thread=77 | rating=4\nleft out 1");
}

#[test]
fn only_numbers_are_apps_and_only_two_letters_are_countries() {
    let site = Kind::AppStore.site().unwrap();
    let wrong = |told: &[(&str, Told)]| {
        let told = told.iter().map(|(key, told)| ((*key).to_owned(), told.clone())).collect();
        let given = Given { url: None, told };
        let base = Url::parse(site.host).unwrap();
        let name = crate::post::SourceName("tried".into());
        let watch =
            Watch { name, base, given: &given, keywords: Vec::new(), languages: Vec::new() };
        (site.build)(watch).err().map(|wrong| wrong.key)
    };
    let texts = |texts: &[&str]| Told::Texts(texts.iter().map(|text| (*text).to_owned()).collect());
    assert_eq!(wrong(&[("app", Told::Text("com.acme".into()))]), Some("app"));
    for countries in [texts(&["fin"]), texts(&["uk"]), texts(&["f1"]), texts(&[])] {
        assert_eq!(wrong(&[("countries", countries)]), Some("countries"));
    }
    assert_eq!(wrong(&[("app", Told::Text("id77".into())), ("countries", texts(&["FI"]))]), None);
}

#[test]
fn a_first_poll_leaves_out_what_is_years_old() {
    let source = tried(&["fi"]);
    let page = answered(source.as_ref(), &source.open(&visit("")), &days_ago(900), &visit(""));
    assert_eq!(page.posts, []);
    assert_eq!(saved(source.as_ref(), days_ago(900).as_bytes()).unwrap().posts.len(), 1);
}
