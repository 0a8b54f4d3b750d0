//! The rule sets (规则): which terms each sets, and which of them governs a file.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer};

use crate::domain::deadline::{Duty, Law, Start};
use crate::domain::handling::{RefusalGround, TerminationGround};
use crate::domain::ids::Track;
use crate::domain::time::Day;

const TEXT: &str = include_str!("data/rules.toml");

/// What governs a file that came in before Order 121 and is open on its first day. The order itself does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transition {
    /// The rules of the day it came in, to its end.
    #[default]
    ByReceiveDate,
    /// The new rules, from their first day on.
    NewFromEffectiveDate,
}

/// How the days of a term are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// 工作日
    WorkingDays,
    /// 日 (自然日)
    CalendarDays,
    /// 日 of a court's procedure: a last day that is not worked moves to the next that is (民事诉讼法 85).
    CourtDays,
}

/// The term of one duty, with its article.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// What is owed.
    pub duty: Duty,
    /// Within how many days; none where the law names no number.
    pub days: Option<u16>,
    /// Which days count.
    pub count: Count,
    /// The day it starts from.
    pub start: Start,
    /// The law it stands in; none for the order of its rule set.
    pub law: Option<String>,
    /// The article.
    pub article: String,
    /// The article that leaves testing time (检定、检验、检测、鉴定) out of the term; none where nothing does.
    pub excludes: Option<String>,
    /// Only on this track; none for a duty that is of one track by itself.
    pub track: Option<Track>,
    /// Only for matters whose category says one of these words; empty for all.
    #[serde(default)]
    pub words: Vec<String>,
    /// Only where the reporter gave a real name (实名举报).
    #[serde(default)]
    pub real_name: bool,
    /// With which text it was compared and when, where it does not stand in the order itself.
    pub checked: Option<String>,
    /// What is not certain about it.
    pub note: Option<String>,
}

/// A ground as an order words it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground<G> {
    /// Which.
    #[serde(rename = "ground")]
    pub which: G,
    /// Article, paragraph and item.
    pub item: String,
    /// The wording.
    pub text: String,
}

/// The terms of one order and of the laws beside it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// Which.
    pub law: Law,
    /// Title of the order.
    pub name: String,
    /// The first day it is in force.
    #[serde(deserialize_with = "day")]
    pub since: Day,
    /// Its terms.
    #[serde(rename = "term")]
    pub terms: Vec<Term>,
    /// Its grounds for refusing a complaint (不予受理情形).
    #[serde(rename = "refusal")]
    pub refusals: Vec<Ground<RefusalGround>>,
    /// Its grounds for ending a mediation (终止调解情形).
    #[serde(rename = "termination")]
    pub terminations: Vec<Ground<TerminationGround>>,
    /// The articles of acts that have neither a term nor a ground, by the act's word.
    pub articles: HashMap<String, String>,
}

impl Term {
    /// Whether it stands in another law than the order, and was not compared with its text.
    pub fn is_unchecked(&self) -> bool {
        self.law.is_some() && self.checked.is_none()
    }

    /// What whoever reads the term has to know about it (说明); empty where there is nothing.
    pub fn remark(&self) -> String {
        let unchecked = self.is_unchecked().then(|| "未与现行文本核对".to_owned());
        unchecked.into_iter().chain(self.note.clone()).collect::<Vec<_>>().join("；")
    }

    /// Whether it is owed in a matter of this category.
    pub fn applies(&self, category: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| category.contains(word.as_str()))
    }
}

impl RuleSet {
    /// The rule set of `law`.
    pub fn of(law: Law) -> &'static Self {
        match law {
            Law::Earlier => &BOOK.earlier,
            Law::Order20 => &BOOK.order20,
            Law::Order121 => &BOOK.order121,
        }
    }

    /// The rule set that governs, on the day `on`, a file that came in on the day `received`.
    pub fn governing(received: Day, on: Day, transition: Transition) -> &'static Self {
        let asked = match transition {
            Transition::ByReceiveDate => received,
            Transition::NewFromEffectiveDate => received.max(on),
        };
        if asked >= BOOK.order121.since {
            &BOOK.order121
        } else if received >= BOOK.order20.since {
            &BOOK.order20
        } else {
            &BOOK.earlier
        }
    }

    /// The order by its number, and from when to when it holds, for people.
    pub fn in_force(&self) -> String {
        let order = |law: Law| format!("国家市场监督管理{}", law.zh());
        let (order20, order121) = (BOOK.order20.since.zh(), BOOK.order121.since.zh());
        match self.law {
            Law::Order121 => format!("{}（自{order121}起施行）", order(Law::Order121)),
            Law::Order20 => format!("{}（自{order20}起施行，{order121}废止）", order(Law::Order20)),
            Law::Earlier => format!("收到时{}尚未施行", order(Law::Order20)),
        }
    }

    /// A ground for refusing a complaint as it is worded; none where these rules do not have it.
    pub fn refusal(&self, ground: RefusalGround) -> Option<&Ground<RefusalGround>> {
        self.refusals.iter().find(|row| row.which == ground)
    }

    /// A ground for ending a mediation as it is worded; none where these rules do not have it.
    pub fn termination(&self, ground: TerminationGround) -> Option<&Ground<TerminationGround>> {
        self.terminations.iter().find(|row| row.which == ground)
    }

    /// The article of an act, in brackets for a title; nothing where these rules have none.
    pub fn by(&self, act: &str) -> String {
        self.articles.get(act).map(|article| format!("（{article}）")).unwrap_or_default()
    }

    /// The term of a duty that is owed on every file of its kind; none where these rules set none for all.
    pub fn term(&self, duty: Duty) -> Option<&Term> {
        self.terms.iter().find(|term| term.duty == duty && term.words.is_empty())
    }

    /// The article of the term of a duty that is owed on every file of its kind; nothing where these rules set none.
    pub fn article(&self, duty: Duty) -> String {
        self.term(duty).map(|term| self.cite(term)).unwrap_or_default()
    }

    /// The term of a duty that is cited so: the one by which a clock was started.
    pub fn cited(&self, duty: Duty, article: &str) -> Option<&Term> {
        self.terms.iter().find(|term| term.duty == duty && self.cite(term) == article)
    }

    /// Who is to be told what by when: the terms of notice that begin so, and apply to a matter of this category.
    pub fn notices(
        &self,
        track: Track,
        start: Start,
        category: &str,
        real_name: bool,
    ) -> impl Iterator<Item = &Term> {
        self.terms.iter().filter(move |term| {
            term.track == Some(track)
                && term.start == start
                && term.applies(category)
                && (real_name || !term.real_name)
        })
    }

    /// The article of a term with the law it stands in.
    pub fn cite(&self, term: &Term) -> String {
        format!("《{}》{}", term.law.as_deref().unwrap_or(&self.name), term.article)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    order20: RuleSet,
    order121: RuleSet,
}

struct Book {
    earlier: RuleSet,
    order20: RuleSet,
    order121: RuleSet,
}

// A test reads the table; should it ever not be readable, no duty has a term.
static BOOK: LazyLock<Book> = LazyLock::new(|| {
    let none = |law| RuleSet {
        law,
        name: String::new(),
        since: Day(0),
        terms: Vec::new(),
        refusals: Vec::new(),
        terminations: Vec::new(),
        articles: HashMap::new(),
    };
    let written = toml::from_str(TEXT);
    let Written { order20, order121 } =
        written.unwrap_or_else(|_| Written { order20: none(Law::Order20), order121: none(Law::Order121) });
    let earlier = RuleSet { law: Law::Earlier, since: Day(i32::MIN), ..order20.clone() };
    Book { earlier, order20, order121 }
});

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
    let text = String::deserialize(deserializer)?;
    Day::parse(&text).map_err(|invalid| serde::de::Error::custom(invalid.zh))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn the_table_is_readable_and_whole() {
        let written: Written = toml::from_str(TEXT).unwrap();
        for set in [&written.order20, &written.order121] {
            for duty in Duty::ALL {
                // What a decision on a review orders, it says itself.
                let open = *duty == Duty::ActAsOrdered;
                assert_eq!(set.term(*duty).is_none(), open, "{:?} {duty:?}", set.law);
            }
            for term in &set.terms {
                let notices = matches!(term.duty, Duty::TellReporter | Duty::TellComplainant);
                assert_eq!(term.track.is_some(), notices, "{term:?}");
            }
            // Rows of another law that were not compared with a text, and run only where the bureau has turned them on.
            let unchecked: Vec<_> =
                set.terms.iter().filter(|term| term.is_unchecked()).map(|term| term.duty).collect();
            assert_eq!(unchecked, [Duty::DecideCase, Duty::DecideCaseProlonged]);
            let items: Vec<_> = set.refusals.iter().map(|row| &row.item).collect();
            assert!(items.is_sorted_by(|one, other| one != other), "{items:?}");
        }
        let has = |set: &RuleSet, ground| set.refusal(ground).is_some();
        for ground in RefusalGround::ALL {
            assert!(has(&written.order121, *ground));
            assert_eq!(has(&written.order20, *ground), *ground != RefusalGround::IdentityRefused);
        }
        for ground in TerminationGround::ALL {
            assert!(written.order121.termination(*ground).is_some());
        }
        assert_eq!((written.order20.law, written.order121.law), (Law::Order20, Law::Order121));
    }

    #[test]
    fn the_rules_change_on_their_days() {
        let of = |received, on, transition| RuleSet::governing(day(received), day(on), transition).law;
        for transition in [Transition::ByReceiveDate, Transition::NewFromEffectiveDate] {
            assert_eq!(of("2026-04-15", "2026-04-15", transition), Law::Order121);
            assert_eq!(of("2020-01-01", "2026-04-14", transition), Law::Order20);
            assert_eq!(of("2019-12-31", "2020-01-02", transition), Law::Earlier);
        }
        assert_eq!(of("2026-04-14", "2026-04-15", Transition::ByReceiveDate), Law::Order20);
        assert_eq!(of("2026-04-14", "2026-04-15", Transition::NewFromEffectiveDate), Law::Order121);
        assert_eq!(RuleSet::of(Law::Earlier).terms, RuleSet::of(Law::Order20).terms);
        for law in Law::ALL {
            assert_eq!(RuleSet::of(*law).law, *law);
        }
    }

    #[test]
    fn who_is_told_depends_on_the_matter() {
        let cited = |law, track, category, real_name| {
            let set = RuleSet::of(law);
            let starts = [Start::FilingDecision, Start::Receipt];
            let begun = |start| set.notices(track, start, category, real_name);
            starts.into_iter().flat_map(begun).map(|term| set.cite(term)).collect::<Vec<_>>()
        };
        let order20 = "《市场监督管理投诉举报处理暂行办法》第三十一条";
        let advertising = "《广告法》第五十三条";
        assert_eq!(cited(Law::Order20, Track::Report, "广告违法", true), [order20, advertising]);
        assert_eq!(cited(Law::Order20, Track::Report, "价格违法", false), [""; 0]);
        assert_eq!(cited(Law::Order121, Track::Report, "广告违法", true), [advertising]);
        assert_eq!(
            cited(Law::Order121, Track::Report, "食品安全违法", true),
            ["《食品安全法》第一百一十五条"]
        );
        let both = "《市场监督管理投诉举报处理办法》第十五条、《消费者权益保护法》第四十六条";
        assert_eq!(cited(Law::Order121, Track::Complaint, "食品", true), [both]);
    }
}
