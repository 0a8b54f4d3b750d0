//! Names of places found in an address (地名匹配): sub-districts first, then streets, never a guess.

use std::borrow::Cow;
use std::collections::HashMap;

/// What an area's name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// 街道、镇、办事处
    Subdistrict,
    /// 道路
    Street,
}

/// An area with its competent units.
#[derive(Debug, Clone)]
pub(super) struct Area {
    /// Its name in the bureau file.
    pub(super) name: String,
    pub(super) level: Level,
    /// Position of the competent station (属地所) in the bureau file.
    pub(super) station: usize,
    /// Positions of the station and its authorised alternates, ascending.
    pub(super) units: Vec<usize>,
}

/// What an address says.
#[derive(Debug)]
pub(super) enum Finding<'a> {
    /// No name of the file.
    Nothing,
    /// Another district, whatever streets it names.
    Elsewhere,
    /// Sub-districts named, or streets when no sub-district is. Never empty.
    Areas(Vec<&'a Area>),
}

/// How a name must stand in the text to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// With 街道, 镇, 办事处: always.
    Whole,
    /// A sub-district without its suffix (`昆北`): only where nothing longer can be meant (`昆北大厦`, `昆河路`).
    Bare,
    /// A road: not when it is the front of a sub-district's name that the file does not hold (`林荫路街道`).
    Road,
}

#[derive(Debug, Clone)]
struct Name {
    text: String,
    form: Form,
    area: usize,
}

/// Every name of the bureau file, by first character, longest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Gazetteer {
    areas: Vec<Area>,
    names: HashMap<char, Vec<Name>>,
    district: Vec<String>,
    region: Vec<String>,
}

const OFFICE: [&str; 5] = ["街道办事处", "街道", "办事处", "街办", "街道办"];
const TOWN: [&str; 3] = ["镇", "乡", "苏木"];
const ROAD: [char; 7] = ['路', '街', '道', '巷', '里', '线', '桥'];
const AFTER_BARE: [&str; 6] = ["社区", "村", "辖区", "地区", "境内", "片区"];

/// The name without 街道, 镇 and the like; none when it carries no such suffix.
pub(super) fn base_name(name: &str) -> Option<&str> {
    OFFICE
        .iter()
        .chain(&TOWN)
        .find_map(|suffix| name.strip_suffix(suffix))
        .filter(|base| base.chars().count() >= 2)
}

impl Gazetteer {
    /// Takes areas with distinct names. `district` are the ways to write this district, `region` those of
    /// the places around it (city, province); without any, no address is taken for another district's.
    pub(super) fn new(areas: Vec<Area>, district: Vec<String>, region: Vec<String>) -> Self {
        let mut names: Vec<Name> = Vec::new();
        for (at, area) in areas.iter().enumerate() {
            names.extend(forms(area).into_iter().map(|(text, form)| Name { text, form, area: at }));
        }
        let whole: Vec<&str> = areas.iter().map(|area| area.name.as_str()).collect();
        let mut claims: HashMap<String, Vec<usize>> = HashMap::new();
        for name in &names {
            claims.entry(name.text.clone()).or_default().push(name.area);
        }
        // A derived form that two areas could mean, or that is another area's own name, says nothing.
        names.retain(|name| {
            let mine = areas.get(name.area).is_some_and(|area| area.name == name.text);
            let alone =
                claims.get(&name.text).is_some_and(|areas| areas.iter().all(|area| *area == name.area));
            mine || (alone && !whole.contains(&name.text.as_str()))
        });
        let mut by_first: HashMap<char, Vec<Name>> = HashMap::new();
        for name in names {
            if let Some(first) = name.text.chars().next() {
                by_first.entry(first).or_default().push(name);
            }
        }
        for names in by_first.values_mut() {
            names.sort_by_key(|name| std::cmp::Reverse(name.text.len()));
        }
        Self { areas, names: by_first, district, region }
    }

    /// The areas that an address names.
    pub(super) fn find(&self, address: &str) -> Finding<'_> {
        let address = without_spaces(address);
        let hits = self.hits(&address);
        let head = hits.first().map_or(address.as_ref(), |hit| &address[..hit.start]);
        if self.names_another_district(head) {
            return Finding::Elsewhere;
        }
        let named = |level| {
            let mut areas: Vec<&Area> = Vec::new();
            for hit in &hits {
                if hit.area.level == level && !areas.iter().any(|known| std::ptr::eq(*known, hit.area)) {
                    areas.push(hit.area);
                }
            }
            areas
        };
        let subdistricts = named(Level::Subdistrict);
        let areas = if subdistricts.is_empty() { named(Level::Street) } else { subdistricts };
        if areas.is_empty() { Finding::Nothing } else { Finding::Areas(areas) }
    }

    /// Names in the text, without those inside a longer one (白云路 inside 白云路街道).
    fn hits<'a>(&'a self, address: &str) -> Vec<Hit<'a>> {
        let mut hits: Vec<Hit<'a>> = Vec::new();
        let mut covered = 0;
        for (start, first) in address.char_indices() {
            let here = &address[start..];
            let candidates = self.names.get(&first).map_or(&[][..], Vec::as_slice);
            let longest = candidates.iter().find(|name| {
                here.strip_prefix(name.text.as_str()).is_some_and(|after| name.form.may_stand_before(after))
            });
            let Some(name) = longest else { continue };
            let end = start + name.text.len();
            if end > covered
                && let Some(area) = self.areas.get(name.area)
            {
                covered = end;
                hits.push(Hit { start, area });
            }
        }
        hits
    }

    /// Whether the text before the first name is about another district: 青山区, 江苏省南京市.
    fn names_another_district(&self, head: &str) -> bool {
        if self.district.is_empty() || self.district.iter().any(|name| head.contains(name.as_str())) {
            return false;
        }
        let mut rest = Cow::Borrowed(head);
        for name in &self.region {
            if rest.contains(name.as_str()) {
                rest = Cow::Owned(rest.replace(name.as_str(), "，"));
            }
        }
        names_a_division(&rest)
    }
}

struct Hit<'a> {
    start: usize,
    area: &'a Area,
}

impl Form {
    fn may_stand_before(self, after: &str) -> bool {
        match self {
            Form::Whole => true,
            Form::Road => !OFFICE.iter().any(|suffix| after.starts_with(suffix)),
            Form::Bare => {
                !after.starts_with(char::is_alphanumeric)
                    || AFTER_BARE.iter().any(|word| after.starts_with(word))
            }
        }
    }
}

fn forms(area: &Area) -> Vec<(String, Form)> {
    if area.level == Level::Street {
        return vec![(area.name.clone(), Form::Road)];
    }
    let mut forms = vec![(area.name.clone(), Form::Whole)];
    if let Some(base) = base_name(&area.name) {
        let is_office = OFFICE.iter().any(|suffix| area.name.ends_with(suffix));
        let offices = OFFICE.iter().filter(|_| is_office).map(|suffix| format!("{base}{suffix}"));
        forms.extend(offices.filter(|form| *form != area.name).map(|form| (form, Form::Whole)));
        if !base.ends_with(ROAD) {
            forms.push((base.to_owned(), Form::Bare));
        }
    }
    forms
}

/// A province, city, county or district is named, as far as a text shows it; in doubt yes, which leads to reception.
fn names_a_division(text: &str) -> bool {
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied().unwrap_or(' ');
        let division = match c {
            '省' | '县' => true,
            '市' => !"超门城夜早菜花集".contains(before) && !"场民".contains(next),
            '区' => !"小社园厂校街片宅业活景".contains(before),
            '旗' => !"红国".contains(before) && next != '舰',
            _ => false,
        };
        if division && before != ' ' && before != '，' {
            return true;
        }
        before = c;
    }
    false
}

fn without_spaces(text: &str) -> Cow<'_, str> {
    if text.contains(char::is_whitespace) {
        Cow::Owned(text.split_whitespace().collect())
    } else {
        Cow::Borrowed(text)
    }
}
