//! Random tables with random rows arrive as they are.
//!
//! A seed decides a database: its tables, types, character sets, keys, defaults, generated columns, checks, partitions,
//! foreign keys, names, comments, and its rows. Whether the copy is the same is asked of the servers
//! ([`crate::fidelity::oracle`]), never of maestro.
//!
//! `MAESTRO_RANDOM_SEEDS=N` plays N fresh seeds in one run and sums up; `MAESTRO_RANDOM_SEED=S` plays one again. Without
//! both, a test plays a few fresh seeds. Several databases are synced in one call.

mod column;
mod keys;
mod rows;
mod table;
mod words;

use std::collections::BTreeMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::dice::Dice;
use crate::fidelity::oracle;
use crate::live::{Case, Flavor, Place, block_on, skipped, statement};

/// How many seeds a test plays when nobody says, and how many are synced in one call.
const SHORT: u64 = 8;
const TOGETHER: usize = 8;
/// How the error of a table that is not there begins.
const MISSING: &str = "error returned from database: 1146 ";
/// Of how many generated statements a server may refuse one.
const REFUSED_OF: usize = 8;

fn random_databases_arrive_as_they_are(flavor: Flavor, test: &'static str) {
    let (a, b) = match (Place::find(flavor, "A"), Place::find(flavor, "B")) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(why), _) | (_, Err(why)) => return skipped(test, flavor, &why),
    };
    let seeds = seeds();
    let started = Instant::now();
    let mut sums = Sums::default();
    let mut failed = Vec::new();
    for (number, seeds) in seeds.chunks(TOGETHER).enumerate() {
        let case = Case::new(flavor, test, a.clone(), b.clone());
        for told in play(&case, seeds, number % 2 == 0, &mut sums) {
            let path = test.strip_prefix("tests::").unwrap_or(test);
            println!(
                "seed {}: {}\nagain with\n  MAESTRO_RANDOM_SEED={} tests/run --test tests -- --exact {path} --nocapture",
                told.seed, told.what, told.seed
            );
            failed.push(told.seed);
        }
    }
    println!(
        "{test}: {} seeds in {:.0?}: {} tables, {} rows, {} statements, of which the server refused {}; {} failed",
        seeds.len(),
        started.elapsed(),
        sums.tables,
        sums.rows,
        sums.statements,
        sums.refused.values().map(|(times, _)| times).sum::<usize>(),
        failed.len()
    );
    sums.tell();
    assert!(failed.is_empty(), "failed with the seeds {failed:?}");
    sums.judge(seeds.len());
}

mod mariadb {
    #[test]
    fn random_databases_arrive_as_they_are() {
        let test = concat!(module_path!(), "::random_databases_arrive_as_they_are");
        super::random_databases_arrive_as_they_are(crate::live::Flavor::MariaDb, test);
    }
}

mod mysql {
    #[test]
    fn random_databases_arrive_as_they_are() {
        let test = concat!(module_path!(), "::random_databases_arrive_as_they_are");
        super::random_databases_arrive_as_they_are(crate::live::Flavor::MySql, test);
    }
}

fn seeds() -> Vec<u64> {
    let number = |name| -> Option<u64> {
        let text = std::env::var(name).ok()?;
        Some(
            text.parse()
                .unwrap_or_else(|_| panic!("{name}={text} is no number")),
        )
    };
    if let Some(seed) = number("MAESTRO_RANDOM_SEED") {
        return vec![seed];
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut dice = Dice::new(now.as_nanos() as u64);
    let many = number("MAESTRO_RANDOM_SEEDS").unwrap_or(SHORT);
    // Short enough to be typed.
    (0..many).map(|_| dice.below(1_000_000_000)).collect()
}

/// A seed whose copy is not the same.
struct Told {
    seed: u64,
    what: String,
}

/// What all seeds made, and what the servers refused, by error.
#[derive(Default)]
struct Sums {
    tables: usize,
    rows: usize,
    statements: usize,
    refused: BTreeMap<String, (usize, String)>,
}

impl Sums {
    /// What the server refused, with an example each.
    fn tell(&self) {
        for (error, (times, sql)) in &self.refused {
            println!("refused {times} times: {error}\n  {}", short(sql));
        }
    }

    /// A generator whose statements are refused proves nothing.
    fn judge(&self, seeds: usize) {
        let refused: usize = self.refused.values().map(|(times, _)| times).sum();
        assert!(
            refused * REFUSED_OF <= self.statements,
            "{refused} of {} statements were refused",
            self.statements
        );
        assert!(self.tables >= seeds && self.rows >= seeds);
    }
}

fn short(text: &str) -> String {
    text.chars().take(700).collect()
}

/// Makes the databases of some seeds, syncs them in one call, and again when the copy is to be replaced too.
fn play(case: &Case, seeds: &[u64], twice: bool, sums: &mut Sums) -> Vec<Told> {
    let mut named = Vec::new();
    for seed in seeds {
        let name = case.database(&format!("r{seed}"));
        make(case, &name, *seed, sums);
        named.push((*seed, name));
    }
    let (first, seed) = (&named[0].1, format!("r{}", seeds[0]));
    let select = format!("{}r*", first.strip_suffix(&seed).unwrap());
    let rounds: &[&str] = if twice {
        &["new", "replaced"]
    } else {
        &["new"]
    };
    for round in rounds {
        let done = case
            .home
            .run(&["sync", "a", "b", "--select", &select, "--yes"]);
        let pairs: Vec<_> = named.iter().map(|(_, name)| (&**name, &**name)).collect();
        if done.code == Some(0) && oracle::differences(&case.a, &case.b, &pairs).is_empty() {
            continue;
        }
        // Which of them it was, each tells by itself.
        let wrong = |(seed, name): &(u64, String)| {
            let what = match done.code {
                Some(0) => oracle::differences(&case.a, &case.b, &[(name, name)]),
                _ => failure(case, name),
            };
            let what = format!("{round}: {what}");
            (!what.ends_with(": ")).then_some(Told { seed: *seed, what })
        };
        let mut told: Vec<Told> = named.iter().filter_map(wrong).collect();
        if done.code != Some(0) && told.is_empty() {
            let what = format!("{round}, with {seeds:?}: {}\n{}", done.stdout, done.stderr);
            told.push(Told {
                seed: seeds[0],
                what,
            });
        }
        if !told.is_empty() {
            return told;
        }
    }
    Vec::new()
}

/// What the program says when it cannot sync a database; empty when it can.
fn failure(case: &Case, name: &str) -> String {
    let done = case.sync(name, &[]);
    match done.code {
        Some(0) => String::new(),
        code => format!(
            "exit code {code:?}: {}\n{}",
            short(&done.stdout),
            done.stderr
        ),
    }
}

/// Makes the database of a seed on the source; what the server refuses is left out and counted.
fn make(case: &Case, name: &str, seed: u64, sums: &mut Sums) {
    let mut dice = Dice::new(seed);
    let script = table::database(&mut dice, case.flavor, name);
    block_on(async {
        let mut connection = case.a.connect().await;
        for sql in script {
            match statement(&mut connection, &sql).await {
                // A table that was refused has no rows either: it counts once.
                Err(error) if error.to_string().starts_with(MISSING) => continue,
                Err(error) => {
                    let entry = sums.refused.entry(error.to_string());
                    entry.or_insert((0, sql.clone())).0 += 1;
                }
                Ok(_) => {}
            }
            sums.statements += 1;
        }
        let sql = format!(
            "SELECT COUNT(*), IFNULL(SUM(TABLE_ROWS), 0) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{name}'"
        );
        let counts = statement(&mut connection, &sql).await.unwrap();
        let count = |column: usize| {
            counts[0][column]
                .as_ref()
                .unwrap()
                .parse::<usize>()
                .unwrap()
        };
        sums.tables += count(0);
        sums.rows += count(1);
    });
}
