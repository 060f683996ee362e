//! docs/commands.md: what `help` says, in Markdown.

use super::topic::{Part, Topic, global_flags, groups};

/// The exit codes and what they mean.
const EXITS: &[(u8, &str)] = &[
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
