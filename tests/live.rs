//! Real servers for tests: where they are, SQL on them, and the program run against them.
//!
//! Tests share the servers and run at the same time, so the one rule: a test touches only databases that
//! [`Case::database`] has named, which no other test and no other process has, and which go when it ends.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use serde_json::Value;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, Connection, Row};
use tokio::runtime::Runtime;
use twox_hash::XxHash3_128;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// The two products of the MySQL family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    MariaDb,
    MySql,
}

impl Flavor {
    /// As `servers/server` calls it.
    pub fn kind(self) -> &'static str {
        match self {
            Flavor::MariaDb => "mariadb",
            Flavor::MySql => "mysql",
        }
    }
}

/// One server.
#[derive(Clone, Debug)]
pub struct Place {
    pub flavor: Flavor,
    pub port: u16,
    pub socket: PathBuf,
}

pub type Cells = Vec<Option<String>>;

impl Place {
    /// The server `A` or `B` of a flavor.
    ///
    /// # Errors
    /// Why there is none.
    pub fn find(flavor: Flavor, letter: &str) -> Result<Place, String> {
        Place::named(
            flavor,
            &format!("{}_{letter}", flavor.kind().to_uppercase()),
        )
    }

    /// The server that `tests/run` calls so.
    ///
    /// # Errors
    /// Why there is none.
    pub fn named(flavor: Flavor, name: &str) -> Result<Place, String> {
        let name = format!("MAESTRO_TEST_{name}");
        let Ok(url) = std::env::var(&name) else {
            let why = std::env::var("MAESTRO_TEST_SKIP_MYSQL");
            return Err(why
                .ok()
                .filter(|_| flavor == Flavor::MySql)
                .unwrap_or(format!("{name} is not set; tests/run starts the servers")));
        };
        let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
        Ok(Place {
            flavor,
            port: port.unwrap_or_else(|| panic!("{name} has no port")),
            socket: std::env::var_os(format!("{name}_SOCKET"))
                .unwrap_or_else(|| panic!("{name}_SOCKET is not set"))
                .into(),
        })
    }

    pub fn url(&self, user: &str) -> String {
        format!("mysql://{user}@127.0.0.1:{}", self.port)
    }

    /// A connection of the tests' own.
    pub async fn connect(&self) -> MySqlConnection {
        self.connected().await.unwrap()
    }

    pub async fn connected(&self) -> Result<MySqlConnection, sqlx::Error> {
        let login = MySqlConnectOptions::new()
            .socket(&self.socket)
            .username("dbm")
            .password(&password());
        MySqlConnection::connect_with(&login).await
    }

    /// The rows of statements, or the server's refusal.
    pub async fn asked(&self, sql: &str) -> Result<Vec<Cells>, sqlx::Error> {
        let mut connection = self.connected().await?;
        let rows = statement(&mut connection, sql).await;
        let _ = connection.close().await;
        rows
    }

    pub async fn ask(&self, sql: &str) -> Vec<Cells> {
        let rows = self.asked(sql).await;
        rows.unwrap_or_else(|error| panic!("{error}\n{}", shortened(sql, 400)))
    }

    /// Runs statements; the rows of all of them.
    pub fn sql(&self, sql: &str) -> Vec<Cells> {
        RUNTIME.block_on(self.ask(sql))
    }

    /// The only cell of the only row.
    pub fn one(&self, sql: &str) -> String {
        match &self.sql(sql)[..] {
            [row] if row.len() == 1 => row[0].clone().unwrap_or("NULL".into()),
            other => panic!("{sql}: {other:?}"),
        }
    }

    /// One string for all rows: cells by spaces, rows by commas.
    pub fn rows(&self, sql: &str) -> String {
        let row = |cells: Cells| {
            let cells = cells.into_iter().map(|cell| cell.unwrap_or("NULL".into()));
            cells.collect::<Vec<_>>().join(" ")
        };
        let rows: Vec<String> = self.sql(sql).into_iter().map(row).collect();
        rows.join(", ")
    }

    /// The error that a statement gets; None when it succeeds.
    pub fn refusal(&self, sql: &str) -> Option<String> {
        block_on(self.asked(sql))
            .err()
            .map(|error| error.to_string())
    }

    /// The server's own client or dump program.
    pub fn program(&self, what: &str) -> Command {
        let mut command = server_script();
        command.arg(what).arg(self.flavor.kind()).args([
            "--user=dbm",
            &format!("--password={}", password()),
            &format!("--socket={}", self.socket.display()),
            "--default-character-set=utf8mb4",
        ]);
        command
    }

    pub async fn has(&self, database: &str) -> bool {
        let sql = format!(
            "SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = {}",
            literal(database)
        );
        !self.ask(&sql).await.is_empty()
    }

    /// Whatever runs have left on this server that belongs to a database, but for the undos that are kept.
    pub async fn left_of(&self, database: &str) -> Vec<String> {
        let mut left = self.staging(database).await;
        let sql = format!(
            "SELECT run, state, kept_in FROM _maestro.runs WHERE database_name = {}",
            literal(database)
        );
        for row in self.asked(&sql).await.unwrap_or_default() {
            let cell = |number: usize| row[number].clone().unwrap();
            match cell(1).as_str() {
                "kept" => left.retain(|name| *name != cell(2)),
                state => left.push(format!("run {}, {state}", cell(0))),
            }
        }
        left
    }

    /// The staging and old databases of a database: their names end in its hash.
    pub async fn staging(&self, database: &str) -> Vec<String> {
        self.found_staging(database).await.unwrap()
    }

    async fn found_staging(&self, database: &str) -> Result<Vec<String>, sqlx::Error> {
        let tag = format!("{:024x}", XxHash3_128::oneshot(database.as_bytes()) >> 32);
        let sql = format!(
            "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE '\\_maestro\\_%{tag}'"
        );
        let name = |row: Cells| row[0].clone().unwrap();
        Ok(self.asked(&sql).await?.into_iter().map(name).collect())
    }
}

impl Place {
    /// Drops a database and what runs have left of it; a test that ends badly goes on to tell why.
    pub async fn remove(&self, database: &str) {
        let left = self.found_staging(database).await.unwrap_or_default();
        for name in left.iter().map(String::as_str).chain([database]) {
            let _ = self
                .asked(&format!("DROP DATABASE IF EXISTS {}", quoted(name)))
                .await;
        }
        for table in ["runs", "synced_from"] {
            let forget = format!(
                "DELETE FROM _maestro.{table} WHERE database_name = {}",
                literal(database)
            );
            let _ = self.asked(&forget).await;
        }
    }
}

/// A name as SQL takes it.
pub fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A text as SQL takes it.
pub fn literal(text: &str) -> String {
    let digits: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("_utf8mb4 X'{digits}'")
}

/// The rows of statements on an open connection.
pub async fn statement(
    connection: &mut MySqlConnection,
    sql: &str,
) -> Result<Vec<Cells>, sqlx::Error> {
    let mut rows = Vec::new();
    let mut stream = sqlx::raw_sql(AssertSqlSafe(sql.to_string())).fetch(connection);
    while let Some(row) = stream.try_next().await? {
        let cell = |column| -> Option<String> {
            let bytes: Option<&[u8]> = row.try_get_unchecked(column).unwrap();
            bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        };
        rows.push((0..row.len()).map(cell).collect());
    }
    Ok(rows)
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.block_on(future)
}

/// The password of user dbm.
pub fn password() -> String {
    std::env::var("MAESTRO_TEST_PASSWORD").unwrap_or("dbm".into())
}

/// The script that starts servers and knows their programs.
pub fn server_script() -> Command {
    let script = std::env::var_os("MAESTRO_TEST_SERVER")
        .map(PathBuf::from)
        .unwrap_or_else(|| {
            PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/server"))
        });
    Command::new(script)
}

fn shortened(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// One test: two servers of a flavor, a home with the connections `a` and `b`, and names of databases.
pub struct Case {
    pub flavor: Flavor,
    pub a: Place,
    pub b: Place,
    pub home: Home,
    name: &'static str,
    databases: Mutex<BTreeSet<String>>,
}

/// Runs a test on a flavor; says why where it cannot.
pub fn with(flavor: Flavor, name: &'static str, test: fn(&Case)) {
    match (Place::find(flavor, "A"), Place::find(flavor, "B")) {
        (Ok(a), Ok(b)) => test(&Case::new(flavor, name, a, b)),
        (Err(reason), _) | (_, Err(reason)) => skipped(name, flavor, &reason),
    }
}

pub fn skipped(name: &str, flavor: Flavor, reason: &str) {
    println!("skipped: {name} ({}): {reason}", flavor.kind());
}

impl Case {
    pub fn new(flavor: Flavor, name: &'static str, a: Place, b: Place) -> Case {
        let home = Home::new();
        home.connect("a", &a);
        home.connect("b", &b);
        Case {
            flavor,
            a,
            b,
            home,
            name,
            databases: Mutex::default(),
        }
    }

    /// Whether this version of the source refuses what a test is about; it says so.
    pub fn lacks(&self, sql: &str) -> bool {
        let refusal = self.a.refusal(sql);
        if let Some(refusal) = &refusal {
            skipped(self.name, self.flavor, &format!("{sql}: {refusal}"));
        }
        refusal.is_some()
    }

    /// A name for a database that nobody else has; it is dropped on both servers at the end.
    pub fn database(&self, name: &str) -> String {
        let mut hash = String::new();
        let _ = write!(
            hash,
            "{:08x}",
            XxHash3_128::oneshot(self.name.as_bytes()) as u32
        );
        self.database_of(&format!("t{}_{hash}_{name}", std::process::id()))
    }

    /// A whole name that nobody else has: it begins with one of [`Case::database`].
    pub fn database_of(&self, name: &str) -> String {
        self.databases.lock().unwrap().insert(name.to_string());
        name.to_string()
    }

    /// Makes a database on the source and fills it; returns its name.
    pub fn source(&self, name: &str, sql: &str) -> String {
        let database = self.database(name);
        self.fill(&self.a, &database, sql);
        database
    }

    /// Makes a database where there is none and runs statements in it.
    pub fn fill(&self, place: &Place, database: &str, sql: &str) {
        place.sql(&format!(
            "CREATE DATABASE IF NOT EXISTS {0}; USE {0}; {sql}",
            quoted(database)
        ));
    }

    /// What runs have left on the target that belongs to a database.
    pub fn left_of(&self, database: &str) -> Vec<String> {
        block_on(self.b.left_of(database))
    }

    /// Whether the target has a database.
    pub fn has(&self, database: &str) -> bool {
        block_on(self.b.has(database))
    }

    /// `maestro sync a/DB b/DB --yes …`
    pub fn sync(&self, database: &str, more: &[&str]) -> Done {
        let (from, to) = (format!("a/{database}"), format!("b/{database}"));
        let mut words = vec!["sync", &from, &to, "--yes"];
        words.extend(more);
        self.home.run(&words)
    }

    /// `maestro compare a/DB b/DB …`
    pub fn compare(&self, database: &str, more: &[&str]) -> Done {
        let (from, to) = (format!("a/{database}"), format!("b/{database}"));
        let mut words = vec!["compare", &from, &to];
        words.extend(more);
        self.home.run(&words)
    }
}

impl Drop for Case {
    fn drop(&mut self) {
        for name in std::mem::take(&mut *self.databases.lock().unwrap()) {
            for place in [&self.a, &self.b] {
                block_on(place.remove(&name));
            }
        }
    }
}

/// A state folder, and the program that lives in it.
pub struct Home {
    pub folder: tempfile::TempDir,
}

/// How the program ended. `json` is its last line.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub json: Value,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    pub fn new() -> Home {
        Home {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Saves a connection to a server, labelled development.
    pub fn connect(&self, name: &str, place: &Place) {
        self.add(name, &place.url("dbm"), "--env development")
            .expect(0);
    }

    /// Writes config.yaml.
    pub fn configure(&self, yaml: &str) {
        std::fs::write(self.folder.path().join("m/config.yaml"), yaml).unwrap();
    }

    /// `connections add NAME URL … --no-test`, with the password of the variable.
    pub fn add(&self, name: &str, url: &str, more: &str) -> Done {
        let mut words = vec!["connections", "add", name, url, "--no-test"];
        words.extend(["--password-env", "MAESTRO_TEST_PASSWORD"]);
        words.extend(more.split_whitespace());
        self.run(&words)
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_maestro"));
        command.arg("--home").arg(self.folder.path().join("m"));
        command.args(["-o", "json"]);
        command.env_remove("MAESTRO_HOME").stdin(Stdio::null());
        command.env("MAESTRO_TEST_PASSWORD", password());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, words: &[&str]) -> Done {
        Done::of(self.command().args(words).output().unwrap())
    }

    /// The same as a person sees it.
    pub fn shown(&self, words: &[&str]) -> Done {
        let mut command = Command::new(env!("CARGO_BIN_EXE_maestro"));
        command.arg("--home").arg(self.folder.path().join("m"));
        command.env_remove("MAESTRO_HOME").stdin(Stdio::null());
        command.env("MAESTRO_TEST_PASSWORD", password());
        Done::of(command.args(words).output().unwrap())
    }

    /// Starts the program and comes back at once.
    pub fn start(&self, words: &[&str]) -> Running {
        self.start_with(words, &[])
    }

    /// The same with more variables in its environment.
    pub fn start_with(&self, words: &[&str], variables: &[(&str, &str)]) -> Running {
        let mut command = self.command();
        command.args(words).envs(variables.iter().copied());
        Running(Some(command.spawn().unwrap()))
    }
}

/// A server of one test, with options of its own.
pub struct Private {
    pub place: Place,
    folder: PathBuf,
    _home: tempfile::TempDir,
}

impl Private {
    /// None where it cannot be started: it says why.
    pub fn start(flavor: Flavor, options: &[&str]) -> Option<Private> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("server");
        let mut command = server_script();
        command.arg("start").arg(flavor.kind()).arg(&folder);
        command.arg(port.to_string()).args(options);
        let done = command.output().unwrap();
        if !done.status.success() {
            let why = String::from_utf8_lossy(&done.stderr).into_owned();
            skipped("private server", flavor, &why);
            return None;
        }
        Some(Private {
            place: Place {
                flavor,
                port,
                socket: folder.join("socket"),
            },
            folder,
            _home: home,
        })
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        let _ = server_script().arg("kill").arg(&self.folder).status();
    }
}

/// A program that runs; it is killed when the test gives it up.
pub struct Running(Option<Child>);

impl Running {
    pub fn signal(&self, signal: &str) {
        let pid = self.0.as_ref().unwrap().id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    pub fn is_running(&mut self) -> bool {
        self.0.as_mut().unwrap().try_wait().unwrap().is_none()
    }

    pub fn wait(mut self) -> Done {
        Done::of(self.0.take().unwrap().wait_with_output().unwrap())
    }

    /// Waits, but not for ever: what hangs is killed and is a failure.
    #[track_caller]
    pub fn wait_within(mut self, patience: Duration) -> Done {
        let deadline = Instant::now() + patience;
        while self.is_running() {
            if Instant::now() > deadline {
                self.signal("-KILL");
                let done = self.wait();
                panic!("it hung for {patience:?}\n{}\n{}", done.stdout, done.stderr);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Done {
    pub fn of(output: Output) -> Done {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let stdout = text(&output.stdout);
        let last = stdout.lines().last().unwrap_or("null");
        Done {
            code: output.status.code(),
            json: serde_json::from_str(last).unwrap_or(Value::Null),
            stderr: text(&output.stderr),
            stdout,
        }
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Done {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Asserts the exit code and that the error says all of this.
    #[track_caller]
    pub fn refuses(self, code: i32, parts: &[&str]) -> Done {
        let done = self.expect(code);
        let told = done.told();
        for part in parts {
            assert!(told.contains(part), "no {part:?} in\n{told}");
        }
        done
    }

    /// The error and its hint, of the command or of its databases.
    pub fn told(&self) -> String {
        let mut told = Vec::new();
        let error = &self.json["error"];
        told.extend([&error["code"], &error["message"], &error["hint"]]);
        for database in self.json["databases"].as_array().into_iter().flatten() {
            told.extend([&database["error"], &database["hint"]]);
        }
        let told = told.into_iter().filter_map(Value::as_str);
        told.collect::<Vec<_>>().join("\n")
    }
}

/// Asks again and again until the answer is yes; half a minute is too long.
#[track_caller]
pub fn until(what: &str, mut answer: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !answer() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Runs each test on MariaDB and on MySQL.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod mariadb {
            $(#[test] fn $test() {
                crate::live::with(crate::live::Flavor::MariaDb, concat!(module_path!(), stringify!($test)), super::$test);
            })*
        }
        mod mysql {
            $(#[test] fn $test() {
                crate::live::with(crate::live::Flavor::MySql, concat!(module_path!(), stringify!($test)), super::$test);
            })*
        }
    };
}
pub(crate) use on_both;
