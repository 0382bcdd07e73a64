//! Mail over a real SMTP server: it arrives, once, as it should look, and is not lost while the server
//! is down, wants another password, or knows one of the recipients no more.

use crate::support::smtp::{Mail, Post};
use crate::support::{Answer, Ran, Site, World, rss, until};
use serde_json::Value;

const COMPLAINT: &str = "Acme is terrible, the worst service ever, my order never arrived";

/// A site with one complaint.
fn site() -> Site {
    let site = Site::start();
    site.serve("/news.xml", Answer::feed(rss(&[("1", COMPLAINT), ("2", "Weather is fine")])));
    site
}

/// A configuration that watches `site` and mails each of `to` by a server with these settings.
fn config(site: &Site, smtp: &str, to: &str) -> String {
    format!(
        r#"
[http]
allow_private_addresses = ["127.0.0.1/32"]
[mail]
from = "Vahti <vahti@acme.example>"
{smtp}
[[brand]]
name = "Acme"
keywords = ["Acme"]
[[source]]
name = "news"
feed.url = "{}"
schedule = "1s"
[[alert]]
name = "care"
to = [{to}]
frequency = "as-it-happens"
"#,
        site.url("/news.xml")
    )
}

/// A world that mails `care@acme.example`.
fn world(site: &Site, smtp: &str) -> World {
    World::new(&config(site, smtp, r#""care@acme.example""#))
}

/// Settings for a server without TLS.
fn plain(post: &Post) -> String {
    format!("smtp.url = \"{}\"\nsmtp.tls = \"none\"", post.url("smtp"))
}

/// Settings for a server with TLS, a password in a file, and an authority of its own.
fn guarded(post: &Post, scheme: &str) -> String {
    format!(
        "smtp.url = \"{}\"\nsmtp.username = \"vahti\"\nsmtp.password = {{ file = \"password\" }}\n\
         smtp.ca_file = \"{}\"",
        post.url(scheme),
        post.authority().display()
    )
}

/// Runs once and returns how many notices were sent, are queued, and are dead.
#[track_caller]
fn run_once(world: &World) -> [u64; 3] {
    let summary = world.vahti("run --once --format json").json();
    ["sent", "queued", "dead"].map(|name| summary["notices"][name].as_u64().unwrap())
}

#[track_caller]
fn outbox(world: &World) -> Vec<Value> {
    serde_json::from_value(world.vahti("outbox --format json").json()).unwrap()
}

/// Waits until the first notice was tried so often, and returns it.
fn tried(world: &World, attempts: u64) -> Value {
    let mut notice = Value::Null;
    until("the notice was tried", || {
        notice = outbox(world).into_iter().next().unwrap_or_default();
        notice["attempts"].as_u64().is_some_and(|known| known >= attempts)
    });
    notice
}

/// Has notices tried again until none is left; a server that has just refused a connection is left
/// alone for a moment.
fn retried(world: &World) {
    until("the outbox is empty", || {
        let notices = outbox(world);
        for notice in &notices {
            // It may have left in the meantime.
            drop(world.vahti(&format!("outbox retry {}", notice["id"])));
        }
        notices.is_empty()
    });
}

#[track_caller]
fn arrives_with_tls(post: &mut Post, scheme: &str, tls: &str) {
    post.up_with_tls(tls, &["--auth", "vahti:pässword \" x"]);
    let site = site();
    let world = world(&site, &guarded(post, scheme));
    world.write("password", "pässword \" x\n");
    assert_eq!(run_once(&world), [1, 0, 0], "{:?}", outbox(&world));
    let mails = post.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("worst service ever"), "{}", mails[0].text);
    // Nothing is left to send.
    assert_eq!(run_once(&world), [0, 0, 0]);
    assert_eq!(post.count(), 1);
}

#[test]
fn mail_goes_out_by_implicit_tls_with_a_password() {
    let Some(mut post) = Post::find("mail_goes_out_by_implicit_tls_with_a_password") else {
        return;
    };
    arrives_with_tls(&mut post, "smtps", "implicit");
}

#[test]
fn mail_goes_out_by_starttls_with_a_password() {
    let Some(mut post) = Post::find("mail_goes_out_by_starttls_with_a_password") else { return };
    arrives_with_tls(&mut post, "smtp", "starttls");
}

#[test]
fn a_certificate_of_nobody_known_gets_no_password_and_no_mail() {
    let Some(mut post) = Post::find("a_certificate_of_nobody_known_gets_no_password_and_no_mail")
    else {
        return;
    };
    post.up_with_tls("implicit", &[]);
    let site = site();
    let world = world(&site, &format!("smtp.url = \"{}\"", post.url("smtps")));
    assert_eq!(run_once(&world), [0, 1, 0]);
    let answer = outbox(&world)[0]["last_answer"].as_str().unwrap().to_owned();
    assert!(answer.to_lowercase().contains("certificate"), "{answer}");
    assert_eq!(post.count(), 0);
}

#[test]
fn a_message_is_as_it_should_be() {
    let Some(mut post) = Post::find("a_message_is_as_it_should_be") else { return };
    post.up(&[]);
    let site = site();
    let world = world(&site, &plain(&post));
    let summary = world.vahti("run --once --format json").json();
    assert_eq!(summary["notices"]["sent"], 1);
    assert!(summary["notices"]["answers"][0].as_str().unwrap().starts_with("250"), "{summary}");
    let mails = post.mails();
    let [mail] = mails.as_slice() else { panic!("{} mails", mails.len()) };
    assert_eq!(mail.header("X-Mail-From"), "vahti@acme.example");
    assert_eq!(mail.recipient(), "care@acme.example");
    assert_eq!(mail.header("From"), "Vahti <vahti@acme.example>");
    assert_eq!(mail.header("To"), "care@acme.example");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    let id = mail.header("Message-ID");
    assert!(id.starts_with('<') && id.ends_with("@acme.example>") && id.len() > 30, "{id}");
    let date = chrono::DateTime::parse_from_rfc2822(mail.header("Date")).unwrap();
    let seen = world.vahti("mentions --format json").json()[0]["seen"].clone();
    let seen: chrono::DateTime<chrono::Utc> = serde_json::from_value(seen).unwrap();
    assert!((date.to_utc() - seen).num_seconds().abs() < 120, "{date} and {seen}");
    let subject = mail.header("Subject");
    assert!(subject.starts_with("Acme: 1 mention, 1 negative"), "{subject}");
    assert!(subject.contains("worst service ever"), "{subject}");
    for part in [&mail.text, &mail.html] {
        assert!(part.contains("worst service ever"), "{part}");
        assert!(part.contains("https://news.example/1"), "{part}");
        assert!(!part.contains("Weather"), "{part}");
    }
    assert!(mail.html.contains("<html") && !mail.text.contains("<html"), "{}", mail.html);
}

#[test]
fn a_wrong_password_keeps_the_notice_until_it_is_mended() {
    let Some(mut post) = Post::find("a_wrong_password_keeps_the_notice_until_it_is_mended") else {
        return;
    };
    post.up_with_tls("starttls", &["--auth", "vahti:right"]);
    let site = site();
    let world = world(&site, &guarded(&post, "smtp"));
    world.write("password", "wr0ng");
    assert_eq!(run_once(&world), [0, 1, 0]);
    let Ran { out, err, .. } = world.vahti("outbox");
    assert!(out.contains("queued") && out.contains("535"), "{out}");
    let answer = outbox(&world)[0]["last_answer"].as_str().unwrap().to_owned();
    assert!(answer.contains("535") && answer.contains("smtp.password"), "{answer}");
    assert!(!format!("{out}{err}{answer}").contains("wr0ng"), "{out}{err}{answer}");

    // The daemon fares no better, until it is told to read the password again.
    let daemon = world.daemon();
    world.vahti("outbox retry 1").ok();
    tried(&world, 2);
    assert_eq!(post.count(), 0);
    world.write("password", "right");
    daemon.signal("HUP");
    until("the daemon has read its configuration again", || daemon.log().contains("Reloaded"));
    retried(&world);
    assert!(!daemon.log().contains("wr0ng"), "{}", daemon.log());
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(post.count(), 1);
    assert_eq!(run_once(&world), [0, 0, 0]);
}

#[test]
fn a_daemon_delivers_once_when_the_server_is_back() {
    let Some(mut post) = Post::find("a_daemon_delivers_once_when_the_server_is_back") else {
        return;
    };
    let site = site();
    let world = world(&site, &plain(&post));
    let daemon = world.daemon();
    let notice = tried(&world, 1);
    assert_eq!(notice["state"], "queued");
    let answer = notice["last_answer"].as_str().unwrap();
    assert!(answer.contains("localhost") && answer.contains("refused"), "{answer}");
    let next: chrono::DateTime<chrono::Utc> =
        serde_json::from_value(notice["next_attempt"].clone()).unwrap();
    let created: chrono::DateTime<chrono::Utc> =
        serde_json::from_value(notice["created"].clone()).unwrap();
    assert!((20..=60).contains(&(next - created).num_seconds()), "{notice}");

    post.up(&[]);
    retried(&world);
    // Polls that come after it tell nothing again.
    let polls = site.seen("/news.xml").len();
    until("the site was polled twice more", || site.seen("/news.xml").len() >= polls + 2);
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(post.count(), 1);
    assert_eq!(run_once(&world), [0, 0, 0]);
    assert_eq!(post.count(), 1);
}

#[test]
fn run_once_tries_every_queued_notice_once() {
    let Some(mut post) = Post::find("run_once_tries_every_queued_notice_once") else { return };
    let site = site();
    let to = r#""a@acme.example", "b@acme.example", "c@acme.example", "d@acme.example""#;
    let world = World::new(&config(&site, &plain(&post), to));
    for attempts in 1..=2 {
        assert_eq!(run_once(&world), [0, 4, 0]);
        let notices = outbox(&world);
        assert!(notices.iter().all(|notice| notice["attempts"] == attempts), "{notices:?}");
    }
    post.up(&[]);
    assert_eq!(run_once(&world), [4, 0, 0]);
    assert_eq!(run_once(&world), [0, 0, 0]);
    let mails = post.mails();
    let mut recipients: Vec<&str> = mails.iter().map(Mail::recipient).collect();
    recipients.sort_unstable();
    assert_eq!(
        recipients,
        ["a@acme.example", "b@acme.example", "c@acme.example", "d@acme.example"]
    );
    let ids: std::collections::BTreeSet<&str> =
        mails.iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), 4, "each message has an id of its own");
}

#[test]
fn a_refused_recipient_is_dead_and_holds_up_nobody() {
    let Some(mut post) = Post::find("a_refused_recipient_is_dead_and_holds_up_nobody") else {
        return;
    };
    post.up(&["--refuse", "gone@acme.example"]);
    let site = site();
    let to = r#""gone@acme.example", "care@acme.example""#;
    let world = World::new(&config(&site, &plain(&post), to));
    assert_eq!(run_once(&world), [1, 0, 1]);
    assert_eq!(post.mails()[0].recipient(), "care@acme.example");
    let notices = outbox(&world);
    let [dead] = notices.as_slice() else { panic!("{notices:?}") };
    assert_eq!((&dead["state"], &dead["to"]), (&"dead".into(), &"gone@acme.example".into()));
    assert!(dead["last_answer"].as_str().unwrap().contains("550 5.1.1"), "{dead}");
    // It stays dead, and is not tried again, until a person says so.
    assert_eq!(run_once(&world), [0, 0, 1]);
    assert_eq!(outbox(&world)[0]["attempts"], 1);
    post.up(&[]);
    world.vahti(&format!("outbox retry {}", dead["id"])).ok();
    assert_eq!(post.mails()[1].recipient(), "gone@acme.example");
    assert_eq!(run_once(&world), [0, 0, 0]);
}

#[test]
fn a_server_that_asks_for_patience_gets_the_message_later() {
    let Some(mut post) = Post::find("a_server_that_asks_for_patience_gets_the_message_later")
    else {
        return;
    };
    post.up(&["--answer", "451 4.3.0 later"]);
    let site = site();
    let world = world(&site, &plain(&post));
    assert_eq!(run_once(&world), [0, 1, 0]);
    let answer = outbox(&world)[0]["last_answer"].clone();
    assert!(answer.as_str().unwrap().contains("451 4.3.0 later"), "{answer}");
    post.up(&[]);
    assert_eq!(run_once(&world), [1, 0, 0]);
    assert_eq!(post.count(), 1);
}

#[test]
fn a_line_cut_before_the_answer_repeats_the_message_under_its_own_id() {
    let Some(mut post) =
        Post::find("a_line_cut_before_the_answer_repeats_the_message_under_its_own_id")
    else {
        return;
    };
    post.up(&["--hang-up"]);
    let site = site();
    let world = world(&site, &plain(&post));
    assert_eq!(run_once(&world), [0, 1, 0]);
    post.up(&[]);
    assert_eq!(run_once(&world), [1, 0, 0]);
    let mails = post.mails();
    assert_eq!(mails.len(), 2, "nobody can know whether the first one counts");
    assert_eq!(mails[0].header("Message-ID"), mails[1].header("Message-ID"));
}

#[test]
fn a_notice_that_a_person_drops_is_never_sent() {
    let Some(mut post) = Post::find("a_notice_that_a_person_drops_is_never_sent") else { return };
    let site = site();
    let world = world(&site, &plain(&post));
    assert_eq!(run_once(&world), [0, 1, 0]);
    world.vahti("outbox drop 1").ok();
    let again = world.vahti("outbox drop 1");
    assert_eq!(again.code, Some(1), "{again:?}");
    post.up(&[]);
    assert_eq!(run_once(&world), [0, 0, 0]);
    assert_eq!(post.count(), 0);
}

#[test]
fn a_notice_that_is_dropped_while_it_is_tried_does_not_come_back() {
    // A server that takes connections and says nothing.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let site = site();
    let port = listener.local_addr().unwrap().port();
    let world =
        world(&site, &format!("smtp.url = \"smtp://127.0.0.1:{port}\"\nsmtp.tls = \"none\""));
    let daemon = world.daemon();
    let (connection, _) = listener.accept().unwrap();
    world.vahti("outbox drop 1").ok();
    assert_eq!(outbox(&world), [] as [Value; 0]);
    drop((connection, listener));
    until("the attempt has failed", || daemon.log().contains("Could not send"));
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(outbox(&world), [] as [Value; 0]);
}

#[test]
fn who_is_given_a_ticket_is_told_at_once_or_when_the_server_is_back() {
    let name = "who_is_given_a_ticket_is_told_at_once_or_when_the_server_is_back";
    let Some(mut post) = Post::find(name) else { return };
    let site = site();
    let world = World::new(config(&site, &plain(&post), "").split("[[alert]]").next().unwrap());
    world.vahti("poll").ok();
    let assign = |who: &str| world.vahti(&format!("ticket 1 assign {who}@acme.example"));
    let ran = assign("maija");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.starts_with("warning: \"Ticket 1 is yours"), "{}", ran.err);
    assert!(
        ran.err.contains("waits in the outbox: ") && ran.err.contains("refused"),
        "{}",
        ran.err
    );
    let waiting = outbox(&world);
    assert_eq!([&waiting[0]["to"], &waiting[0]["state"]], ["maija@acme.example", "queued"]);
    assert_eq!(waiting[0]["attempts"], 1);

    // Each command tries what it tells itself, and leaves the rest to the next run.
    post.up(&[]);
    let ran = assign("liisa");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert_eq!(post.mails()[0].recipient(), "liisa@acme.example");
    assert_eq!(outbox(&world).len(), 1);
    assert_eq!(run_once(&world), [1, 0, 0]);
    assert_eq!(post.count(), 2);
    assert_eq!(run_once(&world), [0, 0, 0]);
}
