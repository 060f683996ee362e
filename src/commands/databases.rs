//! `databases [ENDPOINT]`: the databases of a server, numbered for `select`.

use serde_json::{Value, json};

use super::context::Place;
use super::places::{self, Known};
use super::{Command, Context, Error, Group, Result};
use crate::model::survey::{DatabaseSummary, Databases};
use crate::model::units::counted;
use crate::output::{Cell, Page, Reply, Table, Tone};

/// List the databases of the source, numbered
#[derive(Debug, clap::Parser)]
#[command(name = "databases", alias = "dbs")]
pub struct Args {
    /// Another place than the source
    #[arg(value_name = "ENDPOINT")]
    place: Option<String>,
    /// List those of the target
    #[arg(long, conflicts_with = "place")]
    target: bool,
}

impl Command for Args {
    type Reply = Listing;
    const GROUP: Group = Group::Session;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        (
            "databases",
            "what the source holds; select takes the numbers",
        ),
        ("databases --target", "what the target holds"),
        ("databases prod", "what any connection holds"),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Listing> {
        let place = self.place(cx)?;
        let opened = places::open(cx, &place).await?;
        let databases = opened.server.databases().await?;
        remember(cx, &place, &databases.listed);
        Ok(Listing {
            connection: place.connection,
            databases,
        })
    }
}

impl Args {
    fn place(&self, cx: &Context<'_>) -> Result<Place> {
        match &self.place {
            Some(word) => places::read(word, &Known::of(cx)?),
            None if self.target => cx.session.target.clone().ok_or_else(|| {
                Error::usage("there is no target").hint("choose it with target NAME")
            }),
            None => cx.session.source.clone().ok_or_else(places::no_source),
        }
    }
}

/// Numbers are those of the source: the list of another place leaves them as they are.
fn remember(cx: &mut Context<'_>, place: &Place, listed: &[DatabaseSummary]) {
    let source = cx.session.source.as_ref();
    if source.is_some_and(|source| source.connection == place.connection) {
        cx.session.databases = listed.iter().map(|it| it.name.clone()).collect();
    }
}

/// The numbered list.
#[derive(Debug)]
pub struct Listing {
    connection: String,
    databases: Databases,
}

/// A table of databases, numbered from 1.
pub fn table<'a>(databases: impl IntoIterator<Item = (usize, &'a DatabaseSummary)>) -> Table {
    let mut table = Table::new(&[">#", "name", ">tables", ">rows ≈", ">size", "notes"]);
    for (number, database) in databases {
        table.row([
            number.to_string().into(),
            Cell::new(Tone::Strong, &database.name),
            database.tables.to_string().into(),
            database.rows.to_string().into(),
            database.bytes.to_string().into(),
            Cell::new(Tone::Warning, database.flags.join(", ")),
        ]);
    }
    table
}

/// The same for a program.
pub fn value(number: usize, database: &DatabaseSummary) -> Value {
    json!({
        "number": number,
        "name": database.name,
        "tables": database.tables,
        "rows": database.rows.0,
        "bytes": database.bytes.0,
        "notes": database.flags,
    })
}

impl Reply for Listing {
    fn render(&self, page: &mut Page) {
        let listed = &self.databases.listed;
        if listed.is_empty() {
            page.line(format!("There is no database in {}.", self.connection));
        } else {
            page.table(table((1..).zip(listed)));
        }
        if self.databases.hidden > 0 {
            let hidden = counted(self.databases.hidden, "system database");
            page.line(Cell::new(Tone::Faint, format!("{hidden} hidden")));
        }
    }

    fn json(&self) -> Value {
        let listed = (1..).zip(&self.databases.listed);
        json!({
            "connection": self.connection,
            "databases": listed.map(|(number, it)| value(number, it)).collect::<Vec<_>>(),
            "hidden": self.databases.hidden,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::units::{Bytes, Rows};
    use crate::output::Format;
    use crate::output::theme::Paint;

    #[test]
    fn databases_are_numbered_and_hidden_ones_counted() {
        let shop = DatabaseSummary {
            name: "shop".into(),
            tables: 8,
            rows: Rows(12_345),
            bytes: Bytes(2048),
            flags: vec!["2 tables without key".into()],
        };
        let listing = Listing {
            connection: "prod".into(),
            databases: Databases {
                listed: vec![shop],
                hidden: 4,
            },
        };
        let mut page = Page::default();
        listing.render(&mut page);
        assert_eq!(
            page.print(Format::Table, Paint::off()),
            "  #  name  tables  rows ≈     size  notes\n  \
               1  shop       8  12,345  2.0 KiB  2 tables without key\n\
             4 system databases hidden\n"
        );
        assert_eq!(listing.json()["databases"][0]["rows"], 12_345);
    }
}
