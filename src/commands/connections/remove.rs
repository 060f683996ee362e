//! Small changes of saved connections: another name, away.

use serde_json::json;

use super::{Said, names, unanswered};
use crate::commands::context::Place;
use crate::commands::{Context, Error, Result, vault};
use crate::model::units::counted;
use crate::store::Connection;

/// Whether the person has already agreed.
pub(super) enum Asked {
    Already,
    NotYet,
}

pub(super) fn rename(cx: &mut Context<'_>, word: &str, name: &str) -> Result<Said> {
    let connection = names::find(cx, word)?;
    let mut others = cx.store.connections()?;
    others.retain(|other| other.name != connection.name);
    names::check(name, &others)?;
    let old = connection.name.clone();
    let renamed = Connection {
        name: name.into(),
        ..connection
    };
    if cx.store.must_open(&renamed) {
        vault::open(cx)?;
    }
    cx.store.rename(&old, name)?;
    if let Some(typed) = cx.session.passwords.get(&old) {
        cx.session.passwords.keep(name, typed);
        cx.session.passwords.forget(&old);
    }
    for known in &mut cx.session.connections {
        if *known == old {
            *known = name.to_string();
        }
    }
    for place in [&mut cx.session.source, &mut cx.session.target] {
        if let Some(place) = place.as_mut().filter(|place| place.connection == old) {
            place.connection = name.to_string();
        }
    }
    Ok(Said::new(
        format!("{old} is now {name}."),
        json!({ "renamed": old, "name": name }),
    ))
}

pub(super) fn delete(cx: &mut Context<'_>, word: &str, asked: Asked) -> Result<Said> {
    let (name, address) = match broken(cx, word)? {
        Some(problem) => (word.to_string(), problem),
        None => {
            let connection = names::find(cx, word)?;
            (connection.name, connection.address.to_string())
        }
    };
    if let Asked::NotYet = asked {
        let question = format!("Delete the connection {name} ({address})?");
        match cx.ask.confirm(&question, false) {
            Some(true) => {}
            Some(false) => return Err(Error::refused(format!("{name} was kept"))),
            None => return Err(unanswered(&format!("{name} was kept")).hint("--yes does not ask")),
        }
    }
    cx.store.delete(&name)?;
    cx.session.passwords.forget(&name);
    forget(cx, |place| place.connection == name);
    Ok(Said::new(
        format!("Deleted {name}."),
        json!({ "deleted": [name] }),
    ))
}

/// What is wrong with a connection that cannot be read; None where there is no such one.
fn broken(cx: &Context<'_>, name: &str) -> Result<Option<String>> {
    let rows = cx.store.unreadable()?;
    let found = rows.into_iter().find(|row| row.name == name);
    Ok(found.map(|row| row.problem))
}

pub(super) fn clear(cx: &mut Context<'_>) -> Result<Said> {
    let saved = cx.store.connections()?.into_iter().map(|saved| saved.name);
    let broken = cx.store.unreadable()?.into_iter().map(|row| row.name);
    let names: Vec<String> = saved.chain(broken).collect();
    if names.is_empty() {
        return Ok(Said::new(
            "No connections are saved.",
            json!({ "deleted": [] }),
        ));
    }
    let count = counted(names.len(), "connection");
    match cx.ask.word(&format!("Type CLEAR to delete {count}")) {
        Some(word) if word.trim() == "CLEAR" => {}
        Some(_) => return Err(Error::refused("nothing was deleted: CLEAR was not typed")),
        None => {
            return Err(unanswered("nothing was deleted").hint(
                "CLEAR must be typed at a terminal; connections del NAME --yes deletes one",
            ));
        }
    }
    cx.store.clear()?;
    names
        .iter()
        .for_each(|name| cx.session.passwords.forget(name));
    forget(cx, |place| names.contains(&place.connection));
    cx.session.connections.clear();
    Ok(Said::new(
        format!("Deleted {count}."),
        json!({ "deleted": names }),
    ))
}

/// Source and target of the session leave with their connection.
fn forget(cx: &mut Context<'_>, gone: impl Fn(&Place) -> bool) {
    if cx.session.source.as_ref().is_some_and(&gone) {
        cx.session.source = None;
        cx.session.databases.clear();
        cx.session.selection = None;
    }
    if cx.session.target.as_ref().is_some_and(&gone) {
        cx.session.target = None;
    }
}
