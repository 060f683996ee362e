//! One command as it is explained: read from its definition, for the terminal and for docs/commands.md.

use crate::commands::{COMMANDS, Entry, Error, Group, Result, line};
use crate::model::endpoint::nearest;

pub(super) fn shown(entries: &[Entry]) -> impl Iterator<Item = &Entry> {
    entries
        .iter()
        .filter(|entry| !(entry.definition)().is_hide_set())
}

/// One command as it is explained.
pub struct Topic {
    pub(super) name: String,
    definition: clap::Command,
    pub(super) examples: Vec<(&'static str, &'static str)>,
}

/// A part of a command: how it is written, what it means.
pub(super) type Part = (String, String);

impl Topic {
    pub(super) fn of(entry: &Entry) -> Topic {
        Topic {
            name: entry.name(),
            definition: built(entry),
            examples: entry.examples.to_vec(),
        }
    }

    /// The command below this one; it keeps the examples that are about it.
    pub(super) fn below(&self, word: &str) -> Result<Topic> {
        let Some(definition) = self.definition.find_subcommand(word) else {
            let names = self.subcommands();
            let near = nearest(word, names.iter().map(|(name, _)| name.as_str()));
            let hint = near.map_or(format!("see `help {}`", self.name), |near| {
                format!("did you mean {near}?")
            });
            return Err(Error::usage(format!("{} knows no {word:?}", self.name)).hint(hint));
        };
        let name = format!("{} {}", self.name, definition.get_name());
        let examples = self.examples.iter().copied();
        Ok(Topic {
            examples: examples
                .filter(|(typed, _)| typed.starts_with(&name))
                .collect(),
            definition: definition.clone(),
            name,
        })
    }

    pub(super) fn about(&self) -> String {
        let about = self
            .definition
            .get_long_about()
            .or(self.definition.get_about());
        about.map(|about| about.to_string()).unwrap_or_default()
    }

    pub(super) fn usage(&self) -> String {
        let mut named = self.definition.clone().bin_name(self.name.clone());
        let usage = named.render_usage().to_string();
        usage.trim_start_matches("Usage:").trim().to_string()
    }

    pub(super) fn aliases(&self) -> Vec<String> {
        self.definition
            .get_visible_aliases()
            .map(str::to_string)
            .collect()
    }

    pub(super) fn arguments(&self) -> Vec<Part> {
        self.definition
            .get_positionals()
            .filter(|arg| !arg.is_hide_set())
            .map(argument)
            .collect()
    }

    pub(super) fn flags(&self) -> Vec<Part> {
        let own = self.definition.get_arguments();
        own.filter(|arg| !arg.is_positional() && !arg.is_hide_set() && arg.get_id() != "help")
            .map(argument)
            .collect()
    }

    pub(super) fn subcommands(&self) -> Vec<Part> {
        self.definition
            .get_subcommands()
            .filter(|command| !command.is_hide_set() && command.get_name() != "help")
            .map(|command| (command.get_name().to_string(), about(command)))
            .collect()
    }

    pub(super) fn sections(&self) -> [(&'static str, Vec<Part>); 3] {
        [
            ("Commands", self.subcommands()),
            ("Arguments", self.arguments()),
            ("Flags", self.flags()),
        ]
    }
}

/// The definition, so far worked out that its arguments can be shown.
fn built(entry: &Entry) -> clap::Command {
    let mut definition = (entry.definition)();
    definition.build();
    definition
}

pub(super) fn about(command: &clap::Command) -> String {
    command
        .get_about()
        .map(|about| about.to_string())
        .unwrap_or_default()
}

fn argument(arg: &clap::Arg) -> Part {
    let written = match (arg.get_short(), arg.is_positional()) {
        (Some(short), false) if arg.get_long().is_some() => format!("-{short}, {arg}"),
        _ => arg.to_string(),
    };
    let mut meaning = arg
        .get_help()
        .map(|help| help.to_string())
        .unwrap_or_default();
    let values = arg.get_possible_values();
    if !values.is_empty() && arg.get_action().takes_values() {
        let names = values
            .iter()
            .map(|value| value.get_name())
            .collect::<Vec<_>>();
        meaning += &format!(" ({})", names.join(", "));
    }
    let default = arg
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy());
    let default = default.collect::<Vec<_>>().join(" ");
    if !default.is_empty() && arg.get_action().takes_values() {
        meaning += &format!(" [default: {default}]");
    }
    (written, meaning.trim_start().to_string())
}

pub(super) fn global_flags() -> Vec<Part> {
    line::tree()
        .get_arguments()
        .filter(|arg| !arg.is_hide_set())
        .map(argument)
        .collect()
}

/// The groups that hold a command, each with its commands.
pub(super) fn groups() -> Vec<(Group, Vec<&'static Entry>)> {
    let mut groups = Vec::<(Group, Vec<&Entry>)>::new();
    for entry in shown(COMMANDS) {
        match groups.iter_mut().find(|(group, _)| *group == entry.group) {
            Some((_, entries)) => entries.push(entry),
            None => groups.push((entry.group, vec![entry])),
        }
    }
    groups.sort_by_key(|(group, _)| *group);
    groups
}
