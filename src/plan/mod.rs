//! What will be done: pure; surveys in, a plan out.
