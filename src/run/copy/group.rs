//! Many small tables at once: one question, one stream of rows, one transaction, one commit.
//!
//! A table that the server only believes to be small, and that is not, leaves the group and is copied like any other.

use futures::future::join;
use tokio::sync::mpsc;

use super::queue::Brought;
use super::worker::{Failure, Shared, mismatch};
use super::{CHANNEL, Pair};
use crate::engines::{Loader, Mark, kill};
use crate::model::batch::Chunk;
use crate::model::catalog::Table;
use crate::model::units::{Bytes, Rows};
use crate::run::{Error, Verify};

/// The most rows of a small table.
const SMALL_ROWS: Rows = Rows(1000);
/// The most bytes of one, by the server's estimate: with its indexes even an empty table has some pages.
const SMALL_BYTES: Bytes = Bytes(1 << 20);
/// The most tables of a group.
const MOST: usize = 50;

/// Parts the tables, the largest first, into long ones and groups of small ones.
pub fn part(
    tables: &[Pair],
    workers: usize,
    may_be_small: impl Fn(&Pair) -> bool,
) -> (Vec<usize>, Vec<Vec<usize>>) {
    let is_small = |index: &usize| {
        let pair = &tables[*index];
        pair.from.rows <= SMALL_ROWS
            && pair.from.bytes <= SMALL_BYTES
            && pair.from.transactional
            && pair.to.transactional
            && !pair.to.keeps_history()
            && may_be_small(pair)
    };
    let (small, long): (Vec<usize>, Vec<usize>) = (0..tables.len()).partition(is_small);
    let size = (small.len() / (2 * workers.max(1))).clamp(1, MOST);
    (long, small.chunks(size).map(<[usize]>::to_vec).collect())
}

/// The first of the long tables, where it is more than a worker's share of all.
pub fn giant(tables: &[Pair], long: &[usize], workers: usize) -> Option<usize> {
    let bytes = |index: &usize| tables[*index].from.bytes.0;
    let all: u64 = long.iter().map(bytes).sum();
    let first = long.first().filter(|_| long.len() > 1)?;
    (bytes(first) * workers as u64 > all).then_some(*first)
}

impl Shared {
    /// Copies the small tables of a group and proves them; the long ones come back.
    pub(super) async fn group(
        &self,
        reader: usize,
        loader: &mut Box<dyn Loader>,
        group: Vec<usize>,
    ) -> Result<Brought, Error> {
        let sources: Vec<&Table> = group.iter().map(|it| &self.tables[*it].from).collect();
        let counts = self.snapshot.counts(reader, &sources).await?;
        let counted = group.into_iter().zip(counts);
        let (small, long): (Vec<_>, Vec<_>) = counted.partition(|(_, rows)| *rows <= SMALL_ROWS);
        let (small, counts): (Vec<usize>, Vec<Rows>) = small.into_iter().unzip();
        for index in &small {
            self.started(*index);
        }
        let mut pauses = self.pauses();
        loop {
            let cause = match self.group_once(reader, loader.as_mut(), &small).await {
                Ok(()) => break,
                Err(Failure::Loading(error)) if error.is_transient() => error,
                Err(Failure::Loading(error) | Failure::Reading(error)) => return Err(error),
            };
            self.pause(&self.tables[small[0]], &mut pauses, cause)
                .await?;
            *loader = self.target.loader(reader).await?;
            // They were committed together, or none of them was.
            let first = &self.tables[small[0]].to;
            if self.target.committed(first, 0).await?.is_some() {
                for (index, rows) in small.iter().zip(&counts) {
                    self.progress[*index]
                        .lock()
                        .expect("no worker panicked")
                        .rows = *rows;
                }
                break;
            }
            for index in &small {
                let mut progress = self.progress[*index].lock().expect("no worker panicked");
                (progress.rows, progress.bytes) = (Rows(0), Bytes(0));
            }
        }
        self.prove_group(reader, loader.as_mut(), &small, &counts)
            .await?;
        let long: Vec<usize> = long.into_iter().map(|(index, _)| index).collect();
        Ok(Brought::Tables(long))
    }

    async fn group_once(
        &self,
        reader: usize,
        loader: &mut dyn Loader,
        group: &[usize],
    ) -> Result<(), Failure> {
        if group.is_empty() {
            return Ok(());
        }
        let sources: Vec<&Table> = group.iter().map(|it| &self.tables[*it].from).collect();
        let calm = self.pace.calm(&self.stop);
        calm.await.map_err(Failure::Reading)?;
        let (sink, batches) = mpsc::channel(CHANNEL);
        let read = async {
            let read = self.snapshot.read_each(reader, &sources, self.limit, sink);
            read.await.map_err(|error| Failure::Reading(error.into()))
        };
        let load = async {
            let mut loaded = vec![Rows(0); group.len()];
            // It is closed on the way out, which ends the reading between two rows.
            let mut batches = batches;
            loader
                .begin()
                .await
                .map_err(|error| Failure::Loading(error.into()))?;
            while let Some((position, batch)) = batches.recv().await {
                loaded[position] += self.batch(loader, group[position], &batch).await?;
            }
            Ok(loaded)
        };
        let (read, loaded) = join(read, load).await;
        let (read, loaded) = (read?, loaded?);
        let chunk = Chunk::whole();
        let mut marks = Vec::new();
        for ((index, read), loaded) in group.iter().zip(read).zip(loaded) {
            let table = &self.tables[*index].to;
            if read != loaded {
                let error = mismatch(table, "read", read, "written", loaded);
                return Err(Failure::Reading(error));
            }
            self.progress[*index]
                .lock()
                .expect("no worker panicked")
                .rows = loaded;
            marks.push(Mark {
                table,
                number: 0,
                chunk: &chunk,
                rows: loaded,
            });
            kill::point("chunk-loaded");
        }
        let committed = loader.commit(&marks).await;
        committed.map_err(|error| Failure::Loading(error.into()))?;
        kill::point("chunk-committed");
        Ok(())
    }

    async fn prove_group(
        &self,
        reader: usize,
        loader: &mut dyn Loader,
        group: &[usize],
        there: &[Rows],
    ) -> Result<(), Error> {
        let targets: Vec<&Table> = group.iter().map(|it| &self.tables[*it].to).collect();
        let here = match self.verify {
            Verify::None => there.to_vec(),
            _ => loader.counts(&targets).await?,
        };
        for ((index, there), here) in group.iter().zip(there).zip(here) {
            self.agree(*index, *there, here)?;
            if self.verify == Verify::Checksum {
                self.same_digest(reader, loader, *index).await?;
            }
            self.done(*index);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(rows: u64) -> Pair {
        let table = Table {
            rows: Rows(rows),
            bytes: Bytes(rows * 100),
            transactional: true,
            ..Table::default()
        };
        Pair::new(table.clone(), &table, true)
    }

    #[test]
    fn small_tables_are_grouped_so_that_every_worker_has_some() {
        let tables: Vec<Pair> = [5000, 900, 20, 20, 20, 20, 20, 20, 3].map(pair).into();
        let (long, groups) = part(&tables, 2, |_| true);
        assert_eq!(long, [0]);
        assert_eq!(groups, [[1, 2], [3, 4], [5, 6], [7, 8]]);
        assert_eq!(part(&tables, 2, |_| false).1.len(), 0);
        assert_eq!(giant(&tables, &[0, 1], 2), Some(0));
        assert_eq!(giant(&tables, &[1, 2], 1), None);
        assert_eq!(giant(&tables, &[0], 2), None);
    }
}
