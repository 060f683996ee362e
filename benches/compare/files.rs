//! L: a SQLite file copied to another one, beside what SQLite's own shell does.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::contest::Course;
use crate::data::scaled;
use crate::machine::Folder;
use crate::maestro::Maestro;
use crate::measure::{self, Pipeline};
use crate::options::Options;
use crate::{Result, say};

const FILE: &str = "bench.db";

pub struct Files<'a> {
    folder: &'a Folder,
    candidates: Vec<(String, Way)>,
    pub rows: u64,
    pub bytes: u64,
    /// What SQLite says of the source.
    truth: String,
}

enum Way {
    /// `.dump` of the shell, piped into another shell.
    Dump,
    /// `VACUUM INTO`: no rows are looked at, pages are written anew.
    Vacuum,
    Maestro(Maestro),
}

impl Files<'_> {
    /// Makes the source file.
    pub fn new<'a>(folder: &'a Folder, options: &Options) -> Result<Files<'a>> {
        say("making L: SQLite, file to file");
        let mut candidates = Vec::new();
        let mut add = |name: &str, way: Option<Way>| {
            if let (true, Some(way)) = (options.takes(name, true), way) {
                candidates.push((name.to_string(), way));
            }
        };
        add("sqlite-dump", Some(Way::Dump));
        add("vacuum-into", Some(Way::Vacuum));
        add("maestro-before", Maestro::before().map(Way::Maestro));
        add("maestro", Some(Way::Maestro(Maestro::built())));

        let rows = scaled(1e6, options.scale);
        let file = folder.fresh("from")?.join(FILE);
        let script = folder.path().join("files.sql");
        let sql = include_str!("data/files.sql").replace("@rows", &rows.to_string());
        std::fs::write(&script, sql)?;
        ask(&file, &format!(".read {}", script.display()))?;
        let truth = picture(&file)?;
        let bytes = file.metadata()?.len();
        let rows = rows + rows / 100;
        Ok(Files {
            folder,
            candidates,
            rows,
            bytes,
            truth,
        })
    }

    fn from(&self) -> PathBuf {
        self.folder.path().join("from").join(FILE)
    }

    fn to(&self) -> PathBuf {
        self.folder.path().join("to").join(FILE)
    }
}

impl Course for Files<'_> {
    fn candidates(&self) -> Vec<String> {
        self.candidates
            .iter()
            .map(|(name, _)| name.clone())
            .collect()
    }

    fn prepare(&self, _: usize) -> Result<()> {
        self.folder.fresh("to")?;
        self.folder.fresh("run").map(drop)
    }

    fn pipelines(&self, candidate: usize) -> Result<Vec<Pipeline>> {
        let (from, to) = (self.from(), self.to());
        match &self.candidates[candidate].1 {
            Way::Dump => Ok(vec![vec![shell(&from, &[".dump"]), shell(&to, &[])]]),
            Way::Vacuum => {
                let sql = format!("VACUUM INTO '{}'", to.display());
                Ok(vec![vec![shell(&from, &[&sql])]])
            }
            Way::Maestro(maestro) => {
                let run = self.folder.path().join("run");
                for (name, side) in [("a", "from"), ("b", "to")] {
                    let url = format!("sqlite:{}", self.folder.path().join(side).display());
                    maestro.connect(&run, name, &url)?;
                }
                Ok(vec![vec![maestro.copy(&run, "a/bench", "b/bench", &[])?]])
            }
        }
    }

    fn judge(&self) -> Result<()> {
        match picture(&self.to())? == self.truth {
            true => Ok(()),
            false => Err("the copy differs: see .sha3sum and .schema of both files".into()),
        }
    }

    fn pids(&self) -> Vec<u32> {
        Vec::new()
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("errors")
    }
}

fn shell(file: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("sqlite3");
    command
        .arg("-batch")
        .arg("-init")
        .arg("/dev/null")
        .arg(file)
        .args(words);
    command
}

fn ask(file: &Path, what: &str) -> Result<String> {
    let done = shell(file, &[what]).stdin(Stdio::null()).output()?;
    measure::answer(&done)
}

/// A digest of all rows, all definitions, and whether SQLite finds the file sound.
fn picture(file: &Path) -> Result<String> {
    let rows = ask(file, ".sha3sum")?;
    let definitions = ask(
        file,
        "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2",
    )?;
    let sound = ask(file, "PRAGMA integrity_check")?;
    Ok([rows, definitions, sound].concat())
}
