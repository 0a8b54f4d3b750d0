//! The outcome columns of a row (结果列): the platform's words for the status of a file, as an end, as accepted or filed, or
//! as nothing yet.

use super::columns::Column;
use super::row::Reading;
use super::value::words::{known, with_addition};
use crate::domain::given::Rule;
use crate::domain::handling::{Disposition, RefusalGround};
use crate::domain::ids::Track;
use crate::domain::outcome::{Ended, Ending, FileOutcome, ImportedLabel};
use crate::domain::placeholder::says_nothing;
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
const STANDINGS: &[(&str, ExportStatus)] = &[
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
    ("处理完毕", ExportStatus::Closed(None)),
    ("处理完成", ExportStatus::Closed(None)),
    ("已完成", ExportStatus::Closed(None)),
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

/// What the row reports of its file's end; open rows tell none, but whether they were accepted or filed,
/// and who handles them. Marks (疑似职业索赔) are taken from complaints alone.
pub(super) fn read(
    row: &mut Reading<'_>,
    track: Track,
    received: Option<Moment>,
    Times { now, as_of }: Times,
) -> FileOutcome {
    let at = row.moment(Column::EndedAt).known().copied();
    let imported_label = match track {
        Track::Complaint => imported_label(row),
        Track::Report => None,
    };
    let handled_by = row.fact(Column::HandledBy, &HAND).known().cloned();
    let ended = match stands(row, track, at.is_some()) {
        Stands::Ended(ended) => ended,
        Stands::Open { accepted_upstream } => {
            return FileOutcome { ending: None, accepted_upstream, imported_label, handled_by, as_of };
        }
    };
    let at = at.filter(|at| received.is_none_or(|received| in_order(row, *at, received, now)));
    let [recovered, fined, confiscated] = [Column::Recovered, Column::Fined, Column::Confiscated]
        .map(|column| row.amount(column).known().copied());
    let ending = Some(Ending { ended, at, recovered, fined, confiscated, handled_by });
    FileOutcome { ending, accepted_upstream: false, imported_label, handled_by: None, as_of }
}

/// How the name of who handled a file is read.
const HAND: Rule<Line> = Rule { absent: says_nothing, masked: |_| false, parse: Line::parse };

/// The words of a mark. What only begins like one, and goes on as another word, is none.
const LABELS: &[(&str, ImportedLabel)] = &[
    ("是", ImportedLabel::Suspected),
    ("疑似", ImportedLabel::Suspected),
    ("疑似职业索赔", ImportedLabel::Suspected),
    ("属于", ImportedLabel::Suspected),
    ("√", ImportedLabel::Suspected),
    ("否", ImportedLabel::Not),
    ("非", ImportedLabel::Not),
    ("不是", ImportedLabel::Not),
    ("不属于", ImportedLabel::Not),
    ("非职业索赔", ImportedLabel::Not),
    ("×", ImportedLabel::Not),
];

fn imported_label(row: &mut Reading<'_>) -> Option<ImportedLabel> {
    let bad = || Invalid::new("the label is 是, 否 or blank", "应为“是”“否”或空白");
    let given = row.word(Column::ImportedLabel)?;
    let (word, _) = with_addition(&given);
    let word = word.split([',', ';', ':', '。', '、']).next().unwrap_or(word);
    let label = LABELS.iter().find(|(known, _)| *known == word).map(|(_, label)| *label);
    row.take(Column::ImportedLabel, label.ok_or_else(bad))
}

/// Where the words of a row say that its file stands.
enum Stands {
    Open { accepted_upstream: bool },
    Ended(Ended),
}

/// What a column of the status says, and what is added to its word in brackets.
#[derive(Debug, Default)]
struct Said {
    status: Option<ExportStatus>,
    addition: Option<String>,
}

impl Said {
    fn read(row: &mut Reading<'_>, column: Column) -> Self {
        let Some(given) = row.word(column) else { return Self::default() };
        let (word, addition) = with_addition(&given);
        let status = known(STANDINGS, word);
        // 已办结（调解成功）: the addition says how.
        let sharper = match status {
            Some(ExportStatus::Closed(None)) => addition.and_then(|addition| known(STANDINGS, addition)),
            _ => None,
        };
        let sharper = sharper
            .filter(|status| !matches!(status, ExportStatus::Open | ExportStatus::AcceptedUpstream(_)));
        Self { status: sharper.or(status), addition: addition.map(str::to_owned) }
    }
}

/// The status of the file; open and not taken up when the words are not known, which the row then says.
fn stands(row: &mut Reading<'_>, track: Track, has_end: bool) -> Stands {
    let first = Said::read(row, Column::FirstCheck);
    let standing = Said::read(row, Column::Standing);
    for (column, said, zh) in [
        (Column::FirstCheck, &first, "不认识的初查受理状态，请改为“待核查”“已受理”“不予受理”等平台用语"),
        (Column::Standing, &standing, "不认识的办理状态，请改为“办理中”“已办结”等平台用语"),
    ] {
        if said.status.is_none() && row.word(column).is_some() {
            row.doubt(column, Invalid::new("not a status that is known", zh));
        }
    }
    let (first_status, said) = (first.status, standing.status);
    // Without a standing, an end date says that the file ended, whatever the first check was.
    let status = said.unwrap_or(match first_status {
        Some(refused @ (ExportStatus::Refused | ExportStatus::NotFiled)) => refused,
        _ if has_end => ExportStatus::Closed(None),
        _ => ExportStatus::Open,
    });
    // 已办结 says that it ended; the first check says how, when nothing came after it.
    let status = match (status, first_status) {
        (ExportStatus::Closed(None), Some(first @ (ExportStatus::Refused | ExportStatus::NotFiled))) => first,
        _ => status,
    };
    let is_open = matches!(status, ExportStatus::Open | ExportStatus::AcceptedUpstream(_));
    if is_open && has_end {
        let zh = "办理情况为未办结，却填有办结时间，请核对";
        row.doubt(Column::EndedAt, Invalid::new("the file is open and has an end", zh));
    }
    let ended = match (status, track) {
        // A report that was 受理 has come in, and a complaint is never 立案: each is taken up by its own word. 办理中 and
        // 核查中 tell of work, not of a decision.
        (ExportStatus::Open | ExportStatus::AcceptedUpstream(_), _) => {
            let word = Some(ExportStatus::AcceptedUpstream(track));
            return Stands::Open { accepted_upstream: first_status == word || Some(status) == word };
        }
        (ExportStatus::Refused, Track::Complaint) => {
            let reason = row.word(Column::Reason);
            Ended::Refused(
                [reason, first.addition, standing.addition]
                    .into_iter()
                    .flatten()
                    .find_map(|said| ground(&said)),
            )
        }
        (ExportStatus::Refused | ExportStatus::NotFiled, Track::Report) => Ended::NotFiled,
        (ExportStatus::NotFiled, Track::Complaint) => Ended::Closed(None),
        (ExportStatus::Closed(disposition), track) => {
            Ended::Closed(disposition.filter(|disposition| disposition.fits(track)))
        }
    };
    Stands::Ended(ended)
}

/// The ground that a written reason is known by.
fn ground(reason: &str) -> Option<RefusalGround> {
    GROUNDS.iter().find(|(word, _)| reason.contains(word)).map(|(_, ground)| *ground)
}

/// Whether a word begins as one of the status.
pub(super) fn is_status(word: &str) -> bool {
    known(STANDINGS, word).is_some()
}

/// Whether a word is one of the status, and nothing that could stand in a column of texts. A reason for a refusal may
/// repeat that it is one.
pub(super) fn is_status_alone(word: &str, column: Column) -> bool {
    let found = STANDINGS.iter().find(|(known, _)| *known == word && known.chars().count() >= 3);
    found.is_some_and(|(_, status)| {
        !(column == Column::Reason && matches!(status, ExportStatus::Refused | ExportStatus::NotFiled))
    })
}

/// An end before the receipt, or in the future, is a typing error in one of the two: it is told, and taken as blank.
fn in_order(row: &mut Reading<'_>, at: Moment, received: Moment, now: Timestamp) -> bool {
    let wrong = if at.at.day() < received.at.day() {
        Invalid::new("before the receive time", "办结时间早于登记时间")
    } else if at.at.day() > now.day() {
        Invalid::new("in the future", "办结时间晚于今天")
    } else {
        return true;
    };
    row.doubt(Column::EndedAt, wrong);
    false
}
