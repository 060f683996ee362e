//! Taking over connections that other programs know: option files of MySQL clients, `DATABASE_URL` in a .env.
//!
//! Reading is pure; each entry is shown without its password and asked for before it is tested and saved.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::draft::{Ask, Draft, Test, finish};
use super::sources::{self, Found};
use super::{Said, form, names, password, unanswered};
use crate::commands::{Context, Error, Result};
use crate::engines;
use crate::model::label::Label;
use crate::model::units::counted;
use crate::output::{Cell, Page, Table, Tone};

#[derive(clap::Args, Debug)]
pub(super) struct Import {
    /// An option file (my.cnf) or a .env; without it, ~/.my.cnf and ./.env are read
    file: Option<PathBuf>,
    /// Save all that is found under the names shown, without asking
    #[arg(short, long)]
    yes: bool,
    /// Save without connecting first
    #[arg(long)]
    no_test: bool,
}

impl Import {
    pub async fn run(self, cx: &mut Context<'_>) -> Result<Said> {
        let found = self.found()?;
        if found.is_empty() {
            return Ok(Said::new(
                "Nothing was found to import.",
                json!({ "imported": [], "found": 0 }),
            ));
        }
        let mut page = Page::default();
        show(&found, &mut page);
        cx.ask.show(&page);
        if !self.yes && !cx.ask.is_terminal() {
            return Err(unanswered(&format!(
                "{} can be imported and none was",
                counted(found.len(), "connection")
            ))
            .hint("run it at a terminal, or with --yes"));
        }
        let (mut lines, mut imported) = (Vec::new(), Vec::new());
        for entry in found {
            match self.take(cx, entry).await {
                Ok(Some(said)) => {
                    lines.extend(said.lines);
                    imported.push(said.json);
                }
                Ok(None) => {}
                Err(error) => {
                    lines.push(format!("Not imported: {error}"));
                    lines.extend(error.hint.map(|hint| format!("hint: {hint}")));
                }
            }
        }
        Ok(summary(lines, imported))
    }

    fn found(&self) -> Result<Vec<Found>> {
        let schemes = engines::schemes();
        if let Some(file) = &self.file {
            let text = std::fs::read_to_string(file).map_err(|cause| {
                Error::usage(format!("cannot read {}: {cause}", file.display()))
            })?;
            return Ok(sources::read(file, &text, &schemes));
        }
        let home = std::env::home_dir().map(|home| home.join(".my.cnf"));
        let files = home.into_iter().chain([PathBuf::from(".env")]);
        Ok(files
            .filter_map(|file| Some((std::fs::read_to_string(&file).ok()?, file)))
            .flat_map(|(text, file)| sources::read(&file, &text, &schemes))
            .collect())
    }

    /// One entry: asked for, tested, saved; None when it is not wanted or cannot be used.
    async fn take(&self, cx: &mut Context<'_>, entry: Found) -> Result<Option<Said>> {
        let Ok((address, secret)) = entry.place else {
            return Ok(None);
        };
        let saved = cx.store.connections()?;
        let mut name = entry.name;
        let mut label = Label::Unknown;
        if self.yes {
            names::check(&name, &saved)?;
        } else {
            let question = format!("Import {address} from {}?", entry.origin);
            if cx.ask.confirm(&question, false) != Some(true) {
                return Ok(None);
            }
            name = form::until(cx, "Name", Some(&name), |word| {
                names::check(word, &saved)
                    .map(|()| word.to_string())
                    .map_err(|error| error.to_string())
            })?;
            label = form::label(cx, Label::Unknown)?;
        }
        let test = match self.no_test {
            true => Test::Skip,
            false => Test::First,
        };
        let chosen = password::keep(&cx.settings.connections, secret.unwrap_or_default());
        let draft = Draft::new(name, address, chosen, label, Vec::new());
        finish(cx, draft, test, Ask::Nothing).await.map(Some)
    }
}

fn summary(mut lines: Vec<String>, imported: Vec<Value>) -> Said {
    lines.push(format!(
        "Imported {}.",
        counted(imported.len(), "connection")
    ));
    Said {
        lines,
        json: json!({ "imported": imported }),
    }
}

fn show(found: &[Found], page: &mut Page) {
    let mut table = Table::new(&["name", "address", "found in"]);
    for entry in found {
        let address = match &entry.place {
            Ok((address, _)) => address.to_string().into(),
            Err(problem) => Cell::new(Tone::Warning, format!("left out: {problem}")),
        };
        table.row([
            entry.name.as_str().into(),
            address,
            entry.origin.as_str().into(),
        ]);
    }
    page.table(table);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_is_shown_of_an_entry_holds_no_password() {
        let found = sources::read(
            Path::new(".env"),
            "A_DATABASE_URL=mysql://u:Canary1@h\nB_DATABASE_URL=mysq://u:Canary1@h\nC_DATABASE_URL=mysql://u:Canary1@h:x\n",
            &[("mysql", Some(3306))],
        );
        let mut page = Page::default();
        show(&found, &mut page);
        let text = page.print(
            crate::output::Format::Csv,
            crate::output::theme::Paint::off(),
        );
        assert_eq!(text.lines().count(), 4);
        assert!(!text.contains("Canary1"), "{text}");
    }
}
