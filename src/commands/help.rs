//! `help`: all commands by group, or one command with its usage, flags and examples.
//!
//! Everything is read from the definitions that parse the words, so help cannot promise what is not there.
//! docs/commands.md is the same text in Markdown.

mod reference;
mod topic;

use serde_json::{Value, json};

use super::{COMMANDS, Command, Context, Entry, Error, Group, Result, find};
use crate::model::endpoint::nearest;
use crate::output::{Cell, Page, Reply, Tone};
use topic::{Part, Topic, about, global_flags, groups, shown};

pub use reference::markdown;

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

/// What `help` answers.
pub enum Help {
    All,
    One(Box<Topic>),
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
    let mut before = Cell::new(Tone::Strong, "Usage: ");
    for line in topic.usage().lines() {
        page.pieces([before, line.trim_start().into()]);
        before = "       ".into();
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::line;
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
    fn a_usage_of_two_lines_is_two_lines() {
        let text = printed(&["history"]);
        let usage = "Usage: history [OPTIONS]\n       history <COMMAND>\n";
        assert!(text.contains(usage), "{text}");
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
