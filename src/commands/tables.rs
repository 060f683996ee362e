//! `tables [DB|ENDPOINT]`: the tables of one database, and what else is in it.

use serde_json::{Value, json};

use super::places::{self, Want};
use super::{Command, Context, Error, Group, Result};
use crate::model::catalog::{Catalog, Object, Table as Described};
use crate::model::units::counted;
use crate::output::{Cell, Page, Reply, Table, Tone};

/// List the tables of a database
#[derive(Debug, clap::Parser)]
#[command(name = "tables")]
pub struct Args {
    /// A database of the source by name or number, or any place such as prod/shop
    #[arg(value_name = "DB|ENDPOINT")]
    place: Option<String>,
}

impl Command for Args {
    type Reply = Listing;
    const GROUP: Group = Group::Session;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("tables shop", "the tables of a database of the source"),
        ("tables 2", "the same by its number in databases"),
        ("tables prod/shop", "the tables of any database"),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Listing> {
        let spot = places::look(cx, self.place.as_deref(), Want::Database).await?;
        if spot.place.table.is_some() {
            return Err(Error::usage(format!("{} names a table", spot.place))
                .hint(format!("describe {} shows it", spot.place)));
        }
        Ok(Listing(spot.catalog().await?))
    }
}

/// The tables of one database.
#[derive(Debug)]
pub struct Listing(Catalog);

/// The key's columns, as they order the rows.
pub fn key(table: &Described) -> Option<String> {
    let columns = |parts: &[crate::model::catalog::IndexPart]| {
        let names: Vec<_> = parts.iter().map(|part| part.column.as_str()).collect();
        names.join(", ")
    };
    table.key().map(|index| columns(&index.parts))
}

/// The options in a line, cut where they would make the list hard to read.
fn options(table: &Described) -> String {
    const WIDTH: usize = 60;
    let words: Vec<_> = table
        .options
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    super::query::cut(&words.join(", "), WIDTH)
}

/// `2 views, 1 trigger`: what is there beside tables.
fn beside(objects: &[Object]) -> Option<String> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for object in objects {
        match counts
            .iter_mut()
            .find(|(name, _)| *name == object.kind.name())
        {
            Some((_, count)) => *count += 1,
            None => counts.push((object.kind.name(), 1)),
        }
    }
    let words: Vec<_> = counts
        .iter()
        .map(|(name, count)| counted(*count, name))
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}

impl Reply for Listing {
    fn render(&self, page: &mut Page) {
        let Listing(catalog) = self;
        let mut list = Table::new(&[">#", "table", ">rows ≈", ">size", "key", "options"]);
        for (number, table) in (1..).zip(&catalog.tables) {
            list.row([
                u64::to_string(&number).into(),
                Cell::new(Tone::Strong, &table.name),
                table.rows.to_string().into(),
                table.bytes.to_string().into(),
                key(table).map_or(Cell::new(Tone::Warning, "none"), Cell::from),
                Cell::new(Tone::Faint, options(table)),
            ]);
        }
        match list.is_empty() {
            true => page.line(format!("There is no table in {}.", catalog.database)),
            false => page.table(list),
        }
        if let Some(objects) = beside(&catalog.objects) {
            page.line(Cell::new(Tone::Faint, format!("beside them {objects}")));
        }
    }

    fn json(&self) -> Value {
        let Listing(catalog) = self;
        let tables = (1..).zip(&catalog.tables).map(|(number, table): (u64, _)| {
            json!({
                "number": number,
                "name": table.name,
                "rows": table.rows.0,
                "bytes": table.bytes.0,
                "key": table.key().map(|index| index.parts.iter().map(|part| &part.column).collect::<Vec<_>>()),
                "options": options_value(table),
            })
        });
        let objects = catalog
            .objects
            .iter()
            .map(|object| json!({ "kind": object.kind.name(), "name": object.name }));
        json!({
            "database": catalog.database,
            "tables": tables.collect::<Vec<_>>(),
            "objects": objects.collect::<Vec<_>>(),
        })
    }
}

/// The options as an object.
pub fn options_value(table: &Described) -> Value {
    table
        .options
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalog::{Column, Index, IndexPart, ObjectKind};
    use crate::model::units::{Bytes, Rows};
    use crate::output::Format;
    use crate::output::theme::Paint;

    fn table(name: &str, key: &[&str]) -> Described {
        let column = |name: &&str| Column {
            name: name.to_string(),
            ..Column::default()
        };
        let part = |name: &&str| IndexPart {
            column: name.to_string(),
            ..IndexPart::default()
        };
        let index = Index {
            primary: true,
            unique: true,
            parts: key.iter().map(part).collect(),
            ..Index::default()
        };
        Described {
            name: name.into(),
            columns: key.iter().map(column).collect(),
            indexes: (!key.is_empty()).then_some(index).into_iter().collect(),
            options: vec![("engine".into(), "InnoDB".into())],
            rows: Rows(1500),
            bytes: Bytes(1024),
            ..Described::default()
        }
    }

    fn object(kind: ObjectKind, name: &str) -> Object {
        Object {
            kind,
            name: name.into(),
            table: None,
            definition: String::new(),
            session: Vec::new(),
            definer: None,
            obstacle: None,
        }
    }

    #[test]
    fn tables_show_their_key_and_what_is_beside_them() {
        let listing = Listing(Catalog {
            database: "shop".into(),
            tables: vec![table("items", &["order_id", "line"]), table("log", &[])],
            objects: vec![
                object(ObjectKind::View, "a"),
                object(ObjectKind::View, "b"),
                object(ObjectKind::Trigger, "c"),
            ],
            ..Catalog::default()
        });
        let mut page = Page::default();
        listing.render(&mut page);
        assert_eq!(
            page.print(Format::Table, Paint::off()),
            "  #  table  rows ≈     size  key             options\n  \
               1  items   1,500  1.0 KiB  order_id, line  engine InnoDB\n  \
               2  log     1,500  1.0 KiB  none            engine InnoDB\n\
             beside them 2 views, 1 trigger\n"
        );
    }
}
