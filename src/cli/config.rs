//! `triage config`: what is set, and where it comes from.

use std::fs;

use super::table::table;
use crate::app::Config;
use crate::config::{FILE, InForce, Settings};

pub(super) const HELP: &str = "\
设置写在数据目录的 triage.toml 中，未写的取默认值；修改后重新启动服务生效。范围或者先后关系不对的设置，启动前即拒绝。

示例：
  triage config
  triage config --json
  printf '[lane]\\nbatch = 128\\n' > triage-data/triage.toml";

/// The place of the data, and every setting in force.
#[derive(serde::Serialize)]
struct Shown<'a> {
    data: String,
    database: &'a str,
    settings: Vec<InForce>,
}

/// A table, or JSON.
pub(super) fn config(place: &Config, json: bool) -> Result<String, Box<dyn std::error::Error>> {
    let settings = Settings::read(&place.data)?;
    let text = fs::read_to_string(place.data.join(FILE)).ok();
    // The URL may hold a password: only which kind of database it is is shown.
    let database = if place.database.is_some() { "PostgreSQL" } else { "SQLite" };
    let shown = Shown {
        data: place.data.display().to_string(),
        database,
        settings: settings.in_force(text.as_deref()),
    };
    if json {
        return Ok(serde_json::to_string_pretty(&shown)?);
    }
    let row = |one: &InForce| {
        [
            one.key.to_owned(),
            one.value.to_string(),
            one.unit.zh().to_owned(),
            if one.from_file { FILE } else { "默认" }.to_owned(),
            one.least
                .zip(one.most)
                .map_or_else(|| "绝对路径".to_owned(), |(least, most)| format!("{least} 至 {most}")),
            one.meaning.to_owned(),
        ]
    };
    let headings = ["设置", "值#", "单位", "来源", "范围", "含义"];
    let rows = table(headings, shown.settings.iter().map(row));
    Ok(format!("数据目录 {}　数据库 {database}\n{rows}", shown.data))
}
