//! `connections`: saved places, each tested before it is saved.
//!
//! No reply holds a password. A number means the list last shown; on the process's command line, where
//! nothing was shown before, the list sorted by name.

mod add;
mod check;
mod draft;
mod form;
mod import;
mod label;
mod listing;
mod names;
mod password;
mod remove;
mod sources;

use serde_json::Value;

use super::{Command, Context, Error, Group, Result};
use crate::model::label::Label;
use crate::output::{Exit, Page, Reply};

pub use add::refuse_open_password;
pub use check::{Tested, examine};
pub use names::find;
pub use password::from_stdin;

/// List, add, test and change saved connections
#[derive(clap::Parser, Debug)]
#[command(name = "connections", visible_alias = "conn")]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// List the connections, the last used first
    #[command(visible_alias = "ls")]
    List,
    /// Add a connection; asks step by step when the URL is left out
    Add(add::Add),
    /// Show one connection, without its password
    Show {
        /// Name or number
        connection: String,
    },
    /// Change a connection; asks step by step when nothing else is given
    Edit(add::Edit),
    /// Give a connection another name
    Rename {
        /// Name or number
        connection: String,
        /// The new name
        name: String,
    },
    /// Connect, hop by hop, and name the hop that fails
    Test {
        /// Name, number or all
        connection: String,
    },
    /// Delete a connection
    #[command(visible_aliases = ["delete", "rm"])]
    Del {
        /// Name or number
        connection: String,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
    /// Delete all connections, after CLEAR is typed
    Clear,
    /// Say which environment a connection belongs to, here and on its server
    Label {
        /// Name or number
        connection: String,
        /// production, staging, testing, development or unknown
        environment: Label,
    },
    /// Add connections found in ~/.my.cnf and in a DATABASE_URL of ./.env
    Import(import::Import),
}

/// What `connections` answers.
pub enum Answer {
    List(listing::List),
    Shown(listing::Shown),
    Tested(check::Tests),
    Said(Said),
}

/// Sentences, and the same for a program.
pub struct Said {
    lines: Vec<String>,
    json: Value,
}

impl Said {
    fn new(line: impl Into<String>, json: Value) -> Said {
        Said {
            lines: vec![line.into()],
            json,
        }
    }
}

impl Command for Args {
    type Reply = Answer;
    const GROUP: Group = Group::Connections;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("connections", "list them, the last used first"),
        ("connections add", "add one, step by step"),
        (
            "connections add prod mysql://app@db.example.com --env production --password-env PW",
            "add one; the variable's name is stored, not its value",
        ),
        ("connections test all", "try them all, hop by hop"),
        ("connections label prod production", "say what it is"),
        ("connections del 2", "delete the second of the list"),
        (
            "connections import",
            "take over what ~/.my.cnf and ./.env know",
        ),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Answer> {
        match self.action.unwrap_or(Action::List) {
            Action::List => listing::list(cx).map(Answer::List),
            Action::Show { connection } => listing::show(cx, &connection).map(Answer::Shown),
            Action::Add(add) => add.run(cx).await.map(Answer::Said),
            Action::Edit(edit) => edit.run(cx).await.map(Answer::Said),
            Action::Import(import) => import.run(cx).await.map(Answer::Said),
            Action::Test { connection } => check::test(cx, &connection).await.map(Answer::Tested),
            Action::Rename { connection, name } => {
                remove::rename(cx, &connection, &name).map(Answer::Said)
            }
            Action::Del { connection, yes } => {
                let asked = match yes {
                    true => remove::Asked::Already,
                    false => remove::Asked::NotYet,
                };
                remove::delete(cx, &connection, asked).map(Answer::Said)
            }
            Action::Clear => remove::clear(cx).map(Answer::Said),
            Action::Label {
                connection,
                environment,
            } => label::label(cx, &connection, environment)
                .await
                .map(Answer::Said),
        }
    }
}

impl Answer {
    fn reply(&self) -> &dyn Reply {
        match self {
            Answer::List(reply) => reply,
            Answer::Shown(reply) => reply,
            Answer::Tested(reply) => reply,
            Answer::Said(reply) => reply,
        }
    }
}

impl Reply for Answer {
    fn render(&self, page: &mut Page) {
        self.reply().render(page);
    }

    fn json(&self) -> Value {
        self.reply().json()
    }

    fn exit(&self) -> Exit {
        self.reply().exit()
    }
}

impl Reply for Said {
    fn render(&self, page: &mut Page) {
        self.lines.iter().for_each(|line| page.line(line.as_str()));
    }

    fn json(&self) -> Value {
        self.json.clone()
    }
}

/// Nothing was answered: there is no terminal, or the input ended.
fn unanswered(what: &str) -> Error {
    Error::refused(format!("{what}: the question was not answered"))
}

#[cfg(test)]
mod tests;
