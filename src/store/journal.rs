//! The journal of runs: what a later process needs to take one up, on the disk before it is acted upon.
//!
//! Journal writes wait for the disk (`synchronous = FULL`); the rest of the store does not.

use rusqlite::{OptionalExtension, params};

use super::{Error, Result, Status, Store};
use crate::model::survey::SnapshotLevel;
use crate::plan::Plan;
use crate::run::journal::{Journal, State, Unwritten};

/// Both sides of a run, and how it is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRecord {
    /// The connections as they were named; no passwords.
    pub source: String,
    pub target: String,
    /// The identities of the servers.
    pub source_server: String,
    pub target_server: String,
    /// What answered: `MariaDB 10.11.19`.
    pub source_product: String,
    pub target_product: String,
    /// The run's settings, as JSON.
    pub settings: String,
}

/// One database of a run.
#[derive(Clone, Debug)]
pub struct Part {
    pub number: u32,
    /// A UUIDv7: it names what the run makes on the server.
    pub id: String,
    pub state: State,
}

impl Store {
    /// Writes a run's plans down before anything is done. Returns its parts.
    ///
    /// A part without a plan, a rollback, is begun again rather than resumed.
    pub fn journal(&self, run: i64, job: &JobRecord, plans: &[Option<&Plan>]) -> Result<Vec<Part>> {
        let parts: Vec<Part> = (0..plans.len() as u32)
            .map(|number| Part {
                number,
                id: uuid::Uuid::now_v7().to_string(),
                state: State::Planned,
            })
            .collect();
        let pack = |plan: &Option<&Plan>| plan.map_or(Ok(Vec::new()), |plan| self.pack(plan));
        let packed: Vec<Vec<u8>> = plans.iter().map(pack).collect::<Result<_>>()?;
        self.write_through("write the plans to the journal", |transaction| {
            transaction.execute(
                "INSERT INTO jobs (run, source, target, source_server, target_server, source_product, target_product, settings)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    run,
                    job.source,
                    job.target,
                    job.source_server,
                    job.target_server,
                    job.source_product,
                    job.target_product,
                    job.settings
                ],
            )?;
            for (part, plan) in parts.iter().zip(&packed) {
                transaction.execute(
                    "INSERT INTO parts (run, part, id, plan, state) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![run, part.number, part.id, plan, part.state.name()],
                )?;
            }
            Ok(())
        })?;
        Ok(parts)
    }

    /// What was written of a run; None for a run that never came to writing.
    pub fn job(&self, run: i64) -> Result<Option<JobRecord>> {
        self.read("read the journal", |connection| {
            connection
                .query_row(
                    "SELECT source, target, source_server, target_server, source_product, target_product, settings
                     FROM jobs WHERE run = ?1",
                    [run],
                    |row| {
                        Ok(JobRecord {
                            source: row.get(0)?,
                            target: row.get(1)?,
                            source_server: row.get(2)?,
                            target_server: row.get(3)?,
                            source_product: row.get(4)?,
                            target_product: row.get(5)?,
                            settings: row.get(6)?,
                        })
                    },
                )
                .optional()
        })
    }

    /// The parts of a run in their order.
    pub fn parts(&self, run: i64) -> Result<Vec<Part>> {
        let rows: Vec<(u32, String, String)> = self.read("read the journal", |connection| {
            connection
                .prepare("SELECT part, id, state FROM parts WHERE run = ?1 ORDER BY part")?
                .query_map([run], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect()
        })?;
        let part = |(number, id, state): (u32, String, String)| {
            let known = State::ALL.into_iter().find(|known| known.name() == state);
            let state = known.ok_or_else(|| self.damaged(format!("unknown state {state:?}")))?;
            Ok(Part { number, id, state })
        };
        rows.into_iter().map(part).collect()
    }

    /// The plan of a part that has not come to its end.
    pub fn part_plan(&self, run: i64, part: u32) -> Result<Plan> {
        let packed: Vec<u8> = self.read("read the plan from the journal", |connection| {
            connection.query_row(
                "SELECT plan FROM parts WHERE run = ?1 AND part = ?2",
                params![run, part],
                |row| row.get(0),
            )
        })?;
        let json =
            zstd::decode_all(&packed[..]).map_err(|cause| self.damaged(cause.to_string()))?;
        serde_json::from_slice(&json).map_err(|cause| self.damaged(cause.to_string()))
    }

    /// The ids of parts that may be resumed: nothing that they made is swept.
    pub fn unfinished(&self) -> Result<Vec<String>> {
        let rows: Vec<(String, String)> = self.read("read the journal", |connection| {
            connection
                .prepare("SELECT id, state FROM parts")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })?;
        let ended = |state: &String| {
            let known = State::ALL.into_iter().find(|known| known.name() == *state);
            known.is_some_and(State::is_end)
        };
        Ok(rows
            .into_iter()
            .filter(|(_, state)| !ended(state))
            .map(|(id, _)| id)
            .collect())
    }

    /// A run that was interrupted is at work again, in this process; false when another process was faster.
    pub fn take_up(&self, run: i64) -> Result<bool> {
        self.write("record that the run goes on", |transaction| {
            let (status, process, mark): (Status, u32, Option<String>) = transaction.query_row(
                "SELECT status, process, started_as FROM runs WHERE number = ?1",
                [run],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?;
            if status == Status::Running && super::process::is_alive(process, mark.as_deref()) {
                return Ok(false);
            }
            transaction.execute(
                "UPDATE runs SET status = ?2, ended = NULL, error = NULL, process = ?3, started_as = ?4
                 WHERE number = ?1",
                params![run, Status::Running, std::process::id(), super::process::mark()],
            )?;
            Ok(true)
        })
    }

    /// The run that an id on a server belongs to.
    pub fn run_of(&self, id: &str) -> Result<Option<i64>> {
        self.read("read the journal", |connection| {
            connection
                .query_row("SELECT run FROM parts WHERE id = ?1", [id], |row| {
                    row.get(0)
                })
                .optional()
        })
    }

    /// Writes the state of a part; it is on the disk when this returns. A plan that nobody can resume goes.
    pub fn enter(&self, run: i64, part: u32, state: State) -> Result<()> {
        self.write_through("write the journal", |transaction| {
            transaction.execute(
                "UPDATE parts SET state = ?3, plan = CASE WHEN ?4 THEN x'' ELSE plan END
                 WHERE run = ?1 AND part = ?2",
                params![run, part, state.name(), state.is_end()],
            )?;
            Ok(())
        })
    }

    /// A part's journal, for the run.
    pub fn journal_of(&self, run: i64, part: u32) -> PartJournal<'_> {
        PartJournal {
            store: self,
            run,
            part,
        }
    }

    fn level(&self, run: i64, part: u32, level: &SnapshotLevel) -> Result<()> {
        self.write("write the journal", |transaction| {
            transaction.execute(
                "UPDATE parts SET level = ?3 WHERE run = ?1 AND part = ?2",
                params![run, part, serde_json::to_string(level).ok()],
            )?;
            Ok(())
        })
    }

    fn known_level(&self, run: i64, part: u32) -> Result<Option<SnapshotLevel>> {
        let text: Option<String> = self.read("read the journal", |connection| {
            connection.query_row(
                "SELECT level FROM parts WHERE run = ?1 AND part = ?2",
                params![run, part],
                |row| row.get(0),
            )
        })?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    fn pack(&self, plan: &Plan) -> Result<Vec<u8>> {
        let json = serde_json::to_vec(plan).map_err(|cause| self.damaged(cause.to_string()))?;
        zstd::encode_all(&json[..], 3).map_err(|cause| self.damaged(cause.to_string()))
    }

    fn damaged(&self, problem: String) -> Error {
        Error::Row {
            what: "the journal".into(),
            path: self.shown(),
            problem,
            connection: None,
        }
    }
}

/// One part's place in the journal.
pub struct PartJournal<'a> {
    store: &'a Store,
    run: i64,
    part: u32,
}

impl Journal for PartJournal<'_> {
    fn enter(&self, state: State) -> std::result::Result<(), Unwritten> {
        self.store
            .enter(self.run, self.part, state)
            .map_err(|cause| Unwritten(cause.full()))
    }

    fn known_level(&self) -> Option<SnapshotLevel> {
        self.store.known_level(self.run, self.part).ok().flatten()
    }

    fn level(&self, level: &SnapshotLevel) {
        if let Err(cause) = self.store.level(self.run, self.part, level) {
            tracing::warn!("the journal lost the snapshot's level: {}", cause.full());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Side;
    use crate::store::NewRun;
    use crate::store::test::store;

    fn side(database: &str) -> Side {
        Side {
            database: database.into(),
            product: crate::model::survey::Product {
                engine: "mysql".into(),
                flavour: "MariaDB".into(),
                version: "10.11".into(),
            },
            exists: true,
            fingerprint: u128::MAX - 7,
        }
    }

    fn begun(store: &Store) -> (i64, JobRecord) {
        let run = NewRun {
            id: "r".into(),
            kind: "sync",
            source: "a".into(),
            target: "b".into(),
            command: "sync a b".into(),
        };
        let job = JobRecord {
            source: "a".into(),
            target: "b".into(),
            source_server: "1".into(),
            target_server: "2".into(),
            source_product: "MariaDB 10.11.19".into(),
            target_product: "MariaDB 10.11.19".into(),
            settings: "{}".into(),
        };
        (store.begin(&run).unwrap(), job)
    }

    fn plan() -> Plan {
        Plan {
            source: side("shop"),
            target: side("shop"),
            tables: Vec::new(),
            removed: vec!["old".into()],
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

    #[test]
    fn a_plan_comes_out_of_the_journal_as_it_went_in() {
        let (_home, store) = store();
        let (run, job) = begun(&store);
        let parts = store.journal(run, &job, &[Some(&plan())]).unwrap();
        assert_eq!(store.job(run).unwrap().as_ref(), Some(&job));
        let back = store.part_plan(run, 0).unwrap();
        assert_eq!(back.source.fingerprint, u128::MAX - 7);
        assert_eq!(back.removed, ["old"]);
        assert_eq!(store.run_of(&parts[0].id).unwrap(), Some(run));
    }

    #[test]
    fn an_ended_part_is_not_resumed_and_keeps_no_plan() {
        let (_home, store) = store();
        let (run, job) = begun(&store);
        let parts = store
            .journal(run, &job, &[Some(&plan()), Some(&plan())])
            .unwrap();
        store.journal_of(run, 0).enter(State::Done).unwrap();
        store.journal_of(run, 1).enter(State::Staging).unwrap();
        let states: Vec<State> = store
            .parts(run)
            .unwrap()
            .iter()
            .map(|part| part.state)
            .collect();
        assert_eq!(states, [State::Done, State::Staging]);
        assert_eq!(store.unfinished().unwrap(), [parts[1].id.clone()]);
        assert!(store.part_plan(run, 0).is_err());
    }

    #[test]
    fn e07_a_run_is_taken_up_once() {
        let (_home, store) = store();
        let (run, _) = begun(&store);
        let ending = crate::store::Ending {
            status: Status::Interrupted,
            snapshot: None,
            verified: None,
            error: None,
        };
        store.end(run, &ending).unwrap();
        assert!(store.take_up(run).unwrap());
        assert!(!store.take_up(run).unwrap());
    }

    #[test]
    fn b15_an_unknown_state_is_refused() {
        let (_home, store) = store();
        let (run, job) = begun(&store);
        store.journal(run, &job, &[Some(&plan())]).unwrap();
        store
            .write("spoil", |transaction| {
                transaction.execute("UPDATE parts SET state = 'newer'", [])
            })
            .unwrap();
        let error = store.parts(run).unwrap_err();
        assert!(error.full().contains("newer"), "{}", error.full());
    }
}
