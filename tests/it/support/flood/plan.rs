//! What a seed says: who files what and when, who is on leave, and what goes wrong.

use std::fmt::Write as _;

use serde_json::json;
use triage::domain::mix::{STEP, mixed};
use triage::domain::submission::Submission;

use crate::support::MONDAY;

/// Everything that is left to chance, from one seed.
#[derive(Debug, Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> u64 {
        let rolled = mixed(self.0);
        self.0 = self.0.wrapping_add(STEP);
        rolled
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.roll() % end.max(1)
    }

    /// A place in a list of `len`.
    pub(crate) fn place(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap()
    }

    /// True so often in a thousand.
    pub(crate) fn permille(&mut self, of: u64) -> bool {
        self.below(1_000) < of
    }
}

/// Units and their officers, reception first.
pub(crate) const STAFF: [(&str, &[&str]); 4] = [
    ("reception", &["r1", "r2"]),
    ("east", &["e1", "e2", "e3", "e4"]),
    ("west", &["w1", "w2"]),
    ("north", &["n1", "n2", "n3"]),
];
/// Half of the eastern station, on leave from the afternoon of the flood.
pub(crate) const ON_LEAVE: [&str; 2] = ["e3", "e4"];
/// Keeps off the gym's files.
pub(crate) const RECUSED: &str = "e2";
/// The unit with a capacity for complaints, and it, in centiunits.
pub(crate) const FULL_AT: (&str, i64) = ("north", 2_500);
/// The gym that closes.
pub(crate) const GYM: &str = "力健健身房";
/// Lease length.
pub(crate) const LEASE_SECONDS: i64 = 600;

/// The bureau file, before and after half a station goes on leave.
pub(crate) fn bureau(on_leave: bool) -> String {
    let mut text = "[bureau]\nname = \"测试区市场监督管理局\"\n[settings]\nlease_minutes = 10\n".to_owned();
    for (unit, officers) in STAFF {
        let kind = if unit == "reception" { unit } else { "station" };
        let capacity = if unit == FULL_AT.0 { "capacity = { complaint = 25.0 }\n" } else { "" };
        let _ = write!(text, "[[unit]]\nid = \"{unit}\"\nname = \"{unit}所\"\nkind = \"{kind}\"\n{capacity}");
        for officer in officers {
            let _ =
                write!(text, "[[officer]]\nid = \"{officer}\"\nname = \"{officer}\"\nunit = \"{unit}\"\n");
            if *officer == RECUSED {
                let _ = writeln!(text, "recused_from = [\"{GYM}\"]");
            }
            if on_leave && ON_LEAVE.contains(officer) {
                text += "away = [{ from = \"2026-06-01\", to = \"2026-06-12\", why = \"休假\" }]\n";
            }
        }
    }
    text + "[[subdistrict]]\ncode = \"999999001\"\nname = \"东街街道\"\nstation = \"east\"\n\
        [[subdistrict]]\ncode = \"999999002\"\nname = \"西街街道\"\nstation = \"west\"\n\
        alternates = [\"north\", \"east\"]\nauthorised_by = \"测试文件〔2026〕1号\"\n"
}

/// One submission to come.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// Registration number.
    pub(crate) number: String,
    /// Minutes after the start.
    pub(crate) minute: u64,
    /// Whose it is: everybody here has a name, a phone and a document of their own.
    pub(crate) person: usize,
    /// Seconds of the receive time before the start, or after it when negative.
    pub(crate) received_before: i64,
    /// Against the gym.
    pub(crate) gym: bool,
    /// 1 complaint, 2 report, 3 both.
    pub(crate) parts: u8,
    premises: &'static str,
    shop: String,
}

impl Item {
    /// What is sent.
    pub(crate) fn submission(&self) -> Submission {
        let Item { number, person, shop, premises, .. } = self;
        let second = MONDAY.seconds() - self.received_before;
        let mut whole = json!({
            "number": number,
            "received": { "at": second * 1_000_000, "date_only": false },
            "complainant": { "name": format!("民{person}"), "phone": format!("139{person:08}") },
            "respondent": { "name": shop, "premises": premises },
        });
        let part = |text: String| json!({ "text": text, "object_category": "商品->食品" });
        if self.parts & 1 != 0 {
            whole["complaint"] = part(format!("在{shop}所购卡券{number}无法使用，要求退款"));
        }
        if self.parts & 2 != 0 {
            whole["report"] = part(format!("{shop}停业后仍收款，请查处{number}"));
        }
        serde_json::from_value(whole).unwrap()
    }
}

/// The hand behind the flood.
pub(crate) const FLOODER: usize = 9_999;

/// Two days of a small bureau: ordinary people trickle in, one hand files 200 within an hour, 300 people turn against a
/// gym that has closed.
pub(crate) fn items(dice: &mut Dice) -> Vec<Item> {
    const HOUR: u64 = 60;
    let mut drafts: Vec<(u64, usize, u8)> = Vec::new();
    let parts = |dice: &mut Dice| [1, 1, 1, 1, 1, 1, 2, 2, 3, 3][dice.place(10)];
    for person in 0..90 {
        let minute = dice.below(22 * HOUR);
        drafts.push((minute, person, parts(dice)));
        if dice.permille(200) {
            drafts.push((minute + dice.below(HOUR), person, parts(dice)));
        }
    }
    let flood = dice.below(3 * HOUR);
    for _ in 0..200 {
        drafts.push((flood + dice.below(HOUR), FLOODER, parts(dice)));
    }
    let closes = dice.below(5 * HOUR);
    for person in 1_000..1_300 {
        drafts.push((closes + dice.below(5 * HOUR), person, if dice.permille(150) { 3 } else { 1 }));
    }
    drafts.sort_unstable();
    let made = (0..).zip(drafts).map(|(at, (minute, person, parts))| {
        let gym = (1_000..1_300).contains(&person);
        let street = dice.below(20);
        let premises = match (gym, person, street) {
            (true, ..) | (_, _, 12..19) if person != FLOODER => "西街街道三号",
            (_, _, 19) => "某地",
            _ => "东街街道一号",
        };
        let shop = if gym { GYM.to_owned() } else { format!("店{}", dice.below(40)) };
        let lately = 60 * i64::try_from(dice.below(30)).unwrap() - 60 * i64::try_from(minute).unwrap();
        // Some have lain about for days and are nearly overdue.
        let days = if person < 90 && dice.permille(300) { dice.below(14) } else { 0 };
        let received_before = lately + 86_400 * i64::try_from(days).unwrap();
        Item { number: format!("N{at:05}"), minute, person, received_before, gym, parts, premises, shop }
    });
    made.collect()
}
