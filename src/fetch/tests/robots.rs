//! What a `robots.txt` allows, over the wire.

use super::*;

/// A page that a robot may read only where the site does not mind.
fn page(text: &str) -> Request {
    Request { heeds_robots: true, ..request(text) }
}

async fn read(fetcher: &Fetcher, text: &str) -> Result<(), FetchError> {
    fetcher.fetch(&page(text), None).await.map(|_| ())
}

/// A site that answers `robots` at `/robots.txt`, and has every page.
async fn site(robots: impl Fn() -> Answer + Send + Sync + 'static) -> Server {
    Server::start(move |path, _| match path {
        "/robots.txt" => robots(),
        _ => Answer::ok(&[], b"page"),
    })
    .await
}

fn text(text: &str) -> Answer {
    Answer::ok(&["Content-Type: text/plain"], text.as_bytes())
}

#[tokio::test]
async fn a_page_is_asked_for_only_where_the_site_does_not_mind() {
    let server = site(|| text("User-agent: vahti\nDisallow: /private\nDisallow: /*?sid=")).await;
    let fetcher = fetcher(|_| ());
    read(&fetcher, &server.url("/open")).await.unwrap();
    for path in ["/private/1", "/open?sid=5"] {
        let error = read(&fetcher, &server.url(path)).await.unwrap_err();
        assert!(matches!(error, FetchError::Robots { .. }), "{path}: {error}");
        let told = error.to_string();
        assert!(told.contains("robots.txt of 127.0.0.1") && told.contains("feed"), "{told}");
    }
    // One that the operator named as a document for machines is asked for whatever it says.
    assert_eq!(body(&fetcher, &server.url("/private/feed.xml")).await, "page");
    assert_eq!(server.paths(), ["/robots.txt", "/open", "/private/feed.xml"]);
    let head = server.heads()[0].to_lowercase();
    assert!(head.contains("\r\nuser-agent: vahti/") && head.contains("\r\naccept: text/plain"));
}

#[tokio::test]
async fn what_names_a_document_for_machines_asks_for_no_robots_txt() {
    let server = site(|| text("User-agent: *\nDisallow: /")).await;
    assert_eq!(body(&fetcher(|_| ()), &server.url("/feed.xml")).await, "page");
    assert_eq!(server.paths(), ["/feed.xml"]);
}

#[tokio::test]
async fn several_pages_of_one_site_ask_for_its_robots_txt_once() {
    let server = site(|| text("").after(Duration::from_millis(100))).await;
    let fetcher = fetcher(|_| ());
    let urls: Vec<String> = (0..10).map(|number| server.url(&format!("/{number}"))).collect();
    let all = urls.iter().map(|url| read(&fetcher, url));
    assert!(futures_util::future::join_all(all).await.iter().all(Result::is_ok));
    read(&fetcher, &server.url("/later")).await.unwrap();
    let paths = server.paths();
    assert_eq!(paths.iter().filter(|path| *path == "/robots.txt").count(), 1, "{paths:?}");
    assert_eq!(paths.len(), 12);
}

#[tokio::test]
async fn what_stands_for_a_robots_txt_says_what_it_says() {
    let check = async |answer: fn() -> Answer, is_allowed: bool| {
        let server = site(answer).await;
        let quick = fetcher(|settings| settings.timeout = Duration::from_millis(400));
        let told = read(&quick, &server.url("/page")).await;
        assert_eq!(told.is_ok(), is_allowed, "{told:?}");
        let paths = server.paths();
        assert_eq!(paths.contains(&"/page".to_owned()), is_allowed, "{paths:?}");
        told
    };
    for there_is_none in [
        || Answer::new("404 Not Found", &[], b"User-agent: *\nDisallow: /"),
        || Answer::new("401 Who", &[], b""),
        || Answer::new("403 Not You", &[], b""),
        || Answer::new("410 Gone", &[], b""),
        || Answer::new("204 Nothing", &[], b""),
        || Answer::ok(&["Content-Type: text/html"], b"<!DOCTYPE html>User-agent: *\nDisallow: /"),
        || Answer::ok(&[], &[0; 1000]),
        || Answer::redirect("301 Moved", "/robots.txt"),
        || Answer::new("301 Moved", &[], b""),
        || Answer::redirect("301 Moved", "http://10.0.0.1/robots.txt"),
    ] {
        check(there_is_none, true).await.unwrap();
    }
    for nobody_knows in [
        || Answer::new("500 Broken", &[], b""),
        || Answer::new("503 Busy", &[], b""),
        || Answer::new("429 Too Many", &[], b""),
        || Answer::new("304 Not Modified", &[], b""),
        || Answer::raw(b""),
        || Answer::raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nUser-agent: *"),
        || Answer::ok(&["Content-Encoding: gzip"], b"no gzip"),
        || Answer::ok(&[], b"").after(Duration::from_secs(9)),
    ] {
        let error = check(nobody_knows, false).await.unwrap_err();
        assert!(matches!(error, FetchError::RobotsUnknown { .. }), "{error}");
        assert!(error.to_string().contains("robots.txt"), "{error}");
        assert_eq!(error.retry(), Retry::Soon);
    }
    let forbidden = check(|| text("User-agent: *\nDisallow: /"), false).await.unwrap_err();
    assert!(matches!(forbidden, FetchError::Robots { .. }), "{forbidden}");
    check(|| Answer::new("203 Changed", &[], b"User-agent: *\nDisallow: /"), false)
        .await
        .unwrap_err();
}

#[tokio::test]
async fn a_robots_txt_is_followed_to_another_host_five_times() {
    let other = site(|| text("User-agent: *\nDisallow: /private")).await;
    let robots = other.url("/robots.txt");
    let server = Server::start(move |path, _| match path {
        "/robots.txt" => Answer::redirect("301 Moved", "/r1"),
        "/r1" => Answer::redirect("302 Found", "/r2"),
        "/r2" => Answer::redirect("307 Moved", "/r3"),
        "/r3" => Answer::redirect("308 Moved", "/r4"),
        "/r4" => Answer::redirect("302 Found", &robots),
        _ => Answer::ok(&[], b"page"),
    })
    .await;
    let fetcher = fetcher(|_| ());
    read(&fetcher, &server.url("/open")).await.unwrap();
    assert!(matches!(
        read(&fetcher, &server.url("/private")).await,
        Err(FetchError::Robots { .. })
    ));
    assert_eq!(other.paths(), ["/robots.txt"]);
    // What it says is said of the site that was asked, not of the one that had the file.
    read(&fetcher, &other.url("/page")).await.unwrap();
    assert_eq!(other.paths(), ["/robots.txt", "/robots.txt", "/page"]);
}

#[tokio::test]
async fn every_hop_of_a_redirect_is_heeded() {
    let hidden = site(|| text("User-agent: *\nDisallow: /private")).await;
    let private = hidden.url("/private");
    let server = Server::start(move |path, _| match path {
        "/robots.txt" => text("User-agent: *\nDisallow: /out"),
        "/away" => Answer::redirect("302 Found", &private),
        "/round" => Answer::redirect("302 Found", "/out"),
        _ => Answer::ok(&[], b"page"),
    })
    .await;
    let fetcher = fetcher(|_| ());
    for path in ["/away", "/round"] {
        let error = read(&fetcher, &server.url(path)).await.unwrap_err();
        assert!(matches!(error, FetchError::Robots { .. }), "{path}: {error}");
    }
    assert_eq!(server.paths(), ["/robots.txt", "/away", "/round"]);
    assert_eq!(hidden.paths(), ["/robots.txt"]);
}

#[tokio::test]
async fn a_crawl_delay_lengthens_the_pause_of_its_host_for_everything() {
    let server = site(|| text("User-agent: *\nCrawl-delay: 0.3")).await;
    let fetcher = fetcher(|_| ());
    let began = Instant::now();
    read(&fetcher, &server.url("/1")).await.unwrap();
    read(&fetcher, &server.url("/2")).await.unwrap();
    get(&fetcher, &server.url("/feed.xml")).await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(900), "{:?}", began.elapsed());
    let urls: Vec<String> = (0..3).map(|number| server.url(&format!("/{number}"))).collect();
    all(&fetcher, urls).await;
    assert!(began.elapsed() >= Duration::from_millis(1800), "{:?}", began.elapsed());

    let short = site(|| text("User-agent: *\nCrawl-delay: 0.01")).await;
    let polite = polite(Duration::from_millis(200));
    let began = Instant::now();
    read(&polite, &short.url("/1")).await.unwrap();
    read(&polite, &short.url("/2")).await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(400), "it never shortens");
}

#[tokio::test]
async fn a_long_robots_txt_is_read_as_far_as_it_must_be() {
    let server = site(|| {
        let comments = "# nothing\n".repeat(60_000);
        text(&format!("User-agent: *\nDisallow: /early\n{comments}Disallow: /\n"))
    })
    .await;
    let small = fetcher(|settings| settings.most_bytes = 1000);
    read(&small, &server.url("/page")).await.unwrap();
    assert!(read(&small, &server.url("/early")).await.is_err());
}

#[tokio::test]
async fn a_site_that_wants_silence_is_left_alone() {
    let server = site(|| Answer::new("429 Too Many", &["Retry-After: 120"], b"")).await;
    let fetcher = polite(Duration::ZERO);
    let error = read(&fetcher, &server.url("/1")).await.unwrap_err();
    assert!(error.to_string().contains("429"), "{error}");
    read(&fetcher, &server.url("/2")).await.unwrap_err();
    assert_eq!(server.paths(), ["/robots.txt"]);
    // Nor is its robots.txt asked for where the silence is older than we are.
    let server = site(|| text("")).await;
    fetcher.refuse(&page(&server.url("/1")).location, Duration::from_mins(2));
    fetcher.refuse(&page(&server.url("/2")).location, Duration::from_mins(2));
    let error = read(&fetcher, &server.url("/3")).await.unwrap_err();
    assert!(matches!(error.retry(), Retry::After(_)), "{error}");
    assert_eq!(server.paths(), [""; 0]);
}

#[tokio::test]
async fn a_host_that_cannot_be_reached_is_named_as_such() {
    let error = read(&fetcher(|_| ()), "http://127.0.0.1:1/page").await.unwrap_err();
    assert!(matches!(error, FetchError::Connect { .. }), "{error}");
}

#[tokio::test]
async fn a_page_at_a_private_address_is_refused_as_such() {
    let outsider = fetcher(|settings| settings.allow_private = Allowed::Nobody);
    for host in ["127.0.0.1:9", "localhost:9"] {
        let error = read(&outsider, &format!("http://{host}/page")).await.unwrap_err();
        assert!(matches!(error, FetchError::Private { .. }), "{host}: {error}");
    }
}
