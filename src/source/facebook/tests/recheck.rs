//! What became of stored posts, and when it is believed.

use super::*;

const GONE: (u16, &str) = (400, r#"{"error":{"message":"?","code":100,"error_subcode":33}}"#);

/// What is asked of these ids.
fn rechecked(ids: &[&str]) -> Vec<Request> {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    tried().recheck(&ids, &visit(""))
}

#[test]
fn what_is_stored_is_asked_for_by_its_ids() {
    let source = tried();
    let asked_for = rechecked(&["10_1", "10_2", "2_5", "2_6", "m_1", "rating-7", "999", "1_2/x"]);
    assert_eq!(
        asked_for.iter().map(|one| asked(one, "ids").unwrap()).collect::<Vec<_>>(),
        ["10_1,10_2", "2_5,2_6"]
    );
    assert_eq!(path(&asked_for[0]), "");
    // A post that is not there is gone; of a comment its post is asked for.
    let body = json!({"10_1": post("10_1", "77", 60, 60, 0)}).to_string();
    let page = answered(source.as_ref(), &asked_for[0], &body, &visit(""));
    assert!(
        lines(&page).starts_with("10_1 | text=post 10_1") && lines(&page).ends_with("10_2 is gone")
    );
    let body = json!({"2_6": comment("2_6", "77", 60)}).to_string();
    let page = answered(source.as_ref(), &asked_for[1], &body, &visit(""));
    assert_eq!(page.next.iter().map(path).collect::<Vec<_>>(), ["10_2"]);
    let at = visit(&cursor(&page));
    let there = answered(source.as_ref(), &page.next[0], r#"{"id":"10_2"}"#, &at);
    assert_eq!(lines(&there), "2_5 is gone");
    assert_eq!(refused(source.as_ref(), &page.next[0], GONE, &at), Verdict::Skip);
}

#[test]
fn one_that_is_no_more_spoils_all_and_is_found() {
    let source = tried();
    let asked_for = rechecked(&["10_1", "10_2"]);
    let named = r#"{"error":{"message":"Object with ID '10_2' does not exist","code":100,
        "error_subcode":33}}"#;
    let verdict = refused(source.as_ref(), &asked_for[0], (400, named), &visit(""));
    let Verdict::Instead(page) = verdict else { panic!() };
    let apart: Vec<String> = page.next.iter().map(|one| asked(one, "ids").unwrap()).collect();
    assert_eq!(apart, ["10_2", "10_1"]);
    // Before another is shown, nobody knows that it is not for lack of a permission.
    let verdict = refused(source.as_ref(), &page.next[0], GONE, &visit(""));
    let Verdict::Instead(found) = verdict else { panic!() };
    assert!(found.posts.is_empty());
    let at = cursor(&found);
    let own = json!({"10_1": post("10_1", "10", 60, 60, 0)}).to_string();
    let shown = answered(source.as_ref(), &page.next[1], &own, &visit(&at));
    assert!(!lines(&shown).contains("gone"), "what the Page wrote is always shown");
    let body = json!({"10_1": post("10_1", "77", 60, 60, 0)}).to_string();
    let shown = answered(source.as_ref(), &page.next[1], &body, &visit(&at));
    assert!(lines(&shown).starts_with("10_2 is gone\n10_1 | "), "{}", lines(&shown));
    // What was shown the day before tells nothing of today.
    let mut late = visit(&at);
    late.now += chrono::Duration::days(1);
    let shown = answered(source.as_ref(), &page.next[1], &body, &late);
    assert!(!lines(&shown).contains("gone"), "{}", lines(&shown));
}

#[test]
fn a_permission_that_is_withdrawn_makes_nothing_gone() {
    let source = tried();
    let asked_for = rechecked(&["10_1", "10_2", "2_5"]);
    let page = answered(source.as_ref(), &asked_for[0], "{}", &visit(""));
    assert!(page.posts.is_empty() && page.next.is_empty() && page.trouble.is_some());
    // Every id is refused by itself; the post of the comment, the Page's own, is shown.
    let mut waiting = asked_for;
    let mut at = String::new();
    while let Some(request) = waiting.pop() {
        let page = if request.about.starts_with("check") {
            answered(source.as_ref(), &request, r#"{"id":"10_2"}"#, &visit(&at))
        } else {
            let verdict = refused(source.as_ref(), &request, GONE, &visit(&at));
            let Verdict::Instead(page) = verdict else { panic!() };
            *page
        };
        assert!(page.posts.is_empty(), "{}", lines(&page));
        if let Some(Cursor(cursor)) = page.cursor {
            at = cursor;
        }
        waiting.extend(page.next);
    }
    let lacks = (403, r#"{"error":{"message":"?","code":10}}"#);
    for request in rechecked(&["10_1", "2_5"]) {
        let verdict = refused(source.as_ref(), &request, lacks, &visit(""));
        let Verdict::Instead(page) = verdict else { panic!() };
        assert!(page.posts.is_empty() && page.trouble.is_some());
    }
}
