//! `vahti completions` and `vahti man`: made from the arguments themselves.

use super::{Failure, print};
use clap_complete::Shell;

#[derive(clap::Args)]
pub(super) struct Args {
    shell: Shell,
}

pub(super) fn run(args: &Args, command: &mut clap::Command) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, command, "vahti", &mut text);
    print::write(&String::from_utf8_lossy(&text))
}

/// Prints the manual page, with a section for each command.
pub(super) fn man(command: &clap::Command) -> Result<(), Failure> {
    let mut text = Vec::new();
    let page = clap_mangen::Man::new(command.clone()).section("8");
    let cannot = |error: std::io::Error| Failure::new(format!("cannot write the manual: {error}"));
    page.render(&mut text).map_err(cannot)?;
    for sub in command.get_subcommands() {
        let sub = clap_mangen::Man::new(sub.clone());
        sub.render_name_section(&mut text).map_err(cannot)?;
        sub.render_synopsis_section(&mut text).map_err(cannot)?;
        sub.render_options_section(&mut text).map_err(cannot)?;
    }
    print::write(&String::from_utf8_lossy(&text))
}
