//! The results as a picture: for each candidate a bar of wall time, and below it one of processor time in three parts.
//!
//! The bars of a data set share a scale: the longest is as wide as there is room.

use crate::measure::Cost;
use crate::report::{Report, Table};

const WIDTH: u32 = 960;
const LEFT: f64 = 160.0;
const BARS: f64 = 500.0;
const LINE: u32 = 28;
const OURS: &str = "#1a7f5a";
const OTHERS: &str = "#8c959f";
/// Processor time of the programs, of the source and of the target.
const PARTS: [(&str, &str); 3] = [
    ("programs", "#bf3989"),
    ("source server", "#54aeff"),
    ("target server", "#0550ae"),
];

/// The whole picture.
pub fn draw(report: &Report) -> String {
    let mut body = legend();
    let mut y = 56;
    for table in &report.tables {
        y = group(&mut body, table, y);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y}\" width=\"{WIDTH}\" height=\"{y}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{body}</svg>\n"
    )
}

fn legend() -> String {
    let mut text = text(16.0, 30, "start", "Wall time; below, processor time of");
    for (number, (name, color)) in PARTS.iter().enumerate() {
        let x = 260.0 + 130.0 * number as f64;
        text += &bar(x, 20, 12.0, 12, color);
        text += &self::text(x + 18.0, 30, "start", name);
    }
    text
}

/// One data set; where the next one begins.
fn group(body: &mut String, table: &Table, mut y: u32) -> u32 {
    *body += &text(16.0, y + 14, "start", &table.heading());
    y += LINE;
    let medians = table
        .outcomes
        .iter()
        .filter_map(|outcome| outcome.median.as_ref());
    let longest = medians
        .map(|cost| cost.wall.max(cost.processor()))
        .fold(0.0, f64::max);
    for outcome in &table.outcomes {
        *body += &text(LEFT - 10.0, y + 13, "end", &outcome.candidate);
        match &outcome.median {
            Some(cost) => {
                let ours = outcome.candidate.starts_with("maestro");
                *body += &bars(cost, if ours { OURS } else { OTHERS }, BARS / longest, y);
                let ratio = table.ratios(cost)[0];
                let ratio = ratio.map_or(String::new(), |ratio| format!(" · {ratio:.2} ×"));
                let label = format!("{:.2} s{ratio} · {:.0} MiB", cost.wall, cost.memory);
                *body += &text(LEFT + BARS + 10.0, y + 13, "start", &label);
            }
            None => *body += &text(LEFT, y + 13, "start", "failed"),
        }
        y += LINE;
    }
    y + 20
}

/// The two bars of a candidate; `scale` is pixels per second.
fn bars(cost: &Cost, color: &str, scale: f64, y: u32) -> String {
    let mut drawn = bar(LEFT, y, cost.wall * scale, 12, color);
    let times = [Some(cost.client), cost.source, cost.target];
    let mut x = LEFT;
    for (time, (_, color)) in times.iter().flatten().zip(PARTS) {
        drawn += &bar(x, y + 13, time * scale, 6, color);
        x += time * scale;
    }
    drawn
}

fn bar(x: f64, y: u32, width: f64, height: u32, color: &str) -> String {
    format!(
        "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{height}\" fill=\"{color}\"/>\n"
    )
}

fn text(x: f64, y: u32, anchor: &str, words: &str) -> String {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"{anchor}\" fill=\"#24292f\">{words}</text>\n"
    )
}
