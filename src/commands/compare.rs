//! `compare`: how two databases differ, in structure and in rows.
//!
//! Both servers count and digest their own rows under a snapshot; only sums travel.

use std::collections::BTreeMap;

use clap::Parser;
use serde_json::{Value, json};

use super::places::{self, DatabasePair, Opened, PairArgs};
use super::{Command, Context, Error, Group, Result};
use crate::model::catalog::{Catalog, Table};
use crate::model::diff::{self, Change, ChangeKind};
use crate::model::units::{Rows, counted};
use crate::output::{Cell, Exit, Page, Reply, Tone};
use crate::plan::TableFilter;
use crate::run::compare::{Comparison, Data, Depth, TableData};
use crate::run::{self};
use crate::store::{Ending, NewRun, Status, Step};

/// Compare the structure and the rows of databases
///
/// Exit code 0 when everything is equal, 1 when something differs. Rows are compared by counts and by a digest
/// that each server computes itself.
#[derive(Debug, Clone, Parser)]
#[command(name = "compare", visible_alias = "diff")]
pub struct Args {
    #[command(flatten)]
    pair: PairArgs,
    /// Structure only
    #[arg(long, conflicts_with_all = ["data", "counts"])]
    schema: bool,
    /// Rows only
    #[arg(long)]
    data: bool,
    /// Compare the number of rows only, not their content
    #[arg(long)]
    counts: bool,
    /// Only these tables (name or glob; repeatable)
    #[arg(long, value_name = "TABLE")]
    table: Vec<String>,
    /// How many tables are compared at once [default: by the number of processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: Option<u16>,
}

impl Command for Args {
    type Reply = Compared;
    const GROUP: Group = Group::Work;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        (
            "compare",
            "the selected databases of the session's source and target",
        ),
        ("compare prod/shop dev/shop", "one database"),
        (
            "compare prod dev --select all --schema",
            "the structure of all",
        ),
        (
            "compare prod/shop dev/shop --table 'order*' --counts",
            "the number of rows of some tables",
        ),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Compared> {
        let pair = self.pair.pair(cx)?;
        let number = cx.store.begin(&NewRun {
            id: uuid::Uuid::now_v7().to_string(),
            kind: "compare",
            source: pair.source.to_string(),
            target: pair.target.to_string(),
            command: format!("compare {} {}", pair.source, pair.target),
        })?;
        let result = self.compare(cx, number, &pair).await;
        let (status, error) = match &result {
            Ok(_) => (Status::Done, None),
            Err(error) if error.exit == Exit::INTERRUPTED => (Status::Interrupted, None),
            Err(error) => {
                let status = match error.exit {
                    Exit::REFUSED | Exit::USAGE => Status::Refused,
                    _ => Status::Failed,
                };
                (status, Some(error.message.clone()))
            }
        };
        let verified = result
            .as_ref()
            .ok()
            .map(|compared| compared.word().to_string());
        cx.store.end(
            number,
            &Ending {
                status,
                snapshot: None,
                verified,
                error,
            },
        )?;
        result
    }
}

impl Args {
    async fn compare(
        &self,
        cx: &mut Context<'_>,
        number: i64,
        pair: &places::Pair,
    ) -> Result<Compared> {
        let (source, target) = futures::future::try_join(
            places::open(cx, &pair.source),
            places::open(cx, &pair.target),
        )
        .await?;
        refuse_mixed(&source, &target)?;
        let pairs = places::databases(cx, pair, source.server.as_ref(), &self.pair.maps()?).await?;
        let mut databases = Vec::new();
        for pair in pairs {
            let started = std::time::Instant::now();
            let compared = self.compare_one(cx, &source, &target, &pair).await?;
            cx.store.step(
                number,
                &Step {
                    database: pair.target.clone(),
                    what: None,
                    status: Status::Done,
                    rows: compared
                        .tables
                        .iter()
                        .filter_map(|table| table.data.as_ref())
                        .map(|data| data.source)
                        .sum(),
                    bytes: Default::default(),
                    took: started.elapsed(),
                    error: None,
                },
            )?;
            databases.push(compared);
        }
        Ok(Compared {
            run: number,
            source: source.endpoint.name,
            target: target.endpoint.name,
            databases,
        })
    }

    async fn compare_one(
        &self,
        cx: &Context<'_>,
        source: &Opened,
        target: &Opened,
        pair: &DatabasePair,
    ) -> Result<ComparedDatabase> {
        let (from, to) = futures::future::try_join(
            source.server.catalog(&pair.source),
            target.server.catalog(&pair.target),
        )
        .await?;
        let Some(from) = from else {
            return Err(Error::usage(format!(
                "{} has no database {}",
                source.endpoint.name, pair.source
            )));
        };
        let Some(to) = to else {
            return Ok(ComparedDatabase::missing(pair, &from));
        };
        let filter = self.filter(pair)?;
        if let Some(problem) = filter.unmatched(
            from.tables
                .iter()
                .chain(&to.tables)
                .map(|table| table.name.as_str()),
        ) {
            return Err(Error::usage(problem));
        }
        let chosen = |name: &str| filter.is_empty() || filter.matches(name);
        let mut compared = structure(pair, &from, &to, &chosen);
        if !filter.is_empty() || self.data {
            compared.changes.clear();
        }
        if !self.schema {
            let data = self
                .data_of(cx, source, target, pair, shared(&from, &to, &chosen))
                .await?;
            compared.take(data);
        }
        if self.data {
            compared
                .tables
                .iter_mut()
                .for_each(|table| table.changes.clear());
        }
        Ok(compared)
    }

    async fn data_of(
        &self,
        cx: &Context<'_>,
        source: &Opened,
        target: &Opened,
        pair: &DatabasePair,
        tables: Vec<(Table, Table)>,
    ) -> Result<Data> {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        let comparison = Comparison {
            source: (source.server.as_ref(), &pair.source),
            target: (target.server.as_ref(), &pair.target),
            tables,
            depth: if self.counts {
                Depth::Counts
            } else {
                Depth::Digests
            },
            workers: self.jobs.map(usize::from).unwrap_or(processors.clamp(1, 4)),
            listener: cx.events.as_ref(),
            stop: &cx.stop,
        };
        run::compare::data(&comparison)
            .await
            .map_err(|error| match error {
                run::Error::Engine(error) => error.into(),
                other => Error::interrupted(other.to_string()),
            })
    }

    fn filter(&self, pair: &DatabasePair) -> Result<TableFilter> {
        let mut patterns = self.table.clone();
        patterns.extend(pair.table.clone());
        TableFilter::new(&patterns).map_err(Error::usage)
    }
}

fn refuse_mixed(source: &Opened, target: &Opened) -> Result<()> {
    let (from, to) = (source.server.product(), target.server.product());
    if from.engine == to.engine {
        return Ok(());
    }
    Err(Error::refused(format!(
        "{} cannot be compared with {}",
        from.flavour, to.flavour
    ))
    .hint("choose two sides of one product"))
}

/// The tables that both sides have and whose rows can be compared: the columns have the same names.
fn shared(from: &Catalog, to: &Catalog, chosen: &dyn Fn(&str) -> bool) -> Vec<(Table, Table)> {
    let names = |table: &Table| {
        table
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect::<Vec<_>>()
    };
    let both = from.tables.iter().filter(|table| chosen(&table.name));
    both.filter_map(|left| {
        to.table(&left.name)
            .map(|right| (left.clone(), right.clone()))
    })
    .filter(|(left, right)| names(left) == names(right))
    .collect()
}

fn structure(
    pair: &DatabasePair,
    from: &Catalog,
    to: &Catalog,
    chosen: &dyn Fn(&str) -> bool,
) -> ComparedDatabase {
    let mut tables: BTreeMap<String, ComparedTable> = BTreeMap::new();
    for table in from
        .tables
        .iter()
        .chain(&to.tables)
        .filter(|table| chosen(&table.name))
    {
        let presence = match (from.table(&table.name), to.table(&table.name)) {
            (Some(_), None) => Presence::OnlySource,
            (None, _) => Presence::OnlyTarget,
            (Some(_), Some(_)) => Presence::Both,
        };
        let changes = match (from.table(&table.name), to.table(&table.name)) {
            (Some(left), Some(right)) => diff::tables(left, right),
            _ => Vec::new(),
        };
        let name = table.name.clone();
        tables.entry(name.clone()).or_insert(ComparedTable {
            name,
            presence,
            changes,
            data: None,
        });
    }
    let mut changes = diff::defaults(from, to);
    changes.extend(diff::objects(&from.objects, &to.objects));
    ComparedDatabase {
        source: pair.source.clone(),
        target: pair.target.clone(),
        is_missing: false,
        tables: tables.into_values().collect(),
        changes,
        moving: Vec::new(),
    }
}

/// The reply of `compare`.
pub struct Compared {
    run: i64,
    source: String,
    target: String,
    databases: Vec<ComparedDatabase>,
}

struct ComparedDatabase {
    source: String,
    target: String,
    /// The target has no such database.
    is_missing: bool,
    tables: Vec<ComparedTable>,
    /// Differences beside the tables.
    changes: Vec<Change>,
    /// Sides whose rows changed while they were compared.
    moving: Vec<&'static str>,
}

struct ComparedTable {
    name: String,
    presence: Presence,
    changes: Vec<Change>,
    data: Option<TableData>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
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
    fn missing(pair: &DatabasePair, from: &Catalog) -> ComparedDatabase {
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
        }
    }

    fn take(&mut self, data: Data) {
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

    fn word(&self) -> &'static str {
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
