//! The prompt as a person meets it.

use tempfile::TempDir;

use crate::screen::{CTRL_C, CTRL_D, RIGHT, Screen, TAB, UP};

fn home() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn prompt(home: &TempDir) -> Screen {
    let mut screen = Screen::open(home.path(), &[], &[]);
    screen.wait_for_line("maestro>");
    screen
}

#[test]
fn the_prompt_opens_with_a_welcome_and_ctrl_d_leaves() {
    let home = home();
    let mut screen = prompt(&home);
    screen.wait_for("Database Maestro 0.");
    screen.wait_for("connections add");
    screen.press(CTRL_D);
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn no_banner_opens_the_prompt_alone() {
    let home = home();
    let mut screen = Screen::open(home.path(), &["--no-banner"], &[]);
    screen.wait_for_line("maestro>");
    assert_eq!(screen.contents().trim(), "maestro>");
    screen.enter("quit");
    assert_eq!(screen.exit_code(), 0);
}

#[test]
fn an_unknown_command_names_the_nearest_and_the_prompt_stays() {
    let home = home();
    let mut screen = prompt(&home);
    screen.enter("hlep");
    screen.wait_for("error: there is no command \"hlep\"");
    screen.wait_for("hint: did you mean help?");
    screen.wait_for_line("maestro>");
}

#[test]
fn ctrl_c_drops_the_line_and_keeps_the_prompt() {
    let home = home();
    let mut screen = prompt(&home);
    screen.press("qui");
    screen.wait_for_line("maestro> qui");
    screen.press(CTRL_C);
    screen.wait_for_line("maestro>");
    screen.enter("help quit");
    screen.wait_for("Usage: quit");
}

#[test]
fn a_signal_from_elsewhere_ends_the_prompt_with_130() {
    let home = home();
    let mut screen = prompt(&home);
    screen.signal("INT");
    screen.press("help");
    screen.wait_for_line("maestro> help");
    screen.signal("TERM");
    assert_eq!(screen.exit_code(), 130);
}

#[test]
fn tab_completes_and_the_usage_is_hinted() {
    let home = home();
    let mut screen = prompt(&home);
    screen.press("hel");
    screen.press(TAB);
    screen.wait_for_line("maestro> help [COMMAND]...");
    screen.press("me");
    screen.press(TAB);
    screen.wait_for_line("maestro> help menu");
}

#[test]
fn a_past_line_comes_back_by_arrow_and_as_a_hint_also_in_the_next_shell() {
    let home = home();
    let mut screen = prompt(&home);
    screen.enter("help quit");
    screen.wait_for("Usage: quit");
    screen.press(UP);
    screen.wait_for_line("maestro> help quit");
    screen.press(CTRL_C);
    screen.wait_for_line("maestro>");
    screen.press(CTRL_D);
    assert_eq!(screen.exit_code(), 0);

    let mut screen = prompt(&home);
    screen.press("help q");
    screen.wait_for_line("maestro> help quit");
    screen.press(RIGHT);
    screen.enter("");
    screen.wait_for("Usage: quit");
}

#[test]
fn passwords_and_lines_with_a_leading_space_are_not_remembered() {
    let home = home();
    let mut screen = prompt(&home);
    screen.enter("help quit");
    screen.wait_for("Usage: quit");
    screen.enter(" help menu");
    screen.wait_for("Usage: menu");
    screen.press(UP);
    screen.wait_for_line("maestro> help quit");
    screen.press(CTRL_C);
    screen.wait_for_line("maestro>");
    screen.enter("fly mysql://u:Canary@h/db");
    screen.wait_for("there is no command \"fly\"");
    screen.press(UP);
    screen.wait_for_line("maestro> fly mysql://u:***@h/db");
}

#[test]
fn an_open_quote_continues_on_the_next_line() {
    let home = home();
    let mut screen = prompt(&home);
    screen.enter("fly 'a");
    screen.enter("b'; help quit");
    screen.wait_for("there is no command \"fly\"");
    screen.wait_for_line("maestro>");
    assert!(
        !screen.contents().contains("Usage: quit"),
        "a line ends at its first failure"
    );
}

#[test]
fn the_menu_shows_the_line_that_it_runs_and_goes_back() {
    let home = home();
    let mut screen = prompt(&home);
    screen.enter("menu");
    screen.wait_for("0  back");
    let program = number_of(&screen, "Program");
    screen.enter(&program);
    screen.wait_for("Explain a command");
    let explain = number_of(&screen, "Explain a command");
    screen.enter(&explain);
    screen.wait_for("Command:");
    screen.enter("quit");
    screen.wait_for("→ help quit");
    screen.wait_for("Usage: quit");
    screen.wipe();
    screen.enter("99");
    screen.wait_for("\"99\" is not one of 0-");
    screen.enter("0");
    screen.wait_for("Menu");
    screen.wipe();
    screen.enter("0");
    screen.wait_for_line("maestro>");
}

/// The number before a choice of a menu.
fn number_of(screen: &Screen, choice: &str) -> String {
    let contents = screen.contents();
    let line = contents
        .lines()
        .rev()
        .find(|line| line.ends_with(choice))
        .unwrap();
    line.split_whitespace().next().unwrap().to_string()
}

#[test]
fn no_color_has_no_escapes_in_one_shot_output() {
    let home = home();
    let mut plain = Screen::open(home.path(), &["help"], &[("NO_COLOR", "1")]);
    assert_eq!(plain.exit_code(), 0);
    assert!(plain.contents().contains("Program"));
    assert!(!plain.bytes().contains(&0x1b));
    let mut coloured = Screen::open(home.path(), &["help"], &[]);
    assert_eq!(coloured.exit_code(), 0);
    assert!(coloured.bytes().contains(&0x1b));
}

#[test]
fn ctrl_c_at_a_question_is_no_answer() {
    let home = home();
    let mut screen = prompt(&home);
    screen.enter("menu");
    screen.wait_for_line("Number [0]:");
    screen.press(CTRL_C);
    screen.wait_for_line("maestro>");
    screen.enter("help quit");
    screen.wait_for("Usage: quit");
}

#[test]
fn the_end_of_the_process_is_not_held_up_by_a_question() {
    let home = home();
    let mut screen = prompt(&home);
    screen.enter("menu");
    screen.wait_for_line("Number [0]:");
    screen.signal("TERM");
    assert_eq!(screen.exit_code(), 130);
}

/// A folder of SQLite databases, each with a table of orders.
fn databases(home: &TempDir, folder: &str, names: &[&str]) {
    let folder = home.path().join(folder);
    std::fs::create_dir(&folder).unwrap();
    for name in names {
        let database = rusqlite::Connection::open(folder.join(format!("{name}.db"))).unwrap();
        database
            .execute_batch(
                "CREATE TABLE orders (id INTEGER PRIMARY KEY); INSERT INTO orders VALUES (1)",
            )
            .unwrap();
    }
}

/// A prompt that knows `prod` (production) and `dev` (development).
fn prompt_with_connections(home: &TempDir) -> Screen {
    databases(home, "p", &["shop", "crm"]);
    databases(home, "d", &["shop"]);
    let mut screen = prompt(home);
    screen.enter("connections add prod ./p --env production");
    screen.wait_for("Saved prod");
    screen.wait_for_line("maestro>");
    screen.enter("connections add dev ./d --env development");
    screen.wait_for("Saved dev");
    screen.wait_for_line("maestro>");
    screen.wipe();
    screen
}

#[test]
fn the_prompt_names_source_and_target_in_the_colours_of_their_environments() {
    let home = home();
    let mut screen = prompt_with_connections(&home);
    screen.enter("use prod/shop dev");
    screen.wait_for_line("prod/shop → dev>");
    let drawn = String::from_utf8_lossy(screen.bytes()).into_owned();
    assert!(
        drawn.contains("\x1b[1;31mprod/shop\x1b[0m → \x1b[32mdev\x1b[0m> "),
        "{drawn:?}"
    );
}

#[test]
fn tab_knows_connections_databases_and_tables() {
    let home = home();
    let mut screen = prompt_with_connections(&home);
    screen.press("source pr");
    screen.press(TAB);
    screen.wait_for_line("maestro> source prod");
    screen.enter("");
    screen.wait_for_line("prod>");
    screen.press("tables sh");
    screen.press(TAB);
    screen.wait_for_line("prod> tables shop");
    screen.press(CTRL_C);
    screen.wait_for_line("prod>");
    screen.press("peek dev/shop.or");
    screen.press(TAB);
    screen.wait_for_line("prod> peek dev/shop.orders");
    screen.press(CTRL_C);
    screen.wait_for_line("prod>");
    screen.press("connections label dev sta");
    screen.press(TAB);
    screen.wait_for_line("prod> connections label dev staging");
}

#[test]
fn ctrl_c_during_a_command_stops_it_and_keeps_the_prompt() {
    let home = home();
    let mut screen = prompt_with_connections(&home);
    screen.enter(
        "query 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) \
         SELECT max(x) FROM c' dev/shop",
    );
    std::thread::sleep(std::time::Duration::from_millis(700));
    screen.press(CTRL_C);
    screen.wait_for("error: the query was stopped");
    screen.wait_for_line("maestro>");
    screen.press(CTRL_D);
    assert_eq!(screen.exit_code(), 0);
}
