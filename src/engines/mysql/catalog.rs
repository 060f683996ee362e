//! What a database of the MySQL family holds, read in three round trips whatever the number of tables.
//!
//! The first asks whether it is only half filled, the second asks the information schema everything; the third
//! carries a SHOW CREATE for each table and program. Where the server refuses one of those, only then they are asked
//! for one by one, and the refusal becomes the object's obstacle.

use std::collections::{BTreeMap, HashMap};

use super::Flavour;
use super::definition;
use super::dialect::{quote, text};
use super::marks::MARKS;
use super::session::{Row, Session, number};
use super::tokens::tokens;
use super::{definers, history, qualifiers, sequences};
use crate::engines::Result;
use crate::model::catalog::{
    Catalog, Check, Column, ForeignKey, Generated, Index, IndexPart, Object, ObjectKind, Table,
};
use crate::model::units::{Bytes, Rows};

const MARIADB: &str = include_str!("sql/catalog_mariadb.sql");
const MYSQL: &str = include_str!("sql/catalog_mysql.sql");

/// Reads the catalog of one database; None when there is no such database, or only a half-filled one.
pub async fn read(
    session: &mut Session,
    flavour: &Flavour,
    database: &str,
) -> Result<Option<Catalog>> {
    let action = format!("read the catalog of {database}");
    // Nothing else of a half-filled one counts, and all of it may be much.
    let name = text(database);
    let sql = format!(
        "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = {name} \
         AND CAST(TABLE_SCHEMA AS BINARY) = {name} AND TABLE_NAME = '{MARKS}'"
    );
    let marked = session.rows(&action, &sql).await?;
    if marked.first().is_some_and(|row| row.number(0) > 0) {
        return Ok(None);
    }
    let sql = if flavour.mariadb { MARIADB } else { MYSQL };
    let answers = session
        .results(&action, &sql.replace("{database}", &text(database)))
        .await?;
    let [
        schema,
        tables,
        columns,
        statistics,
        usage,
        checks,
        programs @ ..,
    ] = &answers[..]
    else {
        return Ok(None);
    };
    let Some(schema) = schema.first() else {
        return Ok(None);
    };
    let mut catalog = Catalog {
        database: database.to_string(),
        charset: schema.optional(1),
        collation: schema.optional(2),
        tables: tables
            .iter()
            .filter(|row| is_table(row))
            .map(table)
            .collect(),
        objects: programs.iter().flatten().filter_map(object).collect(),
        options: Vec::new(),
    };
    let mut sequences: Vec<Object> = tables
        .iter()
        .filter(|row| row.text(1) == "SEQUENCE")
        .map(sequence)
        .collect();
    sequences.sort_by(|left, right| left.name.cmp(&right.name));
    catalog.objects.extend(sequences);
    let parts = Parts {
        columns,
        statistics,
        usage,
        checks,
        database,
    };
    parts.fill(&mut catalog.tables);
    for table in &mut catalog.tables {
        table.history = history::of(table, flavour);
    }
    define(session, database, &mut catalog).await?;
    catalog
        .tables
        .sort_by(|left, right| left.name.cmp(&right.name));
    catalog.objects.sort_by_key(|object| object.kind);
    Ok(Some(catalog))
}

fn is_table(row: &Row) -> bool {
    matches!(row.text(1).as_str(), "BASE TABLE" | "SYSTEM VERSIONED")
}

fn table(row: &Row) -> Table {
    let engine = row.text(2);
    let history = match row.text(1).as_str() {
        "SYSTEM VERSIONED" => "system versioned",
        _ => "",
    };
    // SHOW CREATE prints what is the rule; made from that, the copy has it as an option.
    let options = match engine.as_str() {
        "Aria" => row.text(7).replace("page_checksum=1", ""),
        _ => row.text(7),
    };
    let options = [
        ("engine", engine.clone()),
        ("collation", row.text(5)),
        ("row format", row.text(6)),
        ("options", options.trim().to_string()),
        ("comment", row.text(8)),
        ("history", history.to_string()),
    ];
    Table {
        name: row.text(0),
        rows: Rows(row.number(3)),
        bytes: Bytes(row.number(4)),
        transactional: engine.eq_ignore_ascii_case("InnoDB"),
        options: options
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_string(), value))
            .collect(),
        ..Table::default()
    }
}

fn sequence(row: &Row) -> Object {
    Object {
        kind: ObjectKind::Sequence,
        name: row.text(0),
        table: None,
        definition: String::new(),
        session: Vec::new(),
        obstacle: None,
        definer: None,
    }
}

fn object(row: &Row) -> Option<Object> {
    let kind = match row.text(0).as_str() {
        "VIEW" => ObjectKind::View,
        "TRIGGER" => ObjectKind::Trigger,
        "FUNCTION" => ObjectKind::Function,
        "PROCEDURE" => ObjectKind::Procedure,
        "PACKAGE" => ObjectKind::Package,
        "PACKAGE BODY" => ObjectKind::PackageBody,
        "EVENT" => ObjectKind::Event,
        _ => return None,
    };
    let settings = [
        ("character_set_client", row.text(4)),
        ("collation_connection", row.text(5)),
        ("sql_mode", row.text(3)),
        ("time_zone", row.text(6)),
    ];
    // A routine without modes has an empty sql_mode, which must be set too; a view has none.
    let kept = |name: &str, value: &str| {
        !value.is_empty() || name == "sql_mode" && kind != ObjectKind::View
    };
    Some(Object {
        kind,
        name: row.text(1),
        table: row.optional(2).filter(|table| !table.is_empty()),
        definition: String::new(),
        session: settings
            .into_iter()
            .filter(|(name, value)| kept(name, value))
            .map(|(name, value)| (name.to_string(), value))
            .collect(),
        obstacle: None,
        // MariaDB says of some roles `role@`.
        definer: row
            .optional(7)
            .map(|definer| definer.strip_suffix('@').unwrap_or(&definer).to_string()),
    })
}

/// The answers about columns and keys, for all tables.
struct Parts<'a> {
    columns: &'a [Row],
    statistics: &'a [Row],
    usage: &'a [Row],
    checks: &'a [Row],
    database: &'a str,
}

impl Parts<'_> {
    fn fill(&self, tables: &mut [Table]) {
        let columns = by_table(self.columns);
        let statistics = by_table(self.statistics);
        let usage = by_table(self.usage);
        let checks = by_table(self.checks);
        for table in tables {
            let name = table.name.clone();
            table.columns = of(&columns, &name).into_iter().map(column).collect();
            table.indexes = indexes(of(&statistics, &name));
            table.foreign_keys = self.foreign_keys(of(&usage, &name));
            table.checks = of(&checks, &name)
                .into_iter()
                .map(|row| Check {
                    name: row.text(1),
                    expression: row.text(2),
                })
                .collect();
        }
    }

    /// The actions are read from the definitions later: the information schema names defaults too.
    fn foreign_keys(&self, usage: Vec<&Row>) -> Vec<ForeignKey> {
        let mut keys: BTreeMap<String, ForeignKey> = BTreeMap::new();
        for row in usage {
            let name = row.text(1);
            let key = keys.entry(name.clone()).or_insert_with(|| ForeignKey {
                name,
                parent_database: row.optional(3).filter(|parent| parent != self.database),
                parent: row.text(4),
                ..ForeignKey::default()
            });
            key.columns.push(row.text(2));
            key.parent_columns.push(row.text(5));
        }
        keys.into_values().collect()
    }
}

fn of<'a>(rows: &HashMap<String, Vec<&'a Row>>, table: &str) -> Vec<&'a Row> {
    rows.get(table).cloned().unwrap_or_default()
}

fn by_table(rows: &[Row]) -> HashMap<String, Vec<&Row>> {
    let mut map: HashMap<String, Vec<&Row>> = HashMap::new();
    for row in rows {
        map.entry(row.text(0)).or_default().push(row);
    }
    map
}

fn column(row: &Row) -> Column {
    let extra = row.text(5);
    let expression = row.optional(9).filter(|expression| !expression.is_empty());
    Column {
        name: row.text(1),
        kind: row.text(2),
        nullable: row.text(3) == "YES",
        default: row.optional(4),
        generated: expression.map(|expression| Generated {
            expression,
            stored: extra.to_uppercase().contains("STORED"),
        }),
        charset: row.optional(6),
        collation: row.optional(7),
        comment: row.text(8),
        extra,
        read_as: None,
        crosses: false,
    }
}

fn indexes(rows: Vec<&Row>) -> Vec<Index> {
    let mut indexes: Vec<Index> = Vec::new();
    for row in rows {
        let name = row.text(1);
        if indexes.last().is_none_or(|index| index.name != name) {
            let hidden = if row.text(9) == "NO" {
                " invisible"
            } else {
                ""
            };
            indexes.push(Index {
                primary: name == "PRIMARY",
                unique: row.text(2) == "0",
                method: row.text(6),
                extra: format!("{}{hidden}", row.text(7)),
                parts: Vec::new(),
                name,
            });
        }
        indexes
            .last_mut()
            .expect("an index is open")
            .parts
            .push(IndexPart {
                column: row.text(3),
                expression: row.optional(8),
                prefix: row.text(4).parse().ok(),
                descending: row.text(5) == "D",
            });
    }
    indexes.sort_by_key(|index| !index.primary);
    indexes
}

/// MariaDB 10.5 prints a default of bytes as it is, and the way to a character set would bend it (A01).
const RAW: &str = "SET character_set_results = binary";
const TEXT: &str = "SET character_set_results = utf8mb4";

/// Fills in the definitions of tables and objects: one packet of SHOW CREATE statements.
async fn define(session: &mut Session, database: &str, catalog: &mut Catalog) -> Result<()> {
    let place = |name: &str| format!("{}.{}", quote(database), quote(name));
    let tables = catalog
        .tables
        .iter()
        .map(|table| format!("SHOW CREATE TABLE {}", place(&table.name)));
    let objects = catalog
        .objects
        .iter()
        .filter(|object| object.obstacle.is_none())
        .map(|object| {
            format!(
                "SHOW CREATE {} {}",
                object.kind.name().to_uppercase(),
                place(&object.name)
            )
        });
    // Within its own database a view's text names its tables without the database.
    let enter = format!("USE {}", quote(database));
    let asked = |sql: String| (sql, true);
    let steps: Vec<(String, bool)> = [(enter, false), (RAW.to_string(), false)]
        .into_iter()
        .chain(tables.map(asked))
        .chain([(TEXT.to_string(), false)])
        .chain(objects.map(asked))
        .collect();
    let packet: Vec<&str> = steps.iter().map(|(sql, _)| sql.as_str()).collect();
    let shown = match session
        .results("read definitions", &packet.join("; "))
        .await
    {
        Ok(answers) => {
            let answers = answers.into_iter().zip(&steps);
            let asked = answers.filter(|(_, (_, is_asked))| *is_asked);
            asked.map(|(answer, _)| Ok(answer)).collect::<Vec<_>>()
        }
        Err(_) => {
            let mut answers = Vec::new();
            for (sql, is_asked) in &steps {
                let answer = session.rows("read a definition", sql).await;
                match is_asked {
                    true => answers.push(answer),
                    false => drop(answer?),
                }
            }
            answers
        }
    };
    let mut shown = shown.into_iter();
    for table in &mut catalog.tables {
        let rows = match shown.next().unwrap_or_else(|| Ok(Vec::new())) {
            // 1142: the account sees the table and may not read it, which the survey says.
            Err(error) if number(&error) == Some(1142) => Vec::new(),
            rows => rows?,
        };
        let printed = rows.first().and_then(|row| row.bytes(1));
        let printed = printed.map(definition::readable).unwrap_or_default();
        table.definition = definition::with_keys_quoted(printed, &table.foreign_keys);
        for key in &mut table.foreign_keys {
            (key.on_delete, key.on_update) = definition::actions(&table.definition, &key.name);
        }
        table.sequences = sequences::drawn(&table.definition, database);
        if let Some(partitions) = definition::partitioning(&table.definition) {
            table.options.push(("partitions".into(), partitions));
        }
    }
    for object in catalog
        .objects
        .iter_mut()
        .filter(|object| object.obstacle.is_none())
    {
        let column = match object.kind {
            ObjectKind::View | ObjectKind::Sequence => 1,
            ObjectKind::Event => 3,
            _ => 2,
        };
        match shown.next().unwrap_or_else(|| Ok(Vec::new())) {
            Ok(rows) => match rows
                .first()
                .and_then(|row| row.optional(column))
                .filter(|text| !text.is_empty())
            {
                // MySQL keeps the semicolon of a statement that came with others in one packet.
                Some(definition) => {
                    object.definition = definition.trim_end_matches(';').to_string();
                    if object.kind == ObjectKind::View
                        && let Some(resolved) = qualifiers::resolved(object, database)
                    {
                        object.definition = resolved;
                    }
                    let modes = qualifiers::modes(object);
                    let text = tokens(&object.definition, modes);
                    if object.kind == ObjectKind::Trigger
                        && let Some(clause) = definers::clause(&text)
                    {
                        object.definition = clause.in_quotes(&text, modes);
                    }
                }
                None => {
                    object.obstacle = Some("its definition is not shown to this user".to_string())
                }
            },
            Err(error) => object.obstacle = Some(error.full()),
        }
    }
    Ok(())
}
