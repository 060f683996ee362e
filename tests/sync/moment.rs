//! One moment: a copy never mixes two states of the source, and readers of the target never see a mix either.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::live::{Case, Place, block_on, on_both, statement};

/// Something that works beside the test until it is told to stop.
struct Worker<T> {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<T>>,
}

impl<T: Send + 'static> Worker<T> {
    fn start(work: impl FnOnce(&AtomicBool) -> T + Send + 'static) -> Worker<T> {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = stop.clone();
        Worker {
            stop,
            thread: Some(std::thread::spawn(move || work(&seen))),
        }
    }

    fn end(mut self) -> T {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap()
    }
}

impl<T> Drop for Worker<T> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Moves money between two tables, one transaction after the other; returns how many.
fn writer(place: &Place, database: &str) -> Worker<u64> {
    let (place, database) = (place.clone(), database.to_string());
    Worker::start(move |stop| {
        let mut connection = block_on(place.connect());
        let mut moved = 0;
        while !stop.load(Ordering::Relaxed) {
            let row = moved % 200;
            let sql = format!(
                "START TRANSACTION; UPDATE {database}.a_left SET amount = amount - 1 WHERE id = {row};
                 UPDATE {database}.z_right SET amount = amount + 1 WHERE id = {row}; COMMIT"
            );
            block_on(statement(&mut connection, &sql)).unwrap();
            moved += 1;
        }
        moved
    })
}

/// Two tables whose amounts together stay the same.
fn bank(case: &Case) -> String {
    let numbers: Vec<String> = (0..200)
        .map(|id| format!("({id}, 1000, REPEAT('x', 500))"))
        .collect();
    let table = |name: &str| {
        format!(
            "CREATE TABLE {name} (id INT PRIMARY KEY, amount INT NOT NULL, filler TEXT); INSERT INTO {name} VALUES {};",
            numbers.join(", ")
        )
    };
    case.source("bank", &format!("{} {}", table("a_left"), table("z_right")))
}

/// The amount of both tables, and of one.
fn sums(place: &Place, bank: &str) -> String {
    place.rows(&format!(
        "SELECT (SELECT SUM(amount) FROM {bank}.a_left) + (SELECT SUM(amount) FROM {bank}.z_right), (SELECT SUM(amount) FROM {bank}.a_left)"
    ))
}

fn c01_a_copy_holds_what_every_transaction_kept(case: &Case) {
    let bank = bank(case);
    let writer = writer(&case.a, &bank);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..5 {
        let done = case.sync(&bank, &["--jobs", "3"]).expect(0);
        assert_eq!(done.json["verified"], "count", "{}", done.stdout);
        let found = sums(&case.b, &bank);
        assert!(found.starts_with("400000 "), "{found}: {}", done.stdout);
        seen.insert(found);
    }
    assert!(writer.end() > 50);
    assert!(
        seen.len() > 1,
        "the writer did nothing between the copies: {seen:?}"
    );
}

fn c01_a_backup_holds_what_every_transaction_kept(case: &Case) {
    let bank = bank(case);
    let writer = writer(&case.a, &bank);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..4 {
        let place = format!("a/{bank}");
        case.home
            .run(&["backup", "create", &place, "--jobs", "3"])
            .expect(0);
        case.home
            .run(&["backup", "restore", "last", "to", "b", "--yes"])
            .expect(0);
        let found = sums(&case.b, &bank);
        assert!(found.starts_with("400000 "), "{found}");
        seen.insert(found);
    }
    assert!(writer.end() > 50 && seen.len() > 1, "{seen:?}");
}

/// Reads both tables of the target in one statement; returns how often, and the errors and mixes it met.
fn reader(place: &Place, database: &str) -> Worker<(u64, Vec<String>)> {
    let (place, database) = (place.clone(), database.to_string());
    Worker::start(move |stop| {
        let mut connection = block_on(place.connect());
        let sql = format!(
            "SELECT l.version, r.version FROM {database}.a_left AS l JOIN {database}.z_right AS r USING (id)"
        );
        let (mut reads, mut wrong) = (0, Vec::new());
        while !stop.load(Ordering::Relaxed) {
            match block_on(statement(&mut connection, &sql)) {
                Ok(rows)
                    if rows.len() == 3
                        && rows.iter().all(|row| row[0] == row[1] && row == &rows[0]) => {}
                Ok(rows) => wrong.push(format!("{rows:?}")),
                Err(error) => wrong.push(error.to_string()),
            }
            reads += 1;
        }
        (reads, wrong)
    })
}

fn readers_see_the_old_tables_or_the_new_ones(case: &Case) {
    let table = |name: &str| {
        format!(
            "CREATE TABLE {name} (id INT PRIMARY KEY, version INT NOT NULL); INSERT INTO {name} VALUES (1, 0), (2, 0), (3, 0);"
        )
    };
    let pair = case.source("pair", &format!("{} {}", table("a_left"), table("z_right")));
    case.sync(&pair, &[]).expect(0);
    let readers = [reader(&case.b, &pair), reader(&case.b, &pair)];
    let until = Instant::now() + Duration::from_secs(3);
    let mut version = 0;
    while Instant::now() < until {
        version += 1;
        case.a.sql(&format!(
            "UPDATE {pair}.a_left SET version = {version}; UPDATE {pair}.z_right SET version = {version}"
        ));
        case.sync(&pair, &[]).expect(0);
    }
    for reader in readers {
        let (reads, wrong) = reader.end();
        assert_eq!(wrong, Vec::<String>::new());
        assert!(reads > 50, "{reads}");
    }
    assert_eq!(
        case.b
            .one(&format!("SELECT DISTINCT version FROM {pair}.a_left")),
        version.to_string()
    );
}

on_both!(
    c01_a_copy_holds_what_every_transaction_kept,
    c01_a_backup_holds_what_every_transaction_kept,
    readers_see_the_old_tables_or_the_new_ones,
);
