//! Texts of notices (告知文书), prepared from the file in the words of the order that governs it, with the officer's own reason. They
//! are never sent from here: the officer checks, sends, and notes the notice with its proof.

use crate::domain::act::{FileAct, NoticeSubject, Party};
use crate::domain::command::{Command, Handling, Ruling, Verb};
use crate::domain::deadline::Duty;
use crate::domain::handling::{Disposition, RefusalGround, Status};
use crate::domain::text::{Line, Why};
use crate::domain::time::Day;
use crate::domain::view::{Draft, FileView};
use crate::routing::Bureau;
use crate::statute::RuleSet;
use crate::stored::Recorded;

/// 行政复议法 Arts. 20, 23, 24, 行政诉讼法 Art. 46: before whom and how long a decision can be challenged, which whoever decides has to
/// tell, or the time to do so is a year. Whether a reconsideration has to come first depends on what is claimed.
///
/// The authority has its name where the bureau file gives one.
fn challenged(rules: &Bureau) -> String {
    let authority = rules.settings().review_authority.as_deref().unwrap_or("作出本决定的机关的本级人民政府");
    format!(
        "对本决定不服的，可以自收到本告知书之日起六十日内，向{authority}申请行政复议；法律没有规定应当先申请行政复议的，也可以自收到本告知书之日起六个月内依法向人民法院提起行政诉讼。"
    )
}

/// 消费者权益保护法 Art. 39, without the way that was taken.
const OTHER_WAYS: &str = "与经营者协商和解；请求消费者协会或者依法成立的其他调解组织调解；根据与经营者达成的仲裁协议提请仲裁机构仲裁；向人民法院提起诉讼";

/// What a notice of a decision has to say of remedies, beside the reason; nothing where the law asks for none.
pub(super) fn remedies(rules: &Bureau, subject: NoticeSubject, verb: &Verb) -> Vec<String> {
    let other_ways = || format!("其他解决争议的途径：{OTHER_WAYS}");
    match (subject, verb) {
        (NoticeSubject::Refusal, _) => vec![other_ways(), challenged(rules)],
        (NoticeSubject::Termination, _) => vec![other_ways()],
        (NoticeSubject::FilingDecision, Verb::Decide { ruling: Ruling::NotFile { .. }, .. }) => {
            vec![challenged(rules)]
        }
        _ => Vec::new(),
    }
}

/// What a notice is made from.
struct Source<'a> {
    file: &'a FileView,
    law: &'a RuleSet,
    rules: &'a Bureau,
    today: Day,
    /// The verb by which the file stands as it does, where it was one.
    verb: Option<&'a Verb>,
}

/// A notice for each duty to tell that runs on a file and of which something was decided.
pub(super) fn drafts(file: &FileView, acts: &[Recorded], rules: &Bureau, today: Day) -> Vec<Draft> {
    let verb = acts.iter().rev().find_map(|recorded| match &recorded.command {
        Command::Handle(Handling { verb, .. }) if is_end(verb) => Some(verb),
        _ => None,
    });
    let law = rules.governing(file.received.at.day(), today);
    let source = Source { file, law, rules, today, verb };
    let running = file.state.clocks.iter().map(|term| &term.clock).filter(|clock| clock.runs());
    let mut drafts: Vec<Draft> = Vec::new();
    for draft in running.filter_map(|clock| source.draft(clock.duty)) {
        // Two laws may ask for one notice.
        if !drafts.iter().any(|known| (known.subject, known.to) == (draft.subject, draft.to)) {
            drafts.push(draft);
        }
    }
    drafts
}

fn is_end(verb: &Verb) -> bool {
    matches!(verb, Verb::Decide { .. } | Verb::Close { .. })
        || matches!(verb, Verb::Record { act: FileAct::HandedOver { .. }, .. })
}

impl Source<'_> {
    fn draft(&self, duty: Duty) -> Option<Draft> {
        let (subject, to) = self.owed(duty)?;
        let (title, body) = match subject {
            NoticeSubject::Acceptance => ("投诉受理告知书", self.accepted()),
            NoticeSubject::Refusal => ("投诉不予受理告知书", self.refused()),
            NoticeSubject::Termination => ("终止调解告知书", self.terminated(to)),
            NoticeSubject::FilingDecision => ("举报处理告知书", self.filed()),
            NoticeSubject::NotCompetent => ("举报不具备处理权限告知书", self.not_competent()),
            NoticeSubject::HandedOver => ("移送告知书", self.handed_over()),
            // Nothing that is owed from a day on.
            NoticeSubject::Result
            | NoticeSubject::Verification
            | NoticeSubject::OtherChannel
            | NoticeSubject::Appointment => return None,
        };
        let addressee = match to {
            Party::Sender => self.file.complainant.name.known().map(Line::as_str),
            Party::Respondent => self.file.respondent.name.known().map(Line::as_str),
        };
        let addressee = addressee.unwrap_or(match to {
            Party::Sender => "投诉举报人",
            Party::Respondent => "被投诉人",
        });
        let text =
            format!("{title}\n\n{addressee}：\n　　{body}\n\n{}\n{}", self.rules.name(), self.today.zh());
        Some(Draft { subject, to, text })
    }

    /// What is to be told, and to whom, as the file stands; none while nothing was decided.
    fn owed(&self, duty: Duty) -> Option<(NoticeSubject, Party)> {
        let state = &self.file.state;
        let over = state.disposition == Some(Disposition::HandedOver);
        let subject = match duty {
            Duty::TellComplainant | Duty::TellReporter if over => NoticeSubject::HandedOver,
            Duty::TellComplainant => match state.status {
                Status::Accepted | Status::Closed => NoticeSubject::Acceptance,
                Status::Refused => NoticeSubject::Refusal,
                _ => return None,
            },
            Duty::NotifyTermination | Duty::NotifyTerminationRespondent => NoticeSubject::Termination,
            Duty::TellReporter if state.disposition == Some(Disposition::NotCompetent) => {
                NoticeSubject::NotCompetent
            }
            Duty::TellReporter => match state.status {
                Status::Filed | Status::NotFiled => NoticeSubject::FilingDecision,
                _ => return None,
            },
            _ => return None,
        };
        let to = if duty == Duty::NotifyTerminationRespondent { Party::Respondent } else { Party::Sender };
        Some((subject, to))
    }

    /// 你（单位）于…提出的投诉（登记编号…）
    fn opening(&self) -> String {
        let word = self.file.id.track.zh();
        let respondent = self.file.respondent.name.known().map(Line::as_str);
        let about = respondent.map(|name| format!("，被{word}人：{name}")).unwrap_or_default();
        let received = self.file.received.at.day().zh();
        format!("你（单位）于{received}提出的{word}（登记编号：{}{about}）收悉。", self.file.number)
    }

    fn reason(&self) -> String {
        let text = self.verb.and_then(Verb::text).map(Why::as_str);
        text.map(|text| format!("具体理由：{}。", text.trim_end_matches('。'))).unwrap_or_default()
    }

    fn ground(&self, ground: Option<RefusalGround>) -> String {
        match ground.and_then(|ground| self.law.refusal(ground)) {
            Some(row) => format!("《{}》{}规定的情形（{}）", self.law.name, row.item, row.text),
            None => format!("《{}》规定的不予受理情形", self.law.name),
        }
    }

    fn accepted(&self) -> String {
        let limit = self.law.article(Duty::Mediate);
        format!(
            "{}经审查，符合受理条件，依据{}的规定，决定予以受理。本局将在双方同意的前提下组织调解；未能在规定期限内达成调解协议的，依据{limit}的规定终止调解。",
            self.opening(),
            self.law.article(Duty::Accept),
        )
    }

    fn refused(&self) -> String {
        let not_ours = self.file.state.ground == Some(RefusalGround::NotOurDuty);
        let elsewhere = if not_ours { "向有处理权限的行政部门投诉；" } else { "" };
        format!(
            "{}经审查，该投诉属于{}。{}依据{}的规定，决定不予受理。你（单位）可以依照《中华人民共和国消费者权益保护法》第三十九条的规定，通过下列途径解决争议：{elsewhere}{OTHER_WAYS}。{}",
            self.opening(),
            self.ground(self.file.state.ground),
            self.reason(),
            self.law.article(Duty::Accept),
            challenged(self.rules),
        )
    }

    fn terminated(&self, to: Party) -> String {
        let state = &self.file.state;
        let ground = state.termination.or(state.disposition.and_then(Disposition::termination));
        let row = ground.and_then(|ground| self.law.termination(ground));
        let item = row.map(|row| format!("《{}》{}规定的情形（{}）", self.law.name, row.item, row.text));
        let found = state.ground.map(|ground| format!("，即{}", self.ground(Some(ground))));
        let opening = match to {
            Party::Sender => self.opening(),
            Party::Respondent => format!("关于涉及你单位的投诉（登记编号：{}），", self.file.number),
        };
        let ended = state.ended_at.map(|at| at.day().zh()).unwrap_or_default();
        format!(
            "{opening}本局于{ended}决定终止调解。终止调解属于{}{}。对消费者权益争议，可以依照《中华人民共和国消费者权益保护法》第三十九条的规定，通过民事诉讼、仲裁等其他途径解决。依据{}的规定，特此告知。",
            item.unwrap_or_else(|| format!("《{}》规定的情形", self.law.name)),
            found.unwrap_or_default(),
            self.law.article(Duty::NotifyTermination),
        )
    }

    fn filed(&self) -> String {
        let decided = match self.file.state.status {
            Status::Filed => "经核查，本局决定立案。".to_owned(),
            _ => format!("经核查，本局决定不予立案。{}", self.reason()),
        };
        let remedies =
            if self.file.state.status == Status::NotFiled { challenged(self.rules) } else { String::new() };
        let article = self.owing(Duty::TellReporter);
        format!("{}{decided}依据{article}的规定，特此告知。{remedies}", self.opening())
    }

    /// The articles by which a duty that runs on this very file is owed.
    fn owing(&self, duty: Duty) -> String {
        let running = self.file.state.clocks.iter().map(|term| &term.clock);
        let articles: Vec<&str> = running
            .filter(|clock| clock.runs() && clock.duty == duty)
            .map(|clock| clock.article.as_str())
            .collect();
        articles.join("、")
    }

    fn not_competent(&self) -> String {
        let competent = match self.verb {
            Some(Verb::Decide { ruling: Ruling::NotCompetent { competent, .. }, .. }) => {
                competent.as_ref().map(Line::as_str)
            }
            _ => None,
        };
        let whither = competent.unwrap_or("有处理权限的市场监督管理部门");
        format!(
            "{}经审查，本局对该举报不具备处理权限。{}依据{}的规定，请直接向{whither}提出。",
            self.opening(),
            self.reason(),
            self.owing(Duty::TellReporter),
        )
    }

    fn handed_over(&self) -> String {
        let to = match self.verb {
            Some(Verb::Record { act: FileAct::HandedOver { to, .. }, .. }) => to.as_str(),
            _ => "有关部门",
        };
        format!("{}该件已依法移送{to}处理，特此告知。", self.opening())
    }
}
