//! Gathers what the brakes need to know of both sides, with exact counts, before anything is asked.
//!
//! Nothing is written here. What a run has done to a pair is noted afterwards ([`note`]).

use futures::future::try_join_all;

use super::planned::Planned;
use crate::commands::places::Opened;
use crate::commands::{Context, Result};
use crate::engines::{self, Server};
use crate::model::catalog::{Catalog, Table};
use crate::model::label::Label;
use crate::model::units::Rows;
use crate::plan::{Allow, Facts, Figure, Plan, RowsOf, Sides, brakes};

/// Above so many rows, by the servers' estimates, several tables are counted at once.
const MANY: u64 = 100_000;
const LANES: usize = 4;

/// What the guard knows of a planned batch.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// The label that counts: the strictest that anything knows.
    pub label: Label,
    /// The exact rows of each plan's tables.
    pub figures: Vec<Vec<Figure>>,
    /// Whether a plan goes against the direction of its pair, with leave: such a run sets no direction.
    reversed: bool,
}

impl Watch {
    /// Of a batch that was watched when it was planned: only its label counts still.
    pub fn labelled(label: Label) -> Watch {
        Watch {
            label,
            ..Watch::default()
        }
    }
}

/// Looks at both sides and applies the brakes; warnings are added to the plans.
///
/// # Errors
/// Everything that brakes, of all databases at once: refused, nothing written.
pub async fn watch(
    cx: &Context<'_>,
    (source, target): (&Opened, &Opened),
    plans: &mut [Plan],
    sides: &[Sides],
    allow: &Allow,
) -> Result<Watch> {
    let mut watch = Watch::default();
    let mut label: Option<Label> = None;
    let mut findings = Vec::new();
    for (plan, sides) in plans.iter_mut().zip(sides) {
        let facts = facts(cx, source, target, plan, sides).await?;
        label = Some(label.map_or(facts.label, |label| label.stricter(facts.label)));
        let verdict = brakes(plan, &facts, allow);
        findings.extend(verdict.findings);
        for warning in verdict.warnings {
            // A kept plan says it already.
            if !plan.warnings.contains(&warning) {
                plan.warnings.push(warning);
            }
        }
        watch.reversed |= facts.reversed;
        watch.figures.push(facts.figures);
    }
    watch.label = label.unwrap_or(target.endpoint.label);
    findings.dedup();
    if findings.is_empty() {
        return Ok(watch);
    }
    Err(engines::Error::Findings(findings).into())
}

/// The label that counts for databases of a target: the stricter of the connection's and the server's own.
pub async fn label<'a>(
    target: &Opened,
    databases: impl Iterator<Item = &'a String>,
) -> Result<Label> {
    let mut label = target.endpoint.label;
    for database in databases {
        let standing = target.server.standing(database).await?;
        label = label.stricter(target.endpoint.label.with(standing.label));
    }
    Ok(label)
}

async fn facts(
    cx: &Context<'_>,
    source: &Opened,
    target: &Opened,
    plan: &Plan,
    sides: &Sides,
) -> Result<Facts> {
    let (from, to) = (source.server.as_ref(), target.server.as_ref());
    let (here, there) = (&plan.source.database, &plan.target.database);
    let (ours, theirs) = futures::future::try_join(from.standing(here), to.standing(there)).await?;
    let (from_where, to_where) =
        futures::future::try_join(from.whereabouts(here), to.whereabouts(there)).await?;
    let mut facts = Facts {
        label: target.endpoint.label.with(theirs.label),
        upstream: theirs
            .upstream
            .iter()
            .map(|one| one.place.clone())
            .collect(),
        follows: ours
            .upstream
            .iter()
            .filter_map(|one| one.id.as_ref())
            .any(|id| theirs.ids.contains(id)),
        reversed: ours.origins.contains(&to_where) || cx.store.came_from(&from_where, &to_where)?,
        ..Facts::default()
    };
    if let Some(before) = sides.target.as_ref().filter(|it| !it.tables.is_empty()) {
        facts.figures = figures(plan, from, to, sides.source.as_ref(), before).await?;
        let replaces = plan.tables.iter().any(|table| table.replaces);
        if replaces {
            facts.tides = futures::future::try_join(from.tides(here), to.tides(there)).await?;
        }
    }
    Ok(facts)
}

/// Counts both sides of every table that the plan touches; nothing where the target holds no rows in them.
async fn figures(
    plan: &Plan,
    from: &dyn Server,
    to: &dyn Server,
    source: Option<&Catalog>,
    target: &Catalog,
) -> Result<Vec<Figure>> {
    let touched: Vec<Table> = target
        .tables
        .iter()
        .filter(|table| {
            let replaced = |planned: &crate::plan::TablePlan| planned.table.name == table.name;
            plan.tables.iter().any(replaced) || plan.removed.contains(&table.name)
        })
        .cloned()
        .collect();
    let before = counts(to, &plan.target.database, &touched).await?;
    if before.iter().all(|rows| rows.0 == 0) {
        return Ok(Vec::new());
    }
    let planned = |table: &Table| {
        let mut planned = plan.tables.iter();
        planned.find(|one| one.source_name() == table.name)
    };
    let arrives_as = |table: &Table, other: &Table| {
        planned(table).is_some_and(|planned| planned.table.name == other.name)
    };
    let (replaced, new): (Vec<Table>, Vec<Table>) = source
        .iter()
        .flat_map(|source| &source.tables)
        .filter(|table| planned(table).is_some_and(|one| one.rows == RowsOf::Source))
        .cloned()
        .partition(|table| touched.iter().any(|other| arrives_as(table, other)));
    let after = counts(from, &plan.source.database, &replaced).await?;
    let mut figures: Vec<Figure> = touched
        .iter()
        .zip(before)
        .map(|(table, before)| Figure {
            table: table.name.clone(),
            before,
            // What is not read from the source holds nothing afterwards.
            after: Some(
                replaced
                    .iter()
                    .position(|other| arrives_as(other, table))
                    .map_or(Rows(0), |at| after[at]),
            ),
        })
        .collect();
    // Whether a source is empty, its new tables decide too.
    if after.iter().all(|rows| rows.0 == 0) && !new.is_empty() {
        let rows = counts(from, &plan.source.database, &new).await?;
        figures.extend(new.iter().zip(rows).map(|(table, rows)| Figure {
            table: table.name.clone(),
            before: Rows(0),
            after: Some(rows),
        }));
    }
    Ok(figures)
}

/// The exact rows of tables, each of one moment. Several snapshots of one reader each need no lock, as one
/// snapshot of several readers would.
async fn counts(server: &dyn Server, database: &str, tables: &[Table]) -> Result<Vec<Rows>> {
    let estimate: Rows = tables.iter().map(|table| table.rows).sum();
    let lanes = match estimate.0 > MANY {
        true => LANES.min(tables.len()),
        false => 1,
    };
    let lane = |lane: usize| async move {
        let mine: Vec<(usize, &Table)> = tables
            .iter()
            .enumerate()
            .skip(lane)
            .step_by(lanes)
            .collect();
        if mine.is_empty() {
            return Ok(Vec::new());
        }
        // What no transaction covers is only counted: a snapshot would read it twice to see whether it changed.
        let covered = mine.iter().filter(|(_, table)| table.transactional);
        let covered: Vec<Table> = covered.map(|(_, table)| (*table).clone()).collect();
        let snapshot = server.snapshot(database, &covered, 1).await?;
        let mut counted = Vec::new();
        for (at, table) in mine {
            counted.push((at, snapshot.count(0, table).await?));
        }
        snapshot.close().await?;
        Ok::<_, engines::Error>(counted)
    };
    let mut counted: Vec<(usize, Rows)> = try_join_all((0..lanes).map(lane))
        .await?
        .into_iter()
        .flatten()
        .collect();
    counted.sort_by_key(|(at, _)| *at);
    Ok(counted.into_iter().map(|(_, rows)| rows).collect())
}

/// Notes the direction of every pair that arrived; what cannot be kept on the server is kept here.
///
/// # Errors
/// The store cannot be written.
pub async fn note(cx: &Context<'_>, planned: &Planned, arrived: &[String]) -> Result<()> {
    if planned.watch.reversed {
        return Ok(());
    }
    let (from, to) = (
        planned.source.server.as_ref(),
        planned.target.server.as_ref(),
    );
    for plan in &planned.plans {
        let database = &plan.target.database;
        if !arrived.contains(database) {
            continue;
        }
        let source = from.whereabouts(&plan.source.database).await?;
        cx.store
            .note_origin(&to.whereabouts(database).await?, &source)?;
        if let Err(cause) = to.note_origin(database, &source).await {
            tracing::warn!("{database}: its origin is kept here only: {}", cause.full());
        }
    }
    Ok(())
}
