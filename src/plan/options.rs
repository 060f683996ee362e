//! What a person may ask of a sync, as values.

use globset::{GlobBuilder, GlobMatcher};

use crate::model::endpoint::nearest;
use crate::model::spelling::Wish;

/// The options of one sync.
#[derive(Clone, Debug, Default)]
pub struct SyncOptions {
    pub content: Content,
    /// Only these tables; empty means all.
    pub only: TableFilter,
    /// Neither copied nor removed.
    pub exclude: TableFilter,
    /// Created without rows.
    pub no_data: TableFilter,
    pub extra: ExtraTables,
    /// How things are spelled for the target.
    pub wish: Wish,
}

/// What travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    #[default]
    Everything,
    /// Missing tables and objects are created; no rows.
    Schema,
    /// Rows only: both sides must have the same structure.
    Data,
}

/// What happens to tables and objects that only the target has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExtraTables {
    #[default]
    Remove,
    Keep,
}

/// Names and globs of tables.
#[derive(Clone, Debug, Default)]
pub struct TableFilter {
    patterns: Vec<(String, GlobMatcher)>,
}

impl TableFilter {
    /// Reads names and globs.
    ///
    /// # Errors
    /// Names the pattern that is no glob.
    pub fn new(patterns: &[String]) -> Result<TableFilter, String> {
        let compiled = patterns.iter().map(|pattern| {
            let glob = GlobBuilder::new(pattern)
                .literal_separator(false)
                .backslash_escape(true)
                .build();
            glob.map(|glob| (pattern.clone(), glob.compile_matcher()))
                .map_err(|cause| format!("{pattern:?} is no table and no glob: {}", cause.kind()))
        });
        Ok(TableFilter {
            patterns: compiled.collect::<Result<_, _>>()?,
        })
    }

    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    pub fn matches(&self, table: &str) -> bool {
        self.patterns
            .iter()
            .any(|(name, glob)| name == table || glob.is_match(table))
    }

    /// The first pattern that matches none of the tables, with the nearest name.
    pub fn unmatched<'a>(&self, tables: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
        let (name, _) = self.patterns.iter().find(|(name, glob)| {
            !tables
                .clone()
                .any(|table| table == name || glob.is_match(table))
        })?;
        let near = nearest(name, tables)
            .map(|near| format!("; did you mean {near}?"))
            .unwrap_or_default();
        Some(format!("no table matches {name}{near}"))
    }
}
