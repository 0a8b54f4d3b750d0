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

/// The items of Order 121 Art. 16, in order; the first five are those of Order 20 Art. 15, too.
const ITEMS: [RefusalGround; 7] = [
    RefusalGround::NotOurDuty,
    RefusalGround::HandledElsewhere,
    RefusalGround::NotForConsumption,
    RefusalGround::TooLate,
    RefusalGround::MaterialMissing,
    RefusalGround::IdentityRefused,
    RefusalGround::OtherByLaw,
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
    fn read(row: &mut Reading<'_>, column: Column, track: Track) -> Self {
        let Some(given) = row.word(column) else { return Self::default() };
        let (_, addition) = taken_apart(&given);
        let status = status(&given);
        let zh = match status {
            None if column == Column::FirstCheck => {
                "不认识的初查受理状态，请改为“待核查”“已受理”“不予受理”等平台用语"
            }
            None => "不认识的办理状态，请改为“办理中”“已办结”等平台用语",
            Some(ExportStatus::NotFiled | ExportStatus::AcceptedUpstream(Track::Report))
                if track == Track::Complaint =>
            {
                "立案、不予立案是举报的状态，与类型“投诉”不符，未采用；请核对类型和状态"
            }
            Some(_) => "",
        };
        if !zh.is_empty() {
            row.doubt(column, Invalid::new("not a status that is known of such a file", zh));
            return Self::default();
        }
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
    let first = Said::read(row, Column::FirstCheck, track);
    let standing = Said::read(row, Column::Standing, track);
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
    if is_open && matches!(first_status, Some(ExportStatus::Refused | ExportStatus::NotFiled)) {
        let zh = "初查为不予受理、不予立案，办理情况却未办结，按未办结导入，请核对";
        row.doubt(Column::FirstCheck, Invalid::new("refused and yet open", zh));
    }
    if matches!(status, ExportStatus::Refused | ExportStatus::NotFiled)
        && first_status == Some(ExportStatus::AcceptedUpstream(track))
    {
        let zh = "初查为已受理、立案，办理情况却为不予受理、不予立案，按后者导入，请核对";
        row.doubt(Column::FirstCheck, Invalid::new("accepted and yet refused", zh));
    }
    let ended = match (status, track) {
        // A report that was 受理 has come in, and a complaint is never 立案: each is taken up by its own word. 办理中 and
        // 核查中 tell of work, not of a decision.
        (ExportStatus::Open | ExportStatus::AcceptedUpstream(_), _) => {
            let word = Some(ExportStatus::AcceptedUpstream(track));
            return Stands::Open { accepted_upstream: first_status == word || Some(status) == word };
        }
        (ExportStatus::Refused, Track::Complaint) => {
            let said = [row.word(Column::Reason), first.addition, standing.addition];
            let ground = said.iter().flatten().find_map(|said| ground(said));
            if ground.is_none() && said.iter().any(Option::is_some) {
                let zh = "不认识的不予受理原因，请写明第十六条第几项，或者条文中的用语，如“不能证明存在消费者权益争议”";
                row.doubt(Column::Reason, Invalid::new("not a ground that is known", zh));
            }
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

/// The ground that a written reason is known by: its words, or the item of the article alone (第十六条第（三）项).
fn ground(reason: &str) -> Option<RefusalGround> {
    let worded = GROUNDS.iter().find(|(word, _)| reason.contains(word)).map(|(_, ground)| *ground);
    worded.or_else(|| {
        let (of_16, of_15) = (reason.split_once("十六条"), reason.split_once("十五条"));
        let items = if of_16.is_none() && of_15.is_some() { &ITEMS[..6] } else { &ITEMS[..] };
        let (_, item) = of_16.or(of_15).unwrap_or(("", reason));
        let number = item.trim_start_matches(['第', '(']).split([')', '项']).next()?;
        let at = ["一", "二", "三", "四", "五", "六", "七"].iter().position(|known| *known == number)?;
        // Order 20 (2020) has no item on identities: its sixth is the last.
        if items.len() == 6 && at == 5 { Some(RefusalGround::OtherByLaw) } else { items.get(at).copied() }
    })
}

/// A word of the status and what is added to it, in brackets or behind a dash (办结-不予受理).
fn taken_apart(given: &str) -> (&str, Option<&str>) {
    match with_addition(given) {
        (word, None) => match word.split_once(['-', '—', '–', '/']) {
            Some((word, addition)) => (word, Some(addition.trim_start_matches(['-', '—']))),
            None => (word, None),
        },
        taken => taken,
    }
}

/// What a word of the status stands for. What goes on as something that is still to be settled (办结审核中, 不予受理（待审批）,
/// 立案审批中) or was undone is none of it: its terms run.
fn status(given: &str) -> Option<ExportStatus> {
    let (word, addition) = taken_apart(given);
    let found = known(STANDINGS, word)?;
    let known_as = STANDINGS.iter().map(|(known, _)| *known).filter(|known| word.starts_with(known));
    let rest = known_as.max_by_key(|known| known.len()).and_then(|known| word.strip_prefix(known));
    let mut added = [rest, addition].into_iter().flatten();
    let holds = match found {
        ExportStatus::Open => true,
        ExportStatus::AcceptedUpstream(_) => !added.any(waits_for_approval),
        ExportStatus::Refused | ExportStatus::NotFiled => {
            // The refusal was undone; 投诉人撤销投诉 is another thing.
            !added.any(|addition| is_pending(addition) || addition.ends_with("撤销"))
        }
        ExportStatus::Closed(_) => !added.any(is_pending),
    };
    holds.then_some(found)
}

/// Whether what is added to a decision says that nobody has approved it yet.
fn waits_for_approval(addition: &str) -> bool {
    const STILL: [&str; 11] =
        ["待审", "待批", "待核", "待签", "待确认", "待复核", "呈批", "报批", "送审", "未通过", "不通过"];
    const APPROVALS: [&str; 5] = ["审批", "审核", "审查", "签批", "会签"];
    let is_under_way = |of: &str| APPROVALS.iter().any(|word| of.ends_with(word));
    // 经局长审批 was given.
    STILL.iter().any(|word| addition.contains(word))
        || APPROVALS.contains(&addition)
        || addition.strip_suffix('中').is_some_and(is_under_way)
}

/// Whether what is added to an end says that it is still to be settled.
fn is_pending(addition: &str) -> bool {
    const SENT_BACK: [&str; 4] = ["退回", "被退回", "已退回", "驳回"];
    // At its end: 退回办卡费 is money.
    const AGAIN: [&str; 4] = ["重办", "重新办理", "重新处理", "退回办理"];
    waits_for_approval(addition)
        || addition.ends_with('中')
        || addition.ends_with("申请")
        || SENT_BACK.contains(&addition)
        || AGAIN.iter().any(|word| addition.ends_with(word))
}

/// Whether a word begins as one of the status.
pub(super) fn is_status(word: &str) -> bool {
    known(STANDINGS, word).is_some()
}

/// Whether a row says that its file has ended, as far as its words show.
pub(super) fn has_ended(first: Option<&str>, standing: Option<&str>, has_end: bool) -> bool {
    let says_end = |word: &str| {
        !matches!(status(word), None | Some(ExportStatus::Open | ExportStatus::AcceptedUpstream(_)))
    };
    match standing.filter(|word| status(word).is_some()) {
        Some(standing) => says_end(standing),
        None => has_end || first.is_some_and(says_end),
    }
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
