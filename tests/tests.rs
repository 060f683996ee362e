//! The one test binary: what needs the whole crate, or a server.

mod engines;
