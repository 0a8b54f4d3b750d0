//! The two rates that bureaus are measured by beside the on-time rates: 调解成功率, 举报按时核查率. A rate that the record does not tell is said
//! to be untold.

use serde::Serialize;

use super::{Cell, CountedFile, Fate, Figures, Share, TermsKept, number};
use crate::domain::deadline::Duty;
use crate::domain::handling::{Disposition, Status};
use crate::domain::ids::Track;

/// Complaints that were accepted and have ended, as far as it is stated how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Mediation {
    /// All of them.
    pub ended: i64,
    /// Of these, settled by mediation (调解成功).
    pub settled: i64,
    /// Settled between the two (双方自行和解): an end of the mediation by Art. 23, and not its success.
    pub self_settled: i64,
    /// Complaints that an export has closed without telling how: they count nowhere above.
    pub untold: i64,
}

impl Mediation {
    pub(super) fn of(files: &[CountedFile]) -> Self {
        let ended: Vec<Disposition> = files
            .iter()
            .filter(|file| file.fate() == Fate::Accepted && file.status == Status::Closed)
            .filter_map(|file| file.disposition)
            .collect();
        let how = |one: Disposition| number(ended.iter().filter(|how| **how == one).count());
        let (settled, self_settled) = (how(Disposition::Settled), how(Disposition::SelfSettled));
        let untold = |file: &&CountedFile| file.fate() == Fate::Closed && file.id.track == Track::Complaint;
        let untold = number(files.iter().filter(untold).count());
        Self { ended: number(ended.len()), settled, self_settled, untold }
    }
}

/// None where nothing was accepted and ended, and where no report was verified or had to be.
pub(super) fn sentence(figures: &Figures) -> Option<String> {
    let parts: Vec<String> = [mediated(figures.mediation), verified(figures)].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("{}。", parts.join("；")))
}

fn rate(part: i64, whole: i64) -> String {
    Cell::Share(Share::of(part, whole).share()).words()
}

fn mediated(Mediation { ended, settled, self_settled, untold }: Mediation) -> Option<String> {
    match (ended, untold) {
        (0, 0) => None,
        (0, _) => Some(format!("调解成功率：导出未载明办结方式的投诉 {untold} 件，不计算")),
        _ => Some(format!(
            "受理后已办结并载明办结方式的投诉 {ended} 件，其中调解成功 {settled} 件，调解成功率 {}，双方自行和解 {self_settled} 件未计入调解成功；导出未载明办结方式的 {untold} 件不计入",
            rate(settled, ended),
        )),
    }
}

fn verified(figures: &Figures) -> Option<String> {
    let of: Vec<&TermsKept> = figures
        .terms
        .iter()
        .filter(|kept| matches!(kept.duty, Duty::Verify | Duty::VerifyProlonged))
        .collect();
    let sum = |count: fn(&TermsKept) -> i64| of.iter().map(|kept| count(kept)).sum::<i64>();
    let (in_time, late, undated) =
        (sum(|kept| kept.in_time), sum(|kept| kept.late), sum(|kept| kept.undated));
    if undated > 0 {
        return Some(format!("举报按时核查率：导出未载明核查日期的举报 {undated} 件，不计算"));
    }
    let over = in_time + late;
    (over > 0).then(|| {
        format!(
            "举报已核查或者核查期限已届满的 {over} 件，其中按时 {in_time} 件，按时核查率 {}",
            rate(in_time, over)
        )
    })
}
