//! The district: sub-districts, roads, malls, and the bureau file that goes with them.
//!
//! Names of sub-districts are real, the course of the roads is made up. Some roads cross several stations' areas, and
//! stand in the bureau file by house numbers; some roads, estates and malls are simply missing from it, as in life.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use super::SimulateError;
use super::dice::Dice;
use super::operators::Shop;
use crate::domain::mix::mixed;

/// A stretch of a road: sub-district code, first and last house number.
type Stretch = (&'static str, i64, i64);

/// Roads with their stretches.
const ROADS: &[(&str, &[Stretch])] = &[
    (
        "钢铁大街",
        &[("150203005", 1, 38), ("150203001", 39, 74), ("150203006", 75, 110), ("150203009", 111, 140)],
    ),
    ("友谊大街", &[("150203005", 1, 60), ("150203007", 61, 96), ("150203012", 97, 130)]),
    ("阿尔丁大街", &[("150203006", 1, 66), ("150203010", 67, 102), ("150203011", 103, 140)]),
    ("少先路", &[("150203001", 1, 48), ("150203003", 49, 80)]),
    ("林荫路", &[("150203004", 1, 70), ("150203007", 71, 98)]),
    ("团结大街", &[("150203007", 1, 72), ("150203008", 73, 118)]),
    ("青年路", &[("150203001", 1, 40), ("150203011", 41, 88)]),
    ("白云鄂博路", &[("150203011", 1, 52), ("150203009", 53, 90)]),
    ("前进道", &[("150203009", 1, 96), ("150203008", 2, 96)]),
    ("黄河西路", &[("150203012", 1, 58), ("150203100", 59, 90)]),
    ("昆河路", &[("150203100", 1, 44), ("150203014", 45, 78)]),
    ("富强路", &[("150203005", 1, 36), ("150203004", 37, 80)]),
    ("三八路", &[("150203006", 1, 66), ("150203010", 2, 66)]),
    ("校园路", &[("150203001", 1, 76)]),
    ("乌兰道", &[("150203001", 1, 60)]),
    ("自由路", &[("150203001", 1, 42)]),
    ("育才路", &[("150203003", 1, 84)]),
    ("沼潭北街", &[("150203003", 1, 56)]),
    ("东亚路", &[("150203003", 1, 38)]),
    ("康复路", &[("150203004", 1, 66)]),
    ("幸福路", &[("150203004", 1, 50)]),
    ("互助巷", &[("150203005", 1, 40)]),
    ("凤凰路", &[("150203005", 1, 72)]),
    ("光明道", &[("150203006", 1, 58)]),
    ("文化路", &[("150203006", 1, 64)]),
    ("永盛路", &[("150203007", 1, 90)]),
    ("朝阳道", &[("150203007", 1, 46)]),
    ("鞍山道", &[("150203013", 1, 52)]),
    ("丰盈道", &[("150203008", 1, 88)]),
    ("爱民路", &[("150203008", 1, 54)]),
    ("民主路", &[("150203009", 1, 62)]),
    ("市府东路", &[("150203010", 1, 80)]),
    ("兴旺街", &[("150203010", 1, 44)]),
    ("民族西路", &[("150203011", 1, 82)]),
    ("矿山路", &[("150203011", 1, 36)]),
    ("滨河西路", &[("150203012", 1, 74)]),
    ("金秋街", &[("150203012", 1, 48)]),
    ("昆工南路", &[("150203013", 1, 68), ("150203400", 69, 90)]),
    ("建设巷", &[("150203013", 1, 40)]),
    ("河西路", &[("150203014", 1, 70)]),
    ("昆北三街", &[("150203014", 1, 52)]),
    ("市府西路", &[("150203100", 1, 66)]),
    ("卜尔汉图大街", &[("150203102", 1, 58)]),
    ("甲尔坝路", &[("150203102", 1, 30)]),
    ("厂前路", &[("150203400", 1, 46)]),
];

/// Roads that are a border: one sub-district has the odd numbers, the other the even ones.
const BORDERS: [&str; 2] = ["前进道", "三八路"];

/// Names that the bureau file does not know.
const UNLISTED: [&str; 11] = [
    "东亚路",
    "互助巷",
    "矿山路",
    "建设巷",
    "甲尔坝路",
    "昆河路",
    "昆北早市",
    "育才夜市",
    "北鹿城小区",
    "河西家园",
    "锦绣苑",
];

/// Estates (小区). One name is in two sub-districts; some are part of another's name, which the file may not know.
const ESTATES: &[(&str, &str)] = &[
    ("鹿城小区", "150203005"),
    ("北鹿城小区", "150203004"),
    ("幸福家园", "150203001"),
    ("幸福家园", "150203008"),
    ("青松园", "150203006"),
    ("青松园二期", "150203010"),
    ("锦绣苑", "150203006"),
    ("团结新村", "150203007"),
    ("前进花园", "150203009"),
    ("民西嘉园", "150203011"),
    ("黄河丽景小区", "150203012"),
    ("昆工佳苑", "150203013"),
    ("河西家园", "150203014"),
    ("沼潭小区", "150203003"),
    ("市府花园", "150203010"),
];

/// Malls and markets: people write their name instead of a house number.
const MALLS: &[(&str, &str, &str)] = &[
    ("恒悦广场", "150203005", "凤凰路"),
    ("昆都新天地", "150203001", "乌兰道"),
    ("金帆购物中心", "150203006", "文化路"),
    ("鹿韵天街", "150203007", "永盛路"),
    ("银穗商城", "150203008", "丰盈道"),
    ("民西农贸市场", "150203011", "民族西路"),
    ("鑫泰建材城", "150203012", "滨河西路"),
    ("昆北早市", "150203014", "河西路"),
    ("育才夜市", "150203003", "育才路"),
    ("市府东综合市场", "150203010", "市府东路"),
];

/// Where trade is: weight of a sub-district among operators.
const TRADE: &[(f64, &str)] = &[
    (14.0, "150203005"),
    (13.0, "150203001"),
    (11.0, "150203006"),
    (10.0, "150203004"),
    (9.0, "150203007"),
    (7.0, "150203008"),
    (7.0, "150203009"),
    (6.0, "150203011"),
    (5.0, "150203012"),
    (4.5, "150203010"),
    (4.0, "150203003"),
    (3.5, "150203013"),
    (3.0, "150203014"),
    (1.5, "150203100"),
    (1.0, "150203102"),
    (0.5, "150203400"),
];

/// A sub-district or town (街道、镇).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Subdistrict {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) station: String,
    #[serde(default)]
    pub(super) alternates: Vec<String>,
}

/// A division's own line of work, as far as this room needs it.
#[derive(Debug, Clone, Deserialize)]
struct Line {
    division: String,
    #[serde(default)]
    tracks: Vec<String>,
    #[serde(default, rename = "object_category_contains")]
    object: Vec<String>,
    #[serde(default, rename = "problem_category_contains")]
    problem: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Unit {
    id: String,
    name: String,
}

#[derive(Debug, Deserialize)]
struct Rows {
    unit: Vec<Unit>,
    subdistrict: Vec<Subdistrict>,
    special_line: Vec<Line>,
}

/// The district with its bureau file.
pub(super) struct District {
    subdistricts: BTreeMap<String, Subdistrict>,
    units: BTreeMap<String, String>,
    lines: Vec<Line>,
    /// The bureau file (机构文件).
    pub(super) bureau_file: String,
}

/// Where premises are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Premises {
    pub(super) subdistrict: &'static str,
    pub(super) road: &'static str,
    pub(super) house_number: i64,
    pub(super) mall: Option<&'static str>,
    pub(super) estate: Option<&'static str>,
}

const SAMPLE: &str = include_str!("../../examples/kundulun.toml");

impl District {
    /// The sample bureau file with this world's roads in place of its own.
    pub(super) fn new() -> Result<Self, SimulateError> {
        let rows: Rows = toml::from_str(SAMPLE)?;
        let subdistricts: BTreeMap<_, _> =
            rows.subdistrict.into_iter().map(|row| (row.code.clone(), row)).collect();
        let [streets, places] = listed(&subdistricts)?;
        let file = with_rows(SAMPLE, "street", &streets).and_then(|file| with_rows(&file, "place", &places));
        Ok(Self {
            bureau_file: file
                .and_then(|file| with_rows(&file, "operator", ""))
                .ok_or(SimulateError::Sample)?,
            units: rows.unit.into_iter().map(|unit| (unit.id, unit.name)).collect(),
            subdistricts,
            lines: rows.special_line,
        })
    }

    /// Puts the operators that the bureau has in its register into the bureau file (登记名册): about a third of them.
    pub(super) fn register(&mut self, shops: &[Shop]) -> Result<(), SimulateError> {
        let mut rows = String::new();
        for shop in shops.iter().filter(|shop| shop.is_registered) {
            let area = self.subdistrict(shop.premises).ok_or(SimulateError::Sample)?;
            let _ = writeln!(
                rows,
                "  {{ code = \"{}\", name = \"{}\", subdistrict = \"{}\" }},",
                shop.code, shop.name, area.name
            );
        }
        self.bureau_file = with_rows(&self.bureau_file, "operator", &rows).ok_or(SimulateError::Sample)?;
        Ok(())
    }

    /// The sub-district of premises.
    pub(super) fn subdistrict(&self, premises: Premises) -> Option<&Subdistrict> {
        self.subdistricts.get(premises.subdistrict)
    }

    /// Name of a unit.
    pub(super) fn unit_name(&self, id: &str) -> Option<&str> {
        self.units.get(id).map(String::as_str)
    }

    /// The division of the first special line that fits, whatever the place.
    pub(super) fn division(&self, track: &str, object: &str, problem: &str) -> Option<&str> {
        let asks = |words: &[String], text: &str| {
            words.is_empty() || words.iter().any(|word| text.contains(word.as_str()))
        };
        let fits = |line: &&Line| {
            (line.tracks.is_empty() || line.tracks.iter().any(|word| word == track))
                && asks(&line.object, object)
                && asks(&line.problem, problem)
        };
        self.lines.iter().find(fits).map(|line| line.division.as_str())
    }

    /// New premises, more of them where trade is.
    pub(super) fn premises(dice: &mut Dice) -> Premises {
        let subdistrict = dice.choose(TRADE);
        let malls: Vec<_> = MALLS.iter().filter(|(_, code, _)| *code == subdistrict).collect();
        if let Some((mall, _, road)) = malls.first().filter(|_| dice.chance(0.22)) {
            return Premises {
                subdistrict,
                road,
                house_number: dice.range(8, 24),
                mall: Some(mall),
                estate: None,
            };
        }
        let stretches: Vec<(&'static str, Stretch)> = ROADS
            .iter()
            .flat_map(|(road, stretches)| stretches.iter().map(|stretch| (*road, *stretch)))
            .filter(|(_, (code, _, _))| *code == subdistrict)
            .collect();
        let (road, (_, first, last)) = stretches[dice.index(stretches.len())];
        let mut house_number = dice.range(first, last);
        if BORDERS.contains(&road) && house_number % 2 != first % 2 {
            house_number -= 1;
        }
        Premises {
            subdistrict,
            road,
            house_number: house_number.max(first),
            mall: None,
            estate: estate(subdistrict, road, house_number),
        }
    }

    /// The address as registered (住所).
    pub(super) fn registered(&self, at: Premises) -> String {
        let area = self.subdistrict(at).map_or("", |area| area.name.as_str());
        format!("内蒙古自治区包头市昆都仑区{area}{}{}号", at.road, at.house_number)
    }

    /// How someone calls the place in a text.
    pub(super) fn spoken(at: Premises, dice: &mut Dice) -> String {
        match at.mall {
            Some(mall) if dice.chance(0.6) => mall.to_owned(),
            _ if dice.chance(0.5) => format!("昆区{}", at.road),
            _ => at.road.to_owned(),
        }
    }

    /// Another road, for a crossing or a mistake; by number, not by chance.
    pub(super) fn other_road(at: Premises, number: usize) -> &'static str {
        ROADS[number % ROADS.len()]
            .0
            .strip_prefix(at.road)
            .map_or(ROADS[number % ROADS.len()].0, |_| "昆河路")
    }

    /// Names of all sub-districts, for mistakes.
    pub(super) fn subdistrict_names(&self) -> Vec<&str> {
        self.subdistricts.values().map(|area| area.name.as_str()).collect()
    }

    /// A home in the district.
    pub(super) fn home(&self, dice: &mut Dice) -> String {
        let at = Self::premises(dice);
        let area = self.subdistrict(at).map_or("", |area| area.name.as_str());
        let (building, entrance, room) = (dice.range(1, 90), dice.range(1, 6), dice.range(1, 6) * 100);
        let room = room + dice.range(1, 4);
        let road = at.road;
        match dice.choose(&[(55.0, 0), (25.0, 1), (20.0, 2)]) {
            0 => format!("包头市昆都仑区{area}{road}{building}号楼{entrance}单元{room}"),
            1 => format!("昆区{road}小区{building}栋{room}"),
            _ => format!("内蒙古自治区包头市昆都仑区{road}{building}号楼{entrance}单元"),
        }
    }
}

/// The bureau file with other rows in one of its tables.
fn with_rows(file: &str, table: &str, rows: &str) -> Option<String> {
    let open = format!("\n{table} = [\n");
    let (head, rest) = file.split_once(&open)?;
    // The table may be empty already.
    let (_, tail) =
        if let Some(tail) = rest.strip_prefix("]\n") { ("", tail) } else { rest.split_once("\n]\n")? };
    Some(format!("{head}{open}{rows}]\n{tail}"))
}

/// The estate that a house belongs to, if any: the same one whenever it is asked, and no throw of the dice.
fn estate(subdistrict: &str, road: &str, house_number: i64) -> Option<&'static str> {
    let seed =
        road.chars().fold(house_number.unsigned_abs(), |seed, c| mixed(seed ^ u64::from(u32::from(c))));
    let here: Vec<&str> =
        ESTATES.iter().filter(|(_, code)| *code == subdistrict).map(|(name, _)| *name).collect();
    let pick = usize::try_from(seed >> 8).unwrap_or(0);
    here.get(pick.checked_rem(here.len())?).copied().filter(|_| seed % 4 == 0)
}

/// Rows of the `street` and `place` tables, less those the bureau forgot. A road in several parts is told by its
/// house numbers.
fn listed(subdistricts: &BTreeMap<String, Subdistrict>) -> Result<[String; 2], SimulateError> {
    let name =
        |code: &str| subdistricts.get(code).map(|area| area.name.as_str()).ok_or(SimulateError::Sample);
    let is_listed = |name: &str| !UNLISTED.contains(&name);
    let (mut streets, mut places) = (String::new(), String::new());
    for (road, stretches) in ROADS.iter().filter(|(road, _)| is_listed(road)) {
        for (code, first, last) in *stretches {
            let numbers = match (stretches.len(), BORDERS.contains(road)) {
                (1, _) => String::new(),
                (_, true) if first % 2 == 1 => ", numbers = \"单\"".to_owned(),
                (_, true) => ", numbers = \"双\"".to_owned(),
                (_, false) => format!(", numbers = \"{first}-{last}\""),
            };
            let area = name(code)?;
            let _ = writeln!(streets, "  {{ name = \"{road}\"{numbers}, subdistrict = \"{area}\" }},");
        }
    }
    let malls = MALLS.iter().map(|(mall, code, _)| (*mall, *code, "商场"));
    let estates = ESTATES.iter().map(|(estate, code)| (*estate, *code, "小区"));
    for (place, code, kind) in malls.chain(estates).filter(|(place, _, _)| is_listed(place)) {
        let area = name(code)?;
        let _ = writeln!(places, "  {{ name = \"{place}\", kind = \"{kind}\", subdistrict = \"{area}\" }},");
    }
    Ok([streets, places])
}
