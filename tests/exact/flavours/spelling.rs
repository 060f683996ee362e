//! Databases whose definitions the two products print, or hold, in different ways.

/// What both hold and print differently.
pub const COMMON: &str = r#"
CREATE TABLE parents (id BIGINT UNSIGNED PRIMARY KEY AUTO_INCREMENT, code CHAR(3) NOT NULL UNIQUE);
CREATE TABLE plain (
  a TINYINT NOT NULL, b INT(5) ZEROFILL, c YEAR, d TINYINT(1) DEFAULT 1, e DECIMAL(10,2) DEFAULT -1.50,
  f VARCHAR(20) NOT NULL DEFAULT 'it''s \\ "q"', g DOUBLE DEFAULT 1e-10, h BIT(9) DEFAULT b'101', i BINARY(3) DEFAULT 'ab',
  j DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), k TIMESTAMP NULL, l ENUM('x','y''') DEFAULT 'x',
  m VARCHAR(36) DEFAULT (UUID()), n INT DEFAULT (1 + 2 * 3), o INT GENERATED ALWAYS AS ((a + 1) * 2) VIRTUAL,
  p VARCHAR(40) GENERATED ALWAYS AS (CONCAT(UCASE(f), '!')) STORED COMMENT 'a ''comment''',
  q GEOMETRYCOLLECTION, r TEXT CHARACTER SET utf8mb3, s VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_german2_ci,
  parent BIGINT UNSIGNED, PRIMARY KEY (a), KEY by_f (f(5), b), KEY by_j (j) COMMENT 'k', UNIQUE KEY by_e (e),
  CONSTRAINT of_parent FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE SET NULL,
  CONSTRAINT small CHECK (a < 100 OR a > 110 AND a <> 115), CHECK (b IS NULL OR b BETWEEN 1 AND 9)
) COMMENT='tåble ''x''' ;
CREATE TABLE doc (id INT PRIMARY KEY, j JSON);
CREATE TABLE parts (id INT NOT NULL, d DATE NOT NULL, PRIMARY KEY (id, d)) PARTITION BY RANGE (YEAR(d))
  (PARTITION p0 VALUES LESS THAN (2000) COMMENT = 'old', PARTITION pm VALUES LESS THAN MAXVALUE);
INSERT INTO parents (code) VALUES ('abc'), ('def');
INSERT INTO plain (a, b, c, e, f, g, j, parent) VALUES (1, 2, 2020, 1, 'straße', 1e-10, '2024-01-01 00:00:00.5', 1),
  (2, NULL, NULL, 2, '', 9007199254740993, NULL, NULL), (3, 9, 0, NULL, 'ß', -1.5e300, NULL, 2);
INSERT INTO doc VALUES (1, '{"a": 1.0}'), (2, NULL);
INSERT INTO parts VALUES (1, '1999-01-01'), (1, '2020-01-01');
CREATE VIEW totals AS SELECT p.code AS code, COUNT(0) AS n FROM parents p JOIN plain q ON q.parent = p.id
  WHERE q.a > 0 AND q.f <> 'x' OR q.b IS NULL GROUP BY p.code;
CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2;
CREATE PROCEDURE put(IN x INT) MODIFIES SQL DATA BEGIN INSERT INTO parents (code) VALUES (x); END;
CREATE TRIGGER noting BEFORE INSERT ON parents FOR EACH ROW SET NEW.code = LOWER(NEW.code);
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01 00:00:00' DISABLE DO DELETE FROM doc;
"#;

/// Changes on the target, each with what `compare` must name.
pub const CHANGES: &[(&str, &str)] = &[
    ("ALTER TABLE plain ALTER f SET DEFAULT 'other'", "column f"),
    ("ALTER TABLE plain MODIFY c INT", "column c"),
    ("ALTER TABLE plain DROP KEY by_j", "index by_j"),
    ("ALTER TABLE plain DROP CONSTRAINT small", "check"),
    ("ALTER TABLE plain COMMENT = 'other'", "option comment"),
    (
        "ALTER TABLE doc MODIFY j LONGTEXT CHARACTER SET latin1",
        "column j",
    ),
    (
        "ALTER TABLE plain DROP FOREIGN KEY of_parent",
        "foreign key of_parent",
    ),
    (
        "UPDATE plain SET g = 1.0000000001e-10 WHERE a = 1",
        "\"equal\":false",
    ),
    (
        "CREATE OR REPLACE VIEW totals AS SELECT code, 1 AS n FROM parents",
        "view totals",
    ),
    (
        "DROP FUNCTION twice; CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 3",
        "function twice",
    ),
];

/// What MariaDB alone holds.
pub const OF_MARIADB: &str = r#"
CREATE SEQUENCE numbers;
CREATE TABLE hist (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING; INSERT INTO hist VALUES (1, 1); UPDATE hist SET v = 2;
CREATE TABLE timed (id INT, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START INVISIBLE, e TIMESTAMP(6) GENERATED ALWAYS AS ROW END
  INVISIBLE, PRIMARY KEY (id), PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING; INSERT INTO timed (id) VALUES (1), (2);
CREATE TABLE spans (id INT, b DATE NOT NULL, e DATE NOT NULL, PERIOD FOR app (b, e), UNIQUE KEY once (id, app WITHOUT OVERLAPS));
INSERT INTO spans VALUES (1, '2020-01-01', '2021-01-01'), (1, '2021-01-01', '2022-01-01');
CREATE TABLE long_key (id INT PRIMARY KEY, t TEXT, UNIQUE KEY whole (t)); INSERT INTO long_key VALUES (1, REPEAT('x', 5000));
CREATE TABLE packed (id INT PRIMARY KEY, t TEXT COMPRESSED, v VARCHAR(90) COMPRESSED) PAGE_COMPRESSED=1;
INSERT INTO packed VALUES (1, REPEAT('ab', 900), 'v');
CREATE TABLE arias (id INT PRIMARY KEY, v TEXT) ENGINE=Aria TRANSACTIONAL=0 PAGE_CHECKSUM=1; INSERT INTO arias VALUES (1, 'x');
CREATE TABLE given (id INT PRIMARY KEY, t TEXT DEFAULT 'it''s', b BLOB DEFAULT (REPEAT('x', 3)), d DATE DEFAULT CURDATE(),
  u VARCHAR(36) DEFAULT UUID()); INSERT INTO given (id) VALUES (1);
CREATE TABLE checks_a (a INT CHECK (a > 0), b INT, CHECK (a < b OR b IS NULL), CONSTRAINT same CHECK (b <> 13));
CREATE TABLE checks_b (a INT CHECK (a > 0), b INT, CHECK (a < b), CONSTRAINT same CHECK (b <> 14));
INSERT INTO checks_a VALUES (1, 2); INSERT INTO checks_b VALUES (1, 2);
CREATE TABLE unused (id INT PRIMARY KEY, a INT, KEY seldom (a) IGNORED, KEY down (a DESC)); INSERT INTO unused VALUES (1, 1);
CREATE TABLE padded (k VARCHAR(9) COLLATE utf8mb4_uca1400_swedish_nopad_as_cs PRIMARY KEY) COLLATE utf8mb4_uca1400_ai_ci;
INSERT INTO padded VALUES ('a'), ('A'), ('a ');
"#;

pub const TOLD_OF_MARIADB: &[&str] = &[
    "sequence numbers",
    "history of table hist",
    "history of table timed",
    "period app of table spans",
    "WITHOUT OVERLAPS of index once",
    "index whole of table long_key",
    "compression of packed.t",
    "option PAGE_COMPRESSED of packed",
    "engine of arias",
    "utf8mb4_sv_0900_as_cs",
    "name of a check",
];

/// What MySQL alone holds.
pub const OF_MYSQL: &str = r#"
CREATE TABLE fun (id INT PRIMARY KEY, a INT, s VARCHAR(50), j JSON, KEY sum_ ((a + 1)), UNIQUE KEY low ((LOWER(s))),
  KEY many ((CAST(j->'$.tags' AS CHAR(20) ARRAY))), KEY seldom (a) INVISIBLE, KEY down (a DESC, s));
INSERT INTO fun VALUES (1, 1, 'Abc', '{"tags": ["x"]}'), (2, NULL, NULL, NULL);
CREATE TABLE inv (a INT PRIMARY KEY, hid INT INVISIBLE DEFAULT 7, c INT, g INT GENERATED ALWAYS AS (a + c) STORED INVISIBLE,
  must INT NOT NULL INVISIBLE, n INT GENERATED ALWAYS AS (a + 2) VIRTUAL NOT NULL);
INSERT INTO inv (a, c, must) VALUES (1, 2, 3);
CREATE TABLE shapes (id INT PRIMARY KEY, g POINT NOT NULL SRID 4326, h GEOMCOLLECTION, SPATIAL KEY (g));
INSERT INTO shapes VALUES (1, ST_GeomFromText('POINT(52.5 13.4)', 4326), NULL);
CREATE TABLE loose (id INT PRIMARY KEY, a INT, CONSTRAINT off_ CHECK (a > 10) NOT ENFORCED, CONSTRAINT on_ CHECK (a < 1000));
INSERT INTO loose VALUES (1, 1);
CREATE TABLE words (id INT PRIMARY KEY, a VARCHAR(20) COLLATE utf8mb4_0900_as_cs, b VARCHAR(20) COLLATE utf8mb4_ja_0900_as_cs_ks,
  c VARCHAR(20) COLLATE utf8mb4_0900_bin, d TEXT CHARACTER SET gb18030, e VARCHAR(9) COLLATE utf8mb4_de_pb_0900_ai_ci,
  f VARCHAR(10) CHARACTER SET gb18030, KEY (f));
INSERT INTO words VALUES (1, 'Ää', 'ひらカタ', '😀', REPEAT('汉', 30000), 'ß', '汉😀'), (2, '', '', '', '', '', '');
SET sql_generate_invisible_primary_key = ON; CREATE TABLE gipk (a INT, b INT); INSERT INTO gipk VALUES (1, 1), (1, 1);
SET sql_generate_invisible_primary_key = OFF;
CREATE TABLE attr (id INT PRIMARY KEY, v INT) SECONDARY_ENGINE_ATTRIBUTE='{"t": "v''v"}' AUTOEXTEND_SIZE=4M COMPRESSION='zlib';
INSERT INTO attr VALUES (1, 1);
CREATE TABLE ngrams (id INT PRIMARY KEY, t TEXT, FULLTEXT KEY cut_up (t) WITH PARSER ngram); INSERT INTO ngrams VALUES (1, 'x y');
CREATE TABLE given (id INT PRIMARY KEY, j JSON DEFAULT (JSON_ARRAY('it''s', 1)), t TEXT DEFAULT (_utf8mb4'tëxt'),
  b BLOB DEFAULT (x'00FF'), d DATE DEFAULT (CAST('2020-02-02' AS DATE) + INTERVAL 1 DAY)); INSERT INTO given (id) VALUES (1);
"#;

pub const TOLD_OF_MYSQL: &[&str] = &[
    "index sum_ of table fun",
    "index low of table fun",
    "index many of table fun",
    "check off_ of table loose",
    "SRID of shapes.g",
    "utf8mb4_uca1400_nopad_as_cs",
    "gb18030_chinese_ci",
    "option COMPRESSION of attr",
    "visibility of inv.must",
    "nullability of inv.n",
    "PARSER",
];
