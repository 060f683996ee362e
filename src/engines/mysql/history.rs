//! Tables that keep the rows of the past (system versioning of MariaDB), and copying those rows with their times.
//!
//! Such a table is read and counted `FOR SYSTEM_TIME ALL`, and written with its two columns of times by name, which
//! MariaDB takes from 10.11 on. A key is not unique among rows of the past; ranges of it cover them all the same.
//! A DELETE would only make more history: staging that is to be emptied is made anew.

use super::Flavour;
use super::session::Session;
use crate::engines::Result;
use crate::model::catalog::{Column, Generated, History, Table};
use crate::model::spelling::Spelled;
use crate::model::survey::Survey;

/// What a generated column says that tells since when, and until when, a row holds.
const TIMES: [&str; 2] = ["ROW START", "ROW END"];
/// Until when a row of the present holds: the end of time, which moved with 11.5. Copies travel with the old one.
pub const END: &str = "2038-01-19 03:14:07.999999";
pub const LATER_END: &str = "2106-02-07 06:28:15.999999";

/// What of a table's history can be copied, as far as this server says.
pub fn of(table: &Table, flavour: &Flavour) -> History {
    if !table.keeps_history() {
        return History::None;
    }
    let declared = |what: &&str| {
        let mut columns = table.columns.iter();
        columns.find(|column| says(column, what)).cloned()
    };
    let times: Vec<Column> = TIMES.iter().filter_map(declared).collect();
    if times
        .iter()
        .any(|column| !column.kind.starts_with("timestamp"))
    {
        return History::Left("its times are the numbers of this server's transactions".into());
    }
    let mut times = match times.is_empty() {
        true => vec![hidden("row_start", TIMES[0]), hidden("row_end", TIMES[1])],
        false => times,
    };
    end_at(&mut times, &flavour.text);
    History::Copied(times)
}

/// The history of each table as the target takes it.
pub fn spell(spelled: &mut Spelled, to: &Survey) {
    for table in &mut spelled.catalog.tables {
        if let History::Copied(times) = &mut table.history {
            match &to.facts.refuses_history {
                Some(reason) => table.history = History::Left(reason.clone()),
                None => end_at(times, &to.product.version),
            }
        }
    }
}

/// Why the server takes no rows of the past; None where it does.
pub async fn refusal(session: &mut Session) -> Result<Option<String>> {
    let sql = "SHOW VARIABLES WHERE Variable_name IN ('system_versioning_insert_history', 'secure_timestamp')";
    let rows = session.rows("read the server's settings", sql).await?;
    let value = |name: &str| {
        let mut rows = rows.iter();
        rows.find(|row| row.text(0) == name).map(|row| row.text(1))
    };
    Ok(
        match (
            value("system_versioning_insert_history"),
            value("secure_timestamp"),
        ) {
            (None, _) => {
                Some("the target takes rows of the past from MariaDB 10.11 on only".into())
            }
            (_, Some(secure)) if secure == "YES" || secure == "REPLICATION" => Some(format!(
                "the target takes no rows of the past while its secure_timestamp is {secure}"
            )),
            _ => None,
        },
    )
}

/// A table to read from, with the rows of the past where they are copied.
pub fn all(place: &str, table: &Table) -> String {
    match table.times().is_empty() {
        true => place.to_string(),
        false => format!("{place} FOR SYSTEM_TIME ALL"),
    }
}

/// Whether a column tells since when, or until when, a row holds.
pub fn is_time(column: &Column) -> bool {
    TIMES.iter().any(|what| says(column, what))
}

/// Whether a column tells until when a row holds, on a server whose time ends later.
pub fn ends_later(column: &Column) -> bool {
    says(column, TIMES[1]) && column.default.as_deref() == Some(LATER_END)
}

fn says(column: &Column, what: &str) -> bool {
    let generated = column.generated.as_ref();
    generated.is_some_and(|generated| generated.expression == what)
}

/// A column that the server keeps without showing it.
fn hidden(name: &str, what: &str) -> Column {
    Column {
        name: name.into(),
        kind: "timestamp(6)".into(),
        generated: Some(Generated {
            expression: what.into(),
            stored: true,
        }),
        ..Column::default()
    }
}

/// Notes the server's end of time as the default of the column that needs it.
fn end_at(times: &mut [Column], version: &str) {
    let end = if self::version(version) >= (11, 5) {
        LATER_END
    } else {
        END
    };
    for column in times.iter_mut().filter(|column| says(column, TIMES[1])) {
        column.default = Some(end.into());
    }
}

/// The first two numbers of a server's version.
pub fn version(text: &str) -> (u32, u32) {
    let mut parts = text.split('.').map_while(|part| part.parse().ok());
    let mut next = || parts.next().unwrap_or_default();
    (next(), next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flavour(version: &str) -> Flavour {
        Flavour::read(&format!("{version}-MariaDB"))
    }

    fn versioned(columns: Vec<Column>) -> Table {
        Table {
            columns,
            options: vec![("history".into(), "system versioned".into())],
            ..Table::default()
        }
    }

    #[test]
    fn a21_the_end_of_time_is_the_servers_own() {
        let ends = |version: &str| {
            let table = Table {
                history: of(&versioned(Vec::new()), &flavour(version)),
                ..Table::default()
            };
            let [since, until] = table.times() else {
                panic!("two columns")
            };
            assert!(is_time(since) && !ends_later(since));
            ends_later(until)
        };
        assert!(!ends("10.11.6") && !ends("11.4.2") && ends("11.5.1") && ends("12.0.1"));
    }

    #[test]
    fn a21_times_that_are_numbers_of_transactions_stay_behind() {
        let column = |kind: &str, what| Column {
            kind: kind.into(),
            ..hidden("x", what)
        };
        let of = |kind| {
            of(
                &versioned(vec![column(kind, "ROW START"), column(kind, "ROW END")]),
                &flavour("10.11.6"),
            )
        };
        assert!(matches!(of("bigint(20) unsigned"), History::Left(_)));
        assert!(matches!(of("timestamp(6)"), History::Copied(times) if times.len() == 2));
    }
}
