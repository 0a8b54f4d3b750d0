//! What a caller may ask (操作), and who may: the one table of rules, whatever the edge (promise 11).
//!
//! The service asks it before it does anything, so that no edge can forget to. An edge maps its methods to operations and may ask
//! earlier. An operation without a role is nobody's who has a token: it is done at the terminal.

use super::{Failure, Service};
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

/// Those who work on files: units, and the reception unit for its own queue.
const HANDLERS: &[Role] = &[Role::Unit, Role::Reception];
const INTAKE: &[Role] = &[Role::Intake];
const RECEPTION: &[Role] = &[Role::Reception];
const UNIT: &[Role] = &[Role::Unit];
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
    CheckDecision: HANDLERS;
    GetFile: HANDLERS;
    ListFiles: HANDLERS;
    ListUnits: &[Role::Intake, Role::Unit, Role::Reception];
    // The reception unit has nobody to give a file back to: it reassigns.
    ReturnFile: UNIT;
    Search: HANDLERS;
    ListDue: HANDLERS;
    GetEvidence: HANDLERS;
    GetDossier: HANDLERS;
    Reassign: RECEPTION;
    Escalate: RECEPTION;
    CutLink: RECEPTION;
    ProposeRebalance: RECEPTION;
    ProposePlaces: RECEPTION;
    OpenReview: RECEPTION;
    EndReview: RECEPTION;
    GetQueue: HANDLERS;
    GetOverview: RECEPTION;
    GetFigures: RECEPTION;
    GetPeriod: RECEPTION;
    Compare: RECEPTION;
    LoadBureau: RECEPTION;
    Rescore: RECEPTION;
    UseModel: TERMINAL;
    AcceptClock: TERMINAL;
    MakeCaller: TERMINAL;
    RevokeCaller: TERMINAL;
    StoreModel: TERMINAL;
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
        }
    }

    /// Whether it is done on trial (试运行): whatever comes in, is looked at or sets the service up. What hands work out, or is done with work
    /// in hand, is not: the bureau works as it did, and no file may be held in two ways.
    pub fn is_of_trial(self) -> bool {
        match self {
            Self::Pull
            | Self::Extend
            | Self::Skip
            | Self::SignFor
            | Self::Decide
            | Self::Step
            | Self::CloseFile
            | Self::Prolong
            | Self::RecordAct
            | Self::ReturnFile
            | Self::Reassign
            | Self::Escalate
            | Self::OpenReview
            | Self::EndReview => false,
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
            | Self::StoreModel => true,
        }
    }

    /// Whether a caller may ask for it.
    pub fn allows(self, caller: &Caller) -> bool {
        self.roles().contains(&caller.role)
    }
}

impl Service {
    /// Lets a caller go on who may ask for this; on trial, if it is of a trial.
    pub(super) fn allow(&self, caller: &Caller, operation: Operation) -> Result<(), Failure> {
        if !operation.allows(caller) {
            return Err(Failure::Denied);
        }
        if self.is_on_trial() && !operation.is_of_trial() {
            return Err(Refusal::OnTrial.into());
        }
        Ok(())
    }
}
