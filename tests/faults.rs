//! The fault bench: processes, servers, networks and disks that fail at moments that a seed chooses, and what then
//! has to be true: a reader of the target never sees a mix, success is never told wrongly, and going on ends exactly.
//!
//! docs/reliability.md says what each test does and how to run it for long.

mod bench;
mod disk;
mod kill;
mod network;
mod observer;
mod packets;
mod points;
pub mod proxy;
mod server;
mod source;
mod sqlite;
mod starts;
mod storms;
mod undo;
mod world;
