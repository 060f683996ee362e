//! Adding and changing a connection: read or asked for, tested, then saved.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::check::{self, Tested, examine};
use super::password::{self, Chosen};
use super::{Said, form, listing, names, unanswered};
use crate::commands::{Context, Error, Result, Words};
use crate::engines::{self, Hop};
use crate::model::endpoint::{Address, Endpoint, ParsedUrl, Tls, is_address};
use crate::model::label::Label;
use crate::model::units::counted;
use crate::output::Page;
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

/// A connection that is not saved yet.
pub(super) struct Draft {
    pub connection: Connection,
    /// The password for the test, where the store will not give it.
    pub secret: Option<SecretString>,
    pub notices: Vec<String>,
    before: Before,
}

/// What a draft replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Nothing,
    Connection,
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
        finish(cx, draft, self.flags.no_test, ask).await
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
        finish(cx, draft.replacing(), self.flags.no_test, Ask::Nothing).await
    }
}

impl Flags {
    fn say_something(&self) -> bool {
        self.label.is_some()
            || self.tls.is_some()
            || self.tls_ca.is_some()
            || !self.password.is_empty()
    }

    /// # Errors
    /// A file has no TLS; the certificates' file is not there.
    fn protect(&self, address: &mut Address) -> Result<()> {
        let tls = match (&self.tls, &self.tls_ca) {
            (None, None) => return Ok(()),
            (_, Some(file)) => Tls::Authority(absolute(file)?),
            (Some(TlsMode::Insecure), _) => Tls::Insecure,
            (Some(TlsMode::Verified), _) => Tls::Verified,
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

/// An address as it was typed, made absolute; what is left out of it is said.
///
/// # Errors
/// It is none, or it holds a password that every user of the machine could read.
pub(super) fn read_address(
    cx: &Context<'_>,
    url: &str,
) -> Result<(Address, Option<SecretString>, Vec<String>)> {
    let home = std::env::home_dir().map(|home| home.display().to_string());
    let parsed = ParsedUrl::read(url, &engines::schemes(), home.as_deref())
        .map_err(|problem| Error::usage(problem.to_string()))?;
    if parsed.password.is_some() && cx.words == Words::CommandLine {
        return Err(Error::usage(
            "a password on the command line can be read by every user of this machine",
        )
        .hint(
            "leave it out of the URL and use --password-stdin or --password-env VAR, or add the \
             connection at the prompt",
        ));
    }
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
    let (mut address, secret, notices) = read_address(cx, url)?;
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
    Ok(password::keep(cx, secret))
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
        Some(url) => read_address(cx, url)?,
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
            chosen = password::keep(cx, secret);
        }
    }
    let label = form::label(cx, old.label)?;
    Ok(Draft::new(old.name, address, chosen, label, Vec::new()))
}

impl Draft {
    pub fn new(
        name: String,
        address: Address,
        chosen: Chosen,
        label: Label,
        mut notices: Vec<String>,
    ) -> Draft {
        notices.extend(password::notice(&chosen.password));
        if address.is_insecure() {
            notices.push("its TLS is not verified: whoever answers is believed".into());
        }
        if label == Label::Unknown {
            notices.push(format!(
                "its environment is unknown and counts as production; connections label {name} \
                 development says otherwise"
            ));
        }
        let connection = Connection {
            name,
            address,
            password: chosen.password,
            label,
            product: None,
            last_used: None,
        };
        Draft {
            connection,
            secret: chosen.secret,
            notices,
            before: Before::Nothing,
        }
    }

    fn replacing(self) -> Draft {
        Draft {
            before: Before::Connection,
            ..self
        }
    }

    fn endpoint(&mut self, cx: &Context<'_>) -> Result<Endpoint> {
        if let Some(secret) = &self.secret {
            return Ok(Endpoint {
                name: self.connection.name.clone(),
                address: self.connection.address.clone(),
                password: Some(secret.clone()),
                label: self.connection.label,
            });
        }
        let endpoint = check::endpoint(cx, &self.connection)?;
        if let Password::Ask = self.connection.password {
            self.secret = endpoint.password.clone();
        }
        Ok(endpoint)
    }

    /// Takes another password, kept as the first one was.
    fn retype(&mut self, cx: &Context<'_>, secret: SecretString) {
        match self.connection.password {
            Password::Ask => self.secret = Some(secret),
            _ => {
                let chosen = password::keep(cx, secret);
                self.connection.password = chosen.password;
                self.secret = chosen.secret;
            }
        }
    }
}

/// Whether a question stands between the test and the saving.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Nothing,
    Save,
}

/// Tests, asks and saves.
pub(super) async fn finish(
    cx: &mut Context<'_>,
    mut draft: Draft,
    no_test: bool,
    ask: Ask,
) -> Result<Said> {
    let tested = match no_test {
        true => None,
        false => Some(tested(cx, &mut draft).await?),
    };
    let name = draft.connection.name.clone();
    if ask == Ask::Save {
        show_notices(cx, &draft);
        match cx.ask.confirm(&format!("Save {name}?"), true) {
            Some(true) => {}
            Some(false) => {
                return Err(Error::refused("nothing was saved")
                    .hint("a URL can be used without saving it: source URL"));
            }
            None => return Err(unanswered("nothing was saved")),
        }
    }
    if draft.before == Before::Nothing {
        // Another process may have taken the name meanwhile.
        names::check(&name, &cx.store.connections()?)?;
    }
    save(cx, draft, tested.as_ref())
}

fn show_notices(cx: &Context<'_>, draft: &Draft) {
    let mut page = Page::default();
    draft
        .notices
        .iter()
        .for_each(|notice| page.line(format!("note: {notice}")));
    cx.ask.show(&page);
}

fn save(cx: &mut Context<'_>, draft: Draft, tested: Option<&Tested>) -> Result<Said> {
    let connection = draft.connection;
    cx.store.save(&connection)?;
    let found = tested.and_then(|tested| tested.found.as_ref().ok());
    if let Some((product, _)) = found {
        cx.store.touch(&connection.name, product)?;
    }
    let what = match found {
        Some((product, databases)) => {
            format!("{product}, {}", counted(*databases, "database"))
        }
        None => "not tested".into(),
    };
    let first = format!(
        "Saved {} ({}): {what}.",
        connection.name, connection.address
    );
    let saved = cx.store.connection(&connection.name)?;
    let mut json = listing::json(saved.as_ref().unwrap_or(&connection));
    json["tested"] = tested.is_some().into();
    json["notices"] = draft
        .notices
        .iter()
        .map(|notice| notice.as_str().into())
        .collect::<Vec<Value>>()
        .into();
    let notes = draft.notices.iter().map(|notice| format!("note: {notice}"));
    Ok(Said {
        lines: std::iter::once(first).chain(notes).collect(),
        json,
    })
}

/// Tests a draft; at a terminal a failure is shown and may be tried again, with another password where that was wrong.
async fn tested(cx: &Context<'_>, draft: &mut Draft) -> Result<Tested> {
    let settings = &cx.settings.connections;
    let mut left = settings.max_retries;
    loop {
        let endpoint = draft.endpoint(cx)?;
        let test = examine(&endpoint, settings.default_timeout).await;
        if test.found.is_ok() {
            return Ok(test);
        }
        if left == 0 || !cx.ask.is_terminal() || !again(cx, draft, &test) {
            return Err(untested(test));
        }
        left -= 1;
    }
}

fn again(cx: &Context<'_>, draft: &mut Draft, test: &Tested) -> bool {
    let mut page = Page::default();
    test.render(&mut page);
    cx.ask.show(&page);
    let login = test
        .found
        .as_ref()
        .is_err_and(|failure| failure.hop == Some(Hop::Login));
    let can_retype = matches!(
        draft.connection.password,
        Password::None | Password::Base64(_) | Password::Ask
    );
    if !login || !can_retype {
        return cx.ask.confirm("Try again?", false) == Some(true);
    }
    let question = format!("Password of {} (empty: give up)", draft.connection.address);
    match cx.ask.secret(&question) {
        Some(secret) if !secret.expose_secret().is_empty() => {
            draft.retype(cx, secret);
            true
        }
        _ => false,
    }
}

fn untested(test: Tested) -> Error {
    let name = test.name.clone();
    let error = test
        .into_error()
        .unwrap_or_else(|| Error::failed("the test failed"));
    let saved = format!("{name} was not saved; --no-test saves it untested");
    let hint = match &error.hint {
        Some(hint) => format!("{hint}; {saved}"),
        None => saved,
    };
    error.hint(hint)
}
