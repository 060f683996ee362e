//! Between versions of MariaDB, up and down: what one has, the other gets. `tests/run --matrix` starts the servers;
//! elsewhere these tests say that there are none.

use crate::fidelity::{Dump, diff, fixtures, load};
use crate::live::{Case, Flavor, Place, skipped};

/// The server of the host's version, and those of the others, as `tests/run` calls them.
const OLD: &str = "MARIADB105_A";
const HOST: &str = "MARIADBHOST_A";
const NEW: &str = "MARIADB118_A";

/// What the servers say of columns, keys and programs, but for how they spell it: before 10.6, utf8mb3 is utf8.
const THINGS: &[&str] = &[
    "SELECT TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_TYPE, IS_NULLABLE, EXTRA, COLUMN_COMMENT,
            REPLACE(CHARACTER_SET_NAME, 'utf8mb3', 'utf8'), REPLACE(COLLATION_NAME, 'utf8mb3', 'utf8'),
            IF(DATA_TYPE LIKE '%binary', '', COLUMN_DEFAULT)
       FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '{}' ORDER BY 1, 3",
    "SELECT TABLE_NAME, ENGINE, REPLACE(TABLE_COLLATION, 'utf8mb3', 'utf8'), CREATE_OPTIONS, TABLE_COMMENT
       FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{}' ORDER BY 1",
    "SELECT TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART, NON_UNIQUE, INDEX_TYPE
       FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = '{}' ORDER BY 1, 2, 3",
    "SELECT CONSTRAINT_NAME, TABLE_NAME, REFERENCED_TABLE_NAME, UPDATE_RULE, DELETE_RULE
       FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = '{}' ORDER BY 1, 2",
    "SELECT TABLE_NAME, PARTITION_NAME, SUBPARTITION_NAME, PARTITION_EXPRESSION, PARTITION_DESCRIPTION
       FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA = '{}' ORDER BY 1, 2, 3",
    "SELECT ROUTINE_TYPE, ROUTINE_NAME, ROUTINE_DEFINITION, SQL_MODE, DEFINER
       FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = '{}' ORDER BY 1, 2",
    "SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_ORDER, ACTION_STATEMENT, SQL_MODE
       FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '{}' ORDER BY 1",
    "SELECT TABLE_NAME, CHECK_OPTION, IS_UPDATABLE, SECURITY_TYPE
       FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '{}' ORDER BY 1",
];

fn things(place: &Place, database: &str) -> String {
    let said = THINGS.iter().map(|sql| {
        let rows = place.sql(&sql.replace("{}", database));
        // Names that differ by their case alone come in any order.
        let mut lines: Vec<String> = rows.iter().map(|row| format!("{row:?}\n")).collect();
        lines.sort();
        lines.concat()
    });
    said.collect()
}

fn difficult_databases_arrive(from: &str, to: &str, test: &'static str) {
    let places = [from, to].map(|name| Place::named(Flavor::MariaDb, name));
    let (a, b) = match places {
        [Ok(a), Ok(b)] => (a, b),
        [Err(reason), _] | [_, Err(reason)] => return skipped(test, Flavor::MariaDb, &reason),
    };
    let case = Case::new(Flavor::MariaDb, test, a, b);
    let mut names = Vec::new();
    // What only newer versions have ends otherwise, by name: its own tests tell.
    let shared = fixtures(Flavor::MariaDb).filter(|(name, _)| !name.starts_with("d2"));
    for (name, sql) in shared {
        let database = case.database(name);
        load(&case.a, &sql.replace(name, &database));
        names.push(database);
    }
    let expected = Dump::of(&case.a, &names);
    assert!(expected.data.len() > 1_000_000);
    let prefix = names[0].strip_suffix("d01_types").unwrap();
    let select = format!("{prefix}*");
    for round in ["new", "replaced"] {
        let words = ["sync", "a", "b", "--select", &select, "--yes"];
        case.home.run(&words).expect(0);
        let found = Dump::of(&case.b, &names);
        assert!(
            expected.data == found.data,
            "{round}: the rows differ\n{}",
            diff(&expected.data, &found.data)
        );
        for name in &names {
            let (left, right) = (things(&case.a, name), things(&case.b, name));
            let told = diff(left.as_bytes(), right.as_bytes());
            assert!(left == right, "{round}: {name} differs\n{told}");
            assert_eq!(case.left_of(name), Vec::<String>::new());
        }
    }
}

macro_rules! between {
    ($($test:ident: $from:ident to $to:ident),* $(,)?) => {
        $(#[test] fn $test() {
            difficult_databases_arrive($from, $to, concat!(module_path!(), "::", stringify!($test)));
        })*
    };
}

between!(
    from_10_5_up_to_11_8: OLD to NEW,
    from_the_hosts_up_to_11_8: HOST to NEW,
    from_the_hosts_down_to_10_5: HOST to OLD,
);
