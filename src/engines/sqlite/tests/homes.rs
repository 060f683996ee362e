//! What a dead run left is settled by somebody with another state folder, or cannot be read: nothing is lost.

use std::os::unix::fs::{MetadataExt, chown};

use super::swaps::{NUMBERS, OLD};
use super::*;
use crate::engines::Shown;
use crate::engines::sqlite::note;

impl Pair {
    /// The target as somebody sees it who has another state folder.
    async fn stranger(&self) -> Files {
        let state = self.home.join("other");
        Files::open(&self.home.join("to"), &state).await.unwrap()
    }

    /// A run that was killed at `swap-made`.
    async fn dead(&self) -> TargetWork {
        let work = self.work(None).await;
        let target = self.stage(&work).await;
        target.swap().await.unwrap();
        drop(target);
        self.swapping(&work);
        work
    }

    fn old_and_new() -> Pair {
        let pair = Pair::new();
        pair.run("from", NUMBERS);
        pair.run("to", OLD);
        pair
    }

    /// The names in the target's folder, but the lock's: whoever came last has taken that away.
    fn lasting(&self) -> Vec<String> {
        let mut left = self.left();
        left.retain(|name| !name.ends_with(".lock"));
        left
    }

    async fn runs(&self) -> Vec<String> {
        let undos = self.server("to").await.undos().await.unwrap();
        undos.into_iter().map(|undo| undo.run).collect()
    }
}

fn old_word(undo: &Undo) -> String {
    let old = worker::reader(Path::new(&undo.place)).unwrap();
    old.query_row("SELECT word FROM a", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn another_home_settles_a_dead_swap_and_the_undo_stays_where_it_was_made() {
    for prunes in [true, false] {
        let pair = Pair::old_and_new();
        let dead = pair.dead().await;
        let stranger = pair.stranger().await;
        let told = match prunes {
            true => stranger.prune(&[]).await.unwrap(),
            false => {
                let work = pair.work(None).await;
                let target = stranger.target(&work, &Opening::Fresh).await.unwrap();
                let told = target.swept().to_vec();
                target.discard().await.unwrap();
                told
            }
        };
        assert!(told[0].contains("its undo is kept in"), "{told:?}");
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(pair.left(), ["shop.db"]);
        assert!(stranger.undos().await.unwrap().is_empty());
        let own = pair.server("to").await;
        assert!(own.prune(&[]).await.unwrap().is_empty());
        let undos = own.undos().await.unwrap();
        assert_eq!(undos.len(), 1);
        assert_eq!(undos[0].run, dead.run);
        assert_eq!(old_word(&undos[0]), "old");
        assert_eq!(pair.shows(&dead.run).await.unwrap(), Shown::Kept);
    }
}

#[tokio::test]
async fn another_home_takes_back_a_swap_that_did_not_happen() {
    let pair = Pair::old_and_new();
    let work = pair.work(None).await;
    pair.stage(&work).await.leave().await.unwrap();
    pair.swapping(&work);
    let told = pair.stranger().await.prune(&[]).await.unwrap();
    assert!(told[0].contains("left unfinished"), "{told:?}");
    assert_eq!(pair.left(), ["shop.db"]);
    assert_eq!(pair.ask("to", "SELECT word FROM a"), ["old"]);
    assert_eq!(pair.state().join("undo").read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn a_new_database_is_taken_back_by_the_home_that_made_it() {
    let pair = Pair::new();
    pair.run("from", NUMBERS);
    std::fs::create_dir(pair.state()).unwrap();
    let dead = pair.dead().await;
    let stranger = pair.stranger().await;
    stranger.prune(&[]).await.unwrap();
    assert!(stranger.undos().await.unwrap().is_empty());
    assert_eq!(pair.runs().await, [dead.run]);
}

#[tokio::test]
async fn a_dead_swap_is_left_alone_while_its_home_cannot_be_reached() {
    let pair = Pair::old_and_new();
    let dead = pair.dead().await;
    let away = pair.home.join("away");
    std::fs::rename(pair.state(), &away).unwrap();
    let left = pair.lasting();
    let stranger = pair.stranger().await;
    let work = pair.work(None).await;
    let refused = [
        stranger.prune(&[]).await.unwrap_err(),
        stranger.target(&work, &Opening::Fresh).await.err().unwrap(),
    ];
    for error in refused {
        let told = error.to_string();
        assert!(told.contains(&pair.state().display().to_string()), "{told}");
        assert!(told.contains(&dead.run), "{told}");
        assert_eq!(pair.lasting(), left);
    }
    std::fs::rename(&away, pair.state()).unwrap();
    stranger.prune(&[]).await.unwrap();
    assert_eq!(pair.runs().await, [dead.run]);
}

#[tokio::test]
async fn a_home_that_moved_still_settles_its_own_dead_swap() {
    let pair = Pair::old_and_new();
    let dead = pair.dead().await;
    let away = pair.home.join("away");
    std::fs::rename(pair.state(), &away).unwrap();
    let moved = Files::open(&pair.home.join("to"), &away).await.unwrap();
    moved.prune(&[]).await.unwrap();
    let undos = moved.undos().await.unwrap();
    assert_eq!((undos[0].run.as_str(), undos.len()), (dead.run.as_str(), 1));
    assert_eq!(old_word(&undos[0]), "old");
}

#[tokio::test]
async fn a_dead_swap_whose_undo_was_dropped_gets_none() {
    let pair = Pair::old_and_new();
    pair.dead().await;
    let undos = pair.state().join("undo");
    for entry in undos.read_dir().unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let told = pair.server("to").await.prune(&[]).await.unwrap();
    assert!(told[0].contains("its undo is gone"), "{told:?}");
    assert!(pair.runs().await.is_empty());
    assert_eq!(undos.read_dir().unwrap().count(), 0);
    assert_eq!(pair.left(), ["shop.db"]);
}

#[tokio::test]
async fn the_record_of_an_undo_belongs_to_the_owner_of_its_folder() {
    let pair = Pair::old_and_new();
    pair.dead().await;
    let undos = pair.state().join("undo");
    // Only root can give a folder away: for others it stays theirs.
    let _ = chown(&undos, Some(1234), Some(1234));
    pair.stranger().await.prune(&[]).await.unwrap();
    let record = undos.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let record = record.filter(|path| path.extension().unwrap() == "json");
    let owners: Vec<_> = record.map(|path| path.metadata().unwrap().uid()).collect();
    assert_eq!(owners, [undos.metadata().unwrap().uid()]);
}

#[tokio::test]
async fn prune_leaves_an_undo_that_a_run_to_be_resumed_has_begun() {
    let pair = Pair::old_and_new();
    let dead = pair.dead().await;
    pair.note(&dead).remove().unwrap();
    let server = pair.server("to").await;
    let keep = [dead.run.clone()];
    assert!(server.prune(&keep).await.unwrap().is_empty());
    assert_eq!(pair.state().join("undo").read_dir().unwrap().count(), 2);
    let told = server.prune(&[]).await.unwrap();
    assert!(told[0].contains("left unfinished"), "{told:?}");
}

#[tokio::test]
async fn a_note_that_cannot_be_read_is_left_with_its_staging() {
    let newer = |note: &note::Note| {
        let text = std::fs::read_to_string(note.path()).unwrap();
        let text = text.replace("\"swapping\"", "\"mending\"");
        std::fs::write(note.path(), text).unwrap();
    };
    // Not even root can read this one.
    let barred = |note: &note::Note| {
        std::fs::remove_file(note.path()).unwrap();
        std::fs::create_dir(note.path()).unwrap();
    };
    for spoil in [&newer as &dyn Fn(&note::Note), &barred] {
        let pair = Pair::old_and_new();
        let dead = pair.dead().await;
        let note = pair.note(&dead);
        spoil(&note);
        let left = pair.lasting();
        assert!(left.len() > 2, "{left:?}");
        let work = pair.work(None).await;
        let server = pair.server("to").await;
        let refused = [
            server.prune(&[]).await.unwrap_err(),
            server.target(&work, &Opening::Fresh).await.err().unwrap(),
        ];
        for error in refused {
            let told = error.to_string();
            assert!(told.contains(&note.path().display().to_string()), "{told}");
            assert!(matches!(error, Error::Refused { .. }), "{error:?}");
        }
        assert_eq!(pair.lasting(), left);
        assert_eq!(pair.state().join("undo").read_dir().unwrap().count(), 2);
    }
}

#[tokio::test]
async fn prune_goes_on_behind_a_database_that_it_must_leave() {
    let pair = Pair::old_and_new();
    let to = pair.home.join("to");
    let barred = to.join("._maestro_0a1b2c3d_barred.json");
    std::fs::write(&barred, "{").unwrap();
    let left = to.join("._maestro_0a1b2c3d_left.db");
    std::fs::write(&left, "").unwrap();
    pair.server("to").await.prune(&[]).await.unwrap_err();
    assert!(barred.exists() && !left.exists());
}

#[tokio::test]
async fn settling_keeps_the_undo_that_is_about_to_be_taken_back() {
    let pair = Pair::old_and_new();
    let first = pair.copy(None).await.unwrap().unwrap();
    pair.run("from", "UPDATE a SET word = 'newer'");
    let dead = pair.dead().await;
    let server = pair.server("to").await;
    let done = server.replaced(&first).await.unwrap().work;
    let work = TargetWork {
        run: uuid::Uuid::now_v7().to_string(),
        source: done.before.clone().unwrap(),
        before: pair.catalog("to").await,
        tables: vec!["a".into(), "other".into()],
        removed: Vec::new(),
        objects: Vec::new(),
        ..done
    };
    let opening = Opening::Undo(first.clone());
    let target = server.target(&work, &opening).await.unwrap();
    assert!(
        target.swept()[0].contains("its undo is kept"),
        "{:?}",
        target.swept()
    );
    target.discard().await.unwrap();
    assert_eq!(pair.runs().await, [dead.run, first.run]);
}
