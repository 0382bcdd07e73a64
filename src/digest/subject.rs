//! The subject of a digest: what is inside, so that one need not open it to know.

use super::Digest;
use super::excerpt::line;
use super::words::Words;
use crate::brand::BrandName;

/// The longest subject, in characters.
const LONGEST: usize = 120;

/// The longest list of brands in it, in characters.
const LONGEST_BRANDS: usize = 40;

/// How many brands are named; the others are counted.
const MOST_BRANDS: usize = 3;

/// Returns the subject: whose mentions, how many, how bad, and the worst headline.
pub fn subject(digest: &Digest) -> String {
    let words = Words::of(digest.language);
    let total = digest.total();
    let mut parts = Vec::new();
    let mut headline = digest.worst.clone();
    if total.all() > 0 {
        parts.push(words.count(total.all(), &words.count.mentions));
        if total.negative > 0 {
            parts.push(words.count(total.negative, &words.count.negative));
        }
    } else {
        let quiet = digest.quiet.len() + digest.quiet_hidden;
        let what = [
            (digest.today_all, &words.count.tickets),
            (digest.asked_all, &words.asked.short),
            (quiet, &words.quiet.short),
        ];
        // What needs somebody is the news; only where nothing does, the rest is.
        let most = if digest.today_all > 0 { 2 } else { 3 };
        let told = what.into_iter().take(most).filter(|(number, _)| *number > 0);
        parts.extend(told.map(|(number, forms)| words.count(number as u64, forms)));
        headline = digest.today.first().map(|ticket| ticket.headline.clone());
        if parts.is_empty() {
            parts.push(words.nothing_in_short.clone());
        }
    }
    let blind = digest.blind_spots.len() + digest.blind_hidden;
    if total.all() == 0 && blind > 0 {
        parts.push(words.count(blind as u64, &words.count.sources));
    }
    let mut subject = format!("{}: {}", who(digest), parts.join(", "));
    if let Some(headline) = headline.filter(|headline| !headline.is_empty()) {
        subject.push_str(" – ");
        subject.push_str(&headline);
    }
    line(&subject, LONGEST)
}

/// The brands that the digest is about, or the alert where there is none.
fn who(digest: &Digest) -> String {
    let names: Vec<&str> = digest.counts.keys().map(|BrandName(name)| name.as_str()).collect();
    let listed = names.iter().take(MOST_BRANDS).copied().collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => line(&digest.alert, LONGEST_BRANDS),
        1..=MOST_BRANDS => line(&listed, LONGEST_BRANDS),
        more => format!("{} +{}", line(&listed, LONGEST_BRANDS), more - MOST_BRANDS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sample::{digest, input, mention, ticket};
    use crate::digest::{Blind, BlindSpot, Input, TicketLine};
    use crate::enrich::{Label, Priority};
    use crate::mention::Mention;
    use crate::post::SourceName;
    use crate::text::Language;

    fn three() -> Vec<Mention> {
        let mut worst = mention(1, Label::Negative, Some("Network down all day"), "Acme");
        worst.insight.priority = Priority::High;
        vec![
            mention(2, Label::Neutral, Some("News"), "Acme"),
            worst,
            mention(0, Label::Negative, Some("Slow answer"), "Acme"),
        ]
    }

    #[track_caller]
    fn check(language: Language, mentions: &[Mention], expected: &str) {
        let digest = Digest::of(&Input { language, ..input(mentions, &[]) });
        assert_eq!(subject(&digest), expected);
    }

    #[test]
    fn it_says_whose_how_many_how_bad_and_the_worst() {
        let three = three();
        let say = |language, words: &str| {
            check(language, &three, &format!("Acme: {words} – Network down all day"));
        };
        say(Language::ENGLISH, "3 mentions, 2 negative");
        say(Language::FINNISH, "3 mainintaa, 2 kielteistä");
        say(Language::TURKISH, "3 paylaşım, 2 olumsuz");
        say(Language::SWEDISH, "3 omnämnanden, 2 negativa");
    }

    #[test]
    fn one_is_one() {
        let one = [mention(1, Label::Negative, Some("Down"), "Acme")];
        check(Language::ENGLISH, &one, "Acme: 1 mention, 1 negative – Down");
        check(Language::FINNISH, &one, "Acme: 1 maininta, 1 kielteinen – Down");
        check(Language::SWEDISH, &one, "Acme: 1 omnämnande, 1 negativt – Down");
        let good = [mention(1, Label::Positive, Some("Thanks"), "Acme")];
        check(Language::ENGLISH, &good, "Acme: 1 mention – Thanks");
    }

    #[test]
    fn many_brands_are_counted() {
        let mut mentions = Vec::new();
        for (number, name) in (1..).zip(["Acme", "Bell", "Cog", "Dyn", "Eko"]) {
            let mut mention = mention(number, Label::Neutral, Some("News"), "Acme");
            mention.brand.0 = name.into();
            mentions.push(mention);
        }
        check(Language::ENGLISH, &mentions, "Acme, Bell, Cog +2: 5 mentions – News");
    }

    #[test]
    fn without_mentions_it_speaks_of_tickets_and_blind_spots_or_says_that_there_is_nothing() {
        assert_eq!(subject(&digest(&[], &[])), "care-team: nothing new");
        let late = TicketLine { overdue: true, ..ticket(3) };
        assert_eq!(
            subject(&digest(&[], &[late])),
            "care-team: 1 ticket needs attention today – Ticket number 3"
        );
        let asked = |id| TicketLine { overdue: true, status: "resolved".into(), ..ticket(id) };
        assert_eq!(
            subject(&digest(&[], &[asked(3), asked(4)])),
            "care-team: 2 customers to ask whether all is well"
        );
        let both = [asked(3), TicketLine { overdue: true, ..ticket(5) }];
        assert_eq!(
            subject(&digest(&[], &both)),
            "care-team: 1 ticket needs attention today, 1 customer to ask whether all is well – Ticket number 5"
        );
        let source = SourceName("a".into());
        let spot = BlindSpot { source, blind: Blind::Failing, what: "b".into(), since: None };
        let blind = Digest::of(&Input { blind_spots: &[spot], ..input(&[], &[]) });
        assert_eq!(subject(&blind), "care-team: nothing new, nothing from 1 source");
    }

    #[test]
    fn it_is_one_bounded_line_whatever_the_headline() {
        let mut mention =
            mention(1, Label::Negative, Some("a\r\nBcc: x@y.example\0\u{202e}"), "Acme");
        let short = subject(&digest(std::slice::from_ref(&mention), &[]));
        assert_eq!(short, "Acme: 1 mention, 1 negative – a Bcc: x@y.example");
        mention.post.title = Some("ö".repeat(2_000_000));
        mention.brand.0 = "Å".repeat(500);
        let long = subject(&digest(&[mention], &[]));
        assert!(long.chars().count() <= LONGEST && long.contains("1 negative"), "{long}");
    }
}
