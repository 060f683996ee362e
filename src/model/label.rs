//! The environment a connection belongs to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The environment label of a connection. None given means [`Label::Unknown`], which counts as production
/// wherever something is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    Production,
    Staging,
    Testing,
    Development,
    #[default]
    Unknown,
}

impl Label {
    pub const ALL: [Label; 5] = [
        Label::Production,
        Label::Staging,
        Label::Testing,
        Label::Development,
        Label::Unknown,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Label::Production => "production",
            Label::Staging => "staging",
            Label::Testing => "testing",
            Label::Development => "development",
            Label::Unknown => "unknown",
        }
    }

    /// The strictest first.
    const STRICTEST: [Label; 5] = [
        Label::Production,
        Label::Unknown,
        Label::Staging,
        Label::Testing,
        Label::Development,
    ];

    /// The stricter of two labels.
    pub fn stricter(self, other: Label) -> Label {
        let rank = |label| Label::STRICTEST.iter().position(|one| *one == label);
        if rank(self) <= rank(other) {
            self
        } else {
            other
        }
    }

    /// The label that counts: what this machine says and what stands beside the data. Who knows nothing is told.
    pub fn with(self, server: Option<Label>) -> Label {
        match (self, server) {
            (local, None) => local,
            (Label::Unknown, Some(server)) => server,
            (local, Some(server)) => local.stricter(server),
        }
    }

    /// Whether a write needs the typed name of the connection.
    pub fn is_guarded(self) -> bool {
        matches!(self, Label::Production | Label::Unknown)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Label {
    type Err = String;

    fn from_str(word: &str) -> Result<Label, String> {
        Label::ALL.into_iter().find(|label| label.name() == word).ok_or_else(|| {
            format!("{word:?} is no environment; one of production, staging, testing, development, unknown")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e10_the_stricter_of_two_labels_counts() {
        use Label::*;
        assert_eq!(Development.with(Some(Production)), Production);
        assert_eq!(Production.with(Some(Development)), Production);
        assert_eq!(Staging.with(Some(Testing)), Staging);
        assert_eq!(Development.with(Some(Unknown)), Unknown);
        assert_eq!(Unknown.with(Some(Testing)), Testing);
        assert_eq!(Unknown.with(None), Unknown);
        assert_eq!(Development.with(None), Development);
    }
}
