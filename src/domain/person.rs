//! Natural persons' fields (自然人信息). All of them are sealed at rest and absent from logs.

use serde::{Deserialize, Serialize};

use super::given::{Fact, Given, Rule, facts};
use super::mask::{all_stars, any_star, masked_code, masked_name, masked_number};
use super::personal::Personal;
use super::phone::without_country_code;
pub use super::phone::{OTHER_PHONES_MOST, Phone};
use super::placeholder::{names_no_person, names_no_place, says_nothing};
use super::plain::{bare, visible};
use super::text::{Address, Line};
use super::violation::Invalid;

/// How a person's name is read.
pub const NAME: Rule<Line> = Rule { absent: names_no_person, masked: masked_name, parse: Line::parse };
/// How a telephone number is read.
pub const PHONE: Rule<Phone> = Rule { absent: says_nothing, masked: masked_number, parse: Phone::parse };
/// How a document number is read.
pub const RESIDENT_ID: Rule<ResidentId> =
    Rule { absent: says_nothing, masked: masked_code, parse: ResidentId::parse };
/// How an address of a person is read.
pub const ADDRESS: Rule<Address> = Rule { absent: names_no_place, masked: all_stars, parse: Address::parse };
/// How an e-mail address is read.
pub const EMAIL: Rule<Email> = Rule { absent: says_nothing, masked: any_star, parse: Email::parse };
/// How an account is read.
pub const PAYMENT_ACCOUNT: Rule<PaymentAccount> =
    Rule { absent: says_nothing, masked: any_star, parse: PaymentAccount::parse };

/// A resident identity number (公民身份号码, GB 11643), kept as given; a wrong check digit is marked, not refused.
///
/// Yields validity and the text for keying only: never birth date, sex or region (promise 16).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResidentId(Personal<String>);

impl Fact for ResidentId {
    fn words(&self) -> String {
        self.text().to_owned()
    }
}

impl ResidentId {
    /// Parses any document number of 4 to 32 letters and digits (passports and permits may be in this field too).
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = bare(text).to_ascii_uppercase();
        let fits = (4..=32).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric());
        if !fits {
            return Err(Invalid::new(
                "not a document number; send 4 to 32 letters and digits, or leave it out",
                "不是有效证件号码，应为 4 至 32 位字母或数字，未知可不填",
            ));
        }
        Ok(Self(text.into()))
    }

    /// Whether it is a resident number with the right check digit (ISO 7064 MOD 11-2) and a real date.
    pub fn is_valid(&self) -> bool {
        const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let text = self.text().as_bytes();
        if text.len() != 18 || !text[..17].iter().all(u8::is_ascii_digit) {
            return false;
        }
        let sum: u32 = text.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
        let right = b"10X98765432"[(sum % 11) as usize];
        let date = format!("{}-{}-{}", &self.text()[6..10], &self.text()[10..12], &self.text()[12..14]);
        text[17] == right && super::time::Day::parse(&date).is_ok()
    }

    /// The text, for the keyed hash and for the file's holder.
    pub fn text(&self) -> &str {
        self.0.expose()
    }
}

/// An e-mail address (电子邮箱), in half-width lower case.
///
/// Two spellings that differ in case reach the same box with every provider in use, so they are one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(Personal<String>);

impl Fact for Email {
    fn words(&self) -> String {
        self.text().to_owned()
    }
}

impl Email {
    /// Longest that mail systems carry (RFC 5321), in characters.
    const MOST: usize = 254;

    /// Parses `name@host.domain`; full-width forms are narrowed, letters lower-cased.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = visible(&visible(text).trim().to_lowercase()).into_owned();
        let (name, host) = text.split_once('@').unwrap_or_default();
        let is_host =
            host.contains('.') && !host.contains('@') && host.split('.').all(|part| !part.is_empty());
        let is_plain = !text.chars().any(|c| c.is_whitespace() || c.is_control());
        if !name.is_empty() && is_host && is_plain && text.chars().count() <= Self::MOST {
            Ok(Self(text.into()))
        } else {
            Err(Invalid::new(
                "not an e-mail address; send name@host.domain, or leave it out",
                "不是有效电子邮箱，应形如 name@host.cn，未知可不填",
            ))
        }
    }

    /// The address.
    pub fn text(&self) -> &str {
        self.0.expose()
    }
}

/// An account that money should go to (收款账户): a bank card, a payment service's account, in one form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PaymentAccount(Personal<String>);

impl Fact for PaymentAccount {
    fn words(&self) -> String {
        self.text().to_owned()
    }
}

impl PaymentAccount {
    /// Parses 4 to 64 letters and digits, or an e-mail address or telephone number that serves as an account.
    ///
    /// Spaces, dashes and underscores are dropped, full-width forms narrowed, letters lower-cased; of a mobile number
    /// `+86` too. An e-mail address keeps its dashes: without them it would be someone else's.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = visible(text);
        if text.contains('@') {
            return Email::parse(&text).map(|Email(text)| Self(text)).map_err(|_| Self::bad());
        }
        let dropped = |c: char| c.is_whitespace() || matches!(c, '-' | '_' | '\u{2010}'..='\u{2015}');
        let mut text: String = text.trim().trim_start_matches('+').chars().filter(|c| !dropped(*c)).collect();
        text.make_ascii_lowercase();
        let account = without_country_code(&text);
        let fits = (4..=64).contains(&account.len()) && account.bytes().all(|b| b.is_ascii_alphanumeric());
        if fits { Ok(Self(account.to_owned().into())) } else { Err(Self::bad()) }
    }

    fn bad() -> Invalid {
        Invalid::new(
            "not an account; send 4 to 64 letters and digits, an e-mail address or a telephone number, or leave it out",
            "不是有效收款账户，应为 4 至 64 位字母或数字、电子邮箱或电话号码，未知可不填",
        )
    }

    /// The account.
    pub fn text(&self) -> &str {
        self.0.expose()
    }
}

facts! {
    /// A person as given in one submission (投诉人 / 举报人, 提供方).
    #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
    pub struct Complainant {
        /// Name (姓名).
        name: Line = "投诉人", "〔姓名〕";
        /// Telephone (联系电话).
        phone: Phone = "联系电话", "〔号码〕";
        /// The other telephones given beside it (其他联系电话), at most [`OTHER_PHONES_MOST`].
        other_phones: Vec<Phone> = "其他联系电话", "〔号码〕";
        /// Identity document number (证件号码).
        resident_id: ResidentId = "证件号码", "〔号码〕";
        /// Mailing address (通讯地址).
        address: Address = "通讯地址", "〔地址〕";
        /// Where bought things were sent to (收货地址).
        delivery_address: Address = "收货地址", "〔地址〕";
        /// E-mail address (电子邮箱).
        email: Email = "电子邮箱", "〔邮箱〕";
        /// Account that money should go to (收款账户).
        payment_account: PaymentAccount = "收款账户", "〔号码〕";
    }
}
impl Complainant {
    /// Whether the sender gives a true identity as far as a record shows it (实名): a name, and a way to reach it.
    pub fn is_named(&self) -> bool {
        let reach = self.phone.was_given() || self.resident_id.was_given();
        self.name.was_given() && reach
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn mail_addresses_and_accounts_are_brought_to_one_form() {
        for same in ["wang.wu-1@example.cn", " Wang.Wu-1@Example.CN ", "ｗａｎｇ．ｗｕ－１＠example.cn"]
        {
            assert_eq!(Email::parse(same).unwrap().text(), "wang.wu-1@example.cn", "{same}");
            assert_eq!(PaymentAccount::parse(same).unwrap().text(), "wang.wu-1@example.cn", "{same}");
        }
        let long = format!("{}@example.cn", "a".repeat(244));
        for bad in
            ["", "wang", "@example.cn", "a@b", "a@@example.cn", "a@b@example.cn", "a b@example.cn", "a@.cn"]
        {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
        assert!(Email::parse(&long).is_err() && Email::parse(&long[1..]).is_ok());
        for (text, account) in [
            ("6222 0200 1234 5678 901", "6222020012345678901"),
            ("６２２２-0200-1234-5678-901", "6222020012345678901"),
            ("WX_ID-2f", "wxid2f"),
            ("+86 139-4720-1234", "13947201234"),
            ("8613947201234", "13947201234"),
        ] {
            assert_eq!(PaymentAccount::parse(text).unwrap().text(), account, "{text}");
        }
        for bad in ["123", "a@b", "收款码", &"9".repeat(65)] {
            assert!(PaymentAccount::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_person_told_before_there_were_more_fields_keeps_its_bytes() {
        let json = r#"{"name":"王某","phone":"13947201234","address":null}"#;
        let person: Complainant = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&person).unwrap(), json);
    }
}
