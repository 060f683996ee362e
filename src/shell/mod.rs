//! Front door: the prompt. The only code that knows rustyline.
//!
//! The loop is synchronous: it reads a line, runs its commands to their end, and reads again. No error of
//! a command ends it; only `quit`, Ctrl-D or a terminal that has gone away do.

mod banner;
mod complete;
mod editor;
mod known;
mod prompt;

use crate::cli::Opening;
use crate::cli::door::Door;
use crate::commands::line::split;
use crate::output::Exit;
use editor::{Editor, Typed};

/// Opens the prompt and stays until it is left.
pub fn open(opening: Opening) -> Exit {
    let Opening {
        mut door,
        no_banner,
    } = opening;
    if !no_banner {
        door.printer.data(&banner::banner(door.printer.paint_out));
    }
    let mut editor = match Editor::new(&door) {
        Ok(editor) => editor,
        Err(cause) => {
            door.printer
                .note(&format!("error: cannot open the prompt: {cause}"));
            return Exit::FAILED;
        }
    };
    while !door.session.leave {
        let prompt = prompt::prompt(&door.session, &door.app.store, door.printer.paint_out);
        match editor.read(&prompt, &door.session) {
            Typed::Line(line) => run(&mut door, &line),
            Typed::Cleared => {}
            Typed::End => break,
        }
        if door.app.must_end() {
            return Exit::INTERRUPTED;
        }
    }
    Exit::DONE
}

/// Runs the commands of a line, up to the first that fails.
fn run(door: &mut Door, line: &str) {
    let statements = match split(line) {
        Ok(statements) => statements,
        Err(unclosed) => return door.printer.note(&format!("error: {unclosed}")),
    };
    for statement in statements {
        let done = door.words(&statement.words);
        if door.session.leave || done.exit.stops_script() {
            break;
        }
    }
}
