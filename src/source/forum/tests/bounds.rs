//! What a forum source keeps, follows and gives out, whatever a page holds.

use super::fake::{list, page_with, post, row};
use super::*;

#[test]
fn another_address_under_the_same_name_is_another_forum() {
    let mut poller = Poller::of("https://a.example/b");
    let site = |url: &str| match url {
        "https://a.example/b" => Ok(list(&row("t/1", 1, "#p1"))),
        "https://a.example/t/1" => Ok(page_with(&post(1, 10))),
        "https://b.example/b" => Ok(list(&row("/t/2", 1, "#p2"))),
        "https://b.example/t/2" => Ok(page_with(&post(2, 10))),
        // Here posts are at the address itself.
        "https://a.example/t/3" => Ok(page_with(&post(3, 10))),
        _ => Err(404),
    };
    for (home, id) in [("a.example/b", "1"), ("b.example/b", "2"), ("a.example/t/3", "3")] {
        poller.forum = forum(&format!("https://{home}"));
        poller.poll(site);
        assert_eq!((poller.posts.as_slice(), &poller.troubles), (&[id.to_owned()][..], &vec![]));
        assert_eq!(poller.asked[0], format!("https://{home}"));
    }
    poller.forum = forum("https://a.example/b");
    poller.poll(site);
    assert_eq!(poller.asked.len(), 2);
}

#[test]
fn no_long_address_is_followed() {
    let long = "x".repeat(2_000);
    let rows = row(&format!("t/{long}"), 1, "#p1") + &row("t/1", 1, "#p1");
    let next = |page: &str| format!("<li class='arrow next'><a href='{page}{long}'>next</a></li>");
    let mut poller = Poller::of("https://a.example/b");
    poller.poll(|url| {
        Ok(if url.ends_with('b') {
            list(&rows) + &next("b?p=")
        } else {
            page_with(&(post(1, 10) + &next("t/1?p=")))
        })
    });
    assert_eq!(poller.asked, ["https://a.example/b", "https://a.example/t/1"]);
    let Cursor(text) = &poller.cursor;
    assert!(text.len() < 2_000, "{}", text.len());
}

#[test]
fn a_cursor_never_grows_so_long_that_it_could_not_be_read() {
    let mut memory = Memory::load(&Cursor::default(), None, noon());
    for nth in 0..1_000 {
        let page = format!("https://a.example/{nth}/{}", "x".repeat(1_900));
        let owed = Owed::of(&nth.to_string(), &page, None, 0);
        let rest = vec![page.clone(); 9];
        memory.owed.push(Owed { rest, given: (0..10_000).collect(), ..owed });
    }
    let cursor = memory.save();
    assert!(cursor.0.len() <= 8 * 1024 * 1024, "{}", cursor.0.len());
    assert!(Memory::load(&cursor, None, noon()).owed.len() >= 100);
}

#[test]
fn a_name_and_password_are_for_the_server_alone() {
    let author = "<a class='username' href='//me:pw@a.example/u/1'>maija</a>";
    let content = post(1, 10).replace("<a class='username'>maija</a>", author);
    let topic = page_with(&(content + "<li class='arrow next'><a href='t/1?p=2'>next</a></li>"));
    let rows = list(&(row("t/1", 1, "#p1") + &row("//x:y@a.example/t/2", 1, "#p1")));
    let home = "https://me:pw@a.example/b";
    let forum = forum(home);
    let mut visit = Visit { cursor: Cursor::default(), now: noon() };
    let (mut asked, mut posts) = (Vec::new(), 0);
    let mut queue = VecDeque::from([forum.open(&visit)]);
    while let Some(request) = queue.pop_front() {
        let Location::Web(url) = request.location else { panic!("a file") };
        asked.push(url.to_string());
        let body = if url.path() == "/b" { &rows } else { &topic };
        let mut reply = Reply::of(Location::Web(url.clone()), body.clone().into_bytes());
        reply.about = request.about;
        let described = format!("{:?}", forum.describe(&reply, &visit).unwrap());
        let page = forum.read(&reply, &visit).unwrap();
        for given in [described, format!("{:?}", page.posts), format!("{:?}", page.cursor)] {
            assert!(!given.contains("pw") && !given.contains("x:y"), "{given}");
        }
        for post in &page.posts {
            posts += 1;
            assert_eq!(post.author.url.as_deref(), Some("https://a.example/u/1"));
        }
        visit.cursor = page.cursor.unwrap();
        if asked.len() < 6 {
            queue.extend(page.next);
        }
    }
    assert!(asked.len() > 3 && asked.iter().all(|url| url.starts_with("https://me:pw@a.example/")));
    assert_eq!(posts, 2);
    // Another port is another server.
    let other: Url = "https://a.example:8443/b".parse().unwrap();
    let request = forum.request(&other, &About::Root, Way::Pages);
    assert_eq!(request.location, Location::Web(other));
}

#[test]
fn an_encrypted_forum_is_never_asked_without_encryption() {
    let rows = list(&row("http://a.example/t/1", 1, "#p1"));
    let next = "<li class='arrow next'><a href='http://a.example/t/1?p=2'>next</a></li>";
    let mut poller = Poller::of("https://a.example/b");
    poller.poll(|url| match url {
        "https://a.example/b" => Ok(rows.clone()),
        "https://a.example/t/1" => Ok(page_with(&(post(1, 10) + next))),
        "https://a.example/t/1?p=2" => Ok(page_with(&post(2, 20))),
        _ => panic!("{url}"),
    });
    assert_eq!(poller.posts, ["1", "2"]);
}

#[test]
fn a_saved_page_of_nowhere_leads_nowhere() {
    let location = Location::File("/saved".into());
    let forum = Forum { location: location.clone(), ..forum("https://unused.example") };
    let body =
        list(&(row("t/1", 1, "#p1") + "<li class='arrow next'><a href='b?p=2'>next</a></li>"));
    let visit = Visit { cursor: Cursor::default(), now: noon() };
    let described = forum.describe(&Reply::of(location, body.into_bytes()), &visit).unwrap();
    assert_eq!((described.topics, described.follow.as_slice()), (1, &[][..]));
    assert_eq!((described.next, described.last), (None, None));
}

#[test]
fn the_number_of_a_page_has_no_end() {
    let address = format!("https://a.example/latest.json?page={}", u64::MAX);
    let body = serde_json::json!({"topic_list": {"more_topics_url": "/latest?page=2", "topics": [
        {"id": 7, "slug": "x", "title": "T"}]}});
    let mut poller = Poller::of(&address);
    poller.poll(|url| if url == address { Ok(body.to_string()) } else { Err(404) });
    assert_eq!((poller.asked.len(), poller.memory().since), (2, None));
}
