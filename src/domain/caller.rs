//! Named callers (调用方): who may call at all, and as what.

use super::ids::{BureauId, CallerId, UnitId};
use super::personal::Personal;
use super::text::Line;

super::handling::listed!(
    /// What a caller is.
    Role {
        /// The 12315 intake system (登记系统).
        Intake = 1, "登记系统";
        /// The unified reception unit (统一接收机构).
        Reception = 2, "统一接收机构";
        /// A station, division or brigade (办案单位).
        Unit = 3, "办案单位";
    }
);

/// A caller to be made: its token is known to its holder alone.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct NewCaller {
    /// Its id: greater than any before.
    pub id: CallerId,
    /// Its role.
    pub role: Role,
    /// Its unit, when its role has one.
    pub unit: Option<UnitId>,
    /// What it is called.
    pub name: Line,
    /// SHA-256 of its token.
    pub token_hash: Personal<Vec<u8>>,
}

/// An authenticated caller of one bureau.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Its id.
    pub id: CallerId,
    /// Its bureau: requests name none.
    pub bureau: BureauId,
    /// Its role.
    pub role: Role,
    /// Its unit: the reception unit for reception, a station or division for units, none for intake.
    pub unit: Option<UnitId>,
}
