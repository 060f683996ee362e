//! The values that an argument may take: what its value name says that it is, and the names of that kind.

use clap::Arg;

use super::{Candidate, Names, finished};
use crate::commands::COMMANDS;
use crate::commands::line::split::quoted;
use crate::model::label::Label;

/// What an argument names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Command,
    Connection,
    Database,
    Table,
    Run,
    Backup,
    /// An environment.
    Label,
    /// A connection, perhaps with a database and a table; also databases of the source.
    Place,
    /// Nothing that is known.
    Free,
}

/// The candidates for the value of an argument.
pub fn values(arg: &Arg, word: &str, names: &dyn Names) -> Vec<Candidate> {
    let possible = arg.get_possible_values();
    if !possible.is_empty() {
        let possible = possible.iter().map(|value| value.get_name().to_string());
        return starting(word, possible, "")
            .into_iter()
            .map(|one| finished(one.typed))
            .collect();
    }
    let source = names.source();
    match kind(arg) {
        Kind::Command => {
            let commands = COMMANDS
                .iter()
                .filter(|entry| !(entry.definition)().is_hide_set());
            starting(word, commands.map(|entry| entry.name()), "")
        }
        Kind::Connection => starting(word, names.connections(), ""),
        Kind::Label => starting(word, Label::ALL.map(|label| label.name().to_string()), ""),
        Kind::Run => starting(word, names.runs(), ""),
        Kind::Backup => {
            let last = std::iter::once("last".to_string());
            starting(word, last.chain(names.backups()), "")
        }
        Kind::Database if word.contains('/') => below(word, names),
        Kind::Database => match source {
            Some(source) => last_term(word, names.databases(&source)),
            None => Vec::new(),
        },
        Kind::Table => table(word, source, names),
        Kind::Place if word.contains('/') => below(word, names),
        Kind::Place => {
            let mut found = starting(word, names.connections(), "");
            if let Some(source) = source.filter(|_| !word.is_empty()) {
                found.extend(last_term(word, names.databases(&source)));
            }
            found
        }
        Kind::Free => Vec::new(),
    }
}

/// What the value name says that an argument is.
fn kind(arg: &Arg) -> Kind {
    let name = value_name(arg).to_uppercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    match () {
        () if has(&["="]) => Kind::Free,
        () if has(&["COMMAND"]) => Kind::Command,
        () if has(&["RUN"]) => Kind::Run,
        () if has(&["BACKUP"]) => Kind::Backup,
        () if has(&["LABEL", "ENVIRONMENT"]) => Kind::Label,
        () if has(&["TABLE"]) => Kind::Table,
        () if has(&["PLACE", "PAIR", "ENDPOINT", "/DB", "SOURCE", "TARGET"]) => Kind::Place,
        () if has(&["CONNECTION"]) => Kind::Connection,
        () if has(&["DB", "DATABASE", "SELECT", "TERM"]) => Kind::Database,
        () => Kind::Free,
    }
}

pub fn value_name(arg: &Arg) -> String {
    let names = arg.get_value_names().unwrap_or_default();
    names
        .iter()
        .map(|name| name.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

/// `CONNECTION/DB` and `CONNECTION/DB.TABLE`.
fn below(word: &str, names: &dyn Names) -> Vec<Candidate> {
    let Some((connection, rest)) = word.split_once('/') else {
        return Vec::new();
    };
    if !names.connections().iter().any(|known| known == connection) {
        return Vec::new();
    }
    let databases = starting(rest, names.databases(connection), &format!("{connection}/"));
    match (databases.is_empty(), rest.split_once('.')) {
        (true, Some((database, table))) => {
            let before = format!("{connection}/{database}.");
            starting(table, names.tables(connection, database), &before)
        }
        _ => databases,
    }
}

/// `TABLE` of the source's database, `DB.TABLE` of the source, or `CONNECTION/DB.TABLE`.
fn table(word: &str, source: Option<String>, names: &dyn Names) -> Vec<Candidate> {
    let Some(source) = source.filter(|_| !word.contains('/')) else {
        return match word.contains('/') {
            true => below(word, names),
            false => starting(word, names.connections(), ""),
        };
    };
    match (word.split_once('.'), names.source_database()) {
        (Some((database, table)), _) => starting(
            table,
            names.tables(&source, database),
            &format!("{database}."),
        ),
        (None, Some(database)) => starting(word, names.tables(&source, &database), ""),
        (None, None) => {
            let mut found = starting(word, names.databases(&source), "");
            found.extend(starting(word, names.connections(), ""));
            found
        }
    }
}

/// A selection: only its last term is completed.
fn last_term(word: &str, names: Vec<String>) -> Vec<Candidate> {
    let start = word.rfind([',', '!']).map_or(0, |at| at + 1);
    starting(&word[start..], names, &word[..start])
}

fn starting(word: &str, names: impl IntoIterator<Item = String>, before: &str) -> Vec<Candidate> {
    let names = names.into_iter().filter(|name| name.starts_with(word));
    names
        .map(|name| Candidate {
            typed: quoted(&format!("{before}{name}")),
            shown: name,
        })
        .collect()
}

pub fn prefixed(before: &str, candidates: Vec<Candidate>) -> Vec<Candidate> {
    let candidates = candidates.into_iter();
    candidates
        .map(|one| Candidate {
            typed: format!("{before}{}", one.typed),
            ..one
        })
        .collect()
}
