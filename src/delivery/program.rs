//! Programs that are started to be told something: no shell, an environment of its own, an end in time,
//! and no more heard of them than can be of use.

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What is kept of what a program says, in bytes, on each of its two ways; the rest is read and dropped.
const MOST_KEPT: usize = 8 * 1024;

/// The most of a line that is told, in characters.
const MOST_TOLD: usize = 300;

/// The time between two looks at a program, in the beginning and later.
const LOOKS: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(20)];

/// How long after its end what it said is still read: who it left behind may hold the line open.
const MOST_LOOKS_AFTER: usize = 5;

/// Where programs are looked for that a program starts.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How a program ended by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ended {
    /// `None`: by a signal.
    pub(super) code: Option<i32>,
    /// The first line on standard output, and on standard error, that has something in it.
    pub(super) out: String,
    pub(super) err: String,
}

/// Why a program did not end by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    #[error("{path} could not be started: {cause}{hint}")]
    NotStarted { path: String, cause: String, hint: &'static str },
    #[error("{path} did not end within {} s, and was killed with all that it started", .allotted.as_secs())]
    Late { path: String, allotted: Duration },
    #[error("{path} could not be watched: {cause}")]
    Unwatched { path: String, cause: String },
}

/// Runs a program with these arguments and variables, tells it `input`, and waits for its end. Blocks.
///
/// # Errors
///
/// Says why it did not end by itself.
pub(super) fn run(
    path: &Path,
    arguments: &[String],
    variables: &[(&str, String)],
    input: &[u8],
    allotted: Duration,
) -> Result<Ended, Failure> {
    let shown = path.display().to_string();
    let started = Command::new(path)
        .args(arguments)
        .env_clear()
        .env("PATH", PATH)
        .env("LANG", "C.UTF-8")
        .envs(variables.iter().map(|(name, value)| (*name, value.as_str())))
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn();
    let mut child = started.map_err(|error| Failure::NotStarted {
        path: shown.clone(),
        cause: error.to_string(),
        hint: match error.kind() {
            ErrorKind::PermissionDenied => {
                " (may this user execute it, and does ExecPaths= of the service allow it?)"
            }
            ErrorKind::NotFound => " (is it there, and the interpreter that it names?)",
            _ => "",
        },
    })?;
    match watch(&mut child, input, allotted) {
        Ok(Some(ended)) => Ok(ended),
        Ok(None) => {
            end(&mut child);
            Err(Failure::Late { path: shown, allotted })
        }
        Err(error) => {
            end(&mut child);
            Err(Failure::Unwatched { path: shown, cause: error.to_string() })
        }
    }
}

/// Kills a program that has not ended, and all that it started and did not set apart.
fn end(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw)
        && kill_process_group(group, Signal::KILL).is_err()
    {
        // It is not there any more, or was never a group of its own.
        child.kill().ok();
    }
    child.wait().ok();
}

/// Feeds a program and hears it until it ends; `None` where it does not in time. Looks by itself, because
/// whom it started and left behind may hold its lines open for ever.
#[expect(clippy::disallowed_methods, reason = "this thread is there to wait: see `spawn_blocking`")]
fn watch(child: &mut Child, input: &[u8], allotted: Duration) -> std::io::Result<Option<Ended>> {
    let (mut stdin, mut stdout, mut stderr) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take());
    stdin.as_ref().map_or(Ok(()), unblock)?;
    stdout.as_ref().map_or(Ok(()), unblock)?;
    stderr.as_ref().map_or(Ok(()), unblock)?;
    let (mut left, mut out, mut err) = (input, Vec::new(), Vec::new());
    let [first, longest] = LOOKS;
    let (begun, mut look, mut ended, mut after) = (Instant::now(), first, None, 0);
    loop {
        if left.is_empty() || !feed(stdin.as_mut(), &mut left) {
            // It reads to the end of what it is told.
            stdin = None;
            left = &[];
        }
        let is_silent = [hear(stdout.as_mut(), &mut out), hear(stderr.as_mut(), &mut err)];
        if ended.is_none() {
            ended = child.try_wait()?;
        } else {
            after += 1;
        }
        if let Some(status) = ended
            && (is_silent == [true, true] || after > MOST_LOOKS_AFTER)
        {
            let (out, err) = (line(&out), line(&err));
            return Ok(Some(Ended { code: status.code(), out, err }));
        }
        if ended.is_none() && begun.elapsed() >= allotted {
            return Ok(None);
        }
        std::thread::sleep(look);
        look = (look * 2).min(longest);
    }
}

/// Lets reading and writing return where there is nothing to do.
fn unblock(pipe: &impl AsFd) -> std::io::Result<()> {
    let flags = fcntl_getfl(pipe)?;
    Ok(fcntl_setfl(pipe, flags | OFlags::NONBLOCK)?)
}

/// Writes what the program takes now, and tells whether it may take more.
fn feed(pipe: Option<&mut impl Write>, left: &mut &[u8]) -> bool {
    let Some(pipe) = pipe else { return false };
    while !left.is_empty() {
        match pipe.write(left) {
            Ok(0) => return false,
            Ok(taken) => *left = left.get(taken..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
    true
}

/// Reads what there is, not for ever, and tells whether nothing more can come.
fn hear(pipe: Option<&mut impl Read>, kept: &mut Vec<u8>) -> bool {
    let Some(pipe) = pipe else { return true };
    let mut buffer = [0; 4096];
    for _ in 0..64 {
        match pipe.read(&mut buffer) {
            Ok(0) => return true,
            Ok(read) => {
                let room = MOST_KEPT.saturating_sub(kept.len()).min(read);
                kept.extend(buffer.iter().take(room));
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return error.kind() != ErrorKind::WouldBlock,
        }
    }
    false
}

/// Returns the first line with something in it, fit to be shown.
fn line(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let first = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    crate::text::cut(&crate::text::visible(first), MOST_TOLD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, input: &[u8], allotted: u64) -> Result<Ended, Failure> {
        let arguments = ["-c", script].map(str::to_owned);
        run(Path::new("/bin/sh"), &arguments, &[], input, Duration::from_millis(allotted))
    }

    #[test]
    fn a_program_is_told_everything_and_heard_in_short() {
        let input = "x".repeat(300_000);
        let ended = sh("echo; echo got $(wc -c); echo oops >&2; exit 3", input.as_bytes(), 9_000);
        let expected = Ended { code: Some(3), out: "got 300000".into(), err: "oops".into() };
        assert_eq!(ended, Ok(expected));
        // One that reads nothing, and one that never stops talking until it ends.
        let deaf = sh("exit 0", input.as_bytes(), 9_000).unwrap();
        assert_eq!(deaf.code, Some(0));
        let loud = sh("head -c 3000000 /dev/zero | tr '\\0' y; exit 75", b"", 9_000).unwrap();
        assert_eq!((loud.code, loud.out.chars().count()), (Some(75), MOST_TOLD));
    }

    #[test]
    fn its_environment_is_bare_and_there_is_no_shell_between() {
        let ended = run(
            Path::new("/usr/bin/env"),
            &["printenv", "HOME", "PATH"].map(str::to_owned),
            &[],
            b"",
            Duration::from_secs(9),
        );
        assert_eq!(ended.unwrap().out, PATH);
        let odd = ["$(id)", "a b; c"].map(str::to_owned);
        let ended = run(Path::new("/bin/echo"), &odd, &[], b"", Duration::from_secs(9));
        assert_eq!(ended.unwrap().out, "$(id) a b; c");
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "what is dead must show that it is")]
    fn who_does_not_end_is_killed_with_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("alive");
        let script = format!("(sleep 1; echo > {}) & sleep 60", mark.display());
        let late = sh(&script, b"", 200).unwrap_err();
        assert!(late.to_string().contains("did not end within 0 s, and was killed"), "{late}");
        std::thread::sleep(Duration::from_millis(1_300));
        assert!(!mark.exists(), "what it started lives on");
    }

    #[test]
    fn whom_it_leaves_behind_keeps_nobody_waiting() {
        let begun = Instant::now();
        assert_eq!(sh("echo done; sleep 20 & exit 0", b"", 15_000).unwrap().out, "done");
        assert!(begun.elapsed() < Duration::from_secs(10));
        let killed = sh("kill -9 $$", b"", 9_000).unwrap();
        assert_eq!(killed.code, None);
    }

    #[test]
    fn what_cannot_be_started_is_said() {
        let nothing = run(Path::new("/nowhere/hook"), &[], &[], b"", Duration::from_secs(1));
        let told = nothing.unwrap_err().to_string();
        assert!(told.starts_with("/nowhere/hook could not be started: No such file"), "{told}");
    }
}
