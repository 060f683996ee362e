//! The guard on a server of the MySQL family: labels, origins and approvals in `_maestro`, replication, counters.
//!
//! Reading never makes anything. A table that is not there, or that this account may not read, says nothing.

use std::collections::HashMap;

use async_trait::async_trait;

use super::MySqlServer;
use super::dialect::text;
use super::session::{Row, Session};
use crate::engines::{Error, Guard, Result, Server};
use crate::model::guard::{Approval, Standing, Tide, Upstream};
use crate::model::label::Label;

/// What a row of a replica's status says, by column.
type Status = HashMap<String, String>;

#[async_trait]
impl Guard for MySqlServer {
    async fn whereabouts(&self, database: &str) -> Result<String> {
        Ok(format!("{}/{database}", self.identity().await?))
    }

    async fn standing(&self, database: &str) -> Result<Standing> {
        let mariadb = self.flavour.mariadb;
        let mut session = self.session.lock().await;
        let name = text(database);
        let labels = seen(
            &mut session,
            &format!("SELECT label FROM _maestro.labels WHERE database_name IN ('', {name})"),
        )
        .await?;
        let origins = seen(
            &mut session,
            &format!("SELECT source FROM _maestro.synced_from WHERE database_name = {name}"),
        )
        .await?;
        let ids = match mariadb {
            true => "SELECT CONCAT(@@server_id, ':', @@port)",
            false => "SELECT @@server_uuid",
        };
        let ids = session.rows("read the server's id", ids).await?;
        Ok(Standing {
            label: strictest(&labels),
            ids: ids.iter().map(|row| row.text(0)).collect(),
            upstream: upstream(&mut session, mariadb).await?,
            origins: origins.iter().map(|row| row.text(0)).collect(),
        })
    }

    async fn tides(&self, database: &str) -> Result<Vec<Tide>> {
        let sql = format!(
            "SELECT TABLE_NAME, AUTO_INCREMENT, UNIX_TIMESTAMP(UPDATE_TIME) FROM information_schema.TABLES \
             WHERE CAST(TABLE_SCHEMA AS BINARY) = {name} AND TABLE_SCHEMA = {name} AND AUTO_INCREMENT IS NOT NULL",
            name = text(database)
        );
        let mut session = self.session.lock().await;
        let rows = session.rows("read the counters", &sql).await?;
        Ok(rows
            .iter()
            .map(|row| Tide {
                table: row.text(0),
                next: row.text(1).parse().ok(),
                written: row
                    .text(2)
                    .split('.')
                    .next()
                    .and_then(|text| text.parse().ok()),
            })
            .collect())
    }

    async fn label(&self) -> Result<Option<Label>> {
        let mut session = self.session.lock().await;
        let sql = "SELECT label FROM _maestro.labels WHERE database_name = ''";
        Ok(strictest(&seen(&mut session, sql).await?))
    }

    async fn set_label(&self, label: Label) -> Result<()> {
        let mut session = self.session.lock().await;
        let action = "keep the label on the server";
        if label == Label::Unknown {
            let there = seen(
                &mut session,
                "SELECT label FROM _maestro.labels WHERE database_name = ''",
            )
            .await?;
            if !there.is_empty() {
                session
                    .run(
                        action,
                        "DELETE FROM _maestro.labels WHERE database_name = ''",
                    )
                    .await?;
            }
            return Ok(());
        }
        make(&mut session).await?;
        let sql = format!(
            "INSERT INTO _maestro.labels (database_name, label, labelled_by) VALUES ('', {label}, CURRENT_USER()) \
             ON DUPLICATE KEY UPDATE label = {label}, labelled_by = CURRENT_USER(), labelled = CURRENT_TIMESTAMP",
            label = text(label.name())
        );
        session.run(action, &sql).await.map(drop)
    }

    async fn note_origin(&self, database: &str, from: &str) -> Result<()> {
        let mut session = self.session.lock().await;
        make(&mut session).await?;
        let sql = format!(
            "REPLACE INTO _maestro.synced_from (database_name, source) VALUES ({}, {})",
            text(database),
            text(from)
        );
        session
            .run("note where the database comes from", &sql)
            .await
            .map(drop)
    }

    async fn approve(&self, approval: &Approval) -> Result<()> {
        let mut session = self.session.lock().await;
        make(&mut session).await?;
        let sql = format!(
            "DELETE FROM _maestro.approvals WHERE expires <= UTC_TIMESTAMP(); \
             REPLACE INTO _maestro.approvals (plan, approved_by, expires) \
             VALUES ({}, CONCAT({}, ' as ', CURRENT_USER()), UTC_TIMESTAMP() + INTERVAL {} SECOND)",
            text(&approval.plan),
            text(&approval.by),
            approval.seconds
        );
        session
            .run("keep the approval on the server", &sql)
            .await
            .map(drop)
    }

    async fn spend(&self, plan: &str) -> Result<bool> {
        let mut session = self.session.lock().await;
        let sql = format!(
            "DELETE FROM _maestro.approvals WHERE plan = {} AND expires > UTC_TIMESTAMP()",
            text(plan)
        );
        match session.run("use the approval up", &sql).await {
            Ok(deleted) => Ok(deleted == 1),
            Err(Error::Statement { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

async fn make(session: &mut Session) -> Result<()> {
    session
        .run("make the database of marks", include_str!("sql/guard.sql"))
        .await
        .map(drop)
}

/// The rows of a question that may be refused: then there are none.
async fn seen(session: &mut Session, sql: &str) -> Result<Vec<Row>> {
    match session.rows("read the marks", sql).await {
        Ok(rows) => Ok(rows),
        Err(Error::Statement { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn strictest(rows: &[Row]) -> Option<Label> {
    // A word that is none was written by somebody else, or by a newer program: nothing is known of it.
    rows.iter()
        .map(|row| row.text(0).parse().unwrap_or(Label::Unknown))
        .reduce(Label::stricter)
}

/// Whom the server replicates from, as far as the account may know. A server that does not answer is no server that
/// replicates from nobody.
async fn upstream(session: &mut Session, mariadb: bool) -> Result<Vec<Upstream>> {
    let questions: &[&str] = match mariadb {
        true => &["SHOW ALL SLAVES STATUS"],
        false => &["SHOW REPLICA STATUS", "SHOW SLAVE STATUS"],
    };
    for sql in questions {
        match statuses(session, sql).await {
            Ok(rows) => return Ok(rows.iter().map(|row| leader(row, mariadb)).collect()),
            Err(Error::Statement { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Vec::new())
}

async fn statuses(session: &mut Session, sql: &str) -> Result<Vec<Status>> {
    let action = "read the replica's status";
    let rows = session.rows(action, sql).await?;
    let names = session.columns();
    let status = |row: &Row| {
        let named = names.iter().enumerate();
        named
            .map(|(at, name)| (name.clone(), row.text(at)))
            .collect()
    };
    Ok(rows.iter().map(status).collect())
}

fn leader(row: &Status, mariadb: bool) -> Upstream {
    let told = |what: &str| {
        ["Source_", "Master_"]
            .iter()
            .find_map(|word| row.get(&format!("{word}{what}")))
            .cloned()
            .unwrap_or_default()
    };
    let id = match mariadb {
        true => format!("{}:{}", told("Server_Id"), told("Port")),
        false => told("UUID"),
    };
    Upstream {
        place: format!("{}:{}", told("Host"), told("Port")),
        id: Some(id).filter(|id| !id.is_empty() && !id.starts_with("0:")),
    }
}
