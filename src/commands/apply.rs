//! `apply`: carries out a kept plan, exactly as it is.

use super::sync::{self, Synced, kept};
use super::{Command, Context, Group, Result};
use crate::plan::{Document, Sealed};
use crate::store::NewRun;

/// Carry out a kept plan, exactly as it is
///
/// Refused before anything is written when the structure of a side has moved since, when a name leads to another
/// server, or when the plan was altered. The question is that of sync; without a terminal, a target that counts
/// as production needs an approval of this very plan (help approve).
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "apply")]
pub struct Args {
    /// A plan's number, the beginning of its hash, last, or a file
    plan: String,
    /// Answer the question with yes; never enough for a target labelled production or unknown
    #[arg(long, short = 'y')]
    yes: bool,
}

impl Command for Args {
    type Reply = Synced;
    const GROUP: Group = Group::Work;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("apply 3", "plan 3 of plans"),
        (
            "apply ./plan.json --yes",
            "a plan in a file, without a question",
        ),
        ("apply 5f2a90c1d3e4", "the plan with this hash"),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Synced> {
        let sealed = kept::find(cx, &self.plan)?;
        let document = &sealed.document;
        let yes = if self.yes { " --yes" } else { "" };
        let number = cx.store.begin(&NewRun {
            id: uuid::Uuid::now_v7().to_string(),
            kind: "sync",
            source: place(&document.source.name, document, |kept| {
                &kept.source.database
            }),
            target: place(&document.target.name, document, |kept| {
                &kept.target.database
            }),
            command: format!("apply {}{yes}", self.plan),
        })?;
        let result = self.carry_out(cx, number, &sealed).await;
        cx.store.end(number, &sync::ending(&result))?;
        result
    }
}

impl Args {
    async fn carry_out(
        &self,
        cx: &mut Context<'_>,
        number: i64,
        sealed: &Sealed,
    ) -> Result<Synced> {
        let document = &sealed.document;
        let settings = document.manner.over(cx);
        let cx = &mut cx.with(&settings);
        let planned = kept::reopen(cx, document).await?;
        let settings = document.manner.settings(cx, &planned);
        sync::carry_out(
            cx,
            number,
            &planned,
            &settings,
            self.yes,
            Some(&sealed.hash),
        )
        .await
    }
}

/// A side as history names it: with its database where there is one.
fn place(name: &str, document: &Document, database: fn(&crate::plan::Plan) -> &String) -> String {
    match document.databases.as_slice() {
        [only] => format!("{name}/{}", database(&only.plan)),
        _ => name.to_string(),
    }
}
