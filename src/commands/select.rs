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
    // One word that may begin with a hyphen: a list of them would swallow the flags that follow.
    #[arg(value_name = "SELECT…", allow_hyphen_values = true)]
    first: Option<String>,
    #[arg(hide = true, value_name = "SELECT", allow_negative_numbers = true)]
    more: Vec<String>,
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
        match self.text().as_str() {
            "" => show(cx).await,
            "none" => {
                cx.session.selection = None;
                Ok(Selected::default())
            }
            text => select(cx, text).await,
        }
    }
}

impl Args {
    fn text(&self) -> String {
        let words: Vec<_> = self.first.iter().chain(&self.more).cloned().collect();
        words.join(" ")
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
    let listed = opened.server.databases().await?.listed;
    let names: Vec<_> = listed.iter().map(|it| it.name.clone()).collect();
    let chosen = places::chosen(&select, &source, &names, cx.session)?;
    cx.session.selection = Some(Selection::of(&chosen));
    Ok(Selected::of(&chosen, listed))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, FromArgMatches};

    use super::*;

    /// The terms that are read from a line, with a flag such as the front doors add.
    fn terms(line: &str) -> Option<String> {
        let parser = Args::command().arg(clap::Arg::new("output").short('o'));
        let matches = parser.try_get_matches_from(line.split(' ')).ok()?;
        Some(Args::from_arg_matches(&matches).ok()?.text())
    }

    #[test]
    fn terms_may_begin_with_a_hyphen_or_an_exclamation_mark() {
        for (line, expected) in [
            ("select -2,4-", "-2,4-"),
            ("select 1-3 !2", "1-3 !2"),
            ("select -2", "-2"),
            ("select 1 -2", "1 -2"),
            ("select", ""),
        ] {
            assert_eq!(terms(line).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn flags_are_no_terms() {
        assert_eq!(terms("select -2,4- -o json").as_deref(), Some("-2,4-"));
        assert_eq!(terms("select 1 2 -o json").as_deref(), Some("1 2"));
        assert_eq!(terms("select -o json").as_deref(), Some(""));
        assert_eq!(terms("select 1 --yes"), None);
    }
}
