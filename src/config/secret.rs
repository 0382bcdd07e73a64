//! Passwords and tokens: from the environment, a file, systemd's credentials, or as they stand.
//! Never printed.

use super::problem::did_you_mean;
use super::surroundings::Surroundings;
use super::value::Value;
use secrecy::SecretString;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The most that a file with a secret may hold.
const MOST_BYTES: u64 = 64 * 1024;
/// A name of fewer letters is as likely another as it is misspelt.
const SHORTEST_MISSPELT: usize = 8;
const WAYS: [&str; 3] = ["env", "file", "credential"];

/// Reads a secret. One newline at its end is cut off, as editors put it there.
pub(super) fn read(value: &Value<'_>, around: &Surroundings) -> Option<SecretString> {
    if around.without_secrets {
        return Some(SecretString::default());
    }
    let secret = if value.is_string() { literal(value)? } else { looked_up(value, around)? };
    let secret = secret.strip_suffix('\n').map_or(&*secret, |s| s.strip_suffix('\r').unwrap_or(s));
    if secret.is_empty() {
        value.fault("the secret is empty", None);
        return None;
    }
    Some(SecretString::from(secret))
}

fn literal(value: &Value<'_>) -> Option<String> {
    let mode = std::fs::metadata(value.reader.file).map(|file| file.permissions().mode());
    if mode.is_ok_and(|mode| mode & 0o044 != 0) {
        value.warn(
            "others on this machine can read this secret",
            Some(format!(
                "run `chmod 600 {}`, or write {{ file = \"…\" }}, {{ env = \"…\" }} or \
                 {{ credential = \"…\" }}",
                value.reader.file.display()
            )),
        );
    }
    value.string().map(str::to_owned)
}

fn looked_up(value: &Value<'_>, around: &Surroundings) -> Option<String> {
    let table = value.table()?;
    let given: Vec<_> = WAYS.iter().filter_map(|way| Some((*way, table.take(way)?))).collect();
    let unknown = table.finish();
    match given.as_slice() {
        [(way, name)] => {
            let text = name.words()?;
            match *way {
                "env" => variable(name, text, around),
                "file" => file(name, &name.reader.folder.join(text)),
                _ => credential(name, text, around),
            }
        }
        [] if unknown > 0 => None,
        [] => {
            value.fault(
                "the secret comes from nowhere",
                Some(
                    "write { env = \"NAME\" }, { file = \"PATH\" } or { credential = \"NAME\" }"
                        .into(),
                ),
            );
            None
        }
        [..] => {
            value.fault("the secret comes from more than one place; one is enough", None);
            None
        }
    }
}

fn variable(value: &Value<'_>, name: &str, around: &Surroundings) -> Option<String> {
    let found = around.variables.get(name);
    if found.is_none() {
        let names: Vec<&str> = around.variables.keys().map(String::as_str).collect();
        // One that resembles a short name may well hold somebody else's secret.
        let hint = (name.len() >= SHORTEST_MISSPELT)
            .then(|| did_you_mean(name, names.iter().copied()))
            .flatten();
        value.fault(format!("the environment variable `{name}` is not set"), hint);
    }
    found.cloned()
}

fn credential(value: &Value<'_>, name: &str, around: &Surroundings) -> Option<String> {
    if name.contains('/') || name.starts_with('.') {
        value.fault(
            "the name of a credential is no path",
            Some("write { file = … } for a file".into()),
        );
        return None;
    }
    let Some(folder) = around.variable("CREDENTIALS_DIRECTORY") else {
        value.fault(
            format!("there is no credential `{name}`: systemd has given none ($CREDENTIALS_DIRECTORY is not set)"),
            Some(format!("give it with LoadCredential={name}:PATH in the unit")),
        );
        return None;
    };
    file(value, &Path::new(folder).join(name))
}

fn file(value: &Value<'_>, path: &Path) -> Option<String> {
    match content(path) {
        Ok(text) => Some(text),
        Err(reason) => {
            value.fault(
                format!("cannot read {}: {reason}", path.display()),
                super::files::neighbour(path),
            );
            None
        }
    }
}

fn content(path: &Path) -> Result<String, String> {
    let file = super::files::open(path)?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err("it is too long for a secret".into());
    }
    String::from_utf8(bytes).map_err(|_| "it is no text in UTF-8".into())
}
