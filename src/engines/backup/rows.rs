//! Rows as INSERT statements, and back: the writer's format exactly, nothing else is understood.

use crate::engines::BatchLimit;
use crate::engines::dialect::Form;
use crate::model::batch::Batch;
use crate::model::units::Rows;

/// A statement ends at this size; the row that reaches it may exceed it.
const STATEMENT: usize = 1 << 20;

/// Statements that grow row by row.
#[derive(Default)]
pub struct Text {
    bytes: Vec<u8>,
    /// The size of the open statement; None between statements.
    open: Option<usize>,
}

impl Text {
    /// Adds all rows of a batch.
    pub fn add(&mut self, form: &dyn Form, batch: &Batch) {
        let width = batch.width().max(1);
        for (position, (kind, bytes)) in batch.cells().enumerate() {
            let column = position % width;
            match column {
                0 => self.begin_row(form),
                _ => self.bytes.push(b','),
            }
            form.write(column, kind, bytes, &mut self.bytes);
            if column + 1 == width {
                self.bytes.push(b')');
                self.end_row();
            }
        }
    }

    fn begin_row(&mut self, form: &dyn Form) {
        match self.open {
            Some(_) => self.bytes.extend_from_slice(b",\n("),
            None => {
                self.open = Some(self.bytes.len());
                self.bytes.extend_from_slice(form.head().as_bytes());
                self.bytes.extend_from_slice(b"\n(");
            }
        }
    }

    fn end_row(&mut self) {
        if self
            .open
            .is_some_and(|start| self.bytes.len() - start >= STATEMENT)
        {
            self.end();
        }
    }

    /// Ends the open statement.
    pub fn end(&mut self) {
        if self.open.take().is_some() {
            self.bytes.extend_from_slice(b";\n");
        }
    }

    /// What was written so far; the open statement is ended.
    pub fn take(&mut self) -> Vec<u8> {
        self.end();
        std::mem::take(&mut self.bytes)
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// Reads all rows of a file's text; `full` takes each batch and says whether to go on.
///
/// # Errors
/// The position of what the writer would not have written.
pub fn read(
    opening: &str,
    form: &dyn Form,
    text: &[u8],
    limit: BatchLimit,
    mut full: impl FnMut(Batch) -> bool,
) -> Result<Rows, usize> {
    let mut cursor = Cursor { text, at: 0 };
    let (mut batch, mut cell) = (Batch::new(form.width()), Vec::new());
    let mut rows = Rows(0);
    cursor.expect(opening.as_bytes())?;
    while cursor.at < text.len() {
        cursor.expect(form.head().as_bytes())?;
        cursor.expect(b"\n")?;
        loop {
            if batch.rows() >= limit.rows || batch.bytes() >= limit.bytes {
                let ready = std::mem::replace(&mut batch, Batch::new(form.width()));
                if !full(ready) {
                    return Ok(rows);
                }
            }
            for column in 0..form.width() {
                cursor.expect(if column == 0 { b"(" } else { b"," })?;
                cell.clear();
                let rest = &text[cursor.at..];
                let (kind, length) = form.read(column, rest, &mut cell).ok_or(cursor.at)?;
                batch.push(kind, &cell);
                cursor.at += length;
            }
            cursor.expect(b")")?;
            rows += Rows(1);
            if cursor.expect(b",\n").is_err() {
                cursor.expect(b";\n")?;
                break;
            }
        }
    }
    if !batch.is_empty() {
        full(batch);
    }
    Ok(rows)
}

struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
}

impl Cursor<'_> {
    fn expect(&mut self, wanted: &[u8]) -> Result<(), usize> {
        match self.text[self.at..].starts_with(wanted) {
            true => {
                self.at += wanted.len();
                Ok(())
            }
            false => Err(self.at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::backup::script;
    use crate::model::batch::Kind;
    use crate::model::catalog::{Column, Table};
    use crate::model::units::Bytes;

    const LIMIT: BatchLimit = BatchLimit {
        rows: Rows(7),
        bytes: Bytes(1 << 30),
    };

    fn form() -> Box<dyn Form> {
        let column = |name: &str| Column {
            name: name.into(),
            ..Column::default()
        };
        script("mysql").unwrap().form(&Table {
            name: "t".into(),
            columns: vec![column("a"), column("b")],
            ..Table::default()
        })
    }

    #[test]
    fn rows_come_back_over_the_ends_of_statements_and_batches() {
        let mut batch = Batch::new(2);
        for number in 0..100 {
            batch.push(Kind::Text, &vec![b'\''; number * 300]);
            batch.push(Kind::Null, b"");
        }
        let mut text = Text::default();
        text.add(form().as_ref(), &batch);
        let text = text.take();
        let statements = text.windows(6).filter(|window| window == b"INSERT").count();
        assert_eq!(statements, 3);
        let mut cells: Vec<(Kind, Vec<u8>)> = Vec::new();
        let rows = read("", form().as_ref(), &text, LIMIT, |batch| {
            assert!(batch.rows() <= Rows(7));
            cells.extend(batch.cells().map(|(kind, bytes)| (kind, bytes.to_vec())));
            true
        });
        assert_eq!(rows, Ok(Rows(100)));
        let expected: Vec<_> = batch
            .cells()
            .map(|(kind, bytes)| (kind, bytes.to_vec()))
            .collect();
        assert!(cells == expected);
        for end in 1..200 {
            let cut = &text[..text.len() - end];
            assert!(
                read("", form().as_ref(), cut, LIMIT, |_| true).is_err(),
                "{end}"
            );
        }
    }
}
