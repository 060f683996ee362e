//! The demo: what `maestro demo --run` prints, and the prompt that `maestro demo` opens.

use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::screen::{CTRL_D, Screen};

fn play(home: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_maestro"))
        .arg("--home")
        .arg(home.path().join("m"))
        .args(arguments)
        .env_remove("MAESTRO_HOME")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn the_tour_shows_a_difference_and_at_last_none_as_often_as_it_is_played() {
    let home = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let played = play(&home, &["demo", "--run"]);
        let shown = String::from_utf8(played.stdout).unwrap();
        assert_eq!(played.status.code(), Some(0), "{shown}");
        let at = |text: &str| {
            let found = shown.find(text);
            found.unwrap_or_else(|| panic!("no {text:?} in\n{shown}"))
        };
        let order = [
            at("> databases"),
            at("> select 1-2"),
            at("prod and staging: different"),
            at("2 of 2 databases synced from prod to staging"),
            at("prod and staging: equal"),
            at("> history"),
        ];
        assert!(order.is_sorted(), "{shown}");
    }
    let own = play(&home, &["connections", "-o", "json"]).stdout;
    let own: serde_json::Value = serde_json::from_slice(&own).unwrap();
    assert_eq!(
        own["connections"],
        serde_json::json!([]),
        "the user's own store"
    );
}

#[test]
fn the_demo_opens_the_prompt_on_its_databases_with_a_tour_to_type() {
    let home = tempfile::tempdir().unwrap();
    let mut screen = Screen::open(home.path(), &["demo"], &[]);
    screen.wait_for_line("prod → staging>");
    let shown = screen.contents();
    assert!(shown.contains("Two folders of SQLite databases"), "{shown}");
    for line in [
        "databases",
        "select 1-2",
        "compare",
        "sync --yes",
        "history",
    ] {
        let mut lines = shown.lines().map(str::trim_start);
        assert!(
            lines.any(|shown| shown.starts_with(&format!("{line}  "))),
            "{line}\n{shown}"
        );
    }
    for (line, shows) in [
        ("databases", "shop"),
        ("select 1-2", "2 databases selected"),
        ("compare", "prod and staging: different"),
        ("sync --yes", "2 of 2 databases synced"),
        ("compare", "prod and staging: equal"),
    ] {
        screen.wipe();
        screen.enter(line);
        screen.wait_for(shows);
        screen.wait_for_line("prod → staging>");
    }
    screen.press(CTRL_D);
    assert_eq!(screen.exit_code(), 0);
}
