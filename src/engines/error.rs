//! What can go wrong at a server: what was tried, and the cause.

use crate::model::survey::Finding;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Boxed cause of any driver.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The steps of a connection, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hop {
    /// The name does not resolve, or the file or folder is not there.
    Address,
    /// Nothing listens, or nothing answers in time.
    Tcp,
    Tls,
    /// User or password.
    Login,
    Privileges,
}

impl Hop {
    pub fn name(self) -> &'static str {
        match self {
            Hop::Address => "address",
            Hop::Tcp => "TCP",
            Hop::Tls => "TLS",
            Hop::Login => "login",
            Hop::Privileges => "privileges",
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Exit code 5.
    #[error("cannot connect to {place}: {} failed", .hop.name())]
    Connect {
        place: String,
        hop: Hop,
        mend: String,
        #[source]
        cause: Cause,
    },
    /// The connection was there and is lost: the server stopped, or the network cut it.
    #[error("the connection was lost while {action}")]
    Lost {
        action: String,
        #[source]
        cause: Cause,
    },
    #[error("cannot {action}")]
    Statement {
        action: String,
        #[source]
        cause: Cause,
    },
    #[error("there is no database {database}{near}", near = .near.as_ref().map(|near| format!("; did you mean {near}?")).unwrap_or_default())]
    NoDatabase {
        database: String,
        near: Option<String>,
    },
    /// Another run holds the target; exit code 4.
    #[error("another run is writing to {database} ({holder})")]
    Locked { database: String, holder: String },
    /// Found before anything live changed; exit code 4.
    #[error("{problem}")]
    Refused { problem: String, mend: String },
    /// Several findings of a survey; exit code 4.
    #[error("{}", .0.iter().map(|finding| finding.problem.as_str()).collect::<Vec<_>>().join("; "))]
    Findings(Vec<Finding>),
    /// Another process has taken the run's place since: nothing of this one may be committed any more.
    #[error("another process has taken this run over")]
    Fenced,
    #[error("the statement would write")]
    Writes,
    /// What was counted is not what was expected: nothing is reported as done.
    #[error("{0}")]
    Mismatch(String),
    #[error("cannot {action}: {path}")]
    File {
        action: String,
        path: String,
        #[source]
        cause: std::io::Error,
    },
}

impl Error {
    /// A failed statement: `action` completes the sentence "cannot …".
    pub fn statement(action: impl Into<String>, cause: impl Into<Cause>) -> Error {
        Error::Statement {
            action: action.into(),
            cause: cause.into(),
        }
    }

    /// Whether another try may succeed: a lost connection, a lock that somebody held, a server that restarts.
    pub fn is_transient(&self) -> bool {
        match self {
            Error::Lost { .. } => true,
            Error::Connect { hop, cause, .. } => {
                *hop == Hop::Tcp || super::mysql::is_transient(cause.as_ref())
            }
            Error::Statement { cause, .. } => super::mysql::is_transient(cause.as_ref()),
            _ => false,
        }
    }

    /// The error and its causes in one line.
    pub fn full(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let more = error.to_string();
            if !text.ends_with(&more) {
                text = format!("{text}: {more}");
            }
            cause = error.source();
        }
        text
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Error::Connect { mend, .. } | Error::Refused { mend, .. } => {
                Some(mend.clone()).filter(|mend| !mend.is_empty())
            }
            Error::Findings(findings) => {
                let mut mends: Vec<&str> = Vec::new();
                for finding in findings {
                    if !mends.contains(&finding.mend.as_str()) {
                        mends.push(&finding.mend);
                    }
                }
                Some(mends.join("; "))
            }
            Error::Locked { .. } => Some("wait for that run to end, then try again".into()),
            Error::Writes => {
                Some("maestro only reads here; use the server's own client to change data".into())
            }
            Error::File { cause, .. } if cause.kind() == std::io::ErrorKind::StorageFull => {
                Some("make room there, or choose another disk".into())
            }
            Error::NoDatabase { .. } => Some("databases lists what is there".into()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mends_several_findings_is_said_once() {
        let finding = |problem: &str, mend: &str| Finding {
            problem: problem.into(),
            mend: mend.into(),
        };
        let error = Error::Findings(vec![
            finding("a differs", "leave --data out"),
            finding("b differs", "leave --data out"),
            finding("c is gone", "create it"),
        ]);
        assert_eq!(error.to_string(), "a differs; b differs; c is gone");
        assert_eq!(error.hint().unwrap(), "leave --data out; create it");
    }
}
