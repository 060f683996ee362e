//! The ciphers of the vault: XChaCha20-Poly1305 under keys of 256 bits, Argon2id from a passphrase to a key.
//!
//! Everything that is sealed is bound to words (which vault, which connection): opened under other words, it
//! does not open. Keys are wiped from memory when they are dropped and cannot be shown.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, Generate, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretBox, SecretSlice, SecretString};
use serde::{Deserialize, Serialize};

use super::text;

/// The length of a key, in bytes.
const KEY: usize = 32;

/// The length of a nonce, in bytes. Random: with 192 bits none comes twice.
const NONCE: usize = 24;

/// A key. It has no form that could be shown.
pub(super) struct Key(SecretBox<[u8; KEY]>);

impl Key {
    pub fn random() -> Key {
        Key(SecretBox::init_with(<[u8; KEY]>::generate))
    }

    pub fn read(bytes: &[u8]) -> Option<Key> {
        let bytes: [u8; KEY] = bytes.try_into().ok()?;
        Some(Key(SecretBox::init_with(|| bytes)))
    }

    /// For the key file, and for wrapping it with another key.
    pub fn bytes(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// A random nonce and the ciphertext.
    pub fn seal(&self, plain: &[u8], bound: &[u8]) -> Vec<u8> {
        let nonce = <[u8; NONCE]>::generate();
        let sealed = self
            .cipher()
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: plain,
                    aad: bound,
                },
            )
            .expect("a password is shorter than the cipher's limit");
        [&nonce[..], &sealed].concat()
    }

    /// None when it was sealed with another key, is bound to other words, or a bit of it has changed.
    pub fn open(&self, sealed: &[u8], bound: &[u8]) -> Option<SecretSlice<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let payload = Payload {
            msg: sealed,
            aad: bound,
        };
        let plain = self.cipher().decrypt(&XNonce::from(nonce), payload).ok()?;
        Some(plain.into())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.0.expose_secret().into())
    }
}

/// What something is bound to: each word with its length, so that no two lists of words are the same bytes.
pub(super) fn bound(words: &[&str]) -> Vec<u8> {
    let length = |word: &str| (word.len() as u64).to_le_bytes();
    words
        .iter()
        .flat_map(|word| [&length(word)[..], word.as_bytes()].concat())
        .collect()
}

/// A number that tells one key of the vault from the next, in hexadecimal.
pub(super) fn identity() -> String {
    format!("{:016x}", u64::from_le_bytes(<[u8; 8]>::generate()))
}

/// How a passphrase becomes a key: Argon2id, with the numbers that stand in the vault's header.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Stretch {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
}

impl Stretch {
    /// 64 MiB and three passes, with a new salt.
    pub fn new() -> Stretch {
        Stretch {
            memory_kib: 64 * 1024,
            passes: 3,
            lanes: 1,
            salt: text(&<[u8; 16]>::generate()),
        }
    }

    /// # Errors
    /// The numbers are none that this program ever writes: a damaged header must not ask for all memory.
    pub fn key(&self, passphrase: &SecretString) -> Result<Key, &'static str> {
        let sane = self.memory_kib <= 1024 * 1024 && self.passes <= 32 && self.lanes <= 16;
        let salt = super::bytes(&self.salt).filter(|_| sane);
        let salt = salt.ok_or("its numbers for Argon2id are damaged")?;
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(KEY))
            .map_err(|_| "its numbers for Argon2id are damaged")?;
        let mut result = Ok(());
        let key =
            SecretBox::init_with_mut(|key: &mut [u8; KEY]| {
                result = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
                    .hash_password_into(passphrase.expose_secret().as_bytes(), &salt, key);
            });
        result.map_err(|_| "there is too little memory to open it (64 MiB)")?;
        Ok(Key(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_under_its_key_and_words_alone() {
        let key = Key::random();
        let sealed = key.seal(b"secret", &bound(&["a", "b"]));
        let open = |key: &Key, sealed: &[u8], words: &[&str]| {
            let plain = key.open(sealed, &bound(words));
            plain.map(|plain| plain.expose_secret().to_vec())
        };
        assert_eq!(open(&key, &sealed, &["a", "b"]).unwrap(), b"secret");
        assert!(open(&key, &sealed, &["ab", ""]).is_none());
        assert!(open(&Key::random(), &sealed, &["a", "b"]).is_none());
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            assert!(open(&key, &flipped, &["a", "b"]).is_none(), "byte {at}");
        }
        assert!(open(&key, b"short", &["a", "b"]).is_none());
    }

    #[test]
    fn the_same_password_is_never_sealed_to_the_same_bytes() {
        let key = Key::random();
        assert_ne!(key.seal(b"x", b""), key.seal(b"x", b""));
    }

    #[test]
    fn a_passphrase_gives_one_key_for_one_salt() {
        let stretch = Stretch::new();
        let key = |word: &str| stretch.key(&word.into()).unwrap().bytes().to_vec();
        assert_eq!(key("correct horse"), key("correct horse"));
        assert_ne!(key("correct horse"), key("correct house"));
        assert_ne!(
            key("correct horse"),
            Stretch::new().key(&"correct horse".into()).unwrap().bytes()
        );
    }

    #[test]
    fn a_damaged_header_cannot_ask_for_all_memory() {
        let greedy = Stretch {
            memory_kib: u32::MAX,
            ..Stretch::new()
        };
        assert!(greedy.key(&"x".into()).is_err());
    }
}
