//! The one question of a sync, by risk: y/N, YES, or the target's name.
//!
//! The default is no, an end of input is no, and no flag answers for a production target.

use super::planned::{Planned, pace};
use crate::commands::places::Opened;
use crate::commands::{Context, Error, Result};
use crate::model::endpoint::is_address;
use crate::model::label::Label;
use crate::output::Page;
use crate::plan::{Risk, document};

/// What must be said before anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// `--yes` was given, and suffices.
    Answered,
    YesNo,
    TypeYes,
    TypeName,
}

/// Shows the plan and asks. `approved` is the hash of the kept plan that this is: where nobody can be asked, an
/// approval of exactly that plan answers for production, once.
///
/// # Errors
/// Refused (exit code 4): the answer was no, or there is nobody to ask.
pub async fn confirm(
    cx: &Context<'_>,
    planned: &Planned,
    yes: bool,
    approved: Option<&str>,
) -> Result<()> {
    let mut page = Page::default();
    planned.draw(&mut page, pace(cx.store)?);
    cx.ask.show(&page);
    let write = Write {
        target: &planned.target,
        label: planned.label(),
        risk: planned.risk(),
    };
    settle(cx, &write, yes, approved).await
}

/// What is about to be written to.
pub struct Write<'a> {
    pub target: &'a Opened,
    /// The label that counts.
    pub label: Label,
    pub risk: Risk,
}

/// Asks for a write, by the target's label and the risk.
///
/// # Errors
/// Refused (exit code 4): the answer was no, or there is nobody to ask.
pub async fn settle(
    cx: &Context<'_>,
    write: &Write<'_>,
    yes: bool,
    approved: Option<&str>,
) -> Result<()> {
    let (name, label) = (&write.target.endpoint.name, write.label);
    let destructive = cx.settings.batch.confirm_destructive;
    let answer = match question(write.risk, label.is_guarded(), yes, destructive) {
        Question::Answered => return Ok(()),
        Question::YesNo => cx.ask.confirm("Go on?", false),
        Question::TypeYes => {
            let typed = cx
                .ask
                .word("Live tables will be replaced. Type YES to go on:");
            typed.map(|word| word == "YES")
        }
        Question::TypeName if !cx.ask.is_terminal() => match approved {
            Some(hash) if write.target.server.spend(hash).await? => return Ok(()),
            Some(hash) => return Err(unapproved(write, hash)),
            None => None,
        },
        Question::TypeName => {
            let what = format!("{name} counts as production ({label}). Type its name to go on:");
            cx.ask.word(&what).map(|word| word == *name)
        }
    };
    match answer {
        Some(true) => Ok(()),
        Some(false) => Err(Error::refused("not confirmed; nothing was changed")),
        None => Err(silence(write)),
    }
}

fn question(risk: Risk, guarded: bool, yes: bool, destructive: bool) -> Question {
    match (guarded, yes, risk) {
        (true, _, _) => Question::TypeName,
        (false, true, _) => Question::Answered,
        (false, false, Risk::Replaces) if destructive => Question::TypeYes,
        (false, false, _) => Question::YesNo,
    }
}

/// A kept plan that nobody approved, or whose approval is over.
fn unapproved(write: &Write<'_>, hash: &str) -> Error {
    let (name, hash) = (&write.target.endpoint.name, document::short(hash));
    Error::refused(format!(
        "{name} is labelled {}, and there is neither a terminal to ask at nor an approval of the plan {hash} that \
         still holds",
        write.label
    ))
    .hint(format!(
        "at a terminal: approve {hash} --for 15m; an approval serves one run"
    ))
}

/// Nobody is there to answer.
fn silence(write: &Write<'_>) -> Error {
    let (name, label) = (&write.target.endpoint.name, write.label);
    let error = Error::refused("the plan needs a confirmation, and there is no terminal to ask at");
    if label.is_guarded() {
        let mend = match is_address(name) {
            true => "save it with its real label: connections add NAME URL --env ENV".to_string(),
            false => format!("give it its real label with: connections label {name} ENV"),
        };
        // What the server says of itself is not mended here.
        let (whose, mend) = match write.target.endpoint.label.is_guarded() {
            true => ("", format!("; or {mend}")),
            false => (" on its server", String::new()),
        };
        return error.hint(format!(
            "{name} is labelled {label}{whose}: run it at a terminal; a script can apply an approved plan \
             (help approve){mend}"
        ));
    }
    error.hint("--yes answers it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e10_no_flag_answers_for_production() {
        for risk in [Risk::Adds, Risk::Replaces] {
            for (yes, destructive) in [(true, true), (true, false), (false, true)] {
                assert_eq!(question(risk, true, yes, destructive), Question::TypeName);
            }
        }
    }

    #[test]
    fn the_question_grows_with_the_risk() {
        assert_eq!(question(Risk::Adds, false, false, true), Question::YesNo);
        assert_eq!(
            question(Risk::Replaces, false, false, true),
            Question::TypeYes
        );
        assert_eq!(
            question(Risk::Replaces, false, true, true),
            Question::Answered
        );
        assert_eq!(
            question(Risk::Replaces, false, false, false),
            Question::YesNo
        );
    }
}
