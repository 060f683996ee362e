//! The machine: packages that are missing, its memory and processors, and the folder that must not outlive the bench.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};

use crate::{Result, say, servers};

/// Debian's packages, and a program of each.
const PACKAGES: [(&str, &str); 6] = [
    ("mariadb-server-core", "mariadbd"),
    ("mariadb-client-core", "mariadb"),
    ("mariadb-client", "mariadb-dump"),
    ("mydumper", "myloader"),
    ("sqlite3", "sqlite3"),
    ("git", "git"),
];

/// Installs what is missing, as tests/run does.
pub fn install() -> Result<()> {
    let missing: Vec<&str> = PACKAGES
        .iter()
        .filter(|(_, program)| find(program).is_none())
        .map(|(package, _)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    say(&format!("installing {}", missing.join(", ")));
    for words in [
        &["update"][..],
        &["-y", "install", "--no-install-recommends"],
    ] {
        let mut command = Command::new("apt-get");
        command
            .arg("-qq")
            .args(words)
            .env("DEBIAN_FRONTEND", "noninteractive");
        if words.len() > 1 {
            command.args(&missing);
        }
        if !command.stdout(Stdio::null()).status()?.success() {
            let missing = missing.join(" ");
            return Err(
                format!("cannot install {missing} (needs root and a package mirror)").into(),
            );
        }
    }
    Ok(())
}

/// Where a program lies.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// The last line of what a program says of its version.
pub fn version(program: &Path) -> String {
    let output = Command::new(program).arg("--version").output();
    let text = output.map(|output| output.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().next().unwrap_or("unknown").to_string()
}

/// Memory that is free for servers, and the names of the processors.
pub fn memory() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

pub fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("model name"));
    let name = line
        .and_then(|line| line.split_once(':'))
        .map(|(_, name)| name.trim());
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{processors} × {}", name.unwrap_or("processor"))
}

/// The folder of servers, dumps and files. However the bench ends, its servers end and it is removed.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Result<Folder> {
        let folder = tempfile::Builder::new()
            .prefix("maestro-bench-")
            .tempdir()?;
        let path = folder.path().to_path_buf();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        std::thread::spawn(move || {
            runtime.block_on(async {
                let mut interrupt = signal(SignalKind::interrupt()).unwrap();
                let mut terminate = signal(SignalKind::terminate()).unwrap();
                tokio::select! { _ = interrupt.recv() => (), _ = terminate.recv() => () }
            });
            servers::end_all(&path);
            let _ = std::fs::remove_dir_all(&path);
            std::process::exit(130);
        });
        Ok(Folder(folder))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A new, empty folder in it.
    pub fn fresh(&self, name: &str) -> Result<PathBuf> {
        let path = self.path().join(name);
        if path.exists() {
            std::fs::remove_dir_all(&path)?;
        }
        std::fs::create_dir_all(&path)?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        servers::end_all(self.path());
    }
}
