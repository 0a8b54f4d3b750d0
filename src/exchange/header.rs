//! The header of a table (表头): which column says what. A title counts with what its brackets say, with the group that
//! stands above it, and with its neighbours: 联系电话 behind 企业名称 is the shop's.

mod title;

use std::collections::BTreeMap;

use super::columns::Column;
use super::mapping::{Mapped, Mapping};
use crate::domain::plain;
use title::{Party, Title, behind_party, detail_of, is_detail, of_party, party_of};

/// Which cells of a row hold which column.
#[derive(Debug, Clone)]
pub(super) struct Header {
    slots: Vec<Slot>,
    /// The same columns in the order of the file.
    columns: Vec<Column>,
    /// Columns that are not read.
    pub(super) ignored: Vec<Unread>,
    /// Which cells have a title.
    pub(super) titled: Vec<bool>,
    /// What the file calls its columns twice, and nobody can tell which is which.
    pub(super) doubtful: Vec<String>,
}

/// A column that is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unread {
    at: usize,
    title: String,
    why: Option<&'static str>,
}

impl Unread {
    /// Its title and its letter, and why it is not read where that is known.
    pub(super) fn zh(&self) -> String {
        let why = self.why.map(|why| format!("，{why}")).unwrap_or_default();
        format!("{}（{} 列{why}）", self.title, letters(self.at))
    }
}

/// A column that is read.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) column: Column,
    /// Its places in the file: several when parts of one text have one title.
    pub(super) places: Vec<usize>,
    /// The header it goes by there.
    pub(super) title: String,
    /// What an amount in it counts in, in yuan.
    pub(super) unit: f64,
}

/// Titles that say of themselves not whose they are.
const ANYBODYS: &[&str] =
    &["电话", "联系电话", "联系方式", "手机", "手机号", "手机号码", "地址", "联系地址", "详细地址"];

/// What a title says.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Meaning {
    column: Column,
    /// How much it is preferred: 0 is most.
    rank: usize,
    unit: f64,
}

impl Header {
    /// The header that rows of titles make: the row that names the registration number, with the groups above it and the
    /// details below it. None when it is none.
    pub(super) fn of(
        groups: &[String],
        row: &[String],
        details: &[String],
        mapping: &Mapping,
    ) -> Option<Self> {
        let width = row.len().max(details.len());
        let above = filled(groups);
        let level = filled(row);
        let blank = String::new();
        let at = |row: &'_ [String], at: usize| row.get(at).cloned().unwrap_or_default();
        let titles: Vec<(usize, &str, String)> = (0..width)
            .map(|column| match details.get(column).filter(|detail| !detail.is_empty()) {
                Some(detail) => (column, detail.as_str(), at(&level, column)),
                None => (column, row.get(column).unwrap_or(&blank).as_str(), at(&above, column)),
            })
            .collect();
        let titles = titles.into_iter().filter(|(_, shown, _)| !plain::is_blank(shown));
        let titles: Vec<Title<'_>> = titles.map(|(at, shown, group)| Title::of(at, shown, &group)).collect();
        Self::read(&titles, width, mapping)
    }

    fn read(titles: &[Title<'_>], width: usize, mapping: &Mapping) -> Option<Self> {
        let meanings = meanings(titles, mapping);
        let mut best: BTreeMap<Column, usize> = BTreeMap::new();
        for meaning in meanings.iter().flatten() {
            let rank = best.entry(meaning.column).or_insert(meaning.rank);
            *rank = meaning.rank.min(*rank);
        }
        let mut slots: Vec<Slot> = Vec::new();
        let (mut ignored, mut twice) = (Vec::new(), BTreeMap::new());
        let mut titled = vec![false; width];
        for (title, meaning) in titles.iter().zip(&meanings) {
            titled[title.at] = true;
            let chosen = meaning.filter(|meaning| best.get(&meaning.column) == Some(&meaning.rank));
            let Some(Meaning { column, unit, .. }) = chosen else {
                ignored.push(Unread {
                    at: title.at,
                    title: title.shown.trim().to_owned(),
                    why: why_unread(title, meaning.as_ref(), mapping),
                });
                continue;
            };
            match slots.iter_mut().find(|slot| slot.column == column) {
                Some(slot) if column == Column::Story => slot.places.push(title.at),
                Some(slot) => {
                    let first = (slot.places[0], slot.title.clone());
                    let titles = twice.entry(column).or_insert_with(|| vec![first]);
                    titles.push((title.at, title.shown.trim().to_owned()));
                }
                None => slots.push(Slot {
                    column,
                    places: vec![title.at],
                    title: title.shown.trim().to_owned(),
                    unit,
                }),
            }
        }
        let mut doubtful: Vec<String> =
            twice.into_iter().map(|(column, titles)| one_thing(column, &titles)).collect();
        if !slots.iter().any(|slot| slot.column == Column::Phone) {
            doubtful.extend(nobodys(titles, &meanings).map(|titles| one_thing(Column::Phone, &titles)));
        }
        slots.sort_by_key(|slot| slot.places[0]);
        let columns = slots.iter().map(|slot| slot.column).collect();
        slots.sort_by_key(|slot| slot.column);
        (slots.len() >= 2).then_some(Self { slots, columns, ignored, titled, doubtful })
    }

    /// Whether it names what a table of complaints must have to be one: the number, and something else.
    pub(super) fn is_ours(&self, mapping: &Mapping) -> bool {
        if mapping.is_roster() {
            self.missing(mapping).is_empty()
        } else {
            self.slot(Column::Number).is_some()
        }
    }

    /// Required columns that are not there.
    pub(super) fn missing(&self, mapping: &Mapping) -> Vec<Column> {
        let is_missing = |column: &Column| {
            self.slot(*column).is_none() && !(*column == Column::Kind && mapping.kind().is_some())
        };
        mapping.required().iter().copied().filter(is_missing).collect()
    }

    /// The columns that are read, in the order of [`Column`].
    pub(super) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The position of a column among the cells that are kept.
    pub(super) fn slot(&self, column: Column) -> Option<usize> {
        self.slots.iter().position(|slot| slot.column == column)
    }

    /// Where a column stands in the file: its first place.
    pub(super) fn place(&self, column: Column) -> Option<usize> {
        let slot = self.slots.iter().find(|slot| slot.column == column)?;
        slot.places.first().copied()
    }

    /// The columns that are read, as the file has them.
    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Whether a place is of a column that is not read and may hold anything: it has no title, or one that names no time.
    pub(super) fn is_remark(&self, at: usize) -> bool {
        let is_read = self.slots.iter().any(|slot| slot.places.contains(&at));
        let names_time = |unread: &Unread| unread.at == at && unread.title.contains(['时', '日', '期']);
        !is_read && !self.ignored.iter().any(names_time)
    }

    /// What the file calls a column.
    pub(super) fn title(&self, column: Column) -> &str {
        self.slots.iter().find(|slot| slot.column == column).map_or(column.title(), |slot| &slot.title)
    }

    /// What an amount in a column counts in, in yuan.
    pub(super) fn unit(&self, column: Column) -> f64 {
        self.slots.iter().find(|slot| slot.column == column).map_or(1.0, |slot| slot.unit)
    }

    /// Whether another header says the same at the same places: pages are printed with their header.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let places = |header: &Self| -> Vec<(Column, Vec<usize>)> {
            header.slots.iter().map(|slot| (slot.column, slot.places.clone())).collect()
        };
        places(self) == places(other)
    }
}

/// Whether a row of texts goes on with the header above it: details under its groups, and no row of its own.
pub(super) fn is_details(row: &[String], details: &[String]) -> bool {
    let number =
        row.iter().position(|title| Column::parse(&Title::of(0, title, "").base) == Some(Column::Number));
    let under_number = number.and_then(|at| details.get(at)).map_or("", |text| text.trim());
    let known = |text: &String| {
        let base = Title::of(0, text, "").base;
        Column::named(&base).is_some() || is_detail(&base)
    };
    let filled: Vec<&String> = details.iter().filter(|text| !plain::is_blank(text)).collect();
    under_number.is_empty()
        && filled.len() >= 2
        && filled.iter().filter(|text| known(text)).count() * 2 >= filled.len()
        && filled.iter().all(|text| text.chars().count() <= 20)
}

/// How many of the texts are titles that are known, and no data.
pub(super) fn known_titles(row: &[String], mapping: &Mapping) -> usize {
    let known = |text: &&String| {
        let base = Title::of(0, text, "").base;
        !base.is_empty() && (mapping.column(text).is_some() || mapping.named(&base).is_some())
    };
    row.iter().filter(known).count()
}

/// The name of a column in a spreadsheet: A, B, ... AA.
pub(super) fn letters(at: usize) -> String {
    let mut name = Vec::new();
    let mut left = at + 1;
    while left > 0 {
        name.push(char::from(b'A' + u8::try_from((left - 1) % 26).unwrap_or_default()));
        left = (left - 1) / 26;
    }
    name.into_iter().rev().collect()
}

/// Columns that say they are one thing, with their letters: 联系电话（C、D 列）.
fn one_thing(column: Column, titles: &[(usize, String)]) -> String {
    let (_, first) = &titles[0];
    if titles.iter().all(|(_, title)| title == first) {
        let places: Vec<String> = titles.iter().map(|(at, _)| letters(*at)).collect();
        return format!("{first}（{} 列）", places.join("、"));
    }
    let both: Vec<String> =
        titles.iter().map(|(at, title)| format!("{title}（{} 列）", letters(*at))).collect();
    format!("{}都是“{}”", both.join("和"), column.title())
}

/// Telephones of one title that all stand behind the shop: one of them may be the person's, and nobody can tell which.
fn nobodys(titles: &[Title<'_>], meanings: &[Option<Meaning>]) -> Option<Vec<(usize, String)>> {
    let is_one = |title: &Title<'_>| {
        title.notes.is_empty()
            && ANYBODYS.contains(&title.base.as_str())
            && party_of(&title.group).is_none()
            && detail_of(&title.base).is_some_and(|(_, detail)| of_party(Party::Shop, detail).is_none())
    };
    let unread = titles.iter().zip(meanings).filter(|(title, meaning)| meaning.is_none() && is_one(title));
    let mut by_base: BTreeMap<&str, Vec<(usize, String)>> = BTreeMap::new();
    for (title, _) in unread {
        by_base.entry(&title.base).or_default().push((title.at, title.shown.trim().to_owned()));
    }
    by_base.into_values().find(|titles| titles.len() > 1)
}

/// Why a column is not read, where that is known.
fn why_unread(title: &Title<'_>, meaning: Option<&Meaning>, mapping: &Mapping) -> Option<&'static str> {
    if mapping.column(title.shown) == Some(Mapped::Ignored) {
        return Some("对照表说明不读取");
    }
    if meaning.is_some() {
        return Some("另有更合适的同类列");
    }
    let rest = behind_party(&title.base).map_or(title.base.as_str(), |(rest, _)| rest);
    let rest = rest.trim_start_matches(['人', '方', '的']);
    let is_shops = detail_of(rest).is_some_and(|(_, detail)| of_party(Party::Shop, detail).is_none());
    is_shops.then_some("被投诉方的")
}

/// Each blank takes what stands to its left: a group is written once above its columns.
fn filled(row: &[String]) -> Vec<String> {
    let groups = row.iter().filter(|text| !plain::is_blank(text)).count();
    // One text alone is the name of the sheet.
    if groups < 2 {
        return vec![String::new(); row.len()];
    }
    let mut last = String::new();
    let fill = |text: &String| {
        if !plain::is_blank(text) {
            last.clone_from(text);
        }
        last.clone()
    };
    row.iter().map(fill).collect()
}

/// What every title says; neighbours tell whose a telephone is that says nothing of itself.
fn meanings(titles: &[Title<'_>], mapping: &Mapping) -> Vec<Option<Meaning>> {
    let mut beside = None;
    let meaning = |title: &Title<'_>| {
        match mapping.column(title.shown) {
            Some(Mapped::To(column)) => return Some(Meaning { column, rank: 0, unit: 1.0 }),
            Some(Mapped::Ignored) => return None,
            None if mapping.is_roster() => {
                let (column, rank) = mapping.named(&title.base)?;
                return Some(Meaning { column, rank, unit: 1.0 });
            }
            None => {}
        }
        let (noted, unit) = title.noted()?;
        let (base, end) =
            title.unit_at_end().map_or((title.base.clone(), None), |(base, unit)| (base, Some(unit)));
        let unit = unit.or(end).unwrap_or(1.0);
        let party = noted.or_else(|| party_of(&title.group));
        let is_anybodys = party.is_none() && ANYBODYS.contains(&base.as_str());
        let party = party.or(if is_anybodys { beside } else { None });
        let found = column_of(&base, &title.group, party);
        if !is_anybodys && let Some(owner) = owner_of(&base, found).or(party) {
            beside = Some(owner);
        }
        let (column, rank) = found?;
        Some(Meaning { column, rank, unit })
    };
    titles.iter().map(meaning).collect()
}

/// The column of a title, by itself, with the group above it, or as a detail of a party.
fn column_of(base: &str, group: &str, party: Option<Party>) -> Option<(Column, usize)> {
    if let Some(party) = party
        && let Some((rank, detail)) = detail_of(base)
    {
        return of_party(party, detail).map(|column| (column, rank));
    }
    let named = Column::named(base).filter(|(column, _)| match (party, party_of_column(*column)) {
        (Some(party), Some(owner)) => party == owner,
        _ => true,
    });
    named.or_else(|| if group.is_empty() { None } else { Column::named(&format!("{group}{base}")) }).or_else(
        || {
            let (rest, owner) = behind_party(base)?;
            let (rank, detail) = detail_of(rest.trim_start_matches(['人', '方', '的']))?;
            let fits = party.is_none_or(|party| party == owner);
            of_party(owner, detail).filter(|_| fits).map(|column| (column, rank))
        },
    )
}

/// Whose a column is that says so.
fn owner_of(base: &str, found: Option<(Column, usize)>) -> Option<Party> {
    let by_column = found.and_then(|(column, _)| party_of_column(column));
    by_column.or_else(|| behind_party(base).map(|(_, party)| party))
}

fn party_of_column(column: Column) -> Option<Party> {
    use Column as C;
    match column {
        C::Name
        | C::Phone
        | C::ResidentId
        | C::Address
        | C::DeliveryAddress
        | C::Email
        | C::PaymentAccount => Some(Party::Person),
        C::Shop | C::CreditCode | C::Premises => Some(Party::Shop),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
