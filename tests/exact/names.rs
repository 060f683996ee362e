//! Names: every character that a server takes, in every place where a name may stand, and names that differ only by
//! case (D09, D10).

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::live::{
    Case, Flavor, Home, Place, Private, block_on, literal, on_both, quoted as q, skipped,
};

/// A name with all that is awkward at once.
const ODD: &str = "a`b'c\"d\\e\nf%g_h.i/j k=l";
/// 64 characters of three bytes each: the longest name that a server can hold.
const WIDE: char = 'Ａ';

/// Names that are awkward each in its own way.
fn names() -> Vec<String> {
    let words = [
        ODD,
        "1234",
        "1e3",
        "0x10",
        "select",
        "`",
        "``",
        "'",
        "\"",
        "\\",
        " lead",
        "%",
        "_",
        "?",
        "*",
        "[a",
        "{x}",
        "a.b",
        "a/b",
        "..",
        "a\tb",
        "a\r\nb",
        "--",
        "/*x*/",
        "#h",
        ";",
        "$1",
        "@v",
        ":n",
        "naïve☃",
        "ÿ",
        "表",
        "\u{202e}",
        "\u{1b}[31m",
        "\u{ffff}",
        "PRIMARY KEY (",
        "FOREIGN KEY (",
        "a ON b",
        "x TO y",
        "_maestr",
    ];
    let mut names: Vec<String> = words.map(str::to_string).to_vec();
    names.push(WIDE.to_string().repeat(64));
    names.push("x".repeat(64));
    names
}

/// A name with a letter before it, cut to 64 characters.
fn with(letter: &str, name: &str) -> String {
    format!("{letter}{name}").chars().take(64).collect()
}

/// Tables, columns, keys, constraints and programs of one name each.
fn objects(names: &[String]) -> String {
    let mut sql = String::new();
    for (number, name) in names.iter().enumerate() {
        let next = &names[(number + 1) % names.len()];
        let [
            text,
            check,
            child,
            key,
            view,
            trigger,
            function,
            procedure,
            event,
        ] = ["v", "e", "C", "f", "V", "T", "F", "P", "E"].map(|letter| q(&with(letter, name)));
        let (table, id) = (q(name), q(next));
        let _ = write!(
            sql,
            "CREATE TABLE {table} ({id} INT PRIMARY KEY, {text} VARCHAR(20), {check} INT, KEY {table} ({text}), UNIQUE {text} ({check}),
               CONSTRAINT {key} CHECK ({check} > 0)) COMMENT {comment};
             INSERT INTO {table} VALUES ({number}, 'x', 1), ({number} + 100, 'y', 2);
             CREATE TABLE {child} ({id} INT PRIMARY KEY, {text} INT,
               CONSTRAINT {event} FOREIGN KEY ({text}) REFERENCES {table} ({id}) ON DELETE CASCADE);
             INSERT INTO {child} VALUES (1, {number}), (2, NULL);
             CREATE VIEW {view} AS SELECT {id} AS {text}, {check} FROM {table};
             CREATE FUNCTION {function}({text} INT) RETURNS INT DETERMINISTIC NO SQL RETURN {text};
             CREATE TRIGGER {trigger} BEFORE INSERT ON {table} FOR EACH ROW SET NEW.{text} = {function}(1);
             CREATE PROCEDURE {procedure}() SELECT * FROM {table};
             CREATE EVENT {event} ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM {table};",
            comment = literal_text(name),
        );
    }
    let _ = write!(
        sql,
        "CREATE TABLE parts (id INT PRIMARY KEY) PARTITION BY RANGE (id)
           (PARTITION {} VALUES LESS THAN (10), PARTITION {} VALUES LESS THAN MAXVALUE);
         INSERT INTO parts VALUES (1), (11);",
        q("p`'\" %"),
        q("Ａ-１")
    );
    sql
}

/// A string of a statement: a comment takes no other literal.
fn literal_text(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// Everything that has a name in a database, and the rows of all tables, as SQL tells it.
fn everything(place: &Place, database: &str) -> Vec<String> {
    let name = literal(database);
    let listed = [
        (
            "TABLES",
            "TABLE_SCHEMA",
            "TABLE_NAME, TABLE_TYPE, IF(TABLE_TYPE = 'VIEW', '', TABLE_COMMENT)",
        ),
        (
            "COLUMNS",
            "TABLE_SCHEMA",
            "TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_TYPE",
        ),
        (
            "STATISTICS",
            "TABLE_SCHEMA",
            "TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME",
        ),
        (
            "TABLE_CONSTRAINTS",
            "TABLE_SCHEMA",
            "TABLE_NAME, CONSTRAINT_NAME, CONSTRAINT_TYPE",
        ),
        (
            "KEY_COLUMN_USAGE",
            "TABLE_SCHEMA",
            "TABLE_NAME, CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME",
        ),
        (
            "PARTITIONS",
            "TABLE_SCHEMA",
            "TABLE_NAME, PARTITION_NAME, PARTITION_DESCRIPTION",
        ),
        ("VIEWS", "TABLE_SCHEMA", "TABLE_NAME, DEFINER"),
        (
            "TRIGGERS",
            "TRIGGER_SCHEMA",
            "TRIGGER_NAME, EVENT_OBJECT_TABLE, TRIM(TRAILING ';' FROM ACTION_STATEMENT)",
        ),
        (
            "ROUTINES",
            "ROUTINE_SCHEMA",
            "ROUTINE_TYPE, ROUTINE_NAME, TRIM(TRAILING ';' FROM ROUTINE_DEFINITION)",
        ),
        (
            "EVENTS",
            "EVENT_SCHEMA",
            "EVENT_NAME, TRIM(TRAILING ';' FROM EVENT_DEFINITION), STATUS",
        ),
    ];
    let mut told = Vec::new();
    for (table, schema, columns) in listed {
        let sql =
            format!("SELECT {columns} FROM information_schema.{table} WHERE {schema} = {name}");
        let mut rows: Vec<String> = place
            .sql(&sql)
            .iter()
            .map(|row| format!("{table} {row:?}"))
            .collect();
        assert!(!rows.is_empty(), "{table} of {database} is empty");
        rows.sort();
        told.extend(rows);
    }
    let tables = place.sql(&format!(
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = {name} AND TABLE_TYPE = 'BASE TABLE'"
    ));
    let mut tables: Vec<String> = tables
        .into_iter()
        .map(|row| row[0].clone().unwrap())
        .collect();
    tables.sort();
    for table in tables {
        let rows = place.rows(&format!(
            "SELECT * FROM {}.{} ORDER BY 1",
            q(database),
            q(&table)
        ));
        told.push(format!("{table:?}: {rows}"));
    }
    told
}

#[track_caller]
fn same(case: &Case, (from, to): (&str, &str)) {
    let expected = everything(&case.a, from);
    let found = everything(&case.b, to);
    for (left, right) in expected.iter().zip(&found) {
        assert_eq!(left, right, "{from:?} and {to:?}");
    }
    assert_eq!(expected.len(), found.len());
}

/// Two databases of awkward names, full of awkward names.
fn two(case: &Case) -> [String; 2] {
    let odd = case.source(ODD, &objects(&names()));
    let wide = case.database("");
    let wide = case.database_of(&format!(
        "{wide}{}",
        WIDE.to_string().repeat(64 - wide.chars().count())
    ));
    case.fill(&case.a, &wide, &objects(&names()[..3]));
    [odd, wide]
}

fn d10_whatever_a_server_takes_for_a_name_arrives_and_comes_back(case: &Case) {
    let [odd, wide] = two(case);
    let select = format!("`{}`,={wide}", odd.replace('`', "``"));
    let sync = || {
        case.home
            .run(&["sync", "a", "b", "--select", &select, "--yes"])
            .expect(0)
    };
    for _ in ["new", "replaced"] {
        sync();
        for name in [&odd, &wide] {
            same(case, (name, name));
            assert_eq!(case.left_of(name), Vec::<String>::new());
        }
    }
    case.home
        .run(&["compare", "a", "b", "--select", &select])
        .expect(0);
    // Taken back, and gone on again.
    let table = q(ODD);
    let count = format!("SELECT COUNT(*) FROM {}.{table}", q(&odd));
    case.a
        .sql(&format!("DELETE FROM {}.{table} LIMIT 1", q(&odd)));
    let done = sync();
    assert_eq!(case.b.one(&count), "1");
    let run = done.json["run"].to_string();
    case.home.run(&["rollback", &run, "--yes"]).expect(0);
    assert_eq!(case.b.one(&count), "2");
    // From a backup, under other names.
    let made = case.home.run(&["backup", "create", "a", &select]).expect(0);
    let id = made.json["id"].as_str().unwrap();
    let other = case.database("`=\"\\ %");
    let map = format!("{}={}", q(&odd), q(&other));
    case.home
        .run(&["backup", "restore", id, "to", "b", "--map", &map, "--yes"])
        .expect(0);
    same(case, (&odd, &other));
    same(case, (&wide, &wide));
}

fn d10_a_broken_off_run_of_odd_names_is_resumed(case: &Case) {
    let odd = case.source(ODD, &objects(&names()[..6]));
    case.fill(&case.b, &odd, "CREATE TABLE old (id INT PRIMARY KEY)");
    let place = |side: &str| format!("{side}/{}", q(&odd));
    let (from, to) = (place("a"), place("b"));
    for point in ["verified", "swapped"] {
        let running = case.home.start_with(
            &["sync", &from, &to, "--yes", "--allow-vanish", "100%"],
            &[("MAESTRO_KILL_AT", point)],
        );
        assert_eq!(running.wait().code, None, "{point}");
        crate::live::until("the dead run can be resumed", || {
            case.home.run(&["resume", "--yes"]).code == Some(0)
        });
        same(case, (&odd, &odd));
        assert_eq!(case.left_of(&odd), Vec::<String>::new(), "{point}");
    }
}

fn d10_a_table_is_chosen_by_its_exact_name(case: &Case) {
    let names = ["?", "*", "[a", "\\", "`", ODD, "%", "_"].map(str::to_string);
    let odd = case.source(ODD, &objects(&names));
    case.fill(&case.b, &odd, "CREATE TABLE x (id INT PRIMARY KEY)");
    let tables = || -> Vec<String> {
        let sql = format!(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} AND TABLE_TYPE = 'BASE TABLE'",
            literal(&odd)
        );
        let rows = case.b.sql(&sql);
        let mut names: Vec<String> = rows
            .into_iter()
            .map(|row| row[0].clone().unwrap())
            .collect();
        names.sort();
        names
    };
    let (from, to) = (format!("a/{}", q(&odd)), format!("b/{}", q(&odd)));
    let mut expected = vec!["x".to_string()];
    for name in ["?", "*", "[a", "\\", "`", ODD] {
        case.home
            .run(&["sync", &from, &to, "--table", &q(name), "--yes"])
            .expect(0);
        expected.push(name.to_string());
        expected.sort();
        assert_eq!(tables(), expected);
    }
    let place = format!("{from}.{}", q("%"));
    case.home.run(&["sync", &place, &to, "--yes"]).expect(0);
    expected.push("%".to_string());
    expected.sort();
    assert_eq!(tables(), expected);
    case.home
        .run(&[
            "sync",
            &from,
            &to,
            "--exclude",
            &q("?"),
            "--exclude",
            "C*",
            "--keep-extra",
            "--yes",
        ])
        .expect(0);
    assert!(tables().contains(&"_".to_string()));
}

/// F07: what a terminal would obey is not printed to it, and JSON keeps the name.
fn d10_f07_a_name_cannot_command_the_terminal(case: &Case) {
    let shop = case.source(
        "shop",
        &format!(
            "CREATE TABLE {} (id INT PRIMARY KEY)",
            q("\u{1b}]52;c;eA==\u{7}\u{202e}")
        ),
    );
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_maestro"));
    command.arg("--home").arg(case.home.folder.path().join("m"));
    command.args(["sync", &format!("a/{shop}"), &format!("b/{shop}"), "--yes"]);
    command.env("MAESTRO_TEST_PASSWORD", crate::live::password());
    let done = command.output().unwrap();
    assert!(done.status.success());
    let told = [done.stdout, done.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    assert!(told.contains("]52;c;eA=="), "{told}");
    assert!(!told.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{told:?}");
    let plan = case
        .home
        .run(&[
            "sync",
            &format!("a/{shop}"),
            &format!("b/{shop}"),
            "--dry-run",
        ])
        .expect(0);
    assert!(
        plan.json.to_string().contains("\\u001b]52"),
        "{}",
        plan.json
    );
}

/// Names of the characters that a server takes: all but NUL and those beyond 16 bits, with no space at the end.
fn any_name() -> impl Strategy<Value = String> {
    let kinds = prop_oneof![
        Just('`'),
        Just('\''),
        Just('"'),
        Just('\\'),
        Just('%'),
        Just('_'),
        Just('.'),
        Just('/'),
        Just('\n'),
        Just(' '),
        prop::char::range('\u{1}', '\u{7f}'),
        prop::char::range('\u{80}', '\u{24f}'),
        prop::char::range('\u{400}', '\u{ffff}'),
    ];
    prop::collection::vec(kinds, 1..=12).prop_map(|chars| {
        let name: String = chars.into_iter().collect();
        format!("{name}#")
    })
}

fn d10_random_names_are_read_back(case: &Case) {
    let mut runner = TestRunner::new(Config {
        cases: 3,
        failure_persistence: None,
        ..Config::default()
    });
    let names = prop::collection::btree_set(any_name(), 30);
    runner
        .run(&names, |names| {
            // A server folds the case of columns, and some characters into one another, as its collation says.
            let shop = case.source("shop", "");
            let mut made = Vec::new();
            for name in &names {
                let sql = format!("USE {}; CREATE TABLE {} ({} INT PRIMARY KEY)", q(&shop), q(name), q(name));
                if case.a.refusal(&sql).is_none() {
                    made.push(name);
                }
            }
            prop_assert!(made.len() > 20, "{names:?}");
            case.sync(&shop, &[]).expect(0);
            let sql = format!(
                "SELECT HEX(TABLE_NAME), HEX(COLUMN_NAME) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '{shop}' ORDER BY 1"
            );
            let (left, right) = (case.a.rows(&sql), case.b.rows(&sql));
            case.a.sql(&format!("DROP DATABASE {shop}"));
            case.b.sql(&format!("DROP DATABASE {shop}"));
            prop_assert_eq!(left, right);
            Ok(())
        })
        .unwrap();
}

/// Tables, and what names them, with capitals.
const CAPITALS: &str = "
CREATE TABLE Users (Id INT PRIMARY KEY, Users INT);
CREATE TABLE Orders (Id INT PRIMARY KEY, U INT, CONSTRAINT FkUser FOREIGN KEY (U) REFERENCES Users (Id));
CREATE TABLE plain (id INT PRIMARY KEY); CREATE TABLE `ÄΩЖ` (id INT PRIMARY KEY); CREATE TABLE `İẞႠꙀ` (id INT PRIMARY KEY);
INSERT INTO Users VALUES (1, 1), (2, 2); INSERT INTO Orders VALUES (11, 1); INSERT INTO `ÄΩЖ` VALUES (5); INSERT INTO `İẞႠꙀ` VALUES (6);
CREATE VIEW Totals AS SELECT U.Id AS Users, O.Id AS Oid FROM Users U JOIN Orders O ON O.U = U.Id;
CREATE TRIGGER Tr AFTER INSERT ON Users FOR EACH ROW INSERT INTO Orders VALUES (NEW.Id + 20, NEW.Id);
CREATE PROCEDURE P() SELECT 'Users', COUNT(*) AS Users FROM Users JOIN `Orders` o ON o.u = Users.Id;";

/// A server that folds the case of names.
fn folding(case: &Case) -> Option<Private> {
    let server = Private::start(case.flavor, &["--lower-case-table-names=1"])?;
    case.home.connect("folding", &server.place);
    Some(server)
}

fn works(place: &Place, shop: &str) {
    assert_eq!(place.rows(&format!("CALL {shop}.P()")), "Users 1");
    place.sql(&format!("INSERT INTO {shop}.users VALUES (7, 7)"));
    assert_eq!(
        place.rows(&format!("SELECT * FROM {shop}.totals ORDER BY Oid")),
        "1 11, 7 27"
    );
    let orphan = format!("INSERT INTO {shop}.orders VALUES (12, 77)");
    assert!(place.refusal(&orphan).unwrap().contains("foreign key"));
}

fn d09_capitals_arrive_in_lower_case_where_the_target_folds(case: &Case) {
    let Some(server) = folding(case) else { return };
    let shop = case.source("Shop", CAPITALS);
    let (from, to) = (format!("a/{shop}"), format!("folding/{shop}"));
    for round in ["new", "replaced"] {
        let done = case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
        assert!(
            done.stderr.contains("Users becomes users"),
            "{round}: {}",
            done.stderr
        );
        assert_eq!(
            server.place.rows(&format!("SHOW FULL TABLES FROM {shop}")),
            "i\u{1e9e}\u{10a0}\u{a640} BASE TABLE, orders BASE TABLE, plain BASE TABLE, totals VIEW, users BASE TABLE, äωж BASE TABLE"
        );
        assert_eq!(
            server.place.rows(&format!(
                "SELECT * FROM {shop}.`äωж` UNION SELECT * FROM {shop}.`iẞႠꙀ`"
            )),
            "5, 6"
        );
        case.home.run(&["compare", &from, &to]).expect(0);
        case.home
            .run(&["compare", &from, &to, "--table", "Users"])
            .expect(0);
    }
    case.home
        .run(&["sync", &from, &to, "--table", "Users", "--yes"])
        .expect(0);
    works(&server.place, &shop);
    let done = case.home.run(&[
        "sync",
        &from,
        &to,
        "--exclude",
        "Ord*",
        "--exclude",
        "plain",
        "--yes",
        "--allow-vanish",
        "100%",
    ]);
    let run = done.expect(4).json["run"].clone();
    assert!(run.is_null() || run.is_number());
    let done = case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
    assert_eq!(
        server
            .place
            .one(&format!("SELECT COUNT(*) FROM {shop}.users")),
        "2"
    );
    let run = done.json["run"].to_string();
    case.home.run(&["rollback", &run, "--yes"]).expect(0);
    assert_eq!(
        server
            .place
            .one(&format!("SELECT COUNT(*) FROM {shop}.users")),
        "3"
    );
}

fn d09_names_that_the_target_takes_for_one_are_refused_together(case: &Case) {
    let Some(server) = folding(case) else { return };
    let shop = case.source(
        "shop",
        "CREATE TABLE Users (id INT PRIMARY KEY); CREATE TABLE users (id INT PRIMARY KEY); INSERT INTO users VALUES (1);
         CREATE TABLE child (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES Users (id));
         CREATE TABLE ß (id INT PRIMARY KEY); CREATE TABLE ẞ (id INT PRIMARY KEY);
         CREATE TABLE Totals (id INT PRIMARY KEY); CREATE VIEW totals AS SELECT * FROM users;",
    );
    server.place.sql(&format!(
        "CREATE DATABASE {shop}; CREATE TABLE {shop}.users (id INT PRIMARY KEY); INSERT INTO {shop}.users VALUES (9)"
    ));
    let (from, to) = (format!("a/{shop}"), format!("folding/{shop}"));
    let sync = |more: &[&str]| {
        let mut words = vec!["sync", &from, &to, "--yes"];
        words.extend(more);
        case.home.run(&words)
    };
    sync(&[]).refuses(
        4,
        &[
            "Users and users differ only by case",
            "lower_case_table_names = 1",
            "--exclude Users, or rename one of them",
            "Totals and totals differ only by case",
            "foreign key",
        ],
    );
    assert_eq!(
        server.place.rows(&format!("SELECT * FROM {shop}.users")),
        "9"
    );
    sync(&["--exclude", "Users", "--exclude", "Totals"])
        .refuses(4, &["of child refers to Users", "--exclude child"]);
    let spared = [
        "--exclude",
        "Users",
        "--exclude",
        "Totals",
        "--exclude",
        "child",
        "--exclude",
        "ẞ",
    ];
    sync(&spared).expect(0);
    assert_eq!(
        server.place.rows(&format!("SELECT * FROM {shop}.totals")),
        "1"
    );
}

fn d09_a_database_is_one_there_whatever_its_case(case: &Case) {
    let Some(server) = folding(case) else { return };
    let shop = case.source("shop", CAPITALS);
    let capitals = shop.to_uppercase();
    let (from, to) = (format!("a/{shop}"), format!("folding/{capitals}"));
    let plan = case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
    assert!(plan.stderr.contains(&shop), "{}", plan.stderr);
    works(&server.place, &shop);
    // E09: it is its own source under every case.
    case.home
        .run(&[
            "sync",
            &format!("folding/{capitals}"),
            &format!("folding/{shop}"),
            "--yes",
        ])
        .refuses(4, &["would be copied onto itself"]);
    case.home
        .run(&["sync", &format!("folding/{shop}"), &to, "--yes"])
        .refuses(4, &["would be copied onto itself"]);
    // Two databases that would go into one.
    case.source("SHOP", "CREATE TABLE t (id INT PRIMARY KEY)");
    let both = format!("/(?i)^{shop}$/");
    case.home
        .run(&["sync", "a", "folding", "--select", &both, "--yes"])
        .refuses(64, &["would both go into", "--map"]);
    // One lock: whoever holds it under one case, holds it under all.
    let mut holder = block_on(server.place.connect());
    let lock = format!(
        "SELECT GET_LOCK('mae:{:024x}', 0)",
        twox_hash::XxHash3_128::oneshot(shop.as_bytes()) >> 32
    );
    block_on(crate::live::statement(&mut holder, &lock)).unwrap();
    case.home
        .run(&["sync", &from, &to, "--yes"])
        .refuses(4, &["another run is writing"]);
}

fn d09_programs_that_name_tables_in_any_case_are_respelled_for_a_strict_target(case: &Case) {
    let Some(server) = folding(case) else { return };
    let shop = case.database("shop");
    server.place.sql(&format!(
        "CREATE DATABASE {0}; USE {0}; {CAPITALS}
         CREATE FUNCTION F() RETURNS INT READS SQL DATA RETURN (SELECT COUNT(*) FROM {1}.USERS WHERE 'USERS' <> 'users');",
        shop,
        shop.to_uppercase()
    ));
    let (from, to) = (format!("folding/{shop}"), format!("b/{shop}"));
    for _ in ["new", "replaced"] {
        let done = case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
        assert!(
            done.stderr.contains("Orders becomes orders"),
            "{}",
            done.stderr
        );
        case.home.run(&["compare", &from, &to]).expect(0);
    }
    assert_eq!(case.b.one(&format!("SELECT {shop}.F()")), "0");
    works(&case.b, &shop);
}

on_both!(
    d10_whatever_a_server_takes_for_a_name_arrives_and_comes_back,
    d10_a_broken_off_run_of_odd_names_is_resumed,
    d10_a_table_is_chosen_by_its_exact_name,
    d10_f07_a_name_cannot_command_the_terminal,
    d10_random_names_are_read_back,
    d09_capitals_arrive_in_lower_case_where_the_target_folds,
    d09_names_that_the_target_takes_for_one_are_refused_together,
    d09_a_database_is_one_there_whatever_its_case,
    d09_programs_that_name_tables_in_any_case_are_respelled_for_a_strict_target,
);

#[test]
fn d09_triggers_that_mysql_takes_for_one_are_refused() {
    let name = "d09_triggers_that_mysql_takes_for_one_are_refused";
    let (Ok(mariadb), Ok(mysql)) = (
        Place::find(Flavor::MariaDb, "A"),
        Place::find(Flavor::MySql, "B"),
    ) else {
        return skipped(name, Flavor::MySql, "no servers of both flavors");
    };
    let shop = format!("t{}_triggers", std::process::id());
    mariadb.sql(&format!(
        "CREATE DATABASE {shop} COLLATE utf8mb4_general_ci; USE {shop}; CREATE TABLE t (id INT PRIMARY KEY) COLLATE utf8mb4_general_ci;
         CREATE TRIGGER T BEFORE INSERT ON t FOR EACH ROW SET NEW.id = 1; CREATE TRIGGER t BEFORE UPDATE ON t FOR EACH ROW SET NEW.id = 1;"
    ));
    let home = Home::new();
    home.connect("a", &mariadb);
    home.connect("b", &mysql);
    let done = home.run(&["sync", &format!("a/{shop}"), &format!("b/{shop}"), "--yes"]);
    block_on(mariadb.remove(&shop));
    let arrived = block_on(mysql.has(&shop));
    block_on(mysql.remove(&shop));
    done.refuses(4, &["triggers", "differ only by case"]);
    assert!(!arrived);
}
