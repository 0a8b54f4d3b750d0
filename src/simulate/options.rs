//! What a world is made from.

use crate::domain::time::Day;

use super::SimulateError;

/// Parameters of a world (模拟参数). The same options give the same bytes.
#[derive(Debug, Clone)]
pub struct Options {
    /// Seed of everything random (随机种子).
    pub seed: u64,
    /// Number of items (件数), 200 to 1,000,000.
    pub items: usize,
    /// Length of the period in months (月数), 1 to 120.
    pub months: u32,
    /// Share of items by professional claimants (疑似职业索赔占比), 0 to 0.6.
    pub share: f64,
    /// Last day of the period (截止日): the day of the export.
    pub until: Day,
    /// Share of each personal cell shown as `*****` (掩码比例), 0 to 0.5.
    pub mask_share: f64,
    /// Which phrases people know and what things cost (方言): 0 knows all phrases; another number lacks a quarter of
    /// them and has other prices, so that a model meets texts it was not made for.
    pub dialect: u64,
}

impl Default for Options {
    /// The model case: 14,291 items in the 24 months to 2026-06-30, 24.8 % of them by professional claimants.
    fn default() -> Self {
        Self {
            seed: 1,
            items: 14_291,
            months: 24,
            share: 0.248,
            until: Day(20_634),
            mask_share: 0.035,
            dialect: 0,
        }
    }
}

impl Options {
    /// Refuses what no world can be made from.
    pub(super) fn check(&self) -> Result<(), SimulateError> {
        let bad = |what: &'static str| Err(SimulateError::Option(what));
        if !(200..=1_000_000).contains(&self.items) {
            return bad("件数（--items）应在 200 至 1000000 之间");
        }
        if !(1..=120).contains(&self.months) {
            return bad("月数（--months）应在 1 至 120 之间");
        }
        if !(0.0..=0.6).contains(&self.share) {
            return bad("占比（--share）应在 0 至 0.6 之间");
        }
        if !(0.0..=0.5).contains(&self.mask_share) {
            return bad("掩码比例应在 0 至 0.5 之间");
        }
        Ok(())
    }
}
