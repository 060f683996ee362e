//! Views, triggers, routines and events: their definers, the database that their text names, and when events fire.

use std::collections::BTreeSet;

use crate::engines::mysql::dialect::quote;
use crate::engines::mysql::qualifiers::{self, Reader};
use crate::engines::mysql::tokens::{Kind, Token, tokens};
use crate::engines::mysql::{definers, objects};
use crate::model::catalog::{Object, ObjectKind};
use crate::model::spelling::{About, Definer, Events, Mapped, Remark, Says, Spelled, Wish};
use crate::model::survey::{Finding, Survey};

pub fn spell(spelled: &mut Spelled, from: &Survey, to: &Survey, wish: Wish) {
    let catalog = &mut spelled.catalog;
    if wish.events == Events::Skip {
        catalog
            .objects
            .retain(|object| object.kind != ObjectKind::Event);
    }
    let packages = catalog.objects.iter();
    let packages: BTreeSet<String> = packages
        .filter(|object| object.kind == ObjectKind::Package)
        .map(|object| object.name.clone())
        .collect();
    let reader = Reader {
        database: &from.database,
        packages: &packages,
        folds_case: from.facts.lower_case_names != 0,
    };
    for object in &mut catalog.objects {
        let broken = from.facts.broken.get(&(object.kind, object.name.clone()));
        object.obstacle = object.obstacle.take().or(broken.cloned());
        if object.obstacle.is_some() || object.definition.is_empty() {
            continue;
        }
        let about = About::Object(object.kind, object.name.clone());
        let mut says = move_home(object, &reader, to);
        says.extend(take_charset(object, to));
        if object.kind == ObjectKind::Event {
            says.extend(time(object, to, wish.events));
        }
        says.extend(take_definer(object, to, wish.definer));
        says.extend(distrusted(object, to));
        says.extend(defaults(object, from, to));
        let about = |says| Remark {
            about: about.clone(),
            says,
        };
        spelled.remarks.extend(says.into_iter().map(about));
    }
    spelled.remarks.extend(outside(spelled, to));
    spelled.remarks.extend(give_way(to));
}

/// The text names the target's database where it named the source's (D02).
fn move_home(object: &mut Object, reader: &Reader, to: &Survey) -> Vec<Says> {
    let named = reader.read(object);
    let mut says: Vec<Says> = named
        .others
        .iter()
        .filter(|other| **other != to.database)
        .map(|other| {
            let there = match to.facts.databases.contains(other) {
                true => "",
                false => ", which the target does not show",
            };
            Says::Warning(format!(
                "{} names another database, {other}{there}",
                object.title()
            ))
        })
        .collect();
    let home = reader.database;
    if home == to.database {
        return says;
    }
    if named.is_unsure {
        says.push(Says::Refused(Finding {
            problem: format!(
                "{} names the source database {home}, or something else of that name: it cannot be told which",
                object.title()
            ),
            mend: format!(
                "give what is called {home} in it another name, or keep the database's name on the target"
            ),
        }));
        return says;
    }
    if named.in_strings {
        says.push(Says::Warning(format!(
            "{} names the source database {home} in a string: it stays as it is",
            object.title()
        )));
    }
    if !named.own.is_empty() {
        let text = tokens(&object.definition, qualifiers::modes(object));
        object.definition = qualifiers::renamed(&text, &named.own, &to.database);
        says.push(Says::Together(Box::new(Says::Mapped(Mapped {
            what: "database".into(),
            from: home.into(),
            to: to.database.clone(),
        }))));
    }
    says
}

/// MySQL takes the text of programs, but for views, in UTF-8 only; what it means stays the same (A09).
fn take_charset(object: &mut Object, to: &Survey) -> Option<Says> {
    let prepares = match to.product.flavour.as_str() {
        "MariaDB" => definers::version(to) >= (10, 6, 2) || object.kind == ObjectKind::View,
        _ => object.kind == ObjectKind::View,
    };
    if !objects::is_foreign(object) || prepares && objects::keeps_charset(object) {
        return None;
    }
    let text = tokens(&object.definition, qualifiers::modes(object));
    let client = |(name, _): &&mut (String, String)| name == "character_set_client";
    let (_, charset) = object.session.iter_mut().find(client)?;
    // After `_latin1` the very bytes of the string count.
    let mut before = None;
    let raw = text
        .iter()
        .filter(|token| token.kind != Kind::Gap)
        .any(|token| {
            let introducer = before.replace(token).is_some_and(is_introducer);
            introducer && token.kind == Kind::Text && !token.text.is_ascii()
        });
    if raw {
        object.obstacle = Some(format!(
            "its text has strings whose bytes count, and came in {charset}: {} takes it in UTF-8 only",
            to.product.flavour
        ));
        return None;
    }
    Some(Says::Together(Box::new(Says::Mapped(Mapped {
        what: "character_set_client".into(),
        from: std::mem::replace(charset, "utf8mb4".into()),
        to: "utf8mb4".into(),
    }))))
}

fn is_introducer(token: &Token<'_>) -> bool {
    token.kind == Kind::Word && token.text.starts_with('_')
}

/// Whether and when an event fires.
fn time(event: &mut Object, to: &Survey, wish: Events) -> Option<Says> {
    let text = tokens(&event.definition, qualifiers::modes(event));
    // Names are quoted and comments are strings: before DO there is one such word.
    let head = text.iter().position(|token| token.is_word("DO"))?;
    let said = |words: &[&str]| {
        let mut head = text[..head].iter();
        head.position(|token| words.iter().any(|word| token.is_word(word)))
    };
    let with = |at: usize, word: &str| {
        let mut text: Vec<&str> = text.iter().map(|token| token.text).collect();
        text[at] = word;
        text.concat()
    };
    // Events that came by replication, and fire where they came from.
    if let Some(at) = said(&["SLAVE", "REPLICA"]) {
        let speaks_anew = to.product.flavour == "MySQL" && definers::version(to) >= (8, 3, 0);
        event.definition = with(at, if speaks_anew { "REPLICA" } else { "SLAVE" });
        return None;
    }
    let at = said(&["ENABLE"])?;
    if wish == Events::Disable {
        event.definition = with(at, "DISABLE");
        return Some(Says::Together(Box::new(Says::Mapped(Mapped {
            what: "state".into(),
            from: "enabled".into(),
            to: "disabled".into(),
        }))));
    }
    let when = match to.facts.fires_events {
        true => "",
        false => " as soon as its event_scheduler is on",
    };
    Some(Says::Warning(format!(
        "event {} is enabled: it will fire on the target too{when}",
        event.name
    )))
}

/// Whose rights the object runs with on the target (D03).
fn take_definer(object: &mut Object, to: &Survey, wish: Definer) -> Option<Says> {
    let text = tokens(&object.definition, qualifiers::modes(object));
    let clause = definers::clause(&text)?;
    let definer = object
        .definer
        .clone()
        .unwrap_or_else(|| clause.account(&text));
    let own = &to.facts.account;
    if wish == Definer::Current {
        if definer == *own {
            return None;
        }
        object.definition = clause.replaced(&text, own);
        object.definer = Some(own.clone());
        return Some(Says::Together(Box::new(Says::Mapped(Mapped {
            what: "definer".into(),
            from: definers::spelled(&definer),
            to: definers::spelled(own),
        }))));
    }
    if definer == *own {
        return None;
    }
    let name = definers::spelled(&definer);
    let accounts = to.facts.accounts.as_ref();
    let is_known = accounts.map(|accounts| accounts.contains(&definer));
    // MariaDB would take an account `role`@`%` for a role that it does not know.
    let is_role = !definer.contains('@');
    let says = match (is_known, definers::missing(to, &definer)) {
        (Some(false), _) if wish == Definer::Refuse || is_role => Says::Refused(Finding {
            problem: format!("the target does not know the definer {name}"),
            mend: match is_role {
                true => format!("CREATE ROLE {name}; on the target, or --definer current"),
                false => format!("CREATE USER {name}; on the target, or --definer current"),
            },
        }),
        (_, Some(privilege)) => Says::Refused(definers::unnameable(to, &definer, privilege)),
        (Some(true), None) => return None,
        (Some(false), None) => Says::Warning(format!("definer {name} is unknown on the target")),
        (None, None) => Says::Warning(format!(
            "whether the target knows the definer {name} could not be checked"
        )),
    };
    Some(Says::Together(Box::new(says)))
}

/// A function or trigger that the target's binary log keeps from being made.
fn distrusted(object: &Object, to: &Survey) -> Option<Says> {
    let is_safe = match object.kind {
        ObjectKind::Trigger => true,
        ObjectKind::Function => is_safe(object),
        _ => return None,
    };
    definers::is_distrusted(to, is_safe)
        .then(|| Says::Together(Box::new(Says::Refused(definers::distrusted(to)))))
}

/// Whether a function calls itself deterministic, or says that it changes no data.
fn is_safe(function: &Object) -> bool {
    let text = tokens(&function.definition, qualifiers::modes(function));
    let text: Vec<&Token<'_>> = text
        .iter()
        .filter(|token| token.kind != Kind::Gap)
        .collect();
    // In Oracle mode, RETURN stands before the type.
    let mut modes = function.session.iter();
    let is_oracle = modes.any(|(name, modes)| name == "sql_mode" && modes.contains("ORACLE"));
    let ends = match is_oracle {
        true => ["AS", "IS"],
        false => ["BEGIN", "RETURN"],
    };
    let begins = |token: &&&Token<'_>| !ends.iter().any(|word| token.is_word(word));
    let head: Vec<&Token<'_>> = text.iter().take_while(begins).copied().collect();
    let says = |words: &[&str]| {
        head.windows(words.len()).any(|tokens| {
            let mut pairs = tokens.iter().zip(words);
            pairs.all(|(token, word)| token.is_word(word))
        })
    };
    says(&["DETERMINISTIC"]) && !says(&["NOT", "DETERMINISTIC"])
        || says(&["NO", "SQL"])
        || says(&["READS", "SQL", "DATA"])
}

/// Parameters and variables that name no character set take that of the database.
fn defaults(object: &Object, from: &Survey, to: &Survey) -> Option<Says> {
    let takes = matches!(object.kind, ObjectKind::Function | ObjectKind::Procedure);
    let default = |survey: &Survey| survey.catalog.as_ref()?.collation.clone();
    let (left, right) = (default(from)?, default(to)?);
    (takes && left != right).then(|| {
        Says::Together(Box::new(Says::Warning(format!(
            "the target database's default collation is {right}, not {left}: parameters that name none take it"
        ))))
    })
}

/// Foreign keys to other databases, which keep their names.
fn outside(spelled: &Spelled, to: &Survey) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for table in &spelled.catalog.tables {
        for key in &table.foreign_keys {
            let Some(other) = &key.parent_database else {
                continue;
            };
            let there = match to.facts.databases.contains(other) {
                true => "",
                false => ", which the target does not show",
            };
            remarks.push(Remark {
                about: About::Table(table.name.clone()),
                says: Says::Warning(format!(
                    "foreign key {} of {} refers to another database, {other}{there}",
                    key.name, table.name
                )),
            });
        }
    }
    remarks
}

/// What of the target gives way: triggers step aside for the swap, and must be made again if it fails; what belongs to
/// an account of the system is dropped by its like only (D03).
fn give_way(to: &Survey) -> Vec<Remark> {
    let own = definers::spelled(&to.facts.account);
    let objects = to.catalog.iter().flat_map(|catalog| &catalog.objects);
    let remark = |object: &Object| {
        let definer = object.definer.as_ref()?;
        let privilege = definers::missing(to, definer)?;
        let about = match &object.table {
            Some(table) => About::Table(table.clone()),
            None if privilege == "SYSTEM_USER" => About::Object(object.kind, object.name.clone()),
            None => return None,
        };
        let (title, definer) = (object.title(), definers::spelled(definer));
        let place = format!("{}.{}", quote(&to.database), quote(&object.name));
        let grant = format!("GRANT {privilege} ON *.* TO {own};");
        let finding = match privilege {
            "SYSTEM_USER" => Finding {
                problem: format!(
                    "{own} could not replace {title} on the target: its definer is {definer}"
                ),
                mend: grant,
            },
            _ => Finding {
                problem: format!(
                    "{own} could not put {title} of the target back if the sync failed or was rolled back: \
                     its definer is {definer}"
                ),
                mend: format!(
                    "{grant} or, to do without it from now on, DROP TRIGGER {place}; on the target first"
                ),
            },
        };
        let says = Says::Refused(finding);
        Some(Remark { about, says })
    };
    objects.filter_map(remark).collect()
}

#[cfg(test)]
mod tests;
