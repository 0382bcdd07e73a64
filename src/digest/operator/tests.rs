//! What the operator reads: subjects, text and HTML.

use super::*;
use chrono::TimeDelta;

fn now() -> DateTime<Utc> {
    "2026-11-22T06:00:00Z".parse().unwrap()
}

fn letter() -> Letter {
    Letter { zone: Tz::Europe__Helsinki, now: now(), ..Letter::default() }
}

fn case(source: &str, host: Option<&str>, trouble: Trouble, error: &str, hours: i64) -> Case {
    Case {
        source: SourceName(source.into()),
        host: host.map(Into::into),
        trouble,
        since: Some(now() - TimeDelta::hours(hours)),
        error: (!error.is_empty()).then(|| error.into()),
        next: Some(now() + TimeDelta::minutes(40)),
    }
}

fn failing(source: &str, host: &str) -> Case {
    let error = format!("https://{host}/{source} answered 503");
    case(source, Some(host), Trouble::Failing, &error, 5)
}

fn silent(source: &str) -> Case {
    case(source, Some("news.example"), Trouble::Silent, "", 96)
}

/// Something of everything.
fn bad_day() -> Letter {
    let file = "could not read /srv/feeds/saved.xml: Permission denied (os error 13)";
    let refused = "https://forum.example/members answered 403";
    Letter {
        begun: vec![
            failing("latest", "forum.example"),
            failing("news", "forum.example"),
            failing("feedback", "forum.example"),
            case("members", Some("forum.example"), Trouble::Failing, refused, 2),
            case("saved", None, Trouble::Failing, file, 1),
            silent("list/Paikallislehti"),
            case(
                "old-blog",
                Some("blog.example"),
                Trouble::Gone,
                "https://blog.example/feed answered 410",
                0,
            ),
        ],
        lasting: vec![failing("board", "slow.example"), silent("weekly")],
        mended: vec![
            failing("a", "mended.example"),
            failing("b", "mended.example"),
            silent("quiet"),
        ],
        dead: vec![DeadNotice {
            number: 17,
            to: "care@acme.example".into(),
            subject: "Acme: 3 mentions, 2 negative".into(),
            answer: "550 5.1.1 no such user".into(),
        }],
        waiting: Some(Waiting {
            notices: 2,
            since: now() - TimeDelta::hours(3),
            answer: "mail.acme.example:587 failed at the connection: refused".into(),
        }),
        set_aside: vec!["/var/lib/vahti/store.damaged-20261122T055812".into()],
        room: Some(180 * 1024 * 1024),
        ..letter()
    }
}

#[test]
fn a_bad_day_as_text() {
    insta::assert_snapshot!(text(&bad_day()));
}

#[test]
fn a_bad_day_as_html() {
    insta::assert_snapshot!(html(&bad_day()));
}

#[test]
fn good_news_are_short() {
    let mended = vec![failing("a", "mended.example"), failing("b", "mended.example")];
    insta::assert_snapshot!(text(&Letter { mended, all_mended: true, ..letter() }));
}

#[test]
fn the_subject_says_how_many_and_where() {
    let check = |letter: Letter, expected: &str| assert_eq!(subject(&letter), expected);
    let begun = |begun: Vec<Case>| Letter { begun, ..letter() };
    let one = || failing("news", "forum.example");
    check(begun(vec![one()]), "vahti: news fails at forum.example");
    check(
        begun(vec![one(), failing("b", "forum.example"), failing("c", "forum.example")]),
        "vahti: 3 sources fail at forum.example",
    );
    check(begun(vec![one(), failing("b", "other.example")]), "vahti: 2 sources fail at 2 hosts");
    check(begun(vec![silent("weekly")]), "vahti: weekly is silent at news.example");
    let gone = || case("blog", None, Trouble::Gone, "", 1);
    check(
        begun(vec![gone(), one()]),
        "vahti: news fails at forum.example, blog is gone on this machine",
    );
    check(
        begun(vec![one(), case("saved", None, Trouble::Failing, "", 1)]),
        "vahti: 2 sources fail at 2 places",
    );
    let lasting = vec![one(), failing("b", "forum.example"), silent("weekly")];
    check(
        Letter { lasting, ..letter() },
        "vahti: 2 sources still fail at forum.example, weekly is still silent at news.example",
    );
    let mended = |cases: Vec<Case>, all| Letter { mended: cases, all_mended: all, ..letter() };
    check(mended(vec![one()], true), "vahti: news is mended");
    check(mended(vec![one(), silent("a")], false), "vahti: 2 sources are mended");
    check(mended(vec![one(), silent("a")], true), "vahti: all mended");
    check(Letter { dead: bad_day().dead, ..letter() }, "vahti: 1 notice could not be delivered");
    check(Letter { room: Some(0), ..letter() }, "vahti: the disk is nearly full");
    let set_aside = vec!["/x".into()];
    check(Letter { set_aside, ..letter() }, "vahti: a damaged store was set aside");
    assert!(subject(&bad_day()).chars().count() <= LONGEST, "{}", subject(&bad_day()));
}

#[test]
fn nothing_is_nothing_and_anything_is_something() {
    assert!(letter().is_empty());
    let parts = bad_day();
    for some in [
        Letter { begun: parts.begun, ..letter() },
        Letter { lasting: parts.lasting, ..letter() },
        Letter { mended: parts.mended, ..letter() },
        Letter { dead: parts.dead, ..letter() },
        Letter { set_aside: parts.set_aside, ..letter() },
        Letter { room: parts.room, ..letter() },
    ] {
        assert!(!some.is_empty(), "{some:?}");
    }
}

#[test]
fn a_thousand_sources_are_told_in_a_letter_that_can_be_read() {
    let of_host = |host: usize| {
        (0..100).map(move |nth| failing(&format!("s{host}-{nth}"), &format!("h{host}.example")))
    };
    let text = text(&Letter { begun: (0..100).flat_map(of_host).collect(), ..letter() });
    assert!(text.len() < 60_000, "{}", text.len());
    assert!(text.contains("s0-0, s0-1, "), "{text}");
    assert!(text.contains("and 80 more"), "{text}");
    assert!(text.contains("40 groups like these are left out here"), "{text}");
}

#[test]
fn nothing_from_outside_becomes_markup_or_forges_a_line() {
    let evil = "</div><script>alert(1)</script>\"'&\r\nBcc: x@y.example\u{202e}\x1b[31m";
    let hostile = |trouble| Case {
        source: SourceName(evil.into()),
        host: Some(evil.into()),
        error: Some(evil.into()),
        ..case("x", None, trouble, "", 1)
    };
    let letter = Letter {
        begun: vec![hostile(Trouble::Failing), hostile(Trouble::Gone), hostile(Trouble::Silent)],
        mended: vec![hostile(Trouble::Failing)],
        dead: vec![DeadNotice {
            number: 1,
            to: evil.into(),
            subject: evil.into(),
            answer: evil.into(),
        }],
        set_aside: vec![evil.into()],
        ..letter()
    };
    let html = html(&letter);
    assert!(html.contains("alert(1)"), "the text itself is kept");
    for tag in ["<script", "</div><scr"] {
        assert!(!html.contains(tag), "{tag} in {html}");
    }
    for said in [subject(&letter), text(&letter), html] {
        assert!(!said.contains(['\r', '\u{202e}', '\x1b']), "{said}");
        assert!(!said.contains("\nBcc"), "{said}");
    }
    assert!(!subject(&letter).contains('\n'));
}

#[test]
fn a_bad_day_in_short() {
    let Brief { title, lines, footer, urgent, .. } = brief(&bad_day());
    let lines =
        lines.iter().map(|line| format!("* {}\n  {}", line.headline, line.details.join(" · ")));
    let lines = lines.collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(format!("{title}\n{lines}\n{}\nurgent: {urgent}", footer.join("\n")));
}

#[test]
fn letters_of_one_kind_stand_together_with_their_good_news() {
    let failed = Letter { begun: vec![failing("a", "forum.example")], ..letter() };
    let mended = Letter { mended: vec![failing("a", "forum.example")], ..letter() };
    assert_eq!(thread(&failed), thread(&mended));
    let brand = BrandName("Acme".into());
    let silent = BrandCase { brand: brand.clone(), since: now(), is_lasting: false };
    let silent = Letter { silent_brands: vec![silent], ..letter() };
    let heard = Letter { heard_brands: vec![brand], ..letter() };
    assert_eq!(thread(&silent), thread(&heard));
    let back = Letter { canary_back: Some(now()), ..letter() };
    let sound = Letter { is_sound: true, ..letter() };
    let full = Letter { room: Some(1), ..letter() };
    let kinds = [&failed, &silent, &back, &sound, &full, &letter()].map(thread);
    let distinct: BTreeSet<&str> = kinds.into_iter().collect();
    assert_eq!(distinct.len(), 6);
}
