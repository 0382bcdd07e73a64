//! Addresses and numbers, which lead to somebody whoever it is.

/// So many digits in a row are a telephone, an order or a customer.
const MOST_DIGITS: usize = 4;
/// So many are, amid letters: `AB123`.
const MOST_AMID_LETTERS: usize = 2;
/// A number behind one of these is somebody's: the beginnings of words.
const COUNTED: [&str; 17] = [
    "order",
    "invoice",
    "ticket",
    "parcel",
    "customer",
    "phone",
    "tel",
    "tilau",
    "lasku",
    "paket",
    "asiak",
    "puh",
    "sipari",
    "fatura",
    "kargo",
    "müşteri",
    "numara",
];

/// Tells whether a word is a handle, a mail address, or an address of the web.
pub(super) fn is_address(word: &str) -> bool {
    let has_domain = word.split(['/', '(', ')', ',', '<', '>']).any(|part| {
        let part = part.trim_matches(|c: char| !c.is_alphanumeric());
        let ending = part.rsplit_once('.').map(|(host, ending)| (host.len(), ending));
        ending.is_some_and(|(host, ending)| {
            host > 1 && ending.len() > 1 && ending.chars().all(|c| c.is_ascii_alphabetic())
        })
    });
    word.contains(['@', '＠']) || word.contains("://") || has_domain
}

/// Marks numbers that are longer than a year or a price, with blanks in them or without, those that
/// are said to be an order's or a telephone's, and marks of letters and digits.
pub(super) fn hide_numbers(words: &[&str], hidden: &mut [bool]) {
    let is_number = |word: &str| digits(word) > 0 && !word.contains(char::is_alphabetic);
    let goes_on = |word: &str| is_number(word) || !word.contains(char::is_alphanumeric);
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let rest = words.iter().skip(at);
        let run =
            if is_number(word) { rest.clone().take_while(|it| goes_on(it)).count() } else { 1 };
        let count: usize = rest.take(run).map(|word| digits(word)).sum();
        let before = at.checked_sub(1).and_then(|at| words.get(at)).map(|word| word.to_lowercase());
        let is_counted = count > MOST_AMID_LETTERS
            && before.is_some_and(|before| COUNTED.iter().any(|it| before.starts_with(it)));
        let is_mark = word.contains('#') && count > 0;
        let is_mixed = word.contains(char::is_alphabetic) && is_code(word);
        if count > MOST_DIGITS || is_counted || is_mark || is_mixed {
            hidden.iter_mut().skip(at).take(run).for_each(|word| *word = true);
        }
        at += run;
    }
}

fn digits(word: &str) -> usize {
    word.chars().filter(|c| c.is_numeric()).count()
}

/// Tells whether letters and several digits stand side by side in a word: not `2026-vuosi`.
fn is_code(word: &str) -> bool {
    word.split(|c: char| !c.is_alphanumeric())
        .any(|part| part.contains(char::is_alphabetic) && digits(part) > MOST_AMID_LETTERS)
}
