//! Taking a run back: the tables that it replaced go live again, with the objects that stood around them.
//!
//! It is the same swap the other way round, so what is rolled back becomes an undo of its own.

use std::sync::Arc;
use std::time::Instant;

use super::event::{Event, Listener};
use super::{Error, Outcome};
use crate::engines::{Opening, Replaced, Server, Target, TargetWork, Undo};
use crate::model::catalog::{Catalog, Object, ObjectKind};
use crate::model::diff::fingerprint;
use crate::model::survey::SnapshotLevel;
use crate::model::units::counted;
use crate::run::Verify;

/// What a rollback will do.
#[derive(Clone, Debug)]
pub struct Rollback {
    pub undo: Undo,
    pub work: TargetWork,
    /// Tables that were written since the run, each with how that is known: those rows would leave.
    pub written: Vec<(String, String)>,
}

/// Reads what must be known. Nothing is written.
pub async fn plan(server: &dyn Server, undo: &Undo, run: &str) -> Result<Rollback, Error> {
    let Replaced { work, written } = server.replaced(undo).await?;
    let now = server.catalog(&work.database).await?;
    Ok(Rollback {
        work: reverse(&work, now, run),
        undo: undo.clone(),
        written,
    })
}

/// The work that takes another one back, given what the database holds now.
pub fn reverse(work: &TargetWork, now: Option<Catalog>, run: &str) -> TargetWork {
    let old = work.before.clone().unwrap_or_default();
    let present = now.clone().unwrap_or_default();
    let returns: Vec<String> = old
        .tables
        .iter()
        .map(|table| table.name.clone())
        .filter(|name| work.tables.contains(name) || work.removed.contains(name))
        .collect();
    let came = work
        .tables
        .iter()
        .filter(|name| !returns.contains(name) && present.table(name).is_some());
    let is_of = |object: &Object| {
        object
            .table
            .as_ref()
            .is_some_and(|table| returns.contains(table))
    };
    // A sequence comes back with its old position, even where its definition is the same; what the run has not moved
    // is not in the undo.
    let has_moved = |object: &Object| {
        let mut moved = work.objects.iter().chain(&work.dropped);
        moved.any(|other| other.kind == object.kind && other.name == object.name)
    };
    let objects = old.objects.iter().filter(|object| match object.kind {
        ObjectKind::Sequence => has_moved(object),
        _ => is_of(object) || present.object(object.kind, &object.name) != Some(*object),
    });
    let dropped = present.objects.iter().filter(|object| {
        old.object(object.kind, &object.name).is_none()
            && work
                .objects
                .iter()
                .any(|made| made.kind == object.kind && made.name == object.name)
    });
    TargetWork {
        run: run.to_string(),
        database: work.database.clone(),
        charset: old.charset.clone(),
        collation: old.collation.clone(),
        tables: returns.clone(),
        removed: came.cloned().collect(),
        objects: objects.cloned().collect(),
        dropped: dropped.cloned().collect(),
        vanishes: work.before.is_none(),
        path: None,
        source: old,
        before: now,
    }
}

/// Carries a rollback out.
///
/// # Errors
/// Before the swap everything is put back; [`Error::Behind`] comes after it.
pub async fn execute(
    rollback: &Rollback,
    server: &dyn Server,
    keep: usize,
    listener: &dyn Listener,
) -> Result<Outcome, Error> {
    let started = Instant::now();
    let work = &rollback.work;
    let phase = |phase: String| {
        listener.on(&Event::Phase {
            database: work.database.clone(),
            phase,
        });
    };
    let opening = Opening::Undo(rollback.undo.clone());
    let target: Arc<dyn Target> = Arc::from(server.target(work, &opening).await?);
    for text in target.swept() {
        listener.on(&Event::Notice { text: text.clone() });
    }
    phase(format!(
        "taking {} back",
        counted(work.tables.len(), "table")
    ));
    let swapped = async {
        unmoved(rollback, server).await?;
        target.complete().await?;
        target.swap().await?;
        Ok::<_, Error>(())
    };
    if let Err(error) = swapped.await {
        if let Err(left) = target.discard().await {
            let text = format!(
                "the rollback left marks ({}); prune removes them",
                left.full()
            );
            listener.on(&Event::Notice { text });
        }
        return Err(error);
    }
    phase("making views, triggers and routines".into());
    let failed = target.objects().await.map_err(Error::Behind)?;
    let undo = target.finish(keep).await.map_err(Error::Behind)?;
    Ok(Outcome {
        tables: Vec::new(),
        level: SnapshotLevel {
            consistent: true,
            how: "the undo".into(),
            readers: 0,
            locked: None,
        },
        verify: Verify::None,
        failed_objects: failed
            .iter()
            .map(|(what, cause)| (what.clone(), cause.full()))
            .collect(),
        undo,
        took: started.elapsed(),
    })
}

/// Sees, under the lock, that the database is what was shown: nothing was made or written since.
async fn unmoved(rollback: &Rollback, server: &dyn Server) -> Result<(), Error> {
    let work = &rollback.work;
    let now = server.catalog(&work.database).await?;
    let Replaced { written, .. } = server.replaced(&rollback.undo).await?;
    let is_known = |(table, _): &(String, String)| {
        let mut shown = rollback.written.iter();
        shown.any(|(other, _)| other == table)
    };
    match fingerprint(now.as_ref()) == fingerprint(work.before.as_ref())
        && written.iter().all(is_known)
    {
        true => Ok(()),
        false => Err(Error::Moved("target")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalog::Table;

    fn catalog(tables: &[&str], objects: &[(&str, &str)]) -> Catalog {
        let table = |name: &&str| Table {
            name: name.to_string(),
            ..Table::default()
        };
        let object = |(name, definition): &(&str, &str)| Object {
            kind: ObjectKind::View,
            name: name.to_string(),
            table: None,
            definition: definition.to_string(),
            session: Vec::new(),
            definer: None,
            obstacle: None,
        };
        Catalog {
            tables: tables.iter().map(table).collect(),
            objects: objects.iter().map(object).collect(),
            ..Catalog::default()
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    fn titles(objects: &[Object]) -> Vec<&str> {
        objects.iter().map(|object| object.name.as_str()).collect()
    }

    /// A run that replaced `a`, added `b`, removed `c`, and changed the views.
    fn work() -> TargetWork {
        let made = catalog(&[], &[("changed", "new"), ("added", "x")]).objects;
        TargetWork {
            run: "1".into(),
            database: "shop".into(),
            charset: None,
            collation: None,
            source: catalog(&["a", "b"], &[("changed", "new"), ("added", "x")]),
            before: Some(catalog(
                &["a", "c", "kept"],
                &[("changed", "old"), ("gone", "y"), ("same", "z")],
            )),
            tables: names(&["a", "b"]),
            removed: names(&["c"]),
            objects: made,
            dropped: Vec::new(),
            vanishes: false,
            path: None,
        }
    }

    #[test]
    fn e14_a_rollback_brings_back_what_was_replaced_and_removed() {
        let now = catalog(
            &["a", "b", "kept", "later"],
            &[
                ("changed", "new"),
                ("added", "x"),
                ("same", "z"),
                ("own", "o"),
            ],
        );
        let back = reverse(&work(), Some(now), "2");
        assert_eq!(back.tables, ["a", "c"]);
        assert_eq!(back.removed, ["b"]);
        assert_eq!(titles(&back.objects), ["changed", "gone"]);
        assert_eq!(titles(&back.dropped), ["added"]);
        assert!(!back.vanishes);
    }

    #[test]
    fn e14_a_database_that_a_run_made_vanishes_with_its_rollback() {
        let made = TargetWork {
            before: None,
            removed: Vec::new(),
            ..work()
        };
        let back = reverse(&made, Some(catalog(&["a", "b"], &[("added", "x")])), "2");
        assert!(back.vanishes && back.tables.is_empty());
        assert_eq!(back.removed, ["a", "b"]);
        assert_eq!(titles(&back.dropped), ["added"]);
    }
}
