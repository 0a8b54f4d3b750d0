//! Named callers (调用方): who may call at all, and as what.

use super::ids::{BureauId, CallerId, OfficerId, UnitId};
use super::personal::Personal;
use super::text::Line;
use super::time::Timestamp;

super::handling::listed!(
    /// What a caller is.
    Role {
        /// The 12315 intake system (登记系统).
        Intake = 1, "登记系统";
        /// The unified reception unit (统一接收机构).
        Reception = 2, "统一接收机构";
        /// A station, division or brigade (办案单位), by an account that all of it uses.
        Unit = 3, "办案单位";
        /// Leads a unit (所长、股长).
        Manager = 4, "单位负责人";
        /// Handles files (承办人).
        Officer = 5, "承办人";
        /// Reviews decisions, answers reconsiderations and suits (法制).
        Lawyer = 6, "法制";
        /// Trains and compares models (分析).
        Analyst = 7, "分析";
        /// Approves what an analyst proposes (批准).
        Approver = 8, "批准人";
        /// Sees figures (局领导).
        Leader = 9, "局领导";
        /// Reads the trail and checks it (审计管理员).
        Auditor = 10, "审计管理员";
        /// Makes and ends accounts (安全管理员).
        Security = 11, "安全管理员";
        /// Sets the system up (系统管理员).
        System = 12, "系统管理员";
    }
);

/// The roles of one caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Roles(u16);

impl Roles {
    /// Of a list.
    pub fn of(roles: &[Role]) -> Self {
        roles.iter().copied().collect()
    }

    /// The roles of a stored number: a bit each, by its code. None when it has others.
    pub fn from_code(code: i16) -> Option<Self> {
        let roles: Self = Role::ALL.iter().copied().filter(|role| code >> role.code() & 1 == 1).collect();
        (roles.code() == code).then_some(roles)
    }

    /// The stored number.
    pub fn code(self) -> i16 {
        i16::try_from(self.0).unwrap_or_default()
    }

    /// Whether a role is among them.
    pub fn has(self, role: Role) -> bool {
        self.0 >> role.code() & 1 == 1
    }

    /// Whether one of these is among them.
    pub fn has_any(self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.has(*role))
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.iter().copied().filter(move |role| self.has(*role))
    }

    /// These and one more.
    #[must_use]
    pub fn with(self, role: Role) -> Self {
        Self(self.0 | 1 << role.code())
    }

    /// These without one.
    #[must_use]
    pub fn without(self, role: Role) -> Self {
        Self(self.0 & !(1 << role.code()))
    }

    /// Their words, joined by `、`.
    pub fn zh(self) -> String {
        self.iter().map(Role::zh).collect::<Vec<_>>().join("、")
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        roles.into_iter().fold(Self::default(), Self::with)
    }
}

impl Role {
    /// Roles that one person may have; the others are of accounts that systems and units use.
    pub fn is_of_persons(self) -> bool {
        self != Role::Unit
    }
}

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
    /// When the token ends by itself; none: never.
    pub expires_at: Option<Timestamp>,
}

/// An authenticated caller of one bureau.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Its id.
    pub id: CallerId,
    /// Its bureau: requests name none.
    pub bureau: BureauId,
    /// Its roles: of an account that a system or a unit uses, one.
    pub roles: Roles,
    /// Its unit: the reception unit for reception, a station or division for units and persons, none for intake.
    pub unit: Option<UnitId>,
    /// The person who signed in (本人), by staff number; none of an account that a system or a unit uses.
    pub officer: Option<OfficerId>,
    /// The person's password has to be changed before anything else.
    pub must_change_password: bool,
    /// Whether an account of a unit may say which officer did something (代填).
    pub names_officers: bool,
}

impl Caller {
    /// An account that a system or a unit uses, which may name officers.
    pub fn service(id: CallerId, bureau: BureauId, role: Role, unit: Option<UnitId>) -> Self {
        let roles = Roles::of(&[role]);
        Self { id, bureau, roles, unit, officer: None, must_change_password: false, names_officers: true }
    }

    /// Whether it has a role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.has(role)
    }
}
