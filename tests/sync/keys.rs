//! Keys that are built when the rows are there: what the server then shows is what the source shows, in its order.

use std::path::Path;

use crate::live::{Case, Flavor, on_both, skipped};

/// 60,000 rows of each table, three times what is long, as servers estimate; the server lists plain keys in the order in which they were made.
const LONG: &str = "
CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
CREATE TABLE plain (id INT NOT NULL, a INT NOT NULL, b VARCHAR(40), c TEXT, g INT AS (a % 7) VIRTUAL,
  KEY z (a), UNIQUE KEY u2 (b, id), KEY `odd ``,(` (b(10), a) COMMENT 'ä, (KEY `x`)', PRIMARY KEY (id),
  KEY y (c(12)), FULLTEXT KEY f (c), UNIQUE KEY u1 (id, a), KEY x (g), KEY w (b) USING HASH);
INSERT INTO plain (id, a, b, c) SELECT a.d + b.d * 10 + c.d * 100 + d.d * 1000 + e.d * 10000, b.d,
  CONCAT('b', a.d, c.d, d.d), 'some words' FROM digits a, digits b, digits c, digits d, digits e WHERE e.d < 6;
CREATE TABLE counted (id INT NOT NULL, n INT NOT NULL AUTO_INCREMENT, v INT, PRIMARY KEY (id), KEY first (v), KEY n (n), KEY last (v, n));
INSERT INTO counted (id, v) SELECT id, a FROM plain;
CREATE TABLE parted (id INT NOT NULL, v INT, KEY v (v), PRIMARY KEY (id)) PARTITION BY HASH (id) PARTITIONS 3;
INSERT INTO parted SELECT id, a FROM plain;
CREATE TABLE child (id INT PRIMARY KEY, plain INT NOT NULL, v INT, KEY v (v), KEY k (plain), CONSTRAINT c FOREIGN KEY (plain) REFERENCES plain (id));
INSERT INTO child SELECT id, id, a FROM plain;
ANALYZE TABLE plain, counted, parted, child;";

fn keys_are_those_of_the_source_in_their_order(case: &Case) {
    let own = match case.flavor {
        Flavor::MariaDb => "ALTER TABLE plain ADD KEY v (a) /*M!100600 IGNORED */;",
        Flavor::MySql => {
            "ALTER TABLE plain ADD KEY v (a DESC) INVISIBLE, ADD KEY e ((LOWER(b))), ADD KEY t (a, id);"
        }
    };
    let shop = case.source("shop", &format!("{LONG}{own}"));
    let done = case.sync(&shop, &[]).expect(0);
    assert_eq!(done.json["databases"][0]["rows"], 240_010);
    for table in ["plain", "counted", "parted", "child"] {
        for sql in [
            format!("SHOW CREATE TABLE {shop}.{table}"),
            format!("CHECKSUM TABLE {shop}.{table}"),
        ] {
            assert_eq!(case.b.rows(&sql), case.a.rows(&sql), "{table}");
        }
    }
    let log = log(case.home.folder.path());
    for table in ["plain", "counted", "parted", "child"] {
        assert!(log.contains(&format!("indexing {table}")), "{table}: {log}");
    }
    // And once more over what is there, through staging.
    case.sync(&shop, &[]).expect(0);
    let sql = format!("SHOW CREATE TABLE {shop}.plain");
    assert_eq!(case.b.rows(&sql), case.a.rows(&sql));
}

fn log(home: &Path) -> String {
    let files = std::fs::read_dir(home.join("m/logs")).unwrap().flatten();
    files
        .map(|file| std::fs::read_to_string(file.path()).unwrap())
        .collect()
}

/// The server's estimate is made to say so.
fn b06_a_table_that_is_believed_small_comes_whole(case: &Case) {
    let shop = case.source(
        "shop",
        "CREATE TABLE digits (d INT PRIMARY KEY) STATS_PERSISTENT = 1 STATS_AUTO_RECALC = 0;
         INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
         CREATE TABLE t (id INT PRIMARY KEY, v INT, KEY v (v)) STATS_PERSISTENT = 1 STATS_AUTO_RECALC = 0;
         INSERT INTO t SELECT a.d + b.d * 10 + c.d * 100 + d.d * 1000, a.d FROM digits a, digits b, digits c, digits d;",
    );
    case.a.sql(&format!(
        "UPDATE mysql.innodb_table_stats SET n_rows = 3, clustered_index_size = 1, sum_of_other_index_sizes = 1
          WHERE database_name = '{shop}' AND table_name = 't'; FLUSH TABLE {shop}.t"
    ));
    let estimate = format!(
        "SELECT TABLE_ROWS < 100 FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{shop}' AND TABLE_NAME = 't'"
    );
    if case.a.one(&estimate) != "1" {
        return skipped(
            "b06",
            case.flavor,
            "the server keeps its estimate in memory",
        );
    }
    let done = case.sync(&shop, &[]).expect(0);
    assert_eq!(done.json["databases"][0]["rows"], 10_010);
    let sum = format!("SELECT CONCAT(COUNT(*), ' ', SUM(id)) FROM {shop}.t");
    assert_eq!(case.b.one(&sum), case.a.one(&sum));
}

/// Values far apart, of which few have nearly all rows: each row comes once, whatever the ranges are.
fn b01_ranges_by_value_lose_nothing(case: &Case) {
    let shop = case.source(
        "shop",
        "CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
         CREATE TABLE skewed (id BIGINT UNSIGNED PRIMARY KEY, v VARCHAR(900));
         INSERT INTO skewed SELECT a.d + b.d * 10 + c.d * 100 + d.d * 1000 + e.d * 10000, REPEAT('v', 800)
           FROM digits a, digits b, digits c, digits d, digits e WHERE e.d < 4;
         INSERT INTO skewed VALUES (18446744073709551615, 'last'), (9223372036854775808, 'middle');
         CREATE TABLE tenants (tenant INT NOT NULL, id SMALLINT NOT NULL, v VARCHAR(900), PRIMARY KEY (tenant, id));
         INSERT INTO tenants SELECT IF(id < 30000, -1, id), id, v FROM skewed WHERE id < 32000;
         INSERT INTO tenants VALUES (-2147483648, 1, ''), (2147483647, 1, '');
         CREATE TABLE hidden (a INT NOT NULL, b INT NOT NULL, v VARCHAR(900), UNIQUE KEY z (a), UNIQUE KEY y (b));
         INSERT INTO hidden SELECT id, id, v FROM skewed WHERE id < 40000;
         ANALYZE TABLE skewed, tenants, hidden;",
    );
    // A key that the server does not use for now cuts nothing.
    let hidden = match case.flavor {
        Flavor::MariaDb => "/*M!100600 , ALTER INDEX y IGNORED */",
        Flavor::MySql => ", ALTER INDEX y INVISIBLE",
    };
    case.a.sql(&format!(
        "ALTER TABLE {shop}.hidden COMMENT 'one key is hidden' {hidden}"
    ));
    case.sync(&shop, &[]).expect(0);
    for table in ["skewed", "tenants", "hidden"] {
        let sql = format!("CHECKSUM TABLE {shop}.{table}");
        assert_eq!(case.b.rows(&sql), case.a.rows(&sql), "{table}");
    }
}

on_both!(
    keys_are_those_of_the_source_in_their_order,
    b06_a_table_that_is_believed_small_comes_whole,
    b01_ranges_by_value_lose_nothing,
);
