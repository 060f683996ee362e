//! One plan on its way: from the lock of the target to the last mark, or back to where nothing has happened.
//!
//! A state is written to the journal before its work begins. What a try begins with is decided by the journal and by
//! what the target shows, together.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::copy::Pair;
use super::event::Event;
use super::journal::{Action, State, recovery};
use super::{Error, Job, Outcome, TableOutcome, Verify, copy, unmoved};
use crate::engines::{self, Opening, Shown, Snapshot, StagedTable, Target, TargetWork, Undo, kill};
use crate::model::catalog::{Catalog, Table};
use crate::model::survey::SnapshotLevel;
use crate::model::units::{Bytes, counted};
use crate::plan::{Plan, Route, RowsOf};

/// How many tables are made without looking whether the run is to stop.
const TOGETHER: usize = 100;

/// One plan on its way.
pub struct Course<'a> {
    pub plan: &'a Plan,
    pub job: &'a Job<'a>,
    state: Mutex<State>,
    started: Instant,
}

struct Staged {
    tables: Vec<TableOutcome>,
    level: SnapshotLevel,
}

impl<'a> Course<'a> {
    pub fn new(plan: &'a Plan, job: &'a Job<'a>, from: State) -> Course<'a> {
        Course {
            plan,
            job,
            state: Mutex::new(from),
            started: Instant::now(),
        }
    }

    /// Writes a state down before its work begins.
    fn enter(&self, state: State) -> Result<(), Error> {
        self.job.journal.enter(state)?;
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
        Ok(())
    }

    pub fn state(&self) -> State {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn phase(&self, phase: impl Into<String>) {
        self.job.listener.on(&Event::Phase {
            database: self.plan.target.database.clone(),
            phase: phase.into(),
        });
    }

    /// One try: what is done depends on what the journal and the target say.
    pub async fn attempt(&self, begun: bool) -> Result<Outcome, Error> {
        let (plan, job) = (self.plan, self.job);
        let action = match begun {
            false => Action::Begin,
            true => {
                let shown = job.target.shows(&job.run, &plan.target.database).await?;
                recovery(self.state(), shown)
            }
        };
        match action {
            Action::Begin => self.copy(&Opening::Fresh).await,
            Action::TakeUp => {
                if self.state() >= State::SwapIntent {
                    self.take_up().await?.leave().await?;
                    // The swap may have been the last word of the connection that the opening has ended.
                    let shown = job.target.shows(&job.run, &plan.target.database).await?;
                    if shown == Shown::Swapped {
                        return self.settle_swapped().await;
                    }
                }
                self.copy(&Opening::Resume).await
            }
            Action::Settle => self.settle_swapped().await,
            Action::Record => {
                self.enter(State::Done)?;
                Ok(self.outcome(Vec::new(), None, Vec::new(), None))
            }
            Action::GiveUp => {
                self.enter(State::Abandoned)?;
                Err(Error::Abandoned)
            }
            Action::Nothing => Err(Error::Over(self.state().name())),
        }
    }

    /// What follows a swap that an earlier try has made.
    async fn settle_swapped(&self) -> Result<Outcome, Error> {
        let work = self.work(Default::default(), Default::default());
        let target = self.job.target.target(&work, &Opening::Resume).await?;
        let tables = target.staged().await?.iter().map(settled).collect();
        let level = self.level();
        self.settle(target.as_ref(), Staged { tables, level }).await
    }

    /// Opens the target as this run left it, whatever has changed since: what stepped aside for a swap that did not
    /// happen comes back with it, and until then the catalog is not the one of the plan.
    async fn take_up(&self) -> Result<Box<dyn Target>, Error> {
        let (plan, job) = (self.plan, self.job);
        let (from, to) = tokio::join!(
            job.source.catalog(&plan.source.database),
            job.target.catalog(&plan.target.database)
        );
        let work = self.work(from?.unwrap_or_default(), to?);
        Ok(job.target.target(&work, &Opening::Resume).await?)
    }

    /// Stages, swaps and settles.
    async fn copy(&self, opening: &Opening) -> Result<Outcome, Error> {
        let (plan, job) = (self.plan, self.job);
        let (from, to) = match unmoved(plan, job).await {
            Err(error @ Error::Moved(_)) if *opening == Opening::Resume => {
                self.abandon().await;
                return Err(error);
            }
            catalogs => catalogs?,
        };
        self.enter(State::Preflighted)?;
        let from = from.unwrap_or_default();
        let work = self.work(from.clone(), to);
        let target: Arc<dyn Target> = Arc::from(job.target.target(&work, opening).await?);
        drop(work);
        for text in target.swept() {
            job.listener.on(&Event::Notice { text: text.clone() });
        }
        kill::point("staging-made");
        let staged = match target.swept().is_empty() {
            true => self.stage(&target, from).await,
            // What a dead run had begun may have been finished or taken back.
            false => match unmoved(plan, job).await {
                Ok(_) => self.stage(&target, from).await,
                Err(error) => Err(error),
            },
        };
        let staged = match staged {
            Ok(staged) => staged,
            // The lock is given back so that the next try need not wait for it.
            Err(error) if matches!(error, Error::Stopped) || error.is_transient() => {
                let _ = target.leave().await;
                return Err(error);
            }
            Err(error) => {
                self.discard(target.as_ref()).await;
                return Err(error);
            }
        };
        self.settle(target.as_ref(), staged).await
    }

    /// Removes the staging of a run that can never go on.
    async fn abandon(&self) {
        if let Ok(target) = self.take_up().await {
            self.discard(target.as_ref()).await;
        }
    }

    /// What the discard meets is left to the next run, or to prune; the first error is the one that counts.
    async fn discard(&self, target: &dyn Target) {
        if let Err(left) = target.discard().await {
            let text = format!(
                "staging could not be removed ({}); prune does it",
                left.full()
            );
            self.job.listener.on(&Event::Notice { text });
        }
    }

    /// Everything up to the swap, and the swap: an error leaves the live tables as they were.
    async fn stage(&self, target: &Arc<dyn Target>, source: Catalog) -> Result<Staged, Error> {
        let (plan, job) = (self.plan, self.job);
        self.enter(State::Locked)?;
        let staged = target.staged().await?;
        let is_resumed = !staged.is_empty();
        self.phase(format!("creating {}", counted(plan.tables.len(), "table")));
        let is_begun = |name: &String| {
            let mut known = staged.iter().filter(|table| !table.chunks.is_empty());
            known.any(|table| table.name == *name)
        };
        let tables: Vec<&Table> = plan
            .tables
            .iter()
            .map(|planned| &planned.table)
            .filter(|table| !is_begun(&table.name))
            .collect();
        let mut findings = Vec::new();
        for some in tables.chunks((tables.len() / 16).clamp(1, TOGETHER)) {
            if job.stop.is_cancelled() {
                return Err(Error::Stopped);
            }
            // What the target does not take is told of all tables at once.
            findings.extend(target.create_all(some).await?);
            kill::point("table-created");
        }
        if !findings.is_empty() {
            return Err(engines::Error::Findings(findings).into());
        }
        let alike = plan.source.product.flavour == plan.target.product.flavour;
        let sources = source.tables.into_iter();
        let mut sources: BTreeMap<String, Table> =
            sources.map(|table| (table.name.clone(), table)).collect();
        let pairs: Vec<Pair> = plan
            .tables
            .iter()
            .filter(|plan| plan.rows == RowsOf::Source)
            .map(|planned| {
                let from = sources.remove(planned.source_name());
                let from = from.unwrap_or_else(|| planned.table.clone());
                Pair::new(from, &planned.table, alike)
            })
            .collect();
        let tables: Vec<Table> = pairs.iter().map(|pair| pair.from.clone()).collect();
        // Without rows to read there is nothing that readers must share.
        let workers = match tables.is_empty() {
            true => 1,
            false => job.workers,
        };
        let snapshot: Arc<dyn Snapshot> = Arc::from(match plan.route {
            Route::Server if !tables.is_empty() => {
                job.source
                    .locked(&plan.source.database, &tables, workers)
                    .await?
            }
            _ => {
                job.source
                    .snapshot(&plan.source.database, &tables, workers)
                    .await?
            }
        });
        drop(tables);
        let level = snapshot.level();
        let counters = snapshot.counters(&plan.objects).await?;
        self.enter(State::Snapshot)?;
        job.journal.level(&level);
        job.listener.on(&Event::Snapshot {
            database: plan.target.database.clone(),
            level,
        });
        self.enter(State::Staging)?;
        let verify = self.verify(is_resumed && !snapshot.is_fixed());
        let copied = match copy::all(pairs, staged, &snapshot, target, self, verify).await {
            // Under a lock that was lost nothing is known: that is the cause of whatever else was found.
            Err(error) if plan.route == Route::Server && !matches!(error, Error::Stopped) => {
                snapshot.close().await?;
                return Err(error);
            }
            copied => copied?,
        };
        let level = snapshot.close().await?;
        job.journal.level(&level);
        self.enter(State::Verified)?;
        kill::point("verified");
        target.count_on(&counters).await?;
        self.phase("adding foreign keys");
        target.complete().await?;
        if job.stop.is_cancelled() {
            return Err(Error::Stopped);
        }
        unmoved(plan, job).await?;
        self.phase(format!("swapping {}", counted(plan.tables.len(), "table")));
        self.enter(State::SwapIntent)?;
        kill::point("swap-intent");
        target.swap().await?;
        Ok(Staged {
            tables: copied,
            level,
        })
    }

    /// What a resumed run has staged earlier is proven by digests.
    fn verify(&self, is_resumed: bool) -> Verify {
        match self.job.verify {
            Verify::Count if is_resumed => Verify::Checksum,
            verify => verify,
        }
    }

    /// Everything after the swap.
    async fn settle(&self, target: &dyn Target, staged: Staged) -> Result<Outcome, Error> {
        // The tables are live: a journal that cannot be written stops nothing any more.
        self.mark(State::Swapped);
        kill::point("swapped");
        self.phase("making views, triggers and routines");
        let failed = target.objects().await.map_err(Error::Behind)?;
        kill::point("objects-made");
        let undo = target.finish(self.job.keep).await.map_err(Error::Behind)?;
        kill::point("finished");
        self.mark(State::Done);
        let failed = failed
            .iter()
            .map(|(what, cause)| (what.clone(), cause.full()))
            .collect();
        Ok(self.outcome(staged.tables, Some(staged.level), failed, undo))
    }

    fn mark(&self, state: State) {
        if let Err(error) = self.enter(state) {
            let text = error.full();
            self.job.listener.on(&Event::Notice { text });
        }
    }

    fn outcome(
        &self,
        tables: Vec<TableOutcome>,
        level: Option<SnapshotLevel>,
        failed_objects: Vec<(String, String)>,
        undo: Option<Undo>,
    ) -> Outcome {
        Outcome {
            tables,
            level: level.unwrap_or_else(|| self.level()),
            verify: self.job.verify,
            failed_objects,
            undo,
            took: self.started.elapsed(),
        }
    }

    /// How the moment of an earlier process was reached; where that is not known, nothing is claimed.
    fn level(&self) -> SnapshotLevel {
        let known = self.job.journal.known_level();
        known.unwrap_or(SnapshotLevel {
            consistent: false,
            how: "not known any more".into(),
            readers: 0,
            locked: None,
        })
    }

    /// The work, with the planned tables as the target takes them.
    fn work(&self, mut source: Catalog, before: Option<Catalog>) -> TargetWork {
        let (plan, job) = (self.plan, self.job);
        for table in &mut source.tables {
            let mut planned = plan.tables.iter();
            if let Some(planned) = planned.find(|one| one.source_name() == table.name) {
                *table = planned.table.clone();
            }
        }
        TargetWork {
            run: job.run.clone(),
            database: plan.target.database.clone(),
            charset: plan.charset.clone(),
            collation: plan.collation.clone(),
            source,
            before,
            tables: plan
                .tables
                .iter()
                .map(|plan| plan.table.name.clone())
                .collect(),
            removed: plan.removed.clone(),
            objects: plan.objects.clone(),
            dropped: plan.dropped.clone(),
            vanishes: false,
            path: plan.write_path,
        }
    }
}

/// A table as its marks tell.
fn settled(table: &StagedTable) -> TableOutcome {
    TableOutcome {
        name: table.name.clone(),
        rows: table.chunks.iter().filter_map(|chunk| chunk.rows).sum(),
        bytes: Bytes(0),
        took: Duration::ZERO,
    }
}
