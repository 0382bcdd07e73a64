//! A notice, and a mail server that misbehaves as it is told, for the tests.

use crate::delivery::{Enclosed, Notice, NoticeId, Progress};
use chrono::DateTime;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A notice of the morning of 2026-11-21.
pub(super) fn notice() -> Notice {
    let created = DateTime::from_timestamp(1_795_248_000, 0).unwrap();
    Notice {
        id: NoticeId(1),
        alert: "care-team".into(),
        to: "care@acme.example".into(),
        subject: "Acme: 3 mentions, 2 negative".into(),
        text: "Hyvää päivää,\n.\nAcme\n".into(),
        html: "<p>Hyvää päivää</p>".into(),
        message_id: "care-20261121-1".into(),
        created,
        progress: Progress::Queued,
        attempts: 0,
        next_attempt: created,
        last_answer: None,
        enclosed: Enclosed::default(),
    }
}

/// What the fake server says where it does not say yes.
#[derive(Clone, Copy, Default)]
pub(super) struct Script {
    pub(super) greeting: Option<&'static str>,
    /// Lines of the answer to EHLO after the first, such as `250-STARTTLS`.
    pub(super) offers: &'static str,
    pub(super) auth: Option<&'static str>,
    pub(super) mail: Option<&'static str>,
    pub(super) rcpt: Option<&'static str>,
    pub(super) data: Option<&'static str>,
    pub(super) message: Option<&'static str>,
    /// Only the first message is treated so.
    pub(super) once: bool,
}

/// Where an answer is this, the line is dropped instead.
pub(super) const DROP: &str = "drop";

/// Everything that clients said, a line each, and the messages that were taken.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) sessions: usize,
    pub(super) lines: Vec<String>,
    pub(super) messages: Vec<String>,
}

/// A mail server on loopback that follows a script until it is dropped.
pub(super) struct Fake {
    pub(super) url: String,
    heard: Arc<Mutex<Heard>>,
    _tasks: JoinSet<()>,
}

impl Fake {
    pub(super) async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Heard::default()));
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&heard);
        tasks.spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().unwrap().sessions += 1;
                let shared = Arc::clone(&shared);
                sessions.spawn(async move {
                    // A client that leaves in the middle ends the session and nothing else.
                    session(stream, script, &shared).await.ok();
                });
            }
        });
        Self { url, heard, _tasks: tasks }
    }

    pub(super) fn heard<T>(&self, look: impl Fn(&Heard) -> T) -> T {
        look(&self.heard.lock().unwrap())
    }
}

async fn session(stream: TcpStream, script: Script, heard: &Mutex<Heard>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    if !say(&mut stream, script.greeting.unwrap_or("220 fake")).await? {
        return Ok(());
    }
    while let Some(line) = hear(&mut stream, heard).await? {
        let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let spent = script.once && !heard.lock().unwrap().messages.is_empty();
        let or = |answer: Option<&'static str>, yes| match answer {
            Some(answer) if !spent => answer,
            _ => yes,
        };
        let answer = match verb.as_str() {
            "EHLO" => &format!("250-fake\r\n{}250 HELP", script.offers),
            "AUTH" => or(script.auth, "235 welcome"),
            "MAIL" => or(script.mail, "250 sender"),
            "RCPT" => or(script.rcpt, "250 recipient"),
            "DATA" => or(script.data, "354 go on"),
            "NOOP" | "RSET" => "250 fine",
            "QUIT" => "221 bye",
            _ => "502 what?",
        };
        if !say(&mut stream, answer).await? {
            return Ok(());
        }
        if answer.starts_with("354") && verb == "DATA" {
            let message = read(&mut stream).await?;
            heard.lock().unwrap().messages.push(message);
            if !say(&mut stream, or(script.message, "250 2.0.0 queued as 4711")).await? {
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn say(stream: &mut BufReader<TcpStream>, answer: &str) -> std::io::Result<bool> {
    if answer == DROP {
        return Ok(false);
    }
    stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await?;
    Ok(true)
}

async fn hear(
    stream: &mut BufReader<TcpStream>,
    heard: &Mutex<Heard>,
) -> std::io::Result<Option<String>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    heard.lock().unwrap().lines.push(line.trim_end().to_owned());
    Ok(Some(line.trim_end().to_owned()))
}

/// Reads a message up to the dot that ends it, which is left out.
async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut message = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(message);
        }
        message.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
