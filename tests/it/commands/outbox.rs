//! `alert` and `outbox`: what would be said, what is said, and what waits.

use super::{both_ways, count, seeded};
use crate::support::{World, until};

#[test]
fn a_preview_comes_as_text_html_and_message_and_sends_nothing() {
    both_ways(|world| {
        // The yearly alert was never told of anything.
        let text = world.vahti("alert yearly preview").ok();
        assert!(text.starts_with("Subject: "), "{text}");
        assert!(text.contains("worst service ever"), "{text}");
        assert_eq!(world.vahti("alert yearly preview --format text").ok().len(), text.len());
        let html = world.vahti("alert yearly preview --format html").ok();
        assert!(html.to_lowercase().starts_with("<!doctype html>"), "{html}");
        assert!(html.contains("worst service ever"), "{html}");
        let message = world.vahti("alert yearly preview --format eml").ok();
        for part in [
            "From: Vahti <vahti@acme.example>",
            "To: chief@acme.example",
            "Subject: ",
            "multipart/alternative",
            "text/plain",
            "text/html",
        ] {
            assert!(message.contains(part), "{part}: {message}");
        }
        assert!(world.vahti("outbox").ok().contains("empty"));
        let unknown = world.vahti("alert yaerly preview");
        assert_eq!(unknown.code, Some(1));
        assert!(unknown.err.contains("did you mean `yearly`?"), "{}", unknown.err);
        assert_eq!(world.vahti("alert yaerly send").code, Some(1));
    });
}

#[test]
fn an_alert_that_is_sent_by_hand_goes_out_once() {
    both_ways(|world| {
        let before = world.mails("txt").len();
        world.vahti("alert yearly send").ok();
        until("both recipients have it", || world.mails("txt").len() == before + 2);
        assert!(world.mails("txt").iter().any(|mail| mail.contains("worst service ever")));
        until("nothing waits", || world.vahti("outbox").ok().contains("empty"));
        // What was told is not told again.
        let preview = world.vahti("alert yearly preview").ok();
        assert!(!preview.contains("worst service ever"), "{preview}");
    });
}

/// Makes sending fail: a file lies where the folder of mails should be.
fn jam(world: &World) {
    std::fs::remove_dir_all(world.path("outbox")).unwrap();
    world.write("outbox", "in the way");
}

#[test]
fn what_cannot_be_sent_waits_and_is_retried_or_dropped() {
    both_ways(|world| {
        jam(world);
        world.vahti("alert yearly send").ok();
        let outbox = || world.vahti("outbox --format json").json();
        until("both were tried", || {
            let notices = outbox();
            notices.as_array().unwrap().iter().all(|notice| notice["attempts"] == 1)
        });
        let notices = outbox();
        assert_eq!(count(&notices), 2);
        assert_eq!(notices[0]["state"], "queued");
        assert_eq!(notices[0]["alert"], "yearly");
        assert!(notices[0]["last_answer"].is_string(), "{notices}");
        let first = notices[0]["id"].as_u64().unwrap();
        let second = notices[1]["id"].as_u64().unwrap();
        assert_eq!(world.vahti("outbox --format ndjson").ok().lines().count(), 2);
        assert_eq!(world.vahti("outbox --format csv").ok().matches("\r\n").count(), 3);
        assert!(world.vahti("outbox").ok().contains("queued"));

        world.vahti(&format!("outbox drop {second}")).ok();
        assert_eq!(count(&outbox()), 1);
        for command in [format!("outbox drop {second}"), format!("outbox retry {second}")] {
            assert_eq!(world.vahti(&command).code, Some(1), "{command}");
        }
        std::fs::remove_file(world.path("outbox")).unwrap();
        world.vahti(&format!("outbox retry {first}")).ok();
        until("the one kept is sent", || world.mails("txt").len() == 1);
        until("nothing waits", || count(&outbox()) == 0);
    });
}

#[test]
fn a_dead_notice_is_kept_until_somebody_decides() {
    let world = seeded();
    // Nobody is told, and nothing breaks, where the mail table is gone.
    jam(&world);
    world.vahti("alert care send").ok();
    world.vahti("run --once").ok();
    let status = world.vahti("status --format json").json();
    assert_eq!(status["outbox"]["queued"], 1);
    assert!(status["outbox"]["last_answer"].is_string(), "{status}");
}
