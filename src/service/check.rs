//! The check before a decision (决定前体检): what it would meet, were it made now. Nothing is changed by asking.

use super::due::left;
use super::notices::remedies;
use super::views::shown_term;
use super::{Failure, Found, Operation, Service};
use crate::domain::act::{NoticeSubject, Party};
use crate::domain::caller::Caller;
use crate::domain::check::{Check, ToTell};
use crate::domain::command::{Handling, Verb};
use crate::domain::deadline::Clock;
use crate::domain::ids::FileId;
use crate::domain::refusal::Refusal;
use crate::domain::sight::Sight;
use crate::domain::violation::Violation;
use crate::ledger::{LedgerError, Opener, facts, warnings, within};
use crate::queue::{Planned, planned};
use crate::routing::Bureau;

impl Service {
    /// What a decision on a file of the caller's unit would meet. The look is recorded.
    pub async fn check(&self, caller: &Caller, handling: &Handling) -> Result<Check, Failure> {
        let seen = self.look(caller, Operation::CheckDecision, "check_decision", async |opener| {
            let unknown = Refusal::NotFound { what: "file", what_zh: "件" };
            let (file, check) = self.make_check(opener, caller, handling).await?.ok_or(unknown)?;
            Ok(Found::of(check, vec![file]))
        });
        seen.await
    }

    async fn make_check(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
        handling: &Handling,
    ) -> Result<Option<(FileId, Check)>, LedgerError> {
        let (context, bureau, now) = (&self.inner.context, caller.bureau, self.now());
        let mut tx = context.store.read().await?;
        let rules = context.rules_in_force(&mut tx, bureau).await?;
        let found = tx.files_by_number(bureau, std::iter::once(&handling.file)).await?.pop();
        let own = found.filter(|file| caller.unit.as_ref() == Some(&file.unit));
        let Some(file) = within(&mut tx, opener, bureau, &Sight::of(caller), own).await? else {
            tx.rollback().await?;
            return Ok(None);
        };
        let terms = tx.clocks(bureau, &[file.id]).await?.into_iter().map(|(_, clock)| clock).collect();
        let submission = file.id.submission;
        let known = facts(&mut tx, opener, bureau, std::iter::once(submission)).await?.remove(&submission);
        let known = known.ok_or(LedgerError::Unreadable("submission"))?;
        let on = handling.verb.done_on().unwrap_or(now.day());
        let warnings = warnings(&mut tx, opener, bureau, (&file, &handling.verb, on)).await?;
        tx.rollback().await?;
        let Planned { refusal, deciding, to_tell } =
            planned(&rules, &file, (terms, &known.facts), handling, now);
        let term = deciding.map(|clock| shown_term(clock, &file.testing, &rules));
        let working_days_left = term.as_ref().filter(|term| term.paused_since.is_none());
        let working_days_left = working_days_left.and_then(|term| left(&rules, now.day(), term));
        let tell = |notice| to_tell_of(&rules, notice, &handling.verb);
        let to_tell = to_tell.into_iter().map(tell).collect();
        let objections = refusal.map(objections).unwrap_or_default();
        Ok(Some((file.id, Check { objections, warnings, term, working_days_left, to_tell })))
    }
}

fn to_tell_of(rules: &Bureau, (subject, to, clock): (NoticeSubject, Party, Clock), verb: &Verb) -> ToTell {
    let Clock { due_on, article, .. } = clock;
    ToTell { subject, to, due_on: due_on.day(), article, remedies: remedies(rules, subject, verb) }
}

/// What is wrong, by field; what is not of one field is of the file.
fn objections(refusal: Refusal) -> Vec<Violation> {
    match refusal {
        Refusal::Invalid(found) => found,
        other => vec![Violation {
            field: "file".to_owned(),
            description: other.to_string(),
            description_zh: other.zh(),
        }],
    }
}
