//! Rights and settings: each that is missing is named with what mends it, all at once, and nothing changes before (C08,
//! C12); what the source may hide is never taken for removed.

use crate::fidelity::Dump;
use crate::live::{Case, Flavor, Place, Private, block_on, on_both};

const SHOP: &str = "
CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t VALUES (1, 'x');
CREATE TABLE u (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO u VALUES (2, 'y');
CREATE TABLE hidden (id INT PRIMARY KEY); INSERT INTO hidden VALUES (3);
CREATE VIEW w AS SELECT id FROM t; CREATE VIEW veiled AS SELECT id FROM hidden;
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.id = NEW.id;
CREATE TRIGGER veil BEFORE INSERT ON hidden FOR EACH ROW SET NEW.id = NEW.id;
CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM t;";

/// An account of the source with these grants, saved as the connection `reader`; it goes with the value.
struct Reader<'a> {
    place: &'a Place,
    name: String,
    role: String,
}

impl<'a> Reader<'a> {
    fn with(case: &'a Case, database: &str, grants: &[&str]) -> Reader<'a> {
        let tag: String = database.chars().filter(|c| *c != '_').take(22).collect();
        let reader = Reader {
            place: &case.a,
            name: format!("r{tag}"),
            role: format!("o{tag}"),
        };
        reader.grant(database, grants);
        case.home
            .add("reader", &case.a.url(&reader.name), "--env development")
            .expect(0);
        reader
    }

    fn user(&self) -> String {
        format!("'{}'@'%'", self.name)
    }

    /// `{db}`, `{user}` and `{role}` in grants stand for those of the test.
    fn grant(&self, database: &str, grants: &[&str]) {
        let made = format!(
            "CREATE USER IF NOT EXISTS {} IDENTIFIED BY 'dbm'",
            self.user()
        );
        for sql in [made.as_str()].iter().chain(grants) {
            let sql = sql
                .replace("{db}", &format!("`{}`", database.replace('_', "\\_")))
                .replace("{exact}", &format!("`{database}`"))
                .replace("{user}", &self.user())
                .replace("{role}", &self.role);
            self.place.sql(&sql);
        }
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let user = format!("DROP USER IF EXISTS {}", self.user());
        let _ = block_on(self.place.asked(&user));
        let _ = block_on(
            self.place
                .asked(&format!("DROP ROLE IF EXISTS {}", self.role)),
        );
    }
}

fn objects(place: &Place, database: &str) -> String {
    place.rows(&format!(
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{database}'
         UNION ALL SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '{database}'
         UNION ALL SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = '{database}' ORDER BY 1"
    ))
}

const ALL: &str = "e, hidden, t, tr, u, veil, veiled, w";

fn c08_what_the_source_hides_stays_on_the_target(case: &Case) {
    let shop = case.source("shop", SHOP);
    case.fill(&case.b, &shop, SHOP);
    case.b.sql(&format!(
        "UPDATE {shop}.t SET v = 'old'; UPDATE {shop}.hidden SET id = 33"
    ));
    let grants = [
        "GRANT EVENT ON {db}.* TO {user}",
        "GRANT SELECT, TRIGGER ON {exact}.t TO {user}",
        "GRANT SELECT, TRIGGER ON {exact}.u TO {user}",
        "GRANT SELECT, SHOW VIEW ON {exact}.w TO {user}",
    ];
    let reader = Reader::with(case, &shop, &grants);
    let (from, to) = (format!("reader/{shop}"), format!("b/{shop}"));
    let sync = || {
        case.home
            .run(&["sync", &from, &to, "--yes", "--allow-vanish", "100%"])
    };
    let done = sync().expect(0);
    assert!(
        done.stderr.contains("may hide a table, view"),
        "{}",
        done.stderr
    );
    assert!(
        done.stderr.contains(&format!(
            "GRANT SELECT ON `{}`.* TO",
            shop.replace('_', "\\_")
        )),
        "{}",
        done.stderr
    );
    assert_eq!(objects(&case.b, &shop), ALL);
    assert_eq!(
        case.b.rows(&format!(
            "SELECT v FROM {shop}.t UNION ALL SELECT id FROM {shop}.hidden"
        )),
        "x, 33"
    );
    // What it sees and may not read is named, all of it at once.
    reader.grant(
        &shop,
        &[
            "REVOKE TRIGGER ON {exact}.u FROM {user}",
            "REVOKE SHOW VIEW ON {exact}.w FROM {user}",
            "GRANT SELECT (id), INSERT ON {exact}.hidden TO {user}",
            "REVOKE EVENT ON {db}.* FROM {user}",
        ],
    );
    let user = format!("`{}`@`%`", reader.name);
    sync().refuses(
        4,
        &[
            &format!("GRANT EVENT ON `{}`.* TO {user};", shop.replace('_', "\\_")),
            &format!("GRANT TRIGGER ON `{shop}`.`u` TO {user};"),
            &format!("GRANT SHOW VIEW ON `{shop}`.`w` TO {user};"),
            &format!("GRANT SELECT, TRIGGER ON `{shop}`.`hidden` TO {user};"),
        ],
    );
    assert_eq!(objects(&case.b, &shop), ALL);
    // The statements are the mend.
    reader.grant(
        &shop,
        &[
            "GRANT EVENT ON {db}.* TO {user}",
            "GRANT TRIGGER ON {exact}.u TO {user}",
            "GRANT SHOW VIEW ON {exact}.w TO {user}",
            "GRANT SELECT, TRIGGER ON {exact}.hidden TO {user}",
        ],
    );
    sync().expect(0);
    assert_eq!(case.b.one(&format!("SELECT id FROM {shop}.hidden")), "3");
    assert_eq!(objects(&case.b, &shop), ALL);
}

/// Each of these rights hides something when it is missing, and nothing says so: so each is asked for.
fn c08_rights_that_hide_silently_are_asked_for(case: &Case) {
    let shop = case.source("shop", SHOP);
    case.fill(&case.b, &shop, SHOP);
    let reader = Reader::with(case, &shop, &["GRANT SELECT ON {db}.* TO {user}"]);
    let (from, to) = (format!("reader/{shop}"), format!("b/{shop}"));
    for missing in ["SHOW VIEW", "TRIGGER", "EVENT"] {
        reader.grant(
            &shop,
            &[
                "GRANT SHOW VIEW, TRIGGER, EVENT ON {db}.* TO {user}",
                &format!("REVOKE {missing} ON {{db}}.* FROM {{user}}"),
            ],
        );
        let pattern = shop.replace('_', "\\_");
        case.home.run(&["sync", &from, &to, "--yes"]).refuses(
            4,
            &[
                &format!("may not {missing} on {shop}"),
                &format!("GRANT {missing} ON `{pattern}`.* TO `{}`@`%`;", reader.name),
            ],
        );
        assert_eq!(objects(&case.b, &shop), ALL);
    }
    reader.grant(
        &shop,
        &["GRANT SHOW VIEW, TRIGGER, EVENT ON {db}.* TO {user}"],
    );
    case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
    assert_eq!(objects(&case.b, &shop), ALL);
}

fn c08_the_rights_of_an_active_role_count(case: &Case) {
    let shop = case.source("shop", SHOP);
    let default = match case.flavor {
        Flavor::MariaDb => "SET DEFAULT ROLE {role} FOR {user}",
        Flavor::MySql => "SET DEFAULT ROLE {role} TO {user}",
    };
    let _reader = Reader::with(
        case,
        &shop,
        &[
            "CREATE ROLE IF NOT EXISTS {role}",
            "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON {db}.* TO {role}",
            "GRANT {role} TO {user}",
            default,
        ],
    );
    let (from, to) = (format!("reader/{shop}"), format!("b/{shop}"));
    case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
    assert_eq!(objects(&case.b, &shop), ALL);
}

fn c08_a_backup_does_not_leave_out_what_it_may_not_read(case: &Case) {
    let shop = case.source("shop", SHOP);
    let _reader = Reader::with(
        case,
        &shop,
        &[
            "GRANT EVENT ON {db}.* TO {user}",
            "GRANT SELECT, TRIGGER ON {exact}.t TO {user}",
            "GRANT INSERT ON {exact}.u TO {user}",
        ],
    );
    case.home
        .run(&["backup", "create", &format!("reader/{shop}")])
        .refuses(4, &[&format!("ON `{shop}`.`u` TO")]);
}

/// Starts a target of the test's own, with a table that must stay as it is.
fn target(case: &Case, shop: &str, options: &[&str]) -> Option<Private> {
    let server = Private::start(case.flavor, options)?;
    server.place.sql(&format!(
        "CREATE DATABASE {shop}; CREATE TABLE {shop}.t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO {shop}.t VALUES (9, 'old')"
    ));
    case.home.connect("own", &server.place);
    Some(server)
}

#[track_caller]
fn refused(case: &Case, server: &Private, shop: &str, told: &[&str]) {
    let (from, to) = (format!("a/{shop}"), format!("own/{shop}"));
    case.home
        .run(&["sync", &from, &to, "--yes"])
        .refuses(4, told);
    assert_eq!(
        server.place.rows(&format!("SELECT * FROM {shop}.t")),
        "9 old"
    );
    assert_eq!(server.place.rows(&format!("SHOW TABLES FROM {shop}")), "t");
    assert_eq!(block_on(server.place.left_of(shop)), Vec::<String>::new());
}

fn c12_a_row_above_the_limit_of_the_target_is_refused_by_name(case: &Case) {
    let Some(large) = Private::start(case.flavor, &["--max-allowed-packet=64M"]) else {
        return;
    };
    let shop = case.database("shop");
    let Some(server) = target(case, &shop, &["--max-allowed-packet=4M"]) else {
        return;
    };
    large.place.sql(&format!(
        "CREATE DATABASE {shop}; CREATE TABLE {shop}.`wi``de` (id INT PRIMARY KEY, v LONGBLOB);
         INSERT INTO {shop}.`wi``de` VALUES (1, 'x'), (2, REPEAT('x', 16 << 20)), (3, 'y')"
    ));
    case.home.connect("large", &large.place);
    let (from, to) = (format!("large/{shop}"), format!("own/{shop}"));
    case.home
        .run(&["sync", &from, &to, "--yes", "--allow-vanish", "100%"])
        .refuses(
            4,
            &[
                "a row of wi`de",
                "max_allowed_packet of 4.0 MiB",
                "SET GLOBAL max_allowed_packet = 33554432;",
            ],
        );
    assert_eq!(
        server.place.rows(&format!("SELECT * FROM {shop}.t")),
        "9 old"
    );
    assert_eq!(block_on(server.place.left_of(&shop)), Vec::<String>::new());
    server.place.sql("SET GLOBAL max_allowed_packet = 33554432");
    case.home
        .run(&["sync", &from, &to, "--yes", "--allow-vanish", "100%"])
        .expect(0);
    let digest = format!("SELECT SHA2(v, 256) FROM {shop}.`wi``de` WHERE id = 2");
    assert_eq!(server.place.one(&digest), large.place.one(&digest));
}

fn c12_a_small_cache_of_the_binary_log_is_refused_by_name(case: &Case) {
    let shop = case.source("shop", SHOP);
    let options = [
        "--binlog-cache-size=4096",
        "--max-binlog-cache-size=65536",
        "--log-bin=binlog",
    ];
    let Some(server) = target(case, &shop, &options) else {
        return;
    };
    let rows: Vec<String> = (0..100)
        .map(|id| format!("({id}, REPEAT('x', 5000))"))
        .collect();
    case.a.sql(&format!(
        "CREATE TABLE {shop}.wide (id INT PRIMARY KEY, v TEXT); INSERT INTO {shop}.wide VALUES {}",
        rows.join(", ")
    ));
    refused(
        case,
        &server,
        &shop,
        &[
            "wide",
            "max_binlog_cache_size",
            "SET GLOBAL max_binlog_cache_size =",
        ],
    );
}

fn c12_settings_of_the_target_that_would_change_tables_are_findings(case: &Case) {
    let shop = case.source("shop", SHOP);
    case.a.sql(&format!(
        "CREATE TABLE {shop}.keyless (id INT); CREATE TABLE {shop}.aside (id INT PRIMARY KEY) ENGINE = MyISAM;"
    ));
    let (options, told): (&[&str], &[&str]) = match case.flavor {
        Flavor::MariaDb => (
            &[
                "--innodb-force-primary-key=ON",
                "--enforce-storage-engine=InnoDB",
            ],
            &[
                "innodb_force_primary_key = OFF",
                "table aside is of the engine MyISAM",
            ],
        ),
        Flavor::MySql => (
            &[
                "--sql-require-primary-key=ON",
                "--disabled-storage-engines=MyISAM,FEDERATED",
            ],
            &[
                "sql_require_primary_key = OFF",
                "table aside is of the engine MyISAM",
            ],
        ),
    };
    let Some(server) = target(case, &shop, options) else {
        return;
    };
    let mut all = told.to_vec();
    all.extend([
        "table keyless has no primary key",
        "--exclude keyless",
        "ENGINE = InnoDB",
    ]);
    refused(case, &server, &shop, &all);
    let (from, to) = (format!("a/{shop}"), format!("own/{shop}"));
    case.home
        .run(&[
            "sync",
            &from,
            &to,
            "--exclude",
            "keyless",
            "--exclude",
            "aside",
            "--yes",
        ])
        .expect(0);
    if case.flavor == Flavor::MySql {
        server.place.sql("SET GLOBAL sql_require_primary_key = OFF; SET GLOBAL sql_generate_invisible_primary_key = ON");
        case.home
            .run(&["sync", &from, &to, "--table", "keyless", "--yes"])
            .refuses(4, &["sql_generate_invisible_primary_key = OFF"]);
    }
}

fn c12_a_target_that_may_not_be_written_is_refused(case: &Case) {
    let shop = case.source("shop", SHOP);
    let Some(server) = target(case, &shop, &[]) else {
        return;
    };
    server.place.sql("SET GLOBAL read_only = 1");
    refused(
        case,
        &server,
        &shop,
        &["the target is read-only", "SET GLOBAL read_only = 0"],
    );
    if case.flavor == Flavor::MySql {
        server.place.sql("SET GLOBAL super_read_only = 1");
        refused(
            case,
            &server,
            &shop,
            &["the target is read-only", "SET GLOBAL super_read_only = 0"],
        );
    }
}

/// Tables whose statements mean something else under other settings.
const TELLING: &str = r#"
CREATE TABLE stamps (id INT PRIMARY KEY, a TIMESTAMP NOT NULL, b TIMESTAMP NULL, c TIMESTAMP NOT NULL DEFAULT '2001-02-03 04:05:06' ON UPDATE CURRENT_TIMESTAMP);
CREATE TABLE zero (id INT PRIMARY KEY AUTO_INCREMENT, d DATE, s VARCHAR(20) COLLATE latin1_swedish_ci) ROW_FORMAT = DYNAMIC;
SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
INSERT INTO stamps VALUES (1, '2020-03-29 01:30:00', NULL, '2020-10-25 00:30:00');
INSERT INTO zero VALUES (0, '0000-00-00', 'a\\b"c'), (1, '2024-02-30', '');
SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES';
CREATE TABLE "child" (id INT, FOREIGN KEY (id) REFERENCES "zero" (id)) COMMENT 'back\slash "';
INSERT INTO child VALUES (1), (1), (0);
SET SESSION sql_mode = DEFAULT;
CREATE TABLE utf (a CHAR(3) CHARACTER SET utf8mb3, b VARCHAR(3) CHARACTER SET utf8mb4) CHARACTER SET utf8mb3;
INSERT INTO utf VALUES ('äöü', '😀');
SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES';
CREATE PROCEDURE quoted() SELECT "id" || 'a\' FROM "zero""#;

/// Whatever a server and its sessions are set to, the copy is the same.
fn c12_settings_of_both_sides_leave_no_trace_in_the_copy(case: &Case) {
    let mut options = vec![
        "--transaction-isolation=READ-UNCOMMITTED",
        "--transaction-read-only=ON",
        "--autocommit=OFF",
        "--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,NO_ZERO_DATE,NO_ZERO_IN_DATE,STRICT_ALL_TABLES",
        "--default-time-zone=+05:30",
        "--character-set-server=latin1",
        "--innodb-default-row-format=compact",
        "--innodb-strict-mode=OFF",
        "--completion-type=CHAIN",
        "--lock-wait-timeout=1",
        "--wait-timeout=2",
        "--init-connect=SET SESSION sql_select_limit = 1, sql_safe_updates = 1, foreign_key_checks = 1, time_zone = '-07:00', sql_mode = ''",
    ];
    match case.flavor {
        Flavor::MariaDb => options.extend([
            "--explicit-defaults-for-timestamp=OFF",
            "--old-mode=",
            "--idle-transaction-timeout=1",
            "--max-statement-time=0.5",
        ]),
        Flavor::MySql => options.extend([
            "--explicit-defaults-for-timestamp=OFF",
            "--max-execution-time=500",
        ]),
    }
    let Some(odd) = Private::start(case.flavor, &options) else {
        return;
    };
    // The account has no right to pass by what every session is given.
    let definers = match case.flavor {
        Flavor::MariaDb => "SET USER ON *.* TO plain; GRANT SELECT ON mysql.proc",
        Flavor::MySql => {
            "SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER, SYSTEM_USER, SHOW_ROUTINE ON *.*"
        }
    };
    odd.place.sql(&format!(
        "COMMIT; SET SESSION TRANSACTION READ WRITE; CREATE USER plain IDENTIFIED BY 'dbm';
         GRANT ALL ON `t%`.* TO plain; GRANT ALL ON `\\_maestro%`.* TO plain; GRANT {definers} TO plain; COMMIT"
    ));
    case.home
        .add("odd", &odd.place.url("plain"), "--env development")
        .expect(0);
    let shop = case.source("shop", TELLING);
    let expected = Dump::of(&case.a, std::slice::from_ref(&shop));
    let there = (format!("a/{shop}"), format!("odd/{shop}"));
    let back = (format!("odd/{shop}"), format!("b/{shop}"));
    for (from, to) in [&there, &there, &back, &back] {
        let done = case.home.run(&["sync", from, to, "--yes"]);
        assert!(
            matches!(done.code, Some(0)),
            "{from} {to}: {}\n{}",
            done.stdout,
            done.stderr
        );
    }
    let found = Dump::of(&case.b, std::slice::from_ref(&shop));
    expected.agrees(&found, "after all settings");
}

/// What a statement of the source would make otherwise is an error with the table's name.
fn d11_a_key_that_the_target_would_shorten_is_refused(case: &Case) {
    if case.flavor == Flavor::MySql {
        return crate::live::skipped(
            "d11_a_key_that_the_target_would_shorten_is_refused",
            case.flavor,
            "it has one page size for such tables",
        );
    }
    let shop = case.source("shop", SHOP);
    case.a.sql(&format!(
        "CREATE TABLE {shop}.`lo``ng` (id INT PRIMARY KEY, v VARCHAR(700) CHARACTER SET utf8mb4, KEY (v)) ROW_FORMAT = DYNAMIC"
    ));
    let Some(server) = target(
        case,
        &shop,
        &["--innodb-page-size=4k", "--innodb-log-file-size=64M"],
    ) else {
        return;
    };
    refused(case, &server, &shop, &["lo`ng"]);
}

on_both!(
    c08_what_the_source_hides_stays_on_the_target,
    c08_rights_that_hide_silently_are_asked_for,
    c08_the_rights_of_an_active_role_count,
    c08_a_backup_does_not_leave_out_what_it_may_not_read,
    c12_a_row_above_the_limit_of_the_target_is_refused_by_name,
    c12_a_small_cache_of_the_binary_log_is_refused_by_name,
    c12_settings_of_the_target_that_would_change_tables_are_findings,
    c12_a_target_that_may_not_be_written_is_refused,
    c12_settings_of_both_sides_leave_no_trace_in_the_copy,
    d11_a_key_that_the_target_would_shorten_is_refused,
);
