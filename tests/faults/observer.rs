//! A reader of the target that never rests: one statement reads the versions of two tables, and they must be one.
//!
//! A mix of old and new, a table that is not there, a version that goes back, and any error are findings. Where the
//! server itself is killed, a lost connection is none.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::live::{Place, block_on, statement};

/// What is no finding.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    /// The server is killed meanwhile.
    pub dies: bool,
    /// Older versions come back: something is rolled back.
    pub returns: bool,
}

/// The reads of all observers of a test.
pub static READS: AtomicU64 = AtomicU64::new(0);

/// The most findings that are kept.
const MOST: usize = 5;

#[derive(Debug, Default)]
pub struct Seen {
    pub reads: u64,
    pub versions: u64,
    pub lost: u64,
    findings: Vec<String>,
}

pub struct Observer {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Seen>>,
}

impl Observer {
    pub fn start(place: &Place, database: &str, rules: Rules) -> Observer {
        let stop = Arc::new(AtomicBool::new(false));
        let (place, database, stopped) = (place.clone(), database.to_string(), stop.clone());
        let thread = std::thread::spawn(move || watch(&place, &database, rules, &stopped));
        Observer {
            stop,
            thread: Some(thread),
        }
    }

    /// Ends the reading.
    ///
    /// # Panics
    /// When there is a finding.
    #[track_caller]
    pub fn end(mut self) -> Seen {
        self.stop.store(true, Ordering::SeqCst);
        let seen = self.thread.take().unwrap().join().unwrap();
        assert!(
            seen.findings.is_empty(),
            "a reader of the target saw: {seen:#?}"
        );
        READS.fetch_add(seen.reads, Ordering::SeqCst);
        assert!(seen.reads > 0, "the reader never came to read");
        seen
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn watch(place: &Place, database: &str, rules: Rules, stopped: &AtomicBool) -> Seen {
    let sql = format!(
        "SELECT (SELECT version FROM `{database}`.a WHERE id = 1), (SELECT version FROM `{database}`.a WHERE id = 20000),
                (SELECT version FROM `{database}`.b WHERE code = 'a000'), (SELECT version FROM `{database}`.b WHERE code = 'c999'),
                (SELECT MIN(version) FROM `{database}`.c), (SELECT MAX(version) FROM `{database}`.c)"
    );
    let mut seen = Seen::default();
    let mut last = 0;
    let mut connection = None;
    while !stopped.load(Ordering::SeqCst) && seen.findings.len() < MOST {
        let open = match connection.as_mut() {
            Some(open) => open,
            None => match block_on(place.connected()) {
                Ok(open) => connection.insert(open),
                Err(error) => {
                    if !rules.dies {
                        seen.findings.push(format!("no connection: {error}"));
                    }
                    std::thread::sleep(Duration::from_millis(20));
                    continue;
                }
            },
        };
        match block_on(statement(open, &sql)) {
            Ok(rows) => {
                seen.reads += 1;
                let versions = &rows[0];
                let version = versions[0]
                    .as_ref()
                    .and_then(|text| text.parse::<u64>().ok());
                if version.is_none() || versions.iter().any(|other| *other != versions[0]) {
                    seen.findings.push(format!("a mix: {versions:?}"));
                } else if version < Some(last) && !rules.returns {
                    seen.findings
                        .push(format!("version {version:?} after {last}"));
                } else if version != Some(last) {
                    seen.versions += 1;
                    last = version.unwrap_or_default();
                }
            }
            Err(sqlx::Error::Database(error)) if !(rules.dies && is_dying(&*error)) => {
                seen.findings.push(format!("an error: {error}"));
            }
            Err(error) => {
                if !rules.dies {
                    seen.findings.push(format!("a lost connection: {error}"));
                }
                seen.lost += 1;
                connection = None;
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    seen
}

/// Errors of a server that is going down: shutdown in progress, connection killed.
fn is_dying(error: &dyn sqlx::error::DatabaseError) -> bool {
    error.message().contains("shutdown") || error.message().contains("killed")
}
