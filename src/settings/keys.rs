//! Every key of the settings: its name, how its value is read and how it is shown.

use std::time::Duration;

use super::{Origin, Settings, SettingsError};
use crate::model::endpoint::nearest;

pub(super) struct Key {
    /// `section.key`, as in the file.
    pub name: &'static str,
    pub get: fn(&Settings) -> String,
    pub set: fn(&mut Settings, &str) -> Result<(), String>,
}

impl Key {
    /// The environment variable that sets it: `MAESTRO_SYNC_BATCH_SIZE`.
    pub fn variable(&self) -> String {
        format!("MAESTRO_{}", self.name.replace('.', "_").to_uppercase())
    }
}

/// Keys of older tools that are read and have no effect.
pub(super) const WITHOUT_EFFECT: &[&str] = &["sync.enabled"];

/// A key: its name, its field, how the field is shown, how it is read.
macro_rules! key {
    ($section:ident . $field:ident, $show:expr, $read:expr) => {
        Key {
            name: concat!(stringify!($section), ".", stringify!($field)),
            get: |settings| $show(&settings.$section.$field),
            set: |settings, value| {
                settings.$section.$field = $read(value)?;
                Ok(())
            },
        }
    };
}

pub(super) const KEYS: &[Key] = &[
    key!(connections.default_timeout, duration, some_time),
    key!(connections.max_retries, shown, number),
    key!(connections.cache_passwords, shown, yes_or_no),
    key!(batch.confirm_destructive, shown, yes_or_no),
    key!(batch.max_concurrent, shown, at_least_one),
    key!(batch.show_progress, shown, yes_or_no),
    key!(logging.level, String::clone, level),
    key!(logging.file_rotation, shown, yes_or_no),
    key!(logging.max_log_files, shown, at_least_one),
    key!(sync.max_concurrency, shown, at_least_one),
    key!(sync.batch_size, shown, at_least_one),
    key!(sync.retry_attempts, shown, number),
    key!(sync.retry_delay, duration, time),
    key!(sync.job_timeout, duration, some_time),
    key!(sync.cleanup_age, duration, some_time),
    key!(sync.throttle, shown, str::parse),
    key!(sync.compress, shown, str::parse),
    key!(undo.keep, shown, number),
    key!(undo.max_age, duration, time),
];

/// The error for a key that is not known: it names the nearest one.
pub(super) fn unknown(name: &str, origin: &Origin) -> SettingsError {
    let near = nearest(name, KEYS.iter().map(|key| key.name))
        .or_else(|| elsewhere(name))
        .map(|near| format!("; did you mean {near}?"))
        .unwrap_or_default();
    SettingsError {
        message: format!("{name} is no setting ({origin}){near}"),
        hint: Some(format!("known: {}", siblings(name).join(", "))),
    }
}

/// The sections, in the order of the file.
pub(super) fn sections() -> Vec<&'static str> {
    let mut sections: Vec<_> = KEYS.iter().map(|key| section(key.name)).collect();
    sections.dedup();
    sections
}

fn section(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// The keys of the same section.
fn siblings(name: &str) -> Vec<&'static str> {
    KEYS.iter()
        .map(|key| key.name)
        .filter(|key| section(key) == section(name))
        .collect()
}

/// A key that stands under another section.
fn elsewhere(name: &str) -> Option<String> {
    let last = |name: &'static str| name.rsplit('.').next().unwrap_or(name);
    let field = name.rsplit('.').next().unwrap_or(name);
    let near = nearest(field, KEYS.iter().map(|key| last(key.name)))?;
    let key = KEYS.iter().find(|key| last(key.name) == near)?;
    Some(key.name.to_string())
}

fn shown(value: &impl ToString) -> String {
    value.to_string()
}

fn number(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| "a number without sign is needed".to_string())
}

fn at_least_one<T: TryFrom<u64>>(text: &str) -> Result<T, String> {
    text.parse::<u64>()
        .ok()
        .filter(|number| *number > 0)
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| "a number of at least 1 is needed".to_string())
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err("one of true, false is needed".into()),
    }
}

/// Levels as maestro writes them, and as Python's logging does.
fn level(text: &str) -> Result<String, String> {
    let level = match text.to_lowercase().as_str() {
        "trace" => "trace",
        "debug" => "debug",
        "info" => "info",
        "warn" | "warning" => "warn",
        "error" | "critical" => "error",
        "off" => "off",
        _ => return Err("one of trace, debug, info, warn, error, off is needed".into()),
    };
    Ok(level.into())
}

/// A time such as `15m`, longer than nothing.
pub fn some_time(text: &str) -> Result<Duration, String> {
    match time(text)? {
        Duration::ZERO => Err("it must be longer than nothing".into()),
        time => Ok(time),
    }
}

/// `30s`, `5m`, `1h`, `30d`, parts of a second as `500ms`; a bare number is seconds.
pub fn time(text: &str) -> Result<Duration, String> {
    let problem = || "a duration such as 30s, 5m, 1h or 30d is needed".to_string();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| problem())?;
    let unit = match unit.trim() {
        "ms" => return Ok(Duration::from_millis(number)),
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => return Err(problem()),
    };
    let seconds = number.checked_mul(unit).ok_or_else(problem)?;
    Ok(Duration::from_secs(seconds))
}

/// The largest unit that says it without a rest: `1h`, `90s`.
fn duration(duration: &Duration) -> String {
    let seconds = duration.as_secs();
    if duration.subsec_millis() > 0 {
        return format!("{}ms", duration.as_millis());
    }
    let unit = [(86400, "d"), (3600, "h"), (60, "m")]
        .into_iter()
        .find(|(unit, _)| seconds > 0 && seconds.is_multiple_of(*unit));
    match unit {
        Some((unit, name)) => format!("{}{name}", seconds / unit),
        None => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown_in_the_same_words() {
        for (text, seconds, again) in [
            ("30s", 30, "30s"),
            ("30", 30, "30s"),
            ("5m", 300, "5m"),
            ("90s", 90, "90s"),
            ("60m", 3600, "1h"),
            ("30d", 2_592_000, "30d"),
            ("0s", 0, "0s"),
        ] {
            let read = time(text).unwrap();
            assert_eq!(read, Duration::from_secs(seconds), "{text}");
            assert_eq!(duration(&read), again);
        }
        assert_eq!(duration(&time("500ms").unwrap()), "500ms");
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "s", "-5s", "1.5h", "5 weeks", "99999999999999999999s"] {
            assert!(time(text).is_err(), "{text}");
        }
        assert!(some_time("0").is_err());
    }

    #[test]
    fn each_key_has_its_variable() {
        assert_eq!(KEYS[0].variable(), "MAESTRO_CONNECTIONS_DEFAULT_TIMEOUT");
    }
}
