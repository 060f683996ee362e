//! Values that a column holds although strict writing refuses them: the server has bent them once, and bends them
//! again in the same way.
//!
//! They are written without the strict mode, and the server's warnings must be as many as there are such values.

use super::dialect::base;
use crate::model::catalog::Column;

/// What of a column's values a strict mode would refuse, as the source prints them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bent {
    Nothing,
    /// The error value of an ENUM has no label.
    Empty,
    /// Beside an empty label, values are printed as numbers: the error value has the number 0.
    Zero,
    /// FLOAT(M,D) holds the largest number that it can print rounded to its own precision, which may be above.
    Above {
        most: f64,
        unit: f64,
    },
}

impl Bent {
    pub fn of(column: &Column) -> Bent {
        match base(column) {
            "enum" if has_empty_label(&column.kind) => Bent::Zero,
            "enum" => Bent::Empty,
            "float" => above(&column.kind).unwrap_or(Bent::Nothing),
            _ => Bent::Nothing,
        }
    }

    pub fn holds(self, printed: &[u8]) -> bool {
        match self {
            Bent::Nothing => false,
            Bent::Empty => printed.is_empty(),
            Bent::Zero => printed == b"0",
            Bent::Above { most, unit } => {
                let text = std::str::from_utf8(printed).unwrap_or_default();
                text.parse::<f64>().is_ok_and(|value| {
                    // As the server rounds before it compares.
                    let rest = (value - value.floor()) * unit;
                    let rounded = value.floor() + rest.round_ties_even() / unit;
                    rounded.abs() > most && value.abs() as f32 == most as f32
                })
            }
        }
    }
}

fn above(kind: &str) -> Option<Bent> {
    let width = kind.strip_prefix("float(")?.split_once(')')?.0;
    let (digits, decimals) = width.split_once(',')?;
    let (digits, decimals): (i32, i32) = (digits.parse().ok()?, decimals.parse().ok()?);
    let unit = 10f64.powi(decimals);
    let most = 10f64.powi(digits - decimals) - 1.0 / unit;
    Some(Bent::Above { most, unit })
}

/// Whether one of the labels of `enum('a','it''s')` is empty.
pub fn has_empty_label(kind: &str) -> bool {
    let mut rest = kind.strip_prefix("enum(").unwrap_or_default();
    while let Some(label) = rest.strip_prefix('\'') {
        let mut chars = label.char_indices().peekable();
        let end = loop {
            match (chars.next(), chars.peek()) {
                (Some((_, '\'')), Some((_, '\''))) => drop(chars.next()),
                (Some((at, '\'')), _) => break at,
                (Some(_), _) => {}
                (None, _) => return false,
            }
        };
        if end == 0 {
            return true;
        }
        rest = label[end + 1..].trim_start_matches(',');
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: &str) -> Column {
        Column {
            kind: kind.into(),
            ..Column::default()
        }
    }

    #[test]
    fn a18_an_empty_label_is_told_from_the_quotes_within_labels() {
        assert!(has_empty_label("enum('')"));
        assert!(has_empty_label("enum('it''s','','b')"));
        assert!(has_empty_label("enum('''','')"));
        assert!(!has_empty_label("enum('''','a''''b','c')"));
        assert!(!has_empty_label("enum('ä',' ')"));
    }

    #[test]
    fn a09_what_strict_modes_refuse_is_known_before_it_is_written() {
        let is_bent = |column: &Column, printed: &[u8]| Bent::of(column).holds(printed);
        assert!(is_bent(&column("enum('a')"), b""));
        assert!(!is_bent(&column("enum('a')"), b"a"));
        assert!(is_bent(&column("enum('','a')"), b"0"));
        assert!(!is_bent(&column("enum('','a')"), b"1"));
        assert!(is_bent(&column("float(10,3)"), b"10000000"));
        assert!(is_bent(&column("float(10,3)"), b"-10000000"));
        assert!(!is_bent(&column("float(10,3)"), b"10000001"));
        assert!(!is_bent(&column("float(7,2)"), b"99999.9921875"));
        assert!(!is_bent(&column("float(10,3)"), b"9999999"));
        assert!(!is_bent(&column("float"), b"3.4e38"));
        assert!(!is_bent(&column("set('a')"), b""));
    }
}
