//! `connections` as a person types it.

use secrecy::ExposeSecret;

use super::*;
use crate::commands::Words;
use crate::commands::trial::Trial;
use crate::store::Password;

fn refused(result: Result<crate::commands::trial::Seen>) -> Error {
    result.err().expect("it is refused")
}

/// A trial with saved SQLite connections of these names, added in this order.
fn with(names: &[&str]) -> Trial {
    let mut trial = Trial::new();
    for name in names {
        trial
            .script(&format!("connections add {name} ./{name} --no-test"))
            .unwrap();
    }
    trial
}

fn names(trial: &Trial) -> Vec<String> {
    let saved = trial.store.connections().unwrap();
    saved.into_iter().map(|saved| saved.name).collect()
}

#[test]
fn a_connection_is_added_and_listed_with_its_notes() {
    let mut trial = Trial::new();
    let seen = trial
        .script("connections add a ./a --env staging --no-test")
        .unwrap();
    assert!(seen.text.starts_with("Saved a ("), "{}", seen.text);
    assert!(seen.json.contains("\"tested\":false"), "{}", seen.json);
    let list = trial.script("conn").unwrap();
    assert!(list.text.contains("  1  a     /"), "{}", list.text);
    assert!(
        list.json.contains("\"environment\":\"staging\""),
        "{}",
        list.json
    );
    assert!(list.json.contains("\"number\":1"), "{}", list.json);
}

#[test]
fn a_relative_path_is_saved_absolute() {
    let trial = with(&["a"]);
    let saved = trial.store.connection("a").unwrap().unwrap();
    assert!(saved.address.to_string().starts_with('/'));
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let mut trial = with(&["a"]);
    assert_eq!(refused(trial.script("connections add")).exit, Exit::USAGE);
    assert_eq!(refused(trial.script("connections add b")).exit, Exit::USAGE);
    assert_eq!(
        refused(trial.script("connections edit a")).exit,
        Exit::USAGE
    );
    assert_eq!(
        refused(trial.script("connections del a")).exit,
        Exit::REFUSED
    );
    assert_eq!(
        refused(trial.script("connections clear")).exit,
        Exit::REFUSED
    );
    assert_eq!(names(&trial), ["a"]);
}

#[test]
fn a_failed_test_saves_nothing_and_says_how_to_go_on() {
    let mut trial = Trial::new();
    let error = refused(trial.script("connections add a ./nowhere/at/all"));
    assert_eq!(error.exit, Exit::CONNECT);
    assert!(
        error
            .hint
            .unwrap()
            .ends_with("a was not saved; --no-test saves it untested")
    );
    assert_eq!(names(&trial), Vec::<String>::new());
}

#[test]
fn names_that_exist_or_nearly_so_are_refused() {
    let mut trial = with(&["prod-db"]);
    let error = refused(trial.script("connections add prod-db ./x --no-test"));
    assert_eq!(error.exit, Exit::REFUSED);
    assert!(error.hint.unwrap().starts_with("connections edit prod-db"));
    let error = refused(trial.script("connections add Prod_DB ./x --no-test"));
    assert_eq!(error.message, "Prod_DB would be confused with prod-db");
}

#[test]
fn at_the_prompt_numbers_mean_the_list_last_shown() {
    let mut trial = with(&["b", "a", "c"]);
    trial.store.touch("c", "SQLite 3").unwrap();
    trial.script("connections").unwrap();
    assert_eq!(trial.session.connections, ["c", "a", "b"]);
    trial.store.touch("b", "SQLite 3").unwrap();
    trial.script("connections label 1 testing").unwrap();
    let c = trial.store.connection("c").unwrap().unwrap();
    assert_eq!(c.label, Label::Testing);
}

#[test]
fn on_the_command_line_numbers_mean_the_list_by_name() {
    let mut trial = with(&["b", "a", "c"]);
    trial.words = Words::CommandLine;
    trial.store.touch("c", "SQLite 3").unwrap();
    let list = trial.script("connections").unwrap();
    let first = list.text.lines().nth(1).unwrap();
    assert!(first.starts_with("  3  c "), "{}", list.text);
    trial.script("connections del 3 --yes").unwrap();
    assert_eq!(names(&trial), ["a", "b"]);
    let error = refused(trial.script("connections del 3 --yes"));
    assert_eq!(error.hint.unwrap(), "the numbers are 1 to 2");
}

#[test]
fn an_unknown_name_names_the_nearest() {
    let mut trial = with(&["staging"]);
    let error = refused(trial.script("connections show stagin"));
    assert_eq!(
        error.message,
        "there is no connection stagin; did you mean staging?"
    );
    assert_eq!((error.code, error.exit), ("no-connection", Exit::USAGE));
}

#[test]
fn deleting_is_asked_and_no_is_the_default() {
    let mut trial = with(&["a"]);
    let error = refused(trial.at_terminal("connections del a", &[""]));
    assert_eq!(error.message, "a was kept");
    trial.at_terminal("connections del a", &["y"]).unwrap();
    assert_eq!(names(&trial), Vec::<String>::new());
}

#[test]
fn clear_needs_the_word_typed_exactly() {
    let mut trial = with(&["a", "b"]);
    for word in ["clear", "y", ""] {
        assert_eq!(
            refused(trial.at_terminal("connections clear", &[word])).exit,
            Exit::REFUSED
        );
    }
    let seen = trial.at_terminal("connections clear", &["CLEAR"]).unwrap();
    assert_eq!(seen.text, "Deleted 2 connections.\n");
    assert_eq!(names(&trial), Vec::<String>::new());
}

#[test]
fn renaming_follows_the_session_and_keeps_the_rules_of_names() {
    let mut trial = with(&["a", "b"]);
    trial.script("connections").unwrap();
    trial.script("connections rename a A-1").unwrap();
    assert_eq!(trial.session.connections, ["A-1", "b"]);
    assert_eq!(
        refused(trial.script("connections rename b A1")).exit,
        Exit::REFUSED
    );
    trial.script("connections rename A-1 a1").unwrap();
    assert_eq!(names(&trial), ["a1", "b"]);
}

#[test]
fn the_guided_form_asks_step_by_step_and_explains_what_is_wrong() {
    let mut trial = Trial::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let answers = ["a/b", "mine", "sqlit", "sqlite", &path, "live", "dev", ""];
    let seen = trial
        .at_terminal("connections add --no-test", &answers)
        .unwrap();
    for said in [
        "what follows a / is a database",
        "\"sqlit\" is no known kind of database; did you mean sqlite?",
        "\"live\" is no environment",
        "Save mine?",
    ] {
        assert!(seen.before.contains(said), "{said}: {}", seen.before);
    }
    let saved = trial.store.connection("mine").unwrap().unwrap();
    assert_eq!(saved.label, Label::Development);
}

#[test]
fn the_end_of_the_input_ends_the_form_and_nothing_is_saved() {
    let mut trial = Trial::new();
    let error = refused(trial.at_terminal("connections add", &["mine"]));
    assert_eq!(error.exit, Exit::REFUSED);
    let path = ["mine", "sqlite", "./x", "dev", "n"];
    let error = refused(trial.at_terminal("connections add --no-test", &path));
    assert_eq!(error.message, "nothing was saved");
    assert_eq!(names(&trial), Vec::<String>::new());
}

#[test]
fn a_password_command_or_variable_is_stored_by_reference() {
    let mut trial = Trial::new();
    trial
        .script("connections add a ./a --password-env PW --no-test")
        .unwrap();
    trial
        .script("connections add b ./b --store cmd --command 'pass show b' --no-test")
        .unwrap();
    trial
        .script("connections add c ./c --store ask --no-test")
        .unwrap();
    let kind = |name| trial.store.connection(name).unwrap().unwrap().password;
    assert!(matches!(kind("a"), Password::Env(name) if name == "PW"));
    assert!(matches!(kind("b"), Password::Command(text) if text == "pass show b"));
    assert!(matches!(kind("c"), Password::Ask));
}

#[test]
fn contradicting_password_flags_are_refused() {
    let mut trial = Trial::new();
    for flags in [
        "--store base64",
        "--store env",
        "--store cmd",
        "--store ask --password-env PW",
        "--password-env PW --command x",
        "--password-env 's3cret!'",
    ] {
        let error = refused(trial.script(&format!("connections add a ./a --no-test {flags}")));
        assert_eq!(error.exit, Exit::USAGE, "{flags}");
        assert!(!error.message.contains("s3cret"), "{}", error.message);
    }
}

#[test]
fn a_typed_password_is_stored_base64_and_that_is_said() {
    let mut trial = Trial::new();
    let line = "connections add a ./a --store base64 --no-test";
    let seen = trial.at_terminal(line, &["Canary1"]).unwrap();
    assert!(
        seen.text.contains("stored base64, not encrypted"),
        "{}",
        seen.text
    );
    let list = trial.script("connections").unwrap();
    assert!(list.text.contains("base64, not encrypted"), "{}", list.text);
    let show = trial.script("connections show a").unwrap();
    for text in [
        seen.text,
        seen.json,
        seen.before,
        list.text,
        list.json,
        show.text,
        show.json,
    ] {
        assert!(
            !text.contains("Canary1") && !text.contains("Q2FuYXJ5MQ"),
            "{text}"
        );
    }
    let saved = trial.store.connection("a").unwrap().unwrap();
    assert!(
        matches!(saved.password, Password::Base64(plain) if plain.expose_secret() == "Canary1")
    );
}

#[test]
fn a_test_reports_each_hop_and_its_exit_code() {
    let mut trial = with(&["nowhere"]);
    let seen = trial.script("connections test all").unwrap();
    assert!(
        seen.text.contains("address failed · privileges not tried"),
        "{}",
        seen.text
    );
    assert_eq!(seen.exit, Exit::CONNECT.0);
}

#[test]
fn a_failed_test_offers_a_retry_at_a_terminal() {
    let mut trial = Trial::new();
    let line = "connections add a ./nowhere/at/all";
    let error = refused(trial.at_terminal(line, &["y", "n"]));
    assert_eq!(error.exit, Exit::CONNECT);
}

#[test]
fn a_tested_connection_says_what_answered_and_counts_as_used() {
    let folder = tempfile::tempdir().unwrap();
    let mut trial = Trial::new();
    let line = format!("connections add a {}", folder.path().display());
    let seen = trial.script(&line).unwrap();
    assert!(seen.text.contains(": SQLite 3."), "{}", seen.text);
    let saved = trial.store.connection("a").unwrap().unwrap();
    assert!(saved.product.unwrap().starts_with("SQLite 3."));
    assert!(saved.last_used.is_some());
    let seen = trial.script("connections test a").unwrap();
    assert_eq!(seen.exit, 0);
    assert!(
        seen.text.contains("address ok · privileges ok"),
        "{}",
        seen.text
    );
}

#[test]
fn editing_keeps_what_was_not_named() {
    let mut trial = Trial::new();
    trial
        .script("connections add a ./a --env staging --password-env PW --no-test")
        .unwrap();
    trial.script("connections edit a ./b --no-test").unwrap();
    trial
        .script("connections edit a --env testing --no-test")
        .unwrap();
    let saved = trial.store.connection("a").unwrap().unwrap();
    assert!(saved.address.to_string().ends_with("/b"));
    assert_eq!(saved.label, Label::Testing);
    assert!(matches!(saved.password, Password::Env(name) if name == "PW"));
}

#[test]
fn an_import_shows_what_it_found_and_asks_for_each() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".env");
    std::fs::write(
        &file,
        "A_DATABASE_URL=sqlite:./a\nB_DATABASE_URL=sqlite:./b\nC_DATABASE_URL=redis://x:Canary1@y\n",
    )
    .unwrap();
    let line = format!("connections import {} --no-test", file.display());
    let mut trial = Trial::new();
    let error = refused(trial.script(&line));
    assert_eq!(error.exit, Exit::REFUSED);
    let seen = trial
        .at_terminal(&line, &["y", "mine", "dev", "n"])
        .unwrap();
    assert!(
        seen.before
            .contains("left out: \"redis\" is no known kind of database")
    );
    assert!(!seen.before.contains("Canary1"));
    assert!(
        seen.text.ends_with("Imported 1 connection.\n"),
        "{}",
        seen.text
    );
    assert_eq!(names(&trial), ["mine"]);
    trial.script(&format!("{line} --yes")).unwrap();
    assert_eq!(names(&trial), ["a", "b", "mine"]);
}
