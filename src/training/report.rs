//! What came of a training run, for a terminal.

use std::fmt;

use super::hold_out::{ChampionFigures, HoldOut};
use crate::features::{Direction, FEATURES, Feature};
use crate::model::artefact::{Compared, HeldOut, MarkErrors, Metrics, Platt, TrainedOn};
use crate::model::card::{compared_lines, percent, rows, staircase};

/// What became of a feature in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum State {
    /// In the model.
    Kept,
    /// By its stated prior alone: too few examples reach it.
    Prior,
    /// Pointed against the law's direction at every step and was left out.
    Clamped,
    /// Held down by its cap. Where it is item (5) or context, the facts were fitted again beside it.
    Capped,
    /// The same in every example: nothing to learn.
    Constant,
}

impl State {
    fn words(self) -> &'static str {
        match self {
            State::Kept => "kept 采用",
            State::Prior => "prior 先验",
            State::Clamped => "clamped 方向不符",
            State::Capped => "capped 封顶",
            State::Constant => "constant 无变化",
        }
    }
}

/// One feature of a trained model.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct FeatureRow {
    /// Its code, as in the feature table.
    pub code: &'static str,
    /// Its Chinese name.
    pub zh: &'static str,
    /// Which way the law lets it speak.
    pub direction: Direction,
    /// Values from which it says more, in its unit.
    pub cuts: Vec<f64>,
    /// What it says from each cut on, in calibrated log-odds.
    pub levels: Vec<f64>,
    /// The level that is furthest from 0.
    pub most: f64,
    /// Standard deviation of what it says in the examples, in calibrated log-odds: comparable between features.
    pub per_deviation: f64,
    /// What became of it.
    pub state: State,
}

/// A pair of features that was chosen.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PairRow {
    /// Its code, as in the list of pairs.
    pub code: String,
    /// Its Chinese name.
    pub zh: &'static str,
    /// The cut of either feature, in its unit.
    pub cuts: [f64; 2],
    /// What both having reached their cut adds, in calibrated log-odds.
    pub weight: f64,
}

/// The report of one training run.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Report {
    /// What was trained on.
    pub trained_on: TrainedOn,
    /// Cross-fitted quality, after calibration.
    pub metrics: Metrics,
    /// The latest complaints, scored by a fit on the earlier ones.
    pub hold_out: HoldOut,
    /// The calibration.
    pub platt: Platt,
    /// What rules alone and the fit alone come to on the same complaints.
    pub compared: Option<Compared>,
    /// What the calibration took for errors of marks.
    pub mark_errors: MarkErrors,
    /// Ridge penalty that was chosen.
    pub ridge: f64,
    /// Every feature, in table order.
    pub features: Vec<FeatureRow>,
    /// The pairs chosen, in the order of the list.
    pub pairs: Vec<PairRow>,
}

impl Report {
    /// Share of suspected complaints, 0 to 1.
    pub fn base_rate(&self) -> f64 {
        self.trained_on.suspected as f64 / self.trained_on.examples as f64
    }
}

/// Chinese words stand last in each line: terminals do not agree on their width.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TrainedOn { examples, suspected, findings, clusters, .. } = self.trained_on;
        let marks = examples - findings;
        let share = percent(suspected, examples);
        for (name, count, zh) in [
            ("examples", examples, format!("样本：承办人认定 {findings} 件，导入标注 {marks} 件")),
            ("suspected", suspected, format!("其中疑似（占 {share}）")),
            ("clusters", clusters, "关联投诉人（组）（同一电话或证件的件为一群）".to_owned()),
        ] {
            writeln!(f, "{name:<22} {count:>9}  {zh}")?;
        }
        self.hold_out.fmt(f)?;
        writeln!(f, "cross-fitted 交叉检验：按关联投诉人（组）分五份，每份由其余四份训练的模型评分")?;
        for (name, value, zh) in rows(&self.metrics)
            .into_iter()
            .chain([("Platt a", self.platt.a, "校准斜率"), ("Platt b", self.platt.b, "校准截距")])
            .chain([
                (
                    "wrong marks",
                    self.mark_errors.wrong,
                    "估计的错标比例（非疑似标成疑似）：概率校准到实情，以上指标仍按原标注计",
                ),
                ("missed marks", self.mark_errors.missed, "估计的漏标比例（疑似标成非疑似）"),
            ])
            .chain([("ridge", self.ridge, "岭惩罚，由交叉检验和时间先后检验选定")])
        {
            writeln!(f, "  {name:<20} {value:>9.4}  {zh}")?;
        }
        if let Some(compared) = &self.compared {
            for line in compared_lines(&self.metrics, compared) {
                writeln!(f, "  {line}")?;
            }
        }
        writeln!(f, "{:<22} {:>9} {:>9}  state, 特征：各级累计的作用", "feature", "per sd", "at most")?;
        // What speaks loudest first; the table's order among equals.
        let mut rows: Vec<(&FeatureRow, &Feature)> = self.features.iter().zip(FEATURES).collect();
        rows.sort_by(|(one, _), (other, _)| other.per_deviation.total_cmp(&one.per_deviation));
        for (row, feature) in rows {
            let FeatureRow { code, zh, cuts, levels, most, per_deviation, state, .. } = row;
            let says = staircase(feature, cuts, levels);
            writeln!(f, "  {code:<20} {per_deviation:>9.3} {most:>+9.3}  {}, {zh}：{says}", state.words())?;
        }
        for PairRow { code, zh, weight, .. } in &self.pairs {
            writeln!(f, "  {code:<20} {:>9} {weight:>+9.3}  pair 组合, {zh}", "")?;
        }
        Ok(())
    }
}

impl fmt::Display for HoldOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (figures, champion) = match self {
            HoldOut::Judged { figures, champion } => (figures, champion),
            HoldOut::NotDone(why) => return writeln!(f, "hold-out 留出检验：{why}"),
        };
        let HeldOut { from, earlier, examples, suspected, cluster_seen, .. } = figures;
        writeln!(
            f,
            "hold-out 留出检验：{from} 起收到的 {examples} 件（疑似 {suspected} 件），本模型这一列只用此前 {earlier} 件训练；\n  \
             另有 {cluster_seen} 件因所属人群在此前出现过而不计"
        )?;
        let mut columns = vec![("this", &figures.metrics)];
        columns.extend(figures.everybody.as_deref().map(|everybody| ("everybody", everybody)));
        columns.extend(champion.as_ref().map(|champion| ("champion", &champion.metrics)));
        columns.push(("base rate", &figures.base_rate));
        write!(f, "  {:<20}", "")?;
        for (name, _) in &columns {
            write!(f, " {name:>9}")?;
        }
        let everybody = if figures.everybody.is_some() {
            "、本模型对最近全部件（含已知人群）"
        } else {
            ""
        };
        let champion_zh = if champion.is_some() { "、现用模型" } else { "" };
        writeln!(f, "  本模型{everybody}{champion_zh}、只报占比")?;
        let columns: Vec<_> = columns.into_iter().map(|(_, metrics)| rows(metrics)).collect();
        for (row, (name, _, zh)) in rows(&figures.metrics).into_iter().enumerate() {
            write!(f, "  {name:<20}")?;
            for column in &columns {
                write!(f, " {:>9.4}", column[row].1)?;
            }
            writeln!(f, "  {zh}")?;
        }
        champion.as_ref().map_or(Ok(()), |champion| champion.fmt(f))
    }
}

impl fmt::Display for ChampionFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { model, source, within_its_training, .. } = self;
        write!(f, "  champion：现用模型 {model}，由{}训练", source.zh())?;
        match within_its_training {
            0 => writeln!(f),
            count => writeln!(f, "，这些件中有 {count} 件在它的训练范围之内，比较对它有利"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Classifier, Source, card};
    use crate::training::fit::tests::{findings, lawful};
    use crate::training::{Origin, Trust, fit};

    #[test]
    fn what_people_read() {
        let mut examples = findings(1_200, -1.0, lawful);
        examples.iter_mut().step_by(5).for_each(|example| example.trust = Trust::ImportedLabel);
        // Every hundredth is from one who came before.
        examples.iter_mut().step_by(100).for_each(|example| example.group = 0);
        let origin = || Origin { source: Source::Bureau, made_by: "a test".to_owned() };
        let champion = fit(&examples[..1_000], origin(), None).unwrap().artefact;
        let champion = Classifier::new(champion).unwrap();
        let fitted = fit(&examples, origin(), Some(&champion)).unwrap();
        // Ids hang on the last bit, which another machine may compute otherwise.
        let report = fitted.report.to_string().replace(champion.id().as_str(), "(champion)");
        insta::assert_snapshot!("report", report);
        let id = fitted.artefact.id().unwrap();
        insta::assert_snapshot!("card", card(&fitted.artefact).unwrap().replace(id.as_str(), "(id)"));
    }
}
