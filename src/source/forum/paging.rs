//! Addresses of pages: which belong to the same document, and how to leave out the middle of a long
//! one.

use crate::source::forum::memory::MOST_ADDRESS;
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
        self.page(self.pages.checked_sub(most)?)
    }

    /// Returns the page `most` pages before the one at `left`, or before the end if that was there;
    /// `None` where it is none behind the next one.
    pub(super) fn back_from(&self, left: &Url, most: u64) -> Option<Url> {
        let left = number_in(left.as_str(), &self.before, &self.after)?.checked_sub(self.next)?;
        let left = (left.checked_rem(self.step)? == 0).then_some(left / self.step)?;
        let nth = left.min(self.pages).checked_sub(most)?;
        self.page(nth).filter(|_| nth > 0)
    }

    /// Returns a page by how many come between it and this one.
    fn page(&self, nth: u64) -> Option<Url> {
        let number = self.step.checked_mul(nth)?.checked_add(self.next)?;
        Url::parse(&format!("{}{number}{}", self.before, self.after)).ok()
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

/// Returns `url` without what changes from visit to visit: the fragment and session numbers; and
/// without a name and password.
pub(super) fn tidy(url: &Url) -> Url {
    let mut url = pages::without_session(without_user(url));
    url.set_fragment(None);
    url
}

/// Returns `url` without a name and password, which are for nobody but the server.
pub(super) fn without_user(url: &Url) -> Url {
    with_user(url, "", None)
}

/// Returns `url` with a name and password, as they stand in an address, where it can have any.
pub(super) fn with_user(url: &Url, name: &str, password: Option<&str>) -> Url {
    let mut with = url.clone();
    let set = with.set_username(name).and_then(|()| with.set_password(password));
    if set.is_ok() { with } else { url.clone() }
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

/// Tells whether a page at `home` may lead us to `url`: never to another site, nor from an encrypted
/// page to one that is not.
pub(super) fn same_site(url: &Url, home: &Url) -> bool {
    let is_safe =
        matches!((home.scheme(), url.scheme()), ("http", "http" | "https") | ("https", "https"));
    is_safe && host(url) == host(home) && url.port() == home.port()
}

/// Returns `url` as a page at `home` may lead us to it, if it may. Many a board behind an encrypting
/// server writes its own addresses as if they were not encrypted; they are had encrypted too.
pub(super) fn reachable(url: &Url, home: &Url) -> Option<Url> {
    let mut url = without_user(url);
    if home.scheme() == "https" && url.scheme() == "http" {
        url.set_scheme("https").ok()?;
    }
    Some(url).filter(|url| same_site(url, home) && url.as_str().len() <= MOST_ADDRESS)
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
    fn a_page_is_found_some_pages_before_another() {
        let ahead = Ahead::between(&url("t"), &url("t?page=2"), &url("t?page=30")).unwrap();
        for (left, expected) in [
            ("t?page=20", Some("t?page=11")),
            ("t?page=12", Some("t?page=3")),
            ("t?page=11", None),
            ("t?page=99", Some("t?page=22")),
            ("t", None),
            ("u?page=20", None),
        ] {
            assert_eq!(ahead.back_from(&url(left), 9), expected.map(url), "{left}");
        }
    }

    #[test]
    fn a_page_leads_neither_elsewhere_nor_out_of_encryption() {
        let check = |home: &str, link: &str, same: bool, reached: Option<&str>| {
            let (home, link): (Url, Url) = (home.parse().unwrap(), link.parse().unwrap());
            assert_eq!(same_site(&link, &home), same, "{home} {link}");
            assert_eq!(reachable(&link, &home), reached.map(|url| url.parse().unwrap()));
        };
        check(
            "https://a.example/",
            "https://www.a.example/t",
            true,
            Some("https://www.a.example/t"),
        );
        check("http://a.example/", "https://a.example/t", true, Some("https://a.example/t"));
        check("http://a.example/", "http://a.example/t", true, Some("http://a.example/t"));
        check("https://a.example/", "http://a.example/t", false, Some("https://a.example/t"));
        check("https://a.example/", "https://b.example/t", false, None);
        check("https://a.example/", "https://a.example:8443/t", false, None);
        check("https://a.example/", "ftp://a.example/t", false, None);
        check("https://a.example/", "https://u:p@a.example/t", true, Some("https://a.example/t"));
        let long = format!("https://a.example/{}", "x".repeat(MOST_ADDRESS));
        check("https://a.example/", &long, true, None);
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
