//! How long building and finding take, and the floor.

use crate::clock::time;
use crate::texts::{Text, bytes_of};
use crate::{Result, megabytes};
use aho_corasick::AhoCorasick;
use std::hint::black_box;
use std::time::Duration;
use vahti::brand::Brand;
use vahti::enrich::language::sure;
use vahti::matching::{Matcher, Tells, folded};

const BUILDS: usize = 3;

/// A matcher, and how long it took to build: the median of several times.
pub(crate) struct Build {
    pub(crate) matcher: Matcher,
    pub(crate) time: Duration,
}

impl Build {
    pub(crate) fn measure(brands: &[Brand]) -> Self {
        let mut times: Vec<Duration> =
            (0..BUILDS).map(|_| time(|| drop(black_box(Matcher::new(brands))))).collect();
        times.sort();
        let time = times.get(BUILDS / 2).copied().unwrap_or_default();
        Self { matcher: Matcher::new(brands), time }
    }
}

/// What several rounds gave.
pub(crate) struct Spread {
    pub(crate) least: f64,
    pub(crate) median: f64,
    pub(crate) most: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or_default();
        let last = values.len().saturating_sub(1);
        Self { least: at(0), median: at(last / 2), most: at(last) }
    }
}

/// One way to read all posts: how fast, and how often the floor goes into it.
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) rate: Spread,
    pub(crate) ratio: Spread,
}

pub(crate) struct Speed {
    pub(crate) patterns: usize,
    pub(crate) floor_build: Duration,
    pub(crate) floor_bytes: usize,
    pub(crate) lines: Vec<Line>,
}

impl Speed {
    pub(crate) fn measure(matcher: &Matcher, texts: &[Text], rounds: usize) -> Result<Self> {
        let patterns = matcher.patterns();
        let mut machine = None;
        let floor_build = time(|| machine = Some(AhoCorasick::new(&patterns)));
        let machine = machine.ok_or("the floor's machine was built")??;
        let scanned: Vec<String> = texts
            .iter()
            .flat_map(|text| text.post.title.iter().chain([&text.post.text]))
            .map(|text| folded(text))
            .collect();
        let bytes: usize = texts.iter().map(|text| bytes_of(&text.post)).sum();

        let known: Tells = |post| post.language;
        let mut times = Vec::new();
        for _ in 0..rounds {
            let floor = time(|| {
                for text in &scanned {
                    machine.find_overlapping_iter(text).for_each(|found| {
                        black_box(found);
                    });
                }
            });
            let [known, told] = [known, sure].map(|language| {
                time(|| {
                    for text in texts {
                        black_box(matcher.candidates(&text.post, language));
                    }
                })
            });
            times.push([floor, known, told]);
        }

        let names = ["the floor", "the matcher, language known", "the matcher, language told"];
        let line = |(which, name): (usize, &'static str)| {
            let of = |round: &[Duration; 3], which: usize| {
                round.get(which).map_or(0.0, Duration::as_secs_f64)
            };
            Line {
                name,
                rate: Spread::of(times.iter().map(|round| megabytes(bytes) / of(round, which))),
                ratio: Spread::of(times.iter().map(|round| of(round, 0) / of(round, which))),
            }
        };
        Ok(Self {
            patterns: patterns.len(),
            floor_build,
            floor_bytes: machine.memory_usage(),
            lines: names.into_iter().enumerate().map(line).collect(),
        })
    }
}
