//! The packets of one connection: commands go out, answers come in as rows that nobody has decoded.
//!
//! Packets, compression, handshake and authentication are those of `mysql_common`. What is ours is the way between a
//! socket and a batch: a row is a slice of the packet that the server sent, and a statement that writes rows takes
//! their bytes as they are. The one rule: whatever is awaited from the server is remembered here, so that an answer
//! nobody waited for to its end is read before the next command goes out.

mod cells;
mod login;
mod statement;
mod tls;

use std::io;

use bytes::{Buf as _, BytesMut};
use mysql_common::constants::{CapabilityFlags, Command, StatusFlags};
use mysql_common::io::ParseBuf;
use mysql_common::packets::{
    CommonOkPacket, OkPacket, OkPacketDeserializer, OkPacketKind, OldEofPacket, ResultSetTerminator,
};
use mysql_common::proto::codec::PacketCodec;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

pub use cells::Cells;
pub use login::{Unconnected, connect};
pub use statement::{Parameters, Statement};
pub use tls::{PIN_DIFFERS, fingerprint};

/// How much is read from the socket at once.
const READ: usize = 256 * 1024;
/// A buffer that a large row has made longer is given back.
const KEPT: usize = 4 * READ;
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
    stream: Box<dyn Transport>,
    codec: PacketCodec,
    incoming: BytesMut,
    outgoing: BytesMut,
    /// The packet that was received last, or a part of one.
    packet: Vec<u8>,
    is_whole: bool,
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
        let mut codec = PacketCodec::default();
        // The server's own limit is told by its error.
        codec.max_allowed_packet = usize::MAX;
        Wire {
            stream,
            codec,
            incoming: BytesMut::new(),
            outgoing: BytesMut::new(),
            packet: Vec::new(),
            is_whole: true,
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
        while self.take()? {
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
            Seen::Row => Part::Row(&self.packet),
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

    /// Waits for more bytes.
    pub async fn fill(&mut self) -> Result<(), Error> {
        if self.outgoing.has_remaining() {
            self.flush().await?;
        }
        if self.incoming.is_empty() && self.incoming.capacity() > KEPT {
            self.incoming = BytesMut::new();
        }
        if self.incoming.capacity() - self.incoming.len() < READ / 4 {
            self.incoming.reserve(READ);
        }
        match self.stream.read_buf(&mut self.incoming).await? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            _ => Ok(()),
        }
    }

    /// Says good-bye, without waiting for an answer.
    pub async fn quit(mut self) {
        let sent = self.command(Command::COM_QUIT, b"", Awaited::Nothing).await;
        if sent.is_ok() {
            let _ = self.stream.shutdown().await;
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
        self.codec.reset_seq_id();
        let head = [command as u8];
        self.encode(&mut bytes::Buf::chain(&head[..], body))?;
        self.awaited = awaited;
        self.flush().await
    }

    fn encode(&mut self, packet: &mut impl bytes::Buf) -> Result<(), Error> {
        self.codec
            .encode(packet, &mut self.outgoing)
            .map_err(|cause| Error::Protocol(cause.to_string()))
    }

    async fn flush(&mut self) -> Result<(), Error> {
        while self.outgoing.has_remaining() {
            self.stream.write_buf(&mut self.outgoing).await?;
        }
        self.stream.flush().await?;
        if self.outgoing.capacity() > KEPT {
            self.outgoing = BytesMut::new();
        }
        Ok(())
    }

    /// Takes the next packet out of what has arrived; false when it is not whole yet.
    fn take(&mut self) -> Result<bool, Error> {
        if self.is_whole {
            match self.packet.capacity() > KEPT {
                true => self.packet = Vec::new(),
                false => self.packet.clear(),
            }
        }
        self.is_whole = self
            .codec
            .decode(&mut self.incoming, &mut self.packet)
            .map_err(|cause| Error::Protocol(cause.to_string()))?;
        Ok(self.is_whole)
    }

    /// The next packet, outside of answers.
    async fn receive(&mut self) -> Result<&[u8], Error> {
        while !self.take()? {
            self.fill().await?;
        }
        Ok(&self.packet)
    }

    /// What a packet means; None when it is none of the parts that callers see.
    fn step(&mut self) -> Result<Option<Seen>, Error> {
        let first = *self
            .packet
            .first()
            .ok_or_else(|| Error::Protocol("an empty packet".into()))?;
        if first == 0xFF {
            self.awaited = Awaited::Nothing;
            return Err(Error::Refused(refusal(&self.packet)));
        }
        match self.awaited {
            Awaited::Nothing => Err(Error::Protocol("a packet that nobody asked for".into())),
            Awaited::Answer if first == 0 => self.done::<CommonOkPacket>().map(Some),
            Awaited::Answer => {
                let count = cells::number(&self.packet);
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
            Awaited::Rows if first == 0xFE && self.packet.len() < LARGEST_END => {
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
                self.prepared = Statement::read(&self.packet)?;
                let lists = [self.prepared.parameters, self.prepared.columns];
                let packets = |count: u16| match count {
                    0 => 0,
                    count => u64::from(count) + self.list_ends(),
                };
                Ok(self.left(lists.map(packets).iter().sum()))
            }
            Awaited::Described(left) => {
                self.name_column();
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
        if self.packet.first() != Some(&0xFE) {
            let name = Cells::of(&self.packet).nth(4).flatten();
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
        let done: OkPacketDeserializer<'_, T> = ParseBuf(&self.packet).parse(self.capabilities)?;
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
