//! Citations of law and of national standards (引用条文、标准), read with their article or number.

use super::numeral;
use super::phrase_lists::{Cue, Hit, List, PhraseLists, What, clause};
use super::voice::{CITED, any, speaks};

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
    /// Another law of the market that no list names, with the article when one is named.
    Other {
        /// As the text names it.
        name: String,
        /// Number of the article (第N条).
        article: Option<u64>,
    },
    /// A national standard (国家标准), by number: `GB 7718` and `GB/T 7718-2011` are one.
    Standard(String),
}

impl Citation {
    /// For people, e.g. 《食品安全法》第148条.
    pub(super) fn text(&self, lists: &PhraseLists) -> String {
        match self {
            Self::Standard(number) => format!("GB {number}"),
            Self::Other { name, article } => of_law(name, *article),
            Self::Law { law, article } => {
                of_law(lists.laws().get(*law).map_or("", |law| law.name.as_str()), *article)
            }
        }
    }

    /// Whether this names a law without an article of which another one names an article.
    fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Law { law, article: None }, Self::Law { law: other, article: Some(_) }) => law == other,
            (Self::Other { name, article: None }, Self::Other { name: other, article: Some(_) }) => {
                name == other
            }
            _ => false,
        }
    }
}

fn of_law(name: &str, article: Option<u64>) -> String {
    article.map_or_else(|| format!("《{name}》"), |article| format!("《{name}》第{article}条"))
}

/// The distinct sources that `text` names, in its order. A law named with an article is not counted again without.
pub(super) fn citations(lists: &'static PhraseLists, text: &str, hits: &[Hit]) -> Vec<Citation> {
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
                    && !text[..hit.start].ends_with("劳动")
                    && implementing(text, hit.start, hit.end).is_none() =>
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
    let own = others(lists, text, hits).filter(|named| !speaks(lists, text, named.start, named.end, CITED));
    own.flat_map(|named| named.citations(text)).for_each(&mut add);
    let is_kept = |one: &&Citation| !found.iter().any(|other| one.is_within(other));
    found.iter().filter(is_kept).cloned().collect()
}

/// A law that no list names, where it stands in a text.
struct Named {
    start: usize,
    end: usize,
    name: String,
}

impl Named {
    /// By its articles, else by itself.
    fn citations(self, text: &str) -> Vec<Citation> {
        let behind = &text[self.end..];
        let (articles, _) = articles(behind);
        let one = |article| Citation::Other { name: self.name.clone(), article };
        if articles.is_empty() || !skip_gap(behind).starts_with('第') {
            return vec![one(None)];
        }
        articles.into_iter().map(|article| one(Some(article))).collect()
    }
}

/// What laws, regulations and rules end with.
const KINDS: [&str; 4] = ["法", "条例", "办法", "细则"];

/// Laws, regulations and rules of the market that no list names: in 《》, with an article behind (违反某某办法第十六条), or of a province that
/// carries out one of the lists (某省实施<消费者权益保护法>办法).
fn others(lists: &'static PhraseLists, text: &str, hits: &[Hit]) -> impl Iterator<Item = Named> {
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
            let start = begin_of_name(text, end, before);
            Some((start, &text[start..end]))
        });
    let named = quoted.chain(with_article).filter_map(move |(start, name)| {
        let is_short = name.chars().count() <= MOST_OF_NAME;
        let is_one = is_short && is_of_market(lists, name) && !is_listed(name);
        let one = || name.trim_start_matches("中华人民共和国").to_owned();
        is_one.then(|| Named { start, end: start + name.len(), name: one() })
    });
    let laws = hits.iter().filter(|hit| matches!(hit.what, What::Law(_)));
    named.chain(laws.filter_map(|hit| implementing(text, hit.start, hit.end)))
}

/// Where the name begins that ends at `end`: in 《》 at the sign; else behind the word that cites it.
fn begin_of_name(text: &str, end: usize, before: &str) -> usize {
    let line = text[..end].rsplit(['。', ';', '\n']).next().unwrap_or_default();
    let open = line.rfind('《').filter(|at| !line[*at..].contains('》'));
    if let Some(at) = open {
        return end - line.len() + at + '《'.len_utf8();
    }
    let cited = ["违反", "根据", "依据", "按照", "依照", "和", "与", "及", "了", "中华人民共和国"];
    let from = cited.iter().filter_map(|word| before.rfind(word).map(|at| at + word.len())).max();
    end - before.len() + from.unwrap_or(0)
}

/// The rules of a province around the name of the law that they carry out: 广东省实施<中华人民共和国消费者权益保护法>办法.
fn implementing(text: &str, start: usize, end: usize) -> Option<Named> {
    const SIGNS: [char; 6] = ['<', '>', '〈', '〉', '《', '》'];
    let head = text[..start].strip_suffix("中华人民共和国").unwrap_or(&text[..start]);
    let head = head.trim_end_matches(SIGNS).strip_suffix("实施")?;
    let behind = text[end..].trim_start_matches(SIGNS);
    let kind = KINDS.iter().filter(|kind| **kind != "法").find(|kind| behind.starts_with(**kind))?;
    let end = text.len() - behind.len() + kind.len();
    let (before, _) = clause(text, head.len(), head.len());
    let start = begin_of_name(text, head.len(), before);
    let name = text[start..end].replace(SIGNS, "").replace("中华人民共和国", "");
    Some(Named { start, end, name })
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
        } else if let Some(rest) = chapter(after) {
            after = rest;
        } else {
            break;
        }
    }
    after
}

/// What follows a part, chapter or section: 第二章第二十三条.
fn chapter(text: &str) -> Option<&str> {
    let (_, rest) = numeral::whole(text.strip_prefix('第')?)?;
    rest.strip_prefix(['编', '章', '节'])
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
    // GB7718 4.1.3 without its blank: no standard has six digits or two dots, so a clause of it begins with the last digit.
    let whole = number.split('.').next().unwrap_or_default();
    let has_clause = whole.len() > 5 || whole.len() > 3 && number.matches('.').count() > 1;
    let number = if has_clause { &whole[..whole.len() - 1] } else { number };
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
        citations(lists(), &text, &lists().own(&text)).iter().map(|one| one.text(lists())).collect()
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
    #[case("不符合GB7718 4.1.3.1，GB 28050 6.4，GB 4789.15", &["GB 7718", "GB 28050", "GB 4789.15"])]
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
    #[case("依据中华人民共和国反垄断法第二十二条，《商品房销售管理办法》第七条", &["《反垄断法》第22条"])]
    #[case("违反网络交易监督管理办法第十六条第一款", &["《网络交易监督管理办法》第16条"])]
    #[case("根据《食品安全法》第三十四条、《食品召回管理办法》第八条", &["《食品安全法》第34条", "《食品召回管理办法》第8条"])]
    #[case("《食品召回管理办法》第八条和第九条，违反食品召回管理办法",
        &["《食品召回管理办法》第8条", "《食品召回管理办法》第9条"])]
    #[case("依据《某市散装和预包装食品管理办法》第三条", &["《某市散装和预包装食品管理办法》第3条"])]
    #[case("依据《某市预包装食品管理办法第三条", &["《某市预包装食品管理办法》第3条"])]
    #[case("《某省实施<中华人民共和国消费者权益保护法>办法》第三十条", &["《某省实施消费者权益保护法办法》第30条"])]
    #[case("《某省实施《产品质量法》条例》", &["《某省实施产品质量法条例》"])]
    #[case("应当实施《产品质量法》第二十六条", &["《产品质量法》第26条"])]
    #[case("根据消法第二章第八条，《价格法》第二章第一节第十四条", &["《消费者权益保护法》第8条", "《价格法》第14条"])]
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
