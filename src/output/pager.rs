//! Long answers through a pager: `$PAGER`, or `less` that leaves short text alone.
//!
//! Where there is no pager the text is printed as if there had never been the wish.

use std::io::{IsTerminal, Write};
use std::process::{Command, Stdio};

/// Shows text that is longer than the screen. Returns whether it was shown.
pub fn show(text: &str) -> bool {
    let stdout = std::io::stdout();
    if !stdout.is_terminal() || text.lines().count() < screen_height() {
        return false;
    }
    page(text).is_some()
}

fn screen_height() -> usize {
    let (rows, _columns) = dialoguer::console::Term::stdout().size();
    usize::from(rows).saturating_sub(1).max(1)
}

fn page(text: &str) -> Option<()> {
    let pager = std::env::var("PAGER")
        .ok()
        .filter(|pager| !pager.trim().is_empty());
    let mut words = shlex::split(pager.as_deref().unwrap_or("less -FRX"))?.into_iter();
    let mut child = Command::new(words.next()?)
        .args(words)
        .env("LESSSECURE", "1")
        .stdin(Stdio::piped())
        .spawn()
        .ok()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A person who leaves the pager early closes the pipe: that is no error.
        let _ = stdin.write_all(text.as_bytes());
    }
    child.wait().ok().map(drop)
}
