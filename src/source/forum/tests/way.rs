//! From the page to the API of the same forum, and back.

use super::*;
use serde_json::{Value, json};

const SETUP: &str =
    "<!doctype html><meta name='x'><meta id=\"data-discourse-setup\" data-base-uri=\"/forum\">";

/// A Discourse in a folder, with one topic of so many posts.
fn discourse(posts: u64) -> impl Fn(&str) -> Result<String, u16> {
    move |url| {
        let rest = url.strip_prefix("https://a.example/forum").ok_or(404_u16)?;
        let post = |number: u64| {
            json!({"id": 100 + number, "topic_id": 7, "topic_slug": "x", "post_number": number,
            "post_type": 1, "cooked": "<p>x</p>", "username": "maija", "created_at": "2026-01-02T03:04:05Z"})
        };
        let topic = |shown: Vec<u64>| {
            json!({"id": 7, "slug": "x", "title": "T", "highest_post_number": posts,
            "post_stream": {"posts": shown.into_iter().map(post).collect::<Vec<_>>(),
                            "stream": (1..=posts).map(|number| 100 + number).collect::<Vec<_>>()}})
        };
        let body = match rest {
            "/c/general/4" | "" | "/t/x/7" => return Ok(SETUP.to_owned()),
            "/c/general/4/l/latest.json" | "/latest.json" => json!({"topic_list": {"topics": [
                {"id": 7, "slug": "x", "title": "T", "highest_post_number": posts, "posts_count": posts}]}}),
            "/t/x/7.json" => topic((1..=posts.min(20)).collect()),
            _ => {
                if let Some(query) = rest.strip_prefix("/t/7/posts.json?") {
                    let ids = query
                        .split('&')
                        .filter_map(|pair| pair.split_once('=')?.1.parse::<u64>().ok());
                    json!({"id": 7, "post_stream": {"posts": ids.map(|id| post(id - 100)).collect::<Vec<_>>()}})
                } else {
                    let number =
                        rest.strip_prefix("/t/x/7/").and_then(|rest| rest.strip_suffix(".json"));
                    let number: u64 =
                        number.and_then(|number| number.parse().ok()).ok_or(404_u16)?;
                    topic((number.saturating_sub(5).max(1)..=posts.min(number + 14)).collect())
                }
            }
        };
        Ok(body.to_string())
    }
}

fn numbers(poller: &Poller) -> Vec<u64> {
    let mut numbers: Vec<u64> = poller.posts.iter().map(|id| id.parse().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn discourse_is_read_by_its_api_once_that_was_seen_to_work() {
    for (home, list) in [("c/general/4", "c/general/4/l/latest.json"), ("", "latest.json")] {
        let home = format!("https://a.example/forum/{home}");
        let mut poller = Poller::of(home.trim_end_matches('/'));
        let list = format!("https://a.example/forum/{list}");
        poller.poll(discourse(3));
        let topic = "https://a.example/forum/t/x/7.json";
        assert_eq!(poller.asked[1..], [list.as_str(), topic]);
        assert_eq!(numbers(&poller), [1, 2, 3]);
        poller.poll(discourse(3));
        assert_eq!(poller.asked, [list.as_str()]);
        poller.poll(discourse(5));
        assert_eq!(poller.asked, [list.as_str(), "https://a.example/forum/t/x/7/3.json"]);
        assert_eq!(numbers(&poller), [1, 2, 3, 4, 5]);
    }
}

#[test]
fn the_posts_of_a_long_topic_are_asked_for_by_id() {
    let mut poller = Poller::of("https://a.example/forum/c/general/4");
    poller.poll(discourse(65));
    assert_eq!(numbers(&poller), (1..=65).collect::<Vec<_>>());
    // The page, the list, the topic, and twice twenty and once five posts.
    assert_eq!(poller.asked.len(), 6);
    poller.poll(discourse(100));
    assert_eq!(numbers(&poller), (60..=100).collect::<Vec<_>>());
    assert_eq!(poller.asked.len(), 4);
    poller.poll(discourse(100));
    assert_eq!(poller.asked.len(), 1);
}

#[test]
fn of_a_very_long_topic_the_first_and_the_last_posts_are_read() {
    let mut poller = Poller::of("https://a.example/forum/c/general/4");
    poller.poll(discourse(1_000));
    assert_eq!(numbers(&poller), (1..=20).chain(821..=1_000).collect::<Vec<_>>());
}

#[test]
fn a_broken_walk_by_id_goes_on() {
    let mut poller = Poller::of("https://a.example/forum/t/x/7");
    let mut seen = std::collections::BTreeSet::new();
    let site = discourse(65);
    for broken in [3, 2, 2, 9, 9] {
        let mut nth = 0;
        poller.poll(|url| {
            nth += 1;
            if nth == broken { Err(0) } else { site(url) }
        });
        seen.extend(numbers(&poller));
    }
    assert_eq!(seen, (1..=65).collect());
    poller.poll(&site);
    assert_eq!(poller.asked, ["https://a.example/forum/t/x/7/65.json"]);
    poller.poll(discourse(66));
    assert!(numbers(&poller).contains(&66));
}

#[test]
fn posts_by_id_that_are_gone_cost_no_others() {
    let mut poller = Poller::of("https://a.example/forum/c/general/4");
    let site = discourse(65);
    poller.poll(|url| if url.contains("=121&") { Err(404) } else { site(url) });
    // Of the first chunk behind the page nothing is left.
    let expected: Vec<u64> = (1..=20).chain(41..=65).collect();
    assert_eq!((numbers(&poller), &poller.troubles), (expected, &vec![]), "{:?}", poller.asked);
    poller.poll(&site);
    assert_eq!(poller.asked.len(), 1);
}

#[test]
fn the_pages_are_read_for_a_week_when_the_api_refuses() {
    let rows = fake::row("/forum/t/x/7", 1, "#p1");
    let page = format!("{SETUP}{}", fake::list(&rows));
    let topic = fake::page_with(&fake::post(1, 10));
    for answer in [
        Err(403),
        Err(404),
        Ok("<!doctype html><p>Log in</p>"),
        Ok("{\"errors\":[\"no\"]}"),
        Ok("{\"topic_list\":{\"topics\":[]}}"),
    ] {
        let get = |url: &str| match url {
            "https://a.example/forum/c/general/4" => Ok(page.clone()),
            "https://a.example/forum/t/x/7" => Ok(topic.clone()),
            url if url.contains(".json") => answer.map(str::to_owned),
            _ => Err(404),
        };
        let mut poller = Poller::of("https://a.example/forum/c/general/4");
        poller.poll(get);
        assert_eq!(
            (poller.posts.as_slice(), poller.asked.len()),
            (["1".to_owned()].as_slice(), 4),
            "{answer:?}"
        );
        poller.poll(get);
        assert_eq!(poller.asked.len(), 1);
        poller.now += TimeDelta::days(8);
        poller.poll(get);
        assert_eq!(poller.asked.len(), 3);
    }
}

#[test]
fn an_api_that_is_withdrawn_is_left_within_the_poll() {
    let rows = fake::row("/forum/t/x/7", 1, "#p1");
    let page = format!("{SETUP}{}", fake::list(&rows));
    let topic = fake::page_with(&fake::post(1, 10));
    for status in [401, 403, 404] {
        let mut poller = Poller::of("https://a.example/forum/c/general/4");
        poller.poll(discourse(3));
        assert_eq!(numbers(&poller), [1, 2, 3]);
        poller.poll(|url| match url {
            "https://a.example/forum/c/general/4" => Ok(page.clone()),
            "https://a.example/forum/t/x/7" => Ok(topic.clone()),
            _ => Err(status),
        });
        assert_eq!((poller.posts.as_slice(), poller.asked.len()), (["1".to_owned()].as_slice(), 3));
    }
    // Too many requests are no refusal.
    let mut poller = Poller::of("https://a.example/forum/c/general/4");
    poller.poll(discourse(3));
    poller.poll(|_| Err(429));
    assert_eq!(poller.asked.len(), 1);
    poller.poll(discourse(3));
    assert_eq!(poller.asked, ["https://a.example/forum/c/general/4/l/latest.json"]);
}

#[test]
fn an_api_that_never_answers_is_not_waited_for() {
    let rows = fake::row("/forum/t/x/7", 1, "#p1");
    let page = format!("{SETUP}{}", fake::list(&rows));
    let topic = fake::page_with(&fake::post(1, 10));
    let mut poller = Poller::of("https://a.example/forum/c/general/4");
    let mut posts = Vec::new();
    for _ in 0..4 {
        poller.poll(|url| match url {
            "https://a.example/forum/c/general/4" => Ok(page.clone()),
            "https://a.example/forum/t/x/7" => Ok(topic.clone()),
            _ => Err(0),
        });
        posts.extend(poller.posts.clone());
    }
    assert_eq!(posts, ["1"]);
}

#[test]
fn an_address_of_an_api_may_be_configured() {
    let mut poller = Poller::of("https://a.example/forum/c/general/4/l/latest.json");
    poller.poll(discourse(3));
    assert_eq!((numbers(&poller), poller.asked.len()), (vec![1, 2, 3], 2));
    poller.poll(discourse(4));
    assert_eq!((numbers(&poller), poller.asked.len()), (vec![1, 2, 3, 4], 2));
}

fn nodebb(posts: u64) -> impl Fn(&str) -> Result<String, u16> {
    move |url| {
        let (path, page) = url.split_once("?page=").unwrap_or((url, "1"));
        let page: u64 = page.parse().unwrap();
        let pages = posts.div_ceil(20);
        let pagination = |count: u64| json!({"currentPage": page, "pageCount": count});
        let post = |pid: u64| json!({"pid": pid, "content": "x", "user": {"username": "maija"}, "timestampISO": "2026-01-02T03:04:05Z"});
        let shown = (page - 1) * 20 + 1..=posts.min(page * 20);
        let body: Value = match path {
            "https://a.example/f/category/4/general" => {
                return Ok(
                    "<script>config = {\"relative_path\":\"/f\"}</script><i class='nodebb'>".into(),
                );
            }
            "https://a.example/f/api/category/4/general" => {
                json!({"cid": 4, "pagination": pagination(1), "topics": [
                {"tid": 7, "slug": "7/x", "title": "T", "postcount": posts, "lastposttime": posts}]})
            }
            "https://a.example/f/api/topic/7/x" => {
                json!({"tid": 7, "slug": "7/x", "title": "T", "pagination": pagination(pages),
                "posts": shown.map(post).collect::<Vec<_>>()})
            }
            _ => return Err(404),
        };
        Ok(body.to_string())
    }
}

#[test]
fn nodebb_is_read_by_its_api() {
    let mut poller = Poller::of("https://a.example/f/category/4/general");
    poller.poll(nodebb(45));
    assert_eq!((numbers(&poller), poller.asked.len()), ((1..=45).collect(), 5));
    poller.poll(nodebb(45));
    assert_eq!(poller.asked, ["https://a.example/f/api/category/4/general"]);
    poller.poll(nodebb(61));
    assert_eq!(numbers(&poller), (41..=61).collect::<Vec<_>>());
    assert_eq!(
        poller.asked[1..],
        ["https://a.example/f/api/topic/7/x?page=3", "https://a.example/f/api/topic/7/x?page=4"]
    );
}

#[test]
fn flarum_is_read_by_its_api() {
    let page = "<script id=\"flarum-json-payload\" type='application/json'>{\"resources\":[{\"attributes\":{\"apiUrl\":\"https:\\/\\/a.example\\/f\\/api\"}}]}</script>";
    let site = |count: u64| {
        move |url: &str| {
            let posts = |ids: std::ops::RangeInclusive<u64>, next: Value| {
                let post = |id: u64| json!({"type": "posts", "id": id.to_string(), "attributes": {"number": id, "contentType": "comment", "contentHtml": "x"}});
                json!({"links": {"next": next}, "data": ids.map(post).collect::<Vec<_>>()})
            };
            let first = "https://a.example/f/api/posts?filter%5Bdiscussion%5D=7&sort=number&page%5Blimit%5D=50";
            let second = format!("{first}&page%5Boffset%5D=50");
            let body = match url {
                "https://a.example/f/t/general" => return Ok(page.to_owned()),
                "https://a.example/f/api/discussions?filter%5Btag%5D=general&sort=-lastPostedAt" => {
                    json!({"data": [
                    {"type": "discussions", "id": "7", "attributes": {"title": "T", "slug": "7-x", "commentCount": count}}]})
                }
                url if url == first => {
                    posts(1..=count.min(50), if count > 50 { json!(second) } else { Value::Null })
                }
                url if url == second => posts(51..=count, Value::Null),
                _ => return Err(404),
            };
            Ok(body.to_string())
        }
    };
    let mut poller = Poller::of("https://a.example/f/t/general");
    poller.poll(site(60));
    assert_eq!(
        (numbers(&poller), poller.asked.len()),
        ((1..=60).collect(), 4),
        "{:?}",
        poller.asked
    );
    poller.poll(site(60));
    assert_eq!(poller.asked.len(), 1);
    poller.poll(site(61));
    assert_eq!(numbers(&poller), (51..=61).collect::<Vec<_>>());
}

/// A `XenForo` with two topics on its list, of which its feed shows the same.
fn xenforo(answers: u64, feed: Option<u16>) -> impl Fn(&str) -> Result<String, u16> {
    move |url| {
        let row = |nth: u64, last: u64| {
            format!(
            "<div class='structItem structItem--thread'><div class='structItem-title'><a data-preview-url='x' href='/threads/t.{nth}/'>T</a></div>
             <dl><dt>Replies</dt><dd>{last}</dd></dl><time class='structItem-latestDate' datetime='2026-01-0{last}T00:00:00Z'></time></div>")
        };
        let post = |id: u64| {
            format!(
            "<article class='message message--post' data-author='maija' data-content='post-{id}'><header class='message-attribution'>
             <time datetime='2026-01-02T00:00:00Z'></time></header><div class='message-body'><div class='bbWrapper'>x</div></div></article>")
        };
        let item = |nth: u64, last: u64| {
            format!(
                "<item><link>https://a.example/threads/t.{nth}/</link><slash:comments>{last}</slash:comments></item>"
            )
        };
        let page = |content: String| {
            format!(
                "<!doctype html><html id=\"XF\" data-app=\"public\"><body>{content}</body></html>"
            )
        };
        Ok(match url {
            "https://a.example/forums/f.4/" => page(row(1, answers) + &row(2, 1)),
            "https://a.example/forums/f.4/index.rss" => match feed {
                None => format!(
                    "<?xml version='1.0'?><rss><channel>{}{}</channel></rss>",
                    item(1, answers),
                    item(2, 1)
                ),
                Some(status) => return Err(status),
            },
            "https://a.example/threads/t.1/" => {
                page((1..=answers).map(|nth| post(nth + 10)).collect())
            }
            "https://a.example/threads/t.2/" => page(post(2)),
            _ => return Err(404),
        })
    }
}

#[test]
fn the_list_of_xenforo_is_read_by_its_feed() {
    let mut poller = Poller::of("https://a.example/forums/f.4/");
    poller.poll(xenforo(1, None));
    assert_eq!((numbers(&poller), poller.asked.len()), (vec![2, 11], 4), "{:?}", poller.asked);
    poller.poll(xenforo(1, None));
    assert_eq!(poller.asked, ["https://a.example/forums/f.4/index.rss"]);
    poller.poll(xenforo(2, None));
    assert_eq!((numbers(&poller), poller.asked.len()), (vec![11, 12], 2));
    // The feed goes away: the page is read again.
    poller.poll(xenforo(3, Some(404)));
    assert!(numbers(&poller).contains(&13), "{:?}", poller.asked);
    poller.poll(xenforo(3, Some(404)));
    assert_eq!(poller.asked, ["https://a.example/forums/f.4/"]);
}

#[test]
fn a_feed_in_which_all_is_news_is_too_short() {
    let list = |count: u64, mark: u64| {
        let item = |nth| {
            format!(
                "<item><link>https://a.example/threads/t.{nth}/</link><guid>{mark}</guid></item>"
            )
        };
        let items: String = (1..=count).map(item).collect();
        format!("<?xml version='1.0'?><rss><channel>{items}</channel></rss>")
    };
    let front = "<!doctype html><html id=\"XF\" data-app=\"public\"><p>Forums</p>";
    for (count, expected) in [(10, 2), (9, 10)] {
        let mut poller = Poller::of("https://a.example/");
        for (mark, times) in [(1, 3), (2, 1)] {
            for _ in 0..times {
                poller.poll(|url| match url {
                    "https://a.example/" => Ok(front.to_owned()),
                    "https://a.example/forums/-/index.rss" => Ok(list(count, mark)),
                    _ => Ok(fake::page_with(&fake::post(1, 10))),
                });
            }
        }
        // The page is asked for instead, which here has nothing.
        assert_eq!(poller.asked.len(), expected, "{:?}", poller.asked);
    }
}

#[test]
fn a_feed_that_is_refused_costs_one_request_a_week() {
    let mut poller = Poller::of("https://a.example/forums/f.4/");
    poller.poll(xenforo(1, Some(403)));
    assert_eq!((numbers(&poller), poller.asked.len()), (vec![2, 11], 4));
    poller.poll(xenforo(1, Some(403)));
    assert_eq!(poller.asked, ["https://a.example/forums/f.4/"]);
}

#[test]
fn an_api_is_beside_its_page() {
    let flarum = "id=\"flarum-json-payload\"";
    let nodebb = "nodebb \"relative_path\":\"/f\"";
    let plain = "content=\"Discourse 3\"";
    let xenforo = "<html id=\"XF\"";
    for (body, page, expected) in [
        (SETUP, "forum/", "forum/latest.json"),
        (SETUP, "forum/c/a/b/9/l/top?order=views", "forum/c/a/b/9/l/latest.json"),
        (SETUP, "forum/tag/acme", "forum/tag/acme/l/latest.json"),
        (SETUP, "forum/u/maija", ""),
        (plain, "t/2024-x/5/17", "t/2024-x/5.json"),
        (plain, "sub/latest", "sub/latest.json"),
        (plain, "sub", "sub/latest.json"),
        (nodebb, "f/topic/5/x/12", "f/api/topic/5/x"),
        (nodebb, "f/recent", "f/api/recent"),
        (nodebb, "f/", "f/api/recent"),
        (nodebb, "f/user/maija", ""),
        (flarum, "", "api/discussions?sort=-lastPostedAt"),
        (flarum, "f/d/5-x", "f/api/posts?filter%5Bdiscussion%5D=5&sort=number&page%5Blimit%5D=50"),
        (xenforo, "", "forums/-/index.rss"),
        (xenforo, "sub/forums/x.5/page-2", "sub/forums/x.5/index.rss"),
        (xenforo, "whats-new/posts/", "forums/-/index.rss"),
        (xenforo, "index.php?forums/x.5/", "index.php?forums/x.5/index.rss"),
        (xenforo, "threads/x.5/", ""),
        ("<html>", "latest", ""),
    ] {
        let url = |path: &str| format!("https://a.example/{path}").parse::<Url>().unwrap();
        let seen = api::of_page(body, &url(page)).map(|(_, url)| url.to_string());
        let expected =
            Some(expected).filter(|path| !path.is_empty()).map(|path| url(path).to_string());
        assert_eq!(seen, expected, "{page}");
    }
}

#[test]
fn a_saved_page_is_where_it_says_it_is_and_else_nowhere() {
    let forum =
        Forum { location: Location::File("saved.html".into()), ..forum("https://a.example/") };
    let read = |head: &str| {
        let html = format!(
            "<html><head>{head}</head><body id=phpbb><div class=post id=p7><div class=postprofile>
             <a class=username href=/u/1>Ann</a></div><div class=postbody><p class=author><a href='/t?p=7#p7'>#</a></p>
             <div class=content>Acme is late</div></div></div></body></html>"
        );
        let reply = Reply::of(Location::File("saved.html".into()), html.into());
        let visit = Visit { cursor: Cursor::default(), now: noon() };
        forum.read(&reply, &visit).unwrap().posts.remove(0)
    };
    let post = read("<link rel=canonical href='https://a.example/t?t=1'>");
    assert_eq!(post.url.as_deref(), Some("https://a.example/t?p=7#p7"));
    assert_eq!((post.site.as_str(), post.id.as_deref()), ("a.example", Some("7")));
    let post = read("");
    assert_eq!((post.url.as_deref(), post.author.url.as_deref()), (None, None));
    assert_eq!((post.site.as_str(), post.has_own_url), ("saved.html", false));
}
