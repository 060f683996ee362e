//! Two servers with one database whose two tables always have the same version, and what is true of it after a fault.
//!
//! The oracle is none of ours: the servers' own checksums of all rows, and their own dump of all definitions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::observer::{Observer, Rules};
use super::proxy::Proxy;
use crate::dice::Dice;
use crate::live::{Case, Done, Flavor, Home, Place, Running, block_on, skipped, statement};

/// Three tables: `a` is several chunks long, `b` has a key of text and refers to `a`, `c` has no key.
const TABLES: &str = "
CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
CREATE TABLE a (id INT PRIMARY KEY AUTO_INCREMENT, version INT NOT NULL, v VARCHAR(2000), KEY by_version (version));
INSERT INTO a (version, v) SELECT 1, REPEAT(CHAR(97 + a.d), 1700) FROM digits a, digits b, digits c, digits d, digits e WHERE e.d < 2;
CREATE TABLE b (code VARCHAR(20) NOT NULL PRIMARY KEY, version INT NOT NULL, parent INT NOT NULL, note VARCHAR(60), FOREIGN KEY (parent) REFERENCES a (id));
INSERT INTO b SELECT CONCAT(CHAR(97 + a.d), b.d, c.d, d.d), 1, 1 + b.d * 100 + c.d * 10 + d.d, 'ünïcödé' FROM digits a, digits b, digits c, digits d WHERE a.d < 3;
CREATE TABLE c (version INT NOT NULL, v VARBINARY(20));
INSERT INTO c SELECT 1, UNHEX(CONCAT('00ff', a.d, b.d)) FROM digits a, digits b;
CREATE VIEW versions AS SELECT a.version AS a, b.version AS b FROM a JOIN b ON b.parent = a.id;
ANALYZE TABLE a, b;";

/// Each a statement of its own: MySQL keeps what follows a body in a text of several statements as part of it.
const PROGRAMS: &[&str] = &[
    "CREATE TRIGGER guard BEFORE INSERT ON b FOR EACH ROW SET NEW.note = CONCAT('guarded ', NEW.note)",
    "CREATE PROCEDURE nothing() SELECT 1",
];

/// One transaction that moves the version on in the first and last rows of the tables.
const MOVE: &str = "START TRANSACTION;
UPDATE a SET version = version + 1 WHERE id IN (1, 20000) ORDER BY id;
UPDATE b SET version = version + 1 WHERE code IN ('a000', 'c999') ORDER BY code;
UPDATE c SET version = version + 1;
COMMIT";

/// How long anything may take before it counts as hanging.
pub const TOO_LONG: Duration = Duration::from_secs(90);

pub struct World {
    pub case: Case,
    pub database: String,
    /// What an undisturbed run takes.
    pub takes: Duration,
}

/// How a run was brought to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Went {
    Resumed,
    /// There was nothing to resume: synced once more.
    Again,
}

impl World {
    /// The servers of the tests, or why there are none.
    pub fn find(flavor: Flavor, test: &'static str) -> Option<(Place, Place)> {
        match (Place::find(flavor, "A"), Place::find(flavor, "B")) {
            (Ok(a), Ok(b)) => Some((a, b)),
            (Err(reason), _) | (_, Err(reason)) => {
                skipped(test, flavor, &reason);
                None
            }
        }
    }

    /// Fills the source, syncs twice, and knows then how long that takes.
    pub fn new(flavor: Flavor, test: &'static str, a: Place, b: Place) -> World {
        let case = Case::new(flavor, test, a, b);
        let database = case.source("shop", TABLES);
        for program in PROGRAMS {
            case.fill(&case.a, &database, program);
        }
        let mut world = World {
            case,
            database,
            takes: Duration::ZERO,
        };
        world.synced();
        world.move_on();
        let started = Instant::now();
        world.synced();
        world.takes = started.elapsed();
        world
    }

    /// The words of a sync; `from` and `to` are saved connections.
    pub fn words(&self, from: &str, to: &str) -> Vec<String> {
        let database = &self.database;
        let words = [
            "sync",
            &format!("{from}/{database}"),
            &format!("{to}/{database}"),
            "--yes",
        ];
        words.map(str::to_string).to_vec()
    }

    /// Starts a sync from `a` to `b`.
    pub fn start(&self, variables: &[(&str, &str)]) -> Running {
        self.start_between("a", "b", variables)
    }

    pub fn start_between(&self, from: &str, to: &str, variables: &[(&str, &str)]) -> Running {
        let words = self.words(from, to);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.case.home.start_with(&words, variables)
    }

    /// A sync that nothing disturbs.
    #[track_caller]
    pub fn synced(&self) {
        self.case.sync(&self.database, &[]).expect(0);
    }

    pub fn in_source(&self, sql: &str) {
        self.case.a.sql(&format!("USE `{}`; {sql}", self.database));
    }

    /// The next version in all tables of the source.
    pub fn move_on(&self) {
        self.in_source(MOVE);
    }

    /// The next version, and some rows that come, change and go.
    pub fn change(&self, dice: &mut Dice) {
        let at = 1 + dice.below(19_000);
        let code: u64 = dice.below(1_000_000_000);
        let (first, last) = (2 + at, 40 + at);
        self.in_source(&format!(
            "UPDATE a SET v = REVERSE(CONCAT(v, '{code}')) WHERE id BETWEEN {first} AND {last} AND LENGTH(v) < 1900;
             DELETE FROM a WHERE id > 20000 ORDER BY id LIMIT 3;
             INSERT INTO a (version, v) SELECT 1, 'new {code}' FROM digits;
             INSERT IGNORE INTO b VALUES ('n{code}', 1, {first}, NULL);
             DELETE FROM b WHERE code LIKE 'n%' ORDER BY code LIMIT 1;
             INSERT INTO c SELECT version, UNHEX('{code:010}') FROM c LIMIT 1"
        ));
        self.move_on();
    }

    /// Somebody works in the source until the answer is dropped.
    pub fn busy(&self) -> Busy {
        let (place, database) = (self.case.a.clone(), self.database.clone());
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let Ok(mut connection) = block_on(place.connected()) else {
                return;
            };
            let _ = block_on(statement(&mut connection, &format!("USE `{database}`")));
            while !stopped.load(Ordering::SeqCst) {
                if block_on(statement(&mut connection, MOVE)).is_err() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Busy {
            stop,
            thread: Some(thread),
        }
    }

    pub fn observer(&self, rules: Rules) -> Observer {
        Observer::start(&self.case.b, &self.database, rules)
    }

    /// The world, with a proxy before its target: the connection `far` leads through it.
    pub fn behind_a_proxy(self) -> (World, Proxy) {
        let proxy = Proxy::before(&self.case.b);
        self.case
            .home
            .add("far", &proxy.url(), "--env development")
            .expect(0);
        (self, proxy)
    }

    /// Brings an unfinished run to its end.
    #[track_caller]
    pub fn go_on(&self) -> Went {
        let words = self.words("a", "b");
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        go_on(&self.case.home, &words, || self.is_clean())
    }

    /// The oracle: all rows and all definitions of the target are those of the source.
    #[track_caller]
    pub fn same(&self) {
        let (source, target) = (self.source(), self.target());
        assert!(
            source == target,
            "only in the source:\n{}only in the target:\n{}",
            source.without(&target),
            target.without(&source)
        );
    }

    pub fn source(&self) -> Image {
        Image::of(&self.case.a, &self.database)
    }

    pub fn target(&self) -> Image {
        Image::of(&self.case.b, &self.database)
    }

    /// The same after a crash of the server: it may be unable to remove the folder of a database that it was dropping.
    #[track_caller]
    pub fn is_clean_after_a_crash(&self) {
        let mut left = self.case.left_of(&self.database);
        left.retain(|name| {
            let sql = format!(
                "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{name}'"
            );
            !name.starts_with("_maestro_") || self.case.b.one(&sql) != "0"
        });
        assert_eq!(left, Vec::<String>::new());
    }

    /// The target, once the server has done what it was told last: two looks at it agree.
    pub fn settled(&self) -> Image {
        let mut before = self.target();
        loop {
            std::thread::sleep(Duration::from_millis(500));
            let now = self.target();
            if now == before {
                return now;
            }
            before = now;
        }
    }

    /// The target's version.
    pub fn version(&self) -> String {
        let sql = format!("SELECT version FROM `{}`.a WHERE id = 1", self.database);
        self.case.b.one(&sql)
    }

    /// No run has left anything but its undo.
    #[track_caller]
    pub fn is_clean(&self) {
        assert_eq!(self.case.left_of(&self.database), Vec::<String>::new());
    }
}

/// Brings an unfinished run to its end: `resume` where there is something to resume, else another sync. A resume that
/// is refused because the source's definitions have moved on leaves nothing behind: `ended` sees to that.
#[track_caller]
pub fn go_on(home: &Home, sync: &[&str], ended: impl Fn()) -> Went {
    let deadline = Instant::now() + TOO_LONG;
    loop {
        for (went, words) in [
            (Went::Resumed, &["resume", "--yes"][..]),
            (Went::Again, sync),
        ] {
            let done = home.start_with(words, &[]).wait_within(TOO_LONG);
            match done.code {
                Some(0) => {
                    // Nothing disturbs this run: whom it calls silent it has misheard.
                    assert!(!done.told().contains("no answer for"), "{}", shown(&done));
                    return went;
                }
                // The dead run's connection takes a moment to go; until then the target is locked.
                _ if is_locked(&done) => break,
                // A sync that finds a dead run's swap finishes that first; then its own plan is old.
                _ if went == Went::Again && is_moved(&done, "target") => break,
                // A structure that has changed ends what was to be resumed.
                _ if went == Went::Resumed && is_moved(&done, "source") => ended(),
                _ if went == Went::Resumed
                    && (nothing_to_resume(&done) || is_moved(&done, "target")) => {}
                _ => panic!("{words:?}: {}", shown(&done)),
            }
        }
        assert!(Instant::now() < deadline, "the target stays locked");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Whether somebody else's run holds the target.
pub fn is_locked(done: &Done) -> bool {
    done.code == Some(4) && done.told().contains("another run is writing")
}

fn is_moved(done: &Done, side: &str) -> bool {
    let moved = format!("the {side} has changed since the plan was made");
    done.code == Some(4) && done.told().contains(&moved)
}

fn nothing_to_resume(done: &Done) -> bool {
    let told = done.told();
    // A run whose journal could not be written has removed its staging, and could not say so.
    told.contains("no run waits to be resumed") || told.contains("what this run had staged")
}

/// All that a run said, for a message.
pub fn shown(done: &Done) -> String {
    format!("exit {:?}\n{}\n{}", done.code, done.stdout, done.stderr)
}

/// What a server itself says of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The checksums of all tables, and their counts.
    pub rows: Vec<String>,
    /// The dump of all definitions.
    pub definitions: Vec<String>,
}

impl Image {
    pub fn of(place: &Place, database: &str) -> Image {
        Image {
            rows: sums(place, database),
            definitions: definitions(place, database),
        }
    }

    fn without(&self, other: &Image) -> String {
        let mine = self.rows.iter().chain(&self.definitions);
        let theirs: Vec<&String> = other.rows.iter().chain(&other.definitions).collect();
        let only = mine.filter(|line| !theirs.contains(line)).take(10);
        only.map(|line| format!("  {line}\n")).collect()
    }
}

fn sums(place: &Place, database: &str) -> Vec<String> {
    let tables = place.sql(&format!(
        "SELECT TABLE_NAME FROM information_schema.TABLES
         WHERE TABLE_SCHEMA = '{database}' AND TABLE_TYPE = 'BASE TABLE' ORDER BY 1"
    ));
    let sum = |table: String| {
        let name = format!("`{database}`.`{table}`");
        place.rows(&format!(
            "CHECKSUM TABLE {name} EXTENDED; SELECT COUNT(*) FROM {name}"
        ))
    };
    tables
        .into_iter()
        .map(|row| sum(row[0].clone().unwrap()))
        .collect()
}

fn definitions(place: &Place, database: &str) -> Vec<String> {
    let mut command = place.program("dump");
    command.args(["--no-data", "--routines", "--triggers"]);
    command.args(["--skip-comments", "--no-tablespaces"]);
    if place.flavor == Flavor::MySql {
        command.args(["--set-gtid-purged=OFF", "--column-statistics=0"]);
    }
    let done = command.arg(database).output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{told}");
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    // The next number of a table is not part of its rows.
    let counter = regex::Regex::new(" AUTO_INCREMENT=[0-9]+").unwrap();
    let lines = text.lines().map(str::trim_end);
    lines
        .map(|line| counter.replace(line, "").into_owned())
        .collect()
}

/// Somebody who works in the source.
pub struct Busy {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
