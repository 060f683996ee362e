//! What `backup create` answers: the id, and what is in the folder.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::engines::backup::{Database, Manifest};
use crate::model::units::{Rows, counted};
use crate::output::{Cell, Exit, Page, Reply, Table, Tone};
use crate::store::{Ending, Status};

/// A backup that was made.
pub struct Made {
    pub run: i64,
    pub folder: PathBuf,
    pub manifest: Manifest,
}

fn rows(database: &Database) -> Rows {
    database.tables.iter().map(|table| table.rows).sum()
}

impl Made {
    fn status(&self) -> Status {
        let databases = &self.manifest.databases;
        let is_whole = databases.iter().all(|one| one.not_saved.is_empty());
        let is_one_moment = databases.iter().all(|one| one.snapshot.consistent);
        match is_whole {
            false => Status::Partly,
            true if is_one_moment && self.manifest.read_back => Status::Done,
            true => Status::Unverified,
        }
    }

    /// How the record of the run ends.
    pub fn ending(&self) -> Ending {
        let mut how: Vec<String> = self.manifest.databases.iter().map(snapshot).collect();
        how.dedup();
        Ending {
            status: self.status(),
            snapshot: Some(how.join("; ")),
            verified: self.manifest.read_back.then(|| "read back".to_string()),
            error: None,
        }
    }
}

fn snapshot(database: &Database) -> String {
    let fuzzy = match database.snapshot.consistent {
        true => "",
        false => ", changed meanwhile",
    };
    format!("{}{fuzzy}", database.snapshot.how)
}

impl Reply for Made {
    fn render(&self, page: &mut Page) {
        let mut table = Table::new(&["database", ">tables", ">rows", "snapshot"]);
        for database in &self.manifest.databases {
            table.row([
                database.catalog.database.clone().into(),
                database.tables.len().to_string().into(),
                rows(database).to_string().into(),
                snapshot(database).into(),
            ]);
        }
        page.table(table);
        for database in &self.manifest.databases {
            for (what, reason) in &database.not_saved {
                let name = &database.catalog.database;
                let text = format!("{name}: not saved: {what} ({reason})");
                page.line(Cell::new(Tone::Warning, text));
            }
        }
        let checked = match self.manifest.read_back {
            true => "read back and verified",
            false => "not read back",
        };
        page.pieces([
            "Backup ".into(),
            Cell::new(Tone::Strong, self.manifest.id.clone()),
            format!(
                ": {} in {}, {checked}, in {}",
                self.manifest.bytes_on_disk(),
                counted(self.manifest.files.len() + 2, "file"),
                self.folder.display()
            )
            .into(),
        ]);
    }

    fn json(&self) -> Value {
        let databases = self.manifest.databases.iter().map(|database| {
            let not_saved = database.not_saved.iter();
            json!({
                "database": database.catalog.database,
                "tables": database.tables.len(),
                "rows": rows(database).0,
                "snapshot": snapshot(database),
                "not_saved": not_saved
                    .map(|(what, reason)| json!({"what": what, "reason": reason}))
                    .collect::<Vec<_>>(),
            })
        });
        json!({
            "run": self.run,
            "status": self.status().name(),
            "id": self.manifest.id,
            "folder": self.folder.display().to_string(),
            "bytes": self.manifest.bytes_on_disk().0,
            "read_back": self.manifest.read_back,
            "databases": databases.collect::<Vec<_>>(),
        })
    }

    fn exit(&self) -> Exit {
        match self.status() {
            Status::Partly => Exit::PARTLY,
            Status::Unverified => Exit::UNVERIFIED,
            _ => Exit::DONE,
        }
    }
}
