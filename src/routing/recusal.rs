//! Who must keep off whose files (回避, Order 121 Art. 21). One rule for all who ask: routing, the pull, what an officer does
//! with a file, and proposals to move files.

use crate::domain::ids::UnitId;
use crate::domain::plain::plain;
use crate::domain::respondent::{CreditCode, Respondent, short_name};
use crate::domain::text::Line;

use super::bureau::{Bureau, Officer};

impl Officer {
    /// Whether there is anybody whose files the officer must keep off.
    pub fn has_recusals(&self) -> bool {
        !self.recused_from.is_empty()
    }

    /// Whether the officer must be recused from this operator: one of those that the bureau file names for it, by
    /// credit code or by name. A name is the same with and without its administrative division and its company form, as
    /// wherever operators are compared; should two shops be one by that, a colleague handles both.
    pub fn is_recused_from(&self, respondent: &Respondent) -> bool {
        let code = respondent.credit_code.known().map(|code| plain(CreditCode::text(code)));
        let name = respondent.name.known().map(|name| plain(Line::as_str(name)));
        self.recused_from.iter().any(|operator| {
            let operator = plain(operator);
            code.as_ref() == Some(&operator) || name.as_deref().map(short_name) == Some(short_name(&operator))
        })
    }
}

impl Bureau {
    /// Whether everybody of a unit must be recused from an operator: then it cannot have them.
    pub fn is_recused(&self, unit: &UnitId, respondent: &Respondent) -> bool {
        let mut officers = self.officers().filter(|officer| officer.unit == *unit).peekable();
        officers.peek().is_some() && officers.all(|officer| officer.is_recused_from(respondent))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::domain::given::Given;
    use crate::domain::ids::OfficerId;

    const CODE: &str = "91350100M000100Y43";

    #[rstest]
    #[case("宏汇洗衣", "宏汇洗衣", "", true)]
    #[case("包头市昆都仑区宏汇洗衣有限公司", "宏汇洗衣", "", true)]
    #[case("宏汇洗衣", "包头市昆都仑区宏汇洗衣有限公司", "", true)]
    #[case("宏汇 洗衣\u{200b}", "宏汇洗衣", "", true)]
    #[case("宏汇洗衣", "宏汇洗衣二店", "", false)]
    #[case("宏汇洗衣", "", "", false)]
    #[case(CODE, "宏汇洗衣", CODE, true)]
    #[case("91350100m000100y43", "", CODE, true)]
    #[case(CODE, "宏汇洗衣", "", false)]
    #[case(CODE, CODE, "", true)]
    fn an_operator_is_known_by_code_or_by_name(
        #[case] recused_from: &str,
        #[case] name: &str,
        #[case] code: &str,
        #[case] expected: bool,
    ) {
        let officer = Officer {
            id: OfficerId::parse("e1").unwrap(),
            name: "东甲".to_owned().into(),
            unit: UnitId::parse("east").unwrap(),
            percent: 100,
            away: Vec::new(),
            recused_from: vec![recused_from.to_owned()],
        };
        let respondent = Respondent {
            name: Line::parse(name).map_or(Given::Absent, Given::Known),
            credit_code: CreditCode::parse(code).map_or(Given::Absent, Given::Known),
            premises: Given::Absent,
        };
        assert_eq!(officer.is_recused_from(&respondent), expected);
    }
}
