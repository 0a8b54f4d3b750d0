//! The bureau file as written: one struct per row, every wrong key named by its path.
//!
//! Each key of a row is tried alone when the row does not fit, so one typing mistake does not hide the next.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::domain::decision::Floors;
use crate::domain::personal::Personal;
use crate::domain::plain::chinese_mark;
use crate::statute::YearRow;

use super::places::PlaceRows;

/// One mistake in a bureau file, for the officer who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BureauError {
    /// Path of the key, e.g. `street[2].station`; entries count from 1 as people do. For a file that is
    /// not TOML: line and column.
    pub path: String,
    /// Name or id of the entry, as far as it is known.
    pub entry: Option<String>,
    /// What is wrong and what to do, in Chinese.
    pub text: String,
}

impl std::fmt::Display for BureauError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.entry {
            Some(entry) => write!(f, "{}（{entry}）：{}", self.path, self.text),
            None => write!(f, "{}：{}", self.path, self.text),
        }
    }
}

impl std::error::Error for BureauError {}

/// Where in the file a mistake is.
#[derive(Debug, Clone)]
pub(super) struct At {
    table: &'static str,
    number: Option<usize>,
    entry: Option<String>,
}

impl At {
    /// A table that stands once.
    pub(super) fn table(table: &'static str) -> Self {
        Self { table, number: None, entry: None }
    }

    /// The entry at `index` of a list of tables; `entry` is what people call it.
    pub(super) fn entry(table: &'static str, index: usize, entry: &str) -> Self {
        let entry = Some(entry.to_owned()).filter(|entry| !entry.is_empty());
        Self { table, number: Some(index + 1), entry }
    }

    fn path(&self, key: &str) -> String {
        let dot = if key.is_empty() { "" } else { "." };
        match self.number {
            Some(number) => format!("{}[{number}]{dot}{key}", self.table),
            None => format!("{}{dot}{key}", self.table),
        }
    }
}

/// All mistakes found so far.
#[derive(Debug, Default)]
pub(super) struct Mistakes(pub(super) Vec<BureauError>);

impl Mistakes {
    pub(super) fn add(&mut self, at: &At, key: &str, text: impl Into<String>) {
        self.0.push(BureauError { path: at.path(key), entry: at.entry.clone(), text: text.into() });
    }

    /// For a key that is needed and empty: quiet when its value was refused already.
    pub(super) fn missing(&mut self, at: &At, key: &str) {
        if !self.0.iter().any(|mistake| mistake.path == at.path(key)) {
            self.add(at, key, "没有填写；请补上");
        }
    }
}

/// `[bureau]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BureauRow {
    pub(super) name: String,
    pub(super) district_names: Vec<String>,
    pub(super) region_names: Vec<String>,
}

/// `[[relay]]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RelayRow {
    pub(super) name: String,
    pub(super) phone: String,
    pub(super) address: String,
}

/// `[settings]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SettingsRow {
    pub(super) lease_minutes: i64,
    pub(super) band_medium: f64,
    pub(super) band_high: f64,
    pub(super) floors: FloorsRow,
    pub(super) horizon_days: u16,
    pub(super) long_absence_days: i64,
    pub(super) ramp_days: i64,
    pub(super) bundle_from: i64,
    pub(super) bundle_most: i64,
    pub(super) bundle_percent: i64,
    pub(super) affinity_work_units: f64,
    pub(super) warn_hours: u32,
    pub(super) escalate_hours: u32,
    pub(super) office_hours: Vec<String>,
    pub(super) art45: String,
    pub(super) transition: String,
    pub(super) review_reply_days: Option<i32>,
    pub(super) approval: Vec<String>,
    pub(super) case_clock: String,
    pub(super) review_authority: String,
    pub(super) separation: String,
    pub(super) unit_accounts_name_officers: Option<bool>,
    pub(super) retention: Option<RetentionRow>,
}

/// `[settings.retention]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RetentionRow {
    pub(super) complaint_years: Option<i64>,
    pub(super) report_years: Option<i64>,
    pub(super) basis: String,
    pub(super) daily_at: String,
}

impl Default for SettingsRow {
    fn default() -> Self {
        Self {
            lease_minutes: 10,
            band_medium: 0.5,
            band_high: 0.85,
            floors: FloorsRow::default(),
            horizon_days: 5,
            long_absence_days: 5,
            ramp_days: 7,
            bundle_from: 5,
            bundle_most: 60,
            bundle_percent: 30,
            affinity_work_units: 0.5,
            warn_hours: 4,
            escalate_hours: 8,
            office_hours: vec!["08:30-12:00".to_owned(), "14:30-17:30".to_owned()],
            art45: "statutory".to_owned(),
            transition: "by_receive_date".to_owned(),
            review_reply_days: None,
            approval: Vec::new(),
            case_clock: "platform".to_owned(),
            review_authority: String::new(),
            separation: "district".to_owned(),
            unit_accounts_name_officers: None,
            retention: None,
        }
    }
}

/// `[settings.floors]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FloorsRow {
    pub(super) quantity: f64,
    pub(super) purchases: f64,
    pub(super) repetition: f64,
    pub(super) claims: f64,
    pub(super) names: f64,
    pub(super) pointers_most: f64,
    pub(super) author: String,
    pub(super) authority: String,
    pub(super) date: String,
}

impl Default for FloorsRow {
    fn default() -> Self {
        let Floors { quantity, purchases, repetition, claims, names, pointers_most, author, authority, date } =
            Floors::default();
        Self { quantity, purchases, repetition, claims, names, pointers_most, author, authority, date }
    }
}

/// `[work_units]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WorkRow {
    pub(super) complaint: f64,
    pub(super) report: f64,
    pub(super) suspected: f64,
}

impl Default for WorkRow {
    fn default() -> Self {
        Self { complaint: 1.0, report: 1.5, suspected: 2.0 }
    }
}

/// `[[unit]]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct UnitRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) tracks: Option<Vec<String>>,
    pub(super) capacity: CapacityRow,
}

/// Open work that a unit may have at most.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CapacityRow {
    pub(super) complaint: Option<f64>,
    pub(super) report: Option<f64>,
}

/// `[[officer]]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OfficerRow {
    pub(super) id: String,
    pub(super) name: Personal<String>,
    pub(super) unit: String,
    pub(super) percent: Option<i64>,
    pub(super) away: Vec<AwayRow>,
    pub(super) recused_from: Vec<String>,
}

/// One absence of an officer.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AwayRow {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) why: String,
    pub(super) deputy: String,
}

/// `[[special_line]]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LineRow {
    pub(super) name: String,
    pub(super) division: String,
    pub(super) tracks: Option<Vec<String>>,
    pub(super) object_category_contains: Vec<String>,
    pub(super) problem_category_contains: Vec<String>,
    pub(super) work_units: Option<f64>,
}

/// `[[policy]]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PolicyRow {
    pub(super) name: String,
    pub(super) mode: String,
    pub(super) pool: String,
    pub(super) above: Option<f64>,
    pub(super) tracks: Option<Vec<String>>,
    pub(super) object_category_contains: Vec<String>,
    pub(super) problem_category_contains: Vec<String>,
    pub(super) authorised_by: String,
}

/// `[[effort]]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct EffortTableRow {
    pub(super) name: String,
    pub(super) work_units: f64,
    pub(super) tracks: Option<Vec<String>>,
    pub(super) object_category_contains: Vec<String>,
    pub(super) problem_category_contains: Vec<String>,
}

/// The whole file, as far as it could be read.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) bureau: BureauRow,
    pub(super) settings: SettingsRow,
    pub(super) work_units: WorkRow,
    pub(super) units: Vec<UnitRow>,
    pub(super) officers: Vec<OfficerRow>,
    pub(super) places: PlaceRows,
    pub(super) lines: Vec<LineRow>,
    pub(super) relays: Vec<RelayRow>,
    pub(super) policies: Vec<PolicyRow>,
    pub(super) efforts: Vec<EffortTableRow>,
    pub(super) years: Vec<YearRow>,
}

/// Reads what can be read; everything else is a mistake with its path.
pub(super) fn read(text: &str, mistakes: &mut Mistakes) -> Option<Rows> {
    let mut root: Table = match toml::from_str(text) {
        Ok(root) => root,
        Err(error) => {
            mistakes.0.push(not_toml(text, &error));
            return None;
        }
    };
    let rows = Rows {
        bureau: table(&mut root, "bureau", mistakes),
        settings: table(&mut root, "settings", mistakes),
        work_units: table(&mut root, "work_units", mistakes),
        units: list(&mut root, "unit", mistakes),
        officers: list(&mut root, "officer", mistakes),
        places: PlaceRows {
            subdistricts: list(&mut root, "subdistrict", mistakes),
            streets: list(&mut root, "street", mistakes),
            places: list(&mut root, "place", mistakes),
            operators: list(&mut root, "operator", mistakes),
        },
        lines: list(&mut root, "special_line", mistakes),
        relays: list(&mut root, "relay", mistakes),
        policies: list(&mut root, "policy", mistakes),
        efforts: list(&mut root, "effort", mistakes),
        years: list(&mut root, "year", mistakes),
    };
    for (key, _) in root {
        mistakes.0.push(BureauError {
            path: key,
            entry: None,
            text: "没有这个表；可用的表：bureau、settings、work_units、unit、officer、subdistrict、street、place、operator、special_line、relay、policy、effort、year"
                .to_owned(),
        });
    }
    Some(rows)
}

fn not_toml(text: &str, error: &toml::de::Error) -> BureauError {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    let text = match text.lines().nth(line - 1).and_then(chinese_mark) {
        Some(mark) => format!(
            "这一行有中文标点“{mark}”；引号、等号、逗号和方括号请用英文（半角）的，如 name = \"昆河所\""
        ),
        None => format!("不是有效的 TOML，请检查引号、括号和重复的键（{}）", error.message()),
    };
    BureauError { path: format!("第 {line} 行第 {column} 列"), entry: None, text }
}

fn table<T: DeserializeOwned + Default>(root: &mut Table, name: &'static str, mistakes: &mut Mistakes) -> T {
    root.remove(name).map_or_else(T::default, |value| row(value, &At::table(name), mistakes))
}

fn list<T: DeserializeOwned + Default>(
    root: &mut Table,
    name: &'static str,
    mistakes: &mut Mistakes,
) -> Vec<T> {
    match root.remove(name) {
        None => Vec::new(),
        Some(Value::Array(values)) => {
            let numbered = values.into_iter().enumerate();
            let row_of = |(index, value): (usize, Value)| {
                let at = At::entry(name, index, &value_label(&value));
                row(value, &at, mistakes)
            };
            numbered.map(row_of).collect()
        }
        Some(_) => {
            mistakes.add(&At::table(name), "", format!("应为列表；每一项请以 [[{name}]] 开头"));
            Vec::new()
        }
    }
}

/// What people call an entry: its name, else its id.
fn value_label(value: &Value) -> String {
    let named = |key| value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    named("name").or_else(|| named("id")).unwrap_or_default().to_owned()
}

fn row<T: DeserializeOwned + Default>(value: Value, at: &At, mistakes: &mut Mistakes) -> T {
    let Value::Table(keys) = value else {
        mistakes.add(at, "", "应为一组“键 = 值”");
        return T::default();
    };
    // Almost every row is right: a register of tens of thousands is not tried key by key.
    if let Ok(whole) = keys.clone().try_into() {
        return whole;
    }
    let mut good = Table::new();
    for (key, value) in keys {
        // Every key has a default, so a key can be tried alone.
        let alone = Table::from_iter([(key.clone(), value.clone())]);
        match alone.try_into::<T>() {
            Ok(_) => drop(good.insert(key, value)),
            Err(error) => mistakes.add(at, &key, explain(error.message())),
        }
    }
    good.try_into().unwrap_or_default()
}

/// serde's words in Chinese, as far as they are for people.
fn explain(message: &str) -> String {
    let expected = message.split_once("expected ").map_or("", |(_, expected)| expected);
    if message.starts_with("unknown field") {
        let known = expected.trim_start_matches("one of ").replace('`', "").replace(", ", "、");
        return format!("没有这个键；请删除或改为：{known}");
    }
    let kind = match expected {
        "a string" => "文字（加英文引号）",
        "a sequence" => "列表，如 [\"a\", \"b\"]",
        "f64" | "i64" => "数字（不加引号）",
        other => {
            return format!("值不对，请改正（{}）", if other.is_empty() { message } else { other });
        }
    };
    format!("值的类型不对，应为{kind}")
}
