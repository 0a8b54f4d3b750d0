//! What the figures of a period are made from, read in one consistent look at the database.

use std::collections::HashMap;

use super::views::shown_term;
use super::{Failure, Found, Operation, Service};
use crate::domain::caller::Caller;
use crate::domain::deadline::Clock;
use crate::domain::given::Given;
use crate::domain::ids::{BureauId, FileId, Sequence};
use crate::domain::submission::{Channel, Submission};
use crate::domain::text::Line;
use crate::domain::time::{Day, Days, Timestamp};
use crate::figures::{CountedFile, CountedReview, Figures, figures};
use crate::ledger::{Known, LedgerError, Opener, facts};
use crate::routing::Bureau;
use crate::store::{FileRow, Tx};

/// Files read at a time.
const PAGE: u32 = 512;

/// Levels of a category that files are counted by.
const LEVELS: usize = 2;

impl Service {
    /// The figures of a period, in numbers alone; not for a unit, whom reports elsewhere do not concern. The look is recorded.
    pub async fn figures(&self, caller: &Caller, period: Days) -> Result<Figures, Failure> {
        let seen = self.look(caller, Operation::GetFigures, "figures", async |opener| {
            Ok(Found::bare(self.show_figures(opener, caller, period).await?))
        });
        seen.await
    }

    async fn show_figures(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
        period: Days,
    ) -> Result<Figures, LedgerError> {
        let (context, bureau) = (&self.inner.context, caller.bureau);
        let mut tx = context.store.read_at_length().await?;
        let head = tx.head(bureau).await?.ok_or(LedgerError::Unreadable("bureau"))?;
        let rules = context.rules(&mut tx, bureau, head.rules).await?;
        let as_of = last_day(&mut tx, bureau, head.sequence).await?;
        let mut files = Vec::new();
        let mut after = None;
        loop {
            let ids = tx.received_between(bureau, period, after, PAGE).await?;
            let Some(last) = ids.last() else { break };
            after = Some(*last);
            files.extend(page(&mut tx, opener, bureau, (&rules, as_of), &ids).await?);
        }
        let reviews = reviews(&mut tx, bureau, period).await?;
        tx.rollback().await?;
        let units: Vec<String> = rules.units().iter().map(|unit| unit.name.clone()).collect();
        Ok(figures((rules.name(), &units), period, as_of, &files, &reviews))
    }
}

/// The day of the last event: as of when whatever is counted stands.
pub(super) async fn last_day(tx: &mut Tx, bureau: BureauId, last: Sequence) -> Result<Day, LedgerError> {
    let last = tx.event_digests(bureau, std::iter::once(last)).await?.pop();
    Ok(last.map_or(Timestamp(0), |(_, at, _)| at).day())
}

async fn page(
    tx: &mut Tx,
    opener: Opener<'_>,
    bureau: BureauId,
    under: (&Bureau, Day),
    ids: &[FileId],
) -> Result<Vec<CountedFile>, LedgerError> {
    let mut clocks: HashMap<FileId, Vec<Clock>> = HashMap::new();
    for (file, clock) in tx.clocks(bureau, ids).await? {
        clocks.entry(file).or_default().push(clock);
    }
    let mut submissions: Vec<Sequence> = ids.iter().map(|id| id.submission).collect();
    submissions.dedup();
    let known = facts(tx, opener, bureau, submissions.into_iter()).await?;
    let mut rows = tx.files(bureau, ids).await?;
    rows.sort_unstable_by_key(|row| row.id);
    let counted = |row: FileRow| {
        let Known { facts, .. } =
            known.get(&row.id.submission).ok_or(LedgerError::Unreadable("submission"))?;
        let clocks = clocks.remove(&row.id).unwrap_or_default();
        Ok(counted(&row, facts, clocks, under))
    };
    rows.into_iter().map(counted).collect()
}

fn counted(
    row: &FileRow,
    facts: &Submission,
    clocks: Vec<Clock>,
    (rules, as_of): (&Bureau, Day),
) -> CountedFile {
    // The order under which it was decided: a bureau may go over to the new one with its open files.
    let decided = row.state.ended_at.map_or(as_of, Timestamp::day);
    let clocks = clocks.into_iter().map(|clock| shown_term(clock, &row.testing, rules)).collect();
    let category = facts.part(row.id.track).map(|part| &part.object_category);
    CountedFile {
        id: row.id,
        received: row.state.received_at.day(),
        law: rules.governing(row.state.received_at.day(), decided).law,
        named: facts.complainant.is_named(),
        unit: rules.unit(&row.unit).map_or_else(|| row.unit.to_string(), |unit| unit.name.clone()),
        category: category.and_then(Given::known).map(upper_levels).unwrap_or_default(),
        channel: facts.channel.known().map_or("", |channel: &Channel| channel.zh()),
        status: row.state.status,
        accepted_upstream: row.state.accepted_upstream,
        ended_upstream: row.state.outcome.is_some(),
        ground: row.state.ground.filter(|_| row.state.disposition.is_none()),
        disposition: row.state.disposition,
        finding: row.state.finding,
        label: row.state.imported_label,
        recovered_fen: row.state.recovered_fen,
        fined_fen: row.state.fined_fen,
        confiscated_fen: row.state.confiscated_fen,
        clocks,
    }
}

/// `商品->食品->乳制品` is counted as `商品->食品`.
pub(super) fn upper_levels(category: &Line) -> String {
    category.as_str().split("->").take(LEVELS).map(str::trim).collect::<Vec<_>>().join("->")
}

async fn reviews(tx: &mut Tx, bureau: BureauId, period: Days) -> Result<Vec<CountedReview>, LedgerError> {
    let reviews = tx.reviews_between(bureau, period).await?;
    let mut files: Vec<FileId> = reviews.iter().map(|review| review.file).collect();
    files.sort_unstable();
    files.dedup();
    let clocks = tx.clocks(bureau, &files).await?;
    let reply = |file: FileId, review: Sequence| {
        clocks
            .iter()
            .find(|(of, clock)| *of == file && clock.is_reply_in(review))
            .map(|(_, clock)| clock.clone())
    };
    let counted = reviews
        .into_iter()
        .map(|review| CountedReview { reply: reply(review.file, review.sequence), review });
    Ok(counted.collect())
}
