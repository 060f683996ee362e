//! The one test binary: each module is a kind of promise.

mod architecture;
mod backup;
mod cli;
mod demo;
mod dice;
mod docs;
mod engines;
mod exact;
mod faults;
mod fidelity;
mod guard;
mod hygiene;
mod live;
mod screen;
mod scripts;
mod session;
mod shell;
mod sync;
mod tls;
mod vault;
