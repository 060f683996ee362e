//! Rows that repeat themselves take fewer bytes on the wire, where that is asked for and where the link is slow.

use crate::faults::proxy::{Direction, Pace, Proxy};
use crate::live::{Case, on_both};

/// Two megabytes that repeat themselves.
const REPEATING: &str = "
CREATE TABLE digits (d INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
CREATE TABLE r (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(3000) NOT NULL, n INT NULL);
INSERT INTO r (v) SELECT REPEAT(CONCAT(a.d, b.d, c.d, ' and so on '), 150) FROM digits a, digits b, digits c;";
const DATA: u64 = 1_500_000;

fn rows_are_compressed_where_it_is_asked_for_or_the_link_is_slow(case: &Case) {
    let database = case.source("repeating", REPEATING);
    let ends = [("near", &case.a), ("far", &case.b)].map(|(name, place)| {
        let proxy = Proxy::before(place);
        let added = case.home.add(name, &proxy.url(), "--env development");
        added.expect(0);
        proxy
    });
    let (from, to) = (format!("near/{database}"), format!("far/{database}"));
    let checked = format!(
        "SELECT CONCAT(COUNT(*), ':', SUM(CRC32(v)), ':', SUM(n IS NULL)) FROM {database}.r"
    );
    let expected = case.a.one(&checked);
    for (compress, pace, is_small) in [
        ("off", Pace::Full, false),
        ("on", Pace::Full, true),
        ("auto", Pace::Slow(2_000_000), true),
    ] {
        for proxy in &ends {
            proxy.heal();
            proxy.pace(pace);
        }
        let before = [
            ends[0].passed(Direction::Down),
            ends[1].passed(Direction::Up),
        ];
        case.home
            .run(&["sync", &from, &to, "--yes", "--compress", compress])
            .expect(0);
        let read = ends[0].passed(Direction::Down) - before[0];
        let written = ends[1].passed(Direction::Up) - before[1];
        // What measures the link is a quarter of a megabyte.
        let read = read.saturating_sub(300_000 * u64::from(compress == "auto"));
        for (what, bytes) in [("read", read), ("written", written)] {
            assert_eq!(
                bytes < DATA / 2,
                is_small,
                "{what} with {compress}: {bytes}"
            );
        }
        assert_eq!(case.b.one(&checked), expected, "{compress}");
    }
}

on_both!(rows_are_compressed_where_it_is_asked_for_or_the_link_is_slow);
