//! How the MySQL family spells names, values and columns: pure.

use super::{bent, history, typed};
use crate::engines::dialect::Dialect;
use crate::model::catalog::{Column, Index, Table};

pub struct MySqlDialect;

impl Dialect for MySqlDialect {
    fn quote(&self, name: &str) -> String {
        quote(name)
    }
}

/// A name between backticks; those inside are doubled (D10).
pub fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A string as a literal that no `sql_mode` and no character set can change.
pub fn text(value: &str) -> String {
    format!("_utf8mb4 X'{}'", hex(value.as_bytes()))
}

/// Bytes as a binary literal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| {
        [
            DIGITS[usize::from(byte >> 4)],
            DIGITS[usize::from(byte & 15)],
        ]
    });
    digits.map(char::from).collect()
}

/// The bare type of a column: `decimal` of `decimal(10,2) unsigned`.
pub fn base(column: &Column) -> &str {
    column.kind.split(['(', ' ']).next().unwrap_or_default()
}

/// A column, in the character set that it is wanted in.
fn read(column: &Column) -> String {
    let name = quote(&column.name);
    match &column.read_as {
        Some(charset) => format!("CONVERT({name} USING {charset})"),
        None => name,
    }
}

/// The expression that prints a column exactly. FLOAT prints six digits only unless it is widened, and -0 would
/// not survive an addition (A05); an empty label of an ENUM looks like its error value.
pub fn printed(column: &Column) -> String {
    let name = read(column);
    match base(column) {
        "float" => format!("{name}*1e0"),
        _ if history::ends_later(column) => format!(
            "REPLACE(CAST({name} AS CHAR), '{}', '{}')",
            history::LATER_END,
            history::END
        ),
        // The number of a label is no matter of character sets.
        "enum" if bent::has_empty_label(&column.kind) => format!("{}+0", quote(&column.name)),
        "vector" => format!("CAST({name} AS BINARY)"),
        _ => name,
    }
}

/// The placeholder that takes a column's printed bytes. Types that read 16 raw bytes as their own binary
/// form must see text (A13), and MySQL's JSON takes no binary strings.
pub fn placeholder(column: &Column) -> &'static str {
    match base(column) {
        "json" | "uuid" | "inet4" | "inet6" | "xmltype" => "CONVERT(? USING utf8mb4)",
        // The end of time of other servers, which every copy travels with.
        _ if history::ends_later(column) => {
            "REPLACE(?, '2038-01-19 03:14:07.999999', '2106-02-07 06:28:15.999999')"
        }
        "enum" if bent::has_empty_label(&column.kind) => "CAST(? AS UNSIGNED)",
        // Bound as it is, the parameter would have that type too.
        "vector" => "CAST(? AS BINARY)",
        _ => "?",
    }
}

pub fn is_spatial(base: &str) -> bool {
    matches!(
        base,
        "geometry"
            | "point"
            | "linestring"
            | "polygon"
            | "multipoint"
            | "multilinestring"
            | "multipolygon"
            | "geometrycollection"
            | "geomcollection"
    )
}

fn is_large(base: &str) -> bool {
    base.ends_with("text")
        || base.ends_with("blob")
        || base == "json"
        || base == "vector"
        || is_spatial(base)
}

/// A key whose ranges the server can compare: whole columns of types with an order that we can spell (B02, B07).
pub fn chunk_key(table: &Table) -> Option<Vec<&Column>> {
    let spelled = |column: &&Column| {
        let integer = [
            "tinyint",
            "smallint",
            "mediumint",
            "int",
            "bigint",
            "year",
            "decimal",
        ];
        let dated = ["date", "datetime", "timestamp"];
        let bytes = ["char", "varchar", "binary", "varbinary"];
        let base = base(column);
        column.generated.is_none()
            && (integer.contains(&base) || dated.contains(&base) || bytes.contains(&base))
    };
    // The server adds the end of a row's time to its keys.
    let of_rows = |column: &&Column| !history::is_time(column);
    let columns = |index: &Index| {
        let columns = index.parts.iter().map(|part| table.column(&part.column));
        let columns = columns.filter(|column| column.as_ref().is_none_or(of_rows));
        columns
            .map(|column| column.filter(spelled))
            .collect::<Option<Vec<_>>>()
    };
    // Without transactions, rows of the past can be taken out of staging all at once only.
    if table.keeps_history() && !table.transactional {
        return None;
    }
    columns(table.key()?).filter(|columns| !columns.is_empty())
}

/// A key value, as the server printed it, as a literal that the server compares in the column's own collation.
pub fn literal(column: &Column, printed: &[u8]) -> String {
    match (base(column), &column.charset) {
        ("char" | "varchar", Some(charset)) => {
            let collation = column.collation.as_deref().unwrap_or("binary");
            format!("_{charset} X'{}' COLLATE {collation}", hex(printed))
        }
        ("char" | "varchar" | "binary" | "varbinary", _) => format!("X'{}'", hex(printed)),
        ("date" | "datetime" | "timestamp", _) => format!("'{}'", String::from_utf8_lossy(printed)),
        _ => String::from_utf8_lossy(printed).into_owned(),
    }
}

/// The rows whose key is at or after `from`, spelled so that an index range is used.
pub fn at_or_after(key: &[String], from: &[String]) -> String {
    bound(key, from, ">", ">=")
}

/// The rows whose key is after `from`.
pub fn after(key: &[String], from: &[String]) -> String {
    bound(key, from, ">", ">")
}

/// The rows whose key is before `to`.
pub fn before(key: &[String], to: &[String]) -> String {
    bound(key, to, "<", "<")
}

fn bound(key: &[String], values: &[String], strict: &str, last: &str) -> String {
    let name = quote(&key[0]);
    if key.len() == 1 {
        return format!("{name} {last} {}", values[0]);
    }
    let rest = bound(&key[1..], &values[1..], strict, last);
    let value = &values[0];
    format!("{name} {strict}= {value} AND ({name} {strict} {value} OR ({rest}))")
}

/// The expression that hashes one row: each column tagged for NULL and prefixed by its length (B09), large
/// ones hashed first (B11), bytes in the column's own character set.
pub fn row_hash(table: &Table) -> String {
    let columns = table.columns.iter();
    let columns = columns.filter(|column| !history::is_time(column));
    let pieces: Vec<String> = columns.chain(table.times()).map(canonical).collect();
    format!("SHA2(CONCAT({}), 256)", pieces.join(", "))
}

fn canonical(column: &Column) -> String {
    let name = read(column);
    let base = base(column);
    let bytes = match base {
        "float" if column.crosses => digits(&format!("{name}*1e0")),
        "float" => format!("{name}*1e0"),
        "double" if column.crosses => digits(&name),
        _ if history::ends_later(column) => printed(column),
        "bit" => format!("HEX({name})"),
        "enum" => format!("CONCAT({}+0)", quote(&column.name)),
        "json" if !column.crosses => format!(
            "SHA2(CONCAT({}, ':', CAST({name} AS CHAR CHARACTER SET utf8mb4)), 256)",
            typed::types(&column.name)
        ),
        "json" => format!("SHA2(CAST({name} AS CHAR CHARACTER SET utf8mb4), 256)"),
        // A CAST would give their sixteen bytes, which no other product has.
        "uuid" | "inet4" | "inet6" => format!("CONVERT({name} USING utf8mb4)"),
        _ if is_spatial(base) => format!("SHA2(HEX({name}), 256)"),
        _ if is_large(base) => format!("SHA2(CAST({name} AS BINARY), 256)"),
        _ if column.charset.is_some() => format!("CAST({name} AS BINARY)"),
        _ => name.clone(),
    };
    format!("IF({name} IS NULL, 'N', CONCAT(LENGTH({bytes}), ':', {bytes}))")
}

/// A number as sign, digits and magnitude: MariaDB prints `0.0000000001` where MySQL prints `1e-10`.
fn digits(number: &str) -> String {
    let text = format!("CAST({number} AS CHAR)");
    let mantissa = format!("SUBSTRING_INDEX(TRIM(LEADING '-' FROM {text}), 'e', 1)");
    let exponent =
        format!("IF(LOCATE('e', {text}), CAST(SUBSTRING_INDEX({text}, 'e', -1) AS SIGNED), 0)");
    let whole = format!("TRIM(LEADING '0' FROM SUBSTRING_INDEX({mantissa}, '.', 1))");
    let part = format!("IF(LOCATE('.', {mantissa}), SUBSTRING_INDEX({mantissa}, '.', -1), '')");
    let zeros = format!("LENGTH({part}) - LENGTH(TRIM(LEADING '0' FROM {part}))");
    format!(
        "CONCAT(IF(LEFT({text}, 1) = '-', '-', ''), TRIM(BOTH '0' FROM CONCAT({whole}, {part})), 'e', \
         {exponent} + IF({whole} = '', -({zeros}), LENGTH({whole})))"
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn d10_a_quoted_name_reads_back(name in "\\PC{1,64}") {
            let quoted = quote(&name);
            let inner = &quoted[1..quoted.len() - 1];
            prop_assert_eq!(inner.replace("``", "`"), name);
            prop_assert_eq!(inner.matches('`').count() % 2, 0);
        }
    }

    #[test]
    fn b01_composite_bounds_split_ties_by_the_next_column() {
        let key = ["a".to_string(), "b".to_string()];
        let values = ["1".to_string(), "2".to_string()];
        assert_eq!(
            at_or_after(&key, &values),
            "`a` >= 1 AND (`a` > 1 OR (`b` >= 2))"
        );
        assert_eq!(before(&key, &values), "`a` <= 1 AND (`a` < 1 OR (`b` < 2))");
    }

    #[test]
    fn b02_text_keys_are_compared_in_their_own_collation() {
        let column = Column {
            kind: "varchar(30)".into(),
            charset: Some("utf8mb4".into()),
            collation: Some("utf8mb4_unicode_ci".into()),
            ..Column::default()
        };
        assert_eq!(
            literal(&column, "ä".as_bytes()),
            "_utf8mb4 X'c3a4' COLLATE utf8mb4_unicode_ci"
        );
    }

    #[test]
    fn b07_a_floating_point_key_splits_nothing() {
        let column = |kind: &str| Column {
            name: "f".into(),
            kind: kind.into(),
            ..Column::default()
        };
        let part = crate::model::catalog::IndexPart {
            column: "f".into(),
            ..Default::default()
        };
        let index = Index {
            unique: true,
            primary: true,
            parts: vec![part],
            ..Index::default()
        };
        let table = |kind| Table {
            columns: vec![column(kind)],
            indexes: vec![index.clone()],
            ..Table::default()
        };
        assert!(chunk_key(&table("float")).is_none());
        assert!(chunk_key(&table("int(11)")).is_some());
    }
}
