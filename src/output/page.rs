//! A page: what a reply draws on. Lines and tables, in any of the four formats.
//!
//! Text is made harmless and coloured here, so a reply never has to think of either.

use tabled::builder::Builder;
use tabled::settings::object::{Columns, Object, Rows as TableRows};
use tabled::settings::{Alignment, Padding, Style};

use super::Format;
use super::theme::{Paint, Tone, harmless};

/// A piece of text with its meaning.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    pub tone: Tone,
    pub text: String,
}

impl Cell {
    pub fn new(tone: Tone, text: impl Into<String>) -> Cell {
        Cell {
            tone,
            text: text.into(),
        }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Cell {
        Cell::new(Tone::Plain, text)
    }
}

/// A table: headers, rows, and the columns that are numbers.
#[derive(Clone, Debug, Default)]
pub struct Table {
    headers: Vec<String>,
    numeric: Vec<bool>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Headers; a leading `>` aligns the column to the right, for numbers.
    pub fn new(headers: &[&str]) -> Table {
        Table {
            headers: headers
                .iter()
                .map(|header| header.trim_start_matches('>').to_string())
                .collect(),
            numeric: headers
                .iter()
                .map(|header| header.starts_with('>'))
                .collect(),
            rows: Vec::new(),
        }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

#[derive(Clone, Debug)]
enum Block {
    Line(Vec<Cell>),
    Table(Table),
}

/// Lines and tables in the order in which they are read.
#[derive(Clone, Debug, Default)]
pub struct Page {
    blocks: Vec<Block>,
}

impl Page {
    pub fn line(&mut self, text: impl Into<Cell>) {
        self.blocks.push(Block::Line(vec![text.into()]));
    }

    /// A line of several pieces.
    pub fn pieces(&mut self, pieces: impl IntoIterator<Item = Cell>) {
        self.blocks.push(Block::Line(pieces.into_iter().collect()));
    }

    pub fn blank(&mut self) {
        self.blocks.push(Block::Line(Vec::new()));
    }

    pub fn table(&mut self, table: Table) {
        self.blocks.push(Block::Table(table));
    }

    /// Adds all of another page.
    pub fn append(&mut self, other: &Page) {
        self.blocks.extend(other.blocks.iter().cloned());
    }

    /// The page as text that ends in a newline; empty when nothing was drawn.
    ///
    /// CSV holds the tables only. JSON is not drawn from a page.
    pub fn print(&self, format: Format, paint: Paint) -> String {
        let mut text = String::new();
        for block in &self.blocks {
            match (block, format) {
                (Block::Line(_), Format::Csv) => {}
                (Block::Line(cells), _) => {
                    cells.iter().for_each(|cell| {
                        text.push_str(&paint.apply(cell.tone, &harmless(&cell.text)))
                    });
                    text.push('\n');
                }
                (Block::Table(table), Format::Csv) => text.push_str(&csv(table)),
                (Block::Table(table), Format::Markdown) => text.push_str(&markdown(table)),
                (Block::Table(table), _) => text.push_str(&drawn(table, paint)),
            }
        }
        text
    }
}

fn drawn(table: &Table, paint: Paint) -> String {
    let mut builder = Builder::default();
    builder.push_record(
        table
            .headers
            .iter()
            .map(|header| paint.apply(Tone::Faint, &harmless(header))),
    );
    for row in &table.rows {
        builder.push_record(
            row.iter()
                .map(|cell| paint.apply(cell.tone, &harmless(&cell.text))),
        );
    }
    let mut grid = builder.build();
    grid.with(Style::blank()).with(Padding::new(0, 1, 0, 0));
    for (column, _) in table
        .numeric
        .iter()
        .enumerate()
        .filter(|(_, numeric)| **numeric)
    {
        grid.modify(
            Columns::one(column).intersect(TableRows::new(0..)),
            Alignment::right(),
        );
    }
    grid.to_string().lines().fold(String::new(), |text, line| {
        text + "  " + line.trim_end() + "\n"
    })
}

fn markdown(table: &Table) -> String {
    let escaped = |text: &str| harmless(text).replace('|', "\\|");
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(table.headers.iter().map(|header| escaped(header)).collect());
    text += &line(
        table
            .numeric
            .iter()
            .map(|numeric| if *numeric { "---:" } else { "---" }.to_string())
            .collect(),
    );
    for row in &table.rows {
        text += &line(row.iter().map(|cell| escaped(&cell.text)).collect());
    }
    text
}

fn csv(table: &Table) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Programs read numbers without their grouping.
    let plain = |(cell, numeric): (&Cell, &bool)| match numeric {
        true => cell.text.replace(',', ""),
        false => cell.text.clone(),
    };
    let rows = table
        .rows
        .iter()
        .map(|row| row.iter().zip(&table.numeric).map(plain).collect());
    let header: Vec<String> = table.headers.clone();
    for record in std::iter::once(header).chain(rows) {
        writer
            .write_record(&record)
            .expect("memory takes every record");
    }
    String::from_utf8(writer.into_inner().expect("memory flushes")).expect("text stays text")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        let mut table = Table::new(&["name", ">rows"]);
        table.row(["a|b".into(), "1".into()]);
        table.row([Cell::new(Tone::Good, "c"), "1,000".into()]);
        let mut page = Page::default();
        page.line("Tables of shop");
        page.table(table);
        page
    }

    #[test]
    fn numbers_are_aligned_to_the_right() {
        let text = page().print(Format::Table, Paint::off());
        assert_eq!(
            text,
            "Tables of shop\n  name   rows\n  a|b       1\n  c     1,000\n"
        );
    }

    #[test]
    fn csv_holds_the_tables_only() {
        assert_eq!(
            page().print(Format::Csv, Paint::off()),
            "name,rows\na|b,1\nc,1000\n"
        );
    }

    #[test]
    fn markdown_escapes_the_bar() {
        assert!(
            page()
                .print(Format::Markdown, Paint::off())
                .contains("| a\\|b | 1 |")
        );
    }
}
