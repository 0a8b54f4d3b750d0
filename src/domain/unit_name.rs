//! Names of units (单位名称), as exports and an office's own tables write them.
//!
//! One station is written 少先路所, 少先路市场监督管理所 or 某区市场监督管理局少先路所. Nothing else is guessed: a name that could mean two
//! units means none.

use super::plain::plain;

/// What a name of a unit ends with.
const ENDS: [&str; 8] = ["所", "局", "队", "股", "科", "室", "中心", "机构"];
/// The same, where the name is longer than a person's.
const ENDS_OF_LONGER: [&str; 9] = ["处", "站", "厅", "委", "部", "组", "办", "司", "会"];
/// Characters of a person's name at most, as far as the ends of longer names go.
const PERSON_MOST: usize = 4;
/// Characters of a unit's name at most.
const MOST: usize = 40;

/// Whether a text looks like the name of a unit, and not like a person's, for officers are written into the same column. Two signs are
/// how an officer is called (李所, 王队).
pub fn is_unit(name: &str) -> bool {
    let length = name.chars().count();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    (3..=MOST).contains(&length)
        && !name.replace("12315", "").contains(|c: char| c.is_ascii_digit())
        && (ends(&ENDS) || length > PERSON_MOST && ends(&ENDS_OF_LONGER))
}

/// Whether it is the name of a whole bureau (…局), which is no unit of one.
pub fn is_bureau(name: &str) -> bool {
    name.ends_with('局') && !name.ends_with("分局")
}

/// What stands behind the name of a bureau: 少先路所 of 某区市场监督管理局少先路所, else the whole.
pub fn behind_bureau(name: &str) -> &str {
    // 某市市场监督管理局东区分局: the last 局 is its own.
    let before = name.strip_suffix('局').unwrap_or(name);
    before.rfind('局').map_or(name, |at| &name[at + '局'.len_utf8()..])
}

/// A station's own name: 少先路 of 少先路市场监督管理所, 少先路市监所, 少先路所.
pub fn station(name: &str) -> Option<&str> {
    const ENDS: [&str; 6] = ["市场监督管理所", "市场监管所", "监督管理所", "市监所", "监管所", "所"];
    ENDS.iter().find_map(|end| name.strip_suffix(end)).filter(|base| base.chars().count() >= 2)
}

/// Which of the units a text names: by the whole name, without the name of the bureau, or as the same station written otherwise.
pub fn which<'n>(units: impl Iterator<Item = &'n str>, text: &str) -> Option<usize> {
    let units: Vec<String> = units.map(|name| plain(name).into_owned()).collect();
    let text = plain(text);
    let own = behind_bureau(&text);
    let only = |is: &dyn Fn(&str) -> bool| {
        let mut found = (0..).zip(&units).filter(|(_, name)| is(name)).map(|(at, _)| at);
        found.next().filter(|_| found.next().is_none())
    };
    only(&|name| name == text)
        .or_else(|| only(&|name| behind_bureau(name) == own))
        .or_else(|| only(&|name| station(behind_bureau(name)).is_some_and(|base| station(own) == Some(base))))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const UNITS: [&str; 7] = [
        "投诉举报中心",
        "少先路市场监督管理所",
        "某区市场监督管理局沼潭所",
        "甲所",
        "药械股",
        "东区分局",
        "沼潭路所",
    ];

    #[rstest]
    #[case("少先路所", Some(1))]
    #[case("某区市场监督管理局 少先路市监所", Some(1))]
    #[case("沼潭所", Some(2))]
    #[case("沼潭市场监管所", Some(2))]
    #[case("某区市场监督管理局甲所", Some(3))]
    #[case("乙甲所", None)]
    #[case("甲市监所", None)]
    #[case("某市市场监督管理局东区分局", Some(5))]
    #[case("某区市场监督管理局", None)]
    #[case("某区药械股", None)]
    #[case("", None)]
    fn a_text_names_one_unit_or_none(#[case] text: &str, #[case] unit: Option<usize>) {
        assert_eq!(which(UNITS.into_iter(), text), unit, "{text}");
        let twice = UNITS.into_iter().chain(UNITS);
        assert_eq!(which(twice, text), None, "{text}: two units could be meant");
    }

    #[rstest]
    #[case("东街所", true)]
    #[case("12315指挥中心", true)]
    #[case("某区消费者协会", true)]
    #[case("王办", false)]
    #[case("李所", false)]
    #[case("欧阳建部", false)]
    #[case("示例三", false)]
    #[case("甲所 13900000001所", false)]
    #[case("所", false)]
    fn a_person_is_no_unit(#[case] text: &str, #[case] unit: bool) {
        assert_eq!(is_unit(text), unit, "{text}");
    }

    #[rstest]
    #[case("某区市场监督管理局", true)]
    #[case("某市市场监督管理局东区分局", false)]
    #[case("甲所", false)]
    fn a_bureau_is_no_unit_of_itself(#[case] text: &str, #[case] bureau: bool) {
        assert_eq!(is_bureau(text), bureau, "{text}");
    }
}
