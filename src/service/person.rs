//! One person's record on a lawful request (查阅、复制本人信息): found by what the person has proved, given to him alone, and recorded.

use std::collections::BTreeSet;

use super::views::Snapshot;
use super::{Failure, Found, Operation, Service};
use crate::domain::caller::Caller;
use crate::domain::command::{Command, FileRef};
use crate::domain::disclosure::{Disclosure, Person};
use crate::domain::ids::{BureauId, FileId, RequestId, Sequence, Track};
use crate::domain::refusal::Refusal;
use crate::domain::sight::Sight;
use crate::domain::view::FileView;
use crate::dossier::{Held, PersonFile, PersonRecord, Reader, sent};
use crate::ledger::{Opener, Stop};
use crate::routing::{Bureau, Retention};

/// Files read of one telephone or document at a time, and at most.
const PAGE: u32 = 256;
const MOST: usize = 4_096;

impl Service {
    /// Everything that is held on a person as complainant or reporter. On which request it was given is an event, the files are looks;
    /// where these cannot be written, nothing is given.
    pub async fn person_record(
        &self,
        caller: &Caller,
        request_id: RequestId,
        person: &Person,
        disclosure: Disclosure,
    ) -> Result<PersonRecord, Failure> {
        self.act(caller, request_id, Command::Disclose(disclosure.clone())).await?;
        let seen = self.look(caller, Operation::Disclose, "disclose_file", async |opener| {
            let (record, files, named) = self.make_record(opener, caller, person, disclosure).await?;
            Ok(Found::of(record, files).naming("named_in_dossier", named))
        });
        seen.await
    }

    async fn make_record(
        &self,
        opener: Opener<'_>,
        caller: &Caller,
        person: &Person,
        Disclosure { request, right }: Disclosure,
    ) -> Result<(PersonRecord, Vec<FileId>, Vec<FileId>), Stop> {
        let context = &self.inner.context;
        let mut ids: Vec<FileId> = self.found_under(caller.bureau, person).await?.into_iter().collect();
        ids.sort_unstable();
        let mut tx = context.store.read().await?;
        let rules = context.rules_in_force(&mut tx, caller.bureau).await?;
        tx.rollback().await?;
        let seen = Snapshot::read(context, opener, caller.bureau, &Sight::of(caller), &ids).await?;
        let (own, others): (Vec<FileView>, Vec<FileView>) =
            seen.views(caller, &ids)?.into_iter().partition(|view| person.is(&view.complainant));
        let (mut files, mut shown, mut named) = (Vec::with_capacity(own.len()), Vec::new(), Vec::new());
        for view in own {
            let reference = FileRef { number: view.number.clone(), track: view.id.track };
            let whole = self.make_dossier(opener, caller, &reference, Reader::Bureau).await?.dossier;
            let made = self.make_dossier(opener, caller, &reference, Reader::Sender).await?;
            let findings = whole.decisions.into_exposed().into_iter().filter_map(|one| one.finding).collect();
            shown.push(view.id);
            named.extend(made.named);
            let (sent, score) = (sent(&view), score(&view));
            files.push(PersonFile { sent, findings, score, dossier: made.dossier });
        }
        named.sort_unstable();
        named.dedup();
        let held = Held {
            bureau: rules.name().to_owned(),
            request: request.as_str().to_owned(),
            right,
            as_of: self.now().day(),
            retention: retention(&rules),
            files,
            others: others.len(),
        };
        Ok((held.into(), shown, named))
    }

    /// The files under a person's telephones and document, whoever sent them.
    async fn found_under(&self, bureau: BureauId, person: &Person) -> Result<BTreeSet<FileId>, Stop> {
        let mut found = BTreeSet::new();
        let mut tx = self.inner.context.store.read_at_length().await?;
        let (hash_key, keyed) = self.inner.context.hash_key(&mut tx, bureau).await?;
        let phones = person.phones.iter().map(|phone| hash_key.phone_key(phone));
        let document = person.resident_id.iter().map(|id| hash_key.document_key(id));
        for key in phones.chain(document) {
            let mut below = Sequence(i64::MAX);
            loop {
                let page = tx.by_search_key(keyed, key, None, below, PAGE).await?;
                let Some(last) = page.last() else { break };
                // A submission may have its second file on the next page.
                below = if page.len() < PAGE as usize {
                    last.submission
                } else {
                    Sequence(last.submission.0 + 1)
                };
                let before = found.len();
                found.extend(page);
                if found.len() == before {
                    break;
                }
                if found.len() > MOST {
                    tx.rollback().await?;
                    return Err(too_many().into());
                }
            }
        }
        tx.rollback().await?;
        Ok(found)
    }
}

fn too_many() -> Refusal {
    Refusal::field(
        "phones",
        "too many files are under these numbers; they are a shared line, send the document number alone",
        "所给号码下的件过多，应为公用号码；请只用证件号码查找",
    )
}

/// What a score said of a complaint, without other people's complaints: what these have in common with it stands in no record.
fn score(view: &FileView) -> Vec<String> {
    let latest = view.rescored.as_ref().unwrap_or(&view.decision);
    let Some(suspicion) = latest.suspicion.as_ref().filter(|_| view.id.track == Track::Complaint) else {
        return Vec::new();
    };
    let reasons = suspicion.reasons.iter().map(|reason| reason.text.clone());
    std::iter::once(format!("档次：{}", suspicion.band.zh())).chain(reasons).collect()
}

fn retention(rules: &Bureau) -> Option<String> {
    let Retention { complaint_years, report_years, basis, .. } = rules.settings().retention.as_ref()?;
    let years = |years: &Option<u8>| years.map_or_else(|| "永久".to_owned(), |years| format!("{years} 年"));
    Some(format!(
        "保存期限（办结后）：投诉 {}，举报 {}；依据：{}。期限届满的，个人信息和文字内容已经或者将按规定清除，已清除的不再能按个人查到，不在本材料中。",
        years(complaint_years),
        years(report_years),
        basis.as_str()
    ))
}
