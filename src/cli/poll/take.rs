//! `vahti poll --stdin`: posts from standard input, through the daemon if it runs.

use crate::ask::taken::TakenView;
use crate::cli::print::{self, Output};
use crate::cli::{Context, Failure, desk};
use crate::control::protocol::{Batch, MOST_LINES, MOST_POSTS_BYTES};
use crate::daemon::once;
use crate::store::handle::Handle;
use crate::store::sled::SledStore;
use crate::text::{count, visible};
use std::io::{BufRead, Read};
use std::sync::Arc;

/// Takes what comes on standard input for the one source that is named.
pub(super) fn run(names: &[String], output: Output, context: &Context) -> Result<(), Failure> {
    let [name] = names else {
        return Err(Failure::usage("`--stdin` takes posts for one source")
            .hint("write vahti poll --stdin NAME"));
    };
    let desk = context.desk()?;
    let mut batches = Batches { from: std::io::stdin().lock(), before: 0, is_asked: false };
    let mut next = || batches.next();
    let taken = if let Some(taken) = desk.take(name, &mut next)? {
        taken
    } else {
        let config = desk.config()?;
        rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
        let store = desk::patiently(|| SledStore::open_or_create(&config.store_path()))?;
        let store = Handle::new(Arc::new(store));
        let took = once::take(Arc::new(config), store, name, next);
        desk::block_on(took)?.map_err(desk::refused)?
    };
    show(&taken, output)?;
    if taken.skipped > 0 {
        return Err(refused(&taken));
    }
    Ok(())
}

fn show(taken: &TakenView, output: Output) -> Result<(), Failure> {
    let columns = ["source", "posts", "skipped", "mentions", "tickets"];
    print::one(taken, output.format, &columns, || {
        format!(
            "Took {} for {}: {}, {}.\n",
            count(taken.posts, "post"),
            visible(&taken.source),
            count(taken.mentions, "new mention"),
            count(taken.tickets, "new ticket")
        )
    })
}

/// Names the lines that were refused.
fn refused(taken: &TakenView) -> Failure {
    let lines = taken.refused.iter();
    let mut lines: Vec<String> =
        lines.map(|refused| format!("line {}: {}", refused.line, visible(&refused.why))).collect();
    let unnamed = taken.skipped - taken.refused.len().min(taken.skipped);
    if unnamed > 0 {
        lines.push(format!("and {unnamed} more"));
    }
    let of = taken.posts + taken.skipped;
    Failure::new(format!(
        "{} of {} refused; the others are stored",
        taken.skipped,
        count(of, "line")
    ))
    .hint(lines.join("\n"))
}

/// Standard input, cut between lines into what is handed over at once.
struct Batches<R> {
    from: R,
    /// Lines that came before.
    before: usize,
    /// Whether anything was handed over: an empty batch asks whether the source is there.
    is_asked: bool,
}

impl<R: BufRead> Batches<R> {
    fn next(&mut self) -> Result<Option<Batch>, String> {
        let mut batch = Batch { before: self.before, body: Vec::new() };
        let mut lines = 0;
        while lines < MOST_LINES && batch.body.len() < MOST_POSTS_BYTES / 2 {
            // So much of a line and what is before it is handed over; what is longer is cut, and refused
            // as two.
            let most = u64::try_from(MOST_POSTS_BYTES / 2).unwrap_or(u64::MAX);
            let read = self.from.by_ref().take(most).read_until(b'\n', &mut batch.body);
            match read {
                Ok(0) => break,
                Ok(_) => lines += 1,
                Err(error) => return Err(format!("cannot read standard input: {error}")),
            }
        }
        self.before += lines;
        let is_first = !std::mem::replace(&mut self.is_asked, true);
        Ok((lines > 0 || is_first).then_some(batch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_is_cut_between_lines() {
        let text = "{}\n".repeat(MOST_LINES) + "a\nb";
        let mut batches = Batches { from: text.as_bytes(), before: 0, is_asked: false };
        assert_eq!(batches.next().unwrap().unwrap().body.len(), 3 * MOST_LINES);
        let second = batches.next().unwrap().unwrap();
        assert_eq!((second.before, second.body.as_slice()), (MOST_LINES, b"a\nb".as_slice()));
        assert_eq!(batches.next().unwrap(), None);
    }

    #[test]
    fn no_input_is_one_empty_batch() {
        let mut batches = Batches { from: "".as_bytes(), before: 0, is_asked: false };
        assert_eq!(batches.next().unwrap(), Some(Batch::default()));
        assert_eq!(batches.next().unwrap(), None);
    }
}
