//! Taking turns among the lists of a source. A poll may end before all were asked: told to wait, or out
//! of requests. Then the next one begins with the list behind the last that was read, so that none
//! waits for ever.

use super::Cursor;
use super::walk::{Walk, Walks};
use serde::{Deserialize, Serialize};

/// How far each list of a source was read, and which was read last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turns {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    #[serde(default)]
    lists: Walks,
}

impl Turns {
    /// Reads a cursor. One that does not read is a beginning.
    pub fn of(cursor: &Cursor) -> Self {
        serde_json::from_str(&cursor.0).unwrap_or_default()
    }

    /// Writes the cursor.
    pub fn cursor(&self) -> Cursor {
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }

    /// Returns `names` in the order in which it is their turn.
    pub fn order<'n>(&self, names: &'n [String]) -> Vec<&'n str> {
        let last = names.iter().position(|name| Some(name) == self.last.as_ref());
        let (before, behind) = names.split_at(last.map_or(0, |last| last + 1));
        behind.iter().chain(before).map(String::as_str).collect()
    }

    /// Returns how far the list called `name` was read.
    pub fn walk(&self, name: &str) -> Walk {
        self.lists.walk(name)
    }

    /// Notes how far the list called `name` was read, the last so far, and forgets all but `names`.
    pub fn set(&mut self, name: &str, walk: Walk, names: &[String]) {
        self.lists.set(name, walk);
        self.lists.keep(names);
        self.last = Some(name.to_owned());
    }

    /// Forgets how to go on with walks under way: each begins anew, where it began.
    pub fn begin_anew(&mut self, names: &[String]) {
        for name in names {
            let Walk { since, .. } = self.lists.walk(name);
            self.lists.set(name, Walk { since, ..Walk::default() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_behind_the_last_one_is_the_first() {
        let names = ["a", "b", "c"].map(String::from);
        let mut turns = Turns::default();
        assert_eq!(turns.order(&names), ["a", "b", "c"]);
        turns.set("a", Walk::default(), &names);
        assert_eq!(turns.order(&names), ["b", "c", "a"]);
        turns.set("c", Walk::default(), &names);
        assert_eq!(turns.order(&names), ["a", "b", "c"]);
        // A list that is no more.
        turns.set("x", Walk::default(), &names);
        assert_eq!(turns.order(&names), ["a", "b", "c"]);
        assert_eq!(turns.order(&[]), Vec::<&str>::new());
    }

    #[test]
    fn a_cursor_reads_back_and_keeps_only_what_there_is() {
        let names = ["a", "b"].map(String::from);
        let walk = Walk { since: Some("1".into()), next: Some("2".into()), ..Walk::default() };
        let mut turns = Turns::default();
        turns.set("x", walk.clone(), &names);
        turns.set("a", walk, &names);
        assert_eq!(turns.walk("x"), Walk::default());
        assert_eq!(Turns::of(&turns.cursor()), turns);
        turns.begin_anew(&names);
        assert_eq!(turns.walk("a"), Walk { since: Some("1".into()), ..Walk::default() });
        assert_eq!(Turns::of(&Cursor("[".into())), Turns::default());
    }
}
