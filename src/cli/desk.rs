//! Asking: through the daemon where one runs, of the store itself where none does.

use super::{Context, Failure, print};
use crate::ask::taken::TakenView;
use crate::ask::view::{MarkView, SummaryView, TaughtView};
use crate::ask::{self, Answer, MarksAsked, Order, Question, Refusal, Setting, SourceFacts};
use crate::config::Config;
use crate::control::client::{Client, Unanswered};
use crate::control::protocol::Batch;
use crate::daemon::{clock, expand, once, setup};
use crate::delivery::{Notice, NoticeId, Progress};
use crate::pipeline::Rules;
use crate::source::Kind;
use crate::store::handle::Handle;
use crate::store::sled::SledStore;
use crate::store::{Store, StoreError};
use crate::text::visible;
use chrono_tz::Tz;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a command waits for another that has the store open.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Where questions go: the daemon that runs, else the store of the configuration.
pub(super) struct Desk {
    /// The control socket.
    control: PathBuf,
    /// In which times are shown.
    pub(super) zone: Tz,
    config: Result<Box<Config>, Box<Context>>,
}

impl Desk {
    pub(super) fn of(config: Config) -> Self {
        Self { control: config.control.clone(), zone: config.zone, config: Ok(Box::new(config)) }
    }

    /// A desk whose configuration is faulty: a daemon that runs with the old one still answers.
    pub(super) fn of_daemon(control: PathBuf, zone: Tz, context: Context) -> Self {
        Self { control, zone, config: Err(Box::new(context)) }
    }

    /// Returns the configuration; a faulty one is complained of only here, where it is needed.
    pub(super) fn config(&self) -> Result<Config, Failure> {
        match &self.config {
            Ok(config) => Ok(config.as_ref().clone()),
            Err(context) => context.config(),
        }
    }

    /// Asks one question.
    pub(super) fn ask(&self, question: &Question) -> Result<Answer, Failure> {
        if let Some(answer) = self.by_daemon(async |client| client.ask(question).await)? {
            return Ok(answer);
        }
        let config = self.config()?;
        let store = open(&config)?;
        let offline = Offline::of(&config, &store);
        ask::answer(question, &offline.setting(&config), &store, clock::now()).map_err(refused)
    }

    /// Returns what people's marks have taught; nothing where nothing is stored yet.
    pub(super) fn taught(&self) -> Result<Vec<TaughtView>, Failure> {
        let known = self.ask_if_kept(&Question::Taught)?;
        Ok(if let Some(Answer::Taught(words)) = known { words } else { Vec::new() })
    }

    /// Returns the marks from which the judge learns; none where nothing is stored yet.
    pub(super) fn lessons(&self) -> Result<Vec<MarkView>, Failure> {
        let asked = MarksAsked { limit: Some(0), lessons: true };
        let known = self.ask_if_kept(&Question::Marks(asked))?;
        Ok(if let Some(Answer::Marks(marks)) = known { marks } else { Vec::new() })
    }

    /// Asks one question; `None` where nothing is stored yet.
    fn ask_if_kept(&self, question: &Question) -> Result<Option<Answer>, Failure> {
        let is_kept = |config: &Config| config.store_path().join("db").exists();
        match self.by_daemon(async |client| client.ask(question).await)? {
            Some(answer) => Ok(Some(answer)),
            None if self.config.as_deref().is_ok_and(is_kept) => self.ask(question).map(Some),
            None => Ok(None),
        }
    }

    /// Gives one order and returns what it led to. Whom it tells something is told: by the daemon, or, where
    /// none runs, by one try here and now. What that comes to is no fault of the order.
    pub(super) fn order(&self, order: Order, context: &Context) -> Result<Answer, Failure> {
        let question = order.shown_by();
        let here = match self.give(order)? {
            Given::ByDaemon(answer) => return Ok(answer),
            Given::Here(here) => here,
        };
        if !here.fresh.is_empty() {
            here.tell(context);
        }
        here.answer(&question)
    }

    /// Gives one order that puts notices on their way. The daemon sends them; where none runs, they are
    /// tried here and now, and nothing else is: who wants to be left alone is.
    pub(super) fn order_and_send(
        &self,
        order: Order,
        context: &Context,
    ) -> Result<Answer, Failure> {
        let here = match self.give(order)? {
            Given::ByDaemon(answer) => return Ok(answer),
            Given::Here(here) => here,
        };
        // Only now with its secrets: the mail server wants them.
        let config = Arc::new(context.load()?.config);
        let store = Handle::new(Arc::<SledStore>::clone(&here.store));
        block_on(once::send_only(config, store, Some(here.meant.clone())))?
            .map_err(|died| Failure::new(died.to_string()))?;
        here.answer(&Question::Outbox)
    }

    /// Gives one order, to the daemon or to the store itself.
    fn give(&self, order: Order) -> Result<Given, Failure> {
        if let Some(answer) = self.by_daemon(async |client| client.order(&order).await)? {
            return Ok(Given::ByDaemon(answer));
        }
        let config = self.config()?;
        let store = open(&config)?;
        let offline = Offline::of(&config, &store);
        let by = crate::text::account::user_name(rustix::process::getuid().as_raw());
        let setting = offline.setting(&config);
        let commit = ask::act(order, &by, &setting, &store, clock::now()).map_err(refused)?;
        store.apply(&commit).and_then(|()| store.sync()).map_err(failed)?;
        // What has no number yet was not in the outbox before.
        let is_fresh = |notice: &&Notice| notice.id == NoticeId(0);
        let fresh = commit.notices.iter().filter(is_fresh);
        let fresh = fresh.map(|notice| notice.message_id.clone()).collect();
        let meant = commit.notices.iter().map(|notice| notice.message_id.clone()).collect();
        let store = Arc::new(store);
        Ok(Given::Here(Box::new(Here { config, store, offline, fresh, meant })))
    }

    /// Lets the daemon poll; `None` where none runs.
    pub(super) fn poll(&self, sources: &[String]) -> Result<Option<SummaryView>, Failure> {
        self.by_daemon(async |client| client.poll(sources).await)
    }

    /// Lets the daemon take posts for a source; `None` where none runs.
    pub(super) fn take(
        &self,
        source: &str,
        next: &mut impl FnMut() -> Result<Option<Batch>, String>,
    ) -> Result<Option<TakenView>, Failure> {
        self.by_daemon(async |client| {
            let mut all = TakenView { source: source.to_owned(), ..TakenView::default() };
            while let Some(batch) = next().map_err(Unanswered::Broken)? {
                all = all.and(client.take(source, batch.body).await?, batch.before);
            }
            Ok(all)
        })
    }

    fn by_daemon<T>(
        &self,
        ask: impl AsyncFnOnce(Client) -> Result<T, Unanswered>,
    ) -> Result<Option<T>, Failure> {
        let answered = block_on(async {
            match Client::reach(&self.control).await? {
                Some(client) => ask(client).await.map(Some),
                None => Ok(None),
            }
        })?;
        answered.map_err(|error| match error {
            Unanswered::Refused(what) => Failure::told(&what),
            Unanswered::Faulty(what) => Failure::usage(what),
            other => Failure::new(other.to_string()),
        })
    }
}

/// Opens the store that a daemon would have, and waits a little where another command has it.
pub(super) fn open(config: &Config) -> Result<SledStore, Failure> {
    // An engine that panics over a damaged store is caught, and what that means is said then: a
    // panic's own words are no first line to read.
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let opened = patiently(|| SledStore::open(&config.store_path()));
    std::panic::set_hook(loud);
    opened
}

/// Opens as `open` does it, again and again while somebody else has it, for a few seconds.
pub(super) fn patiently(
    open: impl Fn() -> Result<SledStore, StoreError>,
) -> Result<SledStore, Failure> {
    let begun = Instant::now();
    loop {
        match open() {
            Err(StoreError::Locked(_)) if begun.elapsed() < LONGEST_WAIT => pause(),
            other => return other.map_err(failed),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "no task runs yet that this could hold up")]
fn pause() {
    std::thread::sleep(Duration::from_millis(50));
}

/// Runs `work` to its end on this thread.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(|error| Failure::new(format!("cannot start: {error}")))?.block_on(work))
}

/// Says what a failing store means for the one who asked.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
pub(super) fn failed(error: StoreError) -> Failure {
    let failure = Failure::new(error.to_string());
    match error {
        StoreError::Damaged { .. } => {
            failure.hint("`vahti run` sets a damaged store aside and begins a new one")
        }
        StoreError::Missing(_) => failure.hint("`vahti run` or `vahti run --once` makes it"),
        StoreError::Locked(_) => failure.hint(
            "is another `vahti run --once` or `vahti poll` at work? try again when it is done",
        ),
        _ => failure,
    }
}

pub(super) fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::Store(error) => failed(error),
        Refusal::NotFound(_) | Refusal::Refused(_) => Failure::told(&refusal.to_string()),
        Refusal::Faulty(what) => Failure::usage(what),
    }
}

/// Who took an order.
enum Given {
    ByDaemon(Answer),
    Here(Box<Here>),
}

/// The store after an order that was given to it itself.
struct Here {
    config: Config,
    store: Arc<SledStore>,
    offline: Offline,
    /// The notices that the order put into the outbox, by their ids as messages.
    fresh: Vec<String>,
    /// These, and those that were there already and are changed by it.
    meant: Vec<String>,
}

impl Here {
    /// Tries the notices of the order once. What does not leave waits in the outbox, and a line says so.
    fn tell(&self, context: &Context) {
        let store = Handle::new(Arc::<SledStore>::clone(&self.store));
        let tried = context.load().and_then(|loaded| {
            let sent = once::send_only(Arc::new(loaded.config), store, Some(self.fresh.clone()));
            block_on(sent)?.map_err(|died| Failure::new(died.to_string()))
        });
        if let Err(failure) = tried {
            print::complain(&format!("warning: nobody is told yet: {}", failure.what));
        }
        let left = self.store.outbox().unwrap_or_default();
        for notice in left.iter().filter(|notice| self.fresh.contains(&notice.message_id)) {
            let Notice { subject, to, last_answer, progress, .. } = notice;
            let how = match progress {
                Progress::Dead => "was refused",
                Progress::Queued | Progress::Sent => "waits in the outbox",
            };
            let why = last_answer.as_deref().unwrap_or("it was not tried");
            let line = format!("warning: \"{subject}\" to {to} {how}: {why}");
            print::complain(&visible(&line));
        }
    }

    fn answer(&self, question: &Question) -> Result<Answer, Failure> {
        let setting = self.offline.setting(&self.config);
        ask::answer(question, &setting, self.store.as_ref(), clock::now()).map_err(refused)
    }
}

/// What questions are asked against where no daemon runs.
struct Offline {
    rules: Rules,
    sources: Vec<SourceFacts>,
}

impl Offline {
    fn of(config: &Config, store: &dyn Store) -> Self {
        let mut sources = Vec::new();
        for source in &config.sources {
            let tickets = source.tickets;
            let fact = |name, kind| SourceFacts {
                name,
                kind,
                next_poll: None,
                tickets,
                schedule: source.schedule.clone(),
                only: source.brands.clone(),
                is_polled: true,
            };
            match &source.place {
                crate::config::Place::Feed(_) => {
                    sources.push(fact(source.name.clone(), Kind::Feed));
                }
                crate::config::Place::Forum(_) => {
                    sources.push(fact(source.name.clone(), Kind::Forum));
                }
                crate::config::Place::Site(site) => {
                    let made = setup::site_source(source, site, &config.brands);
                    let is_polled = made.is_ok_and(|made| made.is_polled());
                    sources.push(SourceFacts { is_polled, ..fact(source.name.clone(), site.kind) });
                }
                crate::config::Place::Opml(_) => {
                    sources.push(fact(source.name.clone(), Kind::Opml));
                    let list = setup::Outlined { config: source.clone() };
                    let feeds = expand::known_feeds(&list, store);
                    sources.extend(feeds.into_iter().map(|name| fact(name, Kind::Feed)));
                }
            }
        }
        let rules = Rules::new(config.brands.clone(), config.alerts.clone(), config.zone)
            .keeping(config.keep_posts)
            .missing(config.quiet_after)
            .ranking(config.judge.thresholds)
            .staffed(config.desk.clone())
            .outward(config.outward())
            .kept_by(config.keeper())
            .reached_at(config.one_click())
            .replying(config.replies.clone());
        Self { rules, sources }
    }

    fn setting<'a>(&'a self, config: &Config) -> Setting<'a> {
        Setting {
            rules: &self.rules,
            sources: &self.sources,
            follow_up_days: config.follow_up_days,
            store_path: config.store_path(),
            config_path: config.path.clone(),
            running_since: None,
        }
    }
}

/// Reads a text from standard input when it is `-`.
pub(super) fn text_or_stdin(text: String) -> Result<String, Failure> {
    if text != "-" {
        return Ok(text);
    }
    std::io::read_to_string(std::io::stdin())
        .map_err(|error| Failure::new(format!("cannot read standard input: {error}")))
}
