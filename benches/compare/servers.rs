//! Two private servers of a kind, by tests/servers/server, with the memory and the log that real ones would have.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use crate::machine::{self, Folder};
use crate::measure;
use crate::options::Kind;
use crate::{Result, say};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/server");
pub const USER: &str = "dbm";
pub const PASSWORD: &str = "dbm";

pub struct Server {
    pub kind: Kind,
    pub port: u16,
    pub pid: u32,
    folder: PathBuf,
}

/// A server to read from, and one to write to.
pub struct Pair {
    pub source: Server,
    pub target: Server,
    pub version: String,
}

impl Pair {
    pub fn start(kind: Kind, folder: &Folder) -> Result<Pair> {
        say(&format!("starting two {} servers", kind.name()));
        let version = Command::new(SCRIPT)
            .args(["version", kind.name()])
            .output()?;
        let version = String::from_utf8(version.stdout)?;
        let number = version.trim().split('-').next().unwrap_or_default();
        let version = format!("{} {number}", kind.title());
        Ok(Pair {
            source: Server::start(kind, &folder.path().join(format!("{}-a", kind.name())))?,
            target: Server::start(kind, &folder.path().join(format!("{}-b", kind.name())))?,
            version,
        })
    }

    pub fn pids(&self) -> [u32; 2] {
        [self.source.pid, self.target.pid]
    }
}

impl Kind {
    pub fn title(self) -> &'static str {
        match self {
            Kind::Mariadb => "MariaDB",
            Kind::Mysql => "MySQL",
        }
    }

    /// Options beside those of tests/servers/server.
    pub fn options(self) -> Vec<String> {
        let log = match self {
            Kind::Mariadb => "--innodb-log-file-size=1G",
            Kind::Mysql => "--innodb-redo-log-capacity=1G",
        };
        let pool = format!("--innodb-buffer-pool-size={}M", *POOL);
        vec![
            pool,
            "--innodb-flush-log-at-trx-commit=2".into(),
            log.into(),
        ]
    }

    /// What tests/servers/server says of the binary log.
    pub fn binary_log(self) -> &'static str {
        match self {
            Kind::Mariadb => "binary log on (ROW)",
            Kind::Mysql => "binary log off",
        }
    }
}

/// MiB of each buffer pool: 2 GiB, or a quarter of the memory that is free before the first server starts.
static POOL: LazyLock<u64> = LazyLock::new(|| (machine::memory() >> 22).clamp(256, 2048));

impl Server {
    fn start(kind: Kind, folder: &Path) -> Result<Server> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new(SCRIPT);
        command
            .arg("start")
            .arg(kind.name())
            .arg(folder)
            .arg(port.to_string());
        let done = command.args(kind.options()).output()?;
        measure::answer(&done)?;
        let pid = std::fs::read_to_string(folder.join("pid"))?
            .trim()
            .parse()?;
        let folder = folder.to_path_buf();
        Ok(Server {
            kind,
            port,
            pid,
            folder,
        })
    }

    pub fn stop(&self) -> Result<()> {
        Command::new(SCRIPT)
            .arg("stop")
            .arg(&self.folder)
            .status()?;
        Ok(std::fs::remove_dir_all(&self.folder)?)
    }

    /// The server's own `client` or `dump` program, connected over TCP and without TLS, as maestro is.
    pub fn program(&self, what: &str) -> Command {
        let mut command = Command::new(SCRIPT);
        command.args([what, self.kind.name(), "--default-character-set=utf8mb4"]);
        command.args(self.login());
        command.args(match self.kind {
            Kind::Mariadb => &["--skip-ssl"][..],
            Kind::Mysql => &["--ssl-mode=DISABLED", "--get-server-public-key"],
        });
        command
    }

    /// Where the server is, as all programs of the family take it.
    pub fn login(&self) -> [String; 4] {
        let port = format!("--port={}", self.port);
        [
            "--host=127.0.0.1".into(),
            port,
            format!("--user={USER}"),
            format!("--password={PASSWORD}"),
        ]
    }

    /// Where the server is, as maestro takes it.
    pub fn url(&self) -> String {
        format!("mysql://{USER}@127.0.0.1:{}", self.port)
    }

    /// Runs statements; what they answer, a row per line.
    pub fn sql(&self, text: &str) -> Result<String> {
        let mut client = self.program("client");
        client.args(["--batch", "--skip-column-names", "--unbuffered"]);
        client
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut client = client.spawn()?;
        let mut input = client.stdin.take().ok_or("the client takes no input")?;
        let text = text.to_string();
        // A client that fails reads no further; its own words tell why.
        let writer = std::thread::spawn(move || drop(input.write_all(text.as_bytes())));
        let done = client.wait_with_output()?;
        let _ = writer.join();
        measure::answer(&done)
    }
}

/// Kills every server whose folder lies in this one.
pub fn end_all(folder: &Path) {
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        if entry.path().join("pid").exists() {
            let _ = Command::new(SCRIPT).arg("kill").arg(entry.path()).status();
        }
    }
}
