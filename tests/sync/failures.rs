//! What fails on the way: exit codes 5, 2 and 3, the target whole, the run recorded.

use super::{LARGE, wait_for_rows};
use crate::live::{Case, Done, Flavor, Home, block_on, on_both, statement};

const SHOP: &str =
    "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t VALUES (1, 'x')";

/// A sync from `a` to a place that is spelled so, with this password.
fn sync_to(case: &Case, shop: &str, url: &str, password: &str) -> Done {
    let home = Home::new();
    home.connect("a", &case.a);
    let mut command = home.command();
    command.args([
        "connections",
        "add",
        "t",
        url,
        "--env",
        "development",
        "--no-test",
    ]);
    command.args(["--password-env", "OTHER_PASSWORD"]);
    assert!(command.output().unwrap().status.success());
    let mut command = home.command();
    command.env("OTHER_PASSWORD", password);
    command.args(["sync", &format!("a/{shop}"), &format!("t/{shop}"), "--yes"]);
    let done = Done::of(command.output().unwrap());
    let runs = home.run(&["history"]).expect(0);
    assert_eq!(runs.json["runs"][0]["status"], "failed");
    done
}

fn a_place_that_cannot_be_reached_is_named_with_its_hop(case: &Case) {
    let shop = case.source("shop", SHOP);
    let free = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    for (url, password, parts) in [
        (
            case.b.url("dbm"),
            "wrong",
            ["login failed", "check user and password"],
        ),
        (
            case.b.url("who"),
            "dbm",
            ["login failed", "check user and password"],
        ),
        (
            format!("mysql://dbm@127.0.0.1:{free}"),
            "dbm",
            ["TCP failed", "nothing listens at"],
        ),
        (
            "mysql://dbm@no-such-host.invalid:3306".into(),
            "dbm",
            ["address failed", "check the host name no-such-host.invalid"],
        ),
        (
            "mysql://dbm@localhost?socket=/nowhere/socket".into(),
            "dbm",
            [
                "address failed",
                "check the path and the mode of the socket",
            ],
        ),
    ] {
        let done = sync_to(case, &shop, &url, password);
        let told = done.refuses(5, &parts).told();
        assert!(told.starts_with("connect\n"), "{told}");
    }
    assert!(!case.has(&shop));
}

fn a_staging_database_that_vanishes_in_mid_run_fails_and_the_target_is_as_before(case: &Case) {
    let shop = case.source("shop", LARGE);
    case.fill(&case.b, &shop, SHOP);
    let (from, to) = (format!("a/{shop}"), format!("b/{shop}"));
    let mut running = case
        .home
        .start(&["sync", &from, &to, "--yes", "--jobs", "1"]);
    wait_for_rows(case, &shop, &mut running);
    let staging = block_on(case.b.staging(&shop)).remove(0);
    case.b.sql(&format!("DROP DATABASE `{staging}`"));
    let done = running.wait().expect(2);
    assert_eq!(done.json["databases"][0]["status"], "failed");
    assert_eq!(case.b.rows(&format!("SELECT * FROM {shop}.t")), "1 x");
    assert_eq!(case.left_of(&shop), Vec::<String>::new());
    let runs = case.home.run(&["history"]).expect(0);
    assert_eq!(runs.json["runs"][0]["status"], "failed");
    assert!(
        runs.json["runs"][0]["error"]
            .as_str()
            .unwrap()
            .contains(&shop)
    );
}

fn a_source_that_vanishes_in_mid_run_fails_and_the_target_is_as_before(case: &Case) {
    let shop = case.source("shop", LARGE);
    case.a.sql(&format!(
        "CREATE TABLE {shop}.a_small (id INT PRIMARY KEY); INSERT INTO {shop}.a_small VALUES (1)"
    ));
    case.fill(&case.b, &shop, SHOP);
    let (from, to) = (format!("a/{shop}"), format!("b/{shop}"));
    let mut running = case
        .home
        .start(&["sync", &from, &to, "--yes", "--jobs", "1"]);
    wait_for_rows(case, &shop, &mut running);
    case.a.sql(&format!("DROP DATABASE {shop}"));
    let done = running.wait();
    // Where the drop waited for the readers, the run has ended well; nothing lies between.
    match done.code {
        Some(0) => assert_eq!(
            case.b.one(&format!("SELECT COUNT(*) FROM {shop}.large")),
            "20000"
        ),
        _ => {
            assert!(matches!(done.code, Some(2 | 4)), "{}", done.told());
            assert_eq!(case.b.rows(&format!("SELECT * FROM {shop}.t")), "1 x");
        }
    }
    assert_eq!(case.left_of(&shop), Vec::<String>::new());
}

/// Three databases, of which the second cannot arrive: its staging database goes while it is filled.
fn batch(case: &Case, more: &[&str]) -> (Done, [String; 3]) {
    let one = case.source("p1", SHOP);
    let two = case.source("p2", LARGE);
    let three = case.source("p3", SHOP);
    case.fill(&case.b, &two, SHOP);
    let select = format!("{one},{two},{three}");
    let mut words = vec![
        "sync", "a", "b", "--select", &select, "--yes", "--jobs", "1",
    ];
    words.extend(more);
    let mut running = case.home.start(&words);
    wait_for_rows(case, &two, &mut running);
    let staging = block_on(case.b.staging(&two)).remove(0);
    case.b.sql(&format!("DROP DATABASE `{staging}`"));
    (running.wait(), [one, two, three])
}

fn a_database_that_fails_does_not_stop_the_batch(case: &Case) {
    let (done, [one, two, three]) = batch(case, &[]);
    let done = done.expect(3);
    assert_eq!(done.json["status"], "partly");
    let statuses: Vec<_> = done.json["databases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|database| database["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["done", "failed", "done"]);
    for database in [&one, &two, &three] {
        assert_eq!(case.b.rows(&format!("SELECT * FROM {database}.t")), "1 x");
    }
    let run = case.home.run(&["history", "show", "1"]).expect(0);
    let failed = run.json["steps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|step| step["status"] == "failed");
    let failed = failed.unwrap();
    assert_eq!(failed["database"], two);
    assert!(
        failed["error"].as_str().unwrap().contains("cannot"),
        "{failed}"
    );
}

fn stop_on_error_leaves_the_rest(case: &Case) {
    let (done, [one, two, three]) = batch(case, &["--stop-on-error"]);
    let done = done.expect(3);
    assert_eq!(done.json["not_reached"][0], three);
    assert!(case.has(&one) && !case.has(&three));
    assert_eq!(case.b.rows(&format!("SELECT * FROM {two}.t")), "1 x");
}

fn an_object_that_cannot_be_made_is_named(case: &Case) {
    let shop = case.source(
        "shop",
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); CREATE TABLE gone (id INT);
         CREATE VIEW broken AS SELECT id FROM gone; CREATE VIEW fine AS SELECT id FROM t; DROP TABLE gone",
    );
    let done = case.sync(&shop, &[]).expect(3);
    assert_eq!(done.json["databases"][0]["status"], "partly");
    let left = done.json["databases"][0]["not_copied"].to_string();
    assert!(
        left.contains("view broken") && !left.contains("fine"),
        "{left}"
    );
    assert_eq!(case.b.rows(&format!("SHOW TABLES FROM {shop}")), "fine, t");
    assert_eq!(case.left_of(&shop), Vec::<String>::new());
}

/// Somebody's open transaction on a table of the target keeps the swap from its locks.
fn a_swap_that_cannot_have_its_locks_leaves_everything_as_it_was(case: &Case) {
    let shop = case.source(
        "shop",
        "CREATE TABLE parents (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO parents VALUES (1, 'new')",
    );
    case.fill(
        &case.b,
        &shop,
        "CREATE TABLE parents (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO parents VALUES (1, 'old');
         CREATE TABLE children (id INT PRIMARY KEY, parent INT, CONSTRAINT kept FOREIGN KEY (parent) REFERENCES parents (id));
         CREATE TRIGGER guard BEFORE INSERT ON parents FOR EACH ROW SET NEW.v = 'guarded';",
    );
    case.home.configure("sync: { retry_attempts: 0 }\n");
    for table in ["parents", "children"] {
        let mut holder = block_on(case.b.connect());
        let hold = format!("START TRANSACTION; SELECT * FROM {shop}.{table}");
        block_on(statement(&mut holder, &hold)).unwrap();
        let done = case.sync(&shop, &["--table", "parents"]).expect(130);
        assert!(done.told().contains("ock wait timeout"), "{}", done.told());
        drop(holder);
        assert_eq!(
            case.b.rows(&format!("SELECT * FROM {shop}.parents")),
            "1 old"
        );
        assert_ne!(case.left_of(&shop), Vec::<String>::new());
        let orphan = format!("INSERT INTO {shop}.children VALUES (1, 77)");
        assert!(
            case.b
                .refusal(&orphan)
                .is_some_and(|told| told.contains("kept"))
        );
        let triggers = format!(
            "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '{shop}'"
        );
        assert_eq!(case.b.rows(&triggers), "guard", "{table}");
    }
    case.home.run(&["resume", "--yes"]).expect(0);
    assert_eq!(case.left_of(&shop), Vec::<String>::new());
    assert_eq!(
        case.b.rows(&format!("SELECT * FROM {shop}.parents")),
        "1 new"
    );
}

/// An account that may only read is enough for a source: the ladder of snapshots ends at one reader.
fn reading_is_all_that_a_source_must_allow(case: &Case) {
    let shop = case.source(
        "shop",
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t VALUES (1, 'x');
         CREATE VIEW w AS SELECT v FROM t; CREATE TRIGGER guard BEFORE INSERT ON t FOR EACH ROW SET NEW.v = 'y'",
    );
    let mut command = case.home.command();
    let url = case.a.url("ro");
    command.args([
        "connections",
        "add",
        "reader",
        &url,
        "--env",
        "development",
        "--no-test",
    ]);
    command.args(["--password-env", "READER_PASSWORD"]);
    assert!(command.output().unwrap().status.success());
    let mut command = case.home.command();
    command.env("READER_PASSWORD", "ro");
    command.args([
        "sync",
        &format!("reader/{shop}"),
        &format!("b/{shop}"),
        "--yes",
    ]);
    let done = Done::of(command.output().unwrap()).expect(0);
    let level = match case.flavor {
        Flavor::MariaDb => "same binary log position",
        Flavor::MySql => "one reader",
    };
    assert_eq!(done.json["snapshot"], level);
    case.compare(&shop, &[]).expect(0);
}

on_both!(
    a_swap_that_cannot_have_its_locks_leaves_everything_as_it_was,
    reading_is_all_that_a_source_must_allow,
    a_place_that_cannot_be_reached_is_named_with_its_hop,
    a_staging_database_that_vanishes_in_mid_run_fails_and_the_target_is_as_before,
    a_source_that_vanishes_in_mid_run_fails_and_the_target_is_as_before,
    a_database_that_fails_does_not_stop_the_batch,
    stop_on_error_leaves_the_rest,
    an_object_that_cannot_be_made_is_named,
);
