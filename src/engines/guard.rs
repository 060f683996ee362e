//! What a server keeps for the guard, and what it knows that a plan must heed.
//!
//! Labels, origins and approvals belong to the data, not to the laptop: they live beside the databases (in
//! `_maestro` on a server, in hidden files of a folder), and are made only when something is written.

use async_trait::async_trait;

use super::Result;
use crate::model::guard::{Approval, Standing, Tide};
use crate::model::label::Label;

/// The part of a server that a guard asks.
#[async_trait]
pub trait Guard: Send + Sync {
    /// One name for a database, the same through every address, whether it exists or not.
    async fn whereabouts(&self, database: &str) -> Result<String>;

    /// Reads only; what the account may not see is left out.
    async fn standing(&self, database: &str) -> Result<Standing>;

    /// How far the tables of a database are; empty where the product cannot tell.
    async fn tides(&self, database: &str) -> Result<Vec<Tide>>;

    /// The label of the whole server.
    async fn label(&self) -> Result<Option<Label>>;

    /// Keeps the label of the whole server; [`Label::Unknown`] forgets it.
    async fn set_label(&self, label: Label) -> Result<()>;

    /// Keeps where a database was synced from.
    async fn note_origin(&self, database: &str, from: &str) -> Result<()>;

    /// Keeps an approval; its time begins now.
    async fn approve(&self, approval: &Approval) -> Result<()>;

    /// Uses an approval up: true once, and only while it holds.
    async fn spend(&self, plan: &str) -> Result<bool>;
}
