//! `resume`: goes on with a run that was interrupted, from whatever state it is in.
//!
//! The plan is the one that was confirmed then; where a server, its major version or a structure has changed
//! since, the run is refused with the reason. Rows that changed meanwhile are copied again.

use clap::Parser;

use super::context::Place;
use super::places;
use super::sync::batch::{self, Settings};
use super::sync::planned::Planned;
use super::sync::reply::Synced;
use super::sync::watch::{self, Watch};
use super::sync::workers::Workers;
use super::sync::{confirm, ending, means};
use super::{Command, Context, Error, Group, Result};
use crate::plan::{Plan, Sides};
use crate::store::{JobRecord, Part, Run, Status};

/// Go on with an interrupted run
///
/// What is staged already is checked against the source as it is now, and copied again only where it differs.
#[derive(Debug, Clone, Parser)]
#[command(name = "resume")]
pub struct Args {
    /// The run's number [default: the last one that was interrupted]
    run: Option<i64>,
    /// Answer the question with yes; never enough for a target labelled production or unknown
    #[arg(long, short = 'y')]
    yes: bool,
}

impl Command for Args {
    type Reply = Synced;
    const GROUP: Group = Group::Work;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("resume", "the last run that was interrupted"),
        ("resume 12 --yes", "run 12, without a question"),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Synced> {
        let run = self.find(cx)?;
        let (job, parts) = left(cx, &run)?;
        let settings: Settings = serde_json::from_str(&job.settings).map_err(|cause| {
            Error::failed(format!("the journal of run {}: {cause}", run.number))
        })?;
        let in_force = means::over(cx, Some(settings.throttle), Some(settings.compress));
        let cx = &mut cx.with(&in_force);
        let mut planned = open(cx, &run, &job, &parts).await?;
        planned.workers = Workers {
            number: settings.workers,
            why: "as the run began".into(),
        };
        confirm::confirm(cx, &planned, self.yes, None).await?;
        if !cx.store.take_up(run.number)? {
            return Err(Error::refused(format!(
                "run {} is at work in another process",
                run.number
            )));
        }
        let result = batch::run(cx, run.number, &planned, &parts, &settings).await;
        cx.store.end(run.number, &ending(&result))?;
        if let Ok(synced) = &result {
            watch::note(cx, &planned, &synced.arrived()).await?;
        }
        result
    }
}

impl Args {
    fn find(&self, cx: &Context<'_>) -> Result<Run> {
        let Some(number) = self.run else {
            let runs = cx.store.runs(usize::MAX)?;
            let last = runs.into_iter().find(|run| {
                run.status == Status::Interrupted && matches!(cx.store.job(run.number), Ok(Some(_)))
            });
            return last.ok_or_else(|| {
                Error::usage("no run waits to be resumed").hint("history lists the runs")
            });
        };
        let run = cx.store.run(number)?;
        run.ok_or_else(|| {
            Error::usage(format!("there is no run {number}")).hint("history lists the runs")
        })
    }
}

/// The parts of a run that are not at their end.
fn left(cx: &Context<'_>, run: &Run) -> Result<(JobRecord, Vec<Part>)> {
    let number = run.number;
    if run.status == Status::Running {
        return Err(Error::refused(format!(
            "run {number} is at work (process {})",
            run.process
        )));
    }
    if run.kind == "rollback" {
        return Err(Error::refused(format!(
            "run {number} is a rollback: it is begun again, not resumed"
        ))
        .hint(run.command.clone()));
    }
    let job = cx.store.job(number)?;
    let parts = cx.store.parts(number)?;
    let left: Vec<Part> = parts
        .into_iter()
        .filter(|part| !part.state.is_end())
        .collect();
    match job {
        Some(job) if !left.is_empty() => Ok((job, left)),
        Some(_) => Err(Error::refused(format!(
            "run {number} has nothing left to do: it is {}",
            run.status
        ))),
        None => Err(Error::refused(format!(
            "run {number} was {} before it wrote anything",
            run.status
        ))
        .hint(format!("start again: {}", run.command))),
    }
}

/// Opens both sides again and sees that they are what they were.
async fn open(cx: &Context<'_>, run: &Run, job: &JobRecord, parts: &[Part]) -> Result<Planned> {
    let place = |name: &str| Place {
        connection: name.to_string(),
        ..Place::default()
    };
    let (from, to) = (place(&job.source), place(&job.target));
    let (source, target) =
        futures::future::try_join(places::open(cx, &from), places::open(cx, &to)).await?;
    for (name, opened, identity, product) in [
        ("source", &source, &job.source_server, &job.source_product),
        ("target", &target, &job.target_server, &job.target_product),
    ] {
        let now = opened.server.product().to_string();
        let why = if opened.server.identity().await? != *identity {
            format!("{} leads to another server now", opened.endpoint.name)
        } else if major(&now) != major(product) {
            format!("{} was {product} and is {now} now", opened.endpoint.name)
        } else {
            continue;
        };
        return Err(Error::refused(format!(
            "run {} cannot go on: the {name} has changed: {why}",
            run.number
        ))
        .hint(format!("start again: {}", run.command)));
    }
    let plans: Vec<Plan> = parts
        .iter()
        .map(|part| cx.store.part_plan(run.number, part.number))
        .collect::<std::result::Result<_, _>>()?;
    let databases = plans.iter().map(|plan| &plan.target.database);
    let label = watch::label(&target, databases).await?;
    Ok(Planned {
        sides: vec![Sides::default(); plans.len()],
        watch: Watch::labelled(label),
        keep: cx.settings.undo.keep,
        workers: Workers::default(),
        throttle: cx.settings.sync.throttle,
        source,
        target,
        plans,
    })
}

/// `MariaDB 10` of `MariaDB 10.11.19`.
fn major(product: &str) -> &str {
    product.split('.').next().unwrap_or(product)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_counts_and_the_minor_does_not() {
        assert_eq!(major("MariaDB 10.11.19"), major("MariaDB 10.6.2"));
        assert_ne!(major("MySQL 8.4.0"), major("MySQL 9.7.4"));
        assert_ne!(major("MariaDB 10.11.19"), major("MySQL 10.0.0"));
    }
}
