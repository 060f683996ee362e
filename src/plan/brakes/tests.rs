use super::*;
use crate::model::catalog::Table;
use crate::model::survey::Product;
use crate::plan::{Side, TablePlan};

fn side() -> Side {
    Side {
        database: "shop".into(),
        product: Product {
            engine: "mysql".into(),
            flavour: "MariaDB".into(),
            version: "10.11".into(),
        },
        exists: true,
        fingerprint: 1,
    }
}

fn plan(tables: &[(&str, RowsOf)], removed: &[&str]) -> Plan {
    let planned = tables.iter().map(|(name, rows)| TablePlan {
        renamed: None,
        table: Table {
            name: name.to_string(),
            ..Table::default()
        },
        rows: *rows,
        replaces: true,
    });
    Plan {
        source: side(),
        target: side(),
        tables: planned.collect(),
        removed: removed.iter().map(|name| name.to_string()).collect(),
        objects: Vec::new(),
        dropped: Vec::new(),
        not_copied: Vec::new(),
        mapped: Vec::new(),
        warnings: Vec::new(),
        charset: None,
        collation: None,
        write_path: None,
        route: Default::default(),
    }
}

fn figures(rows: &[(&str, u64, u64)]) -> Facts {
    let figures = rows.iter().map(|(table, before, after)| Figure {
        table: table.to_string(),
        before: Rows(*before),
        after: Some(Rows(*after)),
    });
    Facts {
        figures: figures.collect(),
        ..Facts::default()
    }
}

fn problems(plan: &Plan, facts: &Facts, allow: &Allow) -> Vec<String> {
    let findings = brakes(plan, facts, allow).findings;
    findings.into_iter().map(|one| one.problem).collect()
}

#[test]
fn e11_an_empty_source_is_refused_however_little_the_target_holds() {
    let plan = plan(&[("a", RowsOf::Source)], &[]);
    let facts = figures(&[("a", 1, 0)]);
    let told = problems(&plan, &facts, &Allow::default());
    assert_eq!(
        told,
        ["shop: the source holds no rows, and the target holds 1 in 1 table"]
    );
    // Leave to lose rows is no leave to copy nothing.
    let vanish = Allow {
        vanish: 100,
        ..Allow::default()
    };
    assert_eq!(problems(&plan, &facts, &vanish).len(), 1);
    let empty = Allow {
        empty: true,
        ..Allow::default()
    };
    assert!(problems(&plan, &facts, &empty).is_empty());
    assert!(problems(&plan, &figures(&[("a", 0, 0)]), &Allow::default()).is_empty());
}

#[test]
fn e11_a_source_without_tables_is_empty_too() {
    let told = problems(
        &plan(&[], &["a"]),
        &figures(&[("a", 5, 0)]),
        &Allow::default(),
    );
    assert!(told[0].contains("the source holds no rows"), "{told:?}");
}

#[test]
fn e11_more_than_thirty_percent_of_the_whole_is_refused_with_the_figures() {
    let plan = plan(&[("a", RowsOf::Source), ("b", RowsOf::Nobody)], &["c"]);
    let at_most = figures(&[("a", 700, 700), ("b", 100, 0), ("c", 200, 0)]);
    assert!(problems(&plan, &at_most, &Allow::default()).is_empty());
    let above = figures(&[("a", 699, 699), ("b", 101, 0), ("c", 200, 0)]);
    let verdict = brakes(&plan, &above, &Allow::default());
    assert_eq!(
        verdict.findings[0].problem,
        "shop: 301 of 1,000 rows of the target would vanish (31 %): c 200 → 0, b 101 → 0"
    );
    assert!(verdict.findings[0].mend.contains("--allow-vanish 31%"));
    let allowed = Allow {
        vanish: 31,
        ..Allow::default()
    };
    assert!(problems(&plan, &above, &allowed).is_empty());
}

#[test]
fn e11_growing_tables_do_not_hide_shrinking_ones() {
    let plan = plan(&[("a", RowsOf::Source), ("b", RowsOf::Source)], &[]);
    let facts = figures(&[("a", 500, 100), ("b", 500, 9000)]);
    assert!(problems(&plan, &facts, &Allow::default())[0].contains("400 of 1,000"));
}

#[test]
fn fewer_than_a_hundred_vanishing_rows_never_brake() {
    let plan = plan(&[("a", RowsOf::Source)], &[]);
    assert!(problems(&plan, &figures(&[("a", 100, 1)]), &Allow::default()).is_empty());
    assert_eq!(
        problems(&plan, &figures(&[("a", 101, 1)]), &Allow::default()).len(),
        1
    );
}

#[test]
fn a_plan_without_rows_has_no_empty_source() {
    let plan = plan(&[("a", RowsOf::Nobody)], &[]);
    assert!(problems(&plan, &figures(&[("a", 9, 0)]), &Allow::default()).is_empty());
}

#[test]
fn e12_a_replica_is_refused_and_a_source_behind_its_target_is_said() {
    let facts = Facts {
        upstream: vec!["db1:3306".into()],
        follows: true,
        ..Facts::default()
    };
    let plan = plan(&[], &[]);
    let verdict = brakes(&plan, &facts, &Allow::default());
    assert!(
        verdict.findings[0]
            .problem
            .contains("is a replica of db1:3306")
    );
    assert_eq!(verdict.warnings.len(), 1);
    let allowed = Allow {
        replica: true,
        ..Allow::default()
    };
    assert!(problems(&plan, &facts, &allowed).is_empty());
}

#[test]
fn e10_the_other_direction_of_a_pair_needs_to_be_said() {
    let facts = Facts {
        reversed: true,
        label: Label::Development,
        ..Facts::default()
    };
    let plan = plan(&[], &[]);
    assert_eq!(problems(&plan, &facts, &Allow::default()).len(), 1);
    let allowed = Allow {
        reverse: true,
        ..Allow::default()
    };
    assert!(problems(&plan, &facts, &allowed).is_empty());
}

#[test]
fn e11_a_newer_target_is_refused_by_its_label() {
    let tide = |next, written| {
        vec![Tide {
            table: "a".into(),
            next: Some(next),
            written,
        }]
    };
    let plan = plan(&[("a", RowsOf::Source)], &[]);
    let facts = |label, source, target| Facts {
        label,
        tides: (source, target),
        ..Facts::default()
    };
    for label in Label::ALL {
        let ahead = facts(label, tide(10, Some(5)), tide(12, Some(6)));
        let verdict = brakes(&plan, &ahead, &Allow::default());
        let is_mild = matches!(label, Label::Testing | Label::Development);
        assert_eq!(verdict.findings.is_empty(), is_mild, "{label}");
        assert_eq!(verdict.warnings.len(), usize::from(is_mild), "{label}");
        let newer = Allow {
            newer: true,
            ..Allow::default()
        };
        assert_eq!(brakes(&plan, &ahead, &newer), Verdict::default());
    }
    // Both must hold: a counter ahead, and a later write.
    for (source, target) in [
        (tide(10, Some(6)), tide(12, Some(6))),
        (tide(12, Some(5)), tide(12, Some(6))),
        (tide(10, Some(5)), tide(12, None)),
    ] {
        let even = facts(Label::Production, source, target);
        assert_eq!(brakes(&plan, &even, &Allow::default()), Verdict::default());
    }
}
