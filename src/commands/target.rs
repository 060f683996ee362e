//! `target NAME[/DB]`: where the session writes to. The database need not exist yet.

use super::places::{self, Known};
use super::source::{Role, Side, Sides};
use super::{Command, Context, Group, Result};

/// Choose the target: the connection, or one database of it, to write to
#[derive(Debug, clap::Parser)]
#[command(name = "target")]
pub struct Args {
    /// A connection, or one of its databases such as dev/shop, a URL or a path
    #[arg(value_name = "PLACE")]
    place: String,
}

impl Command for Args {
    type Reply = Sides;
    const GROUP: Group = Group::Session;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("target dev", "write to the connection dev"),
        ("target dev/shop", "write to one of its databases"),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Sides> {
        let place = places::read(&self.place, &Known::of(cx)?)?;
        let side = Side::open(cx, Role::Target, &place).await?;
        cx.session.target = Some(side.place.clone());
        Ok(Sides(vec![side]))
    }
}
