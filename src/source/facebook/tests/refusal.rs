//! What a refusal leads to, of a list and of what is looked into.

use super::*;

#[test]
fn a_list_that_is_refused_leaves_the_others() {
    let source = tried();
    let also = source.also(&visit(""));
    let lacks = (403, r#"{"error":{"message":"(#200) pages_messaging","code":200}}"#);
    let Verdict::Instead(page) = refused(source.as_ref(), &also[1], lacks, &visit("")) else {
        panic!()
    };
    assert!(page.trouble.unwrap().starts_with("private messages cannot be read: "));
    // Messages may be read without the wall; without both, nothing will come.
    let wall = refused(source.as_ref(), &source.open(&visit("")), lacks, &visit(""));
    let Verdict::Instead(page) = wall else { panic!() };
    assert!(page.trouble.as_ref().unwrap().contains("pages_read_user_content"));
    let barred = visit(&cursor(&page));
    let inbox = refused(source.as_ref(), &also[1], lacks, &barred);
    assert!(matches!(inbox, Verdict::Stop(why) if why.contains("pages_messaging")));
    let told = [("page", Told::Text("10".into())), ("messages", Told::Flag(false))];
    let quiet = super::super::super::testing::source(Kind::Facebook, &told, &[]);
    let wall = refused(quiet.as_ref(), &quiet.open(&visit("")), lacks, &visit(""));
    assert!(matches!(wall, Verdict::Stop(_)));
    let much = (500, r#"{"error":{"message":"Please reduce the amount of data","code":1}}"#);
    let Verdict::Instead(page) = refused(source.as_ref(), &also[1], much, &visit("")) else {
        panic!()
    };
    assert_eq!(asked(&page.next[0], "limit").unwrap(), "10");
    // What fails for one list does not hold up the others; for the wall it does.
    let failing = (500, r#"{"error":{"message":"?","code":2}}"#);
    for (request, odd) in also.iter().flat_map(|one| [(one, failing), (one, (502, "<html>"))]) {
        let verdict = refused(source.as_ref(), request, odd, &visit(""));
        let Verdict::Instead(page) = verdict else { panic!("{verdict:?}") };
        assert!(page.wait.is_none() && page.trouble.is_some());
    }
    let wall = source.open(&visit(""));
    assert!(matches!(refused(source.as_ref(), &wall, failing, &visit("")), Verdict::Wait(..)));
    assert_eq!(refused(source.as_ref(), &wall, (502, "<html>"), &visit("")), Verdict::AsItSays);
    let limit = (400, r#"{"error":{"message":"?","code":32}}"#);
    assert!(matches!(refused(source.as_ref(), &also[0], limit, &visit("")), Verdict::Wait(..)));
}

/// A cursor with these posts to look into, and what is asked of the first.
fn looking(source: &dyn Source, ids: &[&str]) -> (String, Request) {
    let mut memory = Memory::of(&visit(""));
    for id in ids {
        memory.add(Look { id: (*id).into(), ..Look::default() });
    }
    let Cursor(at) = memory.cursor();
    let look = source.also(&visit(&at)).swap_remove(4);
    (at, look)
}

fn waiting(at: &str) -> Vec<String> {
    Memory::of(&visit(at)).looks.into_iter().map(|look| look.id).collect()
}

#[test]
fn a_post_that_fails_again_and_again_does_not_hold_up_the_others() {
    let source = tried();
    let (mut at, look) = looking(source.as_ref(), &["10_1", "10_2"]);
    let failing = (500, r#"{"error":{"message":"?","code":2,"is_transient":true}}"#);
    for odd in [failing, failing, (502, ""), failing, (503, "<html>")] {
        let verdict = refused(source.as_ref(), &look, odd, &visit(&at));
        let Verdict::Instead(page) = verdict else { panic!() };
        assert!(page.wait.is_none() && page.trouble.is_some());
        at = cursor(&page);
        assert_eq!(waiting(&at), ["10_2", "10_1"], "it is kept, behind the others");
    }
    let page = answered(source.as_ref(), &look, "<html>", &visit(&at));
    assert_eq!((page.trouble.is_some(), waiting(&cursor(&page)).len()), (true, 2));
    // What may well last is given up after some times.
    for left in [2, 2, 1] {
        let verdict = refused(source.as_ref(), &look, (404, "<html>"), &visit(&at));
        let Verdict::Instead(page) = verdict else { panic!() };
        at = cursor(&page);
        assert_eq!(waiting(&at).len(), left);
    }
    // One that is gone is left at once.
    let look = source.also(&visit(&at)).pop().unwrap();
    let gone = (404, r#"{"error":{"message":"?","code":100,"error_subcode":33}}"#);
    let Verdict::Instead(page) = refused(source.as_ref(), &look, gone, &visit(&at)) else {
        panic!()
    };
    assert!(page.trouble.is_none() && waiting(&cursor(&page)).is_empty());
}

#[test]
fn what_lacks_a_permission_is_kept_until_it_is_given() {
    let source = tried();
    let (at, look) = looking(source.as_ref(), &["10_1", "10_2"]);
    let lacks = (403, r#"{"error":{"message":"(#10) no","code":10}}"#);
    let Verdict::Instead(page) = refused(source.as_ref(), &look, lacks, &visit(&at)) else {
        panic!()
    };
    assert!(page.trouble.as_ref().unwrap().contains("pages_read_user_content"));
    let at = cursor(&page);
    assert_eq!(waiting(&at), ["10_2", "10_1"]);
    // One of them is tried at the next poll, and when that works, all of them.
    let asked = source.also(&visit(&at));
    assert_eq!(asked[4..].iter().map(path).collect::<Vec<_>>(), ["10_2/comments"]);
    let page = answered(source.as_ref(), &asked[4], &list(&[], None), &visit(&at));
    let at = cursor(&page);
    assert_eq!(waiting(&at), ["10_1"]);
    assert!(!Memory::of(&visit(&at)).is_barred(LOOK));
    let odd = (400, r#"{"error":{"message":"?","code":7777}}"#);
    let (at, look) = looking(source.as_ref(), &["10_1"]);
    let Verdict::Instead(page) = refused(source.as_ref(), &look, odd, &visit(&at)) else {
        panic!()
    };
    assert_eq!(waiting(&cursor(&page)), ["10_1"]);
}
