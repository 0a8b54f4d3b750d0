//! People, their names, phones and papers. Nobody here exists: phone prefixes are not given out, and the resident
//! numbers name counties that there are not, with right check digits (GB 11643, ISO 7064 MOD 11-2).

use super::contact::{Contact, parcels};
use super::dice::Dice;
use super::place::District;

/// A person as they present themselves; a claimant may have several of these.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) phone: String,
    pub(super) resident_id: String,
    pub(super) address: String,
    pub(super) contact: Contact,
}

const SURNAMES: &str = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文";
const GIVEN: &str = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文斌辉鹏飞宇浩婷雪琳欣怡佳慧颖晨阳博凯旭东海峰林森波亮健康宁云春燕凤莲珍荣福贵祥瑞龙虎成利民生和庆义仁德信雅婧思远";
/// Prefixes that the numbering plan does not give to the public, as far as we know.
const PREFIXES: [&str; 8] = ["142", "143", "154", "160", "161", "163", "168", "169"];
/// Places where out-of-town people live; roads are made up.
const ELSEWHERE: [&str; 16] = [
    "内蒙古自治区呼和浩特市新城区",
    "内蒙古自治区鄂尔多斯市东胜区",
    "内蒙古自治区巴彦淖尔市临河区",
    "内蒙古自治区包头市青山区",
    "内蒙古自治区包头市东河区",
    "山西省大同市平城区",
    "河北省张家口市桥东区",
    "陕西省榆林市榆阳区",
    "山东省临沂市兰山区",
    "河南省周口市川汇区",
    "江苏省徐州市云龙区",
    "湖北省黄冈市黄州区",
    "四川省达州市通川区",
    "广东省深圳市龙岗区",
    "浙江省温州市鹿城区",
    "辽宁省锦州市古塔区",
];
/// Province and city codes that fit nothing above on purpose; the county part does not exist.
const FOREIGN: [&str; 8] = ["150198", "140299", "130798", "610898", "371398", "411698", "421198", "330398"];

impl Person {
    /// Someone from here.
    pub(super) fn local(district: &District, dice: &mut Dice) -> Self {
        let address = district.home(dice);
        Self::new("150299", address, dice)
    }

    /// Someone from elsewhere.
    pub(super) fn visitor(dice: &mut Dice) -> Self {
        let region = dice.pick(&FOREIGN);
        let road = dice.pick(&["和平路", "人民路", "新华街", "建设路", "迎宾大道", "光明街", "学府路"]);
        let address = format!("{}{road}{}号", dice.pick(&ELSEWHERE), dice.range(1, 320));
        Self::new(region, address, dice)
    }

    fn new(region: &str, address: String, dice: &mut Dice) -> Self {
        let (name, phone, resident_id) = (name(dice), phone(dice), resident_id(region, dice));
        let contact = Contact::of(&phone, &resident_id, &address);
        Self { name, phone, resident_id, address, contact }
    }

    /// Moves: parcels go to the new place.
    pub(super) fn live_at(&mut self, address: String) {
        self.contact.parcels = parcels(&address);
        self.address = address;
    }

    /// The same household under another name, phone and number.
    pub(super) fn relative(&self, dice: &mut Dice) -> Self {
        let region = self.resident_id.get(..6).unwrap_or("150299").to_owned();
        Self::new(&region, self.address.clone(), dice)
    }
}

/// A name of two or three characters.
pub(super) fn name(dice: &mut Dice) -> String {
    let one =
        |from: &str, dice: &mut Dice| from.chars().nth(dice.index(from.chars().count())).unwrap_or('王');
    // Common surnames stand first; squaring the draw makes them common.
    let surnames = SURNAMES.chars().count();
    let at = super::dice::part(surnames, dice.unit().powi(2)).min(surnames - 1);
    let mut name = String::from(SURNAMES.chars().nth(at).unwrap_or('王'));
    name.push(one(GIVEN, dice));
    if dice.chance(0.72) {
        name.push(one(GIVEN, dice));
    }
    name
}

/// A mobile number.
pub(super) fn phone(dice: &mut Dice) -> String {
    format!("{}{:08}", dice.pick(&PREFIXES), dice.range(0, 99_999_999))
}

/// A resident number of a county that does not exist, born 1938 to 2006.
fn resident_id(region: &str, dice: &mut Dice) -> String {
    const WEIGHTS: [i64; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let (year, month, day) = (dice.range(1938, 2006), dice.range(1, 12), dice.range(1, 28));
    let body = format!("{region}{year}{month:02}{day:02}{:03}", dice.range(1, 998));
    let sum: i64 = body.bytes().zip(WEIGHTS).map(|(digit, weight)| i64::from(digit - b'0') * weight).sum();
    let check = "10X98765432".chars().nth(usize::try_from(sum % 11).unwrap_or(0)).unwrap_or('0');
    format!("{body}{check}")
}

/// An address with its parts in another order: the same place, not the same text.
pub(super) fn reversed(address: &str) -> String {
    match address.split_once('区') {
        Some((head, tail)) if !tail.is_empty() => format!("{tail}（{head}区）"),
        _ => address.to_owned(),
    }
}
