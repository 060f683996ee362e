//! From a pair of places to pairs of databases: the selection is resolved against what the source holds.
//!
//! Numbers mean the list last shown of that source, else its list sorted by name. Nothing is guessed: a name
//! that is not there, or two sources for one target, is an error and then nothing is done.

use std::collections::BTreeMap;

use super::open::saved_address;
use super::pair::Pair;
use super::read::only_database;
use crate::commands::context::{Place, Session};
use crate::commands::{Context, Error, Result};
use crate::engines::{self, Server};
use crate::model::endpoint::nearest;
use crate::model::selection::{Recent, Selection};
use crate::model::survey::Role;

/// One database of the source and its name on the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabasePair {
    pub source: String,
    pub target: String,
    /// The one table that the source's place names.
    pub table: Option<String>,
}

/// Which databases of `source` go where. `maps` gives new names: `--map a=b`.
///
/// # Errors
/// A usage error for a bad selection, an unknown database, a `--map` of something that is not taken, and two
/// databases that would go into one.
pub async fn databases(
    cx: &Context<'_>,
    pair: &Pair,
    (source, target): (&dyn Server, &dyn Server),
    maps: &[(String, String)],
) -> Result<Vec<DatabasePair>> {
    let listed = names(source).await?;
    let from = settled(&pair.source, &listed);
    let chosen = match (&from.database, &pair.select) {
        (Some(database), _) => {
            let database = source.spelled(database).await?;
            is_there(source, &database, &listed).await?;
            vec![database]
        }
        (None, Some(select)) => chosen(select, &from, &listed, cx.session)?,
        (None, None) => Vec::new(),
    };
    let only = saved_address(cx, &pair.target.connection)?.and_then(|it| only_database(&it));
    let to = followed(&from, &pair.target, only)?;
    let mut pairs = paired(&chosen, &from, &to, maps)?;
    for pair in &mut pairs {
        pair.target = target.spelled(&pair.target).await?;
    }
    distinct(&pairs, &to.connection)?;
    Ok(pairs)
}

/// The names of the databases that a user may pick, sorted.
pub async fn names(server: &dyn Server) -> Result<Vec<String>> {
    Ok(server.names().await?)
}

/// Decides with the server's help where the name of the place's database ends.
///
/// The longest name of a database that is there wins: `prod/shop.new` is the database `shop.new` if there is one.
pub async fn settle(server: &dyn Server, place: &Place) -> Result<Place> {
    match (&place.table, place.exact) {
        (Some(_), false) => Ok(settled(place, &names(server).await?)),
        _ => Ok(place.clone()),
    }
}

/// The pure part of [`settle`].
pub fn settled(place: &Place, names: &[String]) -> Place {
    let (Some(database), Some(table), false) = (&place.database, &place.table, place.exact) else {
        return place.clone();
    };
    let text = format!("{database}.{table}");
    let longest = names
        .iter()
        .filter(|name| {
            text.strip_prefix(name.as_str()).is_some_and(|rest| {
                rest.is_empty() || rest.strip_prefix('.').is_some_and(|rest| !rest.is_empty())
            })
        })
        .max_by_key(|name| name.len());
    let Some(database) = longest else {
        return place.clone();
    };
    Place {
        table: text.get(database.len() + 1..).map(str::to_string),
        database: Some(database.clone()),
        exact: true,
        ..place.clone()
    }
}

/// Makes sure that a database exists.
///
/// # Errors
/// A usage error with the nearest name.
pub async fn require(server: &dyn Server, database: &str) -> Result<()> {
    is_there(server, database, &names(server).await?).await
}

/// A database that is not listed may belong to the server itself: its survey says so.
pub async fn is_there(server: &dyn Server, database: &str, listed: &[String]) -> Result<()> {
    if listed.iter().any(|name| name == database) {
        return Ok(());
    }
    let survey = server.survey(database, Role::Source).await?;
    survey
        .catalog
        .map(drop)
        .ok_or_else(|| no_database(database, listed))
}

/// The error for a database that is not there, with the nearest name.
fn no_database(database: &str, listed: &[String]) -> Error {
    engines::Error::NoDatabase {
        database: database.to_string(),
        near: nearest(database, listed.iter().map(String::as_str)),
    }
    .into()
}

/// The selected databases; never none.
pub fn chosen(
    select: &Selection,
    source: &Place,
    listed: &[String],
    session: &Session,
) -> Result<Vec<String>> {
    let shown = shown(source, session);
    let pinned = match shown {
        [] => Ok(select.clone()),
        shown => select.pin(shown),
    };
    let recent = Recent {
        last: &session.last,
        failed: &session.failed,
    };
    let chosen = pinned
        .and_then(|select| select.resolve(listed, recent))
        .map_err(|cause| Error::usage(cause).hint("databases lists what can be selected"))?;
    match chosen.is_empty() {
        true => Err(Error::usage(format!("{select} selects no database"))
            .hint("databases lists what can be selected")),
        false => Ok(chosen),
    }
}

/// The list to which numbers refer, where one was shown of this very source.
pub fn shown<'s>(source: &Place, session: &'s Session) -> &'s [String] {
    match &session.source {
        Some(place) if place.connection == source.connection => &session.databases,
        _ => &[],
    }
}

/// The target, where the source's settled place says whether a dot divides database and table.
fn followed(source: &Place, target: &Place, only: Option<String>) -> Result<Place> {
    let Some(table) = &target.table else {
        return Ok(Place {
            database: target.database.clone().or(only),
            ..target.clone()
        });
    };
    if source.table.as_ref() == Some(table) {
        return Ok(target.clone());
    }
    let name = target.database.as_deref().unwrap_or_default();
    let whole = format!("{name}.{table}");
    if source.table.is_none() && source.database.as_ref() == Some(&whole) && !target.exact {
        return Ok(Place {
            database: Some(whole),
            table: None,
            ..target.clone()
        });
    }
    Err(match &source.table {
        Some(from) => Error::usage(format!(
            "a table keeps its name: {from} cannot become {table}"
        ))
        .hint("name only the database of the target"),
        None => Error::usage(format!("{target} names a table, {source} does not")).hint(format!(
            "for a database of that name, write it in backticks: {}/`{whole}`",
            target.connection
        )),
    })
}

/// Each chosen database with its name on the target.
fn paired(
    chosen: &[String],
    source: &Place,
    target: &Place,
    maps: &[(String, String)],
) -> Result<Vec<DatabasePair>> {
    if let Some((unknown, _)) = maps.iter().find(|(from, _)| !chosen.contains(from)) {
        let near = nearest(unknown, chosen.iter().map(String::as_str))
            .map(|near| format!("; did you mean {near}?"))
            .unwrap_or_default();
        return Err(Error::usage(format!(
            "--map {unknown}: it is not among the databases of this run{near}"
        )));
    }
    let mut pairs = Vec::new();
    for name in chosen {
        pairs.push(DatabasePair {
            source: name.clone(),
            target: goal(name, target, maps)?,
            table: source.table.clone(),
        });
    }
    distinct(&pairs, &target.connection)?;
    Ok(pairs)
}

/// Refuses two databases that would go into one.
fn distinct(pairs: &[DatabasePair], connection: &str) -> Result<()> {
    let mut taken: BTreeMap<&String, &String> = BTreeMap::new();
    for pair in pairs {
        if let Some(other) = taken.insert(&pair.target, &pair.source) {
            return Err(Error::usage(format!(
                "{other} and {} would both go into {} of {connection}",
                pair.source, pair.target
            ))
            .hint("give one of them another name with --map"));
        }
    }
    Ok(())
}

/// The name that a database gets on the target.
fn goal(name: &str, target: &Place, maps: &[(String, String)]) -> Result<String> {
    let mapped = maps.iter().find(|(from, _)| from == name).map(|(_, to)| to);
    match (mapped, &target.database) {
        (Some(mapped), Some(given)) if mapped != given => Err(Error::usage(format!(
            "--map says {name} becomes {mapped}, the target says {given}"
        ))
        .hint(format!(
            "name only the connection of the target, {}",
            target.connection
        ))),
        (Some(goal), _) | (None, Some(goal)) => Ok(goal.clone()),
        (None, None) => Ok(name.to_string()),
    }
}

#[cfg(test)]
mod tests;
