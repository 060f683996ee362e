//! Where a long table is cut: the server names every boundary, in the key's own order (B01, B02, B12).

use super::dialect::{after, at_or_after, chunk_key, literal, quote};
use super::history;
use super::session::Session;
use crate::engines::Result;
use crate::model::batch::Chunk;
use crate::model::catalog::Table;
use crate::model::units::Rows;

/// Ranges of about `aim` rows. A short table, or one without a usable key, is one range. The server's estimate
/// of the rows is not asked: of a fresh table it is wrong.
///
/// Each boundary is found by walking the key's index `aim` entries further, so the whole costs one pass over
/// the index.
pub async fn find(
    session: &mut Session,
    database: &str,
    table: &Table,
    aim: Rows,
) -> Result<Vec<Chunk>> {
    let Some(columns) = chunk_key(table) else {
        return Ok(vec![Chunk::whole()]);
    };
    let key: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let list = key
        .iter()
        .map(|name| quote(name))
        .collect::<Vec<_>>()
        .join(", ");
    let place = format!("{}.{}", quote(database), quote(&table.name));
    let place = history::all(&place, table);
    let action = format!("find the chunks of {}", table.name);
    let mut boundaries: Vec<Vec<String>> = Vec::new();
    let mut step = aim.0;
    loop {
        let range = boundaries.last().map(|last| match step {
            0 => format!(" WHERE {}", after(&key, last)),
            _ => format!(" WHERE {}", at_or_after(&key, last)),
        });
        let sql = format!(
            "SELECT {list} FROM {place}{} ORDER BY {list} LIMIT 1 OFFSET {step}",
            range.unwrap_or_default(),
        );
        let rows = session.rows(&action, &sql).await?;
        let Some(row) = rows.first() else { break };
        let values = columns
            .iter()
            .zip(&row.0)
            .map(|(column, cell)| literal(column, cell.as_deref().unwrap_or_default()));
        let values: Vec<String> = values.collect();
        // One key may have more rows of the past than a range is to hold: then the next key begins the next range.
        if boundaries.last() == Some(&values) {
            step = 0;
            continue;
        }
        step = aim.0;
        boundaries.push(values);
    }
    Ok(Chunk::between(&key, boundaries))
}
