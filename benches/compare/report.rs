//! The results: a Markdown table for each data set, and all runs as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use crate::contest::Outcome;
use crate::measure::Cost;

/// Everything that one call of the bench found.
#[derive(Serialize)]
pub struct Report {
    pub taken: String,
    pub machine: String,
    pub memory_mib: u64,
    pub programs: Vec<String>,
    pub scale: f64,
    pub rounds: usize,
    pub tables: Vec<Table>,
}

/// One data set between two servers of a kind.
#[derive(Serialize)]
pub struct Table {
    pub set: String,
    pub title: String,
    /// The servers and how they were started.
    pub place: String,
    pub settings: String,
    pub tables: u64,
    pub rows: u64,
    pub bytes: u64,
    pub outcomes: Vec<Outcome>,
}

impl Report {
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{}, {}, {} MiB of memory free at the start; rounds: {} (medians){}.\n",
            self.taken,
            self.machine,
            self.memory_mib,
            self.rounds,
            if self.scale == 1.0 {
                String::new()
            } else {
                format!("; data sets scaled by {}", self.scale)
            },
        );
        for program in &self.programs {
            let _ = writeln!(text, "- {program}");
        }
        for table in &self.tables {
            table.write(&mut text);
        }
        text
    }

    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

impl Table {
    /// The first candidate of this kind that has a result.
    fn wall(&self, candidates: &[&str]) -> Option<f64> {
        let mut found = candidates.iter().filter_map(|name| {
            let outcome = self
                .outcomes
                .iter()
                .find(|outcome| outcome.candidate == *name)?;
            Some(outcome.median.as_ref()?.wall)
        });
        found.next()
    }

    /// How many times as fast as the programs that everybody has, and as the other ones.
    pub fn ratios(&self, cost: &Cost) -> [Option<f64>; 2] {
        [&["mysqldump", "sqlite-dump"], &["mydumper", "vacuum-into"]]
            .map(|names| Some(self.wall(names)? / cost.wall))
    }

    pub fn heading(&self) -> String {
        format!("{}: {} ({})", self.set, self.title, self.place)
    }

    fn write(&self, text: &mut String) {
        let _ = writeln!(text, "\n### {}\n", self.heading());
        let mib = self.bytes as f64 / (1 << 20) as f64;
        let _ = writeln!(
            text,
            "{} tables, {} rows, {mib:.0} MiB with indexes. {}\n",
            self.tables, self.rows, self.settings
        );
        let peers = if self.set == "L" {
            ["`.dump`", "`VACUUM INTO`"]
        } else {
            ["mysqldump", "mydumper"]
        };
        let _ = writeln!(
            text,
            "| candidate | wall s (from–to) | × {} | × {} | CPU s: client | source | target | client's share | memory MiB |",
            peers[0], peers[1]
        );
        let _ = writeln!(text, "|---|--:|--:|--:|--:|--:|--:|--:|--:|");
        for outcome in &self.outcomes {
            let _ = writeln!(text, "{}", self.row(outcome));
        }
    }

    fn row(&self, outcome: &Outcome) -> String {
        let Some(cost) = &outcome.median else {
            let why = outcome.failure.as_deref().unwrap_or("not run");
            return format!(
                "| {} | failed: {} | | | | | | | |",
                outcome.candidate,
                why.replace('|', "/")
            );
        };
        let walls = outcome.runs.iter().map(|run| run.wall);
        let least = walls.clone().fold(f64::INFINITY, f64::min);
        let most = walls.fold(0.0, f64::max);
        let [dump, other] = self
            .ratios(cost)
            .map(|ratio| ratio.map_or("–".into(), |ratio| format!("{ratio:.2}")));
        let total = cost.processor();
        // Where no server takes part, all of it is the client's.
        let share = cost.source.map_or("–".into(), |_| {
            format!("{:.0} %", 100.0 * cost.client / total)
        });
        format!(
            "| {} | {:.2} ({least:.2}–{most:.2}) | {dump} | {other} | {:.2} | {} | {} | {share} | {:.0} |",
            outcome.candidate,
            cost.wall,
            cost.client,
            seconds(cost.source),
            seconds(cost.target),
            cost.memory
        )
    }
}

fn seconds(time: Option<f64>) -> String {
    time.map_or("–".to_string(), |time| format!("{time:.2}"))
}
