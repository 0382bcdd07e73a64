//! Calls whose answer does not arrive in full.

use super::*;
use crate::fetch::Call;

async fn called(answer: fn() -> Answer, by_status: bool) -> Result<Vec<u8>, FetchError> {
    let server = Server::start(move |_, _| answer()).await;
    let fetcher = fetcher(|settings| settings.timeout = Duration::from_secs(1));
    let url = server.url("/hook").parse().unwrap();
    let call = Call { by_status, ..Call::post(url, &serde_json::json!({})) };
    fetcher.call(&call).await
}

/// It breaks off.
fn short() -> Answer {
    Answer::raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok")
}

/// It never ends.
fn open() -> Answer {
    Answer::raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok").kept_open()
}

/// It is compressed, which nobody asked for.
fn packed() -> Answer {
    Answer::ok(&["Content-Encoding: compress"], b"ok")
}

fn long() -> Answer {
    Answer::ok(&[], &vec![b'x'; 2 * 1024 * 1024])
}

#[tokio::test]
async fn where_the_status_says_all_the_rest_may_be_missing() {
    for answer in [short, open, packed, long] {
        assert!(called(answer, true).await.is_ok());
        assert!(called(answer, false).await.is_err(), "what is not known is not taken for done");
    }
}

#[tokio::test]
async fn a_refusal_is_one_whatever_is_said_with_it() {
    let cut = || Answer::raw(b"HTTP/1.1 410 Gone\r\nContent-Length: 10\r\n\r\nok");
    for by_status in [true, false] {
        let error = called(cut, by_status).await.unwrap_err();
        assert!(matches!(error, FetchError::Status { status: 410, .. }), "{error:?}");
    }
}
