//! The log file: `logs/maestro.log.DATE` in the home folder, never the terminal.
//!
//! The appender rotates by day and knows no size, so the size is watched here: a process writes at most
//! [`LIMIT`], and what is older than that goes at the next start. Only maestro's own events are written at the chosen level:
//! drivers log statements with their values.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

use crate::model::endpoint::redact;
use crate::settings::Logging;

/// The folder below the home folder.
pub const FOLDER: &str = "logs";

/// How the files' names begin.
const NAME: &str = "maestro.log";

/// How large the folder may be at a start, and how much one process writes.
pub const LIMIT: u64 = 64 * 1024 * 1024;

/// Keeps the log open; dropping it writes what is still in memory.
pub struct Guard {
    _worker: WorkerGuard,
}

/// Starts the log of this process.
///
/// # Errors
/// The folder or the file cannot be made.
pub fn start(home: &Path, settings: &Logging) -> io::Result<Guard> {
    let (writer, worker) = tracing_appender::non_blocking(open(&home.join(FOLDER), settings)?);
    // Only the first subscriber of a process counts; a second start changes nothing.
    let _ = tracing::subscriber::set_global_default(subscriber(writer, &settings.level));
    Ok(Guard { _worker: worker })
}

/// The size of the log folder in bytes.
pub fn size(home: &Path) -> u64 {
    files(&home.join(FOLDER)).iter().map(|file| file.size).sum()
}

fn subscriber(
    writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static,
    level: &str,
) -> impl Subscriber + Send + Sync {
    let level: LevelFilter = level.parse().unwrap_or(LevelFilter::INFO);
    let filter = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("maestro", level);
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(writer);
    tracing_subscriber::registry().with(filter).with(lines)
}

/// Opens today's file, after old ones have gone.
fn open(folder: &Path, settings: &Logging) -> io::Result<Private> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    prune(folder, settings.max_log_files, LIMIT);
    let rotation = match settings.file_rotation {
        true => Rotation::DAILY,
        false => Rotation::NEVER,
    };
    let appender = RollingFileAppender::builder()
        .rotation(rotation)
        .filename_prefix(NAME)
        // It deletes before it makes a new one: with 1 it would delete today's at every start.
        .max_log_files(settings.max_log_files.saturating_add(1))
        .build(folder)
        .map_err(io::Error::other)?;
    narrow(folder);
    Ok(Private {
        appender,
        folder: folder.to_path_buf(),
        day: today(),
        written: 0,
        limit: LIMIT,
    })
}

/// Writes lines without secrets into files that only their owner reads.
struct Private {
    appender: RollingFileAppender,
    folder: PathBuf,
    day: i64,
    written: u64,
    limit: u64,
}

impl Write for Private {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written >= self.limit {
            return Ok(bytes.len());
        }
        let line = redact(&String::from_utf8_lossy(bytes));
        self.appender.write_all(line.as_bytes())?;
        self.written += line.len() as u64;
        if self.written >= self.limit {
            self.appender
                .write_all(b"the log is full: this process writes no more\n")?;
        }
        if self.day != today() {
            self.day = today();
            narrow(&self.folder);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.appender.flush()
    }
}

struct LogFile {
    path: PathBuf,
    size: u64,
}

/// The log's files, the newest first: their names end in the date.
fn files(folder: &Path) -> Vec<LogFile> {
    let mut files: Vec<LogFile> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(NAME))
        .filter_map(|entry| {
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some(LogFile {
                path: entry.path(),
                size: metadata.len(),
            })
        })
        .collect();
    files.sort_by(|left, right| right.path.cmp(&left.path));
    files
}

/// Deletes the oldest files until there are few enough, and few enough bytes.
fn prune(folder: &Path, count: usize, bytes: u64) {
    let mut sum = 0;
    for (position, file) in files(folder).iter().enumerate() {
        sum += file.size;
        if position >= count || sum > bytes {
            // A log that cannot be deleted must not stop the work; doctor reports the size.
            let _ = fs::remove_file(&file.path);
        }
    }
}

fn narrow(folder: &Path) {
    for file in files(folder) {
        let _ = fs::set_permissions(&file.path, fs::Permissions::from_mode(0o600));
    }
}

/// Days since 1970 in UTC, as the appender counts them.
fn today() -> i64 {
    chrono::Utc::now().timestamp().div_euclid(86400)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn settings(level: &str, max_log_files: usize) -> Logging {
        Logging {
            level: level.into(),
            file_rotation: true,
            max_log_files,
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let names = files(folder).into_iter().map(|file| file.path);
        names
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect()
    }

    fn text(folder: &Path) -> String {
        files(folder)
            .iter()
            .map(|file| fs::read_to_string(&file.path).unwrap())
            .collect()
    }

    #[test]
    fn the_level_is_for_maestro_alone_and_secrets_are_hidden() {
        let home = tempfile::tempdir().unwrap();
        let writer = open(home.path(), &settings("debug", 10)).unwrap();
        tracing::subscriber::with_default(subscriber(Mutex::new(writer), "debug"), || {
            tracing::debug!(target: "maestro::run", "opened mysql://u:Canary1@h/shop");
            tracing::trace!(target: "maestro::run", "too fine");
            tracing::debug!(target: "sqlx::query", "SELECT 'Canary2'");
            tracing::warn!(target: "sqlx::pool", "slow");
        });
        let text = text(home.path());
        assert!(text.contains("opened mysql://u:***@h/shop"), "{text}");
        assert!(text.contains("slow"), "{text}");
        assert!(
            !text.contains("Canary") && !text.contains("too fine"),
            "{text}"
        );
    }

    #[test]
    fn files_and_folder_are_for_their_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(FOLDER);
        let mut writer = open(&folder, &settings("info", 10)).unwrap();
        writer.write_all(b"line\n").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&files(&folder)[0].path), 0o600);
        assert_eq!(size(home.path()), 5);
    }

    #[test]
    fn only_the_newest_files_stay_and_todays_is_continued() {
        let folder = tempfile::tempdir().unwrap();
        for day in ["2020-01-01", "2020-01-02", "2020-01-03"] {
            fs::write(folder.path().join(format!("{NAME}.{day}")), day).unwrap();
        }
        fs::write(folder.path().join("other.txt"), "kept").unwrap();
        for _ in 0..2 {
            let mut writer = open(folder.path(), &settings("info", 1)).unwrap();
            writer.write_all(b"start\n").unwrap();
        }
        assert_eq!(names(folder.path()).len(), 1);
        assert_eq!(text(folder.path()), "start\nstart\n");
        assert!(folder.path().join("other.txt").exists());
    }

    #[test]
    fn a_folder_that_grew_too_large_loses_its_oldest_files() {
        let folder = tempfile::tempdir().unwrap();
        for day in ["2020-01-01", "2020-01-02", "2020-01-03"] {
            fs::write(folder.path().join(format!("{NAME}.{day}")), "x".repeat(40)).unwrap();
        }
        prune(folder.path(), 10, 100);
        assert_eq!(
            names(folder.path()),
            ["maestro.log.2020-01-03", "maestro.log.2020-01-02"]
        );
    }

    #[test]
    fn a_process_that_logs_without_end_is_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = open(folder.path(), &settings("info", 10)).unwrap();
        writer.limit = 100;
        for _ in 0..50 {
            writer.write_all(b"0123456789\n").unwrap();
        }
        let text = text(folder.path());
        assert_eq!(text.lines().count(), 11);
        assert!(text.ends_with("the log is full: this process writes no more\n"));
    }
}
