//! `approve`: lets one run apply one plan to production without a terminal.
//!
//! Given only at a terminal, with the typed name of the target, and kept on the target's server, where a
//! script on another machine finds it. It is used up by the run that starts with it.

use std::time::Duration;

use serde_json::{Value, json};

use super::sync::kept;
use super::{Command, Context, Error, Group, Result};
use crate::model::guard::Approval;
use crate::model::units::spoken;
use crate::output::{Cell, Page, Reply, Tone};
use crate::plan::document::short;
use crate::settings;

/// The longest time that an approval holds.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Let a script apply one kept plan to a production target, once
///
/// Asked at a terminal only: the plan is shown, and the name of the target is typed. The approval is kept on the
/// target's server, whose clock ends it.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "approve")]
pub struct Args {
    /// A plan's number, the beginning of its hash, last, or a file
    plan: String,
    /// How long the approval holds, at most 24h
    #[arg(long = "for", value_name = "TIME", default_value = "15m", value_parser = settings::duration)]
    time: Duration,
}

/// What `approve` answers.
pub struct Approved {
    plan: String,
    target: String,
    time: Duration,
}

impl Command for Args {
    type Reply = Approved;
    const GROUP: Group = Group::Work;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("approve 3", "plan 3, for a quarter of an hour"),
        (
            "approve ./plan.json --for 1h",
            "a plan in a file, for an hour",
        ),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Approved> {
        if self.time > LONGEST {
            return Err(Error::usage("an approval holds for at most 24h"));
        }
        if !cx.ask.is_terminal() {
            return Err(Error::refused("an approval is given at a terminal only")
                .hint("run approve where a person can type the name of the target"));
        }
        let sealed = kept::find(cx, &self.plan)?;
        let planned = kept::reopen(cx, &sealed.document).await?;
        let mut page = Page::default();
        planned.draw(&mut page, None);
        cx.ask.show(&page);
        let name = &sealed.document.target.name;
        let question = format!(
            "Plan {} may then be applied to {name} ({}) once, within {}, by whoever holds it. Type the name of the target to go on:",
            sealed.short(),
            planned.label(),
            spoken(self.time)
        );
        if cx.ask.word(&question).as_deref() != Some(name) {
            return Err(Error::refused("not confirmed; nothing was approved"));
        }
        let approval = Approval {
            plan: sealed.hash.clone(),
            by: std::env::var("USER").unwrap_or_else(|_| "unknown".into()),
            seconds: self.time.as_secs().max(1),
        };
        planned.target.server.approve(&approval).await?;
        Ok(Approved {
            plan: sealed.hash,
            target: name.clone(),
            time: self.time,
        })
    }
}

impl Reply for Approved {
    fn render(&self, page: &mut Page) {
        page.line(Cell::new(
            Tone::Good,
            format!(
                "Plan {} may be applied to {} once, within {}.",
                short(&self.plan),
                self.target,
                spoken(self.time)
            ),
        ));
    }

    fn json(&self) -> Value {
        json!({"approved": self.plan, "target": self.target, "seconds": self.time.as_secs()})
    }
}
