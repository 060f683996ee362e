//! A sealed password in the row of its connection.
//!
//! It is bound to the connection's name and address: in another row, or with another address, it does not open.

use rusqlite::Transaction;
use secrecy::{ExposeSecret, SecretString};

use super::crypt::{Key, bound};
use super::{bytes, text};
use crate::store::{Error, Result};

/// What a sealed password begins with in its row.
pub(in crate::store) const MARK: &str = "vault:";

/// A sealed password with the row that it was found in.
#[derive(Clone)]
pub struct Sealed {
    pub(in crate::store) text: String,
    pub(in crate::store) name: String,
    pub(in crate::store) url: String,
}

impl Sealed {
    fn fail(&self, problem: &str) -> Error {
        let name = &self.name;
        Error::Password {
            name: name.clone(),
            problem: problem.into(),
            mend: format!(
                "connections edit {name} --store vault gives it anew; connections del {name} \
                 removes the connection"
            ),
        }
    }
}

/// The rows whose password begins so.
pub(super) fn rows(transaction: &Transaction<'_>, mark: &str) -> rusqlite::Result<Vec<Sealed>> {
    transaction
        .prepare(
            "SELECT name, url, password FROM connections
             WHERE substr(password, 1, length(?1)) = ?1
             ORDER BY name",
        )?
        .query_map([mark], |row| {
            Ok(Sealed {
                name: row.get(0)?,
                url: row.get(1)?,
                text: row.get(2)?,
            })
        })?
        .collect()
}

pub(super) fn put(
    transaction: &Transaction<'_>,
    name: &str,
    text: &str,
) -> rusqlite::Result<usize> {
    transaction.execute(
        "UPDATE connections SET password = ?2 WHERE name = ?1",
        [name, text],
    )
}

pub(super) fn sealed_now(transaction: &Transaction<'_>, name: &str, url: &str) -> Option<String> {
    let text = transaction.query_row(
        "SELECT password FROM connections WHERE name = ?1 AND url = ?2",
        [name, url],
        |row| row.get::<_, String>(0),
    );
    text.ok().filter(|text| text.starts_with(MARK))
}

/// `vault:`, the identity of the key, `:`, nonce and ciphertext.
pub(super) fn seal(id: &str, key: &Key, name: &str, url: &str, plain: &SecretString) -> String {
    let words = bound(&["password", id, name, url]);
    let sealed = key.seal(plain.expose_secret().as_bytes(), &words);
    format!("{MARK}{id}:{}", text(&sealed))
}

pub(super) fn unseal(id: &str, key: &Key, sealed: &Sealed) -> Result<SecretString> {
    let rest = sealed.text.strip_prefix(MARK).unwrap_or_default();
    let (found, rest) = rest.split_once(':').unwrap_or_default();
    if found != id && found.len() == id.len() {
        return Err(sealed.fail("it was sealed with an earlier key of the vault, or another one's"));
    }
    let plain = bytes(rest)
        .and_then(|bytes| key.open(&bytes, &bound(&["password", id, &sealed.name, &sealed.url])));
    let damaged = "its entry in the vault is damaged, or was moved here from another connection";
    let plain = plain.ok_or_else(|| sealed.fail(damaged))?;
    match std::str::from_utf8(plain.expose_secret()) {
        Ok(plain) => Ok(plain.into()),
        Err(_) => Err(sealed.fail(damaged)),
    }
}
