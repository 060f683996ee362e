//! `prune`: removes what dead runs left on a server: staging that nobody will resume, swaps half done.

use clap::Parser;
use serde_json::{Value, json};

use super::{Command, Context, Error, Group, Result, undo};
use crate::output::{Page, Reply};

/// Remove what dead runs left on a server
///
/// Swaps that a dead run began are finished or taken back; staging goes, except that of runs which resume can
/// still take up from here. Live tables and undos are never touched.
#[derive(Debug, Clone, Parser)]
#[command(name = "prune")]
pub struct Args {
    /// The connection [default: the session's target]
    connection: Option<String>,
    /// Answer the question with yes
    #[arg(long, short = 'y')]
    yes: bool,
}

/// What was removed, a line each.
pub struct Pruned {
    connection: String,
    removed: Vec<String>,
}

impl Command for Args {
    type Reply = Pruned;
    const GROUP: Group = Group::Work;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("prune dev", "what dead runs left there"),
        ("prune dev --yes", "without a question"),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Pruned> {
        let opened = undo::open(cx, self.connection).await?;
        if !self.yes {
            let question = format!(
                "Remove what dead runs left on {}? Runs of other computers cannot be resumed afterwards.",
                opened.endpoint.name
            );
            match cx.ask.confirm(&question, false) {
                Some(true) => {}
                Some(false) => return Err(Error::refused("not confirmed; nothing was removed")),
                None => {
                    return Err(
                        Error::refused("prune needs a confirmation").hint("--yes answers it")
                    );
                }
            }
        }
        let keep = cx.store.unfinished()?;
        Ok(Pruned {
            removed: opened.server.prune(&keep).await?,
            connection: opened.endpoint.name,
        })
    }
}

impl Reply for Pruned {
    fn render(&self, page: &mut Page) {
        if self.removed.is_empty() {
            page.line(format!("Nothing to remove on {}.", self.connection));
        }
        for line in &self.removed {
            page.line(line.clone());
        }
    }

    fn json(&self) -> Value {
        json!({"connection": self.connection, "removed": self.removed})
    }
}
