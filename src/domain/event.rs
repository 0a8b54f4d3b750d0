//! The kinds of events: one table of kind, stored code and word.

use serde::{Deserialize, Serialize};

use super::account::AccountChange;
use super::verb::Verb;

/// The one table of the kinds of events. Codes are stored: append, and never change or reuse one.
macro_rules! event_kinds {
    ($($(#[$doc:meta])* $kind:ident = $code:literal, $word:literal;)+) => {
        /// The kind of an event, as it is stored and as it is named in the feed of changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum EventKind { $($(#[$doc])* $kind,)+ }

        impl EventKind {
            /// Every kind.
            pub const ALL: &'static [EventKind] = &[$(EventKind::$kind),+];

            /// The stored code.
            pub const fn code(self) -> i16 {
                match self { $(EventKind::$kind => $code,)+ }
            }

            /// The kind of a stored code.
            pub fn from_code(code: i16) -> Option<Self> {
                match code {
                    $($code => Some(EventKind::$kind),)+
                    _ => None,
                }
            }

            /// The word in the audit and in the examples of stored events.
            pub fn word(self) -> &'static str {
                match self { $(EventKind::$kind => $word,)+ }
            }
        }
    };
}

event_kinds! {
    /// A submission came in.
    Submit = 1, "submit";
    /// A repeat gave something that was masked or missing; nothing was decided again.
    Unmask = 2, "unmask";
    /// Facts were amended.
    Amend = 3, "amend";
    /// The complaint was withdrawn.
    Withdraw = 4, "withdraw";
    /// Someone asked to hurry.
    Urge = 5, "urge";
    /// Files were leased.
    Pull = 6, "pull";
    /// A lease was extended.
    Extend = 7, "extend";
    /// A lease was given up for now.
    Skip = 8, "skip";
    /// A file was signed for.
    SignFor = 9, "sign_for";
    /// A file was decided.
    Decide = 10, "decide";
    /// A step was noted.
    Step = 11, "step";
    /// A file was closed.
    Close = 12, "close";
    /// A file went back to reception.
    Return = 13, "return";
    /// Reception sent a file to another unit.
    Reassign = 14, "reassign";
    /// The bureau file was replaced.
    LoadBureau = 15, "load_bureau";
    /// A model was put to use.
    UseModel = 16, "use_model";
    /// A submission came in whose file had ended elsewhere.
    Backfill = 17, "backfill";
    /// An export reported what became of a file.
    Outcome = 18, "outcome";
    /// A link between two complaints was cut.
    CutLink = 19, "cut_link";
    /// Nobody had signed for a file in time.
    Escalate = 20, "escalate";
    /// The time to verify a report was prolonged.
    Prolong = 21, "prolong";
    /// A decision was challenged.
    OpenReview = 22, "open_review";
    /// A reconsideration or suit ended.
    EndReview = 23, "end_review";
    /// The clock was confirmed.
    AcceptClock = 24, "accept_clock";
    /// A caller was made.
    MakeCaller = 25, "make_caller";
    /// A caller's token was ended.
    RevokeCaller = 26, "revoke_caller";
    /// A model was stored.
    StoreModel = 27, "store_model";
    /// An act of the law on a file: a notice, a hand-over, a reply, a recusal and the like.
    Record = 28, "record";
    /// A complaint was scored again by another model.
    Rescore = 29, "rescore";
    /// A person got an account.
    OpenAccount = 30, "open_account";
    /// The roles of an account were changed.
    SetRoles = 31, "set_roles";
    /// A password was changed.
    SetPassword = 32, "set_password";
    /// An account was ended.
    CloseAccount = 33, "close_account";
    /// A person signed in.
    SignIn = 34, "sign_in";
    /// A person signed out.
    SignOut = 35, "sign_out";
    /// A wrong password was given.
    SignInFailed = 36, "sign_in_failed";
    /// A caller got another token beside its present one.
    RotateToken = 37, "rotate_token";
    /// An account was given another first password.
    ResetPassword = 38, "reset_password";
    /// What a submission's events kept of persons was purged.
    Purge = 39, "purge";
    /// A person was given what is held on that person.
    Disclose = 40, "disclose";
    /// Key hashes are made by another identity key.
    Rekey = 41, "rekey";
}

impl From<&AccountChange> for EventKind {
    fn from(change: &AccountChange) -> Self {
        match change {
            AccountChange::Open { .. } => EventKind::OpenAccount,
            AccountChange::SetRoles { .. } => EventKind::SetRoles,
            AccountChange::SetPassword { by_holder: true, .. } => EventKind::SetPassword,
            AccountChange::SetPassword { by_holder: false, .. } => EventKind::ResetPassword,
            AccountChange::Close { .. } => EventKind::CloseAccount,
            AccountChange::SignIn { .. } => EventKind::SignIn,
            AccountChange::SignOut { .. } => EventKind::SignOut,
            AccountChange::Failed { .. } => EventKind::SignInFailed,
        }
    }
}

impl From<&Verb> for EventKind {
    fn from(verb: &Verb) -> Self {
        match verb {
            Verb::Extend => EventKind::Extend,
            Verb::Skip { .. } => EventKind::Skip,
            Verb::SignFor => EventKind::SignFor,
            Verb::Decide { .. } => EventKind::Decide,
            Verb::Step { .. } => EventKind::Step,
            Verb::Close { .. } => EventKind::Close,
            Verb::Return { .. } => EventKind::Return,
            Verb::Prolong { .. } => EventKind::Prolong,
            Verb::Record { .. } => EventKind::Record,
        }
    }
}
