//! What holds for every document: cut short, in another encoding, or hostile.

use crate::fetch::{Location, Reply};
use crate::post::Post;
use crate::source::feed::tests::{feed, read, rss, visit};
use crate::source::{Page, Source};
use proptest::prelude::*;
use std::time::{Duration, Instant};

fn documents() -> Vec<String> {
    let items = |n: usize| {
        let item = "<item><guid isPermaLink='false'>gN</guid><title>Brändi &amp; N</title>
            <link>https://a.example/N</link><description><![CDATA[<p>näin N</p>]]></description></item>";
        (0..n).map(|i| item.replace('N', &i.to_string())).collect::<String>()
    };
    let entry = "<entry><id>tag:a,1:N</id><title type='html'>Brändi N</title>
        <link href='/N'/><content type='xhtml'><div>näin <b>N</b></div></content></entry>";
    let atom: String = (0..3).map(|i| entry.replace('N', &i.to_string())).collect();
    let item = r#"{"id":N,"title":"Brändi N","url":"https://a.example/N"}"#;
    let json = [0, 1, 2].map(|i| item.replace('N', &i.to_string())).join(", ");
    vec![
        rss(&items(3)),
        format!("<feed xmlns='http://www.w3.org/2005/Atom'>{atom}</feed>"),
        format!("<rdf:RDF xmlns='http://purl.org/rss/1.0/'><channel/>{}</rdf:RDF>", items(2)),
        format!(r#"{{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{json}]}}"#),
    ]
}

#[test]
fn every_beginning_of_a_document_gives_a_beginning_of_its_posts() {
    let told = |p: &Post| (p.id.clone(), p.url.clone(), p.title.clone(), p.text.clone());
    for document in documents() {
        let whole: Vec<_> = read(&document).unwrap().posts.iter().map(told).collect();
        let mut most = 0;
        for end in (0..document.len()).filter(|end| document.is_char_boundary(*end)) {
            let (cut, _) = document.split_at(end);
            let posts = read(cut).map(|page| page.posts).unwrap_or_default();
            let posts: Vec<_> = posts.iter().map(told).collect();
            assert_eq!(posts, whole[..posts.len()], "{cut}");
            assert!(posts.len() >= most, "{cut}");
            most = posts.len();
        }
        assert_eq!(most, whole.len(), "{document}");
    }
}

#[test]
fn a_document_says_the_same_in_every_encoding() {
    let location = Location::Web("https://a.example/feed.xml".parse().unwrap());
    let posts = |body: Vec<u8>, label: &str| {
        let content_type = Some(format!("text/xml; charset={label}"));
        let reply = Reply { content_type, ..Reply::of(location.clone(), body) };
        feed("https://a.example/feed.xml").read(&reply, &visit()).unwrap().posts
    };
    for document in documents() {
        let expected = posts(document.clone().into_bytes(), "utf-8");
        for label in ["iso-8859-1", "windows-1252", "iso-8859-15", "windows-1254"] {
            let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
            let (body, _, _) = encoding.encode(&document);
            assert_eq!(posts(body.into_owned(), label), expected, "{label}");
        }
        let wide = |bytes: fn(u16) -> [u8; 2]| {
            document.encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
        };
        assert_eq!(posts(wide(u16::to_be_bytes), "x"), expected);
        assert_eq!(posts(wide(u16::to_le_bytes), "utf-8"), expected);
        let wider: Vec<u8> = document.chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
        assert_eq!(posts(wider, "utf-8"), expected);
    }
}

#[test]
fn hostile_feeds_take_no_long_time() {
    let bomb = "<!DOCTYPE rss [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><rss><item><title>&b;";
    let started = Instant::now();
    for part in [
        "<item>",
        "<item/>",
        "<a>",
        "<title>x",
        "<a b='c' ",
        "x xmlns:a='b'",
        "&b;",
        "<item><guid>",
        "<item><![CDATA[</item>",
        "<![CDATA[",
        "<!--",
        "<!DOCTYPE a [",
        "<?",
        "</a>",
        "<a b='<",
        "<author><name>",
        "<source>",
        "<description><description>",
        "<x:a xmlns:x='y'>",
        "<a xml:base='b'>",
        "<content type='xhtml'><div>",
    ] {
        for end in ["", "</channel></rss>"] {
            let _page = read(&format!("<rss><channel>{}{end}", part.repeat(20_000)));
            let _page = read(&format!("{bomb}{}{end}", part.repeat(20_000)));
        }
    }
    assert!(started.elapsed() < Duration::from_secs(50), "{:?}", started.elapsed());
}

proptest! {
    #[test]
    fn a_cut_feed_always_gives_a_beginning_of_the_whole(items in 0_usize..5, kept in 0.0..1.0_f64) {
        let item = |i| format!("<item><guid>{i}</guid><title>ä &amp; {i}</title></item>");
        let whole = rss(&(0..items).map(item).collect::<String>());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss,
            reason = "a share of a short text")]
        let end = whole.floor_char_boundary((whole.len() as f64 * kept) as usize);
        let ids = |page: Page| page.posts.into_iter().map(|post| post.id).collect::<Vec<_>>();
        let all = ids(read(&whole).unwrap());
        prop_assert_eq!(all.len(), items);
        let (cut, _) = whole.split_at(end);
        let complete = cut.matches("</item>").count();
        if let Ok(page) = read(cut) {
            prop_assert_eq!(&ids(page)[..], &all[..complete]);
        } else {
            prop_assert_eq!(complete, 0);
        }
    }

    #[test]
    fn any_bytes_are_always_read_or_refused(
        text in "(<|>|/|rss|channel|item|entry|feed|title|guid|link|\\{|\"items\":\\[|=|'|\"| |&|\\PC){0,40}"
    ) {
        let page = read(&text);
        prop_assert_eq!(read(&text), page);
    }
}
