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
use super::outside::{self, Outside};
use super::session::{Purpose, Session, number};
use super::{Flavour, Place, definition, marks, objects, snapshot};
use crate::engines::{Error, Loader, Result, Target, TargetWork};
use crate::model::batch::Digest;
use crate::model::catalog::{ForeignKey, Object, Table};
use crate::model::units::{Bytes, Rows};

/// How long a statement outside of the swap waits for somebody's lock, in seconds.
const PATIENT: &str = "SET SESSION lock_wait_timeout = 60";
/// How often the swap asks for its locks, two seconds each time.
const SWAP_TRIES: usize = 5;

pub struct MySqlTarget {
    place: Place,
    work: TargetWork,
    /// Where tables are loaded: the staging database, or the new database itself.
    staging: String,
    /// Where replaced tables go.
    old: String,
    outside: Outside,
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
        Outside::refuse(&mut session, work).await?;
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
            outside: Outside::of(work),
            packet_limit: packet_limit(&mut session).await?,
            work: work.clone(),
            swept,
            session: Mutex::new(session),
        };
        if let Some(object) = target
            .parked()
            .into_iter()
            .find(|object| object.obstacle.is_some())
        {
            return Err(Error::Refused {
                problem: format!(
                    "{} could not be put back after the swap: its definition cannot be read",
                    object.title()
                ),
                mend: "let this user read it, or drop it first".into(),
            });
        }
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
        self.outside
            .check(&mut session, &self.work, &self.staging)
            .await
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

    /// Ends with the RENAME: what fails before it is put back, what fails after it comes in `objects`.
    async fn swap(&self) -> Result<()> {
        let mut session = self.session.lock().await;
        if self.is_fresh() {
            // Without its marker the database counts as complete.
            let sql = format!("DROP TABLE {}", self.staged(INCOMPLETE));
            return session.run("take the marker off", &sql).await.map(drop);
        }
        let create = format!(
            "SET SESSION lock_wait_timeout = 2; CREATE DATABASE {}",
            quote(&self.old)
        );
        session
            .run("make a place for the old tables", &create)
            .await?;
        let parked = self.parked();
        let cause = match self.replace(&mut session, &parked).await {
            Ok(()) => return Ok(()),
            Err(Error::Lost { .. }) if self.is_swapped().await? => return Ok(()),
            Err(cause) => cause,
        };
        // The live tables are the old ones still: what stepped aside for the swap comes back.
        match self.put_back(&mut session, &parked).await {
            Ok(()) => Err(cause),
            Err(lost) => Err(Error::Mismatch(format!(
                "{}; {}",
                cause.full(),
                lost.full()
            ))),
        }
    }

    async fn objects(&self) -> Result<Vec<(Object, Error)>> {
        let mut session = self.session.lock().await;
        session.run("be patient again", PATIENT).await?;
        self.outside
            .attach(&mut session, &self.work.database)
            .await?;
        for object in &self.work.dropped {
            objects::drop_one(&mut session, &self.work.database, object).await?;
        }
        let mut wanted = self.work.objects.clone();
        wanted.extend(self.kept_triggers());
        wanted.sort_by_key(|object| object.kind);
        objects::make(&mut session, &self.work.database, &wanted).await
    }

    async fn finish(&self) -> Result<()> {
        let mut session = self.session.lock().await;
        if self.is_fresh() {
            return self.forget(&mut session).await;
        }
        let sql = format!(
            "DROP DATABASE IF EXISTS {}; DROP DATABASE {}",
            quote(&self.old),
            quote(&self.staging)
        );
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
    /// Steps aside what RENAME cannot pass, and renames.
    async fn replace(&self, session: &mut Session, parked: &[Object]) -> Result<()> {
        for object in parked {
            objects::drop_one(session, &self.work.database, object).await?;
        }
        self.outside.detach(session, &self.work.database).await?;
        self.rename(session).await
    }

    async fn put_back(&self, session: &mut Session, parked: &[Object]) -> Result<()> {
        session.run("be patient again", PATIENT).await?;
        let failed = objects::make(session, &self.work.database, parked).await?;
        self.outside.attach(session, &self.work.database).await?;
        let told: Vec<String> = failed
            .iter()
            .map(|(object, cause)| {
                format!(
                    "{} could not be put back: {} ({})",
                    object.title(),
                    cause.full(),
                    object.definition
                )
            })
            .collect();
        match told.is_empty() {
            true => Ok(()),
            false => Err(Error::Mismatch(told.join("; "))),
        }
    }

    /// The live objects that RENAME cannot pass.
    fn parked(&self) -> Vec<Object> {
        let before = self
            .work
            .before
            .iter()
            .flat_map(|catalog| &catalog.objects)
            .cloned()
            .collect::<Vec<_>>();
        let parked = objects::in_the_way(&before, &self.leaving(), &self.work.tables);
        parked.into_iter().cloned().collect()
    }

    /// Triggers of replaced tables that the plan neither replaces nor drops: they come back.
    fn kept_triggers(&self) -> Vec<Object> {
        let told = |list: &[Object], object: &Object| {
            list.iter()
                .any(|other| other.kind == object.kind && other.name == object.name)
        };
        let stays = |object: &Object| {
            object
                .table
                .as_ref()
                .is_some_and(|table| self.work.tables.contains(table))
                && !told(&self.work.objects, object)
                && !told(&self.work.dropped, object)
        };
        self.parked().into_iter().filter(stays).collect()
    }

    /// Whether the tables were renamed although the answer was lost: another connection looks.
    async fn is_swapped(&self) -> Result<bool> {
        let mut session = self.place.open(Purpose::Definitions).await?;
        let sql = format!(
            "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = {}",
            text(&self.staging)
        );
        let rows = session
            .rows("look whether the tables were swapped", &sql)
            .await?;
        Ok(rows.first().is_some_and(|row| row.number(0) == 0))
    }

    /// A foreign key of a staged table: its parent is staged too, or stays where it is.
    fn spelled(&self, key: &ForeignKey) -> String {
        let database = match &key.parent_database {
            Some(other) => other,
            None if self.work.tables.contains(&key.parent) => &self.staging,
            None => &self.work.database,
        };
        outside::spelled(key, database)
    }
}

async fn packet_limit(session: &mut Session) -> Result<Bytes> {
    let rows = session
        .rows("read the packet limit", "SELECT @@max_allowed_packet")
        .await?;
    Ok(Bytes(
        rows.first().map(|row| row.number(0)).unwrap_or(1 << 20),
    ))
}
