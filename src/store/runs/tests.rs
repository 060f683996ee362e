//! Runs as they are recorded and read back.

use super::*;
use crate::store::test::store;

fn new(id: &str) -> NewRun {
    NewRun {
        id: id.into(),
        kind: "sync",
        source: "prod/shop".into(),
        target: "dev/shop".into(),
        command: "sync mysql://u:Canary1@h/shop dev/shop".into(),
    }
}

fn step(database: &str, what: Option<&str>, rows: u64) -> Step {
    Step {
        database: database.into(),
        what: what.map(String::from),
        status: Status::Done,
        rows: Rows(rows),
        bytes: Bytes(rows * 10),
        took: Duration::from_millis(1500),
        error: None,
    }
}

#[test]
fn a_run_sums_its_databases_and_not_their_tables_again() {
    let (_home, store) = store();
    let run = store.begin(&new("a")).unwrap();
    for step in [
        step("shop", Some("orders"), 70),
        step("shop", Some("items"), 30),
        step("shop", None, 100),
        step("crm", None, 5),
    ] {
        store.step(run, &step).unwrap();
    }
    let read = store.run(run).unwrap().unwrap();
    assert_eq!(
        (read.databases, read.rows, read.bytes),
        (2, Rows(105), Bytes(1050))
    );
    assert_eq!(read.status, Status::Running);
    assert_eq!(read.command, "sync mysql://u:***@h/shop dev/shop");
    let steps = store.steps(run).unwrap();
    assert_eq!(steps.len(), 4);
    assert_eq!(steps[0].what.as_deref(), Some("orders"));
    assert_eq!(steps[0].took, Duration::from_millis(1500));
}

#[test]
fn the_end_is_recorded_with_its_reason() {
    let (_home, store) = store();
    let run = store.begin(&new("a")).unwrap();
    store.log(run, "opened mysql://u:Canary1@h").unwrap();
    store
        .end(
            run,
            &Ending {
                status: Status::Failed,
                snapshot: Some("one moment".into()),
                verified: None,
                error: Some("disk full".into()),
            },
        )
        .unwrap();
    let read = store.run(run).unwrap().unwrap();
    assert_eq!(read.status, Status::Failed);
    assert_eq!(read.error.as_deref(), Some("disk full"));
    assert!(read.ended.unwrap() >= read.started);
    assert_eq!(store.log_lines(run).unwrap()[0].1, "opened mysql://u:***@h");
}

#[test]
fn the_newest_run_comes_first() {
    let (_home, store) = store();
    for id in ["a", "b", "c"] {
        store.begin(&new(id)).unwrap();
    }
    let numbers = |limit| -> Vec<i64> {
        let runs = store.runs(limit).unwrap();
        runs.into_iter().map(|run| run.number).collect()
    };
    assert_eq!(numbers(10), [3, 2, 1]);
    assert_eq!(numbers(2), [3, 2]);
    assert!(store.run(4).unwrap().is_none());
}

#[test]
fn a_running_run_whose_process_is_gone_is_interrupted() {
    let (_home, store) = store();
    let run = store.begin(&new("a")).unwrap();
    let mut child = std::process::Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    store
        .write("pretend", |transaction| {
            transaction.execute("UPDATE runs SET process = ?1", [child.id()])
        })
        .unwrap();
    assert_eq!(store.run(run).unwrap().unwrap().status, Status::Interrupted);
}
