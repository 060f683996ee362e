//! What a sync answers: the plan of a dry run, or how each database ended.

use std::time::Duration;

use serde_json::{Value, json};

use super::planned::Planned;
use super::workers::Workers;
use crate::engines::{self, Undo};
use crate::model::units::{Bytes, Rows, counted, spoken};
use crate::output::{Cell, Exit, Page, Reply, Table, Tone};
use crate::plan::{NotCopied, Plan};
use crate::run::{self, Outcome, TableOutcome, Verify};
use crate::store::{Ending, Status};

/// The reply of `sync`.
pub struct Synced {
    /// None for a dry run.
    run: Option<i64>,
    databases: Vec<SyncedDatabase>,
    /// Databases that were not reached.
    skipped: Vec<String>,
    /// The plan of a dry run, as it is drawn.
    plan: Option<(Page, Value)>,
    source: String,
    target: String,
    workers: Workers,
}

/// Whether a run was refused before anything changed.
pub fn is_refused(error: &run::Error) -> bool {
    use engines::Error as E;
    matches!(
        error,
        run::Error::Moved(_)
            | run::Error::Over(_)
            | run::Error::Abandoned
            | run::Error::Engine(E::Refused { .. } | E::Findings(_) | E::Locked { .. })
    )
}

/// What a snapshot that did not hold ends in.
const CHANGED: &str = ", changed meanwhile";

/// How one database ended.
pub struct SyncedDatabase {
    pub source: String,
    pub target: String,
    pub status: Status,
    pub tables: Vec<TableOutcome>,
    pub planned_tables: usize,
    pub not_copied: Vec<NotCopied>,
    pub snapshot: Option<String>,
    /// For how long nobody could write to the source.
    pub locked: Option<Duration>,
    pub verify: Option<Verify>,
    /// What the run replaced, kept as the way back.
    pub undo: Option<Undo>,
    pub error: Option<String>,
    pub hint: Option<String>,
    pub took: Duration,
}

impl SyncedDatabase {
    pub fn of(plan: &Plan, result: Result<Outcome, run::Error>) -> SyncedDatabase {
        let mut database = SyncedDatabase {
            source: plan.source.database.clone(),
            target: plan.target.database.clone(),
            status: Status::Done,
            tables: Vec::new(),
            planned_tables: plan.tables.len(),
            not_copied: plan.not_copied.clone(),
            snapshot: None,
            locked: None,
            verify: None,
            undo: None,
            error: None,
            hint: None,
            took: Duration::ZERO,
        };
        match result {
            Ok(outcome) => database.succeed(outcome),
            Err(error) => database.fail(&error),
        }
        database
    }

    fn succeed(&mut self, outcome: Outcome) {
        let failed = outcome.failed_objects.iter();
        self.not_copied
            .extend(failed.map(|(what, reason)| NotCopied {
                what: what.clone(),
                reason: reason.clone(),
            }));
        self.status = match (self.not_copied.is_empty(), outcome.is_verified()) {
            (false, _) => Status::Partly,
            (true, true) => Status::Done,
            (true, false) => Status::Unverified,
        };
        let fuzzy = match outcome.level.consistent {
            true => "",
            false => CHANGED,
        };
        self.snapshot = Some(format!("{}{fuzzy}", outcome.level.how));
        self.locked = outcome.level.locked;
        self.verify = Some(outcome.verify).filter(|verify| *verify != Verify::None);
        self.took = outcome.took;
        self.undo = outcome.undo;
        self.tables = outcome.tables;
    }

    fn fail(&mut self, error: &run::Error) {
        self.status = match error {
            run::Error::Stopped | run::Error::Lost(_) => Status::Interrupted,
            // The tables are live, and the server was lost before the rest: a resume does it.
            run::Error::Behind(cause) if cause.is_transient() => Status::Interrupted,
            error if is_refused(error) => Status::Refused,
            _ => Status::Failed,
        };
        self.error = Some(error.full());
        self.hint = match error {
            run::Error::Engine(error) => error.hint(),
            run::Error::Behind(_) => Some("resume tries the rest again".into()),
            run::Error::Moved(_) => Some("start again: a new plan will be made".into()),
            run::Error::Stopped | run::Error::Lost(_) => {
                Some("resume goes on where it stopped".into())
            }
            run::Error::Abandoned => Some("start again with sync: a new plan will be made".into()),
            run::Error::Over(_) => Some("history show tells how it ended".into()),
            run::Error::Unwritten(_) => {
                Some("make room on the disk of maestro's home folder".into())
            }
        };
    }

    pub fn rows(&self) -> Rows {
        self.tables.iter().map(|table| table.rows).sum()
    }

    pub fn bytes(&self) -> Bytes {
        self.tables.iter().map(|table| table.bytes).sum()
    }

    fn verified(&self) -> Option<&'static str> {
        self.verify.map(|verify| match verify {
            Verify::Count => "count",
            Verify::Checksum => "checksum",
            Verify::None => "none",
        })
    }

    fn json(&self) -> Value {
        let not_copied: Vec<Value> = self
            .not_copied
            .iter()
            .map(|item| json!({"what": item.what, "reason": item.reason}))
            .collect();
        json!({
            "source": self.source,
            "target": self.target,
            "status": self.status.name(),
            "tables": self.planned_tables,
            "rows": self.rows().0,
            "bytes": self.bytes().0,
            "seconds": self.took.as_secs_f64(),
            "snapshot": self.snapshot,
            "source_locked_seconds": self.locked.map(|held| held.as_secs_f64()),
            "verified": self.verified(),
            "not_copied": not_copied,
            "undo": self.undo.as_ref().map(|undo| json!({"tables": undo.tables, "bytes": undo.bytes.0})),
            "error": self.error,
            "hint": self.hint,
        })
    }
}

impl Synced {
    pub fn new(
        run: i64,
        planned: &Planned,
        databases: Vec<SyncedDatabase>,
        skipped: Vec<String>,
    ) -> Synced {
        Synced {
            run: Some(run),
            databases,
            skipped,
            plan: None,
            source: planned.source.endpoint.name.clone(),
            target: planned.target.endpoint.name.clone(),
            workers: planned.workers.clone(),
        }
    }

    /// There was nothing to do.
    pub fn nothing(run: i64, planned: &Planned) -> Synced {
        Synced::new(run, planned, Vec::new(), Vec::new())
    }

    /// The plan alone.
    pub fn dry(planned: Planned) -> Synced {
        let mut page = Page::default();
        planned.draw(&mut page, None);
        page.line("Dry run: nothing was changed.");
        let value = planned.plans.iter().map(plan_json).collect();
        Synced {
            run: None,
            plan: Some((page, value)),
            ..Synced::new(0, &planned, Vec::new(), Vec::new())
        }
    }

    /// The target databases that hold what the source holds.
    pub fn arrived(&self) -> Vec<String> {
        let live = |one: &&SyncedDatabase| {
            matches!(
                one.status,
                Status::Done | Status::Partly | Status::Unverified
            )
        };
        let databases = self.databases.iter().filter(live);
        databases.map(|one| one.target.clone()).collect()
    }

    /// The worst status of all databases.
    fn status(&self) -> Status {
        let count = |wanted: Status| {
            self.databases
                .iter()
                .filter(|one| one.status == wanted)
                .count()
        };
        let failed = count(Status::Failed) + count(Status::Refused);
        match failed {
            _ if count(Status::Interrupted) > 0 => Status::Interrupted,
            0 if count(Status::Partly) > 0 => Status::Partly,
            0 if count(Status::Unverified) > 0 => Status::Unverified,
            0 => Status::Done,
            all if all < self.databases.len() => Status::Partly,
            all if all == count(Status::Refused) => Status::Refused,
            _ => Status::Failed,
        }
    }

    /// How the record of the run ends.
    pub fn ending(&self) -> Ending {
        let texts = |text: fn(&SyncedDatabase) -> Option<String>| {
            let mut all: Vec<String> = self.databases.iter().filter_map(text).collect();
            all.dedup();
            Some(all.join("; ")).filter(|text| !text.is_empty())
        };
        Ending {
            status: self.status(),
            snapshot: texts(|one| {
                let snapshot = one.snapshot.clone()?;
                let Some(held) = one.locked else {
                    return Some(snapshot);
                };
                let held = format!(", locked for {}", spoken(held));
                Some(match snapshot.strip_suffix(CHANGED) {
                    Some(how) => format!("{how}{held}{CHANGED}"),
                    None => snapshot + &held,
                })
            }),
            verified: texts(|one| one.verified().map(str::to_string)),
            error: texts(|one| {
                one.error
                    .as_ref()
                    .map(|error| format!("{}: {error}", one.target))
            }),
        }
    }

    fn draw_database(&self, table: &mut Table, database: &SyncedDatabase) {
        let (tone, word) = match database.status {
            Status::Done => (Tone::Good, "done"),
            Status::Unverified => (Tone::Warning, "not verified"),
            Status::Partly => (Tone::Warning, "not all copied"),
            Status::Interrupted => (Tone::Warning, "stopped"),
            Status::Refused => (Tone::Bad, "refused"),
            _ => (Tone::Bad, "failed"),
        };
        table.row([
            database.target.clone().into(),
            Cell::new(tone, word),
            database.planned_tables.to_string().into(),
            database.rows().to_string().into(),
            database.bytes().to_string().into(),
            spoken(database.took).into(),
            database.snapshot.clone().unwrap_or_default().into(),
        ]);
    }
}

impl Reply for Synced {
    fn render(&self, page: &mut Page) {
        if let Some((plan, _)) = &self.plan {
            page.append(plan);
            return;
        }
        let Some(run) = self.run else { return };
        if self.databases.is_empty() {
            page.line(Cell::new(
                Tone::Good,
                "Nothing to do: the target has it all.",
            ));
            return;
        }
        let mut table = Table::new(&[
            "database", "status", ">tables", ">rows", ">size", ">time", "snapshot",
        ]);
        self.databases
            .iter()
            .for_each(|database| self.draw_database(&mut table, database));
        page.table(table);
        for database in &self.databases {
            if let Some(error) = &database.error {
                page.line(Cell::new(
                    Tone::Bad,
                    format!("{}: {error}", database.target),
                ));
            }
            if let Some(hint) = &database.hint {
                page.line(format!("  hint: {hint}"));
            }
            if let Some(held) = database.locked {
                page.line(format!(
                    "{}: nobody could write to the source for {}",
                    database.source,
                    spoken(held)
                ));
            }
            for item in &database.not_copied {
                let text = format!(
                    "{}: not copied: {} ({})",
                    database.target, item.what, item.reason
                );
                page.line(Cell::new(Tone::Warning, text));
            }
        }
        let kept: Bytes = self
            .databases
            .iter()
            .filter_map(|one| one.undo.as_ref().map(|undo| undo.bytes))
            .sum();
        if self.databases.iter().any(|one| one.undo.is_some()) {
            page.line(format!(
                "The replaced tables are kept ({kept}): rollback {run} brings them back, undo drop {run} frees the space"
            ));
        }
        if self.status() == Status::Interrupted {
            page.line(format!(
                "Interrupted: resume {run} goes on where it stopped"
            ));
        }
        if !self.skipped.is_empty() {
            page.line(format!("Not reached: {}", self.skipped.join(", ")));
        }
        let done = self
            .databases
            .iter()
            .filter(|one| one.error.is_none())
            .count();
        page.line(format!(
            "Run {run}: {} of {} synced from {} to {}",
            done,
            counted(self.databases.len() + self.skipped.len(), "database"),
            self.source,
            self.target
        ));
    }

    fn json(&self) -> Value {
        if let Some((_, plan)) = &self.plan {
            return json!({"status": "planned", "source": self.source, "target": self.target,
                          "workers": self.workers, "plan": plan});
        }
        let texts = self.ending();
        let mut snapshots: Vec<&str> = self
            .databases
            .iter()
            .flat_map(|one| one.snapshot.as_deref())
            .collect();
        snapshots.dedup();
        json!({
            "run": self.run,
            "status": self.status().name(),
            "source": self.source,
            "target": self.target,
            "snapshot": (!snapshots.is_empty()).then(|| snapshots.join("; ")),
            "verified": texts.verified,
            "workers": self.workers,
            "databases": self.databases.iter().map(SyncedDatabase::json).collect::<Vec<_>>(),
            "not_reached": self.skipped,
        })
    }

    fn exit(&self) -> Exit {
        match self.status() {
            Status::Interrupted => Exit::INTERRUPTED,
            Status::Refused => Exit::REFUSED,
            Status::Failed => Exit::FAILED,
            Status::Partly => Exit::PARTLY,
            Status::Unverified => Exit::UNVERIFIED,
            Status::Done | Status::Running => Exit::DONE,
        }
    }
}

pub fn plan_json(plan: &Plan) -> Value {
    let (rows, bytes) = plan.size();
    let stages: Vec<Value> = plan
        .stages()
        .iter()
        .map(|stage| json!({"stage": stage.title, "steps": stage.steps}))
        .collect();
    let not_copied: Vec<Value> = plan
        .not_copied
        .iter()
        .map(|item| json!({"what": item.what, "reason": item.reason}))
        .collect();
    let mapped: Vec<Value> = plan
        .mapped
        .iter()
        .map(|item| json!({"what": item.what, "from": item.from, "to": item.to}))
        .collect();
    json!({
        "source": plan.source.database,
        "target": plan.target.database,
        "new": !plan.target.exists,
        "rows": rows.0,
        "bytes": bytes.0,
        "stages": stages,
        "not_copied": not_copied,
        "mapped": mapped,
        "warnings": plan.warnings,
        "write_path": plan.write_path,
        "route": plan.route,
        "fingerprints": {
            "source": plan.source.exists.then(|| format!("{:032x}", plan.source.fingerprint)),
            "target": plan.target.exists.then(|| format!("{:032x}", plan.target.fingerprint)),
        },
    })
}
