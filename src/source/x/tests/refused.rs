//! What X refuses, and what it leaves out.

use super::*;
use crate::source::testing::refused;

#[test]
fn part_of_an_answer_may_be_missing() {
    let source = tried(&[], &["Acme"]);
    let body = |kind: &str| {
        format!(
            r#"{{"data":[{}],"meta":{{}},"errors":[{{"detail":"Something broke","type":"https://api.x.com/2/problems/{kind}"}}]}}"#,
            post(id(700))
        )
    };
    let (page, cursor) = step(source.as_ref(), "", &body("resource-not-found"));
    assert_eq!((page.posts.len(), page.trouble), (1, None));
    assert!(cursor.contains(&format!(r#""since":{}"#, id(700))), "{cursor}");
    let (page, _) = step(source.as_ref(), "", &body("internal-error"));
    assert_eq!(page.posts.len(), 1);
    assert_eq!(page.trouble.as_deref(), Some("X left something out: Something broke"));
}

#[test]
fn refusals_say_what_to_do() {
    let source = tried(&[], &["Acme"]);
    let request = source.open(&visit(""));
    let verdict =
        |status: u16, body: &str| refused(source.as_ref(), &request, (status, body), &visit(""));
    let problem = |kind: &str| {
        format!(
            r#"{{"title":"T","detail":"D","type":"https://api.twitter.com/2/problems/{kind}"}}"#
        )
    };
    for (status, body, expected) in [
        (
            401,
            r#"{"title":"Unauthorized","type":"about:blank"}"#.to_owned(),
            "does not accept `token`",
        ),
        (402, problem("credits"), "credits at X are used up"),
        (403, problem("client-forbidden"), "does not let this app read"),
        (403, problem("unsupported-authentication"), "another kind of `token`"),
        (429, problem("usage-capped"), "spending limit or the monthly cap"),
        (403, problem("usage-capped"), "spending limit or the monthly cap"),
        (400, problem("invalid-request"), "X refuses the search `(Acme) -is:retweet`: D"),
    ] {
        match verdict(status, &body) {
            Verdict::Stop(why) => assert!(why.contains(expected), "{status}: {why}"),
            other => panic!("{status} {body}: {other:?}"),
        }
    }
    for body in [
        r#"{"errors":[{"code":88,"message":"Rate limit exceeded"}]}"#,
        r#"{"title":"Too Many Requests"}"#,
    ] {
        let until = "2026-11-22T12:15:00Z".parse().unwrap();
        assert_eq!(verdict(429, body), Verdict::Wait(until, "X was asked too often".into()));
    }
    assert_eq!(verdict(503, "busy"), Verdict::AsItSays);
}

/// What a refusal is answered with: the page that is taken instead.
#[track_caller]
fn instead(source: &dyn Source, cursor: &str, body: &str) -> Page {
    let at = visit(cursor);
    match refused(source, &source.open(&at), (400, body), &at) {
        Verdict::Instead(page) => {
            assert_eq!(page.used, Some(0), "a refusal costs nothing");
            *page
        }
        other => panic!("{other:?}"),
    }
}

fn complaint(parameter: &str) -> String {
    format!(
        r#"{{"errors":[{{"message":"Invalid '{parameter}'","parameters":{{"{parameter}":["x"]}}}}],
            "title":"Invalid Request","type":"https://api.twitter.com/2/problems/invalid-request"}}"#
    )
}

#[test]
fn where_x_knows_only_the_new_words_it_is_asked_with_them() {
    let source = tried(&[], &["Acme"]);
    let page = instead(source.as_ref(), "", &complaint("tweet.fields"));
    assert!(page.again);
    let Cursor(cursor) = page.cursor.unwrap();
    let next = source.open(&visit(&cursor));
    assert!(asked(&next, "post.fields").is_some_and(|fields| fields.contains("note_post")));
    assert_eq!(asked(&next, "tweet.fields"), None);
    assert!(asked(&next, "post.fields").is_some_and(|fields| {
        ["author_id", "edit_history_post_ids", "referenced_posts"]
            .iter()
            .all(|name| fields.contains(name))
    }));
    // Said once more, it is the search that is refused.
    let verdict =
        refused(source.as_ref(), &next, (400, &complaint("tweet.fields")), &visit(&cursor));
    assert!(matches!(verdict, Verdict::Stop(_)), "{verdict:?}");
    // Where the new words are refused, it is asked with the old ones, and there is no circle.
    let page = instead(source.as_ref(), &cursor, &complaint("post.fields"));
    let Cursor(back) = page.cursor.unwrap();
    let next = source.open(&visit(&back));
    assert!(asked(&next, "tweet.fields").is_some());
    let verdict = refused(source.as_ref(), &next, (400, &complaint("tweet.fields")), &visit(&back));
    assert!(matches!(verdict, Verdict::Stop(_)), "{verdict:?}");
    let (_, understood) = step(source.as_ref(), &back, &super::page(&[id(700)], None));
    assert!(!understood.contains("renames"), "{understood}");
    // So too where it passes over what it does not know.
    let bare = format!(r#"{{"data":[{{"id":"{}","text":"Acme"}}],"meta":{{}}}}"#, id(700));
    let (_, cursor) = step(source.as_ref(), "", &bare);
    assert!(asked(&source.open(&visit(&cursor)), "post.fields").is_some());
}

#[test]
fn a_page_that_is_no_more_is_made_up_for_by_what_is_older() {
    let source = tried(&[], &["Acme"]);
    let (_, cursor) = step(source.as_ref(), "", &page(&[id(700), id(650)], Some("two")));
    let Cursor(cursor) =
        instead(source.as_ref(), &cursor, &complaint("next_token")).cursor.unwrap();
    let next = source.open(&visit(&cursor));
    assert_eq!(
        (asked(&next, "next_token"), asked(&next, "until_id")),
        (None, Some(id(650).to_string()))
    );
    // Its pages keep that bound.
    let (_, further) = step(source.as_ref(), &cursor, &page(&[id(640)], Some("three")));
    let next = source.open(&visit(&further));
    assert_eq!(asked(&next, "next_token").as_deref(), Some("three"));
    assert_eq!(asked(&next, "until_id"), Some(id(650).to_string()));
    // If that is refused, too, the walk is over, and it is told.
    let page = instead(source.as_ref(), &cursor, &complaint("until_id"));
    assert!(page.trouble.unwrap().contains("does not go on with older posts"));
    let next = source.open(&visit(&page.cursor.unwrap().0));
    assert_eq!(asked(&next, "since_id"), Some(id(700).to_string()));
}

#[test]
fn one_list_that_is_refused_does_not_keep_the_others_from_being_read() {
    let source = tried(&[account()], &["Acme"]);
    let page1 = instead(source.as_ref(), "", &complaint("query"));
    let told = "X refuses the search `(Acme) -is:retweet -from:acme -@acme`: Invalid 'query'";
    assert_eq!((page1.again, page1.trouble.as_deref()), (true, Some(told)));
    let Cursor(cursor) = page1.cursor.unwrap();
    let (_, cursor) = step(source.as_ref(), &cursor, r#"{"data":{"id":"42","username":"acme"}}"#);
    let (last, cursor) = step(source.as_ref(), &cursor, &page(&[id(700)], None));
    assert_eq!((last.again, last.trouble.as_deref()), (false, Some(told)), "told until the end");
    assert!(!cursor.contains("refuses"), "{cursor}");
    assert!(asked(&source.open(&visit(&cursor)), "query").is_some(), "the next pass begins anew");
}
