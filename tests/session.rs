//! A person's session at the prompt, from the first connection to the history.
//!
//! On MariaDB where its servers are there, else on folders of SQLite files; a test that takes the folders says so. Each
//! test logs in with a user of its own, who sees only the databases of that test.

mod ends;

use maestro::model::label::Label;
use regex::Regex;

use self::ends::{Ends, Side};
use crate::screen::{CTRL_C, CTRL_D, Screen, TAB};

/// A source of three databases.
const SOURCE: &[(&str, &str)] = &[
    (
        "blog",
        "CREATE TABLE posts (id INTEGER PRIMARY KEY, title VARCHAR(40)); INSERT INTO posts VALUES (1, 'One');",
    ),
    (
        "crm",
        "CREATE TABLE deals (id INTEGER PRIMARY KEY, title VARCHAR(40)); INSERT INTO deals VALUES (1, 'New'), (2, 'Newer');",
    ),
    (
        "shop",
        "CREATE TABLE items (id INTEGER PRIMARY KEY); INSERT INTO items VALUES (1);",
    ),
];

/// An older target.
const TARGET: &[(&str, &str)] = &[(
    "crm",
    "CREATE TABLE deals (id INTEGER PRIMARY KEY, title VARCHAR(40)); INSERT INTO deals VALUES (9, 'Old');",
)];

const DEALS: &str =
    "SELECT group_concat(title) FROM (SELECT title FROM deals ORDER BY id) AS deals";

fn filled(name: &str) -> Ends {
    let ends = Ends::new(name);
    for (side, databases) in [(Side::Source, SOURCE), (Side::Target, TARGET)] {
        for (database, sql) in databases {
            ends.create(side, database);
            ends.execute(side, database, sql);
        }
    }
    ends
}

fn prompt(ends: &Ends) -> Screen {
    let mut screen = Screen::open(ends.home(), &[], &[]);
    screen.wait_for_line("maestro>");
    screen
}

/// A prompt with both connections saved and chosen.
fn chosen(ends: &Ends) -> Screen {
    let mut screen = prompt(ends);
    ends.add(&mut screen, "src", Side::Source, Label::Production);
    ends.add(&mut screen, "dst", Side::Target, Label::Testing);
    screen.enter("use src dst");
    screen.wait_for_line("src → dst>");
    screen.wipe();
    screen
}

/// Types a line and waits for the prompt's return.
fn does(screen: &mut Screen, line: &str, shows: &[&str]) -> String {
    screen.wipe();
    screen.enter(line);
    for text in shows {
        screen.wait_for(text);
    }
    screen.wait_for_line("src → dst>");
    screen.contents()
}

#[test]
fn from_the_first_connection_to_the_history() {
    let ends = filled("whole");
    let mut screen = prompt(&ends);
    ends.add(&mut screen, "src", Side::Source, Label::Production);
    ends.add(&mut screen, "dst", Side::Target, Label::Testing);
    screen.wipe();
    screen.enter("connections");
    screen.wait_for("last used");
    screen.wait_until("both connections", |shown| {
        shown.contains("src") && shown.contains("production") && shown.contains("testing")
    });
    screen.enter("source src");
    screen.wait_for_line("src>");
    screen.enter("target dst");
    screen.wait_for_line("src → dst>");

    let (blog, crm, shop) = (ends.named("blog"), ends.named("crm"), ends.named("shop"));
    does(&mut screen, "databases", &[&blog, &crm, &shop]);
    let selected = does(
        &mut screen,
        "select 1-2,!1",
        &["1 database selected: 1 table"],
    );
    assert!(
        selected.contains(&crm) && !selected.contains(&blog),
        "{selected}"
    );

    let question = "Type YES to go on:";
    screen.wipe();
    screen.enter("sync");
    screen.wait_for(question);
    let plan = screen.contents();
    assert!(
        plan.contains("Plan: src (") && plan.contains("→ dst ("),
        "{plan}"
    );
    assert!(plan.contains(&format!("{crm} (replaced)")), "{plan}");
    assert!(plan.contains("replace tables: deals"), "{plan}");
    screen.enter("yes, please");
    screen.wait_for("error: not confirmed; nothing was changed");
    screen.wait_for_line("src → dst>");
    assert_eq!(ends.ask(Side::Target, "crm", DEALS), "Old");

    screen.wipe();
    screen.enter("sync");
    screen.wait_for(question);
    screen.enter("YES");
    screen.wait_for("Run 2: 1 of 1 database synced from src to dst");
    screen.wait_for_line("src → dst>");
    assert_eq!(ends.ask(Side::Target, "crm", DEALS), "New,Newer");

    let history = does(&mut screen, "history", &["status"]);
    let run = |number: &str| {
        let mut lines = history.lines().map(str::trim);
        lines
            .find(|line| line.starts_with(number))
            .unwrap()
            .to_string()
    };
    assert!(run("1").ends_with("refused"), "{history}");
    assert!(run("2").ends_with("done"), "{history}");
    does(&mut screen, "compare", &["src and dst: equal"]);

    screen.press(CTRL_D);
    assert_eq!(screen.exit_code(), 0);
    let bytes = String::from_utf8_lossy(screen.bytes());
    assert!(!bytes.contains(ends::PASSWORD), "the password was shown");
}

#[test]
fn a_production_target_wants_its_name_typed() {
    let ends = filled("named");
    let mut screen = chosen(&ends);
    // Untested, so that the server is not told: other tests write to it, too.
    does(
        &mut screen,
        "connections edit dst --env production --no-test",
        &["Saved dst"],
    );
    does(
        &mut screen,
        &format!("select {}", ends.named("crm")),
        &["1 database selected"],
    );
    for (typed, answer, holds) in [
        ("YES", "error: not confirmed; nothing was changed", "Old"),
        ("dst", "1 of 1 database synced from src to dst", "New,Newer"),
    ] {
        screen.wipe();
        screen.enter("sync --yes");
        screen.wait_for("Type its name to go on:");
        screen.enter(typed);
        screen.wait_for(answer);
        screen.wait_for_line("src → dst>");
        assert_eq!(ends.ask(Side::Target, "crm", DEALS), holds);
    }
}

#[test]
fn ctrl_c_and_ctrl_d_at_the_question_change_nothing() {
    let ends = filled("silent");
    let mut screen = chosen(&ends);
    does(
        &mut screen,
        &format!("select {}", ends.named("crm")),
        &["1 database selected"],
    );
    for key in [CTRL_C, CTRL_D] {
        screen.wipe();
        screen.enter("sync");
        screen.wait_for("Type YES to go on:");
        screen.press(key);
        screen.wait_for("error: ");
        screen.wait_for_line("src → dst>");
        assert_eq!(ends.ask(Side::Target, "crm", DEALS), "Old");
    }
    let history = does(&mut screen, "history", &["status"]);
    assert_eq!(history.matches("refused").count(), 2, "{history}");
}

#[test]
fn ctrl_c_in_the_middle_of_a_sync_leaves_the_target_and_the_prompt() {
    let ends = Ends::new("stop");
    let old = "CREATE TABLE big (id INTEGER PRIMARY KEY, name VARCHAR(200)); INSERT INTO big VALUES (1, 'Old');";
    ends.create(Side::Source, "big");
    ends.create(Side::Target, "big");
    ends.execute(Side::Source, "big", &ends.many_rows());
    ends.execute(Side::Target, "big", old);
    let things = ends.things(Side::Target);
    let mut screen = chosen(&ends);
    does(
        &mut screen,
        &format!("select {}", ends.named("big")),
        &["1 database selected"],
    );
    screen.enter("sync --yes --jobs 1");
    let moving = Regex::new(r"\(1 of 1\)  0/1 table  [1-9][0-9,]* rows").unwrap();
    screen.wait_until("rows on their way", |shown| moving.is_match(shown));
    screen.press(CTRL_C);
    screen.wait_for("Stopping; once more ends at once.");
    screen.wait_for_line("src → dst>");
    assert!(
        !screen.contents().contains("1 of 1 database synced"),
        "{}",
        screen.contents()
    );
    assert_eq!(ends.ask(Side::Target, "big", "SELECT name FROM big"), "Old");
    assert_eq!(ends.things(Side::Target), things, "what was staged is gone");
    let left = ends.staged(Side::Target, &run_id(&ends));
    assert!(left.is_empty(), "{left:?}");
    let history = does(&mut screen, "history", &["status"]);
    assert!(history.contains("interrupted"), "{history}");

    // The prompt works on, and so does the target.
    screen.wipe();
    screen.enter("sync --yes");
    screen.wait_for("1 of 1 database synced");
    screen.wait_for_line("src → dst>");
    let rows = ends.ask(Side::Target, "big", "SELECT count(*) FROM big");
    assert_eq!(rows, ends::MANY.to_string());
}

/// The id of the last run: what it makes on a server is named after it.
fn run_id(ends: &Ends) -> String {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_maestro"));
    let home = program.arg("--home").arg(ends.home().join("m"));
    let shown = home
        .args(["history", "show", "last", "-o", "json"])
        .output();
    let run: serde_json::Value = serde_json::from_slice(&shown.unwrap().stdout).unwrap();
    run["id"].as_str().unwrap().replace('-', "")
}

#[test]
fn tab_completes_connections_databases_and_tables() {
    let ends = filled("tab");
    let mut screen = chosen(&ends);
    screen.press("target ds");
    screen.press(TAB);
    screen.wait_for("target dst");
    screen.press(CTRL_C);
    screen.wait_for_line("src → dst>");
    let crm = ends.named("crm");
    let shop = ends.named("shop");
    screen.press(&format!("compare src/{}", &crm[..crm.len() - 1]));
    screen.press(TAB);
    screen.wait_for(&format!("compare src/{crm}"));
    screen.press(CTRL_C);
    screen.wait_for_line("src → dst>");
    screen.press(&format!("select {}", &shop[..shop.len() - 2]));
    screen.press(TAB);
    screen.wait_for(&format!("select {shop}"));
    screen.press(CTRL_C);
    screen.wait_for_line("src → dst>");
    screen.press(&format!("peek {crm}.de"));
    screen.press(TAB);
    screen.wait_for(&format!("peek {crm}.deals"));
}

#[test]
fn the_menu_runs_what_it_shows() {
    let ends = filled("menu");
    let mut screen = chosen(&ends);
    screen.enter("menu");
    for choice in ["Session and selection", "List the source's databases"] {
        screen.wait_for(choice);
        let number = number_of(&screen, choice);
        screen.enter(&number);
    }
    screen.wait_for("→ databases");
    screen.wait_for(&ends.named("shop"));
}

/// The number before a choice of a menu.
fn number_of(screen: &Screen, choice: &str) -> String {
    let contents = screen.contents();
    let line = contents.lines().rev().find(|line| line.ends_with(choice));
    let line = line.unwrap_or_else(|| panic!("no {choice} in\n{contents}"));
    line.split_whitespace().next().unwrap().to_string()
}

#[test]
fn a_wrong_password_is_named_and_typed_anew() {
    let ends = filled("login");
    let Some((host, port, user)) = ends.login(Side::Source) else {
        eprintln!("skipped: folders of SQLite files have no password");
        return;
    };
    let mut screen = prompt(&ends);
    screen.enter(&format!("connections add src mysql://{user}@{host}:{port}"));
    screen.wait_for("Password of ");
    screen.enter("wrong-password");
    screen.wait_for("login failed");
    screen.wait_until("another try", |shown| {
        shown.trim_end().ends_with(':') || shown.trim_end().ends_with(']')
    });
    screen.enter(ends::PASSWORD);
    screen.wait_for("Passphrase of the new vault");
    screen.enter("");
    screen.wait_for("Saved src");
    screen.wait_for_line("maestro>");
    let bytes = String::from_utf8_lossy(screen.bytes());
    assert!(!bytes.contains("wrong-password") && !bytes.contains(ends::PASSWORD));
}

#[test]
fn different_products_are_not_synced() {
    let ends = filled("mixed");
    let Some((host, port, user)) = ends.login(Side::Target) else {
        eprintln!("skipped: there is no MariaDB");
        return;
    };
    let folder = ends.home().join("folder");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("crm.db");
    let made = rusqlite::Connection::open(&file).unwrap();
    made.execute_batch("CREATE TABLE deals (id INTEGER PRIMARY KEY)")
        .unwrap();
    let target = format!("mysql://{user}@{host}:{port}");
    for command in ["sync --yes", "compare"] {
        let script = format!(
            "connections add dst {target} --env testing --no-test --password-env PW; {command} ./folder/crm.db dst/{}",
            ends.named("crm")
        );
        let home = ends.home().join(command);
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_maestro"));
        program.current_dir(ends.home()).env("PW", ends::PASSWORD);
        let done = program
            .arg("--home")
            .arg(home)
            .args(["-c", &script])
            .output()
            .unwrap();
        let error = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(4), "{error}");
        assert!(
            error.contains("SQLite cannot be ") && error.contains("MariaDB"),
            "{error}"
        );
    }
    assert_eq!(ends.ask(Side::Target, "crm", DEALS), "Old");
}
