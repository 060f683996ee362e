//! Which password a new or changed connection gets, and how it is kept.
//!
//! A password is never a word of the process's command line: it comes from a hidden question, the standard
//! input, a variable, a command, or a URL typed at the prompt or in a script.

use std::io::{BufRead, IsTerminal, Read};

use secrecy::{ExposeSecret, SecretString};

use crate::commands::{Context, Error, Result, Words};
use crate::settings::Connections;
use crate::store::{Kept, Password};

/// The longest password that is read from the standard input, in bytes.
const LONGEST: u64 = 64 * 1024;

#[derive(clap::Args, Debug, Default)]
#[group(skip)]
pub(super) struct Flags {
    /// The variable that holds the password: its name is stored, not its value
    #[arg(long, value_name = "VAR", conflicts_with_all = ["password_stdin", "command"])]
    password_env: Option<String>,
    /// Read the password from the first line of the standard input
    #[arg(long, conflicts_with = "command")]
    password_stdin: bool,
    /// How the password is kept: vault (sealed; the default), base64 (not encrypted), env, cmd, ask (every time) or none
    #[arg(long, value_name = "KIND")]
    store: Option<Kind>,
    /// With --store cmd: the command that prints the password as its first line
    #[arg(long, value_name = "TEXT")]
    command: Option<String>,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Vault,
    Base64,
    Env,
    Cmd,
    Ask,
    None,
}

/// How the password is kept, and the password itself where the test needs it and the store does not give it.
#[derive(Debug)]
pub(super) struct Chosen {
    pub password: Password,
    pub secret: Option<SecretString>,
}

impl Flags {
    pub fn is_empty(&self) -> bool {
        self.password_env.is_none()
            && !self.password_stdin
            && self.store.is_none()
            && self.command.is_none()
    }

    /// What the flags and a URL say; None when they say nothing of a password.
    ///
    /// # Errors
    /// They contradict each other, or something is missing that nobody can be asked for.
    pub fn choose(&self, cx: &Context<'_>, url: Option<SecretString>) -> Result<Option<Chosen>> {
        let secret = match (url, self.password_stdin) {
            (Some(_), true) => return Err(two_passwords()),
            (url, false) => url,
            (None, true) => Some(from_stdin(cx, "password", Some("use --password-env VAR"))?),
        };
        let Some(kind) = self.kind()? else {
            return Ok(secret.map(|secret| keep(&cx.settings.connections, secret)));
        };
        let chosen = match kind {
            Kind::Env => reference(secret, Password::Env(self.variable(cx)?))?,
            Kind::Cmd => reference(secret, Password::Command(self.command(cx)?))?,
            Kind::None => reference(secret, Password::None)?,
            Kind::Ask => Chosen {
                password: Password::Ask,
                secret,
            },
            Kind::Base64 => Chosen {
                password: Password::Base64(given(cx, secret, "--store base64")?),
                secret: None,
            },
            Kind::Vault => Chosen {
                password: Password::Vault(Kept::Plain(given(cx, secret, "--store vault")?)),
                secret: None,
            },
        };
        Ok(Some(chosen))
    }

    /// The kind that was named, or that another flag means.
    fn kind(&self) -> Result<Option<Kind>> {
        let meant = match (&self.password_env, &self.command) {
            (Some(_), _) => Some((Kind::Env, "--password-env")),
            (_, Some(_)) => Some((Kind::Cmd, "--command")),
            _ => None,
        };
        match (self.store, meant) {
            (Some(kind), Some((other, flag))) if kind != other => Err(Error::usage(format!(
                "{flag} does not fit the kind that --store names"
            ))
            .hint("leave --store out")),
            (Some(kind), _) | (None, Some((kind, _))) => Ok(Some(kind)),
            (None, None) => Ok(None),
        }
    }

    fn variable(&self, cx: &Context<'_>) -> Result<String> {
        let name = match &self.password_env {
            Some(name) => name.clone(),
            None => asked(cx, "Variable that holds the password", "--password-env VAR")?,
        };
        if is_variable(&name) {
            return Ok(name);
        }
        // The text is not repeated: it may be the password itself.
        Err(Error::usage(
            "--password-env needs the name of a variable, such as PROD_PASSWORD",
        ))
    }

    fn command(&self, cx: &Context<'_>) -> Result<String> {
        let command = match &self.command {
            Some(command) => command.clone(),
            None => asked(cx, "Command that prints the password", "--command TEXT")?,
        };
        match command.trim() {
            "" => Err(Error::usage("--command needs a command")),
            command => Ok(command.to_string()),
        }
    }
}

/// The password that is to be stored: given already, or asked for.
fn given(cx: &Context<'_>, secret: Option<SecretString>, flag: &str) -> Result<SecretString> {
    match secret {
        Some(secret) => Ok(secret),
        None => cx.ask.secret("Password").ok_or_else(|| {
            Error::usage(format!("{flag} needs a password")).hint("give it with --password-stdin")
        }),
    }
}

/// A password that was given is kept in the vault, unless the settings forbid it: then it is asked for every time.
pub(super) fn keep(settings: &Connections, secret: SecretString) -> Chosen {
    if secret.expose_secret().is_empty() {
        return Chosen {
            password: Password::None,
            secret: None,
        };
    }
    match settings.cache_passwords {
        true => Chosen {
            password: Password::Vault(Kept::Plain(secret)),
            secret: None,
        },
        false => Chosen {
            password: Password::Ask,
            secret: Some(secret),
        },
    }
}

/// What a person must know of the way in which a password is kept.
pub(super) fn notice(password: &Password) -> Option<String> {
    match password {
        Password::Base64(_) => Some(
            "its password is stored base64, not encrypted; vault migrate moves it into the vault"
                .into(),
        ),
        _ => None,
    }
}

fn reference(secret: Option<SecretString>, password: Password) -> Result<Chosen> {
    match secret {
        Some(_) => Err(two_passwords()),
        None => Ok(Chosen {
            password,
            secret: None,
        }),
    }
}

fn two_passwords() -> Error {
    Error::usage("the password is given twice, or given and not kept")
        .hint("give it in one way: in the URL, with --password-stdin, --password-env or --store")
}

fn asked(cx: &Context<'_>, question: &str, flag: &str) -> Result<String> {
    cx.ask
        .line(question, None)
        .ok_or_else(|| Error::usage(format!("{flag} is missing")))
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The first line of the standard input: a `password` or `passphrase`. At a terminal it is asked for, hidden;
/// a script's next line is never taken, and `other` says what to use there.
pub fn from_stdin(cx: &Context<'_>, what: &str, other: Option<&str>) -> Result<SecretString> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return cx
            .ask
            .secret(&capital(what))
            .ok_or_else(|| Error::usage(format!("no {what} was typed")));
    }
    if cx.words != Words::CommandLine {
        let error = Error::usage(format!(
            "--{what}-stdin cannot be used in a script: its input is the script"
        ));
        return Err(match other {
            Some(other) => error.hint(other),
            None => error,
        });
    }
    let mut line = Vec::new();
    stdin
        .lock()
        .take(LONGEST)
        .read_until(b'\n', &mut line)
        .map_err(|cause| {
            Error::failed(format!(
                "cannot read the {what} from the standard input: {cause}"
            ))
        })?;
    read_line(line, what)
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

fn read_line(line: Vec<u8>, what: &str) -> Result<SecretString> {
    let line = String::from_utf8(line)
        .map_err(|_| Error::usage(format!("the {what} on the standard input is not UTF-8")))?;
    let line = line.strip_suffix('\n').unwrap_or(&line);
    match line.strip_suffix('\r').unwrap_or(line) {
        "" => Err(Error::usage(format!("the standard input holds no {what}"))),
        password => Ok(password.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_end_is_no_part_of_a_password() {
        for line in ["a b", "a b\n", "a b\r\n"] {
            let read = read_line(line.into(), "password").unwrap();
            assert_eq!(read.expose_secret(), "a b", "{line:?}");
        }
        assert!(read_line(b"\n".to_vec(), "password").is_err());
        assert!(read_line(b"\xff\n".to_vec(), "password").is_err());
    }

    #[test]
    fn flags_mean_a_kind_and_may_not_contradict_the_named_one() {
        let flags = Flags {
            password_env: Some("PW".into()),
            ..Flags::default()
        };
        assert_eq!(flags.kind().unwrap(), Some(Kind::Env));
        let flags = Flags {
            store: Some(Kind::Base64),
            ..flags
        };
        assert!(flags.kind().is_err());
    }

    #[test]
    fn passwords_that_may_not_be_kept_are_asked_for_every_time() {
        let mut settings = crate::settings::Settings::default().connections;
        let kept = |settings: &Connections, secret: &str| keep(settings, secret.into()).password;
        assert!(matches!(
            kept(&settings, "x"),
            Password::Vault(Kept::Plain(_))
        ));
        assert!(matches!(kept(&settings, ""), Password::None));
        settings.cache_passwords = false;
        assert!(matches!(kept(&settings, "x"), Password::Ask));
    }

    #[test]
    fn a_variable_is_told_from_a_password() {
        assert!(is_variable("PROD_PW1") && is_variable("_x"));
        assert!(!is_variable("s3cret!") && !is_variable("1A") && !is_variable(""));
    }
}
