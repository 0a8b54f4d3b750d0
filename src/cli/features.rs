//! `triage features`: what the score reads, row by row.

use clap::Args;
use serde_json::json;

use super::table::{or_dash, table};
use crate::features::{FEATURES, Feature, most, page, schema_hash};

/// How to print it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// 输出 JSON
    #[arg(long)]
    json: bool,
    /// 输出 docs/features.md 的内容（make features 用）
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

/// The table, the JSON or the page; without a line end behind it.
pub(super) fn features(arguments: &Arguments) -> serde_json::Result<String> {
    if arguments.markdown {
        return Ok(page().trim_end().to_owned());
    }
    if arguments.json {
        let rows: Vec<_> = FEATURES.iter().map(row).collect();
        return serde_json::to_string_pretty(&json!({ "schema_hash": schema_hash(), "features": rows }));
    }
    let rows = FEATURES.iter().map(|feature| {
        let Feature { code, zh, factor, unit, cap, direction, .. } = feature;
        [
            (*code).to_owned(),
            (*zh).to_owned(),
            factor.zh().to_owned(),
            format!("{unit}，0 至 {}", most(feature)),
            direction.zh().to_owned(),
            or_dash(*cap),
        ]
    });
    let list = table(["特征", "名称", "因素", "单位、范围", "方向", "上限#"], rows);
    Ok(format!("特征表 {}，共 {} 项；说明见 docs/features.md\n\n{list}", schema_hash(), FEATURES.len()))
}

fn row(feature: &Feature) -> serde_json::Value {
    let Feature { code, version, zh, factor, unit, most, cap, direction, reads, .. } = feature;
    json!({
        "code": code,
        "version": version,
        "zh": zh,
        "factor": factor.zh(),
        "unit": unit,
        "most": most,
        "direction": direction.zh(),
        "cap": cap,
        "reads": reads,
    })
}
