//! The fetcher as a whole, against a server on loopback.

use std::path::Path;

use super::testing::{Answer, Server};
use super::*;

mod access;
mod call;
mod coding;
mod inquire;
mod limits;
mod robots;

fn loopback() -> Allowed {
    Allowed::Networks(vec![Network::parse("127.0.0.1/32").unwrap()])
}

fn fetcher(change: impl FnOnce(&mut Settings)) -> Fetcher {
    let mut settings = Settings { allow_private: loopback(), ..Settings::default() };
    change(&mut settings);
    Fetcher::new(settings).unwrap()
}

/// A fetcher that treats loopback as the public internet.
fn polite(pause: Duration) -> Fetcher {
    let pace = Pace { at_once: 1, pause, apart: false };
    Fetcher::with_paces(Settings { allow_private: loopback(), ..Settings::default() }, pace, pace)
        .unwrap()
}

fn request(text: &str) -> Request {
    let location = Location::parse(text, Path::new("/")).unwrap();
    Request::for_what_was_named(location, "application/atom+xml, */*;q=0.1")
}

async fn get(fetcher: &Fetcher, text: &str) -> Result<Fetched, FetchError> {
    fetcher.fetch(&request(text), None).await
}

async fn refusal(fetcher: &Fetcher, text: &str) -> FetchError {
    get(fetcher, text).await.unwrap_err()
}

async fn body(fetcher: &Fetcher, text: &str) -> String {
    match get(fetcher, text).await.unwrap() {
        Fetched::Fresh { reply, .. } => String::from_utf8(reply.body).unwrap(),
        unchanged @ Fetched::Unchanged { .. } => panic!("{unchanged:?}"),
    }
}

/// Fetches all of these together.
async fn all(fetcher: &Fetcher, urls: Vec<String>) {
    let all = urls.iter().map(|url| get(fetcher, url));
    for result in futures_util::future::join_all(all).await {
        result.unwrap();
    }
}

#[tokio::test]
async fn a_request_says_who_asks_and_no_more() {
    let server =
        Server::start(|_, _| Answer::ok(&["Set-Cookie: a=b", "Content-Type: text/xml"], b"x"))
            .await;
    let fetcher =
        fetcher(|settings| settings.contact = Some("https://acme.example/bot".to_owned()));
    let Fetched::Fresh { reply, .. } = get(&fetcher, &server.url("/a?b=c#d")).await.unwrap() else {
        panic!()
    };
    assert_eq!(reply.content_type.as_deref(), Some("text/xml"));
    get(&fetcher, &server.url("/again")).await.unwrap();
    let heads = server.heads();
    assert!(heads[0].starts_with("GET /a?b=c HTTP/1.1\r\n"), "{heads:?}");
    let version = env!("CARGO_PKG_VERSION");
    let head = heads[1].to_lowercase();
    assert!(
        head.contains(&format!("\r\nuser-agent: vahti/{version} (+https://acme.example/bot)\r\n")),
        "{head}"
    );
    assert!(head.contains("\r\naccept: application/atom+xml, */*;q=0.1\r\n"), "{head}");
    for coding in ["gzip", "br", "zstd", "deflate"] {
        let accepted = head.lines().find(|line| line.starts_with("accept-encoding:")).unwrap();
        assert!(accepted.contains(coding), "{accepted}");
    }
    for header in ["cookie:", "referer:", "authorization:", "if-none-match:", "if-modified-since:"]
    {
        assert!(!head.contains(header), "{head}");
    }
    assert_eq!(server.connections(), 1, "the connection is used again");
}

#[tokio::test]
async fn a_contact_that_would_forge_a_header_is_refused() {
    let settings = Settings { contact: Some("a)\r\nCookie: b".to_owned()), ..Settings::default() };
    assert!(matches!(Fetcher::new(settings), Err(FetchError::Setup(_))));
}

#[tokio::test]
async fn validators_go_back_byte_for_byte_and_an_unchanged_document_is_not_sent_again() {
    let etag = "W/\"Odd  \u{fc}case";
    let date = "Sun, 6 nov 1994 08:49:37 gmt";
    let server = Server::start(move |_, head| {
        if head.contains("if-none-match") {
            return Answer::raw(
                b"HTTP/1.1 304 Not Modified\r\nETag: \"new\"\r\nContent-Length: 99\r\n\r\n",
            );
        }
        let head = format!(
            "HTTP/1.1 200 OK\r\nETag: {etag}\r\nLast-Modified: {date}\r\nContent-Length: 1\r\n\r\nx"
        );
        Answer::raw(&head.chars().map(|c| u8::try_from(c).unwrap()).collect::<Vec<_>>())
    })
    .await;
    let fetcher = fetcher(|_| ());
    let request = request(&server.url("/"));
    let Fetched::Fresh { validators, .. } = fetcher.fetch(&request, None).await.unwrap() else {
        panic!()
    };
    let again = fetcher.fetch(&request, Some(&validators)).await.unwrap();
    let heads = server.heads();
    assert!(heads[1].contains(&format!("if-none-match: {etag}\r\n")), "{heads:?}");
    assert!(heads[1].contains(&format!("if-modified-since: {date}\r\n")), "{heads:?}");
    let renewed =
        Validators { etag: Some("\"new\"".to_owned()), last_modified: Some(date.to_owned()) };
    assert_eq!(again, Fetched::Unchanged { validators: renewed, fresh_for: None });
}

#[tokio::test]
async fn not_modified_that_nobody_asked_for_is_an_error() {
    let server = Server::start(|_, _| Answer::raw(b"HTTP/1.1 304 Not Modified\r\n\r\n")).await;
    let request = request(&server.url("/"));
    for validators in [None, Some(&Validators::default())] {
        let error = fetcher(|_| ()).fetch(&request, validators).await.unwrap_err();
        assert!(matches!(error, FetchError::Status { status: 304, .. }), "{error}");
    }
}

#[tokio::test]
async fn redirects_are_followed_five_times_and_never_in_a_circle() {
    let server = Server::start(|path, _| match path {
        "/6" | "/5" | "/4" | "/3" | "/2" | "/1" => {
            let next = path.trim_start_matches('/').parse::<u8>().unwrap() - 1;
            Answer::redirect("302 Found", &next.to_string())
        }
        "/round" => Answer::redirect("301 Moved", "/and-round"),
        "/and-round" => Answer::redirect("307 Moved", "/round#x"),
        "/nowhere" => Answer::new("302 Found", &[], b""),
        "/file" => Answer::redirect("302 Found", "file:///etc/passwd"),
        _ => Answer::ok(&[], b"end"),
    })
    .await;
    let fetcher = fetcher(|_| ());
    let Fetched::Fresh { reply, .. } = get(&fetcher, &server.url("/5")).await.unwrap() else {
        panic!()
    };
    assert_eq!(reply.location, request(&server.url("/0")).location);
    let check = async |path: &str, wanted: RedirectFault| {
        let error = refusal(&fetcher, &server.url(path)).await;
        assert!(
            matches!(error, FetchError::Redirect { fault, .. } if fault == wanted),
            "{path}: {error}"
        );
    };
    check("/6", RedirectFault::TooMany).await;
    check("/round", RedirectFault::Loop).await;
    check("/nowhere", RedirectFault::Nowhere).await;
    check("/file", RedirectFault::Scheme).await;
}

#[tokio::test]
async fn only_redirects_that_are_permanent_from_the_start_give_a_new_address() {
    let server = Server::start(|path, _| match path {
        "/a" => Answer::redirect("301 Moved", "/b"),
        "/b" => Answer::redirect("308 Moved", "/end"),
        "/c" => Answer::redirect("301 Moved", "/d"),
        "/d" => Answer::redirect("302 Found", "/a"),
        "/e" => Answer::redirect("303 Other", "/a"),
        _ => Answer::ok(&["ETag: \"end\""], b"end"),
    })
    .await;
    let fetcher = fetcher(|_| ());
    let check = async |from: &str, to: Option<&str>| {
        let reply = get(&fetcher, &server.url(from)).await.unwrap();
        let Fetched::Fresh { redirects_permanently_to: moved, .. } = reply else { panic!() };
        assert_eq!(moved, to.map(|to| Url::parse(&server.url(to)).unwrap()), "{from}");
    };
    check("/a", Some("/end")).await;
    check("/c", Some("/d")).await;
    check("/d", None).await;
    check("/e", None).await;
    check("/end", None).await;
}

#[tokio::test]
async fn validators_belong_to_the_address_that_gave_them() {
    let server = Server::start(|path, _| match path {
        "/from" => Answer::redirect("302 Found", "/to"),
        _ => Answer::ok(&["ETag: \"to\""], b"x"),
    })
    .await;
    let known = Validators { etag: Some("\"from\"".to_owned()), last_modified: None };
    let fetched =
        fetcher(|_| ()).fetch(&request(&server.url("/from")), Some(&known)).await.unwrap();
    let heads = server.heads();
    assert!(heads[0].contains("if-none-match: \"from\""));
    assert!(!heads[1].contains("if-none-match"), "{heads:?}");
    assert!(
        matches!(fetched, Fetched::Fresh { validators, .. } if validators == Validators::default())
    );
}

#[tokio::test]
async fn nothing_that_is_ours_goes_to_another_host() {
    let other = Server::start(|_, _| Answer::ok(&[], b"x")).await;
    let to = other.url("/to#there");
    let server = Server::start(move |path, _| match path {
        "/from?a=b" => Answer::redirect("302 Found", "/own"),
        _ => Answer::redirect("307 Moved", &to),
    })
    .await;
    let known = Validators {
        etag: Some("\"from\"".to_owned()),
        last_modified: Some("Sun, 06 Nov 1994 08:49:37 GMT".to_owned()),
    };
    let port = server.address.port();
    let from = request(&format!("http://me:s3cr3t@127.0.0.1:{port}/from?a=b#c"));
    fetcher(|_| ()).fetch(&from, Some(&known)).await.unwrap();
    let own: Vec<String> = server.heads().iter().map(|head| head.to_lowercase()).collect();
    assert!(own.iter().all(|head| head.contains("\r\nauthorization: basic ")), "{own:?}");
    assert!(own[0].starts_with("get /from?a=b http") && own[0].contains("\r\nif-none-match: "));
    let away = other.heads()[0].to_lowercase();
    assert!(away.starts_with("get /to http/1.1\r\n"), "{away}");
    // What it carries is what every request carries.
    let mut names: Vec<&str> =
        away.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0)).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "accept-encoding", "host", "user-agent"]);
}

#[tokio::test]
async fn what_the_server_says_beside_the_document_is_told() {
    let server = Server::start(|path, head| match path {
        "/moved" => Answer::redirect("301 Moved", "/page"),
        "/for-now" => Answer::redirect("302 Found", "/page"),
        _ if head.contains("if-none-match") => {
            Answer::raw(b"HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=120\r\n\r\n")
        }
        _ => {
            let mut headers = vec!["Cache-Control: max-age=60", "ETag: \"a\""];
            headers.extend(["Link: </hub>; rel=hub, </me>; rel=self", "Link: <\u{e4}>"]);
            let long = format!("Link: {}", "x".repeat(2049));
            headers.push(&long);
            headers.extend(["Link: </more>"; 20]);
            Answer::ok(&headers, b"x")
        }
    })
    .await;
    let fetcher = fetcher(|_| ());
    let check = async |path: &str, seconds: Option<u64>| {
        let asked = Request { about: "the board".to_owned(), ..request(&server.url(path)) };
        let told = fetcher.fetch(&asked, None).await.unwrap();
        let Fetched::Fresh { reply, fresh_for, validators, .. } = told else { panic!() };
        assert_eq!(fresh_for, seconds.map(Duration::from_secs), "{path}");
        assert_eq!(reply.about, "the board");
        assert_eq!(reply.link[..3], ["</hub>; rel=hub, </me>; rel=self", "<\u{e4}>", "</more>"]);
        assert_eq!(reply.link.len(), 8);
        validators
    };
    let validators = check("/page", Some(60)).await;
    check("/moved", Some(60)).await;
    check("/for-now", None).await;
    let again = fetcher.fetch(&request(&server.url("/page")), Some(&validators)).await.unwrap();
    let fresh_for = Some(Duration::from_mins(2));
    assert_eq!(again, Fetched::Unchanged { validators, fresh_for });
}

#[tokio::test]
async fn what_an_earlier_run_was_told_is_obeyed() {
    let server = Server::start(|_, _| Answer::ok(&[], b"x")).await;
    let location = |path: &str| request(&server.url(path)).location;
    let wait = Duration::from_mins(2);
    for fetcher in [fetcher(|_| ()), polite(Duration::ZERO)] {
        fetcher.refuse(&location("/never"), Duration::ZERO);
        fetcher.refuse(&Location::File("/feed.xml".into()), wait);
        fetcher.refuse(&location("/1"), wait);
        let error = refusal(&fetcher, &server.url("/1")).await;
        let Retry::After(left) = error.retry() else { panic!("{error}") };
        assert!(left <= wait && left > wait / 2, "{left:?}");
        assert_eq!(body(&fetcher, &server.url("/2")).await, "x", "one address speaks for itself");
        assert_eq!(body(&fetcher, &server.url("/never")).await, "x");
    }
    let (private, public) = (fetcher(|_| ()), polite(Duration::ZERO));
    for fetcher in [&private, &public] {
        fetcher.refuse(&location("/1"), Duration::from_hours(1000));
        fetcher.refuse(&location("/2"), wait);
    }
    assert_eq!(body(&private, &server.url("/3")).await, "x");
    assert!(matches!(refusal(&public, &server.url("/3")).await, FetchError::HostPaused { .. }));
    let Retry::After(left) = refusal(&private, &server.url("/1")).await.retry() else { panic!() };
    assert!(left <= LONGEST_PAUSE, "{left:?}");
}

#[tokio::test]
async fn retry_after_is_obeyed_for_the_address_in_both_forms() {
    let server = Server::start(|path, _| match path {
        "/seconds" => Answer::new("429 Too Many", &["Retry-After: 120"], b""),
        "/date" => {
            let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT";
            Answer::new("503 Busy", &[date, "Retry-After: Sun, 06 Nov 1994 08:50:37 GMT"], b"")
        }
        "/gone" => Answer::new("410 Gone", &["Retry-After: 120"], b""),
        "/limit" => Answer::new("429 Too Many", &[], b""),
        _ => Answer::ok(&[], b"fine"),
    })
    .await;
    let fetcher = fetcher(|_| ());
    let check = async |path: &str, seconds: u64| {
        let url = server.url(path);
        let wait = Duration::from_secs(seconds);
        let error = refusal(&fetcher, &url).await;
        assert_eq!(error.retry(), Retry::After(wait), "{error}");
        let Retry::After(left) = refusal(&fetcher, &url).await.retry() else {
            panic!("{path} was asked again")
        };
        assert!(left <= wait && left > wait / 2, "{left:?}");
    };
    check("/seconds", 120).await;
    check("/date", 60).await;
    assert_eq!(refusal(&fetcher, &server.url("/gone")).await.retry(), Retry::Never);
    assert_eq!(refusal(&fetcher, &server.url("/limit")).await.retry(), Retry::Soon);
    assert_eq!(body(&fetcher, &server.url("/other")).await, "fine", "private: the address only");
    assert_eq!(server.paths(), ["/seconds", "/date", "/gone", "/limit", "/other"]);
}

#[tokio::test]
async fn a_public_host_that_refused_two_addresses_is_left_alone() {
    let server =
        Server::start(|_, _| Answer::new("429 Too Many", &["Retry-After: 120"], b"")).await;
    let fetcher = polite(Duration::ZERO);
    refusal(&fetcher, &server.url("/1")).await;
    refusal(&fetcher, &server.url("/2")).await;
    let error = refusal(&fetcher, &server.url("/3")).await;
    assert!(matches!(error, FetchError::HostPaused { .. }), "{error}");
    assert_eq!(server.paths(), ["/1", "/2"]);
}

#[tokio::test]
async fn requests_to_one_public_host_are_never_in_flight_together() {
    let server = Server::start(|path, _| match path {
        "/0" => Answer::redirect("302 Found", "/moved"),
        _ => Answer::ok(&[], b"x").after(Duration::from_millis(20)),
    })
    .await;
    let pause = Duration::from_millis(50);
    let began = Instant::now();
    let fetcher = polite(pause);
    all(&fetcher, (0..4).map(|number| server.url(&format!("/{number}"))).collect()).await;
    assert_eq!(server.heads().len(), 5);
    assert_eq!(server.busiest(), 1);
    assert!(began.elapsed() >= pause * 4, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_request_that_wants_a_longer_pause_gets_it_at_a_public_host_alone() {
    let server = Server::start(|_, _| Answer::ok(&[], b"x")).await;
    let pause = Duration::from_millis(200);
    let slow = || request(&server.url("/")).after(pause);
    for (fetcher, least, most) in
        [(polite(Duration::ZERO), pause, Duration::MAX), (fetcher(|_| ()), Duration::ZERO, pause)]
    {
        let began = Instant::now();
        fetcher.fetch(&request(&server.url("/")), None).await.unwrap();
        fetcher.fetch(&slow(), None).await.unwrap();
        assert!((least..most).contains(&began.elapsed()), "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn private_requests_run_together() {
    let server =
        Server::start(|_, _| Answer::ok(&[], b"x").after(Duration::from_millis(100))).await;
    let fetcher = fetcher(|_| ());
    all(&fetcher, (0..60).map(|number| server.url(&format!("/{number}"))).collect()).await;
    assert_eq!(server.busiest(), PRIVATE_AT_ONCE);
}

#[tokio::test]
async fn waiting_for_a_host_does_not_count_as_time_of_the_fetch() {
    let server = Server::start(|_, _| Answer::ok(&[], b"x")).await;
    let pace = Pace { at_once: 1, pause: Duration::from_millis(400), apart: false };
    let timeout = Duration::from_millis(200);
    let settings = Settings { allow_private: loopback(), timeout, ..Settings::default() };
    let fetcher = Fetcher::with_paces(settings, pace, pace).unwrap();
    assert_eq!(body(&fetcher, &server.url("/1")).await, "x");
    assert_eq!(body(&fetcher, &server.url("/2")).await, "x");
}

#[tokio::test]
async fn a_file_is_fetched_like_a_page() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("feed.xml");
    std::fs::write(&path, "<rss/>").unwrap();
    let fetcher = fetcher(|_| ());
    let request = Request::for_what_was_named(Location::File(path), "");
    let Fetched::Fresh { reply, validators, .. } = fetcher.fetch(&request, None).await.unwrap()
    else {
        panic!()
    };
    assert_eq!(reply.body, b"<rss/>");
    let again = fetcher.fetch(&request, Some(&validators)).await.unwrap();
    assert_eq!(again, Fetched::Unchanged { validators, fresh_for: None });
    let none = Request { location: Location::File(dir.path().join("none")), ..request };
    assert!(matches!(fetcher.fetch(&none, None).await, Err(FetchError::File { .. })));
}
