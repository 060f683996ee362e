//! Values that other tools change silently.
//!
//! Each case makes its values on the source in the way that breaks other tools, syncs, and asks both servers: whether all
//! is the same ([`same`]), and what the values are, against what is written here.

mod documents;
mod large;
mod numbers;
mod servers;
mod tables;
mod text;
mod times;

use crate::fidelity::oracle::same;
use crate::live::Case;

/// Syncs a database into a new one and over an old one; both copies are the same.
fn arrives(case: &Case, name: &str, sql: &str) -> String {
    let database = case.source(name, sql);
    for _ in ["new", "replaced"] {
        case.sync(&database, &[]).expect(0);
        same(case, &database, &database);
    }
    database
}

/// What a query must print on both sides.
#[track_caller]
fn both(case: &Case, database: &str, sql: &str, expected: &str) {
    let sql = format!("USE `{database}`; SET time_zone = '+00:00', sql_mode = ''; {sql}");
    assert_eq!(case.a.rows(&sql), expected, "on the source");
    assert_eq!(case.b.rows(&sql), expected, "on the target");
}
