//! The data set: vectors as logged at receipt, with what people have said of the complaints since.

use crate::domain::handling::Finding;
use crate::domain::ids::{BureauId, Sequence};
use crate::domain::outcome::Marked;
use crate::features::history::Mark;
use crate::features::schema_hash;
use crate::ledger::{House, LedgerError};
use crate::store::{ExampleRow, Tx};

use super::clusters::Clusters;
use super::{Example, Trust};

/// Rows read at a time.
const PAGE: i64 = 4_096;

/// All examples of a bureau in the order of receipt. Vectors of another feature table are left out and counted.
pub async fn examples(house: &House, bureau: BureauId) -> Result<(Vec<Example>, usize), LedgerError> {
    let mut examples = Vec::new();
    let mut other_schema = 0;
    let mut after = Sequence(0);
    let mut tx = house.store.read().await?;
    let mut clusters = clusters(&mut tx, bureau).await?;
    loop {
        let rows = tx.examples(bureau, after, PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = last.submission;
        for row in rows {
            if row.schema_hash != schema_hash() {
                other_schema += 1;
                continue;
            }
            let Some((suspected, trust)) = label(&row) else { continue };
            examples.push(Example {
                suspected,
                trust,
                received: row.received_at,
                order: row.submission.0,
                group: clusters.first(row.submission.0),
                vector: row.vector,
            });
        }
    }
    tx.rollback().await?;
    Ok((examples, other_schema))
}

/// What is known of a complaint, and by whom: a finding, which carries a name and a reason, is worth more than a mark.
fn label(row: &ExampleRow) -> Option<(bool, Trust)> {
    match (row.finding, row.mark) {
        (Some(Finding::Undetermined), _) | (None, None) => None,
        (Some(finding), _) => Some((finding == Finding::Suspected, Trust::Finding)),
        (None, Some(mark)) => Some((mark == Marked::Suspected, Trust::Mark)),
    }
}

/// Clusters by shared search keys: keyed hashes of phones and documents, as they stand after every amendment. Intake
/// made them; opening every complaint's sealed facts to make them again would find nothing more.
async fn clusters(tx: &mut Tx, bureau: BureauId) -> Result<Clusters, LedgerError> {
    let mut clusters = Clusters::default();
    let mut last: Option<(Mark, Sequence)> = None;
    loop {
        let links = tx.links(bureau, last, PAGE).await?;
        if links.is_empty() {
            return Ok(clusters);
        }
        for link in links {
            if let Some((_, earlier)) = last.filter(|(mark, _)| *mark == link.0) {
                clusters.link(earlier.0, link.1.0);
            }
            last = Some(link);
        }
    }
}
