//! `query 'SQL' [ENDPOINT]`: rows without leaving. Whatever would write is refused by the server's side of us.

use serde_json::{Value, json};

use super::places::{self, Want};
use super::{Command, Context, Error, Group, Result};
use crate::engines::Answer;
use crate::model::units::Rows;
use crate::output::{Cell, Format, Page, Reply, Table, Tone};

/// How many rows are shown to a person unless more are asked for.
const SHOWN: u64 = 1000;
/// The widest cell of a table, in characters.
const WIDEST: usize = 64;

/// Show the rows of a statement that only reads
///
/// Long and binary cells are cut in a table; with -o csv or json, and with \G, they are whole. Bytes that are no
/// text are written as 0x and hexadecimal digits. In CSV a NULL is an empty field.
#[derive(Debug, clap::Parser)]
#[command(name = "query", alias = "sql")]
pub struct Args {
    /// The statement; \G at its end shows each row vertically
    #[arg(value_name = "SQL")]
    sql: String,
    /// Where to ask: a database of the source or any place such as prod/shop; the source when left out
    #[arg(value_name = "DB|ENDPOINT")]
    place: Option<String>,
    /// Show at most this many rows; 0 shows all [default: 1000, and all with -o csv or json]
    #[arg(long, value_name = "ROWS")]
    limit: Option<u64>,
}

impl Command for Args {
    type Reply = Grid;
    const GROUP: Group = Group::Look;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        (
            "query 'SELECT COUNT(*) FROM orders' prod/shop",
            "ask a database",
        ),
        (
            "query 'SELECT * FROM orders LIMIT 1\\G' shop",
            "each row vertically",
        ),
        (
            "query 'SELECT * FROM orders' shop -o csv",
            "all rows, whole cells",
        ),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Grid> {
        let (sql, shape) = statement(&self.sql);
        if sql.is_empty() {
            return Err(Error::usage("the statement is empty").hint("as in query 'SELECT 1'"));
        }
        let spot = places::look(cx, self.place.as_deref(), Want::Database).await?;
        if spot.place.table.is_some() {
            return Err(Error::usage(format!("{} names a table", spot.place))
                .hint(format!("peek {} shows its rows", spot.place)));
        }
        let server = &spot.opened.server;
        let answer = server.query(spot.place.database.as_deref(), sql).await?;
        Grid::read(cx, answer, limit(self.limit, cx.format), shape).await
    }
}

/// How rows are laid out for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A line a row.
    Table,
    /// A line a cell.
    Vertical,
}

/// The statement without its end, and the shape that the end asks for.
fn statement(sql: &str) -> (&str, Shape) {
    let bare = |text: &'_ str| text.trim().trim_end_matches([';', ' ', '\n']).len();
    let sql = sql.trim_start();
    let ended = &sql[..bare(sql)];
    match ended.strip_suffix("\\G") {
        Some(rest) => (&rest[..bare(rest)], Shape::Vertical),
        None => (ended, Shape::Table),
    }
}

/// None means all rows.
fn limit(asked: Option<u64>, format: Format) -> Option<u64> {
    match (asked, format) {
        (Some(0), _) | (None, Format::Csv | Format::Json) => None,
        (Some(rows), _) => Some(rows),
        (None, Format::Table | Format::Markdown) => Some(SHOWN),
    }
}

/// Rows as they were answered.
#[derive(Debug)]
pub struct Grid {
    columns: Vec<String>,
    rows: Vec<Vec<Option<Vec<u8>>>>,
    /// Whether there were more rows than the limit.
    more: More,
    shape: Shape,
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum More {
    None,
    Some,
}

impl Grid {
    /// Takes the rows up to a limit; what the server still has is left there.
    ///
    /// # Errors
    /// The server failed while it answered, or the user stopped it.
    pub async fn read(
        cx: &Context<'_>,
        mut answer: Answer,
        limit: Option<u64>,
        shape: Shape,
    ) -> Result<Grid> {
        let mut grid = Grid {
            columns: std::mem::take(&mut answer.columns),
            rows: Vec::new(),
            more: More::None,
            shape,
            format: cx.format,
        };
        loop {
            let row = tokio::select! {
                row = answer.rows.recv() => row,
                () = cx.stop.cancelled() => return Err(Error::interrupted("the query was stopped")),
            };
            let Some(row) = row else { return Ok(grid) };
            let row = row?;
            if limit.is_some_and(|limit| grid.rows.len() as u64 >= limit) {
                grid.more = More::Some;
                return Ok(grid);
            }
            grid.rows.push(row);
        }
    }

    fn table(&self) -> Table {
        let headers: Vec<String> = (0..self.columns.len())
            .map(|column| match self.is_numeric(column) {
                true => format!(">{}", self.columns[column]),
                false => self.columns[column].clone(),
            })
            .collect();
        let mut table = Table::new(&headers.iter().map(String::as_str).collect::<Vec<_>>());
        for row in &self.rows {
            table.row(row.iter().map(|cell| self.drawn(cell.as_deref())));
        }
        table
    }

    /// Whether a column holds numbers only: they are aligned to the right.
    fn is_numeric(&self, column: usize) -> bool {
        let mut cells = self
            .rows
            .iter()
            .filter_map(|row| row.get(column)?.as_deref())
            .peekable();
        cells.peek().is_some() && cells.all(is_number)
    }

    fn drawn(&self, cell: Option<&[u8]>) -> Cell {
        match (cell, self.format) {
            (None, Format::Csv) => Cell::default(),
            (None, _) => Cell::new(Tone::Faint, "NULL"),
            (Some(bytes), Format::Table) if self.shape == Shape::Table => short(bytes).into(),
            (Some(bytes), _) => whole(bytes).into(),
        }
    }

    fn vertical(&self, page: &mut Page) {
        let width = self.columns.iter().map(|name| name.chars().count()).max();
        let width = width.unwrap_or_default();
        for (number, row) in (1..).zip(&self.rows) {
            page.line(Cell::new(Tone::Faint, format!("row {}", Rows(number))));
            for (name, cell) in self.columns.iter().zip(row) {
                let name = Cell::new(Tone::Faint, format!("  {name:>width$}: "));
                page.pieces([name, self.drawn(cell.as_deref())]);
            }
        }
    }

    fn ending(&self) -> String {
        let count = Rows(self.rows.len() as u64);
        match (self.more, count) {
            (More::Some, _) => {
                format!("{count} rows shown, there are more rows; --limit 0 shows all")
            }
            (More::None, Rows(1)) => "1 row".to_string(),
            (More::None, _) => format!("{count} rows"),
        }
    }
}

impl Reply for Grid {
    fn render(&self, page: &mut Page) {
        match self.shape {
            Shape::Vertical if self.format == Format::Table => self.vertical(page),
            _ if self.columns.is_empty() => {}
            _ => page.table(self.table()),
        }
        page.line(Cell::new(Tone::Faint, self.ending()));
    }

    fn json(&self) -> Value {
        let cell = |cell: &Option<Vec<u8>>| cell.as_deref().map(whole);
        let row = |row: &Vec<Option<Vec<u8>>>| row.iter().map(cell).collect::<Vec<_>>();
        json!({
            "columns": self.columns,
            "rows": self.rows.iter().map(row).collect::<Vec<_>>(),
            "more": self.more == More::Some,
        })
    }
}

/// The text of a cell; bytes that are no text as hexadecimal digits.
fn whole(bytes: &[u8]) -> String {
    text(bytes).map_or_else(|| hex(bytes), str::to_string)
}

/// The same, cut to what a table holds.
fn short(bytes: &[u8]) -> String {
    const BYTES: usize = 16;
    match text(bytes) {
        Some(text) => cut(text, WIDEST),
        None if bytes.len() <= BYTES => hex(bytes),
        None => format!("{}… ({} bytes)", hex(&bytes[..BYTES]), bytes.len()),
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::from("0x"), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// A text of at most `width` characters; one that is cut ends in `…`.
pub fn cut(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        None => text.to_string(),
        Some(_) => {
            text.chars()
                .take(width.saturating_sub(1))
                .collect::<String>()
                + "…"
        }
    }
}

fn is_number(bytes: &[u8]) -> bool {
    let first = bytes.strip_prefix(b"-").unwrap_or(bytes).first();
    first.is_some_and(u8::is_ascii_digit)
        && std::str::from_utf8(bytes).is_ok_and(|text| text.parse::<f64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::theme::Paint;

    fn grid(columns: &[&str], rows: &[&[Option<&[u8]>]], shape: Shape, format: Format) -> Grid {
        let row =
            |row: &&[Option<&[u8]>]| row.iter().map(|cell| cell.map(<[u8]>::to_vec)).collect();
        Grid {
            columns: columns.iter().map(|name| name.to_string()).collect(),
            rows: rows.iter().map(row).collect(),
            more: More::None,
            shape,
            format,
        }
    }

    fn drawn(grid: &Grid) -> String {
        let mut page = Page::default();
        grid.render(&mut page);
        page.print(grid.format, Paint::off())
    }

    const ROWS: &[&[Option<&[u8]>]] = &[
        &[Some(b"9"), Some(b"ann"), Some(b"\xff\x00")],
        &[Some(b"-10.5"), None, Some(b"")],
    ];

    #[test]
    fn a_table_aligns_numbers_and_names_null() {
        let grid = grid(&["id", "name", "raw"], ROWS, Shape::Table, Format::Table);
        assert_eq!(
            drawn(&grid),
            "     id  name  raw\n      9  ann   0xFF00\n  -10.5  NULL\n2 rows\n"
        );
    }

    #[test]
    fn csv_has_whole_cells_and_empty_for_null() {
        let long = vec![b'x'; 100];
        let rows: &[&[Option<&[u8]>]] = &[&[Some(&long), None]];
        let text = drawn(&grid(&["a", "b"], rows, Shape::Table, Format::Csv));
        assert_eq!(text, format!("a,b\n{},\n", "x".repeat(100)));
    }

    #[test]
    fn long_and_binary_cells_are_cut_in_a_table() {
        assert_eq!(short(&[b'x'; 65]), format!("{}…", "x".repeat(63)));
        assert_eq!(short(&[b'x'; 64]), "x".repeat(64));
        assert_eq!(
            short(&[0xab; 40]),
            format!("0x{}… (40 bytes)", "AB".repeat(16))
        );
    }

    #[test]
    fn wide_rows_stand_vertically() {
        let grid = grid(&["id", "name"], &[ROWS[1]], Shape::Vertical, Format::Table);
        assert_eq!(drawn(&grid), "row 1\n    id: -10.5\n  name: NULL\n1 row\n");
    }

    #[test]
    fn json_has_columns_and_rows_with_null() {
        let grid = grid(&["id", "name", "raw"], ROWS, Shape::Table, Format::Json);
        assert_eq!(
            grid.json(),
            json!({
                "columns": ["id", "name", "raw"],
                "rows": [["9", "ann", "0xFF00"], ["-10.5", null, ""]],
                "more": false,
            })
        );
    }

    #[test]
    fn the_end_of_a_statement_decides_the_shape() {
        for (sql, expected) in [
            ("SELECT 1", ("SELECT 1", Shape::Table)),
            (" SELECT 1 ; ", ("SELECT 1", Shape::Table)),
            ("SELECT 1\\G", ("SELECT 1", Shape::Vertical)),
            ("SELECT 1;\\G;", ("SELECT 1", Shape::Vertical)),
            ("SELECT '\\G'", ("SELECT '\\G'", Shape::Table)),
            (" ; ", ("", Shape::Table)),
        ] {
            assert_eq!(statement(sql), expected, "{sql}");
        }
    }

    #[test]
    fn only_what_a_person_reads_is_limited_by_itself() {
        assert_eq!(limit(None, Format::Table), Some(1000));
        assert_eq!(limit(None, Format::Csv), None);
        assert_eq!(limit(None, Format::Json), None);
        assert_eq!(limit(Some(0), Format::Table), None);
        assert_eq!(limit(Some(5), Format::Csv), Some(5));
    }
}
