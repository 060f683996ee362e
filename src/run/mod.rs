//! Doing it: carries a plan out and tells what happens.

pub mod event;
