//! What became of posts that somebody brought, as machines see it.

use serde::{Deserialize, Serialize};

/// Lines that are named one by one.
const MOST_NAMED: usize = 100;

/// What became of posts that were handed to a source: all of it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenView {
    pub source: String,
    /// Posts that were taken, known ones among them.
    pub posts: usize,
    /// Lines that are no posts.
    pub skipped: usize,
    /// New mentions.
    pub mentions: usize,
    /// New tickets.
    pub tickets: usize,
    /// Their numbers.
    pub opened: Vec<u64>,
    /// The first of the lines that are no posts.
    pub refused: Vec<RefusedView>,
}

/// A line that is no post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedView {
    /// Its number, from 1.
    pub line: usize,
    pub why: String,
}

impl TakenView {
    /// Names the lines that were refused.
    #[must_use]
    pub fn refusing(self, lines: Vec<(usize, String)>) -> Self {
        let skipped = lines.len();
        let refused = lines.into_iter().take(MOST_NAMED);
        let refused = refused.map(|(line, why)| RefusedView { line, why }).collect();
        Self { skipped, refused, ..self }
    }

    /// The same, with what became of the lines behind the first `before`.
    #[must_use]
    pub fn and(mut self, more: Self, before: usize) -> Self {
        self.source = more.source;
        self.posts += more.posts;
        self.skipped += more.skipped;
        self.mentions += more.mentions;
        self.tickets += more.tickets;
        self.opened.extend(more.opened);
        let refused =
            more.refused.into_iter().map(|line| RefusedView { line: line.line + before, ..line });
        self.refused.extend(refused);
        self.refused.truncate(MOST_NAMED);
        self
    }
}
