//! A backup comes back as it was, and what is damaged is found before anything is written.

mod damage;
mod failures;
mod files;
mod layout;

use std::path::{Path, PathBuf};

use crate::fidelity::{Dump, load, whole};
use crate::live::{Case, Done, Home, on_both};

/// The folder of the backup that a `backup create` made.
pub fn folder(done: &Done) -> PathBuf {
    PathBuf::from(done.json["folder"].as_str().unwrap())
}

/// The names of what lies in a folder, sorted.
pub fn entries(folder: &Path) -> Vec<String> {
    let Ok(entries) = folder.read_dir() else {
        return Vec::new();
    };
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.unwrap().file_name().into_string().unwrap()
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

/// Where a home keeps its backups.
pub fn backups(home: &Home) -> PathBuf {
    home.folder.path().join("m/backups")
}

fn difficult_databases_come_back_as_they_were(case: &Case) {
    let mut names = Vec::new();
    for (name, sql) in whole(case) {
        let database = case.database(name);
        load(&case.a, &sql.replace(name, &database));
        names.push(database);
    }
    let expected = Dump::of(&case.a, &names);
    let prefix = names[0].strip_suffix("d01_types").unwrap();
    let select = format!("{prefix}*");
    let made = case.home.run(&["backup", "create", "a", &select]).expect(0);
    assert_eq!(made.json["read_back"], true);
    let id = made.json["id"].as_str().unwrap();
    let checked = case.home.run(&["backup", "verify", id]).expect(0);
    assert_eq!(checked.json["whole"], true);
    // Gone, changed and added since: all of it is as before again.
    case.a.sql(&format!("DROP DATABASE `{}`", names[1]));
    case.a
        .sql(&format!("CREATE TABLE `{}`.added (a INT)", names[0]));
    case.a.sql(&format!(
        "DROP VIEW `{}`.`{}`",
        names[10],
        case.a.one(&format!(
            "SELECT MAX(TABLE_NAME) FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '{}'",
            names[10]
        ))
    ));
    for (target, words) in [
        (&case.a, vec!["backup", "restore", id, "--yes"]),
        (&case.b, vec!["backup", "restore", id, "to", "b", "--yes"]),
    ] {
        let done = case.home.run(&words).expect(0);
        assert_eq!(
            done.json["databases"].as_array().unwrap().len(),
            names.len()
        );
        let found = Dump::of(target, &names);
        expected.agrees(&found, "restored");
    }
    for name in &names {
        assert_eq!(case.left_of(name), Vec::<String>::new());
    }
}

fn a_restore_is_guarded_and_recorded_as_a_sync(case: &Case) {
    let database = case.source(
        "guard",
        "CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1), (2)",
    );
    let place = format!("a/{database}");
    let made = case.home.run(&["backup", "create", &place]).expect(0);
    let id = made.json["id"].as_str().unwrap().to_string();
    let copy = case.database("guard_then");
    let map = format!("{database}={copy}");
    let rows = |table: &str| case.a.rows(&format!("SELECT a FROM {table}"));
    case.home
        .run(&["backup", "restore", &id, "to", "a", "--map", &map, "--yes"])
        .expect(0);
    assert_eq!(rows(&format!("`{copy}`.t")), "1, 2");
    case.a
        .sql(&format!("INSERT INTO `{database}`.t VALUES (3)"));
    case.home
        .run(&["backup", "restore", &id, "--dry-run"])
        .expect(0);
    case.home
        .run(&["backup", "restore", &id])
        .refuses(4, &["no terminal"]);
    // Untested, so that the server is not told: other tests write to it, too.
    case.home
        .run(&[
            "connections",
            "edit",
            "a",
            "--env",
            "production",
            "--no-test",
        ])
        .expect(0);
    case.home
        .run(&["backup", "restore", &id, "--yes"])
        .refuses(4, &["production"]);
    assert_eq!(rows(&format!("`{database}`.t")), "1, 2, 3");
    // The name of the connection may mean another server by now.
    let url = case.b.url("dbm");
    case.home
        .run(&["connections", "del", "a", "--yes"])
        .expect(0);
    case.home
        .run(&["backup", "restore", &id, "--yes"])
        .refuses(64, &["no connection any more"]);
    case.home.add("a", &url, "--env development").expect(0);
    case.home
        .run(&["backup", "restore", &id, "--yes"])
        .refuses(4, &["not the server any more"]);
    let runs = case.home.run(&["history"]).expect(0);
    let kinds: Vec<&str> = runs.json["runs"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|run| run["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds[..2], ["backup", "restore"]);
}

on_both!(
    difficult_databases_come_back_as_they_were,
    a_restore_is_guarded_and_recorded_as_a_sync,
);
