//! Small pages of every software of which no page lies in the collection, and of what goes wrong.

use super::*;
use std::time::{Duration, Instant};

const TOPIC: &str = "https://forum.example.test/topic/12-things";

fn selectors(own: &[(&str, &str)]) -> Selectors {
    let mut selectors = Selectors::default();
    for (key, written) in own {
        selectors.set(key, &[written]).unwrap();
    }
    selectors
}

fn read_with(
    source: &str,
    engine: Option<&str>,
    own: &[(&str, &str)],
) -> Result<Sheet, Unreadable> {
    let now = "2026-11-22T10:00:00Z".parse().unwrap();
    let selectors = selectors(own);
    let zone = chrono_tz::Europe::Helsinki;
    read(source, &TOPIC.parse().unwrap(), &Options { engine, selectors: &selectors, now, zone })
}

/// Lists what came out of a page, one line a post: id, address behind that of the topic, author,
/// date, the post that it answers, text.
fn listed(sheet: &Sheet) -> Vec<String> {
    let known = |known: Option<&str>| known.unwrap_or("-").to_owned();
    let line = |post: &Post| {
        let url = post.url.as_deref().unwrap_or_default();
        format!(
            "{} {}{} {} {} {} | {}",
            known(post.id.as_deref()),
            url.strip_prefix(TOPIC)
                .or(url.strip_prefix("https://forum.example.test"))
                .unwrap_or(url),
            if post.has_own_url { "" } else { "!" },
            known(post.author.name.as_deref()),
            known(post.published.map(|d| d.format("%F %H:%M").to_string()).as_deref()),
            known(post.parent.as_deref()),
            post.text.replace('\n', "/")
        )
    };
    sheet.posts.iter().map(line).collect()
}

#[track_caller]
fn check(source: &str, engine: &str, expected: &[&str]) -> Sheet {
    let sheet = read_with(source, None, &[]).unwrap();
    assert_eq!(listed(&sheet), expected);
    assert_eq!(sheet.engine, engine);
    sheet
}

#[test]
fn a_bbpress_topic_is_read() {
    let sheet = check(
        r##"<html lang="fi-FI"><body class="bbpress"><h1 class="entry-title">Asiaa</h1><div id="bbpress-forums">
        <ul class="bbp-replies"><li class="bbp-header"><div class="bbp-reply-author">Author</div><div class="bbp-reply-content">Posts</div></li>
        <li class="bbp-body">
        <div id="post-31" class="bbp-reply-header"><div class="bbp-meta"><span class="bbp-reply-post-date">5.3.2024 klo 12.30</span>
          <a href="/topic/12-things/#post-31" class="bbp-reply-permalink">#31</a></div></div>
        <div class="odd post-31 topic type-topic"><div class="bbp-reply-author"><a href="/users/maija/" class="bbp-author-link"><img><span class="bbp-author-name">Maija</span></a></div>
          <div class="bbp-reply-content"><p>Ensimmäinen</p><p>rivi</p></div></div>
        <div id="post-32" class="bbp-reply-header"><div class="bbp-meta"><span class="bbp-reply-post-date">6.3.2024 klo 9.05</span>
          <a href="/topic/12-things/#post-32" class="bbp-reply-permalink">#32</a></div></div>
        <div class="even post-32 reply type-reply"><div class="bbp-reply-author"><a href="/users/x/" class="bbp-author-link"><span class="bbp-author-name">x</span></a></div>
          <div class="bbp-reply-content"><blockquote><a href="#post-31">Maija</a> said: no</blockquote><p>Toinen</p></div></div>
        </li></ul></div>"##,
        "bbPress",
        &[
            "31 /#post-31 Maija 2024-03-05 10:30 - | Ensimmäinen//rivi",
            "32 /#post-32 x 2024-03-06 07:05 31 | Toinen",
        ],
    );
    assert_eq!(sheet.title.as_deref(), Some("Asiaa"));
    let first = sheet.posts.first().unwrap();
    assert_eq!(first.author.url.as_deref(), Some("https://forum.example.test/users/maija/"));
    assert_eq!(first.language, Some(Language::FINNISH));
    assert_eq!((first.site.as_str(), first.has_own_title), ("forum.example.test", false));
    assert_eq!(first.title.as_deref(), Some("Asiaa"));
}

#[test]
fn a_punbb_topic_is_read() {
    check(
        r#"<div id="brd-viewtopic" class="brd-page"><h1 class="main-title">T</h1>
        <div class="post" id="p71"><div class="posthead"><h3><span class="post-byline">by <strong><a href="/user/3/">tom</a></strong></span>
          <span class="post-link"><a class="permalink" href="/post/71/#p71">2024-03-05 12:30:00</a></span></h3></div>
          <div class="postbody"><div class="post-entry"><div class="entry-content"><p>Words</p></div><div class="sig-content">mine</div></div></div></div></div>
        <p>Times are in UTC</p>"#,
        "FluxBB or PunBB",
        &["71 /post/71/#p71 tom 2024-03-05 12:30 - | Words"],
    );
}

#[test]
fn a_wpforo_topic_is_read() {
    check(
        r#"<div id="wpforo-wrap"><h1 id="wpforo-title">T</h1>
        <div id="post-9" data-postid="9" class="post-wrap"><div class="wpforo-post"><div class="author-name"><a href="/u/a">ann</a></div>
        <div class="wpforo-post-content"><p>One</p><div class="wpf-post-button-actions">Quote</div></div>
        <div class="wpforo-post-content-bottom"><div class="cbleft">Posted : August 19, 2018 12:33 PM</div></div></div></div></div>"#,
        "wpForo",
        &["9 #post-9 ann 2018-08-19 09:33 - | One"],
    );
}

#[test]
fn a_question_and_its_answers_are_posts() {
    check(
        r#"<body class="question-page"><h1 itemprop="name"><a class="question-hyperlink" href="/questions/7/q">Why?</a></h1>
        <div id="question" class="question js-question" data-questionid="7"><div class="s-prose js-post-body"><p>Because</p></div>
          <div class="post-signature"><div class="user-action-time">edited <span title="2021-01-02 00:00:00Z" class="relativetime">x</span></div><div class="user-details"><a href="/u/9/editor">editor</a></div></div>
          <div class="post-signature owner" itemprop="author"><a href="/u/1/asker"><span itemprop="name">asker</span></a><time itemprop="dateCreated" datetime="2020-01-01T08:00:00"></time></div></div>
        <div id="answer-8" class="answer js-answer" data-answerid="8" data-parentid="7"><div class="js-post-body"><p>No</p></div>
          <div itemprop="author"><span itemprop="name">x</span></div><time itemprop="dateCreated" datetime="2020-01-02T08:00:00Z"></time><a class="js-share-link" href="/a/8">Share</a></div>"#,
        "a question page (Stack Exchange)",
        &["7 ! asker 2020-01-01 08:00 - | Because", "8 /a/8 x 2020-01-02 08:00 7 | No"],
    );
}

#[test]
fn quotes_signatures_and_remarks_are_no_part_of_a_post() {
    let sheet = check(
        r#"<html id="XF" data-app="public"><h1 class="p-title-value"><span class="label">Help</span> A topic</h1>
        <article class="message message--post js-post" data-author="Ann" data-content="post-5" id="js-post-5">
        <ul class="message-attribution-main"><li><a href="/threads/t.12/post-5"><time datetime="2024-03-05T12:30:00+0200">x</time></a></li></ul>
        <div class="message-body"><div class="bbWrapper">One<br>two <img class="smilie" alt=":)"><img alt="a photo">
        <blockquote class="bbCodeBlock--quote" data-source="post: 4"><a class="bbCodeBlock-sourceJump">Bob said:</a> Acme</blockquote>
        <blockquote class="bbCodeBlock--quote" data-source="post: 3">no</blockquote><pre><code>x = 1</code></pre></div></div>
        <div class="message-lastEdit">Last edited: now</div><aside class="message-signature"><div class="bbWrapper">Acme fan</div></aside></article>
        <nav><a class="pageNav-jump--next" href="/threads/t.12/page-2">Next</a><a href="/threads/t.12/page-12">12</a><a href="/threads/u.99/page-40">x</a></nav>"#,
        "XenForo 2",
        &["5 /threads/t.12/post-5 Ann 2024-03-05 10:30 4 | One/two :)//x = 1"],
    );
    assert_eq!(sheet.title.as_deref(), Some("A topic"));
    assert_eq!(sheet.next.as_ref().map(Url::path), Some("/threads/t.12/page-2"));
    assert_eq!(sheet.last.as_ref().map(Url::path), Some("/threads/t.12/page-12"));
    assert!(sheet.warnings.is_empty(), "{:?}", sheet.warnings);
}

fn rows(replies: &str, last: &str, shown: &str, views: &str) -> String {
    format!(
        r#"<html id="XF"><div class="structItem structItem--thread" data-author="Ann"><div class="structItem-title"><a href="/prefix" class="labelLink">P</a>
        <a href="/threads/t.12/" data-preview-url="/x">A <b>topic</b></a></div><div class="structItem-cell--meta"><dl><dt>Replies:</dt><dd>{replies}</dd></dl>
        <dl class="structItem-minor"><dt>Views</dt><dd>{views}</dd></dl></div><div class="structItem-cell--latest"><a href="/threads/t.12/latest"><time class="structItem-latestDate" datetime="{last}">{shown}</time></a></div></div>
        <div class="structItem structItem--thread"><div class="structItem-title"><a data-preview-url="/x" href="/threads/t.12/">A topic</a></div></div>"#
    )
}

#[test]
fn a_topic_in_a_list_is_marked_by_what_changes_with_it_alone() {
    let topics = |replies, last, shown, views| {
        read_with(&rows(replies, last, shown, views), None, &[]).unwrap().topics
    };
    let date = "2024-03-05T12:30:00+0200";
    let found = topics("1.2K", date, "3 minutes ago", "7");
    let [topic] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(topic.url.as_str(), "https://forum.example.test/threads/t.12/");
    assert_eq!((topic.title.as_str(), topic.author.as_deref()), ("A topic", Some("Ann")));
    assert_eq!((topic.replies, topic.last), (Some(1_200), date.parse().ok().or(topic.last)));
    assert_eq!(topics("1.2K", date, "4 minutes ago", "9"), found);
    assert_ne!(topics("1.3K", date, "3 minutes ago", "7")[0].mark, topic.mark);
    assert_ne!(
        topics("1.2K", "2024-03-05T12:31:00+0200", "3 minutes ago", "7")[0].mark,
        topic.mark
    );
}

#[test]
fn a_list_with_relative_times_alone_is_marked_by_the_rest() {
    let page = |posts: u32, ago: &str, views: u32| {
        format!(
            r#"<meta name="author" content="FlaskBB Team"><ol class="breadcrumb"><li class="breadcrumb-item active">Welcome</li></ol>
            <div class="row forum-row hover"><div class="topic-info"><div class="topic-name"><a href="/topic/7-a:-b">A: b</a> <span class="topic-pages">[<a href="/topic/7?page=1">1</a>]</span></div>
            <div class="topic-author">by <a href="/user/ann">ann</a></div></div><div class="topic-stats">{posts}</div><div class="topic-stats">{views}</div>
            <div class="topic-last-post"><a href="/post/31">{ago}</a><div class="topic-author">by <a href="/user/bob">bob</a></div></div></div>"#
        )
    };
    let topic = |posts, ago, views| {
        read_with(&page(posts, ago, views), None, &[]).unwrap().topics.remove(0)
    };
    let found = topic(3, "3 minutes ago", 12);
    assert_eq!(found.url.as_str(), "https://forum.example.test/topic/7-a:-b");
    assert_eq!((found.title.as_str(), found.author.as_deref()), ("A: b", Some("ann")));
    assert_eq!(found.replies, Some(3));
    assert_eq!(found.last.map(|d| d.to_rfc3339()).as_deref(), Some("2026-11-22T09:57:00+00:00"));
    assert_eq!(topic(3, "2 hours ago", 15).mark, found.mark);
    assert_ne!(topic(4, "3 minutes ago", 12).mark, found.mark);
}

#[test]
fn numbers_that_are_positions_are_told_apart_by_their_topic() {
    let page = r#"<meta name="generator" content="Discourse 3"><body><noscript><div id="post_2" class="topic-body crawler-post">
        <div class="crawler-post-meta"><span class="creator"><a href="/u/ann"><span itemprop="name">ann</span></a></span>
        <time datetime="2024-03-05T12:30:00Z" class="post-time">x</time><div class="post">Words</div></div></noscript>"#;
    let sheet = check(page, "Discourse", &["2 #post_2 ann 2024-03-05 12:30 - | Words"]);
    assert_eq!(sheet.posts[0].site, "forum.example.test/12");
    let page = r#"<body class="Vanilla"><div class="MessageList"><div class="ItemDiscussion" id="Discussion_12"><div class="Message">A</div></div>
        <li class="ItemComment" id="Comment_12"><div class="Message">B</div></li></div>"#;
    let sites = |sheet: Sheet| sheet.posts.into_iter().map(|post| post.site).collect::<Vec<_>>();
    let sheet = read_with(page, None, &[]).unwrap();
    assert_eq!(sheet.posts.len(), 2, "{:?}", listed(&sheet));
    assert_eq!(sites(sheet), ["forum.example.test/topic", "forum.example.test"]);
}

#[test]
fn a_users_selectors_stand_in_for_those_of_the_preset() {
    let page = r#"<html id="XF"><article class="message--post" data-author="Ann" id="js-post-5"><div class="bbWrapper">no</div><p class="mine">yes</p></article>"#;
    let sheet = read_with(page, None, &[("post.body", "p.mine")]).unwrap();
    assert_eq!(listed(&sheet), ["5 #js-post-5 Ann - - | yes"]);
    let used = |sheet: &Sheet, field| {
        let used = sheet.used.iter().find(|used| used.field == field);
        used.map(|used| (used.selector.clone(), used.found))
    };
    assert_eq!(used(&sheet, Field::PostBody), Some(("p.mine".into(), 1)));
    let sheet = read_with(page, None, &[("post.body", "p.others")]).unwrap();
    assert_eq!(used(&sheet, Field::PostBody), Some(("p.others".into(), 0)));
    assert!(sheet.warnings.iter().any(|w| w == "`post.body` finds nothing: no post has a text"));
}

#[test]
fn a_page_of_repeated_items_is_read_by_a_users_own_table() {
    let page = "<ul><li class=r id=r1><b>Ann</b> <i>5.3.2024</i> <p>Good</p></li><li class=r id=r2><b>Bob</b> <i>6.3.2024</i> <p>Bad</p></li></ul>";
    let own =
        [("post.container", "li.r"), ("post.author", "b"), ("post.date", "i"), ("post.body", "p")];
    let sheet = read_with(page, None, &own).unwrap();
    assert_eq!(
        listed(&sheet),
        ["1 #r1 Ann 2024-03-04 22:00 - | Good", "2 #r2 Bob 2024-03-05 22:00 - | Bad"]
    );
    assert_eq!(sheet.engine, "own selectors");
    let refused = read_with(page, None, &[("post.container", "li.q")]).unwrap_err().to_string();
    assert_eq!(refused, "no post by `li.q` was found: correct [source.forum.selectors]");
}

#[test]
fn what_a_page_says_of_itself_is_read_where_no_software_is_known() {
    let json = r#"<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"WebPage"},
        {"@type":"DiscussionForumPosting","headline":"T","text":"First <b>words</b> of it","url":"/topic/12-things#post-1","author":{"name":"Ann","url":"/u/1"},
        "datePublished":"2024-03-05T12:30:00Z","comment":[{"@type":"Comment","text":"An answer","author":[{"name":"Bob"}],"url":"/topic/12-things#post-2","dateCreated":"2024-03-06T12:30:00Z"}]}]}</script>"#;
    check(
        json,
        "what the page says of itself (JSON-LD)",
        &[
            "1 #post-1 Ann 2024-03-05 12:30 - | First words of it",
            "2 #post-2 Bob 2024-03-06 12:30 1 | An answer",
        ],
    );
    let microdata = r#"<div itemscope itemtype="https://schema.org/Review" id="review-4"><span itemprop="author"><span itemprop="name">Ann</span></span>
        <meta itemprop="datePublished" content="2024-03-05"><p itemprop="reviewBody">Never again</p></div>"#;
    check(
        microdata,
        "what the page says of itself (microdata)",
        &["4 #review-4 Ann 2024-03-04 22:00 - | Never again"],
    );
}

#[test]
fn items_that_repeat_are_taken_for_posts_where_nothing_else_is_known() {
    let item = |id: u32, name: &str, text: &str| {
        format!(
            r#"<li class="row x{id}"><div class="meta"><a class="user" href="/user/{id}">{name}</a> <time datetime="2024-03-0{id}T12:30:00Z">then</time></div>
            <div class="words" id="item{id}"><p>{text}, written at some length.</p><p>More.</p></div><div class="bar"><a href="/r">Reply</a></div></li>"#
        )
    };
    let menu = "<li class=menu><a href=/a>A long menu entry that says nothing</a></li>".repeat(9);
    let page = format!(
        "<h1>T</h1><ul>{menu}</ul><ul>{}{}{}</ul>",
        item(1, "Ann", "What one says"),
        item(2, "Bob", "What another says"),
        item(3, "Cem", "Ne dersem")
    );
    let sheet = check(
        &page,
        "a guess: items that repeat",
        &[
            "- ! Ann 2024-03-01 12:30 - | What one says, written at some length.//More.",
            "- ! Bob 2024-03-02 12:30 - | What another says, written at some length.//More.",
            "- ! Cem 2024-03-03 12:30 - | Ne dersem, written at some length.//More.",
        ],
    );
    assert!(sheet.warnings[0].contains("`li.row`"), "{:?}", sheet.warnings);
}

#[track_caller]
fn refuse(source: &str, expected: &str) {
    let reason = read_with(source, None, &[]).map(|sheet| listed(&sheet)).unwrap_err().to_string();
    assert!(reason.contains(expected), "{reason}");
}

#[test]
fn a_page_that_gives_nothing_says_why() {
    refuse("", "empty");
    refuse("{\"a\":1}", "JSON, not a page");
    refuse("<?xml version='1.0'?><rss><channel/></rss>", "a feed, not a page");
    refuse("just words", "no HTML page");
    refuse(
        "<title>Just a moment...</title><div id=x></div><script src=/cdn-cgi/challenge-platform/h/x></script>",
        "a person is there",
    );
    refuse(
        "<html id=XF data-template=login><div class=blockMessage>You must be logged-in to do that.</div><form action=/login/login><input type=password></form>",
        "asks to log in",
    );
    refuse(
        "<meta name=generator content='Discourse 3'><script src=/a.js></script><body><section id=main></section>",
        "(Discourse); use the topic's address with `.json`",
    );
    refuse(
        "<body><div id=root></div><script src=/a.js></script>",
        "only scripts that would fetch it",
    );
    let words = "Words that say nothing about anything at all. ".repeat(40);
    refuse(
        &format!("<html id=XF><body><div class=changed>{words}</div>"),
        "looks like XenForo 2, but no post by `article.message--post, article.js-post` and no topic by `div.structItem--thread` was found: its structure changed",
    );
    refuse(&format!("<body><p>{words}"), "of no forum software that vahti knows");
}

#[test]
fn a_named_engine_is_believed() {
    let page = r#"<div class="post" id="p7"><p class="author"><strong>Ann</strong> » 5.3.2024 12:30</p><div class="postbody"><div class="content">Words</div></div></div>"#;
    let sheet = read_with(page, Some("phpbb"), &[]).unwrap();
    assert_eq!(listed(&sheet), ["7 #p7 Ann 2024-03-05 10:30 - | Words"]);
    let reason = read_with(page, Some("phpbbb"), &[]).unwrap_err().to_string();
    assert!(reason.starts_with("there is no engine `phpbbb`; vahti knows xenforo, xenforo2, "));
}

#[test]
fn the_zone_and_the_order_of_dates_are_those_of_the_page() {
    let post = |id: u32, date: &str| {
        format!(
            r#"<div class="post" id="p{id}"><p class="author"><strong>Ann</strong> » {date}</p><div class="postbody"><div class="content">I wrote: all times are UTC-9</div></div></div>"#
        )
    };
    let page = format!(
        "<body id=phpbb>{}{}<p>All times are UTC+01:00</p>",
        post(1, "03/04/2024 12:30"),
        post(2, "23/04/2024 12:30")
    );
    let sheet = read_with(&page, None, &[]).unwrap();
    let dates: Vec<_> = sheet.posts.iter().filter_map(|post| post.published).collect();
    assert_eq!(
        dates.iter().map(|d| d.format("%F %H:%M").to_string()).collect::<Vec<_>>(),
        ["2024-04-03 11:30", "2024-04-23 11:30"]
    );
}

#[test]
fn answers_within_a_post_are_posts_of_their_own() {
    let page = "<div class=c id=c1><b>Ann</b><p>One</p><div class=c id=c2><b>Bob</b><p>Two</p></div></div>";
    let own = [("post.container", "div.c"), ("post.author", "b"), ("post.id", "@id | c{digits}")];
    let sheet = read_with(page, None, &own).unwrap();
    assert_eq!(listed(&sheet), ["1 #c1 Ann - - | Ann//One", "2 #c2 Bob - 1 | Bob//Two"]);
}

#[test]
fn hostile_pages_take_no_long_time() {
    let started = Instant::now();
    let post = "<article class='message--post' id='js-post-1'><div class=bbWrapper>x<blockquote>";
    let item =
        "<li class=c><time>1 day ago</time><b class=author>x</b><p>words and words and words";
    for source in [
        format!("<html id=XF>{}", post.repeat(5_000)),
        format!("<html id=XF>{}", "<div class='structItem--thread'><a href=/a>x".repeat(5_000)),
        item.repeat(3_000),
        format!("{item}{}", "<div class=d>".repeat(20_000)),
        "<ul>".repeat(500) + &item.repeat(2_000),
    ] {
        if let Ok(sheet) = read_with(&source, None, &[]) {
            assert!(sheet.posts.len() <= posts::MOST_POSTS && sheet.topics.len() <= 5_000);
        }
    }
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}
