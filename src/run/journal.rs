//! How far a run came: the states, and the one table that says how each is taken up again.
//!
//! The journal remembers the intent; what really happened to the data is read from the target. A state is
//! written durably before its work begins, so the target may be ahead of the journal, never far behind it.

use serde::{Deserialize, Serialize};

use crate::engines::Shown;
use crate::model::survey::SnapshotLevel;

/// How far a run came in one target database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Planned,
    /// Both catalogs are still what the plan was made from.
    Preflighted,
    /// The lock of the target is held.
    Locked,
    /// The readers share their moment.
    Snapshot,
    /// Rows are loaded.
    Staging,
    /// Every staged table is proven.
    Verified,
    /// The swap may have happened.
    SwapIntent,
    /// The staged tables are live; objects and marks follow.
    Swapped,
    Done,
    Refused,
    Failed,
    /// What the run replaced is live again.
    RolledBack,
    /// Its staging was dropped: by a later run, or by `prune`.
    Abandoned,
}

impl State {
    pub const ALL: [State; 13] = [
        State::Planned,
        State::Preflighted,
        State::Locked,
        State::Snapshot,
        State::Staging,
        State::Verified,
        State::SwapIntent,
        State::Swapped,
        State::Done,
        State::Refused,
        State::Failed,
        State::RolledBack,
        State::Abandoned,
    ];

    /// The word that is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            State::Planned => "planned",
            State::Preflighted => "preflighted",
            State::Locked => "locked",
            State::Snapshot => "snapshot",
            State::Staging => "staging",
            State::Verified => "verified",
            State::SwapIntent => "swap-intent",
            State::Swapped => "swapped",
            State::Done => "done",
            State::Refused => "refused",
            State::Failed => "failed",
            State::RolledBack => "rolled back",
            State::Abandoned => "abandoned",
        }
    }

    /// Whether nothing is left to do.
    pub fn is_end(self) -> bool {
        self >= State::Done
    }
}

/// What a run writes down, durably, for being taken up again.
pub trait Journal: Send + Sync {
    /// The state is on the disk when this returns.
    fn enter(&self, state: State) -> Result<(), Unwritten>;
    fn level(&self, level: &SnapshotLevel);
    /// The level that was written last.
    fn known_level(&self) -> Option<SnapshotLevel>;
}

/// The journal could not be written: the disk is full, the file is gone.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the journal: {0}")]
pub struct Unwritten(pub String);

/// How a run is taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// From the start: nothing of it is on the target.
    Begin,
    /// The staging is taken up again.
    TakeUp,
    /// The tables are live: what follows the swap is done.
    Settle,
    /// All is done on the target: only the record is missing.
    Record,
    /// Its staging was removed: by a later run of the database, or by prune.
    GiveUp,
    /// The run is over.
    Nothing,
}

/// The recovery table: what the journal says × what the target shows.
///
/// A state before the swap that meets a swapped target means that the record of the swap was lost; a state
/// after it that meets staging means that the server lost it. The target is believed each time (E04).
pub fn recovery(state: State, shown: Shown) -> Action {
    match (state, shown) {
        (state, _) if state.is_end() => Action::Nothing,
        (_, Shown::Kept) => Action::Record,
        (_, Shown::Swapped) => Action::Settle,
        (_, Shown::Staging) => Action::TakeUp,
        // After the swap nothing but the marks can be gone: they go last.
        (State::Swapped, Shown::Nothing) => Action::Record,
        (State::Planned | State::Preflighted, Shown::Nothing) => Action::Begin,
        // Begun anew it would undo what was done since.
        (_, Shown::Nothing) => Action::GiveUp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOWN: [Shown; 4] = [Shown::Nothing, Shown::Staging, Shown::Swapped, Shown::Kept];

    #[test]
    fn e04_every_state_meets_everything_that_a_target_can_show() {
        use Action::{Begin, GiveUp, Nothing, Record, Settle, TakeUp};
        // Columns: no trace, staging, swapped, kept.
        let table = [
            (State::Planned, [Begin, TakeUp, Settle, Record]),
            (State::Preflighted, [Begin, TakeUp, Settle, Record]),
            (State::Locked, [GiveUp, TakeUp, Settle, Record]),
            (State::Snapshot, [GiveUp, TakeUp, Settle, Record]),
            (State::Staging, [GiveUp, TakeUp, Settle, Record]),
            (State::Verified, [GiveUp, TakeUp, Settle, Record]),
            (State::SwapIntent, [GiveUp, TakeUp, Settle, Record]),
            (State::Swapped, [Record, TakeUp, Settle, Record]),
            (State::Done, [Nothing; 4]),
            (State::Refused, [Nothing; 4]),
            (State::Failed, [Nothing; 4]),
            (State::RolledBack, [Nothing; 4]),
            (State::Abandoned, [Nothing; 4]),
        ];
        assert_eq!(table.map(|(state, _)| state), State::ALL);
        for (state, actions) in table {
            for (shown, action) in SHOWN.into_iter().zip(actions) {
                assert_eq!(recovery(state, shown), action, "{state:?} × {shown:?}");
            }
        }
    }
}
