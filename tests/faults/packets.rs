//! The statements in a client's stream of MySQL packets, however the stream is cut into segments.

/// A packet's command byte for a statement in text.
const COM_QUERY: u8 = 3;
/// Longer statements carry rows; only their beginning is kept.
const KEPT: usize = 2048;

/// Reads packets: three bytes of length, one of sequence, then the payload.
#[derive(Default)]
pub struct Statements {
    head: Vec<u8>,
    /// What is left of the payload that is being read.
    left: usize,
    /// The beginning of the payload; its first 2 KiB.
    payload: Vec<u8>,
}

impl Statements {
    /// The texts of the statements that end within the next bytes, in upper case.
    pub fn in_next(&mut self, mut bytes: &[u8]) -> Vec<String> {
        let mut texts = Vec::new();
        while !bytes.is_empty() {
            if self.head.len() < 4 {
                let missing = (4 - self.head.len()).min(bytes.len());
                self.head.extend(&bytes[..missing]);
                bytes = &bytes[missing..];
                if self.head.len() == 4 {
                    let head = &self.head;
                    self.left = u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize;
                    self.payload.clear();
                }
            } else {
                let part = self.left.min(bytes.len());
                let kept = part.min(KEPT.saturating_sub(self.payload.len()));
                self.payload.extend(&bytes[..kept]);
                self.left -= part;
                bytes = &bytes[part..];
            }
            if self.head.len() == 4 && self.left == 0 {
                texts.extend(self.statement());
                self.head.clear();
            }
        }
        texts
    }

    /// The first packet of a command has the sequence 0.
    fn statement(&self) -> Option<String> {
        let (command, text) = self.payload.split_first()?;
        (self.head[3] == 0 && *command == COM_QUERY)
            .then(|| String::from_utf8_lossy(text).to_uppercase())
    }
}

#[test]
fn statements_are_found_however_the_stream_is_cut() {
    let packet = |sequence: u8, payload: &[u8]| {
        let length = (payload.len() as u32).to_le_bytes();
        [&[length[0], length[1], length[2], sequence], payload].concat()
    };
    let stream = [
        packet(1, b"\x03no statement: part of a login"),
        packet(0, b"\x03insert into t values (1); commit"),
        packet(0, b"\x17COMMIT inside of a prepared statement's values"),
        packet(0, b"\x03COMMIT"),
        packet(0, b"\x01"),
    ]
    .concat();
    for size in [1, 2, 3, 5, 7, 64, 1000] {
        let mut statements = Statements::default();
        let found: Vec<String> = stream
            .chunks(size)
            .flat_map(|part| statements.in_next(part))
            .collect();
        assert_eq!(found, ["INSERT INTO T VALUES (1); COMMIT", "COMMIT"]);
    }
}
