//! How long a batch waits for the service.

use super::*;
use crate::brand::BrandName;
use crate::fetch::Settings;
use crate::post::Post;

/// Asks a service that takes every question and answers none, three times.
async fn asked(timeout: Duration, left: Duration) -> (Judging, Vec<Asking>) {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/judge", silent.local_addr().unwrap()).parse().unwrap();
    let service = Service { url, chat: None, token: None, timeout, budget: 9 };
    let fetcher = Fetcher::new(Settings::default()).unwrap();
    let judging = Judging::new(Arc::new(service), Arc::new(fetcher));
    let post = Post { text: "Acme is down".into(), ..Post::default() };
    let inquiry = Inquiry::of(&post, &[], &BrandName("Acme".into()), None);
    let mut came = Vec::new();
    for _ in 0..3 {
        came.push(judging.one(&inquiry, Instant::now() + left).await);
    }
    (judging, came)
}

#[tokio::test]
async fn a_batch_waits_no_longer_for_the_last_answer_and_that_is_no_failure() {
    let start = Instant::now();
    let timeout = Duration::from_secs(10);
    let (judging, came) = asked(timeout, Duration::from_millis(200)).await;
    assert!(came.iter().all(|one| matches!(one, Asking::Late)));
    assert!(start.elapsed() < timeout, "{:?}", start.elapsed());
    assert!(judging.is_willing());
}

#[tokio::test]
async fn a_service_that_may_take_as_long_as_a_batch_waits_fails_all_the_same() {
    let time = Duration::from_millis(200);
    let (judging, came) = asked(time, time).await;
    assert!(came.iter().all(|one| matches!(one, Asking::Failed)));
    assert!(!judging.is_willing());
}
