//! `compare` finds every kind of difference, names it, and ends with 1.

use crate::live::{Case, on_both};

const SHOP: &str = "
CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(40), KEY by_name (name));
CREATE TABLE orders (id INT PRIMARY KEY, customer INT, CONSTRAINT bought FOREIGN KEY (customer) REFERENCES customers (id));
CREATE VIEW names AS SELECT name FROM customers;
CREATE TRIGGER noting BEFORE INSERT ON orders FOR EACH ROW SET NEW.customer = NEW.customer;
CREATE PROCEDURE list() SELECT 1;
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01 00:00:00' DISABLE DO DELETE FROM orders;
INSERT INTO customers VALUES (1, 'Ada'), (2, 'Bob'); INSERT INTO orders VALUES (10, 1), (11, 2);";

fn every_kind_of_difference_is_found_and_named(case: &Case) {
    let shop = case.source("shop", SHOP);
    case.sync(&shop, &[]).expect(0);
    let equal = case.compare(&shop, &[]).expect(0);
    assert_eq!(equal.json["result"], "equal");

    for (change, named) in [
        (
            "UPDATE customers SET name = 'ada' WHERE id = 1",
            "\"table\":\"customers\",\"equal\":false",
        ),
        (
            "DELETE FROM orders WHERE id = 11",
            "\"source\":2,\"target\":1",
        ),
        (
            "ALTER TABLE customers MODIFY name VARCHAR(41)",
            "column name",
        ),
        ("ALTER TABLE customers DROP KEY by_name", "index by_name"),
        (
            "ALTER TABLE orders DROP FOREIGN KEY bought",
            "foreign key bought",
        ),
        (
            "CREATE OR REPLACE VIEW names AS SELECT id AS name FROM customers",
            "view names",
        ),
        ("DROP TRIGGER noting", "trigger noting"),
        (
            "DROP PROCEDURE list; CREATE PROCEDURE list() SELECT 2",
            "procedure list",
        ),
        (
            "ALTER EVENT nightly ON SCHEDULE EVERY 2 DAY",
            "event nightly",
        ),
        (
            "CREATE TABLE extra (id INT)",
            "\"table\":\"extra\",\"equal\":false,\"only_in\":\"target\"",
        ),
        (
            "DROP TABLE orders",
            "\"table\":\"orders\",\"equal\":false,\"only_in\":\"source\"",
        ),
        ("ALTER DATABASE CHARACTER SET ascii", "ascii"),
    ] {
        let copy = case.database("copy");
        case.b.sql(&format!("DROP DATABASE IF EXISTS {copy}"));
        let (from, to) = (format!("a/{shop}"), format!("b/{copy}"));
        case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
        case.b.sql(&format!("USE {copy}; {change}"));
        let found = case.home.run(&["compare", &from, &to]).expect(1);
        assert_eq!(found.json["result"], "different");
        let told = found.json["databases"][0].to_string();
        assert!(
            told.to_lowercase().contains(named),
            "{change}: no {named} in {told}"
        );
    }
}

fn counts_alone_do_not_see_the_content(case: &Case) {
    let shop = case.source("shop", SHOP);
    case.sync(&shop, &[]).expect(0);
    case.b.sql(&format!(
        "UPDATE {shop}.customers SET name = 'Eve' WHERE id = 1"
    ));
    case.compare(&shop, &["--counts"]).expect(0);
    case.compare(&shop, &[]).expect(1);
    case.compare(&shop, &["--schema"]).expect(0);
    case.compare(&shop, &["--table", "orders"]).expect(0);
    case.b
        .sql(&format!("DELETE FROM {shop}.orders WHERE id = 10"));
    case.compare(&shop, &["--counts"]).expect(1);
}

fn a_missing_database_is_a_difference(case: &Case) {
    let shop = case.source("shop", SHOP);
    let found = case.compare(&shop, &[]).expect(1);
    assert_eq!(found.json["databases"][0]["exists"], false);
    let nowhere = case.database("nowhere");
    case.compare(&nowhere, &[]).refuses(64, &["no database"]);
}

fn b08_b09_rows_that_cheap_sums_confuse_differ(case: &Case) {
    let columns = "CREATE TABLE t (a VARCHAR(9), b VARCHAR(9));";
    for (left, right) in [
        ("('a','a'),('a','a')", "('b','b'),('b','b')"),
        ("('x0','y')", "('x','0y')"),
        ("('xy','')", "('xy',NULL)"),
        ("('a','b'),('c','d')", "('a','d'),('c','b')"),
        ("('x',NULL)", "(NULL,'x')"),
        ("('a','b')", "('A','b')"),
        ("('a','b')", "('a ','b')"),
    ] {
        let t = case.database("pairs");
        for (place, rows) in [(&case.a, left), (&case.b, right)] {
            place.sql(&format!("DROP DATABASE IF EXISTS {t}"));
            case.fill(place, &t, &format!("{columns} INSERT INTO t VALUES {rows}"));
        }
        let found = case.compare(&t, &[]);
        assert_eq!(found.code, Some(1), "{left} and {right}: {}", found.stdout);
    }
}

on_both!(
    every_kind_of_difference_is_found_and_named,
    counts_alone_do_not_see_the_content,
    a_missing_database_is_a_difference,
    b08_b09_rows_that_cheap_sums_confuse_differ,
);
