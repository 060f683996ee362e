//! What a database holds: `sqlite_schema` and the pragmas, read in a fixed number of statements.
//!
//! A table's definition is its CREATE TABLE as stored, followed by its CREATE INDEX statements, so that
//! partial and expression indexes, STRICT, WITHOUT ROWID and the like travel word for word.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Row};

use super::text::{self, ColumnText};
use super::{cells, sizes, statement};
use crate::engines::Result;
use crate::model::catalog::{
    Catalog, Column, ForeignKey, Generated, Index, IndexPart, Object, ObjectKind, Table,
};

/// What `options` of a catalog calls the position of a table's AUTOINCREMENT.
pub const SEQUENCE: &str = "sequence of ";

/// Settings of a file that a copy takes over, as pragmas.
pub const SETTINGS: [&str; 5] = [
    "application_id",
    "auto_vacuum",
    "encoding",
    "page_size",
    "user_version",
];

/// Reads the catalog, all of it at one moment.
pub fn read(connection: &Connection, database: &str) -> Result<Catalog> {
    let inspect = || -> rusqlite::Result<Catalog> {
        let moment = connection.unchecked_transaction()?;
        let catalog = inspect(&moment, database);
        moment.finish()?;
        catalog
    };
    inspect().map_err(|cause| statement(format!("inspect {database}"), cause))
}

/// The settings of the file, and its journal mode.
pub fn settings(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let names = SETTINGS.into_iter().chain(["journal_mode"]);
    let mut options = names
        .map(|name| Ok((name.to_string(), pragma(connection, name)?)))
        .collect::<rusqlite::Result<Vec<_>>>()?;
    options.sort();
    Ok(options)
}

/// The value of a pragma, as text.
pub fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<String> {
    connection.pragma_query_value(None, name, |row| cells::printed(row.get_ref(0)?))
}

fn inspect(connection: &Connection, database: &str) -> rusqlite::Result<Catalog> {
    let mut found = Found::default();
    found.read(connection)?;
    let mut catalog = Catalog {
        database: database.to_string(),
        options: settings(connection)?,
        objects: found.objects,
        tables: found.tables.into_values().collect(),
        ..Catalog::default()
    };
    // Triggers keep the order in which they were made: it decides the order in which they fire.
    catalog.objects.sort_by_key(|object| {
        let name = (object.kind != ObjectKind::Trigger).then(|| object.name.clone());
        (object.kind, name)
    });
    sizes::measure(connection, &mut catalog.tables)?;
    catalog.options.extend(sequences(connection)?);
    catalog.options.sort();
    Ok(catalog)
}

#[derive(Default)]
struct Found {
    tables: BTreeMap<String, Table>,
    columns: BTreeMap<String, Vec<ColumnText>>,
    /// The CREATE INDEX statements by name.
    indexes: BTreeMap<String, String>,
    objects: Vec<Object>,
}

impl Found {
    fn read(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        each(connection, include_str!("sql/objects.sql"), |row| {
            self.entry(row)
        })?;
        let mut positions = BTreeMap::new();
        each(connection, include_str!("sql/columns.sql"), |row| {
            self.column(row, &mut positions)
        })?;
        each(connection, include_str!("sql/indexes.sql"), |row| {
            self.index_part(row)
        })?;
        each(connection, include_str!("sql/foreign_keys.sql"), |row| {
            self.foreign_key(row)
        })?;
        self.primary_keys(&positions);
        self.implied_parents();
        for table in self.tables.values_mut() {
            table
                .indexes
                .sort_by_key(|index| (!index.primary, index.name.clone()));
        }
        Ok(())
    }

    fn entry(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let (kind, name, owner): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let sql: Option<String> = row.get(3)?;
        let Some(sql) = sql else { return Ok(()) };
        let listed: Option<String> = row.get(4)?;
        match (kind.as_str(), listed.as_deref()) {
            ("table", Some("shadow")) => {}
            ("table", _) if sql.starts_with("CREATE VIRTUAL") => {
                self.objects.push(virtual_table(name, sql));
            }
            ("table", _) => {
                let options = [(5, "without rowid"), (6, "strict")].into_iter();
                let set = options
                    .filter_map(|(at, option)| match row.get::<_, Option<bool>>(at) {
                        Ok(Some(true)) => Some((option.to_string(), "yes".to_string())),
                        _ => None,
                    })
                    .collect();
                self.table(name, sql, set);
            }
            ("index", _) => {
                if let Some(table) = self.tables.get_mut(&owner) {
                    table.definition = format!("{};\n{sql}", table.definition);
                }
                self.indexes.insert(name, sql);
            }
            ("view", _) => self.objects.push(object(ObjectKind::View, name, None, sql)),
            ("trigger", _) => {
                self.objects
                    .push(object(ObjectKind::Trigger, name, Some(owner), sql));
            }
            _ => {}
        }
        Ok(())
    }

    fn table(&mut self, name: String, sql: String, mut options: Vec<(String, String)>) {
        let said = text::table(&sql);
        if said.columns.iter().any(|column| column.autoincrement) {
            options.push(("autoincrement".into(), "yes".into()));
        }
        options.sort();
        let table = Table {
            name: name.clone(),
            checks: said.checks,
            options,
            definition: sql,
            transactional: true,
            ..Table::default()
        };
        self.columns.insert(name.clone(), said.columns);
        self.tables.insert(name, table);
    }

    fn column(
        &mut self,
        row: &Row<'_>,
        positions: &mut BTreeMap<String, Vec<(i64, String)>>,
    ) -> rusqlite::Result<()> {
        let (owner, name): (String, String) = (row.get(0)?, row.get(1)?);
        let Some(table) = self.tables.get_mut(&owner) else {
            return Ok(());
        };
        let said = self
            .columns
            .get(&owner)
            .and_then(|columns| columns.iter().find(|column| same_name(&column.name, &name)));
        let hidden: i64 = row.get(6)?;
        let key: i64 = row.get(5)?;
        if key > 0 {
            positions
                .entry(owner)
                .or_default()
                .push((key, name.clone()));
        }
        table.columns.push(Column {
            name,
            kind: row.get(2)?,
            nullable: !row.get::<_, bool>(3)?,
            default: row.get(4)?,
            generated: (hidden == 2 || hidden == 3).then(|| Generated {
                expression: said
                    .and_then(|said| said.generated.clone())
                    .unwrap_or_default(),
                stored: hidden == 3,
            }),
            collation: said.and_then(|said| said.collation.clone()),
            ..Column::default()
        });
        Ok(())
    }

    fn index_part(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let (owner, name, origin): (String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(3)?);
        let Some(table) = self.tables.get_mut(&owner) else {
            return Ok(());
        };
        let said = self
            .indexes
            .get(&name)
            .map(|sql| text::index(sql))
            .unwrap_or_default();
        let primary = origin == "pk";
        let shown = if primary { "PRIMARY".to_string() } else { name };
        if table.indexes.last().is_none_or(|index| index.name != shown) {
            table.indexes.push(Index {
                name: shown,
                primary,
                unique: row.get(2)?,
                method: "BTREE".into(),
                parts: Vec::new(),
                extra: said.condition,
            });
        }
        let Some(index) = table.indexes.last_mut() else {
            return Ok(());
        };
        let column: Option<String> = row.get(4)?;
        let expression = match &column {
            None => said.parts.get(index.parts.len()).cloned(),
            Some(_) => None,
        };
        let own = table
            .columns
            .iter()
            .find(|own| column.as_ref() == Some(&own.name));
        if let Some(collation) = foreign_collation(own, row.get(6)?) {
            let part = index.parts.len() + 1;
            let extra = format!("{} part {part} COLLATE {collation}", index.extra);
            index.extra = extra.trim().into();
        }
        index.parts.push(IndexPart {
            column: column.unwrap_or_default(),
            expression,
            prefix: None,
            descending: row.get(5)?,
        });
        Ok(())
    }

    fn foreign_key(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let owner: String = row.get(0)?;
        let Some(table) = self.tables.get_mut(&owner) else {
            return Ok(());
        };
        // Foreign keys have no names of their own here; their number tells the columns of one from the next.
        let number = row.get::<_, i64>(1)?.to_string();
        if table
            .foreign_keys
            .last()
            .is_none_or(|key| key.name != number)
        {
            table.foreign_keys.push(ForeignKey {
                name: number,
                parent: row.get(2)?,
                on_update: row.get(5)?,
                on_delete: row.get(6)?,
                ..ForeignKey::default()
            });
        }
        if let Some(key) = table.foreign_keys.last_mut() {
            key.columns.push(row.get(3)?);
            key.parent_columns.extend(row.get::<_, Option<String>>(4)?);
        }
        Ok(())
    }

    /// A lone INTEGER PRIMARY KEY is the rowid itself: it has no index, and is never NULL.
    fn primary_keys(&mut self, positions: &BTreeMap<String, Vec<(i64, String)>>) {
        for (owner, columns) in positions {
            let Some(table) = self.tables.get_mut(owner) else {
                continue;
            };
            if table.indexes.iter().any(|index| index.primary) {
                continue;
            }
            let mut columns = columns.clone();
            columns.sort();
            for column in &mut table.columns {
                if columns.iter().any(|(_, name)| *name == column.name) {
                    column.nullable = false;
                }
            }
            let part = |(_, column): &(i64, String)| IndexPart {
                column: column.clone(),
                ..IndexPart::default()
            };
            table.indexes.push(Index {
                name: "PRIMARY".into(),
                primary: true,
                unique: true,
                method: "ROWID".into(),
                parts: columns.iter().map(part).collect(),
                extra: String::new(),
            });
        }
    }

    /// A foreign key that names no columns means the parent's primary key.
    fn implied_parents(&mut self) {
        let primary: BTreeMap<String, Vec<String>> = self
            .tables
            .values()
            .filter_map(|table| {
                let index = table.indexes.iter().find(|index| index.primary)?;
                let columns = index.parts.iter().map(|part| part.column.clone()).collect();
                Some((table.name.to_lowercase(), columns))
            })
            .collect();
        for table in self.tables.values_mut() {
            for key in &mut table.foreign_keys {
                if key.parent_columns.is_empty() {
                    let columns = primary.get(&key.parent.to_lowercase()).cloned();
                    key.parent_columns = columns.unwrap_or_default();
                }
                key.name = format!("{}_fk", key.columns.join("_"));
            }
            table
                .foreign_keys
                .sort_by(|left, right| left.name.cmp(&right.name));
        }
    }
}

/// The collation of an index part, where it is not the column's.
fn foreign_collation(column: Option<&Column>, collation: Option<String>) -> Option<String> {
    let own = column
        .and_then(|column| column.collation.as_deref())
        .unwrap_or("BINARY");
    collation.filter(|name| !name.eq_ignore_ascii_case(own))
}

fn object(kind: ObjectKind, name: String, table: Option<String>, definition: String) -> Object {
    Object {
        kind,
        name,
        table,
        definition,
        session: Vec::new(),
        definer: None,
        obstacle: None,
    }
}

fn virtual_table(name: String, sql: String) -> Object {
    let tokens = text::tokens(&sql);
    let using = tokens.iter().position(|token| token.is("USING"));
    let module = using
        .and_then(|at| tokens.get(at + 1))
        .map_or("?", |token| token.text);
    let obstacle = format!("a virtual table ({module}): its rows lie in the module's own tables");
    Object {
        obstacle: Some(obstacle),
        ..object(ObjectKind::VirtualTable, name, None, sql.clone())
    }
}

fn same_name(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
}

/// Where each AUTOINCREMENT stands.
fn sequences(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let mut positions = BTreeSet::new();
    if connection.table_exists(None, "sqlite_sequence")? {
        each(connection, "SELECT name, seq FROM sqlite_sequence", |row| {
            let (Ok(table), Ok(position)) = (row.get::<_, String>(0), row.get::<_, i64>(1)) else {
                return Ok(());
            };
            positions.insert((format!("{SEQUENCE}{table}"), position.to_string()));
            Ok(())
        })?;
    }
    Ok(positions.into_iter().collect())
}

/// Calls back for each row.
pub fn each(
    connection: &Connection,
    sql: &str,
    mut row: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(found) = rows.next()? {
        row(found)?;
    }
    Ok(())
}
