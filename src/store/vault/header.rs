//! The vault's header in the table `meta`: which key is in force, what holds it, and a check value.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::crypt::{Key, Stretch, bound, identity};
use super::{Protection, bytes, keyfile, text};
use crate::store::{Error, Result};

/// The form that this program writes; a greater one is refused.
const VERSION: u64 = 1;

/// The row of `meta`.
const NAME: &str = "vault";

/// The file that holds the key unless another is named.
pub(super) const KEY_FILE: &str = "vault.key";

/// What is known of the vault without its key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Header {
    version: u64,
    /// Tells the key in force from earlier ones.
    pub id: String,
    pub holder: Holder,
    /// Sealed with the key: shows that it is the right one.
    check: String,
}

/// What holds the key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Holder {
    Passphrase {
        stretch: Stretch,
        /// The key, sealed with the one that the passphrase gives.
        wrapped: String,
    },
    /// Relative to the home folder, or absolute.
    KeyFile(PathBuf),
}

impl Header {
    /// A new key and the header that goes with it; nothing is written.
    pub fn new(protection: &Protection, home: &Path) -> Result<(Header, Key)> {
        let (id, key) = (identity(), Key::random());
        let holder = match protection {
            Protection::Passphrase(passphrase) if passphrase.expose_secret().is_empty() => {
                return Err(Error::Vault {
                    problem: "an empty passphrase protects nothing".into(),
                    mend: "vault init --key-file keeps the key in a file".into(),
                });
            }
            Protection::Passphrase(passphrase) => {
                let stretch = Stretch::new();
                let wrapping = stretch.key(passphrase).map_err(damaged)?;
                let wrapped = text(&wrapping.seal(key.bytes(), &bound(&["key", &id])));
                Holder::Passphrase { stretch, wrapped }
            }
            Protection::KeyFile(None) => Holder::KeyFile(KEY_FILE.into()),
            Protection::KeyFile(Some(path)) => {
                let path = std::path::absolute(path).map_err(|cause| Error::File {
                    action: "name the key file",
                    path: path.display().to_string(),
                    cause,
                })?;
                let inside = path.strip_prefix(home).map(Path::to_path_buf);
                Holder::KeyFile(inside.unwrap_or(path))
            }
        };
        let check = text(&key.seal(b"", &bound(&["check", &id])));
        let header = Header {
            version: VERSION,
            id,
            holder,
            check,
        };
        Ok((header, key))
    }

    /// # Errors
    /// The header cannot be read, or a newer program wrote it.
    pub fn read(text: &str) -> Result<Header> {
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|_| damaged("it is not readable"))?;
        let version = value["version"].as_u64();
        let version = version.ok_or_else(|| damaged("it has no version"))?;
        if version > VERSION {
            return Err(Error::Vault {
                problem: format!(
                    "the vault was written by a newer maestro (version {version} of the vault; \
                     this program knows {VERSION})"
                ),
                mend: "use the newer maestro, or another folder with --home DIR".into(),
            });
        }
        serde_json::from_value(value).map_err(|_| damaged("a part of it is missing"))
    }

    pub fn load(connection: &Connection) -> rusqlite::Result<Option<Result<Header>>> {
        let text = connection
            .query_row("SELECT value FROM meta WHERE key = ?1", [NAME], |row| {
                row.get::<_, String>(0)
            })
            .optional()?;
        Ok(text.map(|text| Header::read(&text)))
    }

    pub fn save(&self, connection: &Connection) -> rusqlite::Result<()> {
        let text = serde_json::to_string(self).expect("a header is plain text");
        connection.execute(
            "INSERT INTO meta (key, value) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [NAME, &text],
        )?;
        Ok(())
    }

    pub fn forget(connection: &Connection) -> rusqlite::Result<()> {
        connection.execute("DELETE FROM meta WHERE key = ?1", [NAME])?;
        Ok(())
    }

    /// The key, proved by the check value.
    ///
    /// # Errors
    /// [`Error::Locked`] without the passphrase that is needed, [`Error::Passphrase`] with a wrong one.
    pub fn key(&self, passphrase: Option<&SecretString>, home: &Path) -> Result<Key> {
        let key = match &self.holder {
            Holder::KeyFile(path) => keyfile::find(&home.join(path), &self.id)?,
            Holder::Passphrase { stretch, wrapped } => {
                let passphrase = passphrase.ok_or(Error::Locked)?;
                let wrapped = bytes(wrapped).ok_or_else(|| damaged("its key is damaged"))?;
                let plain = stretch
                    .key(passphrase)
                    .map_err(damaged)?
                    .open(&wrapped, &bound(&["key", &self.id]))
                    .ok_or(Error::Passphrase)?;
                Key::read(plain.expose_secret()).ok_or_else(|| damaged("its key is damaged"))?
            }
        };
        let check = bytes(&self.check);
        match check.and_then(|check| key.open(&check, &bound(&["check", &self.id]))) {
            Some(_) => Ok(key),
            None => Err(damaged("the key does not fit its check value")),
        }
    }
}

fn damaged(problem: &str) -> Error {
    Error::Vault {
        problem: format!("the vault cannot be opened: {problem}"),
        mend: "bring store.db back from a backup; vault init --discard starts anew".into(),
    }
}
