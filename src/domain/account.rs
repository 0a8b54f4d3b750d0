//! Accounts of persons (个人账户): who may sign in, as what, and what changes that.

use serde::{Deserialize, Serialize};

use super::caller::{Role, Roles};
use super::ids::{CallerId, OfficerId};
use super::personal::Personal;
use super::time::Timestamp;

/// The least characters of a password where nothing else is set.
pub const PASSWORD_CHARACTERS_LEAST: usize = 8;

/// A change to the accounts of a bureau, or a sign-in.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountChange {
    /// A person gets an account (开户).
    Open {
        /// Its id: greater than that of any caller before. None: the next one, as in every event of this release.
        id: Option<CallerId>,
        /// Whose: a staff number of the bureau file.
        officer: OfficerId,
        /// What the person may do.
        roles: Vec<Role>,
        /// The first password, as its hash: to be changed at the first sign-in.
        password: Personal<String>,
    },
    /// A person may do other things (调整角色).
    SetRoles {
        /// Whose account.
        id: CallerId,
        /// What the person may do from now on.
        roles: Vec<Role>,
    },
    /// A password is changed (修改口令).
    SetPassword {
        /// Whose account.
        id: CallerId,
        /// As its hash.
        password: Personal<String>,
        /// By its holder; else it was given by somebody, and has to be changed at the next sign-in.
        by_holder: bool,
        /// The hash of the password that its holder proved to know. It has to be the present one still.
        proved: Option<Personal<String>>,
    },
    /// An account ends, and with it its sessions (销户).
    Close {
        /// Which.
        id: CallerId,
    },
    /// A person signed in (登录).
    SignIn {
        /// Which account.
        id: CallerId,
        /// SHA-256 of the session's token.
        token_hash: Personal<Vec<u8>>,
        /// When the session ends, whatever happens in it.
        ends_at: Timestamp,
        /// The hash of the password that was proved. It has to be the present one still.
        proved: Option<Personal<String>>,
        /// From which address.
        source: Option<Personal<String>>,
        /// The rule of locking that it was let in by: it holds when the session begins, too.
        lock_out: Option<LockOut>,
    },
    /// A person signed out (退出).
    SignOut {
        /// SHA-256 of the session's token.
        token_hash: Personal<Vec<u8>>,
    },
    /// A wrong password was given (登录失败), or a right one to a locked account.
    Failed {
        /// Of which account; none when no account is called so.
        id: Option<CallerId>,
        /// From which address.
        source: Option<Personal<String>>,
        /// What is locked by it.
        lock_out: Option<LockOut>,
        /// It was the present password, asked for in a session to change it: SHA-256 of the session's token. Such ones lock nothing;
        /// the session ends with as many of them.
        session: Option<Personal<Vec<u8>>>,
    },
}

impl AccountChange {
    /// The account that it is about, where it is named.
    pub fn account(&self) -> Option<CallerId> {
        match self {
            Self::SetRoles { id, .. }
            | Self::SetPassword { id, .. }
            | Self::Close { id }
            | Self::SignIn { id, .. } => Some(*id),
            Self::Open { id, .. } | Self::Failed { id, .. } => *id,
            Self::SignOut { .. } => None,
        }
    }
}

/// When wrong passwords lock an account (锁定): for the address that they came from, after so many in a row; for all addresses but those
/// from which it was signed in to lately, after four times as many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct LockOut {
    /// Wrong passwords in a row, from one address.
    pub failures: i64,
    /// For how long, in seconds.
    pub seconds: i64,
}

/// So many times the wrong passwords of one address lock an account for all addresses.
const ADDRESSES_LOCKING: i64 = 4;

/// An address from which an account was signed in to is known for so long.
const SOURCE_KNOWN_SECONDS: i64 = 30 * 24 * 3_600;

impl LockOut {
    /// Whether an account is locked for an address.
    pub fn locks(self, account: &Account, source: Option<&Source>, now: Timestamp) -> bool {
        let holds = |at: Option<Timestamp>| at.is_some_and(|at| now < at.plus_seconds(self.seconds));
        let here = source.is_some_and(|source| source.failures >= self.failures && holds(source.failed_at));
        let is_known = source.is_some_and(|source| source.is_known(now));
        let most = self.failures.saturating_mul(ADDRESSES_LOCKING);
        here || !is_known && account.failures >= most && holds(account.failed_at)
    }
}

/// What is known of an address (登录来源) that somebody tried to sign in to an account from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Source {
    /// Wrong passwords since the last right one.
    pub failures: i64,
    /// The last of them.
    pub failed_at: Option<Timestamp>,
    /// The last sign-in from there.
    pub signed_in_at: Option<Timestamp>,
}

impl Source {
    /// Whether the account was signed in to from there lately.
    pub fn is_known(&self, now: Timestamp) -> bool {
        self.signed_in_at.is_some_and(|at| now < at.plus_seconds(SOURCE_KNOWN_SECONDS))
    }

    /// Nothing of a source that was last heard of before this is of use.
    pub fn forgotten_before(now: Timestamp) -> Timestamp {
        now.plus_seconds(-SOURCE_KNOWN_SECONDS)
    }
}

/// An account as it stands.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    /// Its id, as a caller.
    pub id: CallerId,
    /// Whose: staff number.
    pub officer: OfficerId,
    /// What the person may do.
    #[serde(serialize_with = "words")]
    pub roles: Roles,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// When the password was changed last.
    pub password_at: Timestamp,
    /// The password was given by somebody and has to be changed.
    pub must_change: bool,
    /// Wrong passwords since the last right one.
    pub failures: i64,
    /// The last of them.
    pub failed_at: Option<Timestamp>,
    /// The last sign-in.
    pub signed_in_at: Option<Timestamp>,
    /// Hash of the password, and of those before, the latest first.
    #[serde(skip)]
    pub passwords: Personal<Vec<String>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn words<S: serde::Serializer>(roles: &Roles, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(roles.iter())
}

super::handling::listed!(
    /// How a bureau shares the roles among its people (岗位设置).
    Separation {
        /// A small bureau: one person may do most things, and the trail says so.
        Small = 1, "小局";
        /// A district: who proposes does not approve, who handles does not review.
        District = 2, "区县";
        /// A city: reception does not handle, either.
        City = 3, "设区的市";
    }
);

impl Separation {
    /// Two of these roles that one person may not have. The three administrators (三员) exclude each other everywhere.
    pub fn conflict(self, roles: Roles) -> Option<(Role, Role)> {
        const ALWAYS: &[(Role, Role)] =
            &[(Role::Auditor, Role::Security), (Role::Auditor, Role::System), (Role::Security, Role::System)];
        const DISTRICT: &[(Role, Role)] =
            &[(Role::Analyst, Role::Approver), (Role::Lawyer, Role::Officer), (Role::Lawyer, Role::Manager)];
        const CITY: &[(Role, Role)] = &[
            (Role::Reception, Role::Officer),
            (Role::Reception, Role::Manager),
            (Role::Intake, Role::Officer),
        ];
        let further: &[&[(Role, Role)]] = match self {
            Separation::Small => &[],
            Separation::District => &[DISTRICT],
            Separation::City => &[DISTRICT, CITY],
        };
        let pairs = ALWAYS.iter().chain(further.iter().copied().flatten());
        pairs.copied().find(|(one, other)| roles.has(*one) && roles.has(*other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_administrators_exclude_each_other_everywhere() {
        let three = [Role::Auditor, Role::Security, Role::System];
        for separation in Separation::ALL {
            for (at, one) in three.iter().enumerate() {
                for other in &three[at + 1..] {
                    let both = Roles::of(&[*one, *other, Role::Officer]);
                    assert_eq!(separation.conflict(both), Some((*one, *other)), "{separation:?}");
                }
            }
        }
        let both = Roles::of(&[Role::Officer, Role::Lawyer]);
        assert_eq!(Separation::Small.conflict(both), None);
        assert!(Separation::District.conflict(both).is_some() && Separation::City.conflict(both).is_some());
        let both = Roles::of(&[Role::Officer, Role::Reception]);
        assert!(Separation::District.conflict(both).is_none() && Separation::City.conflict(both).is_some());
    }

    #[test]
    fn roles_are_stored_as_one_number() {
        for role in Role::ALL {
            let roles = Roles::of(&[*role, Role::Leader]);
            assert_eq!(Roles::from_code(roles.code()), Some(roles));
        }
        assert_eq!(Roles::from_code(1), None, "no role has that bit");
        assert_eq!(Roles::from_code(-1), None);
    }
}
