//! What people read of a week, and that its numbers add up.

use super::sample::{by, complaint, gathered, mention, now, report, resolve, ticket, week};
use super::*;
use crate::mention::Mark;
use crate::post::Author;
use crate::text::Language;
use crate::ticket::Action;

const LANGUAGES: [Language; 3] = [Language::ENGLISH, Language::FINNISH, Language::TURKISH];

#[test]
fn a_week_for_the_house() {
    insta::assert_snapshot!(report().text(week().zone));
}

#[test]
fn a_week_for_everybody_in_english() {
    insta::assert_snapshot!(gathered(week()).publish().text(Language::ENGLISH, week().zone));
}

#[test]
fn a_week_for_everybody_in_finnish() {
    insta::assert_snapshot!(gathered(week()).publish().text(Language::FINNISH, week().zone));
}

#[test]
fn a_week_for_everybody_in_turkish() {
    insta::assert_snapshot!(gathered(week()).publish().text(Language::TURKISH, week().zone));
}

#[test]
fn a_week_for_everybody_on_the_web() {
    insta::assert_snapshot!(gathered(week()).publish().html(Language::ENGLISH, week().zone));
}

#[test]
fn a_week_in_which_nothing_was_said_is_told_plainly() {
    let empty = || Gathering::new(week(), &Clocks::default(), now());
    assert!(empty().finish().teaches_nothing());
    let text = empty().publish().text(Language::FINNISH, week().zone);
    assert!(text.contains("Emme löytäneet"), "{text}");
    assert!(!report().teaches_nothing());
}

#[test]
fn the_numbers_of_the_desk_are_those_of_its_logs() {
    let report = report();
    let causes = report.causes.iter().map(|it| (it.cause.as_str(), it.count, it.before));
    let causes: Vec<_> = causes.collect();
    assert_eq!(causes, [("lost parcel", 1, 1), ("double billing", 1, 0)], "each ticket once");
    assert_eq!(report.causes[0].tickets, [2]);
    assert_eq!(report.lessons.len(), 2, "of the last resolution of each");
    let Flow { opened, answered, resolved, waiting, overdue, .. } = report.tickets;
    assert_eq!((opened, answered, resolved, waiting, overdue), (3, 2, 2, 1, 0));
    let first = &report.first_answer;
    assert_eq!((first.count, first.median_minutes), (2, Some(990)));
    assert_eq!((first.p90_minutes, first.within_target), (Some(1800), Some(0.5)));
    let rated = &report.satisfaction;
    assert_eq!((rated.ratings, rated.mean, rated.satisfied), (2, Some(3.5), Some(0.5)));
    assert_eq!(rated.closed_unrated, 1);
    assert_eq!((report.customers.known, report.customers.returning), (3, 1));
    assert_eq!(report.customers.most[0].name.as_deref(), Some("Anna Virtanen"));
}

#[test]
fn what_returns_is_asked_by_several_people() {
    let report = report();
    assert_eq!(report.questions.len(), 1, "{:?}", report.questions);
    assert_eq!(
        (report.questions[0].words.join(" "), report.questions[0].count),
        ("form warranty".into(), 2)
    );
    let mut gathering = Gathering::new(week(), &Clocks::default(), now());
    for number in 1..4 {
        let asks = mention(number, 2, Label::Neutral, "Where is the Acme warranty form?");
        gathering.mention(&by(asks, "Dana", "dana"));
    }
    assert_eq!(gathering.finish().questions, [], "one person asks");
}

#[test]
fn places_are_those_that_nobody_listens_to() {
    let places = |report: Report| -> Vec<String> {
        report.places.into_iter().map(|place| place.place).collect()
    };
    let mut found = places(report());
    found.sort();
    assert_eq!(found, ["jodel.com", "parcelwatch.example", "tiktok.com"]);
    let mut gathering = Gathering::new(week(), &Clocks::default(), now());
    gathering.hears(Kind::Reddit, None);
    for (number, text) in [
        (1, "Acme Redditissä ja https://old.reddit.com/r/acme"),
        (2, "Acme https://t.co/x https://news.example/1 www.m.example."),
        (3, "Acme Ekşi'de ve (https://www.sikayetvar.com/acme)"),
    ] {
        gathering.mention(&mention(number, 2, Label::Neutral, text));
    }
    let mut found = places(gathering.finish());
    found.sort();
    assert_eq!(found, ["eksisozluk.com", "m.example", "sikayetvar.com"]);
}

#[test]
fn noise_and_what_the_brand_wrote_are_counted_apart() {
    let mut gathering = Gathering::new(week(), &Clocks::default(), now());
    let mut noise = mention(1, 2, Label::Negative, "Acme the road runner");
    noise.mark = Some(Mark::Noise);
    let mut own = mention(2, 2, Label::Positive, "Acme is great");
    own.own = true;
    gathering.mention(&noise);
    gathering.mention(&own);
    let report = gathering.finish();
    assert_eq!(report.totals, Totals { own: 1, noise: 1, ..Totals::default() });
    assert!(report.stories.is_empty() && report.thanks.is_empty());
}

#[test]
fn a_brand_is_reported_alone() {
    let mut other = mention(40, 2, Label::Negative, "Bell is down");
    other.brand.0 = "Bell".into();
    let about = |brand: &str| {
        let mut gathering = gathered(Span { brand: Some(brand.into()), ..week() });
        gathering.mention(&other);
        gathering.ticket(&ticket(9, &other, &[(1, resolve("outage", None))]), Some(&other));
        gathering.finish()
    };
    assert_eq!((about("bell").totals.mentions, about("bell").tickets.opened), (1, 1));
    assert_eq!((about("Acme").totals.mentions, about("Acme").tickets.opened), (7, 3));
}

#[test]
fn long_periods_are_told_by_week_and_month() {
    let unit = |days| {
        let since = now() - TimeDelta::days(days);
        let report = gathered(Span { since, ..week() }).finish();
        (report.unit, report.volume.len())
    };
    assert_eq!(unit(30), (Unit::Day, 31));
    assert_eq!(unit(90), (Unit::Week, 14));
    assert_eq!(unit(20_000), (Unit::Month, 1));
}

#[test]
fn the_text_fits_a_terminal_and_nothing_drives_it() {
    let evil =
        "Acme \u{1b}[31m\u{202e} </td><script>alert(1)</script> ".to_owned() + &"x".repeat(300);
    let mut gathering = gathered(week());
    let mut bad = by(complaint(50, 3, Matter::Price, &evil), &evil, "evil");
    bad.copies = 9;
    bad.source.0.clone_from(&evil);
    let moves = [(1, resolve(&evil.chars().take(190).collect::<String>(), Some(&evil)))];
    gathering.ticket(&ticket(8, &bad, &moves), Some(&bad));
    gathering.mention(&bad);
    let report = gathering.finish();
    let text = report.text(week().zone);
    assert!(!text.contains(['\u{1b}', '\u{202e}']));
    for line in text.lines().filter(|line| !line.contains(&"x".repeat(80))) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let html = report.html(week().zone);
    assert!(!html.contains("<script") && html.contains("&#60;script&#62;"), "{html}");
    for loader in ["<img", "<link", "@import", "url(", "src=", "<iframe", "href="] {
        assert!(!html.contains(loader), "{loader}");
    }
}

#[test]
fn every_language_fills_in_the_same_things() {
    let files = [
        include_str!("texts/en.toml"),
        include_str!("texts/fi.toml"),
        include_str!("texts/tr.toml"),
    ];
    let blanks = |file: &str| -> Vec<String> {
        let table: toml::Table = file.parse().unwrap();
        let mut found = Vec::new();
        for (key, value) in table.iter().filter(|(key, _)| *key != "day") {
            let mut names: Vec<String> = value
                .as_str()
                .unwrap_or_default()
                .split('{')
                .skip(1)
                .map(|rest| rest.split('}').next().unwrap().to_owned())
                .collect();
            names.sort();
            found.push(format!("{key} {names:?}"));
        }
        found
    };
    assert_eq!(blanks(files[0]), blanks(files[1]));
    assert_eq!(blanks(files[0]), blanks(files[2]));
}

#[test]
fn what_was_learned_from_somebody_who_deleted_the_post_is_for_the_house_alone() {
    let told = |is_gone: bool| {
        let mut gathering = Gathering::new(week(), &Clocks::default(), now());
        let mut bad = by(complaint(1, 9, Matter::Service, "Acme fails"), "Liisa", "li");
        let lesson = "Liisa's door is blue: look for it.";
        let mut moves = vec![(1, resolve("the blue door", Some(lesson)))];
        if is_gone {
            bad.post.author = Author::default();
            bad.post.is_gone = true;
            moves.push((2, Action::Gone));
        }
        let kept = by(complaint(2, 9, Matter::Service, "Acme is slow"), "Pekka", "pekka");
        let lesson = "Answer within an hour.";
        let other = ticket(2, &kept, &[(1, resolve("slow answer", Some(lesson)))]);
        gathering.ticket(&ticket(1, &bad, &moves), Some(&bad));
        gathering.ticket(&other, Some(&kept));
        serde_json::to_string(&gathering.publish()).unwrap()
    };
    let (there, gone) = (told(false), told(true));
    assert!(there.contains("the blue door") && there.contains("… door is blue"), "{there}");
    assert!(!gone.contains("blue") && !gone.contains("Liisa"), "{gone}");
    assert!(gone.contains("Answer within an hour.") && gone.contains("slow answer"), "{gone}");
}

#[test]
fn a_customer_of_several_handles_counts_once() {
    let report = |links: &[Link]| {
        let mut gathering = Gathering::new(week(), &Clocks::default(), now());
        gathering.knows(links);
        for (number, handle) in [(1, "liisa"), (2, "kettle"), (3, "pekka")] {
            let bad = by(complaint(number, 9, Matter::Service, "Acme fails"), "L", handle);
            gathering.ticket(&ticket(number.into(), &bad, &[]), Some(&bad));
        }
        gathering.finish().customers
    };
    let [one, other] = ["news.example @liisa", "news.example @kettle"].map(str::to_owned);
    let link = Link { id: 1, one, other, by: "maija".into(), at: now(), parted: None };
    assert_eq!((report(&[]).known, report(&[]).returning), (3, 0));
    let linked = report(&[link]);
    assert_eq!((linked.known, linked.returning, linked.most[0].last_ticket), (2, 1, 2));
}

mod always {
    use super::*;
    use proptest::prelude::*;

    fn label() -> impl Strategy<Value = Label> {
        prop_oneof![Just(Label::Negative), Just(Label::Neutral), Just(Label::Positive)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn the_counts_add_up(
            drawn in prop::collection::vec((label(), 0_i64..400, 0_u8..3, 0_u8..6), 0..40),
            days in 1_i64..500,
        ) {
            let since = now() - TimeDelta::days(days);
            let mut gathering = Gathering::new(Span { since, ..week() }, &Clocks::default(), now());
            for (number, (label, hours, brand, what)) in (0..).zip(drawn) {
                let mut one = mention(number, hours * 2, label, "Acme: where is it?");
                one.brand.0 = format!("brand {brand}");
                one.source.0 = format!("source {what}");
                one.own = what == 1;
                one.muted = (what == 2).then(|| "like noise".into());
                one.insight.language = (what != 3).then_some(Language::FINNISH);
                if what == 4 {
                    one.story = mention(200, 0, label, "").id;
                }
                gathering.mention(&one);
            }
            let report = gathering.finish();
            let totals = report.totals;
            prop_assert_eq!(totals.mentions, totals.negative + totals.neutral + totals.positive);
            prop_assert_eq!(totals.mentions, totals.stories + totals.copies);
            prop_assert_eq!(totals.mentions, report.volume.iter().map(|bin| bin.mentions).sum::<u64>());
            prop_assert_eq!(totals.negative, report.volume.iter().map(|bin| bin.negative).sum::<u64>());
            for rows in [&report.brands, &report.sources, &report.languages] {
                prop_assert_eq!(totals.mentions, rows.iter().map(|row| row.mentions).sum::<u64>());
                prop_assert_eq!(totals.positive, rows.iter().map(|row| row.positive).sum::<u64>());
                prop_assert_eq!(report.before.mentions, rows.iter().map(|row| row.before).sum::<u64>());
            }
        }

        #[test]
        fn what_is_public_leads_to_nobody(
            people in prop::collection::vec(
                ("[A-ZÄÖŞ][a-zäöşı]{4,8} [A-ZÄÖ][a-zäö]{4,8}", "[a-z]{4,8}_[0-9]{2}"), 1..5),
            around in "[a-zäö ]{0,12}",
            ending in "(n|lta|'ye|:n|, |\\.|!)?",
            is_small in any::<bool>(),
        ) {
            let mut gathering = Gathering::new(week(), &Clocks::default(), now());
            let mut secrets = Vec::new();
            for (number, (name, handle)) in (1..).zip(&people) {
                let said = format!("Acme: does {name} know where the {handle} warranty form is?");
                let bad = by(complaint(number, 9, Matter::Service, &said), name, handle);
                let asks = by(mention(100 + number, 9, Label::Neutral, &said), name, handle);
                let url = bad.post.author.url.clone().unwrap();
                let written = if is_small { name.to_lowercase() } else { name.clone() };
                let lesson = format!(
                    "{around}{written}{ending} @{handle} {url} {handle}{ending} 040 123 4567 {around} \
                     a.b@mail.example (www.shop.example/x)"
                );
                let moves = [(1, resolve(&format!("{written} {around}"), Some(&lesson)))];
                gathering.ticket(&ticket(number.into(), &bad, &moves), Some(&bad));
                gathering.mention(&bad);
                gathering.mention(&asks);
                secrets.extend([name.clone(), handle.clone(), url, bad.post.url.unwrap()]);
                secrets.extend(name.split(' ').map(|part| format!("{part} ")));
            }
            secrets.extend(["040 123", "4567", "a.b@mail", "shop.example"].map(str::to_owned));
            let public = gathering.publish();
            let json = serde_json::to_string(&public).unwrap();
            let pages = LANGUAGES.map(|language| public.text(language, week().zone));
            let html = public.html(Language::FINNISH, week().zone);
            for page in pages.iter().chain([&json, &html]) {
                for secret in secrets.iter().filter(|_| !is_small) {
                    prop_assert!(!page.contains(secret.as_str()), "{secret}: {page}");
                }
                for (name, handle) in &people {
                    let page = page.to_lowercase();
                    prop_assert!(!page.contains(&name.to_lowercase()) && !page.contains(handle), "{page}");
                }
            }
        }
    }
}
