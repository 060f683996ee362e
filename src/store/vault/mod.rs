//! The vault: passwords in the store, sealed with a key that the store does not hold in the clear.
//!
//! A random key seals each password, bound to its connection's name and address, so that a stored password
//! cannot be moved to another row. The key is held by a passphrase (Argon2id) or by a key file of mode 0600.
//! Every change of keys is one transaction that is on the disk before anything old is removed.

mod crypt;
mod entry;
mod header;
mod keyfile;

use std::path::PathBuf;
use std::sync::{MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rusqlite::Transaction;
use secrecy::SecretString;

use super::secrets::Password;
use super::{Connection, Error, Result, Store, modes};
use crypt::Key;
pub(super) use entry::MARK;
pub use entry::Sealed;
use entry::{put, rows, seal, sealed_now, unseal};
use header::{Header, Holder};

/// What is to hold the vault's key.
#[derive(Clone, Debug)]
pub enum Protection {
    Passphrase(SecretString),
    /// A file of mode 0600: `vault.key` in the home folder, or the one named.
    KeyFile(Option<PathBuf>),
}

/// The vault as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vault {
    /// The key file; None when a passphrase holds the key.
    pub key_file: Option<PathBuf>,
    /// Whether this process holds the key.
    pub is_open: bool,
}

/// A password of the vault: new and not sealed yet, or as its row has it.
#[derive(Clone)]
pub enum Kept {
    Plain(SecretString),
    Sealed(Sealed),
}

/// The key that this process holds.
pub(super) struct Opened {
    id: String,
    key: Key,
}

impl Store {
    /// None when there is no vault yet.
    pub fn vault(&self) -> Result<Option<Vault>> {
        let Some(header) = self.header()? else {
            return Ok(None);
        };
        let is_open = self
            .opened()
            .as_ref()
            .is_some_and(|opened| opened.id == header.id);
        let key_file = match &header.holder {
            Holder::KeyFile(path) => Some(self.home().join(path)),
            Holder::Passphrase { .. } => None,
        };
        Ok(Some(Vault { key_file, is_open }))
    }

    /// Makes the vault and leaves it open.
    ///
    /// # Errors
    /// There is one already; the key file cannot be written.
    pub fn make_vault(&self, protection: &Protection) -> Result<()> {
        let (header, key) = Header::new(protection, self.home())?;
        self.change("make the vault", |transaction| {
            if self.found(transaction)?.is_some() {
                return Err(Error::Vault {
                    problem: "there is a vault already".into(),
                    mend: "vault rekey gives it another key or passphrase".into(),
                });
            }
            self.install(transaction, &header, &key)
        })?;
        *self.opened() = Some(Opened { id: header.id, key });
        Ok(())
    }

    /// Forgets the vault's header: what was sealed with its key cannot be opened any more.
    pub fn discard_vault(&self) -> Result<()> {
        self.change("discard the vault", |transaction| {
            Header::forget(transaction).map_err(|cause| self.failed("discard the vault", cause))
        })?;
        self.lock_vault();
        Ok(())
    }

    /// Makes this process hold the key; with a key file no passphrase is needed.
    ///
    /// # Errors
    /// [`Error::Locked`] without the passphrase that is needed, [`Error::Passphrase`] with a wrong one.
    pub fn open_vault(&self, passphrase: Option<&SecretString>) -> Result<()> {
        let header = self.header()?.ok_or_else(absent)?;
        if self
            .opened()
            .as_ref()
            .is_some_and(|opened| opened.id == header.id)
        {
            return Ok(());
        }
        let key = header.key(passphrase, self.home())?;
        *self.opened() = Some(Opened { id: header.id, key });
        Ok(())
    }

    /// Forgets the key.
    pub fn lock_vault(&self) {
        *self.opened() = None;
    }

    /// Gives the vault a new key, seals every password again, and only then lets the old key go. Returns how
    /// many passwords were sealed.
    ///
    /// # Errors
    /// The vault is locked, or a password in it cannot be opened: then nothing has changed.
    pub fn rekey(&self, protection: &Protection) -> Result<usize> {
        let (old, count) = self.seal_anew(protection)?;
        self.tidy(&old)?;
        Ok(count)
    }

    /// Everything of [`Store::rekey`] except letting the old key go. Returns the old header.
    fn seal_anew(&self, protection: &Protection) -> Result<(Header, usize)> {
        self.open_vault(None)?;
        let (header, key) = Header::new(protection, self.home())?;
        let action = "give the vault another key";
        let (old, count) = self.change(action, |transaction| {
            let opened = self.opened();
            let (old, old_key) = self.in_force(transaction, &opened)?;
            let rows = rows(transaction, MARK).map_err(|cause| self.failed(action, cause))?;
            let mut sealed = Vec::new();
            for row in &rows {
                let plain = unseal(&old.id, old_key, row)?;
                sealed.push(seal(&header.id, &key, &row.name, &row.url, &plain));
            }
            for (row, text) in rows.iter().zip(&sealed) {
                put(transaction, &row.name, text).map_err(|cause| self.failed(action, cause))?;
            }
            self.install(transaction, &header, &key)?;
            Ok((old, rows.len()))
        })?;
        *self.opened() = Some(Opened { id: header.id, key });
        Ok((old, count))
    }

    /// Lets an old key go, once the new one is safely on the disk.
    fn tidy(&self, old: &Header) -> Result<()> {
        self.checkpoint();
        match &old.holder {
            Holder::KeyFile(path) => keyfile::remove(&self.home().join(path), &old.id),
            Holder::Passphrase { .. } => Ok(()),
        }
    }

    /// Seals every base64 password; returns the names of their connections. The open text leaves the file too.
    ///
    /// # Errors
    /// The vault is locked or absent.
    pub fn migrate(&self) -> Result<Vec<String>> {
        self.open_vault(None)?;
        let action = "move the passwords into the vault";
        let moved = self.change(action, |transaction| {
            let opened = self.opened();
            let (header, key) = self.in_force(transaction, &opened)?;
            let mut moved = Vec::new();
            for row in rows(transaction, "base64:").map_err(|cause| self.failed(action, cause))? {
                // One that is damaged stays as it is: nothing could be sealed.
                if let Ok(Password::Base64(plain)) = Password::read(&row.text) {
                    let text = seal(&header.id, key, &row.name, &row.url, &plain);
                    put(transaction, &row.name, &text)
                        .map_err(|cause| self.failed(action, cause))?;
                    moved.push(row.name);
                }
            }
            Ok(moved)
        })?;
        self.checkpoint();
        Ok(moved)
    }

    /// The password of a connection, from wherever it is kept; None when there is none.
    ///
    /// # Errors
    /// [`Error::Locked`] while the vault is locked, and those of [`Password::resolve`].
    pub fn password(
        &self,
        connection: &Connection,
        ask: impl FnOnce() -> Option<SecretString>,
    ) -> Result<Option<SecretString>> {
        match &connection.password {
            Password::Vault(Kept::Plain(plain)) => Ok(Some(plain.clone())),
            Password::Vault(Kept::Sealed(sealed)) => {
                self.open_vault(None)?;
                match &*self.opened() {
                    Some(opened) => unseal(&opened.id, &opened.key, sealed).map(Some),
                    None => Err(Error::Locked),
                }
            }
            password => password.resolve(&connection.name, ask),
        }
    }

    /// What a connection's row is to say of its password. A sealed one is sealed again when its name or
    /// address has changed.
    pub(super) fn row_of(
        &self,
        transaction: &Transaction<'_>,
        name: &str,
        url: &str,
        password: &Password,
    ) -> Result<String> {
        let Password::Vault(kept) = password else {
            return Ok(password.stored());
        };
        if let Kept::Sealed(sealed) = kept
            && (sealed.name.as_str(), sealed.url.as_str()) == (name, url)
        {
            // Where it was sealed anew meanwhile, what was read is out of date: the row knows better.
            return match sealed_now(transaction, name, url) {
                Some(now) => Ok(now),
                None => Err(Error::Vault {
                    problem: format!("{name} was changed by another process"),
                    mend: "try again".into(),
                }),
            };
        }
        let opened = self.opened();
        let (header, key) = self.in_force(transaction, &opened)?;
        let plain = match kept {
            Kept::Plain(plain) => plain.clone(),
            Kept::Sealed(sealed) => unseal(&header.id, key, sealed)?,
        };
        Ok(seal(&header.id, key, name, url, &plain))
    }

    /// Narrows the mode of a key file that lies outside the home folder.
    pub(super) fn mend_key_file(&self) -> Vec<String> {
        let key_file = self.vault().ok().flatten().and_then(|it| it.key_file);
        let narrowed = key_file.map(|path| (modes::narrow(&path, modes::FILE), path));
        match narrowed {
            Some((Ok(notice), _)) => notice.into_iter().collect(),
            Some((Err(_), path)) => vec![format!(
                "the key file {} is open to other users and its mode cannot be changed",
                path.display()
            )],
            None => Vec::new(),
        }
    }

    /// Writes a key file where one is wanted, then the header.
    fn install(&self, transaction: &Transaction<'_>, header: &Header, key: &Key) -> Result<()> {
        if let Holder::KeyFile(path) = &header.holder {
            keyfile::add(&self.home().join(path), &header.id, key)?;
        }
        header
            .save(transaction)
            .map_err(|cause| self.failed("save the vault's header", cause))
    }

    /// The header that the store has now and its key, as long as this process holds it.
    fn in_force<'a>(
        &self,
        transaction: &Transaction<'_>,
        opened: &'a Option<Opened>,
    ) -> Result<(Header, &'a Key)> {
        let header = self.found(transaction)?.ok_or_else(absent)?;
        match opened {
            Some(opened) if opened.id == header.id => Ok((header, &opened.key)),
            Some(_) => Err(Error::Vault {
                problem: "the vault was given another key by another process".into(),
                mend: "try again".into(),
            }),
            None => Err(Error::Locked),
        }
    }

    fn header(&self) -> Result<Option<Header>> {
        let found = self.read("read the vault's header", Header::load)?;
        found.transpose()
    }

    fn found(&self, transaction: &Transaction<'_>) -> Result<Option<Header>> {
        let found = Header::load(transaction);
        let found = found.map_err(|cause| self.failed("read the vault's header", cause))?;
        found.transpose()
    }

    fn opened(&self) -> MutexGuard<'_, Option<Opened>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn absent() -> Error {
    Error::Vault {
        problem: "there is no vault yet".into(),
        mend: "vault init makes one".into(),
    }
}

fn text(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests;
