//! The operator complained about (被投诉人 / 被举报人). Not sealed: business names, codes and premises are public.

use serde::{Deserialize, Serialize};

use super::given::{Fact, Given, Rule, facts};
use super::mask::{all_stars, masked_business, masked_code};
use super::no_address::is_no_address;
use super::placeholder::says_nothing;
use super::plain::bare;
use super::text::{Address, Line};
use super::violation::Invalid;

/// How a business name is read.
pub const NAME: Rule<Line> = Rule { absent: says_nothing, masked: masked_business, parse: Line::parse };
/// How a credit code is read.
pub const CREDIT_CODE: Rule<CreditCode> =
    Rule { absent: says_nothing, masked: masked_code, parse: CreditCode::parse };
/// How premises are read.
pub const PREMISES: Rule<Address> = Rule { absent: is_no_address, masked: all_stars, parse: Address::parse };

/// Unified social credit code (统一社会信用代码, GB 32100-2015), kept as given; a wrong check digit is marked, not refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CreditCode(String);

impl CreditCode {
    /// Parses 15 to 20 letters and digits; old registration numbers (15 digits) may be in this field too.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = bare(text).to_ascii_uppercase();
        if (15..=20).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric()) {
            Ok(Self(text))
        } else {
            Err(Invalid::new(
                "not a credit code; send 15 to 20 letters and digits, or leave it out",
                "不是有效统一社会信用代码，应为 15 至 20 位字母或数字，未知可不填",
            ))
        }
    }

    /// Whether it has 18 characters of the code's alphabet and the right check character.
    pub fn is_valid(&self) -> bool {
        const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
        let values: Option<Vec<usize>> = self.0.chars().map(|c| ALPHABET.find(c)).collect();
        let Some(values) = values.filter(|values| values.len() == 18) else { return false };
        let mut weight = 1;
        let mut sum = 0;
        for value in &values[..17] {
            sum += value * weight;
            weight = weight * 3 % 31;
        }
        values[17] == (31 - sum % 31) % 31
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl Fact for CreditCode {
    fn words(&self) -> String {
        self.text().to_owned()
    }
}

facts! {
    /// The operator as given in one submission. A name or premises is required.
    #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
    pub struct Respondent {
        /// Business name (企业名称).
        name: Line = "被投诉人";
        /// Unified social credit code (统一社会信用代码).
        credit_code: CreditCode = "统一社会信用代码";
        /// Premises (企业地址): where it does business; decides who is competent.
        premises: Address = "企业地址";
    }
}

/// Characters that are left of a name at least: "药店" names no shop.
const SHORT_LEAST: usize = 3;
/// Before 市, 区, 县 they make another word: 超市, 小区, 开发区, 东区.
const NOT_OF_A_DIVISION: &str = "超门城夜早菜花集都小社园发景校厂片院营商东西南北中一二三四五六七八九十";
/// Forms of a company (组织形式).
const FORMS: [&str; 3] = ["股份有限公司", "有限责任公司", "有限公司"];

/// A business name as people call it, without what they leave out of a registered one (企业名称登记管理规定第六条): the
/// administrative division (行政区划) before it and the company's form (组织形式) behind it. 包头市昆都仑区宏汇洗衣有限公司
/// and 宏汇洗衣 are one shop. A bare 包头 or 内蒙古 stays: it may be the trade name.
pub fn short_name(name: &str) -> &str {
    let levels: [&[&str]; 3] = [&["自治区", "省"], &["市"], &["区", "县"]];
    let rest = levels
        .iter()
        .fold(name, |rest, suffixes| suffixes.iter().find_map(|suffix| behind(rest, suffix)).unwrap_or(rest));
    let short = FORMS.iter().find_map(|form| rest.strip_suffix(form)).unwrap_or(rest);
    if short.chars().count() < SHORT_LEAST { name } else { short }
}

fn behind<'a>(name: &'a str, suffix: &str) -> Option<&'a str> {
    let (division, rest) = name.split_once(suffix)?;
    let is_division = (2..=4).contains(&division.chars().count())
        && !division.ends_with(|last| NOT_OF_A_DIVISION.contains(last))
        && division.chars().all(char::is_alphabetic)
        && !rest.starts_with('场');
    is_division.then_some(rest)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("包头市昆都仑区宏汇干洗店", "宏汇干洗店")]
    #[case("内蒙古自治区包头市旺达停车管理有限公司", "旺达停车管理")]
    #[case("昆都仑区好又多超市", "好又多超市")]
    #[case("固阳县粮油店", "粮油店")]
    #[case("泰旺游泳馆有限责任公司", "泰旺游泳馆")]
    #[case("宏汇干洗店", "宏汇干洗店")]
    #[case("好又多超市包头市店", "好又多超市包头市店")]
    #[case("好又多超市", "好又多超市")]
    #[case("友谊市场水果摊", "友谊市场水果摊")]
    #[case("阳光小区便利店", "阳光小区便利店")]
    #[case("康乐二区便利店", "康乐二区便利店")]
    #[case("包头市药店", "包头市药店")]
    #[case("泰旺有限公司", "泰旺有限公司")]
    #[case("包头百货大楼", "包头百货大楼")]
    #[case("", "")]
    fn division_and_form_are_left_out_of_a_name(#[case] name: &str, #[case] expected: &str) {
        assert_eq!(short_name(name), expected);
    }

    #[test]
    fn credit_codes_are_checked_not_refused() {
        assert!(CreditCode::parse("91350100M000100Y43").unwrap().is_valid());
        assert!(CreditCode::parse("91350100m000100y43").unwrap().is_valid());
        assert!(!CreditCode::parse("91350100M000100Y44").unwrap().is_valid());
        assert!(!CreditCode::parse("150203000012345").unwrap().is_valid());
        assert!(CreditCode::parse("12").is_err());
    }
}
