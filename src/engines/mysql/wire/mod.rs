//! The packets of one connection: commands go out, answers come in as rows that nobody has decoded.
//!
//! Compression, handshake and authentication are those of `mysql_common`. What is ours is the way between a socket and
//! a batch: a row is read where the socket has put it, and a statement that writes rows is sent from where it was
//! spelled. `mysql_common`'s codec copies every packet once more on both ways, so only compressed ones go through it. The one rule: whatever is awaited from the server is remembered here, so that an answer
//! nobody waited for to its end is read before the next command goes out.

mod cells;
mod frames;
mod login;
mod statement;
mod tls;

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use mysql_common::constants::{CapabilityFlags, Command, StatusFlags};
use mysql_common::io::ParseBuf;
use mysql_common::packets::{
    CommonOkPacket, OkPacket, OkPacketDeserializer, OkPacketKind, OldEofPacket, ResultSetTerminator,
};
use tokio::io::{AsyncRead, AsyncWrite};

pub use cells::Cells;
use frames::Frames;
pub use login::{Unconnected, connect};
pub use statement::{Parameters, Statement};
pub use tls::{PIN_DIFFERS, fingerprint};

/// A packet that ends a result is shorter than this; a longer one that begins alike is a row with a huge first cell.
const LARGEST_END: usize = 0xFF_FFFF;

/// What carries the packets.
trait Transport: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Transport for T {}

/// Why a command got no answer, or which one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("{0}")]
    Protocol(String),
    #[error(transparent)]
    Refused(Refusal),
}

/// What a server answered, with its number.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{text} (error {number})")]
pub struct Refusal {
    pub number: u16,
    pub text: String,
}

/// What comes next of an answer.
#[derive(Debug)]
pub enum Part<'a> {
    /// A row of the text protocol.
    Row(&'a [u8]),
    /// A statement is done; this many rows were affected.
    Done(u64),
    /// Nothing is awaited any more.
    End,
}

/// What the server still has to send.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Awaited {
    Nothing,
    Answer,
    /// So many descriptions of columns, and the end of their list.
    Columns(u64),
    Rows,
    Prepared,
    /// So many descriptions of a prepared statement's parameters and columns, with the ends of their lists.
    Described(u64),
}

/// What was decoded last.
#[derive(Clone, Copy)]
enum Seen {
    Row,
    Done(u64),
    End,
}

/// One connection.
pub struct Wire {
    frames: Frames,
    awaited: Awaited,
    seen: Seen,
    capabilities: CapabilityFlags,
    /// Whether the server takes the rows of many executions in one packet.
    pub takes_bulk: bool,
    /// The names of the columns of the rows that come.
    pub columns: Vec<String>,
    prepared: Statement,
}

impl Wire {
    fn over(stream: Box<dyn Transport>) -> Wire {
        Wire {
            frames: Frames::over(stream),
            awaited: Awaited::Nothing,
            seen: Seen::End,
            capabilities: CapabilityFlags::empty(),
            takes_bulk: false,
            columns: Vec::new(),
            prepared: Statement::default(),
        }
    }

    /// Sends statements in one packet; their answers come by [`Wire::next`].
    pub async fn query(&mut self, sql: &str) -> Result<(), Error> {
        self.command(Command::COM_QUERY, sql.as_bytes(), Awaited::Answer)
            .await
    }

    /// The next part of the answer. May be given up at any time, and called again.
    pub async fn next(&mut self) -> Result<Part<'_>, Error> {
        while !self.advance()? {
            self.fill().await?;
        }
        Ok(self.part())
    }

    /// Decodes the next part of the answer, if it has arrived as a whole.
    pub fn advance(&mut self) -> Result<bool, Error> {
        if self.awaited == Awaited::Nothing {
            self.seen = Seen::End;
            return Ok(true);
        }
        while self.frames.take()? {
            if let Some(seen) = self.step()? {
                self.seen = seen;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What [`Wire::advance`] has decoded.
    pub fn part(&self) -> Part<'_> {
        match self.seen {
            Seen::Row => Part::Row(self.frames.packet()),
            Seen::Done(affected) => Part::Done(affected),
            Seen::End => Part::End,
        }
    }

    /// Reads the answers to their end; how many rows the last statement affected.
    pub async fn affected(&mut self) -> Result<u64, Error> {
        let mut affected = 0;
        loop {
            match self.next().await? {
                Part::Done(rows) => affected = rows,
                Part::Row(_) => {}
                Part::End => return Ok(affected),
            }
        }
    }

    /// The count of all bytes that have passed.
    pub fn moved(&self) -> Arc<AtomicU64> {
        self.frames.moved()
    }

    /// Waits for more bytes.
    pub async fn fill(&mut self) -> Result<(), Error> {
        self.frames.fill().await
    }

    /// Says good-bye, without waiting for an answer.
    pub async fn quit(mut self) {
        let sent = self.command(Command::COM_QUIT, b"", Awaited::Nothing).await;
        if sent.is_ok() {
            self.frames.shut().await;
        }
    }

    async fn command(
        &mut self,
        command: Command,
        body: &[u8],
        awaited: Awaited,
    ) -> Result<(), Error> {
        while self.awaited != Awaited::Nothing {
            match self.next().await {
                // The refusal of what nobody waited for is nobody's.
                Ok(_) | Err(Error::Refused(_)) => {}
                Err(error) => return Err(error),
            }
        }
        self.awaited = awaited;
        self.frames.send(command as u8, body).await
    }

    /// The next packet, outside of answers.
    async fn receive(&mut self) -> Result<&[u8], Error> {
        while !self.frames.take()? {
            self.frames.fill().await?;
        }
        Ok(self.frames.packet())
    }

    /// What a packet means; None when it is none of the parts that callers see.
    fn step(&mut self) -> Result<Option<Seen>, Error> {
        let packet = self.frames.packet();
        let empty = || Error::Protocol("an empty packet".into());
        let first = *packet.first().ok_or_else(empty)?;
        if first == 0xFF {
            self.awaited = Awaited::Nothing;
            return Err(Error::Refused(refusal(packet)));
        }
        match self.awaited {
            Awaited::Nothing => Err(Error::Protocol("a packet that nobody asked for".into())),
            Awaited::Answer if first == 0 => self.done::<CommonOkPacket>().map(Some),
            Awaited::Answer => {
                let count = cells::number(packet);
                let count = count.filter(|_| first != 0xFB);
                let count = count.ok_or_else(|| Error::Protocol("no answer to a query".into()))?;
                self.columns.clear();
                self.awaited = Awaited::Columns(count + self.list_ends());
                Ok(None)
            }
            Awaited::Columns(left) => {
                self.name_column();
                self.awaited = match left {
                    0 | 1 => Awaited::Rows,
                    more => Awaited::Columns(more - 1),
                };
                Ok(None)
            }
            Awaited::Rows if first == 0xFE && packet.len() < LARGEST_END => {
                match self
                    .capabilities
                    .contains(CapabilityFlags::CLIENT_DEPRECATE_EOF)
                {
                    true => self.done::<ResultSetTerminator>().map(Some),
                    false => self.done::<OldEofPacket>().map(Some),
                }
            }
            Awaited::Rows => Ok(Some(Seen::Row)),
            Awaited::Prepared => {
                self.columns.clear();
                self.prepared = Statement::read(packet)?;
                let lists = [self.prepared.parameters, self.prepared.columns];
                let packets = |count: u16| match count {
                    0 => 0,
                    count => u64::from(count) + self.list_ends(),
                };
                Ok(self.left(lists.map(packets).iter().sum()))
            }
            Awaited::Described(left) => {
                // The parameters come first; they have no names.
                let columns = u64::from(self.prepared.columns) + self.list_ends();
                if self.prepared.columns > 0 && left <= columns {
                    self.name_column();
                }
                Ok(self.left(left - 1))
            }
        }
    }

    /// How many descriptions of a prepared statement are still to come.
    fn left(&mut self, packets: u64) -> Option<Seen> {
        self.awaited = match packets {
            0 => Awaited::Nothing,
            more => Awaited::Described(more),
        };
        (packets == 0).then_some(Seen::End)
    }

    /// Remembers the name in a column's description: the fifth of its texts. Another packet ends the list.
    fn name_column(&mut self) {
        let packet = self.frames.packet();
        if packet.first() != Some(&0xFE) {
            let name = Cells::of(packet).nth(4).flatten();
            let name = String::from_utf8_lossy(name.unwrap_or_default());
            self.columns.push(name.into_owned());
        }
    }

    /// How many packets end a list of columns.
    fn list_ends(&self) -> u64 {
        let without = CapabilityFlags::CLIENT_DEPRECATE_EOF;
        u64::from(!self.capabilities.contains(without))
    }

    fn done<T: OkPacketKind>(&mut self) -> Result<Seen, Error> {
        let done: OkPacketDeserializer<'_, T> =
            ParseBuf(self.frames.packet()).parse(self.capabilities)?;
        let done: OkPacket<'_> = done.into();
        let more = StatusFlags::SERVER_MORE_RESULTS_EXISTS;
        self.awaited = match done.status_flags().contains(more) {
            true => Awaited::Answer,
            false => Awaited::Nothing,
        };
        Ok(Seen::Done(done.affected_rows()))
    }
}

/// An error packet: 0xFF, a number, perhaps `#` and five characters of a state, a text.
fn refusal(packet: &[u8]) -> Refusal {
    let number = match packet {
        [_, low, high, ..] => u16::from_le_bytes([*low, *high]),
        _ => 0,
    };
    let rest = packet.get(3..).unwrap_or_default();
    let text = match rest {
        [b'#', _, _, _, _, _, text @ ..] => text,
        text => text,
    };
    Refusal {
        number,
        text: String::from_utf8_lossy(text).into_owned(),
    }
}
