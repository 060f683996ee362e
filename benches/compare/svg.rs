//! The results as a picture: a bar of wall time for each candidate, the longest of a data set as wide as all.

use std::fmt::Write as _;

use crate::report::{Report, Table};

const WIDTH: u32 = 900;
const LEFT: u32 = 170;
const BARS: f64 = 520.0;
const LINE: u32 = 24;
const HEAD: u32 = 34;

/// The whole picture.
pub fn draw(report: &Report) -> String {
    let mut body = String::new();
    let mut y = 20;
    for table in &report.tables {
        y = group(&mut body, table, y);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {y}\" width=\"{WIDTH}\" height=\"{y}\" \
         font-family=\"sans-serif\" font-size=\"13\" fill=\"#24292f\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{body}</svg>\n"
    )
}

/// One data set; where the next one begins.
fn group(body: &mut String, table: &Table, mut y: u32) -> u32 {
    let heading = escaped(&table.heading());
    let _ = writeln!(
        body,
        "<text x=\"16\" y=\"{}\" font-weight=\"bold\">{heading}</text>",
        y + 14
    );
    y += HEAD;
    let medians = table
        .outcomes
        .iter()
        .filter_map(|outcome| outcome.median.as_ref());
    let longest = medians.map(|cost| cost.wall).fold(0.0, f64::max);
    for outcome in &table.outcomes {
        let name = escaped(&outcome.candidate);
        let base = y + 13;
        let _ = writeln!(
            body,
            "<text x=\"{}\" y=\"{base}\" text-anchor=\"end\">{name}</text>",
            LEFT - 10
        );
        let (length, label) = match &outcome.median {
            Some(cost) => {
                let ratio =
                    table.ratios(cost)[0].map_or(String::new(), |ratio| format!(" · {ratio:.2} ×"));
                (
                    (BARS * cost.wall / longest).max(1.0),
                    format!("{:.2} s{ratio}", cost.wall),
                )
            }
            None => (0.0, "failed".to_string()),
        };
        let color = if name.starts_with("maestro") {
            "#1a7f5a"
        } else {
            "#8c959f"
        };
        let _ = writeln!(
            body,
            "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"17\" fill=\"{color}\"/>"
        );
        let end = f64::from(LEFT) + length + 8.0;
        let _ = writeln!(body, "<text x=\"{end:.1}\" y=\"{base}\">{label}</text>");
        y += LINE;
    }
    y + 16
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
