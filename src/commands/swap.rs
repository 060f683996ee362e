//! `swap`: source becomes target and target becomes source.

use super::source::{Role, Side, Sides, set_source};
use super::{Command, Context, Error, Group, Result};

/// Exchange source and target
#[derive(Debug, clap::Parser)]
#[command(name = "swap")]
pub struct Args {}

impl Command for Args {
    type Reply = Sides;
    const GROUP: Group = Group::Session;
    const EXAMPLES: &'static [(&'static str, &'static str)] =
        &[("swap", "after use prod dev: read from dev, write to prod")];

    async fn run(self, cx: &mut Context<'_>) -> Result<Sides> {
        let (Some(source), Some(target)) = (cx.session.target.clone(), cx.session.source.clone())
        else {
            return Err(
                Error::usage("there is nothing to swap: source or target is missing")
                    .hint("choose them with use SOURCE TARGET"),
            );
        };
        let sides = vec![
            Side::known(cx, Role::Source, &source)?,
            Side::known(cx, Role::Target, &target)?,
        ];
        set_source(cx.session, source);
        cx.session.target = Some(target);
        Ok(Sides(sides))
    }
}
