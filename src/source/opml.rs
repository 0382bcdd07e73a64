//! OPML: lists of feeds, as feed readers write them.

use crate::post::SourceName;
use crate::source::Unreadable;
use crate::source::feed::{decode, references};
use crate::text::html;
use quick_xml::escape;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// More feeds than this are not a list that somebody keeps.
const MOST_FEEDS: usize = 200_000;
/// A name longer than this is no help in a table.
const MOST_TITLE_CHARS: usize = 100;

/// One feed of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// What the list calls it; its address where the list does not.
    pub title: String,
    pub url: String,
}

/// Reads a list of feeds, folders flattened, in the order of the document. Outlines without an
/// address (folders, notes) are left out.
///
/// # Errors
///
/// Fails when the document is no OPML, or breaks off: a list that is half read would silently end
/// the watch on the other half.
pub fn read(bytes: &[u8]) -> Result<Vec<Outline>, Unreadable> {
    let text = references::mend(&decode::decode(bytes, None, None));
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let config = reader.config_mut();
    // Names of end tags say nothing here: folders are flattened.
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    let (mut outlines, mut is_opml, mut is_whole) = (Vec::new(), false, false);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => {
                match tag.name().as_ref().to_ascii_lowercase().as_str() {
                    "opml" => is_opml = true,
                    "outline" => outlines.extend(outline(&tag)),
                    _ => {}
                }
            }
            Ok(Event::End(tag)) => is_whole |= tag.name().as_ref().eq_ignore_ascii_case("opml"),
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(error) => {
                let at = reader.error_position();
                return Err(Unreadable(format!("the list cannot be read at byte {at}: {error}")));
            }
        }
        if outlines.len() > MOST_FEEDS {
            return Err(Unreadable(format!("the list has more than {MOST_FEEDS} feeds")));
        }
    }
    match (is_opml, is_whole) {
        (false, _) => Err(Unreadable("this is no OPML: it has no <opml> element".into())),
        (true, false) => Err(Unreadable("the list breaks off before </opml>".into())),
        (true, true) => Ok(outlines),
    }
}

/// Names the feeds of a list `PREFIX/title`, with a number added to a double. An address in `known`
/// keeps the name that it has there, and nobody else gets that name; an address that is listed twice
/// is named once. The same arguments always give the same names.
pub fn names(
    prefix: &SourceName,
    outlines: &[Outline],
    known: &BTreeMap<String, SourceName>,
) -> Vec<(SourceName, Outline)> {
    let mut names =
        Names { taken: known.values().map(|name| name.0.clone()).collect(), next: HashMap::new() };
    let (mut seen, mut kept) = (BTreeSet::new(), BTreeSet::new());
    let fresh = outlines.iter().filter(|outline| seen.insert(outline.url.as_str()));
    fresh
        .map(|outline| {
            // Two addresses only share a known name if the list of them was damaged.
            let old = known.get(&outline.url).filter(|name| kept.insert(name.0.as_str()));
            let name = old.cloned().unwrap_or_else(|| names.give(prefix, &outline.title));
            (name, outline.clone())
        })
        .collect()
}

/// The names that are given away.
struct Names<'a> {
    taken: BTreeSet<String>,
    /// Where counting goes on, so that a thousand feeds of one title are not counted from one each.
    next: HashMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    fn give(&mut self, prefix: &SourceName, title: &'a str) -> SourceName {
        let number = self.next.entry(title).or_insert(1);
        loop {
            let name = match *number {
                1 => format!("{prefix}/{title}"),
                more => format!("{prefix}/{title} {more}"),
            };
            *number += 1;
            if self.taken.insert(name.clone()) {
                return SourceName(name);
            }
        }
    }
}

fn outline(tag: &BytesStart<'_>) -> Option<Outline> {
    let (mut url, mut title, mut text) = (String::new(), String::new(), String::new());
    for attribute in tag.html_attributes().with_checks(false).flatten() {
        let value = &*attribute.value;
        let value = || escape::unescape(value).map_or_else(|_| value.to_owned(), Cow::into_owned);
        match attribute.key.as_ref().to_ascii_lowercase().as_str() {
            "xmlurl" => url = value(),
            "title" => title = value(),
            "text" => text = value(),
            _ => {}
        }
    }
    let url = url.trim();
    // What browsers were once told to open in a feed reader.
    let url = match (url.strip_prefix("feed://"), url.strip_prefix("feed:")) {
        (Some(rest), _) => format!("http://{rest}"),
        (None, rest) => rest.unwrap_or(url).to_owned(),
    };
    if url.is_empty() {
        return None;
    }
    let title = [&title, &text, &url]
        .into_iter()
        .map(|title| name(title))
        .find(|title| !title.is_empty())?;
    Some(Outline { title, url })
}

fn name(title: &str) -> String {
    crate::text::cut(&html::clean(title), MOST_TITLE_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    /// Reads a list and writes it as `title url` lines.
    #[track_caller]
    fn check(bytes: &[u8], expected: &[&str]) {
        let read = read(bytes).unwrap();
        let lines: Vec<String> = read.iter().map(|o| format!("{} {}", o.title, o.url)).collect();
        assert_eq!(lines, expected);
    }

    fn opml(body: &str) -> Vec<u8> {
        format!("<?xml version=\"1.0\"?>\n<opml version='2.0'><head><title>x</title></head><body>{body}</body></opml>").into()
    }

    #[test]
    fn folders_are_flattened() {
        check(
            &opml("<outline text='News'><outline text='A' xmlUrl='http://a/'/><outline text='Deep'>
                <outline type='rss' title='B' text='no' XMLURL='http://b/'></outline></outline></outline>
                <outline text='folder'/><outline text='C' xmlurl='http://c/'/>"),
            &["A http://a/", "B http://b/", "C http://c/"],
        );
    }

    #[test]
    fn lists_as_people_have_them_are_read() {
        check(
            &[b"\xef\xbb\xbf", &*opml("<outline text='A' xmlUrl='http://a/'/>")].concat(),
            &["A http://a/"],
        );
        check(
            &opml("<outline text='A & B &amp; &#228;&auml;' xmlUrl='http://a/?x=1&y=2&amp;z=3'/>"),
            &["A & B & ää http://a/?x=1&y=2&z=3"],
        );
        check(
            &opml("<outline text=' \n' xmlUrl=' feed://a/ '/><outline xmlUrl='feed:https://b/'/>"),
            &["http://a/ http://a/", "https://b/ https://b/"],
        );
        check(
            &opml("<outline text='A\u{202e}\0 B' xmlUrl='http://a/'/><outline xmlUrl=''/>"),
            &["A B http://a/"],
        );
        check(&opml("<outline text=A xmlUrl=http://a/x>"), &["A http://a/x"]);
        check(b"<?xml version='1.0' encoding='ISO-8859-1'?><opml><outline text='\xe4' xmlUrl='http://a/'/></opml>",
            &["ä http://a/"]);
    }

    #[test]
    fn what_is_no_whole_list_is_refused() {
        for (text, reason) in [
            ("", "this is no OPML: it has no <opml> element"),
            ("<html></html>", "this is no OPML: it has no <opml> element"),
            ("<opml><outline xmlUrl='http://a/'/>", "the list breaks off before </opml>"),
        ] {
            assert_eq!(read(text.as_bytes()), Err(Unreadable(reason.into())));
        }
        let cut = read(b"<opml><outline xmlUrl='http://a/").unwrap_err();
        assert!(cut.0.starts_with("the list cannot be read at byte "), "{cut}");
    }

    #[test]
    fn ten_thousand_feeds_are_read_and_named_at_once() {
        let line = |i: usize| format!("<outline text='Same' xmlUrl='https://a.example/{i}'/>");
        let bytes = opml(&(0..10_000).map(line).collect::<String>());
        let deep = [&*opml(&"<outline text='x'>".repeat(100_000)), b""].concat();
        let started = Instant::now();
        let named = names(&SourceName("all".into()), &read(&bytes).unwrap(), &BTreeMap::new());
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        assert_eq!(named.len(), 10_000);
        assert_eq!(named[9_999].0.0, "all/Same 10000");
        assert_eq!(read(&deep), Ok(Vec::new()));
    }

    fn named(outlines: &[(&str, &str)], known: &[(&str, &str)]) -> Vec<String> {
        let outline =
            |(title, url): &(&str, &str)| Outline { title: (*title).into(), url: (*url).into() };
        let outlines: Vec<Outline> = outlines.iter().map(outline).collect();
        let known = known.iter().map(|(url, name)| ((*url).into(), SourceName((*name).into())));
        let named = names(&SourceName("l".into()), &outlines, &known.collect());
        named.iter().map(|(name, outline)| format!("{name} {}", outline.url)).collect()
    }

    #[test]
    fn names_are_unique_and_addresses_keep_theirs() {
        assert_eq!(
            named(&[("A", "1"), ("A", "2"), ("B", "3"), ("A", "1"), ("A", "4")], &[]),
            ["l/A 1", "l/A 2 2", "l/B 3", "l/A 3 4"]
        );
        // The first one is gone, and the others stay who they are.
        assert_eq!(
            named(
                &[("A", "2"), ("New", "4"), ("A", "5"), ("A", "1")],
                &[("1", "l/A"), ("2", "l/A 2"), ("4", "l/A 3"), ("9", "l/A 4")]
            ),
            ["l/A 2 2", "l/A 3 4", "l/A 5 5", "l/A 1"]
        );
        assert_eq!(
            named(&[("A 2", "1"), ("A", "2"), ("A", "3")], &[]),
            ["l/A 2 1", "l/A 2", "l/A 3 3"]
        );
    }

    proptest! {
        #[test]
        fn names_are_always_unique(titles in proptest::collection::vec("A( [1-3])?", 0..12)) {
            let outlines: Vec<(String, String)> =
                titles.into_iter().enumerate().map(|(i, title)| (title, i.to_string())).collect();
            let outlines: Vec<(&str, &str)> = outlines.iter().map(|(t, u)| (&**t, &**u)).collect();
            let all = named(&outlines, &[("3", "l/A 2")]);
            let names: BTreeSet<&str> = all.iter().map(|line| line.rsplit_once(' ').unwrap().0).collect();
            prop_assert_eq!(names.len(), all.len());
        }

        #[test]
        fn any_bytes_are_always_read_or_refused(text in "(<|>|/|opml|outline|xmlUrl|=|'|\"| |&|\\PC){0,30}") {
            prop_assert!(read(text.as_bytes()).map_or(true, |outlines| outlines.len() < 30));
        }
    }
}
