//! `source NAME[/DB]`: where the session reads from.
//!
//! The place is opened before it is taken, so a source that the prompt shows has answered once.

use serde_json::{Value, json};

use super::context::{Place, Session};
use super::places::{self, Known};
use super::{Command, Context, Error, Group, Result};
use crate::model::label::Label;
use crate::output::{Cell, Page, Reply, Tone};

/// Choose the source: the connection, or one database of it, to read from
#[derive(Debug, clap::Parser)]
#[command(name = "source")]
pub struct Args {
    /// A connection, or one of its databases such as prod/shop, a URL or a path
    #[arg(value_name = "PLACE")]
    place: String,
}

impl Command for Args {
    type Reply = Sides;
    const GROUP: Group = Group::Session;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("source prod", "read from the connection prod"),
        ("source prod/shop", "read from one of its databases"),
        ("source 1", "read from the first connection of the list"),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Sides> {
        let place = places::read(&self.place, &Known::of(cx)?)?;
        let side = Side::open(cx, Role::Source, &place).await?;
        set_source(cx.session, side.place.clone());
        Ok(Sides(vec![side]))
    }
}

/// Which end of the session a side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Source,
    Target,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Role::Source => "source",
            Role::Target => "target",
        }
    }
}

/// A source or target as it is shown after it was chosen.
#[derive(Debug)]
pub struct Side {
    role: Role,
    pub place: Place,
    product: Option<String>,
    label: Label,
}

impl Side {
    /// Opens a place and settles which database it names.
    ///
    /// # Errors
    /// It does not open, names a table, or is a source that does not exist.
    pub async fn open(cx: &Context<'_>, role: Role, place: &Place) -> Result<Side> {
        let opened = places::open(cx, place).await?;
        let place = places::settle(opened.server.as_ref(), place).await?;
        if let Some(table) = &place.table {
            return Err(
                Error::usage(format!("{place} names a table: {table}")).hint(format!(
                    "the {} is a connection or a database; sync and compare take --table",
                    role.name()
                )),
            );
        }
        if let (Role::Source, Some(database)) = (role, &place.database) {
            places::require(opened.server.as_ref(), database).await?;
        }
        Ok(Side {
            role,
            place,
            product: Some(opened.server.product().to_string()),
            label: opened.endpoint.label,
        })
    }

    /// A place as the store knows it, without opening it.
    pub fn known(cx: &Context<'_>, role: Role, place: &Place) -> Result<Side> {
        let saved = cx.store.connection(&place.connection)?;
        Ok(Side {
            role,
            place: place.clone(),
            product: saved.as_ref().and_then(|saved| saved.product.clone()),
            label: saved.map(|saved| saved.label).unwrap_or_default(),
        })
    }
}

/// Takes a new source. Numbers and selection end with their connection; one database leaves nothing to select.
pub fn set_source(session: &mut Session, place: Place) {
    let is_same = session
        .source
        .as_ref()
        .is_some_and(|known| known.connection == place.connection);
    if !is_same {
        session.databases.clear();
    }
    if !is_same || place.database.is_some() {
        session.selection = None;
    }
    session.source = Some(place);
}

/// One line for each side that was chosen.
#[derive(Debug)]
pub struct Sides(pub Vec<Side>);

impl Reply for Sides {
    fn render(&self, page: &mut Page) {
        for side in &self.0 {
            let product = side.product.as_ref().map(|product| format!("  {product}"));
            page.pieces([
                Cell::new(Tone::Faint, format!("{}  ", side.role.name())),
                Cell::new(Tone::Strong, side.place.to_string()),
                product.unwrap_or_default().into(),
                Cell::new(Tone::of(side.label), format!("  {}", side.label)),
            ]);
        }
    }

    fn json(&self) -> Value {
        let side = |side: &Side| {
            let value = json!({
                "place": side.place.to_string(),
                "product": side.product,
                "label": side.label.name(),
            });
            (side.role.name().to_string(), value)
        };
        Value::Object(self.0.iter().map(side).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::selection::Selection;

    fn place(connection: &str, database: Option<&str>) -> Place {
        Place {
            connection: connection.into(),
            database: database.map(str::to_string),
            ..Place::default()
        }
    }

    fn session() -> Session {
        Session {
            source: Some(place("prod", None)),
            databases: vec!["shop".into()],
            selection: Some(Selection::parse("shop").unwrap()),
            ..Session::default()
        }
    }

    #[test]
    fn numbers_and_selection_end_with_their_connection() {
        let mut session = session();
        set_source(&mut session, place("dev", None));
        assert!(session.databases.is_empty() && session.selection.is_none());
    }

    #[test]
    fn the_same_connection_keeps_its_numbers_and_selection() {
        let mut session = session();
        set_source(&mut session, place("prod", None));
        assert_eq!(session.databases, ["shop"]);
        assert!(session.selection.is_some());
    }

    #[test]
    fn one_database_leaves_nothing_to_select() {
        let mut session = session();
        set_source(&mut session, place("prod", Some("blog")));
        assert_eq!(session.databases, ["shop"]);
        assert!(session.selection.is_none());
    }
}
