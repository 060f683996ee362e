//! `compare`: how two databases differ, in structure and in rows.
//!
//! Both servers count and digest their own rows under a snapshot; only sums travel.

mod reply;

use std::collections::BTreeMap;

use clap::Parser;

use super::places::{self, DatabasePair, Opened, PairArgs};
use super::sync::wish::Wishes;
use super::{Command, Context, Error, Group, Result};
use crate::model::catalog::{Catalog, History, Table};
use crate::model::diff::{self, Change, ChangeKind};
use crate::model::selection::quoted;
use crate::model::spelling::{About, Remark, Says, Spelled};
use crate::model::survey::Role;
use crate::output::Exit;
use crate::plan::TableFilter;
use crate::run;
use crate::run::compare::{Comparison, Data, Depth};
use crate::run::copy::Pair;
use crate::store::{Ending, NewRun, Status, Step};
use reply::{Compared, ComparedDatabase, ComparedTable, Presence};

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
    #[command(flatten)]
    wishes: Wishes,
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
        let servers = (source.server.as_ref(), target.server.as_ref());
        let pairs = places::databases(cx, pair, servers, &self.pair.maps()?).await?;
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
            source.server.survey(&pair.source, Role::Source),
            target.server.survey(&pair.target, Role::Target),
        )
        .await?;
        // What a sync would make of the source is equal, in whatever spelling.
        let spelled = target.server.spell(&from, &to, self.wishes.wish());
        let (Some(own), Some(to)) = (&from.catalog, &to.catalog) else {
            return Ok(ComparedDatabase::missing(pair, &spelled.catalog));
        };
        let from = &spelled.catalog;
        let filter = self.filter(pair)?;
        let tables = own.tables.iter().chain(&from.tables).chain(&to.tables);
        if let Some(problem) = filter.unmatched(tables.map(|table| table.name.as_str())) {
            return Err(Error::usage(problem));
        }
        let renamed = |name: &str| spelled.renamed.get(name);
        let chosen = |name: &str| {
            filter.is_empty()
                || filter.matches(name)
                || renamed(name).is_some_and(|name| filter.matches(name))
        };
        let mut compared = structure(pair, from, to, &chosen);
        if !filter.is_empty() || self.data {
            compared.changes.clear();
        }
        let alike = source.server.product().flavour == target.server.product().flavour;
        if !alike && compared.changes.iter().any(is_about_a_view) {
            let note = "each product prints views in its own words: those that differ here may mean the same";
            compared.notes.push(note.into());
        }
        if !self.data {
            compared.notes.extend(not_held(&spelled, &chosen));
        }
        if !self.schema {
            let read = |name: &str| {
                own.table(renamed(name).map_or(name, String::as_str))
                    .cloned()
            };
            let tables = shared(from, to, &chosen)
                .filter_map(|(name, there)| Some(Pair::new(read(name)?, &there, alike)))
                .map(|pair| (pair.from, pair.to))
                .collect();
            let data = self.data_of(cx, source, target, pair, tables).await?;
            compared.take(data);
        }
        if self.data {
            // Where rows could not be compared, the structure is why.
            let told = compared
                .tables
                .iter_mut()
                .filter(|table| table.data.is_some());
            told.for_each(|table| table.changes.clear());
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
        patterns.extend(pair.table.as_deref().map(quoted));
        TableFilter::new(&patterns).map_err(Error::usage)
    }
}

/// Parts of tables that the target cannot hold: no difference that a sync would mend, and no equality either.
fn not_held(spelled: &Spelled, chosen: &dyn Fn(&str) -> bool) -> Vec<String> {
    let told = |remark: &Remark| match (&remark.about, &remark.says) {
        (About::Table(table), Says::NotCopied(item)) if chosen(table) => {
            Some(format!("{} cannot be compared: {}", item.what, item.reason))
        }
        _ => None,
    };
    spelled.remarks.iter().filter_map(told).collect()
}

fn is_about_a_view(change: &Change) -> bool {
    change.what.starts_with("view ") && matches!(change.kind, ChangeKind::Differs { .. })
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

/// The tables that both sides have and whose rows can be compared, by name, with the target's: the columns have the
/// same names.
fn shared<'a>(
    from: &'a Catalog,
    to: &'a Catalog,
    chosen: &'a dyn Fn(&str) -> bool,
) -> impl Iterator<Item = (&'a str, Table)> {
    let names = |table: &Table| {
        table
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect::<Vec<_>>()
    };
    let both = from.tables.iter().filter(|table| chosen(&table.name));
    both.filter_map(|left| to.table(&left.name).map(|right| (left, right)))
        .filter(move |(left, right)| names(left) == names(right))
        .map(|(left, right)| {
            let mut right = right.clone();
            // Rows of the past count where a sync would bring them.
            if left.times().is_empty() {
                right.history = History::None;
            }
            (left.name.as_str(), right)
        })
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
        notes: Vec::new(),
    }
}
