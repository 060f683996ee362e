//! Printing: answers to stdout, all else to stderr, one writer at a time.
//!
//! Whoever prints while bars are shown goes through [`Printer`], which lifts them out of the way. A reader
//! of stdout that has gone away is no error: printing ends quietly.

use std::io::{self, IsTerminal, Write};

use indicatif::MultiProgress;
use serde_json::{Value, json};

use super::page::{Cell, Page};
use super::pager;
use super::theme::{Paint, Tone};
use super::{Format, Reply};

/// The two streams, their colours, and the bars between them.
pub struct Printer {
    pub paint_out: Paint,
    pub paint_err: Paint,
    pub bars: MultiProgress,
    pub pages: Pages,
}

/// What happens to an answer that is longer than the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pages {
    /// It runs through.
    Through,
    /// A pager shows it.
    Paged,
}

/// Whether the reader of stdout is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    Listens,
    Gone,
}

impl Printer {
    pub fn new(pages: Pages) -> Printer {
        Printer {
            paint_out: Paint::for_stream(&io::stdout()),
            paint_err: Paint::for_stream(&io::stderr()),
            bars: MultiProgress::new(),
            pages,
        }
    }

    /// Whether bars can be drawn: stderr is a terminal that can move its cursor.
    pub fn shows_bars(&self) -> bool {
        !self.bars.is_hidden()
    }

    /// Prints an answer. JSON is one line.
    pub fn reply(&self, reply: &dyn Reply, format: Format) -> Reader {
        if format == Format::Json {
            return self.data(&line(&reply.json()));
        }
        let mut page = Page::default();
        reply.render(&mut page);
        let text = page.print(format, self.paint_out);
        let paged = self.pages == Pages::Paged && format == Format::Table;
        if paged && self.bars.suspend(|| pager::show(&text)) {
            return Reader::Listens;
        }
        self.data(&text)
    }

    /// Prints an error: on stderr, or as JSON on stdout like every answer.
    pub fn failure(&self, failure: &Failure<'_>, format: Format) -> Reader {
        if format == Format::Json {
            return self.data(&line(&failure.json()));
        }
        let mut page = Page::default();
        let mut message = failure.message.lines();
        let first = message.next().unwrap_or_default();
        page.pieces([Cell::new(Tone::Bad, "error: "), first.into()]);
        message.for_each(|line| page.line(format!("       {line}")));
        for line in failure.hint.iter().flat_map(|hint| hint.lines()) {
            page.pieces([Cell::new(Tone::Accent, "hint: "), line.into()]);
        }
        self.aside(&page);
        Reader::Listens
    }

    /// Prints a page on stderr.
    pub fn aside(&self, page: &Page) {
        let text = page.print(Format::Table, self.paint_err);
        self.bars.suspend(|| to_stderr(&text));
    }

    /// Prints a line on stderr.
    pub fn note(&self, text: &str) {
        let mut page = Page::default();
        text.lines().for_each(|line| page.line(line));
        self.aside(&page);
    }

    /// Prints text on stdout as it is.
    pub fn data(&self, text: &str) -> Reader {
        self.bars.suspend(|| {
            let mut stdout = io::stdout().lock();
            let written = stdout
                .write_all(text.as_bytes())
                .and_then(|()| stdout.flush());
            match written {
                Ok(()) => Reader::Listens,
                Err(_) => Reader::Gone,
            }
        })
    }
}

/// A failed command, as it is printed.
pub struct Failure<'a> {
    pub code: &'a str,
    pub message: &'a str,
    pub hint: Option<&'a str>,
}

impl Failure<'_> {
    fn json(&self) -> Value {
        json!({ "error": { "code": self.code, "message": self.message, "hint": self.hint } })
    }
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}

/// Writes on stderr as it is; there is nowhere to say that it failed.
pub(crate) fn to_stderr(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr
        .write_all(text.as_bytes())
        .and_then(|()| stderr.flush());
}

/// Whether the prompt can be opened: a person types and reads.
pub fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Whether something other than a terminal is on stdin: a script.
pub fn is_piped() -> bool {
    !io::stdin().is_terminal()
}

/// The one line of a panic: where, never what, which may hold data.
pub fn panicked(place: &str) {
    to_stderr(&format!(
        "error: maestro failed internally at {place}\nhint: please report this line\n"
    ));
}

/// Bars may have hidden the cursor.
pub fn show_cursor() {
    to_stderr("\x1b[?25h\r\n");
}
