//! Questions to a service: what is sent, and that nothing which comes back is followed, waited for or read
//! for ever.

use super::*;

const ALLOTTED: Duration = Duration::from_millis(400);

/// Serves `/PATH` as its name says.
async fn server() -> Server {
    Server::start(|path, _| match path {
        "/slow" => Answer::ok(&[], b"{}").after(Duration::from_secs(5)),
        "/drip" => Answer::ok(&[], &[b' '; 1000]).dripping(),
        "/moved" => Answer::redirect("307 Temporary Redirect", "/fine"),
        "/large" => Answer::ok(&[], &vec![b' '; 1 << 20]),
        "/just-too-large" => Answer::ok(&[], &vec![b' '; 64 * 1024]),
        "/broken" => Answer::raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"),
        "/busy" => Answer::new("429 Too Many Requests", &["Retry-After: 90"], b"wait"),
        _ => Answer::ok(&[], b"{\"label\":\"neutral\"}"),
    })
    .await
}

async fn inquire(server: &Server, path: &str) -> Result<Vec<u8>, FetchError> {
    // Where nobody else may be asked on this machine, the service may.
    let fetcher = Fetcher::new(Settings::default()).unwrap();
    let url = Url::parse(&server.url(path)).unwrap();
    let token = Secret::from("s3cret-of-ours");
    fetcher.inquire(&url, "{\"text\":\"ä\"}".to_owned(), Some(&token), ALLOTTED).await
}

#[tokio::test]
async fn a_question_is_json_with_the_token_and_needs_no_leave_to_ask_this_machine() {
    let server = server().await;
    let answer = inquire(&server, "/fine?version=2").await.unwrap();
    assert_eq!(answer, b"{\"label\":\"neutral\"}");
    let head = server.heads().pop().unwrap();
    assert!(head.starts_with("POST /fine?version=2 "), "{head}");
    let lower = head.to_lowercase();
    assert!(lower.contains("\r\ncontent-type: application/json\r\n"), "{head}");
    assert!(lower.contains("\r\nauthorization: bearer s3cret-of-ours\r\n"), "{head}");
    assert!(lower.ends_with("{\"text\":\"\u{c3}\u{a4}\"}".to_lowercase().as_str()), "{head}");
}

#[tokio::test]
async fn nothing_that_comes_back_is_followed_waited_for_or_read_for_ever() {
    let server = server().await;
    let refused = async |path: &str| {
        let error = inquire(&server, path).await.unwrap_err();
        assert!(!error.to_string().contains("s3cret"), "{error}");
        error
    };
    for path in ["/slow", "/drip"] {
        let started = Instant::now();
        let error = refused(path).await;
        assert!(matches!(error, FetchError::Timeout { allotted: ALLOTTED, .. }), "{error}");
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    }
    assert!(matches!(refused("/moved").await, FetchError::Status { status: 307, .. }));
    assert!(!server.paths().contains(&"/fine".to_owned()), "{:?}", server.paths());
    for path in ["/large", "/just-too-large"] {
        assert!(matches!(refused(path).await, FetchError::TooLarge { most: 65_536, .. }));
    }
    assert!(matches!(refused("/broken").await, FetchError::Broken { .. }));
    assert_eq!(refused("/busy").await.retry(), Retry::After(Duration::from_secs(90)));
}
