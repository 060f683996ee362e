//! `help`: all commands by group, or one command with its usage, flags and examples.
//!
//! Everything is read from the definitions that parse the words, so help cannot promise what is not there.
//! docs/commands.md is the same text in Markdown.

use serde_json::{Value, json};

use super::{COMMANDS, Command, Context, Entry, Error, Group, Result, find, line};
use crate::model::endpoint::nearest;
use crate::output::{Cell, Page, Reply, Tone};

/// The exit codes and what they mean.
pub const EXITS: &[(u8, &str)] = &[
    (0, "done, no differences"),
    (1, "differences"),
    (2, "failed, also the only database of a batch"),
    (3, "some databases failed, or objects were not copied"),
    (
        4,
        "refused before anything changed: by a guard, a finding or a missing confirmation",
    ),
    (5, "cannot connect or log in"),
    (6, "done but not verified"),
    (64, "usage"),
    (78, "configuration"),
    (130, "interrupted"),
];

/// List the commands, or explain one
#[derive(clap::Parser)]
#[command(name = "help", visible_alias = "?")]
pub struct Args {
    /// The command to explain, such as `sync` or `connections add`
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
}

impl Args {
    /// The answer, which needs nothing but the code.
    pub fn reply(&self) -> Result<Help> {
        reply(&self.command)
    }
}

impl Command for Args {
    type Reply = Help;
    const GROUP: Group = Group::Program;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("help", "all commands by group"),
        ("help quit", "one command with its flags and examples"),
    ];

    async fn run(self, _: &mut Context<'_>) -> Result<Help> {
        self.reply()
    }
}

/// What help says about the words: nothing means all commands.
pub fn reply(path: &[String]) -> Result<Help> {
    let Some((first, below)) = path.split_first() else {
        return Ok(Help::All);
    };
    let entry = find(first).ok_or_else(|| unknown(first))?;
    let mut topic = Topic::of(entry);
    for word in below {
        topic = topic.below(word)?;
    }
    Ok(Help::One(Box::new(topic)))
}

fn unknown(word: &str) -> Error {
    let names = shown(COMMANDS).map(Entry::name).collect::<Vec<_>>();
    let hint = match nearest(word, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None => "`help` lists the commands".to_string(),
    };
    Error::usage(format!("there is no command {word:?}")).hint(hint)
}

fn shown(entries: &[Entry]) -> impl Iterator<Item = &Entry> {
    entries
        .iter()
        .filter(|entry| !(entry.definition)().is_hide_set())
}

/// What `help` answers.
pub enum Help {
    All,
    One(Box<Topic>),
}

/// One command as it is explained.
pub struct Topic {
    name: String,
    definition: clap::Command,
    examples: Vec<(&'static str, &'static str)>,
}

/// A part of a command: how it is written, what it means.
type Part = (String, String);

impl Topic {
    fn of(entry: &Entry) -> Topic {
        Topic {
            name: entry.name(),
            definition: built(entry),
            examples: entry.examples.to_vec(),
        }
    }

    /// The command below this one; it keeps the examples that are about it.
    fn below(&self, word: &str) -> Result<Topic> {
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

    fn about(&self) -> String {
        let about = self
            .definition
            .get_long_about()
            .or(self.definition.get_about());
        about.map(|about| about.to_string()).unwrap_or_default()
    }

    fn usage(&self) -> String {
        let mut named = self.definition.clone().bin_name(self.name.clone());
        let usage = named.render_usage().to_string();
        usage.trim_start_matches("Usage:").trim().to_string()
    }

    fn aliases(&self) -> Vec<String> {
        self.definition
            .get_visible_aliases()
            .map(str::to_string)
            .collect()
    }

    fn arguments(&self) -> Vec<Part> {
        self.definition
            .get_positionals()
            .filter(|arg| !arg.is_hide_set())
            .map(argument)
            .collect()
    }

    fn flags(&self) -> Vec<Part> {
        let own = self.definition.get_arguments();
        own.filter(|arg| !arg.is_positional() && !arg.is_hide_set() && arg.get_id() != "help")
            .map(argument)
            .collect()
    }

    fn subcommands(&self) -> Vec<Part> {
        self.definition
            .get_subcommands()
            .filter(|command| !command.is_hide_set() && command.get_name() != "help")
            .map(|command| (command.get_name().to_string(), about(command)))
            .collect()
    }

    fn sections(&self) -> [(&'static str, Vec<Part>); 3] {
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

fn about(command: &clap::Command) -> String {
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

fn global_flags() -> Vec<Part> {
    line::tree()
        .get_arguments()
        .filter(|arg| !arg.is_hide_set())
        .map(argument)
        .collect()
}

/// The groups that hold a command, each with its commands.
fn groups() -> Vec<(Group, Vec<&'static Entry>)> {
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

impl Reply for Help {
    fn render(&self, page: &mut Page) {
        match self {
            Help::All => render_all(page),
            Help::One(topic) => render_topic(page, topic),
        }
    }

    fn json(&self) -> Value {
        match self {
            Help::All => json!({ "commands": groups().iter().flat_map(|(group, entries)| {
                entries.iter().map(|entry| json!({
                    "name": entry.name(),
                    "group": group.title(),
                    "about": about(&(entry.definition)()),
                }))
            }).collect::<Vec<_>>() }),
            Help::One(topic) => topic_json(topic),
        }
    }
}

fn topic_json(topic: &Topic) -> Value {
    let parts = |parts: Vec<Part>| {
        let parts = parts.into_iter();
        parts
            .map(|(name, about)| json!({ "name": name, "about": about }))
            .collect::<Vec<_>>()
    };
    let examples = topic.examples.iter();
    json!({
        "name": topic.name,
        "about": topic.about(),
        "usage": topic.usage(),
        "aliases": topic.aliases(),
        "commands": parts(topic.subcommands()),
        "arguments": parts(topic.arguments()),
        "flags": parts(topic.flags()),
        "examples": examples.map(|(typed, does)| json!({ "command": typed, "about": does })).collect::<Vec<_>>(),
    })
}

fn render_all(page: &mut Page) {
    let width = shown(COMMANDS)
        .map(|entry| entry.name().len())
        .max()
        .unwrap_or_default();
    for (group, entries) in groups() {
        page.line(Cell::new(Tone::Strong, group.title()));
        for entry in entries {
            part(page, width, &(entry.name(), about(&(entry.definition)())));
        }
        page.blank();
    }
    section(page, "Flags of every command", &global_flags());
    page.line("`help COMMAND` explains one; `COMMAND --help` does the same.");
}

fn render_topic(page: &mut Page, topic: &Topic) {
    for paragraph in topic.about().lines() {
        let lines = wrapped(paragraph, COLUMNS);
        if lines.is_empty() {
            page.blank();
        }
        lines.into_iter().for_each(|line| page.line(line));
    }
    page.blank();
    page.pieces([Cell::new(Tone::Strong, "Usage: "), topic.usage().into()]);
    let aliases = topic.aliases();
    if !aliases.is_empty() {
        page.pieces([Cell::new(Tone::Strong, "Also: "), aliases.join(", ").into()]);
    }
    page.blank();
    for (title, parts) in topic.sections() {
        section(page, title, &parts);
    }
    let examples = topic.examples.iter();
    let examples = examples.map(|(typed, does)| (typed.to_string(), does.to_string()));
    section(page, "Examples", &examples.collect::<Vec<_>>());
}

fn section(page: &mut Page, title: &str, parts: &[Part]) {
    if parts.is_empty() {
        return;
    }
    let width = parts
        .iter()
        .map(|(written, _)| written.chars().count())
        .max()
        .unwrap_or_default();
    page.line(Cell::new(Tone::Strong, title));
    parts.iter().for_each(|one| part(page, width, one));
    page.blank();
}

/// How wide help is drawn.
const COLUMNS: usize = 100;

fn part(page: &mut Page, width: usize, (written, meaning): &Part) {
    let mut lines = wrapped(meaning, COLUMNS.saturating_sub(width + 4)).into_iter();
    page.pieces([
        "  ".into(),
        Cell::new(Tone::Accent, format!("{written:width$}")),
        format!("  {}", lines.next().unwrap_or_default()).into(),
    ]);
    lines.for_each(|line| page.line(format!("{:1$}{line}", "", width + 4)));
}

/// Text in lines of at most `width` characters; a longer word has a line of its own.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::<String>::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

/// docs/commands.md.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Commands\n\n\
         Generated from the definitions in `src/commands`; `MAESTRO_BLESS=1 cargo test --test tests docs` \
         writes it anew.\n\n\
         The same commands work at the prompt (`sync …`), in a script (`maestro -c 'sync …; history'`) and \
         from the command line (`maestro sync …`).\n\n## Flags of every command\n\n",
    );
    text += &list(&global_flags());
    for (group, entries) in groups() {
        text += &format!("## {}\n\n", group.title());
        entries
            .iter()
            .for_each(|entry| text += &chapter(&Topic::of(entry), "###"));
    }
    text += "## Exit codes\n\n| code | meaning |\n| ---: | --- |\n";
    EXITS
        .iter()
        .for_each(|(code, meaning)| text += &format!("| {code} | {meaning} |\n"));
    text
}

fn chapter(topic: &Topic, depth: &str) -> String {
    let mut text = format!("{depth} {}\n\n{}\n\n", topic.name, topic.about());
    text += &format!("```text\n{}\n```\n\n", topic.usage());
    let aliases = topic.aliases();
    if !aliases.is_empty() {
        text += &format!("Also: {}.\n\n", aliases.join(", "));
    }
    text += &list(&topic.arguments());
    text += &list(&topic.flags());
    let subcommands = topic.subcommands();
    if subcommands.is_empty() && !topic.examples.is_empty() {
        text += &examples(topic);
    }
    for (name, _) in &subcommands {
        text += &topic
            .below(name)
            .map(|below| chapter(&below, "####"))
            .unwrap_or_default();
    }
    text
}

fn examples(topic: &Topic) -> String {
    let width = topic
        .examples
        .iter()
        .map(|(typed, _)| typed.chars().count())
        .max()
        .unwrap_or(0);
    let lines = topic
        .examples
        .iter()
        .map(|(typed, does)| format!("{typed:width$}   # {does}\n"));
    format!("```text\n{}```\n\n", lines.collect::<String>())
}

fn list(parts: &[Part]) -> String {
    if parts.is_empty() {
        return String::new();
    }
    let line = |(written, meaning): &Part| match meaning.is_empty() {
        true => format!("- `{written}`\n"),
        false => format!("- `{written}`: {meaning}\n"),
    };
    parts.iter().map(line).collect::<String>() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Format;
    use crate::output::theme::Paint;

    fn printed(path: &[&str]) -> String {
        let path = path.iter().map(|word| word.to_string()).collect::<Vec<_>>();
        let mut page = Page::default();
        reply(&path).unwrap().render(&mut page);
        page.print(Format::Table, Paint::off())
    }

    #[test]
    fn help_lists_every_command_but_the_hidden() {
        let text = printed(&[]);
        for entry in COMMANDS {
            let line = text
                .lines()
                .any(|line| line.trim_start().starts_with(&entry.name()));
            assert_eq!(
                line,
                !(entry.definition)().is_hide_set(),
                "{}",
                entry.name()
            );
        }
    }

    #[test]
    fn every_command_has_an_about_and_examples_that_are_read() {
        for entry in COMMANDS {
            assert!(!about(&(entry.definition)()).is_empty(), "{}", entry.name());
            assert!(!entry.examples.is_empty(), "{}", entry.name());
            for (typed, _) in entry.examples {
                let typed = typed.split(" > ").next().unwrap_or_default();
                for statement in line::split(typed).unwrap() {
                    let words = statement.words.strip_prefix(&["maestro".to_string()][..]);
                    let words = words.unwrap_or(&statement.words);
                    if let Err(error) = line::read(words) {
                        panic!("{typed}: {error}");
                    }
                }
            }
        }
    }

    #[test]
    fn help_of_a_command_shows_usage_and_examples() {
        let text = printed(&["quit"]);
        assert!(text.contains("Usage: quit\n"), "{text}");
        assert!(text.contains("Also: exit, q\n"), "{text}");
        assert!(text.contains("  quit  leave the prompt\n"), "{text}");
    }

    #[test]
    fn help_is_never_wider_than_its_columns_unless_a_word_is() {
        for entry in COMMANDS {
            for line in printed(&[&entry.name()]).lines() {
                let wide = line.chars().count() > COLUMNS;
                assert!(
                    !wide || line.trim_start().starts_with(&entry.name()),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn help_of_what_is_not_there_names_the_nearest() {
        let error = reply(&["mneu".to_string()]).err().unwrap();
        assert_eq!(error.hint.as_deref(), Some("did you mean menu?"));
    }
}
