//! Words of danger (危险用语) in what was told, on either track: they raise a flag for a person to look at. No feature and no score reads
//! them. The words are data: `data/danger.toml`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;

use crate::domain::danger::{Danger, DangerKind};
use crate::domain::given::Given;
use crate::domain::plain::plain;
use crate::domain::submission::Part;
use crate::domain::text::{Line, Story};

const TEXT: &str = include_str!("data/danger.toml");

/// Words shown of one kind.
const MOST_WORDS: usize = 8;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    denied: Vec<String>,
    neutral: Vec<String>,
    danger: Vec<Lists>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    kind: DangerKind,
    direct: Vec<String>,
    about: Vec<String>,
    harm: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Direct,
    About,
    Harm,
}

struct Words {
    all: AhoCorasick,
    /// What each pattern is; a word may stand in several lists.
    roles: Vec<Vec<(DangerKind, Role)>>,
    denied: Vec<String>,
    neutral: AhoCorasick,
}

// A test reads the lists; should they ever not be readable, nothing is found.
static WORDS: LazyLock<Option<Words>> = LazyLock::new(|| {
    let Written { denied, neutral, danger } = toml::from_str(TEXT).ok()?;
    let mut words: BTreeMap<String, Vec<(DangerKind, Role)>> = BTreeMap::new();
    for Lists { kind, direct, about, harm } in danger {
        for (role, list) in [(Role::Direct, direct), (Role::About, about), (Role::Harm, harm)] {
            for word in list {
                words.entry(plain(&word).into_owned()).or_default().push((kind, role));
            }
        }
    }
    let all = AhoCorasick::builder().match_kind(MatchKind::Standard).build(words.keys()).ok()?;
    let neutral = neutral.iter().map(|word| plain(word));
    let neutral = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .build(neutral.map(Cow::into_owned))
        .ok()?;
    Some(Words { all, roles: words.into_values().collect(), denied, neutral })
});

/// What in a part speaks of a danger, by kind.
#[must_use]
pub fn dangers(part: &Part) -> Vec<Danger> {
    let text = part.text.known().map(Story::as_str);
    let demands = part.demands.known().map(Vec::as_slice).unwrap_or_default();
    let lines = [&part.product, &part.problem_category].into_iter().filter_map(Given::known).chain(demands);
    let said: Vec<&str> = text.into_iter().chain(lines.map(Line::as_str)).collect();
    found(&said.join("\n"))
}

/// What in a text speaks of a danger, by kind.
#[must_use]
pub fn found(text: &str) -> Vec<Danger> {
    let Some(words) = WORDS.as_ref() else { return Vec::new() };
    let mut kinds: BTreeMap<DangerKind, Vec<String>> = BTreeMap::new();
    for sentence in text.split(['。', '！', '？', '!', '?', '；', ';', '\n']) {
        let sentence = plain(sentence);
        let hits = hits(words, &sentence);
        for (kind, role, word) in &hits {
            let beside = |other: Role| hits.iter().any(|(of, role, _)| of == kind && *role == other);
            let counts = match role {
                Role::Direct => true,
                Role::About => beside(Role::Harm),
                Role::Harm => beside(Role::About),
            };
            let known = kinds.entry(*kind).or_default();
            if counts && known.len() < MOST_WORDS && !known.iter().any(|one| one == word) {
                known.push((*word).to_owned());
            }
        }
    }
    let danger = |(kind, words): (DangerKind, Vec<String>)| Danger { kind, words };
    kinds.into_iter().filter(|(_, words)| !words.is_empty()).map(danger).collect()
}

/// Words of the lists in a sentence, but those that are denied.
fn hits<'t>(words: &Words, sentence: &'t str) -> Vec<(DangerKind, Role, &'t str)> {
    let mut found = Vec::new();
    let neutral: Vec<_> = words.neutral.find_iter(sentence).map(|hit| hit.range()).collect();
    for hit in words.all.find_overlapping_iter(sentence) {
        let before = &sentence[..hit.start()];
        let is_neutral = neutral.iter().any(|span| span.start <= hit.start() && hit.end() <= span.end);
        if is_neutral || words.denied.iter().any(|denied| before.ends_with(denied.as_str())) {
            continue;
        }
        let word = &sentence[hit.range()];
        for (kind, role) in words.roles.get(hit.pattern().as_usize()).into_iter().flatten() {
            found.push((*kind, *role, word));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use DangerKind::{Drug, Fire, Gas, Infant, Injury, Lift, Poisoning};

    #[test]
    fn the_lists_are_readable() {
        let written: Written = toml::from_str(TEXT).unwrap();
        let kinds: Vec<DangerKind> = written.danger.iter().map(|lists| lists.kind).collect();
        assert_eq!(kinds, [Poisoning, Injury, Gas, Fire, Lift, Infant, Drug]);
    }

    #[rstest]
    #[case("在该店聚餐后五人上吐下泻，正在医院输液", &[Poisoning])]
    #[case("外卖吃完就腹痛住院", &[Poisoning])]
    #[case("楼道里燃气味很大，孩子在医院", &[Gas, Infant])]
    #[case("热水器一氧化碳超标，家人头晕", &[Gas])]
    #[case("电梯突然下坠，困在里面半小时", &[Lift])]
    #[case("商场扶梯逆行，老人摔伤", &[Injury, Lift])]
    #[case("该小区电梯超期未检仍在使用", &[Lift])]
    #[case("电动车充电时起火，烧伤一人", &[Injury, Fire])]
    #[case("宝宝喝了这批奶粉后起疹、呕吐", &[Poisoning, Infant])]
    #[case("美容院打针后脸部溃烂", &[Drug])]
    #[case("诊所给的是过期药", &[Drug])]
    #[case("药店发错药，老人吃后昏迷抢救", &[Poisoning, Injury, Drug])]
    #[case("玻璃杯炸裂割伤手，缝了五针", &[Injury, Fire])]
    #[case("插座漏电，有人触电", &[Injury])]
    #[case("煤气罐漏，报过 119", &[Gas])]
    fn danger_is_seen(#[case] text: &str, #[case] kinds: &[DangerKind]) {
        let seen = found(text);
        for kind in kinds {
            let of_kind = seen.iter().find(|danger| danger.kind == *kind);
            assert!(of_kind.is_some_and(|danger| !danger.words.is_empty()), "{text}: {kind:?} in {seen:?}");
        }
    }

    #[rstest]
    #[case("购买的燃气灶点不着火，要求退款")]
    #[case("婴儿车少发一个轮子，要求补发")]
    #[case("奶粉价格与页面不符")]
    #[case("面包未标注生产日期，要求退一赔十")]
    #[case("药店没有给发票")]
    #[case("健身卡不退费")]
    #[case("手机维修后仍不能开机")]
    #[case("没有受伤，只要求换货")]
    #[case("未中毒，但食品有异物")]
    #[case("电梯广告夸大宣传")]
    #[case("学生价与宣传不一致")]
    #[case("预付卡商家跑路")]
    #[case("摔倒后在医院住院，店家不承担医药费")]
    fn what_is_no_danger_raises_no_flag(#[case] text: &str) {
        assert_eq!(found(text), [], "{text}");
    }
}
