//! Addresses of pages: which belong to the same document, and how to leave out the middle of a long
//! one.

use crate::source::forum::pages;
use url::Url;

/// Pages of a topic that are read at most, where it has more: the first and the last ones.
pub(super) const MOST_AT_ONCE: u64 = 10;

/// What lies between a page and the last one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ahead {
    /// Pages behind this one.
    pub pages: u64,
    next: u64,
    step: u64,
    before: String,
    after: String,
}

impl Ahead {
    /// Works out the way to the last page from the addresses of this, the next and the last one, if
    /// they differ in a single number.
    pub(super) fn between(this: &Url, next: &Url, last: &Url) -> Option<Self> {
        let (before, nth, last, after) = difference(next.as_str(), last.as_str())?;
        let own = number_in(this.as_str(), before, after);
        // A first page often has no number: then the second has 2, or as many as a page holds.
        let step = match own {
            Some(own) => nth.checked_sub(own)?,
            None if nth == 2 => 1,
            None => nth,
        };
        let way = last.checked_sub(nth)?;
        if step == 0 || way.checked_rem(step)? != 0 {
            return None;
        }
        let (before, after) = (before.to_owned(), after.to_owned());
        Some(Self { pages: way / step + 1, next: nth, step, before, after })
    }

    /// Returns the page from which `most` pages are left, that page included.
    pub(super) fn towards_the_end(&self, most: u64) -> Option<Url> {
        let nth = self.next + self.step * self.pages.checked_sub(most)?;
        Url::parse(&format!("{}{nth}{}", self.before, self.after)).ok()
    }
}

/// Splits two addresses that differ in one number: what stands before it, both numbers, what stands
/// behind it.
fn difference<'a>(a: &'a str, b: &str) -> Option<(&'a str, u64, u64, &'a str)> {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let (head, _) = a.split_at_checked(a.floor_char_boundary(same))?;
    let before = head.trim_end_matches(|c: char| c.is_ascii_digit());
    let (a, b) = (a.strip_prefix(before)?, b.strip_prefix(before)?);
    let (a, after) = leading_number(a)?;
    let (b, rest) = leading_number(b)?;
    (after == rest).then_some((before, a, b, after))
}

fn leading_number(text: &str) -> Option<(u64, &str)> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.strip_suffix(rest)?;
    Some((digits.parse().ok()?, rest))
}

fn number_in(text: &str, before: &str, after: &str) -> Option<u64> {
    text.strip_prefix(before)?.strip_suffix(after)?.parse().ok()
}

/// Returns `url` without what changes from visit to visit: the fragment and session numbers.
pub(super) fn tidy(url: &Url) -> Url {
    let mut url = pages::without_session(url.clone());
    url.set_fragment(None);
    url
}

/// Returns what tells a topic from others: its address without what only tells how it is shown.
pub(super) fn identity(url: &Url) -> String {
    let url = tidy(url);
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}{}{query}", host(&url), url.path().trim_end_matches('/'))
}

/// Returns the host with its port, if that is not the usual one.
pub(super) fn authority(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

fn host(url: &Url) -> &str {
    let host = url.host_str().unwrap_or_default();
    host.strip_prefix("www.").unwrap_or(host)
}

/// Tells whether both addresses are on one site: a page never leads us to another one.
pub(super) fn same_site(a: &Url, b: &Url) -> bool {
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https");
    is_web(a) && is_web(b) && host(a) == host(b) && a.port() == b.port()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        format!("https://a.example/{text}").parse().unwrap()
    }

    #[track_caller]
    fn check(this: &str, next: &str, last: &str, expected: Option<(u64, &str)>) {
        let ahead = Ahead::between(&url(this), &url(next), &url(last));
        let seen = ahead.map(|ahead| (ahead.pages, ahead.towards_the_end(2).unwrap()));
        assert_eq!(seen, expected.map(|(pages, end)| (pages, url(end))));
    }

    #[test]
    fn the_way_to_the_last_page_is_worked_out_from_three_addresses() {
        check("t/x.7/", "t/x.7/page-2", "t/x.7/page-57", Some((56, "t/x.7/page-56")));
        check("t/x.7/page-3", "t/x.7/page-4", "t/x.7/page-12", Some((9, "t/x.7/page-11")));
        check("v?t=1", "v?t=1&start=20", "v?t=1&start=1120", Some((56, "v?t=1&start=1100")));
        check("i?topic=1.0", "i?topic=1.15", "i?topic=1.45", Some((3, "i?topic=1.30")));
        check("t1.html", "t1-2.html", "t1-10.html", Some((9, "t1-9.html")));
        check("t?page=9", "t?page=10", "t?page=11", Some((2, "t?page=10")));
    }

    #[test]
    fn pages_that_fit_no_step_are_left_to_be_followed() {
        check("t", "t?page=2", "t?page=2&x=1", None);
        check("t?start=0", "t?start=20", "t?start=50", None);
        check("t?page=3", "t?page=2", "t?page=9", None);
        check("t", "a", "b", None);
        check("t?p=1", "t?p=2", "t?p=1", None);
        check("t?p=1", "t?p=99999999999999999999", "t?p=99999999999999999998", None);
    }

    #[test]
    fn a_session_is_no_part_of_an_address() {
        let session = "0d1f438e682374556630f48524e4a39b";
        let seen = tidy(&url(&format!("f?s={session}&t=1#new")));
        assert_eq!(seen, url("f?t=1"));
        assert_eq!(tidy(&url("f?s=acme")), url("f?s=acme"));
        let known = identity(&url(&format!("t/1/?sid={session}")));
        assert_eq!(known, "a.example/t/1");
        assert_eq!(identity(&"http://www.a.example/t/1".parse().unwrap()), known);
    }
}
