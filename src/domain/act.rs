//! Acts of the law on a file (办理行为) beside deciding and closing: notices, hand-overs, what ends a dispute over competence,
//! replies to reviews, self-correction, recusals. Each is done on a day, by a named officer.

use serde::{Deserialize, Serialize};

use super::danger::DangerKind;
use super::handling::listed;
use super::ids::{OfficerId, RegistrationNumber, Sequence};
use super::text::{Line, Story, Why};

/// Something done on a file under the law (办理行为).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileAct {
    /// 告知: somebody was told something.
    Notice(Notice),
    /// 处理权限争议结束: a dispute over competence has ended (Art. 33).
    DisputeEnded {
        /// How.
        how: DisputeEnd,
        /// With or by whom, in the officer's words.
        note: Option<Why>,
    },
    /// 移送: the file goes to the police or another authority (Art. 42), and ends here.
    HandedOver {
        /// Who receives it (接收机关).
        to: Line,
        /// Number of the receipt (回执编号).
        receipt: Option<Line>,
        /// Who allowed it (批准人).
        approved_by: Option<Line>,
        /// Why; goes into the file.
        reason: Why,
    },
    /// 移送结果: what came of a hand-over.
    HandOverResult {
        /// In the words of whoever notes it.
        note: Why,
    },
    /// 提交答复: the bureau has replied in a reconsideration or a suit.
    Replied {
        /// Which one: the sequence of the event that opened it.
        review: Sequence,
        /// In the words of whoever notes it.
        note: Option<Why>,
    },
    /// 履行: what a reconsideration or a suit has ordered is done.
    Performed {
        /// Which one: the sequence of the event that opened it.
        review: Sequence,
        /// What was done.
        note: Why,
    },
    /// 自行纠正: the bureau takes a refusal or a not-filing of its own back, and decides again.
    SelfCorrected {
        /// Who allowed it (批准人).
        approved_by: Line,
        /// Why; goes into the file.
        reason: Why,
    },
    /// 发现线索: in mediation, a lead of a violation was found (Art. 27). It comes in as a report of its own.
    LeadFound {
        /// The number under which the report comes in.
        number: RegistrationNumber,
        /// What was found; the text of the report.
        facts: Why,
    },
    /// 并入共同投诉: this complaint is handled with others of the same dispute (Art. 12).
    Joined {
        /// The complaint that leads the group; it may be this one.
        lead: RegistrationNumber,
        /// What proves that the complainant consents in writing (书面同意).
        consent: Line,
        /// This complainant represents the others (代表人).
        represents: bool,
    },
    /// 调解: both sides were brought together, here or by an organisation that was asked to (Arts. 19, 20, 24).
    Mediated {
        /// How.
        how: MediationMeans,
        /// Who mediates in the bureau's name (受委托组织).
        delegated: Option<Delegation>,
        /// The paper of it, with its number.
        paper: Option<(MediationPaper, Line)>,
        /// In the officer's words.
        note: Option<Why>,
    },
    /// 回避: an officer does not handle this file, for a relation to a person in it (Art. 21).
    Recused {
        /// Who.
        officer: OfficerId,
        /// Whether a party applied for it.
        applied_for: bool,
        /// Why; goes into the file.
        reason: Why,
    },
    /// 核验: the sender was asked for something, and what came of it.
    Verified(Verification),
    /// 危险情形确认: a person has looked at what speaks of a danger. What stands goes first.
    DangerJudged {
        /// What the danger is.
        kind: DangerKind,
        /// There is one.
        stands: bool,
        /// Why; goes into the file.
        reason: Why,
    },
}

impl FileAct {
    /// What was written for it: a reason, a note.
    pub fn text(&self) -> Option<&Why> {
        match self {
            FileAct::Notice(notice) => notice.note.as_ref(),
            FileAct::Verified(verification) => verification.note.as_ref(),
            FileAct::Mediated { note, .. }
            | FileAct::DisputeEnded { note, .. }
            | FileAct::Replied { note, .. } => note.as_ref(),
            FileAct::HandOverResult { note } | FileAct::Performed { note, .. } => Some(note),
            FileAct::LeadFound { facts, .. } => Some(facts),
            FileAct::Joined { .. } => None,
            FileAct::HandedOver { reason, .. }
            | FileAct::SelfCorrected { reason, .. }
            | FileAct::DangerJudged { reason, .. }
            | FileAct::Recused { reason, .. } => Some(reason),
        }
    }

    /// Its word in refusals, events and the audit.
    pub fn word(&self) -> &'static str {
        match self {
            FileAct::Notice(_) => "notice",
            FileAct::DisputeEnded { .. } => "dispute_ended",
            FileAct::HandedOver { .. } => "handed_over",
            FileAct::HandOverResult { .. } => "hand_over_result",
            FileAct::Replied { .. } => "replied",
            FileAct::Performed { .. } => "performed",
            FileAct::SelfCorrected { .. } => "self_corrected",
            FileAct::LeadFound { .. } => "lead_found",
            FileAct::Joined { .. } => "joined",
            FileAct::Mediated { .. } => "mediated",
            FileAct::Recused { .. } => "recused",
            FileAct::Verified(_) => "verified",
            FileAct::DangerJudged { .. } => "danger_judged",
        }
    }
}

/// A complaint is mediated by an organisation in the bureau's name (委托调解, Art. 19).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    /// The organisation (受委托组织).
    pub to: Line,
    /// What proves that both sides agree to it (双方同意).
    pub consent: Line,
}

listed!(
    /// How both sides are brought together (调解方式, Art. 20).
    MediationMeans {
        /// Both on the spot.
        OnSite = 1, "现场调解";
        /// By telephone.
        Phone = 2, "电话调解";
        /// By the internet, audio or video.
        Online = 3, "网络、音视频调解";
    }
);

listed!(
    /// The paper of a mediation (Art. 24).
    MediationPaper {
        /// Signed by both sides and sealed by the bureau: required after an agreement on the spot, unless it was performed at
        /// once or both sides want none.
        Agreement = 1, "调解书";
        /// Where there is none of these.
        Record = 2, "调解记录";
    }
);

/// The officers who do not handle a file (回避), in the order in which that was noted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Recused(pub Vec<OfficerId>);

impl Recused {
    /// One more.
    pub fn add(&mut self, officer: OfficerId) {
        if !self.has(&officer) {
            self.0.push(officer);
        }
    }

    /// Whether an officer is one of them.
    pub fn has(&self, officer: &OfficerId) -> bool {
        self.0.contains(officer)
    }
}

/// Somebody was told something (告知).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Of what.
    pub subject: NoticeSubject,
    /// Who was told.
    pub to: Party,
    /// How.
    pub means: NoticeMeans,
    /// What proves it: number of the platform's feedback, of the registered letter, of the call record.
    pub proof: Line,
    /// In the officer's words.
    pub note: Option<Why>,
    /// What was told, as it was sent. None: nobody kept it, as no release before 0.3.0 did.
    pub text: Option<Story>,
}

listed!(
    /// What somebody is told of (告知事项).
    NoticeSubject {
        /// The complaint is accepted (Art. 15).
        Acceptance = 1, "受理";
        /// The complaint is refused, with the reason and other remedies (Art. 15).
        Refusal = 2, "不予受理";
        /// Mediation has ended without an agreement (Art. 23(2)).
        Termination = 3, "终止调解";
        /// The report is filed or not filed (Order 20 Art. 31; Art. 36 where a law asks).
        FilingDecision = 4, "是否立案";
        /// The bureau has no competence for the report (Art. 34).
        NotCompetent = 5, "不具备处理权限";
        /// The proper channel for what is no complaint and no report (Art. 44).
        OtherChannel = 6, "其他途径";
        /// What came of the file (Art. 36; 食品安全法 115).
        Result = 7, "处理结果";
        /// The complaint or report was handed over (Art. 42).
        HandedOver = 8, "移送";
        /// Report: what was done to verify it, before it is decided (广告法 53).
        Verification = 9, "核查处理情况";
        /// When, where and by whom the complaint is mediated on the spot (Art. 20).
        Appointment = 10, "现场调解的时间、地点和调解人员";
    }
);

listed!(
    /// Who is told (告知对象).
    Party {
        /// The complainant or reporter.
        Sender = 1, "投诉人（举报人）";
        /// The operator.
        Respondent = 2, "被投诉人";
    }
);

listed!(
    /// How somebody is told (告知方式).
    NoticeMeans {
        /// By the feedback of the national 12315 platform.
        Platform = 1, "全国12315平台反馈";
        /// By registered letter or express mail.
        Letter = 2, "邮寄送达";
        /// By telephone, recorded.
        Phone = 3, "电话告知";
        /// By text message.
        Message = 4, "短信告知";
        /// Handed over in person, signed for.
        InPerson = 5, "直接送达";
        /// By electronic mail or another electronic means that was agreed on.
        Electronic = 6, "电子送达";
        /// By public notice.
        Public = 7, "公告送达";
    }
);

listed!(
    /// How a dispute over competence ends (Art. 33).
    DisputeEnd {
        /// The bureaus have agreed.
        Agreed = 1, "协商一致";
        /// The common superior has named one.
        Designated = 2, "上级指定";
        /// Whoever objected has withdrawn the objection.
        Withdrawn = 3, "撤回异议";
        /// They have not agreed, and the common superior is asked: what follows has no term here.
        Referred = 4, "协商不成，报请上级指定";
    }
);

/// The sender was asked for something (核验): identity, proof of a purchase. One act for each time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// About what.
    pub subject: VerificationSubject,
    /// What was asked for.
    pub asked: Line,
    /// How.
    pub means: NoticeMeans,
    /// What came of it.
    pub answer: VerificationAnswer,
    /// In the officer's words: the answer, the number of the call.
    pub note: Option<Why>,
}

listed!(
    /// What the sender is asked about (核验事项).
    VerificationSubject {
        /// Who the sender is (Arts. 10, 16(6)).
        Identity = 1, "身份信息";
        /// That something was bought, and what for (Art. 17(3)).
        Purchase = 2, "消费事实和凭证";
        /// What happened, and what loss there is.
        Dispute = 3, "争议事实";
        /// That somebody may act for others (Art. 11).
        Authority = 4, "委托手续";
        /// Anything else.
        Other = 5, "其他事项";
    }
);

listed!(
    /// What came of asking (核验结果).
    VerificationAnswer {
        /// What was asked for was given.
        Given = 1, "已提供";
        /// There was an answer, and it does not show what was asked for.
        Insufficient = 2, "已答复，未能证明";
        /// The sender declines.
        Declined = 3, "明确拒绝";
        /// Nobody was reached.
        Unreached = 4, "未能联系上";
        /// The day that was set has passed without an answer.
        Lapsed = 5, "逾期未答复";
        /// It was sent, and the day that was set has not passed.
        Awaited = 6, "已送达，待答复";
    }
);

/// Contacts that failed, after which the sender counts as not cooperating (拒不配合).
const FAILED_CONTACTS: usize = 3;

/// What became of what the sender was asked for (核验情况), by all that was noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Nobody has asked.
    Never,
    /// No answer is on record, nor that there will be none.
    Open,
    /// It was given.
    Given,
    /// It was not given, or did not show what was asked for, or three contacts failed.
    NotGiven,
}

impl Asked {
    /// By the verifications of these subjects, in the order in which they were done.
    pub fn about<'a>(
        subjects: &[VerificationSubject],
        verifications: impl IntoIterator<Item = &'a Verification>,
    ) -> Self {
        let (mut asked, mut failed) = (Asked::Never, 0);
        for one in verifications.into_iter().filter(|one| subjects.contains(&one.subject)) {
            asked = match one.answer {
                VerificationAnswer::Given => Asked::Given,
                VerificationAnswer::Insufficient
                | VerificationAnswer::Declined
                | VerificationAnswer::Lapsed => Asked::NotGiven,
                VerificationAnswer::Unreached => {
                    failed += 1;
                    match asked {
                        Asked::Given | Asked::NotGiven => asked,
                        _ if failed >= FAILED_CONTACTS => Asked::NotGiven,
                        _ => Asked::Open,
                    }
                }
                VerificationAnswer::Awaited if asked == Asked::Never => Asked::Open,
                VerificationAnswer::Awaited => asked,
            };
        }
        asked
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use VerificationAnswer::{Awaited, Declined, Given, Insufficient, Lapsed, Unreached};

    #[rstest]
    #[case(&[], Asked::Never)]
    #[case(&[Awaited], Asked::Open)]
    #[case(&[Unreached, Unreached], Asked::Open)]
    #[case(&[Unreached, Unreached, Unreached], Asked::NotGiven)]
    #[case(&[Unreached, Awaited, Unreached, Unreached], Asked::NotGiven)]
    #[case(&[Awaited, Lapsed], Asked::NotGiven)]
    #[case(&[Insufficient], Asked::NotGiven)]
    #[case(&[Declined, Given], Asked::Given)]
    #[case(&[Given, Unreached, Unreached, Unreached], Asked::Given)]
    #[case(&[Given, Insufficient], Asked::NotGiven)]
    fn what_was_asked_for(#[case] answers: &[VerificationAnswer], #[case] expected: Asked) {
        let of = |subject| {
            move |answer: &VerificationAnswer| Verification {
                subject,
                asked: Line::parse("购物小票").unwrap(),
                means: NoticeMeans::Phone,
                answer: *answer,
                note: None,
            }
        };
        let all: Vec<Verification> = answers.iter().map(of(VerificationSubject::Purchase)).collect();
        assert_eq!(Asked::about(&[VerificationSubject::Purchase], &all), expected);
        assert_eq!(Asked::about(&[VerificationSubject::Identity], &all), Asked::Never);
    }
}
