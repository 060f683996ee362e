//! From MariaDB to MySQL and back: every table arrives exact, mapped, or is refused by name; judged cell by cell by
//! what both servers say of their own.

mod cells;
mod spelling;

use crate::fidelity::{fixtures, load};
use crate::live::{Case, Done, Flavor, Place, skipped};
use cells::{same_rows, tables};

/// Runs a test from MariaDB to MySQL, and the other way.
fn across(name: &'static str, test: fn(&Case)) {
    let found = (
        Place::find(Flavor::MariaDb, "A"),
        Place::find(Flavor::MySql, "A"),
    );
    let (Ok(mariadb), Ok(mysql)) = found else {
        return skipped(name, Flavor::MySql, "one of the two is missing");
    };
    test(&Case::new(
        Flavor::MariaDb,
        name,
        mariadb.clone(),
        mysql.clone(),
    ));
    test(&Case::new(Flavor::MySql, name, mysql, mariadb));
}

/// Runs a test one way.
fn from(flavor: Flavor, name: &'static str, test: fn(&Case)) {
    let other = match flavor {
        Flavor::MariaDb => Flavor::MySql,
        Flavor::MySql => Flavor::MariaDb,
    };
    match (Place::find(flavor, "A"), Place::find(other, "A")) {
        (Ok(a), Ok(b)) => test(&Case::new(flavor, name, a, b)),
        _ => skipped(name, flavor, "one of the two is missing"),
    }
}

macro_rules! tests {
    ($runner:expr; $($test:ident),* $(,)?) => {
        $(#[test]
        fn $test() {
            $runner(stringify!($test), |case| inner::$test(case));
        })*
    };
}

tests!(across; d04_fixtures_arrive_across_flavours, b04_keys_that_collapse_are_refused_by_name,
    b03_a_text_key_in_another_order_is_one_range, a02_four_byte_text_is_never_put_into_three,
    a15_json_keeps_its_text, d04_a_second_sync_and_compare_find_nothing_to_tell,
    d04_programs_arrive_with_modes_and_collations_mapped, d04_functions_that_return_text_arrive,
    d02_a_changed_program_is_never_taken_for_the_old_one, d04_generated_texts_and_many_joins_are_one);
tests!(|name, test| from(Flavor::MariaDb, name, test); a13_types_that_mysql_lacks_arrive_as_text,
    d04_what_mysql_lacks_is_told_by_name, d04_a_default_from_a_sequence_is_refused,
    d04_rows_that_a_check_would_refuse_there_are_named);
tests!(|name, test| from(Flavor::MySql, name, test); d04_what_mariadb_lacks_is_told_by_name,
    d04_what_the_target_does_not_take_is_refused_by_table, a18_labels_keep_their_numbers_in_another_character_set);

mod inner {
    use super::*;

    /// What a sync said before and after.
    fn said(done: &Done) -> String {
        format!("{}{}", done.stderr, done.stdout)
    }

    /// What of a fixture does not arrive: the tables that are refused, and the exit code of the rest.
    fn verdict(file: &str, flavor: Flavor) -> (&'static [&'static str], i32) {
        match (file, flavor) {
            ("d20_mariadb" | "d22_versioned", _) => (&[], 3),
            ("d21_default_nextval", _) => (&["useseq"], 3),
            ("d30_mysql", _) => (&["de"], 3),
            _ => (&[], 0),
        }
    }

    pub fn d04_fixtures_arrive_across_flavours(case: &Case) {
        for (name, sql) in fixtures(case.flavor) {
            let database = case.database(name);
            load(&case.a, &sql.replace(name, &database));
            let (refused, code) = verdict(name, case.flavor);
            if !refused.is_empty() {
                case.sync(&database, &[]).refuses(4, refused);
                assert!(!case.has(&database), "{name}");
            }
            let mut words = vec!["--verify", "checksum"];
            refused
                .iter()
                .for_each(|table| words.extend(["--exclude", table]));
            let done = case.sync(&database, &words);
            assert_eq!(
                done.code,
                Some(code),
                "{name}: {}{}",
                done.stdout,
                done.stderr
            );
            for table in tables(&case.a, &database) {
                if !refused.contains(&table.as_str()) {
                    same_rows(case, &database, &table);
                }
            }
        }
    }

    pub fn b04_keys_that_collapse_are_refused_by_name(case: &Case) {
        let (collation, values, there) = match case.flavor {
            Flavor::MariaDb => (
                "utf8mb4_general_nopad_ci",
                ["a", "a "],
                "utf8mb4_general_ci",
            ),
            // The wide letter is the same but for its width.
            Flavor::MySql => ("gb18030_chinese_ci", ["a", "ａ"], "utf8mb4_uca1400_as_ci"),
        };
        let kept =
            "CREATE TABLE keys_ (k VARCHAR(20) PRIMARY KEY); INSERT INTO keys_ VALUES ('old');";
        let database = case.source(
            "keys",
            &format!(
                "CREATE TABLE keys_ (k VARCHAR(20) COLLATE {collation} PRIMARY KEY);
                 INSERT INTO keys_ VALUES ('{}'), ('{}'), ('b');",
                values[0], values[1]
            ),
        );
        case.fill(&case.b, &database, kept);
        let example = format!("'{}' and '{}'", values[0], values[1]);
        let named = ["keys_", "Duplicate entry", &example, there, "utf8mb4_bin"];
        case.sync(&database, &["--allow-vanish", "100%"])
            .refuses(4, &named);
        assert_eq!(
            case.b.rows(&format!("SELECT k FROM {database}.keys_")),
            "old"
        );
        assert_eq!(case.left_of(&database), Vec::<String>::new());
    }

    pub fn b03_a_text_key_in_another_order_is_one_range(case: &Case) {
        let collation = match case.flavor {
            Flavor::MariaDb => "utf8mb4_uca1400_nopad_as_cs",
            Flavor::MySql => "utf8mb4_0900_as_cs",
        };
        let database = case.source(
            "order",
            &format!(
                "CREATE TABLE words (k VARCHAR(20) COLLATE {collation} PRIMARY KEY, n INT);
                 CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
                 INSERT INTO words SELECT CONCAT(CHAR(97 + a.d), CHAR(65 + b.d), '-', c.d, e.d, f.d), a.d
                   FROM digits a, digits b, digits c, digits e, digits f WHERE f.d < 6;"
            ),
        );
        case.sync(&database, &["--verify", "checksum"]).expect(0);
        assert_eq!(
            case.b
                .one(&format!("SELECT COUNT(*) FROM {database}.words")),
            "60000"
        );
        same_rows(case, &database, "words");
    }

    pub fn a02_four_byte_text_is_never_put_into_three(case: &Case) {
        let database = case.source(
            "emoji",
            "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET utf8mb4); INSERT INTO t VALUES (1, 'x😀y');",
        );
        case.fill(
            &case.b,
            &database,
            "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET utf8mb3); INSERT INTO t VALUES (1, 'old');",
        );
        case.sync(&database, &["--data"])
            .refuses(4, &["table t", "column v"]);
        assert_eq!(case.b.one(&format!("SELECT v FROM {database}.t")), "old");
        case.sync(&database, &[]).expect(0);
        same_rows(case, &database, "t");
    }

    pub fn a18_labels_keep_their_numbers_in_another_character_set(case: &Case) {
        let database = case.source(
            "labels",
            "CREATE TABLE e (id INT PRIMARY KEY, v ENUM('', 'ä', '2', 'x') CHARACTER SET gb18030, w ENUM('q', 'ä') CHARACTER SET gb18030);
             INSERT INTO e VALUES (1, 'ä', 'ä'), (2, '2', 'q'), (3, 'x', NULL), (4, '', 'q');
             SET sql_mode = ''; INSERT INTO e VALUES (5, 0, 0)",
        );
        case.sync(&database, &["--verify", "checksum"]).expect(0);
        let sql = format!(
            "SELECT id, v+0, w+0, HEX(CONVERT(v USING utf8mb4)), HEX(CONVERT(w USING utf8mb4)) FROM {database}.e ORDER BY id"
        );
        assert_eq!(case.b.rows(&sql), case.a.rows(&sql));
    }

    pub fn a15_json_keeps_its_text(case: &Case) {
        let database = case.source(
            "json",
            r#"CREATE TABLE j (id INT PRIMARY KEY, doc JSON, n INT GENERATED ALWAYS AS (JSON_EXTRACT(doc, '$.n')) VIRTUAL);
               INSERT INTO j (id, doc) VALUES (1, '{"b": 1, "a": [1.0, 1, 2.50, 1e3]}'), (2, '{"n": 7, "a": 1}'), (8, '{"a": 1, "a": 2}'),
                 (3, '"\\u0000 \\" é 😀"'), (4, NULL), (5, 'null'), (6, '18446744073709551615'), (7, '[ ]');"#,
        );
        case.sync(&database, &["--verify", "checksum"]).expect(0);
        same_rows(case, &database, "j");
        let back = case.database("json_back");
        let (from, to) = (format!("b/{database}"), format!("a/{back}"));
        case.home
            .run(&["sync", &from, &to, "--yes", "--verify", "checksum"])
            .expect(0);
        let text = |database: &str| {
            case.a.rows(&format!(
                "SELECT HEX(CONVERT(doc USING utf8mb4)), n FROM {database}.j ORDER BY id"
            ))
        };
        assert_eq!(text(&database), text(&back));
        assert!(
            case.b
                .refusal(&format!(
                    "INSERT INTO {database}.j (id, doc) VALUES (9, '{{')"
                ))
                .is_some()
        );
    }

    pub fn d04_a_second_sync_and_compare_find_nothing_to_tell(case: &Case) {
        let database = case.source("twice", spelling::COMMON);
        case.sync(&database, &["--verify", "checksum"]).expect(0);
        case.compare(&database, &[]).expect(0);
        let done = case.sync(&database, &["--schema"]).expect(0);
        assert!(done.json.to_string().contains("\"nothing\"") || done.code == Some(0));
        case.sync(&database, &["--data"]).expect(0);
        for (change, named) in spelling::CHANGES {
            let copy = case.database("changed");
            case.b.sql(&format!("DROP DATABASE IF EXISTS {copy}"));
            let (from, to) = (format!("a/{database}"), format!("b/{copy}"));
            case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
            case.b.sql(&format!("USE {copy}; {change}"));
            let found = case.home.run(&["compare", &from, &to]).expect(1);
            let told = found.json["databases"][0].to_string();
            assert!(told.contains(named), "{change}: no {named} in {told}");
        }
    }

    pub fn d04_programs_arrive_with_modes_and_collations_mapped(case: &Case) {
        let own = match case.flavor {
            Flavor::MariaDb => "utf8mb4_uca1400_as_cs",
            Flavor::MySql => "utf8mb4_0900_as_cs",
        };
        let database = case.source(
            "programs",
            &format!(
                "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20) COLLATE {own}); INSERT INTO t VALUES (1, 'a'), (2, 'A');
                 SET sql_mode = 'PIPES_AS_CONCAT';
                 CREATE PROCEDURE p() SELECT 'a' || 'b' AS v;
                 SET sql_mode = DEFAULT;
                 CREATE FUNCTION f(s VARCHAR(20) CHARACTER SET utf8mb4 COLLATE {own}) RETURNS INT DETERMINISTIC
                   RETURN s COLLATE {own} = 'a';
                 CREATE VIEW v AS SELECT id FROM t WHERE v COLLATE {own} = 'a';
                 CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.v = CONCAT(NEW.v, '!');"
            ),
        );
        let done = case.sync(&database, &[]).expect(0);
        assert!(said(&done).contains(own), "{}", done.stdout);
        assert_eq!(case.b.rows(&format!("SELECT id FROM {database}.v")), "1");
        assert_eq!(
            case.b
                .rows(&format!("SELECT {database}.f('a'), {database}.f('A')")),
            "1 0"
        );
        assert_eq!(case.b.rows(&format!("CALL {database}.p()")), "ab");
        case.b
            .sql(&format!("INSERT INTO {database}.t VALUES (3, 'x')"));
        assert_eq!(
            case.b
                .one(&format!("SELECT v FROM {database}.t WHERE id = 3")),
            "x!"
        );
    }

    pub fn d04_functions_that_return_text_arrive(case: &Case) {
        let usual = match case.flavor {
            Flavor::MariaDb => "utf8mb4_general_ci",
            Flavor::MySql => "utf8mb4_0900_ai_ci",
        };
        let database = case.source(
            "texts",
            &format!(
                "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1);
                 CREATE FUNCTION one(s VARCHAR(9) CHARSET latin1) RETURNS VARCHAR(20) CHARSET latin1 DETERMINISTIC RETURN s;
                 CREATE FUNCTION two(s VARCHAR(9) CHARSET utf8mb4) RETURNS VARCHAR(20) CHARSET utf8mb4 DETERMINISTIC RETURN s;
                 CREATE FUNCTION three() RETURNS ENUM('a','b') CHARSET utf8mb4 COLLATE utf8mb4_bin DETERMINISTIC RETURN 'a';
                 CREATE FUNCTION four() RETURNS JSON DETERMINISTIC RETURN '1';
                 CREATE FUNCTION five(s VARCHAR(9) CHARACTER SET utf8mb4 COLLATE {usual}) RETURNS TEXT CHARSET utf8mb4 DETERMINISTIC
                   RETURN (SELECT COLLATION(s));
                 CREATE FUNCTION six(s VARCHAR(9) CHARACTER SET utf8mb4) RETURNS TEXT CHARSET ascii DETERMINISTIC RETURN COLLATION(s);"
            ),
        );
        let done = case.sync(&database, &[]).expect(0);
        case.compare(&database, &[]).expect(0);
        assert_eq!(
            case.b.rows(&format!(
                "SELECT {database}.one('a'), {database}.two('é'), {database}.three()"
            )),
            "a é a"
        );
        let meant = |place: &Place| {
            place.one(&format!(
                "SELECT {database}.five('x') = {database}.six('x') AND {database}.six('x') = COLLATION({database}.two('x'))"
            ))
        };
        assert_eq!(meant(&case.a), "1");
        assert_eq!(meant(&case.b), "1", "{}", done.stdout);
        case.sync(&database, &["--schema"]).expect(0);
    }

    pub fn d02_a_changed_program_is_never_taken_for_the_old_one(case: &Case) {
        let database = case.source(
            "changed",
            "CREATE TABLE T (id INT PRIMARY KEY, a DATETIME(6)); CREATE TABLE t (id INT PRIMARY KEY, a DATETIME(6));
             CREATE TRIGGER IF NOT EXISTS g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NOW(6);
             CREATE PROCEDURE p() SELECT COUNT(*) FROM T;
             CREATE FUNCTION f(n INT) RETURNS INT DETERMINISTIC RETURN n /* as it was */ + 1;",
        );
        case.sync(&database, &[]).expect(0);
        case.compare(&database, &[]).expect(0);
        for (kind, name, change) in [
            (
                "trigger",
                "g",
                "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = NOW()",
            ),
            (
                "procedure",
                "p",
                "CREATE PROCEDURE p() SELECT COUNT(*) FROM t",
            ),
            (
                "function",
                "f",
                "CREATE FUNCTION f(n INT) RETURNS INT DETERMINISTIC RETURN n /* as it is */ + 1",
            ),
        ] {
            case.b
                .sql(&format!("USE {database}; DROP {kind} {name}; {change}"));
            let found = case.compare(&database, &[]).expect(1);
            assert!(found.stdout.contains(name), "{kind}: {}", found.stdout);
            case.sync(&database, &["--allow-vanish", "100%"]).expect(0);
            case.compare(&database, &[]).expect(0);
        }
    }

    pub fn d04_generated_texts_and_many_joins_are_one(case: &Case) {
        let joins: String = (1..=24)
            .map(|number| format!(" LEFT JOIN t t{number} ON t{number}.id = t.id"))
            .collect();
        let database = case.source(
            "joined",
            &format!(
                "CREATE TABLE t (id INT PRIMARY KEY, email VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
                   name VARCHAR(20) CHARACTER SET latin1,
                   both_ VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin GENERATED ALWAYS AS (CONCAT(email, ' ', name)) STORED);
                 INSERT INTO t (id, email, name) VALUES (1, 'é', 'ü');
                 CREATE VIEW v AS SELECT t.id FROM t{joins};"
            ),
        );
        case.sync(&database, &["--verify", "checksum"]).expect(0);
        case.compare(&database, &[]).expect(0);
        case.sync(&database, &["--data"]).expect(0);
        case.sync(&database, &["--schema"]).expect(0);
        same_rows(case, &database, "t");
        assert_eq!(case.b.rows(&format!("SELECT id FROM {database}.v")), "1");
    }

    pub fn a13_types_that_mysql_lacks_arrive_as_text(case: &Case) {
        if case.lacks("SELECT CAST(UUID() AS UUID), CAST('10.0.0.1' AS INET4)") {
            return;
        }
        let database = case.source(
            "types",
            "CREATE TABLE t (a INET6 PRIMARY KEY, b UUID DEFAULT UUID(), c INET4 DEFAULT '10.0.0.1', UNIQUE KEY (b));
             INSERT INTO t (a, b) VALUES ('::1', '123e4567-e89b-12d3-a456-426655440000'), ('2001:db8::ff00:42:8329', NULL),
               ('::', '00000000-0000-0000-0000-000000000000');",
        );
        let done = case.sync(&database, &["--verify", "checksum"]).expect(0);
        for told in ["inet6", "varchar(39)", "uuid", "char(36)", "inet4"] {
            assert!(said(&done).contains(told), "{told}: {}", done.stdout);
        }
        same_rows(case, &database, "t");
        case.b
            .sql(&format!("INSERT INTO {database}.t (a) VALUES ('::7')"));
        assert_eq!(
            case.b.rows(&format!(
                "SELECT LENGTH(b), c FROM {database}.t WHERE a = '::7'"
            )),
            "36 10.0.0.1"
        );
    }

    pub fn d04_what_mysql_lacks_is_told_by_name(case: &Case) {
        let database = case.source("lacks", spelling::OF_MARIADB);
        let done = case.sync(&database, &["--verify", "checksum"]).expect(3);
        for told in spelling::TOLD_OF_MARIADB {
            assert!(said(&done).contains(told), "no {told} in {}", done.stdout);
        }
        for table in tables(&case.a, &database) {
            same_rows(case, &database, &table);
        }
        // Names of checks that are one in the database.
        let checks = "SELECT COUNT(*) FROM information_schema.TABLE_CONSTRAINTS WHERE CONSTRAINT_TYPE = 'CHECK'";
        assert_eq!(
            case.b
                .one(&format!("{checks} AND TABLE_SCHEMA = '{database}'")),
            "6"
        );
        assert!(
            case.b
                .refusal(&format!("INSERT INTO {database}.checks_a VALUES (-1, 1)"))
                .is_some()
        );
    }

    pub fn d04_rows_that_a_check_would_refuse_there_are_named(case: &Case) {
        let database = case.source(
            "checked",
            "SET check_constraint_checks = 0; CREATE TABLE t (id INT PRIMARY KEY, a INT CHECK (a > 0)); INSERT INTO t VALUES (1, -1);",
        );
        case.fill(
            &case.b,
            &database,
            "CREATE TABLE t (id INT); INSERT INTO t VALUES (7);",
        );
        case.sync(&database, &[])
            .refuses(4, &["table t", "Check constraint", "--exclude t"]);
        assert_eq!(case.b.rows(&format!("SELECT id FROM {database}.t")), "7");
    }

    pub fn d04_a_default_from_a_sequence_is_refused(case: &Case) {
        let database = case.source(
            "seq",
            "CREATE SEQUENCE s; CREATE TABLE drawn (id INT PRIMARY KEY DEFAULT NEXTVAL(s)); CREATE TABLE other (id INT);",
        );
        case.sync(&database, &[])
            .refuses(4, &["drawn", "id", "sequence", "--exclude drawn"]);
        assert!(!case.has(&database));
        let done = case.sync(&database, &["--exclude", "drawn"]).expect(3);
        assert!(said(&done).contains("sequence s"), "{}", done.stdout);
    }

    pub fn d04_what_mariadb_lacks_is_told_by_name(case: &Case) {
        let database = case.source("lacks", spelling::OF_MYSQL);
        let done = case.sync(&database, &["--verify", "checksum"]).expect(3);
        for told in spelling::TOLD_OF_MYSQL {
            assert!(said(&done).contains(told), "no {told} in {}", done.stdout);
        }
        for table in tables(&case.a, &database) {
            same_rows(case, &database, &table);
        }
        let compared = case.compare(&database, &["--schema"]).expect(0);
        assert!(
            compared
                .stdout
                .contains("index low of table fun cannot be compared"),
            "{}",
            compared.stdout
        );
        let hidden = format!(
            "SELECT GROUP_CONCAT(COLUMN_NAME ORDER BY COLUMN_NAME) FROM information_schema.COLUMNS
             WHERE TABLE_SCHEMA = '{database}' AND EXTRA LIKE '%INVISIBLE%'"
        );
        assert_eq!(case.b.one(&hidden), "g,hid,my_row_id");
    }

    pub fn d04_what_the_target_does_not_take_is_refused_by_table(case: &Case) {
        let database = case.source(
            "taken",
            "CREATE TABLE one (id BINARY(16) PRIMARY KEY DEFAULT (UUID_TO_BIN(UUID())));
             CREATE TABLE two (id INT PRIMARY KEY, b BINARY(16) DEFAULT (UUID_TO_BIN(UUID())));
             CREATE TABLE three (id INT PRIMARY KEY); INSERT INTO three VALUES (1);",
        );
        case.fill(
            &case.b,
            &database,
            "CREATE TABLE three (id INT PRIMARY KEY); INSERT INTO three VALUES (7);",
        );
        case.sync(&database, &["--allow-vanish", "100%"]).refuses(
            4,
            &["table one", "table two", "uuid_to_bin", "--exclude one"],
        );
        assert_eq!(
            case.b.rows(&format!("SELECT id FROM {database}.three")),
            "7"
        );
        assert_eq!(case.left_of(&database), Vec::<String>::new());
        case.sync(
            &database,
            &[
                "--allow-vanish",
                "100%",
                "--exclude",
                "one",
                "--exclude",
                "two",
            ],
        )
        .expect(0);
    }
}
