//! `vahti init`: a configuration to start from.

use super::{Context, Failure, print};
use crate::config::STARTER;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The folder to write vahti.toml into
    #[arg(default_value = ".")]
    dir: PathBuf,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let path = args.dir.join("vahti.toml");
    let cannot =
        |error: std::io::Error| Failure::new(format!("cannot write {}: {error}", path.display()));
    std::fs::create_dir_all(&args.dir).map_err(cannot)?;
    // Readable by its owner alone: secrets will stand in it.
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    match made {
        Ok(mut file) => file.write_all(STARTER.as_bytes()).map_err(cannot)?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(Failure::new(format!(
                "{} is there already and was left as it is",
                path.display()
            ))
            .hint("name another folder: `vahti init DIR`"));
        }
        Err(error) => return Err(cannot(error)),
    }
    print::write(&format!("{}\n", path.display()))?;
    context.say(&format!(
        "Wrote it. Put your brand and your feeds in, then: vahti check --config {}",
        path.display()
    ));
    Ok(())
}
