//! Volume and sentiment of a period against the one before, drawn: one SVG, of which the mail has the
//! picture and a page the drawing itself. The colours are told apart by those who see no red or green, and
//! stand out from white and from black alike, because mail programs turn the one into the other.

use super::words::{Words, fill};
use super::{Counts, excerpt};
use crate::brand::BrandName;
use crate::delivery::Picture;
use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use std::fmt::Write;

/// The family in which words are drawn; [`super::picture`] has it.
pub(super) const FONT: &str = "DejaVu Sans";

/// The colours of negative, neutral and positive.
pub(super) const COLOURS: [&str; 3] = ["#d9601a", "#9aa3ad", "#2b8cd6"];

/// Words, lines, and the period before.
const INK: &str = "#7f878f";

/// The size of a drawing, and what is left around the bars.
const WIDTH: f64 = 380.0;
const HIGH: f64 = 116.0;
const LEFT: f64 = 36.0;
const BELOW: f64 = 26.0;

/// The size of the letters, and how wide one is on the average.
const LETTERS: f64 = 13.0;
const LETTER: f64 = 7.8;

/// How high a line of words is.
const LINE: f64 = 20.0;

/// A drawing of less says nothing.
const FEWEST: u64 = 5;

/// So many days ahead and behind are days; more are weeks.
const MOST_DAYS: i64 = 35;

/// What was said of a brand in a period and in the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    pub brand: BrandName,
    pub pieces: Pieces,
    /// One for each piece of the period.
    pub now: Vec<Counts>,
    /// The same of the period before.
    pub before: Vec<Counts>,
}

/// How a period is cut into pieces of equal length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pieces {
    pub start: DateTime<Utc>,
    pub piece: TimeDelta,
    pub number: usize,
}

impl Pieces {
    /// Cuts the time between two moments: up to two days by three hours, up to five weeks by days, else by
    /// weeks. `None` where it is too short to see anything in it.
    pub fn of(from: DateTime<Utc>, to: DateTime<Utc>) -> Option<Self> {
        let span = to - from;
        let piece = if span < TimeDelta::hours(6) {
            return None;
        } else if span <= TimeDelta::hours(50) {
            TimeDelta::hours(3)
        } else if span <= TimeDelta::days(MOST_DAYS) {
            TimeDelta::days(1)
        } else {
            TimeDelta::weeks(1)
        };
        // An alert never speaks on the very second: what is a little short of a piece is one.
        let half = piece / 2;
        let number = i32::try_from((span + half).num_seconds() / piece.num_seconds()).ok()?;
        let length = piece.checked_mul(number.clamp(1, 60))?;
        Some(Self { start: to - length, piece, number: usize::try_from(number.clamp(1, 60)).ok()? })
    }

    /// Returns where the period before begins.
    pub fn before(&self) -> DateTime<Utc> {
        let length =
            i32::try_from(self.number).ok().and_then(|number| self.piece.checked_mul(number));
        self.start - length.unwrap_or_default()
    }

    /// Returns in which piece a moment lies, and whether that is one of the period before.
    pub fn place(&self, at: DateTime<Utc>) -> Option<(bool, usize)> {
        let is_before = at < self.start;
        let start = if is_before { self.before() } else { self.start };
        let after = (at - start).num_milliseconds();
        let place = usize::try_from(after.checked_div(self.piece.num_milliseconds())?).ok()?;
        (after >= 0 && place < self.number).then_some((is_before, place))
    }
}

/// A drawing, and what it shows in words and figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chart {
    pub(super) brand: BrandName,
    pub(super) svg: String,
    /// `None` where there is no picture of it.
    pub(super) picture: Option<Picture>,
    /// The figures of both periods.
    pub(super) alt: String,
    /// Those of the period before.
    pub(super) before: String,
    pub(super) totals: [Counts; 2],
}

impl Chart {
    /// Draws a volume; `None` where so little was said that a drawing says nothing.
    pub(super) fn of(volume: &Volume, words: &'static Words, zone: Tz) -> Option<Self> {
        let drawn = Self::drawn(volume, words, zone)?;
        Some(Self { picture: picture(&drawn.svg, volume, &drawn.alt), ..drawn })
    }

    /// The same without the picture, which a page does not need.
    pub(super) fn drawn(volume: &Volume, words: &'static Words, zone: Tz) -> Option<Self> {
        let sum = |counts: &[Counts]| counts.iter().fold(Counts::default(), |sum, it| sum.and(*it));
        let totals = [sum(&volume.now), sum(&volume.before)];
        let [now, before] = totals;
        if now.all() == 0 || now.all() + before.all() < FEWEST {
            return None;
        }
        let said = fill(&words.chart.before, &[("counts", &words.counts(before))]);
        let brand = excerpt::line(&volume.brand.0, 80);
        let alt = format!("{brand}: {}. {said}. {}.", words.counts(now), scale(volume, words));
        let svg = Drawing { volume, words, zone, floor: 0.0 }.svg(&alt, totals);
        let brand = volume.brand.clone();
        Some(Self { brand, svg, picture: None, alt, before: said, totals })
    }
}

/// Says how long a bar is.
fn scale(volume: &Volume, words: &Words) -> String {
    let hours = volume.pieces.piece.num_hours();
    let bar = match hours {
        ..24 => fill(&words.chart.hours, &[("n", &hours.to_string())]),
        24 => words.chart.day.clone(),
        _ => words.chart.week.clone(),
    };
    format!("{bar}, {}", words.chart.outline)
}

#[cfg(feature = "png-charts")]
fn picture(svg: &str, volume: &Volume, alt: &str) -> Option<Picture> {
    use crate::mention::PostKey;
    let png = super::picture::png(svg)?;
    // Mail programs that keep pictures by their name must not show that of another day.
    let PostKey(hash) = PostKey::of(&[&volume.brand.0, svg]);
    let name = hash.iter().take(8).fold(String::from("chart-"), |mut name, byte| {
        let _unfailing = write!(name, "{byte:02x}");
        name
    });
    Some(Picture { cid: format!("{name}@vahti"), alt: alt.to_owned(), png })
}

#[cfg(not(feature = "png-charts"))]
fn picture(_: &str, _: &Volume, _: &str) -> Option<Picture> {
    None
}

struct Drawing<'a> {
    volume: &'a Volume,
    words: &'static Words,
    zone: Tz,
    /// Where the bars stand; what the colours mean may need a line more.
    floor: f64,
}

impl Drawing<'_> {
    fn svg(mut self, alt: &str, [now, before]: [Counts; 2]) -> String {
        let mut legend = String::new();
        self.floor = self.legend(&mut legend, now, before) + 12.0 + HIGH;
        let height = self.floor + BELOW;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
             viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" font-family=\"{FONT}, sans-serif\" \
             font-size=\"{LETTERS}\" fill=\"{INK}\"><title>{}</title>",
            escaped(alt)
        );
        svg.push_str(&legend);
        let top = round_up(self.highest());
        self.lines(&mut svg, top);
        self.bars(&mut svg, top);
        self.times(&mut svg);
        svg.push_str("</svg>");
        svg
    }

    /// What the colours mean, with how many there are of each. Returns where it ends.
    fn legend(&self, svg: &mut String, now: Counts, before: Counts) -> f64 {
        let count = &self.words.count;
        let kinds = [
            (now.negative, &count.negative),
            (now.neutral, &count.neutral),
            (now.positive, &count.positive),
        ];
        let (mut x, mut y) = (0.0, 0.0);
        for ((number, forms), colour) in kinds.into_iter().zip(COLOURS) {
            let words = self.words.count(number, forms);
            if x + 16.0 + width(&words) > WIDTH {
                (x, y) = (0.0, y + LINE);
            }
            let _unfailing = write!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"11\" height=\"11\" rx=\"2\" fill=\"{colour}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                y + 3.0,
                x + 16.0,
                y + 13.5,
                escaped(&words)
            );
            x += 16.0 + width(&words) + 14.0;
        }
        y += LINE;
        let negative = self.words.count(before.negative, &count.negative);
        let said = match before.all() {
            0 => self.words.counts(before),
            all => format!("{}, {negative}", self.words.count(all, &count.mentions)),
        };
        let words = fill(&self.words.chart.before, &[("counts", &said)]);
        let _unfailing = write!(
            svg,
            "<rect x=\"0.5\" y=\"{:.1}\" width=\"10\" height=\"10\" fill=\"none\" stroke=\"{INK}\" \
             stroke-dasharray=\"3 2\"/><text x=\"16\" y=\"{:.1}\">{}</text>",
            y + 3.5,
            y + 13.5,
            escaped(&words)
        );
        y + LINE
    }

    fn highest(&self) -> u64 {
        let Volume { now, before, .. } = self.volume;
        now.iter().chain(before).map(Counts::all).max().unwrap_or(0)
    }

    fn bars(&self, svg: &mut String, top: u64) {
        let step = self.step();
        let (floor, scale) = (self.floor, HIGH / float(top));
        let bar = (step * 0.72).clamp(2.0, 40.0);
        for (place, (now, before)) in self.volume.now.iter().zip(&self.volume.before).enumerate() {
            let middle = self.middle(place);
            let mut y = floor;
            for (number, colour) in
                [now.negative, now.neutral, now.positive].into_iter().zip(COLOURS)
            {
                let height = float(number) * scale;
                if number > 0 {
                    let _unfailing = write!(
                        svg,
                        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{bar:.1}\" height=\"{height:.1}\" \
                         fill=\"{colour}\"/>",
                        middle - bar / 2.0,
                        y - height
                    );
                }
                y -= height;
            }
            if before.all() > 0 {
                let (height, wide) = (float(before.all()) * scale, step * 0.92);
                let _unfailing = write!(
                    svg,
                    "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{wide:.1}\" height=\"{height:.1}\" \
                     fill=\"none\" stroke=\"{INK}\" stroke-dasharray=\"3 2\"/>",
                    middle - wide / 2.0,
                    floor - height
                );
            }
        }
    }

    /// The floor, half of the height, and the top, each with its number.
    fn lines(&self, svg: &mut String, top: u64) {
        for number in [0, top / 2, top] {
            let y = self.floor - HIGH * float(number) / float(top);
            let _unfailing = write!(
                svg,
                "<path d=\"M{LEFT} {y:.1}H{WIDTH}\" stroke=\"{INK}\" stroke-opacity=\"0.4\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{number}</text>",
                LEFT - 6.0,
                y + 4.5
            );
        }
    }

    /// When the pieces are, as many as there is room for.
    fn times(&self, svg: &mut String) {
        let names: Vec<String> =
            (0..self.volume.pieces.number).map(|place| self.time(place)).collect();
        let widest = names.iter().map(|name| width(name)).fold(1.0, f64::max) + 10.0;
        let mut free = 0.0;
        for (place, name) in names.iter().enumerate() {
            let middle = self.middle(place);
            if middle < free || middle + width(name) / 2.0 > WIDTH {
                continue;
            }
            free = middle + widest;
            let _unfailing = write!(
                svg,
                "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                self.floor + 18.0,
                escaped(name)
            );
        }
    }

    fn time(&self, place: usize) -> String {
        let Pieces { start, piece, .. } = self.volume.pieces;
        let begin = start + i32::try_from(place).map_or(TimeDelta::zero(), |place| piece * place);
        if piece < TimeDelta::days(1) {
            let hour = begin.with_timezone(&self.zone).hour();
            return fill(&self.words.chart.axis_hour, &[("hour", &self.words.hour(hour))]);
        }
        // A day from eight to eight is the one of which it holds more.
        let local = (begin + TimeDelta::hours(12)).with_timezone(&self.zone);
        let month: String = self.words.month(local.month0()).chars().take(3).collect();
        let (day, number) = (local.day().to_string(), local.month().to_string());
        let values = [("day", day.as_str()), ("number", &number), ("month", &month)];
        fill(&self.words.chart.axis_day, &values)
    }

    fn step(&self) -> f64 {
        (WIDTH - LEFT) / float(self.volume.pieces.number.max(1) as u64)
    }

    fn middle(&self, place: usize) -> f64 {
        LEFT + self.step() * (float(place as u64) + 0.5)
    }
}

/// The next even number that is easy to read.
fn round_up(number: u64) -> u64 {
    let number = number.min(u64::from(u32::MAX));
    let mut step = 2;
    loop {
        for easy in [step, step * 2, step * 3, step * 5] {
            if easy >= number {
                return easy;
            }
        }
        step *= 10;
    }
}

fn width(words: &str) -> f64 {
    float(words.chars().count() as u64) * LETTER
}

fn float(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// What is written into markup; what no drawing may hold is left out.
fn escaped(words: &str) -> String {
    let mut escaped = String::new();
    for c in words.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sample::{now, volume};
    use crate::text::Language;

    fn chart(volume: &Volume, language: Language) -> Chart {
        Chart::of(volume, Words::of(language), Tz::Europe__Helsinki).unwrap()
    }

    #[test]
    fn a_day_is_cut_by_three_hours_and_a_week_by_days() {
        let pieces = |span| Pieces::of(now() - span, now());
        let cut = |span| pieces(span).map(|it| (it.number, it.piece.num_hours()));
        assert_eq!(cut(TimeDelta::hours(5)), None);
        assert_eq!(cut(TimeDelta::hours(24)), Some((8, 3)));
        assert_eq!(cut(TimeDelta::seconds(86_390)), Some((8, 3)));
        assert_eq!(cut(TimeDelta::days(3)), Some((3, 24)));
        assert_eq!(cut(TimeDelta::days(7)), Some((7, 24)));
        assert_eq!(cut(TimeDelta::days(90)), Some((13, 168)));
        assert_eq!(cut(TimeDelta::days(9000)), Some((60, 168)));
        let week = pieces(TimeDelta::days(7)).unwrap();
        let place = |ago| week.place(now() - TimeDelta::hours(ago));
        assert_eq!(place(1), Some((false, 6)));
        assert_eq!(place(7 * 24), Some((false, 0)));
        assert_eq!(place(7 * 24 + 1), Some((true, 6)));
        assert_eq!(place(14 * 24), Some((true, 0)));
        assert_eq!((place(14 * 24 + 1), place(-1)), (None, None));
    }

    #[test]
    fn it_says_in_words_what_it_shows() {
        let say = |language| chart(&volume(), language).alt;
        assert_eq!(
            say(Language::ENGLISH),
            "Acme: 15 mentions, 6 negative, 6 neutral, 3 positive. Period before: 7 mentions, 2 \
             negative, 5 neutral. One bar: a day, dashed: the period before; by time of \
             publication."
        );
        insta::assert_snapshot!(chart(&volume(), Language::FINNISH).svg);
    }

    #[test]
    fn the_easy_numbers_are_even_and_no_lower() {
        let tops = [1, 2, 3, 5, 7, 11, 21, 47, 61, 130, 1001].map(round_up);
        assert_eq!(tops, [2, 2, 4, 6, 10, 20, 40, 60, 100, 200, 2000]);
    }

    #[test]
    fn little_is_not_drawn_and_names_bring_no_markup() {
        let mut volume = volume();
        volume.brand.0 = "<script>&\"\u{1}".into();
        let chart = Chart::of(&volume, Words::of(Language::ENGLISH), Tz::UTC).unwrap();
        assert!(!chart.svg.contains("<script") && !chart.svg.contains('\u{1}'), "{}", chart.svg);
        volume.now = vec![Counts::default(); 7];
        assert_eq!(Chart::of(&volume, Words::of(Language::ENGLISH), Tz::UTC), None);
        volume.now = vec![Counts { negative: 1, ..Counts::default() }; 1];
        volume.before = Vec::new();
        assert_eq!(Chart::of(&volume, Words::of(Language::ENGLISH), Tz::UTC), None);
    }

    #[cfg(feature = "png-charts")]
    #[test]
    fn the_picture_has_its_words_and_its_colours() {
        use resvg::tiny_skia::Pixmap;
        for language in [Language::ENGLISH, Language::FINNISH, Language::TURKISH, Language::SWEDISH]
        {
            let picture = chart(&volume(), language).picture.unwrap();
            assert!(picture.png.len() < 30_000, "{}", picture.png.len());
            let pixels = Pixmap::decode_png(&picture.png).unwrap();
            let count = |[r, g, b]: [u8; 3]| {
                let is = |pixel: &&resvg::tiny_skia::PremultipliedColorU8| {
                    (pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()) == (r, g, b, 255)
                };
                pixels.pixels().iter().filter(is).count()
            };
            for colour in [[0xd9, 0x60, 0x1a], [0x9a, 0xa3, 0xad], [0x2b, 0x8c, 0xd6]] {
                assert!(count(colour) > 400, "{colour:?}");
            }
            // The ink of lines alone is never whole: these are letters.
            assert!(count([0x7f, 0x87, 0x8f]) > 300, "{}", count([0x7f, 0x87, 0x8f]));
        }
    }
}
