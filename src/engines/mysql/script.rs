//! A backup of the MySQL family as SQL: what the client and mydumper's loader take.
//!
//! A value is a quoted string of the bytes that the server printed, under `SET NAMES binary`: the same bytes
//! under the same modes as a copy binds them. Definitions stand as the server printed them.

use super::dialect::{MySqlDialect, placeholder, quote};
use super::sequences;
use super::session::{LITERAL, STRICT};
use super::typed;
use crate::engines::dialect::{Form, Part, Script};
use crate::model::batch::Kind;
use crate::model::catalog::{Catalog, Object, ObjectKind, Table};

/// MariaDB alone knows the setting of checks: rows that a CHECK added later would refuse are still rows.
const OPENING: &str = concat!(
    "/*!40101 SET NAMES binary*/;\n",
    "/*!40014 SET FOREIGN_KEY_CHECKS=0*/;\n",
    "/*!40103 SET TIME_ZONE='+00:00'*/;\n",
    "SET /*M!100201 SESSION check_constraint_checks=0, */ SESSION sql_mode='STRICT_ALL_TABLES,\
     NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION';\n",
);

/// Rows of the past are taken as they were.
const WITH_TIMES: &str = "/*M!101100 SET STATEMENT system_versioning_insert_history=1 FOR */ ";

impl Script for MySqlDialect {
    fn opening(&self) -> &'static str {
        debug_assert!(OPENING.contains(STRICT));
        OPENING
    }

    fn form(&self, table: &Table) -> Box<dyn Form> {
        let columns: Vec<String> = table.written().map(|column| quote(&column.name)).collect();
        let wraps = table.written().map(|column| {
            let (before, after) = placeholder(column).split_once('?').unwrap_or_default();
            (before, after)
        });
        Box::new(Rows {
            head: format!(
                "{}INSERT INTO {} ({}) VALUES",
                match table.times().is_empty() {
                    true => "",
                    false => WITH_TIMES,
                },
                quote(&table.name),
                columns.join(",")
            ),
            wraps: wraps.collect(),
        })
    }

    fn definitions(&self, catalog: &Catalog) -> Vec<(Part, String)> {
        let mut files = vec![(Part::Database, database(catalog))];
        for sequence in sequences::among(&catalog.objects) {
            let text = statements(sequence) + &position(catalog, sequence);
            files.push((Part::Sequence(sequence.name.clone()), text));
        }
        for table in &catalog.tables {
            let text = format!("{}{};\n", settings(), table.definition);
            files.push((Part::Table(table.name.clone()), text));
        }
        let made = |kinds: &[ObjectKind]| -> Vec<&Object> {
            let wanted =
                |object: &&Object| kinds.contains(&object.kind) && object.obstacle.is_none();
            catalog.objects.iter().filter(wanted).collect()
        };
        let programs = made(&[
            ObjectKind::Package,
            ObjectKind::PackageBody,
            ObjectKind::Function,
            ObjectKind::Procedure,
            ObjectKind::Event,
        ]);
        if !programs.is_empty() {
            files.push((
                Part::Programs,
                programs.into_iter().map(statements).collect(),
            ));
        }
        for view in made(&[ObjectKind::View]) {
            files.push((Part::View(view.name.clone()), statements(view)));
        }
        let triggers = made(&[ObjectKind::Trigger]);
        for table in &catalog.tables {
            let own: String = triggers
                .iter()
                .filter(|trigger| trigger.table.as_ref() == Some(&table.name))
                .map(|trigger| statements(trigger))
                .collect();
            if !own.is_empty() {
                files.push((Part::Triggers(table.name.clone()), own));
            }
        }
        files
    }
}

fn settings() -> String {
    format!(
        "/*!40101 SET NAMES utf8mb4*/;\n/*!40014 SET FOREIGN_KEY_CHECKS=0*/;\n\
         /*!40103 SET TIME_ZONE='+00:00'*/;\nSET SESSION sql_mode='{LITERAL}';\n"
    )
}

fn database(catalog: &Catalog) -> String {
    let option = |keyword: &str, value: &Option<String>| {
        value
            .as_ref()
            .map(|value| format!(" {keyword} {value}"))
            .unwrap_or_default()
    };
    format!(
        "CREATE DATABASE IF NOT EXISTS {}{}{};\n",
        quote(&catalog.database),
        option("CHARACTER SET", &catalog.charset),
        option("COLLATE", &catalog.collation)
    )
}

/// What brings a sequence to where it stood.
fn position(catalog: &Catalog, sequence: &Object) -> String {
    let mut options = catalog.options.iter();
    let known = options
        .find(|(name, _)| name.strip_prefix(sequences::POSITION) == Some(sequence.name.as_str()));
    known
        .and_then(|(_, position)| sequences::set(&quote(&sequence.name), position))
        .map(|statements| statements.join(";\n") + ";\n")
        .unwrap_or_default()
}

/// An object under its own settings. mydumper's loader ends a statement at a semicolon before the end of a
/// line: those within a body get a space behind them, as mydumper itself writes them.
fn statements(object: &Object) -> String {
    let mut text = "/*!40101 SET NAMES utf8mb4*/;\nSET SESSION sql_mode='';\n".to_string();
    for (name, value) in &object.session {
        let value = value.replace('\'', "");
        // The text of the file is UTF-8: another character set is claimed only where the bytes agree.
        let foreign = name == "character_set_client"
            && !object.definition.is_ascii()
            && !value.starts_with("utf8");
        if !foreign {
            text.push_str(&format!("SET SESSION {name}='{value}';\n"));
        }
    }
    let kind = object.kind.name().to_uppercase();
    let body = object.definition.replace(";\n", "; \n");
    let body = body.trim_end();
    text + &format!("DROP {kind} IF EXISTS {};\n{body};\n", quote(&object.name))
}

/// Ends a document whose values are set again: nothing that is set holds it.
const TYPED_END: &str = " /**/)";

struct Rows {
    head: String,
    /// What stands before and after the quoted value of each column.
    wraps: Vec<(&'static str, &'static str)>,
}

impl Form for Rows {
    fn head(&self) -> &str {
        &self.head
    }

    fn width(&self) -> usize {
        self.wraps.len()
    }

    fn write(&self, column: usize, kind: Kind, bytes: &[u8], to: &mut Vec<u8>) {
        if kind == Kind::Null {
            to.extend_from_slice(b"NULL");
            return;
        }
        let (before, after) = self.wraps[column];
        if kind == Kind::Typed {
            let (document, types) = typed::parts(bytes);
            to.extend_from_slice(b"JSON_SET(CAST(");
            self.write(column, Kind::Text, document, to);
            to.extend_from_slice(b" AS JSON) /*");
            to.extend_from_slice(types);
            let set = typed::overrides(document, types).unwrap_or_default();
            to.extend_from_slice(format!("*/{set}{TYPED_END}").as_bytes());
            return;
        }
        to.extend_from_slice(before.as_bytes());
        to.push(b'\'');
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(|byte| escape(*byte).is_some()) {
            to.extend_from_slice(&rest[..at]);
            to.extend([b'\\', escape(rest[at]).unwrap_or_default()]);
            rest = &rest[at + 1..];
        }
        to.extend_from_slice(rest);
        to.push(b'\'');
        to.extend_from_slice(after.as_bytes());
    }

    fn read(&self, column: usize, text: &[u8], cell: &mut Vec<u8>) -> Option<(Kind, usize)> {
        if text.starts_with(b"NULL") {
            return Some((Kind::Null, 4));
        }
        if let Some(typed) = text.strip_prefix(b"JSON_SET(CAST(") {
            let (_, length) = self.read(column, typed, cell)?;
            let rest = typed[length..].strip_prefix(b" AS JSON) /*")?;
            let end = rest.iter().position(|byte| *byte == b'*')?;
            cell.push(0);
            cell.extend_from_slice(&rest[..end]);
            let mark = TYPED_END.as_bytes();
            let set = rest.windows(mark.len()).position(|piece| piece == mark)?;
            return Some((Kind::Typed, text.len() - rest.len() + set + mark.len()));
        }
        let (before, after) = self.wraps.get(column)?;
        let mut rest = text.strip_prefix(before.as_bytes())?.strip_prefix(b"'")?;
        loop {
            let at = rest.iter().position(|byte| escape(*byte).is_some())?;
            cell.extend_from_slice(&rest[..at]);
            match (rest[at], rest.get(at + 1)) {
                (b'\\', Some(letter)) => cell.push(escaped(*letter)?),
                (b'\'', _) => {
                    rest = rest[at + 1..].strip_prefix(after.as_bytes())?;
                    return Some((Kind::Text, text.len() - rest.len()));
                }
                _ => return None,
            }
            rest = &rest[at + 2..];
        }
    }
}

/// The letter that stands for a byte which quotes cannot hold.
fn escape(byte: u8) -> Option<u8> {
    Some(match byte {
        0 => b'0',
        b'\n' => b'n',
        b'\r' => b'r',
        0x1a => b'Z',
        b'\\' | b'\'' => byte,
        _ => return None,
    })
}

fn escaped(letter: u8) -> Option<u8> {
    Some(match letter {
        b'0' => 0,
        b'n' => b'\n',
        b'r' => b'\r',
        b'Z' => 0x1a,
        b'\\' | b'\'' => letter,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::catalog::Column;

    fn form() -> Box<dyn Form> {
        let column = |kind: &str| Column {
            name: "a`b".into(),
            kind: kind.into(),
            ..Column::default()
        };
        MySqlDialect.form(&Table {
            name: "t".into(),
            columns: vec![column("blob"), column("json")],
            ..Table::default()
        })
    }

    proptest! {
        #[test]
        fn e13_what_is_written_reads_back(bytes: Vec<u8>, column in 0usize..2) {
            let (mut text, mut cell) = (Vec::new(), Vec::new());
            form().write(column, Kind::Text, &bytes, &mut text);
            let length = text.len();
            text.extend_from_slice(b",'more'");
            prop_assert_eq!(form().read(column, &text, &mut cell), Some((Kind::Text, length)));
            prop_assert_eq!(cell, bytes);
            prop_assert!(!text[..length].contains(&b'\n'));
        }
    }

    #[test]
    fn a15_the_types_of_a_document_are_in_a_backup() {
        let bytes = b"{\"it's\": 1.10}\0OBDE";
        let (mut text, mut cell) = (Vec::new(), Vec::new());
        form().write(1, Kind::Typed, bytes, &mut text);
        let length = text.len();
        text.extend_from_slice(b"),(JSON_SET(CAST('[]' AS JSON) /*AR*/ /**/)");
        let read = form().read(1, &text, &mut cell);
        assert_eq!(read, Some((Kind::Typed, length)));
        assert_eq!(cell, bytes);
        let text = String::from_utf8_lossy(&text);
        assert!(text.contains("AS DECIMAL(3,2))"), "{text}");
    }

    #[test]
    fn what_was_not_written_is_not_read() {
        for text in ["", "'", "'a", "'a\\", "'a\\x'", "12", "CONVERT('a'", "nULL"] {
            assert_eq!(
                form().read(0, text.as_bytes(), &mut Vec::new()),
                None,
                "{text}"
            );
        }
        assert_eq!(form().read(1, b"'plain'", &mut Vec::new()), None);
    }

    #[test]
    fn the_modes_of_a_file_are_those_of_a_copy() {
        assert!(MySqlDialect.opening().contains(STRICT));
    }
}
