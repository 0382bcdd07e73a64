//! `cargo bench --bench mail`: how fast mail leaves, and how long a mention takes from its feed to the mail server.
//!
//! First one mention is told to a thousand recipients (`VAHTI_BENCH_MAILS`) over SMTP on loopback; beside it run two
//! floors that store nothing and send the same message: lettre as it comes, and lettre over a line without delay, one
//! after the other. Then a thousand feeds (`VAHTI_BENCH_SOURCES`), new at every poll, are asked every 30 s for two
//! minutes (`VAHTI_BENCH_SECONDS`); every tenth poll brings a mention, and what counts is the time from the answer
//! with it to the acceptance of the mail that tells it. Each mention must be told exactly once, or the bench fails.
//!
//! `VAHTI_BENCH_PROGRAM` names another build to measure instead. Site and mail server are in this process, and share
//! the machine's cores with the program.

#[path = "mail/sink.rs"]
mod sink;
#[path = "mail/site.rs"]
mod site;

use lettre::address::Envelope;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, SmtpTransport, Transport};
use sink::{Sink, Taken};
use site::Site;
use std::collections::{HashMap, HashSet};
use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How long anything may take that must happen.
const PATIENCE: Duration = Duration::from_mins(5);

/// Mails of a floor that is slow.
const FEW: usize = 100;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(bench())
}

async fn bench() -> Result<()> {
    let mails = number("VAHTI_BENCH_MAILS", 1000)?;
    let message = throughput(mails).await?;
    plain_floor(&message, mails.min(FEW))?;
    floor(&message, mails).await?;
    delay(number("VAHTI_BENCH_SOURCES", 1000)?, number("VAHTI_BENCH_SECONDS", 120)?).await
}

fn number(name: &str, usual: usize) -> Result<usize> {
    match env::var(name) {
        Ok(text) => text.parse().map_err(|error| format!("{name}: {error}").into()),
        Err(_) => Ok(usual),
    }
}

/// A program that is killed when it is forgotten.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Starts the daemon in a folder with this configuration.
fn start(folder: &Path, config: &str) -> Result<Running> {
    let program =
        env::var_os("VAHTI_BENCH_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_vahti").into());
    let path = folder.join("vahti.toml");
    fs::write(&path, config)?;
    let log = fs::File::create(folder.join("log"))?;
    let mut command = Command::new(program);
    command.arg("--config").arg(&path).args(["run", "--log", "text"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    Ok(Running(command.spawn()?))
}

fn head(sink: &Sink, to: &[String]) -> String {
    format!(
        "timezone = \"Europe/Helsinki\"\nstate_dir = \"state\"\n\
         http = {{ allow_private_addresses = [\"127.0.0.1/32\"] }}\n\
         [mail]\nfrom = \"Vahti <vahti@example.org>\"\nsmtp.url = \"smtp://127.0.0.1:{}\"\nsmtp.tls = \"none\"\n\
         [[brand]]\nname = \"Acme\"\nkeywords = [\"Acme\"]\n\
         [[alert]]\nname = \"care\"\nfrequency = \"as-it-happens\"\nto = {to:?}\n",
        sink.port
    )
}

/// On a disk: a temporary folder is often in memory, where syncing costs nothing.
fn folder() -> Result<TempDir> {
    Ok(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?)
}

async fn until(what: &str, folder: &Path, mut done: impl FnMut() -> bool) -> Result<()> {
    let begun = Instant::now();
    while !done() {
        if begun.elapsed() > PATIENCE {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            let end = log.lines().rev().take(5).collect::<Vec<_>>().join("\n");
            return Err(format!("waited in vain until {what}; the log ends: {end}").into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Tells one mention to so many recipients, and returns one of the messages.
async fn throughput(mails: usize) -> Result<Vec<u8>> {
    let (sink, folder) = (Sink::start()?, folder()?);
    let feed = "<rss version=\"2.0\"><channel><title>n</title><item><guid>1</guid><link>https://news.example/1</link>\
                <title>Acme is terrible, the worst service ever</title></item></channel></rss>";
    fs::write(folder.path().join("news.xml"), feed)?;
    let to: Vec<String> = (0..mails).map(|nth| format!("reader{nth}@example.org")).collect();
    let config = head(&sink, &to) + "[[source]]\nname = \"news\"\nfeed.url = \"news.xml\"\n";
    let running = start(folder.path(), &config)?;
    until("every mail is taken", folder.path(), || sink.count() >= mails).await?;
    drop(running);
    let taken = sink.take();
    let named: HashSet<_> = taken.iter().map(|taken| header(&taken.raw, "message-id")).collect();
    if taken.len() != mails || named.len() != mails {
        return Err(format!("{} mails with {} ids for {mails}", taken.len(), named.len()).into());
    }
    let message = taken.first().map(|taken| taken.raw.clone()).unwrap_or_default();
    say(&format!("mail: {mails} messages of {} bytes", message.len()))?;
    rate("vahti, each outcome stored", &taken)?;
    Ok(message)
}

fn rate(name: &str, taken: &[Taken]) -> Result<()> {
    let (Some(first), Some(last)) = (taken.first(), taken.last()) else {
        return Err(format!("{name}: nothing was sent").into());
    };
    let seconds = last.at.duration_since(first.at).as_secs_f64();
    let rate = f64::from(u32::try_from(taken.len() - 1)?) / seconds;
    say(&format!("  {name:<44} {rate:>8.0} a second"))
}

fn envelope() -> Result<Envelope> {
    let address = |text: &str| text.parse::<Address>();
    Ok(Envelope::new(Some(address("vahti@example.org")?), vec![address("reader@example.org")?])?)
}

/// Lettre as it comes.
fn plain_floor(message: &[u8], mails: usize) -> Result<()> {
    let sink = Sink::start()?;
    let transport = SmtpTransport::builder_dangerous("127.0.0.1").port(sink.port).build();
    let envelope = envelope()?;
    for _ in 0..mails {
        transport.send_raw(&envelope, message)?;
    }
    rate("floor: lettre as it comes, one line", &sink.take())
}

/// Lettre over a line without delay.
async fn floor(message: &[u8], mails: usize) -> Result<()> {
    let sink = Sink::start()?;
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", sink.port)).await?;
    stream.set_nodelay(true)?;
    let hello = ClientId::Domain("localhost".into());
    let mut line = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await?;
    let envelope = envelope()?;
    for _ in 0..mails {
        line.send(&envelope, message).await?;
    }
    rate("floor: lettre without delay, one line", &sink.take())
}

/// Measures from the answer with a mention to the acceptance of its mail, under the load of so many feeds.
async fn delay(sources: usize, seconds: usize) -> Result<()> {
    let (site, sink, folder) = (Site::start()?, Sink::start()?, folder()?);
    let mut config = head(&sink, &["care@example.org".to_owned()]);
    for nth in 0..sources {
        let port = site.port;
        write!(
            config,
            "[[source]]\nname = \"feed-{nth}\"\nfeed.url = \"http://127.0.0.1:{port}/{nth}\"\nschedule = \"30s\"\n"
        )?;
    }
    let running = start(folder.path(), &config)?;
    until("every feed was polled", folder.path(), || site.polls() >= sources).await?;
    let (polls, begun) = (site.polls(), Instant::now());
    site.plant(10);
    tokio::time::sleep(Duration::from_secs(u64::try_from(seconds)?)).await;
    site.plant(0);
    let (polls, measured) = (site.polls() - polls, begun.elapsed());
    let planted = site.planted();
    let mut told: HashMap<usize, Vec<Instant>> = HashMap::new();
    until("every mention is told", folder.path(), || {
        for taken in sink.take() {
            let text = String::from_utf8_lossy(&taken.raw).replace("=\r\n", "");
            let plain = text.split("text/html").next().unwrap_or_default().to_owned();
            for nth in planted.keys() {
                if plain.contains(&site::address(*nth)) {
                    told.entry(*nth).or_default().push(taken.at);
                }
            }
        }
        told.len() == planted.len()
    })
    .await?;
    drop(running);
    if let Some((nth, times)) = told.iter().find(|(_, times)| times.len() != 1) {
        return Err(format!("mention {nth} was told {} times", times.len()).into());
    }
    let mut delays: Vec<Duration> = planted
        .iter()
        .filter_map(|(nth, at)| told.get(nth)?.first()?.checked_duration_since(*at))
        .collect();
    delays.sort();
    let at = |hundredths: usize| delays.get((delays.len().max(1) - 1) * hundredths / 100).copied();
    let shown = |hundredths| at(hundredths).unwrap_or_default().as_millis();
    say(&format!(
        "delay: {sources} feeds, {polls} polls in {} s, {} mentions\n  \
         from the feed's answer to the mail's acceptance: p50 {} ms, p90 {} ms, p99 {} ms, most {} ms",
        measured.as_secs(),
        planted.len(),
        shown(50),
        shown(90),
        shown(99),
        shown(100)
    ))
}

fn header(raw: &[u8], name: &str) -> String {
    let text = String::from_utf8_lossy(raw);
    let found = text.lines().find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    });
    found.unwrap_or_default()
}

fn say(line: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
