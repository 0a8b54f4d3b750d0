//! What was decided about a file when it came in, whole, so that it can be shown again (promise 6).

use serde::{Deserialize, Serialize};

use super::deadline::Law;
use super::evidence::Evidence;
use super::handling::listed;
use super::ids::{FileId, ModelId, RegistrationNumber, Sequence, Track, UnitId};

/// Factor of Order 121 Art. 17 that a reason belongs to (第十七条).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// 17(1): quantity, number of times, frequency at odds with consumer habit.
    Quantity,
    /// 17(2): many complaints of one person, or concerted complaints, in a short time.
    Repetition,
    /// 17(3): purchase, harm or dispute not shown.
    Proof,
    /// 17(4): several persons with the same contact.
    SharedContact,
    /// 17(5): other factors.
    Other,
    /// No factor of Art. 17: context only.
    Context,
}

impl Factor {
    /// How the factor is cited to people.
    pub fn zh(self) -> &'static str {
        match self {
            Factor::Quantity => "第十七条第一款第一项",
            Factor::Repetition => "第十七条第一款第二项",
            Factor::Proof => "第十七条第一款第三项",
            Factor::SharedContact => "第十七条第一款第四项",
            Factor::Other => "第十七条第一款第五项",
            Factor::Context => "背景信息",
        }
    }
}

/// What a fact under items (1) to (4) is measured by, each with a floor of its own in the bureau file (界限).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// 购买数量: how many times the usual quantity, 17(1).
    Quantity,
    /// 购买次数: purchases or orders, 17(1).
    Purchases,
    /// 同类投诉: complaints alike in a short time, 17(2).
    Repetition,
    /// 同类诉求: other operators claimed from, whatever the goods and the problem, 17(2). It takes more of them to be many.
    Claims,
    /// 同一联系方式: other names behind one contact, 17(4).
    Names,
}

/// From which values on a fact is strong enough for the band High, and who says so (界限). Settings of the bureau.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Floors {
    /// Times the usual quantity.
    pub quantity: f64,
    /// Purchases.
    pub purchases: f64,
    /// Complaints alike.
    pub repetition: f64,
    /// Other operators claimed from.
    pub claims: f64,
    /// Other names.
    pub names: f64,
    /// The most that item (5) and context may come to without such a fact, as a probability below the band High.
    pub pointers_most: f64,
    /// Who set them (制定人).
    pub author: String,
    /// By what: a refinement of a city's authority or above, or an internal reference (依据).
    pub authority: String,
    /// Since when, as written (日期).
    pub date: String,
}

impl Floors {
    /// The floor of a gate.
    pub fn of(&self, gate: Gate) -> f64 {
        match gate {
            Gate::Quantity => self.quantity,
            Gate::Purchases => self.purchases,
            Gate::Repetition => self.repetition,
            Gate::Claims => self.claims,
            Gate::Names => self.names,
        }
    }
}

/// The most that item (5) and context may come to in any model, as a probability: no bureau file and no training sets it
/// higher, and no bureau draws its band High at or below it.
pub const POINTERS_MOST: f64 = 0.6;

impl Default for Floors {
    fn default() -> Self {
        Self {
            quantity: 40.0,
            purchases: 5.0,
            repetition: 3.0,
            claims: 5.0,
            names: 3.0,
            pointers_most: POINTERS_MOST,
            author: "程序默认值，本局未另行规定".to_owned(),
            authority: "内部参考，没有设区的市级以上规定".to_owned(),
            date: "2026-11-30".to_owned(),
        }
    }
}

listed!(
    /// How strongly a complaint looks like a professional claim (疑似程度). Advice, never a verdict.
    Band {
        /// 低
        Low = 1, "低";
        /// 中
        Medium = 2, "中";
        /// 高
        High = 3, "高";
        /// 信息不足: nothing identifies the complainant, so the history is unknown.
        Insufficient = 4, "信息不足";
        /// 未评分: no model in use.
        NotScored = 5, "未评分";
    }
);

/// Record numbers kept as evidence for one reason.
pub const MOST_RECORDS: usize = 5;

/// One signed, additive reason (理由).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Code of the feature, as in the feature table, or of the pair, as in the list of pairs.
    pub feature: String,
    /// Factor of Art. 17.
    pub factor: Factor,
    /// The reason in Chinese, for an officer.
    pub text: String,
    /// Signed contribution to the calibrated log-odds.
    pub contribution: f64,
    /// Registration numbers of the complaints it rests on, newest first, at most five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RegistrationNumber>,
}

/// The score of one complaint with everything it was made from. Never exists for a report (promise 4).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suspicion {
    /// Digest of the feature table that made the vector.
    pub schema_hash: String,
    /// The feature vector, in table order.
    pub vector: Vec<f64>,
    /// The model, or none when the bureau had no champion.
    pub model: Option<ModelId>,
    /// Calibrated log-odds: exactly the sum of the model's baseline and all contributions, features in table order
    /// first, then the model's pairs.
    pub log_odds: Option<f64>,
    /// Calibrated probability, 0 to 1.
    pub score: Option<f64>,
    /// The band.
    pub band: Band,
    /// The strongest reasons first.
    pub reasons: Vec<Reason>,
    /// What it is based on: look-alikes, links, the near-duplicate.
    pub evidence: Evidence,
}

listed!(
    /// Why a unit got a file (分送理由).
    Basis {
        /// A special line goes to its division whatever the place.
        SpecialLine = 1, "专门业务";
        /// The only unit competent for the place.
        OnlyCompetent = 2, "属地唯一";
        /// The least work assigned this month among the competent units, then the least load.
        LeastLoad = 3, "有权单位中本月人均承办量最少";
        /// No place of the bureau file is named: reception decides.
        UnknownPlace = 4, "地点不明";
        /// A unit without competence gave it back.
        Returned = 5, "退回";
        /// Reception sent it to another unit.
        Reassigned = 6, "改派";
        /// No place was given: reception decides.
        NoPlace = 7, "未提供地址";
        /// Places of different stations are named: reception decides.
        SeveralPlaces = 8, "地点不唯一";
        /// Another district is named: reception decides.
        Elsewhere = 9, "不在本辖区";
        /// It had ended before it was imported: nobody was considered.
        Ended = 10, "导入时已办结";
        /// The station of the place, by policy.
        Territory = 11, "属地所";
        /// The station of the place has too much or cannot have it: the least loaded of the others.
        Relief = 12, "属地所负荷过高";
        /// The unit for suspected claims, by policy.
        Pool = 13, "专班";
        /// To the unit that has the other files of its bundle.
        Bundle = 14, "关联件归并";
        /// To the unit that has an open file against the same operator.
        Affinity = 15, "同一被投诉人在办";
        /// No competent unit has room for it: reception decides.
        AtCapacity = 16, "均已达承办上限";
        /// Everybody of the competent units must keep off it: reception decides (Art. 21).
        Recused = 17, "应当回避";
        /// Nobody signed for it in time: reception decides.
        Escalated = 18, "逾时未签收";
        /// An authority ordered that it be decided again.
        Redo = 19, "责令重新作出";
        /// The platform's operator is domiciled here, and no address of the merchant excludes it (Art. 13).
        PlatformDomicile = 20, "平台住所地";
        /// Only what is next to the place is named: reception decides.
        NearPlace = 21, "地点不确切";
        /// Sold online, no address of the operator is given: reception asks (Art. 13, 31).
        NoPublishedAddress = 22, "未提供公示地址";
        /// Sold on a platform that the bureau file does not have, no address given: reception asks (Art. 13).
        PlatformElsewhere = 23, "平台不在名册";
        /// A report that the platform's domicile may handle when it came here first: reception decides (Art. 31).
        PlatformMay = 24, "平台住所地可以处理";
        /// An advertisement without a known place: reception asks who published it (Art. 32).
        PublisherUnknown = 25, "广告发布者不明";
    }
);

listed!(
    /// Why a competent unit may not take a file now (不能承接的原因).
    Barred {
        /// Nobody is on duty over the days ahead.
        NobodyOnDuty = 1, "无人在岗";
        /// Its open work is at its capacity.
        AtCapacity = 2, "已满额";
        /// All its officers must keep off this operator (Art. 21).
        Recused = 3, "应当回避";
    }
);

/// A unit that was considered for a file, with its load at that moment (候选单位).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The unit.
    pub unit: UnitId,
    /// Open work units (未结工作量) counted for this track, in hundredths.
    pub open_centiunits: i64,
    /// Officers on duty over the days ahead (在岗人数), the mean, in hundredths of a full officer.
    pub centiofficers: i64,
    /// Work units assigned to it since the month began (本月分得), open or not, counted for this track, in hundredths;
    /// without this file.
    pub assigned_centiunits: i64,
    /// Officers on duty in this month so far (本月在岗), the mean over its working days, in hundredths.
    pub month_centiofficers: i64,
    /// Why it may not take the file now.
    pub barred: Option<Barred>,
    /// Chosen.
    pub chosen: bool,
}

impl Candidate {
    /// Open work units per officer on duty (人均); none without officers.
    pub fn load(&self) -> Option<f64> {
        (self.centiofficers > 0).then(|| self.open_centiunits as f64 / self.centiofficers as f64)
    }

    /// Work units assigned this month per officer of this month (本月人均分得), with a file of so much effort on top; none
    /// without officers.
    pub fn assigned_with(&self, centiunits: i64) -> Option<f64> {
        let assigned = self.assigned_centiunits.saturating_add(centiunits) as f64;
        (self.month_centiofficers > 0).then(|| assigned / self.month_centiofficers as f64)
    }
}

/// Officers on duty for people: whole ones without decimals.
pub fn officers_shown(centiofficers: i64) -> String {
    if centiofficers % 100 == 0 {
        (centiofficers / 100).to_string()
    } else {
        format!("{:.2}", centiofficers as f64 / 100.0)
    }
}

/// Where a file went, and who else was considered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Routing {
    /// The owning unit.
    pub unit: UnitId,
    /// Why it.
    pub basis: Basis,
    /// Competent units considered, in the order of the bureau file. Empty when the place is unknown to it.
    pub candidates: Vec<Candidate>,
    /// Expected effort of the file, in hundredths of a work unit (工作量).
    pub centiunits: i64,
    /// Names of the bureau file that decided the place or the line, if any; never the sender's own words.
    pub matched: Option<String>,
}

impl Routing {
    /// Why it went to the unit of this name, in one sentence, by the order that governed it then. Says nothing of loads when
    /// no candidates are held.
    pub fn sentence(&self, name: &str, law: Law) -> String {
        let matched = self.matched.as_ref().map(|words| format!("（依据“{words}”）")).unwrap_or_default();
        let chosen = self.candidates.iter().find(|candidate| candidate.chosen);
        let share = chosen.and_then(|chosen| chosen.assigned_with(self.centiunits));
        let share = share.map(|share| format!("（{share:.2}）")).unwrap_or_default();
        let several = || self.several(&matched);
        let said = match self.basis {
            Basis::SpecialLine => format!("属专门业务{matched}，由{name}统一办理。"),
            Basis::OnlyCompetent => format!("所写地点{matched}只有{name}有处理权限，分送{name}。"),
            Basis::LeastLoad => format!(
                "{}，加上本件后，{name}本月人均承办工作量最少{share}，分送{name}。（相同时依次比较未结工作量、名册顺序。）",
                several()
            ),
            Basis::Territory => format!("{name}是所写地点{matched}的属地所，按属地分送{name}。"),
            Basis::Relief => {
                format!(
                    "{}，属地所负荷过高或者不能承接，分送其中本月人均分得最少的{name}{share}。",
                    several()
                )
            }
            Basis::Pool => format!("{}，按规定由专班{name}办理。", several()),
            Basis::Bundle => {
                format!("{}，关联的在办件在{name}，归并分送{name}；各件期限仍分别计算。", several())
            }
            Basis::Affinity => {
                format!(
                    "{}，{name}正在办理同一被投诉人的件，本月分得的工作量相近{share}，分送{name}。",
                    several()
                )
            }
            Basis::UnknownPlace
            | Basis::NoPlace
            | Basis::SeveralPlaces
            | Basis::NearPlace
            | Basis::Elsewhere
            | Basis::NoPublishedAddress
            | Basis::PlatformElsewhere
            | Basis::PlatformMay
            | Basis::PublisherUnknown => self.left_open(&matched, name, law),
            Basis::Ended => format!("导入时已在平台办结，不分送；作为历史记录存于{name}。"),
            Basis::PlatformDomicile => {
                let articles = Articles::of(law).complaint;
                format!("网络销售，平台{matched}经营者住所地有处理权限（{articles}），分送{name}。")
            }
            Basis::Returned => format!("原单位没有处理权限，退回{name}。"),
            Basis::Reassigned => format!("由统一接收机构改派{name}。"),
            Basis::AtCapacity => format!("{}，均已达承办上限，转{name}分派。", several()),
            Basis::Recused => format!("{}，其人员均应当回避，转{name}分派。", several()),
            Basis::Escalated => format!("原单位逾时没有签收，转{name}分派。"),
            Basis::Redo => format!("经复议或者诉讼责令重新作出决定，由{name}重新办理。"),
        };
        match chosen {
            Some(chosen) if chosen.centiofficers == 0 => {
                format!("{said}该单位近日无人在岗，请及时改派或者安排人员。")
            }
            _ => said,
        }
    }

    /// That the place has several units.
    fn several(&self, matched: &str) -> String {
        match self.candidates.len() {
            0 => format!("所写地点{matched}有不止一个单位有处理权限"),
            count => format!("所写地点{matched}有 {count} 个单位有处理权限"),
        }
    }

    /// Why the place does not decide, and the question that the unit has to answer.
    fn left_open(&self, matched: &str, name: &str, law: Law) -> String {
        let Articles { online, platform_of_complaint, report, advertisement, .. } = Articles::of(law);
        match self.basis {
            Basis::UnknownPlace => {
                format!("没有写明名册中的街道、小区、市场或者道路{matched}，转{name}分派。")
            }
            Basis::SeveralPlaces => format!(
                "所写地点{matched}分属不同单位：名称互不一致，或者没有可以确定的门牌号，转{name}分派。"
            ),
            Basis::NearPlace => {
                format!("只写明附近的地点，或者不完整的名称{matched}，不能确定所在，转{name}分派。")
            }
            Basis::Elsewhere => format!("所写地点{matched}不在本辖区，转{name}分派。"),
            Basis::NoPublishedAddress => format!(
                "网络销售，没有提供经营者地址（{online}），转{name}核实：在平台公示的地址或者实际经营地在哪里。"
            ),
            Basis::PlatformElsewhere => format!(
                "网络销售，没有提供经营者地址，平台不在名册（{online}），转{name}核实：经营者的地址是否在本辖区；{platform_of_complaint}。"
            ),
            Basis::PlatformMay => format!(
                "平台{matched}经营者住所地在本辖区，先行收到的举报可以处理（{report}），转{name}决定：由本局处理，还是告知向经营者实际经营地提出。"
            ),
            Basis::PublisherUnknown => {
                format!("举报广告，没有写明地点（{advertisement}），转{name}核实：广告发布者是谁、在哪里。")
            }
            // What is not given, and nothing else.
            _ => format!("没有提供地址，转{name}分派。"),
        }
    }
}

/// Where an order says who handles what was sold online or advertised, as the sentences cite it.
struct Articles {
    /// Complaints.
    complaint: &'static str,
    /// Complaints and reports of what was sold online.
    online: &'static str,
    /// When the platform's domicile handles a complaint.
    platform_of_complaint: &'static str,
    /// Reports of what was sold online.
    report: &'static str,
    /// Reports of advertisements.
    advertisement: &'static str,
}

impl Articles {
    fn of(law: Law) -> Self {
        match law {
            Law::Order121 => Self {
                complaint: "总局令第121号第十三条",
                online: "总局令第121号第十三条、第三十一条",
                platform_of_complaint: "投诉没有公示地址的，由平台住所地处理",
                report: "总局令第121号第三十一条",
                advertisement: "总局令第121号第三十二条",
            },
            Law::Order20 | Law::Earlier => Self {
                complaint: "总局令第20号第十二条",
                online: "总局令第20号第十二条、第二十七条",
                platform_of_complaint: "投诉由经营者实际经营地或者平台住所地处理",
                report: "总局令第20号第二十七条",
                advertisement: "总局令第20号第二十八条",
            },
        }
    }
}

/// One file's decision at intake.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// The file.
    pub file: FileId,
    /// Sequence of the event that was decided on: the submission itself, an amendment, or a later scoring.
    pub sequence: Sequence,
    /// The score: on complaints only.
    pub suspicion: Option<Suspicion>,
    /// Where it went. None on a later score: unit and clock stay.
    pub routing: Option<Routing>,
    /// Sequence of the bureau file (rules, units, roster) it was decided under.
    pub rules: Sequence,
}

impl Decision {
    /// The track of the file.
    pub fn track(&self) -> Track {
        self.file.track
    }
}
