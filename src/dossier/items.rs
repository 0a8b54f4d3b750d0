//! The list of evidence (证据目录): one list for the authority, the court and the applicant, for what a bureau files the applicant may
//! read (行政复议法 Art. 47). Each item is what somebody recorded or sent, and says no more than that.

use super::{Gathered, Item};
use crate::domain::act::{FileAct, Notice, Verification};
use crate::domain::command::{Command, Handling, Verb};
use crate::domain::given::Fact as _;
use crate::domain::handling::{RefusalGround, StepKind};
use crate::domain::ids::Track;
use crate::domain::plain::seen;
use crate::domain::text::Line;
use crate::domain::view::Act;

/// What an authority or a court is handed, in the order in which it came about.
pub(super) fn evidence(gathered: &Gathered<'_>) -> Vec<Item> {
    let Gathered { file, acts, sheet, .. } = gathered;
    let word = file.id.track.zh();
    let stated = match file.id.track {
        Track::Complaint => "请求和事实",
        Track::Report => "线索和事实依据",
    };
    let mut items = vec![Item {
        name: format!("{word}登记内容（登记编号 {}）", file.number),
        source: file.received.words(),
        shows: format!("收到{word}的时间、{stated}"),
        digest: None,
    }];
    for attachment in file.part.attachments.known().into_iter().flatten() {
        items.push(Item {
            name: format!("附件：{}", attachment.name.as_str()),
            source: format!("{word}人随件提交"),
            shows: format!("{}，{} 字节", attachment.media_type.as_str(), attachment.size_bytes),
            digest: Some(attachment.sha256.clone()),
        });
    }
    items.extend(acts.iter().flat_map(|act| item(gathered, act)));
    if let Some(sheet) = sheet.filter(|_| rests_on_past(gathered)) {
        items.push(Item {
            name: "投诉件研判参考材料".to_owned(),
            source: format!("截至 {}（序号 {}）", sheet.as_of_time, sheet.as_of_sequence.0),
            shows: "本件和既往投诉中第十七条所列的事实；评分不是事实，不作为证据和决定依据".to_owned(),
            digest: None,
        });
    }
    items
}

/// Whether the complaint was refused, or ended, for what other complaints show: 16(3). No other ground has to do with them.
pub(super) fn rests_on_past(gathered: &Gathered<'_>) -> bool {
    gathered.file.state.ground == Some(RefusalGround::NotForConsumption)
}

fn item(gathered: &Gathered<'_>, (act, command): &(Act, Command)) -> Vec<Item> {
    let Command::Handle(Handling { officer: by, verb, .. }) = command else { return Vec::new() };
    let on = act.done_on.unwrap_or(act.recorded_at.day());
    let source = format!("{}，{}", on.zh(), super::compose::officer(gathered.rules, by));
    let written = || verb.text().map(super::compose::words).unwrap_or_default();
    let (name, shows) = match verb {
        Verb::Step { kind: StepKind::Notified, .. } => ("办理记录：告知".to_owned(), written()),
        Verb::Step { kind, .. } => (format!("办理记录：{}", kind.zh()), written()),
        Verb::Decide { approved_by, .. } => (record_of("决定", approved_by.as_ref()), act.title.clone()),
        Verb::Close { .. } => (record_of("办结", None), act.title.clone()),
        Verb::Prolong { approved_by, .. } => (record_of("延长期限", Some(approved_by)), act.title.clone()),
        Verb::Record { act: FileAct::Verified(Verification { subject, asked, answer, .. }), .. } => {
            (format!("核验记录：{}", subject.zh()), format!("要求提供{}；{}", asked.as_str(), answer.zh()))
        }
        Verb::Record { act: FileAct::Mediated { paper, .. }, .. } => {
            let paper = paper.as_ref().map(|(paper, number)| format!("：{}{}", paper.zh(), number.as_str()));
            (format!("组织调解记录{}", paper.unwrap_or_default()), act.title.clone())
        }
        Verb::Record { act: FileAct::Notice(notice), .. } => return stated(gathered, notice, &source),
        Verb::Record { act: FileAct::HandedOver { receipt, approved_by, .. }, .. } => (
            format!(
                "{}{}",
                record_of("移送", approved_by.as_ref()),
                receipt.as_ref().map(|number| format!("，回执 {}", number.as_str())).unwrap_or_default()
            ),
            act.title.clone(),
        ),
        _ => return Vec::new(),
    };
    vec![Item { name, source, shows, digest: None }]
}

/// The proof of a notice, and what it says, where its text was kept: one item for each thing that the law wants said.
fn stated(gathered: &Gathered<'_>, notice: &Notice, source: &str) -> Vec<Item> {
    let Notice { subject, to, proof, .. } = notice;
    let proof = Item {
        name: format!("告知凭证：{}", seen(proof.as_str())),
        source: source.to_owned(),
        shows: format!("已告知{}：{}", to.zh(), subject.zh()),
        digest: None,
    };
    let kept = notice.text.as_ref().map(|text| super::notices::sha256(text.as_str()));
    let Some(digest) = kept else { return vec![proof] };
    let given = super::notices::given(gathered);
    let given = given.iter().find(|one| one.text.as_ref().is_some_and(|(_, of)| *of == digest));
    let text = Item {
        name: format!("告知书正文：{}", subject.zh()),
        source: source.to_owned(),
        shows: "告知的内容".to_owned(),
        digest: Some(digest),
    };
    let parts = given.into_iter().flat_map(|one| &one.stated).map(|fact| Item {
        name: fact.name.clone(),
        source: source.to_owned(),
        shows: format!("告知书{}", fact.value),
        digest: None,
    });
    [proof, text].into_iter().chain(parts).collect()
}

/// An approval is spoken of only where somebody is named who gave it.
fn record_of(what: &str, approved_by: Option<&Line>) -> String {
    match approved_by {
        Some(by) => format!("{what}审批记录（批准人：{}）", seen(by.as_str())),
        None => format!("{what}记录（承办人员登记）"),
    }
}
