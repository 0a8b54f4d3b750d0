//! Requests of those who work on files, from the wire (办案单位与统一接收机构的请求).

use std::time::Duration;

use super::evidence::identity_key;
use super::{
    Act, PageAsked, act, file_ref, finish, listed, not_ahead, note, page, reason, request_id, required,
    track, unlisted,
};
use crate::domain::command::{Command, FileRef, Handling, Ruling, Verb};
use crate::domain::deadline::{Against, ReviewEnd};
use crate::domain::handling::{
    Disposition, Finding, NotFiledBasis, OtherMatter, RefusalGround, ReviewKind, ReviewOutcome, Status,
    StepKind, TerminationGround,
};
use crate::domain::ids::{OfficerId, RegistrationNumber, RequestId, Sequence, Track, UnitId};
use crate::domain::person::{Phone, ResidentId};
use crate::domain::plain::is_blank;
use crate::domain::text::{AmountFen, Line, Why};
use crate::domain::time::{Day, Timestamp};
use crate::domain::view::SearchBy;
use crate::domain::violation::{Invalid, Violations};
use crate::grpc::pb;
use crate::service::Failure;

const FILES_DEFAULT: u32 = 20;
const FILES_MOST: u32 = 100;
const PULL_MOST: u32 = 50;
const WAIT_SECONDS_MOST: i64 = 60;

/// A request for files, taken apart.
#[derive(Debug)]
pub(in crate::grpc) struct PullAsked {
    pub(in crate::grpc) request_id: RequestId,
    pub(in crate::grpc) officer: OfficerId,
    pub(in crate::grpc) track: Track,
    pub(in crate::grpc) most: u32,
    pub(in crate::grpc) wait: Duration,
}

pub(in crate::grpc) fn pull(sent: &pb::PullRequest) -> Result<PullAsked, Failure> {
    let v = &mut Violations::default();
    let request_id = request_id(v, &sent.request_id);
    let officer = v.take("officer", OfficerId::parse(&sent.officer));
    let track = track(v, "track", sent.track);
    let most = v.take("max_files", max_files(sent.max_files));
    let wait = v.take("wait", wait(sent.wait));
    let asked = (|| {
        Some(PullAsked {
            request_id: request_id?,
            officer: officer?,
            track: track?,
            most: most?,
            wait: wait?,
        })
    })();
    finish(std::mem::take(v), asked)
}

fn max_files(sent: i32) -> Result<u32, Invalid> {
    let bad = || Invalid::new("must be 1 to 50", "最多件数应在 1 至 50 之间");
    u32::try_from(sent).ok().filter(|most| (1..=PULL_MOST).contains(most)).ok_or_else(bad)
}

pub(super) fn wait(sent: Option<prost_types::Duration>) -> Result<Duration, Invalid> {
    let bad = || Invalid::new("must be 0 to 60 seconds", "等待时长应在 0 至 60 秒之间");
    let sent = sent.unwrap_or_default();
    // Checked before the conversion, which does not expect what only an attacker sends.
    if !(0..=WAIT_SECONDS_MOST).contains(&sent.seconds) {
        return Err(bad());
    }
    let wait = Duration::try_from(sent).map_err(|_| bad())?;
    if wait <= Duration::from_secs(WAIT_SECONDS_MOST.unsigned_abs()) { Ok(wait) } else { Err(bad()) }
}

/// Who does something to which file, under which token: the same four fields in every verb.
pub(super) struct Grip {
    request_id: Option<RequestId>,
    file: Option<FileRef>,
    officer: Option<OfficerId>,
    token: Option<Sequence>,
}

macro_rules! grip {
    ($v:expr, $sent:expr) => {
        Grip {
            request_id: request_id($v, &$sent.request_id),
            file: file_ref($v, &$sent.file),
            officer: $v.take("officer", OfficerId::parse(&$sent.officer)),
            token: $v.take("token", token($sent.token)),
        }
    };
}

mod act;
mod sent;

pub(in crate::grpc) use act::{FilesAsked, get_file, list_files, record_act};
pub(in crate::grpc) use sent::sent_ruling;

fn token(sent: i64) -> Result<Sequence, Invalid> {
    if sent > 0 {
        Ok(Sequence(sent))
    } else {
        Err(Invalid::new(
            "must be the token of the last answer on this file",
            "请填写该件最近一次答复中的领取凭证或者版本号",
        ))
    }
}

impl Grip {
    fn track(&self) -> Option<Track> {
        self.file.as_ref().map(|file| file.track)
    }

    fn does(self, v: Violations, verb: Option<Verb>) -> Result<Act, Failure> {
        let Grip { request_id, file, officer, token } = self;
        let handling = (|| Some(Handling { file: file?, officer: officer?, token: token?, verb: verb? }))();
        act(v, request_id, handling.map(Command::Handle))
    }
}

pub(in crate::grpc) fn extend(sent: &pb::ExtendRequest, _: Timestamp) -> Result<Act, Failure> {
    let mut v = Violations::default();
    grip!(&mut v, sent).does(v, Some(Verb::Extend))
}

pub(in crate::grpc) fn skip(sent: &pb::SkipRequest, _: Timestamp) -> Result<Act, Failure> {
    let mut v = Violations::default();
    let grip = grip!(&mut v, sent);
    let verb = reason(&mut v, "reason", &sent.reason).map(|reason| Verb::Skip { reason });
    grip.does(v, verb)
}

pub(in crate::grpc) fn sign_for(sent: &pb::SignForRequest, _: Timestamp) -> Result<Act, Failure> {
    let mut v = Violations::default();
    grip!(&mut v, sent).does(v, Some(Verb::SignFor))
}

pub(in crate::grpc) fn decide(sent: &pb::DecideRequest, _: Timestamp) -> Result<Act, Failure> {
    let mut v = Violations::default();
    let grip = grip!(&mut v, sent);
    let ruling = ruling(&mut v, sent.ruling.as_ref(), grip.track());
    let no_complaint = matches!(sent.ruling, Some(pb::decide_request::Ruling::OtherChannel(_)));
    let finding = match grip.track() {
        Some(Track::Complaint) if no_complaint && sent.finding.is_none() => Some(None),
        Some(Track::Complaint) => finding(&mut v, sent.finding, sent.finding_reason.as_deref()).map(Some),
        Some(Track::Report) => {
            refuse_finding(&mut v, sent.finding, sent.finding_reason.as_deref());
            Some(None)
        }
        None => None,
    };
    let on = day_given(&mut v, "decided_on", sent.decided_on.as_deref());
    let approved_by = line_given(&mut v, "approved_by", sent.approved_by.as_deref());
    let verb = (|| Some(Verb::Decide { ruling: ruling?, finding: finding?, on, approved_by }))();
    grip.does(v, verb)
}

fn ruling(
    v: &mut Violations,
    sent: Option<&pb::decide_request::Ruling>,
    track: Option<Track>,
) -> Option<Ruling> {
    use pb::decide_request::Ruling as Sent;
    let Some(sent) = sent else {
        v.add("ruling", required());
        return None;
    };
    let (field, ruling) = match sent {
        Sent::Accepted(_) => ("accepted", Some(Ruling::Accept)),
        Sent::Refused(refused) => ("refused", v.within("refused", |v| refusal(v, refused))),
        Sent::Filed(_) => ("filed", Some(Ruling::File)),
        Sent::NotFiled(not_filed) => {
            let answer = v.within("not_filed", |v| {
                let basis =
                    not_filed.basis.and_then(|sent| listed(v, "basis", sent, NotFiledBasis::from_code));
                reason(v, "reason", &not_filed.reason).map(|reason| Ruling::NotFile { reason, basis })
            });
            ("not_filed", answer)
        }
        Sent::Repeated(pb::decide_request::Repeated { earlier_registration_number, reason }) => {
            let answer = v.within("repeated", |v| earlier(v, earlier_registration_number, reason));
            ("repeated", answer.map(|(of, reason)| Ruling::Repeat { of, reason }))
        }
        Sent::Merged(pb::decide_request::Merged { earlier_registration_number, reason }) => {
            let answer = v.within("merged", |v| earlier(v, earlier_registration_number, reason));
            ("merged", answer.map(|(into, reason)| Ruling::Merge { into, reason }))
        }
        Sent::NotCompetent(sent) => ("not_competent", v.within("not_competent", |v| not_competent(v, sent))),
        Sent::OtherChannel(sent) => ("other_channel", v.within("other_channel", |v| other_channel(v, sent))),
    };
    let of = match field {
        "other_channel" => return ruling,
        "accepted" | "refused" => Track::Complaint,
        _ => Track::Report,
    };
    if track.is_some_and(|track| track != of) {
        v.add(
            field,
            Invalid::new(format!("is a ruling on a {}", of.word()), format!("只适用于{}件", of.zh())),
        );
    }
    ruling
}

fn earlier(v: &mut Violations, number: &str, why: &str) -> Option<(RegistrationNumber, Why)> {
    let number = v.take("earlier_registration_number", RegistrationNumber::parse(number));
    let reason = reason(v, "reason", why);
    number.zip(reason)
}

fn not_competent(v: &mut Violations, sent: &pb::decide_request::NotCompetent) -> Option<Ruling> {
    let competent = line_given(v, "competent", sent.competent.as_deref());
    let reason = reason(v, "reason", &sent.reason);
    reason.map(|reason| Ruling::NotCompetent { competent, reason })
}

fn other_channel(v: &mut Violations, sent: &pb::decide_request::OtherChannel) -> Option<Ruling> {
    let matter = listed(v, "matter", sent.matter, OtherMatter::from_code);
    let reason = reason(v, "reason", &sent.reason);
    matter.zip(reason).map(|(matter, reason)| Ruling::OtherChannel { matter, reason })
}

/// A day that may be left out.
fn day_given(v: &mut Violations, field: &str, sent: Option<&str>) -> Option<Day> {
    sent.and_then(|text| v.take(field, Day::parse(text)))
}

/// A line that may be left out.
fn line_given(v: &mut Violations, field: &str, sent: Option<&str>) -> Option<Line> {
    sent.and_then(|text| v.take(field, Line::parse(text)))
}

fn refusal(v: &mut Violations, sent: &pb::decide_request::Refused) -> Option<Ruling> {
    let ground = listed(v, "ground", sent.ground, RefusalGround::from_code);
    let reason = reason(v, "reason", &sent.reason);
    ground.zip(reason).map(|(ground, reason)| Ruling::Refuse { ground, reason })
}

fn finding(v: &mut Violations, sent: Option<i32>, why: Option<&str>) -> Option<(Finding, Why)> {
    let finding = match sent {
        Some(sent) => listed(v, "finding", sent, Finding::from_code),
        None => v.take("finding", Err(required())),
    };
    let why = match why {
        Some(why) => reason(v, "finding_reason", why),
        None => v.take("finding_reason", Err(required())),
    };
    finding.zip(why)
}

/// Findings are about complaints; a report never carries one (promise 4).
fn refuse_finding(v: &mut Violations, sent: Option<i32>, why: Option<&str>) {
    let refused = || Invalid::new("a report takes no finding", "举报件不作认定");
    if sent.is_some() {
        v.add("finding", refused());
    }
    if why.is_some_and(|why| !is_blank(why)) {
        v.add("finding_reason", refused());
    }
}

pub(in crate::grpc) fn step(sent: &pb::StepRequest, now: Timestamp) -> Result<Act, Failure> {
    let mut v = Violations::default();
    let grip = grip!(&mut v, sent);
    let kind = listed(&mut v, "kind", sent.kind, StepKind::from_code);
    if kind == Some(StepKind::Notified) {
        let zh = "告知请以登记办理行为（RecordAct）登记：告知何事、何人、何方式、凭证";
        v.add("kind", Invalid::new("is an act of its own: RecordAct with a notice", zh));
    }
    let at = v.take("time", sent.time.ok_or_else(required).and_then(super::instant)).map(|moment| moment.at);
    if let Some(at) = at {
        not_ahead(&mut v, "time", at, now);
    }
    let note = note(&mut v, "note", sent.note.as_deref());
    let verb = (|| Some(Verb::Step { kind: kind?, at: at?, note }))();
    grip.does(v, verb)
}

pub(in crate::grpc) fn close(sent: &pb::CloseFileRequest, _: Timestamp) -> Result<Act, Failure> {
    let mut v = Violations::default();
    let grip = grip!(&mut v, sent);
    let disposition = listed(&mut v, "disposition", sent.disposition, Disposition::from_code);
    if let (Some(disposition), Some(track)) = (disposition, grip.track())
        && !(disposition.fits(track) && disposition.by_close())
    {
        let en = format!("a {} does not end this way", track.word());
        v.add("disposition", Invalid::new(en, format!("{}件不适用该处理结果", track.zh())));
    }
    let recovered =
        sent.recovered_amount_fen.and_then(|fen| v.take("recovered_amount_fen", AmountFen::parse(fen)));
    let note = note(&mut v, "note", sent.note.as_deref());
    let termination =
        sent.termination.and_then(|code| listed(&mut v, "termination", code, TerminationGround::from_code));
    let ground = sent.ground.and_then(|code| listed(&mut v, "ground", code, RefusalGround::from_code));
    let on = day_given(&mut v, "closed_on", sent.closed_on.as_deref());
    let verb =
        disposition.map(|disposition| Verb::Close { disposition, termination, ground, on, recovered, note });
    grip.does(v, verb)
}

pub(in crate::grpc) fn prolong(sent: &pb::ProlongRequest, _: Timestamp) -> Result<Act, Failure> {
    let mut v = Violations::default();
    let grip = grip!(&mut v, sent);
    let approved_by = v.take("approved_by", Line::parse(&sent.approved_by));
    let reason = reason(&mut v, "reason", &sent.reason);
    let on = day_given(&mut v, "approved_on", sent.approved_on.as_deref());
    let until = day_given(&mut v, "until", sent.until.as_deref());
    let verb = (|| Some(Verb::Prolong { approved_by: approved_by?, reason: reason?, on, until }))();
    grip.does(v, verb)
}

pub(in crate::grpc) fn open_review(sent: &pb::OpenReviewRequest, _: Timestamp) -> Result<Act, Failure> {
    let mut v = Violations::default();
    let id = request_id(&mut v, &sent.request_id);
    let file = file_ref(&mut v, &sent.file);
    let kind = listed(&mut v, "kind", sent.kind, ReviewKind::from_code);
    let authority = v.take("authority", Line::parse(&sent.authority));
    let received = v.take("received_on", Day::parse(&sent.received_on));
    let against = match sent.challenged {
        None => Some(Against::Latest),
        Some(sent) => listed(&mut v, "challenged", sent, Status::from_code).map(Against::Act),
    };
    let command = (|| {
        let (file, kind, authority, received) = (file?, kind?, authority?, received?);
        Some(Command::OpenReview { file, kind, authority, received, against: Some(against?) })
    })();
    act(v, id, command)
}

pub(in crate::grpc) fn end_review(sent: &pb::EndReviewRequest, _: Timestamp) -> Result<Act, Failure> {
    let mut v = Violations::default();
    let id = request_id(&mut v, &sent.request_id);
    let file = file_ref(&mut v, &sent.file);
    let review = v.take("review", token(sent.review));
    let outcome = listed(&mut v, "outcome", sent.outcome, ReviewOutcome::from_code);
    let note = note(&mut v, "note", sent.note.as_deref());
    let act_by = day_given(&mut v, "act_by", sent.act_by.as_deref());
    let on = day_given(&mut v, "ended_on", sent.ended_on.as_deref());
    let (on_merits, decided_itself) = (Some(sent.on_merits), sent.decided_itself);
    let end =
        (|| Some(ReviewEnd { outcome: outcome?, on_merits, decided_itself, act_by, on, undoes_act: true }))();
    let command = (|| Some(Command::EndReview { file: file?, review: review?, end: end?, note }))();
    act(v, id, command)
}

pub(in crate::grpc) fn give_back(sent: &pb::ReturnFileRequest, _: Timestamp) -> Result<Act, Failure> {
    let mut v = Violations::default();
    let grip = grip!(&mut v, sent);
    let verb = reason(&mut v, "reason", &sent.reason).map(|reason| Verb::Return { reason });
    grip.does(v, verb)
}

pub(in crate::grpc) fn reassign(sent: &pb::ReassignRequest, _: Timestamp) -> Result<Act, Failure> {
    let mut v = Violations::default();
    let id = request_id(&mut v, &sent.request_id);
    let file = file_ref(&mut v, &sent.file);
    let unit = v.take("unit", UnitId::parse(&sent.unit));
    let reason = reason(&mut v, "reason", &sent.reason);
    let command = (|| Some(Command::Reassign { file: file?, unit: unit?, reason: reason? }))();
    act(v, id, command)
}

pub(in crate::grpc) fn cut_link(sent: &pb::CutLinkRequest, _: Timestamp) -> Result<Act, Failure> {
    let mut v = Violations::default();
    let id = request_id(&mut v, &sent.request_id);
    let number = super::registration_number(&mut v, &sent.registration_number);
    let other =
        v.take("other_registration_number", RegistrationNumber::parse(&sent.other_registration_number));
    let key = v.take("key", identity_key(sent.key).ok_or_else(|| unlisted(sent.key)));
    let reason = reason(&mut v, "reason", &sent.reason);
    let command =
        (|| Some(Command::CutLink { number: number?, other: other?, key: key?, reason: reason? }))();
    act(v, id, command)
}

pub(in crate::grpc) fn search(sent: &pb::SearchRequest) -> Result<(SearchBy, PageAsked), Failure> {
    use pb::search_request::By;
    let mut v = Violations::default();
    let by = match &sent.by {
        Some(By::RegistrationNumber(text)) => super::registration_number(&mut v, text).map(SearchBy::Number),
        Some(By::Phone(text)) => v.take("phone", Phone::parse(text)).map(SearchBy::Phone),
        Some(By::IdNumber(text)) => v.take("id_number", ResidentId::parse(text)).map(SearchBy::ResidentId),
        Some(By::ShopPrefix(text)) => v.take("shop_prefix", Line::parse(text)).map(SearchBy::ShopPrefix),
        None => v.take("by", Err(required())),
    };
    let asked = page(&mut v, sent.page_size, &sent.page_token, FILES_DEFAULT, FILES_MOST);
    finish(v, by.zip(asked))
}

/// `FILE_STATUS_CLOSED` and the like, for the metadata of an error.
pub(in crate::grpc) fn status_word(status: Status) -> String {
    super::view::status(status).as_str_name().to_owned()
}

#[cfg(test)]
mod tests;
