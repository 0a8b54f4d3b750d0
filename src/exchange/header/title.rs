//! One title of a header, taken apart: what it says by itself, in its brackets, and of whom.

use crate::domain::plain;
use crate::exchange::columns::Column;

/// Whose a detail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Party {
    Person,
    Shop,
}

/// Beginnings of titles and groups that name a party.
const PARTIES: &[(&str, Party)] = &[
    ("提供方", Party::Person),
    ("提供人", Party::Person),
    ("投诉举报人", Party::Person),
    ("投诉人", Party::Person),
    ("举报人", Party::Person),
    ("投诉方", Party::Person),
    ("举报方", Party::Person),
    ("诉求人", Party::Person),
    ("消费者", Party::Person),
    ("来电人", Party::Person),
    ("申请人", Party::Person),
    ("反映人", Party::Person),
    ("顾客", Party::Person),
    ("买家", Party::Person),
    ("个人", Party::Person),
    ("被投诉举报", Party::Shop),
    ("被投诉", Party::Shop),
    ("被举报", Party::Shop),
    ("被诉", Party::Shop),
    ("被反映", Party::Shop),
    ("涉及主体", Party::Shop),
    ("涉事主体", Party::Shop),
    ("涉事企业", Party::Shop),
    ("市场主体", Party::Shop),
    ("经营主体", Party::Shop),
    ("经营者", Party::Shop),
    ("企业", Party::Shop),
    ("商家", Party::Shop),
    ("商户", Party::Shop),
    ("店铺", Party::Shop),
    ("主体", Party::Shop),
    ("销售者", Party::Shop),
    ("销售方", Party::Shop),
    ("经营方", Party::Shop),
    ("经销商", Party::Shop),
    ("店家", Party::Shop),
    ("卖家", Party::Shop),
    ("法定代表人", Party::Shop),
    ("法人", Party::Shop),
];
/// What may follow a party in the name of a group.
const OF_A_GROUP: &[&str] = &[
    "",
    "信息",
    "基本信息",
    "情况",
    "基本情况",
    "资料",
    "人",
    "方",
    "单位",
    "企业",
    "主体",
    "人信息",
    "方信息",
    "单位信息",
];

/// What is told of a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    Name,
    Phone,
    Address,
    Document,
    Code,
    Mail,
}

const DETAILS: &[(&str, Detail)] = &[
    ("姓名", Detail::Name),
    ("名称", Detail::Name),
    ("姓名/单位", Detail::Name),
    ("姓名/名称", Detail::Name),
    ("单位名称", Detail::Name),
    ("企业名称", Detail::Name),
    ("全称", Detail::Name),
    ("电话", Detail::Phone),
    ("联系电话", Detail::Phone),
    ("联系方式", Detail::Phone),
    ("手机", Detail::Phone),
    ("手机号", Detail::Phone),
    ("手机号码", Detail::Phone),
    ("电话号码", Detail::Phone),
    ("联系号码", Detail::Phone),
    ("地址", Detail::Address),
    ("联系地址", Detail::Address),
    ("通讯地址", Detail::Address),
    ("详细地址", Detail::Address),
    ("经营地址", Detail::Address),
    ("住址", Detail::Address),
    ("住所", Detail::Address),
    ("证件号码", Detail::Document),
    ("证件号", Detail::Document),
    ("身份证号", Detail::Document),
    ("身份证号码", Detail::Document),
    ("统一社会信用代码", Detail::Code),
    ("信用代码", Detail::Code),
    ("电子邮箱", Detail::Mail),
    ("邮箱", Detail::Mail),
];
/// What stands in brackets behind a title and changes nothing.
const HARMLESS: &[&str] = &[
    "必填",
    "选填",
    "可填",
    "可不填",
    "非必填",
    "可空",
    "单位",
    "元",
    "人民币",
    "格式",
    "文本",
    "日期",
    "时间",
    "年",
    "月",
    "日",
    "时",
    "分",
    "秒",
    "yyyy",
    "mm",
    "dd",
    "hh",
    "ss",
    "全称",
    "简称",
    "全国",
    "12315",
    "12345",
    "平台",
    "投诉",
    "举报",
    "咨询",
    "是",
    "否",
    "件",
    "个",
    "或",
    "号",
    "项",
    "至",
    "内容",
    "描述",
    "详细",
    "详情",
    "名称",
    "号码",
    "示例",
];
/// What an amount may be counted in.
const UNITS: &[(&str, f64)] =
    &[("万元", 1e4), ("千元", 1e3), ("百元", 1e2), ("亿元", 1e8), ("元", 1.0), ("角", 0.1), ("分", 0.01)];

/// One title of the header, taken apart.
pub(super) struct Title<'a> {
    pub(super) at: usize,
    /// As the file has it.
    pub(super) shown: &'a str,
    /// Without brackets.
    pub(super) base: String,
    /// What stands in its brackets.
    pub(super) notes: Vec<String>,
    /// What stands above it.
    pub(super) group: String,
}

impl<'a> Title<'a> {
    pub(super) fn of(at: usize, shown: &'a str, group: &str) -> Self {
        let bare = plain::bare(shown).replace('*', "");
        let mut base = String::new();
        let mut notes: Vec<String> = Vec::new();
        let mut depth = 0_u32;
        for c in bare.chars() {
            match c {
                '(' | '[' | '【' | '〔' if !base.is_empty() => {
                    depth += 1;
                    notes.push(String::new());
                }
                ')' | ']' | '】' | '〕' if depth > 0 => depth -= 1,
                c if depth > 0 => {
                    if let Some(note) = notes.last_mut() {
                        note.push(c);
                    }
                }
                c => base.push(c),
            }
        }
        let base = base.trim_end_matches(':').to_owned();
        Self { at, shown, base, notes, group: plain::bare(group).into_owned() }
    }

    /// Its party and unit by what its brackets say; none when they say something that is not known here.
    pub(super) fn noted(&self) -> Option<(Option<Party>, Option<f64>)> {
        let (mut party, mut unit) = (None, None);
        for note in &self.notes {
            let said = note.trim_start_matches("单位").trim_start_matches(':');
            if let Some((_, found)) =
                UNITS.iter().find(|(known, _)| *known == said || format!("人民币{known}") == said)
            {
                unit = Some(*found);
            } else if let Some(found) = party_of(note) {
                party = Some(found);
            } else if !is_harmless(note) {
                return None;
            }
        }
        Some((party, unit))
    }

    /// A unit at the end of a title of money: 消费金额万元, 金额:元.
    pub(super) fn unit_at_end(&self) -> Option<(String, f64)> {
        UNITS.iter().find_map(|(word, unit)| {
            let base = self.base.strip_suffix(word)?.trim_end_matches([':', '/', '-', '_', ',']);
            base.ends_with("额")
                .then(|| (base.to_owned(), *unit))
                .or_else(|| base.ends_with("损失").then(|| (base.to_owned(), *unit)))
        })
    }
}

/// A detail and how much its title is preferred to others of the same.
pub(super) fn detail_of(base: &str) -> Option<(usize, Detail)> {
    let at = DETAILS.iter().position(|(name, _)| *name == base)?;
    Some((at + 1, DETAILS[at].1))
}

/// The party that a title begins with, and the rest of it.
pub(super) fn behind_party(text: &str) -> Option<(&str, Party)> {
    let named = PARTIES.iter().filter_map(|(word, party)| Some((word, text.strip_prefix(word)?, party)));
    named.max_by_key(|(word, ..)| word.len()).map(|(_, rest, party)| (rest, *party))
}

/// A group or a note that names a party, and nothing else.
pub(super) fn party_of(text: &str) -> Option<Party> {
    let (rest, party) = behind_party(text)?;
    OF_A_GROUP.contains(&rest).then_some(party)
}

/// The column of a party's detail; a shop's telephone is not read.
pub(super) fn of_party(party: Party, detail: Detail) -> Option<Column> {
    match (party, detail) {
        (Party::Person, Detail::Name) => Some(Column::Name),
        (Party::Person, Detail::Phone) => Some(Column::Phone),
        (Party::Person, Detail::Address) => Some(Column::Address),
        (Party::Person, Detail::Document) => Some(Column::ResidentId),
        (Party::Person, Detail::Mail) => Some(Column::Email),
        (Party::Shop, Detail::Name) => Some(Column::Shop),
        (Party::Shop, Detail::Address) => Some(Column::Premises),
        (Party::Shop, Detail::Code) => Some(Column::CreditCode),
        (Party::Person, Detail::Code) | (Party::Shop, Detail::Phone | Detail::Document | Detail::Mail) => {
            None
        }
    }
}

/// Whether a note is made of words that change nothing.
fn is_harmless(note: &str) -> bool {
    let mut rest = note.to_lowercase();
    while !rest.is_empty() {
        let word = HARMLESS.iter().filter(|word| rest.starts_with(**word)).max_by_key(|word| word.len());
        let length = match (word, rest.chars().next()) {
            (Some(word), _) => word.len(),
            (None, Some(c)) if !c.is_alphanumeric() => c.len_utf8(),
            _ => return false,
        };
        rest.drain(..length);
    }
    true
}

/// Whether a title is that of a detail of a party.
pub(super) fn is_detail(base: &str) -> bool {
    detail_of(base).is_some()
}
