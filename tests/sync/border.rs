//! What lies on the border of a swap: keys and triggers of which one side is replaced and the other stays.

use crate::live::{Case, on_both};

const PARENT: &str = "CREATE TABLE parent (id INT PRIMARY KEY); INSERT INTO parent VALUES (1), (2)";
const CHILD: &str = "CREATE TABLE child (id INT PRIMARY KEY, up INT, CONSTRAINT goes_up FOREIGN KEY (up) REFERENCES parent (id)); INSERT INTO child VALUES (1, 1)";

fn is_unchanged(case: &Case, shop: &str) {
    let left = case
        .b
        .rows(&format!("SELECT id FROM {shop}.parent ORDER BY id"));
    assert_eq!(left, "1, 2");
    assert_eq!(case.left_of(shop), Vec::<String>::new());
}

fn d06_a_kept_child_that_would_not_fit_is_refused(case: &Case) {
    let shop = case.source(
        "shop",
        "CREATE TABLE parent (id BIGINT PRIMARY KEY); INSERT INTO parent VALUES (1)",
    );
    case.fill(&case.b, &shop, &format!("{PARENT}; {CHILD}"));
    case.sync(&shop, &["--table", "parent"]).refuses(
        4,
        &[
            "child, which stays, would not fit parent any more",
            "goes_up",
        ],
    );
    is_unchanged(case, &shop);
}

fn d06_a_key_from_another_database_is_refused(case: &Case) {
    let shop = case.source("shop", PARENT);
    case.fill(&case.b, &shop, PARENT);
    let other = case.database("other");
    case.fill(
        &case.b,
        &other,
        &format!("CREATE TABLE x (up INT, CONSTRAINT across FOREIGN KEY (up) REFERENCES {shop}.parent (id))"),
    );
    case.sync(&shop, &[])
        .refuses(4, &[&format!("{other}.x refers to parent"), "across"]);
    is_unchanged(case, &shop);
    case.b.sql(&format!("DROP DATABASE {other}"));
}

fn d06_a_kept_child_keeps_its_parent(case: &Case) {
    let shop = case.source("shop", "CREATE TABLE other (id INT PRIMARY KEY)");
    case.fill(&case.b, &shop, &format!("{PARENT}; {CHILD}"));
    case.sync(&shop, &["--exclude", "child", "--allow-empty"])
        .refuses(
            4,
            &["child, which stays, refers to parent, which would be removed"],
        );
    is_unchanged(case, &shop);
}

fn d06_a_new_child_needs_the_rows_of_the_parent_that_stays(case: &Case) {
    let shop = case.source(
        "shop",
        &format!(
            "{PARENT}; INSERT INTO parent VALUES (3); {CHILD}; INSERT INTO child VALUES (2, 3)"
        ),
    );
    case.fill(&case.b, &shop, PARENT);
    case.sync(&shop, &["--table", "child"])
        .refuses(4, &["1 row of child", "sync parent too"]);
    is_unchanged(case, &shop);
    case.b.sql(&format!("INSERT INTO {shop}.parent VALUES (3)"));
    case.sync(&shop, &["--table", "child"]).expect(0);
    let orphan = format!("INSERT INTO {shop}.child VALUES (9, 99)");
    assert!(case.b.refusal(&orphan).unwrap().contains("foreign key"));
}

fn a_trigger_of_the_target_survives_a_schema_sync(case: &Case) {
    let shop = case.source("shop", "CREATE TABLE t (id BIGINT PRIMARY KEY)");
    case.fill(
        &case.b,
        &shop,
        "CREATE TABLE t (id INT PRIMARY KEY); CREATE TRIGGER own BEFORE INSERT ON t FOR EACH ROW SET NEW.id = NEW.id + 1",
    );
    case.sync(&shop, &["--schema"]).expect(0);
    case.b.sql(&format!("INSERT INTO {shop}.t VALUES (1)"));
    assert_eq!(case.b.one(&format!("SELECT id FROM {shop}.t")), "2");
}

fn compare_does_not_call_rows_equal_that_it_could_not_compare(case: &Case) {
    let shop = case.source("shop", "CREATE TABLE t (id INT PRIMARY KEY)");
    case.fill(
        &case.b,
        &shop,
        "CREATE TABLE t (id INT PRIMARY KEY, more INT)",
    );
    case.compare(&shop, &["--data"]).expect(1);
}

on_both!(
    d06_a_kept_child_that_would_not_fit_is_refused,
    d06_a_key_from_another_database_is_refused,
    d06_a_kept_child_keeps_its_parent,
    d06_a_new_child_needs_the_rows_of_the_parent_that_stays,
    a_trigger_of_the_target_survives_a_schema_sync,
    compare_does_not_call_rows_equal_that_it_could_not_compare,
);
