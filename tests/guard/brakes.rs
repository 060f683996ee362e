//! E11: what a brake holds, by which figures, and how it is let go.

use crate::live::{Case, on_both};

/// Rows 1 to `many` of a table `t`.
fn numbers(many: u32) -> String {
    format!(
        "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v INT);
         INSERT INTO t (v) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many}) SELECT i FROM n;"
    )
}

fn count(case: &Case, database: &str) -> String {
    case.b.one(&format!("SELECT COUNT(*) FROM {database}.t"))
}

fn e11_an_empty_source_is_refused(case: &Case) {
    let shop = case.source(
        "shop",
        "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v INT)",
    );
    case.fill(&case.b, &shop, &numbers(3));
    case.sync(&shop, &[]).refuses(
        4,
        &[
            "the source holds no rows, and the target holds 3 in 1 table",
            "--allow-empty goes on",
        ],
    );
    case.sync(&shop, &["--allow-vanish", "100%"])
        .refuses(4, &["the source holds no rows"]);
    assert_eq!(count(case, &shop), "3");
    assert!(case.left_of(&shop).is_empty());
    case.sync(&shop, &["--allow-empty"]).expect(0);
    assert_eq!(count(case, &shop), "0");
}

fn e11_a_third_of_the_rows_does_not_vanish_unasked(case: &Case) {
    let shop = case.source("shop", &numbers(600));
    let more = format!("{} CREATE TABLE gone AS SELECT 1 AS a;", numbers(1000));
    case.fill(&case.b, &shop, &more);
    case.sync(&shop, &[]).refuses(
        4,
        &[
            "401 of 1,001 rows of the target would vanish (41 %): t 1,000 → 600, gone 1 → 0",
            "--allow-vanish 41% goes on",
        ],
    );
    case.sync(&shop, &["--allow-vanish", "40%"])
        .refuses(4, &["would vanish"]);
    case.sync(&shop, &["--no-data", "t", "--keep-extra"])
        .refuses(4, &["(100 %): t 1,000 → 0"]);
    assert_eq!(count(case, &shop), "1000");
    case.sync(&shop, &["--allow-vanish", "41%"]).expect(0);
    assert_eq!(count(case, &shop), "600");
}

fn e11_many_rows_are_counted_exactly_too(case: &Case) {
    let tables = "CREATE TABLE small1 (id INT PRIMARY KEY); CREATE TABLE small2 (id INT PRIMARY KEY);
                  CREATE TABLE small3 (id INT PRIMARY KEY); CREATE TABLE small4 (id INT PRIMARY KEY);
                  CREATE TABLE small5 (id INT PRIMARY KEY) ENGINE=MyISAM; INSERT INTO small5 VALUES (1), (2);
                  CREATE TABLE d (i INT PRIMARY KEY); INSERT INTO d VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
                  CREATE TABLE big (id INT PRIMARY KEY AUTO_INCREMENT);";
    let fill = "INSERT INTO big SELECT NULL FROM d a, d b, d c, d e, d f, d g WHERE g.i < 3; ANALYZE TABLE big;";
    let shop = case.source("shop", &format!("{tables} INSERT INTO big VALUES (1);"));
    case.fill(&case.b, &shop, &format!("{tables} {fill}"));
    case.sync(&shop, &[]).refuses(
        4,
        &["299,999 of 300,012 rows of the target would vanish (100 %): big 300,000 → 1"],
    );
    assert_eq!(
        case.b.one(&format!("SELECT COUNT(*) FROM {shop}.big")),
        "300000"
    );
}

fn e11_a_newer_target_is_refused_by_its_label(case: &Case) {
    let shop = case.source("shop", &numbers(5));
    case.fill(&case.b, &shop, &numbers(5));
    // Update times have whole seconds.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    case.b
        .sql(&format!("INSERT INTO {shop}.t (v) VALUES (6), (7)"));
    case.home
        .add("stage", &case.b.url("dbm"), "--env staging")
        .expect(0);
    let (from, to) = (format!("a/{shop}"), format!("stage/{shop}"));
    case.home.run(&["sync", &from, &to, "--yes"]).refuses(
        4,
        &[
            "numbers that the source never gave: t",
            "--allow-newer goes on",
        ],
    );
    assert_eq!(count(case, &shop), "7");
    // To development it is only said.
    let done = case.sync(&shop, &[]).expect(0);
    assert!(
        done.stderr.contains("numbers that the source never gave"),
        "{}",
        done.stderr
    );
    assert_eq!(count(case, &shop), "5");
}

fn e10_a_pair_is_not_turned_around_by_accident(case: &Case) {
    let shop = case.source("shop", &numbers(5));
    case.sync(&shop, &[]).expect(0);
    let (from, to) = (format!("b/{shop}"), format!("a/{shop}"));
    case.home.run(&["sync", &from, &to, "--yes"]).refuses(
        4,
        &["was synced from this target before", "--reverse goes on"],
    );
    case.home
        .run(&["sync", &from, &to, "--yes", "--reverse"])
        .expect(0);
    // Once against the direction does not change it.
    case.sync(&shop, &[]).expect(0);
    case.home
        .run(&["sync", &from, &to, "--yes"])
        .refuses(4, &["--reverse goes on"]);
}

on_both!(
    e11_an_empty_source_is_refused,
    e11_a_third_of_the_rows_does_not_vanish_unasked,
    e11_many_rows_are_counted_exactly_too,
    e11_a_newer_target_is_refused_by_its_label,
    e10_a_pair_is_not_turned_around_by_accident,
);
