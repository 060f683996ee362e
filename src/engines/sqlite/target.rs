//! One target database during one run.
//!
//! All loaders share one connection to the staging file, as SQLite has one writer anyway; a gate keeps the
//! transaction of one apart from those of the others.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use rusqlite::Connection;
use tokio::sync::Mutex as Gate;

use super::ground::{self, Ground};
use super::loader::{self, Writer};
use super::lock::Lock;
use super::note::{Note, State};
use super::place::Place;
use super::prints::Known;
use super::staging::{self, Way};
use super::worker::{self, Worker};
use super::{live, marks, publish, quote, settle, statement, undo};
use crate::engines::{
    Error, Loader, Opening, Result, Shown, StagedTable, Target, TargetWork, Undo, kill,
};
use crate::model::batch::Chunk;
use crate::model::catalog::{Object, Table};
use crate::model::units::Rows;

pub struct Replica {
    place: Place,
    state: PathBuf,
    note: Arc<Mutex<Note>>,
    /// The state of the live schema when the run began.
    schema: i64,
    worker: Arc<Worker>,
    gate: Arc<Gate<()>>,
    lock: Mutex<Option<Lock>>,
    swept: Vec<String>,
    failed: Mutex<Vec<(Object, Error)>>,
    known: Arc<Mutex<Known>>,
    /// Whether the swap was made by a process that is dead.
    inherited: bool,
}

impl Replica {
    pub async fn open(
        place: Place,
        state: PathBuf,
        work: TargetWork,
        opening: Opening,
    ) -> Result<Replica> {
        let ground = {
            let (place, state) = (place.clone(), state.clone());
            worker::blocking(move || ground::prepare(&place, &state, work, &opening)).await?
        };
        let Ground {
            note,
            base,
            schema,
            lock,
            swept,
        } = ground;
        let inherited = note.state == State::Swapped;
        let note = Arc::new(Mutex::new(note));
        let own = note.clone();
        let opened = Worker::open(move || ground::stage(&mut locked(&own), base)).await;
        let worker = match opened {
            Ok(worker) => worker,
            Err(error) => {
                lock.release();
                return Err(error);
            }
        };
        Ok(Replica {
            place,
            state,
            note,
            schema,
            worker: Arc::new(worker),
            gate: Arc::default(),
            lock: Mutex::new(Some(lock)),
            swept,
            failed: Mutex::default(),
            known: Arc::default(),
            inherited,
        })
    }

    /// Does something with the staging file while no loader is within a transaction.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let _turn = self.gate.lock().await;
        self.worker
            .call(move |connection| {
                loader::roll_back(connection)?;
                work(connection)
            })
            .await
    }

    /// Asks the staging file, or changes it in a transaction of its own.
    async fn ask<T: Send + 'static>(
        &self,
        action: String,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        self.apart(move |connection| work(connection).map_err(|cause| statement(action, cause)))
            .await
    }

    fn keep(&self, failed: Vec<(Object, Error)>) {
        locked(&self.failed).extend(failed);
    }

    /// Closes the staging file, does the last work and gives the lock back.
    async fn end<T: Send + 'static>(
        &self,
        last: impl FnOnce(&Place, &std::path::Path, &Note) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.worker.call(publish::release).await?;
        let (place, state, note) = (self.place.clone(), self.state.clone(), self.note.clone());
        let lock = locked(&self.lock).take();
        worker::blocking(move || {
            let done = last(&place, &state, &locked(&note));
            if let Some(lock) = lock {
                lock.release();
            }
            done
        })
        .await
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The undo counts from here on; what is older than the newest `keep` goes, and so does the one taken back.
fn finish(
    place: &Place,
    state: &std::path::Path,
    note: &Note,
    keep: usize,
) -> Result<Option<Undo>> {
    let kept = match keep {
        0 => {
            undo::discard(state, note)?;
            None
        }
        _ => Some(undo::keep(state, note)?),
    };
    kill::point("undo-kept");
    if let Some(undone) = &note.undone {
        settle::drop_undone(state, note, undone)?;
    }
    undo::thin(state, place, &note.live, keep)?;
    note.remove()?;
    Ok(kept)
}

/// Removes staging, unless the swap may have happened.
fn discard(state: &std::path::Path, note: &Note) -> Result<()> {
    if settle::shown(note, state)? != Shown::Staging {
        return Err(Error::Refused {
            problem: format!("the new tables of {} are live", note.database),
            mend: "resume the run, or roll it back".into(),
        });
    }
    undo::discard(state, note)?;
    note.remove()
}

#[async_trait]
impl Target for Replica {
    fn swept(&self) -> &[String] {
        &self.swept
    }

    async fn staged(&self) -> Result<Vec<StagedTable>> {
        let (undone, marks) = {
            let note = locked(&self.note);
            (note.undone.is_some(), note.marks.clone())
        };
        match (undone, self.inherited) {
            (true, _) => Ok(Vec::new()),
            // They went out of the staging file before the swap.
            (false, true) => Ok(marks::tables_of(marks)),
            (false, false) => self.apart(|connection| marks::staged(connection)).await,
        }
    }

    async fn create(&self, table: &Table) -> Result<()> {
        if table.name.eq_ignore_ascii_case(marks::NAME) {
            return Err(Error::Refused {
                problem: format!("{} is a name of maestro's own", table.name),
                mend: "rename that table, or leave it out".into(),
            });
        }
        let table = table.clone();
        let action = format!("make the table {} in staging", table.name);
        self.ask(action, move |connection| {
            let transaction = connection.unchecked_transaction()?;
            marks::forget(&transaction, &table)?;
            transaction
                .execute_batch(&format!("DROP TABLE IF EXISTS main.{}", quote(&table.name)))?;
            transaction.execute_batch(staging::bare(&table))?;
            transaction.commit()
        })
        .await
    }

    async fn cut(&self, table: &Table, chunks: &[Chunk]) -> Result<()> {
        let (table, chunks) = (table.clone(), chunks.to_vec());
        let action = format!("note the ranges of the table {}", table.name);
        self.ask(action, move |connection| {
            marks::cut(connection, &table, &chunks)
        })
        .await
    }

    /// No turn is waited for: a mark is written and committed in one job.
    async fn committed(&self, table: &Table, number: usize) -> Result<Option<Rows>> {
        let table = table.clone();
        self.worker
            .call(move |connection| {
                marks::committed(connection, &table, number).map_err(|cause| staged(&table, cause))
            })
            .await
    }

    /// All lanes share one connection.
    async fn loader(&self, _: usize) -> Result<Box<dyn Loader>> {
        Ok(Box::new(Writer::new(
            self.worker.clone(),
            self.gate.clone(),
            self.known.clone(),
        )))
    }

    async fn complete(&self) -> Result<()> {
        let note = locked(&self.note).clone();
        if note.way == Way::Vanish {
            return Ok(());
        }
        let failed = self
            .apart(move |connection| match note.undone {
                // Its indexes and objects came along.
                Some(_) => staging::check(connection).map(|()| Vec::new()),
                None => staging::complete(connection, &note.work, note.way),
            })
            .await?;
        self.keep(failed);
        Ok(())
    }

    async fn swap(&self) -> Result<()> {
        let (note, state, schema) = (self.note.clone(), self.state.clone(), self.schema);
        let known = self.known.clone();
        let failed = self
            .apart(move |connection| {
                live::go(
                    connection,
                    &mut locked(&note),
                    &state,
                    schema,
                    &locked(&known),
                )
            })
            .await?;
        self.keep(failed);
        Ok(())
    }

    /// They went live with the tables.
    async fn objects(&self) -> Result<Vec<(String, Error)>> {
        let failed = match self.inherited {
            false => std::mem::take(&mut *locked(&self.failed)),
            true => {
                let note = self.note.clone();
                worker::blocking(move || live::missing(&locked(&note))).await?
            }
        };
        let titled = failed.into_iter();
        Ok(titled
            .map(|(object, cause)| (object.title(), cause))
            .collect())
    }

    async fn finish(&self, keep: usize) -> Result<Option<Undo>> {
        self.end(move |place, state, note| finish(place, state, note, keep))
            .await
    }

    async fn discard(&self) -> Result<()> {
        self.end(|_, state, note| discard(state, note)).await
    }

    async fn leave(&self) -> Result<()> {
        self.end(|_, _, _| Ok(())).await
    }
}

pub fn staged(table: &Table, cause: rusqlite::Error) -> Error {
    statement(format!("read the table {} in staging", table.name), cause)
}
