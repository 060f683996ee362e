//! What a command answers when it cannot: a code, a sentence, a hint, and the exit code.

use crate::engines;
use crate::output::Exit;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed command. `code` is part of the JSON contract (docs/json.md).
#[derive(Debug)]
pub struct Error {
    pub code: &'static str,
    pub message: String,
    pub hint: Option<String>,
    pub exit: Exit,
}

impl Error {
    fn new(code: &'static str, exit: Exit, message: impl Into<String>) -> Error {
        Error {
            code,
            message: message.into(),
            hint: None,
            exit,
        }
    }

    /// The words were wrong: exit code 64.
    pub fn usage(message: impl Into<String>) -> Error {
        Error::new("usage", Exit::USAGE, message)
    }

    /// A setting is wrong: exit code 78.
    pub fn settings(message: impl Into<String>) -> Error {
        Error::new("settings", Exit::SETTINGS, message)
    }

    /// Refused before anything changed: exit code 4.
    pub fn refused(message: impl Into<String>) -> Error {
        Error::new("refused", Exit::REFUSED, message)
    }

    /// Tried and failed: exit code 2.
    pub fn failed(message: impl Into<String>) -> Error {
        Error::new("failed", Exit::FAILED, message)
    }

    /// Stopped by the user: exit code 130.
    pub fn interrupted(message: impl Into<String>) -> Error {
        Error::new("interrupted", Exit::INTERRUPTED, message)
    }

    pub fn hint(self, hint: impl Into<String>) -> Error {
        Error {
            hint: Some(hint.into()),
            ..self
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<engines::Error> for Error {
    fn from(error: engines::Error) -> Error {
        use engines::Error as E;
        let (code, exit) = match &error {
            E::Connect { .. } => ("connect", Exit::CONNECT),
            E::Locked { .. } => ("locked", Exit::REFUSED),
            E::Refused { .. } | E::Findings(_) | E::Writes => ("refused", Exit::REFUSED),
            E::NoDatabase { .. } => ("no-database", Exit::USAGE),
            _ => ("failed", Exit::FAILED),
        };
        Error {
            code,
            message: error.full(),
            hint: error.hint(),
            exit,
        }
    }
}

impl From<crate::store::Error> for Error {
    fn from(error: crate::store::Error) -> Error {
        use crate::store::Error as E;
        let (code, exit) = match &error {
            E::NoConnection { .. } => ("no-connection", Exit::USAGE),
            E::Exists { .. } => ("exists", Exit::REFUSED),
            E::Password { .. } | E::Vault { .. } | E::Passphrase => ("password", Exit::CONNECT),
            E::Unanswered { .. } | E::Locked => ("refused", Exit::REFUSED),
            _ => ("store", Exit::FAILED),
        };
        Error {
            code,
            message: error.full(),
            hint: error.hint(),
            exit,
        }
    }
}

impl From<crate::settings::SettingsError> for Error {
    fn from(error: crate::settings::SettingsError) -> Error {
        Error {
            hint: error.hint.clone(),
            ..Error::settings(error.message)
        }
    }
}
