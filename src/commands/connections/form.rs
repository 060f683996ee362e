//! The questions of `connections add` and `edit` at a terminal, one after the other.
//!
//! A wrong answer is explained and asked for again; the end of the input ends the form, and nothing is saved.

use std::path::PathBuf;

use super::unanswered;
use crate::commands::{Context, Error, Result};
use crate::engines;
use crate::model::endpoint::{Address, Network, Tls, nearest};
use crate::model::label::Label;
use crate::output::{Cell, Page, Tone};

/// How often a wrong answer is asked for again.
const PATIENCE: usize = 5;

/// Asks until the answer can be read.
pub(super) fn until<T>(
    cx: &Context<'_>,
    question: &str,
    default: Option<&str>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<T> {
    for _ in 0..PATIENCE {
        let answer = cx.ask.line(question, default);
        let answer = answer.ok_or_else(|| unanswered("nothing was saved"))?;
        match read(answer.trim()) {
            Ok(value) => return Ok(value),
            Err(problem) => {
                let mut page = Page::default();
                page.line(Cell::new(Tone::Warning, problem));
                cx.ask.show(&page);
            }
        }
    }
    Err(Error::refused(format!(
        "nothing was saved: {question} was not answered after {PATIENCE} attempts"
    )))
}

/// Engine, then host, port and user, or the path. `old` gives the defaults and what is not asked for.
pub(super) fn address(cx: &Context<'_>, old: Option<&Address>) -> Result<Address> {
    let schemes = engines::schemes();
    let names: Vec<&str> = schemes.iter().map(|(name, _)| *name).collect();
    let default = old.map_or(names.first().copied(), |old| Some(old.scheme()));
    let question = format!("Engine ({})", names.join(", "));
    let scheme = until(cx, &question, default, |word| scheme(word, &names))?;
    let port = schemes
        .iter()
        .find(|(name, _)| *name == scheme)
        .and_then(|(_, port)| *port);
    match port {
        Some(port) => network(cx, scheme, port, old).map(Address::Network),
        None => file(cx, scheme, old),
    }
}

fn scheme(word: &str, names: &[&str]) -> Result<String, String> {
    let lower = word.to_lowercase();
    if names.contains(&lower.as_str()) {
        return Ok(lower);
    }
    let near = nearest(word, names.iter().copied())
        .map(|near| format!("; did you mean {near}?"))
        .unwrap_or_default();
    Err(format!("{word:?} is no known kind of database{near}"))
}

fn network(cx: &Context<'_>, scheme: String, port: u16, old: Option<&Address>) -> Result<Network> {
    let old = match old {
        Some(Address::Network(network)) => Some(network),
        _ => None,
    };
    let host = until(
        cx,
        "Host",
        Some(old.map_or("localhost", |old| old.host.as_str())),
        host,
    )?;
    let port = old.map_or(port, |old| old.port).to_string();
    let port = until(cx, "Port", Some(&port), |word| {
        word.parse::<u16>()
            .ok()
            .filter(|port| *port > 0)
            .ok_or_else(|| "a port is a number from 1 to 65535".to_string())
    })?;
    let user = until(
        cx,
        "User",
        old.map(|old| old.user.as_str()),
        |word| match word {
            "" => Err("a user is needed".to_string()),
            user => Ok(user.to_string()),
        },
    )?;
    let moved = old.is_some_and(|old| old.host != host || old.port != port);
    Ok(Network {
        scheme,
        user,
        host,
        port,
        // A socket wins over host and port: who changes those means them.
        socket: old.filter(|_| !moved).and_then(|old| old.socket.clone()),
        tls: old.map_or(Tls::default(), |old| old.tls.clone()),
    })
}

/// A host, which is asked for alone: a URL or a port in it would be read wrongly.
fn host(word: &str) -> Result<String, String> {
    let bare = word
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(word);
    let is_address = bare.parse::<std::net::IpAddr>().is_ok();
    let is_name = !bare.is_empty()
        && bare
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
    match is_address || is_name {
        true => Ok(bare.to_string()),
        false => Err("a host is a name or an address, without port, user and slashes".into()),
    }
}

fn file(cx: &Context<'_>, scheme: String, old: Option<&Address>) -> Result<Address> {
    let old = match old {
        Some(Address::File { path, .. }) => Some(path.display().to_string()),
        _ => None,
    };
    let path = until(cx, "Folder or file", old.as_deref(), |word| match word {
        "" => Err("a path is needed".to_string()),
        path => Ok(PathBuf::from(path)),
    })?;
    let home = std::env::home_dir();
    let path = match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path,
    };
    Ok(Address::File { scheme, path })
}

pub(super) fn label(cx: &Context<'_>, default: Label) -> Result<Label> {
    let names: Vec<&str> = Label::ALL.into_iter().map(Label::name).collect();
    let question = format!("Environment ({})", names.join(", "));
    until(cx, &question, Some(default.name()), |word| {
        read_label(word, &names)
    })
}

/// A label, or the beginning of one: `prod`.
fn read_label(word: &str, names: &[&str]) -> Result<Label, String> {
    let word = word.to_lowercase();
    let full = names
        .iter()
        .find(|name| !word.is_empty() && name.starts_with(&word));
    full.map_or(word.as_str(), |name| name).parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_alone() {
        assert_eq!(host("db1.example.com").unwrap(), "db1.example.com");
        assert_eq!(host("[::1]").unwrap(), "::1");
        assert_eq!(host("10.0.0.1").unwrap(), "10.0.0.1");
        for word in ["", "db:3306", "u@db", "mysql://db", "a b"] {
            assert!(host(word).is_err(), "{word}");
        }
    }

    #[test]
    fn the_beginning_of_an_environment_is_enough() {
        let names: Vec<&str> = Label::ALL.into_iter().map(Label::name).collect();
        assert_eq!(read_label("prod", &names), Ok(Label::Production));
        assert_eq!(read_label("D", &names), Ok(Label::Development));
        assert!(read_label("", &names).is_err());
        assert!(read_label("live", &names).is_err());
    }

    #[test]
    fn a_mistyped_engine_names_the_nearest() {
        assert_eq!(scheme("SQLite", &["mysql", "sqlite"]).unwrap(), "sqlite");
        assert_eq!(
            scheme("mysq", &["mysql", "sqlite"]).unwrap_err(),
            "\"mysq\" is no known kind of database; did you mean mysql?"
        );
    }
}
