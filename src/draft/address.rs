//! An address taken apart without knowing the names of the district: division, sub-district, road, estate.

use crate::domain::plain::bare;

/// What an address names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// Province, city, region around the district.
    pub(super) regions: Vec<String>,
    /// District, county, banner.
    pub(super) district: Option<String>,
    /// With 街道, 镇 and the like.
    pub(super) subdistrict: Option<String>,
    /// A road that a house number stands behind.
    pub(super) road: Option<String>,
    /// An estate, a market, a building.
    pub(super) place: Option<String>,
}

/// Behind these 区 and 市 are no division.
const NO_DIVISION: &str = "小社园厂校街片宅业活景超门夜早菜市";
const OFFICES: [&str; 4] = ["街道", "苏木", "镇", "乡"];
const PLACES: [(&str, &str); 17] = [
    ("小区", "小区"),
    ("农贸市场", "市场"),
    ("市场", "市场"),
    ("早市", "市场"),
    ("夜市", "市场"),
    ("购物中心", "商场"),
    ("广场", "商场"),
    ("商场", "商场"),
    ("商城", "商场"),
    ("天街", "商场"),
    ("新天地", "商场"),
    ("大厦", "楼宇"),
    ("花园", "小区"),
    ("家园", "小区"),
    ("嘉园", "小区"),
    ("佳苑", "小区"),
    ("新村", "小区"),
];

/// Of what sort a place is, by its name.
pub(super) fn kind(place: &str) -> &'static str {
    PLACES.iter().find(|(end, _)| place.ends_with(end)).map_or("其他", |(_, kind)| kind)
}

/// Takes an address apart.
pub(super) fn taken(address: &str) -> Taken {
    let text = bare(address);
    let mut taken = Taken::default();
    let rest = divisions(&text, &mut taken);
    let rest = subdistrict(rest, &mut taken);
    let rest = road(rest, &mut taken);
    taken.place = place(rest);
    taken
}

fn is_name(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.chars().count()) && text.chars().all(|c| c.is_alphabetic() && !c.is_ascii())
}

/// What stands behind the names of divisions: 内蒙古自治区包头市昆都仑区.
fn divisions<'t>(text: &'t str, taken: &mut Taken) -> &'t str {
    let mut rest = text;
    loop {
        let mut before = ' ';
        let found = rest.char_indices().take(10).find(|(at, c)| {
            let (name, last) = (&rest[..*at], std::mem::replace(&mut before, *c));
            let next = rest[at + c.len_utf8()..].chars().next().unwrap_or(' ');
            match *c {
                '省' | '县' | '旗' => is_name(name, 2, 8),
                '市' => is_name(name, 2, 6) && !NO_DIVISION.contains(last) && next != '场',
                '区' => is_name(name, 1, 8) && !NO_DIVISION.contains(last),
                _ => false,
            }
        });
        let Some((at, c)) = found else { return rest };
        let end = at + c.len_utf8();
        let name = rest[..end].to_owned();
        if name.contains(['路', '街', '道', '镇', '乡']) {
            return rest;
        }
        match c {
            '省' | '市' => taken.regions.push(name),
            _ if name.ends_with("自治区") => taken.regions.push(name),
            _ => taken.district = Some(name),
        }
        rest = &rest[end..];
    }
}

fn subdistrict<'t>(text: &'t str, taken: &mut Taken) -> &'t str {
    let found = OFFICES.iter().filter_map(|end| {
        let at = text.find(end)?;
        // 友谊大街街道: the name ends before 街道, however many 街 it has.
        is_name(&text[..at], 2, 7).then_some(at + end.len())
    });
    let Some(end) = found.min() else { return text };
    taken.subdistrict = Some(text[..end].to_owned());
    text[end..].trim_start_matches("办事处")
}

fn road<'t>(text: &'t str, taken: &mut Taken) -> &'t str {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let is_end = "路街道巷".contains(c);
        if is_end && chars.peek().is_some_and(|(_, next)| next.is_ascii_digit()) {
            let end = at + c.len_utf8();
            if is_name(&text[..end], 2, 8) {
                taken.road = Some(text[..end].to_owned());
                return &text[end..];
            }
        }
    }
    text
}

fn place(text: &str) -> Option<String> {
    let text = text.trim_start_matches(|c: char| c.is_ascii_digit() || "号-附之".contains(c));
    let end = PLACES.iter().filter_map(|(end, _)| Some(text.find(end)? + end.len())).max()?;
    let name = &text[..end];
    is_name(name, 3, 12).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("内蒙古自治区包头市昆都仑区前进道街道富强路68号", "昆都仑区", "前进道街道", "富强路", "")]
    #[case(
        "包头市昆都仑区友谊大街街道友谊大街12号恒悦广场一层",
        "昆都仑区",
        "友谊大街街道",
        "友谊大街",
        "恒悦广场"
    )]
    #[case("昆河镇昆河路45号", "", "昆河镇", "昆河路", "")]
    #[case("市府东路80号", "", "", "市府东路", "")]
    #[case("昆区林荫路街道办事处张家营路151号", "昆区", "林荫路街道", "张家营路", "")]
    #[case("友谊小区3号楼", "", "", "", "友谊小区")]
    #[case("民西农贸市场12号", "", "", "", "民西农贸市场")]
    #[case("钢铁大街附近", "", "", "", "")]
    #[case("某处", "", "", "", "")]
    fn an_address_is_taken_apart(
        #[case] address: &str,
        #[case] district: &str,
        #[case] subdistrict: &str,
        #[case] road: &str,
        #[case] place: &str,
    ) {
        let Taken { district: a, subdistrict: b, road: c, place: d, .. } = taken(address);
        let or = |text: Option<String>| text.unwrap_or_default();
        assert_eq!([or(a), or(b), or(c), or(d)], [district, subdistrict, road, place], "{address}");
    }
}
