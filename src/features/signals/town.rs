//! Whether an address lies outside the bureau's own city (外地地址), as far as it says so.

use super::squeeze;

/// Names of provinces (省级行政区), short. The first four are cities themselves.
const PROVINCES: [&str; 34] = [
    "北京",
    "天津",
    "上海",
    "重庆",
    "河北",
    "山西",
    "内蒙古",
    "辽宁",
    "吉林",
    "黑龙江",
    "江苏",
    "浙江",
    "安徽",
    "福建",
    "江西",
    "山东",
    "河南",
    "湖北",
    "湖南",
    "广东",
    "广西",
    "海南",
    "四川",
    "贵州",
    "云南",
    "西藏",
    "陕西",
    "甘肃",
    "青海",
    "宁夏",
    "新疆",
    "香港",
    "澳门",
    "台湾",
];
const CITIES: usize = 4;
const SUFFIXES: [&str; 7] = ["省", "市", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "特别行政区"];

/// Whether `address` names a city or province that is not one of `home`, the bureau's own city, district and province.
/// None when it names no region, or when the bureau file names no place of its own.
///
/// A county-level city counts as a city of its own: a bureau adds those around it to its names.
#[must_use]
pub fn out_of_town(address: &str, home: &[String]) -> Option<bool> {
    let address = squeeze(address);
    let home: Vec<String> = home.iter().map(|name| squeeze(name)).filter(|name| !name.is_empty()).collect();
    if home.is_empty() {
        return None;
    }
    let address = address.strip_prefix("中国").unwrap_or(&address);
    let province = province(address);
    let rest = province.map_or(address, |(_, rest)| rest);
    // The province alone does not say which of its cities.
    let is_wide = |name: &str| self::province(name).is_some_and(|(_, rest)| rest.is_empty());
    let near = home.iter().filter(|name| name.ends_with('市') || !is_wide(name));
    let is_near = || near.clone().any(|name| address.contains(name.as_str()));
    if let Some(city) = city(rest, province.is_some()) {
        let stem = |name: &str| name.strip_suffix('市').unwrap_or(name).to_owned();
        // 河北省石家庄市人，现住包头市: the benefit of the doubt.
        let lives_here = || near.clone().any(|name| name.ends_with('市') && rest.contains(name.as_str()));
        return Some(!(near.clone().any(|name| stem(name) == stem(city)) || lives_here()));
    }
    let Some((at, _)) = province else {
        return is_near().then_some(false);
    };
    let own = home.iter().any(|name| self::province(name).is_some_and(|(home, _)| home == at));
    match (own, at < CITIES || is_near()) {
        (true, true) => Some(false),
        (true, false) => None,
        (false, _) => Some(true),
    }
}

/// The province that a text begins with, by its place in the table, and what follows. 北京东路 is a road.
fn province(text: &str) -> Option<(usize, &str)> {
    let (at, rest) =
        PROVINCES.iter().enumerate().find_map(|(at, name)| Some((at, text.strip_prefix(name)?)))?;
    if let Some(rest) = SUFFIXES.iter().find_map(|suffix| rest.strip_prefix(suffix)) {
        return Some((at, rest));
    }
    let is_road = rest.chars().take(2).any(|c| "路街道巷村庄里胡".contains(c));
    (!is_road).then_some((at, rest))
}

/// The city that a text begins with, behind its province. 盟 and 地区 are parts of a province only; 超市 is none.
fn city(text: &str, in_province: bool) -> Option<&str> {
    let mut before = ' ';
    for (at, c) in text.char_indices().take(9) {
        let end = at + c.len_utf8();
        let prefecture = in_province && at > 0 && (c == '盟' || text[end..].starts_with('区') && c == '地');
        if (c == '市' && at > 0 && !"超门城夜早菜花集都".contains(before) && !text[end..].starts_with('场'))
            || prefecture
        {
            return Some(&text[..end]);
        }
        if text[..end].ends_with("自治州") {
            return Some(&text[..end]);
        }
        if "区县旗路街道巷号村镇乡".contains(c) {
            return None;
        }
        before = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[rstest]
    #[case("包头市昆都仑区钢铁大街1号", Some(false))]
    #[case("昆区友谊大街2号", Some(false))]
    #[case("内蒙古自治区包头市青山区", Some(false))]
    #[case("内蒙古 包头 青山区", Some(false))]
    #[case("内蒙古呼和浩特市新城区", Some(true))]
    #[case("内蒙古锡林郭勒盟", Some(true))]
    #[case("内蒙古", None)]
    #[case("江苏省南京市鼓楼区", Some(true))]
    #[case("北京市朝阳区建国路", Some(true))]
    #[case("武汉市洪山区", Some(true))]
    #[case("湖北武汉洪山区", Some(true))]
    #[case("延边朝鲜族自治州延吉市", Some(true))]
    #[case("河北省石家庄市人，现住包头市昆都仑区", Some(false))]
    #[case("北京路12号", None)]
    #[case("上海南路12号", None)]
    #[case("钢铁大街1号", None)]
    #[case("市府东路80号", None)]
    #[case("某某超市后面", None)]
    #[case("青山区幸福路", None)]
    #[case("", None)]
    fn an_address_says_whether_it_is_elsewhere(#[case] address: &str, #[case] expected: Option<bool>) {
        let home = names(&["昆都仑区", "昆区", "内蒙古自治区", "内蒙古", "包头市", "包头"]);
        assert_eq!(out_of_town(address, &home), expected);
    }

    #[rstest]
    #[case("北京市海淀区中关村", Some(false))]
    #[case("北京朝阳区", Some(false))]
    #[case("长春市朝阳区", Some(true))]
    #[case("吉林省", Some(true))]
    #[case("朝阳区", Some(false))]
    fn a_municipality_is_a_city(#[case] address: &str, #[case] expected: Option<bool>) {
        assert_eq!(out_of_town(address, &names(&["朝阳区", "北京市", "北京"])), expected);
    }

    proptest! {
        #[test]
        fn without_a_home_nothing_is_known(address in ".{0,60}") {
            prop_assert_eq!(out_of_town(&address, &[]), None);
            let _ = out_of_town(&address, &names(&["包头市"]));
        }
    }
}
