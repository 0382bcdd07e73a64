//! The house's own texts: a folder of files, each named by what it is for, filled in by minijinja. A
//! file has no way to other files, and what a customer wrote is a value in it, never a template.

use super::{Asked, Occasion};
use crate::enrich::{Complainer, Flag, Matter};
use crate::text::{self, Language};
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a file that counts ends with.
pub const ENDING: &str = ".txt";

/// The longest text that a file may make, in bytes.
const MOST_BYTES: usize = 32 * 1024;

/// How many steps a file may take.
const FUEL: u64 = 20_000;

pub(super) const MATTERS: [Matter; 8] = [
    Matter::Delivery,
    Matter::Quality,
    Matter::Billing,
    Matter::Service,
    Matter::Availability,
    Matter::Price,
    Matter::Privacy,
    Matter::Other,
];
const TYPES: [(&str, Complainer); 5] = [
    ("meek", Complainer::Meek),
    ("aggressive", Complainer::Aggressive),
    ("demanding", Complainer::Demanding),
    ("benefit_hunter", Complainer::BenefitHunter),
    ("chronic", Complainer::Chronic),
];
const FLAGS: [(&str, Flag); 4] = [
    ("legal_threat", Flag::LegalThreat),
    ("safety", Flag::Safety),
    ("public_pressure", Flag::PublicPressure),
    ("churn", Flag::Churn),
];
/// An answer is what a file is for that names none of these.
const OCCASIONS: [(&str, Occasion); 6] = [
    ("update", Occasion::Update),
    ("follow_up", Occasion::FollowUp),
    ("again", Occasion::Again),
    ("unhappy", Occasion::Unhappy),
    ("neutral", Occasion::Neutral),
    ("thanks", Occasion::Thanks),
];
const PLACES: [(&str, bool); 2] = [("public", true), ("private", false)];

/// The names that a file may use, beside the functions of the template language.
const VARIABLES: [&str; 16] = [
    "name", "quote", "date", "place", "link", "brand", "measure", "cause", "ticket", "rating",
    "language", "type", "matter", "flags", "public", "occasion",
];
const FUNCTIONS: [&str; 4] = ["range", "dict", "namespace", "loop"];

/// All texts of the house; by default there are none.
#[derive(Debug, Clone, Default)]
pub struct Own {
    files: Vec<File>,
    templates: Arc<Environment<'static>>,
}

/// Something wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub path: PathBuf,
    /// From 1; 0 where it concerns the file as a whole.
    pub line: usize,
    pub what: String,
    pub hint: Option<String>,
}

/// One file, by what its name says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct File {
    stem: String,
    language: Language,
    flag: Option<Flag>,
    occasion: Option<Occasion>,
    complainer: Option<Complainer>,
    matter: Option<Matter>,
    is_public: Option<bool>,
}

/// What is filled in.
#[derive(Clone, Copy)]
pub(super) struct Values<'a> {
    pub(super) name: &'a str,
    pub(super) quote: &'a str,
    pub(super) date: &'a str,
    pub(super) place: &'a str,
    pub(super) link: &'a str,
    pub(super) brand: &'a str,
    pub(super) measure: &'a str,
    pub(super) cause: &'a str,
    pub(super) ticket: Option<u64>,
    pub(super) rating: Option<u8>,
    pub(super) asked: &'a Asked,
}

/// The same as a file sees it.
#[derive(Serialize)]
struct Filled<'a> {
    name: &'a str,
    quote: &'a str,
    date: &'a str,
    place: &'a str,
    link: &'a str,
    brand: &'a str,
    measure: &'a str,
    cause: &'a str,
    ticket: Option<u64>,
    rating: Option<u8>,
    language: &'a str,
    #[serde(rename = "type")]
    complainer: &'a str,
    matter: &'a str,
    flags: Vec<&'a str>,
    public: bool,
    occasion: &'a str,
}

impl Own {
    /// Reads files, each with its text, or says all that is wrong with them.
    pub fn of(files: Vec<(PathBuf, String)>) -> Result<Self, Vec<Fault>> {
        let mut own = Self::default();
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        let mut faults = Vec::new();
        let mut texts = Vec::new();
        for (path, text) in files {
            match File::named(&path) {
                Ok(file) => {
                    if let Some(same) = own.files.iter().find(|known| known.is_as(&file)) {
                        let what = format!("{}{ENDING} is for the same", same.stem);
                        faults.push(Fault { path: path.clone(), line: 0, what, hint: None });
                    }
                    texts.push((path, file.stem.clone(), text));
                    own.files.push(file);
                }
                Err(fault) => faults.push(fault),
            }
        }
        for (path, stem, text) in &texts {
            if let Err(error) = environment.add_template_owned(stem.clone(), text.clone()) {
                faults.push(refused(path, &error));
            }
        }
        own.templates = Arc::new(environment);
        for (path, stem, text) in &texts {
            faults.extend(own.tried(path, stem, text));
        }
        if faults.is_empty() { Ok(own) } else { Err(faults) }
    }

    /// Tells how many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Tells whether the house has no texts of its own.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Returns the most special of the files that fit: those in the language; where there are no
    /// built-in texts in that either, those in English.
    pub(super) fn fitting(&self, asked: &Asked) -> Option<&File> {
        let language = asked.language.unwrap_or(Language::ENGLISH);
        let of = |language| {
            let fit = self.files.iter().filter(|file| file.fits(asked, language));
            fit.max_by_key(|file| file.weight())
        };
        of(language).or_else(|| {
            let falls_back = !super::is_ours(language);
            falls_back.then(|| of(Language::ENGLISH)).flatten()
        })
    }

    /// Fills in a file. `None` where it fails, which [`Own::of`] should have told.
    pub(super) fn render(&self, file: &File, values: &Values<'_>) -> Option<String> {
        self.filled(&file.stem, file.language, values).ok()
    }

    fn filled(
        &self,
        stem: &str,
        language: Language,
        values: &Values<'_>,
    ) -> Result<String, minijinja::Error> {
        let asked = values.asked;
        let word = |known: &[(&'static str, Flag)], flag: &Flag| {
            known.iter().find(|(_, one)| one == flag).map(|(word, _)| *word)
        };
        let filled = Filled {
            name: values.name,
            quote: values.quote,
            date: values.date,
            place: values.place,
            link: values.link,
            brand: values.brand,
            measure: values.measure,
            cause: values.cause,
            ticket: values.ticket,
            rating: values.rating,
            language: language.code(),
            complainer: asked
                .complainer
                .and_then(|kind| TYPES.iter().find(|(_, one)| *one == kind))
                .map_or("", |(word, _)| word),
            matter: asked.matter.map_or("", Matter::word),
            flags: asked.flags.iter().filter_map(|flag| word(&FLAGS, flag)).collect(),
            public: asked.is_public,
            occasion: OCCASIONS
                .iter()
                .find(|(_, one)| *one == asked.occasion)
                .map_or("answer", |(word, _)| word),
        };
        let mut page = Bounded(Vec::new());
        self.templates.get_template(stem)?.render_captured_to(Serde(filled), &mut page)?;
        Ok(String::from_utf8_lossy(&page.0).trim().to_owned())
    }

    /// Says what is wrong with a file that was read: names that nobody knows, and what fails when it
    /// is filled in.
    fn tried(&self, path: &Path, stem: &str, text: &str) -> Vec<Fault> {
        let Ok(template) = self.templates.get_template(stem) else { return Vec::new() };
        let mut unknown: Vec<String> = template.undeclared_variables(false).into_iter().collect();
        unknown.retain(|name| !VARIABLES.contains(&&**name) && !FUNCTIONS.contains(&&**name));
        unknown.sort();
        if !unknown.is_empty() {
            let fault = |name: &String| Fault {
                path: path.to_owned(),
                line: line_of(name, text),
                what: format!("`{}` is not defined", text::visible(name)),
                hint: Some(meant(name, VARIABLES)),
            };
            return unknown.iter().map(fault).collect();
        }
        let Some(file) = self.files.iter().find(|file| file.stem == stem) else {
            return Vec::new();
        };
        let samples = [(true, "Ada"), (false, "")].map(|(is_public, name)| {
            let asked = Asked {
                language: Some(file.language),
                occasion: file.occasion.unwrap_or(Occasion::Answer),
                complainer: file.complainer,
                matter: file.matter,
                flags: file.flag.into_iter().collect(),
                is_public: file.is_public.unwrap_or(is_public),
            };
            let ticket = is_public.then_some(1);
            let values = Values {
                name,
                quote: "…",
                date: "…",
                place: "…",
                link: "…",
                brand: "…",
                measure: "…",
                cause: name,
                ticket,
                rating: ticket.map(|_| 3),
                asked: &asked,
            };
            self.filled(stem, file.language, &values).err()
        });
        samples.into_iter().flatten().take(1).map(|error| refused(path, &error)).collect()
    }
}

impl File {
    /// Reads what a file is for from its name.
    fn named(path: &Path) -> Result<Self, Fault> {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let stem = name.strip_suffix(ENDING).unwrap_or(name);
        let fault = |what: String, hint: Option<String>| Fault {
            path: path.to_owned(),
            line: 0,
            what,
            hint,
        };
        let mut words = stem.split('-');
        let language = words.next().unwrap_or_default();
        let is_code = language.len() == 2 && language.chars().all(|c| c.is_ascii_lowercase());
        let Some(language) = language.parse().ok().filter(|_| is_code) else {
            let what = "the name does not begin with a language such as fi, tr or en".to_owned();
            return Err(fault(what, Some("write it as in fi-meek-billing.txt".to_owned())));
        };
        let mut file = Self {
            stem: stem.to_owned(),
            language,
            flag: None,
            occasion: None,
            complainer: None,
            matter: None,
            is_public: None,
        };
        for word in words {
            if !file.take(word) {
                let what =
                    format!("`{}` in the name says nothing, or is said twice", text::visible(word));
                return Err(fault(what, Some(meant(word, words_of_names()))));
            }
        }
        Ok(file)
    }

    /// Takes in a word of the name. Returns whether it means something that was not said before.
    fn take(&mut self, word: &str) -> bool {
        fn put<T: Copy>(slot: &mut Option<T>, known: &[(&str, T)], word: &str) -> bool {
            let found = known.iter().find(|(one, _)| *one == word);
            let is_new = found.is_some() && slot.is_none();
            *slot = slot.or(found.map(|(_, value)| *value));
            is_new
        }
        let matters = MATTERS.map(|matter| (matter.word(), matter));
        put(&mut self.complainer, &TYPES, word)
            || put(&mut self.matter, &matters, word)
            || put(&mut self.flag, &FLAGS, word)
            || put(&mut self.occasion, &OCCASIONS, word)
            || put(&mut self.is_public, &PLACES, word)
    }

    /// The language that it is written in.
    pub(super) fn language(&self) -> Language {
        self.language
    }

    /// Tells whether two files are for the same, whatever the order of the words.
    fn is_as(&self, other: &Self) -> bool {
        Self { stem: String::new(), ..self.clone() }
            == Self { stem: String::new(), ..other.clone() }
    }

    fn fits(&self, asked: &Asked, language: Language) -> bool {
        fn is<T: PartialEq>(wanted: Option<&T>, given: Option<&T>) -> bool {
            wanted.is_none() || wanted == given
        }
        let occasion = match asked.occasion {
            Occasion::Answer | Occasion::Legal => None,
            other => Some(other),
        };
        let has = |flag: &Flag| asked.flags.contains(flag);
        // A text that was not written for it might admit what must not be, or not warn of danger.
        let is_careful = |flag: Flag| self.flag == Some(flag);
        let is_answer = !matches!(
            asked.occasion,
            Occasion::Update | Occasion::FollowUp | Occasion::Thanks | Occasion::Neutral
        );
        let is_safe = !is_answer
            || if has(&Flag::LegalThreat) {
                is_careful(Flag::LegalThreat)
            } else {
                !has(&Flag::Safety) || is_careful(Flag::Safety)
            };
        self.language == language
            && self.occasion == occasion
            && is_safe
            && self.flag.as_ref().is_none_or(has)
            && is(self.complainer.as_ref(), asked.complainer.as_ref())
            && is(self.matter.as_ref(), asked.matter.as_ref())
            && is(self.is_public.as_ref(), Some(&asked.is_public))
    }

    /// How special it is: what it says of flag, type, matter and place, in this order.
    fn weight(&self) -> [bool; 4] {
        [
            self.flag.is_some(),
            self.complainer.is_some(),
            self.matter.is_some(),
            self.is_public.is_some(),
        ]
    }
}

/// Takes so much and no more.
struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len().saturating_add(bytes.len()) > MOST_BYTES {
            return Err(std::io::Error::other(format!("it makes more than {MOST_BYTES} bytes")));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn refused(path: &Path, error: &minijinja::Error) -> Fault {
    let what = match (error.detail(), std::error::Error::source(error)) {
        (_, Some(cause)) => format!("{}: {cause}", error.kind()),
        (Some(detail), None) => format!("{}: {detail}", error.kind()),
        (None, None) => error.kind().to_string(),
    };
    Fault {
        path: path.to_owned(),
        line: error.line().unwrap_or(0),
        what: text::visible(&what),
        hint: None,
    }
}

/// Returns the first line of a template in which a name stands, or 1.
fn line_of(name: &str, text: &str) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let has = |line: &str| {
        let in_code = line.contains("{{") || line.contains("{%");
        in_code && line.split(|c| !is_word(c)).any(|word| word == name)
    };
    text.lines().position(has).map_or(1, |at| at + 1)
}

fn words_of_names() -> Vec<&'static str> {
    let matters = MATTERS.iter().map(|matter| matter.word());
    let types = TYPES.iter().map(|(word, _)| *word);
    let flags = FLAGS.iter().map(|(word, _)| *word);
    let occasions = OCCASIONS.iter().map(|(word, _)| *word);
    let places = PLACES.iter().map(|(word, _)| *word);
    types.chain(matters).chain(flags).chain(occasions).chain(places).collect()
}

/// Says which of the `known` words was probably meant, or which there are.
fn meant(word: &str, known: impl IntoIterator<Item = &'static str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match text::nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests;
