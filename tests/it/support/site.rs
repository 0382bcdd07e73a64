//! A web site on loopback that serves what a test says and keeps score of what was asked.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What the site answers at one path.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// How long the site thinks before it answers.
    pub(crate) delay: Duration,
}

impl Answer {
    /// A feed, with status 200.
    pub(crate) fn feed(body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: vec![("Content-Type".into(), "application/rss+xml; charset=utf-8".into())],
            body: body.into(),
            delay: Duration::ZERO,
        }
    }

    /// An answer without a body.
    pub(crate) fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), delay: Duration::ZERO }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }
}

/// One request that the site saw: when it came, its path with the query, its headers in lower case, its
/// body.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) at: Instant,
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

#[derive(Default)]
struct State {
    answers: HashMap<String, Answer>,
    seen: Vec<Seen>,
    /// For each path how many requests are being answered, and how many were at most.
    at_once: HashMap<String, (usize, usize)>,
}

/// A site; it ends with the test.
#[derive(Clone)]
pub(crate) struct Site {
    state: Arc<Mutex<State>>,
    address: String,
}

impl Site {
    /// Starts a site on a free port of 127.0.0.1.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || drop(serve(stream, &state)));
            }
        });
        Self { state, address }
    }

    /// Returns the address of `path` on this site.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Says what is answered at `path` from now on. An answer with an `ETag` or `Last-Modified`
    /// header is answered with 304 to those who send it back.
    pub(crate) fn serve(&self, path: &str, answer: Answer) {
        self.state.lock().unwrap().answers.insert(path.into(), answer);
    }

    /// Returns the requests seen so far at `path`.
    pub(crate) fn seen(&self, path: &str) -> Vec<Seen> {
        let state = self.state.lock().unwrap();
        state.seen.iter().filter(|seen| seen.path == path).cloned().collect()
    }

    /// Returns how many requests to `path` were under way at the same time at most.
    pub(crate) fn most_at_once(&self, path: &str) -> usize {
        self.state.lock().unwrap().at_once.get(path).map_or(0, |(_, most)| *most)
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let path = line.split_whitespace().nth(1).unwrap_or("/").to_owned();
        let headers = headers(&mut reader)?;
        let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut body = Vec::new();
        reader.by_ref().take(length).read_to_end(&mut body)?;
        let body = String::from_utf8_lossy(&body).into_owned();
        let seen = Seen { at: Instant::now(), path: path.clone(), headers: headers.clone(), body };
        let answer = {
            let mut state = state.lock().unwrap();
            state.seen.push(seen);
            let (now, most) = state.at_once.entry(path.clone()).or_default();
            *now += 1;
            *most = (*most).max(*now);
            state.answers.get(&path).cloned().unwrap_or_else(|| Answer::status(404))
        };
        std::thread::sleep(answer.delay);
        // Before the answer: whoever has it may ask again at once.
        if let Some((now, _)) = state.lock().unwrap().at_once.get_mut(&path) {
            *now -= 1;
        }
        respond(&mut stream, &answer, &headers)?;
    }
}

pub(super) fn headers(reader: &mut impl BufRead) -> std::io::Result<HashMap<String, String>> {
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => {
                headers.insert(name.to_lowercase(), value.trim().to_owned());
            }
            None => return Ok(headers),
        }
    }
}

pub(super) fn respond(
    stream: &mut TcpStream,
    answer: &Answer,
    asked: &HashMap<String, String>,
) -> std::io::Result<()> {
    let given =
        |name: &str| answer.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let fits = |ours: &str, theirs: &str| {
        given(ours).is_some_and(|(_, value)| asked.get(theirs) == Some(value))
    };
    let is_unchanged = answer.status == 200
        && (fits("etag", "if-none-match") || fits("last-modified", "if-modified-since"));
    let status = if is_unchanged { 304 } else { answer.status };
    let body: &[u8] = if is_unchanged { &[] } else { &answer.body };
    write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len())?;
    for (name, value) in &answer.headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(body)?;
    stream.flush()
}
