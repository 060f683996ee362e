//! Reads the files in which other programs keep their connections: option files of MySQL clients, .env files.
//!
//! Pure: text in, entries out. What cannot be used is an entry too, with its problem.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::model::endpoint::{Address, Network, ParsedUrl, Tls};

/// An entry of a file.
pub(super) struct Found {
    /// The name that is proposed.
    pub name: String,
    /// Where it stands: `~/.my.cnf [client]`.
    pub origin: String,
    pub place: Result<(Address, Option<SecretString>), String>,
}

pub(super) type Schemes<'a> = &'a [(&'a str, Option<u16>)];

/// What a file holds: an option file has sections in brackets.
pub(super) fn read(file: &Path, text: &str, schemes: Schemes<'_>) -> Vec<Found> {
    let shown = file.display().to_string();
    match text.lines().any(|line| line.trim_start().starts_with('[')) {
        true => option_file(&shown, text, schemes),
        false => variables(&shown, text, schemes),
    }
}

/// The `[client…]` sections that name a user or a host.
fn option_file(file: &str, text: &str, schemes: Schemes<'_>) -> Vec<Found> {
    let mut sections: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.split(']').next().unwrap_or_default();
            sections.push((section.to_string(), Vec::new()));
        } else if let (Some((_, options)), Some(pair)) = (sections.last_mut(), option(line)) {
            options.push(pair);
        }
    }
    sections
        .iter()
        .filter(|(section, _)| section.starts_with("client"))
        .filter_map(|(section, options)| client(file, section, options, schemes))
        .collect()
}

/// `key = value`; dashes and underscores are one in keys. None for comments and includes.
fn option(line: &str) -> Option<(String, String)> {
    if line.is_empty() || line.starts_with(['#', ';', '!']) {
        return None;
    }
    let (key, value) = line.split_once('=').unwrap_or((line, ""));
    let key = key.trim().to_lowercase().replace('_', "-");
    Some((key, option_value(value.trim())))
}

/// A value with its quotes and escapes resolved; outside quotes a `#` begins a comment.
fn option_value(value: &str) -> String {
    let quote = value.chars().next().filter(|c| matches!(c, '\'' | '"'));
    let mut plain = String::new();
    let mut rest = value.chars().skip(usize::from(quote.is_some()));
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some('r') => plain.push('\r'),
                Some('b') => plain.push('\u{8}'),
                Some('s') => plain.push(' '),
                Some(other @ ('\\' | '"' | '\'')) => plain.push(other),
                Some(other) => plain.extend(['\\', other]),
                None => plain.push('\\'),
            },
            c if Some(c) == quote => return plain,
            '#' if quote.is_none() => break,
            c => plain.push(c),
        }
    }
    match quote {
        Some(_) => plain,
        None => plain.trim_end().to_string(),
    }
}

fn client(
    file: &str,
    section: &str,
    options: &[(String, String)],
    schemes: Schemes<'_>,
) -> Option<Found> {
    // The last one counts, as in the clients.
    let get = |key: &str| {
        let found = options.iter().rev().find(|(known, _)| known == key);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    };
    if get("user").is_none() && get("host").is_none() && get("socket").is_none() {
        return None;
    }
    let host = get("host").unwrap_or("localhost");
    let suffix = section
        .trim_start_matches("client")
        .trim_matches(['-', '_']);
    let place = || {
        let (scheme, port) = schemes
            .iter()
            .find(|(scheme, _)| *scheme == "mysql")
            .ok_or("MySQL is no known kind of database")?;
        let port = match get("port") {
            None => port.unwrap_or_default(),
            Some(port) => port.parse().map_err(|_| format!("{port:?} is no port"))?,
        };
        let user = get("user")
            .map(String::from)
            .or_else(|| std::env::var("USER").ok());
        let network = Network {
            scheme: scheme.to_string(),
            user: user.ok_or("it names no user")?,
            host: host.to_string(),
            port,
            // Clients take the socket for localhost only.
            socket: get("socket")
                .filter(|_| host == "localhost")
                .map(PathBuf::from),
            tls: get("ssl-ca").map_or(Tls::Verified, |file| Tls::Authority(file.into())),
        };
        Ok((Address::Network(network), get("password").map(Into::into)))
    };
    Some(Found {
        name: if suffix.is_empty() {
            proposed(host)
        } else {
            proposed(suffix)
        },
        origin: format!("{file} [{section}]"),
        place: place(),
    })
}

/// Variables whose name ends in `DATABASE_URL`.
fn variables(file: &str, text: &str, schemes: Schemes<'_>) -> Vec<Found> {
    let home = std::env::home_dir().map(|home| home.display().to_string());
    text.lines()
        .filter_map(|line| {
            let line = line.trim();
            if line.starts_with('#') {
                return None;
            }
            let line = line.strip_prefix("export ").unwrap_or(line);
            let (key, value) = line.split_once('=')?;
            let key = key.trim();
            let prefix = key.strip_suffix("DATABASE_URL")?;
            let value = variable_value(value.trim());
            let place = ParsedUrl::read(&value, schemes, home.as_deref());
            let name = match (prefix.trim_end_matches('_'), &place) {
                ("", Ok(parsed)) => host_of(&parsed.address),
                (prefix, _) => proposed(prefix),
            };
            Some(Found {
                name,
                origin: format!("{file} {key}"),
                place: place
                    .map(|parsed| (parsed.address, parsed.password))
                    .map_err(|problem| problem.to_string()),
            })
        })
        .collect()
}

fn variable_value(value: &str) -> String {
    let quoted = ['\'', '"'].into_iter().find_map(|quote| {
        let inner = value.strip_prefix(quote)?;
        Some(inner.split(quote).next().unwrap_or_default())
    });
    // Outside quotes a comment begins after a space.
    let bare = || value.split(" #").next().unwrap_or_default().trim();
    quoted.unwrap_or_else(bare).to_string()
}

fn host_of(address: &Address) -> String {
    match address {
        Address::Network(network) => proposed(&network.host),
        Address::File { path, .. } => {
            let stem = path.file_stem().map(|stem| stem.to_string_lossy());
            proposed(&stem.unwrap_or_default())
        }
    }
}

/// A text made into a name that may be used.
fn proposed(text: &str) -> String {
    let name: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .collect();
    let name = name.trim_matches('-');
    match name.chars().all(|c| c.is_ascii_digit() || c == '-') {
        true => format!("db-{name}").trim_end_matches('-').to_string(),
        false => name.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    const SCHEMES: Schemes<'_> = &[("mysql", Some(3306)), ("sqlite", None)];

    /// `name, address, password` of each entry, or the problem.
    fn lines(file: &str, text: &str) -> Vec<String> {
        read(Path::new(file), text, SCHEMES)
            .into_iter()
            .map(|found| match found.place {
                Ok((address, secret)) => {
                    let secret = secret.unwrap_or_default();
                    format!("{} {address} {}", found.name, secret.expose_secret())
                }
                Err(problem) => format!("{} {problem}", found.name),
            })
            .collect()
    }

    #[test]
    fn client_sections_of_an_option_file_are_found() {
        let text = "# mine\n[mysqld]\nuser=mysql\n\n[client]\nuser = app\npassword = \"p#1 \\\"x\"\n\
                    host=db1.example.com # the first\n[client-prod]\nuser=root\nhost=10.0.0.1\nport=3307\n\
                    password=a#b\n[clientlocal]\nuser=me\nsocket=/run/s.sock\n[client_none]\ncompress\n";
        assert_eq!(
            lines("~/.my.cnf", text),
            [
                "db1-example-com app@db1.example.com:3306 p#1 \"x",
                "prod root@10.0.0.1:3307 a",
                "local me@/run/s.sock ",
            ]
        );
    }

    #[test]
    fn a_wrong_port_is_said_and_the_entry_left_out() {
        assert_eq!(
            lines("x", "[client]\nuser=a\nhost=h\nport=x\n"),
            ["h \"x\" is no port"]
        );
    }

    #[test]
    fn database_urls_of_a_dotenv_file_are_found() {
        let text = "APP=1\n# DATABASE_URL=mysql://no@no\nDATABASE_URL=\"mysql://u:p%40ss@db.example.com/shop\"\n\
                    export STAGING_DATABASE_URL=mysql://u@10.0.0.1:3310/x # old\n\
                    CACHE_DATABASE_URL=redis://x@y\nSQLITE_DATABASE_URL='sqlite:./data/app.db'\n";
        assert_eq!(
            lines(".env", text),
            [
                "db-example-com u@db.example.com:3306 p@ss",
                "staging u@10.0.0.1:3310 ",
                "cache \"redis\" is no known kind of database",
                "sqlite ./data/app.db ",
            ]
        );
    }

    #[test]
    fn a_proposed_name_can_be_used() {
        assert_eq!(proposed("10.0.0.1"), "db-10-0-0-1");
        assert_eq!(proposed("My_App"), "my-app");
        assert_eq!(proposed(""), "db");
    }
}
