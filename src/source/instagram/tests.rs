//! How an account is read: comments on its media, tags, hashtags and messages; recorded replies.

use super::*;
use crate::fetch::Location;
use crate::source::Cursor;
use crate::source::site::Told;
use crate::source::testing::{
    answered, line, lines, refused, reply, samples, saved, source, visit,
};
use serde_json::json;

const NOON: i64 = 1_795_348_800;

fn tried(more: &[(&str, Told)]) -> Box<dyn Source> {
    let mut told =
        vec![("account", Told::Text("17".into())), ("token", Told::Secret("s3cr3t".into()))];
    told.extend_from_slice(more);
    source(Kind::Instagram, &told, &["Acme"])
}

fn tags(tags: &[&str]) -> (&'static str, Told) {
    ("hashtags", Told::Texts(tags.iter().map(|tag| (*tag).to_owned()).collect()))
}

fn ago(seconds: i64) -> String {
    let at = chrono::DateTime::from_timestamp(NOON - seconds, 0).unwrap();
    at.format("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

fn path(request: &Request) -> String {
    let Location::Web(url) = &request.location else { panic!() };
    url.path().trim_start_matches("/v26.0/").to_owned()
}

fn paths(requests: &[Request]) -> Vec<String> {
    requests.iter().map(path).collect()
}

fn asked(request: &Request, name: &str) -> Option<String> {
    let Location::Web(url) = &request.location else { panic!() };
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

fn own(id: &str, created: i64, comments: u64) -> Value {
    json!({"id": id, "permalink": format!("https://www.instagram.com/p/{id}/"), "username": "acme",
           "timestamp": ago(created), "comments_count": comments})
}

fn comment(id: &str, by: &str, created: i64, replies: Option<Value>) -> Value {
    let mut item =
        json!({"id": id, "text": format!("c {id}"), "username": by, "timestamp": ago(created)});
    if let Some(replies) = replies {
        item["replies"] = replies;
    }
    item
}

fn list(items: &[Value], after: Option<&str>) -> Value {
    let mut list = json!({"data": items});
    if let Some(after) = after {
        let next = format!("https://graph.facebook.com/x?access_token=s3cr3t&after={after}");
        list["paging"] = json!({"cursors": {"after": after}, "next": next});
    }
    list
}

fn read(source: &dyn Source, request: &Request, body: &Value, at: &str) -> Page {
    answered(source, request, &body.to_string(), &visit(at))
}

fn cursor(page: &Page) -> String {
    let Cursor(cursor) = page.cursor.clone().unwrap();
    assert!(!cursor.contains("s3cr3t"), "{cursor}");
    cursor
}

fn ids(page: &Page) -> Vec<&str> {
    page.posts.iter().map(|post| post.id.as_deref().unwrap()).collect()
}

#[test]
fn what_cannot_be_asked_for_is_refused() {
    let wrong = |told: &[(&str, Told)]| {
        let told = told.iter().map(|(key, told)| ((*key).to_owned(), told.clone())).collect();
        let given = Given { url: None, told };
        let watch = Watch {
            name: crate::post::SourceName("tried".into()),
            base: Url::parse(SITE.host).unwrap(),
            given: &given,
            keywords: Vec::new(),
            languages: Vec::new(),
        };
        build(watch).err().map(|wrong| wrong.key)
    };
    let many: Vec<String> = (0..31).map(|nth| format!("acme{nth}")).collect();
    let other = ("login", Told::Text("instagram".into()));
    assert_eq!(wrong(&[("hashtags", Told::Texts(many.clone()))]), Some("hashtags"));
    assert_eq!(wrong(&[("hashtags", Told::Texts(many[1..].to_vec()))]), None);
    assert_eq!(wrong(&[tags(&["#Acme", "acme", "ääkköset_1"])]), None);
    for odd in ["acme pay", "🎉", "#", "a/b"] {
        assert_eq!(wrong(&[tags(&[odd])]), Some("hashtags"), "{odd}");
    }
    assert_eq!(wrong(&[tags(&["acme"]), other.clone()]), Some("hashtags"));
    assert_eq!(wrong(&[("page", Told::Text("1".into())), other]), Some("page"));
    assert_eq!(wrong(&[("account", Told::Text("@acme".into()))]), Some("account"));
    assert_eq!(wrong(&[]), None, "a saved reply needs nothing");
}

#[test]
fn the_login_chooses_the_host() {
    let shown = |request: &Request| request.location.to_string();
    let first = tried(&[]).open(&visit(""));
    assert_eq!(shown(&first), "https://graph.facebook.com/v26.0/17/media");
    let other = tried(&[("login", Told::Text("instagram".into()))]);
    assert_eq!(shown(&other.open(&visit(""))), "https://graph.instagram.com/v26.0/17/media");
    assert!(other.also(&visit("")).is_empty(), "only Facebook tells of tags");
    let all = tried(&[("page", Told::Text("10".into())), tags(&["Acme"])]);
    let also = all.also(&visit(""));
    assert_eq!(paths(&also), ["17/tags", "10/conversations", "ig_hashtag_search"]);
    assert_eq!(asked(&also[1], "platform").unwrap(), "instagram");
    assert_eq!(asked(&also[2], "q").unwrap(), "acme");
}

#[test]
fn media_with_more_comments_than_before_are_looked_into() {
    let source = tried(&[]);
    let source = source.as_ref();
    let month = 30 * 86_400;
    let first = source.open(&visit(""));
    let body = list(&[own("1", 60, 2), own("2", 60, 0), own("3", 2 * month, 9), json!({})], None);
    let page = read(source, &first, &body, "");
    // What was written below old media was there before.
    assert_eq!((paths(&page.next), page.skipped), (vec!["1/comments".to_owned()], 1));
    let at = cursor(&page);
    assert_eq!(source.also(&visit(&at))[1..], page.next[..], "taken up where it was cut off");
    let replies = list(&[comment("12", "ada", 30, None), comment("13", "acme", 20, None)], None);
    let body = list(&[comment("11", "bob", 90, Some(replies))], None);
    let page = read(source, &page.next[0], &body, &at);
    assert_eq!(
        lines(&page),
        "11 | text=c 11 | url=https://www.instagram.com/p/1/ | name=bob | handle=bob | \
         at=https://www.instagram.com/bob/ | published=2026-11-22T11:58:30+00:00 | parent=1 | \
         thread=1\n12 | text=c 12 | url=https://www.instagram.com/p/1/ | name=ada | handle=ada | \
         at=https://www.instagram.com/ada/ | published=2026-11-22T11:59:30+00:00 | parent=11 | \
         thread=1"
    );
    assert!(page.posts.iter().all(|post| !post.has_own_url && post.concerns == Concerns::Desk));
    assert!(page.next.is_empty());
    let at = cursor(&page);
    // As before: nothing is asked. One more: only what is newer is looked for.
    let same = list(&[own("1", 60, 2), own("2", 60, 0), own("3", 2 * month, 9)], None);
    assert!(read(source, &first, &same, &at).next.is_empty());
    let more = list(&[own("1", 60, 2), own("2", 60, 0), own("3", 2 * month, 10)], None);
    let page = read(source, &first, &more, &at);
    assert_eq!(paths(&page.next), ["3/comments"]);
    let look = &Memory::of(&visit(&cursor(&page))).looks[0];
    assert_eq!((look.left, look.link.as_deref()), (1, Some("https://www.instagram.com/p/3/")));
    // After some hours recent ones are, though as many are there: one may have been deleted.
    let mut late = visit(&at);
    late.now += Duration::hours(5);
    let page = answered(source, &first, &same.to_string(), &late);
    assert_eq!(paths(&page.next), ["1/comments"]);
    late.cursor = page.cursor.unwrap();
    let again = Memory { looks: Vec::new(), ..Memory::of(&late) };
    late.cursor = again.cursor();
    assert!(answered(source, &first, &same.to_string(), &late).next.is_empty(), "but not always");
    // Media that are no more are forgotten.
    let page = read(source, &first, &list(&[own("2", 60, 0)], None), &at);
    assert_eq!(Memory::of(&visit(&cursor(&page))).media.len(), 1);
}

#[test]
fn three_pages_of_media_are_looked_through() {
    let source = tried(&[]);
    let source = source.as_ref();
    let mut request = source.open(&visit(""));
    let mut at = String::new();
    for (nth, after) in ["a", "b", "c"].into_iter().enumerate() {
        let page = read(source, &request, &list(&[own(&nth.to_string(), 60, 0)], Some(after)), &at);
        at = cursor(&page);
        match page.next.first() {
            Some(next) => request = next.clone(),
            None => assert_eq!(nth, 2),
        }
    }
    assert_eq!(Memory::of(&visit(&at)).media.len(), 3);
    // A page in the middle may be empty: nothing is forgotten for that.
    let page = read(source, &source.open(&visit("")), &list(&[own("0", 60, 0)], Some("a")), &at);
    let page = read(source, &page.next[0], &list(&[], Some("b")), &cursor(&page));
    assert_eq!(page.next.len(), 1);
    let page = read(source, &page.next[0], &list(&[own("2", 60, 0)], Some("c")), &cursor(&page));
    assert_eq!(Memory::of(&visit(&cursor(&page))).media.len(), 3);
}

#[test]
fn other_keywords_look_at_hashtags_again_and_at_nothing_else() {
    let mut memory = Memory::of(&visit(""));
    memory.hashtags.insert("acme".into(), "178".into());
    let Cursor(at) = memory.cursor();
    let told = [
        ("account", Told::Text("17".into())),
        tags(&["acme"]),
        ("token", Told::Secret("x".into())),
    ];
    let with = |words: &[&str]| source(Kind::Instagram, &told, words);
    let mut at = at;
    for nth in [0, 1] {
        let request = with(&["Acme"]).also(&visit(&at)).remove(nth);
        let page = read(with(&["Acme"]).as_ref(), &request, &list(&[], Some("b")), &at);
        at = cursor(&page);
    }
    let after = |words: &[&str]| -> Vec<Option<String>> {
        with(words).also(&visit(&at)).iter().map(|request| asked(request, "after")).collect()
    };
    assert_eq!(after(&["Acme"]), [Some("b".to_owned()), Some("b".to_owned())]);
    assert_eq!(after(&["Acme", "Beta"]), [Some("b".to_owned()), None]);
    assert!(with(&[]).never_looks_again());
}

#[test]
fn an_answer_to_an_old_comment_is_searched_for() {
    let source = tried(&[]);
    let source = source.as_ref();
    let mut memory = Memory::of(&visit(""));
    let look = Look { id: "1".into(), since: NOON - 100, left: 1, of: None, ..Look::default() };
    memory.add(look);
    let Cursor(mut at) = memory.cursor();
    let mut request = source.also(&visit(&at)).pop().unwrap();
    let old = |after: &str| list(&[comment("11", "bob", 5000, None)], Some(after));
    let page = read(source, &request, &old("a"), &at);
    assert_eq!(asked(&page.next[0], "after").unwrap(), "a");
    (request, at) = (page.next[0].clone(), cursor(&page));
    let answers = list(&[comment("22", "ada", 50, None)], None);
    let body = list(&[comment("21", "bob", 9000, Some(answers))], Some("b"));
    let page = read(source, &request, &body, &at);
    assert_eq!(ids(&page), ["21", "22"]);
    // Found; but for a page with nothing new nobody knows that it was all.
    (request, at) = (page.next[0].clone(), cursor(&page));
    let page = read(source, &request, &old("c"), &at);
    assert!(page.next.is_empty() && Memory::of(&visit(&cursor(&page))).looks.is_empty());
    // One that was deleted meanwhile is not searched for without end.
    let Cursor(mut at) = memory.cursor();
    let mut request = source.also(&visit(&at)).pop().unwrap();
    for nth in 0..10 {
        let page = read(source, &request, &old(&nth.to_string()), &at);
        let Some(next) = page.next.first() else {
            assert_eq!(nth, 2);
            return;
        };
        (request, at) = (next.clone(), cursor(&page));
    }
    panic!("it is searched for without end");
}

#[test]
fn many_answers_are_a_list_of_their_own() {
    let source = tried(&[]);
    let source = source.as_ref();
    let mut memory = Memory::of(&visit(""));
    let look = Look { id: "1".into(), since: NOON - 100, left: 3, ..Look::default() };
    memory.add(look);
    let Cursor(at) = memory.cursor();
    let request = source.also(&visit(&at)).pop().unwrap();
    let some = list(&[comment("12", "ada", 50, None)], Some("r"));
    let page = read(source, &request, &list(&[comment("11", "bob", 60, Some(some))], None), &at);
    assert_eq!(paths(&page.next), ["11/replies"]);
    assert_eq!(asked(&page.next[0], "after").unwrap(), "r");
    let at = cursor(&page);
    let body = list(&[comment("13", "eve", 40, None)], None);
    let page = read(source, &page.next[0], &body, &at);
    let post = &page.posts[0];
    assert_eq!((post.parent.as_deref(), post.thread.as_deref()), (Some("11"), Some("1")));
    assert!(Memory::of(&visit(&cursor(&page))).looks.is_empty());
}

#[test]
fn a_hashtag_is_looked_up_once_and_its_media_concern_whom_they_name() {
    let source = tried(&[tags(&["acme"])]);
    let source = source.as_ref();
    let search = source.also(&visit("")).pop().unwrap();
    assert_eq!(asked(&search, "user_id").unwrap(), "17");
    let page = read(source, &search, &list(&[json!({"id": "178"})], None), "");
    assert_eq!(paths(&page.next), ["178/recent_media"]);
    let at = cursor(&page);
    assert_eq!(source.also(&visit(&at))[1..], page.next[..]);
    let medium = |id: &str, created: i64| {
        json!({"id": id, "caption": "So #acme", "media_type": "IMAGE", "timestamp": ago(created),
               "permalink": format!("https://www.instagram.com/p/{id}/"), "comments_count": 1})
    };
    let page = read(source, &page.next[0], &list(&[medium("1", 60)], Some("b")), &at);
    assert_eq!(
        lines(&page),
        "1 | text=So #acme | url=https://www.instagram.com/p/1/ | \
         published=2026-11-22T11:59:00+00:00 | thread=1 | replies=1"
    );
    assert!(page.posts[0].has_own_url && page.posts[0].concerns == Concerns::Named);
    let (next, at) = (page.next[0].clone(), cursor(&page));
    // The position is no more: from the beginning.
    let gone = (400, r#"{"error":{"message":"?","code":100}}"#);
    let Verdict::Instead(again) = refused(source, &next, gone, &visit(&at)) else { panic!() };
    assert_eq!(
        (path(&again.next[0]), asked(&again.next[0], "after")),
        ("178/recent_media".to_owned(), None)
    );
    let page = read(source, &next, &list(&[medium("2", 8 * 86_400)], Some("c")), &at);
    assert!(page.posts.is_empty() && page.next.is_empty());
    let page = read(source, &search, &list(&[], None), "");
    assert!(page.trouble.unwrap().contains("#acme"));
    let over = (400, r#"{"error":{"message":"too many hashtags","code":18}}"#);
    let Verdict::Instead(page) = refused(source, &search, over, &visit("")) else { panic!() };
    assert!(page.trouble.unwrap().starts_with("media with #acme cannot be read"));
}

#[test]
fn media_with_a_tag_of_the_account_speak_to_it() {
    let source = tried(&[]);
    let source = source.as_ref();
    let request = source.also(&visit("")).remove(0);
    let mut memory = Memory::of(&visit(""));
    memory.media.insert("2".into(), Seen(0, 0, 1));
    let Cursor(at) = memory.cursor();
    let medium = |id: &str| {
        json!({"id": id, "media_type": "VIDEO", "timestamp": ago(60), "username": "ada",
               "permalink": format!("https://www.instagram.com/p/{id}/"), "like_count": 3})
    };
    let page = read(source, &request, &list(&[medium("1"), medium("2")], None), &at);
    assert_eq!(
        lines(&page),
        "1 | text=[video] | url=https://www.instagram.com/p/1/ | name=ada | handle=ada | \
         at=https://www.instagram.com/ada/ | published=2026-11-22T11:59:00+00:00 | thread=1 | \
         likes=3"
    );
    assert_eq!(page.posts[0].concerns, Concerns::Desk);
}

#[test]
fn messages_come_by_the_page() {
    let source = tried(&[("page", Told::Text("10".into()))]);
    let inbox = source.also(&visit("")).remove(1);
    let message = |id: &str, by: &str| {
        json!({"id": id, "message": id, "created_time": ago(60),
               "from": {"id": by, "username": format!("u{by}")}})
    };
    let messages = list(&[message("a", "17"), message("b", "77"), message("c", "10")], None);
    let body = list(&[json!({"id": "aWd=", "updated_time": ago(60), "messages": messages})], None);
    let page = read(source.as_ref(), &inbox, &body, "");
    assert_eq!(
        lines(&page),
        "b | text=b | name=u77 | handle=u77 | at=https://www.instagram.com/u77/ | \
         published=2026-11-22T11:59:00+00:00 | thread=aWd="
    );
    assert!(page.posts[0].is_private && page.posts[0].site == INSTAGRAM);
}

#[test]
fn refusals_mean_what_they_say() {
    let source = tried(&[("page", Told::Text("10".into())), tags(&["acme"])]);
    let source = source.as_ref();
    let lacks = (403, r#"{"error":{"message":"(#10) no","code":10}}"#);
    let first = source.open(&visit(""));
    let verdict = refused(source, &first, lacks, &visit(""));
    assert!(matches!(verdict, Verdict::Stop(why) if why.contains("instagram_manage_comments")));
    for request in source.also(&visit("")) {
        let Verdict::Instead(page) = refused(source, &request, lacks, &visit("")) else { panic!() };
        assert!(page.trouble.unwrap().contains("cannot be read"));
    }
    let gone = (400, r#"{"error":{"message":"?","code":100,"error_subcode":33}}"#);
    let verdict = refused(source, &first, gone, &visit(""));
    assert!(matches!(verdict, Verdict::Stop(why) if why.contains("`account`")));
    let mut memory = Memory::of(&visit(""));
    memory.add(Look { id: "1".into(), ..Look::default() });
    let Cursor(at) = memory.cursor();
    let look = source.also(&visit(&at)).into_iter().find(|one| path(one) == "1/comments").unwrap();
    let Verdict::Instead(page) = refused(source, &look, gone, &visit(&at)) else { panic!() };
    assert!(page.trouble.is_none() && Memory::of(&visit(&cursor(&page))).looks.is_empty());
    let limit = (400, r#"{"error":{"message":"?","code":80002}}"#);
    assert!(matches!(refused(source, &look, limit, &visit(&at)), Verdict::Wait(..)));
}

#[test]
fn nothing_from_outside_is_trusted() {
    let source = tried(&[tags(&["acme"])]);
    let odd = json!({"hashtags": {"acme": "../me"}, "media": 7}).to_string();
    assert_eq!(source.also(&visit(&odd)).len(), 2, "it does not read");
    let odd = json!({"hashtags": {"acme": "../me"}}).to_string();
    assert_eq!(path(&source.also(&visit(&odd))[1]), "ig_hashtag_search");
    for body in ["[]", "{}", r#"{"data":7}"#, r#"{"data":[[],7,null,{"id":{}}],"paging":7}"#] {
        for request in std::iter::once(source.open(&visit(""))).chain(source.also(&visit(""))) {
            let mut reply = Reply::of(request.location.clone(), body.into());
            reply.about.clone_from(&request.about);
            if let Ok(page) = source.read(&reply, &visit("")) {
                assert!(page.posts.is_empty() && page.next.is_empty(), "{body}");
            }
        }
    }
}

#[test]
fn what_a_webhook_brought_is_read() {
    let body = json!({"object": "instagram", "entry": [{"id": "17", "changes": [
        {"field": "comments", "value": {"id": "31", "text": "Broken", "from":
         {"id": "77", "username": "ada"}, "media": {"id": "1"}, "parent_id": "30"}},
        {"field": "comments", "value": {"id": "32", "text": "Sorry", "from": {"id": "17"}}},
        {"field": "mentions", "value": {"media_id": "9"}}]}]});
    let page = saved(tried(&[]).as_ref(), body.to_string().as_bytes()).unwrap();
    assert_eq!(
        lines(&page),
        "31 | text=Broken | name=ada | handle=ada | at=https://www.instagram.com/ada/ | parent=30 | \
         thread=1\n9 | text=[mention] | thread=9"
    );
}

/// How many posts a recorded reply holds, and how the first begins; or what is said of it.
type Recorded = Result<(usize, &'static str), &'static str>;

#[test]
fn recorded_replies_are_read() {
    let expected: &[(&str, Recorded)] = &[
        ("comment_replies.json", Ok((1, "17847314687296283 | text=@lixiangguodu123 nihao"))),
        ("comments_by_ids.json", Ok((2, "17858154961981086 | text=Beautiful! | name=lixiang"))),
        ("comments_p1.json", Ok((2, "17858154961981086 | text=Beautiful! | published=2020-06-01"))),
        ("comments_p2.json", Ok((2, "17892250648466172 | text=@ikroskun  Hey, guys | pub"))),
        ("hashtag_recent_media_p1.json", Ok((5, "18088158883149835 | text=[photo] | thread="))),
        ("hashtag_recent_media_p2.json", Ok((5, "17863800889667054 | text=[photo] | thread="))),
        ("hashtag_top_media_p1.json", Ok((25, "18088158883149835 | text=• Our Love"))),
        ("ig_hashtag_search.json", Err("this names a hashtag")),
        (
            "media.json",
            Ok((1, "17896129349106152 | text=ALBUM | url=https://www.instagram.com/p/")),
        ),
        ("mentioned_comment.json", Ok((1, "17967008497439572 | text=@ikroskun good | name=ikro"))),
        ("mentioned_media.json", Ok((1, "17889114512354744 | text=@ikroskun hey | published="))),
        ("tagged_media.json", Ok((5, "17892354025952911 | text=publish test | url="))),
        ("user.json", Err("this tells of an account")),
        ("user_media_p1.json", Ok((2, "17895731045244887 | text=[photo] | url="))),
    ];
    let nameless = source(Kind::Instagram, &[], &[]);
    for (name, body) in samples("instagram", ".json") {
        let (_, expected) =
            expected.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{name}"));
        match (saved(nameless.as_ref(), &body), expected) {
            (Ok(page), Ok((posts, first))) => {
                let told = page.posts.first().map(line).unwrap_or_default();
                assert_eq!(
                    (page.posts.len(), page.skipped),
                    (*posts, 0),
                    "{name}: {}",
                    lines(&page)
                );
                assert!(told.starts_with(first), "{name}: {told}");
            }
            (Err(said), Err(expected)) => assert!(said.contains(expected), "{name}: {said}"),
            (read, _) => panic!("{name}: {read:?}"),
        }
    }
}

#[test]
fn replies_in_the_shapes_of_today_are_read_by_themselves() {
    let read = |name: &str| saved(tried(&[]).as_ref(), reply(name).as_bytes()).unwrap();
    let page = read("instagram/comments.json");
    assert_eq!((ids(&page), page.posts[1].parent.as_deref()), (vec!["31", "32"], Some("31")));
    let page = read("instagram/media.json");
    assert_eq!((ids(&page), page.posts[1].text.as_str()), (vec!["21", "20"], "[album]"));
    let page = read("instagram/mentioned.json");
    assert_eq!((ids(&page), page.posts[0].thread.as_deref()), (vec!["41"], Some("40")));
}
