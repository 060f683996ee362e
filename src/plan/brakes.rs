//! The brakes: what a plan is refused for although it could be carried out, each with its figures and the way on.
//!
//! Pure: the facts are gathered before, with exact counts. What only deserves a word becomes a warning of the plan.

use serde::{Deserialize, Serialize};

use super::{Plan, RowsOf};
use crate::model::guard::Tide;
use crate::model::label::Label;
use crate::model::survey::Finding;
use crate::model::units::{Rows, counted};

/// How much of the target may vanish without a word, in percent.
pub const VANISH: u8 = 30;

/// Fewer rows than these vanish without a word: tiny tables shrink by a third every day. An empty source is
/// refused whatever the number.
pub const FEW: u64 = 100;

/// What a person has allowed, against which brake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allow {
    /// The source may be empty.
    pub empty: bool,
    /// So many percent of the target's rows may vanish.
    pub vanish: u8,
    /// The target may be a replica.
    pub replica: bool,
    /// The target may be newer than the source.
    pub newer: bool,
    /// The target may be where the source once came from.
    pub reverse: bool,
}

impl Default for Allow {
    fn default() -> Allow {
        Allow {
            empty: false,
            vanish: VANISH,
            replica: false,
            newer: false,
            reverse: false,
        }
    }
}

/// The exact rows of a table that the plan touches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    pub table: String,
    /// What the target holds now.
    pub before: Rows,
    /// What it will hold; None where nobody had to count.
    pub after: Option<Rows>,
}

/// What is known of both sides of one plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The label that counts.
    pub label: Label,
    /// Empty where the target holds nothing.
    pub figures: Vec<Figure>,
    /// Whom the target replicates from.
    pub upstream: Vec<String>,
    /// Whether the source replicates from the target.
    pub follows: bool,
    /// Whether the source was once synced from the target.
    pub reversed: bool,
    /// The counters of the source and of the target.
    pub tides: (Vec<Tide>, Vec<Tide>),
}

/// What stands in the way, and what is only said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    pub findings: Vec<Finding>,
    pub warnings: Vec<String>,
}

/// Applies every brake to one plan.
pub fn brakes(plan: &Plan, facts: &Facts, allow: &Allow) -> Verdict {
    let mut verdict = Verdict::default();
    let findings = [
        empty_or_vanishing(plan, facts, allow),
        replica(facts, allow),
        reversed(plan, facts, allow),
    ];
    verdict.findings.extend(findings.into_iter().flatten());
    if let Some(finding) = newer(plan, facts).filter(|_| !allow.newer) {
        match facts.label {
            Label::Testing | Label::Development => verdict.warnings.push(finding.problem),
            _ => verdict.findings.push(finding),
        }
    }
    if facts.follows {
        verdict.warnings.push(
            "the source replicates from the target: what is written to the target comes back to the source".into(),
        );
    }
    verdict
}

fn finding(problem: String, mend: impl Into<String>) -> Option<Finding> {
    Some(Finding {
        problem,
        mend: mend.into(),
    })
}

fn empty_or_vanishing(plan: &Plan, facts: &Facts, allow: &Allow) -> Option<Finding> {
    let name = &plan.target.database;
    let before: Rows = facts.figures.iter().map(|figure| figure.before).sum();
    let after: Rows = facts.figures.iter().filter_map(|figure| figure.after).sum();
    let unknown = facts.figures.iter().any(|figure| figure.after.is_none());
    if before.0 == 0 {
        return None;
    }
    if gives_rows(plan) && after.0 == 0 && !unknown {
        let holding = facts.figures.iter().filter(|figure| figure.before.0 > 0);
        let tables = counted(holding.count(), "table");
        return finding(
            format!("{name}: the source holds no rows, and the target holds {before} in {tables}"),
            "look whether this is the right source; --allow-empty goes on",
        )
        .filter(|_| !allow.empty);
    }
    let gone = |figure: &Figure| match figure.after {
        Some(after) => figure.before.0.saturating_sub(after.0),
        None => 0,
    };
    let vanishing: u64 = facts.figures.iter().map(gone).sum();
    if vanishing < FEW || hundredfold(vanishing) <= u128::from(allow.vanish) * u128::from(before.0)
    {
        return None;
    }
    let percent = hundredfold(vanishing).div_ceil(u128::from(before.0));
    let mut worst: Vec<&Figure> = facts.figures.iter().filter(|one| gone(one) > 0).collect();
    worst.sort_by_key(|figure| std::cmp::Reverse(gone(figure)));
    let told: Vec<String> = worst
        .iter()
        .take(5)
        .map(|one| {
            format!(
                "{} {} → {}",
                one.table,
                one.before,
                one.after.unwrap_or_default()
            )
        })
        .collect();
    let more = match worst.len().saturating_sub(told.len()) {
        0 => String::new(),
        more => format!(" and {}", counted(more, "table")),
    };
    finding(
        format!(
            "{name}: {} of {before} rows of the target would vanish ({percent} %): {}{more}",
            Rows(vanishing),
            told.join(", ")
        ),
        format!("look whether this is the right source; --allow-vanish {percent}% goes on"),
    )
}

fn hundredfold(vanishing: u64) -> u128 {
    u128::from(vanishing) * 100
}

/// Whether the plan brings rows at all, or has nothing but tables that leave.
fn gives_rows(plan: &Plan) -> bool {
    plan.tables.is_empty() || plan.tables.iter().any(|table| table.rows == RowsOf::Source)
}

fn replica(facts: &Facts, allow: &Allow) -> Option<Finding> {
    if facts.upstream.is_empty() || allow.replica {
        return None;
    }
    finding(
        format!(
            "the target is a replica of {}: what is written here is not there, and can stop the replication",
            facts.upstream.join(", ")
        ),
        "choose its primary as the target; --allow-replica goes on",
    )
}

fn reversed(plan: &Plan, facts: &Facts, allow: &Allow) -> Option<Finding> {
    if !facts.reversed || allow.reverse {
        return None;
    }
    finding(
        format!(
            "{} was synced from this target before: this would be the other direction",
            plan.source.database
        ),
        "exchange source and target; --reverse goes on against the direction, once",
    )
}

/// Tables that the target counts further in, and wrote later, than the source.
fn newer(plan: &Plan, facts: &Facts) -> Option<Finding> {
    let (source, target) = &facts.tides;
    let ahead: Vec<String> = target
        .iter()
        .filter_map(|tide| {
            let planned = plan.tables.iter();
            let mut replaced =
                planned.filter(|table| table.replaces && table.table.name == tide.table);
            let name = replaced.next()?.source_name();
            let other = source.iter().find(|other| other.table == name)?;
            let (next, behind) = (tide.next?, other.next?);
            // A source that was never written since its server started is older than one that was.
            let later = tide.written? > other.written.unwrap_or(i64::MIN);
            (next > behind && later)
                .then(|| format!("{} (next number {next}, the source's {behind})", tide.table))
        })
        .collect();
    if ahead.is_empty() {
        return None;
    }
    finding(
        format!(
            "{}: the target was written later than the source and holds numbers that the source never gave: {}",
            plan.target.database,
            ahead.join(", ")
        ),
        "look whether the direction is right; --allow-newer goes on",
    )
}

#[cfg(test)]
mod tests;
