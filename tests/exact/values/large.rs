//! Cells that one packet of the protocol cannot hold.

use super::both;
use crate::fidelity::oracle::same;
use crate::live::{Case, Flavor, Private};

const MIB: usize = 1 << 20;

fn c12_cells_of_16_mib_and_more_arrive_in_any_column(flavor: Flavor) {
    let start = || {
        Private::start(
            flavor,
            &["--max-allowed-packet=128M", "--innodb-log-file-size=512M"],
        )
    };
    let (Some(one), Some(other)) = (start(), start()) else {
        return;
    };
    let case = Case::new(flavor, "c12 large", one.place.clone(), other.place.clone());
    // First column, last column, alone, and beside each other; around the longest packet.
    let sizes = [
        16 * MIB - 6,
        16 * MIB - 5,
        16 * MIB - 1,
        16 * MIB,
        16 * MIB + 1,
        17 * MIB,
        33 * MIB,
    ];
    let mut sql = "CREATE TABLE first (b LONGBLOB, id INT PRIMARY KEY); CREATE TABLE last (id INT PRIMARY KEY, t LONGTEXT \
                   CHARACTER SET latin1); CREATE TABLE alone (b LONGBLOB); \
                   CREATE TABLE both_ (t LONGTEXT CHARACTER SET utf8mb4, b LONGBLOB); \
                   INSERT INTO both_ VALUES (REPEAT('ä', 8388608), REPEAT(X'FF00', 8400000))"
        .to_string();
    for (id, size) in sizes.iter().enumerate() {
        sql += &format!(
            "; INSERT INTO first VALUES (CONCAT(REPEAT(X'005C', {size} DIV 2), IF({size} % 2, X'27', '')), {id})"
        );
        sql += &format!("; INSERT INTO last VALUES ({id}, REPEAT(_latin1 X'E4', {size}))");
    }
    sql += &format!(
        "; INSERT INTO alone VALUES (REPEAT('x', {})), (NULL), (''), (REPEAT('y', {}))",
        17 * MIB,
        5
    );
    let database = case.source("large", &sql);
    case.sync(&database, &[]).expect(0);
    same(&case, &database, &database);
    let lengths: Vec<String> = sizes.iter().map(usize::to_string).collect();
    both(
        &case,
        &database,
        "SELECT GROUP_CONCAT(LENGTH(b) ORDER BY id) FROM first; SELECT GROUP_CONCAT(LENGTH(t) ORDER BY id) FROM last",
        &format!("{0}, {0}", lengths.join(",")),
    );
}

#[test]
fn c12_on_mariadb() {
    c12_cells_of_16_mib_and_more_arrive_in_any_column(Flavor::MariaDb);
}

#[test]
fn c12_on_mysql() {
    c12_cells_of_16_mib_and_more_arrive_in_any_column(Flavor::MySql);
}
