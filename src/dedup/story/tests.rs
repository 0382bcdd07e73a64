//! What is the same again and what is not: told cases, and pairs made of real feeds.
#![expect(clippy::print_stdout, reason = "the figures are what is asked for")]

use super::*;
use crate::enrich::{Insight, Label, Priority, Sentiment};
use crate::fetch::{Location, Reply};
use crate::mention::{MentionId, PostKey};
use crate::post::{Author, SourceName};
use crate::source::feed::Feed;
use crate::source::{Cursor, Source, Visit};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn mention(kind: Kind, author: Option<&str>, title: Option<&str>, text: &str) -> Mention {
    let id = MentionId("m1".into());
    let at = DateTime::from_timestamp(1_763_700_000, 0).unwrap();
    Mention {
        id: id.clone(),
        key: PostKey([0; 16]),
        brand: BrandName("Acme".into()),
        source: SourceName("news".into()),
        kind,
        post: Post {
            title: title.map(Into::into),
            text: text.into(),
            author: Author { handle: author.map(Into::into), ..Author::default() },
            ..Post::default()
        },
        hits: text
            .find("Acme")
            .into_iter()
            .map(|at| hit(text.split_at(at).0.chars().count()))
            .collect(),
        seen: at,
        insight: Insight {
            language: None,
            sentiment: Sentiment { label: Label::Neutral, score: 0.0, confidence: 0.5 },
            complaint: None,
            priority: Priority::Low,
            review: false,
            why: Vec::new(),
        },
        own: false,
        story: id,
        copies: 0,
        ticket: None,
        mark: None,
        muted: None,
        versions: Vec::new(),
        praise: None,
    }
}

/// A mention of Acme in a text, for the tests beside this.
pub(in crate::dedup) fn sample(text: &str) -> Mention {
    mention(Kind::Feed, None, None, text)
}

fn hit(start: usize) -> Hit {
    let form = String::new();
    Hit { keyword: "Acme".into(), field: Field::Text, start, end: start + 4, form }
}

fn is_copy(a: &Mention, b: &Mention) -> bool {
    let told = Said::of(a).is_copy_of(&Said::of(b));
    assert_eq!(told, Said::of(b).is_copy_of(&Said::of(a)), "{:?} {:?}", a.post, b.post);
    let near = !BTreeSet::from_iter(prints(a)).is_disjoint(&BTreeSet::from_iter(prints(b)));
    told && near
}

const ARTICLE: &str = "Sähköyhtiö Acme on laskuttanut tuhansia asiakkaitaan kahteen kertaan \
    järjestelmävirheen vuoksi. Yhtiön mukaan virhe koskee lokakuun laskuja, ja rahat palautetaan \
    asiakkaille kahden viikon kuluessa. Acme pahoittelee tapahtunutta ja kehottaa odottamaan uutta laskua.";

fn page(title: &str, text: &str) -> Mention {
    mention(Kind::Feed, None, Some(title), text)
}

fn person(name: &str, text: &str) -> Mention {
    mention(Kind::Mastodon, Some(name), None, text)
}

#[test]
fn an_article_is_one_however_it_is_retitled_cut_or_set() {
    let whole = page("Acme laskutti tuplasti", ARTICLE);
    let check = |other: Mention| assert!(is_copy(&whole, &other), "{:?}", other.post);
    check(page("Tuhansia laskutettiin kahdesti – näin Acme selittää", ARTICLE));
    check(page("Acme laskutti tuplasti - Uutiset", ""));
    check(page(
        "Acme laskutti tuplasti | Uutiset",
        "…virhe koskee lokakuun laskuja, ja rahat palautetaan asiakkaille kahden viikon kuluessa. Acme pahoittelee tapahtunutta…",
    ));
    check(page(
        "Muu otsikko",
        "... rahat palautetaan asiakkaille kahden viikon kuluessa. Acme pahoittelee tapahtunutta ja kehottaa ...",
    ));
    check(page("x", &ARTICLE.to_uppercase()));
    check(page("x", &format!("Helsinki (STT) {ARTICLE} Lue myös: viikon puheenaiheet")));
}

#[test]
fn what_a_person_says_himself_is_no_copy() {
    let whole = page("Acme laskutti tuplasti", ARTICLE);
    let check = |a: &Mention, b: Mention| assert!(!is_copy(a, &b), "{:?}", b.post);
    check(
        &whole,
        person(
            "maija",
            "Acme laskutti minua kahteen kertaan, järjestelmävirhe kuulemma. Rahat takaisin!",
        ),
    );
    check(
        &whole,
        person(
            "maija",
            "\"Sähköyhtiö Acme on laskuttanut tuhansia asiakkaitaan kahteen kertaan järjestelmävirheen vuoksi.\" \
             No niin, minä olen yksi heistä enkä ole nähnyt rahojani vieläkään, kuukausi on mennyt",
        ),
    );
    let post = person("maija", "Acme netti taas poikki Kalliossa");
    check(&post, person("pekka", "Acme netti taas poikki Kalliossa"));
    check(
        &post,
        person(
            "pekka",
            "Acme netti taas poikki Kalliossa, kolmas kerta tällä viikolla, missä vika?",
        ),
    );
    let mut review = person(
        "maija",
        "Hyvä sovellus mutta kaatuu aina kun avaan kartan, Acme korjatkaa tämä pian",
    );
    review.post.rating = Some(2);
    let mut other = review.clone();
    other.post.author.handle = Some("pekka".into());
    check(&review, other);
    let mut reply = person("pekka", ARTICLE);
    reply.post.parent = Some("1".into());
    check(&person("maija", ARTICLE), reply);
    let notice = |number, hour| {
        let text = format!(
            "Acme: train {number} from Turku to Helsinki is cancelled because of a fault of the line, the next one leaves at {hour} from platform three"
        );
        page("Traffic notice", &text)
    };
    check(&notice(81, "12.30"), notice(84, "14.05"));
    check(&page("Acme 4.10 is out", ARTICLE), page("Acme 4.12 is out", ARTICLE));
    let opens = |town| format!("Acme opens a new shop in {town} next week on Thursday");
    check(&page(&opens("Leeds"), &opens("Leeds")), page(&opens("Bath"), &opens("Bath")));
    let mut next_year = whole.clone();
    next_year.seen += TimeDelta::days(365);
    check(&whole, next_year);
    check(
        &page("x", "Train 81 of Acme from Turku to Helsinki is cancelled on Sunday"),
        page("x", "Bus 17 with Acme from Pori to Tampere runs late on Monday"),
    );
}

#[test]
fn two_people_are_no_copies_of_each_other_though_no_site_gives_their_handles() {
    let check = |a: &Mention, b: Mention| assert!(!is_copy(a, &b), "{:?}", b.post);
    let mut ada = page("x", "Acme app is down");
    ada.post.author.name = Some("Ada".into());
    let mut bo = ada.clone();
    bo.post.author.name = Some("Bo".into());
    check(&ada, bo.clone());
    ada.post.text = ARTICLE.into();
    bo.post.text =
        format!("{ARTICLE} Minäkin olen yksi heistä, yhdeksänsataa euroa meni ja kukaan ei vastaa");
    check(&ada, bo);
}

#[test]
fn who_posts_the_same_in_two_places_says_it_once() {
    let post = person("maija", "Acme netti taas poikki Kalliossa");
    let mut elsewhere = post.clone();
    elsewhere.kind = Kind::Bluesky;
    assert!(is_copy(&post, &elsewhere));
    let long = "Acme netti taas poikki Kalliossa, kolmas kerta tällä viikolla eikä kukaan vastaa puhelimeen";
    assert!(is_copy(&person("maija", long), &person("pekka", &format!("RT @maija: {long}"))));
}

proptest! {
    #[test]
    fn any_two_texts_are_held_against_each_other_alike(
        a in "\\PC{0,120}", b in "\\PC{0,120}", title in proptest::option::of("\\PC{0,40}"), start in 0_usize..200,
    ) {
        let mut one = mention(Kind::Feed, None, title.as_deref(), &a);
        one.hits.push(hit(start));
        let other = mention(Kind::Feed, None, None, &b);
        is_copy(&one, &other);
        prop_assert!(prints(&one).len() <= MOST_PRINTS);
        prop_assert_eq!(prints(&one), prints(&one.clone()));
    }

    #[test]
    fn a_run_of_words_that_both_hold_is_never_missed(
        run in proptest::collection::vec("[a-z]{3,9}", RUN..30),
        before in proptest::collection::vec("[a-z]{3,9}", 0..20),
        behind in proptest::collection::vec("[a-z]{3,9}", 0..20),
    ) {
        let whole = [before, run.clone(), behind].concat().join(" ");
        let (one, other) = (page("", &run.join(" ")), page("", &whole));
        let shared = BTreeSet::from_iter(prints(&one));
        prop_assert!(prints(&other).iter().any(|print| shared.contains(print)));
    }
}

/// Real posts of at least so many words, each with where its brand stands: a word in its middle.
fn real(folder: &Path) -> Vec<Mention> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    let mut seen = BTreeSet::new();
    let mut real = Vec::new();
    for file in files {
        let Ok(body) = std::fs::read(&file) else { continue };
        let location = Location::Web("https://feeds.example/feed.xml".parse().unwrap());
        let name = SourceName("news".into());
        let source = Feed { name, location: location.clone(), allow_private: None };
        let visit = Visit { cursor: Cursor::default(), now: DateTime::UNIX_EPOCH };
        let Ok(found) = source.read(&Reply::of(location, body), &visit) else { continue };
        for post in found.posts {
            let words = post.text.split_whitespace().count();
            if words < 40 || !seen.insert(post.text.clone()) {
                continue;
            }
            let middle = post.text.char_indices().filter(|(_, c)| *c == ' ').nth(words / 2);
            let start = middle.map_or(0, |(at, _)| post.text.split_at(at).0.chars().count() + 1);
            let mut mention = page("", "");
            mention.post = post;
            mention.post.published = None;
            mention.hits = vec![hit(start)];
            mention.id = MentionId(format!("m{}", real.len()));
            real.push(mention);
        }
    }
    real
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
    files.sort();
}

/// Ways in which the same article turns up elsewhere.
fn variations(of: &Mention) -> Vec<(&'static str, Mention)> {
    let text = &of.post.text;
    let words: Vec<&str> = text.split_whitespace().collect();
    let title = of.post.title.clone().unwrap_or_default();
    let middle = words.len() / 2;
    let cut = |from: usize, to: usize| words[from..to.min(words.len())].join(" ");
    let with = |title: &str, text: String| {
        let mut other = of.clone();
        other.id = MentionId(format!("{}v", of.id));
        other.post.title = (!title.is_empty()).then(|| title.to_owned());
        other.hits = Vec::new();
        other.post.text = text;
        other
    };
    let around = middle.saturating_sub(14);
    let mut excerpt = with(&title, format!("... {} ...", cut(around, middle + 14)));
    excerpt.hits = vec![hit(4)];
    let mut all = vec![
        ("retitled", with("Something else altogether", text.clone())),
        ("alert", excerpt),
        ("beginning", with("Another title", format!("{} […]", cut(0, 35)))),
        ("typography", with(&title, text.replace('\'', "’").replace(' ', "\u{a0} "))),
        (
            "tail",
            with("", format!("{text} The post appeared first on another page. Read more here.")),
        ),
        ("capitals", with(&title, text.to_uppercase())),
    ];
    if title.split_whitespace().count() >= 4 {
        all.push(("title alone", with(&format!("{title} - Some Paper"), String::new())));
    }
    all
}

/// `cargo test --lib -- --nocapture story::tests::pairs` prints the table.
#[test]
fn pairs_of_real_feeds_are_told_apart() {
    let Some(folder) = crate::testing::collection("pairs_of_real_feeds_are_told_apart") else {
        return;
    };
    let real = real(&folder.join("feeds"));
    let mut index: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, mention) in real.iter().enumerate() {
        for print in prints(mention) {
            index.entry(print).or_default().push(at);
        }
    }
    let mut kinds: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for mention in &real {
        for (kind, other) in variations(mention) {
            let (found, all) = kinds.entry(kind).or_default();
            *all += 1;
            *found += usize::from(is_copy(mention, &other));
        }
    }
    let (found, all) = kinds.values().fold((0, 0), |(f, a), (found, all)| (f + found, a + all));
    // Whatever else shares a fingerprint is another post, unless most of its words are the same.
    let (mut wrong, mut pairs) = (Vec::new(), 0);
    for (at, mention) in real.iter().enumerate() {
        let near: BTreeSet<usize> =
            prints(mention).iter().flat_map(|print| &index[print]).copied().collect();
        for other in near.into_iter().filter(|other| *other > at) {
            pairs += 1;
            if is_copy(mention, &real[other]) {
                wrong.push((mention.post.title.clone(), real[other].post.title.clone()));
            }
        }
    }
    println!(
        "{} posts, {pairs} pairs that share a fingerprint, {} taken for one",
        real.len(),
        wrong.len()
    );
    for (kind, (found, all)) in &kinds {
        println!("  {kind:<12} {found} of {all}");
    }
    for pair in wrong.iter().take(40) {
        println!("  one: {pair:?}");
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of posts")]
    let recall = found as f64 / all as f64;
    println!("recall {recall:.3}");
    assert!(recall >= 0.95, "{recall}");
}
