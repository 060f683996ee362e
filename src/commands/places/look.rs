//! One place that a command looks at: `tables shop`, `describe shop.orders`, `peek prod/shop.orders`.
//!
//! A word with a slash, a URL or a path says all. A bare word is a database (or a table) of the session's
//! source; only where there is none of that name, or no source, is it a connection.

use super::databases::{is_there, names, settle, settled, shown};
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
    let names = names(here.opened.server.as_ref()).await?;
    let numbered = match shown(source, cx.session) {
        [] => &names,
        shown => shown,
    };
    match inside(word, &here.place, &names, numbered, want) {
        Found::Place(place) => Ok(Spot { place, ..here }),
        Found::OutOfRange => Err(Error::usage(format!(
            "database {word} is out of range 1-{}",
            numbered.len()
        ))
        .hint("databases lists them")),
        Found::Nothing if known.has(word) => spot(cx, read(word, &known)?).await,
        Found::Nothing => unlisted(here, word, &names).await,
    }
}

/// A word that means nothing that is listed: the server says why, or that it is there all the same.
async fn unlisted(here: Spot, word: &str, names: &[String]) -> Result<Spot> {
    let divided = divide(word);
    let name = divided.database.as_deref().unwrap_or(word);
    is_there(here.opened.server.as_ref(), name, names).await?;
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
    let place = settle(opened.server.as_ref(), &place).await?;
    Ok(Spot { opened, place })
}

#[derive(Debug, PartialEq, Eq)]
enum Found {
    Place(Place),
    OutOfRange,
    Nothing,
}

/// What a bare word means inside the session's source.
fn inside(word: &str, source: &Place, names: &[String], numbered: &[String], want: Want) -> Found {
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
        _ if want == Want::Database && is_number(word) => match nth(numbered, word) {
            Some(name) => place(name, None),
            None if is_there(word) => place(word, None),
            None => Found::OutOfRange,
        },
        (Some(database), _) if is_there(database) => place(database, divided.table),
        (_, Some(database)) if want == Want::Table => place(database, Some(unticked(word))),
        _ => Found::Nothing,
    }
}

/// The name at a number counted from 1.
fn nth<'n>(names: &'n [String], number: &str) -> Option<&'n String> {
    let position = number.parse::<usize>().ok()?.checked_sub(1)?;
    names.get(position)
}

fn unticked(word: &str) -> String {
    crate::model::selection::unquoted(word).unwrap_or_else(|| word.to_string())
}

impl Spot {
    /// The database that is looked at.
    ///
    /// # Errors
    /// A usage error where the place names none and the server has several.
    pub async fn database(&self) -> Result<String> {
        if let Some(database) = &self.place.database {
            return Ok(database.clone());
        }
        let names = names(self.opened.server.as_ref()).await?;
        let hint = match names.as_slice() {
            [only] => return Ok(only.clone()),
            [first, ..] => format!("name one, as in {}/{first}", self.place.connection),
            [] => "there is none on this server".to_string(),
        };
        Err(Error::usage(format!("{} names no database", self.place)).hint(hint))
    }

    /// What the database holds.
    ///
    /// # Errors
    /// A usage error where it does not exist.
    pub async fn catalog(&self) -> Result<Catalog> {
        let database = self.database().await?;
        let server = self.opened.server.as_ref();
        if let Some(catalog) = server.catalog(&database).await? {
            return Ok(catalog);
        }
        is_there(server, &database, &names(server).await?).await?;
        Err(
            Error::failed(format!("{database} was made or dropped while it was read"))
                .hint("try again"),
        )
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
        match inside(
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
            ("`1`", None, Want::Database, "-"),
            ("1", Some("shop"), Want::Table, "shop . 1"),
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
