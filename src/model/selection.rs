//! The selection grammar (`1-3,!2,log_*`): parsed here, resolved against a list.

/// A parsed selection, not yet resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    text: String,
}

/// What a selection may refer to beside the list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recent<'a> {
    /// The databases of the last sync: `@last`.
    pub last: &'a [String],
    /// Those of them that failed: `@failed`.
    pub failed: &'a [String],
}

impl Selection {
    /// Parses a selection; the error names the bad token.
    pub fn parse(text: &str) -> Result<Selection, String> {
        Ok(Selection {
            text: text.to_string(),
        })
    }

    /// The names of `list` that are selected, in the list's order, each once.
    ///
    /// # Errors
    /// Names the token that is out of range, reversed or unknown, and the valid range; then nothing is selected.
    pub fn resolve(&self, list: &[String], recent: Recent<'_>) -> Result<Vec<String>, String> {
        let _ = (list, recent, &self.text);
        todo!()
    }
}
