//! Prepared statements that write rows: every parameter is bytes, as the source printed them.
//!
//! Two commands take rows. `COM_STMT_EXECUTE` has one set of parameters, so the statement has a placeholder for every
//! cell of several rows. `COM_STMT_BULK_EXECUTE` of MariaDB has one statement for one row and many sets in a packet.
//! (MySQL client/server protocol; MariaDB, "COM_STMT_BULK_EXECUTE".)

use mysql_common::constants::{ColumnType, Command};

use super::{Awaited, Error, Wire, cells};

/// A statement that the server knows by a number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statement {
    id: u32,
    pub(super) columns: u16,
    pub(super) parameters: u16,
}

impl Statement {
    /// Reads the server's answer: 0, the id, how many columns, how many parameters.
    pub(super) fn read(packet: &[u8]) -> Result<Statement, Error> {
        let [0, a, b, c, d, counts @ ..] = packet else {
            return Err(Error::Protocol(
                "no answer to a statement to prepare".into(),
            ));
        };
        let [low, high, less, more, ..] = counts else {
            return Err(Error::Protocol(
                "a short answer to a statement to prepare".into(),
            ));
        };
        Ok(Statement {
            id: u32::from_le_bytes([*a, *b, *c, *d]),
            columns: u16::from_le_bytes([*low, *high]),
            parameters: u16::from_le_bytes([*less, *more]),
        })
    }
}

impl Wire {
    pub async fn prepare(&mut self, sql: &str) -> Result<Statement, Error> {
        self.command(Command::COM_STMT_PREPARE, sql.as_bytes(), Awaited::Prepared)
            .await?;
        self.next().await?;
        Ok(self.prepared)
    }

    /// The names of the columns of a statement's rows; it has no parameters.
    pub async fn name_columns(&mut self, sql: &str) -> Result<Vec<String>, Error> {
        let statement = self.prepare(sql).await?;
        self.forget(statement).await?;
        Ok(std::mem::take(&mut self.columns))
    }

    /// Runs a statement; returns the affected rows.
    pub async fn execute(&mut self, parameters: Parameters) -> Result<u64, Error> {
        let Parameters { command, body } = parameters;
        self.command(command, &body, Awaited::Answer).await?;
        drop(body);
        self.affected().await
    }

    /// Lets the server forget a statement. It does not answer.
    pub async fn forget(&mut self, statement: Statement) -> Result<(), Error> {
        self.command(
            Command::COM_STMT_CLOSE,
            &statement.id.to_le_bytes(),
            Awaited::Nothing,
        )
        .await
    }
}

/// What a statement is run with.
pub struct Parameters {
    command: Command,
    body: Vec<u8>,
}

impl Parameters {
    /// The cells of all rows as parameters of one statement: flags, one iteration, which are NULL, types, values.
    pub fn one<'a>(
        statement: Statement,
        cells: impl Iterator<Item = Option<&'a [u8]>>,
        room: usize,
    ) -> Parameters {
        let count = usize::from(statement.parameters);
        let mut body = Vec::with_capacity(room + count * 3 + 16);
        body.extend_from_slice(&statement.id.to_le_bytes());
        body.push(0);
        body.extend_from_slice(&1u32.to_le_bytes());
        let nulls = body.len();
        body.resize(nulls + count.div_ceil(8), 0);
        body.push(1);
        types(&mut body, count);
        for (number, cell) in cells.enumerate() {
            match cell {
                Some(cell) => cells::put(&mut body, cell),
                None => body[nulls + number / 8] |= 1 << (number % 8),
            }
        }
        Parameters {
            command: Command::COM_STMT_EXECUTE,
            body,
        }
    }

    /// The rows of one statement with a placeholder for each column: types, then an indicator and a value for each cell.
    pub fn many<'a>(
        statement: Statement,
        cells: impl Iterator<Item = Option<&'a [u8]>>,
        room: usize,
    ) -> Parameters {
        const SEND_TYPES: u16 = 128;
        const VALUE: u8 = 0;
        const NULL: u8 = 1;
        let count = usize::from(statement.parameters);
        let mut body = Vec::with_capacity(room + count * 2 + 16);
        body.extend_from_slice(&statement.id.to_le_bytes());
        body.extend_from_slice(&SEND_TYPES.to_le_bytes());
        types(&mut body, count);
        for cell in cells {
            match cell {
                Some(cell) => {
                    body.push(VALUE);
                    cells::put(&mut body, cell);
                }
                None => body.push(NULL),
            }
        }
        Parameters {
            command: Command::COM_STMT_BULK_EXECUTE,
            body,
        }
    }
}

fn types(body: &mut Vec<u8>, count: usize) {
    for _ in 0..count {
        body.extend_from_slice(&[ColumnType::MYSQL_TYPE_BLOB as u8, 0]);
    }
}
