//! Places as they are typed: `prod/shop.orders`, URLs, paths; and opening them.
//!
//! Reading words is pure ([`read`], [`pair`]); asking a server where a database's name ends, and what a
//! selection means, comes after ([`databases`], [`look`]). What the words leave out comes from the session,
//! and nothing is ever widened: a pair of connections without a selection is an error, not "everything".

mod databases;
mod look;
mod open;
mod pair;
mod read;

pub use databases::{DatabasePair, chosen, databases, require, settle};
pub use look::{Spot, Want, look, no_source};
pub use open::{Opened, open};
pub use pair::{Pair, PairArgs, is_place, pair};
pub use read::{Known, read};
