//! Sequences at the swap: what draws from them, on either side, finds them and gets no number twice.
//!
//! A new sequence goes live right before the RENAME, and comes back when that fails; one whose name a table has that
//! leaves goes live in it. Tables that stay draw from a replaced sequence up to the RENAME: the new one is brought on to
//! where the old one stood, before it and again after it. Each step may be done again.

use super::dialect::quote;
use super::sequences;
use super::session::{Session, number};
use super::swap::{is_locked, locking};
use super::target::MySqlTarget;
use crate::engines::{Error, Result};
use crate::model::catalog::Table;

/// How often what has to follow the swap asks for its locks.
const LATE_TRIES: usize = 3;

impl MySqlTarget {
    /// New sequences go live before the swap where nothing is in their way, and staged defaults draw from them there:
    /// so no row has to wait for them after it.
    pub(super) async fn bring_sequences(&self, session: &mut Session) -> Result<()> {
        for name in self.early_sequences() {
            let sql = format!(
                "RENAME TABLE {} TO {}",
                self.staged_name(name),
                self.live(name)
            );
            let action = format!("bring sequence {name}");
            session.run(&action, &sql).await?;
        }
        let is_late = |name: &str| self.is_new_sequence(name) && !self.comes_early(name);
        for table in self.drawing(|name| self.comes_early(name)) {
            let sql = self.defaults(table, &self.staged_name(&table.name), is_late);
            let action = format!("set the default of {} by a sequence", table.name);
            session.run(&action, &sql).await?;
        }
        Ok(())
    }

    /// The same taken back, as far as it has come: rows can be staged again.
    pub(super) async fn put_sequences_back(&self, session: &mut Session) -> Result<()> {
        for name in self.early_sequences() {
            let sql = format!(
                "RENAME TABLE {} TO {}",
                self.live(name),
                self.staged_name(name)
            );
            let action = format!("take sequence {name} back");
            match session.run(&action, &sql).await {
                // It has not come, or is back.
                Err(error) if matches!(number(&error), Some(1050 | 1146)) => {}
                done => done.map(drop)?,
            }
        }
        for table in self.drawing(|name| self.comes_early(name)) {
            let place = self.staged_name(&table.name);
            let sql = self.defaults(table, &place, |name| self.is_new_sequence(name));
            let what = format!("the default of {} by a sequence", table.name);
            let done = session.run(&format!("set {what}"), &sql).await.map(drop);
            if let Some((what, cause)) = hopeless(what, done)? {
                tracing::warn!("{what} is not as it was staged: {}", cause.full());
            }
        }
        Ok(())
    }

    /// Defaults that still draw from staging's sequences draw from the live ones; returns those that could not be
    /// changed.
    pub(super) async fn name_sequences(
        &self,
        session: &mut Session,
    ) -> Result<Vec<(String, Error)>> {
        let mut failed = Vec::new();
        if self.is_in_place() || self.noted.undo_of.is_some() {
            return Ok(failed);
        }
        let is_late = |name: &str| self.is_new_sequence(name) && !self.comes_early(name);
        for table in self.drawing(is_late) {
            let what = format!("the default of {} by a sequence", table.name);
            let sql = self.defaults(table, &self.live(&table.name), |_| false);
            let action = format!("set {what}");
            let done = locking(session, &action, &sql, LATE_TRIES).await;
            failed.extend(hopeless(what, done)?);
        }
        Ok(failed)
    }

    /// Whether a new sequence can go live before the swap: no table that leaves has its name still.
    pub(super) fn comes_early(&self, name: &str) -> bool {
        let mut leaving = self.leaving().into_iter();
        !self.is_in_place()
            && self.noted.undo_of.is_none()
            && self.is_new_sequence(name)
            && !leaving.any(|table| table.name.to_lowercase() == name.to_lowercase())
    }

    fn early_sequences(&self) -> impl Iterator<Item = &String> {
        let sequences = sequences::among(&self.work.objects).map(|object| &object.name);
        sequences.filter(|name| self.comes_early(name))
    }

    /// The staged tables with a default by such a sequence.
    fn drawing(&self, draws: impl Fn(&str) -> bool) -> impl Iterator<Item = &Table> {
        self.staged_tables()
            .filter(move |table| table.sequences.iter().any(|name| draws(name)))
    }

    /// The statement that makes the defaults of a table draw from the live sequences, but for those that are staged.
    fn defaults(&self, table: &Table, place: &str, staged: impl Fn(&str) -> bool) -> String {
        let changes: Vec<String> = table
            .columns
            .iter()
            .filter_map(|column| {
                let default = column.default.as_ref()?;
                let (live, staging) = (&self.work.database, &self.noted.staging);
                (!sequences::drawn(default, live).is_empty()).then(|| {
                    format!(
                        "ALTER COLUMN {} SET DEFAULT ({})",
                        quote(&column.name),
                        sequences::renamed(default, live, staging, &staged)
                    )
                })
            })
            .collect();
        format!("ALTER TABLE {place} {}", changes.join(", "))
    }

    /// Live sequences that tables that stay draw from go on where the old ones stood at the swap, now in the undo;
    /// returns those that could not be changed.
    pub(super) async fn carry_on(
        &self,
        session: &mut Session,
        undo: &str,
    ) -> Result<Vec<(String, Error)>> {
        let mut failed = Vec::new();
        for sequence in sequences::among(&self.work.objects) {
            let name = &sequence.name;
            if self.stays_drawn(name) {
                let done = sequences::reach(session, undo, &self.work.database, name).await;
                failed.extend(hopeless(format!("the position of sequence {name}"), done)?);
            }
        }
        Ok(failed)
    }
}

/// What failed after the swap and would fail again, to be told; what may succeed another time is an error, so that the
/// run stays open.
fn hopeless(what: String, done: Result<()>) -> Result<Option<(String, Error)>> {
    match done {
        Ok(()) => Ok(None),
        Err(error) if is_locked(&error) || matches!(error, Error::Lost { .. }) => Err(error),
        Err(error) => Ok(Some((what, error))),
    }
}
