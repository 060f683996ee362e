//! `plans`: the plans that are kept, and what one of them says.

use serde_json::{Value, json};

use super::sync::kept;
use super::{Command, Context, Group, Result, plan};
use crate::output::{Page, Reply, Table, time};
use crate::plan::document::short;
use crate::plan::{Plan, Sealed};
use crate::store::KeptPlan;

/// How many plans are listed.
const LISTED: usize = 50;

/// List the kept plans, or show one
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "plans")]
pub struct Args {
    /// A plan's number, the beginning of its hash, last, or a file
    plan: Option<String>,
}

/// What `plans` answers.
pub enum Answer {
    List(Vec<KeptPlan>),
    One(Box<Sealed>),
}

impl Command for Args {
    type Reply = Answer;
    const GROUP: Group = Group::Work;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("plans", "the kept plans, the newest first"),
        ("plans 3", "what plan 3 would do"),
        ("plans ./plan.json", "what a plan in a file would do"),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Answer> {
        match self.plan {
            Some(word) => Ok(Answer::One(Box::new(kept::find(cx, &word)?))),
            None => Ok(Answer::List(cx.store.plans(LISTED)?)),
        }
    }
}

impl Reply for Answer {
    fn render(&self, page: &mut Page) {
        match self {
            Answer::List(plans) if plans.is_empty() => page.line("No plans are kept."),
            Answer::List(plans) => {
                let mut table = Table::new(&[">#", "hash", "made", "source", "target"]);
                for plan in plans {
                    table.row([
                        plan.number.to_string().into(),
                        short(&plan.hash).into(),
                        time::moment(plan.created).into(),
                        plan.source.clone().into(),
                        plan.target.clone().into(),
                    ]);
                }
                page.table(table);
            }
            Answer::One(sealed) => one(sealed, page),
        }
    }

    fn json(&self) -> Value {
        match self {
            Answer::List(plans) => {
                let plans = plans.iter().map(|plan| {
                    json!({"number": plan.number, "hash": plan.hash, "created": plan.created.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
                           "source": plan.source, "target": plan.target})
                });
                json!({"plans": plans.collect::<Vec<_>>()})
            }
            Answer::One(sealed) => plan::json(sealed, &[]),
        }
    }
}

fn one(sealed: &Sealed, page: &mut Page) {
    let document = &sealed.document;
    page.line(format!(
        "Plan {}, made {}: {} → {}",
        sealed.short(),
        document.created,
        document.source.name,
        document.target.name
    ));
    let plans: Vec<&Plan> = document.databases.iter().map(|kept| &kept.plan).collect();
    for plan in &plans {
        super::sync::planned::draw_one(plan, page);
    }
    page.table(plan::tables(&plans, &[]));
}
