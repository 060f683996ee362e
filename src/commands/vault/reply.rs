//! What `vault` answers: what protects it, and how many passwords are in it and beside it.

use serde_json::{Value, json};

use crate::commands::{Context, Result};
use crate::model::units::counted;
use crate::output::{Cell, Page, Reply, Table, Tone};
use crate::store::Vault;

/// What `vault` answers.
pub enum Answer {
    Status(Status),
    Said { lines: Vec<String>, json: Value },
}

/// The vault, and what is in it and beside it.
pub struct Status {
    vault: Option<Vault>,
    sealed: usize,
    pub base64: usize,
}

/// Offers a migration where there is something to migrate.
pub(super) fn hint(status: &Status) -> Option<String> {
    let count = counted(status.base64, "password");
    (status.base64 > 0).then(|| {
        format!(
            "hint: {count} stored base64, not encrypted; vault migrate moves them into the vault"
        )
    })
}

impl Status {
    pub fn of(cx: &Context<'_>) -> Result<Status> {
        let saved = cx.store.connections()?;
        let count = |kind: &str| {
            let kinds = saved.iter().map(|saved| saved.password.kind());
            kinds.filter(|found| *found == kind).count()
        };
        Ok(Status {
            vault: cx.store.vault()?,
            sealed: count("vault"),
            base64: count("base64"),
        })
    }

    fn state(&self) -> &'static str {
        match &self.vault {
            None => "absent",
            Some(Vault { is_open: true, .. }) => "open",
            Some(Vault {
                key_file: Some(_), ..
            }) => "ready",
            Some(_) => "locked",
        }
    }

    pub fn json(&self) -> Value {
        let key_file = self.vault.as_ref().and_then(|it| it.key_file.as_ref());
        let protection = self.vault.as_ref().map(|_| match key_file {
            Some(_) => "key-file",
            None => "passphrase",
        });
        json!({
            "state": self.state(),
            "protection": protection,
            "key_file": key_file.map(|file| file.display().to_string()),
            "passwords": self.sealed,
            "base64": self.base64,
        })
    }
}

impl Reply for Answer {
    fn render(&self, page: &mut Page) {
        let status = match self {
            Answer::Said { lines, .. } => {
                return lines.iter().for_each(|line| page.line(line.as_str()));
            }
            Answer::Status(status) => status,
        };
        let Some(vault) = &status.vault else {
            page.line("There is no vault yet: the first password that is saved makes one.");
            page.line("hint: vault init makes one with a passphrase");
            hint(status).into_iter().for_each(|line| page.line(line));
            return;
        };
        let mut table = Table::new(&["setting", "value"]);
        let mut row = |name: &str, value: String| {
            table.row([Cell::new(Tone::Faint, name), value.into()]);
        };
        let state = match status.state() {
            "locked" => "locked: the passphrase is asked for when a password is needed",
            "ready" => "ready: the key file opens it",
            state => state,
        };
        row("vault", state.into());
        row(
            "protected by",
            match &vault.key_file {
                None => "a passphrase".into(),
                Some(file) => format!("the key file {}", file.display()),
            },
        );
        row("passwords in it", status.sealed.to_string());
        row("stored base64", status.base64.to_string());
        page.table(table);
        hint(status).into_iter().for_each(|line| page.line(line));
    }

    fn json(&self) -> Value {
        match self {
            Answer::Status(status) => status.json(),
            Answer::Said { json, .. } => json.clone(),
        }
    }
}
