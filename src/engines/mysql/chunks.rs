//! Where a long table is cut: the server names every boundary, in the key's own order (B01, B02, B12).

use super::dialect::{at_or_after, chunk_key, literal, quote};
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
    let mut boundaries: Vec<Vec<String>> = Vec::new();
    loop {
        let range = boundaries
            .last()
            .map(|last| format!(" WHERE {}", at_or_after(&key, last)));
        let sql = format!(
            "SELECT {list} FROM {place}{} ORDER BY {list} LIMIT 1 OFFSET {}",
            range.unwrap_or_default(),
            aim.0
        );
        let rows = session
            .rows(&format!("find the chunks of {}", table.name), &sql)
            .await?;
        let Some(row) = rows.first() else { break };
        let values = columns
            .iter()
            .zip(&row.0)
            .map(|(column, cell)| literal(column, cell.as_deref().unwrap_or_default()));
        boundaries.push(values.collect());
    }
    Ok(Chunk::between(&key, boundaries))
}
