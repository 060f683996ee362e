//! One word becomes a place; pure but for looking whether a path is a file.

use std::fmt;
use std::path::Path;

use crate::commands::context::Place;
use crate::commands::{Context, Error, Result};
use crate::engines;
use crate::model::endpoint::{Address, ParsedUrl, is_address, is_path, nearest};
use crate::model::selection::{quoted, unquoted};

/// What words can name: the saved connections and the kinds of URL.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Saved connections, sorted by name.
    pub saved: Vec<(String, Address)>,
    /// The connections in the order of their numbers.
    pub numbered: Vec<String>,
    /// The URL schemes that engines know, with their default ports.
    pub schemes: Vec<(&'static str, Option<u16>)>,
    /// The user's home folder: what `~` stands for.
    pub home: Option<String>,
}

impl Known {
    /// Numbers are those of the list last shown; without one, of the list sorted by name.
    pub fn of(cx: &Context<'_>) -> Result<Known> {
        let mut saved: Vec<_> = cx
            .store
            .connections()?
            .into_iter()
            .map(|connection| (connection.name, connection.address))
            .collect();
        saved.sort_by(|(left, _), (right, _)| left.cmp(right));
        let numbered = match cx.session.connections.as_slice() {
            [] => saved.iter().map(|(name, _)| name.clone()).collect(),
            shown => shown.to_vec(),
        };
        Ok(Known {
            saved,
            numbered,
            schemes: engines::schemes(),
            home: std::env::var("HOME").ok(),
        })
    }

    pub fn has(&self, name: &str) -> bool {
        self.address(name).is_some()
    }

    fn address(&self, name: &str) -> Option<&Address> {
        self.saved
            .iter()
            .find(|(saved, _)| saved == name)
            .map(|(_, address)| address)
    }

    /// The error for a connection that is not saved, with the nearest name.
    pub fn unknown(&self, name: &str) -> Error {
        Error::usage(format!("there is no connection {name}{}", self.near(name)))
            .hint("connections lists what is saved; a path starts with ./, ../, / or ~")
    }

    /// `; did you mean prod?` for a name that is close to a saved one.
    pub fn near(&self, name: &str) -> String {
        nearest(name, self.saved.iter().map(|(name, _)| name.as_str()))
            .map(|near| format!("; did you mean {near}?"))
            .unwrap_or_default()
    }

    /// The saved connection that a word, in backticks or not, or a number means.
    fn connection(&self, word: &str) -> Result<String> {
        if let Some(name) = unquoted(word) {
            return if self.has(&name) {
                Ok(name)
            } else {
                Err(self.unknown(&name))
            };
        }
        match word {
            _ if is_number(word) => self.number(word),
            _ if self.has(word) => Ok(word.to_string()),
            _ => Err(self.unknown(word)),
        }
    }

    fn number(&self, word: &str) -> Result<String> {
        let position = word.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        position
            .and_then(|position| self.numbered.get(position))
            .cloned()
            .ok_or_else(|| match self.numbered.len() {
                0 => Error::usage(format!("there is no connection {word}: none is saved")),
                last => Error::usage(format!("connection {word} is out of range 1-{last}")),
            })
    }
}

/// Whether a word consists of digits.
pub fn is_number(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_digit())
}

/// Reads `NAME[/DB[.TABLE]]`, a connection's number in place of NAME, a URL or a path.
///
/// A single SQLite file is a server of one database: its place has that database.
///
/// # Errors
/// A usage error that names the nearest connection or kind of URL, or the valid numbers.
pub fn read(word: &str, known: &Known) -> Result<Place> {
    if is_address(word) {
        return address(word, known);
    }
    let (name, rest) = match slash(word) {
        Some(at) => (&word[..at], Some(&word[at + 1..])),
        None => (word, None),
    };
    let connection = known.connection(name)?;
    let only = known.address(&connection).and_then(only_database);
    let mut place = match rest {
        Some("") => {
            return Err(Error::usage(format!("{word} names no database"))
                .hint(format!("{name} alone means the whole connection")));
        }
        Some(rest) => divide(rest),
        None => Place::default(),
    };
    if place.database.is_none() {
        place.exact = only.is_some();
        place.database = only;
    }
    Ok(Place {
        connection,
        ..place
    })
}

/// Reads a URL or a path.
fn address(word: &str, known: &Known) -> Result<Place> {
    let parsed = ParsedUrl::read(word, &known.schemes, known.home.as_deref())
        .map_err(|cause| Error::usage(cause.to_string()))?;
    let place = match (&parsed.database, only_database(&parsed.address)) {
        (Some(database), _) => divide(database),
        (None, only) => Place {
            exact: only.is_some(),
            database: only,
            ..Place::default()
        },
    };
    let connection = match is_path(word) {
        true => word.to_string(),
        false => parsed.address.url(),
    };
    Ok(Place {
        connection,
        password: parsed.password.map(crate::commands::context::TypedPassword),
        ..place
    })
}

/// The one database of a single file: a file that exists, or a path with an ending that does not exist yet.
pub fn only_database(address: &Address) -> Option<String> {
    let Address::File { path, .. } = address else {
        return None;
    };
    let is_file = path.is_file() || (!path.exists() && path.extension().is_some());
    is_file.then(|| stem(path)).flatten()
}

fn stem(path: &Path) -> Option<String> {
    path.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
}

/// Divides `DB[.TABLE]`: at the first dot, for now ([`super::settle`]); backticks say it for certain.
pub fn divide(text: &str) -> Place {
    let dot = dots(text).find(|at| *at > 0 && *at + 1 < text.len());
    let (database, table) = match dot {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let plain = |part: &str| unquoted(part).unwrap_or_else(|| part.to_string());
    Place {
        database: Some(plain(database)),
        table: table.map(plain),
        exact: unquoted(database).is_some() || table.is_some_and(|table| unquoted(table).is_some()),
        ..Place::default()
    }
}

/// Where the dots outside backticks are.
fn dots(text: &str) -> impl Iterator<Item = usize> {
    outside_quotes(text)
        .filter(|(_, c)| *c == '.')
        .map(|(at, _)| at)
}

/// Where the first slash outside backticks is.
pub fn slash(text: &str) -> Option<usize> {
    outside_quotes(text)
        .find(|(_, c)| *c == '/')
        .map(|(at, _)| at)
}

/// The characters outside backticks.
pub fn outside_quotes(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut inside = false;
    text.char_indices().filter(move |(_, c)| {
        if *c == '`' {
            inside = !inside;
        }
        !inside && *c != '`'
    })
}

impl fmt::Display for Place {
    /// As it can be typed again: `prod/shop.orders`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.connection)?;
        let is_file = is_path(&self.connection) || self.connection.starts_with("sqlite:");
        let only = is_file
            && self.database == stem(Path::new(self.connection.trim_start_matches("sqlite:")));
        if let Some(database) = self.database.as_ref().filter(|_| !only) {
            let slash = if self.connection.ends_with('/') {
                ""
            } else {
                "/"
            };
            write!(f, "{slash}{}", spelled(database))?;
        }
        match &self.table {
            Some(table) => write!(f, ".{}", spelled(table)),
            None => Ok(()),
        }
    }
}

/// A name, in backticks where it could be read as something else.
fn spelled(name: &str) -> String {
    match name.contains(|c: char| c.is_whitespace() || matches!(c, '.' | '`' | '/' | ',')) {
        true => quoted(name),
        false => name.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let saved = ["dev", "files", "my-db", "prod"].map(|name| {
            let word = match name {
                "files" => "./no-such.db",
                _ => "./no-such-folder",
            };
            let address = ParsedUrl::read(word, &[], None).unwrap().address;
            (name.to_string(), address)
        });
        Known {
            saved: saved.to_vec(),
            numbered: vec!["prod".into(), "dev".into()],
            schemes: vec![("mysql", Some(3306)), ("sqlite", None)],
            home: Some("/home/me".into()),
        }
    }

    fn parts(word: &str) -> Result<(String, Option<String>, Option<String>), String> {
        read(word, &known())
            .map(|place| (place.connection, place.database, place.table))
            .map_err(|error| error.message)
    }

    fn place(
        connection: &str,
        database: &str,
        table: &str,
    ) -> (String, Option<String>, Option<String>) {
        let given = |text: &str| Some(text.to_string()).filter(|text| !text.is_empty());
        (connection.to_string(), given(database), given(table))
    }

    #[test]
    fn a_word_names_a_connection_a_database_or_a_table() {
        for (word, expected) in [
            ("prod", place("prod", "", "")),
            ("my-db", place("my-db", "", "")),
            ("prod/shop", place("prod", "shop", "")),
            ("prod/shop.orders", place("prod", "shop", "orders")),
            ("prod/shop.a.b", place("prod", "shop", "a.b")),
            ("1", place("prod", "", "")),
            ("2/shop", place("dev", "shop", "")),
            ("`prod`/shop", place("prod", "shop", "")),
            ("prod/`shop.new`", place("prod", "shop.new", "")),
            ("prod/`a.b`.c", place("prod", "a.b", "c")),
            ("prod/a.`b.c`", place("prod", "a", "b.c")),
            ("prod/`a``b`", place("prod", "a`b", "")),
            ("prod/.hidden", place("prod", ".hidden", "")),
            ("files", place("files", "no-such", "")),
            ("./no-such.db", place("./no-such.db", "no-such", "")),
            (
                "sqlite:./no-such.db",
                place("sqlite:./no-such.db", "no-such", ""),
            ),
            ("./no-such-folder", place("./no-such-folder", "", "")),
            ("~/data", place("~/data", "", "")),
            (
                "mysql://u:secret@h/shop",
                place("mysql://u@h:3306", "shop", ""),
            ),
            (
                "mysql://u@h:3307/shop.orders",
                place("mysql://u@h:3307", "shop", "orders"),
            ),
        ] {
            assert_eq!(parts(word), Ok(expected), "{word}");
        }
    }

    #[test]
    fn a_word_that_names_nothing_says_what_is_near() {
        for (word, expected) in [
            ("prdo", "there is no connection prdo; did you mean prod?"),
            (
                "prdo/shop",
                "there is no connection prdo; did you mean prod?",
            ),
            ("zebra", "there is no connection zebra"),
            ("7", "connection 7 is out of range 1-2"),
            ("0/shop", "connection 0 is out of range 1-2"),
            ("prod/", "prod/ names no database"),
            ("`1`", "there is no connection 1"),
            (
                "mysq://u@h",
                "\"mysq\" is no known kind of database; did you mean mysql?",
            ),
        ] {
            assert_eq!(parts(word), Err(expected.to_string()), "{word}");
        }
    }

    #[test]
    fn only_backticks_make_a_dot_certain() {
        assert!(!divide("a.b").exact);
        assert!(divide("`a`.b").exact);
        assert!(divide("a.`b`").exact);
        assert!(divide("`a.b`").exact);
    }

    #[test]
    fn a_place_prints_as_it_can_be_typed() {
        for word in [
            "prod",
            "prod/shop.orders",
            "prod/`a.b`.c",
            "prod/`my db`",
            "./no-such.db",
        ] {
            assert_eq!(read(word, &known()).unwrap().to_string(), word);
        }
    }
}
