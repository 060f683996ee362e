//! The flags that go on past a brake: each names the one that it means, and none answers for production.

use crate::plan::brakes::{Allow, VANISH};

/// What may happen although a brake would refuse it.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Allowances {
    /// Go on although the source holds no rows and the target does
    #[arg(long, help_heading = "Brakes")]
    allow_empty: bool,
    /// Let up to so many percent of the target's rows vanish [default: 30%]
    #[arg(long, value_name = "PERCENT", value_parser = percent, help_heading = "Brakes")]
    allow_vanish: Option<u8>,
    /// Write to a target that replicates from another server
    #[arg(long, help_heading = "Brakes")]
    allow_replica: bool,
    /// Replace tables that the target wrote later, and counted further, than the source
    #[arg(long, help_heading = "Brakes")]
    allow_newer: bool,
    /// Sync against the direction in which this pair was synced before
    #[arg(long, help_heading = "Brakes")]
    reverse: bool,
}

impl Allowances {
    pub fn allow(&self) -> Allow {
        Allow {
            empty: self.allow_empty,
            vanish: self.allow_vanish.unwrap_or(VANISH),
            replica: self.allow_replica,
            newer: self.allow_newer,
            reverse: self.reverse,
        }
    }

    /// As they are typed.
    pub fn spoken(&self) -> Vec<String> {
        let flags = [
            ("--allow-empty", self.allow_empty),
            ("--allow-replica", self.allow_replica),
            ("--allow-newer", self.allow_newer),
            ("--reverse", self.reverse),
        ];
        flags
            .iter()
            .filter(|(_, given)| *given)
            .map(|(flag, _)| flag.to_string())
            .chain(
                self.allow_vanish
                    .map(|percent| format!("--allow-vanish {percent}%")),
            )
            .collect()
    }
}

/// `50%` or `50`.
fn percent(word: &str) -> Result<u8, String> {
    let number = word.strip_suffix('%').unwrap_or(word).trim();
    match number.parse() {
        Ok(percent @ 0..=100) => Ok(percent),
        _ => Err("a share such as 50% is needed, at most 100%".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_number_of_percent() {
        assert_eq!(percent("50%"), Ok(50));
        assert_eq!(percent("100"), Ok(100));
        for word in ["", "%", "101%", "-1", "half"] {
            assert!(percent(word).is_err(), "{word}");
        }
    }
}
