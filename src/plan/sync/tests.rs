//! What becomes of tables and objects, by the options of a sync.

use super::*;
use crate::model::catalog::{Column, History};
use crate::model::spelling::{Remark, Wish};
use crate::model::survey::{Product, Unseen};
use crate::plan::{Risk, TableFilter};

fn table(name: &str, kind: &str) -> Table {
    let column = Column {
        name: "id".into(),
        kind: kind.into(),
        ..Column::default()
    };
    Table {
        name: name.into(),
        columns: vec![column],
        transactional: true,
        ..Table::default()
    }
}

fn object(kind: ObjectKind, name: &str, table: Option<&str>, definition: &str) -> Object {
    Object {
        kind,
        name: name.into(),
        table: table.map(str::to_string),
        definition: definition.into(),
        session: Vec::new(),
        definer: None,
        obstacle: None,
    }
}

fn survey(tables: Vec<Table>, objects: Vec<Object>) -> Survey {
    let product = Product {
        engine: "mysql".into(),
        flavour: "MariaDB".into(),
        version: "10.11.6".into(),
    };
    let catalog = Some(Catalog {
        database: "shop".into(),
        tables,
        objects,
        ..Catalog::default()
    });
    Survey {
        product,
        database: "shop".into(),
        catalog,
        collations: Default::default(),
        findings: Vec::new(),
        unseen: None,
        facts: Default::default(),
        write_paths: vec![WritePath::Bulk, WritePath::Insert],
    }
}

fn attempt(from: &Survey, to: &Survey, options: &SyncOptions) -> Result<Plan, Error> {
    sync(from, to, &unchanged(from), &Answers::new(), options)
}

fn unchanged(from: &Survey) -> Spelled {
    Spelled {
        catalog: from.catalog.clone().unwrap_or_default(),
        ..Spelled::default()
    }
}

fn plan(from: &Survey, to: &Survey, options: &SyncOptions) -> Plan {
    attempt(from, to, options).unwrap()
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.tables
        .iter()
        .map(|plan| plan.table.name.as_str())
        .collect()
}

#[test]
fn a_database_sync_mirrors_unless_told_to_keep_extra_tables() {
    let from = survey(vec![table("a", "int")], vec![]);
    let to = survey(
        vec![table("a", "int"), table("old", "int")],
        vec![object(ObjectKind::View, "v", None, "x")],
    );
    let mirrored = plan(&from, &to, &SyncOptions::default());
    assert_eq!(
        (mirrored.removed.as_slice(), mirrored.dropped.len()),
        (&["old".to_string()][..], 1)
    );
    let kept = plan(
        &from,
        &to,
        &SyncOptions {
            extra: ExtraTables::Keep,
            ..SyncOptions::default()
        },
    );
    assert!(kept.removed.is_empty() && kept.dropped.is_empty());
}

#[test]
fn a_table_sync_touches_nothing_else() {
    let from = survey(
        vec![table("a", "int"), table("b", "int")],
        vec![
            object(ObjectKind::Trigger, "t", Some("a"), "x"),
            object(ObjectKind::View, "v", None, "x"),
        ],
    );
    let to = survey(vec![table("old", "int")], vec![]);
    let only = TableFilter::new(&["a".to_string()]).unwrap();
    let plan = plan(
        &from,
        &to,
        &SyncOptions {
            only,
            ..SyncOptions::default()
        },
    );
    assert_eq!(names(&plan), ["a"]);
    assert_eq!(
        plan.objects.iter().map(Object::title).collect::<Vec<_>>(),
        ["trigger t"]
    );
    assert!(plan.removed.is_empty());
    assert_eq!(plan.risk(), Risk::Adds);
}

#[test]
fn an_unmatched_table_names_the_nearest() {
    let from = survey(vec![table("orders", "int")], vec![]);
    let only = TableFilter::new(&["ordres".to_string()]).unwrap();
    let error = sync(
        &from,
        &from,
        &unchanged(&from),
        &Answers::new(),
        &SyncOptions {
            only,
            ..SyncOptions::default()
        },
    )
    .unwrap_err();
    assert_eq!(
        error,
        Error::Usage("no table matches ordres; did you mean orders?".into())
    );
}

#[test]
fn schema_refuses_a_differing_table_that_holds_rows_and_replaces_an_empty_one() {
    let from = survey(vec![table("a", "int"), table("b", "int")], vec![]);
    let to = survey(vec![table("a", "bigint"), table("b", "int")], vec![]);
    let options = SyncOptions {
        content: Content::Schema,
        ..SyncOptions::default()
    };
    assert_eq!(
        probes(&unchanged(&from), &to, &options),
        [Probe::Count("a".into())]
    );
    let answer = |rows| Answers::from([(Probe::Count("a".into()), Rows(rows))]);
    assert!(matches!(
        sync(&from, &to, &unchanged(&from), &answer(3), &options),
        Err(Error::Findings(_))
    ));
    let plan = sync(&from, &to, &unchanged(&from), &answer(0), &options).unwrap();
    assert_eq!(
        (names(&plan), plan.tables[0].rows),
        (vec!["a"], RowsOf::Nobody)
    );
}

#[test]
fn data_needs_the_same_structure_and_keeps_the_targets_triggers() {
    let from = survey(
        vec![table("a", "int")],
        vec![object(ObjectKind::Trigger, "theirs", Some("a"), "x")],
    );
    let own = object(ObjectKind::Trigger, "own", Some("a"), "x");
    let same = survey(vec![table("a", "int")], vec![own.clone()]);
    let options = SyncOptions {
        content: Content::Data,
        ..SyncOptions::default()
    };
    assert_eq!(plan(&from, &same, &options).objects, [own]);
    let other = survey(vec![table("a", "bigint")], vec![]);
    assert!(matches!(
        attempt(&from, &other, &options),
        Err(Error::Findings(_))
    ));
}

#[test]
fn d04_an_unknown_collation_is_refused_by_name() {
    let mut from = survey(vec![table("a", "int")], vec![]);
    from.catalog.as_mut().unwrap().collation = Some("utf8mb4_0900_ai_ci".into());
    let mut to = survey(vec![], vec![]);
    to.collations.insert("utf8mb4_general_ci".into());
    let Err(Error::Findings(findings)) = attempt(&from, &to, &SyncOptions::default()) else {
        panic!("a plan was made");
    };
    assert!(
        findings[0].problem.contains("utf8mb4_0900_ai_ci"),
        "{findings:?}"
    );
}

#[test]
fn unchanged_objects_are_left_alone_and_triggers_of_swapped_tables_come_back() {
    let view = object(ObjectKind::View, "v", None, "x");
    let trigger = object(ObjectKind::Trigger, "t", Some("a"), "x");
    let both = survey(vec![table("a", "int")], vec![view, trigger.clone()]);
    assert_eq!(
        plan(&both, &both, &SyncOptions::default()).objects,
        [trigger]
    );
}

#[test]
fn c08_what_the_source_may_hide_is_not_dropped_on_the_target() {
    let mut from = survey(vec![table("a", "int")], vec![]);
    let function = object(ObjectKind::Function, "f", None, "x");
    let view = object(ObjectKind::View, "v", None, "x");
    let to = survey(vec![table("a", "int")], vec![function, view]);
    assert_eq!(plan(&from, &to, &SyncOptions::default()).dropped.len(), 2);
    from.unseen = Some(Unseen {
        tables: false,
        kinds: vec![ObjectKind::Function],
        mend: "GRANT …;".into(),
    });
    let careful = plan(&from, &to, &SyncOptions::default());
    assert_eq!(careful.dropped.len(), 1);
    assert!(careful.warnings[0].contains("GRANT …;"));
}

#[test]
fn d03_what_is_said_of_several_objects_is_said_once_of_those_that_are_copied() {
    let views = ["a", "b", "same"].map(|name| object(ObjectKind::View, name, None, "x"));
    let from = survey(vec![], views.to_vec());
    let to = survey(vec![], vec![views[2].clone()]);
    let remark = |view: &Object| Remark {
        about: About::Object(view.kind, view.name.clone()),
        says: Says::Together(Box::new(Says::Warning("unknown".into()))),
    };
    let spelled = Spelled {
        remarks: views.iter().map(remark).collect(),
        ..unchanged(&from)
    };
    let plan = sync(
        &from,
        &to,
        &spelled,
        &Answers::new(),
        &SyncOptions::default(),
    )
    .unwrap();
    assert_eq!(plan.warnings, ["unknown: view a, view b"]);
}

#[test]
fn d03_events_that_are_left_out_are_named_and_those_of_the_target_stay() {
    let from = survey(vec![], vec![object(ObjectKind::Event, "e", None, "x")]);
    let to = survey(vec![], vec![object(ObjectKind::Event, "own", None, "x")]);
    let options = SyncOptions {
        wish: Wish {
            events: Events::Skip,
            ..Wish::default()
        },
        ..SyncOptions::default()
    };
    let none = unchanged(&survey(vec![], vec![]));
    let plan = sync(&from, &to, &none, &Answers::new(), &options).unwrap();
    assert!(plan.dropped.is_empty() && plan.objects.is_empty());
    assert_eq!(plan.warnings, ["left out, as --events skip asks: event e"]);
}

#[test]
fn a21_a_history_that_stays_behind_is_named() {
    let mut versioned = table("a", "int");
    versioned.history = History::Left("the target is too old".into());
    let from = survey(vec![versioned], vec![]);
    let plan = plan(&from, &survey(vec![], vec![]), &SyncOptions::default());
    assert_eq!(plan.not_copied[0].what, "history of table a");
}

#[test]
fn products_are_not_mixed() {
    let from = survey(vec![], vec![]);
    let mut to = survey(vec![], vec![]);
    to.product = Product {
        engine: "sqlite".into(),
        flavour: "SQLite".into(),
        version: "3.54.1".into(),
    };
    assert!(matches!(
        attempt(&from, &to, &SyncOptions::default()),
        Err(Error::Findings(_))
    ));
}
