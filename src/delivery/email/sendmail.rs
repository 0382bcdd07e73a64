//! Mail handed to the `sendmail` of this machine, whichever mail server or forwarder it belongs to.

use super::Failed;
use super::message::message;
use crate::delivery::Notice;
use crate::delivery::program::{self, Ended};
use std::path::Path;
use std::time::Duration;

/// How long it may take to take a message.
const ALLOTTED: Duration = Duration::from_mins(1);

/// What it ends with where the message itself or its recipient will never do: `EX_DATAERR` and `EX_NOUSER`
/// of sysexits.h. All others are of the machine and its network, and may go better later: msmtp ends with
/// `EX_NOHOST` where it cannot look a name up, and with `EX_NOINPUT` where it cannot read a certificate.
const FOR_GOOD: [i32; 2] = [65, 67];

/// What forwarders such as msmtp look for below the home of their user.
const HOME: &str = "HOME";

/// Hands a notice to the program at `path`. Blocks.
pub(super) fn send(path: &Path, from: &str, notice: &Notice) -> Result<String, Failed> {
    let message = message(from, notice).map_err(|answer| Failed::Permanent { answer })?;
    let envelope = message.envelope();
    let sender = envelope.from().map(ToString::to_string).unwrap_or_default();
    // Whatever an address begins with is no option behind the dashes.
    let mut arguments = ["-i", "-f", &sender, "--"].map(str::to_owned).to_vec();
    arguments.extend(envelope.to().iter().map(ToString::to_string));
    let home = std::env::var(HOME).ok().map(|home| (HOME, home));
    let variables: Vec<(&str, String)> = home.into_iter().collect();
    let ran = program::run(path, &arguments, &variables, &lines(message.formatted()), ALLOTTED);
    let ended = ran.map_err(|failure| Failed::Temporary { answer: failure.to_string() })?;
    outcome(&path.display().to_string(), &ended)
}

/// Ends lines as programs of this machine expect it: by a line feed alone.
fn lines(mut message: Vec<u8>) -> Vec<u8> {
    message.retain(|byte| *byte != b'\r');
    message
}

fn outcome(path: &str, ended: &Ended) -> Result<String, Failed> {
    let Ended { code, out, err } = ended;
    let said = [err, out].into_iter().find(|words| !words.is_empty());
    let said = said.map(|words| format!(": {words}")).unwrap_or_default();
    match code {
        Some(0) => Ok(format!("{path} took it{said}")),
        Some(code) => {
            let answer = format!("{path} ended with {code}{said}");
            if FOR_GOOD.contains(code) {
                Err(Failed::Permanent { answer })
            } else {
                Err(Failed::Temporary { answer })
            }
        }
        None => Err(Failed::Temporary { answer: format!("{path} was killed by a signal{said}") }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::notice;
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// Hands the notice to a script.
    fn sent(script: &str, notice: &Notice) -> (Result<String, Failed>, String) {
        let folder = tempfile::tempdir().unwrap();
        let (path, kept) = (folder.path().join("sendmail"), folder.path().join("kept"));
        let script = script.replace("KEPT", &kept.display().to_string());
        // Written by another program: one that this one had open could not be started.
        let status = std::process::Command::new("/bin/sh")
            .args(["-c", "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\" && chmod 755 \"$0\""])
            .args([path.as_os_str(), script.as_ref()])
            .status();
        assert!(status.unwrap().success());
        assert!(path.metadata().unwrap().permissions().mode() & 0o100 != 0);
        let sent = send(&path, "Vahti <alerts@acme.example>", notice);
        (sent, std::fs::read_to_string(kept).unwrap_or_default())
    }

    #[test]
    fn a_message_arrives_as_it_was_written() {
        let (sent, kept) = sent("{ echo \"$@\"; cat; } > KEPT; echo queued", &notice());
        assert!(sent.unwrap().ends_with("/sendmail took it: queued"));
        let written = message("Vahti <alerts@acme.example>", &notice()).unwrap().formatted();
        let written = String::from_utf8(written).unwrap().replace('\r', "");
        assert_eq!(kept, format!("-i -f alerts@acme.example -- care@acme.example\n{written}"));
    }

    #[test]
    fn what_it_ends_with_says_whether_to_try_again() {
        for code in [1, 64, 65, 66, 67, 68, 69, 75, 78] {
            let is_for_good = matches!(code, 65 | 67);
            let (sent, _) = sent(&format!("echo no such user >&2; exit {code}"), &notice());
            let failed = sent.unwrap_err();
            assert_eq!(matches!(failed, Failed::Permanent { .. }), is_for_good, "{failed}");
            let words = format!("/sendmail ended with {code}: no such user");
            assert!(failed.to_string().ends_with(&words), "{failed}");
        }
        let nobody = Notice { to: "nobody".into(), ..notice() };
        assert!(matches!(sent("exit 0", &nobody).0, Err(Failed::Permanent { .. })));
        let nowhere = send(Path::new("/nowhere/sendmail"), "a@acme.example", &notice());
        assert!(matches!(nowhere, Err(Failed::Temporary { .. })), "{nowhere:?}");
    }
}
