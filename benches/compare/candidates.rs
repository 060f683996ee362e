//! The programs that copy a database from server to server, and how each is called.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::data::{COPY, SOURCE};
use crate::maestro::Maestro;
use crate::measure::Pipeline;
use crate::options::{Kind, Options, Set};
use crate::servers::{PASSWORD, Server, USER};

/// One way to copy.
pub struct Candidate {
    pub name: String,
    pub program: Program,
}

pub enum Program {
    /// The server's own dump program, piped into its client.
    Dump,
    /// A dump into a folder, then a load of it.
    Mydumper {
        mydumper: PathBuf,
        myloader: PathBuf,
        threads: usize,
    },
    Maestro {
        maestro: Maestro,
        flags: Vec<String>,
        over: Over,
    },
}

/// What maestro finds where it writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Over {
    Nothing,
    /// An older copy, which is replaced at one moment.
    OlderCopy,
}

/// The candidates of a data set, the ones to be compared with first.
pub fn of(set: Set, options: &Options) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut add = |name: &str, usual: bool, program: Option<Program>| {
        if let (true, Some(program)) = (options.takes(name, usual), program) {
            found.push(Candidate {
                name: name.to_string(),
                program,
            });
        }
    };
    let threads = options.threads();
    let mydumper = |mydumper, myloader| Program::Mydumper {
        mydumper,
        myloader,
        threads,
    };
    let maestro = |maestro, flags: &[&str], over| {
        let jobs = options.jobs.map(|jobs| format!("--jobs={jobs}"));
        let flags = flags
            .iter()
            .map(|flag| (*flag).to_string())
            .chain(jobs)
            .collect();
        Program::Maestro {
            maestro,
            flags,
            over,
        }
    };
    let between = set != Set::SS;
    let newer = std::env::var_os("MAESTRO_BENCH_MYDUMPER").map(PathBuf::from);

    add("mysqldump", true, Some(Program::Dump));
    add(
        "mydumper",
        between,
        Some(mydumper("mydumper".into(), "myloader".into())),
    );
    let newer = newer.map(|folder| mydumper(folder.join("mydumper"), folder.join("myloader")));
    add("mydumper-new", between, newer);
    let before = Maestro::before().map(|before| maestro(before, &[], Over::Nothing));
    add("maestro-before", true, before);
    let mut own = |name, usual, flags: &[&str], over| {
        add(name, usual, Some(maestro(Maestro::built(), flags, over)));
    };
    own("maestro", true, &[], Over::Nothing);
    own(
        "maestro-insert",
        set == Set::S,
        &["--write-path=insert"],
        Over::Nothing,
    );
    own("maestro-swap", set == Set::M, &[], Over::OlderCopy);
    own(
        "maestro-in-server",
        !between,
        &["--in-server"],
        Over::Nothing,
    );
    found
}

impl Candidate {
    /// What it runs; `folder` is new and empty.
    pub fn pipelines(&self, from: &Server, to: &Server, folder: &Path) -> Result<Vec<Pipeline>> {
        match &self.program {
            Program::Dump => Ok(vec![dump_and_load(from, to)]),
            Program::Mydumper {
                mydumper,
                myloader,
                threads,
            } => {
                let call = |program: &Path, server: &Server, more: &[&str]| {
                    let mut command = Command::new(program);
                    command.args(["--host=127.0.0.1", &format!("--port={}", server.port)]);
                    command.args([&format!("--user={USER}"), &format!("--password={PASSWORD}")]);
                    command.arg(format!("--threads={threads}")).args(more);
                    vec![command]
                };
                let dump = folder.join("dump");
                let dump = dump.to_str().ok_or("an unreadable path")?;
                let database = format!("--database={SOURCE}");
                let copy = format!("--database={COPY}");
                let output = format!("--outputdir={dump}");
                let input = format!("--directory={dump}");
                Ok(vec![
                    call(mydumper, from, &[&database, &output]),
                    call(myloader, to, &[&copy, &input]),
                ])
            }
            Program::Maestro { maestro, flags, .. } => {
                Ok(vec![vec![maestro.sync(folder, from, to, flags)?]])
            }
        }
    }
}

fn dump_and_load(from: &Server, to: &Server) -> Pipeline {
    let mut dump = from.program("dump");
    dump.arg("--single-transaction");
    if from.kind == Kind::Mysql {
        dump.args(["--set-gtid-purged=OFF", "--no-tablespaces"]);
    }
    dump.arg(SOURCE);
    let mut load = to.program("client");
    load.arg(COPY);
    vec![dump, load]
}
