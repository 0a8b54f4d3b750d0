//! What ends like a division of the country and is none (不是行政区划): 早市, 家属区, 花园东区. In doubt it is one.

/// Behind these 市 is a market (早市).
const MARKETS: &str = "超门城夜早晚菜集牛马猪羊鱼米茶灯肉";
/// Behind these 区 is a part of a building, of an estate or of a road (鞋区, 家属区, 服务区).
const PARTS: &str = "小社园厂校街片宅业活景务属游鞋装品鲜息车货假院馆展摊专柜档浴一二三四五六七八九十";
/// What estates end with that have an eastern part: 花园东区, but not 江北区.
const ESTATES: &str = "园苑村家湾府庭郡寨厂院坊居邸期区";

/// Whether a 市 between these ends the name of a city.
pub fn is_city(before: &str, next: char) -> bool {
    let is_market = before.ends_with(|c: char| MARKETS.contains(c));
    // 攀枝花市.
    let is_of_flowers = before.ends_with('花') && !before.ends_with("枝花");
    !is_market && !is_of_flowers && !['场', '民'].contains(&next)
}

/// Whether a 区 behind this ends the name of a district.
pub fn is_district(before: &str) -> bool {
    let estate = before.strip_suffix(['东', '西', '南', '北', '中']);
    let is_of_estate = estate.is_some_and(|estate| estate.ends_with(|c: char| ESTATES.contains(c)));
    !is_of_estate && !before.ends_with(|c: char| PARTS.contains(c))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::districts("青山区|江北区|城东区|开发区|东营区", true)]
    #[case::parts("家属区|二楼鞋区|服务区|花园东区|名园西区|三区|小区东区", false)]
    fn districts(#[case] names: &str, #[case] expected: bool) {
        for name in names.split('|') {
            assert_eq!(is_district(name.strip_suffix('区').unwrap()), expected, "{name}");
        }
    }

    #[rstest]
    #[case::cities("包头市|成都市|攀枝花市", true)]
    #[case::markets("东门晚市|牛市|花市|超市", false)]
    fn cities(#[case] names: &str, #[case] expected: bool) {
        for name in names.split('|') {
            assert_eq!(is_city(name.strip_suffix('市').unwrap(), ' '), expected, "{name}");
        }
    }
}
