//! Whether a stored mention passes a query, with all the fields that the language has.

use super::Mention;
use crate::brand::BrandName;
use crate::enrich::{Complainer, Complaint, Flag, Label, Priority};
use crate::matching::{Search, same_word};
use crate::post::SourceName;
use crate::query::{FieldName, FieldTest, Moment, Query};
use crate::source::Kind;
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// What a filter may ask of a mention's ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketFacts<'a> {
    /// The status as it is written: `new`, `open` and so on.
    pub status: &'a str,
    pub priority: Priority,
}

/// A query made ready to be asked of many mentions.
#[derive(Debug, Clone)]
pub struct Filter {
    query: Query,
    search: Arc<Search>,
}

impl Filter {
    pub fn new(query: Query) -> Self {
        let search = Arc::new(Search::new(&query));
        Self { query, search }
    }

    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Tells whether any mention of `brand` that a source brings may pass, by what the filter asks of brand,
    /// source and kind.
    pub fn may_pass(&self, brand: &BrandName, source: &SourceName, kind: Kind) -> bool {
        let known = |test: &FieldTest| match test.field {
            FieldName::Brand => Some(same_word(&brand.0, &test.value)),
            FieldName::Source => Some(is_source(&source.0, &test.value)),
            FieldName::Kind => Some(same_word(kind.word(), &test.value)),
            _ => None,
        };
        foreseen(&self.query, &known) != Some(false)
    }

    /// Tells whether a mention passes. Terms are looked for in title and text, in the forms of every
    /// language. Where there is a ticket, its priority counts. `since:` includes its moment, `until:`
    /// does not.
    pub fn passes(
        &self,
        mention: &Mention,
        ticket: Option<&TicketFacts<'_>>,
        now: DateTime<Utc>,
    ) -> bool {
        self.search.fits(&mention.post, |_| None, &|test| holds(test, mention, ticket, now))
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.query == other.query
    }
}

/// Reads a date (its midnight in UTC), an RFC 3339 time, or an age such as `7d` before `now`.
pub fn parse_time(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    Moment::parse(text).map(|moment| moment.seen_from(now))
}

/// Answers a query as far as it can be known; `None`: it depends.
fn foreseen(query: &Query, known: &impl Fn(&FieldTest) -> Option<bool>) -> Option<bool> {
    let all = |parts: &[Query], decides: bool| {
        let mut answer = Some(!decides);
        for part in parts {
            match foreseen(part, known) {
                Some(one) if one == decides => return Some(decides),
                Some(_) => {}
                None => answer = None,
            }
        }
        answer
    };
    match query {
        Query::All => Some(true),
        Query::And(parts) => all(parts, false),
        Query::Or(parts) => all(parts, true),
        Query::Not(inner) => foreseen(inner, known).map(|answer| !answer),
        Query::Field(test) => known(test),
        _ => None,
    }
}

/// Answers one field. A value that does not suit its field, which the parser refuses, never fits.
fn holds(
    test: &FieldTest,
    mention: &Mention,
    ticket: Option<&TicketFacts<'_>>,
    now: DateTime<Utc>,
) -> bool {
    let FieldTest { field, comparison, value } = test;
    let complaint =
        || mention.insight.complaint.as_ref().filter(|_| mention.label() == Label::Negative);
    let moment = || Moment::parse(value).map(|moment| moment.seen_from(now)).ok();
    match field {
        FieldName::Brand => same_word(&mention.brand.0, value),
        FieldName::Source => is_source(&mention.source.0, value),
        FieldName::Kind => same_word(mention.kind.word(), value),
        FieldName::Language => {
            mention.insight.language.is_some_and(|language| same_word(language.code(), value))
        }
        FieldName::Sentiment => same_word(label(mention.label()), value),
        FieldName::Score => value
            .parse()
            .is_ok_and(|score| comparison.holds(&mention.insight.sentiment.score, &score)),
        FieldName::Priority => {
            let is = ticket.map_or(mention.priority(), |ticket| ticket.priority);
            priority(value).is_some_and(|wanted| comparison.holds(&is, &wanted))
        }
        FieldName::Type => complaint().is_some_and(|complaint| is_type(complaint, value)),
        FieldName::Flag => complaint().is_some_and(|complaint| {
            complaint.flags.iter().any(|known| same_word(flag(*known), value))
        }),
        FieldName::Matter => complaint()
            .and_then(|complaint| complaint.matter)
            .is_some_and(|matter| same_word(matter.word(), value)),
        FieldName::Story => same_word(&mention.story.0, value),
        FieldName::Ticket => is_ticket(mention, ticket, value),
        FieldName::Own => is_so(mention.own, value),
        FieldName::Muted => is_so(mention.is_muted(), value),
        FieldName::Praise => same_word(mention.praise_word(), value),
        FieldName::Review => is_so(mention.wants_review(), value),
        FieldName::Since => moment().is_some_and(|since| mention.time() >= since),
        FieldName::Until => moment().is_some_and(|until| mention.time() < until),
        // Answered by the post itself.
        FieldName::Author | FieldName::Site | FieldName::Title => false,
    }
}

fn is_so(fact: bool, wanted: &str) -> bool {
    same_word(if fact { "true" } else { "false" }, wanted)
}

/// A source by its name; the feeds of an `opml` source are named after it.
fn is_source(name: &str, wanted: &str) -> bool {
    let feed_of =
        |at: usize| name.split_at_checked(at).is_some_and(|(list, _)| same_word(list, wanted));
    same_word(name, wanted) || name.match_indices('/').any(|(at, _)| feed_of(at))
}

fn is_ticket(mention: &Mention, ticket: Option<&TicketFacts<'_>>, wanted: &str) -> bool {
    let has_one = ticket.is_some() || mention.ticket.is_some();
    match wanted.to_lowercase().as_str() {
        "none" => !has_one,
        "any" => has_one,
        status => ticket.is_some_and(|ticket| same_word(ticket.status, status)),
    }
}

fn is_type(complaint: &Complaint, wanted: &str) -> bool {
    let word = match complaint.complainer {
        None => return false,
        Some(Complainer::Meek) => "meek",
        Some(Complainer::Aggressive) => "aggressive",
        Some(Complainer::Demanding) => "demanding",
        Some(Complainer::BenefitHunter) => "benefit_hunter",
        Some(Complainer::Chronic) => "chronic",
    };
    same_word(word, wanted)
}

fn label(label: Label) -> &'static str {
    match label {
        Label::Negative => "negative",
        Label::Neutral => "neutral",
        Label::Positive => "positive",
    }
}

fn flag(flag: Flag) -> &'static str {
    match flag {
        Flag::LegalThreat => "legal_threat",
        Flag::PublicPressure => "public_pressure",
        Flag::Safety => "safety",
        Flag::Churn => "churn",
    }
}

fn priority(word: &str) -> Option<Priority> {
    match word.to_lowercase().as_str() {
        "low" => Some(Priority::Low),
        "normal" => Some(Priority::Normal),
        "high" => Some(Priority::High),
        "urgent" => Some(Priority::Urgent),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrich::{Insight, Matter, Sentiment};
    use crate::mention::{Mark, MentionId, PostKey, TicketId};
    use crate::post::{Author, Post};
    use crate::query::{parse_filter, parse_keyword};
    use crate::text::Language;

    const NOW: &str = "2026-11-21T12:00:00Z";

    #[test]
    fn of_which_sources_a_filter_may_let_something_pass_is_known_before() {
        let may = |filter: &str| {
            let filter = Filter::new(parse_filter(filter).unwrap());
            filter.may_pass(&BrandName("Acme".into()), &SourceName("lists/a".into()), Kind::Feed)
        };
        for passes in [
            "",
            "brand:acme",
            "refund",
            "NOT refund",
            "source:lists",
            "brand:zenith OR refund",
            "NOT brand:zenith",
            "NOT (brand:acme refund)",
            "kind:feed sentiment:negative",
        ] {
            assert!(may(passes), "{passes}");
        }
        for fails in [
            "brand:zenith",
            "NOT brand:acme",
            "refund brand:zenith",
            "source:other OR kind:forum",
            "NOT (brand:acme OR refund)",
        ] {
            assert!(!may(fails), "{fails}");
        }
    }

    fn mention() -> Mention {
        let author = Author {
            name: Some("Maija Meikäläinen".into()),
            handle: Some("maija_m".into()),
            ..Author::default()
        };
        let post = Post {
            title: Some("Acme pettymys".into()),
            text: "Acme ei vastaa. Haastan oikeuteen!".into(),
            url: Some("https://keskustelu.forum.example/1".into()),
            author,
            published: Some("2026-11-20T08:00:00Z".parse().unwrap()),
            ..Post::default()
        };
        let complaint = Complaint {
            complainer: Some(Complainer::BenefitHunter),
            flags: vec![Flag::LegalThreat, Flag::Churn],
            matter: Some(Matter::Billing),
            cues: Vec::new(),
        };
        let key = PostKey::of(&["1"]);
        Mention {
            id: MentionId::of(key, &BrandName("Acme".into())),
            key,
            brand: BrandName("Acme".into()),
            source: SourceName("News/Kotimaa".into()),
            kind: Kind::Feed,
            post,
            hits: Vec::new(),
            seen: "2026-11-20T09:00:00Z".parse().unwrap(),
            insight: Insight {
                language: Some(Language::FINNISH),
                sentiment: Sentiment { label: Label::Negative, score: -0.75, confidence: 0.9 },
                complaint: Some(complaint),
                priority: Priority::High,
                review: false,
                why: Vec::new(),
            },
            own: false,
            story: MentionId("m3k9".into()),
            copies: 0,
            ticket: None,
            mark: None,
            muted: None,
            versions: Vec::new(),
            praise: None,
        }
    }

    #[track_caller]
    fn check_with(
        mention: &Mention,
        ticket: Option<&TicketFacts<'_>>,
        fit: &[&str],
        unfit: &[&str],
    ) {
        let now = NOW.parse().unwrap();
        for (queries, expected) in [(fit, true), (unfit, false)] {
            for text in queries {
                let query =
                    parse_filter(text).unwrap_or_else(|bad| panic!("{}", bad.pointed(text)));
                let filter = Filter::new(query.clone());
                assert_eq!(filter.passes(mention, ticket, now), expected, "{text}");
                let not = Query::Not(Box::new(query));
                let filter = Filter::new(not);
                assert_eq!(filter.passes(mention, ticket, now), !expected, "not {text}");
            }
        }
    }

    #[track_caller]
    fn check(fit: &[&str], unfit: &[&str]) {
        check_with(&mention(), None, fit, unfit);
    }

    #[test]
    fn terms_are_looked_for_in_title_and_text() {
        check(
            &["", "acme", "pettymys oikeuteen", "\"ei vastaa\"", "title:pettymys"],
            &["oikeus", "title:vastaa", "@acme"],
        );
        check(&["acme lang:fi", "lang:tr OR acme"], &["acme lang:tr", "lang:fi nosuch"]);
    }

    #[test]
    fn where_it_was_found_is_asked() {
        check(&["brand:acme", "brand:ACME"], &["brand:other", "brand:acm"]);
        check(
            &["source:news", "source:\"News/Kotimaa\"", "source:NEWS/kotimaa"],
            &["source:new", "source:kotimaa", "source:news/", "source:news/koti"],
        );
        check(&["kind:feed", "kind:FEED"], &["kind:opml", "kind:forum"]);
        check(&["site:forum.example", "site:keskustelu.forum.example"], &["site:rum.example"]);
        check(
            &["author:maija_m", "author:@Maija_M", "author:\"maija meikäläinen\"", "author:Maija"],
            &["author:mai", "author:meikä", "author:@maija"],
        );
        check(&["story:m3k9"], &["story:m3k"]);
    }

    #[test]
    fn what_was_thought_of_it_is_asked() {
        check(&["lang:fi"], &["lang:en"]);
        check(&["sentiment:negative"], &["sentiment:neutral", "sentiment:positive"]);
        check(
            &["score:<-0.5", "score:-0.75", "score:<=-0.75", "score:>-1"],
            &["score:<-0.75", "score:>-0.75", "score:>=0", "score:0.75"],
        );
        check(
            &[
                "priority:high",
                "priority:>=high",
                "priority:>normal",
                "priority:<urgent",
                "priority:<=high",
            ],
            &["priority:normal", "priority:>high", "priority:<high", "priority:urgent"],
        );
        check(&["type:benefit_hunter"], &["type:aggressive", "type:meek"]);
        check(&["flag:legal_threat", "flag:churn"], &["flag:safety", "flag:public_pressure"]);
        check(&["matter:billing", "matter:Billing"], &["matter:price", "matter:other"]);
        check(&["own:false"], &["own:true"]);
        check(&["muted:false"], &["muted:true"]);
        let muted = Mention { muted: Some("people marked".into()), ..mention() };
        let passes = |mention: &Mention| {
            let query = parse_filter("muted:true").unwrap();
            Filter::new(query).passes(mention, None, NOW.parse().unwrap())
        };
        assert!(passes(&muted));
        assert!(
            !passes(&Mention { mark: Some(Mark::Negative), ..muted }),
            "a person said otherwise"
        );
    }

    #[test]
    fn what_waits_for_a_person_is_asked() {
        check(&["review:false"], &["review:true"]);
        let waits = |mention: &Mention, does: bool| {
            let (fit, unfit) = if does { ("true", "false") } else { ("false", "true") };
            let [fit, unfit] = [fit, unfit].map(|word| format!("review:{word}"));
            check_with(mention, None, &[&fit], &[&unfit]);
        };
        waits(&Mention { muted: Some("people marked".into()), ..mention() }, true);
        let mut asked = mention();
        asked.insight.review = true;
        waits(&asked, true);
        waits(&Mention { mark: Some(Mark::Neutral), ..asked.clone() }, false);
        asked.post.is_gone = true;
        waits(&asked, false);
    }

    #[test]
    fn a_persons_mark_goes_before() {
        let marked = Mention { mark: Some(Mark::Positive), ..mention() };
        check_with(
            &marked,
            None,
            &["sentiment:positive", "priority:low"],
            &[
                "sentiment:negative",
                "priority:high",
                "type:benefit_hunter",
                "flag:churn",
                "matter:billing",
            ],
        );
    }

    #[test]
    fn its_ticket_is_asked() {
        check(&["ticket:none"], &["ticket:any", "ticket:open"]);
        let ticket = TicketFacts { status: "open", priority: Priority::Urgent };
        let ticketed = Mention { ticket: Some(TicketId(1)), ..mention() };
        check_with(
            &ticketed,
            Some(&ticket),
            &["ticket:open", "ticket:any", "priority:urgent"],
            &["ticket:none", "ticket:closed", "priority:high"],
        );
        check_with(&ticketed, None, &["ticket:any"], &["ticket:none", "ticket:open"]);
    }

    #[test]
    fn time_is_that_of_publication_unless_unknown_or_in_the_future() {
        check(
            &[
                "since:2026-11-20",
                "since:2026-11-20T08:00:00Z",
                "since:28h",
                "until:2026-11-21",
                "until:1d",
            ],
            &[
                "since:2026-11-21",
                "since:27h",
                "until:2026-11-20",
                "until:2026-11-20T08:00:00Z",
                "until:28h",
            ],
        );
        let mut late = mention();
        late.post.published = Some("2027-01-01T00:00:00Z".parse().unwrap());
        check_with(&late, None, &["since:27h", "until:26h"], &["since:2027-01-01"]);
        late.post.published = None;
        check_with(&late, None, &["since:27h", "until:26h"], &["since:26h"]);
    }

    #[test]
    fn times_of_the_command_line_are_those_of_the_language() {
        let now = NOW.parse().unwrap();
        assert_eq!(parse_time("2026-11-01", now), Ok("2026-11-01T00:00:00Z".parse().unwrap()));
        assert_eq!(parse_time("12h", now), Ok("2026-11-21T00:00:00Z".parse().unwrap()));
        assert!(parse_time("soon", now).unwrap_err().contains("`soon` is no time"));
    }

    #[test]
    fn a_keyword_is_a_filter_too() {
        let filter = Filter::new(parse_keyword("acme -klein").unwrap());
        assert!(filter.passes(&mention(), None, NOW.parse().unwrap()));
    }
}
