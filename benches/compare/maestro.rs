//! How the bench calls maestro: as a script would, with a state folder of its own for each run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;
use crate::data::{COPY, SOURCE};
use crate::measure;
use crate::servers::{PASSWORD, Server};

/// A maestro.
#[derive(Clone)]
pub struct Maestro(PathBuf);

impl Maestro {
    /// The one that was built with this bench, or the one that is named.
    pub fn built() -> Maestro {
        let named = std::env::var_os("MAESTRO_BENCH_MAESTRO").map(PathBuf::from);
        Maestro(named.unwrap_or_else(|| env!("CARGO_BIN_EXE_maestro").into()))
    }

    /// A second one.
    pub fn before() -> Option<Maestro> {
        Some(Maestro(std::env::var_os("MAESTRO_BENCH_BEFORE")?.into()))
    }

    pub fn program(&self) -> &Path {
        &self.0
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.0);
        command
            .arg("--home")
            .arg(folder.join("home"))
            .env_remove("MAESTRO_HOME")
            .env("MAESTRO_BENCH_PASSWORD", PASSWORD)
            .stdin(Stdio::null());
        command
    }

    /// Saves a place as a connection.
    pub fn connect(&self, folder: &Path, name: &str, url: &str) -> Result<()> {
        let mut command = self.command(folder);
        command.args([
            "connections",
            "add",
            name,
            url,
            "--env",
            "development",
            "--no-test",
        ]);
        if !url.starts_with("sqlite:") {
            command.args(["--password-env", "MAESTRO_BENCH_PASSWORD"]);
        }
        measure::answer(&command.output()?).map(drop)
    }

    /// The command that copies between servers, saved as connections; where both are one, as one.
    pub fn sync(
        &self,
        folder: &Path,
        from: &Server,
        to: &Server,
        flags: &[String],
    ) -> Result<Command> {
        let target = if from.port == to.port { "a" } else { "b" };
        self.connect(folder, "a", &from.url())?;
        if target == "b" {
            self.connect(folder, "b", &to.url())?;
        }
        self.copy(
            folder,
            &format!("a/{SOURCE}"),
            &format!("{target}/{COPY}"),
            flags,
        )
    }

    /// The command that copies between saved places.
    pub fn copy(&self, folder: &Path, from: &str, to: &str, flags: &[String]) -> Result<Command> {
        let help = self.command(folder).args(["help", "sync"]).output()?.stdout;
        let help = String::from_utf8_lossy(&help);
        let unknown = flags
            .iter()
            .find(|flag| !help.contains(flag.split('=').next().unwrap_or(flag)));
        if let Some(flag) = unknown {
            return Err(format!("this maestro has no {flag}").into());
        }
        let mut command = self.command(folder);
        command.args(["sync", from, to, "--yes"]).args(flags);
        Ok(command)
    }
}
