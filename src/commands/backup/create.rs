//! `backup create PLACE [select]`: one folder for all chosen databases, each of one moment.
//!
//! The run is recorded. Whatever goes wrong, nothing is left that could be taken for a backup.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

pub use super::made::Made;
use super::{find, workers};
use crate::commands::context::Place;
use crate::commands::places::{self, Known, Opened};
use crate::commands::sync::{batch, broken_off};
use crate::commands::{Context, Error, Result};
use crate::engines::backup::{FORMAT, Manifest, Origin, Writer, folder, script};
use crate::engines::{self, Server};
use crate::model::endpoint::is_address;
use crate::model::selection::{Selection, quoted};
use crate::model::spelling::Spelled;
use crate::model::survey::{Role, Survey};
use crate::model::units::{Bytes, Rows, counted};
use crate::plan::{self, Answers, Plan, SyncOptions};
use crate::run::backup::{Job, Saved, save};
use crate::run::event::{Event, Listener};
use crate::run::{self, TableOutcome};
use crate::store::{Ending, NewRun, Status, Step};

/// From this size on, reading back takes a while.
const LARGE: Bytes = Bytes(64 << 20);

#[derive(clap::Args, Debug)]
pub struct Create {
    /// What to save, such as prod/shop, or a connection and a selection; left out, the session's source
    #[arg(value_name = "PLACE|SELECT", allow_negative_numbers = true)]
    words: Vec<String>,
    /// The databases to save: numbers, names, globs, /regex/, all
    #[arg(long, value_name = "SELECT", allow_hyphen_values = true)]
    select: Option<String>,
    /// Make the backup in this folder [default: backups in the home folder]
    #[arg(long, value_name = "DIR")]
    to: Option<String>,
    /// How many readers work at once, at most sync.max_concurrency [default: by the processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: Option<u16>,
    /// Do not read the files back at the end (exit code 6)
    #[arg(long)]
    no_verify: bool,
}

/// One database that is to be saved.
struct Chosen {
    plan: Plan,
    survey: Survey,
}

/// How much is to be saved, and how much room there is.
struct Room {
    root: PathBuf,
    wanted: Bytes,
    free: Option<Bytes>,
}

impl Create {
    /// Saves databases of a connection, as they are.
    pub fn of(connection: &str, databases: &[&str]) -> Create {
        let names: Vec<String> = databases.iter().map(|name| quoted(name)).collect();
        Create {
            words: vec![match is_address(connection) {
                true => connection.to_string(),
                false => quoted(connection),
            }],
            select: Some(names.join(",")),
            to: None,
            jobs: None,
            no_verify: false,
        }
    }

    pub async fn run(self, cx: &mut Context<'_>) -> Result<Made> {
        let (place, select) = self.spoken(cx)?;
        let root = find::root(cx, self.to.as_deref())?;
        let number = cx.store.begin(&NewRun {
            id: uuid::Uuid::now_v7().to_string(),
            kind: "backup",
            source: place.to_string(),
            target: root.display().to_string(),
            command: self.typed(&place, select.as_ref()),
        })?;
        let result = self
            .carry_out(cx, number, &place, select.as_ref(), root)
            .await;
        cx.store.end(number, &ending(&result))?;
        result
    }

    async fn carry_out(
        &self,
        cx: &mut Context<'_>,
        number: i64,
        place: &Place,
        select: Option<&Selection>,
        root: PathBuf,
    ) -> Result<Made> {
        let opened = places::open(cx, place).await?;
        let chosen = chosen(cx, opened.server.as_ref(), place, select).await?;
        let wanted: Bytes = chosen.iter().map(|one| one.plan.size().1).sum();
        let id = short_id();
        let started = Utc::now();
        let name = folder_name(started, &opened, &id);
        let script = script(&opened.server.product().engine)?;
        let (writer, swept) = Writer::begin(root.clone(), name, script).await?;
        let room = Room {
            free: free(&root),
            root,
            wanted,
        };
        let text = swept.into_iter().chain(room.notice());
        text.for_each(|text| cx.events.on(&Event::Notice { text }));
        let writer = Arc::new(writer);
        let done = self.save_all(cx, number, &opened, &chosen, &writer).await;
        let saved = match done {
            Ok(saved) => saved,
            Err(error) => {
                writer.discard().await;
                return Err(told(error, &room));
            }
        };
        let tables: Vec<Vec<TableOutcome>> = saved.iter().map(|one| one.tables.clone()).collect();
        let took: Vec<Duration> = saved.iter().map(|one| one.took).collect();
        let manifest = Manifest {
            format: FORMAT,
            made_by: concat!("maestro ", env!("CARGO_PKG_VERSION")).into(),
            id,
            started: moment(started),
            ended: moment(Utc::now()),
            origin: Origin {
                connection: opened.endpoint.name.clone(),
                address: opened.endpoint.address.url(),
                server: opened.server.identity().await?,
            },
            product: opened.server.product().clone(),
            read_back: !self.no_verify,
            databases: saved.into_iter().map(|one| one.database).collect(),
            files: Vec::new(),
        };
        let size: Bytes = tables.iter().flatten().map(|table| table.bytes).sum();
        if manifest.read_back && size >= LARGE {
            let text = format!("reading back what was made of {size}");
            cx.events.on(&Event::Notice { text });
        }
        let finished = writer.finish(manifest, cx.stop.clone()).await;
        let finished = finished.map_err(run::Error::from);
        let (folder, manifest) = finished
            .and_then(|finished| finished.ok_or(run::Error::Stopped))
            .map_err(|error| told(error, &room))?;
        for ((database, tables), took) in manifest.databases.iter().zip(&tables).zip(took) {
            record(cx, number, &database.catalog.database, tables, took)?;
        }
        Ok(Made {
            run: number,
            folder,
            manifest,
        })
    }

    async fn save_all(
        &self,
        cx: &mut Context<'_>,
        number: i64,
        opened: &Opened,
        chosen: &[Chosen],
        writer: &Arc<Writer>,
    ) -> Result<Vec<Saved>, run::Error> {
        let mut saved = Vec::new();
        for (index, one) in chosen.iter().enumerate() {
            let (listener, mut lines) = batch::recorder(cx);
            let job = Job {
                source: opened.server.as_ref(),
                writer: writer.clone(),
                listener: listener.clone(),
                workers: workers(cx, self.jobs),
                batch: Rows(cx.settings.sync.batch_size.max(1)),
                stop: cx.stop.clone(),
            };
            tell_start(listener.as_ref(), &one.plan, index + 1, chosen.len());
            let work = save(&one.plan, &one.survey, &job);
            tokio::pin!(work);
            let result = loop {
                tokio::select! {
                    result = &mut work => break result,
                    Some(line) = lines.recv() => batch::keep(cx, number, &line),
                }
            };
            tell_end(listener.as_ref(), &one.plan.source.database, &result);
            while let Ok(line) = lines.try_recv() {
                batch::keep(cx, number, &line);
            }
            saved.push(result?);
        }
        Ok(saved)
    }

    /// The place and the selection that the words name, or the session's.
    fn spoken(&self, cx: &Context<'_>) -> Result<(Place, Option<Selection>)> {
        let known = Known::of(cx)?;
        let first = self.words.first();
        let (place, rest) = match (first, cx.session.source.clone()) {
            (Some(word), None) => (places::read(word, &known)?, &self.words[1..]),
            (Some(word), Some(_)) if places::is_place(word, &known) => {
                (places::read(word, &known)?, &self.words[1..])
            }
            (_, Some(source)) => (source, &self.words[..]),
            (None, None) => {
                return Err(Error::usage("what is to be saved?")
                    .hint("name it, as in backup create prod/shop"));
            }
        };
        let words = Some(rest.join(" ")).filter(|words| !words.is_empty());
        let text = match (words, &self.select) {
            (Some(words), Some(_)) => {
                let problem = format!("the selection is given twice: {words} and --select");
                return Err(Error::usage(problem));
            }
            (words, option) => words.or(option.clone()),
        };
        let select = text.as_deref().map(Selection::parse).transpose();
        let select = select.map_err(Error::usage)?;
        match (&place.database, select) {
            (Some(database), Some(_)) => Err(Error::usage(format!(
                "there is nothing to select: {database} is one database already"
            ))),
            (None, None) => {
                let session = &cx.session;
                let is_sessions = session.source.as_ref() == Some(&place);
                let remembered = session.selection.clone().filter(|_| is_sessions);
                remembered
                    .map(|select| (place.clone(), Some(select)))
                    .ok_or_else(|| {
                        Error::usage(format!("which databases of {place}?")).hint(format!(
                            "name one, as in {place}/shop, or --select 'shop,crm', or --select all"
                        ))
                    })
            }
            (_, select) => Ok((place, select)),
        }
    }

    /// The command as history shows it.
    fn typed(&self, place: &Place, select: Option<&Selection>) -> String {
        let mut words = vec![format!("backup create {place}")];
        words.extend(select.map(|select| format!("--select '{select}'")));
        words.extend(self.to.as_ref().map(|to| format!("--to '{to}'")));
        words.extend(self.jobs.map(|jobs| format!("--jobs {jobs}")));
        words.extend(self.no_verify.then(|| "--no-verify".to_string()));
        words.join(" ")
    }
}

/// Surveys the databases and plans each as a copy to where nothing is yet.
async fn chosen(
    cx: &Context<'_>,
    server: &dyn Server,
    place: &Place,
    select: Option<&Selection>,
) -> Result<Vec<Chosen>> {
    let place = places::settle(server, place).await?;
    if let Some(table) = &place.table {
        return Err(Error::usage(format!("{place} names a table: {table}"))
            .hint("a backup holds whole databases"));
    }
    let names = match (&place.database, select) {
        (Some(database), _) => {
            places::require(server, database).await?;
            vec![database.clone()]
        }
        (None, Some(select)) => {
            let listed = server.databases().await?.listed;
            let listed: Vec<String> = listed.into_iter().map(|one| one.name).collect();
            places::chosen(select, &place, &listed, cx.session)?
        }
        (None, None) => Vec::new(),
    };
    let mut found = Vec::new();
    for name in names {
        let survey = server.survey(&name, Role::Source).await?;
        let nowhere = Survey {
            product: survey.product.clone(),
            database: name.clone(),
            catalog: None,
            collations: Default::default(),
            findings: Vec::new(),
            unseen: None,
            facts: Default::default(),
            write_paths: Vec::new(),
        };
        let spelled = Spelled {
            catalog: survey.catalog.clone().unwrap_or_default(),
            remarks: survey.facts.denied.clone(),
            ..Spelled::default()
        };
        let options = SyncOptions::default();
        match plan::sync(&survey, &nowhere, &spelled, &Answers::new(), &options) {
            Ok(plan) => found.push(Chosen { plan, survey }),
            Err(plan::Error::Findings(findings)) => {
                return Err(engines::Error::Findings(findings).into());
            }
            Err(plan::Error::Usage(problem)) => return Err(Error::usage(problem)),
        }
    }
    Ok(found)
}

/// The random end of a new UUID.
fn short_id() -> String {
    let id = uuid::Uuid::now_v7().simple().to_string();
    id[id.len() - 8..].to_string()
}

/// The name of the new folder; of an address its last part is taken.
fn folder_name(started: DateTime<Utc>, opened: &Opened, id: &str) -> String {
    let name = &opened.endpoint.name;
    let last = match is_address(name) {
        true => name.trim_end_matches('/').rsplit(['/', '@']).next(),
        false => None,
    };
    let started = started.format("%Y%m%dT%H%M%S%3fZ").to_string();
    folder(&started, last.unwrap_or(name), id)
}

/// How many bytes the disk of a folder has left.
#[allow(clippy::useless_conversion)] // The numbers are narrower on some systems.
fn free(folder: &Path) -> Option<Bytes> {
    let found = nix::sys::statvfs::statvfs(folder).ok()?;
    Some(Bytes(
        u64::from(found.blocks_available()) * u64::from(found.fragment_size()),
    ))
}

impl Room {
    /// A warning where the disk could be too small.
    fn notice(&self) -> Option<String> {
        let free = self.free.filter(|free| *free < self.wanted)?;
        Some(format!(
            "about {} are to be saved, compressed; {} has {free} left",
            self.wanted,
            self.root.display()
        ))
    }
}

/// The error of a backup that failed: a full disk says how much room was wanted (E15).
fn told(error: run::Error, room: &Room) -> Error {
    let is_full = matches!(
        &error,
        run::Error::Engine(engines::Error::File { cause, .. })
            if cause.kind() == std::io::ErrorKind::StorageFull
    );
    match error {
        run::Error::Engine(error) if is_full => {
            let free = room.free.map(|free| format!(" and {free} were free"));
            Error::failed(format!("{}; nothing is left of the backup", error.full())).hint(format!(
                "about {} are to be saved, compressed to less{}; make room in {}, or choose another disk with --to DIR",
                room.wanted,
                free.unwrap_or_default(),
                room.root.display()
            ))
        }
        run::Error::Engine(error) | run::Error::Behind(error) | run::Error::Lost(error) => {
            error.into()
        }
        run::Error::Over(_) | run::Error::Abandoned | run::Error::Unwritten(_) => {
            Error::failed(error.full())
        }
        run::Error::Stopped => Error::interrupted("stopped; nothing is left of the backup"),
        run::Error::Moved(_) => Error::refused(
            "the structure changed while it was saved; nothing is left of the backup",
        )
        .hint("start again"),
    }
}

fn tell_start(listener: &dyn Listener, plan: &Plan, index: usize, of: usize) {
    let (rows, bytes) = plan.size();
    listener.on(&Event::DatabaseStarted {
        database: plan.source.database.clone(),
        index,
        of,
        tables: plan.tables.len(),
        rows,
        bytes,
    });
    listener.on(&Event::Phase {
        database: plan.source.database.clone(),
        phase: format!("saving {}", counted(plan.tables.len(), "table")),
    });
}

fn tell_end(listener: &dyn Listener, database: &str, result: &Result<Saved, run::Error>) {
    let database = database.to_string();
    listener.on(&match result {
        Ok(saved) => Event::DatabaseDone {
            database,
            rows: saved.tables.iter().map(|table| table.rows).sum(),
            bytes: saved.tables.iter().map(|table| table.bytes).sum(),
            took: saved.took,
        },
        Err(run::Error::Stopped) => Event::Notice {
            text: format!("{database}: stopped"),
        },
        Err(error) => Event::DatabaseFailed {
            database,
            cause: error.full(),
        },
    });
}

fn record(
    cx: &Context<'_>,
    run: i64,
    database: &str,
    tables: &[TableOutcome],
    took: Duration,
) -> Result<()> {
    let step = |what, rows, bytes, took| Step {
        database: database.to_string(),
        what,
        status: Status::Done,
        rows,
        bytes,
        took,
        error: None,
    };
    for table in tables {
        let name = Some(table.name.clone());
        cx.store
            .step(run, &step(name, table.rows, table.bytes, table.took))?;
    }
    let rows = tables.iter().map(|table| table.rows).sum();
    let bytes = tables.iter().map(|table| table.bytes).sum();
    Ok(cx.store.step(run, &step(None, rows, bytes, took))?)
}

fn ending(result: &Result<Made>) -> Ending {
    match result {
        Ok(made) => made.ending(),
        Err(error) => broken_off(error),
    }
}

/// `2026-03-01T14:05:09Z`
fn moment(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
