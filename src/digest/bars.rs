//! A chart as a mail shows it: the picture, or, where there is none, bars made of the cells of a table.

use super::Counts;
use super::chart::{COLOURS, Chart};
use super::words::{Words, fill};

pub(super) struct ChartView {
    /// The name of the picture; without one the figures are shown as bars.
    pub(super) cid: Option<String>,
    pub(super) alt: String,
    /// The figures of the period before.
    pub(super) before: String,
    pub(super) bars: Vec<BarView>,
}

/// A bar made of cells.
pub(super) struct BarView {
    pub(super) name: String,
    pub(super) cells: Vec<CellView>,
    /// How much of the width is left, in percent.
    pub(super) rest: u64,
}

pub(super) struct CellView {
    pub(super) percent: u64,
    pub(super) colour: &'static str,
    pub(super) number: u64,
}

impl ChartView {
    pub(super) fn of(chart: &Chart, words: &Words) -> Self {
        let most = chart.totals.iter().map(Counts::all).max().unwrap_or(0).max(1);
        let [now, before] = chart.totals;
        let name = fill(&words.chart.before, &[("counts", "")]);
        Self {
            cid: chart.picture.as_ref().map(|picture| picture.cid.clone()),
            alt: chart.alt.clone(),
            before: chart.before.clone(),
            bars: vec![
                BarView::of(&words.chart.now, now, most),
                BarView::of(name.trim_end_matches([' ', ':']), before, most),
            ],
        }
    }
}

impl BarView {
    fn of(name: &str, counts: Counts, most: u64) -> Self {
        let percent = |number: u64| number * 100 / most;
        let kinds = [counts.negative, counts.neutral, counts.positive];
        let cells = kinds.into_iter().zip(COLOURS).filter(|(number, _)| *number > 0);
        Self {
            name: name.to_owned(),
            rest: 100 - kinds.into_iter().map(percent).sum::<u64>(),
            cells: cells
                .map(|(number, colour)| CellView { percent: percent(number), colour, number })
                .collect(),
        }
    }
}
