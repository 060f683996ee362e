//! Words into a command that is ready to act: one reading for the command line, scripts and the prompt.
//!
//! Reading is pure; a mistake is answered in our own words, with the nearest that is known. `act` carries
//! the command out.

pub mod split;
mod usage;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, FromArgMatches};
use serde_json::{Value, json};

use super::{COMMANDS, Context, Entry, Error, Group, Result, completions, find, help};
use crate::output::{Format, Page, Reply};

pub use split::{Statement, Unclosed, join, split};

/// How long a command that does not stop by itself may go on after the first Ctrl-C.
const GRACE: Duration = Duration::from_secs(2);

/// What a line says.
pub struct Line {
    pub globals: Globals,
    pub what: What,
}

pub enum What {
    /// A command to carry out.
    Act(&'static Entry, ArgMatches),
    /// An answer that needs nothing but the code: help, the version, completions.
    Show(Box<dyn Reply>),
    /// No command: only global flags, or nothing at all.
    Nothing,
}

/// The flags that every command takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Globals {
    pub home: Option<PathBuf>,
    pub format: Option<Format>,
    pub script: Option<String>,
    pub no_banner: bool,
}

impl Globals {
    /// The first of the flags that belong to the start of the program, if one was given.
    pub fn of_the_program(&self) -> Option<&'static str> {
        [
            (self.home.is_some(), "--home"),
            (self.script.is_some(), "-c"),
            (self.no_banner, "--no-banner"),
        ]
        .into_iter()
        .find_map(|(given, flag)| given.then_some(flag))
    }
}

/// The whole command line as clap knows it, built: every command below knows the global flags.
pub fn tree() -> clap::Command {
    let top = clap::Command::new("maestro")
        .about("Sync, compare and look after whole databases")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_subcommand(true)
        .args(globals());
    let mut tree = COMMANDS
        .iter()
        .fold(top, |top, entry| top.subcommand((entry.definition)()));
    tree.build();
    tree
}

fn globals() -> [Arg; 4] {
    let formats = PossibleValuesParser::new(["table", "json", "csv", "md"]);
    [
        Arg::new("home")
            .long("home")
            .value_name("DIR")
            .global(true)
            .value_hint(clap::ValueHint::DirPath)
            .value_parser(clap::value_parser!(PathBuf))
            .help("Where connections, history and settings are kept (also MAESTRO_HOME)"),
        Arg::new("output")
            .short('o')
            .long("output")
            .value_name("FORMAT")
            .global(true)
            .value_parser(formats.try_map(|word| word.parse::<Format>()))
            .help("How answers are printed"),
        Arg::new("no-banner")
            .long("no-banner")
            .global(true)
            .action(ArgAction::SetTrue)
            .help("Open the prompt without the welcome"),
        Arg::new("script")
            .short('c')
            .value_name("SCRIPT")
            .help("Run these commands, separated by `;`, and end"),
    ]
}

/// Reads words. The arrow `->` counts as `→`, which no parser takes for a flag.
///
/// # Errors
/// A usage error that names what is nearest.
pub fn read(words: &[String]) -> Result<Line> {
    let words = words
        .iter()
        .map(|word| if word == "->" { "→" } else { word.as_str() })
        .collect::<Vec<_>>();
    let tree = tree().no_binary_name(true);
    match tree.clone().try_get_matches_from(&words) {
        Ok(matches) => matched(matches),
        Err(error) => match error.kind() {
            clap::error::ErrorKind::DisplayHelp
            | clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                let path = usage::level(&tree, &words).1;
                shown(Box::new(help::reply(&path)?))
            }
            clap::error::ErrorKind::DisplayVersion => shown(Box::new(Version)),
            _ => Err(usage::redrawn(&error, &tree, &words)),
        },
    }
}

fn shown(reply: Box<dyn Reply>) -> Result<Line> {
    Ok(Line {
        globals: Globals::default(),
        what: What::Show(reply),
    })
}

fn matched(mut matches: ArgMatches) -> Result<Line> {
    let globals = Globals {
        home: matches.remove_one("home"),
        format: matches.remove_one("output"),
        script: matches.remove_one("script"),
        no_banner: matches.get_flag("no-banner"),
    };
    let what = match matches.remove_subcommand() {
        None => What::Nothing,
        Some((name, matches)) => of_entry(&name, matches)?,
    };
    Ok(Line { globals, what })
}

fn of_entry(name: &str, matches: ArgMatches) -> Result<What> {
    let entry = find(name).ok_or_else(|| Error::usage(format!("there is no command {name:?}")))?;
    let unread = |cause: clap::Error| Error::usage(cause.to_string());
    Ok(match entry.name().as_str() {
        "help" => {
            let args = help::Args::from_arg_matches(&matches).map_err(unread)?;
            What::Show(Box::new(args.reply()?))
        }
        "completions" => {
            let args = completions::Args::from_arg_matches(&matches).map_err(unread)?;
            What::Show(Box::new(args.reply()))
        }
        _ => What::Act(entry, matches),
    })
}

/// The format that words ask for, read without judging the rest: errors are printed in it too.
pub fn format_of(words: &[String]) -> Option<Format> {
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let value = match word {
            "-o" | "--output" => words.next(),
            _ => word
                .strip_prefix("--output=")
                .or_else(|| word.strip_prefix("-o").filter(|_| !word.starts_with("--"))),
        };
        if let Some(format) = value.and_then(|value| value.trim_start_matches('=').parse().ok()) {
            return Some(format);
        }
    }
    None
}

/// Carries a command out.
///
/// Commands that do work end by themselves after the first Ctrl-C, at a point where nothing is half done;
/// the others are dropped when they have not ended soon after it.
pub async fn act(
    entry: &Entry,
    matches: ArgMatches,
    cx: &mut Context<'_>,
) -> Result<Box<dyn Reply>> {
    let stop = cx.stop.clone();
    let work = (entry.action)(matches, cx);
    if entry.group == Group::Work || entry.name() == "menu" {
        return work.await;
    }
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        biased;
        done = work => done,
        () = late => Err(Error::interrupted("stopped before it was done")),
    }
}

/// `--version`.
struct Version;

impl Reply for Version {
    fn render(&self, page: &mut Page) {
        page.line(format!("maestro {}", env!("CARGO_PKG_VERSION")));
    }

    fn json(&self) -> Value {
        json!({ "version": env!("CARGO_PKG_VERSION") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_string).collect()
    }

    fn error(line: &str) -> Error {
        match read(&words(line)) {
            Ok(_) => panic!("{line:?} was read"),
            Err(error) => error,
        }
    }

    #[test]
    fn the_definitions_of_all_commands_are_sound() {
        tree().debug_assert();
    }

    #[test]
    fn names_and_aliases_mean_one_command() {
        let mut names = COMMANDS
            .iter()
            .flat_map(|entry| {
                let definition = (entry.definition)();
                let aliases = definition.get_all_aliases().map(str::to_string);
                aliases.chain([entry.name()]).collect::<Vec<_>>()
            })
            .collect::<Vec<_>>();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn an_unknown_command_names_the_nearest() {
        let error = error("hlep");
        assert_eq!(error.message, "there is no command \"hlep\"");
        assert_eq!(error.hint.as_deref(), Some("did you mean help?"));
        assert_eq!(error.exit.0, 64);
    }

    #[test]
    fn an_unknown_flag_names_the_nearest() {
        let error = error("menu --no-baner");
        assert_eq!(error.message, "menu has no flag --no-baner");
        assert_eq!(error.hint.as_deref(), Some("did you mean --no-banner?"));
    }

    #[test]
    fn a_wrong_value_lists_the_right_ones() {
        let error = error("menu -o jsn");
        assert_eq!(error.message, "\"jsn\" is no value for --output <FORMAT>");
        assert_eq!(error.hint.as_deref(), Some("one of table, json, csv, md"));
    }

    #[test]
    fn a_word_too_many_is_named_without_its_password() {
        let error = error("quit mysql://u:s3cret@h/db");
        assert_eq!(error.message, "quit does not take \"mysql://u:***@h/db\"");
    }

    #[test]
    fn global_flags_stand_before_and_after_the_command() {
        for line in ["-o json menu", "menu -o json", "menu --output=json"] {
            let read = read(&words(line)).unwrap();
            assert_eq!(read.globals.format, Some(Format::Json), "{line}");
            assert_eq!(format_of(&words(line)), Some(Format::Json), "{line}");
        }
    }
}
