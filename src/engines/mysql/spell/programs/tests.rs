//! What is said and done of one program, without a server.

use super::*;
use crate::model::catalog::Catalog;
use crate::model::survey::{Facts, Product};

fn object(kind: ObjectKind, definition: &str) -> Object {
    Object {
        kind,
        name: "it".into(),
        table: None,
        definition: definition.into(),
        session: vec![("sql_mode".into(), String::new())],
        definer: None,
        obstacle: None,
    }
}

/// A server on which `writer` may do everything but what needs a privilege for all databases.
fn survey(flavour: &str, version: &str, objects: Vec<Object>) -> Survey {
    let database = "shop".to_string();
    Survey {
        product: Product {
            engine: "mysql".into(),
            flavour: flavour.into(),
            version: version.into(),
        },
        catalog: Some(Catalog {
            database: database.clone(),
            objects,
            ..Catalog::default()
        }),
        database,
        collations: BTreeSet::new(),
        findings: Vec::new(),
        unseen: None,
        facts: Facts {
            account: "writer@%".into(),
            accounts: Some(BTreeSet::from(["writer@%".into(), "app@%".into()])),
            system_accounts: Some(BTreeSet::from(["app@%".into()])),
            ..Facts::default()
        },
        write_paths: Vec::new(),
    }
}

fn spelled(one: Object, to: &Survey, wish: Wish) -> (Object, Vec<Says>) {
    let from = survey("MariaDB", "10.11.6", vec![one]);
    let mut spelled = Spelled {
        catalog: from.catalog.clone().unwrap(),
        ..Spelled::default()
    };
    spell(&mut spelled, &from, to, wish);
    let says = spelled.remarks.into_iter().map(|remark| remark.says);
    let says = says.map(|says| match says {
        Says::Together(says) => *says,
        says => says,
    });
    (spelled.catalog.objects.remove(0), says.collect())
}

fn event(state: &str) -> Object {
    let text = format!(
        "CREATE DEFINER=`writer`@`%` EVENT `ENABLE` ON SCHEDULE EVERY 1 DAY ON COMPLETION NOT PRESERVE {state} \
         COMMENT 'ENABLE' DO ENABLE"
    );
    object(ObjectKind::Event, &text)
}

#[test]
fn d03_an_event_is_disabled_where_it_says_that_it_is_enabled_and_nowhere_else() {
    let to = survey("MariaDB", "10.11.6", Vec::new());
    let wish = Wish {
        events: Events::Disable,
        ..Wish::default()
    };
    let (disabled, says) = spelled(event("ENABLE"), &to, wish);
    assert_eq!(disabled.definition, event("DISABLE").definition);
    assert!(matches!(&says[..], [Says::Mapped(_)]));
    assert_eq!(
        spelled(event("DISABLE"), &to, wish),
        (event("DISABLE"), Vec::new())
    );
}

#[test]
fn d03_events_that_came_by_replication_stay_so_in_the_words_of_the_target() {
    for (flavour, version, word) in [
        ("MariaDB", "11.8.1", "SLAVE"),
        ("MySQL", "8.0.36", "SLAVE"),
        ("MySQL", "9.7.4", "REPLICA"),
    ] {
        let to = survey(flavour, version, Vec::new());
        for before in ["SLAVE", "REPLICA"] {
            let one = event(&format!("DISABLE ON {before}"));
            let (found, says) = spelled(one, &to, Wish::default());
            let expected = event(&format!("DISABLE ON {word}"));
            assert_eq!((found.definition, says), (expected.definition, Vec::new()));
        }
    }
}

/// What a plan says of a procedure of `app`, to an account with these privileges.
fn of_app(flavour: &str, version: &str, held: &[&str]) -> Vec<String> {
    let mut to = survey(flavour, version, Vec::new());
    to.facts.held = held.iter().map(|one| one.to_string()).collect();
    let one = object(
        ObjectKind::Procedure,
        "CREATE DEFINER=`app`@`%` PROCEDURE `it`() SELECT 1",
    );
    let says = spelled(one, &to, Wish::default()).1;
    let mends = says.into_iter().map(|says| match says {
        Says::Refused(finding) => finding.mend,
        says => format!("{says:?}"),
    });
    mends.collect()
}

#[test]
fn d03_each_version_has_its_privilege_for_the_definers_of_others() {
    for (flavour, version, held, needed) in [
        ("MariaDB", "10.4.1", &[][..], "SUPER"),
        ("MariaDB", "10.11.6", &[], "SET USER"),
        ("MySQL", "5.7.1", &[], "SUPER"),
        ("MySQL", "8.0.36", &[], "SET_USER_ID"),
        ("MySQL", "8.4.1", &["SET_USER_ID"], "SET_ANY_DEFINER"),
        ("MySQL", "9.7.4", &["SET_ANY_DEFINER"], "SYSTEM_USER"),
    ] {
        let mend = format!("GRANT {needed} ON *.* TO `writer`@`%`; or --definer current");
        assert_eq!(
            of_app(flavour, version, held),
            [mend],
            "{flavour} {version}"
        );
    }
    for (flavour, version, held) in [
        ("MariaDB", "10.11.6", &["SET USER"][..]),
        ("MariaDB", "10.11.6", &["ALL PRIVILEGES"]),
        ("MySQL", "5.7.1", &["SUPER"]),
        ("MySQL", "9.7.4", &["SET_ANY_DEFINER", "SYSTEM_USER"]),
    ] {
        assert!(
            of_app(flavour, version, held).is_empty(),
            "{flavour} {version}"
        );
    }
}

#[test]
fn d03_the_definer_is_replaced_in_the_quotes_that_it_has() {
    let to = survey("MySQL", "9.7.4", Vec::new());
    let wish = Wish {
        definer: Definer::Current,
        ..Wish::default()
    };
    for (before, after) in [
        (
            "CREATE DEFINER=`app`@`%` PROCEDURE `a`() SELECT 'DEFINER=`app`'",
            "CREATE DEFINER=`writer`@`%` PROCEDURE `a`() SELECT 'DEFINER=`app`'",
        ),
        (
            "CREATE DEFINER=`a``b@c`@`::1` VIEW `a` AS select 1",
            "CREATE DEFINER=`writer`@`%` VIEW `a` AS select 1",
        ),
        (
            "CREATE DEFINER=`role` PROCEDURE p() SELECT 1",
            "CREATE DEFINER=`writer`@`%` PROCEDURE p() SELECT 1",
        ),
        (
            "CREATE DEFINER=été@`%` TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1",
            "CREATE DEFINER=`writer`@`%` TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @a = 1",
        ),
    ] {
        let (found, _) = spelled(object(ObjectKind::Procedure, before), &to, wish);
        assert_eq!(found.definition, after);
        assert_eq!(found.definer.as_deref(), Some("writer@%"));
    }
    let mut ansi = object(
        ObjectKind::Procedure,
        "CREATE DEFINER=\"app\"@\"%\" PROCEDURE \"a\"() SELECT 1",
    );
    ansi.session = vec![("sql_mode".into(), "ANSI_QUOTES".into())];
    let (found, _) = spelled(ansi, &to, wish);
    assert_eq!(
        found.definition,
        "CREATE DEFINER=\"writer\"@\"%\" PROCEDURE \"a\"() SELECT 1"
    );
}

#[test]
fn d03_the_binary_log_trusts_what_says_that_it_changes_nothing() {
    let mut to = survey("MariaDB", "10.11.6", Vec::new());
    to.facts.guards_functions = true;
    let refused = |text: &str, to: &Survey| {
        let says = spelled(object(ObjectKind::Function, text), to, Wish::default()).1;
        !says.is_empty()
    };
    let safe = "CREATE FUNCTION `f`() RETURNS int(11)\n    READS SQL DATA\nRETURN 1";
    let unsafe_one = "CREATE FUNCTION `f`() RETURNS int(11)\nRETURN (SELECT DETERMINISTIC FROM t)";
    assert!(refused(safe, &to) && refused(unsafe_one, &to));
    to.facts.held = BTreeSet::from(["SUPER".to_string()]);
    assert!(!refused(safe, &to) && refused(unsafe_one, &to));
    to.facts.guards_functions = false;
    assert!(!refused(unsafe_one, &to));
}

#[test]
fn a09_bytes_after_an_introducer_do_not_travel_in_another_character_set() {
    let to = survey("MySQL", "9.7.4", Vec::new());
    let latin1 = |text: &str| {
        let mut one = object(ObjectKind::Procedure, text);
        one.session = vec![
            ("character_set_client".into(), "latin1".into()),
            ("collation_connection".into(), "latin1_swedish_ci".into()),
        ];
        spelled(one, &to, Wish::default()).0
    };
    let mapped = latin1("CREATE PROCEDURE `p`() SELECT 'ü'");
    assert_eq!(mapped.session[0].1, "utf8mb4");
    assert!(
        latin1("CREATE PROCEDURE `p`() SELECT _latin1 'ü'")
            .obstacle
            .is_some()
    );
    assert_eq!(
        latin1("CREATE PROCEDURE `p`() SELECT _latin1 'u'").session[0].1,
        "latin1"
    );
}
