//! Every wait for a server has an end: where no answer comes, another connection asks whether it still works.
//!
//! A long statement (ALTER, a digest, a large INSERT) is not bounded by its length but by its life: it goes on
//! for as long as the server's process list shows it at work. A peer that has gone silent is a lost one (E16).

use std::future::Future;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::{sleep, timeout};

use super::session::{Purpose, Session, failed};
use crate::engines::{ConnectOptions, Error, Result};
use crate::model::endpoint::Endpoint;

/// Who asks, and about which connection.
#[derive(Clone)]
pub struct Watch {
    pub endpoint: Endpoint,
    pub options: ConnectOptions,
    /// The connection's id on the server; 0 until it is known.
    pub id: u64,
}

impl Watch {
    /// Waits for an answer.
    ///
    /// # Errors
    /// [`Error::Lost`] when none came for the time of a connection's deadline and the server does not work on it.
    pub async fn over<T>(
        &self,
        action: &str,
        work: impl Future<Output = std::result::Result<T, sqlx::Error>>,
    ) -> Result<T> {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done.map_err(|cause| failed(action, cause)),
                () = sleep(self.options.timeout) => {}
            }
            // The answer may come while the other connection is asked.
            let alive = tokio::select! {
                biased;
                done = &mut work => return done.map_err(|cause| failed(action, cause)),
                alive = self.is_working() => alive,
            };
            if !alive {
                return Err(silent(action, self.options.timeout));
            }
        }
    }

    fn is_working(&self) -> BoxFuture<'static, bool> {
        let watch = self.clone();
        Box::pin(async move {
            let asked = async {
                let mut session =
                    Session::open(&watch.endpoint, &watch.options, Purpose::Definitions)
                        .await
                        .ok()?;
                let sql = format!(
                    "SELECT COMMAND FROM information_schema.PROCESSLIST WHERE ID = {}",
                    watch.id
                );
                let rows = session.rows("look at the process list", &sql).await.ok()?;
                Some(rows.first()?.text(0) != "Sleep")
            };
            matches!(timeout(watch.options.timeout, asked).await, Ok(Some(true)))
        })
    }
}

fn silent(action: &str, after: Duration) -> Error {
    Error::Lost {
        action: format!("it was to {action}"),
        cause: format!(
            "no answer for {} s, and the server does not work on it",
            after.as_secs()
        )
        .into(),
    }
}
