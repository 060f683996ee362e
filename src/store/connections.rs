//! Saved connections. The address never holds a password; how the password is kept stands beside it.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, params};

use super::secrets::Password;
use super::vault::{self, Kept, Sealed};
use super::{Error, Result, Store};
use crate::model::endpoint::{Address, ParsedUrl};
use crate::model::label::Label;

/// A saved connection.
#[derive(Clone, Debug)]
pub struct Connection {
    pub name: String,
    pub address: Address,
    pub password: Password,
    pub label: Label,
    /// What answered the last time: `MariaDB 10.11.19`.
    pub product: Option<String>,
    pub last_used: Option<DateTime<Utc>>,
    /// What told its server from every other the last time.
    pub identity: Option<String>,
}

/// A saved connection whose row cannot be read: it can be listed and deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub name: String,
    pub problem: String,
}

const COLUMNS: &str = "name, url, password, label, product, last_used, identity";

/// A connection as its row spells it.
struct Stored {
    name: String,
    url: String,
    password: String,
    label: String,
    product: Option<String>,
    last_used: Option<i64>,
    identity: Option<String>,
}

impl Store {
    /// All connections that can be read, the last used first.
    pub fn connections(&self) -> Result<Vec<Connection>> {
        let rows = self.rows()?.into_iter();
        Ok(rows.filter_map(|row| row.read().ok()).collect())
    }

    /// The connections that [`Store::connections`] leaves out.
    pub fn unreadable(&self) -> Result<Vec<Unreadable>> {
        let rows = self.rows()?.into_iter();
        Ok(rows
            .filter_map(|row| {
                let name = row.name.clone();
                let problem = row.read().err()?;
                Some(Unreadable { name, problem })
            })
            .collect())
    }

    fn rows(&self) -> Result<Vec<Stored>> {
        self.read("read the connections", |connection| {
            connection
                .prepare(&format!(
                    "SELECT {COLUMNS} FROM connections
                     ORDER BY last_used IS NULL, last_used DESC, name"
                ))?
                .query_map([], Stored::of)?
                .collect()
        })
    }

    pub fn connection(&self, name: &str) -> Result<Option<Connection>> {
        let stored = self.read("read the connection", |connection| {
            connection
                .query_row(
                    &format!("SELECT {COLUMNS} FROM connections WHERE name = ?1"),
                    [name],
                    Stored::of,
                )
                .optional()
        })?;
        stored.map(|row| self.read_back(row)).transpose()
    }

    /// Whether saving it needs the vault's key.
    pub fn must_open(&self, connection: &Connection) -> bool {
        let url = connection.address.url();
        needs_the_key(&connection.password, &connection.name, &url)
    }

    /// Adds a connection or replaces the one of this name.
    pub fn save(&self, connection: &Connection) -> Result<()> {
        let url = connection.address.url();
        if self.must_open(connection) {
            self.open_vault(None)?;
        }
        let action = "save the connection";
        self.change(action, |transaction| {
            let password =
                self.row_of(transaction, &connection.name, &url, &connection.password)?;
            let saved = transaction.execute(
                "INSERT INTO connections (name, url, password, label, product, last_used)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (name) DO UPDATE SET
                     identity = CASE WHEN url = excluded.url THEN identity END,
                     url = excluded.url,
                     password = excluded.password,
                     label = excluded.label,
                     product = excluded.product,
                     last_used = nullif(max(coalesce(excluded.last_used, 0), coalesce(last_used, 0)), 0)",
                params![
                    connection.name,
                    url,
                    password,
                    connection.label.name(),
                    connection.product,
                    connection.last_used.map(|time| time.timestamp_micros()),
                ],
            );
            saved.map(|_| ()).map_err(|cause| self.failed(action, cause))
        })
    }

    /// A password of the vault is sealed again, as it is bound to the name.
    ///
    /// # Errors
    /// [`Error::NoConnection`], [`Error::Exists`] when the new name is taken, [`Error::Locked`].
    pub fn rename(&self, from: &str, to: &str) -> Result<()> {
        let missing = || Error::NoConnection { name: from.into() };
        let old = self.connection(from)?.ok_or_else(missing)?;
        if needs_the_key(&old.password, to, &old.address.url()) {
            self.open_vault(None)?;
        }
        let action = "rename the connection";
        let fail = |cause| self.failed(action, cause);
        self.change(action, |transaction| {
            let taken = transaction
                .prepare("SELECT 1 FROM connections WHERE name = ?1 AND name <> ?2")
                .and_then(|mut taken| taken.exists([to, from]))
                .map_err(fail)?;
            if taken {
                return Err(Error::Exists { name: to.into() });
            }
            let row = transaction
                .query_row(
                    &format!("SELECT {COLUMNS} FROM connections WHERE name = ?1"),
                    [from],
                    Stored::of,
                )
                .optional()
                .map_err(fail)?
                .ok_or_else(missing)?;
            let url = row.url.clone();
            let password = self.row_of(transaction, to, &url, &row.password())?;
            transaction
                .execute(
                    "UPDATE connections SET name = ?2, password = ?3 WHERE name = ?1",
                    [from, to, &password],
                )
                .map_err(fail)?;
            Ok(())
        })
    }

    /// Says which environment a connection belongs to.
    ///
    /// # Errors
    /// [`Error::NoConnection`].
    pub fn relabel(&self, name: &str, label: Label) -> Result<()> {
        let changed = self.write("save the environment", |transaction| {
            transaction.execute(
                "UPDATE connections SET label = ?2 WHERE name = ?1",
                [name, label.name()],
            )
        })?;
        (changed == 1)
            .then_some(())
            .ok_or_else(|| Error::NoConnection { name: name.into() })
    }

    /// Notes what answered, without counting it as a use.
    pub fn note_product(&self, name: &str, product: &str) -> Result<()> {
        self.write("note the product", |transaction| {
            transaction.execute(
                "UPDATE connections SET product = ?2 WHERE name = ?1",
                [name, product],
            )?;
            Ok(())
        })
    }

    /// # Errors
    /// [`Error::NoConnection`].
    pub fn delete(&self, name: &str) -> Result<()> {
        let deleted = self.write("delete the connection", |transaction| {
            transaction.execute("DELETE FROM connections WHERE name = ?1", [name])
        })?;
        (deleted == 1)
            .then_some(())
            .ok_or_else(|| Error::NoConnection { name: name.into() })
    }

    /// Deletes all; returns how many there were.
    pub fn clear(&self) -> Result<usize> {
        self.write("delete the connections", |transaction| {
            transaction.execute("DELETE FROM connections", [])
        })
    }

    /// Notes that a connection was used now, and what answered. A place that is not saved is no error.
    pub fn touch(&self, name: &str, product: &str) -> Result<()> {
        self.write("note the use of the connection", |transaction| {
            transaction.execute(
                "UPDATE connections SET last_used = max(?2, coalesce(last_used, 0)), product = ?3
                 WHERE name = ?1",
                params![name, Utc::now().timestamp_micros(), product],
            )?;
            Ok(())
        })
    }

    /// Notes what told the connection's server from every other.
    pub fn identify(&self, name: &str, identity: &str) -> Result<()> {
        self.write("note the server of the connection", |transaction| {
            transaction.execute(
                "UPDATE connections SET identity = ?2 WHERE name = ?1",
                [name, identity],
            )?;
            Ok(())
        })
    }

    fn read_back(&self, row: Stored) -> Result<Connection> {
        let name = row.name.clone();
        row.read().map_err(|problem| Error::Row {
            what: format!("the connection {name}"),
            path: self.shown(),
            problem,
            connection: Some(name),
        })
    }
}

impl Stored {
    fn of(row: &Row<'_>) -> rusqlite::Result<Stored> {
        Ok(Stored {
            name: row.get(0)?,
            url: row.get(1)?,
            password: row.get(2)?,
            label: row.get(3)?,
            product: row.get(4)?,
            last_used: row.get(5)?,
            identity: row.get(6)?,
        })
    }

    fn password(&self) -> Password {
        if self.password.starts_with(vault::MARK) {
            return Password::Vault(Kept::Sealed(Sealed {
                text: self.password.clone(),
                name: self.name.clone(),
                url: self.url.clone(),
            }));
        }
        Password::read(&self.password).unwrap_or_else(|problem| Password::Damaged {
            stored: self.password.clone(),
            problem,
        })
    }

    fn read(self) -> Result<Connection, String> {
        // Its own scheme is the known one: an engine that is missing is refused when it is opened. The port is always written.
        let scheme = self.url.split(':').next().unwrap_or_default().to_string();
        let parsed = ParsedUrl::read(&self.url, &[(scheme.as_str(), None)], None)
            .map_err(|problem| problem.to_string())?;
        let password = self.password();
        Ok(Connection {
            name: self.name,
            address: parsed.address,
            password,
            label: self.label.parse()?,
            product: self.product,
            last_used: self.last_used.and_then(DateTime::from_timestamp_micros),
            identity: self.identity,
        })
    }
}

/// Whether saving a password under this name and address seals it.
fn needs_the_key(password: &Password, name: &str, url: &str) -> bool {
    match password {
        Password::Vault(Kept::Plain(_)) => true,
        Password::Vault(Kept::Sealed(sealed)) => sealed.name != name || sealed.url != url,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::test::store;

    fn connection(name: &str, url: &str) -> Connection {
        let schemes = [("mysql", Some(3306))];
        Connection {
            name: name.into(),
            address: ParsedUrl::read(url, &schemes, None).unwrap().address,
            password: Password::Base64("Canary1".into()),
            label: Label::Staging,
            product: None,
            last_used: None,
            identity: None,
        }
    }

    fn names(store: &Store) -> Vec<String> {
        let connections = store.connections().unwrap();
        connections.into_iter().map(|one| one.name).collect()
    }

    #[test]
    fn a_connection_is_read_back_as_it_was_saved() {
        let (_home, store) = store();
        for url in [
            "mysql://a%20b@[::1]:3307",
            "mysql://u@h?socket=%2Frun%2Fs&tls=insecure",
            "sqlite:/data/a b",
        ] {
            let saved = connection("x", url);
            store.save(&saved).unwrap();
            let read = store.connection("x").unwrap().unwrap();
            assert_eq!(read.address, saved.address);
            assert_eq!(read.password.stored(), "base64:Q2FuYXJ5MQ==");
            assert_eq!(read.label, Label::Staging);
        }
        assert_eq!(names(&store), ["x"]);
    }

    #[test]
    fn the_last_used_comes_first_then_names() {
        let (_home, store) = store();
        for name in ["c", "b", "a", "d"] {
            store.save(&connection(name, "mysql://u@h")).unwrap();
        }
        store.touch("d", "MySQL 9.7.0").unwrap();
        store.touch("b", "MySQL 9.7.0").unwrap();
        store.touch("nowhere", "MySQL 9.7.0").unwrap();
        assert_eq!(names(&store), ["b", "d", "a", "c"]);
        let b = store.connection("b").unwrap().unwrap();
        assert_eq!(b.product.as_deref(), Some("MySQL 9.7.0"));
    }

    #[test]
    fn changing_a_connection_keeps_its_last_use() {
        let (_home, store) = store();
        store.save(&connection("a", "mysql://u@h")).unwrap();
        store.touch("a", "MySQL 9.7.0").unwrap();
        store.save(&connection("a", "mysql://u@other")).unwrap();
        let a = store.connection("a").unwrap().unwrap();
        assert!(a.last_used.is_some());
        assert_eq!(a.address.to_string(), "u@other:3306");
    }

    #[test]
    fn a_taken_name_is_refused_and_nothing_is_lost() {
        let (_home, store) = store();
        store.save(&connection("a", "mysql://u@h")).unwrap();
        store.save(&connection("b", "mysql://u@h")).unwrap();
        assert!(matches!(store.rename("a", "b"), Err(Error::Exists { name }) if name == "b"));
        assert!(matches!(store.rename("x", "y"), Err(Error::NoConnection { name }) if name == "x"));
        store.rename("a", "c").unwrap();
        assert_eq!(names(&store), ["b", "c"]);
    }

    #[test]
    fn deleting_what_is_not_there_is_an_error() {
        let (_home, store) = store();
        store.save(&connection("a", "mysql://u@h")).unwrap();
        assert!(matches!(store.delete("b"), Err(Error::NoConnection { name }) if name == "b"));
        store.delete("a").unwrap();
        assert_eq!(store.clear().unwrap(), 0);
    }

    #[test]
    fn no_listing_of_connections_shows_a_password() {
        let (_home, store) = store();
        store.save(&connection("a", "mysql://u@h")).unwrap();
        let shown = format!("{:?}", store.connections().unwrap());
        assert!(
            !shown.contains("Canary1") && !shown.contains("Q2FuYXJ5MQ"),
            "{shown}"
        );
    }
}
