//! From MariaDB to MySQL and back, and between versions: collations, types, defaults, modes.

use crate::model::spelling::Spelled;
use crate::model::survey::Survey;

pub fn spell(_spelled: &mut Spelled, _from: &Survey, _to: &Survey) {}
