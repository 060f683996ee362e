//! Events arrive as they are, come disabled, or stay where they are; none fires unannounced.

use super::{not_copied, plan, programs, same_programs};
use crate::live::{Case, on_both};

const EVENTS: &str = "
CREATE TABLE t (id INT PRIMARY KEY);
SET time_zone = '+05:30';
CREATE EVENT often ON SCHEDULE EVERY '1:30' HOUR_MINUTE STARTS '2036-03-27 02:30:00' ENDS '2037-10-25 02:30:00'
    ON COMPLETION PRESERVE ENABLE COMMENT 'DISABLE it; or ''not''' DO BEGIN DELETE FROM t; /* ENABLE */ END;
SET time_zone = 'SYSTEM';
CREATE EVENT `once DO` ON SCHEDULE AT '2037-01-01 00:00:00.000000' DO DELETE FROM t WHERE id < 0;
CREATE EVENT asleep ON SCHEDULE EVERY 1 MONTH STARTS '2036-01-31 00:00:00' DISABLE DO DELETE FROM t;
CREATE EVENT replicated ON SCHEDULE EVERY 1 DAY STARTS '2036-01-31 00:00:00' DISABLE ON SLAVE DO DELETE FROM t;
";

fn d03_enabled_events_are_warned_of_and_arrive_with_their_times_and_zones(case: &Case) {
    let shop = case.source("shop", EVENTS);
    let (from, to) = (format!("a/{shop}"), format!("b/{shop}"));
    let warnings = plan(case, &from, &to, &[])["warnings"].to_string();
    let when = match case.b.one("SELECT @@GLOBAL.event_scheduler").as_str() {
        "ON" => "",
        _ => " as soon as its event_scheduler is on",
    };
    for name in ["often", "once DO"] {
        let told = format!("event {name} is enabled: it will fire on the target too{when}\"");
        assert!(warnings.contains(&told), "no {told} in {warnings}");
    }
    assert!(!warnings.contains("asleep") && !warnings.contains("replicated"));
    for _ in 0..2 {
        case.sync(&shop, &[]).expect(0);
        same_programs(case, &shop, &shop);
    }
}

fn d03_events_come_disabled_where_that_is_asked_for(case: &Case) {
    let shop = case.source("shop", EVENTS);
    let (from, to) = (format!("a/{shop}"), format!("b/{shop}"));
    let planned = plan(case, &from, &to, &["--events", "disable"]);
    let mapped = planned["mapped"].to_string();
    assert!(
        mapped.contains("state of event often, event once DO"),
        "{mapped}"
    );
    assert!(!planned["warnings"].to_string().contains("will fire"));
    case.sync(&shop, &["--events", "disable"]).expect(0);
    let (left, right) = (
        programs(&case.a, &shop).join("\n"),
        programs(&case.b, &shop).join("\n"),
    );
    assert_eq!(right, left.replace("ENABLED", "DISABLED"));
    // And back to what the source says.
    case.sync(&shop, &[]).expect(0);
    same_programs(case, &shop, &shop);
}

fn d03_events_stay_where_they_are_where_that_is_asked_for(case: &Case) {
    let shop = case.source("shop", EVENTS);
    case.fill(&case.b, &shop, "CREATE EVENT own ON SCHEDULE EVERY 1 DAY STARTS '2036-01-31 00:00:00' DISABLE DO SELECT 1;
        CREATE EVENT asleep ON SCHEDULE EVERY 1 DAY STARTS '2036-01-31 00:00:00' DISABLE DO SELECT 1;");
    let before = programs(&case.b, &shop);
    let (from, to) = (format!("a/{shop}"), format!("b/{shop}"));
    let warnings = plan(case, &from, &to, &["--events", "skip"])["warnings"].to_string();
    assert!(
        warnings
            .contains("left out, as --events skip asks: event asleep, often, once DO, replicated"),
        "{warnings}"
    );
    case.sync(&shop, &["--events", "skip"]).expect(0);
    assert_eq!(programs(&case.b, &shop), before);
}

fn d01_an_event_whose_time_has_passed_is_named_before_the_first_write(case: &Case) {
    let shop = case.source("shop",
        "CREATE TABLE t (id INT PRIMARY KEY);
         CREATE EVENT soon ON SCHEDULE AT CURRENT_TIMESTAMP + INTERVAL 1 SECOND DISABLE DO DELETE FROM t;
         CREATE EVENT kept ON SCHEDULE AT CURRENT_TIMESTAMP + INTERVAL 1 SECOND ON COMPLETION PRESERVE DISABLE DO DELETE FROM t;
         DO SLEEP(2);");
    let (from, to) = (format!("a/{shop}"), format!("b/{shop}"));
    let planned = plan(case, &from, &to, &[])["not_copied"].to_string();
    assert!(
        planned.contains("event soon") && planned.contains("its time has passed"),
        "{planned}"
    );
    let done = case.sync(&shop, &[]).expect(3);
    assert!(not_copied(&done).contains("event soon"));
    let mut expected = programs(&case.a, &shop);
    expected.retain(|line| !line.contains("\"soon\""));
    assert_eq!(programs(&case.b, &shop), expected);
}

on_both!(
    d03_enabled_events_are_warned_of_and_arrive_with_their_times_and_zones,
    d03_events_come_disabled_where_that_is_asked_for,
    d03_events_stay_where_they_are_where_that_is_asked_for,
    d01_an_event_whose_time_has_passed_is_named_before_the_first_write,
);
