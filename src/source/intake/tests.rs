//! Lines, mails and a maildir, as they are read.

use super::super::testing::{answered, line, lines as shown, reply, saved, source, visit};
use super::super::{Cursor, Page, Source, Visit};
use super::*;
use crate::fetch::Location;
use crate::post::Post;
use crate::source::site::Told;

fn maildir() -> Box<dyn Source> {
    source(Kind::Intake, &[("maildir", Told::Text("/mail".into()))], &["Acme"])
}

/// Reads lines as they are brought: what was taken, and what was not.
fn brought(body: &str) -> (Vec<Post>, Vec<String>) {
    let lines::Brought { posts, refused } = lines::read(body.as_bytes(), "desk");
    (posts, refused.into_iter().map(|(line, why)| format!("{line}: {why}")).collect())
}

#[track_caller]
fn taken(body: &str) -> String {
    let (posts, refused) = brought(body);
    assert!(refused.is_empty(), "{refused:?}");
    posts.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_line_of_probe_is_read_whole() {
    assert_eq!(
        taken(
            r#"{"id":"7","url":"https://a.example/7","title":"On\n Acme","text":"It \u0007broke","author":{"name":"Ada","handle":"@ada","url":"https://a.example/ada","followers":12},"published":"2026-11-21T08:00:00Z","language":"en-GB","parent":null}"#
        ),
        "7 | title=On Acme | text=It broke | url=https://a.example/7 | name=Ada | handle=ada | \
         at=https://a.example/ada | followers=12 | published=2026-11-21T08:00:00+00:00 | language=en"
    );
    assert_eq!(
        taken(
            r#"{"id":8,"text":"x","author":"Ada","published":1795248000,"edited":"Sat, 21 Nov 2026 09:00:00 GMT","thread":"t","parent":7,"rating":4.0,"engagement":{"likes":-1,"replies":2,"shares":3,"views":4},"language":"klingon","whatever":{}}"#
        ),
        "8 | text=x | name=Ada | published=2026-11-21T08:00:00+00:00 | \
         edited=2026-11-21T09:00:00+00:00 | parent=7 | thread=t | likes=-1 | replies=2 | shares=3 | \
         views=4 | rating=4"
    );
}

#[test]
fn a_stored_mention_is_the_same_post_for_each_of_its_brands() {
    let mention = |id: &str, brand: &str| {
        format!(
            r#"{{"id":"{id}","brand":"{brand}","source":"news","kind":"feed","url":"https://a.example/1","title":"Acme and Beta","text":"x","author":null,"published":null,"seen":"2026-11-21T08:03:11Z","sentiment":{{"label":"neutral"}},"story":"m1","why":["…"]}}"#
        )
    };
    let (posts, _) = brought(&format!("{}\n{}\n", mention("m1", "Acme"), mention("m2", "Beta")));
    assert_eq!(posts.len(), 2);
    assert_eq!(posts[0], posts[1]);
    assert!(posts[0].has_own_url && posts[0].id.is_none());
}

#[test]
fn a_post_may_be_said_to_be_no_more() {
    assert_eq!(taken(r#"{"id":"7","deleted":true}"#), "7 is gone");
    assert_eq!(
        taken(r#"{"id":"m7","brand":"Acme","sentiment":{},"deleted":true,"text":null}"#),
        ""
    );
    assert!(brought(r#"{"deleted":true}"#).1[0].contains("no `id`"));
    assert_eq!(taken(r#"{"id":"7","text":"x","deleted":false}"#), "7 | text=x");
}

#[test]
fn an_address_names_a_post_only_where_no_other_has_it() {
    let own =
        |body: &str| -> Vec<bool> { brought(body).0.iter().map(|post| post.has_own_url).collect() };
    let review = r#"{"id":"1","url":"https://shop.example/p","text":"bad","rating":1}"#;
    let one = r#"{"id":"2","url":"https://a.example/2","text":"a"}"#;
    let other = r#"{"id":"3","url":"https://a.example/2","text":"b"}"#;
    let wordless = r#"{"url":"https://a.example/4","text":"c"}"#;
    assert_eq!(own(review), [false]);
    assert_eq!(own(&[one, one, wordless].join("\n")), [true, true, true]);
    assert_eq!(own(&[one, other].join("\n")), [false, false]);
}

#[test]
fn a_malformed_line_costs_no_other() {
    let long = format!("{{\"text\":\"{}\"}}", "x".repeat(1024 * 1024));
    let body = [
        "\u{feff}{\"text\":\"one\"}",
        "",
        "{\"text\":",
        "[1]",
        "{\"id\":\"1\"}",
        "{\"text\":7}",
        "{\"text\":\"a\",\"published\":\"soon\"}",
        "{\"text\":\"a\",\"url\":\"javascript:alert(1)\"}",
        "{\"text\":\"a\",\"rating\":6}",
        "{\"text\":\"a\",\"author\":[]}",
        &long,
        "{\"title\":\"last\"}\r",
    ];
    let (posts, refused) = brought(&body.join("\n"));
    assert_eq!(posts.iter().map(line).collect::<Vec<_>>(), ["? | text=one", "? | title=last"]);
    assert_eq!(
        refused,
        [
            "3: it is no JSON",
            "4: it is no JSON object",
            "5: it has neither `title` nor `text`",
            "6: `text` is no text",
            "7: `published` is no time: soon",
            "8: `url` is no web address: javascript:alert(1)",
            "9: `rating` is none of 1 to 5: 6",
            "10: `author` is neither an object nor a name",
            "11: the JSON is longer than 1 MiB",
        ]
    );
    let broken = lines::read(b"{\"text\":\"\xff\"}\n", "desk");
    assert_eq!(broken.refused, [(1, "it is not UTF-8".to_owned())]);
}

#[track_caller]
fn mail(name: &str, expected: &str) {
    let page = saved(&*maildir(), reply(&format!("intake/{name}.eml")).as_bytes()).unwrap();
    assert_eq!(shown(&page), expected);
}

#[test]
fn a_google_alert_is_read_item_by_item() {
    mail(
        "google",
        "? | title=Acme recalls its rockets | text=The company Acme said on Friday that “some\" fins \
         fall off | url=https://paper.example/acme-recalls | name=Paper Tiger\n\
         ? | title=Why I left Acme | text=Three weeks without an answer. | url=https://blog.example/?p=7",
    );
    mail(
        "google-plain",
        "? | title=Acme recalls its rockets | text=The company Acme said on Friday that fins fall off \
         | url=https://paper.example/acme-recalls | name=Paper Tiger\n\
         ? | title=Why I left Acme | url=https://blog.example/?p=7",
    );
}

#[test]
fn a_google_alert_of_another_shape_is_read_by_its_links() {
    let html = "<table><tr><td><a href='https://www.google.com/url?url=https://a.example/1'>Acme falls</a>\
        <p>A long line that says what happened on that day.</p></td></tr>\
        <tr><td><a href='https://www.google.com/url?url=https://a.example/2'>Acme rises</a></td></tr>\
        <tr><td>And one that stands in the row below its own heading.</td></tr></table>";
    let posts = alerts::of_google(Some(html), None);
    assert_eq!(
        posts.iter().map(line).collect::<Vec<_>>(),
        [
            "? | title=Acme falls | text=A long line that says what happened on that day. | \
             url=https://a.example/1",
            "? | title=Acme rises | text=And one that stands in the row below its own heading. | \
             url=https://a.example/2",
        ]
    );
}

#[test]
fn a_talkwalker_alert_is_read_item_by_item() {
    mail(
        "talkwalker",
        "? | title=Acme recalls its rockets | text=The company Acme said on Friday that some fins fall \
         off, and that it is sorry. | url=https://paper.example/acme-recalls | \
         name=paper.example | published=2026-11-21T00:00:00+00:00\n\
         ? | title=Why I left Acme | text=Three weeks without an answer from anybody there. | \
         url=https://blog.example/?p=7 | name=blog.example",
    );
}

#[test]
fn any_other_mail_is_one_post() {
    mail(
        "letter",
        "letter-2@mail.example | title=Acme: missä rahani? | text=Acme ei vastaa. /  / Hyvitys on \
         jäänyt saamatta. | name=Aino Mäkelä | published=2026-11-20T16:30:00+00:00 | \
         parent=letter-1@mail.example | thread=letter-0@mail.example",
    );
    let service =
        "From: Google Alerts <googlealerts-noreply@google.com>\nSubject: Confirm\n\nClick.\n";
    assert_eq!(
        shown(&saved(&*maildir(), service.as_bytes()).unwrap()),
        "? | title=Confirm | text=Click. | name=Google Alerts"
    );
}

#[test]
fn every_mail_of_ours_is_read_by_a_test() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/replies/intake");
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["google-plain.eml", "google.eml", "letter.eml", "talkwalker.eml"]);
}

#[test]
fn a_file_that_is_neither_says_so() {
    let source = maildir();
    assert!(saved(&*source, b"").unwrap_err().contains("neither NDJSON nor a mail"));
    assert!(saved(&*source, b"{\"id\":1}").unwrap_err().contains("line 1: it has neither"));
    let page = saved(&*source, b"{\"text\":\"a\"}\n{\"id\":1}").unwrap();
    assert_eq!((page.posts.len(), page.skipped), (1, 1));
}

/// Lists a maildir, and returns the page with what it asks for.
fn listed(source: &dyn Source, cursor: &Cursor, files: &[&str]) -> (Page, Vec<String>) {
    let listing = Listing {
        folders: ["new", "cur", "tmp"].map(String::from).into(),
        files: files.iter().map(ToString::to_string).collect(),
        left_out: 0,
    };
    let visit = Visit { cursor: cursor.clone(), ..visit("") };
    let request = source.open(&visit);
    let body = serde_json::to_string(&listing).unwrap();
    let page = answered(source, &request, &body, &visit);
    let asked = page.next.iter().map(|request| request.location.to_string()).collect();
    (page, asked)
}

#[test]
fn a_maildir_is_read_file_by_file_and_each_once() {
    let source = maildir();
    assert!(source.is_polled());
    let (page, asked) = listed(&*source, &Cursor::default(), &["new/1.a", "new/2.a"]);
    assert_eq!(asked, ["/mail/new/1.a", "/mail/new/2.a"]);
    let visit = Visit { cursor: page.cursor.unwrap(), ..visit("") };
    let letter = reply("intake/letter.eml");
    let read = answered(&*source, &page.next[0], &letter, &visit);
    assert_eq!((read.posts.len(), read.skipped), (1, 0));
    // Cut off here: the other is asked for again, wherever it went, and the first is not.
    let cursor = read.cursor.unwrap();
    let (page, asked) = listed(&*source, &cursor, &["cur/1.a:2,S", "cur/2.a:2,"]);
    assert_eq!(asked, ["/mail/cur/2.a:2,"]);
    assert!(!page.again);
    let visit = Visit { cursor: page.cursor.unwrap(), ..visit };
    let read = answered(&*source, &page.next[0], "", &visit);
    assert_eq!((read.posts.len(), read.skipped), (0, 1), "no mail, but no other time either");
    let (_, asked) = listed(&*source, &read.cursor.unwrap(), &["cur/1.a:2,S", "cur/2.a:2,"]);
    assert!(asked.is_empty());
}

#[test]
fn a_full_maildir_takes_several_rounds() {
    let names: Vec<String> = (0..50).map(|number| format!("new/{number:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (page, asked) = listed(&*maildir(), &Cursor::default(), &names);
    assert_eq!((asked.len(), page.again), (MOST_MAILS, true));
}

#[test]
fn what_is_no_maildir_says_so() {
    let source = maildir();
    let open = source.open(&visit(""));
    let mut reply = Reply::of(
        Location::File("/mail".into()),
        b"{\"folders\":[],\"files\":[\"x\"],\"left_out\":0}".to_vec(),
    );
    reply.about = open.about;
    assert!(source.read(&reply, &visit("")).unwrap_err().0.contains("no maildir"));
    reply.body = b"[]".to_vec();
    assert!(source.read(&reply, &visit("")).unwrap_err().0.contains("could not be listed"));
}

#[test]
fn without_a_maildir_it_is_not_polled() {
    assert!(!source(Kind::Intake, &[], &["Acme"]).is_polled());
}

#[test]
fn a_mail_beyond_all_measure_is_read_in_time() {
    let head = "From: googlealerts-noreply@google.com\nSubject: x\nMIME-Version: 1.0\n";
    let nested = (0..20_000).fold(String::new(), |nested, n| {
        nested + &format!("Content-Type: multipart/mixed; boundary=\"b{n}\"\n\n--b{n}\n")
    });
    let parts = "Content-Type: multipart/mixed; boundary=\"b\"\n\n".to_owned()
        + &"--b\n\nx\n".repeat(200_000);
    let html = "Content-Type: text/html\n\n";
    let link = "<td><a href='https://www.google.com/url?url=https://a.example/1'>x</a>";
    let links: String = (0..5_000).map(|n: u32| link.replace('1', &n.to_string())).collect();
    let deep = "<div>".repeat(100_000) + link;
    for body in
        [nested, parts, format!("{html}{links}"), format!("{html}{deep}"), "X: y\n".repeat(200_000)]
    {
        mail::read(format!("{head}{body}").as_bytes());
    }
}
