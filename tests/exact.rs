//! What arrives is what was there: values, objects and names, case by case of the catalogue of failures (groups A, C08
//! to C12 and D), judged by the servers' own words and never by maestro's.

mod flavours;
mod history;
mod names;
mod options;
mod programs;
mod random;
mod rights;
mod sequences;
mod sessions;
mod values;
mod versions;

/// Runs each test on MariaDB: what it speaks of, MySQL does not have.
macro_rules! on_mariadb {
    ($($test:ident),* $(,)?) => {
        mod mariadb {
            $(#[test] fn $test() {
                crate::live::with(crate::live::Flavor::MariaDb, concat!(module_path!(), stringify!($test)), super::$test);
            })*
        }
    };
}
use on_mariadb;
