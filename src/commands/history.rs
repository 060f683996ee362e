//! `history`: past runs, also the interrupted and the refused.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Command, Context, Error, Group, Result};
use crate::model::units::spoken;
use crate::output::{Cell, Page, Reply, Table, Tone, time};
use crate::store::{Run, Status, Step};

/// Show past runs and what each did
#[derive(clap::Parser, Debug)]
#[command(name = "history", args_conflicts_with_subcommands = true)]
pub struct Args {
    /// How many runs to list
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    limit: usize,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// List the runs, the newest first
    List {
        /// How many runs to list
        #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
        limit: usize,
    },
    /// Show one run: its databases, tables and errors
    Show {
        /// The run's number, or last
        #[arg(default_value = "last")]
        run: String,
    },
    /// Show the log of one run
    Log {
        /// The run's number, or last
        #[arg(default_value = "last")]
        run: String,
    },
}

/// What `history` answers.
pub enum Answer {
    List(Vec<Run>),
    Run(Box<Run>, Vec<Step>),
    Log(Box<Run>, Vec<(DateTime<Utc>, String)>),
}

impl Command for Args {
    type Reply = Answer;
    const GROUP: Group = Group::History;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("history", "the last 20 runs"),
        ("history --limit 100", "more of them"),
        ("history show 12", "what run 12 did, table by table"),
        ("history log last", "the log of the last run"),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Answer> {
        match self.action.unwrap_or(Action::List { limit: self.limit }) {
            Action::List { limit } => Ok(Answer::List(cx.store.runs(limit)?)),
            Action::Show { run } => {
                let run = find(cx, &run)?;
                let steps = cx.store.steps(run.number)?;
                Ok(Answer::Run(Box::new(run), steps))
            }
            Action::Log { run } => {
                let run = find(cx, &run)?;
                let lines = cx.store.log_lines(run.number)?;
                Ok(Answer::Log(Box::new(run), lines))
            }
        }
    }
}

/// The run that a number or `last` means.
///
/// # Errors
/// A usage error that names the newest number.
pub(super) fn find(cx: &Context<'_>, word: &str) -> Result<Run> {
    let newest = cx.store.runs(1)?.into_iter().next();
    let Some(newest) = newest else {
        return Err(
            Error::usage("there are no runs yet").hint("sync and compare are recorded here")
        );
    };
    if word == "last" {
        return Ok(newest);
    }
    let number: i64 = word
        .parse()
        .map_err(|_| Error::usage(format!("{word:?} is no run: a number or last is needed")))?;
    let found = cx.store.run(number)?;
    found.ok_or_else(|| {
        Error::usage(format!("there is no run {number}")).hint(format!(
            "the newest is {}; history lists them",
            newest.number
        ))
    })
}

fn tone(status: Status) -> Tone {
    match status {
        Status::Done => Tone::Good,
        Status::Running => Tone::Accent,
        Status::Unverified | Status::Partly | Status::Interrupted => Tone::Warning,
        Status::Failed | Status::Refused => Tone::Bad,
    }
}

fn status(status: Status) -> Cell {
    Cell::new(tone(status), status.name())
}

/// How long it took; None while it runs, or when its process died.
fn took(run: &Run) -> Option<std::time::Duration> {
    (run.ended? - run.started).to_std().ok()
}

fn took_text(run: &Run) -> String {
    took(run).map_or("–".into(), spoken)
}

fn list(runs: &[Run], page: &mut Page) {
    if runs.is_empty() {
        page.line("No runs yet: sync and compare are recorded here.");
        return;
    }
    let mut table = Table::new(&[
        ">run",
        "when",
        "what",
        "source",
        "target",
        ">databases",
        ">rows",
        "took",
        "status",
    ]);
    for run in runs {
        table.row([
            run.number.to_string().into(),
            time::ago(run.started).into(),
            run.kind.as_str().into(),
            run.source.as_str().into(),
            run.target.as_str().into(),
            run.databases.to_string().into(),
            run.rows.to_string().into(),
            took_text(run).into(),
            status(run.status),
        ]);
    }
    page.table(table);
    for run in runs.iter().filter(|run| run.status == Status::Interrupted) {
        page.line(format!(
            "Run {} was interrupted: {}",
            run.number,
            way_on(run)
        ));
    }
}

/// How an interrupted run goes on.
fn way_on(run: &Run) -> String {
    match run.kind.as_str() {
        "sync" | "restore" => format!("resume {} goes on", run.number),
        _ => format!("begin again with {}", run.command),
    }
}

fn show(run: &Run, steps: &[Step], page: &mut Page) {
    heading(run, page);
    for (name, value) in facts(run) {
        page.pieces([
            Cell::new(Tone::Faint, format!("  {name:<9} ")),
            value.into(),
        ]);
    }
    if !steps.is_empty() {
        page.blank();
        page.table(step_table(steps));
    }
}

fn facts(run: &Run) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("command", run.command.clone()),
        ("started", time::moment(run.started)),
        ("took", took_text(run)),
    ];
    facts.push(match run.kind.as_str() {
        "sync" | "restore" => ("moved", format!("{} rows, {}", run.rows, run.bytes)),
        "backup" => ("saved", format!("{} rows, {}", run.rows, run.bytes)),
        _ => ("compared", format!("{} rows", run.rows)),
    });
    facts.extend(run.snapshot.clone().map(|snapshot| ("snapshot", snapshot)));
    if run.kind != "compare" {
        facts.push(("verified", run.verified.clone().unwrap_or("no".into())));
    }
    facts.extend(run.error.clone().map(|error| ("error", error)));
    if run.status == Status::Interrupted {
        facts.push(("way on", way_on(run)));
    }
    facts
}

fn heading(run: &Run, page: &mut Page) {
    page.pieces([
        Cell::new(Tone::Strong, format!("Run {}", run.number)),
        format!(": {} {} → {}, ", run.kind, run.source, run.target).into(),
        status(run.status),
    ]);
}

fn step_table(steps: &[Step]) -> Table {
    let mut table = Table::new(&[
        "database",
        "table or object",
        ">rows",
        ">bytes",
        ">took",
        "status",
        "error",
    ]);
    for step in steps {
        table.row([
            step.database.as_str().into(),
            step.what.clone().unwrap_or_default().into(),
            step.rows.to_string().into(),
            step.bytes.to_string().into(),
            spoken(step.took).into(),
            status(step.status),
            Cell::new(Tone::Bad, step.error.clone().unwrap_or_default()),
        ]);
    }
    table
}

fn log(run: &Run, lines: &[(DateTime<Utc>, String)], page: &mut Page) {
    heading(run, page);
    if lines.is_empty() {
        page.line("Its log is empty.");
    }
    for (at, line) in lines {
        page.pieces([
            Cell::new(Tone::Faint, time::moment(*at)),
            format!("  {line}").into(),
        ]);
    }
}

fn run_json(run: &Run) -> Value {
    json!({
        "run": run.number,
        "id": run.id,
        "kind": run.kind,
        "status": run.status.name(),
        "source": run.source,
        "target": run.target,
        "command": run.command,
        "started": run.started.to_rfc3339(),
        "ended": run.ended.map(|time| time.to_rfc3339()),
        "took_ms": took(run).map(milliseconds),
        "snapshot": run.snapshot,
        "verified": run.verified,
        "databases": run.databases,
        "rows": run.rows.0,
        "bytes": run.bytes.0,
        "error": run.error,
    })
}

fn step_json(step: &Step) -> Value {
    json!({
        "database": step.database,
        "what": step.what,
        "status": step.status.name(),
        "rows": step.rows.0,
        "bytes": step.bytes.0,
        "took_ms": milliseconds(step.took),
        "error": step.error,
    })
}

fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Reply for Answer {
    fn render(&self, page: &mut Page) {
        match self {
            Answer::List(runs) => list(runs, page),
            Answer::Run(run, steps) => show(run, steps, page),
            Answer::Log(run, lines) => log(run, lines, page),
        }
    }

    fn json(&self) -> Value {
        match self {
            Answer::List(runs) => {
                json!({ "runs": runs.iter().map(run_json).collect::<Vec<_>>() })
            }
            Answer::Run(run, steps) => {
                let mut value = run_json(run);
                value["steps"] = steps.iter().map(step_json).collect::<Vec<_>>().into();
                value
            }
            Answer::Log(run, lines) => {
                let line = |(at, line): &(DateTime<Utc>, String)| json!({"at": at.to_rfc3339(), "line": line});
                json!({
                    "run": run.number,
                    "status": run.status.name(),
                    "log": lines.iter().map(line).collect::<Vec<_>>(),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests;
