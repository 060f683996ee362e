//! Database Maestro: whole databases, moved between environments, safely.
//!
//! A command turns words into values. A plan is made without touching anything. A run carries the plan
//! out and tells what happens. The modules below stand in reading order; each imports only from those
//! above it (`tests/architecture.rs` checks).

/// What a process holds: its home folder, settings, store and log.
pub mod app;
/// Front door: one command from the arguments, or a script.
pub mod cli;
/// What can be asked: one file a command.
pub mod commands;
/// How each product speaks: the only code that knows the database drivers.
pub mod engines;
/// What a database is: plain values, no I/O.
pub mod model;
/// How it looks.
pub mod output;
/// What will be done: pure; surveys in, a plan out.
pub mod plan;
/// Doing it: a plan is carried out, events are emitted.
pub mod run;
/// Settings and where each comes from.
pub mod settings;
/// Front door: the prompt.
pub mod shell;
/// What is remembered, in SQLite.
pub mod store;
