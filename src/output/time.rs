//! Moments as a person says them.

use chrono::{DateTime, Local, TimeZone, Utc};

/// `just now`, `2 minutes ago`, `3 hours ago`, `yesterday`, `5 days ago`, then the date.
pub fn ago(then: DateTime<Utc>) -> String {
    spoken(then, Utc::now(), &Local)
}

/// Date and time in the zone of the machine: `2026-03-01 14:05:09`.
pub fn moment(then: DateTime<Utc>) -> String {
    then.with_timezone(&Local)
        .format("%Y-%m-%d %H:%M:%S")
        .to_string()
}

fn spoken<Z: TimeZone>(then: DateTime<Utc>, now: DateTime<Utc>, zone: &Z) -> String {
    let date = |time: DateTime<Utc>| time.with_timezone(zone).date_naive();
    let days = (date(now) - date(then)).num_days();
    let minutes = (now - then).num_minutes();
    match (days, minutes) {
        // A clock that was set back.
        (_, ..1) => "just now".into(),
        (_, 1) => "1 minute ago".into(),
        (_, 2..60) => format!("{minutes} minutes ago"),
        (_, 60..120) => "1 hour ago".into(),
        (..=0, _) | (1, 120..360) => format!("{} hours ago", minutes / 60),
        (1, _) => "yesterday".into(),
        (2..=30, _) => format!("{days} days ago"),
        _ => date(then).format("%Y-%m-%d").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_like_speech() {
        let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = time("2026-03-10T12:00:00Z");
        for (then, said) in [
            ("2026-03-10T12:00:05Z", "just now"),
            ("2026-03-10T11:59:30Z", "just now"),
            ("2026-03-10T11:58:00Z", "2 minutes ago"),
            ("2026-03-10T10:30:00Z", "1 hour ago"),
            ("2026-03-10T02:00:00Z", "10 hours ago"),
            ("2026-03-09T23:00:00Z", "yesterday"),
            ("2026-03-09T01:00:00Z", "yesterday"),
            ("2026-03-05T01:00:00Z", "5 days ago"),
            ("2025-12-24T01:00:00Z", "2025-12-24"),
        ] {
            assert_eq!(spoken(time(then), now, &Utc), said, "{then}");
        }
        let night = time("2026-03-10T01:00:00Z");
        assert_eq!(
            spoken(time("2026-03-09T22:00:00Z"), night, &Utc),
            "3 hours ago"
        );
    }
}
