//! What is shown to be let in, where it goes and where not, and tokens that have to be asked for.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};

fn api(text: &str, access: &Access) -> Request {
    Request::api(Url::parse(text).unwrap()).with(access)
}

async fn told(fetcher: &Fetcher, request: &Request) -> Result<String, FetchError> {
    match fetcher.fetch(request, None).await? {
        Fetched::Fresh { reply, .. } => Ok(String::from_utf8(reply.body).unwrap()),
        unchanged @ Fetched::Unchanged { .. } => panic!("{unchanged:?}"),
    }
}

fn everything() -> Access {
    Access {
        headers: vec![("X-Key".into(), "h34der".into())],
        query: vec![("key".into(), "qu3ry&".into())],
        token: Some("p4th:1".into()),
        grant: None,
        hidden: Vec::new(),
    }
}

#[tokio::test]
async fn what_is_shown_goes_to_the_host_that_was_asked_and_to_nobody_else() {
    let other = Server::start(|_, _| Answer::ok(&[], b"there")).await;
    let to = other.url("/there");
    let server = Server::start(move |path, _| match path {
        path if path.starts_with("/botp4th:1/go") => Answer::redirect("302 Found", &to),
        path if path.starts_with("/botp4th:1/near") => Answer::redirect("302 Found", "/here"),
        _ => Answer::ok(&[], b"here"),
    })
    .await;
    let fetcher = fetcher(|_| ());
    let request =
        |name: &str| api(&server.url(&format!("/bot{{token}}/{name}?a=b")), &everything());
    assert_eq!(told(&fetcher, &request("go")).await.unwrap(), "there");
    assert_eq!(told(&fetcher, &request("near")).await.unwrap(), "here");
    assert_eq!(server.paths()[0], "/botp4th:1/go?a=b&key=qu3ry%26");
    assert!(server.heads()[0].to_lowercase().contains("x-key: h34der"));
    assert!(server.heads()[2].to_lowercase().contains("x-key: h34der"), "the same host");
    for head in other.heads() {
        let head = head.to_lowercase();
        assert!(!["h34der", "qu3ry", "p4th"].iter().any(|secret| head.contains(secret)), "{head}");
    }
}

#[tokio::test]
async fn no_error_shows_a_secret() {
    let server = Server::start(|path, _| match path {
        path if path.contains("/broken") => Answer::raw(b"nonsense\r\n\r\n"),
        _ => Answer::new("403 Forbidden", &[], b"{\"error\":\"scope\"}"),
    })
    .await;
    let fetcher = fetcher(|_| ());
    for name in ["refused", "broken"] {
        let url = server.url(&format!("/bot{{token}}/{name}"));
        let error = told(&fetcher, &api(&url, &everything())).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(
            !["h34der", "qu3ry", "p4th"].iter().any(|secret| shown.contains(secret)),
            "{shown}"
        );
    }
    let odd = Access { token: Some("../admin".into()), ..Access::default() };
    let error = told(&fetcher, &api(&server.url("/bot{token}/x"), &odd)).await.unwrap_err();
    assert!(matches!(error, FetchError::Setup(_)), "{error}");
}

#[tokio::test]
async fn what_an_api_says_with_a_refusal_is_kept_and_of_others_it_is_not_read() {
    let reset = "X-RateLimit-Reset: 41";
    let server = Server::start(move |_, _| {
        Answer::new("429 Too Many Requests", &[reset], b"{\"error\":\"slow down\"}")
    })
    .await;
    let error = told(&fetcher(|_| ()), &api(&server.url("/"), &Access::default())).await;
    let Err(FetchError::Status { status: 429, retry_after, said: Some(said), .. }) = error else {
        panic!("{error:?}")
    };
    assert_eq!(retry_after, Some(Duration::from_secs(41)));
    assert_eq!(said.body, b"{\"error\":\"slow down\"}");
    let error = refusal(&fetcher(|_| ()), &server.url("/")).await;
    assert!(matches!(error, FetchError::Status { said: None, retry_after: None, .. }), "{error:?}");
}

#[tokio::test]
async fn a_refusal_for_a_bad_request_names_a_time_only_where_nothing_is_left() {
    let spent = "X-App-Usage: {\"call_count\":100}";
    let some = "X-App-Usage: {\"call_count\":30}";
    for (header, seconds) in [(spent, Some(3600)), (some, None), ("X-RateLimit-Reset: 41", None)] {
        let answer = move |_: &str, _: &str| Answer::new("400 Bad Request", &[header], b"{}");
        let server = Server::start(answer).await;
        let error = told(&fetcher(|_| ()), &api(&server.url("/"), &Access::default())).await;
        let Err(FetchError::Status { retry_after, .. }) = error else { panic!("{error:?}") };
        assert_eq!(retry_after.map(|wait| wait.as_secs()), seconds, "{header}");
    }
}

#[tokio::test]
async fn a_host_that_has_nothing_left_is_left_alone() {
    let headers = ["X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 100"];
    let server = Server::start(move |_, _| Answer::ok(&headers, b"{}")).await;
    let fetcher = fetcher(|_| ());
    told(&fetcher, &api(&server.url("/one"), &Access::default())).await.unwrap();
    let error = told(&fetcher, &api(&server.url("/two"), &Access::default())).await.unwrap_err();
    assert!(matches!(error, FetchError::HostPaused { .. }), "{error}");
    assert_eq!(server.paths(), ["/one"]);
}

#[tokio::test]
async fn what_a_site_repeats_of_a_secret_is_taken_out() {
    let server = Server::start(|path, _| match path {
        "/fine" => Answer::ok(&[], b"{\"you\":\"s3cr3t-token\"}"),
        _ => Answer::new("401 Unauthorized", &[], b"{\"error\":\"bad token s3cr3t-token\"}"),
    })
    .await;
    let fetcher = fetcher(|_| ());
    let access = Access::bearer(&"s3cr3t-token".into());
    assert_eq!(
        told(&fetcher, &api(&server.url("/fine"), &access)).await.unwrap(),
        "{\"you\":\"(secret)\"}"
    );
    let error = told(&fetcher, &api(&server.url("/refused"), &access)).await.unwrap_err();
    let FetchError::Status { said: Some(said), .. } = error else { panic!("{error:?}") };
    assert_eq!(said.body, b"{\"error\":\"bad token (secret)\"}");
}

#[tokio::test]
async fn a_redirect_that_repeats_a_secret_is_not_followed() {
    let server = Server::start(|path, _| match path {
        "/bots3cr3t-token/x" => Answer::redirect("301 Moved", "/new/bots3cr3t-token/x"),
        _ => Answer::ok(&[], b"{}"),
    })
    .await;
    let access = Access { token: Some("s3cr3t-token".into()), ..Access::default() };
    let error =
        told(&fetcher(|_| ()), &api(&server.url("/bot{token}/x"), &access)).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error:?}");
    assert!(error.to_string().contains("/bot…/x redirects to an address with"), "{error}");
}

#[tokio::test]
async fn a_permission_that_is_missing_says_nothing_of_the_rest_of_the_host() {
    let server = Server::start(|path, _| match path {
        "/fine" => Answer::ok(&[], b"fine"),
        _ => Answer::new(
            "403 Forbidden",
            &["X-RateLimit-Remaining: 299", "X-RateLimit-Reset: 300"],
            b"{}",
        ),
    })
    .await;
    let fetcher = fetcher(|_| ());
    let error = told(&fetcher, &api(&server.url("/search"), &Access::default())).await;
    assert!(matches!(error, Err(FetchError::Status { retry_after: None, .. })), "{error:?}");
    let fine = told(&fetcher, &api(&server.url("/fine"), &Access::default())).await;
    assert_eq!(fine.unwrap(), "fine");
}

/// A server that gives tokens, the first of which is refused after `lasts` requests.
async fn giver(lasts: usize) -> (Server, Arc<AtomicUsize>) {
    let (given, asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&given);
    let server = Server::start(move |path, head| {
        let lower = head.to_lowercase();
        match path {
            "/token" if !head.contains("Basic bWU6cDR3") => {
                Answer::ok(&[], b"{\"error\":\"invalid_grant\"}")
            }
            "/token" => {
                assert!(head.ends_with("grant_type=client_credentials"), "{head}");
                let number = given.fetch_add(1, Ordering::SeqCst) + 1;
                let body = format!("{{\"access_token\":\"t0ken{number}\",\"expires_in\":3600}}");
                Answer::ok(&[], body.as_bytes())
            }
            _ if lower.contains("bearer t0ken1") => {
                if asked.fetch_add(1, Ordering::SeqCst) < lasts {
                    Answer::ok(&[], b"first")
                } else {
                    Answer::new("401 Unauthorized", &[], b"{}")
                }
            }
            _ if lower.contains("bearer t0ken2") => Answer::ok(&[], b"second"),
            _ => Answer::new("401 Unauthorized", &[], b"{}"),
        }
    })
    .await;
    (server, counted)
}

fn oauth(server: &Server, password: &str) -> Access {
    Access::granted(Grant::OAuth {
        url: Url::parse(&server.url("/token")).unwrap(),
        client: Some(("me".into(), password.into())),
        form: vec![("grant_type", "client_credentials".into())],
    })
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_anew_when_it_is_refused() {
    let (server, given) = giver(2).await;
    let fetcher = fetcher(|_| ());
    let request = api(&server.url("/x"), &oauth(&server, "p4w"));
    let (one, two) = tokio::join!(told(&fetcher, &request), told(&fetcher, &request));
    assert_eq!((one.unwrap(), two.unwrap()), ("first".into(), "first".into()));
    assert_eq!(given.load(Ordering::SeqCst), 1);
    assert_eq!(told(&fetcher, &request).await.unwrap(), "second");
    assert_eq!(told(&fetcher, &request).await.unwrap(), "second");
    assert_eq!(given.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn who_gets_no_token_is_told_why_and_asks_no_more_for_a_while() {
    let (server, _) = giver(1).await;
    let fetcher = fetcher(|_| ());
    let request = api(&server.url("/x"), &oauth(&server, "wr0ng"));
    for _ in 0..3 {
        let error = told(&fetcher, &request).await.unwrap_err();
        assert_eq!(error.to_string(), "could not sign in at 127.0.0.1: invalid_grant");
        assert!(!format!("{error:?}").contains("wr0ng"));
    }
    assert_eq!(server.paths(), ["/token"]);
}

#[tokio::test]
async fn a_session_is_renewed_and_not_begun_anew() {
    let server = Server::start(|path, head| {
        let lower = head.to_lowercase();
        match path {
            "/xrpc/com.atproto.server.createSession" => {
                assert!(head.contains("\"password\":\"p4w\""), "{head}");
                Answer::ok(&[], b"{\"accessJwt\":\"old\",\"refreshJwt\":\"renew\"}")
            }
            "/xrpc/com.atproto.server.refreshSession" => {
                assert!(lower.contains("bearer renew"), "{head}");
                Answer::ok(&[], b"{\"accessJwt\":\"new\",\"refreshJwt\":\"renew2\"}")
            }
            _ if lower.contains("bearer new") => Answer::ok(&[], b"in"),
            _ => Answer::new("400 Bad Request", &[], b"{\"error\":\"ExpiredToken\"}"),
        }
    })
    .await;
    let access = Access::granted(Grant::Session {
        server: Url::parse(&server.url("")).unwrap(),
        account: "acme.example".into(),
        password: "p4w".into(),
    });
    let fetcher = fetcher(|_| ());
    assert_eq!(told(&fetcher, &api(&server.url("/x"), &access)).await.unwrap(), "in");
    assert_eq!(server.paths().len(), 4, "{:?}", server.paths());
    // A server that refuses every token is not asked for ever.
    assert_eq!(told(&fetcher, &api(&server.url("/x"), &access)).await.unwrap(), "in");
}
