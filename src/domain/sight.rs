//! Which files a caller may know of (可见范围): one rule, asked wherever a file is named, listed or acted on (promise 11).

use super::act::Recused;
use super::caller::{Caller, Role};
use super::ids::{OfficerId, Track, UnitId};

/// What of the files of a bureau a caller may know of. A file outside it is not told apart from one that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// The one unit whose files they are; none: every unit's.
    pub unit: Option<UnitId>,
    /// The person who is shown those reports alone that he handles (Order 121 Art. 37); none: all reports of these units.
    pub handler: Option<Handler>,
}

/// A person, as far as reports go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handler {
    /// Who.
    pub officer: OfficerId,
    /// The unit that he leads: whatever it handles, he does.
    pub leads: Option<UnitId>,
    /// Whether he answers for what is challenged (法制).
    pub answers: bool,
}

/// Whether a file is within sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// It is, where he holds the lease of it, or where it is challenged and he answers for that.
    IfHandled,
}

impl Sight {
    /// Everything: of the service itself, of the terminal, of what is applied again.
    pub const ALL: Self = Self { unit: None, handler: None };

    /// What a caller may know of. Units see their own files; intake, reception and the lawyers see all units'; of reports, persons see
    /// those that they handle.
    pub fn of(caller: &Caller) -> Self {
        const EVERYWHERE: &[Role] = &[Role::Intake, Role::Reception, Role::Lawyer];
        let unit = if caller.roles.has_any(EVERYWHERE) { None } else { caller.unit.clone() };
        let person = caller.officer.clone();
        let handler =
            person.filter(|_| !caller.roles.has_any(&[Role::Intake, Role::Reception])).map(|officer| {
                Handler {
                    officer,
                    leads: caller.unit.clone().filter(|_| caller.has(Role::Manager)),
                    answers: caller.has(Role::Lawyer),
                }
            });
        Self { unit, handler }
    }

    /// Whether a file of a unit, signed for by an officer, is within it. Who is recused from a report (回避) is not shown it, once he has
    /// handed it on.
    pub fn of_file(
        &self,
        unit: &UnitId,
        track: Track,
        officer: Option<&OfficerId>,
        recused: &Recused,
    ) -> Seen {
        if self.unit.as_ref().is_some_and(|only| only != unit) {
            return Seen::No;
        }
        let Some(handler) = self.handler.as_ref().filter(|_| track == Track::Report) else {
            return Seen::Yes;
        };
        if officer == Some(&handler.officer) {
            return Seen::Yes;
        }
        if recused.has(&handler.officer) {
            return Seen::No;
        }
        if handler.leads.as_ref() == Some(unit) { Seen::Yes } else { Seen::IfHandled }
    }
}
