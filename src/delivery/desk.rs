//! Other desks: where tickets are opened too, exactly once each, and followed from then on. A file per
//! desk builds its requests and reads its replies; [`open()`] and [`follow()`] send them.

mod api;
pub mod chatwoot;
mod dossier;
mod follow;
pub mod freshdesk;
pub mod liveagent;
mod open;
mod refused;
pub mod webhook;
pub mod zammad;
pub mod zendesk;

pub use dossier::{Advice, Dossier, Told};
pub use follow::{Stand, follow};
pub use open::{Memory, Unopened, open};

use crate::fetch::Allowed;
use api::Api;
use chatwoot::Chatwoot;
use chrono::{DateTime, TimeDelta, Utc};
use freshdesk::Freshdesk;
use liveagent::LiveAgent;
use serde::{Deserialize, Serialize};
use url::Url;
use webhook::Webhook;
use zammad::Zammad;
use zendesk::Zendesk;

/// Where tickets are opened too.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    pub name: String,
    pub desk: Desk,
    /// How long after a try of which nobody knows what it left its search is believed.
    pub settle: TimeDelta,
    /// How often what became of its tickets is asked.
    pub every: TimeDelta,
    /// Which private addresses it may ask; `None`: what `http` says.
    pub allow_private: Option<Allowed>,
}

/// What stands at the other end.
#[derive(Debug, Clone, PartialEq)]
pub enum Desk {
    Webhook(Webhook),
    Zammad(Zammad),
    Freshdesk(Freshdesk),
    Zendesk(Zendesk),
    Chatwoot(Chatwoot),
    LiveAgent(LiveAgent),
}

impl Desk {
    fn api(&self) -> &dyn Api {
        match self {
            Self::Webhook(webhook) => webhook,
            Self::Zammad(zammad) => zammad,
            Self::Freshdesk(freshdesk) => freshdesk,
            Self::Zendesk(zendesk) => zendesk,
            Self::Chatwoot(chatwoot) => chatwoot,
            Self::LiveAgent(liveagent) => liveagent,
        }
    }

    /// Tells whether it can be asked what became of a ticket.
    pub fn is_followed(&self) -> bool {
        self.api().state("").is_some()
    }

    /// Returns the address that all requests begin with.
    pub fn base(&self) -> &Url {
        self.api().base()
    }
}

/// How a ticket stands at another desk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Somebody is still to work on it.
    #[default]
    Open,
    /// Solved, resolved or closed.
    Settled,
    /// There is no such ticket any more.
    Gone,
}

/// What is remembered of a ticket of ours at another desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counterpart {
    pub ticket: u64,
    /// The name of the channel.
    pub channel: String,
    /// When a try to open it began of which nobody knows what it left.
    #[serde(default)]
    pub tried: Option<DateTime<Utc>>,
    /// What the desk knows it by; `None` while it is not known to be there.
    #[serde(default)]
    pub id: Option<String>,
    /// What the desk's people call it, where that is something else.
    #[serde(default)]
    pub number: Option<String>,
    /// Where people see it.
    #[serde(default)]
    pub url: Option<String>,
    /// When all was there that was to be.
    #[serde(default)]
    pub opened: Option<DateTime<Utc>>,
    #[serde(default)]
    pub standing: Standing,
    /// The desk's own word for how it stands.
    #[serde(default)]
    pub word: Option<String>,
    /// When that was last asked.
    #[serde(default)]
    pub asked: Option<DateTime<Utc>>,
}

impl Counterpart {
    /// Returns one of which nothing is known yet.
    pub fn new(ticket: u64, channel: &str) -> Self {
        Self {
            ticket,
            channel: channel.to_owned(),
            tried: None,
            id: None,
            number: None,
            url: None,
            opened: None,
            standing: Standing::Open,
            word: None,
            asked: None,
        }
    }

    /// Returns what people call it.
    pub fn called(&self) -> &str {
        self.number.as_deref().or(self.id.as_deref()).unwrap_or_default()
    }

    fn adopt(self, there: There) -> Self {
        let There { id, number, url } = there;
        Self { id: Some(id), number, url, tried: None, ..self }
    }
}

/// A ticket as the desk that has it names it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct There {
    id: String,
    number: Option<String>,
    url: Option<String>,
}
