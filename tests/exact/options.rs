//! What a table says beside its columns: engines, options, keys of every kind, partitions and comments arrive as the
//! server prints them (D11), judged by the server's own dump.

use crate::fidelity::{Dump, load};
use crate::live::{Case, Flavor, on_both};

const BOTH: &str = "
CREATE TABLE plain (id INT PRIMARY KEY AUTO_INCREMENT COMMENT 'it''s \\\\ \"a\" ☃', v INT) AUTO_INCREMENT = 1000 COMMENT = 'a ''table'' \\\\ ☃;';
CREATE TABLE stats (id INT PRIMARY KEY) STATS_PERSISTENT = 1, STATS_AUTO_RECALC = 0, STATS_SAMPLE_PAGES = 31;
CREATE TABLE rows_ (id INT PRIMARY KEY) AVG_ROW_LENGTH = 77, MAX_ROWS = 1234567, MIN_ROWS = 3, CHECKSUM = 1, DELAY_KEY_WRITE = 1, PACK_KEYS = 1;
CREATE TABLE compact (id INT PRIMARY KEY) ROW_FORMAT = COMPACT; CREATE TABLE redundant (id INT PRIMARY KEY) ROW_FORMAT = REDUNDANT;
CREATE TABLE compressed (id INT PRIMARY KEY, v TEXT) ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE = 8; CREATE TABLE dynamic_ (id INT PRIMARY KEY) ROW_FORMAT = DYNAMIC;
CREATE TABLE isam (id INT, v CHAR(9), KEY (v), FULLTEXT (v)) ENGINE = MyISAM ROW_FORMAT = FIXED; CREATE TABLE heap (id INT, KEY USING BTREE (id), KEY h USING HASH (id)) ENGINE = MEMORY MAX_ROWS = 99;
CREATE TABLE csv_ (id INT NOT NULL) ENGINE = CSV;
CREATE TABLE merged (id INT, v CHAR(9), KEY (v), FULLTEXT (v)) ENGINE = MyISAM;
CREATE TABLE keys_ (a INT, b VARCHAR(500) COMMENT 'b', c TEXT, g GEOMETRY NOT NULL, PRIMARY KEY (a), UNIQUE KEY u (b(20), a) COMMENT 'an ''index''',
  KEY k (c(10), b(3)), FULLTEXT KEY f (b, c), SPATIAL KEY s (g), KEY d (a) KEY_BLOCK_SIZE = 4);
CREATE TABLE ranged (id INT, d DATE, PRIMARY KEY (id, d)) COMMENT 'r' PARTITION BY RANGE COLUMNS (d, id) (PARTITION `p 1` VALUES LESS THAN ('2020-01-01', 5) COMMENT = 'old ''ones''', PARTITION `p``2` VALUES LESS THAN (MAXVALUE, MAXVALUE) MAX_ROWS = 5);
CREATE TABLE listed (id INT, v VARCHAR(9)) PARTITION BY LIST COLUMNS (v) (PARTITION a VALUES IN ('x', 'y'''), PARTITION b VALUES IN (NULL, ''));
CREATE TABLE hashed (id INT PRIMARY KEY) PARTITION BY LINEAR HASH (id) PARTITIONS 3; CREATE TABLE keyed (id INT PRIMARY KEY) PARTITION BY KEY ALGORITHM = 1 (id) PARTITIONS 2;
CREATE TABLE sub (id INT, d DATE) PARTITION BY RANGE (YEAR(d)) SUBPARTITION BY HASH (id) (PARTITION p0 VALUES LESS THAN (2020) (SUBPARTITION s0 COMMENT = 's', SUBPARTITION s1), PARTITION p1 VALUES LESS THAN MAXVALUE (SUBPARTITION s2, SUBPARTITION s3));
CREATE TABLE checked (a INT CHECK (a > 0), b INT, CONSTRAINT `c``k` CHECK (a < b OR b IS NULL));
INSERT INTO plain VALUES (5, 5); INSERT INTO ranged VALUES (1, '2019-01-01'), (9, '2024-01-01'); INSERT INTO listed VALUES (1, 'x'), (2, NULL); INSERT INTO hashed VALUES (1), (2), (3);
INSERT INTO sub VALUES (1, '2019-01-01'), (2, '2021-01-01'); INSERT INTO isam VALUES (1, 'a'), (1, 'a'); INSERT INTO csv_ VALUES (1), (1); INSERT INTO keys_ VALUES (1, 'b', 'c', POINT(1, 2));
INSERT INTO heap VALUES (1), (2);";

const MARIADB: &str = "
CREATE TABLE page (id INT PRIMARY KEY, v TEXT) PAGE_COMPRESSED = 1 PAGE_COMPRESSION_LEVEL = 3; CREATE TABLE aria (id INT, KEY (id)) ENGINE = Aria TRANSACTIONAL = 1 PAGE_CHECKSUM = 1;
CREATE TABLE idle (id INT PRIMARY KEY, v INT, KEY k (v) IGNORED, KEY d (v DESC)); CREATE TABLE hidden_ (id INT PRIMARY KEY, v INT INVISIBLE DEFAULT 7, w TEXT COMPRESSED);
CREATE TABLE union_ (id INT, v CHAR(9), KEY (v)) ENGINE = MRG_MyISAM UNION = (merged) INSERT_METHOD = LAST;
CREATE TABLE long_ (id INT PRIMARY KEY, v TEXT, UNIQUE (v)); CREATE TABLE period_ (id INT, a DATE, b DATE, PERIOD FOR p (a, b), PRIMARY KEY (id, p WITHOUT OVERLAPS));
INSERT INTO page VALUES (1, 'x'); INSERT INTO aria VALUES (1); INSERT INTO hidden_ (id, v, w) VALUES (1, 8, 'w'); INSERT INTO long_ VALUES (1, 'x'); INSERT INTO period_ VALUES (1, '2020-01-01', '2021-01-01');";

const MYSQL: &str = "
CREATE TABLE page (id INT PRIMARY KEY, v TEXT) COMPRESSION = 'zlib' AUTOEXTEND_SIZE = 4M;
CREATE TABLE idle (id INT PRIMARY KEY, v INT, w JSON, KEY k (v) INVISIBLE, KEY d (v DESC), KEY e ((v + 1)), KEY m ((CAST(w -> '$[*]' AS UNSIGNED ARRAY))));
CREATE TABLE hidden_ (id INT PRIMARY KEY, v INT DEFAULT 7 INVISIBLE); CREATE TABLE loose (id INT PRIMARY KEY, v INT, CONSTRAINT soft CHECK (v > 5) NOT ENFORCED);
CREATE TABLE ngrams (id INT PRIMARY KEY, v TEXT, FULLTEXT KEY f (v) WITH PARSER ngram); CREATE TABLE placed (id INT PRIMARY KEY, g POINT NOT NULL SRID 4326, SPATIAL KEY (g));
INSERT INTO page VALUES (1, 'x'); INSERT INTO idle VALUES (1, 2, '[1, 2]'); INSERT INTO hidden_ (id, v) VALUES (1, 8); INSERT INTO loose VALUES (1, 1); INSERT INTO placed VALUES (1, ST_SRID(POINT(1, 2), 4326));";

fn d11_table_options_keys_and_partitions_arrive_as_they_are(case: &Case) {
    let shop = case.database("options");
    let more = match case.flavor {
        Flavor::MariaDb => MARIADB,
        Flavor::MySql => MYSQL,
    };
    // Indexes can be ignored from MariaDB 10.6 on.
    let more = match case.a.one("SELECT VERSION()").starts_with("10.5.") {
        true => more.replace(" IGNORED", ""),
        false => more.to_string(),
    };
    load(
        &case.a,
        &format!(
            "SET NAMES utf8mb4; CREATE DATABASE {shop} CHARACTER SET latin2 COLLATE latin2_croatian_ci; USE {shop}; {BOTH} {more}"
        ),
    );
    let names = std::slice::from_ref(&shop);
    let expected = Dump::of(&case.a, names);
    for round in ["new", "replaced"] {
        case.sync(&shop, &[]).expect(0);
        let found = Dump::of(&case.b, names);
        expected.agrees(&found, round);
        let default = format!(
            "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '{shop}'"
        );
        assert_eq!(case.b.one(&default), "latin2_croatian_ci");
    }
    case.compare(&shop, &[]).expect(0);
}

on_both!(d11_table_options_keys_and_partitions_arrive_as_they_are);
