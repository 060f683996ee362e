//! What holds for SQLite alone, on real files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::mpsc;

use super::server::Files;
use super::worker::{self, Worker};
use super::*;
use crate::engines::{BatchLimit, Target, TargetWork};
use crate::model::catalog::{Catalog, ObjectKind};
use crate::model::survey::Role;
use crate::model::units::{Bytes, Rows};

/// A folder with a source and a target in it.
struct Pair {
    home: tempfile::TempDir,
}

impl Pair {
    fn new() -> Pair {
        let home = tempfile::tempdir().unwrap();
        for side in ["from", "to"] {
            std::fs::create_dir(home.path().join(side)).unwrap();
        }
        Pair { home }
    }

    fn file(&self, side: &str) -> PathBuf {
        self.home.path().join(side).join("shop.db")
    }

    fn run(&self, side: &str, sql: &str) {
        Connection::open(self.file(side))
            .unwrap()
            .execute_batch(sql)
            .unwrap();
    }

    fn ask(&self, side: &str, sql: &str) -> Vec<String> {
        let connection = worker::reader(&self.file(side)).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let width = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        let mut lines = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            let cells = (0..width).map(|at| cells::printed(row.get_ref(at).unwrap()).unwrap());
            lines.push(cells.collect::<Vec<_>>().join("|"));
        }
        lines
    }

    async fn server(&self, side: &str) -> Files {
        Files::open(&self.home.path().join(side)).await.unwrap()
    }

    async fn catalog(&self, side: &str) -> Option<Catalog> {
        self.server(side).await.catalog("shop").await.unwrap()
    }

    /// The whole database, or only these tables and nothing else.
    async fn work(&self, only: Option<&[&str]>) -> TargetWork {
        let source = self.catalog("from").await.unwrap();
        let before = self.catalog("to").await;
        let all = source
            .tables
            .iter()
            .map(|table| table.name.clone())
            .collect::<Vec<_>>();
        let old = before.clone().unwrap_or_default();
        let whole = only.is_none();
        TargetWork {
            run: uuid::Uuid::now_v7().to_string(),
            database: "shop".into(),
            charset: None,
            collation: None,
            removed: old
                .tables
                .iter()
                .map(|table| table.name.clone())
                .filter(|name| whole && !all.contains(name))
                .collect(),
            tables: only.map_or(all, |only| {
                only.iter().map(|name| name.to_string()).collect()
            }),
            objects: if whole {
                source.objects.clone()
            } else {
                Vec::new()
            },
            dropped: if whole { old.objects } else { Vec::new() },
            source,
            before,
        }
    }

    /// Copies up to the swap.
    async fn stage(&self, work: &TargetWork) -> Box<dyn Target> {
        let from = self.server("from").await;
        let snapshot = from.snapshot("shop", &work.source.tables, 1).await.unwrap();
        let target = self.server("to").await.target(work).await.unwrap();
        let mut loader = target.loader().await.unwrap();
        for table in staging::tables(work) {
            target.create(table).await.unwrap();
            let (sender, mut batches) = mpsc::channel(2);
            let limit = BatchLimit {
                rows: Rows(100),
                bytes: Bytes(1 << 20),
            };
            let chunk = crate::model::batch::Chunk::whole();
            let load = async {
                loader.begin().await.unwrap();
                while let Some(batch) = batches.recv().await {
                    loader.load(table, &batch).await.unwrap();
                }
                loader.commit().await.unwrap();
            };
            let (rows, ()) = tokio::join!(snapshot.read(0, table, &chunk, limit, sender), load);
            assert_eq!(target.count(table).await.unwrap(), rows.unwrap());
            let digests = (snapshot.digest(0, table).await, target.digest(table).await);
            assert_eq!(digests.0.unwrap(), digests.1.unwrap(), "{}", table.name);
        }
        target.complete().await.unwrap();
        snapshot.close().await.unwrap();
        target
    }

    async fn copy(&self, only: Option<&[&str]>) -> Result<()> {
        let work = self.work(only).await;
        let target = self.stage(&work).await;
        let swapped = target.swap().await;
        let failed = target.objects().await.unwrap();
        assert!(failed.is_empty(), "{failed:?}");
        match swapped {
            Ok(()) => target.finish().await,
            Err(error) => target.discard().await.and(Err(error)),
        }
    }
}

#[tokio::test]
async fn a20_each_value_keeps_its_own_type_and_bytes() {
    let pair = Pair::new();
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

#[tokio::test]
async fn rowids_counters_generated_columns_and_settings_travel() {
    let pair = Pair::new();
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e17_a_reader_sees_the_old_database_or_the_new_one() {
    for mode in ["wal", "delete"] {
        let pair = Pair::new();
        let fill = |word: &str| {
            format!(
                "CREATE TABLE a (id INTEGER PRIMARY KEY, word TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY, word TEXT);
                 WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
                 INSERT INTO a SELECT i, '{word}' FROM n; INSERT INTO b SELECT * FROM a;"
            )
        };
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
    assert_eq!(pair.home.path().join("to").read_dir().unwrap().count(), 1);
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
    target.finish().await.unwrap();
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

#[tokio::test]
async fn a_virtual_table_is_named_as_not_copied_and_its_shadows_are_hidden() {
    let pair = Pair::new();
    pair.run("from", "CREATE VIRTUAL TABLE words USING fts5(text); INSERT INTO words VALUES ('a b'); CREATE TABLE t (a)");
    let catalog = pair.catalog("from").await.unwrap();
    assert_eq!(catalog.tables.len(), 1);
    let words = catalog.object(ObjectKind::VirtualTable, "words").unwrap();
    assert!(words.obstacle.as_ref().unwrap().contains("fts5"));
    let flags = &pair.server("from").await.databases().await.unwrap().listed[0].flags;
    assert_eq!(*flags, ["1 table without key", "1 virtual table"]);
}

#[tokio::test]
async fn two_files_of_one_name_are_both_named() {
    let pair = Pair::new();
    pair.run("from", "CREATE TABLE t (a)");
    std::fs::copy(
        pair.file("from"),
        pair.file("from").with_extension("sqlite"),
    )
    .unwrap();
    let error = pair
        .server("from")
        .await
        .databases()
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("shop.db") && error.contains("shop.sqlite"),
        "{error}"
    );
}

#[tokio::test]
async fn a_file_counts_by_its_header_and_an_empty_one_by_its_ending() {
    let pair = Pair::new();
    let folder = pair.home.path().join("from");
    std::fs::write(folder.join("notes.db"), "not a database at all").unwrap();
    std::fs::write(folder.join("empty.sqlite"), "").unwrap();
    std::fs::write(folder.join("empty.txt"), "").unwrap();
    Connection::open(folder.join("data"))
        .unwrap()
        .execute_batch("CREATE TABLE t (a)")
        .unwrap();
    let names = |found: crate::model::survey::Databases| {
        found
            .listed
            .into_iter()
            .map(|line| line.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(pair.server("from").await.databases().await.unwrap()),
        ["data", "empty"]
    );
    let Err(error) = Files::open(&folder.join("notes.db")).await else {
        panic!("opened")
    };
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
}

#[tokio::test]
async fn a_folder_and_the_file_in_it_are_one_server() {
    let pair = Pair::new();
    pair.run("from", "CREATE TABLE t (a)");
    let folder = pair.server("from").await;
    let link = pair.home.path().join("link.db");
    std::os::unix::fs::symlink(pair.file("from"), &link).unwrap();
    for path in [pair.file("from"), link] {
        let file = Files::open(&path).await.unwrap();
        assert!(folder.is_same_server(&file).await.unwrap());
        assert!(file.is_same_server(&folder).await.unwrap());
        assert_eq!(file.databases().await.unwrap().listed[0].name, "shop");
    }
    assert!(
        !folder
            .is_same_server(&pair.server("to").await)
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_damaged_database_is_a_finding() {
    let pair = Pair::new();
    pair.run("from", "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    let mut bytes = std::fs::read(pair.file("from")).unwrap();
    bytes[100..400].fill(0xee);
    std::fs::write(pair.file("from"), bytes).unwrap();
    let server = pair.server("from").await;
    let survey = server.survey("shop", Role::Source).await.unwrap();
    assert_eq!(survey.findings.len(), 1, "{:?}", survey.findings);
    let flags = &server.databases().await.unwrap().listed[0].flags;
    assert!(flags[0].starts_with("cannot be read"), "{flags:?}");
}

#[tokio::test]
async fn several_statements_and_writes_are_refused_as_questions() {
    let pair = Pair::new();
    pair.run(
        "from",
        "CREATE TABLE t (a); INSERT INTO t VALUES (1.5), (x'00'), (NULL)",
    );
    let server = pair.server("from").await;
    for sql in [
        "SELECT 1; SELECT 2",
        "VACUUM INTO '/nowhere'",
        "PRAGMA user_version = 3",
        "BEGIN",
        "",
    ] {
        assert!(server.query(Some("shop"), sql).await.is_err(), "{sql}");
    }
    let mut answer = server.query(Some("shop"), "SELECT a FROM t").await.unwrap();
    let mut cells = Vec::new();
    while let Some(row) = answer.rows.recv().await {
        cells.extend(row.unwrap());
    }
    assert_eq!(cells, [Some(b"1.5".to_vec()), Some(vec![0]), None]);
}

/// Would count for hours.
const ENDLESS: &str =
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

#[tokio::test]
async fn a_job_that_nobody_waits_for_is_interrupted_and_the_next_is_not() {
    let worker = Worker::open(|| Ok(Connection::open_in_memory().unwrap()))
        .await
        .unwrap();
    let endless = worker.call(|connection| {
        Ok(connection
            .query_row(ENDLESS, [], |row| row.get::<_, i64>(0))
            .is_err())
    });
    assert!(
        tokio::time::timeout(Duration::from_millis(100), endless)
            .await
            .is_err()
    );
    let next = worker.call(|connection| {
        Ok(connection
            .query_row("SELECT 7", [], |row| row.get::<_, i64>(0))
            .unwrap())
    });
    let next = tokio::time::timeout(Duration::from_secs(5), next).await;
    assert_eq!(next.unwrap().unwrap(), 7);
}

#[tokio::test]
async fn a_catalog_reads_what_only_the_statement_tells() {
    let pair = Pair::new();
    pair.run(
        "from",
        "CREATE TABLE p (x TEXT, y INT, PRIMARY KEY (x, y));
         CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT COLLATE NOCASE DEFAULT ('a' || 'b') CHECK (n <> ''),
           px TEXT, py INT, g INT AS (id + 1), FOREIGN KEY (px, py) REFERENCES p ON DELETE CASCADE);
         CREATE INDEX i ON t (lower(n), px COLLATE RTRIM DESC) WHERE py > 0;
         CREATE VIEW broken AS SELECT * FROM absent;",
    );
    let catalog = pair.catalog("from").await.unwrap();
    let table = catalog.table("t").unwrap();
    assert_eq!(
        table.column("n").unwrap().collation.as_deref(),
        Some("NOCASE")
    );
    assert_eq!(
        table.column("n").unwrap().default.as_deref(),
        Some("'a' || 'b'")
    );
    assert_eq!(
        table
            .column("g")
            .unwrap()
            .generated
            .as_ref()
            .unwrap()
            .expression,
        "id + 1"
    );
    assert_eq!(table.checks[0].expression, "n <> ''");
    let key = &table.foreign_keys[0];
    assert_eq!(
        (key.parent_columns.join(","), key.on_delete.as_str()),
        ("x,y".into(), "CASCADE")
    );
    let index = table
        .indexes
        .iter()
        .find(|index| index.name == "i")
        .unwrap();
    assert_eq!(index.parts[0].expression.as_deref(), Some("lower(n)"));
    assert!(index.parts[1].descending);
    assert_eq!(index.extra, "WHERE py > 0 part 2 COLLATE RTRIM");
    assert!(
        catalog.table("p").unwrap().key().is_none(),
        "its columns may be NULL"
    );
    assert!(catalog.object(ObjectKind::View, "broken").is_some());
}

#[tokio::test]
async fn a_missing_folder_is_told_with_its_mend() {
    let Err(error) = Files::open(Path::new("/no/such/folder")).await else {
        panic!("opened")
    };
    assert!(
        error.hint().unwrap().contains("mkdir -p /no/such/folder"),
        "{error:?}"
    );
}
