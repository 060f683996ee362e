//! `backup verify`: every byte is read; what is damaged is named.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{aside, find};
use crate::commands::{Context, Error, Result};
use crate::engines::backup::{Report, check};
use crate::model::units::counted;
use crate::output::{Cell, Exit, Page, Reply, Tone};

/// What a check found.
pub struct Checked {
    folder: PathBuf,
    report: Report,
}

pub async fn verify(cx: &Context<'_>, word: &str) -> Result<Checked> {
    let folder = find::folder(cx, word)?;
    let path = folder.clone();
    let stop = cx.stop.clone();
    let report = aside(move || check(&path, &stop)).await?;
    if report.stopped {
        return Err(Error::interrupted("stopped before every file was read"));
    }
    Ok(Checked { folder, report })
}

impl Checked {
    fn id(&self) -> String {
        let name = self.folder.file_name().unwrap_or_default();
        find::id(&name.to_string_lossy()).to_string()
    }
}

impl Reply for Checked {
    fn render(&self, page: &mut Page) {
        let report = &self.report;
        for damage in &report.damage {
            page.pieces([
                Cell::new(Tone::Bad, "damaged "),
                Cell::new(Tone::Strong, damage.file.clone()),
                format!(" {}", damage.what).into(),
            ]);
        }
        let read = format!(
            "{} and {} rows, {}",
            counted(report.files, "file"),
            report.rows,
            report.bytes
        );
        match report.damage.len() {
            0 => page.line(Cell::new(
                Tone::Good,
                format!("Backup {} is whole: {read} as they were written", self.id()),
            )),
            number => page.line(Cell::new(
                Tone::Bad,
                format!(
                    "Backup {} is damaged: {}; intact are {read}",
                    self.id(),
                    counted(number, "finding")
                ),
            )),
        }
    }

    fn json(&self) -> Value {
        let report = &self.report;
        let damage = report.damage.iter();
        json!({
            "id": self.id(),
            "folder": self.folder.display().to_string(),
            "whole": report.damage.is_empty(),
            "files": report.files,
            "bytes": report.bytes.0,
            "rows": report.rows.0,
            "damage": damage.map(|one| json!({"file": one.file, "what": one.what})).collect::<Vec<_>>(),
        })
    }

    fn exit(&self) -> Exit {
        match self.report.damage.is_empty() {
            true => Exit::DONE,
            false => Exit::FAILED,
        }
    }
}
