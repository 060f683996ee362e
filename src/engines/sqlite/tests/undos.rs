//! What a run replaced comes back, and nothing is lost on the way there.

use super::*;
use crate::engines::sqlite::watch::Watch;
use crate::engines::sqlite::{prints, swap};
use crate::engines::{Replaced, Shown};
use crate::model::catalog::Object;

const NEW: &str = "CREATE TABLE a (id INTEGER PRIMARY KEY, word TEXT, more INT);
  INSERT INTO a VALUES (1, 'new', 1), (2, 'new', 2); CREATE TABLE fresh (n INT); INSERT INTO fresh VALUES (7);
  CREATE VIEW v AS SELECT more FROM a;";

const OLD: &str = "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT);
  INSERT INTO a VALUES (1, 'old'), (5, x'00ff'); CREATE INDEX a_word ON a (word);
  CREATE TABLE other (n INT); INSERT INTO other VALUES (1);
  CREATE VIEW w AS SELECT word FROM a; CREATE VIRTUAL TABLE words USING fts5(text); INSERT INTO words VALUES ('a b');
  CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO other VALUES (NEW.id); END;";

impl Pair {
    async fn undos(&self) -> Vec<Undo> {
        self.server("to").await.undos().await.unwrap()
    }

    async fn replaced(&self, undo: &Undo) -> Replaced {
        self.server("to").await.replaced(undo).await.unwrap()
    }

    /// The work that takes another back.
    async fn reverse(&self, undo: &Undo) -> TargetWork {
        let done = self.replaced(undo).await.work;
        let before = self.catalog("to").await;
        let (source, now) = (
            done.before.clone().unwrap_or_default(),
            before.clone().unwrap_or_default(),
        );
        let had = |name: &String| source.table(name).is_some();
        let changed = done.tables.iter().chain(&done.removed);
        let tables: Vec<_> = changed.filter(|name| had(name)).cloned().collect();
        let removed = done.tables.iter().filter(|name| !had(name));
        let returns = source.objects.iter().filter(|object| {
            let fires = object.table.as_ref();
            fires.is_some_and(|table| tables.contains(table)) || !now.objects.contains(object)
        });
        let is_old = |object: &Object| source.object(object.kind, &object.name).is_some();
        let is_made = |object: &&Object| {
            let mut made = done.objects.iter();
            made.any(|made| made.kind == object.kind && made.name == object.name)
        };
        let goes = now.objects.iter().filter(is_made);
        TargetWork {
            run: uuid::Uuid::now_v7().to_string(),
            database: "shop".into(),
            charset: None,
            collation: None,
            removed: removed.cloned().collect(),
            objects: returns.cloned().collect(),
            dropped: goes.filter(|object| !is_old(object)).cloned().collect(),
            vanishes: done.before.is_none(),
            path: None,
            tables,
            source,
            before,
        }
    }

    async fn roll_back(&self, undo: &Undo, keep: usize) -> Result<Option<Undo>> {
        let work = self.reverse(undo).await;
        let server = self.server("to").await;
        let target = server.target(&work, &Opening::Undo(undo.clone())).await?;
        assert!(target.staged().await?.is_empty());
        target.complete().await?;
        if let Err(error) = target.swap().await {
            target.discard().await?;
            return Err(error);
        }
        assert!(target.objects().await?.is_empty());
        target.finish(keep).await
    }

    /// A copy of the target as it is, and its bytes after the header.
    fn photo(&self, name: &str) -> (PathBuf, Vec<u8>) {
        let path = self.home.join(name);
        Watch::copy(&self.file("to"), &path).unwrap();
        let bytes = std::fs::read(&path).unwrap().split_off(100);
        (path, bytes)
    }

    fn is_like(&self, photo: &(PathBuf, Vec<u8>)) {
        let (then, now) = (
            worker::reader(&photo.0).unwrap(),
            worker::reader(&self.file("to")).unwrap(),
        );
        assert!(prints::are_same(&then, &now).unwrap());
        drop(now);
        assert_eq!(self.ask("to", "PRAGMA integrity_check"), ["ok"]);
        assert_eq!(self.photo("again").1, photo.1);
    }
}

#[tokio::test]
async fn a_rollback_and_its_own_rollback_bring_back_every_byte() {
    for mode in ["wal", "delete"] {
        let pair = Pair::new();
        pair.run("from", NEW);
        pair.run("to", &format!("PRAGMA journal_mode = {mode}; {OLD}"));
        let old = pair.photo("old");
        let undo = pair.copy(None).await.unwrap().unwrap();
        let new = pair.photo("new");
        assert_eq!((undo.database.as_str(), undo.tables), ("shop", 2));
        assert!(undo.bytes.0 > 0 && undo.made > 1_600_000_000);
        assert!(pair.replaced(&undo).await.written.is_empty());
        let again = pair.roll_back(&undo, 1).await.unwrap().unwrap();
        pair.is_like(&old);
        assert_eq!(pair.ask("to", "PRAGMA journal_mode"), [mode]);
        assert_eq!(pair.undos().await, std::slice::from_ref(&again));
        pair.roll_back(&again, 1).await.unwrap().unwrap();
        pair.is_like(&new);
        assert_eq!(pair.left(), ["shop.db"]);
    }
}

#[tokio::test]
async fn chosen_tables_come_back_and_later_rows_of_the_others_stay() {
    for mode in ["wal", "delete"] {
        let pair = Pair::new();
        pair.run("from", "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT); INSERT INTO a VALUES (1, 'new')");
        pair.run("to", &format!("PRAGMA journal_mode = {mode}; {OLD}"));
        let undo = pair.copy(Some(&["a"])).await.unwrap().unwrap();
        assert_eq!(undo.tables, 1);
        pair.run("to", "INSERT INTO other VALUES (2)");
        assert!(pair.replaced(&undo).await.written.is_empty());
        let again = pair.roll_back(&undo, 1).await.unwrap().unwrap();
        let rows = "SELECT id, hex(word) FROM a";
        assert_eq!(pair.ask("to", rows), ["1|6F6C64", "5|00FF"]);
        assert_eq!(pair.ask("to", "SELECT n FROM other"), ["1", "2"]);
        pair.roll_back(&again, 1).await.unwrap();
        assert_eq!(pair.ask("to", rows), ["1|6E6577"]);
    }
}

#[tokio::test]
async fn a_database_that_a_run_made_vanishes_and_comes_back() {
    for mode in ["wal", "delete"] {
        let pair = Pair::new();
        pair.run("from", &format!("PRAGMA journal_mode = {mode}; {NEW}"));
        let undo = pair.copy(None).await.unwrap().unwrap();
        let new = pair.photo("new");
        assert_eq!((undo.tables, undo.bytes), (0, Bytes(0)));
        let again = pair.roll_back(&undo, 1).await.unwrap().unwrap();
        assert!(pair.left().is_empty(), "{:?}", pair.left());
        assert!(
            pair.server("to")
                .await
                .databases()
                .await
                .unwrap()
                .listed
                .is_empty()
        );
        assert_eq!(again.tables, 2);
        assert!(pair.replaced(&again).await.written.is_empty());
        let last = pair.roll_back(&again, 1).await.unwrap().unwrap();
        assert_eq!(pair.ask("to", "PRAGMA journal_mode"), [mode]);
        pair.is_like(&new);
        assert_eq!(pair.undos().await, [last]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_in_use_does_not_vanish() {
    for mode in ["wal", "delete"] {
        let pair = Pair::new();
        pair.run("from", &format!("PRAGMA journal_mode = {mode}; {NEW}"));
        let undo = pair.copy(None).await.unwrap().unwrap();
        let reader = worker::reader(&pair.file("to")).unwrap();
        reader
            .execute_batch("BEGIN; SELECT count(*) FROM a;")
            .unwrap();
        let error = pair.roll_back(&undo, 1).await.unwrap_err();
        assert!(error.to_string().contains("is in use"), "{error}");
        drop(reader);
        assert_eq!(pair.ask("to", "PRAGMA journal_mode"), [mode]);
        assert_eq!(pair.ask("to", "SELECT count(*) FROM a"), ["2"]);
        assert_eq!(pair.undos().await, [undo]);
        assert_eq!(pair.left(), ["shop.db"]);
    }
}

#[tokio::test]
async fn a_vanishing_that_died_is_told_by_the_file() {
    let pair = Pair::new();
    pair.run("from", NEW);
    let undo = pair.copy(None).await.unwrap().unwrap();
    let work = pair.reverse(&undo).await;
    let server = pair.server("to").await;
    let target = server
        .target(&work, &Opening::Undo(undo.clone()))
        .await
        .unwrap();
    assert_eq!(
        server.shows(&work.run, "shop").await.unwrap(),
        Shown::Staging
    );
    target.swap().await.unwrap();
    drop(target);
    assert_eq!(
        server.shows(&work.run, "shop").await.unwrap(),
        Shown::Swapped
    );
    let target = server.target(&work, &Opening::Resume).await.unwrap();
    let again = target.finish(1).await.unwrap().unwrap();
    assert_eq!(pair.undos().await, [again]);
    assert!(pair.left().is_empty());
}

#[tokio::test]
async fn a_rollback_that_died_is_resumed_as_one() {
    let pair = Pair::new();
    pair.run("from", NEW);
    pair.run("to", OLD);
    let old = pair.photo("old");
    let undo = pair.copy(None).await.unwrap().unwrap();
    let work = pair.reverse(&undo).await;
    let server = pair.server("to").await;
    let opening = Opening::Undo(undo.clone());
    drop(server.target(&work, &opening).await.unwrap());
    let target = server.target(&work, &Opening::Resume).await.unwrap();
    target.complete().await.unwrap();
    target.swap().await.unwrap();
    drop(target);
    assert_eq!(
        server.shows(&work.run, "shop").await.unwrap(),
        Shown::Swapped
    );
    let error = server.replaced(&undo).await.unwrap_err();
    assert!(error.to_string().contains("already"), "{error}");
    let target = server.target(&work, &opening).await.unwrap();
    let again = target.finish(1).await.unwrap().unwrap();
    pair.is_like(&old);
    assert_eq!(pair.undos().await, [again]);
}

#[tokio::test]
async fn only_as_many_undos_of_a_database_stay_as_are_to_be_kept() {
    let pair = Pair::new();
    pair.run("from", NEW);
    pair.run("to", OLD);
    let mut runs = Vec::new();
    for keep in [2, 2, 2, 1] {
        let work = pair.work(None).await;
        let target = pair.stage(&work).await;
        target.swap().await.unwrap();
        runs.insert(0, target.finish(keep).await.unwrap().unwrap().run);
        let kept = pair.undos().await;
        let kept: Vec<_> = kept.into_iter().map(|undo| undo.run).collect();
        assert_eq!(kept, runs[..runs.len().min(keep)]);
    }
    let work = pair.work(None).await;
    let target = pair.stage(&work).await;
    target.swap().await.unwrap();
    assert_eq!(target.finish(0).await.unwrap(), None);
    assert!(pair.undos().await.is_empty());
    assert_eq!(pair.state().join("undo").read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn undos_belong_to_their_place() {
    let pair = Pair::new();
    pair.run("from", NEW);
    pair.run("to", OLD);
    let undo = pair.copy(None).await.unwrap().unwrap();
    assert!(pair.server("from").await.undos().await.unwrap().is_empty());
    let file = Files::open(&pair.file("to"), &pair.state()).await.unwrap();
    assert_eq!(file.undos().await.unwrap(), [undo]);
    let other = Files::open(&pair.home.join("to/other.db"), &pair.state())
        .await
        .unwrap();
    assert!(other.undos().await.unwrap().is_empty());
}

#[tokio::test]
async fn tables_that_were_written_since_are_named() {
    for mode in ["wal", "delete"] {
        let pair = Pair::new();
        pair.run("from", NEW);
        pair.run("to", &format!("PRAGMA journal_mode = {mode}; {OLD}"));
        let undo = pair.copy(None).await.unwrap().unwrap();
        pair.run(
            "to",
            "UPDATE a SET more = 3 WHERE id = 1; DELETE FROM fresh; CREATE TABLE theirs (n INT)",
        );
        let written = pair.replaced(&undo).await.written;
        let written: Vec<_> = written
            .iter()
            .map(|(table, how)| format!("{table}: {how}"))
            .collect();
        assert_eq!(
            written,
            [
                "a: its rows have changed",
                "fresh: 1 row then, 0 rows now",
                "theirs: it was made since"
            ]
        );
        pair.run("to", "DROP TABLE fresh");
        let written = pair.replaced(&undo).await.written;
        assert_eq!(written[1], ("fresh".into(), "it is gone".into()));
    }
}

#[tokio::test]
async fn what_is_written_after_the_copy_aside_stops_the_swap() {
    for mode in ["wal", "delete"] {
        let pair = Pair::new();
        pair.run("from", NEW);
        pair.run("to", &format!("PRAGMA journal_mode = {mode}; {OLD}"));
        let staged = Connection::open(pair.file("from")).unwrap();
        let schema = swap::schema(&worker::reader(&pair.file("to")).unwrap()).unwrap();
        let aside = pair.home.join("aside.db");
        let live = pair.file("to");
        let watch = Watch::copy(&live, &aside).unwrap();
        pair.run("to", "INSERT INTO other VALUES (2)");
        let work = pair.work(Some(&["a"])).await;
        assert!(
            swap::mirror(&staged, &live, schema, &watch)
                .unwrap()
                .is_none()
        );
        let replaced = swap::replace(&live, &pair.file("from"), &work, schema, &watch);
        assert!(replaced.unwrap().is_none());
        assert_eq!(pair.ask("to", "SELECT n FROM other"), ["1", "2"]);
        assert_eq!(pair.ask("to", "PRAGMA integrity_check"), ["ok"]);
        let watch = Watch::copy(&live, &aside).unwrap();
        assert!(
            swap::mirror(&staged, &live, schema, &watch)
                .unwrap()
                .is_some()
        );
        assert_eq!(pair.ask("to", "SELECT n FROM fresh"), ["7"]);
    }
}

#[tokio::test]
async fn where_no_undo_can_be_made_nothing_is_changed() {
    let pair = Pair::new();
    pair.run("from", NEW);
    pair.run("to", OLD);
    let old = pair.photo("old");
    std::fs::write(pair.state(), "a file in the way").unwrap();
    let work = pair.work(None).await;
    let target = pair.stage(&work).await;
    let error = target.swap().await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot make the folder of the undos"),
        "{error}"
    );
    pair.is_like(&old);
    std::fs::remove_file(pair.state()).unwrap();
    // The staging file is still good.
    target.swap().await.unwrap();
    target.finish(1).await.unwrap();
    assert_eq!(pair.ask("to", "SELECT n FROM fresh"), ["7"]);
}

#[tokio::test]
async fn an_undo_that_cannot_be_written_is_told_with_what_was_tried() {
    let pair = Pair::new();
    pair.run("from", NEW);
    pair.run("to", OLD);
    let nowhere = Path::new("/proc/self/undo.db");
    let Err(error) = Watch::copy(&pair.file("to"), nowhere) else {
        panic!("copied")
    };
    assert!(error.to_string().contains("as the undo"), "{error}");
    assert_eq!(pair.ask("to", "SELECT count(*) FROM a"), ["2"]);
}

#[tokio::test]
async fn a_virtual_table_comes_back_with_the_whole_file_or_not_at_all() {
    let pair = Pair::new();
    let same = "CREATE VIEW same AS SELECT 1 AS one;";
    pair.run("from", &format!("{NEW} {same}"));
    pair.run("to", &format!("{OLD} {same}"));
    let undo = pair.copy(None).await.unwrap().unwrap();
    pair.run("to", "CREATE VIEW own AS SELECT 2 AS two");
    let error = pair.roll_back(&undo, 1).await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the virtual table words comes back only with"),
        "{error}"
    );
    assert_eq!(pair.undos().await, std::slice::from_ref(&undo));
    pair.run("to", "DROP VIEW own");
    pair.roll_back(&undo, 1).await.unwrap();
    let found = "SELECT text FROM words WHERE words MATCH 'b'";
    assert_eq!(pair.ask("to", found), ["a b"]);
    assert_eq!(pair.ask("to", "SELECT one FROM same"), ["1"]);
}
