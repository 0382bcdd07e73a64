//! Conversations with a mail server. Kept here, not in lettre's pool, for three reasons: its
//! asynchronous side waits for an answer without a limit; a conversation that was given up in the
//! middle goes back into the pool, where the next message reads the answers meant for the last; and
//! it does not tell a refused password from a refused recipient.

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
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

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

/// How many conversations are held at once; more than three some servers refuse.
const MOST_LINES: usize = 3;

/// How many connections that nobody uses are kept.
const MOST_IDLE: usize = 4;

/// After a failed connection, for how long nobody tries another: a full outbox must not become a
/// storm of connections.
const PAUSE: Duration = Duration::from_secs(1);

/// The longest answer that is passed on, in characters.
const LONGEST_ANSWER: usize = 300;

/// A mail server, and the open connections to it.
pub struct Server {
    settings: Settings,
    idle: Mutex<Vec<Idle>>,
    /// The last failed connection, while it is fresh.
    trouble: Mutex<Option<(Instant, String)>>,
    /// Whether it answered in order when it was last asked.
    is_well: AtomicBool,
    /// A place for each conversation that may be held at once.
    lines: Semaphore,
    /// How many places were given up because the server would not have so many.
    given_up: AtomicUsize,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
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
            idle: Mutex::default(),
            trouble: Mutex::default(),
            is_well: true.into(),
            lines: Semaphore::new(MOST_LINES),
            given_up: AtomicUsize::new(0),
        })
    }

    /// Tells whether the server answered in order when it was last asked.
    pub(super) fn is_well(&self) -> bool {
        self.is_well.load(Ordering::Relaxed)
    }

    /// Sends one message, and returns the server's answer to it.
    pub(super) async fn send(&self, message: &Message) -> Result<String, Failed> {
        let (mut connection, _line) = self.line().await?;
        match transact(&mut connection, message).await {
            Ok(response) => {
                self.is_well.store(true, Ordering::Relaxed);
                self.park(connection);
                Ok(spoken(&response))
            }
            Err(fault) => {
                // Only a server that answered in order is asked to go on. What came of a broken
                // conversation is unknown, and its answers must not be taken for later ones.
                let in_order = fault.code.is_some_and(|code| code != 421);
                self.is_well.store(in_order && !fault.is_login(), Ordering::Relaxed);
                if in_order && step("RSET", COURTESY, connection.command(Rset)).await.is_ok() {
                    self.park(connection);
                }
                Err(self.refused(fault))
            }
        }
    }

    /// Returns a connection and its place. Where another is in use and a further one cannot be opened, the server
    /// is taken to want no more at once, and the message waits a while for the other.
    async fn line(&self) -> Result<(AsyncSmtpConnection, SemaphorePermit<'_>), Failed> {
        let place = self.place().await?;
        let failed = match self.parked_or_new().await {
            Ok(connection) => return Ok((connection, place)),
            Err(failed) => failed,
        };
        // The other may have come free in the meantime.
        if let Some(connection) = self.parked().await {
            return Ok((connection, place));
        }
        let free = self.given_up.load(Ordering::Relaxed) + self.lines.available_permits();
        if free + 1 >= MOST_LINES {
            self.restore();
            return Err(failed);
        }
        self.given_up.fetch_add(1, Ordering::Relaxed);
        place.forget();
        let Ok(place) = timeout(CONNECT, self.place()).await else {
            self.restore();
            return Err(failed);
        };
        let (place, connection) = (place?, self.parked_or_new().await);
        if connection.is_err() {
            self.restore();
        }
        Ok((connection?, place))
    }

    async fn place(&self) -> Result<SemaphorePermit<'_>, Failed> {
        let closed = |_| Failed::Temporary { answer: "vahti is stopping".into() };
        self.lines.acquire().await.map_err(closed)
    }

    /// Takes back the places that were given up: what failed may have had another reason.
    fn restore(&self) {
        self.lines.add_permits(self.given_up.swap(0, Ordering::Relaxed));
    }

    async fn parked_or_new(&self) -> Result<AsyncSmtpConnection, Failed> {
        match self.parked().await {
            Some(connection) => Ok(connection),
            None => self.connected().await,
        }
    }

    /// Says goodbye on every idle connection.
    pub(super) async fn close(&self) {
        let idle = std::mem::take(&mut *lock(&self.idle));
        let goodbyes = idle.into_iter().map(|mut idle| async move {
            // A server that does not answer a goodbye is left all the same.
            timeout(COURTESY, idle.connection.abort()).await.is_ok()
        });
        futures_util::future::join_all(goodbyes).await;
    }

    fn park(&self, connection: AsyncSmtpConnection) {
        let mut idle = lock(&self.idle);
        if idle.len() < MOST_IDLE {
            idle.push(Idle { connection, since: Instant::now() });
        }
    }

    /// Returns an idle connection that is still alive.
    async fn parked(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let Idle { mut connection, since } = lock(&self.idle).pop()?;
            let young = since.elapsed() < IDLE;
            if young && step("NOOP", COURTESY, connection.command(Noop)).await.is_ok() {
                return Some(connection);
            }
        }
    }

    /// Opens a connection: encrypted, greeted, and logged in.
    async fn connected(&self) -> Result<AsyncSmtpConnection, Failed> {
        let fresh = lock(&self.trouble).clone().filter(|(at, _)| at.elapsed() < PAUSE);
        if let Some((_, answer)) = fresh {
            return Err(Failed::Temporary { answer });
        }
        match self.opened().await {
            Ok(connection) => {
                *lock(&self.trouble) = None;
                Ok(connection)
            }
            Err(fault) => {
                // Whatever is wrong here is wrong with the server or the settings, not with the
                // message, which waits until somebody has mended that.
                let answer = self.told(&fault);
                self.is_well.store(false, Ordering::Relaxed);
                *lock(&self.trouble) = Some((Instant::now(), answer.clone()));
                Err(Failed::Temporary { answer })
            }
        }
    }

    async fn opened(&self) -> Result<AsyncSmtpConnection, Fault> {
        let mut connection = match &self.settings.security {
            Security::FromTheStart(tls) => {
                let Settings { host, port, .. } = &self.settings;
                let (server, tls, hello) = ((host.as_str(), *port), tls.clone(), hello(None));
                let opening = AsyncSmtpConnection::connect_tokio1(
                    server,
                    Some(CONNECT),
                    &hello,
                    Some(tls),
                    None,
                );
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
        let stream = reach(&self.settings.host, self.settings.port)
            .await
            .map_err(|error| Fault::ours("the connection", error.to_string()))?;
        // Without it a small command waits for the acknowledgement of the last.
        stream.set_nodelay(true).ok();
        let hello = hello(stream.local_addr().ok().map(|local| local.ip()));
        let opening = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello);
        Ok((step("the connection", COMMAND, opening).await?, hello))
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
