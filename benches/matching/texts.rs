//! The posts: what people wrote, and made-up words between, in which names are planted.

use crate::Result;
use crate::dice::Dice;
use crate::names::Keyword;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use vahti::post::Post;
use vahti::text::html;

const SEED: u64 = 24;
/// One post in so many names a brand.
const PLANTED_ONE_IN: usize = 25;
/// How many of the names are planted more often than the rest: the fewer, the more often each.
const OFTEN: [usize; 3] = [10, 1_000, usize::MAX];
/// Characters of a post.
const SHORTEST: usize = 50;
const LONGEST: usize = 2_000;
/// Of a hundred posts; the rest is of the other languages.
const LANGUAGES: [(&str, usize); 3] = [("fi", 35), ("tr", 25), ("en", 25)];

pub(crate) struct Text {
    pub(crate) post: Post,
    pub(crate) planted: Option<Planted>,
}

/// Where a keyword, by its place among all, must find something.
pub(crate) struct Planted {
    pub(crate) keyword: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// What people wrote, by the code of its language.
pub(crate) struct Sentences {
    by_language: BTreeMap<String, Vec<String>>,
    pub(crate) is_shared: bool,
}

impl Sentences {
    pub(crate) fn read() -> Result<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut by_language = BTreeMap::<String, Vec<String>>::new();
        let written = here.join("src/enrich/texts");
        for (file, text) in [
            ("complainers.tsv", 2),
            ("en.tsv", 6),
            ("fi.tsv", 6),
            ("mentions.tsv", 3),
            ("others.tsv", 6),
            ("tr.tsv", 6),
        ] {
            table(&written.join(file), text, &mut by_language)?;
        }
        for file in files(&here.join("config/samples")) {
            let plain = html::plain(&html::plain(&fs::read_to_string(file)?));
            let lines = plain.lines().filter(|line| line.len() > 40);
            by_language.entry("en".into()).or_default().extend(lines.map(str::to_owned));
        }
        let shared = files(&here.join("../shared/judging/train"));
        for file in &shared {
            table(file, 3, &mut by_language)?;
        }
        Ok(Self { by_language, is_shared: !shared.is_empty() })
    }

    fn language(&self, dice: &mut Dice) -> &str {
        let mut roll = dice.below(100);
        for (language, share) in LANGUAGES {
            match roll.checked_sub(share) {
                Some(rest) => roll = rest,
                None => return language,
            }
        }
        let known: Vec<&str> = self.by_language.keys().map(String::as_str).collect();
        dice.pick(&known)
    }

    /// A sentence that somebody wrote, or one of made-up words.
    fn sentence(&self, language: &str, dice: &mut Dice) -> String {
        match self.by_language.get(language) {
            Some(known) if dice.happens(70) => {
                known.get(dice.below(known.len())).cloned().unwrap_or_default()
            }
            _ => {
                (0..5 + dice.below(12)).map(|_| word(language, dice)).collect::<Vec<_>>().join(" ")
            }
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// Reads the texts of a table whose second column is the language.
fn table(
    path: &Path,
    column: usize,
    by_language: &mut BTreeMap<String, Vec<String>>,
) -> Result<()> {
    let table = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    for line in table.lines().skip(1) {
        let mut columns = line.split('\t').skip(1);
        let (Some(language), Some(text)) = (columns.next(), columns.nth(column - 2)) else {
            continue;
        };
        by_language.entry(language.to_owned()).or_default().push(text.to_owned());
    }
    Ok(())
}

/// A word that sounds like the language.
fn word(language: &str, dice: &mut Dice) -> String {
    let (onsets, vowels, ends): (&[&str], &[&str], &[&str]) = match language {
        "fi" => (
            &["k", "l", "m", "n", "p", "r", "s", "t", "v", "h", "j", "kk", "tt", "ll", "nt"],
            &["a", "aa", "e", "i", "ii", "o", "u", "uo", "ä", "ää", "ö", "y", "ie"],
            &["", "n", "s", "t", "ssa", "lla"],
        ),
        "tr" => (
            &["b", "c", "ç", "d", "g", "k", "l", "m", "n", "r", "s", "ş", "t", "y", "z", "ğ"],
            &["a", "e", "ı", "i", "o", "ö", "u", "ü"],
            &["", "k", "n", "lar", "ler", "r", "ş", "da"],
        ),
        _ => (
            &["b", "c", "ch", "d", "f", "g", "l", "m", "p", "r", "s", "sh", "st", "t", "th", "w"],
            &["a", "e", "ea", "i", "o", "ou", "u"],
            &["", "d", "ing", "l", "n", "nd", "s", "t"],
        ),
    };
    let syllables = 1 + dice.below(3);
    let mut word = String::new();
    for _ in 0..syllables {
        word.push_str(dice.pick(onsets));
        word.push_str(dice.pick(vowels));
    }
    word.push_str(dice.pick(ends));
    word
}

/// Makes posts of so many bytes together, in which some of the keywords are planted.
pub(crate) fn texts(bytes: usize, keywords: &[Keyword], sentences: &Sentences) -> Vec<Text> {
    let mut dice = Dice::new(SEED);
    let (mut texts, mut size) = (Vec::new(), 0);
    while size < bytes {
        let text = text(keywords, sentences, &mut dice);
        size += bytes_of(&text.post);
        texts.push(text);
    }
    texts
}

pub(crate) fn bytes_of(post: &Post) -> usize {
    post.text.len() + post.title.as_ref().map_or(0, String::len)
}

fn text(keywords: &[Keyword], sentences: &Sentences, dice: &mut Dice) -> Text {
    let language = sentences.language(dice);
    // As many posts of 50 to 100 characters as of 1,000 to 2,000.
    let doublings = dice.below(6);
    let wanted = (SHORTEST << doublings) + dice.below(SHORTEST << doublings);
    let planted_at = (dice.below(PLANTED_ONE_IN) == 0).then(|| dice.below(wanted));
    let title = dice.happens(25).then(|| cut(&sentences.sentence(language, dice), 100));
    let (mut text, mut length, mut planted) = (String::new(), 0, None);
    while length < wanted.min(LONGEST) {
        if planted.is_none() && planted_at.is_some_and(|at| at <= length) {
            planted = Some(plant(&mut text, keywords, language, dice));
            length = text.chars().count();
        }
        text.push_str(&cut(&sentences.sentence(language, dice), LONGEST.saturating_sub(length)));
        text.push_str(dice.pick(&[" ", "\n", ". "]));
        length = text.chars().count();
    }
    let post = Post { title, text, language: language.parse().ok(), ..Post::default() };
    Text { post, planted }
}

/// Adds what one of the keywords must find, between two words.
fn plant(text: &mut String, keywords: &[Keyword], language: &str, dice: &mut Dice) -> Planted {
    let often = OFTEN.get(dice.below(OFTEN.len())).copied().unwrap_or(usize::MAX);
    let keyword = dice.below(keywords.len().min(often));
    let form = keywords.get(keyword).map(|keyword| keyword.planted(language, dice));
    text.push_str(&word(language, dice));
    text.push(' ');
    let start = text.chars().count();
    text.push_str(&form.unwrap_or_default());
    let end = text.chars().count();
    text.push(' ');
    text.push_str(&word(language, dice));
    text.push_str(". ");
    Planted { keyword, start, end }
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
