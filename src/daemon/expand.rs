//! Lists of feeds (OPML) taken apart into sources. A list that cannot be fetched is taken from the
//! last copy that could.

use super::clock;
use super::intake::{Event, Outcome};
use super::setup::{Outlined, Setup};
use crate::config::Place;
use crate::fetch::{Fetched, Fetcher, Location, Request};
use crate::pipeline::Failure;
use crate::post::SourceName;
use crate::schedule::Schedule;
use crate::source::opml;
use crate::store::Commit;
use crate::store::handle::Handle;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

/// How often a list on the web is asked for where the configuration does not say.
const USUAL_SCHEDULE: &str = "@daily";

const ACCEPT: &str = "text/x-opml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1";

/// Returns the feeds of a list with their names. The names are kept, so that a feed keeps its name
/// while its address stays.
pub async fn feeds(
    list: &Outlined,
    fetcher: &Fetcher,
    store: &Handle,
) -> Result<Vec<(SourceName, Location)>, String> {
    let name = list.config.name.clone();
    let stored = {
        let name = name.clone();
        store.with(move |store| store.document(&name)).await.map_err(|error| error.to_string())?
    };
    let (document, failure) = match fetch(list, fetcher).await {
        Ok(body) => (Some(body), None),
        Err(error) => (stored, Some(error)),
    };
    let outlines = document.as_deref().map_or(Ok(Vec::new()), opml::read);
    let (outlines, failure) = match outlines {
        Ok(outlines) => (outlines, failure),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    if let Some(error) = &failure {
        tracing::warn!(source.name = %name, "Could not read the list {name}: {error}.");
    }
    let known = {
        let name = name.clone();
        store.with(move |store| store.names(&name)).await.map_err(|error| error.to_string())?
    };
    let named = opml::names(&name, &outlines, &known);
    remember(&name, document.filter(|_| failure.is_none()), &named, &known, failure, store).await?;
    Ok(located(named, list))
}

/// Returns the feeds of a list as they stand in a file or were last stored, without asking anybody
/// or storing anything.
pub fn known_feeds(list: &Outlined, store: &dyn crate::store::Store) -> Vec<SourceName> {
    let names = store.names(&list.config.name).unwrap_or_default();
    let document = match place(list) {
        Location::File(path) => std::fs::read(path).ok(),
        Location::Web(_) => store.document(&list.config.name).ok().flatten(),
    };
    let outlines = document.and_then(|document| opml::read(&document).ok()).unwrap_or_default();
    opml::names(&list.config.name, &outlines, &names).into_iter().map(|(name, _)| name).collect()
}

/// Asks for a list on its schedule and calls for a new beginning where it changed.
pub(super) async fn keep_fresh(
    list: Arc<Outlined>,
    setup: Arc<Setup>,
    store: Handle,
    events: mpsc::Sender<Event>,
    refresh: Arc<Notify>,
    stop: CancellationToken,
) {
    let Ok(usual) = USUAL_SCHEDULE.parse::<Schedule>() else { return stop.cancelled().await };
    let schedule = list.config.schedule.clone().unwrap_or(usual);
    loop {
        let Some(next) = schedule.next(clock::now(), setup.config.zone) else {
            return stop.cancelled().await;
        };
        if super::poll::wait_until(next, &stop).await.is_none() {
            return;
        }
        let name = list.config.name.clone();
        match fetch(&list, &setup.fetcher).await {
            Ok(body) => {
                let stored = store.with(move |store| store.document(&name)).await;
                if !matches!(stored, Ok(Some(stored)) if stored == body) {
                    refresh.notify_one();
                    return stop.cancelled().await;
                }
            }
            Err(error) => {
                let failure = Failure {
                    source: name,
                    error,
                    gone: false,
                    not_before: None,
                    is_spent: false,
                    at: clock::now(),
                };
                if events.send(Event::Polled(Outcome::Failed(failure), None)).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn fetch(list: &Outlined, fetcher: &Fetcher) -> Result<Vec<u8>, String> {
    let request = Request {
        allow_private: list.config.allow_private.clone(),
        ..Request::for_what_was_named(place(list), ACCEPT)
    };
    match fetcher.fetch(&request, None).await {
        Ok(Fetched::Fresh { reply, .. }) => Ok(reply.body),
        Ok(Fetched::Unchanged { .. }) => {
            Err("the server said `unchanged` without being asked".into())
        }
        Err(error) => Err(error.to_string()),
    }
}

async fn remember(
    name: &SourceName,
    document: Option<Vec<u8>>,
    named: &[(SourceName, opml::Outline)],
    known: &BTreeMap<String, SourceName>,
    failure: Option<String>,
    store: &Handle,
) -> Result<(), String> {
    let new_names: Vec<_> = named
        .iter()
        .filter(|(feed, outline)| known.get(&outline.url) != Some(feed))
        .map(|(feed, outline)| (name.clone(), outline.url.clone(), feed.clone()))
        .collect();
    let list = name.clone();
    let work = move |store: &dyn crate::store::Store| {
        let now = clock::now();
        let mut commit = match failure {
            Some(error) => crate::pipeline::failed(
                Failure {
                    source: list.clone(),
                    error,
                    gone: false,
                    not_before: None,
                    is_spent: false,
                    at: now,
                },
                store,
            )?,
            None => {
                crate::pipeline::unchanged(&list, crate::pipeline::Receipt::default(), store, now)?
            }
        };
        let unchanged = document.is_none() || store.document(&list)? == document;
        commit.document = document.filter(|_| !unchanged).map(|document| (list.clone(), document));
        commit.names = new_names;
        apply(store, &commit)
    };
    store.with(work).await.map_err(|error| error.to_string())
}

fn apply(store: &dyn crate::store::Store, commit: &Commit) -> Result<(), crate::store::StoreError> {
    store.apply(commit)?;
    store.sync()
}

fn located(
    named: Vec<(SourceName, opml::Outline)>,
    list: &Outlined,
) -> Vec<(SourceName, Location)> {
    let place = place(list);
    let folder = match &place {
        Location::File(path) => path.parent().map(Path::to_owned).unwrap_or_default(),
        Location::Web(_) => PathBuf::new(),
    };
    let is_web = matches!(place, Location::Web(_));
    named
        .into_iter()
        .filter_map(|(name, outline)| match Location::parse(&outline.url, &folder) {
            // A list from the web must not choose which files of this machine are read.
            Ok(Location::File(_)) if is_web => None,
            Ok(location) => Some((name, location)),
            Err(error) => {
                tracing::warn!(source.name = %name, "Left out {name}: {error}.");
                None
            }
        })
        .collect()
}

fn place(list: &Outlined) -> Location {
    match &list.config.place {
        Place::Opml(location) | Place::Feed(location) => location.clone(),
        Place::Forum(forum) => forum.location.clone(),
        // Asked only of lists.
        Place::Site(site) => site.given.url.clone().unwrap_or(Location::File(PathBuf::new())),
    }
}
