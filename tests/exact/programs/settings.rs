//! Programs keep what they were made with: modes, character sets, collations, zones, comments (A09, D11).

use super::{plan, programs, same_programs};
use crate::live::{Case, Flavor, on_both};

fn a09_every_program_keeps_its_own_modes_and_words(case: &Case) {
    let shop = case.source("shop", r#"
CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(50) COLLATE utf8mb4_bin) DEFAULT CHARSET utf8mb4; INSERT INTO t VALUES (1, 'a\\b');
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE FUNCTION said(s VARCHAR(100) CHARACTER SET latin1, n DECIMAL(10,2)) RETURNS VARCHAR(10) CHARSET utf8mb4 COLLATE utf8mb4_bin
  NOT DETERMINISTIC READS SQL DATA SQL SECURITY INVOKER COMMENT 'it''s \\ "so"; -- é😀' BEGIN RETURN CONCAT(s, 'é😀'); END;
SET sql_mode = 'PIPES_AS_CONCAT,ANSI_QUOTES,NO_BACKSLASH_ESCAPES';
CREATE PROCEDURE ansi(IN "in it" INT, OUT b INT, INOUT c INT) MODIFIES SQL DATA SELECT "v" || 'a\' FROM "t";
CREATE TRIGGER bs BEFORE INSERT ON t FOR EACH ROW SET NEW.v = NEW.v || '\n';
CREATE VIEW bars AS SELECT "v" || '\' AS "ex""cl" FROM "t";
SET sql_mode = ''; SET NAMES latin1 COLLATE latin1_german1_ci;
CREATE FUNCTION lax() RETURNS INT DETERMINISTIC CONTAINS SQL RETURN 1 / 0;
CREATE EVENT lazy ON SCHEDULE EVERY 1 DAY STARTS '2036-01-01 00:00:00' DISABLE COMMENT 'c' DO INSERT INTO t VALUES (0, 'x');
SET sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,HIGH_NOT_PRECEDENCE,IGNORE_SPACE';
CREATE PROCEDURE strict() NO SQL SELECT COUNT (*), NOT 1 BETWEEN -5 AND 5;
"#);
    for _ in 0..2 {
        case.sync(&shop, &[]).expect(0);
        same_programs(case, &shop, &shop);
    }
    case.b.sql(&format!("INSERT INTO {shop}.t VALUES (2, 'b')"));
    for place in [&case.a, &case.b] {
        let bars = place.rows(&format!("SELECT HEX(`ex\"cl`) FROM {shop}.bars"));
        assert!(bars.starts_with("615C625C"), "{bars}");
    }
    assert_eq!(
        case.b
            .one(&format!("SELECT HEX(v) FROM {shop}.t WHERE id = 2")),
        "625C6E"
    );
}

/// A text that was sent in latin1. MySQL takes no such programs from a prepared statement: the text is the same, and
/// the plan says in which character set it comes.
fn a09_text_of_another_character_set_means_the_same(case: &Case) {
    let shop = case.source(
        "shop",
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(50)) DEFAULT CHARSET utf8mb4",
    );
    // The client writes these statements in latin1.
    let sql = format!(
        "SET NAMES latin1;\nUSE {shop};\n\
         CREATE FUNCTION f() RETURNS VARCHAR(20) CHARSET utf8mb4 DETERMINISTIC NO SQL RETURN 'gr\u{fc}\u{df}';\n\
         CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.v = 'gr\u{fc}\u{df}';\n\
         CREATE VIEW w AS SELECT 'gr\u{fc}\u{df}' AS v;\n"
    );
    let bytes: Vec<u8> = sql.chars().map(|c| c as u8).collect();
    crate::fidelity::load_bytes(&case.a, &bytes);
    let (from, to) = (format!("a/{shop}"), format!("b/{shop}"));
    let mapped = plan(case, &from, &to, &[])["mapped"].to_string();
    case.sync(&shop, &[]).expect(0);
    case.b.sql(&format!("INSERT INTO {shop}.t VALUES (1, '')"));
    let read = format!(
        "SELECT HEX({shop}.f()), HEX(CONVERT(w.v USING utf8mb4)), COLLATION(w.v), HEX(t.v) FROM {shop}.w, {shop}.t"
    );
    assert_eq!(
        case.b.rows(&read),
        "6772C3BCC39F 6772C3BCC39F latin1_swedish_ci 6772C3BCC39F"
    );
    match case.flavor {
        Flavor::MariaDb => {
            assert_eq!(mapped, "[]");
            same_programs(case, &shop, &shop);
        }
        Flavor::MySql => {
            assert!(
                mapped.contains("character_set_client of function f, trigger g"),
                "{mapped}"
            );
            let told = |lines: Vec<String>| lines.join("\n").replace("\"latin1\"", "\"utf8mb4\"");
            assert_eq!(
                told(programs(&case.b, &shop)),
                told(programs(&case.a, &shop))
            );
        }
    }
}

on_both!(
    a09_every_program_keeps_its_own_modes_and_words,
    a09_text_of_another_character_set_means_the_same,
);
