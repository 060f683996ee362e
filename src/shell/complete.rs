//! What Tab offers and what the grey usage says, read from the definitions that parse the words.
//!
//! What an argument means is told by its value name (`CONNECTION`, `DB.TABLE`, `RUN` …), the same that
//! help shows.

mod values;

use clap::{Arg, Command};

use crate::commands::line::split::partial;
use crate::commands::line::tree;
use values::{prefixed, value_name, values};

/// The names that are known outside the definitions.
pub trait Names {
    fn connections(&self) -> Vec<String>;
    fn databases(&self, connection: &str) -> Vec<String>;
    fn tables(&self, connection: &str, database: &str) -> Vec<String>;
    fn runs(&self) -> Vec<String>;
    /// The ids of the backups.
    fn backups(&self) -> Vec<String>;
    /// The session's source, and the database in it.
    fn source(&self) -> Option<String>;
    fn source_database(&self) -> Option<String>;
}

/// One way to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub shown: String,
    /// What takes the place of the word under the cursor.
    pub typed: String,
}

/// Where a line stands: the command that its words name, and what they have given it.
struct Standing {
    command: Command,
    /// How many words were positional arguments.
    given: usize,
    /// The flag that waits for its value.
    waiting: Option<Arg>,
}

/// The candidates for the word that the text ends in, and where that word begins.
pub fn complete(text: &str, names: &dyn Names) -> (usize, Vec<Candidate>) {
    let partial = partial(text);
    let word = partial.word.as_str();
    let Some(at) = standing(&partial.words) else {
        return (partial.start, Vec::new());
    };
    let candidates = match (&at.waiting, word.split_once('=')) {
        (Some(flag), _) => values(flag, word, names),
        (None, Some((flag, value))) if flag.starts_with("--") => match long(&at.command, flag) {
            Some(arg) => prefixed(&format!("{flag}="), values(&arg, value, names)),
            None => Vec::new(),
        },
        (None, _) if word.starts_with('-') => flags(&at.command, word),
        (None, _) => words(&at, word, names),
    };
    (partial.start, candidates)
}

/// What a command still takes, for a line that ends in a space: `<NAME> [URL]`.
pub fn usage(text: &str) -> Option<String> {
    let partial = partial(text);
    if !partial.word.is_empty() || partial.words.is_empty() || !text.ends_with(' ') {
        return None;
    }
    let at = standing(&partial.words)?;
    if let Some(flag) = &at.waiting {
        return Some(value_name(flag));
    }
    let positionals = at
        .command
        .get_positionals()
        .filter(|arg| !arg.is_hide_set());
    let mut left = positionals
        .skip(at.given)
        .map(Arg::to_string)
        .collect::<Vec<_>>();
    if at.given == 0 {
        let below = visible(&at.command)
            .map(|(name, _)| name)
            .collect::<Vec<_>>();
        left.extend((!below.is_empty()).then(|| below.join("|")));
    }
    (!left.is_empty()).then(|| left.join(" "))
}

fn standing(words: &[String]) -> Option<Standing> {
    let mut at = Standing {
        command: tree(),
        given: 0,
        waiting: None,
    };
    let mut depth = 0;
    for word in words {
        if at.waiting.take().is_some() {
            continue;
        }
        if word.starts_with('-') && word.len() > 1 {
            at.waiting = flag(&at.command, word)
                .filter(|arg| arg.get_action().takes_values() && !word.contains('='));
        } else if let Some(below) = at.command.find_subcommand(word).filter(|_| at.given == 0) {
            at.command = below.clone();
            depth += 1;
        } else {
            at.given += 1;
        }
    }
    // Words before which there is no command lead nowhere.
    (depth > 0 || at.given == 0).then_some(at)
}

fn flag(command: &Command, word: &str) -> Option<Arg> {
    match word.strip_prefix("--") {
        Some(_) => long(command, word.split('=').next().unwrap_or(word)),
        None => {
            let mut letters = word.chars().skip(1);
            let short = letters.next().filter(|_| letters.next().is_none())?;
            all_flags(command)
                .into_iter()
                .find(|arg| arg.get_short() == Some(short))
        }
    }
}

fn long(command: &Command, flag: &str) -> Option<Arg> {
    let name = flag.strip_prefix("--")?;
    all_flags(command)
        .into_iter()
        .find(|arg| arg.get_long() == Some(name))
}

/// The flags of a command and `--output`, the one global flag that the prompt takes.
fn all_flags(command: &Command) -> Vec<Arg> {
    let flags = command
        .get_arguments()
        .filter(|arg| !arg.is_positional() && !arg.is_hide_set());
    let flags = flags.filter(|arg| !matches!(arg.get_long(), Some("home" | "no-banner")));
    flags.cloned().collect()
}

fn flags(command: &Command, word: &str) -> Vec<Candidate> {
    let longs = all_flags(command)
        .into_iter()
        .filter_map(|arg| arg.get_long().map(|long| format!("--{long}")));
    longs
        .filter(|flag| flag.starts_with(word))
        .map(finished)
        .collect()
}

fn words(at: &Standing, word: &str, names: &dyn Names) -> Vec<Candidate> {
    let below = match at.given {
        0 => visible(&at.command)
            .filter(|(name, primary)| name.starts_with(word) && (*primary || !word.is_empty()))
            .map(|(name, _)| finished(name))
            .collect(),
        _ => Vec::new(),
    };
    let positionals = at.command.get_positionals().collect::<Vec<_>>();
    let positional = positionals.get(at.given).or_else(|| {
        // The last one may take many words.
        positionals.last().filter(|arg| {
            arg.get_num_args()
                .is_some_and(|range| range.max_values() > 1)
                || matches!(arg.get_action(), clap::ArgAction::Append)
        })
    });
    let values = positional
        .map(|arg| values(arg, word, names))
        .unwrap_or_default();
    below.into_iter().chain(values).collect()
}

/// The commands below: their names, and their aliases marked as not primary.
fn visible(command: &Command) -> impl Iterator<Item = (String, bool)> {
    let below = command
        .get_subcommands()
        .filter(|below| !below.is_hide_set());
    below.flat_map(|below| {
        let aliases = below
            .get_visible_aliases()
            .map(|alias| (alias.to_string(), false));
        std::iter::once((below.get_name().to_string(), true)).chain(aliases)
    })
}

/// A word after which the next one begins.
fn finished(word: impl Into<String>) -> Candidate {
    let shown = word.into();
    Candidate {
        typed: format!("{shown} "),
        shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Names for Fixed {
        fn connections(&self) -> Vec<String> {
            ["prod", "dev"].map(String::from).to_vec()
        }

        fn databases(&self, connection: &str) -> Vec<String> {
            match connection {
                "prod" => ["shop", "shop two", "crm"].map(String::from).to_vec(),
                _ => Vec::new(),
            }
        }

        fn tables(&self, _: &str, database: &str) -> Vec<String> {
            match database {
                "shop" => ["orders", "items"].map(String::from).to_vec(),
                _ => Vec::new(),
            }
        }

        fn runs(&self) -> Vec<String> {
            vec!["7".into()]
        }

        fn backups(&self) -> Vec<String> {
            vec!["1a2b3c4d".into()]
        }

        fn source(&self) -> Option<String> {
            Some("prod".into())
        }

        fn source_database(&self) -> Option<String> {
            None
        }
    }

    fn typed(text: &str) -> Vec<String> {
        let (_, candidates) = complete(text, &Fixed);
        candidates
            .into_iter()
            .map(|candidate| candidate.typed)
            .collect()
    }

    fn offered(value_name: &'static str, word: &str) -> Vec<String> {
        let arg = Arg::new("x").value_name(value_name);
        values(&arg, word, &Fixed)
            .into_iter()
            .map(|candidate| candidate.typed)
            .collect()
    }

    #[test]
    fn the_first_word_is_a_command() {
        assert_eq!(typed("hel"), ["help "]);
        assert_eq!(typed("menu; hel"), ["help "]);
        assert!(
            typed("comple").is_empty(),
            "hidden commands are not offered"
        );
    }

    #[test]
    fn flags_and_their_values_are_offered() {
        assert_eq!(typed("menu --out"), ["--output "]);
        assert_eq!(typed("menu -o js"), ["json "]);
        assert_eq!(typed("menu --output=m"), ["--output=md "]);
    }

    #[test]
    fn the_value_name_decides_what_is_offered() {
        assert_eq!(offered("CONNECTION", "p"), ["prod"]);
        assert_eq!(
            offered("PLACE", "prod/sh"),
            ["prod/shop", "'prod/shop two'"]
        );
        assert_eq!(offered("PLACE", "prod/shop.o"), ["prod/shop.orders"]);
        assert_eq!(offered("DB.TABLE", "shop.i"), ["shop.items"]);
        assert_eq!(offered("SELECT", "1-2,!c"), ["1-2,!crm"]);
        assert_eq!(offered("RUN", ""), ["7"]);
        assert_eq!(offered("BACKUP|DIR", ""), ["last", "1a2b3c4d"]);
        assert!(offered("URL", "p").is_empty());
    }

    #[test]
    fn usage_says_what_is_still_taken() {
        assert_eq!(usage("help ").as_deref(), Some("[COMMAND]..."));
        assert_eq!(usage("menu -o ").as_deref(), Some("FORMAT"));
        assert_eq!(usage("hel"), None);
        assert_eq!(usage("quit "), None);
    }
}
