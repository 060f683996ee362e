//! What is left of a run that died, what it shows, and how it is taken up again.

use super::*;
use crate::engines::sqlite::note::{Note, State};
use crate::engines::sqlite::watch::Watch;
use crate::engines::sqlite::{marks, prints, undo};
use crate::engines::{Shown, StagedChunk};
use crate::model::catalog::Table;

const NUMBERS: &str = "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT);
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
  INSERT INTO a SELECT i, 'new' FROM n;
  CREATE INDEX a_word ON a (word); CREATE VIEW v AS SELECT id FROM a;
  CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a WHERE word = 'none'; END;";

const OLD: &str = "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT);
  INSERT INTO a VALUES (1, 'old'); CREATE TABLE other (n INT); INSERT INTO other VALUES (1);";

impl Pair {
    async fn shows(&self, run: &str) -> Result<Shown> {
        self.server("to").await.shows(run, "shop").await
    }

    async fn resume(&self, work: &TargetWork) -> Result<Box<dyn Target>> {
        self.server("to").await.target(work, &Opening::Resume).await
    }

    fn note(&self, work: &TargetWork) -> Note {
        Note::read(&self.home.join("to"), &work.run, "shop")
            .unwrap()
            .unwrap()
    }

    /// The note of a process that died just before or after SQLite made the swap.
    fn swapping(&self, work: &TargetWork) {
        let mut note = self.note(work);
        if note.state == State::Staging {
            let staging = Connection::open(note.staging()).unwrap();
            note.after = prints::of(&staging, &work.tables).unwrap();
            undo::begin(&self.state(), &note).unwrap();
            if note.live.exists() {
                Watch::copy(&note.live, &undo::file(&self.state(), &note)).unwrap();
            }
        }
        note.state = State::Swapping;
        note.write().unwrap();
    }
}

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
    loader.commit(mark).await.unwrap();
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
    assert_eq!(target.count(&table).await.unwrap(), Rows(1000));
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
    assert_eq!(target.count(&table).await.unwrap(), Rows(2000));
    let there = pair.server("from").await;
    let there = there.snapshot("shop", &[], 1).await.unwrap();
    assert_eq!(
        there.digest(0, &table, &chunks[1]).await.unwrap(),
        target.digest(&table, &chunks[1]).await.unwrap()
    );
    target.create(&table).await.unwrap();
    assert_eq!(target.count(&table).await.unwrap(), Rows(0));
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
                let found = target.digest(table, &chunk.chunk).await.unwrap().rows;
                assert_eq!(found, chunk.rows.unwrap_or_default());
                rows += found;
            }
            assert_eq!(target.count(table).await.unwrap(), rows);
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

#[tokio::test]
async fn each_moment_of_a_swap_shows_what_it_is() {
    for (mode, only) in [
        ("wal", None),
        ("delete", None),
        ("wal", Some(&["a"][..])),
        ("delete", Some(&["a"][..])),
    ] {
        let pair = Pair::new();
        pair.run("from", NUMBERS);
        pair.run("to", &format!("PRAGMA journal_mode = {mode}; {OLD}"));
        let work = pair.work(only).await;
        assert_eq!(pair.shows(&work.run).await.unwrap(), Shown::Nothing);
        let target = pair.stage(&work).await;
        assert_eq!(pair.shows(&work.run).await.unwrap(), Shown::Staging);
        target.leave().await.unwrap();
        pair.swapping(&work);
        assert_eq!(pair.shows(&work.run).await.unwrap(), Shown::Staging);
        // The swap is simply made.
        let target = pair.resume(&work).await.unwrap();
        target.complete().await.unwrap();
        target.swap().await.unwrap();
        assert_eq!(pair.shows(&work.run).await.unwrap(), Shown::Swapped);
        drop(target);
        pair.swapping(&work);
        assert_eq!(
            pair.shows(&work.run).await.unwrap(),
            Shown::Swapped,
            "{mode} {only:?}"
        );
        let target = pair.resume(&work).await.unwrap();
        let refused = target.discard().await.unwrap_err();
        assert!(refused.to_string().contains("are live"), "{refused}");
        let target = pair.resume(&work).await.unwrap();
        assert!(target.objects().await.unwrap().is_empty());
        let undo = target.finish(1).await.unwrap().unwrap();
        assert_eq!(pair.shows(&work.run).await.unwrap(), Shown::Kept);
        assert_eq!(undo.tables, if only.is_some() { 1 } else { 2 });
        pair.server("to").await.drop_undo(&undo).await.unwrap();
        assert_eq!(pair.shows(&work.run).await.unwrap(), Shown::Nothing);
        assert_eq!(pair.ask("to", "SELECT count(*) FROM a"), ["3000"]);
        assert_eq!(pair.left(), ["shop.db"]);
    }
}

#[tokio::test]
async fn a_new_database_shows_whether_it_got_its_name() {
    let pair = Pair::new();
    pair.run("from", NUMBERS);
    let work = pair.work(None).await;
    pair.stage(&work).await.leave().await.unwrap();
    pair.swapping(&work);
    assert_eq!(pair.shows(&work.run).await.unwrap(), Shown::Staging);
    let note = pair.note(&work);
    // Between the link and the removal of the old name.
    std::fs::hard_link(note.staging(), &note.live).unwrap();
    assert_eq!(pair.shows(&work.run).await.unwrap(), Shown::Swapped);
    std::fs::remove_file(note.staging()).unwrap();
    assert_eq!(pair.shows(&work.run).await.unwrap(), Shown::Swapped);
    let target = pair.resume(&work).await.unwrap();
    let undo = target.finish(1).await.unwrap().unwrap();
    assert_eq!((undo.tables, undo.bytes), (0, Bytes(0)));
    assert_eq!(pair.left(), ["shop.db"]);
}

#[tokio::test]
async fn a_stranger_at_the_name_of_a_new_database_is_not_taken_for_it() {
    let pair = Pair::new();
    pair.run("from", NUMBERS);
    let work = pair.work(None).await;
    pair.stage(&work).await.leave().await.unwrap();
    pair.swapping(&work);
    pair.run("to", "CREATE TABLE theirs (n INT)");
    assert_eq!(pair.shows(&work.run).await.unwrap(), Shown::Staging);
    let Err(error) = pair.resume(&work).await else {
        panic!("resumed")
    };
    assert!(error.to_string().contains("has appeared"), "{error}");
    assert_eq!(pair.ask("to", "SELECT name FROM sqlite_schema"), ["theirs"]);
}

#[tokio::test]
async fn a_file_that_was_written_in_the_midst_of_a_recovery_is_named_and_left_alone() {
    let pair = Pair::new();
    pair.run("from", NUMBERS);
    pair.run("to", OLD);
    let work = pair.work(None).await;
    let target = pair.stage(&work).await;
    target.swap().await.unwrap();
    drop(target);
    pair.swapping(&work);
    pair.run("to", "INSERT INTO a VALUES (9999, 'theirs')");
    let error = pair.shows(&work.run).await.unwrap_err();
    assert!(
        error.to_string().contains("was written meanwhile"),
        "{error}"
    );
    assert!(pair.resume(&work).await.is_err());
    assert_eq!(pair.ask("to", "SELECT max(id) FROM a"), ["9999"]);
    // What was there before the swap is not lost.
    let server = pair.server("to").await;
    assert!(
        server
            .prune(std::slice::from_ref(&work.run))
            .await
            .unwrap()
            .is_empty()
    );
    let pruned = server.prune(&[]).await.unwrap();
    assert!(pruned[0].contains("kept as an undo"), "{pruned:?}");
    let undo = server.undos().await.unwrap().remove(0);
    let old = worker::reader(Path::new(&undo.place)).unwrap();
    let word: String = old
        .query_row("SELECT word FROM a", [], |row| row.get(0))
        .unwrap();
    assert_eq!(word, "old");
    assert_eq!(pair.left(), ["shop.db"]);
}

#[tokio::test]
async fn a_fresh_run_settles_what_died_after_its_swap() {
    let pair = Pair::new();
    pair.run("from", NUMBERS);
    pair.run("to", OLD);
    let first = pair.work(None).await;
    let target = pair.stage(&first).await;
    target.swap().await.unwrap();
    drop(target);
    let second = pair.work(None).await;
    let target = pair.stage(&second).await;
    assert!(
        target.swept()[0].contains("its undo is kept"),
        "{:?}",
        target.swept()
    );
    assert_eq!(pair.shows(&first.run).await.unwrap(), Shown::Kept);
    target.swap().await.unwrap();
    target.finish(2).await.unwrap();
    let undos = pair.server("to").await.undos().await.unwrap();
    let runs: Vec<_> = undos.iter().map(|undo| undo.run.clone()).collect();
    assert_eq!(runs, [second.run, first.run]);
}

#[tokio::test]
async fn prune_leaves_what_a_resume_needs_and_what_is_at_work() {
    let pair = Pair::new();
    pair.run("from", NUMBERS);
    pair.run("to", OLD);
    let work = pair.work(None).await;
    let target = pair.stage(&work).await;
    let server = pair.server("to").await;
    assert!(server.prune(&[]).await.unwrap().is_empty(), "at work");
    drop(target);
    let keep = [work.run.clone()];
    assert!(server.prune(&keep).await.unwrap().is_empty(), "kept");
    assert_eq!(pair.shows(&work.run).await.unwrap(), Shown::Staging);
    pair.swapping(&work);
    let lines = server.prune(&[]).await.unwrap();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains("left unfinished"), "{lines:?}");
    assert_eq!(pair.left(), ["shop.db"]);
    assert!(server.undos().await.unwrap().is_empty());
    assert_eq!(pair.state().join("undo").read_dir().unwrap().count(), 0);
    assert!(server.prune(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn our_own_files_are_private_and_no_databases() {
    use std::os::unix::fs::PermissionsExt;
    let pair = Pair::new();
    pair.run("from", NUMBERS);
    pair.run("to", OLD);
    let work = pair.work(None).await;
    let target = pair.stage(&work).await;
    target.swap().await.unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let note = pair.note(&work);
    for path in [
        note.path(),
        note.staging(),
        undo::file(&pair.state(), &note),
    ] {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    let found = pair.server("to").await.databases().await.unwrap();
    let names: Vec<_> = found.listed.iter().map(|found| &found.name).collect();
    assert_eq!(names, ["shop"]);
}
