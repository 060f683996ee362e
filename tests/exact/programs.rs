//! Views, triggers, routines, packages and events.
