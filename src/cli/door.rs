//! What every front door shares: words in, the reply or the error printed, an exit code out.
//!
//! A panic in a command is an error of that command, never the end of the prompt or the terminal.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::commands::line::{self, Line, What};
use crate::commands::{Ask, Context, Error, Result, Session, Words};
use crate::output::ask::{Answers, Terminal};
use crate::output::print::{Failure, Pages, Printer, Reader};
use crate::output::progress::{Progress, Style};
use crate::output::{Exit, Format, Page};

/// An open front door: the process, the session, and how to talk.
pub struct Door {
    pub app: Arc<App>,
    pub session: Session,
    pub printer: Printer,
    /// The line of the script, where it has several: errors name it.
    pub line: Option<usize>,
    words: Words,
    answers: Answers,
    format: Format,
    progress: Arc<Progress>,
}

/// How a line ended.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    pub exit: Exit,
    pub reader: Reader,
}

impl Door {
    pub fn new(app: App, words: Words, answers: Answers, pages: Pages, format: Format) -> Door {
        let printer = Printer::new(pages);
        let style = match (app.settings.batch.show_progress, printer.shows_bars()) {
            (false, _) => Style::Quiet,
            (true, true) => Style::Bars,
            (true, false) => Style::Lines,
        };
        Door {
            app: Arc::new(app),
            session: Session::default(),
            progress: Arc::new(Progress::new(style, printer.bars.clone())),
            line: None,
            printer,
            words,
            answers,
            format,
        }
    }

    /// Runs the words of a prompt's or a script's line.
    pub fn words(&mut self, words: &[String]) -> Done {
        let format = line::format_of(words).unwrap_or(self.format);
        match line::read(words).and_then(belongs_here) {
            Ok(what) => self.carry_out(what, format),
            Err(error) => self.failed(error, format),
        }
    }

    /// Carries a command out and prints what comes of it.
    pub fn carry_out(&mut self, what: What, format: Format) -> Done {
        let reply = match what {
            What::Nothing => {
                return Done {
                    exit: Exit::DONE,
                    reader: Reader::Listens,
                };
            }
            What::Show(reply) => Ok(reply),
            What::Act(entry, matches) => {
                self.with_context(format, async |cx| line::act(entry, matches, cx).await)
            }
        };
        match reply {
            Ok(reply) => Done {
                reader: self.printer.reply(&*reply, format),
                exit: reply.exit(),
            },
            Err(error) => self.failed(error, format),
        }
    }

    /// Runs work with all that a command may use.
    pub fn with_context<T>(
        &mut self,
        format: Format,
        work: impl AsyncFnOnce(&mut Context<'_>) -> Result<T>,
    ) -> Result<T> {
        let stop = CancellationToken::new();
        let ask = Terminal {
            answers: self.answers,
            printer: &self.printer,
            stop: stop.clone(),
        };
        let mut cx = Context {
            store: &self.app.store,
            settings: &self.app.settings,
            session: &mut self.session,
            events: self.progress.clone(),
            format,
            ask: &ask,
            stop: stop.clone(),
            words: self.words,
        };
        let work = AssertUnwindSafe(work(&mut cx)).catch_unwind();
        let done = self.app.run(&stop, told(&self.printer, &stop, work));
        done.unwrap_or_else(|_| Err(Error::failed("the command failed internally")))
    }

    fn failed(&mut self, mut error: Error, format: Format) -> Done {
        if let (Some(line), true) = (self.line, format != Format::Json) {
            error.message = format!("line {line}: {}", error.message);
        }
        let reader = print(&self.printer, &error, format);
        Done {
            exit: error.exit,
            reader,
        }
    }
}

/// Says once that a signal was heard, while the work comes to its end.
async fn told<T>(printer: &Printer, stop: &CancellationToken, work: impl Future<Output = T>) -> T {
    let tell = async {
        stop.cancelled().await;
        printer.note("Stopping; once more ends at once.");
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        done = work => done,
        () = tell => unreachable!("telling never ends"),
    }
}

/// Refuses flags that only the start of the program takes.
fn belongs_here(line: Line) -> Result<What> {
    match line.globals.of_the_program() {
        None => Ok(line.what),
        Some(flag) => Err(
            Error::usage(format!("{flag} belongs to the start of the program"))
                .hint(format!("leave, and start it with `maestro {flag} …`")),
        ),
    }
}

/// Prints an error; returns its exit code.
pub fn printed(printer: &Printer, error: &Error, format: Format) -> Exit {
    print(printer, error, format);
    error.exit
}

fn print(printer: &Printer, error: &Error, format: Format) -> Reader {
    let failure = Failure {
        code: error.code,
        message: &error.message,
        hint: error.hint.as_deref(),
    };
    printer.failure(&failure, format)
}

impl Ask for Terminal<'_> {
    fn is_terminal(&self) -> bool {
        Terminal::is_terminal(self)
    }

    fn confirm(&self, question: &str, default: bool) -> Option<bool> {
        Terminal::confirm(self, question, default)
    }

    fn word(&self, question: &str) -> Option<String> {
        Terminal::word(self, question)
    }

    fn line(&self, question: &str, default: Option<&str>) -> Option<String> {
        Terminal::line(self, question, default)
    }

    fn secret(&self, question: &str) -> Option<SecretString> {
        Terminal::secret(self, question)
    }

    fn show(&self, page: &Page) {
        Terminal::show(self, page);
    }
}
