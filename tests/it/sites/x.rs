//! X, as its API answers, with somebody who counts what is handed out.

use crate::support::standin::{Asked, HEAD, StandIn, cut_everywhere, json, poll, stored};
use crate::support::{Answer, World};
use chrono::{DateTime, Utc};
use serde_json::{Value, json as value};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

/// The same for all that play X in one run, so that what is stored can be compared.
static BEGUN: LazyLock<DateTime<Utc>> = LazyLock::new(Utc::now);

const TOKEN: &str = "AAAA-s3cr3t-bearer";

/// X on loopback: so many posts that name the brand, the newest an hour ago, and a minute apart.
struct X {
    posts: i64,
    /// Posts that are newer still.
    fresh: AtomicI64,
    begun: DateTime<Utc>,
    /// How often each post was handed out, by id.
    sold: Mutex<HashMap<u64, usize>>,
    /// Refuses everything so.
    refusal: Mutex<Option<(u16, Value)>>,
    /// Cuts this page of posts off on its way, counted from 1.
    cut_on_its_way: AtomicUsize,
    pages: AtomicUsize,
    /// Knows `post.fields` alone.
    is_renamed: AtomicBool,
}

impl X {
    fn new(posts: i64) -> Arc<Self> {
        Arc::new(Self {
            posts,
            fresh: AtomicI64::new(0),
            begun: *BEGUN,
            sold: Mutex::default(),
            refusal: Mutex::default(),
            cut_on_its_way: AtomicUsize::new(0),
            pages: AtomicUsize::new(0),
            is_renamed: AtomicBool::new(false),
        })
    }

    fn start(self: &Arc<Self>) -> StandIn {
        let x = Arc::clone(self);
        StandIn::start(move |asked| x.play(asked))
    }

    fn sold(&self) -> usize {
        self.sold.lock().unwrap().values().sum()
    }

    /// Returns the posts that were handed out more than once.
    fn sold_twice(&self) -> usize {
        self.sold.lock().unwrap().values().filter(|times| **times > 1).count()
    }

    fn id(&self, number: i64) -> u64 {
        let at = self.begun.timestamp_millis() - 3_600_000 - number * 60_000;
        u64::try_from(at - 1_288_834_974_657).unwrap() << 22
    }

    fn play(&self, asked: &Asked) -> Answer {
        if asked.header("authorization") != format!("Bearer {TOKEN}") {
            let body = value!({"title": "Unauthorized", "type": "about:blank", "status": 401,
                               "detail": "Unauthorized"});
            return json(401, body.to_string());
        }
        if let Some((status, body)) = self.refusal.lock().unwrap().clone() {
            return json(status, body.to_string());
        }
        let known =
            if self.is_renamed.load(Ordering::SeqCst) { "post.fields" } else { "tweet.fields" };
        let odd = asked.query.iter().find(|(name, _)| name.ends_with("t.fields") && name != known);
        if let Some((name, _)) = odd {
            return invalid(name, &format!("The query parameter [{name}] is not one of [{known}]"));
        }
        match asked.path.as_str() {
            "/2/usage/tweets" => json(200, r#"{"data":{"project_usage":"7"}}"#),
            "/2/users/by/username/acme" => json(200, r#"{"data":{"id":"42","username":"acme"}}"#),
            "/2/tweets/search/recent" => self.search(asked),
            "/2/users/42/mentions" => self.page(asked, 5, "pagination_token", names_account),
            _ => json(404, "{}"),
        }
    }

    fn search(&self, asked: &Asked) -> Answer {
        let query = asked.get("query");
        if query.len() > 512 || !query.ends_with(" -is:retweet") && !query.contains(" -from:") {
            return invalid("query", "the query is too long, or wrong");
        }
        if let Ok(since) = asked.get("since_id").parse::<u64>() {
            let at = i64::try_from(since >> 22).unwrap() + 1_288_834_974_657;
            if at < (Utc::now() - chrono::Duration::days(7)).timestamp_millis() {
                return invalid("since_id", "'since_id' must be a post of the last seven days");
            }
        }
        let is_of_brand = query.contains("Acme");
        let names_none = query.contains(" -@acme");
        self.page(asked, 10, "next_token", |number| {
            is_of_brand && !(names_none && names_account(number))
        })
    }

    /// Answers with a page of posts, newest first, as ids and tokens say.
    fn page(
        &self,
        asked: &Asked,
        least: usize,
        token: &str,
        is_there: impl Fn(i64) -> bool,
    ) -> Answer {
        let size: usize = asked.get("max_results").parse().unwrap_or(10);
        if !(least..=100).contains(&size) {
            return invalid("max_results", &format!("`max_results` is {least} to 100"));
        }
        let since = asked.get("since_id").parse::<u64>().unwrap_or(0);
        let until = asked.get("until_id").parse::<u64>().unwrap_or(u64::MAX);
        let start = asked.get("start_time").parse::<DateTime<Utc>>().map_or(0, |at| {
            u64::try_from(at.timestamp_millis() - 1_288_834_974_657).unwrap() << 22
        });
        // A token is good for the very span that it was given for.
        let span = format!("{since}-{until}-{start}");
        let below = match asked.get(token).split_once('_') {
            Some((given, below)) if given == span => below.parse().unwrap(),
            Some(_) => return invalid(token, &format!("Invalid '{token}'")),
            None => u64::MAX,
        };
        let all: Vec<u64> = (-self.fresh.load(Ordering::SeqCst)..self.posts)
            .filter(|number| is_there(*number))
            .map(|number| self.id(number))
            .filter(|id| *id > since && *id >= start && *id < until && *id < below)
            .collect();
        let page: Vec<u64> = all.iter().copied().take(size).collect();
        let mut sold = self.sold.lock().unwrap();
        for id in &page {
            *sold.entry(*id).or_default() += 1;
        }
        let data: Vec<Value> = page.iter().map(|id| post(*id)).collect();
        let mut meta = value!({"result_count": page.len()});
        if let (Some(newest), Some(oldest)) = (page.first(), page.last()) {
            meta["newest_id"] = newest.to_string().into();
            meta["oldest_id"] = oldest.to_string().into();
            if all.len() > page.len() {
                meta["next_token"] = format!("{span}_{oldest}").into();
            }
        }
        let mut body = value!({ "meta": meta });
        if !data.is_empty() {
            body["data"] = data.into();
        }
        let nth = self.pages.fetch_add(1, Ordering::SeqCst) + 1;
        let answer = json(200, body.to_string());
        if nth == self.cut_on_its_way.load(Ordering::SeqCst) {
            // What says that it is compressed and is not breaks off in the middle.
            return answer.header("Content-Encoding", "gzip");
        }
        answer
    }
}

/// Tells whether the post with this number names the account.
fn names_account(number: i64) -> bool {
    number % 7 == 0
}

fn post(id: u64) -> Value {
    value!({"id": id.to_string(), "text": format!("Acme number {id} &amp; more"), "lang": "en",
            "author_id": "7", "conversation_id": id.to_string(),
            "created_at": "2026-01-01T00:00:00.000Z", "edit_history_tweet_ids": [id.to_string()],
            "public_metrics": {"retweet_count": 0, "reply_count": 0, "like_count": 1, "quote_count": 0}})
}

fn invalid(parameter: &str, message: &str) -> Answer {
    let body = value!({"errors": [{"parameters": {parameter: ["x"]}, "message": message}],
        "title": "Invalid Request", "detail": "One or more parameters to your request was invalid.",
        "type": "https://api.twitter.com/2/problems/invalid-request"});
    json(400, body.to_string())
}

fn with(site: &StandIn, more: &str) -> String {
    let url = site.url();
    format!(
        "{HEAD}[[source]]\nname = \"x\"\nx = {{ url = \"{url}\", token = \"{TOKEN}\", {more} }}\n"
    )
}

/// Polls so often, and returns what was stored.
fn polled(world: &World, times: usize) -> usize {
    for _ in 0..times {
        poll(world);
    }
    stored(world).0.len()
}

#[track_caller]
fn health(world: &World) -> Value {
    let status = world.vahti("status --format json").json();
    status["sources"][0].clone()
}

#[test]
fn a_poll_cut_off_anywhere_loses_nothing_and_buys_nothing_twice() {
    let shops: Arc<Mutex<Vec<Arc<X>>>> = Arc::default();
    let start = || {
        let x = X::new(230);
        shops.lock().unwrap().push(Arc::clone(&x));
        x.start()
    };
    let config = |site: &StandIn| with(site, "monthly_cap = 100, account = \"acme\"");
    let (mentions, _) = cut_everywhere(start, config);
    assert_eq!(mentions.len(), 230);
    for x in shops.lock().unwrap().iter() {
        // What names the account is bought with its mentions, and not with the search.
        assert_eq!(x.sold(), 230, "each post is bought once");
    }
}

#[test]
fn a_page_that_was_cut_off_on_its_way_is_paid_and_bought_once_more() {
    for cut in 1..=3 {
        let x = X::new(230);
        x.cut_on_its_way.store(cut, Ordering::SeqCst);
        let site = x.start();
        let world = World::new(&with(&site, "monthly_cap = 100"));
        assert_eq!(polled(&world, 3), 230, "cut off at page {cut}");
        let held = [100, 100, 30][cut - 1];
        assert_eq!((x.sold(), x.sold_twice()), (230 + held, held), "page {cut}");
        // It counts with all that it might have held.
        let spent = health(&world)["budgets"][0]["told"].as_str().unwrap_or_default().to_owned();
        let cents = 115 + 50;
        assert_eq!(spent, format!("reads: {}.{:02} USD of 100.00 USD", cents / 100, cents % 100));
    }
}

#[test]
fn one_dollar_buys_two_hundred_posts_and_not_one_more() {
    for cut in 0..=5 {
        let x = X::new(1000);
        let site = x.start();
        site.cut_at(cut);
        let world = World::new(&with(&site, "monthly_cap = 1, account = \"acme\""));
        let found = polled(&world, 3);
        assert!(x.sold() <= 200, "cut off at {cut}: {} were handed out", x.sold());
        if cut == 0 {
            assert_eq!((x.sold(), found), (200, 200));
            assert_eq!(x.sold_twice(), 0);
        }
        // Neither a restart nor other keywords, another account or another cap below buy more.
        let source = with(&site, "monthly_cap = 1, account = \"acme\"");
        for config in [
            source.replace("keywords = [\"Acme\", \"#acme\"]", "keywords = [\"Acme\", \"Acmela\"]"),
            source.replace("keywords = [\"Acme\", \"#acme\"]", "keywords = [\"Acmela\", \"Acme\"]"),
            source.replace(", account = \"acme\"", ""),
            source.replace("account = \"acme\"", "account = \"acme\", authors = true"),
            source.replace("monthly_cap = 1,", "monthly_cap = 0.5,"),
        ] {
            world.configure(&config);
            polled(&world, 2);
            assert!(x.sold() <= 200, "cut off at {cut}: {} were handed out", x.sold());
        }
        let error = health(&world)["last_error"].as_str().unwrap_or_default().to_owned();
        assert!(error.starts_with("the spending cap is reached ("), "{error}");
        assert!(error.contains("; nothing is asked before 20"), "{error}");
    }
}

#[test]
fn that_the_cap_is_reached_is_said_in_status_and_in_the_next_digest() {
    let x = X::new(1000);
    let site = x.start();
    let config = with(&site, "monthly_cap = 1")
        + "[mail]\nfrom = \"vahti@acme.example\"\noutbox_dir = \"outbox\"\n\
           [[alert]]\nname = \"care\"\nto = [\"care@acme.example\"]\nempty = true\n";
    let world = World::new(&config);
    polled(&world, 3);
    let status = world.vahti("status").ok();
    assert!(status.contains("the spending cap is reached"), "{status}");
    let digest = world.vahti("alert care preview --format text").ok();
    let said = digest.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("the spending cap is reached"), "{digest}");
    let budget = &health(&world)["budgets"][0];
    assert_eq!([&budget["used"], &budget["most"], &budget["posts"]], [1.0, 1.0, 200.0]);
    assert!(health(&world)["next_poll"].is_null(), "no daemon runs");
}

#[test]
fn a_page_cut_off_on_its_way_counts_against_the_cap() {
    for cut in 1..=3 {
        let x = X::new(1000);
        x.cut_on_its_way.store(cut, Ordering::SeqCst);
        let site = x.start();
        let world = World::new(&with(&site, "monthly_cap = 1"));
        polled(&world, 5);
        assert!(x.sold() <= 200, "page {cut}: {} were handed out", x.sold());
    }
}

#[test]
fn what_is_refused_costs_nothing() {
    let x = X::new(50);
    let site = x.start();
    let world = World::new(&with(&site, "monthly_cap = 0.3"));
    let capped = value!({"title": "UsageCapExceeded", "period": "Monthly",
        "detail": "Usage cap exceeded: Monthly product cap",
        "type": "https://api.twitter.com/2/problems/usage-capped"});
    // The second would not be asked any more if the first had cost what it might have brought.
    for (status, body, said) in [
        (
            403,
            value!({"type": "https://api.twitter.com/2/problems/client-forbidden"}),
            "does not let this app read",
        ),
        (429, capped, "the spending limit or the monthly cap set at X is reached"),
        (402, value!({"title": "CreditsDepleted"}), "the prepaid credits at X are used up"),
        (401, value!({"title": "Unauthorized"}), "X does not accept `token`"),
        (404, value!({}), "X refuses the search"),
    ] {
        *x.refusal.lock().unwrap() = Some((status, body));
        let ran = poll(&world);
        let told = format!("{}{}{}", ran.out, ran.err, health(&world));
        assert!(told.contains(said), "{status}: {told}");
    }
    *x.refusal.lock().unwrap() = None;
    assert_eq!(polled(&world, 1), 50);
}

#[test]
fn new_posts_are_bought_once_and_old_ones_never_again() {
    let x = X::new(30);
    let site = x.start();
    let world = World::new(&with(&site, "monthly_cap = 10"));
    assert_eq!(polled(&world, 3), 30);
    let asked = site.seen().len();
    polled(&world, 2);
    assert_eq!(site.seen().len() - asked, 2, "a request a poll");
    x.fresh.store(40, Ordering::SeqCst);
    assert_eq!(polled(&world, 2), 70);
    assert_eq!((x.sold(), x.sold_twice()), (70, 0));
}

#[test]
fn an_api_that_knows_only_the_new_words_is_read() {
    let x = X::new(30);
    x.is_renamed.store(true, Ordering::SeqCst);
    let site = x.start();
    let world = World::new(&with(&site, "monthly_cap = 10"));
    assert_eq!(polled(&world, 1), 30);
    assert_eq!((x.sold(), x.sold_twice()), (30, 0));
}

#[test]
fn a_token_that_is_wrong_is_said_and_no_token_is_shown() {
    let x = X::new(30);
    let site = x.start();
    let wrong = with(&site, "monthly_cap = 10").replace(TOKEN, "AAAA-wrong-bearer");
    let world = World::new(&wrong);
    let ran = world.vahti("check --probe");
    assert_ne!(ran.code, Some(0));
    let said = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("X does not accept"), "{said}");
    assert!(said.contains("console.x.com"), "{said}");
    world.configure(&with(&site, "monthly_cap = 10"));
    let ran = world.vahti("check --probe --format json");
    assert_eq!((ran.code, x.sold()), (Some(0), 0), "a try buys nothing: {}", ran.out);
    let daemon = world.daemon();
    let polled = world.vahti("poll");
    let status = world.vahti("status --format json");
    let shown = format!("{}{}{polled:?}{status:?}{}", ran.out, ran.err, daemon.log());
    assert!(!shown.contains("s3cr3t") && !shown.contains("AAAA"), "{shown}");
    daemon.stop();
}

#[test]
fn the_sample_configuration_is_accepted() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/sources/x.toml");
    let world = World::new(&format!("#bare\n{}", std::fs::read_to_string(file).unwrap()));
    let ran = world.command(&["check"]).env("X_TOKEN", TOKEN).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}
