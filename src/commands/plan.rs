//! `plan`: makes the plan of a sync, keeps it, and shows it with exact counts.
//!
//! Nothing is written to either side. `apply` carries the plan out later, exactly as it is.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::sync::planned::Planned;
use super::sync::{Choices, kept, plan_json};
use super::{Command, Context, Error, Group, Result};
use crate::model::label::Label;
use crate::output::{Cell, Page, Reply, Table, Tone};
use crate::plan::{Figure, Plan, RowsOf, Sealed};

/// Make the plan of a sync and keep it, to be looked at and applied later
///
/// The plan holds what a sync with the same words would do. apply carries out exactly that, or refuses: when a
/// side's structure has moved, when the name leads to another server, or when the plan was altered.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "plan")]
pub struct Args {
    #[command(flatten)]
    choices: Choices,
    /// Write the plan to a new file too, readable by you alone
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What `plan` answers.
pub struct Made {
    number: i64,
    sealed: Sealed,
    planned: Page,
    figures: Vec<Vec<Figure>>,
    label: Label,
    file: Option<PathBuf>,
}

impl Command for Args {
    type Reply = Made;
    const GROUP: Group = Group::Work;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("plan prod/shop dev/shop", "of one database"),
        (
            "plan prod dev --select 'shop,crm_*' --out plan.json",
            "of several, also as a file for another machine",
        ),
        (
            "plan dev/shop prod/shop --reverse",
            "against the usual direction",
        ),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Made> {
        let planned = self.choices.planned(cx).await?;
        let sealed = kept::seal(&planned, self.choices.manner(), self.choices.allow()).await?;
        if let Some(file) = &self.out {
            write(file, &sealed.text())?;
        }
        let number = cx.store.keep_plan(&sealed)?;
        Ok(Made::of(number, sealed, &planned, self.out))
    }
}

impl Made {
    fn of(number: i64, sealed: Sealed, planned: &Planned, file: Option<PathBuf>) -> Made {
        let mut page = Page::default();
        planned.draw(&mut page, None);
        Made {
            number,
            sealed,
            planned: page,
            figures: planned.watch.figures.clone(),
            label: planned.label(),
            file,
        }
    }
}

fn write(file: &Path, text: &str) -> Result<()> {
    let made = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file);
    made.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    })
    .map_err(|cause| {
        Error::refused(format!("cannot write {}: {cause}", file.display()))
            .hint("--out wants the name of a new file")
    })
}

/// A line for each table: what happens to it, and its rows before and after.
pub fn tables(plans: &[&Plan], figures: &[Vec<Figure>]) -> Table {
    let mut table = Table::new(&["database", "table", "what", ">rows there", ">rows then"]);
    for (at, plan) in plans.iter().enumerate() {
        let counted = |name: &str| {
            let figures = figures.get(at)?;
            figures.iter().find(|figure| figure.table == name)
        };
        let there = |name: &str| match counted(name) {
            Some(figure) => figure.before.to_string(),
            None => "-".into(),
        };
        let then = |name: &str| counted(name).and_then(|figure| figure.after);
        for one in &plan.tables {
            let name = &one.table.name;
            let (tone, what) = match (one.replaces, one.rows) {
                (true, RowsOf::Source) => (Tone::Warning, "replaced"),
                (true, RowsOf::Nobody) => (Tone::Warning, "emptied"),
                (false, RowsOf::Source) => (Tone::Good, "new"),
                (false, RowsOf::Nobody) => (Tone::Good, "new, no rows"),
            };
            let rows = match (one.rows, then(name)) {
                (RowsOf::Nobody, _) => "0".into(),
                (RowsOf::Source, Some(rows)) => rows.to_string(),
                (RowsOf::Source, None) => format!("about {}", one.table.rows),
            };
            table.row([
                plan.target.database.clone().into(),
                name.clone().into(),
                Cell::new(tone, what),
                there(name).into(),
                rows.into(),
            ]);
        }
        for name in &plan.removed {
            table.row([
                plan.target.database.clone().into(),
                name.clone().into(),
                Cell::new(Tone::Bad, "removed"),
                there(name).into(),
                "0".into(),
            ]);
        }
    }
    table
}

/// A kept plan for a program.
pub fn json(sealed: &Sealed, figures: &[Vec<Figure>]) -> Value {
    let document = &sealed.document;
    let plans = document.databases.iter().enumerate().map(|(at, kept)| {
        let mut plan = plan_json(&kept.plan);
        if let Some(figures) = figures.get(at) {
            plan["tables"] = figures
                .iter()
                .map(|one| {
                    json!({"name": one.table, "rows_before": one.before.0,
                           "rows_after": one.after.map(|rows| rows.0)})
                })
                .collect();
        }
        plan
    });
    json!({
        "status": "planned",
        "hash": sealed.hash,
        "created": document.created,
        "source": document.source.name,
        "target": document.target.name,
        "plan": plans.collect::<Vec<_>>(),
    })
}

impl Reply for Made {
    fn render(&self, page: &mut Page) {
        page.append(&self.planned);
        let plans: Vec<&Plan> = self
            .sealed
            .document
            .databases
            .iter()
            .map(|kept| &kept.plan)
            .collect();
        let table = tables(&plans, &self.figures);
        if !table.is_empty() {
            page.table(table);
        }
        page.pieces([
            "Plan ".into(),
            Cell::new(Tone::Strong, self.number.to_string()),
            ", hash ".into(),
            Cell::new(Tone::Strong, self.sealed.short()),
            format!(". apply {} carries it out.", self.number).into(),
        ]);
        if let Some(file) = &self.file {
            page.line(format!("Written to {}", file.display()));
        }
    }

    fn json(&self) -> Value {
        let mut value = json(&self.sealed, &self.figures);
        value["number"] = self.number.into();
        value["environment"] = self.label.name().into();
        value["file"] = self
            .file
            .as_ref()
            .map(|file| file.display().to_string())
            .into();
        value
    }
}
