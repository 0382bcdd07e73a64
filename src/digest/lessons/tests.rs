//! What everybody reads of a week, in each language.

use super::*;
use chrono::TimeDelta;

fn week(language: Language) -> Lessons {
    let to = DateTime::from_timestamp(1_795_248_000, 0).unwrap();
    let cause = |cause: &str, count, before, lessons: &[&str]| CauseLine {
        cause: cause.into(),
        count,
        before,
        lessons: lessons.iter().map(|lesson| (*lesson).to_owned()).collect(),
    };
    Lessons {
        alert: "everyone".into(),
        language,
        zone: Tz::Europe__Helsinki,
        from: to - TimeDelta::days(7),
        to,
        resolved: 4,
        causes: vec![
            cause(
                "late delivery",
                3,
                1,
                &["Tell the customer before the promised day, not after."],
            ),
            cause("double billing", 1, 0, &[]),
        ],
        ratings: 2,
        mean: Some(4.5),
        thanks: vec![ThanksLine {
            brand: "Acme".into(),
            said: "Kudos to Acme for the quick fix".into(),
            url: Some("https://forum.example/t/5#p9".into()),
        }],
    }
}

fn shown(language: Language) -> String {
    let week = week(language);
    format!("{}\n\n{}", subject(&week), text(&week)).replace("-- \n", "--␠\n")
}

#[test]
fn a_week_in_english() {
    insta::assert_snapshot!(shown(Language::ENGLISH));
}

#[test]
fn a_week_in_finnish() {
    insta::assert_snapshot!(shown(Language::FINNISH));
}

#[test]
fn a_week_in_turkish() {
    insta::assert_snapshot!(shown(Language::TURKISH));
}

#[test]
fn a_week_in_swedish() {
    insta::assert_snapshot!(shown(Language::SWEDISH));
}

#[test]
fn a_week_as_html() {
    insta::assert_snapshot!(html(&week(Language::FINNISH)));
}

#[test]
fn one_is_one_and_nothing_is_said_plainly() {
    let one = Lessons { resolved: 1, ratings: 1, causes: Vec::new(), ..week(Language::FINNISH) };
    assert_eq!(subject(&one), "1 kiitos asiakkaalta");
    assert!(text(&one).starts_with("1 valitus ratkaistiin.\nYksi asiakas arvioi meidät: 4,5/5.\n"));
    let none = Lessons { thanks: Vec::new(), resolved: 0, ratings: 0, ..one };
    assert!(none.is_empty());
    assert_eq!(subject(&none), "Mitä opimme: ei uutta");
    assert!(text(&none).contains("Tältä ajalta ei ole opittavaa"));
}

#[test]
fn nothing_from_outside_becomes_markup_or_another_line() {
    let evil = "</div><script>alert(1)</script>\r\n* Forged\u{202e}";
    let mut week = week(Language::ENGLISH);
    week.causes[0].cause = evil.into();
    week.causes[0].lessons = vec![evil.into()];
    week.thanks[0].said = evil.into();
    week.thanks[0].url = Some("javascript:alert(1)".into());
    let html = html(&week);
    assert!(!html.contains("<script") && !html.contains("javascript:"), "{html}");
    assert!(!text(&week).contains("\n* Forged") && !text(&week).contains('\u{202e}'));
    assert!(!subject(&week).contains(['\r', '\n']));
}

#[test]
fn a_week_in_short_in_each_language() {
    let of = |language| {
        let Brief { title, lines, footer, more, .. } = brief(&week(language));
        let lines = lines.into_iter().map(|line| {
            let link = line.link.unwrap_or_default();
            format!("* {}\n  {}\n  {link}", line.headline, line.details.join(" · "))
        });
        format!(
            "{title}\n{}\n{}\n{more:?}",
            lines.collect::<Vec<_>>().join("\n"),
            footer.join("\n")
        )
    };
    let all = [Language::ENGLISH, Language::FINNISH, Language::TURKISH, Language::SWEDISH].map(of);
    insta::assert_snapshot!(all.join("\n\n"));
}
