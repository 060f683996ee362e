//! Views, triggers, routines and events arrive as they were: each is judged by what both servers show of it.

mod definers;
mod events;
mod homes;
mod order;
mod settings;

use serde_json::Value;

use crate::live::{Case, Done, Flavor, Place};

/// An account on one server, which goes when the test ends. It is nobody's else.
struct Account {
    place: Place,
    name: String,
}

impl Account {
    fn new(case: &Case, place: &Place, name: &str) -> Account {
        let name = case.database(name);
        let account = Account {
            place: place.clone(),
            name,
        };
        let made = format!("CREATE USER {} IDENTIFIED BY 'dbm'", account.quoted());
        place.sql(&made);
        account
    }

    /// As a statement names it.
    fn quoted(&self) -> String {
        format!("`{}`@`%`", self.name)
    }

    fn grant(&self, what: &str) {
        self.place
            .sql(&format!("GRANT {what} TO {}", self.quoted()));
    }

    /// What a target needs on a database, and nothing for all databases.
    fn may_write(&self, database: &str) {
        let database = database.replace('_', "\\_");
        self.grant(&format!("ALL ON `{database}`.*"));
        self.grant("ALL ON `\\_maestro%`.*");
    }

    /// Saves a connection of this account.
    fn connect(&self, case: &Case, name: &str) {
        case.home
            .add(name, &self.place.url(&self.name), "--env development")
            .expect(0);
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let gone = format!("DROP USER IF EXISTS {}", self.quoted());
        let _ = crate::live::block_on(self.place.asked(&gone));
    }
}

/// The plan of a sync, as JSON.
fn plan(case: &Case, from: &str, to: &str, more: &[&str]) -> Value {
    let mut words = vec!["sync", from, to, "--dry-run"];
    words.extend(more);
    let done = case.home.run(&words);
    assert!(
        matches!(done.code, Some(0 | 3)),
        "{}\n{}",
        done.stdout,
        done.stderr
    );
    done.json["plan"][0].clone()
}

/// What the first database of a run did not copy.
fn not_copied(done: &Done) -> String {
    done.json["databases"][0]["not_copied"].to_string()
}

/// All programs of a database but their names' home: whose they are, what they say, and the settings that they keep.
fn programs(place: &Place, database: &str) -> Vec<String> {
    let replica = match place.flavor {
        Flavor::MariaDb => "SQL_DATA_ACCESS",
        Flavor::MySql => "CONCAT(SQL_DATA_ACCESS, IS_DETERMINISTIC)",
    };
    let views = "SELECT 'view', TABLE_NAME, VIEW_DEFINITION, CHECK_OPTION, DEFINER, SECURITY_TYPE,
                        CHARACTER_SET_CLIENT, COLLATION_CONNECTION
                   FROM information_schema.VIEWS WHERE TABLE_SCHEMA = 'DB' ORDER BY TABLE_NAME";
    let triggers = "SELECT 'trigger', TRIGGER_NAME, EVENT_MANIPULATION, EVENT_OBJECT_TABLE, ACTION_ORDER, ACTION_STATEMENT,
                           ACTION_TIMING, SQL_MODE, DEFINER, CHARACTER_SET_CLIENT, COLLATION_CONNECTION
                      FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'DB' ORDER BY TRIGGER_NAME";
    let routines = format!(
        "SELECT ROUTINE_TYPE, ROUTINE_NAME, DTD_IDENTIFIER, ROUTINE_DEFINITION, IS_DETERMINISTIC, {replica}, SECURITY_TYPE,
                SQL_MODE, ROUTINE_COMMENT, DEFINER, CHARACTER_SET_CLIENT, COLLATION_CONNECTION, DATABASE_COLLATION
           FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'DB' ORDER BY ROUTINE_TYPE, ROUTINE_NAME"
    );
    let events = "SELECT 'event', EVENT_NAME, DEFINER, TIME_ZONE, EVENT_DEFINITION, EVENT_TYPE, EXECUTE_AT, INTERVAL_VALUE,
                         INTERVAL_FIELD, SQL_MODE, STARTS, ENDS, STATUS, ON_COMPLETION, EVENT_COMMENT,
                         CHARACTER_SET_CLIENT, COLLATION_CONNECTION
                    FROM information_schema.EVENTS WHERE EVENT_SCHEMA = 'DB' ORDER BY EVENT_NAME";
    let all = [views, triggers, &routines, events].into_iter();
    all.flat_map(|sql| place.sql(&sql.replace("DB", database)))
        // MySQL keeps the semicolon of a statement that came with others in one packet.
        .map(|cells| format!("{cells:?}").replace(";\")", "\")"))
        .map(|line| line.replace(&format!("`{database}`."), "`DB`."))
        .collect()
}

/// Asserts that the target has the programs of the source, all and nothing else.
#[track_caller]
fn same_programs(case: &Case, source: &str, target: &str) {
    let (left, right) = (programs(&case.a, source), programs(&case.b, target));
    assert!(!left.is_empty());
    assert_eq!(left, right);
}
