//! What memory a matcher takes: that of a process of its own, which does nothing else.

use crate::{Result, brands, names};
use std::env;
use std::fs;
use std::hint::black_box;
use std::io::Write as _;
use std::process::Command;
use vahti::matching::Matcher;

/// Starts this program for the measurement, with the number of keywords behind it.
pub(crate) const FLAG: &str = "--memory";

pub(crate) struct Memory {
    pub(crate) held_bytes: usize,
    pub(crate) peak_bytes: usize,
}

impl Memory {
    pub(crate) fn measure(count: usize) -> Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        // What is freed goes back to the system at once, or it would count as held.
        command.env("MALLOC_MMAP_THRESHOLD_", "65536").env("MALLOC_TRIM_THRESHOLD_", "65536");
        let output = command.arg(FLAG).arg(count.to_string()).output()?;
        let told = String::from_utf8_lossy(&output.stdout);
        let fault = || format!("the measurement of memory ended with {}: {told}", output.status);
        let mut numbers = told.split_whitespace().map(str::parse);
        let (Some(held), Some(peak)) = (numbers.next(), numbers.next()) else {
            return Err(fault().into());
        };
        Ok(Self { held_bytes: held?, peak_bytes: peak? })
    }
}

/// Builds a matcher and writes what it holds and what building it took at most, in bytes.
pub(crate) fn work(count: usize) -> Result<()> {
    let brands = brands(&names::keywords(count))?;
    let before = resident("VmRSS:")?;
    let matcher = black_box(Matcher::new(&brands));
    let (held, peak) = (resident("VmRSS:")?, resident("VmHWM:")?);
    drop(black_box(matcher));
    writeln!(std::io::stdout(), "{} {}", held.saturating_sub(before), peak.saturating_sub(before))?;
    Ok(())
}

fn resident(name: &str) -> Result<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or(name)?;
    Ok(line.trim().strip_suffix(" kB").ok_or(line)?.parse::<usize>()? * 1024)
}
