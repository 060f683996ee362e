//! SQLite's fixture: two folders, filled through rusqlite.

use std::collections::BTreeSet;
use std::path::PathBuf;

use async_trait::async_trait;
use maestro::model::endpoint::{Address, Endpoint};
use maestro::model::label::Label;

use super::kit::{Fixture, Side};

/// Two folders.
pub struct Folders {
    home: tempfile::TempDir,
}

impl Folders {
    pub fn new() -> Folders {
        let home = tempfile::tempdir().unwrap();
        for side in ["source", "target"] {
            std::fs::create_dir(home.path().join(side)).unwrap();
        }
        std::os::unix::fs::symlink(home.path().join("source"), home.path().join("alias")).unwrap();
        Folders { home }
    }

    fn folder(&self, side: Side) -> PathBuf {
        self.home.path().join(if side == Side::Source {
            "source"
        } else {
            "target"
        })
    }
}

fn at(path: PathBuf) -> Endpoint {
    Endpoint {
        name: path.display().to_string(),
        address: Address::File {
            scheme: "sqlite".into(),
            path,
        },
        password: None,
        label: Label::Testing,
    }
}

#[async_trait]
impl Fixture for Folders {
    fn endpoint(&self, side: Side) -> Endpoint {
        at(self.folder(side))
    }

    fn alias(&self) -> Endpoint {
        at(self.home.path().join("alias"))
    }

    async fn create(&self, side: Side, database: &str) {
        // In WAL mode a writer need not wait for readers.
        self.execute(side, database, "PRAGMA journal_mode = WAL")
            .await;
    }

    async fn hide(&self, side: Side) -> String {
        self.execute(side, ".secret", "CREATE TABLE t (a)").await;
        ".secret".into()
    }

    async fn execute(&self, side: Side, database: &str, sql: &str) {
        let path = self.folder(side).join(format!("{database}.db"));
        rusqlite::Connection::open(path)
            .unwrap()
            .execute_batch(sql)
            .unwrap();
    }

    async fn things(&self, side: Side) -> BTreeSet<String> {
        let entries = self.folder(side).read_dir().unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        // SQLite's own files beside a database come and go with its connections.
        names
            .filter(|name| !name.ends_with("-wal") && !name.ends_with("-shm"))
            .collect()
    }
}
