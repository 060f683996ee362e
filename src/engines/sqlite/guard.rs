//! The guard in a folder of databases: hidden files beside them.
//!
//! Labels are one small JSON file, replaced as a whole; each approval is a file of its own, so that removing it
//! uses it up exactly once. The time of an approval is that of the machine whose folder it is.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;

use super::place::{OURS, Place};
use super::server::Files;
use super::statement;
use super::worker;
use crate::engines::{Error, Guard, Result};
use crate::model::guard::{Approval, Standing, Tide};
use crate::model::label::Label;

#[async_trait]
impl Guard for Files {
    /// The file, or the one that it would be.
    async fn whereabouts(&self, database: &str) -> Result<String> {
        let name = database.to_string();
        self.with_place(move |place| {
            let path = match place.find(&name)? {
                Some(path) => path,
                None => place.folder().join(format!("{name}.db")),
            };
            Ok(format!("{}", path.display()))
        })
        .await
    }

    async fn standing(&self, _: &str) -> Result<Standing> {
        Ok(Standing {
            label: self.label().await?,
            ..Standing::default()
        })
    }

    async fn tides(&self, database: &str) -> Result<Vec<Tide>> {
        let name = database.to_string();
        self.with_place(move |place| match place.find(&name)? {
            Some(path) => counters(&path),
            None => Ok(Vec::new()),
        })
        .await
    }

    async fn label(&self) -> Result<Option<Label>> {
        self.with_place(|place| {
            let labels = labels(place)?;
            let ours = ["".to_string(), key(place)];
            Ok(ours
                .iter()
                .filter_map(|key| labels.get(key))
                .map(|word| word.parse().unwrap_or(Label::Unknown))
                .reduce(Label::stricter))
        })
        .await
    }

    async fn set_label(&self, label: Label) -> Result<()> {
        self.with_place(move |place| {
            let mut labels = labels(place)?;
            match label {
                Label::Unknown if labels.remove(&key(place)).is_none() => return Ok(()),
                Label::Unknown => {}
                label => drop(labels.insert(key(place), label.name().into())),
            }
            let path = labels_file(place);
            if labels.is_empty() {
                return std::fs::remove_file(&path).map_err(|cause| failed("remove", &path, cause));
            }
            let text = serde_json::to_string(&labels).expect("words can be written");
            let fresh = place
                .folder()
                .join(format!("{OURS}labels.{}.new", std::process::id()));
            write(&fresh, &text)?;
            std::fs::rename(&fresh, &path).map_err(|cause| failed("replace", &path, cause))
        })
        .await
    }

    /// Files are this machine's: its own store remembers where they came from.
    async fn note_origin(&self, _: &str, _: &str) -> Result<()> {
        Ok(())
    }

    async fn approve(&self, approval: &Approval) -> Result<()> {
        let approval = approval.clone();
        self.with_place(move |place| {
            let path = approval_file(place, &approval.plan);
            let expires = now() + approval.seconds;
            let text = serde_json::json!({"by": approval.by, "expires": expires}).to_string();
            if path.exists() {
                std::fs::remove_file(&path).map_err(|cause| failed("replace", &path, cause))?;
            }
            write(&path, &text)
        })
        .await
    }

    async fn spend(&self, plan: &str) -> Result<bool> {
        let plan = plan.to_string();
        self.with_place(move |place| {
            let path = approval_file(place, &plan);
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let value: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            let holds = value["expires"].as_u64().is_some_and(|end| end > now());
            // Only one process can remove it.
            Ok(std::fs::remove_file(&path).is_ok() && holds)
        })
        .await
    }
}

/// A folder's label is its own; that of a file alone goes by the file's name.
fn key(place: &Place) -> String {
    match place {
        Place::Folder(_) => String::new(),
        Place::File(file) => file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
    }
}

fn labels_file(place: &Place) -> PathBuf {
    place.folder().join(format!("{OURS}labels.json"))
}

fn approval_file(place: &Place, plan: &str) -> PathBuf {
    place.folder().join(format!("{OURS}approval_{plan}.json"))
}

fn labels(place: &Place) -> Result<BTreeMap<String, String>> {
    let path = labels_file(place);
    match std::fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).map_err(|cause| Error::Refused {
            problem: format!("{} cannot be read: {cause}", path.display()),
            mend: "remove that file, then say the label again: connections label NAME ENV".into(),
        }),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(cause) => Err(failed("read", &path, cause)),
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    let made = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    made.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    })
    .map_err(|cause| failed("write", path, cause))
}

fn failed(what: &str, path: &Path, cause: std::io::Error) -> Error {
    Error::File {
        action: format!("{what} the file"),
        path: path.display().to_string(),
        cause,
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// The counters of AUTOINCREMENT tables; the file's own time stands for every table.
fn counters(path: &Path) -> Result<Vec<Tide>> {
    let connection = worker::reader(path)?;
    let there = connection
        .prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'")
        .and_then(|mut statement| statement.exists([]))
        .map_err(|cause| statement("read the counters", cause))?;
    if !there {
        return Ok(Vec::new());
    }
    let written = path.metadata().ok().map(|metadata| metadata.mtime());
    let read = || {
        connection
            .prepare("SELECT name, seq FROM sqlite_sequence")?
            .query_map([], |row| {
                Ok(Tide {
                    table: row.get(0)?,
                    next: row
                        .get::<_, i64>(1)?
                        .checked_add(1)
                        .and_then(|it| it.try_into().ok()),
                    written,
                })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    read().map_err(|cause| statement("read the counters", cause))
}
