//! What a table says beside its columns arrives too: partitions, comments, storage options, periods (D11).

use crate::live::{Case, on_both};

const BOTH: &str = "
CREATE TABLE ranges (d DATE NOT NULL, n INT COMMENT 'it''s `n`\\n', PRIMARY KEY (d)) COMMENT='PARTITION BY \"x\"'
  PARTITION BY RANGE COLUMNS (d) (PARTITION old VALUES LESS THAN ('2020-01-01') COMMENT='it''s old',
  PARTITION `p ``2` VALUES LESS THAN (MAXVALUE));
INSERT INTO ranges VALUES ('2019-12-31', 1), ('2020-01-01', 2);
CREATE TABLE lists (a INT, b VARCHAR(9)) PARTITION BY LIST COLUMNS (b) (PARTITION p1 VALUES IN ('a', 'b'), PARTITION p2 VALUES IN ('c', NULL));
INSERT INTO lists VALUES (1, 'a'), (2, NULL);
CREATE TABLE hashes (a INT NOT NULL, b INT NOT NULL, PRIMARY KEY (a, b)) PARTITION BY LINEAR HASH (a + b) PARTITIONS 3;
INSERT INTO hashes VALUES (1, 2), (3, 4);
CREATE TABLE `keys` (a VARCHAR(9) NOT NULL PRIMARY KEY) PARTITION BY KEY () PARTITIONS 2; INSERT INTO `keys` VALUES ('x');
CREATE TABLE subs (a INT NOT NULL, d DATE NOT NULL) PARTITION BY RANGE (YEAR(d)) SUBPARTITION BY HASH (a)
  (PARTITION q0 VALUES LESS THAN (2000) (SUBPARTITION s0, SUBPARTITION s1), PARTITION q1 VALUES LESS THAN MAXVALUE (SUBPARTITION s2, SUBPARTITION s3));
INSERT INTO subs VALUES (1, '1999-01-01'), (2, '2001-01-01');
CREATE TABLE packed (id INT PRIMARY KEY, v VARCHAR(200), KEY k (v) COMMENT 'a key') ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=4
  STATS_PERSISTENT=1 STATS_AUTO_RECALC=0 STATS_SAMPLE_PAGES=7 MIN_ROWS=3 MAX_ROWS=9 COMMENT='\\\\ it''s';
INSERT INTO packed VALUES (1, 'x');
CREATE TABLE fixed (id INT PRIMARY KEY, c CHAR(9)) ENGINE=MyISAM ROW_FORMAT=FIXED CHECKSUM=1 DELAY_KEY_WRITE=1 AVG_ROW_LENGTH=20 PACK_KEYS=0;
INSERT INTO fixed VALUES (1, 'x');";

const MARIADB: &str = "
CREATE TABLE per (id INT, b DATE NOT NULL, e DATE NOT NULL, PERIOD FOR app (b, e), UNIQUE (id, app WITHOUT OVERLAPS));
INSERT INTO per VALUES (1, '2020-01-01', '2021-01-01'), (1, '2021-01-01', '2022-01-01');
CREATE TABLE cmp (id INT PRIMARY KEY, t TEXT COMPRESSED, b BLOB COMPRESSED=zlib DEFAULT NULL, v VARCHAR(500) COMPRESSED);
INSERT INTO cmp VALUES (1, REPEAT('abc', 5000), REPEAT('z', 3000), 'v'), (2, NULL, NULL, NULL);
CREATE TABLE aria_t (id INT PRIMARY KEY, v TEXT) ENGINE=Aria; INSERT INTO aria_t VALUES (1, 'x');
CREATE TABLE aria_p (id INT PRIMARY KEY, v TEXT) ENGINE=Aria TRANSACTIONAL=0 PAGE_CHECKSUM=0; INSERT INTO aria_p VALUES (1, 'x');
CREATE TABLE pg (id INT PRIMARY KEY, v TEXT) PAGE_COMPRESSED=1 PAGE_COMPRESSION_LEVEL=9; INSERT INTO pg VALUES (1, 'p');
CREATE TABLE luniq (id INT PRIMARY KEY, t TEXT, UNIQUE (t)); INSERT INTO luniq VALUES (1, 'long'), (2, REPEAT('x', 5000));
CREATE TABLE ignored (id INT PRIMARY KEY, v INT, KEY k (v) IGNORED); INSERT INTO ignored VALUES (1, 1);
CREATE TABLE listed (a INT) PARTITION BY LIST (a) (PARTITION p1 VALUES IN (1, 2), PARTITION pd DEFAULT); INSERT INTO listed VALUES (1), (9);";

fn arrive(case: &Case, sql: &str) {
    let name = case.source("o", sql);
    let tables = format!(
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{name}' ORDER BY 1"
    );
    let tables: Vec<String> = case
        .a
        .sql(&tables)
        .into_iter()
        .map(|row| row[0].clone().unwrap())
        .collect();
    assert!(tables.len() > 6);
    for round in ["new", "replaced"] {
        case.sync(&name, &["--verify", "checksum"]).expect(0);
        for table in &tables {
            for sql in ["SHOW CREATE TABLE", "CHECKSUM TABLE"] {
                let sql = format!("{sql} `{name}`.`{table}`");
                assert_eq!(case.b.rows(&sql), case.a.rows(&sql), "{round}");
            }
        }
        case.compare(&name, &[]).expect(0);
    }
}

fn d11_partitions_comments_and_options_arrive(case: &Case) {
    arrive(case, BOTH);
}

fn d11_what_only_mariadb_says_of_a_table_arrives(case: &Case) {
    arrive(case, MARIADB);
}

on_both!(d11_partitions_comments_and_options_arrive);

mod own {
    use super::d11_what_only_mariadb_says_of_a_table_arrives;
    use crate::exact::on_mariadb;

    on_mariadb!(d11_what_only_mariadb_says_of_a_table_arrives);
}
