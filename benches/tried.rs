//! `cargo bench --bench tried`: what it costs to keep posts that match nothing, and to try other keywords
//! on them.
//!
//! 100,000 posts (`VAHTI_BENCH_POSTS` says otherwise) are made of the lines of labelled texts in
//! `../shared/judging/train` (`VAHTI_BENCH_TEXTS` names another folder), a few lines each, numbered so
//! that no two are the same. They go through the pipeline as polls of fifty do, once with `keep_posts` and
//! once without, and then keywords are tried on them as `vahti try` does.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use vahti::ask::tried::{BrandAsked, TryAsked};
use vahti::ask::{self, Answer, Question, Setting};
use vahti::brand::{Brand, BrandName, Keyword};
use vahti::pipeline::opinions::Opinions;
use vahti::pipeline::{Arrival, Rules, process};
use vahti::post::{Author, Post, SourceName};
use vahti::query::parse_keyword;
use vahti::source::{Batch, Kind};
use vahti::store::Store;
use vahti::store::sled::SledStore;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const POSTS: usize = 100_000;
const IN_A_POLL: usize = 50;

fn main() -> Result<()> {
    let count = match env::var("VAHTI_BENCH_POSTS") {
        Ok(count) => count.parse().map_err(|error| format!("VAHTI_BENCH_POSTS: {error}"))?,
        Err(_) => POSTS,
    };
    let folder = env::var("VAHTI_BENCH_TEXTS").unwrap_or_else(|_| "../shared/judging/train".into());
    let posts = posts(&lines(Path::new(&folder))?, count);
    let bytes: usize = posts.iter().map(|post| post.text.len()).sum();
    say(&format!("{count} posts, {} bytes of text each on average", bytes / count));
    let place = tempfile::tempdir()?;
    let without = fill(&posts, TimeDelta::zero(), &place.path().join("without"))?.1;
    let (store, with) = fill(&posts, TimeDelta::days(7), &place.path().join("with"))?;
    let counts = store.counts()?;
    say(&format!(
        "polled in {:.2} s without keeping them and in {:.2} s with; {} kept in {:.1} MiB, {:.1} MiB on disk",
        without.as_secs_f64(),
        with.as_secs_f64(),
        counts.kept,
        mebi(counts.kept_bytes),
        mebi(counts.size_bytes)
    ));
    for keywords in [&["refund"][..], &["nosuchword"], &["service", "palvelu", "hizmet"], &["a"]] {
        tried(&store, keywords)?;
    }
    let many: Vec<String> = (0..1_000).map(|nth| format!("brand{nth}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    tried(&store, &many)
}

fn lines(folder: &Path) -> Result<Vec<String>> {
    let cannot = |error| format!("{}: {error}", folder.display());
    let mut files: Vec<_> =
        fs::read_dir(folder).map_err(cannot)?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut lines = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "tsv")) {
        let text = fs::read_to_string(file)?;
        lines.extend(
            text.lines().skip(1).filter_map(|line| line.split('\t').nth(3)).map(str::to_owned),
        );
    }
    if lines.is_empty() {
        return Err(format!("no texts in {}", folder.display()).into());
    }
    Ok(lines)
}

/// Makes posts of three lines that stand far apart.
fn posts(lines: &[String], count: usize) -> Vec<Post> {
    let line = |nth: usize| lines[nth.wrapping_mul(7_919) % lines.len()].as_str();
    (0..count)
        .map(|nth| Post {
            id: Some(format!("t3_{nth:x}")),
            site: "https://forum.example/".into(),
            url: Some(format!("https://forum.example/topics/{}/posts/{nth}", nth / 30)),
            has_own_url: true,
            title: Some(line(nth).chars().take(60).collect()),
            text: format!("{} {} {} ({nth})", line(3 * nth), line(3 * nth + 1), line(3 * nth + 2)),
            author: Author { name: Some(format!("user{}", nth % 5_000)), ..Author::default() },
            published: Some(at(nth)),
            ..Post::default()
        })
        .collect()
}

fn at(nth: usize) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_795_000_000 + i64::try_from(nth).unwrap_or(0))
}

/// Polls all posts under a brand that nobody names.
fn fill(posts: &[Post], keep: TimeDelta, folder: &Path) -> Result<(SledStore, Duration)> {
    let store = SledStore::open_or_create(folder)?;
    let rules = rules(keep)?;
    let begun = Instant::now();
    for (nth, posts) in posts.chunks(IN_A_POLL).enumerate() {
        let arrival = Arrival {
            source: SourceName(format!("forum{}", nth % 20)),
            kind: Kind::Forum,
            only: Vec::new(),
            batch: Batch { posts: posts.to_vec(), ..Batch::default() },
            receipt: None,
            at: at(nth * IN_A_POLL),
            tickets: None,
            looks_again: false,
            tell_at_once: true,
            opinions: Opinions::default(),
        };
        store.apply(&process(arrival, &rules, &store)?)?;
    }
    store.sync()?;
    Ok((store, begun.elapsed()))
}

fn rules(keep: TimeDelta) -> Result<Rules> {
    let written = "Xyzzyacme".to_owned();
    let query = parse_keyword(&written).map_err(|bad| bad.to_string())?;
    let brand = Brand {
        name: BrandName("Acme".into()),
        keywords: vec![Keyword { written, query }],
        exclude: Vec::new(),
        own: Vec::new(),
        context: Vec::new(),
        languages: Vec::new(),
        tickets: None,
        praise: false,
    };
    Ok(Rules::new(vec![brand], Vec::new(), chrono_tz::Tz::UTC).keeping(keep))
}

fn tried(store: &SledStore, keywords: &[&str]) -> Result<()> {
    let brand = BrandAsked {
        name: "Acme".into(),
        keywords: keywords.iter().map(|&word| word.to_owned()).collect(),
        ..BrandAsked::default()
    };
    let asked =
        TryAsked { brands: vec![brand], since: Some("2000-01-01".into()), ..TryAsked::default() };
    let rules = rules(TimeDelta::days(7))?;
    let setting = Setting {
        rules: &rules,
        sources: &[],
        follow_up_days: 10,
        store_path: "store".into(),
        config_path: "vahti.toml".into(),
        running_since: None,
    };
    let question = Question::Try(Box::new(asked));
    let mut line = String::new();
    for _ in 0..3 {
        let begun = Instant::now();
        let Answer::Try(tried) = ask::answer(&question, &setting, store, at(0))? else { continue };
        let brand = tried.brands.first().ok_or("no brand")?;
        if line.is_empty() {
            let first = keywords.first().copied().unwrap_or_default();
            write!(
                line,
                "try {} keywords ({first}…): gained {} of {};",
                keywords.len(),
                brand.gained,
                tried.posts
            )?;
        }
        write!(line, " {:.2} s", begun.elapsed().as_secs_f64())?;
    }
    say(&line);
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "it is rounded anyway")]
fn mebi(bytes: u64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}

#[expect(clippy::print_stdout, reason = "a bench prints")]
fn say(text: &str) {
    println!("{text}");
}
