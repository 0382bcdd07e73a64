//! The table.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::Result;
use crate::feeds::{ENTRIES, Feed};
use crate::process::Measured;
use crate::server::Counts;

pub(crate) struct Row {
    pub(crate) program: &'static str,
    pub(crate) name: &'static str,
    pub(crate) measured: Measured,
    pub(crate) counts: Counts,
}

pub(crate) fn head(feeds: &[Feed], planted: usize) -> Result<()> {
    let bytes: usize = feeds.iter().map(|feed| feed.document.len()).sum();
    let mut out = std::io::stdout();
    writeln!(
        out,
        "\n{} feeds of {ENTRIES} entries, {} KiB; the brand is in {planted} entries\n",
        feeds.len(),
        bytes >> 10
    )?;
    writeln!(
        out,
        "{:<8}{:<22}{:>8}{:>8}{:>10}{:>8}{:>8}{:>8}{:>10}",
        "", "", "wall s", "CPU s", "peak MiB", "200", "304", "other", "body KiB"
    )?;
    Ok(())
}

pub(crate) fn row(Row { program, name, measured, counts }: &Row) -> Result<()> {
    let Counts { full, unchanged, other, body_bytes } = counts;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{program:<8}{name:<22}{:>8.2}{:>8.2}{:>10.1}{full:>8}{unchanged:>8}{other:>8}{:>10}",
        measured.wall.as_secs_f64(),
        measured.cpu.as_secs_f64(),
        mebibytes(measured.peak_kib),
        body_bytes >> 10,
    )?;
    Ok(())
}

/// How often the floor goes into vahti: the first poll of each, and the unchanged one of each.
pub(crate) fn ratios(vahti: &[Row], floors: &[Row]) -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(out)?;
    for (ours, floor) in vahti.iter().zip(floors) {
        let ratio = |of: fn(&Measured) -> Duration| {
            of(&ours.measured).as_secs_f64()
                / of(&floor.measured).max(Duration::from_millis(1)).as_secs_f64()
        };
        writeln!(
            out,
            "{}: {:.1} times the floor's CPU time, {:.1} times its wall time",
            ours.name,
            ratio(|measured| measured.cpu),
            ratio(|measured| measured.wall)
        )?;
    }
    writeln!(out, "completeness: 100 %, nothing found that was not planted, nothing found twice")?;
    Ok(())
}

pub(crate) fn store(folder: &Path) -> Result<()> {
    writeln!(std::io::stdout(), "the store takes {} KiB", size(folder)? >> 10)?;
    Ok(())
}

fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { size(&entry.path())? } else { about.len() };
    }
    Ok(bytes)
}

fn mebibytes(kib: u64) -> f64 {
    f64::from(u32::try_from(kib).unwrap_or(u32::MAX)) / 1024.0
}
