//! `quit`: leaves the prompt, or ends a script early.

use serde_json::{Value, json};

use super::{Command, Context, Group, Result};
use crate::output::{Page, Reply};

/// Leave the prompt (Ctrl-D does the same); in a script, end it here
#[derive(clap::Parser)]
#[command(name = "quit", visible_aliases = ["exit", "q"])]
pub struct Args {}

impl Command for Args {
    type Reply = Left;
    const GROUP: Group = Group::Program;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[("quit", "leave the prompt")];

    async fn run(self, cx: &mut Context<'_>) -> Result<Left> {
        cx.session.leave = true;
        Ok(Left)
    }
}

/// Nothing is said on leaving.
pub struct Left;

impl Reply for Left {
    fn render(&self, _: &mut Page) {}

    fn json(&self) -> Value {
        json!({})
    }
}
