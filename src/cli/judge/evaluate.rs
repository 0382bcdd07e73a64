//! `vahti judge --evaluate`: how often the judge is right on labelled texts, without what people marked
//! and with it.

use super::labelled::{self, Labelled};
use crate::ask::view::{MarkView, label};
use crate::brand::BrandName;
use crate::cli::desk::Desk;
use crate::cli::print::{self, Output};
use crate::cli::{Context, Failure};
use crate::enrich::correction::{Corrections, Lesson, Marks, learn, lots};
use crate::enrich::train::evaluate::{Score, interval};
use crate::enrich::{Known, LABELS, enrich_knowing};
use crate::text::Language;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

/// In how many parts marks are dealt out: each is judged by what the others teach.
const PARTS: usize = 10;

const COLUMNS: [&str; 23] = [
    "language",
    "judge",
    "marks",
    "lines",
    "precision",
    "precision_from",
    "precision_to",
    "recall",
    "recall_from",
    "recall_to",
    "f1",
    "macro_f1",
    "review",
    "calibration_error",
    "confusion.negative.negative",
    "confusion.negative.neutral",
    "confusion.negative.positive",
    "confusion.neutral.negative",
    "confusion.neutral.neutral",
    "confusion.neutral.positive",
    "confusion.positive.negative",
    "confusion.positive.neutral",
    "confusion.positive.positive",
];

/// How well one judge does on the texts of one language, as machines see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct ScoreView {
    /// `all` for all together; null where nobody knows.
    language: Option<String>,
    /// `base`, or `marks` with what people marked.
    judge: &'static str,
    /// How many marks taught it.
    marks: usize,
    lines: u32,
    /// Of negative, with the bounds between which they lie, 95 times in 100; null where nothing was
    /// called negative, or is.
    precision: Option<f64>,
    precision_from: f64,
    precision_to: f64,
    recall: Option<f64>,
    recall_from: f64,
    recall_to: f64,
    f1: Option<f64>,
    macro_f1: f64,
    /// Which part is left to a person; in all other figures it counts as its label.
    review: f64,
    calibration_error: f64,
    /// By what the lines are, then by what was said of them.
    confusion: BTreeMap<&'static str, BTreeMap<&'static str, u32>>,
}

/// By language; the first of all.
type Scores = BTreeMap<Group, Score>;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    All,
    Language(String),
    Unknown,
}

/// Evaluates on a file, or on the marks so far.
pub(super) fn run(file: Option<&Path>, output: Output, context: &Context) -> Result<(), Failure> {
    let views = match file {
        Some(file) => of_file(file, context)?,
        None => of_marks(&context.desk()?.lessons()?),
    };
    print::list(&views, output.format, &COLUMNS, || table(&views))
}

fn of_file(file: &Path, context: &Context) -> Result<Vec<ScoreView>, Failure> {
    let lines = labelled::read(file)?;
    if lines.noise > 0 {
        let count = crate::text::count(lines.noise, "line");
        context.say(&format!("Left out: {count} labelled noise, which says nothing of sentiment."));
    }
    let marks = marks(context);
    let lessons: Vec<Lesson> = marks.iter().filter_map(MarkView::lesson).collect();
    let known = known_by_heart(&lines.labelled, &lessons);
    if known > 0 {
        let count = crate::text::count(known, "line");
        context.say(&format!(
            "{count} of the file were marked here: with marks they are known by heart."
        ));
    }
    let corrections = learn(lessons);
    let mut views = shown("base", 0, &scores(&lines.labelled, |_| None));
    if !corrections.is_empty() {
        let with = scores(&lines.labelled, |_| Some(&corrections));
        views.extend(shown("marks", corrections.marks(), &with));
    }
    Ok(views)
}

/// Returns how many lines have the words of a mark.
fn known_by_heart(lines: &[Labelled], lessons: &[Lesson]) -> usize {
    if lessons.is_empty() {
        return 0;
    }
    let lots: BTreeSet<u64> = lessons.iter().map(Lesson::lot).collect();
    let is_known = |line: &&Labelled| {
        let brand = line.brand.clone().unwrap_or_else(|| BrandName(String::new()));
        let lesson = Lesson::of(&line.post, &line.hits, line.language, &brand, line.label);
        lesson.is_some_and(|lesson| lots.contains(&lesson.lot()))
    };
    lines.iter().filter(is_known).count()
}

/// Returns the marks of this installation; none where it has no configuration or nothing is stored.
fn marks(context: &Context) -> Vec<MarkView> {
    if context.path().is_err() {
        return Vec::new();
    }
    context.config().and_then(|config| Desk::of(config).lessons()).unwrap_or_else(|failure| {
        context.say(&format!("What people marked is left out: {}", failure.what));
        Vec::new()
    })
}

/// Evaluates on marks: before, and after as if none had been made of the text at hand.
fn of_marks(marks: &[MarkView]) -> Vec<ScoreView> {
    let known: Vec<(Labelled, Option<Lesson>)> = marks
        .iter()
        .filter_map(|mark| labelled::of_mark(mark).map(|line| (line, mark.lesson())))
        .collect();
    let lines: Vec<Labelled> = known.iter().map(|(line, _)| line.clone()).collect();
    let lessons: Vec<&Lesson> = known.iter().filter_map(|(_, lesson)| lesson.as_ref()).collect();
    let mut dealt = parts(&lessons).into_iter();
    let parts: Vec<Option<usize>> =
        known.iter().map(|(_, lesson)| lesson.as_ref().and_then(|_| dealt.next())).collect();
    let corrections: Vec<Corrections> = (0..PARTS)
        .map(|left_out| {
            let others = known.iter().zip(&parts).filter(|(_, part)| **part != Some(left_out));
            learn(others.filter_map(|((_, lesson), _)| lesson.clone()))
        })
        .collect();
    let with = |nth: usize| {
        let part = parts.get(nth).copied().flatten();
        part.and_then(|part| corrections.get(part))
    };
    if lines.is_empty() {
        return Vec::new();
    }
    let taught = known.iter().filter(|(_, lesson)| lesson.is_some()).count();
    let mut views = shown("base", 0, &scores(&lines, |_| None));
    views.extend(shown("marks", taught, &scores(&lines, with)));
    views
}

/// Deals out marks. The same words and their copies belong together: else a copy would tell what its text
/// is.
fn parts(lessons: &[&Lesson]) -> Vec<usize> {
    let lots = lots(lessons);
    let each: BTreeSet<u64> = lots.iter().copied().collect();
    let places: BTreeMap<u64, usize> = each.into_iter().zip(0..).collect();
    lots.iter().map(|lot| places.get(lot).copied().unwrap_or_default() % PARTS).collect()
}

/// Judges lines, each with its own corrections.
fn scores<'c>(
    lines: &[Labelled],
    corrections: impl Fn(usize) -> Option<&'c Corrections>,
) -> Scores {
    let mut scores = Scores::new();
    for (nth, line) in lines.iter().enumerate() {
        let marks =
            corrections(nth).map(|corrections| Marks { corrections, brand: line.brand.as_ref() });
        let known = Known { language: line.language, marks, ..Known::default() };
        let said = enrich_knowing(&line.post, &line.hits, known);
        let class = LABELS.iter().position(|label| *label == said.sentiment.label);
        let group = said
            .language
            .map_or(Group::Unknown, |known: Language| Group::Language(known.code().to_owned()));
        for group in [Group::All, group] {
            scores.entry(group).or_default().add(
                line.class(),
                class.unwrap_or_default(),
                said.sentiment.confidence,
                said.review,
            );
        }
    }
    scores
}

fn shown(judge: &'static str, marks: usize, scores: &Scores) -> Vec<ScoreView> {
    scores.iter().map(|(group, score)| view(group, judge, marks, score)).collect()
}

fn view(group: &Group, judge: &'static str, marks: usize, score: &Score) -> ScoreView {
    let [right, said, are] = score.negative();
    let [precision_from, precision_to] = interval(right, said).map(rounded);
    let [recall_from, recall_to] = interval(right, are).map(rounded);
    let three = |figure: f32| rounded(f64::from(figure));
    let row = |counts: &[u32; 3]| LABELS.into_iter().map(label).zip(*counts).collect();
    ScoreView {
        language: match group {
            Group::All => Some("all".into()),
            Group::Language(code) => Some(code.clone()),
            Group::Unknown => None,
        },
        judge,
        marks,
        lines: score.lines(),
        precision: (said > 0).then(|| three(score.precision())),
        precision_from,
        precision_to,
        recall: (are > 0).then(|| three(score.recall())),
        recall_from,
        recall_to,
        f1: (said > 0 || are > 0).then(|| three(score.f1())),
        macro_f1: three(score.macro_f1()),
        review: three(score.reviewed()),
        calibration_error: three(score.calibration_error()),
        confusion: LABELS.into_iter().map(label).zip(score.confusion.iter().map(row)).collect(),
    }
}

fn rounded(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}

/// Returns the scores as people read them: the figures, and of all lines what was taken for what.
fn table(views: &[ScoreView]) -> String {
    if views.is_empty() {
        return "Nobody marked anything that can be evaluated; \
                `vahti mention ID mark negative|neutral|positive` does.\n"
            .into();
    }
    let headers = [
        "language",
        "judge",
        "lines",
        "precision",
        "recall",
        "f1",
        "macro-f1",
        "review",
        "calibration error",
    ];
    let bounds = |figure: Option<f64>, from, to| {
        figure.map_or("-".into(), |figure| format!("{figure:.3} ({from:.2}-{to:.2})"))
    };
    let mut text = print::table(
        &headers,
        views.iter().map(|view| {
            vec![
                view.language.clone().unwrap_or_else(|| "unknown".into()),
                judge(view),
                view.lines.to_string(),
                bounds(view.precision, view.precision_from, view.precision_to),
                bounds(view.recall, view.recall_from, view.recall_to),
                view.f1.map_or_else(|| "-".to_owned(), |f1| format!("{f1:.3}")),
                format!("{:.3}", view.macro_f1),
                format!("{:.1} %", view.review * 100.0),
                format!("{:.3}", view.calibration_error),
            ]
        }),
    );
    for view in views.iter().filter(|view| view.language.as_deref() == Some("all")) {
        let rows = LABELS.into_iter().map(label).map(|is| {
            let counts = view.confusion.get(is).cloned().unwrap_or_default();
            let count = |said| counts.get(said).copied().unwrap_or_default().to_string();
            let counts = LABELS.into_iter().map(label).map(count);
            std::iter::once(format!("is {is}")).chain(counts).collect()
        });
        let confusion = print::table(&["", "negative", "neutral", "positive"], rows);
        // Writing into a string does not fail.
        write!(text, "\nWhat {} said:\n{confusion}", judge(view)).ok();
    }
    text.push_str("\nPrecision, recall and F1 are of negative; what is left for review counts as its label.\n");
    text
}

/// Names a judge.
fn judge(view: &ScoreView) -> String {
    match view.judge {
        "base" => "base".into(),
        _ => format!("with {}", crate::text::count(view.marks, "mark")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrich::Label;
    use crate::post::Post;

    #[test]
    fn copies_of_a_text_are_dealt_to_one_part() {
        let lesson = |text: &str| {
            let (post, brand) = (Post { text: text.into(), ..Post::default() }, "Acme");
            Lesson::of(&post, &[], None, &BrandName(brand.into()), Label::Negative).unwrap()
        };
        let letter = |nth: usize| char::from(b'a' + u8::try_from(nth % 26).unwrap());
        let word = |nth: usize| format!("{}sana{}", letter(nth), letter(nth / 26));
        let words: Vec<String> = (0..80).map(word).collect();
        let copy = |nth: usize| words.join(" ").replace(&words[nth], "muuta");
        let copies: Vec<Lesson> = (0..30).map(|nth| lesson(&copy(nth * 2))).collect();
        let others: Vec<Lesson> = words.iter().map(|word| lesson(word)).collect();
        let dealt = |lessons: &[Lesson]| {
            parts(&lessons.iter().collect::<Vec<_>>()).into_iter().collect::<BTreeSet<usize>>()
        };
        assert_eq!(dealt(&copies).len(), 1);
        assert_eq!(dealt(&others).len(), PARTS);
    }
}
