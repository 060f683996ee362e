//! Kept plans: making one of what was planned, finding it again, and proving that it still fits.
//!
//! A kept plan is applied as it is or not at all: another server behind the name, a structure that has moved or an
//! altered text refuse it, before anything is asked.

use std::path::Path;

use super::planned::{Planned, watched};
use crate::commands::context::Place;
use crate::commands::places::{self, Opened};
use crate::commands::{Context, Error, Result};
use crate::engines;
use crate::model::catalog::Catalog;
use crate::model::diff;
use crate::model::survey::{Role, Survey};
use crate::plan::document::{Kept, Manner, Party, Unreadable, moved};
use crate::plan::{Allow, Document, Route, Sealed, Side, Sides};

/// How many moved things an error names.
const NAMED: usize = 8;

/// Seals what was planned.
pub async fn seal(planned: &Planned, manner: Manner, allow: Allow) -> Result<Sealed> {
    let databases = planned.plans.iter().zip(&planned.sides);
    Ok(Sealed::new(Document {
        created: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        program: env!("CARGO_PKG_VERSION").into(),
        source: party(&planned.source).await?,
        target: party(&planned.target).await?,
        manner,
        allow,
        databases: databases
            .map(|(plan, before)| Kept {
                plan: plan.clone(),
                before: before.clone(),
            })
            .collect(),
    }))
}

async fn party(opened: &Opened) -> Result<Party> {
    Ok(Party {
        name: opened.endpoint.name.clone(),
        identity: opened.server.identity().await?,
    })
}

/// The kept plan that a word means: its number, the beginning of its hash, `last`, or a file.
///
/// # Errors
/// A usage error where there is none; refused when it was altered or is of a newer format.
pub fn find(cx: &Context<'_>, word: &str) -> Result<Sealed> {
    let is_hash = word.len() >= 6 && word.chars().all(|c| c.is_ascii_hexdigit());
    let text = match word.parse::<i64>() {
        _ if word.contains(['/', '.']) => Some(file(Path::new(word))?),
        _ if word == "last" => match cx.store.plans(1)?.first() {
            Some(newest) => cx.store.plan(Some(newest.number), "")?,
            None => None,
        },
        Ok(number) => match cx.store.plan(Some(number), "")? {
            None if is_hash => cx.store.plan(None, word)?,
            found => found,
        },
        Err(_) if is_hash => cx.store.plan(None, &word.to_lowercase())?,
        Err(_) => None,
    };
    let text = text.ok_or_else(|| {
        Error::usage(format!("there is no plan {word}"))
            .hint("plans lists them; a file is named with its path, such as ./plan.json")
    })?;
    Sealed::read(&text).map_err(|cause| match cause {
        Unreadable::NoPlan(_) => Error::usage(format!("{word}: {cause}")),
        Unreadable::Newer(_) => Error::refused(format!("{word}: {cause}"))
            .hint("apply it with the maestro that made it"),
        Unreadable::Altered { .. } => {
            Error::refused(format!("{word}: {cause}")).hint("make a new plan")
        }
    })
}

fn file(path: &Path) -> Result<String> {
    std::fs::read_to_string(path)
        .map_err(|cause| Error::usage(format!("cannot read the plan {}: {cause}", path.display())))
}

/// Opens both sides of a kept plan and proves that it still fits.
///
/// # Errors
/// Refused, saying what moved; and whatever keeps a plan from being made.
pub async fn reopen(cx: &Context<'_>, document: &Document) -> Result<Planned> {
    let place = |party: &Party| Place {
        connection: party.name.clone(),
        ..Place::default()
    };
    let (from, to) = (place(&document.source), place(&document.target));
    let (source, target) =
        futures::future::try_join(places::open(cx, &from), places::open(cx, &to)).await?;
    is_still(&source, &document.source).await?;
    is_still(&target, &document.target).await?;
    let (mut plans, mut sides) = (Vec::new(), Vec::new());
    let (mut lines, mut findings) = (Vec::new(), Vec::new());
    for kept in &document.databases {
        let plan = &kept.plan;
        let (ours, theirs) = futures::future::try_join(
            survey(&source, &plan.source.database, Role::Source),
            survey(&target, &plan.target.database, Role::Target),
        )
        .await?;
        if plan.route == Route::Server {
            for (server, role) in [
                (&source.server, Role::Source),
                (&target.server, Role::Target),
            ] {
                findings.extend(server.hindrances(&plan.source.database, role).await?);
            }
        }
        let before = &kept.before;
        let ours = ours.map(taken(&mut findings)).unwrap_or_default();
        let theirs = theirs.map(taken(&mut findings)).unwrap_or_default();
        lines.extend(unfit(
            "source",
            &plan.source,
            before.source.as_ref(),
            ours.as_ref(),
        ));
        lines.extend(unfit(
            "target",
            &plan.target,
            before.target.as_ref(),
            theirs.as_ref(),
        ));
        plans.push(plan.clone());
        sides.push(Sides {
            source: ours,
            target: theirs,
        });
    }
    if !lines.is_empty() {
        return Err(Error::refused(format!(
            "the plan does not fit any more: {}",
            abridged(&lines)
        ))
        .hint("make a new plan and look at it"));
    }
    if !findings.is_empty() {
        findings.dedup();
        return Err(engines::Error::Findings(findings).into());
    }
    let asked = (&document.manner, &document.allow);
    watched(cx, source, target, plans, sides, asked).await
}

/// The catalog of a survey; its findings are collected.
fn taken(
    findings: &mut Vec<crate::model::survey::Finding>,
) -> impl FnOnce(Survey) -> Option<Catalog> {
    |survey| {
        findings.extend(survey.findings);
        survey.catalog
    }
}

/// None when the source's database is gone.
async fn survey(opened: &Opened, database: &str, role: Role) -> Result<Option<Survey>> {
    match opened.server.survey(database, role).await {
        Ok(survey) => Ok(Some(survey)),
        Err(engines::Error::NoDatabase { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn is_still(opened: &Opened, party: &Party) -> Result<()> {
    let identity = opened.server.identity().await?;
    if identity == party.identity {
        return Ok(());
    }
    Err(Error::refused(format!(
        "{} leads to another server than the plan was made for: {identity}, and it was {}",
        party.name, party.identity
    ))
    .hint("make a new plan and look at it"))
}

fn unfit(what: &str, side: &Side, before: Option<&Catalog>, now: Option<&Catalog>) -> Vec<String> {
    if diff::fingerprint(now) == side.fingerprint {
        return Vec::new();
    }
    let mut lines = moved(before, now);
    if lines.is_empty() {
        lines.push("its structure has moved".into());
    }
    lines
        .into_iter()
        .map(|line| format!("{what} {}: {line}", side.database))
        .collect()
}

fn abridged(lines: &[String]) -> String {
    match lines.len() {
        0..=NAMED => lines.join("; "),
        all => format!("{}; and {} more", lines[..NAMED].join("; "), all - NAMED),
    }
}
