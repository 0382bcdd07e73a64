//! Conversations with a mail server. Kept here, not in lettre's pool, for three reasons: its
//! asynchronous side waits for an answer without a limit; a conversation that was given up in the
//! middle goes back into the pool, where the next message reads the answers meant for the last; and
//! it does not tell a refused password from a refused recipient.

use super::lines::{Lines, Refused, Talk, Turn};
use super::secured::Secured;
use super::settings::{Security, Settings};
use super::{Failed, Smtp};
use crate::text;
use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Noop, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use std::error::Error as _;
use std::future::Future;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// How long one address of a server may take to answer at all.
const CONNECT: Duration = Duration::from_secs(20);

/// How long the answer to one command may take.
const COMMAND: Duration = Duration::from_mins(2);

/// How long the answer to a whole message may take. A shorter wait makes doubles: the server has
/// the message by then, and only looks through it before it says so (RFC 5321, 4.5.3.2.6).
const MESSAGE: Duration = Duration::from_mins(10);

/// How long a goodbye, or a sign of life, may take.
const COURTESY: Duration = Duration::from_secs(10);

/// How long a connection that nobody uses is kept.
const IDLE: Duration = Duration::from_secs(30);

/// How long a server may take to greet while another line to it could serve.
const GREETING: Duration = Duration::from_secs(1);

/// How long a message waits for a line.
const LONGEST_WAIT: Duration = COMMAND;

/// After a failed connection, for how long nobody tries another: a full outbox must not become a
/// storm of connections.
const PAUSE: Duration = Duration::from_secs(1);

/// The longest answer that is passed on, in characters.
const LONGEST_ANSWER: usize = 300;

type Line<'s> = Talk<'s, AsyncSmtpConnection>;

/// A mail server, and the open connections to it.
pub struct Server {
    settings: Settings,
    lines: Lines<AsyncSmtpConnection>,
    /// The last failed connection, while it is fresh.
    trouble: Mutex<Option<(Instant, String)>>,
    /// Whether it answered in order when it was last asked.
    is_well: AtomicBool,
}

/// One step of a conversation that failed.
struct Fault {
    step: &'static str,
    /// The number that the server answered with; `None` where it gave no answer in order.
    code: Option<u16>,
    said: String,
    /// What to do about it, where that is known.
    remedy: &'static str,
}

impl Server {
    /// Returns the server that the settings describe.
    pub(super) fn of(smtp: &Smtp) -> Result<Self, String> {
        let settings = Settings::of(smtp)?;
        Ok(Self {
            settings,
            lines: Lines::default(),
            trouble: Mutex::default(),
            is_well: true.into(),
        })
    }

    /// Tells whether the server answered in order when it was last asked.
    pub(super) fn is_well(&self) -> bool {
        self.is_well.load(Ordering::Relaxed)
    }

    /// Sends one message, and returns the server's answer to it.
    pub(super) async fn send(&self, message: &Message) -> Result<String, Failed> {
        let (mut connection, talk) = self.line().await?;
        match transact(&mut connection, message).await {
            Ok(response) => {
                self.is_well.store(true, Ordering::Relaxed);
                talk.park(connection);
                Ok(spoken(&response))
            }
            Err(fault) => {
                // Only a server that answered in order is asked to go on. What came of a broken
                // conversation is unknown, and its answers must not be taken for later ones.
                let in_order = fault.code.is_some_and(|code| code != 421);
                self.is_well.store(in_order && !fault.is_login(), Ordering::Relaxed);
                if in_order && step("RSET", COURTESY, connection.command(Rset)).await.is_ok() {
                    talk.park(connection);
                }
                Err(self.refused(fault))
            }
        }
    }

    /// Returns a connection to talk over. Where the server refuses one more than are open, the message
    /// waits for one of those: that is no fault.
    async fn line(&self) -> Result<(AsyncSmtpConnection, Line<'_>), Failed> {
        let mut refusal = None;
        loop {
            let Ok(turn) = timeout(LONGEST_WAIT, self.lines.turn()).await else {
                let none = || format!("{}: no line came free", self.settings.host);
                return Err(Failed::Temporary { answer: refusal.unwrap_or_else(none) });
            };
            let opening = match turn {
                Turn::Talk(talk, connection, since) => match alive(connection, since).await {
                    Some(connection) => return Ok((connection, talk)),
                    None => continue,
                },
                Turn::Open(opening) => opening,
            };
            if let Some(answer) = self.fresh_trouble() {
                return Err(Failed::Temporary { answer });
            }
            let fault = match self.opened_or_freed().await {
                Ok(connection) => {
                    *lock(&self.trouble) = None;
                    return Ok((connection, opening.opened()));
                }
                Err(fault) => fault,
            };
            // Whatever is wrong here is wrong with the server or the settings, not with the
            // message, which waits until somebody has mended that.
            let answer = self.told(&fault);
            match opening.refused(Instant::now()) {
                Refused::OneTooMany => refusal = Some(answer),
                Refused::TooSoon => sleep(PAUSE).await,
                Refused::Down => {
                    self.is_well.store(false, Ordering::Relaxed);
                    *lock(&self.trouble) = Some((Instant::now(), answer.clone()));
                    return Err(Failed::Temporary { answer });
                }
            }
        }
    }

    /// Returns what the last failed connection came to, while another is not tried.
    fn fresh_trouble(&self) -> Option<String> {
        let trouble = lock(&self.trouble).clone();
        trouble.filter(|(at, _)| at.elapsed() < PAUSE).map(|(_, answer)| answer)
    }

    /// Opens a connection; gives that up where it takes long and another one comes free.
    async fn opened_or_freed(&self) -> Result<AsyncSmtpConnection, Fault> {
        let mut opening = std::pin::pin!(self.opened());
        if let Ok(opened) = timeout(GREETING, &mut opening).await {
            return opened;
        }
        tokio::select! {
            opened = opening => opened,
            () = self.lines.freed() => {
                Err(Fault::ours("the connection", "it was not greeted in time".to_owned()))
            }
        }
    }

    /// Says goodbye on every idle connection.
    pub(super) async fn close(&self) {
        let goodbyes = self.lines.idle().into_iter().map(|mut connection| async move {
            // A server that does not answer a goodbye is left all the same.
            timeout(COURTESY, connection.abort()).await.is_ok()
        });
        futures_util::future::join_all(goodbyes).await;
    }

    /// Opens a connection: encrypted, greeted, and logged in.
    async fn opened(&self) -> Result<AsyncSmtpConnection, Fault> {
        let mut connection = match &self.settings.security {
            Security::FromTheStart(tls) => {
                let stream = self.reached().await?;
                let hello = hello(local(&stream));
                let securing = Secured::over(stream, tls.clone());
                let stream = Box::new(step("the connection", COMMAND, securing).await?);
                let opening = AsyncSmtpConnection::connect_with_transport(stream, &hello);
                step("the connection", COMMAND, opening).await?
            }
            Security::StartTls(tls) => {
                let (mut connection, hello) = self.greeted().await?;
                if !connection.can_starttls() {
                    return Err(no_starttls());
                }
                let encrypting = connection.starttls(tls.clone(), &hello);
                step("STARTTLS", COMMAND, encrypting).await?;
                connection
            }
            Security::None => self.greeted().await?.0,
        };
        if let Some(credentials) = &self.settings.credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            let fault = step("AUTH", COMMAND, connection.auth(&mechanisms, credentials)).await;
            fault.map_err(|fault| Fault { remedy: WRONG_PASSWORD, ..fault })?;
        }
        Ok(connection)
    }

    /// Opens a connection in the clear, and hears what the server can do.
    async fn greeted(&self) -> Result<(AsyncSmtpConnection, ClientId), Fault> {
        let stream = self.reached().await?;
        let hello = hello(local(&stream));
        let opening = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello);
        Ok((step("the connection", COMMAND, opening).await?, hello))
    }

    async fn reached(&self) -> Result<TcpStream, Fault> {
        let stream = reach(&self.settings.host, self.settings.port)
            .await
            .map_err(|error| Fault::ours("the connection", error.to_string()))?;
        // Without it a small command waits for the acknowledgement of the last.
        stream.set_nodelay(true).ok();
        Ok(stream)
    }

    /// Judges a fault in the middle of a message.
    fn refused(&self, mut fault: Fault) -> Failed {
        let login = fault.is_login();
        if login {
            fault.remedy = WRONG_PASSWORD;
        }
        let answer = self.told(&fault);
        match fault.code {
            Some(500..=599) if !login => Failed::Permanent { answer },
            _ => Failed::Temporary { answer },
        }
    }

    fn told(&self, fault: &Fault) -> String {
        let Settings { host, port, .. } = &self.settings;
        let Fault { step, code, said, remedy } = fault;
        let said = text::cut(&text::visible(said), LONGEST_ANSWER);
        match code {
            Some(code) => format!("{host}:{port} answered {code} {said} to {step}{remedy}"),
            None => format!("{host}:{port} failed at {step}: {said}{remedy}"),
        }
    }
}

const WRONG_PASSWORD: &str = " (see smtp.username and smtp.password; the mail waits)";

fn no_starttls() -> Fault {
    let said = "it does not offer STARTTLS, so nothing was sent; write smtps:// where encryption \
                begins at once";
    Fault::ours("STARTTLS", said.to_owned())
}

impl Fault {
    fn ours(step: &'static str, said: String) -> Self {
        Self { step, code: None, said, remedy: "" }
    }

    /// Tells whether it speaks of the user name and password, not of the message.
    fn is_login(&self) -> bool {
        matches!(self.code, Some(530 | 534 | 535 | 538))
    }
}

/// Returns a connection that nobody used since then, if it is still alive.
async fn alive(mut connection: AsyncSmtpConnection, since: Instant) -> Option<AsyncSmtpConnection> {
    let is_young = since.elapsed() < IDLE;
    let lives = is_young && step("NOOP", COURTESY, connection.command(Noop)).await.is_ok();
    lives.then_some(connection)
}

fn local(stream: &TcpStream) -> Option<IpAddr> {
    stream.local_addr().ok().map(|local| local.ip())
}

/// Hands one message over, step by step, each with its own patience.
async fn transact(
    connection: &mut AsyncSmtpConnection,
    message: &Message,
) -> Result<Response, Fault> {
    let envelope = message.envelope();
    let bytes = message.formatted();
    let mut options = Vec::new();
    let international = envelope.from().into_iter().chain(envelope.to());
    if international.into_iter().any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            let said = "it cannot send to addresses with letters beyond ASCII before the `@`";
            return Err(Fault { code: Some(553), ..Fault::ours("MAIL FROM", said.to_owned()) });
        }
        options.push(MailParameter::SmtpUtfEight);
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let from = Mail::new(envelope.from().cloned(), options);
    expect(2, step("MAIL FROM", COMMAND, connection.command(from)).await?, "MAIL FROM")?;
    for to in envelope.to() {
        let to = Rcpt::new(to.clone(), Vec::new());
        expect(2, step("RCPT TO", COMMAND, connection.command(to)).await?, "RCPT TO")?;
    }
    expect(3, step("DATA", COMMAND, connection.command(Data)).await?, "DATA")?;
    let taken = step("the message", MESSAGE, connection.message(&bytes)).await?;
    expect(2, taken, "the message")
}

/// Takes an answer only where it begins with the digit that belongs there: an answer out of order
/// must not count as an acceptance.
fn expect(digit: u16, response: Response, step: &'static str) -> Result<Response, Fault> {
    if number(&response.code().to_string()).is_some_and(|code| code / 100 == digit) {
        return Ok(response);
    }
    let said = format!("it answered out of order: {}", spoken(&response));
    Err(Fault::ours(step, said))
}

/// Does one step of a conversation within `limit`.
async fn step<T>(
    step: &'static str,
    limit: Duration,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Fault> {
    match timeout(limit, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(fault(step, &error)),
        Err(_) => Err(Fault::ours(step, format!("no answer within {} s", limit.as_secs()))),
    }
}

fn fault(step: &'static str, error: &Error) -> Fault {
    let code = error.status().and_then(|code| number(&code.to_string()));
    let source = error.source().map(ToString::to_string);
    let said = match (code, source) {
        (Some(_), source) => source.unwrap_or_default(),
        (None, Some(source)) if source == "incomplete response" => {
            "the connection was closed before the answer".to_owned()
        }
        (None, Some(source)) => source,
        (None, None) => error.to_string(),
    };
    Fault { step, code, said, remedy: "" }
}

fn number(code: &str) -> Option<u16> {
    code.parse().ok()
}

/// What the server said, on one line.
fn spoken(response: &Response) -> String {
    let said: Vec<&str> = response.message().collect();
    let line = format!("{} {}", response.code(), said.join(" "));
    text::cut(&text::visible(&line), LONGEST_ANSWER)
}

/// Connects to the first address of the host that answers.
async fn reach(host: &str, port: u16) -> std::io::Result<TcpStream> {
    let mut last = std::io::Error::new(std::io::ErrorKind::NotFound, "the host has no address");
    for address in tokio::net::lookup_host((host, port)).await? {
        match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = std::io::ErrorKind::TimedOut.into(),
        }
    }
    Err(last)
}

/// What we call ourselves: this machine's full name where it has one, else its address.
fn hello(local: Option<IpAddr>) -> ClientId {
    let fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    match (ClientId::default(), local) {
        (ClientId::Domain(name), _) if name.contains('.') && name.chars().all(fit) => {
            ClientId::Domain(name)
        }
        (_, Some(IpAddr::V4(address))) => ClientId::Ipv4(address),
        (_, Some(IpAddr::V6(address))) => ClientId::Ipv6(address),
        (_, None) => ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_that_never_comes_is_given_up() {
        let limit = Duration::from_millis(20);
        let fault = step::<()>("RCPT TO", limit, std::future::pending()).await.err().unwrap();
        assert!(fault.said.starts_with("no answer within"), "{}", fault.said);
    }
}
