//! How a product spells things: pure, so that plans can ask it.

use crate::model::catalog::{Column, Table};

/// The spelling rules of one product.
pub trait Dialect: Send + Sync {
    /// A name, quoted whatever it contains (D10).
    fn quote(&self, name: &str) -> String;

    /// Whether two tables are the same thing: how `compare` and `--schema` decide. Estimates and positions of
    /// counters do not count.
    fn same_column(&self, left: &Column, right: &Column) -> bool {
        left == right
    }

    /// Whether names that differ only by case are one name.
    fn folds_case(&self) -> bool;

    /// Whether tables can be replaced while readers see either all old or all new ones.
    fn swaps_atomically(&self, _tables: &[Table]) -> bool {
        true
    }
}

/// A dotted name: each part quoted.
pub fn dotted(dialect: &dyn Dialect, parts: &[&str]) -> String {
    parts
        .iter()
        .map(|part| dialect.quote(part))
        .collect::<Vec<_>>()
        .join(".")
}
