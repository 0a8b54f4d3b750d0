//! The data set: vectors as logged at receipt, with the findings officers made since.

use std::collections::HashMap;

use crate::domain::handling::Finding;
use crate::domain::ids::{BureauId, Sequence};
use crate::features::schema_hash;
use crate::ledger::{House, LedgerError, facts};

use super::Example;

/// Examples read at a time.
const PAGE: i64 = 512;

/// All examples of a bureau in the order of receipt. Vectors of another feature table are left out and counted.
pub async fn examples(house: &House, bureau: BureauId) -> Result<(Vec<Example>, usize), LedgerError> {
    let mut examples = Vec::new();
    let mut other_schema = 0;
    let mut after = Sequence(0);
    // Persons are told apart by keyed marks, but named by their first complaint: a fit must not depend on the key.
    let mut first_of: HashMap<i64, i64> = HashMap::new();
    let mut tx = house.store.read().await?;
    loop {
        let rows = tx.examples(bureau, after, PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = last.submission;
        let submissions = rows.iter().map(|row| row.submission);
        let known = facts(&mut tx, &house.identity, bureau, submissions).await?;
        for row in rows {
            if row.schema_hash != schema_hash() {
                other_schema += 1;
                continue;
            }
            // One person's complaints stay in one fold: a model must not be judged on whom it has seen.
            let person =
                known.get(&row.submission).and_then(|known| house.identity.marks(&known.facts).person);
            examples.push(Example {
                vector: row.vector,
                suspected: row.finding == Finding::Suspected,
                order: row.submission.0,
                group: person
                    .map_or(row.submission.0, |person| *first_of.entry(person).or_insert(row.submission.0)),
            });
        }
    }
    tx.rollback().await?;
    Ok((examples, other_schema))
}
