//! A model's card (模型卡): what it is, what it was trained on, how good it was, what it is not for. For people.

use std::fmt::Write as _;

use super::artefact::{Artefact, ArtefactError, Bent, Compared, HeldOut, MarkErrors, Metrics, Source};
use crate::features::{FEATURES, Feature, prior};

/// The card as Markdown, from the artefact alone: it does not change when the model is put to use or replaced.
pub fn card(artefact: &Artefact) -> Result<String, ArtefactError> {
    let mut text = format!("# 模型 {}\n\n", artefact.id()?);
    // Writing to a String cannot fail.
    let _ = head(&mut text, artefact);
    let _ = figures(&mut text, artefact);
    let _ = terms(&mut text, artefact);
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
            "**出厂模型，由模拟数据训练，未使用任何真实投诉数据训练，最高只提示“中”，仅供参考；请尽快用本局认定重新训练（`triage train --use`）。**\n\n"
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
        "- 样本：{} 件，其中疑似 {} 件（{share}）；承办人认定 {} 件，导入标注 {marks} 件；关联投诉人（组）（同一电话或证件）{} 个；登记序号 {} 至 {}",
        trained_on.examples,
        trained_on.suspected,
        trained_on.findings,
        trained_on.clusters,
        trained_on.first,
        trained_on.last,
    )?;
    writeln!(
        text,
        "- 方法：分级的逻辑回归，各特征的作用逐项相加；与第十七条方向相反的级并入前一级；概率经 Platt 校准；岭惩罚 {}\n\
         - 法律结构：第一项至第四项的事实，样本少于 20 件的，或者样本显示的更低的，至少按先验计；各特征不超过上限；第五项和背景信息合计不超过上限；\
         “高”必须有第一项至第四项中达到机构文件界限的事实",
        artefact.ridge
    )?;
    writeln!(text, "- 特征表：{}；格式：{}", artefact.schema_hash, artefact.format)
}

fn figures(text: &mut String, artefact: &Artefact) -> std::fmt::Result {
    writeln!(text, "\n## 指标\n")?;
    let held_out = artefact.held_out.as_ref();
    match held_out {
        Some(_) => {
            text.push_str(
                "| 指标 | 交叉检验 | 留出检验 | 最近全部件 | 留出部分只报占比 |\n|---|---|---|---|---|\n",
            );
        }
        None => text.push_str("| 指标 | 交叉检验 |\n|---|---|\n"),
    }
    let cross = rows(&artefact.metrics);
    let ours = held_out.map(|held_out| rows(&held_out.metrics));
    let everybody = held_out.and_then(|held_out| held_out.everybody.as_deref()).map(rows);
    let base_rate = held_out.map(|held_out| rows(&held_out.base_rate));
    for (row, (name, value, zh)) in cross.into_iter().enumerate() {
        write!(text, "| {name}（{zh}） | {value:.4} |")?;
        if held_out.is_some() {
            for more in [&ours, &everybody, &base_rate] {
                let figure =
                    more.as_ref().map_or_else(|| "-".to_owned(), |more| format!("{:.4}", more[row].1));
                write!(text, " {figure} |")?;
            }
        }
        text.push('\n');
    }
    text.push_str("\n- 交叉检验：按关联投诉人（组）分五份，每一份由其余四份训练的模型评分，合并后校准（校准的两个数就是由这些分数得到的）。\n");
    match held_out {
        Some(HeldOut { from, earlier, examples, suspected, cluster_seen, .. }) => writeln!(
            text,
            "- 留出检验：{from} 起收到的 {examples} 件（疑似 {suspected} 件），由只用此前 {earlier} 件训练的模型评分；\
             另有 {cluster_seen} 件因所属人群在此前出现过，未计入；“最近全部件”一列计入。"
        )?,
        None => text.push_str("- 留出检验：样本太少，没有做。\n"),
    }
    if let Some(compared) = &artefact.compared {
        for line in compared_lines(&artefact.metrics, compared) {
            writeln!(text, "- {line}")?;
        }
    }
    let MarkErrors { wrong, missed } = artefact.mark_errors;
    if artefact.trained_on.findings < artefact.trained_on.examples {
        writeln!(
            text,
            "- 导入标注会有错漏：估计非疑似中 {:.1} % 被标成疑似，疑似中 {:.1} % 漏标。概率校准到实情而不是标注；以上指标仍按原标注计，\
             因此校准误差偏大。",
            wrong * 100.0,
            missed * 100.0
        )?;
    }
    text.push_str("- 最后保存的权重用全部样本训练；以上检验中，没有一件由训练时用过它的权重评分。\n");
    Ok(())
}

fn terms(text: &mut String, artefact: &Artefact) -> std::fmt::Result {
    let slope = artefact.platt.a;
    let start = slope * artefact.intercept + artefact.platt.b;
    writeln!(
        text,
        "\n## 各特征的作用\n\n校准后的对数几率，逐级累计；达不到第一级的不增不减。什么特征都没有时为 {start:+.3}。\n"
    )?;
    writeln!(
        text,
        "第五项和背景信息合计最多 {:+.3}，超出部分不计。样本：达到各级的件数；只凭样本：不加先验和上限时的作用。\n",
        artefact.pointers.most
    )?;
    text.push_str("| 特征 | 达到时的作用 | 只凭样本 | 样本 | 先验 | 上限 | 允许影响方向 | 因素 |\n");
    text.push_str("|---|---|---|---|---|---|---|---|\n");
    for (feature, bent) in FEATURES.iter().zip(&artefact.features) {
        let says = staircase(feature, &bent.cuts, &bent.levels(slope));
        let (free, examples) = origin(bent);
        let cap = feature.cap.map_or_else(|| "不设".to_owned(), |cap| format!("±{cap}"));
        let (direction, factor, prior) = (feature.direction.zh(), feature.factor.zh(), prior(feature));
        writeln!(
            text,
            "| {}（{}） | {says} | {free} | {examples} | {prior} | {cap} | {direction} | {factor} |",
            feature.zh, feature.code
        )?;
    }
    if artefact.pairs.is_empty() {
        return writeln!(text, "\n没有特征组合：没有一个能使未见过的件评得更准。");
    }
    writeln!(text, "\n两个特征同时达到时另加：\n")?;
    text.push_str("| 特征组合 | 同时达到 | 作用 | 允许影响方向 | 因素 |\n|---|---|---|---|---|\n");
    for paired in &artefact.pairs {
        let Some(pair) = paired.known() else { continue };
        let [one, other] = pair.features();
        let reached = [(one, paired.cuts[0]), (other, paired.cuts[1])]
            .map(|(feature, cut)| format!("{}{}", feature.zh, amount(feature, cut)))
            .join("、");
        let (direction, factor) = (pair.direction.zh(), pair.factor.zh());
        let weight = slope * paired.weight;
        writeln!(
            text,
            "| {}（{}） | {reached} | {weight:+.3} | {direction} | {factor} |",
            pair.zh, pair.code
        )?;
    }
    Ok(())
}

/// What the examples alone say of a feature, and how many reach each cut.
fn origin(bent: &Bent) -> (String, String) {
    let joined = |parts: Vec<String>| if parts.is_empty() { "-".to_owned() } else { parts.join("；") };
    (
        joined(bent.free.iter().map(|level| format!("{level:+.2}")).collect()),
        joined(bent.examples.iter().map(u64::to_string).collect()),
    )
}

/// What others than the model come to on the same complaints, in words.
pub(crate) fn compared_lines(ours: &Metrics, compared: &Compared) -> [String; 2] {
    let Compared { rules, free, interval: [low, high] } = compared;
    let figures = format!(
        "同样的件对照（PR-AUC / ECE）：只用规则 {:.4} / {:.4}；只凭样本拟合 {:.4} / {:.4}；加上法律结构（本模型）{:.4} / {:.4}",
        rules.pr_auc, rules.ece, free.pr_auc, free.ece, ours.pr_auc, ours.ece
    );
    let verdict = if rules.pr_auc >= *low {
        "只用规则已在此区间内：本模型并不比规则明显更好"
    } else {
        "只用规则在此区间以下"
    };
    [
        figures,
        format!("本模型 PR-AUC 的 95 % 区间（按关联投诉人（组）重抽样）：{low:.4} 至 {high:.4}；{verdict}"),
    ]
}

/// What a feature says from each of its cuts on, in words.
pub(crate) fn staircase(feature: &Feature, cuts: &[f64], levels: &[f64]) -> String {
    if cuts.is_empty() {
        return "不用".to_owned();
    }
    let stair = |(cut, level): (&f64, &f64)| format!("{} {level:+.2}", amount(feature, *cut));
    cuts.iter().zip(levels).map(stair).collect::<Vec<_>>().join("；")
}

/// From which value, as people count: the logarithms of the feature table undone.
fn amount(feature: &Feature, cut: f64) -> String {
    match feature.unit {
        "0/1" => "有".to_owned(),
        "ln(1+n)" => format!("≥{:.0}", cut.exp_m1()),
        "ln(yuan/100)" => format!("≥{:.0}元", 100.0 * cut.exp()),
        unit => {
            // Counts stand whole, shares to two places.
            let cut = if cut.fract() == 0.0 { format!("{cut:.0}") } else { format!("{cut:.2}") };
            format!("{cut} {unit}以上")
        }
    }
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
