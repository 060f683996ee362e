//! A plan that is kept: everything that a later run needs to do exactly this, sealed with a hash.
//!
//! The hash is that of the plan's own text, so whatever is altered in a file is found. The catalogs are kept
//! too: when a side has moved since, they say what.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Allow, Plan};
use crate::model::catalog::Catalog;
use crate::model::diff::{self, Change, ChangeKind};
use crate::model::pace::{Ceiling, Compress, Throttle};

/// The format that this program writes, and the newest that it reads.
pub const FORMAT: u64 = 1;

/// How many digits of a hash a person is shown.
pub const SHORT: usize = 12;

/// What is kept of a plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Document {
    /// RFC 3339, in UTC.
    pub created: String,
    /// The version of the program.
    pub program: String,
    pub source: Party,
    pub target: Party,
    pub manner: Manner,
    pub allow: Allow,
    pub databases: Vec<Kept>,
}

/// A server of a kept plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// As it was named: a saved connection, a URL without password, a path.
    pub name: String,
    /// What tells the server from every other.
    pub identity: String,
}

/// How the run goes about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manner {
    /// count, checksum or none.
    pub verify: Option<String>,
    /// None: as many as both servers bear.
    pub jobs: Option<u16>,
    pub stop_on_error: bool,
    /// None: as the settings say; so for `compress`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttle: Option<Throttle>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub max_load: Vec<Ceiling>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compress: Option<Compress>,
}

/// The plan of one database, and the catalogs that it was made from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    pub plan: Plan,
    pub before: Sides,
}

/// The catalogs of both sides at one time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Sides {
    pub source: Option<Catalog>,
    pub target: Option<Catalog>,
}

/// A document with its hash.
#[derive(Clone, Debug)]
pub struct Sealed {
    pub document: Document,
    /// 64 digits.
    pub hash: String,
    plan: Value,
}

/// Why a kept plan cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("it is no plan: {0}")]
    NoPlan(String),
    #[error("its format is {0}, and this maestro knows up to {FORMAT}")]
    Newer(u64),
    #[error("it was altered: its hash is {found}, and it says {told}")]
    Altered { told: String, found: String },
}

impl Sealed {
    pub fn new(document: Document) -> Sealed {
        let plan = serde_json::to_value(&document).expect("a plan is plain values");
        Sealed {
            hash: hash(&plan),
            document,
            plan,
        }
    }

    /// Reads what [`Sealed::text`] wrote.
    ///
    /// # Errors
    /// See [`Unreadable`].
    pub fn read(text: &str) -> Result<Sealed, Unreadable> {
        let no_plan = |problem: String| Unreadable::NoPlan(problem);
        let whole: Value =
            serde_json::from_str(text).map_err(|cause| no_plan(cause.to_string()))?;
        let format = whole["format"]
            .as_u64()
            .ok_or_else(|| no_plan("it has no format".into()))?;
        if format > FORMAT {
            return Err(Unreadable::Newer(format));
        }
        let plan = whole["plan"].clone();
        let (told, found) = (whole["hash"].as_str().unwrap_or_default(), hash(&plan));
        if told != found {
            return Err(Unreadable::Altered {
                told: short(told).into(),
                found: short(&found).into(),
            });
        }
        let document = Document::deserialize(&plan).map_err(|cause| no_plan(cause.to_string()))?;
        Ok(Sealed {
            document,
            hash: found,
            plan,
        })
    }

    /// As it is stored, and written to a file.
    pub fn text(&self) -> String {
        let whole = json!({"format": FORMAT, "hash": self.hash, "plan": self.plan});
        let mut text = serde_json::to_string_pretty(&whole).expect("JSON can be written");
        text.push('\n');
        text
    }

    pub fn short(&self) -> &str {
        short(&self.hash)
    }
}

/// The first digits of a hash.
pub fn short(hash: &str) -> &str {
    hash.get(..SHORT).unwrap_or(hash)
}

fn hash(plan: &Value) -> String {
    let text = serde_json::to_string(plan).expect("JSON can be written");
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

/// What has moved between two catalogs of one side, a line each: `table orders: column note is new`.
pub fn moved(before: Option<&Catalog>, now: Option<&Catalog>) -> Vec<String> {
    let (before, now) = match (before, now) {
        (None, None) => return Vec::new(),
        (None, Some(_)) => return vec!["the database exists now".into()],
        (Some(_), None) => return vec!["the database is gone".into()],
        (Some(before), Some(now)) => (before, now),
    };
    let mut lines = Vec::new();
    for table in &before.tables {
        match now.table(&table.name) {
            None => lines.push(format!("table {} is gone", table.name)),
            Some(other) => lines.extend(
                diff::tables(table, other)
                    .iter()
                    .map(|change| format!("table {}: {}", table.name, spoken(change))),
            ),
        }
    }
    lines.extend(
        now.tables
            .iter()
            .filter(|table| before.table(&table.name).is_none())
            .map(|table| format!("table {} is new", table.name)),
    );
    lines.extend(
        diff::objects(&before.objects, &now.objects)
            .iter()
            .map(spoken),
    );
    lines
}

fn spoken(change: &Change) -> String {
    let what = &change.what;
    match &change.kind {
        ChangeKind::OnlyInSource => format!("{what} is gone"),
        ChangeKind::OnlyInTarget => format!("{what} is new"),
        ChangeKind::Differs { .. } => format!("{what} is another one"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalog::{Column, Table};

    fn document() -> Document {
        let party = |name: &str| Party {
            name: name.into(),
            identity: format!("id of {name}"),
        };
        Document {
            created: "2026-01-02T03:04:05Z".into(),
            program: "0.1.0".into(),
            source: party("a"),
            target: party("b"),
            manner: Manner {
                verify: Some("count".into()),
                jobs: Some(2),
                ..Manner::default()
            },
            allow: Allow::default(),
            databases: Vec::new(),
        }
    }

    #[test]
    fn a_plan_is_read_back_as_it_was_written() {
        let sealed = Sealed::new(document());
        let read = Sealed::read(&sealed.text()).unwrap();
        assert_eq!((read.hash.len(), &read.hash), (64, &sealed.hash));
        assert_eq!(read.document.target.name, "b");
        assert_eq!(sealed.short().len(), 12);
    }

    #[test]
    fn e10_whatever_is_altered_in_a_plan_is_found() {
        let text = Sealed::new(document()).text();
        for (old, new) in [
            ("\"a\"", "\"c\""),
            ("\"vanish\": 30", "\"vanish\": 99"),
            ("count", "none"),
        ] {
            let altered = text.replace(old, new);
            assert_ne!(altered, text, "{old}");
            assert!(
                matches!(Sealed::read(&altered), Err(Unreadable::Altered { .. })),
                "{old}"
            );
        }
    }

    #[test]
    fn a_newer_format_is_not_guessed_at() {
        let newer = Sealed::new(document())
            .text()
            .replace("\"format\": 1", "\"format\": 2");
        assert_eq!(Sealed::read(&newer).unwrap_err(), Unreadable::Newer(2));
        assert!(matches!(Sealed::read("{}"), Err(Unreadable::NoPlan(_))));
    }

    #[test]
    fn what_moved_is_named() {
        let table = |name: &str, columns: &[&str]| Table {
            name: name.into(),
            columns: columns
                .iter()
                .map(|name| Column {
                    name: name.to_string(),
                    ..Column::default()
                })
                .collect(),
            ..Table::default()
        };
        let catalog = |tables: Vec<Table>| Catalog {
            tables,
            ..Catalog::default()
        };
        let before = catalog(vec![table("a", &["x"]), table("b", &["x"])]);
        let now = catalog(vec![table("a", &["x", "y"]), table("c", &["x"])]);
        assert_eq!(
            moved(Some(&before), Some(&now)),
            [
                "table a: column y is new",
                "table b is gone",
                "table c is new"
            ]
        );
        assert_eq!(moved(Some(&before), None), ["the database is gone"]);
        assert!(moved(Some(&before), Some(&before)).is_empty());
    }
}
