//! What is left of a run that died while it loaded, and how it is taken up again.

use super::swaps::{NUMBERS, OLD};
use super::*;
use crate::engines::sqlite::marks;
use crate::engines::{Shown, StagedChunk};
use crate::model::catalog::Table;

/// Copies one range.
async fn load(pair: &Pair, target: &dyn Target, table: &Table, chunks: &[Chunk], number: usize) {
    let snapshot = pair.server("from").await;
    let tables = [table.clone()];
    let snapshot = snapshot.snapshot("shop", &tables, 1).await.unwrap();
    let (sender, mut batches) = mpsc::channel(100);
    let limit = BatchLimit {
        rows: Rows(100),
        bytes: Bytes(1 << 20),
    };
    let chunk = &chunks[number];
    let rows = snapshot.read(0, table, chunk, limit, sender).await.unwrap();
    let mut loader = target.loader(0).await.unwrap();
    loader.begin().await.unwrap();
    loader.clear(table, chunk).await.unwrap();
    while let Some(batch) = batches.recv().await {
        loader.load(table, &batch).await.unwrap();
    }
    let mark = Mark {
        table,
        number,
        chunk,
        rows,
    };
    loader.commit(&[mark]).await.unwrap();
}

async fn cut(pair: &Pair, work: &TargetWork) -> (Table, Vec<Chunk>) {
    let table = work.source.table("a").unwrap().clone();
    let server = pair.server("from").await;
    let tables = [table.clone()];
    let snapshot = server.snapshot("shop", &tables, 1).await.unwrap();
    let chunks = snapshot.chunks(0, &table, Rows(1000)).await.unwrap();
    (table, chunks)
}

#[tokio::test]
async fn e06_a_resume_finds_the_ranges_that_were_committed_and_no_others() {
    let pair = Pair::new();
    pair.run("from", NUMBERS);
    pair.run("to", OLD);
    let work = pair.work(None).await;
    let (table, chunks) = cut(&pair, &work).await;
    assert_eq!(chunks.len(), 3);
    let target = pair.server("to").await;
    let target = target.target(&work, &Opening::Fresh).await.unwrap();
    target.create(&table).await.unwrap();
    target.cut(&table, &chunks).await.unwrap();
    load(&pair, target.as_ref(), &table, &chunks, 1).await;
    assert_eq!(target.committed(&table, 0).await.unwrap(), None);
    assert_eq!(target.committed(&table, 1).await.unwrap(), Some(Rows(1000)));
    // In the midst of the next range the process ends.
    let mut loader = target.loader(1).await.unwrap();
    loader.begin().await.unwrap();
    loader.clear(&table, &chunks[1]).await.unwrap();
    assert_eq!(target.committed(&table, 1).await.unwrap(), Some(Rows(1000)));
    drop((loader, target));

    assert_eq!(pair.shows(&work.run).await.unwrap(), Shown::Staging);
    assert_eq!(pair.ask("to", "SELECT word FROM a"), ["old"]);
    let target = pair.resume(&work).await.unwrap();
    let staged = target.staged().await.unwrap();
    assert_eq!(staged.len(), 1);
    let chunk = |number: usize, rows| StagedChunk {
        chunk: chunks[number].clone(),
        rows,
    };
    let expected = [chunk(0, None), chunk(1, Some(Rows(1000))), chunk(2, None)];
    assert_eq!(staged[0].chunks, expected);
    assert_eq!(counted(target.as_ref(), &table).await, Rows(1000));
    for number in [0, 2] {
        load(&pair, target.as_ref(), &table, &chunks, number).await;
    }
    target.complete().await.unwrap();
    target.swap().await.unwrap();
    assert!(target.objects().await.unwrap().is_empty());
    target.finish(1).await.unwrap();
    let schema = "SELECT type, name, sql FROM sqlite_schema ORDER BY name";
    assert_eq!(pair.ask("to", schema), pair.ask("from", schema));
    assert_eq!(
        pair.ask("to", "SELECT count(*), sum(id) FROM a"),
        ["3000|4501500"]
    );
    assert_eq!(pair.left(), ["shop.db"]);
}

#[tokio::test]
async fn a_range_may_be_loaded_again_and_a_table_made_again() {
    let pair = Pair::new();
    pair.run("from", NUMBERS);
    let work = pair.work(None).await;
    let (table, chunks) = cut(&pair, &work).await;
    let target = pair.server("to").await;
    let target = target.target(&work, &Opening::Fresh).await.unwrap();
    target.create(&table).await.unwrap();
    for number in [0, 0, 1] {
        load(&pair, target.as_ref(), &table, &chunks, number).await;
    }
    assert_eq!(counted(target.as_ref(), &table).await, Rows(2000));
    let there = pair.server("from").await;
    let there = there.snapshot("shop", &[], 1).await.unwrap();
    assert_eq!(
        there.digest(0, &table, &chunks[1]).await.unwrap(),
        digested(target.as_ref(), &table, &chunks[1]).await
    );
    target.create(&table).await.unwrap();
    assert_eq!(counted(target.as_ref(), &table).await, Rows(0));
    assert_eq!(target.committed(&table, 0).await.unwrap(), None);
    let own = Table {
        name: marks::NAME.into(),
        ..table
    };
    assert!(matches!(
        target.create(&own).await,
        Err(Error::Refused { .. })
    ));
    target.discard().await.unwrap();
    assert!(pair.left().is_empty());
}

/// Where the killed child of the test below works, and its run.
const CHILD: &str = "MAESTRO_TEST_KILLED_LOAD";

#[tokio::test]
async fn b13_marks_and_rows_agree_after_a_kill_at_any_moment() {
    if let Some(home) = std::env::var_os(CHILD) {
        let pair = Pair::at(Path::new(&home));
        let work: TargetWork =
            serde_json::from_slice(&std::fs::read(pair.home.join("work")).unwrap()).unwrap();
        let target = pair.server("to").await;
        let target = target.target(&work, &Opening::Fresh).await.unwrap();
        let (table, chunks) = cut(&pair, &work).await;
        target.create(&table).await.unwrap();
        target.cut(&table, &chunks).await.unwrap();
        loop {
            for number in 0..chunks.len() {
                load(&pair, target.as_ref(), &table, &chunks, number).await;
            }
        }
    }
    let mut seen = 0;
    for round in 0..12 {
        let pair = Pair::new();
        pair.run("from", NUMBERS);
        let work = pair.work(None).await;
        std::fs::write(pair.home.join("work"), serde_json::to_vec(&work).unwrap()).unwrap();
        let name =
            "engines::sqlite::tests::resume::b13_marks_and_rows_agree_after_a_kill_at_any_moment";
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(CHILD, &pair.home)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(60 + 13 * round)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        if pair.shows(&work.run).await.unwrap() == Shown::Nothing {
            continue;
        }
        let target = pair.resume(&work).await.unwrap();
        let table = work.source.table("a").unwrap();
        let mut rows = Rows(0);
        for staged in target.staged().await.unwrap() {
            for chunk in staged.chunks {
                let found = digested(target.as_ref(), table, &chunk.chunk).await.rows;
                assert_eq!(found, chunk.rows.unwrap_or_default());
                rows += found;
            }
            assert_eq!(counted(target.as_ref(), table).await, rows);
        }
        seen += rows.0;
        target.discard().await.unwrap();
        assert!(pair.left().is_empty(), "{:?}", pair.left());
    }
    assert!(seen > 0, "no round came as far as a row");
}

#[tokio::test]
async fn a_damaged_staging_file_is_made_anew() {
    let pair = Pair::new();
    pair.run("from", NUMBERS);
    pair.run("to", OLD);
    let work = pair.work(None).await;
    drop(pair.stage(&work).await);
    let staging = pair.note(&work).staging();
    let mut bytes = std::fs::read(&staging).unwrap();
    let end = bytes.len();
    bytes[5000..end].fill(7);
    std::fs::write(&staging, bytes).unwrap();
    let target = pair.resume(&work).await.unwrap();
    assert!(target.staged().await.unwrap().is_empty());
    target.leave().await.unwrap();
    assert_eq!(pair.shows(&work.run).await.unwrap(), Shown::Staging);
}

#[tokio::test]
async fn staging_that_was_complete_is_loaded_without_indexes_and_triggers_again() {
    let pair = Pair::new();
    pair.run("from", NUMBERS);
    pair.run("to", OLD);
    let work = pair.work(None).await;
    let target = pair.stage(&work).await;
    let locker = Connection::open(pair.file("to")).unwrap();
    locker.execute_batch("BEGIN IMMEDIATE").unwrap();
    // The marks are out of the file by then, and come back.
    assert!(matches!(target.swap().await, Err(Error::Refused { .. })));
    locker.execute_batch("ROLLBACK").unwrap();
    target.leave().await.unwrap();
    assert_eq!(pair.shows(&work.run).await.unwrap(), Shown::Staging);
    let target = pair.resume(&work).await.unwrap();
    let staged = target.staged().await.unwrap();
    assert_eq!(staged.len(), 1);
    assert_eq!(staged[0].chunks[0].rows, Some(Rows(3000)));
    let staging = worker::reader(&pair.note(&work).staging()).unwrap();
    let made: i64 = staging
        .query_row(
            "SELECT count(*) FROM sqlite_schema WHERE type <> 'table' AND sql IS NOT NULL",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(made, 0);
    drop(staging);
    target.complete().await.unwrap();
    target.swap().await.unwrap();
    target.finish(0).await.unwrap();
    assert_eq!(pair.ask("to", "SELECT count(*) FROM v"), ["3000"]);
}

#[tokio::test]
async fn a_resume_waits_for_its_predecessor_and_a_fresh_run_does_not() {
    let pair = Pair::new();
    pair.run("from", NUMBERS);
    let work = pair.work(None).await;
    let first = pair.stage(&work).await;
    let server = pair.server("to").await;
    let other = server.target(&work, &Opening::Fresh).await;
    assert!(matches!(other, Err(Error::Locked { .. })));
    let wait = std::time::Duration::from_millis(300);
    let (resumed, ()) = tokio::join!(pair.resume(&work), async {
        tokio::time::sleep(wait).await;
        drop(first);
    });
    assert_eq!(resumed.unwrap().staged().await.unwrap().len(), 1);
}
