//! What a user can ask: one file a command, its arguments, help and action together.
//!
//! The arguments of a command are a clap parser; the same definition feeds the prompt, the command line,
//! completion, help and docs/commands.md. A command is complete without a session: whatever `select` and
//! `source` provide can be an argument.

pub mod apply;
pub mod approve;
pub mod backup;
pub mod compare;
pub mod completions;
pub mod config;
pub mod connections;
pub mod context;
pub mod databases;
pub mod demo;
pub mod describe;
pub mod doctor;
pub mod error;
pub mod help;
pub mod history;
pub mod line;
pub mod menu;
pub mod peek;
pub mod places;
pub mod plan;
pub mod plans;
pub mod prune;
pub mod query;
pub mod quit;
pub mod resume;
pub mod rollback;
pub mod select;
pub mod selection;
pub mod source;
pub mod swap;
pub mod sync;
pub mod tables;
pub mod target;
#[cfg(test)]
mod trial;
pub mod undo;
pub mod use_pair;
pub mod vault;

use std::future::Future;

use clap::ArgMatches;
use futures::FutureExt;
use futures::future::BoxFuture;

pub use context::{Ask, Context, Session, Words};
pub use error::{Error, Result};

use crate::output::Reply;

/// The arguments of a command, and what to do with them.
pub trait Command: clap::Parser + Send + 'static {
    type Reply: Reply + 'static;
    const GROUP: Group;
    /// What a user types, each with what it does: shown by `help CMD` and in docs/commands.md.
    const EXAMPLES: &'static [(&'static str, &'static str)];
    fn run(self, cx: &mut Context<'_>) -> impl Future<Output = Result<Self::Reply>> + Send;
}

/// How `help` groups the commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Connections,
    Session,
    Work,
    Look,
    History,
    Program,
}

impl Group {
    pub fn title(self) -> &'static str {
        match self {
            Group::Connections => "Connections",
            Group::Session => "Session and selection",
            Group::Work => "Work",
            Group::Look => "Look",
            Group::History => "History",
            Group::Program => "Program",
        }
    }
}

type Action =
    for<'a, 'b> fn(ArgMatches, &'a mut Context<'b>) -> BoxFuture<'a, Result<Box<dyn Reply>>>;

/// A registered command.
pub struct Entry {
    pub group: Group,
    pub examples: &'static [(&'static str, &'static str)],
    /// Its clap definition: name, aliases, help, arguments.
    pub definition: fn() -> clap::Command,
    pub action: Action,
}

impl Entry {
    const fn of<C: Command>() -> Entry {
        Entry {
            group: C::GROUP,
            examples: C::EXAMPLES,
            definition: C::command,
            action: act::<C>,
        }
    }

    pub fn name(&self) -> String {
        (self.definition)().get_name().to_string()
    }
}

fn act<'a, C: Command>(
    matches: ArgMatches,
    cx: &'a mut Context<'_>,
) -> BoxFuture<'a, Result<Box<dyn Reply>>> {
    async move {
        let args =
            C::from_arg_matches(&matches).map_err(|cause| Error::usage(cause.to_string()))?;
        let reply = args.run(cx).await?;
        Ok(Box::new(reply) as Box<dyn Reply>)
    }
    .boxed()
}

/// Every command, in the order of `help`.
pub static COMMANDS: &[Entry] = &[
    Entry::of::<connections::Args>(),
    Entry::of::<vault::Args>(),
    Entry::of::<source::Args>(),
    Entry::of::<target::Args>(),
    Entry::of::<use_pair::Args>(),
    Entry::of::<swap::Args>(),
    Entry::of::<databases::Args>(),
    Entry::of::<tables::Args>(),
    Entry::of::<describe::Args>(),
    Entry::of::<select::Args>(),
    Entry::of::<selection::Args>(),
    Entry::of::<sync::Args>(),
    Entry::of::<plan::Args>(),
    Entry::of::<plans::Args>(),
    Entry::of::<apply::Args>(),
    Entry::of::<approve::Args>(),
    Entry::of::<resume::Args>(),
    Entry::of::<rollback::Args>(),
    Entry::of::<undo::Args>(),
    Entry::of::<prune::Args>(),
    Entry::of::<compare::Args>(),
    Entry::of::<backup::Args>(),
    Entry::of::<query::Args>(),
    Entry::of::<peek::Args>(),
    Entry::of::<history::Args>(),
    Entry::of::<config::Args>(),
    Entry::of::<doctor::Args>(),
    Entry::of::<demo::Args>(),
    Entry::of::<menu::Args>(),
    Entry::of::<help::Args>(),
    Entry::of::<completions::Args>(),
    Entry::of::<quit::Args>(),
];

/// The command of this name or alias.
pub fn find(word: &str) -> Option<&'static Entry> {
    COMMANDS.iter().find(|entry| {
        let definition = (entry.definition)();
        definition.get_name() == word || definition.get_all_aliases().any(|alias| alias == word)
    })
}
