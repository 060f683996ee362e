//! Whatever stops a backup, nothing is left that could be taken for one.

use std::process::Command;
use std::time::{Duration, Instant};

use super::{backups, entries, files};
use crate::live::{Case, Done, Home, on_both, until};

/// Fills the shop with bytes that do not compress.
fn fill(home: &Home, mebibytes: usize) {
    let shop = rusqlite::Connection::open(files::file(home)).unwrap();
    let sql = format!(
        "CREATE TABLE large (id INTEGER PRIMARY KEY, b);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})
             INSERT INTO large SELECT i, randomblob(1024) FROM n;",
        mebibytes * 1024
    );
    shop.execute_batch(&sql).unwrap();
}

#[test]
fn a_stopped_backup_leaves_nothing() {
    let home = Home::new();
    let place = files::shop(&home, 10);
    fill(&home, 80);
    let running = home.start(&["backup", "create", &place]);
    until("rows are written", || {
        let root = backups(&home);
        let partial = entries(&root)
            .into_iter()
            .find(|name| name.ends_with(".partial"));
        partial.is_some_and(|name| {
            entries(&root.join(name))
                .iter()
                .any(|name| name.ends_with(".zst"))
        })
    });
    let asked = Instant::now();
    running.signal("-INT");
    let done = running.wait().refuses(130, &["nothing is left"]);
    assert!(asked.elapsed() < Duration::from_secs(5), "{done:?}");
    assert_eq!(entries(&backups(&home)), Vec::<String>::new());
    let runs = home.run(&["history"]).expect(0);
    assert_eq!(runs.json["runs"][0]["status"], "interrupted");
}

#[test]
fn what_a_killed_backup_leaves_is_no_backup_and_the_next_sweeps_it() {
    let home = Home::new();
    let place = files::shop(&home, 10);
    fill(&home, 80);
    let root = backups(&home);
    let is_partial = || entries(&root).iter().any(|name| name.ends_with(".partial"));
    let running = home.start(&["backup", "create", &place]);
    until("it is begun", is_partial);
    // While it is written, another one leaves it alone.
    let shop = rusqlite::Connection::open(home.folder.path().join("data/small.db")).unwrap();
    shop.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
        .unwrap();
    home.run(&["backup", "create", "files/small"]).expect(0);
    assert!(is_partial());
    running.signal("-KILL");
    running.wait();
    assert!(is_partial());
    let listed = home.run(&["backup"]).expect(0);
    assert_eq!(listed.json["backups"].as_array().unwrap().len(), 1);
    let made = home.run(&["backup", "create", "files/small"]).expect(0);
    assert!(
        made.stderr.contains("removed the unfinished backup"),
        "{}",
        made.stderr
    );
    assert!(!is_partial());
    assert_eq!(entries(&root).len(), 2);
}

/// A small disk of one's own: a mount that only the one process sees.
#[test]
fn e15_a_full_disk_ends_a_backup_and_says_what_is_needed() {
    let home = Home::new();
    let place = files::shop(&home, 10);
    fill(&home, 6);
    let disk = home.folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let command = home.command();
    let mut inside = Command::new("unshare");
    inside.args(["--map-root-user", "--mount", "sh", "-c"]);
    inside.arg(
        "mount -t tmpfs -o size=3m none \"$0\" || exit 99; \"$@\"; code=$?; ls -A \"$0\" >&2; exit $code",
    );
    inside
        .arg(&disk)
        .arg(command.get_program())
        .args(command.get_args());
    inside.args(["backup", "create", &place, "--to"]).arg(&disk);
    inside
        .env_remove("MAESTRO_HOME")
        .stdin(std::process::Stdio::null());
    let done = match inside.output() {
        Ok(output) if output.status.code() != Some(99) && output.status.code() != Some(1) => {
            Done::of(output)
        }
        other => {
            println!("skipped: no mount of one's own is possible here: {other:?}");
            return;
        }
    };
    let done = done.refuses(
        2,
        &[
            "No space left on device",
            "nothing is left",
            "MiB are to be saved",
            "MiB were free",
            "--to DIR",
        ],
    );
    assert!(
        !done.stderr.contains("shop_") && !done.stderr.contains("partial\n"),
        "{}",
        done.stderr
    );
    assert_eq!(
        home.run(&["history"]).expect(0).json["runs"][0]["status"],
        "failed"
    );
}

#[test]
fn a_database_that_is_not_there_or_not_chosen_is_no_backup() {
    let home = Home::new();
    files::shop(&home, 1);
    home.run(&["backup", "create", "files/shp"])
        .refuses(64, &["did you mean shop"]);
    home.run(&["backup", "create", "files"])
        .refuses(64, &["which databases"]);
    home.run(&["backup", "create"])
        .refuses(64, &["what is to be saved"]);
    home.run(&["backup", "create", "files/shop.orders"])
        .refuses(64, &["whole databases"]);
    home.run(&["backup", "verify", "last"])
        .refuses(64, &["no backup"]);
    home.run(&["backup", "create", "files", "shop"]).expect(0);
    home.run(&["backup", "verify", "lost"])
        .refuses(64, &["there is no backup lost"]);
    home.run(&["backup", "verify", "./nowhere"])
        .refuses(2, &["nowhere"]);
    home.run(&["backup", "restore", "./nowhere", "files"])
        .refuses(4, &["holds no backup"]);
    assert_eq!(entries(&backups(&home)).len(), 1);
}

#[test]
fn what_looks_unfinished_and_is_not_ours_is_left_alone() {
    let home = Home::new();
    let place = files::shop(&home, 1);
    let disk = home.folder.path().join("disk");
    std::fs::create_dir_all(disk.join("download.partial")).unwrap();
    let to = disk.to_str().unwrap();
    home.run(&["backup", "create", &place, "--to", to])
        .expect(0);
    assert!(disk.join("download.partial").exists());
    let listed = home.run(&["backup", "list", to]).expect(0);
    assert_eq!(listed.json["backups"].as_array().unwrap().len(), 1);
}

fn c03_a_structure_that_changes_meanwhile_makes_no_backup(case: &Case) {
    let database = case.source(
        "moved",
        "CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
         CREATE TABLE large (id INT PRIMARY KEY AUTO_INCREMENT, b BLOB);
         INSERT INTO large (b) SELECT UNHEX(CONCAT(SHA2(RAND(), 512), SHA2(RAND(), 512), SHA2(RAND(), 512), SHA2(RAND(), 512)))
         FROM digits a, digits b, digits c, digits d, digits e, digits f WHERE e.d < 6 AND f.d < 4",
    );
    let place = format!("a/{database}");
    let mut running = case
        .home
        .start(&["backup", "create", &place, "--jobs", "1"]);
    let root = backups(&case.home);
    until("rows are written", || {
        entries(&root).iter().any(|name| {
            let files = entries(&root.join(name));
            files.iter().any(|file| file.ends_with(".zst"))
        })
    });
    case.a
        .sql(&format!("CREATE TABLE `{database}`.added (a INT)"));
    assert!(running.is_running(), "it ended too early to show anything");
    running
        .wait()
        .refuses(4, &["structure changed", "nothing is left"]);
    assert_eq!(entries(&root), Vec::<String>::new());
}

/// The rows of a backup never change: what was staged of them once stays right.
#[cfg(feature = "kill-points")]
fn e01_a_restore_that_was_killed_is_resumed(case: &Case) {
    let shop = case.source(
        "shop",
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t VALUES (1, 'x'), (2, 'y');
         CREATE TABLE u (id INT PRIMARY KEY); INSERT INTO u VALUES (7)",
    );
    let from = format!("a/{shop}");
    case.home.run(&["backup", "create", &from]).expect(0);
    case.a.sql(&format!("DELETE FROM {shop}.t"));
    let mut command = case.home.command();
    command.env("MAESTRO_KILL_AT", "chunk-committed");
    let to = format!("b/{shop}");
    command.args(["backup", "restore", "last", "to", &to, "--yes"]);
    assert_eq!(command.output().unwrap().status.code(), None);
    let resumed = case.home.run(&["resume", "--yes"]).expect(0);
    assert_eq!(resumed.json["status"], "done");
    assert_eq!(case.b.rows(&format!("SELECT * FROM {shop}.t")), "1 x, 2 y");
    assert_eq!(case.b.rows(&format!("SELECT * FROM {shop}.u")), "7");
    assert_eq!(case.left_of(&shop), Vec::<String>::new());
}

on_both!(c03_a_structure_that_changes_meanwhile_makes_no_backup);
#[cfg(feature = "kill-points")]
mod killed {
    use super::{e01_a_restore_that_was_killed_is_resumed, on_both};

    on_both!(e01_a_restore_that_was_killed_is_resumed);
}
