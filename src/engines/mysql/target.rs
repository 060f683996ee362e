//! One target database during one run: staging, one RENAME, and the way back.
//!
//! Tables are loaded into a staging database and go live in one `RENAME TABLE`, which takes the replaced ones to
//! the undo database and the table of marks along: where the marks are tells whether the swap has happened. A
//! database that does not exist yet is filled in place. What a run makes stands in `_maestro.runs` from before the
//! first write on; before anything live is touched, the whole work is written there, so that whoever comes next can
//! put back or finish what a dead run left.

use async_trait::async_trait;
use futures::future::try_join;
use tokio::sync::Mutex;

use super::dialect::{quote, text};
use super::loader::{Fence, MySqlLoader};
use super::marks::{MARKS, Noted};
use super::outside::{self, Outside};
use super::sequences::COUNTER;
use super::session::{Purpose, Row, Session};
use super::{Flavour, Place, definition, facts, fold, marks, sequences, swap, undo};
use crate::engines::{
    Error, Loader, Opening, Result, StagedChunk, StagedTable, Target, TargetWork, Undo, refused,
};
use crate::model::batch::Chunk;
use crate::model::catalog::Table;
use crate::model::survey::Finding;
use crate::model::units::{Bytes, Rows};

/// What the server says when it makes a table in another way than it was told: a shorter key, another engine, no
/// default.
const CHANGING: &[u64] = &[1071, 1101, 1266, 1286];
/// How many bytes of definitions travel in one packet: the least that a server takes by default is four times as much.
const PACKET: usize = 256 * 1024;
/// How many ranges one statement writes down.
const RANGES: usize = 500;
/// Loaders that clear neighbouring ranges of a table would lock the gaps between them, and each other out. A binary
/// log of statements allows no other transactions.
const NO_GAPS: &str = "SET SESSION /*M! tx_isolation */ /*!80000 transaction_isolation */ = \
                       IF(@@binlog_format = 'STATEMENT', 'REPEATABLE-READ', 'READ-COMMITTED')";

pub struct MySqlTarget {
    pub(super) place: Place,
    pub(super) work: TargetWork,
    pub(super) noted: Noted,
    pub(super) outside: Outside,
    epoch: u64,
    pub(super) is_resumed: bool,
    packet_limit: Bytes,
    pub(super) swept: Vec<String>,
    /// Holds the lock of the target database for as long as the target lives.
    pub(super) session: Mutex<Session>,
    /// One more for definitions, once there are several tables to make.
    second: Mutex<Option<Session>>,
}

impl MySqlTarget {
    pub async fn open(
        place: &Place,
        flavour: &Flavour,
        work: &TargetWork,
        opening: &Opening,
    ) -> Result<MySqlTarget> {
        let mut session = place.open(Purpose::Definitions).await?;
        facts::prepare(&mut session).await?;
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
                marks::hold(&mut session, &work.run, &work.database, false).await?;
                Vec::new()
            }
        };
        let known = match opening {
            Opening::Resume => marks::noted_run(&mut session, &work.run).await?,
            _ => None,
        };
        let is_swapped = match &known {
            Some(noted) => marks::has_marks(&mut session, &noted.undo).await?,
            None => false,
        };
        // What is live already is settled by the work that was noted before the swap.
        let work = match &known {
            Some(noted) if noted.state == "swapping" => {
                let old = marks::work(&mut session, &work.run).await?;
                match is_swapped {
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
        if !is_swapped {
            Outside::refuse(&mut session, &work).await?;
            swap::refuse_unreadable(&work)?;
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
        if !is_swapped && target.noted.undo_of.is_none() {
            let session = target.session.get_mut();
            sequences::make(session, sequences::among(&target.work.objects)).await?;
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
            second: Mutex::new(None),
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
    pub(super) fn is_in_place(&self) -> bool {
        self.noted.staging == self.work.database
    }

    pub(super) fn staged_name(&self, table: &str) -> String {
        format!("{}.{}", quote(&self.noted.staging), quote(table))
    }

    /// What a table is staged with: without foreign keys, and drawing from sequences that are there.
    fn staged_definition(&self, table: &Table) -> String {
        let definition = definition::without_foreign_keys(&table.definition);
        sequences::renamed(
            &definition,
            &self.work.database,
            &self.noted.staging,
            |name| self.is_new_sequence(name),
        )
    }

    /// Whether a sequence comes with this run where there is none yet: defaults name it once it is live.
    pub(super) fn is_new_sequence(&self, name: &str) -> bool {
        let before = self.work.before.iter();
        let mut known = before.flat_map(|before| sequences::among(&before.objects));
        let comes = sequences::among(&self.work.objects).any(|object| object.name == name);
        comes && !known.any(|object| object.name == name)
    }

    /// Whether a table that stays draws from a live sequence that is replaced.
    pub(super) fn stays_drawn(&self, sequence: &String) -> bool {
        let leaving = self.leaving();
        let before = self.work.before.iter();
        let mut stay = before
            .flat_map(|before| &before.tables)
            .filter(|table| !leaving.iter().any(|other| other.name == table.name));
        stay.any(|table| table.sequences.contains(sequence)) && !self.is_new_sequence(sequence)
    }

    pub(super) fn live(&self, table: &str) -> String {
        format!("{}.{}", quote(&self.work.database), quote(table))
    }

    pub(super) fn undone(&self, table: &str) -> String {
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

    /// The statements that make a table, with what the server warned of last.
    fn creation(&self, table: &Table) -> String {
        let place = self.staged_name(&table.name);
        // Where staging is new, there is nothing yet.
        let clear = match self.is_resumed {
            true => format!(
                "DELETE FROM {} WHERE table_name = {}; DROP TABLE IF EXISTS {place}; ",
                self.staged_name(MARKS),
                text(&table.name)
            ),
            false => String::new(),
        };
        format!("{clear}{}; SHOW WARNINGS", self.staged_definition(table))
    }

    async fn create_one(&self, session: &mut Session, table: &Table) -> Result<()> {
        let sql = format!(
            "DROP TABLE IF EXISTS {}; {}",
            self.staged_name(&table.name),
            self.creation(table)
        );
        let action = format!("create table {}", table.name);
        let answers = session.results(&action, &sql).await.map_err(|error| {
            let mend = format!(
                "change the table on the source to what both know, or leave it out: --exclude {}",
                table.name
            );
            not_taken(error, &format!("table {}", table.name), mend)
        })?;
        match answers.last().and_then(|warnings| changed(table, warnings)) {
            None => Ok(()),
            Some(finding) => Err(Error::Refused {
                problem: finding.problem,
                mend: finding.mend,
            }),
        }
    }

    /// Makes tables, many in one packet; one by one where the server refuses any of them.
    async fn create_some(&self, session: &mut Session, tables: &[&Table]) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for tables in packets(tables) {
            let sql: Vec<String> = tables.iter().map(|table| self.creation(table)).collect();
            let action = match tables {
                [table] => format!("create table {}", table.name),
                _ => format!("create {} tables", tables.len()),
            };
            match session.results(&action, &sql.join("; ")).await {
                Ok(answers) => {
                    let answers = answers.chunks(answers.len() / tables.len());
                    let warned = answers.filter_map(<[Vec<Row>]>::last).zip(tables);
                    findings.extend(warned.filter_map(|(rows, table)| changed(table, rows)));
                }
                Err(error) if error.is_transient() => return Err(error),
                Err(Error::Statement { .. }) => {
                    for table in tables {
                        findings.extend(refused(self.create_one(session, table).await)?);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(findings)
    }

    /// One more session for definitions, known as one of this run's.
    async fn second_session(&self) -> Result<Session> {
        let mut session = self.place.open(Purpose::Definitions).await?;
        facts::prepare(&mut session).await?;
        marks::take_lane(&mut session, &self.work.run, marks::SECOND).await?;
        let sql = format!("USE {}", quote(&self.noted.staging));
        session.run("use the staging database", &sql).await?;
        Ok(session)
    }

    /// The server would notice the closed connection only after a while, and refuse who comes next.
    async fn release(&self, session: &mut Session) -> Result<()> {
        if let Some(second) = self.second.lock().await.take() {
            second.close().await;
        }
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
        if *place == self.noted.staging {
            // Rows cannot be taken out of such a table without making history: it is staged anew.
            let source = &self.work.source;
            let is_versioned = |name: &str| source.table(name).is_some_and(Table::keeps_history);
            staged.retain(|staged| !is_versioned(&staged.name));
        }
        Ok(staged)
    }

    async fn create(&self, table: &Table) -> Result<()> {
        let mut session = self.session.lock().await;
        self.create_one(&mut session, table).await
    }

    /// A server makes tables in two sessions nearly twice as fast as in one.
    async fn create_all(&self, tables: &[&Table]) -> Result<Vec<Finding>> {
        let (ours, theirs) = tables.split_at(tables.len().div_ceil(2));
        let mut session = self.session.lock().await;
        if theirs.is_empty() {
            return self.create_some(&mut session, ours).await;
        }
        let mut second = self.second.lock().await;
        if second.is_none() {
            *second = Some(self.second_session().await?);
        }
        let second = second.as_mut().expect("it was opened");
        let (mut findings, others) = try_join(
            self.create_some(&mut session, ours),
            self.create_some(second, theirs),
        )
        .await?;
        findings.extend(others);
        Ok(findings)
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
                "SET SESSION check_constraint_checks = 0 /*M!101100 , system_versioning_insert_history = 1 */",
            )
            .await;
        session.run("set the session up", NO_GAPS).await?;
        let fence = Fence {
            target: self.work.database.clone(),
            epoch: self.epoch,
        };
        Ok(Box::new(MySqlLoader::new(
            session,
            &self.noted.staging,
            fence,
            self.packet_limit,
            self.work.path,
        )))
    }

    async fn count_on(&self, counters: &[(String, String)]) -> Result<()> {
        let mut session = self.session.lock().await;
        for sequence in sequences::among(&self.work.objects) {
            let (staging, name) = (&self.noted.staging, &sequence.name);
            sequences::put(&mut session, staging, name, counters).await?;
        }
        let staged = match counters.iter().any(|(name, _)| name.starts_with(COUNTER)) {
            true => sequences::counters(&mut session, &self.noted.staging).await?,
            false => Vec::new(),
        };
        let behind = staged.iter().filter_map(|(name, next)| {
            // A target that folds names shows in lower case what the source may not.
            let found = counters.iter().find(|(known, _)| known == name);
            let folded = || {
                counters
                    .iter()
                    .find(|(known, _)| fold::lower(known) == fold::lower(name))
            };
            let (_, wanted) = found.or_else(folded)?;
            let table = name.strip_prefix(COUNTER)?;
            let is_ours = self.work.tables.iter().any(|name| name == table);
            (wanted != next && is_ours).then_some((table, wanted))
        });
        for (table, wanted) in behind {
            let sql = format!(
                "ALTER TABLE {} AUTO_INCREMENT = {wanted}",
                self.staged_name(table)
            );
            let action = format!("set the next AUTO_INCREMENT of {table}");
            session.run(&action, &sql).await?;
        }
        Ok(())
    }

    async fn complete(&self) -> Result<()> {
        let mut session = self.session.lock().await;
        self.outside
            .check(&mut session, &self.work, &self.noted.staging)
            .await?;
        for table in self.staged_tables() {
            let mut keys = Vec::new();
            for key in table.foreign_keys.iter().filter(|key| !self.crosses(key)) {
                // A resumed run, and an undo, may have some of them already.
                let there =
                    outside::is_there(&mut session, &self.noted.staging, &table.name, &key.name);
                if !self.may_have_keys() || !there.await? {
                    keys.push(format!(
                        "ADD {}",
                        outside::spelled(key, &self.noted.staging)
                    ));
                }
            }
            if !keys.is_empty() {
                let sql = format!(
                    "ALTER TABLE {} {}",
                    self.staged_name(&table.name),
                    keys.join(", ")
                );
                let action = format!("add the foreign keys of {}", table.name);
                session.run(&action, &sql).await.map_err(|error| {
                    let mend = format!(
                        "change them on the source to what both know, or leave the table out: --exclude {}",
                        table.name
                    );
                    not_taken(error, &format!("the foreign keys of {}", table.name), mend)
                })?;
            }
        }
        Ok(())
    }

    async fn swap(&self) -> Result<()> {
        self.make_live().await
    }

    async fn objects(&self) -> Result<Vec<(String, Error)>> {
        self.make_objects().await
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

    async fn halt(&self) -> Result<()> {
        let mut session = self.session.lock().await;
        for loader in marks::holders(&mut session, &self.work.run).await? {
            marks::end(&mut session, loader).await?;
        }
        Ok(())
    }

    async fn leave(&self) -> Result<()> {
        let mut session = self.session.lock().await;
        self.release(&mut session).await
    }
}

/// Tables whose definitions fit one packet.
fn packets<'a, 'b>(tables: &'a [&'b Table]) -> Vec<&'a [&'b Table]> {
    let mut packets = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, table) in tables.iter().enumerate() {
        bytes += table.definition.len() + 512;
        if bytes > PACKET && at > start {
            packets.push(&tables[start..at]);
            (start, bytes) = (at, table.definition.len() + 512);
        }
    }
    packets.push(&tables[start..]);
    packets
}

/// What the server has made otherwise than it was told.
fn changed(table: &Table, warnings: &[Row]) -> Option<Finding> {
    let mut warnings = warnings.iter();
    let warning = warnings.find(|row| CHANGING.contains(&row.number(1)))?;
    Some(Finding {
        problem: format!(
            "the target would change table {}: {}",
            table.name,
            warning.text(2)
        ),
        mend: format!("--exclude {}, or change it on the source", table.name),
    })
}

/// What the server says about a definition that it does not take is a refusal; anything else stays what it is.
fn not_taken(error: Error, what: &str, mend: String) -> Error {
    match &error {
        Error::Statement { cause, .. } if !error.is_transient() => Error::Refused {
            problem: format!("the target does not take {what}: {cause}"),
            mend,
        },
        _ => error,
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

pub(super) fn create_database(name: &str, work: &TargetWork) -> String {
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
