//! Copies from server to server: what is made ready, and what is judged.

use std::path::PathBuf;

use crate::Result;
use crate::candidates::{Candidate, Over, Program};
use crate::contest::Course;
use crate::data::COPY;
use crate::judge::Picture;
use crate::machine::Folder;
use crate::measure::{self, Pipeline};
use crate::options::{Kind, Set};
use crate::servers::{Pair, Server};

/// One data set between two servers, or two databases of one.
pub struct Between<'a> {
    pub pair: &'a Pair,
    pub set: Set,
    pub candidates: Vec<Candidate>,
    pub truth: Picture,
    pub folder: &'a Folder,
}

impl Between<'_> {
    fn target(&self) -> &Server {
        if self.set == Set::SS {
            &self.pair.source
        } else {
            &self.pair.target
        }
    }

    /// Removes the copy, and what a run of maestro has kept.
    fn clear(&self) -> Result<()> {
        let target = self.target();
        let mut sql = String::new();
        let databases = target.sql("SHOW DATABASES")?;
        for name in databases
            .lines()
            .filter(|name| *name == COPY || name.starts_with("_maestro"))
        {
            sql += &format!("DROP DATABASE `{name}`;");
        }
        target.sql(&sql)?;
        if target.kind == Kind::Mariadb {
            for server in [&self.pair.source, &self.pair.target] {
                server.sql("FLUSH BINARY LOGS; PURGE BINARY LOGS BEFORE NOW()")?;
            }
        }
        Ok(())
    }
}

impl Course for Between<'_> {
    fn candidates(&self) -> Vec<String> {
        self.candidates
            .iter()
            .map(|candidate| candidate.name.clone())
            .collect()
    }

    fn prepare(&self, candidate: usize) -> Result<()> {
        self.clear()?;
        let folder = self.folder.fresh("run")?;
        match &self.candidates[candidate].program {
            Program::Dump => self
                .target()
                .sql(&format!("CREATE DATABASE {COPY}"))
                .map(drop),
            Program::Maestro {
                over: Over::OlderCopy,
                maestro,
                ..
            } => {
                let done = maestro
                    .sync(&folder, &self.pair.source, self.target(), &[])?
                    .output()?;
                self.folder.fresh("run")?;
                measure::answer(&done).map(drop)
            }
            _ => Ok(()),
        }
    }

    fn pipelines(&self, candidate: usize) -> Result<Vec<Pipeline>> {
        let folder = self.folder.path().join("run");
        self.candidates[candidate].pipelines(&self.pair.source, self.target(), &folder)
    }

    fn judge(&self) -> Result<()> {
        self.truth.equals(&Picture::of(self.target(), COPY)?)
    }

    fn pids(&self) -> Vec<u32> {
        let pids = self.pair.pids();
        if self.set == Set::SS {
            pids[..1].to_vec()
        } else {
            pids.to_vec()
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("errors")
    }
}
