//! Names of connections: what may be one, and which connection a word means.

use crate::commands::{Context, Error, Result, Words};
use crate::model::endpoint::nearest;
use crate::output::Exit;
use crate::store::Connection;

/// Words that mean something else where a connection's name is expected.
const RESERVED: &[&str] = &["all", "to"];

/// The longest name, in characters.
const LONGEST: usize = 64;

/// The connection that a name or a number means.
///
/// # Errors
/// A usage error that names the valid numbers or the nearest name.
pub fn find(cx: &Context<'_>, word: &str) -> Result<Connection> {
    let name = match word.parse::<usize>() {
        Ok(number) => by_number(number, &numbered(cx)?)?,
        Err(_) => word.to_string(),
    };
    if let Some(connection) = cx.store.connection(&name)? {
        return Ok(connection);
    }
    let saved = cx.store.connections()?;
    let near = nearest(&name, saved.iter().map(|saved| saved.name.as_str()))
        .map(|near| format!("; did you mean {near}?"))
        .unwrap_or_default();
    Err(Error {
        code: "no-connection",
        exit: Exit::USAGE,
        ..Error::usage(format!("there is no connection {name}{near}"))
    }
    .hint("connections lists what is saved"))
}

/// The names that numbers mean, in their order.
pub(super) fn numbered(cx: &Context<'_>) -> Result<Vec<String>> {
    if cx.words != Words::CommandLine && !cx.session.connections.is_empty() {
        return Ok(cx.session.connections.clone());
    }
    let saved = cx.store.connections()?;
    let mut names: Vec<String> = saved.into_iter().map(|saved| saved.name).collect();
    if cx.words == Words::CommandLine {
        names.sort();
    }
    Ok(names)
}

fn by_number(number: usize, names: &[String]) -> Result<String> {
    let position = number.checked_sub(1);
    if let Some(name) = position.and_then(|position| names.get(position)) {
        return Ok(name.clone());
    }
    let hint = match names.len() {
        0 => "no connection is saved; connections add saves one".to_string(),
        1 => "the only number is 1".to_string(),
        last => format!("the numbers are 1 to {last}"),
    };
    Err(Error::usage(format!("there is no connection number {number}")).hint(hint))
}

/// Whether a name may be given to a new connection beside `others`.
///
/// # Errors
/// Says what is wrong, and with which name it would be confused.
pub(super) fn check(name: &str, others: &[Connection]) -> Result<()> {
    if let Some(problem) = problem(name) {
        return Err(
            Error::usage(format!("{name:?} cannot be a name: {problem}"))
                .hint("a name is letters, digits, - _ . + and @, for example prod-db"),
        );
    }
    let Some(other) = others
        .iter()
        .find(|other| folded(&other.name) == folded(name))
    else {
        return Ok(());
    };
    let other = &other.name;
    if other == name {
        return Err(crate::store::Error::Exists { name: name.into() }.into());
    }
    Err(
        Error::refused(format!("{name} would be confused with {other}"))
            .hint("choose a name that differs by more than case and punctuation"),
    )
}

fn problem(name: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_alphanumeric() || "-_.+@".contains(c);
    if name.is_empty() {
        Some("it is empty")
    } else if name.contains('/') {
        Some("what follows a / is a database")
    } else if name.contains(char::is_whitespace) {
        Some("it holds a space")
    } else if !name.chars().all(allowed) {
        Some("it holds a character that means something else")
    } else if name.chars().all(|c| c.is_ascii_digit() || c == '-') {
        Some("it would be taken for a number")
    } else if !name.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        Some("its first character must be a letter or a digit")
    } else if RESERVED.contains(&name) {
        Some("the word means something else")
    } else if name.chars().count() > LONGEST {
        Some("it is longer than 64 characters")
    } else {
        None
    }
}

/// What is left of a name when case and punctuation do not count.
fn folded(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_told_from_everything_else_that_is_typed() {
        for name in ["prod", "prod-db", "db1.example", "äöü", "1st", "a@b"] {
            assert_eq!(problem(name), None, "{name}");
        }
        for name in [
            "",
            "1",
            "1-3",
            "a/b",
            "a b",
            "a:b",
            "a\tb",
            "-a",
            ".a",
            "@last",
            "a'b",
            "a;b",
            "all",
            "to",
            "a*",
            "!a",
            "\u{1b}[31m",
        ] {
            assert!(problem(name).is_some(), "{name:?}");
        }
        assert!(problem(&"x".repeat(65)).is_some());
    }

    #[test]
    fn numbers_count_from_one() {
        let names = ["a".to_string(), "b".to_string()];
        assert_eq!(by_number(2, &names).unwrap(), "b");
        for number in [0, 3] {
            let error = by_number(number, &names).unwrap_err();
            assert_eq!(error.exit, Exit::USAGE);
            assert_eq!(error.hint.as_deref(), Some("the numbers are 1 to 2"));
        }
    }

    #[test]
    fn names_that_differ_by_case_or_punctuation_are_one() {
        assert_eq!(folded("Prod-DB"), folded("prod_db"));
        assert_ne!(folded("prod1"), folded("prod2"));
    }
}
