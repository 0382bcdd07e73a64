//! The forms in which a made-up name is planted: only such as any speaker of the language would write.
//!
//! Written apart from the tables of the matcher, which are what is tried.

use crate::dice::Dice;

/// Writes a name in some form that the language gives it.
pub(crate) fn form(name: &str, language: &str, dice: &mut Dice) -> String {
    if dice.happens(25) {
        return name.to_owned();
    }
    let last = name.chars().next_back().unwrap_or_default();
    match language {
        "fi" => finnish(name, last, dice),
        "tr" => turkish(name, last, dice),
        "en" => format!("{name}{}", dice.pick(&["'s", "’s", "-based", "!"])),
        "sv" | "de" if last != 'x' => format!("{name}s"),
        _ => format!("{name},"),
    }
}

fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o' | 'u')
}

fn finnish(name: &str, last: char, dice: &mut Dice) -> String {
    let is_back = name.to_lowercase().contains(['a', 'o', 'u']);
    let ending = match dice.below(8) {
        0 | 1 => "n".to_owned(),
        2 => "lla".to_owned(),
        3 => "lta".to_owned(),
        4 => "lle".to_owned(),
        5 => "ssakin".to_owned(),
        6 => return format!("{name}-asiakas"),
        // The partitive, or the illative.
        _ if is_vowel(last) => format!("{last}n"),
        _ => "a".to_owned(),
    };
    let ending = if is_back { ending } else { ending.replace('a', "ä") };
    format!("{name}{}{ending}", if is_vowel(last) { "" } else { "i" })
}

fn turkish(name: &str, last: char, dice: &mut Dice) -> String {
    let vowel = name.to_lowercase().chars().rfind(|c| is_vowel(*c)).unwrap_or('e');
    // Turkish writes and hears the sounds of the last vowel on.
    let (wide, narrow) = match vowel {
        'a' => ('a', 'ı'),
        'o' | 'u' => ('a', 'u'),
        _ => ('e', 'i'),
    };
    let stop = if last == 'x' { 't' } else { 'd' };
    let after_vowel = is_vowel(last);
    let ending = match dice.below(6) {
        0 | 1 if after_vowel => format!("n{narrow}n"),
        0 | 1 => format!("{narrow}n"),
        2 => format!("{stop}{wide}"),
        3 => format!("{stop}{wide}n"),
        4 => format!("{stop}{wide}ki"),
        _ if after_vowel => format!("y{wide}"),
        _ => format!("{wide}"),
    };
    format!("{name}{}{ending}", dice.pick(&["'", "’", ""]))
}
