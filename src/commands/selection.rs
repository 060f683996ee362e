//! `selection`: what is selected, with its size.

use serde_json::{Value, json};

use super::databases::{table, value};
use super::places;
use super::{Command, Context, Group, Result};
use crate::model::survey::DatabaseSummary;
use crate::model::units::{Bytes, Rows, counted};
use crate::output::{Cell, Page, Reply, Tone};

/// Show which databases are selected
#[derive(Debug, clap::Parser)]
#[command(name = "selection")]
pub struct Args {}

impl Command for Args {
    type Reply = Selected;
    const GROUP: Group = Group::Session;
    const EXAMPLES: &'static [(&'static str, &'static str)] =
        &[("selection", "what sync and compare take next")];

    async fn run(self, cx: &mut Context<'_>) -> Result<Selected> {
        show(cx).await
    }
}

/// The selected databases with their numbers in the list of the source.
#[derive(Debug, Default)]
pub struct Selected(pub Vec<(usize, DatabaseSummary)>);

/// What the session's selection means now.
///
/// # Errors
/// There is no source, it does not open, or a selected database is gone.
pub async fn show(cx: &Context<'_>) -> Result<Selected> {
    let Some(select) = cx.session.selection.clone() else {
        return Ok(Selected::default());
    };
    let source = cx.session.source.clone().ok_or_else(places::no_source)?;
    let opened = places::open(cx, &source).await?;
    let listed = opened.server.databases().await?.listed;
    let names: Vec<_> = listed.iter().map(|it| it.name.clone()).collect();
    let chosen = places::chosen(&select, &source, &names, cx.session)?;
    Ok(Selected::of(&chosen, listed))
}

impl Selected {
    /// The chosen ones of a list.
    pub fn of(chosen: &[String], listed: Vec<DatabaseSummary>) -> Selected {
        let numbered = (1..).zip(listed);
        Selected(
            numbered
                .filter(|(_, database)| chosen.contains(&database.name))
                .collect(),
        )
    }

    fn totals(&self) -> (usize, Rows, Bytes) {
        let all = || self.0.iter().map(|(_, database)| database);
        (
            all().map(|it| it.tables).sum(),
            all().map(|it| it.rows).sum(),
            all().map(|it| it.bytes).sum(),
        )
    }
}

impl Reply for Selected {
    fn render(&self, page: &mut Page) {
        if self.0.is_empty() {
            return page.line("Nothing is selected.");
        }
        page.table(table(self.0.iter().map(|(number, it)| (*number, it))));
        let (tables, rows, bytes) = self.totals();
        let text = format!(
            "{} selected: {}, about {rows} rows, {bytes}",
            counted(self.0.len(), "database"),
            counted(tables, "table"),
        );
        page.line(Cell::new(Tone::Good, text));
    }

    fn json(&self) -> Value {
        let (tables, rows, bytes) = self.totals();
        json!({
            "selected": self.0.iter().map(|(number, it)| value(*number, it)).collect::<Vec<_>>(),
            "tables": tables,
            "rows": rows.0,
            "bytes": bytes.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Format;
    use crate::output::theme::Paint;

    fn database(name: &str, rows: u64) -> DatabaseSummary {
        DatabaseSummary {
            name: name.into(),
            tables: 2,
            rows: Rows(rows),
            bytes: Bytes(1024),
            flags: Vec::new(),
        }
    }

    #[test]
    fn a_selection_shows_its_numbers_and_totals() {
        let listed = vec![
            database("blog", 10),
            database("crm", 20),
            database("shop", 1000),
        ];
        let selected = Selected::of(&["blog".into(), "shop".into()], listed);
        let mut page = Page::default();
        selected.render(&mut page);
        assert_eq!(
            page.print(Format::Table, Paint::off()),
            "  #  name  tables  rows ≈     size  notes\n  \
               1  blog       2      10  1.0 KiB\n  \
               3  shop       2   1,000  1.0 KiB\n\
             2 databases selected: 4 tables, about 1,010 rows, 2.0 KiB\n"
        );
        assert_eq!(selected.json()["rows"], 1010);
    }
}
