//! A password appears nowhere: not in output, not in errors, not in logs at their most talkative, not in JSON, and
//! in the state folder only in the form that it is stored in.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine;

use crate::live::{Case, Done, Home, on_both};

const CANARY: &str = "kanari-7Q!vögel";

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes
        .windows(word.len())
        .any(|window| window == word.as_bytes())
}

fn a_password_appears_nowhere(case: &Case) {
    let shop = case.source(
        "shop",
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t VALUES (1, 'x')",
    );
    let user = format!("u{shop}");
    case.b.sql(&format!(
        "CREATE USER {user} IDENTIFIED BY '{CANARY}'; GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* TO {user}"
    ));
    let url = case.b.url(&user);
    let home = Home::new();
    home.connect("a", &case.a);
    let run = |words: &[&str], typed: &str| {
        let mut command = home.command();
        command
            .env("MAESTRO_LOGGING_LEVEL", "trace")
            .args(words)
            .stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
        Done::of(child.wait_with_output().unwrap())
    };
    let secret = format!("{CANARY}\n");
    let with_password = url.replace('@', &format!(":{CANARY}@"));
    let (from, to, out) = (
        format!("a/{shop}"),
        format!("good/{shop}"),
        format!("bad/{shop}"),
    );
    let outputs = [
        run(
            &[
                "connections",
                "add",
                "good",
                &url,
                "--password-stdin",
                "--store",
                "base64",
            ],
            &secret,
        ),
        run(
            &[
                "connections",
                "add",
                "bad",
                &case.b.url("dbm"),
                "--password-stdin",
                "--store",
                "base64",
                "--no-test",
                "--env",
                "development",
            ],
            &secret,
        ),
        run(&["connections", "add", "third", &with_password], ""),
        run(
            &["-c", &format!("connections add fourth {with_password}?x=1")],
            "",
        ),
        run(&["-o", "table", "connections"], ""),
        run(&["connections", "show", "good"], ""),
        run(&["connections", "test", "good"], ""),
        run(&["connections", "test", "bad"], ""),
        run(&["sync", &from, &to, "--yes"], ""),
        run(&["sync", &from, &out, "--yes"], ""),
        run(&["sync", &to, &from, "--yes"], ""),
        run(&["sync", &from, &with_password, "--yes"], ""),
        run(&["compare", &from, &to], ""),
        run(&["query", "SELECT 1", "good"], ""),
        run(&["doctor"], ""),
        run(&["history"], ""),
        run(&["history", "show", "1"], ""),
        run(&["history", "log", "1"], ""),
        run(&["config"], ""),
    ];
    case.b.sql(&format!("DROP USER {user}"));
    assert_eq!(outputs[0].code, Some(0), "{}", outputs[0].stdout);
    let codes: Vec<_> = outputs.iter().map(|done| done.code).collect();
    assert_eq!(
        (codes[7], codes[8], codes[9]),
        (Some(5), Some(4), Some(5)),
        "{codes:?}"
    );
    let percent: String = url::form_urlencoded::byte_serialize(CANARY.as_bytes()).collect();
    let encoded = base64::engine::general_purpose::STANDARD.encode(CANARY);
    for word in [CANARY, &percent, "kanari"] {
        for (number, done) in outputs.iter().enumerate() {
            let told = format!("{}{}", done.stdout, done.stderr);
            assert!(!told.contains(word), "{number}: {told}");
        }
        for file in files(home.folder.path()) {
            let bytes = std::fs::read(&file).unwrap();
            assert!(!holds(&bytes, word), "{} holds {word}", file.display());
        }
    }
    let mut homes = files(home.folder.path()).into_iter();
    assert!(
        homes.any(|file| holds(&std::fs::read(file).unwrap(), &encoded)),
        "it is stored nowhere"
    );
    for file in files(home.folder.path()) {
        let is_log = file.extension().is_some_and(|ending| ending == "log");
        assert!(
            !is_log || !holds(&std::fs::read(&file).unwrap(), &encoded),
            "{}",
            file.display()
        );
    }
    for done in &outputs {
        assert!(!done.stdout.contains(&encoded) && !done.stderr.contains(&encoded));
    }
}

on_both!(a_password_appears_nowhere);
