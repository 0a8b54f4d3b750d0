//! What the words of one complaint say: phrases, citations, the demand, the purchase.
//!
//! Deliberately in no list: words for reports, reconsideration, lawsuits, filing and information requests.
//! They are remedies the law encourages, and no feature reads them (promise 16).

mod bought;
mod citation;
mod demand;
mod matter;
mod numeral;
mod offer;
mod phrase_lists;
mod purchase;
mod suffered;
mod voice;

use crate::domain::plain::bare;
use crate::domain::submission::Part;
use crate::domain::text::AmountFen;

use citation::{Citation, citations};
pub(super) use demand::Demand;
pub use matter::matter;
use phrase_lists::{Cue, Hit, List, PhraseLists, What, lists, lists_as};
pub(super) use purchase::Purchase;
pub use voice::Reading;

/// Shorter texts than this are alike by chance; their repetition says nothing. In characters.
pub(super) const LONG_STORY: usize = 15;

/// What the words of a complaint say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signals {
    /// What is asked for beyond the price.
    pub(super) demand: Demand,
    /// Distinct sources of law cited.
    citations: Vec<Citation>,
    /// Distinct formal or leverage phrases.
    pub(super) formal: Vec<&'static str>,
    /// Distinct label, standard or wording targets, with quoted superlatives.
    pub(super) label: Vec<&'static str>,
    /// Goods past their date, with the words that say so.
    pub(super) expired: Option<&'static str>,
    /// Distinct words of harm, or of a service not rendered.
    pub(super) harm: Vec<&'static str>,
    /// Proof said to be at hand, or shown by an order number or attachments.
    pub(super) proof: bool,
    /// Proof said to be missing or withheld, and none shown.
    pub(super) no_proof: Option<&'static str>,
    /// How the goods were bought.
    pub(super) purchase: Purchase,
    /// The complaint is made for somebody else, with the words that say so.
    pub(super) agent: Option<&'static str>,
    /// The kind of goods that is named first.
    pub(super) kind: Option<&'static str>,
    /// The text is long enough for a repetition to mean something.
    pub(super) long_story: bool,
}

impl Signals {
    /// Reads the complaint part. Fields of the report part never come here.
    #[must_use]
    pub fn of(part: &Part) -> Self {
        Self::read_as(part, Reading::LATEST)
    }

    /// The same as another version of the program read it.
    #[must_use]
    pub fn read_as(part: &Part, reading: Reading) -> Self {
        let lists = lists_as(reading);
        let mut text = squeeze(part.text.known().map_or("", |story| story.as_str()));
        let story = text.len();
        for demand in part.demands.known().into_iter().flatten() {
            // A line end no phrase contains: a phrase must not arise across two fields.
            text.push('\n');
            text.push_str(&squeeze(demand.as_str()));
        }
        let hits = lists.own(&text);
        let distinct = |of: &[List]| phrases(lists, &text, &hits, of);
        let is_shown = part.order_number.known().is_some()
            || part.attachments.known().is_some_and(|attachments| !attachments.is_empty());
        let quantity = part.quantity.known().and_then(|quantity| u64::try_from(quantity.0).ok());
        let amount = part.amount_fen.known().copied().map(AmountFen::fen);
        Self {
            demand: Demand::read(lists, &text, &hits, amount),
            citations: citations(lists, &text, &hits),
            formal: distinct(&[List::Formal]),
            label: distinct(&[List::Label, List::Absolute]),
            expired: distinct(&[List::Expired]).first().copied().or_else(|| ran_out(lists, &text, &hits)),
            harm: distinct(&[List::Harm, List::Service]),
            proof: is_shown || !distinct(&[List::Proof]).is_empty(),
            no_proof: distinct(&[List::NoProof]).first().copied().filter(|_| !is_shown),
            purchase: Purchase::read(lists, &text, &hits, quantity, &goods(part)),
            agent: distinct(&[List::Agent]).first().copied(),
            kind: matter::kind(lists, &text, &hits),
            long_story: text[..story].chars().nth(LONG_STORY - 1).is_some(),
        }
    }

    /// The sort of defect complained of: dates, labels and advertisements, or something else.
    pub(super) fn defect(&self) -> &'static str {
        match (self.expired, self.label.is_empty()) {
            (Some(_), _) => "expired",
            (None, false) => "label",
            (None, true) => "other",
        }
    }

    /// Whether dates, labels, standards or advertisements are complained of.
    pub(super) fn is_target(&self) -> bool {
        self.defect() != "other"
    }

    /// Number of distinct sources of law cited.
    pub(super) fn citations(&self) -> usize {
        self.citations.len()
    }

    /// The sources cited, for people.
    pub(super) fn citation_texts(&self) -> Vec<String> {
        self.citations.iter().map(|citation| citation.text(lists())).collect()
    }
}

/// Every list with its content, for the schema digest: another phrase is another schema.
pub(super) fn phrases_of_all_lists() -> impl Iterator<Item = String> {
    phrase_lists::lines()
}

/// `保质期到4月4日，付款的时候已经超了`: a date of the goods that is said to be over.
fn ran_out(lists: &PhraseLists, text: &str, hits: &[Hit]) -> Option<&'static str> {
    let is_over = |hit: &&Hit| {
        let after = &text[hit.end..];
        let sentence = after.split(['。', '!', '?', '\n']).next().unwrap_or(after);
        after.starts_with(['到', '至']) && voice::any(&lists.context().over, sentence)
    };
    hits.iter().filter(|hit| hit.what == What::Cue(Cue::ShelfLife)).find(is_over).map(|hit| hit.phrase)
}

fn goods(part: &Part) -> String {
    let fields = [&part.product, &part.object_category];
    let known = fields.map(|field| squeeze(field.known().map_or("", |line| line.as_str())));
    known.join("\n")
}

/// Distinct phrases of some lists, in the order of the text.
fn phrases(lists: &'static PhraseLists, text: &str, hits: &[Hit], of: &[List]) -> Vec<&'static str> {
    let mut distinct: Vec<&'static str> = Vec::new();
    for hit in hits {
        let What::Phrase(list) = hit.what else { continue };
        let is_meant = || match list {
            List::Absolute => is_advertised(lists, &text[..hit.start]),
            List::Harm => suffered::is_suffered(lists, text, hit),
            List::Expired => suffered::is_of_goods(lists, text, hit),
            _ => true,
        };
        if of.contains(&list) && !distinct.contains(&hit.phrase) && is_meant() {
            distinct.push(hit.phrase);
        }
    }
    distinct
}

/// A superlative is an advertiser's where it is quoted or said to be written: “最好”, 写着最, 宣称第一.
fn is_advertised(lists: &PhraseLists, before: &str) -> bool {
    before.ends_with(['"', '\'', '“', '‘', '「', '『', '《', '【'])
        || voice::ends(before, &lists.context().advertised)
}

/// The normal form, Latin letters in upper case: letters typed by hand and texts read off paper spell `GB 7718` and
/// `１０００元` in many ways.
fn squeeze(text: &str) -> String {
    let mut squeezed = bare(text).into_owned();
    squeezed.make_ascii_uppercase();
    squeezed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn part(text: &str, demand: &str) -> Part {
        serde_json::from_value(json!({ "text": text, "demands": [demand] })).unwrap()
    }

    fn of(text: &str) -> Signals {
        Signals::of(&part(text, "处理"))
    }

    #[test]
    fn spelling_does_not_hide_a_citation() {
        let seen = of("不符合gb 7718，要求 退 一 赔 十");
        assert_eq!(seen.citation_texts(), ["GB 7718"]);
        assert_eq!(seen.demand.multiple, Some(10));
    }

    #[test]
    fn demands_are_read_with_the_text_and_no_phrase_arises_between_them() {
        assert_eq!(Signals::of(&part("东西有问题", "赔偿1000元")).demand.sum_fen, Some(100_000));
        assert_eq!(Signals::of(&part("事实与", "理由")).formal, [""; 0]);
    }

    #[rstest]
    #[case("海报上写着“最好”“第一”", &["海报", "最", "第一"])]
    #[case("宣称全网最低", &["宣称", "全网最低"])]
    #[case("这是我最后一次去，第一次买，最近才发现，买的最贵的", &[])]
    fn superlatives_count_where_they_are_advertised(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(of(text).label, expected);
    }

    /// What ordinary people write: a real dispute, and nothing that points the other way.
    #[rstest]
    #[case(
        "我妈在小区门口超市买了一袋面包，回家一看长毛了，孩子吃了拉肚子，去医院花了三百多，店里不认，希望帮忙退钱。"
    )]
    #[case("在健身房办了年卡，里面还有1200元，店关门了联系不上人，要求退还余额。")]
    #[case("手机用了20天就黑屏，修了三次没修好，商家说是人为损坏不给保修，要求换新的。")]
    #[case("结账时多收了8元，问了才说是餐位费，菜单上没写，店员态度恶劣，最后还不给开发票。")]
    #[case("交了5000元定金，装修停工两个月，分三次付的款，尾款没付，要求解除合同退还定金。")]
    fn ordinary_complaints_tell_of_harm_alone(#[case] text: &str) {
        let seen = of(text);
        assert!(!seen.harm.is_empty());
        assert!(!seen.demand.punitive(), "{:?}", seen.demand);
        assert_eq!((seen.purchase.orders, seen.purchase.times_usual()), (0, 0.0));
        assert!(seen.purchase.knowing.is_none());
        assert!(seen.formal.is_empty() && seen.label.is_empty() && seen.citations.is_empty(), "{seen:?}");
        assert!(seen.no_proof.is_none());
    }

    proptest! {
        #[test]
        fn any_text_is_read(
            text in "(.|买了|赔|倍|一|百|千|万|第|条|分|单|保质期|天|GB|消法|食品安全法|元|，|\\(|\\)|[0-9]){1,80}",
            demand in ".{1,40}",
        ) {
            let seen = Signals::of(&part(&text, &demand));
            prop_assert!(seen.citations() <= citation::MOST);
            prop_assert!(seen.purchase.times_usual() >= 0.0);
            prop_assert!(seen.demand.award_fen(1) >= 0);
        }
    }
}
