//! What a statement has said before one of its words, where that decides what the names after it are.

use super::{Course, Expects};

impl Course<'_> {
    pub(super) fn is_word(&self, at: usize, words: &[&str]) -> bool {
        let token = self.token(at);
        token.is_some_and(|token| words.iter().any(|word| token.is_word(word)))
    }

    /// What stands before in the same statement, the nearest first.
    fn back(&self, at: usize) -> impl Iterator<Item = usize> {
        (0..at).rev().take_while(|at| !self.is_after(*at, ";"))
    }

    /// Whether the statement has said one of these words.
    pub(super) fn has_said(&self, at: usize, words: &[&str]) -> bool {
        self.back(at).any(|at| self.is_word(at, words))
    }

    /// What FROM or IN asks for in a SHOW: a table, or the database that comes after it or alone.
    pub(super) fn shows(&self, at: usize) -> Option<Expects> {
        let ends = ["SHOW", "WHERE", "LIKE", "SELECT"];
        let starts = self.back(at).find(|at| self.is_word(*at, &ends))?;
        if !self.is_word(starts, &["SHOW"]) {
            return None;
        }
        let of_database = ["TABLES", "TRIGGERS", "EVENTS", "STATUS"];
        let is_second = (starts..at).any(|at| self.is_word(at, &["FROM", "IN"]));
        Some(match is_second || self.is_before(at, &of_database) {
            true => Expects::Database,
            false => Expects::One,
        })
    }

    /// Whether LIKE follows the name of a table that is made: it names another one then.
    pub(super) fn is_model(&self, at: usize) -> bool {
        let opened = at > 0 && self.is_after(at - 1, "(");
        let ends = at.checked_sub(1 + usize::from(opened));
        let is_long = ends.is_some_and(|at| at > 1 && self.is_after(at - 1, "."));
        let name = ends.and_then(|at| at.checked_sub(2 * usize::from(is_long)));
        name.is_some_and(|name| self.is_before(name, &["TABLE", "EXISTS"]))
    }

    /// Whether the statement makes or drops an index, whose table comes after ON.
    pub(super) fn has_index(&self, at: usize) -> bool {
        let kinds = ["CREATE", "DROP", "REPLACE", "UNIQUE", "FULLTEXT", "SPATIAL"];
        self.back(at)
            .any(|at| self.is_word(at, &["INDEX"]) && self.is_before(at, &kinds))
    }
}
