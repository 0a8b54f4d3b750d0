//! The data set: vectors as logged at receipt, with what people have said of the complaints since.

use crate::domain::decision::Band;
use crate::domain::handling::Finding;
use crate::domain::ids::{BureauId, Sequence};
use crate::domain::outcome::ImportedLabel;
use crate::domain::time::Timestamp;
use crate::features::history::KeyHash;
use crate::features::schema_hash;
use crate::ledger::{Context, LedgerError};
use crate::store::{ExampleRow, Keyed, Tx};

use super::clusters::Clusters;
use super::{Example, Trust};

/// Rows read at a time.
const PAGE: i64 = 4_096;

/// A complaint's vector as it was logged at receipt (特征记录), labelled or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// Its sequence.
    pub order: i64,
    /// Receive time.
    pub received: Timestamp,
    /// Its cluster (关联投诉人（组）), by the sequence of the cluster's first complaint.
    pub group: i64,
    /// Labelled suspected (疑似) or not, and by whom; none while nobody has said.
    pub label: Option<(bool, Trust)>,
    /// The band it was given at receipt.
    pub band: Option<Band>,
    /// The feature vector.
    pub vector: Vec<f64>,
}

/// All complaints of a bureau in the order of receipt. Vectors of another feature table are left out, and the
/// labelled ones among them counted.
pub async fn logged(context: &Context, bureau: BureauId) -> Result<(Vec<Logged>, usize), LedgerError> {
    let mut logged = Vec::new();
    let mut other_schema = 0;
    let mut after = Sequence(0);
    let mut tx = context.store.read_at_length().await?;
    let (_, keyed) = context.hash_key(&mut tx, bureau).await?;
    let mut clusters = clusters(&mut tx, keyed).await?;
    loop {
        let rows = tx.examples(bureau, after, PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = last.submission;
        for row in rows {
            let label = label(&row);
            if row.schema_hash != schema_hash() {
                other_schema += usize::from(label.is_some());
                continue;
            }
            logged.push(Logged {
                order: row.submission.0,
                received: row.received_at,
                group: clusters.first(row.submission.0),
                label,
                band: row.band,
                vector: row.vector,
            });
        }
    }
    tx.rollback().await?;
    Ok((logged, other_schema))
}

/// What can be learned from: the labelled complaints. Vectors of another feature table are counted.
pub async fn examples(context: &Context, bureau: BureauId) -> Result<(Vec<Example>, usize), LedgerError> {
    let (logged, other_schema) = logged(context, bureau).await?;
    Ok((labelled(logged), other_schema))
}

/// The labelled ones of logged complaints.
#[must_use]
pub fn labelled(logged: Vec<Logged>) -> Vec<Example> {
    let labelled =
        logged.into_iter().filter_map(|Logged { order, received, group, label, vector, .. }| {
            label.map(|(suspected, trust)| Example { vector, suspected, trust, received, order, group })
        });
    labelled.collect()
}

/// What is known of a complaint, and by whom: a finding, which carries a name and a reason, is worth more than a mark.
fn label(row: &ExampleRow) -> Option<(bool, Trust)> {
    match (row.finding, row.imported_label) {
        (Some(Finding::Undetermined), _) | (None, None) => None,
        (Some(finding), _) => Some((finding == Finding::Suspected, Trust::Finding)),
        (None, Some(label)) => Some((label == ImportedLabel::Suspected, Trust::ImportedLabel)),
    }
}

/// Clusters by shared search keys: keyed hashes of phones and documents, as they are after every amendment. Intake
/// made them; opening every complaint's sealed facts to make them again would find nothing more.
async fn clusters(tx: &mut Tx, keyed: Keyed) -> Result<Clusters, LedgerError> {
    let mut clusters = Clusters::default();
    let mut last: Option<(KeyHash, Sequence)> = None;
    loop {
        let links = tx.links(keyed, last, PAGE).await?;
        if links.is_empty() {
            return Ok(clusters);
        }
        for link in links {
            if let Some((_, earlier)) = last.filter(|(label, _)| *label == link.0) {
                clusters.link(earlier.0, link.1.0);
            }
            last = Some(link);
        }
    }
}
