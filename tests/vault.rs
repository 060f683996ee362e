//! The vault with the program itself: what is typed at a terminal, what scripts get, what files hold.

mod canaries;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::screen::Screen;

const ADD: &[&str] = &[
    "connections",
    "add",
    "db",
    "mysql://app@127.0.0.1:9",
    "--env",
    "testing",
    "--no-test",
];

fn home() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn run(home: &TempDir, words: &[&str], typed: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_maestro"))
        .arg("--home")
        .arg(home.path().join("m"))
        .args(words)
        .env_remove("MAESTRO_HOME")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child
        .stdin
        .take()
        .unwrap()
        .write_all(format!("{typed}\n").as_bytes());
    child.wait_with_output().unwrap()
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn a_script_that_stores_a_password_gets_a_vault_with_a_key_file() {
    let home = home();
    let words = [ADD, &["--password-stdin"]].concat();
    let done = run(&home, &words, "Canary1");
    assert_eq!(done.status.code(), Some(0), "{}", told(&done));
    assert!(
        told(&done).contains("note: a vault was made"),
        "{}",
        told(&done)
    );
    let key = home.path().join("m/vault.key");
    let mode = std::fs::metadata(&key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // A command of another process gets the password: it comes as far as the server that is not there.
    let done = run(&home, &["databases", "db"], "");
    assert!(
        told(&done).contains("Connection refused"),
        "{}",
        told(&done)
    );
    std::fs::remove_file(&key).unwrap();
    let done = run(&home, &["databases", "db"], "");
    assert_eq!(done.status.code(), Some(5));
    assert!(
        told(&done).contains("vault.key, is missing"),
        "{}",
        told(&done)
    );
}

#[test]
fn a_passphrase_is_asked_for_once_in_a_session_and_never_shown() {
    let home = home();
    let mut screen = Screen::open(home.path(), &[], &[]);
    screen.wait_for_line("maestro>");
    screen.enter("vault init");
    screen.wait_for("New passphrase of the vault:");
    screen.enter("sesame-7");
    screen.wait_for("The same again:");
    screen.enter("sesame-7");
    screen.wait_for("The vault is made");
    screen.enter("connections add db mysql://app@127.0.0.1:9 --env testing --no-test");
    screen.wait_for("Password of app@127.0.0.1:9 (empty: none):");
    screen.enter("Canary1");
    screen.wait_for("Saved db");
    screen.enter("quit");
    assert_eq!(screen.exit_code(), 0);
    let shown = String::from_utf8_lossy(screen.bytes()).into_owned();
    assert!(!shown.contains("sesame-7") && !shown.contains("Canary1"));

    let mut screen = Screen::open(home.path(), &[], &[]);
    screen.wait_for_line("maestro>");
    screen.enter("databases db");
    screen.wait_for("Passphrase of the vault:");
    screen.enter("wrong");
    screen.wait_for("It does not open the vault.");
    screen.enter("sesame-7");
    screen.wait_for("Connection refused");
    screen.wait_for_line("maestro>");
    screen.wipe();
    screen.enter("databases db");
    screen.wait_for("Connection refused");
    assert!(
        !screen.contents().contains("Passphrase"),
        "{}",
        screen.contents()
    );
    screen.wait_for_line("maestro>");
    screen.wipe();
    screen.enter("vault lock");
    screen.wait_for("The vault is locked");
    screen.wait_for_line("maestro>");
    screen.enter("databases db");
    screen.wait_for("Passphrase of the vault:");
    screen.enter("sesame-7");
    screen.wait_for("Connection refused");
    let shown = String::from_utf8_lossy(screen.bytes()).into_owned();
    assert!(!shown.contains("sesame-7") && !shown.contains("Canary1"));
    // Nobody is asked without a terminal.
    let done = run(&home, &["databases", "db"], "sesame-7");
    assert_eq!(done.status.code(), Some(4));
    assert!(told(&done).contains("vault is locked"), "{}", told(&done));
    assert!(
        told(&done).contains("vault rekey --key-file"),
        "{}",
        told(&done)
    );
}

#[test]
fn the_first_password_at_a_terminal_asks_how_the_vault_is_protected() {
    let home = home();
    let mut screen = Screen::open(home.path(), ADD, &[]);
    screen.wait_for("Password of app@127.0.0.1:9 (empty: none):");
    screen.enter("Canary1");
    screen.wait_for("Passphrase of the new vault (empty: a key file opens it):");
    screen.enter("");
    screen.wait_for("note: a vault was made; its key is in");
    assert_eq!(screen.exit_code(), 0);
    assert!(home.path().join("m/vault.key").exists());
}

#[test]
fn a_passphrase_can_come_from_the_standard_input_and_a_wrong_one_is_refused() {
    let home = home();
    let init = run(&home, &["vault", "init", "--passphrase-stdin"], "sesame");
    assert_eq!(init.status.code(), Some(0), "{}", told(&init));
    let right = run(&home, &["vault", "unlock", "--passphrase-stdin"], "sesame");
    assert_eq!(right.status.code(), Some(0), "{}", told(&right));
    let wrong = run(&home, &["vault", "unlock", "--passphrase-stdin"], "Canary1");
    assert_eq!(wrong.status.code(), Some(5));
    assert!(
        told(&wrong).contains("does not open the vault"),
        "{}",
        told(&wrong)
    );
    assert!(!told(&wrong).contains("Canary1"));
    let script = run(&home, &[], "vault unlock --passphrase-stdin");
    assert_eq!(script.status.code(), Some(64));
}

#[test]
fn scripts_at_once_make_one_vault_and_lose_no_password() {
    let home = home();
    let names: Vec<String> = (0..6).map(|number| format!("db{number}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            let home = &home;
            scope.spawn(move || {
                let words = [
                    "connections",
                    "add",
                    name,
                    "mysql://app@127.0.0.1:9",
                    "--password-stdin",
                    "--no-test",
                ];
                run(home, &words, "Canary1")
            });
        }
    });
    let list = run(&home, &["vault", "-o", "json"], "");
    let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
    let saved = list["passwords"].as_u64().unwrap();
    let done = run(&home, &["vault", "rekey"], "");
    let sealed = format!("{saved} passwords are sealed");
    assert!(
        saved > 1 && told(&done).contains(&sealed),
        "{saved}: {}",
        told(&done)
    );
    assert_eq!(saved, 6);
}
