//! E10: every way that could copy the test data over production, and none that does.
//!
//! Each target is production under another spelling; each route is another way to give the order. Every attempt
//! must end without success and without a single write.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Private;
use crate::live::{Home, password};

/// Flags that go on past every brake.
const ALL: &str = "--reverse --allow-empty --allow-vanish 100% --allow-replica --allow-newer";

/// The way that no brake stops, so that only the guard is left.
const BARE: usize = 6;

/// What is typed, in the order in which it is sent.
enum Way {
    /// Arguments of the process.
    Arguments(String),
    /// A script with -c.
    Script(String),
    /// Lines on stdin.
    Piped(String),
    /// Arguments, with stdin closed.
    Closed(String),
    /// A plan that is written to a file, then applied; between them, an edit of the file.
    Plan(String, Edit),
}

enum Edit {
    Nothing,
    /// Another hash and another content.
    Altered,
}

/// Every route from a source to a target.
fn ways(from: &str, to: &str) -> Vec<Way> {
    let sync = |flags: &str| format!("sync {from} {to} {flags}");
    vec![
        Way::Arguments(sync("--yes")),
        Way::Arguments(sync("")),
        Way::Arguments(sync("--yes --force")),
        Way::Arguments(sync("-y -f")),
        Way::Arguments(sync("--yes --yes-really")),
        Way::Arguments(sync("--yes --env development")),
        Way::Arguments(sync(&format!("--yes {ALL}"))),
        Way::Arguments(sync(&format!("--yes --schema {ALL}"))),
        Way::Arguments(sync(&format!("--yes --data {ALL}"))),
        Way::Arguments(sync(&format!("--yes --keep-extra --verify none {ALL}"))),
        Way::Arguments(sync(&format!("--yes --no-data * {ALL}"))),
        Way::Arguments(sync(&format!("--yes --table t {ALL}"))),
        Way::Script(sync("--yes")),
        Way::Script(format!("use {from} {to}; sync --yes")),
        Way::Script(format!("use {to} {from}; swap; sync --yes {ALL}")),
        Way::Script(format!("{}; YES; production; y", sync(ALL))),
        Way::Script(format!(
            "connections label production development; {}",
            sync(&format!("--yes {ALL}"))
        )),
        Way::Piped(format!("{}\nYES\nproduction\ny\n", sync(ALL))),
        Way::Piped(format!("{}\n", sync(&format!("--yes {ALL}")))),
        Way::Piped("yes\n".repeat(50)),
        Way::Closed(sync("--yes")),
        Way::Closed(sync(&format!("--yes {ALL}"))),
        Way::Plan(format!("{from} {to}"), Edit::Nothing),
        Way::Plan(format!("{from} {to} {ALL}"), Edit::Nothing),
        Way::Plan(format!("{from} {to} {ALL}"), Edit::Altered),
    ]
}

/// Tries one way; true when the program claims success.
fn try_it(home: &Home, way: &Way, variables: &[(&str, &str)]) -> (bool, String) {
    let folder = home.folder.path();
    let command = || {
        let mut command = home.command();
        command.current_dir(folder).envs(variables.iter().copied());
        command
    };
    let run = |mut command: Command, input: Option<&str>| {
        if input.is_some() {
            command.stdin(Stdio::piped());
        }
        let mut child = command.spawn().unwrap();
        if let Some(input) = input {
            // The program may have refused before it reads.
            let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        }
        let done = child.wait_with_output().unwrap();
        let told = format!(
            "{}{}",
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        );
        (done.status.code(), told)
    };
    let succeeded = |(code, told): (Option<i32>, String)| (code == Some(0), told);
    match way {
        Way::Arguments(words) => {
            let mut command = command();
            command.args(words.split_whitespace());
            succeeded(run(command, None))
        }
        Way::Script(script) => {
            let mut command = command();
            command.args(["-c", script]);
            succeeded(run(command, None))
        }
        Way::Piped(lines) => succeeded(run(command(), Some(lines))),
        Way::Closed(words) => {
            let mut shell = Command::new("sh");
            shell.current_dir(folder).envs(variables.iter().copied());
            shell.env("MAESTRO_TEST_PASSWORD", password());
            shell.stdout(Stdio::piped()).stderr(Stdio::piped());
            let program = env!("CARGO_BIN_EXE_maestro");
            let store = folder.join("m");
            shell.args(["-c", r#"exec "$0" --home "$1" $2 <&-"#, program]);
            shell.arg(store).arg(words);
            succeeded(run(shell, None))
        }
        Way::Plan(words, edit) => {
            let file = folder.join("plan.json");
            let _ = std::fs::remove_file(&file);
            let mut planning = command();
            planning.arg("plan").args(words.split_whitespace());
            planning.args(["--out", "plan.json"]);
            let (_, told) = run(planning, None);
            if !file.exists() {
                return (false, told);
            }
            if let Edit::Altered = edit {
                let text = std::fs::read_to_string(&file).unwrap();
                std::fs::write(&file, text.replace("\"jobs\": null", "\"jobs\": 1")).unwrap();
            }
            let mut applying = command();
            applying.args(["apply", "./plan.json", "--yes"]);
            let (code, more) = run(applying, None);
            let mut last = command();
            last.args(["-c", "apply last --yes; approve last --for 1h"]);
            let (other, _) = run(last, None);
            (code == Some(0) || other == Some(0), told + &more)
        }
    }
}

/// Runs every way to every target and proves after each that nothing was written.
fn attempt(home: &Home, from: &str, targets: &[String], picture: &dyn Fn() -> String) -> usize {
    let before = picture();
    let mut tried = 0;
    for to in targets {
        for (at, way) in ways(from, to).iter().enumerate() {
            let (success, told) = try_it(home, way, &[]);
            // A piped "yes" is a command that is not known; equal structures leave nothing to do for --schema.
            let idle = told.contains("\"databases\":[]");
            assert!(!success || idle, "way {at} to {to} succeeded:\n{told}");
            if at == BARE {
                assert!(told.contains("no terminal to ask at"), "{to}:\n{told}");
            }
            assert_eq!(picture(), before, "way {at} to {to} wrote:\n{told}");
            tried += 1;
        }
    }
    tried
}

#[test]
fn e10_no_route_to_a_production_server_writes_without_its_typed_name() {
    let (Some(production), Some(test)) = (Private::primary("11"), Private::primary("12")) else {
        return;
    };
    let rows = |name: &str| {
        format!(
            "CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(9));
             INSERT INTO shop.t (v) VALUES ('{name}'), ('{name}');"
        )
    };
    production.place.sql(&rows("real"));
    production.place.sql(
        "CREATE USER open@'%'; GRANT ALL ON *.* TO open@'%'; CREATE USER other@'%' IDENTIFIED BY 'dbm';
         GRANT ALL ON *.* TO other@'%'",
    );
    let home = Home::new();
    let port = production.place.port;
    home.add(
        "production",
        &production.place.url("dbm"),
        "--env production",
    )
    .expect(0);
    home.connect("test", &test.place);
    home.run(&["sync", "production/shop", "test/shop", "--yes"])
        .expect(0);
    // Whoever labels a server says it to everybody.
    home.run(&["connections", "label", "production", "production"])
        .expect(0);
    test.place.sql("UPDATE shop.t SET v = 'test'");
    for (name, label) in [
        ("alias", ""),
        ("liar", "--env development"),
        ("stage", "--env staging"),
    ] {
        home.add(name, &production.place.url("other"), label)
            .expect(0);
    }
    let socket = production.place.socket.display();
    home.add(
        "socket",
        &format!("mysql://dbm@localhost?socket={socket}"),
        "--env testing",
    )
    .expect(0);
    let targets = [
        "production/shop".to_string(),
        "alias/shop".into(),
        "liar/shop".into(),
        "stage/shop".into(),
        "socket/shop".into(),
        format!("mysql://open@127.0.0.1:{port}/shop"),
        format!("mysql://open@localhost:{port}/shop"),
        format!("mariadb://root@127.0.0.1:{port}/shop"),
        format!("mysql://root@localhost/shop?socket={socket}"),
    ];
    let tried = attempt(&home, "test/shop", &targets, &|| production.picture());
    assert!(tried >= 200, "{tried}");

    // E09: the same database under another address, whatever is allowed.
    for alias in &targets[1..] {
        for flags in ["", ALL] {
            let words = format!("sync production/shop {alias} --yes {flags}");
            let before = production.picture();
            let done = home.run(&words.split_whitespace().collect::<Vec<_>>());
            done.refuses(4, &["would be copied onto itself"]);
            assert_eq!(production.picture(), before, "{words}");
        }
    }
    // Another laptop, which knows nothing, is told by the server.
    let laptop = Home::new();
    laptop.connect("a", &test.place);
    laptop.connect("b", &production.place);
    let before = production.picture();
    laptop
        .run(&["sync", "a/shop", "b/shop", "--yes", "--reverse"])
        .refuses(4, &["b is labelled production"]);
    // So it is told the direction of the pair.
    laptop
        .run(&["sync", "a/shop", "b/shop", "--yes"])
        .refuses(4, &["was synced from this target before", "--reverse"]);
    assert_eq!(production.picture(), before);
}

/// Whatever lies in a folder, with its bytes.
fn files(folder: &Path) -> String {
    let mut entries: Vec<PathBuf> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    let told = entries.iter().map(|path| {
        let bytes = std::fs::read(path).unwrap();
        let hash = twox_hash::XxHash3_128::oneshot(&bytes);
        format!("{} {hash:x}\n", path.display())
    });
    told.collect()
}

#[test]
fn e10_no_route_to_production_files_writes_without_the_typed_name() {
    let home = Home::new();
    let folder = home.folder.path();
    for (name, value) in [("live", "real"), ("test", "test")] {
        std::fs::create_dir(folder.join(name)).unwrap();
        rusqlite::Connection::open(folder.join(name).join("shop.db"))
            .unwrap()
            .execute_batch(&format!(
                "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT); INSERT INTO t (v) VALUES ('{value}')"
            ))
            .unwrap();
    }
    std::os::unix::fs::symlink(folder.join("live"), folder.join("link")).unwrap();
    let add = |name: &str, path: &Path, label: &[&str]| {
        let path = path.display().to_string();
        let mut words = vec!["connections", "add", name, &path];
        words.extend(label);
        home.run(&words).expect(0);
    };
    add("production", &folder.join("live"), &["--env", "production"]);
    add("test", &folder.join("test"), &["--env", "development"]);
    add("liar", &folder.join("link"), &["--env", "development"]);
    let absolute = folder.join("live").display().to_string();
    let targets = [
        "production/shop".to_string(),
        "liar/shop".into(),
        format!("{absolute}/shop.db"),
        format!("sqlite:{absolute}/shop.db"),
        "./live/shop.db".into(),
        "./link/shop.db".into(),
        "./test/../live/shop.db".into(),
    ];
    let tried = attempt(&home, "test/shop", &targets, &|| {
        files(&folder.join("live"))
    });
    assert!(tried >= 150, "{tried}");
}
