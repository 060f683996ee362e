//! Makes views, triggers, routines and events under the settings that they were made with.

use super::dialect::{quote, text};
use super::session::{LITERAL, Session};
use crate::engines::{Error, Result};
use crate::model::catalog::{Object, ObjectKind};

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
    let mut waiting: Vec<&Object> = objects.iter().collect();
    loop {
        let mut failed = Vec::new();
        for object in &waiting {
            match make_one(session, database, object).await {
                Ok(()) => {}
                Err(error @ Error::Lost { .. }) => return Err(error),
                Err(error) => failed.push((*object, error)),
            }
        }
        if failed.is_empty() || failed.len() == waiting.len() {
            restore(session).await?;
            return Ok(failed
                .into_iter()
                .map(|(object, error)| (object.clone(), error))
                .collect());
        }
        waiting = failed.into_iter().map(|(object, _)| object).collect();
    }
}

async fn make_one(session: &mut Session, database: &str, object: &Object) -> Result<()> {
    drop_one(session, database, object).await?;
    let mut settings = vec!["sql_mode = ''".to_string()];
    for (name, value) in &object.session {
        match name.as_str() {
            // The statement travels as UTF-8: another character set is claimed only where the bytes agree.
            "character_set_client"
                if !object.definition.is_ascii() && !value.starts_with("utf8") => {}
            _ => settings.push(format!("{name} = '{}'", value.replace('\'', ""))),
        }
    }
    session
        .run(
            "set the session up",
            &format!("SET SESSION {}", settings.join(", ")),
        )
        .await?;
    let made = session
        .run(&format!("make {}", object.title()), &object.definition)
        .await;
    restore(session).await?;
    made.map(drop)
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
    let routine = format!(" AND ROUTINE_TYPE = '{}'", object.kind.name().to_uppercase());
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
