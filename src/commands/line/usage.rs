//! What was wrong with the words, in our own words: clap's errors redrawn.
//!
//! The rule: name the word, then the nearest that is known, and never repeat a password.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::commands::Error;
use crate::model::endpoint::{nearest, redact};

/// The innermost command that the words name, and the names that lead to it.
pub fn level<'a>(tree: &'a clap::Command, words: &[&str]) -> (&'a clap::Command, Vec<String>) {
    let mut at = tree;
    let mut path = Vec::new();
    for word in words {
        if let Some(below) = at.find_subcommand(word) {
            at = below;
            path.push(below.get_name().to_string());
        }
    }
    (at, path)
}

/// The usage error that a person reads.
pub fn redrawn(error: &clap::Error, tree: &clap::Command, words: &[&str]) -> Error {
    let (at, path) = level(tree, words);
    let name = match path.is_empty() {
        true => "maestro".to_string(),
        false => path.join(" "),
    };
    let help = match path.is_empty() {
        true => "`help` lists the commands".to_string(),
        false => format!("see `help {name}`"),
    };
    let arg = text(error, ContextKind::InvalidArg);
    let value = text(error, ContextKind::InvalidValue);
    let (message, hint) = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let word = text(error, ContextKind::InvalidSubcommand);
            (unknown_command(&word, &path), near_command(at, &word))
        }
        ErrorKind::MissingSubcommand => (
            format!("{name} needs one more word"),
            Some(format!("one of {}", commands(at).join(", "))),
        ),
        ErrorKind::UnknownArgument if arg.starts_with('-') => (
            format!("{name} has no flag {arg}"),
            near_flag(tree, at, &arg),
        ),
        ErrorKind::UnknownArgument if path.is_empty() => {
            (unknown_command(&arg, &path), near_command(at, &arg))
        }
        ErrorKind::UnknownArgument => (format!("{name} does not take {arg:?}"), None),
        ErrorKind::MissingRequiredArgument => (format!("{name} needs {arg}"), None),
        ErrorKind::InvalidValue if value.is_empty() => (format!("{arg} needs a value"), None),
        ErrorKind::InvalidValue => (format!("{value:?} is no value for {arg}"), among(error)),
        ErrorKind::ValueValidation => {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
            (
                format!(
                    "{value:?} is no value for {arg}{}",
                    cause.unwrap_or_default()
                ),
                None,
            )
        }
        ErrorKind::ArgumentConflict => {
            let other = text(error, ContextKind::PriorArg);
            (format!("{arg} cannot stand together with {other}"), None)
        }
        _ => (first_line(error), None),
    };
    Error::usage(redact(&message)).hint(redact(&hint.unwrap_or(help)))
}

fn unknown_command(word: &str, path: &[String]) -> String {
    match path.is_empty() {
        true => format!("there is no command {word:?}"),
        false => format!("{} knows no {word:?}", path.join(" ")),
    }
}

fn near_command(at: &clap::Command, word: &str) -> Option<String> {
    let known = commands(at);
    let known = known.iter().map(String::as_str);
    // One letter is near to every other letter.
    nearest(
        word,
        known.filter(|name| name.len() > 1 && word.chars().count() > 1),
    )
    .map(|near| format!("did you mean {near}?"))
}

fn near_flag(tree: &clap::Command, at: &clap::Command, flag: &str) -> Option<String> {
    let typed = flag.split('=').next().unwrap_or(flag);
    let known = at
        .get_arguments()
        .chain(tree.get_arguments().filter(|arg| arg.is_global_set()))
        .filter_map(|arg| arg.get_long())
        .map(|long| format!("--{long}"))
        .collect::<Vec<_>>();
    nearest(typed, known.iter().map(String::as_str)).map(|near| format!("did you mean {near}?"))
}

/// The names and aliases of the commands below this one.
fn commands(at: &clap::Command) -> Vec<String> {
    at.get_subcommands()
        .filter(|command| !command.is_hide_set())
        .flat_map(|command| {
            let aliases = command.get_visible_aliases().map(str::to_string);
            std::iter::once(command.get_name().to_string()).chain(aliases)
        })
        .collect()
}

fn among(error: &clap::Error) -> Option<String> {
    let known = text(error, ContextKind::ValidValue);
    (!known.is_empty()).then(|| format!("one of {known}"))
}

fn text(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    }
}

fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or("the words cannot be read");
    line.trim_start_matches("error: ").to_string()
}
