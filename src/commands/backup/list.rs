//! `backup list`: what is there, by its manifests and the sizes of its files.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::find;
use crate::commands::{Context, Result};
use crate::engines::backup::{Manifest, glance};
use crate::output::{Cell, Page, Reply, Table, Tone, time};

/// The backups of a folder, the newest first.
pub struct List {
    root: PathBuf,
    backups: Vec<(String, crate::engines::Result<Manifest>)>,
}

pub fn list(cx: &Context<'_>, folder: Option<&str>) -> Result<List> {
    let root = find::root(cx, folder)?;
    let backups = find::folders(&root).into_iter().map(|name| {
        let manifest = glance(&root.join(&name));
        (name, manifest)
    });
    Ok(List {
        backups: backups.collect(),
        root,
    })
}

/// The names of the databases, abridged.
pub fn databases(manifest: &Manifest) -> String {
    let names: Vec<&str> = manifest
        .databases
        .iter()
        .map(|database| database.catalog.database.as_str())
        .collect();
    match names.len() {
        0..=3 => names.join(", "),
        all => format!("{} and {} more", names[..2].join(", "), all - 2),
    }
}

fn when(manifest: &Manifest) -> String {
    let parsed = manifest.started.parse::<DateTime<Utc>>();
    parsed.map_or(manifest.started.clone(), time::ago)
}

impl Reply for List {
    fn render(&self, page: &mut Page) {
        if self.backups.is_empty() {
            page.line(format!("No backups in {}.", self.root.display()));
            page.line("backup create PLACE makes one.");
            return;
        }
        let mut table = Table::new(&[
            "backup",
            "when",
            "from",
            "databases",
            ">rows",
            ">size",
            "state",
        ]);
        let mut told = Vec::new();
        for (name, manifest) in &self.backups {
            let id = Cell::new(Tone::Strong, find::id(name));
            match manifest {
                Ok(manifest) => table.row([
                    id,
                    when(manifest).into(),
                    manifest.origin.connection.clone().into(),
                    databases(manifest).into(),
                    manifest.rows().to_string().into(),
                    manifest.bytes_on_disk().to_string().into(),
                    match manifest.read_back {
                        true => Cell::new(Tone::Good, "verified when made"),
                        false => Cell::new(Tone::Warning, "not read back"),
                    },
                ]),
                Err(error) => {
                    let empty = || Cell::from("");
                    let state = Cell::new(Tone::Bad, "damaged");
                    table.row([id, empty(), empty(), empty(), empty(), empty(), state]);
                    told.push(error.full());
                }
            }
        }
        page.table(table);
        for line in told {
            page.line(Cell::new(Tone::Bad, line));
        }
    }

    fn json(&self) -> Value {
        let one = |(name, manifest): &(String, crate::engines::Result<Manifest>)| {
            let folder = self.root.join(name).display().to_string();
            match manifest {
                Ok(manifest) => json!({
                    "id": find::id(name),
                    "folder": folder,
                    "started": manifest.started,
                    "from": manifest.origin.connection,
                    "product": manifest.product.to_string(),
                    "databases": manifest.databases.iter().map(|one| &one.catalog.database).collect::<Vec<_>>(),
                    "rows": manifest.rows().0,
                    "bytes": manifest.bytes_on_disk().0,
                    "read_back": manifest.read_back,
                    "damage": null,
                }),
                Err(error) => {
                    json!({"id": find::id(name), "folder": folder, "damage": error.full()})
                }
            }
        };
        json!({ "backups": self.backups.iter().map(one).collect::<Vec<_>>() })
    }
}
