//! `doctor`: checks what maestro stands on, and says how to mend what is not well.
//!
//! It looks and changes nothing; a password that must be typed is not asked for.

use std::path::Path;

use serde_json::{Value, json};

use super::connections::{Tested, examine};
use super::vault;
use super::{Command, Context, Error, Group, Result};
use crate::model::endpoint::Endpoint;
use crate::model::units::{Bytes, counted};
use crate::output::{Cell, Exit, Page, Reply, Table, Tone, log};
use crate::store::{self, Connection, Password, Vault, is_too_wide};

/// Check folders, store, settings, log and connections
#[derive(clap::Parser, Debug)]
#[command(name = "doctor")]
pub struct Args {
    /// Leave the servers alone
    #[arg(long)]
    offline: bool,
}

/// What was found, in the order of the checks.
pub struct Report {
    checks: Vec<Check>,
}

struct Check {
    what: String,
    outcome: Outcome,
}

enum Outcome {
    Well(String),
    /// Not checked, and why.
    Skipped(String),
    Finding {
        problem: String,
        mend: Option<String>,
    },
}

impl Command for Args {
    type Reply = Report;
    const GROUP: Group = Group::Program;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("doctor", "check everything, the servers too"),
        ("doctor --offline", "check what is on this machine"),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Report> {
        let mut checks = local(cx);
        checks.extend(unreadable(cx)?);
        if !self.offline {
            checks.extend(servers(cx).await?);
        }
        Ok(Report { checks })
    }
}

fn local(cx: &Context<'_>) -> Vec<Check> {
    let home = cx.store.path().parent().unwrap_or(Path::new("."));
    vec![
        Check::new("store", store(cx)),
        Check::new("modes", modes(cx, home)),
        Check::new("settings", settings(cx)),
        Check::new("log", log_size(home)),
        Check::new("vault", the_vault(cx)),
    ]
}

fn store(cx: &Context<'_>) -> Outcome {
    match cx.store.check() {
        Ok(()) => Outcome::Well(format!("{} is sound", cx.store.path().display())),
        Err(error) => Outcome::of(error.into()),
    }
}

fn modes(cx: &Context<'_>, home: &Path) -> Outcome {
    let logs = home.join(log::FOLDER);
    let logged = std::fs::read_dir(&logs).into_iter().flatten().flatten();
    let store = cx.store.path();
    let key_file = cx.store.vault().ok().flatten().and_then(|it| it.key_file);
    let wide: Vec<String> = [home.to_path_buf(), store.to_path_buf(), logs]
        .into_iter()
        .chain(["-wal", "-shm"].map(|end| format!("{}{end}", store.display()).into()))
        .chain(logged.map(|entry| entry.path()))
        .chain(cx.settings.file.clone())
        .chain(key_file)
        .filter(|path| is_too_wide(path))
        .map(|path| path.display().to_string())
        .collect();
    match wide.is_empty() {
        true => Outcome::Well("folder and files are for their owner alone".into()),
        false => Outcome::Finding {
            problem: format!("open to other users: {}", wide.join(", ")),
            mend: Some(format!("chmod -R go= {}", wide.join(" "))),
        },
    }
}

fn settings(cx: &Context<'_>) -> Outcome {
    let settings = cx.settings;
    match &settings.file {
        Some(file) if file.exists() => {
            let notes = match settings.without_effect.is_empty() {
                true => String::new(),
                false => format!("; {}", settings.without_effect.join("; ")),
            };
            Outcome::Well(format!("{} is read{notes}", file.display()))
        }
        _ => Outcome::Well("no file; defaults are in force".into()),
    }
}

fn log_size(home: &Path) -> Outcome {
    let size = log::size(home);
    match size <= log::LIMIT {
        true => Outcome::Well(format!(
            "{} in {}",
            Bytes(size),
            home.join(log::FOLDER).display()
        )),
        false => Outcome::Finding {
            problem: format!("the log holds {}", Bytes(size)),
            mend: Some("it is cut at the next start; logging.level: warn writes less".into()),
        },
    }
}

/// Whether the passwords in the vault can be had, as far as that is known without asking.
fn the_vault(cx: &Context<'_>) -> Outcome {
    let state = match cx.store.vault() {
        Ok(None) => "none yet: the first password that is saved makes one".to_string(),
        Ok(Some(Vault { key_file, .. })) => match (cx.store.open_vault(None), key_file) {
            (Err(store::Error::Locked), _) => "locked by its passphrase".into(),
            (Err(error), _) => return Outcome::of(error.into()),
            (Ok(()), None) => "open".into(),
            (Ok(()), Some(file)) => format!("opened by {}", file.display()),
        },
        Err(error) => return Outcome::of(error.into()),
    };
    match vault::in_base64(cx) {
        Ok(0) => Outcome::Well(state),
        Ok(count) => Outcome::Well(format!(
            "{state}; {} stored base64, not encrypted: vault migrate moves them in",
            counted(count, "password")
        )),
        Err(error) => Outcome::of(error),
    }
}

fn unreadable(cx: &Context<'_>) -> Result<Vec<Check>> {
    let rows = cx.store.unreadable()?.into_iter();
    let finding = |row: store::Unreadable| {
        let name = row.name;
        let outcome = Outcome::Finding {
            problem: format!("it cannot be read: {}", row.problem),
            mend: Some(format!("connections del {name} removes it")),
        };
        Check::new(format!("connection {name}"), outcome)
    };
    Ok(rows.map(finding).collect())
}

async fn servers(cx: &Context<'_>) -> Result<Vec<Check>> {
    let connections = cx.store.connections()?;
    let checks = connections.iter().map(|connection| server(cx, connection));
    Ok(futures::future::join_all(checks).await)
}

async fn server(cx: &Context<'_>, connection: &Connection) -> Check {
    let outcome = match endpoint(cx, connection) {
        Ok(Some(endpoint)) => reached(examine(&endpoint, &cx.connect_options()).await),
        Ok(None) => Outcome::Skipped(match connection.password {
            Password::Ask => "its password is typed every time".into(),
            _ => "its password is in the vault, which is locked".into(),
        }),
        Err(error) => Outcome::of(error),
    };
    Check::new(format!("connection {}", connection.name), outcome)
}

/// None when the password would have to be typed.
fn endpoint(cx: &Context<'_>, connection: &Connection) -> Result<Option<Endpoint>> {
    if let Password::Ask = connection.password {
        return Ok(None);
    }
    let password = match cx.store.password(connection, || None) {
        Err(store::Error::Locked) => return Ok(None),
        password => password?,
    };
    Ok(Some(Endpoint {
        name: connection.name.clone(),
        address: connection.address.clone(),
        password,
        label: connection.label,
    }))
}

fn reached(tested: Tested) -> Outcome {
    match tested.found {
        Ok((product, databases)) => {
            Outcome::Well(format!("{product}, {}", counted(databases, "database")))
        }
        Err(failure) => Outcome::of(failure.error),
    }
}

impl Check {
    fn new(what: impl Into<String>, outcome: Outcome) -> Check {
        Check {
            what: what.into(),
            outcome,
        }
    }

    fn json(&self) -> Value {
        let (state, text, hint) = match &self.outcome {
            Outcome::Well(text) => ("ok", text, None),
            Outcome::Skipped(text) => ("skipped", text, None),
            Outcome::Finding { problem, mend } => ("finding", problem, mend.as_ref()),
        };
        json!({ "check": self.what, "state": state, "message": text, "hint": hint })
    }
}

impl Outcome {
    fn of(error: Error) -> Outcome {
        Outcome::Finding {
            problem: error.message,
            mend: error.hint,
        }
    }
}

impl Report {
    fn findings(&self) -> usize {
        let is_finding = |check: &&Check| matches!(check.outcome, Outcome::Finding { .. });
        self.checks.iter().filter(is_finding).count()
    }
}

impl Reply for Report {
    fn render(&self, page: &mut Page) {
        let mut table = Table::new(&["check", "", "found"]);
        for check in &self.checks {
            let (tone, state, text) = match &check.outcome {
                Outcome::Well(text) => (Tone::Good, "ok", text),
                Outcome::Skipped(text) => (Tone::Faint, "skipped", text),
                Outcome::Finding { problem, .. } => (Tone::Bad, "finding", problem),
            };
            table.row([
                check.what.as_str().into(),
                Cell::new(tone, state),
                text.as_str().into(),
            ]);
        }
        page.table(table);
        for check in &self.checks {
            if let Outcome::Finding {
                mend: Some(mend), ..
            } = &check.outcome
            {
                page.line(format!("hint: {}: {mend}", check.what));
            }
        }
        match self.findings() {
            0 => page.line(Cell::new(Tone::Good, "All is well.")),
            count => page.line(Cell::new(
                Tone::Bad,
                format!("{}.", counted(count, "finding")),
            )),
        }
    }

    fn json(&self) -> Value {
        let checks: Vec<Value> = self.checks.iter().map(Check::json).collect();
        json!({ "checks": checks, "findings": self.findings() })
    }

    fn exit(&self) -> Exit {
        match self.findings() {
            0 => Exit::DONE,
            _ => Exit::FAILED,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use crate::commands::trial::Trial;

    #[test]
    fn a_new_home_is_well() {
        let seen = Trial::new().script("doctor").unwrap();
        assert!(seen.text.ends_with("All is well.\n"), "{}", seen.text);
        assert_eq!(seen.exit, 0);
        assert!(seen.json.ends_with("\"findings\":0}"), "{}", seen.json);
    }

    #[test]
    fn a_connection_that_cannot_be_reached_is_a_finding() {
        let mut trial = Trial::new();
        trial
            .script("connections add a ./nowhere/at/all --no-test")
            .unwrap();
        trial
            .script("connections add b ./b --store ask --no-test")
            .unwrap();
        trial
            .script("connections add c ./c --password-env MAESTRO_TEST_NOT_SET --no-test")
            .unwrap();
        let seen = trial.script("doctor").unwrap();
        assert_eq!(seen.exit, 2);
        assert!(
            seen.text.contains("its password is typed every time"),
            "{}",
            seen.text
        );
        assert!(
            seen.text.contains("MAESTRO_TEST_NOT_SET is not set"),
            "{}",
            seen.text
        );
        assert!(seen.text.ends_with("2 findings.\n"), "{}", seen.text);
        assert_eq!(trial.script("doctor --offline").unwrap().exit, 0);
    }

    #[test]
    fn a_file_that_others_can_read_is_a_finding_with_its_mend() {
        let mut trial = Trial::new();
        let store = trial.store.path().to_path_buf();
        std::fs::set_permissions(&store, std::fs::Permissions::from_mode(0o644)).unwrap();
        let seen = trial.script("doctor").unwrap();
        assert_eq!(seen.exit, 2);
        let mend = format!("hint: modes: chmod -R go= {}", store.display());
        assert!(seen.text.contains(&mend), "{}", seen.text);
    }
}
