//! The life of a file in its unit (办理): status, and the listed words officers use.

use super::ids::Track;

/// A closed list of values, each with its stored code and its Chinese word.
macro_rules! listed {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal, $zh:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every value, in code order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The code stored in the database; the wire uses the same numbers.
            pub fn code(self) -> i16 {
                match self { $($name::$variant => $code,)+ }
            }

            /// The value of a code.
            pub fn from_code(code: i16) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.code() == code)
            }

            /// The word for people.
            pub fn zh(self) -> &'static str {
                match self { $($name::$variant => $zh,)+ }
            }
        }
    };
}

pub(crate) use listed;

listed!(
    /// The status of a file (状态). A lease is not a status: a leased file is still waiting.
    Status {
        /// In its unit's queue.
        Waiting = 1, "待签收";
        /// Signed for by an officer; undecided.
        SignedFor = 2, "已签收";
        /// Complaint accepted; needs `CloseFile`.
        Accepted = 3, "已受理";
        /// Complaint refused with a ground: ended.
        Refused = 4, "不予受理";
        /// Report verified and filed as a case; needs `CloseFile`.
        Filed = 5, "立案";
        /// Report verified and not filed: ended.
        NotFiled = 6, "不予立案";
        /// Closed: ended.
        Closed = 7, "已办结";
    }
);

impl Status {
    /// Something was decided on the file.
    pub fn is_decided(self) -> bool {
        !matches!(self, Status::Waiting | Status::SignedFor)
    }

    /// Nothing more can be done on the file.
    pub fn has_ended(self) -> bool {
        matches!(self, Status::Refused | Status::NotFiled | Status::Closed)
    }
}

listed!(
    /// Ground for refusing a complaint (不予受理情形), Order 121 Art. 16.
    RefusalGround {
        /// 16(1): not our duty, or no competence.
        NotOurDuty = 1, "不属于市场监督管理部门职责或者本机关没有处理权限";
        /// 16(2): the dispute is with a court, arbitration or another body already.
        HandledElsewhere = 2, "法院、仲裁机构、市场监督管理部门或者其他行政机关、消费者协会等已经受理或者处理";
        /// 16(3): not for living consumption, or no consumer dispute shown.
        NotForConsumption = 3, "不是为生活消费需要，或者不能证明存在消费者权益争议";
        /// 16(4): more than three years.
        TooLate = 4, "超过三年";
        /// 16(5): material missing or false.
        MaterialMissing = 5, "未提供规定的材料，或者提供虚假材料";
        /// 16(6): impersonation, or identity check refused.
        IdentityRefused = 6, "冒用他人名义或者拒绝身份核验";
        /// 16(7): other grounds by law.
        OtherByLaw = 7, "法律、法规、规章规定的其他情形";
    }
);

listed!(
    /// The officer's own finding on a complaint (认定); the truth the model learns from.
    Finding {
        /// The conduct in this complaint fits a professional claim.
        Suspected = 1, "疑似不属于生活消费需要";
        /// It does not.
        #[serde(rename = "not")]
        NotSuspected = 2, "未发现不是为生活消费需要的情形";
        /// It could not be determined.
        Undetermined = 3, "暂不能判断";
    }
);

listed!(
    /// A dated note of a listed kind (办理记录).
    StepKind {
        /// Spoke with the complainant or reporter.
        ContactedSender = 1, "联系投诉人/举报人";
        /// Spoke with the operator.
        ContactedRespondent = 2, "联系经营者";
        /// Went to the premises.
        SiteVisit = 3, "现场检查";
        /// Mediation held.
        Mediation = 4, "组织调解";
        /// Sent for testing or inspection.
        Testing = 5, "检验检测";
        /// Evidence taken.
        Evidence = 6, "收集证据";
        /// Told the sender a result. Of releases that had no notices (`domain::act::Notice`).
        Notified = 7, "告知";
        /// Anything else.
        Other = 8, "其他";
        /// Testing, inspection or appraisal began: its days do not count (Art. 22).
        TestingBegan = 9, "检测鉴定开始";
        /// It ended.
        TestingEnded = 10, "检测鉴定结束";
        /// A dispute over competence with another bureau began (Art. 33).
        CompetenceDisputed = 11, "处理权限争议";
        /// This complainant consents to a joint complaint (Art. 12).
        JointConsent = 12, "同意共同投诉";
        /// This complainant does not.
        JointDeclined = 13, "不同意共同投诉";
    }
);

impl StepKind {
    /// Whether it is about joining complaints (Art. 12).
    pub fn is_joint(self) -> bool {
        matches!(self, StepKind::JointConsent | StepKind::JointDeclined)
    }
}

listed!(
    /// How a file ended (处理结果).
    Disposition {
        /// Complaint: settled in mediation.
        Settled = 1, "调解成功";
        /// Complaint: mediation ended without agreement (Art. 23).
        MediationEnded = 2, "终止调解";
        /// Complaint: withdrawn by the complainant.
        Withdrawn = 3, "撤回投诉";
        /// Complaint: found after acceptance to be an Art. 16 case.
        GroundFoundLater = 4, "受理后发现不予受理情形";
        /// Report: penalty decided.
        Penalised = 5, "行政处罚";
        /// Report: ordered to put right, no penalty.
        Rectified = 6, "责令改正";
        /// Report: case ended without a violation shown.
        NoViolation = 7, "违法事实不能成立";
        /// Either: handed to another authority or the police (Arts. 34, 42).
        HandedOver = 8, "移送";
        /// Report: the same facts by the same reporter again; not handled once more (Art. 35).
        Repeated = 9, "重复举报不再另行处理";
        /// Report: new facts to an earlier one; handled with it (Art. 35).
        Merged = 10, "并入前件处理";
        /// Complaint: the two sides settled between themselves (Arts. 18, 23(1)(1)).
        SelfSettled = 11, "双方自行和解";
        /// Report: the bureau has no competence; the reporter is told (Art. 34).
        NotCompetent = 12, "不具备处理权限";
        /// Either: no complaint and no report in the sense of Art. 3; the sender is told the proper channel (Art. 44).
        OtherChannel = 13, "不适用投诉举报程序";
    }
);

impl Disposition {
    /// Whether an officer may close a file so. The others come with a decision or an act of their own.
    pub fn by_close(self) -> bool {
        !matches!(
            self,
            Disposition::Repeated
                | Disposition::Merged
                | Disposition::HandedOver
                | Disposition::NotCompetent
                | Disposition::OtherChannel
        )
    }

    /// Whether a mediation that ends so is broken off (终止调解), which both sides are to be told (Art. 23(2)).
    pub fn terminates(self) -> bool {
        matches!(
            self,
            Disposition::MediationEnded
                | Disposition::GroundFoundLater
                | Disposition::Withdrawn
                | Disposition::SelfSettled
                | Disposition::HandedOver
        )
    }

    /// Whether a file ends so only when it was accepted or filed before, whoever has noted that.
    pub fn follows_opening(self) -> bool {
        matches!(
            self,
            Disposition::Settled
                | Disposition::MediationEnded
                | Disposition::SelfSettled
                | Disposition::GroundFoundLater
                | Disposition::Penalised
                | Disposition::Rectified
                | Disposition::NoViolation
        )
    }

    /// The ground of Art. 23(1) that it is by itself; none where the officer names one.
    pub fn termination(self) -> Option<TerminationGround> {
        match self {
            Disposition::Withdrawn | Disposition::SelfSettled => Some(TerminationGround::Withdrawn),
            Disposition::GroundFoundLater | Disposition::HandedOver => Some(TerminationGround::GroundFound),
            _ => None,
        }
    }
}

listed!(
    /// Why mediation ends without an agreement (终止调解情形), Order 121 Art. 23(1).
    TerminationGround {
        /// 23(1)(1): withdrawn, or settled between the two sides.
        Withdrawn = 1, "撤回投诉或者自行和解";
        /// 23(1)(2): one side does not take part, or declines mediation.
        NotTakingPart = 2, "不参加或者拒绝调解";
        /// 23(1)(3): after mediation one side says that there will be no agreement.
        NoAgreement = 3, "无法达成调解协议";
        /// 23(1)(4): no agreement on who pays for testing.
        TestingCost = 4, "鉴定检测费用无法协商一致";
        /// 23(1)(5): no agreement within the term.
        TermEnded = 5, "调解期限届满";
        /// 23(1)(6): a case of Art. 16 or Art. 42, found after acceptance.
        GroundFound = 6, "受理后发现不予受理或者移送情形";
        /// 23(1)(7): a party has died or ceased to exist.
        PartyGone = 7, "一方死亡或者主体资格灭失";
        /// 23(1)(8): other grounds by law.
        OtherByLaw = 8, "法律、法规、规章规定的其他情形";
    }
);

impl TerminationGround {
    /// Whether an officer names it with a mediation that ended (终止调解); the others come with their disposition.
    pub fn is_named(self) -> bool {
        !matches!(self, TerminationGround::Withdrawn | TerminationGround::GroundFound)
    }
}

listed!(
    /// What a decision is challenged by (救济途径).
    ReviewKind {
        /// 行政复议
        Reconsideration = 1, "行政复议";
        /// 行政诉讼
        Suit = 2, "行政诉讼";
        /// 行政复议 by the simplified procedure (行政复议法 Arts. 53, 54): its reply has a shorter term.
        Simplified = 3, "行政复议（简易程序）";
    }
);

listed!(
    /// How a reconsideration or suit ended (复议、诉讼结果).
    ReviewOutcome {
        /// Ended without a decision on the matter.
        Discontinued = 1, "终止";
        /// The decision is upheld.
        Upheld = 2, "维持";
        /// The application or suit was dismissed.
        Dismissed = 3, "驳回";
        /// The decision is void.
        Revoked = 4, "撤销";
        /// The decision is void, and the bureau must decide again.
        RedoOrdered = 5, "责令重新作出";
        /// The authority put another decision in its place.
        Changed = 6, "变更";
        /// The decision, or doing nothing, was unlawful; it stands.
        DeclaredUnlawful = 7, "确认违法";
        /// The bureau must do what it has not done.
        ActOrdered = 8, "责令履行";
        /// The decision never had any force (行政复议法 Art. 67, 行政诉讼法 Art. 75).
        DeclaredVoid = 9, "确认无效";
    }
);

impl ReviewOutcome {
    /// Whether the decision was overturned.
    pub fn overturns(self) -> bool {
        self.annuls() || self == ReviewOutcome::Changed
    }

    /// Whether nothing is left of the decision.
    pub fn annuls(self) -> bool {
        matches!(self, ReviewOutcome::Revoked | ReviewOutcome::RedoOrdered | ReviewOutcome::DeclaredVoid)
    }

    /// Whether the bureau has to decide or to act, unless the authority has decided itself.
    pub fn reopens(self) -> bool {
        self.annuls() || self == ReviewOutcome::ActOrdered
    }
}

impl Disposition {
    /// Whether files of `track` can end this way.
    pub fn fits(self, track: Track) -> bool {
        match self {
            Disposition::Settled
            | Disposition::MediationEnded
            | Disposition::Withdrawn
            | Disposition::SelfSettled
            | Disposition::GroundFoundLater => track == Track::Complaint,
            Disposition::Penalised
            | Disposition::Rectified
            | Disposition::NoViolation
            | Disposition::Repeated
            | Disposition::NotCompetent
            | Disposition::Merged => track == Track::Report,
            Disposition::HandedOver | Disposition::OtherChannel => true,
        }
    }
}

listed!(
    /// Why a report is not filed, by 市场监督管理行政处罚程序规定 Arts. 19 and 20, which were not compared with the text in force.
    NotFiledBasis {
        /// Art. 19: the conditions of filing are not met.
        ConditionsNotMet = 1, "第十九条";
        /// Art. 20(1)(1): slight, put right in time, no harm done.
        Slight = 2, "第二十条第一款第一项";
        /// Art. 20(1)(2): the first time, little harm, put right in time.
        FirstTime = 3, "第二十条第一款第二项";
        /// Art. 20(1)(3): the party proves that it is not at fault.
        NoFault = 4, "第二十条第一款第三项";
        /// Art. 20(1)(4): another case in which the law lets it be.
        OtherByLaw = 5, "第二十条第一款第四项";
    }
);

listed!(
    /// What a submission is that is no complaint and no report (Order 121 Art. 44).
    OtherMatter {
        /// A question.
        Consultation = 1, "咨询";
        /// An application for government information.
        Information = 2, "政府信息公开申请";
        /// An application for reconsideration.
        Reconsideration = 3, "行政复议申请";
        /// A disciplinary complaint about officials.
        Discipline = 4, "纪检监察检举控告";
        /// Something else.
        Other = 5, "其他";
    }
);
