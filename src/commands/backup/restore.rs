//! `backup restore ID [to PLACE]`: a sync whose source is a backup.
//!
//! The plan, the question and the guard are those of `sync`. Every file is checked before its rows are loaded
//! into staging, so a damaged backup changes nothing that is live.

use std::path::Path;

use super::find;
use crate::commands::context::Place;
use crate::commands::places::{self, Known, Opened, Pair, PairArgs};
use crate::commands::sync::allow::Allowances;
use crate::commands::sync::reply::Synced;
use crate::commands::sync::wish::Wishes;
use crate::commands::sync::{self, batch, confirm, planned};
use crate::commands::{Context, Error, Result};
use crate::engines::{self, backup::Manifest};
use crate::model::endpoint::{Address, Endpoint, is_address};
use crate::model::label::Label;
use crate::model::selection::{Selection, quoted};
use crate::plan::document::Manner;
use crate::plan::{ExtraTables, SyncOptions, TableFilter};
use crate::store::NewRun;

#[derive(clap::Args, Debug)]
pub struct Restore {
    /// Its id, its folder, or last
    #[arg(value_name = "BACKUP|DIR")]
    backup: String,
    /// Where to, such as dev or dev/shop, with or without the word to; left out, where it came from
    #[arg(value_name = "PLACE")]
    to: Vec<String>,
    /// Only these databases of the backup: numbers, names, globs, /regex/
    #[arg(long, value_name = "SELECT", allow_hyphen_values = true)]
    select: Option<String>,
    /// Give a database another name on the target; repeatable
    #[arg(long, value_name = "DB=NEW")]
    map: Vec<String>,
    /// Only these tables (name or glob; repeatable); nothing else is touched
    #[arg(long, value_name = "TABLE")]
    table: Vec<String>,
    /// Keep tables and objects that only the target has
    #[arg(long)]
    keep_extra: bool,
    /// Show the plan and stop
    #[arg(long)]
    dry_run: bool,
    /// Answer the question with yes; never enough for a target labelled production or unknown
    #[arg(long, short = 'y')]
    yes: bool,
    /// How many readers and writers work at once, at most sync.max_concurrency [default: by the processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: Option<u16>,
    #[command(flatten)]
    wishes: Wishes,
    #[command(flatten)]
    allowances: Allowances,
}

/// What is restored, and where to.
struct Way {
    source: Opened,
    pair: Pair,
    /// The server that it came from, where the target was left out.
    origin: Option<String>,
}

impl Restore {
    pub async fn run(self, cx: &mut Context<'_>) -> Result<Synced> {
        let folder = find::folder(cx, &self.backup)?;
        let way = self.way(cx, &folder).await?;
        if self.dry_run {
            return Ok(Synced::dry(self.plan(cx, way).await?));
        }
        let number = cx.store.begin(&NewRun {
            id: uuid::Uuid::now_v7().to_string(),
            kind: "restore",
            source: way.source.endpoint.name.clone(),
            target: way.pair.target.to_string(),
            command: self.typed(&way.pair.target),
        })?;
        let result = self.carry_out(cx, number, way).await;
        cx.store.end(number, &sync::ending(&result))?;
        result
    }

    async fn carry_out(&self, cx: &mut Context<'_>, number: i64, way: Way) -> Result<Synced> {
        let planned = self.plan(cx, way).await?;
        if planned.is_nothing() {
            return Ok(Synced::nothing(number, &planned));
        }
        confirm::confirm(cx, &planned, self.yes, None).await?;
        let settings = Manner {
            verify: Some("count".into()),
            ..Manner::default()
        }
        .settings(cx, &planned);
        batch::begin(cx, number, &planned, &settings).await
    }

    async fn plan(&self, cx: &mut Context<'_>, way: Way) -> Result<planned::Planned> {
        let target = places::open(cx, &way.pair.target).await?;
        if let Some(origin) = &way.origin
            && *origin != target.server.identity().await?
        {
            let problem = format!(
                "{} is not the server any more from which the backup came",
                target.endpoint.name
            );
            return Err(Error::refused(problem).hint(format!(
                "if it is meant, name it: backup restore {} to {}",
                self.backup, target.endpoint.name
            )));
        }
        let maps = PairArgs {
            map: self.map.clone(),
            ..PairArgs::default()
        };
        let servers = (way.source.server.as_ref(), target.server.as_ref());
        let pairs = places::databases(cx, &way.pair, servers, &maps.maps()?).await?;
        let options = SyncOptions {
            only: TableFilter::new(&self.table).map_err(Error::usage)?,
            extra: match self.keep_extra {
                true => ExtraTables::Keep,
                false => ExtraTables::Remove,
            },
            wish: self.wishes.wish(),
            ..SyncOptions::default()
        };
        let allow = self.allowances.allow();
        let manner = Manner {
            jobs: self.jobs,
            ..Manner::default()
        };
        planned::plan(cx, way.source, target, pairs, options, (&manner, &allow)).await
    }

    async fn way(&self, cx: &Context<'_>, folder: &Path) -> Result<Way> {
        let manifest = Manifest::load(folder)?;
        let known = Known::of(cx)?;
        let words = match self.to.first().map(String::as_str) {
            Some("to" | "->" | "→") => &self.to[1..],
            _ => &self.to[..],
        };
        let (target, origin) = match words {
            [] if self.to.is_empty() => (
                origin(&manifest, &known)?,
                Some(manifest.origin.server.clone()),
            ),
            [word] => (places::read(word, &known)?, None),
            _ => {
                return Err(Error::usage("one target is needed")
                    .hint("as in backup restore last to dev/shop"));
            }
        };
        let select = self.select.as_deref().unwrap_or("all");
        let select = Selection::parse(select).map_err(Error::usage)?;
        let only = match &manifest.databases[..] {
            [one] if self.select.is_none() => Some(one.catalog.database.clone()),
            _ => None,
        };
        let source = open(cx, folder, &manifest).await?;
        let place = Place {
            connection: source.endpoint.address.url(),
            exact: only.is_some(),
            database: only,
            ..Place::default()
        };
        let pair = Pair {
            select: Some(select).filter(|_| place.database.is_none()),
            source: place,
            target,
        };
        Ok(Way {
            source,
            pair,
            origin,
        })
    }

    /// The command as history shows it.
    fn typed(&self, target: &Place) -> String {
        let mut words = vec![format!("backup restore {} to {target}", self.backup)];
        words.extend(self.select.iter().map(|text| format!("--select '{text}'")));
        for (flag, values) in [("--map", &self.map), ("--table", &self.table)] {
            words.extend(values.iter().map(|value| format!("{flag} '{value}'")));
        }
        let flags = [("--keep-extra", self.keep_extra), ("--yes", self.yes)];
        let given = flags.iter().filter(|(_, given)| *given);
        words.extend(given.map(|(flag, _)| flag.to_string()));
        words.extend(self.jobs.map(|jobs| format!("--jobs {jobs}")));
        words.extend(self.wishes.spoken());
        words.extend(self.allowances.spoken());
        words.join(" ")
    }
}

/// The place from which a backup came.
fn origin(manifest: &Manifest, known: &Known) -> Result<Place> {
    let name = &manifest.origin.connection;
    if is_address(name) {
        return places::read(name, known);
    }
    if !known.has(name) {
        return Err(Error::usage(format!(
            "the backup came from {name}, which is no connection any more"
        ))
        .hint("name where to restore it, as in backup restore last to dev"));
    }
    places::read(&quoted(name), known)
}

async fn open(cx: &Context<'_>, folder: &Path, manifest: &Manifest) -> Result<Opened> {
    let endpoint = Endpoint {
        name: format!("backup {}", manifest.id),
        address: Address::File {
            scheme: "backup".into(),
            path: folder.to_path_buf(),
        },
        password: None,
        label: Label::default(),
    };
    let server = engines::open(&endpoint, &cx.connect_options()).await?;
    Ok(Opened { endpoint, server })
}
