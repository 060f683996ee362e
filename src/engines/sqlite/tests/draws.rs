//! Tables that are drawn straight from the source's file: what comes along, and when they are not.

use super::*;
use crate::engines::sqlite::{note, prints};

const TABLES: &str = "
CREATE TABLE a (id INTEGER PRIMARY KEY, word TEXT COLLATE NOCASE, n);
CREATE TABLE bare (x, y REAL);
CREATE TABLE keyed (code TEXT PRIMARY KEY, x, UNIQUE (x, code));
CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, v BLOB);
CREATE TABLE made (k TEXT, n INT, twice INT AS (n * 2) STORED, thrice INT AS (n * 3));
CREATE TABLE pairs (left INT, right INT, v TEXT, PRIMARY KEY (left, right DESC)) WITHOUT ROWID;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO a SELECT i * 3, printf('Word %d', i % 100), CASE i % 4 WHEN 0 THEN i WHEN 1 THEN i / 3.0 WHEN 2 THEN x'00ff' END FROM n;
INSERT INTO bare (rowid, x, y) SELECT 100000 - id, n, id FROM a;
INSERT INTO keyed (rowid, code, x) SELECT 100000 - id, 'c' || id, n FROM a;
INSERT INTO counted SELECT id, zeroblob(id % 900) FROM a;
INSERT INTO made (rowid, k, n) SELECT 7 * id, word, id FROM a;
INSERT INTO pairs SELECT id % 10, id, word FROM a;
DELETE FROM bare WHERE rowid % 5 = 0; DELETE FROM keyed WHERE rowid % 5 = 0;
CREATE INDEX words ON a (word DESC, n); CREATE UNIQUE INDEX part ON a (n, id) WHERE n IS NOT NULL;
CREATE INDEX low ON keyed (lower(code)); CREATE INDEX twice ON made (twice); CREATE INDEX v ON pairs (v);";

/// Every row with its rowid and its types.
const ROWS: [&str; 6] = [
    "SELECT id, word, typeof(n), n FROM a ORDER BY id",
    "SELECT rowid, typeof(x), x, y FROM bare ORDER BY rowid",
    "SELECT rowid, code, typeof(x), x FROM keyed ORDER BY rowid",
    "SELECT id, length(v) FROM counted ORDER BY id",
    "SELECT rowid, k, n, twice, thrice FROM made ORDER BY rowid",
    "SELECT * FROM pairs ORDER BY 1, 2",
];

#[tokio::test]
async fn a_drawn_table_has_the_rows_rowids_and_indexes_of_its_source() {
    for pair in Pair::both() {
        pair.run("from", TABLES);
        pair.copy(None).await.unwrap();
        for sql in ROWS {
            assert_eq!(pair.ask("to", sql), pair.ask("from", sql), "{sql}");
        }
        let schema = "SELECT type, name, sql FROM sqlite_schema ORDER BY name";
        assert_eq!(pair.ask("to", schema), pair.ask("from", schema));
        assert_eq!(pair.ask("to", "PRAGMA integrity_check"), ["ok"]);
        assert_eq!(pair.left(), ["shop.db"]);
    }
}

#[tokio::test]
async fn what_is_noted_of_a_drawn_table_is_what_its_copy_holds() {
    let pair = Pair::new();
    pair.run("from", TABLES);
    let undo = pair.copy(None).await.unwrap().unwrap();
    let record = Path::new(&undo.place).with_extension("json");
    let kept: serde_json::Value = note::read(&record).unwrap().unwrap();
    let noted: Vec<prints::Print> = serde_json::from_value(kept["note"]["after"].clone()).unwrap();
    let live = worker::reader(&pair.file("to")).unwrap();
    let mut tables = prints::tables(&live).unwrap();
    tables.retain(|table| !table.starts_with("sqlite_"));
    assert_eq!(noted.len(), 6);
    assert_eq!(noted, prints::of(&live, &tables).unwrap());
}

#[tokio::test]
async fn ranges_are_drawn_too() {
    let pair = Pair::new();
    pair.run("from", TABLES);
    let work = pair.work(None).await;
    let table = work.source.table("a").unwrap();
    let (from, to) = (pair.server("from").await, pair.server("to").await);
    let snapshot = from.snapshot("shop", &[], 1).await.unwrap();
    let target = to.target(&work, &Opening::Fresh).await.unwrap();
    target.create(table).await.unwrap();
    let chunks = snapshot.chunks(0, table, Rows(1000)).await.unwrap();
    let mut loader = target.loader(0).await.unwrap();
    for (number, chunk) in chunks.iter().enumerate() {
        loader.begin().await.unwrap();
        let drawn = loader.draw(snapshot.as_ref(), table, table, chunk).await;
        let (rows, bytes) = drawn.unwrap().unwrap();
        assert_eq!(rows, Rows(1000));
        assert!(bytes > Bytes(0));
        let mark = Mark {
            table,
            number,
            chunk,
            rows,
        };
        loader.commit(&[mark]).await.unwrap();
        assert_eq!(target.committed(table, number).await.unwrap(), Some(rows));
    }
    let whole = Chunk::whole();
    assert_eq!(
        digested(target.as_ref(), table, &whole).await,
        snapshot.digest(0, table, &whole).await.unwrap()
    );
    target.discard().await.unwrap();
}

#[tokio::test]
async fn c01_a_source_that_was_written_since_its_moment_is_not_drawn() {
    let pair = Pair::new();
    pair.run("from", "PRAGMA journal_mode = wal; CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)");
    let work = pair.work(None).await;
    let table = work.source.table("t").unwrap();
    let (from, to) = (pair.server("from").await, pair.server("to").await);
    let snapshot = from.snapshot("shop", &[], 1).await.unwrap();
    let target = to.target(&work, &Opening::Fresh).await.unwrap();
    target.create(table).await.unwrap();
    let mut loader = target.loader(0).await.unwrap();
    let chunk = Chunk::whole();
    loader.begin().await.unwrap();
    let drawn = loader.draw(snapshot.as_ref(), table, table, &chunk).await;
    assert_eq!(drawn.unwrap().map(|(rows, _)| rows), Some(Rows(1)));
    loader.rollback().await.unwrap();

    pair.run("from", "INSERT INTO t VALUES (2)");
    loader.begin().await.unwrap();
    let drawn = loader.draw(snapshot.as_ref(), table, table, &chunk).await;
    assert_eq!(drawn.unwrap(), None);
    let rows = pass(snapshot.as_ref(), loader.as_mut(), table, &chunk).await;
    assert_eq!(rows, Rows(1));
    loader.rollback().await.unwrap();
    target.discard().await.unwrap();
    snapshot.close().await.unwrap();
    let beside = pair.home.join("from").read_dir().unwrap();
    assert_eq!(beside.count(), 1, "no file of the log stays behind");
}

#[tokio::test]
async fn a_source_of_another_encoding_is_not_drawn() {
    let pair = Pair::new();
    pair.run("from", "PRAGMA encoding = 'UTF-16be'; CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'ä')");
    pair.run(
        "to",
        "CREATE TABLE kept (v TEXT); INSERT INTO kept VALUES ('ö')",
    );
    let pair = Pair {
        passes: true,
        ..pair
    };
    let work = pair.work(Some(&["t"])).await;
    let table = work.source.table("t").unwrap();
    let (from, to) = (pair.server("from").await, pair.server("to").await);
    let snapshot = from.snapshot("shop", &[], 1).await.unwrap();
    let target = to.target(&work, &Opening::Fresh).await.unwrap();
    target.create(table).await.unwrap();
    let mut loader = target.loader(0).await.unwrap();
    loader.begin().await.unwrap();
    let drawn = loader
        .draw(snapshot.as_ref(), table, table, &Chunk::whole())
        .await;
    assert_eq!(drawn.unwrap(), None);
    loader.rollback().await.unwrap();
    target.discard().await.unwrap();
    pair.copy(Some(&["t"])).await.unwrap();
    assert_eq!(pair.ask("to", "SELECT v FROM t"), ["ä"]);
}

#[tokio::test]
async fn a_file_of_an_odd_name_is_drawn_and_its_log_is_gone() {
    let outer = tempfile::tempdir().unwrap();
    let pair = Pair::at(&outer.path().join("50%? a#b&mode=rwc ü"));
    pair.run("from", "PRAGMA journal_mode = wal");
    pair.run("from", TABLES);
    pair.copy(None).await.unwrap();
    assert_eq!(pair.ask("to", ROWS[0]), pair.ask("from", ROWS[0]));
    let beside = pair.home.join("from").read_dir().unwrap();
    assert_eq!(beside.count(), 1, "no file of the log stays behind");
}
