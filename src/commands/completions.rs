//! `completions SHELL`: the script that completes `maestro …` in bash, zsh or fish.
//!
//! Hidden from help: packages use it, and `completions/` holds its output. Made from the same tree that
//! parses the words, so the two cannot differ.

use serde_json::{Value, json};

use super::{Command, Context, Group, Result, line};
use crate::output::{Page, Reply};

/// Print the completion script of a shell
#[derive(clap::Parser)]
#[command(name = "completions", hide = true)]
pub struct Args {
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// The shells that completions are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Shell {
    pub const ALL: [Shell; 3] = [Shell::Bash, Shell::Zsh, Shell::Fish];

    /// The file in `completions/`, named as the shell looks for it.
    pub fn file(self) -> &'static str {
        match self {
            Shell::Bash => "maestro.bash",
            Shell::Zsh => "_maestro",
            Shell::Fish => "maestro.fish",
        }
    }

    /// The completion script.
    pub fn script(self) -> String {
        let generator = match self {
            Shell::Bash => clap_complete::Shell::Bash,
            Shell::Zsh => clap_complete::Shell::Zsh,
            Shell::Fish => clap_complete::Shell::Fish,
        };
        let mut bytes = Vec::new();
        clap_complete::generate(generator, &mut line::tree(), "maestro", &mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Args {
    /// The answer, which needs nothing but the code.
    pub fn reply(&self) -> Script {
        Script {
            text: self.shell.script(),
        }
    }
}

impl Command for Args {
    type Reply = Script;
    const GROUP: Group = Group::Program;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[(
        "completions bash > ~/.local/share/bash-completion/completions/maestro",
        "complete commands and flags in bash",
    )];

    async fn run(self, _: &mut Context<'_>) -> Result<Script> {
        Ok(self.reply())
    }
}

/// A completion script.
pub struct Script {
    text: String,
}

impl Reply for Script {
    fn render(&self, page: &mut Page) {
        self.text.lines().for_each(|line| page.line(line));
    }

    fn json(&self) -> Value {
        json!({ "script": self.text })
    }
}
