//! Runs the plans of a batch, one database after the other, and records each step.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::planned::Planned;
use super::reply::{Synced, SyncedDatabase, is_refused};
use crate::commands::places::Opened;
use crate::commands::undo::is_older;
use crate::commands::{Context, Error, Result};
use crate::engines::Undo;
use crate::model::endpoint::Address;
use crate::model::pace::{Ceiling, Compress, Throttle};
use crate::model::units::{Bytes, Rows, counted, spoken};
use crate::plan::Plan;
use crate::run::event::{Event, Listener};
use crate::run::journal::{Journal as _, State};
use crate::run::{self, Job, Outcome, Retry, Verify};
use crate::store::{JobRecord, Part, Status, Step};

/// How a batch is run; part of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    pub workers: usize,
    pub verify: Verify,
    pub stop_on_error: bool,
    #[serde(default)]
    pub throttle: Throttle,
    #[serde(default)]
    pub max_load: Vec<Ceiling>,
    #[serde(default)]
    pub compress: Compress,
}

/// The number of log lines that may wait to be written.
const LINES: usize = 1024;

/// Writes everything down that a resume needs, then runs every plan.
pub async fn begin(
    cx: &mut Context<'_>,
    number: i64,
    planned: &Planned,
    settings: &Settings,
) -> Result<Synced> {
    let job = JobRecord {
        source: reopened(&planned.source),
        target: reopened(&planned.target),
        source_server: planned.source.server.identity().await?,
        target_server: planned.target.server.identity().await?,
        source_product: planned.source.server.product().to_string(),
        target_product: planned.target.server.product().to_string(),
        settings: serde_json::to_string(settings)
            .map_err(|cause| Error::failed(cause.to_string()))?,
    };
    let plans: Vec<Option<&Plan>> = planned.plans.iter().map(Some).collect();
    let parts = cx.store.journal(number, &job, &plans)?;
    run(cx, number, planned, &parts, settings).await
}

/// What opens a side again: a backup is no connection that has a name.
fn reopened(side: &Opened) -> String {
    match &side.endpoint.address {
        Address::File { scheme, .. } if scheme == "backup" => side.endpoint.address.url(),
        _ => side.endpoint.name.clone(),
    }
}

/// Runs every plan from the state of its part; a database that fails does not stop the others, unless told to.
pub async fn run(
    cx: &mut Context<'_>,
    number: i64,
    planned: &Planned,
    parts: &[Part],
    settings: &Settings,
) -> Result<Synced> {
    let mut done: Vec<SyncedDatabase> = Vec::new();
    let of = planned.plans.len();
    for (index, (plan, part)) in planned.plans.iter().zip(parts).enumerate() {
        let place = Place {
            run: number,
            part,
            index: index + 1,
            of,
        };
        let result = run_one(cx, planned, plan, settings, &place).await?;
        let database = SyncedDatabase::of(plan, result);
        record(cx, number, &database)?;
        let status = database.status;
        done.push(database);
        let left = of - index - 1;
        if status == Status::Interrupted
            || (status_failed(status) && left > 0 && !goes_on(cx, settings, left))
        {
            break;
        }
    }
    forget_old(cx, planned).await;
    cx.session.last = planned
        .plans
        .iter()
        .map(|plan| plan.source.database.clone())
        .collect();
    let succeeded = |name: &String| {
        done.iter()
            .any(|one| one.source == *name && !status_failed(one.status))
    };
    cx.session.failed = cx
        .session
        .last
        .iter()
        .filter(|name| !succeeded(name))
        .cloned()
        .collect();
    let skipped = planned.plans[done.len()..]
        .iter()
        .map(|plan| plan.source.database.clone())
        .collect();
    Ok(Synced::new(number, planned, done, skipped))
}

/// Drops undos of these databases that are older than `undo.max_age`; what cannot be dropped stays.
async fn forget_old(cx: &Context<'_>, planned: &Planned) {
    let age = cx.settings.undo.max_age;
    if age.is_zero() {
        return;
    }
    let server = planned.target.server.as_ref();
    let is_ours = |undo: &Undo| {
        let mut plans = planned.plans.iter();
        plans.any(|plan| plan.target.database == undo.database)
    };
    for undo in server.undos().await.unwrap_or_default() {
        if is_ours(&undo)
            && is_older(&undo, age)
            && let Err(cause) = server.drop_undo(&undo).await
        {
            let text = format!("an old undo of {} stays: {}", undo.database, cause.full());
            cx.events.on(&Event::Notice { text });
        }
    }
}

fn status_failed(status: Status) -> bool {
    matches!(
        status,
        Status::Failed | Status::Refused | Status::Interrupted
    )
}

/// The question after a failure: yes by default, and where nobody can be asked.
fn goes_on(cx: &Context<'_>, settings: &Settings, left: usize) -> bool {
    if settings.stop_on_error {
        return false;
    }
    let question = format!("Continue with the remaining {}?", counted(left, "database"));
    cx.ask.confirm(&question, true).unwrap_or(true)
}

/// Where one database stands in its batch.
struct Place<'a> {
    run: i64,
    part: &'a Part,
    /// From 1.
    index: usize,
    of: usize,
}

async fn run_one(
    cx: &mut Context<'_>,
    planned: &Planned,
    plan: &Plan,
    settings: &Settings,
    place: &Place<'_>,
) -> Result<std::result::Result<Outcome, run::Error>> {
    let (listener, mut lines) = recorder(cx);
    let (rows, bytes) = plan.size();
    let database = plan.target.database.clone();
    listener.on(&Event::DatabaseStarted {
        database: database.clone(),
        index: place.index,
        of: place.of,
        tables: plan.tables.len(),
        rows,
        bytes,
    });
    let journal = cx.store.journal_of(place.run, place.part.number);
    let job = Job {
        source: planned.source.server.as_ref(),
        target: planned.target.server.as_ref(),
        listener: listener.clone(),
        run: place.part.id.clone(),
        workers: settings.workers,
        batch: Rows(cx.settings.sync.batch_size.max(1)),
        verify: settings.verify,
        throttle: settings.throttle,
        max_load: &settings.max_load,
        retry: Retry {
            attempts: cx.settings.sync.retry_attempts as usize,
            delay: cx.settings.sync.retry_delay,
        },
        keep: cx.settings.undo.keep as usize,
        journal: &journal,
        stop: cx.stop.clone(),
    };
    let result = {
        let work = run::execute(plan, &job, place.part.state);
        tokio::pin!(work);
        loop {
            tokio::select! {
                result = &mut work => break result,
                Some(line) = lines.recv() => keep(cx, place.run, &line),
            }
        }
    };
    if let Some(state) = ended(&result)
        && let Err(cause) = journal.enter(state)
    {
        tracing::warn!("{cause}");
    }
    match &result {
        Ok(outcome) => listener.on(&Event::DatabaseDone {
            database,
            rows: outcome.rows(),
            bytes: outcome.bytes(),
            took: outcome.took,
        }),
        Err(run::Error::Stopped) => listener.on(&Event::Notice {
            text: format!(
                "{database}: stopped; the live tables are unchanged, resume {} goes on",
                place.run
            ),
        }),
        Err(error) => listener.on(&Event::DatabaseFailed {
            database,
            cause: error.full(),
        }),
    }
    while let Ok(line) = lines.try_recv() {
        keep(cx, place.run, &line);
    }
    Ok(result)
}

/// The end that a result is, where nothing is left to resume.
fn ended(result: &std::result::Result<Outcome, run::Error>) -> Option<State> {
    match result {
        Ok(_) => Some(State::Done),
        Err(run::Error::Stopped | run::Error::Lost(_) | run::Error::Behind(_)) => None,
        Err(run::Error::Over(_) | run::Error::Abandoned) => None,
        Err(error) if is_refused(error) => Some(State::Refused),
        Err(_) => Some(State::Failed),
    }
}

/// A listener that passes events on, and the lines of them that are kept in the run's log.
pub fn recorder(cx: &Context<'_>) -> (Arc<dyn Listener>, mpsc::Receiver<String>) {
    let (sink, lines) = mpsc::channel(LINES);
    let shown = cx.events.clone();
    (Arc::new(Recorder { shown, lines: sink }), lines)
}

/// A line of the run's log. A store that cannot take it must not stop the run.
pub fn keep(cx: &Context<'_>, number: i64, line: &str) {
    if let Err(cause) = cx.store.log(number, line) {
        tracing::warn!("the run's log lost a line: {cause}");
    }
}

fn record(cx: &Context<'_>, number: i64, database: &SyncedDatabase) -> Result<()> {
    for table in &database.tables {
        cx.store.step(
            number,
            &Step {
                database: database.target.clone(),
                what: Some(table.name.clone()),
                status: Status::Done,
                rows: table.rows,
                bytes: table.bytes,
                took: table.took,
                error: None,
            },
        )?;
    }
    cx.store.step(
        number,
        &Step {
            database: database.target.clone(),
            what: None,
            status: database.status,
            rows: database.rows(),
            bytes: database.bytes(),
            took: database.took,
            error: database.error.clone(),
        },
    )?;
    Ok(())
}

/// Passes every event on, and turns those worth keeping into lines of the run's log.
struct Recorder {
    shown: Arc<dyn Listener>,
    lines: mpsc::Sender<String>,
}

impl Listener for Recorder {
    fn on(&self, event: &Event) {
        self.shown.on(event);
        if let Some(line) = told(event) {
            tracing::info!("{line}");
            // A log that cannot keep up loses lines, never rows.
            let _ = self.lines.try_send(line);
        }
    }
}

fn told(event: &Event) -> Option<String> {
    let moved =
        |rows: &Rows, bytes: &Bytes, took| format!("{rows} rows, {bytes} in {}", spoken(took));
    Some(match event {
        Event::DatabaseStarted {
            database,
            index,
            of,
            tables,
            ..
        } => {
            format!(
                "{database}: started, {index} of {of}, {}",
                counted(*tables, "table")
            )
        }
        Event::Snapshot { database, level } => {
            format!(
                "{database}: snapshot by {}, {}",
                level.how,
                counted(level.readers, "reader")
            )
        }
        Event::Phase { database, phase } => format!("{database}: {phase}"),
        Event::TableDone {
            database,
            table,
            rows,
            bytes,
            took,
        } => {
            format!("{database}.{table}: {}", moved(rows, bytes, *took))
        }
        Event::DatabaseDone {
            database,
            rows,
            bytes,
            took,
        } => format!("{database}: done, {}", moved(rows, bytes, *took)),
        Event::DatabaseFailed { database, cause } => format!("{database}: failed: {cause}"),
        Event::Notice { text } => text.clone(),
        Event::TableStarted { .. } | Event::Moved { .. } => return None,
    })
}
