//! A folder with a configuration, and the real program run in it.

use chrono::{DateTime, Utc};
use serde_json::Value;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use vahti::store::StoreError;

/// How long a test waits for something that should happen soon.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where Debian puts the library that gives a program another clock, below the folders of libraries.
const FAKETIME: &str = "faketime/libfaketimeMT.so.1";

/// A folder of one test.
pub(crate) struct World {
    dir: TempDir,
    /// The time that the program sees, as libfaketime reads it, and the library that shows it; none: the
    /// true one.
    clock: Option<(PathBuf, String)>,
    /// The library that lets time pass faster, and how many times.
    pace: Option<(PathBuf, u32)>,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Returns standard output of a command that must have succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "stdout: {}\nstderr: {}", self.out, self.err);
        self.out
    }

    /// Returns the JSON that a command that must have succeeded wrote.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        let out = self.ok();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }
}

impl World {
    /// Makes a folder with this configuration in it. The state lies in `state`, files of mail in
    /// `outbox` below it; both are set unless `config` begins with `#bare`.
    pub(crate) fn new(config: &str) -> Self {
        let world = Self { dir: tempfile::tempdir().unwrap(), clock: None, pace: None };
        world.configure(config);
        world
    }

    /// Replaces the configuration.
    pub(crate) fn configure(&self, config: &str) {
        let head = if config.starts_with("#bare") { "" } else { "state_dir = \"state\"\n" };
        self.write("vahti.toml", &format!("{head}{config}"));
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Returns the path of a file in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs the program with these arguments, split at blanks.
    pub(crate) fn vahti(&self, arguments: &str) -> Ran {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        self.vahti_with(&arguments, "")
    }

    /// Runs the program with these arguments and this standard input.
    pub(crate) fn vahti_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        // The program may end before it has read everything.
        let feeding = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
        let output = child.wait_with_output().unwrap();
        feeding.join().unwrap();
        Ran {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Returns the command, with an environment of its own.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vahti"));
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("VAHTI_CONFIG", self.path("vahti.toml"));
        if let Some((library, now)) = &self.clock {
            // Timers run on as they do, and files have the times they have.
            command
                .env("LD_PRELOAD", library)
                .env("FAKETIME", now)
                .env("TZ", "UTC")
                .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
                .env("NO_FAKE_STAT", "1");
        }
        if let Some((library, times)) = &self.pace {
            command.env("LD_PRELOAD", library).env("FAKETIME", format!("+0 x{times}"));
        }
        command
    }

    /// Lets the program see this time from now on; it stands still while a command runs. `library` is
    /// what [`faketime`] found.
    pub(crate) fn is_now(&mut self, library: &Path, now: DateTime<Utc>) {
        self.clock = Some((library.to_owned(), now.format("%Y-%m-%d %H:%M:%S").to_string()));
    }

    /// Lets each program see this time as it starts, from which its clock runs on.
    pub(crate) fn runs_from(&mut self, library: &Path, now: DateTime<Utc>) {
        self.clock = Some((library.to_owned(), now.format("@%Y-%m-%d %H:%M:%S").to_string()));
    }

    /// Lets time pass so many times as fast for the program from now on, its patience too; 1: as it does.
    /// `library` is what [`faketime`] found.
    pub(crate) fn hastens(&mut self, library: &Path, times: u32) {
        self.pace = (times > 1).then(|| (library.to_owned(), times));
    }

    /// Starts the daemon and waits until it answers.
    pub(crate) fn daemon(&self) -> Daemon {
        let mut daemon = self.daemon_unheard();
        let socket = self.path("state/vahti.sock");
        let begun = Instant::now();
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            if let Some(status) = daemon.child.try_wait().unwrap() {
                panic!("the daemon ended ({status}): {}", daemon.log());
            }
            assert!(begun.elapsed() < PATIENCE, "the daemon does not listen: {}", daemon.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        daemon
    }

    /// Starts the daemon and does not wait for it.
    pub(crate) fn daemon_unheard(&self) -> Daemon {
        let log =
            self.path(&format!("log-{}", std::fs::read_dir(self.dir.path()).unwrap().count()));
        let file = std::fs::File::create(&log).unwrap();
        let child = self
            .command(&["run", "--log", "text"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .unwrap();
        Daemon { child, log }
    }

    /// Returns the texts of the mails in the folder `outbox`, oldest first.
    pub(crate) fn mails(&self, ending: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path("outbox")) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|known| known == ending))
            .collect();
        paths.sort();
        paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }

    /// The same in the order in which they were written: their names do not tell apart what one second brought.
    pub(crate) fn mails_as_written(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path("outbox")) else { return Vec::new() };
        let mut mails: Vec<_> = entries
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().extension().is_some_and(|known| known == "eml"))
            .map(|entry| (entry.metadata().unwrap().modified().unwrap(), entry.path()))
            .collect();
        mails.sort();
        mails.iter().map(|(_, path)| std::fs::read_to_string(path).unwrap()).collect()
    }
}

/// Returns the library that gives a program another clock, where it is installed: below `/usr/lib/TRIPLET`
/// on Debian, or below `lib64` or `lib` elsewhere.
pub(crate) fn faketime() -> Option<PathBuf> {
    let below = |folder: &str| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let triplets = below("/usr/lib").chain(below("/usr/local/lib")).map(|entry| entry.path());
    let plain = ["/usr/lib64", "/usr/lib", "/usr/local/lib"].map(PathBuf::from);
    triplets.chain(plain).map(|folder| folder.join(FAKETIME)).find(|path| path.is_file())
}

/// A running daemon; it is killed when the test forgets it.
pub(crate) struct Daemon {
    pub(crate) child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Returns what it logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Sends a signal by name, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let status =
            Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// Ends it as systemd does, and returns its exit status.
    pub(crate) fn stop(mut self) -> Option<i32> {
        self.signal("TERM");
        self.ended()
    }

    /// Waits for its end and returns its exit status.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < PATIENCE * 2, "the daemon does not end: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Kills it as a crash does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Waits until `done` says so.
#[track_caller]
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Opens again and again while the store is locked: a program that another test is just starting
/// holds for a moment every lock that this process had.
pub(crate) fn patiently<T>(open: impl Fn() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let mut opened = open();
    until("the store is free", || {
        if matches!(opened, Err(StoreError::Locked(_))) {
            opened = open();
        }
        !matches!(opened, Err(StoreError::Locked(_)))
    });
    opened
}

/// Says aloud that a test was skipped, and why; `.ci/run` fails then. The file named by
/// `VAHTI_SKIPPED` keeps the lines.
#[expect(clippy::print_stderr, reason = "a skipped test is for people to read")]
pub(crate) fn skipped(test: &str, why: &str) {
    let line = format!("skipped: {test}: {why}\n");
    eprint!("{line}");
    if let Some(path) = std::env::var_os("VAHTI_SKIPPED") {
        let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
        file.unwrap().write_all(line.as_bytes()).unwrap();
    }
}

/// Reads a file whole.
pub(crate) fn read(path: &Path) -> String {
    let mut text = String::new();
    std::fs::File::open(path).unwrap().read_to_string(&mut text).unwrap();
    text
}
