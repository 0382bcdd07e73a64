//! The configuration: parsed, then checked, then trusted. [`load`] reads it with every file that it
//! includes and reports all that is wrong at once, each with its place; nobody validates again
//! behind it.
//!
//! The files are walked by hand and not through serde, which stops at the first fault.

use crate::alert::Alert;
use crate::brand::{Brand, BrandName, TicketPolicy};
use crate::delivery::chat::Room;
use crate::delivery::email::{Smtp, check_address};
use crate::fetch::{self, Allowed, Location};
use crate::pipeline::hand::Desk;
use crate::pipeline::outward::Outward;
use crate::post::SourceName;
use crate::query::Query;
use crate::schedule::Schedule;
use crate::source::forum::preset::Selectors;
use crate::source::site::{Given, Told, Watch, Wrong};
use crate::source::{Kind, Source};
use crate::text::Language;
use crate::ticket::reply::own::Own;
use chrono::TimeDelta;
use chrono_tz::Tz;
use secrecy::{ExposeSecret, SecretString};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use url::Url;

mod across;
mod alerts;
mod brands;
mod channels;
mod desk;
mod draft;
mod files;
mod forum;
mod http;
mod judge;
mod mail;
mod operator;
mod pace;
mod problem;
mod reader;
mod replies;
mod secret;
mod sites;
mod sources;
mod surroundings;
mod syntax;
#[cfg(test)]
mod tests;
mod value;
mod web;
mod websub;
mod when;

pub use channels::ChannelConfig;
pub use judge::Judge;
pub use problem::Problem;
pub use sites::millionths;
pub use surroundings::{Surroundings, find};

/// The configuration to begin with: every key of this version, its default, and what it means.
pub const STARTER: &str = include_str!("../config/vahti.toml");

/// Everything that can be configured, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file that it was read from.
    pub path: PathBuf,
    /// In which schedules are read and times are shown.
    pub zone: Tz,
    pub state_dir: PathBuf,
    /// The control socket.
    pub control: PathBuf,
    pub http: fetch::Settings,
    /// Present wherever anybody is told by mail.
    pub mail: Option<Mail>,
    /// At least one.
    pub brands: Vec<Brand>,
    /// At least one, in the order of the files.
    pub sources: Vec<SourceConfig>,
    pub alerts: Vec<Alert>,
    /// Where tickets are opened too.
    pub channels: Vec<ChannelConfig>,
    /// Where alerts are told beside mail.
    pub rooms: Vec<Room>,
    /// Where hubs reach us; `None`: nowhere, all is polled.
    pub websub: Option<WebSub>,
    /// Where browsers and feed readers reach us; `None`: nowhere.
    pub web: Option<Web>,
    /// Who is told how vahti itself fares; `None`: nobody.
    pub operator: Option<Operator>,
    /// After how many days somebody asks whether all is well: 7 to 14.
    pub follow_up_days: i64,
    /// Who works at the desk, and by when.
    pub desk: Desk,
    /// For how long posts that matched nothing are kept; zero: not at all.
    pub keep_posts: TimeDelta,
    /// After which time without a word a customer has gone quiet; `None`: never.
    pub quiet_after: Option<TimeDelta>,
    pub judge: Judge,
    /// The house's own texts of replies.
    pub replies: Own,
}

impl Config {
    /// Returns which tickets are opened at which other desks too.
    pub fn outward(&self) -> Vec<Outward> {
        let wants = |one: &ChannelConfig| {
            let (name, filter) = (one.channel.name.clone(), one.tickets.clone()?);
            Some(Outward { name, filter })
        };
        self.channels.iter().filter_map(wants).collect()
    }

    /// Returns whom recipients of alerts ask to be told no more: the first of the operators, by mail.
    pub fn keeper(&self) -> Option<String> {
        let mut to = self.operator.as_ref()?.to.iter();
        to.find(|to| check_address(to).is_ok()).cloned()
    }

    /// Returns below which address one click is enough to be told no more. Mail programs want it to be
    /// encrypted.
    pub fn one_click(&self) -> Option<Url> {
        let url = self.web.as_ref()?.public_url.as_ref()?;
        (url.scheme() == "https").then(|| url.clone())
    }

    /// Returns where the embedded store lies.
    pub fn store_path(&self) -> PathBuf {
        self.state_dir.join("store")
    }
}

/// Where hubs reach us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebSub {
    /// The address that we listen on, for a reverse proxy or for everybody.
    pub listen: SocketAddr,
    /// The same as seen from outside; a token of ours follows behind it.
    pub public_url: Url,
}

/// Where browsers and feed readers reach us.
#[derive(Debug, Clone)]
pub struct Web {
    pub listen: SocketAddr,
    /// There wherever more than this machine can connect.
    pub password: Option<SecretString>,
    /// The address under which people reach it, which ends in `/`; `None`: only this machine's own names.
    pub public_url: Option<Url>,
}

impl Web {
    /// Tells whether it is the same, password and all.
    pub fn is(&self, other: &Self) -> bool {
        let [own, others] =
            [self, other].map(|web| web.password.as_ref().map(ExposeSecret::expose_secret));
        self.listen == other.listen && self.public_url == other.public_url && own == others
    }
}

/// Who hears of failing sources, dead notices, a full disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Mail addresses and names of channels, at least one.
    pub to: Vec<String>,
    /// How often vahti gives itself a mention, to see whether it comes through; `None`: never.
    pub canary: Option<TimeDelta>,
    /// Where that goes; nobody: no further than the outbox.
    pub canary_to: Vec<String>,
}

/// How mail leaves.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The sender, with or without a name.
    pub from: String,
    pub by: MailBy,
}

/// What takes mail.
#[derive(Debug, Clone)]
pub enum MailBy {
    Smtp(Smtp),
    /// A folder, which may not exist yet: each message becomes a file.
    Folder(PathBuf),
    /// The program of that name, or one that takes mail as it does.
    Sendmail(PathBuf),
}

/// One place that is polled, as configured.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceConfig {
    pub name: SourceName,
    pub place: Place,
    /// `None`: what the source's own hints and rhythm suggest.
    pub schedule: Option<Schedule>,
    /// The brands that are looked for there; empty means all.
    pub brands: Vec<BrandName>,
    /// Which private addresses it may ask; `None`: what `http` says.
    pub allow_private: Option<Allowed>,
    /// Which of its mentions become tickets; `None`: what the brand says.
    pub tickets: Option<TicketPolicy>,
}

impl SourceConfig {
    /// Tells whether it was told a password, key or token, so that it is asked in vain without.
    pub fn shows_secrets(&self) -> bool {
        let Place::Site(site) = &self.place else { return false };
        site.given.told.values().any(|told| matches!(told, Told::Secret(_) | Told::Secrets(_)))
    }
}

/// The kind of a source, and where it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    Feed(Location),
    /// A list of feeds; each is a source of its own.
    Opml(Location),
    Forum(ForumPlace),
    Site(SitePlace),
}

/// A place that is asked by an API, and what is said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SitePlace {
    pub kind: Kind,
    pub given: Given,
}

impl SitePlace {
    /// Makes the source that is asked, which looks for these brands.
    ///
    /// # Errors
    ///
    /// Says which key will not do. [`load`] has tried it, so that only a file that changed since can
    /// make it fail.
    pub fn source(&self, name: &SourceName, brands: &[&Brand]) -> Result<Box<dyn Source>, Wrong> {
        let Some(site) = self.kind.site() else {
            return Err(Wrong::new("", format!("`{}` asks no API", self.kind)));
        };
        let Some(base) = sites::base(&self.given, site) else {
            return Err(Wrong::new("url", "this is no address"));
        };
        let mut keywords: Vec<Query> = Vec::new();
        let mut languages: Vec<Language> = Vec::new();
        for brand in brands {
            keywords.extend(brand.keywords.iter().map(|keyword| keyword.query.clone()));
            languages.extend(&brand.languages);
        }
        languages.sort_unstable();
        languages.dedup();
        // Of several brands, one has customers who may write any.
        if brands.iter().any(|brand| brand.languages.is_empty()) {
            languages.clear();
        }
        let given = &self.given;
        (site.build)(Watch { name: name.clone(), base, given, keywords, languages })
    }
}

/// A forum, and what is said of how to read it.
#[derive(Debug, Clone, PartialEq)]
pub struct ForumPlace {
    pub location: Location,
    /// Which software it is; `None`: as its pages show.
    pub engine: Option<String>,
    /// What stands in the place of the software's own selectors.
    pub selectors: Selectors,
    /// In which zone it writes its dates; `None`: as its pages say, else that of the configuration.
    pub zone: Option<Tz>,
}

/// A configuration without fault, and what looks wrong all the same.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub config: Config,
    pub warnings: Vec<Problem>,
}

/// Reads and checks the configuration at `path`, and touches nothing.
///
/// # Errors
///
/// Gives every fault there is, in the order of files and lines.
pub fn load(path: &Path, surroundings: &Surroundings) -> Result<Loaded, Vec<Problem>> {
    draft::Draft::new(path, surroundings).read()
}

/// Returns the control socket and the time zone as far as the configuration tells them, however
/// faulty the rest of it is: a daemon that still runs with the old one must stay within reach.
pub fn whereabouts(path: &Path, surroundings: &Surroundings) -> (PathBuf, Tz) {
    draft::Draft::new(path, surroundings).whereabouts()
}
