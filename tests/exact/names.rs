//! Names that are hard to spell, and names that a target cannot tell apart.
