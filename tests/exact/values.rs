//! Values that other tools change silently.
