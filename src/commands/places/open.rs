//! Opening a place: a saved connection, or a URL or path for this once.

use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;

use crate::commands::context::Place;
use crate::commands::{Context, Error, Result, vault};
use crate::engines::{self, Hop, Server};
use crate::model::endpoint::{Address, Endpoint, ParsedUrl, is_address};
use crate::model::label::Label;
use crate::run::event::Event;
use crate::store::{Connection, Password};

/// How long to wait before the second try; each further wait is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// An open place.
pub struct Opened {
    pub endpoint: Endpoint,
    pub server: Box<dyn Server>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opened({:?})", self.endpoint)
    }
}

/// Opens a saved connection (its use is recorded), a URL or a path.
///
/// A password that is missing is asked for at a terminal, once, and kept for the session where the settings
/// allow it.
///
/// # Errors
/// The connection is not saved, or the hop of the login that failed.
pub async fn open(cx: &Context<'_>, place: &Place) -> Result<Opened> {
    match is_address(&place.connection) {
        true => open_address(cx, place).await,
        false => open_saved(cx, &place.connection).await,
    }
}

async fn open_saved(cx: &Context<'_>, name: &str) -> Result<Opened> {
    let connection = saved(cx, name)?;
    let endpoint = Endpoint {
        name: name.to_string(),
        address: connection.address.clone(),
        password: password(cx, &connection)?,
        label: connection.label,
    };
    let server = match connect(cx, &endpoint).await {
        Err(error) => {
            if is_login(&error) {
                cx.session.passwords.forget(name);
            }
            return Err(error.into());
        }
        Ok(server) => server,
    };
    cx.store.touch(name, &server.product().to_string())?;
    let identity = server.identity().await?;
    if connection.identity.as_ref() != Some(&identity) {
        cx.store.identify(name, &identity)?;
    }
    Ok(Opened { endpoint, server })
}

async fn open_address(cx: &Context<'_>, place: &Place) -> Result<Opened> {
    let address = parsed(&place.connection)?;
    let name = &place.connection;
    let known = place
        .password
        .as_ref()
        .map(|typed| typed.0.clone())
        .or_else(|| cx.session.passwords.get(name));
    let mut endpoint = Endpoint {
        name: name.clone(),
        label: Label::Unknown,
        password: known,
        address,
    };
    let server = match connect(cx, &endpoint).await {
        Err(error) if is_login(&error) && place.password.is_none() => {
            cx.session.passwords.forget(name);
            let Some(typed) = ask(cx, &endpoint.address.to_string()) else {
                return Err(error.into());
            };
            endpoint.password = Some(typed.clone());
            let server = connect(cx, &endpoint).await?;
            keep(cx, name, typed);
            server
        }
        other => other?,
    };
    let identity = server.identity().await?;
    endpoint.label = label(&endpoint.address, &identity, &cx.store.connections()?);
    Ok(Opened { endpoint, server })
}

async fn connect(cx: &Context<'_>, endpoint: &Endpoint) -> engines::Result<Box<dyn Server>> {
    let options = cx.connect_options();
    let mut waited = FIRST_WAIT;
    let mut retries = cx.settings.connections.max_retries;
    loop {
        match engines::open(endpoint, &options).await {
            Err(error) if is_passing(&error) && retries > 0 && !cx.stop.is_cancelled() => {
                retries -= 1;
                let text = format!("{}; trying again", error.full());
                cx.events.on(&Event::Notice { text });
                tokio::time::sleep(waited).await;
                waited *= 2;
            }
            done => return done,
        }
    }
}

/// Whether another try may help: the network gave no answer, or cut it. A port that refuses will refuse again.
fn is_passing(error: &engines::Error) -> bool {
    match error {
        engines::Error::Lost { .. } => true,
        engines::Error::Connect {
            hop: Hop::Tcp,
            cause,
            ..
        } => cause
            .downcast_ref::<std::io::Error>()
            .is_none_or(|cause| cause.kind() != std::io::ErrorKind::ConnectionRefused),
        _ => false,
    }
}

fn is_login(error: &engines::Error) -> bool {
    matches!(
        error,
        engines::Error::Connect {
            hop: Hop::Login,
            ..
        }
    )
}

/// The password of a saved connection; one that is typed each time is remembered for the session.
fn password(cx: &Context<'_>, connection: &Connection) -> Result<Option<SecretString>> {
    let name = &connection.name;
    let is_asked = matches!(connection.password, Password::Ask);
    if let Some(known) = cx.session.passwords.get(name).filter(|_| is_asked) {
        return Ok(Some(known));
    }
    let password = vault::password(cx, connection, || ask(cx, name))?;
    if let (Some(typed), true) = (&password, is_asked) {
        keep(cx, name, typed.clone());
    }
    Ok(password)
}

fn ask(cx: &Context<'_>, whose: &str) -> Option<SecretString> {
    if !cx.ask.is_terminal() {
        return None;
    }
    cx.ask.secret(&format!("Password of {whose}"))
}

fn keep(cx: &Context<'_>, name: &str, password: SecretString) {
    if cx.settings.connections.cache_passwords {
        cx.session.passwords.keep(name, password);
    }
}

/// The saved connection of this name.
fn saved(cx: &Context<'_>, name: &str) -> Result<Connection> {
    match cx.store.connection(name)? {
        Some(connection) => Ok(connection),
        None => Err(super::Known::of(cx)?.unknown(name)),
    }
}

/// The address of a place's connection; None when it is not saved any more.
pub fn saved_address(cx: &Context<'_>, connection: &str) -> Result<Option<Address>> {
    match is_address(connection) {
        true => parsed(connection).map(Some),
        false => Ok(cx.store.connection(connection)?.map(|it| it.address)),
    }
}

fn parsed(word: &str) -> Result<Address> {
    let home = std::env::var("HOME").ok();
    ParsedUrl::read(word, &engines::schemes(), home.as_deref())
        .map(|parsed| parsed.address)
        .map_err(|cause| Error::usage(cause.to_string()))
}

/// The label of a place that is not saved: the strictest of the saved connections to the same server or folder,
/// whichever address leads there.
pub fn label(address: &Address, identity: &str, saved: &[Connection]) -> Label {
    saved
        .iter()
        .filter(|connection| {
            is_same_place(address, &connection.address)
                || connection.identity.as_deref() == Some(identity)
        })
        .map(|connection| connection.label)
        .reduce(Label::stricter)
        .unwrap_or_default()
}

/// Whether two addresses lead to one server, whoever logs in; for files, whether one lies in the other.
fn is_same_place(left: &Address, right: &Address) -> bool {
    match (left, right) {
        (Address::Network(left), Address::Network(right)) => match (&left.socket, &right.socket) {
            (None, None) => left.host == right.host && left.port == right.port,
            (left, right) => left == right,
        },
        (Address::File { path: left, .. }, Address::File { path: right, .. }) => {
            let (left, right) = (real(left), real(right));
            left.starts_with(&right) || right.starts_with(&left)
        }
        _ => false,
    }
}

/// The path without links and dots, as far as it exists.
fn real(path: &Path) -> std::path::PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut rest = Vec::new();
    for ancestor in whole.ancestors() {
        if let Ok(real) = ancestor.canonicalize() {
            return rest.iter().rev().fold(real, |path, part| path.join(part));
        }
        rest.extend(ancestor.file_name());
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(word: &str) -> Address {
        ParsedUrl::read(word, &[("mysql", Some(3306))], None)
            .unwrap()
            .address
    }

    fn saved(word: &str, label: Label) -> Connection {
        Connection {
            name: "saved".into(),
            address: address(word),
            password: Password::None,
            label,
            product: None,
            last_used: None,
            identity: None,
        }
    }

    #[test]
    fn a_place_that_is_not_saved_takes_the_strictest_label_of_its_server() {
        let list = [
            saved("mysql://app@h", Label::Development),
            saved("mysql://admin@h", Label::Production),
            saved("mysql://app@h:3307", Label::Staging),
        ];
        let label = |word: &str| label(&address(word), "", &list);
        assert_eq!(label("mysql://me@h"), Label::Production);
        assert_eq!(label("mysql://me@h:3307"), Label::Staging);
        assert_eq!(label("mysql://me@other"), Label::Unknown);
    }

    #[test]
    fn e10_another_address_of_a_saved_server_has_its_label() {
        let mut list = [saved("mysql://app@h", Label::Staging)];
        list[0].identity = Some("the server".into());
        let label = |identity: &str| label(&address("mysql://me@alias"), identity, &list);
        assert_eq!(label("the server"), Label::Staging);
        assert_eq!(label("another"), Label::Unknown);
    }

    #[test]
    fn a_file_of_a_saved_folder_has_the_folders_label() {
        let list = [saved("./no-such/prod", Label::Production)];
        let file = |word: &str| label(&address(word), "", &list);
        assert_eq!(file("./no-such/prod/shop.db"), Label::Production);
        assert_eq!(file("./no-such/production"), Label::Unknown);
    }
}
