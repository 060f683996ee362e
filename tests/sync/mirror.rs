//! A database sync mirrors: what only the target has leaves, unless told to stay.

use crate::live::{Case, on_both};

const SHOP: &str = "
CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(40));
CREATE TABLE orders (id INT PRIMARY KEY, customer INT, FOREIGN KEY (customer) REFERENCES customers (id));
CREATE VIEW names AS SELECT name FROM customers;
INSERT INTO customers VALUES (1, 'Ada'), (2, 'Bob'); INSERT INTO orders VALUES (10, 1), (11, 2);";

const OLDER: &str = "
CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(20));
CREATE TABLE extra (id INT PRIMARY KEY); INSERT INTO extra VALUES (5);
CREATE VIEW extra_view AS SELECT id FROM extra;
CREATE TRIGGER extra_trigger BEFORE INSERT ON customers FOR EACH ROW SET NEW.name = 'bent';
CREATE TRIGGER other_trigger BEFORE INSERT ON extra FOR EACH ROW SET NEW.id = NEW.id;
CREATE PROCEDURE extra_routine() SELECT 1;
CREATE EVENT extra_event ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM extra;
INSERT INTO customers VALUES (9, 'Old');";

/// What a database holds, by kind and name.
fn things(case: &Case, database: &str) -> String {
    case.b.rows(&format!(
        "SELECT name FROM (SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{database}'
          UNION ALL SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '{database}'
          UNION ALL SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = '{database}'
          UNION ALL SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = '{database}') AS things
          ORDER BY name"
    ))
}

fn what_only_the_target_has_leaves(case: &Case) {
    let shop = case.source("shop", SHOP);
    case.fill(&case.b, &shop, OLDER);
    let done = case.sync(&shop, &[]).expect(0);
    assert_eq!(done.json["status"], "done");
    assert_eq!(done.json["databases"][0]["rows"].to_string(), "4");
    assert_eq!(things(case, &shop), "customers, names, orders");
    assert_eq!(
        case.b.rows(&format!("SELECT * FROM {shop}.customers")),
        "1 Ada, 2 Bob"
    );
    assert_eq!(case.left_of(&shop), Vec::<String>::new());
    case.compare(&shop, &[]).expect(0);
}

fn keep_extra_keeps_what_only_the_target_has(case: &Case) {
    let shop = case.source("shop", SHOP);
    case.fill(&case.b, &shop, OLDER);
    case.sync(&shop, &["--keep-extra"]).expect(0);
    let kept = things(case, &shop);
    for name in [
        "extra",
        "extra_event",
        "extra_routine",
        "extra_view",
        "orders",
        "other_trigger",
    ] {
        assert!(
            kept.split(", ").any(|thing| thing == name),
            "no {name} in {kept}"
        );
    }
    assert_eq!(case.b.rows(&format!("SELECT * FROM {shop}.extra")), "5");
    assert_eq!(
        case.b.rows(&format!("SELECT * FROM {shop}.customers")),
        "1 Ada, 2 Bob"
    );
}

fn a_second_sync_finds_the_same_and_changes_nothing_else(case: &Case) {
    let shop = case.source("shop", SHOP);
    case.sync(&shop, &[]).expect(0);
    case.a
        .sql(&format!("DELETE FROM {shop}.orders WHERE id = 10"));
    case.sync(&shop, &["--verify", "checksum"]).expect(0);
    assert_eq!(case.b.rows(&format!("SELECT id FROM {shop}.orders")), "11");
    assert_eq!(things(case, &shop), "customers, names, orders");
}

fn a_database_gets_another_name(case: &Case) {
    let shop = case.source("shop", SHOP);
    let (copy, mapped) = (case.database("copy"), case.database("mapped"));
    let (from, to) = (format!("a/{shop}"), format!("b/{copy}"));
    case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
    assert_eq!(
        case.b
            .rows(&format!("SELECT name FROM {copy}.names ORDER BY name")),
        "Ada, Bob"
    );
    let map = format!("{shop}={mapped}");
    case.home
        .run(&["sync", "a", "b", "--select", &shop, "--map", &map, "--yes"])
        .expect(0);
    assert_eq!(
        case.b.one(&format!("SELECT COUNT(*) FROM {mapped}.orders")),
        "2"
    );
    assert!(!case.has(&shop));
    // A view and a foreign key of the copy stay in the copy.
    let broken = format!("INSERT INTO {mapped}.orders VALUES (12, 77)");
    assert!(case.b.refusal(&broken).unwrap().contains(&mapped));
}

fn a_copy_on_the_same_server_under_another_name(case: &Case) {
    let shop = case.source("shop", SHOP);
    let copy = case.database("copy");
    let (from, to) = (format!("a/{shop}"), format!("a/{copy}"));
    case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
    assert_eq!(
        case.a.one(&format!("SELECT COUNT(*) FROM {copy}.orders")),
        "2"
    );
}

fn foreign_keys_in_cycles_and_to_themselves_arrive(case: &Case) {
    let keys = case.source(
        "keys",
        "CREATE TABLE tree (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES tree (id) ON DELETE CASCADE);
         INSERT INTO tree VALUES (9, NULL), (5, 9), (1, 5);
         CREATE TABLE hen (id INT PRIMARY KEY, egg INT); CREATE TABLE egg (id INT PRIMARY KEY, hen INT, FOREIGN KEY (hen) REFERENCES hen (id));
         ALTER TABLE hen ADD FOREIGN KEY (egg) REFERENCES egg (id);
         INSERT INTO hen VALUES (1, NULL); INSERT INTO egg VALUES (2, 1); UPDATE hen SET egg = 2;",
    );
    for _ in 0..2 {
        case.sync(&keys, &[]).expect(0);
        for orphan in [
            "tree VALUES (100, 77)",
            "hen VALUES (100, 77)",
            "egg VALUES (100, 77)",
        ] {
            let refused = case
                .b
                .refusal(&format!("INSERT INTO {keys}.{orphan}"))
                .unwrap();
            assert!(refused.contains("foreign key"), "{refused}");
        }
    }
    case.b.sql(&format!("DELETE FROM {keys}.tree WHERE id = 9"));
    assert_eq!(
        case.b.one(&format!("SELECT COUNT(*) FROM {keys}.tree")),
        "0"
    );
    case.compare(&keys, &["--schema"]).expect(0);
}

fn a_table_without_transactions_is_copied_and_said(case: &Case) {
    let old = case.source(
        "old",
        "CREATE TABLE m (id INT PRIMARY KEY, v VARCHAR(9)) ENGINE=MyISAM; INSERT INTO m VALUES (1, 'x'), (2, NULL);
         CREATE TABLE n (id INT PRIMARY KEY); INSERT INTO n VALUES (7);",
    );
    for _ in 0..2 {
        let done = case.sync(&old, &[]).expect(0);
        assert!(
            done.stderr.contains("no snapshot covers m"),
            "{}",
            done.stderr
        );
        assert_eq!(
            case.b.rows(&format!("SELECT * FROM {old}.m ORDER BY id")),
            "1 x, 2 NULL"
        );
    }
    let engine = format!(
        "SELECT ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{old}' AND TABLE_NAME = 'm'"
    );
    assert_eq!(case.b.one(&engine), "MyISAM");
}

on_both!(
    what_only_the_target_has_leaves,
    keep_extra_keeps_what_only_the_target_has,
    a_second_sync_finds_the_same_and_changes_nothing_else,
    a_database_gets_another_name,
    a_copy_on_the_same_server_under_another_name,
    foreign_keys_in_cycles_and_to_themselves_arrive,
    a_table_without_transactions_is_copied_and_said,
);
