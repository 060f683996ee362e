//! Compares the data of two databases: counts and digests, computed by each server under a snapshot.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::Error;
use super::event::{Event, Listener};
use crate::engines::{Result, Server, Snapshot};
use crate::model::batch::{Chunk, Digest};
use crate::model::catalog::Table;
use crate::model::survey::SnapshotLevel;
use crate::model::units::Rows;

/// How far the data is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    #[default]
    Digests,
    Counts,
}

/// What one table holds on both sides.
#[derive(Clone, Debug)]
pub struct TableData {
    pub name: String,
    pub source: Rows,
    pub target: Rows,
    /// Whether all rows are the same; None when only the counts were compared and they agree.
    pub equal: Option<bool>,
}

/// The data of two databases, and how far each side's tables are of one moment.
#[derive(Clone, Debug)]
pub struct Data {
    pub tables: Vec<TableData>,
    pub source: SnapshotLevel,
    pub target: SnapshotLevel,
}

/// What is compared, and how.
pub struct Comparison<'a> {
    pub source: (&'a dyn Server, &'a str),
    pub target: (&'a dyn Server, &'a str),
    /// Tables that both sides have, as each side knows them.
    pub tables: Vec<(Table, Table)>,
    pub depth: Depth,
    pub workers: usize,
    pub listener: &'a dyn Listener,
    pub stop: &'a CancellationToken,
}

/// Compares the rows of all tables.
pub async fn data(comparison: &Comparison<'_>) -> std::result::Result<Data, Error> {
    let Comparison {
        source,
        target,
        tables,
        workers,
        ..
    } = comparison;
    let (left, right): (Vec<Table>, Vec<Table>) = tables.iter().cloned().map(alike).unzip();
    let (from, to) = futures::future::try_join(
        source.0.snapshot(source.1, &left, *workers),
        target.0.snapshot(target.1, &right, *workers),
    )
    .await?;
    let readers = from.level().readers.min(to.level().readers);
    let free = Semaphore::new(readers);
    let lanes = std::sync::Mutex::new((0..readers).collect::<Vec<_>>());
    let (from, to): (Arc<dyn Snapshot>, Arc<dyn Snapshot>) = (Arc::from(from), Arc::from(to));
    let compared = left.iter().zip(&right).map(|(left, right)| {
        let (from, to, free, lanes) = (&from, &to, &free, &lanes);
        async move {
            let _permit = free.acquire().await.expect("the semaphore stays open");
            if comparison.stop.is_cancelled() {
                return Err(Error::Stopped);
            }
            let lane = lanes
                .lock()
                .expect("no panic")
                .pop()
                .expect("a permit is a lane");
            let read = |snapshot: &Arc<dyn Snapshot>, table: &Table| {
                read(snapshot.clone(), lane, table.clone(), comparison.depth)
            };
            let both = futures::future::try_join(read(from, left), read(to, right)).await;
            lanes.lock().expect("no panic").push(lane);
            let (source, target) = both?;
            let phase = format!("compared {}", right.name);
            comparison.listener.on(&Event::Phase {
                database: comparison.target.1.to_string(),
                phase,
            });
            Ok(judge(right, &source, &target, comparison.depth))
        }
    });
    let tables = futures::future::try_join_all(compared).await?;
    Ok(Data {
        tables,
        source: from.close().await?,
        target: to.close().await?,
    })
}

/// Rows of the past count where both sides tell since when and until when a row held.
fn alike((mut left, mut right): (Table, Table)) -> (Table, Table) {
    if left.times().is_empty() || right.times().is_empty() {
        (left.history, right.history) = Default::default();
    }
    (left, right)
}

async fn read(
    snapshot: Arc<dyn Snapshot>,
    lane: usize,
    table: Table,
    depth: Depth,
) -> Result<Digest> {
    match depth {
        Depth::Digests => snapshot.digest(lane, &table, &Chunk::whole()).await,
        Depth::Counts => Ok(Digest {
            rows: snapshot.count(lane, &table).await?,
            sums: String::new(),
        }),
    }
}

fn judge(table: &Table, source: &Digest, target: &Digest, depth: Depth) -> TableData {
    let equal = match depth {
        Depth::Counts if source.rows == target.rows => None,
        _ => Some(source == target),
    };
    TableData {
        name: table.name.clone(),
        source: source.rows,
        target: target.rows,
        equal,
    }
}
