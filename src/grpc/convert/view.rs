//! Answers, onto the wire. Nothing is added to what the view holds: who may see what was decided before.

use super::check::warning;
use super::evidence::evidence;
use super::{cursor, file_name, pb, timestamp};
use crate::domain::check::Warning;
use crate::domain::command::{EventKind, Receipt};
use crate::domain::danger::Danger;
use crate::domain::deadline::{LastDay, Review};
use crate::domain::decision::{Band, Candidate, Decision, Factor, Reason, Routing, Suspicion};
use crate::domain::given::Given;
use crate::domain::handling::{Disposition, Finding, RefusalGround, Status, TerminationGround};
use crate::domain::ids::{RegistrationNumber, Sequence, Track};
use crate::domain::person::{Complainant, Email, PaymentAccount, Phone, ResidentId};
use crate::domain::respondent::{CreditCode, Respondent};
use crate::domain::submission::{Attachment, Channel, Part, Submission};
use crate::domain::text::{Address, AmountFen, Line, Story};
use crate::domain::time::{Moment, Timestamp};
use crate::domain::view::{
    Act, Change, Draft, FileHistory, FileState, FileView, Owed, SubmissionView, Term as ShownTerm,
};
use crate::service::{Changes, Page};
use crate::statute::{RuleSet, Term};

/// How a masked text is shown.
const MASK: &str = "*****";

pub(in crate::grpc) fn receipt(receipt: Receipt, repeat: bool) -> pb::Receipt {
    let Receipt { number, sequence, recorded_at, decisions } = receipt;
    pb::Receipt {
        repeat,
        sequence: sequence.0,
        recorded_at: Some(timestamp(recorded_at)),
        decisions: decisions.into_iter().map(|made| decision(&number, made)).collect(),
        registration_number: number.to_string(),
    }
}

pub(in crate::grpc) fn decision(number: &RegistrationNumber, made: Decision) -> pb::Decision {
    let track = made.track();
    pb::Decision {
        file: file_name(number, track),
        track: wire_track(track).into(),
        sequence: made.sequence.0,
        suspicion: made.suspicion.map(suspicion),
        routing: made.routing.map(routing),
        rules_sequence: made.rules.0,
    }
}

fn suspicion(made: Suspicion) -> pb::Suspicion {
    let band = match made.band {
        Band::Low => pb::Band::Low,
        Band::Medium => pb::Band::Medium,
        Band::High => pb::Band::High,
        Band::Insufficient => pb::Band::Insufficient,
        Band::NotScored => pb::Band::NotScored,
    };
    pb::Suspicion {
        band: band.into(),
        score: made.score,
        log_odds: made.log_odds,
        model: made.model.map(|model| model.to_string()),
        schema_hash: made.schema_hash,
        vector: made.vector,
        reasons: made.reasons.into_iter().map(reason).collect(),
        evidence: evidence(made.evidence),
    }
}

fn reason(given: Reason) -> pb::Reason {
    let factor = match given.factor {
        Factor::Quantity => pb::Factor::Quantity,
        Factor::Repetition => pb::Factor::Repetition,
        Factor::Proof => pb::Factor::Proof,
        Factor::SharedContact => pb::Factor::SharedContact,
        Factor::Other => pb::Factor::Other,
        Factor::Context => pb::Factor::Context,
    };
    pb::Reason {
        feature: given.feature,
        factor: factor.into(),
        text: given.text,
        contribution: given.contribution,
        records: given.records.iter().map(ToString::to_string).collect(),
    }
}

fn routing(made: Routing) -> pb::Routing {
    pb::Routing {
        unit: made.unit.to_string(),
        basis: made.basis.code().into(),
        candidates: made.candidates.iter().map(candidate).collect(),
        work_units: hundredths(made.centiunits),
        matched_words: made.matched,
    }
}

fn candidate(seen: &Candidate) -> pb::Candidate {
    pb::Candidate {
        unit: seen.unit.to_string(),
        open_work_units: hundredths(seen.open_centiunits),
        officers_on_duty: hundredths(seen.centiofficers),
        assigned_work_units: hundredths(seen.assigned_centiunits),
        officers_this_month: hundredths(seen.month_centiofficers),
        barred: seen.barred.map(|barred| barred.code().into()),
        chosen: seen.chosen,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a unit's open work is far below 2^53 hundredths")]
pub(super) fn hundredths(centi: i64) -> f64 {
    centi as f64 / 100.0
}

pub(in crate::grpc) fn submission_view(seen: SubmissionView) -> pb::GetSubmissionResponse {
    pb::GetSubmissionResponse {
        registration_number: seen.number.to_string(),
        sequence: seen.sequence.0,
        recorded_at: Some(timestamp(seen.recorded_at)),
        files: seen.files.into_iter().map(file).collect(),
    }
}

pub(in crate::grpc) fn files(seen: Page<FileView>) -> pb::SearchResponse {
    pb::SearchResponse {
        files: seen.items.into_iter().map(file).collect(),
        next_page_token: seen.next.map(cursor).unwrap_or_default(),
    }
}

pub(in crate::grpc) fn open_files(seen: Page<FileView>) -> pb::ListFilesResponse {
    pb::ListFilesResponse {
        files: seen.items.into_iter().map(file).collect(),
        next_page_token: seen.next.map(cursor).unwrap_or_default(),
    }
}

pub(in crate::grpc) fn file(seen: FileView) -> pb::File {
    let track = seen.id.track;
    pb::File {
        name: file_name(&seen.number, track),
        track: wire_track(track).into(),
        received: Some(moment(&seen.received)),
        channel: seen.channel.known().map(|known| channel(*known).into()),
        warnings: warnings(&seen.complainant, &seen.respondent),
        complainant: Some(complainant(&seen.complainant)),
        respondent: Some(respondent(&seen.respondent)),
        part: Some(part(&seen.part)),
        linked_file: seen.linked.map(|track| file_name(&seen.number, track)),
        decision: Some(decision(&seen.number, seen.decision)),
        rescored: seen.rescored.map(|made| decision(&seen.number, made)),
        state: Some(state(seen.state)),
        dangers: seen.dangers.into_iter().map(danger).collect(),
        registration_number: seen.number.to_string(),
        purged: seen.purged.map(|purged| purged.zh()),
    }
}

fn danger(Danger { kind, words }: Danger) -> pb::Danger {
    pb::Danger { kind: kind.code().into(), words }
}

fn state(seen: FileState) -> pb::FileState {
    pb::FileState {
        case_timed_elsewhere: seen.is_timed_elsewhere(),
        status: status(seen.status).into(),
        unit: seen.unit.to_string(),
        token: seen.token.map(|token| token.0),
        leased_until: seen.leased_until.map(timestamp),
        officer: seen.officer.map(|officer| officer.to_string()),
        withdrawn_at: seen.withdrawn_at.map(timestamp),
        urges: seen.urges,
        finding: seen.finding.map(Finding::code).map(i32::from),
        ground: seen.ground.map(RefusalGround::code).map(i32::from),
        disposition: seen.disposition.map(Disposition::code).map(i32::from),
        termination: seen.termination.map(TerminationGround::code).map(i32::from),
        recovered_amount_fen: seen.recovered_fen,
        ended_at: seen.ended_at.map(timestamp),
        deadlines: seen.clocks.into_iter().map(deadline).collect(),
        skips: seen.skips,
        warned_at: seen.warned_at.map(timestamp),
        reviews: seen.reviews.iter().map(review).collect(),
        accepted_upstream: seen.accepted_upstream,
        danger: seen.danger,
    }
}

pub(super) fn deadline(ShownTerm { clock: seen, ends_on, paused_since }: ShownTerm) -> pb::Deadline {
    let day = |last: LastDay| last.day().map(|day| day.to_string()).unwrap_or_default();
    let term = RuleSet::of(seen.law).cited(seen.duty, &seen.article);
    pb::Deadline {
        remark: term.map(Term::remark).unwrap_or_default(),
        paused_since: paused_since.map(|day| day.to_string()),
        duty: seen.duty.code().into(),
        article: seen.article,
        started_on: seen.started_on.to_string(),
        due_on: day(seen.due_on),
        latest_on: day(seen.latest_on),
        provisional: seen.provisional,
        met_on: seen.met_on.map(|day| day.to_string()),
        dropped: seen.dropped,
        ends_on: ends_on.map(|day| day.to_string()).unwrap_or_default(),
    }
}

fn review(seen: &Review) -> pb::Review {
    pb::Review {
        review: seen.sequence.0,
        kind: seen.kind.code().into(),
        authority: seen.authority.as_str().to_owned(),
        challenged: status(seen.challenged).into(),
        received_on: seen.received_on.to_string(),
        reply_on: seen.reply_on.to_string(),
        outcome: seen.outcome.map(|outcome| outcome.code().into()),
    }
}

pub(in crate::grpc) fn status(status: Status) -> pb::FileStatus {
    match status {
        Status::Waiting => pb::FileStatus::Waiting,
        Status::SignedFor => pb::FileStatus::SignedFor,
        Status::Accepted => pb::FileStatus::Accepted,
        Status::Refused => pb::FileStatus::Refused,
        Status::Filed => pb::FileStatus::Filed,
        Status::NotFiled => pb::FileStatus::NotFiled,
        Status::Closed => pb::FileStatus::Closed,
    }
}

fn warnings(complainant: &Complainant, respondent: &Respondent) -> Vec<i32> {
    let credit_code = respondent.credit_code.known().is_some_and(|code| !code.is_valid());
    let resident_id = complainant.resident_id.known().is_some_and(|id| !id.is_valid());
    let warnings = [
        (credit_code, pb::FactWarning::CreditCodeUnverified),
        (resident_id, pb::FactWarning::IdNumberUnverified),
    ];
    warnings.into_iter().filter(|(wrong, _)| *wrong).map(|(_, warning)| warning.into()).collect()
}

fn shown<T>(fact: &Given<T>, text: fn(&T) -> &str) -> Option<String> {
    match fact {
        Given::Absent => None,
        // Of what was purged the machine on the other side learns by `purged`.
        Given::Masked | Given::Purged => Some(MASK.to_owned()),
        Given::Known(known) => Some(text(known).to_owned()),
    }
}

fn complainant(seen: &Complainant) -> pb::Complainant {
    pb::Complainant {
        name: shown(&seen.name, Line::as_str),
        phone: shown(&seen.phone, Phone::digits),
        other_phones: seen
            .other_phones
            .known()
            .into_iter()
            .flatten()
            .map(|phone| phone.digits().to_owned())
            .collect(),
        id_number: shown(&seen.resident_id, ResidentId::text),
        address: shown(&seen.address, Address::as_str),
        delivery_address: shown(&seen.delivery_address, Address::as_str),
        email: shown(&seen.email, Email::text),
        payment_account: shown(&seen.payment_account, PaymentAccount::text),
    }
}

fn respondent(seen: &Respondent) -> pb::Respondent {
    pb::Respondent {
        name: shown(&seen.name, Line::as_str),
        credit_code: shown(&seen.credit_code, CreditCode::text),
        premises: shown(&seen.premises, Address::as_str),
    }
}

fn part(seen: &Part) -> pb::Part {
    pb::Part {
        text: shown(&seen.text, Story::as_str).unwrap_or_default(),
        demands: demands(&seen.demands),
        amount_fen: seen.amount_fen.known().copied().map(AmountFen::fen),
        object_category: shown(&seen.object_category, Line::as_str),
        problem_category: shown(&seen.problem_category, Line::as_str),
        product: shown(&seen.product, Line::as_str),
        brand: shown(&seen.brand, Line::as_str),
        sales_mode: shown(&seen.sales_mode, Line::as_str),
        platform: shown(&seen.platform, Line::as_str),
        order_number: shown(&seen.order_number, Line::as_str),
        quantity: seen.quantity.known().map(|quantity| quantity.0),
        occurred: seen.occurred.known().map(moment),
        place: shown(&seen.place, Address::as_str),
        attachments: seen.attachments.known().into_iter().flatten().map(attachment).collect(),
    }
}

fn demands(seen: &Given<Vec<Line>>) -> Vec<String> {
    match seen {
        Given::Absent => Vec::new(),
        Given::Masked | Given::Purged => vec![MASK.to_owned()],
        Given::Known(lines) => lines.iter().map(|line| line.as_str().to_owned()).collect(),
    }
}

fn attachment(seen: &Attachment) -> pb::Attachment {
    pb::Attachment {
        name: seen.name.as_str().to_owned(),
        media_type: seen.media_type.as_str().to_owned(),
        size_bytes: seen.size_bytes,
        sha256: seen.sha256.clone(),
    }
}

/// A submission as our own client sends it.
pub(in crate::grpc) fn sent(submission: &Submission) -> pb::Submission {
    pb::Submission {
        registration_number: submission.number.to_string(),
        received: Some(moment(&submission.received)),
        channel: submission.channel.known().map(|known| channel(*known).into()),
        complainant: Some(complainant(&submission.complainant)),
        respondent: Some(respondent(&submission.respondent)),
        complaint: submission.complaint.as_ref().map(part),
        report: submission.report.as_ref().map(part),
    }
}

fn moment(seen: &Moment) -> pb::Moment {
    let moment = if seen.date_only {
        pb::moment::Moment::Date(seen.at.day().to_string())
    } else {
        pb::moment::Moment::Time(timestamp(seen.at))
    };
    pb::Moment { moment: Some(moment) }
}

fn channel(seen: Channel) -> pb::ReceiptChannel {
    match seen {
        Channel::Platform => pb::ReceiptChannel::Platform,
        Channel::Hotline => pb::ReceiptChannel::Hotline,
        Channel::CityHotline => pb::ReceiptChannel::CityHotline,
        Channel::Letter => pb::ReceiptChannel::Letter,
        Channel::Counter => pb::ReceiptChannel::Counter,
        Channel::Other => pb::ReceiptChannel::Other,
    }
}

pub(in crate::grpc) fn wire_track(track: Track) -> pb::Track {
    match track {
        Track::Complaint => pb::Track::Complaint,
        Track::Report => pb::Track::Report,
    }
}

pub(in crate::grpc) fn changes(seen: Changes) -> pb::ListChangesResponse {
    let cursor = seen.cursor.token();
    pb::ListChangesResponse {
        changes: seen.items.into_iter().map(change).collect(),
        next_page_token: if seen.more { cursor.clone() } else { String::new() },
        cursor,
    }
}

fn change(seen: Change) -> pb::Change {
    let Change { act, number, track, after, owed } = seen;
    let coded = |code: Option<i16>| code.map(i32::from);
    let owed = owed.map(|Owed { clocks, reviews }| pb::Owed {
        deadlines: clocks.into_iter().map(deadline).collect(),
        reviews: reviews.iter().map(review).collect(),
    });
    pb::Change {
        owed,
        sequence: act.sequence.0,
        recorded_at: Some(timestamp(act.recorded_at)),
        kind: change_kind(act.kind).into(),
        file: track.map(|track| file_name(&number, track)),
        registration_number: number.to_string(),
        status: after.as_ref().map(|after| status(after.status).into()),
        unit: after.as_ref().and_then(|after| after.unit.as_ref()).map(ToString::to_string),
        ground: coded(after.as_ref().and_then(|after| after.ground).map(RefusalGround::code)),
        disposition: coded(after.as_ref().and_then(|after| after.disposition).map(Disposition::code)),
        termination: coded(after.as_ref().and_then(|after| after.termination).map(TerminationGround::code)),
        danger: after.as_ref().and_then(|after| after.danger),
        recovered_amount_fen: after.as_ref().and_then(|after| after.recovered_fen),
        ended_at: after.as_ref().and_then(|after| after.ended_at).map(timestamp),
        withdrawn_at: after.as_ref().and_then(|after| after.withdrawn_at).map(timestamp),
        accepted_upstream: after.as_ref().map(|after| after.accepted_upstream),
        officer: act.officer.map(|officer| officer.to_string()),
        done_on: act.done_on.map(|day| day.to_string()),
        text: act.text,
    }
}

pub(in crate::grpc) fn history(seen: FileHistory) -> pb::GetFileResponse {
    let draft = |draft: Draft| pb::NoticeDraft {
        subject: draft.subject.code().into(),
        to: draft.to.code().into(),
        text: draft.text,
    };
    pb::GetFileResponse {
        file: Some(file(seen.file)),
        acts: seen.acts.into_iter().map(act).collect(),
        drafts: seen.drafts.into_iter().map(draft).collect(),
    }
}

fn act(seen: Act) -> pb::Act {
    pb::Act {
        sequence: seen.sequence.0,
        recorded_at: Some(timestamp(seen.recorded_at)),
        kind: change_kind(seen.kind).into(),
        title: seen.title,
        done_on: seen.done_on.map(|day| day.to_string()),
        officer: seen.officer.map(|officer| officer.to_string()),
        unit: seen.unit.map(|unit| unit.to_string()),
        text: seen.text,
        warnings: seen.warnings.iter().map(warning).collect(),
    }
}

pub(in crate::grpc) fn units(seen: Vec<(String, String, bool)>) -> pb::ListUnitsResponse {
    let unit = |(code, name, reception)| pb::list_units_response::Unit { code, name, reception };
    pb::ListUnitsResponse { units: seen.into_iter().map(unit).collect() }
}

fn change_kind(kind: EventKind) -> pb::ChangeKind {
    match kind {
        EventKind::Submit => pb::ChangeKind::Submit,
        EventKind::Amend => pb::ChangeKind::Amend,
        EventKind::Withdraw => pb::ChangeKind::Withdraw,
        EventKind::Urge => pb::ChangeKind::Urge,
        EventKind::SignFor => pb::ChangeKind::SignFor,
        EventKind::Decide => pb::ChangeKind::Decide,
        EventKind::Step => pb::ChangeKind::Step,
        EventKind::Close => pb::ChangeKind::Close,
        EventKind::Return => pb::ChangeKind::Return,
        EventKind::Reassign => pb::ChangeKind::Reassign,
        EventKind::Escalate => pb::ChangeKind::Escalate,
        EventKind::Prolong => pb::ChangeKind::Prolong,
        EventKind::OpenReview => pb::ChangeKind::OpenReview,
        EventKind::EndReview => pb::ChangeKind::EndReview,
        EventKind::Outcome => pb::ChangeKind::Outcome,
        EventKind::Record => pb::ChangeKind::Record,
        EventKind::Skip => pb::ChangeKind::Skip,
        EventKind::Backfill => pb::ChangeKind::Backfill,
        EventKind::Purge => pb::ChangeKind::Purge,
        // Of the bureau, among units, or from the platform itself: the feed does not hold them.
        EventKind::Unmask
        | EventKind::Pull
        | EventKind::Extend
        | EventKind::LoadBureau
        | EventKind::UseModel
        | EventKind::MakeCaller
        | EventKind::RevokeCaller
        | EventKind::StoreModel
        | EventKind::OpenAccount
        | EventKind::SetRoles
        | EventKind::SetPassword
        | EventKind::ResetPassword
        | EventKind::CloseAccount
        | EventKind::SignIn
        | EventKind::SignOut
        | EventKind::SignInFailed
        | EventKind::RotateToken
        | EventKind::CutLink
        | EventKind::Rescore
        | EventKind::Disclose
        | EventKind::Rekey
        | EventKind::AcceptClock => pb::ChangeKind::Unspecified,
    }
}

/// What a unit's verb came to.
pub(in crate::grpc) fn progress(
    sequence: Sequence,
    token: Sequence,
    now: Status,
    until: Option<Timestamp>,
    warnings: &[Warning],
) -> pb::Progress {
    pb::Progress {
        sequence: sequence.0,
        token: token.0,
        status: status(now).into(),
        leased_until: until.map(timestamp),
        warnings: warnings.iter().map(warning).collect(),
    }
}

#[cfg(test)]
mod tests;
