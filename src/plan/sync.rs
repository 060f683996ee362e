//! Makes the plan of a sync: what the source has, the target gets; what only the target has, leaves.

use std::collections::BTreeMap;

use super::{
    Content, Error, ExtraTables, NotCopied, Plan, Route, RowsOf, Side, SyncOptions, TableFilter,
    TablePlan,
};
use crate::model::catalog::{Catalog, History, Object, ObjectKind, Table};
use crate::model::diff;
use crate::model::spelling::{self, About, Events, Mapped, Remark, Says, Spelled};
use crate::model::survey::{Finding, Survey, WritePath};
use crate::model::units::Rows;

/// Something that must be asked of the target before the plan can be made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Probe {
    /// The exact number of rows of a target's table.
    Count(String),
}

/// What the probes found.
pub type Answers = BTreeMap<Probe, Rows>;

/// What must be known beside the surveys: whether tables that `--schema` would replace hold rows.
pub fn probes(spelled: &Spelled, to: &Survey, options: &SyncOptions) -> Vec<Probe> {
    let Some(target) = &to.catalog else {
        return Vec::new();
    };
    if options.content != Content::Schema {
        return Vec::new();
    }
    let differing = |table: &&Table| {
        target
            .table(&table.name)
            .is_some_and(|other| !diff::tables(table, other).is_empty())
    };
    chosen(spelled, options)
        .filter(differing)
        .map(|table| Probe::Count(table.name.clone()))
        .collect()
}

/// Makes the plan for one target database; `spelled` is the source's catalog as the target takes it.
///
/// # Errors
/// [`Error::Findings`] lists everything that stands in the way, all at once, each with its mend.
pub fn sync(
    from: &Survey,
    to: &Survey,
    spelled: &Spelled,
    answers: &Answers,
    options: &SyncOptions,
) -> Result<Plan, Error> {
    if from.product.engine != to.product.engine {
        return Err(Error::Findings(vec![Finding {
            problem: format!(
                "{} cannot be synced to {}",
                from.product.flavour, to.product.flavour
            ),
            mend: "choose two sides of one product".into(),
        }]));
    }
    let empty = Catalog::default();
    let source = &spelled.catalog;
    let target = to.catalog.as_ref().unwrap_or(&empty);
    let names = source.tables.iter().map(|table| table.name.as_str());
    let names = names.chain(spelled.renamed.values().map(String::as_str));
    if let Some(problem) = options.only.unmatched(names) {
        return Err(Error::Usage(problem));
    }
    let mut findings: Vec<Finding> = from.findings.iter().chain(&to.findings).cloned().collect();
    let tables = tables(spelled, target, answers, options, &mut findings);
    unknown_collations(source, to, &tables, &mut findings);
    let mut removed = removed(spelled, target, options);
    let mut dropped = dropped(spelled, target, options, &removed);
    // What the source may only hide is not taken for removed (C08).
    if let Some(unseen) = &from.unseen {
        if unseen.tables {
            removed.clear();
        }
        let of_unseen = |object: &Object| match &object.table {
            Some(table) => source.table(table).is_none(),
            None => object.kind == ObjectKind::View,
        };
        dropped.retain(|object| {
            !(unseen.kinds.contains(&object.kind) || unseen.tables && of_unseen(object))
        });
    }
    let skipped = |kind| kind == ObjectKind::Event && options.wish.events == Events::Skip;
    dropped.retain(|object| !skipped(object.kind));
    name_clashes(spelled, target, options, &tables, &mut findings);
    if options.content == Content::Data && to.catalog.is_none() {
        findings.push(Finding {
            problem: format!("the target has no database {}", to.database),
            mend: "leave --data out to create it".into(),
        });
    }
    let write_path = write_path(to, options, &mut findings);
    let objects = objects(spelled, target, options, &tables);
    let said = said(spelled, to, options, (&tables, &objects));
    findings.extend(said.findings);
    if !findings.is_empty() {
        return Err(Error::Findings(findings));
    }
    let mut not_copied = not_copied(spelled, target, options, &tables);
    not_copied.extend(said.not_copied);
    let mut warnings = warnings(from, &tables, options);
    warnings.extend(said.warnings);
    Ok(Plan {
        objects,
        not_copied,
        mapped: said.mapped,
        warnings,
        charset: source.charset.clone(),
        collation: source.collation.clone(),
        source: side(from),
        target: side(to),
        tables,
        removed,
        dropped,
        write_path,
        route: options.route,
    })
}

/// How rows are written: as was asked for, else in the best way that the target has.
fn write_path(
    to: &Survey,
    options: &SyncOptions,
    findings: &mut Vec<Finding>,
) -> Option<WritePath> {
    let offered = &to.write_paths;
    if let Some(asked) = options.path.filter(|asked| !offered.contains(asked)) {
        findings.push(Finding {
            problem: format!("{} does not take rows by {asked}", to.product),
            mend: "leave --write-path out".into(),
        });
    }
    if options.route == Route::Server && offered.is_empty() {
        findings.push(Finding {
            problem: format!("{} cannot copy rows by itself", to.product.flavour),
            mend: "leave --in-server out".into(),
        });
    }
    options.path.or(offered.first().copied())
}

fn side(survey: &Survey) -> Side {
    Side {
        database: survey.database.clone(),
        product: survey.product.clone(),
        exists: survey.catalog.is_some(),
        fingerprint: diff::fingerprint(survey.catalog.as_ref()),
    }
}

/// Whether a filter speaks of a table, by its name on the target or on the source.
fn meant(filter: &TableFilter, table: &str, spelled: &Spelled) -> bool {
    let source = spelled.renamed.get(table);
    filter.matches(table) || source.is_some_and(|source| filter.matches(source))
}

/// The source's tables that the options speak of.
fn chosen<'a>(spelled: &'a Spelled, options: &'a SyncOptions) -> impl Iterator<Item = &'a Table> {
    spelled.catalog.tables.iter().filter(|table| {
        (options.only.is_empty() || meant(&options.only, &table.name, spelled))
            && !meant(&options.exclude, &table.name, spelled)
    })
}

fn tables(
    spelled: &Spelled,
    target: &Catalog,
    answers: &Answers,
    options: &SyncOptions,
    findings: &mut Vec<Finding>,
) -> Vec<TablePlan> {
    let mut plans = Vec::new();
    for table in chosen(spelled, options) {
        let there = target.table(&table.name);
        let changes = there
            .map(|other| diff::tables(table, other))
            .unwrap_or_default();
        let with_rows = if meant(&options.no_data, &table.name, spelled) {
            RowsOf::Nobody
        } else {
            RowsOf::Source
        };
        let plan = |table: &Table, rows| TablePlan {
            table: table.clone(),
            renamed: spelled.renamed.get(&table.name).cloned(),
            rows,
            replaces: there.is_some(),
        };
        match options.content {
            Content::Everything => plans.push(plan(table, with_rows)),
            Content::Schema if there.is_some() && changes.is_empty() => {}
            Content::Schema
                if answers
                    .get(&Probe::Count(table.name.clone()))
                    .is_some_and(|rows| rows.0 > 0) =>
            {
                findings.push(Finding {
                    problem: format!(
                        "table {} differs ({}) and holds rows on the target",
                        table.name, changes[0].what
                    ),
                    mend: format!(
                        "sync it with its rows: leave --schema out, or --exclude {}",
                        table.name
                    ),
                });
            }
            Content::Schema => plans.push(plan(table, RowsOf::Nobody)),
            Content::Data => match there {
                Some(other) if changes.is_empty() => plans.push(plan(other, with_rows)),
                Some(_) => findings.push(Finding {
                    problem: format!(
                        "table {} has another structure on the target: {}",
                        table.name, changes[0].what
                    ),
                    mend: "leave --data out, or compare --schema to see the differences".into(),
                }),
                None => findings.push(Finding {
                    problem: format!("the target has no table {}", table.name),
                    mend: "leave --data out to create it".into(),
                }),
            },
        }
        // The estimate that counts is the source's, and whether its rows of the past come, whoever's definition is taken.
        if let Some(last) = plans
            .last_mut()
            .filter(|plan: &&mut TablePlan| plan.table.name == table.name)
        {
            (last.table.rows, last.table.bytes) = (table.rows, table.bytes);
            last.table.history = table.history.clone();
        }
    }
    plans.sort_by_key(|plan| std::cmp::Reverse(plan.table.bytes));
    plans
}

/// Whether a sync with these options mirrors the whole database.
fn mirrors(options: &SyncOptions) -> bool {
    options.content == Content::Everything
        && options.only.is_empty()
        && options.extra == ExtraTables::Remove
}

fn removed(spelled: &Spelled, target: &Catalog, options: &SyncOptions) -> Vec<String> {
    let extra = |table: &&Table| {
        spelled.catalog.table(&table.name).is_none()
            && !meant(&options.exclude, &table.name, spelled)
    };
    let extras = target
        .tables
        .iter()
        .filter(extra)
        .map(|table| table.name.clone());
    if mirrors(options) {
        extras.collect()
    } else {
        Vec::new()
    }
}

/// Whether an object belongs to a table that the options speak of.
fn concerns(object: &Object, options: &SyncOptions, spelled: &Spelled) -> bool {
    match &object.table {
        Some(table) => {
            (options.only.is_empty() || meant(&options.only, table, spelled))
                && !meant(&options.exclude, table, spelled)
        }
        None => options.only.is_empty(),
    }
}

/// Whether an object is a sequence that the options speak of, or that a planned table draws from (C11).
fn counts(object: &Object, options: &SyncOptions, spelled: &Spelled, tables: &[TablePlan]) -> bool {
    let draws = |plan: &TablePlan| plan.table.sequences.contains(&object.name);
    object.kind == ObjectKind::Sequence
        && (concerns(object, options, spelled) || tables.iter().any(draws))
}

fn objects(
    spelled: &Spelled,
    target: &Catalog,
    options: &SyncOptions,
    tables: &[TablePlan],
) -> Vec<Object> {
    let staged = |object: &Object| {
        object
            .table
            .as_ref()
            .is_some_and(|table| tables.iter().any(|plan| plan.table.name == *table))
    };
    let existing = |object: &Object| target.object(object.kind, &object.name);
    if options.content == Content::Data {
        let positions = spelled.catalog.objects.iter().filter(|object| {
            counts(object, options, spelled, tables)
                && object.obstacle.is_none()
                && existing(object) == Some(*object)
        });
        // The target's own triggers step aside for the swap and come back.
        return positions
            .chain(target.objects.iter().filter(|object| staged(object)))
            .cloned()
            .collect();
    }
    let wanted = |object: &&Object| {
        let known = existing(object);
        // Where a sequence stands is no part of its definition.
        let moves =
            options.content == Content::Everything && counts(object, options, spelled, tables);
        object.obstacle.is_none()
            && (concerns(object, options, spelled) || counts(object, options, spelled, tables))
            && (staged(object) || moves || known.is_none_or(|other| other != *object))
            && (options.content != Content::Schema || known.is_none() || staged(object))
    };
    let source = &spelled.catalog;
    source.objects.iter().filter(wanted).cloned().collect()
}

fn dropped(
    spelled: &Spelled,
    target: &Catalog,
    options: &SyncOptions,
    removed: &[String],
) -> Vec<Object> {
    let source = &spelled.catalog;
    let extra = |object: &&Object| {
        let goes_with_table = object
            .table
            .as_ref()
            .is_some_and(|table| removed.contains(table));
        let replaced = object
            .table
            .as_ref()
            .is_some_and(|table| source.table(table).is_some());
        let leaves = mirrors(options) || (options.content == Content::Everything && replaced);
        source.object(object.kind, &object.name).is_none()
            && object.obstacle.is_none()
            && concerns(object, options, spelled)
            && leaves
            && !goes_with_table
    };
    target.objects.iter().filter(extra).cloned().collect()
}

fn not_copied(
    spelled: &Spelled,
    target: &Catalog,
    options: &SyncOptions,
    tables: &[TablePlan],
) -> Vec<NotCopied> {
    let left = |plan: &TablePlan| match &plan.table.history {
        History::Left(reason) if plan.rows == RowsOf::Source => Some(NotCopied {
            what: format!("history of table {}", plan.table.name),
            reason: reason.clone(),
        }),
        _ => None,
    };
    let named = |object: &Object| {
        let there = || target.object(object.kind, &object.name);
        let reason = match options.content {
            Content::Data => (counts(object, options, spelled, tables) && there() != Some(object))
                .then(|| "the target has none with this definition".to_string()),
            _ => object.obstacle.clone().filter(|_| {
                concerns(object, options, spelled) || counts(object, options, spelled, tables)
            }),
        };
        reason.map(|reason| NotCopied {
            what: object.title(),
            reason,
        })
    };
    let objects = spelled.catalog.objects.iter().filter_map(named);
    objects.chain(tables.iter().filter_map(left)).collect()
}

/// What the spelling has to say of that which the plan copies.
#[derive(Default)]
struct Said {
    mapped: Vec<Mapped>,
    not_copied: Vec<NotCopied>,
    warnings: Vec<String>,
    findings: Vec<Finding>,
}

fn said(
    spelled: &Spelled,
    to: &Survey,
    options: &SyncOptions,
    (tables, objects): (&[TablePlan], &[Object]),
) -> Said {
    let counts = |about: &About| match about {
        About::Database => to.catalog.is_none() || mirrors(options),
        About::Table(name) => tables.iter().any(|plan| plan.table.name == *name),
        About::Object(kind, name) => objects
            .iter()
            .any(|object| object.kind == *kind && object.name == *name),
    };
    // What cannot be copied and could be is refused, before it is listed as not copied.
    let hindered = |remark: &Remark| match (&remark.about, &remark.says) {
        (About::Object(kind, name), Says::Refused(_)) => {
            let object = spelled.catalog.object(*kind, name);
            object.is_some_and(|object| {
                object.obstacle.is_some()
                    && options.content != Content::Data
                    && concerns(object, options, spelled)
            })
        }
        _ => false,
    };
    let mut said = Said::default();
    let mut shared: Vec<(Says, Vec<String>)> = Vec::new();
    for remark in spelled
        .remarks
        .iter()
        .filter(|remark| counts(&remark.about) || hindered(remark))
    {
        match (&remark.says, &remark.about) {
            (Says::Together(says), About::Object(kind, name)) => {
                let title = format!("{kind} {name}");
                match shared.iter_mut().find(|(other, _)| *other == **says) {
                    Some((_, titles)) => titles.push(title),
                    None => shared.push((says.as_ref().clone(), vec![title])),
                }
            }
            (says, _) => said.take(says.clone()),
        }
    }
    for (says, titles) in shared {
        said.take(says.about(&titles.join(", ")));
    }
    said.mapped = spelling::grouped(said.mapped);
    said
}

impl Said {
    fn take(&mut self, says: Says) {
        match says {
            Says::Mapped(mapped) => self.mapped.push(mapped),
            Says::NotCopied(item) => self.not_copied.push(item),
            Says::Warning(text) => self.warnings.push(text),
            Says::Refused(finding) => self.findings.push(finding),
            Says::Together(says) => self.take(*says),
        }
    }
}

fn warnings(from: &Survey, tables: &[TablePlan], options: &SyncOptions) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(unseen) = from.unseen.as_ref().filter(|_| mirrors(options)) {
        let tables = ["table", "view"].into_iter().filter(|_| unseen.tables);
        let kinds = unseen.kinds.iter().map(|kind| kind.name());
        let kinds: Vec<&str> = tables.chain(kinds).collect();
        warnings.push(format!(
            "the source may hide a {} from this account: those of the target are kept; to see them all: {}",
            kinds.join(", "),
            unseen.mend
        ));
    }
    if options.wish.events == Events::Skip
        && options.content != Content::Data
        && options.only.is_empty()
    {
        let objects = from.catalog.iter().flat_map(|catalog| &catalog.objects);
        let events = objects.filter(|object| object.kind == ObjectKind::Event);
        let names: Vec<&str> = events.map(|event| event.name.as_str()).collect();
        if !names.is_empty() {
            warnings.push(format!(
                "left out, as --events skip asks: event {}",
                names.join(", ")
            ));
        }
    }
    let moving = || {
        tables
            .iter()
            .filter(|plan| plan.rows == RowsOf::Source)
            .map(|plan| &plan.table)
    };
    let outside: Vec<&str> = moving()
        .filter(|table| !table.transactional)
        .map(|table| table.name.as_str())
        .collect();
    if !outside.is_empty() {
        warnings.push(format!(
            "no snapshot covers {}: checked for changes instead",
            outside.join(", ")
        ));
    }
    warnings
}

/// Refuses what the target could not create: each unknown collation once, with a table that uses it.
fn unknown_collations(
    source: &Catalog,
    to: &Survey,
    tables: &[TablePlan],
    findings: &mut Vec<Finding>,
) {
    if to.collations.is_empty() {
        return;
    }
    let of_database = source
        .collation
        .iter()
        .map(|collation| (collation, &source.database));
    let of_tables = tables.iter().flat_map(|plan| {
        let own = plan
            .table
            .options
            .iter()
            .filter(|(name, _)| name == "collation")
            .map(|(_, value)| value);
        let columns = plan
            .table
            .columns
            .iter()
            .filter_map(|column| column.collation.as_ref());
        own.chain(columns)
            .map(|collation| (collation, &plan.table.name))
    });
    let mut unknown = BTreeMap::new();
    for (collation, place) in of_database
        .chain(of_tables)
        .filter(|(name, _)| !to.collations.contains(*name))
    {
        unknown.entry(collation).or_insert(place);
    }
    findings.extend(unknown.into_iter().map(|(collation, place)| Finding {
        problem: format!("the target does not know the collation {collation} of {place}"),
        mend: format!(
            "change {place} on the source to a collation that {} knows, or --exclude {place}",
            to.product
        ),
    }));
}

/// A table cannot take the name of a view or sequence that stays, nor they the name of a table that stays.
fn name_clashes(
    spelled: &Spelled,
    target: &Catalog,
    options: &SyncOptions,
    tables: &[TablePlan],
    findings: &mut Vec<Finding>,
) {
    if mirrors(options) {
        return;
    }
    // Both share the names of tables.
    let named = |catalog: &Catalog| -> Vec<Object> {
        let objects = catalog.objects.iter();
        let kinds = [ObjectKind::View, ObjectKind::Sequence];
        objects
            .filter(|object| kinds.contains(&object.kind))
            .cloned()
            .collect()
    };
    let is_planned = |name: &String| tables.iter().any(|plan| plan.table.name == *name);
    let taken = named(target)
        .into_iter()
        .filter(|object| is_planned(&object.name));
    let takes = named(&spelled.catalog).into_iter().filter(|object| {
        let is_wanted = options.only.is_empty() || counts(object, options, spelled, tables);
        is_wanted && target.table(&object.name).is_some()
    });
    findings.extend(taken.chain(takes).map(|object| Finding {
        problem: format!(
            "{} is a table on one side and a {} on the other",
            object.name, object.kind
        ),
        mend: "sync the whole database, or rename one of them".into(),
    }));
}

#[cfg(test)]
mod tests;
