//! Makes views, triggers, routines and events under the settings that they were made with.
//!
//! What stands on others is tried until none more succeeds. Each is read again: what the server does not show as it was
//! asked for has failed.

use super::dialect::{quote, text};
use super::session::{LITERAL, Row, Session, number};
use super::tokens::{Kind, Token, tokens};
use super::{definers, qualifiers, spell};
use crate::engines::{Error, Result};
use crate::model::catalog::{Object, ObjectKind};

/// Whose rights an object is made to run with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Those of its definer.
    Theirs,
    /// Those of this account, for as long as others are made upon it.
    Own,
}

/// Objects that were made, in that order, and those that failed, each with its cause.
type Tried<'a> = (Vec<&'a Object>, Vec<(&'a Object, Error)>);

/// Makes objects in their order; views, which may stand on each other, are tried until none more succeeds
/// (D01). Returns those that failed, each with its cause.
pub async fn make(
    session: &mut Session,
    database: &str,
    objects: &[Object],
) -> Result<Vec<(Object, Error)>> {
    session
        .run("use the database", &format!("USE {}", quote(database)))
        .await?;
    let all = objects.iter().collect();
    let (_, mut failed) = try_all(session, database, all, Whose::Theirs).await?;
    // No definer, or no rights of his.
    let lacks_definer = |(_, error): &(&Object, Error)| matches!(number(error), Some(1449 | 1356));
    if failed.iter().any(lacks_definer) {
        failed = from_below(session, database, objects, failed).await?;
    }
    restore(session).await?;
    Ok(failed
        .into_iter()
        .map(|(object, error)| (object.clone(), error))
        .collect())
}

async fn try_all<'a>(
    session: &mut Session,
    database: &str,
    mut waiting: Vec<&'a Object>,
    whose: Whose,
) -> Result<Tried<'a>> {
    let mut made = Vec::new();
    loop {
        let mut failed = Vec::new();
        for object in &waiting {
            match make_one(session, database, object, whose).await {
                Ok(()) => made.push(*object),
                Err(error @ Error::Lost { .. }) => return Err(error),
                Err(error) => failed.push((*object, error)),
            }
        }
        if failed.is_empty() || failed.len() == waiting.len() {
            return Ok((made, failed));
        }
        waiting = failed.into_iter().map(|(object, _)| object).collect();
    }
}

/// A server makes no view upon what runs with the rights of an account that it does not know. So all of them are made
/// as this account's own first; each gets its definer once nothing more is made upon it (D03).
async fn from_below<'a>(
    session: &mut Session,
    database: &str,
    objects: &'a [Object],
    failed: Vec<(&'a Object, Error)>,
) -> Result<Vec<(&'a Object, Error)>> {
    let stands = |object: &&Object| matches!(object.kind, ObjectKind::View | ObjectKind::Function);
    let group = objects.iter().filter(stands).collect();
    let (made, left) = try_all(session, database, group, Whose::Own).await?;
    let others = failed.into_iter().filter(|(object, _)| !stands(object));
    let mut failed: Vec<(&Object, Error)> = others.chain(left).collect();
    for object in made.into_iter().rev() {
        match make_one(session, database, object, Whose::Theirs).await {
            Ok(()) => {}
            Err(error @ Error::Lost { .. }) => return Err(error),
            Err(error) => failed.push((object, error)),
        }
    }
    Ok(failed)
}

async fn make_one(
    session: &mut Session,
    database: &str,
    object: &Object,
    whose: Whose,
) -> Result<()> {
    let grants = grants(session, database, object).await?;
    drop_one(session, database, object).await?;
    let action = format!("make {}", object.title());
    let parts = tokens(&object.definition, qualifiers::modes(object));
    let definition = match definers::clause(&parts) {
        Some(clause) if whose == Whose::Own => clause.left_out(&parts),
        _ => object.definition.clone(),
    };
    let made = run(session, object, &action, &definition).await;
    restore(session).await?;
    made?;
    for grant in grants {
        session
            .run(&format!("grant {} again", object.title()), &grant)
            .await?;
    }
    match whose {
        Whose::Theirs => verify(session, database, object).await,
        Whose::Own => Ok(()),
    }
}

/// What others may do with a routine: it goes when the routine is dropped (D12). Who may not read it cannot keep it.
async fn grants(session: &mut Session, database: &str, object: &Object) -> Result<Vec<String>> {
    if !matches!(object.kind, ObjectKind::Function | ObjectKind::Procedure) {
        return Ok(Vec::new());
    }
    let kind = object.kind.name().to_uppercase();
    let sql = format!(
        "SELECT IF(Host = '', User, CONCAT(User, '@', Host)), Proc_priv FROM mysql.procs_priv \
          WHERE Db = {} AND Routine_name = {} AND Routine_type = '{kind}'",
        text(database),
        text(&object.name)
    );
    let rows = match session.rows("read the grants of a routine", &sql).await {
        Ok(rows) => rows,
        Err(Error::Statement { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let place = format!("{}.{}", quote(database), quote(&object.name));
    let grant = |row: &Row| {
        let held = row.text(1);
        let (more, held): (Vec<&str>, Vec<&str>) = held.split(',').partition(|one| *one == "Grant");
        let held = if held.is_empty() {
            "USAGE".into()
        } else {
            held.join(", ")
        };
        let more = if more.is_empty() {
            ""
        } else {
            " WITH GRANT OPTION"
        };
        let account = definers::spelled(&row.text(0));
        format!("GRANT {held} ON {kind} {place} TO {account}{more}")
    };
    Ok(rows.iter().map(grant).collect())
}

async fn run(session: &mut Session, object: &Object, action: &str, definition: &str) -> Result<()> {
    let claim = |settings: &[(String, String)]| {
        let settings = settings
            .iter()
            .map(|(name, value)| format!(", {name} = '{}'", value.replace('\'', "")));
        format!("SET SESSION sql_mode = ''{}", settings.collect::<String>())
    };
    if is_foreign(object) {
        // What a variable holds is prepared in the session's character set (A09).
        let prepare = format!(
            "SET @_maestro = {}; {}; PREPARE _maestro FROM @_maestro; SET @_maestro = NULL",
            text(definition),
            claim(&object.session)
        );
        match session.run(action, &prepare).await {
            Ok(_) => {
                let execute = "EXECUTE _maestro; DEALLOCATE PREPARE _maestro";
                return session.run(action, execute).await.map(drop);
            }
            Err(error) if number(&error) == Some(UNPREPARABLE) => restore(session).await?,
            Err(error) => return Err(error),
        }
    }
    // The statement travels as UTF-8: another character set is claimed only where the bytes agree.
    let mut settings = object.session.clone();
    settings.retain(|(name, _)| name != CLIENT || !is_foreign(object));
    session.run("set the session up", &claim(&settings)).await?;
    session.run(action, definition).await.map(drop)
}

/// This statement cannot be prepared: MySQL says so of all programs but views.
const UNPREPARABLE: u16 = 1295;

/// Whether the text was sent in a character set in which it has other bytes than in UTF-8.
pub fn is_foreign(object: &Object) -> bool {
    let charset = setting(object, CLIENT);
    !object.definition.is_ascii() && charset.is_some_and(|charset| !charset.starts_with("utf8"))
}

/// Whether a server that prepares such statements takes the text in the character set that it came in: what is prepared
/// is converted to that of the collation.
pub fn keeps_charset(object: &Object) -> bool {
    let charset = setting(object, CLIENT).unwrap_or_default();
    let collation = setting(object, CONNECTION).unwrap_or_default();
    collation.split('_').next() == Some(charset)
}

fn setting<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    let found = object.session.iter().find(|(known, _)| known == name)?;
    Some(&found.1)
}

/// Sees that the server shows what was asked for: the definition, and the settings that belong to it.
async fn verify(session: &mut Session, database: &str, object: &Object) -> Result<()> {
    let kind = object.kind.name().to_uppercase();
    let place = format!("{}.{}", quote(database), quote(&object.name));
    let action = format!("read {} again", object.title());
    let rows = session
        .rows(&action, &format!("SHOW CREATE {kind} {place}"))
        .await?;
    let Some(row) = rows.first() else {
        return Err(Error::Mismatch("it is not there after it was made".into()));
    };
    let shown = shown(object, row);
    if is_same(object, &shown, database) {
        return Ok(());
    }
    let words = |object: &Object| {
        let settings = object
            .session
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let settings: Vec<String> = settings.collect();
        format!("{} [{}]", object.definition, settings.join(", "))
    };
    Err(Error::Mismatch(format!(
        "it arrived as another one: {}, not {}",
        words(&shown),
        words(object)
    )))
}

/// An object as a row of SHOW CREATE tells it.
fn shown(asked: &Object, row: &Row) -> Object {
    let (definition, columns): (usize, &[(&str, usize)]) = match asked.kind {
        ObjectKind::View => (1, &[(CLIENT, 2), (CONNECTION, 3)]),
        ObjectKind::Event => (
            3,
            &[
                (CLIENT, 4),
                (CONNECTION, 5),
                ("sql_mode", 1),
                ("time_zone", 2),
            ],
        ),
        _ => (2, &[(CLIENT, 3), (CONNECTION, 4), ("sql_mode", 1)]),
    };
    // Who is not the definer may not be shown the text of a routine.
    let definition = row.optional(definition);
    let definition = definition.unwrap_or_else(|| asked.definition.clone());
    let value = |name: &str, column: usize| match setting(asked, name) {
        Some(claimed) if name == CLIENT && is_foreign(asked) => claimed.to_string(),
        _ => row.text(column),
    };
    let session = columns
        .iter()
        .map(|(name, column)| (name.to_string(), value(name, *column)));
    Object {
        definition: definition.trim_end_matches(';').to_string(),
        session: session.collect(),
        ..asked.clone()
    }
}

const CLIENT: &str = "character_set_client";
const CONNECTION: &str = "collation_connection";

/// A view is printed anew by every version, with its own habits: its clauses and strings count.
fn is_same(asked: &Object, shown: &Object, database: &str) -> bool {
    if asked == shown || spell::is_same_object(asked, shown) {
        return true;
    }
    if asked.kind != ObjectKind::View || asked.session != shown.session {
        return false;
    }
    let said = |view: &Object| -> Vec<String> {
        let resolved = qualifiers::resolved(view, database);
        let text = resolved.as_ref().unwrap_or(&view.definition);
        let text = tokens(text, qualifiers::modes(view));
        let text: Vec<&Token<'_>> = text
            .iter()
            .filter(|token| token.kind != Kind::Gap)
            .collect();
        let is_query = |token: &&Token<'_>| token.is_word("AS");
        let query = text.iter().position(is_query).unwrap_or(text.len());
        let ends = text.len().saturating_sub(4).max(query);
        let is_check = text.last().is_some_and(|token| token.is_word("OPTION"));
        let counts = |(at, token): &(usize, &&Token<'_>)| {
            *at < query || token.kind == Kind::Text || is_check && *at >= ends
        };
        let text = text.iter().enumerate().filter(counts);
        text.map(|(_, token)| token.text.to_string()).collect()
    };
    said(asked) == said(shown)
}

/// Drops an object where it is.
pub async fn drop_one(session: &mut Session, database: &str, object: &Object) -> Result<()> {
    let place = format!("{}.{}", quote(database), quote(&object.name));
    let sql = format!(
        "DROP {} IF EXISTS {place}",
        object.kind.name().to_uppercase()
    );
    let action = format!("drop {}", object.title());
    if !matches!(object.kind, ObjectKind::Package | ObjectKind::PackageBody) {
        return session.run(&action, &sql).await.map(drop);
    }
    // Only this mode knows the word.
    let sql = format!("SET SESSION sql_mode = 'ORACLE'; {sql}");
    let dropped = session.run(&action, &sql).await;
    restore(session).await?;
    dropped.map(drop)
}

/// Whether an object of this kind and name is there.
pub async fn is_there(session: &mut Session, database: &str, object: &Object) -> Result<bool> {
    let routine = format!(
        " AND ROUTINE_TYPE = '{}'",
        object.kind.name().to_uppercase()
    );
    let (table, schema, name, more) = match object.kind {
        ObjectKind::Trigger => ("TRIGGERS", "TRIGGER_SCHEMA", "TRIGGER_NAME", ""),
        ObjectKind::View => ("VIEWS", "TABLE_SCHEMA", "TABLE_NAME", ""),
        ObjectKind::Event => ("EVENTS", "EVENT_SCHEMA", "EVENT_NAME", ""),
        _ => (
            "ROUTINES",
            "ROUTINE_SCHEMA",
            "ROUTINE_NAME",
            routine.as_str(),
        ),
    };
    let sql = format!(
        "SELECT COUNT(*) FROM information_schema.{table} WHERE {schema} = {} AND {name} = {}{more}",
        text(database),
        text(&object.name)
    );
    let rows = session
        .rows(&format!("look for {}", object.title()), &sql)
        .await?;
    Ok(rows.first().is_some_and(|row| row.number(0) > 0))
}

/// Whether a database holds anything.
pub async fn has_anything(session: &mut Session, database: &str) -> Result<bool> {
    let sql = format!(
        "SELECT (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = {0}) \
              + (SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = {0}) \
              + (SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = {0})",
        text(database)
    );
    let rows = session.rows("look what the database holds", &sql).await?;
    Ok(rows.first().is_some_and(|row| row.number(0) > 0))
}

async fn restore(session: &mut Session) -> Result<()> {
    let sql =
        format!("SET NAMES utf8mb4; SET SESSION sql_mode = '{LITERAL}', time_zone = '+00:00'");
    session.run("set the session up", &sql).await.map(drop)
}

/// The objects that a RENAME of tables cannot pass: triggers on them, and views that have their names.
pub fn in_the_way<'a>(
    existing: &'a [Object],
    leaving: &[String],
    arriving: &[String],
) -> Vec<&'a Object> {
    existing
        .iter()
        .filter(|object| match object.kind {
            ObjectKind::Trigger => object
                .table
                .as_ref()
                .is_some_and(|table| leaving.contains(table)),
            ObjectKind::View => arriving.contains(&object.name),
            _ => false,
        })
        .collect()
}
