//! What the clients were answered: what the bureau must hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard};

use triage::grpc::pb;

use crate::support::items::{at, both, complaint, from, report, submit};
use crate::support::lease;

/// What the clients were answered.
#[derive(Default)]
pub(super) struct Book {
    pub(super) stopped: AtomicBool,
    pub(super) items: AtomicI64,
    pub(super) requests: AtomicI64,
    pub(super) kept: Mutex<Kept>,
}

#[derive(Default)]
pub(super) struct Kept {
    /// Submissions with their receipts, by place in the history.
    pub(super) receipts: BTreeMap<i64, (pb::SubmitRequest, pb::Receipt)>,
    /// Every event of which 12315 must be told: sequence, kind, file.
    pub(super) events: BTreeSet<(i64, i32, String)>,
    /// Where each file that was pulled stands: token, status, officer.
    pub(super) files: BTreeMap<String, (i64, pb::FileStatus, Option<String>)>,
    /// Files pulled in earlier rounds.
    pub(super) leased: BTreeSet<String>,
    pub(super) events_checked: usize,
    pub(super) sent_again: usize,
    pub(super) wrong: Vec<String>,
}

impl Book {
    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }

    pub(super) fn wrong(&self, what: String) {
        self.kept().wrong.push(what);
    }

    pub(super) fn stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    pub(super) fn request_id(&self) -> String {
        format!("request-{}", self.requests.fetch_add(1, Ordering::SeqCst))
    }

    /// Three in four are complaints; seven people, three places, of which one is not known.
    pub(super) fn next_item(&self) -> pb::SubmitRequest {
        let count = self.items.fetch_add(1, Ordering::SeqCst);
        let number = format!("K{count}");
        let minutes = count / 8;
        let item = match count % 8 {
            0 => both(&number, minutes),
            1 => report(&number, minutes),
            _ => complaint(&number, minutes),
        };
        let item = from(item, "张某", &format!("1390000000{}", count % 7));
        submit(match count % 5 {
            0..=2 => item,
            3 => at(item, "西街理发店", "西街街道二号"),
            _ => at(item, "某店", "不知何处"),
        })
    }

    pub(super) fn keep_receipt(&self, request: pb::SubmitRequest, receipt: pb::Receipt) {
        // A request sent again may find itself done: then its first answer never arrived.
        let receipt = pb::Receipt { repeat: false, ..receipt };
        let mut kept = self.kept();
        for decision in &receipt.decisions {
            kept.events.insert((receipt.sequence, pb::ChangeKind::Submit.into(), decision.file.clone()));
        }
        let number = receipt.registration_number.clone();
        if let Some((_, other)) = kept.receipts.insert(receipt.sequence, (request, receipt)) {
            kept.wrong.push(format!("{number} and {} stand in one place", other.registration_number));
        }
    }

    pub(super) fn keep_leases(&self, files: &[pb::File]) {
        let mut kept = self.kept();
        for file in files {
            let standing = (lease(file), pb::FileStatus::Waiting, None);
            let earlier = kept.leased.contains(&file.name);
            if kept.files.insert(file.name.clone(), standing).is_some() || earlier {
                kept.wrong.push(format!("{} was leased twice", file.name));
            }
        }
    }

    pub(super) fn keep_verb(&self, kind: pb::ChangeKind, file: &str, officer: &str, progress: &pb::Progress) {
        let mut kept = self.kept();
        kept.events.insert((progress.sequence, kind.into(), file.to_owned()));
        let standing = (progress.token, progress.status(), Some(officer.to_owned()));
        kept.files.insert(file.to_owned(), standing);
    }
}
