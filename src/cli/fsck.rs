//! `vahti fsck`: whether all that is stored is well.

use super::print::{self, Output};
use super::{Context, Failure};
use crate::ask::{Answer, Question};
use crate::text::count;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Comes with a later version
    #[arg(long, hide = true)]
    repair: bool,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    if args.repair {
        return Err(Failure::usage("`vahti fsck --repair` is not in this version of vahti").hint(
            "`vahti fsck` says what is wrong; `vahti run` sets aside a store that cannot be opened",
        ));
    }
    let desk = context.desk()?;
    let Answer::Check(faults) = desk.ask(&Question::Check)? else { return Ok(()) };
    print::list(&faults, args.output.format, &["fault"], || {
        if faults.is_empty() {
            return "All is well.\n".into();
        }
        faults.iter().map(|fault| crate::text::visible(&fault.fault) + "\n").collect()
    })?;
    if faults.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!("{} in the store", count(faults.len(), "fault"))))
}
