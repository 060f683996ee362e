//! How many readers and writers work at once: what was asked for, else what both servers and this machine bear.

use serde::Serialize;

use crate::commands::{Context, Result};
use crate::engines::Server;
use crate::model::pace::Room;
use crate::plan::Route;

/// Two gain most of it; more than eight have never been faster.
const FEWEST: u64 = 2;
const MOST: u64 = 8;
/// Connections that a run needs beside those of its workers, and that others may need meanwhile.
const SPARE: u64 = 8;

/// How many, and why so many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Workers {
    pub number: usize,
    pub why: String,
}

/// Decides for a pair of servers; `jobs` is what was asked for.
pub async fn decide(
    cx: &Context<'_>,
    jobs: Option<u16>,
    (source, target): (&dyn Server, &dyn Server),
    route: Route,
) -> Result<Workers> {
    let most = cx.settings.sync.max_concurrency.max(1) as u64;
    let wanted = match (jobs, route) {
        (Some(jobs), _) => (u64::from(jobs), "as asked".to_string()),
        (None, Route::Server) => (FEWEST, "two tables at a time".to_string()),
        (None, Route::Client) => {
            let (source, target) = futures::future::try_join(source.room(), target.room()).await?;
            let here = std::thread::available_parallelism().map_or(FEWEST, |n| n.get() as u64);
            borne(here, source, target)
        }
    };
    let (number, why) = match wanted.0 > most {
        true => (most, "sync.max_concurrency".to_string()),
        false => wanted,
    };
    let number = number as usize;
    Ok(Workers { number, why })
}

/// What both servers and this machine bear. This machine has little to do: where the servers tell their own
/// processors, it bears two workers for each of its.
fn borne(here: u64, source: Room, target: Room) -> (u64, String) {
    let of = |number: Option<u64>, whose: &str| {
        number.map(|number| (number, format!("{whose} has {number} processors")))
    };
    let servers = of(source.processors, "the source").into_iter();
    let servers = servers.chain(of(target.processors, "the target"));
    let slowest = servers.min_by_key(|(number, _)| *number);
    let mine = format!("this machine has {here} processors");
    let processors = match slowest {
        Some(slowest) if slowest.0 <= 2 * here => slowest,
        Some(_) => (2 * here, mine),
        None => (here, mine),
    };
    let free = |room: Room, whose: &str| {
        let left = room.connections?;
        Some((
            (left.saturating_sub(SPARE) / 2).max(1),
            format!("the {whose} has {left} connections left"),
        ))
    };
    let bounded = match processors {
        (number, _) if number > MOST => (MOST, "more are seldom faster".to_string()),
        (number, why) => (number.max(FEWEST), why),
    };
    [free(source, "source"), free(target, "target")]
        .into_iter()
        .flatten()
        .fold(bounded, |fewest, free| match free.0 < fewest.0 {
            true => free,
            false => fewest,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(processors: Option<u64>, connections: Option<u64>) -> Room {
        Room {
            processors,
            connections,
        }
    }

    #[test]
    fn the_smaller_server_decides_between_two_and_eight() {
        let unknown = Room::default();
        let number = |here, source, target| borne(here, source, target).0;
        assert_eq!(number(2, unknown, unknown), 2);
        assert_eq!(number(1, unknown, unknown), 2);
        assert_eq!(number(32, unknown, unknown), 8);
        assert_eq!(number(2, room(Some(16), None), room(Some(3), None)), 3);
        assert_eq!(number(2, room(Some(16), None), room(Some(16), None)), 4);
        let (_, why) = borne(2, room(Some(16), None), room(Some(3), None));
        assert_eq!(why, "the target has 3 processors");
    }

    #[test]
    fn few_free_connections_leave_few_workers() {
        let (number, why) = borne(8, room(None, Some(14)), room(None, Some(500)));
        assert_eq!(
            (number, why.as_str()),
            (3, "the source has 14 connections left")
        );
        assert_eq!(borne(8, room(None, Some(0)), Room::default()).0, 1);
    }
}
