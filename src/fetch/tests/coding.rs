//! What a body is wrapped in, and that nothing of it is lost unnoticed.

use super::*;

const DEFLATE_HELLO: &[u8] = &[120, 156, 203, 72, 205, 201, 201, 7, 0, 6, 44, 2, 21];
const GZIP_HELLO: &[u8] =
    &[31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 203, 72, 205, 201, 201, 7, 0, 134, 166, 16, 54, 5, 0, 0, 0];
const BR_HELLO: &[u8] = b"\x0b\x02\x80hello\x03";
const ZSTD_HELLO: &[u8] = b"\x28\xb5\x2f\xfd\x00\x58\x29\x00\x00hello";

/// The codings that are asked for, each with the word `hello`.
const CODINGS: [(&str, &[u8]); 4] =
    [("gzip", GZIP_HELLO), ("deflate", DEFLATE_HELLO), ("br", BR_HELLO), ("zstd", ZSTD_HELLO)];

/// Serves `/CODING/LENGTH` with so many bytes of the coded word.
async fn server() -> Server {
    Server::start(|path, _| {
        let (coding, length) = path.trim_start_matches('/').split_once('/').unwrap();
        let (_, coded) = CODINGS.into_iter().find(|(known, _)| *known == coding).unwrap();
        let body = &coded[..length.parse().unwrap()];
        Answer::ok(&[&format!("Content-Encoding: {coding}")], body)
    })
    .await
}

#[tokio::test]
async fn every_coding_that_is_asked_for_is_undone() {
    let server = server().await;
    let fetcher = fetcher(|settings| settings.most_bytes = 5);
    for (coding, coded) in CODINGS {
        let url = server.url(&format!("/{coding}/{}", coded.len()));
        assert_eq!(body(&fetcher, &url).await, "hello", "{coding}");
        let head = server.heads().pop().unwrap().to_lowercase();
        let asked = head.lines().find_map(|line| line.strip_prefix("accept-encoding: ")).unwrap();
        assert!(asked.split(',').any(|known| known.trim() == coding), "{asked}");
    }
    let smaller = self::fetcher(|settings| settings.most_bytes = 4);
    for (coding, coded) in CODINGS {
        let error = refusal(&smaller, &server.url(&format!("/{coding}/{}", coded.len()))).await;
        assert!(matches!(error, FetchError::TooLarge { most: 4, .. }), "{coding}: {error}");
    }
}

#[tokio::test]
async fn a_coded_body_that_ends_early_is_an_error() {
    let server = server().await;
    let fetcher = fetcher(|_| ());
    for (coding, coded) in CODINGS {
        for length in 1..coded.len() {
            let told = get(&fetcher, &server.url(&format!("/{coding}/{length}"))).await;
            assert!(matches!(told, Err(FetchError::Broken { .. })), "{coding}, {length}: {told:?}");
        }
    }
}

#[tokio::test]
async fn a_coding_that_was_not_asked_for_is_an_error() {
    let server = Server::start(|path, _| {
        let coding = path.trim_start_matches('/').replace('+', ", ");
        Answer::ok(&[&format!("Content-Encoding: {coding}")], b"hello")
    })
    .await;
    let fetcher = fetcher(|_| ());
    for coding in ["compress", "gzip+gzip", "dcb"] {
        let error = refusal(&fetcher, &server.url(&format!("/{coding}"))).await;
        assert!(matches!(error, FetchError::Broken { .. }), "{coding}: {error}");
    }
    for none in ["identity", "Identity", ""] {
        assert_eq!(body(&fetcher, &server.url(&format!("/{none}"))).await, "hello", "{none}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_as_long_as_it_was_said_to_be_is_an_error() {
    let server = Server::start(|path, _| match path {
        "/short" => Answer::raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"),
        "/chunked" => {
            Answer::raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        }
        "/in-chunk" => {
            Answer::raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello")
        }
        "/two" => {
            Answer::raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\nhello")
        }
        "/no-number" => Answer::raw(b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello"),
        _ => Answer::raw(b"HTTP/1.1 200 OK\r\nContent-Le"),
    })
    .await;
    let fetcher = fetcher(|_| ());
    for path in ["/short", "/chunked", "/in-chunk", "/two", "/no-number", "/head"] {
        let error = refusal(&fetcher, &server.url(path)).await;
        assert!(matches!(error, FetchError::Broken { .. }), "{path}: {error}");
        assert_eq!(error.retry(), Retry::Soon);
    }
}

#[tokio::test]
async fn what_comes_behind_the_end_of_a_reply_is_not_taken_for_the_next_one() {
    let server = Server::start(|path, _| match path {
        "/long" => Answer::raw(
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello\
              HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged",
        )
        .kept_open(),
        _ => Answer::ok(&[], b"true"),
    })
    .await;
    let fetcher = fetcher(|_| ());
    for _ in 0..5 {
        assert_eq!(body(&fetcher, &server.url("/long")).await, "hello");
        assert_eq!(body(&fetcher, &server.url("/next")).await, "true");
    }
}
