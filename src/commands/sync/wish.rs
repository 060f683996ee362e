//! How events and definers are to arrive: the same for `sync`, `plan`, `backup restore` and `compare`.

use clap::ValueEnum;

use crate::model::spelling::{Definer, Events, Wish};

#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct Wishes {
    /// What becomes of events: they come as they are, come disabled, or stay where they are
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    events: EventsArg,
    /// Whose rights views, triggers, routines and events run with: those of the same account; those of the account
    /// that writes the target; those of the same account, refused where the target lacks it
    #[arg(long, value_name = "WHOSE", value_enum, default_value_t)]
    definer: DefinerArg,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum EventsArg {
    #[default]
    Keep,
    Disable,
    Skip,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum DefinerArg {
    #[default]
    Keep,
    Current,
    Refuse,
}

impl Wishes {
    pub fn wish(self) -> Wish {
        Wish {
            events: match self.events {
                EventsArg::Keep => Events::Keep,
                EventsArg::Disable => Events::Disable,
                EventsArg::Skip => Events::Skip,
            },
            definer: match self.definer {
                DefinerArg::Keep => Definer::Keep,
                DefinerArg::Current => Definer::Current,
                DefinerArg::Refuse => Definer::Refuse,
            },
        }
    }

    /// As history shows it: what is not the default.
    pub fn spoken(self) -> Vec<String> {
        let name = |value: Option<clap::builder::PossibleValue>| {
            value
                .map(|value| value.get_name().to_string())
                .unwrap_or_default()
        };
        let events = (self.events != EventsArg::Keep)
            .then(|| format!("--events {}", name(self.events.to_possible_value())));
        let definer = (self.definer != DefinerArg::Keep)
            .then(|| format!("--definer {}", name(self.definer.to_possible_value())));
        events.into_iter().chain(definer).collect()
    }
}
