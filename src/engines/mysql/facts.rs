//! What a server says of itself and of the account that is logged in.

use std::collections::{BTreeMap, BTreeSet};

use super::definers;
use super::dialect::{quote, text};
use super::history;
use super::session::{Session, number};
use super::tokens::{Kind, Modes, Token, tokens};
use crate::engines::{Error, Result};
use crate::model::catalog::{Catalog, Object, ObjectKind};
use crate::model::survey::Facts;
use crate::model::units::Bytes;

/// Reads the facts; what this account may not see stays unknown. `grants` is what SHOW GRANTS says.
pub async fn read(session: &mut Session, grants: &[String]) -> Result<Facts> {
    let sql = "SELECT CURRENT_USER(), @@GLOBAL.lower_case_table_names, @@GLOBAL.max_allowed_packet, \
               @@GLOBAL.event_scheduler, @@GLOBAL.log_bin AND NOT @@GLOBAL.log_bin_trust_function_creators; \
               SHOW DATABASES";
    let known = session.results("read the server's settings", sql).await?;
    let [settings, databases] = &known[..] else {
        return Ok(Facts::default());
    };
    let Some(row) = settings.first() else {
        return Ok(Facts::default());
    };
    let accounts = "SELECT IF(Host = '', User, CONCAT(User, '@', Host)) FROM mysql.user";
    let system =
        "SELECT CONCAT(USER, '@', HOST) FROM mysql.global_grants WHERE PRIV = 'SYSTEM_USER'";
    let known = variables(session, DECIDING).await?;
    let is_on = |name: &str| {
        let known = known.get(name);
        known.is_some_and(|value| ["ON", "1", "YES"].contains(&value.as_str()))
    };
    let wants_keys = [
        "sql_require_primary_key",
        "sql_generate_invisible_primary_key",
        "innodb_force_primary_key",
    ];
    Ok(Facts {
        engines: engines(session, &known).await?,
        wants_keys: wants_keys
            .into_iter()
            .find(|name| is_on(name))
            .map(str::to_string),
        // MySQL 9 has nothing else than explicit defaults and no such setting.
        stamps: known.contains_key(STAMPS) && !is_on(STAMPS),
        denied: Vec::new(),
        account: row.text(0),
        accounts: names(session, accounts).await?,
        lower_case_names: row.number(1) as u8,
        packet: Bytes(row.number(2)),
        fires_events: row.text(3).eq_ignore_ascii_case("on"),
        refuses_history: history::refusal(session).await?,
        databases: databases.iter().map(|row| row.text(0)).collect(),
        held: definers::held(grants),
        system_accounts: names(session, system).await?,
        guards_functions: row.number(4) == 1,
        broken: BTreeMap::new(),
    })
}

/// Whether a TIMESTAMP gets a default only where it says so.
const STAMPS: &str = "explicit_defaults_for_timestamp";
/// What decides which tables a server makes.
const DECIDING: &[&str] = &[
    STAMPS,
    "sql_require_primary_key",
    "sql_generate_invisible_primary_key",
    "innodb_force_primary_key",
    "disabled_storage_engines",
    "enforce_storage_engine",
];
/// What a definition's meaning hangs on, and the value under which it means what it says.
const MEANING: &[(&str, &str)] = &[
    (STAMPS, "ON"),
    ("character_set_collations", ""),
    ("default_collation_for_utf8mb4", "utf8mb4_0900_ai_ci"),
    ("show_gipk_in_create_table_and_information_schema", "ON"),
];

/// Lets definitions mean what they say; what this account may not set, the facts tell as it is.
pub async fn prepare(session: &mut Session) -> Result<()> {
    let names: Vec<&str> = MEANING.iter().map(|(name, _)| *name).collect();
    let known = variables(session, &names).await?;
    for (name, value) in MEANING {
        if known.get(*name).is_some_and(|known| known != value) {
            let sql = format!("SET SESSION {name} = '{value}'");
            let set = session.run("set the session up", &sql).await;
            if let Err(error @ Error::Lost { .. }) = set {
                return Err(error);
            }
        }
    }
    Ok(())
}

/// The session's settings of these names, as far as the server has them.
async fn variables(session: &mut Session, names: &[&str]) -> Result<BTreeMap<String, String>> {
    let sql = format!(
        "SHOW SESSION VARIABLES WHERE Variable_name IN ('{}')",
        names.join("', '")
    );
    let rows = session.rows("read the server's settings", &sql).await?;
    Ok(rows.iter().map(|row| (row.text(0), row.text(1))).collect())
}

/// The engines that new tables may have.
async fn engines(
    session: &mut Session,
    settings: &BTreeMap<String, String>,
) -> Result<BTreeSet<String>> {
    let sql = "SELECT ENGINE FROM information_schema.ENGINES WHERE SUPPORT IN ('YES', 'DEFAULT')";
    let rows = session.rows("read the storage engines", sql).await?;
    let set = |name: &str| settings.get(name).filter(|value| !value.is_empty());
    let disabled: Vec<&str> = set("disabled_storage_engines")
        .map(|list| list.split(',').map(str::trim).collect())
        .unwrap_or_default();
    let only = set("enforce_storage_engine");
    let may = |engine: &String| {
        let is = |other: &str| engine.eq_ignore_ascii_case(other);
        !disabled.iter().any(|other| is(other)) && only.is_none_or(|only| is(only))
    };
    Ok(rows.iter().map(|row| row.text(0)).filter(may).collect())
}

/// The names that a server may tell; None where it has no such table or does not show it. MariaDB's roles have no host.
async fn names(session: &mut Session, sql: &str) -> Result<Option<BTreeSet<String>>> {
    match session.rows("read the accounts", sql).await {
        Ok(rows) => Ok(Some(rows.iter().map(|row| row.text(0)).collect())),
        Err(Error::Statement { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a source holds and no server would make again: views whose tables are gone, and events whose time has passed,
/// which a server drops as soon as they are made (D01).
pub async fn broken(
    session: &mut Session,
    catalog: &Catalog,
) -> Result<BTreeMap<(ObjectKind, String), String>> {
    let of = |kind| {
        catalog
            .objects
            .iter()
            .filter(move |object| object.kind == kind)
    };
    let mut broken = BTreeMap::new();
    if of(ObjectKind::Event).next().is_some() {
        for name in passed(session, &catalog.database).await? {
            let reason =
                "its time has passed, and it is not preserved: a server would drop it at once";
            broken.insert((ObjectKind::Event, name), reason.to_string());
        }
    }
    let views: Vec<&str> = of(ObjectKind::View)
        .map(|view| view.name.as_str())
        .collect();
    let mut invalid = BTreeMap::new();
    let mut doubtful = Vec::new();
    for name in suspect(session, &catalog.database, &views).await? {
        match ask(session, &catalog.database, &name).await? {
            Answer::Sound => {}
            Answer::Invalid(reason) => drop(invalid.insert(name, reason)),
            Answer::Below(reason) => doubtful.push((name, reason)),
        }
    }
    // What stands on an invalid view is invalid too; what else is wrong below may be a lack of rights only.
    while let Some(at) = doubtful.iter().position(|(name, _)| {
        let view = of(ObjectKind::View).find(|view| view.name == *name);
        view.is_some_and(|view| {
            stands_on(view, &catalog.database, |name| invalid.contains_key(name))
        })
    }) {
        invalid.extend([doubtful.swap_remove(at)]);
    }
    broken.extend(invalid.into_iter().map(|(name, reason)| {
        let reason = format!("it is not valid on the source: {reason}");
        ((ObjectKind::View, name), reason)
    }));
    Ok(broken)
}

async fn passed(session: &mut Session, database: &str) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT EVENT_NAME FROM information_schema.EVENTS \
          WHERE EVENT_SCHEMA = {} AND ON_COMPLETION = 'NOT PRESERVE' \
            AND COALESCE(EXECUTE_AT, ENDS) < CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', TIME_ZONE)",
        text(database)
    );
    let rows = session.rows("look for events of the past", &sql).await?;
    Ok(rows.iter().map(|row| row.text(0)).collect())
}

/// The views that the server does not call sound. Why it does not may be the lack of a definer only.
async fn suspect(session: &mut Session, database: &str, views: &[&str]) -> Result<Vec<String>> {
    if views.is_empty() {
        return Ok(Vec::new());
    }
    let places = views
        .iter()
        .map(|view| format!("{}.{}", quote(database), quote(view)));
    let sql = format!("CHECK TABLE {}", places.collect::<Vec<_>>().join(", "));
    let rows = match session.rows("check the views", &sql).await {
        Ok(rows) => rows,
        Err(Error::Statement { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let unsound = |view: &&&str| {
        let place = format!("{database}.{view}");
        rows.iter()
            .any(|row| row.text(0) == place && row.text(2).eq_ignore_ascii_case("error"))
    };
    Ok(views
        .iter()
        .filter(unsound)
        .map(|view| view.to_string())
        .collect())
}

/// Whether the query of a view, as a server prints it, is about some view of its own database.
fn stands_on(view: &Object, database: &str, is_one: impl Fn(&str) -> bool) -> bool {
    let text = tokens(&view.definition, Modes::default());
    let text: Vec<&Token<'_>> = text
        .iter()
        .filter(|token| token.kind != Kind::Gap)
        .collect();
    let start = text.iter().position(|token| token.is_word("AS"));
    let before = |at: usize, back: usize| at.checked_sub(back).map(|at| text[at]);
    (start.unwrap_or_default() + 1..text.len()).any(|at| {
        let is_table = text.get(at + 1).is_none_or(|next| !next.is_sign("."))
            && before(at, 1).is_some_and(|last| match last.is_sign(".") {
                // Not a column, and not a table of another database.
                true => {
                    before(at, 2).is_some_and(|home| home.unquoted() == database)
                        && before(at, 3).is_none_or(|more| !more.is_sign("."))
                }
                // Not an alias.
                false => last.kind != Kind::Name && !last.is_word("AS"),
            });
        is_table && text[at].kind == Kind::Name && is_one(&text[at].unquoted())
    })
}

/// What the server says of a view's query.
enum Answer {
    /// Nothing, or nothing that could not be a lack of rights.
    Sound,
    /// It asks for what is not there.
    Invalid(String),
    /// A view below is no good: it is invalid, or its definer lacks rights.
    Below(String),
}

async fn ask(session: &mut Session, database: &str, view: &str) -> Result<Answer> {
    let sql = format!(
        "SELECT VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {}",
        text(database),
        text(view)
    );
    let rows = session.rows("read a view", &sql).await?;
    let Some(query) = rows
        .first()
        .and_then(|row| row.optional(0))
        .filter(|query| !query.is_empty())
    else {
        return Ok(Answer::Sound);
    };
    let sql = format!(
        "SET @_maestro = {}; PREPARE _maestro FROM @_maestro; DEALLOCATE PREPARE _maestro; SET @_maestro = NULL",
        text(&query)
    );
    let error = match session.run("prepare the query of a view", &sql).await {
        Ok(_) => return Ok(Answer::Sound),
        Err(error) => error,
    };
    let cause = || {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        cause.unwrap_or_else(|| error.full())
    };
    match (number(&error), &error) {
        // No such table, column, routine or database.
        (Some(1146 | 1054 | 1305 | 1049), _) => Ok(Answer::Invalid(cause())),
        (Some(1356), _) => Ok(Answer::Below(cause())),
        (_, Error::Statement { .. }) => Ok(Answer::Sound),
        _ => Err(error),
    }
}
