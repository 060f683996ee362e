//! A backup of a SQLite database as SQL that its shell takes.
//!
//! Each value keeps its own type: numbers as digits, text in quotes, bytes in hex. Text that no quotes can hold
//! (a NUL, bytes that are no UTF-8) is a cast of its bytes.

use super::{Spelling, catalog, cells, quote};
use crate::engines::dialect::{Form, Part, Script};
use crate::model::batch::Kind;
use crate::model::catalog::{Catalog, ObjectKind, Table};

impl Script for Spelling {
    fn opening(&self) -> &'static str {
        "PRAGMA foreign_keys=OFF;\n"
    }

    fn form(&self, table: &Table) -> Box<dyn Form> {
        let columns = cells::copied(table);
        Box::new(Rows {
            head: format!(
                "INSERT INTO {} ({}) VALUES",
                quote(&table.name),
                columns.join(",")
            ),
            width: columns.len(),
        })
    }

    fn definitions(&self, catalog: &Catalog) -> Vec<(Part, String)> {
        let mut files = vec![(Part::Database, settings(catalog))];
        let tables = catalog.tables.iter().map(|table| {
            let text = format!("{};\n", table.definition);
            (Part::Table(table.name.clone()), text)
        });
        files.extend(tables);
        let counters = counters(catalog);
        if !counters.is_empty() {
            files.push((Part::Programs, counters));
        }
        let made = |kind: ObjectKind| {
            let objects = catalog.objects.iter();
            objects.filter(move |object| object.kind == kind && object.obstacle.is_none())
        };
        files.extend(made(ObjectKind::View).map(|view| {
            let text = format!("{};\n", view.definition);
            (Part::View(view.name.clone()), text)
        }));
        // A trigger may watch a view too.
        let mut watched: Vec<&String> = made(ObjectKind::Trigger)
            .filter_map(|trigger| trigger.table.as_ref())
            .collect();
        watched.sort();
        watched.dedup();
        for table in watched {
            let own =
                made(ObjectKind::Trigger).filter(|trigger| trigger.table.as_ref() == Some(table));
            let text = own
                .map(|trigger| format!("{};\n", trigger.definition))
                .collect();
            files.push((Part::Triggers(table.clone()), text));
        }
        files
    }
}

fn settings(catalog: &Catalog) -> String {
    let known = catalog
        .options
        .iter()
        .filter(|(name, _)| catalog::SETTINGS.contains(&name.as_str()));
    known
        .map(|(name, value)| format!("PRAGMA {name}='{}';\n", value.replace('\'', "''")))
        .collect()
}

/// Where each AUTOINCREMENT stands.
fn counters(catalog: &Catalog) -> String {
    let counters = catalog.options.iter().filter_map(|(name, value)| {
        let position: i64 = value.parse().ok()?;
        Some((name.strip_prefix(catalog::SEQUENCE)?, position))
    });
    counters
        .map(|(table, position)| {
            let name = format!("'{}'", table.replace('\'', "''"));
            format!(
                "DELETE FROM sqlite_sequence WHERE name={name};\n\
                 INSERT INTO sqlite_sequence (name, seq) VALUES ({name}, {position});\n"
            )
        })
        .collect()
}

struct Rows {
    head: String,
    width: usize,
}

impl Form for Rows {
    fn head(&self) -> &str {
        &self.head
    }

    fn width(&self) -> usize {
        self.width
    }

    fn write(&self, _: usize, kind: Kind, bytes: &[u8], to: &mut Vec<u8>) {
        let number = <[u8; 8]>::try_from(bytes).unwrap_or_default();
        match kind {
            Kind::Null => to.extend_from_slice(b"NULL"),
            Kind::Integer => to.extend(i64::from_le_bytes(number).to_string().bytes()),
            Kind::Real => to.extend(real(f64::from_le_bytes(number)).bytes()),
            Kind::Text if bytes.contains(&0) || std::str::from_utf8(bytes).is_err() => {
                to.extend_from_slice(b"CAST(");
                hex(bytes, to);
                to.extend_from_slice(b" AS TEXT)");
            }
            Kind::Text | Kind::Typed => {
                to.push(b'\'');
                for byte in bytes {
                    to.extend(std::iter::repeat_n(*byte, 1 + usize::from(*byte == b'\'')));
                }
                to.push(b'\'');
            }
            Kind::Blob => hex(bytes, to),
        }
    }

    fn read(&self, _: usize, text: &[u8], cell: &mut Vec<u8>) -> Option<(Kind, usize)> {
        match text.first()? {
            b'N' => text.starts_with(b"NULL").then_some((Kind::Null, 4)),
            b'X' => Some((Kind::Blob, unhex(text, cell)?)),
            b'C' => {
                let inner = text.strip_prefix(b"CAST(")?;
                let length = unhex(inner, cell)?;
                inner[length..].strip_prefix(b" AS TEXT)")?;
                Some((Kind::Text, 5 + length + 9))
            }
            b'\'' => Some((Kind::Text, unquote(text, cell)?)),
            _ => number(text, cell),
        }
    }
}

/// The shortest digits that read back as the same number; beyond all numbers for an infinite one.
fn real(number: f64) -> String {
    match number.is_infinite() {
        true if number > 0.0 => "9e999".into(),
        true => "-9e999".into(),
        false => format!("{number:?}"),
    }
}

fn number(text: &[u8], cell: &mut Vec<u8>) -> Option<(Kind, usize)> {
    let end = text
        .iter()
        .position(|byte| !matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e'))?;
    let digits = std::str::from_utf8(&text[..end]).ok()?;
    if digits.contains(['.', 'e']) {
        cell.extend(digits.parse::<f64>().ok()?.to_le_bytes());
        return Some((Kind::Real, end));
    }
    cell.extend(digits.parse::<i64>().ok()?.to_le_bytes());
    Some((Kind::Integer, end))
}

fn hex(bytes: &[u8], to: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    to.extend_from_slice(b"X'");
    for byte in bytes {
        to.extend([
            DIGITS[usize::from(byte >> 4)],
            DIGITS[usize::from(byte & 15)],
        ]);
    }
    to.push(b'\'');
}

fn unhex(text: &[u8], cell: &mut Vec<u8>) -> Option<usize> {
    let digits = text.strip_prefix(b"X'")?;
    let end = digits.iter().position(|byte| *byte == b'\'')?;
    let digit = |byte: u8| char::from(byte).to_digit(16);
    for pair in digits[..end].chunks(2) {
        let [high, low] = pair else { return None };
        cell.push((digit(*high)? * 16 + digit(*low)?) as u8);
    }
    Some(end + 3)
}

fn unquote(text: &[u8], cell: &mut Vec<u8>) -> Option<usize> {
    let mut at = 1;
    loop {
        let end = at + text[at..].iter().position(|byte| *byte == b'\'')?;
        cell.extend_from_slice(&text[at..end]);
        if text.get(end + 1) != Some(&b'\'') {
            return Some(end + 1);
        }
        cell.push(b'\'');
        at = end + 2;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn back(kind: Kind, bytes: &[u8]) {
        let form = Spelling.form(&Table::default());
        let (mut text, mut cell) = (Vec::new(), Vec::new());
        form.write(0, kind, bytes, &mut text);
        let length = text.len();
        text.extend_from_slice(b",'more'");
        assert_eq!(form.read(0, &text, &mut cell), Some((kind, length)));
        assert_eq!(cell, bytes);
    }

    proptest! {
        #[test]
        fn e13_every_type_of_value_reads_back(bytes: Vec<u8>, text: String, integer: i64, bits: u64) {
            back(Kind::Blob, &bytes);
            back(Kind::Text, &bytes);
            back(Kind::Text, text.as_bytes());
            back(Kind::Integer, &integer.to_le_bytes());
            let real = f64::from_bits(bits);
            if !real.is_nan() {
                back(Kind::Real, &real.to_le_bytes());
            }
        }
    }

    #[test]
    fn the_ends_of_numbers_read_back() {
        for number in [f64::INFINITY, f64::NEG_INFINITY, -0.0, 5e-324, 1e16, 0.1] {
            back(Kind::Real, &number.to_le_bytes());
        }
        back(Kind::Integer, &i64::MIN.to_le_bytes());
        back(Kind::Null, b"");
    }
}
