//! Random tables with random rows arrive as they are.
