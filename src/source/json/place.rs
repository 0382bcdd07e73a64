//! The address of a list, with places for a keyword and a cursor.

use crate::fetch::Location;
use crate::source::site::{Given, Wrong};
use url::{Url, form_urlencoded};

const KEYWORD: &str = "{keyword}";
const CURSOR: &str = "{cursor}";

/// Where a list is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    /// What was told; nothing where a saved reply is read.
    location: Option<Location>,
    /// The address with its places, where it is one.
    written: String,
    /// What stands in the place of the cursor on the first page.
    start: String,
    /// Within what the ids are unique.
    site: String,
}

impl Place {
    pub(super) fn of(given: &Given) -> Result<Self, Wrong> {
        // Braces are encoded where they stand in a path.
        let written = match &given.url {
            Some(Location::Web(url)) => url.as_str().replace("%7B", "{").replace("%7D", "}"),
            _ => String::new(),
        };
        let place = Self {
            site: given.url.as_ref().map(ToString::to_string).unwrap_or_default(),
            location: given.url.clone(),
            start: given.text("cursor_start").unwrap_or_default().to_owned(),
            written,
        };
        let known = "there are {keyword} and {cursor}";
        if let Some(odd) = places(&place.written).find(|name| !["keyword", "cursor"].contains(name))
        {
            return Err(Wrong::new("url", format!("`{{{odd}}}` is no place; {known}")));
        }
        if place.is_web() && place.fill("a", "a").is_none() {
            let why = "a place may stand in the path and behind the question mark only";
            return Err(Wrong::new("url", why));
        }
        if !place.start.is_empty() && place.is_web() && !place.takes_cursor() {
            let why = "`url` has no place `{cursor}` where it could stand";
            return Err(Wrong::new("cursor_start", why));
        }
        Ok(place)
    }

    fn is_web(&self) -> bool {
        matches!(self.location, Some(Location::Web(_)))
    }

    pub(super) fn takes_keyword(&self) -> bool {
        self.written.contains(KEYWORD)
    }

    fn takes_cursor(&self) -> bool {
        self.written.contains(CURSOR)
    }

    /// Returns within what the ids are unique.
    pub(super) fn site(&self) -> &str {
        &self.site
    }

    /// Returns where the first page of a list is.
    pub(super) fn first(&self, keyword: &str) -> Location {
        if let Some(url) = self.fill(keyword, &self.start) {
            return Location::Web(url);
        }
        self.location.clone().unwrap_or(Location::File("saved".into()))
    }

    /// Returns where the page is that the one at `here` calls `told`: a cursor or an address.
    pub(super) fn next(&self, told: &str, keyword: &str, here: &Url) -> Result<Url, String> {
        let is_address = told.starts_with("https://") || told.starts_with("http://");
        if self.takes_cursor() && !is_address {
            return self.fill(keyword, told).ok_or_else(|| "`next` gives no cursor".into());
        }
        // A word alone would be taken for a file beside this one.
        if !is_address && !told.starts_with(['/', '?', '.']) {
            return Err("`next` gives a cursor, and `url` has no place `{cursor}` for it".into());
        }
        let url = here.join(told).map_err(|_| "`next` gives no address".to_owned())?;
        match &self.location {
            // What is shown to the API is for nobody else.
            Some(Location::Web(own)) if own.origin() == url.origin() => Ok(url),
            _ => Err(format!(
                "`next` leads to another host, {}, which is not asked",
                url.host_str().unwrap_or_default()
            )),
        }
    }

    fn fill(&self, keyword: &str, cursor: &str) -> Option<Url> {
        if !self.is_web() {
            return None;
        }
        let filled = self.written.replace(KEYWORD, &encoded(keyword));
        Url::parse(&filled.replace(CURSOR, &encoded(cursor))).ok()
    }
}

/// Encodes all but letters, digits and `*-._`.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// Returns the words in braces.
fn places(written: &str) -> impl Iterator<Item = &str> {
    let behind = written.split('{').skip(1);
    let word =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    behind
        .filter_map(|text| text.split_once('}'))
        .map(|(text, _)| text)
        .filter(move |text| word(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn place(url: &str, start: &str) -> Result<Place, String> {
        let mut given = Given {
            url: Some(Location::parse(url, Path::new("/etc")).unwrap()),
            ..Given::default()
        };
        if !start.is_empty() {
            let told = crate::source::site::Told::Text(start.into());
            given.told.insert("cursor_start".into(), told);
        }
        Place::of(&given).map_err(|wrong| format!("{}: {}", wrong.key, wrong.why))
    }

    #[track_caller]
    fn first(url: &str, keyword: &str, expected: &str) {
        let Location::Web(found) = place(url, "").unwrap().first(keyword) else { panic!() };
        assert_eq!(found.as_str(), expected);
    }

    #[test]
    fn a_keyword_is_encoded_where_it_is_put_in() {
        first(
            "https://a.example/s?q={keyword}&c={cursor}",
            "a&b {cursor}",
            "https://a.example/s?q=a%26b%20%7Bcursor%7D&c=",
        );
        first(
            "https://a.example/s/{keyword}/x",
            "../ä?#",
            "https://a.example/s/..%2F%C3%A4%3F%23/x",
        );
        first(
            "https://a.example/s?q=%7Bkeyword%7D",
            "\"a b\"",
            "https://a.example/s?q=%22a%20b%22",
        );
        first("https://a.example/s?f={\"a\":1}", "x", "https://a.example/s?f={%22a%22:1}");
    }

    #[test]
    fn a_place_that_is_none_is_refused() {
        let refused = |url, start| place(url, start).unwrap_err();
        assert!(refused("https://a.example/?p={page}", "").contains("url: `{page}` is no place"));
        assert!(refused("https://a.example/", "1").starts_with("cursor_start: "));
    }

    #[track_caller]
    fn next(url: &str, told: &str, expected: Result<&str, &str>) {
        let here = Url::parse("https://a.example/v1/list?x=1").unwrap();
        match (place(url, "").unwrap().next(told, "k", &here), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found.as_str(), expected),
            (Err(why), Err(expected)) => assert!(why.contains(expected), "{why}"),
            (found, _) => panic!("{found:?}"),
        }
    }

    #[test]
    fn the_next_page_is_a_cursor_or_an_address_of_the_same_origin() {
        let (with, without) = ("https://a.example/v1/list?c={cursor}", "https://a.example/v1/list");
        next(with, "a/b=", Ok("https://a.example/v1/list?c=a%2Fb%3D"));
        next(with, "https://a.example/v2?page=2", Ok("https://a.example/v2?page=2"));
        next(without, "/v1/list?page=2", Ok("https://a.example/v1/list?page=2"));
        next(without, "?page=2", Ok("https://a.example/v1/list?page=2"));
        next(without, "abc", Err("no place `{cursor}`"));
        next(without, "//evil.example/x", Err("another host, evil.example"));
        next(with, "http://a.example/x", Err("another host"));
        next(with, "https://a.example:444/x", Err("another host"));
    }
}
