//! A site with every feed, `/0` to `/N`, by hand: HTTP/1.1, kept alive, with `ETag` and 304. It counts what it is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::feeds::Feed;

pub(crate) struct Server {
    pub(crate) port: u16,
    site: Arc<Site>,
    /// Holds the task that accepts; dropped with the server, which ends it.
    _tasks: JoinSet<()>,
}

struct Site {
    feeds: Arc<[Feed]>,
    etags: AtomicU32,
    full: AtomicU64,
    unchanged: AtomicU64,
    other: AtomicU64,
    body_bytes: AtomicU64,
}

/// What was answered since the last time somebody asked.
pub(crate) struct Counts {
    pub(crate) full: u64,
    pub(crate) unchanged: u64,
    pub(crate) other: u64,
    pub(crate) body_bytes: u64,
}

impl Server {
    pub(crate) async fn start(feeds: Arc<[Feed]>) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let site = Arc::new(Site {
            feeds,
            etags: AtomicU32::new(1),
            full: AtomicU64::new(0),
            unchanged: AtomicU64::new(0),
            other: AtomicU64::new(0),
            body_bytes: AtomicU64::new(0),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&site)));
        Ok(Self { port, site, _tasks: tasks })
    }

    /// From now on every feed has another `ETag`, and the same entries.
    pub(crate) fn change_etags(&mut self) {
        self.site.etags.fetch_add(1, Ordering::Relaxed);
    }

    /// What stands behind the number in an `ETag`.
    pub(crate) fn etag_salt(&self) -> String {
        format!("-{}", self.site.etags.load(Ordering::Relaxed))
    }

    pub(crate) fn take_counts(&mut self) -> Counts {
        let take = |counter: &AtomicU64| counter.swap(0, Ordering::Relaxed);
        let Site { full, unchanged, other, body_bytes, .. } = &*self.site;
        Counts {
            full: take(full),
            unchanged: take(unchanged),
            other: take(other),
            body_bytes: take(body_bytes),
        }
    }
}

async fn accept(listener: TcpListener, site: Arc<Site>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let site = Arc::clone(&site);
        connections.spawn(async move {
            // A client that goes away has had its answers; there is nobody to tell.
            drop(serve(stream, &site).await);
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, site: &Site) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut known_etag = None;
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            match line.trim_end().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("if-none-match") => {
                    known_etag = Some(value.trim().to_owned());
                }
                Some(_) => {}
                None => break,
            }
        }
        let (head, body) = site.answer(&path, known_etag.as_deref());
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
    }
}

impl Site {
    fn answer(&self, path: &str, known_etag: Option<&str>) -> (String, &[u8]) {
        let number = path.strip_prefix('/').and_then(|number| number.parse::<usize>().ok());
        let Some(feed) = number.and_then(|number| self.feeds.get(number)) else {
            self.other.fetch_add(1, Ordering::Relaxed);
            return ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(), &[]);
        };
        let etag = format!("\"{}-{}\"", feed.number, self.etags.load(Ordering::Relaxed));
        if known_etag == Some(etag.as_str()) {
            self.unchanged.fetch_add(1, Ordering::Relaxed);
            return (format!("HTTP/1.1 304 Not Modified\r\netag: {etag}\r\n\r\n"), &[]);
        }
        self.full.fetch_add(1, Ordering::Relaxed);
        let length = feed.document.len();
        self.body_bytes.fetch_add(u64::try_from(length).unwrap_or(0), Ordering::Relaxed);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {}\r\ncontent-length: {length}\r\netag: {etag}\r\n\r\n",
            feed.content_type
        );
        (head, &feed.document)
    }
}
