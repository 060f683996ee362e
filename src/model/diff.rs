//! What differs between two catalogs. Estimates and counters' positions never count.

use std::fmt::Debug;

use super::catalog::{Catalog, Column, ForeignKey, Index, Object, Table};

/// One difference of structure, told from the source's side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it is about: `column note`, `index by_name`, `view totals`.
    pub what: String,
    pub kind: ChangeKind,
}

/// How two sides differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    OnlyInSource,
    OnlyInTarget,
    Differs { source: String, target: String },
}

/// The differences between two tables of one name; empty when they are the same.
pub fn tables(source: &Table, target: &Table) -> Vec<Change> {
    let mut changes = Vec::new();
    pair(
        &mut changes,
        "column",
        &source.columns,
        &target.columns,
        |column| column.name.clone(),
        spell_column,
    );
    order(&mut changes, source, target);
    pair(
        &mut changes,
        "index",
        &source.indexes,
        &target.indexes,
        |index| index.name.clone(),
        spell_index,
    );
    pair(
        &mut changes,
        "foreign key",
        &source.foreign_keys,
        &target.foreign_keys,
        |key| named(&key.name, || key.columns.join(", ")),
        spell_key,
    );
    pair(
        &mut changes,
        "check",
        &source.checks,
        &target.checks,
        |check| named(&check.name, || check.expression.clone()),
        |check| check.expression.clone(),
    );
    pair(
        &mut changes,
        "option",
        &source.options,
        &target.options,
        |(name, _)| name.clone(),
        |(_, value)| value.clone(),
    );
    changes
}

/// The differences between the views, triggers, routines and events of two databases.
pub fn objects(source: &[Object], target: &[Object]) -> Vec<Change> {
    let mut changes = Vec::new();
    pair(
        &mut changes,
        "",
        source,
        target,
        Object::title,
        spell_object,
    );
    changes
}

/// The differences between the defaults of two databases.
pub fn defaults(source: &Catalog, target: &Catalog) -> Vec<Change> {
    let spelled = |catalog: &Catalog| catalog.collation.clone().unwrap_or_default();
    let (source, target) = (spelled(source), spelled(target));
    if source == target {
        return Vec::new();
    }
    vec![Change {
        what: "default collation".into(),
        kind: ChangeKind::Differs { source, target },
    }]
}

/// Pairs items by key; what has no partner, or another spelling, is a change.
fn pair<T>(
    changes: &mut Vec<Change>,
    noun: &str,
    source: &[T],
    target: &[T],
    key: impl Fn(&T) -> String,
    spell: impl Fn(&T) -> String,
) {
    let title = |item: &T| format!("{noun} {}", key(item)).trim_start().to_string();
    for item in source {
        match target.iter().find(|other| key(other) == key(item)) {
            None => changes.push(Change {
                what: title(item),
                kind: ChangeKind::OnlyInSource,
            }),
            Some(other) if spell(other) != spell(item) => changes.push(Change {
                what: title(item),
                kind: ChangeKind::Differs {
                    source: spell(item),
                    target: spell(other),
                },
            }),
            Some(_) => {}
        }
    }
    for item in target
        .iter()
        .filter(|item| !source.iter().any(|other| key(other) == key(item)))
    {
        changes.push(Change {
            what: title(item),
            kind: ChangeKind::OnlyInTarget,
        });
    }
}

/// The name of a constraint; one without a name is known by what it says.
fn named(name: &str, said: impl Fn() -> String) -> String {
    if name.is_empty() {
        said()
    } else {
        name.to_string()
    }
}

/// The same columns in another order are a change too.
fn order(changes: &mut Vec<Change>, source: &Table, target: &Table) {
    let names = |table: &Table, other: &Table| -> Vec<String> {
        let shared = table
            .columns
            .iter()
            .filter(|column| other.column(&column.name).is_some());
        shared.map(|column| column.name.clone()).collect()
    };
    let (left, right) = (names(source, target), names(target, source));
    if left != right {
        let kind = ChangeKind::Differs {
            source: left.join(", "),
            target: right.join(", "),
        };
        changes.push(Change {
            what: "order of columns".into(),
            kind,
        });
    }
}

fn spell_column(column: &Column) -> String {
    let mut text = column.kind.clone();
    if let Some(collation) = &column.collation {
        text += &format!(" collate {collation}");
    }
    if !column.nullable {
        text += " not null";
    }
    if let Some(default) = &column.default {
        text += &format!(" default {default}");
    }
    if let Some(generated) = &column.generated {
        text += &format!(
            " as ({}) {}",
            generated.expression,
            if generated.stored {
                "stored"
            } else {
                "virtual"
            }
        );
    }
    for (label, value) in [("", &column.extra), ("comment ", &column.comment)] {
        if !value.is_empty() {
            text += &format!(" {label}{value}");
        }
    }
    text
}

fn spell_index(index: &Index) -> String {
    let parts: Vec<String> = index
        .parts
        .iter()
        .map(|part| {
            let prefix = part
                .prefix
                .map(|length| format!("({length})"))
                .unwrap_or_default();
            let direction = if part.descending { " desc" } else { "" };
            format!(
                "{}{prefix}{direction}",
                part.expression.as_ref().unwrap_or(&part.column)
            )
        })
        .collect();
    let unique = if index.unique { "unique " } else { "" };
    format!(
        "{unique}{} ({}) {}",
        index.method,
        parts.join(", "),
        index.extra
    )
    .trim_end()
    .to_string()
}

fn spell_key(key: &ForeignKey) -> String {
    let parent = key
        .parent_database
        .iter()
        .chain([&key.parent])
        .cloned()
        .collect::<Vec<_>>()
        .join(".");
    format!(
        "({}) references {parent} ({}) on update {} on delete {}",
        key.columns.join(", "),
        key.parent_columns.join(", "),
        key.on_update,
        key.on_delete
    )
}

fn spell_object(object: &Object) -> String {
    match (&object.obstacle, object.session.is_empty()) {
        (Some(obstacle), _) => format!("{} ({obstacle})", object.definition),
        (None, true) => object.definition.clone(),
        (None, false) => format!(
            "{} [{}]",
            object.definition,
            spell_settings(&object.session)
        ),
    }
}

fn spell_settings(settings: &[(String, String)]) -> String {
    settings
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A number that changes when the structure does, and only then: what a plan was made from.
pub fn fingerprint(catalog: Option<&Catalog>) -> u128 {
    let text = catalog.map(|catalog| {
        let tables = catalog.tables.iter().map(|table| {
            let columns: Vec<String> = table
                .columns
                .iter()
                .map(|column| format!("{}{}", column.name, spell_column(column)))
                .collect();
            let indexes: Vec<String> = table
                .indexes
                .iter()
                .map(|index| format!("{}{}", index.name, spell_index(index)))
                .collect();
            let keys: Vec<String> = table
                .foreign_keys
                .iter()
                .map(|key| format!("{}{}", key.name, spell_key(key)))
                .collect();
            debug(&(
                &table.name,
                columns,
                indexes,
                keys,
                &table.checks,
                &table.options,
            ))
        });
        let objects = catalog
            .objects
            .iter()
            .map(|object| debug(&(object.title(), spell_object(object))));
        tables.chain(objects).collect::<Vec<_>>().join("\n")
    });
    twox_hash::XxHash3_128::oneshot(text.unwrap_or_else(|| "absent".into()).as_bytes())
}

fn debug(value: &impl Debug) -> String {
    format!("{value:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalog::Check;
    use crate::model::units::Rows;

    fn table(columns: &[(&str, &str)]) -> Table {
        let columns = columns.iter().map(|(name, kind)| Column {
            name: name.to_string(),
            kind: kind.to_string(),
            ..Column::default()
        });
        Table {
            name: "t".into(),
            columns: columns.collect(),
            ..Table::default()
        }
    }

    #[test]
    fn a_column_may_miss_be_extra_or_differ() {
        let changes = tables(
            &table(&[("a", "int"), ("b", "text")]),
            &table(&[("b", "blob"), ("c", "int")]),
        );
        let told: Vec<(&str, bool)> = changes
            .iter()
            .map(|change| {
                (
                    change.what.as_str(),
                    matches!(change.kind, ChangeKind::Differs { .. }),
                )
            })
            .collect();
        assert_eq!(
            told,
            [("column a", false), ("column b", true), ("column c", false)]
        );
    }

    #[test]
    fn constraints_without_a_name_are_told_apart_by_what_they_say() {
        let check = |expression: &str| Check {
            expression: expression.into(),
            ..Check::default()
        };
        let two = Table {
            checks: vec![check("a > 0"), check("b > 0")],
            ..Table::default()
        };
        assert_eq!(tables(&two, &two), []);
    }

    #[test]
    fn the_order_of_columns_counts() {
        let changes = tables(
            &table(&[("a", "int"), ("b", "int")]),
            &table(&[("b", "int"), ("a", "int")]),
        );
        assert_eq!(changes[0].what, "order of columns");
    }

    #[test]
    fn estimates_do_not_change_the_fingerprint_and_structure_does() {
        let catalog = |kind, rows| Catalog {
            tables: vec![Table {
                rows: Rows(rows),
                ..table(&[("a", kind)])
            }],
            ..Catalog::default()
        };
        let print = |kind, rows| fingerprint(Some(&catalog(kind, rows)));
        assert_eq!(print("int", 1), print("int", 900));
        assert_ne!(print("int", 1), print("bigint", 1));
        assert_ne!(fingerprint(None), fingerprint(Some(&Catalog::default())));
    }
}
