//! What a copy keeps, and how it becomes live.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::*;

#[tokio::test]
async fn a20_each_value_keeps_its_own_type_and_bytes() {
    for pair in Pair::both() {
        pair.run(
        "from",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, x, r REAL);
         INSERT INTO t VALUES (1, 'text', 'a' || char(0) || 'b', 1), (2, x'00ff', CAST(x'c328ff' AS TEXT), 9e999),
           (3, 1.5, -9223372036854775808, NULL), (-4, NULL, 0.1, 'r');",
    );
        pair.copy(None).await.unwrap();
        let sql = "SELECT id, typeof(n), hex(n), typeof(x), hex(CAST(x AS BLOB)), length(x), typeof(r), r FROM t ORDER BY id";
        assert_eq!(pair.ask("to", sql), pair.ask("from", sql));
        assert_eq!(
            pair.ask("to", "SELECT hex(x) FROM t WHERE id < 3 AND id > 0"),
            ["610062", "C328FF"]
        );
    }
}

#[tokio::test]
async fn a06_infinities_and_what_was_no_number_arrive() {
    for pair in Pair::both() {
        pair.run(
        "from",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, r REAL, x);
         INSERT INTO t VALUES (1, 9e999, -9e999), (2, -9e999, 9e999), (3, 9e999 - 9e999, 'infinity'), (4, 1.7976931348623157e308, 5e-324);",
    );
        pair.copy(None).await.unwrap();
        let sql = "SELECT id, typeof(r), r, typeof(x), x, r > 1e308, x < -1e308 FROM t ORDER BY id";
        assert_eq!(pair.ask("to", sql), pair.ask("from", sql));
        assert_eq!(
            pair.ask(
                "to",
                "SELECT r > 1.7976931348623157e308, typeof(x) FROM t WHERE id = 1"
            ),
            ["1|real"]
        );
    }
}

#[tokio::test]
async fn rowids_counters_generated_columns_and_settings_travel() {
    for pair in Pair::both() {
        pair.run(
        "from",
        "PRAGMA page_size = 8192; PRAGMA encoding = 'UTF-16le'; PRAGMA auto_vacuum = FULL;
         PRAGMA user_version = 7; PRAGMA application_id = -5;
         CREATE TABLE log (rowid TEXT, line TEXT); INSERT INTO log (_rowid_, rowid, line) VALUES (90, 'a', 'ä'), (7, 'b', '語');
         CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, n INT, twice INT AS (n * 2) STORED);
         INSERT INTO a (n) VALUES (1), (2), (3); DELETE FROM a WHERE id = 3;
         CREATE TABLE w (k TEXT PRIMARY KEY, v ANY) STRICT, WITHOUT ROWID; INSERT INTO w VALUES ('x', 1.0), ('y', x'00');
         CREATE UNIQUE INDEX part ON a (n DESC) WHERE n > 1; CREATE INDEX ex ON log (lower(line));",
    );
        pair.copy(None).await.unwrap();
        for pragma in [
            "page_size",
            "encoding",
            "auto_vacuum",
            "user_version",
            "application_id",
        ] {
            let sql = format!("PRAGMA {pragma}");
            assert_eq!(pair.ask("to", &sql), pair.ask("from", &sql), "{pragma}");
        }
        assert_eq!(
            pair.ask("to", "SELECT _rowid_, rowid FROM log ORDER BY _rowid_"),
            ["7|b", "90|a"]
        );
        assert_eq!(pair.ask("to", "SELECT id, twice FROM a"), ["1|2", "2|4"]);
        assert_eq!(
            pair.ask("to", "SELECT seq FROM sqlite_sequence WHERE name = 'a'"),
            ["3"]
        );
        let schema = "SELECT type, name, sql FROM sqlite_schema ORDER BY name";
        assert_eq!(pair.ask("to", schema), pair.ask("from", schema));
    }
}

#[tokio::test]
async fn a_live_file_keeps_its_journal_mode_and_its_file() {
    use std::os::unix::fs::MetadataExt;
    for mode in ["wal", "delete"] {
        let pair = Pair::new();
        pair.run("from", "PRAGMA page_size = 8192; CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)");
        pair.run(
            "to",
            &format!("PRAGMA journal_mode = {mode}; CREATE TABLE old (id INTEGER PRIMARY KEY)"),
        );
        let inode = pair.file("to").metadata().unwrap().ino();
        pair.copy(None).await.unwrap();
        assert_eq!(pair.ask("to", "PRAGMA journal_mode"), [mode]);
        assert_eq!(pair.ask("to", "SELECT name FROM sqlite_schema"), ["t"]);
        assert_eq!(pair.file("to").metadata().unwrap().ino(), inode);
        assert_eq!(pair.ask("to", "PRAGMA integrity_check"), ["ok"]);
    }
}

/// Two tables of 3,000 rows that hold this word.
fn fill(word: &str) -> String {
    format!(
        "CREATE TABLE a (id INTEGER PRIMARY KEY, word TEXT);
         CREATE TABLE b (id INTEGER PRIMARY KEY, word TEXT);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
         INSERT INTO a SELECT i, '{word}' FROM n;
         INSERT INTO b SELECT * FROM a;"
    )
}

const WORDS: &str = "SELECT DISTINCT word FROM (SELECT word FROM a UNION ALL SELECT word FROM b)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e17_a_reader_sees_the_old_database_or_the_new_one() {
    for mode in ["wal", "delete"] {
        let pair = Pair::new();
        pair.run("from", &fill("new"));
        pair.run(
            "to",
            &format!("PRAGMA journal_mode = {mode}; {}", fill("old")),
        );
        let stop = Arc::new(AtomicBool::new(false));
        let (path, end) = (pair.file("to"), stop.clone());
        let reader = std::thread::spawn(move || {
            let connection = worker::reader(&path).unwrap();
            let mut seen = Vec::new();
            while !end.load(Ordering::Relaxed) {
                let sql = "SELECT group_concat(DISTINCT word) FROM (SELECT word FROM a UNION ALL SELECT word FROM b)";
                seen.push(
                    connection
                        .query_row(sql, [], |row| row.get::<_, String>(0))
                        .unwrap(),
                );
                std::thread::sleep(Duration::from_millis(1));
            }
            seen
        });
        tokio::time::sleep(Duration::from_millis(30)).await;
        pair.copy(None).await.unwrap();
        tokio::time::sleep(Duration::from_millis(30)).await;
        stop.store(true, Ordering::Relaxed);
        let mut seen = reader.join().unwrap();
        seen.dedup();
        assert_eq!(seen, ["old", "new"], "{mode}");
    }
}

const FAMILY: &str = "
  CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT);
  CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id));
  INSERT INTO parents VALUES (1, 'one'), (2, 'two'); INSERT INTO children VALUES (10, 1), (20, 2);";

/// Where the killed child of the test below works.
const CHILD: &str = "MAESTRO_TEST_KILLED_COPY";

#[tokio::test]
async fn a_killed_run_leaves_the_old_database_or_the_new_one() {
    if let Some(home) = std::env::var_os(CHILD) {
        let pair = Pair::at(Path::new(&home));
        loop {
            pair.copy(None).await.unwrap();
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..60 {
        let home = tempfile::tempdir().unwrap();
        let pair = Pair::at(home.path());
        pair.run("from", &fill("new"));
        let mode = ["wal", "delete"][round % 2];
        pair.run(
            "to",
            &format!("PRAGMA journal_mode = {mode}; {}", fill("old")),
        );
        let name =
            "engines::sqlite::tests::copies::a_killed_run_leaves_the_old_database_or_the_new_one";
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(CHILD, home.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        tokio::time::sleep(Duration::from_millis(20 + 17 * round as u64)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let words = pair.ask("to", WORDS);
        assert_eq!(words.len(), 1, "{words:?}");
        assert_eq!(pair.ask("to", "PRAGMA integrity_check"), ["ok"]);
        seen.extend(words);
        pair.copy(None).await.unwrap();
        assert_eq!(pair.ask("to", WORDS), ["new"]);
        let left = pair.home.join("to").read_dir().unwrap();
        let left = left
            .map(|entry| entry.unwrap().file_name())
            .collect::<Vec<_>>();
        assert_eq!(left, ["shop.db"]);
        // On a busy machine the first rounds end before the swap.
        if round >= 11 && seen.contains("new") {
            break;
        }
    }
    assert!(seen.contains("new"), "no round came as far as a swap");
}

#[tokio::test]
async fn chosen_tables_are_replaced_and_the_others_stay() {
    let pair = Pair::new();
    pair.run("from", FAMILY);
    pair.run("from", "CREATE TABLE extra (a TEXT, b INT); INSERT INTO extra VALUES ('x', 1); CREATE INDEX extra_a ON extra (a)");
    pair.run("to", FAMILY);
    pair.run(
        "to",
        "CREATE TABLE extra (a TEXT); INSERT INTO extra VALUES ('old');
         UPDATE parents SET name = 'old'; CREATE TABLE audit (what TEXT);
         CREATE TRIGGER watch AFTER INSERT ON parents BEGIN INSERT INTO audit VALUES (NEW.name); END;
         CREATE VIEW v AS SELECT name FROM parents;",
    );
    pair.copy(Some(&["parents", "extra"])).await.unwrap();
    assert_eq!(
        pair.ask("to", "SELECT name FROM v ORDER BY name"),
        ["one", "two"]
    );
    assert_eq!(pair.ask("to", "SELECT * FROM extra"), ["x|1"]);
    assert_eq!(pair.ask("to", "SELECT count(*) FROM children"), ["2"]);
    assert!(
        pair.ask("to", "SELECT what FROM audit").is_empty(),
        "the trigger fired"
    );
    let names = "SELECT name FROM sqlite_schema WHERE type IN ('index', 'trigger') ORDER BY name";
    assert_eq!(pair.ask("to", names), ["extra_a", "watch"]);
}

#[tokio::test]
async fn rows_that_would_lose_their_parent_stop_the_swap() {
    let pair = Pair::new();
    pair.run("from", FAMILY);
    pair.run(
        "from",
        "DELETE FROM children WHERE parent = 2; DELETE FROM parents WHERE id = 2",
    );
    pair.run("to", FAMILY);
    let error = pair.copy(Some(&["parents"])).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "1 row of children would refer to rows that parents does not have"
    );
    assert_eq!(pair.ask("to", "SELECT count(*) FROM parents"), ["2"]);
    // Nothing of the run is left.
    assert_eq!(pair.home.join("to").read_dir().unwrap().count(), 1);
}

#[tokio::test]
async fn orphans_that_the_source_has_are_copied_as_they_are() {
    let pair = Pair::new();
    pair.run("from", FAMILY);
    pair.run(
        "from",
        "PRAGMA foreign_keys = OFF; DELETE FROM parents WHERE id = 2",
    );
    pair.run("to", FAMILY);
    pair.run("to", "CREATE TABLE mine (id INTEGER PRIMARY KEY)");
    pair.copy(Some(&["parents", "children"])).await.unwrap();
    assert_eq!(pair.ask("to", "SELECT parent FROM children"), ["1", "2"]);
    assert_eq!(pair.ask("to", "SELECT id FROM parents"), ["1"]);
}

#[tokio::test]
async fn a_file_that_is_not_there_yet_is_made_with_the_mode_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let pair = Pair::new();
    pair.run("from", FAMILY);
    pair.run("from", "PRAGMA journal_mode = WAL");
    let path = pair.home.join("fresh.db");
    let mut work = pair.work(None).await;
    work.database = "fresh".into();
    let target = Files::open(&path, &pair.state())
        .await
        .unwrap()
        .target(&work, &Opening::Fresh)
        .await
        .unwrap();
    for table in staging::tables(&work) {
        target.create(table).await.unwrap();
    }
    target.complete().await.unwrap();
    assert!(!path.exists());
    target.swap().await.unwrap();
    target.finish(1).await.unwrap();
    std::fs::write(pair.home.join("any"), "").unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
    assert_eq!(mode(&path), mode(&pair.home.join("any")));
    let connection = Connection::open(&path).unwrap();
    let journal: String = connection
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(journal, "wal");
}

#[tokio::test]
async fn a_counter_of_a_chosen_table_follows_the_source() {
    let pair = Pair::new();
    let table = "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, n INT); CREATE TABLE stays (id INTEGER PRIMARY KEY);";
    pair.run("from", table);
    pair.run(
        "from",
        "INSERT INTO a (n) VALUES (1), (2), (3); DELETE FROM a WHERE id = 3",
    );
    pair.run("to", table);
    pair.run("to", "INSERT INTO a VALUES (500, 1)");
    pair.copy(Some(&["a"])).await.unwrap();
    assert_eq!(
        pair.ask("to", "SELECT name, seq FROM sqlite_sequence"),
        ["a|3"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_in_use_is_refused_and_stays_as_it_was() {
    let pair = Pair::new();
    pair.run("from", FAMILY);
    pair.run("to", "CREATE TABLE old (id INTEGER PRIMARY KEY)");
    let other = Connection::open(pair.file("to")).unwrap();
    let work = pair.work(None).await;
    let target = pair.stage(&work).await;
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = target.swap().await.unwrap_err();
    assert!(matches!(&error, Error::Refused { .. }), "{error:?}");
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(pair.ask("to", "SELECT name FROM sqlite_schema"), ["old"]);
    // The staging file is still good.
    target.swap().await.unwrap();
    target.finish(1).await.unwrap();
    assert_eq!(pair.ask("to", "SELECT count(*) FROM children"), ["2"]);
}

#[tokio::test]
async fn a_table_made_during_the_run_is_not_overwritten() {
    for only in [None, Some(&["parents"][..])] {
        let pair = Pair::new();
        pair.run("from", FAMILY);
        pair.run("to", FAMILY);
        let work = pair.work(only).await;
        let target = pair.stage(&work).await;
        pair.run(
            "to",
            "CREATE TABLE fresh (id INTEGER PRIMARY KEY); UPDATE parents SET name = 'x'",
        );
        let error = target.swap().await.unwrap_err();
        assert!(
            error.to_string().contains("changed during the run"),
            "{error}"
        );
        target.discard().await.unwrap();
        assert_eq!(pair.ask("to", "SELECT DISTINCT name FROM parents"), ["x"]);
    }
}
