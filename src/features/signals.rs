//! What the words of one complaint say: phrase lists and how they are found.
//!
//! Deliberately in no list: words for reports, reconsideration, lawsuits, filing and information requests.
//! They are remedies the law encourages, and no feature reads them (promise 16).

use crate::domain::submission::Part;

/// Demands for a statutory multiple or minimum award: Consumer Law Art. 55 (three times, at least 500 yuan),
/// Food Safety Law Art. 148 (ten times, at least 1,000 yuan). Lawful in themselves: a weak signal.
pub(super) const PUNITIVE: &[&str] = &[
    "退一赔",
    "假一赔",
    "赔三",
    "赔十",
    "十倍赔偿",
    "赔偿十倍",
    "10倍赔偿",
    "赔偿10倍",
    "价款十倍",
    "三倍赔偿",
    "赔偿三倍",
    "3倍赔偿",
    "赔偿3倍",
    "惩罚性赔偿",
    "赔偿1000元",
    "赔偿500元",
    "赔偿一千元",
    "赔偿五百元",
    "赔1000元",
    "赔500元",
    "1000元赔偿",
    "500元赔偿",
    "不足1000",
    "不足一千",
    "不足500",
    "不足五百",
    "最低1000",
    "最低500",
    "法律规定赔偿",
    "依法赔偿",
];

/// Statutes and standards cited, one row per source; spellings of one source count once.
pub(super) const STATUTES: &[&[&str]] = &[
    &["食品安全法", "食安法"],
    &["消费者权益保护法", "消法", "消保法"],
    &["广告法"],
    &["产品质量法"],
    &["价格法"],
    &["电子商务法"],
    &["药品管理法"],
    &["化妆品监督管理条例"],
    &["反不正当竞争法"],
    &["计量法"],
    &["GB7718"],
    &["GB28050"],
    &["第一百四十八条", "148条"],
    &["第五十五条", "55条"],
];

/// Formal letter and leverage wording ("professional content, highly formatted text", Quanzhou 2023 item 5).
pub(super) const FORMAL: &[&str] = &[
    "书面答复",
    "书面回复",
    "书面告知",
    "书面通知",
    "是否受理",
    "七个工作日",
    "7个工作日",
    "法定期限",
    "法定职责",
    "依法查处",
    "不作为",
    "挂号信",
    "事实与理由",
    "事实和理由",
    "投诉请求",
    "请求事项",
    "被投诉人",
    "全程录像",
    "拆封视频",
    "证据目录",
    "如不赔偿",
    "若不赔偿",
    "否则将",
];

/// Targets that are labels, wording of advertisements or dates rather than harm (Food Safety Law Art. 125(2),
/// Advertising Law Art. 9(3)).
pub(super) const LABEL: &[&str] = &[
    "标签",
    "标识",
    "标注",
    "标示",
    "配料",
    "营养成分表",
    "净含量",
    "执行标准",
    "生产日期",
    "保质期",
    "过期",
    "生产许可",
    "字符高度",
    "贮存条件",
    "厂名",
    "厂址",
    "有机码",
    "无糖",
    "宣称",
    "功效",
    "绝对化",
    "“最",
    "“第一",
    "国家级",
    "最高级",
    "虚假宣传",
    "广告宣传",
];

/// Proof of a purchase said to be at hand (Art. 17(3)).
pub(super) const PROOF: &[&str] = &[
    "小票",
    "发票",
    "收据",
    "付款截图",
    "支付截图",
    "付款记录",
    "支付记录",
    "转账记录",
    "订单号",
    "订单截图",
    "购买凭证",
    "合同",
    "聊天记录",
];

/// Harm suffered or a service not rendered: a real dispute (Art. 17(3); look-alikes that are honest).
pub(super) const HARM: &[&str] = &[
    "过敏",
    "红疹",
    "红肿",
    "拉肚子",
    "腹泻",
    "呕吐",
    "中毒",
    "医院",
    "就医",
    "住院",
    "受伤",
    "烫伤",
    "划伤",
    "摔",
    "变质",
    "异味",
    "酸味",
    "发霉",
    "异物",
    "虫",
    "头发",
    "关门",
    "停业",
    "倒闭",
    "跑路",
    "联系不上",
    "转让",
    "年卡",
    "会员卡",
    "办卡",
    "充值",
    "余额",
    "预付",
    "套餐",
    "课程",
    "的课",
    "上课",
    "退费",
    "定金",
    "订金",
    "押金",
    "维修",
    "保修",
    "质保",
    "三包",
    "黑屏",
    "开胶",
    "掉色",
    "缩水",
    "开裂",
    "甲醛",
    "发货",
    "缺斤",
    "少二两",
    "短斤",
    "多收",
    "售后",
    "无理由",
    "配件",
    "餐位费",
    "颜色",
    "尺寸",
    "送错",
];

/// Every list by name, for the schema digest: another phrase is another schema.
pub(super) fn phrases() -> impl Iterator<Item = &'static str> {
    let statutes = STATUTES.iter().flat_map(|names| names.iter());
    [PUNITIVE, FORMAL, LABEL, PROOF, HARM].into_iter().flatten().chain(statutes).copied()
}

/// Shorter texts than this are alike by chance; their repetition says nothing. In characters.
pub(super) const TELLING_TEXT: usize = 15;

/// What the words of a complaint say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Signals {
    /// A punitive demand, with the words that make it.
    pub punitive: Option<&'static str>,
    /// Number of distinct sources of law cited.
    pub statutes: usize,
    /// Distinct formal or leverage phrases.
    pub formal: Vec<&'static str>,
    /// Distinct label, wording or date targets.
    pub label: Vec<&'static str>,
    /// Proof said to be at hand, or shown by an order number or attachments.
    pub proof: bool,
    /// Distinct words of harm or of a service not rendered.
    pub harm: Vec<&'static str>,
    /// The text is long enough for a repetition to mean something.
    pub telling: bool,
}

impl Signals {
    /// Reads the complaint part. Fields of the report part never come here.
    pub(super) fn of(part: &Part) -> Self {
        let story = squeeze(part.text.known().map_or("", |story| story.as_str()));
        let mut all = story.clone();
        for demand in part.demands.known().into_iter().flatten() {
            // A line end no phrase contains: a phrase must not arise across two fields.
            all.push('\n');
            all.push_str(&squeeze(demand.as_str()));
        }
        let shown = part.order_number.known().is_some()
            || part.attachments.known().is_some_and(|attachments| !attachments.is_empty());
        Self {
            punitive: PUNITIVE.iter().copied().find(|phrase| all.contains(phrase)),
            statutes: STATUTES.iter().filter(|names| names.iter().any(|name| story.contains(name))).count(),
            formal: found(&story, FORMAL),
            label: found(&story, LABEL),
            proof: shown || PROOF.iter().any(|phrase| story.contains(phrase)),
            harm: found(&story, HARM),
            telling: story.chars().nth(TELLING_TEXT - 1).is_some(),
        }
    }
}

fn found(text: &str, phrases: &'static [&'static str]) -> Vec<&'static str> {
    phrases.iter().copied().filter(|phrase| text.contains(phrase)).collect()
}

/// Without spaces, full-width ASCII narrowed, Latin letters in upper case: letters typed by hand and texts read
/// off paper spell `GB 7718` and `１０００元` in many ways.
fn squeeze(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            _ => c,
        })
        .map(|c| c.to_ascii_uppercase())
        .collect()
}
