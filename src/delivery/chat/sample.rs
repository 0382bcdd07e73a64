//! Notices for the tests of this folder.

use crate::delivery::{Brief, BriefLine, Enclosed, Notice, NoticeId, Progress};

pub(super) fn line(headline: &str, link: Option<&str>) -> BriefLine {
    BriefLine {
        headline: headline.into(),
        link: link.map(str::to_owned),
        details: vec!["negative".into(), "forum.example (forum)".into(), "@maija".into()],
    }
}

/// What is told of two mentions, one of them hostile.
pub(super) fn notice() -> Notice {
    let hostile = "<!channel> @everyone *bold* [x](javascript:1) & <b>\"it\"</b> _a_ `c` #1 | \\";
    let brief = Brief {
        title: "Acme: 2 mentions, 2 negative – Network <down> & out".into(),
        lines: vec![
            line("Network <down> & out", Some("https://forum.example/t/1?a=1&b=(2)")),
            BriefLine { details: Vec::new(), ..line(hostile, None) },
        ],
        footer: vec!["This is the alert “care-team”.".into()],
        urgent: true,
        ..Brief::default()
    };
    Notice {
        subject: "Acme: 2 mentions, 2 negative – Network <down> & out".into(),
        enclosed: Enclosed {
            brief: Some(brief),
            tells: vec!["m1".into(), "m2".into()],
            ..Enclosed::default()
        },
        ..plain()
    }
}

/// A notice as large as one can be, in letters that take room.
pub(super) fn huge() -> Notice {
    let words = "<&\"'*_`~|>ş€😀\\[]()".repeat(200);
    let link = format!("https://forum.example/{}", "%26x&".repeat(150));
    let mut notice = notice();
    let brief = Brief {
        title: words.clone(),
        lines: (0..60)
            .map(|_| BriefLine { details: vec![words.clone()], ..line(&words, Some(&link)) })
            .collect(),
        footer: vec![words; 9],
        ..Brief::default()
    };
    notice.enclosed.brief = Some(brief);
    notice
}

/// One that says nothing in short.
pub(super) fn plain() -> Notice {
    Notice {
        id: NoticeId(7),
        alert: "care-team".into(),
        to: "team-chat".into(),
        subject: "vahti: 1 source fails".into(),
        text: "1 source fails.\n\n* news since 08:00\n  news.example answered 500\n\n-- \nvahti says so once.\n".into(),
        html: "<p>1 source fails.</p>".into(),
        message_id: "0a1b2c3d4e5f60718293a4b5c6d7e8f9".into(),
        created: "2026-11-21T08:00:00Z".parse().unwrap(),
        progress: Progress::Queued,
        attempts: 0,
        next_attempt: "2026-11-21T08:00:00Z".parse().unwrap(),
        last_answer: None,
        enclosed: Enclosed::default(),
    }
}
