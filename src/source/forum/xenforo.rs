//! The RSS of `XenForo`: the list of topics, with how many answers each has. The posts are on the pages.

use crate::post::Author;
use crate::source::Unreadable;
use crate::source::feed::date;
use crate::source::forum::api::{self, Way};
use crate::source::forum::paging;
use crate::source::forum::reading::{Reading, Row};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use url::Url;

const MOST_TITLE: usize = 1_000;
const MOST_NAME: usize = 200;
/// A longer value of an element is no title, address or number.
const MOST_VALUE: usize = 10_000;

/// What is read of an item.
const WANTED: [&str; 7] =
    ["title", "link", "pubDate", "dc:creator", "author", "slash:comments", "guid"];

/// Returns where the list that the page at `url` shows is as RSS.
pub(super) fn address(url: &Url) -> Option<Url> {
    let forum = |path: &str| {
        let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
        let at = parts.iter().position(|part| *part == "forums");
        match (at, parts.as_slice()) {
            (Some(at), parts) => {
                let (folder, rest) = parts.split_at_checked(at)?;
                let node = rest.get(1).filter(|node| !node.starts_with("page-"))?;
                Some([folder, &["forums", node, "index.rss"]].concat().join("/"))
            }
            (None, [folder @ .., "whats-new"] | [folder @ .., "whats-new", _]) => {
                Some([folder, &["forums", "-", "index.rss"]].concat().join("/"))
            }
            (None, _) => None,
        }
    };
    let mut feed = url.clone();
    feed.set_fragment(None);
    match url.query() {
        // Without friendly addresses the path stands in the query.
        Some(query) if url.path().ends_with("index.php") => {
            let path = query.split('&').next().unwrap_or_default();
            feed.set_query(Some(&forum(path)?));
        }
        _ => {
            feed.set_query(None);
            let folder = url.path().trim_end_matches('/');
            let path = forum(url.path());
            let path = path.or_else(|| {
                let is_front = !["threads", "members", "search"].iter().any(|p| folder.contains(p));
                is_front.then(|| format!("{folder}/forums/-/index.rss"))
            })?;
            feed.set_path(&path);
        }
    }
    Some(feed)
}

/// Reads a feed of topics.
pub(super) fn read(xml: &str, url: &Url) -> Result<Reading, Unreadable> {
    let mut reading = Reading { way: Way::Rss, ..Reading::default() };
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = false;
    let mut item: Option<Item> = None;
    let mut field: Option<usize> = None;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) if named(&tag, "item") => item = Some(Item::default()),
            Ok(Event::Start(tag)) => field = WANTED.iter().position(|wanted| named(&tag, wanted)),
            Ok(Event::Text(text)) => {
                if let (Some(item), Some(at)) = (&mut item, field) {
                    item.push(at, &text);
                }
            }
            Ok(Event::GeneralRef(entity)) => {
                if let (Some(item), Some(at)) = (&mut item, field) {
                    let entity = format!("&{};", &*entity);
                    item.push(at, &crate::text::html::plain(&entity));
                }
            }
            Ok(Event::CData(text)) => {
                if let (Some(item), Some(at)) = (&mut item, field) {
                    item.push(at, &text);
                }
            }
            Ok(Event::End(tag)) if tag.name().as_ref() == "item" => {
                match item.take().and_then(|item| item.row(url)) {
                    Some(row) => reading.rows.push(row),
                    None => reading.skipped += 1,
                }
            }
            Ok(Event::End(_)) => field = None,
            // What stands before the fault counts.
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    if reading.rows.is_empty() && reading.skipped > 0 {
        return Err(Unreadable("the feed has entries, but none names a topic".into()));
    }
    Ok(reading)
}

fn named(tag: &BytesStart<'_>, name: &str) -> bool {
    tag.name().as_ref() == name
}

/// The values of one item, in the order of [`WANTED`].
#[derive(Default)]
struct Item([String; WANTED.len()]);

impl Item {
    fn push(&mut self, at: usize, text: &str) {
        if let Some(value) = self.0.get_mut(at).filter(|value| value.len() < MOST_VALUE) {
            value.push_str(text);
        }
    }

    fn row(self, base: &Url) -> Option<Row> {
        let [title, link, posted, creator, author, answers, guid] = self.0;
        let address =
            base.join(link.trim()).ok().filter(|url| url.as_str().contains("threads/"))?;
        let address = paging::tidy(&address);
        let mark = format!("{} {} {}", answers.trim(), posted.trim(), guid.trim());
        let mut row = Row::new(&paging::identity(&address), address.clone(), address, Some(&mark));
        row.title = api::line(&crate::text::html::escape(&title), MOST_TITLE);
        row.last = date::parse(posted.trim());
        let name = [creator, author].into_iter().find(|name| !name.trim().is_empty());
        let name = name.and_then(|name| api::line(&crate::text::html::escape(&name), MOST_NAME));
        row.author = Author { name, ..Author::default() };
        Some(row)
    }
}
