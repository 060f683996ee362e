//! Front door: one command from the arguments, or a script from `-c` or stdin.
//!
//! Without arguments on a terminal nothing is done here: the prompt is opened by the caller.

mod demo;
pub mod door;
mod script;

use std::ffi::OsString;
use std::io::Read;

use crate::app::{App, OpenError};
use crate::commands::connections::refuse_open_password;
use crate::commands::line::{self, Globals, Line, What};
use crate::commands::{Error, Words};
use crate::output::ask::Answers;
use crate::output::print::{Pages, Printer, is_interactive, is_piped};
use crate::output::{Exit, Format};
use door::{Door, printed};

/// What the arguments came to.
pub enum Start {
    /// The prompt is wanted.
    Prompt(Box<Opening>),
    Ended(Exit),
}

/// A prompt that is about to open.
pub struct Opening {
    pub door: Door,
    pub no_banner: bool,
}

/// Does what the arguments say.
pub fn start(arguments: impl Iterator<Item = OsString>) -> Start {
    let words = arguments
        .map(OsString::into_string)
        .collect::<Result<Vec<_>, _>>();
    let printer = Printer::new(Pages::Through);
    let ended = |error: &Error, format: Option<Format>| {
        Start::Ended(printed(&printer, error, format.unwrap_or_default()))
    };
    let words = match words {
        Ok(words) => words,
        Err(_) => return ended(&Error::usage("the arguments are not all UTF-8 text"), None),
    };
    let format = line::format_of(&words);
    if let Some(error) = words
        .iter()
        .find_map(|word| refuse_open_password(word).err())
    {
        return ended(&error, format);
    }
    match line::read(&words).and_then(|line| wanted(line, format)) {
        Ok(wanted) => carry_out(wanted).unwrap_or_else(|error| ended(&error, format)),
        Err(error) => ended(&error, format),
    }
}

/// What is to be done, before anything is opened.
struct Wanted {
    globals: Globals,
    work: Work,
}

enum Work {
    One(What),
    Script(String),
    Prompt,
}

fn wanted(line: Line, format: Option<Format>) -> Result<Wanted, Error> {
    let Line { mut globals, what } = line;
    globals.format = globals.format.or(format);
    let work = match (what, globals.script.take()) {
        (What::Nothing, Some(script)) => Work::Script(script),
        (_, Some(_)) => {
            return Err(Error::usage("-c cannot stand together with a command")
                .hint("put the command into the script: -c 'source prod; databases'"));
        }
        (What::Nothing, None) if is_piped() => Work::Script(stdin()?),
        (What::Nothing, None) if is_interactive() => Work::Prompt,
        (What::Nothing, None) => {
            return Err(Error::usage("the prompt needs a terminal to write to")
                .hint("name a command, such as `maestro help`"));
        }
        (what, None) => Work::One(what),
    };
    Ok(Wanted { globals, work })
}

fn stdin() -> Result<String, Error> {
    let mut text = String::new();
    match std::io::stdin().read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(cause) => Err(Error::usage(format!(
            "cannot read the script on stdin: {cause}"
        ))),
    }
}

fn carry_out(wanted: Wanted) -> Result<Start, Error> {
    let Wanted { globals, work } = wanted;
    let format = globals.format.unwrap_or_default();
    Ok(match work {
        Work::One(What::Show(reply)) => {
            Printer::new(Pages::Through).reply(&*reply, format);
            Start::Ended(reply.exit())
        }
        Work::One(What::Act(entry, matches)) if entry.name() == "demo" => {
            demo::start(&globals, &matches)?
        }
        Work::One(what) => {
            let mut door = open(&globals, Words::CommandLine, Answers::Typed, Pages::Through)?;
            Start::Ended(door.carry_out(what, format).exit)
        }
        Work::Script(text) => {
            let statements = script::read(&text)?;
            let mut door = open(&globals, Words::Script, Answers::Never, Pages::Through)?;
            Start::Ended(script::run(&mut door, &statements))
        }
        Work::Prompt => Start::Prompt(Box::new(Opening {
            door: open(&globals, Words::Prompt, Answers::Typed, Pages::Paged)?,
            no_banner: globals.no_banner,
        })),
    })
}

fn open(globals: &Globals, words: Words, answers: Answers, pages: Pages) -> Result<Door, Error> {
    let app = App::open(globals.home.as_deref()).map_err(unopened)?;
    let door = Door::new(
        app,
        words,
        answers,
        pages,
        globals.format.unwrap_or_default(),
    );
    door.app
        .notices
        .iter()
        .for_each(|notice| door.printer.note(notice));
    Ok(door)
}

fn unopened(error: OpenError) -> Error {
    match error {
        OpenError::Store(error) => error.into(),
        OpenError::Settings(error) => error.into(),
        OpenError::Runtime(cause) => Error::failed(format!("cannot start the runtime: {cause}")),
    }
}
