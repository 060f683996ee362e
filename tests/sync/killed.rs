//! A run that ends in the middle: killed, interrupted, or met by another. The live tables are the old ones or
//! the new ones, and nothing is left behind.

use super::{LARGE, wait_for_rows};
use crate::live::{Case, Home, Private, Running, block_on, on_both, until};

const OLD: &str =
    "CREATE TABLE large (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO large VALUES (1, 'old');
CREATE TABLE extra (id INT PRIMARY KEY);";

fn start(case: &Case, database: &str) -> Running {
    let (from, to) = (format!("a/{database}"), format!("b/{database}"));
    case.home
        .start(&["sync", &from, &to, "--yes", "--jobs", "1"])
}

fn is_old(case: &Case, database: &str) {
    assert_eq!(
        case.b.rows(&format!("SELECT * FROM {database}.large")),
        "1 old"
    );
    assert_eq!(
        case.b.rows(&format!("SHOW TABLES FROM {database}")),
        "extra, large"
    );
}

/// The dead run's connection takes a moment to go; until then the target is locked.
fn sync_again(case: &Case, database: &str) {
    until("the dead run's lock is gone", || {
        let done = case.sync(database, &[]);
        match done.code {
            Some(0) => true,
            _ => {
                assert!(
                    done.told().contains("another run is writing"),
                    "{}",
                    done.stdout
                );
                false
            }
        }
    });
    assert_eq!(
        case.b
            .one(&format!("SELECT COUNT(*) FROM {database}.large")),
        "20000"
    );
    assert_eq!(case.left_of(database), Vec::<String>::new());
    assert_eq!(
        case.b.rows(&format!("SHOW TABLES FROM {database}")),
        "digits, large"
    );
}

fn a_killed_run_leaves_the_live_tables_and_the_next_sweeps(case: &Case) {
    let shop = case.source("shop", LARGE);
    case.fill(&case.b, &shop, OLD);
    let mut running = start(case, &shop);
    wait_for_rows(case, &shop, &mut running);
    running.signal("-KILL");
    assert_eq!(running.wait().code, None);
    is_old(case, &shop);
    assert_ne!(case.left_of(&shop), Vec::<String>::new());
    sync_again(case, &shop);
    let runs = case.home.run(&["history"]).expect(0);
    let first = runs.json["runs"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(first["status"], "interrupted", "{first}");
}

fn a_killed_run_into_a_new_database_is_swept_by_the_next(case: &Case) {
    let shop = case.source("shop", LARGE);
    let mut running = start(case, &shop);
    wait_for_rows(case, &shop, &mut running);
    running.signal("-KILL");
    running.wait();
    sync_again(case, &shop);
}

/// On a server of its own: what prune removes, another test may still want.
fn what_a_killed_run_left_waits_for_its_resume_and_prune_asks_no_other_home(case: &Case) {
    let shop = case.source("shop", LARGE);
    let Some(own) = Private::start(case.flavor, &[]) else {
        return;
    };
    let left = || block_on(own.place.left_of(&shop));
    case.home.connect("own", &own.place);
    let (from, to) = (format!("a/{shop}"), format!("own/{shop}"));
    let running = case.home.start(&["sync", &from, &to, "--yes"]);
    let made = format!(
        "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{shop}' AND TABLE_NAME = 'large'"
    );
    until("the table is made", || own.place.one(&made) == "1");
    running.signal("-KILL");
    running.wait();
    case.home.run(&["prune", "own", "--yes"]).expect(0);
    assert_ne!(left(), Vec::<String>::new());
    let elsewhere = Home::new();
    elsewhere.connect("own", &own.place);
    until("what the dead run left is gone", || {
        elsewhere.run(&["prune", "own", "--yes"]).expect(0);
        left().is_empty()
    });
    assert!(!block_on(own.place.has(&shop)));
    // The run's own home learns that nothing is left of it.
    let resumed = case.home.run(&["resume", "--yes"]).expect(4);
    assert!(resumed.stdout.contains("has removed"), "{}", resumed.stdout);
}

fn an_interrupt_leaves_the_target_and_a_resume_goes_on(case: &Case) {
    let shop = case.source("shop", LARGE);
    case.fill(&case.b, &shop, OLD);
    for (round, signal) in ["-INT", "-TERM", "-HUP"].into_iter().enumerate() {
        let mut running = start(case, &shop);
        wait_for_rows(case, &shop, &mut running);
        running.signal(signal);
        let done = running.wait().expect(130);
        assert_eq!(done.json["status"], "interrupted", "{}", done.stdout);
        is_old(case, &shop);
        let runs = case.home.run(&["history"]).expect(0);
        assert_eq!(
            runs.json["runs"][0]["status"], "interrupted",
            "round {round}"
        );
        case.a
            .sql(&format!("UPDATE {shop}.large SET v = {round} WHERE id = 7"));
        let run = done.json["run"].to_string();
        let resumed = case.home.run(&["resume", &run, "--yes"]).expect(0);
        assert_eq!(resumed.json["run"], done.json["run"]);
        assert_eq!(
            case.b.rows(&format!(
                "SELECT COUNT(*), SUM(v = {round} AND id = 7) FROM {shop}.large"
            )),
            "20000 1"
        );
        assert_eq!(case.left_of(&shop), Vec::<String>::new());
        case.home
            .run(&["resume", &run, "--yes"])
            .refuses(4, &["has nothing left to do"]);
        case.home.run(&["rollback", &run, "--yes"]).expect(0);
    }
}

fn an_interrupted_new_database_is_hidden_until_it_is_whole(case: &Case) {
    let shop = case.source("shop", LARGE);
    let mut running = start(case, &shop);
    wait_for_rows(case, &shop, &mut running);
    running.signal("-INT");
    running.wait().expect(130);
    assert_ne!(case.left_of(&shop), Vec::<String>::new());
    let seen = case.home.run(&["tables", &format!("b/{shop}")]);
    assert_ne!(seen.code, Some(0));
    case.home.run(&["resume", "--yes"]).expect(0);
    assert_eq!(
        case.b.one(&format!("SELECT COUNT(*) FROM {shop}.large")),
        "20000"
    );
    assert_eq!(case.left_of(&shop), Vec::<String>::new());
}

fn a_second_run_into_one_database_is_refused_while_the_first_works(case: &Case) {
    let shop = case.source("shop", LARGE);
    case.fill(&case.b, &shop, OLD);
    let mut running = start(case, &shop);
    wait_for_rows(case, &shop, &mut running);
    let second = case.sync(&shop, &[]);
    second.refuses(
        4,
        &["another run is writing to", "wait for that run to end"],
    );
    running.wait().expect(0);
    assert_eq!(
        case.b.one(&format!("SELECT COUNT(*) FROM {shop}.large")),
        "20000"
    );
    assert_eq!(case.left_of(&shop), Vec::<String>::new());
}

on_both!(
    a_killed_run_leaves_the_live_tables_and_the_next_sweeps,
    a_killed_run_into_a_new_database_is_swept_by_the_next,
    what_a_killed_run_left_waits_for_its_resume_and_prune_asks_no_other_home,
    an_interrupt_leaves_the_target_and_a_resume_goes_on,
    an_interrupted_new_database_is_hidden_until_it_is_whole,
    a_second_run_into_one_database_is_refused_while_the_first_works,
);
