//! Commands that vahti will have and this version has not: said clearly, not guessed at.

use super::Failure;

/// Commands of the whole product that are not in this version.
const LATER: [&str; 5] = ["export", "backup", "restore", "forget", "store"];

/// Says what is wrong with a command that is none.
pub(super) fn unknown(words: &[String], commands: &clap::Command) -> Failure {
    let word = words.first().map(String::as_str).unwrap_or_default();
    if LATER.contains(&word) {
        return Failure::usage(format!("`vahti {word}` is not in this version of vahti"))
            .hint("`vahti --help` lists what is");
    }
    let known: Vec<&str> = commands.get_subcommands().map(clap::Command::get_name).collect();
    let failure = Failure::usage(format!("`{}` is no command", crate::text::visible(word)));
    match crate::text::nearest(word, known) {
        Some(near) => failure.hint(format!("did you mean `vahti {near}`?")),
        None => failure.hint("`vahti --help` lists them"),
    }
}
