//! Acts of the law on a file, from the wire (登记办理行为).

use super::{
    Act, Day, FILES_DEFAULT, FILES_MOST, FileRef, Grip, Line, OfficerId, PageAsked, Track, Verb, Violations,
    file_ref, finish, line_given, listed, note, page, reason, request_id, required, token, track,
};
use crate::domain::act::{
    Delegation, DisputeEnd, FileAct, MediationMeans, MediationPaper, Notice, NoticeMeans, NoticeSubject,
    Party, Verification, VerificationAnswer, VerificationSubject,
};
use crate::domain::danger::DangerKind;
use crate::domain::ids::RegistrationNumber;
use crate::domain::text::Story;
use crate::domain::time::Timestamp;
use crate::domain::violation::Invalid;
use crate::grpc::convert::registration_number;
use crate::grpc::pb;
use crate::service::Failure;

pub(in crate::grpc) fn record_act(sent: &pb::RecordActRequest, _: Timestamp) -> Result<Act, Failure> {
    let mut v = Violations::default();
    let grip = grip!(&mut v, sent);
    let on = v.take("done_on", Day::parse(&sent.done_on));
    let act = match &sent.act {
        Some(act) => file_act(&mut v, act),
        None => v.take("act", Err(required())),
    };
    let verb = on.zip(act).map(|(on, act)| Verb::Record { on, act });
    grip.does(v, verb)
}

fn file_act(v: &mut Violations, sent: &pb::record_act_request::Act) -> Option<FileAct> {
    use pb::record_act_request::Act as Sent;
    match sent {
        Sent::Notice(sent) => v.within("notice", |v| notice(v, sent)).map(FileAct::Notice),
        Sent::DisputeEnded(sent) => v.within("dispute_ended", |v| {
            let how = listed(v, "how", sent.how, DisputeEnd::from_code);
            let note = note(v, "note", sent.note.as_deref());
            how.map(|how| FileAct::DisputeEnded { how, note })
        }),
        Sent::HandedOver(sent) => v.within("handed_over", |v| handed_over(v, sent)),
        Sent::HandOverResult(sent) => v.within("hand_over_result", |v| {
            reason(v, "note", &sent.note).map(|note| FileAct::HandOverResult { note })
        }),
        Sent::Replied(sent) => v.within("replied", |v| {
            let review = v.take("review", token(sent.review));
            let note = note(v, "note", sent.note.as_deref());
            review.map(|review| FileAct::Replied { review, note })
        }),
        Sent::SelfCorrected(sent) => v.within("self_corrected", |v| {
            let approved_by = v.take("approved_by", Line::parse(&sent.approved_by));
            let reason = reason(v, "reason", &sent.reason);
            approved_by
                .zip(reason)
                .map(|(approved_by, reason)| FileAct::SelfCorrected { approved_by, reason })
        }),
        Sent::Performed(sent) => v.within("performed", |v| {
            let review = v.take("review", token(sent.review));
            let note = reason(v, "note", &sent.note);
            review.zip(note).map(|(review, note)| FileAct::Performed { review, note })
        }),
        Sent::LeadFound(sent) => v.within("lead_found", |v| {
            let number = registration_number(v, &sent.registration_number);
            let facts = reason(v, "facts", &sent.facts);
            number.zip(facts).map(|(number, facts)| FileAct::LeadFound { number, facts })
        }),
        Sent::Joined(sent) => v.within("joined", |v| {
            let lead =
                v.take("lead_registration_number", RegistrationNumber::parse(&sent.lead_registration_number));
            let consent = v.take("consent", Line::parse(&sent.consent));
            let represents = sent.represents;
            lead.zip(consent).map(|(lead, consent)| FileAct::Joined { lead, consent, represents })
        }),
        Sent::Mediated(sent) => v.within("mediated", |v| mediated(v, sent)),
        Sent::Verified(sent) => v.within("verified", |v| verification(v, sent)).map(FileAct::Verified),
        Sent::DangerJudged(sent) => v.within("danger_judged", |v| {
            let kind = listed(v, "kind", sent.kind, DangerKind::from_code);
            let reason = reason(v, "reason", &sent.reason);
            let stands = sent.stands;
            kind.zip(reason).map(|(kind, reason)| FileAct::DangerJudged { kind, stands, reason })
        }),
        Sent::Recused(sent) => v.within("recused", |v| {
            let officer = v.take("officer", OfficerId::parse(&sent.officer));
            let reason = reason(v, "reason", &sent.reason);
            let applied_for = sent.applied_for;
            officer.zip(reason).map(|(officer, reason)| FileAct::Recused { officer, applied_for, reason })
        }),
    }
}

fn notice(v: &mut Violations, sent: &pb::record_act_request::Notice) -> Option<Notice> {
    let subject = listed(v, "subject", sent.subject, NoticeSubject::from_code);
    let to = listed(v, "to", sent.to, Party::from_code);
    let means = listed(v, "means", sent.means, NoticeMeans::from_code);
    let proof = v.take("proof", Line::parse(&sent.proof));
    let note = note(v, "note", sent.note.as_deref());
    let text = sent.text.as_deref().and_then(|text| v.take("text", Story::parse(text)));
    Some(Notice { subject: subject?, to: to?, means: means?, proof: proof?, note, text })
}

fn mediated(v: &mut Violations, sent: &pb::record_act_request::Mediated) -> Option<FileAct> {
    let how = listed(v, "how", sent.how, MediationMeans::from_code);
    let to = line_given(v, "delegated_to", sent.delegated_to.as_deref());
    let consent = line_given(v, "delegation_consent", sent.delegation_consent.as_deref());
    let delegated = match (to, consent) {
        (Some(to), Some(consent)) => Some(Delegation { to, consent }),
        (None, None) => None,
        (Some(_), None) => v.take("delegation_consent", Err(required())),
        (None, Some(_)) => v.take("delegated_to", Err(required())),
    };
    let paper = sent.paper.and_then(|code| listed(v, "paper", code, MediationPaper::from_code));
    let number = line_given(v, "paper_number", sent.paper_number.as_deref());
    let paper = match (paper, number) {
        (Some(paper), Some(number)) => Some((paper, number)),
        (Some(_), None) => v.take("paper_number", Err(required())),
        (None, Some(_)) if sent.paper.is_none() => v.take("paper", Err(required())),
        (None, _) => None,
    };
    let note = note(v, "note", sent.note.as_deref());
    Some(FileAct::Mediated { how: how?, delegated, paper, note })
}

fn verification(v: &mut Violations, sent: &pb::record_act_request::Verified) -> Option<Verification> {
    let subject = listed(v, "subject", sent.subject, VerificationSubject::from_code);
    let asked = v.take("asked", Line::parse(&sent.asked));
    let means = listed(v, "means", sent.means, NoticeMeans::from_code);
    let answer = listed(v, "answer", sent.answer, VerificationAnswer::from_code);
    let note = note(v, "note", sent.note.as_deref());
    Some(Verification { subject: subject?, asked: asked?, means: means?, answer: answer?, note })
}

fn handed_over(v: &mut Violations, sent: &pb::record_act_request::HandedOver) -> Option<FileAct> {
    let to = v.take("to", Line::parse(&sent.to));
    let receipt = line_given(v, "receipt", sent.receipt.as_deref());
    let approved_by = line_given(v, "approved_by", sent.approved_by.as_deref());
    let reason = reason(v, "reason", &sent.reason);
    Some(FileAct::HandedOver { to: to?, receipt, approved_by, reason: reason? })
}

pub(in crate::grpc) fn get_file(sent: &pb::GetFileRequest) -> Result<FileRef, Failure> {
    let mut v = Violations::default();
    let file = file_ref(&mut v, &sent.file);
    finish(v, file)
}

/// A question for open files, taken apart.
#[derive(Debug)]
pub(in crate::grpc) struct FilesAsked {
    pub(in crate::grpc) track: Track,
    pub(in crate::grpc) officer: Option<OfficerId>,
    pub(in crate::grpc) flagged_only: bool,
    pub(in crate::grpc) page: PageAsked,
}

pub(in crate::grpc) fn list_files(sent: &pb::ListFilesRequest) -> Result<FilesAsked, Failure> {
    let mut v = Violations::default();
    let track = track(&mut v, "track", sent.track);
    let officer = Some(sent.officer.as_str()).filter(|officer| !officer.is_empty());
    let officer = officer.and_then(|officer| v.take("officer", OfficerId::parse(officer)));
    let page = page(&mut v, sent.page_size, &sent.page_token, FILES_DEFAULT, FILES_MOST);
    let flagged_only = sent.flagged_only;
    if flagged_only && officer.is_some() {
        let zh = "只列待确认危险情形时，不能再按签收人筛选";
        v.add("officer", Invalid::new("does not go together with flagged_only", zh));
    }
    let asked = (|| Some(FilesAsked { track: track?, officer, flagged_only, page: page? }))();
    finish(v, asked)
}
