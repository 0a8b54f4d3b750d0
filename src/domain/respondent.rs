//! The operator complained about (被投诉人 / 被举报人). Not sealed: business names, codes and premises are public.

use serde::{Deserialize, Serialize};

use super::given::{Fact, Given, facts};
use super::text::{Address, Line};
use super::violation::Invalid;

/// Unified social credit code (统一社会信用代码, GB 32100-2015), kept as given; a wrong check digit is marked, not refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CreditCode(String);

impl CreditCode {
    /// Parses 15 to 20 letters and digits; old registration numbers (15 digits) stand in this field too.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim().to_ascii_uppercase();
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

impl Fact for CreditCode {}

/// The operator as given in one submission. A name or premises is required.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Respondent {
    /// Business name (企业名称).
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    pub name: Given<Line>,
    /// Unified social credit code (统一社会信用代码).
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    pub credit_code: Given<CreditCode>,
    /// Premises (企业地址): where it does business; decides who is competent.
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    pub premises: Given<Address>,
}
facts!(Respondent { name, credit_code, premises });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_codes_are_checked_not_refused() {
        assert!(CreditCode::parse("91350100M000100Y43").unwrap().is_valid());
        assert!(CreditCode::parse("91350100m000100y43").unwrap().is_valid());
        assert!(!CreditCode::parse("91350100M000100Y44").unwrap().is_valid());
        assert!(!CreditCode::parse("150203000012345").unwrap().is_valid());
        assert!(CreditCode::parse("12").is_err());
    }
}
