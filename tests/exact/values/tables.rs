//! Columns that are computed or hidden, and rows that refer to each other.

use super::{arrives, both};
use crate::fidelity::oracle::same;
use crate::live::{Case, Flavor, on_both};

fn a10_generated_columns_arrive_with_their_values(case: &Case) {
    let database = arrives(
        case,
        "generated",
        "CREATE TABLE t (a INT, g INT AS (a * 2) STORED, h VARCHAR(20) AS (CONCAT('it''s ', a)) VIRTUAL, \
         id INT PRIMARY KEY, d DATE, y INT AS (YEAR(d)) STORED, UNIQUE (g), KEY (h), KEY (y)); \
         INSERT INTO t (id, a, d) VALUES (1, 5, '2020-02-29'), (2, NULL, NULL), (3, -7, '1999-12-31')",
    );
    both(
        case,
        &database,
        "SELECT id, g, h, y FROM t ORDER BY id",
        "1 10 it's 5 2020, 2 NULL NULL NULL, 3 -14 it's -7 1999",
    );
}

fn a11_invisible_columns_arrive(case: &Case) {
    let database = arrives(
        case,
        "invisible",
        "CREATE TABLE t (id INT PRIMARY KEY, h INT INVISIBLE DEFAULT 7, v VARCHAR(9) INVISIBLE, c INT, \
         g INT AS (c + 1) VIRTUAL INVISIBLE); \
         INSERT INTO t (id, c) VALUES (1, 2); INSERT INTO t (id, h, v, c) VALUES (2, 9, 'x', 3)",
    );
    both(case, &database, "SELECT * FROM t ORDER BY id", "1 2, 2 3");
    both(
        case,
        &database,
        "SELECT id, h, v, g FROM t ORDER BY id",
        "1 7 NULL 3, 2 9 x 4",
    );
    if case.flavor == Flavor::MySql {
        let database = arrives(
            case,
            "unseen",
            "SET sql_generate_invisible_primary_key = ON; CREATE TABLE t (a INT); INSERT INTO t VALUES (5), (5); \
             DELETE FROM t WHERE my_row_id = 1; INSERT INTO t VALUES (6)",
        );
        let query = "SELECT my_row_id, a FROM t ORDER BY 1";
        both(case, &database, query, "2 5, 3 6");
    }
}

const CYCLE: &str = "SET foreign_key_checks = 0; \
    CREATE TABLE a (id INT PRIMARY KEY, b INT, CONSTRAINT to_b FOREIGN KEY (b) REFERENCES b (id) ON DELETE SET NULL); \
    CREATE TABLE b (id INT PRIMARY KEY, c INT NOT NULL, CONSTRAINT to_c FOREIGN KEY (c) REFERENCES c (id) ON UPDATE CASCADE); \
    CREATE TABLE c (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES a (id)); \
    CREATE TABLE tree (id INT PRIMARY KEY, up INT NOT NULL, FOREIGN KEY (up) REFERENCES tree (id) ON DELETE CASCADE); \
    INSERT INTO a VALUES (1, 1), (2, NULL); INSERT INTO b VALUES (1, 1); INSERT INTO c VALUES (1, 1), (2, 2); \
    INSERT INTO tree VALUES (3, 1), (1, 1), (2, 3)";

fn d05_cycles_of_foreign_keys_and_self_references_arrive(case: &Case) {
    let database = arrives(case, "cycle", CYCLE);
    both(
        case,
        &database,
        "SELECT (SELECT COUNT(*) FROM a), (SELECT COUNT(*) FROM b), (SELECT COUNT(*) FROM c), (SELECT SUM(up) FROM tree)",
        "2 1 2 5",
    );
    for refused in [
        "DELETE FROM a WHERE id = 1",
        "INSERT INTO tree VALUES (9, 8)",
        "UPDATE b SET c = 77",
    ] {
        let refusal = case.b.refusal(&format!("USE `{database}`; {refused}"));
        assert!(
            refusal.is_some_and(|error| error.contains("foreign key")),
            "{refused}"
        );
    }
}

fn d06_orphans_of_the_source_arrive_neither_more_nor_fewer(case: &Case) {
    let database = arrives(
        case,
        "orphans",
        "CREATE TABLE p (id INT PRIMARY KEY); INSERT INTO p VALUES (1), (2); \
         CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE); \
         INSERT INTO c VALUES (1, 1), (2, 2), (3, NULL); SET foreign_key_checks = 0; INSERT INTO c VALUES (4, 99), (5, 98)",
    );
    both(
        case,
        &database,
        "SELECT COUNT(*), SUM(c.p IS NOT NULL AND p.id IS NULL) FROM c LEFT JOIN p ON p.id = c.p",
        "5 2",
    );
    let refusal = case
        .b
        .refusal(&format!("INSERT INTO `{database}`.c VALUES (9, 97)"));
    assert!(refusal.is_some());
}

fn d08_replacing_a_parent_deletes_no_child(case: &Case) {
    let sql = "CREATE TABLE p (id INT PRIMARY KEY, v INT); INSERT INTO p VALUES (1, 10), (2, 20); \
               CREATE TABLE c (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE ON UPDATE CASCADE)";
    let database = case.source("cascade", sql);
    case.fill(
        &case.b,
        &database,
        &format!("{sql}; INSERT INTO c VALUES (1, 1), (2, 2), (3, 2)"),
    );
    case.a.sql(&format!(
        "UPDATE `{database}`.p SET v = v + 1; INSERT INTO `{database}`.p VALUES (3, 30)"
    ));
    case.sync(&database, &["--table", "p"]).expect(0);
    let children = format!("SELECT GROUP_CONCAT(p ORDER BY id) FROM `{database}`.c");
    assert_eq!(case.b.rows(&children), "1,2,2");
    both(
        case,
        &database,
        "SELECT id, v FROM p ORDER BY id",
        "1 11, 2 21, 3 30",
    );
    case.b
        .sql(&format!("DELETE FROM `{database}`.p WHERE id = 2"));
    assert_eq!(case.b.rows(&children), "1");
}

fn d07_a_sync_fires_no_triggers(case: &Case) {
    let database = case.source(
        "effects",
        "CREATE TABLE t (id INT PRIMARY KEY, v INT); CREATE TABLE log (n INT AUTO_INCREMENT PRIMARY KEY, id INT)",
    );
    case.a.sql(&format!(
        "CREATE TRIGGER `{database}`.g AFTER INSERT ON `{database}`.t FOR EACH ROW INSERT INTO log (id) VALUES (NEW.id)"
    ));
    case.a
        .sql(&format!("INSERT INTO `{database}`.t VALUES (1, 1), (2, 2)"));
    for _ in ["new", "replaced"] {
        case.sync(&database, &[]).expect(0);
        same(case, &database, &database);
    }
    both(case, &database, "SELECT COUNT(*) FROM log", "2");
}

on_both!(
    a10_generated_columns_arrive_with_their_values,
    a11_invisible_columns_arrive,
    d05_cycles_of_foreign_keys_and_self_references_arrive,
    d06_orphans_of_the_source_arrive_neither_more_nor_fewer,
    d07_a_sync_fires_no_triggers,
    d08_replacing_a_parent_deletes_no_child,
);
