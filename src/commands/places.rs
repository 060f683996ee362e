//! Places as they are typed: `prod/shop.orders`, URLs, paths; and opening them.

use super::{Context, Result};
use crate::commands::context::Place;
use crate::engines::Server;
use crate::model::endpoint::Endpoint;

/// An open place.
pub struct Opened {
    pub endpoint: Endpoint,
    pub server: Box<dyn Server>,
}

/// Source, target and selection of a command, from its words and the session.
#[derive(Debug)]
pub struct Pair {
    pub source: Place,
    pub target: Place,
    /// The words that are left: a selection.
    pub select: Option<crate::model::selection::Selection>,
}

/// Opens a saved connection (its use is recorded), a URL or a path.
pub async fn open(cx: &Context<'_>, place: &Place) -> Result<Opened> {
    let _ = (cx, place);
    todo!()
}

/// Reads `[pair] [select]` (docs: shell grammar): what the words leave out comes from the session.
///
/// # Errors
/// A usage error when there is no source or target, or a lone `-` (half of an arrow) is found.
pub fn pair(cx: &Context<'_>, words: &[String], select: Option<&str>) -> Result<Pair> {
    let _ = (cx, words, select);
    todo!()
}
