//! What elements are called, in all the formats and namespaces that feeds are written in.

/// Namespaces that matter to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Namespace {
    /// RSS and Atom of any version, and whatever has no prefix.
    Core,
    Content,
    Dublin,
    Terms,
    Media,
    Itunes,
    Syndication,
    Thread,
    Xhtml,
    /// Known, and nothing in it is for us.
    Ignored,
    Unknown,
}

/// Prefixes that feeds use even undeclared.
const PREFIXES: [(&str, Namespace); 22] = [
    ("atom", Namespace::Core),
    ("atom10", Namespace::Core),
    ("atom03", Namespace::Core),
    ("a10", Namespace::Core),
    ("rss", Namespace::Core),
    ("rdf", Namespace::Ignored),
    ("content", Namespace::Content),
    ("dc", Namespace::Dublin),
    ("dcterms", Namespace::Terms),
    ("media", Namespace::Media),
    ("itunes", Namespace::Itunes),
    ("sy", Namespace::Syndication),
    ("syn", Namespace::Syndication),
    ("thr", Namespace::Thread),
    ("xhtml", Namespace::Xhtml),
    ("slash", Namespace::Ignored),
    ("wfw", Namespace::Ignored),
    ("georss", Namespace::Ignored),
    ("feedburner", Namespace::Ignored),
    ("podcast", Namespace::Ignored),
    ("cc", Namespace::Ignored),
    ("admin", Namespace::Ignored),
];

/// Namespaces by what stands between the scheme and the last slash, in lower case: feeds write them
/// in other cases, with other ends, or in older versions. A star stands for any end.
const ADDRESSES: [(&str, Namespace); 34] = [
    ("www.w3.org/2005/atom", Namespace::Core),
    ("purl.org/atom/*", Namespace::Core),
    ("purl.org/atom-blog/ns", Namespace::Core),
    ("purl.org/echo", Namespace::Core),
    ("purl.org/pie", Namespace::Core),
    ("example.com/newformat", Namespace::Core),
    ("example.com/necho", Namespace::Core),
    ("uri/of/echo/namespace", Namespace::Core),
    ("purl.org/rss/1.0", Namespace::Core),
    ("purl.org/rss/1.0/modules/rss091", Namespace::Core),
    ("purl.org/net/rss1.1*", Namespace::Core),
    ("my.netscape.com/*", Namespace::Core),
    ("channel.netscape.com/*", Namespace::Core),
    ("backend.userland.com/*", Namespace::Core),
    ("blogs.law.harvard.edu/tech/rss", Namespace::Core),
    ("cyber.law.harvard.edu/rss/*", Namespace::Core),
    ("www.rssboard.org/rss-specification", Namespace::Core),
    ("rssnamespace.org/feeds/rss", Namespace::Core),
    ("purl.org/rss/1.0/modules/content", Namespace::Content),
    ("purl.org/dc/elements/*", Namespace::Dublin),
    ("purl.org/dc/terms", Namespace::Terms),
    ("search.yahoo.com/mrss", Namespace::Media),
    ("tools.search.yahoo.com/mrss", Namespace::Media),
    ("video.search.yahoo.com/mrss", Namespace::Media),
    ("www.itunes.com/dtds/podcast*", Namespace::Itunes),
    ("www.itunes.com/podcast*", Namespace::Itunes),
    ("itunes.apple.com/dtds/podcast*", Namespace::Itunes),
    ("example.com/dtds/podcast-1.0.dtd", Namespace::Itunes),
    ("purl.org/rss/1.0/modules/syndication", Namespace::Syndication),
    ("purl.org/syndication/thread/1.0", Namespace::Thread),
    ("www.w3.org/1999/xhtml", Namespace::Xhtml),
    ("www.w3.org/1999/02/22-rdf-syntax-ns", Namespace::Ignored),
    ("purl.org/rss/1.0/modules/*", Namespace::Ignored),
    ("www.w3.org/xml/1998/namespace", Namespace::Ignored),
];

/// Returns the namespace that is meant by an address.
pub(super) fn namespace(written: &str) -> Namespace {
    let lower = written.trim().to_ascii_lowercase();
    let name = lower.split_once("://").map_or(lower.as_str(), |(_, name)| name);
    let name = name.trim_end_matches(['/', '#']);
    let known = ADDRESSES.iter().find(|(address, _)| match address.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *address,
    });
    known.map_or(Namespace::Unknown, |(_, namespace)| *namespace)
}

/// Returns the namespace that an undeclared prefix stands for.
pub(super) fn by_prefix(prefix: &str) -> Namespace {
    let known = PREFIXES.iter().find(|(name, _)| prefix.eq_ignore_ascii_case(name));
    known.map_or(Namespace::Unknown, |(_, namespace)| *namespace)
}

/// What an element is for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    /// Holds entries or says what the feed is; its children are looked at.
    Shell,
    Entry,
    /// Has titles and links of its own, which are not for us.
    Opaque,
    Id,
    Title,
    Link,
    Summary,
    Content,
    Published,
    Updated,
    Created,
    Person,
    Source,
    MediaTitle,
    MediaText,
    Reply,
    Language,
    Generator,
    Minutes,
    Hour,
    Day,
    Period,
    Frequency,
    /// Known, and of no interest; what is in it is passed over without minding whether it ends.
    Leaf,
    /// Not known. Within a known namespace its children are looked at.
    Other,
}

impl Element {
    /// Tells whether the start of this element ends a short text before it that nobody closed.
    pub(super) fn ends_short_text(self) -> bool {
        !matches!(self, Self::Other | Self::Shell | Self::Opaque | Self::MediaText)
    }

    /// Tells whether the start of this element ends a long text, in which there may be any HTML. Only
    /// what is called like nothing in HTML does.
    pub(super) fn ends_long_text(self, name: &str) -> bool {
        let is_html = ["title", "link", "summary", "source", "address"];
        let is_certain = matches!(
            self,
            Self::Entry | Self::Id | Self::Published | Self::Updated | Self::Person | Self::Summary
        );
        is_certain && !is_html.iter().any(|html| name.eq_ignore_ascii_case(html))
    }
}

/// Parts a name into its prefix, which may be empty, and the rest.
pub(super) fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

/// Returns what an element is, by its namespace and its name without a prefix.
pub(super) fn element(namespace: Namespace, name: &str) -> Element {
    let mut buffer = [0_u8; 20];
    let Some(lower) = buffer.get_mut(..name.len()) else { return Element::Other };
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    match namespace {
        Namespace::Core => core(lower),
        Namespace::Content => match &*lower {
            b"encoded" | b"item" | b"items" => Element::Content,
            _ => Element::Leaf,
        },
        Namespace::Dublin => match &*lower {
            b"title" => Element::Title,
            b"creator" | b"author" => Element::Person,
            b"date" => Element::Updated,
            b"description" => Element::Summary,
            b"language" => Element::Language,
            _ => Element::Leaf,
        },
        Namespace::Terms => match &*lower {
            b"issued" => Element::Published,
            b"created" | b"available" => Element::Created,
            b"modified" | b"date" => Element::Updated,
            b"creator" => Element::Person,
            b"title" => Element::Title,
            _ => Element::Leaf,
        },
        Namespace::Media => match &*lower {
            b"title" => Element::MediaTitle,
            b"description" => Element::MediaText,
            _ => Element::Leaf,
        },
        Namespace::Itunes => match &*lower {
            b"author" => Element::Person,
            b"summary" => Element::MediaText,
            b"title" => Element::MediaTitle,
            _ => Element::Leaf,
        },
        Namespace::Syndication => match &*lower {
            b"updateperiod" => Element::Period,
            b"updatefrequency" => Element::Frequency,
            _ => Element::Leaf,
        },
        Namespace::Thread => match &*lower {
            b"in-reply-to" => Element::Reply,
            _ => Element::Leaf,
        },
        Namespace::Xhtml => match &*lower {
            b"body" => Element::Content,
            _ => Element::Other,
        },
        Namespace::Ignored | Namespace::Unknown => match &*lower {
            // Bing binds its prefix to another address in every reply.
            b"source" => Element::Source,
            _ => Element::Other,
        },
    }
}

fn core(name: &[u8]) -> Element {
    match name {
        b"rss" | b"rdf" | b"feed" | b"channel" | b"items" | b"skiphours" | b"skipdays" => {
            Element::Shell
        }
        b"item" | b"entry" => Element::Entry,
        b"image" | b"textinput" | b"contributor" => Element::Opaque,
        b"id" | b"guid" => Element::Id,
        b"title" => Element::Title,
        b"link" => Element::Link,
        b"description" | b"summary" | b"abstract" | b"tagline" | b"subtitle" => Element::Summary,
        b"content" | b"fullitem" | b"content_encoded" => Element::Content,
        b"pubdate" | b"published" | b"issued" => Element::Published,
        b"updated" | b"modified" | b"date" => Element::Updated,
        b"created" => Element::Created,
        b"author" | b"managingeditor" | b"creator" => Element::Person,
        b"source" => Element::Source,
        b"language" => Element::Language,
        b"generator" => Element::Generator,
        b"ttl" => Element::Minutes,
        b"hour" => Element::Hour,
        b"day" => Element::Day,
        b"category" | b"comments" | b"enclosure" | b"copyright" | b"rights" | b"docs"
        | b"cloud" | b"webmaster" | b"lastbuilddate" | b"rating" | b"logo" | b"icon" => {
            Element::Leaf
        }
        _ => Element::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_known_however_they_are_written() {
        for (written, expected) in [
            ("http://www.w3.org/2005/Atom", Namespace::Core),
            ("HTTP://WWW.W3.ORG/2005/ATOM/", Namespace::Core),
            ("https://purl.org/atom/ns#", Namespace::Core),
            ("http://purl.org/rss/1.0/", Namespace::Core),
            ("http://purl.org/net/rss1.1/payload#", Namespace::Core),
            ("http://purl.org/rss/1.0/modules/content", Namespace::Content),
            ("http://purl.org/rss/1.0/modules/slash/", Namespace::Ignored),
            (" http://search.yahoo.com/mrss ", Namespace::Media),
            ("http://www.itunes.com/DTDs/Podcast-1.0.dtd", Namespace::Itunes),
            ("http://a.example/", Namespace::Unknown),
            ("", Namespace::Unknown),
        ] {
            assert_eq!(namespace(written), expected, "{written}");
        }
        assert_eq!(by_prefix("Media"), Namespace::Media);
        assert_eq!(by_prefix("x"), Namespace::Unknown);
    }

    #[test]
    fn elements_are_known_whatever_their_case() {
        assert_eq!(element(Namespace::Core, "pubDate"), Element::Published);
        assert_eq!(element(Namespace::Core, "ITEM"), Element::Entry);
        assert_eq!(element(Namespace::Media, "title"), Element::MediaTitle);
        assert_eq!(element(Namespace::Unknown, "title"), Element::Other);
        assert_eq!(element(Namespace::Core, &"x".repeat(100)), Element::Other);
    }
}
