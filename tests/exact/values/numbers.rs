//! Numbers to their last bit, at the ends of their types, and as keys.

use super::{arrives, both};
use crate::dice::Dice;
use crate::live::{Case, Flavor, on_both};

fn a05_floating_point_numbers_keep_their_bits(case: &Case) {
    const MANY: usize = 10_000;
    let mut dice = Dice::new(5);
    let mut floats = vec![
        0.0,
        -0.0,
        f32::MAX,
        f32::MIN,
        f32::MIN_POSITIVE,
        1e-45,
        -1e-45,
    ];
    floats.extend([0.010_516_252_f32, 16_777_217.0, 0.1, 1.0 / 3.0]);
    let mut doubles = vec![
        0.0,
        -0.0,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        5e-324,
        -5e-324,
    ];
    doubles.extend([0.1, 1.0 / 3.0, 1e22, 1e23]);
    while floats.len() < MANY {
        floats.extend(Some(f32::from_bits(dice.next() as u32)).filter(|value| value.is_finite()));
    }
    while doubles.len() < MANY {
        doubles.extend(Some(f64::from_bits(dice.next())).filter(|value| value.is_finite()));
    }
    let rows: Vec<String> = (0..MANY)
        .map(|id| format!("({id}, {:e}, {:e})", f64::from(floats[id]), doubles[id]))
        .collect();
    let inserts: Vec<String> = rows
        .chunks(500)
        .map(|rows| format!("INSERT INTO t VALUES {}", rows.join(", ")))
        .collect();
    let sql = format!(
        "CREATE TABLE t (id INT PRIMARY KEY, f FLOAT, d DOUBLE); {}",
        inserts.join("; ")
    );
    let database = arrives(case, "bits", &sql);
    for place in [&case.a, &case.b] {
        let sql = format!("SELECT f*1e0, d*1e0 FROM `{database}`.t ORDER BY id");
        let found = place.sql(&sql);
        assert_eq!(found.len(), MANY);
        for (id, row) in found.iter().enumerate() {
            let bits = |column: usize| row[column].as_ref().unwrap().parse::<f64>().unwrap();
            // MariaDB stores no zero below zero.
            let none = if case.flavor == Flavor::MariaDb {
                0.0
            } else {
                -0.0
            };
            let (float, double) = (floats[id] + none as f32, doubles[id] + none);
            assert_eq!((bits(0) as f32).to_bits(), float.to_bits(), "{float}");
            assert_eq!(bits(1).to_bits(), double.to_bits(), "{double}");
        }
    }
}

fn a05_numbers_with_a_fixed_width_arrive_at_their_end(case: &Case) {
    let sql = "SET sql_mode = ''; CREATE TABLE t (id INT PRIMARY KEY, f FLOAT(10,3), g FLOAT(7,2) UNSIGNED, d DOUBLE(20,5)); \
               INSERT INTO t VALUES (1, 1e30, 1e30, 1e30), (2, -1e30, -1, -1e30), (3, 1.0005, 99999.99, 0.1), \
               (4, 9999999.999, 12345.67, 999999999999999.99999)";
    let database = arrives(case, "widths", sql);
    let query = "SELECT id, f + 0e0, g + 0e0, d + 0e0 FROM t ORDER BY id";
    let expected = case.a.rows(&format!("USE `{database}`; {query}"));
    assert!(
        expected.starts_with("1 10000000 99999.9921875 "),
        "{expected}"
    );
    both(case, &database, query, &expected);
}

fn a12_bits_and_padded_bytes_are_keys(case: &Case) {
    let mut sql = String::new();
    for bits in 1..=64u32 {
        let most = u64::MAX >> (64 - bits);
        sql += &format!(
            "CREATE TABLE bit{bits} (b BIT({bits}) PRIMARY KEY, n BIGINT UNSIGNED, o BIT({bits}) DEFAULT b'1'); \
             INSERT INTO bit{bits} (b, n) VALUES (0, 0), ({most}, {most}); "
        );
        if bits > 1 {
            sql += &format!(
                "INSERT INTO bit{bits} (b, n) VALUES ({0}, {0}); ",
                most / 2 + 1
            );
        }
    }
    sql += "CREATE TABLE bin (b BINARY(4) PRIMARY KEY, h CHAR(8)); INSERT INTO bin VALUES \
            (X'00000000', '00000000'), (X'61000000', '61000000'), (X'61200000', '61200000'), (X'61202020', '61202020'), \
            (X'20202020', '20202020'), (X'FF000020', 'FF000020'), (X'00000020', '00000020'); \
            CREATE TABLE var (b VARBINARY(4) PRIMARY KEY, h CHAR(8)); INSERT INTO var VALUES \
            (X'', ''), (X'00', '00'), (X'0000', '0000'), (X'20', '20'), (X'2020', '2020'), (X'6100', '6100'), (X'61', '61')";
    let database = arrives(case, "padded", &sql);
    for bits in 1..=64 {
        both(
            case,
            &database,
            &format!("SELECT COUNT(*), SUM(b + 0 = n), SUM(o + 0) FROM bit{bits}"),
            if bits > 1 { "3 3 3" } else { "2 2 2" },
        );
    }
    both(
        case,
        &database,
        "SELECT COUNT(*), SUM(HEX(b) = h) FROM bin",
        "7 7",
    );
    both(
        case,
        &database,
        "SELECT COUNT(*), SUM(HEX(b) = h) FROM var",
        "7 7",
    );
}

fn a14_unsigned_keys_beyond_the_signed_ones_are_cut(case: &Case) {
    let sql = "CREATE TABLE d (n INT PRIMARY KEY); INSERT INTO d VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9); \
               CREATE TABLE t (id BIGINT UNSIGNED PRIMARY KEY, v INT); \
               INSERT INTO t SELECT CAST(9223372036854725808 AS UNSIGNED) + a.n*10000 + b.n*1000 + c.n*100 + d.n*10 + e.n, a.n \
               FROM d AS a, d AS b, d AS c, d AS d, d AS e; \
               INSERT INTO t SELECT 18446744073709531616 + a.n*10000 + b.n*1000 + c.n*100 + d.n*10 + e.n, 7 \
               FROM d AS a, d AS b, d AS c, d AS d, d AS e WHERE a.n < 2; \
               INSERT INTO t VALUES (0, 0), (1, 1), (9223372036854775807 - 60000, 1)";
    let database = arrives(case, "unsigned", sql);
    both(
        case,
        &database,
        "SELECT COUNT(*), MIN(id), MAX(id), SUM(id IN (9223372036854775807, 9223372036854775808, \
         18446744073709551615)), SUM(CAST(id AS DECIMAL(30))) % 1000003 FROM t",
        &case.a.rows(&format!(
            "SELECT 120003, 0, 18446744073709551615, 3, SUM(CAST(id AS DECIMAL(30))) % 1000003 FROM `{database}`.t"
        )),
    );
}

fn a14_integers_of_all_widths_arrive_at_both_ends(case: &Case) {
    let mut sql = String::new();
    for (name, bits) in [
        ("TINYINT", 8),
        ("SMALLINT", 16),
        ("MEDIUMINT", 24),
        ("INT", 32),
        ("BIGINT", 64),
    ] {
        let most = u64::MAX >> (64 - bits);
        sql += &format!(
            "CREATE TABLE {name}_s (k {name} PRIMARY KEY, z {name} ZEROFILL); \
             INSERT INTO {name}_s VALUES (-{}, 0), ({}, {most}), (0, 1), (-1, 2); \
             CREATE TABLE {name}_u (k {name} UNSIGNED PRIMARY KEY); INSERT INTO {name}_u VALUES (0), ({most}), ({}); ",
            most / 2 + 1,
            most / 2,
            most / 2 + 1,
        );
    }
    sql += "CREATE TABLE decimals (k DECIMAL(65,30) PRIMARY KEY, u DECIMAL(65,0) UNSIGNED, s DECIMAL(30,30)); \
            INSERT INTO decimals VALUES (99999999999999999999999999999999999.999999999999999999999999999999, \
            99999999999999999999999999999999999999999999999999999999999999999, 0.000000000000000000000000000001), \
            (-99999999999999999999999999999999999.999999999999999999999999999999, 0, -0.999999999999999999999999999999), \
            (0, 1, 0), (0.000000000000000000000000000001, NULL, NULL)";
    let database = arrives(case, "widths", &sql);
    both(
        case,
        &database,
        "SELECT MIN(k), MAX(u), MIN(s) FROM decimals",
        "-99999999999999999999999999999999999.999999999999999999999999999999 \
         99999999999999999999999999999999999999999999999999999999999999999 -0.999999999999999999999999999999",
    );
    both(
        case,
        &database,
        "SELECT MIN(k), MAX(k), MAX(z) FROM BIGINT_s",
        "-9223372036854775808 9223372036854775807 18446744073709551615",
    );
}

fn a17_tinyint_1_is_a_number(case: &Case) {
    let database = arrives(
        case,
        "booleans",
        "CREATE TABLE t (id INT PRIMARY KEY, b TINYINT(1), o BOOL DEFAULT 2); \
         INSERT INTO t (id, b) VALUES (1, 0), (2, 1), (3, 2), (4, 127), (5, -128), (6, NULL)",
    );
    both(
        case,
        &database,
        "SELECT GROUP_CONCAT(IFNULL(b, 'NULL') ORDER BY id), SUM(o) FROM t",
        "0,1,2,127,-128,NULL 12",
    );
}

fn a08_zero_counts_as_itself_in_an_auto_increment(case: &Case) {
    let database = arrives(
        case,
        "zero",
        "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'; \
         CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v INT); INSERT INTO t VALUES (0, 1), (-5, 2), (7, 3); \
         ALTER TABLE t AUTO_INCREMENT = 100; \
         CREATE TABLE e (id INT PRIMARY KEY AUTO_INCREMENT) AUTO_INCREMENT = 55; \
         CREATE TABLE u (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, KEY (id)); INSERT INTO u VALUES (0), (0)",
    );
    both(
        case,
        &database,
        "SELECT GROUP_CONCAT(id ORDER BY id), (SELECT COUNT(*) FROM u WHERE id = 0) FROM t",
        "-5,0,7 2",
    );
    for place in [&case.a, &case.b] {
        place.sql(&format!(
            "INSERT INTO `{database}`.t (v) VALUES (9); INSERT INTO `{database}`.e VALUES (NULL)"
        ));
        let last = format!(
            "SELECT (SELECT MAX(id) FROM `{database}`.t), (SELECT MAX(id) FROM `{database}`.e)"
        );
        assert_eq!(place.rows(&last), "100 55");
    }
}

on_both!(
    a05_floating_point_numbers_keep_their_bits,
    a05_numbers_with_a_fixed_width_arrive_at_their_end,
    a08_zero_counts_as_itself_in_an_auto_increment,
    a12_bits_and_padded_bytes_are_keys,
    a14_unsigned_keys_beyond_the_signed_ones_are_cut,
    a14_integers_of_all_widths_arrive_at_both_ends,
    a17_tinyint_1_is_a_number,
);
