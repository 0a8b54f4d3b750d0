//! Whether a reason (理由) is a score and nothing else. The words are data: `data/reasons.toml`.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;

use crate::domain::plain::plain;

const TEXT: &str = include_str!("data/reasons.toml");

/// What no list has a word for is a fact as well when it is long enough: so many signs in a row, or so many in all.
const UNLISTED_ROW: usize = 5;
const UNLISTED_ALL: usize = 8;

/// Units in which the matter of a complaint is counted; points and per cents are not among them.
const UNITS: &str = "件起份次元家盒瓶袋箱斤单笔店台只桶罐支双套";
/// Without 一: 一起 is also a word of its own.
const NUMERALS: &str = "0123456789二两三四五六七八九十百千万数几";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    score: Vec<String>,
    filler: Vec<String>,
    fact: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Fact,
    Score,
    Filler,
}

struct Words {
    all: AhoCorasick,
    kinds: Vec<Kind>,
}

// A test reads the lists; should they ever not be readable, no reason is taken for a score.
static WORDS: LazyLock<Option<Words>> = LazyLock::new(|| {
    let Written { score, filler, fact } = toml::from_str(TEXT).ok()?;
    let lists = [(Kind::Fact, fact), (Kind::Score, score), (Kind::Filler, filler)];
    let of = |(kind, words): (Kind, Vec<String>)| {
        words.into_iter().map(move |word| (kind, plain(&word).into_owned()))
    };
    let (kinds, words): (Vec<Kind>, Vec<String>) = lists.into_iter().flat_map(of).unzip();
    let all = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&words).ok()?;
    Some(Words { all, kinds })
});

/// Whether a reason gives a score, and beside it nothing that the case shows.
#[must_use]
pub fn is_only_a_score(reason: &str) -> bool {
    let Some(words) = WORDS.as_ref() else { return false };
    let text = plain(reason);
    let (mut scored, mut unlisted, mut from) = (false, Vec::new(), 0);
    for found in words.all.find_iter(text.as_ref()) {
        unlisted.push(said(&text[from..found.start()]));
        from = found.end();
        match words.kinds.get(found.pattern().as_usize()) {
            Some(Kind::Fact) => return false,
            Some(Kind::Score) => scored = true,
            Some(Kind::Filler) | None => {}
        }
    }
    unlisted.push(said(&text[from..]));
    let tells = unlisted.iter().any(|signs| *signs >= UNLISTED_ROW)
        || unlisted.iter().sum::<usize>() >= UNLISTED_ALL
        || counts(&text);
    scored && !tells
}

fn said(part: &str) -> usize {
    part.chars().filter(|c| c.is_alphanumeric()).count()
}

/// Whether something is counted: 12件, 三次, 98元, 十余起.
fn counts(text: &str) -> bool {
    let signs: Vec<char> = text.chars().filter(|c| !matches!(c, '余' | '多')).collect();
    signs
        .windows(2)
        .any(|pair| matches!(pair, [number, unit] if NUMERALS.contains(*number) && UNITS.contains(*unit)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn the_lists_are_readable_and_apart() {
        let Written { score, filler, fact } = toml::from_str(TEXT).unwrap();
        let mut all: Vec<&String> = score.iter().chain(&filler).chain(&fact).collect();
        all.sort_unstable();
        let twice: Vec<_> = all.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        assert_eq!(twice, Vec::<&String>::new(), "a word stands in one list, once");
    }

    #[rstest]
    #[case("评分高")]
    #[case("评分较高。")]
    #[case("评 分 过 高")]
    #[case("系统评分高，不予受理")]
    #[case("系统评分0.93，判定为疑似")]
    #[case("模型判定")]
    #[case("模型打分93分，属于高风险")]
    #[case("疑似等级高")]
    #[case("疑似职业索赔概率为百分之九十五")]
    #[case("经系统研判，该投诉人疑似等级为高，决定不予受理")]
    #[case(
        "根据系统提示，本投诉属于高风险投诉，依据《市场监督管理投诉举报处理办法》第十六条第三项，不予受理"
    )]
    #[case("ＡＩ识别为职业打假人")]
    #[case("人工智能判断为恶意投诉")]
    #[case("大数据分析结果显示为职业索赔")]
    #[case("分值超过阈值")]
    #[case("得分很高，应当不予受理")]
    #[case("因评分高，不是为生活消费需要")]
    #[case("平台预警，标红")]
    #[case("系统自动识别为疑似，领导同意不予受理")]
    #[case("后台显示红色")]
    #[case("算法认定其为职业投诉人")]
    #[case("风险等级较高，经集体讨论决定不予受理")]
    #[case("该件被标记为高档")]
    #[case("研判材料显示疑似")]
    #[case("预测值0.97")]
    #[case("电脑算出来的结果很高")]
    #[case("智能研判结论：疑似，建议不予受理")]
    #[case("综合系统评分和疑似等级，认为不符合受理条件")]
    #[case("triage给出的分数为0.91")]
    #[case("置信度98%，非生活消费购买")]
    #[case("该投诉人在系统中画像异常，风险值高")]
    #[case("由于模型输出概率大于0.85，故不予受理")]
    #[case("高分")]
    fn a_score_is_no_reason(#[case] reason: &str) {
        assert!(is_only_a_score(reason), "{reason}");
    }

    #[rstest]
    #[case("评分高，且同一投诉人近一年就同类商品投诉12件")]
    #[case("系统提示关联，经核对，五名投诉人使用同一手机号")]
    #[case("评分高。经三次电话联系均未接听，未提供消费凭证")]
    #[case("系统评分0.93；投诉人一次购买临期饼干四十盒，与通常消费习惯明显不符")]
    #[case("模型判定疑似，另查其已就同一事项向昆都仑区人民法院起诉")]
    #[case("疑似等级高，投诉人承认代他人投诉，没有授权委托书")]
    #[case("预警后核查，所附小票系伪造")]
    #[case("研判材料所列七起投诉文字雷同，投诉人未能说明")]
    #[case("大数据比对发现其在四家超市购买同一批次商品")]
    #[case("风险等级较高，且要求其补正身份证明，逾期未补正")]
    #[case("评分较高，投诉人拒绝身份核验")]
    #[case("得分高，消费发生于2021年，已超过三年")]
    #[case("平台提示重复，消费者协会已经受理同一纠纷")]
    #[case("系统显示同一收货地址下有三名投诉人")]
    #[case("评分高，投诉人系被投诉人的竞争对手")]
    #[case("评分高，商品用于经营，系公司采购")]
    #[case("AI识别为模板，与前件内容相同")]
    #[case("高风险，被投诉人住所地在青山区，不在本辖区")]
    #[case("系统评分高，经回访投诉人自述未购买该商品")]
    #[case("疑似度高，且拒接执法人员电话")]
    fn a_fact_beside_it_is_one(#[case] reason: &str) {
        assert!(!is_only_a_score(reason), "{reason}");
    }

    /// Reasons that speak of no score are left to whoever reads them, whatever goods they name.
    #[rstest]
    #[case("经核实不能证明")]
    #[case("不属本局")]
    #[case("投诉人未提供消费凭证，经通知拒绝补充")]
    #[case("同一投诉人短期内大量投诉")]
    #[case("已向法院起诉")]
    #[case("属于劳动争议")]
    #[case("投诉人撤回授权")]
    #[case("购买汽车模型用于出租")]
    #[case("手机系统升级后的问题，已由厂家维修")]
    #[case("扫地机器人超过三包期限")]
    #[case("所购软件为企业采购，合同约定仲裁")]
    #[case("不符合受理条件")]
    fn what_speaks_of_no_score_passes(#[case] reason: &str) {
        assert!(!is_only_a_score(reason), "{reason}");
    }
}
