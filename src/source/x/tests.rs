//! Answers of X, how a walk over paid pages goes, and what each refusal leads to.

use super::*;
use crate::fetch::Secret;
use crate::source::Cursor;
use crate::source::site::Told;
use crate::source::testing::{answered, lines, samples, saved, source, visit};

mod refused;

/// A post written at this minute of 22 November 2026, as ids of X tell.
fn id(minute: u64) -> u64 {
    let noon = 1_795_348_800_000_u64 - 1_288_834_974_657;
    (noon - 12 * 3_600_000 + minute * 60_000) << 22
}

fn told(more: &[(&'static str, Told)]) -> Vec<(&'static str, Told)> {
    let mut told = vec![
        ("token", Told::Secret(Secret::from("s3cr3t"))),
        ("monthly_cap", Told::Number(50_000_000)),
    ];
    told.extend_from_slice(more);
    told
}

fn tried(more: &[(&'static str, Told)], keywords: &[&str]) -> Box<dyn Source> {
    source(Kind::X, &told(more), keywords)
}

fn account() -> (&'static str, Told) {
    ("account", Told::Text("@acme".into()))
}

#[track_caller]
fn asked(request: &Request, name: &str) -> Option<String> {
    let Location::Web(url) = &request.location else { panic!("{request:?}") };
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn most(request: &Request) -> u64 {
    request.cost.as_ref().unwrap().most
}

fn post(id: u64) -> String {
    format!(r#"{{"id":"{id}","text":"Acme","created_at":"2026-11-22T10:00:00Z"}}"#)
}

fn page(ids: &[u64], next: Option<&str>) -> String {
    let data: Vec<String> = ids.iter().map(|id| post(*id)).collect();
    let next = next.map_or(String::new(), |next| format!(r#","next_token":"{next}""#));
    let newest = ids.iter().max().map_or(String::new(), |id| format!(r#","newest_id":"{id}""#));
    format!(
        r#"{{"data":[{}],"meta":{{"result_count":{}{newest}{next}}}}}"#,
        data.join(","),
        ids.len()
    )
}

/// Reads what came of the request that is next, and returns the page and the cursor behind it.
#[track_caller]
fn step(source: &dyn Source, cursor: &str, body: &str) -> (Page, String) {
    let at = visit(cursor);
    let page = answered(source, &source.open(&at), body, &at);
    let Cursor(cursor) = page.cursor.clone().unwrap();
    (page, cursor)
}

#[test]
fn a_post_is_read_with_all_that_x_tells_in_both_spellings() {
    let old = r#"{"data":[{"id":"1500000000000000002","text":"cut https:\/\/t.co\/a",
        "note_tweet":{"text":"@acme &lt;3 &amp;amp; see https:\/\/t.co\/abcdefghij and https:\/\/t.co\/klmnopqrst",
         "entities":{"urls":[{"url":"https://t.co/abcdefghij","expanded_url":"https://acme.example/?a=1&b"},
          {"url":"https://t.co/klmnopqrst","expanded_url":"https://x.com/ada/status/1/photo/1"}]}},
        "edit_history_tweet_ids":["1500000000000000001","1500000000000000002"],"author_id":"7",
        "created_at":"2022-03-05T06:00:00.000Z","lang":"iw","conversation_id":"1400000000000000000",
        "referenced_tweets":[{"type":"quoted","id":"3"},{"type":"replied_to","id":"1450000000000000000"}],
        "public_metrics":{"retweet_count":1,"quote_count":2,"reply_count":3,"like_count":4,"impression_count":5}}],
        "includes":{"users":[{"id":"7","username":"ada","name":"Ada &amp; co","public_metrics":{"followers_count":9}}]},
        "meta":{"result_count":1}}"#;
    let new = old
        .replace("note_tweet", "note_post")
        .replace("edit_history_tweet_ids", "edit_history_post_ids")
        .replace("referenced_tweets", "referenced_posts")
        .replace("retweet_count", "repost_count");
    let expected = "1500000000000000001 | text=@acme <3 &amp; see https://acme.example/?a=1&b and | \
        url=https://x.com/ada/status/1500000000000000001 | name=Ada & co | handle=ada | \
        at=https://x.com/ada | followers=9 | published=2022-03-05T06:47:23.309+00:00 | \
        edited=2022-03-05T06:00:00+00:00 | language=he | parent=1450000000000000000 | \
        thread=1400000000000000000 | likes=4 | replies=3 | shares=3 | views=5";
    for body in [old, &new] {
        let page = saved(tried(&[], &["Acme"]).as_ref(), body.as_bytes()).unwrap();
        assert_eq!(lines(&page), expected);
        assert_eq!(page.used, Some(5_000 + 10_000), "a post and an account");
    }
}

#[test]
fn without_authors_a_post_still_has_an_address_and_somebody_who_wrote_it() {
    let body = r#"{"id":"1500000000000000001","text":"Acme","author_id":"7","lang":"und"}"#;
    let page = saved(tried(&[], &["Acme"]).as_ref(), body.as_bytes()).unwrap();
    assert_eq!(
        lines(&page),
        "1500000000000000001 | text=Acme | url=https://x.com/i/status/1500000000000000001 | \
         at=https://x.com/i/user/7 | published=2022-03-05T06:47:23.309+00:00"
    );
}

#[test]
fn codes_of_languages_become_those_in_use() {
    let read = |code: &str| post::language(code).map(|language| language.code().to_owned());
    assert_eq!(read("in").as_deref(), Some("id"));
    assert_eq!(read("fi").as_deref(), Some("fi"));
    for code in ["und", "qme", "zxx", "art", ""] {
        assert_eq!(read(code), None, "{code}");
    }
}

#[test]
fn links_of_one_post_do_not_make_it_grow_without_bound() {
    let long = format!("https://a.example/{}", "x".repeat(2000));
    let link = format!(r#"{{"url":"https://t.co/a","expanded_url":"{long}"}}"#);
    let body = format!(
        r#"{{"id":"1500000000000000001","text":"{}","entities":{{"urls":[{}]}}}}"#,
        "https://t.co/a ".repeat(20_000),
        vec![link; 1000].join(",")
    );
    let page = saved(tried(&[], &["Acme"]).as_ref(), body.as_bytes()).unwrap();
    assert!(page.posts[0].text.len() < 20_000 * 15 + 50 * 2100);
}

/// Of a recorded answer how many posts it holds, and how many are dropped as mere reposts; or what is
/// said of it.
type Recorded = (&'static str, Result<(usize, usize), &'static str>);

const RECORDED: [Recorded; 22] = [
    ("error_400_invalid_request.json", Err("X says: JSON doesn't match expected schema")),
    ("error_401.json", Err("X says: Unauthorized")),
    ("error_403_client_forbidden.json", Err("X says: When authenticating requests")),
    ("error_429.json", Err("X says: Too Many Requests")),
    ("error_429_legacy.json", Err("X says: Rate limit exceeded")),
    ("error_429_usage_capped.json", Err("X says: Usage cap exceeded")),
    ("get_quote_tweets.json", Ok((9, 7))),
    ("get_tweet_with_fields.json", Ok((1, 0))),
    ("get_tweets.json", Ok((2, 0))),
    ("get_users_tweets.json", Ok((2, 0))),
    ("mentions_with_expansions.json", Ok((5, 0))),
    ("openapi.extract.json", Err("the answer holds no posts")),
    ("partial_errors_200.json", Ok((1, 0))),
    ("quote_tweets_expansions.json", Ok((15, 13))),
    ("search_recent_default_fields.json", Ok((10, 3))),
    ("search_recent_empty.json", Ok((0, 0))),
    ("search_recent_expansions.json", Ok((4, 0))),
    ("search_recent_geo.json", Ok((10, 7))),
    ("search_recent_post_spelling.json", Ok((1, 0))),
    ("search_recent_short_page.json", Ok((10, 0))),
    ("tweet_object_full.json", Ok((1, 0))),
    ("users_mentions.json", Ok((10, 0))),
];

#[test]
fn recorded_answers_are_read() {
    for (name, body) in samples("x", ".json") {
        let read = saved(tried(&[], &["Acme"]).as_ref(), &body);
        if ["usage_tweets.json", "user_object.json"].contains(&name.as_str()) {
            assert_eq!(read, Err("the answer holds no posts".into()), "{name}");
            continue;
        }
        let (_, expected) = RECORDED.iter().find(|(known, _)| *known == name).expect(&name);
        match (read, expected) {
            (Ok(page), Ok((all, reposts))) => {
                assert_eq!(page.posts.len(), all - reposts, "{name}: {}", lines(&page));
                assert_eq!((page.skipped, page.trouble), (0, None), "{name}");
                let has_times = page.posts.iter().all(|post| post.published.is_some());
                assert!(has_times, "{name}: ids tell the time where nothing else does");
            }
            (Err(said), Err(expected)) => assert!(said.starts_with(expected), "{name}: {said}"),
            (read, _) => panic!("{name}: {read:?}"),
        }
    }
}

#[test]
fn keywords_become_few_searches_that_x_understands() {
    let source = tried(&[account()], &["Acme", "\"Acme Pay\"", "@acme@mastodon.example", "#acme"]);
    let query = asked(&source.open(&visit("")), "query").unwrap();
    assert_eq!(
        query,
        "(Acme OR \"Acme Pay\" OR \"acme@mastodon.example\" OR #acme) -is:retweet -from:acme -@acme"
    );
    // What names the account is bought with its mentions, and not twice.
    let source = tried(&[account()], &["@Acme"]);
    assert!(source.open(&visit("")).location.to_string().ends_with("/by/username/acme"));
    let many: Vec<String> = (0..60).map(|nth| format!("Acmeverkkokauppa{nth}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let (mut source, mut cursor) = (tried(&[], &many), String::new());
    let mut found = 0;
    loop {
        let request = source.open(&visit(&cursor));
        let query = asked(&request, "query").unwrap();
        assert!(query.chars().count() <= 512, "{query}");
        found += query.matches("Acmeverkkokauppa").count();
        let (page, next) = step(source.as_ref(), &cursor, r#"{"meta":{"result_count":0}}"#);
        cursor = next;
        if !page.again {
            break;
        }
        // A restart is nothing special.
        source = tried(&[], &many);
    }
    assert_eq!(found, 60);
    assert!(cursor.len() < 1000, "{cursor}");
}

#[test]
fn a_walk_keeps_what_it_began_with_and_the_next_begins_where_it_began() {
    let source = tried(&[], &["Acme"]);
    let first = source.open(&visit(""));
    assert_eq!(asked(&first, "start_time").as_deref(), Some("2026-11-21T12:00:00Z"));
    assert_eq!((asked(&first, "max_results").as_deref(), most(&first)), (Some("100"), 500_000));
    let (page1, cursor) = step(source.as_ref(), "", &page(&[id(700), id(690)], Some("two")));
    assert!(page1.again && page1.next.is_empty());
    assert_eq!(page1.used, Some(10_000), "what it brought, not what was set aside");
    let second = source.open(&visit(&cursor));
    assert_eq!(asked(&second, "start_time").as_deref(), Some("2026-11-21T12:00:00Z"));
    // However long an answer takes, its next page is asked for the very same span.
    let late = Visit { now: visit("").now + Duration::minutes(3), ..visit("") };
    let slow = answered(source.as_ref(), &first, &page(&[id(700)], Some("two")), &late);
    let third = source.open(&Visit { cursor: slow.cursor.unwrap(), ..late });
    assert_eq!(asked(&third, "start_time"), asked(&first, "start_time"));
    assert_eq!(asked(&second, "next_token").as_deref(), Some("two"));
    assert_eq!((asked(&second, "max_results").as_deref(), most(&second)), (Some("100"), 500_000));
    let (page2, cursor) = step(source.as_ref(), &cursor, &page(&[id(600)], None));
    assert!(!page2.again);
    let next = source.open(&visit(&cursor));
    assert_eq!(asked(&next, "since_id"), Some(id(700).to_string()));
    assert_eq!((asked(&next, "next_token"), asked(&next, "start_time")), (None, None));
    // The next walk keeps its own beginning over its pages, though the first page had newer posts.
    let (_, cursor) = step(source.as_ref(), &cursor, &page(&[id(719)], Some("two")));
    assert_eq!(asked(&source.open(&visit(&cursor)), "since_id"), Some(id(700).to_string()));
    let (_, cursor) = step(source.as_ref(), &cursor, r#"{"meta":{"result_count":0}}"#);
    assert_eq!(asked(&source.open(&visit(&cursor)), "since_id"), Some(id(719).to_string()));
}

#[test]
fn a_page_that_does_not_lead_on_ends_the_walk() {
    let source = tried(&[], &["Acme"]);
    let (_, cursor) = step(source.as_ref(), "", &page(&[id(700)], Some("two")));
    for body in [
        page(&[id(600)], Some("two")),
        page(&[id(700)], Some("three")),
        page(&[id(600)], Some(&"x".repeat(501))),
    ] {
        let (page, _) = step(source.as_ref(), &cursor, &body);
        assert!(!page.again, "{body}");
    }
    // Pages may be empty and yet be followed by others, for a while.
    let mut cursor = cursor;
    for nth in 1..=5 {
        let (page, next) = step(source.as_ref(), &cursor, &page(&[], Some(&format!("empty{nth}"))));
        assert_eq!(page.again, nth < 5, "{nth}");
        cursor = next;
    }
}

#[test]
fn a_post_older_than_the_search_reaches_is_no_place_to_begin() {
    let source = tried(&[], &["Acme"]);
    let old = id(0) - ((8 * 24 * 3_600_000) << 22);
    let (_, cursor) = step(source.as_ref(), "", &page(&[old], None));
    let next = source.open(&visit(&cursor));
    assert_eq!(asked(&next, "since_id"), None);
    assert_eq!(asked(&next, "start_time").as_deref(), Some("2026-11-15T12:10:00Z"));
    // A walk that was broken off so long ago is read as far as it is still to be had.
    let list = format!(r#""since":{old},"newest":{},"oldest":{},"next":"two""#, id(9), id(5));
    let cursor = cursor_with(source.as_ref(), &list);
    let next = source.open(&visit(&cursor));
    assert_eq!(asked(&next, "until_id"), Some(id(5).to_string()));
    assert_eq!(asked(&next, "start_time").as_deref(), Some("2026-11-15T12:10:00Z"));
    assert_eq!((asked(&next, "next_token"), asked(&next, "since_id")), (None, None));
}

/// A cursor whose one search stands like this.
fn cursor_with(source: &dyn Source, list: &str) -> String {
    let about = source.open(&visit("")).about;
    let (name, _) = super::asked(&about);
    format!(r#"{{"lists":{{"{name}":{{{list}}}}},"at":"{name}"}}"#)
}

#[test]
fn other_keywords_begin_behind_what_was_paid_for() {
    let source = tried(&[], &["Acme"]);
    let (_, cursor) = step(source.as_ref(), "", &page(&[id(700)], Some("two")));
    let other = tried(&[], &["Acme", "Acmela"]);
    assert!(other.never_looks_again());
    // What the walk under way had still to read is read, and no more.
    let next = other.open(&visit(&cursor));
    assert_eq!(asked(&next, "start_time").as_deref(), Some("2026-11-21T12:00:00Z"));
    assert_eq!(asked(&next, "until_id"), Some(id(700).to_string()));
    assert_eq!(asked(&next, "next_token"), None);
    let (_, done) = step(other.as_ref(), &cursor, &page(&[id(650)], None));
    assert_eq!(asked(&other.open(&visit(&done)), "since_id"), Some(id(700).to_string()));
    let third = tried(&[], &["Acmela"]);
    let next = third.open(&visit(&done));
    assert_eq!(asked(&next, "since_id"), Some(id(700).to_string()));
    assert_eq!(asked(&next, "until_id"), None);
}

#[test]
fn another_account_begins_behind_what_was_paid_for_and_leaves_the_searches() {
    let source = tried(&[], &["Acme"]);
    let (_, cursor) = step(source.as_ref(), "", &page(&[id(700)], None));
    let with = |name: &str| tried(&[("account", Told::Text(name.into()))], &["Acme"]);
    let (acme, beta) = (with("acme"), with("beta"));
    assert_eq!((acme.concerns(), source.concerns()), (Concerns::Brand, Concerns::Named));
    let empty = r#"{"meta":{"result_count":0}}"#;
    let search = acme.open(&visit(&cursor));
    assert_eq!(asked(&search, "since_id"), Some(id(700).to_string()), "it goes on as it was");
    let (_, cursor) = step(acme.as_ref(), &cursor, empty);
    let (_, cursor) = step(acme.as_ref(), &cursor, r#"{"data":{"id":"42","username":"acme"}}"#);
    let mentions = acme.open(&visit(&cursor));
    assert!(mentions.location.to_string().ends_with("/42/mentions"));
    assert_eq!(asked(&mentions, "since_id"), Some(id(700).to_string()));
    // What the account wrote itself is none.
    let body = format!(
        r#"{{"data":[{{"id":"{}","text":"x","author_id":"42","created_at":"2026-11-22T10:00:00Z"}},{}],"meta":{{}}}}"#,
        id(710),
        post(id(705))
    );
    let (told, cursor) = step(acme.as_ref(), &cursor, &body);
    assert_eq!((told.posts.len(), told.used, told.again), (1, Some(10_000), false));
    // Another account is looked up, and its mentions begin behind the newest that was bought.
    let search = beta.open(&visit(&cursor));
    assert_eq!(asked(&search, "since_id"), Some(id(700).to_string()));
    let (_, cursor) = step(beta.as_ref(), &cursor, empty);
    assert!(beta.open(&visit(&cursor)).location.to_string().ends_with("/by/username/beta"));
    let (_, cursor) = step(beta.as_ref(), &cursor, r#"{"data":{"id":"43","username":"beta"}}"#);
    let mentions = beta.open(&visit(&cursor));
    assert!(mentions.location.to_string().ends_with("/43/mentions"));
    assert_eq!(asked(&mentions, "since_id"), Some(id(710).to_string()));
    assert_eq!(asked(&mentions, "start_time"), None, "no first look is bought again");
    // So too where there was none in between.
    let (_, cursor) = step(beta.as_ref(), &cursor, empty);
    let (_, cursor) = step(source.as_ref(), &cursor, empty);
    let (_, cursor) = step(acme.as_ref(), &cursor, empty);
    assert!(acme.open(&visit(&cursor)).location.to_string().ends_with("/by/username/acme"));
}

#[test]
fn only_where_nothing_else_is_told_words_tell_a_repost() {
    let source = tried(&[], &["Acme"]);
    let read = |more: &str| {
        let body = format!(
            r#"{{"data":[{{"id":"{}","text":"RT @ada Acme…"{more}}}],"meta":{{}}}}"#,
            id(700)
        );
        step(source.as_ref(), "", &body).0.posts.len()
    };
    assert_eq!(read(""), 0);
    assert_eq!(read(r#","created_at":"2026-11-22T10:00:00Z""#), 1);
}

#[test]
fn the_account_is_looked_up_once_and_its_mentions_concern_the_brand() {
    let only = [("search", Told::Flag(false)), account(), ("authors", Told::Flag(true))];
    let source = tried(&only, &["Acme"]);
    let first = source.open(&visit(""));
    assert_eq!(first.location.to_string(), "https://api.x.com/2/users/by/username/acme");
    assert_eq!(most(&first), 10_000);
    let (page1, cursor) = step(source.as_ref(), "", r#"{"data":{"id":"42","username":"acme"}}"#);
    assert_eq!((page1.again, page1.used), (true, Some(10_000)));
    let mentions = source.open(&visit(&cursor));
    assert!(mentions.location.to_string().starts_with("https://api.x.com/2/users/42/mentions"));
    assert_eq!(
        (asked(&mentions, "max_results").as_deref(), most(&mentions)),
        (Some("100"), 1_500_000)
    );
    assert_eq!(asked(&mentions, "expansions").as_deref(), Some("author_id"));
    let (page2, cursor) = step(source.as_ref(), &cursor, &page(&[id(700)], Some("two")));
    assert_eq!(page2.posts[0].concerns, Concerns::Brand);
    let next = source.open(&visit(&cursor));
    assert_eq!(asked(&next, "pagination_token").as_deref(), Some("two"));
    let nobody = r#"{"errors":[{"detail":"Could not find user with username: [acme].",
        "type":"https://api.twitter.com/2/problems/resource-not-found"}]}"#;
    let mut reply = Reply::of(first.location.clone(), nobody.as_bytes().to_vec());
    reply.about.clone_from(&first.about);
    let said = source.read(&reply, &visit("")).unwrap_err().to_string();
    assert!(said.contains("knows no account @acme (Could not find user"), "{said}");
}

#[test]
fn where_little_is_left_fewer_posts_are_asked_for() {
    let source = tried(&[account()], &["Acme"]);
    let cursor = cursor_with(source.as_ref(), &format!(r#""since":{}"#, id(1)));
    let request = source.open(&visit(&cursor));
    let size = |left: u64| {
        source
            .within(&request, left)
            .map(|less| (asked(&less, "max_results").unwrap(), most(&less)))
    };
    assert_eq!(size(452_000), Some(("90".into(), 450_000)));
    assert_eq!(size(50_000), Some(("10".into(), 50_000)));
    assert_eq!(size(49_999), None, "a search gives ten posts or none");
    let less = source.within(&request, 60_000).unwrap();
    assert_eq!(asked(&less, "query"), asked(&request, "query"));
    assert_eq!((less.about, less.access), (request.about, request.access));
    let rechecking = tried(&[("recheck", Told::Flag(true))], &["Acme"]);
    let ids: Vec<String> = (1..=100).map(|id| id.to_string()).collect();
    let asked_again = rechecking.recheck(&ids, &visit(""));
    assert_eq!((asked_again.len(), most(&asked_again[0])), (1, 500_000));
    let less = rechecking.within(&asked_again[0], 12_000).unwrap();
    assert_eq!((asked(&less, "ids").as_deref(), most(&less)), (Some("1,2"), 10_000));
    assert_eq!(rechecking.within(&asked_again[0], 4_999), None);
}

#[test]
fn what_became_of_posts_is_read_only_where_it_is_wished() {
    let source = tried(&[], &["Acme"]);
    assert_eq!((source.recheck(&["1".into()], &visit("")).len(), source.most_rechecked()), (0, 0));
    let source = tried(&[("recheck", Told::Flag(true))], &["Acme"]);
    let request = &source.recheck(&["1".into(), "acme".into(), "2".into()], &visit(""))[0];
    assert_eq!(asked(request, "ids").as_deref(), Some("1,2"));
    let body = r#"{"data":[{"id":"1500000000000000001","text":"Acme"}],"errors":[
        {"parameter":"ids","resource_id":"2","type":"https://api.x.com/2/problems/resource-not-found"},
        {"parameter":"referenced_tweets.id","resource_id":"3","type":"https://api.x.com/2/problems/resource-not-found"}]}"#;
    let page = answered(source.as_ref(), request, body, &visit(""));
    assert!(lines(&page).ends_with("\n2 is gone"), "{}", lines(&page));
    assert_eq!((page.used, page.cursor, page.again), (Some(5_000), None, false));
}

#[test]
fn hostile_cursors_and_answers_are_no_harm() {
    let source = tried(&[account()], &["Acme"]);
    for cursor in [
        "{",
        "[]",
        r#"{"at":"x","lists":{"x":{"since":-1}}}"#,
        r#"{"at":"mentions","account":"../.."}"#,
    ] {
        let request = source.open(&visit(cursor));
        assert!(request.location.to_string().starts_with("https://api.x.com/2/"), "{cursor}");
    }
    for body in ["[]", "null", "{}", r#"{"data":7}"#, r#"{"errors":7}"#, "<html>"] {
        assert!(saved(source.as_ref(), body.as_bytes()).is_err(), "{body}");
    }
    let page = saved(source.as_ref(), br#"{"data":[7,{"id":"x","text":"y"},{"id":"9"}]}"#).unwrap();
    assert_eq!((page.posts.len(), page.skipped), (0, 3));
}

#[test]
fn what_will_not_do_is_said_with_a_remedy() {
    let wrong = |told: &[(&'static str, Told)]| {
        let given = Given {
            url: None,
            told: told.iter().map(|(key, told)| ((*key).to_owned(), told.clone())).collect(),
        };
        let watch = Watch {
            name: crate::post::SourceName("x".into()),
            base: Url::parse(SITE.host).unwrap(),
            given: &given,
            keywords: Vec::new(),
            languages: Vec::new(),
        };
        (SITE.build)(watch).err().map(|wrong| wrong.key)
    };
    assert_eq!(wrong(&[("account", Told::Text("acme.example".into()))]), Some("account"));
    assert_eq!(wrong(&[("search", Told::Flag(false))]), Some("search"));
    assert_eq!(wrong(&[("monthly_cap", Told::Number(49_999))]), Some("monthly_cap"));
    assert_eq!(wrong(&[("monthly_cap", Told::Number(50_000))]), None);
    let nothing = tried(&[], &["site:acme.example"]).open(&visit(""));
    assert!(nothing.location.to_string().ends_with("/2/usage/tweets") && nothing.cost.is_none());
    assert_eq!(tried(&[], &["Acme"]).probe(&visit("")), [nothing], "a try costs nothing");
}
