//! Names that the target cannot tell apart or cannot hold.

use crate::model::spelling::Spelled;
use crate::model::survey::Survey;

pub fn spell(_spelled: &mut Spelled, _from: &Survey, _to: &Survey) {}
