//! What a caller may ask (操作), and who may: the one table of rules, whatever the edge (promise 11).
//!
//! The service asks it before it does anything, so that no edge can forget to. An edge maps its methods to operations and may ask
//! earlier. An operation without a role is nobody's who has a token: it is done at the terminal.

use super::{Failure, Service};
use crate::domain::account::AccountChange;
use crate::domain::caller::{Caller, Role};
use crate::domain::command::{Command, Verb};
use crate::domain::refusal::Refusal;

macro_rules! operations {
    ($($operation:ident: $roles:expr;)+) => {
        /// Something a caller may ask for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation { $(
            #[doc = concat!("`", stringify!($operation), "`")]
            $operation,
        )+ }

        impl Operation {
            /// Every operation.
            pub const ALL: &'static [Operation] = &[$(Operation::$operation),+];

            /// The roles that may ask for it.
            pub fn roles(self) -> &'static [Role] {
                match self { $(Operation::$operation => $roles,)+ }
            }
        }
    };
}

/// Those who work on files: units, their people, and the reception unit for its own queue.
const HANDLERS: &[Role] = &[Role::Unit, Role::Officer, Role::Manager, Role::Reception];
/// Those who look at files: who works on them, and who answers for them before a court.
const READERS: &[Role] = &[Role::Unit, Role::Officer, Role::Manager, Role::Reception, Role::Lawyer];
const INTAKE: &[Role] = &[Role::Intake];
const RECEPTION: &[Role] = &[Role::Reception];
const REVIEWERS: &[Role] = &[Role::Reception, Role::Lawyer];
const FIGURES: &[Role] = &[Role::Reception, Role::Leader];
const UNIT: &[Role] = &[Role::Unit, Role::Officer, Role::Manager];
const SECURITY: &[Role] = &[Role::Security];
const TERMINAL: &[Role] = &[];

operations! {
    Submit: INTAKE;
    Amend: INTAKE;
    Withdraw: INTAKE;
    Urge: INTAKE;
    GetSubmission: &[Role::Intake, Role::Reception];
    ListChanges: INTAKE;
    // The same rows as over the wire, from a file.
    Import: INTAKE;
    Pull: HANDLERS;
    Extend: HANDLERS;
    Skip: HANDLERS;
    SignFor: HANDLERS;
    Decide: HANDLERS;
    Step: HANDLERS;
    CloseFile: HANDLERS;
    Prolong: HANDLERS;
    RecordAct: HANDLERS;
    CheckDecision: READERS;
    GetFile: READERS;
    ListFiles: HANDLERS;
    ListUnits: &[
        Role::Intake,
        Role::Unit,
        Role::Officer,
        Role::Manager,
        Role::Reception,
        Role::Lawyer,
        Role::Leader,
        Role::Security,
    ];
    // The reception unit has nobody to give a file back to: it reassigns.
    ReturnFile: UNIT;
    Search: READERS;
    ListDue: HANDLERS;
    GetEvidence: READERS;
    GetDossier: READERS;
    Reassign: RECEPTION;
    Escalate: RECEPTION;
    CutLink: RECEPTION;
    ProposeRebalance: RECEPTION;
    ProposePlaces: RECEPTION;
    OpenReview: REVIEWERS;
    EndReview: REVIEWERS;
    GetQueue: HANDLERS;
    GetOverview: FIGURES;
    GetFigures: FIGURES;
    GetPeriod: RECEPTION;
    Compare: FIGURES;
    LoadBureau: RECEPTION;
    Rescore: RECEPTION;
    UseModel: TERMINAL;
    AcceptClock: TERMINAL;
    MakeCaller: TERMINAL;
    RevokeCaller: TERMINAL;
    StoreModel: TERMINAL;
    // A person's own, whatever the roles.
    SignOut: &[];
    ChangePassword: &[];
    GetAccount: &[];
    ListAccounts: SECURITY;
    OpenAccount: SECURITY;
    SetRoles: SECURITY;
    ResetPassword: SECURITY;
    CloseAccount: SECURITY;
    // Before anybody is known: the password is the proof.
    SignIn: TERMINAL;
    RotateToken: TERMINAL;
    Purge: TERMINAL;
    Rekey: TERMINAL;
    // The unit that takes requests in sees both tracks of everybody.
    Disclose: RECEPTION;
}

impl Operation {
    /// What a command does.
    pub fn of(command: &Command) -> Self {
        match command {
            Command::Submit(_) => Self::Submit,
            Command::Import { .. } | Command::Outcome { .. } => Self::Import,
            Command::Amend { .. } => Self::Amend,
            Command::Withdraw { .. } => Self::Withdraw,
            Command::Urge { .. } => Self::Urge,
            Command::Pull { .. } => Self::Pull,
            Command::Handle(handling) => match handling.verb {
                Verb::Extend => Self::Extend,
                Verb::Skip { .. } => Self::Skip,
                Verb::SignFor => Self::SignFor,
                Verb::Decide { .. } => Self::Decide,
                Verb::Step { .. } => Self::Step,
                Verb::Close { .. } => Self::CloseFile,
                Verb::Return { .. } => Self::ReturnFile,
                Verb::Prolong { .. } => Self::Prolong,
                Verb::Record { .. } => Self::RecordAct,
            },
            Command::Reassign { .. } => Self::Reassign,
            Command::Escalate { .. } => Self::Escalate,
            Command::OpenReview { .. } => Self::OpenReview,
            Command::EndReview { .. } => Self::EndReview,
            Command::CutLink { .. } => Self::CutLink,
            Command::LoadBureau { .. } => Self::LoadBureau,
            Command::UseModel { .. } => Self::UseModel,
            Command::AcceptClock { .. } => Self::AcceptClock,
            Command::MakeCaller(_) => Self::MakeCaller,
            Command::RevokeCaller { .. } => Self::RevokeCaller,
            Command::StoreModel { .. } => Self::StoreModel,
            Command::Rescore { .. } => Self::Rescore,
            Command::RotateToken { .. } => Self::RotateToken,
            Command::Purge(_) => Self::Purge,
            Command::Rekey { .. } => Self::Rekey,
            Command::Disclose(_) => Self::Disclose,
            Command::Account(change) => match change {
                AccountChange::Open { .. } => Self::OpenAccount,
                AccountChange::SetRoles { .. } => Self::SetRoles,
                AccountChange::SetPassword { by_holder: true, .. } => Self::ChangePassword,
                AccountChange::SetPassword { by_holder: false, .. } => Self::ResetPassword,
                AccountChange::Close { .. } => Self::CloseAccount,
                AccountChange::SignIn { .. } | AccountChange::Failed { .. } => Self::SignIn,
                AccountChange::SignOut { .. } => Self::SignOut,
            },
        }
    }

    /// Whether it is done on trial (试运行): whatever comes in, is looked at or sets the service up. What hands work out, or is done with work
    /// in hand, is not: the bureau works as it did, and no file may be held in two ways. What is not listed is not done.
    pub fn is_of_trial(self) -> bool {
        matches!(
            self,
            Self::Submit
                | Self::Amend
                | Self::Withdraw
                | Self::Urge
                | Self::GetSubmission
                | Self::ListChanges
                | Self::Import
                | Self::CheckDecision
                | Self::GetFile
                | Self::ListFiles
                | Self::ListUnits
                | Self::Search
                | Self::ListDue
                | Self::GetEvidence
                | Self::GetDossier
                | Self::CutLink
                | Self::ProposeRebalance
                | Self::ProposePlaces
                | Self::GetQueue
                | Self::GetOverview
                | Self::GetFigures
                | Self::GetPeriod
                | Self::Compare
                | Self::LoadBureau
                | Self::Rescore
                | Self::UseModel
                | Self::AcceptClock
                | Self::MakeCaller
                | Self::RevokeCaller
                | Self::StoreModel
                | Self::SignOut
                | Self::ChangePassword
                | Self::GetAccount
                | Self::ListAccounts
                | Self::OpenAccount
                | Self::SetRoles
                | Self::ResetPassword
                | Self::CloseAccount
                | Self::SignIn
                | Self::RotateToken
                | Self::Purge
                | Self::Rekey
                | Self::Disclose
        )
    }

    /// Whether it is what every person may ask for: of his own account alone.
    pub fn is_own(self) -> bool {
        matches!(self, Self::SignOut | Self::ChangePassword | Self::GetAccount)
    }

    /// Whether a caller may ask for it.
    pub fn allows(self, caller: &Caller) -> bool {
        if self.is_own() { caller.officer.is_some() } else { caller.roles.has_any(self.roles()) }
    }
}

impl Service {
    /// Lets a caller go on who may ask for this; on trial, if it is of a trial.
    pub(super) fn allow(&self, caller: &Caller, operation: Operation) -> Result<(), Failure> {
        if !operation.allows(caller) {
            return Err(Failure::Denied);
        }
        if caller.must_change_password && !operation.is_own() {
            return Err(Failure::PasswordToChange);
        }
        if self.is_on_trial() && !operation.is_of_trial() {
            return Err(Refusal::OnTrial.into());
        }
        Ok(())
    }
}
