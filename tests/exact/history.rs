//! System-versioned tables arrive with the rows of the past and their times, or it is said that they do not (A21, D11).

use crate::exact::on_mariadb;
use crate::live::{Case, Place};

/// Hidden and declared times, a column without history, partitions, foreign keys, keys of several kinds, an engine
/// without transactions, and no key at all.
const VERSIONED: &str = "
CREATE TABLE ver (id INT PRIMARY KEY, v VARCHAR(20)) WITH SYSTEM VERSIONING;
INSERT INTO ver VALUES (1, 'a'), (2, 'b'), (3, NULL); UPDATE ver SET v = 'a2' WHERE id = 1; DELETE FROM ver WHERE id = 2;
CREATE TABLE declared (id INT PRIMARY KEY, v FLOAT, w INT WITHOUT SYSTEM VERSIONING,
  `r s` TIMESTAMP(6) GENERATED ALWAYS AS ROW START INVISIBLE, `r``e` TIMESTAMP(6) GENERATED ALWAYS AS ROW END INVISIBLE,
  PERIOD FOR SYSTEM_TIME (`r s`, `r``e`)) WITH SYSTEM VERSIONING;
INSERT INTO declared (id, v, w) VALUES (1, 1.1, 1), (2, 2.2, 2); UPDATE declared SET v = 1.3 WHERE id = 1; UPDATE declared SET w = 9;
CREATE TABLE seen (a VARCHAR(9), b INT, d INT AS (b * 2) STORED,
  rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START, re TIMESTAMP(6) GENERATED ALWAYS AS ROW END,
  PERIOD FOR SYSTEM_TIME (rs, re), PRIMARY KEY (a, b), UNIQUE (d, re)) WITH SYSTEM VERSIONING;
INSERT INTO seen (a, b) VALUES ('x', 1), ('y', 2); DELETE FROM seen WHERE a = 'x'; INSERT INTO seen (a, b) VALUES ('x', 1);
CREATE TABLE parts (id INT, x INT) WITH SYSTEM VERSIONING PARTITION BY SYSTEM_TIME (PARTITION h HISTORY, PARTITION n CURRENT);
INSERT INTO parts VALUES (1, 1), (1, 1); UPDATE parts SET x = 2 LIMIT 1;
CREATE TABLE hours (id INT PRIMARY KEY, x INT) WITH SYSTEM VERSIONING
  PARTITION BY SYSTEM_TIME INTERVAL 1 HOUR STARTS '2020-01-01 00:00:00' PARTITIONS 4;
SET @@system_versioning_insert_history = 1;
INSERT INTO hours (id, x, row_start, row_end) VALUES (1, 1, '2020-01-01 00:00:01', '2020-01-01 00:30:00'),
  (1, 2, '2020-01-01 00:30:00', '2020-01-01 01:30:00.123456'), (1, 3, '2020-01-01 01:30:00.123456', '2020-01-01 02:30:00');
SET @@system_versioning_insert_history = 0;
INSERT INTO hours VALUES (1, 4);
CREATE TABLE chosen (id INT PRIMARY KEY, v INT WITH SYSTEM VERSIONING, w INT); INSERT INTO chosen VALUES (1, 1, 1);
UPDATE chosen SET w = 2; UPDATE chosen SET v = 2;
CREATE TABLE child (id INT PRIMARY KEY AUTO_INCREMENT, p INT, CONSTRAINT up FOREIGN KEY (p) REFERENCES ver (id)) WITH SYSTEM VERSIONING;
INSERT INTO child (p) VALUES (1), (3); UPDATE child SET p = 1; DELETE FROM child WHERE id = 2;
CREATE TABLE aria (id INT PRIMARY KEY, v TEXT) ENGINE=Aria WITH SYSTEM VERSIONING; INSERT INTO aria VALUES (1, 'x'); DELETE FROM aria;";

/// Rows of the past can be written with their times since 10.11.
const GIVES_TIMES: &str = "SET @@system_versioning_insert_history = 1";

/// All rows of all tables with the rows of the past, as the server tells them.
const ROWS: &[&str] = &[
    "SELECT id, HEX(v), row_start, row_end FROM ver FOR SYSTEM_TIME ALL ORDER BY 1, 3",
    "SELECT id, v + 0e0, w, `r s`, `r``e` FROM declared FOR SYSTEM_TIME ALL ORDER BY 1, 4",
    "SELECT * FROM seen FOR SYSTEM_TIME ALL ORDER BY a, rs",
    "SELECT id, x, row_start, row_end FROM parts FOR SYSTEM_TIME ALL ORDER BY 1, 2, 3, 4",
    "SELECT id, x, row_start, row_end FROM hours FOR SYSTEM_TIME ALL ORDER BY 1, 2",
    "SELECT id, v, w, row_start, row_end FROM chosen FOR SYSTEM_TIME ALL ORDER BY 1, 4",
    "SELECT id, p, row_start, row_end FROM child FOR SYSTEM_TIME ALL ORDER BY 1, 3",
    "SELECT id, v, row_start, row_end FROM aria FOR SYSTEM_TIME ALL ORDER BY 1, 3",
    "SELECT * FROM ver ORDER BY 1",
    "SELECT PARTITION_NAME, TABLE_ROWS FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'hours' ORDER BY 1",
];

const TABLES: [&str; 8] = [
    "ver", "declared", "seen", "parts", "hours", "chosen", "child", "aria",
];

fn all(place: &Place, database: &str) -> Vec<String> {
    place.sql(&format!("ANALYZE TABLE `{database}`.hours"));
    let rows = ROWS.iter().map(|sql| {
        place.rows(&format!(
            "USE `{database}`; SET time_zone = '+00:00'; {sql}"
        ))
    });
    let made = TABLES
        .iter()
        .map(|table| place.rows(&format!("SHOW CREATE TABLE `{database}`.{table}")));
    rows.chain(made).collect()
}

fn a21_the_rows_of_the_past_arrive_with_their_times(case: &Case) {
    if case.lacks(GIVES_TIMES) {
        return;
    }
    let source = case.source("v", VERSIONED);
    let target = case.database("other");
    let (from, to) = (format!("a/{source}"), format!("b/{target}"));
    let expected = all(&case.a, &source);
    assert!(expected[0].matches(',').count() == 3, "{}", expected[0]);
    for round in ["new", "replaced", "changed"] {
        let done = case
            .home
            .run(&["sync", &from, &to, "--yes", "--verify", "checksum"]);
        let done = done.expect(0);
        assert_eq!(
            done.json["databases"][0]["not_copied"]
                .as_array()
                .map_or(0, Vec::len),
            0
        );
        assert_eq!(all(&case.b, &target), expected, "{round}");
        case.home.run(&["compare", &from, &to]).expect(0);
        assert_eq!(case.left_of(&target), Vec::<String>::new());
        if round != "new" {
            // The same rows of the present, and one of the past less.
            case.b.sql(&format!("DELETE HISTORY FROM `{target}`.ver"));
            case.home.run(&["compare", &from, &to]).expect(1);
        }
    }
}

fn a21_a_rollback_brings_the_old_history_back(case: &Case) {
    if case.lacks(GIVES_TIMES) {
        return;
    }
    let (ver, _) = VERSIONED.split_once("CREATE TABLE declared").unwrap();
    let name = case.source("v", ver);
    let old = "CREATE TABLE ver (id INT PRIMARY KEY, v VARCHAR(20)) WITH SYSTEM VERSIONING;
               INSERT INTO ver VALUES (7, 'seven'); UPDATE ver SET v = 'more'; DELETE FROM ver;
               CREATE TABLE gone (id INT) WITH SYSTEM VERSIONING; INSERT INTO gone VALUES (1); DELETE FROM gone;";
    case.fill(&case.b, &name, old);
    let all = |place: &Place, table: &str| {
        place.rows(&format!(
            "SELECT *, row_start, row_end FROM `{name}`.{table} FOR SYSTEM_TIME ALL ORDER BY row_start, 1"
        ))
    };
    let before = (all(&case.b, "ver"), all(&case.b, "gone"));
    case.sync(&name, &[]).expect(0);
    assert_eq!(all(&case.b, "ver"), all(&case.a, "ver"));
    // Nobody has written since: no question, no warning.
    case.home.run(&["rollback", "last", "--yes"]).expect(0);
    assert_eq!((all(&case.b, "ver"), all(&case.b, "gone")), before);
    // An update of a row makes one of the past.
    case.sync(&name, &[]).expect(0);
    case.b
        .sql(&format!("UPDATE `{name}`.ver SET v = 'new' WHERE id = 1"));
    case.home
        .run(&["rollback", "last", "--yes"])
        .refuses(4, &["written since", "ver"]);
}

/// Times that are numbers of transactions mean nothing on another server.
fn a21_a_history_that_cannot_be_copied_is_named(case: &Case) {
    let name = case.source(
        "v",
        "CREATE TABLE vt (id INT PRIMARY KEY, v INT, rs BIGINT UNSIGNED GENERATED ALWAYS AS ROW START INVISIBLE,
           re BIGINT UNSIGNED GENERATED ALWAYS AS ROW END INVISIBLE, PERIOD FOR SYSTEM_TIME (rs, re)) WITH SYSTEM VERSIONING;
         INSERT INTO vt (id, v) VALUES (1, 1), (2, 2), (3, 3); UPDATE vt SET v = 9 WHERE id = 1; DELETE FROM vt WHERE id = 2",
    );
    for _ in 0..2 {
        let done = case.sync(&name, &["--verify", "checksum"]).expect(3);
        let item = &done.json["databases"][0]["not_copied"][0];
        assert_eq!(item["what"], "history of table vt");
        assert!(
            item["reason"].as_str().unwrap().contains("transactions"),
            "{item}"
        );
        let rows = format!("SELECT id, v FROM `{name}`.vt ORDER BY id");
        assert_eq!(case.b.rows(&rows), "1 9, 3 3");
        let all = format!("SELECT COUNT(*) FROM `{name}`.vt FOR SYSTEM_TIME ALL");
        assert_eq!(case.b.one(&all), "2");
        case.compare(&name, &["--data"]).expect(0);
    }
    let empty = case.sync(&name, &["--no-data", "vt"]);
    empty.expect(0);
}

/// One key has more rows of the past than a range holds, so ranges cannot be cut by counting alone.
const LONG: &str = "
CREATE TABLE large (id INT PRIMARY KEY, v VARCHAR(200)) WITH SYSTEM VERSIONING;
SET @@system_versioning_insert_history = 1;
INSERT INTO large (id, v, row_start, row_end) SELECT 5, seq, FROM_UNIXTIME(1e9 + seq), FROM_UNIXTIME(1e9 + seq + 1) FROM seq_1_to_60000;
INSERT INTO large (id, v, row_start, row_end) SELECT seq % 3000, seq, FROM_UNIXTIME(1e9 - seq - 1), FROM_UNIXTIME(1e9 - seq) FROM seq_1_to_60000;
SET @@system_versioning_insert_history = 0;
INSERT INTO large SELECT seq, seq FROM seq_1_to_3000;";

fn sums(place: &Place, database: &str) -> String {
    place.rows(&format!(
        "SELECT COUNT(*), SUM(CRC32(CONCAT_WS(',', id, v, row_start, row_end))), SUM(row_end > NOW(6))
           FROM `{database}`.large FOR SYSTEM_TIME ALL"
    ))
}

fn a21_b01_ranges_cover_all_rows_of_the_past(case: &Case) {
    if case.lacks(GIVES_TIMES) {
        return;
    }
    let name = case.source("v", LONG);
    case.sync(&name, &["--jobs", "2", "--verify", "checksum"])
        .expect(0);
    assert_eq!(sums(&case.b, &name), sums(&case.a, &name));
    assert!(sums(&case.b, &name).starts_with("123000 "));
    case.compare(&name, &[]).expect(0);
}

/// Nothing that a dead run has staged becomes history, and what has changed meanwhile is copied.
#[cfg(feature = "kill-points")]
fn a21_a_resumed_run_copies_the_history_as_it_is(case: &Case) {
    if case.lacks(GIVES_TIMES) {
        return;
    }
    let name = case.source("v", &format!("{LONG} {VERSIONED}"));
    let (from, to) = (format!("a/{name}"), format!("b/{name}"));
    for (round, point) in [
        "chunk-loaded",
        "chunk-committed:2",
        "chunk-committed:9",
        "verified",
        "swap-intent",
        "swapped",
    ]
    .iter()
    .enumerate()
    {
        let words = ["sync", &from, &to, "--yes", "--jobs", "2"];
        let running = case.home.start_with(&words, &[("MAESTRO_KILL_AT", point)]);
        assert_eq!(running.wait().code, None, "{point}");
        case.a.sql(&format!(
            "USE `{name}`; UPDATE large SET v = '{point}' WHERE id > 2900; DELETE FROM large WHERE id = 100 + {round};
             UPDATE ver SET v = '{point}'; UPDATE declared SET v = {round}; DELETE FROM aria; INSERT INTO aria VALUES (2, '{point}')"
        ));
        let resumed = case.home.run(&["resume", "--yes"]);
        if *point == "swapped" {
            resumed.expect(0);
            case.sync(&name, &[]).expect(0);
        } else {
            resumed.expect(0);
        }
        assert_eq!(sums(&case.b, &name), sums(&case.a, &name), "{point}");
        assert_eq!(all(&case.b, &name), all(&case.a, &name), "{point}");
        assert_eq!(case.left_of(&name), Vec::<String>::new());
    }
}

fn a21_a_backup_holds_the_rows_of_the_past(case: &Case) {
    if case.lacks(GIVES_TIMES) {
        return;
    }
    let name = case.source("v", VERSIONED);
    let then = case.database("then");
    let place = format!("a/{name}");
    let before = all(&case.a, &name);
    let made = case.home.run(&["backup", "create", &place]).expect(0);
    case.a.sql(&format!(
        "DELETE FROM `{name}`.child; DELETE FROM `{name}`.ver"
    ));
    let map = format!("{name}={then}");
    let restore = [
        "backup", "restore", "last", "to", "b", "--map", &map, "--yes",
    ];
    for _ in 0..2 {
        case.home.run(&restore).expect(0);
        assert_eq!(all(&case.b, &then), before);
    }
    // The server's own client takes the files too.
    let plain = case.database("plain");
    case.fill(&case.b, &plain, "SELECT 1");
    let folder = crate::backup::folder(&made);
    for part in ["-schema.sql", ".00000.sql.zst"] {
        let file = folder.join(format!("{name}.ver{part}"));
        let bytes = std::fs::read(file).unwrap();
        let sql = match part.ends_with("zst") {
            true => zstd::decode_all(&bytes[..]).unwrap(),
            false => bytes,
        };
        let sql = [format!("USE `{plain}`;\n").into_bytes(), sql].concat();
        crate::fidelity::load_bytes(&case.b, &sql);
    }
    let rows = case.b.rows(&format!(
        "USE `{plain}`; SET time_zone = '+00:00'; {}",
        ROWS[0]
    ));
    assert_eq!(rows, before[0]);
}

on_mariadb!(
    a21_the_rows_of_the_past_arrive_with_their_times,
    a21_a_rollback_brings_the_old_history_back,
    a21_a_history_that_cannot_be_copied_is_named,
    a21_b01_ranges_cover_all_rows_of_the_past,
    a21_a_backup_holds_the_rows_of_the_past,
);

#[cfg(feature = "kill-points")]
mod killed {
    use super::a21_a_resumed_run_copies_the_history_as_it_is;
    use crate::exact::on_mariadb;

    on_mariadb!(a21_a_resumed_run_copies_the_history_as_it_is);
}
