//! The App Store: what customers write about an app, one's own or another's, country by country.
//!
//! Apple's public feed of reviews is old and nowhere announced: the last 500 of each country, fifty a
//! page, the newest first, hours late and on some days empty. It is asked for as JSON; its Atom is read
//! as well. A review that is changed keeps its id and is told anew with a later time. An answer without
//! reviews says nothing: what was read before stays read.

use super::site::{Key, Site, Sort, Watch, Wrong, at};
use super::turns::Turns;
use super::walk::Walk;
use super::{Kind, Page, Refusal, Source, Unreadable, Verdict, Visit};
use crate::fetch::{Reply, Request};
use crate::post::{Concerns, Post};
use chrono::{DateTime, Duration, Utc};
use feed::Feed;
use url::Url;

mod feed;
mod xml;

pub const SITE: Site = Site {
    kind: Kind::AppStore,
    host: "https://itunes.apple.com",
    keys: &[
        Key { name: "app", sort: Sort::Text, is_needed: true, such: "\"383298204\"" },
        Key { name: "countries", sort: Sort::Texts, is_needed: true, such: "[\"fi\", \"gb\"]" },
    ],
    concerns: Concerns::Brand,
    needs: "",
    build,
};

/// Pages that a country has at most.
const MOST_PAGES: u32 = 10;

/// How far back a first poll looks.
const FIRST_LOOK: Duration = Duration::days(30);

/// Reviews come hours after they were written, and after a day without any.
const OVERLAP: Duration = Duration::days(2);

/// Where Apple refuses without saying until when.
const PAUSE: Duration = Duration::hours(1);

struct AppStore {
    base: Url,
    app: String,
    countries: Vec<String>,
}

fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    // A saved reply tells both itself.
    let app = watch.given.text("app").unwrap_or_default();
    let app = app.strip_prefix("id").unwrap_or(app);
    let is_told = |key: &str| watch.given.told.contains_key(key);
    if is_told("app") && (app.is_empty() || !app.bytes().all(|byte| byte.is_ascii_digit())) {
        let hint = "write the number behind `id` in the address of the app at apps.apple.com";
        return Err(Wrong::new("app", "this is no number of an app").hint(hint));
    }
    let mut countries: Vec<String> = Vec::new();
    for written in watch.given.texts("countries") {
        let country = written.to_ascii_lowercase();
        let is_code = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_lowercase());
        if !is_code || country == "uk" {
            let hint = "write the two letters of each country: \"fi\", \"us\", \"gb\"";
            return Err(Wrong::new("countries", format!("`{written}` is no country")).hint(hint));
        }
        if !countries.contains(&country) {
            countries.push(country);
        }
    }
    if countries.is_empty() {
        if is_told("countries") {
            return Err(Wrong::new("countries", "no country is named").hint("such as [\"fi\"]"));
        }
        countries.push("us".into());
    }
    Ok(Box::new(AppStore { base: watch.base, app: app.to_owned(), countries }))
}

impl Source for AppStore {
    fn open(&self, visit: &Visit) -> Request {
        let turns = Turns::of(&visit.cursor);
        self.first(turns.order(&self.countries).first().copied().unwrap_or("us"), &turns)
    }

    fn also(&self, visit: &Visit) -> Vec<Request> {
        let turns = Turns::of(&visit.cursor);
        let countries = turns.order(&self.countries);
        countries.iter().skip(1).map(|country| self.first(country, &turns)).collect()
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let feed = Feed::read(&String::from_utf8_lossy(&reply.body))?;
        let asked = asked(&reply.about);
        // A saved reply says itself of which country it is.
        let country = asked.map(|(country, _)| country.to_owned()).or_else(|| feed.country.clone());
        let app =
            if self.app.is_empty() { feed.app.as_deref().unwrap_or_default() } else { &self.app };
        let post = |review: &feed::Review| review.post(app, country.as_deref());
        let posts: Vec<Post> = feed.reviews.iter().filter_map(post).collect();
        let skipped = feed.entries - posts.len();
        let mut page = Page { posts, skipped, ..Page::default() };
        if let Some((country, number)) = asked {
            let mut turns = Turns::of(&visit.cursor);
            let walk = turns.walk(country);
            if walk.since.is_none() {
                let begin = visit.now - FIRST_LOOK;
                page.posts.retain(|post| post.published.is_none_or(|at| at >= begin));
            }
            let next = behind(&feed, &walk, number, visit.now);
            page.next = next.iter().map(|next| self.ask(country, *next)).collect();
            turns.set(country, after(&feed, walk, next, visit.now), &self.countries);
            page.cursor = Some(turns.cursor());
        }
        Ok(page)
    }

    fn refused(&self, request: &Request, refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
        let Some((country, number)) = asked(&request.about) else { return Verdict::AsItSays };
        let why = match refusal.status {
            400 | 404 if number > 1 => None,
            400 => Some(format!(
                "Apple knows no App Store of the country `{country}`: write its two letters in \
                 `countries`, or leave it out"
            )),
            404 => Some(format!(
                "the App Store of the country `{country}` has no app {}: check `app`, or leave the \
                 country out",
                self.app
            )),
            403 => {
                let wait = refusal.wait().and_then(|wait| Duration::from_std(wait).ok());
                let why = "Apple asks to be left alone for a while (403)";
                return Verdict::Wait(visit.now + wait.unwrap_or(PAUSE), why.into());
            }
            _ => return Verdict::AsItSays,
        };
        if let [_] = self.countries.as_slice()
            && let Some(why) = why
        {
            return Verdict::Stop(why);
        }
        // The other countries are asked all the same.
        let mut turns = Turns::of(&visit.cursor);
        let Walk { since, .. } = turns.walk(country);
        turns.set(country, Walk { since, ..Walk::default() }, &self.countries);
        let cursor = Some(turns.cursor());
        Verdict::Instead(Box::new(Page { cursor, trouble: why, ..Page::default() }))
    }
}

impl AppStore {
    /// Asks for the page of a country with which a poll begins: where the last walk broke off, if it
    /// did.
    fn first(&self, country: &str, turns: &Turns) -> Request {
        let number = turns.walk(country).next.and_then(|next| next.parse().ok());
        self.ask(country, number.filter(|number| (1..=MOST_PAGES).contains(number)).unwrap_or(1))
    }

    fn ask(&self, country: &str, number: u32) -> Request {
        let app = &self.app;
        let path =
            format!("/{country}/rss/customerreviews/page={number}/id={app}/sortby=mostrecent/json");
        Request::api(at(&self.base, &path, &[])).about(format!("{country} {number}"))
    }
}

/// Reads which country and page a request was for.
fn asked(about: &str) -> Option<(&str, u32)> {
    let (country, number) = about.split_once(' ')?;
    Some((country, number.parse().ok()?))
}

/// Returns from when on reviews are wanted.
fn since(walk: &Walk, now: DateTime<Utc>) -> DateTime<Utc> {
    let read = walk.since.as_deref().and_then(|since| since.parse().ok());
    let read = read.and_then(|since| DateTime::from_timestamp(since, 0));
    read.map_or(now - FIRST_LOOK, |since| since - OVERLAP)
}

/// Returns the number of the page behind this one, if that may hold something new. Its own links lead
/// elsewhere, the last one to itself.
fn behind(feed: &Feed, walk: &Walk, number: u32, now: DateTime<Utc>) -> Option<u32> {
    let last = feed.last.unwrap_or(MOST_PAGES).min(MOST_PAGES);
    if feed.reviews.is_empty() || number >= last {
        return None;
    }
    // Old feeds tell no times: then all pages are read once, and later only the first.
    let oldest = feed.reviews.iter().filter_map(|review| review.updated).min();
    let is_new = oldest.map_or(walk.since.is_none(), |oldest| oldest >= since(walk, now));
    is_new.then_some(number + 1)
}

/// Returns how far a country was read after this page.
fn after(feed: &Feed, walk: Walk, next: Option<u32>, now: DateTime<Utc>) -> Walk {
    if feed.reviews.is_empty() {
        // Nobody knows whether these were all or whether they are missing today: it begins anew from
        // where it began.
        return Walk { since: walk.since, ..Walk::default() };
    }
    let newest = feed.reviews.iter().filter_map(|review| review.updated).max();
    let newest = newest.map_or(0, |newest| newest.min(now).timestamp());
    walk.read(Some(newest.to_string()), next.map(|next| next.to_string()))
}

#[cfg(test)]
mod tests;
