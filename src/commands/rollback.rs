//! `rollback`: takes a run back. The tables that it replaced go live again, with the objects around them.
//!
//! What is rolled back becomes an undo of its own, so a rollback can be rolled back. Tables that were written
//! since are named, and nothing happens until the user says that those rows may leave.

use clap::Parser;
use serde_json::{Value, json};

use super::context::Place;
use super::places::{self, Opened};
use super::sync::confirm::{self, Write};
use super::sync::{broken_off, watch};
use super::{Command, Context, Error, Group, Result};
use crate::engines::Undo;
use crate::model::units::{Bytes, counted, spoken};
use crate::output::{Cell, Exit, Page, Reply, Tone};
use crate::plan::Risk;
use crate::run::journal::{Journal as _, State};
use crate::run::rollback::{self, Rollback};
use crate::store::{Ending, JobRecord, NewRun, Part, Run, Status, Step};

/// Take a run back: the tables that it replaced go live again
#[derive(Debug, Clone, Parser)]
#[command(name = "rollback")]
pub struct Args {
    /// The run's number, or last
    run: String,
    /// Show what would be done and stop
    #[arg(long)]
    dry_run: bool,
    /// Also where tables were written since the run: those rows leave with the tables
    #[arg(long)]
    discard_writes: bool,
    /// Answer the question with yes; never enough for a target labelled production or unknown
    #[arg(long, short = 'y')]
    yes: bool,
}

/// What `rollback` answers.
pub struct RolledBack {
    run: i64,
    /// None for a dry run.
    number: Option<i64>,
    target: String,
    databases: Vec<Back>,
}

/// One database that was, or would be, rolled back.
struct Back {
    rollback: Rollback,
    undo: Option<Undo>,
    failed: Vec<(String, String)>,
    took: std::time::Duration,
}

impl Command for Args {
    type Reply = RolledBack;
    const GROUP: Group = Group::Work;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("rollback 12", "the tables as they were before run 12"),
        ("rollback last --dry-run", "what would be done"),
        (
            "rollback 12 --discard-writes",
            "also where tables were written since",
        ),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<RolledBack> {
        let run = super::history::find(cx, &self.run)?;
        let (job, parts) = recorded(cx, &run)?;
        let place = Place {
            connection: job.target.clone(),
            ..Place::default()
        };
        let opened = places::open(cx, &place).await?;
        refuse_other_server(&opened, &job).await?;
        let backs = plans(cx, &opened, &run, &parts).await?;
        if !self.dry_run {
            refuse_written(&run, &backs, self.discard_writes)?;
        }
        let mut reply = RolledBack {
            run: run.number,
            number: None,
            target: job.target.clone(),
            databases: backs,
        };
        if self.dry_run {
            return Ok(reply);
        }
        let mut page = Page::default();
        reply.draw(&mut page);
        cx.ask.show(&page);
        let databases = reply
            .databases
            .iter()
            .map(|back| &back.rollback.work.database);
        let write = Write {
            label: watch::label(&opened, databases).await?,
            target: &opened,
            risk: Risk::Replaces,
        };
        confirm::settle(cx, &write, self.yes, None).await?;
        let number = cx.store.begin(&NewRun {
            id: uuid::Uuid::now_v7().to_string(),
            kind: "rollback",
            source: format!("run {}", run.number),
            target: job.target.clone(),
            command: format!("rollback {}", run.number),
        })?;
        reply.number = Some(number);
        let result = carry_out(cx, number, &opened, &job, &parts, &mut reply).await;
        cx.store.end(number, &ending(&result, &reply))?;
        result.map(|()| reply)
    }
}

/// What the journal knows of the run.
fn recorded(cx: &Context<'_>, run: &Run) -> Result<(JobRecord, Vec<Part>)> {
    if run.status == Status::Running {
        return Err(Error::refused(format!(
            "run {} is at work (process {})",
            run.number, run.process
        )));
    }
    let job = cx.store.job(run.number)?;
    let job = job.ok_or_else(|| {
        Error::refused(format!("run {} changed nothing", run.number))
            .hint("undo list shows what can be rolled back")
    })?;
    Ok((job, cx.store.parts(run.number)?))
}

async fn refuse_other_server(opened: &Opened, job: &JobRecord) -> Result<()> {
    if opened.server.identity().await? == job.target_server {
        return Ok(());
    }
    Err(Error::refused(format!(
        "{} leads to another server than it did then",
        opened.endpoint.name
    ))
    .hint("connections show tells where it leads"))
}

/// What there is to take back, the last database first.
async fn plans(cx: &Context<'_>, opened: &Opened, run: &Run, parts: &[Part]) -> Result<Vec<Back>> {
    let undos = opened.server.undos().await?;
    let mut backs = Vec::new();
    for part in parts.iter().rev() {
        let Some(undo) = undos.iter().find(|undo| undo.run == part.id) else {
            continue;
        };
        let id = uuid::Uuid::now_v7().to_string();
        let rollback = rollback::plan(opened.server.as_ref(), undo, &id).await;
        backs.push(Back {
            rollback: rollback.map_err(|error| failure(&error))?,
            undo: None,
            failed: Vec::new(),
            took: std::time::Duration::ZERO,
        });
    }
    if !backs.is_empty() {
        return Ok(backs);
    }
    let why = match parts.iter().any(|part| part.state == State::RolledBack) {
        true => "it was rolled back already",
        false => "its undo was dropped, or a later run of the database took its place",
    };
    let kept: Vec<String> = undos
        .iter()
        .filter_map(|undo| cx.store.run_of(&undo.run).ok().flatten())
        .map(|number| number.to_string())
        .collect();
    let hint = match kept.is_empty() {
        true => "undo list shows what can be rolled back".to_string(),
        false => format!("these can be rolled back: {}", kept.join(", ")),
    };
    Err(Error::refused(format!("run {} has no undo: {why}", run.number)).hint(hint))
}

fn refuse_written(run: &Run, backs: &[Back], discard: bool) -> Result<()> {
    let written: Vec<String> = backs
        .iter()
        .flat_map(|back| {
            let database = &back.rollback.work.database;
            let tables = back.rollback.written.iter();
            tables.map(move |(table, how)| format!("{database}.{table} ({how})"))
        })
        .collect();
    if discard || written.is_empty() {
        return Ok(());
    }
    Err(Error::refused(format!(
        "written since run {}: {}",
        run.number,
        written.join("; ")
    ))
    .hint("--discard-writes rolls back all the same; those rows stay in the undo of the rollback"))
}

async fn carry_out(
    cx: &mut Context<'_>,
    number: i64,
    opened: &Opened,
    job: &JobRecord,
    parts: &[Part],
    reply: &mut RolledBack,
) -> Result<()> {
    let job = JobRecord {
        source: job.target.clone(),
        source_server: job.target_server.clone(),
        source_product: job.target_product.clone(),
        ..job.clone()
    };
    let none = vec![None; reply.databases.len()];
    let own = cx.store.journal(number, &job, &none)?;
    let keep = cx.settings.undo.keep as usize;
    for (back, own) in reply.databases.iter_mut().zip(&own) {
        // The part's id is what the server will know the rollback by.
        back.rollback.work.run = own.id.clone();
        let journal = cx.store.journal_of(number, own.number);
        let done = rollback::execute(
            &back.rollback,
            opened.server.as_ref(),
            keep,
            cx.events.as_ref(),
        )
        .await;
        let state = match &done {
            Ok(_) => State::Done,
            Err(_) => State::Failed,
        };
        if let Err(cause) = journal.enter(state) {
            tracing::warn!("{cause}");
        }
        let outcome = done.map_err(|error| failure(&error))?;
        cx.store.step(
            number,
            &Step {
                database: back.rollback.work.database.clone(),
                what: None,
                status: Status::Done,
                rows: Default::default(),
                bytes: Default::default(),
                took: outcome.took,
                error: None,
            },
        )?;
        if let Some(part) = parts.iter().find(|part| part.id == back.rollback.undo.run) {
            let of = cx.store.run_of(&part.id)?.unwrap_or(reply.run);
            cx.store.enter(of, part.number, State::RolledBack)?;
        }
        (back.undo, back.failed, back.took) = (outcome.undo, outcome.failed_objects, outcome.took);
    }
    Ok(())
}

fn failure(error: &crate::run::Error) -> Error {
    let hint = match error {
        crate::run::Error::Engine(error) => error.hint(),
        crate::run::Error::Behind(_) => Some("run it again: the next run finishes it".into()),
        _ => None,
    };
    let refused = super::sync::reply::is_refused(error);
    let failed = match refused {
        true => Error::refused(error.full()),
        false => Error::failed(error.full()),
    };
    match hint {
        Some(hint) => failed.hint(hint),
        None => failed,
    }
}

fn ending(result: &Result<()>, reply: &RolledBack) -> Ending {
    match result {
        Ok(()) => Ending {
            status: match reply.exit() {
                Exit::PARTLY => Status::Partly,
                _ => Status::Done,
            },
            snapshot: None,
            verified: None,
            error: None,
        },
        Err(error) => broken_off(error),
    }
}

impl RolledBack {
    fn draw(&self, page: &mut Page) {
        for back in &self.databases {
            let work = &back.rollback.work;
            let title = match work.vanishes {
                true => format!(
                    "{} did not exist before run {}: it goes",
                    work.database, self.run
                ),
                false => format!("{}: as before run {}", work.database, self.run),
            };
            page.line(Cell::new(Tone::Strong, title));
            let titles = |objects: &[crate::model::catalog::Object]| {
                let titles = objects.iter().map(crate::model::catalog::Object::title);
                titles.collect::<Vec<_>>()
            };
            for (what, names) in [
                ("come back", work.tables.clone()),
                ("leave", work.removed.clone()),
                ("objects made again", titles(&work.objects)),
                ("objects dropped", titles(&work.dropped)),
            ] {
                if !names.is_empty() {
                    page.line(format!("    {what}: {}", names.join(", ")));
                }
            }
            for (table, how) in &back.rollback.written {
                let text = format!("    written since: {table} ({how})");
                page.line(Cell::new(Tone::Warning, text));
            }
        }
    }
}

impl Reply for RolledBack {
    fn render(&self, page: &mut Page) {
        let Some(number) = self.number else {
            self.draw(page);
            page.line("Dry run: nothing was changed.");
            return;
        };
        for back in &self.databases {
            for (what, why) in &back.failed {
                let text = format!("{}: not made: {what} ({why})", back.rollback.work.database);
                page.line(Cell::new(Tone::Warning, text));
            }
        }
        let took = self.databases.iter().map(|back| back.took).sum();
        page.line(format!(
            "Run {number}: {} of {} as before run {}, in {}",
            counted(self.databases.len(), "database"),
            self.target,
            self.run,
            spoken(took)
        ));
        let kept: Bytes = self
            .databases
            .iter()
            .filter_map(|back| back.undo.as_ref().map(|undo| undo.bytes))
            .sum();
        if self.databases.iter().any(|back| back.undo.is_some()) {
            page.line(format!(
                "What was rolled back is kept ({kept}): rollback {number} brings it back"
            ));
        }
    }

    fn json(&self) -> Value {
        let databases: Vec<Value> = self
            .databases
            .iter()
            .map(|back| {
                let work = &back.rollback.work;
                let written = back.rollback.written.iter();
                let failed = back.failed.iter();
                json!({
                    "database": work.database,
                    "vanishes": work.vanishes,
                    "tables": work.tables,
                    "leave": work.removed,
                    "written_since": written.map(|(table, how)| json!({"table": table, "how": how})).collect::<Vec<_>>(),
                    "not_made": failed.map(|(what, why)| json!({"what": what, "reason": why})).collect::<Vec<_>>(),
                    "seconds": back.took.as_secs_f64(),
                })
            })
            .collect();
        json!({
            "run": self.number,
            "status": match (self.number, self.exit()) {
                (None, _) => "planned",
                (_, Exit::PARTLY) => "partly",
                _ => "done",
            },
            "rolled_back": self.run,
            "target": self.target,
            "databases": databases,
        })
    }

    fn exit(&self) -> Exit {
        match self.databases.iter().all(|back| back.failed.is_empty()) {
            true => Exit::DONE,
            false => Exit::PARTLY,
        }
    }
}
