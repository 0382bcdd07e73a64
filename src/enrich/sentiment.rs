//! How a post speaks of the brand, how sure that is, and which words say so.

use super::correction::{Marks, Moved};
use super::excerpt::Excerpt;
use super::features::{Plaint, Reading};
use super::model::{Decision, Model, Weighed};
use super::names::Role;
use super::tokens::Kind;
use super::{LABELS, Label, Sentiment};
use crate::brand::Hit;
use crate::post::Post;
use crate::text::Language;
use stars::starred;
use std::ops::Range;

pub(super) mod stars;

/// How many words are named as reasons.
const NAMED: usize = 4;
/// How many strong words are quoted.
const STRONG: usize = 3;
/// What a word must move to be named.
const TELLING: f32 = 0.15;

/// What the judge says.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    pub sentiment: Sentiment,
    /// Whether a person should look, because vahti is not sure.
    pub review: bool,
    /// Short sentences in English.
    pub why: Vec<String>,
    /// The strong words that are said of the brand, as they stand in the text.
    pub strong: Vec<String>,
    /// Whether people said what these very words are.
    pub is_told: bool,
}

/// Judges a post in a language, where it is known.
pub fn judge(post: &Post, hits: &[Hit], language: Option<Language>) -> Judgement {
    judge_with(post, hits, language, None)
}

/// Judges a post as [`judge`] does, moved by what people marked.
pub fn judge_with(
    post: &Post,
    hits: &[Hit],
    language: Option<Language>,
    marks: Option<Marks<'_>>,
) -> Judgement {
    let excerpt = Excerpt::of(post, hits);
    let code = language.as_ref().map(Language::code).unwrap_or_default();
    judge_reading(&excerpt, &excerpt.reading(code), post.rating, marks)
}

/// Judges an excerpt that was read in a language, of a post with so many stars.
pub(super) fn judge_reading(
    excerpt: &Excerpt,
    reading: &Reading,
    rating: Option<u8>,
    marks: Option<Marks<'_>>,
) -> Judgement {
    let (Some(model), true) = (Model::built_in(), excerpt.has_words()) else {
        return wordless(rating);
    };
    let code = reading.language;
    let moved = marks.and_then(|marks| marks.corrections.of(reading, rating, marks.brand));
    let Some(sureness) = model.sureness(code) else {
        return foreign(rating, code, moved.as_ref());
    };
    let weighed = model.weigh(reading);
    let sums = moved.as_ref().map_or(weighed.sums, |moved| moved.added(weighed.sums));
    let chances = starred(sureness.probabilities(sums), rating);
    let chances = moved.as_ref().map_or(chances, |moved| moved.recalled(chances));
    let [negative, ..] = chances;
    // What a person said of the same words stands.
    let is_told = moved.as_ref().is_some_and(|moved| moved.recalled.is_some());
    let plaint = if is_told { Plaint::None } else { reading.plaint() };
    let Decision { class, is_shy, review } = sureness.decide(chances, plaint);
    let is_left = class != 0 && !is_told && reading.is_left();
    let class = if is_left { 0 } else { class };
    // The brand that was surpassed is seldom the one that is praised, and stars that speak against the
    // words leave nobody sure.
    let is_surpassed = class == 2 && reading.rival.is_some_and(|rival| rival.role == Role::From);
    let is_contrary = matches!((rating, class), (Some(..=2), 1 | 2) | (Some(4..), 0));
    let review = review || is_left || !is_told && (is_surpassed || is_contrary);
    let sentiment = sentiment(chances, class);
    let mut why = reasons(&weighed, excerpt, class);
    why.extend(rating.map(given));
    if is_left {
        why.insert(0, "it is the one that was left for another".to_owned());
    }
    if is_shy {
        let mut words: Vec<String> = Vec::new();
        for spot in reading.complaint().chain(reading.threats()) {
            let quote = format!("\"{}\"", excerpt.spot(*spot));
            if words.len() < NAMED && !words.contains(&quote) {
                words.push(quote);
            }
        }
        why.push(format!("words of a complaint: {}", words.join(", ")));
    }
    let quote = |at: usize| excerpt.tokens.get(at).map(|token| excerpt.quote(token.at.clone()));
    why.extend(moved.map(|moved| moved.told(quote)));
    if review {
        why.push(format!(
            "vahti is not sure: {:.0} in 100 such texts are negative",
            negative * 100.0
        ));
    }
    let strong = reading.strong().map(|spot| excerpt.spot(*spot)).take(STRONG).collect();
    Judgement { sentiment, review, why, strong, is_told }
}

/// Returns the sentiment of a text with these chances, taken for one of the classes.
fn sentiment(chances: [f32; 3], class: usize) -> Sentiment {
    let [negative, _, positive] = chances;
    Sentiment {
        label: LABELS.get(class).copied().unwrap_or(Label::Neutral),
        // A label and a score that spoke against each other would be found by neither.
        score: match class {
            0 => round(positive - negative).min(0.0),
            2 => round(positive - negative).max(0.0),
            _ => round(positive - negative),
        },
        confidence: round(chances.get(class).copied().unwrap_or(0.0)),
    }
}

/// Judges a post in a language that vahti does not know: its stars are all that can be read, and without
/// them a person has to look.
fn foreign(rating: Option<u8>, code: &str, moved: Option<&Moved>) -> Judgement {
    let told = match code {
        "" => "vahti does not know the language of the text".to_owned(),
        code => format!("vahti does not judge texts in the language `{code}`"),
    };
    let mut judgement = wordless(rating);
    let unsure = starred([1.0 / 3.0; 3], rating);
    if let Some((moved, (class, _))) = moved.and_then(|moved| Some((moved, moved.recalled?))) {
        // A person read it, in whatever language.
        let chances = moved.recalled(unsure);
        judgement.sentiment = sentiment(chances, class);
        judgement.why = vec![moved.told(|_| None)];
        judgement.is_told = true;
    } else if rating.is_none() {
        judgement.sentiment.confidence = round(1.0 / 3.0);
        judgement.review = true;
        judgement.why.clear();
    }
    judgement.why.push(told);
    judgement
}

/// Judges a post that has no words: its stars are all that there is.
fn wordless(rating: Option<u8>) -> Judgement {
    let Some(stars) = rating else {
        let sentiment = Sentiment { label: Label::Neutral, score: 0.0, confidence: 0.5 };
        let why = vec!["there are no words to judge".to_owned()];
        return Judgement { sentiment, review: false, why, strong: Vec::new(), is_told: false };
    };
    let [negative, neutral, positive] = starred([1.0 / 3.0; 3], rating);
    let (label, confidence) = match stars {
        ..=2 => (Label::Negative, negative),
        3 => (Label::Neutral, neutral),
        4.. => (Label::Positive, positive),
    };
    let score = round(positive - negative);
    let sentiment = Sentiment { label, score, confidence: round(confidence) };
    Judgement {
        sentiment,
        review: false,
        why: vec![given(stars)],
        strong: Vec::new(),
        is_told: false,
    }
}

fn given(stars: u8) -> String {
    format!("{stars} of 5 stars were given")
}

/// Names the words that move the score most, with by how much; neighbours as one phrase.
fn reasons(weighed: &Weighed, excerpt: &Excerpt, class: usize) -> Vec<String> {
    let tokens = &excerpt.tokens;
    let told: Vec<f32> = tokens
        .iter()
        .zip(&weighed.tokens)
        .map(|(token, [negative, _, positive])| match token.kind {
            Kind::Target => 0.0,
            // A number tells only with the words around it.
            _ if token.folded.starts_with('0') => 0.0,
            _ => positive - negative,
        })
        .collect();
    let mut phrases: Vec<(f32, Range<usize>)> = Vec::new();
    let mut at = 0;
    for run in
        told.chunk_by(|a, b| a.abs() >= TELLING && b.abs() >= TELLING && (*a < 0.0) == (*b < 0.0))
    {
        let sum: f32 = run.iter().sum();
        if sum.abs() >= TELLING {
            phrases.push((sum, at..at + run.len()));
        }
        at += run.len();
    }
    phrases.sort_by(|(a, x), (b, y)| b.abs().total_cmp(&a.abs()).then(x.start.cmp(&y.start)));
    let name = |speaks: fn(f32) -> bool| {
        let mut quotes: Vec<String> = Vec::new();
        for (sum, at) in phrases.iter().filter(|(sum, _)| speaks(*sum)) {
            if quotes.len() == NAMED {
                break;
            }
            let (Some(from), Some(to)) = (tokens.get(at.start), tokens.get(at.end - 1)) else {
                continue;
            };
            let quote = crate::text::cut(&excerpt.quote(from.at.start..to.at.end), 40);
            let quote = weighted(&quote, *sum);
            if !quotes.contains(&quote) {
                quotes.push(quote);
            }
        }
        quotes
    };
    let (against, for_it) = (name(|sum| sum < 0.0), name(|sum| sum > 0.0));
    let mut why = Vec::new();
    let mut say = |quotes: Vec<String>, verdict: &str| match quotes.len() {
        0 => {}
        1 => why.push(format!("{} speaks {verdict}", quotes.concat())),
        _ => why.push(format!("{} speak {verdict}", quotes.join(", "))),
    };
    if class == 2 {
        say(for_it, "for it");
        say(against, "against it");
    } else {
        say(against, "against it");
        say(for_it, "for it");
    }
    match class {
        1 => why.insert(0, "as a whole it is neither for nor against it".to_owned()),
        _ if why.is_empty() => why.push("only the text as a whole tells".to_owned()),
        _ => {}
    }
    why
}

/// Quotes words with what they weigh, to a tenth.
#[expect(clippy::cast_possible_truncation, reason = "a sum of a few small weights")]
fn weighted(words: &str, sum: f32) -> String {
    let tenths = (sum.abs() * 10.0).round() as i32;
    let sign = if sum < 0.0 { '-' } else { '+' };
    format!("\"{words}\" ({sign}{}.{})", tenths / 10, tenths % 10)
}

/// Rounds to three digits, so that no platform's last bit shows.
fn round(number: f32) -> f32 {
    (number * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brand::Field;
    use std::time::{Duration, Instant};

    /// A post that says `Acme` where the text does.
    fn judged(text: &str, language: &str) -> Judgement {
        let mentions = text.match_indices("Acme");
        let hits: Vec<Hit> = mentions
            .map(|(at, form)| {
                let start = text.chars().take(text.split_at(at).0.chars().count()).count();
                Hit {
                    keyword: "Acme".into(),
                    field: Field::Text,
                    start,
                    end: start + 4,
                    form: form.into(),
                }
            })
            .collect();
        let post = Post { text: text.to_owned(), ..Post::default() };
        judge(&post, &hits, language.parse().ok())
    }

    fn check(language: &str, label: Label, texts: &[&str]) {
        for text in texts {
            let Judgement { sentiment, why, .. } = judged(text, language);
            assert_eq!(sentiment.label, label, "{text} {sentiment:?} {why:?}");
            assert!(
                (-1.0..=1.0).contains(&sentiment.score)
                    && (0.0..=1.0).contains(&sentiment.confidence)
            );
        }
    }

    #[test]
    fn finnish_mentions_are_judged() {
        check(
            "fi",
            Label::Negative,
            &[
                "Acme laskutti kahteen kertaan eikä kukaan vastaa puhelimeen",
                "Acmen netti ei toimi taaskaan",
                "Paketti tuli rikki, Acme ei hyvitä mitään",
                "Kolmas viikko ja Acme ei ole vieläkään toimittanut tilausta",
                "Ihan surkea asiakaspalvelu Acmella",
            ],
        );
        check(
            "fi",
            Label::Neutral,
            &[
                "Acme avaa uuden myymälän Tampereelle ensi keväänä",
                "Mihin aikaan Acme aukeaa lauantaina?",
                "Acmen liikevaihto oli 12 miljoonaa euroa",
                "Acme hakee myyjää Ouluun",
            ],
        );
        check(
            "fi",
            Label::Positive,
            &[
                "Acmen palvelu oli nopeaa ja ystävällistä, suosittelen!",
                "Kiitos Acme, ihana yllätys ja loistava laatu",
                "Olen todella tyytyväinen Acmeen",
            ],
        );
    }

    #[test]
    fn the_brand_that_was_left_is_not_praised_and_a_threat_is_heard_whatever_the_score() {
        let left = "Switched from Acme to Beta, finally a network that works";
        let gone_to = "Switched from Beta to Acme, finally a network that works";
        for (text, language, label) in [
            (left, "en", Label::Negative),
            (gone_to, "en", Label::Positive),
            ("Vaihdoin Acmesta Betaan, vihdoin toimiva verkko", "fi", Label::Negative),
            ("My lawyer will contact Acme", "en", Label::Negative),
            ("Regulator sues Acme over merger", "en", Label::Neutral),
        ] {
            let judgement = judged(text, language);
            assert_eq!(judgement.sentiment.label, label, "{text} {judgement:?}");
            // Neither is surely a complaint: a person decides.
            assert_eq!(judgement.review, label == Label::Negative, "{text} {judgement:?}");
        }
    }

    #[test]
    fn turkish_mentions_are_judged() {
        check(
            "tr",
            Label::Negative,
            &[
                "Acme kargom iki haftadır gelmedi, kimse telefona bakmıyor",
                "Acme'nin uygulaması yine çöktü",
                "acme urun bozuk geldi iade de almiyorlar",
                "Acme faturama habersiz ek ücret yansıtmış",
                "Rezalet bir firma Acme, sakın almayın",
            ],
        );
        check(
            "tr",
            Label::Neutral,
            &[
                "Acme üçüncü çeyrek bilançosunu perşembe günü açıklayacak",
                "Acme Ankara'da yeni mağaza açıyor",
                "Acme pazar günü açık mı?",
            ],
        );
        check(
            "tr",
            Label::Positive,
            &[
                "Acme çok hızlı kargoladı, teşekkürler",
                "Acme'den çok memnunum, herkese tavsiye ederim",
                "Acme'nin hizmeti harika, ürün çok kaliteli",
            ],
        );
    }

    #[test]
    fn english_mentions_are_judged() {
        check(
            "en",
            Label::Negative,
            &[
                "Acme charged me twice and nobody answers the phone",
                "third week without internet from Acme and still no answer",
                "The parcel from Acme arrived broken and they refuse a refund",
                "Acme app is down again",
                "worst customer service ever, never again Acme",
            ],
        );
        check(
            "en",
            Label::Neutral,
            &[
                "Acme opens a new store in Leeds on Friday",
                "Does anyone know if Acme ships to Norway?",
                "Acme to publish quarterly results on Thursday",
            ],
        );
        check(
            "en",
            Label::Positive,
            &[
                "Acme sorted it within an hour, brilliant service",
                "Love my new Acme kettle, works perfectly",
                "Thank you Acme, the driver was so helpful and kind",
            ],
        );
    }

    #[test]
    fn the_words_that_decided_are_named() {
        let Judgement { why, .. } = judged("Acme on surkea", "fi");
        assert!(why.iter().any(|why| why.contains("surkea")), "{why:?}");
        let Judgement { why, .. } = judged("Acme opens at nine", "en");
        assert_eq!(
            why.first().map(String::as_str),
            Some("as a whole it is neither for nor against it")
        );
    }

    #[test]
    fn nothing_to_judge_is_neutral_and_says_so() {
        for text in ["", "   ", "Acme"] {
            let Judgement { sentiment, review, why, .. } = judged(text, "fi");
            assert_eq!((sentiment.label, review), (Label::Neutral, false));
            assert_eq!(why, ["there are no words to judge"]);
        }
    }

    #[test]
    fn hostile_text_costs_little() {
        let check = |text: String| {
            let hit = Hit {
                keyword: "a".into(),
                field: Field::Text,
                start: 9_000_000,
                end: 9_999_999,
                form: "a".into(),
            };
            let post = Post { title: Some(text.clone()), text, ..Post::default() };
            let began = Instant::now();
            let Judgement { sentiment, .. } = judge(&post, &vec![hit; 1000], None);
            assert!(sentiment.score.is_finite());
            assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        };
        check("a".repeat(10_000_000));
        check("\u{301}".repeat(5_000_000));
        check("ﷺ".repeat(3_000_000));
        check("a ".repeat(5_000_000));
        check("@".repeat(10_000_000));
        check(":(".repeat(5_000_000));
        check("\u{200b}".repeat(3_000_000));
    }
}
