//! Bounded texts and plain values of a submission.

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::given::{Fact, PURGED};
use super::personal::Personal;
use super::plain::{is_blank, plain};
use super::violation::Invalid;

/// Refuses NUL and other control characters that no person types (tab and line ends are fine).
pub fn refuse_control(text: &str) -> Result<(), Invalid> {
    if text.contains('\0') {
        return Err(Invalid::new("holds a NUL character; remove it", "含有空字符（NUL），请删除"));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        return Err(Invalid::new("holds a control character; remove it", "含有控制字符，请删除"));
    }
    Ok(())
}

fn bounded(text: &str, most: usize) -> Result<String, Invalid> {
    refuse_control(text)?;
    let length = text.chars().count();
    if length > most {
        return Err(Invalid::new(
            format!("{length} characters; at most {most} are taken"),
            format!("共 {length} 个字符，最多 {most} 个"),
        ));
    }
    // Line ends are the file's or the system's, not the sender's.
    if text.contains('\r') {
        return bounded(&text.replace("\r\n", "\n").replace('\r', "\n"), most);
    }
    Ok(if is_nfc(text) { text.to_owned() } else { text.nfc().collect() })
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $most:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Personal<String>);

        impl $name {
            /// Most characters taken.
            pub const MOST: usize = $most;

            /// Parses a trimmed text of which something is seen; Unicode is brought to NFC.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                let text = bounded(text.trim(), $most)?;
                if is_blank(&text) {
                    return Err(Invalid::new("is blank; fill it in", "不能为空"));
                }
                Ok(Self(text.into()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                self.0.expose()
            }

            /// What stands in the place of a text that was purged.
            pub fn purged() -> Self {
                Self(PURGED.to_owned().into())
            }
        }

        /// What nobody sees makes no other text.
        impl Fact for $name {
            fn words(&self) -> String {
                self.as_str().to_owned()
            }

            fn agrees(&self, other: &Self) -> bool {
                self == other || plain(self.as_str()) == plain(other.as_str())
            }
        }
    };
}

text!(
    /// A short text: a name, a category path, a product (名称、类别).
    Line, 200);
text!(
    /// An address (地址).
    Address, 300);
text!(
    /// What happened, in the sender's words (具体问题). Platform texts have 400 characters, letters more.
    Story, 8_000);
text!(
    /// Why an officer did something (理由): goes into the file, never into a log.
    Why, 2_000);

/// An amount of money in fen (分), 0 to 10 billion yuan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AmountFen(i64);

impl AmountFen {
    const MOST: i64 = 1_000_000_000_000;

    /// Parses an amount in fen.
    pub fn parse(fen: i64) -> Result<Self, Invalid> {
        if (0..=Self::MOST).contains(&fen) {
            Ok(Self(fen))
        } else {
            Err(Invalid::new("must be 0 to 1000000000000 fen", "金额应在 0 至 1000000000000 分之间"))
        }
    }

    /// The amount in fen.
    pub fn fen(self) -> i64 {
        self.0
    }
}

impl Fact for AmountFen {
    fn words(&self) -> String {
        format!("{}.{:02} 元", self.0 / 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_is_named_and_lengths_are_bounded() {
        assert!(Story::parse("好\0坏").unwrap_err().en.contains("NUL"));
        assert!(Line::parse(&"长".repeat(200)).is_ok());
        assert!(Line::parse(&"长".repeat(201)).is_err());
        assert!(Line::parse(" \n ").is_err());
    }
}
