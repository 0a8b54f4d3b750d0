//! What ends a command early: a refusal or a failure, by one `?`.

use super::LedgerError;
use crate::domain::command::{Answer, Outcome};
use crate::domain::refusal::Refusal;

/// Why a command has no outcome: it is refused, which is an answer and changes nothing, or it could not be settled.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Refused.
    Refused(Refusal),
    /// Failed.
    Failed(LedgerError),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Stop::Refused(refusal)
    }
}

impl<E: Into<LedgerError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Failed(error.into())
    }
}

/// The answer to a command: its outcome or its refusal. A failure stays an error.
pub(crate) fn answer(settled: Result<Outcome, Stop>) -> Result<Answer, LedgerError> {
    match settled {
        Ok(outcome) => Ok(Ok(outcome)),
        Err(Stop::Refused(refusal)) => Ok(Err(refusal)),
        Err(Stop::Failed(error)) => Err(error),
    }
}
