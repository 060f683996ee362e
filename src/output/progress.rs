//! What a person sees while a run works: bars on a terminal, one line a table elsewhere.
//!
//! One bar for each database (tables, rows, bytes, rows/s, time left) and one for each table in work. It
//! only listens; nothing is decided here.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::print::to_stderr;
use super::theme::harmless;
use crate::model::units::{Bytes, Rows, counted, spoken};
use crate::run::event::{Event, Listener};

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Bars,
    /// One line a table, for logs and pipes.
    Lines,
    /// Notices and failures only.
    Quiet,
}

/// Draws events.
pub struct Progress {
    style: Style,
    bars: MultiProgress,
    work: Mutex<Work>,
}

#[derive(Default)]
struct Work {
    databases: HashMap<String, Database>,
    tables: HashMap<(String, String), ProgressBar>,
}

/// One database in work.
struct Database {
    bar: ProgressBar,
    title: String,
    phase: String,
    tables: usize,
    done: usize,
    rows: Rows,
    bytes: Bytes,
    expected: Rows,
    started: Instant,
}

impl Progress {
    pub fn new(style: Style, bars: MultiProgress) -> Progress {
        Progress {
            style,
            bars,
            work: Mutex::default(),
        }
    }

    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, line: &str) {
        self.bars
            .suspend(|| to_stderr(&format!("{}\n", harmless(line))));
    }

    fn draw(&self, event: &Event) {
        let work = &mut *self.work();
        match event {
            Event::DatabaseStarted { database, .. } => {
                let bar = self.bars.add(ProgressBar::new(0));
                work.databases
                    .insert(database.clone(), Database::new(bar, event));
            }
            Event::Phase { database, phase } => work.database(database, |at| {
                at.phase.clone_from(phase);
            }),
            Event::TableStarted {
                database,
                table,
                rows,
                ..
            } => {
                let bar = self.bars.add(ProgressBar::new(rows.0));
                bar.set_style(style(
                    "    {prefix} {wide_bar} {human_pos}/{human_len} rows",
                ));
                bar.set_prefix(harmless(table));
                work.tables.insert((database.clone(), table.clone()), bar);
                // The phase before is over once rows move.
                work.database(database, |at| at.phase.clear());
            }
            Event::Moved {
                database,
                table,
                rows,
                bytes,
            } => {
                if let Some(bar) = work.tables.get(&(database.clone(), table.clone())) {
                    bar.inc(rows.0);
                    bar.set_length(bar.length().unwrap_or(0).max(bar.position()));
                }
                work.database(database, |at| at.moved(*rows, *bytes));
            }
            Event::TableDone {
                database, table, ..
            } => {
                if let Some(bar) = work.tables.remove(&(database.clone(), table.clone())) {
                    bar.finish_and_clear();
                }
                work.database(database, |at| at.done += 1);
            }
            Event::DatabaseDone { database, .. } | Event::DatabaseFailed { database, .. } => {
                work.clear(database);
            }
            Event::Snapshot { .. } | Event::Notice { .. } => {}
        }
    }
}

impl Listener for Progress {
    fn on(&self, event: &Event) {
        if self.style == Style::Bars {
            self.draw(event);
        }
        if let Some(line) = line_of(event, self.style) {
            self.say(&line);
        }
    }
}

/// The line that stays on the screen, if the event has one.
fn line_of(event: &Event, shown: Style) -> Option<String> {
    match event {
        Event::TableDone {
            database,
            table,
            rows,
            bytes,
            took,
        } if shown == Style::Lines => Some(format!(
            "{database}.{table}  {}",
            moved("", *rows, *bytes, *took)
        )),
        Event::DatabaseDone {
            database,
            rows,
            bytes,
            took,
        } if shown == Style::Bars => {
            Some(format!("{database}  {}", moved("", *rows, *bytes, *took)))
        }
        Event::DatabaseFailed { database, cause } => Some(format!("{database} failed: {cause}")),
        Event::Notice { text } => Some(text.clone()),
        _ => None,
    }
}

/// `12,345 rows  1.2 MiB  0.8 s`.
fn moved(before: &str, rows: Rows, bytes: Bytes, took: Duration) -> String {
    format!("{before}{rows} rows  {bytes}  {}", spoken(took))
}

impl Work {
    fn database(&mut self, name: &str, change: impl FnOnce(&mut Database)) {
        if let Some(database) = self.databases.get_mut(name) {
            change(database);
            database.draw();
        }
    }

    /// Takes the bars of a database away, also those of tables that never came to their end.
    fn clear(&mut self, name: &str) {
        self.tables.retain(|(database, _), bar| {
            let other = database != name;
            if !other {
                bar.finish_and_clear();
            }
            other
        });
        if let Some(database) = self.databases.remove(name) {
            database.bar.finish_and_clear();
        }
    }
}

impl Database {
    fn new(bar: ProgressBar, event: &Event) -> Database {
        let (title, tables, expected) = match event {
            Event::DatabaseStarted {
                database,
                index,
                of,
                tables,
                rows,
                ..
            } => (
                format!("{} ({index} of {of})", harmless(database)),
                *tables,
                *rows,
            ),
            _ => (String::new(), 0, Rows(0)),
        };
        bar.set_style(style("{msg}\n  {wide_bar}"));
        bar.set_length(expected.0.max(1));
        bar.enable_steady_tick(Duration::from_millis(250));
        let database = Database {
            bar,
            title,
            phase: String::new(),
            tables,
            done: 0,
            rows: Rows(0),
            bytes: Bytes(0),
            expected,
            started: Instant::now(),
        };
        database.draw();
        database
    }

    fn moved(&mut self, rows: Rows, bytes: Bytes) {
        self.rows += rows;
        self.bytes += bytes;
        self.bar.set_length(self.expected.0.max(self.rows.0).max(1));
        self.bar.set_position(self.rows.0);
    }

    fn draw(&self) {
        self.bar.set_message(self.message(self.started.elapsed()));
    }

    /// `shop (1 of 2)  3/12 tables  1,234 rows  1.2 MiB  4,000 rows/s  12.3 s left  swapping`.
    fn message(&self, elapsed: Duration) -> String {
        let mut parts = vec![self.title.clone()];
        parts.push(format!("{}/{}", self.done, counted(self.tables, "table")));
        parts.push(format!("{} rows", self.rows));
        parts.push(self.bytes.to_string());
        let rate = self.rows.0 as f64 / elapsed.as_secs_f64().max(0.001);
        if self.rows.0 > 0 && elapsed >= Duration::from_secs(1) {
            parts.push(format!("{} rows/s", Rows(rate as u64)));
            let left = self.expected.0.saturating_sub(self.rows.0) as f64 / rate;
            if left >= 1.0 {
                parts.push(format!("{} left", spoken(Duration::from_secs_f64(left))));
            }
        }
        if !self.phase.is_empty() {
            parts.push(harmless(&self.phase));
        }
        parts.join("  ")
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .map(|style| style.progress_chars("=> "))
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use indicatif::ProgressDrawTarget;

    use super::*;

    fn done() -> Event {
        Event::TableDone {
            database: "shop".into(),
            table: "orders".into(),
            rows: Rows(12_345),
            bytes: Bytes(1_258_291),
            took: Duration::from_millis(850),
        }
    }

    #[test]
    fn without_a_terminal_each_table_is_one_line() {
        assert_eq!(
            line_of(&done(), Style::Lines).as_deref(),
            Some("shop.orders  12,345 rows  1.2 MiB  850 ms")
        );
        assert_eq!(line_of(&done(), Style::Quiet), None);
    }

    #[test]
    fn a_failure_is_said_in_every_style() {
        let failed = Event::DatabaseFailed {
            database: "crm".into(),
            cause: "disk full".into(),
        };
        for style in [Style::Bars, Style::Lines, Style::Quiet] {
            assert_eq!(
                line_of(&failed, style).as_deref(),
                Some("crm failed: disk full")
            );
        }
    }

    #[test]
    fn the_bar_of_a_database_tells_pace_and_time_left() {
        let started = Event::DatabaseStarted {
            database: "shop".into(),
            index: 1,
            of: 2,
            tables: 12,
            rows: Rows(10_000),
            bytes: Bytes(0),
        };
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let mut database = Database::new(bar, &started);
        database.moved(Rows(2_000), Bytes(2048));
        assert_eq!(
            database.message(Duration::from_secs(2)),
            "shop (1 of 2)  0/12 tables  2,000 rows  2.0 KiB  1,000 rows/s  8.0 s left"
        );
    }
}
