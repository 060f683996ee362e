//! How fast the link to a server is: whether its rows are worth compressing.

use std::time::Instant;

use super::session::Session;
use crate::engines::Result;
use crate::model::units::Bytes;

/// What is sent to measure.
const SAMPLE: Bytes = Bytes(256 << 10);
/// A slower link is worth the time of the processors: about 100 Mbit/s. zlib packs some 100 MB/s here, and 30 to 50 on
/// a server.
const SLOW: f64 = 12e6;

/// Whether the link brings fewer bytes a second than packing them would. What seems slow is measured again: a machine
/// may be busy for a moment.
pub async fn is_slow(session: &mut Session) -> Result<bool> {
    Ok(measured_slow(session).await? && measured_slow(session).await?)
}

/// A round trip without bytes is taken off.
async fn measured_slow(session: &mut Session) -> Result<bool> {
    let action = "measure the link";
    let started = Instant::now();
    session.rows(action, "SELECT 1").await?;
    let empty = started.elapsed();
    let started = Instant::now();
    let sql = format!("SELECT REPEAT('x', {})", SAMPLE.0);
    let rows = session.rows(action, &sql).await?;
    let took = started.elapsed().saturating_sub(empty).as_secs_f64();
    let came = rows
        .first()
        .and_then(|row| row.bytes(0))
        .map_or(0, <[u8]>::len);
    let rate = came as f64 / took.max(1e-9);
    tracing::info!(bytes_per_second = rate as u64, "the link was measured");
    Ok(came > 0 && rate < SLOW)
}
