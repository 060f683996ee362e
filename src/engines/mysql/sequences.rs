//! Sequences of MariaDB: objects that are tables to RENAME, and that defaults of columns name with their database.
//!
//! A sequence is made in staging, gets the position of the source's when the rows are there, and goes live in the one
//! RENAME, so its old self is part of the undo. A default names the live sequence from the start where there is one.
//! A new one goes live right before the RENAME, and the staged defaults name it there; only where a table that leaves
//! has its name do they name staging's until the RENAME, and the live one right after it.

use super::dialect::{quote, text};
use super::history::version;
use super::session::Session;
use crate::engines::{Error, Result};
use crate::model::catalog::{Object, ObjectKind, Table};
use crate::model::spelling::{About, Mapped, Remark, Says, Spelled};
use crate::model::survey::{Finding, Survey};

/// What `options` of a catalog calls the position of a sequence: the next value and the round.
pub const POSITION: &str = "next value of sequence ";
/// What it calls the next AUTO_INCREMENT of a table.
pub const COUNTER: &str = "next AUTO_INCREMENT of table ";

/// The first version whose sequences have a type.
const TYPED: (u32, u32) = (11, 5);

/// The sequences among objects.
pub fn among(objects: &[Object]) -> impl Iterator<Item = &Object> {
    objects
        .iter()
        .filter(|object| object.kind == ObjectKind::Sequence)
}

/// Names the sequences of one database in an expression or definition by another one, those that `moves` tells.
pub fn renamed(sql: &str, from: &str, to: &str, moves: impl Fn(&str) -> bool) -> String {
    let mut renamed = String::with_capacity(sql.len());
    let mut done = 0;
    for mention in mentions(sql) {
        if mention.database == from && moves(&mention.sequence) {
            renamed.push_str(&sql[done..mention.start]);
            renamed.push_str(&quote(to));
            done = mention.end;
        }
    }
    renamed + &sql[done..]
}

/// The sequences of a database that a definition draws from, sorted.
pub fn drawn(definition: &str, database: &str) -> Vec<String> {
    let mut names: Vec<String> = mentions(definition)
        .into_iter()
        .filter(|mention| mention.database == database)
        .map(|mention| mention.sequence)
        .collect();
    names.sort();
    names.dedup();
    names
}

/// The sequences, and what draws from them, as the target takes them.
pub fn spell(spelled: &mut Spelled, to: &Survey) {
    let catalog = &mut spelled.catalog;
    let from = catalog.database.clone();
    for table in drawing(&mut catalog.tables) {
        table.definition = renamed(&table.definition, &from, &to.database, |_| true);
        for column in &mut table.columns {
            let default = column.default.as_deref();
            column.default = default.map(|text| renamed(text, &from, &to.database, |_| true));
        }
    }
    if to.product.flavour != "MariaDB" || version(&to.product.version) >= TYPED {
        return;
    }
    for object in &mut catalog.objects {
        if let Some(kind) = untyped(object) {
            spelled.remarks.push(Remark {
                about: About::Object(object.kind, object.name.clone()),
                says: Says::Mapped(Mapped {
                    what: format!("type of {}", object.title()),
                    from: kind,
                    to: "bigint".into(),
                }),
            });
        }
    }
    let lost: Vec<String> = among(&catalog.objects)
        .filter(|object| object.obstacle.is_some())
        .map(|object| object.name.clone())
        .collect();
    for table in drawing(&mut catalog.tables) {
        let of = table.sequences.iter().find(|name| lost.contains(name));
        spelled.remarks.extend(of.map(|sequence| Remark {
            about: About::Table(table.name.clone()),
            says: Says::Refused(Finding {
                problem: format!(
                    "a default of table {} draws from sequence {sequence}, which the target cannot hold",
                    table.name
                ),
                mend: format!("--exclude {}, or sync to MariaDB 11.5 or later", table.name),
            }),
        }));
    }
}

fn drawing(tables: &mut [Table]) -> impl Iterator<Item = &mut Table> {
    tables
        .iter_mut()
        .filter(|table| !table.sequences.is_empty())
}

/// Takes the type out of a sequence's definition, for servers that know none: its bounds say as much. What goes beyond
/// their only type has an obstacle then. Returns the type.
fn untyped(object: &mut Object) -> Option<String> {
    if object.kind != ObjectKind::Sequence {
        return None;
    }
    let (_, name) = unquoted(&object.definition, object.definition.find('`')?);
    let rest = object.definition[name..].strip_prefix(" as ")?;
    let (kind, rest) = rest.split_once(" start with ")?;
    let mut words = rest.split(' ');
    let most = words.position(|word| word == "maxvalue").and(words.next());
    if most.is_some_and(|most| most.parse::<i64>().is_err()) {
        object.obstacle = Some("the target knows no sequences beyond 9223372036854775806".into());
        return None;
    }
    let kind = kind.to_string();
    object.definition = format!("{} start with {rest}", &object.definition[..name]);
    Some(kind)
}

/// A sequence that a definition names.
struct Mention {
    /// Where the quoted name of its database stands.
    start: usize,
    end: usize,
    database: String,
    sequence: String,
}

/// Every ``nextval(`database`.`sequence`)``, `lastval` and `setval`, as the server prints them. Text in quotes is left
/// alone.
fn mentions(sql: &str) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut bare = 0;
    let mut at = 0;
    while let Some(open) = sql[at..].find(['`', '\'', '"']).map(|open| at + open) {
        let before = &sql[bare..open];
        let (first, end) = unquoted(sql, open);
        at = end;
        bare = end;
        if ["nextval(", "lastval(", "setval("]
            .iter()
            .any(|call| before.ends_with(call))
            && sql[open..].starts_with('`')
            && sql[end..].starts_with(".`")
        {
            let (sequence, after) = unquoted(sql, end + 1);
            found.push(Mention {
                start: open,
                end,
                database: first,
                sequence,
            });
            at = after;
            bare = after;
        }
    }
    found
}

/// What a quoted piece that opens at `open` says, and where it ends.
fn unquoted(sql: &str, open: usize) -> (String, usize) {
    let mut chars = sql[open..].char_indices();
    let mark = chars.next().map_or('`', |(_, mark)| mark);
    let mut said = String::new();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if mark != '`' => said.extend(chars.next().map(|(_, c)| c)),
            c if c == mark => {
                if !sql[open + at + 1..].starts_with(mark) {
                    return (said, open + at + 1);
                }
                chars.next();
                said.push(mark);
            }
            c => said.push(c),
        }
    }
    (said, sql.len())
}

/// Where sequences stand: what comes next of what the server has not given out to its cache, and the round.
pub async fn positions<'a>(
    session: &mut Session,
    database: &str,
    objects: impl Iterator<Item = &'a Object>,
) -> Result<Vec<(String, String)>> {
    let mut positions = Vec::new();
    for object in objects {
        let position = position(session, database, &object.name).await?;
        positions.push((format!("{POSITION}{}", object.name), position));
    }
    Ok(positions)
}

async fn position(session: &mut Session, database: &str, name: &str) -> Result<String> {
    let action = format!("read sequence {name}");
    let sql = format!(
        "SELECT CONCAT(next_not_cached_value, ' ', cycle_count) FROM {}.{}",
        quote(database),
        quote(name)
    );
    let rows = session.rows(&action, &sql).await?;
    Ok(rows.first().map(|row| row.text(0)).unwrap_or_default())
}

/// Makes sequences anew.
pub async fn make<'a>(
    session: &mut Session,
    objects: impl Iterator<Item = &'a Object>,
) -> Result<()> {
    for object in objects {
        let sql = format!(
            "DROP SEQUENCE IF EXISTS {}; {}",
            quote(&object.name),
            object.definition
        );
        let made = session.run(&format!("make {}", object.title()), &sql).await;
        made.map(drop)?;
    }
    Ok(())
}

/// The statements that bring a sequence to a position: SETVAL alone never goes back behind the start.
pub fn set(place: &str, position: &str) -> Option<[String; 2]> {
    let (next, round) = position.split_once(' ')?;
    let number = |text: &str| text.parse::<i128>().is_ok();
    (number(next) && number(round)).then(|| {
        [
            format!("ALTER SEQUENCE {place} RESTART WITH {next}"),
            format!("DO SETVAL({place}, {next}, 0, {round})"),
        ]
    })
}

/// Brings a new sequence to a position, and sees that it stands there.
///
/// # Errors
/// The position is not known, or the server did not take it.
pub async fn put(
    session: &mut Session,
    database: &str,
    name: &str,
    counters: &[(String, String)],
) -> Result<()> {
    let wanted = counters
        .iter()
        .find(|(known, _)| known.strip_prefix(POSITION) == Some(name))
        .map(|(_, position)| position.as_str())
        .unwrap_or_default();
    let place = format!("{}.{}", quote(database), quote(name));
    let statements = set(&place, wanted).ok_or_else(|| {
        Error::Mismatch(format!(
            "the source does not say where sequence {name} stands"
        ))
    })?;
    let action = format!("set sequence {name}");
    session.run(&action, &statements.join("; ")).await?;
    let there = position(session, database, name).await?;
    match there == wanted {
        true => Ok(()),
        false => Err(Error::Mismatch(format!(
            "sequence {name} stands at {there} instead of {wanted}"
        ))),
    }
}

/// Brings a sequence on to where another one of its name stands, where that is further: tables that stay draw from it.
pub async fn reach(session: &mut Session, from: &str, to: &str, name: &str) -> Result<()> {
    let there = position(session, from, name).await?;
    let Some([_, sql]) = set(&format!("{}.{}", quote(to), quote(name)), &there) else {
        return Ok(());
    };
    // It never goes back.
    let action = format!("set sequence {name}");
    session.run(&action, &sql).await.map(drop)
}

/// The next AUTO_INCREMENT of each table of a database that has one.
pub async fn counters(session: &mut Session, database: &str) -> Result<Vec<(String, String)>> {
    let sql = format!(
        "SELECT TABLE_NAME, AUTO_INCREMENT FROM information_schema.TABLES \
          WHERE TABLE_SCHEMA = {0} AND CAST(TABLE_SCHEMA AS BINARY) = {0} AND AUTO_INCREMENT IS NOT NULL",
        text(database)
    );
    let rows = session.rows("read the next AUTO_INCREMENT", &sql).await?;
    Ok(rows
        .iter()
        .map(|row| (format!("{COUNTER}{}", row.text(0)), row.text(1)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "CREATE TABLE `t` (\n  `nextval(` bigint(20) NOT NULL DEFAULT nextval(`a``b`.`s \"2`),\n  \
                         `x` bigint(20) DEFAULT (1 + nextval(`a``b`.`s1`) * 2 + lastval(`other`.`s1`)),\n  \
                         `c` char(30) DEFAULT 'it''s \\' nextval(`a``b`.`s1`)' COMMENT 'nextval(`a``b`.`s1`)'\n)";

    #[test]
    fn d10_sequences_are_found_whatever_their_names() {
        assert_eq!(drawn(TABLE, "a`b"), ["s \"2", "s1"]);
        assert_eq!(drawn(TABLE, "other"), ["s1"]);
        assert_eq!(drawn("`a` int DEFAULT 1", "a"), Vec::<String>::new());
    }

    #[test]
    fn a21_only_what_draws_from_a_sequence_is_renamed() {
        let expected = TABLE
            .replace("DEFAULT nextval(`a``b`.", "DEFAULT nextval(`c d`.")
            .replace("1 + nextval(`a``b`.", "1 + nextval(`c d`.");
        assert_eq!(renamed(TABLE, "a`b", "c d", |_| true), expected);
        assert_eq!(renamed(TABLE, "a`b", "c d", |_| false), TABLE);
    }

    #[test]
    fn a21_a_type_that_the_target_does_not_know_is_taken_out() {
        let of = |definition: &str| Object {
            kind: ObjectKind::Sequence,
            name: "s".into(),
            table: None,
            definition: definition.into(),
            session: Vec::new(),
            obstacle: None,
            definer: None,
        };
        let mut tiny = of(
            "CREATE SEQUENCE `a as ``b` as tinyint unsigned start with 1 minvalue 1 maxvalue 254 increment by 1",
        );
        assert_eq!(untyped(&mut tiny).unwrap(), "tinyint unsigned");
        assert_eq!(
            tiny.definition,
            "CREATE SEQUENCE `a as ``b` start with 1 minvalue 1 maxvalue 254 increment by 1"
        );
        assert_eq!(untyped(&mut tiny), None);
        let mut large = of(
            "CREATE SEQUENCE `s` as bigint unsigned start with 1 minvalue 1 maxvalue 18446744073709551614 increment by 1",
        );
        assert_eq!(untyped(&mut large), None);
        assert!(large.obstacle.is_some());
    }

    #[test]
    fn c11_a_position_is_two_numbers() {
        assert_eq!(
            set("`s`", "-6 2").unwrap(),
            [
                "ALTER SEQUENCE `s` RESTART WITH -6",
                "DO SETVAL(`s`, -6, 0, 2)"
            ]
        );
        for odd in ["", "1", "1 x", "1; 2"] {
            assert_eq!(set("`a`.`s`", odd), None, "{odd}");
        }
    }
}
