//! What the target has already and spells in its own words is taken as the target shows it, where both mean the
//! same: so a plan, and `compare`, see differences of meaning and no others.

use std::collections::BTreeSet;

use super::definition::{self, CheckText, ColumnText, Definition, KeyText};
use super::tokens::{self, Token};
use super::{canonical, collations, program};
use crate::engines::mysql::dialect::hex;
use crate::model::catalog::{Catalog, Column, Object, ObjectKind, Table};

/// Takes the target's spelling wherever it means the same.
pub fn adopt(catalog: &mut Catalog, there: &Catalog) {
    for table in &mut catalog.tables {
        if let Some(other) = there.table(&table.name) {
            adopt_table(table, other);
        }
    }
    for object in &mut catalog.objects {
        if let Some(other) = there.object(object.kind, &object.name)
            && is_same_object(object, other)
        {
            *object = other.clone();
        }
    }
}

fn adopt_table(table: &mut Table, other: &Table) {
    let (Some(here), Some(there)) = (
        definition::read(&table.definition),
        definition::read(&other.definition),
    ) else {
        return;
    };
    for column in &mut table.columns {
        let Some(known) = other.column(&column.name) else {
            continue;
        };
        let form = |definition: &Definition, column: &Column| {
            let text = definition
                .columns
                .iter()
                .find(|text| tokens::unquoted(&text.name) == column.name);
            text.map(|text| form_of_column(text, column))
        };
        if form(&here, column) == form(&there, known) {
            *column = known.clone();
        }
    }
    for index in &mut table.indexes {
        let key = |definition: &Definition| {
            let named = |key: &&KeyText| match index.primary {
                true => key.name.is_empty(),
                false => tokens::unquoted(&key.name) == index.name,
            };
            definition.keys.iter().find(named).map(form_of_key)
        };
        let known = other.indexes.iter().find(|known| known.name == index.name);
        if let Some(known) = known.filter(|_| key(&here) == key(&there)) {
            *index = known.clone();
        }
    }
    adopt_keys(table, other);
    adopt_checks(table, other, &here, &there);
    adopt_options(table, other, &here, &there);
}

/// NO ACTION is what InnoDB does where nothing is said, and RESTRICT is the same there.
fn adopt_keys(table: &mut Table, other: &Table) {
    let action = |action: &str| match action {
        "NO ACTION" | "RESTRICT" => String::new(),
        other => other.to_string(),
    };
    for key in &mut table.foreign_keys {
        let known = other
            .foreign_keys
            .iter()
            .find(|known| known.name == key.name);
        if let Some(known) = known
            && action(&known.on_delete) == action(&key.on_delete)
            && action(&known.on_update) == action(&key.on_update)
        {
            key.on_delete = known.on_delete.clone();
            key.on_update = known.on_update.clone();
        }
    }
}

/// Checks are known by what they say: names that a server gave are not taken along.
fn adopt_checks(table: &mut Table, other: &Table, here: &Definition, there: &Definition) {
    let ours = checks(here);
    let theirs = checks(there);
    let sorted = |mut forms: Vec<String>| {
        forms.sort();
        forms
    };
    if sorted(ours.clone()) == sorted(theirs) {
        table.checks = other.checks.clone();
    } else if ours.is_empty() {
        table.checks.clear();
    }
}

fn checks(definition: &Definition) -> Vec<String> {
    let form = |check: &CheckText| {
        format!(
            "{} {}",
            canonical::computed(&check.expression),
            check.is_enforced
        )
    };
    let own = definition.columns.iter().flat_map(|column| &column.checks);
    own.map(|check| format!("{} true", canonical::computed(check)))
        .chain(definition.checks.iter().map(form))
        .collect()
}

fn adopt_options(table: &mut Table, other: &Table, here: &Definition, there: &Definition) {
    let form = |definition: &Definition| -> Vec<(String, String)> {
        let counts = |name: &str| !["AUTO_INCREMENT", "DEFAULT CHARSET", "COLLATE"].contains(&name);
        let mut options: Vec<(String, String)> = definition
            .options
            .iter()
            .filter(|(name, _)| counts(name))
            .map(|(name, value)| {
                (
                    name.clone(),
                    canonical::default(&tokens::cut(value)).to_lowercase(),
                )
            })
            .collect();
        options.sort();
        options
    };
    let value = |table: &Table, name: &str| {
        let found = table.options.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| collations::modern(value))
    };
    let partitions =
        |definition: &Definition| definition.partitions.as_deref().map(form_of_partitions);
    let is_same = form(here) == form(there)
        && value(table, "collation") == value(other, "collation")
        && partitions(here) == partitions(there)
        && here.is_versioned == there.is_versioned;
    if is_same {
        table.options = other.options.clone();
    }
}

/// Whether a name stands in quotes says nothing there.
fn form_of_partitions(partitions: &[Token]) -> String {
    let words = partitions
        .iter()
        .map(|token| tokens::unquoted(&token.text).to_lowercase());
    words.collect::<Vec<_>>().join(" ")
}

fn form_of_column(text: &ColumnText, column: &Column) -> String {
    let default = match &text.default {
        Some(default) => form_of_default(&canonical::default(default), &text.kind.to_lowercase()),
        None => "null".into(),
    };
    let optional = |tokens: &Option<Vec<Token>>| {
        tokens
            .as_ref()
            .map(|tokens| canonical::expression(tokens))
            .unwrap_or_default()
    };
    let expression = text
        .generated
        .as_ref()
        .map(|(expression, stored)| format!("{} {stored}", canonical::computed(expression)));
    let generated = expression.is_some();
    format!(
        "{:?}",
        (
            form_of_kind(&text.kind),
            column.collation.as_deref().map(collations::modern),
            expression,
            // MariaDB knows no NOT NULL of a generated column.
            column.nullable || generated,
            default,
            optional(&text.on_update),
            text.auto_increment,
            text.is_invisible,
            canonical::expression(&tokens::cut(&text.comment.clone().unwrap_or("''".into()))),
            (&text.srid, text.compressed, text.versioned),
        )
    )
}

/// Bytes are printed as text by one and as hexadecimal digits by the other, and floating numbers in two ways.
fn form_of_default(default: &str, kind: &str) -> String {
    let Some(content) = default.strip_prefix('=') else {
        return default.to_string();
    };
    if kind.starts_with("float") || kind.starts_with("double") {
        return content
            .parse::<f64>()
            .map_or(default.to_string(), |number| format!("{number:?}"));
    }
    match (
        kind.contains("binary") || kind.contains("blob"),
        content.strip_prefix("0x"),
    ) {
        (true, None) => hex(content.as_bytes()),
        (true, Some(digits)) => digits.to_string(),
        _ => default.to_string(),
    }
}

/// A type without the width that only says how it is shown.
fn form_of_kind(kind: &str) -> String {
    let kind = kind
        .to_lowercase()
        .replace("geometrycollection", "geomcollection");
    let shows = ["tinyint", "smallint", "mediumint", "int", "bigint", "year"];
    let name = kind.split('(').next().unwrap_or_default().to_string();
    if !shows.contains(&name.as_str()) || kind.contains("zerofill") || kind == "tinyint(1)" {
        return kind;
    }
    let rest = kind.split(')').nth(1).unwrap_or_default();
    format!("{name}{rest}")
}

fn form_of_key(key: &KeyText) -> String {
    let parts: Vec<String> = key
        .parts
        .iter()
        .map(|part| canonical::expression(part))
        .collect();
    // The method that an engine has by default is printed by one and not by the other.
    let rest: Vec<&Token> = key
        .rest
        .iter()
        .filter(|token| !token.is("USING") && !token.is("BTREE"))
        .collect();
    let rest: Vec<String> = rest.into_iter().map(|token| token.text.clone()).collect();
    format!(
        "{:?}",
        (key.kind.to_uppercase(), parts, key.is_hidden, rest)
    )
}

/// Whether two objects mean the same, whoever printed them.
pub fn is_same_object(object: &Object, other: &Object) -> bool {
    let form = |object: &Object| canonical::statement(&tokens::cut(&object.definition));
    object.kind == other.kind
        && object.obstacle == other.obstacle
        && object.table == other.table
        && settings(object) == settings(other)
        && match object.kind {
            // Servers print these anew, under a mode of their own.
            ObjectKind::View | ObjectKind::Sequence => {
                object.definition == other.definition || form(object) == form(other)
            }
            _ => program::is_same(object, other),
        }
}

/// The settings of an object; modes are a set.
fn settings(object: &Object) -> Vec<(String, BTreeSet<String>)> {
    let words = |value: &str| value.split(',').map(collations::modern).collect();
    object
        .session
        .iter()
        .map(|(name, value)| (name.clone(), words(value)))
        .collect()
}
