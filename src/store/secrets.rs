//! How a connection's password is kept: the one small type that a vault will extend.

use secrecy::SecretString;

/// Where a password comes from. Shown without revealing anything.
#[derive(Clone, Debug)]
pub enum Password {
    /// There is none.
    None,
    /// In the store, base64: not encrypted.
    Base64(SecretString),
    /// In an environment variable of this name.
    Env(String),
    /// The first line that this command prints.
    Command(String),
    /// Typed every time.
    Ask,
}
