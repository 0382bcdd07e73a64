//! Labelled texts in a file, with tabs between the columns: reading those that somebody wrote, and
//! writing the marks of this installation as such a file.

use crate::ask::view::MarkView;
use crate::brand::{BrandName, Field, Hit};
use crate::cli::Failure;
use crate::enrich::{LABELS, Label};
use crate::mention::Mark;
use crate::post::Post;
use crate::text::{Language, nearest, visible};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A file may have so many bytes.
const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// The columns that are read, with the names that each may have.
const COLUMNS: [(Column, &[&str]); 7] = [
    (Column::Label, &["label"]),
    (Column::Text, &["text"]),
    (Column::Title, &["title"]),
    (Column::Language, &["lang", "language"]),
    (Column::Brand, &["brand"]),
    (Column::Target, &["target"]),
    (Column::Rating, &["rating"]),
];
/// The columns that are written.
const WRITTEN: &str = "label\tlanguage\tbrand\ttarget\trating\tat\ttitle\ttext\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Label,
    Text,
    Title,
    Language,
    Brand,
    Target,
    Rating,
}

/// One text, and what it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Labelled {
    pub(super) label: Label,
    pub(super) language: Option<Language>,
    pub(super) brand: Option<BrandName>,
    pub(super) post: Post,
    pub(super) hits: Vec<Hit>,
}

/// What a file holds.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Lines {
    pub(super) labelled: Vec<Labelled>,
    /// Lines that say that their text is not about the brand.
    pub(super) noise: usize,
}

/// Reads a file of labelled texts.
pub(super) fn read(path: &Path) -> Result<Lines, Failure> {
    let name = visible(&path.display().to_string());
    let cannot = |error| Failure::new(format!("cannot read {name}: {error}"));
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(cannot)?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > MOST_BYTES {
        let what = format!("{name} has more than {} MiB", MOST_BYTES / 1024 / 1024);
        return Err(Failure::new(what).hint("evaluate it in parts, each with the first line"));
    }
    parse(&bytes).map_err(|Fault { line, what, next }| {
        let at = if line == 0 { name } else { format!("{name}, line {line}") };
        Failure::new(format!("{at}: {what}")).hint(next)
    })
}

/// What is wrong with a file, on which line (0: in all), and what to do about it.
#[derive(Debug, PartialEq)]
struct Fault {
    line: usize,
    what: String,
    next: String,
}

fn fault(line: usize, what: impl Into<String>, next: impl Into<String>) -> Fault {
    Fault { line, what: what.into(), next: next.into() }
}

fn parse(bytes: &[u8]) -> Result<Lines, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        fault(line, "this is no UTF-8", "save the file as UTF-8")
    })?;
    let mut lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
    let header = Header::read(lines.next().unwrap_or_default())?;
    let mut read = Lines::default();
    for (nth, line) in lines.enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        match header.line(line, nth + 2)? {
            Some(labelled) => read.labelled.push(labelled),
            None => read.noise += 1,
        }
    }
    if read.labelled.is_empty() {
        return Err(fault(
            0,
            "there is no labelled text in it",
            "each line holds one, under the first, which names the columns",
        ));
    }
    Ok(read)
}

/// Where each column stands.
struct Header(Vec<(Column, usize, String)>);

impl Header {
    fn read(line: &str) -> Result<Self, Fault> {
        let how = "the first line names the columns, with tabs between them: label and text, and \
                   where you like language, brand, target, title, rating";
        let mut found: Vec<(Column, usize, String)> = Vec::new();
        let mut foreign = Vec::new();
        for (at, name) in line.split('\t').enumerate() {
            let lower = name.trim().to_lowercase();
            let known = COLUMNS.iter().find(|(_, names)| names.contains(&&*lower));
            let Some((column, _)) = known else {
                foreign.push(lower);
                continue;
            };
            if let Some((_, _, first)) = found.iter().find(|(other, ..)| other == column) {
                let what = format!("the columns `{first}` and `{lower}` say the same");
                return Err(fault(1, what, "leave one of them out"));
            }
            found.push((*column, at, lower));
        }
        for wanted in ["label", "text"] {
            if found.iter().all(|(_, _, name)| name != wanted) {
                let near = nearest(wanted, foreign.iter().map(String::as_str));
                let near = near.map(|near| format!(" (is it `{}`?)", visible(near)));
                let what = format!("there is no column `{wanted}`{}", near.unwrap_or_default());
                return Err(fault(1, what, how));
            }
        }
        Ok(Self(found))
    }

    /// Reads one line; `None` where it says that its text is noise.
    fn line(&self, line: &str, nth: usize) -> Result<Option<Labelled>, Fault> {
        let fields: Vec<&str> = line.split('\t').collect();
        let place = |wanted| self.0.iter().find(|(column, ..)| *column == wanted);
        let field = |wanted: Column| {
            let text = place(wanted).and_then(|(_, at, _)| fields.get(*at)).copied();
            // A text may be a dash; elsewhere it stands for nothing.
            text.map(|text| plain(text.trim()))
                .filter(|text| !text.is_empty() && (wanted == Column::Text || text != "-"))
        };
        let wrong = |wanted, what: String, next: &str| {
            let (_, at, name) = place(wanted).cloned().unwrap_or((wanted, 0, String::new()));
            fault(nth, format!("column {} (`{name}`): {what}", at + 1), next)
        };
        let texts = || field(Column::Text).or_else(|| field(Column::Title));
        if texts().is_none() {
            let next = "each line needs a text; are its tabs missing?";
            return Err(wrong(Column::Text, "there is nothing in it".into(), next));
        }
        let known = "one of negative, neutral, positive (neg, neu, pos), or noise";
        let label = match field(Column::Label).unwrap_or_default().to_lowercase().as_str() {
            "noise" => return Ok(None),
            "neg" | "negative" => Label::Negative,
            "neu" | "neutral" => Label::Neutral,
            "pos" | "positive" => Label::Positive,
            "" => return Err(wrong(Column::Label, "there is no label".into(), known)),
            other => {
                let other = crate::text::cut(&visible(other), 40);
                return Err(wrong(Column::Label, format!("`{other}` is no label"), known));
            }
        };
        let language = field(Column::Language).map(|code| {
            let odd = format!("`{}` is no language", crate::text::cut(&visible(&code), 40));
            code.parse().map_err(|_| wrong(Column::Language, odd, "two letters such as fi, tr, en"))
        });
        let rating = field(Column::Rating).map(|stars| {
            let odd = format!("`{}` is no rating", crate::text::cut(&visible(&stars), 40));
            let known = stars.parse().ok().filter(|stars| (1..=5).contains(stars));
            known.ok_or_else(|| wrong(Column::Rating, odd, "stars from 1 (bad) to 5"))
        });
        let target = field(Column::Target).or_else(|| field(Column::Brand)).unwrap_or_default();
        let post = Post {
            title: field(Column::Title),
            text: field(Column::Text).unwrap_or_default(),
            rating: rating.transpose()?,
            ..Post::default()
        };
        let brand = field(Column::Brand).or_else(|| field(Column::Target)).map(BrandName);
        let hits = hits(&post, &target);
        Ok(Some(Labelled { label, language: language.transpose()?, brand, post, hits }))
    }
}

/// Finds where a text names what it is asked about.
fn hits(post: &Post, target: &str) -> Vec<Hit> {
    let parts =
        [(Field::Title, post.title.as_deref().unwrap_or_default()), (Field::Text, &post.text)];
    let mut hits = Vec::new();
    for (field, text) in parts {
        hits.extend(crate::enrich::train::target_spans(text, target).into_iter().map(|at| Hit {
            keyword: target.to_owned(),
            field,
            start: at.start,
            end: at.end,
            form: text.chars().take(at.end).skip(at.start).collect(),
        }));
    }
    hits
}

/// Reads a field: a line's end in it is written as `\n`, a tab as `\t`, a backslash as two.
fn plain(field: &str) -> String {
    let mut text = String::with_capacity(field.len());
    let mut rest = field.chars();
    while let Some(c) = rest.next() {
        let escaped = if c == '\\' { rest.clone().next() } else { None };
        let meant = match escaped {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('\\') => '\\',
            // Whoever wrote it knew of no such signs.
            _ => {
                text.push(c);
                continue;
            }
        };
        text.push(meant);
        rest.next();
    }
    text
}

/// Writes a field so that it is one, and no formula where a spreadsheet opens it.
fn field(text: &str) -> String {
    let mut field = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => field.push_str("\\n"),
            '\t' => field.push_str("\\t"),
            '\\' => field.push_str("\\\\"),
            // The judge reads no others.
            c if c.is_control() => field.push(' '),
            c => field.push(c),
        }
    }
    if field.starts_with(['=', '+', '-', '@']) {
        field.insert(0, ' ');
    }
    field
}

/// Writes marks as a file that [`read`] reads: those that teach, and whose texts are still there and not
/// blank.
pub(super) fn write(marks: &[MarkView]) -> String {
    let mut file = WRITTEN.to_owned();
    // As it will be read: what is no sign to the judge is blank.
    let seen =
        |text: &Option<String>| field(text.as_deref().unwrap_or_default().trim()).trim().to_owned();
    let is_there = |mark: &&MarkView| {
        mark.teaches && (!seen(&mark.text).is_empty() || !matches!(&*seen(&mark.title), "" | "-"))
    };
    for mark in marks.iter().filter(is_there) {
        // Of all forms that the name has here, the shortest is what they have in common.
        let forms = mark.matches.iter().map(|hit| hit.form.as_str());
        let target = forms.min_by_key(|form| form.chars().count()).unwrap_or_default();
        let fields = [
            mark.mark.word().to_owned(),
            mark.language.map(|language| language.to_string()).unwrap_or_default(),
            field(&mark.brand),
            field(target),
            mark.rating.map(|stars| stars.to_string()).unwrap_or_default(),
            mark.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            field(mark.title.as_deref().unwrap_or_default()),
            field(mark.text.as_deref().unwrap_or_default()),
        ];
        file.push_str(&fields.join("\t"));
        file.push('\n');
    }
    file
}

/// Returns what a mark says of its text; `None` where that is no label.
pub(super) fn of_mark(mark: &MarkView) -> Option<Labelled> {
    let label = match mark.mark {
        Mark::Negative => Label::Negative,
        Mark::Neutral => Label::Neutral,
        Mark::Positive => Label::Positive,
        Mark::Noise => return None,
    };
    Some(Labelled {
        label,
        language: mark.language,
        brand: Some(BrandName(mark.brand.clone())),
        post: mark.post(),
        hits: mark.matches.clone(),
    })
}

impl Labelled {
    /// Returns the place of its label among all.
    pub(super) fn class(&self) -> usize {
        LABELS.iter().position(|label| *label == self.label).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
