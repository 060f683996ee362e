//! What can be asked of the bench: `cargo bench --bench compare -- --help`.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// The names of candidates; `candidates` and `files` know what they do.
const CANDIDATES: [&str; 10] = [
    "mysqldump",
    "mydumper",
    "mydumper-new",
    "maestro-before",
    "maestro",
    "maestro-insert",
    "maestro-swap",
    "maestro-in-server",
    "sqlite-dump",
    "vacuum-into",
];

/// Copies databases with maestro and with other programs, in turns, and compares what it cost.
///
/// Variables: MAESTRO_BENCH_MAESTRO names another maestro than the one just built, MAESTRO_BENCH_BEFORE a second one to
/// compare it with, MAESTRO_BENCH_MYDUMPER a folder with a newer mydumper and myloader.
#[derive(Parser)]
#[command(bin_name = "cargo bench --bench compare --")]
pub struct Options {
    /// The data sets
    #[arg(
        long,
        value_delimiter = ',',
        ignore_case = true,
        default_value = "S,SS,E,M,B,W,L"
    )]
    pub sets: Vec<Set>,
    /// Also N: 20 million narrow rows in one table
    #[arg(long)]
    pub large: bool,
    /// Between two servers of which kinds
    #[arg(long, value_delimiter = ',', default_value = "mariadb,mysql")]
    pub servers: Vec<Kind>,
    /// The candidates; without it, those that each data set is for
    #[arg(long, value_delimiter = ',', value_parser = CANDIDATES)]
    pub candidates: Option<Vec<String>>,
    /// How often each candidate copies each data set; the table shows medians
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// The size of the data sets: 0.25 is a quarter
    #[arg(long, default_value_t = 1.0)]
    pub scale: f64,
    /// Threads of mydumper and of myloader [default: one for each processor]
    #[arg(long)]
    pub threads: Option<usize>,
    /// Jobs of maestro [default: maestro's own choice]
    #[arg(long)]
    pub jobs: Option<usize>,
    /// Write the bars here
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Write all runs here
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the tables here, too
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// What cargo passes
    #[arg(long, hide = true)]
    bench: bool,
}

/// A kind of server, as tests/servers/server calls it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Kind {
    Mariadb,
    Mysql,
}

/// What is copied.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Set {
    /// 8 tables of 400,000 rows as sysbench makes them
    S,
    /// S, into another database of the same server
    SS,
    /// A shop: 6 tables with foreign keys, 3.2 million rows, 2 million of them in one table
    E,
    /// 1,500 tables of 20 rows
    M,
    /// 3,000 blobs of 256 KiB
    B,
    /// 200,000 rows of 60 columns
    W,
    /// 20 million narrow rows in one table
    N,
    /// A SQLite file of a million rows, to another file
    L,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Mariadb => "mariadb",
            Kind::Mysql => "mysql",
        }
    }
}

impl Options {
    /// The data sets between servers.
    pub fn sets(&self) -> Vec<Set> {
        let large = (self.large && !self.sets.contains(&Set::N)).then_some(Set::N);
        let sets = self.sets.iter().copied().chain(large);
        sets.filter(|set| *set != Set::L).collect()
    }

    /// How many threads mydumper is told to use: its own default does not know the machine.
    pub fn threads(&self) -> usize {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        self.threads.unwrap_or(processors)
    }

    /// Whether a candidate is asked for; `usual` is what its data set would say.
    pub fn takes(&self, candidate: &str, usual: bool) -> bool {
        match &self.candidates {
            Some(names) => names.iter().any(|name| name == candidate),
            None => usual,
        }
    }
}
