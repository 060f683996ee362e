//! What arrives is what was there: values, objects and names, case by case of the catalogue of failures (groups A, C08
//! to C12 and D), judged by the servers' own words and never by maestro's.

mod flavours;
mod names;
mod programs;
mod random;
mod rights;
mod sequences;
mod values;
