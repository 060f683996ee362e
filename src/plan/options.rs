//! What a person may ask of a sync, as values.

use globset::{GlobBuilder, GlobMatcher};

use super::Route;
use crate::model::endpoint::nearest;
use crate::model::selection::unquoted;
use crate::model::spelling::Wish;
use crate::model::survey::WritePath;

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
    /// How rows are to be written; None is the best way that the target has.
    pub path: Option<WritePath>,
    pub route: Route,
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

/// Names and globs of tables; a name in backticks is exactly that name.
#[derive(Clone, Debug, Default)]
pub struct TableFilter {
    patterns: Vec<(String, Option<GlobMatcher>)>,
}

impl TableFilter {
    /// Reads names and globs.
    ///
    /// # Errors
    /// Names the pattern that is no glob.
    pub fn new(patterns: &[String]) -> Result<TableFilter, String> {
        let compiled = patterns.iter().map(|pattern| {
            if let Some(name) = unquoted(pattern) {
                return Ok((name, None));
            }
            let glob = GlobBuilder::new(pattern)
                .literal_separator(false)
                .backslash_escape(true)
                .build();
            glob.map(|glob| (pattern.clone(), Some(glob.compile_matcher())))
                .map_err(|cause| {
                    format!(
                        "{pattern:?} is no glob: {}; a name is written between backticks",
                        cause.kind()
                    )
                })
        });
        Ok(TableFilter {
            patterns: compiled.collect::<Result<_, _>>()?,
        })
    }

    /// Exactly this table, whatever characters its name has.
    pub fn exactly(table: &str) -> TableFilter {
        TableFilter {
            patterns: vec![(table.to_string(), None)],
        }
    }

    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    pub fn matches(&self, table: &str) -> bool {
        self.patterns.iter().any(|(name, glob)| {
            name == table || glob.as_ref().is_some_and(|glob| glob.is_match(table))
        })
    }

    /// The first pattern that matches none of the tables, with the nearest name.
    pub fn unmatched<'a>(&self, tables: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
        let (name, _) = self.patterns.iter().find(|(name, glob)| {
            !tables.clone().any(|table| {
                table == name || glob.as_ref().is_some_and(|glob| glob.is_match(table))
            })
        })?;
        let near = nearest(name, tables)
            .map(|near| format!("; did you mean {near}?"))
            .unwrap_or_default();
        Some(format!("no table matches {name}{near}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d10_a_table_in_backticks_is_exactly_that_table() {
        for name in ["?", "*", "[a", "{x", "\\", "a`b", "a,b"] {
            let quoted = crate::model::selection::quoted(name);
            for filter in [
                TableFilter::new(&[quoted]).unwrap(),
                TableFilter::exactly(name),
            ] {
                assert!(filter.matches(name), "{name}");
                assert!(!filter.matches("x"), "{name}");
                assert_eq!(filter.unmatched([name].into_iter()), None);
            }
        }
        assert!(TableFilter::new(&["?".to_string()]).unwrap().matches("x"));
    }
}
