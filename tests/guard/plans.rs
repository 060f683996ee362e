//! Kept plans: applied as they are, or refused with what moved.

use std::os::unix::fs::PermissionsExt;

use crate::live::{Case, on_both};

const SHOP: &str =
    "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t VALUES (1, 'x');
                    CREATE VIEW w AS SELECT id FROM t";

const OLD: &str =
    "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t VALUES (9, 'old')";

/// Makes a plan; its number.
fn planned(case: &Case, shop: &str, more: &[&str]) -> String {
    let (from, to) = (format!("a/{shop}"), format!("b/{shop}"));
    let mut words = vec!["plan", &from, &to];
    words.extend(more);
    let done = case.home.run(&words).expect(0);
    assert_eq!(done.json["hash"].as_str().unwrap().len(), 64);
    done.json["number"].to_string()
}

fn rows(case: &Case, shop: &str) -> String {
    case.b.rows(&format!("SELECT * FROM {shop}.t"))
}

fn a_plan_writes_nothing_and_apply_does_what_it_says(case: &Case) {
    let shop = case.source("shop", SHOP);
    case.fill(&case.b, &shop, OLD);
    let file = case.home.folder.path().join("plan.json");
    let number = planned(case, &shop, &["--out", file.to_str().unwrap()]);
    assert_eq!(rows(case, &shop), "9 old");
    assert!(case.left_of(&shop).is_empty());
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    case.home
        .run(&["apply", &number])
        .refuses(4, &["there is no terminal to ask at", "--yes answers it"]);
    // Rows are no structure: what the source holds when it is applied is what arrives.
    case.a.sql(&format!("INSERT INTO {shop}.t VALUES (2, 'y')"));
    let done = case
        .home
        .run(&["apply", file.to_str().unwrap(), "--yes"])
        .expect(0);
    assert_eq!(done.json["status"], "done");
    assert_eq!(rows(case, &shop), "1 x, 2 y");
    let history = case.home.run(&["history"]).expect(0);
    assert_eq!(history.json["runs"][0]["kind"], "sync");
    assert!(
        history.json["runs"][0]["command"]
            .as_str()
            .unwrap()
            .starts_with("apply ")
    );
    assert_eq!(history.json["runs"][0]["status"], "done");
}

fn c03_a_plan_is_refused_with_what_moved(case: &Case) {
    let shop = case.source("shop", SHOP);
    case.fill(&case.b, &shop, OLD);
    for (server, change, told) in [
        (
            &case.a,
            "ALTER TABLE {}.t ADD n INT",
            "source {}: table t: column n is new",
        ),
        (
            &case.b,
            "CREATE TABLE {}.extra (id INT PRIMARY KEY)",
            "target {}: table extra is new",
        ),
        (
            &case.b,
            "ALTER TABLE {}.t ADD INDEX by_v (v)",
            "target {}: table t: index by_v is new",
        ),
        (&case.a, "DROP VIEW {}.w", "source {}: view w is gone"),
        (
            &case.b,
            "DROP DATABASE {}",
            "target {}: the database is gone",
        ),
    ] {
        let number = planned(case, &shop, &[]);
        server.sql(&change.replace("{}", &shop));
        case.home.run(&["apply", &number, "--yes"]).refuses(
            4,
            &["the plan does not fit any more", &told.replace("{}", &shop)],
        );
        assert!(case.left_of(&shop).is_empty());
    }
    assert!(!case.has(&shop));
}

fn e10_a_plan_for_one_server_is_not_applied_to_another(case: &Case) {
    let shop = case.source("shop", SHOP);
    case.fill(&case.b, &shop, OLD);
    let number = planned(case, &shop, &[]);
    let url = case.a.url("dbm");
    case.home
        .run(&["connections", "edit", "b", &url, "--no-test"])
        .expect(0);
    case.home
        .run(&["apply", &number, "--yes"])
        .refuses(4, &["b leads to another server than the plan was made for"]);
    assert_eq!(case.a.rows(&format!("SELECT * FROM {shop}.t")), "1 x");
}

fn a_plan_keeps_what_was_allowed_and_how_to_go_about_it(case: &Case) {
    let shop = case.source("shop", "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9))");
    case.fill(&case.b, &shop, OLD);
    let (from, to) = (format!("a/{shop}"), format!("b/{shop}"));
    case.home
        .run(&["plan", &from, &to])
        .refuses(4, &["the source holds no rows"]);
    let number = planned(case, &shop, &["--allow-empty", "--verify", "none"]);
    // Not verified: exit code 6.
    case.home.run(&["apply", &number, "--yes"]).expect(6);
    assert_eq!(rows(case, &shop), "");
}

on_both!(
    a_plan_writes_nothing_and_apply_does_what_it_says,
    c03_a_plan_is_refused_with_what_moved,
    e10_a_plan_for_one_server_is_not_applied_to_another,
    a_plan_keeps_what_was_allowed_and_how_to_go_about_it,
);
