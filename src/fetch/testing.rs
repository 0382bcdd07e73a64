//! A web server of a few lines, for tests: it does exactly what it is told, and remembers what it was asked.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The bytes of a reply and how they are sent.
pub(super) struct Answer {
    bytes: Vec<u8>,
    wait: Duration,
    drip: bool,
    close: bool,
}

impl Answer {
    pub(super) fn new(status: &str, headers: &[&str], body: &[u8]) -> Self {
        let mut head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
        for header in headers {
            head.push_str(header);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        Self {
            bytes: [head.as_bytes(), body].concat(),
            wait: Duration::ZERO,
            drip: false,
            close: false,
        }
    }

    pub(super) fn ok(headers: &[&str], body: &[u8]) -> Self {
        Self::new("200 OK", headers, body)
    }

    pub(super) fn redirect(status: &str, to: &str) -> Self {
        Self::new(status, &[&format!("Location: {to}")], b"")
    }

    /// Ends the connection behind it.
    pub(super) fn raw(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), wait: Duration::ZERO, drip: false, close: true }
    }

    /// Keeps the connection for the next request.
    pub(super) fn kept_open(self) -> Self {
        Self { close: false, ..self }
    }

    pub(super) fn after(self, wait: Duration) -> Self {
        Self { wait, ..self }
    }

    /// Sends a byte every 20 ms.
    pub(super) fn dripping(self) -> Self {
        Self { drip: true, ..self }
    }
}

#[derive(Default)]
struct Log {
    heads: Mutex<Vec<String>>,
    in_flight: AtomicUsize,
    busiest: AtomicUsize,
    connections: AtomicUsize,
}

pub(super) struct Server {
    pub(super) address: SocketAddr,
    log: Arc<Log>,
    /// Ends with the server.
    _tasks: JoinSet<()>,
}

impl Server {
    /// Answers each path with what `answer` makes of it and of the whole head of the request.
    pub(super) async fn start(
        answer: impl Fn(&str, &str) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Log::default());
        let (answer, kept) = (Arc::new(answer), Arc::clone(&log));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut conversations = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                kept.connections.fetch_add(1, Ordering::SeqCst);
                let (answer, log) = (Arc::clone(&answer), Arc::clone(&kept));
                conversations.spawn(async move { converse(stream, &*answer, &log).await });
            }
        });
        Self { address, log, _tasks: tasks }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The heads of the requests so far, as they came.
    pub(super) fn heads(&self) -> Vec<String> {
        self.log.heads.lock().unwrap().clone()
    }

    /// The paths asked for so far.
    pub(super) fn paths(&self) -> Vec<String> {
        self.heads().iter().map(|head| path_of(head).to_owned()).collect()
    }

    /// The most requests that were in flight together.
    pub(super) fn busiest(&self) -> usize {
        self.log.busiest.load(Ordering::SeqCst)
    }

    pub(super) fn connections(&self) -> usize {
        self.log.connections.load(Ordering::SeqCst)
    }
}

fn path_of(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}

async fn converse(
    mut stream: TcpStream,
    answer: &(dyn Fn(&str, &str) -> Answer + Sync),
    log: &Log,
) {
    while let Some(head) = read_head(&mut stream).await {
        log.heads.lock().unwrap().push(head.clone());
        let now = log.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        log.busiest.fetch_max(now, Ordering::SeqCst);
        let answer = answer(path_of(&head), &head);
        tokio::time::sleep(answer.wait).await;
        // Before the last byte, or the next request might be counted together with this one.
        log.in_flight.fetch_sub(1, Ordering::SeqCst);
        if send(&mut stream, &answer).await.is_err() || answer.close {
            return;
        }
    }
}

async fn send(stream: &mut TcpStream, answer: &Answer) -> std::io::Result<()> {
    if !answer.drip {
        return stream.write_all(&answer.bytes).await;
    }
    for byte in &answer.bytes {
        stream.write_all(&[*byte]).await?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    // A form stands behind its head.
    let text = String::from_utf8_lossy(&head).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    for _ in 0..length.map_or(0, |length| length.trim().parse().unwrap()) {
        head.push(stream.read_u8().await.ok()?);
    }
    // One char for each byte, so that a test sees them all.
    Some(head.into_iter().map(char::from).collect())
}
