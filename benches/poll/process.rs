//! Running a program and measuring it: wall time, its CPU time, its peak of memory.
//!
//! `wait4` would tell the peak, but counts the memory of the process that started the program as well. So the
//! kernel's own high-water mark is read from `/proc` every few milliseconds; it only ever rises, and so at most what
//! was gained in the last interval is missed. CPU time is read once the program has ended and before it is
//! reaped, when it is final.

use std::fs;
use std::io::{Read, Seek};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::Result;

const INTERVAL: Duration = Duration::from_millis(2);
/// The unit of `/proc/PID/stat`, the same on every Linux: a hundredth of a second.
const TICK: Duration = Duration::from_millis(10);

pub(crate) struct Measured {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    pub(crate) peak_kib: u64,
    pub(crate) stdout: Vec<u8>,
    stderr: Vec<u8>,
    status: ExitStatus,
    name: String,
}

impl Measured {
    pub(crate) async fn run(command: &mut Command) -> Result<Self> {
        // Files take any amount of output without anybody reading along.
        let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
        command.stdin(Stdio::null()).stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
        let name = format!("{command:?}");
        let started = Instant::now();
        let mut child = command.spawn().map_err(|error| format!("cannot start {name}: {error}"))?;
        let mut peak_kib = 0;
        let cpu = loop {
            peak_kib = peak_kib.max(high_water_kib(child.id()).unwrap_or(0));
            match state(child.id()).ok_or("the child is not in /proc")? {
                ('Z', cpu) => break cpu,
                _ => tokio::time::sleep(INTERVAL).await,
            }
        };
        let wall = started.elapsed();
        let status = child.wait()?;
        let mut measured =
            Self { wall, cpu, peak_kib, stdout: Vec::new(), stderr: Vec::new(), status, name };
        stdout.rewind()?;
        stdout.read_to_end(&mut measured.stdout)?;
        stderr.rewind()?;
        stderr.read_to_end(&mut measured.stderr)?;
        Ok(measured)
    }

    pub(crate) fn succeeded(&self) -> Result<()> {
        if self.status.success() {
            return Ok(());
        }
        Err(format!("{}: {}\n{}", self.name, self.status, String::from_utf8_lossy(&self.stderr))
            .into())
    }
}

fn high_water_kib(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// The state of the process, and its CPU time with that of the system calls.
fn state(pid: u32) -> Option<(char, Duration)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything: what follows the last one is the state, then numbers.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = |place: usize| fields.get(place)?.parse::<u32>().ok();
    Some((fields.first()?.chars().next()?, TICK * (ticks(11)? + ticks(12)?)))
}
