//! Foreign keys that cross the border of a swap: a table on one side of them is replaced, the other stays.
//!
//! RENAME takes a key along with the old parent, into the database that is dropped at the end. Keys of tables
//! that stay therefore step aside for the swap and come back; what cannot come back is refused before.

use super::dialect::{quote, text};
use super::session::Session;
use crate::engines::{Error, Result, TargetWork};
use crate::model::catalog::{Catalog, ForeignKey, Table};
use crate::model::units::counted;

/// The foreign keys of live tables that stay, to tables that are replaced.
pub struct Outside {
    keys: Vec<(String, ForeignKey)>,
}

impl Outside {
    pub fn of(work: &TargetWork) -> Outside {
        let keys = kept(work)
            .filter(|(_, key)| work.tables.contains(&key.parent))
            .map(|(table, key)| (table.name.clone(), key.clone()));
        Outside {
            keys: keys.collect(),
        }
    }

    /// Refuses keys that the swap would break for good; nothing has been written yet.
    pub async fn refuse(session: &mut Session, work: &TargetWork) -> Result<()> {
        refuse_removed_parents(work)?;
        refuse_other_kinds(work)?;
        refuse_other_databases(session, work).await
    }

    /// Refuses rows that would point at rows that are not there after the swap (D06): of tables that stay, and
    /// of staged tables whose parent stays.
    pub async fn check(
        &self,
        session: &mut Session,
        work: &TargetWork,
        staging: &str,
    ) -> Result<()> {
        let live = |table: &str| place(&work.database, table);
        let staged = |table: &str| place(staging, table);
        for (table, key) in &self.keys {
            let orphans = orphans(session, &live(table), &staged(&key.parent), key).await?;
            let stays = format!("{table}, which stays,");
            refuse_orphans(orphans, &stays, table, key)?;
        }
        let parents = |name: &String| {
            work.before
                .as_ref()
                .is_some_and(|before| before.table(name).is_some())
        };
        for table in work
            .tables
            .iter()
            .filter_map(|name| work.source.table(name))
        {
            let to_kept = |key: &&ForeignKey| {
                key.parent_database.is_none()
                    && !work.tables.contains(&key.parent)
                    && parents(&key.parent)
            };
            for key in table.foreign_keys.iter().filter(to_kept) {
                let orphans =
                    orphans(session, &staged(&table.name), &live(&key.parent), key).await?;
                refuse_orphans(orphans, &table.name, &key.parent, key)?;
            }
        }
        Ok(())
    }

    pub async fn detach(&self, session: &mut Session, database: &str) -> Result<()> {
        for (table, key) in &self.keys {
            let name = quote(&key.name);
            let sql = format!(
                "ALTER TABLE {} DROP FOREIGN KEY {name}",
                place(database, table)
            );
            session
                .run(&format!("set foreign key {} aside", key.name), &sql)
                .await?;
        }
        Ok(())
    }

    /// Puts every key back that is not there; returns those that could not be.
    pub async fn attach(
        &self,
        session: &mut Session,
        database: &str,
    ) -> Result<Vec<(String, Error)>> {
        let mut failures = Vec::new();
        for (table, key) in &self.keys {
            if is_there(session, database, table, &key.name).await? {
                continue;
            }
            let sql = format!(
                "ALTER TABLE {} ADD {}",
                place(database, table),
                spelled(key, database)
            );
            match session
                .run(
                    &format!("put foreign key {} of {table} back", key.name),
                    &sql,
                )
                .await
            {
                Err(error @ Error::Lost { .. }) => return Err(error),
                Err(error) => {
                    failures.push((format!("foreign key {} of {table}", key.name), error));
                }
                Ok(_) => {}
            }
        }
        Ok(failures)
    }
}

/// `CONSTRAINT name FOREIGN KEY …` with the parent in this database.
pub fn spelled(key: &ForeignKey, database: &str) -> String {
    let names = |columns: &[String]| {
        columns
            .iter()
            .map(|name| quote(name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let action = |event: &str, action: &str| match action {
        "" => String::new(),
        action => format!(" ON {event} {action}"),
    };
    format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({}){}{}",
        quote(&key.name),
        names(&key.columns),
        place(database, &key.parent),
        names(&key.parent_columns),
        action("DELETE", &key.on_delete),
        action("UPDATE", &key.on_update)
    )
}

fn place(database: &str, table: &str) -> String {
    format!("{}.{}", quote(database), quote(table))
}

/// The foreign keys, within the database, of live tables that stay.
fn kept(work: &TargetWork) -> impl Iterator<Item = (&Table, &ForeignKey)> {
    let stays =
        |table: &&Table| !work.tables.contains(&table.name) && !work.removed.contains(&table.name);
    let tables = work
        .before
        .iter()
        .flat_map(move |catalog: &Catalog| catalog.tables.iter().filter(stays));
    tables
        .flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)))
        .filter(|(_, key)| key.parent_database.is_none())
}

fn refuse_removed_parents(work: &TargetWork) -> Result<()> {
    match kept(work).find(|(_, key)| work.removed.contains(&key.parent)) {
        None => Ok(()),
        Some((table, key)) => Err(Error::Refused {
            problem: format!(
                "{}, which stays, refers to {}, which would be removed",
                table.name, key.parent
            ),
            mend: format!("--exclude {} too, or --keep-extra", key.parent),
        }),
    }
}

/// A key fits only columns of one type: a kept child must fit the new parent.
fn refuse_other_kinds(work: &TargetWork) -> Result<()> {
    for (table, key) in kept(work).filter(|(_, key)| work.tables.contains(&key.parent)) {
        let Some(parent) = work.source.table(&key.parent) else {
            continue;
        };
        let is_indexed = parent.indexes.iter().any(|index| {
            let columns = index.parts.iter().map(|part| &part.column);
            index.parts.len() >= key.parent_columns.len()
                && columns
                    .zip(&key.parent_columns)
                    .all(|(one, other)| one == other)
        });
        if !is_indexed {
            let why = format!("no index begins with {}", key.parent_columns.join(", "));
            return Err(misfit(table, key, &why));
        }
        if !parent.transactional {
            return Err(misfit(
                table,
                key,
                "it becomes a table without foreign keys",
            ));
        }
        for (child, column) in key.columns.iter().zip(&key.parent_columns) {
            let kinds = (table.column(child), parent.column(column));
            let (Some(old), Some(new)) = kinds else {
                return Err(misfit(
                    table,
                    key,
                    &format!("{column} is not there any more"),
                ));
            };
            if (&old.kind, &old.collation) != (&new.kind, &new.collation) {
                return Err(misfit(
                    table,
                    key,
                    &format!("{column} becomes {}", new.kind),
                ));
            }
        }
    }
    Ok(())
}

fn misfit(table: &Table, key: &ForeignKey, why: &str) -> Error {
    Error::Refused {
        problem: format!(
            "{}, which stays, would not fit {} any more (foreign key {}): {why}",
            table.name, key.parent, key.name
        ),
        mend: format!("sync {} too", table.name),
    }
}

/// Keys of other databases would follow the old tables and be lost.
async fn refuse_other_databases(session: &mut Session, work: &TargetWork) -> Result<()> {
    let Some(before) = &work.before else {
        return Ok(());
    };
    let sql = format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, REFERENCED_TABLE_NAME \
           FROM information_schema.KEY_COLUMN_USAGE \
          WHERE REFERENCED_TABLE_SCHEMA = {0} AND CAST(REFERENCED_TABLE_SCHEMA AS BINARY) = {0} \
            AND CAST(TABLE_SCHEMA AS BINARY) <> {0} AND TABLE_SCHEMA NOT LIKE '\\\\_maestro%'",
        text(&before.database)
    );
    let rows = session
        .rows("look for foreign keys of other databases", &sql)
        .await?;
    let moves = |table: &String| work.tables.contains(table) || work.removed.contains(table);
    match rows.iter().find(|row| moves(&row.text(3))) {
        None => Ok(()),
        Some(row) => Err(Error::Refused {
            problem: format!(
                "{}.{} refers to {} from another database (foreign key {}): replacing the table would break it",
                row.text(0),
                row.text(1),
                row.text(3),
                row.text(2)
            ),
            mend: format!("--exclude {}, or drop that foreign key first", row.text(3)),
        }),
    }
}

/// Whether a table has a foreign key of this name.
pub async fn is_there(
    session: &mut Session,
    database: &str,
    table: &str,
    key: &str,
) -> Result<bool> {
    let sql = format!(
        "SELECT COUNT(*) FROM information_schema.TABLE_CONSTRAINTS \
          WHERE CONSTRAINT_SCHEMA = {} AND TABLE_NAME = {} AND CONSTRAINT_NAME = {} AND CONSTRAINT_TYPE = 'FOREIGN KEY'",
        text(database),
        text(table),
        text(key)
    );
    let rows = session.rows("look for a foreign key", &sql).await?;
    Ok(rows.first().is_some_and(|row| row.number(0) > 0))
}

/// How many rows of `child` refer to no row of `parent`.
async fn orphans(
    session: &mut Session,
    child: &str,
    parent: &str,
    key: &ForeignKey,
) -> Result<u64> {
    let pairs = key.columns.iter().zip(&key.parent_columns);
    let joined: Vec<String> = pairs
        .map(|(child, parent)| format!("child.{} = parent.{}", quote(child), quote(parent)))
        .collect();
    let held: Vec<String> = key
        .columns
        .iter()
        .map(|column| format!("child.{} IS NOT NULL", quote(column)))
        .collect();
    let sql = format!(
        "SELECT COUNT(*) FROM {child} AS child LEFT JOIN {parent} AS parent ON {} WHERE {} AND parent.{} IS NULL",
        joined.join(" AND "),
        held.join(" AND "),
        quote(&key.parent_columns[0])
    );
    let rows = session.rows("check foreign keys", &sql).await?;
    Ok(rows.first().map(|row| row.number(0)).unwrap_or_default())
}

fn refuse_orphans(orphans: u64, child: &str, mend: &str, key: &ForeignKey) -> Result<()> {
    if orphans == 0 {
        return Ok(());
    }
    Err(Error::Refused {
        problem: format!(
            "{} of {child} would point at rows of {} that are not there (foreign key {})",
            counted(orphans as usize, "row"),
            key.parent,
            key.name
        ),
        mend: format!("sync {mend} too"),
    })
}
