//! How what the source holds is spelled for the target: what is asked for, and what came of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::catalog::{Catalog, ObjectKind};
use super::survey::Finding;

/// What a person may ask of the spelling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    pub events: Events,
    pub definer: Definer,
}

/// What becomes of events that are enabled on the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Events {
    /// They come as they are, and fire on the target too.
    #[default]
    Keep,
    /// They come disabled.
    Disable,
    /// No event is copied; those of the target stay.
    Skip,
}

/// Whose rights views, triggers, routines and events run with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Definer {
    /// Those of the same account, whether the target has it or not.
    #[default]
    Keep,
    /// Those of the account that writes the target.
    Current,
    /// Those of the same account; refused where the target does not have it.
    Refuse,
}

/// The source's catalog as the target would show it once it is there, and what is to be said of that.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spelled {
    pub catalog: Catalog,
    pub remarks: Vec<Remark>,
    /// The tables whose names the target spells in another way: its name, then the source's.
    pub renamed: BTreeMap<String, String>,
}

/// Something to be said before anything is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Remark {
    pub about: About,
    pub says: Says,
}

/// What a remark is about: it counts where this is copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    Database,
    Table(String),
    Object(ObjectKind, String),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Says {
    /// It arrives in another spelling.
    Mapped(Mapped),
    /// A part of it does not arrive; objects that do not arrive at all have an obstacle.
    NotCopied(NotCopied),
    Warning(String),
    Refused(Finding),
    /// The same of several objects: said once, followed by all of their titles.
    Together(Box<Says>),
}

impl Says {
    /// The same, naming what it is about.
    pub fn about(self, titles: &str) -> Says {
        match self {
            Says::Mapped(mapped) => Says::Mapped(Mapped {
                what: format!("{} of {titles}", mapped.what),
                ..mapped
            }),
            Says::NotCopied(item) => Says::NotCopied(NotCopied {
                what: format!("{} of {titles}", item.what),
                ..item
            }),
            Says::Warning(text) => Says::Warning(format!("{text}: {titles}")),
            Says::Refused(finding) => Says::Refused(Finding {
                problem: format!("{}: {titles}", finding.problem),
                ..finding
            }),
            Says::Together(says) => says.about(titles),
        }
    }
}

/// Something that the target spells in another way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapped {
    /// `collation`, `default of column a of t`, `definer of view v` …
    pub what: String,
    pub from: String,
    pub to: String,
}

/// Something that is not copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotCopied {
    pub what: String,
    pub reason: String,
}

/// How many places a line names before it only counts.
const NAMED: usize = 3;

/// One line for all places where the same becomes the same: `collation of a.x, a.y, b.z and 4 more`.
pub fn grouped(mapped: Vec<Mapped>) -> Vec<Mapped> {
    let mut groups: Vec<(Mapped, Vec<String>)> = Vec::new();
    for one in mapped {
        let (noun, place) = one.what.split_once(" of ").unwrap_or((&one.what, ""));
        let (noun, place) = (noun.to_string(), place.to_string());
        let known = groups.iter_mut().find(|(group, _)| {
            (&group.what, &group.from, &group.to) == (&noun, &one.from, &one.to)
        });
        match known {
            Some((_, places)) if places.contains(&place) => {}
            Some((_, places)) => places.push(place),
            None => groups.push((Mapped { what: noun, ..one }, vec![place])),
        }
    }
    let line = |(group, places): (Mapped, Vec<String>)| {
        let named = places[..places.len().min(NAMED)].join(", ");
        let what = match places.len().checked_sub(NAMED) {
            _ if named.is_empty() => group.what,
            Some(more) if more > 0 => format!("{} of {named} and {more} more", group.what),
            _ => format!("{} of {named}", group.what),
        };
        Mapped { what, ..group }
    };
    groups.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_the_same_is_one_line_that_counts() {
        let mapped = |what: &str, to: &str| Mapped {
            what: what.into(),
            from: "x".into(),
            to: to.into(),
        };
        let many = ["a", "b", "c", "d", "d", "e"]
            .map(|place| mapped(&format!("collation of t.{place}"), "y"));
        let lines = grouped(
            many.into_iter()
                .chain([mapped("engine of t", "y")])
                .collect(),
        );
        let told: Vec<&str> = lines.iter().map(|line| line.what.as_str()).collect();
        assert_eq!(
            told,
            ["collation of t.a, t.b, t.c and 2 more", "engine of t"]
        );
    }
}
