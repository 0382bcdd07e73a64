//! What several targets share: who panics, what a post must be, and how an input is cut up.

use std::cell::RefCell;
use std::panic;

use chrono::{DateTime, Utc};
use vahti::post::Post;

thread_local! {
    static LAST_PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Lets panics be caught. libfuzzer-sys aborts at each at once, and the reader of feeds catches
/// those of the parser behind it. What nobody catches ends the target all the same; see [`told`].
pub fn let_panics_be_caught() {
    panic::set_hook(Box::new(|info| {
        LAST_PANIC.with_borrow_mut(|last| *last = info.to_string());
    }));
}

/// Runs `work`; a panic that comes out of it is printed, and goes on.
pub fn told(work: impl FnOnce()) {
    if let Err(cause) = panic::catch_unwind(panic::AssertUnwindSafe(work)) {
        LAST_PANIC.with_borrow(|last| eprintln!("{last}"));
        panic::resume_unwind(cause);
    }
}

/// When everything is read: 2026-11-22T14:30:00Z.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_357_800, 0).unwrap_or_default()
}

/// Cuts the first `N` bytes off, which choose among settings.
pub fn choices<const N: usize>(data: &[u8]) -> Option<([u8; N], &[u8])> {
    data.split_first_chunk().map(|(choices, rest)| (*choices, rest))
}

/// Checks what is promised of every post.
pub fn check_posts(posts: &[Post]) {
    for post in posts {
        check_plain(&post.text);
        let names = [&post.title, &post.author.name, &post.author.handle];
        names.into_iter().flatten().for_each(|text| check_plain(text));
        if let Some(id) = &post.id {
            assert!(!id.is_empty(), "an empty id");
        }
    }
}

/// Checks that `text` has no control characters but line breaks, and no marks that change the
/// direction of writing.
pub fn check_plain(text: &str) {
    let bad = text.chars().find(|c| match c {
        '\n' => false,
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        c => c.is_control(),
    });
    assert_eq!(bad, None, "in {text:?}");
}
