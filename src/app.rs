//! What a process holds: its home folder, settings, store, log, runtime, and the ear for signals.
//!
//! Opened once, by a front door. One listener hears SIGINT, SIGTERM and SIGHUP for the whole life of the
//! process: the first during a command asks it to stop, the second ends the process.

use std::future::Future;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::output::{Exit, log};
use crate::settings::{self, Settings, SettingsError};
use crate::store::{self, Store};

/// Everything that lives as long as the process.
pub struct App {
    pub home: PathBuf,
    pub settings: Settings,
    pub store: Store,
    /// What the user should read once: modes that were mended, and the like.
    pub notices: Vec<String>,
    runtime: Runtime,
    signals: Arc<Signals>,
    _log: Option<log::Guard>,
}

/// Why the process cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("cannot start the runtime")]
    Runtime(#[source] std::io::Error),
}

impl App {
    /// Opens the home folder: `--home`, or `MAESTRO_HOME`, or the platform's data folder.
    pub fn open(home: Option<&Path>) -> Result<App, OpenError> {
        let home_folder = settings::home(home)?;
        let (store, mut notices) = Store::open(&home_folder)?;
        let settings = Settings::load(home)?;
        notices.extend(settings.notices.iter().cloned());
        let log = log::start(&home_folder, &settings.logging);
        notices.extend(
            log.as_ref()
                .err()
                .map(|cause| format!("there is no log: {cause}")),
        );
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(workers())
            .enable_all()
            .build()
            .map_err(OpenError::Runtime)?;
        let signals = Arc::new(Signals::default());
        runtime
            .block_on(listen(&signals))
            .map_err(OpenError::Runtime)?;
        Ok(App {
            home: home_folder,
            settings,
            store,
            notices,
            runtime,
            signals,
            _log: log.ok(),
        })
    }

    /// Runs a command to its end. `stop` is cancelled by the first signal.
    pub fn run<T>(&self, stop: &CancellationToken, work: impl Future<Output = T>) -> T {
        let _work = self.signals.begin(stop);
        self.runtime.block_on(work)
    }

    /// Whether the process was asked to end: the prompt closes after the command at work.
    pub fn must_end(&self) -> bool {
        self.signals.must_end.load(Ordering::Relaxed)
    }
}

fn workers() -> usize {
    std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 4))
}

/// What a signal stops.
struct Signals {
    work: Mutex<Option<CancellationToken>>,
    /// Set by SIGTERM and SIGHUP.
    must_end: AtomicBool,
    /// The terminal as it was found.
    terminal: Option<nix::libc::termios>,
}

impl Default for Signals {
    fn default() -> Signals {
        Signals {
            work: Mutex::default(),
            must_end: AtomicBool::new(false),
            terminal: tcgetattr(std::io::stdin()).ok().map(Into::into),
        }
    }
}

/// A command at work; signals are not for it once this is dropped.
struct Work<'a>(&'a Signals);

impl Drop for Work<'_> {
    fn drop(&mut self) {
        self.0.set(None);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Heard {
    Interrupt,
    Terminate,
}

impl Signals {
    fn begin(&self, stop: &CancellationToken) -> Work<'_> {
        self.set(Some(stop.clone()));
        Work(self)
    }

    fn set(&self, work: Option<CancellationToken>) {
        *self.work.lock().unwrap_or_else(PoisonError::into_inner) = work;
    }

    /// The first signal asks the command to stop, the second ends the process. At the prompt Ctrl-C is a
    /// key, so a SIGINT that comes from elsewhere means nothing there; the others end the process.
    fn hear(&self, heard: Heard) {
        if heard == Heard::Terminate {
            self.must_end.store(true, Ordering::Relaxed);
        }
        let work = self
            .work
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match work {
            Some(stop) if !stop.is_cancelled() => {
                stop.cancel();
                tracing::info!("stopping on a signal");
            }
            None if heard == Heard::Interrupt => {}
            _ => self.end(),
        }
    }

    fn end(&self) -> ! {
        if let Some(terminal) = self.terminal {
            let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, &Termios::from(terminal));
        }
        if std::io::stderr().is_terminal() {
            crate::output::print::show_cursor();
        }
        std::process::exit(i32::from(Exit::INTERRUPTED.0));
    }
}

/// Starts the listener. The handlers are in place when this returns.
async fn listen(signals: &Arc<Signals>) -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let signals = Arc::clone(signals);
    tokio::spawn(async move {
        loop {
            signals.hear(next(&mut interrupt, &mut terminate, &mut hangup).await);
        }
    });
    Ok(())
}

async fn next(interrupt: &mut Signal, terminate: &mut Signal, hangup: &mut Signal) -> Heard {
    tokio::select! {
        _ = interrupt.recv() => Heard::Interrupt,
        _ = terminate.recv() => Heard::Terminate,
        _ = hangup.recv() => Heard::Terminate,
    }
}

/// Makes a panic one line without data, and the exit code 2 when nothing caught it.
pub fn guard(main: impl FnOnce() -> Exit) -> Exit {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| {
            let file = Path::new(at.file()).file_name().unwrap_or_default();
            format!("{}:{}", file.to_string_lossy(), at.line())
        });
        let place = place.unwrap_or_default();
        tracing::error!(place, "the program failed internally");
        crate::output::print::panicked(&place);
    }));
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(main)).unwrap_or(Exit::FAILED)
}
