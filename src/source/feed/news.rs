//! Google News: titles end in the name of the outlet, and there is no text but the title again.

use crate::post::{Author, Post};
use url::Url;

/// Tells whether an entry points at an article of Google News.
pub(super) fn is_article(url: &Url) -> bool {
    url.host_str() == Some("news.google.com") && url.path().contains("/articles/")
}

/// Makes the outlet the author. What stands as text are links to this and related articles: they
/// would make other people's headlines words of this one.
pub(super) fn tidy(post: &mut Post, outlet: Option<Author>) {
    post.text = String::new();
    let Some(outlet) = outlet else { return };
    if let (Some(title), Some(name)) = (&post.title, &outlet.name) {
        let headline = title.strip_suffix(name.as_str()).map(str::trim_end);
        let headline = headline.and_then(|title| title.strip_suffix('-')).map(str::trim_end);
        if let Some(headline) = headline.filter(|headline| !headline.is_empty()) {
            post.title = Some(headline.to_owned());
        }
    }
    post.author = outlet;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outlet_moves_from_the_title_to_the_author() {
        for (title, outlet, expected) in [
            ("Acme grows - The Post", Some("The Post"), "Acme grows"),
            ("Acme - the maker - grows - Post", Some("Post"), "Acme - the maker - grows"),
            ("Acme grows", Some("The Post"), "Acme grows"),
            ("The Post", Some("The Post"), "The Post"),
            ("Acme grows - The Post", None, "Acme grows - The Post"),
        ] {
            let author = Author { name: outlet.map(Into::into), ..Author::default() };
            let mut post = Post { title: Some(title.into()), text: "x".into(), ..Post::default() };
            tidy(&mut post, outlet.map(|_| author.clone()));
            assert_eq!((post.title.as_deref(), post.text.as_str()), (Some(expected), ""));
            assert_eq!(post.author, author);
        }
    }

    #[test]
    fn only_articles_of_google_news_are_meant() {
        let is = |address| is_article(&Url::parse(address).unwrap());
        assert!(is("https://news.google.com/rss/articles/CBMi?oc=5"));
        assert!(is("https://news.google.com/__i/rss/rd/articles/CBMi?oc=5"));
        assert!(!is("https://news.google.com/search?q=x"));
        assert!(!is("https://news.example/articles/1"));
    }
}
