//! What a command may use: five things, built by a front door, never passed below `commands/`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use crate::engines::ConnectOptions;
use crate::model::selection::Selection;
use crate::output::Format;
use crate::run::event::Listener;
use crate::settings::Settings;
use crate::store::Store;

pub struct Context<'a> {
    pub store: &'a Store,
    pub settings: &'a Settings,
    pub session: &'a mut Session,
    pub events: Arc<dyn Listener>,
    pub ask: &'a dyn Ask,
    /// How the reply will be printed: how many rows `query` fetches depends on it.
    pub format: Format,
    /// Set by the first Ctrl-C, SIGTERM or SIGHUP.
    pub stop: CancellationToken,
    /// Where the command was typed.
    pub words: Words,
}

impl Context<'_> {
    /// How a server is reached, and where an engine keeps what belongs to no server.
    pub fn connect_options(&self) -> ConnectOptions {
        ConnectOptions {
            timeout: self.settings.connections.default_timeout,
            state: self.store.home().to_path_buf(),
            compress: self.settings.sync.compress,
        }
    }

    /// The same context under other settings.
    pub fn with<'b>(&'b mut self, settings: &'b Settings) -> Context<'b> {
        Context {
            store: self.store,
            settings,
            session: self.session,
            events: self.events.clone(),
            ask: self.ask,
            format: self.format,
            stop: self.stop.clone(),
            words: self.words,
        }
    }
}

/// Where a command's words come from: it decides what may stand in them, and what numbers mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// The process's own arguments: every user of the machine can read them. Numbers index lists sorted by name.
    CommandLine,
    /// `-c` or a script on stdin.
    Script,
    Prompt,
}

/// What the prompt remembers between commands; empty for a one-shot command.
#[derive(Clone, Debug, Default)]
pub struct Session {
    pub source: Option<Place>,
    pub target: Option<Place>,
    /// The databases last shown by `databases`, in the order of their numbers. Valid until the source changes.
    pub databases: Vec<String>,
    /// The connections last shown, in the order of their numbers.
    pub connections: Vec<String>,
    pub selection: Option<Selection>,
    /// The databases of the last sync, and those of them that failed: `@last` and `@failed`.
    pub last: Vec<String>,
    pub failed: Vec<String>,
    /// Set by `quit`: the front door closes after this command.
    pub leave: bool,
    /// Passwords that were typed in this session.
    pub passwords: Passwords,
}

/// Typed passwords by connection, kept in memory for the session only.
#[derive(Clone, Debug, Default)]
pub struct Passwords(Arc<Mutex<HashMap<String, SecretString>>>);

impl Passwords {
    pub fn get(&self, connection: &str) -> Option<SecretString> {
        self.lock().get(connection).cloned()
    }

    pub fn keep(&self, connection: &str, password: SecretString) {
        self.lock().insert(connection.to_string(), password);
    }

    pub fn forget(&self, connection: &str) {
        self.lock().remove(connection);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, SecretString>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection, and perhaps a database or a table in it, as it was named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// A saved connection's name, a URL without password, or a path.
    pub connection: String,
    pub database: Option<String>,
    pub table: Option<String>,
    /// Whether it is certain where the database's name ends: backticks said so, or the server was asked.
    pub exact: bool,
    /// The password of a URL that was typed at the prompt: kept for the session only.
    pub password: Option<TypedPassword>,
}

/// A password that is compared by identity of its text and never shown.
#[derive(Clone)]
pub struct TypedPassword(pub SecretString);

impl PartialEq for TypedPassword {
    fn eq(&self, other: &TypedPassword) -> bool {
        use secrecy::ExposeSecret;
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for TypedPassword {}

impl std::fmt::Debug for TypedPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Questions to the person at the terminal. Without a terminal nothing is ever answered: each method
/// returns None, and the command decides what silence means.
pub trait Ask: Send + Sync {
    fn is_terminal(&self) -> bool;
    /// A `y/N` or `Y/n` question.
    fn confirm(&self, question: &str, default: bool) -> Option<bool>;
    /// A word to type, such as YES or the target's name.
    fn word(&self, question: &str) -> Option<String>;
    /// A line with a default.
    fn line(&self, question: &str, default: Option<&str>) -> Option<String>;
    /// A hidden line.
    fn secret(&self, question: &str) -> Option<SecretString>;
    /// Shows a page on stderr before a question: a plan, a failed test.
    fn show(&self, page: &crate::output::Page);
}
