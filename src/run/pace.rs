//! Keeps a copy from taking more than it was told to: rows or bytes a second, and a source that is not too busy.
//!
//! All workers share one account. What a batch costs is paid before it is loaded, so a run is never faster than
//! its rate from its first row on; what was not used for a moment is lost.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Error;
use super::event::{Event, Listener};
use crate::engines::{BatchLimit, Server};
use crate::model::pace::{Ceiling, Throttle};
use crate::model::units::{Bytes, Rows};

/// How much of the rate may be caught up after a moment without work.
const CATCH_UP: Duration = Duration::from_millis(250);
/// How many batches a second has at least, so that rows move evenly.
const BATCHES: u64 = 10;
/// How often a busy source is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// What a run may take.
pub struct Pace {
    throttle: Throttle,
    ceilings: Vec<Ceiling>,
    /// When all that was taken so far is paid for.
    paid: Mutex<Instant>,
    calm: watch::Sender<bool>,
}

impl Pace {
    pub fn new(throttle: Throttle, ceilings: &[Ceiling]) -> Arc<Pace> {
        Arc::new(Pace {
            throttle,
            ceilings: ceilings.to_vec(),
            paid: Mutex::new(Instant::now()),
            calm: watch::Sender::new(ceilings.is_empty()),
        })
    }

    /// Batches small enough for the rate.
    pub fn limit(&self, limit: BatchLimit) -> BatchLimit {
        let part = |rate: u64| (rate / BATCHES).max(1);
        match self.throttle {
            Throttle::Off => limit,
            Throttle::Rows(rate) => BatchLimit {
                rows: limit.rows.min(Rows(part(rate))),
                ..limit
            },
            Throttle::Bytes(rate) => BatchLimit {
                bytes: limit.bytes.min(Bytes(part(rate))),
                ..limit
            },
        }
    }

    /// Whether there is a rate to keep to.
    pub fn is_limited(&self) -> bool {
        self.throttle != Throttle::Off
    }

    /// Waits until so much may move.
    ///
    /// # Errors
    /// [`Error::Stopped`] as soon as the run is to stop.
    pub async fn take(
        &self,
        rows: Rows,
        bytes: Bytes,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        let (cost, rate) = match self.throttle {
            Throttle::Off => return Ok(()),
            Throttle::Rows(rate) => (rows.0, rate),
            Throttle::Bytes(rate) => (bytes.0, rate),
        };
        let paid = {
            let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
            let earliest = Instant::now() - CATCH_UP;
            *paid = (*paid).max(earliest) + Duration::from_secs_f64(cost as f64 / rate as f64);
            *paid
        };
        tokio::select! {
            () = tokio::time::sleep_until(paid.into()) => Ok(()),
            () = stop.cancelled() => Err(Error::Stopped),
        }
    }

    /// Waits while the source is too busy.
    ///
    /// # Errors
    /// [`Error::Stopped`] as soon as the run is to stop.
    pub async fn calm(&self, stop: &CancellationToken) -> Result<(), Error> {
        let mut calm = self.calm.subscribe();
        tokio::select! {
            _ = calm.wait_for(|calm| *calm) => Ok(()),
            () = stop.cancelled() => Err(Error::Stopped),
        }
    }

    /// Looks at the source for as long as it is polled; ends with an error only.
    pub async fn watch(&self, source: &dyn Server, listener: &dyn Listener) -> Error {
        let mut told: Option<&Ceiling> = None;
        loop {
            match self.busy(source).await {
                Err(error) if !error.is_transient() => return error,
                // The workers meet the same loss, and go about it; those that wait would not.
                Err(_) => drop(self.calm.send_replace(true)),
                Ok(Some((ceiling, shown))) => {
                    if told.replace(ceiling).is_none() {
                        let (counter, most) = (&ceiling.counter, ceiling.most);
                        let text =
                            format!("waiting: {counter} of the source is {shown}, above {most}");
                        listener.on(&Event::Notice { text });
                    }
                    self.calm.send_replace(false);
                }
                Ok(None) => {
                    if let Some(ceiling) = told.take() {
                        let text = format!(
                            "going on: {} of the source is at most {} again",
                            ceiling.counter, ceiling.most
                        );
                        listener.on(&Event::Notice { text });
                    }
                    self.calm.send_replace(true);
                }
            }
            match self.ceilings.is_empty() {
                true => std::future::pending().await,
                false => tokio::time::sleep(LOOK).await,
            }
        }
    }

    /// The first counter that is above its ceiling, and what it shows.
    async fn busy(&self, source: &dyn Server) -> Result<Option<(&Ceiling, u64)>, Error> {
        for ceiling in &self.ceilings {
            let shown = source.load(&ceiling.counter).await?;
            if shown > ceiling.most {
                return Ok(Some((ceiling, shown)));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: BatchLimit = BatchLimit {
        rows: Rows(1000),
        bytes: Bytes(1 << 20),
    };

    #[test]
    fn batches_are_a_tenth_of_a_second_at_most() {
        let limit = |throttle| {
            let limit = Pace::new(throttle, &[]).limit(LIMIT);
            (limit.rows.0, limit.bytes.0)
        };
        assert_eq!(limit(Throttle::Off), (1000, 1 << 20));
        assert_eq!(limit(Throttle::Rows(500)), (50, 1 << 20));
        assert_eq!(limit(Throttle::Rows(3)), (1, 1 << 20));
        assert_eq!(limit(Throttle::Bytes(1_000_000)), (1000, 100_000));
        assert_eq!(limit(Throttle::Bytes(1 << 40)), (1000, 1 << 20));
    }

    #[tokio::test]
    async fn all_workers_together_stay_below_the_rate() {
        let pace = Pace::new(Throttle::Rows(1000), &[]);
        let stop = CancellationToken::new();
        let began = Instant::now();
        let worker = || async {
            for _ in 0..10 {
                pace.take(Rows(25), Bytes(0), &stop).await.unwrap();
            }
        };
        futures::join!(worker(), worker());
        // An upper bound of a rate: a slow machine only makes it slower.
        assert!(began.elapsed() >= Duration::from_millis(490));
    }

    #[tokio::test]
    async fn e01_a_pause_hears_that_the_run_is_to_stop() {
        let pace = Pace::new(Throttle::Rows(1), &[]);
        let stop = CancellationToken::new();
        stop.cancel();
        let paused = pace.take(Rows(1_000_000), Bytes(0), &stop).await;
        assert!(matches!(paused, Err(Error::Stopped)));
        let busy = Pace::new(Throttle::Off, &["Threads_running=0".parse().unwrap()]);
        assert!(matches!(busy.calm(&stop).await, Err(Error::Stopped)));
    }
}
