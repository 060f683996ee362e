use crate::commands::trial::Trial;
use crate::output::Exit;
use crate::store::{Password, Protection};

const ADD: &str = "connections add a ./a --store vault --no-test";

/// A trial whose vault has the passphrase `sesame` and one password in it, locked.
fn locked() -> Trial {
    let mut trial = Trial::new();
    trial
        .at_terminal("vault init", &["sesame", "sesame"])
        .unwrap();
    trial.at_terminal(ADD, &["Canary1"]).unwrap();
    trial.script("vault lock").unwrap();
    trial
}

fn secret(trial: &Trial) -> Option<String> {
    use secrecy::ExposeSecret;
    let saved = trial.store.connection("a").unwrap().unwrap();
    let secret = trial.store.password(&saved, || None).ok()??;
    Some(secret.expose_secret().to_string())
}

#[test]
fn a_passphrase_is_typed_twice_and_a_difference_is_asked_again() {
    let mut trial = Trial::new();
    let seen = trial
        .at_terminal("vault init", &["one", "two", "sesame", "sesame"])
        .unwrap();
    assert!(seen.before.contains("The two differ."), "{}", seen.before);
    assert!(!seen.before.contains("sesame") && !seen.text.contains("sesame"));
    assert!(
        seen.json.contains(r#""protection":"passphrase""#),
        "{}",
        seen.json
    );
    let again = trial.at_terminal("vault init", &["x", "x"]).err().unwrap();
    assert_eq!(again.exit, Exit::REFUSED);
}

#[test]
fn an_empty_passphrase_and_a_missing_terminal_make_no_vault() {
    let mut trial = Trial::new();
    for error in [
        trial.at_terminal("vault init", &[""]).err().unwrap(),
        trial.script("vault init").err().unwrap(),
    ] {
        assert_eq!(error.exit, Exit::REFUSED);
        assert!(error.hint.unwrap().contains("--key-file"));
    }
    assert_eq!(trial.store.vault().unwrap(), None);
}

#[test]
fn the_first_password_makes_a_vault_and_that_is_told_in_one_line() {
    let mut trial = Trial::new();
    let seen = trial.at_terminal(ADD, &["Canary1", ""]).unwrap();
    assert!(
        seen.text.contains("note: a vault was made; its key is in"),
        "{}",
        seen.text
    );
    assert_eq!(secret(&trial).unwrap(), "Canary1");
    let list = trial.script("connections").unwrap();
    assert!(
        list.text.contains("vault") && !list.text.contains("not encrypted"),
        "{}",
        list.text
    );

    let mut trial = Trial::new();
    let seen = trial
        .at_terminal(ADD, &["Canary1", "sesame", "sesame"])
        .unwrap();
    assert!(
        seen.text.contains("its passphrase is asked for once"),
        "{}",
        seen.text
    );
}

#[test]
fn a_locked_vault_asks_once_in_a_session() {
    let mut trial = locked();
    let seen = trial
        .at_terminal("connections test a", &["wrong", "sesame"])
        .unwrap();
    assert!(
        seen.before.contains("It does not open the vault."),
        "{}",
        seen.before
    );
    let seen = trial.at_terminal("connections test a", &[]).unwrap();
    assert_eq!(seen.before, "");
    assert_eq!(secret(&trial).unwrap(), "Canary1");
    trial.script("vault lock").unwrap();
    assert_eq!(secret(&trial), None);
    trial.at_terminal("vault unlock", &["sesame"]).unwrap();
    assert_eq!(secret(&trial).unwrap(), "Canary1");
}

#[test]
fn a_passphrase_that_stays_wrong_is_an_error_and_nothing_is_lost() {
    let mut trial = locked();
    let error = trial
        .at_terminal("vault unlock", &["a", "b", "c"])
        .err()
        .unwrap();
    assert_eq!(error.exit, Exit::CONNECT);
    assert_eq!(error.code, "password");
    trial.at_terminal("vault unlock", &["sesame"]).unwrap();
    assert_eq!(secret(&trial).unwrap(), "Canary1");
}

#[test]
fn without_a_terminal_a_locked_vault_says_what_to_do() {
    let mut trial = locked();
    for line in [
        "databases a",
        "connections rename a b",
        "vault rekey",
        "vault unlock",
    ] {
        let error = trial.script(line).err().unwrap();
        assert_eq!(error.exit, Exit::REFUSED, "{line}");
        assert!(
            error.message.contains("the vault is locked"),
            "{line}: {}",
            error.message
        );
        assert!(error.hint.unwrap().contains("rekey --key-file"), "{line}");
    }
    let doctor = trial.script("doctor").unwrap();
    assert!(
        doctor.text.contains("the vault, which is locked"),
        "{}",
        doctor.text
    );
}

#[test]
fn renaming_and_editing_ask_for_the_passphrase_and_keep_the_password() {
    let mut trial = locked();
    trial
        .at_terminal("connections edit a ./b --no-test", &["sesame"])
        .unwrap();
    assert_eq!(secret(&trial).unwrap(), "Canary1");
    trial.script("vault lock").unwrap();
    trial
        .at_terminal("connections rename a b", &["sesame"])
        .unwrap();
    trial.script("connections rename b a").unwrap();
    assert_eq!(secret(&trial).unwrap(), "Canary1");
    trial.script("vault lock").unwrap();
    // The environment is no part of what the password is bound to.
    trial.script("connections label a testing").unwrap();
}

#[test]
fn rekeying_changes_the_passphrase_and_goes_to_a_key_file_and_back() {
    let mut trial = locked();
    trial
        .at_terminal("vault rekey", &["sesame", "other", "other"])
        .unwrap();
    trial.script("vault lock").unwrap();
    let old = trial.at_terminal("vault unlock", &["sesame", "sesame", "sesame"]);
    assert!(old.is_err());
    let seen = trial
        .at_terminal("vault rekey --key-file", &["other"])
        .unwrap();
    assert!(seen.text.contains("1 password is sealed"), "{}", seen.text);
    trial.script("vault lock").unwrap();
    assert_eq!(secret(&trial).unwrap(), "Canary1");
    trial.script("vault rekey").unwrap();
    assert_eq!(secret(&trial).unwrap(), "Canary1");
    trial
        .at_terminal("vault rekey --passphrase", &["third", "third"])
        .unwrap();
    trial.script("vault lock").unwrap();
    assert_eq!(secret(&trial), None);
}

#[test]
fn base64_passwords_are_offered_a_migration_and_move() {
    let mut trial = Trial::new();
    trial
        .at_terminal(
            "connections add a ./a --store base64 --no-test",
            &["Canary1"],
        )
        .unwrap();
    for line in ["connections", "vault", "doctor"] {
        let seen = trial.script(line).unwrap();
        assert!(seen.text.contains("vault migrate"), "{line}: {}", seen.text);
    }
    let seen = trial.script("vault migrate").unwrap();
    assert!(
        seen.text.contains("note: a vault was made"),
        "{}",
        seen.text
    );
    assert!(
        seen.text.ends_with("Moved 1 password into the vault: a.\n"),
        "{}",
        seen.text
    );
    assert!(
        seen.json.starts_with(r#"{"migrated":["a"]"#),
        "{}",
        seen.json
    );
    assert_eq!(secret(&trial).unwrap(), "Canary1");
    let list = trial.script("connections").unwrap();
    assert!(!list.text.contains("vault migrate"), "{}", list.text);
    let seen = trial.script("vault migrate").unwrap();
    assert!(seen.text.contains("nothing was moved"), "{}", seen.text);
}

#[test]
fn a_vault_is_discarded_only_when_that_is_typed() {
    let mut trial = locked();
    for answers in [&["discard"][..], &[]] {
        let kept = trial.at_terminal("vault init --discard", answers);
        assert_eq!(kept.err().unwrap().exit, Exit::REFUSED);
    }
    trial.at_terminal("vault unlock", &["sesame"]).unwrap();
    assert_eq!(secret(&trial).unwrap(), "Canary1");
    trial
        .at_terminal("vault init --key-file --discard", &["DISCARD"])
        .unwrap();
    let error = trial.script("databases a").err().unwrap();
    assert_eq!(error.code, "password");
    assert!(
        error
            .hint
            .unwrap()
            .contains("connections edit a --store vault")
    );
    trial
        .at_terminal("connections edit a --store vault --no-test", &["Canary2"])
        .unwrap();
    assert_eq!(secret(&trial).unwrap(), "Canary2");
}

#[test]
fn a_connection_that_cannot_be_read_is_listed_and_can_be_deleted() {
    let mut trial = Trial::new();
    trial.store.make_vault(&Protection::KeyFile(None)).unwrap();
    trial.at_terminal(ADD, &["Canary1"]).unwrap();
    trial
        .script("connections add bad ./b --no-test --env testing")
        .unwrap();
    let store = rusqlite::Connection::open(trial.store.path()).unwrap();
    store
        .execute_batch(
            "UPDATE connections SET label = 'x' WHERE name = 'bad';
             UPDATE connections SET password = 'base64:!' WHERE name = 'a'",
        )
        .unwrap();
    let list = trial.script("connections").unwrap();
    assert!(list.text.contains("bad cannot be read"), "{}", list.text);
    assert!(
        list.text.contains("its password is not base64"),
        "{}",
        list.text
    );
    assert!(
        list.json.contains(r#""unreadable":[{"name":"bad""#),
        "{}",
        list.json
    );
    let doctor = trial.script("doctor").unwrap();
    assert!(
        doctor.text.contains("connections del bad"),
        "{}",
        doctor.text
    );
    let taken = trial.script("connections add bad ./c --no-test");
    assert!(taken.is_err(), "it is not overwritten");
    trial.script("connections del bad --yes").unwrap();
    let saved = trial.store.connection("a").unwrap().unwrap();
    assert!(matches!(saved.password, Password::Damaged { .. }));
    trial
        .at_terminal("connections edit a --store vault --no-test", &["Canary3"])
        .unwrap();
    assert_eq!(secret(&trial).unwrap(), "Canary3");
}
