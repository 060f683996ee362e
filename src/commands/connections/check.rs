//! Testing a connection: the hops in their order, the one that fails, and the mend.

use std::time::{Duration, Instant};

use secrecy::SecretString;
use serde_json::{Value, json};

use super::names;
use crate::commands::{Context, Error, Result, vault};
use crate::engines::{self, ConnectOptions, Hop};
use crate::model::endpoint::{Address, Endpoint, Tls};
use crate::model::units::{counted, spoken};
use crate::output::{Cell, Exit, Page, Reply, Tone};
use crate::store::Connection;

/// How often the timeout of one hop fits into a whole test.
const HOPS: u32 = 6;

/// What a test found.
pub struct Tested {
    pub name: String,
    address: Address,
    took: Duration,
    /// The product and the number of databases that can be seen.
    pub found: Result<(String, usize), Failure>,
}

/// Why a test failed.
pub struct Failure {
    /// None when it failed before the first hop: the password could not be had.
    pub hop: Option<Hop>,
    pub error: Error,
}

/// The tests that were asked for.
pub struct Tests {
    tests: Vec<Tested>,
}

/// Tests one connection or all, and remembers which product answered.
pub(super) async fn test(cx: &mut Context<'_>, word: &str) -> Result<Tests> {
    let connections = match word {
        "all" => cx.store.connections()?,
        _ => vec![names::find(cx, word)?],
    };
    let mut endpoints = Vec::new();
    for connection in &connections {
        endpoints.push(endpoint(cx, connection));
    }
    let options = cx.connect_options();
    let tests = connections
        .iter()
        .zip(endpoints)
        .map(|(connection, endpoint)| one(connection, endpoint, &options));
    let tests = futures::future::join_all(tests).await;
    for test in &tests {
        if let Ok((product, _)) = &test.found {
            cx.store.note_product(&test.name, product)?;
        }
    }
    Ok(Tests { tests })
}

async fn one(
    connection: &Connection,
    endpoint: Result<Endpoint>,
    options: &ConnectOptions,
) -> Tested {
    match endpoint {
        Ok(endpoint) => examine(&endpoint, options).await,
        Err(error) => Tested {
            name: connection.name.clone(),
            address: connection.address.clone(),
            took: Duration::ZERO,
            found: Err(Failure { hop: None, error }),
        },
    }
}

/// All that an engine needs; may run a command or ask for the password.
pub(super) fn endpoint(cx: &Context<'_>, connection: &Connection) -> Result<Endpoint> {
    let ask = || -> Option<SecretString> {
        let place = format!("{} ({})", connection.name, connection.address);
        cx.ask.secret(&format!("Password of {place}"))
    };
    Ok(Endpoint {
        name: connection.name.clone(),
        address: connection.address.clone(),
        password: vault::password(cx, connection, ask)?,
        label: connection.label,
    })
}

/// Opens an endpoint and lists its databases; nothing is written.
pub async fn examine(endpoint: &Endpoint, options: &ConnectOptions) -> Tested {
    let patience = options.timeout * HOPS;
    let start = Instant::now();
    let found = match tokio::time::timeout(patience, look(endpoint, options)).await {
        Ok(found) => found,
        Err(_) => Err(Failure {
            hop: Some(Hop::Tcp),
            error: Error {
                code: "connect",
                exit: Exit::CONNECT,
                ..Error::failed(format!(
                    "{} did not answer within {}",
                    endpoint.address,
                    spoken(patience)
                ))
            },
        }),
    };
    Tested {
        name: endpoint.name.clone(),
        address: endpoint.address.clone(),
        took: start.elapsed(),
        found,
    }
}

async fn look(endpoint: &Endpoint, options: &ConnectOptions) -> Result<(String, usize), Failure> {
    let server = engines::open(endpoint, options).await.map_err(|error| {
        let hop = match &error {
            engines::Error::Connect { hop, .. } => Some(*hop),
            _ => None,
        };
        let error = error.into();
        Failure { hop, error }
    })?;
    let databases = server.databases().await.map_err(|error| Failure {
        hop: Some(Hop::Privileges),
        error: error.into(),
    })?;
    Ok((server.product().to_string(), databases.listed.len()))
}

impl Tested {
    /// The hops of this kind of address, each with its state.
    fn hops(&self) -> Vec<(Hop, &'static str)> {
        let order: &[Hop] = match self.address {
            Address::File { .. } => &[Hop::Address, Hop::Privileges],
            Address::Network(_) => &[
                Hop::Address,
                Hop::Tcp,
                Hop::Tls,
                Hop::Login,
                Hop::Privileges,
            ],
        };
        let failed = match &self.found {
            Ok(_) => order.len(),
            Err(failure) => failure
                .hop
                .and_then(|hop| order.iter().position(|known| *known == hop))
                .unwrap_or(0),
        };
        let state = |(position, hop): (usize, &Hop)| match position.cmp(&failed) {
            std::cmp::Ordering::Less => (*hop, self.passed(*hop)),
            std::cmp::Ordering::Equal => (*hop, "failed"),
            std::cmp::Ordering::Greater => (*hop, "not tried"),
        };
        match &self.found {
            Err(Failure { hop: None, .. }) => order.iter().map(|hop| (*hop, "not tried")).collect(),
            _ => order.iter().enumerate().map(state).collect(),
        }
    }

    fn passed(&self, hop: Hop) -> &'static str {
        match (hop, &self.address) {
            (Hop::Tls, Address::Network(network)) => match network.tls {
                Tls::Insecure => "not verified",
                Tls::Authority(_) => "verified",
                Tls::Pinned(_) => "pinned",
                Tls::Verified if network.is_local() => "not needed",
                Tls::Verified => "verified",
            },
            _ => "ok",
        }
    }

    /// The failure as the error of a command that needed the connection.
    pub(super) fn into_error(self) -> Option<Error> {
        self.found.err().map(|failure| failure.error)
    }

    pub(super) fn render(&self, page: &mut Page) {
        let name = Cell::new(Tone::Strong, &self.name);
        match &self.found {
            Ok((product, databases)) => page.pieces([
                name,
                format!(
                    ": {product}, {}, {}",
                    counted(*databases, "database"),
                    spoken(self.took)
                )
                .into(),
            ]),
            Err(failure) => page.pieces([
                name,
                ": ".into(),
                Cell::new(Tone::Bad, &failure.error.message),
            ]),
        }
        let mut pieces = vec![Cell::from("  ")];
        for (position, (hop, state)) in self.hops().into_iter().enumerate() {
            let tone = match state {
                "failed" => Tone::Bad,
                "not tried" => Tone::Faint,
                "not verified" => Tone::Warning,
                _ => Tone::Good,
            };
            let between = if position > 0 { " · " } else { "" };
            pieces.push(format!("{between}{} ", hop.name()).into());
            pieces.push(Cell::new(tone, state));
        }
        page.pieces(pieces);
        if let Err(Failure {
            error: Error {
                hint: Some(hint), ..
            },
            ..
        }) = &self.found
        {
            page.line(format!("  hint: {hint}"));
        }
    }

    pub(super) fn json(&self) -> Value {
        let hops = self.hops().into_iter();
        let mut value = json!({
            "name": self.name,
            "address": self.address.to_string(),
            "reached": self.found.is_ok(),
            "hops": hops.map(|(hop, state)| json!({"hop": hop.name(), "state": state})).collect::<Vec<_>>(),
            "took_ms": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
        });
        match &self.found {
            Ok((product, databases)) => {
                value["product"] = product.as_str().into();
                value["databases"] = (*databases).into();
            }
            Err(failure) => {
                value["error"] = json!({
                    "code": failure.error.code,
                    "message": failure.error.message,
                    "hint": failure.error.hint,
                });
            }
        }
        value
    }
}

impl Reply for Tests {
    fn render(&self, page: &mut Page) {
        if self.tests.is_empty() {
            page.line("No connections yet: there is nothing to test.");
        }
        self.tests.iter().for_each(|test| test.render(page));
    }

    fn json(&self) -> Value {
        let tests: Vec<Value> = self.tests.iter().map(Tested::json).collect();
        json!({ "tests": tests })
    }

    /// The worst of the tests.
    fn exit(&self) -> Exit {
        self.tests
            .iter()
            .filter_map(|test| test.found.as_ref().err())
            .map(|failure| failure.error.exit)
            .max_by_key(|exit| exit.0)
            .unwrap_or(Exit::DONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::endpoint::ParsedUrl;

    fn tested(url: &str, found: Result<(String, usize), Failure>) -> Tested {
        let schemes = [("mysql", Some(3306))];
        Tested {
            name: "x".into(),
            address: ParsedUrl::read(url, &schemes, None).unwrap().address,
            took: Duration::from_millis(12),
            found,
        }
    }

    fn failure(hop: Option<Hop>) -> Result<(String, usize), Failure> {
        let error = Error::failed("cannot connect").hint("start it");
        Err(Failure { hop, error })
    }

    fn states(test: &Tested) -> Vec<&'static str> {
        test.hops().into_iter().map(|(_, state)| state).collect()
    }

    #[test]
    fn the_hops_before_the_failed_one_passed_and_those_after_were_not_tried() {
        let test = tested("mysql://u@h", failure(Some(Hop::Login)));
        assert_eq!(
            states(&test),
            ["ok", "ok", "verified", "failed", "not tried"]
        );
    }

    #[test]
    fn without_a_password_no_hop_was_tried() {
        assert_eq!(
            states(&tested("./x", failure(None))),
            ["not tried", "not tried"]
        );
    }

    #[test]
    fn a_test_that_passed_says_what_tls_was_worth() {
        let found = || Ok(("MySQL 9.7.0".to_string(), 3));
        let tls = |url| tested(url, found()).hops()[2].1;
        assert_eq!(tls("mysql://u@h?tls=insecure"), "not verified");
        assert_eq!(tls("mysql://u@127.0.0.1"), "not needed");
        assert_eq!(tls("mysql://u@db.example.com"), "verified");
    }

    #[test]
    fn one_failure_decides_the_exit_code() {
        let tests = |found| Tests {
            tests: vec![
                tested("./a", Ok(("SQLite 3.54.1".into(), 1))),
                tested("./b", found),
            ],
        };
        assert_eq!(tests(failure(Some(Hop::Address))).exit(), Exit::FAILED);
        assert_eq!(tests(Ok(("SQLite 3.54.1".into(), 1))).exit(), Exit::DONE);
    }
}
