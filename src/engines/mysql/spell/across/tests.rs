use std::collections::BTreeSet;

use super::*;
use crate::model::catalog::{Catalog, Column, Object, ObjectKind, Table};
use crate::model::survey::Facts;

fn survey(flavour: &str, version: &str, collations: &[&str], table: Option<Table>) -> Survey {
    Survey {
        product: Product {
            engine: "mysql".into(),
            flavour: flavour.into(),
            version: version.into(),
        },
        database: "d".into(),
        catalog: table.map(|table| Catalog {
            collation: Some("utf8mb4_general_ci".into()),
            tables: vec![table],
            ..Catalog::default()
        }),
        collations: collations
            .iter()
            .map(|name| name.to_string())
            .collect::<BTreeSet<_>>(),
        findings: Vec::new(),
        unseen: None,
        facts: Facts::default(),
        write_paths: Vec::new(),
    }
}

fn table(definition: &str, columns: &[(&str, &str, Option<&str>)]) -> Table {
    let columns = columns.iter().map(|(name, kind, collation)| Column {
        name: name.to_string(),
        kind: kind.to_string(),
        charset: collation.map(|collation| collations::charset(collation).to_string()),
        collation: collation.map(str::to_string),
        ..Column::default()
    });
    Table {
        name: "t".into(),
        columns: columns.collect(),
        options: vec![("collation".into(), "utf8mb4_general_ci".into())],
        definition: definition.into(),
        ..Table::default()
    }
}

fn spelled(from: &Survey, to: &Survey) -> Spelled {
    let mut spelled = Spelled {
        catalog: from.catalog.clone().unwrap(),
        ..Spelled::default()
    };
    spell(&mut spelled, from, to);
    spelled
}

const OLD: &str =
    "CREATE TABLE `t` (\n  `a` varchar(9) DEFAULT NULL\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";

#[test]
fn between_servers_of_one_version_nothing_is_touched() {
    let columns = [("a", "varchar(9)", Some("utf8mb4_general_ci"))];
    let from = survey("MySQL", "9.7.4", &[], Some(table(OLD, &columns)));
    let to = survey("MySQL", "9.7.4", &["utf8mb4_general_ci"], None);
    let spelled = spelled(&from, &to);
    assert_eq!(Some(spelled.catalog), from.catalog);
    assert_eq!(spelled.remarks, []);
}

#[test]
fn d04_a_newer_version_with_other_defaults_gets_every_collation_spelled_out() {
    let columns = [("a", "varchar(9)", Some("utf8mb4_general_ci"))];
    let from = survey("MariaDB", "10.5.23", &[], Some(table(OLD, &columns)));
    let to = survey("MariaDB", "11.8.6", &["utf8mb4_general_ci"], None);
    let spelled = spelled(&from, &to);
    assert_eq!(
        spelled.catalog.tables[0].definition,
        "CREATE TABLE `t` (\n  `a` varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci DEFAULT NULL\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci"
    );
    assert_eq!(spelled.remarks, []);
}

#[test]
fn d04_defaults_that_are_expressions_stand_in_parentheses_for_mysql() {
    let definition = "CREATE TABLE `t` (\n  `a` char(36) DEFAULT uuid(),\n  `b` text DEFAULT 'x',\n  `c` int(11) DEFAULT -1,\n  `d` datetime DEFAULT current_timestamp() ON UPDATE current_timestamp(),\n  `e` date DEFAULT (curdate() + interval 1 day),\n  `f` text DEFAULT NULL,\n  `g` bit(4) DEFAULT b'101'\n) ENGINE=InnoDB";
    let from = survey("MariaDB", "10.11.6", &[], Some(table(definition, &[])));
    let to = survey("MySQL", "9.7.4", &["utf8mb4_general_ci"], None);
    let written = spelled(&from, &to).catalog.tables.remove(0).definition;
    for line in [
        "`a` char(36) DEFAULT (uuid())",
        "`b` text DEFAULT ('x')",
        "`c` int(11) DEFAULT -1",
        "`d` datetime DEFAULT current_timestamp() ON UPDATE current_timestamp()",
        "`e` date DEFAULT (curdate() + interval 1 day)",
        "`f` text DEFAULT NULL",
        "`g` bit(4) DEFAULT b'101'",
    ] {
        assert!(
            written.contains(&format!("  {line}")),
            "no {line} in {written}"
        );
    }
}

#[test]
fn d04_names_of_checks_that_another_table_has_are_left_to_mysql() {
    let definition = "CREATE TABLE `t` (\n  `a` int(11) DEFAULT NULL CHECK (`a` > 0),\n  CONSTRAINT `CONSTRAINT_1` CHECK (`a` < 9),\n  CONSTRAINT `own` CHECK (`a` <> 5)\n) ENGINE=InnoDB";
    let mut from = survey("MariaDB", "10.11.6", &[], Some(table(definition, &[])));
    let catalog = from.catalog.as_mut().unwrap();
    catalog.tables.push(Table {
        name: "u".into(),
        ..table(definition, &[])
    });
    let to = survey("MySQL", "9.7.4", &["utf8mb4_general_ci"], None);
    let spelled = spelled(&from, &to);
    let written = |number: usize| spelled.catalog.tables[number].definition.clone();
    assert!(written(0).contains("CONSTRAINT `own` CHECK") && !written(0).contains("CONSTRAINT_1"));
    assert!(!written(1).contains("CONSTRAINT"));
    let told: Vec<&Remark> = spelled.remarks.iter().collect();
    assert!(matches!(&told[..], [Remark { about: About::Table(name), .. }] if name == "u"));
}

/// What becomes of a function and what is said of it, from MySQL to MariaDB, or the other way.
fn program(definition: &str, to_mariadb: bool) -> (String, Vec<Says>) {
    let known = [
        "utf8mb4_general_ci",
        "utf8mb4_uca1400_nopad_ai_ci",
        "latin1_swedish_ci",
    ];
    let theirs = [
        "utf8mb4_general_ci",
        "utf8mb4_0900_ai_ci",
        "latin1_swedish_ci",
    ];
    let mut from = survey("MySQL", "9.7.4", &theirs, None);
    let mut to = survey("MariaDB", "10.11.6", &known, None);
    if !to_mariadb {
        std::mem::swap(&mut from, &mut to);
    }
    from.catalog = Some(Catalog {
        objects: vec![Object {
            kind: ObjectKind::Function,
            name: "f".into(),
            table: None,
            definition: definition.into(),
            session: vec![("sql_mode".into(), String::new())],
            definer: None,
            obstacle: None,
        }],
        ..Catalog::default()
    });
    let mut spelled = spelled(&from, &to);
    let says = spelled.remarks.into_iter().map(|remark| remark.says);
    let says = says.collect();
    (spelled.catalog.objects.remove(0).definition, says)
}

#[test]
fn d04_a_character_set_of_a_program_keeps_its_collation() {
    let text = "CREATE DEFINER=`a`@`%` FUNCTION `f`(s varchar(9) CHARSET utf8mb4, t text CHARACTER SET latin1) RETURNS varchar(20) CHARSET utf8mb4\nBEGIN DECLARE c VARCHAR(9) CHARACTER SET utf8mb4 DEFAULT ''; DECLARE d VARCHAR(9) CHARSET utf8mb4 COLLATE utf8mb4_general_ci; RETURN c; END";
    let (changed, says) = program(text, true);
    let spelled = |collation: &str| {
        text.replace(
            "CHARSET utf8mb4,",
            &format!("CHARSET utf8mb4 COLLATE {collation},"),
        )
        .replace(
            "CHARSET utf8mb4\n",
            &format!("CHARSET utf8mb4 COLLATE {collation}\n"),
        )
        .replace(
            "SET utf8mb4 DEFAULT",
            &format!("SET utf8mb4 COLLATE {collation} DEFAULT"),
        )
    };
    assert_eq!(changed, spelled("utf8mb4_uca1400_nopad_ai_ci"));
    let [Says::Mapped(mapped)] = &says[..] else {
        panic!("{says:?}")
    };
    assert_eq!(mapped.from, "utf8mb4_0900_ai_ci");
    assert_eq!(mapped.to, "utf8mb4_uca1400_nopad_ai_ci");
    let (changed, _) = program(text, false);
    assert_eq!(changed, spelled("utf8mb4_general_ci"));
}

#[test]
fn d04_where_no_collation_may_stand_the_difference_is_told() {
    let text = "CREATE DEFINER=`a`@`%` FUNCTION `f`(n INT) RETURNS int\nRETURN CAST(n AS CHAR CHARACTER SET utf8mb4) = 'a' AND CONVERT(n USING latin1) = 'b'";
    let (changed, says) = program(text, true);
    assert_eq!(changed, text);
    assert!(
        matches!(&says[..], [Says::Warning(told)] if told.contains("function f") && told.contains("utf8mb4_0900_ai_ci")),
        "{says:?}"
    );
    let latin = text.replace("utf8mb4", "latin1");
    assert_eq!(program(&latin, true), (latin, Vec::new()));
}
