//! The text of an address: one way of writing it, and the words around a name that change what it says.

use crate::domain::division::{is_city, is_district};
use crate::domain::plain::bare;

/// The normal form, in upper case and with one sort of dash: how addresses are compared.
pub(in crate::routing) fn unified(text: &str) -> String {
    let one = |c: char| match c {
        '—' | '–' | '―' | '‐' | '‑' | '−' => '-',
        c => c.to_ascii_uppercase(),
    };
    bare(text).chars().map(one).collect()
}

const NEAR: [&str; 18] = [
    "附近", "周边", "周围", "一带", "旁", "边上", "对面", "对过", "斜对", "隔壁", "以东", "以西", "以南",
    "以北", "往", "向", "不远", "后面",
];
const BESIDE: [&str; 12] =
    ["东侧", "西侧", "南侧", "北侧", "东边", "西边", "南边", "北边", "东面", "西面", "南面", "北面"];

/// Behind the name of an area or a street: next to it, not in it.
pub(super) fn near(after: &str) -> bool {
    NEAR.iter().any(|word| after.starts_with(word))
}

/// Behind the name of a building or a house number: next to it. (The east side of a street is still the street.)
pub(super) fn near_a_place(after: &str) -> bool {
    near(after) || BESIDE.iter().any(|word| after.starts_with(word))
}

/// What a name may stand behind, when nothing is known of the text before it. `新` and the like make another name.
const BEFORE: &str =
    "省市区县旗镇乡村路街道巷里弄号院楼栋层室段座口旁边面处侧在于住到至从经由和与及跟的是址内上交店";

/// Whether a name that stands behind this text begins there, and is not the end of a longer one (新林荫路).
pub(super) fn begins_behind(before: &str, regions: &[&[String]]) -> bool {
    before.chars().next_back().is_none_or(|c| !c.is_alphabetic() || c.is_ascii() || BEFORE.contains(c))
        && !["靠近", "临近", "邻近", "毗邻", "紧邻", "挨着"].iter().any(|word| before.ends_with(word))
        || regions.iter().copied().flatten().any(|name| before.ends_with(name.as_str()))
}

const JOINTS: [&str; 9] = ["与", "和", "跟", "同", "及", "、", "/", "-", "交"];
const CROSSINGS: [&str; 6] = ["交叉", "交汇", "交界", "交口", "路口", "十字"];

/// Whether two names with this between them are said of one place: `甲路与乙路`.
pub(super) fn joined(between: &str) -> bool {
    JOINTS.contains(&between)
}

/// Whether the name between these texts is one side of a crossing: `与某某路交叉口`, `某某路与` .. `交叉口`.
pub(super) fn crosses_another(before: &str, after: &str) -> bool {
    let goes_on: String = after.chars().take(14).collect();
    let joins = JOINTS.iter().any(|joint| after.starts_with(joint));
    let is_joined = JOINTS.iter().any(|joint| before.ends_with(joint));
    (joins && CROSSINGS.iter().any(|word| goes_on.contains(word)))
        || (is_joined && CROSSINGS.iter().any(|word| after.starts_with(word)))
}

/// What makes a longer name of a street's: an estate, a school, a station named after it.
const LONGER: [&str; 34] = [
    "小区",
    "社区",
    "新村",
    "花园",
    "家园",
    "花苑",
    "嘉园",
    "佳苑",
    "广场",
    "市场",
    "农贸",
    "早市",
    "夜市",
    "商场",
    "商城",
    "大厦",
    "大楼",
    "公寓",
    "酒店",
    "宾馆",
    "饭店",
    "医院",
    "小学",
    "中学",
    "学校",
    "幼儿园",
    "公园",
    "桥",
    "立交",
    "车站",
    "地铁",
    "派出所",
    "支行",
    "街坊",
];

/// Whether a street's name goes on as the name of something else.
pub(super) fn goes_on(after: &str) -> bool {
    LONGER.iter().any(|word| after.starts_with(word))
}

/// Whether the name of a place goes on as that of a road: 万达广场路, but not 万达广场路口.
pub(super) fn becomes_a_road(after: &str) -> bool {
    let mut after = after.chars();
    after.next().is_some_and(|c| "路街巷".contains(c))
        && !after.next().is_some_and(|c| "口边旁东西南北面".contains(c))
}

/// A province, city, county or district is named, as far as a text shows it; in doubt yes, which leads to reception.
pub(super) fn names_a_division(text: &str) -> bool {
    text.char_indices().any(|(at, c)| {
        let before = &text[..at];
        let next = text[at + c.len_utf8()..].chars().next().unwrap_or(' ');
        let division = match c {
            '省' | '县' => true,
            '市' => is_city(before, next),
            '区' => is_district(before),
            '旗' => !before.ends_with(['红', '国']) && next != '舰',
            _ => false,
        };
        division && before.ends_with(|c: char| c.is_alphabetic() && !c.is_ascii())
    })
}
