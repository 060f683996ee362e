//! How fast a copy goes and by which way: what was asked for holds, and what cannot be had is said before the first
//! write.

use std::time::{Duration, Instant};

use crate::live::{Case, Flavor, Place, Private, block_on, on_both, statement, until};

/// Ten thousand narrow rows, and again as many.
const NARROW: &str = "
CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
CREATE TABLE n (id INT PRIMARY KEY AUTO_INCREMENT, v INT NOT NULL);
INSERT INTO n (v) SELECT a.d FROM digits a, digits b, digits c, digits d;
CREATE TABLE m LIKE n; INSERT INTO m SELECT * FROM n;";

/// Eight megabytes, sixty kilobytes a row.
const WIDE: &str = "
CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
CREATE TABLE w (id INT PRIMARY KEY AUTO_INCREMENT, v MEDIUMBLOB NOT NULL);
INSERT INTO w (v) SELECT REPEAT('x', 80000) FROM digits a, digits b;";

/// What a copy moved in a second of the test's own clock: rows and bytes.
fn rates(case: &Case, database: &str, rate: &str) -> (f64, f64) {
    let began = Instant::now();
    let done = case
        .sync(database, &["--throttle", rate, "--jobs", "3"])
        .expect(0);
    let took = began.elapsed().as_secs_f64();
    let moved = |what: &str| done.json["databases"][0][what].as_f64().unwrap();
    assert!(took > 5.0, "{took} s for {}", done.stdout);
    (moved("rows") / took, moved("bytes") / took)
}

fn a_copy_is_not_faster_than_its_rows_a_second(case: &Case) {
    let database = case.source("narrow", NARROW);
    let (rows, _) = rates(case, &database, "3500rows/s");
    assert!(rows <= 3500.0 * 1.1, "{rows} rows/s");
    let count = format!("SELECT COUNT(*) FROM {database}.m");
    assert_eq!(case.b.one(&count), "10000");
}

/// A batch of a megabyte would be more than half a second's worth.
fn a_copy_is_not_faster_than_its_bytes_a_second(case: &Case) {
    let database = case.source("wide", WIDE);
    let (_, bytes) = rates(case, &database, "1.4MB/s");
    assert!(bytes <= 1_400_000.0 * 1.1, "{bytes} bytes/s");
}

fn e01_a_throttled_copy_hears_an_interrupt(case: &Case) {
    let database = case.source("narrow", NARROW);
    let (from, to) = (format!("a/{database}"), format!("b/{database}"));
    let words = ["sync", &from, &to, "--yes", "--throttle", "5rows/s"];
    let mut running = case.home.start(&words);
    until("staging is there", || {
        assert!(running.is_running(), "it was too quick");
        case.has(&database)
    });
    running.signal("-INT");
    let done = running.wait_within(Duration::from_secs(60)).expect(130);
    assert_eq!(done.json["status"], "interrupted", "{}", done.stdout);
}

fn the_rate_can_stand_in_the_settings(case: &Case) {
    let database = case.source("t", "CREATE TABLE t (id INT PRIMARY KEY)");
    let words = |more: &[&str]| {
        let (from, to) = (format!("a/{database}"), format!("b/{database}"));
        let mut words = vec!["sync", &from, &to, "--dry-run"];
        words.extend(more);
        case.home.shown(&words)
    };
    case.home.configure("sync: { throttle: 20MB/s }\n");
    let plan = words(&[]).expect(0).stdout;
    assert!(plan.contains("Throttled to 20MB/s"), "{plan}");
    let plan = words(&["--throttle", "off"]).expect(0).stdout;
    assert!(!plan.contains("Throttled"), "{plan}");
    words(&["--throttle", "fast"]).expect(64);
    case.home.configure("sync: { throttle: fast }\n");
    words(&[]).expect(78);
}

/// A server of its own: no other test must prepare statements there.
fn a_copy_waits_while_the_source_is_busy(case: &Case) {
    let Some(own) = Private::start(case.flavor, &[]) else {
        return;
    };
    case.home.connect("own", &own.place);
    let database = case.database("t");
    case.fill(
        &own.place,
        &database,
        "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1), (2)",
    );
    let mut busy = block_on(own.place.connect());
    block_on(statement(&mut busy, "PREPARE one FROM 'SELECT 1'")).unwrap();
    let prepared = count(&own.place);
    let (from, to) = (format!("own/{database}"), format!("b/{database}"));
    let ceiling = format!("Prepared_stmt_count={}", prepared - 1);
    let words = ["sync", &from, &to, "--yes", "--max-load", &ceiling];
    let mut running = case.home.start(&words);
    until("staging is there", || {
        assert!(running.is_running(), "it did not wait");
        case.has(&database)
    });
    // Long enough for a copy of two rows that does not wait.
    std::thread::sleep(Duration::from_secs(3));
    assert!(running.is_running(), "it did not wait");
    block_on(statement(&mut busy, "DEALLOCATE PREPARE one")).unwrap();
    let done = running.wait_within(Duration::from_secs(60)).expect(0);
    for told in [
        "waiting: Prepared_stmt_count",
        "going on: Prepared_stmt_count",
    ] {
        assert_eq!(done.stderr.matches(told).count(), 1, "{}", done.stderr);
    }
    assert_eq!(
        case.b.one(&format!("SELECT COUNT(*) FROM {database}.t")),
        "2"
    );
}

fn count(place: &Place) -> u64 {
    let shown = place.rows("SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'");
    shown.rsplit(' ').next().unwrap().parse().unwrap()
}

fn an_unknown_counter_is_refused_before_the_first_write(case: &Case) {
    let database = case.source("t", "CREATE TABLE t (id INT PRIMARY KEY)");
    case.sync(&database, &["--max-load", "Threads_runing=5"])
        .refuses(
            4,
            &["no status counter Threads_runing", "SHOW GLOBAL STATUS"],
        );
    case.sync(&database, &["--max-load", "Uptime"]).expect(64);
    assert!(!case.has(&database));
}

/// MariaDB needs no lock where it has a binary log; MySQL always does.
fn the_reply_tells_for_how_long_the_source_was_locked(case: &Case) {
    let database = case.source(
        "t",
        "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)",
    );
    let done = case.sync(&database, &["--jobs", "2"]).expect(0);
    let one = &done.json["databases"][0];
    let history = case.home.run(&["history"]).expect(0);
    let recorded = history.json["runs"][0]["snapshot"].as_str().unwrap();
    let is_locked = one["snapshot"].as_str().unwrap().ends_with("lock")
        || one["snapshot"].as_str().unwrap().ends_with("locks");
    assert!(
        is_locked || case.flavor == Flavor::MariaDb,
        "{}",
        done.stdout
    );
    let held = one["source_locked_seconds"].as_f64();
    assert_eq!(
        held.is_some_and(|held| held > 0.0),
        is_locked,
        "{}",
        done.stdout
    );
    assert_eq!(recorded.contains("locked for"), is_locked, "{recorded}");
}

/// The best way that the target has, unless another is asked for; a kept plan goes the way that it says.
fn the_plan_names_how_rows_are_written(case: &Case) {
    let database = case.source(
        "t",
        "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)",
    );
    let best = match case.flavor {
        Flavor::MariaDb => "bulk",
        Flavor::MySql => "insert",
    };
    let planned = case.sync(&database, &["--dry-run"]).expect(0);
    assert_eq!(planned.json["plan"][0]["write_path"], best);
    assert!(planned.json["workers"]["number"].as_u64() >= Some(1));
    let asked = case.sync(&database, &["--write-path", "bulk", "--dry-run"]);
    match case.flavor {
        Flavor::MariaDb => drop(asked.expect(0)),
        Flavor::MySql => {
            asked.refuses(
                4,
                &[
                    "does not take rows by the bulk protocol",
                    "leave --write-path out",
                ],
            );
        }
    }
    let (from, to) = (format!("a/{database}"), format!("b/{database}"));
    let words = [
        "plan",
        &from,
        &to,
        "--write-path",
        "insert",
        "--jobs",
        "3",
        "--throttle",
        "9MB/s",
    ];
    let kept = case.home.run(&words).expect(0);
    assert_eq!(
        kept.json["plan"][0]["write_path"], "insert",
        "{}",
        kept.stdout
    );
    let applied = case.home.run(&["apply", "last", "--yes"]).expect(0);
    assert_eq!(applied.json["workers"]["number"], 3, "{}", applied.stdout);
    assert_eq!(
        case.b.one(&format!("SELECT COUNT(*) FROM {database}.t")),
        "1"
    );
}

on_both!(
    a_copy_is_not_faster_than_its_rows_a_second,
    a_copy_is_not_faster_than_its_bytes_a_second,
    e01_a_throttled_copy_hears_an_interrupt,
    the_rate_can_stand_in_the_settings,
    a_copy_waits_while_the_source_is_busy,
    an_unknown_counter_is_refused_before_the_first_write,
    the_plan_names_how_rows_are_written,
    the_reply_tells_for_how_long_the_source_was_locked,
);
