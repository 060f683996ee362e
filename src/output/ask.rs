//! Questions at the terminal: y/N, a word, a line with a default, a hidden line.
//!
//! Asked on stderr, never on stdout, which belongs to data; only where stdin and stderr are a terminal.
//! An end of input, Ctrl-C and a signal are no answer; what silence means is decided by who asks.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::os::fd::AsFd;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{
    FlushArg, LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcflush, tcgetattr, tcsetattr,
};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::page::Page;
use super::print::Printer;
use super::theme::{Tone, harmless};

/// What Ctrl-C types while a question is open.
const INTERRUPT: u8 = 3;

/// Whether questions may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// Where stdin and stderr are a terminal.
    Typed,
    /// Never: the next line of a script is no answer.
    Never,
}

/// The person at the terminal.
pub struct Terminal<'a> {
    pub answers: Answers,
    pub printer: &'a Printer,
    /// Set by a signal: an open question then ends without an answer.
    pub stop: CancellationToken,
}

/// Whether what is typed is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Echo {
    Shown,
    Hidden,
}

impl Terminal<'_> {
    pub fn is_terminal(&self) -> bool {
        self.answers == Answers::Typed
            && std::io::stdin().is_terminal()
            && std::io::stderr().is_terminal()
    }

    /// A `y/N` question. What was typed before it was shown is thrown away.
    pub fn confirm(&self, question: &str, default: bool) -> Option<bool> {
        let choice = if default { "Y/n" } else { "y/N" };
        self.forget_what_was_typed();
        loop {
            let typed = self.ask(&format!("{question} [{choice}] "), Echo::Shown)?;
            match typed.trim().to_lowercase().as_str() {
                "" => return Some(default),
                "y" | "yes" => return Some(true),
                "n" | "no" => return Some(false),
                _ => self.printer.note("Please type y or n."),
            }
        }
    }

    /// A word to type. What was typed before it was shown is thrown away.
    pub fn word(&self, question: &str) -> Option<String> {
        self.forget_what_was_typed();
        let typed = self.ask(&format!("{question} "), Echo::Shown)?;
        Some(typed.trim().to_string())
    }

    /// A line; an empty one is the default.
    pub fn line(&self, question: &str, default: Option<&str>) -> Option<String> {
        let shown = default.filter(|default| !default.is_empty());
        let shown = shown
            .map(|default| format!(" [{default}]"))
            .unwrap_or_default();
        let typed = self.ask(&format!("{question}{shown}: "), Echo::Shown)?;
        Some(match (typed.trim(), default) {
            ("", Some(default)) => default.to_string(),
            (typed, _) => typed.to_string(),
        })
    }

    /// A line that is not shown. Spaces in it are kept.
    pub fn secret(&self, question: &str) -> Option<SecretString> {
        let typed = self.ask(&format!("{question}: "), Echo::Hidden)?;
        Some(SecretString::from(typed))
    }

    /// Shows a page on stderr.
    pub fn show(&self, page: &Page) {
        self.printer.aside(page);
    }

    fn forget_what_was_typed(&self) {
        if self.is_terminal() {
            let _ = tcflush(std::io::stdin(), FlushArg::TCIFLUSH);
        }
    }

    fn ask(&self, question: &str, echo: Echo) -> Option<String> {
        if !self.is_terminal() || self.stop.is_cancelled() {
            return None;
        }
        let question = self
            .printer
            .paint_err
            .apply(Tone::Strong, &harmless(question));
        self.printer.bars.suspend(|| {
            super::print::to_stderr(&question);
            let typed = Typing::begin(echo).and_then(|_typing| read_line(&self.stop));
            if typed.is_none() || echo == Echo::Hidden {
                super::print::to_stderr("\n");
            }
            typed
        })
    }
}

/// One typed line without its end; None at an end of input, Ctrl-C or a signal.
fn read_line(stop: &CancellationToken) -> Option<String> {
    let stdin = std::io::stdin();
    let mut file = File::from(stdin.as_fd().try_clone_to_owned().ok()?);
    let mut line = Vec::new();
    loop {
        wait_for_input(&file, stop)?;
        let mut part = [0; 4096];
        let read = file.read(&mut part).ok().filter(|read| *read > 0)?;
        line.extend_from_slice(&part[..read]);
        match line.last() {
            Some(&INTERRUPT) => return None,
            Some(b'\n') => break,
            _ => {}
        }
    }
    line.pop();
    String::from_utf8(line).ok()
}

/// Waits for a line, or for a signal, which is no answer.
fn wait_for_input(file: &File, stop: &CancellationToken) -> Option<()> {
    while !stop.is_cancelled() {
        let mut fds = [PollFd::new(file.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::from(200u8)) {
            Ok(0) | Err(nix::errno::Errno::EINTR) => {}
            Ok(_) => return Some(()),
            Err(_) => return None,
        }
    }
    None
}

/// The terminal while a question is open: it edits lines itself, and Ctrl-C ends a line instead of
/// raising a signal. Dropping it puts the terminal back.
struct Typing {
    before: Termios,
}

impl Typing {
    fn begin(echo: Echo) -> Option<Typing> {
        let before = tcgetattr(std::io::stdin()).ok()?;
        let mut now = before.clone();
        now.local_flags.remove(LocalFlags::ISIG);
        now.local_flags.insert(LocalFlags::ICANON);
        now.local_flags.set(LocalFlags::ECHO, echo == Echo::Shown);
        now.control_chars[SpecialCharacterIndices::VEOL as usize] = INTERRUPT;
        tcsetattr(std::io::stdin(), SetArg::TCSADRAIN, &now).ok()?;
        Some(Typing { before })
    }
}

impl Drop for Typing {
    fn drop(&mut self) {
        let _ = tcsetattr(std::io::stdin(), SetArg::TCSADRAIN, &self.before);
    }
}
