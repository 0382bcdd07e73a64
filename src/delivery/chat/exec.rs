//! A hook: a program that is started for each notice, with the notice as JSON on its standard input.

use super::Untold;
use super::letter::letter;
use crate::delivery::Notice;
use crate::delivery::email::Failed;
use crate::delivery::program::{self, Ended, Failure};
use std::path::PathBuf;
use std::time::Duration;

/// How long a hook may take.
const ALLOTTED: Duration = Duration::from_secs(30);

/// With what it says that it may go better later: `EX_TEMPFAIL` of sysexits.h.
const LATER: i32 = 75;

/// The program and its arguments; no shell reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exec {
    pub program: PathBuf,
    pub arguments: Vec<String>,
}

impl Exec {
    /// Tells a notice, and returns what the program said of it.
    ///
    /// # Errors
    ///
    /// Says whether the program is worth another try.
    pub(super) async fn tell(&self, notice: &Notice) -> Result<String, Untold> {
        let (exec, input) = (self.clone(), letter(notice).to_string());
        let run =
            move || program::run(&exec.program, &exec.arguments, &[], input.as_bytes(), ALLOTTED);
        let ran = tokio::task::spawn_blocking(run).await;
        let ran = ran.map_err(|died| later(died.to_string()))?;
        outcome(&self.program.display().to_string(), ran)
    }
}

fn later(answer: String) -> Untold {
    Untold { failed: Failed::Temporary { answer }, wait: None }
}

/// Says what the end of a program means.
fn outcome(path: &str, ran: Result<Ended, Failure>) -> Result<String, Untold> {
    let ended = ran.map_err(|failure| later(failure.to_string()))?;
    let said = |words: &str| if words.is_empty() { String::new() } else { format!(": {words}") };
    match ended.code {
        Some(0) => Ok(format!("{path} took it{}", said(&ended.out))),
        Some(LATER) => Err(later(format!("{path} asks to try later{}", said(&ended.err)))),
        Some(code) => {
            let answer = format!("{path} ended with {code}{}", said(&ended.err));
            Err(Untold { failed: Failed::Permanent { answer }, wait: None })
        }
        None => Err(later(format!("{path} was killed by a signal{}", said(&ended.err)))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::notice;
    use super::*;

    async fn told(script: &str) -> Result<String, Failed> {
        let arguments = ["-c", script].map(str::to_owned).to_vec();
        let exec = Exec { program: "/bin/sh".into(), arguments };
        exec.tell(&notice()).await.map_err(|untold| untold.failed)
    }

    #[tokio::test]
    async fn how_it_ends_says_what_becomes_of_the_notice() {
        let good = told("grep -o '\"alert\":\"[^\"]*\"'").await;
        assert_eq!(good, Ok("/bin/sh took it: \"alert\":\"care-team\"".into()));
        let answer = "/bin/sh asks to try later: busy".to_owned();
        assert_eq!(told("echo busy >&2; exit 75").await, Err(Failed::Temporary { answer }));
        let answer = "/bin/sh ended with 4: no such room".to_owned();
        let script = "echo >&2; echo no such room >&2; echo more >&2; exit 4";
        assert_eq!(told(script).await, Err(Failed::Permanent { answer }));
        let answer = "/bin/sh was killed by a signal".to_owned();
        assert_eq!(told("kill -9 $$").await, Err(Failed::Temporary { answer }));
    }
}
