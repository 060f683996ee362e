//! `--in-server`: the server copies from table to table, and what arrives is what any other copy brings.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::fidelity::{self, oracle};
use crate::live::{Case, Done, Flavor, Place, Private, block_on, on_both, statement, until};

fn inside(case: &Case, from: &str, to: &str, more: &[&str]) -> Done {
    let (from, to) = (format!("a/{from}"), format!("a/{to}"));
    let mut words = vec!["sync", &from, &to, "--in-server", "--yes"];
    words.extend(more);
    case.home.run(&words)
}

fn difficult_databases_are_copied_inside_the_server(case: &Case) {
    for (name, sql) in fidelity::whole(case) {
        let (from, to) = (case.database(name), case.database(&format!("{name}_copy")));
        fidelity::load(&case.a, &sql.replace(name, &from));
        for round in ["new", "replaced"] {
            let done = inside(case, &from, &to, &[]).expect(0);
            assert_eq!(done.json["snapshot"], "table locks", "{}", done.stdout);
            let held = &done.json["databases"][0]["source_locked_seconds"];
            assert!(
                held.as_f64().is_some_and(|held| held > 0.0),
                "{}",
                done.stdout
            );
            let told = oracle::differences(&case.a, &case.a, &[(&from, &to)]);
            assert!(told.is_empty(), "{name}, {round}: {told}");
        }
        assert_eq!(block_on(case.a.left_of(&to)), Vec::<String>::new());
    }
}

/// A05, A06, A07, A08, A09: values that strict writing refuses, and those that a print would round.
fn a07_bent_values_are_copied_inside_the_server(case: &Case) {
    let from = case.source(
        "bent",
        "SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00';
         CREATE TABLE t (id INT PRIMARY KEY, e ENUM('a', 'b') NOT NULL, s SET('x', 'y'), f FLOAT, g FLOAT(5,2), d DOUBLE,
                         zero DATE, dt DATETIME, ts TIMESTAMP NULL, c CHAR(5), j JSON,
                         n INT GENERATED ALWAYS AS (id + 1) STORED, v INT GENERATED ALWAYS AS (id + 2) VIRTUAL);
         INSERT IGNORE INTO t (id, e, s, f, g, d, zero, dt, ts, c, j) VALUES
           (0, 'none', '', 1.1, 1000.004, -0e0, '0000-00-00', '2023-02-31', '1970-01-01 00:00:01', 'a ', '{\"a\": 1.0}'),
           (1, 'a', 'x,y', 16777217, 999.994, 1e-310, '2023-00-01', '0000-00-00', '2038-01-19 03:14:07', '', NULL),
           (2, '', NULL, -0e0, -999.999, 0.1, NULL, NULL, NULL, NULL, '[]');
         CREATE TABLE counts (id INT AUTO_INCREMENT PRIMARY KEY, hidden INT);
         SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
         INSERT INTO counts VALUES (0, 1), (7, 2); ALTER TABLE counts AUTO_INCREMENT = 100;",
    );
    let to = case.database("bent_copy");
    inside(case, &from, &to, &["--verify", "checksum"]).expect(0);
    let told = oracle::differences(&case.a, &case.a, &[(&from, &to)]);
    assert!(told.is_empty(), "{told}");
    let exact = |database: &str| {
        case.a.rows(&format!(
            "SET time_zone = '+00:00'; SELECT id, e + 0, s + 0, f * 1e0, g * 1e0, d, zero, dt, ts, HEX(c), n, v
               FROM {database}.t ORDER BY id"
        ))
    };
    assert_eq!(exact(&to), exact(&from));
    assert!(exact(&to).starts_with("0 0 0 "), "{}", exact(&to));
}

fn c01_a_copy_inside_the_server_holds_what_every_transaction_kept(case: &Case) {
    let table = |name: &str| {
        format!(
            "CREATE TABLE {name} (id INT PRIMARY KEY, amount INT NOT NULL);
             INSERT INTO {name} VALUES (0, 1000), (1, 1000), (2, 1000);"
        )
    };
    let bank = case.source("bank", &format!("{} {}", table("a_left"), table("z_right")));
    let copy = case.database("bank_copy");
    let stop = Arc::new(AtomicBool::new(false));
    let writer = std::thread::spawn({
        let (place, bank, stop) = (case.a.clone(), bank.clone(), stop.clone());
        move || {
            let mut connection = block_on(place.connect());
            let mut moved = 0;
            while !stop.load(Ordering::Relaxed) {
                let row = moved % 3;
                let sql = format!(
                    "START TRANSACTION; UPDATE {bank}.a_left SET amount = amount - 1 WHERE id = {row};
                     UPDATE {bank}.z_right SET amount = amount + 1 WHERE id = {row}; COMMIT"
                );
                block_on(statement(&mut connection, &sql)).unwrap();
                moved += 1;
            }
            moved
        }
    });
    for _ in 0..4 {
        inside(case, &bank, &copy, &[]).expect(0);
        let sum = format!(
            "SELECT (SELECT SUM(amount) FROM {copy}.a_left) + (SELECT SUM(amount) FROM {copy}.z_right)"
        );
        assert_eq!(case.a.one(&sql_int(&sum)), "6000");
    }
    stop.store(true, Ordering::Relaxed);
    assert!(writer.join().unwrap() > 10);
}

fn sql_int(sum: &str) -> String {
    format!("SELECT CAST(({sum}) AS SIGNED)")
}

/// Eighty megabytes without a key, so in one statement.
const LARGE: &str = "
CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
CREATE TABLE large (v VARCHAR(2000));
INSERT INTO large SELECT REPEAT(CHAR(97 + a.d), 1900) FROM digits a, digits b, digits c, digits d, digits e WHERE e.d < 4;";

/// Whether the server copies the large table of a database now.
fn copies(place: &Place, database: &str) -> bool {
    let sql = format!(
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST
          WHERE INFO LIKE 'INSERT INTO %large%SELECT%FROM `{database}`%' AND ID <> CONNECTION_ID()"
    );
    place.one(&sql) != "0"
}

/// A table without a key is one statement, which an interrupt ends; its lock goes with it.
fn e01_an_interrupt_ends_the_statement_and_the_lock(case: &Case) {
    let from = case.source("large", LARGE);
    let to = case.database("large_copy");
    let (left, right) = (format!("a/{from}"), format!("a/{to}"));
    let words = ["sync", &left, &right, "--in-server", "--yes"];
    let mut running = case.home.start(&words);
    let copying = || copies(&case.a, &from);
    until("the server copies", || {
        assert!(running.is_running(), "it was too quick");
        copying()
    });
    running.signal("-INT");
    let done = running.wait_within(Duration::from_secs(60)).expect(130);
    assert_eq!(done.json["status"], "interrupted", "{}", done.stdout);
    until("the statement has ended", || !copying());
    let write =
        format!("SET SESSION lock_wait_timeout = 1; INSERT INTO {from}.large VALUES ('new')");
    until("the source can be written again", || {
        case.a.refusal(&write).is_none()
    });
    case.home.run(&["resume", "--yes"]).expect(0);
    let counts =
        format!("SELECT COUNT(*) FROM {from}.large UNION ALL SELECT COUNT(*) FROM {to}.large");
    let counts = case.a.rows(&counts);
    let (there, here) = counts.split_once(", ").unwrap();
    assert_eq!(there, here);
    let told = oracle::differences(&case.a, &case.a, &[(&from, &to)]);
    assert!(told.is_empty(), "{told}");
}

/// A server of its own: every connection that waits there is ended, the one that holds the locks among them.
fn e05_a_lost_lock_is_taken_again_and_all_is_looked_at_anew(case: &Case) {
    let Some(own) = Private::start(case.flavor, &[]) else {
        return;
    };
    case.home.connect("own", &own.place);
    let (from, to) = (case.database("large"), case.database("large_copy"));
    let small =
        "CREATE TABLE small (id INT PRIMARY KEY, v INT); INSERT INTO small VALUES (1, 1), (2, 2);";
    case.fill(&own.place, &from, &format!("{LARGE} {small}"));
    let (left, right) = (format!("own/{from}"), format!("own/{to}"));
    let mut running = case
        .home
        .start(&["sync", &left, &right, "--in-server", "--yes"]);
    let idle =
        "SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND = 'Sleep' AND USER = 'dbm'";
    until("the server copies", || {
        assert!(running.is_running(), "it was too quick");
        copies(&own.place, &from)
    });
    let waiting: Vec<String> = own
        .place
        .sql(idle)
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    for id in waiting {
        let _ = own.place.refusal(&format!("KILL {id}"));
    }
    own.place
        .sql(&format!("UPDATE {from}.small SET v = 3 WHERE id = 2"));
    let done = running.wait_within(Duration::from_secs(120)).expect(0);
    assert!(done.stderr.contains("going on in"), "{}", done.stderr);
    let told = oracle::differences(&own.place, &own.place, &[(&from, &to)]);
    assert!(told.is_empty(), "{told}");
}

fn c09_what_cannot_be_copied_inside_is_refused_before_the_first_write(case: &Case) {
    let from = case.source("t", "CREATE TABLE t (id INT PRIMARY KEY)");
    case.sync(&from, &["--in-server"])
        .refuses(4, &["are not on one server", "leave --in-server out"]);
    assert!(!case.has(&from));
    // Whoever waits for the lock would count as load, and the copy would wait for them.
    case.sync(&from, &["--in-server", "--max-load", "Threads_running=9"])
        .refuses(64, &["--in-server", "--max-load"]);
    let user = format!("{}u", &from[from.len() - 12..]);
    case.a.sql(&format!(
        "DROP USER IF EXISTS `{user}`; CREATE USER `{user}` IDENTIFIED BY '{}';
         GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `{from}`.* TO `{user}`",
        crate::live::password()
    ));
    case.home
        .add("reader", &case.a.url(&user), "--env development")
        .expect(0);
    let to = case.database("t_copy");
    let (left, right) = (format!("reader/{from}"), format!("a/{to}"));
    let refused = case
        .home
        .run(&["sync", &left, &right, "--in-server", "--yes"]);
    case.a.sql(&format!("DROP USER `{user}`"));
    refused.refuses(4, &["may not LOCK TABLES", "GRANT LOCK TABLES"]);
    assert!(!block_on(case.a.has(&to)));
}

fn the_plan_says_that_the_source_is_locked(case: &Case) {
    let from = case.source("t", "CREATE TABLE t (id INT PRIMARY KEY)");
    let to = format!("a/{from}_copy");
    let from = format!("a/{from}");
    let words = ["sync", &from, &to, "--in-server", "--dry-run"];
    let done = case.home.shown(&words);
    let done = done.expect(0);
    let locked = "the source's tables are locked for writing meanwhile";
    assert!(done.stdout.contains(locked), "{}", done.stdout);
    assert!(
        done.stdout.contains("two tables at a time"),
        "{}",
        done.stdout
    );
    let best = match case.flavor {
        Flavor::MariaDb => "the bulk protocol",
        Flavor::MySql => "prepared INSERTs",
    };
    assert!(!done.stdout.contains(best), "{}", done.stdout);
}

on_both!(
    difficult_databases_are_copied_inside_the_server,
    a07_bent_values_are_copied_inside_the_server,
    c01_a_copy_inside_the_server_holds_what_every_transaction_kept,
    e01_an_interrupt_ends_the_statement_and_the_lock,
    e05_a_lost_lock_is_taken_again_and_all_is_looked_at_anew,
    c09_what_cannot_be_copied_inside_is_refused_before_the_first_write,
    the_plan_says_that_the_source_is_locked,
);
