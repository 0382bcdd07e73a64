//! What reading broken feeds costs where they are not broken: decoding, rewriting and the parser
//! against the parser alone, over well-formed feeds, in one run.
//!
//! `cargo bench --bench feeds`; with `-- FOLDER` over the feeds below a folder as well. Without one the
//! collection beside the repository is read if it is there. It says nothing about what is fast
//! enough: that depends on the machine, and the ratio is what counts.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use vahti::fetch::{Location, Reply};
use vahti::post::SourceName;
use vahti::source::feed::{self, Feed};
use vahti::source::{Cursor, Source, Visit};

/// How often everything is read; the best time counts.
const ROUNDS: usize = 11;
/// Entries of a feed that is made up.
const ENTRIES: usize = 1000;
/// Shorter documents are test cases, not feeds.
const LEAST_BYTES: usize = 2000;

fn main() -> ExitCode {
    let folder = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/feeds");
    let folder = folder.map_or_else(beside, PathBuf::from);
    let mut groups: Vec<Group> =
        KINDS.iter().map(|(name, make)| Group::of(name, vec![made(*make)])).collect();
    let mut files = Vec::new();
    collect(&folder, &mut files);
    let real = files.iter().filter_map(|file| std::fs::read(file).ok());
    let real = real.filter(|body| body.len() >= LEAST_BYTES).map(reply).collect();
    groups.push(Group::of("from the collection", real));
    let table: String = groups.iter().filter(|group| !group.replies.is_empty()).map(row).collect();
    print(&format!(
        "{:<22}{:>7}{:>8}{:>12}{:>12}{:>8}{:>12}{:>12}\n{table}",
        "feeds", "number", "MB", "alone MB/s", "ours MB/s", "ratio", "posts MB/s", "worst ms/MB"
    ));
    if groups.iter().all(|group| group.replies.is_empty()) {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

#[expect(clippy::print_stdout, reason = "a measurement is for people to read")]
fn print(table: &str) {
    println!("{table}");
}

/// Feeds of one kind that the parser alone reads, too.
struct Group {
    name: &'static str,
    replies: Vec<Reply>,
}

impl Group {
    fn of(name: &'static str, mut replies: Vec<Reply>) -> Self {
        replies.retain(|reply| {
            let ours = feed::model(reply).map(|feed| feed.entries.len()).unwrap_or_default();
            alone(reply).is_some_and(|entries| entries > 0 && entries == ours)
        });
        Self { name, replies }
    }
}

/// Reads a feed with the parser alone.
fn alone(reply: &Reply) -> Option<usize> {
    // One document of the collection makes it panic.
    std::panic::catch_unwind(|| {
        let Location::Web(base) = &reply.location else { return None };
        let parser = feed_rs::parser::Builder::new()
            .base_uri(Some(base))
            .sanitize_content(false)
            .timestamp_parser(feed::date::parse)
            .build();
        parser.parse(&*reply.body).ok().map(|feed| feed.entries.len())
    })
    .ok()
    .flatten()
}

fn posts(reply: &Reply) -> usize {
    let source = Feed {
        name: SourceName("bench".into()),
        location: reply.location.clone(),
        allow_private: None,
    };
    let visit = Visit { cursor: Cursor::default(), now: chrono::DateTime::UNIX_EPOCH };
    source.read(reply, &visit).map(|page| page.posts.len()).unwrap_or_default()
}

/// Measures one group. The three ways take turns, so that a busy moment of the machine hits all.
fn row(group: &Group) -> String {
    let bytes: usize = group.replies.iter().map(|reply| reply.body.len()).sum();
    let [mut parser, mut ours, mut whole] = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        parser = parser.min(time(group, |reply| alone(reply).unwrap_or_default()));
        ours = ours.min(time(group, |reply| {
            feed::model(reply).map(|feed| feed.entries.len()).unwrap_or_default()
        }));
        whole = whole.min(time(group, posts));
    }
    let worst = group.replies.iter().filter(|reply| reply.body.len() > 50_000).map(|reply| {
        let times = (0..ROUNDS).map(|_| {
            let started = Instant::now();
            std::hint::black_box(posts(reply));
            started.elapsed()
        });
        millis(times.min().unwrap_or_default()) / megabytes(reply.body.len())
    });
    let mut row = String::new();
    let speed = |time: Duration| megabytes(bytes) / time.as_secs_f64();
    let _written = writeln!(
        row,
        "{:<22}{:>7}{:>8.2}{:>12.1}{:>12.1}{:>8.2}{:>12.1}{:>12.1}",
        group.name,
        group.replies.len(),
        megabytes(bytes),
        speed(parser),
        speed(ours),
        ours.as_secs_f64() / parser.as_secs_f64(),
        speed(whole),
        worst.fold(0.0, f64::max)
    );
    row
}

fn time(group: &Group, read: impl Fn(&Reply) -> usize) -> Duration {
    let started = Instant::now();
    for reply in &group.replies {
        std::hint::black_box(read(reply));
    }
    started.elapsed()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "sizes of feeds are small numbers")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

fn reply(body: Vec<u8>) -> Reply {
    let location = "https://feeds.example/feed.xml".parse().map(Location::Web);
    Reply::of(location.unwrap_or_else(|_| Location::File(PathBuf::new())), body)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
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

/// A way to write an entry, and the feed around it.
type Make = fn(number: usize, text: &str) -> String;

const KINDS: [(&str, Make); 4] = [
    ("RSS, escaped HTML", |number, text| {
        let text = text.replace('<', "&lt;").replace('>', "&gt;");
        format!(
            "<item><title>Entry {number}</title><link>https://a.example/{number}</link><guid>https://a.example/{number}</guid><pubDate>Tue, 05 Mar 2024 12:05:00 GMT</pubDate><category>News</category><description>{text}</description></item>"
        )
    }),
    ("RSS, CDATA", |number, text| {
        format!(
            "<item><title>Entry {number}</title><link>https://a.example/{number}</link><comments>https://a.example/{number}#c</comments><dc:creator><![CDATA[Maija]]></dc:creator><pubDate>Tue, 05 Mar 2024 12:05:00 +0000</pubDate><category><![CDATA[News]]></category><guid isPermaLink=\"false\">https://a.example/?p={number}</guid><description><![CDATA[Short.]]></description><content:encoded><![CDATA[{text}]]></content:encoded></item>"
        )
    }),
    ("RSS, short", |number, _| {
        format!(
            "<item><title>Entry {number}</title><link>https://a.example/{number}</link><description>A short text</description><pubDate>Tue, 05 Mar 2024 12:05:00 GMT</pubDate><guid>https://a.example/{number}</guid></item>"
        )
    }),
    ("Atom, XHTML", |number, text| {
        format!(
            "<entry><id>tag:a.example,2024:{number}</id><title>Entry {number}</title><link href=\"https://a.example/{number}\"/><updated>2024-03-05T12:05:00Z</updated><author><name>Maija</name></author><content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">{text}</div></content></entry>"
        )
    }),
];

/// Makes up a well-formed feed.
fn made(make: Make) -> Reply {
    let text = "<p>Somebody wrote a few words about a <b>brand</b>, and <a href=\"https://b.example/x\">somebody else</a> answered; näin se menee.</p>".repeat(8);
    let entries: String = (0..ENTRIES).map(|number| make(number, &text)).collect();
    let feed = if entries.starts_with("<entry") {
        format!(
            "<?xml version=\"1.0\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"><id>urn:x:1</id><title>Feed</title><updated>2024-03-05T12:05:00Z</updated>{entries}</feed>"
        )
    } else {
        format!(
            "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>Feed</title><link>https://a.example/</link><description>d</description>{entries}</channel></rss>"
        )
    };
    reply(feed.into_bytes())
}
