//! What is asked is what would be judged, and what is answered is how it is judged.

use super::*;
use crate::brand::{Brand, Keyword};
use crate::enrich::engine::Service;
use crate::enrich::{Flag, Label, Priority, priority::Thresholds};
use crate::mention::MentionId;
use crate::pipeline::{Receipt, process};
use crate::post::{Author, SourceName};
use crate::query::parse_keyword;
use crate::source::{Batch, Kind};
use crate::store::Window;
use crate::store::sled::SledStore;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

fn brand(name: &str) -> Brand {
    let keyword = Keyword { written: name.into(), query: parse_keyword(name).unwrap() };
    Brand {
        name: BrandName(name.into()),
        keywords: vec![keyword],
        exclude: Vec::new(),
        own: Vec::new(),
        context: Vec::new(),
        languages: Vec::new(),
        tickets: None,
        praise: false,
    }
}

fn post(id: &str, text: &str) -> Post {
    Post { id: Some(id.into()), site: "site".into(), text: text.into(), ..Post::default() }
}

/// Says of every text that it is this.
fn says(label: &str) -> Opinion {
    let service = Service {
        url: "http://127.0.0.1:9000/judge".parse().unwrap(),
        chat: None,
        token: None,
        timeout: std::time::Duration::from_secs(5),
        budget: 1,
    };
    let answer = format!("{{\"label\":\"{label}\",\"confidence\":0.9}}");
    service.read(answer.as_bytes()).unwrap()
}

struct World {
    _folder: tempfile::TempDir,
    store: SledStore,
    rules: Rules,
    now: DateTime<Utc>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open_or_create(&folder.path().join("store")).unwrap();
        let brands = ["Acme", "Bolt"].map(brand).to_vec();
        let rules = Rules::new(brands, Vec::new(), chrono_tz::Tz::UTC);
        let now = DateTime::from_timestamp(1_795_300_000, 0).unwrap();
        Self { _folder: folder, store, rules, now }
    }

    fn arrival(&self, posts: Vec<Post>) -> Arrival {
        Arrival {
            source: SourceName("news".into()),
            kind: Kind::Feed,
            only: Vec::new(),
            batch: Batch { posts, ..Batch::default() },
            receipt: Some(Receipt::default()),
            at: self.now,
            tickets: None,
            looks_again: true,
            tell_at_once: false,
            opinions: Opinions::default(),
        }
    }

    /// Returns what is asked of Acme about these posts.
    fn asked(&self, posts: &[Post]) -> Asked {
        let is_acme = |brand: &BrandName| brand.0 == "Acme";
        of_arrival(&self.arrival(posts.to_vec()), is_acme, &self.rules, &self.store).unwrap()
    }

    /// Stores these posts, of which everything that was asked is this.
    fn store(&mut self, posts: &[Post], label: &str) -> usize {
        let asked = self.asked(posts);
        let count = asked.len();
        let opinions = asked.into_iter().map(|(matter, _)| (matter, says(label))).collect();
        let arrival = Arrival { opinions, ..self.arrival(posts.to_vec()) };
        let commit = process(arrival, &self.rules, &self.store).unwrap();
        self.store.apply(&commit).unwrap();
        self.now += TimeDelta::minutes(15);
        count
    }

    fn mentions(&self) -> BTreeMap<(String, String), Mention> {
        let mut all = BTreeMap::new();
        let mut each = |mention: Mention| {
            all.insert((mention.post.id.clone().unwrap(), mention.brand.0.clone()), mention);
            true
        };
        self.store.mentions(Window::default(), &mut each).unwrap();
        all
    }

    fn label(&self, id: &str, brand: &str) -> Label {
        self.mentions()[&(id.to_owned(), brand.to_owned())].insight.sentiment.label
    }
}

const BAD: &str = "Acme is terrible, the worst service ever";

#[test]
fn each_mention_is_asked_about_once_and_again_when_it_is_edited() {
    let mut world = World::new();
    let posts = [post("1", BAD), post("2", "nothing of ours"), post("3", "Bolt is down")];
    assert_eq!(world.store(&posts, "neutral"), 1);
    assert_eq!(world.asked(&posts), Vec::new(), "it is as it was");
    let edited = [post("1", "Acme is great after all")];
    assert_eq!(world.store(&edited, "positive"), 1);
    assert_eq!(world.asked(&edited), Vec::new());
    // An edit that no longer names the brand is one all the same.
    let silent = Post { edited: Some(world.now), ..post("1", "never mind") };
    assert_eq!(world.asked(&[silent]).len(), 1);
    assert_eq!(world.mentions().len(), 2, "and asking stores nothing");
}

#[test]
fn nothing_is_asked_about_what_the_brand_itself_says() {
    let mut world = World::new();
    let own = Brand { own: vec!["@acme".to_owned()], ..brand("Acme") };
    world.rules = Rules::new(vec![own], Vec::new(), chrono_tz::Tz::UTC);
    let by = |who: &str| {
        let author = Author { handle: Some(who.to_owned()), ..Author::default() };
        Post { author, ..post(who, BAD) }
    };
    assert_eq!(world.asked(&[by("acme"), by("somebody")]).len(), 1);
}

#[test]
fn an_opinion_counts_for_its_post_and_its_brand_alone() {
    let mut world = World::new();
    let both = "Acme and Bolt are terrible, the worst service ever, I will sue";
    world.store(&[post("1", both), post("2", BAD)], "neutral");
    assert_eq!(world.label("1", "Acme"), Label::Neutral);
    assert_eq!(world.label("1", "Bolt"), Label::Negative);
    assert_eq!(world.label("2", "Acme"), Label::Neutral);
    let tickets: Vec<bool> =
        world.mentions().values().map(|mention| mention.ticket.is_some()).collect();
    assert_eq!(tickets, [false, true, false]);
}

#[test]
fn what_is_said_to_be_negative_is_a_complaint_with_the_priority_that_is_configured() {
    let mut world = World::new();
    world.rules = Rules::new(["Acme", "Bolt"].map(brand).to_vec(), Vec::new(), chrono_tz::Tz::UTC)
        .ranking(Thresholds { urgent: 4, high: 3, normal: 2 });
    world.store(&[post("1", "Thanks Acme. See you in court, I will sue you")], "negative");
    let mentions = world.mentions();
    let mention = mentions.values().next().unwrap();
    let complaint = mention.insight.complaint.as_ref().unwrap();
    assert_eq!(complaint.flags, [Flag::LegalThreat]);
    assert_eq!(mention.insight.priority, Priority::Urgent);
    assert!(mention.ticket.is_some());
    assert!(mention.insight.why[0].contains("127.0.0.1 says that it is negative"));
    assert_eq!(mention.id, MentionId::of(mention.key, &mention.brand));
}
