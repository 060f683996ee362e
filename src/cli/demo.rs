//! The demo: a store of its own, two folders of databases, and a tour.

use clap::{ArgMatches, FromArgMatches};

use super::door::Door;
use super::{Opening, Start, open};
use crate::commands::demo::{self, Args, TOUR};
use crate::commands::line::Globals;
use crate::commands::{Error, Words};
use crate::output::ask::Answers;
use crate::output::print::{Pages, is_interactive};
use crate::output::{Cell, Exit, Format, Page, Table, Tone};
use crate::settings;

/// Builds the demo beside the user's own store; plays its tour, or opens the prompt on it.
pub fn start(globals: &Globals, matches: &ArgMatches) -> Result<Start, Error> {
    let args = Args::from_arg_matches(matches).map_err(|cause| Error::usage(cause.to_string()))?;
    if !args.run && !is_interactive() {
        return Err(
            Error::usage("the demo's prompt needs a terminal").hint("demo --run needs none")
        );
    }
    let home = settings::home(globals.home.as_deref())?.join("demo");
    let globals = Globals {
        home: Some(home.clone()),
        ..globals.clone()
    };
    let (words, answers, pages) = match args.run {
        true => (Words::Script, Answers::Never, Pages::Through),
        false => (Words::Prompt, Answers::Typed, Pages::Paged),
    };
    let mut door = open(&globals, words, answers, pages)?;
    let places = demo::build(&home)?;
    demo::register(&door.app.store, &places)?;
    door.words(&spoken("use prod staging"));
    if args.run {
        return Ok(Start::Ended(play(&mut door)));
    }
    show(&door, &tour());
    Ok(Start::Prompt(Box::new(Opening {
        door,
        no_banner: globals.no_banner,
    })))
}

/// Plays the tour as a person would type it. The comparisons must tell the difference: first different, at
/// last equal.
fn play(door: &mut Door) -> Exit {
    let mut verdicts = Vec::new();
    for (line, shows) in TOUR {
        let mut page = Page::default();
        page.blank();
        page.pieces([
            Cell::new(Tone::Accent, "prod → staging> "),
            Cell::new(Tone::Strong, *line),
            Cell::new(Tone::Faint, format!("   # {shows}")),
        ]);
        show(door, &page);
        let exit = door.words(&spoken(line)).exit;
        if line.starts_with("compare") {
            verdicts.push(exit);
        } else if exit != Exit::DONE {
            return exit;
        }
    }
    match verdicts[..] {
        [Exit::DIFFERENT, Exit::DONE] => Exit::DONE,
        _ => Exit::FAILED,
    }
}

fn show(door: &Door, page: &Page) {
    let paint = door.printer.paint_out;
    door.printer.data(&page.print(Format::Table, paint));
}

fn tour() -> Page {
    let mut page = Page::default();
    page.line(
        "Two folders of SQLite databases are yours to try: prod, and staging, which is older.",
    );
    let mut table = Table::new(&["type", "to see"]);
    for (line, shows) in TOUR {
        table.row([Cell::new(Tone::Strong, *line), (*shows).into()]);
    }
    page.table(table);
    page
}

fn spoken(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_string).collect()
}
