//! Reads a post about one brand: its language, how it speaks of the brand, how it complains, and how
//! soon somebody should look. Total: unclear text gives an unsure answer, never an error.

use crate::brand::{Brand, Hit};
use crate::post::Post;
use crate::text::Language;
use correction::Marks;
use engine::Opinion;
use excerpt::Excerpt;
use priority::Thresholds;
use sentiment::Judgement;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

pub mod complainer;
pub mod concepts;
pub mod correction;
pub mod engine;
mod excerpt;
pub mod features;
pub mod homonym;
pub mod language;
pub mod lexicon;
pub mod model;
pub mod names;
pub mod net;
pub mod priority;
pub mod sentiment;
mod stems;
pub mod tokens;
pub mod train;

/// How a post speaks of the brand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    Negative,
    Neutral,
    Positive,
}

/// Every label, in the order of the judge's classes.
pub const LABELS: [Label; 3] = [Label::Negative, Label::Neutral, Label::Positive];

impl Label {
    /// The word for it, in queries and answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Neutral => "neutral",
            Self::Positive => "positive",
        }
    }
}

/// A label with its score and how sure we are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sentiment {
    pub label: Label,
    /// From -1 (as bad as can be) to 1.
    pub score: f32,
    /// From 0 to 1: the probability that the label is right.
    pub confidence: f32,
}

/// How somebody complains; each wants another answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Complainer {
    Meek,
    Aggressive,
    Demanding,
    BenefitHunter,
    Chronic,
}

/// Something in a complaint that changes who must look, and how soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    LegalThreat,
    PublicPressure,
    Safety,
    Churn,
}

/// What a complaint is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matter {
    Delivery,
    Quality,
    Billing,
    Service,
    Availability,
    Price,
    Privacy,
    Other,
}

impl Matter {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Delivery,
        Self::Quality,
        Self::Billing,
        Self::Service,
        Self::Availability,
        Self::Price,
        Self::Privacy,
        Self::Other,
    ];

    /// The word for it, in queries and answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Delivery => "delivery",
            Self::Quality => "quality",
            Self::Billing => "billing",
            Self::Service => "service",
            Self::Availability => "availability",
            Self::Price => "price",
            Self::Privacy => "privacy",
            Self::Other => "other",
        }
    }
}

/// What a negative mention tells about the one who complains, and what about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// `None` where nothing tells.
    #[serde(rename = "type")]
    pub complainer: Option<Complainer>,
    pub flags: Vec<Flag>,
    /// A guess; `None` where nothing tells.
    #[serde(default)]
    pub matter: Option<Matter>,
    /// The words that told, quoted from the text.
    pub cues: Vec<String>,
}

/// How soon somebody should look.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    Low,
    #[default]
    Normal,
    High,
    Urgent,
}

/// Everything we think of one post about one brand.
#[derive(Debug, Clone, PartialEq)]
pub struct Insight {
    /// `None` where nothing tells.
    pub language: Option<Language>,
    pub sentiment: Sentiment,
    /// `None` unless the label is negative.
    pub complaint: Option<Complaint>,
    pub priority: Priority,
    /// Whether vahti is not sure enough and asks a person.
    pub review: bool,
    /// Why it was judged so: short sentences in English, most telling first.
    pub why: Vec<String>,
}

/// What is known of an author's earlier complaints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct History {
    /// How many mentions of the last 90 days were complaints.
    pub complaints_90d: u32,
    /// How many of them were not about what most of them were about.
    pub other_matters_90d: u32,
}

impl History {
    /// Counts earlier complaints by what they were about.
    pub fn of(matters: &[Option<Matter>]) -> Self {
        let known = || matters.iter().flatten();
        let mut times: BTreeMap<&'static str, usize> = BTreeMap::new();
        for matter in known() {
            *times.entry(matter.word()).or_default() += 1;
        }
        let most = times.into_values().max().unwrap_or_default();
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Self {
            complaints_90d: count(matters.len()),
            other_matters_90d: count(known().count() - most),
        }
    }

    /// Tells whether somebody complains as a habit: often, and not all about one matter. Reminders of
    /// one case are none; a matter is a guess, so that one other alone tells nothing.
    pub fn is_chronic(self) -> bool {
        self.complaints_90d >= complainer::CHRONIC
            && self.other_matters_90d >= complainer::OTHER_MATTERS
    }
}

/// What is known of a post beside itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    pub history: History,
    /// Its language, where that is a fact.
    pub language: Option<Language>,
    /// How somebody else judged it; `None`: vahti itself judges.
    pub opinion: Option<&'a Opinion>,
    /// What people marked.
    pub marks: Option<Marks<'a>>,
    /// Where other brands stand that are watched: what is said of them is not said of this one.
    pub others: &'a [Hit],
    pub thresholds: Thresholds,
}

/// Returns the post as the judge is to read it: where the site claims no language and the customers of
/// the brand write only one, that one is the hint. It decides nothing where the text itself tells.
pub fn hinted<'p>(post: &'p Post, brand: &Brand) -> Cow<'p, Post> {
    match brand.languages.as_slice() {
        [only] if post.language.is_none() => {
            Cow::Owned(Post { language: Some(*only), ..post.clone() })
        }
        _ => Cow::Borrowed(post),
    }
}

/// Judges a post about one brand; `hits` are the places where the brand stands. Without any, the text
/// is judged as a whole.
pub fn enrich(post: &Post, hits: &[Hit], history: History) -> Insight {
    enrich_knowing(post, hits, Known { history, ..Known::default() })
}

/// Judges a post as [`enrich`] does, with what else is known.
pub fn enrich_knowing(post: &Post, hits: &[Hit], known: Known) -> Insight {
    let Known { history, language, opinion, marks, others, thresholds } = known;
    let excerpt = Excerpt::among(post, hits, others);
    // Of a short text vahti may be unsure of the language, and yet read it rightly.
    let (language, read_as) = language.map_or_else(
        || {
            let guess = language::of_excerpt(&excerpt, post.language);
            (guess.believed(), guess.readable())
        },
        |language| (Some(language), Some(language)),
    );
    let reading = excerpt.reading(read_as.as_ref().map(Language::code).unwrap_or_default());
    let own = sentiment::judge_reading(&excerpt, &reading, post.rating, marks);
    let Judgement { sentiment, review, mut why, strong, .. } = match opinion {
        // One who is not sure overrules no complaint.
        Some(opinion)
            if !own.is_told && opinion.is_unsure() && own.sentiment.label == Label::Negative =>
        {
            let mut why = opinion.judgement().why;
            why.extend(own.why);
            Judgement { review: true, why, ..own }
        }
        // What people said of the same words goes before what anybody else thinks.
        Some(opinion) if !own.is_told => Judgement { strong: own.strong, ..opinion.judgement() },
        _ => own,
    };
    let complaint = (sentiment.label == Label::Negative).then(|| {
        let mut complaint = complainer::of_reading(&excerpt, &reading);
        if history.is_chronic() {
            complaint.complainer = Some(Complainer::Chronic);
        }
        complaint
    });
    let case = priority::Case {
        sentiment,
        review,
        complaint: complaint.as_ref(),
        strong: &strong,
        rating: post.rating,
        followers: post.author.followers,
        complaints: history.complaints_90d,
    };
    if let (None, Some(read_as)) = (language, read_as)
        && post.text.chars().any(char::is_alphabetic)
    {
        why.push(format!("the language is not sure; it was read as {read_as}"));
    }
    let (priority, raised) = priority::rank(case, thresholds);
    if !raised.is_empty() {
        why.push(format!("{priority} priority: {}", raised.join(", ")));
    }
    Insight { language, sentiment, complaint, priority, review, why }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brand::Field;
    use proptest::prelude::*;

    fn post(text: &str) -> Post {
        Post { text: text.to_owned(), ..Post::default() }
    }

    #[test]
    fn a_complaint_is_read_in_full() {
        let insight = enrich(
            &post(
                "Acme ei ole vastannut kolmeen viikkoon. Vaadin rahat takaisin tai haastan teidät oikeuteen.",
            ),
            &[Hit {
                keyword: "Acme".into(),
                field: Field::Text,
                start: 0,
                end: 4,
                form: "Acme".into(),
            }],
            History::default(),
        );
        assert_eq!(insight.language, Some(Language::FINNISH));
        assert_eq!(insight.sentiment.label, Label::Negative);
        let complaint = insight.complaint.unwrap();
        assert_eq!(complaint.complainer, Some(Complainer::Demanding));
        assert_eq!(complaint.flags, [Flag::LegalThreat]);
        assert!(insight.review || insight.priority >= Priority::High, "{:?}", insight.why);
    }

    #[test]
    fn five_complaints_on_different_matters_in_ninety_days_make_it_chronic() {
        let check = |matters: &[Option<Matter>], is_chronic| {
            let insight = enrich(&post("taas rikki, ihan surkea firma"), &[], History::of(matters));
            let chronic = Some(Complainer::Chronic);
            assert_eq!(insight.complaint.unwrap().complainer == chronic, is_chronic, "{matters:?}");
        };
        let [billing, quality, price] = [Matter::Billing, Matter::Quality, Matter::Price].map(Some);
        check(&[billing, quality, price, quality], false);
        check(&[billing, quality, price, quality, quality], true);
        check(&[billing, billing, quality, quality, None], true);
        check(&[billing, billing, billing, billing, billing, billing], false);
        check(&[billing, billing, billing, billing, quality], false);
        check(&[None; 9], false);
    }

    #[test]
    fn praise_is_no_complaint() {
        let insight = enrich(
            &post("Loistava palvelu, kiitos! Suosittelen kaikille."),
            &[],
            History { complaints_90d: 9, other_matters_90d: 8 },
        );
        assert_eq!((insight.complaint, insight.priority), (None, Priority::Low));
    }

    #[test]
    fn a_language_that_is_given_is_a_fact() {
        let known = Known { language: Some(Language::TURKISH), ..Known::default() };
        let insight = enrich_knowing(&post("this does not work"), &[], known);
        assert_eq!(insight.language, Some(Language::TURKISH));
    }

    #[test]
    fn another_judge_decides_the_label_and_vahti_the_rest() {
        let service = engine::Service {
            url: "http://127.0.0.1:9000/judge".parse().unwrap(),
            chat: None,
            token: None,
            timeout: std::time::Duration::from_secs(5),
            budget: 1,
        };
        let judged = |text, answer: &str| {
            let opinion = service.read(answer.as_bytes()).unwrap();
            let known = Known { opinion: Some(&opinion), ..Known::default() };
            enrich_knowing(&post(text), &[], known)
        };
        let praise = "Loistava palvelu, kiitos! Haastan teidät oikeuteen.";
        let insight = judged(praise, r#"{"label":"negative","confidence":0.9}"#);
        assert_eq!(insight.complaint.unwrap().flags, [Flag::LegalThreat]);
        assert_eq!((insight.priority, insight.language), (Priority::High, Some(Language::FINNISH)));
        assert!(insight.why[0].starts_with("the judge at 127.0.0.1 says"), "{:?}", insight.why);
        let insight = judged("ihan surkea firma", r#"{"label":"neutral"}"#);
        assert_eq!((insight.sentiment.label, insight.complaint), (Label::Neutral, None));
    }

    proptest! {
        #[test]
        fn any_text_and_any_hits_get_the_same_answer_twice(
            title in proptest::option::of("\\PC{0,40}"),
            text in "\\PC{0,200}",
            places in proptest::collection::vec((any::<bool>(), 0_usize..300, 0_usize..300), 0..4),
        ) {
            let post = Post { title, ..post(&text) };
            let field = |title| if title { Field::Title } else { Field::Text };
            let hits: Vec<Hit> = places
                .into_iter()
                .map(|(title, start, end)| Hit { keyword: String::new(), field: field(title), start, end, form: String::new() })
                .collect();
            let insight = enrich(&post, &hits, History::default());
            prop_assert!((-1.0..=1.0).contains(&insight.sentiment.score));
            prop_assert!((0.0..=1.0).contains(&insight.sentiment.confidence));
            prop_assert_eq!(insight.complaint.is_some(), insight.sentiment.label == Label::Negative);
            prop_assert!(!insight.why.is_empty());
            prop_assert_eq!(&enrich(&post, &hits, History::default()), &insight);
        }
    }
}
