//! How it looks: replies are values, drawn here as a table, JSON, CSV or Markdown.
//!
//! Data goes to stdout, everything else to stderr. Nothing outside this folder writes to the terminal.

pub mod ask;
pub mod log;
pub mod page;
pub mod pager;
pub mod print;
pub mod progress;
pub mod theme;
pub mod time;

use serde_json::Value;

pub use page::{Cell, Page, Table};
pub use theme::Tone;

/// What a command answers: a value that can be drawn.
pub trait Reply: Send {
    /// Draws it for a person.
    fn render(&self, page: &mut Page);
    /// The same for a program (docs/json.md).
    fn json(&self) -> Value;
    fn exit(&self) -> Exit {
        Exit::DONE
    }
}

/// The exit code of the process (docs/commands.md lists them).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub u8);

impl Exit {
    pub const DONE: Exit = Exit(0);
    pub const DIFFERENT: Exit = Exit(1);
    pub const FAILED: Exit = Exit(2);
    pub const PARTLY: Exit = Exit(3);
    pub const REFUSED: Exit = Exit(4);
    pub const CONNECT: Exit = Exit(5);
    pub const UNVERIFIED: Exit = Exit(6);
    pub const USAGE: Exit = Exit(64);
    pub const SETTINGS: Exit = Exit(78);
    pub const INTERRUPTED: Exit = Exit(130);

    /// Whether a script stops here: the first code of 2 or more, except 6.
    pub fn stops_script(self) -> bool {
        self.0 >= 2 && self != Exit::UNVERIFIED
    }
}

/// How replies are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Table,
    Json,
    Csv,
    Markdown,
}

impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(word: &str) -> Result<Format, String> {
        match word {
            "table" => Ok(Format::Table),
            "json" => Ok(Format::Json),
            "csv" => Ok(Format::Csv),
            "md" => Ok(Format::Markdown),
            _ => Err(format!(
                "{word:?} is no format; one of table, json, csv, md"
            )),
        }
    }
}
