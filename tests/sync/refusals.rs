//! What is refused before anything changes: exit code 4, every finding with its mend, the target as it was.

use crate::live::{Case, Flavor, Home, Place, Private, on_both};

const SHOP: &str =
    "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t VALUES (1, 'x')";

fn rows(place: &Place, database: &str) -> String {
    place.rows(&format!("SELECT * FROM {database}.t"))
}

fn e09_source_is_target_however_it_is_spelled(case: &Case) {
    let shop = case.source("shop", SHOP);
    let (port, socket) = (case.a.port, case.a.socket.display());
    case.home
        .add(
            "host",
            &format!("mysql://dbm@localhost:{port}"),
            "--env development",
        )
        .expect(0);
    case.home
        .add(
            "socket",
            &format!("mysql://dbm@localhost?socket={socket}"),
            "--env development",
        )
        .expect(0);
    case.home.add(
        "root",
        &format!("mysql://root@127.0.0.1:{port}"),
        "--env development --store none",
    );
    for alias in ["a", "host", "socket"] {
        let (from, to) = (format!("a/{shop}"), format!("{alias}/{shop}"));
        case.home
            .run(&["sync", &from, &to, "--yes"])
            .refuses(4, &["would be copied onto itself", "--map"]);
    }
    // Another account has other rights, and is the same server.
    let account = format!("own_{shop}");
    case.a.sql(&format!(
        "CREATE USER {account} IDENTIFIED BY 'dbm'; GRANT ALL ON *.* TO {account}"
    ));
    let url = format!("mysql://{account}@127.0.0.1:{port}");
    let added = case.home.add("other", &url, "--env development");
    let done = case.home.run(&[
        "sync",
        &format!("a/{shop}"),
        &format!("other/{shop}"),
        "--yes",
    ]);
    case.a.sql(&format!("DROP USER {account}"));
    added.expect(0);
    done.refuses(4, &["would be copied onto itself"]);
    assert_eq!(rows(&case.a, &shop), "1 x");
}

fn system_databases_are_neither_read_nor_written(case: &Case) {
    let shop = case.source("shop", SHOP);
    for system in ["mysql", "information_schema", "sys", "_maestro"] {
        let (from, to) = (format!("a/{system}"), format!("b/{shop}"));
        case.home
            .run(&["sync", &from, &to, "--yes"])
            .refuses(4, &["belongs to the server itself"]);
        let (from, to) = (format!("a/{shop}"), format!("b/{system}"));
        case.home
            .run(&["sync", &from, &to, "--yes"])
            .refuses(4, &["belongs to the server itself"]);
    }
    assert!(!case.has(&shop));
}

fn c08_missing_privileges_are_named_all_at_once_with_their_grants(case: &Case) {
    let shop = case.source("shop", SHOP);
    case.fill(
        &case.b,
        &shop,
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t VALUES (9, 'old')",
    );
    let home = Home::new();
    home.connect("a", &case.a);
    for (name, user) in [("reader", "ro"), ("nobody", "none")] {
        let mut command = home.command();
        let url = case.b.url(user);
        command.args([
            "connections",
            "add",
            name,
            &url,
            "--env",
            "development",
            "--no-test",
        ]);
        command.args(["--store", "env", "--password-env", "OTHER_PASSWORD"]);
        assert!(command.output().unwrap().status.success());
    }
    let sync = |name: &str, password: &str| {
        let mut command = home.command();
        command.env("OTHER_PASSWORD", password);
        command.args([
            "sync",
            &format!("a/{shop}"),
            &format!("{name}/{shop}"),
            "--yes",
        ]);
        crate::live::Done::of(command.output().unwrap())
    };
    let pattern = shop.replace('_', "\\_");
    sync("reader", "ro").refuses(
        4,
        &[
            &format!("`ro`@`%` may not INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, CREATE VIEW, CREATE ROUTINE, ALTER ROUTINE on {shop}"),
            &format!("GRANT INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, CREATE VIEW, CREATE ROUTINE, ALTER ROUTINE ON `{pattern}`.* TO `ro`@`%`;"),
            "ON `\\_maestro%`.* TO `ro`@`%`;",
        ],
    );
    sync("nobody", "none").refuses(
        4,
        &[
            "`none`@`%` may not SELECT, INSERT",
            &format!("ON `{pattern}`.* TO `none`@`%`;"),
        ],
    );
    assert_eq!(rows(&case.b, &shop), "9 old");
    assert_eq!(case.left_of(&shop), Vec::<String>::new());
}

fn a_production_or_unknown_target_needs_its_name_typed(case: &Case) {
    let shop = case.source("shop", SHOP);
    for label in ["--env production", ""] {
        case.home.run(&["connections", "remove", "target", "--yes"]);
        case.home.add("target", &case.b.url("dbm"), label).expect(0);
        let (from, to) = (format!("a/{shop}"), format!("target/{shop}"));
        case.home.run(&["sync", &from, &to, "--yes"]).refuses(
            4,
            &["there is no terminal to ask at", "connections label target"],
        );
        assert!(!case.has(&shop));
        case.home.run(&["connections", "del", "target", "--yes"]);
    }
}

fn without_a_terminal_and_without_yes_nothing_happens(case: &Case) {
    let shop = case.source("shop", SHOP);
    let (from, to) = (format!("a/{shop}"), format!("b/{shop}"));
    case.home
        .run(&["sync", &from, &to])
        .refuses(4, &["there is no terminal to ask at", "--yes answers it"]);
    assert!(!case.has(&shop));
    let runs = case.home.run(&["history"]).expect(0);
    assert_eq!(runs.json["runs"][0]["status"], "refused");
}

fn a_file_is_not_synced_to_a_server(case: &Case) {
    let shop = case.source("shop", SHOP);
    let file = case.home.folder.path().join("app.db");
    rusqlite::Connection::open(&file)
        .unwrap()
        .execute_batch("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        .unwrap();
    let (from, to) = (file.display().to_string(), format!("b/{shop}"));
    let name = if case.flavor == Flavor::MariaDb {
        "MariaDB"
    } else {
        "MySQL"
    };
    case.home
        .run(&["sync", &from, &to, "--yes"])
        .refuses(4, &[&format!("SQLite cannot be synced to {name}")]);
    assert!(!case.has(&shop));
}

fn a_row_above_the_packet_limit_is_refused(case: &Case) {
    // Only this server has the small limit.
    let Some(small) = Private::start(case.flavor, &["--max-allowed-packet=1M"]) else {
        return;
    };
    let shop = case.source("shop", SHOP);
    case.a.sql(&format!(
        "CREATE TABLE {shop}.wide (id INT PRIMARY KEY, v LONGBLOB); INSERT INTO {shop}.wide VALUES (1, REPEAT('x', 1500000))"
    ));
    small.place.sql(&format!("CREATE DATABASE {shop}; CREATE TABLE {shop}.t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO {shop}.t VALUES (9, 'old')"));
    case.home.connect("small", &small.place);
    let (from, to) = (format!("a/{shop}"), format!("small/{shop}"));
    case.home.run(&["sync", &from, &to, "--yes"]).refuses(
        4,
        &[
            "a row of wide",
            "max_allowed_packet of 1.0 MiB",
            "SET GLOBAL max_allowed_packet = 2097152;",
        ],
    );
    assert_eq!(rows(&small.place, &shop), "9 old");
    assert_eq!(
        crate::live::block_on(small.place.left_of(&shop)),
        Vec::<String>::new()
    );
    // What fits is split to the limit.
    case.a.sql(&format!("DELETE FROM {shop}.wide; INSERT INTO {shop}.wide VALUES (1, REPEAT('x', 900000)), (2, REPEAT('y', 900000))"));
    case.home.run(&["sync", &from, &to, "--yes"]).expect(0);
    assert_eq!(
        small
            .place
            .one(&format!("SELECT SUM(LENGTH(v)) FROM {shop}.wide")),
        "1800000"
    );
}

fn c08_routines_that_the_source_may_hide_stay_on_the_target(case: &Case) {
    let with_function = "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); \
                         CREATE FUNCTION f() RETURNS INT DETERMINISTIC NO SQL RETURN 1";
    let shop = case.source("shop", with_function);
    case.fill(&case.b, &shop, with_function);
    let user = format!("u{}", &shop[..shop.len().min(20)]);
    case.a.sql(&format!(
        "CREATE USER '{user}'@'%' IDENTIFIED BY 'dbm'; \
         GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `{shop}`.* TO '{user}'@'%'"
    ));
    case.home
        .add("seen", &case.a.url(&user), "--env development")
        .expect(0);
    let done = case.home.run(&[
        "sync",
        &format!("seen/{shop}"),
        &format!("b/{shop}"),
        "--yes",
    ]);
    case.a.sql(&format!("DROP USER '{user}'@'%'"));
    let done = done.expect(0);
    assert!(
        done.stderr.contains("may hide a function"),
        "{}",
        done.stderr
    );
    assert_eq!(case.b.one(&format!("SELECT {shop}.f()")), "1");
}

fn a_mistyped_table_is_not_taken_for_spared(case: &Case) {
    let shop = case.source("shop", SHOP);
    case.fill(
        &case.b,
        &shop,
        "CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (9)",
    );
    for flag in ["--exclude", "--no-data"] {
        case.sync(&shop, &[flag, "tt"])
            .refuses(64, &["no table matches tt", "did you mean t?"]);
    }
    assert_eq!(rows(&case.b, &shop), "9");
}

on_both!(
    c08_routines_that_the_source_may_hide_stay_on_the_target,
    a_mistyped_table_is_not_taken_for_spared,
    e09_source_is_target_however_it_is_spelled,
    system_databases_are_neither_read_nor_written,
    c08_missing_privileges_are_named_all_at_once_with_their_grants,
    a_production_or_unknown_target_needs_its_name_typed,
    without_a_terminal_and_without_yes_nothing_happens,
    a_file_is_not_synced_to_a_server,
    a_row_above_the_packet_limit_is_refused,
);
