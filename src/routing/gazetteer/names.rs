//! Names of places in a text (地名匹配): the longest first, each standing where it can be meant.

use std::collections::HashMap;

use super::text::{becomes_a_road, begins_behind, goes_on, near, near_a_place, unified};
use super::{Area, Level};
use crate::domain::branch::{is_branch, is_shop};

/// How a name must stand in the text to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// With 街道, 镇, 办事处: always.
    Whole,
    /// A sub-district without its suffix (`昆北`): only where nothing longer can be meant (`昆北大厦`, `昆河路`).
    Bare,
    /// An estate, a market, a building.
    Place,
    /// A place that is a shop's name: the branch behind it may be elsewhere (某某超市江南店).
    Shop,
    /// A road: not when it is the front of a sub-district's name that the file does not hold (`林荫路街道`).
    Road,
}

#[derive(Debug, Clone)]
struct Name {
    text: String,
    form: Form,
    /// Rows of the file that have this name: several for a street in several parts, or for two places of one name.
    areas: Vec<usize>,
}

/// A name found in a text.
#[derive(Debug)]
pub(super) struct Hit<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Positions of the areas that have it.
    pub(super) areas: &'a [usize],
    /// The place itself is named; else only what is next to it, or a longer name that is not in the file.
    pub(super) firm: bool,
}

/// Every name of the bureau file, by its first two characters, longest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(HashMap<(char, char), Vec<Name>>);

const OFFICE: [&str; 5] = ["街道办事处", "街道", "办事处", "街办", "街道办"];
const TOWN: [&str; 3] = ["镇", "乡", "苏木"];
const ROAD: [char; 7] = ['路', '街', '道', '巷', '里', '线', '桥'];
const AFTER_BARE: [&str; 6] = ["社区", "村", "辖区", "地区", "境内", "片区"];

/// The name without 街道, 镇 and the like; none when it carries no such suffix.
pub(in crate::routing) fn base_name(name: &str) -> Option<&str> {
    OFFICE
        .iter()
        .chain(&TOWN)
        .find_map(|suffix| name.strip_suffix(suffix))
        .filter(|base| base.chars().count() >= 2)
}

impl Names {
    pub(super) fn new(areas: &[Area]) -> Self {
        let mut names: HashMap<String, Name> = HashMap::new();
        let mut derived: HashMap<String, Vec<(Form, usize)>> = HashMap::new();
        for (at, area) in areas.iter().enumerate() {
            let (form, more) = forms(area);
            for text in std::iter::once(&area.name).chain(&area.also).map(|name| unified(name)) {
                let form = if form == Form::Place && is_shop(&text) { Form::Shop } else { form };
                let new = Name { text: text.clone(), form, areas: Vec::new() };
                names.entry(text).or_insert(new).areas.push(at);
            }
            for (text, form) in more {
                derived.entry(unified(&text)).or_default().push((form, at));
            }
        }
        // A derived form that two areas could mean, or that is another area's own name, says nothing.
        for (text, claims) in derived {
            if let [(form, at)] = claims[..] {
                names.entry(text.clone()).or_insert(Name { text, form, areas: vec![at] });
            }
        }
        let mut by_front: HashMap<(char, char), Vec<Name>> = HashMap::new();
        for name in names.into_values() {
            by_front.entry(front(&name.text)).or_default().push(name);
        }
        for names in by_front.values_mut() {
            names.sort_by_key(|name| std::cmp::Reverse(name.text.len()));
        }
        Self(by_front)
    }

    /// Names in a [`unified`] text, without those inside a longer one (白云路 inside 白云路街道). `regions` are names
    /// of the district and around it, behind which a name may stand.
    pub(super) fn hits(&self, text: &str, regions: &[&[String]]) -> Vec<Hit<'_>> {
        let mut hits: Vec<Hit<'_>> = Vec::new();
        let mut covered = 0;
        for (start, _) in text.char_indices() {
            let here = &text[start..];
            let candidates = self.0.get(&front(here)).map_or(&[][..], Vec::as_slice);
            let longest = candidates.iter().find(|name| {
                here.strip_prefix(name.text.as_str()).is_some_and(|after| name.form.may_stand_before(after))
            });
            let Some(name) = longest else { continue };
            let end = start + name.text.len();
            if end <= covered {
                continue;
            }
            let begins =
                hits.last().is_some_and(|last| last.end == start) || begins_behind(&text[..start], regions);
            let firm = begins && start >= covered && name.form.is_meant_before(&text[end..]);
            covered = end;
            hits.push(Hit { start, end, areas: &name.areas, firm });
        }
        hits
    }
}

impl Form {
    fn may_stand_before(self, after: &str) -> bool {
        match self {
            Form::Whole | Form::Place | Form::Shop => true,
            Form::Road => !OFFICE.iter().any(|suffix| after.starts_with(suffix)),
            Form::Bare => {
                !after.starts_with(char::is_alphanumeric)
                    || AFTER_BARE.iter().any(|word| after.starts_with(word))
            }
        }
    }

    fn is_meant_before(self, after: &str) -> bool {
        match self {
            Form::Whole | Form::Bare => !near(after),
            Form::Place => !near_a_place(after) && !becomes_a_road(after),
            Form::Shop => Form::Place.is_meant_before(after) && !is_branch(after),
            Form::Road => !near(after) && !goes_on(after),
        }
    }
}

/// The first two characters; a name has at least two.
fn front(text: &str) -> (char, char) {
    let mut chars = text.chars();
    (chars.next().unwrap_or_default(), chars.next().unwrap_or_default())
}

/// How an area's own name counts, and what else it is called without being told.
fn forms(area: &Area) -> (Form, Vec<(String, Form)>) {
    let mut more = Vec::new();
    match area.level {
        Level::Street => return (Form::Road, more),
        Level::Operator | Level::Place => return (Form::Place, more),
        Level::Subdistrict => {}
    }
    if let Some(base) = base_name(&area.name) {
        let is_office = OFFICE.iter().any(|suffix| area.name.ends_with(suffix));
        let offices = OFFICE.iter().filter(|_| is_office).map(|suffix| format!("{base}{suffix}"));
        more.extend(offices.filter(|form| *form != area.name).map(|form| (form, Form::Whole)));
        if !base.ends_with(ROAD) {
            more.push((base.to_owned(), Form::Bare));
        }
    }
    (Form::Whole, more)
}
