//! Bing News: links lead through a counter, and an entry has no id but where its link leads.

use crate::post::{Author, Post};
use url::Url;

/// Returns where Bing's counter of clicks leads; `None` for every other address.
pub(super) fn target(url: &Url) -> Option<Url> {
    let host = url.host_str()?;
    let is_bing = host == "bing.com" || host.ends_with(".bing.com");
    if !is_bing || !url.path().eq_ignore_ascii_case("/news/apiclick.aspx") {
        return None;
    }
    let (_, target) = url.query_pairs().find(|(name, _)| name == "url")?;
    Url::parse(&target).ok().filter(|target| matches!(target.scheme(), "http" | "https"))
}

/// Makes the target the id (the click address differs from reply to reply) and the outlet the author.
pub(super) fn tidy(post: &mut Post, outlet: Option<Author>) {
    post.id.clone_from(&post.url);
    post.site = String::new();
    if let Some(outlet) = outlet {
        post.author = outlet;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_leads_to_its_target() {
        for (address, expected) in [
            (
                "http://www.bing.com/news/apiclick.aspx?ref=FexRss&aid=&url=https%3a%2f%2fa.example%2fx%3fb%3dc%26d&c=1",
                Some("https://a.example/x?b=c&d"),
            ),
            ("https://bing.com/news/apiclick.aspx?url=javascript%3aalert(1)", None),
            ("https://www.bing.com/news/apiclick.aspx?ref=FexRss", None),
            ("https://www.bing.com/news/search?url=https%3a%2f%2fa.example%2f", None),
            ("https://notbing.com/news/apiclick.aspx?url=https%3a%2f%2fa.example%2f", None),
        ] {
            let target = target(&Url::parse(address).unwrap());
            assert_eq!(target.as_ref().map(Url::as_str), expected, "{address}");
        }
    }
}
