//! Scripts: commands one after another, until the first that fails.

use super::door::Door;
use crate::commands::Error;
use crate::commands::line::{Statement, split};
use crate::output::Exit;
use crate::output::print::Reader;

/// Reads a whole script before any of it runs.
///
/// # Errors
/// A quote that is never closed.
pub fn read(text: &str) -> Result<Vec<Statement>, Error> {
    split(text).map_err(|unclosed| {
        Error::usage(unclosed.to_string()).hint("close it, or write \\ before a quote that is text")
    })
}

/// Runs commands in order; ends with the code of the last that ran.
pub fn run(door: &mut Door, statements: &[Statement]) -> Exit {
    let of_many_lines = statements.last().is_some_and(|last| last.line > 1);
    let mut exit = Exit::DONE;
    for statement in statements {
        door.line = of_many_lines.then_some(statement.line);
        let done = door.words(&statement.words);
        exit = done.exit;
        let left = door.session.leave || done.reader == Reader::Gone;
        if left || exit.stops_script() {
            break;
        }
    }
    exit
}
