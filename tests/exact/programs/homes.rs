//! The database that a program's text names: its own goes along, others stay, what cannot be told is refused (D02).

use super::{not_copied, plan, programs};
use crate::live::{Case, Flavor, on_both, with};

/// Programs that name their own database in every way. `DB` stands for it.
const NAMED: &str = r#"
CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(100), DB INT); INSERT INTO t VALUES (1, 'a', 7);
CREATE TABLE log (what VARCHAR(200));
CREATE FUNCTION f(a INT) RETURNS INT READS SQL DATA RETURN (SELECT COUNT(*) FROM `DB`.`t`) + a;
CREATE VIEW v AS SELECT DB.t.id, DB.f(1) AS n, DB AS DB FROM DB.t;
CREATE VIEW alias AS SELECT DB.id, DB.DB, (SELECT MAX(id) FROM DB.t) AS m FROM t DB;
CREATE VIEW wide AS SELECT a.id, s.SCHEMA_NAME FROM t a LEFT JOIN information_schema.SCHEMATA s ON s.SCHEMA_NAME = a.v;
CREATE TRIGGER DB.g BEFORE INSERT ON DB.t FOR EACH ROW BEGIN
  -- DB.t is not meant here
  INSERT INTO DB . log VALUES ('DB.t'); SET NEW.v = (SELECT CONCAT(COUNT(*), ' in `DB`.t') FROM DB.t);
END;
CREATE PROCEDURE p() BEGIN
  DECLARE n INT; /* DB.t */ # DB.log
  SELECT COUNT(*) INTO n FROM `DB`.`t` x JOIN DB.v y ON x.id = y.id WHERE EXISTS (SELECT 1 FROM DB.log);
  UPDATE DB.t SET DB.t.DB = 8; DELETE DB.log FROM DB.log WHERE DB.log.what = 'none'; CALL DB.q();
  INSERT INTO DB.log SELECT CONCAT('DB "', DB.t.v, '"') FROM DB.t;
END;
CREATE PROCEDURE q() SELECT 1;
CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2036-01-31 00:00:00' DISABLE DO DELETE FROM DB.t WHERE DB.t.id < 0;
SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES';
CREATE PROCEDURE ansi() SELECT 'a\', "DB"."t"."id" FROM "DB"."t" WHERE v <> 'DB.t';
"#;

/// Whoever runs a program of the copy finds the rows of the copy: the source, on the same server, stays as it is.
fn d02_programs_that_name_their_database_work_in_the_copy(case: &Case) {
    let shop = case.database("shop");
    case.fill(&case.a, &shop, &NAMED.replace("DB", &shop));
    let before = programs(&case.a, &shop);
    for (name, copy) in [
        ("plain", case.database("copy")),
        ("quoted", case.database("a `b\" 'c")),
    ] {
        let (from, to) = (format!("a/{shop}"), format!("a/{copy}"));
        let quoted = format!("`{}`", copy.replace('`', "``"));
        case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
        case.a.sql(&format!(
            "INSERT INTO {quoted}.t VALUES (2, '', 9), (3, '', 9); CALL {quoted}.p()"
        ));
        assert_eq!(
            case.a
                .rows(&format!("SELECT id, n, `{shop}` FROM {quoted}.v")),
            "1 4 8, 2 4 8, 3 4 8",
            "{name}"
        );
        assert_eq!(
            case.a.rows(&format!("SELECT * FROM {quoted}.alias")),
            "1 8 3, 2 8 3, 3 8 3"
        );
        // Strings are nobody's qualifiers.
        assert_eq!(
            case.a
                .rows(&format!("SELECT what FROM {quoted}.log LIMIT 3")),
            format!("{shop}.t, {shop}.t, {shop} \"a\"")
        );
        assert_eq!(
            case.a
                .rows(&format!("SELECT v FROM {quoted}.t WHERE id = 2")),
            format!("1 in `{shop}`.t")
        );
        assert_eq!(case.a.rows(&format!("SELECT * FROM {shop}.t")), "1 a 7");
        assert_eq!(case.a.rows(&format!("SELECT * FROM {shop}.log")), "");
    }
    assert_eq!(programs(&case.a, &shop), before);
}

/// Nothing of the text changes but the names of the database.
fn d02_the_rest_of_the_text_is_the_same(case: &Case) {
    let shop = case.database("shop");
    case.fill(&case.a, &shop, &NAMED.replace("DB", &shop));
    let copy = case.database("copy");
    let (from, to) = (format!("a/{shop}"), format!("b/{copy}"));
    let mapped = plan(case, &from, &to, &[])["mapped"].to_string();
    assert!(mapped.contains("database of function f"), "{mapped}");
    for _ in 0..2 {
        case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
        let told = |lines: Vec<String>| {
            let text = lines.join("\n").replace("\\\"", "").replace('`', "");
            text.replace(&copy, "HOME")
                .replace(&shop, "HOME")
                .replace("DB", "HOME")
        };
        assert_eq!(
            told(programs(&case.b, &copy)),
            told(programs(&case.a, &shop))
        );
    }
}

/// A table, an alias and a variable may have the database's name; only what is the database gets the new one.
fn d02_what_is_only_named_like_the_database_stays(case: &Case) {
    let shop = case.database("shop");
    let sql = "CREATE TABLE DB (id INT PRIMARY KEY, n INT); INSERT INTO DB VALUES (1, 10), (2, 20), (3, 30);
        CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 1), (2, 2), (3, 3);
        CREATE VIEW v AS SELECT DB.id, DB.n FROM DB JOIN DB.t ON t.id = DB.id;
        CREATE PROCEDURE p() BEGIN
          UPDATE DB.DB SET DB.n = DB.n + 1 WHERE DB.id = 1;
          DELETE DB.DB, x FROM DB.DB JOIN DB.t AS x ON x.id = DB.id WHERE DB.id = 2;
          UPDATE t AS DB SET DB.n = 7 WHERE DB.id = 1;
          SELECT DB.n INTO @n FROM DB.t AS DB WHERE DB.id = 1;
        END;
        CREATE PROCEDURE tables() SHOW TABLES FROM DB LIKE 't';
        CREATE PROCEDURE columns() SHOW COLUMNS FROM DB FROM DB LIKE 'n';
        CREATE PROCEDURE mends() BEGIN
          CREATE TABLE DB.a LIKE DB.t; CREATE INDEX i ON DB.a (n); RENAME TABLE DB.a TO DB.b, DB.b TO DB.c;
          ALTER TABLE DB.c RENAME TO DB.d; DROP TABLE IF EXISTS DB.x, DB.d;
        END";
    case.fill(&case.a, &shop, &sql.replace("DB", &shop));
    let copy = case.database("copy");
    let (from, to) = (format!("a/{shop}"), format!("b/{copy}"));
    case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
    assert!(!case.has(&shop));
    case.b.sql(&format!("CALL {copy}.p(); CALL {copy}.mends()"));
    let rows = format!("SELECT id, n FROM {copy}.v");
    assert_eq!(case.b.rows(&rows), "1 11, 3 30");
    let rows = format!("SELECT id, n FROM {copy}.t");
    assert_eq!(case.b.rows(&rows), "1 7, 3 3");
    assert_eq!(case.b.rows(&format!("CALL {copy}.tables()")), "t");
    let columns = case.b.rows(&format!("CALL {copy}.columns()"));
    assert!(columns.starts_with("n int"), "{columns}");
    case.sync(&shop, &[]).expect(0);
}

fn d02_a_string_that_is_run_is_warned_of(case: &Case) {
    let shop = case.database("shop");
    let sql = format!(
        "CREATE TABLE t (id INT PRIMARY KEY); CREATE PROCEDURE p() BEGIN SET @s = 'DELETE FROM {shop}.t'; PREPARE s FROM @s; EXECUTE s; END"
    );
    case.fill(&case.a, &shop, &sql);
    let copy = case.database("copy");
    let (from, to) = (format!("a/{shop}"), format!("b/{copy}"));
    let warnings = plan(case, &from, &to, &[])["warnings"].to_string();
    assert!(
        warnings.contains(&format!(
            "procedure p names the source database {shop} in a string"
        )),
        "{warnings}"
    );
    let same = plan(case, &from, &format!("b/{shop}"), &[])["warnings"].to_string();
    assert!(!same.contains("in a string"), "{same}");
}

fn d02_other_databases_keep_their_names_and_are_named(case: &Case) {
    let other = case.source(
        "other",
        "CREATE TABLE o (id INT PRIMARY KEY); INSERT INTO o VALUES (5)",
    );
    case.fill(
        &case.b,
        &other,
        "CREATE TABLE o (id INT PRIMARY KEY); INSERT INTO o VALUES (6)",
    );
    let shop = case.source("shop", &format!("CREATE TABLE t (id INT PRIMARY KEY); CREATE VIEW v AS SELECT o.id FROM {other}.o; CREATE PROCEDURE p() SELECT * FROM `nowhere at all`.x"));
    let copy = case.database("copy");
    let (from, to) = (format!("a/{shop}"), format!("b/{copy}"));
    let warnings = plan(case, &from, &to, &[])["warnings"].to_string();
    for told in [
        format!("view v names another database, {other}\""),
        "procedure p names another database, nowhere at all, which the target does not show".into(),
    ] {
        assert!(warnings.contains(&told), "no {told} in {warnings}");
    }
    case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
    assert_eq!(case.b.one(&format!("SELECT id FROM {copy}.v")), "6");
}

fn d02_a_view_on_a_database_that_the_target_lacks_is_listed_with_the_reason(case: &Case) {
    let other = case.source("other", "CREATE TABLE o (id INT PRIMARY KEY)");
    let shop = case.source("shop", &format!("CREATE TABLE t (id INT PRIMARY KEY); CREATE VIEW v AS SELECT o.id FROM {other}.o; CREATE VIEW w AS SELECT id FROM t"));
    let done = case.sync(&shop, &[]).expect(3);
    let told = not_copied(&done);
    assert!(told.contains("view v") && told.contains(&other), "{told}");
    assert!(!told.contains("view w"));
}

fn d02_rollback_brings_back_the_programs_as_they_were(case: &Case) {
    let shop = case.database("shop");
    case.fill(&case.a, &shop, &NAMED.replace("DB", &shop));
    let copy = case.database("copy");
    let own =
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); CREATE VIEW v AS SELECT v FROM DB.t;
        CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.v = (SELECT MAX(v) FROM DB.t);
        CREATE PROCEDURE p() SELECT * FROM DB.t";
    case.fill(&case.b, &copy, &own.replace("DB", &copy));
    let before = programs(&case.b, &copy);
    let (from, to) = (format!("a/{shop}"), format!("b/{copy}"));
    case.home
        .run(&[
            "sync",
            &from,
            &to,
            "--yes",
            "--definer",
            "current",
            "--events",
            "disable",
        ])
        .expect(0);
    assert_ne!(programs(&case.b, &copy), before);
    case.home.run(&["rollback", "1", "--yes"]).expect(0);
    assert_eq!(programs(&case.b, &copy), before);
}

on_both!(
    d02_programs_that_name_their_database_work_in_the_copy,
    d02_the_rest_of_the_text_is_the_same,
    d02_what_is_only_named_like_the_database_stays,
    d02_a_string_that_is_run_is_warned_of,
    d02_other_databases_keep_their_names_and_are_named,
    d02_a_view_on_a_database_that_the_target_lacks_is_listed_with_the_reason,
    d02_rollback_brings_back_the_programs_as_they_were,
);

/// In Oracle mode, a record may have the database's name too, and a name alone is a call.
#[test]
fn d02_a_record_of_oracle_mode_stays_and_a_call_moves() {
    let path = concat!(module_path!(), "::oracle");
    with(Flavor::MariaDb, path, |case| {
        let shop = case.database("shop");
        let sql = "CREATE TABLE t (id INT PRIMARY KEY); SET sql_mode = ORACLE;
            CREATE PROCEDURE q AS BEGIN INSERT INTO DB.t VALUES (7); END;
            CREATE PROCEDURE p AS DB DB.t%ROWTYPE; n DB.t.id%TYPE; m t.id%TYPE; BEGIN
              DB.id := 1; INSERT INTO DB.t VALUES (DB.id); IF DB.id = 1 THEN DB.q; END IF;
            END; SET sql_mode = DEFAULT";
        case.fill(&case.a, &shop, &sql.replace("DB", &shop));
        let copy = case.database("copy");
        let (from, to) = (format!("a/{shop}"), format!("b/{copy}"));
        case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
        assert!(!case.has(&shop));
        case.b.sql(&format!("USE {copy}; CALL p()"));
        assert_eq!(case.b.rows(&format!("SELECT id FROM {copy}.t")), "1, 7");
    });
}
