//! Addresses of premises as people write them (地址的写法): whole, in part, by the estate or the mall, next to something,
//! now and then wrong or not at all.
//!
//! The form is thrown with the dice of the item, as it always was; what is new in it has dice of its own, so that more
//! ways to write an address move nothing else of a world.

use super::dice::Dice;
use super::place::{District, Premises};

/// An address with the way it is written, for `truth.csv`.
#[derive(Debug, Clone, Default)]
pub(super) struct Written {
    pub(super) text: String,
    /// 写法; empty for a blank.
    pub(super) form: &'static str,
}

fn written(form: &'static str, text: String) -> Written {
    Written { text, form }
}

impl District {
    /// The address as registered, as the platform fills it in.
    pub(super) fn as_registered(&self, at: Premises) -> Written {
        written("registered", self.registered(at))
    }

    /// The address as someone writes it; blank now and then.
    pub(super) fn written(&self, at: Premises, dice: &mut Dice, places: &mut Dice) -> Written {
        let area = self.subdistrict(at).map_or("", |area| area.name.as_str());
        let (road, house_number) = (at.road, at.house_number);
        if let Some(mall) = at.mall.filter(|_| dice.chance(0.55)) {
            let floor = dice.pick(&["", "一楼", "二楼", "三楼", "负一层", "A区"]);
            let district = dice.pick(&["昆区", "包头市昆区", "昆都仑区", "包头市昆都仑区", ""]);
            return written("mall", format!("{district}{mall}{floor}"));
        }
        match dice.choose(&[(34.0, 0), (22.0, 1), (12.0, 2), (9.0, 3), (7.0, 4), (6.0, 5), (10.0, 6)]) {
            0 => self.as_registered(at),
            1 => written(
                "number",
                format!("内蒙古自治区包头市昆都仑区{road}{}", numbered(house_number, places.unit())),
            ),
            2 => Self::informal(at, places),
            3 => {
                let areas = self.subdistrict_names();
                // Someone picks the wrong one from the platform's list.
                let area = if places.chance(0.02) { areas[places.index(areas.len())] } else { area };
                written("subdistrict", format!("包头市昆区{area}{road}{house_number}号"))
            }
            4 => Self::in_part(at, places),
            5 => {
                let beside = dice.pick(&["底商", "院内", "附近", "对面", "东侧"]);
                written("beside", format!("{road}{house_number}号{beside}"))
            }
            _ => Written::default(),
        }
    }

    /// By the estate, when it is in one.
    fn informal(at: Premises, places: &mut Dice) -> Written {
        let district = places.pick(&["昆区", "昆区", "包头市昆区", ""]);
        match at.estate.filter(|_| places.chance(0.7)) {
            Some(estate) => {
                let where_in = places.pick(&["底商", "3号楼底商", "南门", "院内", "东门旁", "对面", ""]);
                written("estate", format!("{district}{estate}{where_in}"))
            }
            None => written("number", format!("昆区{}{}", at.road, numbered(at.house_number, places.unit()))),
        }
    }

    /// A road without a number, with another one, or with an estate.
    fn in_part(at: Premises, places: &mut Dice) -> Written {
        let road = at.road;
        match (places.choose(&[(60.0, 0), (25.0, 1), (15.0, 2)]), at.estate) {
            (1, _) => {
                let other = Self::other_road(at, places.index(64));
                let crossing = places.pick(&["交叉口", "交汇处", "路口往东50米"]);
                written("crossing", format!("{road}与{other}{crossing}"))
            }
            (2, Some(estate)) => written("estate", format!("{road}{estate}")),
            _ => written("road", road.to_owned()),
        }
    }
}

/// A house number, mostly plain.
fn numbered(house_number: i64, drawn: f64) -> String {
    match drawn {
        drawn if drawn < 0.03 => format!("甲{house_number}号"),
        drawn if drawn < 0.06 => format!("{house_number}号院2号楼"),
        drawn if drawn < 0.09 => format!("{house_number}-1号"),
        drawn if drawn < 0.11 => format!("路北{house_number}号"),
        drawn if drawn < 0.14 => {
            let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c);
            format!("{}号", house_number.to_string().chars().map(wide).collect::<String>())
        }
        drawn if drawn < 0.17 => house_number.to_string(),
        _ => format!("{house_number}号"),
    }
}
