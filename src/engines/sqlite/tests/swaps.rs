//! What a run shows that died in its swap, and how each way to die there is settled.

use super::*;
use crate::engines::Shown;
use crate::engines::sqlite::note::{Note, State};
use crate::engines::sqlite::watch::Watch;
use crate::engines::sqlite::{prints, undo};

pub const NUMBERS: &str = "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT);
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
  INSERT INTO a SELECT i, 'new' FROM n;
  CREATE INDEX a_word ON a (word); CREATE VIEW v AS SELECT id FROM a;
  CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a WHERE word = 'none'; END;";

pub const OLD: &str = "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT);
  INSERT INTO a VALUES (1, 'old'); CREATE TABLE other (n INT); INSERT INTO other VALUES (1);";

impl Pair {
    pub async fn shows(&self, run: &str) -> Result<Shown> {
        self.server("to").await.shows(run, "shop").await
    }

    pub async fn resume(&self, work: &TargetWork) -> Result<Box<dyn Target>> {
        self.server("to").await.target(work, &Opening::Resume).await
    }

    pub fn note(&self, work: &TargetWork) -> Note {
        Note::read(&self.home.join("to"), &work.run, "shop")
            .unwrap()
            .unwrap()
    }

    /// The note of a process that died just before or after SQLite made the swap.
    pub fn swapping(&self, work: &TargetWork) {
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
async fn prune_leaves_labels_and_approvals() {
    let pair = Pair::new();
    pair.run("to", OLD);
    let files = ["._maestro_approval_0a1b2c3d.json", "._maestro_labels.json"];
    for file in files {
        std::fs::write(pair.home.join("to").join(file), "{}").unwrap();
    }
    let server = pair.server("to").await;
    assert!(server.prune(&[]).await.unwrap().is_empty());
    assert_eq!(pair.left(), [files[0], files[1], "shop.db"]);
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
