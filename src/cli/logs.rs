//! Where log lines go: the journal under systemd, else standard error as text or JSON.

use super::Context;
use clap::ValueEnum;
use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The forms of a log line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    #[default]
    Auto,
    Text,
    Json,
}

/// Begins to log. `$VAHTI_LOG` says what, in the words of `RUST_LOG`; else -v and -q do. A run that
/// ends by itself says only what went wrong, since its summary says the rest.
pub(super) fn begin(form: Form, context: &Context, once: bool) {
    // A reader that breaks on hostile input is caught; its panic is a line of the log.
    std::panic::set_hook(Box::new(|panic| tracing::error!("A panic was caught: {panic}.")));
    let usual = match (context.quiet, context.verbose) {
        (true, _) => "error",
        (false, 0) if once => "warn",
        (false, 0) => "vahti=info,warn",
        (false, 1) => "vahti=debug,info",
        (false, _) => "debug",
    };
    let filter = EnvFilter::try_from_env("VAHTI_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let registry = tracing_subscriber::registry().with(filter);
    if form == Form::Auto
        && under_journal()
        && let Ok(journal) = tracing_journald::layer()
    {
        return drop(registry.with(journal.with_field_prefix(None)).try_init());
    }
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // A second beginning, as in a test, keeps the first.
    if form == Form::Json {
        drop(registry.with(lines.json()).try_init());
    } else {
        let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        drop(registry.with(lines.with_ansi(colours).with_target(false)).try_init());
    }
}

/// Tells whether standard error is the journal's: systemd names its device and inode.
fn under_journal() -> bool {
    let Some(stream) = std::env::var_os("JOURNAL_STREAM") else { return false };
    let Ok(seen) = std::fs::metadata("/proc/self/fd/2") else { return false };
    stream.to_string_lossy() == format!("{}:{}", seen.dev(), seen.ino())
}
