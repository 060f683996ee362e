//! What a database is, as plain values: no I/O, no async, no SQL text of our own.
//!
//! Everything that travels between engines, plans, runs and replies is defined here.

pub mod batch;
pub mod catalog;
pub mod diff;
pub mod endpoint;
pub mod guard;
pub mod label;
pub mod pace;
pub mod selection;
pub mod spelling;
pub mod survey;
pub mod units;
