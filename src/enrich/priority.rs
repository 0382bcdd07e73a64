//! How soon somebody should look: a sum in which everything that adds says so.

use super::{Complainer, Complaint, Flag, Label, Priority, Sentiment};

/// What is known of a negative post beside how it speaks.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    pub sentiment: Sentiment,
    /// Whether vahti is not sure, and a person must look anyway.
    pub review: bool,
    pub complaint: Option<&'a Complaint>,
    /// Strong words that are said of the brand.
    pub strong: &'a [String],
    /// Stars that were given, 1 to 5.
    pub rating: Option<u8>,
    pub followers: Option<u64>,
    /// How many complaints the author made in the last 90 days.
    pub complaints: u32,
}

/// From how many points on a post is urgent, high, normal; each more than the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    pub urgent: u32,
    pub high: u32,
    pub normal: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { urgent: 8, high: 5, normal: 2 }
    }
}

impl Thresholds {
    fn priority(self, points: u32) -> Priority {
        match points {
            points if points >= self.urgent => Priority::Urgent,
            points if points >= self.high => Priority::High,
            points if points >= self.normal => Priority::Normal,
            _ => Priority::Low,
        }
    }
}

/// Ranks a post, and tells what raised it, the most first. What is not negative is low; of what is
/// unsure the words still count, but a person decides, so it is normal.
pub fn rank(case: Case, thresholds: Thresholds) -> (Priority, Vec<String>) {
    if case.sentiment.label != Label::Negative {
        return (Priority::Low, Vec::new());
    }
    let mut points = points(case);
    points.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
    let sum: u32 = points.iter().map(|(points, _)| points).sum();
    let mut why: Vec<String> =
        points.into_iter().map(|(points, why)| format!("{why} (+{points})")).collect();
    if case.review {
        why.push("a person decides first".to_owned());
        return (Priority::Normal, why);
    }
    (thresholds.priority(sum), why)
}

/// Gives each thing that raises the priority, with its points.
fn points(case: Case) -> Vec<(u32, String)> {
    let mut points = Vec::new();
    let mut add = |more: u32, why: String| points.push((more, why));
    add(if case.sentiment.confidence >= 0.8 { 3 } else { 2 }, "it is negative".to_owned());
    for flag in case.complaint.map(|complaint| complaint.flags.as_slice()).unwrap_or_default() {
        match flag {
            Flag::Safety => add(5, "somebody could be hurt".to_owned()),
            Flag::LegalThreat => add(4, "it speaks of the law or an authority".to_owned()),
            Flag::PublicPressure => add(2, "it calls on others".to_owned()),
            Flag::Churn => add(2, "a customer leaves".to_owned()),
        }
    }
    match case.complaint.and_then(|complaint| complaint.complainer) {
        Some(Complainer::Aggressive) => add(1, "it is aggressive".to_owned()),
        Some(Complainer::Demanding) => add(1, "it requires something".to_owned()),
        Some(Complainer::Chronic) => add(1, "the author complains again and again".to_owned()),
        Some(Complainer::BenefitHunter | Complainer::Meek) | None => {}
    }
    match case.followers.unwrap_or(0) {
        100_000.. => add(3, "the author has more than 100,000 followers".to_owned()),
        10_000.. => add(2, "the author has more than 10,000 followers".to_owned()),
        1_000.. => add(1, "the author has more than 1,000 followers".to_owned()),
        _ => {}
    }
    match case.strong {
        [] | [_] => {}
        words => {
            let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
            add(1, format!("its words are strong: {}", quoted.join(", ")));
        }
    }
    if case.rating.is_some_and(|stars| stars <= 1) {
        add(1, "the lowest rating was given".to_owned());
    }
    if case.complaints > 0 {
        add(1, format!("the author's {} in 90 days", nth(case.complaints)));
    }
    points
}

fn nth(before: u32) -> String {
    match before {
        1 => "second complaint".to_owned(),
        2 => "third complaint".to_owned(),
        more => format!("complaint number {}", more.saturating_add(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BAD: Sentiment = Sentiment { label: Label::Negative, score: -0.8, confidence: 0.9 };
    const PLAIN: Case = Case {
        sentiment: BAD,
        review: false,
        complaint: None,
        strong: &[],
        rating: None,
        followers: None,
        complaints: 0,
    };

    fn rank(case: Case) -> (Priority, Vec<String>) {
        super::rank(case, Thresholds::default())
    }

    fn complaint(complainer: Option<Complainer>, flags: &[Flag]) -> Complaint {
        Complaint { complainer, flags: flags.to_vec(), ..Complaint::default() }
    }

    #[test]
    fn what_a_complaint_holds_decides() {
        let check = |expected, complainer, flags: &[Flag]| {
            let complaint = complaint(complainer, flags);
            assert_eq!(
                rank(Case { complaint: Some(&complaint), ..PLAIN }).0,
                expected,
                "{flags:?}"
            );
        };
        check(Priority::Normal, None, &[]);
        check(Priority::Normal, Some(Complainer::Meek), &[]);
        check(Priority::Normal, Some(Complainer::Aggressive), &[]);
        check(Priority::High, None, &[Flag::Churn]);
        check(Priority::High, None, &[Flag::LegalThreat]);
        check(Priority::Urgent, None, &[Flag::Safety]);
        check(Priority::Urgent, Some(Complainer::Demanding), &[Flag::LegalThreat]);
    }

    #[test]
    fn what_is_not_negative_is_low_and_what_is_unsure_is_normal() {
        let both = complaint(Some(Complainer::Aggressive), &[Flag::LegalThreat, Flag::Safety]);
        let case = Case { complaint: Some(&both), ..PLAIN };
        let good = Sentiment { label: Label::Positive, ..BAD };
        assert_eq!(rank(Case { sentiment: good, ..case }), (Priority::Low, Vec::new()));
        assert_eq!(rank(Case { review: true, ..case }).0, Priority::Normal);
    }

    #[test]
    fn the_thresholds_are_those_that_are_given() {
        let check = |urgent, high, normal, expected| {
            let thresholds = Thresholds { urgent, high, normal };
            assert_eq!(super::rank(PLAIN, thresholds).0, expected, "{thresholds:?}");
        };
        check(3, 2, 1, Priority::Urgent);
        check(4, 3, 1, Priority::High);
        check(5, 4, 3, Priority::Normal);
        check(6, 5, 4, Priority::Low);
    }

    #[test]
    fn the_reasons_come_with_their_points() {
        let case = Case { followers: Some(12_000), complaints: 2, ..PLAIN };
        assert_eq!(
            rank(case).1,
            [
                "it is negative (+3)",
                "the author has more than 10,000 followers (+2)",
                "the author's third complaint in 90 days (+1)"
            ]
        );
    }

    #[test]
    fn strong_words_and_the_lowest_rating_raise_it() {
        let strong = ["fraud".to_owned(), "disgusting".to_owned()];
        let case = Case { strong: &strong, rating: Some(1), ..PLAIN };
        let (priority, why) = rank(case);
        assert_eq!(priority, Priority::High);
        assert_eq!(
            why,
            [
                "it is negative (+3)",
                "its words are strong: \"fraud\", \"disgusting\" (+1)",
                "the lowest rating was given (+1)"
            ]
        );
        let mild = Case { strong: strong.get(..1).unwrap(), rating: Some(2), ..PLAIN };
        assert_eq!(rank(mild).1, ["it is negative (+3)"]);
    }

    proptest! {
        #[test]
        fn nothing_that_is_added_lowers_it(
            words in 0_usize..5,
            stars in proptest::option::of(1_u8..=5),
            flags in 0_usize..16,
            confidence in 0.0_f32..1.0,
        ) {
            let all = [Flag::LegalThreat, Flag::PublicPressure, Flag::Safety, Flag::Churn];
            let some: Vec<Flag> =
                (0..4).filter(|at| flags >> at & 1 == 1).map(|at| all[at]).collect();
            let strong = vec!["awful".to_owned(); words];
            let complaint_with = complaint(Some(Complainer::Demanding), &some);
            let less = Case { sentiment: Sentiment { confidence, ..BAD }, ..PLAIN };
            let more = Case {
                strong: &strong,
                rating: stars,
                complaint: Some(&complaint_with),
                ..less
            };
            let surer = Case { sentiment: Sentiment { confidence: 1.0, ..BAD }, ..more };
            prop_assert!(rank(less).0 <= rank(more).0);
            prop_assert!(rank(more).0 <= rank(surer).0);
        }

        #[test]
        fn more_reach_and_more_complaints_never_lower_it(a in 0_u64..1_000_000, b in 0_u64..1_000_000, c in 0_u32..9) {
            let rank_of = |followers, complaints| rank(Case { followers: Some(followers), complaints, ..PLAIN }).0;
            prop_assert!(rank_of(a.min(b), c) <= rank_of(a.max(b), c));
            prop_assert!(rank_of(a, c) <= rank_of(a, c + 1));
        }
    }
}
