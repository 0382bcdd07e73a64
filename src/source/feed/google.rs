//! Google Alerts: entries point at a redirect, mark what matched in bold, and end in three dots.

use crate::fetch::Location;
use crate::post::Post;
use url::{Url, form_urlencoded};

/// Tells whether a feed is a Google Alert, by where it is or by its own id.
pub fn is_alerts(location: &Location, feed_id: &str) -> bool {
    let by_place = match location {
        Location::Web(url) => is_google(url) && url.path().starts_with("/alerts/feeds/"),
        Location::File(_) => false,
    };
    by_place || feed_id.starts_with("tag:google.com,2005:reader/user/")
}

/// Tells whether `url` is Google's redirect to another page.
pub fn is_redirect(url: &Url) -> bool {
    is_google(url) && url.path() == "/url" && parameter(url).is_some()
}

/// Returns where a Google redirect leads; `None` for every other address, and where it leads
/// nowhere on the web.
pub fn target(url: &Url) -> Option<Url> {
    let target = is_redirect(url).then(|| parameter(url)).flatten()?;
    Url::parse(&target).ok().filter(|target| matches!(target.scheme(), "http" | "https"))
}

/// Takes off the dots with which an alert says that the text goes on.
pub fn tidy(post: &mut Post) {
    let shorten = |text: &str| {
        let kept = text.strip_suffix("...").or_else(|| text.strip_suffix('…'));
        kept.filter(|kept| kept.ends_with(char::is_whitespace))
            .unwrap_or(text)
            .trim_end()
            .to_owned()
    };
    post.title = post.title.as_deref().map(shorten).filter(|title| !title.is_empty());
    post.text = shorten(&post.text);
}

/// Tells whether the host is Google's in some country: `www.google.fi`, `google.com.tr`.
pub fn is_google(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let country = host.strip_prefix("www.").unwrap_or(host).strip_prefix("google.");
    country.is_some_and(|country| {
        country.len() <= 6
            && country.split('.').count() <= 2
            && country
                .split('.')
                .all(|label| label.len() >= 2 && label.bytes().all(|b| b.is_ascii_lowercase()))
    })
}

fn parameter(url: &Url) -> Option<String> {
    // A plus in a target that Google did not encode is a plus.
    let query = url.query()?.replace('+', "%2B");
    let find = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    find("url").or_else(|| find("q"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: Option<&str>) {
        let unwrapped = target(&Url::parse(address).unwrap());
        assert_eq!(unwrapped.as_ref().map(Url::as_str), expected, "{address}");
    }

    #[test]
    fn a_redirect_leads_to_its_target() {
        let plain = Some("https://a.example/x/");
        check("https://www.google.com/url?rct=j&sa=t&url=https://a.example/x/&ct=ga&cd=C", plain);
        check("https://google.fi/url?q=https://a.example/x/&sa=t", plain);
        check("https://www.google.com.tr/url?url=https://a.example/x/", plain);
        check(
            "https://www.google.com/url?url=https://a.example/x%3Fa%3D1%26b%3Dc%2520d&ct=ga",
            Some("https://a.example/x?a=1&b=c%20d"),
        );
        check(
            "https://www.google.com/url?url=https://a.example/c++",
            Some("https://a.example/c++"),
        );
    }

    #[test]
    fn what_is_no_redirect_to_the_web_leads_nowhere() {
        check("https://www.google.com/url?url=javascript:alert(1)", None);
        check("https://www.google.com/url?sa=t", None);
        check("https://www.google.com/search?q=https://a.example/", None);
        check("https://www.google.evil.example/url?url=https://a.example/", None);
        check("https://notgoogle.com/url?url=https://a.example/", None);
        check("https://a.example/url?url=https://b.example/", None);
    }

    #[test]
    fn a_redirect_is_unwrapped_once() {
        check(
            "https://www.google.com/url?url=https://www.google.com/url?url%3Dhttps://a.example/",
            Some("https://www.google.com/url?url=https://a.example/"),
        );
    }

    #[test]
    fn only_dots_that_stand_alone_are_taken_off() {
        for (text, expected) in
            [("a ...", "a"), ("a …", "a"), ("a...", "a..."), ("a\n...", "a"), ("a", "a")]
        {
            let mut post = Post { title: Some(text.into()), text: text.into(), ..Post::default() };
            tidy(&mut post);
            assert_eq!((post.title.as_deref(), post.text.as_str()), (Some(expected), expected));
        }
    }
}
