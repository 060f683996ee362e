//! kill -9 of maestro at a random moment of a sync between two SQLite files (E01, E17): a reader of the target never sees
//! a mix or a torn file, and going on ends with exactly the rows of the source, read by SQLite itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::bench::rounds;
use super::observer::READS;
use super::world::{TOO_LONG, Went, go_on, shown};
use crate::dice::Dice;
use crate::live::Home;

const TABLES: &str = "
CREATE TABLE a (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, v TEXT);
WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 20000)
INSERT INTO a SELECT id, 1, printf('%.*c', 1700, char(97 + id % 26)) FROM n;
CREATE TABLE b (code TEXT PRIMARY KEY, version INTEGER NOT NULL, parent INTEGER REFERENCES a (id), v BLOB) WITHOUT ROWID;
INSERT INTO b SELECT 'ü' || id, 1, id, randomblob(20) FROM a WHERE id % 7 = 1;
CREATE TABLE c (word TEXT, r REAL);
INSERT INTO c (rowid, word, r) SELECT 3 * id, 'w' || id % 90, id / 7.0 FROM a WHERE id % 9 = 4;
CREATE INDEX words ON c (word, r);
CREATE VIEW versions AS SELECT a.version AS a, b.version AS b FROM a JOIN b ON b.parent = a.id;
CREATE TRIGGER guard AFTER INSERT ON b BEGIN UPDATE a SET v = 'guarded' WHERE id = NEW.parent; END;";

struct Files {
    home: Home,
    takes: Duration,
}

impl Files {
    fn new() -> Files {
        let home = Home::new();
        for name in ["a", "b"] {
            let folder = home.folder.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            let url = format!("sqlite:{}", folder.display());
            let words = [
                "connections",
                "add",
                name,
                &url,
                "--env",
                "development",
                "--no-test",
            ];
            home.run(&words).expect(0);
        }
        let mut files = Files {
            home,
            takes: Duration::ZERO,
        };
        files.open("a").execute_batch(TABLES).unwrap();
        files.sync().expect(0);
        files.change(&mut Dice::new(0));
        let started = Instant::now();
        files.sync().expect(0);
        files.takes = started.elapsed();
        files
    }

    fn path(&self, side: &str) -> PathBuf {
        self.home.folder.path().join(side).join("shop.db")
    }

    fn open(&self, side: &str) -> Connection {
        let connection = Connection::open(self.path(side)).unwrap();
        connection.busy_timeout(Duration::from_secs(20)).unwrap();
        connection
    }

    /// Reads the target all the while.
    fn observed(&self, work: impl FnOnce() -> &'static str) -> &'static str {
        let stop = Arc::new(AtomicBool::new(false));
        let observer = observe(self.path("b"), stop.clone());
        let end = work();
        stop.store(true, Ordering::SeqCst);
        let (reads, findings) = observer.join().unwrap();
        assert!(
            findings.is_empty(),
            "a reader of the target saw {findings:?}"
        );
        READS.fetch_add(reads, Ordering::SeqCst);
        assert!(reads > 0);
        self.same();
        self.is_clean();
        end
    }

    fn sync(&self) -> crate::live::Done {
        self.home.run(&SYNC)
    }

    fn change(&self, dice: &mut Dice) {
        let (at, code) = (dice.below(19_000), dice.below(1_000_000_000));
        let sql = format!(
            "BEGIN; UPDATE a SET version = version + 1 WHERE id IN (1, 20000);
             UPDATE b SET version = version + 1 WHERE code IN ('ü1', 'ü19993');
             UPDATE a SET v = 'changed {code}' WHERE id BETWEEN 2 + {at} AND 30 + {at};
             DELETE FROM c WHERE rowid = 12 + 27 * ({at} % 2000); INSERT INTO c (rowid, word) VALUES (-1 - {code}, 'more');
             INSERT OR IGNORE INTO b SELECT 'n{code}', 1, 2 + {at}, x'00ff'; DELETE FROM a WHERE id > 20000;
             INSERT INTO a VALUES (30000 + {at}, 1, NULL); COMMIT"
        );
        self.open("a").execute_batch(&sql).unwrap();
    }

    /// All definitions and all rows with their types, as SQLite reads them.
    fn image(&self, side: &str) -> Vec<String> {
        let connection = self.open(side);
        let mut lines = Vec::new();
        for sql in [
            "PRAGMA integrity_check",
            "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2",
            "SELECT * FROM a ORDER BY id",
            "SELECT * FROM b ORDER BY code",
            "SELECT rowid, * FROM c ORDER BY rowid",
        ] {
            let mut statement = connection.prepare(sql).unwrap();
            let width = statement.column_count();
            let mut rows = statement.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let cell = |column| match row.get_ref(column).unwrap() {
                    ValueRef::Text(bytes) => format!("text {}", String::from_utf8_lossy(bytes)),
                    other => format!("{other:?}"),
                };
                lines.push((0..width).map(cell).collect::<Vec<_>>().join("|"));
            }
        }
        lines
    }

    #[track_caller]
    fn same(&self) {
        let (source, target) = (self.image("a"), self.image("b"));
        let differs = source
            .iter()
            .zip(&target)
            .find(|(source, target)| source != target);
        assert!(
            source == target,
            "{} and {} lines: {differs:?}",
            source.len(),
            target.len()
        );
    }

    /// Nothing but the databases lies beside the target.
    #[track_caller]
    fn is_clean(&self) {
        let folder = self.home.folder.path().join("b");
        let names = folder
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        let left: Vec<String> = names
            .map(|name| name.into_string().unwrap())
            .filter(|name| !name.starts_with("shop.db"))
            .collect();
        assert_eq!(left, Vec::<String>::new());
    }
}

/// Reads the versions of both tables in one statement, again and again.
fn observe(path: PathBuf, stop: Arc<AtomicBool>) -> JoinHandle<(u64, Vec<String>)> {
    std::thread::spawn(move || {
        let sql = "SELECT (SELECT version FROM a WHERE id = 1), (SELECT version FROM a WHERE id = 20000),
                          (SELECT version FROM b WHERE code = 'ü1'), (SELECT version FROM b WHERE code = 'ü19993')";
        let (mut reads, mut last, mut findings) = (0, 0, Vec::new());
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE);
        let connection = connection.unwrap();
        connection.busy_timeout(Duration::from_secs(20)).unwrap();
        while !stop.load(Ordering::SeqCst) && findings.len() < 5 {
            let read = connection.query_row(sql, [], |row| {
                Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, i64>(3)?])
            });
            match read {
                Ok(versions) => {
                    reads += 1;
                    if versions.iter().any(|version| *version != versions[0]) || versions[0] < last
                    {
                        findings.push(format!("{versions:?} after {last}"));
                    }
                    last = versions[0];
                }
                Err(error) => findings.push(error.to_string()),
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        (reads, findings)
    })
}

const SYNC: [&str; 4] = ["sync", "a/shop", "b/shop", "--yes"];

#[test]
fn e17_a_killed_run_between_files_ends_exactly_when_it_goes_on() {
    let test = concat!(
        module_path!(),
        "::e17_a_killed_run_between_files_ends_exactly_when_it_goes_on"
    );
    rounds(test, 4, Files::new, |files, dice| {
        let mut within = files.takes;
        files.observed(|| {
            loop {
                files.change(dice);
                let running = files.home.start(&SYNC);
                std::thread::sleep(dice.moment(within));
                running.signal("-KILL");
                let done = running.wait_within(TOO_LONG);
                match done.code {
                    // It was quicker than its kill: that is no round.
                    Some(0) => within = within * 3 / 4,
                    Some(_) => panic!("{}", shown(&done)),
                    None => break,
                }
            }
            match go_on(&files.home, &SYNC, || ()) {
                Went::Resumed => "resumed",
                Went::Again => "nothing to resume and synced again",
            }
        })
    });
}

#[cfg(feature = "kill-points")]
#[test]
fn e04_a_run_between_files_killed_at_a_point_ends_exactly_when_it_goes_on() {
    let test = concat!(
        module_path!(),
        "::e04_a_run_between_files_killed_at_a_point_ends_exactly_when_it_goes_on"
    );
    rounds(test, 1, Files::new, |files, dice| {
        // Between files nothing steps aside, and keys arrive with their tables.
        let reached = |point: &&&str| !["aside", "keys-missing", "keys-built"].contains(*point);
        for point in super::points::POINTS.iter().filter(reached) {
            files.change(dice);
            let variables = [("MAESTRO_KILL_AT", *point)];
            files.observed(|| {
                let done = files
                    .home
                    .start_with(&SYNC, &variables)
                    .wait_within(TOO_LONG);
                assert_eq!(done.code, None, "{point} was not reached: {}", shown(&done));
                if dice.coin() {
                    let again = [("MAESTRO_KILL_AT", *dice.one_of(super::points::POINTS))];
                    let running = files.home.start_with(&["resume", "--yes"], &again);
                    running.wait_within(TOO_LONG);
                }
                go_on(&files.home, &SYNC, || ());
                point
            });
        }
        "all points"
    });
}

#[cfg(feature = "kill-points")]
#[test]
fn a_run_between_files_whose_source_has_moved_is_refused_and_leaves_nothing() {
    let files = Files::new();
    let before = files.image("b");
    let variables = [("MAESTRO_KILL_AT", "chunk-committed:3")];
    let done = files.home.start_with(&SYNC, &variables).wait();
    assert_eq!(done.code, None, "{}", shown(&done));
    files
        .open("a")
        .execute_batch("ALTER TABLE a ADD COLUMN more TEXT")
        .unwrap();
    let done = files.home.run(&["resume", "--yes"]);
    done.refuses(4, &["the source has changed"]);
    assert!(files.image("b") == before);
    files.is_clean();
    files.sync().expect(0);
    files.same();
}
