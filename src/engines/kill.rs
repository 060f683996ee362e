//! Moments at which a test ends the process, as `kill -9` would: compiled in by the feature `kill-points` only.

/// Ends the process when `MAESTRO_KILL_AT` names this point (`name`, or `name:3` for the third time).
#[cfg(feature = "kill-points")]
pub fn point(name: &str) {
    use std::sync::atomic::{AtomicUsize, Ordering};

    static PASSED: AtomicUsize = AtomicUsize::new(0);
    let Ok(wanted) = std::env::var("MAESTRO_KILL_AT") else {
        return;
    };
    let (wanted, times) = wanted.split_once(':').unwrap_or((&wanted, "1"));
    if wanted == name && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == times.parse().unwrap_or(1) {
        let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL);
    }
}

#[cfg(not(feature = "kill-points"))]
pub fn point(_: &str) {}
