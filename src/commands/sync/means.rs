//! How fast a copy goes and by which way: the flags, and what of them a kept plan and a journal remember.

use clap::Args;

use crate::commands::Context;
use crate::model::pace::{Ceiling, Compress, Throttle};
use crate::model::survey::WritePath;
use crate::plan::Route;
use crate::plan::document::Manner;
use crate::settings::Settings;

/// The speed of a copy, and its way.
#[derive(Debug, Clone, Default, Args)]
pub struct Means {
    /// How many readers and writers work at once, at most sync.max_concurrency; auto goes by the processors and the
    /// free connections of both servers [default: auto]
    #[arg(long, value_name = "N", value_parser = jobs, help_heading = "Speed")]
    jobs: Option<Jobs>,
    /// The most that moves in a second: 5000rows/s, 20MB/s, off [default: sync.throttle]
    #[arg(long, value_name = "RATE", help_heading = "Speed")]
    throttle: Option<Throttle>,
    /// Wait while a status counter of the source is above a number, as in Threads_running=50; the readers of the copy
    /// count too (repeatable)
    #[arg(long, value_name = "COUNTER=N", help_heading = "Speed")]
    max_load: Vec<Ceiling>,
    /// How rows are written [default: auto, the best that the target has]
    #[arg(long, value_name = "HOW", value_parser = ["auto", "bulk", "insert"], help_heading = "Speed")]
    write_path: Option<String>,
    /// Copy from table to table inside the server that both databases are on; the source's tables are locked for
    /// writing meanwhile
    // Whoever waits for the lock would count as load, and the copy would wait for them.
    #[arg(long, conflicts_with = "max_load", help_heading = "Speed")]
    in_server: bool,
    /// Compress rows on their way; auto does so where the link is slow [default: sync.compress]
    #[arg(long, value_name = "WHEN", value_parser = ["auto", "on", "off"], help_heading = "Speed")]
    compress: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Jobs {
    Auto,
    Number(u16),
}

fn jobs(word: &str) -> Result<Jobs, String> {
    match word.parse() {
        Ok(number @ 1..=64) => Ok(Jobs::Number(number)),
        _ if word.eq_ignore_ascii_case("auto") => Ok(Jobs::Auto),
        _ => Err("auto or a number from 1 to 64 is needed".into()),
    }
}

impl Means {
    /// None where the number is ours to choose.
    pub fn jobs(&self) -> Option<u16> {
        match self.jobs {
            Some(Jobs::Number(number)) => Some(number),
            Some(Jobs::Auto) | None => None,
        }
    }

    pub fn path(&self) -> Option<WritePath> {
        [WritePath::Bulk, WritePath::Insert]
            .into_iter()
            .find(|path| self.write_path.as_deref() == Some(path.name()))
    }

    pub fn route(&self) -> Route {
        match self.in_server {
            true => Route::Server,
            false => Route::Client,
        }
    }

    pub fn manner(&self) -> Manner {
        let compress = self.compress.as_ref();
        Manner {
            jobs: self.jobs(),
            throttle: self.throttle,
            max_load: self.max_load.clone(),
            compress: compress.and_then(|word| word.parse().ok()),
            ..Manner::default()
        }
    }

    /// As they are typed.
    pub fn spoken(&self) -> Vec<String> {
        let jobs = self.jobs.map(|jobs| match jobs {
            Jobs::Auto => "--jobs auto".to_string(),
            Jobs::Number(number) => format!("--jobs {number}"),
        });
        let throttle = self.throttle.map(|rate| format!("--throttle {rate}"));
        let path = self
            .write_path
            .iter()
            .map(|how| format!("--write-path {how}"));
        let compress = self
            .compress
            .iter()
            .map(|when| format!("--compress {when}"));
        let loads = self
            .max_load
            .iter()
            .map(|load| format!("--max-load {load}"));
        let inside = self.in_server.then(|| "--in-server".to_string());
        let words = jobs.into_iter().chain(throttle).chain(loads);
        words.chain(path).chain(inside).chain(compress).collect()
    }
}

impl Manner {
    /// The settings in force, with what this manner says over them.
    pub fn over(&self, cx: &Context<'_>) -> Settings {
        over(cx, self.throttle, self.compress)
    }
}

/// The settings in force, with what is known better over them.
pub fn over(cx: &Context<'_>, throttle: Option<Throttle>, compress: Option<Compress>) -> Settings {
    let mut settings = cx.settings.clone();
    settings.sync.throttle = throttle.unwrap_or(settings.sync.throttle);
    settings.sync.compress = compress.unwrap_or(settings.sync.compress);
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_a_number_or_ours_to_choose() {
        assert_eq!(jobs("auto"), Ok(Jobs::Auto));
        assert_eq!(jobs("3"), Ok(Jobs::Number(3)));
        for word in ["0", "65", "many", ""] {
            assert!(jobs(word).is_err(), "{word}");
        }
    }
}
