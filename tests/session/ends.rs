//! Where a session reads and writes: two MariaDB servers, or two folders of SQLite files.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use maestro::model::label::Label;
use tempfile::TempDir;

use crate::screen::Screen;

/// Of the user that a session logs in with. It must not appear on any screen.
pub const PASSWORD: &str = "Canary-pass-word-7";

/// How many rows [`Ends::many_rows`] makes.
pub const MANY: usize = 200_000;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Source,
    Target,
}

impl Side {
    fn folder(self) -> &'static str {
        match self {
            Side::Source => "source",
            Side::Target => "target",
        }
    }

    fn letter(self) -> &'static str {
        match self {
            Side::Source => "A",
            Side::Target => "B",
        }
    }
}

/// A source and a target of one test.
pub struct Ends {
    home: TempDir,
    /// What the test's databases and its user begin with.
    prefix: String,
    on_servers: bool,
}

impl Ends {
    pub fn new(name: &str) -> Ends {
        let ends = Ends {
            home: tempfile::tempdir().unwrap(),
            prefix: format!("session{}{name}", std::process::id()),
            on_servers: std::env::var_os("MAESTRO_TEST_MARIADB_A").is_some(),
        };
        for side in [Side::Source, Side::Target] {
            if ends.on_servers {
                ends.make_user(side);
            } else {
                std::fs::create_dir(ends.home().join(side.folder())).unwrap();
            }
        }
        if !ends.on_servers {
            eprintln!("{name}: on folders of SQLite files, as MAESTRO_TEST_MARIADB_A is not set");
        }
        ends
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The name of a database on its server.
    pub fn named(&self, database: &str) -> String {
        format!("{}_{database}", self.prefix)
    }

    pub fn create(&self, side: Side, database: &str) {
        if self.on_servers {
            client(side, &format!("CREATE DATABASE `{}`", self.named(database)));
        }
    }

    /// Runs statements in a database.
    pub fn execute(&self, side: Side, database: &str, sql: &str) {
        if self.on_servers {
            client(side, &format!("USE `{}`; {sql}", self.named(database)));
        } else {
            self.file(side, database).execute_batch(sql).unwrap();
        }
    }

    /// The first cell of an answer.
    pub fn ask(&self, side: Side, database: &str, sql: &str) -> String {
        if self.on_servers {
            return client(side, &format!("USE `{}`; {sql}", self.named(database)));
        }
        let text = format!("SELECT CAST(({sql}) AS TEXT)");
        let file = self.file(side, database);
        file.query_row(&text, [], |row| row.get(0)).unwrap()
    }

    /// The databases and files of a side, ours and maestro's own.
    pub fn things(&self, side: Side) -> BTreeSet<String> {
        if self.on_servers {
            let list = client(side, "SHOW DATABASES");
            let mine = list.lines().filter(|name| name.starts_with(&self.prefix));
            return mine.map(str::to_string).collect();
        }
        let entries = self.home().join(side.folder()).read_dir().unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    /// What a run has left on the server beside the databases, found by the end of its id.
    pub fn staged(&self, side: Side, run: &str) -> BTreeSet<String> {
        if !self.on_servers {
            return BTreeSet::new();
        }
        let end = &run[run.len() - 12..];
        let list = client(side, "SHOW DATABASES");
        let left = list.lines().filter(|name| name.contains(end));
        left.map(str::to_string).collect()
    }

    /// The statements that make a table `big` of [`MANY`] rows.
    pub fn many_rows(&self) -> String {
        let numbers = match self.on_servers {
            true => format!("SELECT seq AS n FROM seq_1_to_{MANY}"),
            false => format!(
                "WITH RECURSIVE seq (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM seq WHERE n < {MANY}) SELECT n FROM seq"
            ),
        };
        let name = match self.on_servers {
            true => "REPEAT('x', 190)",
            false => "printf('%.190c', 'x')",
        };
        format!(
            "CREATE TABLE big (id INTEGER PRIMARY KEY, name VARCHAR(200));
             INSERT INTO big SELECT n, {name} FROM ({numbers}) AS numbers;"
        )
    }

    /// Host, port and user, where there is a server to log in to.
    pub fn login(&self, side: Side) -> Option<(String, String, String)> {
        if !self.on_servers {
            return None;
        }
        let url = std::env::var(format!("MAESTRO_TEST_MARIADB_{}", side.letter())).unwrap();
        let (_, address) = url.split_once('@').unwrap();
        let (host, port) = address.split_once(':').unwrap();
        Some((host.to_string(), port.to_string(), self.prefix.clone()))
    }

    /// Adds a connection as a person does: `connections add`, and an answer to each question.
    pub fn add(&self, screen: &mut Screen, name: &str, side: Side, label: Label) {
        screen.wipe();
        screen.enter("connections add");
        answer(screen, "Name:", name);
        match self.login(side) {
            Some((host, port, user)) => {
                answer(screen, "Engine (", "");
                answer(screen, "Host [localhost]:", &host);
                answer(screen, "Port [3306]:", &port);
                answer(screen, "User:", &user);
                answer(screen, "Password of ", PASSWORD);
            }
            None => {
                answer(screen, "Engine (", "sqlite");
                let folder = self.home().join(side.folder());
                answer(screen, "Folder or file:", folder.to_str().unwrap());
            }
        }
        answer(screen, "Environment (", label.name());
        answer(screen, &format!("Save {name}? [Y/n]"), "y");
        let (saved, vault) = (format!("Saved {name}"), "Passphrase of the new vault");
        screen.wait_until(&saved, |shown| {
            shown.contains(&saved) || shown.contains(vault)
        });
        if screen.contents().contains(vault) {
            screen.enter("");
        }
        screen.wait_for(&saved);
        screen.wait_for_line("maestro>");
    }

    /// A user who sees the databases of this test alone.
    fn make_user(&self, side: Side) {
        let user = &self.prefix;
        client(
            side,
            &format!(
                "CREATE USER '{user}'@'%' IDENTIFIED BY '{PASSWORD}';
                 GRANT ALL ON `{user}\\_%`.* TO '{user}'@'%';
                 GRANT ALL ON `\\_maestro%`.* TO '{user}'@'%';
                 GRANT PROCESS, RELOAD ON *.* TO '{user}'@'%'"
            ),
        );
    }

    fn file(&self, side: Side, database: &str) -> rusqlite::Connection {
        let name = format!("{}.db", self.named(database));
        rusqlite::Connection::open(self.home().join(side.folder()).join(name)).unwrap()
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        if !self.on_servers {
            return;
        }
        for side in [Side::Source, Side::Target] {
            for database in self.things(side) {
                client(side, &format!("DROP DATABASE `{database}`"));
            }
            client(side, &format!("DROP USER '{}'@'%'", self.prefix));
        }
    }
}

fn answer(screen: &mut Screen, question: &str, text: &str) {
    screen.wait_for(question);
    screen.enter(text);
}

/// What the server's own client prints, without headings.
fn client(side: Side, sql: &str) -> String {
    let server =
        std::env::var("MAESTRO_TEST_SERVER").expect("MAESTRO_TEST_SERVER is set by tests/run");
    let socket = std::env::var(format!("MAESTRO_TEST_MARIADB_{}_SOCKET", side.letter())).unwrap();
    let done = Command::new(server)
        .args([
            "client", "mariadb", "-udbm", "-N", "-B", "-S", &socket, "-e", sql,
        ])
        .env("MYSQL_PWD", std::env::var("MAESTRO_TEST_PASSWORD").unwrap())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{sql}\n{error}");
    String::from_utf8(done.stdout)
        .unwrap()
        .trim_end()
        .to_string()
}
