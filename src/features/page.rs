//! The page of features (特征说明): the table of [`FEATURES`] for people to read, `docs/features.md`.

use std::fmt::Write as _;

use super::table::{Direction, FEATURES, Feature};

/// The page as Markdown, from the table alone.
#[must_use]
pub fn page() -> String {
    let mut text = HEAD.to_owned();
    for feature in FEATURES {
        let Feature { code, version, zh, factor, unit, reads, .. } = feature;
        let most = most(feature);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| `{code}` v{version} | {zh} | {} | {unit}，0 至 {most} | {} | {} | {} | {} | {reads} |",
            factor.zh(),
            feature.direction.zh(),
            floor(feature),
            prior(feature),
            cap(feature)
        );
    }
    text.push_str(FOOT);
    text
}

const HEAD: &str = "\
# 特征说明

<!-- 由特征表（src/features/table/）生成，请勿手改；改表后运行 `make features`。 -->

评分只读下列特征。每项只描述一件投诉中的行为，不评价人；举报、法律救济途径、性别、年龄、民族、籍贯一概不读。

- 因素：《市场监督管理投诉举报处理办法》第十七条各项；“背景信息”不属于任何一项。
- 方向：训练时，与允许影响方向相反的权重不用。“只可增”的特征不会降低疑似程度，“只可减”的不会提高。
- 起点：达不到的不计（第十七条的“大量”不是两三件）；标有“可为高”的，达到机构文件所定界限的，才可以成为“高”的依据。
- 先验：没有样本可学时，以及样本显示的更低时，达到此数即至少按此计入校准后的对数几率；系本程序的参考值，没有公开文件规定。
- 上限：该特征对校准后对数几率的影响最多为此数。第五项和背景信息合计另有上限，任何模型都不能凭它们达到“高”。
- 正文和诉求中的用语只计投诉人自己的：听说的、引述的、商家所说和所提的、假设、担心或者否认的一概不计。
- 取值一律从 0 起，没有或不知道时为 0，不影响评分。

| 特征 | 名称 | 因素 | 单位、范围 | 方向 | 起点 | 先验 | 上限 | 读什么 |
|---|---|---|---|---|---|---|---|---|
";

const FOOT: &str = "
文本用语、法律名称、通常购买数量都在 `src/features/data/words.toml`，按表注明来源。其中没有公开文件规定数量标准的，系本程序的参考值。
";

/// The floor for people, with whether it is a ground of High.
fn floor(feature: &Feature) -> String {
    let gate = if feature.gate.is_some() { "，可为高" } else { "" };
    if feature.floor > 0.0 { format!("{}{gate}", feature.floor) } else { "-".to_owned() }
}

/// The prior for people.
pub(crate) fn prior(feature: &Feature) -> String {
    let stairs: Vec<String> =
        feature.prior.iter().map(|(from, level)| format!("{from} 起 {level:+.1}")).collect();
    if stairs.is_empty() { "-".to_owned() } else { stairs.join("；") }
}

/// The cap for people; a dash where there is none.
fn cap(feature: &Feature) -> String {
    feature.cap.map_or_else(|| "-".to_owned(), |cap| cap.to_string())
}

/// The greatest value, to two decimals.
#[must_use]
pub fn most(feature: &Feature) -> f64 {
    (feature.most * 100.0).round() / 100.0
}

impl Direction {
    /// For people.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Direction::MoreSuspicious => "只可增",
            Direction::LessSuspicious => "只可减",
            Direction::Either => "不限",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_docs_is_the_table() {
        let written = include_str!("../../docs/features.md");
        assert!(
            written == page(),
            "docs/features.md differs from the feature table; run `make features` and commit the page"
        );
    }
}
