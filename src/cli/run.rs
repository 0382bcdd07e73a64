//! `vahti run`: the daemon, or everything once.

use super::print::{self, Output};
use super::{Context, Failure, desk, logs};
use crate::ask::view::SummaryView;
use crate::ask::{Answer, Question, TicketsAsked};
use crate::config::{self, Config};
use crate::control::client::Client;
use crate::daemon::{self, clock, once, systemd};
use crate::store::StoreError;
use crate::store::handle::Handle;
use crate::store::sled::SledStore;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How much more time systemd is asked for while the store opens, and how often.
const MORE_TIME: Duration = Duration::from_secs(30);

/// New tickets that a summary shows.
const MOST_TICKETS: usize = 20;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Poll every source once, tell what is to be told, print a summary, and end
    #[arg(long)]
    once: bool,
    /// How to log: auto (journal under systemd, else text), text, json
    #[arg(long, value_enum, default_value_t)]
    log: logs::Form,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<ExitCode, Failure> {
    logs::begin(args.log, context, args.once);
    let loaded = context.load().map_err(Failure::configuration)?;
    for warning in &loaded.warnings {
        context.say(&format!("warning: {warning}"));
    }
    // What is stored is personal data: files are made for this user alone.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let config = Arc::new(loaded.config);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(format!("cannot start: {error}")))?;
    if args.once {
        let summary = runtime.block_on(run_once(Arc::clone(&config)))?;
        show(&summary, &config, args.output)?;
        return Ok(ExitCode::SUCCESS);
    }
    runtime.block_on(run_daemon(config, context))
}

async fn run_once(config: Arc<Config>) -> Result<SummaryView, Failure> {
    let reached = Client::reach(&config.control).await;
    if let Ok(Some(_)) = reached {
        return Err(Failure::new("the daemon is running and polls by itself")
            .hint("`vahti poll` lets it poll now; `vahti status` shows how it fares"));
    }
    let store = desk::patiently(|| open(&config))?;
    let summary = once::run(config, Handle::new(Arc::new(store))).await;
    summary.map_err(|died| Failure::new(died.to_string()))
}

fn open(config: &Config) -> Result<SledStore, StoreError> {
    let stamp = clock::now().format("%Y%m%dT%H%M%SZ").to_string();
    SledStore::open_or_set_aside(&config.store_path(), &stamp)
}

async fn run_daemon(config: Arc<Config>, context: &Context) -> Result<ExitCode, Failure> {
    let cannot =
        |error: std::io::Error| Failure::new(format!("cannot listen for signals: {error}"));
    // Before READY: a reload that comes early must not end the process.
    let mut hang_up = signal(SignalKind::hangup()).map_err(cannot)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;

    let store = match open_in_time(Arc::clone(&config)).await {
        Ok(store) => Handle::new(Arc::new(store)),
        // Asked only now: a daemon that is about to end still listens.
        Err(failure) => return Err(already(&config).await.unwrap_or(failure)),
    };
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"), config = %config.path.display(),
        store = %config.store_path().display(), brands = config.brands.len(),
        "Starting with {}.", config.path.display()
    );
    let stop = CancellationToken::new();
    let (configs, seen) = watch::channel(Arc::clone(&config));
    let told = daemon::Told { stop: stop.clone(), configs: seen };
    let sources = config.sources.len();
    let daemon = daemon::run(store, told, || systemd::ready(sources));
    tokio::pin!(daemon);
    loop {
        tokio::select! {
            ended = &mut daemon => {
                return match ended {
                    Ok(()) => {
                        tracing::info!("Stopped.");
                        Ok(ExitCode::SUCCESS)
                    }
                    Err(died) => Err(Failure::new(died.to_string())),
                };
            }
            _ = hang_up.recv() => reload(&config, context, &configs),
            _ = terminate.recv() => if stop_now(&stop) { return Ok(ExitCode::FAILURE) },
            _ = interrupt.recv() => if stop_now(&stop) { return Ok(ExitCode::FAILURE) },
        }
    }
}

/// Returns the failure to start a second daemon, if there is a first.
async fn already(config: &Config) -> Option<Failure> {
    Client::reach(&config.control).await.ok().flatten()?;
    let what = format!("the daemon is running already, on {}", config.control.display());
    Some(Failure::new(what).hint("`vahti status` shows how it fares"))
}

/// Begins the end; a second signal cuts it short.
fn stop_now(stop: &CancellationToken) -> bool {
    if stop.is_cancelled() {
        tracing::warn!("Told to stop again; ending at once.");
        return true;
    }
    tracing::info!("Stopping.");
    stop.cancel();
    false
}

/// Reads the configuration again; a faulty one is told and the old one stays.
fn reload(running: &Config, context: &Context, configs: &watch::Sender<Arc<Config>>) {
    systemd::reloading();
    match config::load(&running.path, &context.surroundings) {
        Ok(loaded) => {
            let new = loaded.config;
            for warning in &loaded.warnings {
                tracing::warn!("{warning}");
            }
            if new.state_dir != running.state_dir || new.control != running.control {
                tracing::warn!("`state_dir` and `control` count only after a restart.");
            }
            configs.send_replace(Arc::new(new));
        }
        Err(problems) => {
            for problem in &problems {
                tracing::error!("{problem}");
            }
            let why = format!(
                "{} in the new configuration; the old one stays",
                crate::text::count(problems.len(), "fault")
            );
            tracing::error!("{why}.");
            systemd::kept_old(&why);
        }
    }
}

/// Opens the store, asking systemd for more time while that takes long.
async fn open_in_time(config: Arc<Config>) -> Result<SledStore, Failure> {
    let opening = tokio::task::spawn_blocking(move || desk::patiently(|| open(&config)));
    tokio::pin!(opening);
    let mut ticks = tokio::time::interval(MORE_TIME / 3);
    loop {
        tokio::select! {
            opened = &mut opening => {
                return opened.map_err(|died| Failure::new(died.to_string()))?;
            }
            _ = ticks.tick() => systemd::extend_start(MORE_TIME),
        }
    }
}

/// Shows what a run led to, and for people also the tickets that it opened.
fn show(summary: &SummaryView, config: &Config, output: Output) -> Result<(), Failure> {
    if output.format != print::Format::Table {
        return super::poll::show(summary, output);
    }
    super::poll::show(summary, output)?;
    if summary.opened.is_empty() {
        return Ok(());
    }
    let asked = TicketsAsked { status: Some("all".into()), limit: Some(0), ..Default::default() };
    let answer = desk::Desk::of(config.clone()).ask(&Question::Tickets(asked))?;
    let Answer::Tickets(mut tickets) = answer else { return Ok(()) };
    tickets.retain(|ticket| summary.opened.contains(&ticket.id));
    let more = tickets.len().saturating_sub(MOST_TICKETS);
    tickets.truncate(MOST_TICKETS);
    let table = super::tickets::table_with_reasons(&tickets, config.zone);
    let more = if more > 0 { format!(" and {more} more\n") } else { String::new() };
    print::write(&format!(
        "\nTickets that were opened, most urgent first, and why:\n\n{table}{more}\n\
         One of them in full: vahti ticket ID. All of them: vahti tickets.\n"
    ))?;
    Ok(())
}
