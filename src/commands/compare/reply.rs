//! What a comparison answers: a verdict for each table, each database and all of them.

use serde_json::{Value, json};

use super::DatabasePair;
use crate::model::catalog::Catalog;
use crate::model::diff::{Change, ChangeKind};
use crate::model::units::{Rows, counted};
use crate::output::{Cell, Exit, Page, Reply, Tone};
use crate::run::compare::{Data, TableData};

/// The reply of `compare`.
pub struct Compared {
    pub run: i64,
    pub source: String,
    pub target: String,
    pub databases: Vec<ComparedDatabase>,
}

pub struct ComparedDatabase {
    pub source: String,
    pub target: String,
    /// The target has no such database.
    pub is_missing: bool,
    pub tables: Vec<ComparedTable>,
    /// Differences beside the tables.
    pub changes: Vec<Change>,
    /// Sides whose rows changed while they were compared.
    pub moving: Vec<&'static str>,
    /// What cannot be told for certain.
    pub notes: Vec<String>,
}

pub struct ComparedTable {
    pub name: String,
    pub presence: Presence,
    pub changes: Vec<Change>,
    pub data: Option<TableData>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Both,
    OnlySource,
    OnlyTarget,
}

impl ComparedTable {
    fn is_equal(&self) -> bool {
        self.presence == Presence::Both
            && self.changes.is_empty()
            && self
                .data
                .as_ref()
                .is_none_or(|data| data.equal != Some(false))
    }

    fn verdict(&self) -> (Tone, String) {
        match self.presence {
            Presence::OnlySource => return (Tone::Bad, "only in the source".into()),
            Presence::OnlyTarget => return (Tone::Bad, "only in the target".into()),
            Presence::Both if self.is_equal() => return (Tone::Good, "equal".into()),
            Presence::Both => {}
        }
        let mut parts = Vec::new();
        if !self.changes.is_empty() {
            parts.push(format!(
                "structure: {}",
                counted(self.changes.len(), "difference")
            ));
        }
        match &self.data {
            Some(data) if data.source != data.target => parts.push("number of rows".into()),
            Some(data) if data.equal == Some(false) => parts.push("content of rows".into()),
            _ => {}
        }
        (Tone::Bad, parts.join(", "))
    }

    fn json(&self) -> Value {
        json!({
            "table": self.name,
            "equal": self.is_equal(),
            "only_in": match self.presence {
                Presence::Both => Value::Null,
                Presence::OnlySource => json!("source"),
                Presence::OnlyTarget => json!("target"),
            },
            "changes": self.changes.iter().map(change_json).collect::<Vec<_>>(),
            "rows": self.data.as_ref().map(|data| json!({
                "source": data.source.0, "target": data.target.0, "equal": data.equal,
            })),
        })
    }
}

impl ComparedDatabase {
    pub fn missing(pair: &DatabasePair, from: &Catalog) -> ComparedDatabase {
        let tables = from.tables.iter().map(|table| ComparedTable {
            name: table.name.clone(),
            presence: Presence::OnlySource,
            changes: Vec::new(),
            data: None,
        });
        ComparedDatabase {
            source: pair.source.clone(),
            target: pair.target.clone(),
            is_missing: true,
            tables: tables.collect(),
            changes: Vec::new(),
            moving: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub fn take(&mut self, data: Data) {
        for found in data.tables {
            if let Some(table) = self
                .tables
                .iter_mut()
                .find(|table| table.name == found.name)
            {
                table.data = Some(found);
            }
        }
        let sides = [("source", &data.source), ("target", &data.target)];
        self.moving = sides
            .iter()
            .filter(|(_, level)| !level.consistent)
            .map(|(side, _)| *side)
            .collect();
    }

    fn is_equal(&self) -> bool {
        !self.is_missing
            && self.changes.is_empty()
            && self.tables.iter().all(ComparedTable::is_equal)
    }

    fn draw(&self, page: &mut Page) {
        let (tone, word) = if self.is_equal() {
            (Tone::Good, "equal")
        } else {
            (Tone::Bad, "different")
        };
        let name = match self.source == self.target {
            true => self.source.clone(),
            false => format!("{} and {}", self.source, self.target),
        };
        page.pieces([
            Cell::new(Tone::Strong, name),
            ": ".into(),
            Cell::new(tone, word),
        ]);
        if self.is_missing {
            page.line(Cell::new(
                Tone::Bad,
                format!("  the target has no database {}", self.target),
            ));
        }
        let mut table =
            crate::output::Table::new(&["table", ">source rows", ">target rows", "result"]);
        for one in &self.tables {
            let rows = |side: fn(&TableData) -> Rows| {
                one.data
                    .as_ref()
                    .map(|data| side(data).to_string())
                    .unwrap_or_default()
            };
            let (tone, verdict) = one.verdict();
            table.row([
                one.name.clone().into(),
                rows(|data| data.source).into(),
                rows(|data| data.target).into(),
                Cell::new(tone, verdict),
            ]);
        }
        if !table.is_empty() {
            page.table(table);
        }
        for one in &self.tables {
            one.changes
                .iter()
                .for_each(|change| draw_change(page, &format!("{}: ", one.name), change));
        }
        self.changes
            .iter()
            .for_each(|change| draw_change(page, "", change));
        for note in &self.notes {
            page.line(Cell::new(Tone::Warning, format!("  note: {note}")));
        }
        for side in &self.moving {
            page.line(Cell::new(
                Tone::Warning,
                format!("  note: rows of the {side} changed while they were compared"),
            ));
        }
    }
}

fn draw_change(page: &mut Page, place: &str, change: &Change) {
    match &change.kind {
        ChangeKind::OnlyInSource => {
            page.line(format!("  {place}{} is only in the source", change.what))
        }
        ChangeKind::OnlyInTarget => {
            page.line(format!("  {place}{} is only in the target", change.what))
        }
        ChangeKind::Differs { source, target } => {
            page.line(format!("  {place}{} differs", change.what));
            page.line(Cell::new(Tone::Good, format!("    source: {source}")));
            page.line(Cell::new(Tone::Bad, format!("    target: {target}")));
        }
    }
}

fn change_json(change: &Change) -> Value {
    let (kind, source, target) = match &change.kind {
        ChangeKind::OnlyInSource => ("only in source", None, None),
        ChangeKind::OnlyInTarget => ("only in target", None, None),
        ChangeKind::Differs { source, target } => ("differs", Some(source), Some(target)),
    };
    json!({"what": change.what, "kind": kind, "source": source, "target": target})
}

impl Compared {
    fn is_equal(&self) -> bool {
        self.databases.iter().all(ComparedDatabase::is_equal)
    }

    pub fn word(&self) -> &'static str {
        if self.is_equal() {
            "equal"
        } else {
            "different"
        }
    }
}

impl Reply for Compared {
    fn render(&self, page: &mut Page) {
        self.databases
            .iter()
            .for_each(|database| database.draw(page));
        let tone = if self.is_equal() {
            Tone::Good
        } else {
            Tone::Bad
        };
        page.pieces([
            format!("{} and {}: ", self.source, self.target).into(),
            Cell::new(tone, self.word()),
        ]);
    }

    fn json(&self) -> Value {
        let databases: Vec<Value> = self
            .databases
            .iter()
            .map(|one| {
                json!({
                    "source": one.source,
                    "target": one.target,
                    "equal": one.is_equal(),
                    "exists": !one.is_missing,
                    "tables": one.tables.iter().map(ComparedTable::json).collect::<Vec<_>>(),
                    "changes": one.changes.iter().map(change_json).collect::<Vec<_>>(),
                    "changed_meanwhile": one.moving,
                    "notes": one.notes,
                })
            })
            .collect();
        json!({
            "run": self.run,
            "source": self.source,
            "target": self.target,
            "databases": databases,
            "result": self.word(),
        })
    }

    fn exit(&self) -> Exit {
        if self.is_equal() {
            Exit::DONE
        } else {
            Exit::DIFFERENT
        }
    }
}
