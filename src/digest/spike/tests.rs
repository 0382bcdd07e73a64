//! What is told of spikes, as people read it.

use super::*;
use crate::digest::sample::{mention, now};
use crate::enrich::Label;

fn spike(of: Of) -> Spike {
    let found = spike::hour(now());
    Spike {
        of,
        began: found - 1,
        found,
        count: 41,
        hours: 2,
        usual: 4.6,
        last: found + 3,
        peak: found + 1,
        most: 57,
        total: 1212,
    }
}

fn told(language: Language, of: Of, is_over: bool) -> Message {
    told_in(language, of, if is_over { Phase::Over } else { Phase::Begun })
}

fn told_in(language: Language, of: Of, phase: Phase) -> Message {
    let head =
        mention(1, Label::Negative, Some("Acme <b>recalls</b>"), "Acme recalls all its carts.");
    let other = mention(2, Label::Neutral, None, "Acme is in the news");
    let stories = [
        Story { head, more: 12, ticket: Some(TicketId(42)) },
        Story { head: other, more: 0, ticket: None },
    ];
    message(&Told {
        language,
        zone: Tz::Europe__Helsinki,
        brand: &BrandName("Acme".into()),
        alert: "care-team",
        spike: &spike(of),
        phase,
        negative: 30,
        stories: &stories,
    })
}

#[test]
fn the_subject_says_how_much_and_what_is_usual() {
    let subject = |language, of, is_over| told(language, of, is_over).subject;
    for (language, expected) in [
        (Language::ENGLISH, "Acme: 41 mentions in 2 hours, usually 5"),
        (Language::FINNISH, "Acme: 41 mainintaa 2 tunnissa, tavallisesti 5"),
        (Language::TURKISH, "Acme: 2 saatte 41 paylaşım, normalde 5"),
        (Language::SWEDISH, "Acme: 41 omnämnanden på 2 timmar, normalt 5"),
    ] {
        assert_eq!(subject(language, Of::All, false), expected);
    }
    assert_eq!(
        subject(Language::ENGLISH, Of::Negative, true),
        "Acme: over after 5 hours, 1,212 negative mentions"
    );
}

#[test]
fn what_stays_is_not_called_over() {
    for (language, expected) in [
        (Language::ENGLISH, "Acme: still high after a week, 1,212 mentions"),
        (Language::FINNISH, "Acme: vilkasta jo viikon, 1 212 mainintaa"),
        (Language::TURKISH, "Acme: yoğunluk bir haftadır sürüyor, 1.212 paylaşım"),
        (Language::SWEDISH, "Acme: fortfarande mycket efter en vecka, 1 212 omnämnanden"),
    ] {
        let message = told_in(language, Of::All, Phase::Stays);
        let plain = |text: &str| text.replace(char::is_whitespace, " ");
        assert_eq!(plain(&message.subject), expected);
        assert_eq!(plain(&message.enclosed.brief.unwrap().title), expected);
    }
}

#[test]
fn what_is_told_reads_well_in_every_language() {
    for language in ["en", "fi", "tr", "sv"] {
        for (is_over, which) in [(false, "begun"), (true, "over")] {
            let Message { subject, text, .. } = told(language.parse().unwrap(), Of::All, is_over);
            let whole = format!("{subject}\n\n{}", text.replace("-- \n", "--␠\n"));
            insta::assert_snapshot!(format!("{which}_in_{language}"), whole);
        }
    }
}

#[test]
fn begin_and_end_are_one_thread_and_only_the_begin_is_urgent() {
    let (begun, over) =
        (told(Language::ENGLISH, Of::All, false), told(Language::ENGLISH, Of::All, true));
    assert!(begun.enclosed.thread.is_some());
    assert_eq!(begun.enclosed.thread, over.enclosed.thread);
    let (begun, over) = (begun.enclosed.brief.unwrap(), over.enclosed.brief.unwrap());
    assert!(begun.urgent && !over.urgent);
    assert_eq!(begun.lines.len(), 2);
    assert_eq!(begun.lines[0].link.as_deref(), Some("https://www.news.example/1"));
}

#[test]
fn nothing_from_outside_becomes_markup() {
    let html = told(Language::ENGLISH, Of::All, false).html;
    assert!(!html.contains("<b>recalls") && html.contains("&#60;b&#62;recalls"), "{html}");
    assert!(html.contains("href=\"https://www.news.example/1\""));
}
