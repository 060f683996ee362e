//! The store as a whole: its modes, its neighbors, and what it does with a bad file.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::test::store;
use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn refused(home: &Path) -> Error {
    Store::open(home).err().expect("the store is refused")
}

#[test]
fn a_store_can_be_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Store>();
}

#[test]
fn everything_is_for_its_owner_alone() {
    let parent = tempfile::tempdir().unwrap();
    let home = parent.path().join("a/b");
    let (store, notices) = Store::open(&home).unwrap();
    store.add_line("databases").unwrap();
    assert_eq!(notices, Vec::<String>::new());
    assert_eq!(mode(&home), 0o700);
    for file in ["store.db", "store.db-wal", "store.db-shm"] {
        assert_eq!(mode(&home.join(file)), 0o600, "{file}");
    }
}

#[test]
fn wider_modes_are_mended_with_a_notice() {
    let (home, store) = store();
    drop(store);
    fs::create_dir(home.path().join("logs")).unwrap();
    fs::write(home.path().join("config.yaml"), "").unwrap();
    set_mode(&home.path().join("logs"), 0o755);
    set_mode(&home.path().join("config.yaml"), 0o644);
    set_mode(&home.path().join("store.db"), 0o640);
    set_mode(home.path(), 0o755);
    let (_store, notices) = Store::open(home.path()).unwrap();
    assert_eq!(notices.len(), 4, "{notices:?}");
    assert!(notices[0].ends_with("was open to other users (mode 0755); it now has mode 0700"));
    assert_eq!(mode(home.path()), 0o700);
    assert_eq!(mode(&home.path().join("logs")), 0o700);
    assert_eq!(mode(&home.path().join("store.db")), 0o600);
    assert_eq!(mode(&home.path().join("config.yaml")), 0o600);
}

#[test]
fn a_folder_shared_on_purpose_keeps_its_mode() {
    let parent = tempfile::tempdir().unwrap();
    let home = parent.path().join("shared");
    fs::create_dir(&home).unwrap();
    set_mode(&home, 0o1777);
    let (_store, notices) = Store::open(&home).unwrap();
    assert!(
        notices[0].contains("is shared with other users"),
        "{notices:?}"
    );
    assert_eq!(mode(&home), 0o777);
    assert_eq!(mode(&home.join("store.db")), 0o600);
}

#[test]
fn several_processes_do_not_overwrite_each_other() {
    let home = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let home = home.path();
            scope.spawn(move || {
                let (store, _) = Store::open(home).unwrap();
                for line in 0..25 {
                    store.add_line(&format!("{writer}/{line}")).unwrap();
                }
            });
        }
    });
    let (store, _) = Store::open(home.path()).unwrap();
    let lines = store.lines(1000).unwrap();
    assert_eq!(lines.len(), 100);
    for writer in 0..4 {
        let own = lines
            .iter()
            .filter(|line| line.starts_with(&format!("{writer}/")));
        let wanted: Vec<String> = (0..25).map(|line| format!("{writer}/{line}")).collect();
        assert_eq!(own.cloned().collect::<Vec<_>>(), wanted);
    }
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_not_changed() {
    let (home, store) = store();
    store
        .write("pretend", |transaction| {
            transaction.execute("UPDATE meta SET value = '9.1.0'", [])?;
            transaction.pragma_update(None, "user_version", 99)
        })
        .unwrap();
    drop(store);
    let before = fs::read(home.path().join(FILE)).unwrap();
    let error = refused(home.path());
    assert!(
        error.to_string().ends_with(&format!(
            "store.db was written by a newer maestro (9.1.0; this is {})",
            env!("CARGO_PKG_VERSION")
        )),
        "{error}"
    );
    assert_eq!(fs::read(home.path().join(FILE)).unwrap(), before);
}

#[test]
fn a_file_that_is_no_database_is_refused_with_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    fs::write(
        home.path().join(FILE),
        "not a database at all, but long enough".repeat(50),
    )
    .unwrap();
    let error = refused(home.path());
    assert!(error.to_string().ends_with("is damaged"), "{error}");
    assert!(error.hint().unwrap().starts_with("move the file away"));
}

#[test]
fn damaged_pages_are_found_at_the_start() {
    let (home, store) = store();
    for line in 0..500 {
        store.add_line(&format!("line {line}")).unwrap();
    }
    drop(store);
    let file = home.path().join(FILE);
    let mut bytes = fs::read(&file).unwrap();
    let end = bytes.len();
    bytes[end - 8192..].fill(0x5a);
    fs::write(&file, bytes).unwrap();
    assert!(matches!(refused(home.path()), Error::Corrupt { .. }));
}

#[test]
fn a_full_disk_is_said_and_what_was_there_stays() {
    let (_home, store) = store();
    store.add_line("before").unwrap();
    store
        .lock()
        .pragma_update(None, "max_page_count", 1)
        .unwrap();
    let long = "x".repeat(100_000);
    let error = store.add_line(&long).unwrap_err();
    assert!(matches!(error, Error::Full { .. }), "{error:?}");
    assert!(error.to_string().ends_with("is full"), "{error}");
    assert_eq!(error.hint().unwrap(), "free some space, then try again");
    assert_eq!(store.lines(10).unwrap(), ["before"]);
}

#[test]
fn a_home_that_is_a_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    fs::write(&home, "").unwrap();
    let error = refused(&home);
    assert!(
        error.to_string().starts_with("cannot make the folder"),
        "{error}"
    );
    assert!(error.hint().is_some());
}

#[test]
fn a_linked_home_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("real");
    fs::create_dir(&real).unwrap();
    let link = folder.path().join("link");
    symlink(&real, &link).unwrap();
    Store::open(&link).unwrap();
    assert_eq!(mode(&real), 0o700);
}
