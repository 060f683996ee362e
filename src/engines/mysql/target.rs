//! One target database during one run: staging, one RENAME, and no trace of a run that failed.
//!
//! Tables are loaded into a staging database and go live in one `RENAME TABLE`. A database that does not
//! exist yet is filled in place instead, with a marker table in it while it is incomplete. What a run has made
//! stands in `_maestro.work` on the server from before the first write on, so that the next run can sweep it;
//! whether the run still lives tells its named lock.

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::catalog::INCOMPLETE;
use super::dialect::{quote, text};
use super::session::{Purpose, Session, number};
use super::{Flavour, Place, definition, marks, objects, snapshot};
use crate::engines::{Error, Loader, Result, Target, TargetWork};
use crate::model::batch::Digest;
use crate::model::catalog::{Catalog, ForeignKey, Object, Table};
use crate::model::units::{Bytes, Rows};

/// How often the swap asks for its locks, two seconds each time.
const SWAP_TRIES: usize = 5;

pub struct MySqlTarget {
    place: Place,
    work: TargetWork,
    /// Where tables are loaded: the staging database, or the new database itself.
    staging: String,
    /// Where replaced tables go.
    old: String,
    /// Foreign keys of tables that stay, whose parents are replaced: they leave for the swap.
    outside: Vec<(String, ForeignKey)>,
    packet_limit: Bytes,
    swept: Vec<String>,
    /// Holds the lock of the target database for as long as the target lives.
    session: Mutex<Session>,
}

impl MySqlTarget {
    pub async fn open(place: &Place, flavour: &Flavour, work: &TargetWork) -> Result<MySqlTarget> {
        let mut session = place.open(Purpose::Definitions).await?;
        if flavour.mariadb {
            // Rows that a CHECK added later would refuse are still rows of the source.
            session
                .run(
                    "set the session up",
                    "SET SESSION check_constraint_checks = 0",
                )
                .await?;
        }
        marks::lock(&mut session, &work.database).await?;
        session
            .run("make the database of marks", include_str!("sql/marks.sql"))
            .await?;
        let mut swept = marks::sweep(&mut session, &work.database).await?;
        swept.extend(marks::sweep_unnoted(&mut session, work).await?);
        let id: String = work.run.chars().filter(|c| *c != '-').collect();
        let name = |part: &str| format!("_maestro_{}_{part}", &id[id.len().saturating_sub(12)..]);
        let fresh = work.before.is_none();
        let mut target = MySqlTarget {
            place: place.clone(),
            staging: if fresh {
                work.database.clone()
            } else {
                format!("{}_{}", name("staging"), marks::tag(&work.database))
            },
            old: format!("{}_{}", name("old"), marks::tag(&work.database)),
            outside: outside(work),
            packet_limit: packet_limit(&mut session).await?,
            work: work.clone(),
            swept,
            session: Mutex::new(session),
        };
        target.make_staging(fresh).await?;
        Ok(target)
    }

    async fn make_staging(&mut self, fresh: bool) -> Result<()> {
        let session = self.session.get_mut();
        let place = quote(&self.staging);
        let mark = format!(
            "INSERT INTO _maestro.work (run, database_name, staging, old) VALUES ({}, {}, {}, {})",
            text(&self.work.run),
            text(&self.work.database),
            text(&self.staging),
            text(&self.old)
        );
        let option = |keyword: &str, value: &Option<String>| {
            value
                .as_ref()
                .map(|value| format!(" {keyword} {value}"))
                .unwrap_or_default()
        };
        let create = format!(
            "CREATE DATABASE {place}{}{}",
            option("CHARACTER SET", &self.work.charset),
            option("COLLATE", &self.work.collation)
        );
        session.run("note the work on the target", &mark).await?;
        session.run("make the staging database", &create).await?;
        if fresh {
            let marker = format!("CREATE TABLE {place}.{INCOMPLETE} (run VARCHAR(36) NOT NULL)");
            let filled = format!(
                "INSERT INTO {place}.{INCOMPLETE} VALUES ({})",
                text(&self.work.run)
            );
            session
                .run(
                    "mark the new database as incomplete",
                    &format!("{marker}; {filled}"),
                )
                .await?;
        }
        session
            .run("use the staging database", &format!("USE {place}"))
            .await
            .map(drop)
    }

    fn is_fresh(&self) -> bool {
        self.work.before.is_none()
    }

    fn staged(&self, table: &str) -> String {
        format!("{}.{}", quote(&self.staging), quote(table))
    }

    fn live(&self, table: &str) -> String {
        format!("{}.{}", quote(&self.work.database), quote(table))
    }

    /// The live tables that leave: replaced ones and removed ones.
    fn leaving(&self) -> Vec<String> {
        let Some(before) = &self.work.before else {
            return Vec::new();
        };
        let leaves = |table: &&Table| {
            self.work.tables.contains(&table.name) || self.work.removed.contains(&table.name)
        };
        before
            .tables
            .iter()
            .filter(leaves)
            .map(|table| table.name.clone())
            .collect()
    }

    async fn rename(&self, session: &mut Session) -> Result<()> {
        let old = |table: &String| format!("{}.{}", quote(&self.old), quote(table));
        let out = self
            .leaving()
            .into_iter()
            .map(|table| format!("{} TO {}", self.live(&table), old(&table)));
        let into = self
            .work
            .tables
            .iter()
            .map(|table| format!("{} TO {}", self.staged(table), self.live(table)));
        let pairs: Vec<String> = out.chain(into).collect();
        if pairs.is_empty() {
            return Ok(());
        }
        let sql = format!("RENAME TABLE {}", pairs.join(", "));
        for attempt in 1.. {
            match session.run("swap the tables", &sql).await {
                Err(error)
                    if attempt < SWAP_TRIES && matches!(number(&error), Some(1205 | 1213)) =>
                {
                    tracing::warn!(attempt, "the swap waits for somebody's lock");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                done => return done.map(drop),
            }
        }
        Ok(())
    }

    async fn detach_outside(&self, session: &mut Session) -> Result<()> {
        for (table, key) in &self.outside {
            let sql = format!(
                "ALTER TABLE {} DROP FOREIGN KEY {}",
                self.live(table),
                quote(&key.name)
            );
            session
                .run(&format!("set foreign key {} aside", key.name), &sql)
                .await?;
        }
        Ok(())
    }

    async fn attach_outside(&self, session: &mut Session) -> Result<()> {
        for (table, key) in &self.outside {
            let sql = format!(
                "ALTER TABLE {} ADD {}",
                self.live(table),
                spelled(key, &self.work.database)
            );
            session
                .run(&format!("put foreign key {} back", key.name), &sql)
                .await?;
        }
        Ok(())
    }

    /// Refuses where rows of a table that stays would point at rows that are no longer there (D06).
    async fn check_outside(&self, session: &mut Session) -> Result<()> {
        for (table, key) in &self.outside {
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
                "SELECT COUNT(*) FROM {} AS child LEFT JOIN {} AS parent ON {} WHERE {} AND parent.{} IS NULL",
                self.live(table),
                self.staged(&key.parent),
                joined.join(" AND "),
                held.join(" AND "),
                quote(&key.parent_columns[0])
            );
            let rows = session.rows("check the tables that stay", &sql).await?;
            let orphans = rows.first().map(|row| row.number(0)).unwrap_or_default();
            if orphans > 0 {
                return Err(Error::Refused {
                    problem: format!(
                        "{} of {table}, which stays, would point at rows of {} that are no longer there (foreign key {})",
                        crate::model::units::counted(orphans as usize, "row"),
                        key.parent,
                        key.name
                    ),
                    mend: format!("sync {table} too"),
                });
            }
        }
        Ok(())
    }

    async fn forget(&self, session: &mut Session) -> Result<()> {
        let sql = format!(
            "DELETE FROM _maestro.work WHERE run = {} AND database_name = {}",
            text(&self.work.run),
            text(&self.work.database)
        );
        session.run("clear the mark", &sql).await?;
        // The server would notice the closed connection only after a while, and refuse who comes next.
        marks::release(session, &self.work.database).await
    }
}

#[async_trait]
impl Target for MySqlTarget {
    fn swept(&self) -> &[String] {
        &self.swept
    }

    async fn create(&self, table: &Table) -> Result<()> {
        let sql = definition::without_foreign_keys(&table.definition);
        self.session
            .lock()
            .await
            .run(&format!("create table {}", table.name), &sql)
            .await
            .map(drop)
    }

    async fn loader(&self) -> Result<Box<dyn Loader>> {
        let mut session = self.place.open(Purpose::Rows).await?;
        // Unknown on MySQL, where it changes nothing that it fails.
        let _ = session
            .run(
                "set the session up",
                "SET SESSION check_constraint_checks = 0",
            )
            .await;
        Ok(Box::new(super::loader::MySqlLoader::new(
            session,
            &self.staging,
            self.packet_limit,
        )))
    }

    async fn complete(&self) -> Result<()> {
        let mut session = self.session.lock().await;
        for table in self
            .work
            .tables
            .iter()
            .filter_map(|name| self.work.source.table(name))
        {
            let keys: Vec<String> = table
                .foreign_keys
                .iter()
                .map(|key| format!("ADD {}", self.spelled(key)))
                .collect();
            if !keys.is_empty() {
                let sql = format!(
                    "ALTER TABLE {} {}",
                    self.staged(&table.name),
                    keys.join(", ")
                );
                session
                    .run(&format!("add the foreign keys of {}", table.name), &sql)
                    .await?;
            }
        }
        self.check_outside(&mut session).await
    }

    async fn count(&self, table: &Table) -> Result<Rows> {
        snapshot::count(&mut *self.session.lock().await, &self.staged(&table.name)).await
    }

    async fn digest(&self, table: &Table) -> Result<Digest> {
        snapshot::digest(
            &mut *self.session.lock().await,
            &self.staged(&table.name),
            table,
        )
        .await
    }

    async fn swap(&self) -> Result<()> {
        if self.is_fresh() {
            return Ok(());
        }
        let mut session = self.session.lock().await;
        let before = self
            .work
            .before
            .as_ref()
            .map(|catalog| catalog.objects.as_slice())
            .unwrap_or_default();
        let parked = objects::in_the_way(before, &self.leaving(), &self.work.tables);
        let create = format!(
            "SET SESSION lock_wait_timeout = 2; CREATE DATABASE {}",
            quote(&self.old)
        );
        session
            .run("make a place for the old tables", &create)
            .await?;
        let swapped = self.replace(&mut session, &parked).await;
        if swapped.is_err() {
            // The live tables are the old ones still: what stepped aside for the swap comes back.
            let parked: Vec<Object> = parked.into_iter().cloned().collect();
            objects::make(&mut session, &self.work.database, &parked).await?;
            let _ = self.attach_outside(&mut session).await;
        }
        swapped
    }

    async fn objects(&self) -> Result<Vec<(Object, Error)>> {
        let mut session = self.session.lock().await;
        for object in &self.work.dropped {
            objects::drop_one(&mut session, &self.work.database, object).await?;
        }
        objects::make(&mut session, &self.work.database, &self.work.objects).await
    }

    async fn finish(&self) -> Result<()> {
        let mut session = self.session.lock().await;
        let sql = if self.is_fresh() {
            format!("DROP TABLE {}", self.staged(INCOMPLETE))
        } else {
            format!(
                "DROP DATABASE IF EXISTS {}; DROP DATABASE {}",
                quote(&self.old),
                quote(&self.staging)
            )
        };
        session.run("drop the replaced tables", &sql).await?;
        self.forget(&mut session).await
    }

    async fn discard(&self) -> Result<()> {
        let mut session = self.session.lock().await;
        let sql = format!(
            "DROP DATABASE IF EXISTS {}; DROP DATABASE IF EXISTS {}",
            quote(&self.staging),
            quote(&self.old)
        );
        session.run("drop the staging database", &sql).await?;
        self.forget(&mut session).await
    }
}

impl MySqlTarget {
    async fn replace(&self, session: &mut Session, parked: &[&Object]) -> Result<()> {
        for object in parked {
            objects::drop_one(session, &self.work.database, object).await?;
        }
        self.detach_outside(session).await?;
        self.rename(session).await?;
        self.attach_outside(session).await
    }

    /// A foreign key of a staged table: its parent is staged too, or stays where it is.
    fn spelled(&self, key: &ForeignKey) -> String {
        let database = match &key.parent_database {
            Some(other) => other,
            None if self.work.tables.contains(&key.parent) => &self.staging,
            None => &self.work.database,
        };
        spelled(key, database)
    }
}

/// `CONSTRAINT name FOREIGN KEY …` with the parent in this database.
fn spelled(key: &ForeignKey, database: &str) -> String {
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
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {}.{} ({}){}{}",
        quote(&key.name),
        names(&key.columns),
        quote(database),
        quote(&key.parent),
        names(&key.parent_columns),
        action("DELETE", &key.on_delete),
        action("UPDATE", &key.on_update)
    )
}

/// The foreign keys of live tables that stay, to tables that are replaced.
fn outside(work: &TargetWork) -> Vec<(String, ForeignKey)> {
    let stays =
        |table: &&Table| !work.tables.contains(&table.name) && !work.removed.contains(&table.name);
    let tables = work
        .before
        .iter()
        .flat_map(|catalog: &Catalog| catalog.tables.iter().filter(stays));
    tables
        .flat_map(|table| {
            table
                .foreign_keys
                .iter()
                .map(|key| (table.name.clone(), key.clone()))
        })
        .filter(|(_, key)| key.parent_database.is_none() && work.tables.contains(&key.parent))
        .collect()
}

async fn packet_limit(session: &mut Session) -> Result<Bytes> {
    let rows = session
        .rows("read the packet limit", "SELECT @@max_allowed_packet")
        .await?;
    Ok(Bytes(
        rows.first().map(|row| row.number(0)).unwrap_or(1 << 20),
    ))
}
