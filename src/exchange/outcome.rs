//! The outcome columns of a row (结果列): the platform's words for the status of a file, as an end, as accepted or filed, or
//! as nothing yet.

use super::columns::Column;
use super::row::Reading;
use crate::domain::handling::{Disposition, RefusalGround};
use crate::domain::ids::Track;
use crate::domain::outcome::{Ended, Ending, FileOutcome, ImportedLabel};
use crate::domain::text::Line;
use crate::domain::time::{Moment, Timestamp};
use crate::domain::violation::Invalid;

/// What a word says of the status of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExportStatus {
    Open,
    /// Open, and accepted or filed: what files of the track can be.
    AcceptedUpstream(Track),
    Refused,
    NotFiled,
    Closed(Option<Disposition>),
}

/// The words in use (办理情况状态), from the platform and from older systems.
const STANDINGS: [(&str, ExportStatus); 32] = [
    ("待受理", ExportStatus::Open),
    ("待核查", ExportStatus::Open),
    ("待办理", ExportStatus::Open),
    ("待处理", ExportStatus::Open),
    ("待分流", ExportStatus::Open),
    ("待分送", ExportStatus::Open),
    ("登记", ExportStatus::Open),
    ("已登记", ExportStatus::Open),
    ("已分流", ExportStatus::Open),
    ("已分送", ExportStatus::Open),
    ("已受理", ExportStatus::AcceptedUpstream(Track::Complaint)),
    ("受理", ExportStatus::AcceptedUpstream(Track::Complaint)),
    ("立案", ExportStatus::AcceptedUpstream(Track::Report)),
    ("已立案", ExportStatus::AcceptedUpstream(Track::Report)),
    ("核查中", ExportStatus::Open),
    ("办理中", ExportStatus::Open),
    ("处理中", ExportStatus::Open),
    // Only what was accepted is mediated.
    ("调解中", ExportStatus::AcceptedUpstream(Track::Complaint)),
    ("未办结", ExportStatus::Open),
    ("不予受理", ExportStatus::Refused),
    ("不受理", ExportStatus::Refused),
    ("不予立案", ExportStatus::NotFiled),
    ("已办结", ExportStatus::Closed(None)),
    ("办结", ExportStatus::Closed(None)),
    ("办结已归档", ExportStatus::Closed(None)),
    ("已归档", ExportStatus::Closed(None)),
    ("已结案", ExportStatus::Closed(None)),
    ("调解成功", ExportStatus::Closed(Some(Disposition::Settled))),
    ("终止调解", ExportStatus::Closed(Some(Disposition::MediationEnded))),
    ("调解终止", ExportStatus::Closed(Some(Disposition::MediationEnded))),
    ("撤回投诉", ExportStatus::Closed(Some(Disposition::Withdrawn))),
    ("已移送", ExportStatus::Closed(Some(Disposition::HandedOver))),
];

/// Words of Order 121 Art. 16 by which a written reason (不予受理原因) is known; the first that fits.
const GROUNDS: [(&str, RefusalGround); 12] = [
    ("处理权限", RefusalGround::NotOurDuty),
    ("管辖", RefusalGround::NotOurDuty),
    ("职责", RefusalGround::NotOurDuty),
    ("生活消费", RefusalGround::NotForConsumption),
    ("不能证明", RefusalGround::NotForConsumption),
    ("已经受理", RefusalGround::HandledElsewhere),
    ("已受理", RefusalGround::HandledElsewhere),
    ("三年", RefusalGround::TooLate),
    ("冒用", RefusalGround::IdentityRefused),
    ("核验", RefusalGround::IdentityRefused),
    ("材料", RefusalGround::MaterialMissing),
    ("其他", RefusalGround::OtherByLaw),
];

/// The times by which a row is read.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// Nothing can have been received, or have ended, later.
    pub now: Timestamp,
    /// As of when the row reports (截至).
    pub as_of: Timestamp,
}

/// What the row reports of its file's end; open rows tell none, but whether they were accepted or filed. Marks (疑似职业索赔) are taken from complaints alone.
pub(super) fn read(
    row: &mut Reading<'_>,
    track: Track,
    received: Option<Moment>,
    Times { now, as_of }: Times,
) -> FileOutcome {
    let at = row.take(Column::EndedAt, row.cell(Column::EndedAt).moment()).flatten();
    let imported_label = match track {
        Track::Complaint => imported_label(row),
        Track::Report => None,
    };
    let ended = match stands(row, track, at.is_some()) {
        Stands::Ended(ended) => ended,
        Stands::Open { accepted_upstream } => {
            return FileOutcome { ending: None, accepted_upstream, imported_label, as_of };
        }
    };
    if let (Some(at), Some(received)) = (at, received) {
        in_order(row, at, received, now);
    }
    let recovered = row.take(Column::Recovered, row.cell(Column::Recovered).amount()).flatten();
    let handled_by = row.fact(Column::HandledBy, |_| false, Line::parse).known().cloned();
    let ending = Some(Ending { ended, at, recovered, handled_by });
    FileOutcome { ending, accepted_upstream: false, imported_label, as_of }
}

fn imported_label(row: &mut Reading<'_>) -> Option<ImportedLabel> {
    let bad = || Invalid::new("the label is 是, 否 or blank", "应为“是”“否”或空白");
    let given = row.word(Column::ImportedLabel)?;
    let imported_label = match given.as_str() {
        "是" | "疑似" => Ok(ImportedLabel::Suspected),
        "否" | "非" => Ok(ImportedLabel::Not),
        _ => Err(bad()),
    };
    row.take(Column::ImportedLabel, imported_label)
}

/// Where the words of a row say that its file stands.
enum Stands {
    Open { accepted_upstream: bool },
    Ended(Ended),
}

/// The status of the file; open and not taken up when the words are not known, which the row then says.
fn stands(row: &mut Reading<'_>, track: Track, has_end: bool) -> Stands {
    const UNKNOWN: Stands = Stands::Open { accepted_upstream: false };
    let first = row.word(Column::FirstCheck).and_then(|word| known(&word));
    let standing = match row.word(Column::Standing) {
        Some(word) => {
            let bad = || {
                Invalid::new(
                    "not a standing that is known",
                    "不认识的办理状态，请改为“办理中”“已办结”等平台用语",
                )
            };
            let Some(standing) = row.take(Column::Standing, known(&word).ok_or_else(bad)) else {
                return UNKNOWN;
            };
            standing
        }
        // Without a standing, an end date says that the file ended, whatever the first check was.
        None => match first {
            Some(refused @ (ExportStatus::Refused | ExportStatus::NotFiled)) => refused,
            _ if has_end => ExportStatus::Closed(None),
            _ => ExportStatus::Open,
        },
    };
    // 已办结 says that it ended; the first check says how, when nothing came after it.
    let standing = match (standing, first) {
        (ExportStatus::Closed(None), Some(first @ (ExportStatus::Refused | ExportStatus::NotFiled))) => first,
        _ => standing,
    };
    let is_open = matches!(standing, ExportStatus::Open | ExportStatus::AcceptedUpstream(_));
    if is_open && has_end {
        let zh = "办理情况为未办结，却填有办结时间，请核对";
        row.wrong(Column::EndedAt, Invalid::new("the file is open and has an end", zh));
        return UNKNOWN;
    }
    let ended = match (standing, track) {
        // A report that was 受理 has come in, and a complaint is never 立案: each is taken up by its own word. 办理中 and
        // 核查中 tell of work, not of a decision.
        (ExportStatus::Open | ExportStatus::AcceptedUpstream(_), _) => {
            let word = Some(ExportStatus::AcceptedUpstream(track));
            return Stands::Open { accepted_upstream: first == word || Some(standing) == word };
        }
        (ExportStatus::Refused, Track::Complaint) => {
            let reason = row.word(Column::Reason).unwrap_or_default();
            let ground = GROUNDS.iter().find(|(word, _)| reason.contains(word)).map(|(_, ground)| *ground);
            Ended::Refused(ground)
        }
        (ExportStatus::Refused | ExportStatus::NotFiled, Track::Report) => Ended::NotFiled,
        (ExportStatus::NotFiled, Track::Complaint) => Ended::Closed(None),
        (ExportStatus::Closed(disposition), track) => {
            Ended::Closed(disposition.filter(|disposition| disposition.fits(track)))
        }
    };
    Stands::Ended(ended)
}

fn known(word: &str) -> Option<ExportStatus> {
    STANDINGS.iter().find(|(known, _)| *known == word).map(|(_, standing)| *standing)
}

/// An end before the receipt, or in the future, is a typing error in one of the two.
fn in_order(row: &mut Reading<'_>, at: Moment, received: Moment, now: Timestamp) {
    if at.at.day() < received.at.day() {
        row.wrong(Column::EndedAt, Invalid::new("before the receive time", "办结时间早于登记时间"));
    } else if at.at.day() > now.day() {
        row.wrong(Column::EndedAt, Invalid::new("in the future", "办结时间晚于今天"));
    }
}
