//! X, by its API of 2026, where every post that is read costs money.
//!
//! Each page is a poll of its own: it is stored, and its price settled, before the next is bought, and
//! nothing is asked for twice. A list is read newest first from the post on with which the last walk
//! began (`since_id`), and its pages are followed (`next_token`) until there is none. What a request may
//! cost is set aside before it is asked, and where the cap leaves less, fewer posts are asked for.
//!
//! Facts: <https://docs.x.com/x-api> (search, mentions, errors, prices), its `OpenAPI` document 2.167.

use super::site::{Given, Key, Site, Sort, Watch, Wrong, at};
use super::{Kind, Page, Refusal, Source, Unreadable, Verdict, Visit};
use crate::fetch::budget::{Budget, Cost, Span, Unit};
use crate::fetch::{Access, Location, Reply, Request};
use crate::post::{Concerns, Post};
use crate::query::Query;
use crate::text::{json, visible};
use chrono::{DateTime, Duration, Utc};
use pass::{Brought, List, Pass};
use post::Entry;
use queries::{Search, searches};
use serde_json::Value;
use url::Url;

mod pass;
mod post;
mod queries;
mod refused;

pub const SITE: Site = Site {
    kind: Kind::X,
    host: "https://api.x.com",
    keys: &[
        key("token", Sort::Secret, true, "{ env = \"X_TOKEN\" }"),
        key("monthly_cap", Sort::Money, true, "50"),
        key("search", Sort::Flag, false, "true"),
        key("account", Sort::Text, false, "\"acme\""),
        key("authors", Sort::Flag, false, "false"),
        key("first_look", Sort::Number(1, 168), false, "24"),
        key("recheck", Sort::Flag, false, "false"),
        key("price_per_post", Sort::Money, false, "0.005"),
        key("price_per_mention", Sort::Money, false, "0.005"),
        key("price_per_user", Sort::Money, false, "0.010"),
    ],
    concerns: Concerns::Named,
    needs: "the bearer token of an app at console.x.com, with prepaid credits",
    build,
};

const fn key(name: &'static str, sort: Sort, is_needed: bool, such: &'static str) -> Key {
    Key { name, sort, is_needed, such }
}

/// Where posts stand for people.
const PLACE: &str = "https://x.com";

/// The list of posts that name the account. No search is called so.
const MENTIONS: &str = "mentions";
/// What is asked to learn the account's number, what became of posts, and what is asked for a try: how
/// much was read this month, which costs nothing.
const ACCOUNT: &str = "account";
const RECHECK: &str = "recheck";
const USAGE: &str = "usage";

/// Posts of one page at most, and at least: of a search, and of the mentions.
const MOST: u64 = 100;
const LEAST: u64 = 10;
const LEAST_MENTIONS: u64 = 5;

/// How many hours a first poll looks back where nothing is said.
const FIRST_LOOK: u64 = 24;

/// Prices of 2026, in millionths of a US dollar.
const PER_POST: u64 = 5_000;
const PER_USER: u64 = 10_000;

/// The most characters of a query.
const LONGEST_QUERY: usize = 512;

struct X {
    base: Url,
    access: Access,
    searches: Vec<Search>,
    account: Option<String>,
    authors: bool,
    recheck: bool,
    first_look: Duration,
    cap: u64,
    per_post: u64,
    per_mention: u64,
    per_user: u64,
}

fn build(watch: Watch<'_>) -> Result<Box<dyn Source>, Wrong> {
    let given = watch.given;
    let account = account(given)?;
    let is_searched = given.flag("search").unwrap_or(true);
    if !is_searched && account.is_none() {
        return Err(Wrong::new("search", "with `search = false` there is nothing to read")
            .hint("name the `account` whose mentions are read, or leave `search` out"));
    }
    let words: &[Query] = if is_searched { &watch.keywords } else { &[] };
    let per_post = given.number("price_per_post").unwrap_or(PER_POST);
    let first_look = given.number("first_look").unwrap_or(FIRST_LOOK);
    let x = X {
        searches: searches(words, account.as_deref()),
        access: given.secret("token").map_or_else(Access::default, Access::bearer),
        account,
        authors: given.flag("authors").unwrap_or(false),
        recheck: given.flag("recheck").unwrap_or(false),
        first_look: Duration::hours(i64::try_from(first_look).unwrap_or(1)),
        cap: given.number("monthly_cap").unwrap_or(0),
        per_post,
        per_mention: given.number("price_per_mention").unwrap_or(per_post),
        per_user: given.number("price_per_user").unwrap_or(PER_USER),
        base: watch.base,
    };
    let least = if is_searched {
        LEAST.saturating_mul(x.each(false))
    } else {
        LEAST_MENTIONS.saturating_mul(x.each(true))
    };
    if given.number("monthly_cap").is_some_and(|cap| cap < least) {
        let cents = least.div_ceil(10_000);
        let why = "that does not pay for one page, which is the least X gives";
        return Err(Wrong::new("monthly_cap", why).hint(format!(
            "write {}.{:02} US dollars or more",
            cents / 100,
            cents % 100
        )));
    }
    Ok(Box::new(x))
}

/// Returns the account whose mentions are read, without `@`.
fn account(given: &Given) -> Result<Option<String>, Wrong> {
    let Some(written) = given.text("account") else { return Ok(None) };
    let name = written.trim().trim_start_matches('@');
    if !post::is_handle(name) {
        return Err(Wrong::new("account", format!("`{}` is no name at X", visible(written)))
            .hint("write it as in x.com/acme: \"acme\""));
    }
    Ok(Some(name.to_owned()))
}

impl Source for X {
    fn open(&self, visit: &Visit) -> Request {
        let names = self.names();
        let pass = self.pass(visit, &names);
        if pass.at.is_empty() {
            return self.usage();
        }
        if pass.at == MENTIONS && pass.account.is_none() {
            let path = format!("/2/users/by/username/{}", self.account.as_deref().unwrap_or("i"));
            return self.api(ACCOUNT, &path, &[]).costs(self.cost(self.per_user));
        }
        let is_search = pass.at != MENTIONS;
        let list = pass.list(&pass.at).at(visit.now, self.first_look, is_search);
        let request = self.ask(&pass, &list);
        // What the time it was asked at led to is the same when the answer is read.
        let about = format!("{} {}", request.about, visit.now.timestamp());
        request.about(about)
    }

    fn probe(&self, _visit: &Visit) -> Vec<Request> {
        // It tells whether the token is good, and costs nothing.
        vec![self.usage()]
    }

    fn read(&self, reply: &Reply, visit: &Visit) -> Result<Page, Unreadable> {
        let text = String::from_utf8_lossy(&reply.body);
        let parsed = json::parse(&text, json::MOST_API_BYTES);
        let answer = parsed.map_err(|bad| Unreadable(bad.to_string()))?;
        let (name, at) = asked(&reply.about);
        match name {
            ACCOUNT => self.account_read(&answer, visit),
            USAGE => {
                let what = "no keyword names a word that X can search for";
                let trouble = self.names().is_empty().then(|| what.to_owned());
                Ok(Page { trouble, ..Page::default() })
            }
            name => self.posts_read(name, &answer, at.unwrap_or(visit.now), visit),
        }
    }

    fn refused(&self, request: &Request, refusal: &Refusal<'_>, visit: &Visit) -> Verdict {
        self.verdict(request, refusal, visit)
    }

    fn recheck(&self, ids: &[String], visit: &Visit) -> Vec<Request> {
        let is_number = |id: &&String| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
        let known: Vec<&str> = ids.iter().filter(is_number).map(String::as_str).collect();
        if !self.recheck || known.is_empty() {
            return Vec::new();
        }
        let pass = self.pass(visit, &self.names());
        known.chunks(100).map(|ids| self.ask_again(&pass, &ids.join(","))).collect()
    }

    fn most_rechecked(&self) -> usize {
        if self.recheck { 100 } else { 0 }
    }

    fn within(&self, request: &Request, left: u64) -> Option<Request> {
        let Location::Web(url) = &request.location else { return None };
        let (name, _) = asked(&request.about);
        let is_mentions = name == MENTIONS;
        let affordable = left / self.each(is_mentions).max(1);
        let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let bought = if name == RECHECK {
            let ids = pairs.iter_mut().find(|(name, _)| name == "ids")?;
            let kept: Vec<&str> =
                ids.1.split(',').take(usize::try_from(affordable).ok()?).collect();
            let bought = u64::try_from(kept.len()).ok()?;
            ids.1 = kept.join(",");
            bought
        } else {
            let size = pairs.iter_mut().find(|(name, _)| name == "max_results")?;
            size.1 = affordable.min(MOST).to_string();
            affordable.min(MOST)
        };
        let least = match name {
            RECHECK => 1,
            MENTIONS => LEAST_MENTIONS,
            _ => LEAST,
        };
        if bought < least {
            return None;
        }
        let mut url = url.clone();
        url.query_pairs_mut().clear().extend_pairs(&pairs);
        let cost = self.cost(bought.saturating_mul(self.each(is_mentions)));
        Some(Request { location: Location::Web(url), cost: Some(cost), ..request.clone() })
    }

    fn unchanged(&self, visit: &Visit) -> Option<Page> {
        // A list as it was is read: the next one follows.
        let names = self.names();
        let mut pass = self.pass(visit, &names);
        let name = pass.at.clone();
        let again = pass.turn(&name, &names);
        let trouble = pass.said.clone();
        Some(Page { cursor: Some(pass.cursor()), again, trouble, ..Page::default() })
    }

    fn never_looks_again(&self) -> bool {
        true
    }

    fn concerns(&self) -> Concerns {
        // What names the account speaks to the brand, named or not.
        if self.account.is_some() { Concerns::Brand } else { Concerns::Named }
    }
}

impl X {
    /// Returns the names of all lists, in the order in which they are read.
    fn names(&self) -> Vec<&str> {
        let mentions = self.account.as_ref().map(|_| MENTIONS);
        self.searches.iter().map(|search| search.name.as_str()).chain(mentions).collect()
    }

    /// Reads the cursor.
    fn pass(&self, visit: &Visit, names: &[&str]) -> Pass {
        Pass::of(&visit.cursor, names, self.account.as_deref())
    }

    /// Returns what one post of a page may cost, its author included where they are asked for.
    fn each(&self, is_mentions: bool) -> u64 {
        let post = if is_mentions { self.per_mention } else { self.per_post };
        post.saturating_add(if self.authors { self.per_user } else { 0 })
    }

    fn cost(&self, most: u64) -> Cost {
        let unit = Unit::MicroDollars;
        Cost { budget: Budget { name: "reads", most: self.cap, unit, span: Span::Month }, most }
    }

    fn api(&self, about: &str, path: &str, query: &[(&str, &str)]) -> Request {
        Request::api(at(&self.base, path, query)).about(about).with(&self.access)
    }

    /// Asks how much was read this month.
    fn usage(&self) -> Request {
        self.api(USAGE, "/2/usage/tweets", &[])
    }

    /// Asks for a page of the list that is next.
    fn ask(&self, pass: &Pass, list: &List) -> Request {
        let is_mentions = pass.at == MENTIONS;
        let written = MOST.to_string();
        let id = |id: Option<u64>| id.map(|id| id.to_string());
        let (since, until) = (id(list.since), id(list.until));
        let from = list.from.and_then(|from| DateTime::from_timestamp(from, 0));
        let from = from.map(|from| from.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        let mut query = vec![("max_results", written.as_str())];
        match (&from, &since) {
            (Some(from), _) => query.push(("start_time", from)),
            (None, Some(since)) => query.push(("since_id", since)),
            (None, None) => {}
        }
        query.extend(until.as_deref().map(|until| ("until_id", until)));
        query.extend(self.fields(pass.is_renamed));
        let path = if is_mentions {
            query.extend(list.next.as_deref().map(|next| ("pagination_token", next)));
            format!("/2/users/{}/mentions", pass.account.as_deref().unwrap_or("0"))
        } else {
            let search = self.searches.iter().find(|search| search.name == pass.at);
            query.insert(0, ("query", search.map_or("", |search| &search.query)));
            query.push(("sort_order", "recency"));
            query.extend(list.next.as_deref().map(|next| ("next_token", next)));
            "/2/tweets/search/recent".to_owned()
        };
        self.api(&pass.at, &path, &query)
            .costs(self.cost(MOST.saturating_mul(self.each(is_mentions))))
    }

    /// Asks what became of these posts.
    fn ask_again(&self, pass: &Pass, ids: &str) -> Request {
        let mut query = vec![("ids", ids)];
        query.extend(self.fields(pass.is_renamed));
        let posts = u64::try_from(ids.split(',').count()).unwrap_or(MOST);
        self.api(RECHECK, "/2/tweets", &query)
            .costs(self.cost(posts.saturating_mul(self.each(false))))
    }

    /// Returns what is to be told of each post. What a post refers to is not bought with it.
    fn fields(&self, is_renamed: bool) -> Vec<(&'static str, &'static str)> {
        let mut fields = vec![if is_renamed {
            (
                "post.fields",
                "created_at,author_id,public_metrics,lang,conversation_id,referenced_posts,\
                 entities,note_post,edit_history_post_ids",
            )
        } else {
            (
                "tweet.fields",
                "created_at,author_id,public_metrics,lang,conversation_id,referenced_tweets,\
                 entities,note_tweet,edit_history_tweet_ids",
            )
        }];
        if self.authors {
            fields.push(("expansions", "author_id"));
            fields.push(("user.fields", "username,name,public_metrics"));
        }
        fields
    }

    /// Reads the answer that tells the account's number.
    fn account_read(&self, answer: &Value, visit: &Visit) -> Result<Page, Unreadable> {
        let names = self.names();
        let mut pass = self.pass(visit, &names);
        let id = answer.get("data").and_then(|user| post::id(user, "id"));
        let used = Some(if id.is_some() { self.per_user } else { 0 });
        let Some(id) = id else {
            let name = self.account.as_deref().unwrap_or_default();
            let said = refused::said(answer).unwrap_or_else(|| "it says nothing of it".into());
            let what = format!("X knows no account @{name} ({said}): mend `account`");
            if names.len() < 2 {
                return Err(Unreadable(what));
            }
            let trouble = Some(pass.said.get_or_insert(what).clone());
            let again = pass.turn(MENTIONS, &names);
            return Ok(Page {
                cursor: Some(pass.cursor()),
                trouble,
                used,
                again,
                ..Page::default()
            });
        };
        pass.account = Some(id.to_string());
        let trouble = pass.said.clone();
        Ok(Page { cursor: Some(pass.cursor()), trouble, used, again: true, ..Page::default() })
    }

    /// Reads posts: a page of a list that was asked for at this time, those that were asked for by their
    /// ids, or a saved answer.
    fn posts_read(
        &self,
        about: &str,
        answer: &Value,
        asked_at: DateTime<Utc>,
        visit: &Visit,
    ) -> Result<Page, Unreadable> {
        let items = items(answer)?;
        let names = self.names();
        let mut pass = self.pass(visit, &names);
        let users = post::users(answer);
        let is_mentions = about == MENTIONS;
        let mut page =
            Page { used: Some(self.price(answer, &items, is_mentions)), ..Page::default() };
        // What a saved answer was asked for shows in what it holds.
        let is_told = items.iter().any(|item| post::has_references(item));
        let own = pass.account.as_deref().and_then(|own| own.parse().ok());
        for item in &items {
            // What the account itself writes is no mention of it.
            if is_mentions && own.is_some() && post::id(item, "author_id") == own {
                continue;
            }
            let is_told = if about.is_empty() { is_told } else { !post::is_bare(item) };
            match post::entry(item, &users, is_told) {
                Entry::Post(post) if is_mentions => {
                    page.posts.push(Post { concerns: Concerns::Brand, ..*post });
                }
                Entry::Post(post) => page.posts.push(*post),
                Entry::Repost => {}
                Entry::Unreadable => page.skipped += 1,
            }
        }
        page.posts.extend(refused::gone(answer));
        let partial = refused::partial(answer);
        if !names.contains(&about) {
            page.trouble = partial;
            return Ok(page);
        }
        let ids = || items.iter().filter_map(|item| post::id(item, "id"));
        let told = |name: &str| answer.get("meta")?.get(name)?.as_str().map(str::to_owned);
        let newest = told("newest_id").and_then(|id| id.parse().ok()).or_else(|| ids().max());
        let brought = Brought { newest, oldest: ids().min(), next: told("next_token") };
        let list = pass.list(about).at(asked_at, self.first_look, !is_mentions).read(brought);
        let goes_on = list.is_under_way();
        pass.set(about, list);
        // Whoever does not understand what is asked for gives ids and texts alone.
        if !items.is_empty() && !items.iter().all(|item| post::is_bare(item)) {
            pass.is_understood();
        } else if !items.is_empty() {
            pass.rename();
        }
        pass.said = pass.said.take().or(partial);
        page.trouble.clone_from(&pass.said);
        page.again = goes_on || pass.turn(about, &names);
        page.cursor = Some(pass.cursor());
        Ok(page)
    }

    /// Returns what an answer cost: every post and account that it holds.
    fn price(&self, answer: &Value, items: &[&Value], is_mentions: bool) -> u64 {
        let count = |name: &str| {
            let listed = answer.get("includes").and_then(|with| with.get(name)?.as_array());
            listed.map_or(0, |all| u64::try_from(all.len()).unwrap_or(u64::MAX))
        };
        let each = if is_mentions { self.per_mention } else { self.per_post };
        let posts = u64::try_from(items.len()).unwrap_or(u64::MAX);
        let beside = count("tweets").saturating_add(count("posts"));
        let price = posts.saturating_mul(each);
        let price = price.saturating_add(beside.saturating_mul(self.per_post));
        price.saturating_add(count("users").saturating_mul(self.per_user))
    }
}

/// Returns what a request asked for, and when, as its note says.
fn asked(about: &str) -> (&str, Option<DateTime<Utc>>) {
    let (name, at) = about.split_once(' ').unwrap_or((about, ""));
    (name, at.parse().ok().and_then(|at| DateTime::from_timestamp(at, 0)))
}

/// Returns the posts of an answer; one that was saved by itself is a list of one.
fn items(answer: &Value) -> Result<Vec<&Value>, Unreadable> {
    let is_post = |value: &Value| value.get("text").is_some() && value.get("id").is_some();
    match answer.get("data") {
        Some(Value::Array(all)) => return Ok(all.iter().collect()),
        Some(one) if is_post(one) => return Ok(vec![one]),
        Some(_) => return Err(Unreadable("the answer holds no posts".into())),
        None if is_post(answer) => return Ok(vec![answer]),
        None => {}
    }
    let is_of_ids = !refused::gone(answer).is_empty();
    if answer.get("meta").is_some_and(Value::is_object) || is_of_ids {
        return Ok(Vec::new());
    }
    let said = refused::said(answer).map(|said| format!("X says: {said}"));
    Err(Unreadable(said.unwrap_or_else(|| "the answer holds no posts".into())))
}

#[cfg(test)]
mod tests;
