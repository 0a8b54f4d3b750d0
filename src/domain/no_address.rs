//! What stands in the field of an address and is none (不是地址): what programs leave of blank fields (`,null`, `//区,街12号`), a telephone
//! number, a sentence about where something may be. It links nobody, and no unit is competent by it.

use super::mask::any_star;
use super::placeholder::says_nothing;
use super::plain::{plain, visible};

/// What addresses are made of beside names: alone, with a number, they name no place (街12号). `里` and `道` are names, too (道里区).
const NAMELESS: &str = "省市区县旗盟州街路巷号楼栋幢座室房单元层弄镇乡村";
/// Beside a telephone number.
const BESIDE_NUMBERS: [&str; 12] = [
    "联系电话",
    "联系方式",
    "电话号码",
    "手机号码",
    "手机号",
    "电话",
    "手机",
    "微信号",
    "微信",
    "座机",
    "号码",
    "转",
];
/// Words of who tells where a place may be, or that nobody knows: no address has them.
const GUESSING: [&str; 42] = [
    "不在",
    "没在",
    "不是在",
    "不清楚",
    "不知道",
    "不记得",
    "不确定",
    "不了解",
    "记不清",
    "记不得",
    "想不起",
    "找不到",
    "查不到",
    "没找到",
    "没有找到",
    "无法确定",
    "无法查",
    "无法提供",
    "未能提供",
    "没有地址",
    "没有具体地址",
    "无具体地址",
    "地址不详",
    "具体位置不",
    "说是",
    "客服说",
    "商家说",
    "店家说",
    "老板说",
    "店员说",
    "自称",
    "声称",
    "告知",
    "告诉",
    "好像",
    "应该是",
    "应该在",
    "可能在",
    "可能是",
    "大概在",
    "本人在",
    "分别在",
];

/// Nothing but signs, numbers, placeholders, and words that name nothing: by whatever door it came, it is absent.
pub fn is_no_address(text: &str) -> bool {
    // Blanks part words: null null.
    let mut text = visible(text).to_lowercase();
    if any_star(&text) {
        // It stands for something.
        return false;
    }
    let is_joint = |c: char| !c.is_alphanumeric() || c == '转';
    for word in BESIDE_NUMBERS {
        text = text.replace(word, "-");
    }
    let text = text.replace("街道", "街").replace("门牌", "");
    let is_nameless = |part: &str| part.chars().all(|c| c.is_ascii_digit() || NAMELESS.contains(c));
    text.split(is_joint).all(|part| is_nameless(part) || says_nothing(part))
}

/// A street and nothing more: everybody who writes no more than 钢铁大街 would live at one address. It may still say which unit is competent.
pub fn is_street_alone(text: &str) -> bool {
    let text = plain(text);
    let has_number = text.chars().any(|c| c.is_numeric() || "一二三四五六七八九十百".contains(c));
    text.ends_with(['路', '街', '道', '巷']) && !text.ends_with("街道") && !has_number
}

/// A sentence of who tells where something may be, or that it is not known. The words may be of use to an officer; the places in it
/// are others.
pub fn tells_of_places(text: &str) -> bool {
    let text = plain(text);
    GUESSING.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_street_alone_is_nobodys_address() {
        for street in ["昆都仑区钢铁大街", "钢铁大街", "包头市昆都仑区友谊路", "滨河巷"]
        {
            assert!(is_street_alone(street), "{street}");
        }
        for address in ["钢铁大街36号", "友谊大街街道", "钢铁大街十二号", "阳光小区", "一机路"]
        {
            assert!(!is_street_alone(address), "{address}");
        }
    }

    #[rstest]
    #[case::left_of_blanks(
        ",null|null null|null,null|//区,街12号|省市区|街道号|/|无|同上|--|(null)|null/null/null|区,路",
        true
    )]
    #[case::numbers(
        "13547207780|0472-5151234|电话:13547207780|手机13547207780、0472-5151234|0472-5151234转801|36|12-3|3号楼2单元501室",
        true
    )]
    #[case::places(
        "团结大街36号|一街12号|道里区|路北区|东街|****|区***号|昆都仑区|阳光小区3号楼|青山路|A座|万达广场|二道巷5号|街心花园|无锡路3号|门市街",
        false
    )]
    fn what_names_no_place_is_no_address(#[case] texts: &str, #[case] none: bool) {
        for text in texts.split('|') {
            assert_eq!(is_no_address(text), none, "{text}");
        }
    }

    #[rstest]
    #[case("不在昆区，在青山区富强路那边还有一家", true)]
    #[case("客服说在东河区的仓库发货", true)]
    #[case("具体地址不清楚", true)]
    #[case("可能是钢铁大街那一家", true)]
    #[case("团结大街36号（华联超市对面，电话0472-5151234）", false)]
    #[case("昆都仑区钢铁大街与三八路交叉口东北角", false)]
    #[case("包头市青山区富强路小说在线书店", false)]
    fn a_sentence_about_places_is_no_address(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(tells_of_places(text), expected, "{text}");
    }
}
