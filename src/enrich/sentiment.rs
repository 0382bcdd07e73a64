//! How a post speaks of the brand, how sure that is, and which words say so.

use super::features::{self, Bag};
use super::lexicon::Lexicon;
use super::model::Model;
use super::tokens::{AROUND, HEAD, Kind, Token, tokens};
use super::{Label, Sentiment};
use crate::brand::{Field, Hit};
use crate::post::Post;
use crate::text::Language;
use std::ops::Range;

/// How many matches of the brand are looked at.
const HITS: usize = 32;
/// How many words are named as reasons.
const NAMED: usize = 4;
const LABELS: [Label; 3] = [Label::Negative, Label::Neutral, Label::Positive];

/// Judges a post: its sentiment, whether a person should look because vahti is not sure, and why, in
/// short English sentences.
pub fn judge(
    post: &Post,
    hits: &[Hit],
    language: Option<Language>,
) -> (Sentiment, bool, Vec<String>) {
    let excerpt = Excerpt::of(post, hits);
    let tokens = excerpt.tokens();
    let (Some(model), true) =
        (Model::built_in(), tokens.iter().any(|token| token.kind != Kind::Target))
    else {
        return wordless(post.rating);
    };
    let code = language.map(|language| language.code().to_owned()).unwrap_or_default();
    let bag = features::bag(&tokens, Lexicon::of(&code));
    let sureness = model.sureness(&code);
    let chances = starred(sureness.probabilities(model.sums(&bag)), post.rating);
    let class = sureness.class(chances);
    let [negative, _, positive] = chances;
    let sentiment = Sentiment {
        label: LABELS.get(class).copied().unwrap_or(Label::Neutral),
        score: round(positive - negative),
        confidence: round(chances.get(class).copied().unwrap_or(0.0)),
    };
    let review = sureness.is_unsure(chances);
    let mut why = reasons(model, &excerpt, &tokens, &bag, class);
    why.extend(post.rating.map(given));
    if review {
        why.push(format!(
            "vahti is not sure: {:.0} in 100 such texts are negative",
            negative * 100.0
        ));
    }
    (sentiment, review, why)
}

/// Judges a post that has no words: its stars are all that there is.
fn wordless(rating: Option<u8>) -> (Sentiment, bool, Vec<String>) {
    let Some(stars) = rating else {
        let unknown = Sentiment { label: Label::Neutral, score: 0.0, confidence: 0.5 };
        return (unknown, false, vec!["there are no words to judge".to_owned()]);
    };
    let [negative, neutral, positive] = starred([1.0 / 3.0; 3], rating);
    let (label, confidence) = match stars {
        ..=2 => (Label::Negative, negative),
        3 => (Label::Neutral, neutral),
        4.. => (Label::Positive, positive),
    };
    let score = round(positive - negative);
    (Sentiment { label, score, confidence: round(confidence) }, false, vec![given(stars)])
}

fn given(stars: u8) -> String {
    format!("{stars} of 5 stars were given")
}

/// Weighs the stars that were given with a post: how much likelier each label is with them than without.
fn starred(chances: [f32; 3], rating: Option<u8>) -> [f32; 3] {
    let weights = match rating {
        None => return chances,
        Some(..=1) => [12.0, 0.5, 0.2],
        Some(2) => [6.0, 0.7, 0.3],
        Some(3) => [1.0, 1.5, 0.7],
        Some(4) => [0.3, 0.7, 3.0],
        Some(5..) => [0.15, 0.5, 6.0],
    };
    let mut weighed = [0.0; 3];
    for ((to, chance), weight) in weighed.iter_mut().zip(chances).zip(weights) {
        *to = chance * weight;
    }
    let all: f32 = weighed.iter().sum();
    weighed.map(|chance| chance / all.max(f32::MIN_POSITIVE))
}

/// What of a post is read: its title and text, up to [`HEAD`] characters, and what stands around the
/// first match if that lies behind.
pub(super) struct Excerpt {
    pub(super) chars: Vec<char>,
    targets: Vec<Range<usize>>,
}

impl Excerpt {
    pub(super) fn of(post: &Post, hits: &[Hit]) -> Self {
        let title = post.title.as_deref().unwrap_or_default();
        let head: Vec<char> = title.chars().take(HEAD / 2).collect();
        let in_title = hits.iter().filter(|hit| hit.field == Field::Title).take(HITS);
        let mut targets: Vec<Range<usize>> = in_title
            .map(|hit| hit.start..hit.end)
            .filter(|target| target.end <= head.len())
            .collect();
        let mut chars = head;
        if !chars.is_empty() {
            chars.push('\n');
        }
        let from = chars.len();
        chars.extend(post.text.chars().take(HEAD - from.min(HEAD)));
        let read = chars.len() - from;
        let in_text =
            || hits.iter().filter(|hit| hit.field == Field::Text && hit.start < hit.end).take(HITS);
        targets.extend(
            in_text().filter(|hit| hit.end <= read).map(|hit| from + hit.start..from + hit.end),
        );
        if let (Some(first), true) = (in_text().next(), targets.is_empty()) {
            let begin = first.start.saturating_sub(AROUND).max(read);
            chars.push('\n');
            let moved = chars.len();
            chars.extend(
                post.text
                    .chars()
                    .skip(begin)
                    .take(first.end.saturating_sub(begin).min(AROUND * 2) + AROUND),
            );
            targets.push(
                moved + first.start.saturating_sub(begin)..moved + first.end.saturating_sub(begin),
            );
        }
        Self { chars, targets }
    }

    pub(super) fn tokens(&self) -> Vec<Token> {
        tokens(&self.chars.iter().collect::<String>(), &self.targets)
    }

    fn quote(&self, at: Range<usize>) -> String {
        self.chars.iter().take(at.end).skip(at.start).collect()
    }
}

/// Names the words that speak most for the class, most telling first; neighbours as one phrase.
fn reasons(
    model: &Model,
    excerpt: &Excerpt,
    tokens: &[Token],
    bag: &Bag,
    class: usize,
) -> Vec<String> {
    let verdict = match class {
        0 => "against it",
        2 => "for it",
        _ => return vec!["no words speak clearly for or against it".to_owned()],
    };
    let mut told: Vec<(f32, usize)> = (0..tokens.len())
        .filter(|at| {
            tokens
                .get(*at)
                .is_some_and(|token| token.kind != Kind::Target && token.kind != Kind::Mark)
        })
        .map(|at| (contribution(model, tokens, bag, at, class), at))
        .filter(|(much, _)| *much > 0.0)
        .collect();
    told.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let least = told.first().map_or(0.0, |(most, _)| most * 0.3);
    told.retain(|(much, _)| *much >= least);
    told.truncate(NAMED);
    let chosen: Vec<usize> = told.iter().map(|(_, at)| *at).collect();
    let begins = |at: &usize| at.checked_sub(1).is_none_or(|before| !chosen.contains(&before));
    let mut quotes: Vec<String> = Vec::new();
    for first in chosen.iter().copied().filter(begins) {
        let phrase = (first..tokens.len()).take_while(|next| chosen.contains(next));
        let (Some(from), Some(to)) =
            (tokens.get(first), phrase.last().and_then(|end| tokens.get(end)))
        else {
            continue;
        };
        let quote =
            format!("\"{}\"", crate::text::cut(&excerpt.quote(from.at.start..to.at.end), 40));
        if !quotes.contains(&quote) {
            quotes.push(quote);
        }
    }
    match quotes.len() {
        0 => vec![format!("the text as a whole speaks {verdict}")],
        1 => vec![format!("{} speaks {verdict}", quotes.concat())],
        _ => vec![format!("the words {} speak {verdict}", quotes.join(", "))],
    }
}

/// Returns by how much a word moves the sum of a class, with the pair that it ends.
fn contribution(model: &Model, tokens: &[Token], bag: &Bag, at: usize, class: usize) -> f32 {
    let of = |row: u32| model.weight(row).get(class).copied().unwrap_or(0.0);
    let (mut words, mut chars) = (0.0, 0.0);
    features::word_rows(tokens, at, &mut |row| words += of(row));
    features::char_rows(tokens, at, &mut |row| chars += of(row));
    words * features::share(bag.words.len()) + chars * features::share(bag.chars.len())
}

/// Rounds to three digits, so that no platform's last bit shows.
fn round(number: f32) -> f32 {
    (number * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    /// A post that says `Acme` where the text does.
    fn judged(text: &str, language: &str) -> (Sentiment, bool, Vec<String>) {
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
            let (sentiment, _, why) = judged(text, language);
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
        let (_, _, why) = judged("Acme on surkea", "fi");
        assert!(why.iter().any(|why| why.contains("surkea")), "{why:?}");
        let (_, _, why) = judged("Acme opens at nine", "en");
        assert_eq!(
            why.first().map(String::as_str),
            Some("no words speak clearly for or against it")
        );
    }

    #[test]
    fn nothing_to_judge_is_neutral_and_says_so() {
        for text in ["", "   ", "Acme"] {
            let (sentiment, review, why) = judged(text, "fi");
            assert_eq!((sentiment.label, review), (Label::Neutral, false));
            assert_eq!(why, ["there are no words to judge"]);
        }
    }

    #[test]
    fn a_match_far_behind_the_head_is_read_with_what_stands_around_it() {
        let padding = "lorem ipsum ".repeat(2000);
        let text =
            format!("{padding} the parcel from Acme arrived broken, terrible service, never again");
        let excerpt = {
            let start =
                text.chars().count() - "Acme arrived broken, terrible service, never again".len();
            let hit = Hit {
                keyword: "Acme".into(),
                field: Field::Text,
                start,
                end: start + 4,
                form: "Acme".into(),
            };
            Excerpt::of(&Post { text, ..Post::default() }, &[hit])
        };
        let tokens = excerpt.tokens();
        assert!(tokens.iter().any(|token| token.kind == Kind::Target));
        assert!(tokens.iter().any(|token| token.folded == "terrible"));
        assert!(excerpt.chars.len() <= HEAD + 3 * AROUND + 8);
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
            let (sentiment, ..) = judge(&post, &vec![hit; 1000], None);
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
