//! Backups: folders in mydumper's layout, with a manifest that vouches for every byte.
//!
//! A backup is an engine to read from: its folder is a server that holds the databases of one moment. It is
//! written by a [`Writer`], in a folder that gets its name when all is on the disk and was read back. A row is
//! handed on only after the hashes of its file were checked (E13).

mod check;
mod manifest;
mod names;
mod read;
mod rows;
mod server;
mod write;

use async_trait::async_trait;

pub use check::{Damage, Report, check, glance};
pub use manifest::{ChunkFile, Database, FORMAT, MANIFEST, Manifest, Origin, TableRows};
pub use names::{folder, is_folder};
pub use write::{PARTIAL, Pen, Writer};

use super::dialect::Script;
use super::{ConnectOptions, ENGINES, Engine, Error, Result, Server};
use crate::model::endpoint::{Address, Endpoint};

/// The engine.
pub struct Backup;

#[async_trait]
impl Engine for Backup {
    fn name(&self) -> &'static str {
        "backup"
    }

    fn schemes(&self) -> &'static [(&'static str, Option<u16>)] {
        &[("backup", None)]
    }

    async fn connect(&self, endpoint: &Endpoint, _: &ConnectOptions) -> Result<Box<dyn Server>> {
        match &endpoint.address {
            Address::File { path, .. } => {
                let path = path.clone();
                let open = move || server::Folder::open(&path);
                Ok(Box::new(blocking(open).await?))
            }
            Address::Network(_) => Err(Error::Refused {
                problem: format!("{} is no folder", endpoint.address),
                mend: "name a path: backup:./folder".into(),
            }),
        }
    }
}

/// How backups of an engine are spelled.
///
/// # Errors
/// Refused for an engine of which no backups are made.
pub fn script(engine: &str) -> Result<&'static dyn Script> {
    ENGINES
        .iter()
        .find(|known| known.name() == engine)
        .and_then(|known| known.script())
        .ok_or_else(|| Error::Refused {
            problem: format!("no backups are made of {engine}"),
            mend: String::new(),
        })
}

/// Does what waits for the disk, or takes the processor for long, aside.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(ended) => Err(Error::Mismatch(format!(
            "the work on a backup ended abnormally: {ended}"
        ))),
    }
}

/// A file or folder of a backup that could not be used: `action` completes "cannot …".
fn failed(
    action: &'static str,
    path: &std::path::Path,
) -> impl FnOnce(std::io::Error) -> Error + use<> {
    let path = path.display().to_string();
    move |cause| Error::File {
        action: action.into(),
        path,
        cause,
    }
}
