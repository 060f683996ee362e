//! Who copies what next, so that all workers finish together.
//!
//! The largest tables come first. A worker takes whole tables for as long as there are any, because a second
//! connection into one table gains nothing while other tables wait; small tables come in groups. Only then it helps
//! with the ranges of the table of which most are left. One table that is larger than a worker's share is everybody's
//! first: its keys are built by one worker, while the others go on.

use std::collections::VecDeque;

use crate::model::batch::Chunk;

/// A piece of work.
#[derive(Debug, PartialEq)]
pub enum Work {
    /// Small tables, by number: they are copied in one transaction.
    Group(Vec<usize>),
    /// A table that is to be cut into ranges.
    Table(usize),
    /// A range of a table.
    Range(usize, Piece),
}

/// A range of a table, and what may be of it in staging.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    pub number: usize,
    pub chunk: Chunk,
    pub left: Left,
}

/// What an earlier try left of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    Nothing,
    /// Rows without a mark, where the table knows no transactions.
    Scraps,
    /// Rows with their mark: they may be those of an earlier moment.
    Staged,
}

/// What a worker that asks is told.
#[derive(Debug, PartialEq)]
pub enum Next {
    Do(Work),
    /// Somebody is about to bring more.
    Wait,
    Done,
}

/// A table whose ranges are being copied.
struct Open {
    table: usize,
    worker: usize,
    pieces: VecDeque<Piece>,
}

#[derive(Default)]
pub struct Queue {
    tables: VecDeque<usize>,
    groups: VecDeque<Vec<usize>>,
    open: Vec<Open>,
    /// How many workers have work that may bring more.
    opening: usize,
    /// The table that all work on first, until its ranges are given out.
    giant: Option<usize>,
    /// Whether that table was looked at.
    is_cut: bool,
}

impl Queue {
    /// Both the tables and the groups with the largest first. The first table may be the `giant`.
    pub fn new(tables: Vec<usize>, groups: Vec<Vec<usize>>, giant: Option<usize>) -> Queue {
        Queue {
            giant,
            tables: tables.into(),
            groups: groups.into(),
            ..Queue::default()
        }
    }

    /// What this worker does next. Where it is a table or a group, [`Queue::opened`] must follow.
    pub fn next(&mut self, worker: usize) -> Next {
        self.open.retain(|open| !open.pieces.is_empty());
        let own = self.open.iter_mut().find(|open| open.worker == worker);
        if let Some(work) = own.and_then(Open::take) {
            return Next::Do(work);
        }
        if let Some(giant) = self
            .giant
            .filter(|giant| self.tables.front() != Some(giant))
        {
            let open = self.open.iter_mut().find(|open| open.table == giant);
            match open.and_then(Open::take) {
                Some(work) => return Next::Do(work),
                None if self.is_cut => self.giant = None,
                None => return Next::Wait,
            }
        }
        let table = self.tables.pop_front().map(Work::Table);
        if let Some(work) = table.or_else(|| self.groups.pop_front().map(Work::Group)) {
            self.opening += 1;
            return Next::Do(work);
        }
        let longest = self.open.iter_mut().max_by_key(|open| open.pieces.len());
        match longest.and_then(Open::take) {
            Some(work) => Next::Do(work),
            None if self.opening > 0 => Next::Wait,
            None => Next::Done,
        }
    }

    /// A worker has looked at a table, or at a group: the ranges of the one are to be copied, and the tables of the
    /// other that turned out to be long. It brings nothing where it failed.
    pub fn opened(&mut self, worker: usize, brought: Brought) {
        self.opening -= 1;
        // It was the first that anybody took.
        self.is_cut = true;
        match brought {
            Brought::Nothing => {}
            Brought::Ranges(table, pieces) => self.open.push(Open {
                table,
                worker,
                pieces: pieces.into(),
            }),
            Brought::Tables(tables) => self.tables.extend(tables),
        }
    }
}

/// What a look at a table or a group brings.
pub enum Brought {
    Nothing,
    Ranges(usize, Vec<Piece>),
    Tables(Vec<usize>),
}

impl Open {
    fn take(&mut self) -> Option<Work> {
        let piece = self.pieces.pop_front()?;
        Some(Work::Range(self.table, piece))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(count: usize) -> Vec<Piece> {
        let piece = |number| Piece {
            number,
            chunk: Chunk::whole(),
            left: Left::Nothing,
        };
        (0..count).map(piece).collect()
    }

    /// The table of the range that a worker gets.
    fn range(queue: &mut Queue, worker: usize) -> usize {
        match queue.next(worker) {
            Next::Do(Work::Range(table, _)) => table,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn workers_share_a_table_only_when_no_whole_one_is_left() {
        let mut queue = Queue::new(vec![7, 8], Vec::new(), None);
        assert_eq!(queue.next(0), Next::Do(Work::Table(7)));
        queue.opened(0, Brought::Ranges(7, pieces(4)));
        assert_eq!(range(&mut queue, 0), 7);
        assert_eq!(queue.next(1), Next::Do(Work::Table(8)));
        assert_eq!(queue.next(2), Next::Do(Work::Range(7, pieces(4).remove(1))));
        queue.opened(1, Brought::Ranges(8, pieces(1)));
        assert_eq!(range(&mut queue, 1), 8);
        assert_eq!(range(&mut queue, 1), 7);
        assert_eq!(range(&mut queue, 0), 7);
        assert_eq!(queue.next(0), Next::Done);
    }

    #[test]
    fn a_table_larger_than_a_workers_share_is_everybodys_first() {
        let mut queue = Queue::new(vec![7, 8], Vec::new(), Some(7));
        assert_eq!(queue.next(0), Next::Do(Work::Table(7)));
        assert_eq!(queue.next(1), Next::Wait);
        queue.opened(0, Brought::Ranges(7, pieces(2)));
        assert_eq!(range(&mut queue, 1), 7);
        assert_eq!(range(&mut queue, 0), 7);
        assert_eq!(queue.next(1), Next::Do(Work::Table(8)));
    }

    #[test]
    fn help_goes_to_the_table_with_most_ranges_left() {
        let mut queue = Queue::new(vec![1, 2], Vec::new(), None);
        for (worker, count) in [(0, 2), (1, 5)] {
            queue.next(worker);
            queue.opened(worker, Brought::Ranges(worker + 1, pieces(count)));
        }
        assert_eq!(range(&mut queue, 2), 2);
        assert_eq!(range(&mut queue, 0), 1);
    }

    #[test]
    fn groups_come_last_and_may_bring_long_tables_back() {
        let mut queue = Queue::new(vec![0], vec![vec![1, 2]], None);
        assert_eq!(queue.next(0), Next::Do(Work::Table(0)));
        assert_eq!(queue.next(1), Next::Do(Work::Group(vec![1, 2])));
        queue.opened(0, Brought::Ranges(0, Vec::new()));
        assert_eq!(queue.next(0), Next::Wait);
        queue.opened(1, Brought::Tables(vec![2]));
        assert_eq!(queue.next(0), Next::Do(Work::Table(2)));
        queue.opened(0, Brought::Nothing);
        assert_eq!(queue.next(0), Next::Done);
    }
}
