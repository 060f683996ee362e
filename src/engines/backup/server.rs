//! A backup as a place to read from: its databases, as they were.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;

use super::manifest::Manifest;
use super::read::Past;
use super::script;
use crate::engines::dialect::{Dialect, Script};
use crate::engines::guard::Guard;
use crate::engines::{
    Answer, Error, Opening, Replaced, Result, Server, Shown, Snapshot, Target, TargetWork, Undo,
};
use crate::model::catalog::{Catalog, Table};
use crate::model::endpoint::nearest;
use crate::model::guard::{Approval, Standing, Tide};
use crate::model::label::Label;
use crate::model::survey::{DatabaseSummary, Databases, Product, Role, Survey};

/// A backup is read only: it has no label, and nothing is noted in it.
#[async_trait]
impl Guard for Folder {
    async fn whereabouts(&self, database: &str) -> Result<String> {
        Ok(format!("backup {}/{database}", self.manifest.id))
    }

    async fn standing(&self, _: &str) -> Result<Standing> {
        Ok(Standing::default())
    }

    async fn tides(&self, _: &str) -> Result<Vec<Tide>> {
        Ok(Vec::new())
    }

    async fn label(&self) -> Result<Option<Label>> {
        Ok(None)
    }

    async fn set_label(&self, _: Label) -> Result<()> {
        self.refused("a backup has no label", "")
    }

    async fn note_origin(&self, _: &str, _: &str) -> Result<()> {
        self.refused("a backup is never written to", "")
    }

    async fn approve(&self, _: &Approval) -> Result<()> {
        self.refused("a backup is never written to", "")
    }

    async fn spend(&self, _: &str) -> Result<bool> {
        Ok(false)
    }
}

/// An open backup.
pub struct Folder {
    folder: PathBuf,
    manifest: Arc<Manifest>,
    script: &'static dyn Script,
}

impl Folder {
    /// # Errors
    /// There is no backup, or its manifest is not what was written.
    pub fn open(folder: &Path) -> Result<Folder> {
        let manifest = Manifest::load(folder)?;
        Ok(Folder {
            folder: folder.to_path_buf(),
            script: script(&manifest.product.engine)?,
            manifest: Arc::new(manifest),
        })
    }

    fn refused<T>(&self, problem: &str, mend: &str) -> Result<T> {
        Err(Error::Refused {
            problem: problem.into(),
            mend: mend.into(),
        })
    }

    fn no_database(&self, database: &str) -> Error {
        let names = self.manifest.databases.iter();
        Error::NoDatabase {
            database: database.to_string(),
            near: nearest(database, names.map(|one| one.catalog.database.as_str())),
        }
    }
}

#[async_trait]
impl Server for Folder {
    /// That of the server that was saved: its engine decides where the rows may go.
    fn product(&self) -> &Product {
        &self.manifest.product
    }

    fn dialect(&self) -> &'static dyn Dialect {
        self.script
    }

    async fn identity(&self) -> Result<String> {
        Ok(format!("backup {}", self.manifest.id))
    }

    async fn databases(&self) -> Result<Databases> {
        let summary = |catalog: &Catalog| {
            let (rows, bytes) = catalog.size();
            DatabaseSummary {
                name: catalog.database.clone(),
                tables: catalog.tables.len(),
                rows,
                bytes,
                flags: Vec::new(),
            }
        };
        let databases = self.manifest.databases.iter();
        let mut listed: Vec<_> = databases.map(|one| summary(&one.catalog)).collect();
        listed.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(Databases { listed, hidden: 0 })
    }

    async fn catalog(&self, database: &str) -> Result<Option<Catalog>> {
        let found = self.manifest.database(database);
        Ok(found.map(|found| found.catalog.clone()))
    }

    async fn survey(&self, database: &str, role: Role) -> Result<Survey> {
        if role == Role::Target {
            return self.refused(
                "a backup is never written to",
                "choose a server as the target",
            );
        }
        let found = self.manifest.database(database);
        let found = found.ok_or_else(|| self.no_database(database))?;
        Ok(Survey {
            product: self.manifest.product.clone(),
            database: database.to_string(),
            catalog: Some(found.catalog.clone()),
            collations: Default::default(),
            findings: Vec::new(),
            unseen: found.unseen.clone(),
            facts: Default::default(),
            write_paths: Vec::new(),
        })
    }

    /// No server writes to a backup's folder.
    async fn is_same_server(&self, _: &dyn Server) -> Result<bool> {
        Ok(false)
    }

    async fn plant(&self, _: &str) -> Result<Box<dyn Send>> {
        self.refused("a backup takes no locks", "")
    }

    async fn sees(&self, _: &str) -> Result<bool> {
        Ok(false)
    }

    async fn snapshot(
        &self,
        database: &str,
        _: &[Table],
        readers: usize,
    ) -> Result<Box<dyn Snapshot>> {
        if self.manifest.database(database).is_none() {
            return Err(self.no_database(database));
        }
        Ok(Box::new(Past {
            folder: self.folder.clone(),
            manifest: self.manifest.clone(),
            script: self.script,
            database: database.to_string(),
            readers: readers.max(1),
        }))
    }

    async fn target(&self, _: &TargetWork, _: &Opening) -> Result<Box<dyn Target>> {
        self.refused(
            "a backup is never written to",
            "choose a server as the target",
        )
    }

    async fn shows(&self, _: &str, _: &str) -> Result<Shown> {
        Ok(Shown::Nothing)
    }

    async fn undos(&self) -> Result<Vec<Undo>> {
        Ok(Vec::new())
    }

    async fn replaced(&self, _: &Undo) -> Result<Replaced> {
        self.refused("a backup keeps no undos", "")
    }

    async fn drop_undo(&self, _: &Undo) -> Result<()> {
        self.refused("a backup keeps no undos", "")
    }

    async fn prune(&self, _: &[String]) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    async fn query(&self, _: Option<&str>, _: &str) -> Result<Answer> {
        self.refused(
            "a backup answers no queries",
            "restore it under another name with --map, and query that",
        )
    }
}
