//! A connection between the questions and the store: tested, asked about, saved.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::check::{self, Tested, examine};
use super::label::{self, Reach};
use super::password::{self, Chosen};
use super::{Said, listing, names, unanswered};
use crate::commands::{Context, Error, Result, vault};
use crate::engines::{self, Hop};
use crate::model::endpoint::{Address, Endpoint, Tls};
use crate::model::label::Label;
use crate::model::units::counted;
use crate::output::Page;
use crate::store::{Connection, Kept, Password};

/// A connection that is not saved yet.
pub(super) struct Draft {
    pub connection: Connection,
    /// The password for the test, where the store will not give it.
    pub secret: Option<SecretString>,
    pub notices: Vec<String>,
    before: Before,
    /// Whether the environment was said with a flag: then it is said to the server, too.
    said: bool,
}

/// What a draft replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Nothing,
    Connection,
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
            identity: None,
        };
        Draft {
            connection,
            secret: chosen.secret,
            notices,
            before: Before::Nothing,
            said: false,
        }
    }

    /// The environment was said with a flag, or not.
    pub fn said(self, said: bool) -> Draft {
        Draft { said, ..self }
    }

    pub fn replacing(self) -> Draft {
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
            Password::Base64(_) => self.connection.password = Password::Base64(secret),
            _ => {
                let chosen = password::keep(&cx.settings.connections, secret);
                self.connection.password = chosen.password;
                self.secret = chosen.secret;
            }
        }
    }
}

/// Whether a connection is tried before it is saved.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    First,
    Skip,
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
    test: Test,
    ask: Ask,
) -> Result<Said> {
    let tested = match test {
        Test::Skip => None,
        Test::First => Some(tested(cx, &mut draft).await?),
    };
    let name = draft.connection.name.clone();
    if ask == Ask::Save {
        show_notices(cx, &mut draft);
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
        // One that cannot be read is not overwritten either: this is its error.
        cx.store.connection(&name)?;
    }
    seal(cx, &mut draft)?;
    save(cx, draft, tested.as_ref()).await
}

/// Has the vault ready for a password that goes into it; says so when it was made for it.
fn seal(cx: &Context<'_>, draft: &mut Draft) -> Result<()> {
    match &draft.connection.password {
        Password::Vault(Kept::Plain(_)) => draft.notices.extend(vault::ready(cx)?),
        // It is bound to the address, which may have changed.
        Password::Vault(Kept::Sealed(_)) if cx.store.must_open(&draft.connection) => {
            vault::open(cx)?;
        }
        _ => {}
    }
    Ok(())
}

/// What is to be known before the question; the reply does not repeat it.
fn show_notices(cx: &Context<'_>, draft: &mut Draft) {
    let mut page = Page::default();
    for notice in draft.notices.drain(..) {
        page.line(format!("note: {notice}"));
    }
    cx.ask.show(&page);
}

async fn save(cx: &mut Context<'_>, draft: Draft, tested: Option<&Tested>) -> Result<Said> {
    let mut notices = draft.notices;
    let connection = draft.connection;
    cx.store.save(&connection)?;
    // A password typed for what it was before is not believed.
    cx.session.passwords.forget(&connection.name);
    let found = tested.and_then(|tested| tested.found.as_ref().ok());
    if let Some((product, _)) = found {
        cx.store.touch(&connection.name, product)?;
        if draft.said && connection.label != Label::Unknown {
            notices.extend(label::keep(cx, &connection.name, connection.label, Reach::Along).await);
        }
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
    json["notices"] = notices
        .iter()
        .map(|notice| notice.as_str().into())
        .collect::<Vec<Value>>()
        .into();
    let notes = notices.iter().map(|notice| format!("note: {notice}"));
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
        let test = examine(&endpoint, &cx.connect_options()).await;
        if test.found.is_ok() {
            return Ok(test);
        }
        if left == 0 || !cx.ask.is_terminal() || !again(cx, draft, &test).await {
            return Err(untested(test));
        }
        left -= 1;
    }
}

async fn again(cx: &Context<'_>, draft: &mut Draft, test: &Tested) -> bool {
    let mut page = Page::default();
    test.render(&mut page);
    cx.ask.show(&page);
    let failed_at = test.found.as_ref().err().and_then(|failure| failure.hop);
    if failed_at == Some(Hop::Tls) && trusted(cx, draft).await {
        return true;
    }
    let login = test
        .found
        .as_ref()
        .is_err_and(|failure| failure.hop == Some(Hop::Login));
    let can_retype = matches!(
        draft.connection.password,
        Password::None
            | Password::Vault(_)
            | Password::Base64(_)
            | Password::Ask
            | Password::Damaged { .. }
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

/// Shows the certificate that nobody vouches for, and asks whether it is trusted from now on.
async fn trusted(cx: &Context<'_>, draft: &mut Draft) -> bool {
    let options = cx.connect_options();
    let Ok(endpoint) = draft.endpoint(cx) else {
        return false;
    };
    let Some(shown) = engines::fingerprint(&endpoint, &options).await else {
        return false;
    };
    let Address::Network(network) = &mut draft.connection.address else {
        return false;
    };
    let mut page = Page::default();
    page.line(format!(
        "The server shows a certificate with the SHA-256 fingerprint {shown}."
    ));
    page.line("Compare it with the one on the server before you trust it.");
    cx.ask.show(&page);
    let yes = cx.ask.confirm("Trust this certificate from now on?", false) == Some(true);
    if yes {
        network.tls = Tls::Pinned(shown);
    }
    yes
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
