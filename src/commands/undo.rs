//! `undo`: the tables that runs have replaced, kept as the way back: what they take, and dropping them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand};
use serde_json::{Value, json};

use super::context::Place;
use super::places::{self, Opened};
use super::{Command, Context, Error, Group, Result};
use crate::engines::Undo;
use crate::model::units::{Bytes, counted};
use crate::output::{Page, Reply, Table, time};
use crate::settings;

/// List and drop the undos that runs have left
///
/// A run keeps the tables that it replaced, so that rollback can bring them back. Only the latest undo of a
/// database is kept unless the setting undo.keep says otherwise.
#[derive(Debug, Clone, Parser)]
#[command(name = "undo")]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Clone, Subcommand)]
enum Action {
    /// List the undos of a connection with their age and size
    List {
        /// The connection [default: the session's target]
        connection: Option<String>,
    },
    /// Drop undos for good: the way back is gone then
    Drop {
        /// The run whose undo goes
        #[arg(required_unless_present = "older")]
        run: Option<String>,
        /// All undos of a connection that are older, as 7d or 12h
        #[arg(long, value_name = "AGE", conflicts_with = "run")]
        older: Option<String>,
        /// The connection for --older [default: the session's target]
        #[arg(long, value_name = "NAME", requires = "older")]
        on: Option<String>,
        /// Answer the question with yes
        #[arg(long, short = 'y')]
        yes: bool,
    },
}

/// What `undo` answers.
pub enum Undos {
    List(String, Vec<(Option<i64>, Undo)>),
    Dropped(String, Vec<(Option<i64>, Undo)>),
}

impl Command for Args {
    type Reply = Undos;
    const GROUP: Group = Group::Work;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("undo list dev", "what can be rolled back there"),
        ("undo drop 12", "free the space of run 12's undo"),
        (
            "undo drop --older 7d --on dev",
            "all that are older than a week",
        ),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Undos> {
        match self.action.unwrap_or(Action::List { connection: None }) {
            Action::List { connection } => {
                let opened = open(cx, connection).await?;
                Ok(Undos::List(
                    opened.endpoint.name.clone(),
                    numbered(cx, &opened).await?,
                ))
            }
            Action::Drop {
                run: Some(run),
                yes,
                ..
            } => {
                let run = super::history::find(cx, &run)?;
                let job = cx.store.job(run.number)?;
                let target = job.map(|job| job.target).ok_or_else(|| none(run.number))?;
                let opened = open(cx, Some(target)).await?;
                let mut found = numbered(cx, &opened).await?;
                found.retain(|(number, _)| *number == Some(run.number));
                if found.is_empty() {
                    return Err(none(run.number));
                }
                drop_all(cx, &opened, found, yes).await
            }
            Action::Drop { older, on, yes, .. } => {
                let age = settings::duration(&older.unwrap_or_default()).map_err(Error::usage)?;
                let opened = open(cx, on).await?;
                let mut found = numbered(cx, &opened).await?;
                found.retain(|(_, undo)| is_older(undo, age));
                drop_all(cx, &opened, found, yes).await
            }
        }
    }
}

fn none(run: i64) -> Error {
    Error::refused(format!("run {run} has no undo")).hint("undo list shows what there is")
}

/// The connection that was named, else the session's target.
pub(super) async fn open(cx: &Context<'_>, connection: Option<String>) -> Result<Opened> {
    let named = connection.map(|connection| Place {
        connection,
        ..Place::default()
    });
    let place = named.or_else(|| cx.session.target.clone()).ok_or_else(|| {
        Error::usage("there is no target").hint("name a connection, or choose it with target NAME")
    })?;
    places::open(cx, &place).await
}

/// The undos of a server with the numbers of their runs, where this home made them.
async fn numbered(cx: &Context<'_>, opened: &Opened) -> Result<Vec<(Option<i64>, Undo)>> {
    let mut undos = Vec::new();
    for undo in opened.server.undos().await? {
        undos.push((cx.store.run_of(&undo.run)?, undo));
    }
    Ok(undos)
}

pub(super) fn is_older(undo: &Undo, age: Duration) -> bool {
    let made = DateTime::<Utc>::from_timestamp(undo.made, 0).unwrap_or_default();
    (Utc::now() - made)
        .to_std()
        .is_ok_and(|passed| passed > age)
}

async fn drop_all(
    cx: &Context<'_>,
    opened: &Opened,
    undos: Vec<(Option<i64>, Undo)>,
    yes: bool,
) -> Result<Undos> {
    if !undos.is_empty() && !yes {
        let mut page = Page::default();
        page.table(table(&undos));
        cx.ask.show(&page);
        let question = format!(
            "Drop {}? They cannot be brought back.",
            counted(undos.len(), "undo")
        );
        match cx.ask.confirm(&question, false) {
            Some(true) => {}
            Some(false) => return Err(Error::refused("not confirmed; nothing was dropped")),
            None => {
                return Err(Error::refused("dropping an undo needs a confirmation")
                    .hint("--yes answers it"));
            }
        }
    }
    for (_, undo) in &undos {
        opened.server.drop_undo(undo).await?;
    }
    Ok(Undos::Dropped(opened.endpoint.name.clone(), undos))
}

fn table(undos: &[(Option<i64>, Undo)]) -> Table {
    let mut table = Table::new(&[">run", "database", "left", ">tables", ">size"]);
    for (number, undo) in undos {
        let made = DateTime::from_timestamp(undo.made, 0).unwrap_or_default();
        table.row([
            number
                .map_or("–".to_string(), |number| number.to_string())
                .into(),
            undo.database.clone().into(),
            time::ago(made).into(),
            undo.tables.to_string().into(),
            undo.bytes.to_string().into(),
        ]);
    }
    table
}

impl Reply for Undos {
    fn render(&self, page: &mut Page) {
        match self {
            Undos::List(name, undos) if undos.is_empty() => {
                page.line(format!("{name} keeps no undos."));
            }
            Undos::List(name, undos) => {
                page.table(table(undos));
                let all: Bytes = undos.iter().map(|(_, undo)| undo.bytes).sum();
                page.line(format!("{} on {name}, {all}", counted(undos.len(), "undo")));
            }
            Undos::Dropped(name, undos) => {
                let all: Bytes = undos.iter().map(|(_, undo)| undo.bytes).sum();
                page.line(format!(
                    "Dropped {} on {name}, {all}",
                    counted(undos.len(), "undo")
                ));
            }
        }
    }

    fn json(&self) -> Value {
        let (key, name, undos) = match self {
            Undos::List(name, undos) => ("undos", name, undos),
            Undos::Dropped(name, undos) => ("dropped", name, undos),
        };
        let undos: Vec<Value> = undos
            .iter()
            .map(|(number, undo)| {
                json!({
                    "run": number,
                    "id": undo.run,
                    "database": undo.database,
                    "made": DateTime::<Utc>::from_timestamp(undo.made, 0).unwrap_or_default().to_rfc3339(),
                    "tables": undo.tables,
                    "bytes": undo.bytes.0,
                })
            })
            .collect();
        json!({"connection": name, key: undos})
    }
}
