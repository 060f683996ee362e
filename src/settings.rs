//! Settings: defaults, then config.yaml, then `MAESTRO_…` variables, then flags; each value knows its origin.

use std::time::Duration;

/// The values in force.
#[derive(Clone, Debug)]
pub struct Settings {
    pub connections: Connections,
    pub batch: Batch,
    pub logging: Logging,
    pub sync: Sync,
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
            },
        }
    }
}
