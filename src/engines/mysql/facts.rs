//! What a server says of itself and of the account that is logged in.

use std::collections::BTreeSet;

use super::history;
use super::session::Session;
use crate::engines::{Error, Result};
use crate::model::survey::Facts;
use crate::model::units::Bytes;

/// Reads the facts; what this account may not see stays unknown.
pub async fn read(session: &mut Session) -> Result<Facts> {
    let sql = "SELECT CURRENT_USER(), @@GLOBAL.lower_case_table_names, @@GLOBAL.max_allowed_packet, \
               @@GLOBAL.event_scheduler";
    let rows = session.rows("read the server's settings", sql).await?;
    let Some(row) = rows.first() else {
        return Ok(Facts::default());
    };
    Ok(Facts {
        account: row.text(0),
        accounts: accounts(session).await?,
        lower_case_names: row.number(1) as u8,
        packet: Bytes(row.number(2)),
        fires_events: row.text(3).eq_ignore_ascii_case("on"),
        refuses_history: history::refusal(session).await?,
    })
}

/// MariaDB's roles have no host.
async fn accounts(session: &mut Session) -> Result<Option<BTreeSet<String>>> {
    let sql = "SELECT IF(Host = '', User, CONCAT(User, '@', Host)) FROM mysql.user";
    match session.rows("read the accounts", sql).await {
        Ok(rows) => Ok(Some(rows.iter().map(|row| row.text(0)).collect())),
        Err(Error::Statement { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
