//! The plans of a batch: one for each target database, made before anything is asked or written.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Opened;
use super::watch::{self, Watch};
use super::workers::{self, Workers};
use crate::commands::places::DatabasePair;
use crate::commands::{Context, Error, Result};
use crate::engines::Server;
use crate::model::label::Label;
use crate::model::pace::Throttle;
use crate::model::survey::{Finding, Role, Survey};
use crate::model::units::{Bytes, Rows, counted, spoken};
use crate::output::{Page, Tone};
use crate::plan::document::Manner;
use crate::plan::{
    self, Allow, Answers, Plan, Probe, Risk, Route, RowsOf, Sides, SyncOptions, TableFilter,
};
use crate::store::{Run, Status, Store};

/// Both sides, open, and what will be done.
pub struct Planned {
    pub source: Opened,
    pub target: Opened,
    pub plans: Vec<Plan>,
    /// The catalogs that the plans were made from.
    pub sides: Vec<Sides>,
    pub watch: Watch,
    /// How many undos of a database are kept.
    pub keep: u32,
    pub workers: Workers,
    /// The most that moves in a second.
    pub throttle: Throttle,
}

/// Surveys both sides and plans every pair.
///
/// # Errors
/// All findings of all databases at once: refused, nothing written.
pub async fn plan(
    cx: &Context<'_>,
    source: Opened,
    target: Opened,
    pairs: Vec<DatabasePair>,
    options: SyncOptions,
    asked: (&Manner, &Allow),
) -> Result<Planned> {
    refuse_same(&source, &target, &pairs).await?;
    if options.route == Route::Server {
        refuse_two(&source, &target).await?;
    }
    let mut plans = Vec::new();
    let mut sides = Vec::new();
    let mut findings: Vec<Finding> = Vec::new();
    let mut tables = BTreeSet::new();
    for pair in &pairs {
        let options = narrowed(&options, pair)?;
        let (from, to) = futures::future::try_join(
            source.server.survey(&pair.source, Role::Source),
            target.server.survey(&pair.target, Role::Target),
        )
        .await?;
        for catalog in from.catalog.iter().chain(&to.catalog) {
            tables.extend(catalog.tables.iter().map(|table| table.name.clone()));
        }
        if options.route == Route::Server {
            for (server, role) in [
                (&source.server, Role::Source),
                (&target.server, Role::Target),
            ] {
                findings.extend(server.hindrances(&pair.source, role).await?);
            }
        }
        match plan_one(target.server.as_ref(), &from, &to, &options).await? {
            Ok(plan) => {
                plans.push(plan);
                sides.push(Sides {
                    source: from.catalog,
                    target: to.catalog,
                });
            }
            Err(found) => findings.extend(found),
        }
    }
    // A mistyped table would not be spared: each must be somewhere in the batch.
    for filter in [&options.exclude, &options.no_data] {
        if let Some(problem) = filter.unmatched(tables.iter().map(String::as_str)) {
            return Err(Error::usage(problem).hint("tables lists what is there"));
        }
    }
    if findings.is_empty() {
        return watched(cx, source, target, plans, sides, asked).await;
    }
    findings.dedup();
    Err(crate::engines::Error::Findings(findings).into())
}

/// Plans with what the guard says of them.
///
/// # Errors
/// A brake: refused, nothing written.
pub async fn watched(
    cx: &Context<'_>,
    source: Opened,
    target: Opened,
    mut plans: Vec<Plan>,
    sides: Vec<Sides>,
    (manner, allow): (&Manner, &Allow),
) -> Result<Planned> {
    for ceiling in &manner.max_load {
        source.server.load(&ceiling.counter).await?;
    }
    let watch = watch::watch(cx, (&source, &target), &mut plans, &sides, allow).await?;
    let route = plans.first().map(|plan| plan.route).unwrap_or_default();
    let servers = (source.server.as_ref(), target.server.as_ref());
    let workers = workers::decide(cx, manner.jobs, servers, route).await?;
    Ok(Planned {
        source,
        target,
        plans,
        sides,
        watch,
        workers,
        throttle: cx.settings.sync.throttle,
        keep: cx.settings.undo.keep,
    })
}

/// Refuses a database that would be copied onto itself, however the two sides are spelled (E09).
async fn refuse_same(source: &Opened, target: &Opened, pairs: &[DatabasePair]) -> Result<()> {
    let Some(same) = pairs.iter().find(|pair| pair.source == pair.target) else {
        return Ok(());
    };
    if !source.server.is_same_server(target.server.as_ref()).await? {
        return Ok(());
    }
    let problem = format!(
        "{} and {} are the same server: {} would be copied onto itself",
        source.endpoint.name, target.endpoint.name, same.source
    );
    Err(Error::refused(problem)
        .hint("give the copy another name with --map, or choose another target"))
}

/// Refuses to copy inside the server what lies on two of them.
async fn refuse_two(source: &Opened, target: &Opened) -> Result<()> {
    if source.server.is_same_server(target.server.as_ref()).await? {
        return Ok(());
    }
    let (from, to) = (&source.endpoint.name, &target.endpoint.name);
    Err(Error::refused(format!(
        "{from} and {to} are not on one server: rows cannot be copied inside it"
    ))
    .hint("leave --in-server out, or name two databases of one server"))
}

async fn plan_one(
    target: &dyn Server,
    from: &Survey,
    to: &Survey,
    options: &SyncOptions,
) -> Result<std::result::Result<Plan, Vec<Finding>>> {
    let mut answers = Answers::new();
    let spelled = target.spell(from, to, options.wish);
    for probe in plan::probes(&spelled, to, options) {
        let Probe::Count(name) = &probe;
        if let Some(table) = to.catalog.as_ref().and_then(|catalog| catalog.table(name)) {
            let snapshot = target
                .snapshot(&to.database, std::slice::from_ref(table), 1)
                .await?;
            let rows = snapshot.count(0, table).await?;
            answers.insert(probe, rows);
        }
    }
    match plan::sync(from, to, &spelled, &answers, options) {
        Ok(plan) => Ok(Ok(plan)),
        Err(plan::Error::Findings(findings)) => Ok(Err(findings)),
        Err(plan::Error::Usage(problem)) => {
            Err(Error::usage(problem).hint("tables lists what is there"))
        }
    }
}

/// A place that names a table narrows the options to it.
fn narrowed(options: &SyncOptions, pair: &DatabasePair) -> Result<SyncOptions> {
    let Some(table) = &pair.table else {
        return Ok(options.clone());
    };
    if !options.only.is_empty() {
        return Err(Error::usage(
            "a place with a table and --table say the same thing twice",
        ));
    }
    Ok(SyncOptions {
        only: TableFilter::exactly(table),
        ..options.clone()
    })
}

impl Planned {
    pub fn risk(&self) -> Risk {
        self.plans
            .iter()
            .map(Plan::risk)
            .max()
            .unwrap_or(Risk::Nothing)
    }

    pub fn is_nothing(&self) -> bool {
        self.risk() == Risk::Nothing
    }

    /// The label that counts.
    pub fn label(&self) -> Label {
        self.watch.label
    }

    pub fn size(&self) -> (Rows, Bytes) {
        let sizes: Vec<_> = self.plans.iter().map(Plan::size).collect();
        (
            sizes.iter().map(|size| size.0).sum(),
            sizes.iter().map(|size| size.1).sum(),
        )
    }

    /// Draws the plan. `pace` is what earlier runs moved in a second, where there were any.
    pub fn draw(&self, page: &mut Page, pace: Option<Bytes>) {
        let title =
            |opened: &Opened| format!("{} ({})", opened.endpoint.name, opened.server.product());
        page.pieces([
            "Plan: ".into(),
            crate::output::Cell::new(Tone::Strong, title(&self.source)),
            " → ".into(),
            crate::output::Cell::new(Tone::of(self.label()), title(&self.target)),
            ", ".into(),
            crate::output::Cell::new(Tone::of(self.label()), self.label().name()),
        ]);
        for (at, plan) in self.plans.iter().enumerate() {
            draw_one(plan, page);
            let figures = self.watch.figures.get(at).map_or(&[][..], Vec::as_slice);
            if !figures.is_empty() {
                let before: Rows = figures.iter().map(|figure| figure.before).sum();
                let after: Rows = figures.iter().filter_map(|figure| figure.after).sum();
                page.line(format!(
                    "    rows in the tables that are touched: {before} now, {after} then"
                ));
            }
        }
        let (rows, bytes) = self.size();
        let pace = pace.unwrap_or(Bytes(20 << 20));
        let seconds = bytes.0 as f64 / pace.0.max(1) as f64;
        let seconds = match self.throttle {
            Throttle::Off => seconds,
            Throttle::Rows(rate) => seconds.max(rows.0 as f64 / rate as f64),
            Throttle::Bytes(rate) => seconds.max(bytes.0 as f64 / rate as f64),
        };
        let tables: usize = self.plans.iter().map(|plan| plan.tables.len()).sum();
        let time = Duration::from_secs_f64(seconds + tables as f64 * 0.01);
        page.line(format!(
            "About {rows} rows and {bytes} will move; as much space is needed beside the live tables; about {}",
            spoken(time)
        ));
        if self.plans.iter().any(|plan| plan.passage().is_some()) {
            let workers = counted(self.workers.number, "worker");
            page.line(format!("{workers} at once: {}", self.workers.why));
        }
        if self.throttle != Throttle::Off {
            page.line(format!("Throttled to {}", self.throttle));
        }
        let (tables, kept) = self.replaced();
        if tables > 0 {
            page.line(match self.keep {
                0 => format!(
                    "{} replaced or removed ({kept}) for good: undo.keep is 0",
                    are(tables)
                ),
                _ => format!("{} kept as the undo: they go on taking {kept}", are(tables)),
            });
        }
    }

    /// How many live tables give way, and about how much they take.
    fn replaced(&self) -> (usize, Bytes) {
        let mut gone = (0, Bytes(0));
        for (plan, sides) in self.plans.iter().zip(&self.sides) {
            let tables = sides.target.iter().flat_map(|catalog| &catalog.tables);
            let leaves = |table: &&crate::model::catalog::Table| {
                let planned = |one: &crate::plan::TablePlan| one.table.name == table.name;
                plan.removed.contains(&table.name) || plan.tables.iter().any(planned)
            };
            for table in tables.filter(leaves) {
                gone = (gone.0 + 1, gone.1 + table.bytes);
            }
        }
        gone
    }
}

/// `1 table is`, `2 tables are`.
fn are(tables: usize) -> String {
    let verb = if tables == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(tables, "table"))
}

/// One database of a plan.
pub fn draw_one(plan: &Plan, page: &mut Page) {
    let (rows, bytes) = plan.size();
    let arrow = match plan.source.database == plan.target.database {
        true => plan.target.database.clone(),
        false => format!("{} → {}", plan.source.database, plan.target.database),
    };
    let state = match (plan.target.exists, plan.risk()) {
        (false, _) => "new",
        (true, Risk::Replaces) => "replaced",
        (true, Risk::Adds) => "added to",
        (true, Risk::Nothing) => "nothing to do",
    };
    let moving = plan
        .tables
        .iter()
        .filter(|table| table.rows == RowsOf::Source)
        .count();
    page.line(format!(
        "  {arrow} ({state}): {}, about {rows} rows, {bytes}",
        counted(moving, "table")
    ));
    page.line(crate::output::Cell::new(
        Tone::Faint,
        format!("    fingerprints: {}", fingerprints(plan)),
    ));
    for stage in plan
        .stages()
        .iter()
        .filter(|stage| stage.title != "copy rows of")
    {
        page.line(format!("    {}: {}", stage.title, abridged(&stage.steps)));
    }
    if let Some(passage) = plan.passage() {
        page.line(format!("    {passage}"));
    }
    for item in &plan.mapped {
        page.line(format!(
            "    mapped: {}: {} becomes {}",
            item.what, item.from, item.to
        ));
    }
    for item in &plan.not_copied {
        let text = format!("    not copied: {} ({})", item.what, item.reason);
        page.line(crate::output::Cell::new(Tone::Warning, text));
    }
    for warning in &plan.warnings {
        page.line(crate::output::Cell::new(
            Tone::Warning,
            format!("    note: {warning}"),
        ));
    }
}

/// What both sides' structures are known by: `1a2b3c4d → 5e6f7a8b`.
pub fn fingerprints(plan: &Plan) -> String {
    let short = |side: &plan::Side| match side.exists {
        true => format!("{:08x}", (side.fingerprint >> 96) as u32),
        false => "new".to_string(),
    };
    format!("{} → {}", short(&plan.source), short(&plan.target))
}

/// The first names of a long list, and how many more there are. What leaves the target is never abridged by
/// the JSON reply.
fn abridged(names: &[String]) -> String {
    const SHOWN: usize = 12;
    match names.len() {
        0..=SHOWN => names.join(", "),
        all => format!("{} and {} more", names[..SHOWN].join(", "), all - SHOWN),
    }
}

/// Bytes a second of the last finished sync: its databases' times, without that of the question.
pub fn pace(store: &Store) -> Result<Option<Bytes>> {
    let runs = store.runs(20)?;
    let finished = |run: &&Run| run.status == Status::Done && run.kind == "sync";
    let Some(last) = runs
        .iter()
        .filter(finished)
        .find(|run| run.bytes.0 > 1 << 20)
    else {
        return Ok(None);
    };
    let steps = store.steps(last.number)?;
    let took: Duration = steps
        .iter()
        .filter(|step| step.what.is_none())
        .map(|step| step.took)
        .sum();
    let milliseconds = took.as_millis().max(1) as u64;
    Ok(Some(Bytes(
        last.bytes.0.saturating_mul(1000) / milliseconds,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_abridged_with_their_number() {
        let names: Vec<String> = (0..15).map(|number| format!("t{number}")).collect();
        assert!(abridged(&names).ends_with("t11 and 3 more"));
        assert_eq!(abridged(&names[..2]), "t0, t1");
    }
}
