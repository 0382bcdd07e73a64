//! Opening a ticket at another desk exactly once. That a try begins is stored before its request leaves,
//! so that whoever goes on after a time-out, a crash or a power cut knows that there may be a ticket
//! already, and looks before opening another.

use super::api::{Api, Contact, Looked, Odd};
use super::refused::{did_nothing, failed, wait};
use super::{Channel, Counterpart, Dossier};
use crate::delivery::email::Failed;
use crate::fetch::{Call, FetchError, Fetcher};
use chrono::{DateTime, Utc};
use std::time::Duration;

/// The most things that are added to a ticket.
const MOST_ADDED: usize = 4;

/// Pages of what a desk has that are looked through.
const MOST_PAGES: usize = 50;

/// Why a ticket could not be opened yet, or ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unopened {
    pub failed: Failed,
    /// How long it is of no use to try again.
    pub wait: Option<Duration>,
}

impl Unopened {
    /// Says that the ticket is there all the same, and lacks something.
    fn lacking(self, there: &Counterpart) -> Self {
        let tell = |answer: String| {
            format!("opened as {}, but without its note of how to answer: {answer}", there.called())
        };
        let failed = match self.failed {
            Failed::Temporary { answer } => Failed::Temporary { answer: tell(answer) },
            Failed::Permanent { answer } => Failed::Permanent { answer: tell(answer) },
        };
        Self { failed, ..self }
    }

    /// Hopes on: what was begun before may be there, whatever is refused now.
    fn hoping(self) -> Self {
        let (Failed::Temporary { answer } | Failed::Permanent { answer }) = self.failed;
        Self { failed: Failed::Temporary { answer }, ..self }
    }
}

impl From<Odd> for Unopened {
    fn from(odd: Odd) -> Self {
        Self { failed: Failed::Temporary { answer: odd.to_string() }, wait: None }
    }
}

/// Where is stored what must be remembered before the next request leaves.
pub trait Memory: Sync {
    /// Why it cannot be.
    type Error: Send;

    /// Stores what is known of a ticket, and returns once that is safe from a power cut.
    fn keep(&self, there: Counterpart) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// Opens a ticket for `dossier`, or finds the one that an earlier try left. `known` is what is remembered
/// of it.
pub async fn open<M: Memory>(
    channel: &Channel,
    fetcher: &Fetcher,
    dossier: &Dossier,
    known: Option<Counterpart>,
    now: DateTime<Utc>,
    memory: &M,
) -> Result<Result<Counterpart, Unopened>, M::Error> {
    let caller = Caller { channel, fetcher, api: channel.desk.api() };
    let mine = known.unwrap_or_else(|| Counterpart::new(dossier.ticket, &channel.name));
    if mine.opened.is_some() {
        return Ok(Ok(mine));
    }
    let mine = match caller.known(mine, dossier, now).await {
        Ok((mine, contact)) if mine.id.is_none() => {
            // From here on nobody knows, unless the desk says.
            let begun = Counterpart { tried: Some(now), ..mine };
            memory.keep(begun.clone()).await?;
            match caller.create(begun, dossier, &contact, now).await {
                Ok(mine) => mine,
                Err((mine, unopened)) => {
                    memory.keep(mine).await?;
                    return Ok(Err(unopened));
                }
            }
        }
        Ok((mine, _)) => mine,
        Err(unopened) => return Ok(Err(unopened)),
    };
    if mine.id.is_some() {
        memory.keep(mine.clone()).await?;
        if let Err(unopened) = caller.complete(&mine, dossier).await {
            return Ok(Err(unopened.lacking(&mine)));
        }
    }
    Ok(Ok(Counterpart { opened: Some(now), tried: None, ..mine }))
}

/// A desk and the way to it.
pub(super) struct Caller<'a> {
    pub(super) channel: &'a Channel,
    pub(super) fetcher: &'a Fetcher,
    pub(super) api: &'a dyn Api,
}

impl Caller<'_> {
    pub(super) async fn call(&self, call: Call) -> Result<Vec<u8>, FetchError> {
        let call = Call { allow_private: self.channel.allow_private.clone(), ..call };
        self.fetcher.call(&call).await
    }

    fn unopened(&self, error: &FetchError) -> Unopened {
        Unopened { failed: failed(error, self.api), wait: wait(error) }
    }

    /// Returns what there is of the ticket, with the customer that it is for.
    async fn known(
        &self,
        mine: Counterpart,
        dossier: &Dossier,
        now: DateTime<Utc>,
    ) -> Result<(Counterpart, Contact), Unopened> {
        if mine.id.is_some() {
            return Ok((mine, Contact::default()));
        }
        // The last try may be under way at the other end still, and a search lags behind.
        if let Some(tried) = mine.tried
            && self.api.look(dossier, &Contact::default(), 1).is_some()
            && let Ok(left) = (tried + self.channel.settle - now).to_std()
            && !left.is_zero()
        {
            let seconds = left.as_secs().max(1);
            let answer =
                format!("waits {seconds} s to see whether the try before this opened it after all");
            return Err(Unopened { failed: Failed::Temporary { answer }, wait: Some(left) });
        }
        let hoping = |unopened: Unopened| {
            if mine.tried.is_some() { unopened.hoping() } else { unopened }
        };
        let contact = self.customer(dossier).await.map_err(hoping)?;
        if mine.tried.is_some() {
            let look = |page| self.api.look(dossier, &contact, page);
            let found = |said: &[u8]| self.api.found(said, dossier);
            let there = self.paged(look, found).await.map_err(Unopened::hoping)?;
            if let Some(there) = there {
                return Ok((mine.adopt(there), contact));
            }
        }
        Ok((mine, contact))
    }

    /// Looks through the pages that `ask` asks for, until `read` reads what is looked for, or that it is not
    /// there.
    async fn paged<T>(
        &self,
        ask: impl Fn(usize) -> Option<Call> + Sync,
        read: impl Fn(&[u8]) -> Result<Looked<T>, Odd> + Sync,
    ) -> Result<Option<T>, Unopened> {
        for page in 1..=MOST_PAGES {
            let Some(call) = ask(page) else { return Ok(None) };
            let said = self.call(call).await.map_err(|error| self.unopened(&error))?;
            match read(&said)? {
                Looked::Is(found) => return Ok(Some(found)),
                Looked::Nothing => return Ok(None),
                Looked::More => {}
            }
        }
        let host = self.api.base().host_str().unwrap_or_default();
        let answer = format!(
            "{host} has more than the {MOST_PAGES} pages that are looked through for what there is already"
        );
        Err(Unopened { failed: Failed::Temporary { answer }, wait: None })
    }

    /// Returns the customer at the desk, made where there is none. One name has one customer there, however
    /// often it is asked.
    async fn customer(&self, dossier: &Dossier) -> Result<Contact, Unopened> {
        if self.api.known_contact(dossier, 1).is_none() {
            return Ok(Contact::default());
        }
        let known = |page| self.api.known_contact(dossier, page);
        let read = |said: &[u8]| self.api.is_contact(said, dossier);
        let contact = match self.paged(known, read).await? {
            Some(contact) => contact,
            None => self.new_customer(dossier).await?,
        };
        if !contact.source.is_empty() {
            return Ok(contact);
        }
        let Some(enter) = self.api.enter(dossier, &contact) else { return Ok(contact) };
        let said = self.call(enter).await.map_err(|error| self.unopened(&error))?;
        let source = self.api.entered(&said)?;
        Ok(Contact { source, ..contact })
    }

    async fn new_customer(&self, dossier: &Dossier) -> Result<Contact, Unopened> {
        let Some(new) = self.api.contact(dossier) else { return Ok(Contact::default()) };
        let said = self.call(new).await.map_err(|error| self.unopened(&error))?;
        match self.api.is_contact(&said, dossier)? {
            Looked::Is(contact) => Ok(contact),
            Looked::More | Looked::Nothing => Err(Odd("it names no customer".to_owned()).into()),
        }
    }

    async fn create(
        &self,
        mine: Counterpart,
        dossier: &Dossier,
        contact: &Contact,
        now: DateTime<Utc>,
    ) -> Result<Counterpart, (Counterpart, Unopened)> {
        match self.call(self.api.open(dossier, contact, now)).await {
            Ok(said) => match self.api.opened(&said) {
                Ok(Some(there)) => Ok(mine.adopt(there)),
                Ok(None) => Ok(Counterpart { tried: None, ..mine }),
                Err(odd) => Err((mine, odd.into())),
            },
            Err(error) => {
                let unopened = self.unopened(&error);
                let tried = if did_nothing(&error) { None } else { mine.tried };
                Err((Counterpart { tried, ..mine }, unopened))
            }
        }
    }

    /// Adds what does not fit into the opening; each thing once.
    async fn complete(&self, mine: &Counterpart, dossier: &Dossier) -> Result<(), Unopened> {
        let id = mine.id.as_deref().unwrap_or_default();
        let Some(added) = self.api.added(id) else { return Ok(()) };
        let said = self.call(added).await.map_err(|error| self.unopened(&error))?;
        for nth in 0..MOST_ADDED {
            let Some(call) = self.api.add(dossier, id, nth) else { break };
            if !self.api.has_added(&said, dossier, nth)? {
                self.call(call).await.map_err(|error| self.unopened(&error))?;
            }
        }
        Ok(())
    }
}
