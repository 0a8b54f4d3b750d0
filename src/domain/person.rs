//! Natural persons' fields (自然人信息). All of them are sealed at rest and absent from logs.

use serde::{Deserialize, Serialize};

use super::given::{Fact, Given, facts};
use super::text::{Address, Line};
use super::violation::Invalid;

/// A telephone number (联系电话) in digits: without separators, country code and trunk prefix noise.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

impl Phone {
    /// Parses; spaces, dashes and brackets are dropped, `+86` and an extension (转) too: it is the line that is known.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let bad = || {
            Invalid::new(
                "not a telephone number; send 3 to 20 digits, or leave it out",
                "不是有效电话号码，应为 3 至 20 位数字，未知可不填",
            )
        };
        let mut digits = String::with_capacity(text.len());
        let line = text.split(['转', '#']).next().unwrap_or(text);
        for c in line.trim().trim_start_matches("+86").chars() {
            match c {
                '0'..='9' => digits.push(c),
                '０'..='９' => digits.extend(char::from_digit(c as u32 - '０' as u32, 10)),
                ' ' | '-' | '－' | '(' | ')' | '（' | '）' | '+' | '\u{3000}' => {}
                _ => return Err(bad()),
            }
        }
        let digits = match digits.strip_prefix("86") {
            Some(rest) if rest.len() == 11 && rest.starts_with('1') => rest.to_owned(),
            _ => digits,
        };
        if (3..=20).contains(&digits.len()) { Ok(Self(digits)) } else { Err(bad()) }
    }

    /// The digits.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// Whether it is a service line by its form (12345, 96315, 95xxx, 400...): one that many people call from or are
    /// passed on by, and nobody's own.
    pub fn is_public_line(&self) -> bool {
        self.0.len() <= 6 || (self.0.len() == 10 && (self.0.starts_with("400") || self.0.starts_with("800")))
    }
}

/// A resident identity number (公民身份号码, GB 11643), kept as given; a wrong check digit is marked, not refused.
///
/// Yields validity and the text for keying only: never birth date, sex or region (promise 16).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResidentId(String);

impl ResidentId {
    /// Parses any document number of 4 to 32 letters and digits (passports and permits stand in this field too).
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim().to_ascii_uppercase();
        let fits = (4..=32).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric());
        if !fits {
            return Err(Invalid::new(
                "not a document number; send 4 to 32 letters and digits, or leave it out",
                "不是有效证件号码，应为 4 至 32 位字母或数字，未知可不填",
            ));
        }
        Ok(Self(text))
    }

    /// Whether it is a resident number with the right check digit (ISO 7064 MOD 11-2) and a real date.
    pub fn is_valid(&self) -> bool {
        const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let text = self.0.as_bytes();
        if text.len() != 18 || !text[..17].iter().all(u8::is_ascii_digit) {
            return false;
        }
        let sum: u32 = text.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
        let right = b"10X98765432"[(sum % 11) as usize];
        let date = format!("{}-{}-{}", &self.0[6..10], &self.0[10..12], &self.0[12..14]);
        text[17] == right && super::time::Day::parse(&date).is_ok()
    }

    /// The text, for the keyed hash and for the file's holder.
    pub fn text(&self) -> &str {
        &self.0
    }
}

// Debug output ends up in logs and panics; these two never belong there.
macro_rules! hidden_debug {
    ($($name:ident),+) => { $(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(hidden)"))
            }
        }
        impl Fact for $name {}
    )+ };
}
hidden_debug!(Phone, ResidentId);

/// A person as given in one submission (投诉人 / 举报人, 提供方).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Complainant {
    /// Name (姓名).
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    pub name: Given<Line>,
    /// Telephone (联系电话).
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    pub phone: Given<Phone>,
    /// Identity document number (证件号码).
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    pub resident_id: Given<ResidentId>,
    /// Mailing address (通讯地址).
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    pub address: Given<Address>,
}
facts!(Complainant { name, phone, resident_id, address });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_brought_to_one_form() {
        for same in ["13947201234", "+86 139-4720-1234", "8613947201234", "１３９４７２０１２３４"]
        {
            assert_eq!(Phone::parse(same).unwrap().digits(), "13947201234", "{same}");
        }
        assert_eq!(Phone::parse("(0472) 515-1234").unwrap().digits(), "04725151234");
        assert_eq!(Phone::parse("0472-5151234转801").unwrap().digits(), "04725151234");
        for bad in ["12", "call me", "1234567890123456789012"] {
            assert!(Phone::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn service_lines_are_nobodys() {
        let is_public = |digits| Phone::parse(digits).unwrap().is_public_line();
        assert!(["12345", "12315", "96315", "10086", "400-820-1234"].into_iter().all(is_public));
        assert!(!["13947201234", "0472-5151234", "5151234"].into_iter().any(is_public));
    }

    #[test]
    fn a_wrong_check_digit_is_kept_and_marked() {
        // Synthetic numbers of a fictitious area, GB 11643 check digits computed by hand.
        assert!(ResidentId::parse("11010519491231002X").unwrap().is_valid());
        assert!(ResidentId::parse("11010519491231002x").unwrap().is_valid());
        assert!(!ResidentId::parse("110105194912310021").unwrap().is_valid());
        assert!(!ResidentId::parse("11010519491331002X").unwrap().is_valid());
        assert!(!ResidentId::parse("E12345678").unwrap().is_valid());
        assert!(ResidentId::parse("不知道").is_err());
    }

    #[test]
    fn nothing_personal_is_printed_by_debug() {
        let person = Complainant {
            phone: Given::Known(Phone::parse("13947201234").unwrap()),
            resident_id: Given::Known(ResidentId::parse("11010519491231002X").unwrap()),
            ..Complainant::default()
        };
        let printed = format!("{person:?}");
        assert!(!printed.contains("1394720") && !printed.contains("110105"), "{printed}");
    }
}
