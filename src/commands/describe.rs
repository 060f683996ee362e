//! `describe DB.TABLE|ENDPOINT`: what a table is made of, or how a view, trigger or routine is defined.

use serde_json::{Value, json};

use super::places::{self, Want};
use super::tables::{key, options_value};
use super::{Command, Context, Error, Group, Result};
use crate::model::catalog::{Catalog, Column, ForeignKey, Index, Object, Table as Described};
use crate::model::endpoint::nearest;
use crate::output::{Cell, Page, Reply, Table, Tone};

/// Show a table's columns, indexes, foreign keys and triggers
#[derive(Debug, clap::Parser)]
#[command(name = "describe", alias = "desc")]
pub struct Args {
    /// A table or view of the source such as shop.orders, or of any place such as prod/shop.orders
    #[arg(value_name = "DB.TABLE")]
    table: String,
    /// Show the statement that makes it
    #[arg(long)]
    sql: bool,
}

impl Command for Args {
    type Reply = Description;
    const GROUP: Group = Group::Session;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("describe shop.orders", "a table of the source"),
        (
            "describe prod/shop.orders --sql",
            "its statement, as the server prints it",
        ),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Description> {
        let spot = places::look(cx, Some(&self.table), Want::Table).await?;
        let Some(name) = &spot.place.table else {
            return Err(Error::usage(format!("{} names no table", spot.place))
                .hint("as in describe shop.orders; tables lists them"));
        };
        let detail = match self.sql {
            true => Detail::Statement,
            false => Detail::Parts,
        };
        described(&spot.catalog().await?, name, detail)
    }
}

/// What is shown of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    Parts,
    Statement,
}

/// A table with its triggers, or the objects of a name that is no table's.
#[derive(Debug)]
pub struct Description {
    database: String,
    detail: Detail,
    table: Option<Described>,
    objects: Vec<Object>,
}

/// Finds a table, else the objects of this name.
fn described(catalog: &Catalog, name: &str, detail: Detail) -> Result<Description> {
    let table = catalog.table(name).cloned();
    let belongs = |object: &&Object| match table {
        Some(_) => object.table.as_deref() == Some(name),
        None => object.name == name,
    };
    let objects: Vec<_> = catalog.objects.iter().filter(belongs).cloned().collect();
    if table.is_none() && objects.is_empty() {
        let tables = catalog.tables.iter().map(|table| table.name.as_str());
        let objects = catalog.objects.iter().map(|object| object.name.as_str());
        let near = nearest(name, tables.chain(objects))
            .map(|near| format!("; did you mean {near}?"))
            .unwrap_or_default();
        let message = format!("there is no table {name} in {}{near}", catalog.database);
        return Err(Error::usage(message).hint(format!("tables {} lists them", catalog.database)));
    }
    Ok(Description {
        database: catalog.database.clone(),
        detail,
        table,
        objects,
    })
}

impl Reply for Description {
    fn render(&self, page: &mut Page) {
        match (&self.table, self.detail) {
            (Some(table), Detail::Parts) => self.parts(table, page),
            (Some(table), Detail::Statement) => {
                statement(&table.definition, page);
                self.definitions(page);
            }
            (None, _) => self.definitions(page),
        }
    }

    fn json(&self) -> Value {
        let objects = self.objects.iter().map(object_value).collect::<Vec<_>>();
        let Some(table) = &self.table else {
            return json!({ "database": self.database, "objects": objects });
        };
        json!({
            "database": self.database,
            "table": table.name,
            "rows": table.rows.0,
            "bytes": table.bytes.0,
            "columns": table.columns.iter().map(column_value).collect::<Vec<_>>(),
            "indexes": table.indexes.iter().map(index_value).collect::<Vec<_>>(),
            "foreign_keys": table.foreign_keys.iter().map(foreign_key_value).collect::<Vec<_>>(),
            "checks": table.checks.iter().map(|it| json!({ "name": it.name, "expression": it.expression })).collect::<Vec<_>>(),
            "options": options_value(table),
            "objects": objects,
            "definition": table.definition,
        })
    }
}

impl Description {
    fn parts(&self, table: &Described, page: &mut Page) {
        let key = key(table).map_or("no key".to_string(), |key| format!("key {key}"));
        page.pieces([
            Cell::new(Tone::Strong, format!("{}.{}", self.database, table.name)),
            format!("  about {} rows, {}, {key}", table.rows, table.bytes).into(),
        ]);
        page.table(columns(&table.columns));
        section(
            page,
            "Indexes",
            &["name", "kind", "columns", "more"],
            table.indexes.iter().map(index_cells),
        );
        section(
            page,
            "Foreign keys",
            &["name", "columns", "refers to", "rules"],
            table.foreign_keys.iter().map(foreign_key_cells),
        );
        section(
            page,
            "Checks",
            &["name", "expression"],
            table
                .checks
                .iter()
                .map(|check| vec![check.name.clone(), check.expression.clone()]),
        );
        section(
            page,
            "Triggers",
            &["name"],
            self.objects.iter().map(|object| vec![object.name.clone()]),
        );
        section(
            page,
            "Options",
            &["name", "value"],
            table
                .options
                .iter()
                .map(|(name, value)| vec![name.clone(), value.clone()]),
        );
    }

    fn definitions(&self, page: &mut Page) {
        for object in &self.objects {
            page.line(Cell::new(
                Tone::Faint,
                format!("-- {} of {}", object.title(), self.database),
            ));
            statement(&object.definition, page);
            if let Some(obstacle) = &object.obstacle {
                page.line(Cell::new(
                    Tone::Warning,
                    format!("-- cannot be copied: {obstacle}"),
                ));
            }
        }
    }
}

/// A statement as it can be pasted into a client.
fn statement(text: &str, page: &mut Page) {
    let ended = format!("{};", text.trim_end().trim_end_matches(';'));
    ended.lines().for_each(|line| page.line(line));
}

/// A titled table; nothing when it would be empty.
fn section(
    page: &mut Page,
    title: &str,
    headers: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) {
    let mut table = Table::new(headers);
    rows.for_each(|row| table.row(row.into_iter().map(Cell::from)));
    if !table.is_empty() {
        page.line(Cell::new(Tone::Strong, title));
        page.table(table);
    }
}

fn columns(columns: &[Column]) -> Table {
    let mut table = Table::new(&["column", "type", "null", "default", "more"]);
    for column in columns {
        let null = if column.nullable { "yes" } else { "no" };
        table.row([
            Cell::new(Tone::Strong, &column.name),
            column.kind.clone().into(),
            null.into(),
            column.default.clone().unwrap_or_default().into(),
            Cell::new(Tone::Faint, column_more(column)),
        ]);
    }
    table
}

fn column_more(column: &Column) -> String {
    let generated = column.generated.as_ref().map(|generated| {
        let kind = if generated.stored {
            "stored"
        } else {
            "virtual"
        };
        format!("{kind} as ({})", generated.expression)
    });
    let comment = Some(&column.comment)
        .filter(|comment| !comment.is_empty())
        .map(|comment| format!("'{comment}'"));
    [
        Some(column.extra.clone()),
        generated,
        column.collation.clone(),
        comment,
    ]
    .into_iter()
    .flatten()
    .filter(|word| !word.is_empty())
    .collect::<Vec<_>>()
    .join(", ")
}

/// The parts of an index: `name(10)`, `created desc`, `(lower(name))`.
fn index_parts(index: &Index) -> Vec<String> {
    let part = |part: &crate::model::catalog::IndexPart| {
        let name = match &part.expression {
            Some(expression) => format!("({expression})"),
            None => part.column.clone(),
        };
        let prefix = part.prefix.map(|length| format!("({length})"));
        let order = if part.descending { " desc" } else { "" };
        format!("{name}{}{order}", prefix.unwrap_or_default())
    };
    index.parts.iter().map(part).collect()
}

fn index_kind(index: &Index) -> &'static str {
    match (index.primary, index.unique) {
        (true, _) => "primary",
        (false, true) => "unique",
        (false, false) => "index",
    }
}

fn index_cells(index: &Index) -> Vec<String> {
    let more = [&index.method, &index.extra].map(String::as_str);
    let more: Vec<_> = more.into_iter().filter(|word| !word.is_empty()).collect();
    vec![
        index.name.clone(),
        index_kind(index).to_string(),
        index_parts(index).join(", "),
        more.join(", "),
    ]
}

fn foreign_key_cells(key: &ForeignKey) -> Vec<String> {
    let database = key.parent_database.as_ref().map(|name| format!("{name}."));
    vec![
        key.name.clone(),
        key.columns.join(", "),
        format!(
            "{}{} ({})",
            database.unwrap_or_default(),
            key.parent,
            key.parent_columns.join(", ")
        ),
        format!(
            "on delete {}, on update {}",
            key.on_delete.to_lowercase(),
            key.on_update.to_lowercase()
        ),
    ]
}

fn column_value(column: &Column) -> Value {
    json!({
        "name": column.name,
        "type": column.kind,
        "nullable": column.nullable,
        "default": column.default,
        "generated": column.generated.as_ref().map(|it| json!({ "expression": it.expression, "stored": it.stored })),
        "charset": column.charset,
        "collation": column.collation,
        "comment": column.comment,
        "extra": column.extra,
    })
}

fn index_value(index: &Index) -> Value {
    json!({
        "name": index.name,
        "kind": index_kind(index),
        "columns": index_parts(index),
        "method": index.method,
        "extra": index.extra,
    })
}

fn foreign_key_value(key: &ForeignKey) -> Value {
    json!({
        "name": key.name,
        "columns": key.columns,
        "parent_database": key.parent_database,
        "parent": key.parent,
        "parent_columns": key.parent_columns,
        "on_update": key.on_update,
        "on_delete": key.on_delete,
    })
}

fn object_value(object: &Object) -> Value {
    json!({
        "kind": object.kind.name(),
        "name": object.name,
        "table": object.table,
        "definition": object.definition,
        "obstacle": object.obstacle,
    })
}

#[cfg(test)]
mod tests;
