//! How fast maestro copies, beside the programs that people use for it: one command, private servers, the same data.
//!
//! `cargo bench --bench compare -- --help`; docs/performance.md tells what is measured and how to read it. All
//! candidates copy in turns, and a copy counts only where the servers themselves find it equal to its source.

mod between;
mod candidates;
mod contest;
mod data;
mod files;
mod judge;
mod machine;
mod maestro;
mod measure;
mod options;
mod report;
mod servers;
mod svg;

use std::process::ExitCode;

use clap::Parser;

use between::Between;
use files::Files;
use judge::Picture;
use machine::Folder;
use maestro::Maestro;
use options::{Kind, Options, Set};
use report::{Report, Table};
use servers::Pair;

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// What goes on, for whoever waits: the results alone go to the standard output.
fn say(text: &str) {
    eprintln!("{} {text}", chrono::Local::now().format("%H:%M:%S"));
}

fn main() -> ExitCode {
    // As a test of all targets, cargo calls it with nothing: a bench is no test.
    if std::env::args().len() == 1 {
        say("nothing to do: cargo bench --bench compare");
        return ExitCode::SUCCESS;
    }
    match bench(&Options::parse()) {
        Ok(report) => {
            println!("{}", report.markdown());
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn bench(options: &Options) -> Result<Report> {
    machine::install()?;
    let folder = Folder::new()?;
    let mut report = Report {
        taken: chrono::Local::now().format("%Y-%m-%d").to_string(),
        machine: machine::processor(),
        memory_mib: machine::memory() >> 20,
        programs: programs(),
        scale: options.scale,
        rounds: options.rounds,
        tables: Vec::new(),
    };
    let sets = options.sets();
    for kind in options.servers.iter().filter(|_| !sets.is_empty()) {
        match Pair::start(*kind, &folder) {
            Ok(pair) => on_servers(&pair, &sets, options, &folder, &mut report)?,
            Err(error) => say(&format!("no {}: {error}", kind.title())),
        }
    }
    if options.sets.contains(&Set::L) {
        on_files(options, &folder, &mut report)?;
    }
    Ok(report)
}

/// All data sets between two servers.
fn on_servers(
    pair: &Pair,
    sets: &[Set],
    options: &Options,
    folder: &Folder,
    report: &mut Report,
) -> Result<()> {
    data::numbers(&pair.source, options.scale)?;
    let mut made: Option<Set> = None;
    for set in sets.iter().copied() {
        if !made.is_some_and(|made| made.same_data(set)) {
            data::make(&pair.source, set, options.scale)?;
        }
        made = Some(set);
        let truth = Picture::of(&pair.source, data::SOURCE)?;
        let size = data::size(&pair.source, truth.rows())?;
        let candidates = candidates::of(set, options);
        let course = Between {
            pair,
            set,
            candidates,
            truth,
            folder,
        };
        say(&format!(
            "{set:?} on {}: {} tables, {} rows",
            pair.version, size.tables, size.rows
        ));
        let outcomes = contest::run(&course, options.rounds);
        report.tables.push(Table {
            set: format!("{set:?}"),
            title: set.title().to_string(),
            place: pair.version.clone(),
            settings: settings(pair.source.kind),
            tables: size.tables,
            rows: size.rows,
            bytes: size.bytes,
            outcomes,
        });
        keep(report, options)?;
    }
    pair.source.stop()?;
    pair.target.stop()
}

fn on_files(options: &Options, folder: &Folder, report: &mut Report) -> Result<()> {
    let course = Files::new(folder, options)?;
    let outcomes = contest::run(&course, options.rounds);
    report.tables.push(Table {
        set: "L".to_string(),
        title: Set::L.title().to_string(),
        place: "SQLite".to_string(),
        settings: "Both files lie on one disk.".to_string(),
        tables: 2,
        rows: course.rows,
        bytes: course.bytes,
        outcomes,
    });
    keep(report, options)
}

fn settings(kind: Kind) -> String {
    format!(
        "Servers: `{}`, {}.",
        kind.options().join(" "),
        kind.binary_log()
    )
}

/// Writes what is known so far: a long run that is ended leaves its results.
fn keep(report: &Report, options: &Options) -> Result<()> {
    let files = [
        (&options.json, report.json()),
        (&options.svg, svg::draw(report)),
        (&options.markdown, report.markdown()),
    ];
    for (file, text) in files {
        if let Some(file) = file {
            std::fs::write(file, text)?;
        }
    }
    Ok(())
}

/// What takes part, by its own word.
fn programs() -> Vec<String> {
    let maestro =
        |name: &str, maestro: Maestro| format!("{name}: {}", machine::version(maestro.program()));
    let mut found = vec![maestro("maestro", Maestro::built())];
    found.extend(Maestro::before().map(|before| maestro("maestro-before", before)));
    found.push(format!(
        "mydumper: {}",
        machine::version("mydumper".as_ref())
    ));
    if let Some(folder) = std::env::var_os("MAESTRO_BENCH_MYDUMPER") {
        let program = std::path::Path::new(&folder).join("mydumper");
        found.push(format!("mydumper-new: {}", machine::version(&program)));
    }
    found.push(format!("sqlite3: {}", machine::version("sqlite3".as_ref())));
    found
}
