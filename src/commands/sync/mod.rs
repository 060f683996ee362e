//! `sync`: copies whole databases from one server to another.
//!
//! Plan, show, ask, run, record. Everything that can be refused is refused before the question.

pub mod allow;
pub mod batch;
pub mod confirm;
pub mod kept;
pub mod means;
pub mod planned;
pub mod reply;
pub mod watch;
pub mod wish;
pub mod workers;

use clap::Parser;

use super::backup::Create;
use super::places::{self, Opened, Pair, PairArgs};
use super::{Command, Context, Error, Group, Result};
use crate::model::label::Label;
use crate::output::{Exit, Reply as _};
use crate::plan::document::Manner;
use crate::plan::{Allow, Content, ExtraTables, Plan, Risk, SyncOptions, TableFilter};
use crate::run::Verify;
use crate::run::event::Event;
use crate::store::{Ending, NewRun, Status};
use planned::Planned;
pub use reply::{Synced, plan_json};

/// Copy databases from one server to another
///
/// Each database is loaded beside the live one, counted, and swapped in at one moment. A database sync mirrors:
/// tables and objects that only the target has are removed, unless --keep-extra is given.
#[derive(Debug, Clone, Parser)]
#[command(name = "sync")]
pub struct Args {
    #[command(flatten)]
    choices: Choices,
    /// Show the plan and stop
    #[arg(long)]
    dry_run: bool,
    /// Answer the question with yes; never enough for a target labelled production or unknown
    #[arg(long, short = 'y')]
    yes: bool,
}

/// What is to be copied and how: all that a plan says, and nothing about the question.
#[derive(Debug, Clone, clap::Args)]
pub struct Choices {
    #[command(flatten)]
    pair: PairArgs,
    /// Create what is missing, without rows; a differing table that holds rows is refused
    #[arg(long, conflicts_with = "data")]
    schema: bool,
    /// Replace the rows only; both sides must have the same structure
    #[arg(long)]
    data: bool,
    /// Only these tables (name or glob; repeatable); nothing else is touched
    #[arg(long, value_name = "TABLE")]
    table: Vec<String>,
    /// Leave these tables as they are on the target (name or glob; repeatable)
    #[arg(long, value_name = "TABLE")]
    exclude: Vec<String>,
    /// Create these tables without rows, also where the target holds some (name or glob; repeatable)
    #[arg(long, value_name = "TABLE")]
    no_data: Vec<String>,
    /// Keep tables and objects that only the target has
    #[arg(long)]
    keep_extra: bool,
    /// How the copy is proven: by counts, by checksums too, or not at all (exit code 6) [default: count; checksum
    /// for a target labelled production]
    #[arg(long, value_name = "HOW", value_parser = ["count", "checksum", "none"])]
    verify: Option<String>,
    #[command(flatten)]
    wishes: wish::Wishes,
    /// Stop at the first database that fails
    #[arg(long)]
    stop_on_error: bool,
    #[command(flatten)]
    means: means::Means,
    #[command(flatten)]
    allowances: allow::Allowances,
}

impl Command for Args {
    type Reply = Synced;
    const GROUP: Group = Group::Work;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        (
            "sync",
            "the selected databases from the session's source to its target",
        ),
        ("sync prod/shop dev/shop", "one database"),
        (
            "sync prod dev --select 'shop,crm_*' --yes",
            "several, without a question",
        ),
        (
            "sync prod/shop dev/shop --table 'order*' --exclude order_log",
            "some tables",
        ),
        (
            "sync prod/shop dev/shop_test --no-data 'log_*'",
            "under another name, logs without rows",
        ),
        (
            "sync prod dev --select '1-3,!2' --map shop=shop_copy",
            "one of them under another name",
        ),
        (
            "sync prod/shop dev/shop --throttle 20MB/s --max-load Threads_running=50",
            "gently, while others use the source",
        ),
        (
            "sync prod/shop prod/shop_test --in-server",
            "inside one server; the source is locked for writing meanwhile",
        ),
        ("sync prod/shop dev/shop --dry-run", "only the plan"),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Synced> {
        let settings = self.choices.manner().over(cx);
        let cx = &mut cx.with(&settings);
        let options = self.choices.options()?;
        let pair = self.choices.pair.pair(cx)?;
        if self.dry_run {
            let planned = self.choices.plan(cx, &pair, options).await?;
            return Ok(Synced::dry(planned));
        }
        let number = cx.store.begin(&NewRun {
            id: uuid::Uuid::now_v7().to_string(),
            kind: "sync",
            source: pair.source.to_string(),
            target: pair.target.to_string(),
            command: self.choices.spoken(&pair, self.yes),
        })?;
        let result = self.carry_out(cx, number, &pair, options).await;
        cx.store.end(number, &ending(&result))?;
        result
    }
}

impl Args {
    async fn carry_out(
        &self,
        cx: &mut Context<'_>,
        number: i64,
        pair: &Pair,
        options: SyncOptions,
    ) -> Result<Synced> {
        let planned = self.choices.plan(cx, pair, options.clone()).await?;
        let settings = self.choices.manner().settings(cx, &planned);
        if planned.is_nothing() {
            return Ok(Synced::nothing(number, &planned));
        }
        confirm::confirm(cx, &planned, self.yes, None).await?;
        let planned = self.settled(cx, pair, options, planned).await?;
        go(cx, number, &planned, &settings).await
    }

    /// Settles swaps in which an earlier run died. What was missing of the target then is there now, so the plan is
    /// made again: it must mean the same tables.
    async fn settled(
        &self,
        cx: &mut Context<'_>,
        pair: &Pair,
        options: SyncOptions,
        planned: Planned,
    ) -> Result<Planned> {
        let mut told = Vec::new();
        for plan in &planned.plans {
            let server = planned.target.server.as_ref();
            told.extend(server.settle(&plan.target.database).await?);
        }
        if told.is_empty() {
            return Ok(planned);
        }
        for text in told {
            cx.events.on(&Event::Notice { text });
        }
        let again = self.choices.plan(cx, pair, options).await?;
        let tables = |planned: &Planned| -> Vec<(Vec<String>, Vec<String>)> {
            let names = |plan: &Plan| {
                plan.tables
                    .iter()
                    .map(|one| one.table.name.clone())
                    .collect()
            };
            let plans = planned.plans.iter();
            plans
                .map(|plan| (names(plan), plan.removed.clone()))
                .collect()
        };
        match tables(&again) == tables(&planned) {
            true => Ok(again),
            false => Err(Error::refused(
                "an earlier run's swap was finished, and now other tables would be replaced",
            )
            .hint("start again: a new plan will be shown")),
        }
    }
}

/// Asks, runs, and notes the direction of each pair. `approved` is the hash of a kept plan, whose approval
/// answers where nobody can be asked.
pub async fn carry_out(
    cx: &mut Context<'_>,
    number: i64,
    planned: &Planned,
    settings: &batch::Settings,
    yes: bool,
    approved: Option<&str>,
) -> Result<Synced> {
    if planned.is_nothing() {
        return Ok(Synced::nothing(number, planned));
    }
    confirm::confirm(cx, planned, yes, approved).await?;
    go(cx, number, planned, settings).await
}

/// Runs what was confirmed.
async fn go(
    cx: &mut Context<'_>,
    number: i64,
    planned: &Planned,
    settings: &batch::Settings,
) -> Result<Synced> {
    save_first(cx, planned).await?;
    let synced = batch::begin(cx, number, planned, settings).await?;
    watch::note(cx, planned, &synced.arrived()).await?;
    Ok(synced)
}

/// Where nothing that is replaced is kept, and the target counts as production, a verified backup comes first.
async fn save_first(cx: &mut Context<'_>, planned: &Planned) -> Result<()> {
    let replaced: Vec<&str> = planned
        .plans
        .iter()
        .filter(|plan| plan.risk() == Risk::Replaces)
        .map(|plan| plan.target.database.as_str())
        .collect();
    if planned.keep > 0 || !planned.label().is_guarded() || replaced.is_empty() {
        return Ok(());
    }
    let text = "undo.keep is 0: a backup of the target comes first".to_string();
    cx.events.on(&Event::Notice { text });
    let made = Create::of(&planned.target.endpoint.name, &replaced)
        .run(cx)
        .await?;
    if made.exit() == Exit::UNVERIFIED {
        return Err(Error::failed(
            "the backup of the target could not be verified",
        ));
    }
    let text = format!("the target is saved in {}", made.folder.display());
    cx.events.on(&Event::Notice { text });
    Ok(())
}

impl Choices {
    /// The pair and the plans of every database; nothing is written.
    pub async fn planned(&self, cx: &mut Context<'_>) -> Result<Planned> {
        let settings = self.manner().over(cx);
        let cx = &mut cx.with(&settings);
        let options = self.options()?;
        let pair = self.pair.pair(cx)?;
        self.plan(cx, &pair, options).await
    }

    pub fn allow(&self) -> Allow {
        self.allowances.allow()
    }

    /// How the run goes about it, as a plan keeps it.
    pub fn manner(&self) -> Manner {
        Manner {
            verify: self.verify.clone(),
            stop_on_error: self.stop_on_error,
            ..self.means.manner()
        }
    }

    /// Opens both sides and makes the plan of every database; nothing is written.
    async fn plan(
        &self,
        cx: &mut Context<'_>,
        pair: &Pair,
        options: SyncOptions,
    ) -> Result<Planned> {
        let (source, target) = futures::future::try_join(
            places::open(cx, &pair.source),
            places::open(cx, &pair.target),
        )
        .await?;
        let servers = (source.server.as_ref(), target.server.as_ref());
        let pairs = places::databases(cx, pair, servers, &self.pair.maps()?).await?;
        let manner = self.manner();
        planned::plan(cx, source, target, pairs, options, (&manner, &self.allow())).await
    }

    fn options(&self) -> Result<SyncOptions> {
        let filter = |patterns: &[String]| TableFilter::new(patterns).map_err(Error::usage);
        Ok(SyncOptions {
            content: match (self.schema, self.data) {
                (true, _) => Content::Schema,
                (_, true) => Content::Data,
                _ => Content::Everything,
            },
            only: filter(&self.table)?,
            exclude: filter(&self.exclude)?,
            no_data: filter(&self.no_data)?,
            extra: if self.keep_extra {
                ExtraTables::Keep
            } else {
                ExtraTables::Remove
            },
            wish: self.wishes.wish(),
            path: self.means.path(),
            route: self.means.route(),
        })
    }

    /// The command as history shows it.
    fn spoken(&self, pair: &Pair, yes: bool) -> String {
        let mut words = vec![
            "sync".to_string(),
            pair.source.to_string(),
            pair.target.to_string(),
        ];
        if let Some(select) = &pair.select {
            words.push(format!("--select '{select}'"));
        }
        let flags = [
            ("--schema", self.schema),
            ("--data", self.data),
            ("--keep-extra", self.keep_extra),
            ("--yes", yes),
            ("--stop-on-error", self.stop_on_error),
        ];
        words.extend(
            flags
                .iter()
                .filter(|(_, given)| *given)
                .map(|(flag, _)| flag.to_string()),
        );
        words.extend(self.means.spoken());
        words.extend(self.verify.iter().map(|how| format!("--verify {how}")));
        for (flag, values) in [
            ("--table", &self.table),
            ("--exclude", &self.exclude),
            ("--no-data", &self.no_data),
            ("--map", &self.pair.map),
        ] {
            words.extend(values.iter().map(|value| format!("{flag} '{value}'")));
        }
        words.extend(self.wishes.spoken());
        words.extend(self.allowances.spoken());
        words.join(" ")
    }
}

impl Manner {
    /// How the run goes about it, here and now.
    pub fn settings(&self, cx: &Context<'_>, planned: &Planned) -> batch::Settings {
        batch::Settings {
            workers: planned.workers.number,
            throttle: cx.settings.sync.throttle,
            max_load: self.max_load.clone(),
            compress: cx.settings.sync.compress,
            verify: match self.verify.as_deref() {
                Some("checksum") => Verify::Checksum,
                None if planned.label() == Label::Production => Verify::Checksum,
                Some("none") => Verify::None,
                _ => Verify::Count,
            },
            stop_on_error: self.stop_on_error,
        }
    }
}

/// How the run's record ends.
pub fn ending(result: &Result<Synced>) -> Ending {
    match result {
        Ok(synced) => synced.ending(),
        Err(error) => broken_off(error),
    }
}

/// How the record ends of a run that did not come to an answer.
pub fn broken_off(error: &Error) -> Ending {
    Ending {
        status: match error.exit {
            Exit::REFUSED | Exit::USAGE => Status::Refused,
            Exit::INTERRUPTED => Status::Interrupted,
            _ => Status::Failed,
        },
        snapshot: None,
        verified: None,
        error: Some(error.message.clone()),
    }
}
