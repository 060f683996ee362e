//! `sync` and `compare` between real servers, with the program itself: exit codes, JSON, and what SQL then finds.

mod chosen;
mod compare;
mod failures;
mod killed;
mod mirror;
mod moment;
mod refusals;
mod secrets;
mod tiny;
