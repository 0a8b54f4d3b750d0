//! An address taken apart without knowing the names of the district: division, sub-district, road, estate. Once most addresses are
//! read, the short forms of what they name are known ([`Known`]): 小坝 of 小坝镇 stands before a road and is no part of its name.

use crate::domain::division::{is_city, is_district};
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
    /// What stands behind divisions and sub-districts, where no road is named: the place with whatever is told of it.
    pub(super) rest: String,
}

const OFFICES: [&str; 4] = ["街道", "苏木", "镇", "乡"];
const PLACES: [(&str, &str); 18] = [
    ("小区", "小区"),
    ("农贸市场", "市场"),
    ("市场", "市场"),
    ("早市", "市场"),
    ("夜市", "市场"),
    ("晚市", "市场"),
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

/// Short forms of the divisions and sub-districts that the addresses of an office name: 青铜峡 of 青铜峡市.
#[derive(Debug, Default)]
pub(super) struct Known(Vec<String>);

/// Whether a name says of what kind a place is, and not which one it is.
pub(super) fn is_bare_kind(name: &str) -> bool {
    const SORTS: [&str; 9] = ["农贸", "便民", "综合", "集贸", "批发", "蔬菜", "菜", "大", "中心"];
    let sort = PLACES.iter().find_map(|(kind, _)| name.strip_suffix(kind));
    sort.is_some_and(|sort| sort.is_empty() || SORTS.contains(&sort))
}

/// Whether two signs may name one place by themselves (铝厂).
pub(super) fn is_root(name: &str) -> bool {
    const ENDS: [char; 7] = ['厂', '矿', '港', '库', '堡', '营', '湾'];
    is_name(name, 2, 2) && name.ends_with(ENDS) && name != "工厂"
}

impl Known {
    /// Of names that several rows have.
    pub(super) fn of<'n>(names: impl Iterator<Item = &'n String>) -> Self {
        let ends = OFFICES.into_iter().chain(["市", "区", "县", "旗"]);
        let short = |name: &String| {
            let short = ends.clone().find_map(|end| name.strip_suffix(end))?;
            is_name(short, 2, 6).then(|| short.to_owned())
        };
        let mut names: Vec<String> = names.filter_map(short).collect();
        names.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        names.dedup();
        Self(names)
    }

    /// The short forms.
    pub(super) fn names(&self) -> &[String] {
        &self.0
    }

    /// What stands behind short forms, unless they are the beginning of a longer name (小坝路, 小坝镇, 小坝商城).
    fn skip<'t>(&self, mut text: &'t str) -> &'t str {
        let longer = |rest: &str| {
            rest.starts_with(['路', '街', '巷', '大', '镇', '乡', '村', '市', '区'])
                || PLACES.iter().any(|(kind, _)| rest.starts_with(kind))
        };
        while let Some(rest) =
            self.0.iter().find_map(|name| text.strip_prefix(name.as_str()).filter(|rest| !longer(rest)))
        {
            text = rest;
        }
        text
    }
}

/// Takes an address apart.
pub(super) fn taken(address: &str, known: &Known) -> Taken {
    let text = bare(address);
    let mut taken = Taken::default();
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let rest = known.skip(divisions(text, &mut taken));
    let rest = known.skip(subdistrict(rest, &mut taken).trim_start_matches(','));
    let rest = road(rest, &mut taken);
    if taken.road.is_none() {
        rest.clone_into(&mut taken.rest);
    }
    taken.place = place(rest).or_else(|| taken.road.is_none().then(|| landmark(rest)).flatten());
    taken
}

fn is_name(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.chars().count()) && text.chars().all(|c| c.is_alphabetic() && !c.is_ascii())
}

/// What stands behind the names of divisions: 内蒙古自治区包头市昆都仑区.
fn divisions<'t>(text: &'t str, taken: &mut Taken) -> &'t str {
    let mut rest = text;
    loop {
        let found = rest.char_indices().take(10).find(|(at, c)| {
            let name = &rest[..*at];
            let next = rest[at + c.len_utf8()..].chars().next().unwrap_or(' ');
            match *c {
                '省' | '县' | '旗' => is_name(name, 2, 8),
                '市' => is_name(name, 2, 6) && is_city(name, next),
                '区' => is_name(name, 1, 8) && is_district(name) && !name.ends_with('市'),
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
    // Without a house number: a short name, and no crossing.
    let end = text.char_indices().find(|(_, c)| "路街巷".contains(*c)).map(|(at, c)| at + c.len_utf8());
    let Some(end) =
        end.filter(|end| is_name(&text[..*end], 3, 5) && !text[*end..].starts_with(['口', '道', '与', '和']))
    else {
        return text;
    };
    taken.road = Some(text[..end].to_owned());
    &text[end..]
}

/// What people call a place that no word tells the sort of (铝厂一村, 新百CCMALL): short, and up to where it is told how to get there.
fn landmark(text: &str) -> Option<String> {
    const BEHIND: [&str; 20] = [
        "发生时间",
        "消费金额",
        "问题描述",
        "对面",
        "附近",
        "旁",
        "门口",
        "里面",
        "楼下",
        "东侧",
        "西侧",
        "南侧",
        "北侧",
        "东门",
        "西门",
        "南门",
        "北门",
        "大门",
        "交叉",
        "路口",
    ];
    let letters = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    let words = BEHIND.iter().filter_map(|word| text.find(word)).min().unwrap_or(text.len());
    let name = &text[..letters.min(words)];
    (3..=8).contains(&name.chars().count()).then(|| name.to_owned())
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
    #[case("钢铁大街附近", "", "", "钢铁大街", "")]
    #[case("某处", "", "", "", "")]
    #[case("高速服务区西侧", "", "", "", "高速服务区")]
    #[case("纱厂三村门口早餐店", "", "", "", "纱厂三村")]
    #[case("名园东区西门", "", "", "", "名园东区")]
    #[case("东门晚市", "", "", "", "东门晚市")]
    fn an_address_is_taken_apart(
        #[case] address: &str,
        #[case] district: &str,
        #[case] subdistrict: &str,
        #[case] road: &str,
        #[case] place: &str,
    ) {
        let Taken { district: a, subdistrict: b, road: c, place: d, .. } = taken(address, &Known::default());
        let or = |text: Option<String>| text.unwrap_or_default();
        assert_eq!([or(a), or(b), or(c), or(d)], [district, subdistrict, road, place], "{address}");
    }
    #[test]
    fn short_forms_are_no_part_of_what_stands_behind_them() {
        let names = ["柳林市".to_owned(), "河口镇".to_owned(), "柳林镇".to_owned()];
        let known = Known::of(names.iter());
        let taken = |address: &str| super::taken(address, &known);
        assert_eq!(taken("柳林市柳林河口建设街12号").road.as_deref(), Some("建设街"));
        assert_eq!(taken("柳林河口镇东关街").subdistrict.as_deref(), Some("河口镇"));
        assert_eq!(taken("河口路12号").road.as_deref(), Some("河口路"));
        assert_eq!(taken("柳林河口老粮库对面").place.as_deref(), Some("老粮库"));
        assert_eq!(taken("柳林河口商城西厅").place.as_deref(), Some("河口商城"));
    }
}
