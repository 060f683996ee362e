//! The cells of a row as it stands in its packet: a length and bytes, or 0xFB for NULL.
//!
//! (MySQL client/server protocol, "Length-Encoded Integer" and "Text Resultset Row".)

/// Walks over the cells of a row of the text protocol. A row that is cut short ends early.
pub struct Cells<'a>(&'a [u8]);

impl<'a> Cells<'a> {
    pub fn of(row: &'a [u8]) -> Cells<'a> {
        Cells(row)
    }
}

impl<'a> Iterator for Cells<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Option<&'a [u8]>> {
        let (first, rest) = self.0.split_first()?;
        if *first == 0xFB {
            self.0 = rest;
            return Some(None);
        }
        let (length, head) = length(self.0)?;
        let end = head.checked_add(usize::try_from(length).ok()?)?;
        let cell = self.0.get(head..end)?;
        self.0 = &self.0[end..];
        Some(Some(cell))
    }
}

/// The number at the beginning of a packet.
pub fn number(packet: &[u8]) -> Option<u64> {
    length(packet).map(|(number, _)| number)
}

/// A length, and how many bytes it takes itself.
fn length(bytes: &[u8]) -> Option<(u64, usize)> {
    let wide = |count: usize| {
        let mut number = [0; 8];
        number[..count].copy_from_slice(bytes.get(1..=count)?);
        Some((u64::from_le_bytes(number), count + 1))
    };
    match bytes.first()? {
        0xFC => wide(2),
        0xFD => wide(3),
        0xFE => wide(8),
        0xFB | 0xFF => None,
        short => Some((u64::from(*short), 1)),
    }
}

/// Appends a cell.
pub fn put(packet: &mut Vec<u8>, cell: &[u8]) {
    let length = cell.len() as u64;
    let bytes = length.to_le_bytes();
    match length {
        0..0xFB => packet.push(bytes[0]),
        0xFB..0x1_0000 => {
            packet.push(0xFC);
            packet.extend_from_slice(&bytes[..2]);
        }
        0x1_0000..0x100_0000 => {
            packet.push(0xFD);
            packet.extend_from_slice(&bytes[..3]);
        }
        _ => {
            packet.push(0xFE);
            packet.extend_from_slice(&bytes);
        }
    }
    packet.extend_from_slice(cell);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lengths_of_every_width_come_back() {
        for length in [
            0, 1, 0xFA, 0xFB, 0xFC, 0xFFFF, 0x1_0000, 0xFF_FFFF, 0x100_0000,
        ] {
            let cell = vec![7; length];
            let mut packet = Vec::new();
            put(&mut packet, &cell);
            let mut cells = Cells::of(&packet);
            assert_eq!(cells.next(), Some(Some(&cell[..])), "{length}");
            assert_eq!(cells.next(), None);
        }
    }

    #[test]
    fn a_row_that_is_cut_short_ends_early() {
        assert_eq!(Cells::of(&[3, b'a']).next(), None);
        assert_eq!(
            Cells::of(&[0xFE, 255, 255, 255, 255, 255, 255, 255, 255]).next(),
            None
        );
        assert_eq!(Cells::of(&[0xFB, 1]).collect::<Vec<_>>(), [None]);
    }

    proptest! {
        #[test]
        fn cells_come_back_as_they_went_in(cells in proptest::collection::vec(proptest::option::of(proptest::collection::vec(any::<u8>(), 0..300)), 0..9)) {
            let mut packet = Vec::new();
            for cell in &cells {
                match cell {
                    Some(cell) => put(&mut packet, cell),
                    None => packet.push(0xFB),
                }
            }
            let read: Vec<Option<Vec<u8>>> = Cells::of(&packet).map(|cell| cell.map(<[u8]>::to_vec)).collect();
            prop_assert_eq!(read, cells);
        }
    }
}
