//! The names that completion offers: connections, databases, tables, runs.
//!
//! What the session has listed comes first; what only a server knows is fetched when it is first wanted,
//! with little patience, and kept. Nothing is ever asked and no error shown: then there is no candidate.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio_util::sync::CancellationToken;

use super::complete::Names;
use crate::app::App;
use crate::commands::context::Place;
use crate::commands::{Context, Session, Words, backup, places};
use crate::output::Format;
use crate::output::ask::{Answers, Terminal};
use crate::output::print::{Pages, Printer};
use crate::run::event::Silent;

/// How long a Tab may wait for a server.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How many runs are offered by number.
const RUNS: usize = 20;

/// A connection, and perhaps a database in it.
type Above = (String, Option<String>);

/// What is known at the prompt.
pub struct Known {
    app: Arc<App>,
    session: Session,
    /// By connection, or by connection and database: the names below. Empty when they could not be had.
    fetched: RefCell<HashMap<Above, Vec<String>>>,
}

impl Known {
    pub fn new(app: &Arc<App>) -> Known {
        Known {
            app: Arc::clone(app),
            session: Session::default(),
            fetched: RefCell::default(),
        }
    }

    /// Takes over where the session is now.
    pub fn follow(&mut self, session: &Session) {
        self.session = session.clone();
        // A command may have made or dropped what is below.
        self.fetched.borrow_mut().clear();
    }

    fn below(&self, connection: &str, database: Option<&str>) -> Vec<String> {
        let key = (connection.to_string(), database.map(str::to_string));
        if let Some(names) = self.fetched.borrow().get(&key) {
            return names.clone();
        }
        let names = self.fetch(connection, database).unwrap_or_default();
        self.fetched.borrow_mut().insert(key, names.clone());
        names
    }

    fn fetch(&self, connection: &str, database: Option<&str>) -> Option<Vec<String>> {
        let stop = CancellationToken::new();
        let printer = Printer::new(Pages::Through);
        let nobody = Terminal {
            answers: Answers::Never,
            printer: &printer,
            stop: stop.clone(),
        };
        let mut session = self.session.clone();
        let cx = Context {
            store: &self.app.store,
            settings: &self.app.settings,
            session: &mut session,
            events: Arc::new(Silent),
            ask: &nobody,
            stop: stop.clone(),
            words: Words::Prompt,
            format: Format::Table,
        };
        let fetched = async {
            let names = names(&cx, connection, database);
            tokio::time::timeout(PATIENCE, names).await.ok().flatten()
        };
        // Whatever goes wrong below, Tab must not take the prompt away.
        let fetched = AssertUnwindSafe(fetched).catch_unwind();
        self.app.run(&stop, fetched).ok().flatten()
    }
}

async fn names(cx: &Context<'_>, connection: &str, database: Option<&str>) -> Option<Vec<String>> {
    let place = Place {
        connection: connection.to_string(),
        ..Place::default()
    };
    let server = places::open(cx, &place).await.ok()?.server;
    match database {
        None => server.names().await.ok(),
        Some(database) => server
            .catalog(database)
            .await
            .ok()?
            .map(|catalog| catalog.tables.into_iter().map(|table| table.name).collect()),
    }
}

impl Names for Known {
    fn connections(&self) -> Vec<String> {
        let connections = self.app.store.connections().unwrap_or_default();
        connections
            .into_iter()
            .map(|connection| connection.name)
            .collect()
    }

    fn databases(&self, connection: &str) -> Vec<String> {
        let listed = &self.session.databases;
        let is_source = self.source().as_deref() == Some(connection);
        match is_source && !listed.is_empty() {
            true => listed.clone(),
            false => self.below(connection, None),
        }
    }

    fn tables(&self, connection: &str, database: &str) -> Vec<String> {
        self.below(connection, Some(database))
    }

    fn runs(&self) -> Vec<String> {
        let runs = self.app.store.runs(RUNS).unwrap_or_default();
        runs.into_iter().map(|run| run.number.to_string()).collect()
    }

    fn backups(&self) -> Vec<String> {
        backup::names(self.app.store.path())
    }

    fn source(&self) -> Option<String> {
        self.session
            .source
            .as_ref()
            .map(|place| place.connection.clone())
    }

    fn source_database(&self) -> Option<String> {
        self.session
            .source
            .as_ref()
            .and_then(|place| place.database.clone())
    }
}
