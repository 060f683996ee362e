//! A part of a database: some tables, without rows, the structure or the rows only; the rest stays as it is.

use crate::live::{Case, on_both};

const SHOP: &str = "
CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(40));
CREATE TABLE orders (id INT PRIMARY KEY, customer INT, CONSTRAINT bought FOREIGN KEY (customer) REFERENCES customers (id));
CREATE TABLE log (id INT PRIMARY KEY, line TEXT);
INSERT INTO customers VALUES (1, 'Ada'), (2, 'Bob'); INSERT INTO orders VALUES (10, 1), (11, 2);
INSERT INTO log VALUES (1, 'a'), (2, 'b');";

/// Both sides have the shop; then the source's customers get new names.
fn two_shops(case: &Case) -> String {
    let shop = case.source("shop", SHOP);
    case.fill(&case.b, &shop, SHOP);
    case.a.sql(&format!(
        "UPDATE {shop}.customers SET name = UPPER(name); INSERT INTO {shop}.log VALUES (3, 'c');
         INSERT INTO {shop}.customers VALUES (3, 'CLEO')"
    ));
    shop
}

fn names(case: &Case, shop: &str) -> String {
    case.b
        .rows(&format!("SELECT name FROM {shop}.customers ORDER BY id"))
}

fn logged(case: &Case, shop: &str) -> String {
    case.b.one(&format!("SELECT COUNT(*) FROM {shop}.log"))
}

fn a_table_alone_touches_nothing_else(case: &Case) {
    let shop = two_shops(case);
    case.b.sql(&format!(
        "CREATE TABLE {shop}.extra (id INT); CREATE VIEW {shop}.v AS SELECT 1 AS one"
    ));
    case.sync(&shop, &["--table", "log"]).expect(0);
    assert_eq!(
        (names(case, &shop).as_str(), logged(case, &shop).as_str()),
        ("Ada, Bob", "3")
    );
    assert_eq!(
        case.b.rows(&format!("SHOW TABLES FROM {shop}")),
        "customers, extra, log, orders, v"
    );
    case.sync(&shop, &["--table", "lo*"]).expect(0);
    let place = format!("a/{shop}.log");
    case.home.run(&["sync", &place, "b", "--yes"]).expect(0);
    case.sync(&shop, &["--table", "lgo"])
        .refuses(64, &["no table matches lgo; did you mean log?"]);
}

fn d06_the_foreign_key_of_a_table_that_stays_holds_on(case: &Case) {
    let shop = two_shops(case);
    case.b.sql(&format!(
        "CREATE TRIGGER {shop}.t BEFORE INSERT ON {shop}.orders FOR EACH ROW SET NEW.id = NEW.id"
    ));
    case.sync(&shop, &["--table", "customers"]).expect(0);
    assert_eq!(names(case, &shop), "ADA, BOB, CLEO");
    let orphan = format!("INSERT INTO {shop}.orders VALUES (12, 77)");
    assert!(case.b.refusal(&orphan).unwrap().contains("foreign key"));
    let child = case.b.rows(&format!("SHOW CREATE TABLE {shop}.orders"));
    let kept = "CONSTRAINT `bought` FOREIGN KEY (`customer`) REFERENCES `customers` (`id`)";
    assert!(child.contains(kept), "{child}");
    assert!(!child.contains("_maestro"), "{child}");
}

fn d06_rows_that_would_be_orphans_are_refused_first(case: &Case) {
    let shop = two_shops(case);
    case.b.sql(&format!(
        "INSERT INTO {shop}.customers VALUES (8, 'Zoe'); INSERT INTO {shop}.orders VALUES (12, 8)"
    ));
    case.sync(&shop, &["--table", "customers"])
        .refuses(4, &["1 row of orders", "bought", "sync orders too"]);
    assert_eq!(names(case, &shop), "Ada, Bob, Zoe");
    let orphan = format!("INSERT INTO {shop}.orders VALUES (13, 77)");
    assert!(case.b.refusal(&orphan).unwrap().contains("foreign key"));
    assert_eq!(case.left_of(&shop), Vec::<String>::new());
}

fn an_excluded_table_stays_as_it_is(case: &Case) {
    let shop = two_shops(case);
    case.b.sql(&format!("CREATE TABLE {shop}.log_old (id INT)"));
    case.sync(&shop, &["--exclude", "log*"]).expect(0);
    assert_eq!(
        (names(case, &shop).as_str(), logged(case, &shop).as_str()),
        ("ADA, BOB, CLEO", "2")
    );
    assert_eq!(
        case.b.rows(&format!("SHOW TABLES FROM {shop}")),
        "customers, log, log_old, orders"
    );
}

fn no_data_makes_tables_without_rows(case: &Case) {
    let shop = two_shops(case);
    case.sync(&shop, &["--no-data", "log"]).expect(0);
    assert_eq!(
        (names(case, &shop).as_str(), logged(case, &shop).as_str()),
        ("ADA, BOB, CLEO", "0")
    );
}

fn schema_makes_what_is_missing_and_refuses_rows_that_would_go(case: &Case) {
    let shop = two_shops(case);
    case.a.sql(&format!(
        "CREATE TABLE {shop}.fresh (id INT PRIMARY KEY); INSERT INTO {shop}.fresh VALUES (1)"
    ));
    case.sync(&shop, &["--schema"]).expect(0);
    assert_eq!(
        case.b.one(&format!("SELECT COUNT(*) FROM {shop}.fresh")),
        "0"
    );
    assert_eq!(names(case, &shop), "Ada, Bob");

    case.a.sql(&format!(
        "ALTER TABLE {shop}.log ADD COLUMN level INT; ALTER TABLE {shop}.fresh ADD COLUMN v INT"
    ));
    case.sync(&shop, &["--schema"]).refuses(
        4,
        &[
            "table log differs",
            "column level",
            "holds rows on the target",
        ],
    );
    assert_eq!(logged(case, &shop), "2");
    let columns = format!(
        "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '{shop}' AND TABLE_NAME = 'fresh'"
    );
    assert_eq!(case.b.one(&columns), "1");

    case.sync(&shop, &["--schema", "--exclude", "log"])
        .expect(0);
    assert_eq!(case.b.one(&columns), "2");
    assert_eq!(names(case, &shop), "Ada, Bob");
}

fn data_needs_an_equal_structure(case: &Case) {
    let shop = two_shops(case);
    case.b.sql(&format!("CREATE TRIGGER {shop}.bend BEFORE INSERT ON {shop}.customers FOR EACH ROW SET NEW.name = 'bent'"));
    case.sync(&shop, &["--data"]).expect(0);
    assert_eq!(
        (names(case, &shop).as_str(), logged(case, &shop).as_str()),
        ("ADA, BOB, CLEO", "3")
    );
    case.b
        .sql(&format!("INSERT INTO {shop}.customers VALUES (4, 'x')"));
    assert_eq!(names(case, &shop), "ADA, BOB, CLEO, bent");
    case.a.sql(&format!("ALTER TABLE {shop}.customers ADD COLUMN email VARCHAR(9); CREATE TABLE {shop}.fresh (id INT)"));
    case.sync(&shop, &["--data"]).refuses(
        4,
        &[
            "table customers has another structure on the target",
            "email",
            "the target has no table fresh",
        ],
    );
    assert_eq!(names(case, &shop), "ADA, BOB, CLEO, bent");
    case.b.sql(&format!("DROP DATABASE {shop}"));
    case.sync(&shop, &["--data"])
        .refuses(4, &["the target has no database"]);
    assert!(!case.has(&shop));
}

fn a_dry_run_shows_and_changes_nothing(case: &Case) {
    let shop = two_shops(case);
    let fresh = case.database("fresh");
    let done = case.sync(&shop, &["--dry-run"]).expect(0);
    assert_eq!(done.json["status"], "planned");
    let stages = done.json["plan"][0]["stages"].to_string();
    assert!(stages.contains("replace tables"), "{stages}");
    assert_eq!(names(case, &shop), "Ada, Bob");
    let (from, to) = (format!("a/{shop}"), format!("b/{fresh}"));
    case.home.run(&["sync", &from, &to, "--dry-run"]).expect(0);
    assert!(!case.has(&fresh));
    let runs = case.home.run(&["history"]).expect(0);
    assert_eq!(runs.json["runs"].as_array().unwrap().len(), 0);
}

on_both!(
    a_table_alone_touches_nothing_else,
    d06_the_foreign_key_of_a_table_that_stays_holds_on,
    d06_rows_that_would_be_orphans_are_refused_first,
    an_excluded_table_stays_as_it_is,
    no_data_makes_tables_without_rows,
    schema_makes_what_is_missing_and_refuses_rows_that_would_go,
    data_needs_an_equal_structure,
    a_dry_run_shows_and_changes_nothing,
);
