//! How long a range is: about three quarters of a second of work, as fast as ranges have gone so far.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::model::catalog::Table;
use crate::model::units::Rows;

/// What a range aims at before any speed is known.
const CHUNK_BYTES: u64 = 16 << 20;
const CHUNK_ROWS: u64 = 100_000;
/// What it aims at afterwards, and its bounds.
const SECONDS: f64 = 0.75;
const LEAST_BYTES: u64 = 1 << 20;
const MOST_BYTES: u64 = 64 << 20;
const MOST_ROWS: u64 = 500_000;
/// Fewer rows than this are no base for an average.
const BELIEVED: u64 = 1000;
/// A range shorter than this says more of the way than of the rows.
const TELLING: u64 = 1 << 20;

/// How many bytes a second one worker has copied lately.
#[derive(Default)]
pub struct Speed(Mutex<Option<f64>>);

impl Speed {
    /// So many rows of a table were copied.
    pub fn saw(&self, table: &Table, rows: Rows, took: Duration) {
        let bytes = rows.0.saturating_mul(average(table).unwrap_or_default());
        if bytes < TELLING || took.is_zero() {
            return;
        }
        let now = bytes as f64 / took.as_secs_f64();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(known.map_or(now, |known| (known * 3.0 + now) / 4.0));
    }

    /// How many rows of a table make a range at this speed.
    pub fn aim(&self, table: &Table) -> Rows {
        let known = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known {
            None => aim(table),
            Some(speed) => {
                let bytes = (speed * SECONDS) as u64;
                rows(table, bytes.clamp(LEAST_BYTES, MOST_BYTES), MOST_ROWS)
            }
        }
    }
}

/// How many rows of a table make a range, where no speed is known.
pub fn aim(table: &Table) -> Rows {
    rows(table, CHUNK_BYTES, CHUNK_ROWS)
}

fn rows(table: &Table, bytes: u64, most: u64) -> Rows {
    match average(table) {
        None => Rows(CHUNK_ROWS / 4),
        Some(average) => Rows((bytes / average.max(1)).clamp(1, most)),
    }
}

/// The bytes of an average row. A server that has not counted a fresh table yet says that it is nearly empty: that
/// says nothing.
fn average(table: &Table) -> Option<u64> {
    (table.rows.0 >= BELIEVED).then(|| table.bytes.0 / table.rows.0.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::units::Bytes;

    fn table(rows: u64, bytes: u64) -> Table {
        Table {
            rows: Rows(rows),
            bytes: Bytes(bytes),
            ..Table::default()
        }
    }

    #[test]
    fn ranges_of_wide_rows_are_shorter() {
        assert_eq!(aim(&table(1_000_000, 100_000_000)), Rows(100_000));
        assert_eq!(aim(&table(1_000, 256 << 20)), Rows(62));
        assert_eq!(aim(&table(10_000, 0)), Rows(100_000));
        assert_eq!(aim(&table(3, 64 << 10)), Rows(25_000));
    }

    #[test]
    fn ranges_grow_and_shrink_with_the_speed() {
        let table = table(1_000_000, 100_000_000);
        let at = |rows| {
            let speed = Speed::default();
            speed.saw(&table, Rows(rows), Duration::from_secs(1));
            speed.aim(&table)
        };
        assert_eq!(at(400_000), Rows(300_000));
        assert_eq!(at(20_000), Rows(15_000));
        assert_eq!(at(40_000_000), Rows(500_000));
        assert_eq!(at(10), Rows(100_000), "too little to tell");
    }
}
