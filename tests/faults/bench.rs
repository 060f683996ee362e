//! Rounds: each has a seed that decides everything in it, so that a failure can be played again.
//!
//! `MAESTRO_FAULT_ROUNDS=N` makes a test long: N rounds, whatever fails, and a line that sums up. `MAESTRO_FAULT_SEED=S`
//! plays one round again. Without both, a test plays a few rounds with fresh seeds. Only one test of the bench runs at a
//! time: their moments are parts of a second.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::observer::READS;
use crate::dice::Dice;

/// How often, and by which seeds.
struct Rounds {
    seeds: Vec<u64>,
    /// Goes on after a failure, and tells each round.
    long: bool,
}

impl Rounds {
    fn of(short: usize) -> Rounds {
        let number = |name| -> Option<u64> {
            let text = std::env::var(name).ok()?;
            Some(
                text.parse()
                    .unwrap_or_else(|_| panic!("{name}={text} is no number")),
            )
        };
        if let Some(seed) = number("MAESTRO_FAULT_SEED") {
            return Rounds {
                seeds: vec![seed],
                long: false,
            };
        }
        let rounds = number("MAESTRO_FAULT_ROUNDS");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let mut dice = Dice::new(now.as_nanos() as u64);
        let many = rounds.unwrap_or(short as u64);
        Rounds {
            // Short enough to be typed.
            seeds: (0..many).map(|_| dice.below(1_000_000_000)).collect(),
            long: rounds.is_some(),
        }
    }
}

static ALONE: Mutex<()> = Mutex::new(());

/// Plays rounds in a world that `make` makes, and anew after a failure. A round answers how it ended, in words that
/// are counted. `test` is the path of the test.
///
/// # Panics
/// When a round has failed; what it said was printed, with its seed and how to play it again.
pub fn rounds<W>(
    test: &str,
    short: usize,
    make: impl Fn() -> W,
    round: impl Fn(&mut W, &mut Dice) -> &'static str,
) {
    let _alone = ALONE
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let rounds = Rounds::of(short);
    let test = test.strip_prefix("tests::").unwrap_or(test);
    let started = Instant::now();
    READS.store(0, Ordering::SeqCst);
    let mut world = None;
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    let mut failed = Vec::new();
    for (number, seed) in rounds.seeds.iter().enumerate() {
        let began = Instant::now();
        let played = catch_unwind(AssertUnwindSafe(|| {
            round(world.get_or_insert_with(&make), &mut Dice::new(*seed))
        }));
        let end = match played {
            Ok(end) => end,
            Err(_) => {
                println!(
                    "{test}: the round of seed {seed} failed; again with\n  \
                     MAESTRO_FAULT_SEED={seed} tests/run --test tests -- --exact {test} --nocapture"
                );
                failed.push(*seed);
                let _ = catch_unwind(AssertUnwindSafe(|| world = None));
                "failed"
            }
        };
        *ends.entry(end).or_default() += 1;
        if rounds.long {
            println!(
                "{test}: round {}, seed {seed}: {end}, {:.1?}",
                number + 1,
                began.elapsed()
            );
        } else if !failed.is_empty() {
            break;
        }
    }
    let counts: Vec<String> = ends
        .iter()
        .map(|(end, count)| format!("{count} {end}"))
        .collect();
    let played: usize = ends.values().sum();
    println!(
        "{test}: {played} rounds in {:.0?}: {}; the target was read {} times meanwhile",
        started.elapsed(),
        counts.join(", "),
        READS.load(Ordering::SeqCst)
    );
    assert!(
        failed.is_empty(),
        "{test}: failed with the seeds {failed:?}"
    );
}

/// The path of a test on one flavor, as `cargo test` calls it.
macro_rules! rounds_on {
    ($flavor:ident: $($test:ident),* $(,)?) => {
        $(#[test] fn $test() {
            super::$test(crate::live::Flavor::$flavor, concat!(module_path!(), "::", stringify!($test)));
        })*
    };
}

/// Tests on MariaDB, and on MySQL.
macro_rules! on_each {
    ($($test:ident),* $(,)?) => {
        mod mariadb { $crate::faults::bench::rounds_on!(MariaDb: $($test),*); }
        mod mysql { $crate::faults::bench::rounds_on!(MySql: $($test),*); }
    };
}
pub(crate) use {on_each, rounds_on};
