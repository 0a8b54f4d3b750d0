//! What is shown, and that it can be sent again.

use super::*;
use crate::domain::command::Command;
use crate::domain::ids::{FileId, UnitId};
use crate::domain::submission::Submission;
use crate::grpc::convert::tests::{NOW, at, full, least, taken, text};
use crate::grpc::convert::{Act, submit};
use proptest::prelude::*;

fn view(submission: Submission, track: Track) -> FileView {
    let id = FileId { submission: Sequence(1), track };
    let part = submission.part(track).unwrap().clone();
    FileView {
        purged: None,
        id,
        number: submission.number,
        received: submission.received,
        channel: submission.channel,
        complainant: submission.complainant,
        respondent: submission.respondent,
        part,
        linked: None,
        decision: Decision {
            file: id,
            sequence: Sequence(1),
            suspicion: None,
            routing: None,
            rules: Sequence(1),
        },
        rescored: None,
        dangers: Vec::new(),
        state: FileState {
            skips: 0,
            warned_at: None,
            clocks: Vec::new(),
            reviews: Vec::new(),
            status: Status::Waiting,
            unit: UnitId::parse("reception").unwrap(),
            token: None,
            leased_until: None,
            officer: None,
            withdrawn_at: None,
            urges: 0,
            imported_label: None,
            accepted_upstream: false,
            finding: None,
            ground: None,
            disposition: None,
            termination: None,
            recovered_fen: None,
            danger: None,
            ended_at: None,
        },
    }
}

#[test]
fn what_was_sent_is_shown_and_a_mask_stays_a_mask() {
    let shown = file(view(taken(full()), Track::Complaint));
    let sent = full();
    assert_eq!(shown.name, "submissions/1150203002026041500001/files/complaint");
    assert_eq!((shown.complainant, shown.respondent), (sent.complainant, sent.respondent));
    assert_eq!((shown.part, shown.received, shown.channel), (sent.complaint, sent.received, sent.channel));
    assert!(shown.warnings.is_empty() && shown.linked_file.is_none() && shown.rescored.is_none());

    let mut sent = full();
    sent.complainant = Some(pb::Complainant { phone: text("138****1234"), ..Default::default() });
    sent.respondent.as_mut().unwrap().credit_code = text("91350100M000100Y44");
    let shown = file(view(taken(sent), Track::Report));
    assert_eq!(shown.complainant.unwrap().phone.as_deref(), Some("*****"));
    assert_eq!(shown.warnings, [i32::from(pb::FactWarning::CreditCodeUnverified)]);
}

proptest! {
    /// Whatever is sent, it is taken or refused by name, and what was taken is taken again as it is shown.
    #[test]
    fn what_is_shown_can_be_sent_again(
        name in "\\PC{0,12}", phone in "[0-9*+() -]{0,16}", story in "\\PC{1,40}", star in "[*＊ 退]{0,4}",
        mail in "[a-zＡ-Ｚİ@.*＊ -]{0,16}", account in "[0-9a-zＡ-Ｚ@.+*_ -]{0,20}",
        fen in prop::option::of(-5i64..2_000_000), seconds in 600_000_000i64..7_300_000_000,
    ) {
        let sent = pb::Submission {
            received: at(seconds.min(NOW.seconds())),
            complainant: Some(pb::Complainant {
                name: Some(name),
                phone: Some(phone),
                email: Some(mail),
                payment_account: Some(account),
                ..Default::default()
            }),
            complaint: Some(pb::Part {
                text: story,
                demands: vec![star],
                amount_fen: fen,
                occurred: at(seconds),
                ..Default::default()
            }),
            ..least()
        };
        if let Ok(Act { command: Command::Submit(first), .. }) = submit("r-1", Some(sent), NOW) {
            let shown = file(view((*first).clone(), Track::Complaint));
            let again = pb::Submission {
                registration_number: shown.registration_number,
                received: shown.received,
                channel: shown.channel,
                complainant: shown.complainant,
                respondent: shown.respondent,
                complaint: shown.part,
                report: None,
            };
            prop_assert_eq!(taken(again), *first);
        }
    }
}
