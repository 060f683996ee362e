//! Sequences, defaults from them, counters, and the history of versioned tables.
