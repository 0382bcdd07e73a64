//! Which language a text is in, from pieces of its words; made for posts of a few words.

use super::features::language_rows;
use super::model::Model;
use super::sentiment::Excerpt;
use super::tokens::{Kind, Token, tokens};
use crate::brand::Hit;
use crate::post::Post;
use crate::text::Language;

/// How likely a language must be to be believed.
const SURE: f32 = 0.55;
/// How much likelier the language that the site claims becomes, for a text of so many letters at most.
const CLAIMED: [(usize, f32); 3] = [(6, 100.0), (20, 12.0), (usize::MAX, 4.0)];
/// How many characters are looked at.
const READ: usize = 600;

/// Returns the language of a text; `hint` is what the site or feed claims, and decides where the text
/// alone does not. `None` where nothing tells.
pub fn detect(text: &str, hint: Option<Language>) -> Option<Language> {
    let chars: Vec<char> = text.chars().take(READ).collect();
    let text: String = chars.iter().collect();
    of_tokens(&tokens(&text, &[]), &chars, hint)
}

/// How likely a language must be for the forms of the others to be left out.
const CERTAIN: f32 = 0.9;

/// Returns the language of a post only where the text itself leaves no doubt: what the site claims is
/// a default too often.
pub fn sure(post: &Post) -> Option<Language> {
    let text = if post.text.is_empty() { post.title.as_deref()? } else { &post.text };
    let chars: Vec<char> = text.chars().take(READ).collect();
    let text: String = chars.iter().collect();
    let (language, chance) = likeliest(&tokens(&text, &[]), &chars, post.language)?;
    (chance >= CERTAIN).then_some(language)
}

/// The same of a post: its brand says nothing of the language, and is left out.
pub(super) fn of_post(post: &Post, hits: &[Hit]) -> Option<Language> {
    let excerpt = Excerpt::of(post, hits);
    of_tokens(&excerpt.tokens(), &excerpt.chars, post.language)
}

/// The same of a text that is read already, with its brand masked.
fn of_tokens(tokens: &[Token], chars: &[char], hint: Option<Language>) -> Option<Language> {
    likeliest(tokens, chars, hint)
        .filter(|(_, chance)| *chance >= SURE)
        .map(|(language, _)| language)
}

/// Returns the likeliest language, and how likely it is.
fn likeliest(tokens: &[Token], chars: &[char], hint: Option<Language>) -> Option<(Language, f32)> {
    let read = tokens.iter().take_while(|token| token.at.end <= READ).count();
    let tokens = tokens.get(..read).unwrap_or_default();
    let letters = tokens
        .iter()
        .filter(|token| token.kind == Kind::Word)
        .flat_map(|token| token.folded.chars());
    let (latin, other) =
        letters.filter(|c| c.is_alphabetic()).fold((0_usize, 0_usize), |(latin, other), c| {
            if c < '\u{250}' { (latin + 1, other) } else { (latin, other + 1) }
        });
    if other > latin {
        // Another script: none of the languages that are told apart here.
        return hint.filter(|hint| !is_told_apart(*hint)).map(|hint| (hint, 1.0));
    }
    if latin == 0 {
        return hint.map(|hint| (hint, 1.0));
    }
    let model = Model::built_in()?;
    let mut chances = model.languages(&language_rows(tokens, chars));
    if let Some(hint) = hint {
        let Some(claimed) = model.header.languages.iter().position(|code| code == hint.code())
        else {
            // The claim is of a language that cannot be checked.
            return chances
                .iter()
                .zip(&model.header.languages)
                .find(|(chance, _)| **chance > 0.97)
                .map_or(Some((hint, 1.0)), |(chance, code)| Some((code.parse().ok()?, *chance)));
        };
        if let Some(chance) = chances.get_mut(claimed) {
            *chance *=
                CLAIMED.iter().find(|(most, _)| latin <= *most).map_or(1.0, |(_, times)| *times);
        }
        let all: f32 = chances.iter().sum();
        for chance in &mut chances {
            *chance /= all;
        }
    }
    let likeliest = chances.iter().zip(&model.header.languages).max_by(|a, b| a.0.total_cmp(b.0));
    likeliest.and_then(|(chance, code)| Some((code.parse().ok()?, *chance)))
}

fn is_told_apart(language: Language) -> bool {
    Model::built_in()
        .is_some_and(|model| model.header.languages.iter().any(|code| code == language.code()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_posts_in_nine_languages_are_told_apart() {
        let check = |code: &str, text: &str| {
            assert_eq!(
                detect(text, None).map(|language| language.to_string()).as_deref(),
                Some(code),
                "{text}"
            );
        };
        check("fi", "netti ei toimi taaskaan");
        check("fi", "onko teilläkin poikki?");
        check("tr", "internet yine gitti");
        check("tr", "kargom hala gelmedi");
        check("tr", "siparisim nerede kaldi");
        check("en", "still waiting for my refund");
        check("en", "app is down again");
        check("sv", "fortfarande inget paket");
        check("de", "das Paket ist immer noch nicht da");
        check("es", "todavía no ha llegado el pedido");
        check("fr", "toujours pas de réponse du service client");
        check("it", "non è ancora arrivato niente");
        check("pt", "ainda não recebi a minha encomenda");
    }

    #[test]
    fn nothing_is_guessed_where_nothing_tells() {
        assert_eq!(detect("", None), None);
        assert_eq!(detect("12345 !!! 👍", None), None);
        assert_eq!(detect("Всё сломалось", None), None);
        assert_eq!(detect("壊れました", Some(Language::FINNISH)), None);
    }

    #[test]
    fn a_claim_decides_only_where_the_text_does_not() {
        assert_eq!(detect("👍👍", Some(Language::TURKISH)), Some(Language::TURKISH));
        assert_eq!(detect("ok", Some(Language::FINNISH)), Some(Language::FINNISH));
        let english = "this is the third time that the delivery has been late this month";
        assert_eq!(detect(english, Some(Language::FINNISH)), Some(Language::ENGLISH));
    }
}
