//! `select TERMS…`: the databases that `sync` and `compare` take next.
//!
//! Terms are resolved at once and kept as names, so a list that changes later never changes what is meant.

use super::places;
use super::selection::{Selected, show};
use super::{Command, Context, Error, Group, Result};
use crate::model::selection::Selection;

/// Select databases of the source by number, range, name or pattern
///
/// Terms are joined by commas or spaces: 3, 1-5, 4-, -2, shop, log_*, /regex/, all, @last (the last sync), @failed.
/// A "!" subtracts; with negated terms only, they are taken from all. Order does not matter. A name made of
/// digits is written =2024, one with spaces or commas in backticks.
#[derive(Debug, clap::Parser)]
#[command(name = "select")]
pub struct Args {
    /// What to select; "none" clears the selection, nothing shows it
    #[arg(value_name = "TERM", allow_hyphen_values = true)]
    terms: Vec<String>,
}

impl Command for Args {
    type Reply = Selected;
    const GROUP: Group = Group::Session;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        (
            "select 1-5",
            "the first five of the list that databases shows",
        ),
        ("select all,!2", "all but the second"),
        ("select shop log_*", "by name and by pattern"),
        ("select @failed", "those that failed in the last sync"),
        ("select none", "nothing any more"),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Selected> {
        match self.terms.as_slice() {
            [] => show(cx).await,
            [word] if word == "none" => {
                cx.session.selection = None;
                Ok(Selected::default())
            }
            terms => select(cx, &terms.join(" ")).await,
        }
    }
}

async fn select(cx: &mut Context<'_>, text: &str) -> Result<Selected> {
    let select = Selection::parse(text).map_err(Error::usage)?;
    let source = cx.session.source.clone().ok_or_else(places::no_source)?;
    if let Some(database) = &source.database {
        return Err(Error::usage(format!(
            "there is nothing to select: the source is one database already, {database}"
        ))
        .hint("choose a connection without a database as the source, as in source prod"));
    }
    let opened = places::open(cx, &source).await?;
    let mut listed = opened.server.databases().await?.listed;
    listed.sort_by(|left, right| left.name.cmp(&right.name));
    let names: Vec<_> = listed.iter().map(|it| it.name.clone()).collect();
    let chosen = places::chosen(&select, &source, &names, cx.session)?;
    cx.session.selection = Some(Selection::of(&chosen));
    Ok(Selected::of(&chosen, listed))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn terms_may_begin_with_a_hyphen_or_an_exclamation_mark() {
        for line in ["select -2,4-", "select 1-3 !2", "select -2", "select 1 -2"] {
            let args = Args::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(format!("select {}", args.terms.join(" ")), line);
        }
    }
}
