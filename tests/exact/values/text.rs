//! Text in every character set, bytes that are no text, and nothing at all.

use super::{arrives, both};
use crate::live::{Case, Flavor, on_both};

/// Character sets and bytes in them that a connection of another character set cannot carry: without a place in
/// Unicode, single surrogates, controls, what looks like a quote or a backslash.
const BYTES: &[(&str, &str)] = &[
    ("latin1", "80818D8F909DFFE4005C27"),
    ("latin2", "80A1FF5C"),
    ("cp1251", "98A0FF27"),
    ("koi8r", "80FF"),
    ("macroman", "80FF"),
    ("tis620", "A1DB"),
    ("gbk", "815CA2A1FEFE"),
    ("gb2312", "A1A1F7FE"),
    ("sjis", "815C8140F040"),
    ("cp932", "815CFA40F040"),
    ("big5", "A55CC6A1F9D5"),
    ("euckr", "A1A1C9A1"),
    ("ujis", "A1A18FA2AF"),
    ("eucjpms", "A1A1F5A1"),
    ("ucs2", "D8000027005C0000"),
    ("utf16", "D83DDE00005C0027"),
    ("utf16le", "3DD800DE5C002700"),
    ("utf32", "0001F6000000005C"),
    ("utf8mb3", "C3A9EFBFBF5C27"),
    // A text that was encoded twice stays so.
    ("utf8mb4", "C383C2A9F09F9880EFBBBF"),
    ("ascii", "007F5C27"),
];

fn a01_text_keeps_its_bytes_in_every_charset(case: &Case) {
    let mut sql = String::new();
    for (charset, bytes) in BYTES {
        sql += &format!(
            "CREATE TABLE `in_{charset}` (id INT PRIMARY KEY, c CHAR(30), v VARCHAR(30) UNIQUE, t TEXT, \
             e VARCHAR(30) DEFAULT '''\\\\') DEFAULT CHARSET {charset}; \
             INSERT INTO `in_{charset}` (id, c, v, t) VALUES (1, _{charset} X'{bytes}', _{charset} X'{bytes}', \
             _{charset} X'{bytes}'), (2, '', ' ', NULL); "
        );
    }
    let database = arrives(case, "charsets", &sql);
    for (charset, bytes) in BYTES {
        let query = format!("SELECT HEX(c), HEX(v), HEX(t) FROM `in_{charset}` WHERE id = 1");
        both(case, &database, &query, &format!("{bytes} {bytes} {bytes}"));
    }
}

fn a01_text_orders_and_cuts_its_rows_in_every_charset(case: &Case) {
    // More rows than one range holds, with a key of text.
    let sql = "CREATE TABLE t (k VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_german2_ci PRIMARY KEY); \
               CREATE TABLE d (n INT PRIMARY KEY); INSERT INTO d VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9); \
               INSERT INTO t SELECT CONCAT(_latin1 X'E4', a.n, _latin1 X'DF', b.n, c.n, _latin1 X'5C', d.n, e.n) \
               FROM d AS a, d AS b, d AS c, d AS d, d AS e WHERE e.n < 6; ANALYZE TABLE t";
    let database = arrives(case, "keys", sql);
    let sum = "SELECT COUNT(*), HEX(MIN(k)), HEX(MAX(k)), SUM(CRC32(k)) FROM t";
    let expected = case.a.rows(&format!("USE `{database}`; {sum}"));
    assert!(
        expected.starts_with("60000 E430DF30305C3030 "),
        "{expected}"
    );
    both(case, &database, sum, &expected);
}

fn a01_labels_and_definitions_keep_their_characters(case: &Case) {
    let sql = "CREATE TABLE t (id INT PRIMARY KEY, \
               e ENUM('ä', 'ß', 'it''s', 'a\\\\b') CHARACTER SET latin1 NOT NULL DEFAULT 'ß' COMMENT 'ä☃\\'', \
               s SET('ё', 'я,') CHARACTER SET cp1251, j VARCHAR(9) CHARACTER SET sjis DEFAULT '表') COMMENT '日本'";
    let sql = sql.replace("'я,'", "'я'");
    let sql = format!(
        "{sql}; INSERT INTO t (id, e, s) VALUES (1, 1, 3), (2, 'it''s', ''), (3, 'a\\\\b', NULL); INSERT INTO t (id) VALUES (4)"
    );
    let database = arrives(case, "labels", &sql);
    both(
        case,
        &database,
        "SELECT id, HEX(e), HEX(s), HEX(j) FROM t ORDER BY id",
        "1 E4 B82CFF 955C, 2 69742773  955C, 3 615C62 NULL 955C, 4 DF NULL 955C",
    );
}

fn a02_characters_of_four_bytes_arrive_whatever_the_target_defaults_to(case: &Case) {
    let database = case.source(
        "emoji",
        "CREATE TABLE t (v VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY) DEFAULT CHARSET utf8mb4; \
         INSERT INTO t VALUES (_utf8mb4 X'F09F9880'), (_utf8mb4 X'F0A08080'), (_utf8mb4 X'F48FBFBF')",
    );
    case.b.sql(&format!(
        "CREATE DATABASE `{database}` CHARACTER SET utf8mb3; CREATE TABLE `{database}`.t (v VARCHAR(9) PRIMARY KEY); \
         INSERT INTO `{database}`.t VALUES ('old')"
    ));
    case.sync(&database, &["--allow-vanish", "100%"]).expect(0);
    both(
        case,
        &database,
        "SELECT GROUP_CONCAT(HEX(v) ORDER BY HEX(v)) FROM t",
        "F09F9880,F0A08080,F48FBFBF",
    );
}

fn a18_nothing_is_told_from_empty_and_from_defaults(case: &Case) {
    let columns = [
        ("v", "VARCHAR(9) DEFAULT 'd'", "''"),
        ("w", "VARCHAR(9) NOT NULL DEFAULT ''", "'NULL'"),
        ("t", "TEXT", "''"),
        ("b", "BLOB", "X''"),
        ("n", "VARBINARY(4) DEFAULT X'00'", "''"),
        ("i", "INT DEFAULT 7", "0"),
        ("d", "DATETIME DEFAULT CURRENT_TIMESTAMP", "'2020-01-01'"),
        ("s", "SET('a', 'b') DEFAULT 'a'", "''"),
        ("j", "JSON", "'null'"),
        ("y", "VARCHAR(9)", "'\\\\N'"),
    ];
    let list = |part: fn(&(&str, &str, &str)) -> String| {
        columns.iter().map(part).collect::<Vec<_>>().join(", ")
    };
    let sql = format!(
        "CREATE TABLE t (id INT PRIMARY KEY, {}); INSERT INTO t VALUES (1, {}); INSERT INTO t (id) VALUES (2); \
         INSERT INTO t VALUES (3, {})",
        list(|(name, kind, _)| format!("{name} {kind}")),
        list(|(_, _, value)| value.to_string()),
        list(|(name, ..)| if *name == "w" { "''" } else { "NULL" }.to_string()),
    );
    let database = arrives(case, "empty", &sql);
    both(
        case,
        &database,
        "SELECT id, HEX(v), HEX(w), HEX(t), HEX(b), HEX(n), i, d IS NULL, HEX(s), s + 0, HEX(j), HEX(y) \
         FROM t WHERE id IN (1, 3) ORDER BY id",
        "1  4E554C4C    0 0  0 6E756C6C 5C4E, 3 NULL  NULL NULL NULL NULL 1 NULL NULL NULL NULL",
    );
}

fn a18_an_enum_keeps_its_error_value_and_its_empty_label_apart(case: &Case) {
    let sql = "SET sql_mode = ''; CREATE TABLE t (id INT PRIMARY KEY, e ENUM('a', 'b'), f ENUM('x', '', '0', '1')); \
               INSERT INTO t VALUES (1, 'a', 'x'), (2, 'nobody', ''), (3, 0, 0), (4, NULL, NULL), (5, 'b', '0'), \
               (6, '', 'nobody'), (7, 2, '1')";
    let database = arrives(case, "labels0", sql);
    both(
        case,
        &database,
        "SELECT id, e + 0, HEX(e), f + 0, HEX(f) FROM t ORDER BY id",
        "1 1 61 1 78, 2 0  2 , 3 0  0 , 4 NULL NULL NULL NULL, 5 2 62 3 30, 6 0  0 , 7 2 62 4 31",
    );
}

fn a19_every_byte_arrives_in_every_column(case: &Case) {
    let all: String = (0..=255u8).map(|byte| format!("{byte:02X}")).collect();
    let pieces = "5C, 5C5C, 5C27, 27, 2727, 22, 00, 0A, 0D0A, 1A, 09, 5C4E, 5C30, 2D2D20, 2F2A, 3B, 60, 20, 2020, 0020";
    let mut sql = "CREATE TABLE t (k VARBINARY(600) PRIMARY KEY, b BLOB, l LONGBLOB, c BINARY(255), \
                   t TEXT CHARACTER SET latin1, v VARCHAR(600) CHARACTER SET latin1, m MEDIUMTEXT CHARACTER SET utf8mb4)"
        .to_string();
    for bytes in pieces.split(", ").chain([&all[..], &all.repeat(2)]) {
        let short: String = bytes.chars().take(510).collect();
        let text = if bytes.len() > 100 { "41" } else { bytes };
        sql += &format!(
            "; INSERT INTO t VALUES (X'{bytes}', X'{bytes}', X'{bytes}', X'{short}', X'{bytes}', \
             _latin1 X'{bytes}', X'{text}')"
        );
    }
    let database = arrives(case, "bytes", &sql);
    let query = format!("SELECT HEX(b), HEX(l), HEX(t), HEX(v) FROM t WHERE k = X'{all}'");
    both(case, &database, &query, &format!("{all} {all} {all} {all}"));
    both(
        case,
        &database,
        "SELECT COUNT(*), SUM(k = b), SUM(k = l), SUM(HEX(k) = HEX(t)), SUM(HEX(k) = HEX(v)) FROM t",
        "22 22 22 22 22",
    );
    let packed = case.flavor == Flavor::MariaDb;
    if packed {
        let sql = format!(
            "CREATE TABLE p (id INT PRIMARY KEY, t TEXT COMPRESSED CHARACTER SET latin1, b LONGBLOB COMPRESSED, \
             v VARCHAR(500) COMPRESSED); INSERT INTO p VALUES (1, X'{all}', REPEAT(X'{all}', 300), REPEAT('x', 400)), \
             (2, '', NULL, 'y')"
        );
        let database = arrives(case, "compressed", &sql);
        both(
            case,
            &database,
            "SELECT id, HEX(t), LENGTH(b), LENGTH(v) FROM p ORDER BY id",
            &format!("1 {all} 76800 400, 2  NULL 1"),
        );
    }
}

on_both!(
    a01_text_keeps_its_bytes_in_every_charset,
    a01_text_orders_and_cuts_its_rows_in_every_charset,
    a01_labels_and_definitions_keep_their_characters,
    a02_characters_of_four_bytes_arrive_whatever_the_target_defaults_to,
    a18_nothing_is_told_from_empty_and_from_defaults,
    a18_an_enum_keeps_its_error_value_and_its_empty_label_apart,
    a19_every_byte_arrives_in_every_column,
);
