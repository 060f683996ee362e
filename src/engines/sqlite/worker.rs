//! A connection on a thread of its own: jobs go in through a bounded channel, answers come back.
//!
//! SQLite blocks; the async side must not. Whoever stops waiting for a job's answer interrupts it, and only it.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, InterruptHandle, OpenFlags};
use tokio::sync::{mpsc, oneshot};

use super::{place, statement};
use crate::engines::{Error, Result};

/// How long a connection waits for another program's lock.
pub const PATIENCE: Duration = Duration::from_secs(5);

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A connection and its thread. Dropping it closes the connection once the jobs are done.
pub struct Worker {
    jobs: mpsc::Sender<Job>,
    current: Arc<Current>,
    last: AtomicU64,
    ended: oneshot::Receiver<()>,
}

/// The number of the job at work (0: none), and the means to stop it.
struct Current {
    number: Mutex<u64>,
    interrupt: InterruptHandle,
}

impl Current {
    fn set(&self, number: u64) {
        *self.number.lock().unwrap_or_else(PoisonError::into_inner) = number;
    }

    fn interrupt(&self, number: u64) {
        let current = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        if *current == number {
            self.interrupt.interrupt();
        }
    }
}

/// Waits for an answer; dropped before it came, it stops the job.
struct Waiting<T> {
    answer: oneshot::Receiver<Result<T>>,
    current: Arc<Current>,
    number: u64,
}

impl<T> Drop for Waiting<T> {
    fn drop(&mut self) {
        // Closing first: a job that has not begun sees it and does nothing, one that has is interrupted.
        self.answer.close();
        self.current.interrupt(self.number);
    }
}

impl Worker {
    /// Starts a thread and opens a connection on it.
    pub async fn open(
        open: impl FnOnce() -> Result<Connection> + Send + 'static,
    ) -> Result<Worker> {
        let (jobs, mut queue) = mpsc::channel::<Job>(4);
        let (opened, opening) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let thread = move || {
            let mut connection = match open() {
                Ok(connection) => connection,
                Err(error) => return drop(opened.send(Err(error))),
            };
            if opened.send(Ok(connection.get_interrupt_handle())).is_err() {
                return;
            }
            while let Some(job) = queue.blocking_recv() {
                job(&mut connection);
            }
            drop(connection);
            let _ = end.send(());
        };
        std::thread::Builder::new()
            .name("sqlite".into())
            .spawn(thread)
            .map_err(|cause| Error::statement("start a thread for SQLite", cause))?;
        let interrupt = opening.await.map_err(|_| stopped())??;
        let current = Current {
            number: Mutex::new(0),
            interrupt,
        };
        Ok(Worker {
            jobs,
            current: Arc::new(current),
            last: AtomicU64::new(0),
            ended,
        })
    }

    /// Does a job and waits for its answer. Dropping the future interrupts the job.
    pub async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let current = self.current.clone();
        let job: Job = Box::new(move |connection| {
            current.set(number);
            let result = (!reply.is_closed()).then(|| work(connection));
            current.set(0);
            if let Some(result) = result {
                let _ = reply.send(result);
            }
        });
        let mut waiting = Waiting {
            answer,
            current: self.current.clone(),
            number,
        };
        self.jobs.send(job).await.map_err(|_| stopped())?;
        (&mut waiting.answer).await.map_err(|_| stopped())?
    }

    /// Hands over a job that tells its own end.
    pub async fn start(&self, work: impl FnOnce(&mut Connection) + Send + 'static) -> Result<()> {
        self.jobs.send(Box::new(work)).await.map_err(|_| stopped())
    }

    /// Waits until the connection is closed.
    pub async fn close(self) {
        drop(self.jobs);
        let _ = self.ended.await;
    }
}

fn stopped() -> Error {
    Error::statement(
        "go on with the database",
        "the thread of its connection has ended",
    )
}

/// A connection that only reads. It is opened for writing, and told to read only, where SQLite has to mend what
/// a dead writer left, or to take its own files away again at the end.
pub fn reader(path: &Path) -> Result<Connection> {
    let open = |flags| -> rusqlite::Result<Connection> {
        let connection =
            Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_query_value(None, "schema_version", |_| Ok(()))?;
        Ok(connection)
    };
    let usual = match place::is_idle_wal(path) {
        true => OpenFlags::SQLITE_OPEN_READ_WRITE,
        false => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    open(usual)
        .or_else(|error| match error.sqlite_error_code() {
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
                open(OpenFlags::SQLITE_OPEN_READ_WRITE)
            }
            _ => Err(error),
        })
        .map_err(|cause| statement(format!("read {}", path.display()), cause))
}

/// A connection that writes, for an existing file, without foreign keys or checks: the rows were accepted
/// once, where they come from.
pub fn writer(path: &Path) -> Result<Connection> {
    let open = || -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "foreign_keys", false)?;
        connection.pragma_update(None, "ignore_check_constraints", true)?;
        Ok(connection)
    };
    open().map_err(|cause| statement(format!("open {}", path.display()), cause))
}

/// Work with files, off the async threads.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|cause| Error::statement("go on with the files", cause))?
}
