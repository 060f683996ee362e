//! Tables: columns with their defaults, partitions and options, rows, and foreign keys between them.

use std::collections::BTreeSet;

use super::column::{self, Column, Kind};
use super::keys::Parts;
use super::{rows, words};
use crate::dice::Dice;
use crate::live::Flavor;

/// The statements that make a database and all in it.
pub fn database(dice: &mut Dice, flavor: Flavor, name: &str) -> Vec<String> {
    let (charset, collation) = column::charset(dice, flavor);
    let mut script = vec![
        "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION', \
         time_zone = '+00:00', foreign_key_checks = 0"
            .to_string(),
        format!("CREATE DATABASE `{name}` CHARACTER SET {charset} COLLATE {collation}"),
        format!("USE `{name}`"),
    ];
    let mut taken = BTreeSet::new();
    let tables: Vec<Table> = (0..2 + dice.below(5))
        .map(|_| {
            let name = words::name(dice, words::FILE_FILLS, &mut taken);
            Table::random(dice, flavor, name)
        })
        .collect();
    script.extend(tables.iter().map(|table| table.definition.clone()));
    for table in &tables {
        script.extend(table.rows(dice, flavor));
    }
    let parents: Vec<&Table> = tables
        .iter()
        .filter(|table| table.reference.is_some())
        .collect();
    if !parents.is_empty() {
        for child in tables.iter().filter(|table| table.may_refer) {
            for number in 0..dice.below(3) {
                // Cycles and tables that refer to themselves come about.
                let parent = *dice.one_of::<&Table>(&parents);
                script.extend(child.foreign_key(dice, parent, number));
            }
        }
    }
    script
}

pub fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A text as a literal where no hexadecimal one may stand.
pub fn literal(text: &str) -> String {
    format!(
        "'{}'",
        text.replace('\\', "\\\\")
            .replace('\'', "''")
            .replace('\0', "\\0")
    )
}

pub struct Table {
    name: String,
    columns: Vec<Column>,
    definition: String,
    /// The column and its type that children may refer to.
    reference: Option<(String, String)>,
    may_refer: bool,
    /// So many rows of so many bytes that it is copied in several ranges.
    wide: bool,
}

impl Table {
    fn random(dice: &mut Dice, flavor: Flavor, name: String) -> Table {
        let engine = match (dice.below(16), flavor) {
            (0, _) => "MyISAM",
            (1, _) => "MEMORY",
            (2, Flavor::MariaDb) => "Aria",
            _ => "InnoDB",
        };
        let mut taken = BTreeSet::new();
        let mut columns: Vec<Column> = (0..1 + dice.below(9))
            .map(|_| {
                let name = words::name(dice, words::FILLS, &mut taken);
                Column::random(dice, flavor, name, engine == "MEMORY")
            })
            .collect();
        let wide = engine == "InnoDB" && dice.below(40) == 0;
        let mut parts = Parts::default();
        parts.primary(dice, &mut columns, flavor);
        if engine != "MEMORY" {
            parts.generated(dice, &mut columns, &mut taken);
        }
        parts.keys(dice, &columns, flavor, engine);
        parts.checks(dice, &columns, flavor);
        let mut pieces: Vec<String> = columns
            .iter()
            .map(|column| match column.generated {
                true => format!("{} {}", quote(&column.name), column.spelled),
                false => spelled(dice, column, flavor),
            })
            .collect();
        if wide {
            pieces.push("`wide` longblob".into());
        }
        pieces.extend(parts.pieces);
        let options = options(dice, flavor, engine);
        let partitions = match dice.below(6) == 0
            && parts.may_be_cut
            && (engine == "InnoDB" || engine == "Aria")
        {
            true => partitions(dice, parts.primary.as_deref()),
            false => String::new(),
        };
        let definition = format!(
            "CREATE TABLE {} (\n  {}\n) ENGINE={engine}{options}{partitions}",
            quote(&name),
            pieces.join(",\n  ")
        );
        let whole = engine == "InnoDB" && partitions.is_empty();
        Table {
            name,
            definition,
            reference: parts.reference.filter(|_| whole),
            may_refer: whole,
            wide,
            columns,
        }
    }

    fn rows(&self, dice: &mut Dice, flavor: Flavor) -> Vec<String> {
        let many = match (self.wide, dice.below(8)) {
            (true, _) => 1100 + dice.below(300),
            (_, 0) => 0,
            (_, 1) => 200 + dice.below(400),
            _ => 1 + dice.below(40),
        };
        let written: Vec<&Column> = self
            .columns
            .iter()
            .filter(|column| !column.generated)
            .collect();
        let mut script = Vec::new();
        let mut left = many;
        while left > 0 {
            // A row may leave columns to their defaults.
            let chosen: Vec<&&Column> = written
                .iter()
                .filter(|column| dice.below(8) > 0 || column.needs_value())
                .collect();
            let some = left.min(25);
            left -= some;
            let tuples: Vec<String> = (0..some)
                .map(|_| {
                    let values = chosen
                        .iter()
                        .map(|column| rows::value(dice, column, flavor));
                    format!("({})", values.collect::<Vec<_>>().join(", "))
                })
                .collect();
            let names: Vec<String> = chosen.iter().map(|column| quote(&column.name)).collect();
            script.push(format!(
                "INSERT IGNORE INTO {} ({}) VALUES {}",
                quote(&self.name),
                names.join(", "),
                tuples.join(", ")
            ));
        }
        if self.wide {
            let name = quote(&self.name);
            script.push(format!(
                "UPDATE {name} SET `wide` = REPEAT(X'00ff27', FLOOR(RAND(7) * 20000))"
            ));
            script.push(format!("ANALYZE TABLE {name}"));
        }
        script
    }

    fn foreign_key(&self, dice: &mut Dice, parent: &Table, number: u64) -> Option<String> {
        let (column, kind) = parent.reference.as_ref()?;
        let own = quote(&format!("refers {number}"));
        let actions = [
            "",
            " ON DELETE CASCADE",
            " ON DELETE SET NULL ON UPDATE CASCADE",
            " ON UPDATE NO ACTION",
            " ON DELETE RESTRICT",
        ];
        let named = match dice.coin() || self.name.chars().count() > 50 {
            true => format!(
                "CONSTRAINT {} ",
                quote(&format!(
                    "key {number} of {}",
                    self.name.chars().take(40).collect::<String>()
                ))
            ),
            false => String::new(),
        };
        let from = match dice.below(3) {
            0 => "NULL".to_string(),
            // Rows may refer to what is not there.
            1 => "1".to_string(),
            _ => format!(
                "(SELECT MAX({}) FROM (SELECT * FROM {}) AS there)",
                quote(column),
                quote(&parent.name)
            ),
        };
        let name = quote(&self.name);
        Some(format!(
            "ALTER TABLE {name} ADD {own} {kind} NULL; UPDATE IGNORE {name} SET {own} = {from}; \
             ALTER TABLE {name} ADD {named}FOREIGN KEY ({own}) REFERENCES {} ({}){}",
            quote(&parent.name),
            quote(column),
            dice.one_of(&actions)
        ))
    }
}

/// A column with its default, comment and all.
fn spelled(dice: &mut Dice, column: &Column, flavor: Flavor) -> String {
    let null = match (column.nullable, &column.kind) {
        (false, _) => " NOT NULL",
        (true, Kind::Timestamp(_)) => " NULL",
        _ => *dice.one_of(&["", " NULL"]),
    };
    let default = match column.counts {
        true => " AUTO_INCREMENT".into(),
        false => default(dice, column, flavor),
    };
    let invisible = match dice.below(12) == 0 && (column.nullable || default.contains("DEFAULT")) {
        true => " INVISIBLE",
        false => "",
    };
    let comment = match dice.below(4) {
        0 => format!(" COMMENT {}", literal(&words::comment(dice))),
        _ => String::new(),
    };
    format!(
        "{} {}{null}{default}{invisible}{comment}",
        quote(&column.name),
        column.spelled
    )
}

fn default(dice: &mut Dice, column: &Column, flavor: Flavor) -> String {
    let long = column.long
        || matches!(
            column.kind,
            Kind::Json | Kind::Geometry(..) | Kind::Vector(_)
        );
    match (&column.kind, dice.below(5)) {
        (_, 0 | 1) => String::new(),
        (Kind::DateTime(digits) | Kind::Timestamp(digits), 2) => {
            format!(" DEFAULT CURRENT_TIMESTAMP({digits})")
        }
        (Kind::DateTime(digits) | Kind::Timestamp(digits), 3) => {
            format!(" DEFAULT CURRENT_TIMESTAMP({digits}) ON UPDATE CURRENT_TIMESTAMP({digits})")
        }
        // Those that are bent do not fit.
        (Kind::Float | Kind::Double, _) if column.spelled.contains(['(', ' ']) => String::new(),
        (Kind::Time(_), _) if !column.spelled.contains("(6)") => " DEFAULT '-12:34:56'".into(),
        (Kind::Integer { .. }, 2) => " DEFAULT (1 + 2 * 3)".into(),
        (Kind::Date, 2) => " DEFAULT (CURRENT_DATE + INTERVAL 1 DAY)".into(),
        (Kind::Text(_, 60..), 2) => " DEFAULT (CONCAT('it''s', UUID()))".into(),
        (Kind::Json | Kind::Geometry(..) | Kind::Vector(_) | Kind::Enum(_) | Kind::Set(_), _) => {
            String::new()
        }
        (Kind::Text(..), _) => {
            let text = *dice.one_of(&["", "a", "'", "\\", "\"", "%"]);
            match long && flavor == Flavor::MySql {
                true => format!(" DEFAULT ({})", literal(text)),
                false => format!(" DEFAULT {}", literal(text)),
            }
        }
        _ => {
            let mut value = rows::value(dice, column, flavor);
            if value == "NULL" && !column.nullable || value.len() > 300 {
                return String::new();
            }
            if long && flavor == Flavor::MySql {
                value = format!("({value})");
            }
            format!(" DEFAULT {value}")
        }
    }
}

fn options(dice: &mut Dice, flavor: Flavor, engine: &str) -> String {
    let (charset, collation) = column::charset(dice, flavor);
    let mut options = format!(" DEFAULT CHARSET={charset} COLLATE={collation}");
    if dice.below(3) == 0 {
        options += &format!(" COMMENT={}", literal(&words::comment(dice)));
    }
    if dice.below(6) == 0 {
        options += &format!(" AUTO_INCREMENT={}", 1 + dice.below(100));
    }
    let some = match (engine, flavor) {
        ("InnoDB", Flavor::MariaDb) => [
            " ROW_FORMAT=COMPACT",
            " ROW_FORMAT=REDUNDANT",
            " ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8",
            " PAGE_COMPRESSED=1",
            " STATS_PERSISTENT=0 STATS_SAMPLE_PAGES=7",
        ],
        ("InnoDB", Flavor::MySql) => [
            " ROW_FORMAT=COMPACT",
            " ROW_FORMAT=REDUNDANT",
            " ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8",
            " COMPRESSION='zlib'",
            " STATS_PERSISTENT=0 STATS_SAMPLE_PAGES=7",
        ],
        ("MyISAM", _) => [
            " CHECKSUM=1",
            " DELAY_KEY_WRITE=1",
            " ROW_FORMAT=DYNAMIC",
            " PACK_KEYS=1",
            " MAX_ROWS=100000 AVG_ROW_LENGTH=50",
        ],
        ("Aria", _) => [
            " TRANSACTIONAL=1",
            " TRANSACTIONAL=0",
            " ROW_FORMAT=PAGE",
            " PAGE_CHECKSUM=1",
            " CHECKSUM=1",
        ],
        _ => [" MAX_ROWS=100000", "", "", "", " MIN_ROWS=5"],
    };
    if dice.below(3) == 0 {
        options += *dice.one_of::<&str>(&some);
    }
    options
}

fn partitions(dice: &mut Dice, primary: Option<&str>) -> String {
    let Some(primary) = primary else {
        return String::new();
    };
    match dice.below(4) {
        0 => format!("\nPARTITION BY HASH ({primary}) PARTITIONS 3"),
        1 => format!("\nPARTITION BY KEY ({primary}) PARTITIONS 2"),
        2 => format!(
            "\nPARTITION BY RANGE ({primary}) (PARTITION `p one` VALUES LESS THAN (1) COMMENT='it''s', \
             PARTITION `two``` VALUES LESS THAN (100), PARTITION pmax VALUES LESS THAN MAXVALUE)"
        ),
        _ => format!(
            "\nPARTITION BY RANGE ({primary}) SUBPARTITION BY HASH ({primary}) SUBPARTITIONS 2 \
             (PARTITION p0 VALUES LESS THAN (50), PARTITION p1 VALUES LESS THAN MAXVALUE)"
        ),
    }
}
