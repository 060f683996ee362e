//! One place that a command looks at: `tables shop`, `describe shop.orders`, `peek prod/shop.orders`.
//!
//! A word with a slash, a URL or a path says all. A bare word is a database (or a table) of the session's
//! source; only where there is none of that name, or no source, is it a connection.

use super::databases::{is_there, names, settled, shown};
use super::open::{Opened, open};
use super::read::{Known, divide, is_number, read, slash};
use crate::commands::context::Place;
use crate::commands::{Context, Error, Result};
use crate::model::catalog::Catalog;
use crate::model::endpoint::is_address;

/// An open place with the name of its database settled.
#[derive(Debug)]
pub struct Spot {
    pub opened: Opened,
    pub place: Place,
    /// The databases that are there, sorted.
    pub names: Vec<String>,
}

/// What a bare word means where the session's source is one database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    Database,
    Table,
}

/// Opens what a word means; without a word, the session's source.
///
/// # Errors
/// A usage error where there is neither word nor source, or nothing of that name.
pub async fn look(cx: &Context<'_>, word: Option<&str>, want: Want) -> Result<Spot> {
    let known = Known::of(cx)?;
    let (Some(source), true) = (&cx.session.source, word.is_none_or(is_bare)) else {
        let word = word.ok_or_else(no_source)?;
        return spot(cx, read(word, &known)?).await;
    };
    let here = spot(cx, source.clone()).await?;
    let Some(word) = word else {
        return Ok(here);
    };
    let numbered = match shown(source, cx.session) {
        [] => &here.names,
        shown => shown,
    };
    match inside(word, &here, numbered, want) {
        Found::Place(place) => Ok(Spot { place, ..here }),
        Found::OutOfRange => Err(Error::usage(format!(
            "database {word} is out of range 1-{}",
            numbered.len()
        ))
        .hint("databases lists them")),
        Found::Nothing if known.has(word) => spot(cx, read(word, &known)?).await,
        Found::Nothing => unlisted(here, word).await,
    }
}

/// A word that means nothing that is listed: the server says why, or that it is there all the same.
async fn unlisted(here: Spot, word: &str) -> Result<Spot> {
    let divided = divide(word);
    let name = divided.database.as_deref().unwrap_or(word);
    is_there(here.opened.server.as_ref(), name, &here.names).await?;
    let place = Place {
        connection: here.place.connection.clone(),
        exact: true,
        ..divided
    };
    Ok(Spot { place, ..here })
}

/// The error where no place is named and the session has none.
pub fn no_source() -> Error {
    Error::usage("there is no source")
        .hint("name a place, as in prod/shop, or choose it with source NAME")
}

fn is_bare(word: &str) -> bool {
    !is_address(word) && slash(word).is_none()
}

async fn spot(cx: &Context<'_>, place: Place) -> Result<Spot> {
    let opened = open(cx, &place).await?;
    let names = names(opened.server.as_ref()).await?;
    Ok(Spot {
        place: settled(&place, &names),
        opened,
        names,
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Found {
    Place(Place),
    OutOfRange,
    Nothing,
}

/// What a bare word means inside the session's source.
fn inside(word: &str, here: &Spot, numbered: &[String], want: Want) -> Found {
    resolved(word, &here.place, &here.names, numbered, want)
}

fn resolved(
    word: &str,
    source: &Place,
    names: &[String],
    numbered: &[String],
    want: Want,
) -> Found {
    let place = |database: &str, table: Option<String>| {
        Found::Place(Place {
            database: Some(database.to_string()),
            table,
            exact: true,
            ..source.clone()
        })
    };
    let is_there = |name: &str| names.iter().any(|known| known == name);
    let divided = settled(&divide(word), names);
    match (&divided.database, &source.database) {
        (Some(database), _) if is_there(database) => place(database, divided.table),
        (_, Some(database)) if want == Want::Table => place(database, Some(unticked(word))),
        _ if is_number(word) => {
            let position = word.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
            match position.and_then(|position| numbered.get(position)) {
                Some(name) => place(name, None),
                None => Found::OutOfRange,
            }
        }
        _ => Found::Nothing,
    }
}

fn unticked(word: &str) -> String {
    crate::model::selection::unquoted(word).unwrap_or_else(|| word.to_string())
}

impl Spot {
    /// The database that is looked at.
    ///
    /// # Errors
    /// A usage error where the place names none and the server has several.
    pub fn database(&self) -> Result<&str> {
        match (&self.place.database, self.names.as_slice()) {
            (Some(database), _) => Ok(database),
            (None, [only]) => Ok(only),
            (None, names) => Err(
                Error::usage(format!("{} names no database", self.place)).hint(
                    match names.first() {
                        Some(name) => format!("name one, as in {}/{name}", self.place.connection),
                        None => "there is none on this server".to_string(),
                    },
                ),
            ),
        }
    }

    /// What the database holds.
    ///
    /// # Errors
    /// A usage error where it does not exist.
    pub async fn catalog(&self) -> Result<Catalog> {
        let database = self.database()?;
        is_there(self.opened.server.as_ref(), database, &self.names).await?;
        let catalog = self.opened.server.catalog(database).await?;
        catalog.ok_or_else(|| {
            Error::usage(format!("there is no database {database} any more"))
                .hint("databases lists what is there")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: &str) -> Vec<String> {
        names.split_whitespace().map(str::to_string).collect()
    }

    /// `database.table` that a word means, or `-`.
    fn say(word: &str, source: Option<&str>, want: Want) -> String {
        let source = Place {
            connection: "src".into(),
            database: source.map(str::to_string),
            ..Place::default()
        };
        match resolved(
            word,
            &source,
            &list("blog shop shop.new"),
            &list("shop blog"),
            want,
        ) {
            Found::Place(place) => match place.table {
                Some(table) => format!("{} . {table}", place.database.unwrap()),
                None => place.database.unwrap(),
            },
            Found::OutOfRange => "out of range".into(),
            Found::Nothing => "-".into(),
        }
    }

    #[test]
    fn a_bare_word_is_a_database_or_table_of_the_source() {
        for (word, source, want, expected) in [
            ("shop", None, Want::Database, "shop"),
            ("shop.new", None, Want::Database, "shop.new"),
            ("shop.orders", None, Want::Table, "shop . orders"),
            ("1", None, Want::Database, "shop"),
            ("2", None, Want::Database, "blog"),
            ("3", None, Want::Database, "out of range"),
            ("orders", None, Want::Table, "-"),
            ("orders", Some("shop"), Want::Table, "shop . orders"),
            ("`or.ders`", Some("shop"), Want::Table, "shop . or.ders"),
            ("a.b", Some("shop"), Want::Table, "shop . a.b"),
            ("blog.posts", Some("shop"), Want::Table, "blog . posts"),
            ("orders", Some("shop"), Want::Database, "-"),
            ("prod", None, Want::Database, "-"),
        ] {
            assert_eq!(say(word, source, want), expected, "{word}");
        }
    }
}
