//! Walks a parsed file. A [`Reader`] knows where everything stands and gathers every problem, so
//! that one run tells them all: a value that is wrong is left out, and the walk goes on.

use super::problem::{Problem, Spot, near};
use super::syntax;
use super::value::Value;
use std::cell::RefCell;
use std::collections::HashSet;
use std::path::Path;
use toml::de::DeTable;

/// One file that is being read.
pub(super) struct Reader<'r> {
    pub(super) file: &'r Path,
    /// The folder that relative paths in this file start from.
    pub(super) folder: &'r Path,
    pub(super) text: &'r str,
    /// The byte at which each line begins.
    lines: Vec<usize>,
    /// The lines that are no proper TOML: what is said of them otherwise is misread.
    broken: HashSet<usize>,
    faults: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<Problem>>,
}

impl<'r> Reader<'r> {
    pub(super) fn new(file: &'r Path, folder: &'r Path, text: &'r str) -> Self {
        let behind = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(behind).collect();
        let (faults, warnings) = (RefCell::default(), RefCell::default());
        Self { file, folder, text, lines, broken: HashSet::new(), faults, warnings }
    }

    /// Takes over what the parser complained of: the first of each line, and of a list that has no
    /// end only its beginning.
    pub(super) fn complain(&mut self, errors: &[toml::de::Error]) {
        for error in errors {
            let span = error.span().unwrap_or_default();
            let (message, hint) = syntax::reworded(error.message(), self.text, &span);
            let spot = self.spot(span.start, String::new());
            let mut said = self.faults.borrow_mut();
            let is_echo = hint.is_some() && said.iter().any(|earlier| earlier.hint == hint);
            if self.broken.insert(spot.line) && !is_echo {
                said.push(spot.problem(message, hint));
            }
        }
    }

    /// Tells whether the file is no proper TOML, so that what is missing may only have been misread.
    pub(super) fn is_broken(&self) -> bool {
        !self.broken.is_empty()
    }

    /// Returns the table of the whole file.
    pub(super) fn root(&'r self, entries: &'r DeTable<'r>) -> Table<'r> {
        Table::of(self, String::new(), 0, entries)
    }

    pub(super) fn fault(&self, problem: Problem) {
        if !self.broken.contains(&problem.line) {
            self.faults.borrow_mut().push(problem);
        }
    }

    pub(super) fn warn(&self, problem: Problem) {
        self.warnings.borrow_mut().push(problem);
    }

    /// Gives up what was found: faults, then warnings.
    pub(super) fn into_problems(self) -> (Vec<Problem>, Vec<Problem>) {
        (self.faults.into_inner(), self.warnings.into_inner())
    }

    /// Returns the place of the byte `at`.
    pub(super) fn spot(&self, at: usize, key: String) -> Spot {
        let line = self.lines.partition_point(|start| *start <= at);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..at).unwrap_or_default();
        let column = before.trim_start_matches('\u{feff}').chars().count() + 1;
        Spot { file: self.file.to_owned(), line, column, key }
    }
}

/// A table, with the names that were asked for: what is left over in the end is unknown.
pub(super) struct Table<'r> {
    pub(super) reader: &'r Reader<'r>,
    key: String,
    at: usize,
    entries: &'r DeTable<'r>,
    known: RefCell<Vec<Known>>,
}

/// A name that was asked for.
#[derive(Clone, Copy)]
struct Known {
    name: &'static str,
    /// Whether somebody is told of it who is at a loss.
    shown: bool,
}

impl<'r> Table<'r> {
    /// Returns the table of `key` that begins at the byte `at`.
    pub(super) fn of(
        reader: &'r Reader<'r>,
        key: String,
        at: usize,
        entries: &'r DeTable<'r>,
    ) -> Self {
        Self { reader, key, at, entries, known: RefCell::default() }
    }

    /// Returns the value of `name` if it is there.
    pub(super) fn take(&self, name: &'static str) -> Option<Value<'r>> {
        self.known.borrow_mut().push(Known { name, shown: true });
        self.get(name)
    }

    /// Returns all values under whatever names they have.
    pub(super) fn take_all(&self) -> Vec<(String, Value<'r>)> {
        let names = self.entries.keys().map(|key| key.get_ref().to_string());
        names.filter_map(|name| Some((name.clone(), self.get(&name)?))).collect()
    }

    /// Returns the value of `name`, which comes with a later version, if it is there already.
    pub(super) fn take_later(&self, name: &'static str) -> Option<Value<'r>> {
        self.suggest(name);
        self.get(name)
    }

    fn get(&self, name: &str) -> Option<Value<'r>> {
        let (key, value) = self.entries.get_key_value(name)?;
        let path = self.path(name);
        let (key_at, span) = (key.span().start, value.span());
        let (at, end) = (span.start, span.end);
        let (reader, is) = (self.reader, value.get_ref());
        Some(Value { reader, key: path, key_at, at, end, is })
    }

    /// Returns the value of `name`, whose absence is a fault, unless it is only misspelt, which
    /// [`Self::finish`] tells; `such` shows what could stand there.
    pub(super) fn need(&self, name: &'static str, such: &str) -> Option<Value<'r>> {
        let value = self.take(name);
        let misspelt = |key: &str| !self.is_known(key) && near(key, [name]).is_some();
        if value.is_none() && !self.entries.keys().any(|key| misspelt(key.get_ref())) {
            self.lacks(&format!("`{name}` is missing"), Some(format!("write {such}")));
        }
        value
    }

    /// Says that something is missing in this table.
    pub(super) fn lacks(&self, message: &str, hint: Option<String>) {
        if !self.reader.is_broken() {
            self.reader.fault(self.spot().problem(message, hint));
        }
    }

    /// Says that this table is allowed and probably not meant as it is.
    pub(super) fn warns(&self, message: &str, hint: &str) {
        self.reader.warn(self.spot().problem(message, Some(hint.to_owned())));
    }

    /// Names a key, perhaps a dotted one, that somebody may mean who writes another.
    pub(super) fn suggest(&self, name: &'static str) {
        self.known.borrow_mut().push(Known { name, shown: false });
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    fn is_known(&self, name: &str) -> bool {
        self.known.borrow().iter().any(|known| known.name == name)
    }

    /// Tells whether there is a table here that nobody asked for.
    pub(super) fn has_unknown_table(&self) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|(key, value)| value.get_ref().is_table() && !self.is_known(key.get_ref()))
    }

    pub(super) fn spot(&self) -> Spot {
        self.reader.spot(self.at, self.key.clone())
    }

    /// Reports every key that nobody asked for, and returns how many there are.
    pub(super) fn finish(self) -> usize {
        let mut unknown = 0;
        for key in self.entries.keys() {
            let name = key.get_ref().as_ref();
            if !self.is_known(name) {
                let spot = self.reader.spot(key.span().start, self.path(name));
                let hint = hint(name, &self.known.borrow());
                self.reader.fault(spot.problem("unknown key", Some(hint)));
                unknown += 1;
            }
        }
        unknown
    }

    fn path(&self, name: &str) -> String {
        let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let quoted = !name.chars().all(bare) || name.is_empty();
        let name = if quoted { format!("\"{name}\"") } else { name.to_owned() };
        if self.key.is_empty() { name } else { format!("{}.{name}", self.key) }
    }
}

/// Says which of the `known` keys was probably meant, or which there are.
fn hint(name: &str, known: &[Known]) -> String {
    let names = known.iter().map(|known| known.name);
    let is_last = |known: &&str| known.rsplit_once('.').is_some_and(|(_, last)| last == name);
    let meant = names.clone().find(is_last).or_else(|| near(name, names));
    if let Some(meant) = meant {
        return format!("did you mean `{meant}`?");
    }
    let shown: Vec<_> = known.iter().filter(|known| known.shown).map(|known| known.name).collect();
    format!("known here: {}", shown.join(", "))
}
