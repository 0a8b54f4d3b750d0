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
    /// In what it differs from the usual district (世界).
    pub setting: Setting,
    /// How many times the usual honest look-alikes there are for each ordinary consumer (易混淆者倍数), 1 to 20.
    pub lookalikes: u32,
    /// Share of each personal cell shown as `*****` (遮盖比例), 0 to 1; the world's own when none.
    pub mask: Option<f64>,
}

/// In what a world differs from the usual one, so that a model of one can be judged on another (世界).
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Setting {
    /// 本区
    Home,
    /// 另一地的用语：四分之一的用语未曾见过
    MovedTexts,
    /// 另一地的物价，总体较高
    MovedPrices,
    /// 另一地的渠道：平台较少，来电、来函、来人较多
    MovedChannels,
    /// 逐件改写：语序、同义词、连接词不同
    Paraphrase,
    /// 个人信息多被遮盖：35% 显示为 *****
    Masked,
    /// 导出的栏目少：没有商品名称、订单号、购买数量、争议发生时间
    Thin,
}

impl Setting {
    /// Which phrases people know (方言): 0 knows all, another number lacks a quarter of them.
    pub(super) fn dialect(self) -> u64 {
        u64::from(self == Self::MovedTexts)
    }

    /// Factors on the usual channels: platform, city hotline, phone, letter, counter.
    pub(super) fn channels(self) -> [f64; 5] {
        if self == Self::MovedChannels { [0.35, 0.8, 2.5, 2.0, 2.5] } else { [1.0; 5] }
    }
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
            setting: Setting::Home,
            lookalikes: 1,
            mask: None,
        }
    }
}

impl Options {
    /// Share of each personal cell shown as `*****`.
    pub(super) fn mask_share(&self) -> f64 {
        self.mask.unwrap_or(if self.setting == Setting::Masked { 0.35 } else { 0.035 })
    }

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
        if !(1..=20).contains(&self.lookalikes) {
            return bad("易混淆者倍数（--lookalikes）应在 1 至 20 之间");
        }
        if self.mask.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return bad("遮盖比例（--mask）应在 0 至 1 之间");
        }
        Ok(())
    }
}
