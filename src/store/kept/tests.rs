//! What is kept of a post, and that it reads back.

use super::*;
use proptest::prelude::*;

fn source() -> SourceName {
    SourceName("news".into())
}

fn at(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap()
}

fn words() -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter)
}

fn any_kept() -> impl Strategy<Value = Kept> {
    use proptest::option::of;
    let times = (of(0_i64..4_000_000_000_000_000), of(0_i64..9), 0_i64..4_000_000_000_000_000);
    let author = (of(words()), of(words()), of(words()), of(any::<u64>()));
    let names = (of(words()), words(), of(words()), of(words()), of(words()), of(words()));
    let rest = (any::<bool>(), any::<bool>(), of(1_u8..6), of(any::<i64>()), 0..3_usize);
    let text = prop_oneof![words(), (words(), 0..3_000_usize).prop_map(|(one, n)| one.repeat(n))];
    (times, author, names, rest, text).prop_map(|(times, author, names, rest, text)| {
        let (name, handle, url, followers) = author;
        let (id, site, address, title, parent, thread) = names;
        let (has_own_url, has_own_title, rating, likes, concerns) = rest;
        let post = Post {
            id,
            site,
            url: address,
            has_own_url,
            title,
            has_own_title,
            text,
            author: Author { name, handle, url, followers },
            published: times.0.map(at),
            language: "fi".parse().ok(),
            parent,
            thread,
            edited: times.1.map(at),
            engagement: Engagement { likes, ..Engagement::default() },
            rating,
            concerns: [Concerns::Named, Concerns::Brand, Concerns::Desk][concerns],
            is_private: false,
            is_gone: false,
        };
        Kept::of(&source(), Kind::Forum, &post, at(times.2)).unwrap()
    })
}

proptest! {
    #[test]
    fn what_was_kept_reads_back(posts in proptest::collection::vec(any_kept(), 0..12), stays: bool) {
        let mut body = Body::default();
        for post in &posts {
            body.add(short(post.name()), post).unwrap();
        }
        let bytes = body.pack(stays).unwrap();
        let block = Block::read(&bytes).unwrap();
        let names: Vec<ShortName> = posts.iter().map(|post| short(post.name())).collect();
        prop_assert_eq!(block.names().collect::<Vec<_>>(), names);
        prop_assert_eq!(block.count(), posts.len() as u64);
        prop_assert_eq!(Packed(bytes).open().unwrap(), posts);
    }

    #[test]
    fn what_is_taken_out_leaves_the_others_as_they_were(posts in proptest::collection::vec(any_kept(), 1..8), chosen: u8) {
        let mut body = Body::default();
        for post in &posts {
            body.add(short(post.name()), post).unwrap();
        }
        let bytes = body.pack(true).unwrap();
        let name = short(posts[usize::from(chosen) % posts.len()].name());
        let left = Block::read(&bytes).unwrap().without(&|one| one == name).unwrap();
        let expected: Vec<Kept> =
            posts.into_iter().filter(|post| short(post.name()) != name).collect();
        prop_assert_eq!(Packed(left.pack(true).unwrap()).open().unwrap(), expected);
    }

    #[test]
    fn noise_is_told_and_breaks_nothing(mut noise in proptest::collection::vec(any::<u8>(), 0..200), post in any_kept(), at: usize, flip: u8) {
        let mut body = Body::default();
        body.add(short(post.name()), &post).unwrap();
        let mut bytes = body.pack(true).unwrap();
        let place = at % bytes.len();
        bytes[place] ^= flip;
        // What comes of it may be anything but a panic.
        let _opened = Packed(bytes).open();
        noise.insert(0, VERSION);
        let _opened = Packed(noise).open();
    }
}

#[test]
fn a_block_of_another_version_is_refused() {
    assert!(Packed(vec![VERSION + 1, 0, 0, 0]).open().is_err());
    assert!(Packed(Vec::new()).open().is_err());
}

#[test]
fn a_long_text_is_cut_and_the_post_stays_the_same_post() {
    // Known by its words alone, the last of which are cut off.
    let post = Post { text: "ä".repeat(MOST_TEXT_BYTES), ..Post::default() };
    let kept = Kept::of(&source(), Kind::Feed, &post, at(0)).unwrap();
    assert_eq!(kept.post.text, "ä".repeat(MOST_TEXT_BYTES / 2));
    assert_eq!(kept.identities(), dedup::identities(&post, Kind::Feed));
    let mut body = Body::default();
    body.add(short(kept.name()), &kept).unwrap();
    let read = Packed(body.pack(false).unwrap()).open().unwrap();
    assert_eq!(read[0].identities(), dedup::identities(&post, Kind::Feed));
}

#[test]
fn messages_and_what_is_no_more_are_not_kept() {
    let of = |post: &Post| Kept::of(&source(), Kind::Feed, post, at(0));
    let post = Post { text: "hello".into(), ..Post::default() };
    assert!(of(&post).is_some());
    assert_eq!(of(&Post { is_private: true, ..post.clone() }), None);
    assert_eq!(of(&Post::gone("site", "1")), None);
    assert_eq!(of(&Post { url: Some("x".repeat(20_000)), ..post }), None);
}

/// A block as it was written when the format was new: this must read for as long as the version is 1.
const OLD_BLOCK: &str = "\
    01109b95a5c7dbbb7de70e543e9a75c5684bcc01ad0128b52ffd24cc050500c408046e6577730280\
    a8fdea9cb4b00600010231370d666f72756d2e6578616d706c65011868747470733a2f2f2f313701\
    010d52c3a46b736dc3b67267c3a573002d4974207261696e65642e204e6f626f64792063616d652e\
    010341646101036164610001030180a09fac9bb4b00601027376000101390180a4ce8b01d8040000\
    0001040100090004536e6f7700060040161c47cbfadc62d60217854c8fa907cbdf70b6";

#[test]
fn a_block_that_was_written_long_ago_reads() {
    let post = Post {
        id: Some("17".into()),
        site: "forum.example".into(),
        url: Some("https://forum.example/17".into()),
        has_own_url: true,
        title: Some("Räksmörgås".into()),
        text: "It rained. It rained. It rained. Nobody came.".into(),
        author: Author {
            name: Some("Ada".into()),
            handle: Some("ada".into()),
            url: None,
            followers: Some(3),
        },
        published: Some(at(1_795_300_000_000_000)),
        language: "sv".parse().ok(),
        thread: Some("9".into()),
        edited: Some(at(1_795_300_100_000_000)),
        engagement: Engagement { likes: Some(300), ..Engagement::default() },
        rating: Some(4),
        concerns: Concerns::Brand,
        ..Post::default()
    };
    let kept = Kept::of(&source(), Kind::Forum, &post, at(1_795_300_200_000_000)).unwrap();
    let plain = Post { text: "Snow".into(), ..Post::default() };
    let plain = Kept::of(&source(), Kind::Feed, &plain, at(-5)).unwrap();
    let digit = |c: char| u8::try_from(c.to_digit(16).unwrap()).unwrap();
    let digits: Vec<u8> = OLD_BLOCK.chars().map(digit).collect();
    let bytes = digits.chunks_exact(2).map(|pair| pair[0] * 16 + pair[1]).collect();
    assert_eq!(Packed(bytes).open().unwrap(), [kept, plain]);
}
