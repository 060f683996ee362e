//! `history` as a person reads it.

use std::time::Duration;

use super::*;
use crate::commands::trial::Trial;
use crate::model::units::{Bytes, Rows};
use crate::output::Exit;
use crate::store::{Ending, NewRun};

fn trial() -> Trial {
    let trial = Trial::new();
    let run = trial
        .store
        .begin(&NewRun {
            id: "a".into(),
            kind: "sync",
            source: "prod/shop".into(),
            target: "dev/shop".into(),
            command: "sync prod/shop dev/shop".into(),
        })
        .unwrap();
    let step = Step {
        database: "shop".into(),
        what: None,
        status: Status::Failed,
        rows: Rows(1234),
        bytes: Bytes(2048),
        took: Duration::from_millis(1500),
        error: Some("the server went away".into()),
    };
    trial.store.step(run, &step).unwrap();
    trial.store.log(run, "swapping").unwrap();
    let ending = Ending {
        status: Status::Failed,
        snapshot: Some("one moment".into()),
        verified: None,
        error: Some("1 database failed".into()),
    };
    trial.store.end(run, &ending).unwrap();
    trial
}

#[test]
fn an_empty_history_says_what_will_be_in_it() {
    let mut trial = Trial::new();
    let seen = trial.script("history").unwrap();
    assert_eq!(
        seen.text,
        "No runs yet: sync and compare are recorded here.\n"
    );
    assert_eq!(seen.json, "{\"runs\":[]}");
    let error = trial.script("history show 1").err().unwrap();
    assert_eq!(
        (error.exit, error.message.as_str()),
        (Exit::USAGE, "there are no runs yet")
    );
}

#[test]
fn the_list_says_how_each_run_ended() {
    let seen = trial().script("history").unwrap();
    let row = seen.text.lines().nth(1).unwrap();
    let words: Vec<&str> = row.split_whitespace().collect();
    let wanted = [
        "1",
        "just",
        "now",
        "sync",
        "prod/shop",
        "dev/shop",
        "1",
        "1,234",
    ];
    assert_eq!(words[..8], wanted);
    assert_eq!(words.last(), Some(&"failed"));
    assert!(
        seen.json.starts_with(
            "{\"runs\":[{\"run\":1,\"id\":\"a\",\"kind\":\"sync\",\"status\":\"failed\""
        )
    );
}

#[test]
fn a_run_shows_its_steps_and_why_it_failed() {
    let mut trial = trial();
    for line in ["history show 1", "history show", "history show last"] {
        let seen = trial.script(line).unwrap();
        for said in [
            "Run 1: sync prod/shop → dev/shop, failed",
            "1 database failed",
            "the server went away",
        ] {
            assert!(seen.text.contains(said), "{said}: {}", seen.text);
        }
        assert!(
            seen.json
                .contains("\"steps\":[{\"database\":\"shop\",\"what\":null")
        );
    }
}

#[test]
fn the_log_of_a_run_is_kept() {
    let seen = trial().script("history log").unwrap();
    assert!(seen.text.ends_with("  swapping\n"), "{}", seen.text);
}

#[test]
fn a_number_that_is_no_run_names_the_newest() {
    let mut trial = trial();
    let error = trial.script("history show 7").err().unwrap();
    assert_eq!(error.hint.unwrap(), "the newest is 1; history lists them");
    assert!(trial.script("history show x").is_err());
}
