//! What a comparison comes to, in sentences for whoever decides whether to start; each begins with what it is of.

use super::sample::DRAWN;
use super::tables::each;
use super::{
    Agreement, AtReception, Comparison, Coverage, Evenness, Extent, ModelMarks, OfOrigin, Origin, Spread,
};
use crate::figures::{Cell, Share};
use crate::routing::WorkUnits;

/// How it is compared; stands on every form.
pub(super) const NOTE: &str = "对照口径：按本局收到之日计入。实际办理单位以平台导出的办理（处理）部门为准，按名称与机构文件对照；同一件有几份导出的，以最新一份为准；导出截至之日，是导出中最晚的登记或者办结时间。本系统的分送以首次分送为准，人的改派不在其中；收到时由本系统分送的件，导出载明受理、立案或者办结之后才有实际办理单位；导入时已办结的件没有分送过，按现行机构文件、名册和当时推演的负荷推演，只能说明机构文件与以往做法接近的程度。一致率按实际办理单位列出，单位按机构文件的次序。承办量只计两边都分到所、科室的件，两边是同一批件；人员按现行机构文件；变异系数是各单位人均工作量的标准差与平均数之比，越小越均匀。疑似程度只是参考，导入时已办结的投诉由现用模型按当时的记录推算；疑似程度不得作为不予受理的依据。与实际一致不等于正确，另一单位也有处理权限不等于分送更优，以人工抽查为准。本对照只比较单位，不评价任何人员；是否启用由本局决定。";

pub(super) fn sentences(found: &Comparison, extent: Extent) -> Vec<String> {
    let mut said = vec![scope(found), compared(found)];
    if found.whole.same.whole > 0 {
        said.push(agreed(found));
        said.push(by_origin(found));
        said.extend(found.evenness.first().map(|_| even(found)));
    }
    said.push(reception(&found.at_reception));
    said.push(work_unit(found.work_units));
    said.push(model(&found.model));
    said.extend(listed(found, extent));
    said
}

fn percent(part: i64, whole: i64) -> String {
    Cell::Share(Share::of(part, whole).share()).words()
}

fn hundredths(value: i64) -> String {
    Cell::Hundredths(value).words()
}

fn count(found: &Comparison, of: Coverage) -> i64 {
    found.coverage.iter().filter(|(coverage, _)| *coverage == of).map(|(_, files)| files).sum()
}

fn scope(found: &Comparison) -> String {
    let origins: Vec<String> =
        found.origins.iter().map(|of| format!("{} {} 件", of.origin.zh(), of.files)).collect();
    let origins =
        if origins.is_empty() { String::new() } else { format!("，其中{}", origins.join("，")) };
    let exported = match found.exported {
        Some((first, last)) if first == last => format!("办理单位依据的平台导出截至{}", last.zh()),
        Some((first, last)) => {
            format!("办理单位依据的平台导出，最早的截至{}，最新的截至{}", first.zh(), last.zh())
        }
        None => "没有平台导出载明办理单位".to_owned(),
    };
    format!("范围：{}至{}共收到 {} 件{origins}。{exported}。", found.from.zh(), found.to.zh(), found.files)
}

fn compared(found: &Comparison) -> String {
    let could = count(found, Coverage::Compared);
    let not = found.files - could;
    if could == 0 {
        return "可否对照：本期没有可以对照的件，以下只有本系统的分送；请导入写明办理的所、科室的导出。"
            .to_owned();
    }
    format!(
        "可否对照：两边都有单位、可以对照的 {could} 件，占 {}；不能对照的 {not} 件，占 {}，原因见“可否对照”表。",
        percent(could, found.files),
        percent(not, found.files),
    )
}

fn agreed(found: &Comparison) -> String {
    let Agreement { same, lawful, .. } = &found.whole;
    format!(
        "一致：本系统分送的单位与实际办理单位相同的 {} 件，占可以对照的 {}；加上实际办理单位按机构文件也有处理权限的 {} 件，共 {} 件，占 {}。",
        same.part,
        same.zh(),
        lawful.part - same.part,
        lawful.part,
        percent(lawful.part, lawful.whole),
    )
}

/// What was routed here when it came in, apart from what was brought by an export.
fn by_origin(found: &Comparison) -> String {
    let of = |OfOrigin { origin, agreement: Agreement { same, .. }, .. }: &OfOrigin| {
        format!("{}的，可以对照 {} 件，一致 {} 件，占 {}", origin.zh(), same.whole, same.part, same.zh())
    };
    let parts: Vec<String> = found.origins.iter().filter(|of| of.agreement.same.whole > 0).map(of).collect();
    let mut said = format!("按来源：{}。", parts.join("；"));
    let is_live = |of: &OfOrigin| of.origin == Origin::Received && of.agreement.same.whole > 0;
    if !found.origins.iter().any(is_live) {
        said += "没有收到时由本系统分送、又可以对照的件，以上都是导入的历史，不能代替试运行。";
    }
    said
}

/// Of stations and of divisions; of both together there is the table.
fn even(found: &Comparison) -> String {
    let of_kind = |of: &Evenness| {
        let pair = |Spread { most, least, times, .. }: &Spread| {
            let times = times.map_or_else(String::new, |times| format!("（{times:.1} 倍）"));
            format!("{} 和 {}{times}", hundredths(most.per_officer), hundredths(least.per_officer))
        };
        let (ours, theirs) = (of.ours.variation, of.theirs.variation);
        let verdict = if (ours - theirs).abs() < EQUAL {
            "两种方式相当"
        } else if ours < theirs {
            "按本系统分送较均匀"
        } else {
            "实际办理较均匀"
        };
        format!(
            "{} {} 个，人均工作量的最高和最低，实际办理 {}，按本系统分送 {}，变异系数分别为 {theirs:.2} 和 {ours:.2}，{verdict}",
            of.zh(),
            of.units,
            pair(&of.theirs),
            pair(&of.ours),
        )
    };
    let kinds: Vec<String> = found.evenness.iter().filter(|of| of.kind.is_some()).map(of_kind).collect();
    let Share { part, whole, .. } = found.choice;
    format!(
        "均衡：{}。负荷只能在有两个以上有权单位的件中调节：比较的 {whole} 件中有 {part} 件，占 {}。",
        kinds.join("；"),
        percent(part, whole),
    )
}

/// Variations that differ by less are called equal.
const EQUAL: f64 = 0.05;

fn reception(of: &AtReception) -> String {
    let AtReception { our_files_in_all, ours, theirs, either } = of;
    let apart = if either.files == 0 {
        String::new()
    } else {
        format!(
            "；可以对照的件中，本系统留待人工分送 {} 件（工作量 {}），实际由统一接收机构办理 {} 件（工作量 {}），共涉及 {} 件，不在承办量和均衡的比较中",
            ours.files,
            hundredths(ours.work),
            theirs.files,
            hundredths(theirs.work),
            either.files,
        )
    };
    format!("统一接收机构：本系统未能定到所、科室、留待人工分送的共 {our_files_in_all} 件{apart}。")
}

fn work_unit(WorkUnits { complaint, report, suspected }: WorkUnits) -> String {
    format!(
        "工作量：按机构文件，普通投诉每件 {}，举报每件 {}，疑似程度为“高”的投诉每件 {}，专门业务和某类件另有规定的从其规定，并按以往办理时长修正；是相对数，不是分钟。两边都用同一数。",
        hundredths(complaint),
        hundredths(report),
        hundredths(suspected),
    )
}

fn model(of: &ModelMarks) -> String {
    let ModelMarks { simulated, marked, learnt } = *of;
    let said = match simulated {
        None => "没有现用模型".to_owned(),
        Some(true) => "否。现用模型由模拟数据训练，没有用过本局的标注".to_owned(),
        Some(false) if learnt > 0 => format!(
            "是。本期有标注的投诉 {marked} 件，其中 {learnt} 件在训练样本的登记范围内，“疑似程度与办理结果”表会显得比实际准，不能用来证明评分可靠"
        ),
        Some(false) => {
            format!("否。现用模型由本局数据训练，本期有标注的投诉 {marked} 件都不在训练样本的登记范围内")
        }
    };
    format!("模型是否用本期的标注训练过：{said}。")
}

fn listed(found: &Comparison, extent: Extent) -> Option<String> {
    let all = found.disagreements.len();
    if all == 0 {
        return None;
    }
    let lists = match extent {
        Extent::Workbook => format!("不一致的共 {all} 件，全部列出"),
        Extent::Page | Extent::Terminal => format!(
            "不一致的共 {all} 件，每一类型列出最早收到的至多 {} 件，全部清单见电子表格或者 JSON",
            each(extent),
        ),
    };
    let sample = match extent {
        Extent::Terminal => String::new(),
        Extent::Page | Extent::Workbook => format!(
            "。另从中按类型均匀、以固定的随机种子抽取 {} 件（至多 {DRAWN} 件）列成“人工抽查表”，请查原件后逐件填写结论（本系统对、实际对、都可以、都不对）；各类抽取的比例不同，抽查结果不能直接推算全部",
            found.sample.len(),
        ),
    };
    Some(format!("清单：{lists}{sample}。"))
}
