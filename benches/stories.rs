//! `cargo bench --bench stories`: what it costs to find the story that a new post tells again, and to keep a desk
//! going, in a small store and in a large one. Flat is what grows with neither.
//!
//! Stories: a store of 1,000 mentions and one of 1,000,000 (`VAHTI_BENCH_MENTIONS=1000,1000000`), of 30 to 60 words
//! each and all of one brand, are filled through the store's own commits, 2,000 mentions at a time and the
//! fingerprints in their order: one after the other, as they come, would take hours and leave the same trees. Looked up are posts
//! that are new, copies of what is stored, and excerpts of 18 words, taken at random from the last month.
//!
//! Desk: a store of 1,000 tickets and one of 100,000 (`VAHTI_BENCH_TICKETS=1000,100000`), ten a day, of which the last
//! 200 are not closed.
//!
//! Told is processor time of this thread, and the wall time of the slowest in a hundred. What is found otherwise
//! than it should be, more than once in fifty times, fails the bench.
#![expect(clippy::print_stdout, reason = "what a bench measures is for the one who runs it")]

#[path = "matching/clock.rs"]
mod clock;
#[path = "stories/desk.rs"]
mod desk;
#[path = "matching/dice.rs"]
mod dice;
#[path = "stories/texts.rs"]
mod texts;

use dice::Dice;
use std::env;
use std::error::Error;
use std::time::{Duration, Instant};
use texts::Texts;
use vahti::dedup::story;
use vahti::mention::{Mention, MentionId};
use vahti::pipeline::looked_up;
use vahti::store::sled::SledStore;
use vahti::store::{Commit, Store};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const MENTIONS: [usize; 2] = [1_000, 1_000_000];
const TICKETS: [usize; 2] = [1_000, 100_000];
/// How many posts of each sort are looked up.
const LOOKED_UP: usize = 1_000;
/// How many mentions, and how many fingerprints, one commit holds.
const AT_ONCE: usize = 2_000;
const PRINTS_AT_ONCE: usize = 50_000;
/// From how many of the last mentions copies are made: those of less than a month.
const LAST: usize = 60_000;

fn main() -> Result<()> {
    let texts = Texts::read()?;
    println!(
        "{:>9} {:10} {:>9} {:>9} {:>11} {:>7} {:>6} {:>7}",
        "mentions", "post", "p50 ms", "p99 ms", "wall p99 ms", "near", "read", "found"
    );
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for count in sizes("VAHTI_BENCH_MENTIONS", MENTIONS)? {
        rows.push(stories(&texts, count)?);
    }
    if let [small, .., large] = rows.as_slice() {
        let ratios = large.iter().zip(small).map(|(large, small)| format!("{:.2}", large / small));
        println!("ratio of the p50: {}", ratios.collect::<Vec<_>>().join(", "));
    }
    desk::measure(&sizes("VAHTI_BENCH_TICKETS", TICKETS)?)
}

fn sizes(name: &str, usual: [usize; 2]) -> Result<Vec<usize>> {
    match env::var(name) {
        Ok(sizes) => sizes
            .split(',')
            .map(|size| size.trim().parse().map_err(|error| format!("{name}: {error}").into()))
            .collect(),
        Err(_) => Ok(usual.to_vec()),
    }
}

/// Measures the look-up in a store of so many mentions, and returns the medians.
fn stories(texts: &Texts, count: usize) -> Result<Vec<f64>> {
    // On a disk: a temporary folder is often in memory, where reading costs nothing.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let began = Instant::now();
    let store = SledStore::open_or_create(&folder.path().join("store"))?;
    let prints = fill(&store, texts, count)?;
    let took = began.elapsed().as_secs_f64();
    let size = store.counts()?.size_bytes / 1024 / 1024;
    let mut dice = Dice::new(7);
    let chosen: Vec<u64> =
        (0..LOOKED_UP).map(|_| dice.below(count.min(LAST))).map(number).collect();
    // Numbers that nothing stored has; ages count back from the last.
    let new = chosen.iter().zip(0..).map(|(age, n)| texts.mention(u64::MAX / 2 + n, whole(*age)));
    let of = |age: &u64| (number(count) - 1 - age, whole(*age));
    let copies = chosen.iter().map(|age| texts.copy(of(age).0, of(age).1));
    let excerpts = chosen.iter().map(|age| texts.excerpt(of(age).0, of(age).1));
    let medians = vec![
        look_up(&store, count, "unrelated", &new.collect::<Vec<_>>())?,
        look_up(&store, count, "copy", &copies.collect::<Vec<_>>())?,
        look_up(&store, count, "excerpt", &excerpts.collect::<Vec<_>>())?,
    ];
    println!("{count:>9} filled with {prints} fingerprints in {took:.0} s, {size} MiB");
    Ok(medians)
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Stores so many mentions, and returns how many fingerprints they have.
fn fill(store: &dyn Store, texts: &Texts, count: usize) -> Result<usize> {
    let mut names = Vec::with_capacity(count);
    let mut prints: Vec<(u64, usize)> = Vec::new();
    let mut mentions: Vec<Mention> = Vec::with_capacity(AT_ONCE);
    for nth in 0..number(count) {
        let mention = texts.mention(nth, whole(number(count) - 1 - nth));
        prints.extend(story::prints(&mention).into_iter().map(|print| (print, names.len())));
        names.push((mention.id.clone(), mention.seen));
        mentions.push(mention);
        if mentions.len() == AT_ONCE {
            store
                .apply(&Commit { mentions: std::mem::take(&mut mentions), ..Commit::default() })?;
        }
    }
    store.apply(&Commit { mentions, ..Commit::default() })?;
    prints.sort_unstable();
    for prints in prints.chunks(PRINTS_AT_ONCE) {
        let written = prints.iter().filter_map(|(print, nth)| {
            let (id, seen) = names.get(*nth)?;
            Some((MentionId(id.0.clone()), *seen, vec![*print]))
        });
        store.apply(&Commit { prints: written.collect(), ..Commit::default() })?;
    }
    store.sync()?;
    Ok(prints.len())
}

/// Looks posts up one after the other, tells what that took, and returns the median in milliseconds.
fn look_up(store: &dyn Store, count: usize, what: &str, posts: &[Mention]) -> Result<f64> {
    let (mut times, mut walls) = (Vec::new(), Vec::new());
    let (mut near, mut read, mut found) = (0, 0, 0);
    for post in posts {
        let mut looked = None;
        let began = Instant::now();
        times.push(clock::time(|| looked = Some(looked_up(post, store))));
        walls.push(began.elapsed());
        let looked = looked.ok_or("nothing was looked up")??;
        near += looked.near;
        read += looked.read;
        found += usize::from(looked.head.is_some());
    }
    let many = posts.len().max(1);
    let wanted = if what == "unrelated" { 0 } else { many };
    if found.abs_diff(wanted) * 50 > many {
        return Err(format!("of {many} posts ({what}) {found} were found and not {wanted}").into());
    }
    let (half, most) = (at(&mut times, 50), at(&mut times, 99));
    println!(
        "{count:>9} {what:10} {half:9.3} {most:9.3} {:11.3} {:7.1} {:6.1} {found:7}",
        at(&mut walls, 99),
        fraction(near, many),
        fraction(read, many),
    );
    Ok(half)
}

fn fraction(part: usize, whole: usize) -> f64 {
    let float = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from);
    float(part) / float(whole)
}

/// Returns the time in milliseconds below which so many of a hundred are.
fn at(times: &mut [Duration], hundredth: usize) -> f64 {
    times.sort_unstable();
    let place = (times.len() * hundredth / 100).min(times.len().saturating_sub(1));
    times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}
