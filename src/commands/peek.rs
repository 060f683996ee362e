//! `peek DB.TABLE [N]`: the first rows of a table.

use super::context::Place;
use super::places::{self, Want};
use super::query::{Grid, Shape};
use super::{Command, Context, Error, Group, Result};
use crate::engines;

/// Show the first rows of a table
#[derive(Debug, clap::Parser)]
#[command(name = "peek")]
pub struct Args {
    /// A table of the source such as shop.orders, or of any place such as prod/shop.orders
    #[arg(value_name = "DB.TABLE")]
    table: String,
    /// How many rows
    #[arg(value_name = "N", default_value_t = 10)]
    rows: u64,
    /// Show each row vertically
    #[arg(long)]
    vertical: bool,
}

impl Command for Args {
    type Reply = Grid;
    const GROUP: Group = Group::Look;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("peek shop.orders", "the first ten rows"),
        ("peek shop.orders 3 --vertical", "three rows, a line a cell"),
        ("peek prod/shop.orders", "without a session"),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Grid> {
        let spot = places::look(cx, Some(&self.table), Want::Table).await?;
        let Some(table) = &spot.place.table else {
            return Err(Error::usage(format!("{} names no table", spot.place))
                .hint("as in peek shop.orders; tables lists them"));
        };
        let server = &spot.opened.server;
        let name = server.dialect().quote(table);
        let sql = format!("SELECT * FROM {name} LIMIT {}", self.rows);
        let database = spot.database().await?;
        let answer = server
            .query(Some(&database), &sql)
            .await
            .map_err(|cause| failed(cause, &spot.place))?;
        let shape = match self.vertical {
            true => Shape::Vertical,
            false => Shape::Table,
        };
        Grid::read(cx, answer, None, shape).await
    }
}

/// A statement of ours fails mostly because there is no such table.
fn failed(cause: engines::Error, place: &Place) -> Error {
    let is_statement = matches!(cause, engines::Error::Statement { .. });
    let error = Error::from(cause);
    match (&place.database, is_statement) {
        (Some(database), true) => error.hint(format!(
            "tables {}/{database} lists what is there",
            place.connection
        )),
        _ => error,
    }
}
