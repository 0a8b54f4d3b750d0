//! A model's card (模型卡): what it is, what it was trained on, how good it was, what it is not for. For people.

use std::fmt::Write as _;

use super::artefact::{Artefact, ArtefactError, HeldOut, Metrics, Source};
use crate::features::FEATURES;

/// The card as Markdown, from the artefact alone: it does not change when the model is put to use or replaced.
pub fn card(artefact: &Artefact) -> Result<String, ArtefactError> {
    let mut text = format!("# 模型 {}\n\n", artefact.id()?);
    // Writing to a String cannot fail.
    let _ = head(&mut text, artefact);
    let _ = figures(&mut text, artefact);
    let _ = weights(&mut text, artefact);
    text.push_str(NOT_FOR);
    Ok(text)
}

const NOT_FOR: &str = "
## 不得用于

- 举报件：不评分，分送也不看投诉件的评分。
- 代替人作决定：评分只是参考，受理、不予受理、处理结果都由承办人决定并写明理由；不影响任何期限和办理次序。
- 评价人：只看一件投诉中的行为，不得据此建立人员名单或给人贴标签。
- 其他单位：各局数据不同，应各自训练。
";

fn head(text: &mut String, artefact: &Artefact) -> std::fmt::Result {
    let trained_on = &artefact.trained_on;
    let warning = match artefact.source {
        Source::Simulated => {
            "**出厂模型，由模拟数据训练，未见过任何真实投诉，仅供参考；请尽快用本局认定重新训练（`triage train --use`）。**\n\n"
        }
        Source::Bureau => "",
    };
    write!(text, "给投诉件的疑似职业索赔概率和理由，供承办人参考。\n\n{warning}")?;
    writeln!(text, "- 训练数据：{}", artefact.source.zh())?;
    writeln!(text, "- 制作：{}", artefact.made_by)?;
    let share = percent(trained_on.suspected, trained_on.examples);
    let marks = trained_on.examples.saturating_sub(trained_on.findings);
    writeln!(
        text,
        "- 样本：{} 件，其中疑似 {} 件（{share}）；承办人认定 {} 件，导入标注 {marks} 件；关联人群（同一电话或证件）{} 个；登记序号 {} 至 {}",
        trained_on.examples,
        trained_on.suspected,
        trained_on.findings,
        trained_on.clusters,
        trained_on.first,
        trained_on.last,
    )?;
    writeln!(text, "- 方法：逻辑回归；与第十七条方向相反的权重不用；概率经 Platt 校准")?;
    writeln!(text, "- 特征表：{}；格式：{}", artefact.schema_hash, artefact.format)
}

fn figures(text: &mut String, artefact: &Artefact) -> std::fmt::Result {
    writeln!(text, "\n## 指标\n")?;
    let held_out = artefact.held_out.as_ref();
    match held_out {
        Some(_) => text.push_str("| 指标 | 交叉检验 | 留出检验 | 留出部分只报占比 |\n|---|---|---|---|\n"),
        None => text.push_str("| 指标 | 交叉检验 |\n|---|---|\n"),
    }
    let cross = rows(&artefact.metrics);
    let ours = held_out.map(|held_out| rows(&held_out.metrics));
    let base_rate = held_out.map(|held_out| rows(&held_out.base_rate));
    for (row, (name, value, zh)) in cross.into_iter().enumerate() {
        write!(text, "| {name}（{zh}） | {value:.4} |")?;
        for more in [&ours, &base_rate].into_iter().flatten() {
            write!(text, " {:.4} |", more[row].1)?;
        }
        text.push('\n');
    }
    text.push_str("\n- 交叉检验：按关联人群分五份，每一份由其余四份训练的模型评分，合并后校准（校准的两个数就是由这些分数得到的）。\n");
    match held_out {
        Some(HeldOut { from, earlier, examples, suspected, cluster_seen, .. }) => writeln!(
            text,
            "- 留出检验：{from} 起收到的 {examples} 件（疑似 {suspected} 件），由只用此前 {earlier} 件训练的模型评分；\
             另有 {cluster_seen} 件因所属人群在此前出现过，未计入。"
        )?,
        None => text.push_str("- 留出检验：样本太少，没有做。\n"),
    }
    text.push_str("- 最后保存的权重用全部样本训练；以上检验中，没有一件由训练时用过它的权重评分。\n");
    Ok(())
}

fn weights(text: &mut String, artefact: &Artefact) -> std::fmt::Result {
    let start = artefact.platt.a * artefact.intercept + artefact.platt.b;
    writeln!(text, "\n## 权重\n\n校准后每单位特征的对数几率；什么特征都没有时为 {start:+.3}。\n")?;
    text.push_str("| 特征 | 单位 | 权重 | 法律方向 | 因素 |\n|---|---|---|---|---|\n");
    for (feature, weight) in FEATURES.iter().zip(&artefact.weights) {
        let weight = match artefact.platt.a * weight {
            0.0 => "不用".to_owned(),
            weight => format!("{weight:+.3}"),
        };
        let direction = feature.direction.zh();
        let factor = feature.factor.zh();
        writeln!(
            text,
            "| {}（{}） | {} | {weight} | {direction} | {factor} |",
            feature.zh, feature.code, feature.unit
        )?;
    }
    Ok(())
}

/// The figures with their names, in the order in which people read them.
pub(crate) fn rows(metrics: &Metrics) -> [(&'static str, f64, &'static str); 5] {
    let Metrics { roc_auc, pr_auc, brier, log_loss, ece } = *metrics;
    [
        ("PR-AUC", pr_auc, "平均查准率，随机时等于疑似占比"),
        ("ROC-AUC", roc_auc, "排序能力，0.5 为随机"),
        ("Brier", brier, "概率均方误差，越小越好"),
        ("log loss", log_loss, "对数损失，越小越好"),
        ("ECE", ece, "校准误差，十五等份，越小越好"),
    ]
}

/// A share as `12.3 %`.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    format!("{:.1} %", part as f64 * 100.0 / whole.max(1) as f64)
}
