//! Views, triggers, routines and events for the other product: the modes and collations that they were made with.
//!
//! A mode that the target does not know and that changes nothing in a program is left out; one that makes it another
//! language stands in its way. What else the target does not understand it says itself when the object is made.

use std::collections::BTreeSet;

use super::{Across, collations, declared};
use crate::engines::mysql::tokens::{Kind, Modes, tokens};
use crate::model::catalog::{Object, ObjectKind};
use crate::model::spelling::{About, Mapped, Remark, Says};

/// Modes of MariaDB that MySQL does not know.
const OF_MARIADB: &[&str] = &[
    "NO_AUTO_CREATE_USER",
    "NO_FIELD_OPTIONS",
    "NO_KEY_OPTIONS",
    "NO_TABLE_OPTIONS",
    "IGNORE_BAD_TABLE_OPTIONS",
    "TIME_ROUND_FRACTIONAL",
    "POSTGRESQL",
    "DB2",
    "MAXDB",
    "MYSQL323",
    "MYSQL40",
];

/// Modes of MariaDB under which a program means something else.
const LANGUAGES: &[&str] = &[
    "ORACLE",
    "MSSQL",
    "EMPTY_STRING_IS_NULL",
    "SIMULTANEOUS_ASSIGNMENT",
];

/// Modes of MySQL that MariaDB does not know.
const OF_MYSQL: &[&str] = &["TIME_TRUNCATE_FRACTIONAL"];

/// Spells one object; returns what is to be said of it.
pub fn spell(object: &mut Object, across: &Across, known_there: &BTreeSet<String>) -> Vec<Remark> {
    if across.crosses && !across.to.mariadb {
        match object.kind {
            ObjectKind::Sequence => {
                object.obstacle =
                    Some("MySQL has no sequences: an AUTO_INCREMENT column is its way".into());
            }
            ObjectKind::Package => {
                object.obstacle =
                    Some("MySQL has no packages: routines by themselves are its way".into());
            }
            _ => {}
        }
    }
    if object.obstacle.is_some() {
        return Vec::new();
    }
    let mut said = Vec::new();
    let title = object.title();
    let mut session = std::mem::take(&mut object.session);
    for (name, value) in &mut session {
        match name.as_str() {
            "sql_mode" if across.crosses => match modes(value, across.to.mariadb) {
                Ok((kept, left)) => {
                    if !left.is_empty() {
                        said.push((format!("sql_mode of {title}"), left, "nothing".into()));
                    }
                    *value = kept;
                }
                Err(mode) => {
                    object.obstacle = Some(format!(
                        "it was made under sql_mode {mode}, which MySQL does not know: write it anew for MySQL"
                    ));
                }
            },
            "collation_connection" => {
                if let Some(fitting) = across.fitting(value).filter(|fitting| fitting != value) {
                    said.push((
                        format!("collation of {title}"),
                        value.clone(),
                        fitting.clone(),
                    ));
                    *value = fitting;
                }
            }
            "character_set_client" if !across.has_charset(value) => *value = "utf8mb4".into(),
            _ => {}
        }
    }
    object.session = session;
    let named = |word: &str| {
        let word = word.to_lowercase();
        match word.as_str() {
            "gb18030" if !across.has_charset(&word) => Some("utf8mb4".to_string()),
            _ if known_there.contains(&word) || is_of_a_family(&word) => {
                across.fitting(&word).filter(|fitting| *fitting != word)
            }
            _ => None,
        }
    };
    let mode = object.session.iter().find(|(name, _)| name == "sql_mode");
    let mode = Modes::of(mode.map_or("", |(_, value)| value));
    let mut changed = String::new();
    for token in tokens(&object.definition, mode) {
        match named(token.text).filter(|_| token.kind == Kind::Word) {
            Some(fitting) => {
                changed += &fitting;
                let from = token.text.to_lowercase();
                said.push((format!("collation of {title}"), from, fitting));
            }
            None => changed += token.text,
        }
    }
    object.definition = changed;
    let about = About::Object(object.kind, object.name.clone());
    let found = declared::spell(object, across);
    for (charset, collation) in found.named {
        said.push((
            format!("collation of {title}"),
            across.from.meant(&charset),
            collation,
        ));
    }
    said.dedup();
    let left = found.left.into_iter().map(|charset| Remark {
        about: about.clone(),
        says: Says::Warning(format!(
            "{title} says {charset} without a collation: that means {} on the source and {} on the target",
            across.from.meant(&charset),
            across.to.meant(&charset)
        )),
    });
    let left: Vec<Remark> = left.collect();
    said.into_iter()
        .filter(|(_, from, to)| collations::modern(from) != collations::modern(to))
        .map(|(what, from, to)| Remark {
            about: about.clone(),
            says: Says::Mapped(Mapped { what, from, to }),
        })
        .chain(left)
        .collect()
}

/// A backup has no list of the collations that its server knew.
fn is_of_a_family(word: &str) -> bool {
    word.contains("_0900_") || word.contains("uca1400_")
}

/// The modes that the target knows, and those that are left out.
///
/// # Errors
/// The mode that makes another language of a program.
fn modes(value: &str, to_mariadb: bool) -> Result<(String, String), String> {
    let words: Vec<&str> = value.split(',').filter(|word| !word.is_empty()).collect();
    let unknown = if to_mariadb { OF_MYSQL } else { OF_MARIADB };
    if !to_mariadb && let Some(mode) = words.iter().find(|word| LANGUAGES.contains(word)) {
        return Err(mode.to_string());
    }
    let (left, kept): (Vec<&str>, Vec<&str>) =
        words.into_iter().partition(|word| unknown.contains(word));
    Ok((kept.join(","), left.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_that_change_nothing_are_left_out_and_languages_are_obstacles() {
        assert_eq!(
            modes(
                "PIPES_AS_CONCAT,STRICT_TRANS_TABLES,NO_AUTO_CREATE_USER",
                false
            ),
            Ok((
                "PIPES_AS_CONCAT,STRICT_TRANS_TABLES".into(),
                "NO_AUTO_CREATE_USER".into()
            ))
        );
        assert_eq!(modes("", false), Ok((String::new(), String::new())));
        assert_eq!(modes("PIPES_AS_CONCAT,ORACLE", false), Err("ORACLE".into()));
        assert_eq!(
            modes("ANSI_QUOTES,TIME_TRUNCATE_FRACTIONAL", true),
            Ok(("ANSI_QUOTES".into(), "TIME_TRUNCATE_FRACTIONAL".into()))
        );
    }
}
