//! Where a server is: its address, how to log in, and the environment it belongs to.
//!
//! An address never holds a password; a URL's password is split off when it is read.

use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use super::label::Label;

/// A saved or temporary place: all that an engine needs to connect.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The connection's name; for a place that is not saved, its address.
    pub name: String,
    pub address: Address,
    pub password: Option<SecretString>,
    pub label: Label,
}

/// An address without its password.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// A server reached over the network or a socket.
    Network(Network),
    /// A folder of database files, or one file.
    File { scheme: String, path: PathBuf },
}

/// A server's network address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    /// `mysql`, `mariadb`: decides the engine.
    pub scheme: String,
    pub user: String,
    pub host: String,
    pub port: u16,
    /// A unix socket, taken instead of host and port.
    pub socket: Option<PathBuf>,
    pub tls: Tls,
}

/// How the network connection is protected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tls {
    /// Verified against the system's certificates, except on loopback and sockets, where none is asked for.
    #[default]
    Verified,
    /// Verified against this file of certificates (PEM).
    Authority(PathBuf),
    /// Only the certificate with this SHA-256 fingerprint (64 hexadecimal digits) is accepted.
    Pinned(String),
    /// Encrypted, not verified: whoever answers is believed.
    Insecure,
}

/// An address as it was typed, its password and database beside it.
#[derive(Clone, Debug)]
pub struct ParsedUrl {
    pub address: Address,
    pub password: Option<SecretString>,
    pub database: Option<String>,
}

/// Why a URL or path is no address.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AddressError {
    #[error("{0:?} is no URL: {1}")]
    Url(String, String),
    #[error("{0:?} is no known kind of database{near}", near = .1.as_ref().map(|near| format!("; did you mean {near}?")).unwrap_or_default())]
    Scheme(String, Option<String>),
    #[error("{0:?} is no option of a URL; known: socket, tls, tls-ca, tls-pin")]
    Option(String),
    #[error("tls={0:?} is not known; one of verified, insecure")]
    Tls(String),
    #[error("{0:?} is no SHA-256 fingerprint of a certificate: 64 hexadecimal digits")]
    Pin(String),
    #[error("a URL of a server needs a host")]
    Host,
    #[error("a URL of a server needs a user: {0}://USER@HOST")]
    User(String),
}

/// A certificate's fingerprint as it is kept: lower case, without the colons that other programs print.
///
/// # Errors
/// [`AddressError::Pin`]
pub fn pin(word: &str) -> Result<String, AddressError> {
    let digits = word.replace(':', "").to_lowercase();
    let is_digest = digits.len() == 64 && digits.chars().all(|c| c.is_ascii_hexdigit());
    if is_digest {
        Ok(digits)
    } else {
        Err(AddressError::Pin(word.to_string()))
    }
}

/// Whether a word is an address rather than the name of a connection.
pub fn is_address(word: &str) -> bool {
    word.contains("://") || of_files(word).is_some() || is_path(word)
}

/// The schemes whose addresses are paths.
const FILES: [&str; 2] = ["sqlite", "backup"];

/// The scheme and the path of `sqlite:PATH` and its like.
fn of_files(word: &str) -> Option<(&str, &str)> {
    let (scheme, path) = word.split_once(':')?;
    FILES.contains(&scheme).then_some((scheme, path))
}

/// Whether a word is a path: it starts with `./`, `../`, `/` or `~`, or is `.` or `..`.
pub fn is_path(word: &str) -> bool {
    ["./", "../", "/", "~"]
        .iter()
        .any(|start| word.starts_with(start))
        || word == "."
        || word == ".."
}

impl ParsedUrl {
    /// Reads a URL or a path. `schemes` are those that engines know with their default port; `home` replaces a leading `~`.
    pub fn read(
        word: &str,
        schemes: &[(&str, Option<u16>)],
        home: Option<&str>,
    ) -> Result<ParsedUrl, AddressError> {
        if let Some((scheme, path)) = of_files(word) {
            let path = path.strip_prefix("//").unwrap_or(path);
            return Ok(Self::file(scheme, path, home));
        }
        if is_path(word) {
            return Ok(Self::file("sqlite", word, home));
        }
        let url =
            Url::parse(word).map_err(|cause| AddressError::Url(redact(word), cause.to_string()))?;
        let Some((scheme, port)) = schemes.iter().find(|(scheme, _)| *scheme == url.scheme())
        else {
            let near = nearest(url.scheme(), schemes.iter().map(|(scheme, _)| *scheme));
            return Err(AddressError::Scheme(url.scheme().to_string(), near));
        };
        let mut network = Network {
            scheme: scheme.to_string(),
            user: decoded(url.username()),
            host: url
                .host_str()
                .unwrap_or_default()
                .trim_matches(['[', ']'])
                .to_string(),
            port: url.port().or(*port).unwrap_or_default(),
            socket: None,
            tls: Tls::Verified,
        };
        for (key, value) in url.query_pairs() {
            match key.as_ref() {
                "socket" => network.socket = Some(expand(&value, home)),
                "tls-ca" => network.tls = Tls::Authority(expand(&value, home)),
                "tls-pin" => network.tls = Tls::Pinned(pin(&value)?),
                "tls" if value == "insecure" => network.tls = Tls::Insecure,
                "tls" if value == "verified" => network.tls = Tls::Verified,
                "tls" => return Err(AddressError::Tls(value.into_owned())),
                _ => return Err(AddressError::Option(key.into_owned())),
            }
        }
        if network.host.is_empty() && network.socket.is_none() {
            return Err(AddressError::Host);
        }
        if network.user.is_empty() {
            return Err(AddressError::User(network.scheme));
        }
        let database = decoded(url.path().trim_start_matches('/'));
        Ok(ParsedUrl {
            address: Address::Network(network),
            password: url
                .password()
                .map(|password| SecretString::from(decoded(password))),
            database: (!database.is_empty()).then_some(database),
        })
    }

    fn file(scheme: &str, path: &str, home: Option<&str>) -> ParsedUrl {
        let address = Address::File {
            scheme: scheme.to_string(),
            path: expand(path, home),
        };
        ParsedUrl {
            address,
            password: None,
            database: None,
        }
    }
}

impl Address {
    pub fn scheme(&self) -> &str {
        match self {
            Address::Network(network) => &network.scheme,
            Address::File { scheme, .. } => scheme,
        }
    }

    /// The address as a URL that [`ParsedUrl::read`] reads back; without a password.
    pub fn url(&self) -> String {
        match self {
            Address::File { scheme, path } => format!("{scheme}:{}", path.display()),
            Address::Network(network) => network.url(),
        }
    }

    /// Whether the connection is encrypted but whoever answers is believed.
    pub fn is_insecure(&self) -> bool {
        matches!(
            self,
            Address::Network(Network {
                tls: Tls::Insecure,
                ..
            })
        )
    }
}

impl Network {
    fn url(&self) -> String {
        let mut url =
            Url::parse(&format!("{}://host", self.scheme)).expect("an engine's scheme makes a URL");
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        let _ = url.set_host(
            Some(&host)
                .filter(|host| !host.is_empty())
                .map(String::as_str),
        );
        let _ = url.set_username(&self.user);
        let _ = url.set_port(Some(self.port));
        let mut pairs = Vec::new();
        if let Some(socket) = &self.socket {
            pairs.push(("socket", socket.display().to_string()));
        }
        match &self.tls {
            Tls::Verified => {}
            Tls::Authority(file) => pairs.push(("tls-ca", file.display().to_string())),
            Tls::Pinned(pin) => pairs.push(("tls-pin", pin.clone())),
            Tls::Insecure => pairs.push(("tls", "insecure".to_string())),
        }
        if !pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(pairs);
        }
        url.to_string()
    }

    /// Whether packets never leave this machine.
    pub fn is_local(&self) -> bool {
        self.socket.is_some()
            || self.host == "localhost"
            || self
                .host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Address {
    /// What a person recognises: `user@host:port`, or the path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::File { path, .. } => write!(f, "{}", path.display()),
            Address::Network(Network {
                user,
                socket: Some(socket),
                ..
            }) => write!(f, "{user}@{}", socket.display()),
            Address::Network(Network {
                user, host, port, ..
            }) if host.contains(':') => {
                write!(f, "{user}@[{host}]:{port}")
            }
            Address::Network(Network {
                user, host, port, ..
            }) => write!(f, "{user}@{host}:{port}"),
        }
    }
}

/// Every `scheme://user:password@` in a text with its password replaced by `***`.
pub fn redact(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean.push_str(before);
        let end = after
            .find(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | ';'))
            .unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        match (authority.rfind('@'), authority.find(':')) {
            (Some(at), Some(colon)) if colon < at => {
                clean.push_str(&authority[..colon]);
                clean.push_str(":***");
                clean.push_str(&authority[at..]);
            }
            _ => clean.push_str(authority),
        }
        rest = tail;
    }
    clean + rest
}

/// The candidate that a mistyped word most likely meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, candidate)| *distance <= 1.max(candidate.len().min(word.len()) / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate.to_string())
}

fn expand(path: &str, home: Option<&str>) -> PathBuf {
    match (path.strip_prefix('~'), home) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
            PathBuf::from(format!("{home}{rest}"))
        }
        _ => PathBuf::from(path),
    }
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut position = 0;
    while position < bytes.len() {
        let hex = bytes
            .get(position + 1..position + 3)
            .and_then(|hex| std::str::from_utf8(hex).ok());
        match (
            bytes[position],
            hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()),
        ) {
            (b'%', Some(byte)) => {
                plain.push(byte);
                position += 3;
            }
            (byte, _) => {
                plain.push(byte);
                position += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    const SCHEMES: &[(&str, Option<u16>)] = &[
        ("mysql", Some(3306)),
        ("mariadb", Some(3306)),
        ("sqlite", None),
    ];

    fn read(word: &str) -> Result<ParsedUrl, AddressError> {
        ParsedUrl::read(word, SCHEMES, Some("/home/me"))
    }

    #[test]
    fn a_url_gives_up_its_password_and_database() {
        let parsed = read("mysql://app:p%40ss@db.example.com/shop").unwrap();
        assert_eq!(parsed.address.to_string(), "app@db.example.com:3306");
        assert_eq!(parsed.password.unwrap().expose_secret(), "p@ss");
        assert_eq!(parsed.database.as_deref(), Some("shop"));
    }

    #[test]
    fn an_address_survives_being_written_as_a_url() {
        for word in [
            "mysql://a%20b@[::1]:3307",
            "mariadb://x@h?socket=%2Ftmp%2Fs",
            "mysql://u@h:1?tls=insecure",
            "./a b.db",
            "backup:/a/b",
        ] {
            let address = read(word).unwrap().address;
            assert_eq!(read(&address.url()).unwrap().address, address, "{word}");
        }
    }

    #[test]
    fn a_tilde_is_the_home_folder() {
        assert_eq!(read("~/x.db").unwrap().address.to_string(), "/home/me/x.db");
    }

    #[test]
    fn a_mistyped_scheme_names_the_nearest() {
        assert_eq!(
            read("mysq://u@h").unwrap_err(),
            AddressError::Scheme("mysq".into(), Some("mysql".into()))
        );
    }

    #[test]
    fn passwords_in_urls_are_redacted_wherever_they_stand() {
        assert_eq!(
            redact("add x mysql://u:s3cret@h/db; sync"),
            "add x mysql://u:***@h/db; sync"
        );
        assert_eq!(
            redact("mysql://u:p@ss@h and mysql://u@h"),
            "mysql://u:***@h and mysql://u@h"
        );
    }
}
