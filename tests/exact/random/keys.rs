//! Keys, generated columns and checks of a table.

use std::collections::BTreeSet;

use super::column::{Column, Kind};
use super::table::{literal, quote};
use super::words;
use crate::dice::Dice;
use crate::live::Flavor;

/// What stands behind the columns of a definition.
pub struct Parts {
    pub pieces: Vec<String>,
    pub primary: Option<String>,
    pub reference: Option<(String, String)>,
    /// No unique key but the primary one, and nothing that partitions cannot have.
    pub may_be_cut: bool,
}

impl Default for Parts {
    fn default() -> Parts {
        Parts {
            pieces: Vec::new(),
            primary: None,
            reference: None,
            may_be_cut: true,
        }
    }
}

impl Parts {
    pub fn primary(&mut self, dice: &mut Dice, columns: &mut [Column], flavor: Flavor) {
        if dice.below(5) == 0 {
            return;
        }
        let mut fitting: Vec<usize> = (0..columns.len())
            .filter(|at| columns[*at].may_be_indexed())
            .collect();
        // Integers first: those are referred to, counted and cut.
        if dice.coin() {
            fitting.sort_by_key(|at| !matches!(columns[*at].kind, Kind::Integer { .. }));
        }
        fitting.truncate(1 + dice.below(6).saturating_sub(3) as usize);
        let Some(first) = fitting.first().copied() else {
            return;
        };
        for at in &fitting {
            columns[*at].nullable = false;
        }
        let listed: Vec<String> = fitting
            .iter()
            .map(|at| part(dice, &columns[*at], flavor, 20))
            .collect();
        self.pieces
            .push(format!("PRIMARY KEY ({})", listed.join(", ")));
        self.may_be_cut = fitting.len() == 1 && matches!(columns[first].kind, Kind::Integer { .. });
        if fitting.len() == 1
            && let Kind::Integer { .. } = columns[first].kind
        {
            columns[first].counts = dice.coin() && !columns[first].spelled.contains("zerofill");
            self.primary = Some(quote(&columns[first].name));
            self.reference = Some((columns[first].name.clone(), columns[first].spelled.clone()));
        }
    }

    pub fn generated(
        &mut self,
        dice: &mut Dice,
        columns: &mut Vec<Column>,
        taken: &mut BTreeSet<String>,
    ) {
        for _ in 0..dice.below(3) {
            let base = dice.one_of(columns).clone();
            if base.counts || base.generated {
                continue;
            }
            let name = quote(&base.name);
            let (kind, expression) = match &base.kind {
                Kind::Integer { .. } | Kind::Decimal { .. } => ("bigint", format!("{name} % 97")),
                Kind::Text(..) if dice.coin() => (
                    "varchar(9) CHARACTER SET utf8mb4",
                    format!("LEFT({name}, 2)"),
                ),
                Kind::Text(..) => ("int", format!("LENGTH({name})")),
                Kind::Bytes(_) => (
                    "varchar(20) CHARACTER SET ascii",
                    format!("HEX(LEFT({name}, 5))"),
                ),
                Kind::Vector(_) => continue,
                _ => ("tinyint(1)", format!("IF({name} IS NULL, 0, 1)")),
            };
            let stored = *dice.one_of(&["STORED", "VIRTUAL"]);
            let invisible = if dice.below(5) == 0 { " INVISIBLE" } else { "" };
            let comment = literal(&words::comment(dice));
            columns.push(Column {
                name: words::name(dice, words::FILLS, taken),
                spelled: format!("{kind} GENERATED ALWAYS AS ({expression}) {stored}{invisible} COMMENT {comment}"),
                kind: Kind::Integer { bits: 32, unsigned: false },
                nullable: true,
                generated: true,
                counts: false,
                long: false,
                compressed: false,
            });
        }
    }

    pub fn keys(&mut self, dice: &mut Dice, columns: &[Column], flavor: Flavor, engine: &str) {
        let fitting: Vec<&Column> = columns
            .iter()
            .filter(|column| column.may_be_indexed())
            .collect();
        for number in 0..dice.below(4) {
            if fitting.is_empty() {
                break;
            }
            let mut chosen: Vec<&Column> = Vec::new();
            for _ in 0..1 + dice.below(3) {
                let column = *dice.one_of(&fitting);
                if chosen.iter().all(|other| other.name != column.name) {
                    chosen.push(column);
                }
            }
            let unique = dice.below(3) == 0 && chosen.iter().all(|column| !column.generated);
            self.may_be_cut &= !unique;
            let listed: Vec<String> = chosen
                .iter()
                .map(|column| part(dice, column, flavor, 15))
                .collect();
            let mut tail = String::new();
            if dice.below(4) == 0 {
                tail = format!(" COMMENT {}", literal(&words::comment(dice)));
            }
            if dice.below(8) == 0 {
                tail += if flavor == Flavor::MySql {
                    " INVISIBLE"
                } else {
                    " IGNORED"
                };
            }
            let unique = if unique { "UNIQUE " } else { "" };
            let name = quote(&format!(
                "k{number}{}",
                words::name(dice, words::FILLS, &mut BTreeSet::new())
                    .chars()
                    .take(60)
                    .collect::<String>()
                    .trim_end()
            ));
            self.pieces
                .push(format!("{unique}KEY {name} ({}){tail}", listed.join(", ")));
        }
        self.searched(dice, columns, flavor, engine);
    }

    /// FULLTEXT and SPATIAL keys, and those of expressions.
    fn searched(&mut self, dice: &mut Dice, columns: &[Column], flavor: Flavor, engine: &str) {
        if engine == "MEMORY" {
            return;
        }
        for column in columns
            .iter()
            .filter(|column| !column.generated && !column.compressed)
        {
            let name = quote(&column.name);
            match column.kind {
                Kind::Text(charset, _)
                    if !charset.starts_with("utf16")
                        && !matches!(charset, "utf32" | "ucs2")
                        && dice.below(10) == 0 =>
                {
                    self.may_be_cut = false;
                    self.pieces.push(format!("FULLTEXT KEY ({name})"));
                }
                Kind::Geometry(_, srid)
                    if !column.nullable
                        && (srid > 0 || flavor == Flavor::MariaDb)
                        && dice.coin() =>
                {
                    self.may_be_cut = false;
                    self.pieces.push(format!("SPATIAL KEY ({name})"));
                }
                Kind::Integer { .. }
                    if flavor == Flavor::MySql
                        && engine == "InnoDB"
                        && !column.counts
                        && dice.below(8) == 0 =>
                {
                    self.pieces
                        .push(format!("KEY (({name} DIV 3) DESC, {name})"));
                }
                _ => {}
            }
        }
    }

    pub fn checks(&mut self, dice: &mut Dice, columns: &[Column], flavor: Flavor) {
        for column in columns
            .iter()
            .filter(|column| !column.counts && !column.generated)
        {
            if dice.below(12) > 0 || matches!(column.kind, Kind::Vector(_)) {
                continue;
            }
            let name = quote(&column.name);
            let rule = match column.kind {
                Kind::Integer { .. } => format!("{name} <> 13"),
                Kind::Text(..) => {
                    format!("{name} <> 'it''s \"' AND CHAR_LENGTH({name}) < 4000")
                }
                _ => format!("{name} IS NOT NULL OR 1 = 1"),
            };
            let off = match flavor == Flavor::MySql && dice.below(3) == 0 {
                true => " NOT ENFORCED",
                false => "",
            };
            let constraint = match dice.coin() {
                true => format!("CONSTRAINT {} ", quote(&format!("check {}", dice.next()))),
                false => String::new(),
            };
            self.pieces.push(format!("{constraint}CHECK ({rule}){off}"));
        }
    }
}

/// A column in a key: long ones by their beginning.
fn part(dice: &mut Dice, column: &Column, flavor: Flavor, most: usize) -> String {
    let name = quote(&column.name);
    let length = match column.kind {
        Kind::Text(_, length) | Kind::Bytes(length) => length,
        _ => 0,
    };
    let prefix = match column.long {
        true => format!("({most})"),
        false if length > 9 && !column.generated && dice.below(4) == 0 => "(5)".into(),
        false => String::new(),
    };
    let descending = dice.below(5) == 0 && (flavor == Flavor::MySql || !column.generated);
    format!("{name}{prefix}{}", if descending { " DESC" } else { "" })
}
