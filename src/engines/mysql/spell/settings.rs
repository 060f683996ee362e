//! Tables that the target's settings would not take, or would change.

use crate::model::catalog::Table;
use crate::model::spelling::{About, Remark, Says, Spelled};
use crate::model::survey::{Finding, Survey};

pub fn spell(spelled: &mut Spelled, to: &Survey) {
    let tables = spelled.catalog.tables.iter();
    let found: Vec<Remark> = tables
        .flat_map(|table| {
            let findings = [engine(table, to), key(table, to), stamp(table, to)];
            findings.into_iter().flatten().map(|finding| Remark {
                about: About::Table(table.name.clone()),
                says: Says::Refused(finding),
            })
        })
        .collect();
    spelled.remarks.extend(found);
}

fn engine(table: &Table, to: &Survey) -> Option<Finding> {
    let known = &to.facts.engines;
    let (_, engine) = table.options.iter().find(|(name, _)| name == "engine")?;
    let is_known = known.iter().any(|one| one.eq_ignore_ascii_case(engine));
    (!known.is_empty() && !is_known).then(|| Finding {
        problem: format!(
            "table {} is of the engine {engine}, which the target does not have, or has disabled",
            table.name
        ),
        mend: format!(
            "ALTER TABLE {} ENGINE = InnoDB; on the source, or let the target have the engine, or --exclude {}",
            super::super::dialect::quote(&table.name),
            table.name
        ),
    })
}

fn key(table: &Table, to: &Survey) -> Option<Finding> {
    let setting = to.facts.wants_keys.as_ref()?;
    let has_one = table.indexes.iter().any(|index| index.primary);
    (!has_one).then(|| Finding {
        problem: format!(
            "table {} has no primary key, and the target asks for one of every table ({setting})",
            table.name
        ),
        mend: format!(
            "SET GLOBAL {setting} = OFF; on the target, or give the table a key, or --exclude {}",
            table.name
        ),
    })
}

/// A TIMESTAMP that must have a value and says nothing of a default.
fn stamp(table: &Table, to: &Survey) -> Option<Finding> {
    let bare = table.columns.iter().find(|column| {
        column.kind.starts_with("timestamp")
            && !column.nullable
            && column.default.is_none()
            && column.generated.is_none()
    })?;
    to.facts.stamps.then(|| Finding {
        problem: format!(
            "the target would give {} of table {} a default (explicit_defaults_for_timestamp is off)",
            bare.name, table.name
        ),
        mend: "SET GLOBAL explicit_defaults_for_timestamp = ON; on the target".into(),
    })
}
