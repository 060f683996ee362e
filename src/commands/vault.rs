//! `vault`: where passwords are kept, sealed with a key that a passphrase or a key file holds.
//!
//! A passphrase is never a word of a command line: it comes from a hidden question or the standard input.
//! Commands that need a password open the vault here; a person is asked once in a session.

mod reply;

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::connections::from_stdin;
use super::{Command, Context, Error, Group, Result};
use crate::model::units::counted;
use crate::output::Page;
use crate::store::{self, Connection, Password, Protection, Vault};
pub use reply::Answer;
use reply::{Status, hint};

/// How often a wrong passphrase is asked for again.
const PATIENCE: usize = 3;

/// Keep passwords sealed: make, lock, unlock and rekey the vault
#[derive(clap::Parser, Debug)]
#[command(name = "vault")]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// Say what protects the vault and how many passwords are in it
    Status,
    /// Make the vault; asks for a passphrase unless a key file is wanted
    Init {
        #[command(flatten)]
        by: By,
        /// Forget the present vault and the passwords in it, after DISCARD is typed
        #[arg(long)]
        discard: bool,
    },
    /// Forget the key until the passphrase is typed again
    Lock,
    /// Ask for the passphrase, once for this session
    Unlock {
        /// Read the passphrase from the first line of the standard input
        #[arg(long)]
        passphrase_stdin: bool,
    },
    /// Give the vault a new key and seal every password again
    Rekey {
        #[command(flatten)]
        by: By,
        /// Ask for a passphrase, where a key file was used before
        #[arg(long, conflicts_with_all = ["key_file", "passphrase_stdin"])]
        passphrase: bool,
    },
    /// Move the base64 passwords of the store into the vault
    Migrate,
}

/// What is to hold the key.
#[derive(clap::Args, Debug)]
#[group(skip)]
struct By {
    /// Keep the key in a file of mode 0600 for use without a person: vault.key in the home folder, or PATH
    #[arg(long, value_name = "PATH", num_args = 0..=1, conflicts_with = "passphrase_stdin")]
    key_file: Option<Option<PathBuf>>,
    /// Read the passphrase from the first line of the standard input
    #[arg(long)]
    passphrase_stdin: bool,
}

impl Command for Args {
    type Reply = Answer;
    const GROUP: Group = Group::Connections;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        (
            "vault init",
            "protect passwords by a passphrase, asked for once in a session",
        ),
        (
            "vault init --key-file",
            "or by a key file, so that scripts need nobody",
        ),
        (
            "vault migrate",
            "move base64 passwords of earlier versions in",
        ),
        ("vault rekey", "a new key and a new passphrase"),
        ("vault lock", "ask for the passphrase again"),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Answer> {
        match self.action.unwrap_or(Action::Status) {
            Action::Status => Status::of(cx).map(Answer::Status),
            Action::Init { by, discard } => init(cx, &by, discard),
            Action::Lock => lock(cx),
            Action::Unlock { passphrase_stdin } => unlock(cx, passphrase_stdin),
            Action::Rekey { by, passphrase } => rekey(cx, &by, passphrase),
            Action::Migrate => migrate(cx),
        }
    }
}

/// Opens the vault, if need be with the passphrase that the person at the terminal types.
///
/// # Errors
/// There is no vault, nobody to ask, or the passphrase stays wrong.
pub fn open(cx: &Context<'_>) -> Result<()> {
    let mut left = PATIENCE;
    match cx.store.open_vault(None) {
        Err(store::Error::Locked) => {}
        other => return Ok(other?),
    }
    loop {
        let typed = cx.ask.secret("Passphrase of the vault");
        let typed = typed.ok_or(store::Error::Locked)?;
        left -= 1;
        match cx.store.open_vault(Some(&typed)) {
            Err(store::Error::Passphrase) if left > 0 => tell(cx, "It does not open the vault."),
            other => return Ok(other?),
        }
    }
}

/// The password of a saved connection; a locked vault is opened for it.
pub fn password(
    cx: &Context<'_>,
    connection: &Connection,
    ask: impl FnOnce() -> Option<SecretString>,
) -> Result<Option<SecretString>> {
    if let Password::Vault(store::Kept::Sealed(_)) = connection.password {
        open(cx)?;
    }
    Ok(cx.store.password(connection, ask)?)
}

/// Opens the vault, or makes it where there is none: at a terminal with a passphrase if one is typed, else
/// with a key file. What was made is told in the lines returned.
pub fn ready(cx: &Context<'_>) -> Result<Vec<String>> {
    if cx.store.vault()?.is_some() {
        open(cx)?;
        return Ok(Vec::new());
    }
    let protection = match cx.ask.is_terminal() {
        false => Protection::KeyFile(None),
        true => {
            tell(cx, "There is no vault yet: one is made for this password.");
            let question = "Passphrase of the new vault (empty: a key file opens it)";
            match typed_twice(cx, question)? {
                Some(passphrase) => Protection::Passphrase(passphrase),
                None => Protection::KeyFile(None),
            }
        }
    };
    if let Err(error) = cx.store.make_vault(&protection) {
        // Another process may have been faster: then its vault is the one.
        return match cx.store.vault()? {
            Some(_) => open(cx).map(|()| Vec::new()),
            None => Err(error.into()),
        };
    }
    Ok(vec![format!("a vault was made; {}", holder(cx)?)])
}

fn init(cx: &Context<'_>, by: &By, discard: bool) -> Result<Answer> {
    if cx.store.vault().ok().flatten().is_some() && !discard {
        return Err(Error::refused("there is a vault already")
            .hint("vault rekey gives it another key or passphrase"));
    }
    if discard {
        tell(
            cx,
            "The passwords in the vault will be lost; connections edit NAME --store vault gives each again.",
        );
        match cx.ask.word("Type DISCARD to forget the vault") {
            Some(word) if word.trim() == "DISCARD" => {}
            Some(_) => return Err(Error::refused("the vault was kept: DISCARD was not typed")),
            None => {
                return Err(
                    Error::refused("the vault was kept: the question was not answered")
                        .hint("DISCARD must be typed at a terminal"),
                );
            }
        }
    }
    let protection = by.protection(cx)?;
    if discard {
        cx.store.discard_vault()?;
    }
    cx.store.make_vault(&protection)?;
    let mut lines = vec![format!("The vault is made; {}.", holder(cx)?)];
    lines.extend(hint(&Status::of(cx)?));
    Ok(Answer::Said {
        lines,
        json: json!({ "made": true, "vault": Status::of(cx)?.json() }),
    })
}

fn lock(cx: &mut Context<'_>) -> Result<Answer> {
    let vault = existing(cx)?;
    cx.store.lock_vault();
    let line = match vault.key_file {
        None => {
            "The vault is locked: the passphrase is asked for when a password is needed.".into()
        }
        Some(file) => format!(
            "The key is forgotten; the key file {} opens the vault again when a password is needed.",
            file.display()
        ),
    };
    Ok(Answer::Said {
        lines: vec![line],
        json: json!({ "vault": Status::of(cx)?.json() }),
    })
}

fn unlock(cx: &Context<'_>, passphrase_stdin: bool) -> Result<Answer> {
    existing(cx)?;
    match passphrase_stdin {
        true => {
            let passphrase = from_stdin(cx, "passphrase", None)?;
            cx.store.open_vault(Some(&passphrase))?;
        }
        false => open(cx)?,
    }
    Ok(Answer::Said {
        lines: vec!["The vault is open until the end of this session.".into()],
        json: json!({ "vault": Status::of(cx)?.json() }),
    })
}

fn rekey(cx: &Context<'_>, by: &By, passphrase: bool) -> Result<Answer> {
    let vault = existing(cx)?;
    open(cx)?;
    let protection = match vault.key_file {
        Some(file) if by.is_empty() && !passphrase => Protection::KeyFile(Some(file)),
        _ => by.protection(cx)?,
    };
    let sealed = cx.store.rekey(&protection)?;
    Ok(Answer::Said {
        lines: vec![format!(
            "The vault has a new key and {} sealed with it; {}.",
            match sealed {
                1 => "1 password is".to_string(),
                many => format!("{many} passwords are"),
            },
            holder(cx)?
        )],
        json: json!({ "sealed": sealed, "vault": Status::of(cx)?.json() }),
    })
}

fn migrate(cx: &Context<'_>) -> Result<Answer> {
    let mut lines = Vec::new();
    if Status::of(cx)?.base64 > 0 {
        lines.extend(ready(cx)?.into_iter().map(|line| format!("note: {line}")));
    }
    let moved = match Status::of(cx)?.base64 {
        0 => Vec::new(),
        _ => cx.store.migrate()?,
    };
    lines.push(match moved.len() {
        0 => "No password is stored base64: nothing was moved.".into(),
        count => format!(
            "Moved {} into the vault: {}.",
            counted(count, "password"),
            moved.join(", ")
        ),
    });
    Ok(Answer::Said {
        lines,
        json: json!({ "migrated": moved, "vault": Status::of(cx)?.json() }),
    })
}

impl By {
    fn is_empty(&self) -> bool {
        self.key_file.is_none() && !self.passphrase_stdin
    }

    fn protection(&self, cx: &Context<'_>) -> Result<Protection> {
        if let Some(path) = &self.key_file {
            return Ok(Protection::KeyFile(path.clone()));
        }
        if self.passphrase_stdin {
            return from_stdin(cx, "passphrase", None).map(Protection::Passphrase);
        }
        if !cx.ask.is_terminal() {
            return Err(Error::refused(
                "nothing was changed: there is no terminal to ask for a passphrase at",
            )
            .hint("--key-file keeps the key in a file; --passphrase-stdin reads a passphrase"));
        }
        match typed_twice(cx, "New passphrase of the vault")? {
            Some(passphrase) => Ok(Protection::Passphrase(passphrase)),
            None => Err(Error::refused(
                "nothing was changed: an empty passphrase protects nothing",
            )
            .hint("--key-file keeps the key in a file")),
        }
    }
}

/// A passphrase that was typed the same way twice; None when it is empty.
fn typed_twice(cx: &Context<'_>, question: &str) -> Result<Option<SecretString>> {
    let silence =
        || Error::refused("nothing was changed: no passphrase was typed").hint("type it twice");
    for _ in 0..PATIENCE {
        let first = cx.ask.secret(question).ok_or_else(silence)?;
        if first.expose_secret().is_empty() {
            return Ok(None);
        }
        let second = cx.ask.secret("The same again").ok_or_else(silence)?;
        if first.expose_secret() == second.expose_secret() {
            return Ok(Some(first));
        }
        tell(cx, "The two differ.");
    }
    Err(Error::refused("nothing was changed: the two differed"))
}

fn existing(cx: &Context<'_>) -> Result<Vault> {
    let vault = cx.store.vault()?;
    vault.ok_or_else(|| {
        Error::refused("there is no vault yet")
            .hint("vault init makes one; so does the first password that is saved")
    })
}

/// What holds the key, as the end of a sentence.
fn holder(cx: &Context<'_>) -> Result<String> {
    Ok(match existing(cx)?.key_file {
        None => "its passphrase is asked for once in a session".into(),
        Some(file) => format!(
            "its key is in {}: who can read that file can read the passwords",
            file.display()
        ),
    })
}

/// How many passwords are stored base64.
pub fn in_base64(cx: &Context<'_>) -> Result<usize> {
    Ok(Status::of(cx)?.base64)
}

fn tell(cx: &Context<'_>, line: &str) {
    let mut page = Page::default();
    page.line(line);
    cx.ask.show(&page);
}

#[cfg(test)]
mod tests;
