//! How fast rows may move, and how busy the source may be meanwhile: as a person writes it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The most that may move in a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Throttle {
    #[default]
    Off,
    Rows(u64),
    Bytes(u64),
}

/// Units of bytes: the decimal ones, and the binary ones that sizes are shown in.
const UNITS: [(&str, u64); 7] = [
    ("GIB", 1 << 30),
    ("MIB", 1 << 20),
    ("KIB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

impl FromStr for Throttle {
    type Err = String;

    /// `5000rows/s`, `20MB/s`, `1.5 MiB/s`, `off`.
    fn from_str(text: &str) -> Result<Throttle, String> {
        let problem = || "a rate such as 5000rows/s or 20MB/s is needed, or off".to_string();
        let word = text.trim().to_uppercase();
        if word == "OFF" {
            return Ok(Throttle::Off);
        }
        let rate = word.strip_suffix("/S").ok_or_else(problem)?;
        let unit = rate
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .ok_or_else(problem)?;
        let (number, unit) = (rate[..unit].trim(), rate[unit..].trim());
        let whole = match unit {
            "ROWS" | "ROW" => number.parse().ok().map(Throttle::Rows),
            unit => UNITS
                .iter()
                .find(|(name, _)| *name == unit)
                .and_then(|(_, size)| Some(number.parse::<f64>().ok()? * *size as f64))
                .map(|bytes| Throttle::Bytes(bytes as u64)),
        };
        match whole.ok_or_else(problem)? {
            Throttle::Rows(0) | Throttle::Bytes(0) => Err("nothing would ever move".into()),
            rate => Ok(rate),
        }
    }
}

impl fmt::Display for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Throttle::Off => f.write_str("off"),
            Throttle::Rows(rows) => write!(f, "{rows}rows/s"),
            Throttle::Bytes(bytes) => {
                let fits = |(_, size): &&(&str, u64)| bytes.is_multiple_of(*size);
                let (unit, size) = UNITS
                    .iter()
                    .rev()
                    .filter(fits)
                    .max_by_key(|unit| unit.1)
                    .expect("B");
                let unit = unit.replace("IB", "iB");
                write!(f, "{}{unit}/s", bytes / size)
            }
        }
    }
}

/// A status counter of the source, and the most that it may show while rows move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ceiling {
    pub counter: String,
    pub most: u64,
}

impl FromStr for Ceiling {
    type Err = String;

    /// `Threads_running=50`.
    fn from_str(text: &str) -> Result<Ceiling, String> {
        let problem =
            || "a status counter and a number are needed, as in Threads_running=50".to_string();
        let (counter, most) = text.split_once('=').ok_or_else(problem)?;
        let counter = counter.trim();
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if counter.is_empty() || !counter.chars().all(is_name) {
            return Err(problem());
        }
        Ok(Ceiling {
            counter: counter.to_string(),
            most: most.trim().parse().map_err(|_| problem())?,
        })
    }
}

impl fmt::Display for Ceiling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.counter, self.most)
    }
}

/// Whether rows are compressed on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Compress {
    /// Where the link is slow.
    #[default]
    Auto,
    On,
    Off,
}

impl FromStr for Compress {
    type Err = String;

    fn from_str(text: &str) -> Result<Compress, String> {
        match text.to_lowercase().as_str() {
            "auto" => Ok(Compress::Auto),
            "on" | "true" | "yes" => Ok(Compress::On),
            "off" | "false" | "no" => Ok(Compress::Off),
            _ => Err("one of auto, on, off is needed".into()),
        }
    }
}

impl fmt::Display for Compress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Compress::Auto => "auto",
            Compress::On => "on",
            Compress::Off => "off",
        })
    }
}

/// Stored as it is written.
macro_rules! stored_as_text {
    ($($kind:ident),*) => {$(
        impl TryFrom<String> for $kind {
            type Error = String;
            fn try_from(text: String) -> Result<$kind, String> { text.parse() }
        }
        impl From<$kind> for String {
            fn from(value: $kind) -> String { value.to_string() }
        }
    )*};
}
stored_as_text!(Throttle, Ceiling, Compress);

/// What a server has left for a copy; None where it does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    pub processors: Option<u64>,
    /// How many more connections it takes.
    pub connections: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_shown_in_the_same_words() {
        for (text, rate, again) in [
            ("5000rows/s", Throttle::Rows(5000), "5000rows/s"),
            ("5000 Rows/s", Throttle::Rows(5000), "5000rows/s"),
            ("20MB/s", Throttle::Bytes(20_000_000), "20MB/s"),
            ("1.5 MiB/s", Throttle::Bytes(1_572_864), "1536KiB/s"),
            ("2mib/s", Throttle::Bytes(2 << 20), "2MiB/s"),
            ("777B/s", Throttle::Bytes(777), "777B/s"),
            ("off", Throttle::Off, "off"),
        ] {
            assert_eq!(text.parse::<Throttle>().unwrap(), rate, "{text}");
            assert_eq!(rate.to_string(), again);
            assert_eq!(again.parse::<Throttle>().unwrap(), rate);
        }
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in [
            "",
            "5000",
            "rows/s",
            "5000rows",
            "20MB",
            "-1rows/s",
            "0MB/s",
            "1.5rows/s",
            "..MB/s",
            "20Mb/m",
            "20XB/s",
            "0rows/s",
        ] {
            assert!(text.parse::<Throttle>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_ceiling_is_a_counter_and_a_number() {
        let ceiling: Ceiling = "Threads_running = 50".parse().unwrap();
        assert_eq!(
            (ceiling.counter.as_str(), ceiling.most),
            ("Threads_running", 50)
        );
        assert_eq!(ceiling.to_string(), "Threads_running=50");
        for text in [
            "",
            "Threads_running",
            "=5",
            "a b=5",
            "x'=1",
            "Threads_running=many",
            "a=-1",
        ] {
            assert!(text.parse::<Ceiling>().is_err(), "{text}");
        }
    }
}
