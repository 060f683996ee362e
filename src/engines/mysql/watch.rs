//! Every wait for a server has an end: where no answer comes, another connection asks whether it still works.
//!
//! A long statement (ALTER, a digest, a large INSERT) is not bounded by its length but by its life: it goes on
//! for as long as the server's process list shows it at work. A peer that has gone silent is a lost one (E16).

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::{sleep, timeout};

use super::session::{Purpose, Session, failed};
use super::wire;
use crate::engines::{ConnectOptions, Error, Result};
use crate::model::endpoint::Endpoint;

/// How often a server may be found waiting for the network while nothing arrives: a very long row may be on its way.
const WAITS: usize = 3;

/// What the process list shows of a connection.
#[derive(Clone, Copy, PartialEq)]
enum Seen {
    Working,
    /// It waits for the network to take or bring bytes.
    AtTheNet,
    Gone,
}

/// Who asks, and about which connection.
#[derive(Clone)]
pub struct Watch {
    pub endpoint: Endpoint,
    pub options: ConnectOptions,
    /// The connection's id on the server; 0 until it is known.
    pub id: u64,
    /// The count of all bytes that have passed on it.
    pub moved: Arc<AtomicU64>,
}

impl Watch {
    /// Waits for an answer.
    ///
    /// # Errors
    /// [`Error::Lost`] when none came for the time of a connection's deadline and the server does not work on it.
    pub async fn over<T>(
        &self,
        action: &str,
        work: impl Future<Output = std::result::Result<T, wire::Error>>,
    ) -> Result<T> {
        let mut work = std::pin::pin!(work);
        let mut waits = 0;
        let mut moved = self.moved.load(Ordering::Relaxed);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done.map_err(|cause| failed(action, cause)),
                () = sleep(self.options.timeout) => {}
            }
            // A long packet on a slow link: the server does not know of it before its end.
            let now = self.moved.load(Ordering::Relaxed);
            if std::mem::replace(&mut moved, now) != now {
                waits = 0;
                continue;
            }
            // The answer may come while the other connection is asked.
            let seen = tokio::select! {
                biased;
                done = &mut work => return done.map_err(|cause| failed(action, cause)),
                seen = self.seen() => seen,
            };
            waits = match seen {
                Seen::AtTheNet => waits + 1,
                _ => 0,
            };
            if seen == Seen::Gone || waits == WAITS {
                return Err(silent(action, self.options.timeout));
            }
        }
    }

    fn seen(&self) -> BoxFuture<'static, Seen> {
        let watch = self.clone();
        Box::pin(async move {
            let asked = async {
                let mut session =
                    Session::open(&watch.endpoint, &watch.options, Purpose::Definitions, false)
                        .await
                        .ok()?;
                let sql = format!(
                    "SELECT COMMAND, STATE FROM information_schema.PROCESSLIST WHERE ID = {}",
                    watch.id
                );
                let rows = session.rows("look at the process list", &sql).await.ok()?;
                let row = rows.first()?;
                Some(match (row.text(0).as_str(), row.text(1).as_str()) {
                    ("Sleep", _) => Seen::Gone,
                    (_, "Writing to net" | "Sending to client") => Seen::AtTheNet,
                    (_, "Reading from net" | "Receiving from client") => Seen::AtTheNet,
                    _ => Seen::Working,
                })
            };
            let seen = timeout(watch.options.timeout, asked).await;
            seen.ok().flatten().unwrap_or(Seen::Gone)
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
