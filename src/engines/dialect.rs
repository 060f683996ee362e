//! How a product spells things: pure.

/// The spelling rules of one product.
pub trait Dialect: Send + Sync {
    /// A name, quoted whatever it contains (D10).
    fn quote(&self, name: &str) -> String;
}
