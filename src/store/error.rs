//! What can go wrong with the store: what was tried, the cause, and what to do.

use std::io;

use rusqlite::ErrorCode;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot {action} in {path}")]
    Database {
        action: String,
        path: String,
        #[source]
        cause: rusqlite::Error,
    },
    /// The file is no SQLite database, or its pages contradict each other.
    #[error("cannot {action}: the store {path} is damaged")]
    Corrupt {
        action: String,
        path: String,
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("cannot {action}: the disk that holds {path} is full")]
    Full {
        action: String,
        path: String,
        #[source]
        cause: rusqlite::Error,
    },
    #[error("cannot {action}: {path} may not be written")]
    ReadOnly {
        action: String,
        path: String,
        #[source]
        cause: rusqlite::Error,
    },
    /// Another process writes for longer than [`super::BUSY`].
    #[error("cannot {action}: another maestro keeps {path} locked")]
    Busy {
        action: String,
        path: String,
        #[source]
        cause: rusqlite::Error,
    },
    #[error("the store {path} was written by a newer maestro{}", version(.program))]
    Newer {
        path: String,
        /// The program's version, when the store says it.
        program: Option<String>,
    },
    #[error("cannot {action} {path}")]
    File {
        action: &'static str,
        path: String,
        #[source]
        cause: io::Error,
    },
    #[error("there is no connection {name}")]
    NoConnection { name: String },
    #[error("there is a connection {name} already")]
    Exists { name: String },
    /// A row that no maestro of this version wrote.
    #[error("cannot read {what} in {path}: {problem}")]
    Row {
        what: String,
        path: String,
        problem: String,
        /// The connection that it is, if it is one.
        connection: Option<String>,
    },
    #[error("cannot get the password of {name}: {problem}")]
    Password {
        name: String,
        problem: String,
        mend: String,
    },
    /// The vault cannot be used as it is.
    #[error("{problem}")]
    Vault { problem: String, mend: String },
    /// The vault's passphrase is needed.
    #[error("the vault is locked, and nobody typed its passphrase")]
    Locked,
    #[error("the passphrase does not open the vault")]
    Passphrase,
    /// The password is typed every time, and nobody was there to type it.
    #[error("the password of {name} is typed every time, and there is no terminal to ask at")]
    Unanswered { name: String },
}

fn version(program: &Option<String>) -> String {
    program
        .as_ref()
        .map(|version| format!(" ({version}; this is {})", env!("CARGO_PKG_VERSION")))
        .unwrap_or_default()
}

impl Error {
    /// Sorts a driver's error by what a person can do about it.
    pub(super) fn of(action: &str, path: &str, cause: rusqlite::Error) -> Error {
        let (action, path) = (action.to_string(), path.to_string());
        let code = match cause.sqlite_error() {
            // The index of the WAL cannot grow: SQLite reports a full disk so.
            Some(error) if error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE => {
                Some(ErrorCode::DiskFull)
            }
            error => error.map(|error| error.code),
        };
        match code {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::Corrupt {
                action,
                path,
                cause: cause.into(),
            },
            Some(ErrorCode::DiskFull) => Error::Full {
                action,
                path,
                cause,
            },
            Some(ErrorCode::ReadOnly) => Error::ReadOnly {
                action,
                path,
                cause,
            },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Busy {
                action,
                path,
                cause,
            },
            _ => Error::Database {
                action,
                path,
                cause,
            },
        }
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Corrupt { path, .. } => Some(format!(
                "move the file away (mv {path} {path}.damaged, with its -wal and -shm) and start \
                 again; connections must then be added anew"
            )),
            Error::Full { .. } => Some("free some space, then try again".into()),
            Error::ReadOnly { .. } | Error::File { .. } => {
                Some("mend its permissions, or name another folder with --home DIR".into())
            }
            Error::Busy { .. } => Some("wait for the other to end, then try again".into()),
            Error::Newer { .. } => {
                Some("use the newer maestro, or another folder with --home DIR".into())
            }
            Error::NoConnection { .. } => Some("connections lists what is saved".into()),
            Error::Exists { name } => Some(format!(
                "connections edit {name} changes it; connections del {name} removes it"
            )),
            Error::Password { mend, .. } => Some(mend.clone()).filter(|mend| !mend.is_empty()),
            Error::Vault { mend, .. } => Some(mend.clone()),
            Error::Locked => Some(
                "run it at a terminal; for use without a person, vault rekey --key-file keeps the \
                 key in a file"
                    .into(),
            ),
            Error::Passphrase => Some(
                "nothing was changed; if the passphrase is lost, vault init --discard starts anew \
                 and connections edit NAME --store vault gives each password again"
                    .into(),
            ),
            Error::Unanswered { name } => Some(format!(
                "run it at a terminal, or keep the password elsewhere: connections edit {name} \
                 --password-env VAR"
            )),
            Error::Database { cause, .. }
                if cause.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) =>
            {
                Some("check that the disk is well and has space, then try again".into())
            }
            Error::Row {
                connection: Some(name),
                ..
            } => Some(format!(
                "connections del {name} removes it; then it can be added anew"
            )),
            Error::Database { .. } | Error::Row { .. } => Some("doctor checks the store".into()),
        }
    }

    /// The error and its causes in one line.
    pub fn full(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let more = error.to_string();
            // The driver's own cause says the same once more, with a number.
            if !text.ends_with(&more) && !more.starts_with("Error code ") {
                text = format!("{text}: {more}");
            }
            cause = error.source();
        }
        text
    }
}
