//! The command line: arguments in, question out, answer printed.

use crate::config::{self, Config, Loaded, SourceConfig, Surroundings};
use clap::{CommandFactory, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

mod alert;
mod check;
mod completions;
mod customer;
mod desk;
mod explain;
mod fsck;
mod import;
mod incident;
mod init;
mod judge;
mod later;
mod logs;
mod mention;
mod mentions;
mod outbox;
mod poll;
mod print;
mod probe;
mod report;
mod run;
mod status;
mod ticket;
mod tickets;
mod trace;
mod tried;

/// Hears what people say about a brand, and makes sure that someone answers.
#[derive(Parser)]
#[command(name = "vahti", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = "Start with `vahti init`, then `vahti check`, then `vahti run`.")]
struct Cli {
    /// The configuration [default: `$VAHTI_CONFIG`, else /etc/vahti/vahti.toml, else
    /// `$XDG_CONFIG_HOME/vahti/vahti.toml`]
    #[arg(long, global = true, value_name = "PATH")]
    config: Option<PathBuf>,
    /// Say more; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Say only what went wrong
    #[arg(short, long, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write a commented starter configuration; never overwrites
    Init(init::Args),
    /// Validate the configuration and name every fault in it
    Check(check::Args),
    /// Be the daemon, in the foreground, until SIGTERM or SIGINT; SIGHUP reloads
    Run(run::Args),
    /// Poll sources now, and wait until all is stored
    Poll(poll::Args),
    /// Show how sources, store and outbox fare
    Status(status::Args),
    /// List stored mentions, newest first
    Mentions(mentions::Args),
    /// Show one mention, or correct what vahti thought of it
    Mention(mention::Args),
    /// List tickets, most urgent first
    Tickets(tickets::Args),
    /// Show one ticket, or move it on
    Ticket(ticket::Args),
    /// Show the tickets of one event together, or move them together
    Incident(incident::Args),
    /// Show what is known of a customer, or say which handles are one person's
    Customer(customer::Args),
    /// Show whom an alert tells and what it would say now, or let it say it
    Alert(alert::Args),
    /// Show notices not yet delivered, and mend them
    Outbox(outbox::Args),
    /// Show what became of a post, from its source to the mail servers of those who were told
    Trace(trace::Args),
    /// Show what was learned of a period, for the house or for everybody
    Report(report::Args),
    /// Show how a text is read, storing nothing
    Explain(explain::Args),
    /// Show what other keywords would have gained and lost over what is kept
    Try(tried::Args),
    /// Fetch a source once and write the posts it would bring, storing nothing
    Probe(probe::Args),
    /// Print `[[source]]` tables for the feeds of an OPML file
    Import(import::Args),
    /// Say how often the judge is right, and what people's marks have taught
    Judge(judge::Args),
    /// Check everything that is stored
    Fsck(fsck::Args),
    /// Print shell completions
    Completions(completions::Args),
    /// Print the manual page
    Man,
    #[command(external_subcommand)]
    Unknown(Vec<String>),
}

/// Why a command failed: what, what to do about it, and the exit status.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    next: Option<String>,
    code: u8,
}

impl Failure {
    /// A command that could not do what it was told.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), next: None, code: 1 }
    }

    /// A sentence that says what, and behind a semicolon what to do about it.
    pub(crate) fn told(sentence: &str) -> Self {
        match sentence.split_once("; ") {
            Some((what, next)) => Self::new(what).hint(next),
            None => Self::new(sentence),
        }
    }

    /// Adds what to do about it.
    pub(crate) fn hint(self, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..self }
    }

    /// A command that was used wrongly.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self { code: 2, ..Self::new(what) }
    }

    /// `run` refused its configuration: systemd must not start it again.
    pub(crate) fn configuration(self) -> Self {
        Self { code: 78, ..self }
    }
}

/// What every command works with.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) config: Option<PathBuf>,
    pub(crate) verbose: u8,
    pub(crate) quiet: bool,
    pub(crate) surroundings: Surroundings,
}

impl Context {
    /// Finds and reads the configuration. Its faults go to standard error, all of them.
    pub(crate) fn load(&self) -> Result<Loaded, Failure> {
        self.load_in(&self.surroundings)
    }

    fn load_in(&self, surroundings: &Surroundings) -> Result<Loaded, Failure> {
        let path = self.path()?;
        config::load(&path, surroundings).map_err(|problems| {
            for problem in &problems {
                print::complain(&problem.to_string());
            }
            let count = crate::text::count(problems.len(), "fault");
            Failure::new(format!("{count} in the configuration {}", path.display()))
                .hint("mend it; `vahti check` says whether all is well")
        })
    }

    /// Reads the configuration for a command that only asks: its warnings are kept quiet, and its
    /// secrets, which only the daemon may be able to read, are left alone.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        let surroundings = Surroundings { without_secrets: true, ..self.surroundings.clone() };
        self.load_in(&surroundings).map(|loaded| loaded.config)
    }

    /// Reads the configuration for a command that asks sources itself: with its secrets if a source
    /// shows any.
    pub(crate) fn config_to_ask(&self) -> Result<Config, Failure> {
        let config = self.config()?;
        if config.sources.iter().any(SourceConfig::shows_secrets) {
            return self.load().map(|loaded| loaded.config);
        }
        Ok(config)
    }

    /// Returns where questions go.
    fn desk(&self) -> Result<desk::Desk, Failure> {
        let surroundings = Surroundings { without_secrets: true, ..self.surroundings.clone() };
        let path = self.path()?;
        Ok(if let Ok(Loaded { config, .. }) = config::load(&path, &surroundings) {
            desk::Desk::of(config)
        } else {
            let (control, zone) = config::whereabouts(&path, &surroundings);
            desk::Desk::of_daemon(control, zone, self.clone())
        })
    }

    /// Finds the configuration.
    pub(crate) fn path(&self) -> Result<PathBuf, Failure> {
        config::find(self.config.as_deref(), &self.surroundings)
            .map_err(|what| Failure::new(what).hint("`vahti init` writes one to start from"))
    }

    /// Says something on standard error, unless told to be quiet.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            print::complain(text);
        }
    }
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let Cli { config, verbose, quiet, command } = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are data, and a closed pipe is no fault.
            drop(error.print());
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let context = Context { config, verbose, quiet, surroundings: Surroundings::of_process() };
    match dispatch(command, &context) {
        Ok(code) => code,
        Err(Failure { what, next, code }) => {
            print::complain(&format!("vahti: {what}"));
            if let Some(next) = next {
                print::complain(&next);
            }
            ExitCode::from(code)
        }
    }
}

fn dispatch(command: Command, context: &Context) -> Result<ExitCode, Failure> {
    match command {
        Command::Init(args) => init::run(&args, context),
        Command::Check(args) => check::run(&args, context),
        Command::Run(args) => return run::run(&args, context),
        Command::Poll(args) => poll::run(&args, context),
        Command::Status(args) => status::run(&args, context),
        Command::Mentions(args) => mentions::run(args, context),
        Command::Mention(args) => mention::run(args, context),
        Command::Tickets(args) => tickets::run(args, context),
        Command::Ticket(args) => ticket::run(args, context),
        Command::Incident(args) => incident::run(args, context),
        Command::Customer(args) => customer::run(args, context),
        Command::Alert(args) => alert::run(args, context),
        Command::Outbox(args) => outbox::run(&args, context),
        Command::Trace(args) => trace::run(&args, context),
        Command::Report(args) => report::run(args, context),
        Command::Explain(args) => explain::run(&args, context),
        Command::Try(args) => tried::run(&args, context),
        Command::Probe(args) => probe::run(&args, context),
        Command::Import(args) => import::run(&args),
        Command::Judge(args) => judge::run(&args, context),
        Command::Fsck(args) => fsck::run(&args, context),
        Command::Completions(args) => completions::run(&args, &mut Cli::command()),
        Command::Man => completions::man(&Cli::command()),
        Command::Unknown(words) => Err(later::unknown(&words, &Cli::command())),
    }?;
    Ok(ExitCode::SUCCESS)
}
