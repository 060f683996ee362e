//! A TCP proxy in front of a server, which fails in a chosen way at a chosen moment, once, and is sound afterwards.
//!
//! Moments are a number of bytes that have passed, or a statement: the client's packets are read far enough to know
//! a COM_QUERY and its text. A COMMIT that was sent and whose answer never comes is the hardest of all (B14, E06).

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{Notify, mpsc};

use super::packets::Statements;
use crate::live::Place;

/// When it fails.
#[derive(Clone, Debug)]
pub enum Moment {
    Never,
    /// So many bytes after [`Proxy::set`], in one direction.
    Bytes(Direction, u64),
    /// At the n-th statement, from 0, whose text has this in it.
    Statement(&'static str, u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Up,
    Down,
}

/// How it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection ends as if each side had closed it.
    Cut,
    /// The connection is reset.
    Reset,
    /// All connections are reset.
    ResetAll,
    /// The statement reaches the server, and its answer never comes: the connection is reset instead.
    Unanswered,
    /// Nothing passes any more, on any connection, also new ones, until [`Proxy::heal`].
    Stall,
    /// This one connection stands still until [`Proxy::heal`].
    StallOne,
    /// Only tells [`Proxy::struck`]; [`Proxy::took`] says how long the answer took.
    Tell,
}

/// How bytes pass otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    Full,
    /// Bytes in a second, in each direction of each connection.
    Slow(u64),
    /// One byte in a segment, for the first bytes of whatever comes at once: where packets begin.
    Tiny,
}

/// How many bytes are delivered one by one.
const TINY: usize = 64;

struct State {
    server: SocketAddr,
    plan: Mutex<(Moment, Fault)>,
    pace: Mutex<Pace>,
    up: AtomicU64,
    down: AtomicU64,
    /// Statements of the plan's text so far.
    met: AtomicU64,
    stalled: AtomicBool,
    healed: Notify,
    resets: Notify,
    took: Mutex<Option<Duration>>,
    struck: mpsc::UnboundedSender<()>,
}

pub struct Proxy {
    pub port: u16,
    state: Arc<State>,
    told: Mutex<mpsc::UnboundedReceiver<()>>,
    runtime: Option<Runtime>,
}

impl Proxy {
    pub fn before(place: &Place) -> Proxy {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let (struck, told) = mpsc::unbounded_channel();
        let state = Arc::new(State {
            server: SocketAddr::from(([127, 0, 0, 1], place.port)),
            plan: Mutex::new((Moment::Never, Fault::Tell)),
            pace: Mutex::new(Pace::Full),
            up: AtomicU64::new(0),
            down: AtomicU64::new(0),
            met: AtomicU64::new(0),
            stalled: AtomicBool::new(false),
            healed: Notify::new(),
            resets: Notify::new(),
            took: Mutex::default(),
            struck,
        });
        let port = listener.local_addr().unwrap().port();
        let shared = state.clone();
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, shared.clone()));
            }
        });
        Proxy {
            port,
            state,
            told: Mutex::new(told),
            runtime: Some(runtime),
        }
    }

    pub fn url(&self) -> String {
        format!("mysql://dbm@127.0.0.1:{}", self.port)
    }

    /// Plans the next failure; bytes and statements count from here.
    pub fn set(&self, moment: Moment, fault: Fault) {
        while self.told.lock().unwrap().try_recv().is_ok() {}
        for counter in [&self.state.up, &self.state.down, &self.state.met] {
            counter.store(0, Ordering::SeqCst);
        }
        *self.state.plan.lock().unwrap() = (moment, fault);
    }

    pub fn pace(&self, pace: Pace) {
        *self.state.pace.lock().unwrap() = pace;
    }

    /// The bytes that have passed since the last [`Proxy::set`].
    pub fn passed(&self, direction: Direction) -> u64 {
        self.state.counter(direction).load(Ordering::SeqCst)
    }

    /// Waits for the failure; false when it does not come.
    pub fn struck(&self, patience: Duration) -> bool {
        let mut told = self.told.lock().unwrap();
        let runtime = self.runtime.as_ref().unwrap();
        runtime
            .block_on(async { tokio::time::timeout(patience, told.recv()).await })
            .is_ok_and(|told| told.is_some())
    }

    /// How long the server took for the statement of the last [`Fault::Tell`].
    pub fn took(&self) -> Option<Duration> {
        *self.state.took.lock().unwrap()
    }

    /// Lets everything pass again; what stood still goes on.
    pub fn heal(&self) {
        *self.state.plan.lock().unwrap() = (Moment::Never, Fault::Tell);
        self.pace(Pace::Full);
        self.state.stalled.store(false, Ordering::SeqCst);
        self.state.healed.notify_waiters();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl State {
    fn counter(&self, direction: Direction) -> &AtomicU64 {
        match direction {
            Direction::Up => &self.up,
            Direction::Down => &self.down,
        }
    }

    /// The planned fault, when its moment lies within the next bytes; with how many of them still pass.
    fn by_bytes(&self, direction: Direction, more: usize) -> Option<(Fault, usize)> {
        let before = self
            .counter(direction)
            .fetch_add(more as u64, Ordering::SeqCst);
        let mut plan = self.plan.lock().unwrap();
        let (Moment::Bytes(at, after), fault) = &*plan else {
            return None;
        };
        if *at != direction || before + (more as u64) <= *after {
            return None;
        }
        let struck = (*fault, after.saturating_sub(before) as usize);
        *plan = (Moment::Never, Fault::Tell);
        Some(struck)
    }

    /// The planned fault, when one of these statements is its moment.
    fn by_statement(&self, texts: &[String]) -> Option<Fault> {
        let mut plan = self.plan.lock().unwrap();
        let (Moment::Statement(wanted, nth), fault) = &*plan else {
            return None;
        };
        for _ in texts.iter().filter(|text| text.contains(wanted)) {
            if self.met.fetch_add(1, Ordering::SeqCst) == *nth {
                let fault = *fault;
                *plan = (Moment::Never, Fault::Tell);
                return Some(fault);
            }
        }
        None
    }

    async fn while_stalled(&self) {
        loop {
            let healed = self.healed.notified();
            if !self.stalled.load(Ordering::SeqCst) {
                return;
            }
            healed.await;
        }
    }
}

/// What waits for the server's next bytes on a connection.
#[derive(Default)]
struct Asked {
    unanswered: AtomicBool,
    since: Mutex<Option<Instant>>,
}

/// How one direction of a connection ended.
enum End {
    /// The speaker has closed it.
    Closed,
    Cut,
    Reset,
}

async fn carry(mut client: TcpStream, state: Arc<State>) {
    state.while_stalled().await;
    let Ok(mut server) = TcpStream::connect(state.server).await else {
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let asked = Asked::default();
    let end = {
        let (client_reads, client_writes) = client.split();
        let (server_reads, server_writes) = server.split();
        let up = pass(client_reads, server_writes, Direction::Up, &state, &asked);
        let down = pass(server_reads, client_writes, Direction::Down, &state, &asked);
        tokio::select! {
            end = up => end,
            end = down => end,
            () = state.resets.notified() => End::Reset,
        }
    };
    if matches!(end, End::Reset) {
        for stream in [&client, &server] {
            let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
        }
    }
}

async fn pass(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    direction: Direction,
    state: &State,
    asked: &Asked,
) -> End {
    let mut buffer = vec![0; 32 * 1024];
    let mut statements = Statements::default();
    loop {
        let Ok(length @ 1..) = from.read(&mut buffer).await else {
            return End::Closed;
        };
        let bytes = &buffer[..length];
        if direction == Direction::Down {
            if let Some(since) = asked.since.lock().unwrap().take() {
                *state.took.lock().unwrap() = Some(since.elapsed());
            }
            if asked.unanswered.load(Ordering::SeqCst) {
                // The server has answered, so it has done what it was told.
                let _ = state.struck.send(());
                return End::Reset;
            }
        }
        let struck = match state.by_bytes(direction, length) {
            None if direction == Direction::Up => {
                let texts = statements.in_next(bytes);
                state.by_statement(&texts).map(|fault| (fault, length))
            }
            struck => struck,
        };
        let passing = struck.map_or(length, |(_, passing)| passing.min(length));
        match struck {
            Some((Fault::Unanswered, _)) => asked.unanswered.store(true, Ordering::SeqCst),
            Some((Fault::Tell, _)) => *asked.since.lock().unwrap() = Some(Instant::now()),
            Some((Fault::Stall, _)) => state.stalled.store(true, Ordering::SeqCst),
            _ => {}
        }
        if struck.is_none_or(|(fault, _)| fault != Fault::Stall) {
            state.while_stalled().await;
        }
        let pace = *state.pace.lock().unwrap();
        if write(&mut to, &bytes[..passing], pace).await.is_err() {
            return End::Closed;
        }
        let Some((fault, _)) = struck else { continue };
        if fault != Fault::Unanswered {
            let _ = state.struck.send(());
        }
        match fault {
            Fault::Cut => return End::Cut,
            Fault::Reset => return End::Reset,
            Fault::ResetAll => {
                state.resets.notify_waiters();
                return End::Reset;
            }
            Fault::StallOne => state.healed.notified().await,
            Fault::Stall => state.while_stalled().await,
            Fault::Tell | Fault::Unanswered => {}
        }
        if write(&mut to, &bytes[passing..], Pace::Full).await.is_err() {
            return End::Closed;
        }
    }
}

async fn write(to: &mut WriteHalf<'_>, bytes: &[u8], pace: Pace) -> std::io::Result<()> {
    match pace {
        Pace::Full => to.write_all(bytes).await,
        Pace::Tiny => {
            let (first, rest) = bytes.split_at(bytes.len().min(TINY));
            for byte in first.chunks(1) {
                to.write_all(byte).await?;
            }
            to.write_all(rest).await
        }
        Pace::Slow(speed) => {
            for part in bytes.chunks((speed / 50).max(1) as usize) {
                to.write_all(part).await?;
                let nanos = part.len() as u64 * 1_000_000_000 / speed;
                tokio::time::sleep(Duration::from_nanos(nanos)).await;
            }
            Ok(())
        }
    }
}
