//! Spells what one server of the family holds for another: pure; catalogs in, a catalog and remarks out.

mod across;
mod names;
mod programs;
mod settings;

pub use across::is_same_object;

use super::{history, sequences};
use crate::model::spelling::{Spelled, Wish};
use crate::model::survey::Survey;

/// The source's catalog as the target takes and shows it.
pub fn spell(from: &Survey, to: &Survey, wish: Wish) -> Spelled {
    let mut spelled = Spelled {
        catalog: from.catalog.clone().unwrap_or_default(),
        remarks: from.facts.denied.clone(),
        ..Spelled::default()
    };
    sequences::spell(&mut spelled, to);
    history::spell(&mut spelled, to);
    names::spell(&mut spelled, from, to);
    programs::spell(&mut spelled, from, to, wish);
    across::spell(&mut spelled, from, to);
    settings::spell(&mut spelled, to);
    spelled
}
