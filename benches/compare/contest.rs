//! Rounds: each candidate copies once in each round, another one begins each time, and each copy is judged.

use serde::Serialize;

use crate::measure::{self, Cost, Pipeline};
use crate::{Result, say};

/// What candidates compete in.
pub trait Course {
    fn candidates(&self) -> Vec<String>;
    /// Makes everything ready for a candidate: none of this is timed.
    fn prepare(&self, candidate: usize) -> Result<()>;
    /// What copies.
    fn pipelines(&self, candidate: usize) -> Result<Vec<Pipeline>>;
    /// Fails where the copy is not equal to the source.
    fn judge(&self) -> Result<()>;
    /// The servers whose time counts: source, target.
    fn pids(&self) -> Vec<u32>;
    /// Where programs write what goes wrong.
    fn log(&self) -> std::path::PathBuf;
}

/// What became of a candidate.
#[derive(Serialize)]
pub struct Outcome {
    pub candidate: String,
    pub median: Option<Cost>,
    pub runs: Vec<Cost>,
    /// Why it does not count; it was not tried again then.
    pub failure: Option<String>,
}

/// Runs all rounds.
pub fn run(course: &dyn Course, rounds: usize) -> Vec<Outcome> {
    let names = course.candidates();
    let mut outcomes: Vec<Outcome> = names.into_iter().map(Outcome::new).collect();
    for round in 0..rounds {
        for turn in 0..outcomes.len() {
            let number = (turn + round) % outcomes.len();
            let outcome = &mut outcomes[number];
            if outcome.failure.is_some() {
                continue;
            }
            match once(course, number) {
                Ok(cost) => {
                    say(&format!(
                        "  round {}: {}: {:.2} s",
                        round + 1,
                        outcome.candidate,
                        cost.wall
                    ));
                    outcome.runs.push(cost);
                }
                Err(error) => {
                    say(&format!(
                        "  round {}: {}: failed: {error}",
                        round + 1,
                        outcome.candidate
                    ));
                    outcome.failure = Some(error.to_string());
                }
            }
        }
    }
    for outcome in &mut outcomes {
        outcome.median = median(&outcome.runs).filter(|_| outcome.failure.is_none());
    }
    outcomes
}

fn once(course: &dyn Course, candidate: usize) -> Result<Cost> {
    course.prepare(candidate)?;
    let pipelines = course.pipelines(candidate)?;
    let pids = course.pids();
    measure::calm(&pids);
    let cost = measure::run(pipelines, &pids, &course.log())?;
    course.judge()?;
    Ok(cost)
}

impl Outcome {
    fn new(candidate: String) -> Outcome {
        let (median, runs, failure) = (None, Vec::new(), None);
        Outcome {
            candidate,
            median,
            runs,
            failure,
        }
    }
}

/// The median of each figure for itself.
fn median(runs: &[Cost]) -> Option<Cost> {
    let middle = |figure: fn(&Cost) -> Option<f64>| {
        let mut figures: Vec<f64> = runs.iter().filter_map(figure).collect();
        figures.sort_by(f64::total_cmp);
        let half = figures.len() / 2;
        match figures.len() {
            0 => None,
            count if count % 2 == 1 => Some(figures[half]),
            _ => Some(f64::midpoint(figures[half - 1], figures[half])),
        }
    };
    Some(Cost {
        wall: middle(|run| Some(run.wall))?,
        client: middle(|run| Some(run.client))?,
        source: middle(|run| run.source),
        target: middle(|run| run.target),
        memory: middle(|run| Some(run.memory))?,
    })
}
