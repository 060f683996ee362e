//! What counts up, and the objects that only MariaDB has: sequences, AUTO_INCREMENT and packages go on where they
//! stood (A21, C11, D11).

use crate::exact::on_mariadb;
use crate::live::{Case, Place, block_on};

/// A fresh one, a cached one, one that cycles, one that goes down to its end, one that was set back.
const SEQUENCES: &str = "
CREATE SEQUENCE fresh START WITH 7 INCREMENT BY 3 NOCACHE COMMENT='it''s `new`';
CREATE SEQUENCE cached START WITH 100 INCREMENT BY 5 MINVALUE 10 MAXVALUE 10000 CACHE 20; DO NEXTVAL(cached);
CREATE SEQUENCE `s \"2` MAXVALUE 3 NOCACHE CYCLE ENGINE=Aria;
DO NEXTVAL(`s \"2`), NEXTVAL(`s \"2`), NEXTVAL(`s \"2`), NEXTVAL(`s \"2`);
CREATE SEQUENCE `down ``\\` MINVALUE -10 MAXVALUE 0 INCREMENT BY -3 NOCACHE;
DO NEXTVAL(`down ``\\`), NEXTVAL(`down ``\\`);
CREATE SEQUENCE done MAXVALUE 2 NOCACHE; DO NEXTVAL(done), NEXTVAL(done);
CREATE SEQUENCE back START WITH 50 MINVALUE 1 NOCACHE; ALTER SEQUENCE back RESTART WITH 5;";
const NAMES: [&str; 6] = ["fresh", "cached", "s \"2", "down `\\", "done", "back"];

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// How a server makes a table or sequence, without the name of its database.
fn shown(place: &Place, database: &str, kind: &str, name: &str) -> String {
    let sql = format!("SHOW CREATE {kind} `{database}`.{}", quoted(name));
    let row = place.sql(&sql).remove(0);
    row[1].clone().unwrap().replace(database, "DB")
}

/// Everything that a sequence's row says, of all of them.
fn positions(place: &Place, database: &str) -> Vec<String> {
    let row = |name: &&str| place.rows(&format!("SELECT * FROM `{database}`.{}", quoted(name)));
    NAMES.iter().map(row).collect()
}

/// The next value, or why there is none.
fn next(place: &Place, database: &str, name: &str) -> String {
    let sql = format!("SELECT NEXTVAL(`{database}`.{})", quoted(name));
    match block_on(place.asked(&sql)) {
        Ok(rows) => rows[0][0].clone().unwrap(),
        Err(error) => error.to_string().replace(database, "DB"),
    }
}

fn to(case: &Case, source: &str, target: &str, more: &[&str]) -> crate::live::Done {
    let (from, to) = (format!("a/{source}"), format!("b/{target}"));
    let mut words = vec!["sync", &from, &to, "--yes"];
    words.extend(more);
    case.home.run(&words)
}

fn a21_c11_a_sequence_goes_on_where_it_stood(case: &Case) {
    let source = case.source("s", SEQUENCES);
    let target = case.database("other");
    for round in ["new", "replaced", "moved"] {
        to(case, &source, &target, &["--verify", "checksum"]).expect(0);
        assert_eq!(
            positions(&case.b, &target),
            positions(&case.a, &source),
            "{round}"
        );
        for name in NAMES {
            assert_eq!(
                shown(&case.b, &target, "SEQUENCE", name),
                shown(&case.a, &source, "SEQUENCE", name)
            );
        }
        assert_eq!(case.left_of(&target), Vec::<String>::new());
        // On the target they are ahead now, and some are altered: they come back with the next round.
        for name in ["fresh", "s \"2", "down `\\", "done", "back"] {
            let there = next(&case.b, &target, name);
            assert_eq!(there, next(&case.a, &source, name), "{round}: {name}");
            next(&case.b, &target, name);
        }
        let alter =
            format!("ALTER SEQUENCE `{target}`.fresh CACHE 9; DROP SEQUENCE `{target}`.back");
        case.b.sql(&alter);
    }
    // A cache that the source has not used up is skipped, never given out again.
    let there: i64 = next(&case.b, &target, "cached").parse().unwrap();
    assert!(there >= next(&case.a, &source, "cached").parse().unwrap());
    let places = [format!("a/{source}"), format!("b/{target}")];
    let compare = ["compare", &places[0], &places[1], "--schema"];
    let told = case.home.run(&compare).expect(1).stdout;
    assert!(
        told.contains("sequence fresh") && told.contains("sequence back"),
        "{told}"
    );
    assert!(
        !told.contains("sequence cached") && !told.contains("sequence done"),
        "{told}"
    );
    case.a.sql(&format!("DROP SEQUENCE `{source}`.done"));
    to(case, &source, &target, &[]).expect(0);
    assert!(
        case.b
            .refusal(&format!("SELECT NEXTVAL(`{target}`.done)"))
            .is_some()
    );
    case.home.run(&compare).expect(0);
}

fn a21_c11_a_rollback_brings_the_old_sequence_back_where_it_stood(case: &Case) {
    let name = case.source(
        "s",
        &format!("{SEQUENCES} CREATE TABLE u AS SELECT 1 AS a;"),
    );
    let old = "CREATE SEQUENCE fresh START WITH 1000 NOCACHE; DO NEXTVAL(fresh), NEXTVAL(fresh);
               CREATE SEQUENCE own NOCACHE; DO NEXTVAL(own);
               CREATE TABLE t (id BIGINT PRIMARY KEY DEFAULT NEXTVAL(own)); INSERT INTO t VALUES ();";
    case.fill(&case.b, &name, old);
    case.sync(&name, &[]).expect(0);
    assert_eq!(positions(&case.b, &name), positions(&case.a, &name));
    let tables = format!("SHOW TABLES FROM `{name}`");
    assert_eq!(case.b.sql(&tables).len(), NAMES.len() + 1);
    case.home.run(&["rollback", "1", "--yes"]).expect(0);
    assert_eq!(case.b.rows(&tables), "fresh, own, t");
    assert_eq!(next(&case.b, &name, "fresh"), "1002");
    case.b.sql(&format!("INSERT INTO `{name}`.t VALUES ()"));
    assert_eq!(
        case.b
            .rows(&format!("SELECT id FROM `{name}`.t ORDER BY id")),
        "2, 3"
    );
    // What was rolled back is an undo of its own.
    case.sync(&name, &[]).expect(0);
    assert_eq!(positions(&case.b, &name), positions(&case.a, &name));
    assert_eq!(case.left_of(&name), Vec::<String>::new());
}

const DRAWING: &str = "
CREATE SEQUENCE s1 START WITH 100 INCREMENT BY 5; CREATE SEQUENCE `s \"2` NOCACHE;
CREATE TABLE useseq (id BIGINT PRIMARY KEY DEFAULT (NEXT VALUE FOR s1), v INT,
  n BIGINT DEFAULT (1 + NEXTVAL(`s \"2`) * 2), c VARCHAR(80) NOT NULL DEFAULT CONCAT('it''s NEXTVAL(`s1`): ', NEXTVAL(`s \"2`)));
INSERT INTO useseq (v) VALUES (1), (2);";

fn drawn(case: &Case, target: &str) {
    let insert = format!("INSERT INTO `{target}`.useseq (v) VALUES (7)");
    case.b.sql(&insert);
    let ids = format!("SELECT COUNT(DISTINCT id), COUNT(*) FROM `{target}`.useseq");
    assert_eq!(case.b.rows(&ids), "3 3");
    let last = format!("SELECT n, c FROM `{target}`.useseq WHERE v = 7");
    assert_eq!(case.b.rows(&last), "11 it's NEXTVAL(`s1`): 6");
}

fn a21_a_default_draws_from_the_sequence_of_its_own_database(case: &Case) {
    let source = case.source("s", DRAWING);
    // Where there is nothing, a table alone, a sequence under an old table, and all of it.
    for before in [
        None,
        Some("CREATE TABLE useseq (id INT)"),
        Some("CREATE TABLE s1 (id INT); CREATE SEQUENCE useseq"),
        Some("CREATE VIEW s1 AS SELECT 1"),
        Some(DRAWING),
    ] {
        let target = case.database(&format!("t{}", before.map_or(0, str::len)));
        if let Some(sql) = before {
            case.fill(&case.b, &target, sql);
        }
        to(case, &source, &target, &[]).expect(0);
        assert_eq!(
            shown(&case.b, &target, "TABLE", "useseq"),
            shown(&case.a, &source, "TABLE", "useseq")
        );
        drawn(case, &target);
        let places = [format!("a/{source}"), format!("b/{target}")];
        case.home
            .run(&["compare", &places[0], &places[1], "--schema"])
            .expect(0);
        assert_eq!(case.left_of(&target), Vec::<String>::new());
        if before.is_some() {
            to(case, &source, &target, &[]).expect(0);
            drawn(case, &target);
        }
    }
}

/// A run that dies before, in or after its swap ends with the default on the live sequence, where that stood.
#[cfg(feature = "kill-points")]
fn a21_e04_a_killed_run_goes_on_with_its_sequences(case: &Case) {
    let source = case.source("s", DRAWING);
    let old = Some("CREATE TABLE useseq (id INT)");
    let named = Some("CREATE TABLE useseq (id INT); CREATE TABLE s1 (id INT)");
    for (number, (point, before)) in [
        ("table-created", None),
        ("verified", None),
        ("verified", old),
        ("aside", old),
        ("swapped", old),
        ("objects-made", old),
        ("aside", named),
        ("swapped", named),
    ]
    .into_iter()
    .enumerate()
    {
        let target = case.database(&format!("t{number}"));
        if let Some(sql) = before {
            case.fill(&case.b, &target, sql);
        }
        let (from, to) = (format!("a/{source}"), format!("b/{target}"));
        let words = ["sync", &from, &to, "--yes"];
        let running = case.home.start_with(&words, &[("MAESTRO_KILL_AT", point)]);
        assert_eq!(running.wait().code, None, "{point}");
        let is_live = ["swapped", "objects-made"].contains(&point) && before == old;
        if is_live {
            // Nobody waits for the resume to write rows.
            drawn(case, &target);
        }
        case.home.run(&["resume", "--yes"]).expect(0);
        assert_eq!(
            shown(&case.b, &target, "TABLE", "useseq"),
            shown(&case.a, &source, "TABLE", "useseq"),
            "{point}"
        );
        if !is_live {
            drawn(case, &target);
        }
        assert_eq!(case.left_of(&target), Vec::<String>::new());
    }
}

/// What a run that dies right before its swap has made live leaves again.
#[cfg(feature = "kill-points")]
fn a21_e04_a_new_sequence_of_a_swap_that_did_not_happen_is_gone(case: &Case) {
    let source = case.source("s", DRAWING);
    let target = case.database("t");
    case.fill(
        &case.b,
        &target,
        "CREATE TABLE useseq (id INT); CREATE VIEW s1 AS SELECT 5",
    );
    let (from, to) = (format!("a/{source}"), format!("b/{target}"));
    let words = ["sync", &from, &to, "--yes"];
    let tables = format!("SHOW FULL TABLES FROM `{target}`");
    let before = case.b.rows(&tables);
    let killed = |home: &crate::live::Home, point| {
        let running = home.start_with(&words, &[("MAESTRO_KILL_AT", point)]);
        assert_eq!(running.wait().code, None);
    };
    killed(&case.home, "aside");
    assert_ne!(case.b.rows(&tables), before);
    // The next run of the database takes it back first.
    let elsewhere = crate::live::Home::new();
    elsewhere.connect("a", &case.a);
    elsewhere.connect("b", &case.b);
    killed(&elsewhere, "verified");
    assert_eq!(case.b.rows(&tables), before);
    elsewhere.run(&["resume", "--yes"]).expect(0);
    assert_eq!(case.left_of(&target), Vec::<String>::new());
    drawn(case, &target);
}

fn c11_a_table_alone_brings_the_sequences_that_it_draws_from(case: &Case) {
    let name = case.source(
        "s",
        &format!("{DRAWING} CREATE SEQUENCE other; CREATE TABLE t (a INT)"),
    );
    case.fill(&case.b, &name, "CREATE TABLE t (b INT)");
    case.sync(&name, &["--table", "useseq"]).expect(0);
    drawn(case, &name);
    assert_eq!(
        case.b.rows(&format!("SHOW TABLES FROM `{name}`")),
        "s \"2, s1, t, useseq"
    );
    // Rows alone bring the positions along: else the next row would have the key of an old one.
    case.a.sql(&format!(
        "INSERT INTO `{name}`.useseq (v) VALUES (3), (4), (5)"
    ));
    case.sync(&name, &["--table", "useseq", "--data"]).expect(0);
    let insert = format!("INSERT INTO `{name}`.useseq (v) VALUES (8)");
    case.b.sql(&insert);
    // What is not the same is named.
    case.b.sql(&format!("ALTER SEQUENCE `{name}`.s1 CYCLE"));
    let done = case.sync(&name, &["--table", "useseq", "--data"]).expect(3);
    assert_eq!(
        done.json["databases"][0]["not_copied"][0]["what"],
        "sequence s1"
    );
}

fn c11_a_sequence_is_never_behind_the_rows_of_tables_that_stay(case: &Case) {
    let name = case.source("s", DRAWING);
    let stays = "CREATE TABLE stays (id BIGINT PRIMARY KEY DEFAULT NEXTVAL(s1)); INSERT INTO stays VALUES (), ()";
    case.fill(
        &case.b,
        &name,
        &format!(
            "{DRAWING} {stays}; ALTER SEQUENCE s1 RESTART WITH 7000; INSERT INTO stays VALUES ()"
        ),
    );
    case.sync(&name, &["--table", "useseq"]).expect(0);
    let stands = format!("SELECT next_not_cached_value > 7000 FROM `{name}`.s1");
    assert_eq!(case.b.one(&stands), "1");
    case.b.sql(&format!("INSERT INTO `{name}`.stays VALUES ()"));
    drawn(case, &name);
}

/// Two tables that draw from one sequence: `t` is replaced, `u` stays.
fn shared(case: &Case) -> String {
    let tables = "CREATE SEQUENCE s NOCACHE; CREATE TABLE t (id BIGINT PRIMARY KEY DEFAULT NEXTVAL(s), v INT);
                  CREATE TABLE u (id BIGINT PRIMARY KEY DEFAULT NEXTVAL(s), v INT); INSERT INTO t (v) VALUES (1), (2), (3)";
    let name = case.source("s", tables);
    case.fill(&case.b, &name, tables);
    name
}

/// Both tables take rows, and no number was given out twice.
fn goes_on(case: &Case, name: &str) {
    case.b
        .sql(&format!("INSERT INTO `{name}`.u (v) VALUES (8)"));
    case.b
        .sql(&format!("INSERT INTO `{name}`.t (v) VALUES (9)"));
    let twice = format!(
        "SELECT COUNT(*) - COUNT(DISTINCT id) FROM (SELECT id FROM `{name}`.t UNION ALL SELECT id FROM `{name}`.u) AS drawn"
    );
    assert_eq!(case.b.one(&twice), "0");
}

fn c11_after_a_rollback_a_sequence_is_not_behind_the_tables_that_stayed(case: &Case) {
    let name = shared(case);
    case.sync(&name, &["--table", "t"]).expect(0);
    for _ in 0..2 {
        let rows = format!("INSERT INTO `{name}`.u (v) VALUES (1), (2), (3), (4), (5), (6), (7)");
        case.b.sql(&rows);
        case.home.run(&["rollback", "last", "--yes"]).expect(0);
        goes_on(case, &name);
        // The way forward again is a rollback too.
        case.b.sql(&format!("DELETE FROM `{name}`.t WHERE v = 9"));
    }
    case.sync(&name, &["--table", "t"]).expect(0);
    goes_on(case, &name);
}

/// A reader keeps the swap waiting, and a table that stays draws meanwhile.
fn c11_what_is_drawn_while_the_swap_waits_is_not_given_out_again(case: &Case) {
    let name = shared(case);
    for words in [
        &["sync", "--table", "t"][..],
        &["rollback", "last", "--discard-writes"],
    ] {
        let mut reader = block_on(case.b.connect());
        let read = format!("START TRANSACTION; SELECT * FROM `{name}`.t");
        block_on(crate::live::statement(&mut reader, &read)).unwrap();
        let (from, to) = (format!("a/{name}"), format!("b/{name}"));
        let mut all = words.to_vec();
        if words[0] == "sync" {
            all.splice(1..1, [&from[..], &to[..]]);
        }
        all.push("--yes");
        let running = case.home.start(&all);
        let waiting = format!(
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for table metadata%'
                AND INFO LIKE 'RENAME TABLE%`{name}`%'"
        );
        crate::live::until("the swap waits", || case.b.one(&waiting) == "1");
        case.b.sql(&format!(
            "INSERT INTO `{name}`.u (v) VALUES (1), (2), (3), (4), (5)"
        ));
        block_on(crate::live::statement(&mut reader, "ROLLBACK")).unwrap();
        running.wait().expect(0);
        goes_on(case, &name);
    }
}

/// A reader holds the old table for as long as the swap tries: the new sequence leaves again, until the next time.
fn a21_a_new_sequence_waits_with_the_swap(case: &Case) {
    let source = case.source("s", DRAWING);
    let target = case.database("t");
    case.fill(&case.b, &target, "CREATE TABLE useseq (id INT)");
    let read = format!("START TRANSACTION; SELECT * FROM `{target}`.useseq");
    let mut reader = block_on(case.b.connect());
    block_on(crate::live::statement(&mut reader, &read)).unwrap();
    let failed = to(case, &source, &target, &[]);
    assert_ne!(failed.code, Some(0));
    assert_eq!(
        case.b.rows(&format!("SHOW TABLES FROM `{target}`")),
        "useseq"
    );
    block_on(crate::live::statement(&mut reader, "ROLLBACK")).unwrap();
    case.home.run(&["resume", "--yes"]).expect(0);
    drawn(case, &target);
    assert_eq!(case.left_of(&target), Vec::<String>::new());
}

/// Somebody draws from the source's sequence all the while.
fn c11_a_sequence_is_never_behind_the_rows(case: &Case) {
    let name = case.source("s", "CREATE SEQUENCE s NOCACHE; CREATE TABLE t (id BIGINT PRIMARY KEY DEFAULT NEXTVAL(s), v INT);");
    let insert = format!("INSERT INTO `{name}`.t (v) VALUES (1), (2), (3)");
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                case.a.sql(&insert);
            }
        });
        let behind = format!(
            "SELECT (SELECT COALESCE(MAX(id), 0) FROM `{name}`.t) >= (SELECT next_not_cached_value FROM `{name}`.s)"
        );
        let round = || {
            let synced = case.sync(&name, &[]);
            (synced.code, case.b.rows(&behind), case.b.refusal(&insert))
        };
        let rounds: Vec<_> = (0..4).map(|_| round()).collect();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        for round in rounds {
            assert_eq!(round, (Some(0), "0".to_string(), None));
        }
    });
}

const PACKAGE: &str = "SET SESSION sql_mode = 'ORACLE';
CREATE OR REPLACE PACKAGE pk AS PROCEDURE p1; FUNCTION f1(a INT) RETURN INT; END;
CREATE OR REPLACE PACKAGE BODY pk AS c INT := 5; PROCEDURE p1 AS BEGIN SELECT 'a;b' FROM DUAL; END;
  FUNCTION f1(a INT) RETURN INT AS BEGIN RETURN a + c; END; END;
CREATE OR REPLACE FUNCTION calls(a INT) RETURN INT DETERMINISTIC AS BEGIN RETURN pk.f1(a) * 10; END;";

/// The server reads a body up to the end of the packet, so each statement travels alone.
fn fill_each(place: &Place, database: &str, sql: &str) {
    let mut statements = String::from("DELIMITER //\n");
    statements += &format!("CREATE DATABASE IF NOT EXISTS `{database}`//\nUSE `{database}`//\n");
    statements += &sql.replace(";\nCREATE", ";\n//\nCREATE");
    crate::fidelity::load(place, &format!("{statements}\n//\n"));
}

fn a21_packages_arrive_with_their_bodies(case: &Case) {
    let name = case.database("p");
    fill_each(&case.a, &name, PACKAGE);
    let calls = format!("SELECT `{name}`.calls(2)");
    let all = format!(
        "SELECT ROUTINE_TYPE, ROUTINE_NAME, ROUTINE_DEFINITION, SQL_MODE, CHARACTER_SET_CLIENT FROM information_schema.ROUTINES
          WHERE ROUTINE_SCHEMA = '{name}' ORDER BY 1, 2"
    );
    for _ in 0..2 {
        case.sync(&name, &[]).expect(0);
        assert_eq!(case.b.one(&calls), "70");
        assert_eq!(case.b.rows(&all), case.a.rows(&all));
    }
    case.compare(&name, &[]).expect(0);
    // A package that is made again takes its body along; the body that is the same still has to stay.
    let wider = "SET SESSION sql_mode = 'ORACLE';
CREATE OR REPLACE PACKAGE pk COMMENT 'old' AS FUNCTION f1(a INT) RETURN INT; END;";
    let body = PACKAGE
        .split_once("CREATE OR REPLACE PACKAGE BODY")
        .unwrap()
        .1;
    fill_each(
        &case.b,
        &name,
        &format!(
            "{wider}\nCREATE OR REPLACE PACKAGE BODY{body}\nCREATE OR REPLACE PACKAGE gone AS PROCEDURE p1; END;"
        ),
    );
    case.compare(&name, &[]).expect(1);
    let before = case.b.rows(&all);
    case.sync(&name, &[]).expect(0);
    assert_eq!(case.b.rows(&all), case.a.rows(&all));
    assert_eq!(case.b.one(&calls), "70");
    case.home.run(&["rollback", "last", "--yes"]).expect(0);
    assert_eq!(case.b.rows(&all), before);
    assert_eq!(case.b.one(&calls), "70");
}

const COUNTERS: &str = "
CREATE TABLE bare (id INT PRIMARY KEY AUTO_INCREMENT) AUTO_INCREMENT = 50;
CREATE TABLE plain (id INT PRIMARY KEY AUTO_INCREMENT, v INT); INSERT INTO plain (v) VALUES (1), (2), (3);
CREATE TABLE shrunk (id BIGINT UNSIGNED PRIMARY KEY AUTO_INCREMENT, v INT); INSERT INTO shrunk (v) VALUES (1), (2), (3), (4);
DELETE FROM shrunk WHERE id > 2;
CREATE TABLE emptied (id INT PRIMARY KEY AUTO_INCREMENT, v INT); INSERT INTO emptied VALUES (900, 1); DELETE FROM emptied;
CREATE TABLE zero (id INT PRIMARY KEY AUTO_INCREMENT, v INT); INSERT INTO zero VALUES (1, 1), (2, 2); UPDATE zero SET id = 0 WHERE id = 1;
CREATE TABLE old (id INT PRIMARY KEY AUTO_INCREMENT, v INT) ENGINE=MyISAM AUTO_INCREMENT = 70; INSERT INTO old VALUES (5, 5);
CREATE TABLE sub (id INT AUTO_INCREMENT, p INT, KEY (id), PRIMARY KEY (p, id)) AUTO_INCREMENT = 30;
CREATE TABLE child (id INT PRIMARY KEY AUTO_INCREMENT, p INT, FOREIGN KEY (p) REFERENCES plain (id)) AUTO_INCREMENT = 44;";
const COUNTED: [&str; 8] = [
    "bare", "plain", "shrunk", "emptied", "zero", "old", "sub", "child",
];

/// What the next row of each table gets.
fn given(place: &Place, database: &str) -> Vec<String> {
    let row = |table: &&str| {
        let column = if ["bare"].contains(table) {
            "id"
        } else if ["sub", "child"].contains(table) {
            "p"
        } else {
            "v"
        };
        let value = if column == "id" { "NULL" } else { "1" };
        place.rows(&format!(
            "INSERT INTO `{database}`.{table} ({column}) VALUES ({value}); SELECT LAST_INSERT_ID()"
        ))
    };
    COUNTED.iter().map(row).collect()
}

fn c11_a04_auto_increment_goes_on_where_it_stood(case: &Case) {
    let name = case.source("c", COUNTERS);
    for round in ["new", "replaced"] {
        case.sync(&name, &[]).expect(0);
        assert_eq!(
            case.b
                .rows(&format!("SELECT id FROM `{name}`.zero ORDER BY id")),
            case.a
                .rows(&format!("SELECT id FROM `{name}`.zero ORDER BY id"))
        );
        for table in COUNTED {
            assert_eq!(
                shown(&case.b, &name, "TABLE", table),
                shown(&case.a, &name, "TABLE", table),
                "{round}"
            );
        }
        let there = given(&case.b, &name);
        assert_eq!(there, given(&case.a, &name), "{round}");
        given(&case.b, &name);
    }
    // Rows alone bring the counters along.
    case.a.sql(&format!(
        "ALTER TABLE `{name}`.bare AUTO_INCREMENT = 5000; DELETE FROM `{name}`.shrunk"
    ));
    case.sync(&name, &["--data"]).expect(0);
    assert_eq!(given(&case.b, &name), given(&case.a, &name));
}

fn a21_a_backup_holds_sequences_packages_and_where_they_stand(case: &Case) {
    let name = case.source(
        "s",
        &format!("{SEQUENCES} {}", DRAWING.replace("`s \"2`", "s2")),
    );
    fill_each(&case.a, &name, PACKAGE);
    let then = case.database("then");
    let before = positions(&case.a, &name);
    let place = format!("a/{name}");
    let made = case.home.run(&["backup", "create", &place]).expect(0);
    case.a.sql(&format!("DO NEXTVAL(`{name}`.fresh), NEXTVAL(`{name}`.back); INSERT INTO `{name}`.useseq (v) VALUES (9)"));
    let map = format!("{name}={then}");
    let restore = [
        "backup", "restore", "last", "to", "b", "--map", &map, "--yes",
    ];
    for _ in 0..2 {
        case.home.run(&restore).expect(0);
        assert_eq!(positions(&case.b, &then), before);
        assert_eq!(
            shown(&case.b, &then, "TABLE", "useseq"),
            shown(&case.a, &name, "TABLE", "useseq")
        );
        assert_eq!(case.b.one(&format!("SELECT `{then}`.calls(2)")), "70");
    }
    // The server's own client takes the files too.
    let folder = crate::backup::folder(&made);
    let mut files: Vec<_> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| file.to_string_lossy().ends_with("-schema-sequence.sql"));
    assert_eq!(files.len(), NAMES.len() + 2);
    let plain = case.database("plain");
    case.fill(&case.b, &plain, "SELECT 1");
    for file in files {
        let sql = std::fs::read_to_string(file).unwrap();
        crate::fidelity::load(&case.b, &format!("USE `{plain}`;\n{sql}"));
    }
    assert_eq!(positions(&case.b, &plain), before);
}

on_mariadb!(
    a21_c11_a_sequence_goes_on_where_it_stood,
    a21_c11_a_rollback_brings_the_old_sequence_back_where_it_stood,
    a21_a_default_draws_from_the_sequence_of_its_own_database,
    c11_a_table_alone_brings_the_sequences_that_it_draws_from,
    c11_a_sequence_is_never_behind_the_rows,
    c11_a_sequence_is_never_behind_the_rows_of_tables_that_stay,
    c11_after_a_rollback_a_sequence_is_not_behind_the_tables_that_stayed,
    c11_what_is_drawn_while_the_swap_waits_is_not_given_out_again,
    a21_a_new_sequence_waits_with_the_swap,
    a21_packages_arrive_with_their_bodies,
    a21_a_backup_holds_sequences_packages_and_where_they_stand,
);

mod counters {
    use super::c11_a04_auto_increment_goes_on_where_it_stood;
    use crate::live::on_both;

    on_both!(c11_a04_auto_increment_goes_on_where_it_stood);
}

#[cfg(feature = "kill-points")]
mod killed {
    use super::{
        a21_e04_a_killed_run_goes_on_with_its_sequences,
        a21_e04_a_new_sequence_of_a_swap_that_did_not_happen_is_gone,
    };
    use crate::exact::on_mariadb;

    on_mariadb!(
        a21_e04_a_killed_run_goes_on_with_its_sequences,
        a21_e04_a_new_sequence_of_a_swap_that_did_not_happen_is_gone,
    );
}
