//! A configuration made ready to run: rules compiled, clients built, lists of feeds taken apart.

use super::expand;
use super::judge::Judging;
use crate::brand::{Brand, BrandName, TicketPolicy};
use crate::config::{Config, ForumPlace, MailBy, Place, SitePlace, SourceConfig};
use crate::delivery::email::Transport;
use crate::enrich::engine::Engine;
use crate::fetch::{Allowed, Fetcher, Location};
use crate::pipeline::Rules;
use crate::pipeline::blind::Heard;
use crate::post::SourceName;
use crate::schedule::Schedule;
use crate::source::feed::Feed;
use crate::source::forum::Forum;
use crate::source::{Cursor, Kind, Source, Visit};
use crate::store::handle::Handle;
use chrono::DateTime;
use chrono_tz::Tz;
use std::sync::Arc;
use url::{Host, Url};

/// Everything that a running daemon needs of its configuration.
pub struct Setup {
    pub config: Arc<Config>,
    pub rules: Rules,
    pub fetcher: Arc<Fetcher>,
    /// The service that judges; `None`: vahti itself.
    pub judging: Option<Arc<Judging>>,
    /// How notices go out; `None` where no mail is configured.
    pub transport: Option<Transport>,
    pub sources: Vec<Arc<Planned>>,
    /// Sources that are lists of feeds on the web, which may change.
    pub outlines: Vec<Arc<Outlined>>,
}

/// A source with what decides when it is polled and for whom.
pub struct Planned {
    pub name: SourceName,
    pub kind: Kind,
    pub source: Box<dyn Source>,
    /// The address of the document, where it is one that may name a hub.
    pub document: Option<Url>,
    pub allow_private: Option<Allowed>,
    /// `None`: what the source's own hints and rhythm suggest. One that the operator set is
    /// lengthened by nobody but the server.
    pub schedule: Option<Schedule>,
    pub only: Vec<BrandName>,
    /// Which of its mentions become tickets; `None`: what the brand says, or suits the place.
    pub tickets: Option<TicketPolicy>,
    /// What tells this place from another, where its address does not.
    pub identity: Option<String>,
}

impl Planned {
    /// Returns where the source is, as the operator said it.
    fn place(&self) -> Location {
        // A source that was never polled opens with what it was given.
        let visit = Visit { cursor: Cursor::default(), now: DateTime::UNIX_EPOCH };
        self.source.open(&visit).location
    }

    /// Returns where the source is, to tell when it is elsewhere. It may hold secrets.
    pub fn address(&self) -> String {
        if let Some(identity) = &self.identity {
            return identity.clone();
        }
        match self.place() {
            Location::Web(url) => url.into(),
            Location::File(path) => path.display().to_string(),
        }
    }

    /// Returns the name of the host that the source asks; `None` for a file and for a host that is
    /// named by its address or is this machine.
    pub fn public_host(&self) -> Option<String> {
        let Location::Web(url) = self.place() else { return None };
        match url.host()? {
            Host::Domain("localhost") | Host::Ipv4(_) | Host::Ipv6(_) => None,
            Host::Domain(name) => Some(name.to_owned()),
        }
    }
}

/// A list of feeds.
pub struct Outlined {
    pub config: SourceConfig,
}

impl Setup {
    /// Makes `config` ready. Lists of feeds on the web are fetched here, or taken from the store
    /// where that fails; a list that never could be read has no feeds until it can.
    ///
    /// The fetcher of `before` is kept where it would be the same: it knows which host wants how much
    /// rest.
    pub async fn build(
        config: Arc<Config>,
        store: &Handle,
        before: Option<&Self>,
    ) -> Result<Self, String> {
        let rules = Rules::new(config.brands.clone(), config.alerts.clone(), config.zone)
            .keeping(config.keep_posts)
            .missing(config.quiet_after)
            .ranking(config.judge.thresholds)
            .staffed(config.desk.clone())
            .outward(config.outward())
            .kept_by(config.keeper())
            .replying(config.replies.clone());
        let fetcher = match before.filter(|before| before.config.http == config.http) {
            Some(before) => Arc::clone(&before.fetcher),
            None => Arc::new(Fetcher::new(config.http.clone()).map_err(|e| e.to_string())?),
        };
        let judging = config.judge.service().map(|service| {
            let known = before.and_then(|before| before.judging.as_ref());
            let known = known.filter(|known| known.is_of(service, &fetcher)).map(Arc::clone);
            known.unwrap_or_else(|| {
                Arc::new(Judging::new(Arc::clone(service), Arc::clone(&fetcher)))
            })
        });
        let transport = match config.mail.as_ref().map(|mail| &mail.by) {
            None => None,
            Some(MailBy::Folder(folder)) => Some(Transport::folder(folder)),
            Some(MailBy::Sendmail(path)) => Some(Transport::Sendmail(path.clone())),
            Some(MailBy::Smtp(smtp)) => Some(Transport::smtp(smtp)?),
        };
        let mut sources = Vec::new();
        let mut outlines = Vec::new();
        for source in &config.sources {
            match &source.place {
                Place::Feed(location) => {
                    sources.push(Arc::new(feed(source, source.name.clone(), location.clone())));
                }
                Place::Forum(place) => {
                    sources.push(Arc::new(Planned {
                        name: source.name.clone(),
                        kind: Kind::Forum,
                        document: None,
                        allow_private: source.allow_private.clone(),
                        source: Box::new(forum(source, place, config.zone)),
                        schedule: source.schedule.clone(),
                        only: source.brands.clone(),
                        tickets: source.tickets,
                        identity: None,
                    }));
                }
                Place::Site(place) => sources.push(Arc::new(site(source, place, &config.brands)?)),
                Place::Opml(_) => {
                    let list = Arc::new(Outlined { config: source.clone() });
                    for (name, location) in expand::feeds(&list, &fetcher, store).await? {
                        sources.push(Arc::new(feed(source, name, location)));
                    }
                    outlines.push(list);
                }
            }
        }
        Ok(Self { config, rules, fetcher, judging, transport, sources, outlines })
    }

    /// Returns the facts of every source that `status` shows, lists of feeds first among theirs: its
    /// name, its kind, and whether it is polled.
    pub fn names(&self) -> Vec<(SourceName, Kind, bool)> {
        let lists = self.outlines.iter().map(|list| (list.config.name.clone(), Kind::Opml, true));
        let fact = |planned: &Arc<Planned>| {
            (planned.name.clone(), planned.kind, planned.source.is_polled())
        };
        lists.chain(self.sources.iter().map(fact)).collect()
    }

    /// Returns every source as an alert depends on it.
    pub fn heard(&self) -> Vec<Heard> {
        let names = self.names().into_iter();
        let heard = names.map(|(name, _, is_polled)| {
            let schedule = self.schedule(&name);
            Heard { name, schedule, is_polled }
        });
        heard.collect()
    }

    /// Returns the sources that bring mentions, each with the brands that it tells of.
    pub fn ears(&self) -> Vec<(Heard, Vec<BrandName>)> {
        let ear = |planned: &Arc<Planned>| {
            let (name, is_polled) = (planned.name.clone(), planned.source.is_polled());
            let schedule = self.schedule(&name);
            (Heard { name, schedule, is_polled }, planned.only.clone())
        };
        self.sources.iter().map(ear).collect()
    }

    /// Returns when a source is to be polled, where the operator says so.
    pub fn schedule(&self, name: &SourceName) -> Option<Schedule> {
        let list = self.outlines.iter().find(|list| list.config.name == *name);
        let of_list = list.and_then(|list| list.config.schedule.clone());
        of_list.or_else(|| self.sources.iter().find(|known| known.name == *name)?.schedule.clone())
    }

    /// Tells whether a service is asked about the mentions of a brand.
    pub fn asks_about(&self, brand: &BrandName) -> bool {
        matches!(self.config.judge.of(brand), Engine::Http(_))
    }

    /// Returns which mentions of a source become tickets, where it says so itself.
    pub fn tickets(&self, name: &SourceName) -> Option<TicketPolicy> {
        self.sources.iter().find(|known| known.name == *name)?.tickets
    }

    /// Returns the source called `name` if it waits for posts.
    pub fn waiting(&self, name: &str) -> Option<&Arc<Planned>> {
        self.sources.iter().find(|known| known.name.0 == name && !known.source.is_polled())
    }

    /// Returns the sources that are polled.
    pub fn polled(&self) -> impl Iterator<Item = &Arc<Planned>> {
        self.sources.iter().filter(|planned| planned.source.is_polled())
    }
}

/// Makes the source of a place that is asked by an API.
///
/// # Errors
///
/// Says which key of the source will not do.
pub fn site_source(
    config: &SourceConfig,
    place: &SitePlace,
    brands: &[Brand],
) -> Result<Box<dyn Source>, String> {
    let wanted = |brand: &&Brand| config.brands.is_empty() || config.brands.contains(&brand.name);
    let brands: Vec<&Brand> = brands.iter().filter(wanted).collect();
    let made = place.source(&config.name, &brands);
    made.map_err(|wrong| format!("the source `{}`: `{}`: {}", config.name, wrong.key, wrong.why))
}

fn site(config: &SourceConfig, place: &SitePlace, brands: &[Brand]) -> Result<Planned, String> {
    Ok(Planned {
        name: config.name.clone(),
        kind: place.kind,
        document: None,
        allow_private: config.allow_private.clone(),
        source: site_source(config, place, brands)?,
        schedule: config.schedule.clone(),
        only: config.brands.clone(),
        tickets: config.tickets,
        identity: Some(place.given.identity(place.kind)),
    })
}

/// Makes a forum of its configuration; `zone` is the zone of its dates where nobody says another.
pub fn forum(config: &SourceConfig, place: &ForumPlace, zone: Tz) -> Forum {
    Forum {
        name: config.name.clone(),
        location: place.location.clone(),
        address: None,
        allow_private: config.allow_private.clone(),
        engine: place.engine.clone(),
        selectors: place.selectors.clone(),
        zone: place.zone.unwrap_or(zone),
    }
}

fn feed(config: &SourceConfig, name: SourceName, location: Location) -> Planned {
    Planned {
        document: match &location {
            Location::Web(url) => Some(url.clone()),
            Location::File(_) => None,
        },
        allow_private: config.allow_private.clone(),
        source: Box::new(Feed {
            name: name.clone(),
            location,
            allow_private: config.allow_private.clone(),
        }),
        name,
        kind: Kind::Feed,
        schedule: config.schedule.clone(),
        only: config.brands.clone(),
        tickets: config.tickets,
        identity: None,
    }
}
