//! Which article says where a file belongs (处理权限的依据): the rules for trade on platforms and for advertisements.
//!
//! What an order says of the place, as far as the record can show it. A merchant on a platform (平台内经营者), the
//! platform itself and a shop of its own all belong to the address of the operator when that is here, so the three need
//! not be told apart; only without such an address does the platform's domicile (平台住所地) matter.

use crate::domain::deadline::Law;
use crate::domain::ids::Track;
use crate::domain::plain::bare;
use crate::domain::submission::Part;

/// What a part is about, as far as competence asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trade {
    /// 现场: the place of business, or of the act.
    OnTheSpot,
    /// 网络销售: never where the goods arrived or the buyer lives.
    Online,
    /// 举报广告
    Advertisement,
}

/// Words of a sales mode (销售方式) that say online.
const ONLINE: [&str; 9] = ["网购", "网络", "网上", "线上", "互联网", "电商", "电子商务", "直播", "平台"];
const ON_THE_SPOT: [&str; 4] = ["现场", "线下", "实体", "到店"];

impl Trade {
    pub(super) fn of(part: &Part, track: Track) -> Self {
        let problem = part.problem_category.known().map_or("".into(), |category| bare(category.as_str()));
        if track == Track::Report && problem.contains("广告") {
            return Trade::Advertisement;
        }
        let mode = part.sales_mode.known().map_or("".into(), |mode| bare(mode.as_str()));
        let says = |words: &[&str]| words.iter().any(|word| mode.contains(word));
        let is_online = says(&ONLINE) || (part.platform.known().is_some() && !says(&ON_THE_SPOT));
        if is_online { Trade::Online } else { Trade::OnTheSpot }
    }

    /// The articles that it rests on, of the order that governs. Before any, Order 20 is followed.
    pub(super) fn articles(self, track: Track, law: Law) -> &'static str {
        match (track, self, law == Law::Order121) {
            (Track::Complaint, _, true) => "总局令第121号第十三条",
            (Track::Report, Trade::OnTheSpot, true) => "总局令第121号第二十九条、第三十条",
            (Track::Report, Trade::Online, true) => "总局令第121号第三十条、第三十一条",
            (Track::Report, Trade::Advertisement, true) => "总局令第121号第三十条、第三十二条",
            (Track::Complaint, _, false) => "总局令第20号第十二条",
            (Track::Report, Trade::OnTheSpot, false) => "总局令第20号第二十五条、第二十六条",
            (Track::Report, Trade::Online, false) => "总局令第20号第二十六条、第二十七条",
            (Track::Report, Trade::Advertisement, false) => "总局令第20号第二十六条、第二十八条",
        }
    }
}
