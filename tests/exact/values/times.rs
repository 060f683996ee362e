//! Dates that are none, times beyond a day, and moments in all time zones.

use super::{arrives, both};
use crate::fidelity::oracle::same;
use crate::live::{Case, Flavor, Private, on_both};

/// Both instants of 01:30 in New York on 2024-11-03, both of 02:30 in Berlin on 2024-10-27, and the ends of the type.
const INSTANTS: &[u64] = &[
    1,
    1_730_611_800,
    1_730_615_400,
    1_729_989_000,
    1_729_992_600,
    2_147_483_647,
];

fn timestamps() -> String {
    let rows: Vec<String> = INSTANTS
        .iter()
        .map(|second| format!("({second}, FROM_UNIXTIME({second}), '2024-11-03 01:30:00.123456')"))
        .collect();
    format!(
        "CREATE TABLE t (s INT PRIMARY KEY, ts TIMESTAMP NULL, dt DATETIME(6), \
         d TIMESTAMP NOT NULL DEFAULT '2024-11-03 05:30:00', KEY (ts)); \
         INSERT INTO t (s, ts, dt) VALUES {}",
        rows.join(", ")
    )
}

const MOMENTS: &str = "SELECT COUNT(*), SUM(UNIX_TIMESTAMP(ts) = s), COUNT(DISTINCT ts), \
                       SUM(dt = '2024-11-03 01:30:00.123456'), MIN(UNIX_TIMESTAMP(d)), MAX(UNIX_TIMESTAMP(d)) FROM t";

fn a03_timestamps_are_moments_whatever_the_zones_of_servers_and_program(flavor: Flavor) {
    let east = Private::start(flavor, &["--default-time-zone=+05:00"]);
    let west = Private::start(flavor, &["--default-time-zone=-03:30"]);
    let (Some(east), Some(west)) = (east, west) else {
        return;
    };
    let case = Case::new(flavor, "a03 zones", east.place.clone(), west.place.clone());
    let database = case.source(
        "zones",
        &format!("SET time_zone = '+05:00'; {}", timestamps()),
    );
    for zone in ["UTC", "America/St_Johns", "Asia/Tokyo"] {
        let (from, to) = (format!("a/{database}"), format!("b/{database}"));
        let words = ["sync", &from, &to, "--yes", "--allow-vanish", "100%"];
        case.home
            .start_with(&words, &[("TZ", zone)])
            .wait()
            .expect(0);
        same(&case, &database, &database);
        // 05:30 at +05:00.
        both(&case, &database, MOMENTS, "6 6 6 6 1730593800 1730593800");
        let default = format!(
            "INSERT INTO `{database}`.t (s) VALUES (99); SELECT UNIX_TIMESTAMP(d) FROM `{database}`.t WHERE s = 99"
        );
        assert_eq!(case.b.rows(&default), "1730593800");
    }
}

fn a04_both_instants_of_a_repeated_hour_stay_two(case: &Case) {
    let database = arrives(
        case,
        "fold",
        &format!("SET time_zone = '+00:00'; {}", timestamps()),
    );
    both(case, &database, MOMENTS, "6 6 6 6 1730611800 1730611800");
    both(
        case,
        &database,
        "SELECT GROUP_CONCAT(DATA_TYPE ORDER BY COLUMN_NAME) FROM information_schema.COLUMNS \
         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 't'",
        "timestamp,datetime,int,timestamp",
    );
}

fn a07_zero_and_invalid_dates_stay_what_they_are(case: &Case) {
    let dates = [
        "0000-00-00",
        "0000-01-01",
        "0001-01-01",
        "0009-01-01",
        "0009-12-31",
        "1000-00-00",
        "2020-00-10",
        "2020-10-00",
        "2020-02-30",
        "2021-02-29",
        "2021-04-31",
        "9999-12-31",
        "1582-10-10",
        "0000-12-31",
    ];
    let mut sql = "SET sql_mode = 'ALLOW_INVALID_DATES'; \
                   CREATE TABLE t (n VARCHAR(10) PRIMARY KEY, d DATE, dt DATETIME(3), UNIQUE (d), KEY (dt)); \
                   CREATE TABLE k (d DATE PRIMARY KEY); CREATE TABLE m (id INT PRIMARY KEY, \
                   ts TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00', d DATE NOT NULL DEFAULT '0000-00-00', \
                   dt DATETIME(6) NOT NULL DEFAULT '0000-00-00 00:00:00'); INSERT INTO m (id) VALUES (1)"
        .to_string();
    for date in dates {
        sql += &format!(
            "; INSERT INTO t VALUES ('{date}', '{date}', '{date} 23:59:59.999'); INSERT INTO k VALUES ('{date}')"
        );
    }
    let database = arrives(case, "dates", &sql);
    both(
        case,
        &database,
        "SELECT COUNT(*), SUM(CAST(d AS CHAR) = n), SUM(CAST(dt AS CHAR) = CONCAT(n, ' 23:59:59.999')) FROM t",
        "14 14 14",
    );
    both(
        case,
        &database,
        "SELECT CAST(ts AS CHAR), CAST(d AS CHAR), CAST(dt AS CHAR) FROM m",
        "0000-00-00 00:00:00 0000-00-00 0000-00-00 00:00:00.000000",
    );
    both(
        case,
        &database,
        "SELECT COUNT(*), MIN(CAST(d AS CHAR)) FROM k",
        "14 0000-00-00",
    );
}

fn a16_times_beyond_a_day_years_and_microseconds_arrive(case: &Case) {
    let database = arrives(
        case,
        "times",
        "CREATE TABLE t (id INT PRIMARY KEY, h TIME, m TIME(6), y YEAR, d DATETIME(6), ts TIMESTAMP(6) NULL); \
         INSERT INTO t VALUES (1, '838:59:59', '838:59:58.999999', 0, '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07'), \
         (2, '-838:59:59', '-838:59:58.999999', 1901, '0001-01-01 00:00:00.000001', '1970-01-01 10:00:01.000001'), \
         (3, '-00:00:01', '-00:00:00.000001', 2155, '2020-01-01', NULL), (4, '24:00:00', '00:00:00.5', NULL, NULL, NULL)",
    );
    both(
        case,
        &database,
        "SELECT h, m, y, IFNULL(d, '-') FROM t ORDER BY id",
        "838:59:59 838:59:58.999999 0000 9999-12-31 23:59:59.999999, \
         -838:59:59 -838:59:58.999999 1901 0001-01-01 00:00:00.000001, \
         -00:00:01 -00:00:00.000001 2155 2020-01-01 00:00:00.000000, 24:00:00 00:00:00.500000 NULL -",
    );
}

on_both!(
    a04_both_instants_of_a_repeated_hour_stay_two,
    a07_zero_and_invalid_dates_stay_what_they_are,
    a16_times_beyond_a_day_years_and_microseconds_arrive,
);

#[test]
fn a03_on_mariadb() {
    a03_timestamps_are_moments_whatever_the_zones_of_servers_and_program(Flavor::MariaDb);
}

#[test]
fn a03_on_mysql() {
    a03_timestamps_are_moments_whatever_the_zones_of_servers_and_program(Flavor::MySql);
}
