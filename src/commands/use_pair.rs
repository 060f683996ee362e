//! `use SOURCE TARGET`: both ends of the session at once; neither is taken when one of them does not open.

use super::places::{self, Known};
use super::source::{Role, Side, Sides, set_source};
use super::{Command, Context, Error, Group, Result};

/// Choose source and target at once
#[derive(Debug, clap::Parser)]
#[command(name = "use")]
pub struct Args {
    /// The source, then the target: connections or databases of them
    #[arg(value_name = "PLACE", required = true)]
    words: Vec<String>,
}

impl Command for Args {
    type Reply = Sides;
    const GROUP: Group = Group::Session;
    const EXAMPLES: &'static [(&'static str, &'static str)] = &[
        ("use prod dev", "read from prod, write to dev"),
        ("use prod/shop dev/shop", "from one database to another"),
    ];

    async fn run(self, cx: &mut Context<'_>) -> Result<Sides> {
        let (source, target) = two(&self.words)?;
        let known = Known::of(cx)?;
        let (source, target) = (places::read(source, &known)?, places::read(target, &known)?);
        let here: &Context<'_> = cx;
        let (source, target) = futures::try_join!(
            Side::open(here, Role::Source, &source),
            Side::open(here, Role::Target, &target)
        )?;
        set_source(cx.session, source.place.clone());
        cx.session.target = Some(target.place.clone());
        Ok(Sides(vec![source, target]))
    }
}

/// The two places, with or without an arrow between them.
fn two(words: &[String]) -> Result<(&str, &str)> {
    match words {
        [source, target] => Ok((source, target)),
        [source, arrow, target] if matches!(arrow.as_str(), "→" | "to") => Ok((source, target)),
        _ => Err(Error::usage("use takes two places").hint("as in use prod dev")),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn an_arrow_may_stand_between_the_places() {
        for line in ["use a b", "use a → b", "use a to b"] {
            let args = Args::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(two(&args.words).unwrap(), ("a", "b"), "{line}");
        }
    }

    #[test]
    fn two_places_are_needed() {
        for line in ["use a", "use a b c"] {
            let args = Args::try_parse_from(line.split(' ')).unwrap();
            assert!(two(&args.words).is_err(), "{line}");
        }
        assert!(Args::try_parse_from(["use"]).is_err());
    }
}
