//! A mail server that misbehaves as it is told, at the verb it is told, and changes its manners while it runs. It keeps
//! what it was sent, whether or not it said so.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What is done where a client expects an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Deed {
    Say(&'static str),
    /// Nothing is said any more, and the line stays open.
    Hang,
    /// The line is cut.
    Drop,
}

/// Where something can be done: the greeting, a verb, the middle of a message, its final dot before
/// the message is kept, and after that.
pub(crate) const PLACES: [&str; 8] =
    ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "middle", "dot", "kept"];

/// How the server behaves; where nothing is said, as it should.
#[derive(Clone, Default)]
pub(crate) struct Manner {
    /// What is done at a place.
    pub(crate) at: Option<(&'static str, Deed)>,
    /// What is done when these recipients are named.
    pub(crate) to: Vec<(&'static str, Deed)>,
    /// Lines of the answer to EHLO after the first, such as `250-8BITMIME`.
    pub(crate) offers: &'static str,
    /// Whether every answer comes byte by byte.
    pub(crate) slow: bool,
    /// After how many messages the line is cut without a word; 0: never.
    pub(crate) tires_after: usize,
    /// How many lines may be open at once (0: any number), and what is done to one more.
    pub(crate) most_lines: usize,
    pub(crate) to_one_more: Option<Deed>,
    /// Up to how many milliseconds a message is looked at before it is kept, and again before the answer.
    pub(crate) thinks: u64,
}

/// A message that was sent to the end.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) to: String,
    pub(crate) message_id: String,
    /// As it came, dots and all.
    pub(crate) raw: Vec<u8>,
    /// What the client said with MAIL FROM behind the address.
    pub(crate) options: String,
    /// In which of the client's lives it came; see [`Rogue::next_life`].
    pub(crate) life: usize,
    /// When the client was told that it is kept.
    pub(crate) answered: Option<Instant>,
}

#[derive(Default)]
struct Seen {
    manner: Manner,
    kept: Vec<Kept>,
    sessions: usize,
    open: usize,
    life: usize,
    /// Lines that stay open with nothing said on them.
    hung: Vec<TcpStream>,
}

/// A running server.
#[derive(Clone)]
pub(crate) struct Rogue {
    port: u16,
    seen: Arc<Mutex<Seen>>,
}

impl Rogue {
    pub(crate) fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen { manner, ..Seen::default() }));
        let rogue = Self { port, seen };
        let shared = rogue.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                // A client that is killed ends its session and nothing else.
                std::thread::spawn(move || {
                    let is_one_too_many = shared.see_in();
                    drop(shared.session(stream, is_one_too_many));
                    shared.seen.lock().unwrap().open -= usize::from(!is_one_too_many);
                });
            }
        });
        rogue
    }

    /// The settings of `[mail]` that lead here.
    pub(crate) fn settings(&self) -> String {
        format!("smtp.url = \"smtp://127.0.0.1:{}\"\nsmtp.tls = \"none\"", self.port)
    }

    /// Behaves like this from now on; lines that hang are cut.
    pub(crate) fn behave(&self, manner: Manner) {
        let mut seen = self.seen.lock().unwrap();
        seen.manner = manner;
        for line in seen.hung.drain(..) {
            drop(line.shutdown(std::net::Shutdown::Both));
        }
    }

    pub(crate) fn kept(&self) -> Vec<Kept> {
        self.seen.lock().unwrap().kept.clone()
    }

    pub(crate) fn sessions(&self) -> usize {
        self.seen.lock().unwrap().sessions
    }

    /// The client was killed, and is started anew.
    pub(crate) fn next_life(&self) {
        self.seen.lock().unwrap().life += 1;
    }

    /// How many lines hang now.
    pub(crate) fn hung(&self) -> usize {
        self.seen.lock().unwrap().hung.len()
    }

    /// Returns how often each `Message-ID` was kept.
    pub(crate) fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for kept in self.kept() {
            *counts.entry(kept.message_id).or_default() += 1;
        }
        counts
    }

    fn manner(&self) -> Manner {
        self.seen.lock().unwrap().manner.clone()
    }

    /// Counts a line that opens. Returns whether it is one too many.
    fn see_in(&self) -> bool {
        let mut seen = self.seen.lock().unwrap();
        let is_one_too_many = (1..=seen.open).contains(&seen.manner.most_lines);
        seen.open += usize::from(!is_one_too_many);
        is_one_too_many
    }

    fn session(&self, stream: TcpStream, is_one_too_many: bool) -> Result<()> {
        // What a client sent before it was killed belongs to the life in which it sent it.
        let life = {
            let mut seen = self.seen.lock().unwrap();
            seen.sessions += 1;
            seen.life
        };
        stream.set_nodelay(true)?;
        let mut talk = Line { reader: BufReader::new(stream.try_clone()?), stream, rogue: self };
        if is_one_too_many {
            let usual = Deed::Say("421 4.7.0 too many connections");
            return talk.act(self.manner().to_one_more.unwrap_or(usual));
        }
        talk.answer("greeting", "220 rogue")?;
        let (mut options, mut to, mut messages) = (String::new(), String::new(), 0);
        while let Some(said) = talk.hear()? {
            let (verb, rest) = said.split_once(' ').unwrap_or((&said, ""));
            let manner = self.manner();
            match verb {
                "EHLO" => {
                    talk.answer("EHLO", &format!("250-rogue\r\n{}250 HELP", manner.offers))?;
                }
                "MAIL" => {
                    rest.split_once('>').map_or("", |(_, more)| more).clone_into(&mut options);
                    talk.answer("MAIL", "250 sender")?;
                }
                "RCPT" => {
                    rest.trim_start_matches("TO:<").trim_end_matches('>').clone_into(&mut to);
                    match manner.to.iter().find(|(known, _)| *known == to) {
                        Some((_, deed)) => talk.act(*deed)?,
                        None => drop(talk.answer("RCPT", "250 recipient")?),
                    }
                }
                "DATA" => {
                    if talk.answer("DATA", "354 go on")? {
                        let raw = talk.message()?;
                        let message_id = header(&raw, "message-id");
                        let options = std::mem::take(&mut options);
                        let kept =
                            Kept { to: to.clone(), message_id, raw, options, life, answered: None };
                        messages += 1;
                        talk.take(kept)?;
                        if manner.tires_after == messages {
                            return Ok(());
                        }
                    }
                }
                "NOOP" | "RSET" => talk.say("250 fine")?,
                "QUIT" => return talk.say("221 bye"),
                _ => talk.say("502 what?")?,
            }
        }
        Ok(())
    }
}

/// One conversation.
struct Line<'a> {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
    rogue: &'a Rogue,
}

impl Line<'_> {
    /// Says `usual`, or does what is to be done here. Returns whether it went as usual.
    fn answer(&mut self, place: &str, usual: &str) -> Result<bool> {
        match self.rogue.manner().at {
            Some((at, deed)) if at == place => self.act(deed).map(|()| false),
            _ => self.say(usual).map(|()| true),
        }
    }

    fn act(&mut self, deed: Deed) -> Result<()> {
        match deed {
            Deed::Say(answer) => self.say(answer),
            Deed::Drop => Err(ErrorKind::ConnectionAborted.into()),
            Deed::Hang => {
                self.rogue.seen.lock().unwrap().hung.push(self.stream.try_clone()?);
                let mut rest = String::new();
                // Until the client gives up.
                while self.reader.read_line(&mut rest)? > 0 {}
                let peer = self.stream.peer_addr().ok();
                let is_other = |line: &TcpStream| line.peer_addr().ok() != peer;
                self.rogue.seen.lock().unwrap().hung.retain(is_other);
                Err(ErrorKind::ConnectionAborted.into())
            }
        }
    }

    fn say(&mut self, answer: &str) -> Result<()> {
        let answer = format!("{answer}\r\n");
        if !self.rogue.manner().slow {
            return self.stream.write_all(answer.as_bytes());
        }
        for byte in answer.as_bytes() {
            self.stream.write_all(&[*byte])?;
            think(2);
        }
        Ok(())
    }

    fn hear(&mut self) -> Result<Option<String>> {
        let mut line = String::new();
        let length = self.reader.read_line(&mut line)?;
        Ok((length > 0).then(|| line.trim_end().to_owned()))
    }

    /// Reads a message up to the dot that ends it.
    fn message(&mut self) -> Result<Vec<u8>> {
        let mut message = Vec::new();
        loop {
            let start = message.len();
            if self.reader.read_until(b'\n', &mut message)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if message.get(start..) == Some(b".\r\n") {
                message.truncate(start);
                return Ok(message);
            }
            if let Some(("middle", deed)) = self.rogue.manner().at {
                self.act(deed)?;
            }
        }
    }

    /// Keeps a message and says so.
    fn take(&mut self, kept: Kept) -> Result<()> {
        let manner = self.rogue.manner();
        if let Some(("dot", deed)) = manner.at {
            return self.act(deed);
        }
        think(chance(&kept.message_id, manner.thinks));
        let pause = chance(kept.message_id.trim_start_matches('<'), manner.thinks);
        let at = {
            let mut seen = self.rogue.seen.lock().unwrap();
            seen.kept.push(kept);
            seen.kept.len() - 1
        };
        think(pause);
        self.answer("kept", "250 2.0.0 kept as 4711")?;
        self.rogue.seen.lock().unwrap().kept[at].answered = Some(Instant::now());
        Ok(())
    }
}

/// Returns a number up to `most` that a text always has.
fn chance(text: &str, most: u64) -> u64 {
    let sum = text.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    sum % (most + 1)
}

fn think(milliseconds: u64) {
    if milliseconds > 0 {
        std::thread::sleep(Duration::from_millis(milliseconds));
    }
}

/// Returns a header of a message, which may be folded.
fn header(raw: &[u8], name: &str) -> String {
    let text = String::from_utf8_lossy(raw);
    let head = text.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
    let found = head.lines().find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    });
    found.unwrap_or_default()
}
