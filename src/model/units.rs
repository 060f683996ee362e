//! Numbers that know what they count.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A number of rows.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Rows(pub u64);

/// A number of bytes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Bytes(pub u64);

macro_rules! adds {
    ($($kind:ident),*) => {$(
        impl Add for $kind {
            type Output = $kind;
            fn add(self, other: $kind) -> $kind { $kind(self.0.saturating_add(other.0)) }
        }
        impl AddAssign for $kind {
            fn add_assign(&mut self, other: $kind) { *self = *self + other; }
        }
        impl Sum for $kind {
            fn sum<I: Iterator<Item = $kind>>(items: I) -> $kind { items.fold($kind(0), Add::add) }
        }
    )*};
}
adds!(Rows, Bytes);

impl fmt::Display for Rows {
    /// Groups of three digits: `1,234,567`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (position, digit) in digits.chars().enumerate() {
            if position > 0 && (digits.len() - position).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Bytes {
    /// Binary units with one decimal: `1.5 MiB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
        let mut size = self.0 as f64;
        let mut unit = 0;
        while size >= 1024.0 && unit + 1 < UNITS.len() {
            size /= 1024.0;
            unit += 1;
        }
        match unit {
            0 => write!(f, "{} B", self.0),
            _ => write!(f, "{size:.1} {}", UNITS[unit]),
        }
    }
}

/// A duration as a person says it: `850 ms`, `12.3 s`, `4 min 05 s`, `2 h 10 min`.
pub fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", duration.as_secs_f64()),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// One noun for one, its plural for other numbers: `1 table`, `2 tables`.
pub fn counted(number: usize, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{number} {stem}ies"),
        _ if noun.ends_with(['x', 's']) => format!("{number} {noun}es"),
        _ => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_grouped_by_three_digits() {
        assert_eq!(Rows(7).to_string(), "7");
        assert_eq!(Rows(1234).to_string(), "1,234");
        assert_eq!(Rows(1234567).to_string(), "1,234,567");
    }

    #[test]
    fn bytes_use_binary_units() {
        assert_eq!(Bytes(512).to_string(), "512 B");
        assert_eq!(Bytes(1536).to_string(), "1.5 KiB");
    }

    #[test]
    fn durations_read_like_speech() {
        assert_eq!(spoken(Duration::from_millis(850)), "850 ms");
        assert_eq!(spoken(Duration::from_millis(12_300)), "12.3 s");
        assert_eq!(spoken(Duration::from_secs(245)), "4 min 05 s");
    }

    #[test]
    fn nouns_take_their_plural() {
        assert_eq!(counted(1, "table"), "1 table");
        assert_eq!(counted(2, "index"), "2 indexes");
        assert_eq!(counted(3, "foreign key"), "3 foreign keys");
        assert_eq!(counted(0, "query"), "0 queries");
    }
}
