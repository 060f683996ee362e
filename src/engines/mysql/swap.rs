//! The moment of the swap, and what RENAME does not carry.
//!
//! Triggers of replaced tables, views in the way and foreign keys of tables that stay step aside before the RENAME
//! and are put back when it fails. Objects, and the keys that cross the border of the swap, are made after it: each
//! step may be done again by whoever finds the run dead.

use std::time::Duration;

use super::dialect::quote;
use super::marks::MARKS;
use super::session::{Purpose, Session, number};
use super::target::{MySqlTarget, create_database};
use super::{marks, objects, outside, sequences};
use crate::engines::{Error, Result, TargetWork, kill};
use crate::model::catalog::{ForeignKey, Object, ObjectKind, Table};

/// How long a statement outside of the swap waits for somebody's lock, in seconds.
const PATIENT: &str = "SET SESSION lock_wait_timeout = 60";
/// How often the swap asks for its locks, two seconds each time.
const SWAP_TRIES: usize = 5;

impl MySqlTarget {
    /// Ends with the RENAME: what fails before it is put back, what fails after it comes in `objects`.
    pub(super) async fn make_live(&self) -> Result<()> {
        let mut session = self.session.lock().await;
        // Whoever finds this run dead knows from here on what may be missing.
        let work = marks::packed(&self.work)?;
        marks::enter(&mut session, &self.work.run, "swapping", ("work", &work)).await?;
        let mut create = format!(
            "SET SESSION lock_wait_timeout = 2; CREATE DATABASE IF NOT EXISTS {}",
            quote(&self.noted.undo)
        );
        if self.work.before.is_none() && !self.is_in_place() {
            create = format!(
                "{create}; {}",
                create_database(&self.work.database, &self.work)
            );
        }
        session
            .run("make a place for the old tables", &create)
            .await?;
        let parked = self.parked();
        let cause = match self.replace(&mut session, &parked).await {
            Ok(()) => return Ok(()),
            Err(cause) => cause,
        };
        if matches!(cause, Error::Lost { .. }) {
            // Whether it happened is for the next connection to see.
            return Err(cause);
        }
        // The live tables are the old ones still: what stepped aside for the swap comes back.
        match self.put_back(&mut session, &parked).await {
            Ok(()) => Err(cause),
            Err(lost) => Err(Error::Mismatch(format!(
                "{}; {}",
                cause.full(),
                lost.full()
            ))),
        }
    }

    pub(super) async fn make_objects(&self) -> Result<Vec<(String, Error)>> {
        let mut session = self.session.lock().await;
        session.run("be patient again", PATIENT).await?;
        // Rows cannot be written as before until the sequences are right: that comes first.
        let mut failed = self.carry_on(&mut session, &self.noted.undo).await?;
        failed.extend(self.name_sequences(&mut session).await?);
        self.free_the_undo(&mut session).await?;
        failed.extend(self.attach(&mut session).await?);
        // The RENAME has taken care of sequences.
        let is_made = |object: &&Object| object.kind != ObjectKind::Sequence;
        for object in self.work.dropped.iter().filter(is_made) {
            objects::drop_one(&mut session, &self.work.database, object).await?;
        }
        let mut wanted: Vec<Object> = self.work.objects.iter().filter(is_made).cloned().collect();
        wanted.extend(self.kept_triggers());
        wanted.extend(self.kept_bodies());
        wanted.sort_by_key(|object| object.kind);
        if !wanted.is_empty() {
            let left = objects::make(&mut session, &self.work.database, &wanted).await?;
            failed.extend(
                left.into_iter()
                    .map(|(object, cause)| (object.title(), cause)),
            );
        }
        Ok(failed)
    }

    async fn rename(&self, session: &mut Session) -> Result<()> {
        let leaving = self.leaving();
        let leaving = leaving.iter().map(|table| &table.name);
        let mut pairs: Vec<String> = leaving
            .chain(self.leaving_sequences())
            .map(|name| format!("{} TO {}", self.live(name), self.undone(name)))
            .collect();
        if !self.is_in_place() {
            let sequences = sequences::among(&self.work.objects).map(|object| &object.name);
            let late = sequences.filter(|name| !self.comes_early(name));
            let into = self.work.tables.iter().chain(late);
            pairs.extend(
                into.map(|name| format!("{} TO {}", self.staged_name(name), self.live(name))),
            );
        }
        pairs.push(format!(
            "{} TO {}",
            self.staged_name(MARKS),
            self.undone(MARKS)
        ));
        let sql = format!("RENAME TABLE {}", pairs.join(", "));
        locking(session, "swap the tables", &sql, SWAP_TRIES).await
    }

    pub(super) fn staged_tables(&self) -> impl Iterator<Item = &Table> {
        let names = self.work.tables.iter();
        names.filter_map(|name| self.work.source.table(name))
    }

    /// Staging that was made in this process has no foreign keys yet.
    pub(super) fn may_have_keys(&self) -> bool {
        self.is_resumed || self.noted.undo_of.is_some()
    }

    /// Steps aside what RENAME cannot pass, and renames.
    async fn replace(&self, session: &mut Session, parked: &[Object]) -> Result<()> {
        for object in parked {
            objects::drop_one(session, &self.work.database, object).await?;
        }
        self.outside.detach(session, &self.work.database).await?;
        self.bring_sequences(session).await?;
        kill::point("aside");
        for sequence in sequences::among(&self.work.objects) {
            let (live, name) = (&self.work.database, &sequence.name);
            if self.stays_drawn(name) {
                sequences::reach(session, live, &self.noted.staging, name).await?;
            }
        }
        self.rename(session).await
    }

    /// The foreign keys that cross the border of the swap, in both directions; returns those that could not be made.
    async fn attach(&self, session: &mut Session) -> Result<Vec<(String, Error)>> {
        let mut failed = self.outside.attach(session, &self.work.database).await?;
        for table in self.staged_tables() {
            for key in table.foreign_keys.iter().filter(|key| self.crosses(key)) {
                let there =
                    outside::is_there(session, &self.work.database, &table.name, &key.name).await?;
                if there {
                    continue;
                }
                let sql = format!(
                    "ALTER TABLE {} ADD {}",
                    self.live(&table.name),
                    outside::spelled(
                        key,
                        key.parent_database.as_ref().unwrap_or(&self.work.database)
                    )
                );
                let action = format!("add foreign key {} of {}", key.name, table.name);
                match session.run(&action, &sql).await {
                    Ok(_) => {}
                    Err(error @ Error::Lost { .. }) => return Err(error),
                    Err(error) => {
                        let what = format!("foreign key {} of {}", key.name, table.name);
                        failed.push((what, error));
                    }
                }
            }
        }
        Ok(failed)
    }

    pub(super) async fn put_back(&self, session: &mut Session, parked: &[Object]) -> Result<()> {
        session.run("be patient again", PATIENT).await?;
        let taken = self.put_sequences_back(session).await;
        let mut missing = Vec::new();
        for object in parked {
            if !objects::is_there(session, &self.work.database, object).await? {
                missing.push(object.clone());
            }
        }
        let failed = match missing.is_empty() {
            true => Vec::new(),
            false => objects::make(session, &self.work.database, &missing).await?,
        };
        let lost = self.outside.attach(session, &self.work.database).await?;
        let lost = lost
            .iter()
            .map(|(what, cause)| format!("{what} could not be put back: {}", cause.full()));
        let told: Vec<String> = failed
            .iter()
            .map(|(object, cause)| {
                format!(
                    "{} could not be put back: {} ({})",
                    object.title(),
                    cause.full(),
                    object.definition
                )
            })
            .chain(lost)
            .chain(taken.err().map(|cause| cause.full()))
            .collect();
        match told.is_empty() {
            true => Ok(()),
            false => Err(Error::Mismatch(told.join("; "))),
        }
    }

    /// What a dead run set aside for a swap that did not happen comes back.
    pub(super) async fn put_all_back(&mut self) -> Result<()> {
        let parked = self.parked();
        let mut session = self.place.open(Purpose::Definitions).await?;
        self.put_back(&mut session, &parked).await
    }

    /// Foreign keys of the old tables to tables that stay would bind the living to the dead.
    async fn free_the_undo(&self, session: &mut Session) -> Result<()> {
        let leaving = self.leaving();
        for table in &leaving {
            let bound = table.foreign_keys.iter().filter(|key| {
                key.parent_database.is_some()
                    || !leaving.iter().any(|other| other.name == key.parent)
            });
            for key in bound {
                if outside::is_there(session, &self.noted.undo, &table.name, &key.name).await? {
                    let sql = format!(
                        "ALTER TABLE {} DROP FOREIGN KEY {}",
                        self.undone(&table.name),
                        quote(&key.name)
                    );
                    session.run("free the undo of its keys", &sql).await?;
                }
            }
        }
        Ok(())
    }

    /// The live objects that RENAME cannot pass.
    pub(super) fn parked(&self) -> Vec<Object> {
        parked(&self.work)
    }

    /// Triggers of replaced tables that the plan neither replaces nor drops: they come back.
    fn kept_triggers(&self) -> Vec<Object> {
        let told = |list: &[Object], object: &Object| {
            list.iter()
                .any(|other| other.kind == object.kind && other.name == object.name)
        };
        let stays = |object: &Object| {
            object
                .table
                .as_ref()
                .is_some_and(|table| self.work.tables.contains(table))
                && !told(&self.work.objects, object)
                && !told(&self.work.dropped, object)
        };
        self.parked().into_iter().filter(stays).collect()
    }

    /// The bodies of packages that are made again, where the body itself stays as it is: it goes with its package.
    fn kept_bodies(&self) -> Vec<Object> {
        let listed = |list: &[Object], kind, name: &str| {
            list.iter()
                .any(|object| object.kind == kind && object.name == name)
        };
        let before = self.work.before.iter();
        let bodies = before
            .flat_map(|before| &before.objects)
            .filter(|object| object.kind == ObjectKind::PackageBody && object.obstacle.is_none());
        bodies
            .filter(|body| {
                listed(&self.work.objects, ObjectKind::Package, &body.name)
                    && !listed(&self.work.objects, body.kind, &body.name)
                    && !listed(&self.work.dropped, body.kind, &body.name)
            })
            .cloned()
            .collect()
    }

    /// The live sequences that leave: replaced ones and removed ones.
    fn leaving_sequences(&self) -> impl Iterator<Item = &String> {
        let moves =
            || sequences::among(&self.work.objects).chain(sequences::among(&self.work.dropped));
        let before = self.work.before.iter();
        before
            .flat_map(|before| sequences::among(&before.objects))
            .map(|object| &object.name)
            .filter(move |name| moves().any(|object| object.name == **name))
    }

    /// Whether the parent of a staged table's key is not staged with it: before the swap such a key would bind the
    /// living to staging.
    pub(super) fn crosses(&self, key: &ForeignKey) -> bool {
        key.parent_database.is_some() || !self.work.tables.contains(&key.parent)
    }
}

/// Runs a statement that may have to wait for somebody's lock, several times.
pub(super) async fn locking(
    session: &mut Session,
    action: &str,
    sql: &str,
    tries: usize,
) -> Result<()> {
    for attempt in 1.. {
        match session.run(action, sql).await {
            Err(error) if attempt < tries && is_locked(&error) => {
                tracing::warn!(attempt, "to {action} waits for somebody's lock");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            done => return done.map(drop),
        }
    }
    Ok(())
}

pub(super) fn is_locked(error: &Error) -> bool {
    matches!(number(error), Some(1205 | 1213))
}

/// The live objects that a RENAME cannot pass.
fn parked(work: &TargetWork) -> Vec<Object> {
    let Some(before) = &work.before else {
        return Vec::new();
    };
    let leaving: Vec<String> = before
        .tables
        .iter()
        .map(|table| &table.name)
        .filter(|name| work.tables.contains(name) || work.removed.contains(name))
        .cloned()
        .collect();
    let sequences = sequences::among(&work.objects).map(|object| &object.name);
    let arriving: Vec<String> = work.tables.iter().chain(sequences).cloned().collect();
    let parked = objects::in_the_way(&before.objects, &leaving, &arriving);
    parked.into_iter().cloned().collect()
}

/// Refuses what could not be put back: nothing has been written yet.
pub fn refuse_unreadable(work: &TargetWork) -> Result<()> {
    match parked(work)
        .into_iter()
        .find(|object| object.obstacle.is_some())
    {
        None => Ok(()),
        Some(object) => Err(Error::Refused {
            problem: format!(
                "{} could not be put back after the swap: its definition cannot be read",
                object.title()
            ),
            mend: "let this user read it, or drop it first".into(),
        }),
    }
}
