//! Adding and changing a connection: read or asked for, tested, then saved.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

use super::draft::{Ask, Draft, Test, finish};
use super::password::{self, Chosen};
use super::{Said, form, names, unanswered};
use crate::commands::{Context, Error, Result};
use crate::engines;
use crate::model::endpoint::{Address, ParsedUrl, Tls, is_address, pin, redact};
use crate::model::label::Label;
use crate::store::{Connection, Password};

#[derive(clap::Args, Debug)]
pub(super) struct Add {
    /// The name that the connection gets
    name: Option<String>,
    /// mysql://USER@HOST:PORT, or the path of a SQLite file or folder
    url: Option<String>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(clap::Args, Debug)]
pub(super) struct Edit {
    /// Name or number
    connection: String,
    /// The new address
    url: Option<String>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(clap::Args, Debug)]
#[group(skip)]
struct Flags {
    /// The environment: production, staging, testing or development; without it, it counts as production
    #[arg(long = "env", value_name = "LABEL")]
    label: Option<Label>,
    /// verified, or insecure: encrypted, but whoever answers is believed
    #[arg(long, value_name = "MODE", conflicts_with = "tls_ca")]
    tls: Option<TlsMode>,
    /// The certificates (PEM) that the server's is verified against
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<PathBuf>,
    /// The SHA-256 fingerprint of the one certificate that is trusted
    #[arg(long, value_name = "SHA256", conflicts_with_all = ["tls", "tls_ca"])]
    tls_pin: Option<String>,
    #[command(flatten)]
    password: password::Flags,
    /// Save without connecting first
    #[arg(long)]
    no_test: bool,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum TlsMode {
    Verified,
    Insecure,
}

impl Add {
    pub async fn run(self, cx: &mut Context<'_>) -> Result<Said> {
        if let Some(name) = &self.name {
            if is_address(name) {
                return Err(Error::usage("a name comes before the address")
                    .hint("connections add NAME URL"));
            }
            names::check(name, &cx.store.connections()?)?;
        }
        let (draft, ask) = match (self.name, self.url) {
            (Some(name), Some(url)) => (typed(cx, name, &url, &self.flags)?, Ask::Nothing),
            (name, _) if cx.ask.is_terminal() => (asked(cx, name, &self.flags)?, Ask::Save),
            _ => {
                return Err(Error::usage("connections add needs a name and a URL")
                    .hint("connections add NAME URL; at a terminal, connections add asks"));
            }
        };
        let draft = draft.said(self.flags.label.is_some());
        finish(cx, draft, self.flags.test(), ask).await
    }
}

impl Edit {
    pub async fn run(self, cx: &mut Context<'_>) -> Result<Said> {
        let old = names::find(cx, &self.connection)?;
        let draft = if self.url.is_some() || self.flags.say_something() {
            changed(cx, old, self.url.as_deref(), &self.flags)?
        } else if cx.ask.is_terminal() {
            asked_again(cx, old)?
        } else {
            return Err(Error::usage("connections edit needs something to change")
                .hint("a URL, --env, --tls, --tls-ca, --store or --password-env"));
        };
        let draft = draft.replacing().said(self.flags.label.is_some());
        finish(cx, draft, self.flags.test(), Ask::Nothing).await
    }
}

impl Flags {
    fn test(&self) -> Test {
        match self.no_test {
            true => Test::Skip,
            false => Test::First,
        }
    }

    fn say_something(&self) -> bool {
        self.label.is_some()
            || self.tls.is_some()
            || self.tls_ca.is_some()
            || self.tls_pin.is_some()
            || !self.password.is_empty()
    }

    /// # Errors
    /// A file has no TLS; the certificates' file is not there.
    fn protect(&self, address: &mut Address) -> Result<()> {
        let tls = match (&self.tls, &self.tls_ca, &self.tls_pin) {
            (None, None, None) => return Ok(()),
            (_, _, Some(word)) => {
                Tls::Pinned(pin(word).map_err(|problem| Error::usage(problem.to_string()))?)
            }
            (_, Some(file), _) => Tls::Authority(absolute(file)?),
            (Some(TlsMode::Insecure), ..) => Tls::Insecure,
            (Some(TlsMode::Verified), ..) => Tls::Verified,
        };
        match address {
            Address::Network(network) => network.tls = tls,
            Address::File { .. } => return Err(Error::usage("a file has no TLS")),
        }
        Ok(())
    }
}

fn absolute(path: &std::path::Path) -> Result<PathBuf> {
    std::path::absolute(path)
        .map_err(|cause| Error::usage(format!("{:?} is no path: {cause}", path.display())))
}

/// Refuses a URL with a password among the process's own arguments; a script given with -c is one of them.
///
/// # Errors
/// A usage error with the other ways; the password is not repeated.
pub fn refuse_open_password(word: &str) -> Result<()> {
    if redact(word) == word {
        return Ok(());
    }
    Err(Error::usage(
        "a password on the command line can be read by every user of this machine",
    )
    .hint(
        "leave it out of the URL and use --password-stdin or --password-env VAR, or add the \
         connection at the prompt",
    ))
}

/// An address as it was typed, made absolute; what is left out of it is said.
///
/// # Errors
/// It is none.
pub(super) fn read_address(url: &str) -> Result<(Address, Option<SecretString>, Vec<String>)> {
    let home = std::env::home_dir().map(|home| home.display().to_string());
    let parsed = ParsedUrl::read(url, &engines::schemes(), home.as_deref())
        .map_err(|problem| Error::usage(problem.to_string()))?;
    let notices = parsed
        .database
        .map(|database| format!("a connection names a server: the database {database} is left out"))
        .into_iter()
        .collect();
    Ok((settled(parsed.address)?, parsed.password, notices))
}

/// Paths without the folder of the moment.
fn settled(address: Address) -> Result<Address> {
    match address {
        Address::File { scheme, path } => {
            let path = match path.canonicalize() {
                Ok(path) => path,
                Err(_) => absolute(&path)?,
            };
            Ok(Address::File { scheme, path })
        }
        address => Ok(address),
    }
}

fn typed(cx: &Context<'_>, name: String, url: &str, flags: &Flags) -> Result<Draft> {
    let (mut address, secret, notices) = read_address(url)?;
    flags.protect(&mut address)?;
    let chosen = match flags.password.choose(cx, secret)? {
        Some(chosen) => chosen,
        None => ask_password(cx, &address)?,
    };
    let label = flags.label.unwrap_or_default();
    Ok(Draft::new(name, address, chosen, label, notices))
}

/// A server's password, hidden; without a terminal there is none.
fn ask_password(cx: &Context<'_>, address: &Address) -> Result<Chosen> {
    let none = Chosen {
        password: Password::None,
        secret: None,
    };
    if matches!(address, Address::File { .. }) || !cx.ask.is_terminal() {
        return Ok(none);
    }
    let question = format!("Password of {address} (empty: none)");
    let secret = cx.ask.secret(&question);
    let secret = secret.ok_or_else(|| unanswered("nothing was saved"))?;
    Ok(password::keep(&cx.settings.connections, secret))
}

fn asked(cx: &Context<'_>, name: Option<String>, flags: &Flags) -> Result<Draft> {
    let others = cx.store.connections()?;
    let name = match name {
        Some(name) => name,
        None => form::until(cx, "Name", None, |word| {
            names::check(word, &others)
                .map(|()| word.to_string())
                .map_err(|error| error.to_string())
        })?,
    };
    let mut address = settled(form::address(cx, None)?)?;
    flags.protect(&mut address)?;
    let chosen = match flags.password.choose(cx, None)? {
        Some(chosen) => chosen,
        None => ask_password(cx, &address)?,
    };
    let label = match flags.label {
        Some(label) => label,
        None => form::label(cx, Label::Unknown)?,
    };
    Ok(Draft::new(name, address, chosen, label, Vec::new()))
}

fn changed(cx: &Context<'_>, old: Connection, url: Option<&str>, flags: &Flags) -> Result<Draft> {
    let (mut address, secret, notices) = match url {
        Some(url) => read_address(url)?,
        None => (old.address.clone(), None, Vec::new()),
    };
    flags.protect(&mut address)?;
    let chosen = flags.password.choose(cx, secret)?.unwrap_or(Chosen {
        password: old.password.clone(),
        secret: None,
    });
    let label = flags.label.unwrap_or(old.label);
    Ok(Draft::new(old.name, address, chosen, label, notices))
}

fn asked_again(cx: &Context<'_>, old: Connection) -> Result<Draft> {
    let address = settled(form::address(cx, Some(&old.address))?)?;
    let mut chosen = Chosen {
        password: old.password.clone(),
        secret: None,
    };
    if matches!(address, Address::Network(_)) {
        let question = format!("Password (empty: keep, {})", old.password);
        let secret = cx.ask.secret(&question);
        let secret = secret.ok_or_else(|| unanswered("nothing was changed"))?;
        if !secret.expose_secret().is_empty() {
            chosen = password::keep(&cx.settings.connections, secret);
        }
    }
    let label = form::label(cx, old.label)?;
    Ok(Draft::new(old.name, address, chosen, label, Vec::new()))
}
