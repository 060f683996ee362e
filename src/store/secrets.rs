//! How a connection's password is kept: the one small type that says so.
//!
//! Nothing here is ever shown: `Debug` and `Display` say where a password comes from, not what it is.

use std::fmt;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use super::vault::Kept;
use super::{Error, Result};

/// How long a password command may take: it may wait for a person.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where a password comes from. Shown without revealing anything.
#[derive(Clone)]
pub enum Password {
    /// There is none.
    None,
    /// In the store, sealed with the vault's key.
    Vault(Kept),
    /// In the store, base64: not encrypted.
    Base64(SecretString),
    /// In an environment variable of this name.
    Env(String),
    /// The first line that this command prints.
    Command(String),
    /// Typed every time.
    Ask,
    /// Its row cannot be read.
    Damaged {
        stored: String,
        problem: &'static str,
    },
}

impl Password {
    /// Reads what [`Password::stored`] wrote.
    ///
    /// # Errors
    /// Says what is wrong without repeating the text. A sealed password is none of these: it belongs to its row.
    pub(super) fn read(stored: &str) -> Result<Password, &'static str> {
        match stored.split_once(':').unwrap_or((stored, "")) {
            ("none", _) => Ok(Password::None),
            ("ask", _) => Ok(Password::Ask),
            ("env", name) => Ok(Password::Env(name.into())),
            ("cmd", command) => Ok(Password::Command(command.into())),
            ("base64", text) => STANDARD
                .decode(text)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .map(|plain| Password::Base64(plain.into()))
                .ok_or("its password is not base64"),
            _ => Err("its password is kept in an unknown way"),
        }
    }

    /// The form for the store's file alone: it holds what base64 hides badly.
    pub(super) fn stored(&self) -> String {
        match self {
            Password::None => "none".into(),
            Password::Base64(plain) => format!("base64:{}", STANDARD.encode(plain.expose_secret())),
            Password::Env(name) => format!("env:{name}"),
            Password::Command(command) => format!("cmd:{command}"),
            Password::Ask => "ask".into(),
            Password::Damaged { stored, .. } => stored.clone(),
            Password::Vault(Kept::Plain(_)) => {
                unreachable!("the store seals it, which has the key")
            }
            Password::Vault(Kept::Sealed(sealed)) => sealed.text.clone(),
        }
    }

    /// The word of `--store`.
    pub fn kind(&self) -> &'static str {
        match self {
            Password::None => "none",
            Password::Base64(_) => "base64",
            Password::Env(_) => "env",
            Password::Command(_) => "cmd",
            Password::Ask => "ask",
            Password::Vault(_) => "vault",
            Password::Damaged { .. } => "damaged",
        }
    }

    /// The password itself; None when there is none. Blocks while a command runs or a person types.
    ///
    /// # Errors
    /// A missing variable, a failing command, nobody to ask. No error repeats what a command printed.
    pub fn resolve(
        &self,
        name: &str,
        ask: impl FnOnce() -> Option<SecretString>,
    ) -> Result<Option<SecretString>> {
        let fail = |(problem, mend): (String, String)| Error::Password {
            name: name.to_string(),
            problem,
            mend,
        };
        match self {
            Password::None => Ok(None),
            Password::Base64(plain) => Ok(Some(plain.clone())),
            Password::Env(variable) => from_variable(variable).map(Some).map_err(fail),
            Password::Command(command) => from_command(command, PATIENCE).map(Some).map_err(|problem| {
                fail((problem, format!("run the command yourself to see why; connections edit {name} changes it")))
            }),
            Password::Vault(Kept::Plain(plain)) => Ok(Some(plain.clone())),
            Password::Vault(Kept::Sealed(_)) => Err(Error::Locked),
            Password::Damaged { problem, .. } => Err(fail((
                (*problem).to_string(),
                format!(
                    "connections edit {name} --store vault gives it anew; connections del {name} \
                     removes the connection"
                ),
            ))),
            Password::Ask => ask().map(Some).ok_or_else(|| Error::Unanswered {
                name: name.to_string(),
            }),
        }
    }
}

impl fmt::Display for Password {
    /// What every listing shows. A command is named by its first word: the rest may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Password::None => f.write_str("none"),
            Password::Base64(_) => f.write_str("base64, not encrypted"),
            Password::Env(name) => write!(f, "env:{name}"),
            Password::Command(command) => {
                let mut words = command.split_whitespace();
                let first = words.next().unwrap_or_default();
                let rest = words.next().map_or("", |_| " …");
                write!(f, "cmd:{first}{rest}")
            }
            Password::Ask => f.write_str("asked every time"),
            Password::Vault(_) => f.write_str("vault"),
            Password::Damaged { problem, .. } => f.write_str(problem),
        }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn from_variable(variable: &str) -> Result<SecretString, (String, String)> {
    let mend = format!("export {variable} first, then try again");
    match std::env::var(variable) {
        Ok(value) => Ok(value.into()),
        Err(std::env::VarError::NotPresent) => Err((
            format!("the environment variable {variable} is not set"),
            mend,
        )),
        Err(std::env::VarError::NotUnicode(_)) => Err((
            format!("the environment variable {variable} is not valid UTF-8"),
            mend,
        )),
    }
}

/// The first line that a command prints. It gets no input, so that it cannot swallow a script's next lines.
fn from_command(command: &str, patience: Duration) -> Result<SecretString, String> {
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|cause| format!("its command cannot be started: {cause}"))?;
    let mut output = child.stdout.take().expect("stdout is a pipe");
    let (done, printed) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let result = output.read_to_end(&mut text).map(|_| text);
        let _ = done.send(result);
    });
    let Ok(text) = printed.recv_timeout(patience) else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!(
            "its command did not end within {} seconds",
            patience.as_secs()
        ));
    };
    let status = child
        .wait()
        .map_err(|cause| format!("its command was lost: {cause}"))?;
    if !status.success() {
        return Err(format!("its command failed ({status})"));
    }
    let text = text.map_err(|cause| format!("its command's answer cannot be read: {cause}"))?;
    let text =
        String::from_utf8(text).map_err(|_| "its command printed something that is not UTF-8")?;
    match text.lines().next() {
        None | Some("") => Err("its command printed nothing".into()),
        Some(line) => Ok(line.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn never() -> Option<SecretString> {
        panic!("nothing is to be asked here")
    }

    fn plain(password: &Password) -> String {
        let secret = password.resolve("x", never).unwrap().unwrap();
        secret.expose_secret().to_string()
    }

    #[test]
    fn a_password_survives_being_stored() {
        for stored in [
            "none",
            "ask",
            "env:PW",
            "cmd:pass show db:x",
            "base64:cMOkc3M6MQ==",
        ] {
            assert_eq!(Password::read(stored).unwrap().stored(), stored);
        }
        assert_eq!(
            plain(&Password::read("base64:cMOkc3M6MQ==").unwrap()),
            "päss:1"
        );
    }

    #[test]
    fn no_form_of_showing_reveals_a_password() {
        let password = Password::Base64("Canary1".into());
        assert_eq!(
            format!("{password} {password:?}"),
            "base64, not encrypted base64, not encrypted"
        );
        let command = Password::Command("echo Canary1".into());
        assert_eq!(format!("{command} {command:?}"), "cmd:echo … cmd:echo …");
    }

    #[test]
    fn a_damaged_password_is_refused_without_repeating_it() {
        assert_eq!(
            Password::read("base64:Canary1!").unwrap_err(),
            "its password is not base64"
        );
    }

    #[test]
    fn a_command_gives_its_first_line_and_gets_no_input() {
        let command = Password::Command("cat; printf 'one\\ntwo\\n'".into());
        assert_eq!(plain(&command), "one");
    }

    #[test]
    fn a_failing_command_is_named_but_its_output_is_not() {
        let error = Password::Command("echo Canary1; echo Canary1 >&2; exit 3".into())
            .resolve("prod", never)
            .unwrap_err();
        assert_eq!(
            error.full(),
            "cannot get the password of prod: its command failed (exit status: 3)"
        );
    }

    #[test]
    fn a_command_that_hangs_is_ended() {
        let error = from_command("sleep 5", Duration::from_millis(50)).unwrap_err();
        assert_eq!(error, "its command did not end within 0 seconds");
    }

    #[test]
    fn a_missing_variable_is_named() {
        let error = Password::Env("MAESTRO_TEST_NOT_SET".into())
            .resolve("prod", never)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot get the password of prod: the environment variable MAESTRO_TEST_NOT_SET is not set"
        );
    }

    #[test]
    fn nobody_to_ask_is_an_error() {
        let error = Password::Ask.resolve("prod", || None).unwrap_err();
        assert!(matches!(error, Error::Unanswered { .. }));
    }
}
