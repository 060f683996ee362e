//! What is remembered, in one SQLite file: connections, runs and their steps, the prompt's history.
//!
//! Several processes use it at once: WAL, one writer at a time, every change one short transaction. The
//! folder has mode 0700 and its files 0600.

pub mod connections;
pub mod runs;
pub mod secrets;

use std::path::Path;

pub use connections::Connection;
pub use runs::{NewRun, Run, Status, Step};
pub use secrets::Password;

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
}

impl Error {
    pub fn hint(&self) -> Option<String> {
        None
    }
}

/// The open store of one home folder.
pub struct Store {
    connection: std::sync::Mutex<rusqlite::Connection>,
}

impl Store {
    /// Opens the store in `home`, makes what is missing, mends modes that are too wide. The lines returned are notices for the user.
    pub fn open(home: &Path) -> Result<(Store, Vec<String>)> {
        let _ = home;
        todo!()
    }

    /// The prompt's past lines, oldest first, at most `limit`; secrets are already redacted.
    pub fn lines(&self, limit: usize) -> Result<Vec<String>> {
        let _ = (limit, &self.connection);
        todo!()
    }

    /// Remembers a line of the prompt, redacted.
    pub fn add_line(&self, line: &str) -> Result<()> {
        let _ = line;
        todo!()
    }
}
