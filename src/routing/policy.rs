//! By which policy a file's unit is chosen among the competent ones (分送方式), as the bureau file says per category.

use crate::domain::ids::{Track, UnitId};
use crate::domain::submission::Part;

use super::scope::Scope;

/// How a unit is chosen among those that are competent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// 属地优先: the station of the place; others that are authorised only while its load is above this, in
    /// centiunits per officer.
    Territory {
        /// Load above which the others are considered.
        above: i64,
    },
    /// 均衡: the least load of all.
    Balanced,
    /// 专班: complaints of band High go to one unit while its load is not above this, all else as by `Territory`.
    Pool {
        /// That unit. It gets what it is competent for, and nothing else.
        unit: UnitId,
        /// Load above which it gets no more, in centiunits per officer.
        above: i64,
    },
}

/// A policy (分送方式) with what it holds for and who allowed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// What it holds for.
    pub scope: Scope,
    /// How the unit is chosen.
    pub mode: Mode,
    /// The document that allows it (授权文件).
    pub authorised_by: String,
}

/// The mode for a file: of the first policy that holds, else `Balanced`.
pub(super) fn mode_of<'b>(policies: &'b [Policy], track: Track, part: &Part) -> &'b Mode {
    let policy = policies.iter().find(|policy| policy.scope.holds(track, part));
    policy.map_or(&Mode::Balanced, |policy| &policy.mode)
}
