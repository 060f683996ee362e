//! One target database during one run: staging, one RENAME, and the way back.
//!
//! Tables are loaded into a staging database and go live in one `RENAME TABLE`, which takes the replaced ones to
//! the undo database and the table of marks along: where the marks are tells whether the swap has happened. A
//! database that does not exist yet is filled in place. What a run makes stands in `_maestro.runs` from before the
//! first write on; before anything live is touched, the whole work is written there, so that whoever comes next can
//! put back or finish what a dead run left.

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::dialect::{quote, text};
use super::loader::{Fence, MySqlLoader};
use super::marks::{HOLDER, MARKS, Noted};
use super::outside::{self, Outside};
use super::session::{Purpose, Session, number};
use super::{Flavour, Place, definition, marks, objects, snapshot, undo};
use crate::engines::{
    Error, Loader, Opening, Result, StagedChunk, StagedTable, Target, TargetWork, Undo, kill,
};
use crate::model::batch::{Chunk, Digest};
use crate::model::catalog::{ForeignKey, Object, Table};
use crate::model::units::{Bytes, Rows};

/// How long a statement outside of the swap waits for somebody's lock, in seconds.
const PATIENT: &str = "SET SESSION lock_wait_timeout = 60";
/// How often the swap asks for its locks, two seconds each time.
const SWAP_TRIES: usize = 5;
/// How many ranges one statement writes down.
const RANGES: usize = 500;

pub struct MySqlTarget {
    pub(super) place: Place,
    pub(super) work: TargetWork,
    pub(super) noted: Noted,
    outside: Outside,
    epoch: u64,
    is_resumed: bool,
    packet_limit: Bytes,
    pub(super) swept: Vec<String>,
    /// Holds the lock of the target database for as long as the target lives.
    pub(super) session: Mutex<Session>,
}

impl MySqlTarget {
    pub async fn open(
        place: &Place,
        flavour: &Flavour,
        work: &TargetWork,
        opening: &Opening,
    ) -> Result<MySqlTarget> {
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
        let mut swept = match opening {
            Opening::Resume => marks::take_over(&mut session, &work.run, &work.database).await?,
            _ => {
                marks::lock(&mut session, &work.database).await?;
                Vec::new()
            }
        };
        marks::take_lane(&mut session, &work.run, HOLDER).await?;
        let known = match opening {
            Opening::Resume => marks::noted_run(&mut session, &work.run).await?,
            _ => None,
        };
        // What is live already is settled by the work that was noted before the swap.
        let work = match &known {
            Some(noted) if noted.state == "swapping" => {
                let old = marks::work(&mut session, &work.run).await?;
                match marks::has_marks(&mut session, &noted.undo).await? {
                    true => old,
                    false => {
                        let mut left = MySqlTarget::of(
                            place,
                            place.open(Purpose::Definitions).await?,
                            old,
                            noted.clone(),
                        );
                        left.put_all_back().await?;
                        work.clone()
                    }
                }
            }
            _ => work.clone(),
        };
        let is_swapped = match &known {
            Some(noted) => marks::has_marks(&mut session, &noted.undo).await?,
            None => false,
        };
        if !is_swapped {
            Outside::refuse(&mut session, &work).await?;
            refuse_unreadable(&work)?;
        }
        session
            .run(
                "prepare the database of marks",
                include_str!("sql/marks.sql"),
            )
            .await?;
        if known.is_none() {
            swept.extend(undo::settle_dead(place, &mut session, &work).await?);
        }
        let is_new = known.is_none();
        let noted = known.unwrap_or_else(|| name(&work, opening));
        let packet_limit = packet_limit(&mut session).await?;
        let mut target = MySqlTarget::of(place, session, work, noted);
        let session = target.session.get_mut();
        target.epoch = marks::next_epoch(session, &target.work.database).await?;
        target.packet_limit = packet_limit;
        target.is_resumed = !is_new;
        target.swept = swept;
        if is_new {
            target.make_staging().await?;
        }
        if !is_swapped {
            target.use_staging().await?;
        }
        Ok(target)
    }

    /// A target as its note says, without its lock.
    pub(super) fn of(
        place: &Place,
        session: Session,
        work: TargetWork,
        noted: Noted,
    ) -> MySqlTarget {
        MySqlTarget {
            place: place.clone(),
            outside: Outside::of(&work),
            work,
            noted,
            epoch: 0,
            is_resumed: false,
            packet_limit: Bytes(1 << 20),
            swept: Vec::new(),
            session: Mutex::new(session),
        }
    }

    async fn make_staging(&mut self) -> Result<()> {
        let session = self.session.get_mut();
        marks::note(session, &self.noted).await?;
        if self.noted.undo_of.is_some() {
            return Ok(());
        }
        let create = create_database(&self.noted.staging, &self.work);
        session.run("make the staging database", &create).await?;
        marks::make_marks(session, &self.noted.staging).await
    }

    async fn use_staging(&mut self) -> Result<()> {
        let sql = format!("USE {}", quote(&self.noted.staging));
        let session = self.session.get_mut();
        session
            .run("use the staging database", &sql)
            .await
            .map(drop)
    }

    /// Whether a database that nobody knows yet is filled under its own name.
    fn is_in_place(&self) -> bool {
        self.noted.staging == self.work.database
    }

    fn staged_name(&self, table: &str) -> String {
        format!("{}.{}", quote(&self.noted.staging), quote(table))
    }

    fn live(&self, table: &str) -> String {
        format!("{}.{}", quote(&self.work.database), quote(table))
    }

    fn undone(&self, table: &str) -> String {
        format!("{}.{}", quote(&self.noted.undo), quote(table))
    }

    /// The live tables that leave: replaced ones and removed ones.
    pub(super) fn leaving(&self) -> Vec<&Table> {
        let Some(before) = &self.work.before else {
            return Vec::new();
        };
        let leaves = |table: &&Table| {
            self.work.tables.contains(&table.name) || self.work.removed.contains(&table.name)
        };
        before.tables.iter().filter(leaves).collect()
    }

    async fn rename(&self, session: &mut Session) -> Result<()> {
        let mut pairs: Vec<String> = self
            .leaving()
            .iter()
            .map(|table| format!("{} TO {}", self.live(&table.name), self.undone(&table.name)))
            .collect();
        if !self.is_in_place() {
            let into = self.work.tables.iter();
            pairs.extend(
                into.map(|table| format!("{} TO {}", self.staged_name(table), self.live(table))),
            );
        }
        pairs.push(format!(
            "{} TO {}",
            self.staged_name(MARKS),
            self.undone(MARKS)
        ));
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

    /// The server would notice the closed connection only after a while, and refuse who comes next.
    async fn release(&self, session: &mut Session) -> Result<()> {
        marks::release(session, &self.work.run, &self.work.database).await
    }
}

#[async_trait]
impl Target for MySqlTarget {
    fn swept(&self) -> &[String] {
        &self.swept
    }

    async fn staged(&self) -> Result<Vec<StagedTable>> {
        let mut session = self.session.lock().await;
        let place = match marks::has_marks(&mut session, &self.noted.undo).await? {
            true => &self.noted.undo,
            false => &self.noted.staging,
        };
        let sql = format!(
            "SELECT table_name, bounds, row_count FROM {}.{MARKS} ORDER BY table_name, chunk",
            quote(place)
        );
        let mut staged: Vec<StagedTable> = Vec::new();
        for row in session.rows("read the marks", &sql).await? {
            let chunk = serde_json::from_str(&row.text(1))
                .map_err(|cause| Error::statement("read the marks", cause))?;
            let rows = row.optional(2).and_then(|rows| rows.parse().ok()).map(Rows);
            let name = row.text(0);
            if staged.last().is_none_or(|table| table.name != name) {
                let chunks = Vec::new();
                staged.push(StagedTable { name, chunks });
            }
            let table = staged.last_mut().expect("one was pushed");
            table.chunks.push(StagedChunk { chunk, rows });
        }
        Ok(staged)
    }

    async fn create(&self, table: &Table) -> Result<()> {
        let sql = format!(
            "DROP TABLE IF EXISTS {}; {}",
            self.staged_name(&table.name),
            definition::without_foreign_keys(&table.definition)
        );
        self.session
            .lock()
            .await
            .run(&format!("create table {}", table.name), &sql)
            .await
            .map(drop)
    }

    async fn cut(&self, table: &Table, chunks: &[Chunk]) -> Result<()> {
        let mut session = self.session.lock().await;
        let action = "write the ranges down";
        session.run(action, "START TRANSACTION").await?;
        let numbered: Vec<(usize, &Chunk)> = chunks.iter().enumerate().collect();
        for ranges in numbered.chunks(RANGES) {
            let rows: Vec<String> = ranges
                .iter()
                .map(|(number, chunk)| {
                    format!(
                        "({}, {number}, {}, NULL)",
                        text(&table.name),
                        text(&bounds(chunk))
                    )
                })
                .collect();
            let sql = format!(
                "INSERT INTO {} (table_name, chunk, bounds, row_count) VALUES {}",
                self.staged_name(MARKS),
                rows.join(", ")
            );
            session.run(action, &sql).await?;
        }
        session.run(action, "COMMIT").await.map(drop)
    }

    async fn committed(&self, table: &Table, number: usize) -> Result<Option<Rows>> {
        let sql = format!(
            "SELECT row_count FROM {} WHERE table_name = {} AND chunk = {number}",
            self.staged_name(MARKS),
            text(&table.name)
        );
        let rows = self
            .session
            .lock()
            .await
            .rows("ask for the mark of a chunk", &sql)
            .await?;
        let count = rows.first().and_then(|row| row.optional(0));
        Ok(count.and_then(|count| count.parse().ok()).map(Rows))
    }

    async fn loader(&self, lane: usize) -> Result<Box<dyn Loader>> {
        let mut session = self.place.open(Purpose::Rows).await?;
        marks::take_lane(&mut session, &self.work.run, lane).await?;
        // Unknown on MySQL, where it changes nothing that it fails.
        let _ = session
            .run(
                "set the session up",
                "SET SESSION check_constraint_checks = 0",
            )
            .await;
        let fence = Fence {
            target: self.work.database.clone(),
            epoch: self.epoch,
        };
        Ok(Box::new(MySqlLoader::new(
            session,
            &self.noted.staging,
            fence,
            self.packet_limit,
        )))
    }

    async fn complete(&self) -> Result<()> {
        let mut session = self.session.lock().await;
        self.outside
            .check(&mut session, &self.work, &self.noted.staging)
            .await?;
        for table in self.staged_tables() {
            let mut keys = Vec::new();
            for key in &table.foreign_keys {
                // Before the swap a key to a table that stays would bind the living to staging.
                if !self.work.tables.contains(&key.parent) || key.parent_database.is_some() {
                    continue;
                }
                // A resumed run, and an undo, may have some of them already.
                let there =
                    outside::is_there(&mut session, &self.noted.staging, &table.name, &key.name);
                if !self.may_have_keys() || !there.await? {
                    keys.push(format!("ADD {}", self.spelled(key)));
                }
            }
            if !keys.is_empty() {
                let sql = format!(
                    "ALTER TABLE {} {}",
                    self.staged_name(&table.name),
                    keys.join(", ")
                );
                session
                    .run(&format!("add the foreign keys of {}", table.name), &sql)
                    .await?;
            }
        }
        Ok(())
    }

    async fn count(&self, table: &Table) -> Result<Rows> {
        let place = self.staged_name(&table.name);
        snapshot::count(&mut *self.session.lock().await, &place).await
    }

    async fn digest(&self, table: &Table, chunk: &Chunk) -> Result<Digest> {
        let place = self.staged_name(&table.name);
        snapshot::digest(&mut *self.session.lock().await, &place, table, chunk).await
    }

    /// Ends with the RENAME: what fails before it is put back, what fails after it comes in `objects`.
    async fn swap(&self) -> Result<()> {
        let mut session = self.session.lock().await;
        // Whoever finds this run dead knows from here on what may be missing.
        let work = marks::packed(&self.work)?;
        marks::enter(&mut session, &self.work.run, "swapping", ("work", &work)).await?;
        let mut create = format!(
            "SET SESSION lock_wait_timeout = 2; CREATE DATABASE IF NOT EXISTS {}",
            quote(&self.noted.undo)
        );
        if self.work.before.is_none() && !self.is_in_place() {
            create = format!(
                "{create}; {}",
                create_database(&self.work.database, &self.work)
            );
        }
        session
            .run("make a place for the old tables", &create)
            .await?;
        let parked = self.parked();
        let cause = match self.replace(&mut session, &parked).await {
            Ok(()) => return Ok(()),
            Err(cause) => cause,
        };
        if matches!(cause, Error::Lost { .. }) {
            // Whether it happened is for the next connection to see.
            return Err(cause);
        }
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

    async fn objects(&self) -> Result<Vec<(String, Error)>> {
        let mut session = self.session.lock().await;
        session.run("be patient again", PATIENT).await?;
        self.free_the_undo(&mut session).await?;
        let mut failed = self.attach(&mut session).await?;
        for object in &self.work.dropped {
            objects::drop_one(&mut session, &self.work.database, object).await?;
        }
        let mut wanted = self.work.objects.clone();
        wanted.extend(self.kept_triggers());
        wanted.sort_by_key(|object| object.kind);
        if !wanted.is_empty() {
            let left = objects::make(&mut session, &self.work.database, &wanted).await?;
            failed.extend(
                left.into_iter()
                    .map(|(object, cause)| (object.title(), cause)),
            );
        }
        Ok(failed)
    }

    async fn finish(&self, keep: usize) -> Result<Option<Undo>> {
        let mut session = self.session.lock().await;
        let kept = undo::keep(self, &mut session, keep).await?;
        self.release(&mut session).await?;
        Ok(kept)
    }

    async fn discard(&self) -> Result<()> {
        let mut session = self.session.lock().await;
        let noted = marks::noted_run(&mut session, &self.work.run).await?;
        if noted.is_some_and(|noted| noted.state == "swapping") {
            // What stepped aside is known from the note: that goes only when all is back.
            self.put_back(&mut session, &self.parked()).await?;
        }
        undo::drop_staging(&mut session, &self.noted).await?;
        self.release(&mut session).await
    }

    async fn leave(&self) -> Result<()> {
        let mut session = self.session.lock().await;
        self.release(&mut session).await
    }
}

impl MySqlTarget {
    fn staged_tables(&self) -> impl Iterator<Item = &Table> {
        let names = self.work.tables.iter();
        names.filter_map(|name| self.work.source.table(name))
    }

    /// Staging that was made in this process has no foreign keys yet.
    fn may_have_keys(&self) -> bool {
        self.is_resumed || self.noted.undo_of.is_some()
    }

    /// Steps aside what RENAME cannot pass, and renames.
    async fn replace(&self, session: &mut Session, parked: &[Object]) -> Result<()> {
        for object in parked {
            objects::drop_one(session, &self.work.database, object).await?;
        }
        self.outside.detach(session, &self.work.database).await?;
        kill::point("aside");
        self.rename(session).await
    }

    /// The foreign keys that cross the border of the swap, in both directions; returns those that could not be made.
    async fn attach(&self, session: &mut Session) -> Result<Vec<(String, Error)>> {
        let mut failed = self.outside.attach(session, &self.work.database).await?;
        for table in self.staged_tables() {
            let outward = table.foreign_keys.iter().filter(|key| {
                !self.work.tables.contains(&key.parent) || key.parent_database.is_some()
            });
            for key in outward {
                let there =
                    outside::is_there(session, &self.work.database, &table.name, &key.name).await?;
                if there {
                    continue;
                }
                let sql = format!(
                    "ALTER TABLE {} ADD {}",
                    self.live(&table.name),
                    outside::spelled(
                        key,
                        key.parent_database.as_ref().unwrap_or(&self.work.database)
                    )
                );
                let action = format!("add foreign key {} of {}", key.name, table.name);
                match session.run(&action, &sql).await {
                    Ok(_) => {}
                    Err(error @ Error::Lost { .. }) => return Err(error),
                    Err(error) => {
                        let what = format!("foreign key {} of {}", key.name, table.name);
                        failed.push((what, error));
                    }
                }
            }
        }
        Ok(failed)
    }

    async fn put_back(&self, session: &mut Session, parked: &[Object]) -> Result<()> {
        session.run("be patient again", PATIENT).await?;
        let mut missing = Vec::new();
        for object in parked {
            if !objects::is_there(session, &self.work.database, object).await? {
                missing.push(object.clone());
            }
        }
        let failed = match missing.is_empty() {
            true => Vec::new(),
            false => objects::make(session, &self.work.database, &missing).await?,
        };
        let lost = self.outside.attach(session, &self.work.database).await?;
        let lost = lost
            .iter()
            .map(|(what, cause)| format!("{what} could not be put back: {}", cause.full()));
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
            .chain(lost)
            .collect();
        match told.is_empty() {
            true => Ok(()),
            false => Err(Error::Mismatch(told.join("; "))),
        }
    }

    /// What a dead run set aside for a swap that did not happen comes back.
    pub(super) async fn put_all_back(&mut self) -> Result<()> {
        let parked = self.parked();
        let mut session = self.place.open(Purpose::Definitions).await?;
        self.put_back(&mut session, &parked).await
    }

    /// Foreign keys of the old tables to tables that stay would bind the living to the dead.
    async fn free_the_undo(&self, session: &mut Session) -> Result<()> {
        let leaving = self.leaving();
        for table in &leaving {
            let bound = table.foreign_keys.iter().filter(|key| {
                key.parent_database.is_some()
                    || !leaving.iter().any(|other| other.name == key.parent)
            });
            for key in bound {
                if outside::is_there(session, &self.noted.undo, &table.name, &key.name).await? {
                    let sql = format!(
                        "ALTER TABLE {} DROP FOREIGN KEY {}",
                        self.undone(&table.name),
                        quote(&key.name)
                    );
                    session.run("free the undo of its keys", &sql).await?;
                }
            }
        }
        Ok(())
    }

    /// The live objects that RENAME cannot pass.
    fn parked(&self) -> Vec<Object> {
        parked(&self.work)
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

    /// A foreign key of a staged table: its parent is staged too, or stays where it is.
    fn spelled(&self, key: &ForeignKey) -> String {
        let database = match &key.parent_database {
            Some(other) => other,
            None if self.work.tables.contains(&key.parent) => &self.noted.staging,
            None => &self.work.database,
        };
        outside::spelled(key, database)
    }
}

/// The live objects that a RENAME cannot pass.
fn parked(work: &TargetWork) -> Vec<Object> {
    let Some(before) = &work.before else {
        return Vec::new();
    };
    let leaving: Vec<String> = before
        .tables
        .iter()
        .map(|table| &table.name)
        .filter(|name| work.tables.contains(name) || work.removed.contains(name))
        .cloned()
        .collect();
    let parked = objects::in_the_way(&before.objects, &leaving, &work.tables);
    parked.into_iter().cloned().collect()
}

fn refuse_unreadable(work: &TargetWork) -> Result<()> {
    match parked(work)
        .into_iter()
        .find(|object| object.obstacle.is_some())
    {
        None => Ok(()),
        Some(object) => Err(Error::Refused {
            problem: format!(
                "{} could not be put back after the swap: its definition cannot be read",
                object.title()
            ),
            mend: "let this user read it, or drop it first".into(),
        }),
    }
}

/// What a run makes, by name.
fn name(work: &TargetWork, opening: &Opening) -> Noted {
    let named = |part: &str| {
        format!(
            "_maestro_{}_{part}_{}",
            marks::short(&work.run),
            marks::tag(&work.database)
        )
    };
    let (staging, undo_of) = match opening {
        Opening::Undo(undo) => (undo.place.clone(), Some(undo.run.clone())),
        _ if work.before.is_none() => (work.database.clone(), None),
        _ => (named("staging"), None),
    };
    Noted {
        run: work.run.clone(),
        database: work.database.clone(),
        staging,
        undo: named("undo"),
        undo_of,
        state: "staging".into(),
        made: 0,
    }
}

fn create_database(name: &str, work: &TargetWork) -> String {
    let option = |keyword: &str, value: &Option<String>| {
        value
            .as_ref()
            .map(|value| format!(" {keyword} {value}"))
            .unwrap_or_default()
    };
    format!(
        "CREATE DATABASE {}{}{}",
        quote(name),
        option("CHARACTER SET", &work.charset),
        option("COLLATE", &work.collation)
    )
}

/// A range as its mark holds it.
pub fn bounds(chunk: &Chunk) -> String {
    serde_json::to_string(chunk).expect("a range is plain text")
}

async fn packet_limit(session: &mut Session) -> Result<Bytes> {
    let rows = session
        .rows("read the packet limit", "SELECT @@max_allowed_packet")
        .await?;
    Ok(Bytes(
        rows.first().map(|row| row.number(0)).unwrap_or(1 << 20),
    ))
}
