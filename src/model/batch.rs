//! Rows in memory, as the source printed them: one buffer and a list of ends.
//!
//! Nothing is decoded on the way between two servers of one family. A cell has a kind beside its bytes,
//! because SQLite keeps a type for every value.

use serde::{Deserialize, Serialize};

use super::units::{Bytes, Rows};

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Null,
    /// Bytes as the server prints them; for SQLite a TEXT value.
    Text,
    /// SQLite: 8 bytes, little endian.
    Integer,
    /// SQLite: 8 bytes, little endian, IEEE 754.
    Real,
    /// SQLite: a BLOB value.
    Blob,
    /// MySQL: a JSON document as the server prints it, a NUL, and the types of its values.
    Typed,
}

/// Some rows of one table: cells in row order.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    width: usize,
    data: Vec<u8>,
    kinds: Vec<Kind>,
    /// The bytes of each cell; no product has a value of 4 GiB.
    lengths: Vec<u32>,
    /// Where each row ends in the data.
    rows: Vec<usize>,
}

impl Batch {
    /// An empty batch of rows with this many cells.
    pub fn new(width: usize) -> Batch {
        Batch {
            width: width.max(1),
            ..Batch::default()
        }
    }

    /// Takes the full batch away and begins the next one, with room for as much.
    pub fn renew(&mut self) -> Batch {
        let next = Batch {
            width: self.width,
            data: Vec::with_capacity(self.data.len()),
            kinds: Vec::with_capacity(self.kinds.len()),
            lengths: Vec::with_capacity(self.lengths.len()),
            rows: Vec::with_capacity(self.rows.len()),
        };
        std::mem::replace(self, next)
    }

    /// Adds the next cell; the bytes of a NULL are ignored.
    pub fn push(&mut self, kind: Kind, bytes: &[u8]) {
        let bytes = match kind {
            Kind::Null => &[],
            _ => bytes,
        };
        self.data.extend_from_slice(bytes);
        self.kinds.push(kind);
        self.lengths.push(bytes.len() as u32);
        if self.kinds.len() == (self.rows.len() + 1) * self.width {
            self.rows.push(self.data.len());
        }
    }

    pub fn width(&self) -> usize {
        self.width
    }

    /// How many rows are whole.
    pub fn rows(&self) -> Rows {
        Rows(self.rows.len() as u64)
    }

    pub fn bytes(&self) -> Bytes {
        Bytes(self.data.len() as u64)
    }

    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The bytes of each row's values.
    pub fn row_sizes(&self) -> impl Iterator<Item = usize> {
        let mut start = 0;
        let ends = self.rows.iter();
        ends.map(move |end| end - std::mem::replace(&mut start, *end))
    }

    /// The cells of all rows, one after the other.
    pub fn cells(&self) -> impl Iterator<Item = (Kind, &[u8])> + Clone {
        self.cells_of(0, self.rows.len())
    }

    /// The cells of so many rows, from the row with this number on.
    pub fn cells_of(&self, row: usize, rows: usize) -> impl Iterator<Item = (Kind, &[u8])> + Clone {
        let start = match row {
            0 => 0,
            row => self.rows[row - 1],
        };
        let cells = row * self.width..(row + rows) * self.width;
        let cells = self.kinds[cells.clone()].iter().zip(&self.lengths[cells]);
        let mut rest = &self.data[start..];
        cells.map(move |(kind, length)| {
            let (bytes, after) = rest.split_at(*length as usize);
            rest = after;
            (*kind, bytes)
        })
    }
}

/// A key range of one table, half open: `from <= key < to`. Missing ends are open, so nothing outside the
/// sampled boundaries is lost (B01).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Chunk {
    /// The key's columns; empty means the whole table.
    pub key: Vec<String>,
    /// The key's values as literals that the source's server wrote or that we made from its bytes.
    pub from: Option<Vec<String>>,
    pub to: Option<Vec<String>>,
}

impl Chunk {
    /// The whole table.
    pub fn whole() -> Chunk {
        Chunk::default()
    }

    /// The ranges between boundaries: one more than there are boundaries, without gap or overlap.
    pub fn between(key: &[String], boundaries: Vec<Vec<String>>) -> Vec<Chunk> {
        let mut starts = vec![None];
        starts.extend(boundaries.into_iter().map(Some));
        let ends = starts
            .iter()
            .skip(1)
            .cloned()
            .chain([None])
            .collect::<Vec<_>>();
        starts
            .into_iter()
            .zip(ends)
            .map(|(from, to)| Chunk {
                key: key.to_vec(),
                from,
                to,
            })
            .collect()
    }
}

/// A fingerprint of rows that does not depend on their order: how many, and two sums of independent hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    pub rows: Rows,
    /// The sums as the server printed them.
    pub sums: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cells_come_back_as_they_went_in() {
        let mut batch = Batch::new(2);
        batch.push(Kind::Text, b"a");
        batch.push(Kind::Null, b"");
        batch.push(Kind::Text, b"");
        batch.push(Kind::Text, b"bc");
        let cells: Vec<_> = batch.cells().collect();
        assert_eq!(
            cells,
            [
                (Kind::Text, &b"a"[..]),
                (Kind::Null, b""),
                (Kind::Text, b""),
                (Kind::Text, b"bc")
            ]
        );
        assert_eq!((batch.rows(), batch.bytes()), (Rows(2), Bytes(3)));
        assert_eq!(batch.row_sizes().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(batch.cells_of(1, 1).collect::<Vec<_>>(), cells[2..]);
    }

    proptest! {
        #[test]
        fn b01_every_key_is_in_exactly_one_chunk(mut boundaries in proptest::collection::btree_set(-50i64..50, 0..8), key in -60i64..60) {
            let list = std::mem::take(&mut boundaries).into_iter().map(|n| vec![n.to_string()]).collect();
            let number = |end: &Option<Vec<String>>| end.as_ref().map(|values| values[0].parse::<i64>().unwrap());
            let chunks = Chunk::between(&["id".to_string()], list);
            let holding = chunks.iter().filter(|chunk| {
                number(&chunk.from).is_none_or(|from| from <= key) && number(&chunk.to).is_none_or(|to| key < to)
            });
            prop_assert_eq!(holding.count(), 1);
        }
    }
}
