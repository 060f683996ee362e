//! Names that the target cannot tell apart, or spells in lower case (D09, `lower_case_table_names`).
//!
//! A server with the value 1 spells tables, views and databases in lower case, one with 2 as they were given, and
//! neither tells `Users` from `users`. There a program may name a table in any case; a server with 0 takes one only.

use std::collections::{BTreeMap, BTreeSet};

use super::super::dialect::quote;
use super::super::fold::{alike, lower};
use super::super::tokens::{Kind, Modes, Token, tokens};
use crate::model::catalog::{ForeignKey, Object, ObjectKind};
use crate::model::spelling::{About, Mapped, Remark, Says, Spelled};
use crate::model::survey::{Finding, Survey};

pub fn spell(spelled: &mut Spelled, from: &Survey, to: &Survey) {
    let (source, target) = (from.facts.lower_case_names, to.facts.lower_case_names);
    if target != 0 {
        let taken = names(spelled);
        let clashing = clashes(spelled, &taken, target);
        if target == 1 {
            let taken = taken.into_iter().map(|(_, name)| name).collect();
            fold(spelled, &taken, &clashing);
            if to.product.flavour != "MariaDB" {
                spelled.catalog.objects.iter_mut().for_each(fold_trigger);
            }
        }
    } else if source != 0 {
        exact(spelled);
    }
    if to.product.flavour != "MariaDB" {
        triggers(spelled);
    }
}

/// Whether an object has its name among those of the tables.
fn is_like_a_table(object: &Object) -> bool {
    matches!(object.kind, ObjectKind::View | ObjectKind::Sequence)
}

/// The names of tables, and of what has its name among them.
fn names(spelled: &Spelled) -> Vec<(About, String)> {
    let catalog = &spelled.catalog;
    let tables = catalog
        .tables
        .iter()
        .map(|table| (About::Table(table.name.clone()), table.name.clone()));
    let objects = catalog.objects.iter().filter(|one| is_like_a_table(one));
    let objects = objects.map(|one| (About::Object(one.kind, one.name.clone()), one.name.clone()));
    tables.chain(objects).collect()
}

/// Refuses names of which the target can hold only one: of each such group, all but the one in lower case.
fn clashes(spelled: &mut Spelled, taken: &[(About, String)], value: u8) -> BTreeSet<String> {
    let mut groups: BTreeMap<String, Vec<&(About, String)>> = BTreeMap::new();
    for one in taken {
        groups.entry(alike(&one.1)).or_default().push(one);
    }
    let mut clashing = BTreeSet::new();
    for group in groups.into_values().filter(|group| group.len() > 1) {
        for (about, name) in &group {
            clashing.insert(name.clone());
            if lower(name) == *name {
                continue;
            }
            let others: Vec<&str> = group
                .iter()
                .map(|(_, other)| other.as_str())
                .filter(|other| other != name)
                .collect();
            let problem = format!(
                "{name} and {} differ only by case: with lower_case_table_names = {value} the target holds one of them",
                others.join(", ")
            );
            let rename = "rename one of them on the source".to_string();
            let mend = match about {
                About::Table(name) => format!("--exclude {name}, or {rename}"),
                _ => rename,
            };
            let says = Says::Refused(Finding { problem, mend });
            let about = about.clone();
            spelled.remarks.push(Remark { about, says });
        }
    }
    for table in &spelled.catalog.tables {
        let to_clashing = |key: &&ForeignKey| {
            key.parent_database.is_none()
                && clashing.contains(&key.parent)
                && lower(&key.parent) != key.parent
        };
        for key in table.foreign_keys.iter().filter(to_clashing) {
            let says = Says::Refused(Finding {
                problem: format!(
                    "foreign key {} of {} refers to {}, whose name the target takes for another table's",
                    key.name, table.name, key.parent
                ),
                mend: format!("--exclude {} too, or rename {}", table.name, key.parent),
            });
            let about = About::Table(table.name.clone());
            spelled.remarks.push(Remark { about, says });
        }
    }
    clashing
}

/// Names in lower case, as the target will show them.
fn fold(spelled: &mut Spelled, taken: &BTreeSet<String>, clashing: &BTreeSet<String>) {
    let folded = |name: &str| match clashing.contains(name) {
        true => name.to_string(),
        false => lower(name),
    };
    let mut mapped = Vec::new();
    let mut refused = Vec::new();
    for table in &mut spelled.catalog.tables {
        let name = folded(&table.name);
        for key in &mut table.foreign_keys {
            key.parent = match &mut key.parent_database {
                Some(database) => {
                    *database = lower(database);
                    lower(&key.parent)
                }
                None => folded(&key.parent),
            };
        }
        if name != table.name {
            let made = format!("CREATE TABLE {}", quote(&table.name));
            if let Some(rest) = table.definition.strip_prefix(&made) {
                table.definition = format!("CREATE TABLE {}{rest}", quote(&name));
            }
            mapped.push((About::Table(name.clone()), table.name.clone(), name.clone()));
            let source = std::mem::replace(&mut table.name, name.clone());
            spelled.renamed.insert(name, source);
        }
    }
    for object in &mut spelled.catalog.objects {
        if let Some(table) = &mut object.table {
            *table = folded(table);
        }
        if object.kind == ObjectKind::View {
            object.definition = folded_view(&object.definition, &object.name, taken);
        }
        if is_like_a_table(object) {
            let name = folded(&object.name);
            if name == object.name {
                continue;
            }
            if object.kind == ObjectKind::Sequence {
                refused.push(Remark {
                    about: About::Object(object.kind, object.name.clone()),
                    says: Says::Refused(Finding {
                        problem: format!(
                            "the target would call sequence {} {name}, and what draws from it would not",
                            object.name
                        ),
                        mend: format!("rename it to {name} on the source"),
                    }),
                });
                continue;
            }
            let about = About::Object(object.kind, name.clone());
            mapped.push((about, object.name.clone(), name.clone()));
            object.name = name;
        }
    }
    spelled
        .catalog
        .tables
        .sort_by(|left, right| left.name.cmp(&right.name));
    for remark in &mut spelled.remarks {
        match &mut remark.about {
            About::Table(name) | About::Object(ObjectKind::View, name) => *name = folded(name),
            _ => {}
        }
    }
    spelled.remarks.extend(refused);
    remark(spelled, mapped);
}

/// MySQL prints the head of a trigger anew, with its table in lower case; MariaDB keeps the text.
fn fold_trigger(object: &mut Object) {
    let Some(table) = object.table.as_ref() else {
        return;
    };
    let pieces = tokens(&object.definition, Modes::default());
    let solid = solid(&pieces);
    let names_table = |at: &&usize| {
        pieces[solid[**at]].is_word("ON")
            && ["INSERT", "UPDATE", "DELETE"]
                .iter()
                .any(|event| pieces[solid[**at - 1]].is_word(event))
    };
    let numbers: Vec<usize> = (1..solid.len()).collect();
    let Some(place) = numbers.iter().find(names_table).map(|at| solid.get(at + 1)) else {
        return;
    };
    let text = |(at, piece): (usize, &Token<'_>)| match place {
        Some(place) if *place == at => quote(table),
        _ => piece.text.to_string(),
    };
    object.definition = pieces.iter().enumerate().map(text).collect();
}

/// `name of table: Users becomes users`.
fn remark(spelled: &mut Spelled, mapped: Vec<(About, String, String)>) {
    spelled
        .remarks
        .extend(mapped.into_iter().map(|(about, from, to)| {
            let what = match &about {
                About::Object(kind, _) => format!("name of {kind}"),
                _ => "name of table".to_string(),
            };
            let says = Says::Mapped(Mapped { what, from, to });
            Remark { about, says }
        }));
}

/// A view's text with its tables and aliases in lower case, as such a server prints it. Columns keep their names:
/// they stand behind a dot or behind AS.
fn folded_view(text: &str, view: &str, tables: &BTreeSet<String>) -> String {
    let pieces = tokens(text, Modes::default());
    let solid: Vec<usize> = solid(&pieces);
    let name = |at: usize| solid.get(at).and_then(|piece| pieces[*piece].name());
    let is_sign = |at: Option<usize>, sign: &str| {
        at.and_then(|at| solid.get(at))
            .is_some_and(|piece| pieces[*piece].is_sign(sign))
    };
    let is_word = |at: Option<usize>, words: &[&str]| {
        at.and_then(|at| solid.get(at))
            .is_some_and(|piece| words.iter().any(|word| pieces[*piece].is_word(word)))
    };
    // Whatever stands before a dot somewhere is a table, an alias or a database.
    let qualifiers: BTreeSet<String> = (0..solid.len())
        .filter(|at| is_sign(Some(at + 1), "."))
        .filter_map(|at| name(at).map(|name| name.into_owned()))
        .collect();
    let starts = (0..solid.len())
        .find(|at| is_word(Some(*at), &["view"]))
        .and_then(|at| (at..solid.len()).find(|at| is_word(Some(*at), &["as"])));
    let mut text = String::new();
    let mut next = 0;
    for (at, piece) in solid.iter().enumerate() {
        let before = at.checked_sub(1);
        let is_own = name(at).is_some_and(|name| name == view) && is_word(before, &["view"]);
        let is_table = starts.is_some_and(|start| at > start)
            && !is_sign(before, ".")
            && !is_word(before, &["as"])
            && name(at).is_some_and(|name| {
                qualifiers.contains(name.as_ref()) || tables.contains(name.as_ref())
            });
        let is_middle = is_sign(before, ".") && is_sign(Some(at + 1), ".");
        for gap in &pieces[next..*piece] {
            text.push_str(gap.text);
        }
        let token = &pieces[*piece];
        match token.kind {
            Kind::Name if is_own || is_table || is_middle => {
                text.push_str(&quote(&lower(&token.unquoted())));
            }
            _ => text.push_str(token.text),
        }
        next = piece + 1;
    }
    for gap in &pieces[next..] {
        text.push_str(gap.text);
    }
    text
}

/// The tokens that are no gaps, by number.
fn solid(pieces: &[Token<'_>]) -> Vec<usize> {
    let is_solid = |at: &usize| pieces[*at].kind != Kind::Gap;
    (0..pieces.len()).filter(is_solid).collect()
}

/// The tables that programs name, as the target has them: it does not take another case.
fn exact(spelled: &mut Spelled) {
    let database = spelled.catalog.database.clone();
    let names: Vec<String> = names(spelled).into_iter().map(|(_, name)| name).collect();
    let known: BTreeMap<String, &String> = names
        .iter()
        .chain([&database])
        .map(|name| (alike(name), name))
        .collect();
    let mut mapped = Vec::new();
    for object in &mut spelled.catalog.objects {
        if is_like_a_table(object) {
            continue;
        }
        let title = object.title();
        let about = About::Object(object.kind, object.name.clone());
        let mode = object.session.iter().find(|(name, _)| name == "sql_mode");
        let mode = mode.map_or("", |(_, mode)| mode);
        let pieces = tokens(&object.definition, Modes::of(mode));
        let solid = solid(&pieces);
        let columns: BTreeSet<usize> = (0..solid.len())
            .filter(|at| is_column(&pieces, &solid, *at, &database))
            .map(|at| solid[at])
            .collect();
        let mut text = String::new();
        for (at, token) in pieces.iter().enumerate() {
            let name = token.name().unwrap_or_default();
            let exact = known.get(&alike(&name));
            let exact = exact.filter(|exact| **exact != name.as_ref() && !columns.contains(&at));
            let Some(exact) = exact else {
                text.push_str(token.text);
                continue;
            };
            let says = Says::Mapped(Mapped {
                what: format!("a name in {title}"),
                from: name.to_string(),
                to: exact.to_string(),
            });
            let remark = Remark {
                about: about.clone(),
                says,
            };
            if !mapped.contains(&remark) {
                mapped.push(remark);
            }
            match token.quote() {
                None => text.push_str(exact),
                Some("\"") => text.push_str(&format!("\"{}\"", exact.replace('"', "\"\""))),
                _ => text.push_str(&quote(exact)),
            }
        }
        object.definition = text;
    }
    spelled.remarks.extend(mapped);
}

/// Whether a name stands where a column does: behind another table's dot, or as the heading of a result.
fn is_column(pieces: &[Token<'_>], solid: &[usize], at: usize, database: &str) -> bool {
    let piece = |at: Option<usize>| at.and_then(|at| solid.get(at)).map(|at| &pieces[*at]);
    let before = piece(at.checked_sub(1));
    let after = piece(Some(at + 1));
    if before.is_some_and(|piece| piece.is_sign(".")) {
        let owner = piece(at.checked_sub(2)).and_then(Token::name);
        return !after.is_some_and(|piece| piece.is_sign("."))
            && owner.is_none_or(|owner| alike(&owner) != alike(database));
    }
    before.is_some_and(|piece| piece.is_word("AS"))
        && after.is_none_or(|piece| {
            piece.is_sign(",") || piece.is_word("FROM") || piece.is_word("INTO")
        })
}

/// MySQL does not tell the triggers `T` and `t` apart; MariaDB does.
fn triggers(spelled: &mut Spelled) {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for object in &spelled.catalog.objects {
        if object.kind != ObjectKind::Trigger {
            continue;
        }
        let Some(other) = seen.insert(alike(&object.name), object.name.clone()) else {
            continue;
        };
        let says = Says::Refused(Finding {
            problem: format!(
                "the triggers {other} and {} differ only by case: the target can hold one of them",
                object.name
            ),
            mend: "give one of them another name on the source".into(),
        });
        let about = About::Object(object.kind, object.name.clone());
        spelled.remarks.push(Remark { about, says });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d09_a_view_keeps_its_columns_and_folds_its_tables() {
        let text = "CREATE ALGORITHM=UNDEFINED DEFINER=`Ann`@`%` SQL SECURITY DEFINER VIEW `VU` AS select `U`.`Users` AS `Users`,`Db`.`T`.`T` AS `U` from (`Users` `U` join `Db`.`T` on(`T`.`U` = `U`.`Id`))";
        let folded = "CREATE ALGORITHM=UNDEFINED DEFINER=`Ann`@`%` SQL SECURITY DEFINER VIEW `vu` AS select `u`.`Users` AS `Users`,`db`.`t`.`T` AS `U` from (`users` `u` join `db`.`T` on(`t`.`U` = `u`.`Id`))";
        let tables = BTreeSet::from(["Users".to_string(), "VU".to_string()]);
        assert_eq!(folded_view(text, "VU", &tables), folded);
    }
    #[test]
    fn d09_c11_a_sequence_with_capitals_is_refused_where_the_target_folds() {
        let sequence = |name: &str| Object {
            kind: ObjectKind::Sequence,
            name: name.into(),
            table: None,
            definition: String::new(),
            session: Vec::new(),
            definer: None,
            obstacle: None,
        };
        let mut spelled = Spelled::default();
        spelled.catalog.objects = vec![sequence("Tickets"), sequence("plain")];
        fold(&mut spelled, &BTreeSet::new(), &BTreeSet::new());
        let [remark] = &spelled.remarks[..] else {
            panic!("{:?}", spelled.remarks);
        };
        assert!(
            matches!(&remark.says, Says::Refused(finding) if finding.problem.contains("Tickets"))
        );
    }
}
