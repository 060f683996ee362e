//! What holds for SQLite alone, on real files.

mod copies;
mod draws;
mod homes;
mod places;
mod resume;
mod swaps;
mod undos;

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tokio::sync::mpsc;

use super::server::Files;
use super::worker::{self, Worker};
use super::*;
use crate::engines::{BatchLimit, Loader, Mark, Opening, Snapshot, Target, TargetWork, Undo};
use crate::model::batch::{Chunk, Digest};
use crate::model::catalog::{Catalog, ObjectKind, Table};
use crate::model::survey::Role;
use crate::model::units::{Bytes, Rows};

/// A folder with a source and a target in it.
struct Pair {
    home: PathBuf,
    /// Removed at the end.
    own: Option<tempfile::TempDir>,
    /// Whether rows pass through this process although they could be drawn from the file.
    passes: bool,
}

impl Pair {
    fn new() -> Pair {
        let own = tempfile::tempdir().unwrap();
        let mut pair = Pair::at(own.path());
        pair.own = Some(own);
        pair
    }

    /// In a folder that is there, or was made by another process.
    fn at(home: &Path) -> Pair {
        for side in ["from", "to"] {
            std::fs::create_dir_all(home.join(side)).unwrap();
        }
        Pair {
            home: home.to_path_buf(),
            own: None,
            passes: false,
        }
    }

    /// One for each way that rows can take.
    fn both() -> [Pair; 2] {
        let passing = Pair {
            passes: true,
            ..Pair::new()
        };
        [Pair::new(), passing]
    }

    fn file(&self, side: &str) -> PathBuf {
        self.home.join(side).join("shop.db")
    }

    fn state(&self) -> PathBuf {
        self.home.join("state")
    }

    /// The names in the target's folder.
    fn left(&self) -> Vec<String> {
        let entries = self.home.join("to").read_dir().unwrap();
        let mut left: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        left
    }

    fn run(&self, side: &str, sql: &str) {
        Connection::open(self.file(side))
            .unwrap()
            .execute_batch(sql)
            .unwrap();
    }

    fn ask(&self, side: &str, sql: &str) -> Vec<String> {
        let connection = worker::reader(&self.file(side)).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let width = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        let mut lines = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            let cells = (0..width).map(|at| cells::printed(row.get_ref(at).unwrap()).unwrap());
            lines.push(cells.collect::<Vec<_>>().join("|"));
        }
        lines
    }

    async fn server(&self, side: &str) -> Files {
        Files::open(&self.home.join(side), &self.state())
            .await
            .unwrap()
    }

    async fn catalog(&self, side: &str) -> Option<Catalog> {
        self.server(side).await.catalog("shop").await.unwrap()
    }

    /// The whole database, or only these tables and nothing else.
    async fn work(&self, only: Option<&[&str]>) -> TargetWork {
        let source = self.catalog("from").await.unwrap();
        let before = self.catalog("to").await;
        let all = source
            .tables
            .iter()
            .map(|table| table.name.clone())
            .collect::<Vec<_>>();
        let old = before.clone().unwrap_or_default();
        let whole = only.is_none();
        TargetWork {
            run: uuid::Uuid::now_v7().to_string(),
            database: "shop".into(),
            charset: None,
            collation: None,
            removed: old
                .tables
                .iter()
                .map(|table| table.name.clone())
                .filter(|name| whole && !all.contains(name))
                .collect(),
            tables: only.map_or(all, |only| {
                only.iter().map(|name| name.to_string()).collect()
            }),
            objects: if whole {
                source.objects.clone()
            } else {
                Vec::new()
            },
            dropped: if whole { old.objects } else { Vec::new() },
            source,
            before,
            vanishes: false,
            path: None,
        }
    }

    /// Copies up to the swap.
    async fn stage(&self, work: &TargetWork) -> Box<dyn Target> {
        let from = self.server("from").await;
        let snapshot = from.snapshot("shop", &work.source.tables, 1).await.unwrap();
        let target = self.server("to").await;
        let target = target.target(work, &Opening::Fresh).await.unwrap();
        let mut loader = target.loader(0).await.unwrap();
        for table in staging::tables(work) {
            target.create(table).await.unwrap();
            let chunk = Chunk::whole();
            loader.begin().await.unwrap();
            let drawn = match self.passes {
                true => None,
                false => loader
                    .draw(snapshot.as_ref(), table, table, &chunk)
                    .await
                    .unwrap(),
            };
            assert_eq!(drawn.is_none(), self.passes);
            let rows = match drawn {
                Some((rows, _)) => rows,
                None => pass(snapshot.as_ref(), loader.as_mut(), table, &chunk).await,
            };
            let mark = Mark {
                table,
                number: 0,
                chunk: &chunk,
                rows,
            };
            loader.commit(&[mark]).await.unwrap();
            assert_eq!(snapshot.count(0, table).await.unwrap(), rows);
            assert_eq!(counted(target.as_ref(), table).await, rows);
            let digests = (
                snapshot.digest(0, table, &chunk).await.unwrap(),
                digested(target.as_ref(), table, &chunk).await,
            );
            assert_eq!(digests.0, digests.1, "{}", table.name);
        }
        target.complete().await.unwrap();
        snapshot.close().await.unwrap();
        target
    }

    async fn copy(&self, only: Option<&[&str]>) -> Result<Option<Undo>> {
        let work = self.work(only).await;
        let target = self.stage(&work).await;
        let swapped = target.swap().await;
        let failed = target.objects().await.unwrap();
        assert!(failed.is_empty(), "{failed:?}");
        match swapped {
            Ok(()) => target.finish(1).await,
            Err(error) => target.discard().await.and(Err(error)),
        }
    }
}

/// The staged rows of a table.
async fn counted(target: &dyn Target, table: &Table) -> Rows {
    let mut loader = target.loader(0).await.unwrap();
    loader.counts(&[table]).await.unwrap()[0]
}

async fn digested(target: &dyn Target, table: &Table, chunk: &Chunk) -> Digest {
    let mut loader = target.loader(0).await.unwrap();
    loader.digest(table, chunk).await.unwrap()
}

/// Copies a chunk in batches.
async fn pass(
    snapshot: &dyn Snapshot,
    loader: &mut dyn Loader,
    table: &Table,
    chunk: &Chunk,
) -> Rows {
    let (sender, mut batches) = mpsc::channel(2);
    let limit = BatchLimit {
        rows: Rows(100),
        bytes: Bytes(1 << 20),
    };
    let load = async {
        let mut loaded = Rows(0);
        while let Some(batch) = batches.recv().await {
            loaded += loader.load(table, &batch).await.unwrap();
        }
        loaded
    };
    let (rows, loaded) = tokio::join!(snapshot.read(0, table, chunk, limit, sender), load);
    assert_eq!(rows.unwrap(), loaded);
    loaded
}
