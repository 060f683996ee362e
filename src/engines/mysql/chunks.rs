//! Where a long table is cut: in the key's own order, as the server compares it (B01, B02, B12).
//!
//! Where the key begins with a whole number, values are boundaries, rows or no rows: the server only estimates how
//! many rows lie between them, from its index, and no row is read. Anything else is walked: the server names every
//! boundary. The ends are open either way, so an estimate that is wrong makes a range longer, and loses nothing.

use super::dialect::{after, at_or_after, base, chunk_key, literal, quote};
use super::history;
use super::session::{Row, Session};
use crate::engines::{Error, Result};
use crate::model::batch::Chunk;
use crate::model::catalog::{Column, Table};
use crate::model::units::Rows;

/// How many questions go in one packet.
const QUESTIONS: usize = 500;
/// How often ranges of values are cut again where most rows lie in few of them.
const ROUNDS: usize = 6;
/// Into how many a range of values is cut at once, and about how many there are at most.
const AT_ONCE: i128 = 256;
const MOST: usize = 20_000;

/// Ranges of about `aim` rows. A short table, or one without a usable key, is one range.
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
    if let Some(chunks) = by_value(session, &place, table, columns[0], aim).await? {
        return Ok(chunks);
    }
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

/// Cuts a table by the values of its key's first column, a whole number; None where that does not serve: a few of
/// its values have nearly all the rows, or the table is short, which an estimate does not prove.
///
/// A boundary by the first column is one of the whole key: rows that are equal in it stay together.
async fn by_value(
    session: &mut Session,
    place: &str,
    table: &Table,
    column: &Column,
    aim: Rows,
) -> Result<Option<Vec<Chunk>>> {
    let Some(key) = table
        .key()
        .filter(|_| is_whole(column) && table.times().is_empty())
    else {
        return Ok(None);
    };
    let name = quote(&column.name);
    let index = quote(&key.name);
    let action = format!("find the chunks of {}", table.name);
    let sql = format!("SELECT MIN({name}), MAX({name}) FROM {place}");
    let ends = session.rows(&action, &sql).await?;
    let end = |column| ends.first()?.optional(column)?.parse::<i128>().ok();
    let (Some(first), Some(last)) = (end(0), end(1)) else {
        return Ok(None);
    };
    // No two rows have one value: there are not more rows than values.
    if key.parts.len() == 1 && last - first < i128::from(aim.0) {
        return Ok(Some(vec![Chunk::whole()]));
    }
    // Each with its first value and the one behind its last.
    let mut open = split(first, last + 1, pieces(table.rows, aim).max(2));
    let mut known: Vec<(i128, u64)> = Vec::new();
    for round in 0..ROUNDS {
        let sql: Vec<String> = open
            .iter()
            .map(|(from, to)| {
                format!(
                    "EXPLAIN FORMAT=TRADITIONAL SELECT 1 FROM {place} FORCE INDEX ({index}) \
                     WHERE {name} >= {from} AND {name} < {to}"
                )
            })
            .collect();
        let mut answers = Vec::new();
        for some in sql.chunks(QUESTIONS) {
            match session.results(&action, &some.join("; ")).await {
                // A key that the server does not use for now, for one: then the table is walked.
                Err(error @ Error::Statement { .. }) if !error.is_transient() => return Ok(None),
                found => answers.extend(found?),
            }
        }
        let mut next = Vec::new();
        for ((from, to), answer) in open.iter().zip(&answers) {
            let rows = answer.first().map(estimate).unwrap_or_default();
            match rows > aim.0 * 2 {
                true if to - from > 1 && round + 1 < ROUNDS && known.len() + next.len() < MOST => {
                    next.extend(split(*from, *to, pieces(Rows(rows), aim)));
                }
                true if rows > aim.0 * 8 => return Ok(None),
                _ => known.push((*from, rows)),
            }
        }
        if next.is_empty() {
            break;
        }
        open = next;
    }
    known.sort_unstable();
    let boundaries = boundaries(&known, aim);
    match boundaries.is_empty() {
        true => Ok(None),
        false => {
            let values = boundaries.iter().map(|value| vec![value.to_string()]);
            Ok(Some(Chunk::between(
                std::slice::from_ref(&column.name),
                values.collect(),
            )))
        }
    }
}

fn is_whole(column: &Column) -> bool {
    matches!(
        base(column),
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint"
    )
}

/// The rows that EXPLAIN expects. MySQL shows two columns more than MariaDB, one of them before.
fn estimate(row: &Row) -> u64 {
    row.number(match row.0.len() {
        12.. => 9,
        _ => 8,
    })
}

/// Into how many ranges so many rows are cut.
fn pieces(rows: Rows, aim: Rows) -> i128 {
    i128::from(rows.0.div_ceil(aim.0.max(1))).clamp(1, AT_ONCE)
}

/// Values in equal parts.
fn split(from: i128, to: i128, parts: i128) -> Vec<(i128, i128)> {
    let parts = parts.min(to - from).max(1);
    let at = |part: i128| from + (to - from) * part / parts;
    (0..parts).map(|part| (at(part), at(part + 1))).collect()
}

/// Where ranges begin, the first aside, once neighbours that are short together are one.
fn boundaries(known: &[(i128, u64)], aim: Rows) -> Vec<i128> {
    let mut boundaries = Vec::new();
    let mut held = 0;
    for (number, (from, rows)) in known.iter().enumerate() {
        if number > 0 && held + rows > aim.0 + aim.0 / 2 {
            boundaries.push(*from);
            held = 0;
        }
        held += rows;
    }
    boundaries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_split_into_equal_parts_without_gap() {
        assert_eq!(split(1, 11, 3), [(1, 4), (4, 7), (7, 11)]);
        assert_eq!(split(-2, 0, 5), [(-2, -1), (-1, 0)]);
        let all = split(i64::MIN.into(), i128::from(u64::MAX) + 1, 4);
        assert_eq!((all[0].0, all[3].1), (i64::MIN.into(), 1 << 64));
    }

    #[test]
    fn short_neighbours_become_one_range() {
        let known = [(1, 60), (10, 60), (20, 60), (30, 5), (40, 130), (50, 0)];
        assert_eq!(boundaries(&known, Rows(100)), [20, 40]);
        assert_eq!(boundaries(&known[..1], Rows(100)), [0i128; 0]);
    }
}
