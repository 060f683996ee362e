//! Showing connections: the list, and one of them.

use serde_json::{Value, json};

use super::names;
use crate::commands::{Context, Result, Words};
use crate::model::endpoint::{Address, Tls};
use crate::output::{Cell, Page, Reply, Table, Tone, time};
use crate::store::{Connection, Password, Unreadable};

/// The list, the last used first.
pub struct List {
    rows: Vec<(usize, Connection)>,
    unreadable: Vec<Unreadable>,
}

/// One connection.
pub struct Shown {
    connection: Connection,
}

pub(super) fn list(cx: &mut Context<'_>) -> Result<List> {
    let saved = cx.store.connections()?;
    let by_use: Vec<String> = saved.iter().map(|saved| saved.name.clone()).collect();
    if cx.words != Words::CommandLine {
        cx.session.connections = by_use;
    }
    let numbers = names::numbered(cx)?;
    let number = |name: &str| numbers.iter().position(|known| known == name);
    let rows = saved
        .into_iter()
        .enumerate()
        .map(|(position, saved)| (number(&saved.name).unwrap_or(position) + 1, saved))
        .collect();
    Ok(List {
        rows,
        unreadable: cx.store.unreadable()?,
    })
}

pub(super) fn show(cx: &mut Context<'_>, word: &str) -> Result<Shown> {
    let connection = names::find(cx, word)?;
    Ok(Shown { connection })
}

/// What answered the last time, else the kind of database that is expected.
fn engine(connection: &Connection) -> String {
    connection
        .product
        .clone()
        .unwrap_or_else(|| connection.address.scheme().to_string())
}

fn last_used(connection: &Connection) -> String {
    connection.last_used.map_or("never".into(), time::ago)
}

/// What a person must know whenever they see the connection.
fn notes(connection: &Connection) -> String {
    let mut notes = Vec::new();
    if !matches!(connection.password, Password::None) {
        notes.push(connection.password.to_string());
    }
    if connection.address.is_insecure() {
        notes.push("TLS not verified".into());
    }
    notes.join(" · ")
}

/// Whether its password is in the store for whoever reads the file.
fn is_open(connection: &Connection) -> bool {
    matches!(connection.password, Password::Base64(_))
}

fn tls(address: &Address) -> Value {
    match address {
        Address::File { .. } => Value::Null,
        Address::Network(network) => match &network.tls {
            Tls::Verified => "verified".into(),
            Tls::Authority(file) => file.display().to_string().into(),
            Tls::Pinned(pin) => format!("pinned to {pin}").into(),
            Tls::Insecure => "insecure".into(),
        },
    }
}

/// One connection for a program: how its password is kept, never the password.
pub(super) fn json(connection: &Connection) -> Value {
    json!({
        "name": connection.name,
        "address": connection.address.to_string(),
        "url": connection.address.url(),
        "engine": crate::engines::engine(connection.address.scheme()).map(|engine| engine.name()),
        "product": connection.product,
        "environment": connection.label.name(),
        "password": connection.password.kind(),
        "tls": tls(&connection.address),
        "last_used": connection.last_used.map(|time| time.to_rfc3339()),
    })
}

impl Reply for List {
    fn render(&self, page: &mut Page) {
        if self.rows.is_empty() && self.unreadable.is_empty() {
            page.line("No connections yet.");
            page.line("hint: connections add saves one; connections import takes over known ones");
            return;
        }
        let mut table = Table::new(&[
            ">#",
            "name",
            "address",
            "engine",
            "env",
            "last used",
            "notes",
        ]);
        for (number, connection) in &self.rows {
            table.row([
                Cell::new(Tone::Faint, number.to_string()),
                Cell::new(Tone::Strong, &connection.name),
                connection.address.to_string().into(),
                engine(connection).into(),
                Cell::new(Tone::of(connection.label), connection.label.name()),
                last_used(connection).into(),
                Cell::new(Tone::Warning, notes(connection)),
            ]);
        }
        if !self.rows.is_empty() {
            page.table(table);
        }
        for row in &self.unreadable {
            let problem = format!("{} cannot be read: {}", row.name, row.problem);
            page.line(Cell::new(Tone::Bad, problem));
            page.line(format!("hint: connections del {} removes it", row.name));
        }
        if self.rows.iter().any(|(_, it)| is_open(it)) {
            page.line("hint: vault migrate moves the base64 passwords into the vault");
        }
    }

    fn json(&self) -> Value {
        let unreadable = self
            .unreadable
            .iter()
            .map(|row| json!({ "name": row.name, "problem": row.problem }));
        let unreadable: Vec<Value> = unreadable.collect();
        let rows = self.rows.iter().map(|(number, connection)| {
            let mut row = json(connection);
            row["number"] = (*number).into();
            row
        });
        json!({ "connections": rows.collect::<Vec<_>>(), "unreadable": unreadable })
    }
}

impl Reply for Shown {
    fn render(&self, page: &mut Page) {
        let connection = &self.connection;
        let mut table = Table::new(&["setting", "value"]);
        let mut row = |name: &str, value: Cell| table.row([Cell::new(Tone::Faint, name), value]);
        row("name", Cell::new(Tone::Strong, &connection.name));
        row("address", connection.address.to_string().into());
        row("url", connection.address.url().into());
        row("engine", engine(connection).into());
        let label = connection.label;
        row("environment", Cell::new(Tone::of(label), label.name()));
        row("password", connection.password.to_string().into());
        if let Some(tls) = tls(&connection.address).as_str() {
            row("TLS", tls.into());
        }
        row("last used", last_used(connection).into());
        page.table(table);
    }

    fn json(&self) -> Value {
        json(&self.connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::endpoint::ParsedUrl;
    use crate::model::label::Label;
    use crate::output::Format;
    use crate::output::theme::Paint;

    fn connection() -> Connection {
        let url = "mysql://u:Canary1@h?tls=insecure";
        let parsed = ParsedUrl::read(url, &[("mysql", Some(3306))], None).unwrap();
        Connection {
            name: "prod".into(),
            address: parsed.address,
            password: Password::Base64(parsed.password.unwrap()),
            label: Label::Production,
            product: Some("MySQL 9.7.0".into()),
            last_used: None,
            identity: None,
        }
    }

    fn drawn(reply: &dyn Reply, format: Format) -> String {
        let mut page = Page::default();
        reply.render(&mut page);
        page.print(format, Paint::off())
    }

    #[test]
    fn the_list_says_what_is_not_safe() {
        let list = List {
            rows: vec![(1, connection())],
            unreadable: Vec::new(),
        };
        assert_eq!(
            drawn(&list, Format::Csv),
            "#,name,address,engine,env,last used,notes\n\
             1,prod,u@h:3306,MySQL 9.7.0,production,never,\"base64, not encrypted · TLS not verified\"\n"
        );
    }

    #[test]
    fn no_way_of_showing_a_connection_reveals_its_password() {
        let list = List {
            rows: vec![(1, connection())],
            unreadable: Vec::new(),
        };
        let shown = Shown {
            connection: connection(),
        };
        for reply in [&list as &dyn Reply, &shown] {
            let text = drawn(reply, Format::Table) + &drawn(reply, Format::Csv);
            let all = text + &reply.json().to_string();
            assert!(
                !all.contains("Canary1") && !all.contains("Q2FuYXJ5MQ"),
                "{all}"
            );
        }
    }

    #[test]
    fn an_empty_list_says_how_to_fill_it() {
        let text = drawn(
            &List {
                rows: vec![],
                unreadable: vec![],
            },
            Format::Table,
        );
        assert!(text.starts_with("No connections yet.\nhint: connections add"));
    }
}
