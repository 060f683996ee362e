//! The line editor: history without secrets, completion, grey hints, lines that an open quote continues.

use std::borrow::Cow;
use std::sync::Arc;

use rustyline::completion::{Completer, Pair};
use rustyline::config::{BellStyle, ColorMode, CompletionType, Config};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::{Hint, Hinter};
use rustyline::history::{History, MemHistory, SearchDirection};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};

use super::complete;
use super::known::Known;
use super::prompt::Prompt;
use crate::app::App;
use crate::cli::door::Door;
use crate::commands::Session;
use crate::commands::line::split;
use crate::output::theme::{Paint, Tone};
use crate::store::redacted;

/// How many lines are remembered at the prompt.
const LINES: usize = 2000;

/// What came from the prompt.
pub enum Typed {
    Line(String),
    /// Ctrl-C: the line is dropped.
    Cleared,
    /// Ctrl-D, or the terminal has gone.
    End,
}

/// The line editor with its history.
pub struct Editor {
    lines: rustyline::Editor<Assistant, MemHistory>,
    app: Arc<App>,
}

impl Editor {
    pub fn new(door: &Door) -> rustyline::Result<Editor> {
        let paint = door.printer.paint_out;
        let colours = match paint.colour {
            true => ColorMode::Enabled,
            false => ColorMode::Disabled,
        };
        let config = Config::builder()
            .max_history_size(LINES)?
            .history_ignore_dups(true)?
            .completion_type(CompletionType::List)
            .bell_style(BellStyle::None)
            .color_mode(colours)
            .build();
        let history = MemHistory::with_config(&config);
        let mut lines = rustyline::Editor::with_history(config, history)?;
        lines.set_helper(Some(Assistant {
            known: Known::new(&door.app),
            paint,
        }));
        for line in door.app.store.lines(LINES).unwrap_or_default() {
            lines.add_history_entry(line)?;
        }
        Ok(Editor {
            lines,
            app: Arc::clone(&door.app),
        })
    }

    /// Reads a line, with what the session knows at hand for completion.
    pub fn read(&mut self, prompt: &Prompt, session: &Session) -> Typed {
        if let Some(assistant) = self.lines.helper_mut() {
            assistant.known.follow(session);
        }
        match self.lines.readline(prompt) {
            Ok(line) => {
                self.remember(&line);
                Typed::Line(line)
            }
            Err(ReadlineError::Interrupted) => Typed::Cleared,
            Err(_) => Typed::End,
        }
    }

    /// Remembers a line without its secrets; one that begins with a space is not remembered at all.
    fn remember(&mut self, line: &str) {
        if line.trim().is_empty() || line.starts_with(' ') {
            return;
        }
        let line = redacted(line);
        let stored = self.app.store.add_line(&line);
        if let Err(cause) = stored {
            tracing::warn!("the line was not remembered: {cause}");
        }
        let _ = self.lines.add_history_entry(line);
    }
}

/// Completion, hints and colours.
struct Assistant {
    known: Known,
    paint: Paint,
}

impl Helper for Assistant {}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let before = line.get(..position).unwrap_or(line);
        let (start, candidates) = complete::complete(before, &self.known);
        let pairs = candidates.into_iter().map(|candidate| Pair {
            display: candidate.shown,
            replacement: candidate.typed,
        });
        Ok((start, pairs.collect()))
    }
}

/// A grey text behind the cursor; the right arrow takes it when it is a past line.
struct Suggestion {
    shown: String,
    taken: Option<String>,
}

impl Hint for Suggestion {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        self.taken.as_deref()
    }
}

impl Hinter for Assistant {
    type Hint = Suggestion;

    /// The rest of the newest past line that begins so, else what the command still takes. Without
    /// colour there is none: it would look typed.
    fn hint(&self, line: &str, position: usize, context: &Context<'_>) -> Option<Suggestion> {
        if line.trim().is_empty() || position < line.len() || !self.paint.colour {
            return None;
        }
        if let Some(rest) = past(line, context.history()) {
            return Some(Suggestion {
                shown: rest.clone(),
                taken: Some(rest),
            });
        }
        complete::usage(line).map(|shown| Suggestion { shown, taken: None })
    }
}

fn past(line: &str, history: &dyn History) -> Option<String> {
    let newest = history.len().checked_sub(1)?;
    let found = history
        .starts_with(line, newest, SearchDirection::Reverse)
        .ok()??;
    let rest = found.entry.get(line.len()..)?;
    (!rest.is_empty() && !rest.contains('\n')).then(|| rest.to_string())
}

impl Highlighter for Assistant {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(self.paint.apply(Tone::Faint, hint))
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(match split(context.input()) {
            Ok(_) => ValidationResult::Valid(None),
            Err(_) => ValidationResult::Incomplete,
        })
    }
}
