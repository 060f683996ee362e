//! One command, or a script, without a terminal: streams, formats and exit codes.

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn maestro(home: &tempfile::TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_maestro"));
    command
        .arg("--home")
        .arg(home.path().join("m"))
        .env_remove("MAESTRO_HOME");
    command.stdin(Stdio::null());
    command
}

fn output(arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    maestro(&home).args(arguments).output().unwrap()
}

fn piped(script: &[u8]) -> Output {
    let home = tempfile::tempdir().unwrap();
    let mut child = maestro(&home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(script).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn data_goes_to_stdout_and_errors_to_stderr() {
    let done = output(&["help", "quit"]);
    assert_eq!(
        (done.status.code(), text(&done.stderr).as_str()),
        (Some(0), "")
    );
    assert!(text(&done.stdout).contains("Usage: quit"));
    let failed = output(&["hlep"]);
    assert_eq!(
        (failed.status.code(), text(&failed.stdout).as_str()),
        (Some(64), "")
    );
    assert_eq!(
        text(&failed.stderr),
        "error: there is no command \"hlep\"\nhint: did you mean help?\n"
    );
}

#[test]
fn json_is_one_object_a_command_on_one_line_errors_too() {
    let done = output(&["-o", "json", "-c", "help quit; help; hlep; help"]);
    assert_eq!(done.status.code(), Some(64));
    assert_eq!(text(&done.stderr), "");
    let lines = text(&done.stdout);
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let lines = lines.collect::<Vec<_>>();
    assert_eq!(lines.len(), 3, "the script stops at its first error");
    assert_eq!(lines[2]["error"]["code"], "usage");
    assert_eq!(lines[2]["error"]["hint"], "did you mean help?");
}

#[test]
fn help_of_a_command_is_the_same_by_flag() {
    assert_eq!(
        output(&["help", "menu"]).stdout,
        output(&["menu", "--help"]).stdout
    );
    assert_eq!(output(&["help"]).stdout, output(&["--help"]).stdout);
}

#[test]
fn a_script_comes_from_stdin_with_comments() {
    let done = piped(b"# don't mind\nhelp quit # why\n\nquit\nhlep\n");
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert!(text(&done.stdout).contains("Usage: quit"));
}

#[test]
fn an_error_names_the_line_of_the_script() {
    let failed = piped(b"help quit\n\nhlep; help\n");
    assert_eq!(failed.status.code(), Some(64));
    assert!(text(&failed.stderr).starts_with("error: line 3: there is no command"));
}

#[test]
fn a_script_with_an_open_quote_runs_nothing() {
    let failed = piped(b"help quit\nhelp 'menu\n");
    assert_eq!(failed.status.code(), Some(64));
    assert_eq!(text(&failed.stdout), "");
    assert!(text(&failed.stderr).contains("the quote ' that opens on line 2 is never closed"));
}

#[test]
fn a_menu_without_a_terminal_is_refused_with_a_hint() {
    let failed = output(&["menu"]);
    assert_eq!(failed.status.code(), Some(64));
    assert!(text(&failed.stderr).contains("needs a terminal"));
}

#[test]
fn a_script_cannot_be_joined_with_a_command_or_change_the_program() {
    assert_eq!(output(&["-c", "help", "help"]).status.code(), Some(64));
    let failed = output(&["-c", "help --home ./x"]);
    assert_eq!(failed.status.code(), Some(64));
    assert!(text(&failed.stderr).contains("--home belongs to the start of the program"));
}

#[test]
fn a_reader_that_goes_away_ends_the_program_quietly() {
    let home = tempfile::tempdir().unwrap();
    let mut child = maestro(&home)
        .args(["-c", &"help;".repeat(500)])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!(
        (done.status.code(), text(&done.stderr).as_str()),
        (Some(0), "")
    );
}

#[test]
fn a_home_that_cannot_be_is_an_error_in_the_format_that_was_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    std::fs::write(&file, "").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_maestro"));
    let failed = command
        .arg("--home")
        .arg(&file)
        .args(["menu", "-o", "json"])
        .output()
        .unwrap();
    let error = serde_json::from_slice::<serde_json::Value>(&failed.stdout).unwrap();
    assert!(error["error"]["message"].is_string());
    assert_eq!(failed.status.code(), Some(2));
}

#[test]
fn a_completion_script_is_printed_as_it_was_made() {
    for shell in ["bash", "zsh", "fish"] {
        let printed = text(&output(&["completions", shell]).stdout);
        let shell = match shell {
            "bash" => maestro::commands::completions::Shell::Bash,
            "zsh" => maestro::commands::completions::Shell::Zsh,
            _ => maestro::commands::completions::Shell::Fish,
        };
        assert_eq!(printed.trim_end(), shell.script().trim_end());
    }
}

#[test]
fn f01_a_password_on_the_command_line_is_refused_wherever_it_stands() {
    let open = "mysql://u:Canary1@127.0.0.1:9/shop";
    let script = format!("databases {open}");
    for words in [
        &["connections", "add", "a", open, "--no-test"][..],
        &["connections", "add", open],
        &["databases", open],
        &["sync", open, "./other", "--yes"],
        &["query", "SELECT 1", open, "-o", "json"],
        &["-c", &script],
    ] {
        let done = output(words);
        assert_eq!(done.status.code(), Some(64), "{words:?}");
        let told = text(&done.stderr) + &text(&done.stdout);
        assert!(told.contains("--password-stdin"), "{told}");
        assert!(!told.contains("Canary1"), "{told}");
    }
}

#[test]
fn a_password_in_a_script_on_stdin_is_accepted_and_not_repeated() {
    let done = piped(b"connections add a mysql://u:Canary1@127.0.0.1:9 --no-test; connections\n");
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let told = text(&done.stderr) + &text(&done.stdout);
    assert!(told.contains("a vault was made"), "{told}");
    assert!(!told.contains("Canary1"), "{told}");
}
