//! `vahti report`: what was learned of a period, in every form, for the house and for everybody.

use super::shapes::check;
use super::{CONFIG, EMPTY_WIRE, both_ways, mention, seeded};
use crate::support::{World, entry, feed};

/// What was told and done at a desk that resolved a complaint, was rated, and was asked twice.
fn desk() -> World {
    let world = World::new(CONFIG);
    let entries = [
        entry("1", "Acme is terrible, the worst service ever, my order never arrived")
            .by("Liisa Virtanen")
            .dated("Mon, 02 Nov 2026 10:00:00 GMT"),
        entry("2", "Which Acme shop has the warranty form?")
            .by("Dana")
            .dated("Tue, 03 Nov 2026 10:00:00 GMT"),
        entry("3", "Does Acme have a warranty form in Tampere?")
            .by("Emil")
            .dated("Tue, 03 Nov 2026 11:00:00 GMT"),
        entry("4", "Acme is wonderful, I love it so much, thank you")
            .text("Told everybody on https://www.parcelwatch.example/praise already")
            .by("Eve"),
    ];
    world.write("news.xml", &feed(&entries));
    world.write("wire.json", EMPTY_WIRE);
    world.vahti("run --once").ok();
    world.vahti("ticket 1 assign maija").ok();
    world.vahti_with(&["ticket", "1", "reply", "Sorry!"], "").ok();
    let lesson = "Liisa Virtanen (liisa@mail.example, 040 123 4567) waited: ship on the same day";
    world
        .vahti_with(&["ticket", "1", "resolve", "--cause", "late order", "--lesson", lesson], "")
        .ok();
    world.vahti("ticket 1 rate 4").ok();
    world
}

#[test]
fn a_report_has_stable_names() {
    let world = desk();
    let report = world.vahti("report --format json").json();
    check(
        &report,
        "brand since until before_since
         totals totals.mentions totals.negative totals.neutral totals.positive totals.stories
         totals.copies totals.own totals.noise
         before before.mentions before.negative before.neutral before.positive before.stories
         before.copies before.own before.noise
         unit volume volume.from volume.mentions volume.negative volume.neutral volume.positive
         brands brands.name brands.mentions brands.negative brands.neutral brands.positive
         brands.before
         sources sources.name sources.mentions sources.negative sources.neutral sources.positive
         sources.before
         languages languages.name languages.mentions languages.negative languages.neutral
         languages.positive languages.before
         stories stories.id stories.brand stories.headline stories.sentiment stories.at
         stories.copies stories.url stories.ticket
         matters matters.matter matters.mentions
         tickets tickets.opened tickets.answered tickets.resolved tickets.opened_before
         tickets.resolved_before tickets.waiting tickets.overdue
         causes causes.cause causes.count causes.before causes.tickets
         lessons lessons.ticket lessons.cause lessons.lesson lessons.at
         first_answer first_answer.count first_answer.median_minutes first_answer.p90_minutes
         first_answer.within_target
         resolution resolution.count resolution.median_minutes resolution.p90_minutes
         resolution.within_target
         satisfaction satisfaction.ratings satisfaction.mean satisfaction.satisfied
         satisfaction.closed_unrated
         satisfaction.by_cause satisfaction.by_cause.name satisfaction.by_cause.ratings
         satisfaction.by_cause.mean
         satisfaction.by_type satisfaction.by_type.name satisfaction.by_type.ratings
         satisfaction.by_type.mean
         satisfaction.by_assignee satisfaction.by_assignee.name satisfaction.by_assignee.ratings
         satisfaction.by_assignee.mean
         customers customers.known customers.returning customers.most
         questions questions.words questions.count questions.examples questions.examples.mention
         questions.examples.text questions.examples.url
         places places.place places.mentions places.last
         thanks thanks.id thanks.brand thanks.headline thanks.sentiment thanks.at thanks.copies
         thanks.url thanks.ticket",
    );
    assert_eq!(report["totals"]["mentions"], 4);
    assert_eq!(report["causes"][0]["tickets"], serde_json::json!([1]));
    assert_eq!(report["satisfaction"]["mean"], 4.0);
    assert_eq!(report["places"][0]["place"], "parcelwatch.example");
    check(
        &world.vahti("report --public --format json").json(),
        "brand since until mentions negative neutral positive matters matters.matter
         matters.mentions tickets_opened tickets_resolved causes causes.cause causes.count
         causes.lessons
         first_answer first_answer.count first_answer.median_minutes first_answer.p90_minutes
         first_answer.within_target
         resolution resolution.count resolution.median_minutes resolution.p90_minutes
         resolution.within_target
         ratings mean_rating questions questions.words questions.count",
    );
}

#[test]
fn what_is_published_names_nobody() {
    let world = desk();
    for form in ["table", "json", "html"] {
        for language in ["en", "fi", "tr"] {
            let words = format!("report --public --language {language} --format {form}");
            let page = world.vahti(&words).ok();
            assert!(page.contains("ship on the same day"), "{page}");
            for secret in ["Liisa", "Virtanen", "mail.example", "4567", "maija", "Dana", "://"] {
                assert!(!page.contains(secret), "{secret}: {page}");
            }
        }
    }
}

#[test]
fn people_read_a_table_of_80_columns_and_a_page() {
    both_ways(|world| {
        let text = world.vahti("report --since 2026-11-01").ok();
        for words in ["Mentions\n", "By day\n", "Brands\n", "Stories\n", "Tickets\n"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
        let html = world.vahti("report --since 2026-11-01 --format html").ok();
        assert!(html.starts_with("<!doctype html>") && html.contains("viewport"), "{html}");
        assert!(!html.contains("src=") && !html.contains("href="), "{html}");
    });
}

#[test]
fn a_report_is_the_same_with_and_without_a_daemon() {
    let world = desk();
    let questions = [
        "report --since 2026-11-01 --until 2026-11-05",
        "report --since 2026-11-01 --until 2026-11-05 --brand acme --format json",
        "report --since 2026-11-01 --until 2026-11-05 --public --language fi --format html",
        "report --since 2026-11-05 --until 2026-11-01",
    ];
    let ask = |question: &&str| {
        let ran = world.vahti(question);
        (ran.code, ran.out, ran.err)
    };
    let without: Vec<_> = questions.iter().map(ask).collect();
    let daemon = world.daemon();
    for (question, expected) in questions.iter().zip(&without) {
        assert_eq!(&ask(question), expected, "{question}");
    }
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn lessons_are_mailed_to_everybody() {
    let world = desk();
    let lessons = "[[alert]]\nname = \"everyone\"\nto = [\"all@acme.example\"]\n\
                   frequency = \"weekly\"\nlanguage = \"tr\"\ncontent = \"lessons\"\n";
    world.configure(&format!("{CONFIG}{lessons}"));
    let preview = world.vahti("alert everyone preview").ok();
    assert!(preview.starts_with("Subject: Neler öğrendik: late order\n"), "{preview}");
    assert!(preview.contains("ship on the same"), "{preview}");
    let before = world.mails("eml").len();
    world.vahti("alert everyone send").ok();
    assert_eq!(world.mails("eml").len(), before + 1);
    let again = world.vahti("alert everyone preview").ok();
    assert!(again.starts_with("Subject: Neler öğrendik: yeni bir şey yok\n"), "{again}");
    world.configure(&CONFIG.replace("as-it-happens\"", "as-it-happens\"\ncontent = \"lessons\""));
    let refused = world.vahti("check");
    assert!(refused.err.contains("not told as they happen"), "{}", refused.err);
}

#[test]
fn a_period_that_is_none_is_told() {
    let world = seeded();
    let ran = world.vahti("report --since 1d --until 2d");
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("before it begins"), "{}", ran.err);
    let ran = world.vahti("report --since yesterday-ish");
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("--since"), "{}", ran.err);
    assert_eq!(world.vahti("report --language fi").code, Some(2), "it goes with --public");
    assert!(mention(&world, "wonderful")["ticket"].is_null());
}
