//! Spells what one server of the family holds for another: pure; catalogs in, a catalog and remarks out.

use crate::model::spelling::{Spelled, Wish};
use crate::model::survey::Survey;

/// The source's catalog as the target takes and shows it.
pub fn spell(from: &Survey, _to: &Survey, _wish: Wish) -> Spelled {
    Spelled {
        catalog: from.catalog.clone().unwrap_or_default(),
        remarks: Vec::new(),
    }
}
