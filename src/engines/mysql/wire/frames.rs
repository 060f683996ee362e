//! Packets in their frames: three bytes of length, a number, and up to 16 MiB; a longer packet has several.
//!
//! A packet is looked at where the socket has put it, and sent from where it lies. Compressed ones go through the codec
//! of `mysql_common`. (MySQL client/server protocol, "MySQL Packets" and "Compression".)

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Buf as _, BytesMut};
use mysql_common::proto::codec::{Compression, PacketCodec};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Error, Transport};

/// How much room there is for what the socket brings.
const ROOM: usize = 512 * 1024;
/// A frame that is full, so that another one follows.
const FULL: usize = 0xFF_FFFF;
const HEAD: usize = 4;

/// A stream of packets, in both directions.
pub struct Frames {
    stream: Box<dyn Transport>,
    /// What carries compressed packets; None where none are compressed.
    codec: Option<PacketCodec>,
    incoming: BytesMut,
    /// How much room `incoming` was given last.
    given: usize,
    /// How many bytes have passed, in both directions: who waits for an answer sees whether anything moves.
    moved: Arc<AtomicU64>,
    /// A packet of several frames, or of a compressed one.
    packet: Vec<u8>,
    seen: Seen,
    /// The number of the next frame.
    number: u8,
    /// Set while a packet goes out: one that was broken off leaves the server in the middle of it.
    is_sending: bool,
}

/// Where the packet is that was taken last.
#[derive(Clone, Copy, PartialEq)]
enum Seen {
    /// In `packet`, but not all of it yet.
    Part,
    Whole,
    /// At the beginning of `incoming`, behind its head.
    There(usize),
}

impl Frames {
    pub fn over(stream: Box<dyn Transport>) -> Frames {
        Frames {
            stream,
            codec: None,
            incoming: BytesMut::new(),
            given: 0,
            moved: Arc::default(),
            packet: Vec::new(),
            seen: Seen::Whole,
            number: 0,
            is_sending: false,
        }
    }

    /// The stream, to be secured; nothing may have arrived on it that was not taken.
    pub fn into_stream(self) -> Box<dyn Transport> {
        self.stream
    }

    /// Puts another stream in the place of the one that was taken out; the numbers of the frames go on.
    pub fn secured(stream: Box<dyn Transport>, number: u8) -> Frames {
        Frames {
            number,
            ..Frames::over(stream)
        }
    }

    pub fn number(&self) -> u8 {
        self.number
    }

    /// The count of all bytes that have passed.
    pub fn moved(&self) -> Arc<AtomicU64> {
        self.moved.clone()
    }

    /// From now on packets are compressed.
    pub fn compress(&mut self) {
        let mut codec = PacketCodec::default();
        // The server's own limit is told by its error.
        codec.max_allowed_packet = usize::MAX;
        codec.compress(Compression::fast());
        self.codec = Some(codec);
    }

    /// The packet that was taken last.
    pub fn packet(&self) -> &[u8] {
        match self.seen {
            Seen::There(length) => &self.incoming[HEAD..HEAD + length],
            Seen::Part | Seen::Whole => &self.packet,
        }
    }

    /// Takes the next packet out of what has arrived; false when it is not whole yet.
    pub fn take(&mut self) -> Result<bool, Error> {
        match self.seen {
            Seen::There(length) => self.incoming.advance(HEAD + length),
            Seen::Whole if self.packet.capacity() > ROOM => self.packet = Vec::new(),
            Seen::Whole => self.packet.clear(),
            Seen::Part => {}
        }
        if let Some(codec) = &mut self.codec {
            let whole = codec
                .decode(&mut self.incoming, &mut self.packet)
                .map_err(|cause| Error::Protocol(cause.to_string()))?;
            self.seen = if whole { Seen::Whole } else { Seen::Part };
            return Ok(whole);
        }
        let is_continued = self.seen == Seen::Part && !self.packet.is_empty();
        self.seen = Seen::Part;
        let Some(length) = self.arrived()? else {
            return Ok(false);
        };
        self.number = self.number.wrapping_add(1);
        if length < FULL && !is_continued {
            self.seen = Seen::There(length);
            return Ok(true);
        }
        self.packet
            .extend_from_slice(&self.incoming[HEAD..HEAD + length]);
        self.incoming.advance(HEAD + length);
        if length == FULL {
            return self.take();
        }
        self.seen = Seen::Whole;
        Ok(true)
    }

    /// The length of the next frame, when it is there as a whole.
    fn arrived(&self) -> Result<Option<usize>, Error> {
        let Some(length) = self.next_length() else {
            return Ok(None);
        };
        if self.incoming[3] != self.number {
            return Err(Error::Protocol("packets came out of their order".into()));
        }
        Ok((self.incoming.len() >= HEAD + length).then_some(length))
    }

    fn next_length(&self) -> Option<usize> {
        match self.incoming[..] {
            [low, middle, high, _, ..] => Some(u32::from_le_bytes([low, middle, high, 0]) as usize),
            _ => None,
        }
    }

    /// Waits for more bytes.
    pub async fn fill(&mut self) -> Result<(), Error> {
        let frame = match self.codec {
            Some(_) => 0,
            None => self.next_length().unwrap_or_default() + HEAD,
        };
        // What a large row has made longer is given back.
        if self.incoming.is_empty() && self.given > 2 * ROOM {
            self.incoming = BytesMut::new();
            self.given = 0;
        }
        // As much as the frame still lacks, and never only a little.
        let lacking = frame.saturating_sub(self.incoming.len()).max(ROOM / 8);
        if self.incoming.capacity() - self.incoming.len() < lacking {
            self.incoming.reserve(lacking.max(ROOM));
            self.given = self.incoming.capacity();
        }
        match self.stream.read_buf(&mut self.incoming).await? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            read => {
                self.moved.fetch_add(read as u64, Ordering::Relaxed);
                Ok(())
            }
        }
    }

    /// Sends a command.
    pub async fn send(&mut self, command: u8, body: &[u8]) -> Result<(), Error> {
        self.number = 0;
        if let Some(codec) = &mut self.codec {
            codec.reset_seq_id();
        }
        self.put(&[command], body).await
    }

    /// Sends a packet that goes on with what was said before.
    pub async fn answer(&mut self, packet: &[u8]) -> Result<(), Error> {
        self.put(&[], packet).await
    }

    async fn put(&mut self, first: &[u8], body: &[u8]) -> Result<(), Error> {
        if std::mem::replace(&mut self.is_sending, true) {
            let cause = "a packet before it was broken off";
            return Err(io::Error::new(io::ErrorKind::BrokenPipe, cause).into());
        }
        match &mut self.codec {
            Some(codec) => {
                let mut packed = packed(codec, first, body)?;
                self.write(&mut packed).await?;
            }
            None => self.put_frames(first, body).await?,
        }
        self.stream.flush().await?;
        self.is_sending = false;
        Ok(())
    }

    /// A packet whose length is a multiple of a full frame ends with an empty one.
    async fn put_frames(&mut self, mut first: &[u8], mut body: &[u8]) -> Result<(), Error> {
        loop {
            let length = (first.len() + body.len()).min(FULL);
            let (now, later) = body.split_at(length - first.len());
            let mut head = (length as u32).to_le_bytes();
            head[3] = self.number;
            self.number = self.number.wrapping_add(1);
            let mut frame = bytes::Buf::chain(&head[..], first).chain(now);
            self.write(&mut frame).await?;
            if length < FULL {
                return Ok(());
            }
            (first, body) = (&[], later);
        }
    }

    async fn write(&mut self, bytes: &mut impl bytes::Buf) -> Result<(), Error> {
        while bytes.has_remaining() {
            let written = self.stream.write_buf(bytes).await?;
            self.moved.fetch_add(written as u64, Ordering::Relaxed);
        }
        Ok(())
    }

    pub async fn shut(&mut self) {
        let _ = self.stream.shutdown().await;
    }
}

/// A packet as the codec packs it. It has room for no more bytes than there were: what zlib makes longer, as of bytes
/// that do not repeat, it would cut off. So it is given more room; and where the length of a full frame would not fit any
/// more, nothing is packed.
fn packed(codec: &mut PacketCodec, first: &[u8], body: &[u8]) -> Result<BytesMut, Error> {
    let length = first.len() + body.len();
    let framed = length + HEAD * (length / FULL + 1);
    codec.compress(match framed + framed / 256 > FULL {
        true => Compression::none(),
        false => Compression::fast(),
    });
    let mut packed = BytesMut::with_capacity(framed + framed / 256 + ROOM / 8);
    codec
        .encode(&mut bytes::Buf::chain(first, body), &mut packed)
        .map_err(|cause| Error::Protocol(cause.to_string()))?;
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that do not repeat.
    fn random(length: usize) -> Vec<u8> {
        let mut state = 7u64;
        let next = |_| {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) as u8
        };
        (0..length).map(next).collect()
    }

    #[test]
    fn packets_that_cannot_be_packed_arrive_whole() {
        for length in [10, 10_000, 1 << 20, FULL - 5, FULL - 1, FULL, FULL + 70_000] {
            let body = random(length);
            let [mut sender, mut receiver] = [(); 2].map(|()| {
                let mut codec = PacketCodec::default();
                codec.max_allowed_packet = usize::MAX;
                codec.compress(Compression::fast());
                codec
            });
            let mut bytes = packed(&mut sender, b"x", &body).unwrap();
            let mut packet = Vec::new();
            assert!(
                receiver.decode(&mut bytes, &mut packet).unwrap(),
                "{length}"
            );
            assert_eq!(packet.len(), length + 1);
            assert!(packet[1..] == body, "{length}");
        }
    }
}
