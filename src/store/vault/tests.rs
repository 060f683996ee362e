use std::fs;
use std::os::unix::fs::PermissionsExt;

use secrecy::ExposeSecret;

use super::*;
use crate::model::endpoint::ParsedUrl;
use crate::model::label::Label;
use crate::store::test::store;

const CANARY: &str = "Canary1-päss";

fn connection(name: &str, url: &str, password: Password) -> Connection {
    let schemes = [("mysql", Some(3306))];
    Connection {
        name: name.into(),
        address: ParsedUrl::read(url, &schemes, None).unwrap().address,
        password,
        label: Label::Staging,
        product: None,
        last_used: None,
        identity: None,
    }
}

fn kept(plain: &str) -> Password {
    Password::Vault(Kept::Plain(plain.into()))
}

fn plain(store: &Store, name: &str) -> Result<String> {
    let connection = store.connection(name)?.unwrap();
    let secret = store.password(&connection, || None)?.unwrap();
    Ok(secret.expose_secret().to_string())
}

fn with_passphrase(word: &str) -> Protection {
    Protection::Passphrase(word.into())
}

/// A home folder with a vault and two passwords in it.
fn filled(protection: &Protection) -> (tempfile::TempDir, Store) {
    let (home, store) = store();
    store.make_vault(protection).unwrap();
    for (name, password) in [("a", CANARY), ("b", "Canary2")] {
        let url = format!("mysql://u@{name}");
        store.save(&connection(name, &url, kept(password))).unwrap();
    }
    (home, store)
}

fn both() -> [Protection; 2] {
    [with_passphrase("open sesame"), Protection::KeyFile(None)]
}

/// The store as another process finds it.
fn again(home: &tempfile::TempDir) -> Store {
    Store::open(home.path()).unwrap().0
}

fn sql(home: &tempfile::TempDir, text: &str) {
    let store = rusqlite::Connection::open(home.path().join("store.db")).unwrap();
    store.execute_batch(text).unwrap();
}

fn in_files(home: &tempfile::TempDir, word: &str) -> bool {
    let files = fs::read_dir(home.path()).unwrap().flatten();
    files.into_iter().any(|file| {
        let bytes = fs::read(file.path()).unwrap_or_default();
        bytes
            .windows(word.len())
            .any(|part| part == word.as_bytes())
    })
}

#[test]
fn f03_a_password_of_the_vault_is_in_no_file_and_is_had_again_by_another_process() {
    for protection in both() {
        let (home, store) = filled(&protection);
        assert_eq!(plain(&store, "a").unwrap(), CANARY);
        let other = again(&home);
        if let Protection::Passphrase(passphrase) = &protection {
            assert!(matches!(plain(&other, "a"), Err(Error::Locked)));
            other.open_vault(Some(passphrase)).unwrap();
        }
        assert_eq!(plain(&other, "a").unwrap(), CANARY);
        assert_eq!(plain(&other, "b").unwrap(), "Canary2");
        for word in [CANARY, "Canary2", &text(CANARY.as_bytes()), "open sesame"] {
            assert!(!in_files(&home, word), "{word}");
        }
    }
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_loses_nothing() {
    let (home, store) = filled(&with_passphrase("right"));
    store.lock_vault();
    let wrong = store.open_vault(Some(&"wrong".into()));
    assert!(matches!(wrong, Err(Error::Passphrase)));
    assert!(matches!(plain(&store, "a"), Err(Error::Locked)));
    let other = again(&home);
    other.open_vault(Some(&"right".into())).unwrap();
    assert_eq!(plain(&other, "a").unwrap(), CANARY);
}

#[test]
fn an_empty_passphrase_is_refused() {
    let (_home, store) = store();
    assert!(store.make_vault(&with_passphrase("")).is_err());
    assert_eq!(store.vault().unwrap(), None);
}

#[test]
fn f11_the_key_file_is_for_its_owner_alone_and_mended_when_it_is_not() {
    let elsewhere = tempfile::tempdir().unwrap();
    for path in [None, Some(elsewhere.path().join("my.key"))] {
        let (home, store) = filled(&Protection::KeyFile(path.clone()));
        let file = path.unwrap_or(home.path().join("vault.key"));
        let mode = || fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        drop(store);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let (store, notices) = Store::open(home.path()).unwrap();
        assert_eq!(mode(), 0o600);
        assert!(
            notices[0].contains("was open to other users"),
            "{notices:?}"
        );
        assert_eq!(plain(&store, "a").unwrap(), CANARY);
    }
}

#[test]
fn a_missing_key_file_and_a_wrong_one_are_named_and_the_right_one_mends_it() {
    let (home, _store) = filled(&Protection::KeyFile(None));
    let (stranger, _) = filled(&Protection::KeyFile(None));
    let file = home.path().join("vault.key");
    let aside = home.path().join("aside");
    fs::rename(&file, &aside).unwrap();
    let error = plain(&again(&home), "a").unwrap_err();
    assert!(
        error.to_string().contains("vault.key, is missing"),
        "{error}"
    );
    fs::copy(stranger.path().join("vault.key"), &file).unwrap();
    let error = plain(&again(&home), "a").unwrap_err();
    assert!(
        error.to_string().contains("does not hold the key"),
        "{error}"
    );
    fs::rename(&aside, &file).unwrap();
    assert_eq!(plain(&again(&home), "a").unwrap(), CANARY);
}

#[test]
fn f03_a_password_that_was_moved_to_another_row_or_address_does_not_open() {
    let (home, store) = filled(&Protection::KeyFile(None));
    sql(
        &home,
        "UPDATE connections SET password = (SELECT password FROM connections WHERE name = 'a')
         WHERE name = 'b'",
    );
    let error = plain(&store, "b").unwrap_err();
    assert!(error.to_string().contains("was moved here"), "{error}");
    assert_eq!(plain(&store, "a").unwrap(), CANARY);
    sql(
        &home,
        "UPDATE connections SET url = 'mysql://u@evil:3306' WHERE name = 'a'",
    );
    assert!(plain(&store, "a").is_err());
}

#[test]
fn a_renamed_or_moved_connection_keeps_its_password() {
    let (_home, store) = filled(&Protection::KeyFile(None));
    store.rename("a", "c").unwrap();
    assert_eq!(plain(&store, "c").unwrap(), CANARY);
    let mut moved = store.connection("c").unwrap().unwrap();
    moved.address = connection("x", "mysql://u@other", Password::None).address;
    store.save(&moved).unwrap();
    assert_eq!(plain(&store, "c").unwrap(), CANARY);
    store.relabel("c", Label::Testing).unwrap();
    store.note_product("c", "MySQL 9.7.0").unwrap();
    assert_eq!(plain(&store, "c").unwrap(), CANARY);
}

#[test]
fn a_rename_of_a_locked_vault_changes_nothing() {
    let (home, _store) = filled(&with_passphrase("x"));
    let other = again(&home);
    assert!(matches!(other.rename("a", "c"), Err(Error::Locked)));
    other.open_vault(Some(&"x".into())).unwrap();
    assert_eq!(plain(&other, "a").unwrap(), CANARY);
}

#[test]
fn a_new_key_opens_everything_and_the_old_one_nothing() {
    for old in both() {
        for new in [with_passphrase("new"), Protection::KeyFile(None)] {
            let (home, store) = filled(&old);
            assert_eq!(store.rekey(&new).unwrap(), 2);
            assert_eq!(plain(&store, "a").unwrap(), CANARY);
            let other = again(&home);
            if let Protection::Passphrase(passphrase) = &old {
                assert!(!matches!(
                    (other.open_vault(Some(passphrase)), &new),
                    (Ok(()), Protection::Passphrase(_))
                ));
            }
            if let Protection::Passphrase(passphrase) = &new {
                other.open_vault(Some(passphrase)).unwrap();
            }
            assert_eq!(plain(&other, "b").unwrap(), "Canary2");
            let has_file = home.path().join("vault.key").exists();
            assert_eq!(has_file, matches!(new, Protection::KeyFile(_)));
            if has_file {
                let text = fs::read_to_string(home.path().join("vault.key")).unwrap();
                assert_eq!(
                    text.matches("maestro-vault-key-1").count(),
                    1,
                    "the old key is gone"
                );
            }
        }
    }
}

#[test]
fn a_crash_between_the_steps_of_a_new_key_loses_nothing() {
    // Before the commit: the key file holds the old key and the new one, the store only the old.
    let (home, store) = filled(&Protection::KeyFile(None));
    let (header, key) = Header::new(&Protection::KeyFile(None), home.path()).unwrap();
    keyfile::add(&home.path().join("vault.key"), &header.id, &key).unwrap();
    drop(store);
    assert_eq!(plain(&again(&home), "a").unwrap(), CANARY);
    // After it, before the old key is let go.
    let store = again(&home);
    store.seal_anew(&Protection::KeyFile(None)).unwrap();
    drop(store);
    let store = again(&home);
    assert_eq!(plain(&store, "a").unwrap(), CANARY);
    assert_eq!(plain(&store, "b").unwrap(), "Canary2");
}

#[test]
fn a_new_key_is_refused_whole_when_one_entry_is_damaged() {
    let (home, store) = filled(&Protection::KeyFile(None));
    sql(
        &home,
        "UPDATE connections SET password = substr(password, 1, length(password) - 4) || 'AAAA'
         WHERE name = 'b'",
    );
    let error = store.rekey(&with_passphrase("new")).unwrap_err();
    assert!(error.to_string().contains("the password of b"), "{error}");
    assert!(error.hint().unwrap().contains("connections edit b"));
    assert_eq!(plain(&again(&home), "a").unwrap(), CANARY);
    store.delete("b").unwrap();
    assert_eq!(store.rekey(&with_passphrase("new")).unwrap(), 1);
    assert_eq!(plain(&store, "a").unwrap(), CANARY);
}

#[test]
fn a_process_that_holds_an_old_key_writes_nothing_with_it() {
    let (home, here) = filled(&Protection::KeyFile(None));
    let read = here.connection("a").unwrap().unwrap();
    let there = again(&home);
    there.rekey(&with_passphrase("new")).unwrap();
    // What was read before the new key came does not overwrite what was sealed since.
    here.save(&read).unwrap();
    assert_eq!(plain(&there, "a").unwrap(), CANARY);
    let new = connection("c", "mysql://u@c", kept("Canary3"));
    assert!(matches!(here.save(&new), Err(Error::Locked)));
    assert!(here.connection("c").unwrap().is_none());
}

#[test]
fn base64_passwords_move_into_the_vault_and_leave_no_trace() {
    let (home, store) = filled(&Protection::KeyFile(None));
    for (name, password) in [
        ("old", Password::Base64("Canary7-long-enough".into())),
        ("var", Password::Env("PW".into())),
    ] {
        store
            .save(&connection(name, "mysql://u@h", password))
            .unwrap();
    }
    let open = text(b"Canary7-long-enough");
    assert!(in_files(&home, &open));
    assert_eq!(store.migrate().unwrap(), ["old"]);
    assert!(!in_files(&home, &open));
    assert_eq!(plain(&again(&home), "old").unwrap(), "Canary7-long-enough");
    let var = store.connection("var").unwrap().unwrap();
    assert_eq!(var.password.kind(), "env");
    assert!(store.migrate().unwrap().is_empty());
}

#[test]
fn a_vault_of_a_newer_program_is_refused_and_untouched() {
    let (home, store) = filled(&Protection::KeyFile(None));
    sql(
        &home,
        "UPDATE meta SET value = replace(value, '\"version\":1', '\"version\":2') WHERE key = 'vault'",
    );
    let error = plain(&store, "a").unwrap_err();
    assert!(
        error.to_string().contains("written by a newer maestro"),
        "{error}"
    );
    assert!(store.make_vault(&Protection::KeyFile(None)).is_err());
    sql(
        &home,
        "UPDATE meta SET value = replace(value, '\"version\":2', '\"version\":1') WHERE key = 'vault'",
    );
    assert_eq!(plain(&store, "a").unwrap(), CANARY);
}

#[test]
fn a_damaged_header_is_an_error_that_names_the_mend() {
    for damage in [
        "'{'",
        "'{}'",
        "replace(value, '\"check\":\"', '\"check\":\"AAAA')",
    ] {
        let (home, _store) = filled(&Protection::KeyFile(None));
        sql(
            &home,
            &format!("UPDATE meta SET value = {damage} WHERE key = 'vault'"),
        );
        let error = plain(&again(&home), "a").unwrap_err();
        assert!(
            error.to_string().contains("the vault cannot be opened"),
            "{error}"
        );
        assert!(error.hint().unwrap().contains("backup"));
    }
}

#[test]
fn a_second_vault_is_refused_and_a_discarded_one_says_what_is_lost() {
    let (_home, store) = filled(&Protection::KeyFile(None));
    assert!(store.make_vault(&Protection::KeyFile(None)).is_err());
    assert_eq!(plain(&store, "a").unwrap(), CANARY);
    store.discard_vault().unwrap();
    store.make_vault(&with_passphrase("new")).unwrap();
    let error = plain(&store, "a").unwrap_err();
    assert!(error.to_string().contains("an earlier key"), "{error}");
}

#[test]
fn one_damaged_connection_does_not_hide_the_others() {
    let (home, store) = filled(&Protection::KeyFile(None));
    for name in ["url", "label", "base64", "kind"] {
        let password = Password::Base64("x".into());
        store
            .save(&connection(name, "mysql://u@h", password))
            .unwrap();
    }
    sql(
        &home,
        "UPDATE connections SET url = '::' WHERE name = 'url';
         UPDATE connections SET label = 'x' WHERE name = 'label';
         UPDATE connections SET password = 'base64:!' WHERE name = 'base64';
         UPDATE connections SET password = 'Canary' WHERE name = 'kind'",
    );
    let mut names: Vec<String> = store
        .unreadable()
        .unwrap()
        .into_iter()
        .map(|it| it.name)
        .collect();
    names.sort();
    assert_eq!(names, ["label", "url"]);
    assert_eq!(store.connections().unwrap().len(), 4);
    for (name, problem) in [
        ("base64", "its password is not base64"),
        ("kind", "its password is kept in an unknown way"),
    ] {
        let error = plain(&store, name).unwrap_err();
        assert!(error.to_string().ends_with(problem), "{error}");
        // Saving it again keeps what is there.
        let read = store.connection(name).unwrap().unwrap();
        store.save(&read).unwrap();
        assert!(plain(&store, name).is_err());
    }
    let error = store.connection("url").unwrap_err();
    assert!(error.hint().unwrap().contains("connections del url"));
    store.delete("url").unwrap();
}

#[test]
fn no_form_of_showing_reveals_a_password_of_the_vault() {
    let (_home, store) = filled(&Protection::KeyFile(None));
    let new = connection("x", "mysql://u@h", kept(CANARY));
    let passphrase = with_passphrase(CANARY);
    let shown = format!("{:?} {new:?} {passphrase:?}", store.connections().unwrap());
    assert!(
        !shown.contains("Canary") && !shown.contains("vault:"),
        "{shown}"
    );
}
