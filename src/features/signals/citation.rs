//! Citations of law and of national standards (引用条文、标准), read with their article or number.

use super::numeral;
use super::phrase_lists::{Cue, Hit, List, PhraseLists, What, clause};
use super::voice::{CITED, Reading, any, speaks};

/// Most citations kept of one text.
pub(super) const MOST: usize = 16;
/// Characters between a law's name and its article: `》`, `（2021年修正）`, `的规定`.
const GAP: usize = 14;
/// No Chinese law has more articles (the Civil Code has 1,260).
const ARTICLES: std::ops::RangeInclusive<u64> = 1..=1_300;

/// A source of law that a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Citation {
    /// A law (法律法规), with the article when one is named.
    Law {
        /// Its place in the data.
        law: usize,
        /// Number of the article (第N条).
        article: Option<u64>,
    },
    /// Another law of the market that no list names.
    Other(String),
    /// A national standard (国家标准), by number: `GB 7718` and `GB/T 7718-2011` are one.
    Standard(String),
}

impl Citation {
    /// For people, e.g. 《食品安全法》第148条.
    pub(super) fn text(&self, lists: &PhraseLists) -> String {
        match self {
            Self::Standard(number) => format!("GB {number}"),
            Self::Other(name) => format!("《{name}》"),
            Self::Law { law, article } => {
                let name = lists.laws().get(*law).map_or("", |law| law.name.as_str());
                article.map_or_else(|| format!("《{name}》"), |article| format!("《{name}》第{article}条"))
            }
        }
    }
}

/// The distinct sources that `text` names, in its order. A law named with an article is not counted again without.
pub(super) fn citations(lists: &PhraseLists, text: &str, hits: &[Hit], reading: Reading) -> Vec<Citation> {
    let mut found: Vec<Citation> = Vec::new();
    // 药品管理法第一百四十八条 is not the Food Safety Law's.
    let mut read_to = 0;
    let mut add = |citation: Citation| {
        if found.len() < MOST && !found.contains(&citation) {
            found.push(citation);
        }
    };
    for hit in hits {
        let after = &text[hit.end..];
        match hit.what {
            // 劳动合同法 is another law than 合同法.
            What::Law(law)
                if !after.starts_with(['律', '规', '院', '庭', '制', '人', '定'])
                    && !text[..hit.start].ends_with("劳动") =>
            {
                let (articles, rest) = articles(after);
                read_to = text.len() - rest.len();
                if articles.is_empty() {
                    add(Citation::Law { law, article: None });
                }
                for article in articles {
                    add(Citation::Law { law, article: Some(article) });
                }
            }
            What::Bare(law) => {
                let article = numeral::whole(hit.phrase.trim_start_matches('第')).map(|(article, _)| article);
                // 一共买了148条毛巾.
                let is_cited = || is_cited(lists, &text[..hit.start], after);
                let counted = !hit.phrase.starts_with('第') && (counts_goods(text, hits, hit) || !is_cited());
                let continued =
                    text[..hit.start].ends_with(|c: char| numeral::whole(&c.to_string()).is_some());
                if !continued && !counted && hit.start >= read_to {
                    add(Citation::Law { law, article });
                }
            }
            What::Cue(Cue::Standard) => {
                if let Some(number) = standard(&text[..hit.start], after) {
                    add(Citation::Standard(number));
                }
            }
            _ => {}
        }
    }
    let is_own = |start, end| reading != Reading::Owned || !speaks(lists, text, start, end, CITED);
    others(lists, text).filter(|(start, end, _)| is_own(*start, *end)).for_each(|(_, _, one)| add(one));
    let with_article = |law: usize| {
        found.iter().any(|one| matches!(one, Citation::Law { law: other, article: Some(_) } if *other == law))
    };
    let bare = |one: &Citation| matches!(one, Citation::Law { law, article: None } if with_article(*law));
    let kept: Vec<bool> = found.iter().map(|one| !bare(one)).collect();
    found.into_iter().zip(kept).filter_map(|(one, kept)| kept.then_some(one)).collect()
}

/// Laws, regulations and rules of the market that no list names: in 《》, or with an article behind (违反某某办法第十六条).
fn others(lists: &PhraseLists, text: &str) -> impl Iterator<Item = (usize, usize, Citation)> {
    const KINDS: [&str; 4] = ["法", "条例", "办法", "细则"];
    const MOST_OF_NAME: usize = 30;
    let is_listed = |name: &str| lists.find(name).iter().any(|hit| matches!(hit.what, What::Law(_)));
    let quoted = text.match_indices('《').filter_map(|(at, open)| {
        let name = text[at + open.len()..].split_once('》')?.0;
        Some((at + open.len(), name)).filter(|(_, name)| KINDS.iter().any(|kind| name.ends_with(kind)))
    });
    let with_article =
        KINDS.into_iter().flat_map(|kind| text.match_indices(kind)).filter_map(|(at, kind)| {
            let end = at + kind.len();
            let behind = skip_gap(&text[end..]);
            article(behind, false).filter(|_| behind.starts_with('第'))?;
            let (before, _) = clause(text, end, end);
            let from = |word: &&str| before.rfind(*word).map(|at| at + word.len());
            let start =
                ["违反", "根据", "依据", "按照", "依照", "和", "与", "及", "了", "《", "中华人民共和国"]
                    .iter()
                    .filter_map(from)
                    .max();
            let name = &before[start.unwrap_or(0)..];
            Some((end - name.len(), name))
        });
    quoted.chain(with_article).filter_map(move |(start, name)| {
        let is_short = name.chars().count() <= MOST_OF_NAME;
        let is_one = is_short && is_of_market(lists, name) && !is_listed(name);
        let one = || Citation::Other(name.trim_start_matches("中华人民共和国").to_owned());
        is_one.then(|| (start, start + name.len(), one()))
    })
}

/// Of the market and not of procedure: whoever names the way to a remedy uses a right (promise 16).
fn is_of_market(lists: &PhraseLists, name: &str) -> bool {
    // Not in the data: no list of words names a remedy.
    const PROCEDURE: [&str; 8] = ["投诉", "举报", "复议", "诉讼", "信息公开", "信访", "程序", "奖励"];
    let is_of_procedure = PROCEDURE.iter().any(|word| name.contains(word));
    any(&lists.context().market, name) && !is_of_procedure && !any(&lists.context().housing, name)
}

/// Whether a number of 条 counts goods: something was bought right before it, or a kind of goods stands right behind.
fn counts_goods(text: &str, hits: &[Hit], hit: &Hit) -> bool {
    let from = hit.start - clause(text, hit.start, hit.end).0.len();
    hits.iter().any(|other| match other.what {
        What::Phrase(List::Kind) => other.start == hit.end,
        What::Phrase(List::Buying) => (from..hit.start).contains(&other.start),
        _ => false,
    })
}

/// Whether a number of 条 without its law is cited: by a word before it, or by what an article is said to do.
fn is_cited(lists: &PhraseLists, before: &str, after: &str) -> bool {
    let clause = before.rsplit([',', '。', ';', '!', '?', '\n']).next().unwrap_or(before);
    let context = lists.context();
    any(&context.cited_by, clause) || context.article_does.iter().any(|word| after.starts_with(word.as_str()))
}

/// Articles named right after a law (`》第三十四条、第一百四十八条第二款`, `148条`, `55`), and what follows them.
fn articles(after: &str) -> (Vec<u64>, &str) {
    let mut articles = Vec::new();
    let mut rest = skip_gap(after);
    while articles.len() < MOST {
        let Some((article, after)) = article(rest, articles.is_empty()) else { break };
        articles.push(article);
        rest = skip_parts(after).trim_start_matches(['、', ',', '和', '及', '与', '或', '以']);
    }
    (articles, rest)
}

/// One article: `第N条`, `N条`, or, right after the law's name, the number alone.
fn article(text: &str, first: bool) -> Option<(u64, &str)> {
    let numbered = text.strip_prefix('第');
    let (article, rest) = numeral::whole(numbered.unwrap_or(text))?;
    let after = rest.strip_prefix('条');
    // 消法55 is an article; 食品安全法10倍 and 广告法2015年 are not.
    let alone =
        first && numbered.is_none() && !rest.starts_with(['倍', '年', '月', '日', '元', '块', '.', '%']);
    let rest = after.or(alone.then_some(rest))?;
    ARTICLES.contains(&article).then_some((article, rest))
}

/// What may stand between a law and its article.
fn skip_gap(mut after: &str) -> &str {
    let mut left = GAP;
    while let Some(c) = after.chars().next().filter(|_| left > 0) {
        left -= 1;
        if c == '(' {
            let Some((_, behind)) = after.split_once(')').filter(|(inside, _)| inside.chars().count() <= GAP)
            else {
                break;
            };
            after = behind;
        } else if "》〉」』”\":的之中,".contains(c) {
            after = &after[c.len_utf8()..];
        } else {
            break;
        }
    }
    after
}

/// `第二款`, `第(三)项` after an article.
fn skip_parts(mut after: &str) -> &str {
    while let Some(rest) = after.strip_prefix('第') {
        let rest = rest.trim_start_matches('(');
        let Some((_, rest)) = numeral::whole(rest) else { break };
        let rest = rest.trim_start_matches(')');
        let Some(rest) = rest.strip_prefix('款').or_else(|| rest.strip_prefix('项')) else { break };
        after = rest;
    }
    after
}

/// The number of a standard around `GB`; none for the size of a memory (128GB).
fn standard(before: &str, after: &str) -> Option<String> {
    if before.ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let after =
        ["/T", "/Z", "T", "国标", ":", "-"].iter().find_map(|kind| after.strip_prefix(kind)).unwrap_or(after);
    let number: String = after.chars().take_while(|c| c.is_ascii_digit() || *c == '.').take(9).collect();
    let number = number.trim_end_matches('.');
    (number.len() >= 3 && number.starts_with(|c: char| c.is_ascii_digit())).then(|| number.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::features::signals::{phrase_lists::lists, squeeze};

    fn read(text: &str) -> Vec<String> {
        let text = squeeze(text);
        citations(lists(), &text, &lists().own(&text, Reading::Owned), Reading::Owned)
            .iter()
            .map(|one| one.text(lists()))
            .collect()
    }

    #[rstest]
    #[case("《食品安全法》第一百四十八条", &["《食品安全法》第148条"])]
    #[case("依据食安法148条", &["《食品安全法》第148条"])]
    #[case("按照第一百四十八条", &["《食品安全法》第148条"])]
    #[case("食品安全法（2021年修正）第148条第二款", &["《食品安全法》第148条"])]
    #[case("消法55", &["《消费者权益保护法》第55条"])]
    #[case("《中华人民共和国消费者权益保护法》第五十五条第一款", &["《消费者权益保护法》第55条"])]
    #[case("《消费者权益保护法》第八条、第二十条和第五十五条第（二）项",
        &["《消费者权益保护法》第8条", "《消费者权益保护法》第20条", "《消费者权益保护法》第55条"])]
    #[case("违反广告法第九条，广告法明确规定", &["《广告法》第9条"])]
    #[case("消费者权益保护法实施条例第四十九条", &["《消费者权益保护法实施条例》第49条"])]
    #[case("不符合ＧＢ 7718-2011、GB/T 20977和gb28050", &["GB 7718", "GB 20977", "GB 28050"])]
    #[case("gb7718与GB 7718—2011", &["GB 7718"])]
    #[case("按食品安全法10倍赔偿", &["《食品安全法》"])]
    #[case("根据食品安全法的规定，2026年3月", &["《食品安全法》"])]
    #[case("合同第五条写明不退，128GB的手机内存只有64GB", &[])]
    #[case("违反价格法规，违反法定义务，取消法院传票", &[])]
    #[case("第二百五十五条，1148条", &[])]
    #[case("药品管理法第一百四十八条", &["《药品管理法》第148条"])]
    #[case("花10元一条，一共买了148条毛巾", &[])]
    #[case("收到的148条毛巾起毛", &[])]
    #[case("家里的55条围巾都掉色，148条毛巾", &[])]
    #[case("买了两条裤子，第一条裤子开线", &[])]
    #[case("我要求按148条处理", &["《食品安全法》第148条"])]
    #[case("148条规定十倍赔偿", &["《食品安全法》第148条"])]
    #[case("依据148条要求赔偿", &["《食品安全法》第148条"])]
    #[case("违反《反垄断法》和《无证无照经营查处办法》", &["《反垄断法》", "《无证无照经营查处办法》"])]
    #[case("依据中华人民共和国反垄断法第二十二条，《商品房销售管理办法》第七条", &["《反垄断法》"])]
    #[case("违反网络交易监督管理办法第十六条第一款", &["《网络交易监督管理办法》"])]
    #[case("根据《食品安全法》第三十四条、《食品召回管理办法》第八条", &["《食品安全法》第34条", "《食品召回管理办法》"])]
    #[case("《市场监督管理投诉举报处理暂行办法》第十四条，《行政复议法》第二条", &[])]
    #[case("《劳动合同法》第八十二条，没办法第二天又去", &[])]
    fn citations_are_parsed(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(read(text), expected);
    }

    proptest! {
        #[test]
        fn an_article_is_one_whatever_its_spelling(number in 1_u64..1_300) {
            let once = format!("《食品安全法》第{number}条，食安法{number}条，食品安全法第{number}条第一款");
            prop_assert_eq!(read(&once), vec![format!("《食品安全法》第{number}条")]);
        }
    }
}
