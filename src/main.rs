//! Arguments in, exit code out.

use std::process::ExitCode;

use maestro::cli::{self, Start};
use maestro::{app, shell};

fn main() -> ExitCode {
    let exit = app::guard(|| match cli::start(std::env::args_os().skip(1)) {
        Start::Prompt(opening) => shell::open(*opening),
        Start::Ended(exit) => exit,
    });
    ExitCode::from(exit.0)
}
