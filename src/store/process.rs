//! Names a process so that its number, given to another one later, is not mistaken for it.
//!
//! The mark holds the boot, the namespace of process numbers and the moment of the start (Linux). Where the system does not tell
//! (no `/proc`), or the process lives in another container, a process is believed to be alive.

use std::fs;

/// The mark of this process.
pub(super) fn mark() -> Option<String> {
    mark_of(std::process::id())
}

/// Whether the process with this number and mark is still there.
pub(super) fn is_alive(process: u32, mark: Option<&str>) -> bool {
    let (Some(mark), Some(place)) = (mark, place()) else {
        return true;
    };
    let Some((boot, rest)) = mark.split_once(' ') else {
        return true;
    };
    let Some((here, space)) = place.split_once(' ') else {
        return true;
    };
    if boot == here && !rest.starts_with(space) {
        return true;
    }
    mark_of(process).as_deref() == Some(mark)
}

fn mark_of(process: u32) -> Option<String> {
    let place = place()?;
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The command's name stands in parentheses and may hold anything; the start is field 22, the 20th after it.
    let start = stat
        .rsplit_once(')')?
        .1
        .split_whitespace()
        .nth(19)?
        .to_string();
    Some(format!("{place} {start}"))
}

/// This boot and this namespace of process numbers.
fn place() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let space = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), space.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive() {
        let mark = mark();
        assert!(mark.is_some());
        assert!(is_alive(std::process::id(), mark.as_deref()));
    }

    #[test]
    fn a_recycled_number_is_not_believed() {
        let mark = mark().unwrap();
        let (place, start) = mark.rsplit_once(' ').unwrap();
        let earlier = format!("{place} {}", start.parse::<u64>().unwrap() - 1);
        assert!(!is_alive(std::process::id(), Some(&earlier)));
    }

    #[test]
    fn a_process_that_ended_is_gone() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let mark = mark_of(child.id());
        child.wait().unwrap();
        assert!(!is_alive(child.id(), mark.as_deref()));
    }
}
