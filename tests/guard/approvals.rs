//! Approvals: given by a person at a terminal, for one plan, for a time, for one run.

use super::Private;
use crate::live::{Flavor, Home, password};
use crate::screen::Screen;

/// Where a production target is, and how its rows are read and changed.
struct Target<'a> {
    home: &'a Home,
    rows: &'a dyn Fn() -> String,
    alter: &'a dyn Fn(),
}

/// Gives an approval at a terminal.
fn approve(home: &Home, plan: &str, time: &str, typed: &str, says: &str) -> i32 {
    let mut screen = Screen::open(
        home.folder.path(),
        &["approve", plan, "--for", time],
        &[("MAESTRO_TEST_PASSWORD", &password())],
    );
    screen.wait_for("Type the name of the target to go on:");
    let shown = screen.contents();
    assert!(
        shown.contains("fingerprints:") && shown.contains("production"),
        "{shown}"
    );
    // The label is red.
    let bytes = String::from_utf8_lossy(screen.bytes()).into_owned();
    assert!(bytes.contains("\x1b[1;31mproduction"), "{bytes:?}");
    screen.enter(typed);
    screen.wait_for(says);
    screen.exit_code()
}

fn planned(home: &Home) -> (String, String) {
    let done = home.run(&["plan", "src/shop", "live/shop"]).expect(0);
    (
        done.json["number"].to_string(),
        done.json["hash"].as_str().unwrap().to_string(),
    )
}

fn tried(target: &Target<'_>) {
    let home = target.home;
    let (number, hash) = planned(home);
    let refused = ["live is labelled production", "nor an approval of the plan"];
    home.run(&["apply", &number, "--yes"]).refuses(4, &refused);
    home.run(&["approve", &number])
        .refuses(4, &["given at a terminal only"]);
    assert_eq!(
        approve(home, &number, "15m", "yes", "nothing was approved"),
        4
    );
    home.run(&["apply", &number, "--yes"]).refuses(4, &refused);
    assert_eq!((target.rows)(), "old");

    // Another plan is not approved by it, also one of the same words.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let (other, other_hash) = planned(home);
    assert_ne!(hash, other_hash);
    assert_eq!(
        approve(home, &number, "15m", "live", "may be applied to live once"),
        0
    );
    home.run(&["apply", &other, "--yes"]).refuses(4, &refused);
    home.run(&["sync", "src/shop", "live/shop", "--yes"])
        .refuses(4, &["no terminal to ask at"]);
    // Of several that find it, one uses it.
    let script = format!("apply {number}");
    let all: Vec<_> = (0..4).map(|_| home.start(&["-c", &script])).collect();
    let codes: Vec<_> = all.into_iter().map(|one| one.wait().code).collect();
    let done = codes.iter().filter(|code| **code == Some(0)).count();
    assert_eq!(done, 1, "{codes:?}");
    assert_eq!((target.rows)(), "new");
    // It served one run.
    home.run(&["apply", &number, "--yes"]).refuses(4, &refused);

    // Its time ends.
    let (late, _) = planned(home);
    assert_eq!(approve(home, &late, "1s", "live", "may be applied"), 0);
    std::thread::sleep(std::time::Duration::from_millis(2100));
    home.run(&["apply", &late, "--yes"]).refuses(4, &refused);
    home.run(&["approve", &late, "--for", "25h"]).expect(64);

    // What moved is refused in spite of an approval.
    assert_eq!(approve(home, &late, "15m", "live", "may be applied"), 0);
    (target.alter)();
    home.run(&["apply", &late, "--yes"])
        .refuses(4, &["the plan does not fit any more", "column more is new"]);
}

#[test]
fn e10_an_approval_serves_one_run_of_one_plan_on_a_server() {
    for flavor in [Flavor::MariaDb, Flavor::MySql] {
        let Some(server) = Private::start(flavor, &[]) else {
            continue;
        };
        let (Some(source), place) = (Private::start(flavor, &[]), &server.place) else {
            continue;
        };
        let shop = |value: &str| {
            format!(
                "CREATE DATABASE shop; CREATE TABLE shop.t (v VARCHAR(9) PRIMARY KEY); INSERT INTO shop.t VALUES ('{value}')"
            )
        };
        source.place.sql(&shop("new"));
        place.sql(&shop("old"));
        let home = Home::new();
        home.connect("src", &source.place);
        home.add("live", &place.url("dbm"), "--env production")
            .expect(0);
        tried(&Target {
            home: &home,
            rows: &|| place.rows("SELECT * FROM shop.t"),
            alter: &|| drop(place.sql("ALTER TABLE shop.t ADD more INT")),
        });
    }
}

#[test]
fn e10_an_approval_serves_one_run_of_one_plan_in_a_folder() {
    let home = Home::new();
    let folder = home.folder.path();
    let open = |name: &str| rusqlite::Connection::open(folder.join(name).join("shop.db")).unwrap();
    for (name, value) in [("src", "new"), ("live", "old")] {
        std::fs::create_dir(folder.join(name)).unwrap();
        open(name)
            .execute_batch(&format!(
                "CREATE TABLE t (v TEXT PRIMARY KEY); INSERT INTO t VALUES ('{value}')"
            ))
            .unwrap();
        let path = folder.join(name).display().to_string();
        home.run(&["connections", "add", name, &path, "--env", "production"])
            .expect(0);
    }
    tried(&Target {
        home: &home,
        rows: &|| {
            open("live")
                .query_row("SELECT v FROM t", [], |row| row.get(0))
                .unwrap()
        },
        alter: &|| {
            open("live")
                .execute_batch("ALTER TABLE t ADD COLUMN more INT")
                .unwrap();
        },
    });
}

#[test]
fn e10_a_kept_plan_wants_the_typed_name_at_a_terminal() {
    let home = Home::new();
    let folder = home.folder.path();
    for name in ["src", "live"] {
        std::fs::create_dir(folder.join(name)).unwrap();
        let path = folder.join(name).display().to_string();
        home.run(&["connections", "add", name, &path, "--env", "production"])
            .expect(0);
    }
    rusqlite::Connection::open(folder.join("src/shop.db"))
        .unwrap()
        .execute_batch("CREATE TABLE t (v TEXT PRIMARY KEY); INSERT INTO t VALUES ('new')")
        .unwrap();
    let (number, _) = planned(&home);
    for (typed, code) in [("yes", 4), ("YES", 4), ("src", 4), ("", 4), ("live", 0)] {
        let mut screen = Screen::open(folder, &["apply", &number, "--yes"], &[]);
        screen.wait_for("live counts as production (production). Type its name to go on:");
        screen.enter(typed);
        assert_eq!(screen.exit_code(), code, "{typed}");
        assert_eq!(folder.join("live/shop.db").exists(), code == 0, "{typed}");
    }
}
