//! A stand-in for a site that has an API: a function that answers as the site does, and breaks the
//! connection where a test says so.

use super::site::{Answer, headers, respond};
use super::{Ran, World};
use serde_json::Value;
use std::collections::HashMap;
use std::io::{BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// One request, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Decoded, in their order.
    pub(crate) query: Vec<(String, String)>,
    /// Names in lower case.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Asked {
    /// Returns a parameter of the query; empty where it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.query.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Returns a header; empty where it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value)
    }

    /// Returns a field of the form that was sent; empty where it is not there.
    pub(crate) fn form(&self, name: &str) -> String {
        let mut pairs = url::form_urlencoded::parse(self.body.as_bytes());
        pairs.find(|(known, _)| known == name).map_or(String::new(), |(_, value)| value.into())
    }
}

/// An answer with this status and this JSON.
pub(crate) fn json(status: u16, body: impl Into<Vec<u8>>) -> Answer {
    let body = body.into();
    Answer { body, ..Answer::status(status) }
        .header("Content-Type", "application/json; charset=utf-8")
}

type Play = dyn Fn(&Asked) -> Answer + Send + Sync;

#[derive(Default)]
struct State {
    seen: Vec<Asked>,
    /// The request, counted from 1, at which the connection breaks.
    cut_at: Option<usize>,
    /// The request at which it breaks when all is done and nothing is answered yet.
    lost_at: Option<usize>,
}

/// A site on loopback; it ends with the test.
#[derive(Clone)]
pub(crate) struct StandIn {
    state: Arc<Mutex<State>>,
    address: String,
}

impl StandIn {
    /// Starts a site on a free port of 127.0.0.1 that answers as `play` says.
    pub(crate) fn start(play: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, play): (_, Arc<Play>) = (Arc::clone(&state), Arc::new(play));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, play) = (Arc::clone(&shared), Arc::clone(&play));
                std::thread::spawn(move || drop(serve(&stream, &state, play.as_ref())));
            }
        });
        Self { state, address }
    }

    /// Returns its address, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.address
    }

    /// Returns the requests seen so far.
    pub(crate) fn seen(&self) -> Vec<Asked> {
        self.state.lock().unwrap().seen.clone()
    }

    /// Does what the request with this number asks, counted from 1, and breaks the connection before the
    /// answer.
    pub(crate) fn lose_at(&self, number: usize) {
        self.state.lock().unwrap().lost_at = Some(number);
    }

    /// Breaks the connection at the request with this number, counted from 1.
    pub(crate) fn cut_at(&self, number: usize) {
        self.state.lock().unwrap().cut_at = Some(number);
    }
}

fn serve(stream: &TcpStream, state: &Mutex<State>, play: &Play) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream.try_clone()?;
    loop {
        let mut line = String::new();
        if std::io::BufRead::read_line(&mut reader, &mut line)? == 0 {
            return Ok(());
        }
        let mut words = line.split_whitespace();
        let method = words.next().unwrap_or_default().to_owned();
        let target = words.next().unwrap_or("/");
        let url = url::Url::parse(&format!("http://site{target}")).unwrap();
        let headers = headers(&mut reader)?;
        let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut body = Vec::new();
        reader.by_ref().take(length).read_to_end(&mut body)?;
        let asked = Asked {
            method,
            path: url.path().to_owned(),
            query: url.query_pairs().into_owned().collect(),
            headers: headers.clone(),
            body: String::from_utf8_lossy(&body).into_owned(),
        };
        let (is_cut, is_lost) = {
            let mut state = state.lock().unwrap();
            state.seen.push(asked.clone());
            let number = Some(state.seen.len());
            (state.cut_at == number, state.lost_at == number)
        };
        if is_cut {
            return stream.shutdown(std::net::Shutdown::Both);
        }
        let answer = play(&asked);
        if is_lost {
            return stream.shutdown(std::net::Shutdown::Both);
        }
        std::thread::sleep(answer.delay);
        respond(&mut writer, &answer, &headers)?;
    }
}

/// What every configuration of a stand-in begins with.
pub(crate) const HEAD: &str = r##"
timezone = "UTC"
[http]
allow_private_addresses = ["127.0.0.1/32"]
[[brand]]
name = "Acme"
keywords = ["Acme", "#acme"]
"##;

/// Returns what is stored, in an order of its own: of each mention its address, words and whether it
/// has a ticket, and how many tickets there are.
pub(crate) fn stored(world: &World) -> (Vec<String>, usize) {
    let mentions = world.vahti("mentions --limit 0 --copies --format json").json();
    let row = |mention: &Value| {
        let of = |name: &str| mention[name].as_str().unwrap_or_default().to_owned();
        let ticket = if mention["ticket"].is_null() { "" } else { " +ticket" };
        format!("{} | {} | {}{ticket}", of("url"), of("title"), of("text"))
    };
    let mut rows: Vec<String> = mentions.as_array().unwrap().iter().map(row).collect();
    rows.sort();
    let tickets = world.vahti("tickets --status all --limit 0 --format json").json();
    (rows, tickets.as_array().unwrap().len())
}

/// Polls once. That it fails is no failure of the test.
pub(crate) fn poll(world: &World) -> Ran {
    world.vahti("poll")
}

/// Cuts the first poll off at each of its requests in turn, polls on until nothing more is asked for,
/// and expects that what is stored in the end is what polls without a cut lead to: nothing lost,
/// nothing twice. Returns what that is.
pub(crate) fn cut_everywhere(
    start: impl Fn() -> StandIn,
    config: impl Fn(&StandIn) -> String,
) -> (Vec<String>, usize) {
    let run = |cut_at: Option<usize>| {
        let site = start();
        if let Some(number) = cut_at {
            site.cut_at(number);
        }
        let world = World::new(&config(&site));
        poll(&world);
        let asked = site.seen().len();
        for _ in 0..3 {
            poll(&world);
        }
        let (mut rows, tickets) = stored(&world);
        // Each stand-in has a port of its own, and the posts of some have its address.
        for row in &mut rows {
            *row = row.replace(site.url(), "http://stand-in");
        }
        ((rows, tickets), asked)
    };
    let (expected, asked) = run(None);
    assert!(!expected.0.is_empty(), "the stand-in has something to find");
    for number in 1..=asked {
        let (found, _) = run(Some(number));
        assert_eq!(found, expected, "cut off at request {number} of {asked}");
    }
    expected
}
