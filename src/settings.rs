//! Settings: defaults, then config.yaml, then `MAESTRO_…` variables, then flags; each value knows its origin.
//!
//! Every key stands once in `keys`: its name, how it is read and how it is shown. A key that is not there is
//! an error that names the nearest one.

mod file;
mod keys;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use keys::KEYS;
pub use keys::some_time as duration;

use crate::model::pace::{Compress, Throttle};

/// The file's name, in `MAESTRO_HOME` or the platform's configuration folder.
pub const FILE: &str = "config.yaml";

/// The variable that names the home folder.
pub const HOME: &str = "MAESTRO_HOME";

/// A setting that cannot be used; exit code 78.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SettingsError {
    pub message: String,
    pub hint: Option<String>,
}

/// Where a value comes from; later ones win.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    #[default]
    Default,
    /// A line of config.yaml.
    File { line: u64 },
    /// An environment variable of this name.
    Variable(String),
    /// A flag, as it is typed.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File { line } => write!(f, "{FILE}, line {line}"),
            Origin::Variable(name) | Origin::Flag(name) => f.write_str(name),
        }
    }
}

/// The values in force.
#[derive(Clone, Debug)]
pub struct Settings {
    pub connections: Connections,
    pub batch: Batch,
    pub logging: Logging,
    pub sync: Sync,
    pub undo: Undo,
    /// The configuration file, whether it is there or not; None where the platform has no place for it.
    pub file: Option<PathBuf>,
    /// What a person should know at the start: the file's mode was mended.
    pub notices: Vec<String>,
    /// Keys of older tools that were read and have no effect here.
    pub without_effect: Vec<String>,
    /// By key; a key that is not in it has its default.
    origins: BTreeMap<&'static str, Origin>,
}

#[derive(Clone, Debug)]
pub struct Connections {
    pub default_timeout: Duration,
    pub max_retries: u32,
    pub cache_passwords: bool,
}

#[derive(Clone, Debug)]
pub struct Batch {
    pub confirm_destructive: bool,
    pub max_concurrent: usize,
    pub show_progress: bool,
}

#[derive(Clone, Debug)]
pub struct Logging {
    pub level: String,
    pub file_rotation: bool,
    pub max_log_files: usize,
}

#[derive(Clone, Debug)]
pub struct Sync {
    pub max_concurrency: usize,
    pub batch_size: u64,
    pub retry_attempts: u32,
    pub retry_delay: Duration,
    pub job_timeout: Duration,
    pub cleanup_age: Duration,
    /// The most that a sync moves in a second.
    pub throttle: Throttle,
    pub compress: Compress,
}

#[derive(Clone, Debug)]
pub struct Undo {
    /// How many undos of a database are kept.
    pub keep: u32,
    /// Older ones go at the end of a run; zero: none goes by its age.
    pub max_age: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            connections: Connections {
                default_timeout: Duration::from_secs(30),
                max_retries: 3,
                cache_passwords: true,
            },
            batch: Batch {
                confirm_destructive: true,
                max_concurrent: 1,
                show_progress: true,
            },
            logging: Logging {
                level: "info".into(),
                file_rotation: true,
                max_log_files: 10,
            },
            sync: Sync {
                max_concurrency: 5,
                batch_size: 1000,
                retry_attempts: 3,
                retry_delay: Duration::from_secs(30),
                job_timeout: Duration::from_secs(3600),
                cleanup_age: Duration::from_secs(30 * 86400),
                throttle: Throttle::Off,
                compress: Compress::Auto,
            },
            undo: Undo {
                keep: 1,
                max_age: Duration::ZERO,
            },
            file: None,
            notices: Vec::new(),
            without_effect: Vec::new(),
            origins: BTreeMap::new(),
        }
    }
}

/// Keys that are read for the sake of shared files and change nothing yet.
pub const WITHOUT_EFFECT: &[&str] = &[
    "batch.max_concurrent",
    "sync.job_timeout",
    "sync.cleanup_age",
];

impl Settings {
    /// Reads the file of `home` (else of `MAESTRO_HOME`, else of the platform) and the environment.
    ///
    /// # Errors
    /// Names the key or the value, its line or variable, and the nearest key.
    pub fn load(home: Option<&Path>) -> Result<Settings, SettingsError> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let file = match home.map(Path::to_path_buf).or_else(home_variable) {
            Some(home) => Some(home.join(FILE)),
            None => dirs::config_dir().map(|folder| folder.join("maestro").join(FILE)),
        };
        Settings::read(file, variable)
    }

    fn read(
        file: Option<PathBuf>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Settings, SettingsError> {
        let mut settings = Settings::default();
        if let Some(path) = &file {
            file::apply(path, &mut settings)?;
        }
        settings.file = file;
        for key in KEYS {
            let name = key.variable();
            if let Some(value) = variable(&name) {
                settings.set(key.name, &value, Origin::Variable(name))?;
            }
        }
        Ok(settings)
    }

    /// Sets one key: how a flag wins over file and environment.
    ///
    /// # Errors
    /// The key is unknown, or the value does not fit it.
    pub fn set(&mut self, key: &str, value: &str, origin: Origin) -> Result<(), SettingsError> {
        let known = KEYS.iter().find(|known| known.name == key);
        let known = known.ok_or_else(|| keys::unknown(key, &origin))?;
        (known.set)(self, value.trim()).map_err(|problem| SettingsError {
            message: format!("{key} cannot be {value:?} ({origin}): {problem}"),
            hint: None,
        })?;
        self.origins.insert(known.name, origin);
        Ok(())
    }

    /// Every key with its value in force and where that comes from, in the order of the file.
    pub fn entries(&self) -> Vec<(&'static str, String, Origin)> {
        KEYS.iter()
            .map(|key| {
                let origin = self.origins.get(key.name).cloned().unwrap_or_default();
                (key.name, (key.get)(self), origin)
            })
            .collect()
    }
}

/// The home folder: the flag, `MAESTRO_HOME`, else `maestro` in the platform's data folder; absolute.
pub fn home(flag: Option<&Path>) -> Result<PathBuf, SettingsError> {
    let home = flag
        .map(Path::to_path_buf)
        .or_else(home_variable)
        .or_else(|| dirs::data_dir().map(|folder| folder.join("maestro")))
        .ok_or_else(|| SettingsError {
            message: "there is no folder for maestro's data: this user has no home folder".into(),
            hint: Some(format!("name one with --home DIR or {HOME}")),
        })?;
    std::path::absolute(&home).map_err(|cause| SettingsError {
        message: format!("{:?} is no folder: {cause}", home.display()),
        hint: Some("name another one with --home DIR".into()),
    })
}

fn home_variable() -> Option<PathBuf> {
    std::env::var_os(HOME)
        .filter(|home| !home.is_empty())
        .map(PathBuf::from)
}

#[cfg(test)]
mod tests;
