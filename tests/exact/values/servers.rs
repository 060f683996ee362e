//! Sources and targets whose settings are not ours.

use super::both;
use crate::fidelity::oracle::same;
use crate::live::{Case, Flavor, Private};

fn a09_modes_of_the_servers_change_no_value(flavor: Flavor) {
    // ORACLE, ANSI and the rest bend quotes, backslashes, bars, blanks and dates, each in its own way.
    let odd = match flavor {
        Flavor::MariaDb => {
            "ORACLE,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,TIME_ROUND_FRACTIONAL"
        }
        Flavor::MySql => {
            "ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,TIME_TRUNCATE_FRACTIONAL"
        }
    };
    let strict = "TRADITIONAL,ANSI_QUOTES,PIPES_AS_CONCAT,IGNORE_SPACE,NO_UNSIGNED_SUBTRACTION,HIGH_NOT_PRECEDENCE";
    let one = Private::start(flavor, &[&format!("--sql-mode={odd}")]);
    let other = Private::start(flavor, &[&format!("--sql-mode={strict}")]);
    let (Some(one), Some(other)) = (one, other) else {
        return;
    };
    for (from, to, turn) in [(&one, &other, "a09 there"), (&other, &one, "a09 back")] {
        let case = Case::new(flavor, turn, from.place.clone(), to.place.clone());
        let database = case.database("modes");
        crate::fidelity::load(
            &case.a,
            &format!("CREATE DATABASE `{database}`; USE `{database}`; {MODES};"),
        );
        for _ in ["new", "replaced"] {
            case.sync(&database, &[]).expect(0);
            same(&case, &database, &database);
        }
        both(
            &case,
            &database,
            "SELECT id, HEX(c), HEX(v), CAST(d AS CHAR), CAST(t AS CHAR), e + 0, HEX(s) FROM t ORDER BY id",
            "0 41 5C 0000-00-00 23:59:59.999999 0 5C6E, 1 5C27 27225C 2021-02-31 00:00:00.000001 1 22, \
             2  20 2020-00-00 -838:59:59.000000 2 275C",
        );
        both(
            &case,
            &database,
            "SELECT HEX(x) FROM w ORDER BY id",
            "415C, 5C2727225C, 20",
        );
    }
}

/// Read in the default modes, then in those that a session of the application might have.
const MODES: &str = "SET sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'; \
    CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, c CHAR(9), v VARCHAR(9) DEFAULT '\\\\''\"', d DATE NOT NULL DEFAULT \
      '0000-00-00', t TIME(6), e ENUM('a\\\\', 'b\"') COMMENT 'it''s \\\\ \"', s VARCHAR(9) AS (v) VIRTUAL) \
      COMMENT 'a\\\\b''c\"d'; \
    ALTER TABLE t DROP s, ADD s VARCHAR(9) DEFAULT '\\\\n'; \
    INSERT INTO t VALUES (0, 'A', '\\\\', '0000-00-00', '23:59:59.999999', 0, '\\\\n'), \
      (1, '\\\\''', '''\"\\\\', '2021-02-31', '00:00:00.000001', 'a\\\\', '\"'), \
      (2, '', ' ', '2020-00-00', '-838:59:59', 'b\"', '''\\\\'); \
    SET sql_mode = 'PIPES_AS_CONCAT,ANSI_QUOTES,NO_BACKSLASH_ESCAPES'; \
    CREATE VIEW w AS SELECT id, c || v AS x FROM t; \
    CREATE TABLE q (id INT PRIMARY KEY, v VARCHAR(20) DEFAULT 'a\\n' COMMENT 'c\\n', CHECK (v <> 'x\\y')); \
    INSERT INTO q (id) VALUES (1); \
    CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.\"v\" = NEW.v || '\\'";

#[test]
fn a09_on_mariadb() {
    a09_modes_of_the_servers_change_no_value(Flavor::MariaDb);
}

#[test]
fn a09_on_mysql() {
    a09_modes_of_the_servers_change_no_value(Flavor::MySql);
}
