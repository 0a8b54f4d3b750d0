//! Made-up submissions for measuring and showing: nobody in them exists, and no number is anybody's.

use std::str::FromStr;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::domain::given::Given;
use crate::domain::ids::{RegistrationNumber, RequestId};
use crate::domain::person::{Complainant, Phone};
use crate::domain::respondent::Respondent;
use crate::domain::submission::{Channel, Part, Submission};
use crate::domain::text::{Address, AmountFen, Line, Story};
use crate::domain::time::Moment;
use crate::domain::violation::Invalid;

/// Sub-districts of the sample bureau file; a bureau with others sends what names them to reception.
const PLACES: [&str; 8] = [
    "少先路街道",
    "沼潭街道",
    "林荫路街道",
    "友谊大街街道",
    "阿尔丁大街街道",
    "团结大街街道",
    "鞍山道街道",
    "前进道街道",
];

const GOODS: [(&str, &str); 6] = [
    ("商品（产品）->食品", "蛋糕"),
    ("商品（产品）->家用电器", "电饭锅"),
    ("商品（产品）->服装、鞋帽", "运动鞋"),
    ("服务->餐饮和住宿服务", "套餐"),
    ("服务->美容、美发、洗浴服务", "会员卡"),
    ("商品（产品）->食品", "白酒"),
];

const TROUBLES: [&str; 8] = [
    "商品与宣传页面不一致，联系商家后一直没有得到答复。",
    "付款时店员口头承诺可以退换，第二天再去时却说概不负责。",
    "打开以后有明显异味，食用后出现腹泻，已经保留小票和付款记录。",
    "商家让本人一次性充值付清，现在门店已经关门。",
    "结账时收取的价格比货架标签上的价格高，要求退还多收的差价。",
    "使用不到一个月就出现故障，送修三次仍然没有修好。",
    "客服电话始终无人接听，到店后负责人也不愿意出面协商。",
    "希望有关部门尽快核实情况，督促商家履行退款的承诺。",
];

/// Persons who come again, and shops there are.
const PERSONS: u64 = 500;
const SHOPS: u64 = 2_000;

/// How many complaints come with how many reports and how many of both in one (投诉、举报的比例).
#[derive(Debug, Clone, Copy)]
pub(super) struct Mix {
    complaints: u32,
    reports: u32,
    both: u32,
}

impl FromStr for Mix {
    type Err = String;

    /// Reads `complaints=83,reports=17,both=0`; what is not named is 0.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut mix = Self { complaints: 0, reports: 0, both: 0 };
        for share in text.split(',') {
            let read = share
                .split_once('=')
                .and_then(|(kind, share)| Some((kind.trim(), share.trim().parse().ok()?)));
            match read {
                Some(("complaints", share)) if share <= 1_000 => mix.complaints = share,
                Some(("reports", share)) if share <= 1_000 => mix.reports = share,
                Some(("both", share)) if share <= 1_000 => mix.both = share,
                _ => return Err("应为 complaints=83,reports=17,both=0 的形式，每项 0 至 1000".to_owned()),
            }
        }
        if mix.complaints + mix.reports + mix.both == 0 {
            return Err("投诉、举报至少一项大于 0".to_owned());
        }
        Ok(mix)
    }
}

/// A run of made-up submissions under numbers that no other run has.
pub(super) struct Samples {
    run: String,
    next: u64,
    chance: ChaCha8Rng,
    mix: Mix,
}

impl Samples {
    /// A run of its own, named by chance.
    pub(super) fn new(mix: Mix) -> Result<Self, getrandom::Error> {
        let mut seed = [0; 8];
        getrandom::fill(&mut seed)?;
        let chance = ChaCha8Rng::seed_from_u64(u64::from_le_bytes(seed));
        Ok(Self { run: hex::encode(seed), next: 1, chance, mix })
    }

    /// What the numbers of this run begin with.
    pub(super) fn prefix(&self) -> String {
        format!("bench-{}-", self.run)
    }

    /// The next submission, received at `received`, and the request id to send it under.
    pub(super) fn next(&mut self, received: Moment) -> Result<(RequestId, Submission), Invalid> {
        let name = format!("{}{:08}", self.prefix(), self.next);
        self.next += 1;
        let shop = self.chance.random_range(0..SHOPS);
        let place = PLACES[self.chance.random_range(0..PLACES.len())];
        let Mix { complaints, reports, both } = self.mix;
        let kind = self.chance.random_range(0..complaints + reports + both);
        let submission = Submission {
            number: RegistrationNumber::parse(&name)?,
            received,
            channel: Given::Known(Channel::Platform),
            complainant: self.complainant()?,
            respondent: shop_of(&format!("虚构{shop}号商行"), &format!("{place}{}号", shop % 300 + 1))?,
            complaint: if kind < complaints || kind >= complaints + reports {
                Some(self.part(true)?)
            } else {
                None
            },
            report: if kind >= complaints { Some(self.part(false)?) } else { None },
        };
        Ok((RequestId::parse(&name)?, submission))
    }

    /// In three of ten somebody who was here before.
    fn complainant(&mut self) -> Result<Complainant, Invalid> {
        let again = self.chance.random_range(0..10) < 3;
        let person = if again {
            self.chance.random_range(0..PERSONS)
        } else {
            self.chance.random_range(PERSONS..90_000_000)
        };
        someone(person)
    }

    fn part(&mut self, demands: bool) -> Result<Part, Invalid> {
        let (category, product) = GOODS[self.chance.random_range(0..GOODS.len())];
        let mut trouble = String::new();
        for _ in 0..3 {
            trouble.push_str(TROUBLES[self.chance.random_range(0..TROUBLES.len())]);
        }
        let demands = if demands { Given::Known(vec![Line::parse("退货退款")?]) } else { Given::Absent };
        let amount = self.chance.random_range(500..50_000);
        Ok(Part { demands, ..part(&trouble, category, product, amount)? })
    }
}

/// A person who does not exist. No mobile number begins with 100.
pub(super) fn someone(person: u64) -> Result<Complainant, Invalid> {
    Ok(Complainant {
        name: Given::Known(Line::parse(&format!("虚构人员{person}"))?),
        phone: Given::Known(Phone::parse(&format!("100{person:08}"))?),
        ..Complainant::default()
    })
}

/// A shop that does not exist.
pub(super) fn shop_of(name: &str, premises: &str) -> Result<Respondent, Invalid> {
    Ok(Respondent {
        name: Given::Known(Line::parse(name)?),
        premises: Given::Known(Address::parse(premises)?),
        ..Respondent::default()
    })
}

/// A part with its text, goods and amount in fen.
pub(super) fn part(text: &str, category: &str, product: &str, amount_fen: i64) -> Result<Part, Invalid> {
    Ok(Part {
        text: Given::Known(Story::parse(text)?),
        demands: Given::Absent,
        amount_fen: Given::Known(AmountFen::parse(amount_fen)?),
        object_category: Given::Known(Line::parse(category)?),
        problem_category: Given::Known(Line::parse("质量->质量不合格")?),
        product: Given::Known(Line::parse(product)?),
        brand: Given::Absent,
        sales_mode: Given::Known(Line::parse("现场购买")?),
        platform: Given::Absent,
        order_number: Given::Absent,
        quantity: Given::Absent,
        occurred: Given::Absent,
        place: Given::Absent,
        attachments: Given::Absent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_is_read_and_kept() {
        for wrong in ["", "complaints", "complaints=0", "complaints=-1", "other=3", "reports=1001"] {
            assert!(wrong.parse::<Mix>().is_err(), "{wrong}");
        }
        let mut samples = Samples::new("complaints=1,reports=1,both=1".parse().unwrap()).unwrap();
        let received = Moment::from_date("2026-05-20").unwrap();
        let made: Vec<_> = (0..300).map(|_| samples.next(received).unwrap().1).collect();
        let count = |which: fn(&Submission) -> bool| made.iter().filter(|one| which(one)).count();
        let [complaints, reports, both] = [
            count(|one| one.report.is_none()),
            count(|one| one.complaint.is_none()),
            count(|one| one.complaint.is_some() && one.report.is_some()),
        ];
        assert_eq!(complaints + reports + both, 300);
        assert!([complaints, reports, both].iter().all(|share| (60..140).contains(share)));
        let mut numbers: Vec<_> = made.iter().map(|one| &one.number).collect();
        numbers.dedup();
        assert_eq!(numbers.len(), 300);
    }
}
