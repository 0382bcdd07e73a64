//! Feeds that never stay the same, `/0` to `/N`, into which a mention of the brand is planted now and then. When the
//! answer with it was given is kept.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

/// Entries of a feed that speak of nothing.
const FILLER: usize = 20;

#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    polls: usize,
    /// Of the polls every so many bring a mention; 0: none does.
    plants: usize,
    /// By number of the mention.
    planted: HashMap<usize, Instant>,
}

impl Site {
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let site = Self { port: listener.local_addr()?.port(), state: Arc::default() };
        let shared = site.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                thread::spawn(move || drop(shared.session(stream)));
            }
        });
        Ok(site)
    }

    /// From now on every so many polls bring a mention.
    pub(crate) fn plant(&self, every: usize) {
        self.see(|state| state.plants = every);
    }

    pub(crate) fn polls(&self) -> usize {
        self.see(|state| state.polls)
    }

    pub(crate) fn planted(&self) -> HashMap<usize, Instant> {
        self.see(|state| state.planted.clone())
    }

    fn see<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn session(&self, mut stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        while let Some(line) = lines.next().transpose()? {
            let feed = line.split([' ', '/']).nth(2).unwrap_or_default().to_owned();
            while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
            let (poll, mention) = self.see(|state| {
                state.polls += 1;
                let is_planted = state.plants > 0 && state.polls.is_multiple_of(state.plants);
                let mention = is_planted.then_some(state.planted.len());
                if let Some(mention) = mention {
                    state.planted.insert(mention, Instant::now());
                }
                (state.polls, mention)
            });
            let body = body(&feed, poll, mention);
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: {length}\r\n\r\n{body}"
            )?;
        }
        Ok(())
    }
}

fn body(feed: &str, poll: usize, mention: Option<usize>) -> String {
    let mut items = String::new();
    if let Some(nth) = mention {
        let title = format!("Acme is terrible, the worst service ever: {}", word(nth));
        item(&mut items, &address(nth), &title);
    }
    for nth in 0..FILLER {
        let title = format!("What {} did on the {poll}th day in {}", word(nth * 31), word(poll));
        item(&mut items, &format!("https://news.example/{feed}/{poll}/{nth}"), &title);
    }
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>{feed}</title><link>https://news.example/</link>\
         <description>News</description>{items}</channel></rss>"
    )
}

fn item(items: &mut String, address: &str, title: &str) {
    // Writing into a string cannot fail.
    write!(
        items,
        "<item><guid>{address}</guid><link>{address}</link><title>{title}</title>\
         <description>{title}, as everybody there had long expected.</description></item>"
    )
    .ok();
}

/// Returns the address of a planted mention.
pub(crate) fn address(nth: usize) -> String {
    format!("https://news.example/planted-{nth:06}")
}

/// Returns a word that no other number has.
fn word(nth: usize) -> String {
    let letters = ['b', 'd', 'f', 'g', 'k', 'l', 'm', 'n', 'p', 'r'];
    let digits = nth.to_string();
    let digits = digits.bytes().filter_map(|digit| letters.get(usize::from(digit - b'0')));
    digits.flat_map(|letter| [*letter, 'a']).collect()
}
