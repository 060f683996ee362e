//! Saved connections.

use chrono::{DateTime, Utc};

use super::secrets::Password;
use super::{Result, Store};
use crate::model::endpoint::Address;
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
}

impl Store {
    /// All connections, the last used first.
    pub fn connections(&self) -> Result<Vec<Connection>> {
        todo!()
    }

    pub fn connection(&self, name: &str) -> Result<Option<Connection>> {
        let _ = name;
        todo!()
    }

    /// Adds a connection or replaces the one of this name.
    pub fn save(&self, connection: &Connection) -> Result<()> {
        let _ = connection;
        todo!()
    }

    pub fn rename(&self, from: &str, to: &str) -> Result<()> {
        let _ = (from, to);
        todo!()
    }

    pub fn delete(&self, name: &str) -> Result<()> {
        let _ = name;
        todo!()
    }

    /// Deletes all; returns how many there were.
    pub fn clear(&self) -> Result<usize> {
        todo!()
    }

    /// Notes that a connection was used now, and what answered.
    pub fn touch(&self, name: &str, product: &str) -> Result<()> {
        let _ = (name, product);
        todo!()
    }
}
