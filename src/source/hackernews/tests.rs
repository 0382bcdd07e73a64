//! Replies of the search, and how a walk over them goes.

use super::*;
use crate::source::Cursor;
use crate::source::testing::{answered, lines, sample, saved, source, visit};

fn tried() -> Box<dyn Source> {
    source(Kind::HackerNews, &[], &["Acme"])
}

fn query(request: &Request) -> Vec<(String, String)> {
    let crate::fetch::Location::Web(url) = &request.location else { panic!("{request:?}") };
    url.query_pairs().into_owned().collect()
}

fn asked(request: &Request, name: &str) -> String {
    query(request).into_iter().find(|(key, _)| key == name).unwrap().1
}

#[test]
fn stories_and_comments_are_read_with_all_that_the_search_tells() {
    let body = r#"{"hits":[
        {"objectID":"2","comment_text":"I tried <i>Acme</i>.<p>Don&#x27;t.","author":"ada",
         "created_at_i":120,"parent_id":1,"story_id":1,"story_title":"Ask HN: Acme?","points":null},
        {"objectID":"1","title":"Ask HN: Acme?","url":null,"story_text":"Any &amp; all","author":"bob",
         "created_at_i":60,"points":5,"num_comments":1,"story_id":1},
        {"objectID":"0","author":"eve"}],"page":0,"nbPages":1}"#;
    let source = tried();
    let page = answered(source.as_ref(), &source.open(&visit("")), body, &visit(""));
    assert_eq!(
        lines(&page),
        "2 | title=Ask HN: Acme? | text=I tried Acme. /  / Don't. | \
         url=https://news.ycombinator.com/item?id=2 | name=ada | handle=ada | \
         at=https://news.ycombinator.com/user?id=ada | published=1970-01-01T00:02:00+00:00 | \
         parent=1 | thread=1\n\
         1 | title=Ask HN: Acme? | text=Any & all | url=https://news.ycombinator.com/item?id=1 | \
         name=bob | handle=bob | at=https://news.ycombinator.com/user?id=bob | \
         published=1970-01-01T00:01:00+00:00 | thread=1 | likes=5 | replies=1\n\
         left out 1"
    );
    assert_eq!(page.cursor, Some(Cursor(r#"{"Acme":{"since":"120"}}"#.into())));
}

#[test]
fn a_story_says_where_it_leads() {
    let body = r#"{"hits":[{"objectID":"1","title":"A teardown","url":"https://acme.example/a?b&c",
        "author":"bob","created_at_i":60}],"page":0,"nbPages":1}"#;
    let source = tried();
    let page = answered(source.as_ref(), &source.open(&visit("")), body, &visit(""));
    assert_eq!(page.posts[0].text, "https://acme.example/a?b&c");
}

#[test]
fn a_hit_of_tomorrow_does_not_hide_those_of_today() {
    let source = tried();
    let hit = format!(r#"{{"objectID":"1","title":"Acme","created_at_i":{}}}"#, i64::MAX);
    let body = format!(r#"{{"hits":[{hit}],"page":9,"nbPages":10}}"#);
    let page = answered(source.as_ref(), &source.open(&visit("")), &body, &visit(""));
    let newest = format!(r#""newest":"{}""#, visit("").now.timestamp());
    assert!(page.cursor.unwrap().0.contains(&newest));
    for since in [i64::MAX, 1_900_000_000] {
        let wrong = format!(r#"{{"Acme":{{"since":"{since}"}}}}"#);
        assert_eq!(source.open(&visit(&wrong)), source.open(&visit("")));
    }
}

#[test]
fn without_a_word_to_search_for_the_whole_site_is_not_read() {
    let source = source(Kind::HackerNews, &[], &["site:acme.example"]);
    let request = source.open(&visit(""));
    let body =
        r#"{"hits":[{"objectID":"1","title":"Acme","created_at_i":60}],"page":0,"nbPages":9}"#;
    let page = answered(source.as_ref(), &request, body, &visit(""));
    assert_eq!((page.posts.len(), page.next.len(), page.cursor), (0, 0, None));
    assert!(page.trouble.unwrap().contains("no keyword names a word"));
}

#[test]
fn recorded_replies_are_read() {
    for (name, expected) in [
        ("search_by_date_comments.json", "23605021"),
        ("search_story.json", ""),
        ("search_trimmed_2026.json", "2555349"),
        ("hit_comment_2026.json", "9999999"),
    ] {
        let Some(body) = sample(&format!("hackernews/{name}")) else { return };
        let page = saved(tried().as_ref(), &body).unwrap();
        assert!(!page.posts.is_empty() && page.skipped == 0, "{name}: {}", lines(&page));
        assert!(lines(&page).starts_with(expected), "{name}: {}", lines(&page));
    }
}

#[test]
fn a_walk_goes_on_until_the_last_page_and_the_next_begins_where_it_began() {
    let source = tried();
    let first = source.open(&visit(""));
    assert_eq!(asked(&first, "query"), "Acme");
    let hit = |at: i64| format!(r#"{{"objectID":"{at}","title":"Acme","created_at_i":{at}}}"#);
    let body = format!(r#"{{"hits":[{}],"page":0,"nbPages":2}}"#, hit(1000));
    let page = answered(source.as_ref(), &first, &body, &visit(""));
    let Cursor(cut_off) = page.cursor.unwrap();
    assert_eq!(asked(&page.next[0], "page"), "1");
    // A poll that ends here is taken up at the second page.
    assert_eq!(source.open(&visit(&cut_off)), page.next[0]);
    let body = format!(r#"{{"hits":[{}],"page":1,"nbPages":2}}"#, hit(900));
    let page = answered(source.as_ref(), &page.next[0], &body, &visit(&cut_off));
    let Cursor(done) = page.cursor.unwrap();
    assert!(page.next.is_empty());
    assert_eq!(asked(&source.open(&visit(&done)), "numericFilters"), "created_at_i>100");
}

#[test]
fn behind_a_thousand_hits_the_window_moves() {
    let source = tried();
    let hit = |at: i64| format!(r#"{{"objectID":"{at}","title":"Acme","created_at_i":{at}}}"#);
    let body = format!(r#"{{"hits":[{},{}],"page":9,"nbPages":10}}"#, hit(1000), hit(500));
    let first = source.open(&visit(""));
    let page = answered(source.as_ref(), &first, &body, &visit(""));
    assert_eq!(asked(&page.next[0], "page"), "0");
    assert!(asked(&page.next[0], "numericFilters").ends_with(",created_at_i<501"));
}
