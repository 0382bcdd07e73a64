//! `cargo bench --bench poll`: what one poll of many feeds costs, and whether it finds everything.
//!
//! A thousand feeds of thirty entries each (`VAHTI_BENCH_FEEDS` says otherwise), the same on every machine, are served on
//! loopback. The release program polls them with an empty store, then again unchanged (the server answers 304), then
//! once more as a server does that knows no 304. A brand is planted in known entries: the first poll must find
//! each of them and nothing else, the others nothing new, or the bench fails. Beside it runs a floor: the same
//! feeds fetched with `reqwest` and parsed with `feed-rs`, nothing kept.
//!
//! `VAHTI_BENCH_PROGRAM` names another build to measure instead, such as the last release.
//!
//! Wall and CPU time and peak memory are those of the polling process alone; the server is in this one, and shares the
//! machine's cores with it.

#[path = "poll/feeds.rs"]
mod feeds;
#[path = "poll/floor.rs"]
mod floor;
#[path = "poll/process.rs"]
mod process;
#[path = "poll/report.rs"]
mod report;
#[path = "poll/server.rs"]
mod server;

use std::collections::BTreeSet;
use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use feeds::{BRAND, EXCLUDED, Feed};
use process::Measured;
use report::Row;
use server::Server;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const FEEDS: u32 = 1_000;

fn main() -> Result<()> {
    if let Ok(job) = env::var(floor::JOB) {
        return floor::work(&job);
    }
    let count = match env::var("VAHTI_BENCH_FEEDS") {
        Ok(count) => count.parse().map_err(|error| format!("VAHTI_BENCH_FEEDS: {error}"))?,
        Err(_) => FEEDS,
    };
    // One thread for the server; the rest of the machine is for the program that is measured.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(bench(count))
}

async fn bench(count: u32) -> Result<()> {
    let feeds: Arc<[Feed]> = (0..count).map(Feed::new).collect();
    let planted: BTreeSet<String> =
        feeds.iter().flat_map(|feed| feed.planted.iter().cloned()).collect();
    let mut server = Server::start(Arc::clone(&feeds)).await?;

    // On a disk: a temporary folder is often in memory, where syncing costs nothing.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let config = folder.path().join("vahti.toml");
    fs::write(&config, configuration(&feeds, server.port, folder.path())?)?;

    report::head(&feeds, planted.len())?;
    let mut vahti = Vec::new();
    for (name, new) in
        [("empty store", planted.len()), ("unchanged, 304", 0), ("unchanged, sent anew", 0)]
    {
        if name == "unchanged, sent anew" {
            server.change_etags();
        }
        vahti.push(poll(name, &config, &mut server, count, new).await?);
        report::row(vahti.last().ok_or("a row was pushed")?)?;
        found_exactly(&config, &planted).await?;
    }
    let mut floors = Vec::new();
    for job in [floor::Job::Everything, floor::Job::Unchanged] {
        floors.push(floor(job, &mut server, count, planted.len()).await?);
        report::row(floors.last().ok_or("a row was pushed")?)?;
    }
    report::ratios(&vahti, &floors)?;
    report::store(&folder.path().join("state"))
}

/// Polls everything once and compares its summary with what must come out.
async fn poll(
    name: &'static str,
    config: &Path,
    server: &mut Server,
    count: u32,
    new: usize,
) -> Result<Row> {
    let mut command = vahti(config);
    command.args(["run", "--once", "--format", "json"]);
    server.take_counts();
    let measured = Measured::run(&mut command).await?;
    let counts = server.take_counts();
    measured.succeeded()?;

    let summary: serde_json::Value = serde_json::from_slice(&measured.stdout)?;
    let number = |key: &str| summary.get(key).and_then(serde_json::Value::as_u64);
    let expect = |what: &str, is: Option<u64>, wanted: usize| match is {
        Some(is) if usize::try_from(is).is_ok_and(|is| is == wanted) => Ok(()),
        is => Err(format!("{name}: {what} is {is:?} and not {wanted}; the summary was {summary}")),
    };
    expect("sources", number("sources"), usize::try_from(count)?)?;
    expect("polled", number("polled"), usize::try_from(count)?)?;
    let failed = summary.get("failed").and_then(serde_json::Value::as_array).map(Vec::len);
    expect("failed", failed.and_then(|failed| u64::try_from(failed).ok()), 0)?;
    expect("skipped", number("skipped"), 0)?;
    expect("mentions", number("mentions"), new)?;
    Ok(Row { name, program: "vahti", measured, counts })
}

/// Asks the store for every mention and compares their addresses with those of the planted entries.
async fn found_exactly(config: &Path, planted: &BTreeSet<String>) -> Result<()> {
    let mut command = vahti(config);
    command.args(["mentions", "--limit", "0", "--copies", "--format", "json"]);
    let measured = Measured::run(&mut command).await?;
    measured.succeeded()?;
    let mentions: Vec<serde_json::Value> = serde_json::from_slice(&measured.stdout)?;
    let found: BTreeSet<String> = mentions
        .iter()
        .filter_map(|mention| Some(mention.get("url")?.as_str()?.to_owned()))
        .collect();
    let missed: Vec<_> = planted.difference(&found).take(3).collect();
    let wrong: Vec<_> = found.difference(planted).take(3).collect();
    if mentions.len() == planted.len() && missed.is_empty() && wrong.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} mentions for {} planted entries; missed: {missed:?}…; wrong: {wrong:?}…",
        mentions.len(),
        planted.len()
    )
    .into())
}

async fn floor(job: floor::Job, server: &mut Server, count: u32, planted: usize) -> Result<Row> {
    let mut command = Command::new(env::current_exe()?);
    command.env(floor::JOB, job.describe(server.port, count, &server.etag_salt()));
    server.take_counts();
    let measured = Measured::run(&mut command).await?;
    let counts = server.take_counts();
    measured.succeeded()?;
    let found: usize = String::from_utf8_lossy(&measured.stdout).trim().parse()?;
    let wanted = if job == floor::Job::Everything { planted } else { 0 };
    if found != wanted {
        return Err(format!("the floor found {found} of {wanted}").into());
    }
    Ok(Row { name: job.name(), program: "floor", measured, counts })
}

fn vahti(config: &Path) -> Command {
    let program =
        env::var_os("VAHTI_BENCH_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_vahti").into());
    let mut command = Command::new(program);
    command.arg("--config").arg(config).arg("--quiet");
    command
}

fn configuration(feeds: &[Feed], port: u16, folder: &Path) -> Result<String> {
    let mut text = format!(
        r#"timezone = "Europe/Helsinki"
state_dir = "{state}"

[http]
allow_private_addresses = ["127.0.0.1/32"]

[mail]
from = "Vahti <vahti@example.org>"
outbox_dir = "{outbox}"

[[brand]]
name = "{BRAND}"
keywords = ["{BRAND}"]
exclude = ["{EXCLUDED}"]

[[alert]]
name = "care"
to = ["care@example.org"]
frequency = "as-it-happens"
"#,
        state = folder.join("state").display(),
        outbox = folder.join("outbox").display(),
    );
    for feed in feeds {
        let number = feed.number;
        write!(
            text,
            "\n[[source]]\nname = \"feed-{number}\"\nfeed.url = \"http://127.0.0.1:{port}/{number}\"\n"
        )?;
    }
    Ok(text)
}
