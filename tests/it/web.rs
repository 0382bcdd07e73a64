//! The page, and the link in each mail by which its recipient is told no more with one click.

use crate::support::{World, until};
use chrono::{TimeDelta, Utc};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;

const HEAD: &str = r#"
timezone = "UTC"
[mail]
from = "Vahti <vahti@acme.example>"
outbox_dir = "outbox"
[operator]
to = ["ops@acme.example"]
[[brand]]
name = "Acme"
keywords = ["Acme"]
[[source]]
name = "posts"
intake = {}
"#;

const CARE: &str = r#"
[[alert]]
name = "care"
to = ["Maija <Maija@acme.example>", "pekka@acme.example"]
frequency = "as-it-happens"
language = "fi"
"#;

const PUBLIC: &str = "public_url = \"https://vahti.acme.example/v\"\n";

/// What mail programs send.
const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// An answer: status, headers as they came, body.
struct Got {
    status: u16,
    head: String,
    body: String,
}

fn ask(mut stream: impl Read + Write, line: &str, headers: &[&str], body: &str) -> Got {
    let (headers, length) = (headers.join("\r\n"), body.len());
    write!(
        stream,
        "{line} HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Got { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// Returns an address that nobody listens on.
fn free() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn config(here: &str, public: &str) -> String {
    let password = "password = { file = \"password\" }\n";
    format!("{HEAD}{CARE}[web]\nlisten = \"{here}\"\n{password}{public}")
}

fn bring(world: &World, id: &str, text: &str) {
    let post =
        format!("{{\"id\":\"{id}\",\"text\":\"{text}\",\"author\":{{\"handle\":\"{id}\"}}}}\n");
    world.vahti_with(&["poll", "posts", "--stdin"], &post).ok();
}

/// Returns what a message says of a header, unfolded.
fn header(message: &str, name: &str) -> Option<String> {
    let message = message.replace("\r\n", "\n").replace("\n ", " ");
    let (head, _) = message.split_once("\n\n").unwrap();
    let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
    line.map(str::to_owned)
}

/// Returns to whom mails went that were written after the first `before`.
#[track_caller]
fn told(world: &World, before: usize, expected: &[&str]) {
    let all = || world.mails_as_written();
    until("the mails are written", || all().len() >= before + expected.len());
    let to = |mail: &String| header(mail, "To").unwrap().to_lowercase();
    let mut to: Vec<String> = all()[before..].iter().map(to).collect();
    to.sort();
    assert_eq!(to, expected);
}

const MAIJA: &str = "maija <maija@acme.example>";
const PEKKA: &str = "pekka@acme.example";

/// Returns the path of the link in the mail to somebody, as a proxy hands it over.
fn link(world: &World, to: &str) -> String {
    let mails = world.mails("eml");
    let is_to = |mail: &&String| header(mail, "To").unwrap().to_lowercase() == to;
    let mail = mails.iter().find(is_to).unwrap();
    let header = header(mail, "List-Unsubscribe").unwrap();
    let (link, _) =
        header.strip_prefix("<https://vahti.acme.example").unwrap().split_once('>').unwrap();
    link.to_owned()
}

fn unsubscribed(world: &World) -> Vec<bool> {
    let alert = world.vahti("alert care --format json").json();
    let recipients = alert["recipients"].as_array().unwrap().iter();
    recipients.map(|recipient| recipient["unsubscribed"] != Value::Null).collect()
}

#[test]
fn one_click_takes_out_its_recipient_alone_and_a_second_button_brings_them_back() {
    let here = free();
    let world = World::new(&config(&here, PUBLIC));
    world.write("password", "s3cret\n");
    let daemon = world.daemon();
    bring(&world, "liisa", "Acme laskutti marraskuun kahteen kertaan, surkeaa");
    told(&world, 0, &[MAIJA, PEKKA]);
    for mail in world.mails("eml") {
        let header = |name| header(&mail, name).unwrap();
        assert_eq!(header("List-Unsubscribe-Post"), ONE_CLICK);
        let links = header("List-Unsubscribe");
        assert!(links.starts_with("<https://vahti.acme.example/v/unsubscribe?t="), "{links}");
        assert!(
            links.ends_with(">, <mailto:ops@acme.example?subject=unsubscribe%20care>"),
            "{links}"
        );
        assert!(!links.contains("maija") && !links.contains("pekka"), "{links}");
    }
    let link = link(&world, MAIJA);
    let send = |line: &str, headers: &[&str], body: &str| {
        let headers = [&["Host: vahti.acme.example"], headers].concat();
        ask(TcpStream::connect(&here).unwrap(), line, &headers, body)
    };

    // Programs that look at every link in a mail change nothing.
    let page = send(&format!("GET {link}"), &[], "");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Lopetetaanko hälytyksen ”care” viestit?"), "{}", page.body);
    assert!(page.head.contains("default-src 'none'; style-src 'sha256-"), "{}", page.head);
    assert!(!page.body.to_lowercase().contains("maija"), "{}", page.body);
    assert_eq!(send(&format!("HEAD {link}"), &[], "").status, 200);
    assert_eq!(send(&format!("POST {link}"), &[FORM], "other=1").status, 400);
    let long = format!("{ONE_CLICK}&more={}", "x".repeat(20_000));
    assert_eq!(send(&format!("POST {link}"), &[FORM], &long).status, 413);
    assert_eq!(unsubscribed(&world), [false, false]);

    // A proxy may cut its prefix off.
    let cut = link.strip_prefix("/v").unwrap();
    let done = send(&format!("POST {cut}"), &[FORM], ONE_CLICK);
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(done.body.contains("Et saa enää") && done.body.contains("Tilaa viestit uudelleen"));
    assert_eq!(unsubscribed(&world), [true, false]);
    assert!(daemon.log().contains("unsubscribed from the alert care"), "{}", daemon.log());
    bring(&world, "ville", "Acmen kahvinkeitin haisee palaneelta, en suosittele");
    told(&world, 2, &[PEKKA]);
    let status = world.vahti("status").ok();
    assert!(status.contains("Maija <Maija@acme.example> unsubscribed from care: "), "{status}");
    assert!(status.contains("by the link in the mail"), "{status}");
    assert_eq!(daemon.stop(), Some(0));

    // The operator hears of it once; it stays over a restart, and can be undone by the same link.
    for _ in 0..2 {
        world.vahti("run --once").ok();
    }
    told(&world, 3, &["ops@acme.example"]);
    let letter = header(world.mails_as_written().last().unwrap(), "Subject").unwrap();
    assert_eq!(letter, "vahti: maija@acme.example unsubscribed from care");
    let daemon = world.daemon();
    assert_eq!(unsubscribed(&world), [true, false]);
    let seen = send(&format!("GET {link}"), &[], "");
    assert!(seen.body.contains("Et saa enää"), "{}", seen.body);
    let back = send(&format!("POST {link}"), &[FORM], "subscribe=1");
    assert!(back.body.contains("Saat taas"), "{}", back.body);
    assert_eq!(unsubscribed(&world), [false, false]);
    bring(&world, "aino", "The Acme courier laughed at my broken parcel, terrible");
    told(&world, 4, &[MAIJA, PEKKA]);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_forged_link_tells_nothing_and_nothing_but_the_link_is_open() {
    let here = free();
    let world = World::new(&config(&here, PUBLIC));
    world.write("password", "s3cret\n");
    let daemon = world.daemon();
    bring(&world, "liisa", "Acme peruutti varaukseni kysymättä, törkeää");
    told(&world, 0, &[MAIJA, PEKKA]);
    let link = link(&world, MAIJA);
    let send = |line: &str, body: &str| {
        let headers = ["Host: vahti.acme.example", FORM];
        ask(TcpStream::connect(&here).unwrap(), line, &headers, body)
    };
    let mut forged = link.clone();
    let last = if forged.pop() == Some('A') { 'B' } else { 'A' };
    forged.push(last);
    for path in [forged.as_str(), "/unsubscribe", "/unsubscribe?t=", "/unsubscribe?t=%00"] {
        for (method, body) in [("GET", ""), ("POST", ONE_CLICK)] {
            let got = send(&format!("{method} {path}"), body);
            assert_eq!(got.status, 404, "{method} {path}: {}", got.body);
            assert!(got.body.contains("This link does not work"), "{}", got.body);
            assert!(!got.body.contains("care"), "{}", got.body);
        }
    }
    for path in ["/", "/v/", "/feed.atom", "/v/feed.atom", "/api/v1/status"] {
        assert_eq!(send(&format!("GET {path}"), "").status, 401, "{path}");
    }
    let socket = UnixStream::connect(world.path("state/vahti.sock")).unwrap();
    let cut = link.strip_prefix("/v").unwrap();
    let got = ask(socket, &format!("POST {cut}"), &["Host: vahti", FORM], ONE_CLICK);
    assert_eq!(got.status, 404);
    assert_eq!(unsubscribed(&world), [false, false]);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn without_an_encrypted_public_address_there_is_an_address_to_write_to_alone() {
    let open = "public_url = \"http://vahti.acme.example/\"\n";
    for (public, warning) in [("", false), (open, true)] {
        let world = World::new(&config(&free(), public));
        world.write("password", "s3cret\n");
        let checked = world.vahti("check");
        let said = format!("{}{}", checked.out, checked.err);
        assert_eq!(said.contains("no unsubscribing with one click"), warning, "{said}");
        bring(&world, "liisa", "Acmen aula oli likainen ja henkilökunta tyly");
        world.vahti("run --once").ok();
        told(&world, 0, &[MAIJA, PEKKA]);
        for mail in world.mails("eml") {
            let links = header(&mail, "List-Unsubscribe").unwrap();
            assert_eq!(links, "<mailto:ops@acme.example?subject=unsubscribe%20care>");
            assert_eq!(header(&mail, "List-Unsubscribe-Post"), None);
        }
    }
}

#[test]
fn people_see_who_unsubscribed_and_can_do_and_undo_it_and_what_waits_is_dropped() {
    let world = World::new(&format!("{HEAD}{CARE}"));
    // What cannot be sent waits.
    world.write("outbox", "in the way");
    bring(&world, "liisa", "Acme hukkasi tilaukseni, mikä pettymys");
    world.vahti("run --once").ok();
    assert_eq!(world.vahti("outbox --format json").json().as_array().unwrap().len(), 2);
    let said = world.vahti("alert care unsubscribe maija@acme.example").ok();
    assert_eq!(said, "care tells maija@acme.example no more.\n");
    let waiting = world.vahti("outbox --format json").json();
    assert_eq!(waiting.as_array().unwrap().len(), 1, "{waiting}");
    let ledger = world.vahti("outbox --all").ok();
    assert!(ledger.contains("dropped"), "{ledger}");
    assert!(ledger.contains("not sent: the recipient unsubscribed"), "{ledger}");
    let preview = world.vahti("alert care preview --format eml").ok();
    assert_eq!(header(&preview, "To").as_deref(), Some(PEKKA));

    let last = world.vahti("alert care unsubscribe pekka@acme.example");
    let nobody = "care tells nobody any more, for everybody unsubscribed";
    assert!(last.err.contains(&format!("warning: {nobody}")), "{}", last.err);
    for command in ["status", "alert care"] {
        let said = world.vahti(command).ok();
        assert!(said.contains(nobody), "{said}");
    }
    std::fs::remove_file(world.path("outbox")).unwrap();
    bring(&world, "ville", "Acmen hissi jumittui kolmanteen kerrokseen taas");
    world.vahti("run --once").ok();
    assert_eq!(world.mails("eml"), [""; 0], "nobody is left, and the operator's people did it");
    let id =
        world.vahti("mentions hissi --format json").json()[0]["id"].as_str().unwrap().to_owned();
    let trace = world.vahti(&format!("trace {id}")).ok();
    assert!(trace.contains("everybody whom it tells has unsubscribed"), "{trace}");

    let said = world.vahti("alert care subscribe Maija@Acme.example").ok();
    assert_eq!(said, "care tells Maija@Acme.example again.\n");
    assert_eq!(unsubscribed(&world), [false, true]);
    bring(&world, "aino", "Acme jätti puhelimeni jonoon kahdeksi tunniksi, järkyttävää");
    world.vahti("run --once").ok();
    told(&world, 0, &[MAIJA]);
    let refused = world.vahti("alert care unsubscribe majja@acme.example");
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("there is no recipient `majja@acme.example`"), "{}", refused.err);
    assert!(refused.err.contains("maija@acme.example"), "{}", refused.err);
}

#[test]
fn a_digest_by_schedule_goes_to_the_others_and_what_another_alert_tells_is_another_matter() {
    let weekly = CARE.replace("\"care\"", "\"week\"").replace("as-it-happens", "weekly");
    let world = World::new(&format!("{HEAD}{CARE}{weekly}"));
    bring(&world, "liisa", "Acmen laskurivissä on kolme virhettä, ikävää");
    world.vahti("alert week unsubscribe maija@acme.example").ok();
    world.vahti("run --once").ok();
    told(&world, 0, &[MAIJA, PEKKA]);
    world.vahti("alert week send").ok();
    told(&world, 2, &[PEKKA]);
    bring(&world, "ville", "Acmen asentaja rikkoi lattian ja lähti, härskiä");
    world.vahti("alert week send").ok();
    let mails = world.mails("eml");
    let of_week = mails.iter().filter(|mail| mail.contains("List-Id: week"));
    assert!(of_week.clone().all(|mail| mail.contains("To: pekka@acme.example")));
    assert_eq!(of_week.count(), 2);
}

#[test]
fn the_page_shows_a_week_of_each_brand_to_who_may_see_it() {
    let here = free();
    let world = World::new(&config(&here, PUBLIC));
    world.write("password", "s3cret\n");
    let daemon = world.daemon();
    let words = [
        "Acme laskutti marraskuun kahteen kertaan, surkeaa palvelua",
        "Acme's parcel arrived broken and the courier laughed at me, terrible",
        "Bought a kettle from Acme yesterday",
        "Acme'nin kargosu kayboldu, rezalet",
        "Acmen kahvinkeitin haisee palaneelta, en suosittele",
        "The lecture on history mentioned Acme in passing",
    ];
    let posts: Vec<String> = (0..).zip(words).map(|(day, text)| {
        let at = (Utc::now() - TimeDelta::hours(20 * day + 1)).to_rfc3339();
        format!("{{\"id\":\"{day}\",\"text\":\"{text}\",\"published\":\"{at}\",\"author\":{{\"handle\":\"u{day}\"}}}}\n")
    }).collect();
    world.vahti_with(&["poll", "posts", "--stdin"], &posts.concat()).ok();
    let get = |path: &str, headers: &[&str]| {
        // "maija:s3cret".
        let right = "Authorization: Basic bWFpamE6czNjcmV0";
        let headers = [&["Host: vahti.acme.example", right], headers].concat();
        ask(TcpStream::connect(&here).unwrap(), &format!("GET {path}"), &headers, "")
    };
    for path in ["/", "/v/"] {
        let page = get(path, &["Accept-Language: sv-SE,sv;q=0.9,en;q=0.5"]);
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        assert!(page.head.contains("content-type: text/html; charset=utf-8"), "{}", page.head);
        assert!(page.head.contains("content-language: sv"), "{}", page.head);
        for words in ["Vad folk säger", "<svg", "<title>Acme: 6 omnämnanden", "öppna ärenden"] {
            assert!(page.body.contains(words), "{words} in {}", page.body);
        }
        for loaded in ["<script", "src=", "http://www.w3.org/1999", " style="] {
            assert!(!page.body.contains(loaded), "{loaded} in {}", page.body);
        }
        assert!(page.body.contains("href=\"feed.atom?q=brand%3A%22Acme%22\""), "{}", page.body);
    }
    let feed = get("/v/feed.atom?q=brand%3A%22Acme%22", &["X-Forwarded-Proto: http"]);
    assert_eq!(feed.status, 200);
    let address = "href=\"https://vahti.acme.example/v/feed.atom?q=brand%3A%22Acme%22\"/>";
    assert!(feed.body.contains(address), "{}", feed.body);
    assert!(feed.body.contains("<id>tag:vahti.acme.example,2026:mention/"), "{}", feed.body);
    assert_eq!(get("/nothing", &[]).status, 404);
    assert_eq!(daemon.stop(), Some(0));
}
